//! Tasks that run flows, alone or one after the other.

use vivant_model::{FlowId, LinkedTaskId, Luid, TaskId};
use vivant_wire::node::{Node, Read1, ReadError};
use vivant_wire::paths::Method;
use vivant_wire::types::{
    Flow, FlowTask, FlowTaskRun, Job, LinkedTask, LinkedTaskJob, NewFlowTask, NewFlowTaskRun, Schedule,
};

use crate::call::Call;
use crate::error::Result;
use crate::list::{List, ListOptions, Listed};

super::group! {
    /// Tasks that run flows (API 3.3).
    FlowTasks, flow_tasks
}

super::group! {
    /// Tasks that run one after the other (API 3.15).
    LinkedTasks, linked_tasks
}

impl FlowTasks {
    /// Lists the tasks.
    pub fn list(&self, options: ListOptions) -> List<FlowTask> {
        List::new(self.site.clone(), self.site.path("/tasks/runFlow"), options, &[])
    }

    /// Gets one task.
    pub async fn get(&self, id: TaskId) -> Result<FlowTaskRun> {
        let task: FlowTask = self.site.get(self.path(id, ""), "task").await?;
        task.flow_run
            .ok_or_else(|| super::lacking("the task runs no flow"))
    }

    /// Runs a task now and returns the job.
    pub async fn run(&self, id: TaskId) -> Result<Job> {
        let call = Call::new(Method::Post, self.path(id, "/runNow")).body(|_| {});
        self.site.ask(&call, "job").await
    }

    /// Creates a task with a schedule of its own, which Tableau Cloud has (API 3.22).
    pub async fn create(&self, flow: FlowId, schedule: &Schedule) -> Result<FlowTaskRun> {
        let task = NewFlowTask {
            flow_run: Some(NewFlowTaskRun {
                flow: Some(Flow {
                    id: Some(flow),
                    ..Flow::default()
                }),
                flow_run_spec: None,
            }),
        };
        let call = Call::new(Method::Post, self.site.path("/tasks/flows")).body(|out| {
            out.child("task", &task);
            out.child("schedule", schedule);
        });
        let answer = self.site.call(&call).await?;
        // Tableau: the schedule stands within the task or beside it.
        let within: Option<FlowTask> = super::optional(&answer, "task")?;
        let mut made = match within.and_then(|task| task.flow_run) {
            Some(made) => made,
            None => super::either(&answer, ["flowRun", "runFlow"])?,
        };
        if made.schedule.is_none() {
            made.schedule = super::optional(&answer, "schedule")?;
        }
        Ok(made)
    }

    fn path(&self, id: TaskId, rest: &str) -> String {
        self.site.path(&format!("/tasks/runFlow/{id}{rest}"))
    }
}

impl Listed for FlowTask {
    const PLURAL: &'static str = "tasks";
    const SINGULAR: &'static str = "task";

    fn luid(&self) -> Option<Luid> {
        self.flow_run.as_ref()?.id.map(|id| id.0)
    }
}

impl LinkedTasks {
    /// Lists the linked tasks.
    pub fn list(&self, options: ListOptions) -> List<LinkedTask> {
        List::new(self.site.clone(), self.site.path("/tasks/linked"), options, &[])
    }

    /// Gets one linked task, with its steps.
    pub async fn get(&self, id: LinkedTaskId) -> Result<LinkedTask> {
        let answer = self.site.call(&Call::get(self.path(id, ""))).await?;
        // Tableau: one task comes as `linkedTask`, or like a list of one.
        match LinkedTask::within(&answer)?.into_iter().next() {
            Some(task) => Ok(task),
            None => super::either(&answer, ["linkedTask", "linkedTasks"]),
        }
    }

    /// Runs a linked task now.
    pub async fn run_now(&self, id: LinkedTaskId) -> Result<LinkedTaskJob> {
        let call = Call::new(Method::Post, self.path(id, "/runNow")).body(|_| {});
        self.site.ask(&call, "linkedTaskJob").await
    }

    fn path(&self, id: LinkedTaskId, rest: &str) -> String {
        self.site.path(&format!("/tasks/linked/{id}{rest}"))
    }
}

/// Reads the linked tasks of an answer that lists them.
trait Within: Sized {
    fn within(answer: &Node) -> Result<Vec<Self>>;
}

impl Within for LinkedTask {
    fn within(answer: &Node) -> Result<Vec<Self>> {
        match answer.child("linkedTasks") {
            Some(plural) => Self::items(plural).map_err(super::unusable),
            None => Ok(Vec::new()),
        }
    }
}

impl Listed for LinkedTask {
    const PLURAL: &'static str = "linkedTasks";
    const SINGULAR: &'static str = "linkedTasks";

    fn luid(&self) -> Option<Luid> {
        self.id.map(|id| id.0)
    }

    // Tableau: the schema has `linkedTasks` within `linkedTasks`.
    fn items(plural: &Node) -> std::result::Result<Vec<Self>, ReadError> {
        let tasks = plural
            .children
            .iter()
            .filter(|c| c.name == "linkedTasks" || c.name == "linkedTask");
        tasks.map(Self::read).collect()
    }
}
