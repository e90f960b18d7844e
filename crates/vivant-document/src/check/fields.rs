//! Fields: every reference must lead to a field, every formula must hold.

use std::collections::{HashMap, HashSet};

use super::Findings;
use super::sources::suggestion;
use crate::edit::Scope;
use crate::error::shorten;
use crate::names::{find_names, unquote};
use crate::refs::{Instances, Reference, references};
use crate::tree::NodeId;
use crate::view::Datasource;

/// Fields that every data source has without saying so.
const BUILT_IN: [&str; 9] = [
    ":Measure Names",
    "Measure Names",
    "Multiple Values",
    "Measure Values",
    "Number of Records",
    "Latitude (generated)",
    "Longitude (generated)",
    "Geometry (generated)",
    "Forecast Indicator",
];

pub(super) fn check(findings: &mut Findings<'_>) {
    formulas(findings);
    uses(findings);
    unknown_sources(findings);
}

fn formulas(findings: &mut Findings<'_>) {
    let document = findings.document;
    for source in document.datasources() {
        let scope = Scope::of(document, source);
        let open = is_open(source);
        for column in source.calculations() {
            let Some(parsed) = column.calculation().and_then(|calculation| calculation.parsed()) else {
                continue;
            };
            let checked = vivant_calc::check(&parsed.value, &scope);
            let place = findings.place(column.node());
            for diagnostic in parsed.diagnostics.into_iter().chain(checked.diagnostics) {
                // What fields a published data source has is known only to its server.
                if open && diagnostic.code.contains("unknown-field") {
                    continue;
                }
                findings.push(diagnostic.within(place.clone()));
            }
        }
    }
}

/// Tells whether a data source may have fields that the document does not list.
fn is_open(source: Datasource<'_>) -> bool {
    source.is_published() || source.metadata_records().is_empty()
}

/// How much it matters that a reference leads nowhere.
#[derive(Clone, Copy, PartialEq)]
enum Weight {
    Shown,
    LeftOver,
}

fn uses(findings: &mut Findings<'_>) {
    let document = findings.document;
    let instances = Instances::of(document);
    let mut known: HashMap<String, HashSet<String>> = HashMap::new();
    let mut open: HashSet<String> = HashSet::new();
    for source in document.all_datasources() {
        let names = source
            .field_names()
            .iter()
            .map(|name| unquote(&name.to_lowercase()))
            .collect();
        known.insert(source.name().into_owned(), names);
        if !source.is_parameters() && is_open(source) {
            open.insert(source.name().into_owned());
        }
    }
    // Sheets have calculations and sets of their own, which only they define.
    let tree = document.tree();
    for node in tree.all_descendants(tree.root()) {
        if tree.plain_name(node) != "datasource-dependencies" {
            continue;
        }
        let source = tree.get(node, "datasource").unwrap_or_default().into_owned();
        let names = known.entry(source).or_default();
        for child in tree.all_children(node) {
            let is_own = tree.plain_name(child) == "group" || tree.child(child, "calculation").is_some();
            if is_own && let Some(name) = tree.value(child, "name") {
                names.insert(unquote(&name).to_lowercase());
            }
        }
    }
    let mut seen: HashSet<(String, String, String)> = HashSet::new();
    for reference in references(document) {
        let Some(weight) = weight(findings, &reference) else {
            continue;
        };
        if open.contains(&reference.source) {
            continue;
        }
        let Some(names) = known.get(&reference.source) else {
            continue;
        };
        if resolves(&reference, names, &instances) {
            continue;
        }
        let place = document.describe(reference.node);
        if !seen.insert((reference.source.clone(), reference.name.clone(), place)) {
            continue;
        }
        let field = instances
            .field(&reference.source, &reference.name)
            .map_or_else(|| reference.name.clone(), |field| field.into_owned());
        let (code, message) = match (reference.source.as_str(), weight) {
            (_, Weight::LeftOver) => (
                "document.stale-field",
                format!("field `{}` is not there any more", shorten(&field)),
            ),
            ("Parameters", Weight::Shown) => (
                "document.unknown-parameter",
                format!("parameter `{}` is not there", shorten(&field)),
            ),
            (_, Weight::Shown) => (
                "document.unknown-field",
                format!("field `{}` is not there", shorten(&field)),
            ),
        };
        let hint = (weight == Weight::Shown)
            .then(|| suggestion(&field, names.iter().cloned()))
            .flatten();
        if let Some(found) = findings.add(code, reference.node, message) {
            found.hint = hint;
        }
    }
}

