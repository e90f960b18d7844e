//! Groups.

use vivant_model::{CapabilitySet, ContentKind, Grantee, Rule, SiteRole};
use vivant_store::{Error, Forbidden, Group, GroupChanges, NewGroup, What};

use crate::harness::{NOW, World, all, conflict_id, on_both, sorted};

on_both!(
    a_group_and_its_members,
    all_users_are_all_users,
    names_of_groups_are_unique,
    a_deleted_group_leaves_no_rule
);

async fn group(w: &World, name: &str) -> Group {
    let new = NewGroup {
        name: name.to_owned(),
        ..NewGroup::default()
    };
    w.store.create_group(w.site, new, NOW).await.unwrap()
}

async fn a_group_and_its_members(w: World) {
    let (ann, bob) = (
        w.user("ann", SiteRole::Viewer).await,
        w.user("bob", SiteRole::Viewer).await,
    );
    let group = group(&w, "Sales").await;
    let added = w
        .store
        .add_user_to_group(w.site, group.id, ann.id, NOW + 1)
        .await
        .unwrap();
    assert_eq!(added.id, ann.id);
    assert_eq!(
        conflict_id(w.store.add_user_to_group(w.site, group.id, ann.id, NOW).await),
        ann.id.to_string()
    );
    w.store
        .add_users_to_group(w.site, group.id, &[ann.id, bob.id, bob.id], NOW)
        .await
        .unwrap();
    let members = w.store.group_users(w.site, group.id, &all()).await.unwrap();
    let mut names: Vec<_> = members.items.iter().map(|user| user.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!((members.total, names), (2, vec!["ann", "bob"]));
    assert_eq!(
        w.store.group(w.site, group.id).await.unwrap().unwrap().user_count,
        2
    );
    let groups = w
        .store
        .user_groups(w.site, ann.id, &sorted("name", false))
        .await
        .unwrap();
    assert_eq!(
        groups.items.iter().map(|g| g.name.as_str()).collect::<Vec<_>>(),
        ["All Users", "Sales"]
    );
    w.store
        .remove_user_from_group(w.site, group.id, ann.id, NOW)
        .await
        .unwrap();
    let again = w
        .store
        .remove_user_from_group(w.site, group.id, ann.id, NOW)
        .await;
    assert!(matches!(again, Err(Error::NotFound(What::Member))), "{again:?}");
    let stranger = vivant_model::UserId(ann.id.0.to_string().replace('a', "b").parse().unwrap());
    let refused = w
        .store
        .add_users_to_group(w.site, group.id, &[ann.id, stranger], NOW)
        .await;
    assert!(
        stranger == ann.id || matches!(refused, Err(Error::NotFound(What::User))),
        "{refused:?}"
    );
}

async fn all_users_are_all_users(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let everybody = w
        .store
        .group_by_name(w.site, "all users", "local")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((everybody.is_all_users, everybody.user_count), (true, 2));
    let forbidden = |outcome: Result<(), Error>| {
        assert!(
            matches!(outcome, Err(Error::Forbidden(Forbidden::AllUsers))),
            "{outcome:?}"
        );
    };
    forbidden(w.store.delete_group(w.site, everybody.id).await);
    forbidden(
        w.store
            .remove_user_from_group(w.site, everybody.id, ann.id, NOW)
            .await,
    );
    let rename = GroupChanges {
        name: Some("Everybody".to_owned()),
        ..GroupChanges::default()
    };
    forbidden(
        w.store
            .update_group(w.site, everybody.id, rename, NOW)
            .await
            .map(drop),
    );
    let role = GroupChanges {
        minimum_site_role: Some(Some(SiteRole::Viewer)),
        ..GroupChanges::default()
    };
    let changed = w
        .store
        .update_group(w.site, everybody.id, role, NOW)
        .await
        .unwrap();
    assert_eq!(changed.minimum_site_role, Some(SiteRole::Viewer));
}

async fn names_of_groups_are_unique(w: World) {
    let sales = group(&w, "Sales").await;
    let again = NewGroup {
        name: "SALES".to_owned(),
        ..NewGroup::default()
    };
    assert_eq!(
        conflict_id(w.store.create_group(w.site, again, NOW).await),
        sales.id.to_string()
    );
    let elsewhere = NewGroup {
        name: "Sales".to_owned(),
        domain: Some("example".to_owned()),
        ..NewGroup::default()
    };
    let other = w.store.create_group(w.site, elsewhere, NOW).await.unwrap();
    assert_eq!((other.name.as_str(), other.domain.as_str()), ("Sales", "example"));
    let rename = GroupChanges {
        name: Some("All users".to_owned()),
        ..GroupChanges::default()
    };
    assert!(matches!(
        w.store.update_group(w.site, sales.id, rename, NOW).await,
        Err(Error::Conflict {
            what: What::Group,
            ..
        })
    ));
}

async fn a_deleted_group_leaves_no_rule(w: World) {
    let group = group(&w, "Sales").await;
    let rule = Rule {
        grantee: Grantee::Group(group.id),
        allow: CapabilitySet::ALL,
        deny: CapabilitySet::EMPTY,
    };
    w.store
        .set_rules(w.site, ContentKind::Project, w.project.0, &[rule], NOW)
        .await
        .unwrap();
    w.store.delete_group(w.site, group.id).await.unwrap();
    assert_eq!(
        w.store.rules(ContentKind::Project, w.project.0).await.unwrap(),
        []
    );
    assert_eq!(w.store.group(w.site, group.id).await.unwrap(), None);
    let refused = w
        .store
        .set_rules(w.site, ContentKind::Project, w.project.0, &[rule], NOW)
        .await;
    assert!(
        matches!(refused, Err(Error::NotFound(What::Group))),
        "{refused:?}"
    );
    w.assert_sound().await;
}
