//! What the server keeps: metadata on SQLite or PostgreSQL, content in a folder or an S3 bucket,
//! secrets encrypted.
//!
//! [`Store`] is the one door. Each module adds the operations of one resource to it; the types
//! they take and give are plain structs. Every write takes the time as an argument, and a write
//! that answers `Ok` has reached the disk.
//!
//! There is no HTTP, no wire format and no document here: errors are matched by the caller, and
//! files come in as bytes with what was read from them beside.

mod accounts;
mod blobs;
pub mod check;
pub mod connections;
pub mod content;
pub mod custom_views;
pub mod datasources;
mod db;
pub mod directory;
mod domains;
pub mod encryption;
pub mod error;
pub mod extracts;
pub mod favorites;
pub mod groups;
mod items;
pub mod jobs;
pub mod list;
pub mod own_tasks;
pub mod permissions;
pub mod projects;
pub mod schedules;
pub mod secrets;
mod select;
pub mod sessions;
mod sight;
pub mod sites;
mod store;
pub mod subscriptions;
mod tally;
pub mod tasks;
pub mod tokens;
pub mod uploads;
pub mod usage;
pub mod users;
pub mod views;
mod visibility;
pub mod workbooks;

pub use check::{CheckReport, Finding, Severity, SweepReport};
pub use connections::{Connection, ConnectionChanges, NewConnection, PasswordMark};
pub use content::{Content, ContentStream, Spool, Spooled, StoredFile};
pub use custom_views::{CustomView, CustomViewChanges, NewCustomView};
pub use datasources::{
    Datasource, DatasourceChanges, DatasourceField, PublishDatasource, PublishedDatasource,
};
pub use db::servers_of;
pub use directory::{DirectoryUser, ImportCounts, ImportGroup, Imported};
pub use encryption::Sealing;
pub use error::{EncryptionRule, Error, Forbidden, Result, What};
pub use extracts::{Extract, ExtractChange, NewExtract};
pub use favorites::{Favorite, FavoriteItem};
pub use groups::{Group, GroupChanges, NewGroup};
pub use jobs::{Claimed, Fence, Job, Lease, NewJob, Outcome, Renewal};
pub use list::{Field, FieldKind, Filter, FilterValue, ListQuery, Op, Page, PageRequest, SortKey};
pub use own_tasks::NewOwnTask;
pub use permissions::{Facts, RuleChange, RulesOf};
pub use projects::{ContentCounts, NewProject, Project, ProjectChanges};
pub use schedules::{Fired, NewSchedule, Schedule, ScheduleChanges};
pub use secrets::Secret;
pub use sessions::{NewSession, Session};
pub use sites::{Bootstrapped, NewSite, Site, SiteChanges, SiteUsage};
pub use store::{Caller, Millis, Owner, ProjectRef, Store, StoreOptions};
pub use subscriptions::{NewSubscription, Subscription, SubscriptionChanges};
pub use tasks::{NewTask, Task, TaskFilter};
pub use tokens::TokenInfo;
pub use uploads::UploadId;
pub use usage::ViewUse;
pub use users::{Account, NewUser, User, UserChanges};
pub use views::{NewView, View, WorkbookRef};
pub use vivant_model::{JobItem, JobItemKind, StatusNote};
pub use workbooks::{PublishWorkbook, Published, Revision, Workbook, WorkbookChanges};
