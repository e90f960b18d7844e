//! Schedules, and the tasks and subscriptions that hang on them.

use vivant_model::{
    Capability, CapabilitySet, ContentKind, ExecutionOrder, Grantee, JobKind, JobState, Luid, Recurrence,
    Rule, ScheduleId, ScheduleState, ScheduleType, SiteRole, SiteState, TaskType,
};
use vivant_store::{
    Error, JobItem, JobItemKind, NewJob, NewSchedule, NewSubscription, NewTask, Op, Outcome, Schedule,
    ScheduleChanges, Secret, SiteChanges, Subscription, SubscriptionChanges, Task, TaskFilter, What,
};

use crate::harness::{NOW, World, all, conflict_id, filtered, on_both, page, sorted};

on_both!(
    a_schedule_reads_back_and_changes,
    schedules_are_listed_and_come_due,
    a_schedule_fires_once_however_many_try,
    a_schedule_leaves_out_what_has_not_ended,
    a_task_goes_with_its_item_and_schedule,
    a_task_counts_its_failures,
    tasks_are_shown_to_those_who_look_after_the_item,
    a_subscription_reads_back_and_changes,
    a_subscription_goes_with_its_user_content_and_schedule,
    subscriptions_are_shown_to_those_whom_they_concern,
    a_link_ends_one_subscription,
    a_delivery_is_counted_with_its_job,
    what_is_suspended_is_not_sent,
);

const DAILY: &str = "Daily start=06:00:00";

fn new_schedule(name: &str, kind: ScheduleType) -> NewSchedule {
    NewSchedule {
        name: name.to_owned(),
        state: ScheduleState::Active,
        kind,
        priority: 50,
        execution_order: ExecutionOrder::Parallel,
        recurrence: Recurrence::from_text(DAILY).unwrap(),
        is_system: false,
        next_run_at: Some(NOW + 100),
        end_schedule_at: None,
    }
}

async fn schedule(w: &World, name: &str, kind: ScheduleType) -> Schedule {
    w.store
        .create_schedule(new_schedule(name, kind), NOW)
        .await
        .unwrap()
}

async fn task(w: &World, schedule: ScheduleId, item: JobItem) -> Task {
    let new = NewTask {
        site: w.site,
        schedule,
        item,
        kind: TaskType::FullRefresh,
        priority: None,
    };
    w.store.create_task(new, NOW).await.unwrap()
}

fn item(kind: JobItemKind, id: Luid) -> JobItem {
    JobItem { kind, id }
}

fn missing<T: std::fmt::Debug>(outcome: Result<T, Error>) -> What {
    match outcome {
        Err(Error::NotFound(what)) => what,
        other => panic!("something missing was expected, found {other:?}"),
    }
}

