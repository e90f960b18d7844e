//! Batches to Parquet and back.
//!
//! Files are compressed with Snappy: a scan reads them faster than with any other that is as small, and a
//! refresh writes every row.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use crate::batches::Batches;
use crate::error::{DataError, Result};
use crate::files::DataFile;
use crate::limits::DataLimits;

/// Rows of a group, the unit that queries read and skip by.
const GROUP_ROWS: usize = 256 << 10;
/// Bytes of a group under construction at which it is written although it has fewer rows.
const GROUP_BYTES: usize = 128 << 20;

/// Writes one Parquet file.
pub struct ParquetWriter {
    name: String,
    writer: ArrowWriter<File>,
    rows: u64,
}

impl ParquetWriter {
    /// Begins a file; one that is there is replaced.
    pub fn create(path: &Path, schema: SchemaRef) -> Result<Self> {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let file = File::create(path).map_err(|error| DataError::io(format!("`{name}`"), error))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .set_created_by(concat!("vivant ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(file, schema, Some(properties))
            .map_err(|error| DataError::damaged(&name, error))?;
        Ok(Self {
            name,
            writer,
            rows: 0,
        })
    }

    /// Adds a batch.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        self.writer
            .write(batch)
            .map_err(|error| DataError::damaged(&self.name, error))?;
        self.rows += batch.num_rows() as u64;
        if self.writer.in_progress_size() > GROUP_BYTES {
            self.writer
                .flush()
                .map_err(|error| DataError::damaged(&self.name, error))?;
        }
        Ok(())
    }

    /// Returns how many rows were added.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes what is left and waits until it is on disk.
    pub fn finish(self) -> Result<u64> {
        let file = self
            .writer
            .into_inner()
            .map_err(|error| DataError::damaged(&self.name, error))?;
        file.sync_all()
            .map_err(|error| DataError::io(format!("`{}`", self.name), error))?;
        Ok(self.rows)
    }
}

/// Opens a Parquet file.
pub fn open(file: &DataFile, limits: &DataLimits) -> Result<Batches> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.open()?)
        .map_err(|error| DataError::damaged(file.name(), error))?
        .with_batch_size(limits.batch_rows);
    if builder.schema().fields().len() > limits.columns {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.columns as u64,
            unit: "columns",
        });
    }
    let reader = builder
        .build()
        .map_err(|error| DataError::damaged(file.name(), error))?;
    let schema = Arc::clone(&arrow_array::RecordBatchReader::schema(&reader));
    let name = file.name().to_owned();
    Ok(Batches::new(
        schema,
        reader.map(move |batch| batch.map_err(|error| DataError::damaged(&name, error))),
    ))
}

/// Returns how many rows a Parquet file has.
pub fn rows(file: &DataFile) -> Result<u64> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.open()?)
        .map_err(|error| DataError::damaged(file.name(), error))?;
    let rows = builder.metadata().file_metadata().num_rows();
    u64::try_from(rows).map_err(|_| DataError::damaged(file.name(), "it has a negative number of rows"))
}
