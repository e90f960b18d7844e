//! Tables for those who give them: batches in memory, and Parquet files.

use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::context::SessionContext;
use vivant_calc::{DataType, Diagnostic, Value};

use crate::values::column;

/// A table that plans read.
pub type PlanTable = Arc<dyn datafusion::datasource::TableProvider>;

/// Makes a table of batches.
pub fn in_memory(schema: SchemaRef, batches: Vec<RecordBatch>) -> Result<PlanTable, Box<Diagnostic>> {
    // Two partitions let both cores read.
    let half = batches.len().div_ceil(2);
    let mut first = batches;
    let second = first.split_off(half.min(first.len()));
    let table = MemTable::try_new(schema, vec![first, second]).map_err(crate::expr::internal)?;
    Ok(Arc::new(table))
}

/// Makes a table of Parquet files with the same columns, one after another. Only what a plan needs is read.
pub async fn parquet(files: &[PathBuf]) -> Result<PlanTable, Box<Diagnostic>> {
    let urls: Result<Vec<ListingTableUrl>, _> = files
        .iter()
        .map(|file| ListingTableUrl::parse(address(file)))
        .collect();
    // The files of a store need not end in `.parquet`. Text comes as plain text, as elsewhere.
    let format = ParquetFormat::default().with_force_view_types(false);
    let options = ListingOptions::new(Arc::new(format)).with_file_extension("");
    let config = ListingTableConfig::new_with_multi_paths(urls.map_err(crate::expr::internal)?)
        .with_listing_options(options)
        .infer_schema(&SessionContext::new().state())
        .await
        .map_err(crate::expr::internal)?;
    Ok(Arc::new(
        ListingTable::try_new(config).map_err(crate::expr::internal)?,
    ))
}

/// The address of a file. A bare path would be read as a pattern.
fn address(file: &std::path::Path) -> String {
    let mut text = "file://".to_owned();
    for byte in file.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                text.push(char::from(*byte));
            }
            byte => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Makes a batch of named columns of values; a value of another type becomes null.
pub fn batch(columns: Vec<(String, DataType, Vec<Value>)>) -> Result<RecordBatch, Box<Diagnostic>> {
    let mut fields = Vec::with_capacity(columns.len());
    let mut arrays = Vec::with_capacity(columns.len());
    for (name, data_type, values) in columns {
        let array = column(values.into_iter(), data_type);
        fields.push(Field::new(name, array.data_type().clone(), true));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(crate::expr::internal)
}
