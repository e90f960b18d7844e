//! Connections: attributes, databases, published data sources.

use std::process::ExitCode;

use serde_json::json;
use vivant_document::edit::{ConnectionChange, ConnectionMatch, NewConnection, PublishedChange};

use super::super::file::{Depth, Report, edit, wrong};
use super::{Source, Target, nothing, pair, said};
use crate::exit::UsageError;

/// Options of `set-connection`.
#[derive(Debug, clap::Args)]
pub struct SetConnectionArgs {
    #[command(flatten)]
    target: Target,
    /// Only connections of this data source
    #[arg(long)]
    datasource: Option<String>,
    /// Only the connection of this name or caption
    #[arg(long)]
    connection: Option<String>,
    /// Only connections of this class, such as `postgres`
    #[arg(long)]
    class: Option<String>,
    /// Only connections to this server
    #[arg(long, value_name = "SERVER")]
    where_server: Option<String>,
    /// Only connections to this database
    #[arg(long, value_name = "DATABASE")]
    where_database: Option<String>,
    #[command(flatten)]
    change: Settings,
}

/// What to set in a connection.
#[derive(Debug, clap::Args)]
pub(super) struct Settings {
    /// Server
    #[arg(long)]
    pub(super) server: Option<String>,
    /// Port
    #[arg(long)]
    pub(super) port: Option<u16>,
    /// Database, or schema where the connector calls it so
    #[arg(long)]
    pub(super) database: Option<String>,
    /// Schema
    #[arg(long)]
    pub(super) schema: Option<String>,
    /// User
    #[arg(long)]
    pub(super) username: Option<String>,
    /// Way of signing in, such as `username-password`
    #[arg(long)]
    pub(super) authentication: Option<String>,
    /// SQL that runs first
    #[arg(long)]
    pub(super) initial_sql: Option<String>,
    /// Query band
    #[arg(long)]
    pub(super) query_band: Option<String>,
    /// Encryption, such as `require`
    #[arg(long)]
    pub(super) sslmode: Option<String>,
    /// Warehouse
    #[arg(long)]
    pub(super) warehouse: Option<String>,
    /// Role
    #[arg(long)]
    pub(super) role: Option<String>,
    /// Service
    #[arg(long)]
    pub(super) service: Option<String>,
    /// File
    #[arg(long)]
    pub(super) filename: Option<String>,
    /// Folder of the file
    #[arg(long)]
    pub(super) directory: Option<String>,
    /// Any other attribute
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub(super) attributes: Vec<(String, String)>,
}

/// Runs `set-connection`.
pub fn set_connection(args: &SetConnectionArgs) -> anyhow::Result<ExitCode> {
    let which = ConnectionMatch {
        datasource: args.datasource.clone(),
        name: args.connection.clone(),
        class: args.class.clone(),
        server: args.where_server.clone(),
        database: args.where_database.clone(),
    };
    let settings = &args.change;
    let change = ConnectionChange {
        server: settings.server.clone(),
        port: settings.port,
        database: settings.database.clone(),
        schema: settings.schema.clone(),
        username: settings.username.clone(),
        authentication: settings.authentication.clone(),
        initial_sql: settings.initial_sql.clone(),
        query_band: settings.query_band.clone(),
        sslmode: settings.sslmode.clone(),
        warehouse: settings.warehouse.clone(),
        role: settings.role.clone(),
        service: settings.service.clone(),
        filename: settings.filename.clone(),
        directory: settings.directory.clone(),
        attributes: settings.attributes.clone(),
    };
    edit(
        &args.target.file,
        Depth::Connections,
        &args.target.output,
        |opened, _| {
            let count = opened
                .document
                .change_connections(&which, &change)
                .map_err(|error| wrong(&args.target.file, error))?;
            if count == 0 {
                return Err(
                    UsageError("no connection fits; `vivant doc connections` lists them".to_owned()).into(),
                );
            }
            Ok(said(
                json!({ "connections": count }),
                format!("{count} connections"),
            ))
        },
    )
}

