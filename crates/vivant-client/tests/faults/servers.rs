//! Servers that are old, elsewhere, encrypted, or no such server at all.

use std::sync::Arc;

use vivant_client::{Client, ErrorKind, ListOptions, ProxyChoice, VersionChoice};

use crate::fake::{Fake, Reply, SITE, USER, error, id, no_content, xml};
use crate::support::{client, list, password, quick, site};

#[tokio::test]
async fn a_server_that_is_not_there_is_a_connection_failure() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let client = Client::builder(address.to_string())
        .proxy(ProxyChoice::None)
        .retry(quick())
        .build()
        .expect("a client");
    let failure = client.sign_in(password()).await.expect_err("nobody there");
    assert_eq!((failure.kind(), failure.attempts()), (ErrorKind::Connection, 3));
    assert!(failure.to_string().contains(&address.to_string()), "{failure}");
    assert!(failure.hint().is_some());
}

#[tokio::test]
async fn plain_http_where_https_is_meant_is_a_tls_failure() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = std::io::Read::read(&mut stream, &mut [0; 64]);
        let _ = std::io::Write::write_all(
            &mut stream,
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        );
    });
    let client = Client::builder(format!("https://{address}"))
        .proxy(ProxyChoice::None)
        .retry(quick())
        .build();
    let failure = client
        .expect("a client")
        .server_info()
        .await
        .expect_err("no TLS there");
    assert_eq!(
        (failure.kind(), failure.attempts()),
        (ErrorKind::Tls, 1),
        "{failure}"
    );
    assert!(failure.hint().is_some_and(|hint| hint.contains("http://")));
}

/// Answers Server Info over TLS, to every connection.
fn tls_server() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a configuration");
    let config = Arc::new(config);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let mut stream = rustls::StreamOwned::new(connection, stream);
            if std::io::Read::read(&mut stream, &mut [0; 4096]).is_err() {
                continue;
            }
            let body = "<?xml version='1.0'?><tsResponse><serverInfo><restApiVersion>3.1</restApiVersion></serverInfo></tsResponse>";
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = std::io::Write::write_all(&mut stream, answer.as_bytes());
            stream.conn.send_close_notify();
            let _ = std::io::Write::flush(&mut stream);
        }
    });
    (url, made.cert.pem())
}

#[tokio::test]
async fn certificates_are_checked() {
    let (url, certificate) = tls_server();
    let builder = || Client::builder(&url).proxy(ProxyChoice::None).retry(quick());
    let failure = builder()
        .build()
        .expect("a client")
        .server_info()
        .await
        .expect_err("an unknown authority");
    assert_eq!(
        (failure.kind(), failure.attempts()),
        (ErrorKind::Tls, 1),
        "{failure}"
    );
    assert!(failure.to_string().contains("certificate"), "{failure}");
    assert!(failure.hint().is_some_and(|hint| hint.contains("CA file")));

    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), certificate).expect("written");
    let trusting = builder().ca_file(file.path()).build().expect("a client");
    assert_eq!(trusting.api_version().await.expect("trusted").to_string(), "3.1");
    let careless = builder()
        .danger_accept_invalid_certs(true)
        .build()
        .expect("a client");
    assert_eq!(
        careless.api_version().await.expect("not checked").to_string(),
        "3.1"
    );
}

#[tokio::test]
async fn old_servers_are_spoken_to_in_their_version() {
    for (release, version) in [("9.3.4", "2.2"), ("10.0.1", "2.3"), ("8.3", "2.3")] {
        let fake = Fake::start(move |request, _| {
            let body = format!("<workgroupinfo><product_version>{release}</product_version></workgroupinfo>");
            match () {
                () if request.is("GET", "/serverInfo") => Some(error(404, "404003")),
                () if request.is("GET", "/auth?format=xml") => {
                    Some(Reply::Answer(200, vec![xml()], body.into_bytes()))
                }
                () if request.is("GET", "/workbooks") => Some(list(request, 3)),
                () => None,
            }
        })
        .await;
        let client = client(&fake);
        assert_eq!(client.api_version().await.expect("guessed").to_string(), version);
        let site = client.sign_in(password()).await.expect("signed in");
        assert_eq!(fake.count("POST", &format!("/api/{version}/auth/signin")), 1);
        let books = site
            .workbooks()
            .list(ListOptions::new())
            .all()
            .await
            .expect("listed");
        let by_user = fake.count("GET", &format!("/users/{USER}/workbooks"));
        assert_eq!((books.len(), by_user), (3, usize::from(version == "2.2")));
    }
}

