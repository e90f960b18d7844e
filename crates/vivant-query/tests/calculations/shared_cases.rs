//! The reference's table of cases, where it is: `spec/calc/cases.tsv` of the folder that `VIVANT_SHARED` names, by
//! default beside the workspace. It is not part of the project, so without it there is nothing to ask.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value as Json;
use vivant_calc::eval::User;
use vivant_calc::{DataType, Value};
use vivant_query::Frame;

use crate::sheet::{Bench, Column, Sheet, Tables, agrees};

/// Cases whose expected value is wrong, and why.
const WRONG: &[(&str, &str)] = &[(
    "1983",
    "group B has two rows, so the total of 100 is added twice: 70 / 200 is 0.35, as the result of the case's own SQL \
     beside it says; 0.2333 would take three rows",
)];

/// Words of the error of each case that must have one.
const ERRORS: &[(&str, &str)] = &[
    ("2011", "'xyz' is not a valid unit of length"),
    (
        "2111",
        "cannot mix aggregate and non-aggregate arguments with this function",
    ),
    (
        "2112",
        "cannot mix aggregate and non-aggregate comparisons or results in 'IF' expressions",
    ),
    (
        "2113",
        "cannot mix aggregate and non-aggregate comparisons or results in 'CASE' expressions",
    ),
    (
        "2114",
        "argument to SUM (an aggregate function) is already an aggregation, and cannot be further aggregated",
    ),
    (
        "2115",
        "argument to SUM (an aggregate function) is already an aggregation, and cannot be further aggregated",
    ),
    (
        "2116",
        "all fields must be aggregate or constant when using table calculation functions",
    ),
    (
        "2117",
        "all fields must be aggregate or constant when using table calculation functions",
    ),
    (
        "2118",
        "all fields must be aggregate or constant when using table calculation functions",
    ),
    (
        "2119",
        "the body of a level of detail expression must be an aggregate",
    ),
    (
        "2120",
        "level of detail expressions cannot contain table calculations or the ATTR function",
    ),
    (
        "2121",
        "a dimension of a level of detail expression must not be aggregated",
    ),
    (
        "2122",
        "level of detail expressions cannot contain table calculations or the ATTR function",
    ),
    ("2123", "SUM is being called with (string), did you mean (float)?"),
    ("2124", "AVG is being called with (string), did you mean (float)?"),
    ("2125", "can't add string and integer values"),
    ("2126", "can't add integer and string values"),
    ("2127", "can't subtract string and string values"),
    ("2128", "can't multiply string and integer values"),
    ("2129", "can't add boolean and integer values"),
    ("2130", "a minus sign needs a number, found string"),
    ("2131", "NOT needs a boolean, found integer"),
    ("2132", "AND needs boolean conditions, found integer"),
    ("2133", "expected a boolean condition in IF, found integer"),
    (
        "2134",
        "expected type integer, found string; result types from 'IF' expressions must match",
    ),
    ("2135", "can't compare integer and string values"),
    (
        "2136",
        "expected type integer, found string; result types from 'CASE' expressions must match",
    ),
    (
        "2137",
        "expected type integer, found string; result types from 'IIF' expressions must match",
    ),
    (
        "2138",
        "IFNULL is being called with (integer, string), did you mean (any, any)?",
    ),
    (
        "2139",
        "ZN is being called with (string), did you mean (integer)?",
    ),
    ("2140", "can't compare string and integer values"),
    ("2141", "can't compare date and integer values"),
    ("2142", "can't add date and date values"),
    ("2143", "can't multiply date and integer values"),
    (
        "2144",
        "LEN is being called with (integer), did you mean (string)?",
    ),
    ("2145", "ABS is being called with (string), did you mean (float)?"),
    ("2146", "YEAR is being called with (string), did you mean (date)?"),
    ("2147", "the date part of DATEADD must be a constant"),
    ("2148", "'fortnight' is not a valid date part"),
    (
        "2149",
        "ISDATE is being called with (date), did you mean (string)?",
    ),
    (
        "2150",
        "wrong number of arguments for LEFT: found 1 argument, expected 2",
    ),
    ("2151", "unknown function FOO called"),
    ("2152", "reference to undefined field [NoSuchField]"),
    ("2153", "expected an expression"),
    ("2154", "expected a closing parenthesis"),
    ("2155", "expected END to match IF"),
    ("2156", "CASE needs at least one WHEN"),
    ("2157", "unterminated string"),
    ("2158", "unterminated field name"),
    ("2159", "#abc# is not a date"),
    ("2160", "there is no operator NOT IN"),
    ("2161", "there is no operator IS"),
    ("2162", "`||` is not an operator"),
    ("2163", "IN needs at least one value"),
    (
        "2164",
        "cannot mix aggregate and non-aggregate arguments with this function",
    ),
    ("2165", "the k of PERCENTILE must be a constant"),
    ("2166", "no more than 9 capture groups can be specified"),
    (
        "2167",
        "wrong number of arguments for COUNTD: found 2 arguments, expected 1",
    ),
    (
        "2168",
        "all fields must be aggregate or constant when using table calculation functions",
    ),
    (
        "2169",
        "all fields must be aggregate or constant when using table calculation functions",
    ),
    (
        "2170",
        "argument to ATTR (an aggregate function) is already an aggregation, and cannot be further aggregated",
    ),
];

