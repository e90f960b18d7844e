//! A very small HTTP server for faults that a real one cannot be made to show on demand.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a request was.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    /// Path with query.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn is(&self, method: &str, part: &str) -> bool {
        self.method == method && self.target.contains(part)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A number out of the query.
    pub fn number(&self, name: &str) -> Option<u32> {
        let query = self.target.split_once('?')?.1;
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
    }
}

/// What the server does with a request.
pub enum Reply {
    /// Status, headers, body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Announces more bytes than it sends, then closes.
    Truncated(Vec<(&'static str, String)>, Vec<u8>),
    /// Announces so many bytes, sends less, and says nothing more for a long time.
    Stalled(Vec<(&'static str, String)>, Vec<u8>, usize),
    /// Closes without a word.
    Drop,
    /// Says nothing for a long time.
    Silence,
    /// Answers later.
    Slow(Duration, Box<Reply>),
}

pub fn ok(inner: &str) -> Reply {
    Reply::Answer(200, vec![xml()], document(inner))
}

pub fn no_content() -> Reply {
    Reply::Answer(204, vec![], vec![])
}

pub fn error(status: u16, code: &str) -> Reply {
    let inner =
        format!("<error code='{code}'><summary>Title {code}</summary><detail>Detail.</detail></error>");
    Reply::Answer(status, vec![xml()], document(&inner))
}

pub fn xml() -> (&'static str, String) {
    ("Content-Type", "application/xml;charset=utf-8".to_owned())
}

fn document(inner: &str) -> Vec<u8> {
    format!("<?xml version='1.0' encoding='UTF-8'?><tsResponse xmlns=\"http://tableau.com/api\">{inner}</tsResponse>").into_bytes()
}

pub const SITE: &str = "11111111-1111-4111-8111-111111111111";
pub const USER: &str = "22222222-2222-4222-8222-222222222222";

/// An id made of a number.
pub fn id(n: u32) -> String {
    format!("33333333-3333-4333-8333-{n:012}")
}

type Script = dyn Fn(&Request, usize) -> Option<Reply> + Send + Sync;

/// The server with a record of what it was asked.
pub struct Fake {
    pub url: String,
    seen: Arc<Mutex<Vec<Request>>>,
    /// How many requests are being answered, and the most that were.
    busy: Arc<(AtomicUsize, AtomicUsize)>,
}

impl Fake {
    /// Starts a server. `script` gets each request and how many of the same method and path came
    /// before; what it leaves open, signing in and out and Server Info, is answered as usual.
    pub async fn start(script: impl Fn(&Request, usize) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let script: Arc<Script> = Arc::new(script);
        let record = Arc::clone(&seen);
        let busy = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
        let counters = Arc::clone(&busy);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(
                    stream,
                    Arc::clone(&script),
                    Arc::clone(&record),
                    Arc::clone(&counters),
                ));
            }
        });
        Self { url, seen, busy }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.seen.lock().expect("not poisoned").clone()
    }

    /// The most requests that were answered at the same time.
    pub fn most_at_once(&self) -> usize {
        self.busy.1.load(Ordering::SeqCst)
    }

    pub fn count(&self, method: &str, part: &str) -> usize {
        self.requests().iter().filter(|r| r.is(method, part)).count()
    }
}

async fn serve(
    mut stream: TcpStream,
    script: Arc<Script>,
    record: Arc<Mutex<Vec<Request>>>,
    busy: Arc<(AtomicUsize, AtomicUsize)>,
) {
    let mut buffer = Vec::new();
    while let Some(request) = read(&mut stream, &mut buffer).await {
        let (before, sign_ins) = {
            let mut seen = record.lock().expect("not poisoned");
            let path = |target: &str| target.split('?').next().unwrap_or_default().to_owned();
            let before = seen
                .iter()
                .filter(|r| r.method == request.method && path(&r.target) == path(&request.target))
                .count();
            let sign_ins = seen.iter().filter(|r| r.is("POST", "/auth/signin")).count();
            seen.push(request.clone());
            (before, sign_ins)
        };
        busy.1
            .fetch_max(busy.0.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        let mut reply = script(&request, before).unwrap_or_else(|| usual(&request, sign_ins));
        if let Reply::Slow(delay, later) = reply {
            tokio::time::sleep(delay).await;
            reply = *later;
        }
        busy.0.fetch_sub(1, Ordering::SeqCst);
        let bytes = match reply {
            Reply::Answer(status, headers, body) => answer(status, &headers, &body, body.len()),
            Reply::Truncated(headers, body) => {
                let _ = stream
                    .write_all(&answer(200, &headers, &body, body.len() + 100))
                    .await;
                return;
            }
            Reply::Drop | Reply::Slow(..) => return,
            Reply::Stalled(headers, body, length) => {
                let _ = stream.write_all(&answer(200, &headers, &body, length)).await;
                tokio::time::sleep(Duration::from_secs(30)).await;
                return;
            }
            Reply::Silence => {
                tokio::time::sleep(Duration::from_secs(30)).await;
                return;
            }
        };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

/// Every sign-in gives another token: token-1, token-2 …
fn usual(request: &Request, sign_ins: usize) -> Reply {
    if request.is("POST", "/auth/signin") || request.is("POST", "/auth/switchSite") {
        let content_url = if request.text().contains("contentUrl=\"other\"") {
            "other"
        } else {
            ""
        };
        ok(&format!(
            "<credentials token='token-{}'><site id='{SITE}' contentUrl='{content_url}'/><user id='{USER}'/></credentials>",
            sign_ins + 1
        ))
    } else if request.is("POST", "/auth/signout") {
        no_content()
    } else if request.is("GET", "/serverInfo") {
        ok(
            "<serverInfo><productVersion build='20182.18.0627.2230'>2018.2.0</productVersion><restApiVersion>3.1</restApiVersion></serverInfo>",
        )
    } else {
        error(404, "404003")
    }
}

fn answer(status: u16, headers: &[(&str, String)], body: &[u8], length: usize) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut bytes = format!("{head}\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
    buffer.drain(..end + 4);
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": ").map(|(n, v)| (n.to_owned(), v.to_owned())))
        .collect();
    let length = headers
        .iter()
        .find(|(n, _)| n.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, v)| v.parse::<usize>().ok())
        .unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = buffer.drain(..length).collect();
    Some(Request {
        method,
        target,
        headers,
        body,
    })
}
