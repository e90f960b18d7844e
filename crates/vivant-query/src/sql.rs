//! Custom SQL with the values of parameters in it.
//!
//! A value is always a literal of its type: what people give cannot become a part of the statement.

use std::borrow::Cow;

use vivant_calc::{Diagnostic, Value};
use vivant_document::quote;
use vivant_document::spec::{FieldRef, RelationSpec, SourceSpec};

use crate::rows::Surroundings;

/// What stands before and behind the name of a parameter.
const OPEN: &str = "<[Parameters].[";

/// Connections whose databases read a backslash in a text as the beginning of another character.
const ESCAPING: [&str; 5] = ["mysql", "mariadb", "aurora", "memsql", "singlestore"];

/// Puts the values of parameters into custom SQL and the arguments of procedures; other relations stay as they are.
pub fn with_parameters<'r>(
    source: &SourceSpec,
    relation: &'r RelationSpec,
    surroundings: &Surroundings,
) -> Result<Cow<'r, RelationSpec>, Box<Diagnostic>> {
    let (name, connection, sql) = match relation {
        RelationSpec::Sql {
            name,
            connection,
            sql,
        } => (name, connection, sql),
        RelationSpec::StoredProcedure {
            name,
            connection,
            procedure,
            arguments,
        } if arguments.iter().any(|(_, value)| value.starts_with(OPEN)) => {
            let what = format!("the stored procedure '{name}'");
            let mut arguments = arguments.clone();
            for (_, value) in arguments.iter_mut().filter(|(_, value)| value.starts_with(OPEN)) {
                let (parameter, _) = reference(value).ok_or_else(|| endless(&what))?;
                *value = value_of(&parameter, &what, surroundings)?.to_literal();
            }
            return Ok(Cow::Owned(RelationSpec::StoredProcedure {
                name: name.clone(),
                connection: connection.clone(),
                procedure: procedure.clone(),
                arguments,
            }));
        }
        _ => return Ok(Cow::Borrowed(relation)),
    };
    if !sql.contains(OPEN) {
        return Ok(Cow::Borrowed(relation));
    }
    let found = source
        .connection(connection.as_deref())
        .or(source.connections.first());
    let escapes = found.is_some_and(|found| ESCAPING.contains(&found.class.as_str()));
    let what = format!("custom SQL '{name}'");
    let (mut out, mut rest) = (String::with_capacity(sql.len()), sql.as_str());
    while let Some(at) = rest.find(OPEN) {
        out.push_str(&rest[..at]);
        let (parameter, after) = reference(&rest[at..]).ok_or_else(|| endless(&what))?;
        let value = value_of(&parameter, &what, surroundings)?;
        out.push_str(&literal(value, escapes));
        rest = after;
    }
    out.push_str(rest);
    Ok(Cow::Owned(RelationSpec::Sql {
        name: name.clone(),
        connection: connection.clone(),
        sql: out,
    }))
}

fn endless(what: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        "query.custom-sql",
        format!("{what} has a reference to a parameter that does not end"),
    ))
}

/// Finds the value of a parameter.
fn value_of<'s>(
    parameter: &str,
    what: &str,
    surroundings: &'s Surroundings,
) -> Result<&'s Value, Box<Diagnostic>> {
    surroundings
        .parameters
        .get(&parameter.to_lowercase())
        .ok_or_else(|| {
            Box::new(
                Diagnostic::error(
                    "query.parameter",
                    format!(
                        "{what} reads the parameter {}, which there is not",
                        quote(parameter)
                    ),
                )
                .hint("edit the data source, or make the parameter again"),
            )
        })
}

/// Reads a reference at the beginning of a text: the name of the parameter, and what follows.
fn reference(text: &str) -> Option<(String, &str)> {
    let mut from = OPEN.len();
    loop {
        // A bracket in a name is doubled.
        let end = from + text[from..].find(']')?;
        if text[end..].starts_with("]]") {
            from = end + 2;
            continue;
        }
        let after = text[end..].strip_prefix("]>")?;
        let name = FieldRef::parse(&text[1..=end], "")?.name;
        return Some((name, after));
    }
}

/// Writes a value as a literal of SQL.
fn literal(value: &Value, escapes: bool) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Boolean(value) => (if *value { "TRUE" } else { "FALSE" }).to_owned(),
        Value::Integer(value) => value.to_string(),
        Value::Real(value) if value.is_finite() => format!("{value:?}"),
        Value::Real(_) => "NULL".to_owned(),
        Value::String(text) => {
            let text = text.replace('\'', "''");
            match escapes {
                true => format!("'{}'", text.replace('\\', "\\\\")),
                false => format!("'{text}'"),
            }
        }
        Value::Date(_) | Value::DateTime(_) => format!("'{}'", value.to_literal().trim_matches('#')),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use vivant_calc::civil::{Date, Weekday};

    use super::*;

    fn put(class: &str, sql: &str) -> Result<String, String> {
        let day = Date::new(2024, 2, 29).expect("a day");
        let values = [
            ("parameter 1", Value::Integer(-5)),
            ("text", Value::String(r"O'Neil \' OR 1=1 --".to_owned())),
            ("a]b", Value::Real(1e21)),
            ("day", Value::Date(day)),
            ("on", Value::Boolean(true)),
            ("none", Value::Null),
        ];
        let surroundings = Surroundings {
            now: day.midnight(),
            week_start: Weekday::Sunday,
            user: None,
            parameters: values.map(|(name, value)| (name.to_owned(), value)).into(),
        };
        let text = format!(
            "<datasource name='d' inline='true'><connection class='federated'><named-connections>\
             <named-connection name='c'><connection class='{class}' /></named-connection></named-connections></connection></datasource>"
        );
        let document = vivant_document::Document::parse(text, &vivant_document::Limits::default());
        let document = document.expect("XML");
        let source = vivant_document::spec::datasource(&document, None).expect("a data source");
        let relation = RelationSpec::Sql {
            name: "q".to_owned(),
            connection: Some("c".to_owned()),
            sql: sql.to_owned(),
        };
        match with_parameters(&source, &relation, &surroundings) {
            Ok(found) => match found.into_owned() {
                RelationSpec::Sql { sql, .. } => Ok(sql),
                other => panic!("{other:?}"),
            },
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn values_become_literals() {
        let cases: HashMap<&str, &str> = [
            ("a < <[Parameters].[Parameter 1]> OR b", "a < -5 OR b"),
            ("<[Parameters].[DAY]>,<[Parameters].[on]>", "'2024-02-29',TRUE"),
            ("<[Parameters].[a]]b]>;<[Parameters].[None]>", "1e21;NULL"),
            ("x = <[Parameters].[Text]>", r"x = 'O''Neil \'' OR 1=1 --'"),
            ("no < [Parameters].[x]", "no < [Parameters].[x]"),
        ]
        .into();
        for (sql, expected) in cases {
            assert_eq!(put("postgres", sql).as_deref(), Ok(expected));
        }
        // A backslash must not take the quote behind it along.
        assert_eq!(
            put("mysql", "<[Parameters].[Text]>").as_deref(),
            Ok(r"'O''Neil \\'' OR 1=1 --'")
        );
    }

    #[test]
    fn unknown_and_broken_references_are_errors() {
        let error = put("sqlite", "<[Parameters].[gone]>").unwrap_err();
        assert!(error.contains("[gone]"), "{error}");
        let error = put("sqlite", "<[Parameters].[a b").unwrap_err();
        assert!(error.contains("does not end"), "{error}");
    }
}
