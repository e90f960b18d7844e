//! Extracts beside the files of items, and how often views are looked at.

use vivant_model::{ContentKind, JobKind, SiteRole, ViewId};
use vivant_store::{Error, ExtractChange, JobItem, JobItemKind, NewExtract, NewJob, Outcome, What, Workbook};

use crate::harness::{NOW, World, all, on_both, publish_workbook};

on_both!(
    extracts_are_swapped_and_added_to,
    extracts_count_against_the_quota,
    publishing_again_replaces_the_extracts,
    swapping_settles_its_job_or_has_no_effect,
    creating_and_deleting_extracts_changes_the_file,
    extracts_of_a_file_that_was_replaced_are_given_up,
    looks_at_views_are_counted,
);

const KIND: ContentKind = ContentKind::Workbook;

/// The parts as `datasource part rows`, and what their objects hold.
async fn parts(w: &World, book: &Workbook) -> Vec<String> {
    let mut parts = Vec::new();
    for part in w.store.extracts(w.site, KIND, book.id.0).await.unwrap() {
        let file = w.store.content().fetch(&part.key).await.unwrap();
        assert_eq!(
            (file.size() as i64, file.sha256()),
            (part.size, part.sha256.as_str())
        );
        let text = String::from_utf8(std::fs::read(file.path()).unwrap()).unwrap();
        parts.push(format!("{} {} {} {text}", part.datasource, part.part, part.rows));
    }
    parts
}

async fn used(w: &World) -> i64 {
    w.store.site_usage(w.site).await.unwrap().storage_bytes
}

async fn extracts_are_swapped_and_added_to(w: World) {
    let book = w.workbook("Sales").await;
    assert_eq!((used(&w).await, book.extract_refreshed_at), (8, Some(NOW)));
    let two = vec![
        w.extract("orders", b"one").await,
        w.extract("people", b"four").await,
    ];
    w.store
        .swap_extracts(w.site, KIND, book.id.0, two, None, NOW + 1)
        .await
        .unwrap();
    assert_eq!(parts(&w, &book).await, ["orders 0 3 one", "people 0 4 four"]);
    assert_eq!(used(&w).await, 15);
    let more = vec![w.extract("orders", b"more").await, w.extract("new", b"n").await];
    w.store
        .append_extracts(w.site, KIND, book.id.0, more, None, NOW + 2)
        .await
        .unwrap();
    assert_eq!(
        parts(&w, &book).await,
        [
            "new 0 1 n",
            "orders 0 3 one",
            "orders 1 4 more",
            "people 0 4 four"
        ]
    );
    let found = w.store.workbook(w.site, book.id).await.unwrap().unwrap();
    assert_eq!(
        (found.extract_refreshed_at, found.extract_incremented_at),
        (Some(NOW + 1), Some(NOW + 2))
    );
    w.assert_sound().await;

    let one = vec![w.extract("orders", b"again").await];
    w.store
        .swap_extracts(w.site, KIND, book.id.0, one, None, NOW + 3)
        .await
        .unwrap();
    assert_eq!(parts(&w, &book).await, ["orders 0 5 again"]);
    assert_eq!(w.store.sweep(NOW + 3, 0).await.unwrap().objects, 4);
    w.store
        .swap_extracts(w.site, KIND, book.id.0, Vec::new(), None, NOW + 4)
        .await
        .unwrap();
    assert!(
        !w.store
            .workbook(w.site, book.id)
            .await
            .unwrap()
            .unwrap()
            .has_extracts
    );
    assert_eq!(used(&w).await, 8);

    let one = vec![w.extract("orders", b"last").await];
    w.store
        .swap_extracts(w.site, KIND, book.id.0, one, None, NOW)
        .await
        .unwrap();
    assert!(
        w.store
            .workbook(w.site, book.id)
            .await
            .unwrap()
            .unwrap()
            .has_extracts
    );
    let lost = vec![w.extract("orders", b"lost").await];
    let wrong = w
        .store
        .swap_extracts(w.site, ContentKind::Datasource, book.id.0, lost, None, NOW)
        .await;
    assert!(matches!(wrong, Err(Error::NotFound(What::Datasource))));
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    assert_eq!(used(&w).await, 0);
    assert_eq!(w.store.sweep(NOW + 9, 0).await.unwrap().objects, 4);
    w.assert_sound().await;
}

