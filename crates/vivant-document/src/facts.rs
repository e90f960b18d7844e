//! What is known about a file after one pass over it.
//!
//! Strings are as the document writes them unless said otherwise; an attribute that is present but
//! empty counts as absent.

use crate::error::Diagnostic;

/// Facts about a file, by what it holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Inspected {
    /// Workbook, plain or packaged.
    Workbook(WorkbookFacts),
    /// Data source, plain or packaged.
    Datasource(DatasourceFacts),
    /// Bare table file: it has the right first bytes, and no document that could say more.
    Extract,
    /// Flow, plain or packaged.
    Flow(FlowFacts),
}

impl Inspected {
    /// Tells whether the file answers queries from an extract.
    pub fn has_extract(&self) -> bool {
        match self {
            Self::Workbook(workbook) => workbook.has_extract,
            Self::Datasource(datasource) => datasource.has_extract,
            Self::Extract => true,
            Self::Flow(_) => false,
        }
    }

    /// Returns the remarks made while reading.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Workbook(workbook) => &workbook.diagnostics,
            Self::Datasource(datasource) => &datasource.diagnostics,
            Self::Extract => &[],
            Self::Flow(flow) => &flow.diagnostics,
        }
    }
}

/// Facts about a workbook.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkbookFacts {
    /// Version of the document format, `18.1` for everything saved since 2018.
    pub version: String,
    /// Version of the program that saved it: `source-build`, else the build number in the leading comment.
    pub source_build: Option<String>,
    /// Platform that saved it, `win` or `mac`.
    pub source_platform: Option<String>,
    /// Place on the server that it was downloaded from.
    pub repository: Option<RepositoryLocation>,
    /// Sheets in the order of their tabs.
    pub sheets: Vec<SheetFacts>,
    /// Data sources in the order of the document, parameters included.
    pub datasources: Vec<DatasourceFacts>,
    /// Parameters.
    pub parameters: Vec<ParameterFacts>,
    /// Whether any data source answers from an extract.
    pub has_extract: bool,
    /// Name of the document in its package; `None` for a plain file.
    pub document: Option<String>,
    /// Remarks.
    pub diagnostics: Vec<Diagnostic>,
}

/// Kind of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SheetKind {
    /// One view.
    Worksheet,
    /// Several views on one page.
    Dashboard,
    /// Sequence of views.
    Story,
}

/// Facts about a sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetFacts {
    /// Name on the tab; unique in a workbook.
    pub name: String,
    /// Title above the view, with fields as `<[…]>`, if one was written; else the name is shown.
    pub title: Option<String>,
    /// Kind.
    pub kind: SheetKind,
    /// Whether the tab is hidden: such a sheet is no view on the server.
    pub hidden: bool,
    /// `{…}` identifier that outlives renaming (2018.3 and later).
    pub uuid: Option<String>,
    /// Name in the URL of the server that it was downloaded from.
    pub repository_id: Option<String>,
    /// PNG that Tableau drew when saving.
    pub thumbnail: Option<Vec<u8>>,
    /// Names of the data sources that a worksheet uses, the primary one first, without parameters.
    pub datasources: Vec<String>,
    /// Fields and parameters that a worksheet depends on.
    pub fields: Vec<FieldRef>,
    /// Names of the sheets that a dashboard or story shows.
    pub sheets: Vec<String>,
}

/// Reference to a field of a data source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldRef {
    /// [`DatasourceFacts::name`].
    pub datasource: String,
    /// [`FieldFacts::name`].
    pub field: String,
}

/// Place on a server, from `repository-location`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepositoryLocation {
    /// Content URL.
    pub id: Option<String>,
    /// Path of the collection, such as `/t/site/workbooks`.
    pub path: Option<String>,
    /// Content URL of the site; absent for the default site.
    pub site: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Full address that the copy came from.
    pub derived_from: Option<String>,
}

/// Facts about a data source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DatasourceFacts {
    /// Key used everywhere in a workbook; in a `.tds`, `formatted-name`, else `name`, else the document's name.
    pub name: String,
    /// Label.
    pub caption: Option<String>,
    /// Version of the document format.
    pub version: Option<String>,
    /// Version of the program that saved a `.tds`.
    pub source_build: Option<String>,
    /// Whether this is the pseudo source that holds the workbook's parameters.
    pub is_parameters: bool,
    /// Published data source that this one stands for.
    pub published: Option<PublishedReference>,
    /// Place on the server that a `.tds` was downloaded from.
    pub repository: Option<RepositoryLocation>,
    /// Physical connections, one each; the extract's own only if there is no other.
    pub connections: Vec<ConnectionFacts>,
    /// Fields: physical ones in their order, then those that only the document defines.
    pub fields: Vec<FieldFacts>,
    /// Whether queries are answered from an extract.
    pub has_extract: bool,
    /// Extracts, enabled or not.
    pub extracts: Vec<ExtractFacts>,
    /// Name of the document in its package, for a `.tdsx`.
    pub document: Option<String>,
    /// Remarks; for a data source in a workbook they are with the workbook.
    pub diagnostics: Vec<Diagnostic>,
}

impl DatasourceFacts {
    /// Tells whether a workbook holds the data source itself, rather than a reference to a published one.
    pub fn is_embedded(&self) -> bool {
        !self.is_parameters && self.published.is_none()
    }

    /// Returns what people see: the caption, else the name.
    pub fn label(&self) -> &str {
        self.caption.as_deref().unwrap_or(&self.name)
    }
}

