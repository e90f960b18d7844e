//! `vivant users`: who is on a site.

use std::path::PathBuf;

use clap::Args;
use vivant_client::model::UserId;
use vivant_client::types::User;
use vivant_client::{Site, filters};

use crate::resource::{
    Action, Attempt, Choice, Column, Found, GET, Kind, LIST, Resource, Work, column, find_as, pages, value,
    verb,
};
use crate::secrets;

/// Users.
pub static KIND: Kind = Kind {
    ask: Some("_all_"),
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.users().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.users().remove(id.parse()?, None).await?) })),
    ..Kind::new("user", COLUMNS, filters::USERS, |site, options| {
        pages(site.users().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("FULL NAME", "fullName"),
    column("SITE ROLE", "siteRole"),
    column("E-MAIL", "email"),
    column("LAST LOGIN", "lastLogin"),
    column("ID", "id"),
];

/// `vivant users`.
pub const RESOURCE: Resource = Resource {
    name: "users",
    aliases: &["user"],
    about: "The users of a site",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Create>("create"),
        verb::<Update>("update"),
        verb::<Delete>("delete"),
        verb::<Groups>("groups"),
        verb::<Workbooks>("workbooks"),
        verb::<WhoAmI>("whoami"),
    ],
};

/// A user as an owner, by name or id.
pub async fn owner(site: &Site, reference: Option<&str>) -> anyhow::Result<Option<User>> {
    Ok(by_id(find_as(site, &KIND, reference).await?))
}

/// A user by id, as requests name one.
pub fn by_id(id: Option<UserId>) -> Option<User> {
    id.map(|id| User {
        id: Some(id),
        ..User::default()
    })
}

/// What can be said of a user.
#[derive(Debug, Args)]
struct Details {
    /// What the user may be: Creator, Explorer, Viewer, Unlicensed, SiteAdministratorCreator and others
    #[arg(long, value_name = "ROLE")]
    site_role: Option<String>,
    /// How the user signs in: ServerDefault, SAML, OpenID, TableauIDWithMFA and others
    #[arg(long, value_name = "SETTING")]
    auth_setting: Option<String>,
    /// The name that people read
    #[arg(long, value_name = "TEXT")]
    full_name: Option<String>,
    /// The address for mail
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// File that holds the user's new password; `-` is stdin
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

impl Details {
    fn user(&self) -> anyhow::Result<User> {
        let password = match &self.new_password_file {
            Some(file) => Some(
                secrets::from_file(file, "--new-password-file")?
                    .expose()
                    .to_owned(),
            ),
            None => None,
        };
        Ok(User {
            site_role: self.site_role.clone(),
            auth_setting: self.auth_setting.clone(),
            full_name: self.full_name.clone(),
            email: self.email.clone(),
            password,
            ..User::default()
        })
    }

    /// Whether anything is said that only a change can set.
    fn beyond_adding(&self) -> bool {
        self.full_name.is_some() || self.email.is_some() || self.new_password_file.is_some()
    }
}

/// Add users to the site
#[derive(Debug, Args)]
struct Create {
    /// Their names
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    #[command(flatten)]
    details: Details,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = self.details.user()?;
        let role = self.details.site_role.as_deref().unwrap_or("Unlicensed");
        for name in &self.names {
            let user = User {
                name: Some(name.clone()),
                site_role: Some(role.to_owned()),
                auth_setting: changes.auth_setting.clone(),
                ..User::default()
            };
            let doing = async {
                let mut added = work.site.users().add(&user).await?;
                if let (true, Some(id)) = (self.details.beyond_adding(), added.id) {
                    // Tableau: name, address and password of a new user are a change of their own.
                    let rest = User {
                        full_name: changes.full_name.clone(),
                        email: changes.email.clone(),
                        password: changes.password.clone(),
                        ..User::default()
                    };
                    let changed = work.site.users().update(id, &rest).await?;
                    added.full_name = changed.full_name.or(rest.full_name);
                    added.email = changed.email.or(rest.email);
                }
                Ok(Some(value(&added)))
            };
            work.step(Attempt::new("add", "user", name).detail(role), doing)
                .await?;
        }
        Ok(())
    }
}

/// Change users
#[derive(Debug, Args)]
struct Update {
    /// Names or ids
    #[arg(value_name = "USER", required = true)]
    items: Vec<String>,
    #[command(flatten)]
    details: Details,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = self.details.user()?;
        super::refuse_nothing(changes == User::default())?;
        let mut told = changes.clone();
        // A secret is not for the screen.
        told.password = told.password.map(|_| "…".to_owned());
        let detail = super::changes(&value(&told));
        for item in &self.items {
            match work.find(item).await {
                Ok(found) => {
                    let doing = async {
                        let mut changed = work.site.users().update(found.luid()?, &changes).await?;
                        changed.id = changed.id.or(Some(found.luid()?));
                        Ok(Some(value(&changed)))
                    };
                    work.step(Attempt::on("update", "user", &found).detail(&detail), doing)
                        .await?;
                }
                Err(error) => work.failed(Attempt::new("update", "user", item), error)?,
            }
        }
        Ok(())
    }
}

/// Remove users from the site
///
/// A user who owns content stays, unlicensed, unless the content goes to somebody else.
#[derive(Debug, Args)]
struct Delete {
    /// Names or ids
    #[arg(value_name = "USER", required = true)]
    items: Vec<String>,
    /// Who gets what they own, by name or id
    #[arg(long, value_name = "USER")]
    assets_to: Option<String>,
}

impl Action for Delete {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let heir = find_as(work.site, &KIND, self.assets_to.as_deref()).await?;
        for item in &self.items {
            match work.find(item).await {
                Ok(found) => {
                    let doing = async {
                        work.site.users().remove(found.luid()?, heir).await?;
                        Ok(None)
                    };
                    work.step(Attempt::on("remove", "user", &found), doing).await?;
                }
                Err(error) => work.failed(Attempt::new("remove", "user", item), error)?,
            }
        }
        Ok(())
    }
}

/// List the groups that a user is in
#[derive(Debug, Args)]
struct Groups {
    /// Name or id
    #[arg(value_name = "USER")]
    item: String,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Groups {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let user = work.find(&self.item).await?.luid()?;
        let list = |site: &Site, options| pages(site.users().groups(user, options));
        self.choice.show(work, &super::groups::KIND, list).await
    }
}

/// List the workbooks that a user may see, or owns
#[derive(Debug, Args)]
struct Workbooks {
    /// Name or id
    #[arg(value_name = "USER")]
    item: String,
    /// Only those that the user owns
    #[arg(long)]
    owned: bool,
    #[command(flatten)]
    choice: Choice,
}

impl Action for Workbooks {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let user = work.find(&self.item).await?.luid()?;
        let list = |site: &Site, options| pages(site.workbooks().list_for_user(user, self.owned, options));
        self.choice.show(work, &super::workbooks::KIND, list).await
    }
}

/// Show who is signed in
#[derive(Debug, Args)]
struct WhoAmI {}

impl Action for WhoAmI {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let user = work.site.users().get(work.site.user_id()).await?;
        work.item(COLUMNS, &value(&user));
        Ok(())
    }
}

/// Finds users for something that is done with each; those that are missing are noted.
pub async fn each(
    work: &Work<'_>,
    action: &str,
    references: &[String],
    mut doing: impl AsyncFnMut(&Found) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for reference in references {
        match work.find_of(&KIND, reference).await {
            Ok(found) => doing(&found).await?,
            Err(error) => work.failed(Attempt::new(action, "user", reference), error)?,
        }
    }
    Ok(())
}
