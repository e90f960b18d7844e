//! Worksheets resolved: shelves, marks cards, filters, sorts, axes, totals and what is drawn beside marks.

use vivant_calc::Diagnostic;

use super::filter::{FilterSpec, FilterTest};
use super::literal::Literal;
use super::pill::{FieldRef, OBJECT_PART, Pill, pill, pill_from_name, unknown};
use super::shelf::Shelf;
use super::sort::{SortSpec, sorts};
use super::source::{FieldSpec, SourceSpec};
use super::style::{StyleRule, attribute, rules};
use super::text::{RichText, rich_text};
use crate::tree::{NodeId, Tree};
use crate::view::Worksheet;

/// A worksheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetSpec {
    /// Its name.
    pub name: String,
    /// The data sources, the primary one first; parameters left out.
    pub sources: Vec<String>,
    /// The instances that the sheet uses.
    pub pills: Vec<Pill>,
    /// Fields that only this sheet has: calculations typed on a shelf. Data source and field.
    pub local_fields: Vec<(String, FieldSpec)>,
    /// What lies on rows.
    pub rows: Shelf,
    /// What lies on columns.
    pub cols: Shelf,
    /// Fields on pages.
    pub pages: Vec<FieldRef>,
    /// The page that was shown when the workbook was saved.
    pub current_page: Option<Literal>,
    /// The marks cards: first the one for all axes, then one for each axis that differs.
    pub panes: Vec<PaneSpec>,
    /// Whether the marks cards but the first are layers of one map, the lowest one first.
    pub has_layers: bool,
    /// Filters of the sheet and those that it shares with all sheets of a data source.
    pub filters: Vec<FilterSpec>,
    /// Orders of members.
    pub sorts: Vec<SortSpec>,
    /// Whether rows are aggregated to the level of the view.
    pub aggregated: bool,
    /// Totals.
    pub totals: Totals,
    /// Instances for whose members missing values are shown.
    pub show_missing: Vec<FieldRef>,
    /// Shares of the total over a part of the table, by `percentages`' word.
    pub percentages: Option<String>,
    /// Fields of secondary sources that link them, taken in (`true`) or left out by hand.
    pub links: Vec<(FieldRef, bool)>,
    /// Styles, those of axes and colours included.
    pub style: Vec<StyleRule>,
    /// Axes that are not as they would be by themselves.
    pub axes: Vec<AxisSpec>,
    /// The title; without it the name.
    pub title: Option<RichText>,
    /// The caption.
    pub caption: Option<RichText>,
    /// Whether the sheet was made with map layers.
    pub has_map: bool,
    /// The forecast, if it is on.
    pub forecast: Option<Vec<(String, String)>>,
    /// Annotations.
    pub annotations: Vec<AnnotationSpec>,
    /// Labels of single marks that are shown, hidden or moved by hand.
    pub mark_labels: Vec<MarkLabelSpec>,
    /// How tooltips come: `none`, `sticky`, `smooth`.
    pub tooltip_mode: Option<String>,
}

/// Totals of a sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Totals {
    /// One more row, above the others (`true`) or below.
    pub row: Option<bool>,
    /// One more column, left of the others (`true`) or right.
    pub column: Option<bool>,
    /// Instances with subtotals.
    pub subtotals: Vec<FieldRef>,
    /// Whether empty rows and columns are shown.
    pub show_empty: (bool, bool),
}

/// A marks card.
#[derive(Debug, Clone, PartialEq)]
pub struct PaneSpec {
    /// Its number; 0 is the card for all axes.
    pub id: i64,
    /// The axis that it is for: side, field, and which occurrence of it.
    pub axis: Option<(Side, FieldRef, usize)>,
    /// The kind of mark; `automatic` where it follows from the fields. Lower case.
    pub mark: String,
    /// Fields by encoding: `color`, `size`, `text`, `lod`, `shape`, `tooltip`, `path`, `wedge-size`, `geometry`, …
    pub encodings: Vec<(String, FieldRef)>,
    /// Whether marks are stacked; `None` is automatic.
    pub stacked: Option<bool>,
    /// Styles.
    pub style: Vec<StyleRule>,
    /// The label, if it is not what follows from the fields.
    pub label: Option<RichText>,
    /// The tooltip, if it is not what follows from the fields.
    pub tooltip: Option<RichText>,
    /// Reference lines, bands, distributions and box plots.
    pub reference_lines: Vec<ReferenceLine>,
    /// Trend lines, by their attributes.
    pub trend_lines: Vec<Vec<(String, String)>>,
    /// Attributes of `mark-sizing`.
    pub sizing: Vec<(String, String)>,
}

