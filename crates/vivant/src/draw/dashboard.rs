//! The picture of a dashboard or story: its sheets asked, drawn and put in their places.

use vivant_calc::Diagnostic;
use vivant_document::spec::{DashboardSpec, WorkbookSpec};

use super::{Drawn, ViewSize};
use crate::answer::{AnswerError, Ask, Book};
use crate::live::UNSUPPORTED;

/// Draws a dashboard or story. `workbook` is the book's own with what is asked put into it.
pub(super) fn draw(
    _book: &Book,
    _workbook: &WorkbookSpec,
    dashboard: &DashboardSpec,
    _size: ViewSize,
    _ask: &Ask,
) -> Result<Drawn, AnswerError> {
    let message = format!("the dashboard `{}` cannot be drawn yet", dashboard.name);
    Err(AnswerError::Sheet(Box::new(Diagnostic::error(
        UNSUPPORTED,
        message,
    ))))
}
