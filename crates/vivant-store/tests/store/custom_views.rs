//! Custom views: whose they are, who sees them, and what takes them along.

use vivant_model::{
    Capability, CapabilitySet, ContentKind, CustomViewId, Grantee, Luid, Rule, SiteRole, UserId, ViewId,
};
use vivant_store::{Caller, CustomView, CustomViewChanges, Error, NewCustomView, What};

use crate::harness::{NOW, World, all, filtered, on_both, page};

on_both!(
    custom_views_are_made_changed_and_deleted,
    others_see_what_is_shared_where_they_look,
    a_user_is_shown_one_first,
    they_go_with_view_and_owner,
);

const SECRET: &[u8] = b"the salary of Ann";

async fn view(w: &World) -> ViewId {
    let book = w.workbook("Sales").await;
    w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id
}

async fn make(w: &World, view: ViewId, owner: UserId, name: &str, shared: bool) -> CustomView {
    let new = NewCustomView {
        site: w.site,
        view,
        name: name.to_owned(),
        shared,
        owner,
        definition: SECRET.to_vec(),
    };
    // Each a little later than the one before, so that lists have an order.
    let made = w.store.custom_views(&w.admin(), &all()).await.unwrap().total as i64;
    let now = NOW + made;
    w.store.create_custom_view(new, now).await.unwrap()
}

async fn names(w: &World, caller: &Caller, query: &vivant_store::ListQuery) -> Vec<String> {
    let found = w.store.custom_views(caller, query).await.unwrap();
    assert_eq!(found.total, found.items.len() as u64);
    found.items.into_iter().map(|one| one.name).collect()
}

async fn custom_views_are_made_changed_and_deleted(w: World) {
    let view = view(&w).await;
    let made = make(&w, view, w.admin, "Mine", false).await;
    assert_eq!(
        (made.view, made.view_name.as_str(), made.owner.id),
        (view, "Sheet 1", w.admin)
    );
    let read = w.store.custom_view_definition(w.site, made.id).await.unwrap();
    assert_eq!(read, SECRET);
    let ann = w.user("ann", SiteRole::Viewer).await;
    let changes = CustomViewChanges {
        name: Some("Hers".to_owned()),
        shared: Some(true),
        owner: Some(ann.id),
    };
    let changed = w
        .store
        .update_custom_view(w.site, made.id, changes, NOW + 1)
        .await
        .unwrap();
    let expected = ("Hers", true, ann.id, NOW, NOW + 1);
    assert_eq!(
        (
            changed.name.as_str(),
            changed.shared,
            changed.owner.id,
            changed.created_at,
            changed.updated_at
        ),
        expected
    );
    let same = w
        .store
        .update_custom_view(w.site, made.id, CustomViewChanges::default(), NOW + 1)
        .await;
    assert_eq!(same.unwrap(), changed);
    let stranger = CustomViewChanges {
        owner: Some(UserId(Luid::from_random([9; 16]))),
        ..CustomViewChanges::default()
    };
    let refused = w.store.update_custom_view(w.site, made.id, stranger, NOW).await;
    assert!(matches!(refused, Err(Error::NotFound(What::User))));
    w.store.delete_custom_view(w.site, made.id).await.unwrap();
    let gone = w.store.delete_custom_view(w.site, made.id).await;
    assert!(matches!(gone, Err(Error::NotFound(What::CustomView))));
    assert_eq!(w.store.custom_view(w.site, made.id).await.unwrap(), None);
    let nowhere = CustomViewId(Luid::from_random([9; 16]));
    let gone = w.store.custom_view_definition(w.site, nowhere).await;
    assert!(matches!(gone, Err(Error::NotFound(What::CustomView))));
    w.assert_sound().await;
}

async fn others_see_what_is_shared_where_they_look(w: World) {
    let view = view(&w).await;
    let ann = w.user("ann", SiteRole::Explorer).await;
    make(&w, view, w.admin, "Private", false).await;
    make(&w, view, w.admin, "Shared", true).await;
    make(&w, view, ann.id, "Hers", false).await;
    assert_eq!(names(&w, &w.admin(), &all()).await, ["Private", "Shared", "Hers"]);
    let two = w.store.custom_views(&w.admin(), &page(2, 2)).await.unwrap();
    assert_eq!((two.total, two.items.len()), (3, 1));
    let hers = w.caller(&ann);
    assert_eq!(names(&w, &hers, &all()).await, ["Hers"]);
    let here = filtered("viewId", vivant_store::Op::Eq, &[&view.to_string()]);
    assert_eq!(names(&w, &hers, &here).await, ["Shared", "Hers"]);
    // Own ones are there also where the view is no longer.
    let book = w.store.view(w.site, view).await.unwrap().unwrap().workbook.id.0;
    let set = async |rules: &[Rule]| {
        let set = w
            .store
            .set_rules(w.site, ContentKind::Workbook, book, rules, NOW)
            .await;
        set.unwrap();
    };
    let before = w.store.rules(ContentKind::Workbook, book).await.unwrap();
    set(&[]).await;
    assert_eq!(names(&w, &hers, &here).await, ["Hers"]);
    set(&before).await;
    // Who may look at nothing sees nothing.
    let none = w.user("none", SiteRole::Unlicensed).await;
    assert_eq!(names(&w, &w.caller(&none), &here).await, [""; 0]);
    let shared = filtered("shared", vivant_store::Op::Eq, &["true"]);
    assert_eq!(names(&w, &w.admin(), &shared).await, ["Shared"]);
}

