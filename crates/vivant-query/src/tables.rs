//! Tables for those who give them: batches in memory, and Parquet files.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use vivant_calc::Diagnostic;

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
