//! Why a user may do something to an item, or not: every step of the evaluation with what it found.

use std::collections::{BTreeSet, HashMap, HashSet};

use serde::Serialize;
use vivant_client::{ListOptions, Site};
use vivant_model::permission::{self, Subject, decide};
use vivant_model::{Capability, CapabilitySet, GroupId, GroupSetId, Luid, Reason, SiteRole, UserId};
use vivant_wire::types::Project;
use vivant_wire::version::V;

use super::kind::{Kind, capability};
use super::rules::{Grantee, GranteeKind, Mode, Place, Rules};
use crate::error::{Context, Error, Result};
use crate::items::Item;
use crate::people::People;
use crate::remote;
use crate::tree::Tree;

/// One step of the evaluation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What is looked at, such as `site role`.
    pub step: &'static str,
    /// What was found.
    pub found: String,
    /// Whether it allows or denies; `None` where it says nothing.
    pub allows: Option<bool>,
    /// Whether the answer comes from here.
    pub decides: bool,
}

/// An answer and how it came about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Who.
    pub user: String,
    /// On what.
    pub item: String,
    /// What.
    pub capability: String,
    /// The answer.
    pub allowed: bool,
    /// Every step in the order in which they count; the first that says something decides.
    pub steps: Vec<Step>,
}

/// A project above the item, or the item itself.
#[derive(Clone, Debug)]
pub struct Level {
    /// Its path.
    pub path: String,
    /// Its owner.
    pub owner: Option<UserId>,
    /// Its rules.
    pub rules: Rules,
}

/// A set of groups that a rule is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupSet {
    /// Its name, or its id where that is not known.
    pub name: String,
    /// Whether the user is in it, that is in all of its groups; or why that is not known.
    pub membership: Membership,
}

/// Whether a user is in a set of groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// In all groups of the set.
    In,
    /// Not in the groups of these names, or the set has no group.
    Out(Vec<String>),
    /// It could not be looked up, and why.
    Unknown(String),
}

/// All that is known of one user and one item.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The user.
    pub user: UserId,
    /// The user's role on the site.
    pub role: SiteRole,
    /// The user's groups.
    pub groups: Vec<GroupId>,
    /// The sets of groups that rules are for.
    pub sets: HashMap<Luid, GroupSet>,
    /// The item.
    pub item: Item,
    /// The rules in force on the item.
    pub rules: Rules,
    /// The project that the item lies in and those above, from the inside out; of a project with itself.
    pub levels: Vec<Level>,
    /// The path of the project that keeps the rules; `None` where owners set them.
    pub lock: Option<String>,
}

/// Explains why a user may do something to an item, or not.
pub async fn explain(
    site: &Site,
    tree: &Tree,
    people: &People,
    user: UserId,
    item: &Item,
    name: &str,
) -> Result<Explanation> {
    let version = site
        .api_version()
        .await
        .context(|| "the API version is not known".to_owned())?;
    let wanted = capability(item.kind, version, name)?;
    let facts = gather(site, tree, people, user, item).await?;
    evaluate(&facts, people, wanted)
}

/// Asks the server for all that an explanation needs: one call for the groups, one for the item's rules, one for
/// each project above, and one for each set of groups that rules are for.
pub async fn gather(site: &Site, tree: &Tree, people: &People, user: UserId, item: &Item) -> Result<Facts> {
    let known = people.user(user).cloned();
    let account = match known {
        Some(account) => account,
        None => site
            .users()
            .get(user)
            .await
            .context(|| format!("the user {user} cannot be read"))?,
    };
    let role = account
        .site_role
        .as_deref()
        .and_then(SiteRole::parse)
        .ok_or_else(|| Error::answer(format!("the user {user} has a site role that is not known")))?;
    let groups = groups_of(site, people, user);
    let rules = remote::rules(site, Place::Item(item.kind, item.id));
    let chain: Vec<&Project> = item.project.map(|id| tree.chain(id)).unwrap_or_default();
    let levels = futures_util::future::try_join_all(chain.iter().map(async |project| {
        let id = project.id.ok_or_else(|| Error::answer("a project without id"))?;
        Ok::<_, Error>(Level {
            path: tree.path(id).unwrap_or_default().to_string(),
            owner: project.owner.as_ref().and_then(|owner| owner.id),
            rules: remote::rules(site, Place::Item(Kind::Project, id.0)).await?,
        })
    }));
    let (groups, rules, levels) = futures_util::future::try_join3(groups, rules, levels).await?;
    let sets = sets_of(site, people, &groups, &rules, &levels).await?;
    let lock = item
        .project
        .and_then(|id| tree.lock(id))
        .and_then(|project| project.id);
    Ok(Facts {
        user,
        role,
        groups,
        sets,
        item: item.clone(),
        rules,
        levels,
        lock: lock
            .filter(|_| item.kind != Kind::Project)
            .and_then(|id| tree.path(id))
            .map(|path| path.to_string()),
    })
}

