//! Runs of flows: list, get, cancel, wait for.

use std::time::Duration;

use vivant_model::{FlowRunId, Luid};
use vivant_wire::node::{Node, Read1, ReadError};
use vivant_wire::paths::Method;
use vivant_wire::types::FlowRun;

use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::filters;
use crate::list::{List, ListOptions, Listed};
use crate::wait::{WaitOptions, Waited, until};

super::group! {
    /// Runs of flows (API 3.10).
    FlowRuns, flow_runs
}

impl Listed for FlowRun {
    const PLURAL: &'static str = "flowRuns";
    const SINGULAR: &'static str = "flowRuns";

    fn luid(&self) -> Option<Luid> {
        self.id.map(|id| id.0)
    }

    // Tableau: the schema has `flowRuns` within `flowRuns`; some answers have `flowRun`.
    fn items(plural: &Node) -> std::result::Result<Vec<Self>, ReadError> {
        let runs = plural
            .children
            .iter()
            .filter(|c| c.name == "flowRuns" || c.name == "flowRun");
        runs.map(Self::read).collect()
    }
}

impl FlowRuns {
    /// Lists the runs.
    pub fn list(&self, options: ListOptions) -> List<FlowRun> {
        List::new(
            self.site.clone(),
            self.site.path("/flows/runs"),
            options,
            filters::FLOW_RUNS,
        )
    }

    /// Gets one run.
    pub async fn get(&self, id: FlowRunId) -> Result<FlowRun> {
        self.site.get(self.path(id), "flowRun").await
    }

    /// Cancels a run.
    pub async fn cancel(&self, id: FlowRunId) -> Result<()> {
        self.site.tell(&Call::new(Method::Put, self.path(id))).await
    }

    /// Looks at a run until it has ended, at once and then at growing intervals, for `limit` at most.
    ///
    /// A run that failed or was cancelled is an error ([`ErrorKind::JobFailed`],
    /// [`ErrorKind::JobCancelled`]).
    pub async fn wait_for_job(&self, id: FlowRunId, limit: Option<Duration>) -> Result<FlowRun> {
        let options = match limit {
            Some(limit) => WaitOptions::new().within(limit),
            None => WaitOptions::new(),
        };
        let ask = || self.get(id);
        match until(&options, ask, |run| run.completed_at.is_some(), |_| {}).await? {
            Waited::Ended(run) => ended(id, run),
            Waited::Late(waited, last) => {
                let status = last
                    .and_then(|run| run.status)
                    .unwrap_or_else(|| "unknown".to_owned());
                let message = format!("the flow run {id} has not ended within {waited:.1?}; it is {status}");
                Err(Error::new(ErrorKind::Timeout, message))
            }
        }
    }

    fn path(&self, id: FlowRunId) -> String {
        self.site.path(&format!("/flows/runs/{id}"))
    }
}

fn ended(id: FlowRunId, run: FlowRun) -> Result<FlowRun> {
    let kind = match run.status.as_deref() {
        Some("Success") => return Ok(run),
        Some("Failed") => ErrorKind::JobFailed,
        Some("Cancelled") => ErrorKind::JobCancelled,
        other => {
            let message = format!("the flow run {id} ended as '{}'", other.unwrap_or_default());
            return Err(Error::new(ErrorKind::UnexpectedAnswer, message));
        }
    };
    let what = match kind {
        ErrorKind::JobFailed => "failed",
        _ => "was cancelled",
    };
    let job = run
        .background_job_id
        .map(|job| format!(" (job {job})"))
        .unwrap_or_default();
    Err(Error::new(kind, format!("the flow run {id} {what}{job}")))
}
