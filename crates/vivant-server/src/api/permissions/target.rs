//! What a method on permissions is about: an item, or the defaults of a project; and how rules are
//! read from requests and answered.

use http::StatusCode;
use vivant_model::permission::Grantee;
use vivant_model::{
    Capability, CapabilitySet, ContentKind, DatasourceId, GroupId, Luid, ProjectId, Rule, UserId, ViewId,
    WorkbookId,
};
use vivant_store::{Owner, Project, RuleChange, RulesOf};
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{ApiError, Result, bad_request, fail, not_found};
use crate::reply::Reply;
use crate::views::permissions::{names, rules_view, valid_names};

/// An item with what the caller may do to it.
pub(super) struct Target {
    pub(super) kind: ContentKind,
    pub(super) id: Luid,
    pub(super) rights: Rights,
}

impl Target {
    /// Finds the item that the address names.
    pub(super) async fn of(call: &Call, who: &SiteUser) -> Result<Self> {
        let has = |variable: &str| call.endpoint.path.contains(variable);
        let (kind, variable, missing, what) = if has("{workbook-id}") {
            let missing = ErrorCode::WorkbookNotFound;
            (ContentKind::Workbook, "workbook-id", missing, "Workbook")
        } else if has("{datasource-id}") {
            let missing = ErrorCode::DatasourceNotFound;
            (ContentKind::Datasource, "datasource-id", missing, "Data source")
        } else if has("{view-id}") {
            (ContentKind::View, "view-id", ErrorCode::ViewNotFound, "View")
        } else {
            let missing = ErrorCode::ProjectNotFound;
            (ContentKind::Project, "project-id", missing, "Project")
        };
        let id: Luid = call.id(variable, missing)?;
        let rights = Rights::of(&call.app, who, kind, id).await?;
        let rights = rights.ok_or_else(|| not_found(missing, what, id))?;
        Ok(Self { kind, id, rights })
    }

    /// Demands that the caller may change the rules of the item.
    pub(super) fn require_change(&self) -> Result<()> {
        let needed = match self.kind {
            ContentKind::Project => Capability::ProjectLeader,
            _ => Capability::ChangePermissions,
        };
        self.rights
            .require(needed, ErrorCode::Forbidden, self.kind.as_str())
    }

    /// The item's own rules.
    pub(super) fn own(&self) -> RulesOf {
        RulesOf::Item(self.kind, self.id)
    }

    /// The project's rules for content of a kind.
    pub(super) fn defaults(&self, kind: ContentKind) -> RulesOf {
        RulesOf::Defaults(ProjectId(self.id), kind)
    }
}

/// The kind of content that an address of default permissions ends in.
pub(super) fn default_kind(call: &Call) -> ContentKind {
    let mut parts = call.endpoint.path.split('/');
    let kind = parts
        .find(|part| *part == "default-permissions")
        .and_then(|_| parts.next());
    match kind {
        Some("datasources") => ContentKind::Datasource,
        Some("flows") => ContentKind::Flow,
        _ => ContentKind::Workbook,
    }
}

/// The kind of content that rules speak of.
fn subject(of: RulesOf) -> ContentKind {
    match of {
        RulesOf::Item(kind, _) | RulesOf::Defaults(_, kind) => kind,
    }
}

/// Changes rules and answers those that are in force then.
pub(super) async fn change(
    call: &Call,
    who: &SiteUser,
    target: &Target,
    of: RulesOf,
    change: RuleChange<'_>,
) -> Result<Vec<Rule>> {
    let store = &call.app.store;
    let rules = store.change_rules(who.site(), of, change, call.app.now()).await;
    rules.map_err(|error| {
        let mut api = ApiError::from(error);
        if api.code == ErrorCode::CapabilityNotFound {
            api.detail = format!(
                "The grantee does not hold that capability with that mode on this {}.",
                target.kind.as_str()
            );
        }
        api
    })
}

/// Answers rules, with the item that they stand on and the project that locks them.
pub(super) async fn answer(
    call: &Call,
    who: &SiteUser,
    target: &Target,
    of: RulesOf,
    rules: &[Rule],
) -> Result<Reply> {
    let mut view = types::Permissions {
        grantee_capabilities: rules_view(rules, subject(of), call.version),
        ..types::Permissions::default()
    };
    name_item(call, who, target, &mut view).await?;
    Ok(call.answer(StatusCode::OK, |out| out.child("permissions", &view)))
}

