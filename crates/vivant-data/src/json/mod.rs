//! JSON files: `semistructpassivestore-direct` and its kin.
//!
//! Objects inside objects become columns `outer.inner`. A list becomes rows: what stands around it is repeated
//! for each item; items of two lists of one object stand in rows of their own, so that nothing is counted twice.

mod value;

use std::collections::{HashMap, HashSet, VecDeque};
use std::fs::File;
use std::io::Read;

use encoding_rs::Encoding;

use crate::batches::Batches;
use crate::build::{BatchBuilder, ColumnBuilder};
use crate::error::{DataError, Result, shorten};
use crate::files::DataFile;
use crate::infer::Guess;
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::{ConnectionSpec, TableSpec};
use crate::text::decode::Decoded;
pub(crate) use value::{Documents, Json};

/// Documents that are looked at to find the columns.
///
/// Tableau: the first 10,000 rows of a JSON file decide (product help, JSON file).
const SCANNED: usize = 10_000;

/// Tableau: the column that counts documents, so that a measure of the document can be taken once.
const INDEX: &str = "Document Index (generated)";

/// The attribute under which a connection says which levels are read: lines `key=true`.
const LEVELS: &str = "semistruct-schemas";

/// Opens a JSON file as a table.
pub(crate) fn open(
    file: &DataFile,
    connection: &ConnectionSpec,
    table: &TableSpec,
    limits: &DataLimits,
) -> Result<Batches> {
    let levels = Levels::new(connection.attribute(LEVELS));
    let mut shape = Shape::default();
    let mut documents = documents(file, limits)?;
    let mut left = limits.columns;
    for _ in 0..SCANNED {
        let Some(document) = documents.read()? else { break };
        shape
            .see(&document, &mut left)
            .ok_or_else(|| too_wide(file.name(), limits))?;
    }
    let mut columns = Vec::new();
    let root = Node::new(&shape, "", &levels, &mut columns);
    columns.push(Column {
        name: INDEX.to_owned(),
        kind: ColumnType::Integer,
    });
    if columns.len() > limits.columns {
        return Err(too_wide(file.name(), limits));
    }
    tell_apart(&mut columns);
    // A type that the document of the connection gives counts.
    for wanted in &table.columns {
        if let Some(column) = columns
            .iter_mut()
            .find(|column| column.name == wanted.column.name)
        {
            column.kind = wanted.column.kind;
        }
    }
    let mut reading = Reading {
        documents: self::documents(file, limits)?,
        root,
        kinds: columns.iter().map(|column| column.kind).collect(),
        waiting: VecDeque::new(),
        count: 0,
        limits: limits.clone(),
        name: file.name().to_owned(),
    };
    let schema = schema_of(&columns);
    let mut builder = BatchBuilder::new(schema.clone(), &columns, &[]);
    let mut done = false;
    Ok(Batches::new(
        schema,
        std::iter::from_fn(move || {
            if done {
                return None;
            }
            match reading.fill(&mut builder) {
                Ok(more) => done = !more,
                Err(error) => {
                    done = true;
                    return Some(Err(error));
                }
            }
            (builder.rows() > 0).then(|| builder.finish())
        }),
    ))
}

/// Reads the documents of a file, whatever Unicode it is written in.
pub(crate) fn documents(file: &DataFile, limits: &DataLimits) -> Result<Documents<Decoded<File>>> {
    let size = file.size()?;
    if size > limits.file_bytes {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.file_bytes,
            unit: "bytes",
        });
    }
    let mut head = [0; 4];
    let mut source = file.open()?;
    let mut got = 0;
    while got < head.len() {
        match source.read(&mut head[got..]) {
            Ok(0) => break,
            Ok(read) => got += read,
            Err(error) => return Err(DataError::io(format!("`{}`", file.name()), error)),
        }
    }
    let encoding = Encoding::for_bom(&head[..got]).map_or(encoding_rs::UTF_8, |(found, _)| found);
    Ok(Documents::new(
        Decoded::new(file.open()?, encoding),
        file.name(),
        limits.record_bytes,
    ))
}

/// Adds a value to a column; what does not fit its type is null.
pub(crate) fn push(column: &mut ColumnBuilder, kind: ColumnType, value: Option<&Json>, locale: &Locale) {
    match value {
        None | Some(Json::Null) => column.push_null(),
        Some(Json::Boolean(value)) => column.push_boolean(*value),
        Some(Json::Integer(number)) => column.push_integer(*number),
        Some(Json::Real(number)) => column.push_number(*number),
        Some(Json::String(text)) if kind == ColumnType::String => column.push_string(text),
        Some(Json::String(text)) => column.push_text(text, locale),
        Some(nested) => column.push_string(&nested.to_string()),
    }
}

