//! `vivant permissions`, and the permissions of every resource that has them: the explicit rules of one item.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;
use vivant_client::model::ProjectId;
use vivant_client::types::{GranteeCapabilities, Permissions as Rules};
use vivant_client::{DefaultPermissionsFor, Grantee, ListOptions, Site};

use super::{
    content, databases, datasources, flows, group_sets, groups, projects, tables, users, views,
    virtual_connections, workbooks,
};
use crate::exit::UsageError;
use crate::resource::{
    Action, Attempt, Column, Found, Kind, Resource, Task, Value, Verb, Work, column, text, value, verb,
};

/// Content that has rules.
struct Permitted {
    kind: &'static Kind,
    get: fn(Site, String) -> Task<Rules>,
    add: fn(Site, String, GranteeCapabilities) -> Task<Rules>,
    delete: fn(Site, String, GranteeCapabilities) -> Task<()>,
}

macro_rules! permitted {
    ($($kind:path: $group:ident),*) => {
        &[$(Permitted {
            kind: &$kind,
            get: |site, id| Box::pin(async move { Ok(site.$group().permissions(id.parse()?).await?) }),
            add: |site, id, rule| Box::pin(async move {
                Ok(site.$group().update_permissions(id.parse()?, &[rule]).await?)
            }),
            delete: |site, id, rule| Box::pin(async move {
                Ok(site.$group().delete_permission(id.parse()?, &rule).await?)
            }),
        }),*]
    };
}

const PERMITTED: &[Permitted] = permitted![
    projects::KIND: projects,
    workbooks::KIND: workbooks,
    views::KIND: views,
    datasources::KIND: datasources,
    flows::KIND: flows,
    databases::KIND: databases,
    tables::KIND: tables,
    virtual_connections::KIND: virtual_connections
];

const COLUMNS: &[Column] = &[
    column("TYPE", "granteeType"),
    column("GRANTEE", "grantee"),
    column("CAPABILITY", "capability"),
    column("MODE", "mode"),
    column("ID", "granteeId"),
];

static KIND: Kind = Kind::unlisted("permission", COLUMNS);

/// `vivant permissions`.
pub const RESOURCE: Resource = Resource {
    name: "permissions",
    aliases: &["permission"],
    about: "Who may do what with an item: its explicit rules",
    kind: &KIND,
    verbs: &[verb::<List>("list"), verb::<Add>("add"), verb::<Remove>("remove")],
};

/// Lists the rules of an item of the resource.
pub const PERMISSIONS: Verb = verb::<Permissions>("permissions");

/// Which rules of an item.
#[derive(Debug, Args)]
struct Which {
    /// The rules that new content of a project gets: workbooks, datasources, flows and so on
    #[arg(long, value_name = "TYPE")]
    default_for: Option<String>,
}

/// Whom a rule is about.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// A user, by name or id
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// A group, by name or id
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// A set of groups, by name or id
    #[arg(long, value_name = "SET")]
    group_set: Option<String>,
}

impl Whom {
    async fn find(&self, work: &Work<'_>) -> anyhow::Result<(Grantee, Found)> {
        if let Some(user) = &self.user {
            let found = work.find_of(&users::KIND, user).await?;
            return Ok((Grantee::User(found.luid()?), found));
        }
        if let Some(group) = &self.group {
            let found = work.find_of(&groups::KIND, group).await?;
            return Ok((Grantee::Group(found.luid()?), found));
        }
        let set = self.group_set.as_deref().unwrap_or_default();
        let found = work.find_of(&group_sets::KIND, set).await?;
        Ok((Grantee::GroupSet(found.luid()?), found))
    }
}

#[derive(Debug, Args)]
struct Permissions {
    /// Name, path or id
    item: String,
    #[command(flatten)]
    which: Which,
}

impl Action for Permissions {
    const WRITES: bool = false;

    fn about(kind: &Kind) -> Option<String> {
        Some(format!(
            "List the explicit rules of a {}\n\n`vivant permissions add` and `remove` change them.",
            kind.noun
        ))
    }

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let place = Place::find(work, work.kind.noun, &self.item, &self.which).await?;
        list(work, &place).await
    }
}

/// List the explicit rules of an item
#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    of: content::Of,
    #[command(flatten)]
    which: Which,
}

impl Action for List {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let place = Place::find(work, &self.of.kind, &self.of.item, &self.which).await?;
        list(work, &place).await
    }
}

