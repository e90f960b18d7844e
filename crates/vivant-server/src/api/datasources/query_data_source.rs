//! Query Data Source.

use vivant_model::{Capability, ContentKind, DatasourceId};
use vivant_store::Datasource;
use vivant_wire::ErrorCode;

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, fail, not_found};
use crate::reply::Reply;
use crate::views::datasource_view;

/// Shows a published data source.
pub async fn query_data_source(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    // Tableau: the reference asks for Connect; rules made for viewers hold Read and Connect.
    if !rights.allow(Capability::Read) && !rights.allow(Capability::Connect) {
        return Err(fail(
            ErrorCode::Forbidden,
            "You lack the permission Read on this data source.",
        ));
    }
    let source = find_datasource(&call, &who, id).await?;
    Ok(call.one("datasource", &datasource_view(source, &call.shape(&who))))
}

/// Reads the id in the address and what the caller may do to that data source.
pub(super) async fn datasource_rights(
    call: &Call,
    who: &SiteUser,
    missing: ErrorCode,
) -> Result<(DatasourceId, Rights)> {
    let id: DatasourceId = call.id("datasource-id", missing)?;
    let rights = Rights::of(&call.app, who, ContentKind::Datasource, id.0).await?;
    let rights = rights.ok_or_else(|| not_found(missing, "Data source", id))?;
    Ok((id, rights))
}

/// Finds a data source of the site.
pub(super) async fn find_datasource(call: &Call, who: &SiteUser, id: DatasourceId) -> Result<Datasource> {
    let source = call.app.store.datasource(who.site(), id).await?;
    source.ok_or_else(|| not_found(ErrorCode::DatasourceNotFound, "Data source", id))
}
