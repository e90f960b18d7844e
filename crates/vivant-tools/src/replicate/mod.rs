//! A site's structure and content, brought to another site or server.
//!
//! What belongs together on both sides is found by name and path, never by id: users and groups by name, projects
//! and content by path, schedules by name. So a plan is the difference between two sites, and a run that ended
//! early is gone on with by planning anew: what is on the target already is not made again. That content is whole,
//! and of which state of the source, is what the [`crate::journal`] knows.
//!
//! Nothing on the target is removed but rules on what is replicated, whose rules become those of the source.

mod plan;
mod run;
mod snapshot;

use std::collections::HashMap;
use std::path::PathBuf;

use vivant_client::Secret;

use crate::permissions::Kind;

pub use plan::{Plan, plan};
pub use run::apply;

/// What becomes of content that is on the target and that the journal does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// It stays; owner, tags, rules and the like are made those of the source.
    #[default]
    Keep,
    /// It is published anew.
    Replace,
}

/// A part of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// Users, groups and memberships.
    People,
    /// Projects.
    Projects,
    /// Rules on projects and content, and default rules.
    Permissions,
    /// Schedules of the server, extract refresh tasks and subscriptions.
    Schedules,
    /// Data sources and workbooks.
    Content,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 5] = [
        Self::People,
        Self::Projects,
        Self::Permissions,
        Self::Schedules,
        Self::Content,
    ];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Projects => "projects",
            Self::Permissions => "permissions",
            Self::Schedules => "schedules",
            Self::Content => "content",
        }
    }
}

/// A password that no server gives away, for connections that are published with it.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Host name of the database, as connections name it.
    pub server: String,
    /// User name there.
    pub user: String,
    /// Password there.
    pub password: Secret,
}

/// How a site is replicated.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is replicated.
    pub parts: Vec<Part>,
    /// What becomes of content that is on the target and that the journal does not know.
    pub existing: Existing,
    /// For which kinds the defaults of projects are replicated.
    pub defaults: Vec<Kind>,
    /// Users and groups that are called otherwise on the target: name here, name there.
    pub names: HashMap<String, String>,
    /// Passwords for connections.
    pub credentials: Vec<Credential>,
    /// Where the journal is; without one, work that was cut off in the middle of a publication leaves what the
    /// target has.
    pub journal: Option<PathBuf>,
    /// How many things are done at once.
    pub parallel: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parts: Part::ALL.to_vec(),
            existing: Existing::Keep,
            defaults: vec![Kind::Workbook, Kind::Datasource, Kind::Flow],
            names: HashMap::new(),
            credentials: Vec::new(),
            journal: None,
            parallel: 4,
        }
    }
}

impl Options {
    fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }
}
