//! The directory that users and groups come from: LDAP or Active Directory. It knows neither sites nor servers.
//!
//! Nothing is written there. Names that people type reach a filter only escaped
//! ([`filter`]), and every answer is read under limits of time and size.

mod connection;
mod dn;
mod entry;
mod filter;
mod settings;

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use ldap3::Scope;
use vivant_model::name;

use connection::Connection;
use entry::Entry;
use settings::{Checked, Nested};
pub use settings::{Domain, Hidden, LdapSettings};

/// How many people a group may have, those of nested groups included.
pub const MAX_MEMBERS: usize = 200_000;
/// How many groups lie in a group, and how many values a group's entry is read for.
const MAX_GROUPS: usize = 10_000;
/// How many lookups are under way at once.
const AT_ONCE: usize = 32;
/// How many entries are read to find the one user or group of a name.
const MAX_NAMESAKES: usize = 20;
/// How many names one filter asks for.
const NAMES_IN_FILTER: usize = 100;
/// Active Directory's rule that follows memberships through nested groups.
const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
/// What Active Directory computes of a group that may be somebody's primary one.
const PRIMARY_GROUP_TOKEN: &str = "primaryGroupToken";

/// What goes wrong with a directory.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name stands for several entries.
    #[error("the directory has several {what} named '{name}'")]
    Ambiguous {
        /// `users` or `groups`.
        what: &'static str,
        /// The name asked for.
        name: String,
    },
    /// A group has more members than are imported.
    #[error("the group has more than {MAX_MEMBERS} members")]
    TooLarge,
    /// A group went while its members were read.
    #[error("the group '{0}' left the directory while it was read")]
    Gone(String),
    /// The settings do not fit, or a file that they name cannot be read.
    #[error("{0}")]
    Settings(String),
    /// The directory does not answer, or not as it should; the text is for the log of a server.
    #[error("the directory does not answer: {0}")]
    Unavailable(String),
}

/// What the functions here return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A name that somebody signs in with, taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Who<'d, 'n> {
    /// The domain.
    pub domain: &'d Domain,
    /// The name in the domain.
    pub user: &'n str,
    /// All of it, where it was written with an `@`.
    pub principal: Option<&'n str>,
}

/// A user as the directory describes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The full name of the domain.
    pub domain: String,
    /// The name that they sign in with.
    pub name: String,
    /// The full name.
    pub full_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// What stays the same when the entry is renamed.
    pub id: Option<String>,
    dn: String,
}

/// A user of the directory as the server knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name that they signed in with.
    pub name: String,
    /// What stays the same when the entry is renamed.
    pub id: Option<String>,
}

/// A group as the directory describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundGroup {
    /// The full name of the domain.
    pub domain: String,
    /// The name, spelled as in the directory.
    pub name: String,
    dn: String,
    /// Last part of the identifier of Active Directory: whom it is the primary group of.
    token: Option<String>,
}

/// The people of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    /// Those who can be users here, each once.
    pub people: Vec<Person>,
    /// How many have a name that no user can have.
    pub unusable: usize,
}

/// The directory that the settings name. Cheap to clone.
#[derive(Clone)]
pub struct Directory(Arc<Checked>);

