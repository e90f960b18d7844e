//! Scenes as the pages of a PDF, with text that can be selected and searched.

use krilla::geom::{Size, Transform};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::{Document, SerializeSettings};
use krilla_svg::{SurfaceExt, SvgSettings};

use crate::png::tree;
use crate::{Rect, RenderError, Scene};

/// A page of a PDF.
#[derive(Clone, Debug, PartialEq)]
pub struct PdfPage<'a> {
    /// What is drawn.
    pub scene: &'a Scene,
    /// The width of the page in points (1/72 inch).
    pub width: f64,
    /// The height of the page in points.
    pub height: f64,
    /// Where the scene is on the page, in points from the top left.
    pub area: Rect,
}

/// Writes scenes as a PDF.
pub fn pdf(title: &str, pages: &[PdfPage<'_>]) -> Result<Vec<u8>, RenderError> {
    let mut writer = PdfWriter::new(title);
    for page in pages {
        writer.add(page)?;
    }
    writer.finish()
}

/// Writes scenes as a PDF, page by page: of a page that was written its scene is needed no more.
pub struct PdfWriter {
    title: String,
    document: Document,
}

impl PdfWriter {
    /// Begins a document.
    pub fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            document: Document::new_with(SerializeSettings::default()),
        }
    }

    /// Adds a page.
    pub fn add(&mut self, page: &PdfPage<'_>) -> Result<(), RenderError> {
        let empty = || RenderError::Empty {
            width: page.width,
            height: page.height,
        };
        let tree = tree(page.scene)?;
        let settings = PageSettings::from_wh(page.width as f32, page.height as f32).ok_or_else(empty)?;
        let area = Size::from_wh(page.area.width as f32, page.area.height as f32).ok_or_else(empty)?;
        let mut sheet = self.document.start_page_with(settings);
        let mut surface = sheet.surface();
        surface.push_transform(&Transform::from_translate(page.area.x as f32, page.area.y as f32));
        surface
            .draw_svg(&tree, area, SvgSettings::default())
            .ok_or_else(|| RenderError::Failed("a page could not be written".to_owned()))?;
        surface.pop();
        surface.finish();
        sheet.finish();
        Ok(())
    }

    /// Ends the document.
    pub fn finish(mut self) -> Result<Vec<u8>, RenderError> {
        let about = Metadata::new().title(self.title).creator("Vivant".to_owned());
        self.document.set_metadata(about);
        self.document
            .finish()
            .map_err(|error| RenderError::Failed(format!("{error:?}")))
    }
}
