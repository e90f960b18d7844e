//! Request bodies: documents in bounded memory, multipart parts streamed to disk, and whatever a handler leaves unread.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use vivant_store::{Spool, Spooled, Store};
use vivant_wire::multipart::{self, Event};
use vivant_wire::{ErrorCode, Node};

use crate::call::request_format;
use crate::errors::{ApiError, Result, bad_request, fail, internal};

/// The largest request document.
pub const MAX_DOCUMENT: usize = 4 * 1024 * 1024;
/// The largest file in one request; larger ones come in chunks.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;
/// How much of a body is read after the answer is known, so that the caller gets to read it.
const MAX_DRAIN: u64 = 80 * 1024 * 1024;
/// How long that may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// Keeps hold of a request body, so that what its reader leaves can be read after the answer is known.
///
/// A connection with an unread body cannot carry the next request. Clients that keep connections, as
/// `requests` sessions do, then meet a closed one: old releases of tableauserverclient reported
/// `RemoteDisconnected` for the call that came after a refused one.
pub fn keep(body: Body) -> (Body, Rest) {
    if body.is_end_stream() {
        return (body, Rest(None));
    }
    let place = Place::default();
    let kept = Kept {
        stream: Some(body.into_data_stream()),
        begun: false,
        place: place.clone(),
    };
    (Body::from_stream(kept), Rest(Some(place)))
}

/// What is left of a body once its reader is gone.
pub struct Rest(Option<Place>);

type Place = Arc<Mutex<Option<Unread>>>;

