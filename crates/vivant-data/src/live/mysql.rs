//! MySQL and MariaDB.

use mysql_async::consts::{ColumnFlags, ColumnType as Wire};
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, SslOpts, Value};
use vivant_calc::civil::{DAY, Date, DateTime, HOUR, MINUTE, SECOND};

use super::runtime::{answer, on_thread};
use super::select::LiveColumn;
use super::{Reach, named_once};
use crate::batches::{Announcement, Batches};
use crate::build::{BatchBuilder, ColumnBuilder};
use crate::error::{DataError, Result};
use crate::files::Place;
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::ConnectionSpec;

/// The number of the character set that means bytes.
const BINARY: u16 = 63;

/// Runs a statement.
pub(super) fn query(connection: &ConnectionSpec, sql: String, place: Place<'_>) -> Result<Batches> {
    let reach = Reach::of(connection, 3306, place)?;
    let limits = place.limits.clone();
    on_thread(move |announcement| async move { read(&reach, &sql, &limits, announcement).await })
}

/// Describes the columns of a statement; `None` where it cannot be part of another one.
pub(super) fn describe(
    connection: &ConnectionSpec,
    sql: String,
    place: Place<'_>,
) -> Result<Option<Vec<LiveColumn>>> {
    let reach = Reach::of(connection, 3306, place)?;
    answer(move || async move {
        let mut connection = begin(&reach).await?;
        let Ok(statement) = connection.prep(sql).await else {
            return Ok(None);
        };
        let described = statement.columns();
        let columns = described.iter().map(|column| {
            let name = super::Database::Mysql.quote(&column.name_str());
            let kind = kind_of(column);
            let wire = column.column_type();
            let is_comparable = match kind {
                // What is text only here, such as JSON, compares in its own way.
                ColumnType::String => is_text(wire) && column.character_set() != BINARY,
                _ => !matches!(wire, Wire::MYSQL_TYPE_TIME | Wire::MYSQL_TYPE_TIME2),
            };
            LiveColumn {
                column: Column {
                    name: column.name_str().into_owned(),
                    kind,
                },
                expression: match kind {
                    // Doubles here, whatever is exact there.
                    ColumnType::Real => format!("({name} + 0e0)"),
                    // Bits, and years, which have two digits in comparisons.
                    ColumnType::Integer if matches!(wire, Wire::MYSQL_TYPE_YEAR | Wire::MYSQL_TYPE_BIT) => {
                        format!("CAST({name} AS SIGNED)")
                    }
                    _ => name,
                },
                is_comparable,
            }
        });
        Ok(Some(columns.collect()))
    })
}

/// Connects, and runs what a connection is to run first.
async fn begin(reach: &Reach) -> Result<Conn> {
    let failed = |error: mysql_async::Error| reach.failed(error);
    let options = OptsBuilder::default()
        .ip_or_hostname(reach.host.clone())
        .tcp_port(reach.port)
        .user(Some(reach.credentials.username.clone()))
        .pass(Some(reach.credentials.password.clone()))
        .db_name(reach.database.clone())
        // A server could otherwise send the client to a socket of its own machine, or ask it for files.
        .prefer_socket(false)
        .ssl_opts(reach.tls.then(SslOpts::default));
    let mut connection = tokio::time::timeout(std::time::Duration::from_secs(30), Conn::new(options))
        .await
        .map_err(|_| reach.failed("no answer within 30 seconds"))?
        .map_err(failed)?;
    if let Some(initial) = &reach.initial_sql {
        connection.query_drop(initial).await.map_err(failed)?;
    }
    Ok(connection)
}

