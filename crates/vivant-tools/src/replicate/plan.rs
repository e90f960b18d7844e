//! The difference between two sites, as steps in the order in which they can be done.

mod content;
mod people;
mod projects;
mod schedules;

use std::collections::{HashMap, HashSet};

use vivant_client::Site;
use vivant_model::{ProjectId, SiteRole, ViewId};
use vivant_wire::types::{Connection, Group, Project, Schedule, Subscription, User, View};
use vivant_wire::version::V;

pub(super) use self::content::credential;
use super::snapshot::{Content, Snapshot};
use super::{Options, Part};
use crate::error::Result;
use crate::fixup::Home;
use crate::journal::{Journal, Pair};
use crate::people::People;
use crate::permissions::{Changes, Grantee, GranteeKind, Kind, Others, Place, Rules, describe};
use crate::report::{Action, Line};
use crate::tree::{Path, Tree};

/// Where something is, by what both sites call it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Spot {
    Project(Path),
    Default(Path, Kind),
    Content(Kind, Path),
    View(Path, String),
}

/// One thing to do.
#[derive(Clone, Debug)]
pub(super) enum Step {
    AddUser {
        name: String,
        role: SiteRole,
        changes: User,
    },
    ChangeUser {
        name: String,
        changes: User,
    },
    CreateGroup {
        group: Group,
    },
    AddMember {
        group: String,
        user: String,
    },
    CreateProject {
        path: Path,
        project: Project,
    },
    ChangeProject {
        path: Path,
        changes: Project,
        owner: Option<Grantee>,
    },
    Rules {
        at: Spot,
        wanted: Rules,
    },
    CreateSchedule {
        schedule: Schedule,
    },
    Publish {
        content: Content,
        hidden: Vec<String>,
        connections: Vec<Connection>,
    },
    Details {
        content: Content,
    },
    ViewTags {
        workbook: Path,
        name: String,
        tags: Vec<String>,
    },
    Task {
        schedule: String,
        kind: Kind,
        path: Path,
    },
    Subscribe {
        subscription: Subscription,
        kind: Kind,
        path: Path,
        view: Option<String>,
    },
}

/// In which order things are done; what is in one stage can be done at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Users,
    Groups,
    Memberships,
    /// At this depth, so that projects are there before those in them.
    Projects(usize),
    ProjectDetails,
    ProjectRules,
    Schedules,
    Datasources,
    Workbooks,
    Details,
    ContentRules,
    Tasks,
    Subscriptions,
}

impl Stage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Groups => "groups",
            Self::Memberships => "memberships",
            Self::Projects(_) => "projects",
            Self::ProjectDetails => "owners of projects",
            Self::ProjectRules => "permissions of projects",
            Self::Schedules => "schedules",
            Self::Datasources => "data sources",
            Self::Workbooks => "workbooks",
            Self::Details => "owners and tags",
            Self::ContentRules => "permissions of content",
            Self::Tasks => "extract refresh tasks",
            Self::Subscriptions => "subscriptions",
        }
    }
}

/// The difference between two sites.
#[derive(Debug)]
pub struct Plan {
    pub(super) steps: Vec<(Stage, Line, Step)>,
    /// What is on the target already, and what cannot be moved.
    pub notes: Vec<Line>,
    pub(super) source: Snapshot,
    pub(super) target: Snapshot,
    pub(super) journal: Option<Journal>,
}

impl Plan {
    /// What would be done, in order.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.steps.iter().map(|(_, line, _)| line)
    }

    /// Returns whether the target has all that the source has.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Compares two sites. Both are only read.
