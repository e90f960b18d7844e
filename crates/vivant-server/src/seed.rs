//! Seed files: sites, users, groups, projects, content and permissions to begin with, as YAML.
//!
//! Applying a seed twice changes nothing that is there already, so a server may always be started
//! with it. Everything is checked before anything is written as far as the file alone can tell.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Deserialize;
use vivant_document::FileKind;
use vivant_model::name::LOCAL_DOMAIN;
use vivant_model::{
    Capability, CapabilitySet, ContentKind, ContentPermissions, Grantee, Luid, ProjectId, Rule, SiteId,
    SiteRole, UserId, content_url,
};
use vivant_store::{Caller, Error, NewGroup, NewProject, NewSite, NewUser, Secret, Site};

use crate::app::App;
use crate::errors::ApiError;
use crate::publish::{self, Credentials, DatasourceOrder, WorkbookOrder};

/// How long a seeded token lives: ten years, since seeds serve tests.
const TOKEN_LIFE_MS: i64 = 10 * 365 * 24 * 60 * 60 * 1000;

/// What a seed made.
#[derive(Debug, Default)]
pub struct Report {
    /// Sites made.
    pub sites: usize,
    /// Users added to sites.
    pub users: usize,
    /// Workbooks published.
    pub workbooks: usize,
    /// Data sources published.
    pub datasources: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seed {
    #[serde(default)]
    server: ServerSeed,
    #[serde(default)]
    sites: Vec<SiteSeed>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerSeed {
    /// Server administrators.
    #[serde(default)]
    admins: Vec<UserSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SiteSeed {
    name: String,
    content_url: Option<String>,
    storage_quota: Option<i64>,
    user_quota: Option<i64>,
    #[serde(default)]
    users: Vec<UserSeed>,
    #[serde(default)]
    groups: Vec<GroupSeed>,
    #[serde(default)]
    projects: Vec<ProjectSeed>,
    #[serde(default)]
    workbooks: Vec<ContentSeed>,
    #[serde(default)]
    datasources: Vec<ContentSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct UserSeed {
    name: String,
    password: Option<String>,
    site_role: Option<String>,
    full_name: Option<String>,
    email: Option<String>,
    #[serde(default)]
    tokens: Vec<TokenSeed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenSeed {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupSeed {
    name: String,
    #[serde(default)]
    users: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ProjectSeed {
    name: String,
    description: Option<String>,
    content_permissions: Option<String>,
    owner: Option<String>,
    permissions: Option<Vec<RuleSeed>>,
    default_permissions: Option<DefaultsSeed>,
    #[serde(default)]
    projects: Vec<ProjectSeed>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultsSeed {
    workbooks: Option<Vec<RuleSeed>>,
    datasources: Option<Vec<RuleSeed>>,
    flows: Option<Vec<RuleSeed>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ContentSeed {
    file: PathBuf,
    name: Option<String>,
    description: Option<String>,
    project: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    show_tabs: bool,
    #[serde(default)]
    tags: Vec<String>,
    permissions: Option<Vec<RuleSeed>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleSeed {
    user: Option<String>,
    group: Option<String>,
    #[serde(default)]
    allow: Vec<String>,
    #[serde(default)]
    deny: Vec<String>,
}

/// Reads a seed file and makes what it names and what is not there yet.
pub async fn apply(app: &App, path: &Path) -> anyhow::Result<Report> {
    let text = tokio::fs::read_to_string(path).await?;
    let seed: Seed =
        serde_yaml_ng::from_str(&text).context("it is not of the form that docs/SERVER.md shows")?;
    let base = path.parent().unwrap_or(Path::new("."));
    let mut report = Report::default();
    for admin in &seed.server.admins {
        add_admin(app, admin)
            .await
            .with_context(|| format!("server administrator `{}`", admin.name))?;
    }
    for site in &seed.sites {
        Sower {
            app,
            base,
            report: &mut report,
        }
        .site(site)
        .await
        .with_context(|| format!("site `{}`", site.name))?;
    }
    Ok(report)
}

async fn add_admin(app: &App, seed: &UserSeed) -> anyhow::Result<()> {
    let account = match app.store.account_by_name(&seed.name, LOCAL_DOMAIN).await? {
        Some(account) => account.id,
        None => {
            let new = NewUser {
                name: seed.name.clone(),
                full_name: seed.full_name.clone(),
                email: seed.email.clone(),
                password: seed.password.as_deref().map(Secret::from),
                ..NewUser::default()
            };
            app.store.create_account(new, true, app.now()).await?.id
        }
    };
    add_tokens(app, account, seed).await
}

async fn add_tokens(app: &App, user: UserId, seed: &UserSeed) -> anyhow::Result<()> {
    let present = app.store.tokens(user).await?;
    for token in seed
        .tokens
        .iter()
        .filter(|t| !present.iter().any(|p| p.name == t.name))
    {
        let secret = Secret::from(token.value.as_str());
        let now = app.now();
        app.store
            .insert_token_with_secret(user, &token.name, &secret, now, now + TOKEN_LIFE_MS)
            .await?;
    }
    Ok(())
}

struct Sower<'a> {
    app: &'a App,
    base: &'a Path,
    report: &'a mut Report,
}

impl Sower<'_> {
    async fn site(&mut self, seed: &SiteSeed) -> anyhow::Result<()> {
        let site = self.find_or_make_site(seed).await?;
        for user in &seed.users {
            self.user(site.id, user)
                .await
                .with_context(|| format!("user `{}`", user.name))?;
        }
        for group in &seed.groups {
            self.group(site.id, group)
                .await
                .with_context(|| format!("group `{}`", group.name))?;
        }
        // Nested projects come after their parents, without recursion.
        let mut queue: Vec<(&ProjectSeed, Option<ProjectId>)> =
            seed.projects.iter().map(|p| (p, None)).collect();
        while let Some((project, parent)) = queue.pop() {
            let id = self.project(site.id, project, parent).await;
            let id = id.with_context(|| format!("project `{}`", project.name))?;
            queue.extend(project.projects.iter().map(|p| (p, Some(id))));
        }
        for source in &seed.datasources {
            let made = self.content(site.id, source, ContentKind::Datasource).await;
            self.report.datasources += usize::from(made.with_context(|| source.file.display().to_string())?);
        }
        for workbook in &seed.workbooks {
            let made = self.content(site.id, workbook, ContentKind::Workbook).await;
            self.report.workbooks += usize::from(made.with_context(|| workbook.file.display().to_string())?);
        }
        Ok(())
    }

    async fn find_or_make_site(&mut self, seed: &SiteSeed) -> anyhow::Result<Site> {
        let store = &self.app.store;
        let is_default = seed.name.eq_ignore_ascii_case("Default");
        let url = seed.content_url.clone().unwrap_or_else(|| match is_default {
            true => String::new(),
            false => content_url::from_name(&seed.name),
        });
        if let Some(site) = store.site_by_content_url(&url).await? {
            return Ok(site);
        }
        if !content_url::is_site_url(&url) {
            bail!("the contentUrl `{url}` may hold only letters, digits, dashes and underscores");
        }
        self.report.sites += 1;
        let new = NewSite {
            name: seed.name.clone(),
            content_url: url,
            storage_quota_mb: seed.storage_quota,
            user_quota: seed.user_quota,
            ..NewSite::default()
        };
        Ok(store.create_site(new, self.app.now()).await?)
    }

    async fn user(&mut self, site: SiteId, seed: &UserSeed) -> anyhow::Result<()> {
        let role = seed.site_role.as_deref().unwrap_or("Unlicensed");
        let role = SiteRole::parse(role).with_context(|| format!("`{role}` is not a site role"))?;
        if role == SiteRole::ServerAdministrator {
            add_admin(self.app, seed).await?;
        }
        let store = &self.app.store;
        let user = match store.user_by_name(site, &seed.name, LOCAL_DOMAIN).await? {
            Some(user) if user.is_member => user,
            _ => {
                self.report.users += 1;
                let new = NewUser {
                    name: seed.name.clone(),
                    role: Some(role),
                    full_name: seed.full_name.clone(),
                    email: seed.email.clone(),
                    password: seed.password.as_deref().map(Secret::from),
                    ..NewUser::default()
                };
                store.add_user_to_site(site, new, self.app.now()).await?
            }
        };
        add_tokens(self.app, user.id, seed).await
    }

    async fn group(&mut self, site: SiteId, seed: &GroupSeed) -> anyhow::Result<()> {
        let store = &self.app.store;
        let group = match store.group_by_name(site, &seed.name, LOCAL_DOMAIN).await? {
            Some(group) => group,
            None => {
                let new = NewGroup {
                    name: seed.name.clone(),
                    ..NewGroup::default()
                };
                store.create_group(site, new, self.app.now()).await?
            }
        };
        for name in &seed.users {
            let user = self.user_id(site, name).await?;
            match store
                .add_user_to_group(site, group.id, user, self.app.now())
                .await
            {
                Ok(_) | Err(Error::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn project(
        &mut self,
        site: SiteId,
        seed: &ProjectSeed,
        parent: Option<ProjectId>,
    ) -> anyhow::Result<ProjectId> {
        let store = &self.app.store;
        let owner = self.owner(site, seed.owner.as_deref()).await?;
        let locked = seed.content_permissions.as_deref();
        let locked = locked
            .map(|text| {
                ContentPermissions::parse(text)
                    .with_context(|| format!("`{text}` is not a value of contentPermissions"))
            })
            .transpose()?;
        let new = NewProject {
            name: seed.name.clone(),
            description: seed.description.clone().unwrap_or_default(),
            parent,
            content_permissions: locked,
            owner,
        };
        let id = match store.create_project(site, new, self.app.now()).await {
            Ok(project) => project.id,
            Err(Error::Conflict { id: Some(id), .. }) => return Ok(ProjectId(id)),
            Err(error) => return Err(error.into()),
        };
        if let Some(rules) = &seed.permissions {
            let rules = self.rules(site, rules, ContentKind::Project).await?;
            store
                .set_rules(site, ContentKind::Project, id.0, &rules, self.app.now())
                .await?;
        }
        let defaults = seed.default_permissions.as_ref();
        for (kind, rules) in [
            (ContentKind::Workbook, defaults.and_then(|d| d.workbooks.as_ref())),
            (
                ContentKind::Datasource,
                defaults.and_then(|d| d.datasources.as_ref()),
            ),
            (ContentKind::Flow, defaults.and_then(|d| d.flows.as_ref())),
        ] {
            if let Some(rules) = rules {
                let rules = self.rules(site, rules, kind).await?;
                store
                    .set_default_rules(site, id, kind, &rules, self.app.now())
                    .await?;
            }
        }
        Ok(id)
    }

    /// Publishes a file unless an item of the name is in the project already.
    async fn content(&self, site: SiteId, seed: &ContentSeed, kind: ContentKind) -> anyhow::Result<bool> {
        let store = &self.app.store;
        let path = self.base.join(&seed.file);
        let file_kind = path
            .extension()
            .and_then(|e| e.to_str())
            .and_then(FileKind::from_extension);
        let file_kind = file_kind.context("the ending of the file name is not one of Tableau's")?;
        let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        let name = seed.name.clone().unwrap_or_else(|| stem.to_owned());
        let project = match &seed.project {
            Some(path) => {
                let found = store.project_by_path(site, path).await?;
                found.with_context(|| format!("there is no project `{path}`"))?.id
            }
            None => store.default_project(site).await?.id,
        };
        let owner = self.owner(site, seed.owner.as_deref()).await?;
        let caller = Caller {
            site,
            user: owner,
            role: SiteRole::ServerAdministrator,
        };
        let published = self
            .publish(&caller, project, name, seed, file_kind, &path, kind)
            .await;
        let id = match published {
            Ok(id) => id,
            Err(error) if error.code == vivant_wire::ErrorCode::ContentNameConflict => return Ok(false),
            Err(error) => bail!("{}", error.detail),
        };
        if !seed.tags.is_empty() {
            store.add_tags(site, kind, id, &seed.tags, self.app.now()).await?;
        }
        if let Some(rules) = &seed.permissions {
            let rules = self.rules(site, rules, kind).await?;
            store.set_rules(site, kind, id, &rules, self.app.now()).await?;
        }
        Ok(true)
    }

    #[expect(clippy::too_many_arguments, reason = "one call site, all of different types")]
    async fn publish(
        &self,
        caller: &Caller,
        project: ProjectId,
        name: String,
        seed: &ContentSeed,
        file_kind: FileKind,
        path: &Path,
        kind: ContentKind,
    ) -> Result<Luid, ApiError> {
        let file = spool_file(self.app, path).await?;
        if kind == ContentKind::Workbook {
            let order = WorkbookOrder {
                caller,
                project,
                name,
                description: seed.description.clone(),
                show_tabs: seed.show_tabs,
                overwrite: false,
                encrypt_extracts: None,
                hidden_views: Vec::new(),
                credentials: Credentials::default(),
            };
            return Ok(publish::workbook(self.app, order, file_kind, file, None)
                .await?
                .workbook
                .id
                .0);
        }
        let order = DatasourceOrder {
            caller,
            project,
            name,
            description: seed.description.clone(),
            overwrite: false,
            encrypt_extracts: None,
            use_remote_query_agent: false,
            credentials: Credentials::default(),
        };
        Ok(publish::datasource(self.app, order, file_kind, file, None)
            .await?
            .datasource
            .id
            .0)
    }

    async fn owner(&self, site: SiteId, name: Option<&str>) -> anyhow::Result<UserId> {
        match name {
            Some(name) => self.user_id(site, name).await,
            None => {
                let account = self
                    .app
                    .store
                    .account_by_name(&self.app.config.admin_name, LOCAL_DOMAIN)
                    .await?;
                Ok(account
                    .with_context(|| format!("there is no user `{}`", self.app.config.admin_name))?
                    .id)
            }
        }
    }

    async fn user_id(&self, site: SiteId, name: &str) -> anyhow::Result<UserId> {
        let user = self.app.store.user_by_name(site, name, LOCAL_DOMAIN).await?;
        Ok(user
            .with_context(|| format!("there is no user `{name}` on the site"))?
            .id)
    }

    async fn rules(&self, site: SiteId, seeds: &[RuleSeed], kind: ContentKind) -> anyhow::Result<Vec<Rule>> {
        let mut rules = Vec::with_capacity(seeds.len());
        for seed in seeds {
            let grantee = match (&seed.user, &seed.group) {
                (Some(user), None) => Grantee::User(self.user_id(site, user).await?),
                (None, Some(group)) => {
                    let found = self.app.store.group_by_name(site, group, LOCAL_DOMAIN).await?;
                    Grantee::Group(found.with_context(|| format!("there is no group `{group}`"))?.id)
                }
                _ => bail!("a permission names either a user or a group"),
            };
            let (allow, deny) = (capabilities(&seed.allow, kind)?, capabilities(&seed.deny, kind)?);
            if !allow.intersection(deny).is_empty() {
                bail!("a capability cannot be both allowed and denied");
            }
            rules.push(Rule { grantee, allow, deny });
        }
        Ok(rules)
    }
}

/// Copies a file into the spool, as if it had been sent.
pub async fn spool_file(app: &App, path: &Path) -> Result<vivant_store::Spooled, ApiError> {
    use tokio::io::AsyncReadExt as _;
    let unreadable = |e: std::io::Error| {
        crate::errors::fail(
            vivant_wire::ErrorCode::PublishingError,
            format!("The file {} cannot be read: {e}.", path.display()),
        )
    };
    let mut file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let mut spool = app.store.content().spool().await?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let n = file.read(&mut buffer).await.map_err(unreadable)?;
        if n == 0 {
            return Ok(spool.finish().await?);
        }
        spool.write(&buffer[..n]).await?;
    }
}

fn capabilities(names: &[String], kind: ContentKind) -> anyhow::Result<CapabilitySet> {
    let known = vivant_model::capability::of_kind(kind);
    let read = |name: &String| {
        let capability = Capability::parse(name).filter(|c| known.contains(*c));
        capability.with_context(|| format!("`{name}` is not a capability of a {}", kind.as_str()))
    };
    names.iter().map(read).collect()
}
