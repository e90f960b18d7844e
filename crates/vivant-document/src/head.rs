//! The head of a large workbook: its data sources as a document, the sheets left where they are.
//!
//! Data sources stand before the sheets, and edits of connections need nothing after them. So the file is read
//! in bounded memory to check it and to find where the data sources end; only what comes before is held, and of
//! that not what an edit of connections never looks at. Writing reads the file a second time for all the rest.

use std::cell::RefCell;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

use memchr::{memmem, memrchr};

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::tree::{Parts, Piece, Tree};
use crate::view::Document;
use crate::xml::Xml;

/// How much is read at a time.
const PORTION: usize = 64 * 1024;

/// How much of a head is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadDepth {
    /// All of it.
    All,
    /// Connections and where published data sources are. Fields, filters and styles stay in the file: of them only
    /// the names of their elements are here.
    Connections,
}

/// What has nothing to do with connections.
const BESIDE_CONNECTIONS: [&str; 19] = [
    "actions",
    "aliases",
    "calculations",
    "cols",
    "column",
    "column-instance",
    "columns",
    "datasource-dependencies",
    "date-options",
    "drill-paths",
    "extract",
    "filter",
    "folders-common",
    "group",
    "layout",
    "metadata-records",
    "object-graph",
    "semantic-values",
    "style",
];

impl HeadDepth {
    fn parts(self) -> Parts<'static> {
        Parts {
            only: None,
            closed: match self {
                Self::All => &[],
                Self::Connections => &BESIDE_CONNECTIONS,
            },
        }
    }
}

/// Finds the byte where the data sources of a workbook end, and checks the whole text on the way; `None` when
/// the document is no workbook or has no data sources.
pub fn datasources_end<R: BufRead>(source: R, limits: &Limits) -> Result<Option<u64>> {
    let mut xml = Xml::new(source, limits);
    let root = xml.root()?;
    if root.name != "workbook" {
        return Ok(None);
    }
    let mut end = None;
    while let Some((name, _)) = xml.raw_child()? {
        xml.skip()?;
        if name == "datasources" {
            end = Some(xml.position());
        }
    }
    xml.finish()?;
    Ok(end)
}

/// The part of a workbook up to the end of its data sources.
#[derive(Debug, Clone)]
pub struct Head {
    /// The head as a document: data sources, and no sheets.
    pub document: Document,
    rest: Rest,
}

/// What of a workbook is only in its file: what a [`Head`] left unread, and what comes after it.
#[derive(Debug, Clone)]
pub struct Rest {
    /// Where the head ends in the file.
    end: u64,
    /// Where it ends in the text that is held.
    held: usize,
    /// What was left out, in order.
    holes: Vec<Hole>,
}

/// Attributes or the inside of an element, checked and left in the file.
#[derive(Debug, Clone)]
struct Hole {
    /// The byte of the text that is held before which it stood: of what ends the start tag, or of the end tag.
    at: u32,
    /// Where it is in the file.
    from: u64,
    to: u64,
}

/// Closes the head so that it is a document.
const CLOSE: &str = "</workbook>";

/// What is shorter than this is held: it costs less than to know where it was.
const SMALL: usize = 64;

