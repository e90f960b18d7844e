//! The errors that callers of the store match on; no HTTP status and no wire code.

use std::fmt;

use vivant_model::{JobState, License, Luid, ScheduleType};

/// The result of an operation of the store.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kinds of things that can be missing or in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A site.
    Site,
    /// A user of a site, or an account.
    User,
    /// A group.
    Group,
    /// A user's membership of a group.
    Member,
    /// A project.
    Project,
    /// A workbook.
    Workbook,
    /// A view.
    View,
    /// A custom view.
    CustomView,
    /// A published data source.
    Datasource,
    /// A flow.
    Flow,
    /// A connection of a workbook or data source.
    Connection,
    /// A revision of a workbook or data source.
    Revision,
    /// A personal access token.
    Token,
    /// A tag.
    Tag,
    /// What a permission rule says of one capability.
    Rule,
    /// A favorite of a user.
    Favorite,
    /// A job.
    Job,
    /// A schedule.
    Schedule,
    /// A task.
    Task,
    /// A subscription.
    Subscription,
    /// An object of the content storage.
    Object,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Site => "site",
            Self::User => "user",
            Self::Group => "group",
            Self::Member => "group member",
            Self::Project => "project",
            Self::Workbook => "workbook",
            Self::View => "view",
            Self::CustomView => "custom view",
            Self::Datasource => "data source",
            Self::Flow => "flow",
            Self::Connection => "connection",
            Self::Revision => "revision",
            Self::Token => "personal access token",
            Self::Tag => "tag",
            Self::Rule => "permission rule",
            Self::Favorite => "favorite",
            Self::Job => "job",
            Self::Schedule => "schedule",
            Self::Task => "task",
            Self::Subscription => "subscription",
            Self::Object => "stored object",
        })
    }
}

/// Rules of the house that no rights override.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Forbidden {
    /// The default site cannot be deleted.
    DefaultSite,
    /// The default project cannot be deleted, renamed or moved.
    DefaultProject,
    /// The group of all users cannot be deleted, renamed or have its members chosen.
    AllUsers,
    /// A project cannot be moved into itself or one of its nested projects.
    ProjectCycle,
    /// Projects cannot be nested deeper than [`crate::projects::MAX_DEPTH`].
    ProjectTooDeep,
    /// The rules are locked to a project.
    Locked,
    /// The rules of a view follow its workbook while the workbook shows tabs.
    ViewFollowsWorkbook,
    /// The caller lacks Write on the item that would be replaced.
    Overwrite,
    /// The revision is the current one.
    CurrentRevision,
    /// Nobody would be left to administer the server.
    LastServerAdmin,
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DefaultSite => "the default site cannot be deleted",
            Self::DefaultProject => "the default project cannot be deleted, renamed or moved",
            Self::AllUsers => {
                "the group `All Users` cannot be deleted or renamed, and every user of the site belongs to it"
            }
            Self::ProjectCycle => "a project cannot be moved into itself or one of its nested projects",
            Self::ProjectTooDeep => "projects cannot be nested deeper than ten levels",
            Self::Locked => "permissions are locked to the project; change them there",
            Self::ViewFollowsWorkbook => {
                "the view follows its workbook while tabs are shown; change the workbook's permissions"
            }
            Self::Overwrite => {
                "an item of the name is in the project, and you lack the permission Write on it"
            }
            Self::CurrentRevision => "the current revision cannot be deleted",
            Self::LastServerAdmin => "the last server administrator cannot be removed or demoted",
        })
    }
}

/// Why an extract cannot be encrypted, or kept as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncryptionRule {
    /// The site has no encrypted extracts.
    Disabled,
    /// The site has all extracts encrypted.
    Enforced,
    /// Something changed while the extract was stored.
    Changed,
}

