//! Waiting for jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use vivant_client::types::Job;
use vivant_client::{Error, ErrorKind, WaitOptions};

use crate::fake::{Fake, Reply, id, ok};
use crate::support::site;

fn soon() -> WaitOptions {
    WaitOptions::new().pauses(Duration::from_millis(1), Duration::from_millis(3))
}

/// Waits for a job that runs for two questions and then ends as given.
async fn wait(end: &'static str, options: WaitOptions) -> (usize, Result<Job, Error>) {
    let fake = Fake::start(move |request, before| {
        request.is("GET", "/jobs/").then(|| match before {
            0 | 1 => ok(&format!(
                "<job id='{}' mode='Asynchronous' progress='{}'/>",
                id(1),
                before * 50
            )),
            _ => ok(end),
        })
    })
    .await;
    let job: vivant_client::model::JobId = id(1).parse().expect("an id");
    let outcome = site(&fake).await.jobs().wait(job, options).await;
    (fake.count("GET", "/jobs/"), outcome)
}

#[tokio::test]
async fn a_job_is_asked_for_until_it_ends() {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let options = soon().on_progress(move |job| {
        count.fetch_add(
            usize::try_from(job.progress.unwrap_or(0)).unwrap_or(0) + 1,
            Ordering::SeqCst,
        );
    });
    let end = "<job progress='100' finishCode='0' completedAt='2026-03-01T10:00:00Z'/>";
    let (asked, outcome) = wait(end, options).await;
    assert_eq!((asked, outcome.expect("done").progress), (3, Some(100)));
    assert_eq!(seen.load(Ordering::SeqCst), 1 + 51 + 101);
}

#[tokio::test]
async fn a_job_that_does_not_end_well_is_an_error_with_its_notes() {
    let failed = "<job finishCode='1' completedAt='2026-03-01T10:00:00Z'>\
        <statusNotes><statusNote type='x' text='first'/></statusNotes><extractRefreshJob><notes>no such table</notes></extractRefreshJob></job>";
    let (_, outcome) = wait(failed, soon()).await;
    let failure = outcome.expect_err("failed");
    assert_eq!(failure.kind(), ErrorKind::JobFailed);
    let text = failure.to_string();
    assert!(
        text.contains("no such table") && text.contains("first") && text.contains(&id(1)),
        "{text}"
    );
    assert_eq!(failure.job().and_then(|job| job.finish_code), Some(1));

    let cancelled = "<job finishCode='2' completedAt='2026-03-01T10:00:00Z'/>";
    assert_eq!(
        wait(cancelled, soon()).await.1.expect_err("cancelled").kind(),
        ErrorKind::JobCancelled
    );
}

#[tokio::test]
async fn a_job_that_takes_too_long_goes_on() {
    let fake =
        Fake::start(|request, _| request.is("GET", "/jobs/").then(|| ok("<job progress='70'/>"))).await;
    let job: vivant_client::model::JobId = id(1).parse().expect("an id");
    let options = soon().within(Duration::from_millis(20));
    let failure = site(&fake)
        .await
        .jobs()
        .wait(job, options)
        .await
        .expect_err("late");
    assert_eq!(failure.kind(), ErrorKind::Timeout);
    assert!(
        failure.to_string().contains("at 70 percent; it goes on"),
        "{failure}"
    );
    assert!(failure.job().is_some());
}

#[tokio::test]
async fn a_server_that_is_away_is_asked_again() {
    let fake = Fake::start(|request, before| {
        request.is("GET", "/jobs/").then(|| match before {
            0..7 => Reply::Drop,
            _ => ok("<job finishCode='0' completedAt='2026-03-01T10:00:00Z'/>"),
        })
    })
    .await;
    let job: vivant_client::model::JobId = id(1).parse().expect("an id");
    let options = soon().within(Duration::from_secs(30));
    assert!(site(&fake).await.wait_for_job(job, options).await.is_ok());
}
