//! `vivant virtual-connections`: shared ways to databases.

use std::path::PathBuf;

use clap::Args;
use vivant_client::types::VirtualConnection;
use vivant_client::{PublishMode, PublishVirtualConnection, Site};

use super::{permissions, tags};
use super::{projects, users};
use crate::exit::UsageError;
use crate::output;
use crate::resource::{
    Action, Attempt, Choice, Column, DELETE, GET, Kind, LIST, MOVE, Place, Resource, UPDATE, Work, column,
    find_luid, pages, value, verb,
};

/// Virtual connections.
pub static KIND: Kind = Kind {
    place: Place::Project,
    get: Some(|site, id| {
        Box::pin(async move { Ok(value(&site.virtual_connections().get(id.parse()?).await?)) })
    }),
    delete: Some(|site, id| {
        Box::pin(async move { Ok(site.virtual_connections().delete(id.parse()?).await?) })
    }),
    change: Some(|site, id, change| {
        Box::pin(async move {
            if change.description.is_some() {
                return Err(UsageError("a virtual connection has no description".to_owned()).into());
            }
            let changes = VirtualConnection {
                name: change.name,
                project: projects::by_id(change.project),
                owner: users::by_id(change.owner),
                ..VirtualConnection::default()
            };
            Ok(value(
                &site.virtual_connections().update(id.parse()?, &changes).await?,
            ))
        })
    }),
    ..Kind::new("virtual connection", COLUMNS, &[], |site, options| {
        pages(site.virtual_connections().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("PROJECT", "project.name"),
    column("OWNER", "owner.name"),
    column("CERTIFIED", "isCertified"),
    column("EXTRACTS", "hasExtracts"),
    column("UPDATED", "updatedAt"),
    column("ID", "id"),
];

/// The databases behind one.
static DATABASES: Kind = Kind {
    name: "connectionId",
    ..Kind::unlisted("connection", DATABASE_COLUMNS)
};

const DATABASE_COLUMNS: &[Column] = &[
    column("TYPE", "dbClass"),
    column("SERVER", "server"),
    column("PORT", "port"),
    column("DATABASE", "database"),
    column("USER", "username"),
    column("ID", "connectionId"),
];

/// `vivant virtual-connections`.
pub const RESOURCE: Resource = Resource {
    name: "virtual-connections",
    aliases: &["virtual-connection"],
    about: "Shared ways to databases",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Publish>("publish"),
        UPDATE,
        MOVE,
        DELETE,
        verb::<Download>("download"),
        verb::<Connections>("connections"),
        permissions::PERMISSIONS,
        tags::TAGS,
    ],
};

/// Publish the definition of a virtual connection
#[derive(Debug, Args)]
struct Publish {
    /// The definition, a JSON file as `download` gives it
    file: PathBuf,
    /// The project it goes into, by name, path or id
    #[arg(long, value_name = "PROJECT")]
    project: String,
    /// Its name; otherwise the file's, without the ending
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Whose it is, by name or id; otherwise who is signed in
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Replace one of the name
    #[arg(long)]
    overwrite: bool,
    /// Make a draft only
    #[arg(long)]
    draft: bool,
}

impl Action for Publish {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let definition = std::fs::read_to_string(&self.file)
            .map_err(|error| UsageError(format!("{} cannot be read: {error}", self.file.display())))?;
        let stem = self
            .file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let options = PublishVirtualConnection {
            name: self.name.unwrap_or(stem),
            project_id: find_luid(work.site, &projects::KIND, &self.project).await?,
            owner_id: match &self.owner {
                Some(owner) => find_luid(work.site, &users::KIND, owner).await?,
                None => work.site.user_id(),
            },
            mode: match self.overwrite {
                true => PublishMode::Overwrite,
                false => PublishMode::CreateNew,
            },
            as_draft: self.draft,
        };
        let attempt = Attempt::new("publish", "virtual connection", &options.name);
        let doing = async {
            let made = work
                .site
                .virtual_connections()
                .publish(&options, &definition)
                .await?;
            Ok(Some(value(&made)))
        };
        work.step(attempt, doing).await?;
        Ok(())
    }
}

/// Write the definition of a virtual connection, as JSON
#[derive(Debug, Args)]
struct Download {
    /// Name, path or id
    item: String,
    /// File to write; `-` is stdout
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

impl Action for Download {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let destination = output::Destination::open(&self.output)?;
        let id = work.find(&self.item).await?.luid()?;
        let definition = work.site.virtual_connections().download(id).await?;
        destination.write(definition.as_bytes())
    }
}

/// List the databases behind a virtual connection
#[derive(Debug, Args)]
struct Connections {
    /// Name, path or id
    item: String,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Connections {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let id = work.find(&self.item).await?.luid()?;
        let list = |site: &Site, options| pages(site.virtual_connections().connections(id, options));
        self.choice.show(work, &DATABASES, list).await
    }
}
