//! `vivant tasks`: what schedules do to workbooks and data sources.

use clap::Args;
use vivant_client::model::TaskId;

use super::content::Wait;
use crate::resource::{
    Action, Column, DELETE, Found, GET, Kind, LIST, Resource, Work, column, number, once, value, verb,
};

/// Tasks that refresh extracts.
pub static KIND: Kind = Kind {
    name: "id",
    get: Some(|site, id| {
        Box::pin(async move { Ok(value(&site.tasks().extract_refresh(id.parse::<TaskId>()?).await?)) })
    }),
    delete: Some(|site, id| Box::pin(async move { Ok(site.tasks().delete(id.parse::<TaskId>()?).await?) })),
    ..Kind::new("task", COLUMNS, &[], |site, _| {
        once(async move { site.tasks().extract_refreshes().await })
    })
};

const COLUMNS: &[Column] = &[
    column("TYPE", "type"),
    column("WORKBOOK", "workbook.id"),
    column("DATA SOURCE", "datasource.id"),
    column("SCHEDULE", "schedule.name"),
    column("NEXT RUN", "schedule.nextRunAt"),
    number("PRIORITY", "priority"),
    number("FAILED", "consecutiveFailedCount"),
    column("ID", "id"),
];

/// `vivant tasks`.
pub const RESOURCE: Resource = Resource {
    name: "tasks",
    aliases: &["task"],
    about: "Refreshes of extracts that schedules begin; `vivant schedules add` makes one",
    kind: &KIND,
    verbs: &[LIST, GET, verb::<Run>("run"), DELETE],
};

/// Run tasks now; the answers are jobs
#[derive(Debug, Args)]
struct Run {
    /// Their ids
    #[arg(value_name = "TASK", required = true)]
    items: Vec<String>,
    #[command(flatten)]
    wait: Wait,
}

impl Action for Run {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |found: &Found| {
            let id: TaskId = found.luid()?;
            let job = work.site.tasks().run_extract_refresh(id).await?;
            Ok(Some(self.wait.after(work, job).await?))
        };
        work.each("run", "", &self.items, doing).await
    }
}
