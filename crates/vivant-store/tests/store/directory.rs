//! Groups of a directory, taken over and kept in step.

use vivant_model::{JobKind, JobState, Luid, SiteRole};
use vivant_store::{
    DirectoryUser, Error, Forbidden, GroupChanges, ImportCounts, ImportGroup, Imported, NewGroup, NewJob,
    NewUser, Outcome, Result, SiteChanges, User, What,
};

use crate::harness::{NOW, World, all, conflict_id, on_both};

on_both!(
    a_group_is_taken_over,
    a_group_is_brought_into_step,
    roles_are_raised_and_never_lowered,
    without_licences_users_are_unlicensed,
    roles_may_wait_for_signing_in,
    who_is_renamed_there_is_renamed_here,
    who_is_disabled_there_is_unlicensed_here,
    an_import_settles_its_job_or_has_no_effect,
    what_cannot_be_taken_over_is_refused,
    a_domain_is_renamed_unless_somebody_is_in_the_way,
    groups_say_what_signing_in_gives,
    administrators_of_the_server_use_up_no_licence,
);

fn person(name: &str) -> DirectoryUser {
    DirectoryUser {
        name: name.to_owned(),
        domain: "example.com".to_owned(),
        full_name: Some(format!("{name} of Example")),
        email: Some(format!("{name}@example.com")),
        external_id: Some(format!("id of {name}")),
        is_disabled: false,
    }
}

fn import(w: &World, names: &[&str]) -> ImportGroup {
    ImportGroup {
        site: w.site,
        group: None,
        name: "Analysts".to_owned(),
        domain: "example.com".to_owned(),
        source: "ActiveDirectory".to_owned(),
        site_role: Some(SiteRole::Explorer),
        license_mode: None,
        members: names.iter().map(|name| person(name)).collect(),
        unusable: 0,
    }
}

async fn run(w: &World, import: ImportGroup) -> Result<Imported> {
    w.store.import_group(import, None, NOW + 1).await
}

async fn members(w: &World, imported: &Imported) -> Vec<String> {
    let users = w
        .store
        .group_users(w.site, imported.group.id, &all())
        .await
        .unwrap();
    let mut names: Vec<String> = users
        .items
        .into_iter()
        .map(|user| format!("{} {}", user.name, user.role))
        .collect();
    names.sort();
    names
}

async fn find(w: &World, name: &str) -> Option<User> {
    w.store.user_by_name(w.site, name, "example.com").await.unwrap()
}

async fn a_group_is_taken_over(w: World) {
    // A local user of the name is somebody else.
    let local = w.user("ann", SiteRole::Viewer).await;
    let imported = run(
        &w,
        ImportGroup {
            unusable: 2,
            ..import(&w, &["ann", "bob", "ANN"])
        },
    )
    .await
    .unwrap();
    let group = &imported.group;
    assert!(imported.created);
    assert_eq!(
        (group.name.as_str(), group.domain.as_str(), group.user_count),
        ("Analysts", "example.com", 2)
    );
    assert_eq!(
        (group.import_source.as_deref(), group.synced_at),
        (Some("ActiveDirectory"), Some(NOW + 1))
    );
    assert_eq!(group.minimum_site_role, Some(SiteRole::Explorer));
    assert_eq!(members(&w, &imported).await, ["ann Explorer", "bob Explorer"]);
    let ann = find(&w, "ann").await.unwrap();
    assert_ne!(ann.id, local.id);
    assert_eq!(
        (ann.full_name.as_deref(), ann.email.as_deref()),
        (Some("ann of Example"), Some("ann@example.com"))
    );
    assert_eq!(ann.external_auth_user_id.as_deref(), Some("id of ann"));
    let expected = ImportCounts {
        in_directory: 4,
        processed: 3,
        skipped: 3,
        added_to_site: 2,
        added_to_group: 2,
        ..ImportCounts::default()
    };
    assert_eq!(imported.counts, expected);
    assert_eq!(conflict_id(run(&w, import(&w, &[])).await), group.id.to_string());
    w.assert_sound().await;
}

