//! The head of a large workbook: its data sources as a document, the sheets left where they are.
//!
//! Data sources stand before the sheets, and edits of connections need nothing after them. So the file is read
//! once in bounded memory to check it and to find where the data sources end; only what comes before is held.
//! Writing gives the edited head, and the caller copies the rest of the file after it.

use std::io::{self, BufRead, Read, Write};

use memchr::memmem;

use crate::error::Result;
use crate::limits::Limits;
use crate::tree::{Parts, Piece, Tree};
use crate::view::Document;
use crate::xml::Xml;

/// How much of a head is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadDepth {
    /// All of it.
    All,
    /// Connections and where published data sources are; fields, filters and styles are kept unread.
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
    end: u64,
}

/// Closes the head so that it is a document.
const CLOSE: &str = "</workbook>";

/// How a document of the usual shape ends its data sources, and how much is read at a time to look for that.
const END: &[u8] = b"</datasources>";
const PORTION: u64 = 1 << 20;

impl Head {
    /// Reads the head of a workbook from its beginning and leaves the rest unread and unchecked; `None` when the
    /// document is not of the usual shape, so that only a look at all of it can tell what is where.
    pub fn read(mut source: impl Read, depth: HeadDepth, limits: &Limits) -> Result<Option<Self>> {
        let mut bytes = Vec::new();
        loop {
            let before = bytes.len();
            if (&mut source).take(PORTION).read_to_end(&mut bytes)? == 0
                || before as u64 > limits.document_bytes
            {
                return Ok(None);
            }
            let from = before.saturating_sub(END.len() - 1);
            if let Some(found) = memmem::find(&bytes[from..], END) {
                bytes.truncate(from + found + END.len());
                break;
            }
        }
        // A comment may hold what looks like the end, and sheets have lists of data sources too.
        let Ok(head) = Self::parse_to(bytes, depth, limits) else {
            return Ok(None);
        };
        let tree = head.document.tree();
        let last = tree.all_children(tree.root()).last();
        let is_usual = head.document.workbook().is_some()
            && last.is_some_and(|last| tree.raw_name(last) == "datasources");
        Ok(is_usual.then_some(head))
    }

    /// Reads the head of a workbook: its bytes up to the place that [`datasources_end`] found.
    pub fn parse(bytes: Vec<u8>, limits: &Limits) -> Result<Self> {
        Self::parse_to(bytes, HeadDepth::All, limits)
    }

    fn parse_to(mut bytes: Vec<u8>, depth: HeadDepth, limits: &Limits) -> Result<Self> {
        let end = bytes.len() as u64;
        bytes.extend_from_slice(CLOSE.as_bytes());
        let tree = Tree::parse_parts(bytes, depth.parts(), limits)?;
        let mut document = Document::from_tree(tree)?;
        document.tree_mut().set_partial();
        Ok(Self { document, end })
    }

    /// Tells whether the last bytes of a file are those of a whole workbook.
    pub fn is_end(tail: &[u8]) -> bool {
        tail.trim_ascii_end().ends_with(CLOSE.as_bytes())
    }

    /// Takes the document out, with the byte from which the rest is copied.
    pub fn into_parts(self) -> (Document, u64) {
        (self.document, self.end)
    }

    /// Puts back together what [`Head::into_parts`] took apart.
    pub fn from_parts(document: Document, end: u64) -> Self {
        Self { document, end }
    }

    /// Returns the byte of the file from which the rest is copied after the head.
    pub fn end(&self) -> u64 {
        self.end
    }

    /// Writes the head with its edits.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.document.tree().write_until(self.end as usize, out)
    }

    /// Returns the head with its edits.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.end as usize);
        self.write(&mut bytes).expect("writing to memory does not fail");
        bytes
    }

    /// Returns a reader over the head with its edits, and how many bytes it gives.
    pub fn into_reader(self) -> (u64, impl Read) {
        let tree = self.document.tree;
        let runs = tree.runs(self.end as usize);
        let length = runs.iter().map(|&run| tree.run(run).len() as u64).sum();
        let reader = HeadReader {
            tree,
            runs: runs.into_iter(),
            current: Piece::default(),
        };
        (length, reader)
    }
}

/// Reads a head run by run, so that it is in memory only once.
struct HeadReader {
    tree: Tree,
    runs: std::vec::IntoIter<Piece>,
    current: Piece,
}

impl Read for HeadReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.tree.run(self.current).is_empty() {
            match self.runs.next() {
                Some(run) => self.current = run,
                None => return Ok(0),
            }
        }
        let count = self.tree.run(self.current).read(buffer)?;
        self.current = self.current.after(count);
        Ok(count)
    }
}