async fn a_schedule_reads_back_and_changes(w: World) {
    let made = schedule(&w, "Nightly", ScheduleType::Extract).await;
    assert_eq!(
        (made.name.as_str(), made.next_run_at, made.created_at),
        ("Nightly", Some(NOW + 100), NOW)
    );
    assert_eq!(made.recurrence.to_string(), DAILY);
    assert_eq!(w.store.schedule(made.id).await.unwrap().as_ref(), Some(&made));
    assert_eq!(
        w.store.schedule_by_name("NIGHTLY").await.unwrap().as_ref(),
        Some(&made)
    );
    let again = w
        .store
        .create_schedule(new_schedule("nightly", ScheduleType::Subscription), NOW)
        .await;
    assert_eq!(conflict_id(again), made.id.to_string());

    let weekly = Recurrence::from_text("Weekly start=23:00:00 weekDay=Saturday").unwrap();
    let book = w.workbook("Sales").await;
    let task = task(&w, made.id, item(JobItemKind::Workbook, book.id.0)).await;
    assert_eq!(task.priority, 50);
    let changes = ScheduleChanges {
        name: Some("Weekly".to_owned()),
        state: Some(ScheduleState::Suspended),
        priority: Some(7),
        execution_order: Some(ExecutionOrder::Serial),
        recurrence: Some(weekly),
        next_run_at: Some(None),
        end_schedule_at: Some(Some(NOW + 9)),
    };
    let changed = w.store.update_schedule(made.id, changes, NOW + 1).await.unwrap();
    let expected = Schedule {
        name: "Weekly".to_owned(),
        state: ScheduleState::Suspended,
        priority: 7,
        execution_order: ExecutionOrder::Serial,
        recurrence: weekly,
        next_run_at: None,
        end_schedule_at: Some(NOW + 9),
        updated_at: NOW + 1,
        ..made.clone()
    };
    assert_eq!(changed, expected);
    assert_eq!(w.store.task(w.site, task.id).await.unwrap().unwrap().priority, 7);
    // Nothing said changes nothing.
    let same = w
        .store
        .update_schedule(made.id, ScheduleChanges::default(), NOW + 1)
        .await
        .unwrap();
    assert_eq!(same, expected);
    schedule(&w, "Other", ScheduleType::Extract).await;
    let changes = ScheduleChanges {
        name: Some("OTHER".to_owned()),
        ..ScheduleChanges::default()
    };
    conflict_id(w.store.update_schedule(made.id, changes, NOW).await);
    let renamed = ScheduleChanges {
        name: Some("WEEKLY".to_owned()),
        ..ScheduleChanges::default()
    };
    w.store.update_schedule(made.id, renamed, NOW).await.unwrap();

    w.store.delete_schedule(made.id).await.unwrap();
    assert_eq!(missing(w.store.delete_schedule(made.id).await), What::Schedule);
    assert_eq!(
        missing(
            w.store
                .update_schedule(made.id, ScheduleChanges::default(), NOW)
                .await
        ),
        What::Schedule
    );
    assert_eq!(w.store.schedule(made.id).await.unwrap(), None);
}

