//! Reads the formulas of the shared corpus: real workbooks and data sources.
//!
//! Every formula must be cut into tokens that cover it and parse without a message; those of files
//! saved by Tableau must also type-check against the fields of their data source, with few exceptions.
//! The folder is `VIVANT_CORPUS`, by default the one beside the workspace; without it nothing is tested.

mod shared;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use vivant_calc::check::{Checked, Environment, FieldInfo, FieldKind, check};
use vivant_calc::lex::lex;
use vivant_calc::names::FieldName;
use vivant_calc::types::{DataType, Level};
use vivant_calc::{format, parse};

fn files() -> Vec<PathBuf> {
    let folder = match std::env::var_os("VIVANT_CORPUS") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => shared::folder().map(|folder| folder.join("corpus")),
    };
    let Some(entries) = folder.and_then(|folder| std::fs::read_dir(folder.join("files")).ok()) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Gives the XML documents of a file, opening packages.
fn documents(path: &Path) -> Vec<String> {
    let is =
        |name: &str, endings: [&str; 2]| endings.iter().any(|ending| name.to_lowercase().ends_with(ending));
    let name = path.to_string_lossy();
    let bytes = std::fs::read(path).unwrap();
    if is(&name, [".twb", ".tds"]) {
        return vec![String::from_utf8_lossy(&bytes).into_owned()];
    }
    if !is(&name, [".twbx", ".tdsx"]) {
        return Vec::new();
    }
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut documents = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        if is(&entry.name().unwrap_or_default(), [".twb", ".tds"]) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            documents.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    documents
}

/// A field of a data source.
#[derive(Debug, Clone)]
struct Field {
    data_type: DataType,
    kind: FieldKind,
    formula: Option<String>,
}

/// What a document says about formulas.
#[derive(Default)]
struct Document {
    /// All formulas of calculations, wherever they stand.
    formulas: BTreeSet<String>,
    /// The fields of each data source, by their names in lower case.
    sources: BTreeMap<String, BTreeMap<String, Field>>,
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element.try_get_attribute(name).ok()??;
    found
        .normalized_value(XmlVersion::Implicit1_0)
        .ok()
        .map(|value| value.into_owned())
}

/// Takes the mark of a feature off the name of an element.
fn plain_name(element: &BytesStart<'_>) -> String {
    let name = element.name().as_ref().to_string();
    name.rsplit("...").next().unwrap_or_default().to_string()
}

fn data_type(name: &str) -> DataType {
    match name {
        "boolean" => DataType::Boolean,
        "integer" => DataType::Integer,
        "real" => DataType::Real,
        "string" => DataType::String,
        "date" => DataType::Date,
        "datetime" => DataType::DateTime,
        "spatial" => DataType::Spatial,
        "table" => DataType::Table,
        _ => DataType::Unknown,
    }
}

fn read(text: &str) -> Document {
    let mut document = Document::default();
    let mut reader = quick_xml::Reader::from_str(text.trim_start_matches('\u{feff}'));
    let mut path: Vec<String> = Vec::new();
    let mut source = String::new();
    let mut column = String::new();
    let (mut record_name, mut record_type) = (String::new(), String::new());
    loop {
        let event = reader.read_event().unwrap();
        let (element, empty) = match &event {
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(_) => {
                let ended = path.pop().unwrap_or_default();
                if ended == "metadata-record" && !record_name.is_empty() {
                    let field = Field {
                        data_type: data_type(&record_type),
                        kind: FieldKind::Plain,
                        formula: None,
                    };
                    let fields = document.sources.entry(source.clone()).or_default();
                    fields.entry(std::mem::take(&mut record_name)).or_insert(field);
                }
                continue;
            }
            Event::Text(text) => {
                let text = text.trim().to_string();
                match path.last().map(String::as_str) {
                    Some("local-name") => record_name = unescaped(&text).to_lowercase(),
                    Some("local-type") => record_type = text,
                    _ => {}
                }
                continue;
            }
            // References such as `&amp;` in the middle of a text come as events of their own.
            Event::GeneralRef(reference) => {
                if path.last().is_some_and(|name| name == "local-name") {
                    let text = reference.to_string();
                    record_name.push_str(&unescaped(&format!("&{text};")));
                }
                continue;
            }
            Event::Eof => return document,
            _ => continue,
        };
        let name = plain_name(element);
        let own = !path
            .iter()
            .any(|name| name == "worksheet" || name == "datasource-dependencies");
        match name.as_str() {
            "datasource"
                if path.is_empty() || path.last().is_some_and(|name| name == "datasources") && own =>
            {
                source = attribute(element, "name")
                    .or_else(|| attribute(element, "formatted-name"))
                    .unwrap_or_default();
                source = source.to_lowercase();
            }
            "column" if own => {
                column = attribute(element, "name").unwrap_or_default().to_lowercase();
                let data_type = data_type(&attribute(element, "datatype").unwrap_or_default());
                let field = Field {
                    data_type,
                    kind: FieldKind::Plain,
                    formula: None,
                };
                document
                    .sources
                    .entry(source.clone())
                    .or_default()
                    .insert(column.clone(), field);
            }
            "group" if own => {
                let combined =
                    attribute(element, "user:ui-builder").is_some_and(|builder| builder == "nest-group");
                let field = if combined {
                    Field {
                        data_type: DataType::String,
                        kind: FieldKind::Combined,
                        formula: None,
                    }
                } else {
                    Field {
                        data_type: DataType::Boolean,
                        kind: FieldKind::Set,
                        formula: None,
                    }
                };
                let name = attribute(element, "name").unwrap_or_default().to_lowercase();
                document
                    .sources
                    .entry(source.clone())
                    .or_default()
                    .insert(name, field);
            }
            "calculation" => {
                if let Some(formula) = attribute(element, "formula") {
                    let class = attribute(element, "class").unwrap_or_default();
                    let fields = document.sources.entry(source.clone()).or_default();
                    if own
                        && class == "tableau"
                        && source != "parameters"
                        && path.last().is_some_and(|name| name == "column")
                        && let Some(field) = fields.get_mut(&column)
                    {
                        field.formula = Some(formula.clone());
                    }
                    document.formulas.insert(formula);
                }
            }
            _ => {}
        }
        if !empty {
            path.push(name);
        }
    }
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_string(), |text| text.into_owned())
}

