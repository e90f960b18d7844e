//! SQLite files.

use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

use super::Database;
use super::select::LiveColumn;
use crate::batches::{Announcement, Batches};
use crate::build::{BatchBuilder, ColumnBuilder};
use crate::error::{DataError, Result};
use crate::files::{DataFile, Place};
use crate::infer::{Guess, TEXT_ROWS};
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::ConnectionSpec;

/// Runs a statement.
pub(super) fn query(connection: &ConnectionSpec, sql: String, place: Place<'_>) -> Result<Batches> {
    let file = file(connection, place)?;
    let limits = place.limits.clone();
    Batches::opened(move |announcement| read(&file, &sql, &limits, announcement))
}

/// Describes the columns of a statement; `None` where their types are not declared, or it cannot be part of
/// another one.
pub(super) fn describe(
    connection: &ConnectionSpec,
    sql: &str,
    place: Place<'_>,
) -> Result<Option<Vec<LiveColumn>>> {
    let file = file(connection, place)?;
    let connection = connect(&file, place.limits)?;
    let Ok(statement) = connection.prepare(sql) else {
        return Ok(None);
    };
    let described = statement.columns().map(|column| {
        let kind = column.decl_type().and_then(kind_of)?;
        Some(LiveColumn {
            column: Column {
                name: column.name().to_owned(),
                kind,
            },
            expression: Database::Sqlite.quote(column.name()),
            is_comparable: true,
        })
    });
    Ok(described.collect())
}

fn file(connection: &ConnectionSpec, place: Place<'_>) -> Result<DataFile> {
    let path = connection.path().ok_or_else(|| DataError::FileMissing {
        path: connection.label(),
    })?;
    place.files.find(&path)
}

/// Opens a file to be read, and nothing but it.
fn connect(file: &DataFile, limits: &DataLimits) -> Result<Connection> {
    let failed = |error: rusqlite::Error| DataError::damaged(file.name(), error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file.path(), flags).map_err(failed)?;
    // A statement could attach any other database that this process may read.
    connection
        .set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)
        .map_err(failed)?;
    // Values larger than a batch would only fill the memory.
    let longest = i32::try_from(limits.record_bytes).unwrap_or(i32::MAX);
    connection
        .set_limit(Limit::SQLITE_LIMIT_LENGTH, longest)
        .map_err(failed)?;
    Ok(connection)
}

fn read(file: &DataFile, sql: &str, limits: &DataLimits, announcement: Announcement) -> Result<()> {
    let failed = |error: rusqlite::Error| DataError::damaged(file.name(), error);
    let connection = connect(file, limits)?;
    let mut statement = connection.prepare(sql).map_err(failed)?;
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(DataError::damaged(file.name(), "the statement gives no rows"));
    }
    if statement.column_count() > limits.columns {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.columns as u64,
            unit: "columns",
        });
    }
    let declared: Vec<(String, Option<ColumnType>)> = statement
        .columns()
        .map(|column| (column.name().to_owned(), column.decl_type().and_then(kind_of)))
        .collect();
    let locale = Locale::default();
    let guesses = match declared.iter().all(|(_, kind)| kind.is_some()) {
        true => Vec::new(),
        // Results of expressions have no type of their own.
        false => {
            let mut guesses = vec![Guess::default(); declared.len()];
            let mut rows = statement.query([]).map_err(failed)?;
            for _ in 0..TEXT_ROWS {
                let Some(row) = rows.next().map_err(failed)? else {
                    break;
                };
                for (index, guess) in guesses.iter_mut().enumerate() {
                    look(row, index, guess).map_err(failed)?;
                }
            }
            guesses
        }
    };
    let columns: Vec<Column> = declared
        .into_iter()
        .enumerate()
        .map(|(index, (name, kind))| Column {
            name,
            kind: kind.unwrap_or_else(|| guesses[index].decide()),
        })
        .collect();
    let schema = schema_of(&columns);
    let sink = announcement.schema(schema.clone())?;
    let mut builder = BatchBuilder::new(schema, &columns, &[]);
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let mut bytes = 0;
        for (index, column) in builder.columns.iter_mut().enumerate() {
            bytes += push(row, index, column, &locale).map_err(failed)?;
        }
        builder.end_row(bytes);
        if builder.is_full(limits) {
            sink.send(builder.finish()?)?;
        }
    }
    if builder.rows() > 0 {
        sink.send(builder.finish()?)?;
    }
    Ok(())
}

/// Returns the type that a declaration means; `None` if it says nothing.
fn kind_of(declared: &str) -> Option<ColumnType> {
    let declared = declared.to_ascii_uppercase();
    let has = |part: &str| declared.contains(part);
    Some(match () {
        () if has("BOOL") => ColumnType::Boolean,
        () if has("DATETIME") || has("TIMESTAMP") => ColumnType::DateTime,
        () if has("DATE") => ColumnType::Date,
        () if has("INT") => ColumnType::Integer,
        () if has("CHAR") || has("CLOB") || has("TEXT") => ColumnType::String,
        () if has("REAL") || has("FLOA") || has("DOUB") || has("NUMERIC") || has("DECIMAL") => {
            ColumnType::Real
        }
        () => return None,
    })
}

fn look(row: &Row<'_>, index: usize, guess: &mut Guess) -> rusqlite::Result<()> {
    match row.get_ref(index)? {
        ValueRef::Null => {}
        ValueRef::Integer(_) => guess.value(ColumnType::Integer),
        ValueRef::Real(_) => guess.value(ColumnType::Real),
        ValueRef::Text(_) | ValueRef::Blob(_) => guess.value(ColumnType::String),
    }
    Ok(())
}

fn push(row: &Row<'_>, index: usize, column: &mut ColumnBuilder, locale: &Locale) -> rusqlite::Result<usize> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => {
            column.push_null();
            1
        }
        ValueRef::Integer(value) => {
            column.push_integer(value);
            8
        }
        ValueRef::Real(value) => {
            column.push_number(value);
            8
        }
        ValueRef::Text(text) => {
            column.push_text(&String::from_utf8_lossy(text), locale);
            text.len()
        }
        ValueRef::Blob(bytes) => {
            column.push_bytes(bytes);
            bytes.len()
        }
    })
}
