//! Programs that share a session; each has a client and a store of its own, as processes have.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use vivant_client::{
    Client, ConnectedApp, Credentials, ErrorKind, ListOptions, PageFormat, SessionStore, Site, TicketRequest,
};

use crate::fake::{Fake, Reply, Request, error};
use crate::support::{client, list, password};

fn token() -> Credentials {
    Credentials::token("nightly", "t0ken-value")
}

async fn program(fake: &Fake, folder: &Path) -> Site {
    let store = SessionStore::new(folder);
    store.sign_in(&client(fake), token()).await.expect("signed in")
}

fn workbooks(request: &Request) -> Option<Reply> {
    request.is("GET", "/workbooks").then(|| list(request, 1))
}

async fn works(site: &Site) -> bool {
    site.workbooks().list(ListOptions::new()).all().await.is_ok()
}

#[tokio::test]
async fn programs_share_one_session_and_the_last_ends_it() {
    let fake = Fake::start(|request, _| workbooks(request)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().join("sessions");
    let programs = (0..6).map(|_| program(&fake, &folder));
    let mut programs = futures_util::future::join_all(programs).await;
    for site in &programs {
        assert!(works(site).await);
        assert_eq!(site.user_id(), programs[0].user_id());
    }
    assert_eq!(fake.count("POST", "/auth/signin"), 1);

    // One dies without a word.
    drop(programs.pop());
    let last = programs.pop().expect("a program");
    for site in programs {
        site.sign_out().await.expect("left");
        assert!(!works(&site).await);
    }
    assert_eq!(fake.count("POST", "/auth/signout"), 0);
    assert!(works(&last).await);
    last.sign_out().await.expect("signed out");
    assert_eq!(fake.count("POST", "/auth/signout"), 1);

    assert!(works(&program(&fake, &folder).await).await);
    assert_eq!(fake.count("POST", "/auth/signin"), 2);
}

#[tokio::test]
async fn a_lost_session_is_renewed_by_one_program_for_all() {
    let fake = Fake::start(|request, _| match request.header("x-tableau-auth") {
        Some("token-1") if request.is("GET", "/workbooks") => Some(error(401, "401002")),
        _ => workbooks(request),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let programs: Vec<Site> =
        futures_util::future::join_all((0..5).map(|_| program(&fake, folder.path()))).await;
    let outcomes = futures_util::future::join_all(programs.iter().map(works)).await;
    assert!(outcomes.into_iter().all(|works| works));
    assert_eq!(fake.count("POST", "/auth/signin"), 2);
    // The one that is left ends the session that there is now.
    for site in &programs {
        site.sign_out().await.expect("left");
    }
    let last = fake.requests().pop().expect("a request");
    assert!(last.is("POST", "/auth/signout"));
    assert_eq!(last.header("x-tableau-auth"), Some("token-2"));
}

#[tokio::test]
async fn a_refusal_is_shared_too() {
    let fake = Fake::start(|request, before| match () {
        () if request.is("POST", "/auth/signin") && before > 0 => Some(error(401, "401001")),
        () if request.is("GET", "/workbooks") => Some(error(401, "401002")),
        () => None,
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let programs: Vec<Site> =
        futures_util::future::join_all((0..5).map(|_| program(&fake, folder.path()))).await;
    for outcome in futures_util::future::join_all(programs.iter().map(works)).await {
        assert!(!outcome);
    }
    // Five refused sign-ins would lock the account.
    assert_eq!(fake.count("POST", "/auth/signin"), 2);
}

#[tokio::test]
async fn nobody_goes_on_with_a_session_that_is_not_theirs() {
    let fake = Fake::start(|request, before| match before {
        0 => None,
        _ => request.is("POST", "/auth/signin").then(|| error(401, "401001")),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let store = SessionStore::new(folder.path()).lasting(true);
    let first = store
        .sign_in(&client(&fake), password())
        .await
        .expect("signed in");
    let guessed = Credentials::password("ann", "another");
    let failure = store
        .sign_in(&client(&fake), guessed)
        .await
        .expect_err("a wrong password");
    assert_eq!(failure.kind(), ErrorKind::SignIn);
    first.sign_out().await.expect("left");
    store
        .sign_in(&client(&fake), password())
        .await
        .expect("the session lasts");
    assert_eq!(fake.count("POST", "/auth/signout"), 0);
    assert!(store.end(&client(&fake), &password()).await.expect("ended"));
    assert!(
        !store
            .end(&client(&fake), &password())
            .await
            .expect("nothing there")
    );
    assert_eq!(fake.count("POST", "/auth/signout"), 1);
}

#[tokio::test]
async fn sites_and_users_have_sessions_of_their_own() {
    let fake = Fake::start(|request, _| workbooks(request)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let store = SessionStore::new(folder.path());
    let site = program(&fake, folder.path()).await;
    store
        .sign_in(&client(&fake), Credentials::token("other", "t0ken-value"))
        .await
        .expect("signed in");
    assert_eq!(fake.count("POST", "/auth/signin"), 2);
    let other = site.switch_site("other").await.expect("switched");
    assert_eq!(other.content_url(), "other");
    assert!(works(&other).await && !works(&site).await);
    assert_eq!(
        (
            fake.count("POST", "/auth/signin"),
            fake.count("POST", "/auth/switchSite")
        ),
        (3, 0)
    );
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_kept_is_sealed_and_private() {
    use std::os::unix::fs::PermissionsExt;

    let fake = Fake::start(|request, _| workbooks(request)).await;
    let root = tempfile::tempdir().expect("a folder");
    let folder = root.path().join("sessions");
    let site = program(&fake, &folder).await;
    let token = site.saved().expect("a session").token;
    let mut files = 0;
    for file in std::fs::read_dir(&folder).expect("listed") {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("read");
        for secret in [token.expose(), "t0ken-value", "nightly"] {
            assert!(
                !bytes.windows(secret.len()).any(|w| w == secret.as_bytes()),
                "{path:?}"
            );
        }
        assert_eq!(
            std::fs::metadata(&path).expect("there").permissions().mode() & 0o777,
            0o600
        );
        files += 1;
    }
    assert!(files >= 4, "{files}");

    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o777)).expect("opened up");
    let store = SessionStore::new(&folder);
    let failure = store
        .sign_in(&client(&fake), password())
        .await
        .expect_err("others may write");
    assert_eq!(failure.kind(), ErrorKind::File);
}

#[tokio::test]
async fn a_connected_app_makes_a_token_for_every_sign_in() {
    let fake = Fake::start(|request, _| match request.header("x-tableau-auth") {
        Some("token-1") if request.is("GET", "/workbooks") => Some(error(401, "401002")),
        _ => workbooks(request),
    })
    .await;
    let app = ConnectedApp::new("client", "secret-id", "s3cret-value").scopes(["tableau:content:read"]);
    let site = client(&fake)
        .sign_in(Credentials::connected_app(app, "ann"))
        .await
        .expect("signed in");
    assert!(works(&site).await);
    let tokens: Vec<String> = fake
        .requests()
        .iter()
        .filter(|r| r.is("POST", "/auth/signin"))
        .map(|r| {
            r.text()
                .split("jwt=\"")
                .nth(1)
                .and_then(|t| t.split('"').next())
                .expect("a token")
                .to_owned()
        })
        .collect();
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
    assert!(
        tokens
            .iter()
            .all(|t| t.split('.').count() == 3 && !t.contains("s3cret-value"))
    );

    let cloud = client(&fake)
        .sign_in(Credentials::unified_access_token("a.b.c"))
        .await;
    cloud.expect("signed in");
    let last = fake.requests().pop().expect("a request").text();
    assert!(
        last.contains("jwt=\"a.b.c\"") && last.contains("isUat=\"true\""),
        "{last}"
    );
}

#[tokio::test]
async fn trusted_tickets_are_asked_for_and_used() {
    let fake = Fake::start(|request, before| {
        request.is("POST", "/trusted").then(|| {
            let body = match before {
                0 => &b"9D1Obyq:q9-a=="[..],
                1 => b"-1",
                _ => b"<html>Sign in</html>",
            };
            Reply::Answer(200, vec![], body.to_vec())
        })
    })
    .await;
    let server: Client = client(&fake);
    let request = TicketRequest {
        user: "dom\\ann & co".to_owned(),
        site: "finance".to_owned(),
        client_ip: Some("10.0.0.1".to_owned()),
    };
    let ticket = server.trusted_ticket(&request).await.expect("a ticket");
    assert_eq!(ticket.value().expose(), "9D1Obyq:q9-a==");
    assert_eq!(
        ticket.address("views/Book/Sheet").expose(),
        format!(
            "{}/trusted/9D1Obyq%3Aq9-a%3D%3D/t/finance/views/Book/Sheet",
            fake.url
        )
    );
    assert!(!format!("{ticket:?}").contains("9D1O"));
    let sent = fake.requests().pop().expect("a request");
    assert_eq!(
        sent.text(),
        "username=dom%5Cann%20%26%20co&target_site=finance&client_ip=10.0.0.1"
    );
    assert_eq!(
        sent.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(
        server.trusted_ticket(&request).await.expect_err("refused").kind(),
        ErrorKind::SignIn
    );
    let page = server.trusted_ticket(&request).await.expect_err("a page");
    assert_eq!(page.kind(), ErrorKind::UnexpectedAnswer);
}

#[tokio::test]
async fn a_ticket_becomes_a_session_that_exports_views() {
    let page = || {
        Reply::Answer(
            200,
            vec![("content-type", "text/html".to_owned())],
            b"<html>".to_vec(),
        )
    };
    let fake = Fake::start(move |request, before| {
        if request.is("POST", "/trusted") {
            return Some(Reply::Answer(
                200,
                vec![],
                format!("ticket-{before}").into_bytes(),
            ));
        }
        let cookie = request.header("cookie").unwrap_or_default();
        let seen = cookie == "workgroup_session_id=s3ssion; XSRF-TOKEN=x";
        match request.target.split('?').next().unwrap_or_default() {
            "/trusted/ticket-0/t/finance/views/Book/Sheet" => {
                let cookies = ["old=1; Path=/", "workgroup_session_id=s3ssion; HttpOnly; Path=/"];
                let mut headers: Vec<(&str, String)> =
                    cookies.map(|cookie| ("set-cookie", cookie.to_owned())).into();
                headers.push(("location", "/t/finance/views/Book/Sheet?:embed=y".to_owned()));
                Some(Reply::Answer(302, headers, vec![]))
            }
            "/t/finance/views/Book/Sheet" => {
                let cookies = ["old=; Max-Age=0", "XSRF-TOKEN=x; Path=/"];
                let headers = cookies.map(|cookie| ("set-cookie", cookie.to_owned()));
                Some(Reply::Answer(200, headers.into(), b"<html>".to_vec()))
            }
            "/trusted/ticket-2/t/finance/views/Book/Sheet" => {
                let headers = vec![("location", "http://elsewhere.example/".to_owned())];
                Some(Reply::Answer(302, headers, vec![]))
            }
            path if path.starts_with("/trusted/") => Some(page()),
            "/t/finance/views/Book/Gr%C3%B6%C3%9Fe.pdf" if seen => {
                Some(Reply::Answer(200, vec![], b"%PDF-1.4".to_vec()))
            }
            "/t/finance/views/Book/Hidden.csv" if seen => Some(page()),
            _ => None,
        }
    })
    .await;
    let server: Client = client(&fake);
    let request = TicketRequest {
        user: "ann".to_owned(),
        site: "finance".to_owned(),
        client_ip: None,
    };
    let redeem = async || {
        let ticket = server.trusted_ticket(&request).await.expect("a ticket");
        server.redeem_ticket(&ticket, "views/Book/Sheet").await
    };
    let session = redeem().await.expect("a session");
    assert_eq!(session.id().expose(), "s3ssion");
    assert!(!format!("{session:?}").contains("s3ssion"));
    let settings = [("Region", "North & Süd, all"), (":refresh", "yes")];
    let bytes = session.export("Book/Größe", PageFormat::Pdf, &settings).await;
    assert_eq!(&bytes.expect("an export")[..], b"%PDF-1.4");
    let sent = fake.requests().pop().expect("a request");
    assert_eq!(
        sent.target,
        "/t/finance/views/Book/Gr%C3%B6%C3%9Fe.pdf?Region=North%20%26%20S%C3%BCd%2C%20all&%3Arefresh=yes"
    );

    let hidden = session.export("Book/Hidden", PageFormat::Csv, &[]).await;
    assert_eq!(hidden.expect_err("a page").kind(), ErrorKind::SignIn);
    let gone = session.export("Book/Gone", PageFormat::Png, &[]).await;
    assert_eq!(gone.expect_err("not there").kind(), ErrorKind::NotFound);
    let unnamed = session.export("Sheet", PageFormat::Png, &[]).await;
    assert_eq!(unnamed.expect_err("no view").kind(), ErrorKind::InvalidInput);
    let used = redeem().await.expect_err("no session");
    assert!(
        used.kind() == ErrorKind::SignIn && !used.to_string().contains("ticket-1"),
        "{used}"
    );
    let elsewhere = redeem().await.expect_err("another server");
    assert!(elsewhere.to_string().contains("another"), "{elsewhere}");
}

#[tokio::test]
async fn a_server_that_began_anew_is_another_one() {
    let other = "44444444-4444-4444-8444-444444444444";
    let anew = Arc::new(AtomicBool::new(false));
    let is_anew = anew.clone();
    let fake = Fake::start(move |request, _| {
        let is_anew = is_anew.load(Ordering::Relaxed);
        match request.header("x-tableau-auth") {
            Some("token-1") if is_anew => Some(error(401, "401002")),
            Some("token-2") if !request.target.contains(other) => Some(error(404, "404000")),
            None if request.is("POST", "/auth/signin") && is_anew => Some(crate::fake::ok(&format!(
                "<credentials token='token-2'><site id='{other}' contentUrl=''/><user id='{}'/></credentials>",
                crate::fake::USER
            ))),
            _ => workbooks(request),
        }
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let used = program(&fake, folder.path()).await;
    assert!(works(&used).await);
    let (unused, writing) = (
        program(&fake, folder.path()).await,
        program(&fake, folder.path()).await,
    );
    anew.store(true, Ordering::Relaxed);
    // Whoever was answered may hold ids of the server that was there.
    let read = used.workbooks().list(ListOptions::new()).all().await;
    let failure = read.expect_err("another server");
    assert!(failure.to_string().contains("try again"), "{failure}");
    // Who begins reads at the one that is there, and writes nothing that was meant for the other.
    assert!(works(&unused).await);
    assert_eq!(unused.id().to_string(), other);
    let id = "55555555-5555-4555-8555-555555555555".parse().expect("an id");
    let write = writing.workbooks().delete(id).await;
    let failure = write.expect_err("another server");
    assert!(failure.to_string().contains("try again"), "{failure}");
    // The next program has the new session.
    let next = program(&fake, folder.path()).await;
    assert_eq!(next.id().to_string(), other);
    assert!(works(&next).await);
}
