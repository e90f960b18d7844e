//! Content on its way up and down.

use vivant_client::{
    Client, DownloadOptions, ErrorKind, ProxyChoice, PublishMode, PublishWorkbook, Source, Target,
};

use crate::fake::{Fake, Reply, Request, id, ok, xml};
use crate::support::{password, site};

#[tokio::test]
async fn content_is_published_in_one_request_or_in_chunks() {
    let fake = Fake::start(|request, _| {
        if request.is("POST", "/fileUploads") {
            Some(Reply::Answer(
                201,
                vec![xml()],
                b"<tsResponse><fileUpload uploadSessionId='7:a-1:0' fileSize='0'/></tsResponse>".to_vec(),
            ))
        } else if request.is("PUT", "/fileUploads/7%3Aa-1%3A0") {
            Some(ok("<fileUpload uploadSessionId='7:a-1:0' fileSize='1'/>"))
        } else if request.is("POST", "/workbooks") {
            Some(Reply::Answer(
                201,
                vec![xml()],
                format!("<tsResponse><workbook id='{}' name='x'/></tsResponse>", id(1)).into_bytes(),
            ))
        } else {
            None
        }
    })
    .await;
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .chunk_size(1000)
        .build()
        .expect("a client");
    let site = client.sign_in(password()).await.expect("signed in");
    let options = PublishWorkbook {
        mode: PublishMode::Overwrite,
        ..PublishWorkbook::default()
    };
    let content: Vec<u8> = (0..2500u32).map(|n| b'a' + (n % 26) as u8).collect();

    let file = tempfile::Builder::new()
        .prefix("Größe & Co")
        .suffix(".TWBX")
        .tempfile()
        .expect("a file");
    std::fs::write(file.path(), &content).expect("written");
    site.workbooks()
        .publish(options.clone(), file.path())
        .await
        .expect("published");
    let request = fake.requests().pop().expect("a request");
    assert!(
        request
            .target
            .ends_with("/workbooks?overwrite=true&workbookType=twbx"),
        "{}",
        request.target
    );
    assert!(
        request
            .header("content-type")
            .is_some_and(|t| t.starts_with("multipart/mixed; boundary="))
    );
    assert_eq!(
        request.header("content-length"),
        Some(request.body.len().to_string().as_str())
    );
    assert!(request.header("transfer-encoding").is_none());
    assert!(request.body.windows(content.len()).any(|w| w == content));
    assert!(
        request.text().contains("Content-Type: text/xml\r\n\r\n<?xml"),
        "{}",
        request.text()
    );

    let reader = Source::reader("big.twb", std::io::Cursor::new(content.clone()));
    site.workbooks()
        .publish(options, reader)
        .await
        .expect("published");
    let requests = fake.requests();
    let sent: Vec<u8> = requests
        .iter()
        .filter(|r| r.method == "PUT")
        .flat_map(|r| {
            let text = r.text();
            let at = text.find("octet-stream\r\n\r\n").expect("a part") + 16;
            let end = text.rfind("\r\n--").expect("an end");
            text.as_bytes()[at..end].to_vec()
        })
        .collect();
    assert_eq!(sent, content);
    assert_eq!(fake.count("PUT", "/fileUploads"), 3);
    let last = requests.last().expect("a request");
    assert!(
        last.target
            .ends_with("&uploadSessionId=7%3Aa-1%3A0&workbookType=twb"),
        "{}",
        last.target
    );
}

#[tokio::test]
async fn a_file_that_is_no_workbook_is_not_sent() {
    let fake = Fake::start(|_, _| None).await;
    let site = site(&fake).await;
    let before = fake.requests().len();
    for (source, kind) in [
        (Source::from("/nonexistent/a.twbx"), ErrorKind::File),
        (Source::bytes("a.pdf", "x"), ErrorKind::InvalidInput),
    ] {
        let failure = site
            .workbooks()
            .publish(PublishWorkbook::default(), source)
            .await
            .expect_err("unusable");
        assert_eq!(failure.kind(), kind, "{failure}");
    }
    assert_eq!(fake.requests().len(), before);
}

#[tokio::test]
async fn a_broken_download_begins_again_and_leaves_no_trace() {
    let fake = Fake::start(|request, before| {
        if !request.is("GET", "/content") {
            return None;
        }
        let named = vec![(
            "Content-Disposition",
            "name=\"tableau_workbook\"; filename=\"../My Book.twbx\"".to_owned(),
        )];
        Some(match before {
            0 => Reply::Truncated(named, b"half".to_vec()),
            _ => Reply::Answer(200, named, b"whole".to_vec()),
        })
    })
    .await;
    let site = site(&fake).await;
    let folder = tempfile::tempdir().expect("a folder");
    let workbook = id(1).parse().expect("an id");
    let options = DownloadOptions {
        include_extract: false,
    };
    let got = site
        .workbooks()
        .download(workbook, folder.path(), options)
        .await
        .expect("downloaded");
    assert_eq!((got.file_name.as_str(), got.bytes), ("My Book.twbx", 5));
    assert_eq!(std::fs::read(got.path.expect("a path")).expect("read"), b"whole");
    assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
    assert_eq!(fake.count("GET", "includeExtract=False"), 2);

    let fake = Fake::start(|request, _| {
        request
            .is("GET", "/content")
            .then(|| Reply::Truncated(vec![], b"half".to_vec()))
    })
    .await;
    let site = crate::support::site(&fake).await;
    let to = folder.path().join("other.twbx");
    assert!(
        site.workbooks()
            .download(workbook, to.as_path(), DownloadOptions::default())
            .await
            .is_err()
    );
    assert!(!to.exists());
    assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
}

