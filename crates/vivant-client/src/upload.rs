//! Uploads: content in chunks, each appended to the last, that go on where they were broken off.
//!
//! The reference has no numbered chunks: each is appended to what is there, in the order of arrival, so the
//! chunks of one file go up one after the other, while the next pieces are read from disk. Several files may
//! go up at once.
//!
//! A chunk whose answer got lost may have been appended or not. The server tells how many megabytes it has
//! when it is sent an empty chunk; a chunk large enough to show in that number is looked for, and content
//! that cannot be told apart begins anew in another session, so that no chunk is ever in it twice.
//!
//! With a cache folder ([`crate::ClientBuilder::cache_folder`]) a small file notes how far the upload of a file came,
//! so that a program that is started again goes on there.

use std::path::Path;

use tokio::time::sleep;
use vivant_wire::ErrorCode;
use vivant_wire::paths::Method;
use vivant_wire::types::FileUpload;

use crate::call::{Body, Call, Multipart, encode};
use crate::client::{MAX_CHUNKS, SINGLE_LIMIT};
use crate::error::{Error, ErrorKind, Result};
use crate::note::{self, Note};
use crate::site::Site;
use crate::source::{Piece, Pieces, Watched};

const MEBIBYTE: u64 = 1024 * 1024;
/// The least chunk that shows in a number of megabytes, however that is rounded.
const TELLING: u64 = 2 * MEBIBYTE;
/// The first line of a note.
const NOTE: &str = "vivant upload 1";

/// Content that is on the server, waiting to be published.
pub(crate) struct Uploaded {
    pub session: String,
    note: Option<Note>,
}

impl Uploaded {
    /// Forgets the upload once it was published.
    pub fn published(self) {
        if let Some(note) = self.note {
            note.forget();
        }
    }
}

/// Why an upload stopped.
enum Stop {
    /// The session is of no more use.
    Anew(Error),
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// How far an upload came.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Progress {
    session: String,
    /// Bytes that the server has.
    sent: u64,
    /// The megabytes that it says it has.
    told: u64,
    /// Whether these numbers agree so far.
    honest: bool,
}

/// Uploads content in chunks.
pub(crate) async fn upload(site: &Site, pieces: &mut Pieces) -> Result<Uploaded> {
    let size = chunk_size(site.client().0.chunk_size, pieces.left())?;
    let note = open_note(site, pieces, size)?;
    let attempts = site.client().0.retry.attempts;
    let mut begun = 0;
    let mut earlier: Option<Error> = None;
    loop {
        match send_all(site, pieces, size, note.as_ref()).await {
            Ok(session) => return Ok(Uploaded { session, note }),
            Err(Stop::Failed(error)) => return Err(error.after_all(earlier)),
            Err(Stop::Anew(error)) => {
                begun += 1;
                let error = error.after_all(earlier.take());
                if begun >= attempts || !pieces.rewind() {
                    return Err(error);
                }
                if let Some(note) = &note {
                    note.forget();
                }
                tracing::info!(reason = %error, "the upload begins anew");
                earlier = Some(error);
            }
        }
    }
}

/// Begins an upload session.
pub(crate) async fn initiate(site: &Site) -> Result<FileUpload> {
    // A second session, should the first answer get lost, does no harm: it ends by itself.
    let call = Call::new(Method::Post, site.path("/fileUploads")).repeatable();
    site.ask(&call, "fileUpload").await
}

/// Appends a chunk.
pub(crate) async fn append(
    site: &Site,
    session: &str,
    piece: Piece,
    watched: Option<Watched>,
) -> Result<FileUpload> {
    let mut call = Call::new(
        Method::Put,
        site.path(&format!("/fileUploads/{}", encode(session))),
    )
    .long();
    call.body = Body::Multipart(Multipart::new(String::new(), Some(("tableau_file", piece)))?);
    call.watched = watched;
    site.ask(&call, "fileUpload").await
}

