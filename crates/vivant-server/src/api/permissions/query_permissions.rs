//! Query Project Permissions, Query Workbook Permissions, Query Data Source Permissions, and the
//! same for views.

use vivant_model::{Capability, ContentKind};
use vivant_wire::ErrorCode;

use super::target::{Target, answer, with_inherited_leaders};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Shows the rules in force on an item. What administrators, leaders and owners may do without a
/// rule is not listed.
pub async fn query_permissions(call: Call, who: SiteUser) -> Result<Reply> {
    let target = Target::of(&call, &who).await?;
    let rights = &target.rights;
    let allowed = match target.kind {
        ContentKind::Project => rights.allow(Capability::ProjectLeader),
        ContentKind::Datasource => rights.allow(Capability::Read),
        // The owner reads them also where a locked project keeps the owner from changing them.
        _ => {
            rights.allow(Capability::ChangePermissions)
                || (rights.may_give_away() && rights.allow(Capability::Read))
        }
    };
    if !allowed {
        let detail = format!(
            "You may not look at the permissions of this {}.",
            target.kind.as_str()
        );
        return Err(fail(ErrorCode::Forbidden, detail));
    }
    let mut rules = call.app.store.rules(target.kind, target.id).await?;
    with_inherited_leaders(&call, &who, &target, &mut rules).await?;
    answer(&call, &who, &target, target.own(), &rules).await
}
