//! The queue: whose turn it is, who may settle what, and what becomes of jobs whose node dies.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vivant_model::{JobId, JobKind, JobState, StatusNote};
use vivant_store::{
    Claimed, Error, Fence, FilterValue, Job, JobItem, JobItemKind, ListQuery, NewJob, NewSite, Op, Outcome,
    Store, What,
};

use crate::harness::{
    DAY, NOW, World, all, conflict_id, error, filtered, on_both, page, publish_workbook, sorted,
};

on_both!(
    the_least_priority_and_then_the_oldest_comes_first,
    jobs_of_a_series_run_one_at_a_time_in_order,
    a_second_job_of_a_unique_key_is_refused_until_the_first_has_ended,
    a_job_whose_lease_ran_out_is_given_to_another,
    a_job_that_was_begun_too_often_fails,
    a_job_waits_for_its_time_and_is_tried_again_later,
    a_job_given_back_was_not_begun,
    a_waiting_job_is_cancelled_at_once_and_a_running_one_is_asked,
    a_lease_is_renewed_and_tells_of_progress,
    what_a_job_is_about_is_kept_encrypted_and_only_while_it_is_needed,
    a_file_belongs_to_its_job_until_that_ends,
    publishing_settles_its_job_or_has_no_effect,
    jobs_are_listed_and_filtered,
    old_jobs_are_forgotten,
    a_deleted_site_takes_its_jobs_along,
    the_queue_says_when_it_should_be_asked_again,
    many_claimers_do_each_job_once_and_series_in_order,
    jobs_of_killed_processes_are_done_once,
);

const LEASE: i64 = 30_000;

fn job(w: &World, title: &str) -> NewJob {
    NewJob {
        title: title.to_owned(),
        ..NewJob::new(w.site, JobKind::RefreshExtract)
    }
}

async fn enqueue(w: &World, new: NewJob) -> Job {
    w.store.enqueue(new, NOW).await.unwrap()
}

async fn claim(w: &World, limit: usize, now: i64) -> Vec<Claimed> {
    w.store.claim(limit, LEASE, now).await.unwrap()
}

async fn claim_one(w: &World, now: i64) -> Claimed {
    let mut claimed = claim(w, 1, now).await;
    assert_eq!(claimed.len(), 1, "there should be a job to claim");
    claimed.remove(0)
}

fn done() -> Outcome {
    Outcome::success(Vec::new(), Vec::new(), None)
}

fn titles(claimed: &[Claimed]) -> Vec<&str> {
    claimed.iter().map(|c| c.job.title.as_str()).collect()
}

async fn state(w: &World, id: JobId) -> JobState {
    w.store.job(w.site, id).await.unwrap().unwrap().state
}

async fn the_least_priority_and_then_the_oldest_comes_first(w: World) {
    for (title, priority) in [("b", 50), ("c", 50), ("a", 1), ("d", 100)] {
        enqueue(
            &w,
            NewJob {
                priority,
                ..job(&w, title)
            },
        )
        .await;
    }
    assert_eq!(titles(&claim(&w, 3, NOW).await), ["a", "b", "c"]);
    let last = claim(&w, 3, NOW).await;
    assert_eq!(titles(&last), ["d"]);
    let Job {
        state,
        attempt,
        started_at,
        ..
    } = last[0].job;
    assert_eq!((state, attempt, started_at), (JobState::InProgress, 1, Some(NOW)));
    assert_eq!(claim(&w, 3, NOW).await.len(), 0);
    assert_eq!(claim(&w, 0, NOW).await.len(), 0);
    w.assert_sound().await;
}

