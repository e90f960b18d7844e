//! Delete Default Permission.

use vivant_store::RuleChange;

use super::target::{Target, addressed_rule, change, default_kind};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Takes one capability of one grantee off the rules that content of a kind gets in a project.
pub async fn delete_default_permission(call: Call, who: SiteUser) -> Result<Reply> {
    let target = Target::of(&call, &who).await?;
    target.require_change()?;
    let kind = default_kind(&call);
    let gone = addressed_rule(&call, &who, kind).await?;
    let of = target.defaults(kind);
    change(&call, &who, &target, of, RuleChange::Remove(gone)).await?;
    Ok(Reply::Empty)
}
