//! A plan carried out, stage by stage, several things of a stage at once.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::{StreamExt, stream};
use tempfile::TempDir;
use vivant_client::{
    ConnectionSpec, DownloadOptions, ErrorKind, PublishDatasource, PublishDatasourceMode, PublishMode,
    PublishWorkbook, ScheduleState, Site,
};
use vivant_model::{Luid, ProjectId, ScheduleId, WorkbookId};
use vivant_wire::types::{
    Connection, Datasource, Group, Project, Schedule, Subscription, User, View, Workbook,
};

use super::Options;
use super::plan::{Names, Plan, Spot, Stage, Step, credential, home, now};
use super::snapshot::{Content, Snapshot, of_datasource, of_workbook};
use crate::error::{Context, Error, Result};
use crate::fixup::{self, Destination, Home, Reference};
use crate::journal::Journal;
use crate::people::People;
use crate::permissions::{Changes, Grantee, GranteeKind, Kind, Others, Place, Rules};
use crate::remote;
use crate::report::{Progress, Report, Watch};
use crate::schedules;
use crate::tree::{Path, Tree};

/// Carries out a plan. What fails is reported and does not hold up the rest, except what needs it.
pub async fn apply(
    from: &Site,
    to: &Site,
    plan: Plan,
    options: &Options,
    watch: &Watch<'_>,
) -> Result<Report> {
    let Plan {
        steps,
        source,
        target,
        journal,
        ..
    } = plan;
    let folder = tempfile::Builder::new()
        .prefix("vivant-replicate-")
        .tempdir()
        .map_err(|error| Error::file(&std::env::temp_dir(), "written", error))?;
    let run = Run {
        from,
        to,
        options,
        names: Names {
            options,
            source: &source.people,
        },
        source: &source,
        home: home(to)?,
        journal,
        folder,
        there: Mutex::new(There::new(target)),
    };
    let mut report = Report::default();
    let mut rest = steps;
    while let Some((stage, _, _)) = rest.first() {
        let stage = *stage;
        let (now, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(of, _, _)| *of == stage);
        rest = later;
        let total = now.len();
        let mut done = 0;
        watch(Progress {
            stage: stage.as_str(),
            done,
            total,
            line: None,
        });
        let mut work = stream::iter(now)
            .map(async |(_, line, step)| {
                let outcome = run.step(&step).await;
                (line, outcome)
            })
            .buffer_unordered(parallel(stage, options));
        while let Some((line, outcome)) = work.next().await {
            // Nobody can go on without a session or without the journal.
            let fatal = outcome.as_ref().err().is_some_and(is_fatal);
            report.add(line, outcome);
            done += 1;
            watch(Progress {
                stage: stage.as_str(),
                done,
                total,
                line: report.outcomes.last().map(|outcome| &outcome.line),
            });
            if fatal {
                return Ok(report);
            }
        }
    }
    Ok(report)
}

fn parallel(stage: Stage, options: &Options) -> usize {
    match stage {
        // Rules and schedules are changed by several calls each; the server does one site's at a time anyway.
        Stage::Schedules => 1,
        _ => options.parallel.max(1),
    }
}

fn is_fatal(error: &Error) -> bool {
    match error {
        Error::Call { source, .. } => source.kind() == ErrorKind::SignIn,
        Error::File { .. } => true,
        _ => false,
    }
}

/// What is on the target, as it grows.
struct There {
    tree: Tree,
    people: People,
    content: HashMap<(Kind, Path), Content>,
    rules: HashMap<Place, Rules>,
    views: HashMap<Path, Vec<View>>,
    schedules: Vec<Schedule>,
}

impl There {
    fn new(target: Snapshot) -> Self {
        let content = target
            .content
            .into_iter()
            .map(|content| ((content.item.kind, content.item.path.clone()), content))
            .collect();
        let mut views: HashMap<Path, Vec<View>> = HashMap::new();
        for (path, view) in target.views.into_values() {
            if let Some(workbook) = path.parent() {
                views.entry(workbook).or_default().push(view);
            }
        }
        Self {
            tree: target.tree,
            people: target.people,
            content,
            rules: target.rules,
            views,
            schedules: target.schedules.unwrap_or_default(),
        }
    }
}

