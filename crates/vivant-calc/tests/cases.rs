//! Runs the shared cases: formulas with inputs and expected values.
//!
//! Rows are computed by the evaluator and errors found by the checker. Aggregates, table
//! calculations, level of detail expressions and geometries need a query engine and are only parsed
//! and typed here.

mod shared;

use std::collections::BTreeMap;

use serde_json::Value as Json;
use vivant_calc::check::{Environment, FieldInfo, FieldKind, Fields, check};
use vivant_calc::civil::{Date, DateTime};
use vivant_calc::eval::{Context, User, Values, evaluate};
use vivant_calc::kernel::text::Collation;
use vivant_calc::names::FieldName;
use vivant_calc::parse;
use vivant_calc::tree::{NodeKind, Tree};
use vivant_calc::types::{DataType, Level};
use vivant_calc::value::Value;

struct Case {
    id: String,
    group: String,
    formula: String,
    input: String,
    expected: String,
    data_type: String,
    /// Texts in the input are literals, as in the tests for connectors.
    literals: bool,
}

fn cases() -> Vec<Case> {
    let rows = shared::table("cases.tsv").unwrap_or_default();
    let case = |row: Vec<String>| {
        let [id, group, formula, input, expected, data_type, source] = row.get(..7)? else {
            return None;
        };
        Some(Case {
            id: id.clone(),
            group: group.clone(),
            formula: shared::unescaped(formula),
            // The inputs are JSON as it is, without the escapes of the table.
            input: input.clone(),
            expected: shared::unescaped(expected),
            data_type: data_type.clone(),
            literals: source.starts_with("TDVT"),
        })
    };
    rows.into_iter().skip(1).filter_map(case).collect()
}

/// The columns of a case: names with a value for each row.
#[derive(Default)]
struct Columns {
    columns: BTreeMap<String, Vec<Value>>,
    row: usize,
    ignore_case: bool,
}

impl Columns {
    /// Reads `{"x": ["1", "NULL"]}`; texts in the lists are literals when `literals` is set.
    fn read(input: &str, literals: bool) -> Columns {
        let end = input.rfind('}').map_or(0, |end| end + 1);
        let ignore_case = input.contains("_S2");
        let Ok(Json::Object(object)) = serde_json::from_str::<Json>(&input[..end]) else {
            return Columns::default();
        };
        let columns = object.into_iter().map(|(name, values)| {
            let values = values.as_array().cloned().unwrap_or_default();
            (
                name,
                values.iter().map(|value| from_json(value, literals)).collect(),
            )
        });
        Columns {
            columns: columns.collect(),
            row: 0,
            ignore_case,
        }
    }

    /// Describes the columns to the checker; the type is the widest of the values.
    fn environment(&self) -> Fields {
        let mut fields = Fields::new();
        for (name, values) in &self.columns {
            let common = values
                .iter()
                .try_fold(DataType::Null, |common, value| common.common(value.data_type()));
            let data_type = common.unwrap_or(DataType::Unknown);
            fields.insert(FieldName::new(name), FieldInfo::new(data_type, Level::Row));
        }
        fields
    }
}

impl Values for Columns {
    fn field(&self, name: &FieldName) -> Option<Value> {
        self.columns.get(&name.name)?.get(self.row).cloned()
    }

    fn parameter(&self, _: &str) -> Option<Value> {
        None
    }

    fn collation(&self, _: &FieldName) -> Collation {
        if self.ignore_case {
            Collation::IgnoreCase
        } else {
            Collation::Binary
        }
    }
}

fn from_json(value: &Json, literals: bool) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::Integer(integer),
            None => Value::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) if literals || text.starts_with('#') => expected_value(text),
        Json::String(text) => Value::String(text.clone()),
        _ => Value::Null,
    }
}

/// Reads an expected value: a literal, with texts in the manner of JSON.
fn expected_value(text: &str) -> Value {
    if text.starts_with('"')
        && let Ok(text) = serde_json::from_str(text)
    {
        return Value::String(text);
    }
    match text {
        "inf" => Value::Real(f64::INFINITY),
        "nan" => Value::Real(f64::NAN),
        _ if text.contains("e+") => Value::Real(text.parse().unwrap()),
        _ => {
            let read = Value::from_literal(text);
            assert!(!read.has_errors(), "expected value {text}");
            read.value
        }
    }
}

