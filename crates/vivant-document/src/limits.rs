//! How much a file may ask of the reader before it is refused.

use std::fmt;

/// Bounds that keep memory and time in proportion, whatever a file says about itself.
///
/// The default lets workbooks of hundreds of megabytes and packages of many gigabytes through;
/// memory follows from `token_bytes` and `facts_bytes`, not from the size of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the XML document.
    pub document_bytes: u64,
    /// Elements inside one another.
    pub element_depth: usize,
    /// Attributes of one element.
    pub element_attributes: usize,
    /// Bytes of one attribute's value.
    pub attribute_bytes: usize,
    /// Bytes of one tag, text or comment: the largest piece that is held in memory while reading.
    pub token_bytes: u64,
    /// Bytes of everything that is kept and handed out as facts, thumbnails included.
    pub facts_bytes: u64,
    /// Bytes of one thumbnail, decoded; a larger one is left out with a diagnostic.
    pub thumbnail_bytes: usize,
    /// Bytes of a flow document, which is read as a whole.
    pub flow_bytes: u64,
    /// Entries of an archive.
    pub archive_entries: usize,
    /// Bytes of all entries of an archive, unpacked.
    pub archive_bytes: u64,
    /// How many times larger than packed an entry may be, counted from `ratio_free_bytes` on.
    pub compression_ratio: u64,
    /// Bytes, unpacked, up to which an entry may be compressed as well as it likes.
    pub ratio_free_bytes: u64,
    /// Bytes of the path of an entry.
    pub path_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes: 2 << 30,
            element_depth: 512,
            element_attributes: 512,
            attribute_bytes: 16 << 20,
            token_bytes: 32 << 20,
            facts_bytes: 256 << 20,
            thumbnail_bytes: 4 << 20,
            flow_bytes: 64 << 20,
            archive_entries: 50_000,
            archive_bytes: 256 << 30,
            // Deflate reaches 1,032 on zeros only; extracts and XML of the corpus stay below 60.
            compression_ratio: 400,
            ratio_free_bytes: 16 << 20,
            path_bytes: 1_024,
        }
    }
}

/// One of the [`Limits`], to say which was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// [`Limits::document_bytes`].
    DocumentBytes,
    /// [`Limits::element_depth`].
    ElementDepth,
    /// [`Limits::element_attributes`].
    ElementAttributes,
    /// [`Limits::attribute_bytes`].
    AttributeBytes,
    /// [`Limits::token_bytes`].
    TokenBytes,
    /// [`Limits::facts_bytes`].
    FactsBytes,
    /// [`Limits::flow_bytes`].
    FlowBytes,
    /// [`Limits::archive_entries`].
    ArchiveEntries,
    /// [`Limits::archive_bytes`].
    ArchiveBytes,
    /// [`Limits::compression_ratio`].
    CompressionRatio,
    /// [`Limits::path_bytes`].
    PathBytes,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DocumentBytes => "bytes in the document",
            Self::ElementDepth => "elements inside one another",
            Self::ElementAttributes => "attributes of one element",
            Self::AttributeBytes => "bytes in one attribute",
            Self::TokenBytes => "bytes in one tag or text",
            Self::FactsBytes => "bytes of names, formulas and thumbnails",
            Self::FlowBytes => "bytes in the flow",
            Self::ArchiveEntries => "entries in the archive",
            Self::ArchiveBytes => "bytes in the unpacked archive",
            Self::CompressionRatio => "times the packed size",
            Self::PathBytes => "bytes in an entry's path",
        })
    }
}
