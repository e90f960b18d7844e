//! Uploads that are broken off: every byte arrives once and in order, or the upload begins anew.

use std::path::Path;
use std::sync::{Arc, Mutex};

use vivant_client::{Client, ErrorKind, ProxyChoice, PublishWorkbook, Site, Source};

use crate::fake::{Fake, Reply, Request, error, id, no_content, ok};
use crate::support::{password, quick};

const MEBIBYTE: usize = 1024 * 1024;
const CHUNK: usize = 3 * MEBIBYTE;

/// What happens to a chunk.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Arrives,
    /// It is appended, and the answer gets lost.
    AnswerLost,
    /// It is lost on the way.
    Lost,
    /// Nothing is to be seen of it until the next chunk comes.
    Late,
    /// The server fails.
    Fails,
    /// The session is gone.
    Gone,
}

#[derive(Default)]
struct Server {
    /// What each session holds.
    sessions: Vec<Vec<u8>>,
    late: Vec<u8>,
    chunks: usize,
    looks: usize,
    published: Option<Vec<u8>>,
}

fn chunk_of(request: &Request) -> Vec<u8> {
    let marker = b"octet-stream\r\n\r\n";
    let at = request
        .body
        .windows(marker.len())
        .position(|w| w == marker)
        .expect("a part")
        + marker.len();
    let end = request
        .body
        .windows(4)
        .rposition(|w| w == b"\r\n--")
        .expect("an end");
    request.body[at..end].to_vec()
}

/// Starts a server that appends chunks, the one of the given number with the given fate, and publishes what it has.
async fn server(fates: &'static [(usize, Fate)]) -> (Fake, Arc<Mutex<Server>>) {
    let state = Arc::new(Mutex::new(Server::default()));
    let kept = Arc::clone(&state);
    let fake = Fake::start(move |request, _| {
        let mut server = state.lock().expect("not poisoned");
        if request.is("POST", "/fileUploads") {
            server.sessions.push(Vec::new());
            let number = server.sessions.len();
            return Some(ok(&format!(
                "<fileUpload uploadSessionId='{number}:a-1:0' fileSize='0'/>"
            )));
        }
        let session = |text: &str| {
            text.split("%3Aa-1%3A0")
                .next()?
                .rsplit(['/', '='])
                .next()?
                .parse::<usize>()
                .ok()
        };
        if request.is("PUT", "/fileUploads/") {
            let number = session(&request.target).expect("a session");
            let chunk = chunk_of(request);
            let mut fate = Fate::Arrives;
            if chunk.is_empty() {
                server.looks += 1;
            } else {
                server.chunks += 1;
                let now = server.chunks;
                fate = fates
                    .iter()
                    .find(|(n, _)| *n == now)
                    .map_or(fate, |(_, fate)| *fate);
                let late = std::mem::take(&mut server.late);
                server.sessions[number - 1].extend(late);
            }
            match fate {
                Fate::Arrives | Fate::AnswerLost => server.sessions[number - 1].extend(&chunk),
                Fate::Late => server.late = chunk,
                Fate::Lost | Fate::Fails | Fate::Gone => {}
            }
            let megabytes = server.sessions[number - 1].len().div_ceil(MEBIBYTE);
            return Some(match fate {
                Fate::Arrives => ok(&format!(
                    "<fileUpload uploadSessionId='{number}:a-1:0' fileSize='{megabytes}'/>"
                )),
                Fate::Fails => error(500, "500000"),
                Fate::Gone => error(404, "404015"),
                _ => Reply::Drop,
            });
        }
        if request.is("POST", "/workbooks") {
            let number = session(request.target.split("uploadSessionId=").nth(1)?)?;
            server.published = Some(server.sessions[number - 1].clone());
            return Some(ok(&format!("<workbook id='{}' name='big'/>", id(1))));
        }
        request.is("POST", "/auth/signout").then(no_content)
    })
    .await;
    (fake, kept)
}

async fn site(fake: &Fake, chunk: usize, cache: Option<&Path>) -> Site {
    let mut builder = Client::builder(&fake.url)
        .proxy(ProxyChoice::None)
        .retry(quick())
        .chunk_size(chunk as u64)
        .single_request_limit(chunk as u64);
    if let Some(folder) = cache {
        builder = builder.cache_folder(folder);
    }
    let client = builder.build().expect("a client");
    client.sign_in(password()).await.expect("signed in")
}

fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n / 7 % 251) as u8).collect()
}

