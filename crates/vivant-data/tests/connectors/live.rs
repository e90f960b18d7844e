//! Databases read for real: SQLite here, others where the environment says that one listens.

use std::path::Path;

use arrow_array::RecordBatch;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use vivant_data::spec::{ConnectionSpec, TableSpec};
use vivant_data::{
    ColumnType, Credentials, DataError, DataFile, DataLimits, NoFiles, Place, open, open_procedure, open_sql,
};

use crate::{One, place, server};

/// Says types and values as text: what is compared is what a reader sees.
fn show(batches: vivant_data::Batches) -> Result<Vec<String>, DataError> {
    let kinds: Vec<&str> = batches
        .schema()
        .fields()
        .iter()
        .map(|field| ColumnType::of_arrow(field.data_type()).map_or("?", ColumnType::name))
        .collect();
    let mut lines = vec![kinds.join(" ")];
    let options = FormatOptions::default().with_null("null");
    for batch in batches {
        let batch: RecordBatch = batch?;
        for row in 0..batch.num_rows() {
            let values: Vec<String> = batch
                .columns()
                .iter()
                .map(|array| {
                    ArrayFormatter::try_new(array, &options)
                        .unwrap()
                        .value(row)
                        .to_string()
                })
                .collect();
            lines.push(values.join("|"));
        }
    }
    Ok(lines)
}

fn sqlite(path: &Path, sql: &str) -> Result<Vec<String>, DataError> {
    let files = One(DataFile::new("x.sqlite", path));
    let limits = DataLimits::default();
    let place = place(&files, &limits);
    let connection = ConnectionSpec::of_class("sqlite").with("dbname", "x.sqlite");
    show(match sql.strip_prefix("TABLE ") {
        Some(table) => open(&connection, &TableSpec::of_table(table), place)?,
        None => open_sql(&connection, sql, place)?,
    })
}

#[test]
fn sqlite_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.sqlite");
    let database = rusqlite::Connection::open(&path).unwrap();
    database
        .execute_batch(
            "CREATE TABLE \"my \"\"table\" (i INTEGER, r DECIMAL(10,2), t VARCHAR(9), b BOOLEAN, d DATE, m DATETIME, x BLOB, n);
             INSERT INTO \"my \"\"table\" VALUES (9007199254740993, 1.5, 'Zü', 1, '2024-03-01', '2024-03-01 10:20:30', x'01ff', 7),
                 (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), ('no number', 2, 'a', 0, 'no day', NULL, NULL, 8);",
        )
        .unwrap();
    drop(database);
    assert_eq!(
        sqlite(&path, "TABLE [my \"table]").unwrap(),
        [
            "integer real string boolean date datetime string integer",
            "9007199254740993|1.5|Zü|true|2024-03-01|2024-03-01T10:20:30|01ff|7",
            "null|null|null|null|null|null|null|null",
            "null|2.0|a|false|null|null|null|8",
        ]
    );
    assert_eq!(
        sqlite(&path, "SELECT count(*) AS n, sum(r) AS s FROM \"my \"\"table\" ;").unwrap(),
        ["integer real", "3|3.5"]
    );
}

#[test]
fn statements_do_not_leave_the_sqlite_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.sqlite");
    let secret = folder.path().join("secret.sqlite");
    for path in [&path, &secret] {
        let database = rusqlite::Connection::open(path).unwrap();
        database
            .execute_batch("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)")
            .unwrap();
    }
    for sql in [
        format!("ATTACH DATABASE '{}' AS s", secret.display()),
        format!("VACUUM INTO '{}'", folder.path().join("copy").display()),
        "DELETE FROM t".to_owned(),
        "INSERT INTO t VALUES (2) RETURNING a".to_owned(),
        "SELECT load_extension('x')".to_owned(),
        "SELECT readfile('/etc/passwd')".to_owned(),
        "SELECT 1; DELETE FROM t".to_owned(),
    ] {
        let _ = sqlite(&path, &sql).expect_err(&sql);
    }
    assert!(!folder.path().join("copy").exists());
    assert_eq!(sqlite(&path, "SELECT a FROM t").unwrap(), ["integer", "1"]);
}

#[test]
fn parameters_in_custom_sql_are_not_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.sqlite");
    rusqlite::Connection::open(&path).unwrap();
    let error = sqlite(&path, "SELECT <[Parameters].[P]>")
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "custom SQL with the parameter `[P]` needs the query engine"
    );
}

#[test]
fn what_is_guarded_is_not_connected_to() {
    let limits = DataLimits::default();
    let guard = |connection: &ConnectionSpec| {
        Err(DataError::FileRefused {
            path: connection.label(),
            reason: "it is the server's own".to_owned(),
        })
    };
    let place = Place {
        guard: &guard,
        ..place(&NoFiles, &limits)
    };
    let connection = ConnectionSpec::of_class("postgres").with("server", "127.0.0.1");
    assert!(matches!(
        open_sql(&connection, "SELECT 1", place),
        Err(DataError::FileRefused { .. })
    ));
}

