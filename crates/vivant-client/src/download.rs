//! Downloads: streamed to a temporary file, then renamed; or to anything that can be written; going on where
//! they broke.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::Stream;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap};
use tokio::io::{AsyncRead, AsyncSeekExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::site::Site;
use crate::source::Digest;
use crate::transport::{Answer, AnswerBody};

/// How many pieces of a stream wait for its reader.
const STREAM_AHEAD: usize = 8;

/// Where content goes.
pub enum Target {
    /// A folder that exists: a file in it, under the server's name for it. Any other path: that file.
    Path(PathBuf),
    /// Anything that can be written. What was written stays should the download break for good.
    Writer(Box<dyn AsyncWrite + Send + Unpin>),
    /// A stream; made by [`Target::stream`].
    Stream(ByteSender),
}

/// The end of a stream into which a download writes.
#[derive(Clone)]
pub struct ByteSender(mpsc::Sender<Part>);

impl Target {
    /// Makes a target of something that can be written.
    pub fn writer(writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self::Writer(Box::new(writer))
    }

    /// Makes a target that writes to standard output.
    pub fn stdout() -> Result<Self> {
        #[cfg(unix)]
        let handle = std::os::fd::AsFd::as_fd(&std::io::stdout()).try_clone_to_owned();
        #[cfg(windows)]
        let handle = std::os::windows::io::AsHandle::as_handle(&std::io::stdout()).try_clone_to_owned();
        let handle = handle.map_err(|e| Error::file(format!("standard output cannot be written: {e}")))?;
        Ok(Self::writer(tokio::fs::File::from_std(handle.into())))
    }

    /// Makes a target and the stream that gives what the download brings. Both must be worked on at once.
    ///
    /// ```no_run
    /// # async fn example(site: vivant_client::Site, id: vivant_client::model::WorkbookId) -> vivant_client::Result<()> {
    /// use futures_util::TryStreamExt;
    /// use vivant_client::{DownloadOptions, Target};
    ///
    /// let (target, mut stream) = Target::stream();
    /// let books = site.workbooks();
    /// let download = books.download(id, target, DownloadOptions::default());
    /// let read = async {
    ///     while let Ok(Some(bytes)) = stream.try_next().await {
    ///         eprintln!("{} bytes", bytes.len());
    ///     }
    /// };
    /// let (downloaded, ()) = futures_util::future::join(download, read).await;
    /// downloaded?;
    /// # Ok(()) }
    /// ```
    pub fn stream() -> (Self, ByteStream) {
        let (sender, parts) = mpsc::channel(STREAM_AHEAD);
        let stream = ByteStream { parts, ended: false };
        (Self::Stream(ByteSender(sender)), stream)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Writer(_) => f.write_str("Writer"),
            Self::Stream(_) => f.write_str("Stream"),
        }
    }
}

impl From<PathBuf> for Target {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

impl From<&Path> for Target {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<&str> for Target {
    fn from(path: &str) -> Self {
        Self::Path(path.into())
    }
}

/// How content is downloaded.
#[derive(Clone, Debug)]
pub struct DownloadOptions {
    /// Whether extracts come with it (API 2.5).
    pub include_extract: bool,
}

impl Default for DownloadOptions {
    fn default() -> Self {
        Self {
            include_extract: true,
        }
    }
}

impl DownloadOptions {
    pub(crate) fn call(&self, path: String) -> Call {
        let call = Call::get(path).long();
        match self.include_extract {
            true => call,
            // Tableau: written like this by the clients; servers read it in any case of letters.
            false => call.query("includeExtract", "False"),
        }
    }
}

/// What was downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// The file it went to; `None` for a writer.
    pub path: Option<PathBuf>,
    /// The server's name for it, made safe.
    pub file_name: String,
    /// Its length.
    pub bytes: u64,
}

impl Site {
    /// Downloads; `fallback` names the file where the server does not.
    ///
    /// A download that breaks goes on where it broke, if the server knows ranges and says by an ETag that the
    /// content is the same; otherwise it begins anew. What a writer has already is compared then, not written twice.
    pub(crate) async fn download(&self, call: &Call, target: Target, fallback: &str) -> Result<Downloaded> {
        match self.client().0.timeouts.long_total {
            None => self.download_all(call, target, fallback).await,
            Some(limit) => timeout(limit, self.download_all(call, target, fallback))
                .await
                .unwrap_or_else(|_| {
                    let message = format!("the download was not whole within {limit:?}");
                    Err(Error::new(ErrorKind::Timeout, message))
                }),
        }
    }

