//! Request bodies: documents in bounded memory, multipart parts streamed to disk.

use axum::body::Body;
use bytes::Bytes;
use futures_util::StreamExt;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use vivant_store::{Spool, Spooled, Store};
use vivant_wire::multipart::{self, Event};
use vivant_wire::{ErrorCode, Node};

use crate::call::request_format;
use crate::errors::{ApiError, Result, bad_request, fail};

/// The largest request document.
pub const MAX_DOCUMENT: usize = 4 * 1024 * 1024;
/// The largest file in one request; larger ones come in chunks.
pub const MAX_FILE: u64 = 64 * 1024 * 1024;
/// How much of a body is read after an error, so that the caller reads the answer.
const MAX_DRAIN: u64 = 80 * 1024 * 1024;

/// Reads a request document.
pub async fn read_document(body: Body) -> Result<Vec<u8>> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(interrupted)?;
        if bytes.len() + chunk.len() > MAX_DOCUMENT {
            drain(stream).await;
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
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let mut stream = body.into_data_stream();
    let boundary = match multipart::boundary(content_type) {
        Ok(boundary) => boundary,
        Err(error) => {
            drain(stream).await;
            return Err(fail(
                ErrorCode::BadRequest,
                format!("The request body cannot be read: {error}."),
            ));
        }
    };
    let mut reading = Reading {
        reader: multipart::Reader::new(&boundary),
        parts: Parts::default(),
        at: Target::Skip,
    };
    let mut failed = None;
    while let Some(chunk) = stream.next().await {
        let result = match chunk {
            Ok(chunk) => reading.feed(store, &chunk, codes).await,
            Err(error) => Err(interrupted(error)),
        };
        if let Err(error) = result {
            failed = Some(error);
            break;
        }
    }
    if let Some(error) = failed {
        drain(stream).await;
        return Err(error);
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

struct Reading {
    reader: multipart::Reader,
    parts: Parts,
    at: Target,
}

impl Reading {
    async fn feed(&mut self, store: &Store, chunk: &Bytes, codes: PartCodes) -> Result<()> {
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
                            spool: Box::new(store.content().spool().await?),
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

/// Reads on after an error, within limits, so that a caller who is still writing gets the answer.
async fn drain(mut stream: axum::body::BodyDataStream) {
    let mut seen = 0;
    while let Some(Ok(chunk)) = stream.next().await {
        seen += chunk.len() as u64;
        if seen > MAX_DRAIN {
            break;
        }
    }
}
