//! From the rules that are to the rules that shall be, with the fewest calls.
//!
//! The REST API has no way to replace a rule: a capability is taken away by a call of its own, and one call per
//! item adds rules to those that are there; a capability that is already held with the other mode stands in its
//! way. So an unchanged grantee costs nothing, every capability that is in the way or not wanted any more costs
//! one call, and everything that is new goes up together in one.

use super::rules::{Grantee, Mode, Rule, Rules};

/// What becomes of the rules of grantees that the wanted rules do not speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Others {
    /// They stay.
    #[default]
    Keep,
    /// They are taken away.
    Clear,
}

/// One capability that is taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// From whom.
    pub grantee: Grantee,
    /// Which, by its name in the REST API.
    pub capability: String,
    /// With which mode it is held.
    pub mode: Mode,
}

/// The calls that lead from one set of rules to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// What is taken away, one call each, in this order: what is allowed goes before what is denied, so that
    /// nobody is let in on the way.
    pub removals: Vec<Removal>,
    /// What is then added in one call; the whole rule of every grantee who gets something.
    pub additions: Rules,
}

impl Changes {
    /// Compares what is with what shall be.
    ///
    /// A grantee of `wanted` with an empty rule is not possible in [`Rules`]; to clear one grantee, use
    /// [`Changes::clear`] or [`Others::Clear`].
    pub fn between(current: &Rules, wanted: &Rules, others: Others) -> Self {
        let mut changes = Self::default();
        let nothing = Rule::new();
        for (grantee, rule) in current.iter() {
            match (wanted.get(grantee), others) {
                (Some(target), _) => changes.remove(grantee, rule, target),
                (None, Others::Clear) => changes.remove(grantee, rule, &nothing),
                (None, Others::Keep) => {}
            }
        }
        for (grantee, rule) in wanted.iter() {
            let rule = rule.settable();
            let present = current.get(grantee).unwrap_or(&nothing);
            if rule.iter().any(|(name, mode)| present.get(name) != Some(mode)) {
                changes.additions.set(grantee, rule);
            }
        }
        changes.sort();
        changes
    }

    /// Takes everything away from some grantees.
    pub fn clear(current: &Rules, grantees: &[Grantee]) -> Self {
        let mut changes = Self::default();
        for (grantee, rule) in current.iter().filter(|(grantee, _)| grantees.contains(grantee)) {
            changes.remove(grantee, rule, &Rule::new());
        }
        changes.sort();
        changes
    }

    /// Returns whether nothing is to be done.
    pub fn is_empty(&self) -> bool {
        self.removals.is_empty() && self.additions.is_empty()
    }

    /// How many calls it takes.
    pub fn calls(&self) -> usize {
        self.removals.len() + usize::from(!self.additions.is_empty())
    }

    fn remove(&mut self, grantee: Grantee, rule: &Rule, target: &Rule) {
        for (name, mode) in rule.settable().iter() {
            if target.get(name) != Some(mode) {
                self.removals.push(Removal {
                    grantee,
                    capability: name.to_owned(),
                    mode,
                });
            }
        }
    }

    fn sort(&mut self) {
        self.removals.sort_by_key(|removal| removal.mode);
    }
}

#[cfg(test)]
mod tests {
    use vivant_model::Luid;
    use vivant_wire::version::V;

    use super::super::kind::{Kind, capabilities};
    use super::*;

    fn group(n: u8) -> Grantee {
        Grantee::group(Luid::from_random([n; 16]))
    }

    fn rule(text: &str) -> Rule {
        text.split_whitespace()
            .map(|part| match part.split_at(1) {
                ("+", name) => (name.to_owned(), Mode::Allow),
                (_, name) => (name.to_owned(), Mode::Deny),
            })
            .collect()
    }

    fn rules(parts: &[(Grantee, &str)]) -> Rules {
        parts
            .iter()
            .map(|(grantee, text)| (*grantee, rule(text)))
            .collect()
    }

    /// A server as the reference describes it: adding merges, and refuses what is held with the other mode.
    fn play(mut rules: Rules, changes: &Changes) -> Rules {
        for removal in &changes.removals {
            let mut rule = rules.get(removal.grantee).cloned().expect("held");
            assert_eq!(
                rule.get(&removal.capability),
                Some(removal.mode),
                "held with this mode"
            );
            rule.unset(&removal.capability);
            rules.set(removal.grantee, rule);
        }
        for (grantee, added) in changes.additions.iter() {
            let present = rules.get(grantee).cloned().unwrap_or_default();
            for (name, mode) in added.iter() {
                assert!(
                    present.get(name).is_none_or(|held| held == mode),
                    "a conflict on {name}"
                );
            }
            let both = present.iter().chain(added.iter());
            rules.set(
                grantee,
                both.map(|(name, mode)| (name.to_owned(), mode)).collect(),
            );
        }
        rules
    }

