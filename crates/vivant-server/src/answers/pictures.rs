//! Pictures of views: one of a view, or the pages and slides of several.

use vivant::{AnswerError, Book, Drawn, Orientation, Paper, RenderError, ViewSize};

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
    let mut views = Views {
        book,
        question,
        left: question.shown.iter(),
        good: 0,
        failure: None,
    };
    let made = match picture {
        Picture::Pdf(paper, orientation) => vivant::pdf(&question.title, &mut views, paper, orientation)?,
        Picture::Slides => vivant::pptx(&question.title, &mut views)?,
        Picture::Png { high } => views.first(|view| view.png(if high { 2.0 } else { 1.0 }))?,
        Picture::Svg => views.first(|view| Ok(view.svg()?.into_bytes()))?,
        Picture::Preview => views.first(|view| view.thumbnail(PREVIEW_WIDTH))?,
    };
    match views.failure {
        Some(error) if views.good == 0 => Err(error.into()),
        _ => Ok(made),
    }
}

/// Draws views one after another. One among several that cannot be drawn has a page that says why; where none can, that
/// is the answer.
struct Views<'q> {
    book: &'q Book,
    question: &'q Question,
    left: std::slice::Iter<'q, String>,
    good: usize,
    failure: Option<AnswerError>,
}

impl Views<'_> {
    /// Draws the view of a question about one.
    fn first(&mut self, make: impl FnOnce(Drawn) -> Result<Vec<u8>, RenderError>) -> Result<Vec<u8>, Fault> {
        let question = self.question;
        let none = || AnswerError::NoSheet {
            name: question.title.clone(),
            known: "none".to_owned(),
        };
        let view = self.next().ok_or_else(none)??;
        Ok(make(view)?)
    }
}

impl Iterator for Views<'_> {
    type Item = Result<Drawn, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let view = self.left.next()?;
        let size = ViewSize {
            width: self.question.size.map(|(width, _)| f64::from(width)),
            height: self.question.size.map(|(_, height)| f64::from(height)),
        };
        Some(match self.book.draw(view, size, &self.question.ask) {
            Ok(one) => {
                for diagnostic in &one.diagnostics {
                    tracing::debug!(view, "{diagnostic}");
                }
                self.good += 1;
                Ok(one)
            }
            Err(AnswerError::Stopped) => Err(AnswerError::Stopped.into()),
            Err(error) => {
                let notice = Drawn::notice(view, &format!("This view cannot be shown: {error}."));
                self.failure.get_or_insert(error);
                Ok(notice)
            }
        })
    }
}
