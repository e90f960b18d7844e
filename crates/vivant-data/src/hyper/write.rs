//! `.hyper` files made and extended.

use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, StringArray};
use arrow_cast::cast;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

use super::wire::CopyIn;
use super::{HyperEngine, MISSING, Session, about, catalog, geometry, path_text, quoted, without};
use crate::batches::Batches;
use crate::error::{DataError, Result};
use crate::files::DataFile;
use crate::schema::ColumnType;

/// A table to make.
#[derive(Debug, Clone)]
pub struct NewTable {
    /// Schema; Tableau's extracts use `Extract`.
    pub schema: String,
    /// Name; an extract of one table is called `Extract`.
    pub name: String,
    /// Columns.
    pub columns: SchemaRef,
    /// How each text column is compared; `None` is byte by byte. May be shorter than the columns.
    pub collations: Vec<Option<String>>,
}

/// Makes a file with these tables and their rows; an empty stream makes an empty table.
///
/// A file that is there is replaced. Returns the rows of each table. When it fails nothing is left.
pub fn create(
    engine: Option<&HyperEngine>,
    path: &Path,
    tables: impl IntoIterator<Item = (NewTable, Option<Batches>)>,
) -> Result<Vec<u64>> {
    let engine = engine.ok_or(MISSING)?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let text = path_text(path, &name)?.to_owned();
    match std::fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(DataError::io(format!("`{name}`"), error)),
    }
    let mut session = Session::begin(engine)?;
    let result = fill(&mut session, &text, tables);
    // Also what failed must let go of its file.
    let detached = session.wire.run("DETACH DATABASE file");
    match result.and_then(|rows| detached.map(|()| rows)) {
        Ok(rows) => Ok(rows),
        Err(error) => {
            // It may not have been made yet.
            let _ = std::fs::remove_file(path);
            Err(about(without(error, &text), &name))
        }
    }
}

fn fill(
    session: &mut Session,
    path: &str,
    tables: impl IntoIterator<Item = (NewTable, Option<Batches>)>,
) -> Result<Vec<u64>> {
    session.wire.run(&format!("CREATE DATABASE {}", quoted(path)))?;
    session
        .wire
        .run(&format!("ATTACH DATABASE {} AS file", quoted(path)))?;
    let mut all_rows = Vec::new();
    for (table, batches) in tables {
        session.wire.run(&format!(
            "CREATE SCHEMA IF NOT EXISTS file.{}",
            quoted(&table.schema)
        ))?;
        let columns = table
            .columns
            .fields()
            .iter()
            .enumerate()
            .map(|(index, field)| definition(field, table.collations.get(index).and_then(Option::as_deref)))
            .collect::<Result<Vec<_>>>()?;
        let place = format!("file.{}.{}", quoted(&table.schema), quoted(&table.name));
        session
            .wire
            .run(&format!("CREATE TABLE {place} ({})", columns.join(", ")))?;
        all_rows.push(match batches {
            Some(batches) => insert(session, &place, &table.columns, batches)?,
            None => 0,
        });
    }
    Ok(all_rows)
}

/// Adds rows to a table of a file. Columns are matched by name; a missing one is null. Returns how many rows
/// were added. When it fails the table is as it was.
pub fn append(
    engine: Option<&HyperEngine>,
    file: &DataFile,
    schema: &str,
    table: &str,
    batches: Batches,
) -> Result<u64> {
    let engine = engine.ok_or(MISSING)?;
    let mut session = Session::attach(engine, file)?;
    let tables = catalog::tables(&mut session.wire)?;
    let found = tables
        .iter()
        .find(|found| found.schema == schema && found.name == table)
        .ok_or_else(|| DataError::NoTable {
            table: format!("[{schema}].[{table}]"),
            place: file.name().to_owned(),
            known: crate::error::known(tables.iter().map(super::HyperTable::label)),
        })?;
    let target = crate::schema::schema_of(
        &found
            .columns
            .iter()
            .map(|column| crate::schema::Column {
                name: column.name.clone(),
                kind: column.kind,
            })
            .collect::<Vec<_>>(),
    );
    for field in batches.schema().fields() {
        if target.field_with_name(field.name()).is_err() {
            return Err(DataError::NoColumn {
                column: field.name().clone(),
                table: found.label(),
                known: crate::error::known(found.columns.iter().map(|column| &column.name)),
            });
        }
    }
    let place = format!("file.{}.{}", quoted(schema), quoted(table));
    let source = Arc::clone(batches.schema());
    // One statement does it, so all rows are added or none.
    let added = insert(&mut session, &place, &source, batches).map_err(|error| about(error, file.name()))?;
    session.wire.run("DETACH DATABASE file")?;
    Ok(added)
}

/// Writes the definition of a column.
fn definition(field: &Field, collation: Option<&str>) -> Result<String> {
    let kind = kind_of(field)?;
    let name = quoted(field.name());
    Ok(match (kind, collation) {
        (ColumnType::String, Some(collation)) => format!("{name} text COLLATE {}", quoted(collation)),
        (ColumnType::String, None) => format!("{name} text"),
        (ColumnType::Integer, _) => format!("{name} bigint"),
        (ColumnType::Real, _) => format!("{name} double precision"),
        (ColumnType::Boolean, _) => format!("{name} boolean"),
        (ColumnType::Date, _) => format!("{name} date"),
        (ColumnType::DateTime, _) => format!("{name} timestamp"),
        (ColumnType::Spatial, _) => format!("{name} tableau.tabgeography"),
    })
}

