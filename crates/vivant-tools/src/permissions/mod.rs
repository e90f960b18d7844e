//! Permissions: rule sets as values, roles by API version, and work on many items' rules at once.

mod changes;
mod explain;
mod kind;
mod plan;
mod roles;
mod rules;
mod scan;

pub use changes::{Changes, Others, Removal};
pub use explain::{Explanation, Facts, Level, Step, evaluate, explain, gather};
pub use kind::{Kind, capabilities, capability};
pub use plan::{Known, List, Plan, apply, compare, copy_grantee, copy_item, copy_site, describe, rules_of};
pub use roles::{role, roles};
pub use rules::{Grantee, GranteeKind, Mode, Place, Rule, Rules};
pub use scan::{Form, Placed, Row, Scan, Spot, audit, read, rows, spots};