async fn send_all(site: &Site, pieces: &mut Pieces, size: u64, note: Option<&Note>) -> Result<String, Stop> {
    let mut progress = match note.and_then(Progress::noted) {
        Some(noted) => resume(site, noted, pieces.left().unwrap_or(0), size).await?,
        None => begin(site).await?,
    };
    if progress.sent > 0 {
        tracing::info!(bytes = progress.sent, "the upload goes on");
        pieces.skip(progress.sent);
    }
    let mut number = progress.sent.div_ceil(size);
    let mut doubtful = false;
    while let Some(piece) = pieces.next(size).await? {
        number += 1;
        if number > MAX_CHUNKS {
            return Err(Error::invalid(format!(
                "the content needs more than {MAX_CHUNKS} chunks of {size} bytes"
            ))
            .into());
        }
        tracing::info!(chunk = number, bytes = piece.length(), "uploading");
        let length = piece.length();
        let watched = pieces.watched(progress.sent);
        let told = send_one(site, &progress, piece, watched, &mut doubtful).await?;
        let grown = told.is_some_and(|told| grew(progress.told, told, length));
        // The first time arrived behind the second one.
        if doubtful && !grown {
            return Err(Stop::Anew(torn()));
        }
        progress.honest &= grown;
        progress.told = told.unwrap_or(progress.told);
        progress.sent += length;
        if let Some(note) = note.filter(|_| progress.honest) {
            progress.note(note)?;
        }
    }
    if doubtful && told_by(&look(site, &progress.session).await?) != Some(progress.told) {
        return Err(Stop::Anew(torn()));
    }
    Ok(progress.session)
}

/// Appends a chunk, looks for it where nobody knows whether it arrived, and returns what the server says
/// it has.
async fn send_one(
    site: &Site,
    progress: &Progress,
    piece: Piece,
    watched: Option<Watched>,
    doubtful: &mut bool,
) -> Result<Option<u64>, Stop> {
    let policy = &site.client().0.retry;
    let length = piece.length();
    let mut attempt = 1;
    let mut earlier: Option<Error> = None;
    loop {
        let error = match append(site, &progress.session, piece.clone(), watched.clone()).await {
            Ok(answer) => return Ok(told_by(&answer)),
            Err(error) if error.is_code(ErrorCode::UploadNotFound) => return Err(Stop::Anew(error)),
            Err(error) if !error.outcome_unknown() => return Err(error.after_all(earlier).into()),
            Err(error) => error.after_all(earlier.take()),
        };
        if length < TELLING || !progress.honest {
            return Err(Stop::Anew(error));
        }
        *doubtful = true;
        sleep(policy.pause(attempt)).await;
        let told = match look(site, &progress.session).await {
            Ok(answer) => told_by(&answer),
            Err(blind) => {
                return Err(Stop::Anew(
                    error.with_note(&format!("the upload cannot be looked at: {blind}")),
                ));
            }
        };
        match told {
            Some(told) if grew(progress.told, told, length) => return Ok(Some(told)),
            Some(told) if told == progress.told && attempt < policy.attempts => {
                attempt += 1;
                earlier = Some(error);
            }
            Some(told) if told == progress.told => return Err(error.into()),
            _ => return Err(Stop::Anew(error)),
        }
    }
}

async fn begin(site: &Site) -> Result<Progress> {
    let session = initiate(site).await?.upload_session_id.ok_or_else(|| {
        Error::new(
            ErrorKind::UnexpectedAnswer,
            "the server's answer has no upload session",
        )
    })?;
    Ok(Progress {
        session,
        sent: 0,
        told: 0,
        honest: true,
    })
}

