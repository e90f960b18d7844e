//! Parts of a table of a live database: columns, conditions and a number of rows, written as SQL.
//!
//! A condition is passed on only where the database keeps every row that it is true for here. It may keep more:
//! whoever asks tests all rows again.

use arrow_schema::SchemaRef;
use vivant_calc::Value;

use super::{Database, checked, run};
use crate::batches::Batches;
use crate::error::Result;
use crate::files::Place;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::{ConnectionSpec, TableSpec};

/// What a condition compares with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same.
    Equal,
    /// Another.
    NotEqual,
    /// Less.
    Less,
    /// Less, or the same.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater, or the same.
    GreaterOrEqual,
}

/// A condition on the columns of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// A column compared with a value that is not null.
    Compare {
        /// The column.
        column: String,
        /// How.
        with: Comparison,
        /// The value.
        value: Value,
    },
    /// A column that has one of the values, none of which is null.
    In {
        /// The column.
        column: String,
        /// The values.
        values: Vec<Value>,
    },
    /// A column without a value.
    Null(String),
    /// A column with a value.
    NotNull(String),
    /// All of them hold.
    All(Vec<Condition>),
    /// One of them holds.
    Any(Vec<Condition>),
    /// It does not hold, or is null.
    NotTrue(Box<Condition>),
}

/// What is computed of the rows of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// How many there are.
    Rows,
    /// How many have a value in a column.
    Count(String),
    /// The sum of a column.
    Sum(String),
    /// The sum of a column of integers, as doubles.
    SumAsReal(String),
    /// The least value of a column.
    Min(String),
    /// The greatest value of a column.
    Max(String),
}

/// What is asked of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// The columns, in order; there is at least one.
    pub columns: Vec<String>,
    /// Conditions that all rows fulfil.
    pub conditions: Vec<Condition>,
    /// How many rows are enough.
    pub most: Option<u64>,
}

/// A column as its database describes it.
#[derive(Debug, Clone)]
pub(super) struct LiveColumn {
    pub(super) column: Column,
    /// The expression whose values are the column's.
    pub(super) expression: String,
    /// Whether values compare in the database as they do here.
    pub(super) is_comparable: bool,
}

/// A table or statement of a live database, of which parts can be asked.
#[derive(Debug, Clone)]
pub struct LiveTable {
    database: Database,
    connection: ConnectionSpec,
    from: String,
    columns: Vec<LiveColumn>,
}

impl LiveTable {
    /// Describes a table. `None` where the connection is to no database, or where the types of its columns are
    /// known only from all values.
    pub fn of_table(
        connection: &ConnectionSpec,
        table: &TableSpec,
        place: Place<'_>,
    ) -> Result<Option<Self>> {
        match Database::of_class(&connection.class) {
            Some(database) => Self::describe(database, connection, database.quote_table(table), place),
            None => Ok(None),
        }
    }

    /// Describes the result of a statement, as [`LiveTable::of_table`].
    pub fn of_sql(connection: &ConnectionSpec, sql: &str, place: Place<'_>) -> Result<Option<Self>> {
        let (database, sql) = checked(connection, sql)?;
        // On a line of its own: the statement may end in a comment.
        Self::describe(database, connection, format!("({sql}\n) AS q"), place)
    }

    fn describe(
        database: Database,
        connection: &ConnectionSpec,
        from: String,
        place: Place<'_>,
    ) -> Result<Option<Self>> {
        (place.guard)(connection)?;
        let sql = format!("SELECT * FROM {from}");
        let columns = match database {
            #[cfg(feature = "postgres")]
            Database::Postgres => super::postgres::describe(connection, sql, place)?,
            #[cfg(feature = "sqlite")]
            Database::Sqlite => super::sqlite::describe(connection, &sql, place)?,
            #[cfg(feature = "mysql")]
            Database::Mysql => super::mysql::describe(connection, sql, place)?,
            #[cfg(feature = "sqlserver")]
            Database::SqlServer => super::sqlserver::describe(connection, &from, place)?,
            #[allow(unreachable_patterns, reason = "every database may be left out of a build")]
            _ => None,
        };
        let columns = columns.filter(|columns| !columns.is_empty() && columns.len() <= place.limits.columns);
        Ok(columns.map(|columns| Self {
            database,
            connection: connection.clone(),
            from,
            columns,
        }))
    }

