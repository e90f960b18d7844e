//! `vivant flow-runs`: how flows ran.

use clap::Args;
use vivant_client::filters;

use crate::resource::{
    Action, Column, Found, GET, Kind, LIST, Resource, Work, column, number, pages, value, verb,
};

/// Runs of flows.
pub static KIND: Kind = Kind {
    name: "id",
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.flow_runs().get(id.parse()?).await?)) })),
    ..Kind::new("flow run", COLUMNS, filters::FLOW_RUNS, |site, options| {
        pages(site.flow_runs().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("FLOW", "flowId"),
    column("STATUS", "status"),
    number("%", "progress"),
    column("STARTED", "startedAt"),
    column("COMPLETED", "completedAt"),
    column("JOB", "backgroundJobId"),
    column("ID", "id"),
];

/// `vivant flow-runs`.
pub const RESOURCE: Resource = Resource {
    name: "flow-runs",
    aliases: &["flow-run"],
    about: "How flows ran",
    kind: &KIND,
    verbs: &[LIST, GET, verb::<Cancel>("cancel")],
};

/// Cancel runs that go on
#[derive(Debug, Args)]
struct Cancel {
    /// Ids
    #[arg(value_name = "RUN", required = true)]
    items: Vec<String>,
}

impl Action for Cancel {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |found: &Found| {
            work.site.flow_runs().cancel(found.luid()?).await?;
            Ok(None)
        };
        work.each("cancel", "", &self.items, doing).await
    }
}
