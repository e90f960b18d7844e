//! Extracts of workbooks and data sources: refresh, create, delete.

use clap::Args;
use vivant_client::Site;
use vivant_client::types::Job;

use super::content::Wait;
use super::{datasources, workbooks};
use crate::resource::{Action, Found, Kind, Task, Verb, Work, value, verb};

/// Refreshes extracts.
pub const REFRESH: Verb = verb::<Refresh>("refresh");
/// Makes extracts of live connections.
pub const CREATE: Verb = verb::<Create>("create-extract");
/// Deletes extracts.
pub const DELETE: Verb = verb::<Delete>("delete-extract");

/// Content that has extracts.
struct Extracted {
    kind: &'static Kind,
    /// Refreshes by id, perhaps only what is new; there is no job where one waits already.
    refresh: fn(Site, String, bool) -> Task<Option<Job>>,
    /// Makes extracts, perhaps encrypted.
    create: fn(Site, String, bool) -> Task<Job>,
    /// Deletes extracts; some servers answer with a job.
    delete: fn(Site, String) -> Task<Option<Job>>,
}

const EXTRACTED: &[Extracted] = &[
    Extracted {
        kind: &workbooks::KIND,
        refresh: |site, id, incremental| {
            Box::pin(async move { Ok(site.workbooks().refresh(id.parse()?, incremental).await?) })
        },
        create: |site, id, encrypt| {
            Box::pin(async move {
                Ok(site
                    .workbooks()
                    .create_extract(id.parse()?, encrypt, None)
                    .await?)
            })
        },
        delete: |site, id| {
            Box::pin(async move { Ok(site.workbooks().delete_extract(id.parse()?, None).await?) })
        },
    },
    Extracted {
        kind: &datasources::KIND,
        refresh: |site, id, incremental| {
            Box::pin(async move { Ok(site.datasources().refresh(id.parse()?, incremental).await?) })
        },
        create: |site, id, encrypt| {
            Box::pin(async move { Ok(site.datasources().create_extract(id.parse()?, encrypt).await?) })
        },
        delete: |site, id| {
            Box::pin(async move {
                site.datasources().delete_extract(id.parse()?).await?;
                Ok(None)
            })
        },
    },
];

fn extracted(work: &Work<'_>) -> &'static Extracted {
    EXTRACTED
        .iter()
        .find(|one| std::ptr::eq(one.kind, work.kind))
        .expect("only kinds of the table have these verbs")
}

/// Refresh extracts now; the answers are jobs
#[derive(Debug, Args)]
struct Refresh {
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
    /// Fetch only what is new
    #[arg(long)]
    incremental: bool,
    #[command(flatten)]
    wait: Wait,
}

impl Action for Refresh {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let refresh = extracted(work).refresh;
        let doing = async |found: &Found| {
            let job = refresh(work.site.clone(), found.id.clone(), self.incremental).await?;
            match job {
                Some(job) => Ok(Some(self.wait.after(work, job).await?)),
                None => Ok(None),
            }
        };
        work.each("refresh", "", &self.items, doing).await
    }
}

/// Make extracts of live connections; the answers are jobs
#[derive(Debug, Args)]
struct Create {
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
    /// Keep the extract encrypted
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    wait: Wait,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let create = extracted(work).create;
        let doing = async |found: &Found| {
            let job = create(work.site.clone(), found.id.clone(), self.encrypt).await?;
            Ok(Some(self.wait.after(work, job).await?))
        };
        work.each("extract", "", &self.items, doing).await
    }
}

/// Delete extracts, so that the connections are live again
#[derive(Debug, Args)]
struct Delete {
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
}

impl Action for Delete {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let delete = extracted(work).delete;
        let doing = async |found: &Found| {
            let job = delete(work.site.clone(), found.id.clone()).await?;
            Ok(job.map(|job| value(&job)))
        };
        work.each("delete the extract of", "", &self.items, doing).await
    }
}