impl PaneSpec {
    /// A card for all axes, with marks of a kind and nothing else.
    pub fn of_mark(mark: &str) -> Self {
        Self {
            id: 0,
            axis: None,
            mark: mark.to_owned(),
            encodings: Vec::new(),
            stacked: None,
            style: Vec::new(),
            label: None,
            tooltip: None,
            reference_lines: Vec::new(),
            trend_lines: Vec::new(),
            sizing: Vec::new(),
        }
    }
}

/// A side of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Rows: the vertical axis.
    Rows,
    /// Columns: the horizontal axis.
    Cols,
}

/// A reference line, one edge of a band, a distribution or a box plot.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceLine {
    /// The field whose axis it stands on.
    pub axis: Option<FieldRef>,
    /// The field whose values it is computed from; a parameter for constants.
    pub value: Option<FieldRef>,
    /// All attributes as written: `id`, `formula`, `scope`, `label-type`, `paired-id`, …
    pub attributes: Vec<(String, String)>,
    /// Attributes of its values: `factor`, `percentage`, `percentile`.
    pub values: Vec<Vec<(String, String)>>,
}

impl ReferenceLine {
    /// Returns an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        attribute(&self.attributes, name)
    }
}

/// An axis that is not as it would be by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct AxisSpec {
    /// The side.
    pub side: Side,
    /// The field.
    pub field: FieldRef,
    /// Which occurrence of the field on the shelf.
    pub index: usize,
    /// Whether it shares the pane with the axis before it.
    pub dual: bool,
    /// Whether it has the same range as that.
    pub synchronized: bool,
    /// `fixed`, `fixedmin`, `independent`, `uniform`, …; `None` is automatic.
    pub range_type: Option<String>,
    /// Least value.
    pub min: Option<Literal>,
    /// Greatest value.
    pub max: Option<Literal>,
    /// `log` or `symlog`; `None` is linear.
    pub scale: Option<String>,
    /// Whether it runs backwards.
    pub reverse: bool,
    /// Whether zero belongs to the range.
    pub include_zero: bool,
    /// Distance of the ticks.
    pub major_spacing: Option<f64>,
    /// All attributes as written.
    pub attributes: Vec<(String, String)>,
}

/// An annotation.
#[derive(Debug, Clone, PartialEq)]
pub struct AnnotationSpec {
    /// Its number, by which styles name it.
    pub id: String,
    /// `point`, `area` or `mark`.
    pub class: String,
    /// What it says.
    pub text: RichText,
    /// Fields and values of the mark that it belongs to.
    pub tuple: Vec<(FieldRef, Literal)>,
    /// Axis fields and values of the point that it belongs to.
    pub point: Vec<(FieldRef, Literal)>,
    /// Those of the upper left and the lower right corner of an area.
    pub corners: [Vec<(FieldRef, Literal)>; 2],
    /// Offset of the text in pixels.
    pub offset: Option<(f64, f64)>,
    /// Width of the text in pixels.
    pub width: Option<f64>,
    /// How far the line to the point ends before it, in pixels.
    pub pullback: f64,
}

/// Fields and values that a mark is known by.
pub type Tuple = Vec<(FieldRef, Literal)>;

/// The label of one mark, which somebody showed, hid or moved.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkLabelSpec {
    /// Fields and values of the mark.
    pub tuple: Tuple,
    /// Whether it is shown; `None` where it goes by what holds for all.
    pub shown: Option<bool>,
    /// Where its middle is, if it was moved. Parts of the mark between 0 and 1, else pixels from its place, right and up.
    pub place: Option<(f64, f64)>,
}

