//! Requests of the caller's own making, logos of sites, sessions, domains; refusals with a status of success.

use vivant_client::types::Domain;
use vivant_client::{
    Client, DownloadOptions, ErrorKind, Method, ProxyChoice, PublishWorkbook, Request, Secret, Source,
    VersionChoice,
};

use crate::fake::{Fake, Reply, SITE, USER, error, id, no_content, ok, xml};
use crate::support::{client, password, quick, site};

/// A site of a server that speaks a newer version than the usual one.
async fn newer(fake: &Fake) -> vivant_client::Site {
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .retry(quick())
        .version(VersionChoice::Fixed("3.9".parse().expect("a version")))
        .build()
        .expect("a client");
    client.sign_in(password()).await.expect("signed in")
}

#[tokio::test]
async fn requests_go_below_the_site_the_version_or_the_server() {
    let fake = Fake::start(|request, _| {
        let plain = ("Content-Type", "text/plain".to_owned());
        request
            .target
            .contains("/new")
            .then(|| Reply::Answer(200, vec![plain], "grüße".as_bytes().to_vec()))
    })
    .await;
    let site = site(&fake).await;
    let requests = [
        (
            Request::on_site(Method::Get, "new/things?pageSize=5").query("filter", "name:eq:a+b & ü"),
            format!("/api/3.1/sites/{SITE}/new/things?pageSize=5&filter=name%3Aeq%3Aa%2Bb%20%26%20%C3%BC"),
        ),
        (
            Request::on_api(Method::Delete, "/new/1"),
            "/api/3.1/new/1".to_owned(),
        ),
        (
            Request::on_server(Method::Patch, "/api/exp/new").json("{\"a\":1}"),
            "/api/exp/new".to_owned(),
        ),
        (
            Request::on_site(Method::Put, "/new").bytes("image/png", vec![1, 2, 3]),
            format!("/api/3.1/sites/{SITE}/new"),
        ),
        (
            Request::on_api(Method::Post, "/new")
                .xml("<tsRequest><new name='ü'/></tsRequest>")
                .header("X-Purpose", "test"),
            "/api/3.1/new".to_owned(),
        ),
    ];
    for (request, target) in requests {
        let answer = site.request(request).await.expect("answered");
        assert_eq!((answer.status, answer.text().as_str()), (200, "grüße"));
        assert_eq!(answer.content_type.as_deref(), Some("text/plain"));
        let sent = fake.requests().pop().expect("a request");
        assert_eq!(sent.target, target);
        assert_eq!(sent.header("x-tableau-auth"), Some("token-1"));
    }
    let sent = fake.requests();
    let [.., json, bytes, xml] = sent.as_slice() else {
        panic!("too few requests")
    };
    assert_eq!(
        (json.header("content-type"), json.text().as_str()),
        (Some("application/json"), "{\"a\":1}")
    );
    assert_eq!(
        (bytes.header("content-type"), bytes.body.as_slice()),
        (Some("image/png"), &[1u8, 2, 3][..])
    );
    assert_eq!(
        (xml.header("content-type"), xml.header("x-purpose")),
        (Some("text/xml"), Some("test"))
    );
    assert_eq!(xml.text(), "<tsRequest><new name='ü'/></tsRequest>");

    // Without a session: what needs none.
    let answer = client(&fake)
        .request(Request::on_api(Method::Get, "/new"))
        .await
        .expect("answered");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert!(
        fake.requests()
            .pop()
            .expect("sent")
            .header("x-tableau-auth")
            .is_none()
    );
}