    fn check(current: &[(Grantee, &str)], wanted: &[(Grantee, &str)], others: Others, calls: usize) {
        let (current, wanted) = (rules(current), rules(wanted));
        let changes = Changes::between(&current, &wanted, others);
        assert_eq!(changes.calls(), calls, "{changes:?}");
        play(current, &changes);
    }

    #[test]
    fn what_is_alike_costs_nothing() {
        check(
            &[(group(1), "+Read -Write")],
            &[(group(1), "+Read -Write")],
            Others::Clear,
            0,
        );
        check(&[(group(1), "+Read")], &[], Others::Keep, 0);
        check(
            &[(group(1), "+ProjectLeader +InheritedProjectLeader")],
            &[(group(1), "+ProjectLeader")],
            Others::Clear,
            0,
        );
    }

    #[test]
    fn differences_cost_one_call_each_and_one_for_all_that_is_new() {
        check(&[(group(1), "+Read")], &[(group(1), "-Read")], Others::Keep, 2);
        check(
            &[(group(1), "+Read +Write")],
            &[(group(1), "+Read")],
            Others::Keep,
            1,
        );
        check(
            &[(group(1), "+Read")],
            &[(group(1), "+Read +Write"), (group(2), "+Read")],
            Others::Keep,
            1,
        );
        check(
            &[(group(1), "+Read"), (group(2), "+Read -Write")],
            &[(group(1), "+Read")],
            Others::Clear,
            2,
        );
        // One unchanged grantee does not end the list.
        check(
            &[(group(1), "+Read"), (group(2), "+Read")],
            &[(group(1), "+Read"), (group(2), "+Write")],
            Others::Keep,
            2,
        );
    }

    #[test]
    fn what_is_allowed_goes_first() {
        let changes = Changes::clear(
            &rules(&[(group(1), "-Filter +Read"), (group(2), "-Read +Write")]),
            &[group(1), group(2)],
        );
        let modes: Vec<Mode> = changes.removals.iter().map(|removal| removal.mode).collect();
        assert_eq!(modes, [Mode::Allow, Mode::Allow, Mode::Deny, Mode::Deny]);
    }

    /// Calls of the algorithm that the README of `tableau_tools` describes, for one item.
    fn documented_calls(current: &Rules, wanted: &Rules) -> usize {
        wanted
            .iter()
            .filter(|(grantee, rule)| current.get(*grantee) != Some(rule))
            .map(|(grantee, _)| 1 + current.get(grantee).map_or(0, Rule::len))
            .sum()
    }

    struct Random(u64);

    impl Random {
        fn below(&mut self, n: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % n
        }

        fn rules(&mut self, kind: Kind) -> Rules {
            let mut rules = Rules::new();
            for n in 0..4 {
                let rule = capabilities(kind, V(3, 1))
                    .filter_map(|name| match self.below(3) {
                        0 => Some((name.to_owned(), Mode::Allow)),
                        1 if name != "ProjectLeader" => Some((name.to_owned(), Mode::Deny)),
                        _ => None,
                    })
                    .collect();
                if self.below(4) > 0 {
                    rules.set(group(n), rule);
                }
            }
            rules
        }
    }

    #[test]
    fn any_rules_become_any_others_with_no_call_too_many() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for _ in 0..3000 {
            let kind = [Kind::Project, Kind::Workbook, Kind::Datasource][random.below(3) as usize];
            let current = random.rules(kind);
            // Half of the time only a little differs.
            let wanted = match random.below(2) {
                0 => random.rules(kind),
                _ => {
                    let mut near = current.clone();
                    near.set(group(9), rule("+Read"));
                    near
                }
            };
            let changes = Changes::between(&current, &wanted, Others::Clear);
            assert_eq!(play(current.clone(), &changes), wanted);
            let apart: usize = current
                .iter()
                .map(|(grantee, rule)| {
                    let target = wanted.get(grantee);
                    rule.iter()
                        .filter(|(name, mode)| target.and_then(|t| t.get(name)) != Some(*mode))
                        .count()
                })
                .sum();
            let grows = wanted.iter().any(|(grantee, rule)| {
                rule.iter()
                    .any(|(name, mode)| current.get(grantee).and_then(|c| c.get(name)) != Some(mode))
            });
            assert_eq!(
                changes.calls(),
                apart + usize::from(grows),
                "the least there can be"
            );

            let kept = Changes::between(&current, &wanted, Others::Keep);
            let after = play(current.clone(), &kept);
            assert!(
                wanted
                    .iter()
                    .all(|(grantee, rule)| after.get(grantee) == Some(rule))
            );
            assert!(kept.calls() <= documented_calls(&current, &wanted));
            assert!(
                Changes::between(&after, &wanted, Others::Keep).is_empty(),
                "twice does nothing more"
            );
        }
    }
}
