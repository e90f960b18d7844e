//! `vivant jobs`: what the server does in the background.

use clap::Args;
use vivant_client::filters;
use vivant_client::model::{JobId, Luid};

use super::content::Wait;
use crate::resource::{
    Action, Attempt, Column, Found, GET, Kind, LIST, Resource, Work, column, number, pages, value, verb,
};

/// Jobs.
pub static KIND: Kind = Kind {
    name: "id",
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.jobs().get(id.parse::<JobId>()?).await?)) })),
    ..Kind::new("job", COLUMNS, filters::JOBS, |site, options| {
        pages(site.jobs().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("TYPE", "jobType"),
    column("STATUS", "status"),
    column("TITLE", "title"),
    number("PRIORITY", "priority"),
    column("CREATED", "createdAt"),
    column("STARTED", "startedAt"),
    column("ENDED", "endedAt"),
    column("ID", "id"),
];

/// `vivant jobs`.
pub const RESOURCE: Resource = Resource {
    name: "jobs",
    aliases: &["job"],
    about: "What the server does in the background",
    kind: &KIND,
    verbs: &[LIST, GET, verb::<WaitFor>("wait"), verb::<Cancel>("cancel")],
};

/// Wait until a job has ended; its failure is the command's
#[derive(Debug, Args)]
struct WaitFor {
    /// Its id
    job: Luid,
    /// Wait no longer than this
    #[arg(long, value_name = "SECONDS")]
    within: Option<u64>,
}

impl Action for WaitFor {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let job = Wait::no_longer(self.within).until_end(work, self.job).await?;
        work.item(COLUMNS, &value(&job));
        Ok(())
    }
}

/// Cancel jobs
#[derive(Debug, Args)]
struct Cancel {
    /// Their ids
    #[arg(value_name = "JOB", required = true)]
    jobs: Vec<Luid>,
}

impl Action for Cancel {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        for job in self.jobs {
            let found = Found {
                id: job.to_string(),
                label: job.to_string(),
                item: None,
            };
            let doing = async {
                work.site.jobs().cancel(job).await?;
                Ok(None)
            };
            work.step(Attempt::on("cancel", "job", &found), doing).await?;
        }
        Ok(())
    }
}