struct Run<'r> {
    from: &'r Site,
    to: &'r Site,
    options: &'r Options,
    names: Names<'r>,
    source: &'r Snapshot,
    home: Home,
    journal: Option<Journal>,
    folder: TempDir,
    there: Mutex<There>,
}

impl Run<'_> {
    fn there(&self) -> MutexGuard<'_, There> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn step(&self, step: &Step) -> Result<()> {
        match step {
            Step::AddUser { name, role, changes } => {
                let user = match crate::sync::add_user(self.to, name, *role, changes).await {
                    // Added meanwhile, as by a run that was killed before it saw the answer.
                    Err(Error::Call { source, .. }) if source.kind() == ErrorKind::Conflict => {
                        let people = People::load(self.to).await?;
                        let found = people.user_named(name).cloned();
                        found.ok_or_else(|| {
                            Error::NotFound(format!("the user {name} is there and is not listed"))
                        })?
                    }
                    other => other?,
                };
                self.there().people.add_user(user);
                Ok(())
            }
            Step::ChangeUser { name, changes } => {
                let user = self.there().people.find(GranteeKind::User, name)?;
                let changed = self.to.users().update(user.id.into(), changes).await;
                changed
                    .map(|_| ())
                    .context(|| format!("the user {name} cannot be changed"))
            }
            Step::CreateGroup { group } => self.create_group(group).await,
            Step::AddMember { group, user } => {
                let (group, user) = {
                    let there = self.there();
                    (
                        there.people.find(GranteeKind::Group, group)?,
                        there.people.find(GranteeKind::User, user)?,
                    )
                };
                crate::sync::add_member(self.to, group.id.into(), user.id.into()).await
            }
            Step::CreateProject { path, project } => self.create_project(path, project).await,
            Step::ChangeProject { path, changes, owner } => self.change_project(path, changes, *owner).await,
            Step::Rules { at, wanted } => self.rules(at, wanted).await,
            Step::CreateSchedule { schedule } => self.create_schedule(schedule).await,
            Step::Publish {
                content,
                hidden,
                connections,
            } => self.publish(content, hidden, connections).await,
            Step::Details { content } => self.details(content).await,
            Step::ViewTags { workbook, name, tags } => {
                let view = self.view(workbook, name).await?;
                let id = view.id.ok_or_else(|| Error::answer("a view without id"))?;
                let present = super::snapshot::labels(view.tags.as_ref());
                remote::set_tags(self.to, Kind::View, id.0, &present, tags).await
            }
            Step::Task { schedule, kind, path } => {
                let item = self.content(*kind, path)?;
                let schedule = self.schedule(schedule)?;
                remote::add_to_schedule(self.to, schedule, *kind, item.item.id).await
            }
            Step::Subscribe {
                subscription,
                kind,
                path,
                view,
            } => self.subscribe(subscription, *kind, path, view.as_deref()).await,
        }
    }

    async fn create_group(&self, group: &Group) -> Result<()> {
        let name = group.name.as_deref().unwrap_or_default();
        let made = match self.to.groups().create(group).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                crate::sync::create_group(self.to, name).await?
            }
            other => other.context(|| format!("the group {name} cannot be created"))?,
        };
        self.there().people.add_group(made);
        Ok(())
    }

    async fn create_project(&self, path: &Path, project: &Project) -> Result<()> {
        let parent = match path.parent() {
            Some(parent) => Some(self.project(&parent)?),
            None => None,
        };
        let asked = Project {
            parent_project_id: parent.map(|id| id.to_string()),
            ..project.clone()
        };
        let made = match self.to.projects().create(&asked).await {
            Err(error) if error.kind() == ErrorKind::Conflict => {
                let tree = Tree::load(self.to).await?;
                tree.find(path).cloned().ok_or_else(|| Error::Call {
                    what: format!("the project {path} cannot be created"),
                    source: error,
                })?
            }
            other => other.context(|| format!("the project {path} cannot be created"))?,
        };
        self.there().tree.insert(Project {
            parent_project_id: asked.parent_project_id,
            ..made
        });
        Ok(())
    }

    async fn change_project(&self, path: &Path, changes: &Project, owner: Option<Grantee>) -> Result<()> {
        let id = self.project(path)?;
        let owner = match owner {
            Some(owner) => Some(User {
                id: Some(now(&self.names, owner, &self.there().people)?.id.into()),
                ..User::default()
            }),
            None => None,
        };
        let changes = Project {
            owner,
            ..changes.clone()
        };
        let changed = self.to.projects().update(id, &changes).await;
        changed
            .map(|_| ())
            .context(|| format!("the project {path} cannot be changed"))
    }

    fn project(&self, path: &Path) -> Result<ProjectId> {
        let there = self.there();
        let found = there.tree.find(path).and_then(|project| project.id);
        found.ok_or_else(|| Error::NotFound(format!("the project {path} is not on the target")))
    }

    fn content(&self, kind: Kind, path: &Path) -> Result<Content> {
        let there = self.there();
        let found = there.content.get(&(kind, path.clone()));
        found
            .cloned()
            .ok_or_else(|| Error::NotFound(format!("the {} {path} is not on the target", kind.as_str())))
    }

    fn schedule(&self, name: &str) -> Result<Luid> {
        let there = self.there();
        let found = there
            .schedules
            .iter()
            .find(|schedule| schedule.name.as_deref() == Some(name));
        found
            .and_then(|schedule| schedule.id)
            .ok_or_else(|| Error::NotFound(format!("the schedule {name} is not on the target")))
    }

    async fn rules(&self, at: &Spot, wanted: &Rules) -> Result<()> {
        let place = match at {
            Spot::Project(path) => Place::Item(Kind::Project, self.project(path)?.0),
            Spot::Default(path, kind) => Place::Default(self.project(path)?, *kind),
            Spot::Content(kind, path) => Place::Item(*kind, self.content(*kind, path)?.item.id),
            Spot::View(workbook, name) => {
                let view = self.view(workbook, name).await?;
                let id = view.id.ok_or_else(|| Error::answer("a view without id"))?;
                Place::Item(Kind::View, id.0)
            }
        };
        let known = self.there().rules.remove(&place);
        // What was made meanwhile came with rules of its own, from its project.
        let present = match known {
            Some(present) => present,
            None => remote::rules(self.to, place).await?,
        };
        // Who is not on the target was said in the plan.
        let (wanted, _) = self.names.rules(wanted, &self.there().people);
        let changes = Changes::between(&present, &wanted, Others::Clear);
        remote::change_rules(self.to, place, &changes).await
    }

    async fn create_schedule(&self, schedule: &Schedule) -> Result<()> {
        let made = match remote::create_schedule(self.to, &schedules::request(schedule)).await {
            Err(Error::Call { source, what }) if source.kind() == ErrorKind::Conflict => {
                let all = remote::schedules(self.to).await?.unwrap_or_default();
                let found = all.into_iter().find(|found| found.name == schedule.name);
                found.ok_or(Error::Call { source, what })?
            }
            other => other?,
        };
        if let (Some(id), Some("Suspended")) = (made.id, schedule.state.as_deref()) {
            remote::set_schedule_state(self.to, &[ScheduleId(id)], ScheduleState::Suspended).await?;
        }
        self.there().schedules.push(made);
        Ok(())
    }

    /// Downloads content, rewrites what it says of published data sources, and publishes it.
    async fn publish(&self, content: &Content, hidden: &[String], connections: &[Connection]) -> Result<()> {
        let item = &content.item;
        let folder = tempfile::tempdir_in(self.folder.path())
            .map_err(|error| Error::file(self.folder.path(), "written", error))?;
        let downloaded = match item.kind {
            Kind::Workbook => {
                let call = self.from.workbooks();
                call.download(item.id.into(), folder.path(), DownloadOptions::default())
                    .await
            }
            _ => {
                let call = self.from.datasources();
                call.download(item.id.into(), folder.path(), DownloadOptions::default())
                    .await
            }
        };
        let downloaded = downloaded.context(|| format!("{} cannot be downloaded", item.path))?;
        let mut file = downloaded
            .path
            .ok_or_else(|| Error::answer("the download has no file"))?;
        if item.kind == Kind::Workbook {
            file = self.rewritten(file, folder.path(), &item.path).await?;
        }
        let project = match item.path.parent() {
            Some(parent) => Some(self.project(&parent)?),
            None => None,
        };
        let key = (item.kind.as_str(), item.id.to_string());
        if let Some(journal) = &self.journal {
            journal.begin(key.0, &key.1)?;
        }
        let specs: Vec<ConnectionSpec> = connections
            .iter()
            .filter_map(|connection| self.spec(connection))
            .collect();
        let name = Some(item.path.name().to_owned());
        let made = match item.kind {
            Kind::Workbook => {
                let options = PublishWorkbook {
                    name,
                    project_id: project,
                    mode: PublishMode::Overwrite,
                    show_tabs: content.show_tabs,
                    connections: specs,
                    hidden_views: hidden.to_vec(),
                    skip_connection_check: true,
                    ..PublishWorkbook::default()
                };
                let made = self.to.workbooks().publish(options, file).await;
                let made = made.context(|| format!("the workbook {} cannot be published", item.path))?;
                of_workbook(&self.there().tree, &in_project(made, project))
            }
            _ => {
                let options = PublishDatasource {
                    name,
                    project_id: project,
                    mode: PublishDatasourceMode::Overwrite,
                    connections: specs,
                    ..PublishDatasource::default()
                };
                let made = self.to.datasources().publish(options, file).await;
                let made = made.context(|| format!("the data source {} cannot be published", item.path))?;
                let place = Project {
                    id: project,
                    ..Project::default()
                };
                let made = Datasource {
                    project: made.project.or(Some(place)),
                    ..made
                };
                of_datasource(&self.there().tree, &made)
            }
        };
        let made = made.ok_or_else(|| Error::answer("what was published has no id or name"))?;
        if let Some(journal) = &self.journal {
            journal.done(key.0, &key.1, &content.stamp, &made.item.id.to_string())?;
        }
        let mut there = self.there();
        there.views.remove(&item.path);
        there.content.insert((item.kind, item.path.clone()), made);
        Ok(())
    }

    /// The workbook with its references rewritten, where it has any.
    async fn rewritten(
        &self,
        file: std::path::PathBuf,
        folder: &std::path::Path,
        path: &Path,
    ) -> Result<std::path::PathBuf> {
        let extension = file
            .extension()
            .map(|e| e.to_string_lossy().into_owned())
            .unwrap_or_default();
        let target = folder.join(format!("rewritten.{extension}"));
        let destinations = self.destinations();
        let (home, input, output) = (self.home.clone(), file.clone(), target.clone());
        let work = move || {
            let find = |reference: &Reference| destinations.get(&reference.content_url).cloned();
            fixup::rewrite_file(&input, &output, &home, find)
        };
        let outcome = tokio::task::spawn_blocking(work).await;
        let (lost, changed) =
            outcome.map_err(|error| Error::answer(format!("the work on {path} ended: {error}")))??;
        if let Some(reference) = lost.first() {
            return Err(Error::NotFound(format!(
                "the workbook uses the published data source `{}` ({}), which is not on the target; replicate it, too",
                reference.label, reference.content_url
            )));
        }
        Ok(if changed { target } else { file })
    }

    /// Where the published data sources of the source are on the target, by content URL.
    fn destinations(&self) -> HashMap<String, Destination> {
        let there = self.there();
        let sources = self
            .source
            .content
            .iter()
            .filter(|content| content.item.kind == Kind::Datasource);
        sources
            .filter_map(|content| {
                let found = there
                    .content
                    .get(&(Kind::Datasource, content.item.path.clone()))?;
                let destination = Destination {
                    content_url: found.content_url.clone(),
                    name: Some(found.item.path.name().to_owned()),
                };
                Some((content.content_url.clone(), destination))
            })
            .collect()
    }

    fn spec(&self, connection: &Connection) -> Option<ConnectionSpec> {
        let credential = credential(self.options, connection)?;
        Some(ConnectionSpec {
            server_address: credential.server.clone(),
            server_port: connection.server_port.clone(),
            user_name: Some(credential.user.clone()),
            password: Some(credential.password.clone()),
            embed: true,
            ..ConnectionSpec::default()
        })
    }

    /// Makes owner, description, certification and tags those of the source.
    async fn details(&self, content: &Content) -> Result<()> {
        let item = &content.item;
        let present = self.content(item.kind, &item.path)?;
        let owner = match item.owner {
            Some(owner) => {
                let there = self.there();
                let found = self.names.find(Grantee::user(owner.0), &there.people);
                found.filter(|found| present.item.owner.is_none_or(|present| present.0 != found.id))
            }
            None => None,
        };
        let owner = owner.map(|found| User {
            id: Some(found.id.into()),
            ..User::default()
        });
        let description = (present.description != content.description).then(|| content.description.clone());
        let certified = content
            .certified
            .clone()
            .filter(|certified| present.certified.as_ref() != Some(certified));
        let certified = certified.filter(|(is, note)| *is || !note.is_empty() || present.certified.is_some());
        if owner.is_some() || description.is_some() || certified.is_some() {
            let (id, failed) = (present.item.id, || format!("{} cannot be changed", item.path));
            match item.kind {
                Kind::Workbook => {
                    let changes = Workbook {
                        owner,
                        description,
                        ..Workbook::default()
                    };
                    self.to
                        .workbooks()
                        .update(id.into(), &changes)
                        .await
                        .context(failed)?;
                }
                _ => {
                    let (is_certified, certification_note) = certified.unzip();
                    let changes = Datasource {
                        owner,
                        description,
                        is_certified,
                        certification_note,
                        ..Datasource::default()
                    };
                    self.to
                        .datasources()
                        .update(id.into(), &changes)
                        .await
                        .context(failed)?;
                }
            }
        }
        remote::set_tags(self.to, item.kind, present.item.id, &present.tags, &content.tags).await
    }

    /// Finds a view on the target; the views of a workbook are asked for once.
    async fn view(&self, workbook: &Path, name: &str) -> Result<View> {
        let known = self.there().views.get(workbook).cloned();
        let views = match known {
            Some(views) => views,
            None => {
                let id = WorkbookId(self.content(Kind::Workbook, workbook)?.item.id);
                let views = self.to.workbooks().views(id).await;
                let views = views.context(|| format!("the views of {workbook} cannot be listed"))?;
                self.there().views.insert(workbook.clone(), views.clone());
                views
            }
        };
        let found = views.into_iter().find(|view| view.name.as_deref() == Some(name));
        found.ok_or_else(|| {
            Error::NotFound(format!(
                "the workbook {workbook} has no view `{name}` on the target"
            ))
        })
    }

    async fn subscribe(
        &self,
        subscription: &Subscription,
        kind: Kind,
        path: &Path,
        view: Option<&str>,
    ) -> Result<()> {
        let id = match view {
            Some(name) => {
                let view = self.view(path, name).await?;
                view.id.ok_or_else(|| Error::answer("a view without id"))?.0
            }
            None => self.content(kind, path)?.item.id,
        };
        let user = subscription.user.as_ref().and_then(|user| user.id);
        let user = user.ok_or_else(|| Error::answer("a subscription without user"))?;
        let user = now(&self.names, Grantee::user(user.0), &self.there().people)?;
        let mut asked = subscription.clone();
        asked.id = None;
        asked.user = Some(User {
            id: Some(user.id.into()),
            ..User::default()
        });
        if let Some(content) = &mut asked.content {
            content.id = Some(id.to_string());
            content.name = None;
        }
        if let Some(schedule) = &mut asked.schedule {
            let name = schedule.name.take().unwrap_or_default();
            schedule.id = Some(self.schedule(&name)?.to_string());
            schedule.frequency = None;
        }
        remote::create_subscription(self.to, &asked).await
    }
}

/// What a publication answers may leave out the project.
fn in_project(made: Workbook, project: Option<ProjectId>) -> Workbook {
    let place = Project {
        id: project,
        ..Project::default()
    };
    Workbook {
        project: made.project.or(Some(place)),
        ..made
    }
}
