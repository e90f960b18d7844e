//! Pictures: a view of an open workbook, drawn, and the files that are made of it.
//!
//! [`Book::draw`] makes a [`Drawn`] of a worksheet, dashboard or story. That is written as PNG, as SVG, and, with
//! others, as the pages of a PDF or the slides of a presentation.

mod dashboard;
mod paper;
mod sheet;

use std::borrow::{Borrow, Cow};

use vivant_calc::Diagnostic;
use vivant_render::{Bitmap, Color, Font, Item, RenderError, Scene, Slide, Text};

use crate::answer::{AnswerError, Ask, Book};
use crate::asked;
pub use paper::{Orientation, Paper, pdf};

/// The width of a view that has none of its own.
///
/// Tableau: the picture of a view is 784 pixels wide, and twice that in high resolution.
const WIDTH: f64 = 784.0;
/// The height of what fills its place.
const HEIGHT: f64 = 588.0;

/// How much of its width a preview shows of a picture that is much wider than high.
const LEAST_SHARE: f64 = 0.75;
/// The most bytes of a picture in the package.
const MOST_IMAGE_BYTES: u64 = 32 << 20;
/// How many words a notice has at most.
const MOST_WORDS: usize = 300;
/// How many pixels a picture on a slide has at most.
const MOST_SLIDE_PIXELS: f64 = 16e6;

/// How large a view is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ViewSize {
    /// The width in pixels; without it that of the view.
    pub width: Option<f64>,
    /// The height in pixels; without it that of the view.
    pub height: Option<f64>,
}

