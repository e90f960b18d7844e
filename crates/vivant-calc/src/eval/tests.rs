//! Tests of the evaluator: formulas in, literals out.

use super::*;
use crate::check::{FieldInfo, Fields, check};
use crate::civil::Date;
use crate::parse::parse;
use crate::types::Level;

struct Row;

impl Values for Row {
    fn field(&self, name: &FieldName) -> Option<Value> {
        Some(match name.name.as_str() {
            "s" => Value::String("abc".to_string()),
            "x" => Value::Integer(3),
            "r" => Value::Integer(2),
            "set" => Value::Boolean(true),
            "month" => Value::Integer(7),
            "null" => Value::Null,
            _ => return None,
        })
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        (name == "P").then(|| Value::String("month".to_string()))
    }

    fn collation(&self, _: &FieldName) -> Collation {
        Collation::IgnoreCase
    }
}

fn run(text: &str) -> Result<Warned<Value>, Diagnostic> {
    let row = |data_type| FieldInfo::new(data_type, Level::Row);
    let environment = Fields::new()
        .with(FieldName::new("s"), row(DataType::String))
        .with(FieldName::new("x"), row(DataType::Integer))
        .with(FieldName::new("r"), row(DataType::Real))
        .with(FieldName::new("set"), FieldInfo::set())
        .with(FieldName::new("month"), row(DataType::Integer))
        .with(FieldName::new("null"), row(DataType::Integer))
        .with(FieldName::new("absent"), row(DataType::Integer))
        .with_parameter("P", DataType::String);
    let user = User {
        name: "ann".to_string(),
        groups: vec!["Sales".to_string()],
        attributes: vec![
            ("Region".to_string(), "West".to_string()),
            ("Region".to_string(), "East".to_string()),
        ],
        ..User::default()
    };
    let now = DateTime::new(Date::new(2024, 2, 29).unwrap(), 3_600_000_000).unwrap();
    let context = Context {
        user: Some(&user),
        values: &Row,
        ..Context::new(now)
    };
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let checked = check(&parsed.value, &environment);
    evaluate(&parsed.value, &checked, &context)
}