impl std::fmt::Debug for Directory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Directory")
            .field("urls", &self.0.urls)
            .field("domains", &self.0.domains)
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// Checks the settings; `None` where they name no directory.
    pub fn new(settings: LdapSettings) -> Result<Option<Self>> {
        Ok(settings.check()?.map(|checked| Self(Arc::new(checked))))
    }

    /// The domains, in the order of the settings.
    pub fn domains(&self) -> &[Domain] {
        &self.0.domains
    }

    /// Finds a domain by its full name or its nickname.
    pub fn domain(&self, asked: &str) -> Option<&Domain> {
        let is = |text: &str| name::key(text) == name::key(asked);
        self.domains().iter().find(|d| is(&d.name)).or_else(|| {
            self.domains()
                .iter()
                .find(|d| d.nickname.as_deref().is_some_and(is))
        })
    }

    /// Reads `domain\user` and `user@domain`, where the domain is one of the directory's.
    pub fn who<'n>(&self, login: &'n str) -> Option<Who<'_, 'n>> {
        let (domain, user, principal) = match login.split_once('\\') {
            Some((domain, user)) => (self.domain(domain)?, user, None),
            None => {
                let (user, domain) = login.rsplit_once('@')?;
                (self.domain(domain)?, user, Some(login))
            }
        };
        (!user.is_empty()).then_some(Who {
            domain,
            user,
            principal,
        })
    }

    /// Finds a user by the name that they sign in with.
    pub async fn person(&self, who: &Who<'_, '_>) -> Result<Option<Person>> {
        let checked = &self.0;
        let by_name = filter::equals(&checked.user_name, who.user);
        let mut filters = vec![by_name];
        if let Some(upn) = &checked.user_upn {
            let whole = format!("{}@{}", who.user, who.domain.name);
            let by_principal = filter::equals(upn, who.principal.unwrap_or(&whole));
            // Tableau: names with an @ or of more than 20 characters are user principal names.
            let first = who.principal.is_some() || who.user.chars().count() > 20;
            filters.insert(usize::from(!first), by_principal);
        }
        self.run(async |c| {
            for filter in &filters {
                let filter = filter::all([&checked.user_filter, filter]);
                let attributes = checked.user_attributes();
                let found = c
                    .search(
                        &who.domain.base,
                        Scope::Subtree,
                        &filter,
                        &attributes,
                        MAX_NAMESAKES,
                    )
                    .await?;
                let people: Vec<Person> = found.iter().filter_map(|entry| checked.person(entry)).collect();
                let mut people = people.into_iter().filter(|p| p.domain == who.domain.name);
                match (people.next(), people.next()) {
                    (None, _) => {}
                    (found, None) => return Ok(found),
                    (Some(one), Some(_)) => {
                        return Err(Error::Ambiguous {
                            what: "users",
                            name: one.name,
                        });
                    }
                }
            }
            Ok(None)
        })
        .await
    }

    /// Returns whether a user has this password: whether the directory lets them bind with it.
    pub async fn verify(&self, person: &Person, password: &str) -> Result<bool> {
        // An empty password makes an anonymous bind, which succeeds for everybody.
        if password.is_empty() {
            return Ok(false);
        }
        let mut connection = Connection::connect(&self.0).await?;
        let verified = connection.lets_in(&person.dn, password).await;
        connection.close().await;
        verified
    }

    /// Finds a group by its name.
    pub async fn group(&self, domain: &Domain, group: &str) -> Result<Option<FoundGroup>> {
        let checked = &self.0;
        let filter = filter::all([&checked.group_filter, &filter::equals(&checked.group_name, group)]);
        let attributes = [checked.group_name.as_str(), PRIMARY_GROUP_TOKEN];
        let mut found = self
            .run(async |c| {
                c.search(&domain.base, Scope::Subtree, &filter, &attributes, MAX_NAMESAKES)
                    .await
            })
            .await?;
        found.retain(|entry| checked.domain_of(&entry.dn) == Some(domain));
        match found.as_slice() {
            [] => Ok(None),
            [entry] => Ok(Some(FoundGroup {
                domain: domain.name.clone(),
                name: entry
                    .texts(&checked.group_name)
                    .find(|n| name::key(n) == name::key(group))
                    .unwrap_or(group)
                    .to_owned(),
                dn: entry.dn.clone(),
                token: entry.text(PRIMARY_GROUP_TOKEN).map(str::to_owned),
            })),
            _ => Err(Error::Ambiguous {
                what: "groups",
                name: group.to_owned(),
            }),
        }
    }

    /// Reads the people of a group, through nested groups where the settings say so.
    pub async fn members(&self, group: &FoundGroup) -> Result<Members> {
        let entries = self
            .run(async |c| {
                let entries = self.0.member_entries(c, group).await?;
                // One that goes meanwhile must not pass for one without members.
                let attributes = [self.0.group_name.as_str()];
                let there = c
                    .search(&group.dn, Scope::Base, "(objectClass=*)", &attributes, 1)
                    .await?;
                match there.is_empty() {
                    true => Err(Error::Gone(group.name.clone())),
                    false => Ok(entries),
                }
            })
            .await?;
        Ok(self.0.members(&entries))
    }

    /// Reads all users that the settings name, each once.
    pub async fn everybody(&self) -> Result<Members> {
        let checked = &self.0;
        let entries = self
            .run(async |c| {
                checked
                    .everywhere(c, &checked.user_filter, &checked.user_attributes())
                    .await
            })
            .await?;
        Ok(checked.members(&entries))
    }

    /// Finds all groups that the settings name, by name.
    pub async fn groups(&self) -> Result<Vec<FoundGroup>> {
        let checked = &self.0;
        let attributes = [checked.group_name.as_str(), PRIMARY_GROUP_TOKEN];
        let entries = self
            .run(async |c| checked.everywhere(c, &checked.group_filter, &attributes).await)
            .await?;
        let mut groups: Vec<FoundGroup> = entries
            .into_iter()
            .filter_map(|entry| {
                let domain = checked.domain_of(&entry.dn)?.name.clone();
                let name = entry.text(&checked.group_name)?.to_owned();
                let token = entry.text(PRIMARY_GROUP_TOKEN).map(str::to_owned);
                Some(FoundGroup {
                    domain,
                    name,
                    dn: entry.dn,
                    token,
                })
            })
            .collect();
        groups.sort_by(|a, b| (&a.name, &a.dn).cmp(&(&b.name, &b.dn)));
        groups.dedup_by(|a, b| a.dn == b.dn);
        Ok(groups)
    }

    /// Which of these users of a domain the directory has no more, or has disabled: it finds them
    /// neither by name nor, where they may be called otherwise now, by what stays the same.
    pub async fn gone<'u>(&self, domain: &Domain, users: &'u [Known]) -> Result<Vec<&'u Known>> {
        let checked = &self.0;
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let attributes = [checked.user_name.as_str(), checked.user_id.as_str()];
        let mut names = HashSet::new();
        let mut ids = HashSet::new();
        self.run(async |c| {
            for users in users.chunks(NAMES_IN_FILTER) {
                let by_name = users.iter().map(|u| filter::equals(&checked.user_name, &u.name));
                let by_id = users
                    .iter()
                    .filter_map(|u| Some(filter::identifier(&checked.user_id, u.id.as_deref()?)));
                let filter = filter::all([&checked.user_filter, &filter::any(by_name.chain(by_id))]);
                let found = c
                    .search(&domain.base, Scope::Subtree, &filter, &attributes, MAX_MEMBERS)
                    .await?;
                names.extend(
                    found
                        .iter()
                        .flat_map(|e| e.texts(&checked.user_name))
                        .map(name::key),
                );
                ids.extend(found.iter().filter_map(|e| e.id(&checked.user_id)));
            }
            Ok(())
        })
        .await?;
        let is_there = |user: &&Known| {
            names.contains(&name::key(&user.name)) || user.id.as_ref().is_some_and(|id| ids.contains(id))
        };
        Ok(users.iter().filter(|user| !is_there(user)).collect())
    }

    /// Does something over a connection of its own, signed in as the settings say.
    async fn run<T>(&self, work: impl AsyncFnOnce(&mut Connection) -> Result<T>) -> Result<T> {
        let mut connection = Connection::open(&self.0).await?;
        let done = work(&mut connection).await;
        connection.close().await;
        done
    }
}

