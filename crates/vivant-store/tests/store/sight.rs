//! What users see is remembered, and yet every change counts from the next list on, on every node.

use vivant_model::{Capability, CapabilitySet, ContentKind, Grantee, Luid, Rule, SiteRole};
use vivant_store::{
    Caller, Error, ListQuery, NewGroup, Op, Page, ProjectChanges, Result, Store, UserChanges, WorkbookChanges,
};

use crate::harness::{NOW, World, all, filtered, on_both, page, publish_workbook};
use crate::visibility::Dice;

on_both!(
    every_change_is_seen_at_once_on_every_node,
    a_page_past_the_last_is_refused,
    few_of_many_are_found,
    pages_follow_each_other_through_changes,
);

fn read(grantee: Grantee, allowed: bool) -> Rule {
    let read = CapabilitySet::of(&[Capability::Read]);
    let (allow, deny) = match allowed {
        true => (read, CapabilitySet::EMPTY),
        false => (CapabilitySet::EMPTY, read),
    };
    Rule { grantee, allow, deny }
}

struct Two<'a> {
    w: &'a World,
    other: Store,
}

impl Two<'_> {
    /// How many workbooks, sheets and data sources a user sees, on both nodes and twice each.
    async fn sees(&self, caller: &Caller) -> [u64; 3] {
        let mut seen = Vec::new();
        for store in [&self.w.store, &self.other, &self.w.store, &self.other] {
            seen.push([
                whole(store.workbooks(caller, &all()).await),
                whole(store.views(caller, &all()).await),
                whole(store.datasources(caller, &all()).await),
            ]);
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
        seen[0]
    }

    async fn rules(&self, kind: ContentKind, id: Luid, rules: &[Rule]) {
        self.w
            .store
            .set_rules(self.w.site, kind, id, rules, NOW)
            .await
            .unwrap();
    }
}

fn whole<T>(listed: Result<Page<T>>) -> u64 {
    let page = listed.unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    page.total
}

