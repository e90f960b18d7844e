//! Delete Tag from Data Source.

use vivant_model::ContentKind;
use vivant_wire::ErrorCode;

use super::query_data_source::datasource_rights;
use crate::api::tags;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Takes a tag off a data source.
pub async fn delete_tag_from_data_source(call: Call, who: SiteUser) -> Result<Reply> {
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    let item = (ContentKind::Datasource, id.0);
    tags::delete(&call, &who, item, &rights, ErrorCode::DatasourceTagInvalid).await
}