/// Tells whether a value is the expected one; numbers may differ in the last digits, days are moments.
fn agrees(found: &Value, expected: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Real(value) => Some(*value),
        _ => None,
    };
    let moment = |value: &Value| match value {
        Value::Date(date) => Some(date.midnight()),
        Value::DateTime(moment) => Some(*moment),
        _ => None,
    };
    if let (Value::Integer(found), Value::Integer(expected)) = (found, expected) {
        return found == expected;
    }
    if let (Some(found), Some(expected)) = (number(found), number(expected)) {
        return found == expected
            || (found.is_nan() && expected.is_nan())
            || (found - expected).abs() <= 2e-14 * expected.abs().max(1.0);
    }
    if let (Some(found), Some(expected)) = (moment(found), moment(expected)) {
        // Fractions of a day that have no exact double may miss by a microsecond.
        return (found.micros() - expected.micros()).abs() <= 1;
    }
    found == expected
}

/// Names what a formula is about: the group of its outermost function, or operators.
fn subject(tree: &Tree) -> String {
    match tree.kind(tree.unwrapped(tree.root())) {
        NodeKind::Call {
            function: Some(function),
            ..
        } if function.name.starts_with("REGEXP") => "Regexp".to_string(),
        NodeKind::Call {
            function: Some(function),
            ..
        } => format!("{:?}", function.group),
        NodeKind::If { .. } | NodeKind::Case { .. } | NodeKind::In { .. } => "Logical".to_string(),
        _ => "Operator or literal".to_string(),
    }
}

/// Computes a case for each row and gives the first difference.
fn run(case: &Case, tree: &Tree) -> Result<(), String> {
    let many = case.group == "rows";
    let mut columns = Columns::read(&case.input, case.literals);
    let checked = check(tree, &columns.environment());
    let now = DateTime::new(Date::new(2024, 2, 29).unwrap(), 45_296_123_456).unwrap();
    let expected: Vec<String> = if many {
        serde_json::from_str(&case.expected).unwrap()
    } else {
        vec![case.expected.clone()]
    };
    for (row, expected) in expected.iter().enumerate() {
        columns.row = row;
        let context = Context {
            values: &columns,
            ..Context::new(now)
        };
        let found = evaluate(tree, &checked, &context).map_err(|error| error.to_string())?;
        if let Some(message) = expected.strip_prefix("ERROR: ") {
            // Extracts stop with an error where this crate warns and goes on with null.
            if !found.value.is_null()
                || !found
                    .diagnostics
                    .iter()
                    .any(|warning| warning.message.starts_with(message))
            {
                return Err(format!(
                    "row {row}: found {:?}, expected a warning of {message}",
                    found.value
                ));
            }
            continue;
        }
        if !found.diagnostics.is_empty() {
            return Err(found.diagnostics[0].to_string());
        }
        if !agrees(&found.value, &expected_value(expected)) {
            return Err(format!("row {row}: found {:?}, expected {expected}", found.value));
        }
        let declared = match case.data_type.as_str() {
            "boolean" => DataType::Boolean,
            "integer" => DataType::Integer,
            "real" => DataType::Real,
            "string" => DataType::String,
            "date" => DataType::Date,
            "datetime" => DataType::DateTime,
            _ => continue,
        };
        let inferred = checked.root().data_type;
        if !found.value.is_null() && inferred != declared {
            return Err(format!("the type is {inferred}, expected {declared}"));
        }
    }
    Ok(())
}