async fn groups_of(site: &Site, people: &People, user: UserId) -> Result<Vec<GroupId>> {
    let version = site
        .api_version()
        .await
        .context(|| "the API version is not known".to_owned())?;
    if version >= V(3, 7) {
        let groups = site.users().groups(user, ListOptions::new()).all().await;
        let groups = groups.context(|| format!("the groups of the user {user} cannot be listed"))?;
        return Ok(groups.into_iter().filter_map(|group| group.id).collect());
    }
    // Older servers know the members of a group only.
    let all: Vec<GroupId> = people.groups().into_iter().filter_map(|group| group.id).collect();
    let members = crate::sync::members(site, all, 4).await?;
    Ok(members
        .into_iter()
        .filter(|(_, users): &(GroupId, HashSet<UserId>)| users.contains(&user))
        .map(|(group, _)| group)
        .collect())
}

/// Looks up the sets of groups that rules are for.
async fn sets_of(
    site: &Site,
    people: &People,
    groups: &[GroupId],
    rules: &Rules,
    levels: &[Level],
) -> Result<HashMap<Luid, GroupSet>> {
    let all = levels.iter().map(|level| &level.rules).chain([rules]);
    let wanted: BTreeSet<Luid> = all
        .flat_map(Rules::iter)
        .filter(|(grantee, _)| grantee.kind == GranteeKind::GroupSet)
        .map(|(grantee, _)| grantee.id)
        .collect();
    let found = futures_util::future::join_all(wanted.into_iter().map(async |id| {
        let set = match site.group_sets().get(GroupSetId(id)).await {
            Err(error) => GroupSet {
                name: id.to_string(),
                membership: Membership::Unknown(error.to_string()),
            },
            Ok(found) => {
                let missing: Vec<String> = found
                    .group
                    .iter()
                    .filter(|group| group.id.is_none_or(|id| !groups.contains(&id)))
                    .map(|group| match (&group.name, group.id) {
                        (Some(name), _) => name.clone(),
                        (None, Some(id)) => people.label(Grantee::group(id.0)),
                        (None, None) => String::new(),
                    })
                    .collect();
                GroupSet {
                    membership: match missing.is_empty() && !found.group.is_empty() {
                        true => Membership::In,
                        false => Membership::Out(missing),
                    },
                    name: found.name.unwrap_or_else(|| id.to_string()),
                }
            }
        };
        (id, set)
    }))
    .await;
    Ok(found.into_iter().collect())
}