impl SheetSpec {
    /// Resolves a worksheet. `shared` are the filters that all sheets of a data source share, `windows`
    /// tells the saved page.
    pub(crate) fn of(
        sheet: Worksheet<'_>,
        sources: &[SourceSpec],
        shared: &[FilterSpec],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> SheetSpec {
        let (tree, node) = (sheet.tree(), sheet.node());
        let name = sheet.name().into_owned();
        let mut report = |diagnostic: Diagnostic| {
            diagnostics.push(diagnostic.within(format!("worksheet '{name}'")));
        };
        let table = tree.child(node, "table");
        let view = tree.find(node, &["table", "view"]);
        let used: Vec<String> = sheet
            .datasources()
            .into_iter()
            .filter(|name| name != "Parameters")
            .map(|name| name.into_owned())
            .collect();
        let primary = used.first().cloned().unwrap_or_default();
        let mut shelf = |text: String, which: &str| match Shelf::parse(&text) {
            Ok(shelf) => shelf,
            Err(error) => {
                report(unknown(which, &text[error.at.min(text.len())..]));
                Shelf::Empty
            }
        };
        let rows = shelf(sheet.rows(), "the rows shelf at");
        let cols = shelf(sheet.cols(), "the columns shelf at");

        let (mut pills, local_fields) = dependencies(tree, view, sources, &mut report);
        let mut filters: Vec<FilterSpec> = view
            .map(|view| FilterSpec::all(tree, view, &primary))
            .unwrap_or_default();
        let slices = columns(tree, view.and_then(|view| tree.child(view, "slices")), &primary);
        for slice in slices {
            if !filters.iter().any(|filter| filter.column == slice)
                && let Some(filter) = shared.iter().find(|filter| filter.column == slice)
            {
                filters.push(filter.clone());
            }
        }
        let panes: Vec<PaneSpec> = sheet
            .panes()
            .into_iter()
            .map(|at| pane(tree, at.node(), &primary))
            .collect();
        let style = table
            .into_iter()
            .flat_map(|table| tree.named(table, "style"))
            .flat_map(|style| rules(tree, style, &primary))
            .collect::<Vec<_>>();
        let sorts = view.map(|view| sorts(tree, view, &primary)).unwrap_or_default();

        // What a sheet refers to without an instance of its own.
        let mut wanted: Vec<FieldRef> = rows.fields().into_iter().chain(cols.fields()).cloned().collect();
        wanted.extend(
            panes
                .iter()
                .flat_map(|pane| pane.encodings.iter().map(|(_, field)| field.clone())),
        );
        wanted.extend(filters.iter().map(|filter| filter.column.clone()));
        wanted.extend(sorts.iter().map(|sort| sort.column.clone()));
        wanted.extend(measure_names(&filters, &primary));
        for key in wanted {
            if pills.iter().any(|pill| pill.key == key) {
                continue;
            }
            let of_source = sources.iter().find(|source| source.name == key.source);
            let defined = of_source.and_then(|source| source.pills.iter().find(|pill| pill.key == key));
            if let Some(found) = defined.cloned() {
                pills.push(found);
            } else if of_source.is_none_or(|source| source.field(&key.name).is_none()) {
                pills.extend(pill_from_name(&key));
            }
        }

        let part = |name: &str| table.and_then(|table| tree.child(table, name));
        SheetSpec {
            sources: used,
            rows,
            cols,
            pages: columns(tree, part("pages"), &primary),
            current_page: None,
            has_layers: table
                .and_then(|table| tree.child(table, "panes"))
                .is_some_and(|at| tree.has(at, "customization-axis", "layer")),
            panes,
            filters,
            sorts,
            aggregated: !view
                .and_then(|view| tree.child(view, "aggregation"))
                .is_some_and(|at| tree.has(at, "value", "false")),
            totals: totals(tree, table, &primary),
            show_missing: columns(tree, part("show-full-range"), &primary),
            percentages: part("percentages")
                .filter(|&at| !tree.has(at, "enabled", "false"))
                .and_then(|at| tree.value(at, "mode"))
                .map(|text| text.into_owned()),
            links: [
                ("join-lod-include-overrides", true),
                ("join-lod-exclude-overrides", false),
            ]
            .into_iter()
            .flat_map(|(name, include)| {
                let all = columns(tree, part(name), &primary);
                all.into_iter().map(move |field| (field, include))
            })
            .collect(),
            axes: axes(&style),
            style,
            title: text(tree, node, "title"),
            caption: text(tree, node, "caption"),
            has_map: view.is_some_and(|view| tree.child(view, "mapsources").is_some())
                || tree.child(node, "mapsources").is_some(),
            forecast: part("forecast-specification")
                .filter(|&at| tree.has(at, "enabled", "true"))
                .map(|at| attributes(tree, at)),
            annotations: annotations(tree, part("annotations"), &primary),
            mark_labels: mark_labels(tree, part("mark-labels"), &primary),
            tooltip_mode: part("tooltip-style")
                .and_then(|at| tree.value(at, "tooltip-mode"))
                .map(|text| text.into_owned()),
            pills,
            local_fields,
            name,
        }
    }

    /// Finds the instance of a reference. Instances of the rows of a table may be named with or without the part
    /// that says so.
    pub fn pill(&self, key: &FieldRef) -> Option<&Pill> {
        let plain = |key: &FieldRef| match key.name.split_once("].[") {
            Some((OBJECT_PART, name)) => name.to_owned(),
            _ => key.name.clone(),
        };
        let same = |pill: &&Pill| pill.key.source == key.source && plain(&pill.key) == plain(key);
        let exact = self.pills.iter().find(|pill| pill.key == *key);
        exact.or_else(|| self.pills.iter().find(same))
    }

    /// Returns the marks cards that are layers of one map, the lowest one first; none where there are no layers.
    pub fn layers(&self) -> &[PaneSpec] {
        match self.has_layers {
            true => self.panes.get(1..).unwrap_or_default(),
            false => &[],
        }
    }

    /// Returns the primary data source.
    pub fn primary(&self) -> Option<&str> {
        self.sources.first().map(String::as_str)
    }
}

/// Lists the instances whose values the list of measure names stands for.
fn measure_names(filters: &[FilterSpec], primary: &str) -> Vec<FieldRef> {
    let listed = filters
        .iter()
        .filter(|filter| filter.column.is_measure_names())
        .filter_map(|filter| match &filter.test {
            FilterTest::Members(members) => members.listed(),
            _ => None,
        });
    listed
        .flatten()
        .filter_map(|literal| match literal.value()? {
            vivant_calc::Value::String(text) => FieldRef::parse(text, primary),
            _ => None,
        })
        .collect()
}

fn attributes(tree: &Tree, node: NodeId) -> Vec<(String, String)> {
    tree.attributes(node)
        .map(|(name, value)| (name.to_owned(), value.into_owned()))
        .collect()
}

fn columns(tree: &Tree, parent: Option<NodeId>, source: &str) -> Vec<FieldRef> {
    parent
        .into_iter()
        .flat_map(|parent| tree.named(parent, "column"))
        .filter_map(|column| FieldRef::parse(tree.text(column).trim(), source))
        .collect()
}

fn text(tree: &Tree, sheet: NodeId, name: &str) -> Option<RichText> {
    tree.find(sheet, &["layout-options", name])
        .map(|at| rich_text(tree, at))
}

fn dependencies(
    tree: &Tree,
    view: Option<NodeId>,
    sources: &[SourceSpec],
    report: &mut impl FnMut(Diagnostic),
) -> (Vec<Pill>, Vec<(String, FieldSpec)>) {
    let (mut pills, mut local) = (Vec::new(), Vec::new());
    for dependencies in view
        .into_iter()
        .flat_map(|view| tree.named(view, "datasource-dependencies"))
    {
        let source = tree
            .get(dependencies, "datasource")
            .unwrap_or_default()
            .into_owned();
        for at in tree.named(dependencies, "column-instance") {
            match pill(tree, at, &source) {
                Some(pill) => pills.push(pill),
                None => report(unknown("the instance", &tree.get(at, "name").unwrap_or_default())),
            }
        }
        let Some(defined) = sources.iter().find(|known| known.name == source) else {
            continue;
        };
        local.extend(
            super::source::sheet_fields(tree, dependencies, defined)
                .into_iter()
                .map(|field| (source.clone(), field)),
        );
    }
    (pills, local)
}

fn totals(tree: &Tree, table: Option<NodeId>, source: &str) -> Totals {
    let shelf = |name: &str| table.and_then(|table| tree.child(table, name));
    let total = |name: &str, first: &str| {
        let at = shelf(name)?;
        tree.has(at, "total", "true").then(|| tree.has(at, first, "true"))
    };
    let empty = |name: &str| shelf(name).is_some_and(|at| tree.has(at, "include-empty", "true"));
    Totals {
        row: total("rows", "onTop"),
        column: total("cols", "onLeft"),
        subtotals: columns(tree, shelf("subtotals"), source),
        show_empty: (empty("rows"), empty("cols")),
    }
}

fn pane(tree: &Tree, node: NodeId, source: &str) -> PaneSpec {
    let whole = |name: &str| tree.value(node, name).and_then(|text| text.parse::<usize>().ok());
    let axis = |name: &str, index: &str, side: Side| {
        let field = FieldRef::parse(&tree.value(node, name)?, source)?;
        Some((side, field, whole(index).unwrap_or(0)))
    };
    let class = tree
        .child(node, "mark")
        .and_then(|mark| tree.value(mark, "class"))
        .map_or_else(|| "automatic".to_owned(), |class| class.to_lowercase());
    PaneSpec {
        id: whole("id").unwrap_or(0) as i64,
        axis: axis("y-axis-name", "y-index", Side::Rows)
            .or_else(|| axis("x-axis-name", "x-index", Side::Cols)),
        mark: class,
        encodings: tree
            .child(node, "encodings")
            .into_iter()
            .flat_map(|encodings| tree.children(encodings))
            .filter_map(|at| {
                let field = FieldRef::parse(&tree.value(at, "column")?, source)?;
                Some((tree.plain_name(at).to_owned(), field))
            })
            .collect(),
        stacked: tree
            .find(node, &["view", "breakdown"])
            .and_then(|at| tree.value(at, "value"))
            .and_then(|value| match &*value {
                "on" => Some(true),
                "off" => Some(false),
                _ => None,
            }),
        style: tree
            .named(node, "style")
            .flat_map(|style| rules(tree, style, source))
            .collect(),
        label: tree.child(node, "customized-label").map(|at| rich_text(tree, at)),
        tooltip: tree
            .child(node, "customized-tooltip")
            .map(|at| rich_text(tree, at)),
        reference_lines: tree
            .named(node, "reference-line")
            .map(|line| {
                let reference = |name: &str| {
                    tree.value(line, name)
                        .and_then(|text| FieldRef::parse(&text, source))
                };
                ReferenceLine {
                    axis: reference("axis-column"),
                    value: reference("value-column"),
                    attributes: attributes(tree, line),
                    values: tree
                        .named(line, "reference-line-value")
                        .map(|value| attributes(tree, value))
                        .collect(),
                }
            })
            .collect(),
        trend_lines: tree
            .named(node, "trendline")
            .map(|line| attributes(tree, line))
            .collect(),
        sizing: tree
            .child(node, "mark-sizing")
            .map(|at| attributes(tree, at))
            .unwrap_or_default(),
    }
}

fn axes(style: &[StyleRule]) -> Vec<AxisSpec> {
    style
        .iter()
        .filter(|rule| rule.element == "axis")
        .flat_map(|rule| &rule.encodings)
        .filter(|encoding| encoding.attr == "space")
        .filter_map(|encoding| {
            let literal = |name: &str| encoding.get(name).map(Literal::parse);
            Some(AxisSpec {
                side: match encoding.get("scope") {
                    Some("cols") => Side::Cols,
                    _ => Side::Rows,
                },
                field: encoding.fields.first()?.clone(),
                index: encoding
                    .get("class")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0),
                dual: encoding.get("fold") == Some("true"),
                synchronized: encoding.get("synchronized") == Some("true"),
                range_type: encoding.get("range-type").map(str::to_owned),
                min: literal("min"),
                max: literal("max"),
                scale: encoding.get("scale").map(str::to_owned),
                reverse: encoding.get("reverse") == Some("true"),
                include_zero: encoding.get("domain-expand") != Some("false"),
                major_spacing: encoding.get("major-spacing").and_then(|text| text.parse().ok()),
                attributes: encoding.attributes.clone(),
            })
        })
        .collect()
}

