//! What workbooks, data sources and flows have in common: files that go up and down, and where they are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use vivant_client::model::Luid;
use vivant_client::types::Job;
use vivant_client::{DownloadOptions, Downloaded, Source, Target, WaitOptions};

use crate::exit::{Unclear, UsageError};
use crate::output;
use crate::resource::{Attempt, Kind, Value, Work, value};

/// Where a download goes.
#[derive(Debug, Args)]
pub struct To {
    /// File or folder to write, `-` is stdout [default: the present folder, under the server's name for it]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Replace a file that exists
    #[arg(long)]
    overwrite: bool,
}

impl To {
    /// Downloads to where it was asked for, and says where that is.
    pub async fn download<E: Into<anyhow::Error>>(
        &self,
        work: &Work<'_>,
        fetch: impl AsyncFnOnce(Target) -> Result<Downloaded, E>,
    ) -> anyhow::Result<()> {
        let to = self.output.clone().unwrap_or_else(|| ".".into());
        if to == Path::new("-") {
            fetch(Target::writer(tokio::io::stdout()))
                .await
                .map_err(Into::into)?;
            return Ok(());
        }
        if !to.is_dir() && to.exists() && !self.overwrite {
            let message = format!("{} exists; --overwrite replaces it", to.display());
            return Err(Unclear::conflict(message).into());
        }
        let progress = work.progress();
        if !to.is_dir() || self.overwrite {
            let downloaded = fetch(progress.fetching(to)).await.map_err(Into::into)?;
            drop(progress);
            return told(&downloaded);
        }
        // The server knows the name: the file goes beside its place first, so that none is replaced.
        let folder = tempfile::Builder::new()
            .prefix(".vivant-")
            .tempdir_in(&to)
            .map_err(|error| UsageError(format!("{} cannot be written: {error}", to.display())))?;
        let mut downloaded = fetch(progress.fetching(folder.path()))
            .await
            .map_err(Into::into)?;
        drop(progress);
        let place = to.join(&downloaded.file_name);
        if place.exists() {
            let message = format!("{} exists; --overwrite replaces it", place.display());
            return Err(Unclear::conflict(message).into());
        }
        let from = downloaded
            .path
            .take()
            .unwrap_or_else(|| folder.path().join(&downloaded.file_name));
        std::fs::rename(&from, &place)?;
        downloaded.path = Some(place);
        told(&downloaded)
    }
}

impl To {
    /// The ending of the file that was named, if one was.
    pub fn ending(&self) -> Option<String> {
        self.output.as_deref().and_then(super::export::ending)
    }

    /// The same for content that the server has no name for.
    pub async fn named<E: Into<anyhow::Error>>(
        &self,
        work: &Work<'_>,
        name: &str,
        fetch: impl AsyncFnOnce(Target) -> Result<Downloaded, E>,
    ) -> anyhow::Result<()> {
        let output = match &self.output {
            None => PathBuf::from(name),
            Some(path) if path.is_dir() => path.join(name),
            Some(path) => path.clone(),
        };
        let to = Self {
            output: Some(output),
            overwrite: self.overwrite,
        };
        to.download(work, fetch).await
    }
}

fn told(downloaded: &Downloaded) -> anyhow::Result<()> {
    if let Some(path) = &downloaded.path {
        output::stdout(format!("{}\n", path.display()).as_bytes())?;
    }
    Ok(())
}

/// Which content a download has.
#[derive(Debug, Args)]
pub struct With {
    /// Leave extracts out
    #[arg(long)]
    no_extract: bool,
}

impl With {
    /// As the client takes it.
    pub fn options(&self) -> DownloadOptions {
        DownloadOptions {
            include_extract: !self.no_extract,
        }
    }
}

/// Refuses files that are not there, and one name for several, before anything goes up.
pub fn check_files(files: &[PathBuf], name: Option<&str>) -> Result<(), UsageError> {
    if name.is_some() && files.len() > 1 {
        return Err(UsageError(
            "--name is for one file; several keep their own names".to_owned(),
        ));
    }
    for file in files {
        match std::fs::metadata(file) {
            Ok(data) if data.is_dir() => {
                return Err(UsageError(format!(
                    "{} is a folder, not a file to publish",
                    file.display()
                )));
            }
            Ok(_) => {}
            Err(error) => return Err(UsageError(format!("{} cannot be read: {error}", file.display()))),
        }
    }
    Ok(())
}

/// Publishes files one after the other, each a step of its own.
pub async fn publish_files(
    work: &Work<'_>,
    noun: &str,
    files: Vec<PathBuf>,
    publish: impl AsyncFn(Source) -> vivant_client::Result<Value>,
) -> anyhow::Result<()> {
    let progress = work.progress();
    for file in files {
        let shown = file.display().to_string();
        let doing = async { Ok(Some(publish(progress.sending(file)).await?)) };
        work.step(Attempt::new("publish", noun, &shown), doing).await?;
    }
    Ok(())
}

/// An item of any kind that something is done with.
#[derive(Debug, Args)]
pub struct Of {
    /// What the item is: workbook, view, datasource, project, flow and so on
    #[arg(value_name = "TYPE")]
    pub kind: String,
    /// Its name, path or id
    #[arg(value_name = "ITEM")]
    pub item: String,
}

/// Finds what belongs to a kind in a table; the kind is named as on the command line, in the singular or plural.
pub fn aspect<T>(
    table: &'static [T],
    kind: fn(&T) -> &'static Kind,
    word: &str,
) -> Result<&'static T, UsageError> {
    let plain = |text: &str| text.to_lowercase().replace([' ', '-', '_'], "");
    let wanted = plain(word);
    let found = table.iter().find(|one| {
        let noun = plain(kind(one).noun);
        noun == wanted || format!("{noun}s") == wanted
    });
    found.ok_or_else(|| {
        let names: Vec<String> = table.iter().map(|one| kind(one).noun.replace(' ', "")).collect();
        UsageError(format!(
            "a '{word}' has none of these; one of {} does",
            names.join(", ")
        ))
    })
}

/// Whether to wait for a job, and how long.
#[derive(Debug, Args)]
pub struct Wait {
    /// Wait until the job has ended; its failure is the command's
    #[arg(long)]
    pub wait: bool,
    /// Wait no longer than this
    #[arg(long, value_name = "SECONDS", requires = "wait")]
    wait_timeout: Option<u64>,
}

impl Wait {
    /// Waits, so long at most.
    pub fn no_longer(seconds: Option<u64>) -> Self {
        Self {
            wait: true,
            wait_timeout: seconds,
        }
    }

    /// Waits if that was asked for, and returns what the job is then.
    pub async fn after(&self, work: &Work<'_>, job: Job) -> anyhow::Result<Value> {
        let job = match (self.wait, job.id) {
            (true, Some(id)) => self.until_end(work, id).await?,
            _ => job,
        };
        Ok(value(&job))
    }

    /// Waits until a job has ended.
    pub async fn until_end(&self, work: &Work<'_>, id: Luid) -> anyhow::Result<Job> {
        let progress = work.progress();
        progress.phase("waiting for the job");
        let mut options = WaitOptions::new();
        if let Some(seconds) = self.wait_timeout {
            options = options.within(Duration::from_secs(seconds));
        }
        Ok(work.site.wait_for_job(id, options).await?)
    }
}