async fn extracts_count_against_the_quota(w: World) {
    let book = w.workbook("Sales").await;
    w.limit_storage(1).await;
    let half = vec![0; 600 << 10];
    let first = vec![w.extract("a", &half).await];
    w.store
        .swap_extracts(w.site, KIND, book.id.0, first, None, NOW)
        .await
        .unwrap();
    let second = vec![w.extract("a", &half).await];
    let refused = w
        .store
        .append_extracts(w.site, KIND, book.id.0, second, None, NOW)
        .await;
    assert!(matches!(refused, Err(Error::QuotaExceeded { .. })));
    // In place of the first it fits.
    let second = vec![w.extract("a", &half).await];
    w.store
        .swap_extracts(w.site, KIND, book.id.0, second, None, NOW)
        .await
        .unwrap();
    let caller = w.admin();
    let publish = async |name: &str| {
        let publish = publish_workbook(&caller, w.project, name, true, w.spool(b"x").await);
        let extracts = vec![w.extract("a", &half).await];
        w.store.publish_workbook_with(publish, extracts, None, NOW).await
    };
    assert!(matches!(publish("Other").await, Err(Error::QuotaExceeded { .. })));
    publish("Sales").await.unwrap();
    w.assert_sound().await;
}

async fn publishing_again_replaces_the_extracts(w: World) {
    let caller = w.admin();
    let publish = async |extracts: Vec<NewExtract>, now: i64| {
        let mut publish = publish_workbook(&caller, w.project, "Sales", true, w.spool(b"x").await);
        publish.has_extracts = false;
        w.store
            .publish_workbook_with(publish, extracts, None, now)
            .await
            .unwrap()
            .workbook
    };
    let book = publish(vec![w.extract("a", b"first").await], NOW).await;
    assert_eq!((book.has_extracts, book.extract_refreshed_at), (true, Some(NOW)));
    assert_eq!(parts(&w, &book).await, ["a 0 5 first"]);
    let book = publish(vec![w.extract("b", b"second").await], NOW + 1).await;
    assert_eq!(parts(&w, &book).await, ["b 0 6 second"]);
    let book = publish(Vec::new(), NOW + 2).await;
    assert_eq!((book.has_extracts, book.extract_refreshed_at), (false, None));
    assert_eq!(parts(&w, &book).await, [""; 0]);
    assert_eq!(used(&w).await, 3);
    w.assert_sound().await;
}

async fn change(w: &World, file: &[u8], of: &str, extracts: Vec<NewExtract>, has: bool) -> ExtractChange {
    ExtractChange {
        revision: 1,
        file: w.spool(file).await,
        file_type: "twbx".to_owned(),
        has_extracts: has,
        datasources: vec![of.to_owned()],
        extracts,
    }
}

async fn creating_and_deleting_extracts_changes_the_file(w: World) {
    let book = w.workbook("Sales").await;
    let kept = vec![
        w.extract("people", b"four").await,
        w.extract("orders", b"old").await,
    ];
    w.store
        .swap_extracts(w.site, KIND, book.id.0, kept, None, NOW)
        .await
        .unwrap();
    let made = vec![w.extract("orders", b"new rows").await];
    let created = change(&w, b"the package", "orders", made, true).await;
    let done = w
        .store
        .change_extracts(w.site, KIND, book.id.0, created, None, NOW + 1)
        .await;
    assert!(done.unwrap());
    assert_eq!(parts(&w, &book).await, ["orders 0 8 new rows", "people 0 4 four"]);
    let file = w.file(book.id).await;
    assert_eq!(
        (
            file.revision,
            file.size,
            file.file_type.as_str(),
            file.has_extracts
        ),
        (1, 11, "twbx", true)
    );
    assert_eq!(used(&w).await, 11 + 8 + 4);
    let found = w.store.workbook(w.site, book.id).await.unwrap().unwrap();
    assert_eq!(
        (found.extract_refreshed_at, found.size_bytes),
        (Some(NOW + 1), 11)
    );
    w.assert_sound().await;

    for (of, has_extracts) in [("orders", true), ("people", false)] {
        let deleted = change(&w, b"less", of, Vec::new(), false).await;
        let done = w
            .store
            .change_extracts(w.site, KIND, book.id.0, deleted, None, NOW + 2)
            .await;
        assert!(done.unwrap());
        let found = w.store.workbook(w.site, book.id).await.unwrap().unwrap();
        assert_eq!(
            found.has_extracts, has_extracts,
            "what is kept of others still counts"
        );
        assert_eq!(found.extract_refreshed_at, has_extracts.then_some(NOW + 1));
    }
    assert_eq!(used(&w).await, 4);
    w.assert_sound().await;
}

