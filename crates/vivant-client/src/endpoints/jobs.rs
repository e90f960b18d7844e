//! Jobs: work that goes on in the background.

use vivant_model::JobId;
use vivant_wire::paths::Method;
use vivant_wire::types::{BackgroundJob, Job};

use crate::call::Call;
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};
use crate::wait::WaitOptions;

super::group! {
    /// Jobs of a site.
    Jobs, jobs
}

impl Jobs {
    /// Lists the jobs (API 3.1); administrators may.
    pub fn list(&self, options: ListOptions) -> List<BackgroundJob> {
        List::new(self.site.clone(), self.site.path("/jobs"), options, filters::JOBS)
    }

    /// Gets one job.
    pub async fn get(&self, id: impl Into<JobId>) -> Result<Job> {
        self.site.get(self.path(id.into()), "job").await
    }

    /// Cancels a job (API 3.1); one that has ended stays as it is.
    pub async fn cancel(&self, id: impl Into<JobId>) -> Result<()> {
        let call = Call::new(Method::Put, self.path(id.into())).repeatable();
        self.site.tell(&call).await
    }

    /// Waits until a job has ended, and returns it when it ended well; see [`crate::Site::wait_for_job`].
    pub async fn wait(&self, id: impl Into<JobId>, options: WaitOptions) -> Result<Job> {
        self.site.wait_for_job(id.into(), options).await
    }

    fn path(&self, id: JobId) -> String {
        self.site.path(&format!("/jobs/{id}"))
    }
}