async fn schedules_are_listed_and_come_due(w: World) {
    for (name, next, state) in [
        ("later", Some(NOW + 200), ScheduleState::Active),
        ("sooner", Some(NOW + 100), ScheduleState::Active),
        ("never", None, ScheduleState::Active),
        ("suspended", Some(NOW + 50), ScheduleState::Suspended),
    ] {
        let new = NewSchedule {
            next_run_at: next,
            state,
            ..new_schedule(name, ScheduleType::Extract)
        };
        w.store.create_schedule(new, NOW).await.unwrap();
    }
    let names = |schedules: Vec<Schedule>| {
        schedules
            .into_iter()
            .map(|s| s.name)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(w.store.next_schedule_at().await.unwrap(), Some(NOW + 100));
    assert_eq!(names(w.store.due_schedules(NOW + 99, 9).await.unwrap()), "");
    assert_eq!(
        names(w.store.due_schedules(NOW + 200, 9).await.unwrap()),
        "sooner later"
    );
    assert_eq!(
        names(w.store.due_schedules(NOW + 200, 1).await.unwrap()),
        "sooner"
    );
    let listed = w.store.schedules(&sorted("name", true)).await.unwrap();
    assert_eq!(
        (listed.total, names(listed.items)),
        (4, "suspended sooner never later".to_owned())
    );
    let listed = w
        .store
        .schedules(&filtered("state", Op::Eq, &["Suspended"]))
        .await
        .unwrap();
    assert_eq!(names(listed.items), "suspended");
    let listed = w.store.schedules(&page(2, 3)).await.unwrap();
    assert_eq!((listed.total, listed.items.len()), (4, 1));
}

async fn a_schedule_fires_once_however_many_try(w: World) {
    let nightly = schedule(&w, "Nightly", ScheduleType::Extract).await;
    let other = w.reopen().await.unwrap();
    let mut tasks = Vec::new();
    for n in 0..8 {
        let store = if n % 2 == 0 {
            w.store.clone()
        } else {
            other.clone()
        };
        let (id, site) = (nightly.id, w.site);
        tasks.push(tokio::spawn(async move {
            let jobs = (0..3)
                .map(|_| NewJob::new(site, JobKind::RefreshExtract))
                .collect();
            store
                .fire_schedule(id, NOW + 100, Some(NOW + 200), jobs, NOW + 100)
                .await
                .unwrap()
        }));
    }
    let mut fired = 0;
    for task in tasks {
        let outcome = task.await.unwrap();
        assert_eq!(outcome.jobs.len(), if outcome.fired { 3 } else { 0 });
        fired += usize::from(outcome.fired);
    }
    assert_eq!((fired, w.store.jobs(w.site, &all()).await.unwrap().total), (1, 3));
    let after = w.store.schedule(nightly.id).await.unwrap().unwrap();
    assert_eq!(
        (after.next_run_at, after.updated_at),
        (Some(NOW + 200), NOW + 100)
    );
    // Suspended meanwhile, it does not fire.
    let changes = ScheduleChanges {
        state: Some(ScheduleState::Suspended),
        ..ScheduleChanges::default()
    };
    w.store.update_schedule(nightly.id, changes, NOW).await.unwrap();
    let late = w
        .store
        .fire_schedule(nightly.id, NOW + 200, None, Vec::new(), NOW + 200)
        .await
        .unwrap();
    assert!(!late.fired);
    other.close().await;
    w.assert_sound().await;
}

async fn a_schedule_leaves_out_what_has_not_ended(w: World) {
    let nightly = schedule(&w, "Nightly", ScheduleType::Extract).await;
    let jobs = async || {
        let mut jobs = Vec::new();
        for n in 0..2 {
            jobs.push(NewJob {
                unique_key: Some(format!("refresh {n}")),
                file: Some(w.spool(b"parameters").await),
                ..NewJob::new(w.site, JobKind::RefreshExtract)
            });
        }
        jobs
    };
    let first = jobs().await;
    let fired = w
        .store
        .fire_schedule(nightly.id, NOW + 100, Some(NOW + 200), first, NOW)
        .await
        .unwrap();
    assert_eq!((fired.jobs.len(), fired.skipped), (2, 0));
    let claimed = w.store.claim(1, 1_000, NOW).await.unwrap();
    let outcome = Outcome::failed("no");
    w.store.finish(&claimed[0].lease, outcome, NOW).await.unwrap();
    let second = jobs().await;
    let fired = w
        .store
        .fire_schedule(nightly.id, NOW + 200, Some(NOW + 300), second, NOW)
        .await
        .unwrap();
    assert_eq!((fired.jobs.len(), fired.skipped), (1, 1));
    w.assert_sound().await;
}

async fn a_task_goes_with_its_item_and_schedule(w: World) {
    let nightly = schedule(&w, "Nightly", ScheduleType::Extract).await;
    let mails = schedule(&w, "Mails", ScheduleType::Subscription).await;
    let book = w.workbook("Sales").await;
    let source = w.datasource("Orders", Vec::new()).await;
    let of_book = task(&w, nightly.id, item(JobItemKind::Workbook, book.id.0)).await;
    let of_source = task(&w, nightly.id, item(JobItemKind::Datasource, source.id.0)).await;
    assert_eq!(
        (of_book.item_name.as_str(), of_book.owner, &of_book.schedule),
        ("Sales", w.admin, &nightly)
    );
    assert_eq!(of_source.item, item(JobItemKind::Datasource, source.id.0));
    let new = NewTask {
        site: w.site,
        schedule: nightly.id,
        item: of_book.item,
        kind: TaskType::FullRefresh,
        priority: Some(3),
    };
    assert_eq!(
        conflict_id(w.store.create_task(new, NOW).await),
        of_book.id.to_string()
    );
    let incremental = NewTask {
        kind: TaskType::IncrementalRefresh,
        ..new
    };
    assert_eq!(w.store.create_task(incremental, NOW).await.unwrap().priority, 3);
    let wrong = w
        .store
        .create_task(
            NewTask {
                schedule: mails.id,
                ..new
            },
            NOW,
        )
        .await;
    assert!(matches!(
        wrong,
        Err(Error::WrongSchedule(ScheduleType::Subscription))
    ));
    let unknown = Luid::from_random([9; 16]);
    let nowhere = w
        .store
        .create_task(
            NewTask {
                schedule: unknown.into(),
                ..new
            },
            NOW,
        )
        .await;
    assert_eq!(missing(nowhere), What::Schedule);
    let none = NewTask {
        item: item(JobItemKind::Datasource, book.id.0),
        ..new
    };
    assert_eq!(missing(w.store.create_task(none, NOW).await), What::Datasource);

    assert_eq!(w.store.tasks_of_schedule(nightly.id).await.unwrap().len(), 3);
    let which = TaskFilter {
        item: Some(of_source.item),
        ..TaskFilter::default()
    };
    let listed = w.store.tasks(&w.admin(), which, &all()).await.unwrap();
    assert_eq!((listed.total, &listed.items[..]), (1, &[of_source.clone()][..]));
    let which = TaskFilter {
        schedule: Some(mails.id),
        ..TaskFilter::default()
    };
    assert_eq!(w.store.tasks(&w.admin(), which, &all()).await.unwrap().total, 0);
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    assert_eq!(
        w.store.tasks_of_schedule(nightly.id).await.unwrap(),
        std::slice::from_ref(&of_source)
    );
    w.store.delete_schedule(nightly.id).await.unwrap();
    assert_eq!(w.store.task(w.site, of_source.id).await.unwrap(), None);
    assert_eq!(
        missing(w.store.delete_task(w.site, of_source.id).await),
        What::Task
    );
    w.assert_sound().await;
}

async fn a_task_counts_its_failures(w: World) {
    let nightly = schedule(&w, "Nightly", ScheduleType::Extract).await;
    let book = w.workbook("Sales").await;
    let id = task(&w, nightly.id, item(JobItemKind::Workbook, book.id.0))
        .await
        .id;
    let run = async |outcome: Outcome, now: i64| {
        let new = NewJob {
            task: Some(id),
            ..NewJob::new(w.site, JobKind::RefreshExtract)
        };
        w.store.enqueue(new, NOW).await.unwrap();
        let claimed = w.store.claim(1, 1_000, NOW).await.unwrap();
        w.store.finish(&claimed[0].lease, outcome, now).await.unwrap();
        let task = w.store.task(w.site, id).await.unwrap().unwrap();
        (task.consecutive_failures, task.last_run_at)
    };
    assert_eq!(run(Outcome::failed("a"), NOW + 1).await, (1, Some(NOW + 1)));
    assert_eq!(run(Outcome::failed("b"), NOW + 2).await, (2, Some(NOW + 2)));
    assert_eq!(run(Outcome::cancelled(), NOW + 3).await, (2, Some(NOW + 3)));
    assert_eq!(
        run(Outcome::success(Vec::new(), Vec::new(), None), NOW + 4).await,
        (0, Some(NOW + 4))
    );
    // The jobs of a task that is gone still end.
    w.store.delete_task(w.site, id).await.unwrap();
    let new = NewJob {
        task: Some(id),
        ..NewJob::new(w.site, JobKind::RefreshExtract)
    };
    let job = w.store.enqueue(new, NOW).await.unwrap();
    let claimed = w.store.claim(1, 1_000, NOW).await.unwrap();
    w.store
        .finish(&claimed[0].lease, Outcome::failed("c"), NOW)
        .await
        .unwrap();
    assert_eq!(
        w.store.job(w.site, job.id).await.unwrap().unwrap().state,
        JobState::Failed
    );
    // On a site that is closed nothing is refreshed.
    task(&w, nightly.id, item(JobItemKind::Workbook, book.id.0)).await;
    assert_eq!(w.store.tasks_of_schedule(nightly.id).await.unwrap().len(), 1);
    let closed = SiteChanges {
        state: Some(SiteState::Suspended),
        ..SiteChanges::default()
    };
    w.store.update_site(w.site, closed, NOW).await.unwrap();
    assert_eq!(w.store.tasks_of_schedule(nightly.id).await.unwrap().len(), 0);
}

async fn tasks_are_shown_to_those_who_look_after_the_item(w: World) {
    let nightly = schedule(&w, "Nightly", ScheduleType::Extract).await;
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| w.user(name, SiteRole::Creator));
    let (ann, bob, eve) = (ann.await, bob.await, eve.await);
    let room = w.project("Room", None).await;
    let book = w
        .publish(&w.caller(&ann), room, "Sales", false, b"x")
        .await
        .unwrap();
    task(&w, nightly.id, item(JobItemKind::Workbook, book.id.0)).await;
    let other = w.workbook("Other").await;
    task(&w, nightly.id, item(JobItemKind::Workbook, other.id.0)).await;
    let lead = Rule {
        grantee: Grantee::User(bob.id),
        allow: CapabilitySet::of(&[Capability::ProjectLeader]),
        deny: CapabilitySet::EMPTY,
    };
    w.store
        .set_rules(w.site, ContentKind::Project, room.0, &[lead], NOW)
        .await
        .unwrap();
    let seen = async |caller| {
        w.store
            .tasks(&caller, TaskFilter::default(), &all())
            .await
            .unwrap()
            .total
    };
    assert_eq!(seen(w.admin()).await, 2);
    assert_eq!(seen(w.caller(&ann)).await, 1);
    assert_eq!(seen(w.caller(&bob)).await, 1);
    assert_eq!(seen(w.caller(&eve)).await, 0);
}

