//! Download View Crosstab Excel.

use super::query_view_data::view_data;
use crate::answers::Form;
use crate::api::exports::send;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// The type of `.xlsx` files.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Sends the crosstab of a view as a spreadsheet, laid out as the view is.
pub async fn download_view_crosstab_excel(call: Call, who: SiteUser) -> Result<Reply> {
    let output = view_data(&call, &who, Form::Crosstab).await?;
    send(&output, XLSX).await
}
