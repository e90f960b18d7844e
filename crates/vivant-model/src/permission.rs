//! Effective permissions: may this user do this to this item, and why.
//!
//! The order of evaluation is Tableau's: site role, administrator, project leader, owner, rules on
//! the user, rules on the user's groups. The store asks the same question of many items at once in
//! SQL; a test there holds both to the same answers.

use crate::{Capability, CapabilitySet, GroupId, SiteRole, UserId};

/// Whom a rule speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grantee {
    /// One user.
    User(UserId),
    /// The members of a group.
    Group(GroupId),
}

/// What one grantee is allowed and denied; a capability in neither set is not specified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Whom the rule speaks of.
    pub grantee: Grantee,
    /// Capabilities with mode Allow.
    pub allow: CapabilitySet,
    /// Capabilities with mode Deny.
    pub deny: CapabilitySet,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The user's role on the item's site.
    pub role: SiteRole,
    /// The user.
    pub user: UserId,
    /// Every group of the site that the user belongs to, All Users included.
    pub groups: &'a [GroupId],
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// The item's owner.
    pub owner: Option<UserId>,
    /// Whether the subject leads the item's project or a parent of it.
    pub led: bool,
    /// The rules in force: the item's own, or the project's where it is locked.
    pub rules: &'a [Rule],
    /// Whether the rules are locked to the project.
    pub locked: bool,
}

/// An answer with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Whether the subject may.
    pub allowed: bool,
    /// The step of the evaluation that decided.
    pub reason: Reason,
}

/// The step of the evaluation that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The site role cannot hold the capability.
    SiteRole,
    /// The subject administers the site or server.
    Administrator,
    /// The subject leads the project.
    ProjectLeader,
    /// The subject owns the item.
    Owner,
    /// A rule on the user.
    UserRule,
    /// A rule on one of the user's groups.
    GroupRule,
    /// No rule speaks of it.
    Unspecified,
}

/// Decides whether the subject holds a capability on an item.
pub fn decide(subject: Subject<'_>, item: Item<'_>, capability: Capability) -> Decision {
    let answer = |allowed, reason| Decision { allowed, reason };
    if !subject.role.ceiling().contains(capability) {
        return answer(false, Reason::SiteRole);
    }
    if subject.role.is_admin() {
        return answer(true, Reason::Administrator);
    }
    if item.led {
        return answer(true, Reason::ProjectLeader);
    }
    // Tableau: in a locked project ownership does not let a user change the item's rules.
    let beyond_owner = item.locked && capability == Capability::ChangePermissions;
    if item.owner == Some(subject.user) && !beyond_owner {
        return answer(true, Reason::Owner);
    }
    let on_user = item
        .rules
        .iter()
        .filter(|rule| rule.grantee == Grantee::User(subject.user));
    if let Some(allowed) = verdict(on_user, capability) {
        return answer(allowed, Reason::UserRule);
    }
    let on_groups = item
        .rules
        .iter()
        .filter(|rule| matches!(rule.grantee, Grantee::Group(group) if subject.groups.contains(&group)));
    match verdict(on_groups, capability) {
        Some(allowed) => answer(allowed, Reason::GroupRule),
        None => answer(false, Reason::Unspecified),
    }
}

/// Any Deny wins over any Allow; `None` where no rule names the capability.
fn verdict<'a>(rules: impl Iterator<Item = &'a Rule>, capability: Capability) -> Option<bool> {
    let mut allowed = None;
    for rule in rules {
        if rule.deny.contains(capability) {
            return Some(false);
        }
        if rule.allow.contains(capability) {
            allowed = Some(true);
        }
    }
    allowed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Luid;

    fn user(n: u8) -> UserId {
        UserId(Luid::from_random([n; 16]))
    }

    fn group(n: u8) -> GroupId {
        GroupId(Luid::from_random([n; 16]))
    }

    fn rule(grantee: Grantee, allow: &[Capability], deny: &[Capability]) -> Rule {
        Rule {
            grantee,
            allow: CapabilitySet::of(allow),
            deny: CapabilitySet::of(deny),
        }
    }

    fn check(role: SiteRole, rules: &[Rule], owner: Option<UserId>, led: bool, expected: (bool, Reason)) {
        let groups = [group(1), group(2)];
        let subject = Subject {
            role,
            user: user(1),
            groups: &groups,
        };
        let item = Item {
            owner,
            led,
            rules,
            locked: false,
        };
        let decision = decide(subject, item, Capability::Read);
        assert_eq!((decision.allowed, decision.reason), expected);
    }

    #[test]
    fn the_order_of_evaluation() {
        use Capability::Read;
        let deny_user = rule(Grantee::User(user(1)), &[], &[Read]);
        let allow_user = rule(Grantee::User(user(1)), &[Read], &[]);
        let allow_1 = rule(Grantee::Group(group(1)), &[Read], &[]);
        let deny_2 = rule(Grantee::Group(group(2)), &[], &[Read]);
        let deny_other = rule(Grantee::Group(group(9)), &[], &[Read]);
        let viewer = SiteRole::Viewer;
        check(
            SiteRole::Unlicensed,
            &[allow_user],
            Some(user(1)),
            true,
            (false, Reason::SiteRole),
        );
        check(
            SiteRole::SiteAdministratorExplorer,
            &[deny_user],
            None,
            false,
            (true, Reason::Administrator),
        );
        check(viewer, &[deny_user], None, true, (true, Reason::ProjectLeader));
        check(viewer, &[deny_user], Some(user(1)), false, (true, Reason::Owner));
        check(
            viewer,
            &[deny_user, allow_1],
            None,
            false,
            (false, Reason::UserRule),
        );
        check(
            viewer,
            &[allow_user, deny_2],
            None,
            false,
            (true, Reason::UserRule),
        );
        check(
            viewer,
            &[allow_1, deny_2],
            None,
            false,
            (false, Reason::GroupRule),
        );
        check(
            viewer,
            &[allow_1, deny_other],
            None,
            false,
            (true, Reason::GroupRule),
        );
        check(viewer, &[deny_other], None, false, (false, Reason::Unspecified));
    }

    #[test]
    fn an_owner_in_a_locked_project_does_not_change_rules() {
        let subject = Subject {
            role: SiteRole::Creator,
            user: user(1),
            groups: &[],
        };
        let item = Item {
            owner: Some(user(1)),
            led: false,
            rules: &[],
            locked: true,
        };
        assert!(!decide(subject, item, Capability::ChangePermissions).allowed);
        assert!(decide(subject, item, Capability::Write).allowed);
    }
}