/// What the member of a group turned out to be.
enum Looked {
    User(Entry),
    Group(String),
    Neither,
}

impl Checked {
    /// What is read of a user.
    fn user_attributes(&self) -> Vec<&str> {
        let mut names = vec![
            self.user_name.as_str(),
            self.user_email.as_str(),
            self.user_id.as_str(),
        ];
        names.extend(self.user_full_name.iter().map(String::as_str));
        names
    }

    /// Reads a user; `None` where nobody could be called so here.
    fn person(&self, entry: &Entry) -> Option<Person> {
        let short = |text: &str| text.trim().chars().take(255).collect::<String>();
        let user = entry.text(&self.user_name)?.trim();
        Some(Person {
            domain: self.domain_of(&entry.dn)?.name.clone(),
            name: user.to_owned(),
            full_name: self
                .user_full_name
                .iter()
                .find_map(|attribute| entry.text(attribute))
                .map(short)
                .filter(|n| name::is_valid(n)),
            email: entry
                .text(&self.user_email)
                .map(short)
                .filter(|mail| name::is_email(mail)),
            id: entry.id(&self.user_id),
            dn: entry.dn.clone(),
        })
        .filter(|p| name::is_valid(&p.name) && !p.name.contains('\\'))
    }

    /// Reads users, each once.
    fn members(&self, entries: &[Entry]) -> Members {
        let mut seen = HashSet::new();
        let mut members = Members::default();
        for entry in entries {
            match self.person(entry) {
                Some(person) => {
                    if seen.insert((name::key(&person.domain), name::key(&person.name))) {
                        members.people.push(person);
                    }
                }
                None => members.unusable += 1,
            }
        }
        members
    }

    /// The domain that an entry lies in: the one with the longest base above it.
    fn domain_of(&self, dn: &str) -> Option<&Domain> {
        let parts = dn::parts(dn);
        let holds = |domain: &&Domain| parts.ends_with(&dn::parts(&domain.base));
        self.domains
            .iter()
            .filter(holds)
            .max_by_key(|domain| dn::parts(&domain.base).len())
    }

    async fn member_entries(&self, connection: &mut Connection, group: &FoundGroup) -> Result<Vec<Entry>> {
        match (&self.member_of, self.nested) {
            (Some(attribute), Nested::MatchingRule) => {
                let chain = filter::matches(attribute, IN_CHAIN, &group.dn);
                let filter = match &group.token {
                    Some(token) => filter::any([&chain, &filter::equals("primaryGroupID", token)]),
                    None => chain,
                };
                self.everywhere(
                    connection,
                    &filter::all([&self.user_filter, &filter]),
                    &self.user_attributes(),
                )
                .await
            }
            (member_of, nested) => self.walk(connection, group, member_of.as_deref(), nested).await,
        }
    }

