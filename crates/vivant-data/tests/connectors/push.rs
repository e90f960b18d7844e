//! Conditions passed to databases, held against the same conditions tested here: no row may get lost.
//!
//! SQLite is always asked, others where the environment says that one listens.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use vivant_calc::Value;
use vivant_calc::civil::{Date, DateTime};
use vivant_data::spec::ConnectionSpec;
use vivant_data::{
    Batches, Comparison, Condition, DataFile, DataLimits, LiveTable, Measure, NoFiles, Place, Selection,
    open_sql,
};

use crate::{One, place, server};

/// Reads a value as plans see it.
fn value(array: &dyn Array, row: usize) -> Value {
    use arrow_schema::DataType as T;
    if array.is_null(row) {
        return Value::Null;
    }
    match array.data_type() {
        T::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(row)),
        T::Float64 => Value::Real(array.as_primitive::<Float64Type>().value(row)),
        T::Boolean => Value::Boolean(array.as_boolean().value(row)),
        T::Utf8 => Value::String(array.as_string::<i32>().value(row).to_owned()),
        T::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            Value::Date(Date::from_days(days.into()).unwrap())
        }
        T::Timestamp(..) => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            Value::DateTime(DateTime::from_micros(micros).unwrap())
        }
        other => panic!("{other}"),
    }
}

fn rows(batches: Batches) -> Vec<Vec<Value>> {
    let mut found = Vec::new();
    for batch in batches {
        let batch: RecordBatch = batch.unwrap();
        for row in 0..batch.num_rows() {
            found.push(batch.columns().iter().map(|array| value(array, row)).collect());
        }
    }
    found
}

