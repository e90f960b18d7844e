//! Query Default Permissions.

use vivant_model::{Capability, ContentKind, ProjectId};
use vivant_wire::ErrorCode;

use super::target::{Target, answer, default_kind};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Shows the rules that content of a kind gets in a project.
pub async fn query_default_permissions(call: Call, who: SiteUser) -> Result<Reply> {
    let target = Target::of(&call, &who).await?;
    let kind = default_kind(&call);
    let forbidden = match kind {
        ContentKind::Datasource => ErrorCode::DatasourceDefaultsForbidden,
        ContentKind::Workbook => ErrorCode::WorkbookDefaultsForbidden,
        _ => ErrorCode::Forbidden,
    };
    target
        .rights
        .require(Capability::ProjectLeader, forbidden, "project")?;
    let rules = call.app.store.default_rules(ProjectId(target.id), kind).await?;
    answer(&call, &who, &target, target.defaults(kind), &rules).await
}
