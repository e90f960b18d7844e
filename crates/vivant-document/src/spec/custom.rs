//! Custom views: what somebody chose in the sheets of a view, written beside the workbook as `customized-view`.

use vivant_calc::Value;

use super::filter::{FilterSpec, FilterTest};
use super::literal::Literal;
use crate::names::unquote;
use crate::tree::{NodeId, Tree};
use crate::{Error, Limits, Result};

/// What somebody chose.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomViewSpec {
    /// Filters, each with the worksheet that it is of; they stand in place of the sheet's own on the same field.
    pub filters: Vec<(String, FilterSpec)>,
    /// Parameters by name, and their values as people write them.
    pub parameters: Vec<(String, String)>,
    /// What is written there besides and changes what the view shows.
    pub unknown: Vec<String>,
}

/// What changes nothing but what is marked or where somebody was.
const QUIET: &[&str] = &[
    "active",
    "highlight",
    "repository-location",
    "selection-collection",
    "simple-id",
    "viewpoint",
    "viewpoints",
];
/// What data sources say of the fields that filters name.
const FIELDS: &[&str] = &["column", "column-instance"];
/// Sets that belong to actions, and have no members of their own.
const ACTIONS: &[&str] = &["[Action (", "[Tooltip ("];

/// Reads a custom view.
pub fn custom_view(bytes: impl Into<Vec<u8>>, limits: &Limits) -> Result<CustomViewSpec> {
    let tree = Tree::parse(bytes, limits)?;
    let root = tree.root();
    if !tree.is(root, "customized-view") {
        let problem = format!("`{}` is not a customized-view", tree.plain_name(root));
        return Err(Error::damaged(problem, tree.byte(root).unwrap_or_default()));
    }
    let mut spec = CustomViewSpec::default();
    for node in tree.children(root) {
        match tree.plain_name(node) {
            "worksheet" => worksheet(&tree, node, &mut spec),
            "datasources" => {
                for source in tree.named(node, "datasource") {
                    datasource(&tree, source, &mut spec);
                }
            }
            name if QUIET.contains(&name) => {}
            name => spec.unknown.push(format!("`{name}`")),
        }
    }
    Ok(spec)
}

fn worksheet(tree: &Tree, node: NodeId, spec: &mut CustomViewSpec) {
    let sheet = tree.get(node, "name").unwrap_or_default().into_owned();
    for filter in FilterSpec::all(tree, node, "") {
        if let FilterTest::Other(class) = &filter.test {
            spec.unknown
                .push(format!("a filter of class `{class}` on the sheet `{sheet}`"));
        }
        spec.filters.push((sheet.clone(), filter));
    }
    for child in tree.children(node) {
        let name = tree.plain_name(child);
        if name != "filter" && !QUIET.contains(&name) {
            spec.unknown.push(format!("`{name}` of the sheet `{sheet}`"));
        }
    }
}

fn datasource(tree: &Tree, node: NodeId, spec: &mut CustomViewSpec) {
    let source = tree.get(node, "name").unwrap_or_default();
    if source == "Parameters" {
        for column in tree.named(node, "column") {
            if let (Some(name), Some(value)) = (tree.get(column, "name"), tree.value(column, "value")) {
                match plain(&Literal::parse(&value)) {
                    Some(value) => spec.parameters.push((unquote(&name), value)),
                    None => spec.unknown.push(format!("the value `{value}` of a parameter")),
                }
            }
        }
        return;
    }
    for child in tree.children(node) {
        let name = tree.plain_name(child);
        let of_action = || {
            let called = tree.get(child, "name").unwrap_or_default();
            name == "group" && ACTIONS.iter().any(|begin| called.starts_with(begin))
        };
        if !FIELDS.contains(&name) && !of_action() {
            spec.unknown
                .push(format!("`{name}` of the data source `{source}`"));
        }
    }
}

/// Writes a single value as people do.
fn plain(literal: &Literal) -> Option<String> {
    Some(match literal.value()? {
        Value::String(text) => text.clone(),
        value @ (Value::Date(_) | Value::DateTime(_)) => value.to_literal().trim_matches('#').to_owned(),
        other => other.to_literal(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(inside: &str) -> Result<CustomViewSpec> {
        let text = format!(
            "<?xml version='1.0' encoding='utf-8' ?><customized-view version='18.1'>{inside}</customized-view>"
        );
        custom_view(text, &Limits::default())
    }

    #[test]
    fn filters_and_parameters_are_read() {
        let spec = read(
            "<active id='-1' /><datasources><datasource name='ds'><column name='[region]' /></datasource>\
             <datasource name='Parameters'><column name='[Parameter 1]' value='&quot;East&quot;' /></datasource></datasources>\
             <worksheet name='S'><filter class='categorical' column='[ds].[none:region:nk]'>\
             <groupfilter function='member' level='[none:region:nk]' member='&quot;West&quot;' /></filter>\
             <selection-collection /></worksheet>",
        )
        .unwrap();
        let [(sheet, filter)] = spec.filters.as_slice() else {
            panic!("{spec:?}")
        };
        assert_eq!(
            (sheet.as_str(), filter.column.name.as_str()),
            ("S", "none:region:nk")
        );
        let FilterTest::Members(members) = &filter.test else {
            panic!("{filter:?}")
        };
        assert_eq!(members.listed().unwrap(), [&Literal::parse("\"West\"")]);
        assert_eq!(spec.parameters, [("Parameter 1".to_owned(), "East".to_owned())]);
        assert_eq!(spec.unknown, [""; 0]);
    }

    #[test]
    fn what_would_change_the_view_otherwise_is_told() {
        let spec = read(
            "<dashboard name='D' /><datasources><datasource name='ds'><group name='[Action (Region)]' />\
             <group name='[Best]' /></datasource></datasources>\
             <worksheet name='S'><manual-sort /><filter class='odd' column='[ds].[x]' /></worksheet>",
        )
        .unwrap();
        assert_eq!(
            spec.unknown,
            [
                "`dashboard`",
                "`group` of the data source `ds`",
                "a filter of class `odd` on the sheet `S`",
                "`manual-sort` of the sheet `S`"
            ]
        );
        assert!(custom_view("<workbook />", &Limits::default()).is_err());
        assert!(custom_view("no XML", &Limits::default()).is_err());
    }
}
