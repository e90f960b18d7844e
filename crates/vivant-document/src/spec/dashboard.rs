//! Dashboards and stories resolved: sizes, zones as a tree, points.

use super::filter::FilterSpec;
use super::literal::Literal;
use super::sheet::{AnnotationSpec, Tuple, annotations};
use super::sort::{SortSpec, changed_sorts};
use super::style::{StyleRule, rules};
use super::text::{RichText, rich_text};
use super::zone::{ZoneKind, ZoneSpec, zone};
use crate::names::unquote;
use crate::tree::{NodeId, Tree};
use crate::view::Dashboard;

/// A dashboard or a story.
#[derive(Debug, Clone, PartialEq)]
pub struct DashboardSpec {
    /// Its name.
    pub name: String,
    /// Whether it is a story.
    pub is_story: bool,
    /// Its size.
    pub size: SizeSpec,
    /// Zones in the order of painting; the tiled root first, if there is one.
    pub zones: Vec<ZoneSpec>,
    /// The title; without it the name.
    pub title: Option<RichText>,
    /// Styles.
    pub style: Vec<StyleRule>,
    /// The points of a story.
    pub points: Vec<StoryPointSpec>,
    /// How a story shows its points.
    pub navigator: NavigatorSpec,
}

/// The size of a dashboard in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SizeSpec {
    /// How the bounds are meant.
    pub mode: SizeMode,
    /// Least width and height.
    pub min: (Option<f64>, Option<f64>),
    /// Greatest width and height.
    pub max: (Option<f64>, Option<f64>),
}

/// How the bounds of a size are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SizeMode {
    /// It fills the window.
    #[default]
    Automatic,
    /// It is always the same.
    Fixed,
    /// It is between least and greatest.
    Range,
}

/// A point of a story.
#[derive(Debug, Clone, PartialEq)]
pub struct StoryPointSpec {
    /// The number by which the active point is named.
    pub id: Option<i64>,
    /// The label.
    pub caption: String,
    /// The worksheet or dashboard.
    pub sheet: String,
    /// Whether it was the one shown.
    pub active: bool,
    /// What of worksheets is otherwise while the point is shown.
    pub changes: Vec<SheetChanges>,
    /// Values of parameters while the point is shown: internal name and value.
    pub parameters: Vec<(String, Literal)>,
}

/// What of a worksheet is otherwise while a point of a story is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetChanges {
    /// The worksheet.
    pub sheet: String,
    /// Filters that take the place of those of the same field.
    pub filters: Vec<FilterSpec>,
    /// Filters that are not there.
    pub removed: Vec<FilterSpec>,
    /// Sorts that take the place of those of the same field.
    pub sorts: Vec<SortSpec>,
    /// Sorts that are not there.
    pub unsorted: Vec<SortSpec>,
    /// Annotations that take the place of those of the same number.
    pub annotations: Vec<AnnotationSpec>,
    /// The numbers of annotations that are not there.
    pub erased: Vec<String>,
    /// The marks that are selected.
    pub selected: Vec<Tuple>,
}

impl SheetChanges {
    fn is_empty(&self) -> bool {
        self.filters.is_empty()
            && self.removed.is_empty()
            && self.sorts.is_empty()
            && self.unsorted.is_empty()
            && self.annotations.is_empty()
            && self.erased.is_empty()
            && self.selected.is_empty()
    }
}

/// How a story shows its points.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NavigatorSpec {
    /// What stands for a point.
    pub kind: NavigatorKind,
    /// Whether arrows stand at both ends.
    pub arrows: bool,
}

/// What stands for a point of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NavigatorKind {
    /// A box with its caption.
    #[default]
    Caption,
    /// Its number.
    Number,
    /// A dot.
    Dot,
    /// Nothing: there are arrows and the caption of the current one.
    Arrows,
}

impl DashboardSpec {
    /// Resolves a dashboard.
    pub(crate) fn of(dashboard: Dashboard<'_>) -> DashboardSpec {
        let (tree, node) = (dashboard.tree(), dashboard.node());
        let style: Vec<StyleRule> = tree
            .named(node, "style")
            .flat_map(|style| rules(tree, style, ""))
            .collect();
        let zones = tree
            .child(node, "zones")
            .into_iter()
            .flat_map(|zones| tree.named(zones, "zone"))
            .enumerate()
            .map(|(index, at)| {
                let mut spec = zone(tree, at, &style, 0);
                spec.floating = !(index == 0 && matches!(spec.kind, ZoneKind::Tiled | ZoneKind::Flow { .. }));
                spec
            })
            .collect();
        let board = tree.descendants(node).find(|&at| tree.is(at, "flipboard"));
        let active = board
            .and_then(|at| tree.value(at, "active-id"))
            .and_then(|text| text.parse::<i64>().ok());
        DashboardSpec {
            name: dashboard.name().into_owned(),
            is_story: dashboard.is_story(),
            size: size(tree, node),
            zones,
            title: tree
                .find(node, &["layout-options", "title"])
                .map(|at| rich_text(tree, at)),
            style,
            points: dashboard
                .story_points()
                .into_iter()
                .map(|point| {
                    let id = point.attribute("id").and_then(|text| text.parse().ok());
                    StoryPointSpec {
                        id,
                        caption: point.caption().unwrap_or_default().into_owned(),
                        sheet: point.sheet().unwrap_or_default().into_owned(),
                        active: id.is_some() && id == active,
                        changes: changes(point.tree(), point.node()),
                        parameters: values(point.tree(), point.node()),
                    }
                })
                .collect(),
            navigator: board.map(|at| navigator(tree, at)).unwrap_or_default(),
        }
    }

