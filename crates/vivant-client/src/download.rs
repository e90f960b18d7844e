//! Downloads: streamed to a temporary file, then renamed; or to anything that can be written.

use std::fmt;
use std::path::{Path, PathBuf};

use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use crate::call::Call;
use crate::error::{Error, ErrorKind, Result};
use crate::site::Site;
use crate::transport::{Answer, AnswerBody};

/// Where content goes.
pub enum Target {
    /// A folder that exists: a file in it, under the server's name for it. Any other path: that file.
    Path(PathBuf),
    /// Anything that can be written. What was written stays should the download break.
    Writer(Box<dyn AsyncWrite + Send + Unpin>),
}

impl Target {
    /// Makes a target of something that can be written.
    pub fn writer(writer: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        Self::Writer(Box::new(writer))
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Writer(_) => f.write_str("Writer"),
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
    pub(crate) async fn download(&self, call: &Call, target: Target, fallback: &str) -> Result<Downloaded> {
        let path = match target {
            Target::Path(path) => path,
            Target::Writer(mut writer) => {
                let answer = self.open(call).await?;
                let file_name = file_name(&answer, fallback);
                let bytes = self.copy(call, answer, &mut writer).await?;
                return Ok(Downloaded {
                    path: None,
                    file_name,
                    bytes,
                });
            }
        };
        let folder = match path.parent() {
            _ if tokio::fs::metadata(&path).await.is_ok_and(|m| m.is_dir()) => path.clone(),
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let policy = &self.client().0.retry;
        let mut attempt = 1;
        loop {
            match self.download_once(call, &path, &folder, fallback).await {
                // What was written so far is gone with its temporary file, so it can begin again.
                Err(error)
                    if matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout)
                        && error.status().is_some()
                        && attempt < policy.attempts =>
                {
                    tracing::info!(attempt, reason = %error, "downloading again");
                    sleep(policy.pause(attempt)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn download_once(
        &self,
        call: &Call,
        path: &Path,
        folder: &Path,
        fallback: &str,
    ) -> Result<Downloaded> {
        let answer = self.open(call).await?;
        let file_name = file_name(&answer, fallback);
        let path = match path == folder {
            true => folder.join(&file_name),
            false => path.to_owned(),
        };
        let unwritable =
            |e: std::io::Error| Error::file(format!("{} cannot be written: {e}", path.display()));
        let temporary = temporary_in(folder).map_err(unwritable)?;
        let handle = temporary.reopen().map_err(unwritable)?;
        let mut file = tokio::fs::File::from_std(handle);
        let bytes = self.copy(call, answer, &mut file).await?;
        file.sync_all().await.map_err(unwritable)?;
        drop(file);
        temporary.persist(&path).map_err(|e| unwritable(e.error))?;
        Ok(Downloaded {
            path: Some(path),
            file_name,
            bytes,
        })
    }

    async fn copy(&self, call: &Call, answer: Answer, to: &mut (impl AsyncWrite + Unpin)) -> Result<u64> {
        let AnswerBody::Stream(mut response) = answer.body else {
            return Err(Error::new(
                ErrorKind::UnexpectedAnswer,
                "the answer has no content",
            ));
        };
        let client = &self.client().0;
        let url = response.url().clone();
        let mut shown = url.clone();
        shown.set_query(None);
        let request = format!("{} {shown}", call.method);
        let mut bytes = 0;
        loop {
            let chunk = client.next_chunk(&mut response).await.map_err(|e| {
                e.explain(&url, client.timeouts.idle)
                    .with_status(answer.status)
                    .with_request(None, request.clone())
                    .with_note(&format!("after {bytes} bytes"))
            })?;
            let Some(chunk) = chunk else {
                break;
            };
            to.write_all(&chunk)
                .await
                .map_err(|e| Error::file(format!("the download cannot be written: {e}")))?;
            bytes += chunk.len() as u64;
        }
        to.flush()
            .await
            .map_err(|e| Error::file(format!("the download cannot be written: {e}")))?;
        Ok(bytes)
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