/// The texts of all elements of a name inside another.
fn texts(tree: &Tree, at: NodeId, name: &str) -> Vec<String> {
    let inside = tree.descendants(at).filter(|&field| tree.is(field, name));
    inside.map(|field| tree.text(field).trim().to_owned()).collect()
}

/// The axes and values that a point of the view has.
fn coordinates(tree: &Tree, at: NodeId, source: &str) -> Vec<(FieldRef, Literal)> {
    let both = tree
        .descendants(at)
        .filter(|&inner| matches!(tree.plain_name(inner), "x-coord" | "y-coord"));
    both.filter_map(|inner| {
        let field = FieldRef::parse(texts(tree, inner, "axis").first()?, source)?;
        Some((field, Literal::parse(&tree.value(inner, "axis-value")?)))
    })
    .collect()
}

/// The fields and values of a `tuple-reference`.
fn tuple(tree: &Tree, at: NodeId, source: &str) -> Vec<(FieldRef, Literal)> {
    // The axes of the pane are listed too; values belong to the columns.
    let columns = tree.descendants(at).filter(|&inner| tree.is(inner, "columns"));
    let fields = columns.flat_map(|columns| texts(tree, columns, "field"));
    let values = tree
        .descendants(at)
        .filter(|&value| matches!(tree.plain_name(value), "value" | "bucket"))
        .map(|value| Literal::parse(&tree.text(value)));
    fields
        .map(|text| FieldRef::parse(&text, source))
        .zip(values)
        .filter_map(|(field, value)| Some((field?, value)))
        .collect()
}