async fn a_group_is_brought_into_step(w: World) {
    let first = run(&w, import(&w, &["ann", "bob"])).await.unwrap();
    let mut again = import(&w, &["bob", "eve"]);
    again.group = Some(first.group.id);
    again.members[0].email = Some("robert@example.com".to_owned());
    again.members[0].full_name = None;
    let second = run(&w, again).await.unwrap();
    assert!(!second.created);
    assert_eq!(second.group.id, first.group.id);
    assert_eq!(members(&w, &second).await, ["bob Explorer", "eve Explorer"]);
    let expected = ImportCounts {
        in_directory: 2,
        processed: 2,
        added_to_site: 1,
        added_to_group: 1,
        removed_from_group: 1,
        information_updated: 1,
        ..ImportCounts::default()
    };
    assert_eq!(second.counts, expected);
    // Who left the group stays on the site, and what the directory does not say stays, too.
    assert!(find(&w, "ann").await.is_some());
    let bob = find(&w, "bob").await.unwrap();
    assert_eq!(
        (bob.full_name.as_deref(), bob.email.as_deref()),
        (Some("bob of Example"), Some("robert@example.com"))
    );
    let third = run(
        &w,
        ImportGroup {
            group: Some(first.group.id),
            ..import(&w, &["eve"])
        },
    )
    .await
    .unwrap();
    assert_eq!(
        (third.counts.information_updated, third.counts.added_to_group),
        (0, 0)
    );
    // A group of the server's own is taken over where it is given.
    let own = w
        .store
        .create_group(
            w.site,
            NewGroup {
                name: "Own".to_owned(),
                ..NewGroup::default()
            },
            NOW,
        )
        .await
        .unwrap();
    let mut taken = import(&w, &["ann"]);
    (taken.group, taken.name) = (Some(own.id), "Own".to_owned());
    let taken = run(&w, taken).await.unwrap();
    assert_eq!(
        (taken.group.id, taken.group.domain.as_str()),
        (own.id, "example.com")
    );
    w.assert_sound().await;
}

async fn roles_are_raised_and_never_lowered(w: World) {
    for (name, role) in [
        ("ann", SiteRole::Viewer),
        ("bob", SiteRole::Creator),
        ("eve", SiteRole::Unlicensed),
    ] {
        let new = NewUser {
            name: name.to_owned(),
            domain: Some("example.com".to_owned()),
            role: Some(role),
            ..NewUser::default()
        };
        w.store.add_user_to_site(w.site, new, NOW).await.unwrap();
    }
    let mut asked = import(&w, &["ann", "bob", "eve"]);
    asked.site_role = Some(SiteRole::SiteAdministratorExplorer);
    let imported = run(&w, asked).await.unwrap();
    // Creator and the lesser administrator together make the greater one.
    assert_eq!(
        members(&w, &imported).await,
        [
            "ann SiteAdministratorExplorer",
            "bob SiteAdministratorCreator",
            "eve SiteAdministratorExplorer",
        ]
    );
    assert_eq!(
        (imported.counts.role_updated, imported.counts.added_to_site),
        (3, 0)
    );
    let lesser = ImportGroup {
        group: Some(imported.group.id),
        ..import(&w, &["ann", "bob", "eve"])
    };
    let again = run(&w, lesser).await.unwrap();
    assert_eq!(again.counts.role_updated, 0);
    // Without a role nobody is added to the site.
    let mut asked = import(&w, &["ann", "new"]);
    (asked.group, asked.site_role) = (Some(imported.group.id), None);
    let none = run(&w, asked).await.unwrap();
    assert_eq!((none.counts.skipped, none.counts.added_to_site), (1, 0));
    assert!(find(&w, "new").await.is_none());
    assert_eq!(none.group.minimum_site_role, Some(SiteRole::Explorer));
    w.assert_sound().await;
}

async fn without_licences_users_are_unlicensed(w: World) {
    let changes = SiteChanges {
        tier_explorer: Some(Some(2)),
        ..SiteChanges::default()
    };
    w.store.update_site(w.site, changes, NOW).await.unwrap();
    let viewer = NewUser {
        name: "dan".to_owned(),
        domain: Some("example.com".to_owned()),
        role: Some(SiteRole::Viewer),
        ..NewUser::default()
    };
    w.store.add_user_to_site(w.site, viewer, NOW).await.unwrap();
    let imported = run(&w, import(&w, &["ann", "bob", "cem", "dan"])).await.unwrap();
    assert_eq!(
        members(&w, &imported).await,
        ["ann Explorer", "bob Explorer", "cem Unlicensed", "dan Viewer"]
    );
    assert_eq!(
        (
            imported.counts.insufficient_licenses,
            imported.counts.added_to_site
        ),
        (2, 3)
    );
    // A licence that was freed is given to the next.
    let mut asked = import(&w, &["ann", "cem"]);
    asked.group = Some(imported.group.id);
    asked.members[0].is_disabled = true;
    let again = run(&w, asked).await.unwrap();
    assert_eq!((again.counts.unlicensed, again.counts.role_updated), (1, 1));
    assert_eq!(members(&w, &again).await, ["cem Explorer"]);
    w.assert_sound().await;
}

