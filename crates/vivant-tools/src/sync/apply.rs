//! A plan carried out: users first, then groups, memberships, and the users who leave.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use futures_util::{StreamExt, TryStreamExt, stream};
use vivant_client::{ErrorKind, ListOptions, Site};
use vivant_model::{GroupId, SiteRole, UserId};
use vivant_wire::types::{Group, User};

use super::plan::{Missing, Options, Plan, Step};
use super::{Person, plan};
use crate::error::{Context, Error, Result};
use crate::people::People;
use crate::permissions::GranteeKind;
use crate::report::{Progress, Report, Watch};

/// Reads what a plan needs to know of a site: users, groups, and the members of the groups that the list names.
pub async fn look(
    site: &Site,
    list: &[Person],
    options: &Options,
) -> Result<(People, HashMap<GroupId, HashSet<UserId>>)> {
    let people = People::load(site).await?;
    let named: HashSet<String> = list
        .iter()
        .flat_map(|person| &person.groups)
        .chain(&options.groups)
        .map(|name| name.to_lowercase())
        .collect();
    let wanted: Vec<GroupId> = people
        .groups()
        .into_iter()
        .filter(|group| {
            group
                .name
                .as_ref()
                .is_some_and(|name| named.contains(&name.to_lowercase()))
        })
        .filter_map(|group| group.id)
        .collect();
    let members = members(site, wanted, options.parallel).await?;
    Ok((people, members))
}

/// Lists the members of groups, several groups at once.
pub(crate) async fn members(
    site: &Site,
    groups: Vec<GroupId>,
    parallel: usize,
) -> Result<HashMap<GroupId, HashSet<UserId>>> {
    stream::iter(groups)
        .map(async |group| {
            let users = site.groups().users(group, ListOptions::new()).all().await;
            let users = users.context(|| format!("the members of the group {group} cannot be listed"))?;
            Ok((group, users.into_iter().filter_map(|user| user.id).collect()))
        })
        .buffer_unordered(parallel.max(1))
        .try_collect()
        .await
}

/// Compares a list with the site of a session. A list of nobody is refused where it would make everybody leave.
pub async fn prepare(site: &Site, list: &[Person], options: &Options) -> Result<Plan> {
    if list.is_empty() && options.missing != Missing::Keep {
        return Err(Error::input(
            "the list names nobody, so everybody would have to leave; leave users that it does not name as they are",
        ));
    }
    let (people, members) = look(site, list, options).await?;
    let mut plan = plan(list, &people, &members, site.user_id(), options);
    plan.people = Some(people);
    Ok(plan)
}

/// Whether a step belongs to a stage.
type Belongs = fn(&Step) -> bool;

/// Carries out a plan. What fails is reported and does not hold up the rest, except what needs it.
pub async fn apply(site: &Site, plan: Plan, options: &Options, watch: &Watch<'_>) -> Result<Report> {
    let people = match plan.people {
        Some(people) => people,
        None => People::load(site).await?,
    };
    let people = Mutex::new(people);
    let mut report = Report::default();
    let total = plan.steps.len();
    let stages: [(&'static str, Belongs); 4] = [
        ("users", |step| {
            matches!(step, Step::AddUser { .. } | Step::ChangeUser { .. })
        }),
        ("groups", |step| matches!(step, Step::CreateGroup { .. })),
        ("memberships", |step| {
            matches!(step, Step::AddMember { .. } | Step::RemoveMember { .. })
        }),
        ("users who leave", |step| matches!(step, Step::RemoveUser { .. })),
    ];
    let mut rest = plan.steps;
    for (stage, belongs) in stages {
        let (now, later): (Vec<_>, Vec<_>) = rest.into_iter().partition(|(_, step)| belongs(step));
        rest = later;
        let mut work = stream::iter(now)
            .map(async |(line, step)| {
                let outcome = run(site, &people, &step, options).await;
                (line, outcome)
            })
            .buffer_unordered(options.parallel.max(1));
        while let Some((line, outcome)) = work.next().await {
            report.add(line, outcome);
            watch(Progress {
                stage,
                done: report.outcomes.len(),
                total,
                line: report.outcomes.last().map(|outcome| &outcome.line),
            });
        }
    }
    Ok(report)
}

async fn run(site: &Site, people: &Mutex<People>, step: &Step, options: &Options) -> Result<()> {
    let known = || people.lock().unwrap_or_else(PoisonError::into_inner);
    match step {
        Step::AddUser { name, role, changes } => {
            let user = add_user(site, name, *role, changes).await?;
            known().add_user(user);
        }
        Step::ChangeUser { id, changes } => {
            site.users()
                .update(*id, changes)
                .await
                .context(|| format!("the user {id} cannot be changed"))?;
        }
        Step::RemoveUser { id } => {
            let gone = site.users().remove(*id, options.assets_to).await;
            match gone {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => other.context(|| format!("the user {id} cannot be removed"))?,
            }
        }
        Step::CreateGroup { name } => {
            let group = create_group(site, name).await?;
            known().add_group(group);
        }
        Step::AddMember { group, user } => {
            let (group, user) = {
                let known = known();
                (
                    known.find(GranteeKind::Group, group)?,
                    known.find(GranteeKind::User, user)?,
                )
            };
            add_member(site, GroupId(group.id), UserId(user.id)).await?;
        }
        Step::RemoveMember { group, user } => {
            let gone = site.groups().remove_user(*group, *user).await;
            match gone {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => other.context(|| format!("the user {user} cannot leave the group {group}"))?,
            }
        }
    }
    Ok(())
}

/// Adds a user, and says by a second call what the first cannot.
///
/// Tableau: adding a user takes name, site role and way to sign in alone.
pub(crate) async fn add_user(site: &Site, name: &str, role: SiteRole, changes: &User) -> Result<User> {
    let asked = User {
        name: Some(name.to_owned()),
        site_role: Some(role.as_str().to_owned()),
        auth_setting: changes.auth_setting.clone(),
        ..User::default()
    };
    let made = site.users().add(&asked).await;
    let user = made.context(|| format!("the user {name} cannot be added"))?;
    let id = user.id.ok_or_else(|| Error::answer("a new user has no id"))?;
    if changes.full_name.is_none() && changes.email.is_none() {
        return Ok(user);
    }
    let more = User {
        full_name: changes.full_name.clone(),
        email: changes.email.clone(),
        ..User::default()
    };
    let changed = site.users().update(id, &more).await;
    changed
        .context(|| format!("the user {name} was added, but full name and e-mail address cannot be set"))?;
    Ok(user)
}

/// Creates a group; one that somebody else made meanwhile will do.
pub(crate) async fn create_group(site: &Site, name: &str) -> Result<Group> {
    let asked = Group {
        name: Some(name.to_owned()),
        ..Group::default()
    };
    match site.groups().create(&asked).await {
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let found = site.groups().list(ListOptions::new()).all().await;
            let found = found.context(|| "the groups cannot be listed".to_owned())?;
            found
                .into_iter()
                .find(|group| group.name.as_deref() == Some(name))
                .ok_or_else(|| Error::Call {
                    what: format!("the group {name} cannot be created"),
                    source: error,
                })
        }
        other => other.context(|| format!("the group {name} cannot be created")),
    }
}

/// Adds a member; one who is there already is what was wanted.
pub(crate) async fn add_member(site: &Site, group: GroupId, user: UserId) -> Result<()> {
    match site.groups().add_user(group, user).await {
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
        other => other
            .map(|_| ())
            .context(|| format!("the user {user} cannot be added to the group {group}")),
    }
}
