//! Pictures and data of views and workbooks: images, PDF, PowerPoint, text and spreadsheets.

use bytes::Bytes;
use futures_util::{Stream, stream};
use vivant_model::{CustomViewId, ViewId, WorkbookId};
use vivant_wire::ApiVersion;
use vivant_wire::version::V;

use super::{CustomViews, Views, Workbooks};
use crate::call::Call;
use crate::download::{Downloaded, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::site::Site;
use crate::transport::AnswerBody;

/// What an export shows and how. What a kind of export cannot be told is an error, not left out.
///
/// ```
/// use vivant_client::{ExportOptions, Orientation, PageType};
///
/// let options = ExportOptions::new()
///     .filter("Region", ["East", "Smith, Jones & Co"])
///     .parameter("Top N", "10")
///     .page_type(PageType::A4)
///     .orientation(Orientation::Landscape);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ExportOptions {
    filters: Vec<(String, String)>,
    max_age: Option<u32>,
    language: Option<String>,
    page_type: Option<PageType>,
    orientation: Option<Orientation>,
    high_resolution: bool,
    image_format: Option<ImageFormat>,
    size: Option<(u32, u32)>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal),* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum $name { $($variant),* }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word in addresses.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                Self::ALL
                    .iter()
                    .find(|one| one.as_str().eq_ignore_ascii_case(text))
                    .copied()
                    .ok_or_else(|| {
                        let words: Vec<&str> = Self::ALL.iter().map(|one| one.as_str()).collect();
                        Error::invalid(format!("'{text}' is none of {}", words.join(", ")))
                    })
            }
        }
    };
}

words! {
    /// The paper of a PDF.
    PageType {
        A3 "a3", A4 "a4", A5 "a5", B4 "b4", B5 "b5", Executive "executive", Folio "folio", Ledger "ledger",
        Legal "legal", Letter "letter", Note "note", Quarto "quarto", Tabloid "tabloid",
        Unspecified "unspecified"
    }
}

words! {
    /// How the paper of a PDF lies.
    Orientation { Portrait "portrait", Landscape "landscape" }
}

words! {
    /// The form of an image (API 3.29).
    ImageFormat { Png "PNG", Svg "SVG" }
}

impl ExportOptions {
    /// What the view shows to everybody.
    pub fn new() -> Self {
        Self::default()
    }

    /// Filters a field to some values, or sets it to one.
    ///
    /// Commas and backslashes in values are escaped, so that each value arrives as it is. A second filter
    /// of the same field takes the place of the first.
    pub fn filter<V: AsRef<str>>(
        self,
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values: Vec<String> = values
            .into_iter()
            .map(|value| value.as_ref().replace('\\', "\\\\").replace(',', "\\,"))
            .collect();
        self.vf(field, values.join(","))
    }

    /// Filters a field by an expression as addresses of views have it: values with commas between.
    pub fn vf(self, field: impl Into<String>, expression: impl Into<String>) -> Self {
        self.set(format!("vf_{}", field.into()), expression.into())
    }

    /// Sets a parameter of the workbook, by its name with or without `Parameters.` before it.
    pub fn parameter(self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        let bare = name.strip_prefix("vf_").unwrap_or(&name);
        let bare = bare.strip_prefix("Parameters.").unwrap_or(bare);
        self.set(format!("vf_Parameters.{bare}"), value.into())
    }