async fn jobs_of_a_series_run_one_at_a_time_in_order(w: World) {
    for (title, series) in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")] {
        let serial_key = Some(series.to_owned());
        // Priority does not change the order of a series.
        let priority = if title == "a3" { 1 } else { 50 };
        enqueue(
            &w,
            NewJob {
                serial_key,
                priority,
                ..job(&w, title)
            },
        )
        .await;
    }
    let first = claim(&w, 9, NOW).await;
    assert_eq!(titles(&first), ["a1", "b1"]);
    w.store.finish(&first[1].lease, done(), NOW).await.unwrap();
    assert_eq!(claim(&w, 9, NOW).await.len(), 0);
    // One that is tried again later holds up its series.
    w.store
        .retry_later(&first[0].lease, NOW + 5_000, Some("busy"), NOW)
        .await
        .unwrap();
    assert_eq!(claim(&w, 9, NOW + 4_999).await.len(), 0);
    let again = claim(&w, 9, NOW + 5_000).await;
    assert_eq!((titles(&again), again[0].job.attempt), (vec!["a1"], 2));
    w.store
        .finish(&again[0].lease, Outcome::failed("no"), NOW)
        .await
        .unwrap();
    let second = claim_one(&w, NOW).await;
    assert_eq!(second.job.title, "a2");
    // Cancelled in between, a job of the series is passed over.
    w.store.cancel_job(w.site, second.job.id, NOW).await.unwrap();
    w.store
        .finish(&second.lease, Outcome::cancelled(), NOW)
        .await
        .unwrap();
    assert_eq!(claim_one(&w, NOW).await.job.title, "a3");
    w.assert_sound().await;
}

async fn a_second_job_of_a_unique_key_is_refused_until_the_first_has_ended(w: World) {
    let unique = |title: &str| NewJob {
        unique_key: Some("refresh 1".to_owned()),
        ..job(&w, title)
    };
    let first = enqueue(&w, unique("a")).await;
    let refused = w.store.enqueue(unique("b"), NOW).await;
    assert!(matches!(refused, Err(Error::Conflict { what: What::Job, .. })));
    assert_eq!(conflict_id(refused), first.id.to_string());
    // All or none.
    let both = w.store.enqueue_many(vec![job(&w, "c"), unique("d")], NOW).await;
    assert_eq!(conflict_id(both), first.id.to_string());
    let claimed = claim(&w, 9, NOW).await;
    assert_eq!(titles(&claimed), ["a"]);
    assert_eq!(
        conflict_id(w.store.enqueue(unique("e"), NOW).await),
        first.id.to_string()
    );
    w.store.finish(&claimed[0].lease, done(), NOW).await.unwrap();
    enqueue(&w, unique("f")).await;

    // Of many at once one is taken.
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (store, new) = (w.store.clone(), unique("g"));
        let new = NewJob {
            unique_key: Some("refresh 2".to_owned()),
            ..new
        };
        tasks.push(tokio::spawn(async move { store.enqueue(new, NOW).await.is_ok() }));
    }
    let mut taken = 0;
    for task in tasks {
        taken += usize::from(task.await.unwrap());
    }
    assert_eq!(taken, 1);
    w.assert_sound().await;
}

async fn a_job_whose_lease_ran_out_is_given_to_another(w: World) {
    enqueue(&w, job(&w, "a")).await;
    let lost = claim_one(&w, NOW).await;
    assert_eq!(claim(&w, 1, NOW + LEASE - 1).await.len(), 0);
    let taken = claim_one(&w, NOW + LEASE).await;
    assert_eq!((taken.job.id, taken.job.attempt), (lost.job.id, 2));
    let renewal = w
        .store
        .renew(&lost.lease, Some(50), LEASE, NOW + LEASE)
        .await
        .unwrap();
    assert!(!renewal.held);
    let late = w.store.finish(&lost.lease, done(), NOW + LEASE).await;
    assert!(matches!(late, Err(Error::LeaseLost)));
    for outcome in [
        w.store.retry_later(&lost.lease, NOW, None, NOW).await,
        w.store.release(&lost.lease, NOW).await,
        w.store.add_job_note(&lost.lease, "still here", NOW).await,
        w.store.job_file(&lost.lease).await.map(drop),
    ] {
        assert!(matches!(outcome, Err(Error::LeaseLost)));
    }
    w.store
        .finish(&taken.lease, done(), NOW + LEASE + 1)
        .await
        .unwrap();
    let ended = w.store.job(w.site, taken.job.id).await.unwrap().unwrap();
    assert_eq!(
        (ended.state, ended.progress, ended.ended_at),
        (JobState::Success, 100, Some(NOW + LEASE + 1))
    );
    assert_eq!(ended.notes, ["The node that ran the job stopped answering."]);
    let twice = w.store.finish(&taken.lease, done(), NOW).await;
    assert!(matches!(twice, Err(Error::LeaseLost)));
    // A lease that ran out is still good while nobody else has the job.
    enqueue(&w, job(&w, "b")).await;
    let slow = claim_one(&w, NOW).await;
    w.store
        .finish(&slow.lease, done(), NOW + 9 * LEASE)
        .await
        .unwrap();
    w.assert_sound().await;
}

