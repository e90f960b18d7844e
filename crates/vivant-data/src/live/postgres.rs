//! PostgreSQL and what speaks its protocol.

use std::error::Error as _;
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio_postgres::types::{FromSql, Kind, Type};
use tokio_postgres::{Client, NoTls, Row};
use vivant_calc::civil::{Date, DateTime};

use super::runtime::{answer, on_thread, tls};
use super::select::LiveColumn;
use super::{Reach, named_once};
use crate::batches::{Announcement, Batches};
use crate::build::{BatchBuilder, ColumnBuilder};
use crate::error::{DataError, Result};
use crate::files::Place;
use crate::limits::DataLimits;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::ConnectionSpec;

/// How long a server may take to answer a connection.
const CONNECT: Duration = Duration::from_secs(30);
/// Days and microseconds from 1970 to 2000, from where PostgreSQL counts.
const DAYS: i64 = 10_957;
const MICROS: i64 = DAYS * 86_400_000_000;

/// Runs a statement.
pub(super) fn query(connection: &ConnectionSpec, sql: String, place: Place<'_>) -> Result<Batches> {
    let reach = Reach::of(connection, 5432, place)?;
    let limits = place.limits.clone();
    on_thread(move |announcement| async move { read(&reach, &sql, &limits, announcement).await })
}

/// Describes the columns of a statement; `None` where two have one name.
pub(super) fn describe(
    connection: &ConnectionSpec,
    sql: String,
    place: Place<'_>,
) -> Result<Option<Vec<LiveColumn>>> {
    let reach = Reach::of(connection, 5432, place)?;
    answer(move || async move {
        let failed = |error: tokio_postgres::Error| reach.failed(told(&error));
        let client = begin(&reach).await?;
        let described = client.prepare(&sql).await.map_err(failed)?;
        let mut columns: Vec<LiveColumn> = Vec::with_capacity(described.columns().len());
        for column in described.columns() {
            if columns.iter().any(|known| known.column.name == column.name()) {
                return Ok(None);
            }
            let (kind, expression) = asked(column.type_(), &super::Database::Postgres.quote(column.name()));
            columns.push(LiveColumn {
                column: Column {
                    name: column.name().to_owned(),
                    kind,
                },
                expression,
                // A time of day is a moment here.
                is_comparable: base(column.type_()) != Type::TIME,
            });
        }
        Ok(Some(columns))
    })
}

/// The type below a domain.
fn base(kind: &Type) -> Type {
    match kind.kind() {
        Kind::Domain(inner) => base(inner),
        _ => kind.clone(),
    }
}

/// Connects, and runs what a connection is to run first.
async fn begin(reach: &Reach) -> Result<Client> {
    let client = connect(reach).await?;
    if let Some(initial) = &reach.initial_sql {
        let ran = client.batch_execute(initial).await;
        ran.map_err(|error| reach.failed(told(&error)))?;
    }
    Ok(client)
}

async fn connect(reach: &Reach) -> Result<Client> {
    let mut config = tokio_postgres::Config::new();
    config
        .host(&reach.host)
        .port(reach.port)
        .user(&reach.credentials.username)
        .password(&reach.credentials.password)
        .dbname(reach.database.as_deref().unwrap_or("postgres"))
        .application_name("vivant")
        .connect_timeout(CONNECT);
    let failed = |error: tokio_postgres::Error| reach.failed(told(&error));
    if reach.tls {
        config.ssl_mode(tokio_postgres::config::SslMode::Require);
        let tls = tokio_postgres_rustls::MakeRustlsConnect::new(tls()?);
        let (client, connection) = config.connect(tls).await.map_err(failed)?;
        tokio::spawn(connection);
        Ok(client)
    } else {
        config.ssl_mode(tokio_postgres::config::SslMode::Disable);
        let (client, connection) = config.connect(NoTls).await.map_err(failed)?;
        tokio::spawn(connection);
        Ok(client)
    }
}

