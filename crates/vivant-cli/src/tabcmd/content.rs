//! The two kinds of content that commands act on.

/// A kind of content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A workbook.
    Workbook,
    /// A published data source.
    Datasource,
}

impl Kind {
    /// What it is called.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Workbook => "workbook",
            Self::Datasource => "data source",
        }
    }
}
