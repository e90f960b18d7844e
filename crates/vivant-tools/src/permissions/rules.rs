//! Rule sets as values: who is allowed and denied what on one item.

use std::collections::BTreeMap;
use std::fmt;

use vivant_model::{Luid, ProjectId};
use vivant_wire::ApiVersion;
use vivant_wire::types;

use super::kind::{Kind, READ_ONLY, capabilities, capability};
use super::roles;
use crate::error::{Error, Result};

/// What a rule says of a capability; one that it does not speak of is unspecified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
}

impl Mode {
    /// The name in the REST API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }

    /// Reads the name, in any case of letters.
    pub fn parse(text: &str) -> Result<Self> {
        match text {
            _ if text.eq_ignore_ascii_case("allow") => Ok(Self::Allow),
            _ if text.eq_ignore_ascii_case("deny") => Ok(Self::Deny),
            _ => Err(Error::input(format!("`{text}` is neither Allow nor Deny"))),
        }
    }
}

/// What kind of thing a rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum GranteeKind {
    /// A group.
    Group,
    /// A set of groups.
    GroupSet,
    /// One user.
    User,
}

impl GranteeKind {
    /// The element name of the REST API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::GroupSet => "groupSet",
            Self::User => "user",
        }
    }

    /// Reads the name, in any case of letters.
    pub fn parse(text: &str) -> Result<Self> {
        [Self::Group, Self::GroupSet, Self::User]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(text))
            .ok_or_else(|| Error::input(format!("`{text}` is none of user, group, groupSet")))
    }
}

/// Whom a rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Grantee {
    /// User, group or set of groups.
    pub kind: GranteeKind,
    /// Its id.
    pub id: Luid,
}

impl Grantee {
    /// A user.
    pub fn user(id: impl Into<Luid>) -> Self {
        Self {
            kind: GranteeKind::User,
            id: id.into(),
        }
    }

    /// A group.
    pub fn group(id: impl Into<Luid>) -> Self {
        Self {
            kind: GranteeKind::Group,
            id: id.into(),
        }
    }
}

/// Where a set of rules stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// On an item.
    Item(Kind, Luid),
    /// In a project, for what is published to it.
    Default(ProjectId, Kind),
}

impl Place {
    /// The kind of content that the rules are for.
    pub fn kind(self) -> Kind {
        match self {
            Self::Item(kind, _) | Self::Default(_, kind) => kind,
        }
    }
}

/// What one grantee is allowed and denied.
///
/// ```
/// use vivant_client::ApiVersion;
/// use vivant_tools::permissions::{Kind, Mode, Rule};
///
/// let version: ApiVersion = "3.1".parse().expect("a version");
/// let mut rule = Rule::role(Kind::Workbook, version, "Viewer")?;
/// rule.set(Kind::Workbook, version, "Download Full Data", Mode::Deny)?;
/// rule.unset("AddComment");
/// assert_eq!(rule.get("ViewUnderlyingData"), Some(Mode::Deny));
/// # Ok::<(), vivant_tools::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule(BTreeMap<String, Mode>);

impl Rule {
    /// A rule that specifies nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a role allows.
    pub fn role(kind: Kind, version: ApiVersion, name: &str) -> Result<Self> {
        roles::role(kind, version, name)
    }

    /// Every capability of the kind, allowed or denied.
    ///
    /// Tableau: leading a project cannot be denied.
    pub fn all(kind: Kind, version: ApiVersion, mode: Mode) -> Self {
        capabilities(kind, version)
            .filter(|name| mode == Mode::Allow || *name != "ProjectLeader")
            .map(|name| (name.to_owned(), mode))
            .collect()
    }

    /// Sets one capability, by its name in the REST API or on the product's pages.
    pub fn set(&mut self, kind: Kind, version: ApiVersion, name: &str, mode: Mode) -> Result<()> {
        let name = capability(kind, version, name)?;
        if name == "ProjectLeader" && mode == Mode::Deny {
            return Err(Error::input(
                "ProjectLeader cannot be denied, only left unspecified",
            ));
        }
        self.0.insert(name.to_owned(), mode);
        Ok(())
    }

    /// Leaves one capability unspecified.
    pub fn unset(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// What the rule says of a capability.
    pub fn get(&self, name: &str) -> Option<Mode> {
        self.0.get(name).copied()
    }

    /// The capabilities that are specified, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Mode)> {
        self.0.iter().map(|(name, mode)| (name.as_str(), *mode))
    }

