//! Publishes a workbook, downloads it again and compares the bytes:
//! `VIVANT_PASSWORD=… cargo run -p vivant-client --example publish -- http://localhost:8000 admin book.twbx`.

use std::io::Read;
use std::path::Path;

use vivant_client::{Client, Credentials, DownloadOptions, Error, PublishMode, PublishWorkbook};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, user, file] = arguments.as_slice() else {
        return Err("give a server, a user name and a file".into());
    };
    let credentials = Credentials::password(user, std::env::var("VIVANT_PASSWORD")?);
    let options = PublishWorkbook {
        mode: PublishMode::Overwrite,
        ..PublishWorkbook::default()
    };
    let folder = tempfile::tempdir()?;
    let got = Client::builder(server)
        .build()?
        .with_session(credentials, async |site| {
            let workbook = site.workbooks().publish(options, file.as_str()).await?;
            let id = workbook.id.expect("a published workbook has an id");
            eprintln!("published {} as {id}", workbook.name.unwrap_or_default());
            site.workbooks()
                .download(id, folder.path(), DownloadOptions::default())
                .await
        })
        .await
        .map_err(|error: Error| format!("{error}\n{}", error.hint().unwrap_or_default()))?;
    let back = got.path.expect("it went to a folder");
    eprintln!(
        "downloaded {} bytes, {}",
        got.bytes,
        if same(Path::new(file), &back)? {
            "the same"
        } else {
            "others"
        }
    );
    Ok(())
}

/// Compares two files piece by piece.
fn same(one: &Path, other: &Path) -> std::io::Result<bool> {
    if std::fs::metadata(one)?.len() != std::fs::metadata(other)?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (std::fs::File::open(one)?, std::fs::File::open(other)?);
    let (mut a, mut b) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        let read = one.read(&mut a)?;
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(&mut b[..read])?;
        if a[..read] != b[..read] {
            return Ok(false);
        }
    }
}
