//! Projects: nesting, moving, deleting. What locking does stands in `permissions`.

use vivant_model::{ContentKind, SiteRole};
use vivant_store::projects::MAX_DEPTH;
use vivant_store::{ContentCounts, Error, Forbidden, ListQuery, ProjectChanges, What};

use crate::harness::{NOW, World, conflict_id, filtered, new_project, on_both};

on_both!(
    projects_nest,
    names_are_unique_among_siblings,
    a_project_does_not_go_into_itself,
    the_default_project_stays,
    a_deleted_project_takes_all_with_it,
    contents_are_counted,
);

fn moved(parent: Option<vivant_model::ProjectId>) -> ProjectChanges {
    ProjectChanges {
        parent: Some(parent),
        ..ProjectChanges::default()
    }
}

async fn projects_nest(w: World) {
    let a = w.project("A", None).await;
    let b = w.project("B", Some(a)).await;
    let c = w.store.project_by_path(w.site, "a/B").await.unwrap().unwrap();
    assert_eq!((c.id, c.parent), (b, Some(a)));
    assert_eq!(w.store.project_by_path(w.site, "A/X").await.unwrap(), None);
    let top = filtered("topLevelProject", vivant_store::Op::Eq, &["true"]);
    assert_eq!(w.store.projects(&w.admin(), &top).await.unwrap().total, 2);
    let nested = filtered("parentProjectId", vivant_store::Op::Eq, &[&a.to_string()]);
    assert_eq!(
        w.store.projects(&w.admin(), &nested).await.unwrap().items[0].id,
        b
    );
    let renamed = ProjectChanges {
        name: Some("BB".to_owned()),
        description: Some("d".to_owned()),
        parent: Some(None),
        ..ProjectChanges::default()
    };
    let renamed = w.store.update_project(w.site, b, renamed, NOW + 1).await.unwrap();
    assert_eq!(
        (
            renamed.name.as_str(),
            renamed.description.as_str(),
            renamed.parent
        ),
        ("BB", "d", None)
    );
    assert_eq!((renamed.created_at, renamed.updated_at), (NOW, NOW + 1));
}

async fn names_are_unique_among_siblings(w: World) {
    let a = w.project("A", None).await;
    let b = w.project("B", None).await;
    let inner = w.project("A", Some(a)).await;
    let again = w
        .store
        .create_project(w.site, new_project("a", None, w.admin), NOW)
        .await;
    assert_eq!(conflict_id(again), a.to_string());
    let again = w
        .store
        .create_project(w.site, new_project("a", Some(a), w.admin), NOW)
        .await;
    assert_eq!(conflict_id(again), inner.to_string());
    assert_eq!(
        conflict_id(w.store.update_project(w.site, inner, moved(None), NOW).await),
        a.to_string()
    );
    let rename = ProjectChanges {
        name: Some("a".to_owned()),
        ..ProjectChanges::default()
    };
    assert_eq!(
        conflict_id(w.store.update_project(w.site, b, rename, NOW).await),
        a.to_string()
    );
}

async fn a_project_does_not_go_into_itself(w: World) {
    let mut line = vec![w.project("P1", None).await];
    for n in 2..=MAX_DEPTH {
        line.push(w.project(&format!("P{n}"), line.last().copied()).await);
    }
    let deep = w
        .store
        .create_project(w.site, new_project("X", line.last().copied(), w.admin), NOW)
        .await;
    assert!(
        matches!(deep, Err(Error::Forbidden(Forbidden::ProjectTooDeep))),
        "{deep:?}"
    );
    let cycle = w
        .store
        .update_project(w.site, line[0], moved(Some(line[3])), NOW)
        .await;
    assert!(
        matches!(cycle, Err(Error::Forbidden(Forbidden::ProjectCycle))),
        "{cycle:?}"
    );
    let cycle = w
        .store
        .update_project(w.site, line[0], moved(Some(line[0])), NOW)
        .await;
    assert!(
        matches!(cycle, Err(Error::Forbidden(Forbidden::ProjectCycle))),
        "{cycle:?}"
    );
    let two = w.project("Q1", None).await;
    w.project("Q2", Some(two)).await;
    let deep = w
        .store
        .update_project(w.site, two, moved(Some(line[MAX_DEPTH - 2])), NOW)
        .await;
    assert!(
        matches!(deep, Err(Error::Forbidden(Forbidden::ProjectTooDeep))),
        "{deep:?}"
    );
    w.store
        .update_project(w.site, two, moved(Some(line[MAX_DEPTH - 3])), NOW)
        .await
        .unwrap();
    let nowhere = w
        .store
        .update_project(w.site, two, moved(Some(vivant_model::ProjectId(w.site.0))), NOW)
        .await;
    assert!(
        matches!(nowhere, Err(Error::NotFound(What::Project))),
        "{nowhere:?}"
    );
}

async fn the_default_project_stays(w: World) {
    let a = w.project("A", None).await;
    let rename = ProjectChanges {
        name: Some("Other".to_owned()),
        ..ProjectChanges::default()
    };
    for refused in [
        w.store
            .update_project(w.site, w.project, rename, NOW)
            .await
            .map(drop),
        w.store
            .update_project(w.site, w.project, moved(Some(a)), NOW)
            .await
            .map(drop),
        w.store.delete_project(w.site, w.project, NOW).await,
    ] {
        assert!(
            matches!(refused, Err(Error::Forbidden(Forbidden::DefaultProject))),
            "{refused:?}"
        );
    }
    let text = ProjectChanges {
        description: Some("ours".to_owned()),
        ..ProjectChanges::default()
    };
    assert_eq!(
        w.store
            .update_project(w.site, w.project, text, NOW)
            .await
            .unwrap()
            .description,
        "ours"
    );
}

async fn a_deleted_project_takes_all_with_it(w: World) {
    let a = w.project("A", None).await;
    let b = w.project("B", Some(a)).await;
    let book = w.publish(&w.admin(), b, "Sales", false, b"12345").await.unwrap();
    let kept = w.workbook("Kept").await;
    w.store.delete_project(w.site, a, NOW).await.unwrap();
    assert_eq!(w.store.project(w.site, b).await.unwrap(), None);
    assert_eq!(w.store.workbook(w.site, book.id).await.unwrap(), None);
    assert_eq!(
        w.store.site_usage(w.site).await.unwrap().storage_bytes,
        kept.size_bytes
    );
    assert_eq!(w.store.sweep(NOW, 0).await.unwrap().objects, 1);
    w.assert_sound().await;
}

async fn contents_are_counted(w: World) {
    let a = w.project("A", None).await;
    w.project("B", Some(a)).await;
    w.publish(&w.admin(), a, "One", false, b"1").await.unwrap();
    w.publish(&w.admin(), a, "Two", false, b"2").await.unwrap();
    let query = ListQuery {
        with_counts: true,
        ..filtered("name", vivant_store::Op::Eq, &["A"])
    };
    let found = w.store.projects(&w.admin(), &query).await.unwrap();
    let counts = ContentCounts {
        projects: 1,
        workbooks: 2,
        views: 2,
        datasources: 0,
    };
    assert_eq!(found.items[0].counts, Some(counts));
    // A viewer sees the project through the rules that it began with.
    let ann = w.user("ann", SiteRole::Viewer).await;
    assert_eq!(
        w.store
            .projects(&w.caller(&ann), &query)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    w.store
        .set_rules(w.site, ContentKind::Project, a.0, &[], NOW)
        .await
        .unwrap();
    assert_eq!(
        w.store
            .projects(&w.caller(&ann), &query)
            .await
            .unwrap()
            .items
            .len(),
        0
    );
}
