//! How things are shown: as a table for people, as CSV or JSON for programs.

use super::action::Output;
use super::table::{self, Align};
use super::value::{self, Value, text};
use crate::csv;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub title: std::borrow::Cow<'static, str>,
    /// Where in the answer its values are, as in `owner.name`.
    pub path: std::borrow::Cow<'static, str>,
    /// Which way it is aligned.
    pub align: Align,
}

/// A column of texts.
pub const fn column(title: &'static str, path: &'static str) -> Column {
    Column {
        title: std::borrow::Cow::Borrowed(title),
        path: std::borrow::Cow::Borrowed(path),
        align: Align::Left,
    }
}

/// A column of numbers.
pub const fn number(title: &'static str, path: &'static str) -> Column {
    Column {
        title: std::borrow::Cow::Borrowed(title),
        path: std::borrow::Cow::Borrowed(path),
        align: Align::Right,
    }
}

/// Writes a list.
pub fn list(output: Output, columns: &[Column], items: &[Value], chosen: bool) -> String {
    if output.json {
        let items: Vec<Value> = match chosen {
            true => items.iter().map(|item| only(item, columns)).collect(),
            false => items.to_vec(),
        };
        return format!("{:#}\n", Value::Array(items));
    }
    if output.csv {
        return as_csv(columns, items);
    }
    let rows: Vec<Vec<String>> = items
        .iter()
        .map(|item| {
            columns
                .iter()
                .map(|column| readable(item, &column.path))
                .collect()
        })
        .collect();
    let head: Vec<(&str, Align)> = columns
        .iter()
        .map(|column| (&*column.title, column.align))
        .collect();
    // Whoever asked for the ids gets them, however narrow the terminal is.
    let spare = columns
        .iter()
        .position(|column| column.path == "id" && !chosen && columns.len() > 1);
    table::draw(&head, &rows, spare, table::Screen::of_stdout())
}

/// Writes one thing: all that is known of it.
pub fn item(output: Output, columns: &[Column], item: &Value) -> String {
    if output.json {
        return format!("{item:#}\n");
    }
    if output.csv {
        return as_csv(columns, std::slice::from_ref(item));
    }
    let mut paths = value::leaves(item);
    // What the table of its kind shows comes first, in that order.
    paths.sort_by_key(|path| {
        columns
            .iter()
            .position(|column| column.path == *path)
            .unwrap_or(columns.len())
    });
    let rows: Vec<(String, String)> = paths
        .into_iter()
        .map(|path| {
            let shown = readable(item, &path);
            (path, shown)
        })
        .collect();
    table::pairs(&rows)
}

/// Writes rows whose members are only known now, such as rows of data; those in `order` come first.
pub fn rows(output: Output, order: &[String], items: &[Value]) -> String {
    if output.json {
        return format!("{:#}\n", Value::Array(items.to_vec()));
    }
    let mut names: Vec<&str> = Vec::new();
    let members = items
        .iter()
        .filter_map(Value::as_object)
        .flat_map(|item| item.keys());
    for name in order.iter().chain(members) {
        let there = || items.iter().any(|item| item.get(name).is_some());
        if !names.contains(&name.as_str()) && there() {
            names.push(name);
        }
    }
    let cell = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let cells = |item: &Value| -> Vec<String> { names.iter().map(|name| cell(&item[*name])).collect() };
    if output.csv {
        let mut out = String::new();
        csv::row(&mut out, &names);
        for item in items {
            let cells = cells(item);
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            csv::row(&mut out, &cells);
        }
        return out;
    }
    let numbers = |name: &str| {
        items
            .iter()
            .all(|item| item[name].is_number() || item[name].is_null())
    };
    let head: Vec<(&str, Align)> = names
        .iter()
        .map(|name| (*name, if numbers(name) { Align::Right } else { Align::Left }))
        .collect();
    let rows: Vec<Vec<String>> = items.iter().map(cells).collect();
    table::draw(&head, &rows, None, table::Screen::of_stdout())
}

