//! What differs between a site and a list of people. Pure: everything that is known of the site comes in.

use std::collections::{BTreeMap, HashMap, HashSet};

use vivant_model::project::ALL_USERS;
use vivant_model::{GroupId, SiteRole, UserId};
use vivant_wire::types::User;

use super::Person;
use crate::people::People;
use crate::permissions::GranteeKind;
use crate::report::{Action, Line};

/// What becomes of users of the site that the list does not name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Missing {
    /// They stay.
    #[default]
    Keep,
    /// They lose their licence, and keep what they own.
    Unlicense,
    /// They leave the site.
    Remove,
}

/// How a site is made to be what the list says.
#[derive(Clone, Debug)]
pub struct Options {
    /// The role of new users for whom the list gives none.
    pub role: SiteRole,
    /// What becomes of users that the list does not name.
    pub missing: Missing,
    /// Whether members that the list does not name leave the groups that it names.
    pub exact_groups: bool,
    /// Groups that are to be there even where the list has nobody in them.
    pub groups: Vec<String>,
    /// Who gets what removed users own (API 3.10).
    pub assets_to: Option<UserId>,
    /// How many calls run at once.
    pub parallel: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            role: SiteRole::Unlicensed,
            missing: Missing::Keep,
            exact_groups: false,
            groups: Vec::new(),
            assets_to: None,
            parallel: 4,
        }
    }
}

/// One call or two.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    AddUser {
        name: String,
        role: SiteRole,
        changes: User,
    },
    ChangeUser {
        id: UserId,
        changes: User,
    },
    RemoveUser {
        id: UserId,
    },
    CreateGroup {
        name: String,
    },
    AddMember {
        group: String,
        user: String,
    },
    RemoveMember {
        group: GroupId,
        user: UserId,
    },
}

/// What is to be done, in order: users, groups, memberships, and last the users who leave.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    pub(super) steps: Vec<(Line, Step)>,
    /// What stays and why, and what cannot be.
    pub notes: Vec<Line>,
    /// Who was on the site when the plan was made of it.
    pub(super) people: Option<People>,
}

impl Plan {
    /// What would be done.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.steps.iter().map(|(line, _)| line)
    }

    /// Returns whether the site is as the list says.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn step(&mut self, line: Line, step: Step) {
        self.steps.push((line, step));
    }
}

/// Compares a list with a site. `members` holds the members of the groups that the list names; `myself` is the
/// user that is signed in, who is never taken away or given another role.
pub fn plan(
    list: &[Person],
    people: &People,
    members: &HashMap<GroupId, HashSet<UserId>>,
    myself: UserId,
    options: &Options,
) -> Plan {
    let mut plan = Plan::default();
    let mut named = HashSet::new();
    let alone = options
        .groups
        .iter()
        .map(|name| (name.to_lowercase(), (name.clone(), Vec::new())));
    let mut groups: BTreeMap<String, (String, Vec<&Person>)> = alone.collect();
    for person in list {
        for group in &person.groups {
            let entry = groups
                .entry(group.to_lowercase())
                .or_insert_with(|| (group.clone(), Vec::new()));
            entry.1.push(person);
        }
        match people.find(GranteeKind::User, &person.name) {
            Ok(grantee) => {
                let id = UserId(grantee.id);
                named.insert(id);
                if let Some(user) = people.user(id) {
                    change_user(&mut plan, person, user, id == myself);
                }
            }
            Err(crate::Error::NotFound(_)) => add_user(&mut plan, person, options),
            Err(error) => plan
                .notes
                .push(Line::new(Action::Cannot, "user", &person.name, error.to_string())),
        }
    }
    for (name, wanted) in groups.into_values() {
        if name.eq_ignore_ascii_case(ALL_USERS) {
            continue;
        }
        change_group(&mut plan, &name, &wanted, people, members, options);
    }
    if options.missing != Missing::Keep {
        for user in people.users() {
            if let Some(id) = user.id.filter(|id| !named.contains(id)) {
                leave(&mut plan, id, user, id == myself, options);
            }
        }
    }
    plan
}

