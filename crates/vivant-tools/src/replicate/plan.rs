//! The difference between two sites, as steps in the order in which they can be done.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use vivant_client::{ApiVersion, Site};
use vivant_model::project::{ALL_USERS, DEFAULT_PROJECT};
use vivant_model::{ProjectId, ScheduleId, SiteRole, ViewId};
use vivant_wire::types::{Connection, Group, Project, Schedule, Subscription, User, View};
use vivant_wire::version::V;

use super::snapshot::{Content, Snapshot};
use super::{Existing, Options, Part};
use crate::error::{Context, Result};
use crate::fixup::Home;
use crate::journal::{Entry, Journal, Pair};
use crate::people::{People, is_local};
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
    connections(from, &mut steps, &mut notes, options).await?;
    schedule_details(from, &mut steps, &mut notes, source.version).await?;
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

    fn users(&mut self) {
        let mut added = 0;
        for user in self.source.people.users() {
            let Some(grantee) = user.id.map(|id| Grantee::user(id.0)) else {
                continue;
            };
            let name = self.names.there(grantee).unwrap_or_default();
            let role = user.site_role.as_deref().and_then(SiteRole::parse);
            match self
                .names
                .find(grantee, &self.target.people)
                .and_then(|found| self.target.people.user(found.id.into()))
            {
                Some(present) => self.change_user(&name, user, role, present),
                None if role == Some(SiteRole::Guest) => {
                    self.note(
                        Action::Leave,
                        "user",
                        name,
                        "stands for visitors, and belongs to the target",
                    );
                }
                None => {
                    let role = self.role_there(role.unwrap_or(SiteRole::Unlicensed), &name);
                    let changes = User {
                        full_name: user
                            .full_name
                            .clone()
                            .filter(|full| !full.is_empty() && *full != name),
                        email: user.email.clone().filter(|email| !email.is_empty()),
                        auth_setting: user.auth_setting.clone(),
                        ..User::default()
                    };
                    self.coming.insert(grantee);
                    added += 1;
                    let line = Line::new(Action::Create, "user", &name, role.as_str());
                    self.step(Stage::Users, line, Step::AddUser { name, role, changes });
                }
            }
        }
        if added > 0 {
            let why = "no server gives passwords away: set new ones, unless the users sign in through a directory or an identity provider";
            self.note(Action::Cannot, "passwords", format!("{added} users"), why);
        }
    }

    /// Tableau: nobody is made a server administrator by the REST API.
    fn role_there(&mut self, role: SiteRole, name: &str) -> SiteRole {
        if role != SiteRole::ServerAdministrator {
            return role;
        }
        let why = "a server administrator here becomes a site administrator there; the API cannot make more of somebody";
        self.note(Action::Cannot, "role", name, why);
        SiteRole::SiteAdministratorCreator
    }

    fn change_user(&mut self, name: &str, user: &User, role: Option<SiteRole>, present: &User) {
        let mut words = Vec::new();
        let mut changes = User::default();
        let present_role = present.site_role.as_deref().and_then(SiteRole::parse);
        let is_admin = |role: Option<SiteRole>| {
            role.is_some_and(|role| matches!(role, SiteRole::ServerAdministrator | SiteRole::Guest))
        };
        let spared = present.id == self.target.myself.id || is_admin(present_role) || is_admin(role);
        if let Some(role) = role.filter(|role| Some(*role) != present_role && !spared) {
            words.push(format!(
                "site role {} to {}",
                present_role.map_or("", SiteRole::as_str),
                role.as_str()
            ));
            changes.site_role = Some(role.as_str().to_owned());
        }
        let differs = |here: &Option<String>, there: &Option<String>| {
            here.clone()
                .filter(|here| !here.is_empty() && Some(here) != there.as_ref())
        };
        // An account of the target's own administrator is not the source's to describe.
        if !spared {
            changes.full_name = differs(&user.full_name, &present.full_name).filter(|full| full != name);
            changes.email = differs(&user.email, &present.email);
        }
        if let Some(full_name) = &changes.full_name {
            words.push(format!("full name `{full_name}`"));
        }
        if let Some(email) = &changes.email {
            words.push(format!("e-mail address `{email}`"));
        }
        match words.is_empty() {
            true => self.note(Action::Leave, "user", name, ""),
            false => {
                let line = Line::new(Action::Change, "user", name, words.join(", "));
                self.step(
                    Stage::Users,
                    line,
                    Step::ChangeUser {
                        name: name.to_owned(),
                        changes,
                    },
                );
            }
        }
    }

    fn groups(&mut self) {
        for group in self.source.people.groups() {
            let Some(id) = group.id else { continue };
            let grantee = Grantee::group(id.0);
            let name = self.names.there(grantee).unwrap_or_default();
            if group.name.as_deref() == Some(ALL_USERS) {
                continue;
            }
            let found = self.names.find(grantee, &self.target.people);
            let domain = group.domain.as_ref().and_then(|domain| domain.name.clone());
            let from_directory = domain.as_deref().is_some_and(|domain| !is_local(domain));
            if found.is_none() && from_directory {
                let why = "comes from the directory; import it on the target, then run again";
                self.note(Action::Cannot, "group", &name, why);
                continue;
            }
            match found {
                Some(_) => self.note(Action::Leave, "group", &name, ""),
                None => {
                    self.coming.insert(grantee);
                    let made = Group {
                        name: Some(name.clone()),
                        minimum_site_role: group.minimum_site_role.clone(),
                        ephemeral_users_enabled: group.ephemeral_users_enabled,
                        ..Group::default()
                    };
                    let line = Line::new(Action::Create, "group", &name, "");
                    self.step(Stage::Groups, line, Step::CreateGroup { group: made });
                }
            }
            if from_directory {
                continue;
            }
            let there = found.and_then(|found| self.target.members.get(&found.id.into()));
            let mut members: Vec<_> = self
                .source
                .members
                .get(&id)
                .into_iter()
                .flatten()
                .copied()
                .collect();
            members.sort();
            for user in members {
                let user = Grantee::user(user.0);
                let twin = self.names.find(user, &self.target.people);
                if twin.is_some_and(|twin| there.is_some_and(|there| there.contains(&twin.id.into()))) {
                    continue;
                }
                let Some(user) = self.names.there(user) else {
                    continue;
                };
                let line = Line::new(Action::Create, "membership", format!("{user} in {name}"), "");
                let step = Step::AddMember {
                    group: name.clone(),
                    user,
                };
                self.step(Stage::Memberships, line, step);
            }
        }
    }

    fn projects(&mut self) {
        for (path, project) in self.source.tree.all() {
            let Some(id) = project.id else { continue };
            let own = keeps_own(&self.source.tree, id);
            let kept = project.content_permissions.clone().filter(|_| own);
            let description = project.description.clone().unwrap_or_default();
            let present = self.target.tree.find(&path);
            let mut changes = Project::default();
            let mut words = Vec::new();
            match present {
                None => {
                    let made = Project {
                        name: project.name.clone(),
                        description: Some(description.clone()).filter(|text| !text.is_empty()),
                        content_permissions: kept.clone(),
                        ..Project::default()
                    };
                    let detail = kept
                        .clone()
                        .filter(|kept| kept != "ManagedByOwner")
                        .unwrap_or_default();
                    let line = Line::new(Action::Create, "project", path.to_string(), detail);
                    let step = Step::CreateProject {
                        path: path.clone(),
                        project: made,
                    };
                    self.step(Stage::Projects(path.depth()), line, step);
                }
                Some(present) => {
                    if present.description.clone().unwrap_or_default() != description {
                        words.push("description".to_owned());
                        changes.description = Some(description);
                    }
                    if let Some(kept) = kept.filter(|kept| present.content_permissions.as_ref() != Some(kept))
                    {
                        words.push(format!("content permissions {kept}"));
                        changes.content_permissions = Some(kept);
                    }
                }
            }
            let owner = project
                .owner
                .as_ref()
                .and_then(|owner| owner.id)
                .map(|id| Grantee::user(id.0));
            let owner = self.new_owner(
                owner,
                present
                    .and_then(|project| project.owner.as_ref()?.id)
                    .map(|id| Grantee::user(id.0)),
                "project",
                &path,
            );
            if let Some(owner) = owner {
                words.push(format!("owner {}", self.names.there(owner).unwrap_or_default()));
            }
            if words.is_empty() {
                if present.is_some() {
                    self.note(Action::Leave, "project", path.to_string(), "");
                }
                continue;
            }
            let line = Line::new(Action::Change, "project", path.to_string(), words.join(", "));
            self.step(
                Stage::ProjectDetails,
                line,
                Step::ChangeProject { path, changes, owner },
            );
        }
    }

    /// The owner that something shall get, where it has another one; `present` is `None` for what is new.
    fn new_owner(
        &mut self,
        wanted: Option<Grantee>,
        present: Option<Grantee>,
        what: &'static str,
        path: &Path,
    ) -> Option<Grantee> {
        let wanted = wanted?;
        match self.names.find(wanted, &self.target.people) {
            Some(there) if Some(there) == present => None,
            Some(there) if present.is_none() && there.id == self.target.myself.id?.0 => None,
            Some(_) => Some(wanted),
            None if self.coming.contains(&wanted) => Some(wanted),
            None => {
                // Server administrators own things without being users of the site: what belongs to who reads the
                // source belongs to who writes the target, and the Default project to the server's first account.
                let is_default = path.name().eq_ignore_ascii_case(DEFAULT_PROJECT) && path.depth() == 1;
                if is_default || self.source.myself.id.is_some_and(|id| id.0 == wanted.id) {
                    return None;
                }
                let name = self.source.people.label(wanted);
                self.note(
                    Action::Cannot,
                    what,
                    path.to_string(),
                    format!("its owner {name} is not on the target"),
                );
                None
            }
        }
    }

    fn project_rules(&mut self) {
        for (path, project) in self.source.tree.all() {
            let Some(id) = project.id.filter(|id| keeps_own(&self.source.tree, *id)) else {
                continue;
            };
            let twin = self.target.tree.find(&path).and_then(|project| project.id);
            let own = (
                Place::Item(Kind::Project, id.0),
                twin.map(|id| Place::Item(Kind::Project, id.0)),
            );
            self.rules(
                Stage::ProjectRules,
                own.0,
                own.1,
                Spot::Project(path.clone()),
                format!("project {path}"),
            );
            for kind in defaults(self.source, self.target, self.options) {
                let places = (Place::Default(id, kind), twin.map(|id| Place::Default(id, kind)));
                let label = format!("project {path}, defaults for {}", kind.plural());
                self.rules(
                    Stage::ProjectRules,
                    places.0,
                    places.1,
                    Spot::Default(path.clone(), kind),
                    label,
                );
            }
        }
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

    fn schedules(&mut self, same_server: bool) {
        if same_server {
            return;
        }
        let (Some(here), Some(there)) = (&self.source.schedules, &self.target.schedules) else {
            let why = "schedules of the server can be listed by administrators of both servers only, and are not on Tableau Cloud";
            self.note(Action::Cannot, "schedules", "all", why);
            return;
        };
        for schedule in here {
            let name = schedule.name.clone().unwrap_or_default();
            match there.iter().find(|found| found.name == schedule.name) {
                Some(_) => self.note(Action::Leave, "schedule", name, ""),
                None => {
                    let detail = schedule.frequency.clone().unwrap_or_default();
                    let line = Line::new(Action::Create, "schedule", name, detail);
                    let schedule = schedule.clone();
                    self.step(Stage::Schedules, line, Step::CreateSchedule { schedule });
                }
            }
        }
    }

    fn content(&mut self) {
        let mut hidden: HashMap<Path, Vec<String>> = HashMap::new();
        for (path, view) in self.source.views.values() {
            if let (Some(workbook), Some(true), Some(name)) = (path.parent(), view.hidden, &view.name) {
                hidden.entry(workbook).or_default().push(name.clone());
            }
        }
        for content in &self.source.content {
            let item = &content.item;
            let (stage, what) = match item.kind {
                Kind::Workbook => (Stage::Workbooks, "workbook"),
                _ => (Stage::Datasources, "data source"),
            };
            let name = item.path.to_string();
            let present = self.target.content_at(item.kind, &item.path);
            let entry = self
                .journal
                .and_then(|journal| journal.entry(item.kind.as_str(), &item.id.to_string()));
            let (publish, detail) = match (present, entry) {
                (None, _) => (true, ""),
                (Some(_), Some(Entry::Begun)) => (true, "an earlier run ended while it was published"),
                (Some(found), Some(Entry::Moved { stamp, id })) if *id == found.item.id.to_string() => {
                    (*stamp != content.stamp, "the source has changed since")
                }
                (Some(_), _) => (
                    self.options.existing == Existing::Replace,
                    "replaces what is there",
                ),
            };
            if publish {
                let action = if present.is_some() {
                    Action::Change
                } else {
                    Action::Create
                };
                let step = Step::Publish {
                    content: content.clone(),
                    hidden: hidden.get(&item.path).cloned().unwrap_or_default(),
                    connections: Vec::new(),
                };
                self.step(stage, Line::new(action, what, &name, detail), step);
            }
            self.details(content, present, what);
        }
        self.view_tags();
    }

    /// Owner, description, tags, certification.
    fn details(&mut self, content: &Content, present: Option<&Content>, what: &'static str) {
        let owner = content.item.owner.map(|id| Grantee::user(id.0));
        let there = present
            .and_then(|found| found.item.owner)
            .map(|id| Grantee::user(id.0));
        let mut words = Vec::new();
        if let Some(owner) = self.new_owner(owner, there, what, &content.item.path) {
            words.push(format!("owner {}", self.names.there(owner).unwrap_or_default()));
        }
        let tags = present.map(|found| &found.tags[..]).unwrap_or_default();
        if tags != content.tags {
            words.push(format!("tags {}", content.tags.join(", ")));
        }
        if present.map_or("", |found| found.description.as_str()) != content.description {
            words.push("description".to_owned());
        }
        let plain = Some((false, String::new()));
        let certified = present.map_or(&plain, |found| &found.certified);
        if content.certified.is_some() && *certified != content.certified {
            words.push("certification".to_owned());
        }
        let name = content.item.path.to_string();
        match words.is_empty() {
            true if present.is_some() => self.note(Action::Leave, what, name, ""),
            true => {}
            false => {
                let line = Line::new(Action::Change, what, name, words.join("; "));
                self.step(
                    Stage::Details,
                    line,
                    Step::Details {
                        content: content.clone(),
                    },
                );
            }
        }
    }

    fn view_tags(&mut self) {
        let there: HashMap<&Path, Vec<String>> = self
            .target
            .views
            .values()
            .map(|(path, view)| (path, super::snapshot::labels(view.tags.as_ref())))
            .collect();
        let mut tagged: Vec<(&Path, Vec<String>)> = self
            .source
            .views
            .values()
            .map(|(path, view)| (path, super::snapshot::labels(view.tags.as_ref())))
            .filter(|(path, tags)| {
                there
                    .get(path)
                    .map_or(!tags.is_empty(), |present| present != tags)
            })
            .collect();
        tagged.sort();
        for (path, tags) in tagged {
            let Some(workbook) = path.parent() else { continue };
            let line = Line::new(
                Action::Change,
                "view",
                path.to_string(),
                format!("tags {}", tags.join(", ")),
            );
            let name = path.name().to_owned();
            self.step(Stage::Details, line, Step::ViewTags { workbook, name, tags });
        }
    }

    fn content_rules(&mut self) {
        if !self.options.has(Part::Content) {
            return;
        }
        for content in self
            .source
            .content
            .iter()
            .filter(|content| is_open(&self.source.tree, content))
        {
            let item = &content.item;
            let twin = self.target.content_at(item.kind, &item.path);
            let label = format!("{} {}", item.kind.as_str(), item.path);
            let at = Spot::Content(item.kind, item.path.clone());
            let place = Place::Item(item.kind, item.id);
            self.rules(
                Stage::ContentRules,
                place,
                twin.map(|found| Place::Item(item.kind, found.item.id)),
                at,
                label,
            );
        }
        self.view_rules();
    }

    fn view_rules(&mut self) {
        let (source, target) = (self.source, self.target);
        let twins: HashMap<&Path, ViewId> = target.views.iter().map(|(id, (path, _))| (path, *id)).collect();
        for (id, path, _) in own_views(source) {
            let Some(workbook) = path.parent() else { continue };
            let twin = twins.get(path).map(|id| Place::Item(Kind::View, id.0));
            let at = Spot::View(workbook, path.name().to_owned());
            self.rules(
                Stage::ContentRules,
                Place::Item(Kind::View, id.0),
                twin,
                at,
                format!("view {path}"),
            );
        }
    }

    fn tasks(&mut self) {
        let (Some(here), Some(there)) = (&self.source.tasks, &self.target.tasks) else {
            let why = "extract refresh tasks cannot be listed on both sites";
            self.note(Action::Cannot, "tasks", "all", why);
            return;
        };
        let key = |snapshot: &Snapshot, task: &vivant_wire::types::ExtractRefresh| {
            let schedule = task.schedule.as_ref()?.name.clone()?;
            let workbook = task
                .workbook
                .as_ref()
                .and_then(|found| found.id)
                .map(|id| (Kind::Workbook, id.0));
            let datasource = task
                .datasource
                .as_ref()
                .and_then(|found| found.id)
                .map(|id| (Kind::Datasource, id.0));
            let (kind, id) = workbook.or(datasource)?;
            let content = snapshot
                .content
                .iter()
                .find(|content| content.item.kind == kind && content.item.id == id)?;
            Some((schedule, kind, content.item.path.clone()))
        };
        let present: HashSet<_> = there.iter().filter_map(|task| key(self.target, task)).collect();
        for task in here {
            let Some((schedule, kind, path)) = key(self.source, task) else {
                let why = "a task with a schedule of its own is made anew with the content on Tableau Cloud";
                self.notes.push(Line::new(
                    Action::Cannot,
                    "task",
                    task.id.map(|id| id.to_string()).unwrap_or_default(),
                    why,
                ));
                continue;
            };
            let name = format!("{} {path} on {schedule}", kind.as_str());
            if present.contains(&(schedule.clone(), kind, path.clone())) {
                self.note(Action::Leave, "task", name, "");
                continue;
            }
            self.step(
                Stage::Tasks,
                Line::new(Action::Create, "task", name, ""),
                Step::Task { schedule, kind, path },
            );
        }
    }

    fn subscriptions(&mut self) {
        let (Some(here), Some(there)) = (&self.source.subscriptions, &self.target.subscriptions) else {
            self.note(
                Action::Cannot,
                "subscriptions",
                "all",
                "subscriptions cannot be listed on both sites",
            );
            return;
        };
        let present: HashSet<_> = there
            .iter()
            .filter_map(|subscription| {
                let about = about(self.target, subscription)?;
                let user = subscription.user.as_ref()?.id?;
                Some((
                    about,
                    user.0,
                    subscription.subject.clone(),
                    schedule_of(self.target, subscription),
                ))
            })
            .collect();
        for subscription in here {
            let subject = subscription.subject.clone().unwrap_or_default();
            let user = subscription
                .user
                .as_ref()
                .and_then(|user| user.id)
                .map(|id| Grantee::user(id.0));
            let (Some(user), Some(about)) = (user, about(self.source, subscription)) else {
                self.note(
                    Action::Cannot,
                    "subscription",
                    subject,
                    "what or whom it is for is not visible",
                );
                continue;
            };
            let schedule = schedule_of(self.source, subscription);
            let name = format!("`{subject}` for {}", self.source.people.label(user));
            let twin = self.names.find(user, &self.target.people);
            let there = twin.is_some_and(|twin| {
                present.contains(&(
                    about.clone(),
                    twin.id,
                    subscription.subject.clone(),
                    schedule.clone(),
                ))
            });
            if there {
                self.note(Action::Leave, "subscription", name, "");
                continue;
            }
            if twin.is_none() && !self.coming.contains(&user) {
                self.note(
                    Action::Cannot,
                    "subscription",
                    name,
                    "the user is not on the target",
                );
                continue;
            }
            let (kind, path) = about;
            let (path, view) = match kind {
                Kind::View => (path.parent().unwrap_or_default(), Some(path.name().to_owned())),
                _ => (path, None),
            };
            let mut subscription = subscription.clone();
            if let Some(at) = &mut subscription.schedule {
                at.name = schedule;
            }
            let line = Line::new(Action::Create, "subscription", name, "");
            let step = Step::Subscribe {
                subscription,
                kind,
                path,
                view,
            };
            self.step(Stage::Subscriptions, line, step);
        }
    }
}