fn as_csv(columns: &[Column], items: &[Value]) -> String {
    let mut out = String::new();
    let head: Vec<&str> = columns.iter().map(|column| &*column.path).collect();
    csv::row(&mut out, &head);
    for item in items {
        let values: Vec<String> = columns.iter().map(|column| text(item, &column.path)).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        csv::row(&mut out, &values);
    }
    out
}

fn only(item: &Value, columns: &[Column]) -> Value {
    let mut out = serde_json::Map::new();
    for column in columns {
        let mut from = item;
        let whole = column.path.split('.').all(|part| match from.get(part) {
            Some(below) => {
                from = below;
                true
            }
            None => false,
        });
        let value = match whole {
            true => from.clone(),
            // Behind a list of things: their values, joined as in a table.
            false if value::has(item, &column.path) => Value::String(text(item, &column.path)),
            false => Value::Null,
        };
        out.insert(column.path.to_string(), value);
    }
    Value::Object(out)
}

fn readable(item: &Value, path: &str) -> String {
    let text = text(item, path);
    match text.as_str() {
        "true" => "yes".to_owned(),
        "false" => "no".to_owned(),
        _ => time(&text).unwrap_or(text),
    }
}

/// A point in time to the minute, as people read it; it stays UTC.
fn time(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let shape = bytes.len() >= 20
        && text.ends_with('Z')
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && bytes[10] == b'T'
        && bytes[13] == b':'
        && text.is_ascii();
    shape.then(|| format!("{} {}", &text[..10], &text[11..16]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const COLUMNS: &[Column] = &[
        column("NAME", "name"),
        number("SIZE", "size"),
        column("OWNER", "owner.name"),
    ];

    fn items() -> Vec<Value> {
        vec![
            json!({"name": "a, \"b\"", "size": 12, "owner": {"name": "ann"}, "id": "1"}),
            json!({"name": "数据 😀", "size": 3, "showTabs": true, "updatedAt": "2026-11-22T04:41:59Z"}),
        ]
    }

    #[test]
    fn the_three_forms_of_a_list() {
        let csv = Output {
            csv: true,
            ..Output::default()
        };
        assert_eq!(
            list(csv, COLUMNS, &items(), false),
            "name,size,owner.name\n\"a, \"\"b\"\"\",12,ann\n数据 😀,3,\n"
        );
        let json = Output {
            json: true,
            ..Output::default()
        };
        let all: Value = serde_json::from_str(&list(json, COLUMNS, &items(), false)).expect("JSON");
        assert_eq!(all, json!(items()));
        let some: Value = serde_json::from_str(&list(json, COLUMNS, &items(), true)).expect("JSON");
        assert_eq!(
            some[0],
            json!({"name": "a, \"b\"", "size": 12, "owner.name": "ann"})
        );
        assert_eq!(
            list(Output::default(), COLUMNS, &items(), false),
            "NAME     SIZE  OWNER\na, \"b\"     12  ann\n数据 😀     3\n"
        );
    }

    #[test]
    fn rows_of_data_have_the_columns_that_they_have() {
        let items = [json!({"b.c": 1, "a": "x, y"}), json!({"b.c": null, "a": "z"})];
        let order = ["b.c".to_owned(), "not there".to_owned()];
        let csv = Output {
            csv: true,
            ..Output::default()
        };
        assert_eq!(rows(csv, &order, &items), "b.c,a\n1,\"x, y\"\n,z\n");
        assert_eq!(
            rows(Output::default(), &order, &items),
            "b.c  a\n  1  x, y\n     z\n"
        );
        assert_eq!(rows(csv, &[], &[]), "\n");
    }

    #[test]
    fn one_thing_shows_everything() {
        assert_eq!(
            item(Output::default(), COLUMNS, &items()[1]),
            "name       数据 😀\nsize       3\nshowTabs   yes\nupdatedAt  2026-11-22 04:41\n"
        );
    }
}
