//! Filters, sort keys and pages.

use vivant_model::{ContentKind, SiteRole};
use vivant_store::{
    DatasourceChanges, Error, Field, FieldKind, Filter, FilterValue, ListQuery, NewConnection, Op, Page,
    Result, SortKey, datasources, groups, projects, users, views, workbooks,
};

use crate::harness::{NOW, World, all, error, filtered, on_both, page, sorted};

on_both!(
    every_field_filters_and_sorts,
    pages_follow_each_other,
    text_is_compared_by_the_rules,
    several_keys_sort,
    tags_and_owners_filter,
    data_sources_are_found_by_their_connections,
    bad_filters_are_refused,
    users_filter_by_role_and_login,
);

/// A value that fits a field, for the sake of the question.
fn value(kind: FieldKind) -> FilterValue {
    match kind {
        FieldKind::Text => FilterValue::Text("a%_\\'b".to_owned()),
        FieldKind::Int => FilterValue::Int(1),
        FieldKind::Bool => FilterValue::Bool(true),
        FieldKind::Time => FilterValue::Time(NOW),
    }
}

async fn try_all<T>(fields: &[Field], list: impl AsyncFn(&ListQuery) -> Result<Page<T>>) {
    for field in fields {
        let ops: &[Op] = match field.kind {
            FieldKind::Text => &[Op::Eq, Op::In, Op::Has, Op::CiEq],
            FieldKind::Int | FieldKind::Time => &[Op::Eq, Op::In, Op::Gt, Op::Gte, Op::Lt, Op::Lte],
            FieldKind::Bool => &[Op::Eq, Op::In],
        };
        for op in ops {
            for descending in [false, true] {
                let filter = Filter {
                    field: field.name.to_owned(),
                    op: *op,
                    values: vec![value(field.kind)],
                };
                let query = ListQuery {
                    filters: vec![filter],
                    ..sorted(field.name, descending)
                };
                if let Err(e) = list(&query).await {
                    panic!("{} {op:?}: {e}", field.name);
                }
            }
        }
        let everything = list(&all()).await.unwrap().total;
        assert_eq!(
            list(&sorted(field.name, true)).await.unwrap().total,
            everything,
            "{}",
            field.name
        );
    }
}

async fn every_field_filters_and_sorts(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    w.workbook("Sales").await;
    w.datasource("Orders", vec![NewConnection::default()]).await;
    for caller in [w.admin(), w.caller(&ann)] {
        try_all(users::FIELDS, async |q| w.store.users(w.site, q).await).await;
        try_all(groups::FIELDS, async |q| w.store.groups(w.site, q).await).await;
        try_all(projects::FIELDS, async |q| w.store.projects(&caller, q).await).await;
        try_all(workbooks::FIELDS, async |q| w.store.workbooks(&caller, q).await).await;
        try_all(views::FIELDS, async |q| w.store.views(&caller, q).await).await;
        try_all(datasources::FIELDS, async |q| {
            w.store.datasources(&caller, q).await
        })
        .await;
    }
}

async fn names(w: &World, query: &ListQuery) -> Vec<String> {
    let page = w.store.workbooks(&w.admin(), query).await.unwrap();
    assert!(page.total >= page.items.len() as u64);
    page.items.into_iter().map(|book| book.name).collect()
}

