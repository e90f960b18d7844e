//! The list of people as an LDAP directory or Active Directory has them.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, stream};
use vivant_directory::{self as directory, Directory, FoundGroup};

use super::rows::Person;
use crate::error::{Error, Result, ServiceKind};
use crate::report::{Action, Line};

/// How many groups are read at once.
const AT_ONCE: usize = 4;

/// Whom of a directory a list holds.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Names of groups, or `domain\group`; their members are listed, with their memberships in these groups.
    pub groups: Vec<String>,
    /// All groups that the directory's settings name.
    pub all_groups: bool,
    /// All users that the directory's settings name, in groups or not.
    pub all_users: bool,
    /// Users are called `domain\name`.
    pub with_domain: bool,
}

/// What a directory says.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The people, by name.
    pub people: Vec<Person>,
    /// The groups that were read, also those that nobody is in.
    pub groups: Vec<String>,
    /// Whom the list cannot hold.
    pub notes: Vec<Line>,
}

/// Reads people and their groups. One that does not exist is an error, so that nobody leaves a site because of a slip.
pub async fn read_directory(directory: &Directory, wanted: &Wanted) -> Result<Listed> {
    let mut groups = match wanted.all_groups {
        true => directory.groups().await.map_err(failed)?,
        false => Vec::new(),
    };
    for name in &wanted.groups {
        let found = find(directory, name).await?;
        if !groups.contains(&found) {
            groups.push(found);
        }
    }
    let mut listed = Listed::default();
    let mut called = HashSet::new();
    for group in &groups {
        if !called.insert(group.name.to_lowercase()) {
            let why = "several groups of the directory are called so, and become one";
            listed
                .notes
                .push(Line::new(Action::Cannot, "group", &group.name, why));
        }
    }
    let mut people: HashMap<String, (String, Person)> = HashMap::new();
    let mut take = |members: directory::Members, group: Option<&FoundGroup>| {
        for one in members.people {
            let name = match wanted.with_domain {
                true => format!("{}\\{}", one.domain, one.name),
                false => one.name,
            };
            let (domain, person) = people.entry(name.to_lowercase()).or_insert_with(|| {
                let person = Person {
                    name,
                    full_name: one.full_name,
                    email: one.email,
                    ..Person::default()
                };
                (one.domain.clone(), person)
            });
            if *domain != one.domain {
                return Err(Error::input(format!(
                    "{} is a user of {domain} and another one of {}: call users by domain and name, or name one domain",
                    person.name, one.domain
                )));
            }
            person.groups.extend(group.map(|group| group.name.clone()));
        }
        if members.unusable > 0 {
            let place = group.map_or("the directory", |group| &group.name);
            let why = format!("{} entries have a name that no user can have", members.unusable);
            listed
                .notes
                .push(Line::new(Action::Cannot, "users", format!("of {place}"), why));
        }
        Ok(())
    };
    if wanted.all_users {
        take(directory.everybody().await.map_err(failed)?, None)?;
    }
    let mut members = stream::iter(&groups)
        .map(async |group| Ok::<_, Error>((group, directory.members(group).await.map_err(failed)?)))
        .buffered(AT_ONCE);
    while let Some((group, members)) = members.try_next().await? {
        take(members, Some(group))?;
    }
    drop(members);
    listed.people = people.into_values().map(|(_, person)| person).collect();
    listed.people.sort_by(|a, b| a.name.cmp(&b.name));
    listed.groups = groups.into_iter().map(|group| group.name).collect();
    Ok(listed)
}

/// Finds the one group that a name means.
async fn find(directory: &Directory, text: &str) -> Result<FoundGroup> {
    let (domains, name) = match text.split_once('\\') {
        Some((domain, name)) => {
            let known = directory
                .domain(domain)
                .ok_or_else(|| Error::NotFound(format!("the directory has no domain `{domain}`")))?;
            (vec![known], name)
        }
        None => (directory.domains().iter().collect(), text),
    };
    let mut found = Vec::new();
    for domain in domains {
        found.extend(directory.group(domain, name).await.map_err(failed)?);
    }
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Error::NotFound(format!("the directory has no group `{text}`"))),
        _ => {
            let domains: Vec<String> = found
                .iter()
                .map(|group| format!("{}\\{}", group.domain, group.name))
                .collect();
            Err(Error::input(format!(
                "several groups of the directory are called `{text}`: {}; write the domain before the name",
                domains.join(", ")
            )))
        }
    }
}

fn failed(error: directory::Error) -> Error {
    match error {
        directory::Error::Unavailable(_) => Error::Service {
            message: error.to_string(),
            kind: ServiceKind::Unreachable,
        },
        other => Error::input(other.to_string()),
    }
}
