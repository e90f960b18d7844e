//! Rules, shared sets of rules, and locked projects.

use vivant_model::permission::{Item, Subject, decide};
use vivant_model::{
    Capability, CapabilitySet, ContentKind, ContentPermissions, Grantee, Rule, SiteRole, UserId,
};
use vivant_store::{Error, Forbidden, ListQuery, ProjectChanges, WorkbookChanges};

use crate::harness::{NOW, World, new_project, on_both};

on_both!(
    rules_are_set_and_read,
    content_starts_with_the_rules_of_its_project,
    locking_writes_the_rules_onto_content,
    nested_projects_follow_the_lock,
    moving_into_a_locked_project_takes_its_rules,
    a_view_follows_its_workbook,
    facts_decide,
    overwriting_needs_write,
    connect_shows_a_data_source,
);

fn rule(user: UserId, allow: &[Capability], deny: &[Capability]) -> Rule {
    Rule {
        grantee: Grantee::User(user),
        allow: CapabilitySet::of(allow),
        deny: CapabilitySet::of(deny),
    }
}

async fn lock(w: &World, id: vivant_model::ProjectId, to: ContentPermissions) -> Result<(), Error> {
    let changes = ProjectChanges {
        content_permissions: Some(to),
        ..ProjectChanges::default()
    };
    w.store.update_project(w.site, id, changes, NOW).await.map(drop)
}

fn is_locked(outcome: Result<(), Error>) {
    assert!(
        matches!(outcome, Err(Error::Forbidden(Forbidden::Locked))),
        "{outcome:?}"
    );
}

use Capability::{Filter, Read, Write};

/// To publish to a project does not yet allow to replace what is there.
async fn overwriting_needs_write(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let book = w.workbook("Book").await.id;
    let set = async |rules: &[Rule]| {
        w.store
            .set_rules(w.site, ContentKind::Workbook, book.0, rules, NOW)
            .await
            .unwrap();
    };
    let caller = w.caller(&ann);
    for rules in [&[][..], &[rule(ann.id, &[Read], &[Write])]] {
        set(rules).await;
        let refused = w.publish(&caller, w.project, "BOOK", true, b"mine").await;
        assert!(
            matches!(refused, Err(Error::Forbidden(Forbidden::Overwrite))),
            "{refused:?}"
        );
    }
    set(&[rule(ann.id, &[Write], &[])]).await;
    let written = w
        .publish(&caller, w.project, "Book", true, b"mine")
        .await
        .unwrap();
    assert_eq!(written.id, book);
    w.assert_sound().await;
}

async fn connect_shows_a_data_source(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let source = w.datasource("Orders", Vec::new()).await.id;
    for (rules, seen) in [
        (&[rule(ann.id, &[Capability::Connect], &[])][..], 1),
        (&[rule(ann.id, &[Read], &[Capability::Connect])], 1),
        (&[rule(ann.id, &[Filter], &[])], 0),
        (&[rule(ann.id, &[], &[Read, Capability::Connect])], 0),
    ] {
        w.store
            .set_rules(w.site, ContentKind::Datasource, source.0, rules, NOW)
            .await
            .unwrap();
        let page = w
            .store
            .datasources(&w.caller(&ann), &ListQuery::default())
            .await
            .unwrap();
        assert_eq!((page.items.len(), page.total), (seen, seen as u64), "{rules:?}");
    }
}