pub async fn plan(from: &Site, to: &Site, options: &Options) -> Result<Plan> {
    let pair = Pair {
        from: format!("{} {}", from.client().server(), from.id()),
        to: format!("{} {}", to.client().server(), to.id()),
    };
    if pair.from == pair.to {
        return Err(crate::Error::input("source and target are the same site"));
    }
    let journal = match &options.journal {
        Some(path) => Some(Journal::open(path, &pair)?),
        None => None,
    };
    let (mut source, mut target) =
        futures_util::future::try_join(Snapshot::load(from, options), Snapshot::load(to, options)).await?;
    if options.has(Part::Permissions) {
        let (here, there) = places(&source, &target, options);
        futures_util::future::try_join(
            source.read_rules(from, here, options.parallel),
            target.read_rules(to, there, options.parallel),
        )
        .await?;
    }
    let same_server = from.client().server() == to.client().server();
    let mut planner = Planner {
        source: &source,
        target: &target,
        options,
        journal: journal.as_ref(),
        coming: HashSet::new(),
        names: Names {
            options,
            source: &source.people,
        },
        steps: Vec::new(),
        notes: Vec::new(),
    };
    if options.has(Part::People) {
        planner.users();
        planner.groups();
    }
    if options.has(Part::Projects) {
        planner.projects();
    }
    if options.has(Part::Permissions) {
        planner.project_rules();
    }
    if options.has(Part::Schedules) {
        planner.schedules(same_server);
    }
    if options.has(Part::Content) {
        planner.content();
    }
    if options.has(Part::Permissions) {
        planner.content_rules();
    }
    if options.has(Part::Schedules) {
        planner.tasks();
        planner.subscriptions();
    }
    let (mut steps, mut notes) = (planner.steps, planner.notes);
    content::connections(from, &mut steps, &mut notes, options).await?;
    schedules::schedule_details(from, &mut steps, &mut notes, source.version).await?;
    steps.sort_by_key(|(stage, _, _)| *stage);
    Ok(Plan {
        steps,
        notes,
        source,
        target,
        journal,
    })
}

/// The places whose rules are compared: all of the source that keep rules of their own, and those of the target
/// that have their like there.
fn places(source: &Snapshot, target: &Snapshot, options: &Options) -> (Vec<Place>, Vec<Place>) {
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for (path, project) in source.tree.all() {
        let Some(id) = project.id.filter(|id| keeps_own(&source.tree, *id)) else {
            continue;
        };
        let twin = target.tree.find(&path).and_then(|project| project.id);
        here.push(Place::Item(Kind::Project, id.0));
        there.extend(twin.map(|id| Place::Item(Kind::Project, id.0)));
        for kind in defaults(source, target, options) {
            here.push(Place::Default(id, kind));
            there.extend(twin.map(|id| Place::Default(id, kind)));
        }
    }
    if options.has(Part::Content) {
        for content in source
            .content
            .iter()
            .filter(|content| is_open(&source.tree, content))
        {
            let item = &content.item;
            here.push(Place::Item(item.kind, item.id));
            there.extend(
                target
                    .content_at(item.kind, &item.path)
                    .map(|found| Place::Item(item.kind, found.item.id)),
            );
        }
        let twins: HashMap<&Path, ViewId> = target.views.iter().map(|(id, (path, _))| (path, *id)).collect();
        for (id, path, _) in own_views(source) {
            here.push(Place::Item(Kind::View, id.0));
            there.extend(twins.get(path).map(|id| Place::Item(Kind::View, id.0)));
        }
    }
    (here, there)
}

/// The views that have rules of their own: those of workbooks without tabs, since API 3.2.
fn own_views(source: &Snapshot) -> Vec<(ViewId, &Path, &View)> {
    let mut own: Vec<(ViewId, &Path, &View)> = source
        .views
        .iter()
        .filter(|(_, (path, _))| {
            let workbook = path
                .parent()
                .and_then(|workbook| source.content_at(Kind::Workbook, &workbook));
            let open = workbook.is_some_and(|found| !found.show_tabs && is_open(&source.tree, found));
            open && source.version >= V(3, 2)
        })
        .map(|(id, (path, view))| (*id, path, view))
        .collect();
    own.sort_by_key(|(_, path, _)| *path);
    own
}

/// The kinds whose defaults both servers know.
fn defaults(source: &Snapshot, target: &Snapshot, options: &Options) -> Vec<Kind> {
    let version = source.version.min(target.version);
    let known = |kind: &Kind| kind.defaults_since().is_some_and(|since| version >= since);
    options.defaults.iter().copied().filter(known).collect()
}

