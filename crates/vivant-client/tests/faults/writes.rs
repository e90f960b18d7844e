//! Writes of which nobody knows whether they were done: looked for, and done once.

use vivant_client::types::{self, Project, User};
use vivant_client::{Error, ErrorKind, PublishMode, PublishWorkbook, Source};

use crate::fake::{Fake, Reply, Request, error, id, no_content, ok};
use crate::support::site;

fn project(name: &str) -> Project {
    Project {
        name: Some(name.to_owned()),
        ..Project::default()
    }
}

fn bad_gateway() -> Reply {
    Reply::Answer(502, vec![], vec![])
}

/// Creates a project at a server that answers the first time as given, and shows it in its list or not.
async fn create(first: fn() -> Reply, done: bool) -> (Fake, Result<Project, Error>) {
    let fake = Fake::start(move |request, before| match before {
        0 if request.is("POST", "/projects") => Some(first()),
        _ if request.is("POST", "/projects") => Some(ok(&format!("<project id='{}' name='p'/>", id(2)))),
        _ if request.is("GET", "/projects") && done => Some(ok(&format!(
            "<pagination pageNumber='1' pageSize='1000' totalAvailable='2'/><projects>\
             <project id='{}' name='p' parentProjectId='{}'/><project id='{}' name='p'/></projects>",
            id(8),
            id(9),
            id(1)
        ))),
        _ if request.is("GET", "/projects") => Some(ok(
            "<pagination pageNumber='1' pageSize='1000' totalAvailable='0'/><projects/>",
        )),
        _ => None,
    })
    .await;
    let outcome = site(&fake).await.projects().create(&project("p")).await;
    (fake, outcome)
}

#[tokio::test]
async fn a_write_is_repeated_at_once_where_nothing_was_done() {
    let soon = || Reply::Answer(503, vec![("Retry-After", "0".to_owned())], vec![]);
    let busy = || Reply::Answer(429, vec![], vec![]);
    for first in [soon as fn() -> Reply, busy] {
        let (fake, outcome) = create(first, true).await;
        assert_eq!(outcome.expect("created").id.map(|i| i.to_string()), Some(id(2)));
        assert_eq!(
            (fake.count("POST", "/projects"), fake.count("GET", "/projects")),
            (2, 0)
        );
    }
}

#[tokio::test]
async fn what_was_created_is_found_and_not_created_again() {
    for first in [bad_gateway as fn() -> Reply, || Reply::Drop] {
        let (fake, outcome) = create(first, true).await;
        assert_eq!(outcome.expect("found").id.map(|i| i.to_string()), Some(id(1)));
        assert_eq!(
            (fake.count("POST", "/projects"), fake.count("GET", "/projects")),
            (1, 1)
        );
        let look = fake
            .requests()
            .into_iter()
            .find(|r| r.is("GET", "/projects"))
            .expect("a look");
        assert!(look.target.contains("filter=name%3Aeq%3Ap"), "{}", look.target);
    }
}

#[tokio::test]
async fn what_was_not_created_is_created() {
    for first in [bad_gateway as fn() -> Reply, || Reply::Drop] {
        let (fake, outcome) = create(first, false).await;
        assert_eq!(outcome.expect("created").id.map(|i| i.to_string()), Some(id(2)));
        assert_eq!(
            (fake.count("POST", "/projects"), fake.count("GET", "/projects")),
            (2, 1)
        );
    }
}

#[tokio::test]
async fn something_older_of_that_name_is_a_conflict() {
    let date = || ("Date", "Mon, 02 Mar 2026 10:00:00 GMT".to_owned());
    let fake = Fake::start(move |request, before| {
        let dated = |reply| match reply {
            Reply::Answer(status, mut headers, body) => {
                headers.push(date());
                Reply::Answer(status, headers, body)
            }
            other => other,
        };
        match before {
            0 if request.is("POST", "/projects") => Some(Reply::Drop),
            _ if request.is("POST", "/projects") => Some(dated(error(409, "409006"))),
            _ if request.is("GET", "/projects") => Some(dated(ok(&format!(
                "<projects><project id='{}' name='p' createdAt='2026-03-01T10:00:00Z'/></projects>",
                id(1)
            )))),
            _ => None,
        }
    })
    .await;
    let failure = site(&fake)
        .await
        .projects()
        .create(&project("p"))
        .await
        .expect_err("taken");
    assert_eq!(
        (failure.kind(), failure.code()),
        (ErrorKind::Conflict, Some("409006"))
    );
    assert_eq!((failure.attempts(), failure.retried().len()), (2, 1));
}

#[tokio::test]
async fn deleting_what_is_gone_already_is_done() {
    let deleted = |again: fn() -> Reply| async move {
        let fake = Fake::start(move |request, before| match before {
            0 if request.is("DELETE", "/workbooks") => Some(Reply::Drop),
            _ if request.is("DELETE", "/workbooks") => Some(again()),
            _ => None,
        })
        .await;
        let outcome = site(&fake)
            .await
            .workbooks()
            .delete(id(1).parse().expect("an id"))
            .await;
        (fake.count("DELETE", "/workbooks"), outcome.map_err(|e| e.kind()))
    };
    assert_eq!(deleted(|| error(404, "404006")).await, (2, Ok(())));
    assert_eq!(deleted(no_content).await, (2, Ok(())));
    assert_eq!(
        deleted(|| error(404, "404000")).await,
        (2, Err(ErrorKind::NotFound))
    );
    assert_eq!(
        deleted(|| error(403, "403004")).await,
        (2, Err(ErrorKind::Forbidden))
    );
}

