//! Sign Out.

use crate::auth::Signed;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Ends the session.
pub async fn sign_out(call: Call, _: Signed) -> Result<Reply> {
    if let Some(token) = call.token() {
        call.app.store.delete_session(token).await?;
    }
    Ok(Reply::Empty)
}