    /// Returns the columns.
    pub fn schema(&self) -> SchemaRef {
        let columns: Vec<Column> = self.columns.iter().map(|one| one.column.clone()).collect();
        schema_of(&columns)
    }

    /// Tells whether the database can leave rows out by a condition.
    pub fn takes(&self, condition: &Condition) -> bool {
        self.render(condition).is_some()
    }

    /// Writes the statement that asks for a part of the table.
    pub fn sql(&self, selection: &Selection) -> String {
        let names: Vec<String> = selection
            .columns
            .iter()
            .map(|name| self.database.quote(name))
            .collect();
        let is_sqlserver = self.database == Database::SqlServer;
        let top = match selection.most {
            Some(most) if is_sqlserver => format!("TOP ({most}) "),
            _ => String::new(),
        };
        let mut sql = format!("SELECT {top}{} FROM {}", names.join(", "), self.from);
        let conditions = selection.conditions.iter().filter_map(|one| self.render(one));
        for (number, condition) in conditions.enumerate() {
            sql.push_str(if number == 0 { " WHERE " } else { " AND " });
            sql.push_str(&condition);
        }
        if let Some(most) = selection.most.filter(|_| !is_sqlserver) {
            sql.push_str(&format!(" LIMIT {most}"));
        }
        sql
    }

    /// Reads a part of the table.
    pub fn read(&self, selection: &Selection, place: Place<'_>) -> Result<Batches> {
        let batches = run(self.database, &self.connection, self.sql(selection), place)?;
        let columns: Vec<Column> = selection
            .columns
            .iter()
            .filter_map(|name| self.column(name).map(|found| found.column.clone()))
            .collect();
        Ok(batches.of_types(schema_of(&columns)))
    }

    /// Lets the database group the rows that fulfil conditions: a table of the columns `g0`, `g1` and so on, and of
    /// the measures `m0`, `m1` and so on. `None` where that could give other values than grouping here. Groups may
    /// come in several parts.
    pub fn grouped(&self, groups: &[String], measures: &[Measure], conditions: &[Condition]) -> Option<Self> {
        if !self.is_known() || !conditions.iter().all(|one| self.is_exact(one)) {
            return None;
        }
        let is_mysql = self.database == Database::Mysql;
        let mut columns = Vec::with_capacity(groups.len() + measures.len());
        let mut list = Vec::with_capacity(groups.len() + measures.len());
        let mut add = |name: String, kind: ColumnType, expression: String| {
            let quoted = self.database.quote(&name);
            list.push(format!("{expression} AS {quoted}"));
            columns.push(LiveColumn {
                column: Column { name, kind },
                expression: quoted,
                is_comparable: false,
            });
        };
        for (at, group) in groups.iter().enumerate() {
            let column = self.column(group)?;
            let expression = match column.column.kind {
                ColumnType::String if is_mysql && !column.is_comparable => return None,
                ColumnType::String => self.exact_text(column),
                // Zeros of two signs are one group there.
                ColumnType::Real | ColumnType::Spatial => return None,
                _ => self.value_of(column),
            };
            add(format!("g{at}"), column.column.kind, expression);
        }
        for (at, measure) in measures.iter().enumerate() {
            let (kind, expression) = self.measure(measure)?;
            add(format!("m{at}"), kind, expression);
        }
        let mut from = format!("(SELECT {} FROM {}", list.join(", "), self.from);
        for (number, condition) in conditions.iter().enumerate() {
            from.push_str(if number == 0 { " WHERE " } else { " AND " });
            from.push_str(&self.render(condition)?);
        }
        if !groups.is_empty() {
            let numbers: Vec<String> = (1..=groups.len()).map(|number| number.to_string()).collect();
            from.push_str(&format!(" GROUP BY {}", numbers.join(", ")));
        }
        from.push_str(") AS g");
        if is_mysql {
            // Texts were grouped by their bytes.
            let list = columns.iter().map(|one| match one.column.kind {
                ColumnType::String => format!("CONVERT({0} USING utf8mb4) AS {0}", one.expression),
                _ => one.expression.clone(),
            });
            let list: Vec<String> = list.collect();
            from = format!("(SELECT {} FROM {from}) AS h", list.join(", "));
        }
        Some(Self {
            database: self.database,
            connection: self.connection.clone(),
            from,
            columns,
        })
    }