/// Compares as plans do: doubles by their total order.
fn order(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Real(a), Value::Real(b)) => Some(a.total_cmp(b)),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::DateTime(a), Value::DateTime(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Tests a condition; `None` is neither true nor false.
fn holds(condition: &Condition, names: &[String], row: &[Value]) -> Option<bool> {
    let of = |name: &String| &row[names.iter().position(|known| known == name).unwrap()];
    match condition {
        Condition::Compare { column, with, value } => {
            let found = order(of(column), value)?;
            Some(match with {
                Comparison::Equal => found.is_eq(),
                Comparison::NotEqual => found.is_ne(),
                Comparison::Less => found.is_lt(),
                Comparison::LessOrEqual => found.is_le(),
                Comparison::Greater => found.is_gt(),
                Comparison::GreaterOrEqual => found.is_ge(),
            })
        }
        Condition::In { column, values } => match of(column) {
            Value::Null => None,
            found => Some(
                values
                    .iter()
                    .any(|one| order(found, one).is_some_and(|order| order.is_eq())),
            ),
        },
        Condition::Null(column) => Some(of(column).is_null()),
        Condition::NotNull(column) => Some(!of(column).is_null()),
        Condition::All(parts) => parts
            .iter()
            .try_fold(true, |all, part| Some(all && holds(part, names, row)?)),
        Condition::Any(parts) => Some(parts.iter().any(|part| holds(part, names, row) == Some(true))),
        Condition::NotTrue(inner) => Some(holds(inner, names, row) != Some(true)),
    }
}

/// Every comparison of every column with every value that it has and some that it has not.
fn conditions(names: &[String], all: &[Vec<Value>]) -> Vec<Condition> {
    let mut found = Vec::new();
    for (at, column) in names.iter().enumerate() {
        let mut values: Vec<Value> = all.iter().map(|row| row[at].clone()).collect();
        values.extend([
            Value::Real(0.0),
            Value::Real(-0.0),
            Value::Real(1e300),
            Value::Integer(3),
        ]);
        values.extend(["", "zz", "o'n", "back\\slash"].map(|text| Value::String(text.to_owned())));
        let kind = values.iter().find(|value| !value.is_null()).map(Value::data_type);
        values.retain(|value| Some(value.data_type()) == kind);
        for value in &values {
            for with in [
                Comparison::Equal,
                Comparison::NotEqual,
                Comparison::Less,
                Comparison::LessOrEqual,
                Comparison::Greater,
                Comparison::GreaterOrEqual,
            ] {
                found.push(Condition::Compare {
                    column: column.clone(),
                    with,
                    value: value.clone(),
                });
            }
        }
        for most in [0, 1, 3] {
            found.push(Condition::In {
                column: column.clone(),
                values: values.iter().take(most).cloned().collect(),
            });
        }
        found.push(Condition::Null(column.clone()));
        found.push(Condition::NotNull(column.clone()));
    }
    let opposites: Vec<_> = found
        .iter()
        .map(|one| Condition::NotTrue(Box::new(one.clone())))
        .collect();
    let pairs: Vec<_> = found
        .iter()
        .zip(found.iter().skip(7))
        .flat_map(|(a, b)| {
            let both = vec![a.clone(), b.clone()];
            [Condition::All(both.clone()), Condition::Any(both)]
        })
        .collect();
    found.into_iter().chain(opposites).chain(pairs).collect()
}

/// Asks for rows by every condition, or every so many; returns how many conditions were passed on, and how many of
/// them group.
fn check(connection: &ConnectionSpec, sql: &str, place: Place<'_>, step: usize) -> (usize, usize) {
    let whole = open_sql(connection, sql, place).unwrap();
    let names: Vec<String> = whole
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let all = rows(whole);
    let table = LiveTable::of_sql(connection, sql, place)
        .unwrap()
        .expect("its types are known");
    assert_eq!(
        table.schema(),
        open_sql(connection, sql, place).unwrap().schema().clone()
    );
    let (mut passed, mut grouped) = (0, 0);
    for column in &names {
        grouped += usize::from(check_groups(&table, column, &names, &all, place));
    }
    for condition in conditions(&names, &all).into_iter().step_by(step) {
        let takes = table.takes(&condition);
        let groups = table.grouped(&[], &[Measure::Rows], std::slice::from_ref(&condition));
        if !takes && groups.is_none() {
            continue;
        }
        let expected: BTreeSet<String> = all
            .iter()
            .filter(|row| holds(&condition, &names, row) == Some(true))
            .map(|row| format!("{row:?}"))
            .collect();
        let selection = Selection {
            columns: names.clone(),
            conditions: vec![condition.clone()],
            most: None,
        };
        let given: BTreeSet<String> = rows(table.read(&selection, place).unwrap())
            .iter()
            .map(|row| format!("{row:?}"))
            .collect();
        let lost: Vec<_> = expected.difference(&given).collect();
        assert!(
            lost.is_empty(),
            "{condition:?}: {lost:?} got lost by {}",
            table.sql(&selection)
        );
        passed += 1;
        if let Some(groups) = groups {
            let counted = rows(groups.read(&all_of(&groups), place).unwrap());
            assert_eq!(
                counted,
                [vec![Value::Integer(expected.len() as i64)]],
                "{condition:?}"
            );
            grouped += 1;
        }
    }
    (passed, grouped)
}

/// Puts two parts of a measure together.
type Put = fn(f64, f64) -> f64;

/// Groups by a column, where the database may, and holds counts, sums and bounds of every other against those of the
/// rows. Groups may come in several parts. Tells whether the database groups by it.
fn check_groups(
    table: &LiveTable,
    column: &str,
    names: &[String],
    all: &[Vec<Value>],
    place: Place<'_>,
) -> bool {
    let groups = [column.to_owned()];
    let mut measures = vec![Measure::Rows];
    // How each of them puts parts together, and which column it is of.
    let mut of: Vec<(Put, Option<usize>)> = vec![(|a, b| a + b, None)];
    for (at, name) in names.iter().enumerate() {
        let name = || name.clone();
        let more: [(Measure, Put); 4] = [
            (Measure::Count(name()), |a, b| a + b),
            (Measure::Sum(name()), |a, b| a + b),
            (Measure::Min(name()), f64::min),
            (Measure::Max(name()), f64::max),
        ];
        for (measure, put) in more {
            if table
                .grouped(&groups, std::slice::from_ref(&measure), &[])
                .is_some()
            {
                measures.push(measure);
                of.push((put, Some(at)));
            }
        }
    }
    let Some(found) = table.grouped(&groups, &measures, &[]) else {
        // What each measure may, all may.
        assert_eq!(measures, [Measure::Rows], "{column}");
        return false;
    };
    let texts = |rows: Vec<(Value, Vec<f64>)>| -> Vec<String> {
        let mut known: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (group, values) in rows {
            let known = known.entry(format!("{group:?}"));
            let known = known.or_insert_with(|| vec![f64::NAN; values.len()]);
            for (at, value) in values.into_iter().enumerate() {
                known[at] = match (known[at].is_nan(), value.is_nan()) {
                    (true, _) => value,
                    (_, true) => known[at],
                    _ => of[at].0(known[at], value),
                };
            }
        }
        let lines = known.into_iter().flat_map(|(group, values)| {
            let values = measures.iter().zip(values);
            let lines = values.map(|(measure, value)| format!("{group}: {measure:?} {value:.9e}"));
            lines.collect::<Vec<_>>()
        });
        lines.collect()
    };
    let given = rows(found.read(&all_of(&found), place).unwrap()).into_iter();
    let given = given.map(|row| (row[0].clone(), row[1..].iter().map(number).collect()));
    let by = names.iter().position(|known| known == column).unwrap();
    let expected = all.iter().map(|row| {
        let values = measures.iter().zip(&of).map(|(measure, (_, at))| match measure {
            Measure::Rows => 1.0,
            Measure::Count(_) => f64::from(u8::from(at.is_some_and(|at| !row[at].is_null()))),
            _ => at.map_or(f64::NAN, |at| number(&row[at])),
        });
        (row[by].clone(), values.collect())
    });
    assert_eq!(texts(given.collect()), texts(expected.collect()), "{column}");
    true
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Integer(number) => *number as f64,
        Value::Real(number) => *number,
        _ => f64::NAN,
    }
}

