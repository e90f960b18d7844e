//! Publishing, revisions, quotas, connections, uploads.

use futures_util::StreamExt;
use vivant_model::{Capability, CapabilitySet, ContentKind, Grantee, Rule, SiteRole};
use vivant_store::{
    Caller, ConnectionChanges, DatasourceChanges, DatasourceField, Error, Forbidden, NewConnection, NewSite,
    NewView, PublishDatasource, Secret, SiteChanges, UploadId, What, WorkbookChanges,
};

use crate::harness::{DAY, NOW, World, conflict_id, on_both, publish_workbook, sheet};

on_both!(
    a_workbook_is_published,
    overwriting_keeps_what_belongs_to_the_workbook,
    content_urls_are_unique_on_a_site,
    names_are_unique_in_a_project,
    surplus_revisions_go,
    the_quota_holds_all_revisions,
    of_publishers_at_once_one_wins,
    a_workbook_is_changed_and_deleted,
    a_view_has_a_thumbnail_and_counts_looks,
    a_data_source_is_published,
    connections_to_one_database_change_together,
    a_password_is_kept_only_encrypted,
    tags_are_compared_without_regard_to_case,
    a_file_is_uploaded_in_chunks,
    an_upload_survives_what_breaks_off,
    a_taken_upload_does_not_change_any_more,
    an_object_is_read_in_parts,
);