    /// Writes a measure, with the type of its values.
    fn measure(&self, measure: &Measure) -> Option<(ColumnType, String)> {
        let number = |name: &str, function: &str| {
            let column = self.column(name)?;
            let expression = self.value_of(column);
            match (column.column.kind, self.database) {
                (kind @ ColumnType::Integer, database) => {
                    let found = format!("{function}({expression})");
                    let whole = match database {
                        Database::Mysql => format!("CAST({found} AS SIGNED)"),
                        _ => format!("{found}::int8"),
                    };
                    // A sum that is no integer any more has no value.
                    let whole = match function {
                        "SUM" => format!(
                            "CASE WHEN {found} BETWEEN {} AND {} THEN {whole} END",
                            i64::MIN,
                            i64::MAX
                        ),
                        _ => whole,
                    };
                    Some((kind, whole))
                }
                (kind @ ColumnType::Real, Database::Mysql) => {
                    Some((kind, format!("{function}({expression})")))
                }
                (kind @ ColumnType::Real, _) => Some((kind, format!("{function}(({expression})::float8)"))),
                _ => None,
            }
        };
        match measure {
            Measure::Rows => Some((ColumnType::Integer, "COUNT(*)".to_owned())),
            Measure::Count(name) => {
                let column = self.column(name)?;
                match column.column.kind {
                    ColumnType::Spatial => None,
                    _ => Some((ColumnType::Integer, format!("COUNT({})", self.value_of(column)))),
                }
            }
            Measure::Sum(name) => number(name, "SUM"),
            Measure::SumAsReal(name) => {
                let column = self.column(name)?;
                let is_integer = column.column.kind == ColumnType::Integer;
                let sum = match self.database {
                    Database::Mysql => format!("SUM({} + 0e0)", column.expression),
                    _ => format!("SUM(({})::float8)", column.expression),
                };
                is_integer.then_some((ColumnType::Real, sum))
            }
            Measure::Min(name) => number(name, "MIN"),
            Measure::Max(name) => number(name, "MAX"),
        }
    }

    /// Writes a column so that it is null where it is here.
    fn value_of(&self, column: &LiveColumn) -> String {
        match self.is_value(column) {
            Some(is_value) => format!("CASE WHEN {is_value} THEN {} END", column.expression),
            None => column.expression.clone(),
        }
    }

    /// Tells whether this is PostgreSQL itself: others that speak its protocol know less of its language.
    fn is_plain(&self) -> bool {
        self.database == Database::Postgres && self.connection.class == "postgres"
    }

    /// Tells whether it is known how the database compares and groups whatever a column may have.
    fn is_known(&self) -> bool {
        self.is_plain() || (self.database == Database::Mysql && self.connection.class != "memsql")
    }

    /// Writes a text so that no two texts are the same.
    fn exact_text(&self, column: &LiveColumn) -> String {
        match self.database {
            Database::Mysql => format!("CAST(CONVERT({} USING utf8mb4) AS BINARY)", column.expression),
            _ => format!("({}) COLLATE \"C\"", column.expression),
        }
    }

    fn column(&self, name: &str) -> Option<&LiveColumn> {
        self.columns.iter().find(|known| known.column.name == name)
    }

