//! How much data may ask of the reader before they are refused.

/// Bounds that keep memory and time in proportion, whatever a file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataLimits {
    /// Bytes of a file, unpacked from its package.
    pub file_bytes: u64,
    /// Columns of a table.
    pub columns: usize,
    /// Bytes of one record of a text file.
    pub record_bytes: usize,
    /// Rows of a batch.
    pub batch_rows: usize,
    /// Bytes of a batch, about.
    pub batch_bytes: usize,
    /// Bytes of all parts of a spreadsheet, unpacked.
    pub spreadsheet_bytes: u64,
    /// Bytes of the table of texts of a spreadsheet, which is held in memory.
    pub shared_text_bytes: u64,
    /// How many times larger than packed a part of a spreadsheet may be, counted from 16 MiB on.
    pub compression_ratio: u64,
    /// Bytes of a spreadsheet in the old format, which is held in memory.
    pub old_spreadsheet_bytes: u64,
    /// Bytes of the smaller side of a join, which is held in memory.
    pub join_bytes: usize,
    /// Depth of relations inside one another.
    pub relation_depth: usize,
}

impl Default for DataLimits {
    fn default() -> Self {
        Self {
            file_bytes: 256 << 30,
            columns: 16_384,
            record_bytes: 64 << 20,
            batch_rows: 8_192,
            batch_bytes: 16 << 20,
            spreadsheet_bytes: 16 << 30,
            shared_text_bytes: 1 << 30,
            compression_ratio: 400,
            old_spreadsheet_bytes: 256 << 20,
            join_bytes: 512 << 20,
            relation_depth: 64,
        }
    }
}