#[tokio::test]
async fn a_request_has_renewal_repeats_and_errors_of_all_others() {
    let fake = Fake::start(|request, before| {
        if request.is("GET", "/busy") {
            return Some(match before {
                0 => Reply::Answer(502, vec![], b"gateway".to_vec()),
                1 => Reply::Drop,
                _ => ok("<thing/>"),
            });
        }
        if request.is("POST", "/over") {
            return Some(match request.header("x-tableau-auth") {
                Some("token-1") => error(401, "401002"),
                _ => ok("<made/>"),
            });
        }
        if request.is("POST", "/dark") || request.is("PUT", "/dark") {
            return Some(match before {
                0 => Reply::Drop,
                _ => ok("<done/>"),
            });
        }
        // A server that repeats what it was sent.
        let echo = format!("<html>{}</html>", request.text());
        request
            .is("POST", "/echo")
            .then(|| Reply::Answer(400, vec![], echo.into_bytes()))
    })
    .await;
    let site = site(&fake).await;
    let answer = site.request(Request::on_site(Method::Get, "/busy")).await;
    assert!(answer.expect("the third time").text().contains("<thing/>"));
    let answer = site
        .request(Request::on_site(Method::Post, "/over").xml("<tsRequest/>"))
        .await;
    assert!(answer.expect("renewed").text().contains("<made/>"));
    assert_eq!(fake.count("POST", "/auth/signin"), 2);

    let failure = site
        .request(Request::on_site(Method::Post, "/dark"))
        .await
        .expect_err("nobody knows");
    assert!(failure.outcome_unknown());
    assert_eq!(fake.count("POST", "/dark"), 1);
    let answer = site
        .request(Request::on_site(Method::Put, "/dark").repeatable())
        .await;
    assert!(answer.expect("repeated").text().contains("<done/>"));

    let failure = site
        .request(Request::on_site(Method::Get, "/missing"))
        .await
        .expect_err("404");
    assert_eq!(
        (failure.kind(), failure.code()),
        (ErrorKind::NotFound, Some("404003"))
    );
    let said = Request::on_site(Method::Post, "/echo")
        .xml("<tsRequest password='h1dden'/>")
        .secret(Secret::new("h1dden"));
    let failure = site.request(said).await.expect_err("refused");
    assert!(failure.to_string().contains("***") && !format!("{failure:?}").contains("h1dden"));
}

