//! What `scripts/bench/client` measures of this client:
//!
//! - `client_bench SERVER USER publish FILE NAME` publishes a workbook, in place of one of that name;
//! - `client_bench SERVER USER list OUTPUT` writes a line for each workbook of the site: name, owner, how many views,
//!   and the addresses of its connections.
//!
//! The password is in `VIVANT_PASSWORD`. The last line of standard output is the program's largest memory in MB.

use std::collections::HashMap;
use std::io::Write;

use futures_util::{StreamExt, TryStreamExt, stream};
use vivant_client::model::WorkbookId;
use vivant_client::{Client, Credentials, Error, ListOptions, PublishMode, PublishWorkbook, Site};

/// How many workbooks are asked for their connections at once.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (server, user) = match arguments[..] {
        [server, user, ..] => (server, user),
        _ => return Err("give a server, a user name and what to do".into()),
    };
    let credentials = Credentials::password(user, std::env::var("VIVANT_PASSWORD")?);
    let client = Client::builder(server).build()?;
    match arguments[2..] {
        ["publish", file, name] => {
            client
                .with_session(credentials, async |site| publish(&site, file, name).await)
                .await?;
        }
        ["list", output] => {
            let rows = client
                .with_session(credentials, async |site| list(&site).await)
                .await?;
            std::fs::write(output, rows.concat())?;
        }
        _ => return Err("give `publish FILE NAME` or `list OUTPUT`".into()),
    }
    writeln!(std::io::stdout(), "{:.1}", peak_memory()?)?;
    Ok(())
}

async fn publish(site: &Site, file: &str, name: &str) -> Result<(), Error> {
    let options = PublishWorkbook {
        name: Some(name.to_owned()),
        mode: PublishMode::Overwrite,
        skip_connection_check: true,
        ..PublishWorkbook::default()
    };
    site.workbooks().publish(options, file).await.map(|_| ())
}

async fn list(site: &Site) -> Result<Vec<String>, Error> {
    let workbooks = site.workbooks();
    let options = || ListOptions::new().fields("_default_,owner.name");
    // The views of all workbooks are one list; only connections have to be asked for one by one.
    let (books, views) = futures_util::try_join!(
        workbooks.list(options()).all(),
        site.views().list(ListOptions::new()).all()
    )?;
    let mut counts = HashMap::<WorkbookId, usize>::new();
    for id in views.iter().filter_map(|view| view.workbook.as_ref()?.id) {
        *counts.entry(id).or_default() += 1;
    }
    stream::iter(books)
        .map(|book| {
            let (workbooks, counts) = (&workbooks, &counts);
            async move {
                let id = book.id.expect("a listed workbook has an id");
                let connections = workbooks.connections(id).await?;
                let mut servers: Vec<String> =
                    connections.into_iter().filter_map(|c| c.server_address).collect();
                servers.sort();
                Ok(format!(
                    "{}\t{}\t{}\t{}\n",
                    book.name.unwrap_or_default(),
                    book.owner.and_then(|owner| owner.name).unwrap_or_default(),
                    counts.get(&id).copied().unwrap_or(0),
                    servers.join(",")
                ))
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}

/// The largest memory so far, in MB, as Linux counts it.
fn peak_memory() -> Result<f64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().next())
        .ok_or("no VmHWM")?;
    Ok(kilobytes.parse::<f64>()? / 1024.0)
}
