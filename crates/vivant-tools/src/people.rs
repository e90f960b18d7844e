//! The users and groups of a site, by id and by name.

use std::collections::HashMap;

use vivant_client::{ErrorKind, ListOptions, Site};
use vivant_model::{GroupId, Luid, UserId};
use vivant_wire::types::{Group, User};
use vivant_wire::version::V;

use crate::error::{Context, Error, Result};
use crate::permissions::{Grantee, GranteeKind, Rules};

/// The users and groups of a site.
#[derive(Clone, Debug, Default)]
pub struct People {
    users: HashMap<UserId, User>,
    groups: HashMap<GroupId, Group>,
    by_name: HashMap<(GranteeKind, String), Vec<Grantee>>,
}

impl People {
    /// Lists users and groups of a site, both at once.
    pub async fn load(site: &Site) -> Result<Self> {
        let mut options = ListOptions::new();
        let version = site
            .api_version()
            .await
            .context(|| "the API version is not known".to_owned())?;
        if version >= V(2, 5) {
            options = options.fields("_all_");
        }
        let (users, groups) = futures_util::future::join(
            site.users().list(options).all(),
            site.groups().list(ListOptions::new()).all(),
        )
        .await;
        // Only administrators list users; what users there are for others, their rules show by id.
        let users = match users {
            Err(error) if error.kind() == ErrorKind::Forbidden => {
                tracing::info!("users cannot be listed, so rules show their ids");
                Vec::new()
            }
            other => other.context(|| "the users cannot be listed".to_owned())?,
        };
        let groups = groups.context(|| "the groups cannot be listed".to_owned())?;
        Ok(Self::new(users, groups))
    }

    /// Makes it of lists.
    pub fn new(users: Vec<User>, groups: Vec<Group>) -> Self {
        let mut people = Self::default();
        for user in users {
            people.add_user(user);
        }
        for group in groups {
            people.add_group(group);
        }
        people
    }

    /// Adds a user that was just made.
    pub fn add_user(&mut self, user: User) {
        let Some(id) = user.id else { return };
        self.note(Grantee::user(id.0), user.name.as_deref());
        self.users.insert(id, user);
    }

    /// Adds a group that was just made.
    pub fn add_group(&mut self, group: Group) {
        let Some(id) = group.id else { return };
        self.note(Grantee::group(id.0), group.name.as_deref());
        self.groups.insert(id, group);
    }

    fn note(&mut self, grantee: Grantee, name: Option<&str>) {
        let key = (grantee.kind, fold(name.unwrap_or_default()));
        let known = self.by_name.entry(key).or_default();
        if !known.contains(&grantee) {
            known.push(grantee);
        }
    }

    /// The users, by name.
    pub fn users(&self) -> Vec<&User> {
        let mut all: Vec<&User> = self.users.values().collect();
        all.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        all
    }

    /// The groups, by name.
    pub fn groups(&self) -> Vec<&Group> {
        let mut all: Vec<&Group> = self.groups.values().collect();
        all.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
        all
    }

    /// One user.
    pub fn user(&self, id: UserId) -> Option<&User> {
        self.users.get(&id)
    }

    /// One group.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The name of a grantee, with the domain where it is not the server's own; `None` where it is not known.
    pub fn name(&self, grantee: Grantee) -> Option<String> {
        let (name, domain) = self.name_and_domain(grantee)?;
        Some(match domain.filter(|domain| !is_local(domain)) {
            Some(domain) => format!("{domain}\\{name}"),
            None => name.to_owned(),
        })
    }

    /// The name, or the id where the name is not known.
    pub fn label(&self, grantee: Grantee) -> String {
        self.name(grantee).unwrap_or_else(|| grantee.id.to_string())
    }

    fn name_and_domain(&self, grantee: Grantee) -> Option<(&str, Option<&str>)> {
        let (name, domain) = match grantee.kind {
            GranteeKind::User => {
                let user = self.users.get(&UserId(grantee.id))?;
                (&user.name, &user.domain)
            }
            GranteeKind::Group => {
                let group = self.groups.get(&GroupId(grantee.id))?;
                (&group.name, &group.domain)
            }
            GranteeKind::GroupSet => return None,
        };
        Some((
            name.as_deref()?,
            domain.as_ref().and_then(|domain| domain.name.as_deref()),
        ))
    }

    /// Finds a user or group by `name`, `domain\name` or id.
    pub fn find(&self, kind: GranteeKind, text: &str) -> Result<Grantee> {
        if let Ok(id) = text.parse::<Luid>() {
            return Ok(Grantee { kind, id });
        }
        let noun = kind.as_str();
        let (domain, name) = match text.split_once('\\') {
            Some((domain, name)) => (Some(domain), name),
            None => (None, text),
        };
        match self.candidates(kind, name, domain)[..] {
            [grantee] => Ok(grantee),
            [] => Err(Error::NotFound(format!(
                "there is no {noun} `{text}` on the site"
            ))),
            ref several => {
                let names: Vec<String> = several
                    .iter()
                    .filter_map(|grantee| self.name_and_domain(*grantee))
                    .map(|(name, domain)| format!("{}\\{name}", domain.unwrap_or("local")))
                    .collect();
                Err(Error::input(format!(
                    "several {noun}s are called `{text}`: {}; write the domain before the name",
                    names.join(", ")
                )))
            }
        }
    }