/// Goes through the steps. The answer is [`decide`]'s; the steps say what each would.
pub fn evaluate(facts: &Facts, people: &People, name: &str) -> Result<Explanation> {
    let wanted = Capability::parse(name)
        .ok_or_else(|| Error::input(format!("how {name} is evaluated is not known")))?;
    // A rule on a set counts for those in it as one on a group does.
    let mut groups = facts.groups.clone();
    let sets = facts.sets.iter();
    groups.extend(
        sets.filter(|(_, set)| set.membership == Membership::In)
            .map(|(id, _)| GroupId(*id)),
    );
    let subject = Subject {
        role: facts.role,
        user: facts.user,
        groups: &groups,
    };
    let leads: Vec<String> = facts
        .levels
        .iter()
        .filter_map(|level| leading(&subject, level, facts, people))
        .collect();
    let rules = to_model(&facts.rules);
    let item = permission::Item {
        owner: facts.item.owner,
        led: !leads.is_empty() && facts.role.ceiling().contains(Capability::ProjectLeader),
        rules: &rules,
        locked: facts.lock.is_some(),
    };
    let decision = decide(subject, item, wanted);
    let mut steps = Vec::new();
    let mut add = |step, reason: Option<Reason>, found: String, allows| {
        steps.push(Step {
            step,
            found,
            allows,
            decides: reason == Some(decision.reason),
        });
    };
    let role = facts.role.as_str();
    let within = facts.role.ceiling().contains(wanted);
    add(
        "site role",
        Some(Reason::SiteRole),
        match within {
            true => format!("{role} can hold {name}"),
            false => format!("{role} can never hold {name}, whatever the rules say"),
        },
        (!within).then_some(false),
    );
    add(
        "administrator",
        Some(Reason::Administrator),
        match facts.role.is_admin() {
            true => format!("{role} may do everything on the site"),
            false => format!("{role} does not administer the site"),
        },
        facts.role.is_admin().then_some(true),
    );
    let cannot_lead = !leads.is_empty() && !item.led;
    add(
        "project leader",
        Some(Reason::ProjectLeader),
        match (&leads[..], cannot_lead) {
            ([], _) => format!("leads none of {}", paths(&facts.levels)),
            (leads, true) => format!("{}; but {role} cannot lead a project", leads.join("; ")),
            (leads, false) => leads.join("; "),
        },
        item.led.then_some(true),
    );
    let owns = facts.item.owner == Some(facts.user);
    let beyond = item.locked && wanted == Capability::ChangePermissions;
    let owner = facts.item.owner.map(|id| people.label(Grantee::user(id.0)));
    add(
        "owner",
        Some(Reason::Owner),
        match (owns, beyond) {
            (true, true) => "owns it; but in a locked project owners do not change rules".to_owned(),
            (true, false) => "owns it".to_owned(),
            (false, _) => format!(
                "it belongs to {}",
                owner.as_deref().unwrap_or("nobody that is known")
            ),
        },
        (owns && !beyond).then_some(true),
    );
    add(
        "locked project",
        None,
        match &facts.lock {
            Some(path) => format!(
                "the project {path} keeps the rules: its defaults for a {} count",
                facts.item.kind.as_str()
            ),
            None => "the item's own rules count".to_owned(),
        },
        None,
    );
    let member: HashSet<_> = facts.groups.iter().map(|group| group.0).collect();
    let (mut on_user, mut on_groups) = (None, None);
    for (grantee, rule) in facts.rules.iter() {
        let label = people.label(grantee);
        let mode = rule.get(name);
        let said = match mode {
            Some(Mode::Allow) => format!("allows {name}"),
            Some(Mode::Deny) => format!("denies {name}"),
            None => format!("says nothing of {name}"),
        };
        let allows = mode.map(|mode| mode == Mode::Allow);
        match grantee.kind {
            GranteeKind::User if grantee.id == facts.user.0 => {
                on_user = on_user.max(mode);
                let found = format!("the rule on the user {said}");
                add(
                    "rule on the user",
                    Some(Reason::UserRule).filter(|_| mode.is_some()),
                    found,
                    allows,
                );
            }
            GranteeKind::Group if member.contains(&grantee.id) => {
                on_groups = on_groups.max(mode);
                let decides = mode.is_some_and(|mode| (mode == Mode::Allow) == decision.allowed);
                let found = format!("the rule on the group {label} {said}");
                add(
                    "rule on a group",
                    Some(Reason::GroupRule).filter(|_| decides),
                    found,
                    allows,
                );
            }
            GranteeKind::Group if mode.is_some() => {
                let found = format!("the rule on the group {label} {said}, but the user is not in it");
                add("rule on another group", None, found, None);
            }
            GranteeKind::GroupSet if mode.is_some() => {
                let Some(set) = facts.sets.get(&grantee.id) else {
                    continue;
                };
                let (reason, about, allows) = match &set.membership {
                    Membership::In => {
                        on_groups = on_groups.max(mode);
                        let decides = mode.is_some_and(|mode| (mode == Mode::Allow) == decision.allowed);
                        let reason = Some(Reason::GroupRule).filter(|_| decides);
                        (reason, ", and the user is in all of them".to_owned(), allows)
                    }
                    Membership::Out(missing) if missing.is_empty() => {
                        (None, ", but it has no groups".to_owned(), None)
                    }
                    Membership::Out(missing) => {
                        let about = format!(", but the user is not in {}", missing.join(", "));
                        (None, about, None)
                    }
                    Membership::Unknown(why) => {
                        let about = format!(", but who is in it could not be looked up: {why}");
                        (None, about, None)
                    }
                };
                let found = format!("the rule on the set of groups {} {said}{about}", set.name);
                add("rule on a set of groups", reason, found, allows);
            }
            _ => {}
        }
    }
    if on_user.is_none() && on_groups.is_none() {
        let found = format!("no rule on the user or the user's groups speaks of {name}");
        add("no rule", Some(Reason::Unspecified), found, Some(false));
    }
    Ok(Explanation {
        user: people.label(Grantee::user(facts.user.0)),
        item: format!("{} {}", facts.item.kind.as_str(), facts.item.path),
        capability: name.to_owned(),
        allowed: decision.allowed,
        steps,
    })
}

