//! Query Job.

use vivant_model::JobId;
use vivant_wire::ErrorCode;

use crate::auth::{SiteUser, admins_only};
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;
use crate::views::job_view;

/// Tells how a job stands, to administrators and to who began it.
// Tableau: the reference lets administrators ask alone, which leaves publishers no way to wait for
// what they publish with asJob=true.
pub async fn query_job(call: Call, who: SiteUser) -> Result<Reply> {
    let id: JobId = call.id("job-id", ErrorCode::JobNotFound)?;
    let job = call.app.store.job(who.site(), id).await?;
    let job = job.ok_or_else(|| not_found(ErrorCode::JobNotFound, "Job", id))?;
    if !who.role().is_admin() && job.created_by != Some(who.caller.user) {
        return Err(admins_only(&call, "site administrators and by who began the job"));
    }
    Ok(call.one("job", &job_view(job, &call.shape(&who))))
}
