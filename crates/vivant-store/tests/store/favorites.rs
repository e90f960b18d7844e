//! Favorites: labels, what the user may still see, and what goes with items and users.

use vivant_model::{Capability, CapabilitySet, ContentKind, Grantee, Luid, Rule, SiteRole, UserId};
use vivant_store::{Caller, Error, FavoriteItem, NewSite, RuleChange, RulesOf, What};

use crate::harness::{DAY, NOW, World, conflict_id, on_both, publish_workbook, sheet};

on_both!(
    a_favorite_comes_and_goes,
    labels_are_unique_for_a_kind,
    only_what_the_user_may_see_is_listed,
    favorites_go_with_items_and_users,
    favorites_go_with_their_site,
    a_publisher_who_left_is_not_named,
    a_removed_revision_stays_in_the_list,
    who_added_a_tag_is_known,
    rules_change_in_one_step,
);

fn names(favorites: &[vivant_store::Favorite]) -> Vec<(String, String)> {
    let name = |item: &FavoriteItem| match item {
        FavoriteItem::Project(project) => format!("project {}", project.name),
        FavoriteItem::Workbook(workbook) => format!("workbook {}", workbook.name),
        FavoriteItem::View(view) => format!("view {}", view.name),
        FavoriteItem::Datasource(source) => format!("datasource {}", source.name),
    };
    favorites
        .iter()
        .map(|f| (f.label.clone(), name(&f.item)))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(label, item)| ((*label).to_owned(), (*item).to_owned()))
        .collect()
}

async fn add(w: &World, user: UserId, kind: ContentKind, id: Luid, label: &str, at: i64) {
    w.store
        .add_favorite(w.site, user, kind, id, label, at)
        .await
        .unwrap();
}

async fn a_favorite_comes_and_goes(w: World) {
    let book = w.workbook("Book").await;
    let source = w.datasource("Source", Vec::new()).await;
    let view = w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id;
    add(&w, w.admin, ContentKind::View, view.0, "sheet", NOW).await;
    add(&w, w.admin, ContentKind::Workbook, book.id.0, "first", NOW + 1).await;
    add(&w, w.admin, ContentKind::Datasource, source.id.0, "data", NOW + 2).await;
    add(&w, w.admin, ContentKind::Project, w.project.0, "home", NOW + 3).await;
    // Once more, with another label: the same favorite in its old place.
    add(&w, w.admin, ContentKind::Workbook, book.id.0, "second", NOW + 4).await;
    let seen = w.store.favorites(&w.admin()).await.unwrap();
    assert_eq!(
        names(&seen),
        pairs(&[
            ("sheet", "view Sheet 1"),
            ("second", "workbook Book"),
            ("data", "datasource Source"),
            ("home", "project Default"),
        ])
    );
    let total = || async {
        let view = w.store.view(w.site, view).await.unwrap().unwrap();
        let book = w.store.workbook(w.site, book.id).await.unwrap().unwrap();
        (view.favorites_total, book.favorites_total)
    };
    assert_eq!(total().await, (1, 1));
    for (kind, id) in [
        (ContentKind::View, view.0),
        (ContentKind::Workbook, book.id.0),
        (ContentKind::Project, w.project.0),
    ] {
        let delete = || w.store.delete_favorite(w.site, w.admin, kind, id);
        delete().await.unwrap();
        let again = delete().await;
        assert!(matches!(again, Err(Error::NotFound(What::Favorite))), "{again:?}");
    }
    assert_eq!(total().await, (0, 0));
    let seen = w.store.favorites(&w.admin()).await.unwrap();
    assert_eq!(names(&seen), pairs(&[("data", "datasource Source")]));
    let nobody = Luid::from_random([9; 16]);
    for (kind, id, what) in [
        (ContentKind::Workbook, nobody, What::Workbook),
        (ContentKind::Datasource, book.id.0, What::Datasource),
        (ContentKind::View, nobody, What::View),
        (ContentKind::Project, nobody, What::Project),
    ] {
        let outcome = w.store.add_favorite(w.site, w.admin, kind, id, "x", NOW).await;
        assert!(
            matches!(outcome, Err(Error::NotFound(found)) if found == what),
            "{outcome:?}"
        );
    }
    w.assert_sound().await;
}

async fn labels_are_unique_for_a_kind(w: World) {
    let (one, two) = (w.workbook("One").await, w.workbook("Two").await);
    let other = w.project("Other", None).await;
    add(&w, w.admin, ContentKind::Workbook, one.id.0, "Best", NOW).await;
    let taken = w
        .store
        .add_favorite(w.site, w.admin, ContentKind::Workbook, two.id.0, "Best", NOW)
        .await;
    assert_eq!(conflict_id(taken), one.id.to_string());
    add(&w, w.admin, ContentKind::Workbook, two.id.0, "best", NOW).await;
    let taken = w
        .store
        .add_favorite(w.site, w.admin, ContentKind::Workbook, two.id.0, "Best", NOW)
        .await;
    assert_eq!(conflict_id(taken), one.id.to_string());
    // Another kind, another user, and projects, may have the label.
    let ann = w.user("ann", SiteRole::Creator).await;
    let view = w.store.workbook_views(&w.admin(), one.id, false).await.unwrap()[0].id;
    add(&w, w.admin, ContentKind::View, view.0, "Best", NOW).await;
    add(&w, ann.id, ContentKind::Workbook, two.id.0, "Best", NOW).await;
    add(&w, w.admin, ContentKind::Project, w.project.0, "Best", NOW).await;
    add(&w, w.admin, ContentKind::Project, other.0, "Best", NOW).await;
    w.assert_sound().await;
}

