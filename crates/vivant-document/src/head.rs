//! The head of a large workbook: its data sources as a document, the sheets left where they are.
//!
//! Data sources stand before the sheets, and edits of connections need nothing after them. So the file is read
//! once in bounded memory to check it and to find where the data sources end; only what comes before is held.
//! Writing gives the edited head, and the caller copies the rest of the file after it.

use std::io::BufRead;

use crate::error::Result;
use crate::limits::Limits;
use crate::view::Document;
use crate::xml::Xml;

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

impl Head {
    /// Reads the head of a workbook: its bytes up to the place that [`datasources_end`] found.
    pub fn parse(mut bytes: Vec<u8>, limits: &Limits) -> Result<Self> {
        let end = bytes.len() as u64;
        bytes.extend_from_slice(CLOSE.as_bytes());
        let mut document = Document::parse(bytes, limits)?;
        document.tree_mut().set_partial();
        Ok(Self { document, end })
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

    /// Returns the head with its edits.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.document.to_bytes();
        bytes.truncate(bytes.len() - CLOSE.len());
        bytes
    }
}
