//! Extracts: the rows of a relation as Parquet, named after the fields that show them.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use arrow_arith::aggregate;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, Date32Array, Datum, Float64Array, Int64Array, RecordBatch, RecordBatchOptions, Scalar,
    StringArray, TimestampMicrosecondArray,
};
use arrow_cast::cast;
use arrow_ord::cmp;
use arrow_schema::{Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;

use crate::batches::Batches;
use crate::error::{DataError, Result, known};
use crate::files::DataFile;
use crate::limits::DataLimits;
use crate::open::table_of;
use crate::parquet::{self, ParquetWriter};
use crate::schema::{COLLATION, ColumnType, field_of};
use crate::spec::PhysicalField;

/// A column of an extract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtractColumn {
    /// Name in the extract: the field's, without brackets.
    pub field: String,
    /// Name of the column it was read from.
    pub column: String,
    /// Relation it was read from.
    pub table: String,
    /// Type.
    pub kind: ColumnType,
}

/// Names the columns of an opened relation after the fields that show them.
///
/// A column that no field shows keeps its name, followed by its table if the name is taken.
pub fn columns_of(batches: &Batches, fields: &[PhysicalField], object: &str) -> Vec<ExtractColumn> {
    let mut taken = std::collections::HashSet::new();
    let mut found = Vec::new();
    for field in batches.schema().fields() {
        let table = table_of(field).unwrap_or_default();
        let of_object =
            |one: &&PhysicalField| object.is_empty() || one.object.is_empty() || one.object == object;
        let same = |one: &&PhysicalField| one.column == *field.name();
        let shown = fields
            .iter()
            .filter(of_object)
            .filter(same)
            .find(|one| one.table == table)
            .or_else(|| {
                // Old documents name the table by its file or sheet.
                let mut alike = fields.iter().filter(of_object).filter(same);
                alike.next().filter(|_| alike.next().is_none())
            });
        let own = ColumnType::of_arrow(field.data_type()).unwrap_or(ColumnType::String);
        let mut name = shown.map_or_else(|| field.name().clone(), |shown| shown.field.clone());
        if !taken.insert(name.clone()) {
            name = format!("{} ({table})", field.name());
            let mut number = 1;
            while !taken.insert(name.clone()) {
                name = format!("{} ({table}) {number}", field.name());
                number += 1;
            }
        }
        found.push(ExtractColumn {
            field: name,
            column: field.name().clone(),
            table: table.to_owned(),
            kind: shown.and_then(|shown| shown.kind).unwrap_or(own),
        });
    }
    found
}

/// An extract that grows: what it held, and the column by which new rows are known.
#[derive(Debug, Clone)]
pub struct Increment {
    /// The extract as it was, part by part.
    pub previous: Vec<DataFile>,
    /// The field whose greatest value tells which rows are new.
    pub field: String,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows of the extract.
    pub rows: u64,
    /// Rows that were read from the source and added.
    pub added: u64,
}