/// Goes on with a noted upload as far as the server has it.
async fn resume(site: &Site, noted: Progress, length: u64, size: u64) -> Result<Progress, Stop> {
    let next = size.min(length.saturating_sub(noted.sent));
    match look(site, &noted.session).await {
        Ok(answer) => match told_by(&answer) {
            Some(told) if told == noted.told && (next == 0 || next >= TELLING) => Ok(noted),
            // The last chunk arrived, but the program ended before it could note that.
            Some(told) if next >= TELLING && grew(noted.told, told, next) => Ok(Progress {
                sent: noted.sent + next,
                told,
                ..noted
            }),
            _ => Err(Stop::Anew(torn())),
        },
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::Rejected | ErrorKind::Forbidden
            ) =>
        {
            Err(Stop::Anew(error))
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks the server what it has, by a chunk without content.
async fn look(site: &Site, session: &str) -> Result<FileUpload> {
    let nothing = Piece::Bytes {
        name: "file".to_owned(),
        bytes: bytes::Bytes::new(),
    };
    let mut call = Call::new(
        Method::Put,
        site.path(&format!("/fileUploads/{}", encode(session))),
    )
    .repeatable();
    call.body = Body::Multipart(Multipart::new(String::new(), Some(("tableau_file", nothing)))?);
    site.ask(&call, "fileUpload").await
}

fn torn() -> Error {
    Error::new(
        ErrorKind::UnexpectedAnswer,
        "the server has other parts of the content than were sent",
    )
}

fn told_by(answer: &FileUpload) -> Option<u64> {
    answer.file_size
}

/// Whether a number of megabytes, decimal or binary and rounded either way, grew by so many bytes.
fn grew(before: u64, after: u64, bytes: u64) -> bool {
    let least = (bytes / MEBIBYTE).saturating_sub(1);
    let most = bytes.div_ceil(1_000_000) + 1;
    after
        .checked_sub(before)
        .is_some_and(|grown| (least..=most).contains(&grown))
}

/// The chosen size, or a larger one where the content would need too many chunks. Content of known length is
/// parted evenly, so that no small chunk comes last, unless all of them would become too small to be looked for.
fn chunk_size(chosen: u64, length: Option<u64>) -> Result<u64> {
    let Some(length) = length else {
        return Ok(chosen);
    };
    let least = length.div_ceil(MAX_CHUNKS);
    if least > SINGLE_LIMIT {
        return Err(Error::invalid(
            "the content is larger than the 64 GB that an upload can hold",
        ));
    }
    let most = chosen.max(least);
    let chunks = length.div_ceil(most).max(1);
    let even = length.div_ceil(chunks).max(1);
    Ok(match even < TELLING && most >= TELLING {
        true => most,
        false => even,
    })
}

/// Opens the note of a file's upload; `None` for content that is no file.
fn open_note(site: &Site, pieces: &Pieces, size: u64) -> Result<Option<Note>> {
    match pieces.path() {
        Some(file) => Note::open(&site.client().0, "uploads", &key(site, file, size)?),
        None => Ok(None),
    }
}

impl Progress {
    fn noted(note: &Note) -> Option<Self> {
        let lines = note.read(NOTE)?;
        let [session, sent, told] = lines.as_slice() else {
            return None;
        };
        Some(Self {
            session: session.clone(),
            sent: sent.parse().ok()?,
            told: told.parse().ok()?,
            honest: true,
        })
    }

    fn note(&self, note: &Note) -> Result<()> {
        note.write(
            NOTE,
            &[&self.session, &self.sent.to_string(), &self.told.to_string()],
        )
    }
}

/// Names a note after everything that must be the same for an upload to go on.
fn key(site: &Site, file: &Path, size: u64) -> Result<String> {
    let unreadable = |e| Error::file(format!("{} cannot be read: {e}", file.display()));
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    let path = std::fs::canonicalize(file).map_err(unreadable)?;
    let changed = metadata
        .modified()
        .ok()
        .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
        .unwrap_or_default();
    let parts = [
        site.client().server(),
        site.id().to_string(),
        site.user_id().to_string(),
        path.to_string_lossy().into_owned(),
        metadata.len().to_string(),
        changed.as_nanos().to_string(),
        note::node(&metadata).to_string(),
        size.to_string(),
    ];
    Ok(note::key(parts.iter().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_even_and_large_enough_to_be_looked_for() {
        let mega = MEBIBYTE;
        for (chosen, length, size) in [
            (50 * mega, 51 * mega, 51 * mega / 2),
            (50 * mega, 49 * mega, 49 * mega),
            (1000, 2500, 834),
            // Evenly, none of them would show in a number of megabytes.
            (TELLING + 4096, 2 * TELLING + 300_000, TELLING + 4096),
            (TELLING, 3 * TELLING, TELLING),
            (1000, 2_000_000, 2000),
            (1000, 0, 1),
        ] {
            assert_eq!(
                chunk_size(chosen, Some(length)).expect("a size"),
                size,
                "{chosen} {length}"
            );
        }
        assert_eq!(chunk_size(7, None).expect("a size"), 7);
        assert!(chunk_size(50 * mega, Some(65_000 * mega)).is_err());
    }

    #[test]
    fn megabytes_grow_with_what_is_appended() {
        let fifty = 50 * MEBIBYTE;
        for (before, after, bytes, grown) in [
            (0, 50, fifty, true),
            (50, 103, fifty, true),
            (52, 105, fifty, true),
            (50, 50, fifty, false),
            (50, 150, fifty, false),
            (50, 70, fifty, false),
            (10, 9, fifty, false),
            (7, 9, TELLING, true),
            (7, 8, TELLING, true),
            (7, 7, TELLING, false),
        ] {
            assert_eq!(grew(before, after, bytes), grown, "{before} {after} {bytes}");
        }
    }
}