/// How many cases stand on one worksheet.
const TOGETHER: usize = 25;

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
    let folder = std::env::var_os("VIVANT_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let text = std::fs::read_to_string(folder.join("spec/calc/cases.tsv")).unwrap_or_default();
    let case = |line: &str| {
        let row: Vec<&str> = line.split('\t').collect();
        let [id, group, formula, input, expected, data_type, source] = row.get(..7)? else {
            return None;
        };
        let mut formula = unescaped(formula);
        let mut input = (*input).to_owned();
        // The one case that is told in words.
        if let Some(values) = formula.strip_prefix("COUNTD over ") {
            let values = values.replace('\'', "\"");
            let collation = input.rsplit('}').next().unwrap_or_default();
            input = format!("{{\"s\":{values}}}{collation}");
            formula = "COUNTD([s])".to_owned();
        }
        Some(Case {
            id: (*id).to_owned(),
            group: (*group).to_owned(),
            formula,
            // The inputs are JSON as it is, without the escapes of the table.
            input,
            expected: unescaped(expected),
            data_type: (*data_type).to_owned(),
            literals: source.starts_with("TDVT"),
        })
    };
    text.lines().skip(1).filter_map(case).collect()
}

/// Turns `\n`, `\t` and `\\` into what they stand for.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('\\') => out.push('\\'),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

impl Case {
    /// Reads `{"x": ["1", "NULL"]}`.
    fn columns(&self) -> Vec<Column> {
        let end = self.input.rfind('}').map_or(0, |end| end + 1);
        let Ok(Json::Object(object)) = serde_json::from_str::<Json>(&self.input[..end]) else {
            return Vec::new();
        };
        let columns = object.into_iter().map(|(name, values)| {
            let values = values.as_array().cloned().unwrap_or_default();
            let values = values
                .iter()
                .map(|value| from_json(value, self.literals))
                .collect();
            Column::new(&name, values)
        });
        columns.collect()
    }

    fn declared(&self) -> Option<DataType> {
        Some(match self.data_type.as_str() {
            "boolean" => DataType::Boolean,
            "integer" => DataType::Integer,
            "real" => DataType::Real,
            "string" => DataType::String,
            "date" => DataType::Date,
            "datetime" => DataType::DateTime,
            "spatial" => DataType::Spatial,
            _ => return None,
        })
    }

    /// Tells whether an error is the one that the case must have.
    fn is_refused_by(&self, message: &str) -> Result<(), String> {
        match ERRORS.iter().find(|(id, _)| *id == self.id) {
            Some((_, words)) if message.contains(words) => Ok(()),
            _ => Err(format!("the error is another one: {message}")),
        }
    }

    fn sheet(&self) -> Sheet<'_> {
        Sheet {
            ignore_case: self.input.contains("_S2"),
            ..Sheet::new(vec![(&self.formula, self.declared().unwrap_or(DataType::String))])
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
        Json::String(text) if literals || text.starts_with('#') => {
            literal(text).unwrap_or_else(|_| Value::String(text.clone()))
        }
        Json::String(text) => Value::String(text.clone()),
        _ => Value::Null,
    }
}

