//! `vivant group-sets`: sets of groups.

use clap::Args;

use super::groups;
use crate::resource::{
    Action, Attempt, Column, DELETE, Found, GET, Kind, LIST, Resource, Work, column, number, pages, value,
    verb,
};

/// Sets of groups.
pub static KIND: Kind = Kind {
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.group_sets().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.group_sets().delete(id.parse()?).await?) })),
    ..Kind::new("group set", COLUMNS, &[], |site, options| {
        pages(site.group_sets().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    number("GROUPS", "groupCount"),
    column("ID", "id"),
];

/// `vivant group-sets`.
pub const RESOURCE: Resource = Resource {
    name: "group-sets",
    aliases: &["group-set"],
    about: "Sets of groups",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Create>("create"),
        verb::<Update>("update"),
        DELETE,
        verb::<AddGroups>("add-groups"),
        verb::<RemoveGroups>("remove-groups"),
    ],
};

/// Create group sets
#[derive(Debug, Args)]
struct Create {
    /// Their names
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        for name in &self.names {
            let doing = async { Ok(Some(value(&work.site.group_sets().create(name).await?))) };
            work.step(Attempt::new("create", "group set", name), doing)
                .await?;
        }
        Ok(())
    }
}

/// Give a group set another name
#[derive(Debug, Args)]
struct Update {
    /// Name or id
    item: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: String,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let doing = async |found: &Found| {
            Ok(Some(value(
                &work.site.group_sets().update(found.luid()?, &self.name).await?,
            )))
        };
        let detail = format!("name={}", self.name);
        work.each("update", &detail, std::slice::from_ref(&self.item), doing)
            .await
    }
}

/// Add groups to a set
#[derive(Debug, Args)]
struct AddGroups {
    /// Name or id of the set
    set: String,
    /// Names or ids
    #[arg(value_name = "GROUP", required = true)]
    groups: Vec<String>,
}

impl Action for AddGroups {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        members(work, &self.set, &self.groups, true).await
    }
}

/// Take groups out of a set
#[derive(Debug, Args)]
struct RemoveGroups {
    /// Name or id of the set
    set: String,
    /// Names or ids
    #[arg(value_name = "GROUP", required = true)]
    groups: Vec<String>,
}

impl Action for RemoveGroups {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        members(work, &self.set, &self.groups, false).await
    }
}

async fn members(work: &Work<'_>, set: &str, references: &[String], add: bool) -> anyhow::Result<()> {
    let set = work.find(set).await?;
    let (action, way) = if add { ("add", "to") } else { ("remove", "from") };
    for reference in references {
        match work.find_of(&groups::KIND, reference).await {
            Ok(group) => {
                let doing = async {
                    let sets = work.site.group_sets();
                    match add {
                        true => sets.add_group(set.luid()?, group.luid()?).await?,
                        false => sets.remove_group(set.luid()?, group.luid()?).await?,
                    }
                    Ok(None)
                };
                let attempt =
                    Attempt::on(action, "group", &group).detail(format!("{way} group set {}", set.label));
                work.step(attempt, doing).await?;
            }
            Err(error) => work.failed(Attempt::new(action, "group", reference), error)?,
        }
    }
    Ok(())
}