async fn a_workbook_is_published(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let book = w
        .publish(&w.caller(&ann), w.project, "World Indicators", false, b"first")
        .await
        .unwrap();
    assert_eq!(
        (book.name.as_str(), book.content_url.as_str()),
        ("World Indicators", "WorldIndicators")
    );
    assert_eq!(
        (book.owner.id, book.owner.name.as_str(), book.project.id),
        (ann.id, "ann", w.project)
    );
    assert_eq!((book.size_bytes, book.revision, book.sheet_count), (5, 1, 1));
    assert_eq!(
        (book.file_name.as_str(), book.has_extracts),
        ("World Indicators.twbx", true)
    );
    let views = w.store.workbook_views(&w.admin(), book.id, true).await.unwrap();
    let urls: Vec<_> = views
        .iter()
        .map(|v| (v.content_url.as_str(), v.hidden, v.index))
        .collect();
    assert_eq!(
        urls,
        [
            ("WorldIndicators/sheets/Sheet1", false, 0),
            ("WorldIndicators/sheets/Hidden", true, 1)
        ]
    );
    assert_eq!(book.default_view, Some(views[0].id));
    assert_eq!(views[0].owner, book.owner);
    assert_eq!(
        w.store
            .workbook_views(&w.admin(), book.id, false)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(w.read(book.id, None).await, b"first");
    assert_eq!(
        w.store
            .workbook_by_content_url(w.site, "worldindicators")
            .await
            .unwrap(),
        Some(book.clone())
    );
    // Another site sees nothing of it.
    let new = NewSite {
        name: "B".to_owned(),
        content_url: "b".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    assert_eq!(w.store.workbook(other, book.id).await.unwrap(), None);
    assert_eq!(
        w.store.workbook_content(other, book.id, None).await.unwrap(),
        None
    );
    w.assert_sound().await;
}

async fn overwriting_keeps_what_belongs_to_the_workbook(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let first = w.workbook("Sales").await;
    let rules = [Rule {
        grantee: Grantee::User(ann.id),
        allow: CapabilitySet::of(&[Capability::Write]),
        deny: CapabilitySet::EMPTY,
    }];
    w.store
        .set_rules(w.site, ContentKind::Workbook, first.id.0, &rules, NOW)
        .await
        .unwrap();
    w.store
        .add_tags(w.site, ContentKind::Workbook, first.id.0, &["q1".to_owned()], NOW)
        .await
        .unwrap();
    let old_views = w.store.workbook_views(&w.admin(), first.id, true).await.unwrap();

    let caller = w.caller(&ann);
    let mut publish = publish_workbook(&caller, w.project, "SALES", true, w.spool(b"second!").await);
    publish.sheets = vec![sheet("New"), sheet("Sheet 1")];
    publish.default_view = Some("Sheet 1".to_owned());
    let published = w.store.publish_workbook(publish, NOW + 1).await.unwrap();
    let second = published.workbook;
    assert!(!published.created);
    assert_eq!(
        (second.id, second.content_url.as_str(), second.revision),
        (first.id, "Sales", 2)
    );
    assert_eq!(
        (second.owner.id, second.size_bytes, &second.tags),
        (ann.id, 7, &vec!["q1".to_owned()])
    );
    assert_eq!((second.created_at, second.updated_at), (NOW, NOW + 1));
    assert_eq!(
        w.store.rules(ContentKind::Workbook, first.id.0).await.unwrap(),
        rules
    );
    let views = w.store.workbook_views(&w.admin(), first.id, true).await.unwrap();
    assert_eq!(
        views.iter().map(|v| v.name.as_str()).collect::<Vec<_>>(),
        ["New", "Sheet 1"]
    );
    assert_eq!((views[1].id, views[1].created_at), (old_views[0].id, NOW));
    assert_eq!(second.default_view, Some(views[1].id));
    assert_eq!(w.store.view(w.site, old_views[1].id).await.unwrap(), None);

    assert_eq!(w.read(first.id, None).await, b"second!");
    assert_eq!(w.read(first.id, Some(1)).await, b"workbook");
    let revisions = w.store.workbook_revisions(w.site, first.id).await.unwrap();
    let seen: Vec<_> = revisions
        .iter()
        .map(|r| (r.number, r.current, r.size_bytes))
        .collect();
    assert_eq!(seen, [(1, false, 8), (2, true, 7)]);
    assert_eq!(revisions[1].publisher.as_ref().unwrap().id, ann.id);
    assert_eq!(w.store.site_usage(w.site).await.unwrap().storage_bytes, 15);
    w.store
        .delete_workbook_revision(w.site, first.id, 1, NOW)
        .await
        .unwrap();
    let refused = w.store.delete_workbook_revision(w.site, first.id, 2, NOW).await;
    assert!(
        matches!(refused, Err(Error::Forbidden(Forbidden::CurrentRevision))),
        "{refused:?}"
    );
    assert_eq!(w.store.site_usage(w.site).await.unwrap().storage_bytes, 7);
    w.assert_sound().await;
}

async fn content_urls_are_unique_on_a_site(w: World) {
    let a = w.project("A", None).await;
    let b = w.project("B", None).await;
    let mut urls = Vec::new();
    for (project, name) in [
        (w.project, "Sales %"),
        (a, "Sales"),
        (b, "sales"),
        (b, "Sales_1"),
        (a, "S_les"),
    ] {
        urls.push(
            w.publish(&w.admin(), project, name, false, b"x")
                .await
                .unwrap()
                .content_url,
        );
    }
    assert_eq!(urls, ["Sales", "Sales_1", "sales_2", "Sales_1_1", "S_les"]);
    // A renamed workbook keeps its address, and the name is free again.
    let book = w
        .store
        .workbook_by_content_url(w.site, "Sales")
        .await
        .unwrap()
        .unwrap();
    let rename = WorkbookChanges {
        name: Some("Other".to_owned()),
        ..WorkbookChanges::default()
    };
    assert_eq!(
        w.store
            .update_workbook(w.site, book.id, rename, NOW)
            .await
            .unwrap()
            .content_url,
        "Sales"
    );
    // Data sources have addresses of their own.
    assert_eq!(w.datasource("Sales", Vec::new()).await.content_url, "Sales");
}

async fn names_are_unique_in_a_project(w: World) {
    let a = w.project("A", None).await;
    let here = w.workbook("Sales").await;
    let again = w.publish(&w.admin(), w.project, "sales", false, b"x").await;
    assert_eq!(conflict_id(again), here.id.to_string());
    let there = w.publish(&w.admin(), a, "Sales", false, b"x").await.unwrap();
    let moved = WorkbookChanges {
        project: Some(w.project),
        ..WorkbookChanges::default()
    };
    assert_eq!(
        conflict_id(w.store.update_workbook(w.site, there.id, moved, NOW).await),
        here.id.to_string()
    );
    let nowhere = w
        .publish(&w.admin(), vivant_model::ProjectId(w.site.0), "X", false, b"x")
        .await;
    assert!(
        matches!(nowhere, Err(Error::NotFound(What::Project))),
        "{nowhere:?}"
    );
    w.assert_sound().await;
}

async fn surplus_revisions_go(w: World) {
    let limit = |n| SiteChanges {
        revision_limit: Some(n),
        ..SiteChanges::default()
    };
    w.store.update_site(w.site, limit(3), NOW).await.unwrap();
    let publish = async |bytes: &[u8]| {
        w.publish(&w.admin(), w.project, "Sales", true, bytes)
            .await
            .unwrap()
    };
    let mut book = publish(b"1").await;
    for bytes in [&b"22"[..], b"333", b"4444", b"55555"] {
        book = publish(bytes).await;
    }
    let numbers = async || {
        let revisions = w.store.workbook_revisions(w.site, book.id).await.unwrap();
        revisions.iter().map(|r| r.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers().await, [3, 4, 5]);
    assert_eq!(w.store.site_usage(w.site).await.unwrap().storage_bytes, 12);
    assert_eq!(w.store.sweep(NOW, 0).await.unwrap().objects, 2);
    let off = SiteChanges {
        revision_history_enabled: Some(false),
        ..SiteChanges::default()
    };
    w.store.update_site(w.site, off, NOW).await.unwrap();
    publish(b"6").await;
    assert_eq!(numbers().await, [6]);
    w.assert_sound().await;
}

async fn the_quota_holds_all_revisions(w: World) {
    w.limit_storage(1).await;
    let bytes = vec![7; 600 * 1024];
    w.publish(&w.admin(), w.project, "Sales", false, &bytes)
        .await
        .unwrap();
    for (name, overwrite) in [("Other", false), ("Sales", true)] {
        let refused = w.publish(&w.admin(), w.project, name, overwrite, &bytes).await;
        let expected = (600 * 1024, 1024 * 1024, 600 * 1024);
        match refused {
            Err(Error::QuotaExceeded {
                used_bytes,
                quota_bytes,
                needed_bytes,
            }) => {
                assert_eq!((used_bytes, quota_bytes, needed_bytes), expected);
            }
            other => panic!("expected the quota to be exceeded, found {other:?}"),
        }
    }
    // Without a history the old revision makes room for the new one.
    let off = SiteChanges {
        revision_history_enabled: Some(false),
        ..SiteChanges::default()
    };
    w.store.update_site(w.site, off, NOW).await.unwrap();
    w.publish(&w.admin(), w.project, "Sales", true, &bytes)
        .await
        .unwrap();
    w.assert_sound().await;
}

async fn of_publishers_at_once_one_wins(w: World) {
    let publish = |bytes: &'static [u8]| {
        let (store, caller, project) = (w.store.clone(), w.admin(), w.project);
        async move {
            let mut spool = store.content().spool().await.unwrap();
            spool.write(bytes).await.unwrap();
            let file = spool.finish().await.unwrap();
            store
                .publish_workbook(publish_workbook(&caller, project, "Sales", false, file), NOW)
                .await
        }
    };
    let tasks: Vec<_> = [&b"a"[..], b"b", b"c", b"d", b"e", b"f"]
        .map(|b| tokio::spawn(publish(b)))
        .into();
    let mut won = Vec::new();
    let mut lost = Vec::new();
    for task in tasks {
        match task.await.unwrap() {
            Ok(published) => won.push(published.workbook.id.to_string()),
            outcome => lost.push(conflict_id(outcome.map(drop))),
        }
    }
    assert_eq!((won.len(), lost.len()), (1, 5));
    assert!(lost.iter().all(|id| *id == won[0]));
    w.assert_sound().await;
}

async fn a_workbook_is_changed_and_deleted(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let a = w.project("A", None).await;
    let book = w.workbook("Sales").await;
    let changes = WorkbookChanges {
        name: Some("Trade".to_owned()),
        description: Some("all of it".to_owned()),
        project: Some(a),
        owner: Some(ann.id),
        show_tabs: Some(false),
    };
    let changed = w
        .store
        .update_workbook(w.site, book.id, changes, NOW + 9)
        .await
        .unwrap();
    assert_eq!(
        (changed.name.as_str(), changed.description.as_str()),
        ("Trade", "all of it")
    );
    assert_eq!((changed.project.id, changed.owner.id), (a, ann.id));
    assert_eq!(
        (changed.show_tabs, changed.encrypt_extracts, changed.updated_at),
        (false, false, NOW + 9)
    );
    assert_eq!(w.store.workbook(w.site, book.id).await.unwrap(), Some(changed));
    w.store.delete_workbook(w.site, book.id, NOW).await.unwrap();
    assert_eq!(w.store.workbook(w.site, book.id).await.unwrap(), None);
    let again = w.store.delete_workbook(w.site, book.id, NOW).await;
    assert!(matches!(again, Err(Error::NotFound(What::Workbook))), "{again:?}");
    assert_eq!(w.store.site_usage(w.site).await.unwrap().storage_bytes, 0);
    w.assert_sound().await;
}

async fn a_view_has_a_thumbnail_and_counts_looks(w: World) {
    let caller = w.admin();
    let mut publish = publish_workbook(&caller, w.project, "Sales", false, w.spool(b"x").await);
    publish.sheets = vec![
        NewView {
            thumbnail: Some(b"png".to_vec()),
            ..sheet("A")
        },
        sheet("B"),
    ];
    let book = w.store.publish_workbook(publish, NOW).await.unwrap().workbook;
    let views = w.store.workbook_views(&caller, book.id, false).await.unwrap();
    assert_eq!(
        w.store.thumbnail(w.site, views[0].id).await.unwrap().as_deref(),
        Some(&b"png"[..])
    );
    assert_eq!(w.store.thumbnail(w.site, views[1].id).await.unwrap(), None);
    w.store
        .set_thumbnail(w.site, views[1].id, b"later".to_vec())
        .await
        .unwrap();
    assert_eq!(
        w.store.thumbnail(w.site, views[1].id).await.unwrap().as_deref(),
        Some(&b"later"[..])
    );
    for _ in 0..3 {
        w.store.count_view(w.site, views[0].id).await.unwrap();
    }
    assert_eq!(
        w.store
            .view(w.site, views[0].id)
            .await
            .unwrap()
            .unwrap()
            .total_views,
        3
    );
}

async fn a_data_source_is_published(w: World) {
    let caller = w.admin();
    let field = |name: &str, formula: Option<&str>| DatasourceField {
        name: name.to_owned(),
        datatype: "real".to_owned(),
        role: "measure".to_owned(),
        formula: formula.map(str::to_owned),
        ..DatasourceField::default()
    };
    let publish = PublishDatasource {
        caller: &caller,
        project: w.project,
        name: "Orders".to_owned(),
        owner: caller.user,
        description: Some("d".to_owned()),
        overwrite: false,
        file: w.spool(b"tds").await,
        file_type: "tds".to_owned(),
        has_extracts: false,
        encrypt_extracts: None,
        use_remote_query_agent: true,
        connections: vec![NewConnection {
            class: "postgres".to_owned(),
            ..NewConnection::default()
        }],
        fields: vec![field("Sales", None), field("Margin", Some("[Profit]/[Sales]"))],
        tables: vec!["public.orders".to_owned()],
    };
    let orders = w.store.publish_datasource(publish, NOW).await.unwrap().datasource;
    assert_eq!(
        (
            orders.class.as_str(),
            orders.fields_count,
            orders.file_name.as_str()
        ),
        ("postgres", 2, "Orders.tds")
    );
    assert!(orders.use_remote_query_agent);
    let fields = w.store.datasource_fields(w.site, orders.id).await.unwrap();
    assert_eq!(
        fields,
        [field("Sales", None), field("Margin", Some("[Profit]/[Sales]"))]
    );
    let changes = DatasourceChanges {
        is_certified: Some(true),
        certification_note: Some(Some("by finance".to_owned())),
        ..DatasourceChanges::default()
    };
    let changed = w
        .store
        .update_datasource(w.site, orders.id, changes, NOW)
        .await
        .unwrap();
    assert_eq!(
        (changed.is_certified, changed.certification_note.as_deref()),
        (true, Some("by finance"))
    );

    // A workbook that names it by its address is connected to it.
    let mut publish = publish_workbook(&caller, w.project, "Sales", false, w.spool(b"x").await);
    publish.connections = vec![NewConnection {
        class: "sqlproxy".to_owned(),
        datasource_name: "sqlproxy.1".to_owned(),
        published_content_url: Some("ORDERS".to_owned()),
        ..NewConnection::default()
    }];
    let book = w.store.publish_workbook(publish, NOW).await.unwrap().workbook;
    let connections = w.store.workbook_connections(w.site, book.id).await.unwrap();
    assert_eq!(
        (
            connections[0].datasource_id,
            connections[0].datasource_name.as_str()
        ),
        (Some(orders.id), "Orders")
    );
    let found = w
        .store
        .datasource_by_content_url(w.site, "orders")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((found.id, found.connected_workbooks), (orders.id, 1));
    w.store.delete_datasource(w.site, orders.id, NOW).await.unwrap();
    let connections = w.store.workbook_connections(w.site, book.id).await.unwrap();
    // Without it the workbook's own data source stands there again.
    assert_ne!(connections[0].datasource_id, Some(orders.id));
    assert_eq!(connections[0].datasource_name, "sqlproxy.1");
    w.assert_sound().await;
}

fn postgres(server: &str, password: Option<&str>) -> NewConnection {
    NewConnection {
        class: "postgres".to_owned(),
        server: server.to_owned(),
        port: Some(5432),
        username: "reader".to_owned(),
        password: password.map(Secret::from),
        embed: password.is_some(),
        dbname: "sales".to_owned(),
        ..NewConnection::default()
    }
}

async fn connections_to_one_database_change_together(w: World) {
    let three = vec![
        postgres("a", Some("one")),
        postgres("a", None),
        postgres("b", None),
    ];
    let orders = w.datasource("Orders", three).await;
    let before = w.store.datasource_connections(w.site, orders.id).await.unwrap();
    assert_eq!(
        before.iter().map(|c| c.password.is_some()).collect::<Vec<_>>(),
        [true, false, false]
    );
    let changes = ConnectionChanges {
        server: Some("c".to_owned()),
        port: Some(None),
        username: Some("writer".to_owned()),
        password: Some("two".into()),
        ..ConnectionChanges::default()
    };
    let changed = w
        .store
        .update_datasource_connection(w.site, orders.id, before[1].id, changes, NOW)
        .await
        .unwrap();
    assert_eq!(
        (changed.id, changed.server.as_str(), changed.port),
        (before[1].id, "c", None)
    );
    let after = w.store.datasource_connections(w.site, orders.id).await.unwrap();
    assert_eq!(
        after.iter().map(|c| c.server.as_str()).collect::<Vec<_>>(),
        ["c", "c", "b"]
    );
    assert!(after[0].password.is_some() && after[0].password != before[0].password);
    for connection in &after[..2] {
        let password = w
            .store
            .connection_password(w.site, connection.id)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(password.reveal(), "two");
    }
    assert!(
        w.store
            .connection_password(w.site, after[2].id)
            .await
            .unwrap()
            .is_none()
    );
    let forget = ConnectionChanges {
        embed: Some(false),
        ..ConnectionChanges::default()
    };
    w.store
        .update_datasource_connection(w.site, orders.id, after[0].id, forget, NOW)
        .await
        .unwrap();
    let after = w.store.datasource_connections(w.site, orders.id).await.unwrap();
    assert!(after.iter().all(|c| c.password.is_none() && !c.embed));
    let other = w.datasource("Other", Vec::new()).await;
    let wrong = w
        .store
        .update_datasource_connection(w.site, other.id, after[0].id, ConnectionChanges::default(), NOW)
        .await;
    assert!(
        matches!(wrong, Err(Error::NotFound(What::Connection))),
        "{wrong:?}"
    );
}

async fn a_password_is_kept_only_encrypted(w: World) {
    let orders = w
        .datasource("Orders", vec![postgres("a", Some("hunter2-in-the-clear"))])
        .await;
    let connection = w
        .store
        .datasource_connections(w.site, orders.id)
        .await
        .unwrap()
        .remove(0);
    let read = w
        .store
        .connection_password(w.site, connection.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read.reveal(), "hunter2-in-the-clear");
    assert!(!format!("{:?}", postgres("a", Some("x")).password).contains('x'));
    w.store.clone().close().await;
    let mut files = vec![w.dir.path().to_owned()];
    while let Some(path) = files.pop() {
        if path.is_dir() {
            files.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(20).any(|part| part == b"hunter2-in-the-clear"),
                "{}",
                path.display()
            );
        }
    }
}

async fn tags_are_compared_without_regard_to_case(w: World) {
    let book = w.workbook("Sales").await;
    let view = w.store.workbook_views(&w.admin(), book.id, false).await.unwrap()[0].id;
    for (kind, id) in [(ContentKind::Workbook, book.id.0), (ContentKind::View, view.0)] {
        let tag = |text: &[&str]| text.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        let now = w
            .store
            .add_tags(w.site, kind, id, &tag(&["b", "A"]), NOW)
            .await
            .unwrap();
        assert_eq!(now, ["A", "b"]);
        let now = w
            .store
            .add_tags(w.site, kind, id, &tag(&["B", "c d"]), NOW)
            .await
            .unwrap();
        assert_eq!(now, ["A", "b", "c d"]);
        w.store.delete_tag(w.site, kind, id, "a").await.unwrap();
        let again = w.store.delete_tag(w.site, kind, id, "a").await;
        assert!(matches!(again, Err(Error::NotFound(What::Tag))), "{again:?}");
    }
    assert_eq!(
        w.store.workbook(w.site, book.id).await.unwrap().unwrap().tags,
        ["b", "c d"]
    );
    assert_eq!(
        w.store.view(w.site, view).await.unwrap().unwrap().tags,
        ["b", "c d"]
    );
}

async fn a_file_is_uploaded_in_chunks(w: World) {
    let caller = w.admin();
    let upload = w.store.create_upload(&caller, NOW).await.unwrap();
    assert_eq!(
        upload.to_string().parse::<vivant_store::UploadId>().unwrap(),
        upload
    );
    let mut total = 0;
    for chunk in [&b"one "[..], b"two ", b"", b"three"] {
        total = append(&w, &caller, &upload, chunk).await;
    }
    assert_eq!(total, 13);
    let ann = w.user("ann", SiteRole::Creator).await;
    let stranger = w.store.take_upload(&w.caller(&ann), &upload, NOW).await;
    assert!(matches!(stranger, Err(Error::UploadNotFound)), "{stranger:?}");
    for _ in 0..2 {
        let file = w.store.take_upload(&caller, &upload, NOW).await.unwrap();
        assert_eq!(std::fs::read(file.path()).unwrap(), b"one two three");
    }
    w.store.finish_upload(&caller, &upload, NOW).await.unwrap();
    let gone = w.store.take_upload(&caller, &upload, NOW).await;
    assert!(matches!(gone, Err(Error::UploadNotFound)), "{gone:?}");
    // In a folder the chunks became one object.
    assert_eq!(w.store.sweep(NOW, 0).await.unwrap().objects, 1);

    let upload = w.store.create_upload(&caller, NOW).await.unwrap();
    w.store
        .append_upload(&caller, &upload, w.spool(b"late").await, NOW)
        .await
        .unwrap();
    let late = w
        .store
        .append_upload(&caller, &upload, w.spool(b"later").await, NOW + DAY)
        .await;
    assert!(matches!(late, Err(Error::UploadNotFound)), "{late:?}");
    let swept = w.store.sweep(NOW + DAY, 0).await.unwrap();
    assert_eq!((swept.uploads, swept.objects), (1, 1));
    w.assert_sound().await;
}

async fn append(w: &World, caller: &Caller, upload: &UploadId, chunk: &[u8]) -> u64 {
    let mut spool = w.store.open_chunk(caller, upload, NOW).await.unwrap();
    spool.write(chunk).await.unwrap();
    let chunk = spool.finish().await.unwrap();
    w.store.append_upload(caller, upload, chunk, NOW).await.unwrap()
}

async fn an_upload_survives_what_breaks_off(w: World) {
    let caller = w.admin();
    let upload = w.store.create_upload(&caller, NOW).await.unwrap();
    assert_eq!(append(&w, &caller, &upload, b"first ").await, 6);
    // A chunk that broke off leaves nothing that counts, whatever of it has reached the disk.
    let mut spool = w.store.open_chunk(&caller, &upload, NOW).await.unwrap();
    spool.write(&vec![b'x'; 3 << 20]).await.unwrap();
    drop(spool);
    assert_eq!(append(&w, &caller, &upload, b"second ").await, 13);
    // Two at the same time: both are there, whole.
    let mut one = w.store.open_chunk(&caller, &upload, NOW).await.unwrap();
    assert_eq!(append(&w, &caller, &upload, b"third ").await, 19);
    one.write(b"fourth ").await.unwrap();
    let one = one.finish().await.unwrap();
    assert_eq!(
        w.store.append_upload(&caller, &upload, one, NOW).await.unwrap(),
        26
    );
    let taken = w.store.take_upload(&caller, &upload, NOW).await.unwrap();
    let text = std::fs::read_to_string(taken.path()).unwrap();
    assert_eq!(text.len() as u64, taken.size());
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    assert_eq!(words, ["first", "fourth", "second", "third"]);
    drop(taken);
    w.assert_sound().await;
}

async fn a_taken_upload_does_not_change_any_more(w: World) {
    let caller = w.admin();
    let upload = w.store.create_upload(&caller, NOW).await.unwrap();
    append(&w, &caller, &upload, b"all of ").await;
    append(&w, &caller, &upload, b"it").await;
    let taken = w.store.take_upload(&caller, &upload, NOW).await.unwrap();
    assert_eq!(append(&w, &caller, &upload, b", and more").await, 19);
    assert_eq!(std::fs::read(taken.path()).unwrap(), b"all of it");
    let again = w.store.take_upload(&caller, &upload, NOW).await.unwrap();
    assert_eq!(std::fs::read(again.path()).unwrap(), b"all of it, and more");
    drop((taken, again));
    w.store.finish_upload(&caller, &upload, NOW).await.unwrap();
    w.store.sweep(NOW, 0).await.unwrap();
    w.assert_sound().await;
}

async fn an_object_is_read_in_parts(w: World) {
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let book = w
        .publish(&w.admin(), w.project, "Sales", false, &bytes)
        .await
        .unwrap();
    let file = w.file(book.id).await;
    for range in [
        None,
        Some(0..10),
        Some(1_000_000..2_500_001),
        Some(2_999_999..3_000_000),
        Some(5..5),
    ] {
        let (size, mut stream) = w.store.content().open(&file.key, range.clone()).await.unwrap();
        assert_eq!(size, 3_000_000);
        let mut read = Vec::new();
        while let Some(part) = stream.next().await {
            read.extend_from_slice(&part.unwrap());
        }
        let range = range.unwrap_or(0..3_000_000);
        assert_eq!(read, bytes[range.start as usize..range.end as usize]);
    }
    for key in ["../../../../etc/passwd", "", "ABCDEFABCDEFABCDEFABCDEFABCDEFAB"] {
        assert!(matches!(
            w.store.content().open(key, None).await,
            Err(Error::NotFound(What::Object))
        ));
    }
}
