//! Downloads a workbook, and goes on where an earlier run of the program was broken off:
//! `VIVANT_PASSWORD=… cargo run -p vivant-client --example download -- http://localhost:8000 admin /Sales/Report . ~/.cache/reports`.
//!
//! The workbook is given by its LUID, its name or its path; what is noted for the next run goes to the last folder.

use std::path::Path;

use vivant_client::{Client, Credentials, DownloadOptions, Error};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, user, workbook, to, cache] = arguments.as_slice() else {
        return Err("give a server, a user name, a workbook, where it goes, and a folder for notes".into());
    };
    let credentials = Credentials::password(user, std::env::var("VIVANT_PASSWORD")?);
    let got = Client::builder(server)
        .cache_folder(cache)
        .build()?
        .with_session(credentials, async |site| {
            let workbook = site.workbooks().find(workbook).await?;
            let id = workbook.id.expect("a workbook that was found has an id");
            site.workbooks()
                .download(id, Path::new(to), DownloadOptions::default())
                .await
        })
        .await
        .map_err(|error: Error| format!("{error}\n{}", error.hint().unwrap_or_default()))?;
    eprintln!("{}: {} bytes", got.file_name, got.bytes);
    Ok(())
}
