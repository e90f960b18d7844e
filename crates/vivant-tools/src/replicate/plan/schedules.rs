//! Schedules, and what hangs on them: extract refresh tasks and subscriptions.

use std::collections::HashSet;

use vivant_client::{ApiVersion, Site};
use vivant_model::ScheduleId;
use vivant_wire::types::Subscription;
use vivant_wire::version::V;

use super::{Planner, Stage, Step};
use crate::error::{Context, Result};
use crate::permissions::{Grantee, Kind};
use crate::replicate::snapshot::Snapshot;
use crate::report::{Action, Line};
use crate::tree::Path;

impl Planner<'_> {
    pub(super) fn schedules(&mut self, same_server: bool) {
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

    pub(super) fn tasks(&mut self) {
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
                .content_of(id)
                .filter(|content| content.item.kind == kind)?;
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

    pub(super) fn subscriptions(&mut self) {
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
            let found = snapshot.content_of(id)?;
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
pub(super) async fn schedule_details(
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
