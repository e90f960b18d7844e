//! The one place where failures become Tableau's codes.
//!
//! What the client sees (`detail`) and what we log (`cause`) are two fields: a cause never leaves
//! the server.

use std::fmt::Display;

use vivant_store::{EncryptionRule, Error as StoreError, Forbidden, What};
use vivant_wire::ErrorCode;
use vivant_wire::query::QueryError;

use crate::directory;

/// A failed request.
#[derive(Debug)]
pub struct ApiError {
    /// HTTP status, code and summary.
    pub code: ErrorCode,
    /// What is wrong with which thing, for the client.
    pub detail: String,
    /// Why, for the log.
    pub cause: Option<anyhow::Error>,
}

/// What handlers return.
pub type Result<T, E = ApiError> = std::result::Result<T, E>;

/// Makes an error that a client sees.
pub fn fail(code: ErrorCode, detail: impl Into<String>) -> ApiError {
    ApiError {
        code,
        detail: detail.into(),
        cause: None,
    }
}

/// Makes an error of a body that is absent, incomplete or malformed.
pub fn bad_request(detail: impl Into<String>) -> ApiError {
    fail(ErrorCode::BadRequest, detail)
}

/// Makes an error of a failure inside the server.
pub fn internal(cause: impl Into<anyhow::Error>) -> ApiError {
    ApiError {
        code: ErrorCode::InternalError,
        detail: "The server failed to answer; its log says why.".to_owned(),
        cause: Some(cause.into()),
    }
}

/// Makes the error of a thing that is not there.
pub fn not_found(code: ErrorCode, what: &str, id: impl Display) -> ApiError {
    fail(code, format!("{what} '{id}' could not be found."))
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        fail(error.code, error.detail)
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            // What the database refers to must be there.
            StoreError::NotFound(What::Object) => return internal(error),
            StoreError::NotFound(what) => missing(*what),
            StoreError::Conflict { what, .. } => conflict(*what),
            StoreError::OwnsContent => ErrorCode::UserOwnsContent,
            StoreError::QuotaExceeded { .. } => ErrorCode::InsufficientStorage,
            StoreError::LicenseExceeded(_) => ErrorCode::LicensingConflict,
            StoreError::Forbidden(rule) => forbidden(*rule),
            StoreError::UnknownField(_) | StoreError::BadFilter { .. } => ErrorCode::InvalidFilter,
            StoreError::WrongSchedule(_) => ErrorCode::WrongScheduleType,
            StoreError::Encryption(EncryptionRule::Changed) => ErrorCode::Unavailable,
            StoreError::Encryption(_) => ErrorCode::BadRequest,
            StoreError::PastLastPage => ErrorCode::InvalidPageNumber,
            StoreError::UploadNotFound => ErrorCode::UploadNotFound,
            StoreError::JobEnded(_) => ErrorCode::JobComplete,
            _ => return internal(error),
        };
        let detail = match &error {
            StoreError::Conflict {
                what: What::Job,
                id: Some(id),
                name,
            } => format!("'{name}' is being refreshed already, or waits for it: job {id}."),
            // Tableau: tableau_tools reads the id of the existing item out of this text.
            StoreError::Conflict {
                what,
                id: Some(id),
                name,
            } => {
                format!("A {what} named '{name}' exists already, with id {id}.")
            }
            other => sentence(&other.to_string()),
        };
        fail(code, detail)
    }
}

impl From<directory::Error> for ApiError {
    fn from(error: directory::Error) -> Self {
        match error {
            directory::Error::Gone(_) => {
                fail(ErrorCode::DirectoryGroupNotFound, sentence(&error.to_string()))
            }
            directory::Error::Unavailable(_) => Self {
                code: ErrorCode::Unavailable,
                detail: "The directory does not answer; the server's log says why. Try again later."
                    .to_owned(),
                cause: Some(error.into()),
            },
            other => bad_request(sentence(&other.to_string())),
        }
    }
}

fn missing(what: What) -> ErrorCode {
    match what {
        What::Site => ErrorCode::SiteNotFound,
        What::User | What::Member => ErrorCode::UserNotFound,
        What::Group => ErrorCode::GroupNotFound,
        What::Project => ErrorCode::ProjectNotFound,
        What::Workbook => ErrorCode::WorkbookNotFound,
        What::View => ErrorCode::ViewNotFound,
        What::CustomView => ErrorCode::CustomViewNotFound,
        What::Datasource => ErrorCode::DatasourceNotFound,
        What::Connection => ErrorCode::ConnectionNotFound,
        What::Revision => ErrorCode::RevisionNotFound,
        What::Tag => ErrorCode::TagNotFound,
        What::Rule => ErrorCode::CapabilityNotFound,
        What::Favorite => ErrorCode::FavoriteNotFound,
        What::Schedule => ErrorCode::ScheduleNotFound,
        What::Task => ErrorCode::TaskNotFound,
        What::Subscription => ErrorCode::SubscriptionNotFound,
        What::Job => ErrorCode::JobNotFound,
        _ => ErrorCode::ResourceNotFound,
    }
}

fn conflict(what: What) -> ErrorCode {
    match what {
        What::Site => ErrorCode::SiteNameConflict,
        What::User => ErrorCode::UserConflict,
        What::Group => ErrorCode::GroupNameConflict,
        What::Member => ErrorCode::GroupMemberConflict,
        What::Project => ErrorCode::ProjectNameConflict,
        What::Favorite => ErrorCode::LabelConflict,
        What::Schedule => ErrorCode::ScheduleNameConflict,
        What::Job => ErrorCode::RefreshQueued,
        _ => ErrorCode::ContentNameConflict,
    }
}

fn forbidden(rule: Forbidden) -> ErrorCode {
    match rule {
        Forbidden::DefaultSite => ErrorCode::SiteDeletionForbidden,
        Forbidden::DefaultProject => ErrorCode::ProjectDeletionForbidden,
        Forbidden::Overwrite => ErrorCode::PublishForbidden,
        Forbidden::CurrentRevision => ErrorCode::CurrentRevision,
        Forbidden::ViewFollowsWorkbook => ErrorCode::ViewFollowsWorkbook,
        Forbidden::ProjectCycle | Forbidden::ProjectTooDeep => ErrorCode::BadRequest,
        _ => ErrorCode::Forbidden,
    }
}

/// Makes a sentence of a message: capital letter, full stop.
pub fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars
        .next()
        .map(|c| c.to_uppercase().to_string())
        .unwrap_or_default();
    let dot = if message.ends_with('.') { "" } else { "." };
    format!("{first}{}{dot}", chars.as_str())
}
