//! `vivant quality-warnings`: what readers are told about the quality of data.

use clap::Args;
use clap::ValueEnum;
use vivant_client::types::DataQualityWarning;
use vivant_client::{NewQualityWarning, QualityWarningType, Site};

use super::content::{Of, aspect};
use super::{databases, datasources, flows, tables};
use crate::resource::{
    Action, Attempt, Choice, Column, Kind, Resource, Task, Work, column, once, value, verb,
};

/// Content that bears warnings.
struct Warned {
    kind: &'static Kind,
    list: fn(Site, String) -> Task<Vec<DataQualityWarning>>,
    add: fn(Site, String, NewQualityWarning) -> Task<Vec<DataQualityWarning>>,
    update: fn(Site, String, NewQualityWarning) -> Task<Vec<DataQualityWarning>>,
    delete: fn(Site, String) -> Task<()>,
}

macro_rules! warned {
    ($($kind:path: $group:ident),*) => {
        &[$(Warned {
            kind: &$kind,
            list: |site, id| Box::pin(async move { Ok(site.$group().dqws(id.parse()?).await?) }),
            add: |site, id, warning| Box::pin(async move {
                Ok(site.$group().add_dqw(id.parse()?, &warning).await?)
            }),
            update: |site, id, warning| Box::pin(async move {
                Ok(site.$group().update_dqw(id.parse()?, &warning).await?)
            }),
            delete: |site, id| Box::pin(async move { Ok(site.$group().delete_dqw(id.parse()?).await?) }),
        }),*]
    };
}

const WARNED: &[Warned] = warned![
    databases::KIND: databases,
    tables::KIND: tables,
    datasources::KIND: datasources,
    flows::KIND: flows
];

const COLUMNS: &[Column] = &[
    column("TYPE", "type"),
    column("ACTIVE", "isActive"),
    column("SEVERE", "isSevere"),
    column("MESSAGE", "message"),
    column("BY", "userDisplayName"),
    column("UPDATED", "updatedAt"),
    column("ID", "id"),
];

static KIND: Kind = Kind {
    name: "type",
    ..Kind::unlisted("quality warning", COLUMNS)
};

/// `vivant quality-warnings`.
pub const RESOURCE: Resource = Resource {
    name: "quality-warnings",
    aliases: &["quality-warning", "dqw"],
    about: "What readers are told about the quality of databases, tables, data sources and flows",
    kind: &KIND,
    verbs: &[
        verb::<List>("list"),
        verb::<Add>("add"),
        verb::<Update>("update"),
        verb::<Remove>("remove"),
    ],
};

/// List the quality warnings of an item
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    choice: Choice,
}

impl Action for List {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let warned = aspect(WARNED, |one| one.kind, &self.of.kind)?;
        let id = work.find_of(warned.kind, &self.of.item).await?.id;
        let warnings = (warned.list)(work.site.clone(), id).await?;
        let rows = |_: &Site, _| {
            let warnings = warnings.clone();
            once(async move { Ok(warnings) })
        };
        self.choice.show(work, &KIND, rows).await
    }
}

/// Kinds of warnings.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Type {
    /// Something to know of
    Warning,
    /// Not to be used any more
    Deprecated,
    /// Not up to date
    Stale,
    /// Not for everybody's eyes
    SensitiveData,
    /// Being worked on
    Maintenance,
}

/// What a warning says.
#[derive(Debug, Args)]
struct Said {
    /// What kind of warning
    #[arg(long = "type", value_enum, value_name = "KIND", default_value = "warning")]
    warns_of: Type,
    /// What readers are told
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Show it more prominently
    #[arg(long)]
    severe: bool,
    /// Keep it without showing it
    #[arg(long)]
    inactive: bool,
}

impl Said {
    fn warning(self) -> NewQualityWarning {
        NewQualityWarning {
            warning_type: match self.warns_of {
                Type::Warning => QualityWarningType::Warning,
                Type::Deprecated => QualityWarningType::Deprecated,
                Type::Stale => QualityWarningType::Stale,
                Type::SensitiveData => QualityWarningType::SensitiveData,
                Type::Maintenance => QualityWarningType::Maintenance,
            },
            message: self.message,
            active: !self.inactive,
            severe: self.severe,
        }
    }
}

/// Set a quality warning on an item that has none
#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    said: Said,
}

impl Action for Add {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let warned = aspect(WARNED, |one| one.kind, &self.of.kind)?;
        write(work, "warn about", warned, &self.of.item, self.said, warned.add).await
    }
}

/// Change the quality warning of an item
#[derive(Debug, Args)]
struct Update {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    said: Said,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let warned = aspect(WARNED, |one| one.kind, &self.of.kind)?;
        let action = "update the warning of";
        write(work, action, warned, &self.of.item, self.said, warned.update).await
    }
}

async fn write(
    work: &Work<'_>,
    action: &str,
    warned: &Warned,
    item: &str,
    said: Said,
    write: fn(Site, String, NewQualityWarning) -> Task<Vec<DataQualityWarning>>,
) -> anyhow::Result<()> {
    let found = work.find_of(warned.kind, item).await?;
    let warning = said.warning();
    let attempt = Attempt::on(action, warned.kind.noun, &found).detail(warning.warning_type.as_str());
    let doing = async {
        let set = write(work.site.clone(), found.id.clone(), warning).await?;
        Ok(set.first().map(value))
    };
    work.step(attempt, doing).await?;
    Ok(())
}

/// Take the quality warnings off items
#[derive(Debug, Args)]
struct Remove {
    /// What the items are: database, table, datasource or flow
    #[arg(value_name = "TYPE")]
    kind: String,
    /// Names, paths or ids
    #[arg(value_name = "ITEM", required = true)]
    items: Vec<String>,
}

impl Action for Remove {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let warned = aspect(WARNED, |one| one.kind, &self.kind)?;
        for item in &self.items {
            let found = work.find_of(warned.kind, item).await?;
            let doing = async {
                (warned.delete)(work.site.clone(), found.id.clone()).await?;
                Ok(None)
            };
            let attempt = Attempt::on("take the warnings off", warned.kind.noun, &found);
            work.step(attempt, doing).await?;
        }
        Ok(())
    }
}
