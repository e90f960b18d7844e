//! Orders of members.

use super::literal::Literal;
use super::pill::FieldRef;
use crate::tree::{NodeId, Tree};

/// The order of the members of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct SortSpec {
    /// The field or instance that is ordered.
    pub column: FieldRef,
    /// By what.
    pub by: SortBy,
    /// Whether the order is from great to small.
    pub descending: bool,
}

/// What orders members.
#[derive(Debug, Clone, PartialEq)]
pub enum SortBy {
    /// An aggregate per member, the same in all panes.
    Field(FieldRef),
    /// A list; what is not in it follows.
    List(Vec<Literal>),
    /// The order of the data source.
    Natural,
    /// The letters.
    Alphabetic,
    /// The value of a measure in the same pane.
    Nested {
        /// The measure.
        measure: FieldRef,
        /// Whether it is asked at the innermost level only.
        innermost: bool,
    },
}

/// Reads all sorts that are children of an element, of all generations of the format.
pub(crate) fn sorts(tree: &Tree, parent: NodeId, source: &str) -> Vec<SortSpec> {
    read(tree, parent, source, &|_| true)
}

/// Reads the sorts that a point of a story has, and those that it has no more.
pub(super) fn changed_sorts(tree: &Tree, parent: NodeId, source: &str) -> (Vec<SortSpec>, Vec<SortSpec>) {
    let is_removed = |node: NodeId| tree.has(node, "delta-type", "removed");
    (
        read(tree, parent, source, &|node| !is_removed(node)),
        read(tree, parent, source, &is_removed),
    )
}

fn read(tree: &Tree, parent: NodeId, source: &str, wanted: &dyn Fn(NodeId) -> bool) -> Vec<SortSpec> {
    let mut found = Vec::new();
    for node in tree.children(parent) {
        let name = tree.plain_name(node);
        match name {
            "shelf-sorts" | "single-value-per-nest-shelf-sorts" => {
                let inside = tree.children(node).filter(|sort| wanted(*sort));
                found.extend(inside.filter_map(|sort| nested(tree, sort, source)));
            }
            _ if !wanted(node) => {}
            "computed-sort" | "manual-sort" | "natural-sort" | "alphabetic-sort" => {
                let kind = name.trim_end_matches("-sort");
                found.extend(sort(tree, node, kind, source));
            }
            "sort" => {
                let kind = tree.get(node, "class").unwrap_or_default();
                found.extend(sort(tree, node, &kind, source));
            }
            _ => {}
        }
    }
    found
}

fn sort(tree: &Tree, node: NodeId, kind: &str, source: &str) -> Option<SortSpec> {
    let column = FieldRef::parse(&tree.get(node, "column")?, source)?;
    let by = match kind {
        "computed" => SortBy::Field(FieldRef::parse(&tree.get(node, "using")?, source)?),
        "manual" => SortBy::List(
            tree.named(node, "dictionary")
                .flat_map(|dictionary| tree.named(dictionary, "bucket"))
                .map(|bucket| Literal::parse(&tree.text(bucket)))
                .collect(),
        ),
        "natural" => SortBy::Natural,
        "alphabetic" => SortBy::Alphabetic,
        _ => return None,
    };
    Some(SortSpec {
        column,
        by,
        descending: tree.has(node, "direction", "DESC"),
    })
}

fn nested(tree: &Tree, node: NodeId, source: &str) -> Option<SortSpec> {
    Some(SortSpec {
        column: FieldRef::parse(&tree.get(node, "dimension-to-sort")?, source)?,
        by: SortBy::Nested {
            measure: FieldRef::parse(&tree.get(node, "measure-to-sort-by")?, source)?,
            innermost: tree.has(node, "is-on-innermost-dimension", "true"),
        },
        descending: tree.has(node, "direction", "DESC"),
    })
}
