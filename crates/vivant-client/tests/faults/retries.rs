//! What is repeated, how long, and what is not.

use std::time::{Duration, Instant};

use vivant_client::{Client, ErrorKind, ListOptions, ProxyChoice, RetryPolicy, Timeouts, VersionChoice};

use crate::fake::{Fake, Reply, id, xml};
use crate::support::{list, password, site};

#[tokio::test]
async fn reads_are_repeated_and_say_so() {
    let fake = Fake::start(|request, before| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        match before {
            0 => Some(Reply::Answer(
                502,
                vec![("Content-Type", "text/html".to_owned())],
                b"<html>Bad\n gateway</html>".to_vec(),
            )),
            1 => Some(Reply::Drop),
            _ => Some(list(request, 1)),
        }
    })
    .await;
    let site = site(&fake).await;
    assert_eq!(
        site.workbooks()
            .list(ListOptions::new())
            .all()
            .await
            .expect("third time")
            .len(),
        1
    );
    assert_eq!(fake.count("GET", "/workbooks"), 3);
}

#[tokio::test]
async fn an_error_tells_what_was_tried() {
    let fake = Fake::start(|request, _| {
        request.is("GET", "/workbooks").then(|| {
            Reply::Answer(
                504,
                vec![("Content-Type", "text/html".to_owned())],
                b"<html>Gateway\n time-out</html>".to_vec(),
            )
        })
    })
    .await;
    let failure = site(&fake)
        .await
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("504");
    assert_eq!(
        (failure.kind(), failure.status(), failure.attempts()),
        (ErrorKind::Server, Some(504), 3)
    );
    assert_eq!(failure.retried().len(), 2);
    assert_eq!(failure.body_start(), Some("<html>Gateway time-out</html>"));
    assert_eq!(failure.operation(), Some("Query Workbooks for Site"));
    let text = failure.to_string();
    assert!(
        text.contains("HTTP 504") && text.contains("tried 3 times") && text.contains("/workbooks"),
        "{text}"
    );
}

#[tokio::test]
async fn truncated_answers_are_fetched_again() {
    let fake = Fake::start(|request, before| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        match before {
            0 => Some(Reply::Truncated(
                vec![xml()],
                b"<?xml version='1.0'?><tsResponse><workb".to_vec(),
            )),
            _ => Some(list(request, 2)),
        }
    })
    .await;
    let books = site(&fake)
        .await
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect("second time");
    assert_eq!(books.len(), 2);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let fake = Fake::start(|request, before| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        match before {
            0 => Some(Reply::Answer(429, vec![("Retry-After", "1".to_owned())], vec![])),
            _ => Some(list(request, 1)),
        }
    })
    .await;
    let site = site(&fake).await;
    let started = Instant::now();
    assert!(site.workbooks().list(ListOptions::new()).all().await.is_ok());
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_not_begun() {
    let fake = Fake::start(|request, _| {
        request
            .is("GET", "/workbooks")
            .then(|| Reply::Answer(429, vec![("Retry-After", "3600".to_owned())], vec![]))
    })
    .await;
    let failure = site(&fake)
        .await
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("an hour");
    assert_eq!((failure.kind(), failure.attempts()), (ErrorKind::RateLimited, 1));
    assert!(failure.to_string().contains("3600s"), "{failure}");
}

#[tokio::test]
async fn a_silent_server_is_left() {
    let fake = Fake::start(|request, _| request.is("GET", "/workbooks").then_some(Reply::Silence)).await;
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .timeouts(Timeouts {
            response: Duration::from_millis(100),
            ..Timeouts::default()
        })
        .build()
        .expect("a client");
    let site = client.sign_in(password()).await.expect("signed in");
    let failure = site
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("silence");
    assert_eq!(failure.kind(), ErrorKind::Timeout);
    assert!(failure.to_string().contains("100ms"), "{failure}");
}

#[tokio::test]
async fn one_call_has_a_total_limit() {
    let fake = Fake::start(|request, _| {
        request
            .is("GET", "/workbooks")
            .then(|| Reply::Answer(503, vec![], vec![]))
    })
    .await;
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .retry(RetryPolicy {
            attempts: 1000,
            first_pause: Duration::from_millis(50),
            ..RetryPolicy::default()
        })
        .timeouts(Timeouts {
            total: Some(Duration::from_millis(300)),
            ..Timeouts::default()
        })
        .build()
        .expect("a client");
    let site = client.sign_in(password()).await.expect("signed in");
    let started = Instant::now();
    assert!(site.workbooks().list(ListOptions::new()).all().await.is_err());
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_connection_that_is_never_encrypted_ends_in_time() {
    // It takes connections and says nothing, so that no encryption is agreed on.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("an address");
    let client = Client::builder(format!("https://{address}"))
        .proxy(ProxyChoice::None)
        .retry(RetryPolicy::never())
        .timeouts(Timeouts {
            connect: Duration::from_millis(50),
            ..Timeouts::default()
        })
        .build()
        .expect("a client");
    let failure = client.server_info().await.expect_err("no answer");
    assert_eq!(failure.kind(), ErrorKind::Timeout, "{failure}");
    assert!(failure.to_string().contains("cannot be reached"), "{failure}");
    drop(listener);
}

#[tokio::test]
async fn all_attempts_together_have_a_limit() {
    let fake = Fake::start(|request, _| {
        request
            .is("GET", "/workbooks")
            .then(|| Reply::Answer(502, vec![], vec![]))
    })
    .await;
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .retry(RetryPolicy {
            attempts: u32::MAX,
            first_pause: Duration::from_millis(20),
            longest_pause: Duration::from_millis(20),
            budget: Duration::from_secs(3600),
        })
        .timeouts(Timeouts {
            total: Some(Duration::from_millis(400)),
            ..Timeouts::default()
        })
        .build()
        .expect("a client");
    let site = client.sign_in(password()).await.expect("signed in");
    let failure = site
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("502");
    assert!(failure.attempts() > 1, "{failure}");
    assert!(
        failure.to_string().contains("would exceed the time") || failure.kind() == ErrorKind::Timeout,
        "{failure}"
    );
}

#[tokio::test]
async fn no_secret_of_a_request_shows_in_an_error() {
    // A gateway that shows what it was sent, with a status of success.
    let fake = Fake::start(|request, _| {
        let told = format!("<html>{}</html>", request.text());
        (request.is("PUT", "/connections/") || request.is("POST", "/vizql"))
            .then(|| Reply::Answer(200, vec![], told.into_bytes()))
    })
    .await;
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .version(VersionChoice::Fixed("3.29".parse().expect("a version")))
        .build()
        .expect("a client");
    let site = client.sign_in(password()).await.expect("signed in");
    let changes = vivant_client::types::Connection {
        password: Some("h1dden-one".to_owned()),
        ..vivant_client::types::Connection::default()
    };
    let failure = site
        .workbooks()
        .update_connection(
            id(1).parse().expect("an id"),
            id(2).parse().expect("an id"),
            &changes,
        )
        .await
        .expect_err("a page");
    assert!(
        failure.to_string().contains("***") && !format!("{failure:?}").contains("h1dden"),
        "{failure}"
    );
    let asked = vivant_client::VizqlDatasource {
        id: id(1).parse().expect("an id"),
        connections: vec![vivant_client::VizqlConnection {
            id: None,
            user_name: "ann".to_owned(),
            password: "h1dden-two".into(),
        }],
    };
    let failure = site.vizql_data().read_metadata(&asked).await.expect_err("a page");
    assert!(
        failure.to_string().contains("***") && !format!("{failure:?}").contains("h1dden"),
        "{failure}"
    );
}
