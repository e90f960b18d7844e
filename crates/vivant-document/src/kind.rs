//! The kinds of file people publish, by their extension, and what a file's first bytes say it really is.
//!
//! A name and a content may disagree; [`crate::inspect`] compares the two and says so.

use std::fmt;

/// Kind of a published file, as its extension names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// Workbook document.
    Twb,
    /// Workbook with its extracts, live files and images.
    Twbx,
    /// Data source document.
    Tds,
    /// Data source with its extract or live files.
    Tdsx,
    /// Hyper extract.
    Hyper,
    /// Extract in the format before Hyper (10.4 and earlier).
    Tde,
    /// Parquet file.
    Parquet,
    /// Flow document.
    Tfl,
    /// Flow with its input files.
    Tflx,
}

/// Every kind with its extension and the content that a file of this kind begins with.
const KINDS: [(FileKind, &str, Content); 9] = [
    (FileKind::Twb, "twb", Content::Xml),
    (FileKind::Twbx, "twbx", Content::Zip),
    (FileKind::Tds, "tds", Content::Xml),
    (FileKind::Tdsx, "tdsx", Content::Zip),
    (FileKind::Hyper, "hyper", Content::Hyper),
    (FileKind::Tde, "tde", Content::Tde),
    (FileKind::Parquet, "parquet", Content::Parquet),
    // Tableau: a .tfl is a ZIP archive too; it only lacks the `Data/` folder of a .tflx.
    (FileKind::Tfl, "tfl", Content::Zip),
    (FileKind::Tflx, "tflx", Content::Zip),
];

impl FileKind {
    /// Recognises an extension, with or without its dot, in any case.
    pub fn from_extension(extension: &str) -> Option<Self> {
        let extension = extension.strip_prefix('.').unwrap_or(extension);
        KINDS
            .iter()
            .find(|(_, name, _)| extension.eq_ignore_ascii_case(name))
            .map(|(kind, ..)| *kind)
    }

    /// Returns the extension in lower case, without a dot.
    pub fn extension(self) -> &'static str {
        self.row().1
    }

    /// Tells whether the file is an archive of a document and the files it needs.
    pub fn is_package(self) -> bool {
        matches!(self, Self::Twbx | Self::Tdsx | Self::Tflx)
    }

    /// Tells whether the file holds a workbook.
    pub fn is_workbook(self) -> bool {
        matches!(self, Self::Twb | Self::Twbx)
    }

    /// Tells whether the file is published as a data source: a document, a package or a bare table file.
    pub fn is_datasource(self) -> bool {
        matches!(self, Self::Tds | Self::Tdsx) || self.is_extract()
    }

    /// Tells whether the file is a bare table file: it has data and no document.
    pub fn is_extract(self) -> bool {
        matches!(self, Self::Hyper | Self::Tde | Self::Parquet)
    }

    /// Tells whether the file holds a flow.
    pub fn is_flow(self) -> bool {
        matches!(self, Self::Tfl | Self::Tflx)
    }

    /// Returns the kind of the document alone: `Twb` for `Twbx`, and so on; other kinds stay as they are.
    pub fn plain(self) -> Self {
        match self {
            Self::Twbx => Self::Twb,
            Self::Tdsx => Self::Tds,
            Self::Tflx => Self::Tfl,
            other => other,
        }
    }

    /// Returns what a file of this kind must begin with.
    pub fn content(self) -> Content {
        self.row().2
    }

    fn row(self) -> &'static (Self, &'static str, Content) {
        KINDS
            .iter()
            .find(|(kind, ..)| *kind == self)
            .expect("every kind has a row in KINDS")
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ".{}", self.extension())
    }
}

/// What a file is by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content {
    /// ZIP archive.
    Zip,
    /// XML document.
    Xml,
    /// Hyper extract.
    Hyper,
    /// Extract in the format before Hyper.
    Tde,
    /// Parquet file.
    Parquet,
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zip => "a ZIP archive",
            Self::Xml => "an XML document",
            Self::Hyper => "a Hyper extract",
            Self::Tde => "a .tde extract",
            Self::Parquet => "a Parquet file",
        })
    }
}

/// How many bytes of a file [`sniff`] wants to see; fewer are fine when the file is shorter.
pub const SNIFF_BYTES: usize = 64;

/// First bytes of the extract format before Hyper.
const TDE_MAGIC: [u8; 8] = [0x20, 0x02, 0x01, 0x62, 0xa0, 0x1e, 0xab, 0x07];

/// Tells what a file is from its first bytes, or `None` when they say nothing.
pub fn sniff(head: &[u8]) -> Option<Content> {
    const MAGICS: [(&[u8], Content); 5] = [
        (b"PK\x03\x04", Content::Zip),
        // An archive without entries.
        (b"PK\x05\x06", Content::Zip),
        (b"Hyper", Content::Hyper),
        (&TDE_MAGIC, Content::Tde),
        (b"PAR1", Content::Parquet),
    ];
    if let Some((_, content)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*content);
    }
    // UTF-16 text is XML of an encoding that the reader refuses with a better message than "not XML".
    if head.starts_with(b"\xff\xfe<\0") || head.starts_with(b"\xfe\xff\0<") {
        return Some(Content::Xml);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    (text.trim_ascii_start().first() == Some(&b'<')).then_some(Content::Xml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_read_in_any_case_and_written_back() {
        for (kind, name, _) in KINDS {
            assert_eq!(FileKind::from_extension(name), Some(kind));
            assert_eq!(
                FileKind::from_extension(&format!(".{}", name.to_uppercase())),
                Some(kind)
            );
            assert_eq!(kind.extension(), name);
        }
        assert_eq!(FileKind::from_extension("xlsx"), None);
        assert_eq!(FileKind::from_extension(""), None);
    }

    #[test]
    fn a_package_has_a_plain_kind() {
        assert_eq!(FileKind::Twbx.plain(), FileKind::Twb);
        assert_eq!(FileKind::Tdsx.plain(), FileKind::Tds);
        assert_eq!(FileKind::Hyper.plain(), FileKind::Hyper);
        assert!(FileKind::Tdsx.is_package() && !FileKind::Tds.is_package());
        assert!(FileKind::Hyper.is_datasource() && !FileKind::Hyper.is_workbook());
        assert!(FileKind::Tfl.is_flow());
    }

    #[test]
    fn first_bytes_tell_the_content() {
        let cases: [(&[u8], Option<Content>); 10] = [
            (b"PK\x03\x04\x14\0", Some(Content::Zip)),
            (b"PK\x05\x06\0\0", Some(Content::Zip)),
            (b"<?xml version='1.0'?>", Some(Content::Xml)),
            (b"\xef\xbb\xbf\r\n <workbook/>", Some(Content::Xml)),
            (b"Hyper\x08\0\0", Some(Content::Hyper)),
            (&TDE_MAGIC, Some(Content::Tde)),
            (b"PAR1\x15", Some(Content::Parquet)),
            (b"", None),
            (b"   ", None),
            (b"id,name\n1,x\n", None),
        ];
        for (head, content) in cases {
            assert_eq!(sniff(head), content, "{head:?}");
        }
    }
}