/// Computes a formula and compares the value as a literal.
fn check_eval(text: &str, expected: &str) {
    let found = run(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(found.diagnostics, [], "{text}");
    assert_eq!(found.value.to_literal(), expected, "{text}");
}

/// Computes a formula and compares the warning; the value is null.
fn check_warned(text: &str, warning: &str) {
    let found = run(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(found.value, Value::Null, "{text}");
    let messages: Vec<&str> = found
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.as_str())
        .collect();
    assert_eq!(messages, [warning], "{text}");
}

#[test]
fn nulls_spread_except_where_truth_is_settled() {
    check_eval("1 + NULL", "NULL");
    check_eval("NULL = NULL", "NULL");
    check_eval("FALSE AND NULL", "FALSE");
    check_eval("NULL OR TRUE", "TRUE");
    check_eval("NOT NULL", "NULL");
    check_eval("IIF(NULL = 1, 'y', 'n')", "NULL");
    check_eval("IF NULL = 1 THEN 'y' ELSE 'n' END", "'n'");
    check_eval("CASE NULL WHEN NULL THEN 1 ELSE 2 END", "2");
    check_eval("MAX(NULL, 7)", "NULL");
    check_eval("4 IN (1, NULL)", "NULL");
    check_eval("IF FALSE THEN 'x' END + 'y'", "NULL");
    check_eval("ISDATE(NULL)", "FALSE");
    check_eval("ZN([null])", "0");
}

#[test]
fn results_have_the_type_of_the_whole() {
    check_eval("IF TRUE THEN 1 ELSE 2.5 END", "1.0");
    check_eval(
        "IFNULL(#2024-01-01#, #2024-01-02 10:00:00#)",
        "#2024-01-01 00:00:00#",
    );
    check_eval("MAX(1, 0.5)", "1.0");
    check_eval("[r]", "2.0");
    check_eval("DATEADD('month', 1, #2024-01-31#)", "#2024-02-29 00:00:00#");
}

#[test]
fn texts_of_a_field_bring_their_collation() {
    check_eval("[s] = 'ABC'", "TRUE");
    check_eval("'abc' = 'ABC'", "FALSE");
    check_eval("'x' + [s] = 'XABC'", "TRUE");
    check_eval("[s] IN ('ABC')", "TRUE");
    check_eval("REPLACE([s], 'B', '-')", "'a-c'");
    check_eval("FIND([s], 'C')", "3");
    check_eval("CASE [s] WHEN 'ABC' THEN 1 END", "1");
}

#[test]
fn names_of_date_parts_may_stand_without_quotes() {
    check_eval("DATETRUNC(month, #2024-05-17#)", "#2024-05-01 00:00:00#");
    check_eval(
        "DATETRUNC([Parameters].[P], #2024-05-17#)",
        "#2024-05-01 00:00:00#",
    );
    check_eval("[month] + 1", "8");
    check_warned(
        "DATEPART([Parameters].[P] + 's', #2024-05-17#)",
        "a date part or a day of the week is not known, the result is null",
    );
}

#[test]
fn the_context_tells_time_and_user() {
    check_eval("NOW()", "#2024-02-29 01:00:00#");
    check_eval("TODAY() + 1", "#2024-03-01#");
    check_eval(
        "ISUSERNAME('Ann') AND ISMEMBEROF('sales') AND NOT ISMEMBEROF('Ops')",
        "TRUE",
    );
    check_eval("USERATTRIBUTEINCLUDES('Region', 'East')", "TRUE");
    check_eval("USERATTRIBUTE('Nope')", "NULL");
    check_eval("[x] IN [set]", "TRUE");
}

#[test]
fn overflows_are_null_with_a_warning() {
    for text in [
        "9223372036854775807 + 1",
        "INT(1e30)",
        "CEILING(1e30)",
        "DATE(1e9)",
        "DATEADD('year', 1000000, TODAY())",
        "SPACE(1e15)",
        "#2024-01-01# + 9e18",
        "ABS(-9223372036854775807 - 1)",
    ] {
        check_warned(text, "numeric overflow, the result is null");
    }
    check_warned(
        "REGEXP_MATCH([s], '(' + [s])",
        "cannot read the regular expression: a closing parenthesis is missing, the result is null",
    );
}

#[test]
fn what_is_not_chosen_is_not_computed() {
    check_eval("IF TRUE THEN 1 ELSE [absent] END", "1");
    check_eval("FALSE AND [absent] = 1", "FALSE");
    check_eval("IFNULL(1, [absent])", "1");
}

#[test]
fn what_needs_data_is_refused_by_name() {
    let check = |text: &str, expected: &str| assert_eq!(run(text).unwrap_err().message, expected, "{text}");
    check("SUM(1)", "SUM cannot be computed for a single row");
    check("INDEX()", "INDEX cannot be computed for a single row");
    check(
        "{MAX(1)}",
        "a level of detail expression cannot be computed for a single row",
    );
    check(
        "DIFFERENCE(MAKEPOINT(1, 2), NULL)",
        "DIFFERENCE cannot be computed for a single row",
    );
    check(
        "RAWSQL_INT('1')",
        "RAWSQL_INT cannot be computed for a single row",
    );
    check("[absent]", "the field [absent] has no value here");
    check("1 + 'a'", "can't add integer and string values");
}

#[test]
fn every_scalar_function_is_computed_or_refused() {
    use crate::functions::{FUNCTIONS, Rule};
    for function in FUNCTIONS {
        for overload in function.overloads {
            let arguments: Vec<&str> = overload
                .parameters
                .iter()
                .map(|parameter| match parameter.rule {
                    Rule::DatePart => "'month'",
                    Rule::StartOfWeek => "'monday'",
                    Rule::SortOrder => "'asc'",
                    Rule::LengthUnit => "'km'",
                    _ if parameter.types.contains(DataType::Integer)
                        || parameter.types.contains(DataType::Real) =>
                    {
                        "1"
                    }
                    _ if parameter.types.contains(DataType::String) => "'a'",
                    _ if parameter.types.contains(DataType::Boolean) => "TRUE",
                    _ if parameter.types.contains(DataType::Spatial) => "MAKEPOINT(1, 2)",
                    _ => "#2024-01-01#",
                })
                .collect();
            let text = format!("{}({})", function.name, arguments.join(", "));
            let scalar = matches!(overload.kind, Kind::Scalar | Kind::User);
            match run(&text) {
                Ok(_) => assert!(scalar, "{text}"),
                Err(error) => {
                    assert_eq!(error.code, "calc.unsupported", "{text}: {error}");
                    assert!(!scalar || !functions::is_known(function.name), "{text}");
                }
            }
        }
    }
}

#[test]
fn deep_and_long_formulas_fit_the_stack() {
    for (open, middle, close, expected) in [
        ("IIF(TRUE, ", "1", ", 2)", "1"),
        ("IFNULL(NULL, ", "1", ")", "1"),
        ("ABS(", "1", ")", "1"),
        ("- ", "1", "", "1"),
        ("IF TRUE THEN ", "1", " END", "1"),
        ("CASE 1 WHEN 1 THEN ", "1", " END", "1"),
        ("TRUE IN (", "TRUE", ")", "TRUE"),
    ] {
        let text = format!("{}{middle}{}", open.repeat(190), close.repeat(190));
        check_eval(&text, expected);
    }
    check_eval(&format!("{}1{}", "(1 * ".repeat(95), ")".repeat(95)), "1");
    let long = vec!["1"; 50_000].join(" + ");
    check_eval(&long, "50000");
}