async fn roles_may_wait_for_signing_in(w: World) {
    let mut asked = import(&w, &["ann"]);
    asked.license_mode = Some("onLogin".to_owned());
    let imported = run(&w, asked).await.unwrap();
    assert_eq!(members(&w, &imported).await, ["ann Unlicensed"]);
    assert_eq!(imported.group.license_mode.as_deref(), Some("onLogin"));
    // The group's own mode holds where nothing else is said.
    let again = run(
        &w,
        ImportGroup {
            group: Some(imported.group.id),
            ..import(&w, &["ann", "bob"])
        },
    )
    .await
    .unwrap();
    assert_eq!(members(&w, &again).await, ["ann Unlicensed", "bob Unlicensed"]);
    let changes = GroupChanges {
        license_mode: Some(Some("onSync".to_owned())),
        ..GroupChanges::default()
    };
    w.store
        .update_group(w.site, imported.group.id, changes, NOW)
        .await
        .unwrap();
    let again = run(
        &w,
        ImportGroup {
            group: Some(imported.group.id),
            ..import(&w, &["ann"])
        },
    )
    .await
    .unwrap();
    assert_eq!(members(&w, &again).await, ["ann Explorer"]);
}

async fn who_is_renamed_there_is_renamed_here(w: World) {
    let first = run(&w, import(&w, &["ann", "bob"])).await.unwrap();
    let ann = find(&w, "ann").await.unwrap();
    let mut asked = import(&w, &["ann", "bob"]);
    asked.group = Some(first.group.id);
    asked.members[0].name = "anna".to_owned();
    let second = run(&w, asked).await.unwrap();
    assert_eq!(members(&w, &second).await, ["anna Explorer", "bob Explorer"]);
    assert_eq!(find(&w, "anna").await.unwrap().id, ann.id);
    assert_eq!(
        (second.counts.added_to_site, second.counts.information_updated),
        (0, 1)
    );
    // A name that somebody else has is not taken from them.
    let mut asked = import(&w, &["anna"]);
    asked.group = Some(first.group.id);
    asked.members[0].external_id = Some("id of ann".to_owned());
    asked.members[0].name = "bob".to_owned();
    asked.members[0].full_name = Some("ann of Example".to_owned());
    asked.members[0].email = Some("ann@example.com".to_owned());
    let third = run(&w, asked).await.unwrap();
    assert_eq!(members(&w, &third).await, ["anna Explorer"]);
    w.assert_sound().await;
}

async fn who_is_disabled_there_is_unlicensed_here(w: World) {
    let first = run(&w, import(&w, &["ann", "bob"])).await.unwrap();
    let mut asked = import(&w, &["ann", "bob", "new"]);
    asked.group = Some(first.group.id);
    asked.members[0].is_disabled = true;
    asked.members[2].is_disabled = true;
    let second = run(&w, asked).await.unwrap();
    assert_eq!(members(&w, &second).await, ["bob Explorer"]);
    assert_eq!(find(&w, "ann").await.unwrap().role, SiteRole::Unlicensed);
    assert_eq!(find(&w, "new").await, None);
    let expected = ImportCounts {
        in_directory: 1,
        processed: 3,
        unlicensed: 1,
        removed_from_group: 1,
        ..ImportCounts::default()
    };
    assert_eq!(second.counts, expected);
    w.assert_sound().await;
}