fn ask(connection: &ConnectionSpec, credentials: &Credentials, sql: &str) -> Result<Vec<String>, DataError> {
    let limits = DataLimits::default();
    let place = Place {
        credentials: &|_| Some(credentials.clone()),
        ..place(&NoFiles, &limits)
    };
    show(match sql.strip_prefix("TABLE ") {
        Some(table) => open(connection, &TableSpec::of_table(table), place)?,
        None => open_sql(connection, sql, place)?,
    })
}

#[test]
fn postgresql_is_read() {
    let Some((connection, credentials)) = server("VIVANT_TEST_POSTGRES_URL", "postgres") else {
        return;
    };
    let values = "SELECT true AS b, 1::int2 AS i2, 2::int4 AS i4, 9007199254740993 AS i8, 12.345::numeric AS n, 1.5::float4 AS f4,
        2.5::float8 AS f8, 'Zü'::text AS t, 'ab'::char(4) AS c, DATE '2024-03-01' AS d, TIMESTAMP '2024-03-01 10:20:30.5' AS ts,
        TIMESTAMPTZ '2024-03-01 10:20:30+02' AS tz, TIME '10:20:30' AS tm, INTERVAL '1 day' AS iv, '{1,2}'::int[] AS a,
        '{\"a\":1}'::jsonb AS j, '0f0e0d0c-0b0a-0908-0706-050403020100'::uuid AS u, 'infinity'::date AS inf, NULL::text AS \"nu\"\"ll\" -- end";
    assert_eq!(
        ask(&connection, &credentials, values).unwrap(),
        [
            "boolean integer integer integer real real real string string date datetime datetime datetime string string string string date string",
            "true|1|2|9007199254740993|12.345|1.5|2.5|Zü|ab|2024-03-01|2024-03-01T10:20:30.500|2024-03-01T08:20:30|1899-12-30T10:20:30|1 day|{1,2}|{\"a\": 1}|0f0e0d0c-0b0a-0908-0706-050403020100|null|null",
        ]
    );
    let many = ask(
        &connection,
        &credentials,
        "SELECT g AS n FROM generate_series(1, 100000) AS g",
    )
    .unwrap();
    assert_eq!((many.len(), many[100_000].as_str()), (100_001, "100000"));
    let tables = ask(&connection, &credentials, "TABLE [pg_catalog].[pg_am]").unwrap();
    assert!(tables.len() > 2, "{tables:?}");

    let told = |sql: &str| ask(&connection, &credentials, sql).unwrap_err().to_string();
    assert!(told("SELECT 1/0 AS x").contains("division by zero"));
    assert!(told("SELECT 1 AS a, 2 AS a").contains("two columns of the name `a`"));
    assert!(told("SELECT 1; SELECT 2").contains("cannot insert multiple commands"));
    assert!(told("TABLE [public].[not there]").contains("does not exist"));
    let wrong = Credentials {
        password: "hunter2-is-wrong".to_owned(),
        ..credentials.clone()
    };
    let message = ask(&connection, &wrong, "SELECT 1 AS a").unwrap_err().to_string();
    assert!(
        message.contains("password authentication failed") && !message.contains("hunter2"),
        "{message}"
    );
    // A reader that stops does not wait for the rest.
    let limits = DataLimits::default();
    let place = Place {
        credentials: &|_| Some(credentials.clone()),
        ..place(&NoFiles, &limits)
    };
    let mut endless = open_sql(&connection, "SELECT generate_series(1, 100000000000) AS n", place).unwrap();
    assert!(endless.next().unwrap().is_ok());
}

#[test]
fn sockets_of_this_machine_are_no_servers() {
    let limits = DataLimits::default();
    let place = place(&NoFiles, &limits);
    let connection = ConnectionSpec::of_class("postgres").with("server", "/var/run/postgresql");
    let message = open_sql(&connection, "SELECT 1 AS a", place)
        .unwrap_err()
        .to_string();
    assert!(message.contains("not the name of a server"), "{message}");
}

/// Columns of every kind, with what MySQL keeps and others would not.
const OF_MYSQL: &str = "CREATE TEMPORARY TABLE t (id INT, ti TINYINT, b TINYINT(1), u BIGINT UNSIGNED, i BIGINT, y YEAR, \
    bits BIT(10), n DECIMAL(25,3), f FLOAT, r DOUBLE, c CHAR(4), t TEXT, l VARCHAR(9) CHARACTER SET latin1, \
    e ENUM('x','Y'), x VARBINARY(4), d DATE, m DATETIME(6), tm TIME, j JSON); \
    SET sql_mode = 'ALLOW_INVALID_DATES'; \
    INSERT INTO t VALUES (1, -5, 1, 18446744073709551615, 9007199254740993, 1999, 517, 12345678901234567890.125, 1.1, 2.5, \
    'ab', 'Zü😀', 'Zü', 'Y', x'01ff', '2024-03-01', '2024-03-01 10:20:30.5', '-10:20:30', '{\"a\": 1}'), \
    (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), \
    (3, 0, 0, 0, -1, 2024, 0, -0.5, -2, -1e300, '', '', '', 'x', '', '0000-00-00', '2024-02-31 00:00:00', '00:00:00', '[]')";