/// Allow or deny something on an item
///
/// What is there already is left, and the opposite is taken away first.
#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    of: content::Of,
    #[command(flatten)]
    whom: Whom,
    #[command(flatten)]
    which: Which,
    /// What is allowed: Read, Write, ExportData and so on
    #[arg(
        long,
        value_name = "CAPABILITY",
        value_delimiter = ',',
        required_unless_present = "deny"
    )]
    allow: Vec<String>,
    /// What is denied
    #[arg(long, value_name = "CAPABILITY", value_delimiter = ',')]
    deny: Vec<String>,
}

impl Action for Add {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        if let Some(both) = self.allow.iter().find(|name| self.deny.contains(name)) {
            return Err(UsageError(format!("{both} cannot be allowed and denied")).into());
        }
        let place = Place::find(work, &self.of.kind, &self.of.item, &self.which).await?;
        let (grantee, whom) = self.whom.find(work).await?;
        let there = place.rules_of(work, grantee).await?;
        let (mut opposite, mut new) = (Vec::new(), Vec::new());
        let wanted = self.allow.iter().map(|name| (name.as_str(), true));
        for (name, allowed) in wanted.chain(self.deny.iter().map(|name| (name.as_str(), false))) {
            match there.get(name) {
                Some(now) if *now == allowed => continue,
                Some(now) => opposite.push((name, *now)),
                None => {}
            }
            new.push((name, allowed));
        }
        place.change(work, "remove", grantee, &whom, &opposite).await?;
        place.change(work, "add", grantee, &whom, &new).await?;
        if new.is_empty() {
            work.note("these rules are there already");
        }
        Ok(())
    }
}

/// Take rules away
#[derive(Debug, Args)]
struct Remove {
    #[command(flatten)]
    of: content::Of,
    #[command(flatten)]
    whom: Whom,
    #[command(flatten)]
    which: Which,
    /// Only the rules about this; otherwise all of the grantee
    #[arg(long, value_name = "CAPABILITY", value_delimiter = ',')]
    capability: Vec<String>,
}

impl Action for Remove {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let place = Place::find(work, &self.of.kind, &self.of.item, &self.which).await?;
        let (grantee, whom) = self.whom.find(work).await?;
        let there = place.rules_of(work, grantee).await?;
        let gone: Vec<(&str, bool)> = there
            .iter()
            .filter(|(name, _)| self.capability.is_empty() || self.capability.contains(name))
            .map(|(name, allowed)| (name.as_str(), *allowed))
            .collect();
        if gone.is_empty() {
            work.note("there is no such rule");
        }
        place.change(work, "remove", grantee, &whom, &gone).await
    }
}

/// An item whose rules are meant, or the rules for what a project will hold.
struct Place {
    permitted: &'static Permitted,
    found: Found,
    default_for: Option<DefaultPermissionsFor>,
}

impl Place {
    async fn find(work: &Work<'_>, kind: &str, item: &str, which: &Which) -> anyhow::Result<Self> {
        let permitted = content::aspect(PERMITTED, |one| one.kind, kind)?;
        let default_for = match which.default_for.as_deref() {
            None => None,
            Some(_) if permitted.kind.noun != "project" => {
                return Err(UsageError("--default-for is for projects".to_owned()).into());
            }
            Some(word) => Some(default_for(word)?),
        };
        Ok(Self {
            permitted,
            found: work.find_of(permitted.kind, item).await?,
            default_for,
        })
    }

    async fn rules(&self, work: &Work<'_>) -> anyhow::Result<Rules> {
        match self.default_for {
            None => (self.permitted.get)(work.site.clone(), self.found.id.clone()).await,
            Some(kind) => {
                let id: ProjectId = self.found.luid()?;
                Ok(work.site.projects().default_permissions(id, kind).await?)
            }
        }
    }

    /// What one grantee is allowed and denied.
    async fn rules_of(&self, work: &Work<'_>, grantee: Grantee) -> anyhow::Result<BTreeMap<String, bool>> {
        let mut there = BTreeMap::new();
        for rule in self.rules(work).await?.grantee_capabilities {
            if Grantee::of(&rule) == Some(grantee) {
                for capability in rule.capabilities.unwrap_or_default().capability {
                    if let Some(name) = capability.name {
                        there.insert(name, capability.mode.as_deref() == Some("Allow"));
                    }
                }
            }
        }
        Ok(there)
    }