async fn rules_are_set_and_read(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await.id;
    let (one, two) = (w.workbook("One").await.id.0, w.workbook("Two").await.id.0);
    let rules = async |id| w.store.rules(ContentKind::Workbook, id).await.unwrap();
    let set = async |id, rules: &[Rule]| {
        w.store
            .set_rules(w.site, ContentKind::Workbook, id, rules, NOW)
            .await
    };
    // Rules on one grantee become one; the same rules in another order are the same.
    set(
        one,
        &[
            rule(ann, &[Read], &[]),
            rule(w.admin, &[], &[Write]),
            rule(ann, &[Filter], &[Write]),
        ],
    )
    .await
    .unwrap();
    set(
        two,
        &[rule(ann, &[Filter, Read], &[Write]), rule(w.admin, &[], &[Write])],
    )
    .await
    .unwrap();
    assert_eq!(rules(one).await, rules(two).await);
    assert_eq!(rules(one).await.len(), 2);
    // Changing one leaves the other.
    set(one, &[]).await.unwrap();
    assert_eq!((rules(one).await.len(), rules(two).await.len()), (0, 2));
    let swept = w.store.sweep(NOW, 0).await.unwrap();
    assert_eq!((swept.acls, rules(two).await.len()), (0, 2));
    set(two, &[]).await.unwrap();
    assert_eq!(w.store.sweep(NOW, 0).await.unwrap().acls, 1);
}

async fn content_starts_with_the_rules_of_its_project(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await.id;
    let a = w.project("A", None).await;
    let mine = [rule(ann, &[Read], &[])];
    let before = w
        .publish(&w.admin(), a, "Before", false, b"x")
        .await
        .unwrap()
        .id
        .0;
    w.store
        .set_default_rules(w.site, a, ContentKind::Workbook, &mine, NOW)
        .await
        .unwrap();
    let after = w.publish(&w.admin(), a, "After", false, b"x").await.unwrap().id.0;
    let of_default = w
        .store
        .default_rules(w.project, ContentKind::Workbook)
        .await
        .unwrap();
    assert_eq!(
        w.store.rules(ContentKind::Workbook, before).await.unwrap(),
        of_default
    );
    assert_eq!(w.store.rules(ContentKind::Workbook, after).await.unwrap(), mine);
    // A nested project begins with its parent's rules, one at the top with the Default project's.
    let nested = w.project("B", Some(a)).await;
    let top = w.project("C", None).await;
    assert_eq!(
        w.store
            .default_rules(nested, ContentKind::Workbook)
            .await
            .unwrap(),
        mine
    );
    assert_eq!(
        w.store.default_rules(top, ContentKind::Workbook).await.unwrap(),
        of_default
    );
}

async fn locking_writes_the_rules_onto_content(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await.id;
    let a = w.project("A", None).await;
    let book = w.publish(&w.admin(), a, "Book", false, b"x").await.unwrap().id.0;
    let rules = async || w.store.rules(ContentKind::Workbook, book).await.unwrap();
    w.store
        .set_rules(
            w.site,
            ContentKind::Workbook,
            book,
            &[rule(ann, &[Read], &[])],
            NOW,
        )
        .await
        .unwrap();
    lock(&w, a, ContentPermissions::LockedToProject).await.unwrap();
    assert_eq!(
        rules().await,
        w.store.default_rules(a, ContentKind::Workbook).await.unwrap()
    );
    is_locked(
        w.store
            .set_rules(w.site, ContentKind::Workbook, book, &[], NOW)
            .await,
    );
    // What is set on the project holds for its content at once.
    let mine = [rule(ann, &[Filter], &[])];
    w.store
        .set_default_rules(w.site, a, ContentKind::Workbook, &mine, NOW)
        .await
        .unwrap();
    assert_eq!(rules().await, mine);
    let facts = w
        .store
        .facts(&w.admin(), ContentKind::Workbook, book)
        .await
        .unwrap()
        .unwrap();
    assert!(facts.locked);
    // Unlocked, the rules stay and can be set again.
    lock(&w, a, ContentPermissions::ManagedByOwner).await.unwrap();
    assert_eq!(rules().await, mine);
    w.store
        .set_rules(w.site, ContentKind::Workbook, book, &[], NOW)
        .await
        .unwrap();
    w.assert_sound().await;
}