#[tokio::test]
async fn a_download_can_go_anywhere() {
    let fake = Fake::start(|request, _| {
        request
            .is("GET", "/content")
            .then(|| Reply::Answer(200, vec![], b"abc".to_vec()))
    })
    .await;
    let site = site(&fake).await;
    let (to, mut from) = tokio::io::duplex(64);
    let got = site
        .workbooks()
        .download(
            id(1).parse().expect("an id"),
            Target::writer(to),
            DownloadOptions::default(),
        )
        .await;
    assert_eq!(got.expect("downloaded").file_name, "workbook.twbx");
    let mut bytes = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut from, &mut bytes)
        .await
        .expect("read");
    assert_eq!(bytes, b"abc");
}

/// Content that breaks off after its first half, with an ETag or without; later the whole, or the rest where a
/// range is asked for and `ranges` are known.
fn breaking(
    etag: Option<&'static str>,
    ranges: bool,
    first: &'static str,
    later: &'static str,
) -> impl Fn(&Request, usize) -> Option<Reply> {
    move |request, before| {
        if !request.is("GET", "/content") {
            return None;
        }
        let mut headers: Vec<(&'static str, String)> =
            etag.into_iter().map(|e| ("ETag", e.to_owned())).collect();
        let start = request
            .header("range")
            .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        Some(match (before, start) {
            (0, _) => Reply::Truncated(headers, first.as_bytes()[..4].to_vec()),
            (_, Some(start)) if ranges && request.header("if-range") == etag => {
                headers.push((
                    "Content-Range",
                    format!("bytes {start}-{}/{}", later.len() - 1, later.len()),
                ));
                Reply::Answer(206, headers, later.as_bytes()[start..].to_vec())
            }
            _ => Reply::Answer(200, headers, later.as_bytes().to_vec()),
        })
    }
}

#[tokio::test]
async fn a_broken_download_goes_on_where_the_content_is_surely_the_same() {
    for (etag, ranges, asked) in [
        (Some("\"one\""), true, true),
        (Some("\"one\""), false, true),
        (Some("W/\"one\""), true, false),
        (None, true, false),
    ] {
        let fake = Fake::start(breaking(etag, ranges, "whole content", "whole content")).await;
        let books = site(&fake).await.workbooks();
        let folder = tempfile::tempdir().expect("a folder");
        let to = folder.path().join("a.twbx");
        let got = books.download(
            id(1).parse().expect("an id"),
            to.as_path(),
            DownloadOptions::default(),
        );
        assert_eq!(got.await.expect("downloaded").bytes, 13);
        assert_eq!(std::fs::read(&to).expect("read"), b"whole content");
        let last = fake.requests().pop().expect("a request");
        assert_eq!(last.header("range"), asked.then_some("bytes=4-"), "{etag:?}");
    }
}

#[tokio::test]
async fn a_writer_gets_nothing_twice() {
    async fn written(later: &'static str) -> (Vec<u8>, Result<u64, vivant_client::Error>) {
        let fake = Fake::start(breaking(None, false, "whole content", later)).await;
        let books = site(&fake).await.workbooks();
        let (target, stream) = Target::stream();
        let mut reader = stream.into_reader();
        let mut bytes = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut bytes);
        let download = books.download(id(1).parse().expect("an id"), target, DownloadOptions::default());
        let (got, read) = futures_util::future::join(download, read).await;
        assert_eq!(got.is_ok(), read.is_ok());
        (bytes, got.map(|got| got.bytes))
    }
    let (bytes, got) = written("whole content").await;
    assert_eq!(
        (bytes.as_slice(), got.expect("downloaded")),
        (&b"whole content"[..], 13)
    );
    for other in ["other content", "wh"] {
        let failure = written(other).await.1.expect_err("it changed");
        assert!(
            failure.to_string().contains("changed before it could go on"),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn a_stream_that_was_given_up_does_not_look_whole() {
    let (target, stream) = Target::stream();
    drop(target);
    let parts: Vec<_> = futures_util::StreamExt::collect(stream).await;
    assert!(matches!(parts.as_slice(), [Err(_)]), "{parts:?}");
}

#[tokio::test]
async fn an_export_into_memory_begins_again_where_it_broke() {
    let fake = Fake::start(|request, before| {
        request.is("GET", "/data").then(|| match before {
            0 => Reply::Truncated(vec![], b"a,b\n1".to_vec()),
            _ => Reply::Answer(200, vec![], b"a,b\n2,3\n".to_vec()),
        })
    })
    .await;
    let views = site(&fake).await.views();
    let export = views.csv(id(1).parse().expect("an id"), vivant_client::ExportOptions::new());
    assert_eq!(export.bytes().await.expect("whole"), "a,b\n2,3\n");
}
