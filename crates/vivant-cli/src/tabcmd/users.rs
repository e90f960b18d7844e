//! Commands on files of users: creating, deleting, and the members of groups.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt};
use vivant_client::model::{GroupId, UserId};
use vivant_client::types::User;
use vivant_client::{Filter, ListOptions, Site};

use super::args::{Completeness, CreateUsers, DeleteUsers, Global, Members, Waiting};
use super::console::Console;
use super::failure::Failure;
use super::lookup;
use super::session::Session;
use super::user_file::{self, Detail, Row};

/// How many requests run at once.
const AT_ONCE: usize = 4;
/// How many users one request looks up.
const NAMES_AT_ONCE: usize = 50;
/// How many failures are shown, where there are many.
const SHOWN: usize = 5;

/// Which users are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Those of the session's site.
    Site,
    /// Those of the server.
    Server,
}

/// What happens to the members of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// They are added.
    Add,
    /// They are taken out.
    Remove,
}

impl Waiting {
    /// Says that flags of the classic program have no effect.
    pub fn note(self, console: &Console) {
        for (given, name) in [
            (self.nowait, "--nowait"),
            (self.silent_progress, "--silent-progress"),
        ] {
            if given {
                console.debug(format!(
                    "{name} has no effect: the work is done when the command ends"
                ));
            }
        }
    }
}

/// Reads and checks a file; under `--complete` one bad line stops everything.
fn read(
    path: &std::path::Path,
    detail: Detail,
    completeness: Completeness,
    console: &Console,
) -> Result<Vec<Row>, Failure> {
    let rows = user_file::read(path, detail)?;
    let mut bad = 0;
    let mut good = Vec::with_capacity(rows.len());
    for row in rows {
        match user_file::problem(&row, detail) {
            Some(problem) => {
                bad += 1;
                // The other columns may hold a password.
                console.info(format!(
                    "line {} for user '{}': '{problem}'",
                    row.line,
                    row.name()
                ));
            }
            None => good.push(row),
        }
    }
    match (bad, completeness.no_complete) {
        (0, _) | (_, true) => Ok(good),
        (_, false) => Err(Failure::told(format!(
            "{bad} lines of {} are not valid and nothing was done; --no-complete does the others",
            path.display()
        ))),
    }
}

/// Adds the users of a file to the site.
pub async fn create(
    args: CreateUsers,
    place: Where,
    global: &Global,
    console: &Console,
) -> Result<(), Failure> {
    let rows = read(&args.file, Detail::Users, args.completeness, console)?;
    args.waiting.note(console);
    Session::with(global, console, async |session| {
        if place == Where::Server {
            one_site(session).await?;
        }
        console.info(format!(
            "Adding users listed in {} to current site...",
            args.file.display()
        ));
        console.info("0% complete");
        let outcomes = stream::iter(&rows).map(async |row| {
            let (mut user, later) = row.user();
            if let Some(role) = &args.role {
                user.site_role = Some(role.clone());
            }
            if let Some(kind) = &args.auth_type {
                user.auth_setting = Some(kind.clone());
            }
            (row, add(&session.site, &user, later).await)
        });
        let mut outcomes = outcomes.buffered(AT_ONCE);
        let (mut added, mut failures) = (0, Vec::new());
        while let Some((row, outcome)) = outcomes.next().await {
            match outcome {
                Ok(None) => added += 1,
                Ok(Some(note)) => {
                    added += 1;
                    console.warn(format!("line {} for user '{}': '{note}'", row.line, row.name()));
                }
                Err(failure) if session.takes_existing(&failure) => {
                    console.debug(format!("user '{}' exists already", row.name()));
                }
                Err(failure) => failures.push(failed(row, &failure)),
            }
        }
        console.info("100% complete");
        console.info(format!("Lines processed: {}", rows.len()));
        console.info(format!("Lines skipped: {}", failures.len()));
        console.info(format!("Number of users added: {added}"));
        show(&failures, console);
        Ok(())
    })
    .await
}