    async fn change(
        &self,
        work: &Work<'_>,
        action: &str,
        grantee: Grantee,
        whom: &Found,
        capabilities: &[(&str, bool)],
    ) -> anyhow::Result<()> {
        if capabilities.is_empty() {
            return Ok(());
        }
        let told: Vec<String> = capabilities
            .iter()
            .map(|(name, allowed)| format!("{}:{name}", if *allowed { "Allow" } else { "Deny" }))
            .collect();
        let on = match self.default_for {
            None => format!("{} {}", self.permitted.kind.noun, self.found.label),
            Some(kind) => format!("{} of project {}", kind.as_str(), self.found.label),
        };
        let attempt = Attempt {
            id: whom.id.clone(),
            ..Attempt::new(action, "permission", &format!("of {} on {on}", whom.label))
        };
        let rule = grantee.rule(capabilities.iter().copied());
        let (site, id) = (work.site.clone(), self.found.id.clone());
        let doing = async {
            let answer = match (self.default_for, action) {
                (None, "add") => Some((self.permitted.add)(site, id, rule).await?),
                (None, _) => {
                    (self.permitted.delete)(site, id, rule).await?;
                    None
                }
                (Some(kind), "add") => {
                    let projects = site.projects();
                    Some(
                        projects
                            .update_default_permissions(id.parse()?, kind, &[rule])
                            .await?,
                    )
                }
                (Some(kind), _) => {
                    site.projects()
                        .delete_default_permissions(id.parse()?, kind, &rule)
                        .await?;
                    None
                }
            };
            Ok(answer.map(|rules| value(&rules)))
        };
        work.step(attempt.detail(told.join(", ")), doing).await?;
        Ok(())
    }
}

fn default_for(word: &str) -> Result<DefaultPermissionsFor, UsageError> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let wanted = plain(word);
    let all = DefaultPermissionsFor::ALL;
    let found = all.iter().find(|one| {
        let name = plain(one.as_str());
        name == wanted || name == format!("{wanted}s")
    });
    found.copied().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|one| one.as_str()).collect();
        UsageError(format!("--default-for '{word}' is none of {}", names.join(", ")))
    })
}

async fn list(work: &Work<'_>, place: &Place) -> anyhow::Result<()> {
    let rules = place.rules(work).await?.grantee_capabilities;
    let names = names(work, &rules).await?;
    let mut items: Vec<Value> = Vec::new();
    for rule in &rules {
        let (kind, id) = match Grantee::of(rule) {
            Some(Grantee::User(id)) => ("user", id.to_string()),
            Some(Grantee::Group(id)) => ("group", id.to_string()),
            Some(Grantee::GroupSet(id)) => ("groupSet", id.to_string()),
            None => continue,
        };
        for capability in rule.capabilities.iter().flat_map(|all| &all.capability) {
            items.push(json!({
                "granteeType": kind,
                "grantee": names.get(&id),
                "granteeId": id,
                "capability": capability.name,
                "mode": capability.mode,
            }));
        }
    }
    items.sort_by_key(|item| {
        ["granteeType", "grantee", "granteeId", "capability"].map(|member| text(item, member))
    });
    work.list(COLUMNS, &items, false);
    Ok(())
}

/// The names of whom rules are about, as far as the caller may know them.
async fn names(work: &Work<'_>, rules: &[GranteeCapabilities]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    let mut groups_wanted = false;
    for rule in rules {
        match Grantee::of(rule) {
            Some(Grantee::User(id)) if !names.contains_key(&id.to_string()) => {
                if let Ok(user) = work.site.users().get(id).await {
                    names.insert(id.to_string(), user.name.unwrap_or_default());
                }
            }
            Some(Grantee::Group(_)) => groups_wanted = true,
            Some(Grantee::GroupSet(id)) => {
                if let Ok(set) = work.site.group_sets().get(id).await {
                    names.insert(id.to_string(), set.name.unwrap_or_default());
                }
            }
            _ => {}
        }
    }
    if groups_wanted && let Ok(all) = work.site.groups().list(ListOptions::new()).all().await {
        for group in all {
            if let (Some(id), Some(name)) = (group.id, group.name) {
                names.insert(id.to_string(), name);
            }
        }
    }
    Ok(names)
}