async fn every_change_is_seen_at_once_on_every_node(w: World) {
    let two = Two {
        w: &w,
        other: w.reopen().await.unwrap(),
    };
    let ann = w.user("ann", SiteRole::Creator).await;
    let caller = w.caller(&ann);
    let room = w.project("Room", None).await;
    two.rules(ContentKind::Project, room.0, &[]).await;
    let inner = w.project("Inner", Some(room)).await;
    for kind in [ContentKind::Workbook, ContentKind::Datasource] {
        for project in [w.project, room, inner] {
            w.store
                .set_default_rules(w.site, project, kind, &[], NOW)
                .await
                .unwrap();
        }
    }
    let book = w.publish(&w.admin(), inner, "Sales", false, b"x").await.unwrap();
    let source = w.datasource("Orders", Vec::new()).await;
    let nothing = [0, 0, 0];
    assert_eq!(two.sees(&caller).await, nothing);

    // Rules, on the item.
    let mine = Grantee::User(ann.id);
    two.rules(ContentKind::Workbook, book.id.0, &[read(mine, true)])
        .await;
    assert_eq!(two.sees(&caller).await, [1, 1, 0]);
    // Connect shows data sources.
    let connect = Rule {
        allow: CapabilitySet::of(&[Capability::Connect]),
        ..read(mine, true)
    };
    two.rules(ContentKind::Datasource, source.id.0, &[connect]).await;
    assert_eq!(two.sees(&caller).await, [1, 1, 1]);
    two.rules(ContentKind::Datasource, source.id.0, &[]).await;
    two.rules(ContentKind::Workbook, book.id.0, &[]).await;
    assert_eq!(two.sees(&caller).await, nothing);

    // Groups: rules that are there already, members that come and go.
    let new = NewGroup {
        name: "Analysts".to_owned(),
        ..NewGroup::default()
    };
    let group = w.store.create_group(w.site, new, NOW).await.unwrap().id;
    two.rules(
        ContentKind::Workbook,
        book.id.0,
        &[read(Grantee::Group(group), true)],
    )
    .await;
    assert_eq!(two.sees(&caller).await, nothing);
    w.store
        .add_user_to_group(w.site, group, ann.id, NOW)
        .await
        .unwrap();
    assert_eq!(two.sees(&caller).await, [1, 1, 0]);
    w.store
        .remove_user_from_group(w.site, group, ann.id, NOW)
        .await
        .unwrap();
    assert_eq!(two.sees(&caller).await, nothing);
    w.store
        .add_users_to_group(w.site, group, &[ann.id], NOW)
        .await
        .unwrap();
    assert_eq!(two.sees(&caller).await, [1, 1, 0]);

    // A view with rules of its own, once there are no tabs.
    let view = w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id;
    let tabs = async |show: bool| {
        let changes = WorkbookChanges {
            show_tabs: Some(show),
            ..WorkbookChanges::default()
        };
        w.store
            .update_workbook(w.site, book.id, changes, NOW)
            .await
            .unwrap();
    };
    tabs(false).await;
    two.rules(ContentKind::View, view.0, &[read(mine, false)]).await;
    assert_eq!(two.sees(&caller).await, [1, 0, 0]);
    tabs(true).await;
    assert_eq!(two.sees(&caller).await, [1, 1, 0]);
    tabs(false).await;
    w.store.delete_group(w.site, group).await.unwrap();
    assert_eq!(two.sees(&caller).await, nothing);
    two.rules(ContentKind::View, view.0, &[read(mine, true)]).await;
    assert_eq!(two.sees(&caller).await, [0, 1, 0]);
    two.rules(ContentKind::View, view.0, &[]).await;

    // The project above: its leader, its owner, its place.
    let lead = Rule {
        allow: CapabilitySet::of(&[Capability::ProjectLeader]),
        ..read(mine, true)
    };
    two.rules(ContentKind::Project, room.0, &[lead]).await;
    assert_eq!(two.sees(&caller).await, [1, 1, 0]);
    let change = async |project, changes: ProjectChanges| {
        w.store
            .update_project(w.site, project, changes, NOW)
            .await
            .unwrap();
    };
    change(
        inner,
        ProjectChanges {
            parent: Some(None),
            ..ProjectChanges::default()
        },
    )
    .await;
    assert_eq!(two.sees(&caller).await, nothing);
    change(
        inner,
        ProjectChanges {
            owner: Some(ann.id),
            ..ProjectChanges::default()
        },
    )
    .await;
    assert_eq!(two.sees(&caller).await, [1, 1, 0]);

    // The role.
    let role = async |role: SiteRole| {
        let changes = UserChanges {
            role: Some(role),
            ..UserChanges::default()
        };
        w.caller(&w.store.update_user(w.site, ann.id, changes, NOW).await.unwrap())
    };
    assert_eq!(two.sees(&role(SiteRole::Unlicensed).await).await, nothing);
    // A Viewer leads nothing.
    assert_eq!(two.sees(&role(SiteRole::Viewer).await).await, nothing);
    assert_eq!(
        two.sees(&role(SiteRole::SiteAdministratorExplorer).await).await,
        [1, 1, 1]
    );
    assert_eq!(two.sees(&role(SiteRole::Creator).await).await, [1, 1, 0]);

    // The content: its number, its owner.
    w.publish(&w.admin(), inner, "More", false, b"x").await.unwrap();
    assert_eq!(two.sees(&caller).await, [2, 2, 0]);
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    assert_eq!(two.sees(&caller).await, [1, 1, 0]);
    change(
        inner,
        ProjectChanges {
            owner: Some(w.admin),
            ..ProjectChanges::default()
        },
    )
    .await;
    assert_eq!(two.sees(&caller).await, nothing);
    w.publish(&caller, w.project, "Mine", false, b"x").await.unwrap();
    assert_eq!(two.sees(&caller).await, [1, 1, 0]);
    two.other.close().await;
    w.assert_sound().await;
}

async fn a_page_past_the_last_is_refused(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    w.publish(&w.caller(&ann), w.project, "Mine", false, b"x")
        .await
        .unwrap();
    for number in [2, 7] {
        let past = |outcome: Result<u64>| matches!(outcome, Err(Error::PastLastPage));
        let query: ListQuery = page(number, 10);
        let caller = w.caller(&ann);
        assert!(past(
            w.store.workbooks(&caller, &query).await.map(|page| page.total)
        ));
        assert!(past(w.store.views(&caller, &query).await.map(|page| page.total)));
    }
}

