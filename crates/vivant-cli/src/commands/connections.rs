//! Connections of content: how it reaches its data. Workbooks, data sources and others share this.

use std::path::PathBuf;

use clap::Args;
use vivant_client::model::ConnectionId;
use vivant_client::types::Connection;
use vivant_client::{ConnectionSpec, Secret, Site};

use super::{content, datasources, flows, workbooks};
use crate::exit::{Unclear, UsageError};
use crate::resource::{
    Action, Attempt, Column, Kind, Resource, Task, Value, Verb, Work, column, value, verb,
};
use crate::secrets;

/// What a table shows of connections.
pub const COLUMNS: &[Column] = &[
    column("TYPE", "type"),
    column("SERVER", "serverAddress"),
    column("PORT", "serverPort"),
    column("DATABASE", "dbName"),
    column("USER", "userName"),
    column("EMBEDDED", "embedPassword"),
    column("DATA SOURCE", "datasource.name"),
    column("ID", "id"),
];

/// Content that has connections.
pub struct Connected {
    kind: &'static Kind,
    list: fn(Site, String) -> Task<Vec<Connection>>,
    update: fn(Site, String, ConnectionId, Connection) -> Task<Value>,
}

macro_rules! connected {
    ($($kind:path: $group:ident),*) => {
        &[$(Connected {
            kind: &$kind,
            list: |site, id| Box::pin(async move { Ok(site.$group().connections(id.parse()?).await?) }),
            update: |site, id, connection, change| Box::pin(async move {
                Ok(value(&site.$group().update_connection(id.parse()?, connection, &change).await?))
            }),
        }),*]
    };
}

const CONNECTED: &[Connected] =
    connected![workbooks::KIND: workbooks, datasources::KIND: datasources, flows::KIND: flows];

/// `vivant connections`.
pub const RESOURCE: Resource = Resource {
    name: "connections",
    aliases: &["connection"],
    about: "How workbooks, data sources and flows reach their data",
    kind: &KIND,
    verbs: &[verb::<ListOf>("list"), verb::<UpdateOf>("update")],
};

static KIND: Kind = Kind::unlisted("connection", COLUMNS);

/// Lists the connections of an item of the resource.
pub const CONNECTIONS: Verb = verb::<Connections>("connections");
/// Changes one of them.
pub const UPDATE_CONNECTION: Verb = verb::<UpdateConnection>("update-connection");

#[derive(Debug, Args)]
struct Connections {
    /// Name, path or id
    item: String,
}

impl Action for Connections {
    const WRITES: bool = false;

    fn about(kind: &Kind) -> Option<String> {
        Some(format!("List the connections of a {}", kind.noun))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        list(
            work,
            content::aspect(CONNECTED, |one| one.kind, work.kind.noun)?,
            &self.item,
        )
        .await
    }
}

#[derive(Debug, Args)]
struct UpdateConnection {
    /// Name, path or id
    item: String,
    /// The connection's id, or its server; otherwise the only one there is
    #[arg(value_name = "CONNECTION")]
    connection: Option<String>,
    #[command(flatten)]
    change: Change,
}

impl Action for UpdateConnection {
    fn about(kind: &Kind) -> Option<String> {
        Some(format!("Change a connection of a {}", kind.noun))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let connected = content::aspect(CONNECTED, |one| one.kind, work.kind.noun)?;
        update(
            work,
            connected,
            &self.item,
            self.connection.as_deref(),
            &self.change,
        )
        .await
    }
}

/// List the connections of an item
#[derive(Debug, Args)]
struct ListOf {
    #[command(flatten)]
    of: content::Of,
}

impl Action for ListOf {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        list(
            work,
            content::aspect(CONNECTED, |one| one.kind, &self.of.kind)?,
            &self.of.item,
        )
        .await
    }
}

/// Change a connection of an item
#[derive(Debug, Args)]
struct UpdateOf {
    #[command(flatten)]
    of: content::Of,
    /// The connection's id, or its server; otherwise the only one there is
    #[arg(value_name = "CONNECTION")]
    connection: Option<String>,
    #[command(flatten)]
    change: Change,
}

impl Action for UpdateOf {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let connected = content::aspect(CONNECTED, |one| one.kind, &self.of.kind)?;
        update(
            work,
            connected,
            &self.of.item,
            self.connection.as_deref(),
            &self.change,
        )
        .await
    }
}

async fn list(work: &Work<'_>, connected: &Connected, item: &str) -> anyhow::Result<()> {
    let found = work.find_of(connected.kind, item).await?;
    let all = (connected.list)(work.site.clone(), found.id).await?;
    let items: Vec<_> = all.iter().map(value).collect();
    work.list(COLUMNS, &items, false);
    Ok(())
}

async fn update(
    work: &Work<'_>,
    connected: &Connected,
    item: &str,
    connection: Option<&str>,
    change: &Change,
) -> anyhow::Result<()> {
    let (change, told) = change.read()?;
    let found = work.find_of(connected.kind, item).await?;
    let all = (connected.list)(work.site.clone(), found.id.clone()).await?;
    let connection = pick(&all, connection, &found.label)?;
    let doing = async {
        Ok(Some(
            (connected.update)(work.site.clone(), found.id.clone(), connection, change).await?,
        ))
    };
    let attempt = Attempt {
        id: connection.to_string(),
        ..Attempt::new("update", "connection", &format!("of {}", found.label))
    };
    work.step(attempt.detail(told), doing).await?;
    Ok(())
}

