//! Jobs.

mod cancel_job;
mod query_job;
mod query_jobs;

pub use cancel_job::cancel_job;
pub use query_job::query_job;
pub use query_jobs::query_jobs;
