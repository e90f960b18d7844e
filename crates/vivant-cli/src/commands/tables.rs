//! `vivant tables`: the catalog's tables and their columns.

use clap::Args;
use vivant_client::Site;
use vivant_client::types::Table;

use crate::resource::{
    Action, Choice, Column, DELETE, Found, GET, Kind, LIST, Resource, Work, column, pages, value, verb,
};

/// Tables in the catalog.
pub static KIND: Kind = Kind {
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.tables().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.tables().delete(id.parse()?).await?) })),
    ..Kind::new("table", COLUMNS, &[], |site, options| {
        pages(site.tables().list(options))
    })
};

/// What a table shows of tables.
pub const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("SCHEMA", "schema"),
    column("DESCRIPTION", "description"),
    column("CERTIFIED", "isCertified"),
    column("ID", "id"),
];

static OF_A_TABLE: Kind = Kind::unlisted("column", COLUMNS_OF_A_TABLE);

const COLUMNS_OF_A_TABLE: &[Column] = &[
    column("NAME", "name"),
    column("TYPE", "remoteType"),
    column("DESCRIPTION", "description"),
    column("ID", "id"),
];

/// `vivant tables`.
pub const RESOURCE: Resource = Resource {
    name: "tables",
    aliases: &["table"],
    about: "The catalog's tables",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Update>("update"),
        verb::<Columns>("columns"),
        DELETE,
    ],
};

/// Change tables
#[derive(Debug, Args)]
struct Update {
    /// Names or ids
    #[arg(value_name = "TABLE", required = true)]
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
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = Table {
            description: self.description,
            is_certified: self.certified,
            certification_note: self.certification_note,
            ..Table::default()
        };
        super::refuse_nothing(changes == Table::default())?;
        let doing = async |found: &Found| {
            Ok(Some(value(
                &work.site.tables().update(found.luid()?, &changes).await?,
            )))
        };
        work.each("update", &super::changes(&value(&changes)), &self.items, doing)
            .await
    }
}

/// List the columns of a table
#[derive(Debug, Args)]
struct Columns {
    /// Name or id
    item: String,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Columns {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let id = work.find(&self.item).await?.luid()?;
        let list = |site: &Site, options| pages(site.tables().columns(id, options));
        self.choice.show(work, &OF_A_TABLE, list).await
    }
}