/// What can be changed of a connection.
#[derive(Debug, Args)]
struct Change {
    /// Its new server
    #[arg(long, value_name = "HOST")]
    server_address: Option<String>,
    /// Its new port
    #[arg(long, value_name = "PORT")]
    server_port: Option<String>,
    /// Its new user name
    #[arg(long, value_name = "NAME")]
    db_username: Option<String>,
    /// File that holds its new password; `-` is stdin
    #[arg(long, value_name = "FILE")]
    db_password_file: Option<PathBuf>,
    /// Whether the password is kept
    #[arg(long, value_name = "BOOL")]
    embed_password: Option<bool>,
    /// Whether queries are tagged
    #[arg(long, value_name = "BOOL")]
    query_tagging: Option<bool>,
}

impl Change {
    /// The change, as requests say it, and what may be told of it.
    fn read(&self) -> anyhow::Result<(Connection, String)> {
        let mut change = Connection {
            server_address: self.server_address.clone(),
            server_port: self.server_port.clone(),
            user_name: self.db_username.clone(),
            embed_password: self.embed_password,
            query_tagging_enabled: self.query_tagging,
            ..Connection::default()
        };
        let mut told = super::changes(&crate::resource::value(&change));
        if let Some(file) = &self.db_password_file {
            change.password = Some(
                secrets::from_file(file, "--db-password-file")?
                    .expose()
                    .to_owned(),
            );
            told.push_str(if told.is_empty() { "password" } else { ", password" });
        }
        super::refuse_nothing(change == Connection::default())?;
        Ok((change, told))
    }
}

/// How content that is published reaches one of its sources.
#[derive(Debug, Args)]
pub struct Publishing {
    /// Server of the connection that the user name is for, as the file names it
    #[arg(long, value_name = "HOST[:PORT]", requires = "db_username")]
    connection: Option<String>,
    /// User name for the file's connection
    #[arg(long, value_name = "NAME")]
    db_username: Option<String>,
    /// File that holds the password for the file's connection; `-` is stdin
    #[arg(long, value_name = "FILE", requires = "db_username")]
    db_password_file: Option<PathBuf>,
    /// Let the server keep the password
    #[arg(long, requires = "db_username")]
    embed_password: bool,
    /// The user name means a saved OAuth credential
    #[arg(long, requires = "db_username")]
    oauth: bool,
}

impl Publishing {
    /// The connections that are told of.
    pub fn specs(&self) -> anyhow::Result<Vec<ConnectionSpec>> {
        let Some(user) = &self.db_username else {
            return Ok(Vec::new());
        };
        let password: Option<Secret> = match &self.db_password_file {
            Some(file) => Some(secrets::from_file(file, "--db-password-file")?),
            None => None,
        };
        let (address, port) = match self.connection.as_deref() {
            None => (String::new(), None),
            Some(text) => match text.rsplit_once(':') {
                Some((host, port)) if port.parse::<u16>().is_ok() => (host.to_owned(), Some(port.to_owned())),
                Some((_, port)) if !text.contains(']') => {
                    return Err(UsageError(format!("--connection: '{port}' is no port")).into());
                }
                _ => (text.to_owned(), None),
            },
        };
        Ok(vec![ConnectionSpec {
            server_address: address,
            server_port: port,
            user_name: Some(user.clone()),
            password,
            embed: self.embed_password,
            oauth: self.oauth,
            ..ConnectionSpec::default()
        }])
    }
}

/// The connection that is meant: by id, by server, or the only one.
fn pick(all: &[Connection], reference: Option<&str>, of: &str) -> anyhow::Result<ConnectionId> {
    let meant: Vec<&Connection> = all
        .iter()
        .filter(|connection| {
            reference.is_none_or(|reference| {
                connection
                    .id
                    .is_some_and(|id| id.to_string() == reference.to_ascii_lowercase())
                    || connection.server_address.as_deref() == Some(reference)
            })
        })
        .collect();
    match meant.as_slice() {
        [one] => one
            .id
            .ok_or_else(|| anyhow::anyhow!("the server gives no id for the connection of {of}")),
        [] => Err(match reference {
            Some(reference) => Unclear::missing(format!("{of} has no connection '{reference}'")),
            None => Unclear::missing(format!("{of} has no connection")),
        }
        .into()),
        several => {
            let mut message = format!("{of} has {} connections; give the id of one:", several.len());
            for connection in several {
                let id = connection.id.map(|id| id.to_string()).unwrap_or_default();
                let server = connection.server_address.as_deref().unwrap_or_default();
                let class = connection.connection_type.as_deref().unwrap_or_default();
                message.push_str(&format!("\n  {id}  {class}  {server}"));
            }
            Err(Unclear::ambiguous(message).into())
        }
    }
}