async fn nested_projects_follow_the_lock(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await.id;
    let a = w.project("A", None).await;
    let b = w.project("B", Some(a)).await;
    let book = w.publish(&w.admin(), b, "Book", false, b"x").await.unwrap().id.0;
    let mine = [rule(ann, &[Read], &[])];
    w.store
        .set_default_rules(w.site, a, ContentKind::Workbook, &mine, NOW)
        .await
        .unwrap();
    let rules = async || w.store.rules(ContentKind::Workbook, book).await.unwrap();

    lock(&w, a, ContentPermissions::LockedToProjectWithoutNested)
        .await
        .unwrap();
    assert_ne!(rules().await, mine);
    assert_eq!(
        w.store
            .project(w.site, b)
            .await
            .unwrap()
            .unwrap()
            .content_permissions,
        ContentPermissions::ManagedByOwner
    );

    lock(&w, a, ContentPermissions::LockedToProject).await.unwrap();
    assert_eq!(rules().await, mine);
    let nested = w.store.project(w.site, b).await.unwrap().unwrap();
    assert_eq!(nested.content_permissions, ContentPermissions::LockedToProject);
    assert_eq!(nested.controlling_permissions_project, Some(a));
    assert_eq!(
        w.store
            .project(w.site, a)
            .await
            .unwrap()
            .unwrap()
            .controlling_permissions_project,
        None
    );
    is_locked(lock(&w, b, ContentPermissions::ManagedByOwner).await);
    is_locked(
        w.store
            .set_rules(w.site, ContentKind::Project, b.0, &[], NOW)
            .await,
    );
    is_locked(
        w.store
            .set_default_rules(w.site, b, ContentKind::Workbook, &[], NOW)
            .await,
    );
    // The locking project's own rules hold for the nested one too.
    w.store
        .set_rules(w.site, ContentKind::Project, a.0, &mine, NOW)
        .await
        .unwrap();
    assert_eq!(w.store.rules(ContentKind::Project, b.0).await.unwrap(), mine);
    // A project made inside is locked, whatever it asks for.
    let mut new = new_project("C", Some(b), w.admin);
    new.content_permissions = Some(ContentPermissions::ManagedByOwner);
    let c = w.store.create_project(w.site, new, NOW).await.unwrap();
    assert_eq!(c.controlling_permissions_project, Some(a));
    assert_eq!(
        w.store.default_rules(c.id, ContentKind::Workbook).await.unwrap(),
        mine
    );

    lock(&w, a, ContentPermissions::ManagedByOwner).await.unwrap();
    for id in [b, c.id] {
        let project = w.store.project(w.site, id).await.unwrap().unwrap();
        assert_eq!(project.content_permissions, ContentPermissions::ManagedByOwner);
        assert_eq!(project.controlling_permissions_project, None);
    }
}

async fn moving_into_a_locked_project_takes_its_rules(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await.id;
    let a = w.project("A", None).await;
    let mine = [rule(ann, &[Read], &[])];
    w.store
        .set_default_rules(w.site, a, ContentKind::Workbook, &mine, NOW)
        .await
        .unwrap();
    lock(&w, a, ContentPermissions::LockedToProject).await.unwrap();
    let b = w.project("B", None).await;
    let (book, other) = (
        w.publish(&w.admin(), b, "Book", false, b"x").await.unwrap().id,
        w.publish(&w.admin(), b, "Other", false, b"x").await.unwrap().id,
    );
    let rules =
        async |id: vivant_model::WorkbookId| w.store.rules(ContentKind::Workbook, id.0).await.unwrap();
    let to_a = WorkbookChanges {
        project: Some(a),
        ..WorkbookChanges::default()
    };
    w.store.update_workbook(w.site, book, to_a, NOW).await.unwrap();
    assert_eq!(rules(book).await, mine);
    assert_ne!(rules(other).await, mine);
    let into = |parent| ProjectChanges {
        parent: Some(parent),
        ..ProjectChanges::default()
    };
    let moved = w
        .store
        .update_project(w.site, b, into(Some(a)), NOW)
        .await
        .unwrap();
    assert_eq!(moved.controlling_permissions_project, Some(a));
    assert_eq!(rules(other).await, mine);
    // Out again, the rules stay and the lock goes.
    let moved = w.store.update_project(w.site, b, into(None), NOW).await.unwrap();
    assert_eq!(
        (moved.controlling_permissions_project, moved.content_permissions),
        (None, ContentPermissions::ManagedByOwner)
    );
    assert_eq!(rules(other).await, mine);
    w.store
        .set_rules(w.site, ContentKind::Workbook, other.0, &[], NOW)
        .await
        .unwrap();
}

