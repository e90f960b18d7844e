//! Sites.

use std::collections::BTreeMap;

use vivant_model::{AdminMode, ContentKind, Grantee, SiteRole, SiteState, capability};
use vivant_store::{Error, Forbidden, NewSite, PageRequest, SiteChanges, SiteUsage, What};

use crate::harness::{NOW, World, all, conflict_id, on_both};

on_both!(
    the_first_start_makes_a_site,
    a_site_keeps_its_settings,
    names_are_unique_without_regard_to_case,
    a_deleted_site_takes_all_with_it,
    sites_of_a_user,
);

fn finance() -> NewSite {
    NewSite {
        name: "Finance".to_owned(),
        content_url: "Finance".to_owned(),
        ..NewSite::default()
    }
}

async fn the_first_start_makes_a_site(w: World) {
    assert_eq!(w.store.bootstrap("somebody", None, NOW).await.unwrap(), None);
    let site = w.store.default_site().await.unwrap();
    assert_eq!(
        (site.name.as_str(), site.content_url.as_str(), site.is_default),
        ("Default", "", true)
    );
    let admin = w.store.user(w.site, w.admin).await.unwrap().unwrap();
    assert_eq!(
        (admin.role, admin.is_member),
        (SiteRole::ServerAdministrator, true)
    );

    let groups = w.store.groups(w.site, &all()).await.unwrap();
    assert_eq!(
        (
            groups.total,
            groups.items[0].name.as_str(),
            groups.items[0].user_count
        ),
        (1, "All Users", 1)
    );
    let project = w.store.default_project(w.site).await.unwrap();
    assert_eq!((project.name.as_str(), project.owner.id), ("Default", w.admin));
    for kind in [
        ContentKind::Project,
        ContentKind::Workbook,
        ContentKind::Datasource,
        ContentKind::Flow,
    ] {
        let rules = w.store.default_rules(project.id, kind).await.unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].grantee, Grantee::Group(groups.items[0].id));
        assert_eq!(rules[0].allow, capability::default_rule(kind));
    }
    w.assert_sound().await;
}

async fn a_site_keeps_its_settings(w: World) {
    let new = NewSite {
        admin_mode: AdminMode::ContentOnly,
        user_quota: Some(5),
        storage_quota_mb: Some(100),
        settings: BTreeMap::from([("flowsEnabled".to_owned(), "true".to_owned())]),
        ..finance()
    };
    let site = w.store.create_site(new, NOW).await.unwrap();
    assert_eq!(
        (site.admin_mode, site.user_quota, site.created_at),
        (AdminMode::ContentOnly, Some(5), NOW)
    );
    let changes = SiteChanges {
        name: Some("Money".to_owned()),
        user_quota: Some(None),
        state: Some(SiteState::Suspended),
        revision_limit: Some(3),
        settings: BTreeMap::from([("askDataMode".to_owned(), "x".to_owned())]),
        ..SiteChanges::default()
    };
    let changed = w.store.update_site(site.id, changes, NOW + 1).await.unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.content_url.as_str()),
        ("Money", "Finance")
    );
    assert_eq!((changed.user_quota, changed.storage_quota_mb), (None, Some(100)));
    assert_eq!((changed.state, changed.revision_limit), (SiteState::Suspended, 3));
    assert_eq!(changed.settings.len(), 2);
    assert_eq!((changed.created_at, changed.updated_at), (NOW, NOW + 1));
    assert_eq!(w.store.site_by_name("MONEY").await.unwrap().unwrap(), changed);
    assert_eq!(
        w.store.site_by_content_url("finance").await.unwrap().unwrap(),
        changed
    );
    assert_eq!(w.store.site_by_name("Finance").await.unwrap(), None);
}

async fn names_are_unique_without_regard_to_case(w: World) {
    let site = w.store.create_site(finance(), NOW).await.unwrap();
    let again = NewSite {
        name: "FINANCE".to_owned(),
        content_url: "other".to_owned(),
        ..NewSite::default()
    };
    assert_eq!(
        conflict_id(w.store.create_site(again, NOW).await),
        site.id.to_string()
    );
    let again = NewSite {
        name: "Other".to_owned(),
        content_url: "finance".to_owned(),
        ..NewSite::default()
    };
    assert_eq!(
        conflict_id(w.store.create_site(again, NOW).await),
        site.id.to_string()
    );
    let changes = SiteChanges {
        name: Some("default".to_owned()),
        ..SiteChanges::default()
    };
    assert_eq!(
        conflict_id(w.store.update_site(site.id, changes, NOW).await),
        w.site.to_string()
    );
    let changes = SiteChanges {
        name: Some("fiNance".to_owned()),
        ..SiteChanges::default()
    };
    assert_eq!(
        w.store.update_site(site.id, changes, NOW).await.unwrap().name,
        "fiNance"
    );
}

async fn a_deleted_site_takes_all_with_it(w: World) {
    let refused = w.store.delete_site(w.site, NOW).await;
    assert!(
        matches!(refused, Err(Error::Forbidden(Forbidden::DefaultSite))),
        "{refused:?}"
    );
    let site = w.store.create_site(finance(), NOW).await.unwrap().id;
    let ann = w.user_on(site, "ann", SiteRole::Creator).await;
    let bob = w.user_on(site, "bob", SiteRole::Viewer).await;
    w.user("bob", SiteRole::Viewer).await;
    let caller = vivant_store::Caller {
        site,
        user: ann.id,
        role: ann.role,
    };
    let project = w.store.default_project(site).await.unwrap().id;
    w.publish(&caller, project, "Sales", false, b"12345")
        .await
        .unwrap();
    let upload = w.store.create_upload(&caller, NOW).await.unwrap();
    w.store
        .append_upload(&caller, &upload, w.spool(b"chunk").await, NOW)
        .await
        .unwrap();
    let usage = SiteUsage {
        num_users: 2,
        num_creators: 1,
        num_viewers: 1,
        storage_bytes: 5,
        num_explorers: 0,
    };
    assert_eq!(w.store.site_usage(site).await.unwrap(), usage);

    w.store.delete_site(site, NOW).await.unwrap();
    assert_eq!(w.store.site(site).await.unwrap(), None);
    assert_eq!(w.store.account(ann.id).await.unwrap(), None);
    assert!(w.store.account(bob.id).await.unwrap().is_some());
    assert!(matches!(
        w.store.delete_site(site, NOW).await,
        Err(Error::NotFound(What::Site))
    ));
    let swept = w.store.sweep(NOW, 0).await.unwrap();
    assert_eq!((swept.objects, swept.bytes), (2, 10));
    w.assert_sound().await;
}

async fn sites_of_a_user(w: World) {
    let site = w.store.create_site(finance(), NOW + 1).await.unwrap().id;
    let ann = w.user_on(site, "ann", SiteRole::Creator).await;
    let ids =
        |page: vivant_store::Page<vivant_store::Site>| page.items.iter().map(|s| s.id).collect::<Vec<_>>();
    let page = PageRequest::default();
    assert_eq!(ids(w.store.sites_of(None, page).await.unwrap()), [w.site, site]);
    assert_eq!(ids(w.store.sites_of(Some(ann.id), page).await.unwrap()), [site]);
    let second = PageRequest { number: 2, size: 1 };
    let answer = w.store.sites_of(None, second).await.unwrap();
    assert_eq!((ids(answer.clone()), answer.total), (vec![site], 2));
    let third = PageRequest { number: 3, size: 1 };
    assert!(matches!(
        w.store.sites_of(None, third).await,
        Err(Error::PastLastPage)
    ));
}
