//! Records of a delimited text, field by field.
//!
//! Lines end in LF, CR or CRLF; empty lines are skipped. A field in quotes may hold separators, line ends
//! and doubled quotes. A quote inside an unquoted field is a character like any other.

use std::io::Read;
use std::ops::Range;

use memchr::{memchr, memchr2, memchr3};

use crate::error::{DataError, Result};

/// How records are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// What stands between fields: one character.
    pub separator: char,
    /// What stands around fields that need it.
    pub quote: Option<u8>,
}

/// Reads records one by one.
pub(crate) struct Records<R> {
    name: String,
    source: R,
    separator: Vec<u8>,
    quote: Option<u8>,
    most: usize,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    ended: bool,
    record: Record,
}

/// A record.
#[derive(Debug, Default)]
pub(crate) struct Record {
    text: Vec<u8>,
    fields: Vec<(Range<usize>, bool)>,
}

impl Record {
    /// Returns a field; `None` where the record is too short.
    pub fn get(&self, index: usize) -> Option<&str> {
        let (range, _) = self.fields.get(index)?;
        std::str::from_utf8(&self.text[range.clone()]).ok()
    }

    /// Returns a field that is not empty; a pair of quotes is an empty text, nothing at all is null.
    pub fn value(&self, index: usize) -> Option<&str> {
        let (range, quoted) = self.fields.get(index)?;
        if range.is_empty() && !quoted {
            return None;
        }
        std::str::from_utf8(&self.text[range.clone()]).ok()
    }

    /// Returns how many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Returns all fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index).unwrap_or_default())
    }

    /// Returns how many bytes the record has.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }
}

/// What ended a field.
enum End {
    Field,
    Record,
    File,
}

impl<R: Read> Records<R> {
    /// Begins to read UTF-8; records of more than `most` bytes are refused.
    pub fn new(name: impl Into<String>, source: R, dialect: &Dialect, most: usize) -> Self {
        Self {
            name: name.into(),
            source,
            separator: dialect.separator.to_string().into_bytes(),
            quote: dialect.quote,
            most,
            buffer: vec![0; 256 << 10],
            at: 0,
            end: 0,
            ended: false,
            record: Record::default(),
        }
    }

    /// Reads the next record.
    pub fn read(&mut self) -> Result<Option<&Record>> {
        loop {
            self.record.text.clear();
            self.record.fields.clear();
            loop {
                let start = self.record.text.len();
                let (quoted, end) = self.field()?;
                // Nothing follows the last line end.
                let is_nothing = self.record.fields.is_empty() && !quoted && self.record.text.is_empty();
                match end {
                    End::File if is_nothing => return Ok(None),
                    // An empty line is no record.
                    End::Record if is_nothing => break,
                    _ => {}
                }
                self.record.fields.push((start..self.record.text.len(), quoted));
                match end {
                    End::Field => {}
                    End::Record | End::File => return Ok(Some(&self.record)),
                }
            }
        }
    }

    /// Reads a field and what ends it; tells whether it was quoted.
    fn field(&mut self) -> Result<(bool, End)> {
        let mut quoted = false;
        if let Some(quote) = self.quote
            && self.peek()? == Some(quote)
        {
            self.at += 1;
            quoted = true;
            self.quoted(quote)?;
        }
        loop {
            let Some(_) = self.peek()? else {
                return Ok((quoted, End::File));
            };
            let rest = &self.buffer[self.at..self.end];
            let Some(found) = memchr3(self.separator[0], b'\n', b'\r', rest) else {
                let all = self.at..self.end;
                self.take(all)?;
                self.at = self.end;
                continue;
            };
            self.take(self.at..self.at + found)?;
            self.at += found;
            let next = self.buffer[self.at];
            match next {
                b'\n' if self.separator[0] != b'\n' => {
                    self.at += 1;
                    return Ok((quoted, End::Record));
                }
                b'\r' if self.separator[0] != b'\r' => {
                    self.at += 1;
                    if self.peek()? == Some(b'\n') {
                        self.at += 1;
                    }
                    return Ok((quoted, End::Record));
                }
                _ if self.separator.len() == 1 || self.has_separator()? => {
                    self.at += self.separator.len();
                    return Ok((quoted, End::Field));
                }
                // Another character that begins with the same byte.
                _ => {
                    self.take(self.at..self.at + 1)?;
                    self.at += 1;
                }
            }
        }
    }

    /// Reads up to the closing quote; a file that ends before it ends the field.
    fn quoted(&mut self, quote: u8) -> Result<()> {
        loop {
            if self.peek()?.is_none() {
                return Ok(());
            }
            match memchr(quote, &self.buffer[self.at..self.end]) {
                None => {
                    self.take(self.at..self.end)?;
                    self.at = self.end;
                }
                Some(found) => {
                    self.take(self.at..self.at + found)?;
                    self.at += found + 1;
                    if self.peek()? != Some(quote) {
                        return Ok(());
                    }
                    self.record.text.push(quote);
                    self.at += 1;
                }
            }
        }
    }

    /// Adds bytes of the buffer to the record.
    fn take(&mut self, range: Range<usize>) -> Result<()> {
        if self.record.text.len() + range.len() > self.most {
            return Err(DataError::TooLarge {
                what: format!("a record of {} (is a quote never closed?)", self.name),
                limit: self.most as u64,
                unit: "bytes",
            });
        }
        self.record.text.extend_from_slice(&self.buffer[range]);
        Ok(())
    }

    /// Looks at the next byte.
    fn peek(&mut self) -> Result<Option<u8>> {
        if self.at == self.end {
            self.fill()?;
        }
        Ok((self.at < self.end).then(|| self.buffer[self.at]))
    }