async fn name_item(
    call: &Call,
    who: &SiteUser,
    target: &Target,
    view: &mut types::Permissions,
) -> Result<()> {
    let (store, site) = (&call.app.store, who.site());
    match target.kind {
        ContentKind::Workbook => {
            let id = WorkbookId(target.id);
            view.workbook = store.workbook(site, id).await?.map(|workbook| types::Workbook {
                id: Some(id),
                name: Some(workbook.name),
                owner: owner(workbook.owner),
                ..types::Workbook::default()
            });
        }
        ContentKind::Datasource => {
            let id = DatasourceId(target.id);
            view.datasource = store.datasource(site, id).await?.map(|source| types::Datasource {
                id: Some(id),
                name: Some(source.name),
                owner: owner(source.owner),
                ..types::Datasource::default()
            });
        }
        ContentKind::View => {
            let id = ViewId(target.id);
            view.view = store.view(site, id).await?.map(|sheet| types::View {
                id: Some(id),
                name: Some(sheet.name),
                owner: owner(sheet.owner),
                ..types::View::default()
            });
        }
        ContentKind::Project | ContentKind::Flow => {
            let id = ProjectId(target.id);
            let Some(project) = store.project(site, id).await? else {
                return Ok(());
            };
            view.parent = project.controlling_permissions_project.map(parent);
            view.project = Some(project_ref(project));
            return Ok(());
        }
    }
    if let Some(project) = target.rights.project().filter(|_| target.rights.locked()) {
        let project = store.project(site, project).await?;
        view.parent = project.map(|p| parent(p.controlling_permissions_project.unwrap_or(p.id)));
    }
    Ok(())
}

fn project_ref(project: Project) -> types::Project {
    types::Project {
        id: Some(project.id),
        name: Some(project.name),
        owner: owner(project.owner),
        ..types::Project::default()
    }
}

fn parent(project: ProjectId) -> types::Parent {
    types::Parent {
        id: Some(project.0),
        parent_type: Some("Project".to_owned()),
        name: None,
    }
}

fn owner(owner: Owner) -> Option<types::User> {
    Some(types::User {
        id: Some(owner.id),
        ..types::User::default()
    })
}

/// Adds to a project's rules who leads it through a project that it is nested in (API 2.8).
pub(super) async fn with_inherited_leaders(
    call: &Call,
    who: &SiteUser,
    target: &Target,
    rules: &mut Vec<Rule>,
) -> Result<()> {
    let mut above = target.rights.project();
    if call.version < V(2, 8) || target.kind != ContentKind::Project {
        return Ok(());
    }
    while let Some(project) = above {
        for rule in call.app.store.rules(ContentKind::Project, project.0).await? {
            if rule.allow.contains(Capability::ProjectLeader) {
                inherit(rules, rule.grantee);
            }
        }
        above = call
            .app
            .store
            .project(who.site(), project)
            .await?
            .and_then(|p| p.parent);
    }
    Ok(())
}

fn inherit(rules: &mut Vec<Rule>, grantee: Grantee) {
    let inherited = CapabilitySet::of(&[Capability::InheritedProjectLeader]);
    match rules.iter_mut().find(|rule| rule.grantee == grantee) {
        Some(rule) => rule.allow = rule.allow.union(inherited),
        None => rules.push(Rule {
            grantee,
            allow: inherited,
            deny: CapabilitySet::EMPTY,
        }),
    }
}