    fn set(mut self, name: String, value: String) -> Self {
        match self.filters.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => self.filters.push((name, value)),
        }
        self
    }

    /// Sets how old in minutes an answer from the server's cache may be, up to 240.
    pub fn max_age(mut self, minutes: u32) -> Self {
        self.max_age = Some(minutes);
        self
    }

    /// Sets the language of numbers, dates and the server's own words, such as `de`.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = Some(language.into());
        self
    }

    /// Sets the paper of a PDF.
    pub fn page_type(mut self, page: PageType) -> Self {
        self.page_type = Some(page);
        self
    }

    /// Sets how the paper of a PDF lies.
    pub fn orientation(mut self, orientation: Orientation) -> Self {
        self.orientation = Some(orientation);
        self
    }

    /// Asks for an image of the highest resolution.
    pub fn high_resolution(mut self) -> Self {
        self.high_resolution = true;
        self
    }

    /// Sets the form of an image (API 3.29).
    pub fn image_format(mut self, format: ImageFormat) -> Self {
        self.image_format = Some(format);
        self
    }

    /// Sets the width and height of a view in pixels (API 3.23).
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    fn call(&self, path: String, kind: &Kind, version: ApiVersion) -> Result<Call> {
        let refuse = |set: bool, what: &str| match set {
            true => Err(Error::invalid(format!("{} takes no {what}", kind.name))),
            false => Ok(()),
        };
        refuse(!kind.views && !self.filters.is_empty(), "filters or parameters")?;
        refuse(!kind.views && self.language.is_some(), "language")?;
        refuse(!kind.paper && self.page_type.is_some(), "page type")?;
        refuse(!kind.paper && self.orientation.is_some(), "orientation")?;
        refuse(!kind.picture && self.high_resolution, "resolution")?;
        refuse(!kind.picture && self.image_format.is_some(), "image format")?;
        refuse(!kind.picture && !kind.paper && self.size.is_some(), "size")?;
        if self.max_age.is_some_and(|age| age > 240) {
            return Err(Error::invalid("the age in the cache is at most 240 minutes"));
        }
        let needs = |set: bool, since: ApiVersion, what: &str| match set && version < since {
            true => Err(too_old(what, since, version)),
            false => Ok(()),
        };
        needs(self.size.is_some(), V(3, 23), "the size of a view")?;
        needs(self.image_format.is_some(), V(3, 29), "the form of an image")?;
        needs(
            kind.filters_since_3_23 && !self.filters.is_empty(),
            V(3, 23),
            "filters of a workbook's PDF",
        )?;
        let mut call = Call::get(path).long();
        if let Some(minutes) = self.max_age {
            call = call.query("maxAge", minutes);
        }
        if let Some(language) = &self.language {
            call = call.query("language", language);
        }
        if let Some(page) = self.page_type {
            call = call.query("type", page.as_str());
        }
        if let Some(orientation) = self.orientation {
            call = call.query("orientation", orientation.as_str());
        }
        if self.high_resolution {
            call = call.query("resolution", "high");
        }
        if let Some(format) = self.image_format {
            call = call.query("format", format.as_str());
        }
        if let Some((width, height)) = self.size {
            call = call.query("vizWidth", width).query("vizHeight", height);
        }
        for (name, value) in &self.filters {
            call = call.query(name.clone(), value);
        }
        Ok(call)
    }
}

/// What a kind of export can be told.
struct Kind {
    name: &'static str,
    file: &'static str,
    views: bool,
    paper: bool,
    picture: bool,
    filters_since_3_23: bool,
}

impl Kind {
    const fn of_view(name: &'static str, file: &'static str) -> Self {
        Self {
            name,
            file,
            views: true,
            paper: false,
            picture: false,
            filters_since_3_23: false,
        }
    }
}

const IMAGE: Kind = Kind {
    picture: true,
    ..Kind::of_view("an image", "view.png")
};
const PDF: Kind = Kind {
    paper: true,
    ..Kind::of_view("a PDF", "view.pdf")
};
const CSV: Kind = Kind::of_view("the data of a view", "view.csv");
const EXCEL: Kind = Kind::of_view("a crosstab", "view.xlsx");
const WORKBOOK_PDF: Kind = Kind {
    paper: true,
    filters_since_3_23: true,
    ..Kind::of_view("a PDF", "workbook.pdf")
};
const POWERPOINT: Kind = Kind {
    views: false,
    ..Kind::of_view("a presentation", "workbook.pptx")
};
const PREVIEW: Kind = Kind {
    views: false,
    ..Kind::of_view("a preview image", "preview.png")
};

/// Content that is still to be fetched: as a stream, in memory, or into a file.
#[derive(Debug)]
#[must_use = "nothing is fetched before the content is asked for"]
pub struct Export {
    site: Site,
    path: String,
    options: ExportOptions,
    kind: &'static Kind,
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Export {
    fn new(site: &Site, path: String, options: ExportOptions, kind: &'static Kind) -> Self {
        Self {
            site: site.clone(),
            path,
            options,
            kind,
        }
    }

    async fn call(&self) -> Result<Call> {
        let version = self.site.api_version().await?;
        self.options.call(self.path.clone(), self.kind, version)
    }

    /// Fetches it into a file, a folder or a writer; a file appears when it is whole.
    pub async fn save(self, to: impl Into<Target>) -> Result<Downloaded> {
        let call = self.call().await?;
        self.site.download(&call, to.into(), self.kind.file).await
    }

    /// Fetches it into memory.
    pub async fn bytes(self) -> Result<Bytes> {
        self.site.download_bytes(&self.call().await?).await
    }

    /// Fetches it as a stream, which begins once the server has begun to answer. A stream that breaks ends with an
    /// error; [`Target::stream`] with [`Export::save`] goes on instead.
    pub async fn stream(self) -> Result<impl Stream<Item = Result<Bytes>> + Send> {
        let call = self.call().await?;
        let answer = self.site.open(&call).await?;
        let AnswerBody::Stream(response) = answer.body else {
            return Err(Error::new(
                ErrorKind::UnexpectedAnswer,
                "the answer has no content",
            ));
        };
        let (site, status) = (self.site, answer.status);
        Ok(stream::try_unfold(response, move |mut response| {
            let site = site.clone();
            async move {
                let client = &site.client().0;
                let piece = client.next_chunk(&mut response).await.map_err(|e| {
                    e.explain(response.url(), client.timeouts.idle)
                        .with_status(status)
                })?;
                Ok(piece.map(|bytes| (bytes, response)))
            }
        }))
    }
}

impl Views {
    /// A view as an image (API 2.5).
    pub fn image(&self, id: ViewId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/image"), options, &IMAGE)
    }

