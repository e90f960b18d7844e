//! Tasks: what a schedule does to a workbook or data source. They go with their item and schedule.

use vivant_model::{
    ContentKind, JobItem, JobItemKind, ScheduleId, ScheduleType, SiteId, TaskId, TaskType, UserId,
};

use crate::db::{Conn, params, transact};
use crate::permissions::what;
use crate::secrets::new_id;
use crate::select::Select;
use crate::store::in_order;
use crate::visibility::{self, Columns};
use crate::{Caller, Error, ListQuery, Millis, Page, Result, Schedule, Store, What, schedules};

/// A task that refreshes the extracts of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Its site.
    pub site_id: SiteId,
    /// Its schedule.
    pub schedule: Schedule,
    /// The workbook or data source.
    pub item: JobItem,
    /// The item's name.
    pub item_name: String,
    /// The item's owner.
    pub owner: UserId,
    /// What it does.
    pub kind: TaskType,
    /// The priority of its jobs, from 1, which comes first, to 100.
    pub priority: i64,
    /// How many of its jobs failed in a row.
    pub consecutive_failures: i64,
    /// When its last job ended.
    pub last_run_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
}

/// A task to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTask {
    /// Its site.
    pub site: SiteId,
    /// Its schedule, which must be one of extracts.
    pub schedule: ScheduleId,
    /// The workbook or data source.
    pub item: JobItem,
    /// What it does.
    pub kind: TaskType,
    /// The priority of its jobs; `None` is the schedule's.
    pub priority: Option<i64>,
}

/// Which tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskFilter {
    /// Of one schedule.
    pub schedule: Option<ScheduleId>,
    /// Of one item.
    pub item: Option<JobItem>,
}

const CONTENT: &str = " JOIN content c ON c.id = t.content_id";

impl Store {
    /// Makes a task. An item has one task of a kind on a schedule: a second one is a conflict with the
    /// first.
    pub async fn create_task(&self, new: NewTask, now: Millis) -> Result<Task> {
        let id = transact!(self.db(), |tx| { insert(&tx, &new, now).await })?;
        self.task(new.site, id).await?.ok_or(Error::NotFound(What::Task))
    }

    /// Finds a task.
    pub async fn task(&self, site: SiteId, id: TaskId) -> Result<Option<Task>> {
        let conn = self.conn().await?;
        Ok(load(&conn, Some(site), &[id.to_string()]).await?.pop())
    }

    /// Lists the tasks of the caller's site that the caller may see: administrators all, others
    /// those of items that they own or whose project they lead. Of the query the page counts alone.
    pub async fn tasks(&self, caller: &Caller, which: TaskFilter, query: &ListQuery) -> Result<Page<Task>> {
        let conn = self.conn().await?;
        let mut select = Select::from("task t");
        let at = select.bind(caller.site);
        select.and(format!("t.site_id = {at}"));
        if let Some(schedule) = which.schedule {
            let at = select.bind(schedule);
            select.and(format!("t.schedule_id = {at}"));
        }
        if let Some(item) = which.item {
            let at = select.bind(item.id);
            select.and(format!("t.content_id = {at}"));
        }
        let columns = Columns {
            owner: "c.owner_id",
            project: "c.project_id",
            acl: "c.acl_id",
            join: CONTENT,
            connect: false,
        };
        visibility::restrict_to_overseen(&mut select, caller, &columns, None);
        let (ids, total) = select
            .page(&conn, &[], query, "t.id", "t.created_at, t.id")
            .await?;
        Ok(Page {
            items: load(&conn, Some(caller.site), &ids).await?,
            total,
        })
    }

    /// All tasks of a schedule on sites that are active, the oldest first.
    pub async fn tasks_of_schedule(&self, schedule: ScheduleId) -> Result<Vec<Task>> {
        let conn = self.conn().await?;
        let mut select = Select::from("task t JOIN site s ON s.id = t.site_id AND s.state = 'Active'");
        let at = select.bind(schedule);
        select.and(format!("t.schedule_id = {at}"));
        let ids = select.all(&conn, "t.id", "t.created_at, t.id").await?;
        load(&conn, None, &ids).await
    }

