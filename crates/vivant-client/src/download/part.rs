//! What is left of a download that a program did not bring to its end: the first part of the content, beside the
//! place that it is meant for, and a note of what it is a part of.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use reqwest::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, DATE, ETAG, HeaderMap, LAST_MODIFIED,
};
use tokio::task::spawn_blocking;

use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::note::{self, Note};
use crate::site::Site;
use crate::source::Digest;

/// The first line of a note.
const NOTE: &str = "vivant download 1";
/// How many bytes come between two notes.
pub(super) const NOTE_EVERY: u64 = 8 * 1024 * 1024;
/// How much older than the answer a time of change must be to tell states apart (RFC 9110, 8.8.2.2).
const SETTLED: i64 = 60;

/// What tells that content is still the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Validator {
    /// A strong ETag.
    Tag(String),
    /// The time of the last change.
    Modified(String),
}

impl Validator {
    /// Finds what an answer offers; `None` where nothing tells states of the content apart.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(tag) = text(ETAG) {
            return (tag.starts_with('"')).then(|| Self::Tag(tag.to_owned()));
        }
        let modified = text(LAST_MODIFIED)?;
        let seconds = |text| Some(jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second());
        let settled = seconds(text(DATE)?)? - seconds(modified)? >= SETTLED;
        settled.then(|| Self::Modified(modified.to_owned()))
    }

    /// The value of If-Range.
    pub fn text(&self) -> &str {
        match self {
            Self::Tag(text) | Self::Modified(text) => text,
        }
    }

    /// Whether a part that a server sends is one of the same content: some servers pass over If-Range.
    pub fn holds(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Tag(tag) => headers.get(ETAG).is_some_and(|found| found == tag.as_str()),
            // It may be left out of an answer to If-Range.
            Self::Modified(time) => headers
                .get(LAST_MODIFIED)
                .is_none_or(|found| found == time.as_str()),
        }
    }
}

/// The length of the whole content, where an answer says it.
pub(super) fn total(headers: &HeaderMap) -> Option<u64> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(range) = text(CONTENT_RANGE) {
        return range.rsplit_once('/')?.1.trim().parse().ok();
    }
    match headers.contains_key(CONTENT_ENCODING) {
        true => None,
        false => text(CONTENT_LENGTH)?.trim().parse().ok(),
    }
}

/// The first byte of `bytes 5-9/10`.
pub(super) fn range_start(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let (first, _) = range.trim().strip_prefix("bytes ")?.split_once('-')?;
    first.trim().parse().ok()
}

/// How far an earlier program came.
pub(super) struct Earlier {
    pub bytes: u64,
    pub total: Option<u64>,
    pub validator: Validator,
    pub digest: Digest,
    pub name: String,
}

/// A file that holds the first part of the content until it is whole.
///
/// It stays when the program ends before that, but only where a note says what it is a part of.
pub(super) struct Part {
    path: PathBuf,
    note: Note,
    noted: bool,
}

impl Part {
    /// Opens the part of a download into a folder or a file, with what an earlier program brought; `None` where the
    /// client has no cache folder for notes, or another program does the same download.
    pub async fn open(
        site: &Site,
        call: &Call,
        folder: &Path,
        to: &Path,
    ) -> Result<Option<(Self, tokio::fs::File, Option<Earlier>)>> {
        let client = &site.client().0;
        if client.cache_folder.is_none() {
            return Ok(None);
        }
        let (server, address) = (
            site.client().server(),
            format!("{:?} {}", call.target, call.query_string()),
        );
        let (site_id, user) = (site.id().to_string(), site.user_id().to_string());
        let real = std::fs::canonicalize(folder).map_err(|e| unwritable(folder, &e))?;
        let real = real.to_string_lossy();
        let name = match to == folder {
            true => "".into(),
            false => to.file_name().unwrap_or_default().to_string_lossy(),
        };
        let key = note::key([&server, &site_id, &user, &address, &*real, &*name]);
        let Some(note) = Note::open(client, "downloads", &key)? else {
            return Ok(None);
        };
        let path = folder.join(format!(".vivant-{}.part", &key[..32]));
        let (noted, place) = (read(&note), path.clone());
        let (file, earlier) = spawn_blocking(move || open(&place, noted))
            .await
            .map_err(|_| Error::file("the thread that reads files is gone"))?
            .map_err(|e| unwritable(&path, &e))?;
        let part = Self {
            path,
            note,
            noted: earlier.is_some(),
        };
        Ok(Some((part, tokio::fs::File::from_std(file), earlier)))
    }

    /// Notes how far the content came; everything up to there must be in the file.
    pub fn note(
        &mut self,
        bytes: u64,
        total: Option<u64>,
        validator: &Validator,
        digest: &Digest,
        name: &str,
    ) -> Result<()> {
        let kind = match validator {
            Validator::Tag(_) => "etag",
            Validator::Modified(_) => "modified",
        };
        let lines = [
            kind,
            validator.text(),
            &bytes.to_string(),
            &total.map(|n| n.to_string()).unwrap_or_default(),
            &digest.hex(),
            name,
        ];
        self.note.write(NOTE, &lines)?;
        self.noted = true;
        Ok(())
    }

    /// Forgets what was noted, since the content begins anew.
    pub fn forget(&mut self) {
        self.note.forget();
        self.noted = false;
    }