#[tokio::test]
async fn what_was_not_there_in_the_first_place_stays_an_error() {
    let fake =
        Fake::start(|request, _| request.is("DELETE", "/workbooks").then(|| error(404, "404006"))).await;
    let outcome = site(&fake)
        .await
        .workbooks()
        .delete(id(1).parse().expect("an id"))
        .await;
    assert_eq!(outcome.expect_err("missing").kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_change_is_looked_for() {
    let changed = |present: &'static str| async move {
        let fake = Fake::start(move |request, before| match before {
            0 if request.is("PUT", "/users/") => Some(bad_gateway()),
            _ if request.is("PUT", "/users/") => Some(ok("<user name='ann' fullName='Ann B.'/>")),
            _ if request.is("GET", "/users/") => Some(ok(&format!(
                "<user id='{}' name='ann' fullName='{present}'/>",
                id(1)
            ))),
            _ => None,
        })
        .await;
        let changes = User {
            full_name: Some("Ann B.".to_owned()),
            ..User::default()
        };
        let outcome = site(&fake)
            .await
            .users()
            .update(id(1).parse().expect("an id"), &changes)
            .await;
        assert_eq!(outcome.expect("changed").full_name.as_deref(), Some("Ann B."));
        fake.count("PUT", "/users/")
    };
    assert_eq!(changed("Ann B.").await, 1);
    assert_eq!(changed("Ann").await, 2);
}

/// Publishes over a workbook at a server that loses the first answer and then has the given content.
async fn overwrite(content: &'static [u8]) -> usize {
    let fake = Fake::start(move |request: &Request, before| match before {
        0 if request.is("POST", "/workbooks") => Some(Reply::Drop),
        _ if request.is("POST", "/workbooks") => Some(ok(&format!("<workbook id='{}' name='b'/>", id(1)))),
        _ if request.is("GET", "/content") => Some(Reply::Answer(200, vec![], content.to_vec())),
        _ if request.is("GET", &format!("/workbooks/{}", id(1))) => {
            Some(ok(&format!("<workbook id='{}' name='b'/>", id(1))))
        }
        _ if request.is("GET", "/workbooks") => Some(ok(&format!(
            "<workbooks><workbook id='{}' name='b' updatedAt='2026-03-01T10:00:00Z'/></workbooks>",
            id(1)
        ))),
        _ => None,
    })
    .await;
    let options = PublishWorkbook {
        name: Some("b".to_owned()),
        mode: PublishMode::Overwrite,
        ..PublishWorkbook::default()
    };
    let books = site(&fake).await.workbooks();
    let published = books.publish(options, Source::bytes("b.twb", "new")).await;
    assert_eq!(published.expect("published").name.as_deref(), Some("b"));
    fake.count("POST", "/workbooks")
}

#[tokio::test]
async fn content_that_is_there_is_not_published_again() {
    assert_eq!(overwrite(b"new").await, 1);
    assert_eq!(overwrite(b"old").await, 2);
}

#[tokio::test]
async fn an_outcome_that_cannot_be_seen_is_told() {
    let fake = Fake::start(|request, _| request.is("POST", "/workbooks").then_some(Reply::Drop)).await;
    let books = site(&fake).await.workbooks();
    let published = books.publish_as_job(PublishWorkbook::default(), Source::bytes("b.twb", "x"));
    let failure = published.await.expect_err("no answer");
    assert!(failure.outcome_unknown());
    assert!(failure.to_string().contains("nobody knows"), "{failure}");
    assert!(failure.hint().is_some_and(|hint| hint.contains("look")));
    assert_eq!(fake.count("POST", "/workbooks"), 1);
}

#[tokio::test]
async fn names_that_no_filter_holds_are_searched_for_on_all_pages() {
    let fake = Fake::start(|request, _| match () {
        () if request.is("POST", "/groups") => Some(Reply::Drop),
        () if request.is("GET", "/groups") => {
            let page = request.number("pageNumber").unwrap_or(1);
            let name = if page == 2 { "a, b" } else { "a" };
            Some(ok(&format!(
                "<pagination pageNumber='{page}' pageSize='1' totalAvailable='2'/><groups><group id='{}' name='{name}'/></groups>",
                id(page)
            )))
        }
        () => None,
    })
    .await;
    let group = types::Group {
        name: Some("a, b".to_owned()),
        ..types::Group::default()
    };
    let found = site(&fake).await.groups().create(&group).await.expect("found");
    assert_eq!(found.id.map(|i| i.to_string()), Some(id(2)));
    assert!(fake.requests().iter().all(|r| !r.target.contains("filter=")));
    assert_eq!(fake.count("POST", "/groups"), 1);
}