async fn read(reach: &Reach, sql: &str, limits: &DataLimits, announcement: Announcement) -> Result<()> {
    let failed = |error: mysql_async::Error| reach.failed(error);
    let mut connection = begin(reach).await?;
    let mut rows = connection.exec_iter(sql, ()).await.map_err(failed)?;
    let found = rows.columns().unwrap_or_default();
    if found.is_empty() {
        return Err(reach.failed("the statement gives no rows"));
    }
    if found.len() > limits.columns {
        return Err(DataError::TooLarge {
            what: reach.label.clone(),
            limit: limits.columns as u64,
            unit: "columns",
        });
    }
    let columns: Vec<Column> = found
        .iter()
        .map(|column| Column {
            name: column.name_str().into_owned(),
            kind: kind_of(column),
        })
        .collect();
    named_once(columns.iter().map(|column| column.name.as_str()), reach)?;
    let is_binary: Vec<bool> = found
        .iter()
        .map(|column| column.character_set() == BINARY && is_text(column.column_type()))
        .collect();
    let schema = schema_of(&columns);
    let sink = announcement.schema(schema.clone())?;
    let mut builder = BatchBuilder::new(schema, &columns, &[]);
    let locale = Locale::default();
    while let Some(row) = rows.next().await.map_err(failed)? {
        let mut bytes = 0;
        let values = row.unwrap_raw();
        for (index, column) in builder.columns.iter_mut().enumerate() {
            let value = values.get(index).cloned().flatten().unwrap_or(Value::NULL);
            bytes += push(value, columns[index].kind, is_binary[index], column, &locale);
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

fn is_text(wire: Wire) -> bool {
    matches!(
        wire,
        Wire::MYSQL_TYPE_VARCHAR
            | Wire::MYSQL_TYPE_VAR_STRING
            | Wire::MYSQL_TYPE_STRING
            | Wire::MYSQL_TYPE_TINY_BLOB
            | Wire::MYSQL_TYPE_MEDIUM_BLOB
            | Wire::MYSQL_TYPE_LONG_BLOB
            | Wire::MYSQL_TYPE_BLOB
    )
}

fn kind_of(column: &mysql_async::Column) -> ColumnType {
    match column.column_type() {
        // Tableau: a `TINYINT(1)` is true or false.
        Wire::MYSQL_TYPE_TINY if column.column_length() == 1 => ColumnType::Boolean,
        Wire::MYSQL_TYPE_TINY
        | Wire::MYSQL_TYPE_SHORT
        | Wire::MYSQL_TYPE_INT24
        | Wire::MYSQL_TYPE_LONG
        | Wire::MYSQL_TYPE_YEAR
        | Wire::MYSQL_TYPE_BIT => ColumnType::Integer,
        // Half of its range is beyond what an integer holds.
        Wire::MYSQL_TYPE_LONGLONG if column.flags().contains(ColumnFlags::UNSIGNED_FLAG) => ColumnType::Real,
        Wire::MYSQL_TYPE_LONGLONG => ColumnType::Integer,
        Wire::MYSQL_TYPE_FLOAT
        | Wire::MYSQL_TYPE_DOUBLE
        | Wire::MYSQL_TYPE_DECIMAL
        | Wire::MYSQL_TYPE_NEWDECIMAL => ColumnType::Real,
        Wire::MYSQL_TYPE_DATE | Wire::MYSQL_TYPE_NEWDATE => ColumnType::Date,
        Wire::MYSQL_TYPE_DATETIME
        | Wire::MYSQL_TYPE_DATETIME2
        | Wire::MYSQL_TYPE_TIMESTAMP
        | Wire::MYSQL_TYPE_TIMESTAMP2
        | Wire::MYSQL_TYPE_TIME
        | Wire::MYSQL_TYPE_TIME2 => ColumnType::DateTime,
        Wire::MYSQL_TYPE_GEOMETRY => ColumnType::Spatial,
        _ => ColumnType::String,
    }
}

fn push(
    value: Value,
    kind: ColumnType,
    is_binary: bool,
    column: &mut ColumnBuilder,
    locale: &Locale,
) -> usize {
    match value {
        Value::NULL => column.push_null(),
        Value::Int(number) => match kind {
            ColumnType::Boolean => column.push_boolean(number != 0),
            _ => column.push_integer(number),
        },
        Value::UInt(number) => match (kind, i64::try_from(number)) {
            (ColumnType::Boolean, _) => column.push_boolean(number != 0),
            (_, Ok(number)) => column.push_integer(number),
            (_, Err(_)) => column.push_number(number as f64),
        },
        Value::Float(number) => column.push_number(number.into()),
        Value::Double(number) => column.push_number(number),
        Value::Date(year, month, day, hour, minute, second, micro) => {
            let time = i64::from(hour) * HOUR
                + i64::from(minute) * MINUTE
                + i64::from(second) * SECOND
                + i64::from(micro);
            // The day zero that MySQL allows is no day.
            let moment =
                Date::new(year.into(), month.into(), day.into()).and_then(|day| DateTime::new(day, time));
            column.push_moment(moment, 0.0);
        }
        Value::Time(negative, days, hours, minutes, seconds, micro) => {
            let time = i64::from(days) * DAY
                + i64::from(hours) * HOUR
                + i64::from(minutes) * MINUTE
                + i64::from(seconds) * SECOND
                + i64::from(micro);
            let time = if negative { -time } else { time };
            let day = Date::new(1899, 12, 30).map(Date::midnight);
            column.push_moment(day.and_then(|day| day.plus_micros(time)), 0.0);
        }
        Value::Bytes(bytes) => {
            match kind {
                // Four bytes of reference system, then well-known binary.
                ColumnType::Spatial => match bytes.get(4..) {
                    Some(geometry) => column.push_bytes(geometry),
                    None => column.push_null(),
                },
                // A `BIT` comes as bytes.
                ColumnType::Integer => {
                    column.push_integer(
                        bytes
                            .iter()
                            .fold(0, |number, byte| (number << 8) | i64::from(*byte)),
                    );
                }
                ColumnType::String if is_binary => column.push_bytes(&bytes),
                _ => column.push_text(&String::from_utf8_lossy(&bytes), locale),
            }
            return bytes.len();
        }
    }
    8
}