/// Reads an expected value: a literal, with texts in the manner of JSON.
fn literal(text: &str) -> Result<Value, String> {
    if text.starts_with('"')
        && let Ok(text) = serde_json::from_str(text)
    {
        return Ok(Value::String(text));
    }
    match text {
        "inf" => Ok(Value::Real(f64::INFINITY)),
        "nan" => Ok(Value::Real(f64::NAN)),
        _ if text.contains("e+") => text.parse().map(Value::Real).map_err(|_| text.to_owned()),
        _ => {
            let read = Value::from_literal(text);
            match read.has_errors() {
                true => Err(format!("the value `{text}` cannot be read")),
                false => Ok(read.value),
            }
        }
    }
}

/// The column that tells rows apart.
const ROW: &str = "row number";

/// Numbers the rows, so that each is a mark of its own.
fn numbered(columns: &mut Vec<Column>) {
    let rows = columns.first().map_or(1, |column| column.values.len());
    let numbers = (0..rows).map(|row| Value::Integer(row as i64)).collect();
    columns.push(Column::new(ROW, numbers));
}

fn differs(frame: &Frame, column: usize, row: usize, expected: &Value, error: f64) -> Option<String> {
    let found = frame.columns[column]
        .values
        .get(row)
        .cloned()
        .unwrap_or(Value::Null);
    (!agrees(&found, expected, error)).then(|| format!("row {row}: found {found:?}, expected {expected:?}"))
}

/// Computes a case and gives the first difference.
async fn run(bench: &Bench<'_>, case: &Case) -> Result<(), String> {
    let mut columns = case.columns();
    let mut sheet = case.sheet();
    match case.group.as_str() {
        "row" | "rows" | "collation" | "context" | "spatial" | "table calc"
            if !sheet.formulas[0].0.starts_with("COUNTD") =>
        {
            numbered(&mut columns);
            sheet.view = vec![ROW];
        }
        "lod" if case.expected.starts_with('[') => {
            numbered(&mut columns);
            sheet.view = vec![ROW];
        }
        "lod" if case.expected.starts_with('{') => {
            sheet.view = vec!["d"];
            if case.expected.contains(',') && case.expected.contains(",x") {
                sheet.view.push("e");
            }
        }
        _ if columns.is_empty() => numbered(&mut columns),
        _ => {}
    }
    if case.group == "context" {
        columns.push(Column::new("owner", vec![Value::String("hmyrer".to_owned())]));
        sheet.user = (case.input != "nobody signed in").then(|| User {
            name: "hmyrer".to_owned(),
            full_name: "Hamlin Myrer".to_owned(),
            domain: String::new(),
            groups: vec!["Sales".to_owned()],
            attributes: vec![
                ("Region".to_owned(), "West".to_owned()),
                ("Region".to_owned(), "East".to_owned()),
            ],
        });
    }
    let (frame, places) = match bench.ask(&sheet, &columns).await {
        // What the checker finds before any row is read is an error here, too.
        Err(message) if case.expected.starts_with("ERROR: ") => return case.is_refused_by(&message),
        found => found?,
    };
    judge(case, &frame, places[0])
}

