//! Bringing a group into step with the directory.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use vivant_directory::{Directory, Domain, FoundGroup, Known, Person};
use vivant_model::{GroupId, SiteId, SiteRole, name};
use vivant_store::directory::{DirectoryUser, ImportGroup};
use vivant_store::{ListQuery, PageRequest};

use crate::app::App;
use crate::errors::Result;

/// What a request asks of an import; also what the job knows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Asked {
    /// The group's name.
    pub name: String,
    /// The full name of its domain.
    pub domain: String,
    /// The least role of its members.
    pub role: String,
    /// When they are given it.
    pub license_mode: Option<String>,
}

/// How many members of a group here are read at once.
const PAGE_SIZE: u32 = 1000;

/// Where imported groups come from, as requests call it.
pub const SOURCE: &str = "ActiveDirectory";

/// Reads all that an import needs: the members, and who of the present ones has left the directory.
pub async fn read(
    directory: &Directory,
    app: &App,
    site: SiteId,
    group: Option<GroupId>,
    found: &FoundGroup,
    asked: &Asked,
) -> Result<ImportGroup> {
    let members = directory.members(found).await?;
    let mut users: Vec<DirectoryUser> = members.people.into_iter().map(user).collect();
    if let Some(group) = group {
        users.extend(departed(directory, app, site, group, &users).await?);
    }
    Ok(ImportGroup {
        site,
        group,
        name: found.name.clone(),
        domain: found.domain.clone(),
        source: SOURCE.to_owned(),
        site_role: SiteRole::parse(&asked.role),
        license_mode: asked.license_mode.clone(),
        members: users,
        unusable: members.unusable as u64,
    })
}

/// The members of a group here that the directory has no more, or has disabled.
///
/// Tableau: who was taken out of the group there keeps the role; who is gone there loses it.
async fn departed(
    directory: &Directory,
    app: &App,
    site: SiteId,
    group: GroupId,
    members: &[DirectoryUser],
) -> Result<Vec<DirectoryUser>> {
    let key = |domain: &str, user: &str| (name::key(domain), name::key(user));
    let stay: HashSet<(String, String)> = members.iter().map(|m| key(&m.domain, &m.name)).collect();
    // Who is called otherwise now is still there.
    let ids: HashSet<&str> = members.iter().filter_map(|m| m.external_id.as_deref()).collect();
    let mut others: Vec<(&Domain, Vec<Known>)> = directory
        .domains()
        .iter()
        .map(|domain| (domain, Vec::new()))
        .collect();
    for number in 1.. {
        let query = ListQuery {
            page: PageRequest {
                number,
                size: PAGE_SIZE,
            },
            ..ListQuery::default()
        };
        let page = app.store.group_users(site, group, &query).await?;
        for user in page.items {
            let id = user.external_auth_user_id.filter(|id| !id.is_empty());
            let stays = stay.contains(&key(&user.domain, &user.name))
                || id.as_deref().is_some_and(|id| ids.contains(id));
            let domain = name::key(&user.domain);
            let place = others.iter_mut().find(|(d, _)| name::key(&d.name) == domain);
            if let (Some((_, known)), false) = (place, stays) {
                known.push(Known { name: user.name, id });
            }
        }
        if u64::from(number) * u64::from(PAGE_SIZE) >= page.total {
            break;
        }
    }
    let mut gone = Vec::new();
    for (domain, known) in others {
        for user in directory.gone(domain, &known).await? {
            gone.push(DirectoryUser {
                name: user.name.clone(),
                domain: domain.name.clone(),
                is_disabled: true,
                ..DirectoryUser::default()
            });
        }
    }
    Ok(gone)
}

/// A person as the store takes them.
fn user(person: Person) -> DirectoryUser {
    DirectoryUser {
        name: person.name,
        domain: person.domain,
        full_name: person.full_name,
        email: person.email,
        external_id: person.id,
        is_disabled: false,
    }
}