/// Decides whether a reference matters, by where it stands; `None` for those that define something.
fn weight(findings: &Findings<'_>, reference: &Reference) -> Option<Weight> {
    let document = findings.document;
    if document.is_definition(reference) {
        return None;
    }
    let tree = document.tree();
    let name = tree.plain_name(reference.node);
    // Formulas are checked by the rules of their language, except those inside filters.
    if reference.in_formula && name == "calculation" {
        return None;
    }
    let mut in_sheet = false;
    for at in std::iter::once(reference.node).chain(tree.ancestors(reference.node)) {
        match tree.plain_name(at) {
            // Two branches say the same; the one that is not read may say what is gone.
            _ if tree.name(at).is_none() => return None,
            "worksheet" => in_sheet = true,
            "style"
            | "window"
            | "actions"
            | "datasource-relationships"
            | "thumbnails"
            | "layout"
            | "default-sorts"
            | "field-sort-info"
            | "analytic-model"
            | "capturedDeltas"
            | "currentDeltas"
            | "mark-labels"
            | "annotations"
            | "devicelayouts"
            | "shelf-sorts"
            | "manual-sort"
            | "sort"
            | "natural-sort"
            | "alphabetic-sort"
            | "datasource-dependencies"
            | "semantic-values"
            | "extract"
            | "table-calculations"
            | "table-calc"
            | "order" => {
                return Some(Weight::LeftOver);
            }
            _ => {}
        }
    }
    let shown = in_sheet
        && matches!(
            name,
            "rows"
                | "cols"
                | "filter"
                | "color"
                | "size"
                | "text"
                | "lod"
                | "shape"
                | "tooltip"
                | "path"
                | "wedge-size"
                | "geometry"
        );
    Some(if shown { Weight::Shown } else { Weight::LeftOver })
}

fn resolves(reference: &Reference, names: &HashSet<String>, instances: &Instances) -> bool {
    let has = |name: &str| {
        names.contains(&name.to_lowercase())
            || BUILT_IN.contains(&name)
            || name.starts_with("__tableau_internal_object_id__")
            || name.starts_with("Action (")
            || name.starts_with("Tooltip (")
            || name.starts_with(':')
    };
    if has(&reference.name) {
        return true;
    }
    let Some(field) = instances.field(&reference.source, &reference.name) else {
        return false;
    };
    // `pcdf:sum:Fare:qk` by its shape alone: the codes come off one after another.
    let mut field = field.as_ref();
    loop {
        if has(field) || field.contains("__tableau_internal_object_id__") {
            return true;
        }
        match field.split_once(':') {
            Some((_, rest)) if !rest.is_empty() => field = rest,
            _ => break,
        }
    }
    // Row counts of a table of the model.
    reference.name.starts_with("cnt:")
}

/// Finds data sources that sheets use and the workbook does not have.
fn unknown_sources(findings: &mut Findings<'_>) {
    let document = findings.document;
    let Some(workbook) = document.workbook() else {
        return;
    };
    let known: HashSet<String> = document
        .all_datasources()
        .iter()
        .map(|source| source.name().into_owned())
        .collect();
    let mut missing: Vec<(String, NodeId)> = Vec::new();
    for sheet in workbook.worksheets() {
        let mut names: Vec<String> = sheet
            .datasources()
            .into_iter()
            .map(|name| name.into_owned())
            .collect();
        for shelf in [sheet.rows(), sheet.cols()] {
            for found in find_names(&shelf) {
                let first = found.part(&shelf, 0);
                if found.parts.len() > 1 {
                    names.push(first);
                }
            }
        }
        names.sort();
        names.dedup();
        missing.extend(
            names
                .into_iter()
                .filter(|name| !known.contains(name))
                .map(|name| (name, sheet.node())),
        );
    }
    for (name, node) in missing {
        findings.add(
            "document.unknown-datasource",
            node,
            format!("data source `{}` is not there", shorten(&name)),
        );
    }
}
