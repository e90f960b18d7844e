//! The totals of lists: what the database keeps is what there is.

use vivant_model::{
    Capability, CapabilitySet, ContentKind, ContentPermissions, Grantee, ProjectId, Rule, SiteRole, UserId,
    WorkbookId,
};
use vivant_store::{
    Caller, Datasource, Error, Filter, FilterValue, ListQuery, NewSite, NewView, Op, Page, ProjectChanges,
    Result, Severity, User, View, Workbook, WorkbookChanges,
};

use crate::harness::{NOW, World, all, on_both, page, publish_workbook, sheet, sorted};
use crate::visibility::Dice;

on_both!(
    the_tally_follows_random_changes,
    an_older_database_is_counted,
    a_wrong_tally_is_found,
    the_tally_of_a_site_goes_with_it,
);

/// What is wrong; objects that wait for a sweep are not.
async fn findings(w: &World) -> Vec<String> {
    let mut findings = w.store.check(false).await.unwrap().findings;
    findings.retain(|finding| finding.severity == Severity::Error);
    findings.iter().map(ToString::to_string).collect()
}

/// All ids of a list are on its pages, whatever the size of these, and its total says how many.
async fn assert_whole<T>(
    expected: &[String],
    id: impl Fn(&T) -> String,
    list: impl AsyncFn(&ListQuery) -> Result<Page<T>>,
) {
    for size in [1, 3, 100] {
        for order in [all(), sorted("name", true), sorted("updatedAt", false)] {
            let mut found = Vec::new();
            for number in 1.. {
                let query = ListQuery {
                    sort: order.sort.clone(),
                    ..page(number, size)
                };
                match list(&query).await {
                    Ok(part) => {
                        assert_eq!(part.total, expected.len() as u64, "page {number} of {size}");
                        found.extend(part.items.iter().map(&id));
                        if part.items.is_empty() {
                            break;
                        }
                    }
                    Err(Error::PastLastPage) if number > 1 => break,
                    Err(e) => panic!("{e}"),
                }
            }
            found.sort();
            assert_eq!(found, expected, "pages of {size}");
        }
    }
}

/// Compares the lists of a caller with what a filter that everything passes lets through, since
/// lists with filters are counted row by row.
async fn compare(w: &World, caller: &Caller) -> u64 {
    let ids = async |kind: ContentKind| {
        let query = ListQuery {
            filters: vec![Filter {
                field: "createdAt".to_owned(),
                op: Op::Gt,
                values: vec![FilterValue::Time(0)],
            }],
            ..page(1, 1000)
        };
        let mut ids: Vec<String> = match kind {
            ContentKind::View => {
                let views = w.store.views(caller, &query).await.unwrap();
                views.items.iter().map(|view| view.id.to_string()).collect()
            }
            ContentKind::Datasource => {
                let sources = w.store.datasources(caller, &query).await.unwrap();
                sources.items.iter().map(|source| source.id.to_string()).collect()
            }
            _ => {
                let books = w.store.workbooks(caller, &query).await.unwrap();
                books.items.iter().map(|book| book.id.to_string()).collect()
            }
        };
        ids.sort();
        ids
    };
    let books = ids(ContentKind::Workbook).await;
    assert_whole(
        &books,
        |book: &Workbook| book.id.to_string(),
        async |q: &ListQuery| w.store.workbooks(caller, q).await,
    )
    .await;
    let sources = ids(ContentKind::Datasource).await;
    assert_whole(
        &sources,
        |source: &Datasource| source.id.to_string(),
        async |q: &ListQuery| w.store.datasources(caller, q).await,
    )
    .await;
    let views = ids(ContentKind::View).await;
    assert_whole(
        &views,
        |view: &View| view.id.to_string(),
        async |q: &ListQuery| w.store.views(caller, q).await,
    )
    .await;
    let mine = w
        .store
        .workbooks_of_user(w.site, caller.user, true, &page(1, 1000))
        .await;
    let mine = mine.unwrap();
    assert_eq!(mine.total, mine.items.len() as u64);
    assert!(mine.items.iter().all(|book| book.owner.id == caller.user));
    books.len() as u64
}

