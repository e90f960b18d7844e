//! Whatever is given up half way leaves the old state or the new one, and nothing for good.

use std::time::Duration;

use vivant_store::{Severity, SiteChanges};

use crate::harness::{DAY, NOW, World, on_both, publish_workbook};

on_both!(
    publishing_given_up_anywhere_leaves_no_trace,
    what_a_dead_process_left_is_swept,
    damage_is_found,
    a_dropped_spool_file_is_gone,
    writers_at_once_lose_nothing,
    a_killed_process_loses_nothing_it_answered,
);

async fn publishing_given_up_anywhere_leaves_no_trace(w: World) {
    let mut published = 0;
    for n in 0_u32..60 {
        let caller = w.admin();
        let name = format!("Book {n}");
        let file = w.spool(b"content").await;
        let publish = w
            .store
            .publish_workbook(publish_workbook(&caller, w.project, &name, false, file), NOW);
        // The future is dropped after a while that grows from nothing to enough.
        let wait = Duration::from_micros(u64::from(n * n) * 20);
        if let Ok(outcome) = tokio::time::timeout(wait, publish).await {
            outcome.unwrap();
            published += 1;
        }
    }
    // A commit that was under way when its future was dropped may have gone through.
    let listed = w
        .store
        .workbooks(&w.admin(), &crate::harness::page(1, 1000))
        .await
        .unwrap();
    assert!(listed.total >= published);
    let used = w.store.site_usage(w.site).await.unwrap().storage_bytes;
    assert_eq!(used, listed.total as i64 * 7);
    for book in listed.items {
        assert_eq!(w.read(book.id, None).await, b"content");
    }
    w.assert_sound().await;
}

async fn what_a_dead_process_left_is_swept(w: World) {
    let book = w.workbook("Kept").await;
    // A process that dies here leaves an object in the storage and its row pending.
    let quota = SiteChanges {
        storage_quota_mb: Some(Some(0)),
        ..SiteChanges::default()
    };
    let before = w.store.content().spool().await.unwrap();
    std::mem::forget(before);
    leave_pending(&w).await;
    let report = w.store.check(true).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.findings.len(), 2, "{report:?}");
    assert!(report.findings.iter().all(|f| f.severity == Severity::Note));
    // Young enough to belong to somebody who is still writing, it stays.
    assert_eq!(w.store.sweep(NOW, 0).await.unwrap().objects, 0);

    w.store.clone().close().await;
    let World {
        store,
        dir,
        database_url,
        ..
    } = w;
    drop(store);
    let reopened = vivant_store::Store::open(crate::harness::options(&dir, database_url.as_deref()))
        .await
        .unwrap();
    let swept = reopened
        .sweep(NOW + if database_url.is_some() { DAY } else { 0 }, 0)
        .await
        .unwrap();
    assert_eq!(swept.objects, 1);
    let report = reopened.check(true).await.unwrap();
    assert_eq!(report.findings, []);
    assert!(reopened.workbook(book.site_id, book.id).await.unwrap().is_some());
    reopened.update_site(book.site_id, quota, NOW).await.unwrap();
    reopened.close().await;
}

/// Publishes until one is given up between the storage and the commit.
async fn leave_pending(w: &World) {
    for n in 0_u32..2000 {
        let caller = w.admin();
        let file = w.spool(b"content").await;
        let name = format!("Book {n}");
        let publish = w
            .store
            .publish_workbook(publish_workbook(&caller, w.project, &name, false, file), NOW);
        let wait = Duration::from_micros(u64::from(n % 100) * 100);
        match tokio::time::timeout(wait, publish).await {
            Ok(published) => {
                let id = published.unwrap().workbook.id;
                w.store.delete_workbook(w.site, id, NOW).await.unwrap();
                w.store.sweep(NOW, 0).await.unwrap();
            }
            Err(_) => {
                let is_left = async |wait| {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    let notes = w.store.check(false).await.unwrap().findings;
                    let spool = std::fs::read_dir(w.dir.path().join("data/spool")).unwrap();
                    spool.count() == 1 && notes.iter().any(|f| f.message.ends_with("is pending"))
                };
                // Wait for what the other threads still do; a busy database may yet do what it was asked for.
                if is_left(20).await && is_left(300).await {
                    return;
                }
                let all = w
                    .store
                    .workbooks(&w.admin(), &crate::harness::page(1, 1000))
                    .await
                    .unwrap();
                for book in all.items.into_iter().filter(|book| book.name != "Kept") {
                    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
                }
                w.store.sweep(NOW + 2 * DAY, 0).await.unwrap();
            }
        }
    }
    panic!("no publication could be given up at the right moment");
}

