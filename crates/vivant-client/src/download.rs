//! Downloads: streamed to a temporary file, then renamed; or to anything that can be written; going on where
//! they broke.
//!
//! With a cache folder ([`crate::ClientBuilder::cache_folder`]) the temporary file of a download to a path stays when
//! the program ends, with a note of what it is a part of, so that a program that is started again goes on there.

mod name;
mod part;

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use reqwest::header::HeaderMap;
use tokio::io::{AsyncRead, AsyncSeekExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::site::Site;
use crate::source::{Digest, Watch};
use crate::transport::{AnswerBody, refusal_within};

use name::file_name;
use part::{Earlier, NOTE_EVERY, Part, Validator, range_start, total};

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
    /// A target that somebody watches; made by [`Target::watched`].
    Watched(Box<Target>, Watch),
}

/// The end of a stream into which a download writes.
#[derive(Clone)]
pub struct ByteSender(mpsc::Sender<Handed>);

impl Target {
    /// Makes a target of something that can be written.
    pub fn writer(writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self::Writer(Box::new(writer))
    }

    /// Lets somebody watch how much has come.
    pub fn watched(self, watch: Watch) -> Self {
        Self::Watched(Box::new(self), watch)
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
            Self::Watched(target, _) => target.fmt(f),
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
    /// A download that breaks goes on where it broke, if the server knows ranges and says by an ETag or the time of
    /// the last change that the content is the same; otherwise it begins anew. What a writer has already is compared then, not written twice.
    pub(crate) async fn download(&self, call: &Call, target: Target, fallback: &str) -> Result<Downloaded> {
        self.within_limit(self.download_all(call, target, fallback)).await
    }

    /// Downloads into memory.
    pub(crate) async fn download_bytes(&self, call: &Call) -> Result<Bytes> {
        let mut progress = Progress::new(Out::Memory(BytesMut::new()));
        self.within_limit(self.fetch(call, &mut progress, "")).await?;
        match progress.out {
            Out::Memory(bytes) => Ok(bytes.freeze()),
            _ => unreachable!("it was made so"),
        }
    }

    async fn within_limit<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        match self.client().0.timeouts.long_total {
            None => work.await,
            Some(limit) => timeout(limit, work).await.unwrap_or_else(|_| {
                let message = format!("the download was not whole within {limit:?}");
                Err(Error::new(ErrorKind::Timeout, message))
            }),
        }
    }

    async fn download_all(&self, call: &Call, target: Target, fallback: &str) -> Result<Downloaded> {
        let (target, watch) = match target {
            Target::Watched(target, watch) => (*target, Some(watch)),
            target => (target, None),
        };
        let path = match target {
            Target::Path(path) => path,
            Target::Watched(..) => return Err(Error::invalid("a download has one watch, not several")),
            Target::Writer(writer) => {
                let mut progress = Progress::new(Out::Writer(writer));
                progress.watch = watch;
                let file_name = self.fetch(call, &mut progress, fallback).await?;
                return Ok(Downloaded {
                    path: None,
                    file_name,
                    bytes: progress.bytes,
                });
            }
            Target::Stream(ByteSender(sender)) => {
                let mut progress = Progress::new(Out::Stream(sender.clone()));
                progress.watch = watch;
                let outcome = self.fetch(call, &mut progress, fallback).await;
                // Nobody may be left who reads it.
                let _ = match &outcome {
                    Ok(_) => sender.send(Handed::End).await,
                    Err(error) => sender.send(Handed::Broken(error.clone())).await,
                };
                return outcome.map(|file_name| Downloaded {
                    path: None,
                    file_name,
                    bytes: progress.bytes,
                });
            }
        };
        self.download_file(call, path, fallback, watch).await
    }

