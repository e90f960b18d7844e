//! Downloads that a program did not bring to their end, and that the next one goes on with.

use std::path::{Path, PathBuf};
use std::time::Duration;

use vivant_client::{Client, DownloadOptions, ErrorKind, ProxyChoice};

use crate::fake::{Fake, Reply, Request, error, id};
use crate::support::{password, quick};

/// Large enough for a note on the way.
const LARGE: usize = 10 * 1024 * 1024 + 77;
/// Where the first answer stops, behind a note.
const CUT: usize = 9 * 1024 * 1024;

fn large(seed: usize) -> Vec<u8> {
    // A length that divides none of the sizes in which content is read and written.
    let pattern: Vec<u8> = (0..4093).map(|at| (at * 31 + seed) as u8).collect();
    pattern.into_iter().cycle().take(LARGE).collect()
}

/// How a server that is asked for a part behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Server {
    /// As the RFC has it, by ETag.
    Honest,
    /// By the time of the last change.
    Dated,
    /// Passes over If-Range, and sends a part of whatever is there now.
    Careless,
    /// Knows no ranges.
    Whole,
    /// Tells states of the content by nothing.
    Blind,
    /// Sends less than was asked for.
    Stingy,
}

/// Serves `now`; the first answer says nothing more after a part of `first`.
fn large_content(server: Server, first: Vec<u8>, now: Vec<u8>) -> impl Fn(&Request, usize) -> Option<Reply> {
    move |request, before| {
        if !request.is("GET", "/content") {
            return None;
        }
        let content = if before == 0 { &first } else { &now };
        let tag = format!("\"{}\"", content[8]);
        let date = match content == &first {
            true => "Sun, 06 Nov 1994 08:00:00 GMT",
            false => "Mon, 07 Nov 1994 08:00:00 GMT",
        };
        let mut headers = vec![("Content-Disposition", "filename=\"large.twbx\"".to_owned())];
        match server {
            Server::Blind => {}
            Server::Dated => {
                headers.push(("Last-Modified", date.to_owned()));
                headers.push(("Date", "Tue, 08 Nov 1994 08:00:00 GMT".to_owned()));
            }
            _ => headers.push(("ETag", tag.clone())),
        }
        if before == 0 {
            return Some(Reply::Stalled(headers, content[..CUT].to_vec(), content.len()));
        }
        let asked = request
            .header("range")
            .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        let same = match server {
            Server::Dated => request.header("if-range") == Some(date),
            Server::Careless => true,
            _ => request.header("if-range") == Some(tag.as_str()),
        };
        Some(match asked {
            Some(start) if same && server != Server::Whole => {
                let end = match server {
                    Server::Stingy => content.len().min(start + 600_000),
                    _ => content.len(),
                };
                headers.retain(|(name, _)| *name != "Content-Disposition");
                let range = format!("bytes {start}-{}/{}", end - 1, content.len());
                headers.push(("Content-Range", range));
                Reply::Answer(206, headers, content[start..end].to_vec())
            }
            _ => Reply::Answer(200, headers, content.clone()),
        })
    }
}

/// What a download that went on asked for, and what it left.
struct Later {
    requests: Vec<Request>,
}

impl Later {
    /// The ranges that were asked for, one for each request.
    fn ranges(&self) -> Vec<Option<u64>> {
        let start = |request: &Request| {
            let range = request.header("range")?;
            range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()
        };
        self.requests.iter().map(start).collect()
    }
}