impl Head {
    /// Reads the head of a workbook from its beginning and leaves the rest unread and unchecked; `None` when the
    /// document is not of the usual shape, so that only a look at all of it can tell what is where.
    pub fn read(source: impl Read, depth: HeadDepth, limits: &Limits) -> Result<Option<Self>> {
        let held = RefCell::new(Vec::new());
        let copy = Copy {
            source: BufReader::with_capacity(PORTION, source),
            held: &held,
        };
        let found = match thin(copy, &held, depth.parts().closed, limits) {
            Ok(Some(found)) => found,
            // What is wrong with it, who reads all of it says.
            Ok(None) | Err(Error::Damaged { .. } | Error::Unsupported { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        Ok(Self::of(held.into_inner(), found, depth, limits).ok())
    }

    /// Reads the head of a workbook: its bytes up to the place that [`datasources_end`] found.
    pub fn parse(bytes: Vec<u8>, limits: &Limits) -> Result<Self> {
        let rest = Rest {
            end: bytes.len() as u64,
            held: bytes.len(),
            holes: Vec::new(),
        };
        Self::of(bytes, rest, HeadDepth::All, limits)
    }

    fn of(mut bytes: Vec<u8>, rest: Rest, depth: HeadDepth, limits: &Limits) -> Result<Self> {
        bytes.reserve_exact(CLOSE.len());
        bytes.extend_from_slice(CLOSE.as_bytes());
        let tree = Tree::parse_parts(bytes, depth.parts(), limits)?;
        let mut document = Document::from_tree(tree)?;
        document.tree_mut().set_partial();
        Ok(Self { document, rest })
    }

    /// Tells whether the last bytes of a file are those of a whole workbook.
    pub fn is_end(tail: &[u8]) -> bool {
        tail.trim_ascii_end().ends_with(CLOSE.as_bytes())
    }

    /// Takes the document out; the other part knows what is still in the file.
    pub fn into_parts(self) -> (Document, Rest) {
        (self.document, self.rest)
    }

    /// Puts back together what [`Head::into_parts`] took apart.
    pub fn from_parts(document: Document, rest: Rest) -> Self {
        Self { document, rest }
    }

    /// Returns the byte of the file where the head ends.
    pub fn end(&self) -> u64 {
        self.rest.end
    }

    /// Returns how many bytes the edited workbook has, of which the file had `size`.
    pub fn length(&self, size: u64) -> u64 {
        let tree = self.document.tree();
        let head: u64 = self.segments().iter().map(|segment| segment.length(tree)).sum();
        head + size.saturating_sub(self.rest.end)
    }

    /// Returns a reader over the whole edited workbook, which takes what is not held from a second reading of the
    /// file, from its beginning.
    pub fn into_reader<R: Read>(self, file: R) -> impl Read + use<R> {
        HeadReader {
            segments: self.segments().into_iter(),
            end: self.rest.end,
            tree: self.document.tree,
            current: None,
            file,
            at: 0,
        }
    }

    /// What is written, in order.
    fn segments(&self) -> Vec<Segment> {
        let tree = self.document.tree();
        let mut segments = Vec::new();
        let holes = &self.rest.holes;
        for mut run in tree.runs(self.rest.held) {
            if tree.is_read(run) {
                let first = holes.partition_point(|hole| hole.at < run.start());
                let end = run.end();
                for hole in holes[first..].iter().take_while(|hole| hole.at < end) {
                    let (before, after) = run.split(hole.at);
                    segments.push(Segment::Held(before));
                    segments.push(Segment::File(hole.from, hole.to));
                    run = after;
                }
            }
            segments.push(Segment::Held(run));
        }
        segments
    }
}

/// Reads a workbook up to the end of its data sources into `held` and leaves out the inside of closed elements.
fn thin(
    copy: Copy<'_, impl Read>,
    held: &RefCell<Vec<u8>>,
    closed: &[&str],
    limits: &Limits,
) -> Result<Option<Rest>> {
    let mut xml = Xml::new(copy, limits);
    if xml.root()?.name != "workbook" {
        return Ok(None);
    }
    let mut holes = Vec::new();
    let mut dropped = 0;
    // Leaves out a part of what is held, which ends at a byte of that.
    let mut leave = |held: &mut Vec<u8>, range: Range<usize>| {
        if range.len() > SMALL {
            let from = range.start as u64 + dropped;
            dropped += range.len() as u64;
            holes.push(Hole {
                at: range.start as u32,
                from,
                to: from + range.len() as u64,
            });
            held.drain(range);
        }
    };
    // How many elements of the data sources we are in.
    let mut inside = 0_usize;
    loop {
        let before = held.borrow().len();
        let Some((name, _)) = xml.raw_child()? else {
            match inside {
                // The root element ends without data sources.
                0 => return Ok(None),
                1 => break,
                _ => inside -= 1,
            }
            continue;
        };
        if inside == 0 && name == "datasources" {
            inside = 1;
        } else if closed.contains(&name.as_str()) {
            let inner = {
                let mut held = held.borrow_mut();
                let begin = before + memrchr(b'<', &held[before..]).unwrap_or_default();
                let is_empty = held.ends_with(b"/>");
                let end = held.len() - if is_empty { 2 } else { 1 };
                let name = held[begin..end]
                    .iter()
                    .position(|byte| byte.is_ascii_whitespace());
                leave(&mut held, begin + name.unwrap_or(end - begin)..end);
                held.len()
            };
            xml.skip()?;
            let mut held = held.borrow_mut();
            // The end tag; an empty element has none.
            if let Some(length) = memmem::rfind(&held[inner..], b"</") {
                leave(&mut held, inner..inner + length);
            }
        } else if inside == 0 {
            xml.skip()?;
        } else {
            inside += 1;
        }
    }
    let end = xml.position();
    let held = held.borrow().len();
    Ok(Some(Rest { end, held, holes }))
}

/// A reader that keeps what was taken from it.
struct Copy<'h, R> {
    source: BufReader<R>,
    held: &'h RefCell<Vec<u8>>,
}

impl<R: Read> Read for Copy<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.fill_buf()?.read(out)?;
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: Read> BufRead for Copy<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.source.fill_buf()
    }

    fn consume(&mut self, taken: usize) {
        let buffer = self.source.buffer();
        self.held
            .borrow_mut()
            .extend_from_slice(&buffer[..taken.min(buffer.len())]);
        self.source.consume(taken);
    }
}

/// A part of what is written.
#[derive(Debug)]
enum Segment {
    /// From what is held.
    Held(Piece),
    /// From the file, from one byte to another.
    File(u64, u64),
}

impl Segment {
    fn length(&self, tree: &Tree) -> u64 {
        match self {
            Self::Held(piece) => tree.run(*piece).len() as u64,
            Self::File(from, to) => to - from,
        }
    }
}

/// Reads a head segment by segment, then the rest of the file, so that no more of it is in memory than was held.
struct HeadReader<R> {
    tree: Tree,
    segments: std::vec::IntoIter<Segment>,
    current: Option<Segment>,
    end: u64,
    file: R,
    /// How much of the file was read.
    at: u64,
}

impl<R: Read> HeadReader<R> {
    /// Reads on to a byte of the file.
    fn skip_to(&mut self, byte: u64) -> io::Result<()> {
        let count = byte - self.at;
        if io::copy(&mut (&mut self.file).take(count), &mut io::sink())? < count {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at = byte;
        Ok(())
    }
}

impl<R: Read> Read for HeadReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match &mut self.current {
                Some(Segment::Held(piece)) if !self.tree.run(*piece).is_empty() => {
                    let count = self.tree.run(*piece).read(buffer)?;
                    *piece = piece.after(count);
                    return Ok(count);
                }
                Some(Segment::File(from, to)) if *from < *to => {
                    let (from, to) = (*from, *to);
                    self.skip_to(from)?;
                    let count = (&mut self.file).take(to - from).read(buffer)?;
                    if count == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    self.at += count as u64;
                    self.current = Some(Segment::File(self.at, to));
                    return Ok(count);
                }
                _ => match self.segments.next() {
                    Some(next) => self.current = Some(next),
                    None => break,
                },
            }
        }
        if self.at < self.end {
            self.skip_to(self.end)?;
        }
        let count = self.file.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}