    /// Goes through a group and, where asked to, through those in it. Each group is read once, so
    /// groups that lie in one another come to an end.
    async fn walk(
        &self,
        connection: &mut Connection,
        group: &FoundGroup,
        member_of: Option<&str>,
        nested: Nested,
    ) -> Result<Vec<Entry>> {
        let mut people: Vec<Entry> = Vec::new();
        let mut seen_people = HashSet::new();
        let mut seen_groups = HashSet::from([dn::parts(&group.dn)]);
        let mut waiting = vec![group.dn.clone()];
        while let Some(dn) = waiting.pop() {
            let (found, groups) = match member_of {
                Some(attribute) => self.pointing_to(connection, &dn, attribute).await?,
                None => self.pointed_to(connection, &dn).await?,
            };
            for person in found {
                if seen_people.insert(dn::parts(&person.dn)) {
                    people.push(person);
                }
            }
            if people.len() > MAX_MEMBERS {
                return Err(Error::TooLarge);
            }
            if nested == Nested::Off {
                break;
            }
            for inner in groups {
                if seen_groups.insert(dn::parts(&inner)) {
                    waiting.push(inner);
                }
            }
            if seen_groups.len() > MAX_GROUPS {
                return Err(Error::TooLarge);
            }
        }
        Ok(people)
    }

    /// The direct members of a group, in a directory whose entries say what they belong to.
    async fn pointing_to(
        &self,
        connection: &mut Connection,
        dn: &str,
        attribute: &str,
    ) -> Result<(Vec<Entry>, Vec<String>)> {
        let belongs = filter::equals(attribute, dn);
        let users = filter::all([&self.user_filter, &belongs]);
        let people = self
            .everywhere(connection, &users, &self.user_attributes())
            .await?;
        let groups = filter::all([&self.group_filter, &belongs]);
        let groups = self
            .everywhere(connection, &groups, &[self.group_name.as_str()])
            .await?;
        Ok((people, groups.into_iter().map(|g| g.dn).collect()))
    }

    /// The direct members of a group, by what its entry lists.
    async fn pointed_to(&self, connection: &mut Connection, dn: &str) -> Result<(Vec<Entry>, Vec<String>)> {
        let mut members: Vec<String> = Vec::new();
        for attribute in &self.group_members {
            members.extend(connection.values(dn, attribute, MAX_MEMBERS).await?);
        }
        let lookups = stream::iter(members).map(|member| {
            let mut connection = connection.clone();
            async move { self.look_up(&mut connection, member).await }
        });
        let found: Vec<Looked> = lookups.buffered(AT_ONCE).try_collect().await?;
        let (mut people, mut groups) = (Vec::new(), Vec::new());
        for looked in found {
            match looked {
                Looked::User(entry) => people.push(entry),
                Looked::Group(dn) => groups.push(dn),
                Looked::Neither => {}
            }
        }
        for names in self.named_members(connection, dn).await?.chunks(NAMES_IN_FILTER) {
            let names = filter::any(names.iter().map(|n| filter::equals(&self.user_name, n)));
            let filter = filter::all([&self.user_filter, &names]);
            people.extend(
                self.everywhere(connection, &filter, &self.user_attributes())
                    .await?,
            );
        }
        Ok((people, groups))
    }

    /// Finds out what the member of a group is; computers and entries that are gone are neither.
    async fn look_up(&self, connection: &mut Connection, dn: String) -> Result<Looked> {
        let attributes = self.user_attributes();
        let user = connection
            .search(&dn, Scope::Base, &self.user_filter, &attributes, 1)
            .await?;
        if let Some(entry) = user.into_iter().next() {
            return Ok(Looked::User(entry));
        }
        if self.nested == Nested::Off {
            return Ok(Looked::Neither);
        }
        let attributes = [self.group_name.as_str()];
        let group = connection
            .search(&dn, Scope::Base, &self.group_filter, &attributes, 1)
            .await?;
        Ok(match group.is_empty() {
            true => Looked::Neither,
            false => Looked::Group(dn),
        })
    }

    /// The members that a group lists by name alone.
    async fn named_members(&self, connection: &mut Connection, dn: &str) -> Result<Vec<String>> {
        match &self.group_member_names {
            Some(attribute) => connection.values(dn, attribute, MAX_MEMBERS).await,
            None => Ok(Vec::new()),
        }
    }

    /// Searches every domain.
    async fn everywhere(
        &self,
        connection: &mut Connection,
        filter: &str,
        attributes: &[&str],
    ) -> Result<Vec<Entry>> {
        let mut all = Vec::new();
        for domain in &self.domains {
            let left = MAX_MEMBERS.saturating_sub(all.len());
            all.extend(
                connection
                    .search(&domain.base, Scope::Subtree, filter, attributes, left)
                    .await?,
            );
        }
        Ok(all)
    }
}
