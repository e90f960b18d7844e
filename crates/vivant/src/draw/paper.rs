//! Views on paper: the pages of a PDF.

use std::borrow::Borrow;

use vivant_render::{PdfPage, PdfWriter, Rect, RenderError};

use super::Drawn;

/// Points of a pixel: 96 pixels are 72 points.
const POINTS: f64 = 0.75;
/// The margin on each side, half an inch.
const MARGIN: f64 = 36.0;

/// The size of a page. The default is US Letter, as measured of Tableau.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the names of papers")]
pub enum Paper {
    A3,
    A4,
    A5,
    B4,
    B5,
    Executive,
    Folio,
    Ledger,
    Legal,
    #[default]
    Letter,
    Note,
    Quarto,
    Tabloid,
    /// As large as the view, with margins.
    Unspecified,
}

/// How a page is turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Orientation {
    /// Higher than wide.
    #[default]
    Portrait,
    /// Wider than high.
    Landscape,
}

/// Names of papers, with width and height in points when upright.
const PAPERS: [(&str, Paper, (f64, f64)); 14] = [
    ("A3", Paper::A3, (842.0, 1191.0)),
    ("A4", Paper::A4, (595.0, 842.0)),
    ("A5", Paper::A5, (420.0, 595.0)),
    ("B4", Paper::B4, (709.0, 1001.0)),
    ("B5", Paper::B5, (499.0, 709.0)),
    ("Executive", Paper::Executive, (522.0, 756.0)),
    ("Folio", Paper::Folio, (612.0, 936.0)),
    ("Ledger", Paper::Ledger, (792.0, 1224.0)),
    ("Legal", Paper::Legal, (612.0, 1008.0)),
    ("Letter", Paper::Letter, (612.0, 792.0)),
    ("Note", Paper::Note, (540.0, 720.0)),
    ("Quarto", Paper::Quarto, (610.0, 780.0)),
    ("Tabloid", Paper::Tabloid, (792.0, 1224.0)),
    ("Unspecified", Paper::Unspecified, (0.0, 0.0)),
];

impl Paper {
    /// Finds a paper by its name, in any case.
    pub fn find(name: &str) -> Option<Self> {
        PAPERS
            .iter()
            .find(|(known, ..)| known.eq_ignore_ascii_case(name))
            .map(|(_, paper, _)| *paper)
    }

    /// The names of all papers.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PAPERS.iter().map(|(name, ..)| *name)
    }

    /// Width and height in points; `None` for pages as large as their view.
    fn size(self) -> Option<(f64, f64)> {
        let found = PAPERS.iter().find(|(_, paper, _)| *paper == self);
        found.map(|(.., size)| *size).filter(|(width, _)| *width > 0.0)
    }
}

impl Orientation {
    /// Finds an orientation by its name, in any case.
    pub fn find(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "portrait" => Some(Self::Portrait),
            "landscape" => Some(Self::Landscape),
            _ => None,
        }
    }
}

/// Writes views as a PDF, one page for each, as they come: none is held when the next one is drawn.
pub fn pdf<D: Borrow<Drawn>, E: From<RenderError>>(
    title: &str,
    views: impl IntoIterator<Item = Result<D, E>>,
    paper: Paper,
    orientation: Orientation,
) -> Result<Vec<u8>, E> {
    let mut writer = PdfWriter::new(title);
    for view in views {
        writer.add(&page(view?.borrow(), paper, orientation))?;
    }
    Ok(writer.finish()?)
}

/// Lays a view on a page: made smaller until it fits between the margins, and never larger, in the middle.
fn page(view: &Drawn, paper: Paper, orientation: Orientation) -> PdfPage<'_> {
    let scene = &view.scene;
    let own = (
        scene.width * view.scale * POINTS,
        scene.height * view.scale * POINTS,
    );
    let (width, height) = match (paper.size(), orientation) {
        (None, _) => (own.0 + 2.0 * MARGIN, own.1 + 2.0 * MARGIN),
        (Some(size), Orientation::Portrait) => size,
        (Some((width, height)), Orientation::Landscape) => (height, width),
    };
    let (free_width, free_height) = (width - 2.0 * MARGIN, height - 2.0 * MARGIN);
    let part = (free_width / own.0).min(free_height / own.1).min(1.0);
    let (drawn_width, drawn_height) = (own.0 * part, own.1 * part);
    PdfPage {
        scene,
        width,
        height,
        area: Rect::new(
            (width - drawn_width) / 2.0,
            (height - drawn_height) / 2.0,
            drawn_width,
            drawn_height,
        ),
    }
}

#[cfg(test)]
mod tests {
    use vivant_render::Scene;

    use super::*;

    fn placed(width: f64, height: f64, paper: Paper, orientation: Orientation) -> (f64, f64, Rect) {
        let drawn = Drawn {
            scene: Scene {
                width,
                height,
                title: String::new(),
                items: Vec::new(),
            },
            scale: 1.0,
            diagnostics: Vec::new(),
        };
        let page = page(&drawn, paper, orientation);
        (page.width, page.height, page.area)
    }

    #[test]
    fn views_are_fitted_between_the_margins() {
        let (width, height, area) = placed(1440.0, 720.0, Paper::Letter, Orientation::Portrait);
        assert_eq!((width, height), (612.0, 792.0));
        assert_eq!(area, Rect::new(36.0, 261.0, 540.0, 270.0));
        let (width, height, area) = placed(400.0, 200.0, Paper::Letter, Orientation::Landscape);
        assert_eq!((width, height), (792.0, 612.0));
        assert_eq!((area.width, area.height), (300.0, 150.0));
    }

    #[test]
    fn unspecified_pages_have_the_size_of_the_view() {
        let (width, height, area) = placed(1000.0, 800.0, Paper::Unspecified, Orientation::Landscape);
        assert_eq!((width, height), (822.0, 672.0));
        assert_eq!(area, Rect::new(36.0, 36.0, 750.0, 600.0));
    }

    #[test]
    fn papers_are_found_by_name() {
        assert_eq!(Paper::find("a4"), Some(Paper::A4));
        assert_eq!(Paper::find("unspecified"), Some(Paper::Unspecified));
        assert_eq!(Paper::find("A7"), None);
        assert_eq!(Paper::names().count(), 14);
    }
}
