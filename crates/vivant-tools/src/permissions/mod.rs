//! Permissions: rule sets as values, roles by API version, and work on many items' rules at once.

mod changes;
mod kind;
mod roles;
mod rules;

pub use changes::{Changes, Others, Removal};
pub use kind::{Kind, capabilities, capability};
pub use roles::{role, roles};
pub use rules::{Grantee, GranteeKind, Mode, Place, Rule, Rules};
