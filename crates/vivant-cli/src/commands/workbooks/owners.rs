//! `vivant workbooks owners`: every workbook that the caller may see, with its size and its owner.
//!
//! Owners come in one pass: with the list where the server gives them, else from one list of users,
//! and one by one only for those that neither has.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::process::ExitCode;

use futures_util::{StreamExt, TryStreamExt, stream};
use vivant_client::model::UserId;
use vivant_client::types::{User, Workbook};
use vivant_client::{ErrorKind, ListOptions, Site};

use crate::connection::Connection;
use crate::csv;
use crate::exit::{self, Exit};
use crate::logging::Level;
use crate::output::Destination;
use crate::progress::Progress;

/// How many owners are asked for at once, where they must be asked for one by one.
const AT_ONCE: usize = 8;

/// List every workbook with its size and owner
///
/// Writes the columns workbook_name, size (megabytes) and owner_name for all workbooks of the site that
/// the user may see, in the server's order. Works with Vivant, Tableau Server and Tableau Cloud.
#[derive(Debug, clap::Args)]
#[command(after_help = exit::HELP)]
pub struct Args {
    /// File to write; `-` is stdout [default: list_workbooks.csv, with --json stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write a JSON array instead of CSV
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// A row of the list.
struct Row {
    name: String,
    size: Option<u64>,
    owner: Option<String>,
}

/// Owners that could not be found out, and why.
type Trouble = Vec<String>;

/// Runs the command.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let usual = if args.json { "-" } else { "list_workbooks.csv" };
    let destination = Destination::open(&args.output.unwrap_or_else(|| usual.into()))?;
    let level = args.connection.logging_level();
    let progress = Progress::new(level > Level::Error);
    let (rows, trouble) = args
        .connection
        .session(async |site: &Site| collect(site, &progress).await)
        .await?;
    drop(progress);
    let name = destination.name();
    let text = if args.json { to_json(&rows) } else { to_csv(&rows) };
    destination.write(text.as_bytes())?;
    tracing::info!(workbooks = rows.len(), file = %name, "written");
    for line in &trouble {
        eprintln!("vivant: {line}");
    }
    Ok(match trouble.is_empty() {
        true => ExitCode::SUCCESS,
        false => Exit::Partial.into(),
    })
}

async fn collect(site: &Site, progress: &Progress) -> anyhow::Result<(Vec<Row>, Trouble)> {
    let workbooks = list_workbooks(site, progress).await?;
    tracing::info!(workbooks = workbooks.len(), "listed");
    let mut names: HashMap<UserId, String> = HashMap::new();
    let mut missing = BTreeSet::new();
    for owner in workbooks.iter().filter_map(|w| w.owner.as_ref()) {
        match (owner.id, &owner.name) {
            (Some(id), Some(name)) => {
                names.insert(id, name.clone());
            }
            (Some(id), None) => {
                missing.insert(id);
            }
            (None, _) => {}
        }
    }
    missing.retain(|id| !names.contains_key(id));
    let trouble = find_names(site, missing, &mut names, progress).await?;
    let rows = workbooks.into_iter().map(|workbook| {
        let owner = workbook.owner.unwrap_or_default();
        Row {
            name: workbook.name.unwrap_or_default(),
            size: workbook.size,
            owner: owner.name.or_else(|| names.get(&owner.id?).cloned()),
        }
    });
    Ok((rows.collect(), trouble))
}

/// Lists all workbooks, with the owners' names where the server can add them.
async fn list_workbooks(site: &Site, progress: &Progress) -> anyhow::Result<Vec<Workbook>> {
    let with_owners = ListOptions::new().fields("_default_,owner.name");
    match list(site, with_owners, progress).await {
        // Tableau: a server may know the parameter but not this field of it.
        Err(error) if error.kind() == ErrorKind::Rejected => {
            tracing::info!(reason = %error, "asking without the owners' names");
            Ok(list(site, ListOptions::new(), progress).await?)
        }
        outcome => Ok(outcome?),
    }
}

async fn list(
    site: &Site,
    options: ListOptions,
    progress: &Progress,
) -> vivant_client::Result<Vec<Workbook>> {
    progress.phase("workbooks");
    let mut workbooks = Vec::new();
    let mut pages = std::pin::pin!(site.workbooks().list(options).pages());
    while let Some(page) = pages.try_next().await? {
        if let Some(total) = page.total {
            progress.total(total);
        }
        progress.add(page.items.len());
        workbooks.extend(page.items);
    }
    Ok(workbooks)
}

/// Finds the names of owners that the list did not have.
async fn find_names(
    site: &Site,
    mut missing: BTreeSet<UserId>,
    names: &mut HashMap<UserId, String>,
    progress: &Progress,
) -> anyhow::Result<Trouble> {
    if missing.is_empty() {
        return Ok(Trouble::new());
    }
    tracing::info!(owners = missing.len(), "looking for the owners' names");
    progress.phase("owners");
    progress.total(missing.len() as u64);
    let mut pages = std::pin::pin!(site.users().list(ListOptions::new()).pages());
    loop {
        let page = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => break,
            // Only administrators may list users; anybody may ask for one.
            Err(error) if error.kind() == ErrorKind::Forbidden => {
                tracing::info!(reason = %error, "users cannot be listed");
                break;
            }
            Err(error) => return Err(error.into()),
        };
        for user in &page.items {
            if let (Some(id), Some(name)) = (user.id, &user.name)
                && missing.remove(&id)
            {
                names.insert(id, name.clone());
                progress.add(1);
            }
        }
        let pages_left = page
            .total
            .unwrap_or(0)
            .div_ceil(u64::from(page.size))
            .saturating_sub(u64::from(page.number));
        // A few owners among very many users are fewer requests than the rest of the list.
        if missing.len() as u64 <= pages_left {
            break;
        }
    }
    let mut found = stream::iter(missing)
        .map(async |id| (id, site.users().get(id).await))
        .buffer_unordered(AT_ONCE);
    let mut trouble = Trouble::new();
    while let Some((id, outcome)) = found.next().await {
        progress.add(1);
        match outcome {
            Ok(User { name: Some(name), .. }) => {
                names.insert(id, name);
            }
            Ok(_) => trouble.push(format!("the server does not say the name of the owner {id}")),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Forbidden) => {
                trouble.push(format!("the name of the owner {id} stays empty: {error}"));
            }
            Err(error) => return Err(error.into()),
        }
    }
    trouble.sort();
    Ok(trouble)
}

fn to_csv(rows: &[Row]) -> String {
    let mut text = String::new();
    csv::row(&mut text, &["workbook_name", "size", "owner_name"]);
    for row in rows {
        let size = row.size.map(|size| size.to_string()).unwrap_or_default();
        csv::row(
            &mut text,
            &[&row.name, &size, row.owner.as_deref().unwrap_or_default()],
        );
    }
    text
}

fn to_json(rows: &[Row]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| serde_json::json!({"workbook_name": row.name, "size": row.size, "owner_name": row.owner}))
        .collect();
    format!("{:#}\n", serde_json::Value::Array(rows))
}
