//! Sessions that end, are renewed, are left, and what of them is told.

use std::sync::{Arc, Mutex};

use vivant_client::model::JobId;
use vivant_client::{
    Client, Credentials, DownloadOptions, ErrorKind, ExportOptions, ListOptions, Method, ProxyChoice,
    PublishWorkbook, Request, Site, WaitOptions,
};

use crate::fake::{Fake, Reply, error, id};
use crate::support::{client, list, password, site};

#[tokio::test]
async fn a_lost_session_is_renewed_once_for_all_requests() {
    let fake = Fake::start(|request, _| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        match request.header("x-tableau-auth") {
            Some("token-1") => Some(error(401, "401002")),
            _ => Some(list(request, 40)),
        }
    })
    .await;
    let site = site(&fake).await;
    let lists = (0..8).map(|_| site.workbooks().list(ListOptions::new().page_size(10)).all());
    let lists = futures_util::future::try_join_all(lists).await.expect("listed");
    assert!(lists.iter().all(|books| books.len() == 40));
    assert_eq!(fake.count("POST", "/auth/signin"), 2);
}

#[tokio::test]
async fn a_session_that_cannot_be_renewed_is_tried_once_for_all() {
    let fake = Fake::start(|request, before| match () {
        () if request.is("POST", "/auth/signin") && before > 0 => Some(error(401, "401001")),
        () if request.is("GET", "/workbooks") => Some(error(401, "401002")),
        () => None,
    })
    .await;
    let site = site(&fake).await;
    let lists: Vec<_> = (0..5)
        .map(|_| site.workbooks().list(ListOptions::new()).all())
        .collect();
    for outcome in futures_util::future::join_all(lists).await {
        let error = outcome.expect_err("the session is lost");
        assert_eq!((error.kind(), error.code()), (ErrorKind::SignIn, Some("401001")));
    }
    // Five failed sign-ins would lock the account.
    assert_eq!(fake.count("POST", "/auth/signin"), 2);
}

#[tokio::test]
async fn a_request_signs_in_again_a_few_times_only() {
    let fake = Fake::start(|request, _| request.is("GET", "/workbooks").then(|| error(401, "401002"))).await;
    let failure = site(&fake)
        .await
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("always 401");
    assert_eq!(failure.code(), Some("401002"));
    assert_eq!(fake.count("GET", "/workbooks"), 9);
    assert!(failure.hint().is_some_and(|hint| hint.contains("token")));
}

#[tokio::test]
async fn an_expired_json_web_token_says_so() {
    let fake = Fake::start(|request, _| request.is("GET", "/workbooks").then(|| error(401, "401002"))).await;
    // {"exp":1}
    let site = client(&fake)
        .sign_in(Credentials::jwt("e30.eyJleHAiOjF9.c2ln"))
        .await
        .expect("signed in");
    let failure = site
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("expired");
    assert_eq!(failure.kind(), ErrorKind::SignIn);
    assert!(failure.to_string().contains("has expired"), "{failure}");
    assert_eq!(fake.count("POST", "/auth/signin"), 1);
}

#[tokio::test]
async fn a_session_ends_even_when_the_work_fails() {
    let fake = Fake::start(|_, _| None).await;
    let outcome: Result<(), vivant_client::Error> = client(&fake)
        .with_session(password(), async |site: Site| {
            site.workbooks().list(ListOptions::new()).all().await?;
            Ok(())
        })
        .await;
    assert!(outcome.is_err());
    assert_eq!(fake.count("POST", "/auth/signout"), 1);
}

#[tokio::test]
async fn a_session_that_was_left_is_not_used() {
    let fake = Fake::start(|request, _| request.is("GET", "/workbooks").then(|| list(request, 1))).await;
    let site = site(&fake).await;
    let other = site.switch_site("other").await.expect("switched");
    assert_eq!(other.content_url(), "other");
    let failure = site
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("left");
    assert!(failure.to_string().contains("another site"), "{failure}");
    assert!(other.workbooks().list(ListOptions::new()).all().await.is_ok());
    other.sign_out().await.expect("signed out");
    other.sign_out().await.expect("nothing to do");
    assert_eq!(fake.count("POST", "/auth/signout"), 1);
    assert!(other.workbooks().list(ListOptions::new()).all().await.is_err());
}

#[tokio::test]
async fn secrets_are_in_no_error_and_no_log() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // A server, or a proxy before it, that repeats everything that it was sent.
    let fake = Fake::start(|request, before| {
        let echo = format!("{:?} {}", request.headers, request.text()).into_bytes();
        let signing_in = request.is("POST", "/auth/signin");
        match (signing_in, request.is("GET", "/workbooks")) {
            (true, _) if before == 1 => Some(Reply::Answer(
                500,
                vec![("Content-Type", "text/plain".to_owned())],
                echo,
            )),
            (_, true) if before == 0 => Some(Reply::Answer(403, vec![], echo)),
            (_, true) => Some(Reply::Answer(401, vec![], echo)),
            _ => None,
        }
    })
    .await;
    let site = site(&fake).await;
    let first = site
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("403");
    let second = site
        .workbooks()
        .list(ListOptions::new())
        .all()
        .await
        .expect_err("401, then 500");
    assert!(
        first.body_start().is_some_and(|start| start.contains("***")),
        "{first:?}"
    );
    assert_eq!(second.status(), Some(500));
    let log = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("text");
    for text in [
        format!("{first} {first:?}"),
        format!("{second} {second:?}"),
        format!("{site:?}"),
        log,
    ] {
        assert!(!text.is_empty());
        for secret in ["p4ss-w0rd", "token-1"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[test]
fn the_blocking_face_needs_no_runtime() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime for the server");
    let fake = runtime.block_on(Fake::start(|request, _| {
        request.is("GET", "/workbooks").then(|| list(request, 3))
    }));
    let client = vivant_client::blocking::Client::new(Client::builder(&fake.url).proxy(ProxyChoice::None))
        .expect("a client");
    let books = client
        .with_session(password(), |site| site.workbooks(ListOptions::new()))
        .expect("listed");
    assert_eq!(books.len(), 3);
    assert_eq!(fake.count("POST", "/auth/signout"), 1);
}

#[test]
fn handles_and_calls_may_move_between_threads() {
    fn check<T: Send + Sync>() {}
    fn moves<T: Send>(_: T) {}
    check::<Client>();
    check::<Site>();
    check::<vivant_client::Error>();
    let uses = |site: Site| {
        moves(site.workbooks().list(ListOptions::new()).all());
        moves(site.workbooks().list(ListOptions::new()).stream());
        let workbooks = site.workbooks();
        moves(workbooks.publish(PublishWorkbook::default(), "a.twb"));
        moves(workbooks.download(id(1).parse().expect("an id"), "a", DownloadOptions::default()));
        moves(workbooks.find("/a/b"));
        let export = site
            .views()
            .csv(id(1).parse().expect("an id"), ExportOptions::new());
        moves(export.bytes());
        moves(site.request(Request::on_site(Method::Get, "/x")));
        let job: JobId = id(1).parse().expect("an id");
        moves(site.wait_for_job(job, WaitOptions::new()));
        moves(site.flow_runs().wait_for_job(id(1).parse().expect("an id"), None));
    };
    let _ = uses;
}