/// Writes an extract. `each` is told after every batch how many rows there are, and may stop the writing.
pub fn write(
    batches: Batches,
    columns: &[ExtractColumn],
    path: &Path,
    increment: Option<&Increment>,
    most: Option<u64>,
    limits: &DataLimits,
    each: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Written> {
    let fields: Vec<Field> = columns
        .iter()
        .zip(batches.schema().fields())
        .map(|(column, source)| {
            let field = field_of(&column.field, column.kind);
            match source.metadata().get(COLLATION) {
                Some(collation) => field.with_metadata([(COLLATION.to_owned(), collation.clone())].into()),
                None => field,
            }
        })
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let mut writer = ParquetWriter::create(path, Arc::clone(&schema))?;
    let mut newest: Option<(usize, Option<ArrayRef>)> = None;
    if let Some(increment) = increment {
        let place = columns
            .iter()
            .position(|column| column.field == increment.field)
            .ok_or_else(|| DataError::NoColumn {
                column: increment.field.clone(),
                table: "the data source".to_owned(),
                known: known(columns.iter().map(|column| &column.field)),
            })?;
        let mut greatest = None;
        for previous in &increment.previous {
            for batch in same_columns(parquet::open(previous, limits)?, &schema)? {
                let batch = batch?;
                greatest = greater(greatest, batch.column(place))?;
                writer.write(&batch)?;
                stopped(each(writer.rows()))?;
            }
        }
        newest = Some((place, greatest));
    }
    let kept = writer.rows();
    for batch in batches {
        let mut batch = fit(&batch?, &schema)?;
        if let Some((place, Some(greatest))) = &newest {
            let is_newer = cmp::gt(
                batch.column(*place),
                &Scalar::new(Arc::clone(greatest)) as &dyn Datum,
            )?;
            batch = filter_record_batch(&batch, &is_newer)?;
        }
        let left = most.map_or(u64::MAX, |most| most.saturating_sub(writer.rows()));
        if (batch.num_rows() as u64) > left {
            batch = batch.slice(0, left as usize);
        }
        writer.write(&batch)?;
        stopped(each(writer.rows()))?;
        if most.is_some_and(|most| writer.rows() >= most) {
            break;
        }
    }
    let rows = writer.finish()?;
    Ok(Written {
        rows,
        added: rows - kept,
    })
}

fn stopped(flow: ControlFlow<()>) -> Result<()> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(DataError::Cancelled),
    }
}

/// Gives the columns of a batch the names and types of the extract.
fn fit(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let arrays = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(array, field)| cast(array, field.data_type()))
        .collect::<std::result::Result<Vec<_>, _>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        arrays,
        &options,
    )?)
}

/// Checks that an extract has the columns that its source has now.
fn same_columns(previous: Batches, schema: &SchemaRef) -> Result<Batches> {
    for field in schema.fields() {
        match previous.schema().field_with_name(field.name()) {
            Ok(before) if before.data_type() == field.data_type() => {}
            _ => {
                return Err(DataError::Arrow(format!(
                    "the extract has no column `{}` of type {}; refresh it in full",
                    field.name(),
                    ColumnType::of_arrow(field.data_type()).map_or("unknown", ColumnType::name)
                )));
            }
        }
    }
    let places: Vec<usize> = schema
        .fields()
        .iter()
        .map(|field| previous.schema().index_of(field.name()))
        .collect::<std::result::Result<_, _>>()?;
    let target = Arc::clone(schema);
    Ok(Batches::new(
        Arc::clone(schema),
        previous.map(move |batch| fit(&batch?.project(&places)?, &target)),
    ))
}

/// Returns the greater of a value and the values of an array, as an array of one.
fn greater(so_far: Option<ArrayRef>, array: &ArrayRef) -> Result<Option<ArrayRef>> {
    use arrow_schema::{DataType, TimeUnit};
    let here: Option<ArrayRef> = match array.data_type() {
        DataType::Int64 => aggregate::max(array.as_primitive::<Int64Type>())
            .map(|value| Arc::new(Int64Array::from(vec![value])) as ArrayRef),
        DataType::Float64 => aggregate::max(array.as_primitive::<Float64Type>())
            .map(|value| Arc::new(Float64Array::from(vec![value])) as ArrayRef),
        DataType::Date32 => aggregate::max(array.as_primitive::<Date32Type>())
            .map(|value| Arc::new(Date32Array::from(vec![value])) as ArrayRef),
        DataType::Timestamp(TimeUnit::Microsecond, None) => {
            aggregate::max(array.as_primitive::<TimestampMicrosecondType>())
                .map(|value| Arc::new(TimestampMicrosecondArray::from(vec![value])) as ArrayRef)
        }
        DataType::Utf8 => aggregate::max_string(array.as_string::<i32>())
            .map(|value| Arc::new(StringArray::from(vec![value])) as ArrayRef),
        other => {
            return Err(DataError::Arrow(format!(
                "new rows are known by a number, a date or a text, not by a column of type {other}"
            )));
        }
    };
    Ok(match (so_far, here) {
        (Some(before), Some(here)) => {
            let is_greater = cmp::gt(&here, &before)?;
            Some(if is_greater.value(0) { here } else { before })
        }
        (before, here) => here.or(before),
    })
}