/// Options of `add-connection`.
#[derive(Debug, clap::Args)]
pub struct AddConnectionArgs {
    #[command(flatten)]
    source: Source,
    /// Connector: its name, such as `PostgreSQL`, or class
    #[arg(long)]
    class: String,
    #[command(flatten)]
    settings: Settings,
}

/// Runs `add-connection`.
pub fn add_connection(args: &AddConnectionArgs) -> anyhow::Result<ExitCode> {
    let new = args.settings.connection(&args.class);
    args.source.edit(Depth::Datasources, |document, source| {
        let name = document.add_connection(source, &new)?;
        Ok(said(json!({ "connection": name }), format!("connection {name}")))
    })
}

impl Settings {
    /// Makes the description of a new connection.
    pub(super) fn connection(&self, class: &str) -> NewConnection {
        let mut attributes = self.attributes.clone();
        for (name, value) in [
            ("query-band-spec", &self.query_band),
            ("sslmode", &self.sslmode),
            ("warehouse", &self.warehouse),
            ("role", &self.role),
            ("service", &self.service),
            ("filename", &self.filename),
            ("directory", &self.directory),
        ] {
            if let Some(value) = value {
                attributes.push((name.to_owned(), value.clone()));
            }
        }
        NewConnection {
            class: class.to_owned(),
            server: self.server.clone(),
            port: self.port,
            database: self.database.clone(),
            schema: self.schema.clone(),
            username: self.username.clone(),
            authentication: self.authentication.clone(),
            initial_sql: self.initial_sql.clone(),
            attributes,
        }
    }
}

/// Options of `swap-database`.
#[derive(Debug, clap::Args)]
pub struct SwapArgs {
    #[command(flatten)]
    target: Target,
    /// Database or schema as it is
    old: String,
    /// Database or schema to be
    new: String,
    /// Only this data source
    #[arg(long)]
    datasource: Option<String>,
}

/// Runs `swap-database`.
pub fn swap_database(args: &SwapArgs) -> anyhow::Result<ExitCode> {
    args.target.edit(Depth::Datasources, |document| {
        let report = document.swap_database(args.datasource.as_deref(), &args.old, &args.new)?;
        let mut lines = vec![format!(
            "{} connections, {} tables",
            report.connections,
            report.tables.len()
        )];
        for name in &report.custom_sql {
            lines.push(format!("left alone: custom SQL '{name}' names `{}`", args.old));
        }
        for name in &report.initial_sql {
            lines.push(format!(
                "left alone: initial SQL of '{name}' names `{}`",
                args.old
            ));
        }
        Ok(Report {
            json: json!({
                "connections": report.connections,
                "tables": report.tables,
                "customSqlLeft": report.custom_sql,
                "initialSqlLeft": report.initial_sql,
            }),
            lines,
        })
    })
}

/// Options of `set-published`.
#[derive(Debug, clap::Args)]
pub struct PublishedArgs {
    #[command(flatten)]
    source: Source,
    /// Content URL of the site; empty for the default site
    #[arg(long)]
    site: Option<String>,
    /// Content URL of the data source
    #[arg(long)]
    content_url: Option<String>,
    /// Label of the data source
    #[arg(long)]
    label: Option<String>,
    /// Server
    #[arg(long)]
    server: Option<String>,
    /// Port
    #[arg(long)]
    port: Option<u16>,
    /// `http` or `https`
    #[arg(long)]
    channel: Option<String>,
}

/// Runs `set-published`.
pub fn set_published(args: &PublishedArgs) -> anyhow::Result<ExitCode> {
    let change = PublishedChange {
        site: args.site.clone(),
        content_url: args.content_url.clone(),
        label: args.label.clone(),
        server: args.server.clone(),
        port: args.port,
        channel: args.channel.clone(),
    };
    args.source.edit(Depth::Connections, |document, source| {
        document.set_published(source, &change).map(|()| nothing())
    })
}
