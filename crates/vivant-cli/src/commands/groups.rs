//! `vivant groups`: groups of users, and who is in them.

use clap::Args;
use vivant_client::types::{Group, Import};
use vivant_client::{Site, filters};

use super::users;
use crate::exit::UsageError;
use crate::resource::{
    Action, Attempt, Choice, Column, DELETE, GET, Kind, LIST, Resource, Work, column, number, pages, value,
    verb,
};

/// Groups.
pub static KIND: Kind = Kind {
    delete: Some(|site, id| Box::pin(async move { Ok(site.groups().delete(id.parse()?).await?) })),
    ..Kind::new("group", COLUMNS, filters::GROUPS, |site, options| {
        pages(site.groups().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("DOMAIN", "domain.name"),
    number("USERS", "userCount"),
    column("MINIMUM ROLE", "minimumSiteRole"),
    column("SOURCE", "import.source"),
    column("ID", "id"),
];

/// `vivant groups`.
pub const RESOURCE: Resource = Resource {
    name: "groups",
    aliases: &["group"],
    about: "Groups of users",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Create>("create"),
        verb::<Update>("update"),
        DELETE,
        verb::<Users>("users"),
        verb::<AddUsers>("add-users"),
        verb::<RemoveUsers>("remove-users"),
    ],
};

/// What can be said of a group.
#[derive(Debug, Args)]
struct Details {
    /// The site role that its users have at least
    #[arg(long, value_name = "ROLE")]
    minimum_site_role: Option<String>,
    /// When the role is given: onLogin or onSync
    #[arg(long, value_name = "MODE")]
    grant_license_mode: Option<String>,
    /// The directory's domain, for a group that comes from there
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
}

impl Details {
    /// The group of a name, as requests say it.
    fn group(self, name: Option<String>) -> anyhow::Result<Group> {
        let import = match self.domain {
            Some(domain) => Some(Import {
                source: Some("ActiveDirectory".to_owned()),
                domain_name: Some(domain),
                site_role: Some(
                    self.minimum_site_role
                        .clone()
                        .unwrap_or_else(|| "Unlicensed".to_owned()),
                ),
                grant_license_mode: self.grant_license_mode.clone(),
            }),
            None if self.grant_license_mode.is_some() => {
                let message = "--grant-license-mode goes with --domain";
                return Err(UsageError(message.to_owned()).into());
            }
            None => None,
        };
        Ok(Group {
            name,
            minimum_site_role: self.minimum_site_role.filter(|_| import.is_none()),
            import,
            ..Group::default()
        })
    }
}

/// Create a group, or bring one along from the directory
#[derive(Debug, Args)]
struct Create {
    /// Its name
    name: String,
    #[command(flatten)]
    details: Details,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let group = self.details.group(Some(self.name.clone()))?;
        let doing = async { Ok(Some(value(&work.site.groups().create(&group).await?))) };
        work.step(Attempt::new("create", "group", &self.name), doing)
            .await?;
        Ok(())
    }
}

/// Change a group; one from the directory is brought up to date
#[derive(Debug, Args)]
struct Update {
    /// Name or id
    item: String,
    /// Its new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    details: Details,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let mut changes = self.details.group(self.name)?;
        super::refuse_nothing(changes == Group::default())?;
        let found = work.find(&self.item).await?;
        let detail = super::changes(&value(&changes));
        // Tableau: a change names the group, also where the name stays.
        if changes.name.is_none() {
            changes.name = Some(match &found.item {
                Some(_) => found.label.clone(),
                None => name_of(work, &found.id).await?,
            });
        }
        let doing = async {
            Ok(Some(value(
                &work.site.groups().update(found.luid()?, &changes).await?,
            )))
        };
        work.step(Attempt::on("update", "group", &found).detail(detail), doing)
            .await?;
        Ok(())
    }
}

async fn name_of(work: &Work<'_>, id: &str) -> anyhow::Result<String> {
    let all = work
        .site
        .groups()
        .list(vivant_client::ListOptions::new())
        .all()
        .await?;
    let group = all
        .into_iter()
        .find(|group| group.id.is_some_and(|known| known.to_string() == id));
    group
        .and_then(|group: Group| group.name)
        .ok_or_else(|| crate::exit::Unclear::missing(format!("there is no group with the id {id}")).into())
}

/// List the users of a group
#[derive(Debug, Args)]
struct Users {
    /// Name or id
    #[arg(value_name = "GROUP")]
    item: String,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Users {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let group = work.find(&self.item).await?.luid()?;
        let list = |site: &Site, options| pages(site.groups().users(group, options));
        self.choice.show(work, &users::KIND, list).await
    }
}

/// Add users to a group
#[derive(Debug, Args)]
struct AddUsers {
    /// Name or id
    group: String,
    /// Names or ids
    #[arg(value_name = "USER", required = true)]
    users: Vec<String>,
}

impl Action for AddUsers {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let group = work.find(&self.group).await?;
        users::each(work, "add", &self.users, async |user| {
            let doing = async {
                work.site.groups().add_user(group.luid()?, user.luid()?).await?;
                Ok(None)
            };
            let attempt = Attempt::on("add", "user", user).detail(format!("to group {}", group.label));
            work.step(attempt, doing).await.map(|_| ())
        })
        .await
    }
}

/// Take users out of a group
#[derive(Debug, Args)]
struct RemoveUsers {
    /// Name or id
    group: String,
    /// Names or ids
    #[arg(value_name = "USER", required = true)]
    users: Vec<String>,
}

impl Action for RemoveUsers {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let group = work.find(&self.group).await?;
        users::each(work, "remove", &self.users, async |user| {
            let doing = async {
                work.site
                    .groups()
                    .remove_user(group.luid()?, user.luid()?)
                    .await?;
                Ok(None)
            };
            let attempt = Attempt::on("remove", "user", user).detail(format!("from group {}", group.label));
            work.step(attempt, doing).await.map(|_| ())
        })
        .await
    }
}