async fn a_view_follows_its_workbook(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let book = w.workbook("Sales").await;
    let view = w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id;
    let none = [rule(ann.id, &[], &[Read])];
    let refused = w
        .store
        .set_rules(w.site, ContentKind::View, view.0, &none, NOW)
        .await;
    assert!(
        matches!(refused, Err(Error::Forbidden(Forbidden::ViewFollowsWorkbook))),
        "{refused:?}"
    );
    let tabs = |show| WorkbookChanges {
        show_tabs: Some(show),
        ..WorkbookChanges::default()
    };
    w.store
        .update_workbook(w.site, book.id, tabs(false), NOW)
        .await
        .unwrap();
    let seen = async || {
        w.store
            .workbook_views(&w.caller(&ann), book.id, false)
            .await
            .unwrap()
            .len()
    };
    assert_eq!(seen().await, 1);
    w.store
        .set_rules(w.site, ContentKind::View, view.0, &none, NOW)
        .await
        .unwrap();
    assert_eq!(seen().await, 0);
    assert_eq!(w.store.rules(ContentKind::View, view.0).await.unwrap(), none);
    w.store
        .update_workbook(w.site, book.id, tabs(true), NOW)
        .await
        .unwrap();
    assert_eq!(seen().await, 1);
}

async fn facts_decide(w: World) {
    let ann = w.user("ann", SiteRole::Explorer).await;
    let viewer = w.user("bob", SiteRole::Viewer).await;
    let a = w.project("A", None).await;
    let b = w.project("B", Some(a)).await;
    let book = w.publish(&w.admin(), b, "Book", false, b"x").await.unwrap();
    w.store
        .set_rules(w.site, ContentKind::Workbook, book.id.0, &[], NOW)
        .await
        .unwrap();
    let view = w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id;
    let lead = [
        rule(ann.id, &[Capability::ProjectLeader], &[]),
        rule(viewer.id, &[Capability::ProjectLeader], &[]),
    ];
    w.store
        .set_rules(w.site, ContentKind::Project, a.0, &lead, NOW)
        .await
        .unwrap();
    let items = [
        (ContentKind::Project, a.0),
        (ContentKind::Project, b.0),
        (ContentKind::Workbook, book.id.0),
        (ContentKind::View, view.0),
    ];
    for (kind, id) in items {
        let facts = w.store.facts(&w.caller(&ann), kind, id).await.unwrap().unwrap();
        assert!(facts.led, "{kind:?}");
        assert_eq!(facts.owner, Some(w.admin));
        let subject = Subject {
            role: ann.role,
            user: ann.id,
            groups: &facts.groups,
        };
        let item = Item {
            owner: facts.owner,
            led: facts.led,
            rules: &facts.rules,
            locked: facts.locked,
        };
        assert!(decide(subject, item, Read).allowed);
        // The role of a Viewer cannot lead, so the same rule gives a Viewer nothing.
        assert!(
            !w.store
                .facts(&w.caller(&viewer), kind, id)
                .await
                .unwrap()
                .unwrap()
                .led
        );
    }
    assert_eq!(
        w.store
            .facts(&w.admin(), ContentKind::Datasource, book.id.0)
            .await
            .unwrap(),
        None
    );
    let elsewhere = vivant_store::Caller {
        site: vivant_model::SiteId(book.id.0),
        ..w.admin()
    };
    assert_eq!(
        w.store
            .facts(&elsewhere, ContentKind::Workbook, book.id.0)
            .await
            .unwrap(),
        None
    );
}