/// Looks at a value.
pub(crate) fn guess(value: &Json, into: &mut Guess) {
    match value {
        Json::Null => {}
        Json::Boolean(_) => into.value(ColumnType::Boolean),
        // Tableau: every number of a JSON file is real.
        Json::Integer(_) | Json::Real(_) => into.value(ColumnType::Real),
        Json::String(_) | Json::List(_) | Json::Object(_) => into.value(ColumnType::String),
    }
}

/// Numbers columns of one name: of a member `a.b` and of `b` in `a`, of a member with values and with lists of them.
fn tell_apart(columns: &mut [Column]) {
    let mut taken: HashSet<String> = HashSet::new();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for column in columns {
        if taken.contains(&column.name) {
            // Counting goes on where it ended for the column of this name before.
            let number = numbers.entry(column.name.clone()).or_default();
            column.name = loop {
                *number += 1;
                let numbered = format!("{} {number}", column.name);
                if !taken.contains(&numbered) {
                    break numbered;
                }
            };
        }
        taken.insert(column.name.clone());
    }
}

fn too_wide(name: &str, limits: &DataLimits) -> DataError {
    DataError::TooLarge {
        what: name.to_owned(),
        limit: limits.columns as u64,
        unit: "columns",
    }
}

/// Which levels of a file are read.
struct Levels(HashMap<String, bool>);

impl Levels {
    fn new(text: Option<&str>) -> Self {
        let lines = text.unwrap_or_default().lines();
        Self(
            lines
                .filter_map(|line| line.rsplit_once('='))
                .map(|(key, value)| (Self::key(key), value == "true"))
                .collect(),
        )
    }

    /// Names a level by the members that lead to it, however they are set apart.
    fn key(text: &str) -> String {
        let text = text.strip_prefix("{root}").unwrap_or(text);
        let parts = text.split(['.', '/', '{', '}', '[', ']']);
        parts
            .filter(|part| !part.is_empty() && *part != "*")
            .collect::<Vec<_>>()
            .join(".")
    }

    /// Tells whether the items of a list become rows.
    fn has_list(&self, path: &str) -> bool {
        self.0.is_empty() || self.0.get(path).copied().unwrap_or(false)
    }

    /// Tells whether the members of an object become columns.
    fn has_object(&self, path: &str) -> bool {
        self.0.get(path).copied().unwrap_or(true)
    }
}

/// What was seen at a place of the documents.
#[derive(Default)]
struct Shape {
    guess: Guess,
    has_scalar: bool,
    /// Members in the order in which they turned up.
    members: Vec<(String, Shape)>,
    places: HashMap<String, usize>,
    items: Option<Box<Shape>>,
}

impl Shape {
    /// Looks at a value; `None` where the document has more places than are left.
    fn see(&mut self, value: &Json, left: &mut usize) -> Option<()> {
        match value {
            Json::Null => {}
            Json::List(items) => {
                let inside = self.items.get_or_insert_with(Box::default);
                for item in items {
                    inside.see(item, left)?;
                }
            }
            Json::Object(members) => {
                for (key, value) in members {
                    let place = match self.places.get(key) {
                        Some(place) => *place,
                        None => {
                            *left = left.checked_sub(1)?;
                            self.members.push((key.clone(), Shape::default()));
                            self.places.insert(key.clone(), self.members.len() - 1);
                            self.members.len() - 1
                        }
                    };
                    self.members[place].1.see(value, left)?;
                }
            }
            scalar => {
                self.has_scalar = true;
                guess(scalar, &mut self.guess);
            }
        }
        Some(())
    }

    fn is_unknown(&self) -> bool {
        !self.has_scalar && self.members.is_empty() && self.items.is_none()
    }
}

/// Where the values of a place go.
#[derive(Default)]
struct Node {
    column: Option<usize>,
    members: HashMap<String, Node>,
    items: Option<Box<Node>>,
    /// Columns from here on down: from, to.
    below: (usize, usize),
}

