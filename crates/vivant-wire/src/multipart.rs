//! `multipart/mixed` bodies of publishing, read piece by piece and written.
//!
//! The reference prints parts as `Content-Disposition: name="request_payload"`, without the
//! `form-data` that general parsers insist on, and tableau_tools sends them so; TSC writes
//! `form-data; name=…; filename=""`. Both are read here.

use std::fmt;

/// The most bytes that the headers of one part may take.
const MAX_HEADER: usize = 16 * 1024;

/// Something found in the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A part begins.
    Part(PartHeader),
    /// Bytes of the present part.
    Data(&'a [u8]),
    /// The present part ends.
    PartEnd,
}

/// The headers of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartHeader {
    /// `name` of the Content-Disposition.
    pub name: String,
    /// `filename` of the Content-Disposition; empty text counts as none.
    pub filename: Option<String>,
    /// Content-Type.
    pub content_type: Option<String>,
}

/// Why a body cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MultipartError {
    /// The Content-Type has no usable boundary.
    NoBoundary,
    /// The body ends before its last boundary.
    Truncated,
    /// A part has no or unusable headers.
    BadHeader(&'static str),
}

impl fmt::Display for MultipartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBoundary => f.write_str("the Content-Type is not multipart/mixed with a boundary"),
            Self::Truncated => f.write_str("the body ends before its closing boundary"),
            Self::BadHeader(what) => write!(f, "a part of the body has unusable headers: {what}"),
        }
    }
}

impl std::error::Error for MultipartError {}

/// Returns the boundary of a `multipart/…; boundary=…` Content-Type.
pub fn boundary(content_type: &str) -> Result<String, MultipartError> {
    let mut pieces = content_type.split(';');
    let kind = pieces.next().unwrap_or_default().trim();
    if !kind
        .get(..10)
        .is_some_and(|k| k.eq_ignore_ascii_case("multipart/"))
    {
        return Err(MultipartError::NoBoundary);
    }
    for piece in pieces {
        if let Some((name, value)) = piece.split_once('=')
            && name.trim().eq_ignore_ascii_case("boundary")
        {
            let value = value.trim().trim_matches('"');
            // RFC 2046 allows 70 characters; a little more does no harm.
            if !value.is_empty() && value.len() <= 200 {
                return Ok(value.to_owned());
            }
        }
    }
    Err(MultipartError::NoBoundary)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Preamble,
    AfterBoundary,
    Headers,
    /// Before the end of the empty line behind the headers.
    BodyStart,
    Body,
    Done,
}

/// Reads a body that arrives in pieces: [`Reader::feed`] bytes, then take [`Reader::next_event`]
/// until it has no more; [`Reader::finish`] at the end.
///
/// Holds at most one part's headers and the bytes that might begin a boundary, beyond what was
/// fed and not yet taken.
pub struct Reader {
    /// CRLF, two dashes, boundary.
    delimiter: Vec<u8>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that were given out.
    taken: usize,
    state: State,
}

impl Reader {
    /// Makes a reader for a boundary.
    pub fn new(boundary: &str) -> Self {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first boundary may stand at the very beginning, without a line end before it.
        Self {
            delimiter,
            buffer: b"\r\n".to_vec(),
            taken: 0,
            state: State::Preamble,
        }
    }