impl fmt::Display for EncryptionRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled => {
                "extracts are not encrypted on this site; a server administrator can set its \
                 extractEncryptionMode to enabled or enforced"
            }
            Self::Enforced => {
                "all extracts of this site are encrypted; a server administrator can set its \
                 extractEncryptionMode to enabled or disabled"
            }
            Self::Changed => "whether the extract is to be encrypted changed while it was stored; try again",
        })
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The thing named is not there.
    #[error("{0} not found")]
    NotFound(What),
    /// Another thing holds the name.
    #[error("{what} `{name}` exists already")]
    Conflict {
        /// The kind of the thing.
        what: What,
        /// The id of the thing that holds the name, where known.
        id: Option<Luid>,
        /// The name asked for.
        name: String,
    },
    /// The user owns content on the site and no other user was named to take it over.
    #[error("the user owns content on the site; name a user to take it over")]
    OwnsContent,
    /// The site's storage quota does not hold the file.
    #[error("storage quota of {quota_bytes} bytes exceeded: {used_bytes} in use, {needed_bytes} more needed")]
    QuotaExceeded {
        /// Bytes in use on the site.
        used_bytes: i64,
        /// Bytes the site may use.
        quota_bytes: i64,
        /// Bytes that the file would add.
        needed_bytes: i64,
    },
    /// The site has no licence of this kind left.
    #[error("no {0:?} licence is left on the site")]
    LicenseExceeded(License),
    /// A rule of the house forbids it.
    #[error("{0}")]
    Forbidden(Forbidden),
    /// Extracts are not encrypted, or not decrypted, as things stand.
    #[error("{0}")]
    Encryption(EncryptionRule),
    /// A filter or sort names a field that the list does not have.
    #[error("`{0}` is not a field to filter or sort by")]
    UnknownField(String),
    /// A filter does not fit its field.
    #[error("filter on `{field}`: {reason}")]
    BadFilter {
        /// The field.
        field: String,
        /// What does not fit.
        reason: String,
    },
    /// The page asked for lies past the last one.
    #[error("the page lies past the last one")]
    PastLastPage,
    /// The upload session does not exist, has expired, or belongs to another user or site.
    #[error("upload session not found")]
    UploadNotFound,
    /// Another node was given the job: what this one does to it has no effect any more.
    #[error("another node has taken the job over")]
    LeaseLost,
    /// The job has ended, so it cannot be cancelled.
    #[error("the job has ended as {0}")]
    JobEnded(JobState),
    /// The schedule is one of another kind of task.
    #[error("the schedule is one of type {0}")]
    WrongSchedule(ScheduleType),
    /// Stored data does not read back.
    #[error("damaged data: {0}")]
    Damaged(String),
    /// The store was opened with settings that do not work.
    #[error("{0}")]
    Options(String),
    /// The database, the disk or the bucket failed.
    #[error("{0}")]
    Backend(BackendError),
}

impl Error {
    pub(crate) fn conflict(what: What, id: Option<Luid>, name: &str) -> Self {
        Self::Conflict {
            what,
            id,
            name: name.to_owned(),
        }
    }

    pub(crate) fn backend(message: impl Into<String>) -> Self {
        Self::Backend(BackendError {
            message: message.into(),
            cause: Cause::Other,
        })
    }

    pub(crate) fn io(doing: impl fmt::Display, error: &std::io::Error) -> Self {
        Self::backend(format!("{doing}: {error}"))
    }

    /// Returns whether the whole transaction may succeed when it is run again.
    pub(crate) fn is_retryable(&self) -> bool {
        matches!(self, Self::Backend(e) if e.cause != Cause::Other)
    }
}

/// A failure of the database, the disk or the bucket.
#[derive(Debug)]
pub struct BackendError {
    pub(crate) message: String,
    pub(crate) cause: Cause,
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Why a statement failed, as far as it changes what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Lost against another transaction.
    Serialization,
    /// A unique index or a foreign key refused the row: somebody else was faster.
    Constraint,
    /// Anything else.
    Other,
}