    /// Tells whether the separator is next.
    fn has_separator(&mut self) -> Result<bool> {
        while self.end - self.at < self.separator.len() && !self.ended {
            self.buffer.copy_within(self.at..self.end, 0);
            self.end -= self.at;
            self.at = 0;
            self.more()?;
        }
        Ok(self.buffer[self.at..self.end].starts_with(&self.separator))
    }

    fn fill(&mut self) -> Result<()> {
        if !self.ended {
            self.at = 0;
            self.end = 0;
            self.more()?;
        }
        Ok(())
    }

    fn more(&mut self) -> Result<()> {
        let read = self
            .source
            .read(&mut self.buffer[self.end..])
            .map_err(|error| DataError::io(format!("`{}`", self.name), error))?;
        self.end += read;
        self.ended = read == 0;
        Ok(())
    }
}

/// Guesses how a text is written from its beginning.
///
/// The separator that splits the lines into the same number of fields, two or more, wins; then the one
/// that splits most.
pub(crate) fn guess(head: &str, is_whole: bool) -> Dialect {
    let mut best = (0_usize, ',');
    for separator in [',', '\t', ';', '|'] {
        let dialect = Dialect {
            separator,
            quote: Some(b'"'),
        };
        let mut records = Records::new("", head.as_bytes(), &dialect, usize::MAX);
        let mut counts = Vec::new();
        while let Ok(Some(record)) = records.read() {
            counts.push(record.len());
            if counts.len() == 100 {
                break;
            }
        }
        // The last line may be cut.
        if !is_whole && counts.len() > 1 {
            counts.pop();
        }
        let Some(&first) = counts.first() else { continue };
        if first < 2 {
            continue;
        }
        let same = counts.iter().filter(|count| **count == first).count();
        let score = same * 1_000_000 / counts.len() + first.min(999_999);
        if score > best.0 {
            best = (score, separator);
        }
    }
    Dialect {
        separator: best.1,
        quote: Some(match memchr2(b'"', b'\'', head.as_bytes()) {
            // Apostrophes occur in texts; they quote only where fields begin with them.
            Some(_) if !head.contains('"') && quotes_fields(head, best.1) => b'\'',
            _ => b'"',
        }),
    }
}

/// Tells whether apostrophes stand around fields.
fn quotes_fields(head: &str, separator: char) -> bool {
    let pair = format!("'{separator}'");
    head.lines()
        .take(2)
        .all(|line| line.starts_with('\'') && line.contains(&pair))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, separator: char, expected: &[&[&str]]) {
        // Every size of the pieces gives the same records.
        for step in [1, 2, 3, 7, text.len().max(1)] {
            let dialect = Dialect {
                separator,
                quote: Some(b'"'),
            };
            let pieces = Pieces(text.as_bytes(), step);
            let mut records = Records::new("test", pieces, &dialect, 1 << 20);
            let mut found: Vec<Vec<String>> = Vec::new();
            while let Some(record) = records.read().unwrap() {
                found.push(record.fields().map(str::to_owned).collect());
            }
            assert_eq!(found, expected, "in pieces of {step}");
        }
    }

    struct Pieces<'t>(&'t [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let most = self.1.min(out.len());
            self.0.read(&mut out[..most])
        }
    }

    #[test]
    fn records_end_in_any_line_end() {
        check(
            "a,b\nc,d\r\ne,f\rg,h",
            ',',
            &[&["a", "b"], &["c", "d"], &["e", "f"], &["g", "h"]],
        );
        check("a,b\n\n\r\nc,\n", ',', &[&["a", "b"], &["c", ""]]);
        check("", ',', &[]);
    }

    #[test]
    fn quotes_hold_everything() {
        check("\"a,\"\"b\"\"\nc\",d\n", ',', &[&["a,\"b\"\nc", "d"]]);
        check("5\" pipe,\"x\"y\n", ',', &[&["5\" pipe", "xy"]]);
        check("\"never closed,1\n2", ',', &[&["never closed,1\n2"]]);
        check("\"\"\n", ',', &[&[""]]);
    }

    #[test]
    fn separators_may_be_any_character() {
        check("a¦b§\nc¦d", '¦', &[&["a", "b§"], &["c", "d"]]);
        check("a\tb\n", '\t', &[&["a", "b"]]);
    }

    #[test]
    fn quoted_nothing_is_text_and_nothing_is_null() {
        let dialect = Dialect {
            separator: ',',
            quote: Some(b'"'),
        };
        let mut records = Records::new("test", &b"\"\",,x"[..], &dialect, 100);
        let record = records.read().unwrap().unwrap();
        assert_eq!(
            [record.value(0), record.value(1), record.value(2)],
            [Some(""), None, Some("x")]
        );
        assert_eq!(record.value(3), None);
    }

    #[test]
    fn a_quote_that_never_closes_is_refused_in_bounded_memory() {
        let dialect = Dialect {
            separator: ',',
            quote: Some(b'"'),
        };
        let endless = Read::chain(&b"\""[..], std::io::repeat(b'x'));
        let mut records = Records::new("`x.csv`", endless, &dialect, 1 << 20);
        let message = records.read().unwrap_err().to_string();
        assert!(message.contains("is a quote never closed?"), "{message}");
    }

    #[test]
    fn dialects_are_guessed() {
        assert_eq!(guess("a;b\n1,5;2\n", true).separator, ';');
        assert_eq!(guess("a\tb,c\n1\t2\n", true).separator, '\t');
        assert_eq!(guess("one\ntwo\n", true).separator, ',');
        assert_eq!(guess("'a','b'\n'1','2'\n", true).quote, Some(b'\''));
        assert_eq!(guess("it's,that's\n", true).quote, Some(b'"'));
    }
}