/// Uploads three chunks and returns what came of it: sessions, chunks and looks.
async fn check(fates: &'static [(usize, Fate)]) -> (usize, usize, usize) {
    let (fake, server) = server(fates).await;
    let content = content(3 * CHUNK - 5);
    let site = site(&fake, CHUNK, None).await;
    let uploaded = site
        .file_uploads()
        .upload(Source::bytes("big.twbx", content.clone()))
        .await;
    let session: usize = uploaded
        .expect("uploaded")
        .split(':')
        .next()
        .and_then(|n| n.parse().ok())
        .expect("a number");
    let server = server.lock().expect("not poisoned");
    assert!(
        server.sessions[session - 1] == content,
        "the content is not what was sent"
    );
    (server.sessions.len(), server.chunks, server.looks)
}

#[tokio::test]
async fn chunks_arrive_once_and_in_order() {
    assert_eq!(check(&[]).await, (1, 3, 0));
}

#[tokio::test]
async fn a_chunk_whose_answer_got_lost_is_looked_for() {
    assert_eq!(check(&[(2, Fate::AnswerLost)]).await, (1, 3, 2));
    assert_eq!(check(&[(3, Fate::AnswerLost)]).await, (1, 3, 2));
}

#[tokio::test]
async fn a_chunk_that_got_lost_is_sent_again() {
    assert_eq!(check(&[(2, Fate::Lost)]).await, (1, 4, 2));
}

#[tokio::test]
async fn a_chunk_that_arrives_twice_spoils_the_session() {
    assert_eq!(check(&[(2, Fate::Late)]).await, (2, 6, 1));
}

#[tokio::test]
async fn a_session_that_is_gone_is_left() {
    assert_eq!(check(&[(2, Fate::Gone)]).await, (2, 5, 0));
}

#[tokio::test]
async fn chunks_too_small_to_be_seen_begin_anew() {
    let (fake, server) = server(&[(2, Fate::AnswerLost)]).await;
    let site = site(&fake, 1000, None).await;
    let content = content(2500);
    let uploads = site.file_uploads();
    uploads
        .upload(Source::bytes("small.twbx", content.clone()))
        .await
        .expect("uploaded");
    let server = server.lock().expect("not poisoned");
    assert_eq!((server.sessions.len(), server.looks), (2, 0));
    assert!(server.sessions[1] == content);
}

#[tokio::test]
async fn a_reader_cannot_begin_anew() {
    let (fake, _) = server(&[(2, Fate::Gone)]).await;
    let site = site(&fake, CHUNK, None).await;
    let reader = Source::reader("big.twbx", std::io::Cursor::new(content(3 * CHUNK)));
    let failure = site
        .file_uploads()
        .upload(reader)
        .await
        .expect_err("half of it is gone");
    assert_eq!(failure.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn an_upload_goes_on_where_a_program_ended() {
    for (fate, chunks) in [(Fate::Fails, 5), (Fate::Gone, 4 + 1 + 4)] {
        static FAILS: &[(usize, Fate)] = &[(4, Fate::Fails)];
        static GONE: &[(usize, Fate)] = &[(4, Fate::Fails), (5, Fate::Gone)];
        let fates = if fate == Fate::Fails { FAILS } else { GONE };
        let (fake, server) = server(fates).await;
        let folder = tempfile::tempdir().expect("a folder");
        let cache = folder.path().join("cache");
        let file = folder.path().join("big.twbx");
        let content = content(4 * CHUNK);
        std::fs::write(&file, &content).expect("written");

        let publish = async || {
            let site = site(&fake, CHUNK, Some(&cache)).await;
            site.workbooks()
                .publish(PublishWorkbook::default(), file.as_path())
                .await
        };
        assert_eq!(
            publish().await.expect_err("the server failed").kind(),
            ErrorKind::Server
        );
        let notes = || {
            let files = std::fs::read_dir(cache.join("uploads")).expect("a folder");
            files
                .filter(|f| !f.as_ref().is_ok_and(|f| f.path().extension().is_some()))
                .count()
        };
        assert_eq!(notes(), 1);
        publish().await.expect("published");
        assert_eq!(notes(), 0);
        let server = server.lock().expect("not poisoned");
        assert!(
            server.published.as_ref() == Some(&content),
            "the content is not what was sent"
        );
        assert_eq!(server.sessions.len(), if fate == Fate::Fails { 1 } else { 2 });
        assert_eq!(server.chunks, chunks);
        assert!(server.looks >= 1);
    }
}
