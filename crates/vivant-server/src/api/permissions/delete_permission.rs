//! Delete Project Permission, Delete Workbook Permission, Delete Data Source Permission, and the
//! same for views.

use vivant_store::RuleChange;

use super::target::{Target, addressed_rule, change};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Takes one capability of one grantee off an item's rules.
pub async fn delete_permission(call: Call, who: SiteUser) -> Result<Reply> {
    let target = Target::of(&call, &who).await?;
    target.require_change()?;
    let gone = addressed_rule(&call, &who, target.kind).await?;
    change(&call, &who, &target, target.own(), RuleChange::Remove(gone)).await?;
    Ok(Reply::Empty)
}