/// Whether a project's rules are its own, not those of a project above that keeps them.
fn keeps_own(tree: &Tree, id: ProjectId) -> bool {
    tree.lock(id).is_none_or(|lock| lock.id == Some(id))
}

/// Whether content has rules of its own.
fn is_open(tree: &Tree, content: &Content) -> bool {
    content.item.project.is_none_or(|id| tree.lock(id).is_none())
}

/// Who is who on the target.
pub(super) struct Names<'p> {
    pub options: &'p Options,
    pub source: &'p People,
}

impl Names<'_> {
    /// The name of somebody of the source on the target.
    pub fn there(&self, grantee: Grantee) -> Option<String> {
        let name = self.source.name(grantee)?;
        Some(self.options.names.get(&name).cloned().unwrap_or(name))
    }

    /// Finds somebody of the source on the target.
    pub fn find(&self, grantee: Grantee, target: &People) -> Option<Grantee> {
        let name = self.source.name(grantee)?;
        match self.options.names.get(&name) {
            Some(name) => target.find(grantee.kind, name).ok(),
            None => self.source.same_on(grantee, target),
        }
    }

    /// The rules as they read on the target, and who is not there.
    pub fn rules(&self, rules: &Rules, target: &People) -> (Rules, Vec<Grantee>) {
        let (mut there, mut missing) = (Rules::new(), Vec::new());
        for (grantee, rule) in rules.iter() {
            match self.find(grantee, target) {
                Some(found) => there.set(found, rule.settable()),
                None => missing.push(grantee),
            }
        }
        (there, missing)
    }
}

struct Planner<'p> {
    source: &'p Snapshot,
    target: &'p Snapshot,
    options: &'p Options,
    journal: Option<&'p Journal>,
    names: Names<'p>,
    /// Who is not on the target yet and will be.
    coming: HashSet<Grantee>,
    steps: Vec<(Stage, Line, Step)>,
    notes: Vec<Line>,
}

impl Planner<'_> {
    fn step(&mut self, stage: Stage, line: Line, step: Step) {
        self.steps.push((stage, line, step));
    }

    fn note(
        &mut self,
        action: Action,
        what: &'static str,
        name: impl Into<String>,
        detail: impl Into<String>,
    ) {
        self.notes.push(Line::new(action, what, name, detail));
    }

    fn rules(&mut self, stage: Stage, place: Place, twin: Option<Place>, at: Spot, label: String) {
        let Some(wanted) = self.source.rules.get(&place) else {
            return;
        };
        let (there, missing) = self.names.rules(wanted, &self.target.people);
        let waiting = missing.iter().any(|grantee| self.coming.contains(grantee));
        for grantee in missing
            .into_iter()
            .filter(|grantee| !self.coming.contains(grantee))
        {
            let why = format!(
                "{} {} is not on the target",
                grantee.kind.as_str(),
                self.source.people.label(grantee)
            );
            self.notes
                .push(Line::new(Action::Cannot, "permissions", label.clone(), why));
        }
        let present = twin.and_then(|twin| self.target.rules.get(&twin));
        let detail = match present {
            Some(present) => {
                let changes = Changes::between(present, &there, Others::Clear);
                if changes.is_empty() && !waiting {
                    return;
                }
                describe(&changes, &self.target.people)
            }
            None => format!("rules of {} users and groups", wanted.len()),
        };
        let line = Line::new(Action::Change, "permissions", label, detail);
        self.step(
            stage,
            line,
            Step::Rules {
                at,
                wanted: wanted.clone(),
            },
        );
    }
}

/// The site that references are rewritten for.
pub(super) fn home(to: &Site) -> Result<Home> {
    Home::of(to)
}

/// Finds a user or group of the source on the target as it is now.
pub(super) fn now(names: &Names<'_>, grantee: Grantee, target: &People) -> Result<Grantee> {
    names.find(grantee, target).ok_or_else(|| {
        let noun = match grantee.kind {
            GranteeKind::User => "user",
            GranteeKind::Group => "group",
            GranteeKind::GroupSet => "set of groups",
        };
        crate::Error::NotFound(format!(
            "the {noun} {} is not on the target",
            names.source.label(grantee)
        ))
    })
}