impl Node {
    fn new(shape: &Shape, path: &str, levels: &Levels, columns: &mut Vec<Column>) -> Self {
        let from = columns.len();
        let mut node = Node::default();
        let inner = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        if shape.has_scalar || (shape.is_unknown() && !path.is_empty()) {
            let kind = shape.guess.decide();
            node.column = Some(columns.len());
            columns.push(Column {
                name: match path {
                    // Values that stand in no object have no name.
                    "" => "Value".to_owned(),
                    path => path.to_owned(),
                },
                kind,
            });
        }
        if levels.has_object(path) {
            for (name, member) in &shape.members {
                let member = Node::new(member, &inner(name), levels, columns);
                node.members.insert(name.clone(), member);
            }
        }
        if let Some(items) = &shape.items
            && levels.has_list(path)
        {
            node.items = Some(Box::new(Node::new(items, path, levels, columns)));
        }
        node.below = (from, columns.len());
        node
    }

    /// Puts the scalars of a value into a row and gathers the lists in it.
    fn scalars<'v, 'n>(&'n self, value: &'v Json, row: &mut [Option<&'v Json>], lists: &mut Lists<'v, 'n>) {
        match value {
            Json::Object(members) => {
                for (key, value) in members {
                    if let Some(node) = self.members.get(key) {
                        node.scalars(value, row, lists);
                    }
                }
            }
            Json::List(items) => {
                if let Some(node) = &self.items
                    && !items.is_empty()
                {
                    lists.push((node, items));
                }
            }
            scalar => {
                if let Some(column) = self.column {
                    row[column] = Some(scalar);
                }
            }
        }
    }

    /// Hands out the rows of a value.
    fn rows<'v>(
        &self,
        value: &'v Json,
        row: &mut Vec<Option<&'v Json>>,
        emit: &mut dyn FnMut(&[Option<&'v Json>]) -> Result<()>,
    ) -> Result<()> {
        let mut lists = Vec::new();
        self.scalars(value, row, &mut lists);
        if lists.is_empty() {
            emit(row)?;
        }
        for (node, items) in lists {
            for item in items {
                node.rows(item, row, emit)?;
                row[node.below.0..node.below.1].fill(None);
            }
        }
        Ok(())
    }
}

type Lists<'v, 'n> = Vec<(&'n Node, &'v [Json])>;

struct Reading<R> {
    documents: Documents<R>,
    root: Node,
    kinds: Vec<ColumnType>,
    /// Rows of a document that makes more rows than one batch has room for.
    waiting: VecDeque<Vec<Option<Json>>>,
    count: i64,
    limits: DataLimits,
    name: String,
}

impl<R: Read> Reading<R> {
    /// Adds rows until the batch is full; `false` at the end of the file.
    fn fill(&mut self, builder: &mut BatchBuilder) -> Result<bool> {
        let locale = Locale::default();
        while !builder.is_full(&self.limits) {
            if let Some(row) = self.waiting.pop_front() {
                add(builder, &self.kinds, row.iter().map(Option::as_ref), &locale);
                continue;
            }
            let Some(document) = self.documents.read()? else {
                return Ok(false);
            };
            self.count += 1;
            let index = Json::Integer(self.count);
            let mut row: Vec<Option<&Json>> = vec![None; self.kinds.len()];
            // The last column counts documents; nothing of the document reaches it.
            if let Some(last) = row.last_mut() {
                *last = Some(&index);
            }
            let mut kept = 0_usize;
            let (kinds, limits, waiting, name) = (&self.kinds, &self.limits, &mut self.waiting, &self.name);
            self.root.rows(&document, &mut row, &mut |values| {
                if !builder.is_full(limits) {
                    add(builder, kinds, values.iter().copied(), &locale);
                    return Ok(());
                }
                let owned: Vec<Option<Json>> = values.iter().map(|value| value.cloned()).collect();
                kept += owned.iter().map(|value| size(value.as_ref()) + 32).sum::<usize>();
                if kept > limits.join_bytes {
                    return Err(DataError::TooLarge {
                        what: shorten(name),
                        limit: limits.join_bytes as u64,
                        unit: "bytes in the rows of one document",
                    });
                }
                waiting.push_back(owned);
                Ok(())
            })?;
        }
        Ok(true)
    }
}

fn add<'v>(
    builder: &mut BatchBuilder,
    kinds: &[ColumnType],
    values: impl Iterator<Item = Option<&'v Json>>,
    locale: &Locale,
) {
    let mut bytes = 0;
    for ((column, kind), value) in builder.columns.iter_mut().zip(kinds).zip(values) {
        bytes += size(value);
        push(column, *kind, value, locale);
    }
    builder.end_row(bytes);
}

/// Returns about how many bytes a value takes.
fn size(value: Option<&Json>) -> usize {
    match value {
        Some(Json::String(text)) => text.len() + 8,
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_cast::display::{ArrayFormatter, FormatOptions};

    fn read(text: &str, levels: &str) -> Result<Vec<String>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let file = DataFile::new("x.json", file.path());
        let connection = ConnectionSpec::of_class("semistructpassivestore-direct").with(LEVELS, levels);
        let limits = DataLimits {
            batch_rows: 2,
            ..DataLimits::default()
        };
        let batches = open(&file, &connection, &TableSpec::of_table("[x.json]"), &limits)?;
        let names = batches.schema().fields().iter().map(|field| field.name().clone());
        let mut lines = vec![names.collect::<Vec<_>>().join("|")];
        let options = FormatOptions::default().with_null("-");
        for batch in batches {
            let batch = batch?;
            for row in 0..batch.num_rows() {
                let values = batch.columns().iter().map(|array| {
                    let formatter = ArrayFormatter::try_new(array, &options).unwrap();
                    formatter.value(row).to_string()
                });
                lines.push(values.collect::<Vec<_>>().join("|"));
            }
        }
        Ok(lines)
    }

    #[test]
    fn objects_become_columns_and_lists_rows() {
        let text = r#"[{"id":1,"at":{"x":1.5,"y":null},"tags":["a","b","c"],"ok":true},{"id":2,"ok":false,"at":{"y":"n"}}]"#;
        assert_eq!(
            read(text, "").unwrap(),
            [
                "id|at.x|at.y|tags|ok|Document Index (generated)",
                "1.0|1.5|-|a|true|1",
                "1.0|1.5|-|b|true|1",
                "1.0|1.5|-|c|true|1",
                "2.0|-|n|-|false|2",
            ]
        );
    }

    #[test]
    fn columns_of_one_name_are_told_apart() {
        let text = r#"[{"a.b":1,"a":{"b":2},"c":3},{"c":[4,5]}]"#;
        assert_eq!(
            read(text, "").unwrap(),
            [
                "a.b|a.b 1|c|c 1|Document Index (generated)",
                "1.0|2.0|3.0|-|1",
                "-|-|-|4.0|2",
                "-|-|-|5.0|2",
            ]
        );
    }

    #[test]
    fn places_are_bounded_in_all() {
        let members = |outer: usize| {
            let inner = (0..150).map(|at| format!(r#""m{at}":1"#)).collect::<Vec<_>>();
            format!(r#""o{outer}":{{{}}}"#, inner.join(","))
        };
        let text = (0..150).map(members).collect::<Vec<_>>().join(",");
        let error = read(&format!("{{{text}}}"), "").unwrap_err();
        assert!(error.to_string().contains("columns"), "{error}");
    }

    #[test]
    fn lists_beside_each_other_are_not_multiplied() {
        let text = r#"{"n":1,"a":[{"x":1},{"x":2,"z":[7,8]}],"b":[{"y":"p"},{"y":"q"}]}"#;
        assert_eq!(
            read(text, "").unwrap(),
            [
                "n|a.x|a.z|b.y|Document Index (generated)",
                "1.0|1.0|-|-|1",
                "1.0|2.0|7.0|-|1",
                "1.0|2.0|8.0|-|1",
                "1.0|-|-|p|1",
                "1.0|-|-|q|1",
            ]
        );
    }

    #[test]
    fn only_chosen_levels_are_read() {
        let text = r#"[{"n":1,"a":[{"x":1},{"x":2}],"b":[{"y":"p"},{"y":"q"}]}]"#;
        assert_eq!(
            read(text, "{root}=true").unwrap(),
            ["n|Document Index (generated)", "1.0|1"]
        );
        assert_eq!(
            read(text, "{root}=true\n{root}.{b}=true").unwrap(),
            ["n|b.y|Document Index (generated)", "1.0|p|1", "1.0|q|1"]
        );
    }

    #[test]
    fn lines_of_documents_and_marks_of_encodings_are_read() {
        assert_eq!(
            read("\u{feff}{\"a\":\"Z\u{fc}\"}\n{\"a\":{\"b\":[1]}}", "").unwrap(),
            ["a|a.b|Document Index (generated)", "Z\u{fc}|-|1", "-|1.0|2"]
        );
        assert_eq!(read("", "").unwrap(), ["Document Index (generated)"]);
        assert!(read("[{\"a\":1}", "").is_err());
    }
}