fn add_user(plan: &mut Plan, person: &Person, options: &Options) {
    let role = person.role.unwrap_or(options.role);
    let changes = User {
        full_name: person.full_name.clone(),
        email: person.email.clone(),
        auth_setting: person.auth_setting.clone(),
        ..User::default()
    };
    let line = Line::new(Action::Create, "user", &person.name, role.as_str());
    let name = person.name.clone();
    plan.step(line, Step::AddUser { name, role, changes });
}

fn change_user(plan: &mut Plan, person: &Person, user: &User, is_myself: bool) {
    let mut changes = User::default();
    let mut words = Vec::new();
    let mut differs = |wanted: &Option<String>, present: &Option<String>, what: &str| {
        let apart = wanted.is_some() && wanted != present;
        if apart {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            words.push(format!("{what} `{}` to `{}`", text(present), text(wanted)));
        }
        wanted.clone().filter(|_| apart)
    };
    changes.full_name = differs(&person.full_name, &user.full_name, "full name");
    changes.email = differs(&person.email, &user.email, "e-mail address");
    changes.auth_setting = differs(&person.auth_setting, &user.auth_setting, "way to sign in");
    let present = user.site_role.as_deref().and_then(SiteRole::parse);
    match (person.role, present) {
        (Some(wanted), Some(present)) if wanted == present => {}
        (Some(wanted), Some(SiteRole::ServerAdministrator)) => plan.notes.push(Line::new(
            Action::Leave,
            "user",
            &person.name,
            format!("a server administrator is not made {} by a list", wanted.as_str()),
        )),
        (Some(wanted), _) if is_myself => plan.notes.push(Line::new(
            Action::Leave,
            "user",
            &person.name,
            format!("is signed in here, and is not made {}", wanted.as_str()),
        )),
        (Some(wanted), present) => {
            let before = present.map_or("", SiteRole::as_str);
            words.push(format!("site role {before} to {}", wanted.as_str()));
            changes.site_role = Some(wanted.as_str().to_owned());
        }
        (None, _) => {}
    }
    if words.is_empty() {
        return;
    }
    let Some(id) = user.id else { return };
    let line = Line::new(Action::Change, "user", &person.name, words.join(", "));
    plan.step(line, Step::ChangeUser { id, changes });
}

fn change_group(
    plan: &mut Plan,
    name: &str,
    wanted: &[&Person],
    people: &People,
    members: &HashMap<GroupId, HashSet<UserId>>,
    options: &Options,
) {
    let found = people.find(GranteeKind::Group, name);
    let group = match &found {
        Ok(grantee) => people.group(GroupId(grantee.id)),
        Err(crate::Error::NotFound(_)) => {
            let line = Line::new(Action::Create, "group", name, "");
            plan.step(
                line,
                Step::CreateGroup {
                    name: name.to_owned(),
                },
            );
            None
        }
        Err(error) => {
            plan.notes
                .push(Line::new(Action::Cannot, "group", name, error.to_string()));
            return;
        }
    };
    let domain = group.and_then(|group| group.domain.as_ref()?.name.as_deref());
    if domain.is_some_and(|domain| !crate::people::is_local(domain)) {
        let why = "its members come from the directory; change them there and synchronize";
        plan.notes.push(Line::new(Action::Cannot, "group", name, why));
        return;
    }
    let nobody = HashSet::new();
    let present = group.and_then(|group| members.get(&group.id?)).unwrap_or(&nobody);
    let mut staying = HashSet::new();
    for person in wanted {
        let id = people
            .find(GranteeKind::User, &person.name)
            .ok()
            .map(|grantee| UserId(grantee.id));
        staying.extend(id);
        if id.is_some_and(|id| present.contains(&id)) {
            continue;
        }
        let line = Line::new(
            Action::Create,
            "membership",
            format!("{} in {name}", person.name),
            "",
        );
        let (group, user) = (name.to_owned(), person.name.clone());
        plan.step(line, Step::AddMember { group, user });
    }
    let Some(id) = group.and_then(|group| group.id).filter(|_| options.exact_groups) else {
        return;
    };
    let mut leaving: Vec<UserId> = present.difference(&staying).copied().collect();
    leaving.sort();
    for user in leaving {
        let label = people
            .user(user)
            .and_then(|user| user.name.clone())
            .unwrap_or_else(|| user.to_string());
        let line = Line::new(Action::Remove, "membership", format!("{label} in {name}"), "");
        plan.step(line, Step::RemoveMember { group: id, user });
    }
}

