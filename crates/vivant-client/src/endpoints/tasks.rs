//! Tasks: what schedules do to items, listed, made, run and deleted.

use vivant_model::TaskId;
use vivant_wire::paths::Method;
use vivant_wire::types::{ExtractRefresh, Job, Schedule, Tasks as TaskList};

use crate::call::Call;
use crate::error::Result;

super::group! {
    /// Tasks of a site (API 2.6).
    Tasks, tasks
}

impl Tasks {
    /// The tasks that refresh extracts.
    pub async fn extract_refreshes(&self) -> Result<Vec<ExtractRefresh>> {
        let found: TaskList = self
            .site
            .get(self.site.path("/tasks/extractRefreshes"), "tasks")
            .await?;
        let tasks = found.task.into_iter();
        Ok(tasks.filter_map(|task| task.extract_refresh).collect())
    }

    /// Gets a task that refreshes extracts.
    pub async fn extract_refresh(&self, id: impl Into<TaskId>) -> Result<ExtractRefresh> {
        let node = self.site.call(&Call::get(self.path(id.into(), ""))).await?;
        self.only(&node)
    }

    /// Makes a task with a schedule of its own, which servers with schedules for all refuse (Tableau Cloud;
    /// API 3.19).
    ///
    /// `task` says what is refreshed and how (`refresh_type`), `schedule` when.
    pub async fn create(&self, task: &ExtractRefresh, schedule: &Schedule) -> Result<ExtractRefresh> {
        let path = self.site.path("/tasks/extractRefreshes");
        let call = self.change(Call::new(Method::Post, path), task, schedule);
        let node = self.site.call(&call).await?;
        self.only(&node)
    }

    /// Changes a task and its own schedule (Tableau Cloud; API 3.20).
    pub async fn update(
        &self,
        id: impl Into<TaskId>,
        task: &ExtractRefresh,
        schedule: &Schedule,
    ) -> Result<ExtractRefresh> {
        let call = self.change(Call::new(Method::Post, self.path(id.into(), "")), task, schedule);
        let node = self.site.call(&call).await?;
        self.only(&node)
    }

    /// Runs a task that refreshes extracts now, and returns the job.
    pub async fn run_extract_refresh(&self, id: impl Into<TaskId>) -> Result<Job> {
        let call = Call::new(Method::Post, self.path(id.into(), "/runNow")).body(|_| {});
        self.site.ask(&call, "job").await
    }

    /// Deletes a task that refreshes extracts (API 3.6).
    pub async fn delete(&self, id: impl Into<TaskId>) -> Result<()> {
        self.site.delete(self.path(id.into(), "")).await
    }

    /// The tasks that keep data of views ready (API 3.8).
    pub async fn data_acceleration(&self) -> Result<Vec<ExtractRefresh>> {
        let path = self.site.path("/tasks/dataAcceleration");
        let found: TaskList = self.site.get(path, "tasks").await?;
        let tasks = found.task.into_iter();
        Ok(tasks.filter_map(|task| task.data_acceleration).collect())
    }

    /// Deletes a task that keeps data of views ready (API 3.8).
    pub async fn delete_data_acceleration(&self, id: impl Into<TaskId>) -> Result<()> {
        let path = self.site.path(&format!("/tasks/dataAcceleration/{}", id.into()));
        self.site.delete(path).await
    }

    /// Servers give one task in `task` or without.
    fn only(&self, node: &vivant_wire::Node) -> Result<ExtractRefresh> {
        let bare: Option<ExtractRefresh> = super::optional(node, "extractRefresh")?;
        let task: Option<vivant_wire::types::Task> = super::optional(node, "task")?;
        bare.or(task.and_then(|task| task.extract_refresh))
            .ok_or_else(|| super::lacking("the answer has no <extractRefresh>"))
    }

    fn change(&self, call: Call, task: &ExtractRefresh, schedule: &Schedule) -> Call {
        call.body(|out| {
            out.child("extractRefresh", task);
            out.child("schedule", schedule);
        })
    }

    fn path(&self, id: TaskId, rest: &str) -> String {
        self.site.path(&format!("/tasks/extractRefreshes/{id}{rest}"))
    }
}