/// The marks that are selected in a viewpoint. Selected headers that take no marks along are none.
pub(super) fn selected(tree: &Tree, viewpoint: NodeId) -> Vec<Tuple> {
    let references = tree
        .named(viewpoint, "selection-collection")
        .flat_map(|all| tree.named(all, "tuple-selection"))
        .flat_map(|selection| tree.named(selection, "tuple-reference"));
    references
        .flat_map(|reference| {
            let fields: Vec<Option<FieldRef>> = tree
                .named(reference, "tuple-descriptor")
                .flat_map(|descriptor| tree.named(descriptor, "columns"))
                .flat_map(|columns| texts(tree, columns, "field"))
                .map(|text| FieldRef::parse(&text, ""))
                .collect();
            tree.named(reference, "tuple").map(move |one| {
                let values = texts(tree, one, "value").into_iter();
                let both = fields.iter().cloned().zip(values);
                both.filter_map(|(field, value)| Some((field?, Literal::parse(&value))))
                    .collect()
            })
        })
        .collect()
}

fn mark_labels(tree: &Tree, parent: Option<NodeId>, source: &str) -> Vec<MarkLabelSpec> {
    parent
        .into_iter()
        .flat_map(|parent| tree.named(parent, "mark-label"))
        .map(|node| {
            let number = |at: NodeId, name: &str| tree.value(at, name)?.parse::<f64>().ok();
            let place = tree
                .child(node, "label-position")
                .and_then(|at| Some((number(at, "x")?, number(at, "y")?)))
                .filter(|(x, y)| x.is_finite() && y.is_finite());
            MarkLabelSpec {
                tuple: tree
                    .child(node, "tuple-reference")
                    .map(|at| tuple(tree, at, source))
                    .unwrap_or_default(),
                shown: match tree.value(node, "label-state").as_deref() {
                    Some("on") => Some(true),
                    Some("off") => Some(false),
                    _ => None,
                },
                place,
            }
        })
        .collect()
}