async fn few_of_many_are_found(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    for kind in [ContentKind::Workbook] {
        w.store
            .set_default_rules(w.site, w.project, kind, &[], NOW)
            .await
            .unwrap();
    }
    let (admin, caller) = (w.admin(), w.caller(&ann));
    for n in 0..30 {
        let by = if n % 10 == 3 { &caller } else { &admin };
        let file = w.spool(b"x").await;
        let mut publish = publish_workbook(by, w.project, &format!("Book {n}"), false, file);
        publish.show_tabs = false;
        let book = w
            .store
            .publish_workbook(publish, NOW + 30 - n)
            .await
            .unwrap()
            .workbook;
        if n == 20 {
            let view = w.store.workbook_views(&admin, book.id, false).await.unwrap()[0].id;
            let rules = [read(Grantee::User(ann.id), true)];
            w.store
                .set_rules(w.site, ContentKind::View, view.0, &rules, NOW)
                .await
                .unwrap();
        }
    }
    let views = w.store.views(&caller, &page(1, 100)).await.unwrap();
    let names: Vec<&str> = views
        .items
        .iter()
        .map(|view| view.workbook.name.as_str())
        .collect();
    assert_eq!(
        (views.total, names),
        (4, vec!["Book 23", "Book 20", "Book 13", "Book 3"])
    );
    let second = w.store.views(&caller, &page(2, 3)).await.unwrap();
    assert_eq!(
        (second.total, second.items[0].workbook.name.as_str()),
        (4, "Book 3")
    );
    let books = w.store.workbooks(&caller, &page(1, 100)).await.unwrap();
    assert_eq!(books.total, 3);
    let sorted = w
        .store
        .views(&caller, &filtered("workbookName", Op::Eq, &["Book 20"]))
        .await
        .unwrap();
    assert_eq!(sorted.total, 1);
}

/// Reads page after page, back and forth, while items come and go: each page is what it would be if
/// nothing were remembered.
async fn pages_follow_each_other_through_changes(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let dice = &mut Dice::new(3);
    let all_read = [read(Grantee::User(ann.id), true)];
    w.store
        .set_default_rules(w.site, w.project, ContentKind::Workbook, &all_read, NOW)
        .await
        .unwrap();
    let mut books = Vec::new();
    for step in 0..120 {
        if step < 25 || dice.roll(4) == 0 {
            let caller = w.admin();
            let file = w.spool(b"x").await;
            let publish = publish_workbook(&caller, w.project, &format!("Book {step}"), false, file);
            let at = NOW + dice.roll(20) as i64;
            books.push(w.store.publish_workbook(publish, at).await.unwrap().workbook);
            books.sort_by_key(|book| (book.created_at, book.id.to_string()));
        } else if dice.roll(6) == 0 {
            let gone = books.remove(dice.roll(books.len()));
            w.store.delete_workbook(w.site, gone.id, NOW).await.unwrap();
        } else if dice.roll(6) == 0 {
            // What the user may see no more leaves the pages.
            let gone = books.remove(dice.roll(books.len()));
            let denied = [read(Grantee::User(ann.id), false)];
            w.store
                .set_rules(w.site, ContentKind::Workbook, gone.id.0, &denied, NOW)
                .await
                .unwrap();
            w.store.delete_workbook(w.site, gone.id, NOW).await.unwrap();
        }
        let size = [2, 3, 5][dice.roll(3)];
        let number = 1 + dice.roll(books.len().div_ceil(size));
        let expected: Vec<_> = books
            .iter()
            .skip((number - 1) * size)
            .take(size)
            .map(|book| book.id)
            .collect();
        for caller in [w.caller(&ann), w.admin()] {
            let query = page(number as u32, size as u32);
            let listed = w.store.workbooks(&caller, &query).await.unwrap();
            let found: Vec<_> = listed.items.iter().map(|book| book.id).collect();
            assert_eq!(
                (listed.total, &found),
                (books.len() as u64, &expected),
                "step {step}"
            );
            let views = w.store.views(&caller, &query).await.unwrap();
            assert_eq!(
                (views.total, views.items.len()),
                (books.len() as u64, expected.len())
            );
        }
    }
}
