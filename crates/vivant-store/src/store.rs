//! The store as a whole: opening, closing, and the types that every resource uses.

use std::collections::HashMap;
use std::path::PathBuf;

use vivant_model::{ProjectId, SiteId, SiteRole, UserId};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// The metadata and content of one installation. Clones share everything.
#[derive(Clone)]
pub struct Store;

/// Where a store keeps its things.
#[derive(Clone, Default)]
pub struct StoreOptions {
    /// Folder of the installation: spool, key, and by default database and content.
    pub data_dir: PathBuf,
    /// `None` is SQLite in `data_dir/vivant.db`; else `sqlite:PATH` or `postgres://…`.
    pub database_url: Option<String>,
    /// `None` is `data_dir/content`; else a path, `file:PATH` or
    /// `s3://bucket/prefix?endpoint=…&region=…&allow_http=…`.
    pub storage_url: Option<String>,
    /// The installation key; `None` reads or creates `data_dir/vivant.key`.
    pub key: Option<[u8; 32]>,
    /// Settings that come from outside, such as `AWS_ACCESS_KEY_ID`.
    pub env: HashMap<String, String>,
}

/// Who asks for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The site of the session.
    pub site: SiteId,
    /// The user of the session.
    pub user: UserId,
    /// The user's role on the site.
    pub role: SiteRole,
}

/// The owner of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The owner's id.
    pub id: UserId,
    /// The owner's user name.
    pub name: String,
    /// The owner's full name.
    pub full_name: Option<String>,
    /// The owner's e-mail address.
    pub email: Option<String>,
    /// The owner's domain.
    pub domain: String,
}

/// The project that an item lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRef {
    /// The project's id.
    pub id: ProjectId,
    /// The project's name.
    pub name: String,
}
