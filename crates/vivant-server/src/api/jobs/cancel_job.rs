//! Cancel Job.

use vivant_model::JobId;
use vivant_wire::ErrorCode;

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Cancels a job that waits, or has one stopped that is worked on.
pub async fn cancel_job(call: Call, who: SiteUser) -> Result<Reply> {
    if !who.role().is_admin() {
        return Err(fail(
            ErrorCode::DatasourceUpdateForbidden,
            "Only administrators may cancel jobs.",
        ));
    }
    let id: JobId = call.id("job-id", ErrorCode::JobNotFound)?;
    call.app.store.cancel_job(who.site(), id, call.app.now()).await?;
    call.app.jobs.cancel(id);
    Ok(Reply::done())
}