    /// Writes a condition; `None` where rows could get lost by it.
    fn render(&self, condition: &Condition) -> Option<String> {
        let all = |parts: &[Condition], word: &str| {
            let parts: Vec<String> = parts
                .iter()
                .map(|part| self.render(part))
                .collect::<Option<_>>()?;
            (!parts.is_empty()).then(|| format!("({})", parts.join(word)))
        };
        match condition {
            Condition::All(parts) => all(parts, " AND "),
            Condition::Any(parts) => all(parts, " OR "),
            Condition::NotTrue(inner) if self.is_exact(inner) => {
                Some(format!("({} IS NOT TRUE)", self.render(inner)?))
            }
            Condition::NotTrue(_) => None,
            Condition::Compare { column, with, value } => {
                let column = self.column(column)?;
                self.compare(column, *with, value)
            }
            Condition::In { column, values } => {
                let column = self.column(column)?;
                let tests: Vec<String> = values
                    .iter()
                    .map(|value| {
                        // Whatever stands for the value in the database must be asked for as well.
                        self.compare(column, Comparison::Equal, value)?;
                        self.literal(column, value)
                    })
                    .collect::<Option<_>>()?;
                match tests.is_empty() {
                    true => Some("1 = 0".to_owned()),
                    false => Some(self.with_odd(column, &format!("IN ({})", tests.join(", ")))),
                }
            }
            Condition::NotNull(name) => {
                let column = self.column(name)?;
                match self.is_value(column) {
                    Some(is_value) => Some(format!("({is_value})")),
                    None => Some(format!("{} IS NOT NULL", column.expression)),
                }
            }
            Condition::Null(name) => {
                let column = self.column(name)?;
                match (self.is_value(column), column.column.kind) {
                    (Some(is_value), _) => Some(format!("(({is_value}) IS NOT TRUE)")),
                    (None, ColumnType::Date | ColumnType::DateTime | ColumnType::Spatial) => None,
                    (None, ColumnType::Real) if self.database == Database::Postgres => None,
                    (None, ColumnType::Real) if self.database == Database::Sqlite => {
                        let infinite = format!("IS NULL OR {} IN (9e999, -9e999)", column.expression);
                        Some(self.with_odd(column, &infinite))
                    }
                    // An empty text may be none.
                    (None, ColumnType::String)
                        if matches!(self.database, Database::Sqlite | Database::SqlServer) =>
                    {
                        let empty = format!("IS NULL OR {} = ''", column.expression);
                        Some(self.with_odd(column, &empty))
                    }
                    _ => Some(self.with_odd(column, "IS NULL")),
                }
            }
        }
    }