async fn an_import_settles_its_job_or_has_no_effect(w: World) {
    let job = w
        .store
        .enqueue(NewJob::new(w.site, JobKind::ImportGroup), NOW)
        .await
        .unwrap();
    let lease = w.store.claim(1, 1_000, NOW).await.unwrap().remove(0).lease;
    let outcome = Outcome::success(Vec::new(), Vec::new(), None);
    let fence = || Some((&lease, outcome.clone()));
    let imported = w
        .store
        .import_group(import(&w, &["ann"]), fence(), NOW)
        .await
        .unwrap();
    let ended = w.store.job(w.site, job.id).await.unwrap().unwrap();
    assert_eq!(
        (ended.state, ended.result.map(|item| item.id)),
        (JobState::Success, Some(imported.group.id.0))
    );
    let notes: Vec<_> = ended
        .status_notes
        .iter()
        .map(|note| (note.kind.as_str(), note.value.as_str()))
        .collect();
    assert_eq!(
        notes,
        [
            ("CountOfUsersInActiveDirectoryGroup", "1"),
            ("CountOfUsersProcessed", "1"),
            ("CountOfUsersSkipped", "0"),
            ("CountOfUsersAddedToSite", "1"),
            ("CountOfUsersAddedToGroup", "1"),
            ("CountOfUsersRemovedFromGroup", "0"),
            ("CountOfUsersInformationUpdated", "0"),
            ("CountOfUsersSiteRoleUpdated", "0"),
            ("CountOfUsersWithInsufficientLicenses", "0"),
            ("CountOfUsersUnlicensed", "0"),
        ]
    );
    let mut other = import(&w, &["bob"]);
    other.name = "Others".to_owned();
    let again = w.store.import_group(other, fence(), NOW).await;
    assert!(matches!(again, Err(Error::LeaseLost)));
    assert_eq!(find(&w, "bob").await, None);
    w.assert_sound().await;
}

async fn what_cannot_be_taken_over_is_refused(w: World) {
    let everybody = w
        .store
        .group_by_name(w.site, "All Users", "local")
        .await
        .unwrap()
        .unwrap();
    let refused = run(
        &w,
        ImportGroup {
            group: Some(everybody.id),
            ..import(&w, &["ann"])
        },
    )
    .await;
    assert!(matches!(refused, Err(Error::Forbidden(Forbidden::AllUsers))));
    let unknown = Luid::from_random([9; 16]);
    let refused = run(
        &w,
        ImportGroup {
            group: Some(unknown.into()),
            ..import(&w, &["ann"])
        },
    )
    .await;
    assert!(matches!(refused, Err(Error::NotFound(What::Group))));
    assert_eq!(find(&w, "ann").await, None);
    w.assert_sound().await;
}

async fn a_domain_is_renamed_unless_somebody_is_in_the_way(w: World) {
    let imported = run(&w, import(&w, &["ada", "grace"])).await.unwrap();
    assert_eq!(w.store.domains_in_use().await.unwrap(), ["example.com", "local"]);
    w.store
        .rename_domain("EXAMPLE.com", "new.lan", NOW + 2)
        .await
        .unwrap();
    assert_eq!(w.store.domains_in_use().await.unwrap(), ["local", "new.lan"]);
    let group = w.store.group(w.site, imported.group.id).await.unwrap().unwrap();
    assert_eq!(group.domain, "new.lan");
    let ada = w
        .store
        .user_by_name(w.site, "ada", "New.Lan")
        .await
        .unwrap()
        .unwrap();
    // Another spelling is no other domain.
    w.store
        .rename_domain("new.lan", "NEW.lan", NOW + 3)
        .await
        .unwrap();
    assert_eq!(w.store.domains_in_use().await.unwrap(), ["local", "NEW.lan"]);
    // A second Ada stands in the way, and nothing is renamed by half.
    run(&w, import(&w, &["ada"])).await.unwrap();
    let refused = w.store.rename_domain("new.lan", "example.com", NOW + 4).await;
    assert_eq!(conflict_id(refused), ada.id.to_string());
    assert_eq!(
        w.store.domains_in_use().await.unwrap(),
        ["example.com", "local", "NEW.lan"]
    );
    w.assert_sound().await;
}

async fn groups_say_what_signing_in_gives(w: World) {
    let waiting = ImportGroup {
        license_mode: Some("onLogin".to_owned()),
        ..import(&w, &["ada"])
    };
    run(&w, waiting).await.unwrap();
    let ada = w
        .store
        .user_by_name(w.site, "ada", "example.com")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ada.role, SiteRole::Unlicensed);
    let roles = w.store.roles_on_login(w.site, ada.id).await.unwrap();
    assert_eq!(roles, [SiteRole::Explorer]);
    let local = w.user("local", SiteRole::Viewer).await;
    assert!(w.store.roles_on_login(w.site, local.id).await.unwrap().is_empty());
}

async fn administrators_of_the_server_use_up_no_licence(w: World) {
    // The one who made the installation is a Creator of the site by role.
    let one = SiteChanges {
        tier_creator: Some(Some(1)),
        user_quota: Some(Some(1)),
        ..SiteChanges::default()
    };
    w.store.update_site(w.site, one, NOW + 1).await.unwrap();
    assert_eq!(w.user("first", SiteRole::Creator).await.role, SiteRole::Creator);
    assert_eq!(
        w.user("second", SiteRole::Creator).await.role,
        SiteRole::Unlicensed
    );
}