#[tokio::test]
async fn what_is_no_such_server_is_told_from_one() {
    let page = |status| {
        move || {
            Reply::Answer(
                status,
                vec![("Content-Type", "text/html".to_owned())],
                b"<html>Shop</html>".to_vec(),
            )
        }
    };
    let unknown = Fake::start(|request, _| request.is("GET", "/").then(|| error(404, "404003"))).await;
    let failure = client(&unknown)
        .sign_in(password())
        .await
        .expect_err("a stranger");
    assert_eq!(failure.kind(), ErrorKind::UnexpectedAnswer, "{failure}");
    assert_eq!(unknown.count("POST", "/auth/signin"), 0);
    for status in [200, 404] {
        let fake = Fake::start(move |_, _| Some(page(status)())).await;
        let failure = client(&fake).sign_in(password()).await.expect_err("a shop");
        assert_eq!(failure.kind(), ErrorKind::UnexpectedAnswer, "{failure}");
        assert!(failure.to_string().contains("Shop"), "{failure}");
        assert_eq!(
            fake.count("POST", "/auth/signin"),
            0,
            "no password goes to a stranger"
        );
    }
}

#[tokio::test]
async fn redirects_stay_on_the_host_and_are_remembered() {
    let there = Fake::start(|request, _| request.is("GET", "/workbooks").then(|| list(request, 1))).await;
    let target = there.url.clone();
    let here = Fake::start(move |request, _| {
        Some(Reply::Answer(
            301,
            vec![("Location", format!("{target}{}", request.target))],
            vec![],
        ))
    })
    .await;
    let site = site(&here).await;
    assert_eq!(
        site.workbooks()
            .list(ListOptions::new())
            .all()
            .await
            .expect("there")
            .len(),
        1
    );
    assert_eq!(
        (here.requests().len(), site.client().server()),
        (1, there.url.clone())
    );

    let away = Fake::start(|_, _| {
        Some(Reply::Answer(
            302,
            vec![("Location", "http://idp.example/login?x=1".to_owned())],
            vec![],
        ))
    })
    .await;
    let failure = client(&away).sign_in(password()).await.expect_err("another host");
    assert!(failure.to_string().contains("http://idp.example/"), "{failure}");
    assert_eq!(away.requests().len(), 1);
}

#[tokio::test]
async fn a_method_newer_than_the_server_is_not_sent() {
    let fake = Fake::start(|_, _| None).await;
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .version(VersionChoice::Fixed("2.8".parse().expect("a version")))
        .build()
        .expect("a client");
    let site = client.sign_in(password()).await.expect("signed in");
    let failure = site
        .views()
        .get(id(1).parse().expect("an id"))
        .await
        .expect_err("since 3.1");
    assert_eq!(failure.kind(), ErrorKind::Unsupported);
    assert_eq!(fake.count("GET", "/views"), 0);
    assert_eq!(fake.count("GET", "/serverInfo"), 0);
}

#[tokio::test]
async fn the_address_names_the_site_of_the_session() {
    let fake = Fake::start(|request, _| request.is("DELETE", "/workbooks").then(no_content)).await;
    site(&fake)
        .await
        .workbooks()
        .delete(id(1).parse().expect("an id"))
        .await
        .expect("deleted");
    let request = fake.requests().pop().expect("a request");
    assert_eq!(
        request.target,
        format!("/api/3.1/sites/{SITE}/workbooks/{}", id(1))
    );
    assert_eq!(
        request.header("user-agent"),
        Some(concat!("vivant/", env!("CARGO_PKG_VERSION")))
    );
}
