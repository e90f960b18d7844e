//! `vivant file-uploads`: content in chunks, for requests that publish it afterwards.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::resource::{Action, Attempt, Column, Kind, Resource, Work, column, number, value, verb};

const COLUMNS: &[Column] = &[column("SESSION", "uploadSessionId"), number("MB", "fileSize")];

static KIND: Kind = Kind::unlisted("upload session", COLUMNS);

/// `vivant file-uploads`.
pub const RESOURCE: Resource = Resource {
    name: "file-uploads",
    aliases: &["file-upload"],
    about: "Upload content in chunks, for a `vivant request` that publishes it; `publish` does so by itself",
    kind: &KIND,
    verbs: &[
        verb::<Create>("create"),
        verb::<Append>("append"),
        verb::<Upload>("upload"),
    ],
};

/// Begin an upload session
#[derive(Debug, Args)]
struct Create {}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async { Ok(Some(value(&work.site.file_uploads().initiate().await?))) };
        let begun = work
            .step(Attempt::new("begin", work.kind.noun, "-"), doing)
            .await?;
        if let (Some(begun), false) = (begun, work.for_programs()) {
            work.item(COLUMNS, &begun);
        }
        Ok(())
    }
}

/// Append a file of at most 64 MB to an upload session
#[derive(Debug, Args)]
struct Append {
    /// The session's id
    #[arg(value_name = "SESSION")]
    session: String,
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Action for Append {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        super::content::check_files(std::slice::from_ref(&self.file), None)?;
        let shown = self.file.display().to_string();
        let progress = work.progress();
        let doing = async {
            let source = progress.sending(self.file);
            Ok(Some(value(
                &work.site.file_uploads().append(&self.session, source).await?,
            )))
        };
        work.step(
            Attempt::new("append", "file", &shown).detail(&self.session),
            doing,
        )
        .await?;
        Ok(())
    }
}

/// Upload a file of any size in chunks, and say the id of its upload session
#[derive(Debug, Args)]
struct Upload {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Action for Upload {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        super::content::check_files(std::slice::from_ref(&self.file), None)?;
        let shown = self.file.display().to_string();
        let progress = work.progress();
        let doing = async {
            let session = work
                .site
                .file_uploads()
                .upload(progress.sending(self.file))
                .await?;
            Ok(Some(json!({"uploadSessionId": session})))
        };
        let uploaded = work.step(Attempt::new("upload", "file", &shown), doing).await?;
        if let (Some(uploaded), false) = (uploaded, work.for_programs()) {
            work.item(COLUMNS, &uploaded);
        }
        Ok(())
    }
}
