//! Server Info.

use vivant_wire::types::{ProductVersion, ServerInfo};
use vivant_wire::version;

use crate::auth::Anyone;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Tells the newest API version; needs no sign-in.
pub async fn server_info(call: Call, _: Anyone) -> Result<Reply> {
    let info = ServerInfo {
        product_version: Some(ProductVersion {
            build: Some(version::PRODUCT_BUILD.to_owned()),
            value: Some(version::PRODUCT_VERSION.to_owned()),
        }),
        rest_api_version: Some(version::NEWEST.to_string()),
    };
    Ok(call.one("serverInfo", &info))
}
