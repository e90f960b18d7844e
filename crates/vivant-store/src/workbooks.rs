//! Workbooks: publishing, lists, changes, files.

use vivant_model::{ProjectId, SiteId, UserId, ViewId, WorkbookId};

use crate::{Caller, Millis, NewConnection, NewView, Owner, ProjectRef, Spooled};

/// A workbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Workbook {
    /// Its id.
    pub id: WorkbookId,
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
    /// Its description.
    pub description: String,
    /// Whether its sheets are shown as tabs.
    pub show_tabs: bool,
    /// The size of the current revision's file.
    pub size_bytes: i64,
    /// When it was first published.
    pub created_at: Millis,
    /// When it was last published or changed.
    pub updated_at: Millis,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// The view that is shown first.
    pub default_view: Option<ViewId>,
    /// How many sheets it has, hidden ones left out.
    pub sheet_count: u32,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// Whether its extracts are encrypted.
    pub encrypt_extracts: bool,
    /// The number of the current revision, from 1.
    pub revision: u32,
    /// `twb` or `twbx`.
    pub file_type: String,
    /// The name under which the file is downloaded.
    pub file_name: String,
    /// How many users hold it as a favourite.
    pub favorites_total: i64,
    /// Whether its project's rules are locked.
    pub locked: bool,
}

/// A workbook to be published.
pub struct PublishWorkbook<'a> {
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
    /// Whether its sheets are shown as tabs.
    pub show_tabs: bool,
    /// Whether a workbook of the name in the project is replaced.
    pub overwrite: bool,
    /// The file.
    pub file: Spooled,
    /// `twb` or `twbx`.
    pub file_type: String,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// Whether its extracts are encrypted.
    pub encrypt_extracts: bool,
    /// Its sheets, in order.
    pub sheets: Vec<NewView>,
    /// Its connections, in order.
    pub connections: Vec<NewConnection>,
    /// The name of the sheet that is shown first; `None` takes the first that is not hidden.
    pub default_view: Option<String>,
}

/// A published workbook.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The workbook as it is now.
    pub workbook: Workbook,
    /// Whether it is new, not a further revision.
    pub created: bool,
}

/// What to change of a workbook; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WorkbookChanges {
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The project.
    pub project: Option<ProjectId>,
    /// The owner.
    pub owner: Option<UserId>,
    /// Whether its sheets are shown as tabs.
    pub show_tabs: Option<bool>,
    /// Whether its extracts are encrypted.
    pub encrypt_extracts: Option<bool>,
}

/// A revision of a workbook or data source.
#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    /// Its number, from 1.
    pub number: u32,
    /// The size of its file.
    pub size_bytes: i64,
    /// When it was published.
    pub published_at: Millis,
    /// Who published it, while the account exists.
    pub publisher: Option<Owner>,
    /// Whether it is the current one.
    pub current: bool,
}

/// What the list is filtered and sorted by.
pub const FIELDS: &[crate::Field] = &[];
