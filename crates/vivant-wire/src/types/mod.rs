//! The elements of the contract, each defined once.
//!
//! A definition lists attributes, leaves and children in the order of Tableau's schema; reading and
//! writing in both encodings follow from it.
//! Every part is optional here: what a method requires is said where the method is.

use std::fmt;

use vivant_model::{
    CollectionId, ColumnId, ConnectionId, CustomViewId, DataAlertId, DatabaseId, DatasourceId, FlowId,
    FlowRunId, GroupId, GroupSetId, LinkedTaskId, Luid, MetricId, ProjectId, SiteId, TableId, TaskId, UserId,
    ViewId, VirtualConnectionId, WorkbookId,
};

use crate::node::{FromText, Node, Read1, ReadError};
use crate::out::{Out, Scalar, Sink, Write1};
use crate::time::Timestamp;

/// Defines an element: `attr field: Type = "name"`, `leaf` (child of text), `leaves` (repeated child of
/// text), `text` (own text), `one` (child element) and `many` (repeated child element).
macro_rules! element {
    ($(#[$doc:meta])* $name:ident { $($kind:ident $field:ident : $type:ty = $wire:literal $(, $fdoc:literal)?;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name {
            $(#[doc = concat!("`", $wire, "`." $(, " ", $fdoc)?)] pub $field: element!(@type $kind $type),)*
        }

        impl Write1 for $name {
            #[allow(unused_variables, reason = "elements without parts write nothing")]
            fn write(&self, out: &mut Out) {
                $(element!(@write $kind self.$field, $wire, out);)*
            }
        }

        impl Read1 for $name {
            #[allow(unused_variables, reason = "elements without parts read nothing")]
            fn read(node: &Node) -> Result<Self, ReadError> {
                Ok(Self { $($field: element!(@read $kind node, $wire),)* })
            }
        }
    };
    (@type many $type:ty) => { Vec<$type> };
    (@type leaves $type:ty) => { Vec<$type> };
    (@type $kind:ident $type:ty) => { Option<$type> };
    (@write attr $self:ident.$field:ident, $wire:literal, $out:ident) => {
        if let Some(value) = &$self.$field { $out.attr($wire, value); }
    };
    (@write leaf $self:ident.$field:ident, $wire:literal, $out:ident) => {
        if let Some(value) = &$self.$field { $out.leaf($wire, value); }
    };
    (@write text $self:ident.$field:ident, $wire:literal, $out:ident) => {
        if let Some(value) = &$self.$field { $out.text(value); }
    };
    (@write one $self:ident.$field:ident, $wire:literal, $out:ident) => {
        if let Some(value) = &$self.$field { $out.child($wire, value); }
    };
    (@write leaves $self:ident.$field:ident, $wire:literal, $out:ident) => {
        $out.leaves($wire, &$self.$field);
    };
    (@write many $self:ident.$field:ident, $wire:literal, $out:ident) => {
        $out.children($wire, &$self.$field);
    };
    (@read attr $node:ident, $wire:literal) => { $node.get($wire)? };
    (@read leaf $node:ident, $wire:literal) => { $node.leaf($wire)? };
    (@read leaves $node:ident, $wire:literal) => { $node.leaves($wire)? };
    (@read text $node:ident, $wire:literal) => { $node.own_text()? };
    (@read one $node:ident, $wire:literal) => { $node.one($wire)? };
    (@read many $node:ident, $wire:literal) => { $node.many($wire)? };
}

pub mod alerts;
pub mod auth;
pub mod catalog;
pub mod content;
pub mod custom_views;
pub mod flows;
pub mod group_sets;
pub mod jobs;
pub mod permissions;
pub mod schedules;
pub mod server;
pub mod site;
pub mod site_settings;
pub mod subscriptions;
pub mod users;
pub mod virtual_connections;
pub mod webhooks;

pub use alerts::{DataAlert, DataAlertRecipient, DataAlertRecipients, DataAlerts, Metric, Metrics};
pub use auth::{Credentials, Session};
pub use catalog::{
    Column, Columns, DataQualityWarning, DataQualityWarnings, Database, Databases, Location, Table, Tables,
};
pub use content::{
    AskData, Connection, ConnectionCredentials, ConnectionLuid, ConnectionLuids, Connections, ContentsCounts,
    DataAccelerationConfig, DataFreshnessPolicy, Datasource, Datasources, EmbeddedDatasources, Favorite,
    FavoriteOrdering, FavoriteOrderings, Favorites, FileUpload, FreshAtSchedule, FreshEverySchedule, Project,
    Projects, Revision, Revisions, Tag, TagBatch, TaggedContent, TaggedContents, Tags, Usage, View, Views,
    Workbook, Workbooks,
};
pub use custom_views::{CustomView, CustomViewAsUserDefaultViewResult, CustomViews};
pub use flows::{
    Flow, FlowOutputStep, FlowOutputSteps, FlowParameter, FlowParameterDomain, FlowParameterRun,
    FlowParameterRuns, FlowParameterSpec, FlowParameterSpecs, FlowParameterValues, FlowParameters, FlowRun,
    FlowRunSpec, FlowTask, FlowTaskRun, Flows, LinkedTask, LinkedTaskJob, LinkedTaskStep, LinkedTaskSteps,
    NewFlowTask, NewFlowTaskRun, RunFlowJob,
};
pub use group_sets::{Collection, Collections, GroupSet, GroupSets};
pub use jobs::{BackgroundJob, BackgroundJobs, ExtractRefreshJob, Job, RefreshNow, StatusNote, StatusNotes};
pub use permissions::{Capabilities, CapabilityItem, GranteeCapabilities, Parent, Permissions};
pub use schedules::{
    Extract, ExtractRefresh, Extracts, FrequencyDetails, Interval, Intervals, Schedule, ScheduleLuid,
    ScheduleLuids, Schedules, Task, Tasks, Warning, Warnings,
};
pub use server::{Error, Pagination, ProductVersion, ServerInfo};
pub use site::{Site, SiteUsage, Sites};
pub use site_settings::{
    ComparisonRecord, DataAccelerationReport, ExtensionsServerSettings, ExtensionsSiteSettings,
    SafeExtension, SiteAuthConfiguration, SiteAuthConfigurations, SiteOidcConfiguration,
};
pub use subscriptions::{Subscription, SubscriptionContent, SubscriptionSchedule, Subscriptions};
pub use users::{Domain, DomainList, Group, Groups, Import, User, Users};
pub use virtual_connections::{
    DatabaseConnection, DatabaseConnections, VirtualConnection, VirtualConnections,
};
pub use webhooks::{
    Webhook, WebhookDestination, WebhookDestinationHttp, WebhookEvent, WebhookSource, WebhookTestResult,
    Webhooks,
};

impl Scalar for String {
    fn put(&self, sink: &mut Sink<'_>) -> fmt::Result {
        sink.text(self)
    }
}

impl FromText for String {
    const EXPECTED: &'static str = "must be text";
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Scalar for bool {
    fn put(&self, sink: &mut Sink<'_>) -> fmt::Result {
        sink.boolean(*self)
    }
}

impl FromText for bool {
    const EXPECTED: &'static str = "must be true or false";
    // Tableau: clients written in Python send True and False.
    fn from_text(text: &str) -> Option<Self> {
        match text {
            _ if text.eq_ignore_ascii_case("true") => Some(true),
            _ if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }
}

macro_rules! plain_scalars {
    ($($type:ty: $expected:literal),* $(,)?) => {$(
        impl Scalar for $type {
            fn put(&self, sink: &mut Sink<'_>) -> fmt::Result {
                sink.plain(self)
            }
        }

        impl FromText for $type {
            const EXPECTED: &'static str = $expected;
            fn from_text(text: &str) -> Option<Self> {
                text.trim().parse().ok()
            }
        }
    )*};
}

plain_scalars! {
    i64: "must be a whole number",
    u64: "must be a whole number of 0 or more",
    u32: "must be a whole number of 0 or more",
    Luid: "must be an id of 36 characters",
    SiteId: "must be the id of a site (36 characters)",
    UserId: "must be the id of a user (36 characters)",
    GroupId: "must be the id of a group (36 characters)",
    ProjectId: "must be the id of a project (36 characters)",
    WorkbookId: "must be the id of a workbook (36 characters)",
    ViewId: "must be the id of a view (36 characters)",
    DatasourceId: "must be the id of a data source (36 characters)",
    ConnectionId: "must be the id of a connection (36 characters)",
    FlowId: "must be the id of a flow (36 characters)",
    FlowRunId: "must be the id of a run of a flow (36 characters)",
    TaskId: "must be the id of a task (36 characters)",
    LinkedTaskId: "must be the id of a linked task (36 characters)",
    DatabaseId: "must be the id of a database (36 characters)",
    TableId: "must be the id of a table (36 characters)",
    ColumnId: "must be the id of a column (36 characters)",
    DataAlertId: "must be the id of a data-driven alert (36 characters)",
    MetricId: "must be the id of a metric (36 characters)",
    CustomViewId: "must be the id of a custom view (36 characters)",
    VirtualConnectionId: "must be the id of a virtual connection (36 characters)",
    GroupSetId: "must be the id of a set of groups (36 characters)",
    CollectionId: "must be the id of a collection (36 characters)",
}

impl Scalar for Timestamp {
    fn put(&self, sink: &mut Sink<'_>) -> fmt::Result {
        sink.plain(self)
    }
}

impl FromText for Timestamp {
    const EXPECTED: &'static str = "must be a time such as 2016-05-01T06:00:00Z";
    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