/// Why somebody leads a project, if so.
fn leading(subject: &Subject<'_>, level: &Level, facts: &Facts, people: &People) -> Option<String> {
    if level.owner == Some(subject.user) {
        return Some(format!("owns the project {}", level.path));
    }
    let rules = to_model(&level.rules);
    let item = permission::Item {
        owner: None,
        led: false,
        rules: &rules,
        locked: false,
    };
    // What the role says of it is a step of its own.
    let anybody = Subject {
        role: SiteRole::Creator,
        ..*subject
    };
    let decision = decide(anybody, item, Capability::ProjectLeader);
    if !decision.allowed {
        return None;
    }
    let name = Capability::ProjectLeader.as_str();
    let through = level.rules.iter().find(|(grantee, rule)| {
        let speaks = match grantee.kind {
            GranteeKind::User => decision.reason == Reason::UserRule && grantee.id == subject.user.0,
            GranteeKind::Group | GranteeKind::GroupSet => {
                decision.reason == Reason::GroupRule
                    && subject.groups.iter().any(|group| group.0 == grantee.id)
            }
        };
        speaks && rule.get(name) == Some(Mode::Allow)
    });
    let through = through.map(|(grantee, _)| match facts.sets.get(&grantee.id) {
        Some(set) => format!("set of groups {}", set.name),
        None => format!("{} {}", grantee.kind.as_str(), people.label(grantee)),
    });
    Some(format!(
        "the rule on the {} makes a leader of the project {}",
        through.unwrap_or_default(),
        level.path
    ))
}

fn paths(levels: &[Level]) -> String {
    let paths: Vec<&str> = levels.iter().map(|level| level.path.as_str()).collect();
    match paths.is_empty() {
        true => "the projects above".to_owned(),
        false => paths.join(", "),
    }
}