async fn a_user_is_shown_one_first(w: World) {
    let view = view(&w).await;
    let ann = w.user("ann", SiteRole::Viewer).await;
    let (one, other) = (
        make(&w, view, w.admin, "One", true).await.id,
        make(&w, view, w.admin, "Other", true).await.id,
    );
    let users = async |id| {
        let found = w.store.custom_view_users(w.site, id, &all()).await.unwrap();
        found.items.into_iter().map(|user| user.id).collect::<Vec<_>>()
    };
    let show = async |id, users: &[UserId]| {
        let shown = w.store.set_default_custom_view(w.site, id, users).await;
        shown.unwrap()
    };
    let (none, lead) = (
        w.user("none", SiteRole::Unlicensed).await.id,
        w.user("lead", SiteRole::Explorer).await.id,
    );
    let stranger = UserId(Luid::from_random([9; 16]));
    // Each is answered in its place, also one that is named twice.
    let asked = [w.admin, none, ann.id, stranger, ann.id];
    assert_eq!(show(one, &asked).await, [true, false, true, false, true]);
    assert_eq!(users(one).await.len(), 2);
    assert_eq!(show(other, &[ann.id]).await, [true]);
    assert_eq!(
        (users(one).await, users(other).await),
        (vec![w.admin], vec![ann.id])
    );
    // Rules decide, of the view or of a project above it, for one user as for many.
    let book = w.store.view(w.site, view).await.unwrap().unwrap().workbook.id;
    let rules = |user, capability| {
        [Rule {
            grantee: Grantee::User(user),
            allow: CapabilitySet::of(&[capability]),
            deny: CapabilitySet::default(),
        }]
    };
    let set = async |kind, id, rules: &[Rule]| w.store.set_rules(w.site, kind, id, rules, NOW).await.unwrap();
    set(ContentKind::Workbook, book.0, &rules(w.admin, Capability::Read)).await;
    assert_eq!(show(other, &[ann.id, lead]).await, [false, false]);
    set(
        ContentKind::Project,
        w.project.0,
        &rules(lead, Capability::ProjectLeader),
    )
    .await;
    assert_eq!(show(other, &[ann.id, lead]).await, [false, true]);
    // No longer shared, it is first for those alone who see it still.
    let (private, shared) = (Some(false), Some(true));
    let boss = w.user("boss", SiteRole::SiteAdministratorExplorer).await.id;
    assert_eq!(show(other, &[w.admin, boss]).await, [true, true]);
    for (shared, left) in [(shared, 4), (private, 2)] {
        let changes = CustomViewChanges {
            shared,
            ..CustomViewChanges::default()
        };
        w.store
            .update_custom_view(w.site, other, changes, NOW)
            .await
            .unwrap();
        assert_eq!(users(other).await.len(), left);
    }
    assert!(
        users(other)
            .await
            .iter()
            .all(|user| [w.admin, boss].contains(user))
    );
    assert_eq!(show(other, &[lead, w.admin]).await, [false, true]);
    show(one, &[w.admin, boss]).await;
    w.store
        .remove_user_from_site(w.site, ann.id, None, NOW)
        .await
        .unwrap();
    assert_eq!(users(other).await, []);
    w.store.delete_custom_view(w.site, one).await.unwrap();
    assert_eq!(users(one).await, []);
    w.assert_sound().await;
}

async fn they_go_with_view_and_owner(w: World) {
    let view = view(&w).await;
    let (ann, bob) = (
        w.user("ann", SiteRole::Viewer).await,
        w.user("bob", SiteRole::Viewer).await,
    );
    make(&w, view, ann.id, "Of Ann", false).await;
    make(&w, view, bob.id, "Of Bob", false).await;
    w.store
        .remove_user_from_site(w.site, ann.id, None, NOW)
        .await
        .unwrap();
    assert_eq!(names(&w, &w.admin(), &all()).await, ["Of Bob"]);
    // What somebody leaves behind may go to another.
    w.store
        .remove_user_from_site(w.site, bob.id, Some(w.admin), NOW)
        .await
        .unwrap();
    let left = w.store.custom_views(&w.admin(), &all()).await.unwrap().items;
    assert_eq!((left.len(), left[0].owner.id), (1, w.admin));
    // Published anew, the view keeps its id, and its custom views stay.
    w.publish(&w.admin(), w.project, "Sales", true, b"again")
        .await
        .unwrap();
    assert_eq!(names(&w, &w.admin(), &all()).await, ["Of Bob"]);
    let book = w.store.view(w.site, view).await.unwrap().unwrap().workbook.id;
    w.store.delete_workbook(w.site, book, NOW).await.unwrap();
    assert_eq!(names(&w, &w.admin(), &all()).await, [""; 0]);
    w.assert_sound().await;
}