async fn the_tally_follows_random_changes(w: World) {
    let dice = &mut Dice::new(7);
    let mut users = Vec::new();
    for n in 0..4 {
        let role = [SiteRole::Creator, SiteRole::ExplorerCanPublish][n % 2];
        users.push(w.user(&format!("user {n}"), role).await);
    }
    let mut projects = vec![w.project];
    for n in 0..4 {
        let parent = (n % 2 == 1).then(|| projects[n]);
        projects.push(w.project(&format!("P{n}"), parent).await);
    }
    for n in 0..3 {
        w.datasource(&format!("S{n}"), Vec::new()).await;
    }
    let mut seen = 0;
    for step in 0..120 {
        let books = w.store.workbooks(&w.admin(), &page(1, 1000)).await.unwrap().items;
        let known: Vec<WorkbookId> = books.iter().map(|book| book.id).collect();
        if step < 12 || known.is_empty() {
            publish(&w, dice, &users, &projects, step).await;
        } else {
            let book = dice.pick(&known);
            change(&w, dice, &mut users, &projects, book, step).await;
        }
        assert_eq!(findings(&w).await, Vec::<String>::new(), "step {step}");
        if step % 15 == 14 {
            seen += compare(&w, &w.admin()).await;
            for user in &users {
                seen += compare(&w, &w.caller(user)).await;
            }
        }
    }
    assert!(
        seen > 50,
        "{seen} workbooks in all lists are too few to mean anything"
    );
    w.assert_sound().await;
}

async fn publish(w: &World, dice: &mut Dice, users: &[User], projects: &[ProjectId], step: usize) {
    // Whoever it is may replace what another has published.
    let caller = Caller {
        role: SiteRole::ServerAdministrator,
        ..w.caller(&users[dice.roll(users.len())])
    };
    let file = w.spool(b"x").await;
    let project = dice.pick(projects);
    let mut publish = publish_workbook(&caller, project, &format!("Book {}", step % 17), true, file);
    publish.show_tabs = dice.roll(2) == 0;
    publish.sheets = (0..dice.roll(4))
        .map(|n| NewView {
            hidden: dice.roll(3) == 0,
            ..sheet(&format!("Sheet {n}"))
        })
        .collect();
    w.store
        .publish_workbook(publish, NOW + step as i64)
        .await
        .unwrap();
}

/// Does one of the things that a tally must follow.
async fn change(
    w: &World,
    dice: &mut Dice,
    users: &mut Vec<User>,
    projects: &[ProjectId],
    book: WorkbookId,
    step: usize,
) {
    let user = users[dice.roll(users.len())].id;
    match dice.roll(15) {
        12..=14 => change_views(w, dice, book, user).await,
        0..=3 => publish(w, dice, users, projects, step).await,
        4 => {
            let changes = WorkbookChanges {
                // The name may be taken there, and then nothing changes.
                project: Some(dice.pick(projects)),
                owner: Some(user),
                ..WorkbookChanges::default()
            };
            let _ = w.store.update_workbook(w.site, book, changes, NOW).await;
        }
        5 => {
            let changes = WorkbookChanges {
                owner: Some(user),
                ..WorkbookChanges::default()
            };
            w.store.update_workbook(w.site, book, changes, NOW).await.unwrap();
        }
        6 | 7 => {
            let rules = [rule(user, dice.roll(2) == 0)];
            // In a locked project this is refused.
            let _ = w
                .store
                .set_rules(w.site, ContentKind::Workbook, book.0, &rules, NOW)
                .await;
        }
        8 => w.store.delete_workbook(w.site, book, NOW).await.unwrap(),
        9 => {
            let changes = ProjectChanges {
                content_permissions: Some(dice.pick(ContentPermissions::ALL)),
                ..ProjectChanges::default()
            };
            let _ = w
                .store
                .update_project(w.site, dice.pick(projects), changes, NOW)
                .await;
        }
        10 => {
            let parent = dice.pick(projects);
            let nested = w.project(&format!("Gone {step}"), Some(parent)).await;
            for name in ["A", "B"] {
                w.publish(&w.admin(), nested, name, false, b"x").await.unwrap();
            }
            w.store.delete_project(w.site, nested, NOW).await.unwrap();
        }
        _ if users.len() > 2 => {
            let gone = users.remove(dice.roll(users.len())).id;
            let heir = users[0].id;
            w.store
                .remove_user_from_site(w.site, gone, Some(heir), NOW)
                .await
                .unwrap();
        }
        _ => {}
    }
}

