//! `vivant linked-tasks`: tasks that run one after the other.

use clap::Args;

use crate::resource::{
    Action, Column, Found, GET, Kind, LIST, Resource, Work, column, number, pages, value, verb,
};

/// Chains of tasks.
pub static KIND: Kind = Kind {
    name: "id",
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.linked_tasks().get(id.parse()?).await?)) })),
    ..Kind::new("linked task", COLUMNS, &[], |site, options| {
        pages(site.linked_tasks().list(options))
    })
};

const COLUMNS: &[Column] = &[
    number("STEPS", "numSteps"),
    column("SCHEDULE", "schedule.name"),
    column("NEXT RUN", "schedule.nextRunAt"),
    column("ID", "id"),
];

/// `vivant linked-tasks`.
pub const RESOURCE: Resource = Resource {
    name: "linked-tasks",
    aliases: &["linked-task"],
    about: "Tasks that run one after the other",
    kind: &KIND,
    verbs: &[LIST, GET, verb::<Run>("run")],
};

/// Run linked tasks now; the answers are jobs
#[derive(Debug, Args)]
struct Run {
    /// Ids
    #[arg(value_name = "TASK", required = true)]
    items: Vec<String>,
}

impl Action for Run {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |found: &Found| {
            Ok(Some(value(
                &work.site.linked_tasks().run_now(found.luid()?).await?,
            )))
        };
        work.each("run", "", &self.items, doing).await
    }
}