async fn extracts_of_a_file_that_was_replaced_are_given_up(w: World) {
    let book = w.workbook("Sales").await;
    let caller = w.admin();
    let again = publish_workbook(&caller, w.project, "Sales", true, w.spool(b"x").await);
    w.store.publish_workbook(again, NOW).await.unwrap();
    let before = used(&w).await;
    let made = vec![w.extract("orders", b"late").await];
    let late = change(&w, b"of revision 1", "orders", made, true).await;
    let done = w
        .store
        .change_extracts(w.site, KIND, book.id.0, late, None, NOW)
        .await;
    assert!(!done.unwrap());
    assert_eq!((used(&w).await, parts(&w, &book).await.len()), (before, 0));
    assert_eq!(w.store.sweep(NOW + 1, 0).await.unwrap().objects, 2);

    w.limit_storage(1).await;
    let mut large = change(&w, &vec![0; 2 << 20], "orders", Vec::new(), true).await;
    large.revision = 2;
    let refused = w
        .store
        .change_extracts(w.site, KIND, book.id.0, large, None, NOW)
        .await;
    assert!(matches!(refused, Err(Error::QuotaExceeded { .. })));
    let lost = change(&w, b"lost", "orders", Vec::new(), true).await;
    let wrong = w
        .store
        .change_extracts(w.site, ContentKind::Datasource, book.id.0, lost, None, NOW);
    assert!(matches!(wrong.await, Err(Error::NotFound(What::Datasource))));
    w.assert_sound().await;
}

async fn swapping_settles_its_job_or_has_no_effect(w: World) {
    let book = w.workbook("Sales").await;
    let job = w
        .store
        .enqueue(NewJob::new(w.site, JobKind::RefreshExtract), NOW)
        .await
        .unwrap();
    let lease = w.store.claim(1, 1_000, NOW).await.unwrap().remove(0).lease;
    let outcome = Outcome::success(vec!["3 rows were read.".to_owned()], Vec::new(), None);
    for attempt in 0..2 {
        let extracts = vec![
            w.extract("a", if attempt == 0 { b"first" } else { b"later" })
                .await,
        ];
        let fence = Some((&lease, outcome.clone()));
        let swapped = w
            .store
            .swap_extracts(w.site, KIND, book.id.0, extracts, fence, NOW)
            .await;
        assert_eq!(matches!(swapped, Err(Error::LeaseLost)), attempt == 1);
    }
    assert_eq!(parts(&w, &book).await, ["a 0 5 first"]);
    let ended = w.store.job(w.site, job.id).await.unwrap().unwrap();
    assert_eq!(ended.notes, ["3 rows were read."]);
    assert_eq!(
        ended.result,
        Some(JobItem {
            kind: JobItemKind::Workbook,
            id: book.id.0
        })
    );
    w.assert_sound().await;
}

async fn looks_at_views_are_counted(w: World) {
    let book = w.workbook("Sales").await;
    let views = w.store.workbook_views(&w.admin(), book.id, true).await.unwrap();
    let (first, second) = (views[0].id, views[1].id);
    let ann = w.user("ann", SiteRole::Viewer).await;
    for (view, user, now) in [
        (first, w.admin, 1),
        (first, ann.id, 2),
        (second, ann.id, 3),
        (first, ann.id, 4),
    ] {
        w.store.record_view(w.site, view, user, NOW + now).await.unwrap();
    }
    assert_eq!(w.store.view(w.site, first).await.unwrap().unwrap().total_views, 3);
    let uses = w.store.view_uses(w.site, first, 9).await.unwrap();
    let seen: Vec<_> = uses
        .iter()
        .map(|one| (one.user, one.times, one.last_at))
        .collect();
    assert_eq!(seen, [(ann.id, 2, NOW + 4), (w.admin, 1, NOW + 1)]);
    let recent = async |limit| {
        let uses = w.store.recent_views(w.site, ann.id, limit).await.unwrap();
        uses.into_iter().map(|one| one.view).collect::<Vec<ViewId>>()
    };
    assert_eq!(recent(9).await, [first, second]);
    assert_eq!(recent(1).await, [first]);
    let unknown = vivant_model::Luid::from_random([9; 16]);
    let nothing = w.store.record_view(w.site, unknown.into(), ann.id, NOW).await;
    assert!(matches!(nothing, Err(Error::NotFound(What::View))));
    w.store
        .remove_user_from_site(w.site, ann.id, None, NOW)
        .await
        .unwrap();
    assert_eq!(w.store.view_uses(w.site, first, 9).await.unwrap().len(), 1);
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    assert_eq!(w.store.workbooks(&w.admin(), &all()).await.unwrap().total, 0);
    w.assert_sound().await;
}