/// Gives views of a workbook rules of their own, which hold while it shows no tabs.
async fn change_views(w: &World, dice: &mut Dice, book: WorkbookId, user: UserId) {
    let changes = WorkbookChanges {
        show_tabs: Some(dice.roll(4) == 0),
        ..WorkbookChanges::default()
    };
    w.store.update_workbook(w.site, book, changes, NOW).await.unwrap();
    for view in w.store.workbook_views(&w.admin(), book, true).await.unwrap() {
        let rules = [rule(user, dice.roll(2) == 0)];
        // In a locked project and with tabs this is refused.
        let _ = w
            .store
            .set_rules(w.site, ContentKind::View, view.id.0, &rules, NOW)
            .await;
    }
}

fn rule(user: UserId, allowed: bool) -> Rule {
    let read = CapabilitySet::of(&[Capability::Read]);
    Rule {
        grantee: Grantee::User(user),
        allow: if allowed { read } else { CapabilitySet::EMPTY },
        deny: if allowed { CapabilitySet::EMPTY } else { read },
    }
}

async fn an_older_database_is_counted(w: World) {
    for name in ["One", "Two", "Three"] {
        w.workbook(name).await;
    }
    w.datasource("Four", Vec::new()).await;
    w.store.clone().close().await;
    let triggers = match &w.database_url {
        None => {
            "DROP TRIGGER content_added; DROP TRIGGER content_taken; DROP TRIGGER content_moved; \
             DROP TRIGGER content_tally_added; DROP TRIGGER content_tally_changed;"
        }
        Some(_) => "DROP FUNCTION keep_content_tally CASCADE;",
    };
    w.batch(&format!(
        "{triggers} DROP TABLE content_tally; DROP TABLE site_tally; DROP INDEX content_place; \
             DELETE FROM schema_migration WHERE name = '0003_tally'"
    ))
    .await;
    let store = w.reopen().await.unwrap();
    let caller = w.admin();
    assert_eq!(store.workbooks(&caller, &page(1, 2)).await.unwrap().total, 3);
    assert_eq!(store.views(&caller, &page(1, 2)).await.unwrap().total, 3);
    assert_eq!(store.datasources(&caller, &page(1, 1)).await.unwrap().total, 1);
    let w = World { store, ..w };
    w.workbook("Five").await;
    w.assert_sound().await;
}

async fn a_wrong_tally_is_found(w: World) {
    w.workbook("Sales").await;
    let wrong = "error: the tally of workbooks on site `Default` is not what there is; \
         totals of lists are off by the difference; nothing else is wrong";
    for (damage, repair) in [
        ("content_tally SET n = n + 1", "content_tally SET n = n - 1"),
        ("content_tally SET sheets = 0", "content_tally SET sheets = 1"),
        ("site_tally SET n = n + 1", "site_tally SET n = n - 1"),
        ("site_tally SET sheets = 7", "site_tally SET sheets = 1"),
    ] {
        w.batch(&format!("UPDATE {damage}")).await;
        assert_eq!(findings(&w).await, [wrong], "{damage}");
        w.batch(&format!("UPDATE {repair}")).await;
        assert_eq!(findings(&w).await, [""; 0], "{repair}");
    }
}

async fn the_tally_of_a_site_goes_with_it(w: World) {
    w.workbook("Stays").await;
    let new = NewSite {
        name: "Other".to_owned(),
        content_url: "other".to_owned(),
        ..NewSite::default()
    };
    let site = w.store.create_site(new, NOW).await.unwrap().id;
    let project = w.store.default_project(site).await.unwrap().id;
    let caller = Caller { site, ..w.admin() };
    for name in ["A", "B"] {
        w.publish(&caller, project, name, false, b"x").await.unwrap();
    }
    assert_eq!(w.store.workbooks(&caller, &page(1, 1)).await.unwrap().total, 2);
    assert_eq!(w.store.workbooks(&w.admin(), &page(1, 1)).await.unwrap().total, 1);
    w.store.delete_site(site, NOW).await.unwrap();
    assert_eq!(w.store.workbooks(&caller, &page(1, 1)).await.unwrap().total, 0);
    assert_eq!(w.store.workbooks(&w.admin(), &page(1, 1)).await.unwrap().total, 1);
    w.assert_sound().await;
}