#[tokio::test]
async fn the_answer_to_a_request_can_be_downloaded() {
    let fake = Fake::start(|request, _| {
        request
            .is("GET", "/big")
            .then(|| Reply::Answer(200, vec![], vec![7; 100_000]))
    })
    .await;
    let site = site(&fake).await;
    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("big");
    let got = site
        .request_content(Request::on_site(Method::Get, "/big"), to.as_path())
        .await
        .expect("downloaded");
    assert_eq!(got.bytes, 100_000);
    assert_eq!(std::fs::read(&to).expect("read"), vec![7; 100_000]);
    let refused = site
        .request_content(Request::on_site(Method::Post, "/big"), to.as_path())
        .await;
    assert_eq!(refused.expect_err("no GET").kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_site_gets_a_logo_and_loses_it() {
    let fake = Fake::start(|request, before| {
        request.is("PUT", "/sites/").then(|| match before {
            0 => ok(&format!("<site id='{SITE}' name='Default'/>")),
            _ => Reply::Answer(200, vec![], vec![]),
        })
    })
    .await;
    let site = site(&fake).await;
    let png = b"\x89PNG\r\n\x1a\npicture".to_vec();
    let folder = tempfile::tempdir().expect("a folder");
    let logo = folder.path().join("our logo.png");
    std::fs::write(&logo, &png).expect("written");
    let shown = site.sites().upload_logo(site.id(), logo.as_path()).await;
    assert_eq!(
        shown.expect("uploaded").and_then(|s| s.name).as_deref(),
        Some("Default")
    );
    let sent = fake.requests().pop().expect("a request");
    assert_eq!(sent.target, format!("/api/3.1/sites/{SITE}"));
    let boundary = sent
        .header("content-type")
        .and_then(|kind| kind.strip_prefix("multipart/mixed; boundary="))
        .expect("a boundary")
        .to_owned();
    let mut expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"site_logo\"; filename=\"our logo.png\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    expected.extend_from_slice(&png);
    expected.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert_eq!(sent.body, expected);

    assert!(
        site.sites()
            .reset_logo(site.id())
            .await
            .expect("taken away")
            .is_none()
    );
    let sent = fake.requests().pop().expect("a request").text();
    assert!(
        sent.contains(
            "name=\"site_logo\"; filename=\"empty.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n--vivant-"
        ),
        "{sent}"
    );
    let before = fake.requests().len();
    let failure = site
        .sites()
        .upload_logo(site.id(), Source::bytes("logo.png", "GIF89a"))
        .await
        .expect_err("no PNG");
    assert_eq!(failure.kind(), ErrorKind::InvalidInput);
    assert_eq!(fake.requests().len(), before);
}

#[tokio::test]
async fn the_server_tells_whose_session_it_is_and_ends_others() {
    let fake = Fake::start(|request, _| {
        if request.is("GET", "/api/3.9/sessions/current") {
            return Some(ok(&format!(
                "<session><site id='{SITE}' name='Default' contentUrl=''/><user id='{USER}' name='ann'/></session>"
            )));
        }
        request.is("DELETE", "/api/3.9/sessions/a%2Fb").then(no_content)
    })
    .await;
    let site = newer(&fake).await;
    let session = site.server().session().await.expect("a session");
    assert_eq!(session.user.and_then(|u| u.name).as_deref(), Some("ann"));
    assert_eq!(session.site.and_then(|s| s.id), Some(site.id()));
    site.server().delete_session("a/b").await.expect("ended");
    assert_eq!(fake.count("DELETE", "/sessions/"), 1);
}

#[tokio::test]
async fn domains_of_the_directory_are_listed_and_changed() {
    let fake = Fake::start(|request, _| {
        if request.is("GET", "/api/3.9/domains") {
            return Some(ok(
                "<domainList><domain id='1' name='local'/><domain id='7' name='corp.example' shortName='CORP'/></domainList>",
            ));
        }
        request
            .is("PUT", "/api/3.9/domains")
            .then(|| ok("<domain id='7' name='corp.example' shortName='C &amp; O'/>"))
    })
    .await;
    let site = newer(&fake).await;
    let domains = site.domains().list().await.expect("listed");
    assert_eq!(domains.len(), 2);
    let changes = Domain {
        id: Some("7".to_owned()),
        short_name: Some("C & O".to_owned()),
        ..Domain::default()
    };
    let changed = site.domains().update(&changes).await.expect("changed");
    assert_eq!(changed.short_name, changes.short_name);
    let sent = fake.requests().pop().expect("a request").text();
    assert!(
        sent.contains("<domain id=\"7\" shortName=\"C &amp; O\"/>"),
        "{sent}"
    );
}

/// Answers with a refusal under a status of success.
fn refused_in(status: u16, code: &str) -> Reply {
    let body = format!(
        "<tsResponse xmlns=\"http://tableau.com/api\"><error code='{code}'><summary>Title</summary><detail>Why.</detail></error></tsResponse>"
    );
    Reply::Answer(status, vec![xml()], body.into_bytes())
}

#[tokio::test]
async fn a_refusal_under_a_status_of_success_is_a_refusal() {
    let fake = Fake::start(|request, before| {
        if request.is("POST", "/workbooks") {
            return Some(refused_in(201, "403007"));
        }
        if request.is("GET", "/content") {
            return Some(refused_in(200, "404006"));
        }
        if request.is("GET", "/projects") {
            let json = ("Content-Type", "application/json".to_owned());
            let body = "{\"error\": {\"code\": \"400065\", \"summary\": \"S\", \"detail\": \"D\"}}";
            return Some(Reply::Answer(200, vec![json], body.as_bytes().to_vec()));
        }
        // What ends the session is met as ever.
        request.is("GET", "/users").then(|| match before {
            0 => refused_in(200, "401002"),
            _ => ok("<pagination pageNumber='1' pageSize='100' totalAvailable='0'/><users/>"),
        })
    })
    .await;
    let site = site(&fake).await;
    let failure = site
        .workbooks()
        .publish(PublishWorkbook::default(), Source::bytes("a.twb", "<workbook/>"))
        .await
        .expect_err("refused");
    assert_eq!(
        (failure.kind(), failure.code()),
        (ErrorKind::Forbidden, Some("403007"))
    );
    assert!(failure.to_string().contains("HTTP 201"), "{failure}");
    let failure = site
        .request(Request::on_site(Method::Get, "/projects"))
        .await
        .expect_err("refused");
    assert_eq!(
        (failure.kind(), failure.code()),
        (ErrorKind::Rejected, Some("400065"))
    );
    assert!(
        site.users()
            .list(Default::default())
            .all()
            .await
            .expect("listed")
            .is_empty()
    );
    assert_eq!(fake.count("POST", "/auth/signin"), 2);

    let folder = tempfile::tempdir().expect("a folder");
    let to = folder.path().join("a.twb");
    let failure = site
        .workbooks()
        .download(
            id(1).parse().expect("an id"),
            to.as_path(),
            DownloadOptions::default(),
        )
        .await
        .expect_err("refused");
    assert_eq!(
        (failure.kind(), failure.code()),
        (ErrorKind::NotFound, Some("404006"))
    );
    assert!(!to.exists());
}