    /// Tells whether a condition is true in the database for no other rows than here, so that its opposite loses
    /// none either.
    fn is_exact(&self, condition: &Condition) -> bool {
        let is_zero = |value: &Value| matches!(value, Value::Real(number) if *number == 0.0);
        let is_same = match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().all(|part| self.is_exact(part)),
            Condition::NotTrue(inner) => self.is_exact(inner),
            Condition::Compare { value, .. } => !is_zero(value),
            Condition::In { values, .. } => !values.iter().any(is_zero),
            Condition::Null(_) | Condition::NotNull(_) => true,
        };
        is_same && self.is_known() && self.render(condition).is_some()
    }

    /// Writes the test of whether a number, day or moment is one here: infinity of PostgreSQL is none, nor is a day
    /// zero of MySQL.
    fn is_value(&self, column: &LiveColumn) -> Option<String> {
        let expression = &column.expression;
        let range = match column.column.kind {
            _ if !(self.is_known() && column.is_comparable) => return None,
            ColumnType::Date | ColumnType::DateTime if self.database == Database::Mysql => {
                return Some(format!(
                    "DAYOFMONTH({expression}) BETWEEN 1 AND DAYOFMONTH(LAST_DAY({expression}))"
                ));
            }
            _ if self.database == Database::Mysql => return None,
            ColumnType::Real => {
                "BETWEEN '-1.7976931348623157e308'::float8 AND '1.7976931348623157e308'::float8"
            }
            ColumnType::Date => "BETWEEN DATE '4713-01-01 BC' AND DATE '294247-01-09'",
            ColumnType::DateTime => {
                "BETWEEN TIMESTAMP '4713-01-01 00:00:00 BC' AND TIMESTAMP '294247-01-09 23:59:59.999999'"
            }
            _ => return None,
        };
        Some(format!("{expression} {range}"))
    }

    fn compare(&self, column: &LiveColumn, with: Comparison, value: &Value) -> Option<String> {
        use Comparison as C;
        if !column.is_comparable {
            return None;
        }
        // Zero has two signs, which databases do not tell apart.
        let is_zero = matches!(value, Value::Real(number) if *number == 0.0);
        let with = match (column.column.kind, with) {
            // Which text is less is a matter of collations, and so is which is another.
            (ColumnType::String, C::Equal) => C::Equal,
            (ColumnType::String | ColumnType::Spatial, _) => return None,
            (ColumnType::Boolean, C::Equal | C::NotEqual) => with,
            (ColumnType::Boolean, _) => return None,
            (_, C::Less) if is_zero => C::LessOrEqual,
            (_, C::Greater) if is_zero => C::GreaterOrEqual,
            (_, C::NotEqual) if is_zero => return None,
            // Nothing is known of what odd values compare like.
            (ColumnType::Date | ColumnType::DateTime | ColumnType::Real, C::NotEqual) if !self.is_known() => {
                return None;
            }
            _ => with,
        };
        let sign = match with {
            C::Equal => "=",
            C::NotEqual => "<>",
            C::Less => "<",
            C::LessOrEqual => "<=",
            C::Greater => ">",
            C::GreaterOrEqual => ">=",
        };
        let literal = self.literal(column, value)?;
        Some(self.with_odd(column, &format!("{sign} {literal}")))
    }

    /// Writes a test of a column, with what it takes to mean the same as here, or at least to lose no row: SQLite
    /// keeps values of another type than a column was declared with, and PostgreSQL has texts that compare by
    /// rules of their own, and days that are none.
    fn with_odd(&self, column: &LiveColumn, test: &str) -> String {
        let expression = &column.expression;
        let whole = format!("{expression} {test}");
        if self.database == Database::Sqlite {
            let odd = match column.column.kind {
                ColumnType::String => "'blob', 'integer', 'real'",
                ColumnType::Integer => "'text', 'blob', 'real'",
                _ => "'text', 'blob'",
            };
            return format!("({whole} OR typeof({expression}) IN ({odd}))");
        }
        let is_known_text = column.column.kind == ColumnType::String && self.is_known();
        let exact = || format!("{} {test}", self.exact_text(column));
        if self.database == Database::Mysql && is_known_text && !test.is_ascii() {
            // A column of another character set refuses to be compared with what it cannot hold.
            return format!("({})", exact());
        }
        let and = match self.is_value(column) {
            _ if test.starts_with("IS NULL") => None,
            Some(is_value) => Some(is_value),
            // Beside the comparison that an index may know.
            None if is_known_text => Some(exact()),
            None => None,
        };
        match and {
            Some(and) => format!("({whole} AND {and})"),
            None => format!("({whole})"),
        }
    }

    /// Writes a value as the database reads one of the column's type; `None` where it could be read as another.
    fn literal(&self, column: &LiveColumn, value: &Value) -> Option<String> {
        let database = self.database;
        match (value, column.column.kind) {
            (Value::Integer(number), ColumnType::Integer) => Some(number.to_string()),
            (Value::Real(number), ColumnType::Real) if number.is_finite() => Some(match database {
                Database::Postgres => format!("'{number:e}'::float8"),
                _ => format!("{number:e}"),
            }),
            (Value::Boolean(value), ColumnType::Boolean) => match database {
                Database::Postgres => Some(if *value { "TRUE" } else { "FALSE" }.to_owned()),
                // Nothing but these two.
                Database::SqlServer => Some(if *value { "1" } else { "0" }.to_owned()),
                // Any number but zero is true.
                _ => None,
            },
            // Servers differ in whether a backslash means itself, and nothing holds a zero byte.
            (Value::String(text), ColumnType::String) if !text.contains(['\\', '\0']) => {
                // Without the letter what is not in the code page of the server becomes a question mark.
                let national = if database == Database::SqlServer { "N" } else { "" };
                Some(format!("{national}'{}'", text.replace('\'', "''")))
            }
            (Value::Date(date), ColumnType::Date) if has_four_digits(date.year()) => match database {
                Database::Postgres | Database::Mysql => Some(format!("DATE '{date}'")),
                // The one form that means the same whatever the session's language and order of days are.
                Database::SqlServer => Some(format!("CAST('{}' AS date)", date.to_string().replace('-', ""))),
                Database::Sqlite => None,
            },
            (Value::DateTime(moment), ColumnType::DateTime) if has_four_digits(moment.date().year()) => {
                match database {
                    Database::Postgres | Database::Mysql => Some(format!("TIMESTAMP '{moment}'")),
                    // With the letter the session's language and order of days do not matter.
                    Database::SqlServer => {
                        let moment = moment.to_string().replacen(' ', "T", 1);
                        Some(format!("CAST('{moment}' AS datetime2)"))
                    }
                    Database::Sqlite => None,
                }
            }
            _ => None,
        }
    }
}

