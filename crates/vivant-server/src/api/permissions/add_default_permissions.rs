//! Add Default Permissions.

use vivant_store::RuleChange;
use vivant_wire::{ErrorCode, types};

use super::add_permissions::require_same_id;
use super::target::{Target, answer, asked_rules, change, default_kind};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Adds rules to those that content of a kind gets in a project; where the project is locked they
/// hold at once for all content of the kind.
pub async fn add_default_permissions(mut call: Call, who: SiteUser) -> Result<Reply> {
    let asked: types::Permissions = call.read("permissions").await?;
    let target = Target::of(&call, &who).await?;
    target.require_change()?;
    if asked.workbook.is_some() || asked.datasource.is_some() || asked.view.is_some() {
        return Err(fail(
            ErrorCode::PermissionsQualifier,
            "Default permissions belong to a project; the request must not name other content.",
        ));
    }
    let named = asked.project.as_ref().and_then(|p| p.id);
    require_same_id(target.id, named.map(|id| id.0))?;
    let kind = default_kind(&call);
    let new = asked_rules(&call, kind, &asked)?;
    let of = target.defaults(kind);
    let rules = change(&call, &who, &target, of, RuleChange::Add(&new)).await?;
    answer(&call, &who, &target, of, &rules).await
}