/// Adds a user, then sets what adding does not take; returns what could not be set.
async fn add(site: &Site, user: &User, later: Option<User>) -> Result<Option<String>, Failure> {
    let added = site.users().add(user).await?;
    let (Some(later), Some(id)) = (later, added.id) else {
        return Ok(None);
    };
    // Tableau: where people sign in elsewhere, nobody may set their names or passwords.
    let set = site.users().update(id, &later).await.map_err(Failure::from);
    Ok(set.err().map(|failure| {
        format!(
            "added, but name, e-mail or password were not set: {}",
            failure.line()
        )
    }))
}

/// Where a server has several sites, no method adds a user to none of them.
async fn one_site(session: &Session<'_>) -> Result<(), Failure> {
    let page = session.site.sites().list(ListOptions::new()).page(1).await?;
    match page.items.len() {
        0 | 1 => Ok(()),
        sites => Err(Failure::told(format!(
            "the server has {sites} sites or more, and the API has no method that creates a user without a site; \
             use createsiteusers with --site"
        ))),
    }
}

/// Removes the users of a file from the site, or from all sites.
pub async fn delete(
    args: DeleteUsers,
    place: Where,
    global: &Global,
    console: &Console,
) -> Result<(), Failure> {
    let rows = read(&args.file, Detail::Names, args.completeness, console)?;
    args.waiting.note(console);
    Session::with(global, console, async |session| {
        console.info(format!(
            "Deleting users listed in {} from the server...",
            args.file.display()
        ));
        let (deleted, failures) = match place {
            Where::Site => delete_here(&session.site, &rows).await?,
            Where::Server => delete_everywhere(session, &rows).await?,
        };
        console.info(format!("Lines processed: {deleted}"));
        console.info(format!("Number of errors: {}", failures.len()));
        show(&failures, console);
        Ok(())
    })
    .await
}

