//! Tables of a `.hyper` file as batches.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Time64MicrosecondType;
use arrow_array::{ArrayRef, BinaryArray, RecordBatch, RecordBatchOptions, TimestampMicrosecondArray};
use arrow_cast::cast;
use arrow_ipc::reader::StreamReader;
use arrow_schema::{DataType, Field, Schema, TimeUnit};

use super::catalog::{HyperColumn, HyperTable};
use super::{Session, geometry, quoted};
use crate::batches::Batches;
use crate::error::{DataError, Result};
use crate::files::DataFile;
use crate::limits::DataLimits;
use crate::schema::{COLLATION, ColumnType, field_of};

/// Microseconds from 1970 back to the day on which Tableau shows a time of day, 1899-12-30.
const TIME_DAY: i64 = -25_569 * 86_400_000_000;

/// Begins to read; the session belongs to the stream from here on.
pub(super) fn read(
    session: Session,
    file: DataFile,
    table: &HyperTable,
    limits: &DataLimits,
) -> Result<Batches> {
    let Session { wire, _server } = session;
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| {
            let field = field_of(&column.name, column.kind);
            match &column.collation {
                Some(collation) => field.with_metadata([(COLLATION.to_owned(), collation.clone())].into()),
                None => field,
            }
        })
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let columns: Vec<String> = table.columns.iter().map(select).collect();
    let list = match columns.is_empty() {
        // A table without columns has rows all the same.
        true => "1".to_owned(),
        false => columns.join(", "),
    };
    let sql = format!(
        "COPY (SELECT {list} FROM file.{}.{}) TO STDOUT WITH (FORMAT ARROWSTREAM)",
        quoted(&table.schema),
        quoted(&table.name)
    );
    let name = file.name().to_owned();
    let bytes = wire.copy_out(&sql).map_err(|error| super::about(error, &name))?;
    let mut stream = StreamReader::try_new(bytes, None).map_err(|error| DataError::damaged(&name, error))?;
    let kinds: Vec<(u32, ColumnType)> = table
        .columns
        .iter()
        .map(|column| (column.oid, column.kind))
        .collect();
    let target = Arc::clone(&schema);
    let most = limits.batch_rows;
    // Batches of the server can be large; they are handed on in pieces.
    let mut piece: Option<(RecordBatch, usize)> = None;
    let mut next = move || -> Result<Option<RecordBatch>> {
        loop {
            if let Some((batch, at)) = &mut piece {
                let rows = most.min(batch.num_rows() - *at);
                let slice = batch.slice(*at, rows);
                *at += rows;
                if *at == batch.num_rows() {
                    piece = None;
                }
                return Ok(Some(slice));
            }
            let Some(batch) = stream.next() else {
                return Ok(None);
            };
            let batch = batch.map_err(|error| DataError::damaged(&name, error))?;
            if batch.num_rows() == 0 {
                continue;
            }
            let arrays = kinds
                .iter()
                .zip(batch.columns())
                .map(|((oid, kind), array)| value(*oid, *kind, array))
                .collect::<Result<Vec<_>>>()?;
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            let fitted = RecordBatch::try_new_with_options(Arc::clone(&target), arrays, &options)?;
            piece = Some((fitted, 0));
        }
    };
    let mut ended = false;
    let keep = (_server, file);
    Ok(Batches::new(
        schema,
        std::iter::from_fn(move || {
            // File and server stay until the stream is dropped.
            let _ = &keep;
            if ended {
                return None;
            }
            let batch = next().transpose();
            ended = !matches!(batch, Some(Ok(_)));
            batch
        }),
    ))
}

/// Writes how a column is asked for: what Arrow or Tableau has no type for comes as text.
fn select(column: &HyperColumn) -> String {
    let name = quoted(&column.name);
    match (column.oid, column.kind) {
        // With a time zone: the moment in Greenwich.
        (1184, _) => format!("{name} AT TIME ZONE 'UTC'"),
        (_, ColumnType::Spatial) => format!("CAST({name} AS text)"),
        (18 | 25 | 1042 | 1043, _) => name,
        (_, ColumnType::String) => format!("CAST({name} AS text)"),
        _ => name,
    }
}

/// Gives an array the type of its column.
fn value(oid: u32, kind: ColumnType, array: &ArrayRef) -> Result<ArrayRef> {
    match (oid, kind) {
        // A time of day is on the day from which Tableau counts.
        (1083, _) => {
            let micros = cast(array, &DataType::Time64(TimeUnit::Microsecond))?;
            let moments: TimestampMicrosecondArray = micros
                .as_primitive::<Time64MicrosecondType>()
                .iter()
                .map(|time| time.map(|time| time + TIME_DAY))
                .collect();
            Ok(Arc::new(moments))
        }
        (_, ColumnType::Spatial) => {
            let texts = cast(array, &DataType::Utf8)?;
            let geometries = texts
                .as_string::<i32>()
                .iter()
                .map(|text| text.map(geometry::to_binary).transpose())
                .collect::<Result<Vec<Option<Vec<u8>>>>>()?;
            Ok(Arc::new(BinaryArray::from_iter(geometries)))
        }
        // The server's dates are milliseconds; days are what files and engines understand.
        _ => Ok(cast(array, &kind.arrow())?),
    }
}
