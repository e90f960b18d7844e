//! SQL Server and Azure SQL.

use std::time::Duration;

use futures_util::TryStreamExt;
use tiberius::{AuthMethod, Client, ColumnData, ColumnType as Wire, Config, EncryptionLevel, QueryItem};
use tokio::net::TcpStream;
use vivant_calc::civil::{Date, DateTime};

use super::runtime::{answer, on_thread, tls, tls_of_any};
use super::select::LiveColumn;
use super::{Reach, tds};
use crate::batches::{Announcement, Batches};
use crate::build::{BatchBuilder, ColumnBuilder};
use crate::error::{DataError, Result, shorten};
use crate::files::Place;
use crate::limits::DataLimits;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::ConnectionSpec;

/// How long a server may take to answer a connection.
const CONNECT: Duration = Duration::from_secs(30);
/// Days from the first of January 1 and of 1900 to 1970.
const FROM_ONE: i64 = 719_162;
const FROM_1900: i64 = 25_567;
const MINUTE: i64 = 60_000_000;

/// Runs a statement.
pub(super) fn query(connection: &ConnectionSpec, sql: String, place: Place<'_>) -> Result<Batches> {
    let reach = reach(connection, place)?;
    let limits = place.limits.clone();
    on_thread(move |announcement| async move { read(&reach, &sql, &limits, announcement).await })
}

/// Describes the columns of what stands after `FROM`; `None` where it cannot be part of a statement.
pub(super) fn describe(
    connection: &ConnectionSpec,
    from: &str,
    place: Place<'_>,
) -> Result<Option<Vec<LiveColumn>>> {
    let reach = reach(connection, place)?;
    let sql = format!("SELECT TOP 0 * FROM {from}");
    answer(move || async move {
        let mut client = begin(&reach).await?;
        // What cannot stand inside another statement, such as one with an order, is read as it is.
        let Ok(mut rows) = client.simple_query(sql).await else {
            return Ok(None);
        };
        let Ok(Some(columns)) = rows.columns().await else {
            return Ok(None);
        };
        let described = columns.iter().map(|column| {
            let name = super::Database::SqlServer.quote(column.name());
            let wire = column.column_type();
            let kind = kind_of(wire);
            LiveColumn {
                column: Column {
                    name: column.name().to_owned(),
                    kind,
                },
                expression: match wire {
                    // Doubles here, whatever is exact there.
                    _ if kind == ColumnType::Real => format!("CAST({name} AS float)"),
                    Wire::Text | Wire::NText | Wire::Xml | Wire::Guid => {
                        format!("CAST({name} AS nvarchar(max))")
                    }
                    _ => name,
                },
                is_comparable: match kind {
                    ColumnType::String => !matches!(
                        wire,
                        Wire::BigVarBin
                            | Wire::BigBinary
                            | Wire::Image
                            | Wire::Udt
                            | Wire::SSVariant
                            | Wire::Null
                    ),
                    // Three of these are read as others than they are compared as.
                    _ => !matches!(
                        wire,
                        Wire::Timen | Wire::DatetimeOffsetn | Wire::Datetime | Wire::Datetimen
                    ),
                },
            }
        });
        Ok(Some(described.collect()))
    })
}

/// Reads a connection; a server may have its port after a comma.
fn reach(connection: &ConnectionSpec, place: Place<'_>) -> Result<Reach> {
    let server = connection.attribute("server").unwrap_or_default();
    if server.contains('\\') {
        return Err(DataError::UnsupportedSetting {
            setting: "the named instance",
            value: shorten(server),
            hint: "give the port of the instance, as in `host,1433`".to_owned(),
        });
    }
    match server.split_once(',') {
        Some((host, port)) => {
            let changed = connection
                .clone()
                .with("server", host.trim())
                .with("port", port.trim());
            Reach::of(&changed, 1433, place)
        }
        None => Reach::of(connection, 1433, place),
    }
}

/// Connects, and runs what a connection is to run first.
async fn begin(reach: &Reach) -> Result<Client<tds::Stream>> {
    let mut config = Config::new();
    config.host(&reach.host);
    config.port(reach.port);
    if let Some(database) = &reach.database {
        config.database(database);
    }
    config.application_name("vivant");
    config.readonly(true);
    config.encryption(EncryptionLevel::NotSupported);
    config.authentication(AuthMethod::sql_server(
        &reach.credentials.username,
        &reach.credentials.password,
    ));
    // Tableau: without `Require SSL` a server may have any certificate, such as the one it made for itself.
    let settings = if reach.tls { tls()? } else { tls_of_any()? };
    let connecting = async {
        let failed = |error: std::io::Error| reach.failed(error);
        let tcp = TcpStream::connect((reach.host.as_str(), reach.port))
            .await
            .map_err(failed)?;
        let stream = tds::connect(tcp, &reach.host, settings).await.map_err(failed)?;
        Client::connect(config, stream)
            .await
            .map_err(|error| reach.failed(error))
    };
    let mut client = tokio::time::timeout(CONNECT, connecting)
        .await
        .map_err(|_| reach.failed("no answer within 30 seconds"))??;
    if let Some(initial) = &reach.initial_sql {
        let ran = client.simple_query(initial.as_str()).await;
        let ran = ran.map_err(|error| reach.failed(error))?;
        ran.into_results().await.map_err(|error| reach.failed(error))?;
    }
    Ok(client)
}