fn kind_of(field: &Field) -> Result<ColumnType> {
    ColumnType::of_arrow(field.data_type()).ok_or_else(|| {
        DataError::Arrow(format!(
            "column `{}` has the type {}, which a `.hyper` file does not hold",
            field.name(),
            field.data_type()
        ))
    })
}

/// Copies batches into a table.
fn insert(session: &mut Session, place: &str, columns: &SchemaRef, batches: Batches) -> Result<u64> {
    let kinds = columns
        .fields()
        .iter()
        .map(|field| kind_of(field))
        .collect::<Result<Vec<_>>>()?;
    let names: Vec<String> = columns
        .fields()
        .iter()
        .map(|field| quoted(field.name()))
        .collect();
    let has_geometry = kinds.contains(&ColumnType::Spatial);
    // Geometries go in as text, through a table of their own.
    let target = if has_geometry {
        let stage: Vec<String> = names
            .iter()
            .zip(&kinds)
            .map(|(name, kind)| format!("{name} {}", stage_type(*kind)))
            .collect();
        session
            .wire
            .run(&format!("CREATE TEMPORARY TABLE stage ({})", stage.join(", ")))?;
        "stage".to_owned()
    } else {
        place.to_owned()
    };
    let wire_schema = Arc::new(Schema::new(
        columns
            .fields()
            .iter()
            .zip(&kinds)
            .map(|(field, kind)| Field::new(field.name(), wire_type(*kind), true))
            .collect::<Vec<_>>(),
    ));
    let sql = format!(
        "COPY {target} ({}) FROM STDIN WITH (FORMAT ARROWSTREAM)",
        names.join(", ")
    );
    let copy = session.wire.copy_in(&sql)?;
    let rows = stream(copy, &wire_schema, &kinds, batches)?;
    if has_geometry {
        let values: Vec<String> = names
            .iter()
            .zip(&kinds)
            .map(|(name, kind)| match kind {
                ColumnType::Spatial => format!("CAST({name} AS tableau.tabgeography)"),
                _ => name.clone(),
            })
            .collect();
        session.wire.run(&format!(
            "INSERT INTO {place} ({}) SELECT {} FROM stage",
            names.join(", "),
            values.join(", ")
        ))?;
        session.wire.run("DROP TABLE stage")?;
    }
    Ok(rows)
}

fn stage_type(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::String | ColumnType::Spatial => "text",
        ColumnType::Integer => "bigint",
        ColumnType::Real => "double precision",
        ColumnType::Boolean => "boolean",
        ColumnType::Date => "date",
        ColumnType::DateTime => "timestamp",
    }
}

fn wire_type(kind: ColumnType) -> DataType {
    match kind {
        ColumnType::Spatial => DataType::Utf8,
        other => other.arrow(),
    }
}

/// Sends batches; what fails on this side is taken back.
fn stream(copy: CopyIn<'_>, schema: &SchemaRef, kinds: &[ColumnType], batches: Batches) -> Result<u64> {
    let mut writer = StreamWriter::try_new(BufWriter::with_capacity(1 << 20, copy), schema)?;
    let mut rows = 0;
    let mut failed = None;
    for batch in batches {
        let sent = batch.and_then(|batch| {
            rows += batch.num_rows() as u64;
            Ok(writer.write(&fit(&batch, schema, kinds)?)?)
        });
        if let Err(error) = sent {
            failed = Some(error);
            break;
        }
    }
    if failed.is_none() {
        failed = writer.finish().err().map(DataError::from);
    }
    let copy = writer.into_inner().map_err(DataError::from).and_then(|buffer| {
        buffer
            .into_inner()
            .map_err(|error| DataError::io("hyperd", error.into_error()))
    })?;
    match failed {
        None => copy.finish().map(|()| rows),
        Some(error) => {
            copy.fail();
            Err(error)
        }
    }
}

fn fit(batch: &RecordBatch, schema: &SchemaRef, kinds: &[ColumnType]) -> Result<RecordBatch> {
    let arrays = batch
        .columns()
        .iter()
        .zip(kinds)
        .map(|(array, kind)| -> Result<ArrayRef> {
            if *kind != ColumnType::Spatial {
                let array = match array.data_type() {
                    // A moment somewhere becomes what the clock in Greenwich showed.
                    DataType::Timestamp(_, Some(_)) => {
                        cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?
                    }
                    _ => Arc::clone(array),
                };
                return Ok(cast(&array, &kind.arrow())?);
            }
            let binary = cast(array, &DataType::Binary)?;
            let texts = binary
                .as_binary::<i32>()
                .iter()
                .map(|value| value.map(geometry::to_text).transpose())
                .collect::<Result<Vec<Option<String>>>>()?;
            Ok(Arc::new(StringArray::from(texts)))
        })
        .collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(
        Arc::clone(schema),
        arrays,
        &options,
    )?)
}