struct Mail {
    schedule: Schedule,
    view: JobItem,
    book: JobItem,
}

async fn mail(w: &World) -> Mail {
    let book = w.workbook("Sales").await;
    let view = w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id;
    Mail {
        schedule: schedule(w, "Mails", ScheduleType::Subscription).await,
        view: item(JobItemKind::View, view.0),
        book: item(JobItemKind::Workbook, book.id.0),
    }
}

fn new_subscription(w: &World, mail: &Mail) -> NewSubscription {
    NewSubscription {
        site: w.site,
        subject: "Sales of today".to_owned(),
        message: Some("Look!".to_owned()),
        user: w.admin,
        created_by: w.admin,
        content: mail.view,
        schedule: mail.schedule.id,
        attach_image: true,
        attach_pdf: false,
        page_orientation: Some("PORTRAIT".to_owned()),
        page_size: None,
        send_if_empty: true,
    }
}

async fn subscribe(w: &World, mail: &Mail) -> Subscription {
    w.store
        .create_subscription(new_subscription(w, mail), NOW)
        .await
        .unwrap()
}

async fn subscriptions_of(w: &World, mail: &Mail) -> i64 {
    let query = filtered("subscriptionsTotal", Op::Gte, &["1"]);
    let counted = w.store.workbooks(&w.admin(), &query).await.unwrap().total;
    let listed = w
        .store
        .subscriptions_of_schedule(mail.schedule.id)
        .await
        .unwrap()
        .len();
    assert_eq!(counted > 0, listed > 0);
    listed as i64
}

