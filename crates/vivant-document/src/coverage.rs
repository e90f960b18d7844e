//! How much of a document is understood: what no view reads in its sheets and data sources, and the
//! calculations that do not parse. [`crate::check`] judges what is understood.

use std::collections::BTreeMap;

use vivant_calc::Severity;

use crate::edit::DATASOURCE_ORDER;
use crate::error::shorten;
use crate::spec;
use crate::view::{Datasource, Document, Filter, FilterKind, Relation, RelationKind};

/// How much of a document is understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Worksheets.
    pub worksheets: Vec<Covered>,
    /// Data sources.
    pub datasources: Vec<Covered>,
    /// Calculated fields, as `data source / field`.
    pub calculations: Vec<Covered>,
}

/// One thing, and what is not understood in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Covered {
    /// Name that people see.
    pub name: String,
    /// What is not understood, with its place inside; of a calculation why it does not parse.
    pub problems: Vec<String>,
}

/// Marks that are drawn or answered with a table; others would be taken for `Automatic`.
const MARKS: [&str; 17] = [
    "Automatic",
    "Area",
    "Bar",
    "Circle",
    "Density",
    "GanttBar",
    "Heatmap",
    "Icon",
    "Line",
    "Map",
    "Multipolygon",
    "Pie",
    "Polygon",
    "Shape",
    "Square",
    "Text",
    "VizExtension",
];

/// Calculations by what they are: of the language, bins, groups, and what the program adds by itself.
const CALCULATIONS: [&str; 4] = ["tableau", "bin", "categorical-bin", "passthrough"];

/// Types of values; a table stands for its rows.
const DATATYPES: [&str; 8] = [
    "string", "integer", "real", "boolean", "date", "datetime", "spatial", "table",
];

/// Says what is not understood of a document.
pub fn coverage(document: &Document) -> Coverage {
    let mut coverage = Coverage::default();
    let mut of_sheets: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for diagnostic in spec::workbook(document).diagnostics {
        if diagnostic.code == "spec.not-understood" {
            let path = diagnostic.place.path.unwrap_or_default();
            let (sheet, inside) = path.split_once(" / ").unwrap_or((&path, ""));
            let problem = match inside {
                "" => diagnostic.message,
                inside => format!("{inside}: {}", diagnostic.message),
            };
            of_sheets.entry(sheet.to_owned()).or_default().push(problem);
        }
    }
    for sheet in document
        .workbook()
        .iter()
        .flat_map(|workbook| workbook.worksheets())
    {
        let name = sheet.name().into_owned();
        let mut problems = of_sheets
            .remove(&format!("worksheet '{name}'"))
            .unwrap_or_default();
        problems.extend(sheet.filters().into_iter().filter_map(unknown_filter));
        for pane in sheet.panes() {
            let mark = pane.mark();
            if !MARKS.contains(&&*mark) {
                problems.push(format!("mark `{}` is not understood", shorten(&mark)));
            }
        }
        coverage.worksheets.push(Covered { name, problems });
    }
    for source in document.all_datasources() {
        let name = source.label().into_owned();
        for column in source.calculations() {
            let Some(parsed) = column.calculation().and_then(|calculation| calculation.parsed()) else {
                continue;
            };
            let problems = parsed
                .diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.severity == Severity::Error)
                .map(ToString::to_string)
                .collect();
            let name = format!("{name} / {}", column.label());
            coverage.calculations.push(Covered { name, problems });
        }
        let problems = of_datasource(source);
        coverage.datasources.push(Covered { name, problems });
    }
    coverage
}

fn of_datasource(source: Datasource<'_>) -> Vec<String> {
    let tree = source.tree();
    let mut problems: Vec<String> = tree
        .children(source.node())
        .map(|child| tree.plain_name(child))
        .filter(|name| !DATASOURCE_ORDER.contains(name))
        .map(|name| format!("element `{}` is not understood", shorten(name)))
        .collect();
    problems.extend(source.all_relations().into_iter().filter_map(unknown_relation));
    problems.extend(source.filters().into_iter().filter_map(unknown_filter));
    for extract in source.extracts() {
        problems.extend(extract.filters().into_iter().filter_map(unknown_filter));
    }
    for column in source.columns() {
        let datatype = column.datatype().unwrap_or_default();
        if !datatype.is_empty() && !DATATYPES.contains(&&*datatype) {
            problems.push(format!(
                "type `{}` of field `{}` is not understood",
                shorten(&datatype),
                shorten(&column.label())
            ));
        }
        let class = column
            .calculation()
            .and_then(|calculation| calculation.class().map(|class| class.into_owned()));
        if let Some(class) = class.filter(|class| !CALCULATIONS.contains(&class.as_str())) {
            problems.push(format!(
                "calculation `{}` of field `{}` is not understood",
                shorten(&class),
                shorten(&column.label())
            ));
        }
    }
    problems
}

fn unknown_relation(relation: Relation<'_>) -> Option<String> {
    match relation.kind() {
        RelationKind::Other(kind) => Some(format!("relation `{}` is not understood", shorten(&kind))),
        _ => None,
    }
}

fn unknown_filter(filter: Filter<'_>) -> Option<String> {
    match filter.kind() {
        FilterKind::Other(kind) => Some(format!(
            "filter `{}` on `{}` is not understood",
            shorten(&kind),
            shorten(&filter.column().unwrap_or_default())
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn what_is_not_understood_is_named() {
        let text = "<workbook><datasources><datasource caption='D' name='d'><odd />\
            <connection class='postgres'><relation name='t' type='dream' /></connection>\
            <column caption='C' datatype='real' name='[c]'><calculation class='tableau' formula='SUM(' /></column>\
            <column caption='F' datatype='fruit' name='[f]'><calculation class='magic' formula='1' /></column>\
            <filter class='mood' column='[c]' /></datasource></datasources>\
            <worksheets><worksheet name='A'><table><view /><panes><pane><mark class='Smoke' /></pane></panes></table></worksheet>\
            <worksheet name='B'><table><view /></table></worksheet></worksheets></workbook>";
        let coverage = coverage(&Document::parse(text, &Limits::default()).unwrap());
        assert_eq!(
            coverage.worksheets[0].problems,
            ["mark `Smoke` is not understood"]
        );
        assert!(coverage.worksheets[1].problems.is_empty());
        assert_eq!(
            coverage.datasources[0].problems,
            [
                "element `odd` is not understood",
                "relation `dream` is not understood",
                "filter `mood` on `[c]` is not understood",
                "type `fruit` of field `F` is not understood",
                "calculation `magic` of field `F` is not understood",
            ]
        );
        assert_eq!(coverage.calculations.len(), 1, "others are not in the language");
        assert_eq!(coverage.calculations[0].name, "D / C");
        assert!(!coverage.calculations[0].problems.is_empty());
    }
}
