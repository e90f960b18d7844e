//! What workbooks, data sources and flows have in common: files that go up and down, and where they are.

use std::path::{Path, PathBuf};

use clap::Args;
use vivant_client::{DownloadOptions, Downloaded, Target};

use crate::exit::{Unclear, UsageError};
use crate::output;
use crate::resource::Work;

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
    pub async fn download(
        &self,
        work: &Work<'_>,
        fetch: impl AsyncFnOnce(Target) -> vivant_client::Result<Downloaded>,
    ) -> anyhow::Result<()> {
        let to = self.output.clone().unwrap_or_else(|| ".".into());
        if to == Path::new("-") {
            fetch(Target::writer(tokio::io::stdout())).await?;
            return Ok(());
        }
        if !to.is_dir() && to.exists() && !self.overwrite {
            let message = format!("{} exists; --overwrite replaces it", to.display());
            return Err(Unclear::conflict(message).into());
        }
        let progress = work.progress();
        progress.phase("downloading");
        if !to.is_dir() || self.overwrite {
            let downloaded = fetch(Target::Path(to)).await?;
            drop(progress);
            return told(&downloaded);
        }
        // The server knows the name: the file goes beside its place first, so that none is replaced.
        let folder = tempfile::Builder::new()
            .prefix(".vivant-")
            .tempdir_in(&to)
            .map_err(|error| UsageError(format!("{} cannot be written: {error}", to.display())))?;
        let mut downloaded = fetch(Target::Path(folder.path().to_owned())).await?;
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
