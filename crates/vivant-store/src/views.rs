//! Views: the sheets, dashboards and stories of workbooks.

use vivant_model::{SiteId, ViewId, WorkbookId};

use crate::{Millis, Owner, ProjectRef};

/// The workbook of a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkbookRef {
    /// The workbook's id.
    pub id: WorkbookId,
    /// The workbook's name.
    pub name: String,
    /// The workbook's part of addresses.
    pub content_url: String,
    /// The workbook's description.
    pub description: String,
    /// Whether the workbook shows its sheets as tabs.
    pub show_tabs: bool,
}

/// A view.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Its id.
    pub id: ViewId,
    /// Its site.
    pub site_id: SiteId,
    /// Its workbook.
    pub workbook: WorkbookRef,
    /// The workbook's project.
    pub project: ProjectRef,
    /// The workbook's owner.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// `{workbook}/sheets/{view}`.
    pub content_url: String,
    /// `worksheet`, `dashboard` or `story`.
    pub kind: String,
    /// Whether it is left out of lists.
    pub hidden: bool,
    /// Its title.
    pub title: Option<String>,
    /// Its caption.
    pub caption: Option<String>,
    /// Its place in the workbook, from 0.
    pub index: u32,
    /// When it was first published.
    pub created_at: Millis,
    /// When it was last published or changed.
    pub updated_at: Millis,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// How often it was looked at.
    pub total_views: i64,
    /// How many users hold it as a favourite.
    pub favorites_total: i64,
}

/// A sheet read from a workbook that is published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewView {
    /// Its name.
    pub name: String,
    /// `worksheet`, `dashboard` or `story`.
    pub kind: String,
    /// Whether it is left out of lists.
    pub hidden: bool,
    /// Its title.
    pub title: Option<String>,
    /// Its caption.
    pub caption: Option<String>,
    /// The names of the fields that it uses.
    pub fields: Vec<String>,
    /// A small picture, PNG.
    pub thumbnail: Option<Vec<u8>>,
}

/// What the list is filtered and sorted by.
pub const FIELDS: &[crate::Field] = &[];