    async fn download_all(&self, call: &Call, target: Target, fallback: &str) -> Result<Downloaded> {
        let path = match target {
            Target::Path(path) => path,
            Target::Writer(writer) => {
                let mut progress = Progress::new(Out::Writer(writer));
                let file_name = self.fetch(call, &mut progress, fallback).await?;
                return Ok(Downloaded {
                    path: None,
                    file_name,
                    bytes: progress.bytes,
                });
            }
            Target::Stream(ByteSender(sender)) => {
                let mut progress = Progress::new(Out::Stream(sender.clone()));
                let outcome = self.fetch(call, &mut progress, fallback).await;
                // Nobody may be left who reads it.
                let _ = match &outcome {
                    Ok(_) => sender.send(Part::End).await,
                    Err(error) => sender.send(Part::Broken(error.clone())).await,
                };
                return outcome.map(|file_name| Downloaded {
                    path: None,
                    file_name,
                    bytes: progress.bytes,
                });
            }
        };
        let folder = match path.parent() {
            _ if tokio::fs::metadata(&path).await.is_ok_and(|m| m.is_dir()) => path.clone(),
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let unwritable =
            |e: std::io::Error| Error::file(format!("{} cannot be written: {e}", path.display()));
        let temporary = temporary_in(&folder).map_err(unwritable)?;
        let handle = temporary.reopen().map_err(unwritable)?;
        let mut progress = Progress::new(Out::File(tokio::fs::File::from_std(handle)));
        let file_name = self.fetch(call, &mut progress, fallback).await?;
        if let Out::File(file) = &mut progress.out {
            file.sync_all().await.map_err(unwritable)?;
        }
        let path = match path == folder {
            true => folder.join(&file_name),
            false => path.clone(),
        };
        let bytes = progress.bytes;
        drop(progress);
        temporary.persist(&path).map_err(|e| unwritable(e.error))?;
        Ok(Downloaded {
            path: Some(path),
            file_name,
            bytes,
        })
    }

    /// Fetches content, in several attempts should it break, and returns its name.
    async fn fetch(&self, call: &Call, progress: &mut Progress, fallback: &str) -> Result<String> {
        let policy = &self.client().0.retry;
        let mut attempt = 1;
        let mut earlier: Option<Error> = None;
        loop {
            let before = progress.bytes;
            let mut ranged = call.clone();
            if let (Some(etag), true) = (&progress.etag, progress.bytes > 0) {
                ranged = ranged
                    .header("range", format!("bytes={}-", progress.bytes))
                    .header("if-range", etag);
            }
            let error = match self.fetch_once(&ranged, progress, fallback).await {
                Ok(name) => return Ok(name),
                Err(error) => error,
            };
            // Before any content came, requests are repeated further down.
            let broke = matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout)
                && error.status().is_some();
            // A server may refuse the range instead of answering whole.
            let refused = progress.etag.is_some() && matches!(error.status(), Some(400 | 416));
            if refused {
                progress.etag = None;
            }
            if progress.bytes > before && progress.etag.is_some() {
                attempt = 1;
            }
            if !(broke || refused) || attempt >= policy.attempts {
                return Err(match earlier {
                    Some(earlier) => error.after(earlier),
                    None => error,
                });
            }
            tracing::info!(attempt, bytes = progress.bytes, reason = %error, "downloading again");
            sleep(policy.pause(attempt)).await;
            attempt += 1;
            earlier = Some(error);
        }
    }