    /// Deletes a task.
    pub async fn delete_task(&self, site: SiteId, id: TaskId) -> Result<()> {
        let deleted = transact!(self.db(), |tx| {
            let sql = "DELETE FROM task WHERE site_id = ?1 AND id = ?2";
            tx.execute(sql, params![site, id]).await
        })?;
        match deleted {
            0 => Err(Error::NotFound(What::Task)),
            _ => Ok(()),
        }
    }
}

/// Makes a task within a transaction.
pub(crate) async fn insert(tx: &Conn, new: &NewTask, now: Millis) -> Result<TaskId> {
    let kind = content_kind(new.item.kind)?;
    let sql = "SELECT name FROM content WHERE site_id = ?1 AND kind = ?2 AND id = ?3";
    let row = tx.row(sql, params![new.site, kind.as_str(), new.item.id]).await?;
    let item_name = row.ok_or(Error::NotFound(what(kind)))?.text()?;
    let schedule = schedules::require(tx, new.schedule, ScheduleType::Extract).await?;
    let sql = "SELECT id FROM task WHERE schedule_id = ?1 AND content_id = ?2 AND kind = ?3";
    let params = params![new.schedule, new.item.id, new.kind.as_str()];
    if let Some(mut row) = tx.row(sql, params).await? {
        return Err(Error::conflict(What::Task, Some(row.id()?), &item_name));
    }
    let id: TaskId = new_id()?;
    let sql = "INSERT INTO task (id, site_id, schedule_id, content_id, kind, priority, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    tx.execute(
        sql,
        params![
            id,
            new.site,
            new.schedule,
            new.item.id,
            new.kind.as_str(),
            new.priority.unwrap_or(schedule.priority),
            now,
        ],
    )
    .await?;
    Ok(id)
}

/// The kind of content that a task can be for.
fn content_kind(kind: JobItemKind) -> Result<ContentKind> {
    match kind {
        JobItemKind::Workbook => Ok(ContentKind::Workbook),
        JobItemKind::Datasource => Ok(ContentKind::Datasource),
        JobItemKind::Flow => Err(Error::NotFound(What::Flow)),
        JobItemKind::View => Err(Error::NotFound(What::View)),
        JobItemKind::Group => Err(Error::NotFound(What::Group)),
    }
}

async fn load(conn: &Conn, site: Option<SiteId>, ids: &[String]) -> Result<Vec<Task>> {
    let sql = format!(
        "SELECT t.id, t.site_id, c.kind, c.id, c.name, c.owner_id, t.kind, t.priority, t.consecutive_failures, \
         t.last_run_at, t.created_at, {} FROM task t{CONTENT} JOIN schedule h ON h.id = t.schedule_id \
         WHERE t.id IN LIST(?1) AND (CAST(?2 AS TEXT) IS NULL OR t.site_id || '' = ?2)",
        schedules::COLUMNS
    );
    let mut tasks = Vec::new();
    for mut row in conn.query(&sql, params![ids.to_vec(), site]).await? {
        let (id, site_id) = (row.id()?, row.id()?);
        let kind = match row.text()?.as_str() {
            "datasource" => JobItemKind::Datasource,
            _ => JobItemKind::Workbook,
        };
        tasks.push(Task {
            id,
            site_id,
            item: JobItem { kind, id: row.id()? },
            item_name: row.text()?,
            owner: row.id()?,
            kind: row.word(TaskType::parse)?,
            priority: row.int()?,
            consecutive_failures: row.int()?,
            last_run_at: row.opt_int()?,
            created_at: row.int()?,
            schedule: schedules::read(&mut row)?,
        });
    }
    Ok(in_order(ids, tasks, |task| task.id.to_string()))
}