async fn a_job_that_was_begun_too_often_fails(w: World) {
    let lost = enqueue(
        &w,
        NewJob {
            max_attempts: 2,
            ..job(&w, "a")
        },
    )
    .await;
    let given_up = enqueue(
        &w,
        NewJob {
            max_attempts: 1,
            ..job(&w, "b")
        },
    )
    .await;
    let claimed = claim(&w, 2, NOW).await;
    w.store
        .retry_later(&claimed[1].lease, NOW + 1, Some("gone"), NOW)
        .await
        .unwrap();
    let ended = w.store.job(w.site, given_up.id).await.unwrap().unwrap();
    assert_eq!(
        (ended.state, ended.notes),
        (JobState::Failed, vec!["gone".to_owned()])
    );
    assert_eq!(claim_one(&w, NOW + LEASE).await.job.attempt, 2);
    assert_eq!(claim(&w, 1, NOW + 3 * LEASE).await.len(), 0);
    let ended = w.store.job(w.site, lost.id).await.unwrap().unwrap();
    assert_eq!(
        (ended.state, ended.attempt, ended.notes.len()),
        (JobState::Failed, 2, 2)
    );
    w.assert_sound().await;
}

async fn a_job_waits_for_its_time_and_is_tried_again_later(w: World) {
    enqueue(
        &w,
        NewJob {
            run_at: NOW + 10,
            ..job(&w, "later")
        },
    )
    .await;
    enqueue(
        &w,
        NewJob {
            run_at: NOW,
            ..job(&w, "now")
        },
    )
    .await;
    let now = claim(&w, 9, NOW).await;
    assert_eq!(titles(&now), ["now"]);
    w.store.add_job_note(&now[0].lease, "looked", NOW).await.unwrap();
    w.store
        .retry_later(&now[0].lease, NOW + 20, Some("not there"), NOW)
        .await
        .unwrap();
    let job = w.store.job(w.site, now[0].job.id).await.unwrap().unwrap();
    assert_eq!(
        (job.state, job.run_at, job.progress),
        (JobState::Pending, NOW + 20, 0)
    );
    assert_eq!(job.notes, ["looked", "not there"]);
    assert_eq!(titles(&claim(&w, 9, NOW + 19).await), ["later"]);
    assert_eq!(titles(&claim(&w, 9, NOW + 20).await), ["now"]);
    w.assert_sound().await;
}

async fn a_job_given_back_was_not_begun(w: World) {
    enqueue(
        &w,
        NewJob {
            max_attempts: 1,
            ..job(&w, "a")
        },
    )
    .await;
    for _ in 0..3 {
        let claimed = claim_one(&w, NOW).await;
        assert_eq!(claimed.job.attempt, 1);
        w.store.release(&claimed.lease, NOW).await.unwrap();
    }
    let claimed = claim_one(&w, NOW).await;
    w.store.cancel_job(w.site, claimed.job.id, NOW).await.unwrap();
    w.store.release(&claimed.lease, NOW).await.unwrap();
    assert_eq!(state(&w, claimed.job.id).await, JobState::Cancelled);
    w.assert_sound().await;
}

