//! Text files in any character set, read as UTF-8.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, WINDOWS_1252};

use crate::error::{DataError, Result};

/// Reads bytes of a character set as UTF-8. A byte order mark wins over the name; what is not text in
/// the character set becomes U+FFFD.
pub(crate) struct Decoded<R> {
    source: R,
    decoder: Decoder,
    raw: Vec<u8>,
    start: usize,
    end: usize,
    at_end: bool,
    finished: bool,
}

const BLOCK: usize = 64 << 10;

impl<R: Read> Decoded<R> {
    /// Begins to read.
    pub fn new(source: R, encoding: &'static Encoding) -> Self {
        Self {
            source,
            decoder: encoding.new_decoder(),
            raw: vec![0; BLOCK],
            start: 0,
            end: 0,
            at_end: false,
            finished: false,
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The decoder wants room for one character at least.
        if out.len() < 8 {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        loop {
            if self.finished {
                return Ok(0);
            }
            if self.start == self.end && !self.at_end {
                self.start = 0;
                self.end = self.source.read(&mut self.raw)?;
                self.at_end = self.end == 0;
            }
            let (result, read, written, _) =
                self.decoder
                    .decode_to_utf8(&self.raw[self.start..self.end], out, self.at_end);
            self.start += read;
            if self.at_end && result == CoderResult::InputEmpty {
                self.finished = true;
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

/// Finds a character set by the name a document uses.
pub(crate) fn by_name(name: &str) -> Result<&'static Encoding> {
    let label = match name.to_ascii_lowercase().replace('_', "-").as_str() {
        // Names of the product's own list that the web does not know.
        "utf16" | "utf-16" => "utf-16le".to_owned(),
        "cp1252" | "ansi" => "windows-1252".to_owned(),
        "cp932" | "ms932" => "shift_jis".to_owned(),
        "cp949" => "euc-kr".to_owned(),
        "cp950" => "big5".to_owned(),
        "cp936" => "gb18030".to_owned(),
        other => match other
            .strip_prefix("cp")
            .filter(|number| number.starts_with("125"))
        {
            Some(number) => format!("windows-{number}"),
            None => other.to_owned(),
        },
    };
    Encoding::for_label(label.as_bytes())
        .or_else(|| Encoding::for_label(label.replace('-', "_").as_bytes()))
        .ok_or_else(|| DataError::UnsupportedSetting {
            setting: "the character set",
            value: crate::error::shorten(name),
            hint: "save the file as UTF-8".to_owned(),
        })
}

/// Guesses the character set from the beginning of a file.
pub(crate) fn guess(head: &[u8], is_whole: bool) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return encoding;
    }
    // UTF-16 without a mark: every other byte of Western text is zero.
    let zeros = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    if head.len() >= 8 && zeros(1) * 4 > head.len() && zeros(0) == 0 {
        return encoding_rs::UTF_16LE;
    }
    if head.len() >= 8 && zeros(0) * 4 > head.len() && zeros(1) == 0 {
        return encoding_rs::UTF_16BE;
    }
    match std::str::from_utf8(head) {
        Ok(_) => UTF_8,
        // The last character may be cut.
        Err(error) if !is_whole && error.error_len().is_none() => UTF_8,
        Err(_) => WINDOWS_1252,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8], name: &str) -> String {
        let mut decoded = Decoded::new(bytes, by_name(name).unwrap());
        let mut text = String::new();
        let mut block = [0; 16];
        while let read @ 1.. = decoded.read(&mut block).unwrap() {
            text.push_str(std::str::from_utf8(&block[..read]).unwrap());
        }
        text
    }

    #[test]
    fn character_sets_are_read() {
        assert_eq!(decode(b"Z\xfcrich", "windows-1252"), "Zürich");
        assert_eq!(decode(b"\xff\xfeZ\0\xfc\0", "UTF-16LE"), "Zü");
        assert_eq!(decode("\u{feff}Zü".as_bytes(), "windows-1252"), "Zü");
        assert_eq!(decode(b"a\xffb", "UTF-8"), "a\u{fffd}b");
        assert!(by_name("IBM037").is_err());
    }

    #[test]
    fn character_sets_are_guessed() {
        assert_eq!(guess("Zü".as_bytes(), true), UTF_8);
        assert_eq!(guess(b"Z\xfcrich", true), WINDOWS_1252);
        assert_eq!(guess(&"Zürich".as_bytes()[..2], false), UTF_8);
        assert_eq!(guess(b"a\0b\0c\0d\0", true), encoding_rs::UTF_16LE);
    }
}
