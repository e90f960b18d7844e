//! What a letter shows: the export of a view or workbook, with filters and parameters.

use vivant_client::model::{CustomViewId, ViewId, WorkbookId};
use vivant_client::{ExportOptions, Orientation, PageType, Site};

use crate::error::{Context, Error, Result};

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Data as text with commas.
    Csv,
    /// A PDF.
    Pdf,
    /// An image of high resolution.
    Png,
}

impl Format {
    /// The ending of file names.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Pdf => "pdf",
            Self::Png => "png",
        }
    }
}

/// What is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// A view.
    View(ViewId),
    /// A view as somebody set it and kept it.
    CustomView(CustomViewId),
    /// A whole workbook, which there is as a PDF only.
    Workbook(WorkbookId),
}

/// An export; equal ones are fetched once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Export {
    /// What.
    pub content: Content,
    /// In which form.
    pub format: Format,
    /// Fields with the one value that they are filtered to.
    pub filters: Vec<(String, String)>,
    /// Fields with an expression, as addresses of views have it: values with commas between.
    pub expressions: Vec<(String, String)>,
    /// Parameters with their values.
    pub parameters: Vec<(String, String)>,
    /// The paper of a PDF.
    pub page: Option<PageType>,
    /// How the paper lies.
    pub orientation: Option<Orientation>,
    /// How old in minutes an answer from the server's cache may be.
    pub max_age: Option<u32>,
}

impl Export {
    /// An export of something as everybody sees it.
    pub fn new(content: Content, format: Format) -> Self {
        Self {
            content,
            format,
            filters: Vec::new(),
            expressions: Vec::new(),
            parameters: Vec::new(),
            page: None,
            orientation: None,
            max_age: None,
        }
    }

    /// Refuses what there is not, before anything is fetched.
    pub fn check(&self) -> Result<()> {
        match (self.content, self.format) {
            (Content::Workbook(_), Format::Csv | Format::Png) => Err(Error::input(
                "a whole workbook can be sent as PDF only; name one of its views for data or an image",
            )),
            (_, Format::Csv | Format::Png) if self.page.is_some() || self.orientation.is_some() => {
                Err(Error::input("only a PDF has a page"))
            }
            _ => Ok(()),
        }
    }

    /// Fetches it.
    pub async fn fetch(&self, site: &Site) -> Result<Vec<u8>> {
        self.check()?;
        let options = self.options();
        let export = match (self.content, self.format) {
            (Content::View(id), Format::Csv) => site.views().csv(id, options),
            (Content::View(id), Format::Pdf) => site.views().pdf(id, options),
            (Content::View(id), Format::Png) => site.views().image(id, options),
            (Content::CustomView(id), Format::Csv) => site.custom_views().csv(id, options),
            (Content::CustomView(id), Format::Pdf) => site.custom_views().pdf(id, options),
            (Content::CustomView(id), Format::Png) => site.custom_views().image(id, options),
            (Content::Workbook(id), _) => site.workbooks().pdf(id, options),
        };
        let bytes = export
            .bytes()
            .await
            .context(|| "the export cannot be fetched".to_owned())?;
        Ok(bytes.to_vec())
    }

    fn options(&self) -> ExportOptions {
        let mut options = ExportOptions::new();
        for (field, value) in &self.filters {
            options = options.filter(field, [value]);
        }
        for (field, expression) in &self.expressions {
            options = options.vf(field, expression);
        }
        for (name, value) in &self.parameters {
            options = options.parameter(name, value);
        }
        if let Some(page) = self.page {
            options = options.page_type(page);
        }
        if let Some(orientation) = self.orientation {
            options = options.orientation(orientation);
        }
        if let Some(minutes) = self.max_age {
            options = options.max_age(minutes);
        }
        if self.format == Format::Png {
            options = options.high_resolution();
        }
        options
    }
}