async fn a_waiting_job_is_cancelled_at_once_and_a_running_one_is_asked(w: World) {
    let waiting = enqueue(&w, job(&w, "waiting")).await;
    assert_eq!(
        w.store.cancel_job(w.site, waiting.id, NOW).await.unwrap(),
        JobState::Cancelled
    );
    let again = w.store.cancel_job(w.site, waiting.id, NOW).await;
    assert!(matches!(again, Err(Error::JobEnded(JobState::Cancelled))));
    assert_eq!(claim(&w, 1, NOW).await.len(), 0);

    let running = enqueue(&w, job(&w, "running")).await;
    let claimed = claim_one(&w, NOW).await;
    assert_eq!(
        w.store.cancel_job(w.site, running.id, NOW).await.unwrap(),
        JobState::InProgress
    );
    let renewal = w.store.renew(&claimed.lease, None, LEASE, NOW).await.unwrap();
    assert!(renewal.held && renewal.cancel_asked);
    // It may have been done by then.
    w.store.finish(&claimed.lease, done(), NOW).await.unwrap();
    assert_eq!(state(&w, running.id).await, JobState::Success);

    // A job that was to be cancelled and whose node died is not begun again.
    let dying = enqueue(&w, job(&w, "dying")).await;
    claim_one(&w, NOW).await;
    w.store.cancel_job(w.site, dying.id, NOW).await.unwrap();
    assert_eq!(claim(&w, 1, NOW + LEASE).await.len(), 0);
    assert_eq!(state(&w, dying.id).await, JobState::Cancelled);

    let unknown = w
        .store
        .cancel_job(w.site, vivant_model::Luid::from_random([1; 16]).into(), NOW)
        .await;
    assert!(matches!(unknown, Err(Error::NotFound(What::Job))));
    let new = NewSite {
        name: "B".to_owned(),
        content_url: "b".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    let running = enqueue(&w, job(&w, "here")).await;
    let from_there = w.store.cancel_job(other, running.id, NOW).await;
    assert!(matches!(from_there, Err(Error::NotFound(What::Job))));
    assert_eq!(w.store.job(other, running.id).await.unwrap(), None);
    w.assert_sound().await;
}

async fn a_lease_is_renewed_and_tells_of_progress(w: World) {
    enqueue(&w, job(&w, "a")).await;
    let claimed = claim_one(&w, NOW).await;
    let renewal = w
        .store
        .renew(&claimed.lease, Some(40), LEASE, NOW + 1_000)
        .await
        .unwrap();
    assert!(renewal.held && !renewal.cancel_asked);
    assert_eq!(claim(&w, 1, NOW + LEASE + 999).await.len(), 0);
    w.store
        .renew(&claimed.lease, None, LEASE, NOW + 2_000)
        .await
        .unwrap();
    let job = w.store.job(w.site, claimed.job.id).await.unwrap().unwrap();
    assert_eq!((job.progress, job.updated_at), (40, NOW + 2_000));
    w.store
        .renew(&claimed.lease, Some(1_000), LEASE, NOW + 2_000)
        .await
        .unwrap();
    assert_eq!(w.store.job(w.site, job.id).await.unwrap().unwrap().progress, 100);
}

async fn what_a_job_is_about_is_kept_encrypted_and_only_while_it_is_needed(w: World) {
    let payload = b"password=hunter2".to_vec();
    enqueue(
        &w,
        NewJob {
            payload: payload.clone(),
            ..job(&w, "a")
        },
    )
    .await;
    let claimed = claim_one(&w, NOW).await;
    assert_eq!(claimed.payload, payload);
    if w.database_url.is_none() {
        for file in ["vivant.db", "vivant.db-wal"] {
            let bytes = std::fs::read(w.dir.path().join("data").join(file)).unwrap_or_default();
            assert!(!bytes.windows(7).any(|window| window == b"hunter2"), "{file}");
        }
    }
    w.store.finish(&claimed.lease, done(), NOW).await.unwrap();

    // With another key what it is about cannot be read, and the job stands in nobody's way.
    w.assert_sound().await;
}

async fn a_file_belongs_to_its_job_until_that_ends(w: World) {
    for title in ["done", "cancelled"] {
        let file = Some(w.spool(title.as_bytes()).await);
        enqueue(
            &w,
            NewJob {
                file,
                ..job(&w, title)
            },
        )
        .await;
    }
    w.store.sweep(NOW + 100 * DAY, 0).await.unwrap();
    assert!(w.store.check(true).await.unwrap().findings.is_empty());
    let claimed = claim_one(&w, NOW).await;
    let file = w.store.job_file(&claimed.lease).await.unwrap().unwrap();
    assert_eq!(std::fs::read(file.path()).unwrap(), b"done");
    drop(file);
    w.store.finish(&claimed.lease, done(), NOW).await.unwrap();
    let other = claim_one(&w, NOW).await;
    w.store.release(&other.lease, NOW).await.unwrap();
    w.store.cancel_job(w.site, other.job.id, NOW).await.unwrap();
    assert_eq!(w.store.sweep(NOW + 1, 0).await.unwrap().objects, 2);
    // A file of a job that is refused is given up.
    let unique_key = Some("one".to_owned());
    enqueue(
        &w,
        NewJob {
            unique_key: unique_key.clone(),
            ..job(&w, "a")
        },
    )
    .await;
    let file = Some(w.spool(b"refused").await);
    let refused = w
        .store
        .enqueue(
            NewJob {
                file,
                unique_key,
                ..job(&w, "b")
            },
            NOW,
        )
        .await;
    conflict_id(refused);
    assert_eq!(w.store.sweep(NOW + 1, 0).await.unwrap().objects, 1);
    w.assert_sound().await;
}

async fn publishing_settles_its_job_or_has_no_effect(w: World) {
    let caller = w.admin();
    let publish = async |name: &str, fence: Fence<'_>| {
        let file = w.spool(name.as_bytes()).await;
        let publish = publish_workbook(&caller, w.project, name, true, file);
        w.store
            .publish_workbook_with(publish, Vec::new(), fence, NOW)
            .await
    };
    enqueue(&w, job(&w, "first")).await;
    let claimed = claim_one(&w, NOW).await;
    let notes = vec![StatusNote {
        kind: "Count".to_owned(),
        value: "1".to_owned(),
        text: "One.".to_owned(),
    }];
    let outcome = Outcome::success(vec!["published".to_owned()], notes.clone(), None);
    let book = publish("Sales", Some((&claimed.lease, outcome.clone())))
        .await
        .unwrap()
        .workbook;
    let ended = w.store.job(w.site, claimed.job.id).await.unwrap().unwrap();
    assert_eq!(
        (ended.state, &ended.notes[..], &ended.status_notes),
        (JobState::Success, &["published".to_owned()][..], &notes)
    );
    assert_eq!(
        ended.result,
        Some(JobItem {
            kind: JobItemKind::Workbook,
            id: book.id.0
        })
    );

    // The lease is gone: nothing is published.
    let again = publish("Sales", Some((&claimed.lease, outcome.clone()))).await;
    assert!(matches!(again, Err(Error::LeaseLost)));
    let new = publish("Other", Some((&claimed.lease, outcome))).await;
    assert!(matches!(new, Err(Error::LeaseLost)));
    let books = w.store.workbooks(&w.admin(), &all()).await.unwrap();
    assert_eq!((books.total, books.items[0].revision), (1, 1));

    // What is refused settles nothing.
    enqueue(&w, job(&w, "second")).await;
    let claimed = claim_one(&w, NOW).await;
    let publish = publish_workbook(&caller, w.project, "Sales", false, w.spool(b"x").await);
    let fence = Some((&claimed.lease, done()));
    conflict_id(
        w.store
            .publish_workbook_with(publish, Vec::new(), fence, NOW)
            .await
            .map(drop),
    );
    assert_eq!(state(&w, claimed.job.id).await, JobState::InProgress);
    w.assert_sound().await;
}

