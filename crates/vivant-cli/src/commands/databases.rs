//! `vivant databases`: the catalog's databases, and files of data.

use clap::Args;
use vivant_client::types::Database;

use super::tables;
use super::{permissions, tags};
use crate::resource::{
    Action, Column, DELETE, Found, GET, Kind, LIST, Resource, Work, column, pages, value, verb,
};

/// Databases in the catalog.
pub static KIND: Kind = Kind {
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.databases().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.databases().delete(id.parse()?).await?) })),
    ..Kind::new("database", COLUMNS, &[], |site, options| {
        pages(site.databases().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("TYPE", "type"),
    column("CONNECTION", "connectionType"),
    column("HOST", "hostName"),
    column("CERTIFIED", "isCertified"),
    column("ID", "id"),
];

/// `vivant databases`.
pub const RESOURCE: Resource = Resource {
    name: "databases",
    aliases: &["database"],
    about: "The catalog's databases and files of data",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Update>("update"),
        verb::<Tables>("tables"),
        DELETE,
        permissions::PERMISSIONS,
        tags::TAGS,
    ],
};

/// Change databases
#[derive(Debug, Args)]
struct Update {
    /// Names or ids
    #[arg(value_name = "DATABASE", required = true)]
    items: Vec<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Whether it is certified
    #[arg(long, value_name = "BOOL")]
    certified: Option<bool>,
    /// Why it is certified
    #[arg(long, value_name = "TEXT")]
    certification_note: Option<String>,
    /// ManagedByOwner or LockedToDatabase
    #[arg(long, value_name = "MODE")]
    content_permissions: Option<String>,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = Database {
            description: self.description,
            is_certified: self.certified,
            certification_note: self.certification_note,
            content_permissions: self.content_permissions,
            ..Database::default()
        };
        super::refuse_nothing(changes == Database::default())?;
        let doing = async |found: &Found| {
            Ok(Some(value(
                &work.site.databases().update(found.luid()?, &changes).await?,
            )))
        };
        work.each("update", &super::changes(&value(&changes)), &self.items, doing)
            .await
    }
}

/// List the tables of a database
#[derive(Debug, Args)]
struct Tables {
    /// Name or id
    item: String,
}

impl Action for Tables {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let id = work.find(&self.item).await?.luid()?;
        let found = work.site.databases().tables(id).await?;
        let items: Vec<_> = found.iter().map(value).collect();
        work.list(tables::COLUMNS, &items, false);
        Ok(())
    }
}
