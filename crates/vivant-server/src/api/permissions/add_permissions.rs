//! Add Project Permissions, Add Workbook Permissions, Add Data Source Permissions, and the same for
//! views.

use vivant_model::{ContentKind, Luid};
use vivant_store::RuleChange;
use vivant_wire::{ErrorCode, types};

use super::target::{Target, answer, asked_rules, change, with_inherited_leaders};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail};
use crate::reply::Reply;

/// Adds rules to an item and answers all that it has then. A capability that a grantee is allowed
/// or denied already stays as it is.
pub async fn add_permissions(mut call: Call, who: SiteUser) -> Result<Reply> {
    let asked: types::Permissions = call.read("permissions").await?;
    let target = Target::of(&call, &who).await?;
    target.require_change()?;
    require_same_item(&target, &asked)?;
    let new = asked_rules(&call, target.kind, &asked)?;
    let mut rules = change(&call, &who, &target, target.own(), RuleChange::Add(&new)).await?;
    with_inherited_leaders(&call, &who, &target, &mut rules).await?;
    answer(&call, &who, &target, target.own(), &rules).await
}

/// The item may be named in the request once more, as early versions did.
fn require_same_item(target: &Target, asked: &types::Permissions) -> Result<()> {
    let named = [
        (
            ContentKind::Project,
            asked.project.as_ref().map(|p| p.id.map(|id| id.0)),
        ),
        (
            ContentKind::Workbook,
            asked.workbook.as_ref().map(|w| w.id.map(|id| id.0)),
        ),
        (
            ContentKind::Datasource,
            asked.datasource.as_ref().map(|d| d.id.map(|id| id.0)),
        ),
        (
            ContentKind::View,
            asked.view.as_ref().map(|v| v.id.map(|id| id.0)),
        ),
    ];
    for (kind, id) in named {
        let Some(id) = id else { continue };
        if kind != target.kind {
            return Err(bad_request(format!(
                "The request holds a {} element, and the address names a {}.",
                kind.as_str(),
                target.kind.as_str()
            )));
        }
        require_same_id(target.id, id)?;
    }
    Ok(())
}

/// Refuses an id in the request that is not the one in the address.
pub(super) fn require_same_id(id: Luid, named: Option<Luid>) -> Result<()> {
    match named {
        Some(other) if other != id => Err(fail(
            ErrorCode::IdMismatch,
            format!("The id {other} in the request is not the one in the address."),
        )),
        _ => Ok(()),
    }
}