    /// Ends with a failure: what may pass leaves the part for the next time.
    pub fn failed(&mut self, error: &Error) {
        let lasting = matches!(
            error.kind(),
            ErrorKind::NotFound | ErrorKind::Forbidden | ErrorKind::Rejected | ErrorKind::Unsupported
        );
        if lasting {
            self.forget();
        }
    }

    /// Gives the whole content its name.
    pub fn persist(mut self, to: &Path) -> Result<()> {
        std::fs::rename(&self.path, to).map_err(|e| unwritable(to, &e))?;
        self.forget();
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.noted {
            // After the content got its name there is nothing left.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::file(format!("{} cannot be written: {error}", path.display()))
}

fn read(note: &Note) -> Option<(Earlier, String)> {
    let lines = note.read(NOTE)?;
    let [kind, value, bytes, total, digest, name] = lines.as_slice() else {
        return None;
    };
    let earlier = Earlier {
        bytes: bytes.parse().ok()?,
        total: total.parse().ok(),
        validator: match kind.as_str() {
            "etag" => Validator::Tag(value.clone()),
            "modified" => Validator::Modified(value.clone()),
            _ => return None,
        },
        digest: Digest::new(),
        name: name.clone(),
    };
    Some((earlier, digest.clone()))
}

/// Opens the part that was noted, if its bytes are those that were noted, and else an empty one.
fn open(path: &Path, noted: Option<(Earlier, String)>) -> std::io::Result<(File, Option<Earlier>)> {
    let mut options = File::options();
    options.read(true).write(true);
    if let Some((mut earlier, digest)) = noted
        && std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
    {
        let mut file = options.open(path)?;
        let mut buffer = vec![0; 256 * 1024];
        let mut left = earlier.bytes;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            let read = file.read(&mut buffer[..most])?;
            if read == 0 {
                break;
            }
            earlier.digest.add(&buffer[..read]);
            left -= read as u64;
        }
        // A system that went down may have lost what the program had written.
        if left == 0 && earlier.digest.hex() == digest {
            file.set_len(earlier.bytes)?;
            return Ok((file, Some(earlier)));
        }
    }
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    Ok((options.create_new(true).open(path)?, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
            .collect()
    }

    #[test]
    fn only_what_tells_states_apart_is_a_validator() {
        const OLD: (&str, &str) = ("last-modified", "Sun, 06 Nov 1994 08:00:00 GMT");
        const DAY: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:49:00 GMT");
        const SAME: (&str, &str) = ("date", "Sun, 06 Nov 1994 08:00:30 GMT");
        let tag = Validator::Tag("\"a\"".to_owned());
        let time = Validator::Modified(OLD.1.to_owned());
        assert_eq!(
            Validator::of(&headers(&[("etag", "\"a\""), OLD, DAY])),
            Some(tag.clone())
        );
        assert_eq!(Validator::of(&headers(&[("etag", "W/\"a\"")])), None);
        assert_eq!(Validator::of(&headers(&[OLD, DAY])), Some(time.clone()));
        assert_eq!(Validator::of(&headers(&[OLD, SAME])), None);
        assert_eq!(Validator::of(&headers(&[OLD])), None);

        assert!(tag.holds(&headers(&[("etag", "\"a\"")])));
        assert!(!tag.holds(&headers(&[("etag", "\"b\"")])));
        assert!(!tag.holds(&headers(&[])));
        assert!(time.holds(&headers(&[])) && time.holds(&headers(&[OLD])));
        assert!(!time.holds(&headers(&[("last-modified", "Mon, 07 Nov 1994 08:00:00 GMT")])));
    }

    #[test]
    fn lengths_and_ranges_are_read() {
        for (lines, whole, first) in [
            (&[("content-length", "7")][..], Some(7), None),
            (
                &[("content-length", "7"), ("content-encoding", "gzip")][..],
                None,
                None,
            ),
            (
                &[("content-range", "bytes 4-6/20"), ("content-length", "3")][..],
                Some(20),
                Some(4),
            ),
            (&[("content-range", "bytes 4-6/*")][..], None, Some(4)),
            (&[("content-range", "lines 4-6/20")][..], Some(20), None),
        ] {
            let headers = headers(lines);
            assert_eq!(
                (total(&headers), range_start(&headers)),
                (whole, first),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_part_that_was_damaged_is_not_gone_on_with() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("part");
        let noted = |digest: &str| {
            let earlier = Earlier {
                bytes: 3,
                total: None,
                validator: Validator::Tag("\"a\"".to_owned()),
                digest: Digest::new(),
                name: "a.twbx".to_owned(),
            };
            Some((earlier, digest.to_owned()))
        };
        let mut digest = Digest::new();
        digest.add(b"abc");
        let digest = digest.hex();
        for (content, goes_on) in [("abcd", true), ("abc", true), ("ab", false), ("abx", false)] {
            std::fs::write(&path, content).expect("written");
            let (file, earlier) = open(&path, noted(&digest)).expect("opened");
            assert_eq!(earlier.is_some(), goes_on, "{content}");
            let length = if goes_on { 3 } else { 0 };
            assert_eq!(file.metadata().expect("known").len(), length, "{content}");
        }
        #[cfg(unix)]
        {
            let other = folder.path().join("other");
            std::fs::write(&other, "abc").expect("written");
            std::fs::remove_file(&path).expect("removed");
            std::os::unix::fs::symlink(&other, &path).expect("linked");
            let (_, earlier) = open(&path, noted(&digest)).expect("opened");
            assert!(earlier.is_none());
            assert_eq!(std::fs::read(&other).expect("read"), b"abc");
        }
    }
}
