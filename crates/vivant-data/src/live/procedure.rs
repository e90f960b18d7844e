//! Stored procedures: the call with its arguments, in the words of each database.

use super::{Database, run};
use crate::batches::Batches;
use crate::error::{DataError, Result, shorten};
use crate::files::Place;
use crate::spec::{ConnectionSpec, TableSpec};

/// Calls a procedure that gives rows. Arguments are names and literals, as documents write them.
pub fn open_procedure(
    connection: &ConnectionSpec,
    procedure: &str,
    arguments: &[(String, String)],
    place: Place<'_>,
) -> Result<Batches> {
    let database = Database::of_class(&connection.class).ok_or_else(|| DataError::UnsupportedClass {
        class: shorten(&connection.class),
        hint: "it has no stored procedures".to_owned(),
    })?;
    run(database, connection, call(database, procedure, arguments)?, place)
}

/// Writes the call.
fn call(database: Database, procedure: &str, arguments: &[(String, String)]) -> Result<String> {
    let table = TableSpec::of_table(procedure);
    let mut parts = table.parts();
    if let Some(last) = parts.last_mut()
        && database == Database::SqlServer
        && let Some((name, number)) = last.rsplit_once(';')
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        // Drivers of SQL Server name the version of a procedure.
        *last = name.to_owned();
    }
    if parts.iter().all(String::is_empty) {
        return Err(DataError::damaged("a stored procedure", "it has no name"));
    }
    let parts: Vec<String> = parts.iter().map(|part| database.quote(part)).collect();
    let name = parts.join(".");
    let mut values = Vec::with_capacity(arguments.len());
    for (argument, text) in arguments {
        let value = literal(database, text).ok_or_else(|| DataError::UnsupportedSetting {
            setting: "the value of a procedure's parameter",
            value: shorten(text),
            hint: format!(
                "`{}` takes a number, a text, a date or a truth value",
                shorten(argument)
            ),
        })?;
        values.push(match (database, argument.strip_prefix('@')) {
            (Database::SqlServer, Some(bare)) if is_name(bare) => format!("@{bare} = {value}"),
            _ => value,
        });
    }
    let values = values.join(", ");
    Ok(match database {
        Database::Postgres => format!("SELECT * FROM {name}({values})"),
        Database::Mysql => format!("CALL {name}({values})"),
        Database::SqlServer => format!("EXEC {name} {values}").trim_end().to_owned(),
        Database::Sqlite => {
            return Err(DataError::UnsupportedClass {
                class: "sqlite".to_owned(),
                hint: "it has no stored procedures".to_owned(),
            });
        }
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '@'))
}

/// Writes a literal of a document as one of the database; `None` for what is none.
fn literal(database: Database, text: &str) -> Option<String> {
    let text = text.trim();
    let inside = |quote: char| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    if let Some(string) = inside('"').or_else(|| inside('\'')) {
        let quote = text.chars().next()?;
        let string = string.replace(&format!("{quote}{quote}"), &quote.to_string());
        if string.contains('\0') {
            return None;
        }
        let string = string.replace('\'', "''");
        return Some(match database {
            // A backslash begins another character there.
            Database::Mysql => format!("'{}'", string.replace('\\', "\\\\")),
            Database::SqlServer => format!("N'{string}'"),
            // Whether it does here is a setting; in this form it does for sure.
            _ if string.contains('\\') => format!("E'{}'", string.replace('\\', "\\\\")),
            _ => format!("'{string}'"),
        });
    }
    if let Some(moment) = inside('#') {
        let is_plain = !moment.is_empty() && moment.chars().all(|c| c.is_ascii_digit() || "-: .".contains(c));
        return match database {
            _ if !is_plain => None,
            Database::SqlServer => same_everywhere(moment).map(|moment| format!("'{moment}'")),
            _ => Some(format!("'{moment}'")),
        };
    }
    match text.to_ascii_lowercase().as_str() {
        "true" | "false" => Some(match database {
            Database::SqlServer => if text.eq_ignore_ascii_case("true") {
                "1"
            } else {
                "0"
            }
            .to_owned(),
            _ => text.to_ascii_uppercase(),
        }),
        "null" | "%null%" => Some("NULL".to_owned()),
        _ => {
            let is_plain = text
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'));
            (is_plain && text.parse::<f64>().is_ok_and(f64::is_finite)).then(|| text.to_owned())
        }
    }
}

