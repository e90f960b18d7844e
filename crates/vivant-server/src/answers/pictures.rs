//! Pictures of views: one of a view, or the pages and slides of several.

use vivant::{AnswerError, Book, Drawn, Orientation, Paper, ViewSize};

use super::{Fault, Question};

/// How wide previews are in pixels.
const PREVIEW_WIDTH: f64 = 384.0;

/// What is made of views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picture {
    /// A bitmap.
    Png {
        /// Whether it has twice the pixels.
        high: bool,
    },
    /// A picture of lines, with text as text.
    Svg,
    /// Pages, one for each view.
    Pdf(Paper, Orientation),
    /// Slides, one for each view.
    Slides,
    /// A small bitmap of the beginning of a view.
    Preview,
}

/// Draws what a question asks for.
pub(super) fn draw(book: &Book, question: &Question, picture: Picture) -> Result<Vec<u8>, Fault> {
    let views = views(book, question)?;
    Ok(match (picture, views.as_slice()) {
        (Picture::Pdf(paper, orientation), views) => vivant::pdf(&question.title, views, paper, orientation)?,
        (Picture::Slides, views) => vivant::pptx(&question.title, views)?,
        (_, []) => Vec::new(),
        (Picture::Png { high }, [view, ..]) => view.png(if high { 2.0 } else { 1.0 })?,
        (Picture::Svg, [view, ..]) => view.svg()?.into_bytes(),
        (Picture::Preview, [view, ..]) => view.thumbnail(PREVIEW_WIDTH)?,
    })
}

/// Draws the views. One among several that cannot be drawn has a page that says why; where none can, that is the
/// answer.
fn views(book: &Book, question: &Question) -> Result<Vec<Drawn>, AnswerError> {
    let size = ViewSize {
        width: question.size.map(|(width, _)| f64::from(width)),
        height: question.size.map(|(_, height)| f64::from(height)),
    };
    let (mut drawn, mut failure) = (Vec::new(), None);
    let mut good = 0;
    for view in &question.shown {
        match book.draw(view, size, &question.ask) {
            Ok(one) => {
                for diagnostic in &one.diagnostics {
                    tracing::debug!(view, "{diagnostic}");
                }
                good += 1;
                drawn.push(one);
            }
            Err(AnswerError::Stopped) => return Err(AnswerError::Stopped),
            Err(error) => {
                drawn.push(Drawn::notice(
                    view,
                    &format!("This view cannot be shown: {error}."),
                ));
                failure.get_or_insert(error);
            }
        }
    }
    match failure {
        Some(error) if good == 0 => Err(error),
        _ => Ok(drawn),
    }
}
