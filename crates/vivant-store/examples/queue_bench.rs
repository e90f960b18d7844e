//! How many jobs a second the queue takes in, gives out and settles:
//! `cargo run --release -p vivant-store --example queue_bench [DATABASE_URL]`.
//!
//! The jobs do nothing, so this is what the queue itself costs. Eight claimers take four at a time; a
//! quarter of the jobs stand in sixteen series. The claims are measured again with a hundred thousand
//! jobs waiting, half of them in one series: their number must not matter.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use vivant_model::{JobKind, SiteId};
use vivant_store::{NewJob, Outcome, Result, Store, StoreOptions};

const NOW: i64 = 1_704_067_200_000;
const JOBS: usize = 2_000;
const CLAIMERS: usize = 8;
const WAITING: usize = 100_000;

#[tokio::main]
async fn main() -> Result<()> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let options = StoreOptions {
        data_dir: dir.path().to_owned(),
        database_url: std::env::args().nth(1),
        storage_url: None,
        key: Some([1; 32]),
        env: HashMap::new(),
    };
    let store = Store::open(options).await?;
    let made = store.bootstrap("admin", None, NOW).await?;
    let site = made.expect("the database is empty at the beginning").site.id;
    let series = |n: usize| (n.is_multiple_of(4)).then(|| format!("series {}", n / 4 % 16));

    let begun = Instant::now();
    for n in 0..JOBS {
        store.enqueue(job(site, series(n)), NOW).await?;
    }
    report("put in, one by one", JOBS, begun.elapsed());
    report("claimed and settled", JOBS, drain(&store, JOBS).await?);

    let begun = Instant::now();
    for chunk in 0..WAITING / 1000 {
        let jobs = (0..1000).map(|n| job(site, (n % 2 == 0).then(|| format!("long {}", chunk % 2))));
        store.enqueue_many(jobs.collect(), NOW).await?;
    }
    report("put in, a thousand at once", WAITING, begun.elapsed());
    report("claimed and settled of many", JOBS, drain(&store, JOBS).await?);
    Ok(())
}

fn job(site: SiteId, serial_key: Option<String>) -> NewJob {
    NewJob {
        serial_key,
        title: "Book".to_owned(),
        subtitle: "Workbook".to_owned(),
        payload: b"{\"workbook\":1}".to_vec(),
        ..NewJob::new(site, JobKind::RefreshExtract)
    }
}

/// Does a number of jobs; answers how long it took.
async fn drain(store: &Store, jobs: usize) -> Result<Duration> {
    let begun = Instant::now();
    let left = Arc::new(AtomicUsize::new(jobs));
    let mut claimers = Vec::new();
    for _ in 0..CLAIMERS {
        let (store, left) = (store.clone(), left.clone());
        claimers.push(tokio::spawn(async move {
            while left.load(Ordering::Relaxed) > 0 {
                for claimed in store.claim(4, 60_000, NOW).await? {
                    let outcome = Outcome::success(Vec::new(), Vec::new(), None);
                    store.finish(&claimed.lease, outcome, NOW).await?;
                    let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
                }
            }
            Ok(())
        }));
    }
    for claimer in claimers {
        claimer.await.expect("no claimer panics")?;
    }
    Ok(begun.elapsed())
}

#[expect(clippy::print_stdout, reason = "printing is what the program is for")]
fn report(what: &str, jobs: usize, took: Duration) {
    let rate = jobs as f64 / took.as_secs_f64();
    println!("{what:30} {rate:>8.0} jobs/s ({jobs} in {took:.2?})");
}