fn has_four_digits(year: i64) -> bool {
    (1..=9999).contains(&year)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(database: Database, kind: ColumnType) -> LiveTable {
        let column = Column {
            name: "a".to_owned(),
            kind,
        };
        LiveTable {
            database,
            connection: ConnectionSpec::of_class("postgres"),
            from: "t".to_owned(),
            columns: vec![LiveColumn {
                expression: database.quote("a"),
                column,
                is_comparable: true,
            }],
        }
    }

    fn compare(with: Comparison, value: Value) -> Condition {
        Condition::Compare {
            column: "a".to_owned(),
            with,
            value,
        }
    }

    fn check(database: Database, kind: ColumnType, condition: &Condition, expected: Option<&str>) {
        assert_eq!(table(database, kind).render(condition).as_deref(), expected);
    }

    #[test]
    fn conditions_are_written_where_no_row_gets_lost() {
        use ColumnType as T;
        use Database::{Mysql, Postgres, Sqlite};
        let text = |text: &str| Value::String(text.to_owned());
        let quote = compare(Comparison::Equal, text("O'Neil"));
        check(
            Postgres,
            T::String,
            &quote,
            Some("(\"a\" = 'O''Neil' AND (\"a\") COLLATE \"C\" = 'O''Neil')"),
        );
        check(
            Mysql,
            T::String,
            &quote,
            Some("(`a` = 'O''Neil' AND CAST(CONVERT(`a` USING utf8mb4) AS BINARY) = 'O''Neil')"),
        );
        check(
            Sqlite,
            T::String,
            &quote,
            Some("(\"a\" = 'O''Neil' OR typeof(\"a\") IN ('blob', 'integer', 'real'))"),
        );
        check(
            Mysql,
            T::String,
            &compare(Comparison::Equal, text("\\' OR 1=1 --")),
            None,
        );
        check(Postgres, T::String, &compare(Comparison::Less, text("b")), None);
        check(
            Postgres,
            T::String,
            &compare(Comparison::NotEqual, text("b")),
            None,
        );
        let five = compare(Comparison::NotEqual, Value::Integer(5));
        check(Postgres, T::Integer, &five, Some("(\"a\" <> 5)"));
        check(Postgres, T::Real, &five, None);
        check(Mysql, T::Integer, &five, Some("(`a` <> 5)"));
        let zero = compare(Comparison::Less, Value::Real(-0.0));
        check(Mysql, T::Real, &zero, Some("(`a` <= -0e0)"));
        check(
            Mysql,
            T::Real,
            &compare(Comparison::Greater, Value::Real(1.5)),
            Some("(`a` > 1.5e0)"),
        );
        check(
            Postgres,
            T::Real,
            &compare(Comparison::Less, Value::Real(f64::NAN)),
            None,
        );
        check(
            Sqlite,
            T::Boolean,
            &compare(Comparison::Equal, Value::Boolean(true)),
            None,
        );
    }

    #[test]
    fn sql_server_is_asked_in_its_own_words() {
        use ColumnType as T;
        use Database::SqlServer;
        let text = compare(Comparison::Equal, Value::String("O'Neil".to_owned()));
        check(SqlServer, T::String, &text, Some("([a] = N'O''Neil')"));
        let yes = compare(Comparison::Equal, Value::Boolean(true));
        check(SqlServer, T::Boolean, &yes, Some("([a] = 1)"));
        let day = vivant_calc::civil::Date::new(2024, 2, 29).unwrap();
        let since = compare(Comparison::GreaterOrEqual, Value::Date(day));
        check(
            SqlServer,
            T::Date,
            &since,
            Some("([a] >= CAST('20240229' AS date))"),
        );
        let at = compare(Comparison::Less, Value::DateTime(day.midnight()));
        check(
            SqlServer,
            T::DateTime,
            &at,
            Some("([a] < CAST('2024-02-29T00:00:00' AS datetime2))"),
        );
        let none = Condition::Null("a".to_owned());
        check(SqlServer, T::String, &none, Some("([a] IS NULL OR [a] = '')"));
        check(SqlServer, T::Integer, &Condition::NotTrue(Box::new(none)), None);
        let selection = Selection {
            columns: vec!["a".to_owned()],
            conditions: vec![compare(Comparison::Greater, Value::Integer(3))],
            most: Some(7),
        };
        assert_eq!(
            table(SqlServer, T::Integer).sql(&selection),
            "SELECT TOP (7) [a] FROM t WHERE ([a] > 3)"
        );
    }

    #[test]
    fn opposites_need_conditions_that_mean_the_same() {
        let listed = |value: Value| {
            Condition::NotTrue(Box::new(Condition::In {
                column: "a".to_owned(),
                values: vec![value],
            }))
        };
        let one = listed(Value::Integer(1));
        check(
            Database::Postgres,
            ColumnType::Integer,
            &one,
            Some("((\"a\" IN (1)) IS NOT TRUE)"),
        );
        check(
            Database::Mysql,
            ColumnType::Integer,
            &one,
            Some("((`a` IN (1)) IS NOT TRUE)"),
        );
        check(Database::SqlServer, ColumnType::Integer, &one, None);
        let text = listed(Value::String("x".to_owned()));
        check(Database::Sqlite, ColumnType::String, &text, None);
        check(
            Database::Postgres,
            ColumnType::Real,
            &listed(Value::Real(0.0)),
            None,
        );
        let no_day = Condition::NotTrue(Box::new(Condition::NotNull("a".to_owned())));
        check(
            Database::Postgres,
            ColumnType::Date,
            &no_day,
            Some("((\"a\" BETWEEN DATE '4713-01-01 BC' AND DATE '294247-01-09') IS NOT TRUE)"),
        );
    }

    #[test]
    fn rows_are_grouped_where_groups_mean_the_same() {
        let names = |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.to_owned()).collect() };
        let text = table(Database::Postgres, ColumnType::String);
        let measures = [Measure::Rows, Measure::Count("a".to_owned())];
        let only = compare(Comparison::Equal, Value::String("x".to_owned()));
        let grouped = text.grouped(&names(&["a"]), &measures, &[only]).unwrap();
        assert_eq!(
            grouped.from,
            "(SELECT (\"a\") COLLATE \"C\" AS \"g0\", COUNT(*) AS \"m0\", COUNT(\"a\") AS \"m1\" FROM t \
             WHERE (\"a\" = 'x' AND (\"a\") COLLATE \"C\" = 'x') GROUP BY 1) AS g"
        );
        let sum = [Measure::Sum("a".to_owned())];
        assert!(text.grouped(&[], &sum, &[]).is_none());
        let real = table(Database::Postgres, ColumnType::Real);
        let grouped = real.grouped(&[], &sum, &[]).unwrap();
        assert_eq!(
            grouped.from,
            "(SELECT SUM((CASE WHEN \"a\" BETWEEN '-1.7976931348623157e308'::float8 AND '1.7976931348623157e308'::float8 \
             THEN \"a\" END)::float8) AS \"m0\" FROM t) AS g"
        );
        assert!(real.grouped(&names(&["a"]), &[], &[]).is_none());
        let zero = compare(Comparison::Less, Value::Real(0.0));
        assert!(real.grouped(&[], &[Measure::Rows], &[zero]).is_none());
        let mysql = table(Database::Mysql, ColumnType::String);
        let grouped = mysql.grouped(&names(&["a"]), &measures, &[]).unwrap();
        assert_eq!(
            grouped.from,
            "(SELECT CONVERT(`g0` USING utf8mb4) AS `g0`, `m0`, `m1` FROM (SELECT CAST(CONVERT(`a` USING utf8mb4) AS BINARY) \
             AS `g0`, COUNT(*) AS `m0`, COUNT(`a`) AS `m1` FROM t GROUP BY 1) AS g) AS h"
        );
        let other = table(Database::Sqlite, ColumnType::Integer);
        assert!(other.grouped(&names(&["a"]), &[], &[]).is_none());
    }

    #[test]
    fn a_part_that_cannot_be_written_is_left_out_whole() {
        let unknown = Condition::Null("b".to_owned());
        let known = Condition::NotNull("a".to_owned());
        let table = table(Database::Postgres, ColumnType::Integer);
        assert!(!table.takes(&Condition::Any(vec![known.clone(), unknown.clone()])));
        let selection = Selection {
            columns: vec!["a".to_owned()],
            conditions: vec![known, unknown],
            most: Some(7),
        };
        assert_eq!(
            table.sql(&selection),
            "SELECT \"a\" FROM t WHERE \"a\" IS NOT NULL LIMIT 7"
        );
    }
}
