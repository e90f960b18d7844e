//! Published data sources: publishing, lists, changes, files.

use vivant_model::{DatasourceId, ProjectId, SiteId, UserId};

use crate::{Caller, Millis, NewConnection, Owner, ProjectRef, Spooled};

/// A published data source.
#[derive(Clone, Debug, PartialEq)]
pub struct Datasource {
    /// Its id.
    pub id: DatasourceId,
    /// Its site.
    pub site_id: SiteId,
    /// Its project.
    pub project: ProjectRef,
    /// Its owner.
    pub owner: Owner,
    /// Its name, unique in its project.
    pub name: String,
    /// Its part of addresses, unique on its site; stays through renaming.
    pub content_url: String,
    /// The class of its first connection, `type` in the REST API.
    pub class: String,
    /// Its description.
    pub description: String,
    /// When it was first published.
    pub created_at: Millis,
    /// When it was last published or changed.
    pub updated_at: Millis,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// The size of the current revision's file.
    pub size_bytes: i64,
    /// Whether it is certified.
    pub is_certified: bool,
    /// Why it is certified.
    pub certification_note: Option<String>,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// Whether its extracts are encrypted.
    pub encrypt_extracts: bool,
    /// Whether Tableau Bridge keeps it fresh.
    pub use_remote_query_agent: bool,
    /// The address of its page, where one was given.
    pub webpage_url: Option<String>,
    /// How many fields it has.
    pub fields_count: u32,
    /// How many workbooks connect to it.
    pub connected_workbooks: u32,
    /// The number of the current revision, from 1.
    pub revision: u32,
    /// `tds`, `tdsx`, `hyper` or `tde`.
    pub file_type: String,
    /// The name under which the file is downloaded.
    pub file_name: String,
    /// How many users hold it as a favourite.
    pub favorites_total: i64,
    /// Whether its project's rules are locked.
    pub locked: bool,
}

/// A field of a data source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasourceField {
    /// Its name in formulas, without brackets.
    pub name: String,
    /// The name shown.
    pub caption: Option<String>,
    /// Its data type.
    pub datatype: String,
    /// `dimension` or `measure`.
    pub role: String,
    /// Its formula, where it is calculated.
    pub formula: Option<String>,
}

/// A data source to be published.
pub struct PublishDatasource<'a> {
    /// Who publishes, and to which site.
    pub caller: &'a Caller,
    /// The project.
    pub project: ProjectId,
    /// The name.
    pub name: String,
    /// The owner, as a rule the caller.
    pub owner: UserId,
    /// The description; `None` leaves the old one when overwriting.
    pub description: Option<String>,
    /// Whether a data source of the name in the project is replaced.
    pub overwrite: bool,
    /// The file.
    pub file: Spooled,
    /// `tds`, `tdsx`, `hyper` or `tde`.
    pub file_type: String,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// Whether its extracts are encrypted.
    pub encrypt_extracts: bool,
    /// Whether Tableau Bridge keeps it fresh.
    pub use_remote_query_agent: bool,
    /// Its connections, in order.
    pub connections: Vec<NewConnection>,
    /// Its fields, in order.
    pub fields: Vec<DatasourceField>,
    /// The tables that it reads.
    pub tables: Vec<String>,
}

/// A data source after publishing.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedDatasource {
    /// The data source as it is now.
    pub datasource: Datasource,
    /// Whether it is new, not a further revision.
    pub created: bool,
}

/// What to change of a data source; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasourceChanges {
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The project.
    pub project: Option<ProjectId>,
    /// The owner.
    pub owner: Option<UserId>,
    /// Whether it is certified.
    pub is_certified: Option<bool>,
    /// Why it is certified; `Some(None)` takes the note away.
    pub certification_note: Option<Option<String>>,
    /// Whether its extracts are encrypted.
    pub encrypt_extracts: Option<bool>,
    /// Whether Tableau Bridge keeps it fresh.
    pub use_remote_query_agent: Option<bool>,
}

/// What the list is filtered and sorted by.
pub const FIELDS: &[crate::Field] = &[];
