//! Flows: list, publish, download, change, delete, run; their connections.

use vivant_model::{ConnectionId, FlowId, ProjectId, ScheduleId, UserId};
use vivant_wire::paths::Method;
use vivant_wire::types::{self, Connection, Flow, FlowRunSpec, Job};

use super::{ConnectionSpec, connections, secrets};
use crate::call::Call;
use crate::download::{Downloaded, Target};
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};
use crate::publish::{self, Publication};
use crate::source::Source;

super::group! {
    /// Flows of a site (API 3.3).
    Flows, flows
}

/// What becomes of an existing flow of the same name and project.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PublishFlowMode {
    /// It stays, and publishing fails.
    #[default]
    CreateNew,
    /// It is replaced, and keeps its id and address.
    Overwrite,
    /// It is added to.
    Append,
}

/// How a flow is published.
#[derive(Clone, Debug, Default)]
pub struct PublishFlow {
    /// Its name; otherwise the file's, without the ending.
    pub name: Option<String>,
    /// Its project; otherwise Default.
    pub project_id: Option<ProjectId>,
    /// What becomes of an existing one.
    pub mode: PublishFlowMode,
    /// How it connects to its sources.
    pub connections: Vec<ConnectionSpec>,
}

impl Flows {
    /// Lists the flows that the user may see.
    pub fn list(&self, options: ListOptions) -> List<Flow> {
        List::new(
            self.site.clone(),
            self.site.path("/flows"),
            options,
            filters::FLOWS,
        )
    }

    /// Lists the flows that somebody may see, or only those that they own.
    pub fn list_for_user(&self, user: UserId, owned: bool, options: ListOptions) -> List<Flow> {
        let path = self.site.path(&format!("/users/{user}/flows"));
        let list = List::new(self.site.clone(), path, options, filters::FLOWS);
        match owned {
            true => list.query("ownedBy", "true"),
            false => list,
        }
    }

    /// Gets one flow.
    pub async fn get(&self, id: FlowId) -> Result<Flow> {
        self.site.get(self.path(id, ""), "flow").await
    }

    /// Publishes a flow and waits for the server to finish with it.
    pub async fn publish(&self, options: PublishFlow, source: impl Into<Source>) -> Result<Flow> {
        publish::publish(&self.site, &options, source.into(), false, "flow").await
    }

    /// Downloads a flow.
    pub async fn download(&self, id: FlowId, to: impl Into<Target>) -> Result<Downloaded> {
        let call = Call::get(self.path(id, "/content")).long();
        self.site.download(&call, to.into(), "flow").await
    }

    /// Changes a flow: whatever is set in `changes` and can be changed (project, owner).
    pub async fn update(&self, id: FlowId, changes: &Flow) -> Result<Flow> {
        let call = Call::new(Method::Put, self.path(id, "")).body(|out| out.child("flow", changes));
        self.site.ask(&call, "flow").await
    }

    /// Deletes a flow.
    pub async fn delete(&self, id: FlowId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// The connections of a flow.
    pub async fn connections(&self, id: FlowId) -> Result<Vec<Connection>> {
        super::connections_of(&self.site, self.path(id, "/connections")).await
    }

    /// Changes a connection: server, port, user name, password, whether it is kept.
    pub async fn update_connection(
        &self,
        id: FlowId,
        connection: ConnectionId,
        changes: &Connection,
    ) -> Result<Connection> {
        let path = self.path(id, &format!("/connections/{connection}"));
        super::update_connection(&self.site, path, changes).await
    }

    /// Runs a flow with all its steps and returns the job.
    pub async fn refresh(&self, id: FlowId) -> Result<Job> {
        let call = Call::new(Method::Post, self.path(id, "/run")).body(|_| {});
        self.site.ask(&call, "job").await
    }

    /// Runs a flow as `spec` says, with some of its steps or other values of its parameters, and returns
    /// the job.
    pub async fn run(&self, id: FlowId, spec: &FlowRunSpec) -> Result<Job> {
        let spec = FlowRunSpec {
            flow_id: Some(id),
            ..spec.clone()
        };
        let call = Call::new(Method::Post, self.path(id, "/run")).body(|out| out.child("flowRunSpec", &spec));
        self.site.ask(&call, "job").await
    }

    /// Lets a schedule of the server run a flow; what the server warns of comes back.
    pub async fn schedule_flow_run(
        &self,
        schedule: ScheduleId,
        flow: FlowId,
        spec: Option<&FlowRunSpec>,
    ) -> Result<Vec<types::Warning>> {
        let task = types::NewFlowTask {
            flow_run: Some(types::NewFlowTaskRun {
                flow: Some(Flow {
                    id: Some(flow),
                    ..Flow::default()
                }),
                flow_run_spec: spec.cloned(),
            }),
        };
        let path = self.site.path(&format!("/schedules/{schedule}/flows"));
        let call = Call::new(Method::Put, path).body(|out| out.child("task", &task));
        let answer = self.site.call(&call).await?;
        let warnings: Option<types::Warnings> = super::optional(&answer, "warnings")?;
        Ok(warnings.unwrap_or_default().warning)
    }

    pub(super) fn path(&self, id: FlowId, rest: &str) -> String {
        self.site.path(&format!("/flows/{id}{rest}"))
    }
}

impl Publication for PublishFlow {
    const PATH: &'static str = "/flows";
    const PART: &'static str = "tableau_flow";
    const TYPE_PARAMETER: &'static str = "flowType";
    const ENDINGS: &'static [&'static str] = &["tfl", "tflx"];
    const NOUN: &'static str = "a flow";

    fn payload(&self, stem: &str, out: &mut vivant_wire::Out) {
        let flow = Flow {
            name: Some(self.name.clone().unwrap_or_else(|| stem.to_owned())),
            project: self.project_id.map(|id| types::Project {
                id: Some(id),
                ..types::Project::default()
            }),
            connections: connections(&self.connections),
            ..Flow::default()
        };
        out.child("flow", &flow);
    }

    fn parameters(&self, call: Call) -> Call {
        call.flag("overwrite", self.mode == PublishFlowMode::Overwrite)
            .flag("append", self.mode == PublishFlowMode::Append)
    }

    fn secrets(&self) -> Vec<crate::secret::Secret> {
        secrets(&self.connections)
    }
}
