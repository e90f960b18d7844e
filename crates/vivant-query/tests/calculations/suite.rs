//! Our own suite: formulas, inputs and expected values in `suite/*.cases`.
//!
//! A file is a list of blocks with an empty line between them; `#` begins a comment. A block says `name: value` line
//! by line, then lists the columns with their types and `=` with the type of the formula, then one case in each line,
//! in the same order. Without `view` every line is a row of a table and a mark. With `table` the rows are those of the
//! block `data`, and each line has the members of the fields in `view` and the value of their mark. `case: ignored`
//! makes all texts the same in upper and lower case.
//! `hyper` is what Tableau's own engine is asked for the same; `tests/documents` does so.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use vivant_calc::{DataType, Value};

use crate::sheet::{Bench, Column, Sheet, Tables, agrees};

/// How many cases there are at least.
const LEAST: usize = 1500;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/calculations/suite")
}

#[derive(Default)]
struct Block {
    place: String,
    settings: HashMap<String, String>,
    columns: Vec<(String, DataType)>,
    lines: Vec<Vec<Value>>,
}

impl Block {
    fn get(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    fn list(&self, name: &str) -> Vec<&str> {
        self.get(name)
            .map_or_else(Vec::new, |text| text.split(", ").collect())
    }
}

fn type_of(name: &str) -> DataType {
    match name {
        "boolean" => DataType::Boolean,
        "integer" => DataType::Integer,
        "real" => DataType::Real,
        "string" => DataType::String,
        "date" => DataType::Date,
        "datetime" => DataType::DateTime,
        "spatial" => DataType::Spatial,
        other => panic!("there is no type {other}"),
    }
}

fn value(text: &str, data_type: DataType) -> Value {
    if text == "NULL" {
        return Value::Null;
    }
    match data_type {
        DataType::Integer => Value::Integer(text.parse().unwrap()),
        DataType::Real => Value::Real(text.parse().unwrap()),
        DataType::Boolean => Value::Boolean(text == "TRUE"),
        DataType::String | DataType::Spatial => Value::String(serde_json::from_str(text).unwrap()),
        _ => {
            let read = Value::from_literal(&format!("#{text}#"));
            assert!(!read.has_errors(), "{text}");
            read.value.widened(data_type)
        }
    }
}

/// Reads the blocks of a file.
fn read(path: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(path).unwrap();
    let mut blocks = Vec::new();
    let mut open = Block::default();
    for (number, line) in text.lines().chain([""]).enumerate() {
        let header = line.split_once(": ").filter(|_| open.columns.is_empty());
        match (line, header) {
            (_, _) if line.starts_with('#') => {}
            ("", _) => {
                if !open.columns.is_empty() {
                    blocks.push(std::mem::take(&mut open));
                }
            }
            (_, Some((name, value))) => {
                open.place = format!("{}:{}", path.display(), number + 1);
                open.settings.insert(name.to_owned(), value.to_owned());
            }
            _ if open.columns.is_empty() => {
                let column = |text: &str| {
                    let (name, data_type) = text.rsplit_once(' ').unwrap();
                    (name.to_owned(), type_of(data_type))
                };
                open.columns = line.split(" | ").map(column).collect();
            }
            _ => {
                let cells: Vec<&str> = line.split(" | ").collect();
                assert_eq!(cells.len(), open.columns.len(), "{}: {line}", open.place);
                let values = cells
                    .iter()
                    .zip(&open.columns)
                    .map(|(cell, (_, data_type))| value(cell, *data_type));
                open.lines.push(values.collect());
            }
        }
    }
    blocks
}

/// The column that tells rows apart.
const ROW: &str = "row number";

/// Computes a block and lists the cases that differ.
async fn run(bench: &Bench<'_>, block: &Block, tables: &HashMap<String, Vec<Column>>) -> Vec<String> {
    let formula = block.get("formula").expect("a block has a formula");
    let ((_, data_type), inputs) = block.columns.split_last().expect("a block has columns");
    let mut sheet = Sheet {
        view: block.list("view"),
        along: block.list("along"),
        week_start: block.get("week"),
        ignore_case: block.get("case") == Some("ignored"),
        ..Sheet::new(vec![(formula, *data_type)])
    };
    let columns = match block.get("table") {
        Some(name) => tables[name].clone(),
        None => {
            sheet.view.push(ROW);
            let numbers = (0..block.lines.len())
                .map(|row| Value::Integer(row as i64))
                .collect();
            let inputs = inputs.iter().enumerate().map(|(at, (name, data_type))| Column {
                name: name.clone(),
                data_type: *data_type,
                values: block.lines.iter().map(|line| line[at].clone()).collect(),
            });
            inputs.chain([Column::new(ROW, numbers)]).collect()
        }
    };
    let (frame, at) = match bench.ask(&sheet, &columns).await {
        Ok((frame, places)) => (frame, places[0]),
        Err(error) => return vec![format!("{} {formula}: {error}", block.place)],
    };
    let mut failures = Vec::new();
    if frame.rows != block.lines.len() {
        failures.push(format!("{} rows, expected {}", frame.rows, block.lines.len()));
    }
    let known = block
        .lines
        .iter()
        .any(|line| line.last().is_some_and(|value| !value.is_null()));
    if known && frame.columns[at].data_type != *data_type {
        failures.push(format!(
            "the type is {}, expected {data_type}",
            frame.columns[at].data_type
        ));
    }
    for (number, line) in block.lines.iter().enumerate() {
        let (expected, key) = line.split_last().expect("a line has a value");
        let row = match block.get("table") {
            None => Some(number),
            Some(_) => (0..frame.rows).find(|&row| {
                let mut members = sheet.view.iter().zip(key);
                members.all(|(field, member)| {
                    frame.columns.iter().any(|column| {
                        column.key.name == format!("none:{field}:ok")
                            && agrees(&column.values[row], member, 0.0)
                    })
                })
            }),
        };
        let found = row.and_then(|row| frame.columns[at].values.get(row));
        if !found.is_some_and(|found| agrees(found, expected, 1e-13)) {
            failures.push(format!("{key:?}: found {found:?}, expected {expected:?}"));
        }
    }
    failures
        .iter()
        .map(|failure| format!("{} {formula}: {failure}", block.place))
        .collect()
}

/// Asks all of a file.
async fn check(area: &str) {
    let put = Tables::default();
    let bench = Bench::new(&put);
    let (mut tables, mut failures) = (HashMap::new(), Vec::new());
    for block in read(&folder().join(format!("{area}.cases"))) {
        let Some(name) = block.get("data") else {
            failures.extend(run(&bench, &block, &tables).await);
            continue;
        };
        let columns = block
            .columns
            .iter()
            .enumerate()
            .map(|(at, (name, data_type))| Column {
                name: name.clone(),
                data_type: *data_type,
                values: block.lines.iter().map(|line| line[at].clone()).collect(),
            });
        tables.insert(name.to_owned(), columns.collect());
    }
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

macro_rules! areas {
    ($($area:ident)*) => {
        $(
            #[tokio::test]
            async fn $area() {
                check(stringify!($area)).await;
            }
        )*

        const AREAS: &[&str] = &[$(stringify!($area)),*];
    };
}

areas! { aggregates casts collation dates levels logic numbers spatial tables text }

#[test]
fn there_are_enough_cases_and_none_is_forgotten() {
    let entries = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    let names: Vec<&str> = files
        .iter()
        .filter_map(|file| file.file_stem()?.to_str())
        .collect();
    assert_eq!(names, AREAS);
    let blocks = files.iter().flat_map(|file| read(file));
    let count: usize = blocks
        .filter(|block| block.get("data").is_none())
        .map(|block| block.lines.len())
        .sum();
    assert!(count >= LEAST, "there are only {count} cases");
}
