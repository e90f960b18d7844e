//! Work in the background: every kind of job and the file that does it, and nothing else.
//!
//! A job is a row in the store. [`runner`] claims jobs and runs them, [`scheduler`] makes jobs of
//! schedules that are due; each kind of job has a file of its own, which finds what it may use in
//! [`Work`].

mod publish;
pub mod runner;
pub mod scheduler;
mod work;

pub mod append_datasource;
pub mod change_extracts;
pub mod import_group;
pub mod publish_datasource;
pub mod publish_workbook;
pub mod refresh_extract;
pub mod seal_extracts;
pub mod subscription;

use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use vivant_model::JobKind;

pub use runner::{Jobs, Workers, ended, enqueue};
pub use work::{Done, Ended, Failure, Work};

/// What does the jobs of a kind.
pub type Runner = Box<dyn Fn(Work) -> Pin<Box<dyn Future<Output = Ended> + Send>> + Send + Sync>;

/// Finds what does the jobs of a kind.
pub fn find(kind: JobKind) -> Option<&'static Runner> {
    static TABLE: OnceLock<Vec<(JobKind, Runner)>> = OnceLock::new();
    let table = TABLE.get_or_init(kinds);
    table
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, runner)| runner)
}

fn kinds() -> Vec<(JobKind, Runner)> {
    vec![
        (JobKind::ImportGroup, on(import_group::run)),
        (JobKind::SyncGroup, on(import_group::run)),
        (JobKind::PublishWorkbook, on(publish_workbook::run)),
        (JobKind::PublishDatasource, on(publish_datasource::run)),
        (JobKind::AppendDatasource, on(append_datasource::run)),
        (JobKind::RefreshExtract, on(refresh_extract::run)),
        (JobKind::IncrementExtract, on(refresh_extract::run)),
        (JobKind::CreateExtract, on(change_extracts::run)),
        (JobKind::DeleteExtract, on(change_extracts::run)),
        (JobKind::EncryptExtracts, on(seal_extracts::run)),
        (JobKind::DecryptExtracts, on(seal_extracts::run)),
        (JobKind::ReencryptExtracts, on(seal_extracts::run)),
        (JobKind::Subscription, on(subscription::run)),
    ]
}

fn on<F, Fut>(run: F) -> Runner
where
    F: Fn(Work) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Ended> + Send + 'static,
{
    Box::new(move |work| Box::pin(run(work)))
}