    /// Adds bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes the next event; `None` until more is fed.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, MultipartError> {
        loop {
            let rest = &self.buffer[self.taken..];
            match self.state {
                State::Preamble => match memchr::memmem::find(rest, &self.delimiter) {
                    Some(at) => {
                        self.taken += at + self.delimiter.len();
                        self.state = State::AfterBoundary;
                    }
                    None => {
                        // Whatever stands before the first boundary is ignored.
                        let keep = rest.len().min(self.delimiter.len() - 1);
                        self.taken = self.buffer.len() - keep;
                        return Ok(None);
                    }
                },
                State::AfterBoundary => {
                    if rest.starts_with(b"--") {
                        self.state = State::Done;
                        continue;
                    }
                    let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
                    let after = &rest[blanks..];
                    if after.starts_with(b"\r\n") {
                        // The line end stays: a part without headers begins with an empty line.
                        self.taken += blanks;
                        self.state = State::Headers;
                    } else if after.len() < 2 && blanks < 200 {
                        return Ok(None);
                    } else {
                        return Err(MultipartError::BadHeader("no line end behind the boundary"));
                    }
                }
                State::Headers => match memchr::memmem::find(rest, b"\r\n\r\n") {
                    Some(at) if at <= MAX_HEADER => {
                        let header = parse_headers(&rest[..at])?;
                        // Of the empty line its end stays, since a boundary may follow at once.
                        self.taken += at + 2;
                        self.state = State::BodyStart;
                        return Ok(Some(Event::Part(header)));
                    }
                    None if rest.len() <= MAX_HEADER => return Ok(None),
                    _ => return Err(MultipartError::BadHeader("they are too long")),
                },
                State::BodyStart => {
                    if rest.len() < self.delimiter.len() && self.delimiter.starts_with(rest) {
                        return Ok(None);
                    }
                    // In an empty body the boundary shares its line end with the empty line.
                    if !rest.starts_with(&self.delimiter) {
                        self.taken += 2;
                    }
                    self.state = State::Body;
                }
                State::Body => {
                    let start = self.taken;
                    return match memchr::memmem::find(rest, &self.delimiter) {
                        Some(0) => {
                            self.taken += self.delimiter.len();
                            self.state = State::AfterBoundary;
                            Ok(Some(Event::PartEnd))
                        }
                        Some(at) => {
                            self.taken += at;
                            Ok(Some(Event::Data(&self.buffer[start..start + at])))
                        }
                        None => {
                            let keep = partial_suffix(rest, &self.delimiter);
                            let end = self.buffer.len() - keep;
                            if end == start {
                                return Ok(None);
                            }
                            self.taken = end;
                            Ok(Some(Event::Data(&self.buffer[start..end])))
                        }
                    };
                }
                State::Done => return Ok(None),
            }
        }
    }

    /// Says whether the body was whole.
    pub fn finish(&self) -> Result<(), MultipartError> {
        if self.state == State::Done {
            Ok(())
        } else {
            Err(MultipartError::Truncated)
        }
    }
}

/// The length of the longest end of `bytes` that begins `pattern`.
fn partial_suffix(bytes: &[u8], pattern: &[u8]) -> usize {
    let longest = bytes.len().min(pattern.len() - 1);
    (1..=longest)
        .rev()
        .find(|&n| bytes.ends_with(&pattern[..n]))
        .unwrap_or(0)
}