fn about(snapshot: &Snapshot, subscription: &Subscription) -> Option<(Kind, Path)> {
    let content = subscription.content.as_ref()?;
    let id: vivant_model::Luid = content.id.as_deref()?.parse().ok()?;
    match content.kind.as_deref()? {
        kind if kind.eq_ignore_ascii_case("view") => {
            let (path, _) = snapshot.views.get(&id.into())?;
            Some((Kind::View, path.clone()))
        }
        _ => {
            let found = snapshot.content.iter().find(|content| content.item.id == id)?;
            Some((Kind::Workbook, found.item.path.clone()))
        }
    }
}

fn schedule_of(snapshot: &Snapshot, subscription: &Subscription) -> Option<String> {
    let schedule = subscription.schedule.as_ref()?;
    let by_id = || {
        let id = schedule.id.as_deref()?;
        let all = snapshot.schedules.as_ref()?;
        all.iter()
            .find(|found| found.id.is_some_and(|found| found.to_string() == id))?
            .name
            .clone()
    };
    schedule.name.clone().or_else(by_id)
}

/// Reads when the schedules run that are to be made: lists do not say.
async fn schedule_details(
    from: &Site,
    steps: &mut Vec<(Stage, Line, Step)>,
    notes: &mut Vec<Line>,
    version: ApiVersion,
) -> Result<()> {
    for (_, line, step) in steps.iter_mut() {
        let Step::CreateSchedule { schedule } = step else {
            continue;
        };
        let Some(id) = schedule.id.filter(|_| schedule.frequency_details.is_none()) else {
            continue;
        };
        // Tableau: before API 3.8 nothing tells when a schedule runs.
        if version < V(3, 8) {
            let why =
                format!("API {version} does not tell when it runs; make it on the target, then run again");
            notes.push(Line::new(Action::Cannot, "schedule", line.name.clone(), why));
            continue;
        }
        let found = from.schedules().get(ScheduleId(id)).await;
        *schedule = found.context(|| format!("the schedule {} cannot be read", line.name))?;
    }
    steps.retain(|(_, _, step)| match step {
        Step::CreateSchedule { schedule } => schedule.frequency_details.is_some(),
        _ => true,
    });
    Ok(())
}

