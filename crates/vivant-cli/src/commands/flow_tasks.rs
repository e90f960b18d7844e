//! `vivant flow-tasks`: tasks that run flows.

use clap::Args;

use crate::resource::{
    Action, Column, Found, GET, Kind, LIST, Resource, Work, column, inner, number, pages, value, verb,
};

/// Tasks that run flows.
pub static KIND: Kind = Kind {
    name: "flow.name",
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.flow_tasks().get(id.parse()?).await?)) })),
    ..Kind::new("flow task", COLUMNS, &[], |site, options| {
        inner(pages(site.flow_tasks().list(options)), "flowRun")
    })
};

const COLUMNS: &[Column] = &[
    column("FLOW", "flow.name"),
    column("SCHEDULE", "schedule.name"),
    column("NEXT RUN", "schedule.nextRunAt"),
    number("PRIORITY", "priority"),
    number("FAILED", "consecutiveFailedCount"),
    column("ID", "id"),
];

/// `vivant flow-tasks`.
pub const RESOURCE: Resource = Resource {
    name: "flow-tasks",
    aliases: &["flow-task"],
    about: "Tasks that run flows",
    kind: &KIND,
    verbs: &[LIST, GET, verb::<Run>("run")],
};

/// Run tasks now; the answers are jobs
#[derive(Debug, Args)]
struct Run {
    /// Ids, or the names of the flows
    #[arg(value_name = "TASK", required = true)]
    items: Vec<String>,
}

impl Action for Run {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |found: &Found| Ok(Some(value(&work.site.flow_tasks().run(found.luid()?).await?)));
        work.each("run", "", &self.items, doing).await
    }
}