async fn jobs_are_listed_and_filtered(w: World) {
    let kinds = [
        JobKind::RefreshExtract,
        JobKind::IncrementExtract,
        JobKind::Subscription,
    ];
    for (n, kind) in kinds.into_iter().enumerate() {
        let new = NewJob {
            kind,
            priority: 10 * (n as i64 + 1),
            subtitle: "Workbook".to_owned(),
            item: Some(JobItem {
                kind: JobItemKind::Workbook,
                id: vivant_model::Luid::from_random([n as u8; 16]),
            }),
            ..job(&w, &format!("Superstore {n}"))
        };
        w.store.enqueue(new, NOW + n as i64).await.unwrap();
    }
    let claimed = claim_one(&w, NOW + 10).await;
    let outcome = Outcome::success(vec!["The nightly run is over.".to_owned()], Vec::new(), None);
    w.store.finish(&claimed.lease, outcome, NOW + 20).await.unwrap();
    let list = async |query: ListQuery| {
        let found = w.store.jobs(w.site, &query).await.unwrap();
        assert_eq!(found.total as usize, found.items.len());
        found
            .items
            .into_iter()
            .map(|job| job.title.replace("Superstore ", ""))
            .collect::<String>()
    };
    assert_eq!(list(all()).await, "210");
    assert_eq!(
        list(filtered("jobType", Op::Eq, &["refresh_extracts"])).await,
        "0"
    );
    assert_eq!(
        list(filtered(
            "jobType",
            Op::In,
            &["increment_extracts", "single_subscription_notify"]
        ))
        .await,
        "21"
    );
    assert_eq!(list(filtered("status", Op::Eq, &["Pending"])).await, "21");
    assert_eq!(list(filtered("progress", Op::Lte, &["0"])).await, "21");
    assert_eq!(list(filtered("priority", Op::Gt, &["10"])).await, "21");
    assert_eq!(list(filtered("title", Op::Has, &["superSTORE 1"])).await, "1");
    assert_eq!(list(filtered("notes", Op::Has, &["nightly"])).await, "0");
    assert_eq!(list(filtered("args", Op::Has, &["workbook 0202"])).await, "2");
    let mut since = filtered("createdAt", Op::Gt, &[]);
    since.filters[0].values = vec![FilterValue::Time(NOW)];
    assert_eq!(list(since).await, "21");
    for field in ["startedAt", "completedAt", "endedAt"] {
        let mut before = filtered(field, Op::Lte, &[]);
        before.filters[0].values = vec![FilterValue::Time(NOW + 30)];
        assert_eq!(list(before).await, "0", "{field}");
    }
    assert_eq!(list(sorted("priority", false)).await, "012");
    assert_eq!(list(sorted("completedAt", true)).await.chars().next(), Some('0'));
    let second = w.store.jobs(w.site, &page(2, 2)).await.unwrap();
    assert_eq!(
        (second.total, second.items[0].title.as_str()),
        (3, "Superstore 0")
    );
    assert_eq!(second.items[0].notes, ["The nightly run is over."]);
    let unknown = w.store.jobs(w.site, &filtered("color", Op::Eq, &["red"])).await;
    assert_eq!(error(unknown), "`color` is not a field to filter or sort by");
}

