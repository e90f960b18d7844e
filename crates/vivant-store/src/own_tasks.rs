//! Tasks with a schedule of their own, which nobody else can use: it goes with its task.

use vivant_model::{JobItem, ScheduleId, SiteId, TaskId, TaskType};

use crate::db::{Conn, params, transact};
use crate::{Error, Millis, NewSchedule, Result, Store, Task, What, schedules, tasks};

/// A task to be made along with its schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOwnTask {
    /// Its site.
    pub site: SiteId,
    /// The workbook or data source.
    pub item: JobItem,
    /// What it does.
    pub kind: TaskType,
    /// Its schedule, which must be one of extracts and of the system.
    pub schedule: NewSchedule,
}

impl Store {
    /// Makes a task and its schedule.
    pub async fn create_own_task(&self, new: NewOwnTask, now: Millis) -> Result<Task> {
        let id = transact!(self.db(), |tx| {
            let schedule = own_schedule(&tx, &new.schedule, now).await?;
            let task = tasks::NewTask {
                site: new.site,
                schedule,
                item: new.item,
                kind: new.kind,
                priority: None,
            };
            tasks::insert(&tx, &task, now).await
        })?;
        self.task(new.site, id).await?.ok_or(Error::NotFound(What::Task))
    }

    /// Changes what a task does, and puts it on a new schedule of its own; an older one goes.
    pub async fn update_task(
        &self,
        site: SiteId,
        id: TaskId,
        kind: Option<TaskType>,
        schedule: Option<NewSchedule>,
        now: Millis,
    ) -> Result<Task> {
        transact!(self.db(), |tx| {
            let schedule = match &schedule {
                Some(new) => Some(own_schedule(&tx, new, now).await?),
                None => None,
            };
            let sql = "UPDATE task SET kind = COALESCE(?3, kind), schedule_id = COALESCE(?4, schedule_id) \
                 WHERE site_id = ?1 AND id = ?2";
            let params = params![site, id, kind.map(TaskType::as_str), schedule];
            match tx.execute(sql, params).await? {
                0 => Err(Error::NotFound(What::Task)),
                _ => Ok(()),
            }
        })?;
        self.task(site, id).await?.ok_or(Error::NotFound(What::Task))
    }
}

/// Makes a schedule that belongs to one task, whatever else is said of it.
async fn own_schedule(tx: &Conn, new: &NewSchedule, now: Millis) -> Result<ScheduleId> {
    let own = NewSchedule {
        is_system: true,
        ..new.clone()
    };
    schedules::insert(tx, &own, now).await
}