async fn read(reach: &Reach, sql: &str, limits: &DataLimits, announcement: Announcement) -> Result<()> {
    let failed = |error: tiberius::error::Error| reach.failed(error);
    let mut client = begin(reach).await?;
    let mut items = client.simple_query(sql).await.map_err(failed)?;
    let Some(found) = items.columns().await.map_err(failed)? else {
        return Err(reach.failed("the statement gives no rows"));
    };
    if found.len() > limits.columns {
        return Err(DataError::TooLarge {
            what: reach.label.clone(),
            limit: limits.columns as u64,
            unit: "columns",
        });
    }
    let names: Vec<String> = found.iter().map(|column| column.name().to_owned()).collect();
    let columns: Vec<Column> = crate::text::header_names(names)
        .into_iter()
        .zip(found)
        .map(|(name, column)| Column {
            name,
            kind: kind_of(column.column_type()),
        })
        .collect();
    let schema = schema_of(&columns);
    let sink = announcement.schema(schema.clone())?;
    let mut builder = BatchBuilder::new(schema, &columns, &[]);
    while let Some(item) = items.try_next().await.map_err(failed)? {
        let row = match item {
            QueryItem::Row(row) => row,
            // A statement may give several results, of which the first counts.
            QueryItem::Metadata(metadata) if metadata.result_index() > 0 => break,
            QueryItem::Metadata(_) => continue,
        };
        let mut bytes = 0;
        for (index, value) in row.into_iter().enumerate() {
            if let Some(column) = builder.columns.get_mut(index) {
                bytes += push(&value, columns[index].kind, column);
            }
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

fn kind_of(wire: Wire) -> ColumnType {
    match wire {
        Wire::Bit | Wire::Bitn => ColumnType::Boolean,
        Wire::Int1 | Wire::Int2 | Wire::Int4 | Wire::Int8 | Wire::Intn => ColumnType::Integer,
        Wire::Float4
        | Wire::Float8
        | Wire::Floatn
        | Wire::Money
        | Wire::Money4
        | Wire::Decimaln
        | Wire::Numericn => ColumnType::Real,
        Wire::Daten => ColumnType::Date,
        Wire::Datetime
        | Wire::Datetime4
        | Wire::Datetimen
        | Wire::Datetime2
        | Wire::DatetimeOffsetn
        | Wire::Timen => ColumnType::DateTime,
        _ => ColumnType::String,
    }
}

/// Adds a value and says about how many bytes it has.
fn push(value: &ColumnData<'_>, kind: ColumnType, column: &mut ColumnBuilder) -> usize {
    use ColumnData as D;
    let at = |day: i64, micros: i64| Date::from_days(day)?.midnight().plus_micros(micros);
    let mut moment = |found: Option<DateTime>| column.push_moment(found, 0.0);
    match value {
        D::DateTime(Some(value)) => {
            // Three-hundredths of a second.
            let micros = i64::from(value.seconds_fragments()) * 10_000 / 3;
            moment(at(i64::from(value.days()) - FROM_1900, micros));
        }
        D::SmallDateTime(Some(value)) => moment(at(
            i64::from(value.days()) - FROM_1900,
            i64::from(value.seconds_fragments()) * MINUTE,
        )),
        D::Date(Some(value)) => moment(at(i64::from(value.days()) - FROM_ONE, 0)),
        // A time of day stands on Tableau's day zero.
        D::Time(Some(value)) => moment(at(-25_569, micros(*value))),
        D::DateTime2(Some(value)) => {
            moment(at(
                i64::from(value.date().days()) - FROM_ONE,
                micros(value.time()),
            ));
        }
        // What the clock showed where the moment was written.
        D::DateTimeOffset(Some(value)) => {
            let utc = value.datetime2();
            let shift = i64::from(value.offset()) * MINUTE;
            moment(at(
                i64::from(utc.date().days()) - FROM_ONE,
                micros(utc.time()) + shift,
            ));
        }
        D::U8(Some(value)) => column.push_integer(i64::from(*value)),
        D::I16(Some(value)) => column.push_integer(i64::from(*value)),
        D::I32(Some(value)) => column.push_integer(i64::from(*value)),
        D::I64(Some(value)) => column.push_integer(*value),
        D::F32(Some(value)) => column.push_number(f64::from(*value)),
        D::F64(Some(value)) => column.push_number(*value),
        D::Bit(Some(value)) => column.push_boolean(*value),
        D::Numeric(Some(value)) => {
            // Through the digits: the nearest double.
            let digits = format!("{}e-{}", value.value(), value.scale());
            match digits.parse::<f64>() {
                Ok(number) => column.push_number(number),
                Err(_) => column.push_null(),
            }
        }
        D::String(Some(text)) => {
            column.push_string(text);
            return text.len() + 8;
        }
        D::Xml(Some(xml)) => {
            let text = xml.to_string();
            column.push_string(&text);
            return text.len() + 8;
        }
        D::Guid(Some(id)) => column.push_string(&id.to_string().to_uppercase()),
        D::Binary(Some(bytes)) if kind == ColumnType::String => {
            column.push_bytes(bytes);
            return bytes.len() * 2;
        }
        _ => column.push_null(),
    }
    8
}

/// Returns the microseconds of a time of day, of which the server may keep more digits.
fn micros(time: tiberius::time::Time) -> i64 {
    let scale = u32::from(time.scale()).min(7);
    let nanos = time.increments().saturating_mul(10_u64.pow(9 - scale));
    i64::try_from(nanos / 1_000).unwrap_or(0)
}