fn parse_headers(bytes: &[u8]) -> Result<PartHeader, MultipartError> {
    let text = String::from_utf8_lossy(bytes);
    let mut header = PartHeader::default();
    for line in text.split("\r\n").filter(|l| !l.trim().is_empty()) {
        let (name, value) = line
            .split_once(':')
            .ok_or(MultipartError::BadHeader("a line has no colon"))?;
        match name.trim().to_ascii_lowercase().as_str() {
            "content-disposition" => {
                for (name, value) in parameters(value) {
                    match name.as_str() {
                        "name" => header.name = value,
                        "filename" if !value.is_empty() => header.filename = Some(value),
                        // RFC 5987; HTTP libraries add it for names beyond ASCII.
                        "filename*" => header.filename = decode_extended(&value).or(header.filename),
                        _ => {}
                    }
                }
            }
            "content-type" => header.content_type = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    if header.name.is_empty() {
        return Err(MultipartError::BadHeader("no Content-Disposition with a name"));
    }
    Ok(header)
}

/// Splits `form-data; name="a"; filename="b;c"`, with or without the leading word.
fn parameters(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let end = rest.find([';', '=']).unwrap_or(rest.len());
        let name = rest[..end].trim().to_ascii_lowercase();
        if !rest[end..].starts_with('=') {
            rest = rest.get(end + 1..).unwrap_or("");
            continue;
        }
        let after = rest[end + 1..].trim_start();
        let (value, tail) = match after.strip_prefix('"') {
            Some(quoted) => quoted_string(quoted),
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        found.push((name, value));
        rest = tail.find(';').map_or("", |at| &tail[at + 1..]);
    }
    found
}

fn quoted_string(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            // Browsers and Python escape a quote; a backslash before anything else is a path's.
            '\\' if text[at + 1..].starts_with(['"', '\\']) => value.extend(chars.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

fn decode_extended(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    percent_encoding::percent_decode_str(encoded)
        .decode_utf8()
        .ok()
        .map(|s| s.into_owned())
}

/// Writes the headers of a part, boundary line included.
pub fn part_header(boundary: &str, name: &str, filename: Option<&str>, content_type: &str) -> String {
    let escape = |text: &str| {
        text.replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace(['\r', '\n'], " ")
    };
    let filename = filename
        .map(|f| format!("; filename=\"{}\"", escape(f)))
        .unwrap_or_default();
    format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"{filename}\r\nContent-Type: {content_type}\r\n\r\n",
        escape(name)
    )
}

/// Writes what ends a body behind its last part.
pub fn closing(boundary: &str) -> String {
    format!("\r\n--{boundary}--\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a body in pieces of every size and gives `name|filename|data` lines.
    fn check(body: &str, expected: Result<&[&str], MultipartError>) {
        for size in [1, 2, 3, 7, 64, body.len().max(1)] {
            assert_eq!(
                read(body.as_bytes(), size),
                expected.clone().map(|e| e.join("\n")),
                "pieces of {size}"
            );
        }
    }

    fn read(body: &[u8], size: usize) -> Result<String, MultipartError> {
        let mut reader = Reader::new("XX");
        let mut lines: Vec<String> = Vec::new();
        for piece in body.chunks(size) {
            reader.feed(piece);
            while let Some(event) = reader.next_event()? {
                match event {
                    Event::Part(h) => lines.push(format!("{}|{}|", h.name, h.filename.unwrap_or_default())),
                    Event::Data(data) => {
                        lines
                            .last_mut()
                            .expect("a part began")
                            .push_str(&String::from_utf8_lossy(data));
                    }
                    Event::PartEnd => lines.last_mut().expect("a part began").push('.'),
                }
            }
        }
        reader.finish().map(|()| lines.join("\n"))
    }

    #[test]
    fn the_forms_of_the_reference_and_of_clients() {
        check(
            "--XX\r\nContent-Disposition: name=\"request_payload\"\r\nContent-Type: text/xml\r\n\r\n<a/>\r\n\
             --XX\r\nContent-Disposition: form-data; name=\"tableau_workbook\"; filename=\"a;\\\"b\\\".twb\"\r\n\r\n\
             line\r\n--X\r\n--XY\r\n--XX--\r\n",
            Ok(&[
                "request_payload||<a/>.",
                "tableau_workbook|a;\"b\".twb|line\r\n--X\r\n--XY.",
            ]),
        );
    }

    #[test]
    fn a_line_that_only_looks_like_a_boundary_is_data() {
        check(
            "--XX\r\nContent-Disposition: name=\"f\"\r\n\r\nline\r\n--X\r\n--Y\r\n--XX--",
            Ok(&["f||line\r\n--X\r\n--Y."]),
        );
    }

    #[test]
    fn empty_parts_and_preambles() {
        check(
            "ignored\r\n--XX \r\nContent-Disposition: name=\"request_payload\"\r\n\r\n\r\n--XX\r\n\
             Content-Disposition: name=f; filename=\"\"\r\nContent-Type: a/b\r\n\r\nx\r\n--XX--",
            Ok(&["request_payload||.", "f||x."]),
        );
        check(
            "--XX\r\nContent-Disposition: name=\"a\"\r\n\r\n--XX\r\nContent-Disposition: name=\"b\"\r\n\r\ny\r\n--XX--",
            Ok(&["a||.", "b||y."]),
        );
    }

    #[test]
    fn broken_bodies_are_refused() {
        check("", Err(MultipartError::Truncated));
        check(
            "--XX\r\nContent-Disposition: name=\"a\"\r\n\r\nx",
            Err(MultipartError::Truncated),
        );
        check(
            "--XX\r\nContent-Type: a/b\r\n\r\nx\r\n--XX--",
            Err(MultipartError::BadHeader("no Content-Disposition with a name")),
        );
        check(
            "--XX\r\nnonsense\r\n\r\nx\r\n--XX--",
            Err(MultipartError::BadHeader("a line has no colon")),
        );
    }

    #[test]
    fn boundaries() {
        assert_eq!(boundary("multipart/mixed; boundary=abc"), Ok("abc".to_owned()));
        assert_eq!(
            boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\""),
            Ok("a b".to_owned())
        );
        assert_eq!(boundary("text/xml"), Err(MultipartError::NoBoundary));
        assert_eq!(boundary("multipart/mixed"), Err(MultipartError::NoBoundary));
    }

    #[test]
    fn own_output_reads_back() {
        let body = format!(
            "{}<a/>\r\n{}data{}",
            part_header("XX", "request_payload", None, "text/xml"),
            part_header(
                "XX",
                "tableau_workbook",
                Some("a\"b.twb"),
                "application/octet-stream"
            ),
            closing("XX")
        );
        check(
            &body,
            Ok(&["request_payload||<a/>.", "tableau_workbook|a\"b.twb|data."]),
        );
    }
}