#[test]
fn rows_have_the_expected_values() {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in cases()
        .iter()
        .filter(|case| ["row", "rows", "collation"].contains(&case.group.as_str()))
    {
        if case.formula.starts_with("COUNTD over") {
            continue;
        }
        let parsed = parse(&case.formula);
        let result = if parsed.has_errors() {
            Err(format!("{:?}", parsed.diagnostics))
        } else {
            run(case, &parsed.value)
        };
        let count = counts.entry(subject(&parsed.value)).or_default();
        count.1 += 1;
        match result {
            Ok(()) => count.0 += 1,
            Err(message) => failures.push(format!("{} {}: {message}", case.id, case.formula)),
        }
    }
    for (subject, (passed, all)) in &counts {
        println!("{subject:22} {passed:5} of {all:5}");
    }
    assert!(
        failures.is_empty(),
        "{} cases differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

#[test]
fn the_user_is_known_as_described() {
    for case in cases().iter().filter(|case| case.group == "context") {
        let signed_in = User {
            name: "hmyrer".to_string(),
            full_name: "Hamlin Myrer".to_string(),
            domain: String::new(),
            groups: vec!["Sales".to_string()],
            attributes: vec![
                ("Region".to_string(), "West".to_string()),
                ("Region".to_string(), "East".to_string()),
            ],
        };
        let mut columns = Columns::default();
        columns
            .columns
            .insert("owner".to_string(), vec![Value::String("hmyrer".to_string())]);
        let user = (case.input != "nobody signed in").then_some(&signed_in);
        let context = Context {
            user,
            values: &columns,
            ..Context::new(Date::ZERO.midnight())
        };
        let tree = parse(&case.formula).value;
        let checked = check(&tree, &columns.environment());
        match evaluate(&tree, &checked, &context) {
            Ok(found) => assert_eq!(found.value, expected_value(&case.expected), "{}", case.formula),
            // The one case about a geometry.
            Err(error) => assert_eq!(
                (error.code, case.formula.starts_with("SHAPETYPE")),
                ("calc.unsupported", true)
            ),
        }
    }
}

#[test]
fn invalid_formulas_have_an_error() {
    let environment = Fields::new()
        .with(FieldName::new("x"), FieldInfo::new(DataType::Integer, Level::Row))
        .with(FieldName::new("s"), FieldInfo::new(DataType::String, Level::Row));
    for case in cases().iter().filter(|case| case.group == "error") {
        let parsed = parse(&case.formula);
        let checked = check(&parsed.value, &environment);
        let errors: Vec<String> = parsed
            .diagnostics
            .iter()
            .chain(&checked.diagnostics)
            .map(ToString::to_string)
            .collect();
        println!("{:45} {}", case.formula, errors.join(" | "));
        assert!(!errors.is_empty(), "{}", case.formula);
        assert!(parsed.has_errors() || checked.has_errors(), "{}", case.formula);
        // One mistake, one message: a second one would be about the first.
        assert_eq!(errors.len(), 1, "{}: {errors:?}", case.formula);
    }
}

/// An environment that gives the columns of a case and nothing else.
struct AnyLevel(Fields);

impl Environment for AnyLevel {
    fn field(&self, name: &FieldName) -> Option<FieldInfo> {
        self.0.field(name).map(|info| FieldInfo {
            kind: FieldKind::Plain,
            ..info
        })
    }

    fn parameter(&self, _: &str) -> Option<DataType> {
        None
    }
}

#[test]
fn what_needs_an_engine_is_typed_and_refused() {
    for case in cases() {
        let level = match case.group.as_str() {
            "aggregate" => Level::Aggregate,
            "table calc" => Level::TableCalculation,
            _ => continue,
        };
        let columns = Columns::read(&case.input, case.literals);
        let parsed = parse(&case.formula);
        assert_eq!(parsed.diagnostics, [], "{}", case.formula);
        let checked = check(&parsed.value, &AnyLevel(columns.environment()));
        assert_eq!(checked.diagnostics, [], "{}", case.formula);
        assert_eq!(checked.root().level, level, "{}", case.formula);
        let error = evaluate(
            &parsed.value,
            &checked,
            &Context {
                values: &columns,
                ..Context::new(Date::ZERO.midnight())
            },
        );
        assert!(error.is_err_and(|error| error.code == "calc.unsupported" || error.code == "calc.no-value"));
    }
}

#[test]
fn real_formulas_parse() {
    for row in shared::table("formulas.txt").unwrap_or_default() {
        let formula = shared::unescaped(&row[1]);
        let parsed = parse(&formula);
        assert_eq!(parsed.diagnostics, [], "{formula}");
    }
}
