//! The nouns and rules of an analytics server: typed ids, site roles, capabilities, effective
//! permissions, content URLs, names, schedules.
//!
//! Everything here is a plain value or a pure function.
//! There is no serialization, no I/O, no clock and no randomness: ids come in as bytes, times as
//! arguments.

pub mod capability;
pub mod content_url;
pub mod id;
pub mod job;
pub mod name;
pub mod permission;
pub mod project;
pub mod schedule;
pub mod site;
pub mod site_role;

pub use capability::{Capability, CapabilitySet, ContentKind};
pub use id::{
    CollectionId, ColumnId, ConnectionId, CustomViewId, DataAlertId, DatabaseId, DatasourceId, FlowId,
    FlowRunId, GroupId, GroupSetId, JobId, LinkedTaskId, Luid, MetricId, ParseLuidError, ProjectId,
    ScheduleId, SiteId, SubscriptionId, TableId, TaskId, TokenId, UserId, ViewId, VirtualConnectionId,
    WorkbookId,
};
pub use job::{
    ExecutionOrder, JobItem, JobItemKind, JobKind, JobState, ScheduleState, ScheduleType, StatusNote,
    TaskType,
};
pub use permission::{Decision, Grantee, Reason, Rule};
pub use project::ContentPermissions;
pub use schedule::{Frequency, Recurrence, Zone};
pub use site::{AdminMode, ExtractEncryption, SiteState};
pub use site_role::{License, SiteRole};
