//! Accounts and users.

use vivant_model::{CapabilitySet, ContentKind, Grantee, License, Rule, SiteRole};
use vivant_store::{Error, Forbidden, NewSite, NewUser, Secret, SiteChanges, UserChanges, What};

use crate::harness::{NOW, World, all, conflict_id, filtered, on_both};

on_both!(
    an_account_is_shared_by_sites,
    names_of_users_are_unique_in_their_domain,
    licences_run_out,
    a_user_is_changed,
    a_user_who_owns_content_needs_an_heir,
    a_removed_user_leaves_no_rights_behind,
    server_administrators_are_everywhere,
    passwords_are_verified,
);

async fn an_account_is_shared_by_sites(w: World) {
    let new = NewSite {
        name: "B".to_owned(),
        content_url: "b".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    let here = w.user("Ann", SiteRole::Creator).await;
    let there = w.user_on(other, "ann", SiteRole::Viewer).await;
    assert_eq!((here.id, here.role), (there.id, SiteRole::Creator));
    assert_eq!((there.name.as_str(), there.role), ("Ann", SiteRole::Viewer));
    w.store
        .remove_user_from_site(w.site, here.id, None, NOW)
        .await
        .unwrap();
    assert_eq!(w.store.user(w.site, here.id).await.unwrap(), None);
    assert!(w.store.account(here.id).await.unwrap().is_some());
    w.store
        .remove_user_from_site(other, here.id, None, NOW)
        .await
        .unwrap();
    assert_eq!(w.store.account(here.id).await.unwrap(), None);
    w.assert_sound().await;
}

async fn names_of_users_are_unique_in_their_domain(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let again = NewUser {
        name: "ANN".to_owned(),
        ..NewUser::default()
    };
    assert_eq!(
        conflict_id(w.store.add_user_to_site(w.site, again, NOW).await),
        ann.id.to_string()
    );
    let elsewhere = NewUser {
        name: "ann".to_owned(),
        domain: Some("example".to_owned()),
        ..NewUser::default()
    };
    let other = w.store.add_user_to_site(w.site, elsewhere, NOW).await.unwrap();
    assert_ne!(other.id, ann.id);
    assert_eq!(
        w.store.user_by_name(w.site, "Ann", "EXAMPLE").await.unwrap(),
        Some(other.clone())
    );
    assert_eq!(
        w.store
            .user_by_name(w.site, "Ann", "local")
            .await
            .unwrap()
            .unwrap()
            .id,
        ann.id
    );
    let rename = UserChanges {
        name: Some("Admin".to_owned()),
        ..UserChanges::default()
    };
    assert_eq!(
        conflict_id(w.store.update_user(w.site, ann.id, rename, NOW).await),
        w.admin.to_string()
    );
}

async fn licences_run_out(w: World) {
    let tiers = SiteChanges {
        tier_viewer: Some(Some(1)),
        user_quota: Some(Some(2)),
        ..SiteChanges::default()
    };
    w.store.update_site(w.site, tiers, NOW).await.unwrap();
    assert_eq!(w.user("v1", SiteRole::Viewer).await.role, SiteRole::Viewer);
    let second = w.user("v2", SiteRole::Viewer).await;
    assert_eq!(second.role, SiteRole::Unlicensed);
    let up = UserChanges {
        role: Some(SiteRole::Viewer),
        ..UserChanges::default()
    };
    let refused = w.store.update_user(w.site, second.id, up, NOW).await;
    assert!(
        matches!(refused, Err(Error::LicenseExceeded(License::Viewer))),
        "{refused:?}"
    );
    let up = UserChanges {
        role: Some(SiteRole::Explorer),
        ..UserChanges::default()
    };
    assert_eq!(
        w.store
            .update_user(w.site, second.id, up, NOW)
            .await
            .unwrap()
            .role,
        SiteRole::Explorer
    );
    // One Viewer and one Explorer make two; the administrator of the server does not count.
    assert_eq!(w.user("c", SiteRole::Creator).await.role, SiteRole::Unlicensed);
}

async fn a_user_is_changed(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let changes = UserChanges {
        full_name: Some("Ann Sample".to_owned()),
        email: Some("ann@example.com".to_owned()),
        role: Some(SiteRole::Creator),
        auth_setting: Some("SAML".to_owned()),
        ..UserChanges::default()
    };
    let changed = w
        .store
        .update_user(w.site, ann.id, changes, NOW + 5)
        .await
        .unwrap();
    assert_eq!(changed.full_name.as_deref(), Some("Ann Sample"));
    assert_eq!(changed.email.as_deref(), Some("ann@example.com"));
    assert_eq!(
        (changed.role, changed.auth_setting.as_deref()),
        (SiteRole::Creator, Some("SAML"))
    );
    assert_eq!((changed.created_at, changed.updated_at), (NOW, NOW + 5));
    assert_eq!(w.store.user(w.site, ann.id).await.unwrap().unwrap(), changed);
    let found = w
        .store
        .users(
            w.site,
            &filtered("friendlyName", vivant_store::Op::Eq, &["Ann Sample"]),
        )
        .await;
    assert_eq!(found.unwrap().items, [changed]);
}

async fn a_user_who_owns_content_needs_an_heir(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let bob = w.user("bob", SiteRole::Creator).await;
    let book = w
        .publish(&w.caller(&ann), w.project, "Sales", false, b"x")
        .await
        .unwrap();
    let refused = w.store.remove_user_from_site(w.site, ann.id, None, NOW).await;
    assert!(matches!(refused, Err(Error::OwnsContent)), "{refused:?}");
    let refused = w
        .store
        .remove_user_from_site(w.site, ann.id, Some(ann.id), NOW)
        .await;
    assert!(matches!(refused, Err(Error::NotFound(What::User))), "{refused:?}");
    w.store
        .remove_user_from_site(w.site, ann.id, Some(bob.id), NOW)
        .await
        .unwrap();
    assert_eq!(
        w.store.workbook(w.site, book.id).await.unwrap().unwrap().owner.id,
        bob.id
    );
    // Who published a revision is forgotten with the account.
    assert_eq!(
        w.store.workbook_revisions(w.site, book.id).await.unwrap()[0].publisher,
        None
    );
    w.assert_sound().await;
}

async fn a_removed_user_leaves_no_rights_behind(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let group = vivant_store::NewGroup {
        name: "G".to_owned(),
        ..Default::default()
    };
    let group = w.store.create_group(w.site, group, NOW).await.unwrap().id;
    w.store
        .add_user_to_group(w.site, group, ann.id, NOW)
        .await
        .unwrap();
    let book = w.workbook("Sales").await;
    let rule = Rule {
        grantee: Grantee::User(ann.id),
        allow: CapabilitySet::ALL,
        deny: CapabilitySet::EMPTY,
    };
    w.store
        .set_rules(w.site, ContentKind::Workbook, book.id.0, &[rule], NOW)
        .await
        .unwrap();
    let token = w
        .store
        .create_session(
            vivant_store::NewSession {
                site: w.site,
                user: ann.id,
                via_token: None,
                impersonator: None,
            },
            NOW,
        )
        .await
        .unwrap();

    // The account stays, since it is on another site too; what it may do here must not come back.
    let new = NewSite {
        name: "B".to_owned(),
        content_url: "b".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    w.user_on(other, "ann", SiteRole::Viewer).await;
    w.store
        .remove_user_from_site(w.site, ann.id, None, NOW)
        .await
        .unwrap();
    assert_eq!(w.store.session(&token, NOW, 1_000_000).await.unwrap(), None);
    let back = w.user("ann", SiteRole::Viewer).await;
    assert_eq!(back.id, ann.id);
    assert_eq!(w.store.rules(ContentKind::Workbook, book.id.0).await.unwrap(), []);
    assert_eq!(w.store.groups_of(w.site, ann.id).await.unwrap().len(), 1);
    // The set of rules that changed is not found again by what it was.
    w.store
        .set_rules(w.site, ContentKind::Workbook, book.id.0, &[rule], NOW)
        .await
        .unwrap();
    assert_eq!(
        w.store.rules(ContentKind::Workbook, book.id.0).await.unwrap(),
        [rule]
    );
    w.assert_sound().await;
}

async fn server_administrators_are_everywhere(w: World) {
    let new = NewSite {
        name: "B".to_owned(),
        content_url: "b".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    let admin = w.store.user(other, w.admin).await.unwrap().unwrap();
    assert_eq!(
        (admin.role, admin.is_member),
        (SiteRole::ServerAdministrator, false)
    );
    assert_eq!(w.store.users(other, &all()).await.unwrap().total, 0);
    let refused = w.store.set_server_admin(w.admin, false, NOW).await;
    assert!(
        matches!(refused, Err(Error::Forbidden(Forbidden::LastServerAdmin))),
        "{refused:?}"
    );
    let ann = w.user("ann", SiteRole::Viewer).await;
    w.store.set_server_admin(ann.id, true, NOW).await.unwrap();
    w.store.set_server_admin(w.admin, false, NOW).await.unwrap();
    assert_eq!(w.store.user(other, w.admin).await.unwrap(), None);
    assert_eq!(
        w.store.user(other, ann.id).await.unwrap().unwrap().role,
        SiteRole::ServerAdministrator
    );
}

async fn passwords_are_verified(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let (right, wrong) = (Secret::from("correct horse"), Secret::from("battery staple"));
    assert_eq!(
        w.store.verify_password("ann", "local", &right).await.unwrap(),
        None
    );
    w.store.set_password(ann.id, &right, NOW).await.unwrap();
    assert_eq!(
        w.store
            .verify_password("Ann", "local", &right)
            .await
            .unwrap()
            .unwrap()
            .id,
        ann.id
    );
    assert_eq!(
        w.store.verify_password("ann", "local", &wrong).await.unwrap(),
        None
    );
    assert_eq!(
        w.store.verify_password("nobody", "local", &right).await.unwrap(),
        None
    );
    let changes = UserChanges {
        password: Some(wrong.clone()),
        ..UserChanges::default()
    };
    w.store.update_user(w.site, ann.id, changes, NOW).await.unwrap();
    assert!(
        w.store
            .verify_password("ann", "local", &wrong)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(
        w.store.verify_password("ann", "local", &right).await.unwrap(),
        None
    );
}