/// The fields of a data source, with the levels that their formulas give them.
struct Source<'d> {
    document: &'d Document,
    name: &'d str,
    levels: RefCell<BTreeMap<String, Level>>,
}

impl Source<'_> {
    fn lookup(&self, name: &FieldName) -> Option<(&Field, String, bool)> {
        let key = name.to_string().to_lowercase();
        if let Some(field) = self
            .document
            .sources
            .get(self.name)
            .and_then(|fields| fields.get(&key))
        {
            return Some((field, key, false));
        }
        let source = name.source.as_ref()?.to_lowercase();
        let key = FieldName::new(&name.name).to_string().to_lowercase();
        let field = self.document.sources.get(&source)?.get(&key)?;
        Some((field, format!("{source}{key}"), source != self.name))
    }
}

impl Environment for Source<'_> {
    fn field(&self, name: &FieldName) -> Option<FieldInfo> {
        let (field, key, secondary) = self.lookup(name)?;
        let level = match (&field.formula, self.levels.borrow().get(&key)) {
            (_, Some(level)) => Some(*level),
            (None, _) => Some(Level::Row),
            (Some(_), None) => None,
        };
        let level = level.unwrap_or_else(|| {
            // Against cycles: while a formula is being looked at it is a row.
            self.levels.borrow_mut().insert(key.clone(), Level::Row);
            let formula = field.formula.as_deref().unwrap_or_default();
            let level = check(&parse(formula).value, self).root().level.max(Level::Row);
            self.levels.borrow_mut().insert(key, level);
            level
        });
        Some(FieldInfo {
            data_type: field.data_type,
            level,
            kind: field.kind,
            secondary,
        })
    }

    fn parameter(&self, name: &str) -> Option<DataType> {
        let key = FieldName::new(name).to_string().to_lowercase();
        self.document
            .sources
            .get("parameters")?
            .get(&key)
            .map(|field| field.data_type)
    }
}

#[test]
fn every_formula_parses_and_keeps_its_bytes() {
    let mut formulas = BTreeSet::new();
    for path in files() {
        for text in documents(&path) {
            formulas.extend(read(&text).formulas);
        }
    }
    println!("{} distinct formulas", formulas.len());
    for formula in &formulas {
        let joined: String = lex(formula).iter().map(|token| token.span.of(formula)).collect();
        assert_eq!(&joined, formula);
        let parsed = parse(formula);
        if formula.trim().is_empty() {
            assert_eq!(parsed.diagnostics[0].code, "calc.empty");
            continue;
        }
        assert_eq!(parsed.diagnostics, [], "{formula}");
        let pretty = format::format(formula).value;
        assert_eq!(
            parse(&pretty).value.to_sexpr(),
            parsed.value.to_sexpr(),
            "{formula}\n{pretty}"
        );
        assert_eq!(format::format(&pretty).value, pretty, "{formula}");
    }
}

#[test]
fn formulas_saved_by_tableau_type_check() {
    let mut problems = Vec::new();
    let (mut checked_count, mut same, mut wider) = (0, 0, 0);
    for path in files() {
        for text in documents(&path) {
            let document = read(&text);
            for (name, fields) in &document.sources {
                let source = Source {
                    document: &document,
                    name,
                    levels: RefCell::default(),
                };
                for (field_name, field) in fields {
                    let Some(formula) = field
                        .formula
                        .as_ref()
                        .filter(|formula| !formula.trim().is_empty())
                    else {
                        continue;
                    };
                    let checked: Checked = check(&parse(formula).value, &source);
                    checked_count += 1;
                    let inferred = checked.root().data_type;
                    let declared = field.data_type;
                    if checked.has_errors() {
                        let file = path.file_name().unwrap_or_default().to_string_lossy();
                        let messages: Vec<String> =
                            checked.diagnostics.iter().map(ToString::to_string).collect();
                        problems.push(format!(
                            "{file} {field_name}: {}\n    {formula}",
                            messages.join("; ")
                        ));
                    } else if inferred == declared || inferred.is_open() {
                        same += 1;
                    } else if inferred.common(declared).is_some() {
                        wider += 1;
                    } else {
                        problems.push(format!(
                            "{field_name} is {inferred}, declared {declared}: {formula}"
                        ));
                    }
                }
            }
        }
    }
    println!(
        "{checked_count} calculations: {same} of the declared type, {wider} as number or date of another kind"
    );
    println!("{} with a problem:\n{}", problems.len(), problems.join("\n"));
    // References to fields that a workbook lost and formulas written by hand make up what is left.
    assert!(
        problems.len() * 50 <= checked_count,
        "{} of {checked_count}",
        problems.len()
    );
}