async fn only_what_the_user_may_see_is_listed(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let (open, closed) = (w.workbook("Open").await, w.workbook("Closed").await);
    let view = w
        .store
        .workbook_views(&w.admin(), closed.id, false)
        .await
        .unwrap()[0]
        .id;
    add(&w, ann.id, ContentKind::Workbook, open.id.0, "open", NOW).await;
    add(&w, ann.id, ContentKind::Workbook, closed.id.0, "closed", NOW + 1).await;
    add(&w, ann.id, ContentKind::View, view.0, "sheet", NOW + 2).await;
    let deny = Rule {
        grantee: Grantee::User(ann.id),
        allow: CapabilitySet::EMPTY,
        deny: CapabilitySet::of(&[Capability::Read]),
    };
    let all = w.store.favorites(&w.caller(&ann)).await.unwrap();
    assert_eq!(all.len(), 3);
    w.store
        .set_rules(w.site, ContentKind::Workbook, closed.id.0, &[deny], NOW)
        .await
        .unwrap();
    let seen = w.store.favorites(&w.caller(&ann)).await.unwrap();
    assert_eq!(names(&seen), pairs(&[("open", "workbook Open")]));
    // Nobody else's favorites are mixed in, and an unlicensed user sees none.
    assert_eq!(w.store.favorites(&w.admin()).await.unwrap(), []);
    let unlicensed = Caller {
        role: SiteRole::Unlicensed,
        ..w.caller(&ann)
    };
    assert_eq!(w.store.favorites(&unlicensed).await.unwrap(), []);
}

async fn favorites_go_with_items_and_users(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let book = w.workbook("Book").await;
    let project = w.project("Project", None).await;
    let view = w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id;
    for user in [ann.id, w.admin] {
        add(&w, user, ContentKind::Workbook, book.id.0, "book", NOW).await;
        add(&w, user, ContentKind::View, view.0, "sheet", NOW + 1).await;
        add(&w, user, ContentKind::Project, project.0, "project", NOW + 2).await;
    }
    w.store
        .remove_user_from_site(w.site, ann.id, None, NOW)
        .await
        .unwrap();
    let book = w.store.workbook(w.site, book.id).await.unwrap().unwrap();
    let sheet_1 = w.store.view(w.site, view).await.unwrap().unwrap();
    assert_eq!((book.favorites_total, sheet_1.favorites_total), (1, 1));
    // A sheet that the next revision lacks goes, the workbook stays.
    let caller = w.admin();
    let file = w.spool(b"second").await;
    let mut publish = publish_workbook(&caller, w.project, "Book", true, file);
    publish.sheets = vec![sheet("Other")];
    w.store.publish_workbook(publish, NOW).await.unwrap();
    w.store.delete_project(w.site, project, NOW).await.unwrap();
    let seen = w.store.favorites(&w.admin()).await.unwrap();
    assert_eq!(names(&seen), pairs(&[("book", "workbook Book")]));
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    assert_eq!(w.store.favorites(&w.admin()).await.unwrap(), []);
    w.assert_sound().await;
}