#[test]
fn mysql_is_read() {
    let Some((connection, credentials)) = server("VIVANT_TEST_MYSQL_URL", "mysql") else {
        return;
    };
    let with_table = connection.clone().with("one-time-sql", OF_MYSQL);
    let expected = [
        "integer integer boolean real integer integer integer real real real string string string string string date \
         datetime datetime string",
        "1|-5|true|1.8446744073709552e19|9007199254740993|1999|517|1.2345678901234567e19|1.100000023841858|2.5|ab|Zü😀|Zü|Y|\
         01ff|2024-03-01|2024-03-01T10:20:30.500|1899-12-29T13:39:30|{\"a\": 1}",
        "2|null|null|null|null|null|null|null|null|null|null|null|null|null|null|null|null|null|null",
        "3|0|false|0.0|-1|2024|0|-0.5|-2.0|-1e300||||x||null|null|1899-12-30T00:00:00|[]",
    ];
    for asked in [
        "TABLE [t]",
        "SELECT * FROM t ORDER BY id; ",
        "SELECT * FROM t -- all",
    ] {
        assert_eq!(
            ask(&with_table, &credentials, asked).unwrap(),
            expected,
            "{asked}"
        );
    }
    let many = ask(
        &connection,
        &credentials,
        "WITH RECURSIVE s AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM s WHERE n < 900) \
         SELECT a.n * 1000 + b.n AS n FROM s AS a JOIN s AS b ON b.n <= 100 ORDER BY n",
    )
    .unwrap();
    assert_eq!((many.len(), many[90_000].as_str()), (90_001, "900100"));

    let told = |sql: &str| ask(&connection, &credentials, sql).unwrap_err().to_string();
    for (sql, expected) in [
        ("TABLE [not there]", "doesn't exist"),
        ("SELECT 1 AS a, 2 AS a", "two columns of the name `a`"),
        ("SELECT 1; SELECT 2", "syntax"),
        ("SET @a = 1", "the statement gives no rows"),
        (
            "SELECT LOAD_FILE(NULL), 1 AS `LOAD_FILE(NULL)`",
            "two columns of the name",
        ),
    ] {
        let told = told(sql);
        assert!(told.contains(expected), "{sql}: {told}");
    }
    // The server asks for the file, and does not get it.
    let file = "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t";
    let refused = ask(&with_table, &credentials, file).unwrap_err().to_string();
    assert!(
        refused.contains("local infile") || refused.contains("LOCAL INFILE"),
        "{refused}"
    );
    let wrong = Credentials {
        password: "hunter2-is-wrong".to_owned(),
        ..credentials
    };
    let message = ask(&connection, &wrong, "SELECT 1 AS a").unwrap_err().to_string();
    assert!(
        message.contains("Access denied") && !message.contains("hunter2"),
        "{message}"
    );
}

#[test]
fn procedures_of_mysql_are_called() {
    let Some((connection, credentials)) = server("VIVANT_TEST_MYSQL_URL", "mysql") else {
        return;
    };
    let limits = DataLimits::default();
    let place = Place {
        credentials: &|_| Some(credentials.clone()),
        ..place(&NoFiles, &limits)
    };
    let with_procedure = connection.clone().with(
        "one-time-sql",
        "CREATE OR REPLACE PROCEDURE `what it got`(t TEXT, d DATE, n DOUBLE, b BOOLEAN, m DATETIME) BEGIN \
         SELECT t, d, n, b, m; SELECT 'a second result'; END",
    );
    let call = |values: [&str; 5]| {
        let names = ["t", "d", "n", "b", "m"].into_iter().map(str::to_owned);
        let arguments: Vec<(String, String)> = names.zip(values.map(str::to_owned)).collect();
        show(open_procedure(
            &with_procedure,
            "[what it got]",
            &arguments,
            place,
        )?)
    };
    assert_eq!(
        call([
            "\"O'Neil \\ \"\"ü\"",
            "#2024-02-29#",
            "-1.5e3",
            "true",
            "#2024-02-29 10:20:30#"
        ])
        .unwrap(),
        [
            "string date real boolean datetime",
            "O'Neil \\ \"ü|2024-02-29|-1500.0|true|2024-02-29T10:20:30",
        ]
    );
    assert_eq!(call(["null"; 5]).unwrap()[1], "null|null|null|null|null");
    let none = open_procedure(&connection, "[not there]", &[], place);
    let told = none.unwrap_err().to_string();
    assert!(told.contains("does not exist"), "{told}");
}