/// A view as a picture.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The picture.
    pub scene: Scene,
    /// How many pixels of a bitmap of usual resolution go with each of the scene.
    pub scale: f64,
    /// What differs from what Tableau shows.
    pub diagnostics: Vec<Diagnostic>,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DrawError {
    /// The view has no answer.
    #[error("{0}")]
    Answer(#[from] AnswerError),
    /// It cannot be drawn.
    #[error("{0}")]
    Render(#[from] RenderError),
}

impl Book {
    /// Draws a view by its name.
    pub fn draw(&self, view: &str, size: ViewSize, ask: &Ask) -> Result<Drawn, AnswerError> {
        let mut drawn = self.drawn(view, size, ask)?;
        drawn.diagnostics.extend(letterless(view, &drawn.scene));
        Ok(drawn)
    }

    fn drawn(&self, view: &str, size: ViewSize, ask: &Ask) -> Result<Drawn, AnswerError> {
        let shown: Vec<&str> = self
            .sheets_of(view)?
            .iter()
            .map(|sheet| sheet.name.as_str())
            .collect();
        // What is asked comes after what the point of a story says, and wins.
        let spec = match self.spec.dashboard(view).and_then(|story| story.point()) {
            Some(point) => dashboard::at_point(&self.spec, point),
            None => Cow::Borrowed(&self.spec),
        };
        let workbook = asked::put_all(&spec, &shown, ask)?;
        if let Some(dashboard) = workbook.dashboard(view) {
            let mut drawn = dashboard::draw(self, &workbook, dashboard, size, ask)?;
            drawn.scene.title = view.to_owned();
            return Ok(drawn);
        }
        let Some(sheet) = workbook.sheet(view) else {
            return Err(self.no_sheet(view));
        };
        let answer = self.answer_of(&workbook, sheet, ask)?;
        let place = (size.width.unwrap_or(WIDTH), size.height.unwrap_or(HEIGHT));
        let picture = sheet::alone(self, &workbook, sheet, &answer.value, place);
        let mut diagnostics = answer.diagnostics;
        diagnostics.extend(picture.diagnostics);
        Ok(fitted(picture.scene, size, diagnostics))
    }
}

impl Drawn {
    /// Makes a picture of words alone, in the place of a view that has none.
    pub fn notice(title: &str, message: &str) -> Self {
        let mut items = vec![Item::Text(Text::new(
            (24.0, 48.0),
            title,
            Font::new(20.0),
            Color::rgb(0x0033_3333),
        ))];
        let font = Font::new(13.0);
        let mut y = 84.0;
        let words: Vec<&str> = message.split_whitespace().take(MOST_WORDS).collect();
        for line in font.wrap(&words.join(" "), WIDTH - 48.0) {
            items.push(Item::Text(Text::new(
                (24.0, y),
                line,
                font,
                Color::rgb(0x0066_6666),
            )));
            y += 20.0;
        }
        Drawn {
            scene: Scene {
                width: WIDTH,
                height: y + 12.0,
                title: title.to_owned(),
                items,
            },
            scale: 1.0,
            diagnostics: Vec::new(),
        }
    }

    /// Writes the picture as PNG on white; `resolution` is 1 as usual, 2 for twice the pixels.
    pub fn png(&self, resolution: f64) -> Result<Vec<u8>, RenderError> {
        vivant_render::png(&self.scene, self.scale * resolution, Some(Color::WHITE))
    }

    /// Writes the beginning of the picture as a small PNG: a square from the left upper corner, or what there is of
    /// it, `width` pixels wide.
    ///
    /// Tableau: previews are made so; small tables keep their shape.
    pub fn thumbnail(&self, width: f64) -> Result<Vec<u8>, RenderError> {
        let scene = &self.scene;
        let wide = scene.width.min(scene.height.max(scene.width * LEAST_SHARE));
        let part = (wide, scene.height.min(wide));
        vivant_render::png_corner(scene, part, width / wide, Some(Color::WHITE))
    }

    /// Writes the picture as SVG.
    pub fn svg(&self) -> Result<String, RenderError> {
        vivant_render::svg(&self.scene)
    }

    /// Returns the size of a bitmap of usual resolution in pixels.
    pub fn pixels(&self) -> (f64, f64) {
        (
            (self.scene.width * self.scale).round(),
            (self.scene.height * self.scale).round(),
        )
    }
}

/// Says which letters of a picture its fonts do not have.
fn letterless(view: &str, scene: &Scene) -> Option<Diagnostic> {
    const NAMED: usize = 20;
    let missing = scene.missing_letters();
    if missing.is_empty() {
        return None;
    }
    let some: String = missing.iter().take(NAMED).collect();
    let more = if missing.len() > NAMED { " …" } else { "" };
    let mut found = Diagnostic::warning(
        "viz.missing-letters",
        format!(
            "the fonts of pictures do not have {} letters: {some}{more}; they are left out of PNG, PDF and PPTX",
            missing.len()
        ),
    )
    .hint("give a folder with fonts that have them (--font-folder); SVG has them as text");
    found.place.path = Some(format!("view '{view}'"));
    Some(found)
}

/// Reads a picture of the package, with its size in pixels.
fn image(book: &Book, path: &str) -> Result<(Bitmap, (f64, f64)), String> {
    if path.is_empty() {
        return Err("it names no file".to_owned());
    }
    if path.contains("://") {
        return Err("it is on the web, which is not asked".to_owned());
    }
    let bytes = book
        .file(path, MOST_IMAGE_BYTES)
        .map_err(|error| error.to_string())?;
    let is_svg = path.to_lowercase().ends_with(".svg");
    let found = match is_svg {
        true => Bitmap::of_svg(&bytes),
        false => Bitmap::new(bytes).map(|bitmap| {
            let (width, height) = bitmap.size();
            (bitmap, (f64::from(width), f64::from(height)))
        }),
    };
    found.map_err(|error| error.to_string())
}

/// Writes views as a presentation, one slide for each with its name as title, as they come: of each only its bitmap is
/// held when the next one is drawn.
pub fn pptx<D: Borrow<Drawn>, E: From<RenderError>>(
    title: &str,
    views: impl IntoIterator<Item = Result<D, E>>,
) -> Result<Vec<u8>, E> {
    let slide = |view: &Drawn| -> Result<Slide, RenderError> {
        let (width, height) = view.pixels();
        let most = (MOST_SLIDE_PIXELS / (width * height).max(1.0)).sqrt();
        Ok(Slide {
            title: view.scene.title.clone(),
            picture: Bitmap::new(view.png(most.min(2.0))?)?,
        })
    };
    let mut slides = Vec::new();
    for view in views {
        slides.push(slide(view?.borrow())?);
    }
    Ok(vivant_render::pptx(title, &slides)?)
}

/// Brings a scene that has the size of its content to the width and height that are wanted: content is made
/// smaller where it does not fit, and never larger.
fn fitted(mut scene: Scene, size: ViewSize, diagnostics: Vec<Diagnostic>) -> Drawn {
    let width = match size {
        ViewSize {
            width: None,
            height: Some(_),
        } => None,
        size => Some(size.width.unwrap_or(WIDTH)),
    };
    let part = |wanted: Option<f64>, own: f64| wanted.map_or(1.0, |wanted| (wanted / own).min(1.0));
    let scale = part(width, scene.width).min(part(size.height, scene.height));
    if let Some(width) = width {
        scene.width = width / scale;
    }
    if let Some(height) = size.height {
        scene.height = height / scale;
    }
    Drawn {
        scene,
        scale,
        diagnostics,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(width: f64, height: f64) -> Scene {
        Scene {
            width,
            height,
            title: String::new(),
            items: Vec::new(),
        }
    }

    fn drawn(width: f64, height: f64) -> Drawn {
        Drawn {
            scene: scene(width, height),
            scale: 1.0,
            diagnostics: Vec::new(),
        }
    }

    fn pixels(own: (f64, f64), width: Option<f64>, height: Option<f64>) -> ((f64, f64), f64) {
        let drawn = fitted(scene(own.0, own.1), ViewSize { width, height }, Vec::new());
        (drawn.pixels(), drawn.scale)
    }

    #[test]
    fn pictures_have_the_size_that_was_asked_for() {
        assert_eq!(pixels((784.0, 300.0), None, None), ((784.0, 300.0), 1.0));
        assert_eq!(pixels((1568.0, 300.0), None, None), ((784.0, 150.0), 0.5));
        assert_eq!(
            pixels((1200.0, 300.0), Some(1200.0), None),
            ((1200.0, 300.0), 1.0)
        );
        assert_eq!(
            pixels((600.0, 300.0), Some(600.0), Some(400.0)),
            ((600.0, 400.0), 1.0)
        );
        assert_eq!(
            pixels((600.0, 800.0), Some(600.0), Some(400.0)),
            ((600.0, 400.0), 0.5)
        );
        assert_eq!(pixels((784.0, 800.0), None, Some(400.0)), ((392.0, 400.0), 0.5));
    }

    #[test]
    fn previews_are_squares_from_the_corner() {
        let size = |width, height| {
            let png = drawn(width, height).thumbnail(64.0).expect("it is drawn");
            Bitmap::new(png).expect("it is one").size()
        };
        assert_eq!(size(784.0, 900.0), (64, 64));
        assert_eq!(size(1000.0, 800.0), (64, 64));
        assert_eq!(size(1000.0, 375.0), (64, 32));
    }

    #[test]
    fn slides_take_pictures_of_any_height() {
        let bytes = pptx(
            "Book",
            [drawn(784.0, 60_000.0), drawn(20.0, 20.0)].map(Ok::<_, RenderError>),
        )
        .expect("they fit");
        assert!(bytes.starts_with(b"PK"));
    }
}