    /// Finds the user by name alone, where only one has it.
    pub fn user_named(&self, name: &str) -> Option<&User> {
        match self.find(GranteeKind::User, name) {
            Ok(grantee) => self.users.get(&UserId(grantee.id)),
            Err(_) => None,
        }
    }

    /// Finds the group by name alone, where only one has it.
    pub fn group_named(&self, name: &str) -> Option<&Group> {
        match self.find(GranteeKind::Group, name) {
            Ok(grantee) => self.groups.get(&GroupId(grantee.id)),
            Err(_) => None,
        }
    }

    fn candidates(&self, kind: GranteeKind, name: &str, domain: Option<&str>) -> Vec<Grantee> {
        let known = self.by_name.get(&(kind, fold(name))).cloned().unwrap_or_default();
        let in_domain = |grantee: &&Grantee| {
            let found = self
                .name_and_domain(**grantee)
                .and_then(|(_, domain)| domain)
                .unwrap_or("local");
            domain.is_none_or(|domain| found.eq_ignore_ascii_case(domain))
        };
        known.iter().filter(in_domain).copied().collect()
    }

    /// Finds who on another site is the same: by name and domain, else by name where only one there has it.
    pub fn same_on(&self, grantee: Grantee, other: &Self) -> Option<Grantee> {
        let (name, domain) = self.name_and_domain(grantee)?;
        let exact = other.candidates(grantee.kind, name, Some(domain.unwrap_or("local")));
        if let [found] = exact[..] {
            return Some(found);
        }
        match other.candidates(grantee.kind, name, None)[..] {
            [found] => Some(found),
            _ => None,
        }
    }

    /// Rules as they read on another site, and the names of those who are not there.
    pub fn rules_on(&self, rules: &Rules, other: &Self) -> (Rules, Vec<String>) {
        let mut there = Rules::new();
        let mut missing = Vec::new();
        for (grantee, rule) in rules.iter() {
            match self.same_on(grantee, other) {
                Some(found) => there.set(found, rule.clone()),
                None => missing.push(format!("{} {}", grantee.kind.as_str(), self.label(grantee))),
            }
        }
        (there, missing)
    }
}

/// Whether a domain is the server's own.
pub(crate) fn is_local(domain: &str) -> bool {
    domain.is_empty() || domain.eq_ignore_ascii_case("local") || domain.eq_ignore_ascii_case("external")
}

/// Tableau: names of users and groups differ in more than the case of letters.
fn fold(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use vivant_wire::types::Domain;

    use super::*;
    use crate::permissions::{Mode, Rule};

    fn user(n: u8, name: &str, domain: &str) -> User {
        User {
            id: Some(UserId(Luid::from_random([n; 16]))),
            name: Some(name.to_owned()),
            domain: Some(Domain {
                name: Some(domain.to_owned()),
                ..Domain::default()
            }),
            ..User::default()
        }
    }

    fn grantee(n: u8) -> Grantee {
        Grantee::user(Luid::from_random([n; 16]))
    }

    #[test]
    fn names_are_found_whatever_their_case() {
        let people = People::new(
            vec![
                user(1, "ann", "local"),
                user(2, "bob", "local"),
                user(3, "bob", "corp"),
            ],
            vec![],
        );
        assert_eq!(people.find(GranteeKind::User, "ANN").expect("ann"), grantee(1));
        assert_eq!(
            people.find(GranteeKind::User, "corp\\bob").expect("bob"),
            grantee(3)
        );
        let error = people
            .find(GranteeKind::User, "bob")
            .expect_err("two")
            .to_string();
        assert!(
            error.contains("local\\bob") && error.contains("corp\\bob"),
            "{error}"
        );
        assert!(matches!(
            people.find(GranteeKind::Group, "ann"),
            Err(Error::NotFound(_))
        ));
        assert_eq!(people.label(grantee(3)), "corp\\bob");
    }

    #[test]
    fn rules_move_by_name_and_say_who_is_missing() {
        let here = People::new(
            vec![
                user(1, "ann", "local"),
                user(2, "bob", "corp"),
                user(3, "eve", "local"),
            ],
            vec![],
        );
        let there = People::new(vec![user(4, "Ann", "local"), user(5, "bob", "local")], vec![]);
        let read: Rule = [("Read".to_owned(), Mode::Allow)].into_iter().collect();
        let rules: Rules = [1, 2, 3]
            .map(|n| (grantee(n), read.clone()))
            .into_iter()
            .collect();
        let (moved, missing) = here.rules_on(&rules, &there);
        assert_eq!(moved.iter().map(|(grantee, _)| grantee).collect::<Vec<_>>(), {
            let mut expected = vec![grantee(4), grantee(5)];
            expected.sort();
            expected
        });
        assert_eq!(missing, ["user eve"]);
    }
}
