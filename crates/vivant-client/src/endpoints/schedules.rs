//! Schedules of the server: listed, made, changed, deleted; what runs on them.

use vivant_model::{DatasourceId, FlowId, ScheduleId, WorkbookId};
use vivant_wire::paths::Method;
use vivant_wire::types::{
    self, Datasource, Extract, ExtractRefresh, Flow, Schedule, ScheduleLuid, ScheduleLuids, Task, Warning,
    Warnings, Workbook,
};

use super::{Datasources, Workbooks};
use crate::call::Call;
use crate::error::Result;
use crate::list::{List, ListOptions};

super::group! {
    /// Schedules of the server, which Tableau Cloud does not have.
    Schedules, schedules
}

/// What a schedule shall refresh or run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheduled {
    /// The extracts of a workbook.
    Workbook(WorkbookId),
    /// The extract of a data source.
    Datasource(DatasourceId),
    /// A flow (API 3.3).
    Flow(FlowId),
}

/// What became of an item that was put on a schedule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AddedToSchedule {
    /// The task that was made, where the server says.
    pub task: Option<Task>,
    /// What the server warns of, such as a schedule that is suspended.
    pub warnings: Vec<Warning>,
}

/// Whether schedules run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScheduleState {
    /// They run.
    Active,
    /// They do not.
    Suspended,
}

impl Schedules {
    /// Lists the schedules (API 2.2).
    pub fn list(&self, options: ListOptions) -> List<Schedule> {
        List::new(self.site.clone(), "/schedules".to_owned(), options, &[])
    }

    /// Gets one schedule (API 3.8).
    pub async fn get(&self, id: impl Into<ScheduleId>) -> Result<Schedule> {
        self.site.get(path(id.into()), "schedule").await
    }

    /// Makes a schedule: name, priority, type, order of execution, frequency and its details (API 2.3).
    pub async fn create(&self, schedule: &Schedule) -> Result<Schedule> {
        let call = Call::new(Method::Post, "/schedules").body(|out| out.child("schedule", schedule));
        self.site.ask(&call, "schedule").await
    }

    /// Changes a schedule: whatever is set in `changes` (API 2.3).
    pub async fn update(&self, id: impl Into<ScheduleId>, changes: &Schedule) -> Result<Schedule> {
        let call = Call::new(Method::Put, path(id.into())).body(|out| out.child("schedule", changes));
        self.site.ask(&call, "schedule").await
    }

    /// Deletes a schedule; what runs on it runs no more (API 2.3).
    pub async fn delete(&self, id: impl Into<ScheduleId>) -> Result<()> {
        self.site.delete(path(id.into())).await
    }

    /// Puts an item on a schedule (API 2.8).
    pub async fn add_to_schedule(
        &self,
        id: impl Into<ScheduleId>,
        item: Scheduled,
    ) -> Result<AddedToSchedule> {
        let refresh = |workbook, datasource| Task {
            extract_refresh: Some(ExtractRefresh {
                workbook,
                datasource,
                ..ExtractRefresh::default()
            }),
            ..Task::default()
        };
        let schedule = id.into();
        let call = |kind: &str| Call::new(Method::Put, self.site_path(schedule, kind));
        let call = match item {
            Scheduled::Workbook(id) => {
                let task = refresh(
                    Some(Workbook {
                        id: Some(id),
                        ..Workbook::default()
                    }),
                    None,
                );
                call("/workbooks").body(|out| out.child("task", &task))
            }
            Scheduled::Datasource(id) => {
                let task = refresh(
                    None,
                    Some(Datasource {
                        id: Some(id),
                        ..Datasource::default()
                    }),
                );
                call("/datasources").body(|out| out.child("task", &task))
            }
            Scheduled::Flow(id) => {
                let flow = Flow {
                    id: Some(id),
                    ..Flow::default()
                };
                // Tableau: `flowRun` by the schema; `runFlow` stands in addresses only.
                call("/flows").body(|out| {
                    out.element("task", |out| {
                        out.element("flowRun", |out| out.child("flow", &flow));
                    });
                })
            }
        };
        let node = self.site.call(&call).await?;
        let warnings: Option<Warnings> = super::optional(&node, "warnings")?;
        Ok(AddedToSchedule {
            task: super::optional(&node, "task")?,
            warnings: warnings.unwrap_or_default().warning,
        })
    }

    /// Lists what a schedule refreshes on this site (API 2.2).
    pub fn extract_refresh_tasks(&self, id: impl Into<ScheduleId>, options: ListOptions) -> List<Extract> {
        List::new(
            self.site.clone(),
            self.site_path(id.into(), "/extracts"),
            options,
            &[],
        )
    }

    /// Lets schedules run, or stop them, and returns those that were changed (API 3.27).
    pub async fn batch_update_state(
        &self,
        schedules: &[ScheduleId],
        state: ScheduleState,
    ) -> Result<Vec<String>> {
        let ids = ScheduleLuids {
            schedule_luid: schedules
                .iter()
                .map(|id| ScheduleLuid {
                    id: Some(id.to_string()),
                })
                .collect(),
        };
        let call = batch(state).body(|out| out.child("scheduleLuids", &ids));
        self.changed(&call).await
    }

    /// Lets all schedules run, or stops them, and returns those that were changed (API 3.27).
    pub async fn update_state_of_all(&self, state: ScheduleState) -> Result<Vec<String>> {
        self.changed(&batch(state).query("updateAll", "true").body(|_| {}))
            .await
    }

    async fn changed(&self, call: &Call) -> Result<Vec<String>> {
        let changed: types::ScheduleLuids = self.site.ask(call, "scheduleLuids").await?;
        let ids = changed.schedule_luid.into_iter();
        Ok(ids.filter_map(|one| one.id).collect())
    }

    fn site_path(&self, id: ScheduleId, rest: &str) -> String {
        self.site.path(&format!("/schedules/{id}{rest}"))
    }
}

impl Workbooks {
    /// Lets a schedule refresh the extracts of a workbook (API 2.8).
    pub async fn schedule_extract_refresh(
        &self,
        schedule: impl Into<ScheduleId>,
        id: WorkbookId,
    ) -> Result<AddedToSchedule> {
        let schedules = self.site.schedules();
        schedules.add_to_schedule(schedule, Scheduled::Workbook(id)).await
    }
}

impl Datasources {
    /// Lets a schedule refresh the extract of a data source (API 2.8).
    pub async fn schedule_extract_refresh(
        &self,
        schedule: impl Into<ScheduleId>,
        id: DatasourceId,
    ) -> Result<AddedToSchedule> {
        let schedules = self.site.schedules();
        schedules
            .add_to_schedule(schedule, Scheduled::Datasource(id))
            .await
    }
}

fn batch(state: ScheduleState) -> Call {
    let state = match state {
        ScheduleState::Active => "active",
        ScheduleState::Suspended => "suspended",
    };
    Call::new(Method::Put, "/schedules")
        .query("state", state)
        .repeatable()
}

fn path(id: ScheduleId) -> String {
    format!("/schedules/{id}")
}