fn leave(plan: &mut Plan, id: UserId, user: &User, is_myself: bool, options: &Options) {
    let name = user.name.clone().unwrap_or_else(|| id.to_string());
    let role = user.site_role.as_deref().and_then(SiteRole::parse);
    let spared = match role {
        Some(SiteRole::ServerAdministrator) => Some("is a server administrator"),
        Some(SiteRole::Guest) => Some("stands for visitors"),
        _ if is_myself => Some("is signed in here"),
        Some(SiteRole::Unlicensed) if options.missing == Missing::Unlicense => return,
        _ => None,
    };
    if let Some(why) = spared {
        plan.notes.push(Line::new(Action::Leave, "user", name, why));
        return;
    }
    match options.missing {
        Missing::Keep => {}
        Missing::Unlicense => {
            let changes = User {
                site_role: Some(SiteRole::Unlicensed.as_str().to_owned()),
                ..User::default()
            };
            let before = role.map_or("", SiteRole::as_str);
            let line = Line::new(
                Action::Change,
                "user",
                name,
                format!("site role {before} to Unlicensed"),
            );
            plan.step(line, Step::ChangeUser { id, changes });
        }
        Missing::Remove => {
            let line = Line::new(Action::Remove, "user", name, "");
            plan.step(line, Step::RemoveUser { id });
        }
    }
}

#[cfg(test)]
mod tests {
    use vivant_model::Luid;
    use vivant_wire::types::Group;

    use super::*;

    fn id(n: u8) -> Luid {
        Luid::from_random([n; 16])
    }

    fn user(n: u8, name: &str, role: &str) -> User {
        User {
            id: Some(UserId(id(n))),
            name: Some(name.to_owned()),
            site_role: Some(role.to_owned()),
            ..User::default()
        }
    }

    fn people() -> People {
        let group = |n, name: &str| Group {
            id: Some(GroupId(id(n))),
            name: Some(name.to_owned()),
            ..Group::default()
        };
        People::new(
            vec![
                user(1, "admin", "ServerAdministrator"),
                user(2, "ann", "Viewer"),
                user(3, "bob", "Explorer"),
                user(4, "cid", "Unlicensed"),
            ],
            vec![group(11, "All Users"), group(12, "Sales")],
        )
    }

    fn lines(list: &str, options: &Options) -> Vec<String> {
        let members = HashMap::from([(GroupId(id(12)), HashSet::from([UserId(id(2)), UserId(id(3))]))]);
        let list = super::super::read(list.as_bytes()).expect("a list");
        let plan = plan(&list, &people(), &members, UserId(id(1)), options);
        plan.lines().chain(&plan.notes).map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_as_it_shall_be_costs_nothing() {
        let list = "name,role,groups\nann,Viewer,Sales;All Users\nBOB,Explorer,sales\n";
        assert_eq!(lines(list, &Options::default()), [""; 0]);
    }

    #[test]
    fn differences_are_steps() {
        let list = "name,role,email,groups\nann,Creator,a@x,Sales;New\ndan,,,Sales\n";
        assert_eq!(
            lines(list, &Options::default()),
            [
                "change user ann: e-mail address `` to `a@x`, site role Viewer to Creator",
                "create user dan: Unlicensed",
                "create group New",
                "create membership ann in New",
                "create membership dan in Sales",
            ]
        );
    }

    #[test]
    fn those_who_are_missing_leave_when_asked_for() {
        let options = |missing| Options {
            missing,
            exact_groups: true,
            ..Options::default()
        };
        let list = "name,groups\nann,Sales\n";
        assert_eq!(
            lines(list, &options(Missing::Unlicense)),
            [
                "remove membership bob in Sales",
                "change user bob: site role Explorer to Unlicensed",
                "leave  user admin: is a server administrator",
            ]
        );
        let removed = lines(list, &options(Missing::Remove));
        assert!(removed.contains(&"remove user cid".to_owned()), "{removed:?}");
        assert!(!removed.iter().any(|line| line == "remove user admin"));
    }

    #[test]
    fn administrators_keep_their_role() {
        assert_eq!(
            lines("name,role\nadmin,Viewer\n", &Options::default()),
            ["leave  user admin: a server administrator is not made Viewer by a list"]
        );
    }
}