/// Published data source that a data source in a workbook points at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublishedReference {
    /// Content URL of the data source.
    pub content_url: String,
    /// Content URL of the site; absent for the default site.
    pub site: Option<String>,
    /// Server name.
    pub server: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// `http` or `https`.
    pub channel: Option<String>,
    /// Path of the collection, such as `/t/site/datasources`.
    pub path: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Label of the published data source.
    pub label: Option<String>,
}

/// Facts about a physical connection.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ConnectionFacts {
    /// Name of the named connection; absent in the format before 10.0, which has one without a name.
    pub id: Option<String>,
    /// Label of the named connection.
    pub caption: Option<String>,
    /// Connector, such as `postgres`, `excel-direct`, `sqlproxy`.
    pub class: String,
    /// Server.
    pub server: Option<String>,
    /// Port, if one is written and not 0.
    pub port: Option<u16>,
    /// Database; for `hyper` and `dataengine` the path of the file, for `sqlproxy` the content URL.
    pub dbname: Option<String>,
    /// Schema.
    pub schema: Option<String>,
    /// User.
    pub username: Option<String>,
    /// How to sign in, such as `username-password`, `oauth`, `sspi`.
    pub authentication: Option<String>,
    /// Whether a password stands in the document. It is not read; Tableau never writes one.
    pub has_embedded_credentials: bool,
    /// File, for connectors that read one.
    pub filename: Option<String>,
    /// Folder of the file.
    pub directory: Option<String>,
    /// Whether this is the connection of the extract, listed because the data source has no other.
    pub is_extract: bool,
}

/// Leaves the user name out: facts end up in logs.
impl std::fmt::Debug for ConnectionFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectionFacts")
            .field("id", &self.id)
            .field("class", &self.class)
            .field("server", &self.server)
            .field("port", &self.port)
            .field("dbname", &self.dbname)
            .field("filename", &self.filename)
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl ConnectionFacts {
    /// Returns the path of the file that the connection reads, with `/` between folders.
    pub fn path(&self) -> Option<String> {
        let path = match (&self.directory, &self.filename) {
            (Some(directory), Some(file)) if self.class != "sqlproxy" => {
                format!("{}/{file}", directory.trim_end_matches(['/', '\\']))
            }
            (None, Some(file)) => file.clone(),
            _ if matches!(self.class.as_str(), "hyper" | "dataengine") => self.dbname.clone()?,
            _ => return None,
        };
        Some(path.replace('\\', "/"))
    }
}

/// Facts about an extract.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtractFacts {
    /// Whether queries use it; `false` means that the live connection is used although the extract is there.
    pub enabled: bool,
    /// Connector: `hyper`, or `dataengine` in documents before 10.5.
    pub class: String,
    /// Path of the file as written, with `/` between folders.
    pub path: Option<String>,
    /// Entry of the package that holds it; absent for a plain document and when the package lacks it.
    pub member: Option<String>,
    /// When it was written, in the local format of the machine that wrote it.
    pub update_time: Option<String>,
    /// Field by which it grows, if it is refreshed incrementally.
    pub increment_key: Option<String>,
}

/// Facts about a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldFacts {
    /// Name without its brackets; formulas and views use it.
    pub name: String,
    /// Label, if it differs from the name.
    pub caption: Option<String>,
    /// `string`, `integer`, `real`, `boolean`, `date`, `datetime` or `spatial`.
    pub datatype: String,
    /// `dimension` or `measure`.
    pub role: String,
    /// `nominal`, `ordinal` or `quantitative`.
    pub kind: String,
    /// Whether a formula computes it (a bin or a group is not meant).
    pub is_calculated: bool,
    /// Formula, for calculations and bins, with `\n` between lines.
    pub formula: Option<String>,
    /// `tableau` for a formula, `bin`, `categorical-bin`.
    pub calculation_class: Option<String>,
    /// Whether it is hidden from authors.
    pub hidden: bool,
    /// Comment written by its author.
    pub description: Option<String>,
    /// Default aggregation.
    pub aggregation: Option<String>,
    /// Geographic role.
    pub semantic_role: Option<String>,
    /// Name of the physical column.
    pub remote_name: Option<String>,
    /// Physical table, as the document names it.
    pub table: Option<String>,
}

impl FieldFacts {
    /// Returns what people see: the caption, else the name.
    pub fn label(&self) -> &str {
        self.caption.as_deref().unwrap_or(&self.name)
    }
}

/// Facts about a parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterFacts {
    /// Name without its brackets, such as `Parameter 1`.
    pub name: String,
    /// Label.
    pub caption: Option<String>,
    /// Data type.
    pub datatype: String,
    /// `any`, `list` or `range`.
    pub domain: String,
    /// Current value as a literal of the formula language: strings are quoted.
    pub value: Option<String>,
}

impl ParameterFacts {
    /// Returns what people see: the caption, else the name.
    pub fn label(&self) -> &str {
        self.caption.as_deref().unwrap_or(&self.name)
    }
}

/// Facts about a flow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowFacts {
    /// Version of the flow format, `major.minor`.
    pub version: Option<String>,
    /// Connections, in the flow's own order.
    pub connections: Vec<ConnectionFacts>,
    /// Steps that write a result.
    pub outputs: Vec<FlowOutput>,
    /// Names of the parameters.
    pub parameters: Vec<String>,
    /// Remarks.
    pub diagnostics: Vec<Diagnostic>,
}

/// Output step of a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowOutput {
    /// Identifier of the step.
    pub id: String,
    /// Name of the step.
    pub name: String,
    /// Type of the step, such as `.v1.WriteToHyper`.
    pub kind: String,
}