fn sorted_names(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

async fn pages_follow_each_other(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    for n in 0..7 {
        w.workbook(&format!("W{n}")).await;
    }
    for caller in [w.admin(), w.caller(&ann)] {
        let mut seen = Vec::new();
        for number in 1..=3 {
            let part = w.store.workbooks(&caller, &page(number, 3)).await.unwrap();
            assert_eq!(part.total, 7);
            seen.extend(part.items.into_iter().map(|book| book.name));
        }
        seen.sort();
        assert_eq!(seen, ["W0", "W1", "W2", "W3", "W4", "W5", "W6"]);
        let past = w.store.workbooks(&caller, &page(4, 3)).await;
        assert!(matches!(past, Err(Error::PastLastPage)), "{past:?}");
        assert_eq!(w.store.workbooks(&caller, &page(7, 1)).await.unwrap().total, 7);
    }
    let none = filtered("name", Op::Eq, &["X"]);
    assert_eq!(
        w.store.workbooks(&w.admin(), &none).await.unwrap(),
        Page {
            items: Vec::new(),
            total: 0
        }
    );
}

async fn text_is_compared_by_the_rules(w: World) {
    let a = w.project("A", None).await;
    for name in ["Sales", "50% Off", "Ärger_1"] {
        w.workbook(name).await;
    }
    w.publish(&w.admin(), a, "SALES", false, b"x").await.unwrap();
    let found = async |op, values: &[&str]| {
        let mut found = names(&w, &filtered("name", op, values)).await;
        found.sort();
        found
    };
    assert_eq!(found(Op::Eq, &["Sales"]).await, ["Sales"]);
    assert_eq!(found(Op::Eq, &["sales"]).await, [""; 0]);
    assert_eq!(found(Op::CiEq, &["sales"]).await, ["SALES", "Sales"]);
    assert_eq!(found(Op::CiEq, &["ärger_1"]).await, ["Ärger_1"]);
    assert_eq!(
        found(Op::In, &["Sales", "50% Off", "X"]).await,
        ["50% Off", "Sales"]
    );
    assert_eq!(found(Op::Has, &["%"]).await, ["50% Off"]);
    assert_eq!(found(Op::Has, &["_"]).await, ["Ärger_1"]);
    assert_eq!(found(Op::Has, &["AL"]).await, ["SALES", "Sales"]);
    assert_eq!(found(Op::In, &[]).await, [""; 0]);
    assert_eq!(found(Op::Eq, &["Sales\0"]).await, [""; 0]);
}

async fn several_keys_sort(w: World) {
    for (name, size) in [("b", 2), ("C", 1), ("a", 2), ("Ä", 1)] {
        w.publish(&w.admin(), w.project, name, false, &vec![0; size])
            .await
            .unwrap();
    }
    assert_eq!(names(&w, &sorted("name", false)).await, ["a", "b", "C", "Ä"]);
    assert_eq!(names(&w, &sorted("name", true)).await, ["Ä", "C", "b", "a"]);
    let key = |field: &str, descending| SortKey {
        field: field.to_owned(),
        descending,
    };
    let query = ListQuery {
        sort: vec![key("size", true), key("name", false)],
        ..ListQuery::default()
    };
    assert_eq!(names(&w, &query).await, ["a", "b", "C", "Ä"]);
    // Missing values come first, and last when the order is turned round, on both databases.
    let ann = w.user("ann", SiteRole::Viewer).await;
    let new = vivant_store::NewSession {
        site: w.site,
        user: ann.id,
        via_token: None,
        impersonator: None,
    };
    w.store.create_session(new, NOW).await.unwrap();
    let users = async |descending| {
        let page = w
            .store
            .users(w.site, &sorted("lastLogin", descending))
            .await
            .unwrap();
        page.items.into_iter().map(|user| user.name).collect::<Vec<_>>()
    };
    assert_eq!(
        (users(false).await, users(true).await),
        (
            vec!["admin".into(), "ann".into()],
            vec!["ann".into(), "admin".into()]
        )
    );
}

async fn tags_and_owners_filter(w: World) {
    let ann = w.user("Ann", SiteRole::Creator).await;
    let one = w.workbook("One").await;
    w.publish(&w.caller(&ann), w.project, "Two", false, b"x")
        .await
        .unwrap();
    let tags = ["q1".to_owned(), "north".to_owned()];
    w.store
        .add_tags(w.site, ContentKind::Workbook, one.id.0, &tags, NOW)
        .await
        .unwrap();
    assert_eq!(names(&w, &filtered("tags", Op::Eq, &["q1"])).await, ["One"]);
    assert_eq!(
        names(&w, &filtered("tags", Op::In, &["q2", "north"])).await,
        ["One"]
    );
    assert_eq!(names(&w, &filtered("tags", Op::CiEq, &["Q1"])).await, ["One"]);
    assert_eq!(names(&w, &filtered("tags", Op::Eq, &["q"])).await, [""; 0]);
    assert_eq!(names(&w, &filtered("ownerName", Op::Eq, &["Ann"])).await, ["Two"]);
    let in_default = names(&w, &filtered("projectName", Op::CiEq, &["default"])).await;
    assert_eq!(sorted_names(in_default.into_iter()), ["One", "Two"]);
    let mut both = filtered("ownerName", Op::Eq, &["Ann"]);
    both.filters.extend(filtered("tags", Op::Eq, &["q1"]).filters);
    assert_eq!(names(&w, &both).await, [""; 0]);
    let views = w
        .store
        .views(
            &w.admin(),
            &filtered("contentUrl", Op::Eq, &["One/sheets/Sheet1"]),
        )
        .await
        .unwrap();
    assert_eq!((views.total, views.items[0].workbook.name.as_str()), (1, "One"));
    let owned = w
        .store
        .workbooks_of_user(w.site, ann.id, true, &all())
        .await
        .unwrap();
    assert_eq!((owned.total, owned.items[0].name.as_str()), (1, "Two"));
    assert_eq!(
        w.store
            .workbooks_of_user(w.site, ann.id, false, &all())
            .await
            .unwrap()
            .total,
        2
    );
}

async fn data_sources_are_found_by_their_connections(w: World) {
    let connection = |server: &str, port| NewConnection {
        class: "postgres".to_owned(),
        server: server.to_owned(),
        port,
        username: "reader".to_owned(),
        dbname: "sales".to_owned(),
        ..NewConnection::default()
    };
    w.datasource("One", vec![connection("a", Some(5432)), connection("b", None)])
        .await;
    let two = w.datasource("Two", vec![connection("c", Some(6000))]).await;
    let certify = DatasourceChanges {
        is_certified: Some(true),
        ..DatasourceChanges::default()
    };
    w.store
        .update_datasource(w.site, two.id, certify, NOW)
        .await
        .unwrap();
    let found = async |field: &str, value: &str| {
        let page = w
            .store
            .datasources(&w.admin(), &filtered(field, Op::Eq, &[value]))
            .await
            .unwrap();
        sorted_names(page.items.into_iter().map(|d| d.name))
    };
    assert_eq!(found("serverName", "b").await, ["One"]);
    assert_eq!(found("serverPort", "6000").await, ["Two"]);
    assert_eq!(found("isDefaultPort", "true").await, ["One"]);
    assert_eq!(found("isDefaultPort", "False").await, ["Two"]);
    assert_eq!(found("type", "postgres").await, ["One", "Two"]);
    assert_eq!(found("databaseUserName", "reader").await, ["One", "Two"]);
    assert_eq!(found("isCertified", "true").await, ["Two"]);
    assert_eq!(found("hasEmbeddedPassword", "true").await, [""; 0]);
    assert_eq!(found("connectedWorkbookType", "0").await, ["One", "Two"]);
}

async fn bad_filters_are_refused(w: World) {
    let list = async |query: ListQuery| error(w.store.workbooks(&w.admin(), &query).await);
    assert_eq!(
        list(filtered("nme", Op::Eq, &["x"])).await,
        "`nme` is not a field to filter or sort by"
    );
    assert_eq!(
        list(sorted("nme", false)).await,
        "`nme` is not a field to filter or sort by"
    );
    assert_eq!(
        list(filtered("name", Op::Gt, &["x"])).await,
        "filter on `name`: the field has no order; use eq or in"
    );
    assert_eq!(
        list(filtered("size", Op::Gt, &["x"])).await,
        "filter on `size`: a whole number is needed"
    );
    assert_eq!(
        list(filtered("hasExtracts", Op::Eq, &["x"])).await,
        "filter on `hasExtracts`: true or false is needed"
    );
    assert_eq!(
        list(filtered("size", Op::Has, &["1"])).await,
        "filter on `size`: the field is not text; use eq or in"
    );
    assert_eq!(
        list(filtered("name", Op::Eq, &["a", "b"])).await,
        "filter on `name`: one value is needed"
    );
    let created = list(filtered("createdAt", Op::Gt, &["yesterday"])).await;
    assert_eq!(
        created,
        "filter on `createdAt`: a time such as 2024-01-31T08:00:00Z is needed"
    );
}

async fn users_filter_by_role_and_login(w: World) {
    let ann = w.user("ann", SiteRole::Creator).await;
    let found = async |field: &str, value: &str| {
        let page = w
            .store
            .users(w.site, &filtered(field, Op::Eq, &[value]))
            .await
            .unwrap();
        sorted_names(page.items.into_iter().map(|user| user.name))
    };
    assert_eq!(found("siteRole", "Creator").await, ["ann"]);
    assert_eq!(found("siteRole", "ServerAdministrator").await, ["admin"]);
    assert_eq!(found("luid", &ann.id.to_string()).await, ["ann"]);
    assert_eq!(found("isLocal", "true").await, ["admin", "ann"]);
    let since = Filter {
        field: "lastLogin".to_owned(),
        op: Op::Gte,
        values: vec![FilterValue::Time(NOW)],
    };
    let query = ListQuery {
        filters: vec![since],
        ..ListQuery::default()
    };
    assert_eq!(w.store.users(w.site, &query).await.unwrap().total, 0);
    let members = Filter {
        field: "userCount".to_owned(),
        op: Op::Gt,
        values: vec![FilterValue::Int(1)],
    };
    let query = ListQuery {
        filters: vec![members],
        ..ListQuery::default()
    };
    assert_eq!(
        w.store.groups(w.site, &query).await.unwrap().items[0].name,
        "All Users"
    );
}