/// The rules as the model knows them: a set of groups is one group, and capabilities that it does not know are left
/// out.
fn to_model(rules: &Rules) -> Vec<permission::Rule> {
    rules
        .iter()
        .map(|(grantee, rule)| {
            let grantee = match grantee.kind {
                GranteeKind::User => permission::Grantee::User(UserId(grantee.id)),
                GranteeKind::Group | GranteeKind::GroupSet => permission::Grantee::Group(GroupId(grantee.id)),
            };
            let of = |wanted: Mode| -> CapabilitySet {
                rule.iter()
                    .filter(|(_, mode)| *mode == wanted)
                    .filter_map(|(name, _)| Capability::parse(name))
                    .collect()
            };
            permission::Rule {
                grantee,
                allow: of(Mode::Allow),
                deny: of(Mode::Deny),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use vivant_model::ProjectId;

    use super::super::rules::Rule;
    use super::*;
    use crate::tree::Path;

    fn id(n: u8) -> Luid {
        Luid::from_random([n; 16])
    }

    fn rules(parts: &[(Grantee, &str, Mode)]) -> Rules {
        let mut rules = Rules::new();
        for (grantee, name, mode) in parts {
            let rule: Rule = [((*name).to_owned(), *mode)].into_iter().collect();
            rules.set(*grantee, rule);
        }
        rules
    }

    fn facts(role: SiteRole, owner: u8, of_item: Rules, of_project: Rules, lock: bool) -> Facts {
        Facts {
            user: UserId(id(1)),
            role,
            groups: vec![GroupId(id(11)), GroupId(id(12))],
            sets: HashMap::new(),
            item: Item {
                kind: Kind::Workbook,
                id: id(50),
                path: Path(vec!["Sales".to_owned(), "Book".to_owned()]),
                owner: Some(UserId(id(owner))),
                project: Some(ProjectId(id(40))),
            },
            rules: of_item,
            levels: vec![Level {
                path: "/Sales".to_owned(),
                owner: Some(UserId(id(9))),
                rules: of_project,
            }],
            lock: lock.then(|| "/Sales".to_owned()),
        }
    }

    fn check(facts: &Facts, name: &str, allowed: bool, deciding: &str) {
        let explanation = evaluate(facts, &People::default(), name).expect("explained");
        assert_eq!(explanation.allowed, allowed, "{explanation:#?}");
        let steps: Vec<&str> = explanation
            .steps
            .iter()
            .filter(|step| step.decides)
            .map(|step| step.step)
            .collect();
        assert_eq!(steps, [deciding], "{explanation:#?}");
    }

    #[test]
    fn the_deciding_step_is_marked() {
        use SiteRole::{Explorer, SiteAdministratorExplorer, Unlicensed, Viewer};
        let none = Rules::new;
        let user = Grantee::user(id(1));
        let (mine, also_mine, other) = (
            Grantee::group(id(11)),
            Grantee::group(id(12)),
            Grantee::group(id(13)),
        );
        check(
            &facts(Unlicensed, 1, none(), none(), false),
            "Read",
            false,
            "site role",
        );
        check(
            &facts(Viewer, 1, none(), none(), false),
            "Write",
            false,
            "site role",
        );
        check(
            &facts(SiteAdministratorExplorer, 2, none(), none(), false),
            "Read",
            true,
            "administrator",
        );
        check(&facts(Explorer, 1, none(), none(), false), "Read", true, "owner");
        check(
            &facts(Explorer, 2, none(), none(), false),
            "Read",
            false,
            "no rule",
        );
        let leader = rules(&[(mine, "ProjectLeader", Mode::Allow)]);
        check(
            &facts(Explorer, 2, rules(&[(user, "Read", Mode::Deny)]), leader, false),
            "Read",
            true,
            "project leader",
        );
        let deny = rules(&[(user, "Read", Mode::Deny), (mine, "Read", Mode::Allow)]);
        check(
            &facts(Explorer, 2, deny, none(), false),
            "Read",
            false,
            "rule on the user",
        );
        let both = rules(&[(mine, "Read", Mode::Allow), (also_mine, "Read", Mode::Deny)]);
        check(
            &facts(Explorer, 2, both, none(), false),
            "Read",
            false,
            "rule on a group",
        );
        let not_in = rules(&[(other, "Read", Mode::Allow)]);
        check(
            &facts(Explorer, 2, not_in, none(), false),
            "Read",
            false,
            "no rule",
        );
    }

    #[test]
    fn sets_of_groups_count_for_who_is_in_all_of_them() {
        let grantee = Grantee {
            kind: GranteeKind::GroupSet,
            id: id(30),
        };
        let with = |membership: Membership, mode: Mode, more: &[(Grantee, &str, Mode)]| {
            let mut parts = vec![(grantee, "Read", mode)];
            parts.extend_from_slice(more);
            let mut facts = facts(SiteRole::Explorer, 2, rules(&parts), Rules::new(), false);
            let name = "Both".to_owned();
            facts.sets.insert(id(30), GroupSet { name, membership });
            facts
        };
        let missing = || Membership::Out(vec!["Ops".to_owned()]);
        check(
            &with(Membership::In, Mode::Allow, &[]),
            "Read",
            true,
            "rule on a set of groups",
        );
        let mine = [(Grantee::group(id(11)), "Read", Mode::Allow)];
        check(
            &with(Membership::In, Mode::Deny, &mine),
            "Read",
            false,
            "rule on a set of groups",
        );
        check(
            &with(missing(), Mode::Deny, &mine),
            "Read",
            true,
            "rule on a group",
        );
        check(&with(missing(), Mode::Allow, &[]), "Read", false, "no rule");
        let unknown = with(Membership::Unknown("no answer".to_owned()), Mode::Allow, &[]);
        check(&unknown, "Read", false, "no rule");
        let told = |facts: &Facts| {
            let steps = evaluate(facts, &People::default(), "Read")
                .expect("explained")
                .steps;
            steps
                .into_iter()
                .find(|step| step.step == "rule on a set of groups")
                .expect("told")
                .found
        };
        assert_eq!(
            told(&unknown),
            "the rule on the set of groups Both allows Read, but who is in it could not be looked up: no answer"
        );
        assert!(told(&with(missing(), Mode::Allow, &[])).ends_with("but the user is not in Ops"));

        let mut leads = facts(
            SiteRole::Explorer,
            2,
            Rules::new(),
            rules(&[(grantee, "ProjectLeader", Mode::Allow)]),
            false,
        );
        let (name, membership) = ("Both".to_owned(), Membership::In);
        leads.sets.insert(id(30), GroupSet { name, membership });
        check(&leads, "Read", true, "project leader");
    }

    #[test]
    fn locks_and_leaders_are_told() {
        let told = |facts: &Facts, name| {
            let explanation = evaluate(facts, &People::default(), name).expect("explained");
            explanation
                .steps
                .into_iter()
                .map(|step| step.found)
                .collect::<Vec<_>>()
                .join("\n")
        };
        let locked = facts(SiteRole::Creator, 1, Rules::new(), Rules::new(), true);
        let text = told(&locked, "ChangePermissions");
        assert!(
            text.contains("in a locked project owners do not change rules"),
            "{text}"
        );
        assert!(text.contains("/Sales keeps the rules"), "{text}");
        let leader = rules(&[(Grantee::user(id(1)), "ProjectLeader", Mode::Allow)]);
        let text = told(&facts(SiteRole::Viewer, 2, Rules::new(), leader, false), "Read");
        assert!(text.contains("Viewer cannot lead a project"), "{text}");
    }
}
