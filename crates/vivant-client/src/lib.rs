//! Async client for Tableau-compatible servers: Vivant, Tableau Server, Tableau Cloud.
//!
//! [`Client`] is a server, [`Site`] a session on one of its sites, and the groups of methods hang
//! on that: [`Site::workbooks`], [`Site::users`] and so on, named after the official Python client.
//! Handles are cheap to copy and may be shared between threads; results are plain owned values of
//! [`types`].
//!
//! What the client does by itself: it agrees on an API version, signs in again when the server ends
//! the session, repeats what may be repeated ([`RetryPolicy`]), fetches pages in parallel, sends
//! large content in chunks, and never waits without a limit ([`Timeouts`]).
//! What it does not: it keeps no session on disk unless asked to ([`SessionStore`]), and it does not render or
//! look into content.

mod address;
pub mod blocking;
mod call;
mod client;
mod clock;
mod credentials;
mod download;
mod endpoints;
mod error;
mod fetch;
pub mod filters;
mod find;
mod json;
mod jwt;
mod list;
mod note;
mod private;
mod probe;
mod publish;
mod request;
mod retry;
mod secret;
mod sessions;
mod site;
mod source;
mod tls;
mod transport;
mod trusted;
mod upload;
mod wait;

pub use client::{Client, ClientBuilder, ProxyChoice, Timeouts, VersionChoice};
pub use credentials::Credentials;
pub use download::{ByteSender, ByteStream, DownloadOptions, Downloaded, Target};
pub use endpoints::{
    AddedToSchedule, ConnectionSpec, Datasources, DefaultPermissionsFor, Export, ExportOptions, FavoriteItem,
    Favorites, FileUploads, Grantee, Groups, HyperAction, HyperCondition, HyperData, HyperValue, ImageFormat,
    Jobs, NewUser, Orientation, PageType, Projects, PublishDatasource, PublishDatasourceMode, PublishMode,
    PublishWorkbook, ScheduleState, Scheduled, Schedules, Sites, Subscriptions, TaggedKind, Tags, Tasks,
    Users, Views, Workbooks, users_from_csv,
};
pub use endpoints::{
    ContentExploration, CustomViews, DataAccelerationReports, DataAlerts, Databases, Domains, Extensions,
    FlowRuns, FlowTasks, Flows, GraphqlAnswer, GroupSetLevel, GroupSets, InsightBundle, LinkedTasks,
    Metadata, Metrics, NewQualityWarning, Oidc, PublishCustomView, PublishFlow, PublishFlowMode,
    PublishVirtualConnection, Pulse, PulseView, QualityWarningType, RowFormat, SearchOptions, SearchPage,
    Server, Tables, VirtualConnections, VizqlConnection, VizqlData, VizqlDatasource, VizqlOptions, Webhooks,
};
pub use error::{Error, ErrorKind, Result};
pub use fetch::{fetch, resolve};
pub use filters::{Filter, Sort};
pub use find::Candidate;
pub use jwt::ConnectedApp;
pub use list::{List, ListOptions, Listed, Page};
pub use request::{Answer, Request};
pub use retry::RetryPolicy;
pub use secret::Secret;
pub use sessions::SessionStore;
pub use site::{SavedSession, Site};
pub use source::{Source, Watch};
pub use trusted::{PageFormat, Ticket, TicketRequest, TrustedSession};
pub use wait::WaitOptions;

pub use vivant_model as model;
pub use vivant_wire::paths::Method;
pub use vivant_wire::types;
pub use vivant_wire::{ApiVersion, ErrorCode, Timestamp};