    async fn download_file(
        &self,
        call: &Call,
        path: PathBuf,
        fallback: &str,
        watch: Option<Watch>,
    ) -> Result<Downloaded> {
        let folder = match path.parent() {
            _ if path.is_dir() => path.clone(),
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let unwritable =
            |e: std::io::Error| Error::file(format!("{} cannot be written: {e}", path.display()));
        let mut temporary = None;
        let mut progress = match Part::open(self, call, &folder, &path).await? {
            Some((part, file, earlier)) => Progress::of_part(part, file, earlier),
            None => {
                let made = temporary_in(&folder).map_err(unwritable)?;
                let handle = made.reopen().map_err(unwritable)?;
                temporary = Some(made);
                Progress::new(Out::File(tokio::fs::File::from_std(handle)))
            }
        };
        progress.watch = watch;
        let file_name = match self.fetch(call, &mut progress, fallback).await {
            Ok(name) => name,
            Err(error) => {
                // Best effort: what was noted before holds as well.
                let _ = progress.note().await;
                if let Some(part) = &mut progress.part {
                    part.failed(&error);
                }
                return Err(error);
            }
        };
        if let Out::File(file) = &mut progress.out {
            // A download of this program that was given up a moment ago may still have written behind the end.
            file.set_len(progress.bytes).await.map_err(unwritable)?;
            file.sync_all().await.map_err(unwritable)?;
        }
        let path = match path == folder {
            true => folder.join(&file_name),
            false => path.clone(),
        };
        let (bytes, part) = (progress.bytes, progress.part.take());
        drop(progress);
        match (part, temporary) {
            (Some(part), _) => part.persist(&path)?,
            (None, Some(temporary)) => {
                temporary.persist(&path).map_err(|e| unwritable(e.error))?;
            }
            (None, None) => unreachable!("the content is in the one or the other"),
        }
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
            if let (Some(validator), true) = (&progress.validator, progress.bytes > 0) {
                ranged = ranged
                    .header("range", format!("bytes={}-", progress.bytes))
                    .header("if-range", validator.text());
            }
            let error = match self.fetch_once(&ranged, progress, fallback).await {
                Ok(()) => return Ok(progress.name.take().unwrap_or_else(|| fallback.to_owned())),
                Err(error) => error,
            };
            // Before any content came, requests are repeated further down.
            let broke = matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout)
                && error.status().is_some();
            // A server may refuse the range instead of answering whole.
            let refused = progress.validator.is_some() && matches!(error.status(), Some(400 | 416));
            if refused {
                progress.validator = None;
            }
            if progress.bytes > before && progress.validator.is_some() {
                attempt = 1;
            }
            if !(broke || refused) || attempt >= policy.attempts {
                return Err(error.after_all(earlier));
            }
            tracing::info!(attempt, bytes = progress.bytes, reason = %error, "downloading again");
            sleep(policy.pause(attempt)).await;
            attempt += 1;
            earlier = Some(error);
        }
    }

    async fn fetch_once(&self, call: &Call, progress: &mut Progress, fallback: &str) -> Result<()> {
        let answer = self.open(call).await?;
        let name = file_name(&answer, fallback);
        let AnswerBody::Stream(mut response) = answer.body else {
            return Err(Error::new(
                ErrorKind::UnexpectedAnswer,
                "the answer has no content",
            ));
        };
        let goes_on = answer.status == 206 && progress.goes_on_with(&answer.headers);
        if answer.status == 206 && !goes_on {
            let message = "the server answers with another part of the content than was asked for";
            progress.validator = None;
            return Err(Error::new(ErrorKind::Connection, message).with_status(206));
        }
        match goes_on {
            true => progress.total = total(&answer.headers),
            false => progress.begin_anew(&answer.headers, name).await?,
        }
        let client = &self.client().0;
        let url = response.url().clone();
        let mut shown = url.clone();
        shown.set_query(None);
        let request = format!("{} {shown}", call.method);
        let broken = |error: Error, bytes: u64| {
            error
                .with_status(answer.status)
                .with_request(None, request.clone())
                .with_attempts(1, Vec::new())
                .with_note(&format!("after {bytes} bytes"))
        };
        let mut begins = !goes_on;
        loop {
            let chunk = client
                .next_chunk(&mut response)
                .await
                .map_err(|e| broken(e.explain(&url, client.timeouts.idle), progress.bytes))?;
            let Some(chunk) = chunk else {
                break;
            };
            // What is refused under a status of success is no content.
            if std::mem::take(&mut begins)
                && let Some(refused) =
                    refusal_within(answer.status, &answer.headers, &chunk, &self.secrets(call))
            {
                return Err(Error::refusal(refused).with_request(None, request));
            }
            progress.write(chunk).await?;
        }
        // A server may send less than it was asked for.
        if let Some(total) = progress.total.filter(|total| *total > progress.bytes)
            && progress.again.is_none()
        {
            let message = format!("the answer ended before the {total} bytes that the content has");
            return Err(broken(Error::new(ErrorKind::Connection, message), progress.bytes));
        }
        progress.end().await
    }
}

/// How far a download came.
struct Progress {
    out: Out,
    bytes: u64,
    /// How long the content is, where the server says it.
    total: Option<u64>,
    /// What tells that the content is still the same.
    validator: Option<Validator>,
    /// The server's name for it.
    name: Option<String>,
    /// Of what was written, where that must be known again.
    digest: Option<Digest>,
    /// What has to come again, and what came again so far.
    again: Option<(u64, Digest)>,
    /// What stays should the program end.
    part: Option<Part>,
    /// How many bytes of it were noted.
    noted: u64,
    /// Who is told how far it came.
    watch: Option<Watch>,
}

/// Where a download goes.
enum Out {
    File(tokio::fs::File),
    Memory(BytesMut),
    Writer(Box<dyn AsyncWrite + Send + Unpin>),
    Stream(mpsc::Sender<Handed>),
}