/// Writes a day or moment so that SQL Server reads the same, whatever a session's language and order of days are.
fn same_everywhere(moment: &str) -> Option<String> {
    let moment = moment.trim();
    let (day, time) = moment.split_once(' ').unwrap_or((moment, ""));
    let parts: Vec<u32> = day
        .split('-')
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let &[year @ 1..=9999, month @ 1..=12, day @ 1..=31] = &parts[..] else {
        return None;
    };
    let time = time.trim();
    Some(match time.split(':').count() {
        _ if time.is_empty() => format!("{year:04}{month:02}{day:02}"),
        2 => format!("{year:04}-{month:02}-{day:02}T{time}:00"),
        3 => format!("{year:04}-{month:02}-{day:02}T{time}"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(database: Database, procedure: &str, arguments: &[(&str, &str)]) -> Result<String> {
        let arguments: Vec<(String, String)> = arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        call(database, procedure, &arguments)
    }

    #[test]
    fn calls_are_written_in_the_words_of_the_database() {
        let arguments = [
            ("@region", "\"O'Neil \\\""),
            ("@since", "#2024-02-29#"),
            ("@most", "-1.5e3"),
            ("@all", "true"),
        ];
        let call = |database| check(database, "[sales].[by region]", &arguments).unwrap();
        assert_eq!(
            call(Database::Postgres),
            r#"SELECT * FROM "sales"."by region"(E'O''Neil \\', '2024-02-29', -1.5e3, TRUE)"#
        );
        assert_eq!(
            call(Database::Mysql),
            r"CALL `sales`.`by region`('O''Neil \\', '2024-02-29', -1.5e3, TRUE)"
        );
        assert_eq!(
            call(Database::SqlServer),
            r"EXEC [sales].[by region] @region = N'O''Neil \', @since = '20240229', @most = -1.5e3, @all = 1"
        );
        let at = |moment| check(Database::SqlServer, "[p]", &[("x", moment)]);
        assert_eq!(at("#2024-2-9#").unwrap(), "EXEC [p] '20240209'");
        assert_eq!(
            at("#2024-02-29 10:20:30#").unwrap(),
            "EXEC [p] '2024-02-29T10:20:30'"
        );
        assert_eq!(
            at("#2024-02-29 10:20#").unwrap(),
            "EXEC [p] '2024-02-29T10:20:00'"
        );
        assert!(at("#10:20#").is_err() && at("#29-02-2024#").is_err());
        assert_eq!(
            check(Database::SqlServer, "[dbo].[p;1]", &[]).unwrap(),
            "EXEC [dbo].[p]"
        );
        assert_eq!(
            check(Database::Mysql, "[p]", &[("x", "%null%")]).unwrap(),
            "CALL `p`(NULL)"
        );
    }

    #[test]
    fn what_is_no_literal_is_refused() {
        for value in [
            "1; DROP TABLE t",
            "a",
            "#x#",
            "",
            "\"",
            "1e999",
            "-",
            "@x",
            "inf",
            "\"a",
        ] {
            assert!(
                check(Database::Postgres, "[p]", &[("x", value)]).is_err(),
                "{value}"
            );
        }
        assert!(check(Database::Sqlite, "[p]", &[]).is_err());
        assert!(check(Database::Postgres, "", &[]).is_err());
        // A name of an argument that is none stays out of the statement.
        let odd = check(Database::SqlServer, "[p]", &[("@a = 1; DROP", "1")]).unwrap();
        assert_eq!(odd, "EXEC [p] 1");
    }
}