pub(super) fn annotations(tree: &Tree, parent: Option<NodeId>, source: &str) -> Vec<AnnotationSpec> {
    parent
        .into_iter()
        .flat_map(|parent| tree.named(parent, "annotation"))
        .map(|node| {
            let tuple = tree
                .descendants(node)
                .filter(|&at| tree.is(at, "tuple-reference"))
                .flat_map(|at| self::tuple(tree, at, source))
                .collect();
            let of = |name: &str| {
                let child = tree.child(node, name);
                child.map_or_else(Vec::new, |at| coordinates(tree, at, source))
            };
            let offset = tree.child(node, "body").and_then(|body| {
                let number = |name: &str| tree.value(body, name)?.parse().ok();
                Some((number("x")?, number("y")?))
            });
            AnnotationSpec {
                id: tree.value(node, "id").unwrap_or_default().into_owned(),
                class: tree.get(node, "class").unwrap_or_default().into_owned(),
                text: tree
                    .child(node, "formatted-text")
                    .map(|at| rich_text(tree, at))
                    .unwrap_or_default(),
                tuple,
                point: of("point"),
                corners: [of("top-left"), of("bottom-right")],
                offset,
                width: tree.value(node, "text-width").and_then(|text| text.parse().ok()),
                pullback: tree
                    .value(node, "pullback")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0.0),
            }
        })
        .collect()
}