impl Progress {
    fn new(out: Out) -> Self {
        let digest = match out {
            Out::File(_) | Out::Memory(_) => None,
            Out::Writer(_) | Out::Stream(_) => Some(Digest::new()),
        };
        Self {
            out,
            bytes: 0,
            total: None,
            validator: None,
            name: None,
            digest,
            again: None,
            part: None,
            noted: 0,
            watch: None,
        }
    }

    /// Begins with what an earlier program brought.
    fn of_part(part: Part, mut file: tokio::fs::File, earlier: Option<Earlier>) -> Self {
        // A note is written for every few megabytes of content, not in pieces.
        file.set_max_buf_size(256 * 1024);
        let fresh = Self {
            part: Some(part),
            digest: Some(Digest::new()),
            ..Self::new(Out::File(file))
        };
        match earlier {
            None => fresh,
            Some(earlier) => {
                tracing::info!(bytes = earlier.bytes, "the download goes on");
                Self {
                    bytes: earlier.bytes,
                    noted: earlier.bytes,
                    total: earlier.total,
                    validator: Some(earlier.validator),
                    name: Some(earlier.name),
                    digest: Some(earlier.digest),
                    ..fresh
                }
            }
        }
    }

    /// Whether an answer is the rest of what is there. Nothing but its own words is believed: servers pass over
    /// If-Range, or over the first byte that was asked for.
    fn goes_on_with(&self, headers: &HeaderMap) -> bool {
        let known = match &self.validator {
            Some(Validator::Modified(_)) if self.total != total(headers) => None,
            validator => validator.as_ref(),
        };
        range_start(headers) == Some(self.bytes) && known.is_some_and(|known| known.holds(headers))
    }

    async fn begin_anew(&mut self, headers: &HeaderMap, name: String) -> Result<()> {
        self.validator = Validator::of(headers);
        self.total = total(headers);
        self.name = Some(name);
        if let Some(part) = &mut self.part {
            part.forget();
            self.digest = Some(Digest::new());
            self.noted = 0;
        }
        match &mut self.out {
            Out::File(file) if self.bytes > 0 => {
                file.flush().await.map_err(unwritable)?;
                file.set_len(0).await.map_err(unwritable)?;
                file.rewind().await.map_err(unwritable)?;
                self.bytes = 0;
            }
            Out::File(_) => {}
            Out::Memory(bytes) => {
                bytes.clear();
                self.bytes = 0;
            }
            Out::Writer(_) | Out::Stream(_) => {
                self.again = (self.bytes > 0).then(|| (self.bytes, Digest::new()))
            }
        }
        Ok(())
    }

    /// Notes how far the content came, where that is of use later.
    async fn note(&mut self) -> Result<()> {
        let (Some(part), Out::File(file)) = (&mut self.part, &mut self.out) else {
            return Ok(());
        };
        let (Some(validator), Some(digest), Some(name)) = (&self.validator, &self.digest, &self.name) else {
            return Ok(());
        };
        // A part that is whole could not be asked for the rest.
        if self.bytes == self.noted || self.total == Some(self.bytes) {
            return Ok(());
        }
        file.flush().await.map_err(unwritable)?;
        part.note(self.bytes, self.total, validator, digest, name)?;
        self.noted = self.bytes;
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
        if let Some(watch) = &self.watch {
            watch.tell(self.bytes, self.total);
        }
        if let Some(digest) = &mut self.digest {
            digest.add(&chunk);
        }
        match &mut self.out {
            Out::File(file) => {
                file.write_all(&chunk).await.map_err(unwritable)?;
                match self.bytes - self.noted >= NOTE_EVERY {
                    true => self.note().await,
                    false => Ok(()),
                }
            }
            Out::Memory(bytes) => {
                bytes.extend_from_slice(&chunk);
                Ok(())
            }
            Out::Writer(writer) => writer.write_all(&chunk).await.map_err(unwritable),
            Out::Stream(sender) => sender
                .send(Handed::Bytes(chunk))
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
            Out::Memory(_) | Out::Stream(_) => Ok(()),
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

/// What comes through a stream.
enum Handed {
    Bytes(Bytes),
    End,
    Broken(Error),
}

/// The content of a download as it comes; made by [`Target::stream`].
///
/// It ends with an error when the download failed or was given up, never as if it were whole.
pub struct ByteStream {
    parts: mpsc::Receiver<Handed>,
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
        self.ended = !matches!(part, Some(Handed::Bytes(_)));
        Poll::Ready(match part {
            Some(Handed::Bytes(bytes)) => Some(Ok(bytes)),
            Some(Handed::End) => None,
            Some(Handed::Broken(error)) => Some(Err(std::io::Error::other(error))),
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