    /// How many capabilities are specified.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether nothing is specified.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rule without what cannot be set.
    pub fn settable(&self) -> Self {
        self.iter()
            .filter(|(name, _)| *name != READ_ONLY)
            .map(|(name, mode)| (name.to_owned(), mode))
            .collect()
    }
}

impl FromIterator<(String, Mode)> for Rule {
    fn from_iter<I: IntoIterator<Item = (String, Mode)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self
            .iter()
            .map(|(name, mode)| match mode {
                Mode::Allow => format!("+{name}"),
                Mode::Deny => format!("-{name}"),
            })
            .collect();
        f.write_str(&parts.join(" "))
    }
}

/// The rules on one item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules(BTreeMap<Grantee, Rule>);

impl Rules {
    /// No rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a grantee's rule; an empty one removes it.
    pub fn set(&mut self, grantee: Grantee, rule: Rule) {
        match rule.is_empty() {
            true => self.0.remove(&grantee),
            false => self.0.insert(grantee, rule),
        };
    }

    /// A grantee's rule.
    pub fn get(&self, grantee: Grantee) -> Option<&Rule> {
        self.0.get(&grantee)
    }

    /// The rules, by grantee.
    pub fn iter(&self) -> impl Iterator<Item = (Grantee, &Rule)> {
        self.0.iter().map(|(grantee, rule)| (*grantee, rule))
    }

    /// How many grantees have a rule.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the rules of an answer. Capabilities that this library does not know are kept.
    pub fn from_wire(permissions: &types::Permissions) -> Result<Self> {
        let mut rules = Self::new();
        for entry in &permissions.grantee_capabilities {
            let grantee = grantee_of(entry)?;
            let mut rule = rules.0.remove(&grantee).unwrap_or_default();
            for item in entry.capabilities.iter().flat_map(|all| &all.capability) {
                let (Some(name), Some(mode)) = (&item.name, &item.mode) else {
                    return Err(Error::answer("a capability without name or mode"));
                };
                rule.0.insert(name.clone(), Mode::parse(mode)?);
            }
            rules.set(grantee, rule);
        }
        Ok(rules)
    }

    /// Writes the rules as a request.
    pub fn to_wire(&self) -> Vec<types::GranteeCapabilities> {
        self.iter()
            .map(|(grantee, rule)| entry_of(grantee, rule))
            .collect()
    }
}

impl FromIterator<(Grantee, Rule)> for Rules {
    fn from_iter<I: IntoIterator<Item = (Grantee, Rule)>>(iter: I) -> Self {
        let mut rules = Self::new();
        for (grantee, rule) in iter {
            rules.set(grantee, rule);
        }
        rules
    }
}

fn grantee_of(entry: &types::GranteeCapabilities) -> Result<Grantee> {
    let user = entry
        .user
        .as_ref()
        .and_then(|user| user.id)
        .map(|id| Grantee::user(id.0));
    let group = entry
        .group
        .as_ref()
        .and_then(|group| group.id)
        .map(|id| Grantee::group(id.0));
    let group_set = entry.group_set.as_ref().and_then(|set| set.id).map(|id| Grantee {
        kind: GranteeKind::GroupSet,
        id: id.0,
    });
    user.or(group)
        .or(group_set)
        .ok_or_else(|| Error::answer("a rule that speaks of neither a user nor a group"))
}

fn entry_of(grantee: Grantee, rule: &Rule) -> types::GranteeCapabilities {
    let mut entry = types::GranteeCapabilities {
        capabilities: Some(types::Capabilities {
            capability: rule
                .iter()
                .map(|(name, mode)| types::CapabilityItem {
                    name: Some(name.to_owned()),
                    mode: Some(mode.as_str().to_owned()),
                })
                .collect(),
        }),
        ..types::GranteeCapabilities::default()
    };
    match grantee.kind {
        GranteeKind::User => {
            entry.user = Some(types::User {
                id: Some(grantee.id.into()),
                ..types::User::default()
            });
        }
        GranteeKind::GroupSet => {
            entry.group_set = Some(types::GroupSet {
                id: Some(grantee.id.into()),
                ..types::GroupSet::default()
            });
        }
        GranteeKind::Group => {
            entry.group = Some(types::Group {
                id: Some(grantee.id.into()),
                ..types::Group::default()
            });
        }
    }
    entry
}