    /// Returns the point of a story that is shown: the one that was when it was saved, else the first.
    pub fn point(&self) -> Option<&StoryPointSpec> {
        self.points
            .iter()
            .find(|point| point.active)
            .or_else(|| self.points.first())
    }

    /// Visits all zones, containers before what is in them.
    pub fn walk<'s>(&'s self, visit: &mut impl FnMut(&'s ZoneSpec)) {
        self.zones.iter().for_each(|zone| zone.walk(visit));
    }

    /// Visits the zones that are shown, containers before what is in them.
    pub fn walk_shown<'s>(&'s self, visit: &mut impl FnMut(&'s ZoneSpec)) {
        self.zones.iter().for_each(|zone| zone.walk_shown(visit));
    }
}

fn size(tree: &Tree, dashboard: NodeId) -> SizeSpec {
    let Some(size) = tree.child(dashboard, "size") else {
        return SizeSpec::default();
    };
    let number = |name: &str| {
        tree.value(size, name)
            .and_then(|text| text.parse::<f64>().ok())
            .filter(|number| *number > 0.0 && number.is_finite())
    };
    let (min, max) = (
        (number("minwidth"), number("minheight")),
        (number("maxwidth"), number("maxheight")),
    );
    let mode = match tree.value(size, "sizing-mode").as_deref() {
        Some("fixed") => SizeMode::Fixed,
        Some("range") => SizeMode::Range,
        Some(_) => SizeMode::Automatic,
        // Old files have no mode: equal bounds are a fixed size.
        None if min == max && min.0.is_some() => SizeMode::Fixed,
        None if max.0.is_some() || max.1.is_some() => SizeMode::Range,
        None => SizeMode::Automatic,
    };
    SizeSpec { mode, min, max }
}

fn navigator(tree: &Tree, board: NodeId) -> NavigatorSpec {
    NavigatorSpec {
        kind: match tree.value(board, "nav-type").as_deref() {
            Some("number") => NavigatorKind::Number,
            Some("dot") => NavigatorKind::Dot,
            Some("arrowonly") => NavigatorKind::Arrows,
            _ => NavigatorKind::Caption,
        },
        arrows: !tree.has(board, "show-nav-arrows", "false"),
    }
}

/// Reads what a point changes in worksheets. What was changed since and not saved is left out.
fn changes(tree: &Tree, point: NodeId) -> Vec<SheetChanges> {
    tree.named(point, "capturedDeltas")
        .flat_map(|all| tree.named(all, "worksheet"))
        .filter_map(|sheet| {
            let (mut filters, mut removed) = (Vec::new(), Vec::new());
            for node in tree.named(sheet, "filter") {
                let list = match tree.has(node, "delta-type", "removed") {
                    true => &mut removed,
                    false => &mut filters,
                };
                list.extend(FilterSpec::of(tree, node, ""));
            }
            let (sorts, unsorted) = changed_sorts(tree, sheet, "");
            let lists = tree.named(sheet, "annotations");
            let erased: Vec<String> = lists
                .flat_map(|list| tree.named(list, "annotation"))
                .filter(|&at| tree.has(at, "delta-type", "removed"))
                .map(|at| tree.value(at, "id").unwrap_or_default().into_owned())
                .collect();
            let mut annotations = annotations(tree, tree.child(sheet, "annotations"), "");
            annotations.retain(|annotation| !erased.contains(&annotation.id));
            Some(SheetChanges {
                sheet: tree.get(sheet, "name")?.into_owned(),
                filters,
                removed,
                sorts,
                unsorted,
                annotations,
                erased,
                selected: super::sheet::selected(tree, sheet),
            })
        })
        .filter(|changes| !changes.is_empty())
        .collect()
}

fn values(tree: &Tree, point: NodeId) -> Vec<(String, Literal)> {
    tree.named(point, "capturedDeltas")
        .flat_map(|all| tree.named(all, "datasource"))
        .filter(|&source| tree.has(source, "name", "Parameters"))
        .flat_map(|source| tree.named(source, "column"))
        .filter_map(|column| {
            let name = unquote(&tree.get(column, "name")?);
            Some((name, Literal::parse(&tree.value(column, "value")?)))
        })
        .collect()
}
