//! Tasks with a schedule of their own: nobody else sees the schedule, and it goes with the task.

use std::collections::BTreeSet;

use vivant_model::{
    ExecutionOrder, JobItem, JobItemKind, Luid, Recurrence, ScheduleId, ScheduleState, ScheduleType, TaskType,
};
use vivant_store::{Error, NewOwnTask, NewSchedule, NewTask, Task, TaskFilter, What};

use crate::harness::{DAY, NOW, World, all, on_both};

on_both!(
    an_own_schedule_is_in_no_list_but_comes_due,
    an_own_schedule_goes_with_its_task,
    an_own_schedule_goes_with_the_item,
    a_new_schedule_takes_the_place_of_the_old_one,
    a_task_leaves_a_schedule_of_the_server,
    a_task_that_cannot_be_made_leaves_no_schedule,
);

fn schedule(name: &str) -> NewSchedule {
    NewSchedule {
        name: name.to_owned(),
        state: ScheduleState::Active,
        kind: ScheduleType::Extract,
        priority: 50,
        execution_order: ExecutionOrder::Parallel,
        recurrence: Recurrence::from_text("Weekly start=06:00:00 weekDay=Monday").unwrap(),
        is_system: false,
        next_run_at: Some(NOW + DAY),
        end_schedule_at: None,
    }
}

fn workbook(id: Luid) -> JobItem {
    JobItem {
        kind: JobItemKind::Workbook,
        id,
    }
}

async fn own_task(w: &World, item: JobItem, name: &str) -> Task {
    let new = NewOwnTask {
        site: w.site,
        item,
        kind: TaskType::FullRefresh,
        schedule: schedule(name),
    };
    w.store.create_own_task(new, NOW).await.unwrap()
}

async fn every_schedule(w: &World) -> BTreeSet<ScheduleId> {
    let page = w.store.every_schedule(&all()).await.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.items.iter().map(|schedule| schedule.id).collect()
}

async fn an_own_schedule_is_in_no_list_but_comes_due(w: World) {
    let shared = w.store.create_schedule(schedule("shared"), NOW).await.unwrap();
    let book = w.workbook("Book").await;
    let task = own_task(&w, workbook(book.id.0), "own").await;
    assert!(task.schedule.is_system);
    assert_eq!(task.schedule.next_run_at, Some(NOW + DAY));
    let listed = w.store.schedules(&all()).await.unwrap();
    assert_eq!((listed.total, listed.items), (1, vec![shared.clone()]));
    assert_eq!(
        every_schedule(&w).await,
        BTreeSet::from([shared.id, task.schedule.id])
    );
    let due = w.store.due_schedules(NOW + DAY, 10).await.unwrap();
    assert_eq!(due.len(), 2);
    let of_own = w.store.tasks_of_schedule(task.schedule.id).await.unwrap();
    assert_eq!(of_own.iter().map(|task| task.id).collect::<Vec<_>>(), [task.id]);
    w.assert_sound().await;
}

async fn an_own_schedule_goes_with_its_task(w: World) {
    let book = w.workbook("Book").await;
    let task = own_task(&w, workbook(book.id.0), "own").await;
    w.store.delete_task(w.site, task.id).await.unwrap();
    assert_eq!(every_schedule(&w).await, BTreeSet::from([]));
    // A schedule of the server stays when its last task goes.
    let shared = w.store.create_schedule(schedule("shared"), NOW).await.unwrap();
    let new = NewTask {
        site: w.site,
        schedule: shared.id,
        item: workbook(book.id.0),
        kind: TaskType::FullRefresh,
        priority: None,
    };
    let task = w.store.create_task(new, NOW).await.unwrap();
    w.store.delete_task(w.site, task.id).await.unwrap();
    assert_eq!(every_schedule(&w).await, BTreeSet::from([shared.id]));
    w.assert_sound().await;
}

async fn an_own_schedule_goes_with_the_item(w: World) {
    let book = w.workbook("Book").await;
    own_task(&w, workbook(book.id.0), "own").await;
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    assert_eq!(every_schedule(&w).await, BTreeSet::from([]));
    let page = w
        .store
        .tasks(&w.admin(), TaskFilter::default(), &all())
        .await
        .unwrap();
    assert_eq!(page.total, 0);
    w.assert_sound().await;
}

async fn a_new_schedule_takes_the_place_of_the_old_one(w: World) {
    let book = w.workbook("Book").await;
    let task = own_task(&w, workbook(book.id.0), "own").await;
    let kind = Some(TaskType::IncrementalRefresh);
    let moved = w
        .store
        .update_task(w.site, task.id, kind, Some(schedule("other")), NOW)
        .await
        .unwrap();
    assert_eq!((moved.id, moved.kind), (task.id, TaskType::IncrementalRefresh));
    assert_eq!(moved.schedule.name, "other");
    assert_eq!(every_schedule(&w).await, BTreeSet::from([moved.schedule.id]));
    // What is not named stays.
    let same = w
        .store
        .update_task(w.site, task.id, None, None, NOW)
        .await
        .unwrap();
    assert_eq!(same, moved);
    w.store.delete_task(w.site, task.id).await.unwrap();
    assert_eq!(every_schedule(&w).await, BTreeSet::from([]));
}

async fn a_task_leaves_a_schedule_of_the_server(w: World) {
    let shared = w.store.create_schedule(schedule("shared"), NOW).await.unwrap();
    let book = w.workbook("Book").await;
    let new = NewTask {
        site: w.site,
        schedule: shared.id,
        item: workbook(book.id.0),
        kind: TaskType::FullRefresh,
        priority: None,
    };
    let task = w.store.create_task(new, NOW).await.unwrap();
    let moved = w
        .store
        .update_task(w.site, task.id, None, Some(schedule("own")), NOW)
        .await
        .unwrap();
    assert!(moved.schedule.is_system);
    assert_eq!(
        every_schedule(&w).await,
        BTreeSet::from([shared.id, moved.schedule.id])
    );
    assert_eq!(w.store.tasks_of_schedule(shared.id).await.unwrap(), []);
}

async fn a_task_that_cannot_be_made_leaves_no_schedule(w: World) {
    let new = NewOwnTask {
        site: w.site,
        item: workbook(Luid::from_random([7; 16])),
        kind: TaskType::FullRefresh,
        schedule: schedule("own"),
    };
    let refused = w.store.create_own_task(new, NOW).await;
    assert!(
        matches!(refused, Err(Error::NotFound(What::Workbook))),
        "{refused:?}"
    );
    let id = Luid::from_random([8; 16]).into();
    let refused = w
        .store
        .update_task(w.site, id, None, Some(schedule("own")), NOW)
        .await;
    assert!(matches!(refused, Err(Error::NotFound(What::Task))), "{refused:?}");
    assert_eq!(every_schedule(&w).await, BTreeSet::from([]));
}