async fn a_subscription_reads_back_and_changes(w: World) {
    let mail = mail(&w).await;
    let made = subscribe(&w, &mail).await;
    assert_eq!(
        (made.content, made.content_name.as_str(), made.user.id),
        (mail.view, "Sheet 1", w.admin)
    );
    assert_eq!(
        (made.schedule.id, made.created_by),
        (mail.schedule.id, Some(w.admin))
    );
    assert_eq!(
        (made.suspended, made.consecutive_failures, made.last_sent_at),
        (false, 0, None)
    );
    assert_eq!(
        w.store.subscription(w.site, made.id).await.unwrap().as_ref(),
        Some(&made)
    );
    let to_book = NewSubscription {
        content: mail.book,
        ..new_subscription(&w, &mail)
    };
    let to_book = w.store.create_subscription(to_book, NOW + 1).await.unwrap();
    assert_eq!(
        (to_book.content, to_book.content_name.as_str()),
        (mail.book, "Sales")
    );
    assert_eq!(subscriptions_of(&w, &mail).await, 2);

    let weekly = schedule(&w, "Weekly", ScheduleType::Subscription).await;
    let changes = SubscriptionChanges {
        subject: Some("Sales".to_owned()),
        message: Some(None),
        schedule: Some(weekly.id),
        attach_image: Some(false),
        attach_pdf: Some(true),
        page_orientation: None,
        page_size: Some(Some("A4".to_owned())),
        send_if_empty: Some(false),
        suspended: Some(true),
    };
    let changed = w
        .store
        .update_subscription(w.site, made.id, changes, NOW + 5)
        .await
        .unwrap();
    let expected = Subscription {
        subject: "Sales".to_owned(),
        message: None,
        schedule: weekly,
        attach_image: false,
        attach_pdf: true,
        page_size: Some("A4".to_owned()),
        send_if_empty: false,
        suspended: true,
        updated_at: NOW + 5,
        ..made.clone()
    };
    assert_eq!(changed, expected);

    let new = || new_subscription(&w, &mail);
    let nightly = schedule(&w, "Nightly", ScheduleType::Extract).await;
    let wrong = w
        .store
        .create_subscription(
            NewSubscription {
                schedule: nightly.id,
                ..new()
            },
            NOW,
        )
        .await;
    assert!(matches!(wrong, Err(Error::WrongSchedule(ScheduleType::Extract))));
    let changes = SubscriptionChanges {
        schedule: Some(nightly.id),
        ..SubscriptionChanges::default()
    };
    let wrong = w.store.update_subscription(w.site, made.id, changes, NOW).await;
    assert!(matches!(wrong, Err(Error::WrongSchedule(ScheduleType::Extract))));
    let unknown = Luid::from_random([9; 16]);
    for (new, what) in [
        (
            NewSubscription {
                user: unknown.into(),
                ..new()
            },
            What::User,
        ),
        (
            NewSubscription {
                content: item(JobItemKind::View, mail.book.id),
                ..new()
            },
            What::View,
        ),
        (
            NewSubscription {
                content: item(JobItemKind::Workbook, unknown),
                ..new()
            },
            What::Workbook,
        ),
        (
            NewSubscription {
                schedule: unknown.into(),
                ..new()
            },
            What::Schedule,
        ),
    ] {
        assert_eq!(missing(w.store.create_subscription(new, NOW).await), what);
    }
    w.store.delete_subscription(w.site, made.id).await.unwrap();
    assert_eq!(
        missing(w.store.delete_subscription(w.site, made.id).await),
        What::Subscription
    );
    w.assert_sound().await;
}

