//! Sending stored files: whole, in part, or without their extracts.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::ops::Range;

use axum::body::Body;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use http::{HeaderMap, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_util::io::ReaderStream;
use vivant_document::{FileKind, Limits, without_extract};
use vivant_store::StoredFile;
use vivant_wire::ErrorCode;

use crate::call::Call;
use crate::errors::{Result, fail, internal};
use crate::reply::Reply;

/// Sends a file; `part` is the name in the reference's Content-Disposition.
pub async fn send(call: &Call, file: StoredFile, part: &str) -> Result<Reply> {
    let without = match call.query.get("includeExtract") {
        None => false,
        Some(_) => !call.query.flag("includeExtract")?,
    };
    let kind = FileKind::from_extension(&file.file_type);
    let mut headers = vec![
        (CONTENT_TYPE, content_type(kind).to_owned()),
        (CONTENT_DISPOSITION, disposition(part, &file.file_name)),
    ];
    if without && file.has_extracts && kind.is_some_and(FileKind::is_package) {
        let (size, body) = stripped(call, &file).await?;
        headers.push((CONTENT_LENGTH, size.to_string()));
        return Ok(Reply::File {
            status: StatusCode::OK,
            headers,
            body,
        });
    }
    headers.push((ACCEPT_RANGES, "bytes".to_owned()));
    headers.push((ETAG, format!("\"{}\"", file.sha256)));
    // A client that went on with another revision would put two files together.
    let same = call
        .headers
        .get(IF_RANGE)
        .is_none_or(|known| known.as_bytes() == format!("\"{}\"", file.sha256).as_bytes());
    let wanted = same.then(|| wanted_range(&call.headers, file.size)).flatten();
    let (status, range) = match wanted {
        None => (StatusCode::OK, None),
        Some(Ok(range)) => (StatusCode::PARTIAL_CONTENT, Some(range)),
        Some(Err(())) => {
            let detail = format!("The Range header asks for bytes beyond the file's {}.", file.size);
            return Err(fail(ErrorCode::InvalidParameterValue, detail));
        }
    };
    if let Some(range) = &range {
        headers.push((
            CONTENT_RANGE,
            format!("bytes {}-{}/{}", range.start, range.end - 1, file.size),
        ));
    }
    let length = range.as_ref().map_or(file.size, |r| r.end - r.start);
    headers.push((CONTENT_LENGTH, length.to_string()));
    let (_, stream) = call.app.store.content().open(&file.key, range).await?;
    Ok(Reply::File {
        status,
        headers,
        body: Body::from_stream(stream),
    })
}

/// Sends a picture.
pub fn send_png(png: Vec<u8>) -> Reply {
    Reply::File {
        status: StatusCode::OK,
        headers: vec![
            (CONTENT_TYPE, "image/png".to_owned()),
            (CONTENT_LENGTH, png.len().to_string()),
        ],
        body: Body::from(png),
    }
}

/// XML for plain documents, bytes for the rest; tableau_tools takes the extension from it.
fn content_type(kind: Option<FileKind>) -> &'static str {
    match kind {
        Some(FileKind::Twb | FileKind::Tds) => "application/xml",
        _ => "application/octet-stream",
    }
}

/// `name="tableau_workbook"; filename="X.twbx"`, as the reference prints it. Names beyond ASCII go
/// into `filename*` too (RFC 6266).
pub fn disposition(part: &str, name: &str) -> String {
    // A name is a file's name on whatever system it is saved.
    let name: String = name
        .chars()
        .map(|c| {
            if matches!(c, '/' | '\\' | ':' | '*' | '?' | '<' | '>' | '|') || c.is_control() {
                '_'
            } else {
                c
            }
        })
        .collect();
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\') || c == ' ' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if plain == name {
        return format!("name=\"{part}\"; filename=\"{name}\"");
    }
    let encoded = utf8_percent_encode(&name, NON_ALPHANUMERIC);
    format!("name=\"{part}\"; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// The one range that a Range header asks for; several, or other units, are answered whole.
fn wanted_range(headers: &HeaderMap, size: u64) -> Option<Result<Range<u64>, ()>> {
    let text = headers.get(RANGE)?.to_str().ok()?;
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    if text.contains(',') {
        return None;
    }
    let range = match (first.trim().parse::<u64>().ok(), last.trim().parse::<u64>().ok()) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.trim().is_empty() => first..size,
        (None, Some(count)) if first.trim().is_empty() && count > 0 => size.saturating_sub(count)..size,
        _ => return None,
    };
    Some(if range.start < range.end {
        Ok(range)
    } else {
        Err(())
    })
}

/// Makes a copy of a package without its extracts, on disk, and sends that.
async fn stripped(call: &Call, file: &StoredFile) -> Result<(u64, Body)> {
    let content = call.app.store.content();
    let fetched = match content.local_path(&file.key) {
        Some(path) => Source::Path(path),
        None => Source::Fetched(content.fetch(&file.key).await?),
    };
    let stripped = tokio::task::spawn_blocking(move || -> anyhow::Result<File> {
        let path = match &fetched {
            Source::Path(path) => path.as_path(),
            Source::Fetched(spooled) => spooled.path(),
        };
        let source = BufReader::new(File::open(path)?);
        // The file has no name, so nothing is left of it however this ends.
        let mut out = BufWriter::new(tempfile::tempfile()?);
        without_extract(source, &mut out, &Limits::default())?;
        let mut file = out.into_inner()?;
        std::io::Seek::rewind(&mut file)?;
        Ok(file)
    });
    let file = stripped.await.map_err(internal)?.map_err(internal)?;
    let size = file.metadata().map_err(internal)?.len();
    Ok((
        size,
        Body::from_stream(ReaderStream::with_capacity(
            tokio::fs::File::from_std(file),
            64 * 1024,
        )),
    ))
}

enum Source {
    Path(std::path::PathBuf),
    Fetched(vivant_store::Spooled),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_ascii_travel_twice() {
        assert_eq!(
            disposition("tableau_workbook", "My Book.twbx"),
            "name=\"tableau_workbook\"; filename=\"My Book.twbx\""
        );
        assert_eq!(
            disposition("p", "Ü\"x.twb"),
            "name=\"p\"; filename=\"__x.twb\"; filename*=UTF-8''%C3%9C%22x%2Etwb"
        );
    }

    #[test]
    fn ranges() {
        let check = |text: &str, expected: Option<Result<Range<u64>, ()>>| {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, text.parse().expect("a header"));
            assert_eq!(wanted_range(&headers, 100), expected, "{text}");
        };
        check("bytes=0-9", Some(Ok(0..10)));
        check("bytes=90-", Some(Ok(90..100)));
        check("bytes=-10", Some(Ok(90..100)));
        check("bytes=50-500", Some(Ok(50..100)));
        check("bytes=50-18446744073709551615", Some(Ok(50..100)));
        check("bytes=100-", Some(Err(())));
        check("bytes=0-1,5-6", None);
        check("lines=0-1", None);
    }
}