/// Begins a download, gives it up in its middle as a program does that dies, lets somebody meddle with what is left,
/// and downloads again.
async fn interrupted(server: Server, changes: bool, meddle: impl Fn(&mut Vec<u8>)) -> Later {
    let (first, now) = (large(1), large(if changes { 1000 } else { 1 }));
    let fake = Fake::start(large_content(server, first, now.clone())).await;
    let (folder, cache) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let files = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).expect("listed");
        entries.map(|entry| entry.expect("an entry").path()).collect()
    };
    let cached = cache.path().join("cache");
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .retry(quick())
        .cache_folder(&cached)
        .build()
        .expect("a client");
    let books = client.sign_in(password()).await.expect("signed in").workbooks();
    let workbook = id(1).parse().expect("an id");
    {
        let download = books.download(workbook, folder.path(), DownloadOptions::default());
        let mut download = std::pin::pin!(download);
        let came = || {
            let sizes = files(folder.path())
                .into_iter()
                .map(|part| part.metadata().map_or(0, |m| m.len()));
            sizes.sum::<u64>() >= (CUT - 512 * 1024) as u64
        };
        while !came() {
            let step = tokio::time::timeout(Duration::from_millis(10), download.as_mut()).await;
            assert!(step.is_err(), "it stalls: {step:?}");
        }
    }
    let left = files(folder.path());
    assert_eq!(
        left.len(),
        usize::from(server != Server::Blind),
        "{server:?}: {left:?}"
    );
    for part in left {
        assert!(part.to_string_lossy().ends_with(".part"), "{part:?}");
        let mut bytes = std::fs::read(&part).expect("read");
        meddle(&mut bytes);
        std::fs::write(&part, bytes).expect("written");
    }
    let before = fake.requests().len();
    let got = books
        .download(workbook, folder.path(), DownloadOptions::default())
        .await
        .expect("downloaded");
    assert_eq!(
        (got.file_name.as_str(), got.bytes),
        ("large.twbx", LARGE as u64),
        "{server:?}"
    );
    assert_eq!(
        files(folder.path()),
        [folder.path().join("large.twbx")],
        "{server:?}"
    );
    assert!(
        std::fs::read(got.path.expect("a path")).expect("read") == now,
        "{server:?}"
    );
    let notes = files(&cached.join("downloads"));
    assert!(
        notes
            .iter()
            .all(|note| note.extension().is_some_and(|e| e == "lock")),
        "{notes:?}"
    );
    Later {
        requests: fake.requests().split_off(before),
    }
}

#[tokio::test]
async fn a_download_goes_on_after_its_program_died() {
    for server in [Server::Honest, Server::Dated, Server::Careless] {
        let ranges = interrupted(server, false, |_| {}).await.ranges();
        let [Some(start)] = ranges.as_slice() else {
            panic!("{server:?}: {ranges:?}")
        };
        assert!(*start >= 8 * 1024 * 1024, "{server:?}: {start}");
    }
    let ranges = interrupted(Server::Stingy, false, |_| {}).await.ranges();
    assert!(
        ranges.len() > 1 && ranges.iter().all(Option::is_some),
        "{ranges:?}"
    );
    assert!(ranges.windows(2).all(|pair| pair[0] < pair[1]), "{ranges:?}");
}

#[tokio::test]
async fn a_download_begins_anew_where_the_content_changed() {
    for (server, requests) in [(Server::Honest, 1), (Server::Dated, 1), (Server::Careless, 2)] {
        let ranges = interrupted(server, true, |_| {}).await.ranges();
        assert!(
            ranges.len() == requests && ranges[0].is_some(),
            "{server:?}: {ranges:?}"
        );
    }
}

#[tokio::test]
async fn a_download_begins_anew_where_it_cannot_go_on() {
    let ranges = interrupted(Server::Whole, false, |_| {}).await.ranges();
    assert!(matches!(ranges.as_slice(), [Some(_)]), "{ranges:?}");
    assert_eq!(interrupted(Server::Blind, false, |_| {}).await.ranges(), [None]);
}

#[tokio::test]
async fn what_is_left_of_a_download_is_looked_at_before_it_is_used() {
    let damage = |bytes: &mut Vec<u8>| bytes[1000] ^= 1;
    assert_eq!(interrupted(Server::Honest, false, damage).await.ranges(), [None]);
    let shorten = |bytes: &mut Vec<u8>| bytes.truncate(1_000_000);
    assert_eq!(interrupted(Server::Honest, false, shorten).await.ranges(), [None]);
}

#[tokio::test]
async fn a_download_that_fails_for_good_leaves_nothing() {
    let fake = Fake::start(|request, before| {
        let tag = vec![("ETag", "\"a\"".to_owned())];
        request.is("GET", "/content").then(|| match before {
            0 => Reply::Truncated(tag, b"half".to_vec()),
            _ => error(404, "404006"),
        })
    })
    .await;
    let (folder, cache) = (
        tempfile::tempdir().expect("a folder"),
        tempfile::tempdir().expect("a folder"),
    );
    let client = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .retry(quick())
        .cache_folder(cache.path())
        .build()
        .expect("a client");
    let books = client.sign_in(password()).await.expect("signed in").workbooks();
    let to = folder.path().join("a.twbx");
    let failure = books
        .download(
            id(1).parse().expect("an id"),
            to.as_path(),
            DownloadOptions::default(),
        )
        .await
        .expect_err("gone");
    assert_eq!(failure.kind(), ErrorKind::NotFound);
    assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 0);
}