fn all_of(table: &LiveTable) -> Selection {
    Selection {
        columns: table
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect(),
        ..Selection::default()
    }
}

#[test]
fn sqlite_loses_no_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    // Values of any type in columns of any other.
    database
        .execute_batch(
            "CREATE TABLE t (id INTEGER, i INTEGER, r DOUBLE, s VARCHAR(9), c TEXT COLLATE NOCASE, b BOOLEAN, d DATE, m DATETIME);
             INSERT INTO t VALUES (1, 1, 1.5, 'a', 'a', 1, '2024-03-01', '2024-03-01 10:20:30'),
                 (2, 2, -2, 'A', 'A', 0, '2023-12-31', '2023-12-31 00:00:00'), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                 (4, 'no number', 'neither', x'6162', '', 2, 'no day', 'no moment'), (5, 1.5, '3', 7, 'o''n', 'yes', 45000, 45000.5),
                 (6, 3, 9e999, '', 'zz', 1, '2024-03-01', 1709288430);",
        )
        .unwrap();
    drop(database);
    let files = One(DataFile::new("x.sqlite", &path));
    let limits = DataLimits::default();
    let place = place(&files, &limits);
    let connection = ConnectionSpec::of_class("sqlite").with("dbname", "x.sqlite");
    let (passed, grouped) = check(&connection, "SELECT * FROM t", place, 1);
    assert!(passed > 200 && grouped == 0, "{passed} {grouped}");
    // Columns of no declared type are read whole.
    let table = LiveTable::of_sql(&connection, "SELECT i + 1 AS j FROM t", place).unwrap();
    assert!(table.is_none());
}

fn ask(variable: &str, class: &str, initial: Option<&str>, sql: &str, step: usize) -> Option<(usize, usize)> {
    let (mut connection, credentials) = server(variable, class)?;
    if let Some(initial) = initial {
        connection = connection.with("one-time-sql", initial);
    }
    let limits = DataLimits::default();
    let place = Place {
        credentials: &|_| Some(credentials.clone()),
        ..place(&NoFiles, &limits)
    };
    // Each question is a connection of its own.
    Some(check(&connection, sql, place, step))
}

#[test]
fn postgresql_loses_no_row_and_groups_the_same() {
    let values = "SELECT * FROM (VALUES
        (1::int8, 1::int4, 1.5::numeric, 2.5::float8, 'a', 'a'::char(3), true, DATE '2024-03-01', TIMESTAMP '2024-03-01 10:20:30'),
        (2, 2, -2, 'NaN', 'A', 'b', false, 'infinity', '-infinity'),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (4, 3, 0, '-0', '', '', true, '-infinity', 'infinity'),
        (5, -7, 12345678901234567890.5, 'Infinity', 'o''n', 'zz', false, '4713-01-01 BC', '0044-03-15 12:00:00 BC'))
        AS v (id, i, n, f, t, c, b, d, ts)";
    if let Some((passed, grouped)) = ask("VIVANT_TEST_POSTGRES_URL", "postgres", None, values, 11) {
        assert!(passed > 50 && grouped > 50, "{passed} {grouped}");
    }
}

#[test]
fn mysql_loses_no_row_and_groups_the_same() {
    // Texts that are equal there but not here, days that are none, years that two digits would stand for.
    let table = "CREATE TEMPORARY TABLE t (id INT, i BIGINT, u BIGINT UNSIGNED, y YEAR, bits BIT(10), n DECIMAL(25,3), \
        f FLOAT, r DOUBLE, c CHAR(4), t VARCHAR(9), l VARCHAR(9) CHARACTER SET latin1, b TINYINT(1), x VARBINARY(4), \
        d DATE, m DATETIME(6), tm TIME) CHARACTER SET utf8mb4; \
        SET sql_mode = 'ALLOW_INVALID_DATES'; INSERT INTO t VALUES \
        (1, -5, 18446744073709551615, 1999, 517, 12345678901234567890.125, 1.1, 2.5, 'ab', 'Zü', 'Zü', 1, 'ab', '2024-03-01', \
        '2024-03-01 10:20:30.5', '10:20:30'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
        NULL, NULL), (3, -7, 0, 2024, 3, 0, 0, -0e0, 'AB', 'zU', 'ZÜ', 0, 'AB', '0000-00-00', '0000-00-00 00:00:00', '00:00:00'), \
        (4, 3, 3, 2000, 0, -2, -2, 1e300, '', 'Zü ', '', 2, '', '2024-02-31', '2024-00-10 00:00:00', '-10:20:30'), \
        (5, 9223372036854775807, 12, 1901, 1, 0.125, 0.1, 0.1, 'o''n', 'zz', 'zz', 1, 'zz', '0000-01-01', \
        '9999-12-31 23:59:59.999999', '838:59:59')";
    let variable = "VIVANT_TEST_MYSQL_URL";
    if let Some((passed, grouped)) = ask(variable, "mysql", Some(table), "SELECT * FROM t", 29) {
        assert!(passed > 30 && grouped > 30, "{passed} {grouped}");
    }
}