    async fn fetch_once(&self, call: &Call, progress: &mut Progress, fallback: &str) -> Result<String> {
        let answer = self.open(call).await?;
        let name = file_name(&answer, fallback);
        let AnswerBody::Stream(mut response) = answer.body else {
            return Err(Error::new(
                ErrorKind::UnexpectedAnswer,
                "the answer has no content",
            ));
        };
        let goes_on = answer.status == 206 && range_start(&answer.headers) == Some(progress.bytes);
        if answer.status == 206 && !goes_on {
            let message = "the server answers with another part of the content than was asked for";
            progress.etag = None;
            return Err(Error::new(ErrorKind::Connection, message).with_status(206));
        }
        if !goes_on {
            progress.begin_anew().await?;
            progress.etag = strong_etag(&answer.headers);
        }
        let client = &self.client().0;
        let url = response.url().clone();
        let mut shown = url.clone();
        shown.set_query(None);
        let request = format!("{} {shown}", call.method);
        loop {
            let chunk = client.next_chunk(&mut response).await.map_err(|e| {
                e.explain(&url, client.timeouts.idle)
                    .with_status(answer.status)
                    .with_request(None, request.clone())
                    .with_attempts(1, Vec::new())
                    .with_note(&format!("after {} bytes", progress.bytes))
            })?;
            let Some(chunk) = chunk else {
                break;
            };
            progress.write(chunk).await?;
        }
        progress.end().await?;
        Ok(name)
    }
}

/// How far a download came.
struct Progress {
    out: Out,
    bytes: u64,
    /// What tells that the content is still the same.
    etag: Option<String>,
    /// Of what was written, where it cannot be taken back.
    digest: Option<Digest>,
    /// What has to come again, and what came again so far.
    again: Option<(u64, Digest)>,
}

/// Where a download goes.
enum Out {
    File(tokio::fs::File),
    Writer(Box<dyn AsyncWrite + Send + Unpin>),
    Stream(mpsc::Sender<Part>),
}

impl Progress {
    fn new(out: Out) -> Self {
        let digest = match out {
            Out::File(_) => None,
            Out::Writer(_) | Out::Stream(_) => Some(Digest::new()),
        };
        Self {
            out,
            bytes: 0,
            etag: None,
            digest,
            again: None,
        }
    }

    async fn begin_anew(&mut self) -> Result<()> {
        match &mut self.out {
            Out::File(file) if self.bytes > 0 => {
                file.flush().await.map_err(unwritable)?;
                file.set_len(0).await.map_err(unwritable)?;
                file.rewind().await.map_err(unwritable)?;
                self.bytes = 0;
            }
            Out::File(_) => {}
            Out::Writer(_) | Out::Stream(_) => {
                self.again = (self.bytes > 0).then(|| (self.bytes, Digest::new()))
            }
        }
        Ok(())
    }

    async fn write(&mut self, mut chunk: Bytes) -> Result<()> {
        if let Some((left, digest)) = &mut self.again {
            let known = usize::try_from(*left).unwrap_or(usize::MAX).min(chunk.len());
            let known = chunk.split_to(known);
            digest.add(&known);
            *left -= known.len() as u64;
            if *left > 0 {
                return Ok(());
            }
            if Some(&*digest) != self.digest.as_ref() {
                return Err(changed());
            }
            self.again = None;
        }
        if chunk.is_empty() {
            return Ok(());
        }
        self.bytes += chunk.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.add(&chunk);
        }
        match &mut self.out {
            Out::File(file) => file.write_all(&chunk).await.map_err(unwritable),
            Out::Writer(writer) => writer.write_all(&chunk).await.map_err(unwritable),
            Out::Stream(sender) => sender
                .send(Part::Bytes(chunk))
                .await
                .map_err(|_| Error::file("the download cannot be handed over: its stream was dropped")),
        }
    }

    async fn end(&mut self) -> Result<()> {
        // It is shorter than what came before.
        if self.again.is_some() {
            return Err(changed());
        }
        match &mut self.out {
            Out::File(file) => file.flush().await.map_err(unwritable),
            Out::Writer(writer) => writer.flush().await.map_err(unwritable),
            Out::Stream(_) => Ok(()),
        }
    }
}

fn changed() -> Error {
    Error::new(
        ErrorKind::UnexpectedAnswer,
        "the download broke, and the content changed before it could go on; what was written is not whole",
    )
}

fn unwritable(error: std::io::Error) -> Error {
    Error::file(format!("the download cannot be written: {error}"))
}

fn strong_etag(headers: &HeaderMap) -> Option<String> {
    let etag = headers.get(ETAG)?.to_str().ok()?;
    (!etag.starts_with("W/")).then(|| etag.to_owned())
}

/// The first byte of `bytes 5-9/10`.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    range
        .trim()
        .strip_prefix("bytes ")?
        .split_once('-')?
        .0
        .trim()
        .parse()
        .ok()
}

/// What comes through a stream.
enum Part {
    Bytes(Bytes),
    End,
    Broken(Error),
}

/// The content of a download as it comes; made by [`Target::stream`].
///
/// It ends with an error when the download failed or was given up, never as if it were whole.
pub struct ByteStream {
    parts: mpsc::Receiver<Part>,
    ended: bool,
}

impl ByteStream {
    /// Reads the content like a file.
    pub fn into_reader(self) -> impl AsyncRead + Send + Unpin {
        tokio_util::io::StreamReader::new(self)
    }
}