    /// A view as a PDF (API 2.7).
    pub fn pdf(&self, id: ViewId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/pdf"), options, &PDF)
    }

    /// The data of a view as text with commas (API 2.7).
    pub fn csv(&self, id: ViewId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/data"), options, &CSV)
    }

    /// The crosstab of a view as a spreadsheet (API 3.8).
    pub fn excel(&self, id: ViewId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/crosstab/excel"), options, &EXCEL)
    }

    /// The small picture of a view that lists show.
    pub fn preview_image(&self, workbook: WorkbookId, id: ViewId) -> Export {
        let path = self
            .site
            .path(&format!("/workbooks/{workbook}/views/{id}/previewImage"));
        Export::new(&self.site, path, ExportOptions::new(), &PREVIEW)
    }
}

impl CustomViews {
    /// A custom view as an image (API 3.18).
    pub fn image(&self, id: CustomViewId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/image"), options, &IMAGE)
    }

    /// A custom view as a PDF (API 3.23).
    pub fn pdf(&self, id: CustomViewId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/pdf"), options, &PDF)
    }

    /// The data of a custom view as text with commas (API 3.23).
    pub fn csv(&self, id: CustomViewId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/data"), options, &CSV)
    }
}

impl Workbooks {
    /// A workbook as a PDF, one page or more for each view (API 3.4).
    pub fn pdf(&self, id: WorkbookId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/pdf"), options, &WORKBOOK_PDF)
    }

    /// A workbook as a presentation (API 3.8).
    pub fn powerpoint(&self, id: WorkbookId, options: ExportOptions) -> Export {
        Export::new(&self.site, self.path(id, "/powerpoint"), options, &POWERPOINT)
    }

    /// The small picture of a workbook that lists show.
    pub fn preview_image(&self, id: WorkbookId) -> Export {
        let path = self.path(id, "/previewImage");
        Export::new(&self.site, path, ExportOptions::new(), &PREVIEW)
    }
}

impl Site {
    /// Refuses what the session's version does not have, where the address alone does not say so.
    pub(crate) async fn needs(&self, since: ApiVersion, what: &str) -> Result<()> {
        let version = self.api_version().await?;
        match version < since {
            true => Err(too_old(what, since, version)),
            false => Ok(()),
        }
    }
}

fn too_old(what: &str, since: ApiVersion, version: ApiVersion) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("{what} needs API version {since}, this session speaks {version}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(options: &ExportOptions, kind: &Kind) -> Result<String> {
        Ok(options.call("/x".to_owned(), kind, V(3, 29))?.query_string())
    }

    #[test]
    fn hard_values_arrive_as_they_are() {
        let options = ExportOptions::new()
            .filter("Größe & Art", ["a,b", "c\\d", "100 %+=?#/日本"])
            .parameter("Parameters.Top N", "10");
        assert_eq!(
            query(&options, &CSV).expect("a query"),
            "vf_Gr%C3%B6%C3%9Fe%20%26%20Art=a%5C%2Cb%2Cc%5C%5Cd%2C100%20%25%2B%3D%3F%23%2F%E6%97%A5%E6%9C%AC\
             &vf_Parameters.Top%20N=10"
        );
    }

    #[test]
    fn a_second_filter_takes_the_place_of_the_first() {
        let options = ExportOptions::new().vf("A", "1").vf("B", "2").vf("A", "3");
        assert_eq!(query(&options, &CSV).expect("a query"), "vf_A=3&vf_B=2");
    }

    #[test]
    fn nothing_is_left_out_silently() {
        let refused = |options: ExportOptions, kind: &Kind, part: &str| {
            let error = query(&options, kind).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        };
        refused(ExportOptions::new().vf("A", "1"), &POWERPOINT, "filters");
        refused(ExportOptions::new().page_type(PageType::A4), &CSV, "page type");
        refused(ExportOptions::new().high_resolution(), &PDF, "resolution");
        refused(ExportOptions::new().size(1, 1), &EXCEL, "size");
        refused(ExportOptions::new().max_age(241), &CSV, "240");
    }

    #[test]
    fn versions_are_checked() {
        let call = |options: ExportOptions, kind: &Kind, version| {
            options.call("/x".to_owned(), kind, version).map(|_| ())
        };
        let error = call(
            ExportOptions::new().image_format(ImageFormat::Svg),
            &IMAGE,
            V(3, 28),
        );
        let error = error.expect_err("too old");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("3.29"), "{error}");
        assert!(call(ExportOptions::new().vf("A", "1"), &WORKBOOK_PDF, V(3, 22)).is_err());
        assert!(call(ExportOptions::new().vf("A", "1"), &PDF, V(3, 22)).is_ok());
        assert!(call(ExportOptions::new().size(1, 1), &PDF, V(3, 22)).is_err());
    }
}
