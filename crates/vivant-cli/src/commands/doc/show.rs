//! What can be read from a document without changing it.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use vivant_document::check::{CheckOptions, check as check_document};
use vivant_document::tree::{NodeId, Tree};
use vivant_document::view::{Connection, Datasource};
use vivant_document::{CanonicalOptions, Change, Document, Limits, Schema, canonical, unquote};

use super::file::{Depth, Opened, open, wrong};
use crate::exit::{Exit, UsageError};
use crate::output;

/// Options of commands that show a document.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Document: .twb, .twbx, .tds or .tdsx
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of commands that show data sources.
#[derive(Debug, clap::Args)]
pub struct SourceArgs {
    /// Document: .twb, .twbx, .tds or .tdsx
    file: PathBuf,
    /// Only this data source, by name or caption
    #[arg(long)]
    datasource: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `tree`.
#[derive(Debug, clap::Args)]
pub struct TreeArgs {
    /// Document: .twb, .twbx, .tds or .tdsx
    file: PathBuf,
    /// How many levels are shown
    #[arg(long, default_value_t = 3)]
    depth: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Documents: .twb, .twbx, .tds or .tdsx
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Exit with 1 for warnings too
    #[arg(long)]
    strict: bool,
    /// Show remarks too
    #[arg(long)]
    all: bool,
    /// Check workbooks against a schema, too: Tableau's twb_….xsd
    #[arg(long, value_name = "FILE")]
    schema: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// Document as it was
    before: PathBuf,
    /// Document as it is
    after: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `fmt`.
#[derive(Debug, clap::Args)]
pub struct FmtArgs {
    /// Document: .twb, .twbx, .tds or .tdsx
    file: PathBuf,
    /// Write here instead of stdout
    #[arg(long, short)]
    output: Option<PathBuf>,
    /// Leave out the pictures of sheets
    #[arg(long)]
    no_thumbnails: bool,
}

/// Runs `info`.
pub fn info(args: &Args) -> anyhow::Result<ExitCode> {
    let opened = open(&args.file, Depth::All)?;
    let document = &opened.document;
    let sources: Vec<Value> = document
        .datasources()
        .into_iter()
        .map(|source| {
            json!({
                "name": source.name(),
                "caption": source.caption(),
                "published": source.is_published(),
                "site": source.published_site(),
                "contentUrl": source.published_content_url(),
                "connections": source.connections().into_iter().map(connection_json).collect::<Vec<_>>(),
                "tables": source.relations().into_iter().map(|relation| relation.describe()).collect::<Vec<_>>(),
                "fields": source.field_names().len(),
                "calculations": source.calculations().len(),
                "extracts": source.extracts().into_iter().map(|extract| json!({
                    "enabled": extract.is_enabled(), "path": extract.path(),
                })).collect::<Vec<_>>(),
                "filters": source.filters().into_iter().map(|filter| json!({
                    "column": filter.column(), "keeps": filter.describe(),
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let mut value = json!({
        "file": args.file.display().to_string(),
        "kind": opened.kind.extension(),
        "datasources": sources,
        "parameters": parameters_json(document),
    });
    if let Some(workbook) = document.workbook() {
        value["version"] = json!(workbook.version());
        value["build"] = json!(workbook.source_build());
        value["worksheets"] = workbook
            .worksheets()
            .into_iter()
            .map(|sheet| {
                json!({
                    "name": sheet.name(),
                    "hidden": workbook.is_hidden(&sheet.name()),
                    "datasources": sheet.datasources(),
                    "rows": sheet.rows(),
                    "columns": sheet.cols(),
                    "filters": sheet.filters().len(),
                })
            })
            .collect();
        value["dashboards"] = workbook
            .dashboards()
            .into_iter()
            .map(|dashboard| {
                let sheets: Vec<_> = dashboard
                    .zones()
                    .into_iter()
                    .filter(|zone| zone.is_sheet())
                    .filter_map(|zone| zone.name())
                    .collect();
                json!({
                    "name": dashboard.name(),
                    "story": dashboard.is_story(),
                    "hidden": workbook.is_hidden(&dashboard.name()),
                    "sheets": sheets,
                })
            })
            .collect();
        value["actions"] = json!(workbook.actions().len());
    }
    if let Some(package) = &opened.package {
        value["entries"] = package
            .entries()
            .map(|entry| json!({ "name": entry.name, "size": entry.size }))
            .collect();
    }
    if args.json {
        return print_json(&value);
    }
    let mut text = String::new();
    writeln!(text, "{} ({})", args.file.display(), opened.kind.extension())?;
    if let Some(build) = value["build"].as_str() {
        writeln!(text, "saved by {build}")?;
    }
    for source in document.datasources() {
        writeln!(text, "data source '{}' [{}]", source.label(), source.name())?;
        for connection in source.connections() {
            writeln!(text, "  {}", connection_line(connection))?;
        }
        for relation in source.relations() {
            writeln!(text, "  from {}", relation.describe())?;
        }
        for extract in source.extracts() {
            let state = if extract.is_enabled() { "on" } else { "off" };
            writeln!(text, "  extract {state}: {}", extract.path().unwrap_or_default())?;
        }
        writeln!(
            text,
            "  {} fields, {} calculated",
            source.field_names().len(),
            source.calculations().len()
        )?;
    }
    for parameter in document.parameters() {
        writeln!(
            text,
            "parameter '{}' = {}",
            parameter.label(),
            parameter.value().unwrap_or_default()
        )?;
    }
    if let Some(workbook) = document.workbook() {
        let hidden = |name: &str| if workbook.is_hidden(name) { " (hidden)" } else { "" };
        for sheet in workbook.worksheets() {
            writeln!(text, "worksheet '{}'{}", sheet.name(), hidden(&sheet.name()))?;
        }
        for dashboard in workbook.dashboards() {
            let kind = if dashboard.is_story() {
                "story"
            } else {
                "dashboard"
            };
            writeln!(text, "{kind} '{}'{}", dashboard.name(), hidden(&dashboard.name()))?;
        }
    }
    print(&text)
}

/// Runs `fields`.
pub fn fields(args: &SourceArgs) -> anyhow::Result<ExitCode> {
    let opened = open(&args.file, Depth::Datasources)?;
    let mut rows = Vec::new();
    for source in chosen(&opened, args)? {
        let records: HashMap<String, _> = source
            .metadata_records()
            .into_iter()
            .filter_map(|record| Some((record.local_name()?.into_owned(), record)))
            .collect();
        let columns: HashMap<String, _> = source
            .columns()
            .into_iter()
            .map(|column| (column.name().into_owned(), column))
            .collect();
        for name in source.field_names() {
            let column = columns.get(&name).copied();
            let record = records.get(&name).copied();
            let datatype = column
                .and_then(|column| column.datatype())
                .or_else(|| record.and_then(|record| record.local_type()));
            rows.push(json!({
                "datasource": source.label(),
                "name": name,
                "caption": column.map_or_else(|| unquote(&name), |column| column.label()),
                "datatype": datatype,
                "role": column.and_then(|column| column.role()),
                "type": column.and_then(|column| column.kind()),
                "hidden": column.is_some_and(|column| column.is_hidden()),
                "calculated": column.is_some_and(|column| column.calculation().is_some()),
                "remoteName": record.and_then(|record| record.remote_name()),
                "table": record.and_then(|record| record.parent_name()).map(|table| unquote(&table)),
                "description": column.and_then(|column| column.description()),
            }));
        }
    }
    table(
        args.json,
        rows,
        &["datasource", "caption", "datatype", "role", "name"],
    )
}

/// Runs `formulas`.
pub fn formulas(args: &SourceArgs) -> anyhow::Result<ExitCode> {
    let opened = open(&args.file, Depth::Datasources)?;
    let mut rows = Vec::new();
    for source in chosen(&opened, args)? {
        for column in source.calculations() {
            let Some(calculation) = column.calculation() else {
                continue;
            };
            let problems: Vec<String> = calculation
                .parsed()
                .map(|parsed| parsed.diagnostics.iter().map(ToString::to_string).collect())
                .unwrap_or_default();
            rows.push(json!({
                "datasource": source.label(),
                "name": column.name(),
                "caption": column.label(),
                "class": calculation.class(),
                "formula": calculation.formula(),
                "problems": problems,
            }));
        }
    }
    if args.json {
        return print_json(&Value::Array(rows));
    }
    let mut text = String::new();
    for row in rows {
        let get = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        writeln!(text, "{} / {} {}", get("datasource"), get("caption"), get("name"))?;
        for line in get("formula").lines() {
            writeln!(text, "    {line}")?;
        }
        for problem in row["problems"].as_array().into_iter().flatten() {
            writeln!(text, "  ! {}", problem.as_str().unwrap_or_default())?;
        }
    }
    print(&text)
}

/// Runs `connections`.
pub fn connections(args: &SourceArgs) -> anyhow::Result<ExitCode> {
    let opened = open(&args.file, Depth::Connections)?;
    let mut rows = Vec::new();
    let mut text = String::new();
    for source in chosen(&opened, args)? {
        for connection in source.connections() {
            let mut row = connection_json(connection);
            row["datasource"] = json!(source.label());
            rows.push(row);
            writeln!(text, "{}: {}", source.label(), connection_line(connection))?;
        }
    }
    if args.json {
        return print_json(&Value::Array(rows));
    }
    print(&text)
}

/// Runs `parameters`.
pub fn parameters(args: &Args) -> anyhow::Result<ExitCode> {
    let opened = open(&args.file, Depth::Datasources)?;
    let rows = parameters_json(&opened.document);
    table(
        args.json,
        rows,
        &["caption", "datatype", "allowed", "value", "name"],
    )
}

/// Runs `tree`.
pub fn tree(args: &TreeArgs) -> anyhow::Result<ExitCode> {
    let opened = open(&args.file, Depth::All)?;
    let tree = opened.document.tree();
    if args.json {
        return print_json(&node_json(tree, tree.root(), args.depth));
    }
    let mut text = String::new();
    let mut stack = vec![(tree.root(), 0)];
    while let Some((node, depth)) = stack.pop() {
        write!(text, "{}{}", "  ".repeat(depth), tree.raw_name(node))?;
        for (name, value) in tree.attributes(node) {
            let short: String = value.chars().take(60).collect();
            let more = if short.len() < value.len() { "…" } else { "" };
            write!(text, " {name}={short:?}{more}")?;
        }
        let children: Vec<NodeId> = tree.all_children(node).collect();
        if depth + 1 < args.depth {
            writeln!(text)?;
            stack.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
        } else if children.is_empty() {
            writeln!(text)?;
        } else {
            writeln!(text, " ({} inside)", children.len())?;
        }
    }
    print(&text)
}

/// Runs `check`.
pub fn check(args: &CheckArgs) -> anyhow::Result<ExitCode> {
    use vivant_document::check::Severity;

    let mut rows = Vec::new();
    let mut text = String::new();
    let mut worst = Severity::Info;
    let schema = match &args.schema {
        Some(path) => {
            let bytes = std::fs::read(path)
                .map_err(|error| UsageError(format!("{} cannot be read: {error}", path.display())))?;
            Some(Schema::parse(bytes, &Limits::default()).map_err(|error| wrong(path, error))?)
        }
        None => None,
    };
    for path in &args.files {
        let opened = open(path, Depth::All)?;
        let has = |file: &str| {
            opened
                .package
                .as_ref()
                .is_none_or(|package| package.find(file).is_some())
        };
        let options = CheckOptions {
            has_file: opened.package.is_some().then_some(&has as &dyn Fn(&str) -> bool),
        };
        let mut findings = check_document(&opened.document, &options);
        if let Some(schema) = &schema {
            findings.extend(schema.check(&opened.document));
        }
        let count = |severity| {
            findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count()
        };
        for finding in &findings {
            worst = worst.max(finding.severity);
            if finding.severity == Severity::Info && !args.all {
                continue;
            }
            rows.push(json!({
                "file": path.display().to_string(),
                "severity": finding.severity.to_string(),
                "code": finding.code,
                "message": finding.message,
                "place": finding.place.path,
                "bytes": finding.place.span.map(|span| [span.start, span.end]),
                "hint": finding.hint,
            }));
            writeln!(text, "{}: {} [{}]", path.display(), finding, finding.code)?;
        }
        writeln!(
            text,
            "{}: {} errors, {} warnings, {} remarks",
            path.display(),
            count(Severity::Error),
            count(Severity::Warning),
            count(Severity::Info)
        )?;
    }
    if args.json {
        print_json(&Value::Array(rows))?;
    } else {
        print(&text)?;
    }
    let limit = if args.strict {
        Severity::Warning
    } else {
        Severity::Error
    };
    Ok(if worst >= limit {
        Exit::Other.into()
    } else {
        ExitCode::SUCCESS
    })
}

/// Runs `diff`.
pub fn diff(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let before = open(&args.before, Depth::All)?;
    let after = open(&args.after, Depth::All)?;
    if before.document.kind() != after.document.kind() {
        return Err(UsageError("a workbook and a data source cannot be compared".to_owned()).into());
    }
    let mut changes = vivant_document::diff(&before.document, &after.document);
    changes.extend(file_changes(&before, &after));
    if args.json {
        print_json(&Value::Array(changes.iter().map(change_json).collect()))?;
    } else {
        let lines: String = changes.iter().map(|change| format!("{change}\n")).collect();
        print(&lines)?;
    }
    Ok(if changes.is_empty() {
        ExitCode::SUCCESS
    } else {
        Exit::Other.into()
    })
}

/// Compares the files of two packages by size and checksum.
fn file_changes(before: &Opened, after: &Opened) -> Vec<Change> {
    use std::collections::BTreeMap;
    use vivant_document::ChangeKind;

    let files = |opened: &Opened| -> BTreeMap<String, (u64, u32)> {
        opened
            .package
            .iter()
            .flat_map(|package| {
                package
                    .entries()
                    .filter(|entry| entry.name != package.document_name() && !entry.name.ends_with('/'))
                    .map(|entry| (entry.name.clone(), (entry.size, entry.checksum)))
            })
            .collect()
    };
    let (old, new) = (files(before), files(after));
    let size = |(bytes, _): &(u64, u32)| Some(format!("{bytes} bytes"));
    let mut changes = Vec::new();
    for (name, was) in &old {
        let is = new.get(name);
        if is == Some(was) {
            continue;
        }
        changes.push(Change {
            kind: if is.is_some() {
                ChangeKind::Changed
            } else {
                ChangeKind::Removed
            },
            path: format!("file '{name}'"),
            before: size(was),
            after: is.and_then(size),
        });
    }
    for (name, is) in new.iter().filter(|(name, _)| !old.contains_key(*name)) {
        changes.push(Change {
            kind: ChangeKind::Added,
            path: format!("file '{name}'"),
            before: None,
            after: size(is),
        });
    }
    changes
}

/// Runs `fmt`.
pub fn fmt(args: &FmtArgs) -> anyhow::Result<ExitCode> {
    let opened = open(&args.file, Depth::All)?;
    let options = CanonicalOptions {
        without_thumbnails: args.no_thumbnails,
    };
    let text = canonical(&opened.document, &options);
    match &args.output {
        Some(path) => output::Destination::open(path)?.write(text.as_bytes())?,
        None => output::stdout(text.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a change as JSON.
pub fn change_json(change: &Change) -> Value {
    json!({
        "kind": change.kind.as_str(),
        "path": change.path,
        "before": change.before,
        "after": change.after,
    })
}

fn chosen<'d>(opened: &'d Opened, args: &SourceArgs) -> anyhow::Result<Vec<Datasource<'d>>> {
    match &args.datasource {
        Some(name) => {
            let source = opened
                .document
                .datasource(name)
                .map_err(|error| wrong(&args.file, error))?;
            Ok(vec![source])
        }
        None => Ok(opened.document.datasources()),
    }
}

fn connection_json(connection: Connection<'_>) -> Value {
    json!({
        "name": connection.name(),
        "caption": connection.caption(),
        "class": connection.class(),
        "server": connection.server(),
        "port": connection.port(),
        "database": connection.database(),
        "schema": connection.schema(),
        "username": connection.username(),
        "authentication": connection.authentication(),
        "file": connection.path().filter(|_| connection.is_file()),
        "initialSql": connection.initial_sql(),
        "queryBand": connection.query_band(),
        "sslmode": connection.sslmode(),
        "warehouse": connection.warehouse(),
        "role": connection.role(),
        "service": connection.service(),
    })
}

fn connection_line(connection: Connection<'_>) -> String {
    let mut line = connection.class().into_owned();
    if connection.is_file() {
        line.push_str(&format!(" file {}", connection.path().unwrap_or_default()));
        return line;
    }
    for (what, value) in [
        ("server", connection.server()),
        ("port", connection.port()),
        ("database", connection.database()),
        ("schema", connection.schema()),
        ("user", connection.username()),
    ] {
        if let Some(value) = value {
            line.push_str(&format!(" {what} {value}"));
        }
    }
    line
}

fn parameters_json(document: &Document) -> Vec<Value> {
    document
        .parameters()
        .into_iter()
        .map(|parameter| {
            let members: Vec<Value> = parameter
                .members()
                .into_iter()
                .map(|member| json!({ "value": member.key, "label": member.value }))
                .collect();
            json!({
                "name": parameter.name(),
                "caption": parameter.label(),
                "datatype": parameter.datatype(),
                "allowed": parameter.domain(),
                "value": parameter.value(),
                "members": members,
                "range": parameter.range(),
            })
        })
        .collect()
}

fn node_json(tree: &Tree, node: NodeId, depth: usize) -> Value {
    let attributes: serde_json::Map<String, Value> = tree
        .attributes(node)
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    let children: Vec<Value> = if depth > 1 {
        tree.all_children(node)
            .map(|child| node_json(tree, child, depth - 1))
            .collect()
    } else {
        Vec::new()
    };
    let mut value = json!({ "name": tree.raw_name(node), "attributes": attributes, "children": children });
    let text = tree.text(node);
    if !text.trim().is_empty() {
        value["text"] = json!(text);
    }
    value
}

/// Prints rows as JSON, or some of their columns as text.
fn table(json: bool, rows: Vec<Value>, columns: &[&str]) -> anyhow::Result<ExitCode> {
    if json {
        return print_json(&Value::Array(rows));
    }
    let mut text = String::new();
    for row in rows {
        let cells: Vec<&str> = columns
            .iter()
            .map(|column| row[*column].as_str().unwrap_or("-"))
            .collect();
        writeln!(text, "{}", cells.join("\t"))?;
    }
    print(&text)
}

fn print(text: &str) -> anyhow::Result<ExitCode> {
    output::stdout(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn print_json(value: &Value) -> anyhow::Result<ExitCode> {
    output::stdout(format!("{value:#}\n").as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