impl Stream for ByteStream {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let part = match self.parts.poll_recv(context) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(part) => part,
        };
        self.ended = !matches!(part, Some(Part::Bytes(_)));
        Poll::Ready(match part {
            Some(Part::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Part::End) => None,
            Some(Part::Broken(error)) => Some(Err(std::io::Error::other(error))),
            None => Some(Err(std::io::Error::new(
                std::io::ErrorKind::UnexpectedEof,
                "the download was given up",
            ))),
        })
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").finish_non_exhaustive()
    }
}

/// A temporary file with the rights of an ordinary one.
fn temporary_in(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".vivant-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn file_name(answer: &Answer, fallback: &str) -> String {
    let disposition = answer
        .headers
        .get(CONTENT_DISPOSITION)
        .map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let named = disposition
        .as_deref()
        .and_then(named_in)
        .map(|name| clean(&name))
        .filter(|n| !n.is_empty());
    named.unwrap_or_else(|| {
        let kind = answer
            .headers
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        let ending = match (fallback, kind.contains("xml")) {
            ("workbook", true) => ".twb",
            ("workbook", false) => ".twbx",
            ("datasource", true) => ".tds",
            ("datasource", false) => ".tdsx",
            _ => "",
        };
        format!("{fallback}{ending}")
    })
}

/// Finds the file name in `name="tableau_workbook"; filename="X.twbx"`, or in `filename*=UTF-8''X`.
fn named_in(disposition: &str) -> Option<String> {
    let mut plain = None;
    let mut rest = disposition;
    while !rest.is_empty() {
        let end = rest.find([';', '=']).unwrap_or(rest.len());
        let name = rest[..end].trim().to_ascii_lowercase();
        if !rest[end..].starts_with('=') {
            rest = rest.get(end + 1..).unwrap_or_default();
            continue;
        }
        let (value, tail) = value(rest[end + 1..].trim_start());
        match name.as_str() {
            "filename*" => {
                let encoded = value.rsplit('\'').next().unwrap_or_default();
                let decoded = percent_encoding::percent_decode_str(encoded).decode_utf8().ok();
                if let Some(decoded) = decoded {
                    return Some(decoded.into_owned());
                }
            }
            "filename" => plain = Some(value),
            _ => {}
        }
        rest = tail.find(';').map_or("", |at| &tail[at + 1..]);
    }
    plain
}

fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &quoted[at + 1..]),
            '\\' if quoted[at + 1..].starts_with(['"', '\\']) => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

/// Makes a name safe in any folder of any system: no path, no control characters, nothing that
/// Windows refuses.
fn clean(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let safe: String = last
        .chars()
        .map(|c| {
            if c.is_control() || "<>:\"|?*".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    let safe = safe.trim().trim_start_matches('.').trim_end_matches(['.', ' ']);
    // File systems allow 255 bytes.
    let end = (0..=safe.len().min(200))
        .rev()
        .find(|&at| safe.is_char_boundary(at))
        .unwrap_or(0);
    match safe[..end].len() == safe.len() {
        true => safe.to_owned(),
        false => {
            let ending = safe.rsplit_once('.').map_or("", |(_, e)| e);
            match ending.len() {
                1..=8 => format!("{}.{ending}", &safe[..end]),
                _ => safe[..end].to_owned(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_form() {
        for (header, name) in [
            ("name=\"tableau_workbook\"; filename=\"X.twbx\"", "X.twbx"),
            ("attachment; filename=X.twb", "X.twb"),
            ("filename=\"a;\\\"b\\\".twb\"; name=\"x\"", "a;\"b\".twb"),
            ("filename=\"x.twb\"; filename*=UTF-8''%C3%BCber.twb", "über.twb"),
        ] {
            assert_eq!(named_in(header).as_deref(), Some(name), "{header}");
        }
        assert_eq!(named_in("attachment"), None);
    }

    #[test]
    fn names_cannot_leave_their_folder() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("..\\..\\a.twb", "a.twb"),
            (".bashrc", "bashrc"),
            ("a\u{0}b:c?.twb", "a_b_c_.twb"),
            ("..", ""),
            ("Größe & Co.twbx", "Größe & Co.twbx"),
        ] {
            assert_eq!(clean(name), safe);
        }
        let long = clean(&format!("{}.twbx", "ü".repeat(300)));
        assert!(long.len() < 255 && long.ends_with(".twbx"), "{long}");
    }
}