/// Looks for passwords that connections of the content hold: one call for each that is to be published.
async fn connections(
    from: &Site,
    steps: &mut [(Stage, Line, Step)],
    notes: &mut Vec<Line>,
    options: &Options,
) -> Result<()> {
    let wanted: Vec<(usize, Content)> = steps
        .iter()
        .enumerate()
        .filter_map(|(at, (_, _, step))| match step {
            Step::Publish { content, .. } => Some((at, content.clone())),
            _ => None,
        })
        .collect();
    let found: Vec<(usize, Path, Vec<Connection>)> = stream::iter(wanted)
        .map(async |(at, content)| {
            let item = content.item;
            let found = match item.kind {
                Kind::Workbook => from.workbooks().connections(item.id.into()).await,
                _ => from.datasources().connections(item.id.into()).await,
            };
            let found = found.context(|| format!("the connections of {} cannot be listed", item.path))?;
            Ok::<_, crate::Error>((at, item.path, found))
        })
        .buffered(options.parallel.max(1))
        .try_collect()
        .await?;
    for (at, path, found) in found {
        let holding: Vec<Connection> = found
            .into_iter()
            .filter(|connection| connection.embed_password == Some(true))
            .collect();
        for connection in &holding {
            if credential(options, connection).is_none() {
                let server = connection.server_address.as_deref().unwrap_or_default();
                let user = connection.user_name.as_deref().unwrap_or_default();
                let why = format!(
                    "the password of `{user}` at `{server}` cannot be read: give it as a credential, or set it on the target"
                );
                notes.push(Line::new(Action::Cannot, "password", path.to_string(), why));
            }
        }
        if let Step::Publish { connections, .. } = &mut steps[at].2 {
            *connections = holding;
        }
    }
    Ok(())
}

/// The password for a connection, if one was given.
pub(super) fn credential<'o>(options: &'o Options, connection: &Connection) -> Option<&'o super::Credential> {
    options.credentials.iter().find(|credential| {
        Some(&credential.server) == connection.server_address.as_ref()
            && Some(&credential.user) == connection.user_name.as_ref()
    })
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