/// Reads the rules of a request for content of a kind.
pub(super) fn asked_rules(call: &Call, kind: ContentKind, asked: &types::Permissions) -> Result<Vec<Rule>> {
    let mut rules: Vec<Rule> = Vec::new();
    for one in &asked.grantee_capabilities {
        let user = one.user.as_ref().and_then(|user| user.id).map(Grantee::User);
        let group = one.group.as_ref().and_then(|group| group.id).map(Grantee::Group);
        let grantee = match (user, group) {
            (Some(grantee), None) | (None, Some(grantee)) => grantee,
            _ => {
                return Err(bad_request(
                    "Every granteeCapabilities element must hold one user or one group, with its id.",
                ));
            }
        };
        let items = one.capabilities.as_ref().map(|c| c.capability.as_slice());
        let items = items.filter(|items| !items.is_empty()).ok_or_else(|| {
            bad_request("Every granteeCapabilities element must hold capabilities with a capability.")
        })?;
        let at = match rules.iter().position(|rule| rule.grantee == grantee) {
            Some(at) => at,
            None => {
                rules.push(Rule {
                    grantee,
                    allow: CapabilitySet::EMPTY,
                    deny: CapabilitySet::EMPTY,
                });
                rules.len() - 1
            }
        };
        let rule = &mut rules[at];
        for item in items {
            let (Some(name), Some(mode)) = (&item.name, &item.mode) else {
                return Err(bad_request(
                    "Every capability element must hold a name and a mode.",
                ));
            };
            let (capability, allow) = capability(call, kind, name, mode)?;
            let one = CapabilitySet::of(&[capability]);
            let (to, other) = match allow {
                true => (&mut rule.allow, &rule.deny),
                false => (&mut rule.deny, &rule.allow),
            };
            if other.contains(capability) {
                return Err(bad_request(format!(
                    "The request allows and denies {name} to the same grantee."
                )));
            }
            *to = to.union(one);
        }
    }
    Ok(rules)
}

/// Reads a capability and its mode, of which `true` allows.
pub(super) fn capability(
    call: &Call,
    kind: ContentKind,
    name: &str,
    mode: &str,
) -> Result<(Capability, bool)> {
    let capability = Capability::parse(name).ok_or_else(|| {
        let detail = format!("'{name}' is no capability.");
        fail(ErrorCode::CapabilityNotFound, detail)
    })?;
    let allow = match mode {
        "Allow" => true,
        "Deny" => false,
        _ => {
            let detail = format!("The mode of a capability must be exactly Allow or Deny, not '{mode}'.");
            return Err(fail(ErrorCode::CapabilityNotFound, detail));
        }
    };
    // Who leads a project through its parent is said there.
    let is_read_only = capability == Capability::InheritedProjectLeader;
    if is_read_only || !names(kind, capability, call.version) {
        let detail = format!(
            "{name} is not a capability of a {} in API {}; those are {}.",
            kind.as_str(),
            call.version,
            valid_names(kind, call.version)
        );
        return Err(fail(ErrorCode::InvalidCapability, detail));
    }
    if capability == Capability::ProjectLeader && !allow {
        return Err(fail(
            ErrorCode::InvalidCapability,
            "ProjectLeader cannot be denied; delete the rule that allows it.",
        ));
    }
    Ok((capability, allow))
}

/// Reads the rule that the address of a deletion names.
pub(super) async fn addressed_rule(call: &Call, who: &SiteUser, kind: ContentKind) -> Result<Rule> {
    let grantee = addressed_grantee(call, who).await?;
    let (capability, allow) = capability(
        call,
        kind,
        call.value("capability-name"),
        call.value("capability-mode"),
    )?;
    let (one, none) = (CapabilitySet::of(&[capability]), CapabilitySet::EMPTY);
    Ok(Rule {
        grantee,
        allow: if allow { one } else { none },
        deny: if allow { none } else { one },
    })
}

async fn addressed_grantee(call: &Call, who: &SiteUser) -> Result<Grantee> {
    // Newer addresses have both words as a variable part.
    let (is_user, variable) = if call.endpoint.path.contains("{user-id}") {
        (true, "user-id")
    } else if call.endpoint.path.contains("{group-id}") {
        (false, "group-id")
    } else {
        let word = call.value("groups|users|groupSets");
        (word.eq_ignore_ascii_case("users"), "grantee-id")
    };
    if is_user {
        let id: UserId = call.id(variable, ErrorCode::UserNotFound)?;
        let user = call.app.store.user(who.site(), id).await?;
        user.ok_or_else(|| not_found(ErrorCode::UserNotFound, "User", id))?;
        return Ok(Grantee::User(id));
    }
    let id: GroupId = call.id(variable, ErrorCode::GroupNotFound)?;
    let group = call.app.store.group(who.site(), id).await?;
    group.ok_or_else(|| not_found(ErrorCode::GroupNotFound, "Group", id))?;
    Ok(Grantee::Group(id))
}
