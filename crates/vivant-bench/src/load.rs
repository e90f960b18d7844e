//! The load generator: closed loops over plain TCP, all on one thread, so that the server keeps the rest.

use std::cell::RefCell;
use std::io::Write as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that fails so often in a row will not recover.
const FAILURES_IN_A_ROW: u32 = 20;
/// A server that takes longer than this for one answer has stopped answering.
const PATIENCE: Duration = Duration::from_secs(30);

/// What to send, and for how long.
struct Options {
    address: String,
    request: Vec<u8>,
    connections: usize,
    warm_up: Duration,
    seconds: Duration,
}

/// What the loops have seen.
#[derive(Default)]
struct Seen {
    micros: Vec<u64>,
    bytes: u64,
    errors: u64,
    first_error: Option<String>,
}

/// Runs `vivant-bench load`.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let options = options(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    let seen = local.block_on(&runtime, measure(options.into()))?;
    report(seen)
}

fn options(args: &[String]) -> anyhow::Result<Options> {
    let mut url = None;
    let (mut headers, mut connections) = (String::new(), 8);
    let (mut seconds, mut warm_up) = (Duration::from_secs(5), Duration::from_secs(1));
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--header" => {
                let header = crate::value(arg, &mut rest)?;
                if !header.contains(':') || header.contains(['\r', '\n']) {
                    bail!("`--header` is written `NAME: VALUE`, not `{header}`");
                }
                headers.push_str(header);
                headers.push_str("\r\n");
            }
            "--connections" => connections = number(arg, &mut rest)?,
            "--seconds" => seconds = Duration::from_secs_f64(number(arg, &mut rest)?),
            "--warm-up" => warm_up = Duration::from_secs_f64(number(arg, &mut rest)?),
            other if url.is_none() && !other.starts_with('-') => url = Some(other),
            other => bail!("`load` does not know `{other}`"),
        }
    }
    let url = url.context("`load` needs an address")?;
    let place = url
        .strip_prefix("http://")
        .with_context(|| format!("`{url}` does not begin with http://"))?;
    let (address, path) = match place.find('/') {
        Some(at) => place.split_at(at),
        None => (place, "/"),
    };
    if !address.contains(':') {
        bail!("`{url}` names no port");
    }
    if connections == 0 {
        bail!("`--connections` must be at least 1");
    }
    Ok(Options {
        address: address.to_owned(),
        request: format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: */*\r\n{headers}\r\n")
            .into_bytes(),
        connections,
        warm_up,
        seconds,
    })
}

fn number<'a, T: std::str::FromStr>(
    option: &str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> anyhow::Result<T> {
    let text = crate::value(option, rest)?;
    match text.parse() {
        Ok(number) => Ok(number),
        Err(_) => bail!("`{option}` needs a number, not `{text}`"),
    }
}

/// All loops' findings, and the seconds they took.
async fn measure(options: Rc<Options>) -> anyhow::Result<(Seen, f64)> {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let begin = Instant::now() + options.warm_up;
    let end = begin + options.seconds;
    let loops: Vec<_> = (0..options.connections)
        .map(|_| tokio::task::spawn_local(keep_asking(options.clone(), seen.clone(), begin, end)))
        .collect();
    for one in loops {
        one.await??;
    }
    let took = begin.elapsed().as_secs_f64();
    Ok((seen.take(), took))
}

/// One connection: asks, waits, asks again, until the time is over.
async fn keep_asking(
    options: Rc<Options>,
    seen: Rc<RefCell<Seen>>,
    begin: Instant,
    end: Instant,
) -> anyhow::Result<()> {
    let mut connection = None;
    let mut failures = 0;
    loop {
        let started = Instant::now();
        if started >= end {
            return Ok(());
        }
        let asked = tokio::time::timeout(PATIENCE, ask(&options, &mut connection)).await;
        let outcome = asked.unwrap_or_else(|_| bail!("no answer within {} s", PATIENCE.as_secs()));
        if let Err(error) = &outcome {
            connection = None;
            failures += 1;
            if failures == FAILURES_IN_A_ROW {
                bail!("{FAILURES_IN_A_ROW} requests in a row failed, the last with: {error:#}");
            }
        } else {
            failures = 0;
        }
        if started < begin {
            continue;
        }
        let mut seen = seen.borrow_mut();
        match outcome {
            Ok(bytes) => {
                seen.micros.push(started.elapsed().as_micros() as u64);
                seen.bytes += bytes as u64;
            }
            Err(error) => {
                seen.errors += 1;
                seen.first_error.get_or_insert_with(|| format!("{error:#}"));
            }
        }
    }
}

/// An open connection, and the bytes read from it that no answer has used.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// Sends the request and returns the length of the answer's body. Anything but 200 is an error.
async fn ask(options: &Options, connection: &mut Option<Connection>) -> anyhow::Result<usize> {
    let Connection { stream, buffer } = match connection {
        Some(open) => open,
        None => {
            let stream = TcpStream::connect(&options.address).await?;
            stream.set_nodelay(true)?;
            connection.insert(Connection {
                stream,
                buffer: Vec::with_capacity(64 << 10),
            })
        }
    };
    stream.write_all(&options.request).await?;
    let head = loop {
        if let Some(head) = head(buffer)? {
            break head;
        }
        read(stream, buffer).await?;
    };
    let whole = head.length + head.body;
    while buffer.len() < whole {
        read(stream, buffer).await?;
    }
    if buffer.len() > whole {
        bail!("the server sent more than it was asked for");
    }
    buffer.clear();
    if head.closes {
        *connection = None;
    }
    match head.status {
        200 => Ok(head.body),
        status => bail!("the answer was {status}"),
    }
}

async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> anyhow::Result<()> {
    if stream.read_buf(buffer).await? == 0 {
        bail!("the server closed the connection in the middle of an answer");
    }
    Ok(())
}

/// The first lines of an answer.
#[derive(Debug, PartialEq)]
struct Head {
    status: u16,
    /// Bytes of these lines, the empty one included.
    length: usize,
    /// Bytes of the body.
    body: usize,
    closes: bool,
}

/// Reads the first lines; `None` while they are not all there.
fn head(buffer: &[u8]) -> anyhow::Result<Option<Head>> {
    let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(&buffer[..end]).context("the headers are not text")?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok())
        .context("the answer is not HTTP/1.1")?;
    let (mut body, mut closes) = (None, false);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            body = value.parse().ok();
        } else if name.eq_ignore_ascii_case("connection") {
            closes = value.eq_ignore_ascii_case("close");
        }
    }
    Ok(Some(Head {
        status,
        length: end + 4,
        body: body.context("the answer has no Content-Length, which is all that this program understands")?,
        closes,
    }))
}

fn report((mut seen, took): (Seen, f64)) -> anyhow::Result<()> {
    if seen.micros.is_empty() {
        bail!(
            "no request succeeded: {}",
            seen.first_error.as_deref().unwrap_or("none was answered in time")
        );
    }
    if let Some(error) = &seen.first_error {
        eprintln!("vivant-bench: the first of {} errors: {error}", seen.errors);
    }
    seen.micros.sort_unstable();
    let count = seen.micros.len();
    let mut out = std::io::stdout().lock();
    writeln!(out, "requests_per_second\t{:.1}", count as f64 / took)?;
    writeln!(out, "p50_ms\t{:.3}", percentile(&seen.micros, 50) as f64 / 1000.0)?;
    writeln!(out, "p99_ms\t{:.3}", percentile(&seen.micros, 99) as f64 / 1000.0)?;
    writeln!(out, "errors\t{}", seen.errors)?;
    writeln!(out, "bytes_per_answer\t{}", seen.bytes / count as u64)?;
    Ok(())
}

/// The least value that so many percent of the sorted values do not exceed.
fn percentile(sorted: &[u64], percent: usize) -> u64 {
    sorted[(sorted.len() * percent).div_ceil(100).max(1) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_an_answer_is_read_when_it_is_whole() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nConnection: Close\r\n\r\nhello";
        let whole = head(text).unwrap().unwrap();
        assert_eq!(
            (whole.status, whole.length, whole.body, whole.closes),
            (200, text.len() - 5, 5, true)
        );
        assert_eq!(head(&text[..whole.length - 1]).unwrap(), None);
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn percentiles_are_values_that_were_seen() {
        let sorted: Vec<u64> = (1..=100).collect();
        assert_eq!((percentile(&sorted, 50), percentile(&sorted, 99)), (50, 99));
        assert_eq!(percentile(&[7], 99), 7);
    }

    #[test]
    fn command_lines_are_read() {
        let args = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let good = options(&args("http://127.0.0.1:1/a?b=c --connections 2 --header A:b")).unwrap();
        assert_eq!(good.connections, 2);
        assert_eq!(
            String::from_utf8(good.request).unwrap(),
            "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:1\r\nAccept: */*\r\nA:b\r\n\r\n"
        );
        for bad in [
            "https://a:1",
            "http://a",
            "http://a:1 --seconds x",
            "--seconds 1",
            "http://a:1 b",
        ] {
            assert!(options(&args(bad)).is_err(), "{bad}");
        }
    }
}
