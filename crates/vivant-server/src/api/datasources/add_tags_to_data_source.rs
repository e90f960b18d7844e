//! Add Tags to Data Source.

use vivant_model::ContentKind;
use vivant_wire::ErrorCode;

use super::query_data_source::datasource_rights;
use crate::api::tags;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Adds tags to a data source.
pub async fn add_tags_to_data_source(mut call: Call, who: SiteUser) -> Result<Reply> {
    let document = call.document().await?;
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    let item = (ContentKind::Datasource, id.0);
    let invalid = ErrorCode::DatasourceTagsInvalid;
    tags::add(&call, &who, item, &rights, &document, invalid).await
}