async fn a_subscription_goes_with_its_user_content_and_schedule(w: World) {
    let mail = mail(&w).await;
    let ann = w.user("ann", SiteRole::Viewer).await;
    let for_ann = NewSubscription {
        user: ann.id,
        ..new_subscription(&w, &mail)
    };
    w.store.create_subscription(for_ann, NOW).await.unwrap();
    subscribe(&w, &mail).await;
    assert_eq!(subscriptions_of(&w, &mail).await, 2);
    w.store
        .remove_user_from_site(w.site, ann.id, None, NOW)
        .await
        .unwrap();
    assert_eq!(subscriptions_of(&w, &mail).await, 1);
    w.assert_sound().await;

    // A view that is published again keeps it, one that is not takes it along.
    w.publish(&w.admin(), w.project, "Sales", true, b"new")
        .await
        .unwrap();
    assert_eq!(subscriptions_of(&w, &mail).await, 1);
    let caller = w.admin();
    let file = w.spool(b"newer").await;
    let mut publish = crate::harness::publish_workbook(&caller, w.project, "Sales", true, file);
    publish.sheets.remove(0);
    w.store.publish_workbook(publish, NOW).await.unwrap();
    assert_eq!(subscriptions_of(&w, &mail).await, 0);
    w.assert_sound().await;

    let to_book = || NewSubscription {
        content: mail.book,
        ..new_subscription(&w, &mail)
    };
    w.store.create_subscription(to_book(), NOW).await.unwrap();
    w.store.delete_schedule(mail.schedule.id).await.unwrap();
    assert_eq!(subscriptions_of(&w, &mail).await, 0);
    w.assert_sound().await;
    let again = schedule(&w, "Again", ScheduleType::Subscription).await;
    let id = w
        .store
        .create_subscription(
            NewSubscription {
                schedule: again.id,
                ..to_book()
            },
            NOW,
        )
        .await
        .unwrap()
        .id;
    w.store
        .delete_workbook(w.site, mail.book.id.into(), NOW)
        .await
        .unwrap();
    assert_eq!(w.store.subscription(w.site, id).await.unwrap(), None);
    w.assert_sound().await;
}