async fn favorites_go_with_their_site(w: World) {
    let new = NewSite {
        name: "Other".to_owned(),
        content_url: "other".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    let caller = Caller {
        site: other,
        ..w.admin()
    };
    let place = w.store.default_project(other).await.unwrap().id;
    let book = w.publish(&caller, place, "Book", false, b"x").await.unwrap();
    let add = |kind, id| w.store.add_favorite(other, w.admin, kind, id, "x", NOW);
    add(ContentKind::Workbook, book.id.0).await.unwrap();
    add(ContentKind::Project, place.0).await.unwrap();
    assert_eq!(w.store.favorites(&caller).await.unwrap().len(), 2);
    // What lies on another site is no favorite here.
    assert_eq!(w.store.favorites(&w.admin()).await.unwrap(), []);
    let foreign = w
        .store
        .add_favorite(w.site, w.admin, ContentKind::Workbook, book.id.0, "x", NOW)
        .await;
    assert!(
        matches!(foreign, Err(Error::NotFound(What::Workbook))),
        "{foreign:?}"
    );
    w.store.delete_site(other, NOW).await.unwrap();
    assert_eq!(w.store.favorites(&caller).await.unwrap(), []);
    w.assert_sound().await;
}

async fn a_removed_revision_stays_in_the_list(w: World) {
    let book = w.workbook("Book").await;
    for bytes in [b"second".as_slice(), b"third"] {
        w.publish(&w.admin(), w.project, "Book", true, bytes)
            .await
            .unwrap();
    }
    let remove = |number| {
        w.store
            .delete_workbook_revision(w.site, book.id, number, NOW + DAY)
    };
    remove(2).await.unwrap();
    let again = remove(2).await;
    assert!(matches!(again, Err(Error::NotFound(What::Revision))), "{again:?}");
    let revisions = w.store.workbook_revisions(w.site, book.id).await.unwrap();
    let seen: Vec<_> = revisions
        .iter()
        .map(|r| (r.number, r.size_bytes, r.current, r.removed, r.published_at))
        .collect();
    assert_eq!(
        seen,
        [
            (1, 8, false, false, NOW),
            (2, 6, false, true, NOW),
            (3, 5, true, false, NOW)
        ]
    );
    assert_eq!(revisions[1].publisher.as_ref().unwrap().id, w.admin);
    let file = w.store.workbook_content(w.site, book.id, Some(2)).await.unwrap();
    assert_eq!(file, None);
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    w.assert_sound().await;
}

async fn a_publisher_who_left_is_not_named(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let new = NewSite {
        name: "Other".to_owned(),
        content_url: "other".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    w.user_on(other, "ann", SiteRole::Creator).await;
    let book = w
        .publish(&w.caller(&ann), w.project, "Book", false, b"x")
        .await
        .unwrap();
    let publisher = || async {
        let revisions = w.store.workbook_revisions(w.site, book.id).await.unwrap();
        revisions[0].publisher.as_ref().map(|user| user.id)
    };
    assert_eq!(publisher().await, Some(ann.id));
    // The account lives on, on the other site.
    w.store
        .remove_user_from_site(w.site, ann.id, Some(w.admin), NOW)
        .await
        .unwrap();
    assert_eq!(publisher().await, None);
}

async fn who_added_a_tag_is_known(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let book = w.workbook("Book").await.id.0;
    let (kind, tag) = (ContentKind::Workbook, |label: &str| vec![label.to_owned()]);
    w.store
        .add_tags(w.site, kind, book, &tag("old"), NOW)
        .await
        .unwrap();
    let tags = ["new", "Old"].map(str::to_owned);
    let all = w
        .store
        .add_tags_by(&w.caller(&ann), kind, book, &tags, NOW)
        .await
        .unwrap();
    assert_eq!(all, ["new", "old"]);
    assert_eq!(w.store.tag_adder(kind, book, "NEW").await.unwrap(), Some(ann.id));
    assert_eq!(w.store.tag_adder(kind, book, "old").await.unwrap(), None);
    let missing = w.store.tag_adder(kind, book, "none").await;
    assert!(matches!(missing, Err(Error::NotFound(What::Tag))), "{missing:?}");
}

async fn rules_change_in_one_step(w: World) {
    use Capability::{Delete, Read, Write};
    let ann = w.user("ann", SiteRole::Creator).await;
    let book = w.workbook("Book").await.id.0;
    let of = RulesOf::Item(ContentKind::Workbook, book);
    let rule = |allow: &[Capability], deny: &[Capability]| Rule {
        grantee: Grantee::User(ann.id),
        allow: CapabilitySet::of(allow),
        deny: CapabilitySet::of(deny),
    };
    let of_ann = |rules: Vec<Rule>| rules.into_iter().find(|r| r.grantee == Grantee::User(ann.id));
    w.store
        .set_rules(w.site, ContentKind::Workbook, book, &[], NOW)
        .await
        .unwrap();
    let first = [rule(&[Read], &[Write])];
    let turned = [rule(&[Write, Delete], &[Read])];
    let (one, two) = ([rule(&[Read], &[])], [rule(&[Delete], &[])]);
    let change = |change| w.store.change_rules(w.site, of, change, NOW);
    let added = change(RuleChange::Add(&first)).await.unwrap();
    assert_eq!(of_ann(added), Some(rule(&[Read], &[Write])));
    // What is said already stays.
    let added = change(RuleChange::Add(&turned)).await;
    assert_eq!(of_ann(added.unwrap()), Some(rule(&[Read, Delete], &[Write])));
    let wrong = change(RuleChange::Remove(rule(&[Write], &[]))).await;
    assert!(matches!(wrong, Err(Error::NotFound(What::Rule))), "{wrong:?}");
    change(RuleChange::Remove(rule(&[], &[Write]))).await.unwrap();
    change(RuleChange::Remove(rule(&[Delete], &[]))).await.unwrap();
    let left = change(RuleChange::Remove(rule(&[Read], &[]))).await.unwrap();
    assert_eq!(of_ann(left), None);
    // Two at once: neither is lost.
    let (a, b) = tokio::join!(change(RuleChange::Add(&one)), change(RuleChange::Add(&two)));
    a.unwrap();
    b.unwrap();
    let rules = w.store.rules(ContentKind::Workbook, book).await.unwrap();
    assert_eq!(of_ann(rules), Some(rule(&[Read, Delete], &[])));
    w.assert_sound().await;
}