async fn old_jobs_are_forgotten(w: World) {
    let jobs = (0..3).map(|n| job(&w, &n.to_string())).collect();
    let ids = w.store.enqueue_many(jobs, NOW).await.unwrap();
    let claimed = claim(&w, 2, NOW).await;
    for (n, claimed) in claimed.iter().enumerate() {
        let outcome = Outcome::failed("it went wrong");
        w.store
            .finish(&claimed.lease, outcome, NOW + n as i64)
            .await
            .unwrap();
    }
    assert_eq!(w.store.purge_jobs(NOW + 1).await.unwrap(), 1);
    assert_eq!(w.store.job(w.site, ids[0]).await.unwrap(), None);
    assert_eq!(w.store.purge_jobs(NOW + DAY).await.unwrap(), 1);
    assert_eq!(w.store.jobs(w.site, &all()).await.unwrap().total, 1);
    w.assert_sound().await;
}

async fn a_deleted_site_takes_its_jobs_along(w: World) {
    let new = NewSite {
        name: "B".to_owned(),
        content_url: "b".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    let series = Some("nightly".to_owned());
    let file = Some(w.spool(b"file").await);
    enqueue(
        &w,
        NewJob {
            site: other,
            serial_key: series.clone(),
            file,
            ..job(&w, "there")
        },
    )
    .await;
    enqueue(
        &w,
        NewJob {
            serial_key: series,
            ..job(&w, "here")
        },
    )
    .await;
    let claimed = claim(&w, 9, NOW).await;
    assert_eq!(titles(&claimed), ["there"]);
    w.store.delete_site(other, NOW).await.unwrap();
    assert!(matches!(
        w.store.finish(&claimed[0].lease, done(), NOW).await,
        Err(Error::LeaseLost)
    ));
    assert_eq!(titles(&claim(&w, 9, NOW).await), ["here"]);
    w.assert_sound().await;
}

async fn the_queue_says_when_it_should_be_asked_again(w: World) {
    assert_eq!(w.store.next_job_at(NOW).await.unwrap(), None);
    enqueue(
        &w,
        NewJob {
            run_at: NOW + 500,
            ..job(&w, "later")
        },
    )
    .await;
    assert_eq!(w.store.next_job_at(NOW).await.unwrap(), Some(NOW + 500));
    assert_eq!(w.store.next_job_at(NOW + 900).await.unwrap(), Some(NOW + 900));
    enqueue(&w, job(&w, "now")).await;
    assert_eq!(w.store.next_job_at(NOW).await.unwrap(), Some(NOW));
    claim_one(&w, NOW).await;
    claim_one(&w, NOW + 500).await;
    assert_eq!(w.store.next_job_at(NOW + 500).await.unwrap(), Some(NOW + LEASE));
}

/// What claimers did, in the order in which they did it.
#[derive(Default)]
struct Diary {
    running: HashSet<String>,
    done: Vec<String>,
}

async fn many_claimers_do_each_job_once_and_series_in_order(w: World) {
    const JOBS: usize = 240;
    const SERIES: usize = 6;
    let other = w.reopen().await.unwrap();
    let diary = Arc::new(Mutex::new(Diary::default()));
    let mut tasks = Vec::new();
    for n in 0..10 {
        let store = if n % 2 == 0 {
            w.store.clone()
        } else {
            other.clone()
        };
        let diary = diary.clone();
        tasks.push(tokio::spawn(async move {
            loop {
                for claimed in store.claim(3, LEASE, NOW).await.unwrap() {
                    work(&store, claimed, &diary).await;
                }
                if diary.lock().unwrap().done.len() == JOBS {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }));
    }
    // While they work the jobs come in, from two nodes, half of them in series.
    for n in 0..JOBS {
        let serial_key = (n % 2 == 0).then(|| format!("series {}", n / 2 % SERIES));
        let new = NewJob {
            serial_key: serial_key.clone(),
            subtitle: serial_key.unwrap_or_default(),
            max_attempts: 9,
            priority: (n % 3) as i64 + 1,
            ..job(&w, &format!("{n:04}"))
        };
        let store = if n % 3 == 0 { &w.store } else { &other };
        store.enqueue(new, NOW).await.unwrap();
    }
    for task in tasks {
        task.await.unwrap();
    }
    let done = diary.lock().unwrap().done.clone();
    let once: HashSet<&String> = done.iter().collect();
    assert_eq!((done.len(), once.len()), (JOBS, JOBS));
    let mut series: HashMap<&str, Vec<&str>> = HashMap::new();
    for entry in &done {
        let (key, title) = entry.split_once('/').unwrap();
        series.entry(key).or_default().push(title);
    }
    assert_eq!(series.len(), SERIES + 1);
    for (key, titles) in series.into_iter().filter(|(key, _)| !key.is_empty()) {
        assert!(titles.is_sorted(), "{key}: {titles:?}");
    }
    let states = w
        .store
        .jobs(w.site, &filtered("status", Op::Eq, &["Success"]))
        .await
        .unwrap();
    assert_eq!(states.total as usize, JOBS);
    other.close().await;
    w.assert_sound().await;
}

async fn work(store: &Store, claimed: Claimed, diary: &Mutex<Diary>) {
    let Claimed { job, lease, .. } = claimed;
    if !job.subtitle.is_empty() {
        let is_alone = diary.lock().unwrap().running.insert(job.subtitle.clone());
        assert!(is_alone, "two of {} at once", job.subtitle);
    }
    tokio::task::yield_now().await;
    // Now and then one is put back first.
    if job.attempt == 1 && job.title.ends_with('7') {
        diary.lock().unwrap().running.remove(&job.subtitle);
        store.retry_later(&lease, NOW, None, NOW).await.unwrap();
        return;
    }
    {
        let mut diary = diary.lock().unwrap();
        diary.running.remove(&job.subtitle);
        diary.done.push(format!("{}/{}", job.subtitle, job.title));
    }
    store.finish(&lease, done(), NOW).await.unwrap();
}

const CHILD: &str = "VIVANT_TEST_JOBS_CHILD";

/// Runs this program as processes that publish for jobs, and kills them in the middle.
async fn jobs_of_killed_processes_are_done_once(w: World) {
    const JOBS: u64 = 60;
    let jobs = (0..JOBS).map(|n| NewJob {
        kind: JobKind::PublishWorkbook,
        max_attempts: 99,
        serial_key: (n % 3 == 0).then(|| "in turn".to_owned()),
        ..job(&w, &format!("Book {n:02}"))
    });
    w.store.enqueue_many(jobs.collect(), NOW).await.unwrap();
    w.store.clone().close().await;
    let mut rounds = 0;
    loop {
        rounds += 1;
        assert!(rounds < 100, "no end is in sight");
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "jobs::child_does_jobs_until_it_is_killed"])
            .env(CHILD, w.dir.path().join("data"))
            .env("VIVANT_TEST_JOBS_URL", w.database_url.clone().unwrap_or_default())
            // Each begins where the leases of the one before have run out.
            .env("VIVANT_TEST_JOBS_NOW", (NOW + rounds * 2 * LEASE).to_string())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let patience = Duration::from_millis(120 + 40 * (rounds as u64 % 5));
        let ended = tokio::time::timeout(patience, async {
            while child.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        if ended.await.is_ok() {
            assert!(child.wait().unwrap().success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(rounds > 1, "nothing was killed");
    let store = w.reopen().await.unwrap();
    let all = page(1, 1000);
    let jobs = store.jobs(w.site, &all).await.unwrap().items;
    assert_eq!(jobs.len() as u64, JOBS);
    assert!(jobs.iter().all(|job| job.state == JobState::Success));
    let books = store.workbooks(&w.admin(), &all).await.unwrap().items;
    assert_eq!(books.len() as u64, JOBS);
    // Published once each: a second time would be a second revision.
    assert!(books.iter().all(|book| book.revision == 1));
    for job in &jobs {
        assert!(
            books
                .iter()
                .any(|book| Some(book.id.0) == job.result.map(|item| item.id)),
            "{}",
            job.title
        );
    }
    store.sweep(NOW + 100 * DAY, 0).await.unwrap();
    assert_eq!(store.check(true).await.unwrap().findings, []);
    store.close().await;
}

/// The other half of the case above; by itself it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_does_jobs_until_it_is_killed() {
    let Some(data_dir) = std::env::var_os(CHILD) else {
        return;
    };
    let url = std::env::var("VIVANT_TEST_JOBS_URL").unwrap();
    let now: i64 = std::env::var("VIVANT_TEST_JOBS_NOW").unwrap().parse().unwrap();
    let options = vivant_store::StoreOptions {
        data_dir: data_dir.into(),
        database_url: Some(url).filter(|url| !url.is_empty()),
        ..vivant_store::StoreOptions::default()
    };
    let store = Store::open(options).await.unwrap();
    let site = store.default_site().await.unwrap().id;
    let project = store.default_project(site).await.unwrap();
    let caller = vivant_store::Caller {
        site,
        user: project.owner.id,
        role: vivant_model::SiteRole::ServerAdministrator,
    };
    loop {
        let claimed = store.claim(4, LEASE, now).await.unwrap();
        if claimed.is_empty() {
            break;
        }
        for Claimed { job, lease, .. } in claimed {
            let mut spool = store.content().spool().await.unwrap();
            spool.write(job.title.as_bytes()).await.unwrap();
            let file = spool.finish().await.unwrap();
            let publish = publish_workbook(&caller, project.id, &job.title, true, file);
            let fence = Some((&lease, done()));
            store
                .publish_workbook_with(publish, Vec::new(), fence, now)
                .await
                .unwrap();
        }
    }
    store.close().await;
}