async fn subscriptions_are_shown_to_those_whom_they_concern(w: World) {
    let mail = mail(&w).await;
    let [ann, bob, eve] = ["ann", "bob", "eve"].map(|name| w.user(name, SiteRole::Creator));
    let (ann, bob, eve) = (ann.await, bob.await, eve.await);
    let book = w
        .publish(&w.caller(&ann), w.project, "Anns", false, b"x")
        .await
        .unwrap();
    let to_anns = item(JobItemKind::Workbook, book.id.0);
    for (user, content) in [(bob.id, to_anns), (w.admin, to_anns), (bob.id, mail.view)] {
        let new = NewSubscription {
            user,
            content,
            ..new_subscription(&w, &mail)
        };
        w.store.create_subscription(new, NOW).await.unwrap();
    }
    let seen = async |caller| w.store.subscriptions(&caller, &all()).await.unwrap().total;
    assert_eq!(seen(w.admin()).await, 3);
    assert_eq!(seen(w.caller(&ann)).await, 2);
    assert_eq!(seen(w.caller(&bob)).await, 2);
    assert_eq!(seen(w.caller(&eve)).await, 0);
    let first = w.store.subscriptions(&w.caller(&bob), &page(1, 1)).await.unwrap();
    assert_eq!((first.total, first.items.len()), (2, 1));
}

async fn a_link_ends_one_subscription(w: World) {
    let mail = mail(&w).await;
    let made = subscribe(&w, &mail).await;
    let other = subscribe(&w, &mail).await;
    let token = w.store.unsubscribe_token(w.site, made.id).await.unwrap();
    let again = w.store.unsubscribe_token(w.site, made.id).await.unwrap();
    assert_eq!(token.reveal(), again.reveal());
    assert!(token.reveal().len() >= 40);
    let of_other = w.store.unsubscribe_token(w.site, other.id).await.unwrap();
    assert_ne!(token.reveal(), of_other.reveal());
    let found = w.store.subscription_by_token(&token).await.unwrap().unwrap();
    assert_eq!(found, made);
    for wrong in ["", "x", &made.id.to_string(), &token.reveal()[1..]] {
        assert_eq!(
            w.store.subscription_by_token(&Secret::from(wrong)).await.unwrap(),
            None
        );
    }
    if w.database_url.is_none() {
        for file in ["vivant.db", "vivant.db-wal"] {
            let bytes = std::fs::read(w.dir.path().join("data").join(file)).unwrap_or_default();
            let secret = token.reveal().as_bytes();
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret),
                "{file}"
            );
        }
    }
    w.store.delete_subscription(w.site, made.id).await.unwrap();
    assert_eq!(w.store.subscription_by_token(&token).await.unwrap(), None);
    assert_eq!(
        missing(w.store.unsubscribe_token(w.site, made.id).await),
        What::Subscription
    );
}

