//! What is in a `.hyper` file: tables, columns, types, collations.

use super::wire::Wire;
use crate::error::{DataError, Result};
use crate::schema::ColumnType;

/// A table of a `.hyper` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HyperTable {
    /// Schema.
    pub schema: String,
    /// Name.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<HyperColumn>,
}

impl HyperTable {
    /// Returns schema and name as documents write them.
    pub fn label(&self) -> String {
        let bracketed = |name: &str| format!("[{}]", name.replace(']', "]]"));
        format!("{}.{}", bracketed(&self.schema), bracketed(&self.name))
    }
}

/// A column of a `.hyper` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HyperColumn {
    /// Name.
    pub name: String,
    /// Type as Tableau sees it.
    pub kind: ColumnType,
    /// How it is read: the SQL type's number.
    pub(super) oid: u32,
    /// Whether values may be missing.
    pub nullable: bool,
    /// How texts are compared; `None` is byte by byte.
    pub collation: Option<String>,
}

/// Lists the tables of the attached file.
pub(super) fn tables(wire: &mut Wire) -> Result<Vec<HyperTable>> {
    let rows = wire.rows(
        "SELECT n.nspname, c.relname, a.attname, a.atttypid, a.attnotnull, l.collname, a.atttypmod \
         FROM file.pg_catalog.pg_class c \
         JOIN file.pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN file.pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 \
         LEFT JOIN file.pg_catalog.pg_collation l ON l.oid = a.attcollation \
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') \
         ORDER BY n.nspname, c.relname, c.oid, a.attnum",
    )?;
    let mut tables: Vec<HyperTable> = Vec::new();
    for row in rows {
        let mut values = row.into_iter();
        let mut next = || values.next().flatten();
        let (Some(schema), Some(name)) = (next(), next()) else {
            return Err(DataError::damaged(
                "the catalog of the file",
                "a table has no name",
            ));
        };
        if tables
            .last()
            .is_none_or(|last| last.schema != schema || last.name != name)
        {
            tables.push(HyperTable {
                schema,
                name,
                columns: Vec::new(),
            });
        }
        let (column, oid, not_null, collation, modifier) = (next(), next(), next(), next(), next());
        if let (Some(column), Some(oid), Some(table)) = (column, oid, tables.last_mut()) {
            let oid = oid.parse().unwrap_or_default();
            let modifier: i64 = modifier.and_then(|modifier| modifier.parse().ok()).unwrap_or(-1);
            table.columns.push(HyperColumn {
                name: column,
                kind: kind_of(oid, modifier),
                oid,
                nullable: not_null.as_deref() != Some("t"),
                collation: collation
                    .filter(|name| !matches!(name.as_str(), "default" | "C" | "binary" | "POSIX")),
            });
        }
    }
    Ok(tables)
}

/// Returns the type as which Tableau sees an SQL type.
fn kind_of(oid: u32, modifier: i64) -> ColumnType {
    match oid {
        16 => ColumnType::Boolean,
        20 | 21 | 23 | 26 => ColumnType::Integer,
        700 | 701 => ColumnType::Real,
        // The low half of the modifier, four off, is the number of digits after the point.
        1700 if modifier >= 4 && (modifier - 4) & 0xffff == 0 => ColumnType::Integer,
        1700 => ColumnType::Real,
        1082 => ColumnType::Date,
        1083 | 1114 | 1184 => ColumnType::DateTime,
        5002..=5004 => ColumnType::Spatial,
        _ => ColumnType::String,
    }
}