impl Rest {
    /// Takes what nobody has read, if there is any.
    pub fn unread(self) -> Option<Unread> {
        self.0?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A body, or the later part of one, that nobody has read.
pub struct Unread {
    stream: BodyDataStream,
    begun: bool,
}

impl Unread {
    /// Whether somebody read a part of it before.
    pub fn begun(&self) -> bool {
        self.begun
    }

    /// Reads on within limits; gives whether the body came to its end.
    pub async fn drain(mut self) -> bool {
        let reading = async {
            let mut seen = 0;
            while let Some(chunk) = self.stream.next().await {
                seen += match chunk {
                    Ok(chunk) => chunk.len() as u64,
                    Err(_) => return false,
                };
                if seen > MAX_DRAIN {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(DRAIN_TIMEOUT, reading)
            .await
            .unwrap_or(false)
    }
}

/// A body that goes back to its place when its reader drops it before the end.
struct Kept {
    stream: Option<BodyDataStream>,
    begun: bool,
    place: Place,
}

impl Stream for Kept {
    type Item = std::result::Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.begun = true;
        let Some(stream) = self.stream.as_mut() else {
            return Poll::Ready(None);
        };
        let polled = stream.poll_next_unpin(context);
        if let Poll::Ready(None | Some(Err(_))) = &polled {
            self.stream = None;
        }
        polled
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let begun = self.begun;
        let unread = self.stream.take().map(|stream| Unread { stream, begun });
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = unread;
    }
}

/// Reads a request document.
pub async fn read_document(body: Body) -> Result<Vec<u8>> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(interrupted)?;
        if bytes.len() + chunk.len() > MAX_DOCUMENT {
            return Err(fail(
                ErrorCode::PayloadTooLarge,
                format!("The request document is larger than {MAX_DOCUMENT} bytes."),
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Parses a request document in the format that its headers say.
pub fn parse_document(headers: &HeaderMap, bytes: &[u8]) -> Result<Node> {
    let format = request_format(headers, bytes);
    Node::parse(format, bytes).map_err(|e| bad_request(format!("The request body cannot be read: {e}.")))
}

fn interrupted(error: axum::Error) -> ApiError {
    let mut api = bad_request("The request body ended early; send it again, with the right Content-Length.");
    api.cause = Some(error.into());
    api
}

/// What a multipart request held.
#[derive(Default)]
pub struct Parts {
    /// The bytes of `request_payload`; empty where it was empty, `None` where it was absent.
    pub payload: Option<Vec<u8>>,
    /// The file part.
    pub file: Option<FilePart>,
    /// How many file parts there were.
    pub files: usize,
}

/// The codes that a method answers for a body it cannot take.
#[derive(Clone, Copy)]
pub struct PartCodes {
    /// For a body that is not whole or not multipart.
    pub malformed: ErrorCode,
    /// For a file over [`MAX_FILE`].
    pub too_large: ErrorCode,
}

/// A file part.
pub struct FilePart {
    /// Name of the part, such as `tableau_workbook`.
    pub name: String,
    /// The file name that the caller gave.
    pub filename: Option<String>,
    /// The bytes, on disk.
    pub file: Spooled,
}

/// Reads a multipart body: the payload to memory, the first file to disk.
pub async fn read_parts(store: &Store, headers: &HeaderMap, body: Body, codes: PartCodes) -> Result<Parts> {
    read_to(Disk::Spool(store), headers, body, codes).await
}

/// Reads a multipart body: the payload to memory, the first file to a place that is open already.
pub async fn read_chunk(spool: Spool, headers: &HeaderMap, body: Body, codes: PartCodes) -> Result<Parts> {
    read_to(Disk::Open(Some(Box::new(spool))), headers, body, codes).await
}

async fn read_to(disk: Disk<'_>, headers: &HeaderMap, body: Body, codes: PartCodes) -> Result<Parts> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let mut stream = body.into_data_stream();
    let boundary = multipart::boundary(content_type).map_err(|error| {
        fail(
            ErrorCode::BadRequest,
            format!("The request body cannot be read: {error}."),
        )
    })?;
    let mut reading = Reading {
        reader: multipart::Reader::new(&boundary),
        parts: Parts::default(),
        at: Target::Skip,
        disk,
    };
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(interrupted)?;
        reading.feed(&chunk, codes).await?;
    }
    reading.reader.finish().map_err(|e| malformed(codes, e))?;
    Ok(reading.parts)
}

fn malformed(codes: PartCodes, error: multipart::MultipartError) -> ApiError {
    fail(
        codes.malformed,
        format!("The request body cannot be read: {error}."),
    )
}

enum Target {
    Skip,
    Payload,
    File {
        name: String,
        filename: Option<String>,
        spool: Box<Spool>,
    },
}

/// Where the first file goes.
enum Disk<'a> {
    Spool(&'a Store),
    Open(Option<Box<Spool>>),
}

impl Disk<'_> {
    async fn open(&mut self) -> Result<Box<Spool>> {
        match self {
            Self::Open(spool) => spool
                .take()
                .ok_or_else(|| internal(anyhow::anyhow!("a second file for one place"))),
            Self::Spool(store) => Ok(Box::new(store.content().spool().await?)),
        }
    }
}

struct Reading<'a> {
    disk: Disk<'a>,
    reader: multipart::Reader,
    parts: Parts,
    at: Target,
}

impl Reading<'_> {
    async fn feed(&mut self, chunk: &Bytes, codes: PartCodes) -> Result<()> {
        self.reader.feed(chunk);
        while let Some(event) = self.reader.next_event().map_err(|e| malformed(codes, e))? {
            match event {
                Event::Part(header) if header.name == "request_payload" => {
                    self.parts.payload = Some(Vec::new());
                    self.at = Target::Payload;
                }
                Event::Part(header) if header.name.starts_with("tableau_") || header.filename.is_some() => {
                    self.parts.files += 1;
                    self.at = match self.parts.files {
                        1 => Target::File {
                            name: header.name,
                            filename: header.filename,
                            spool: self.disk.open().await?,
                        },
                        _ => Target::Skip,
                    };
                }
                Event::Part(_) => self.at = Target::Skip,
                Event::Data(data) => match &mut self.at {
                    Target::Skip => {}
                    Target::Payload => {
                        let payload = self.parts.payload.get_or_insert_default();
                        if payload.len() + data.len() > MAX_DOCUMENT {
                            return Err(fail(
                                ErrorCode::PayloadTooLarge,
                                "The request_payload part is too large.",
                            ));
                        }
                        payload.extend_from_slice(data);
                    }
                    Target::File { spool, .. } => {
                        if spool.size() + data.len() as u64 > MAX_FILE {
                            return Err(fail(
                                codes.too_large,
                                format!(
                                    "The file is larger than {} MB; send it in chunks with Initiate File Upload and \
                                     Append to File Upload.",
                                    MAX_FILE / (1024 * 1024)
                                ),
                            ));
                        }
                        spool.write(data).await?;
                    }
                },
                Event::PartEnd => {
                    if let Target::File {
                        name,
                        filename,
                        spool,
                    } = std::mem::replace(&mut self.at, Target::Skip)
                    {
                        self.parts.file = Some(FilePart {
                            name,
                            filename,
                            file: spool.finish().await?,
                        });
                    }
                }
            }
        }
        Ok(())
    }
}