async fn a_delivery_is_counted_with_its_job(w: World) {
    let mail = mail(&w).await;
    let id = subscribe(&w, &mail).await.id;
    let claim = async || {
        let new = NewJob {
            subscription: Some(id),
            ..NewJob::new(w.site, JobKind::Subscription)
        };
        w.store.enqueue(new, NOW).await.unwrap();
        w.store.claim(1, 1_000, NOW).await.unwrap().remove(0).lease
    };
    let lease = claim().await;
    w.store
        .finish(&lease, Outcome::failed("no such host"), NOW)
        .await
        .unwrap();
    let found = w.store.subscription(w.site, id).await.unwrap().unwrap();
    assert_eq!((found.consecutive_failures, found.last_sent_at), (1, None));
    let lease = claim().await;
    let fence = || Some((&lease, Outcome::success(Vec::new(), Vec::new(), None)));
    w.store
        .record_delivery(w.site, id, fence(), NOW + 7)
        .await
        .unwrap();
    let found = w.store.subscription(w.site, id).await.unwrap().unwrap();
    assert_eq!(
        (found.consecutive_failures, found.last_sent_at),
        (0, Some(NOW + 7))
    );
    let twice = w.store.record_delivery(w.site, id, fence(), NOW + 9).await;
    assert!(matches!(twice, Err(Error::LeaseLost)));
    let found = w.store.subscription(w.site, id).await.unwrap().unwrap();
    assert_eq!(found.last_sent_at, Some(NOW + 7));
    // Set going again, its failures count from nothing.
    let lease = claim().await;
    w.store
        .finish(&lease, Outcome::failed("no such host"), NOW)
        .await
        .unwrap();
    for (suspended, failures) in [(true, 1), (false, 0)] {
        let changes = SubscriptionChanges {
            suspended: Some(suspended),
            ..SubscriptionChanges::default()
        };
        let found = w
            .store
            .update_subscription(w.site, id, changes, NOW)
            .await
            .unwrap();
        assert_eq!(
            (found.suspended, found.consecutive_failures),
            (suspended, failures)
        );
    }
}

async fn what_is_suspended_is_not_sent(w: World) {
    let mail = mail(&w).await;
    let id = subscribe(&w, &mail).await.id;
    let due = async || {
        w.store
            .subscriptions_of_schedule(mail.schedule.id)
            .await
            .unwrap()
            .len()
    };
    assert_eq!(due().await, 1);
    for (changes, expected) in [
        (
            SiteChanges {
                disable_subscriptions: Some(true),
                ..SiteChanges::default()
            },
            0,
        ),
        (
            SiteChanges {
                disable_subscriptions: Some(false),
                ..SiteChanges::default()
            },
            1,
        ),
        (
            SiteChanges {
                state: Some(SiteState::Suspended),
                ..SiteChanges::default()
            },
            0,
        ),
        (
            SiteChanges {
                state: Some(SiteState::Active),
                ..SiteChanges::default()
            },
            1,
        ),
    ] {
        w.store.update_site(w.site, changes, NOW).await.unwrap();
        assert_eq!(due().await, expected);
    }
    let changes = SubscriptionChanges {
        suspended: Some(true),
        ..SubscriptionChanges::default()
    };
    w.store
        .update_subscription(w.site, id, changes, NOW)
        .await
        .unwrap();
    assert_eq!(due().await, 0);
}