async fn damage_is_found(w: World) {
    let mut paths = Vec::new();
    for name in ["Missing", "Short", "Changed"] {
        let book = w.workbook(name).await;
        let file = w.file(book.id).await;
        paths.push((file.key.clone(), w.store.content().local_path(&file.key).unwrap()));
    }
    std::fs::remove_file(&paths[0].1).unwrap();
    std::fs::write(&paths[1].1, b"work").unwrap();
    std::fs::write(&paths[2].1, b"WORKBOOK").unwrap();
    let stray = paths[2].1.with_file_name("00000000000000000000000000000000");
    std::fs::write(&stray, b"?").unwrap();
    let messages = async |deep| {
        let report = w.store.check(deep).await.unwrap();
        assert!(!report.is_sound());
        report.findings.into_iter().map(|f| f.message).collect::<Vec<_>>()
    };
    let missing = format!("object {} is missing", paths[0].0);
    let short = format!("object {} has 4 bytes instead of 8", paths[1].0);
    let changed = format!("object {} does not match its checksum", paths[2].0);
    let stray = "object 00000000000000000000000000000000 belongs to nothing in the database".to_owned();
    let mut expected = vec![missing.clone(), short.clone(), stray.clone()];
    let mut found = messages(false).await;
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(messages(true).await.contains(&changed));
}

async fn a_dropped_spool_file_is_gone(w: World) {
    let mut spool = w.store.content().spool().await.unwrap();
    spool.write(&vec![1; 3 << 20]).await.unwrap();
    let spooled = w.spool(b"x").await;
    let folder = w.dir.path().join("data/spool");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    drop((spool, spooled));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

async fn writers_at_once_lose_nothing(w: World) {
    let book = w.workbook("Sales").await;
    let view = w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id;
    let mut tasks = Vec::new();
    for n in 0..40 {
        let (store, caller, project) = (w.store.clone(), w.admin(), w.project);
        tasks.push(tokio::spawn(async move {
            store.count_view(caller.site, view).await.unwrap();
            let mut spool = store.content().spool().await.unwrap();
            spool.write(b"12345").await.unwrap();
            let file = spool.finish().await.unwrap();
            let name = format!("Book {}", n % 8);
            store
                .publish_workbook(publish_workbook(&caller, project, &name, true, file), NOW)
                .await
                .unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(w.store.view(w.site, view).await.unwrap().unwrap().total_views, 40);
    assert_eq!(
        w.store.site_usage(w.site).await.unwrap().storage_bytes,
        8 + 40 * 5
    );
    w.assert_sound().await;
}

const CHILD: &str = "VIVANT_TEST_CRASH_CHILD";

/// Runs this program again as a process that publishes, and kills it in the middle.
async fn a_killed_process_loses_nothing_it_answered(w: World) {
    w.store.clone().close().await;
    let mut answered = 0;
    for round in 0..3_u32 {
        let log = w.dir.path().join(format!("log {round}"));
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_publishes_until_it_is_killed"])
            .env(CHILD, w.dir.path().join("data"))
            .env(
                "VIVANT_TEST_CRASH_URL",
                w.database_url.clone().unwrap_or_default(),
            )
            .env("VIVANT_TEST_CRASH_LOG", &log)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let lines = || std::fs::read_to_string(&log).unwrap_or_default();
        while lines().lines().count() < 5 {
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(u64::from(round) * 7)).await;
        child.kill().unwrap();
        child.wait().unwrap();

        let store = w.reopen().await.unwrap();
        let report = store.check(true).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        // The last line may have been cut off with the process.
        let whole = lines().rfind('\n').map_or(0, |end| end);
        for id in lines()[..whole].lines() {
            let id = id.parse().unwrap();
            let file = store
                .workbook_content(w.site, id, None)
                .await
                .unwrap()
                .expect("it was answered");
            assert_eq!(
                store.content().fetch(&file.key).await.unwrap().sha256(),
                file.sha256
            );
            answered += 1;
        }
        store.sweep(NOW + 100 * DAY, 0).await.unwrap();
        assert_eq!(store.check(true).await.unwrap().findings, []);
        store.close().await;
    }
    assert!(answered >= 15);
}

/// The other half of the case above; by itself it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_publishes_until_it_is_killed() {
    use std::io::Write;
    let Some(data_dir) = std::env::var_os(CHILD) else {
        return;
    };
    let url = std::env::var("VIVANT_TEST_CRASH_URL").unwrap();
    let options = vivant_store::StoreOptions {
        data_dir: data_dir.into(),
        database_url: Some(url).filter(|url| !url.is_empty()),
        ..vivant_store::StoreOptions::default()
    };
    let store = vivant_store::Store::open(options).await.unwrap();
    let site = store.default_site().await.unwrap().id;
    let project = store.default_project(site).await.unwrap();
    let role = vivant_model::SiteRole::ServerAdministrator;
    let caller = vivant_store::Caller {
        site,
        user: project.owner.id,
        role,
    };
    let mut log = std::fs::File::create(std::env::var("VIVANT_TEST_CRASH_LOG").unwrap()).unwrap();
    loop {
        let mut spool = store.content().spool().await.unwrap();
        spool.write(&[7; 10_000]).await.unwrap();
        let file = spool.finish().await.unwrap();
        let name = format!("Book {}", file.path().file_name().unwrap().to_string_lossy());
        let publish = publish_workbook(&caller, project.id, &name, false, file);
        let id = store.publish_workbook(publish, NOW).await.unwrap().workbook.id;
        writeln!(log, "{id}").unwrap();
    }
}