async fn read(reach: &Reach, sql: &str, limits: &DataLimits, announcement: Announcement) -> Result<()> {
    let failed = |error: tokio_postgres::Error| reach.failed(told(&error));
    let client = begin(reach).await?;
    let described = client.prepare(sql).await.map_err(failed)?;
    if described.columns().len() > limits.columns {
        return Err(DataError::TooLarge {
            what: reach.label.clone(),
            limit: limits.columns as u64,
            unit: "columns",
        });
    }
    let mut columns = Vec::new();
    let mut list = Vec::new();
    for column in described.columns() {
        let name = super::Database::Postgres.quote(column.name());
        let (kind, asked) = asked(column.type_(), &name);
        columns.push(Column {
            name: column.name().to_owned(),
            kind,
        });
        list.push(format!("{asked} AS {name}"));
    }
    named_once(columns.iter().map(|column| column.name.as_str()), reach)?;
    let wrapped = match list.is_empty() {
        true => sql.to_owned(),
        // On a line of its own: the statement may end in a comment.
        false => format!("SELECT {} FROM ({sql}\n) AS q", list.join(", ")),
    };
    let statement = client.prepare(&wrapped).await.map_err(failed)?;
    let schema = schema_of(&columns);
    let sink = announcement.schema(schema.clone())?;
    let mut builder = BatchBuilder::new(schema, &columns, &[]);
    let parameters: [&str; 0] = [];
    let rows = client.query_raw(&statement, parameters).await.map_err(failed)?;
    let mut rows = std::pin::pin!(rows);
    let kinds: Vec<Type> = statement
        .columns()
        .iter()
        .map(|column| column.type_().clone())
        .collect();
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let mut bytes = 0;
        for (index, (column, kind)) in builder.columns.iter_mut().zip(&kinds).enumerate() {
            bytes += push(&row, index, kind, column).map_err(|message| reach.failed(message))?;
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

/// Says what the server said, not only that it said something.
fn told(error: &tokio_postgres::Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => match db.hint() {
            Some(hint) => format!("{} ({hint})", db.message()),
            None => db.message().to_owned(),
        },
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}

/// Returns the type of a column and how it is asked for.
fn asked(kind: &Type, name: &str) -> (ColumnType, String) {
    if let Kind::Domain(inner) = kind.kind() {
        return asked(inner, &format!("({name})::{}", inner.name()));
    }
    let plain = name.to_owned();
    match *kind {
        Type::BOOL => (ColumnType::Boolean, plain),
        Type::INT2 | Type::INT4 | Type::INT8 => (ColumnType::Integer, plain),
        Type::OID => (ColumnType::Integer, format!("{name}::int8")),
        Type::FLOAT4 | Type::FLOAT8 => (ColumnType::Real, plain),
        Type::NUMERIC => (ColumnType::Real, format!("{name}::float8")),
        // Currency follows the locale of the server; a number does not.
        Type::MONEY => (ColumnType::Real, format!("{name}::numeric::float8")),
        Type::DATE => (ColumnType::Date, plain),
        Type::TIMESTAMP | Type::TIME => (ColumnType::DateTime, plain),
        Type::TIMESTAMPTZ => (ColumnType::DateTime, format!("({name} AT TIME ZONE 'UTC')")),
        Type::TEXT | Type::VARCHAR => (ColumnType::String, plain),
        _ if matches!(kind.name(), "geometry" | "geography") => {
            (ColumnType::Spatial, format!("ST_AsBinary({name})"))
        }
        _ => (ColumnType::String, format!("{name}::text")),
    }
}

/// A value as the server sent it.
struct Raw<'r>(&'r [u8]);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(
        _: &Type,
        raw: &'r [u8],
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Adds a value; returns how many bytes it has.
fn push(
    row: &Row,
    index: usize,
    kind: &Type,
    column: &mut ColumnBuilder,
) -> std::result::Result<usize, String> {
    let raw: Option<Raw<'_>> = row.try_get(index).map_err(|error| error.to_string())?;
    let Some(Raw(raw)) = raw else {
        column.push_null();
        return Ok(1);
    };
    let wrong = || format!("a value of type {kind} has {} bytes", raw.len());
    match *kind {
        Type::BOOL => column.push_boolean(raw.first() == Some(&1)),
        Type::INT2 => column.push_integer(i16::from_be_bytes(raw.try_into().map_err(|_| wrong())?).into()),
        Type::INT4 => column.push_integer(i32::from_be_bytes(raw.try_into().map_err(|_| wrong())?).into()),
        Type::INT8 => column.push_integer(i64::from_be_bytes(raw.try_into().map_err(|_| wrong())?)),
        Type::FLOAT4 => column.push_number(f32::from_be_bytes(raw.try_into().map_err(|_| wrong())?).into()),
        Type::FLOAT8 => column.push_number(f64::from_be_bytes(raw.try_into().map_err(|_| wrong())?)),
        Type::DATE => {
            let days = i32::from_be_bytes(raw.try_into().map_err(|_| wrong())?);
            // The ends of the range mean infinity, which has no day.
            column.push_moment(Date::from_days(i64::from(days) + DAYS).map(Date::midnight), 0.0);
        }
        Type::TIMESTAMP => {
            let micros = i64::from_be_bytes(raw.try_into().map_err(|_| wrong())?);
            let moment = micros.checked_add(MICROS).and_then(DateTime::from_micros);
            column.push_moment(moment.filter(|_| micros != i64::MIN), 0.0);
        }
        Type::TIME => {
            let micros = i64::from_be_bytes(raw.try_into().map_err(|_| wrong())?);
            // Tableau: a time of day is on the last day of 1899 but one.
            let day = Date::new(1899, 12, 30).map(Date::midnight);
            column.push_moment(day.and_then(|day| day.plus_micros(micros)), 0.0);
        }
        Type::BYTEA => column.push_bytes(raw),
        _ => column.push_string(std::str::from_utf8(raw).map_err(|_| wrong())?),
    }
    Ok(raw.len())
}