async fn delete_here(site: &Site, rows: &[Row]) -> Result<(usize, Vec<String>), Failure> {
    let found = find(site, rows).await?;
    let outcomes = stream::iter(rows.iter().zip(found)).map(async |(row, id)| {
        let outcome = match id {
            Ok(id) => site.users().remove(id, None).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        (row, outcome)
    });
    let mut outcomes = outcomes.buffered(AT_ONCE);
    let (mut deleted, mut failures) = (0, Vec::new());
    while let Some((row, outcome)) = outcomes.next().await {
        match outcome {
            Ok(()) => deleted += 1,
            Err(failure) => failures.push(failed(row, &failure)),
        }
    }
    Ok((deleted, failures))
}

/// A user is gone from a server once no site has them.
async fn delete_everywhere(session: &Session<'_>, rows: &[Row]) -> Result<(usize, Vec<String>), Failure> {
    let home = session.site.content_url().to_owned();
    let mut site = session.site.clone();
    let mut deleted = vec![false; rows.len()];
    let mut failures = Vec::new();
    for other in session.site.sites().list(ListOptions::new()).all().await? {
        let content_url = other.content_url.unwrap_or_default();
        site = site.switch_site(&content_url).await?;
        let found = find(&site, rows).await?;
        for ((row, id), deleted) in rows.iter().zip(found).zip(&mut deleted) {
            let Ok(id) = id else {
                continue;
            };
            match site.users().remove(id, None).await.map_err(Failure::from) {
                Ok(()) => *deleted = true,
                Err(failure) => failures.push(format!("{} (site '{content_url}')", failed(row, &failure))),
            }
        }
    }
    session.remember(&site.switch_site(&home).await?)?;
    let missing = rows.iter().zip(&deleted).filter(|(row, deleted)| {
        let line = format!("line {} ", row.line);
        !**deleted && !failures.iter().any(|failure| failure.starts_with(&line))
    });
    let missing: Vec<String> = missing
        .map(|(row, _)| failed(row, &Failure::not_found("user", row.name())))
        .collect();
    failures.extend(missing);
    Ok((deleted.iter().filter(|deleted| **deleted).count(), failures))
}

/// Adds the users of a file to a group, or takes them out.
pub async fn change_members(
    args: Members,
    change: Change,
    global: &Global,
    console: &Console,
) -> Result<(), Failure> {
    let rows = read(&args.users, Detail::Names, args.completeness, console)?;
    Session::with(global, console, async |session| {
        let site = &session.site;
        let (doing, done, to) = match change {
            Change::Add => ("Adding", "added", "to"),
            Change::Remove => ("Removing", "removed", "from"),
        };
        console.info(format!(
            "{doing} users listed in {} {to} group {}...",
            args.users.display(),
            args.name
        ));
        let group = lookup::group(site, &args.name).await?;
        let group = group.id.ok_or_else(|| lookup::nameless("group"))?;
        let found = find(site, &rows).await?;
        let outcomes = stream::iter(rows.iter().zip(found)).map(async |(row, id)| {
            let outcome = match id {
                Ok(id) => change_member(site, group, id, change).await,
                Err(failure) => Err(failure),
            };
            (row, outcome)
        });
        let mut outcomes = outcomes.buffered(AT_ONCE);
        let mut failures = Vec::new();
        while let Some((row, outcome)) = outcomes.next().await {
            match outcome {
                Ok(()) => console.info(format!("Succeeded: {done} {}", row.name())),
                Err(failure) if change == Change::Add && session.takes_existing(&failure) => {}
                Err(failure) => failures.push(failed(row, &failure)),
            }
        }
        console.info("100% complete");
        console.info(format!("Number of errors: {}", failures.len()));
        show(&failures, console);
        Ok(())
    })
    .await
}

async fn change_member(site: &Site, group: GroupId, user: UserId, change: Change) -> Result<(), Failure> {
    match change {
        Change::Add => {
            site.groups().add_user(group, user).await?;
        }
        Change::Remove => site.groups().remove_user(group, user).await?,
    }
    Ok(())
}

/// Finds the users of rows: many names with one request, and those that were written in another way one
/// by one.
async fn find(site: &Site, rows: &[Row]) -> Result<Vec<Result<UserId, Failure>>, Failure> {
    let mut ids: HashMap<String, UserId> = HashMap::new();
    // What a filter cannot hold is looked for alone.
    let names: Vec<&str> = rows
        .iter()
        .map(Row::name)
        .filter(|name| !name.contains([',', '[', ']', '\\']))
        .collect();
    let lists = stream::iter(names.chunks(NAMES_AT_ONCE)).map(|names| {
        let filter = Filter::any_of("name", names.iter().map(|name| (*name).to_owned()));
        site.users().list(ListOptions::new().filter(filter)).all()
    });
    let mut lists = lists.buffered(AT_ONCE);
    while let Some(users) = lists.next().await {
        for user in users? {
            if let (Some(name), Some(id)) = (user.name, user.id) {
                ids.entry(name.to_lowercase()).or_insert(id);
            }
        }
    }
    let found = stream::iter(rows).map(async |row| match ids.get(&row.name().to_lowercase()) {
        Some(id) => Ok(*id),
        None => {
            let user = lookup::user(site, row.name()).await?;
            user.id.ok_or_else(|| lookup::nameless("user"))
        }
    });
    let found: Vec<Result<UserId, Failure>> = found.buffered(AT_ONCE).collect().await;
    // A user who is missing is a line that failed; a server that does not answer is the end.
    found
        .into_iter()
        .map(|one| match one {
            Err(Failure::Call(during, error)) => Err(Failure::Call(during, error)),
            outcome => Ok(outcome),
        })
        .collect()
}

fn failed(row: &Row, failure: &Failure) -> String {
    format!(
        "line {} for user '{}': '{}'",
        row.line,
        row.name(),
        failure.line()
    )
}

fn show(failures: &[String], console: &Console) {
    if failures.is_empty() {
        return;
    }
    console.info("Error details:");
    for line in failures.iter().take(SHOWN) {
        console.info(line);
    }
    if failures.len() > SHOWN {
        console.info(format!("and {} more", failures.len() - SHOWN));
    }
}