/// Gives the first difference of the values of a case.
fn judge(case: &Case, frame: &Frame, at: usize) -> Result<(), String> {
    // An allowance that the table itself makes for shapes on the ellipsoid.
    let error = if case.group == "spatial" { 1e-4 } else { 2e-14 };
    if case.expected.starts_with('{') {
        let Ok(Json::Object(expected)) = serde_json::from_str::<Json>(&case.expected) else {
            return Err("the expected value is not readable".to_owned());
        };
        if frame.rows != expected.len() {
            return Err(format!("{} rows, expected {}", frame.rows, expected.len()));
        }
        for row in 0..frame.rows {
            let key: Vec<String> = (0..at)
                .map(|column| frame.columns[column].values[row].to_string())
                .collect();
            let Some(expected) = expected.get(&key.join(",")) else {
                return Err(format!("a row for {}", key.join(",")));
            };
            if let Some(difference) = differs(frame, at, row, &from_json(expected, false), 1e-9) {
                return Err(difference);
            }
        }
        return Ok(());
    }
    let expected: Vec<Value> = match serde_json::from_str::<Json>(&case.expected) {
        Ok(Json::Array(list)) if case.group == "rows" => {
            let values = list.iter().map(|one| literal(one.as_str().unwrap_or_default()));
            values.collect::<Result<_, _>>()?
        }
        Ok(Json::Array(list)) => list.iter().map(|one| from_json(one, false)).collect(),
        // Extracts stop with an error where this engine goes on with null.
        _ if case.expected.starts_with("ERROR: ") => vec![Value::Null],
        _ if case.expected == "*" => vec![Value::String("*".to_owned())],
        _ => vec![literal(&case.expected)?],
    };
    if frame.rows != expected.len() {
        return Err(format!("{} rows, expected {}", frame.rows, expected.len()));
    }
    for (row, expected) in expected.iter().enumerate() {
        if let Some(difference) = differs(frame, at, row, expected, error) {
            return Err(difference);
        }
    }
    let declared = case.declared();
    let found = frame.columns[at].data_type;
    // Table calculations are declared loosely in the table.
    if let Some(declared) = declared
        && case.group != "table calc"
        && declared != found
        && expected.iter().any(|value| !value.is_null())
    {
        return Err(format!("the type is {found}, expected {declared}"));
    }
    Ok(())
}

#[tokio::test]
async fn every_case_of_the_reference_has_its_value() {
    let tables = Tables::default();
    let bench = Bench::new(&tables);
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failures = Vec::new();
    let all = cases();
    // Cases that read nothing stand on one worksheet together; who differs there is asked alone.
    let mut good: BTreeSet<&str> = BTreeSet::new();
    let plain: Vec<&Case> = all
        .iter()
        .filter(|case| case.group == "row" && case.input.is_empty())
        .collect();
    for some in plain.chunks(TOGETHER) {
        let formulas = some.iter().map(|case| case.sheet().formulas[0]);
        let sheet = Sheet {
            view: vec![ROW],
            ..Sheet::new(formulas.collect())
        };
        let mut columns = Vec::new();
        numbered(&mut columns);
        if let Ok((frame, places)) = bench.ask(&sheet, &columns).await {
            let found = some.iter().zip(places);
            good.extend(
                found
                    .filter(|(case, at)| judge(case, &frame, *at).is_ok())
                    .map(|(case, _)| &*case.id),
            );
        }
    }
    for case in &all {
        let result = match case.group.as_str() {
            "error" => {
                let columns = vec![
                    Column::new("x", vec![Value::Integer(1), Value::Integer(2)]),
                    Column::new(
                        "s",
                        vec![Value::String("a".to_owned()), Value::String("b".to_owned())],
                    ),
                ];
                match bench.ask(&case.sheet(), &columns).await {
                    Ok(_) => Err("there is no error".to_owned()),
                    Err(message) => case.is_refused_by(&message),
                }
            }
            _ if good.contains(&*case.id) => Ok(()),
            _ => run(&bench, case).await,
        };
        let count = counts.entry(case.group.clone()).or_default();
        count.1 += 1;
        let wrong = WRONG.iter().any(|(id, _)| *id == case.id);
        match (result, wrong) {
            (Ok(()), false) => count.0 += 1,
            (Err(message), false) => failures.push(format!("{} {}: {message}", case.id, case.formula)),
            (Ok(()), true) => failures.push(format!("{} {}: listed as wrong", case.id, case.formula)),
            (Err(_), true) => {}
        }
    }
    for id in WRONG
        .iter()
        .map(|(id, _)| id)
        .chain(ERRORS.iter().map(|(id, _)| id))
    {
        let is_there = all.is_empty() || all.iter().any(|case| case.id == *id);
        assert!(is_there, "there is no case {id}");
    }
    for (group, (passed, all)) in &counts {
        println!("{group:12} {passed:5} of {all:5}");
    }
    assert!(
        failures.is_empty(),
        "{} cases differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}
