//! Makes calls that another program names, one a line, and prints what was read: the side of this
//! client in `tests/acceptance/test_client_differential.py`.
//!
//! The first line of standard input is a session (`server`, `username`, `password`, and perhaps
//! `site` and `version`; or nothing, for calls that need no server), every later one a call:
//! `{"group": "workbooks", "method": "get", "args": {"id": "…"}}`.
//! Each is answered by one line, `{"ok": …}` or `{"error": …}`.

mod args;
mod auth;
mod content;
mod items;
mod later;
mod people;
mod read;
mod scheduling;
mod shown;

use std::io::{BufRead, Write};

use args::{Args, Trouble};
use serde_json::{Value, json};
use vivant_client::{Client, Credentials, Site, VersionChoice};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut lines = std::io::stdin().lock().lines();
    let first = lines.next().ok_or("the first line must be a session")??;
    let session = Args::parse(&first)?;
    let site = match begin(&session).await {
        Ok(site) => {
            answer(Ok(json!({})))?;
            site
        }
        Err(trouble) => return Ok(answer(Err(trouble))?),
    };
    for line in lines {
        let line = line?;
        answer(call(site.as_ref(), &session, &line).await)?;
    }
    Ok(())
}

/// Makes a client of a session's settings.
fn client(session: &Args) -> Result<Client, Trouble> {
    let version = match session.maybe_text("version") {
        Some(version) => VersionChoice::Fixed(
            version
                .parse()
                .map_err(|e| Trouble::Usage(format!("version: {e}")))?,
        ),
        None => VersionChoice::Negotiate,
    };
    Ok(Client::builder(session.text("server")?)
        .version(version)
        .build()?)
}

async fn begin(session: &Args) -> Result<Option<Site>, Trouble> {
    if session.maybe_text("server").is_none() {
        return Ok(None);
    }
    let credentials = Credentials::password(session.text("username")?, session.text("password")?)
        .site(session.maybe_text("site").unwrap_or_default());
    Ok(Some(client(session)?.sign_in(credentials).await?))
}

async fn call(site: Option<&Site>, session: &Args, line: &str) -> Result<Value, Trouble> {
    let call = Args::parse(line)?;
    let (group, method) = (call.text("group")?, call.text("method")?);
    let args = call.sub("args");
    if group == "read" {
        return read::call(&method, &args);
    }
    let site = site.ok_or_else(|| Trouble::Usage("this call needs a session".to_owned()))?;
    let found = match group.as_str() {
        "auth" => auth::call(site, session, &method, &args).await?,
        "sites" => people::sites(site, &method, &args).await?,
        "users" => people::users(site, &method, &args).await?,
        "groups" => people::groups(site, &method, &args).await?,
        "projects" => content::projects(site, &method, &args).await?,
        "workbooks" => content::workbooks(site, &method, &args).await?,
        "views" => content::views(site, &method, &args).await?,
        "datasources" => content::datasources(site, &method, &args).await?,
        "file_uploads" => content::file_uploads(site, &method, &args).await?,
        "permissions" => items::permissions(site, &method, &args).await?,
        "default_permissions" => items::default_permissions(site, &method, &args).await?,
        "tags" => items::tags(site, &method, &args).await?,
        "revisions" => items::revisions(site, &method, &args).await?,
        "exports" => items::exports(site, &method, &args).await?,
        "jobs" => scheduling::jobs(site, &method, &args).await?,
        "tasks" => scheduling::tasks(site, &method, &args).await?,
        "schedules" => scheduling::schedules(site, &method, &args).await?,
        "subscriptions" => scheduling::subscriptions(site, &method, &args).await?,
        "favorites" => scheduling::favorites(site, &method, &args).await?,
        group => later::call(site, group, &method, &args).await?,
    };
    found.ok_or_else(|| Trouble::Usage(format!("there is no call {group}.{method}")))
}

fn answer(outcome: Result<Value, Trouble>) -> std::io::Result<()> {
    let line = match outcome {
        Ok(value) => json!({"ok": value}),
        Err(Trouble::Usage(message)) => json!({"error": {"kind": "Usage", "message": message}}),
        Err(Trouble::Client(error)) => json!({"error": {
            "kind": format!("{:?}", error.kind()),
            "code": error.code(),
            "status": error.status(),
            "message": error.to_string(),
        }}),
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
