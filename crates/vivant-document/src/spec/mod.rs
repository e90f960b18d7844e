//! What a workbook means, resolved and owned: data sources, sheets and dashboards for engines that ask data
//! and draw.
//!
//! [`workbook`] and [`datasource`] read the typed views ([`crate::view`]) once: feature prefixes are
//! resolved, names are without brackets, literals are values, fields without an element of their own get
//! the defaults of their type, and filters that live elsewhere are put where they work. What is not
//! understood becomes a diagnostic of code `spec.not-understood` at its place; nothing here fails.

mod custom;
mod dashboard;
mod filter;
mod literal;
mod pill;
mod relation;
mod sheet;
mod shelf;
mod sort;
mod source;
mod style;
mod text;
mod zone;

pub use custom::{CustomViewSpec, custom_view};
pub use dashboard::{
    DashboardSpec, NavigatorKind, NavigatorSpec, SheetChanges, SizeMode, SizeSpec, StoryPointSpec,
};
pub use filter::{Count, FilterSpec, FilterTest, MemberSet, RangeNulls};
pub use literal::Literal;
pub use pill::{
    Addressing, Aggregate, DateUnit, Derivation, FieldRef, OBJECT_PART, Offset, Pill, TableCalc,
    TableCalcKind,
};
pub use relation::{ColumnSpec, Condition, FileSpec, JoinKind, RelationSpec, TableSpec};
pub use sheet::{
    AnnotationSpec, AxisSpec, MarkLabelSpec, PaneSpec, ReferenceLine, SheetSpec, Side, Totals, Tuple,
};
pub use shelf::{Shelf, ShelfError};
pub use sort::{SortBy, SortSpec};
pub use source::{
    BinSize, ConnectionSpec, ExtractSpec, FieldKind, FieldSpec, MappedImage, ObjectSpec, RelationshipSpec,
    Role, SourceSpec,
};
pub use style::{Encoding, Format, StyleRule, attribute, format, format_for};
pub use text::{Piece, PieceContent, RichText, RunFont};
pub use zone::{BorderSpec, ButtonAction, ButtonSpec, ZoneFrame, ZoneKind, ZoneSpec};

use vivant_calc::diag::Warned;
use vivant_calc::types::DataType;

use crate::display::Language;
use crate::names::unquote;
use crate::tree::NodeId;
use crate::view::{Document, Workbook};

/// A workbook.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WorkbookSpec {
    /// Parameters.
    pub parameters: Vec<ParameterSpec>,
    /// Data sources.
    pub sources: Vec<SourceSpec>,
    /// Worksheets in the order of tabs.
    pub sheets: Vec<SheetSpec>,
    /// Dashboards and stories in the order of tabs.
    pub dashboards: Vec<DashboardSpec>,
    /// The tabs.
    pub tabs: Vec<TabSpec>,
    /// Fields that link data sources: primary and secondary instance.
    pub blends: Vec<(FieldRef, FieldRef)>,
    /// Palettes that the workbook brings: name, type and colours.
    pub palettes: Vec<(String, String, Vec<String>)>,
    /// Styles of the whole workbook.
    pub style: Vec<StyleRule>,
    /// Locale, if it is written.
    pub locale: Option<String>,
    /// The language of what is drawn: that of the locale, unless another is asked for.
    pub language: &'static Language,
    /// Version of the format, such as `18.1` or `9.3`.
    pub version: Option<String>,
    /// The look that elements without a style of their own have: `clean` and others of older versions.
    pub theme: Option<String>,
    /// Pictures that stand for shapes: name and base64.
    pub shapes: Vec<(String, String)>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterSpec {
    /// The internal name.
    pub name: String,
    /// The label that people see.
    pub caption: String,
    /// The type of its values.
    pub data_type: DataType,
    /// The current value.
    pub value: Literal,
    /// The label of the current value.
    pub alias: Option<String>,
    /// The values that it may have, with their labels.
    pub members: Vec<(Literal, String)>,
    /// Least, greatest value and step.
    pub range: Option<[Option<Literal>; 3]>,
    /// Number or date format.
    pub format: Option<String>,
}

/// A tab: a worksheet, dashboard or story.
#[derive(Debug, Clone, PartialEq)]
pub struct TabSpec {
    /// The sheet.
    pub name: String,
    /// The id by which buttons lead to it.
    pub id: Option<String>,
    /// Whether it is hidden.
    pub hidden: bool,
    /// How sheets fill their space: this one, or those of a dashboard, by name.
    pub fits: Vec<(String, Fit)>,
    /// The marks that were selected when the workbook was saved, by the names of their sheets.
    pub selected: Vec<(String, Vec<Tuple>)>,
    /// Cards of a worksheet: kind, field and how it is shown.
    pub cards: Vec<(String, Option<FieldRef>, Option<String>)>,
}

/// How a sheet fills its space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fit {
    /// Cells have their own size.
    #[default]
    Standard,
    /// Cells fill the width.
    Width,
    /// Cells fill the height.
    Height,
    /// Cells fill everything.
    Entire,
}

impl WorkbookSpec {
    /// Finds a worksheet.
    pub fn sheet(&self, name: &str) -> Option<&SheetSpec> {
        self.sheets.iter().find(|sheet| sheet.name == name)
    }

    /// Finds a dashboard or story.
    pub fn dashboard(&self, name: &str) -> Option<&DashboardSpec> {
        self.dashboards.iter().find(|dashboard| dashboard.name == name)
    }

    /// Finds a data source by its internal name.
    pub fn source(&self, name: &str) -> Option<&SourceSpec> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// Finds a parameter by its internal name or its caption.
    pub fn parameter(&self, name: &str) -> Option<&ParameterSpec> {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == name)
            .or_else(|| self.parameters.iter().find(|parameter| parameter.caption == name))
    }

    /// Tells how a sheet fills its space in a tab of its own, or in a dashboard's.
    pub fn fit(&self, tab: &str, sheet: &str) -> Fit {
        self.tabs
            .iter()
            .find(|one| one.name == tab)
            .and_then(|one| one.fits.iter().find(|(name, _)| name == sheet))
            .map_or(Fit::Standard, |(_, fit)| *fit)
    }

    /// Finds the marks of a sheet that are selected in a tab of its own, or in a dashboard's.
    pub fn selected(&self, tab: &str, sheet: &str) -> &[Tuple] {
        self.tabs
            .iter()
            .find(|one| one.name == tab)
            .and_then(|one| one.selected.iter().find(|(name, _)| name == sheet))
            .map_or(&[], |(_, tuples)| tuples.as_slice())
    }
}

/// Resolves a workbook; a data source document becomes a workbook with that source alone.
pub fn workbook(document: &Document) -> Warned<WorkbookSpec> {
    let mut diagnostics = Vec::new();
    let mut spec = WorkbookSpec {
        parameters: parameters(document),
        sources: document.datasources().into_iter().map(SourceSpec::of).collect(),
        ..WorkbookSpec::default()
    };
    let Some(workbook) = document.workbook() else {
        return Warned::new(spec);
    };
    let tree = document.tree();
    let root = tree.root();
    spec.version = workbook.version().map(|text| text.into_owned());
    spec.locale = tree.value(root, "locale").map(|text| text.into_owned());
    spec.language = spec
        .locale
        .as_deref()
        .and_then(Language::find)
        .unwrap_or_default();
    spec.style = tree
        .named(root, "style")
        .flat_map(|style| style::rules(tree, style, ""))
        .collect();
    spec.tabs = tabs(workbook);
    let shared: Vec<FilterSpec> = tree
        .named(root, "shared-views")
        .flat_map(|all| tree.named(all, "shared-view"))
        .flat_map(|view| FilterSpec::all(tree, view, &tree.get(view, "name").unwrap_or_default()))
        .collect();
    spec.sheets = workbook
        .worksheets()
        .into_iter()
        .map(|sheet| SheetSpec::of(sheet, &spec.sources, &shared, &mut diagnostics))
        .collect();
    spec.dashboards = workbook.dashboards().into_iter().map(DashboardSpec::of).collect();
    let place = |name: &str| {
        let tabs = &spec.tabs;
        tabs.iter().position(|tab| tab.name == name).unwrap_or(usize::MAX)
    };
    spec.sheets.sort_by_key(|sheet| place(&sheet.name));
    spec.dashboards.sort_by_key(|dashboard| place(&dashboard.name));
    pages(workbook, &mut spec.sheets);
    spec.blends = tree
        .named(root, "datasource-relationships")
        .flat_map(|all| tree.named(all, "datasource-relationship"))
        .flat_map(|relationship| tree.named(relationship, "column-mapping"))
        .flat_map(|mapping| tree.named(mapping, "map"))
        .filter_map(|map| {
            let key = FieldRef::parse(&tree.get(map, "key")?, "")?;
            Some((key, FieldRef::parse(&tree.get(map, "value")?, "")?))
        })
        .collect();
    spec.theme = tree
        .child(root, "style-theme")
        .and_then(|theme| tree.value(theme, "name"))
        .map(|text| text.into_owned());
    spec.palettes = tree
        .named(root, "preferences")
        .flat_map(|preferences| tree.named(preferences, "color-palette"))
        .map(|palette| {
            let get = |name| tree.get(palette, name).unwrap_or_default().into_owned();
            let colors = tree
                .named(palette, "color")
                .map(|color| tree.text(color).trim().to_owned());
            (get("name"), get("type"), colors.collect())
        })
        .collect();
    spec.shapes = tree
        .named(root, "external")
        .flat_map(|external| tree.named(external, "shapes"))
        .flat_map(|shapes| tree.named(shapes, "shape"))
        .filter_map(|shape| {
            let name = tree.get(shape, "name")?.into_owned();
            Some((name, tree.text(shape).trim().to_owned()))
        })
        .collect();
    Warned::with(spec, diagnostics)
}

/// Resolves the only data source of a document of its own, or one of a workbook by its internal name.
pub fn datasource(document: &Document, name: Option<&str>) -> Option<SourceSpec> {
    document
        .datasources()
        .into_iter()
        .find(|source| name.is_none_or(|name| source.name() == name))
        .map(SourceSpec::of)
}

fn parameters(document: &Document) -> Vec<ParameterSpec> {
    document
        .parameters()
        .into_iter()
        .map(|parameter| ParameterSpec {
            name: unquote(&parameter.name()),
            caption: parameter.label(),
            data_type: source::data_type(&parameter.datatype().unwrap_or_default()),
            value: Literal::parse(&parameter.value().unwrap_or_default()),
            alias: parameter.alias().map(|text| text.into_owned()),
            members: parameter
                .members()
                .into_iter()
                .map(|member| (Literal::parse(&member.key), member.value))
                .collect(),
            range: parameter
                .range()
                .map(|range| range.map(|text| text.map(|text| Literal::parse(&text)))),
            format: parameter.default_format().map(|text| text.into_owned()),
        })
        .collect()
}

fn tabs(workbook: Workbook<'_>) -> Vec<TabSpec> {
    let fit = |tree: &crate::tree::Tree, viewpoint| {
        let zoom = tree
            .child(viewpoint, "zoom")
            .and_then(|zoom| tree.value(zoom, "type"));
        match zoom.as_deref() {
            Some("entire-view") => Fit::Entire,
            Some("fit-width") => Fit::Width,
            Some("fit-height") => Fit::Height,
            _ => Fit::Standard,
        }
    };
    workbook
        .windows()
        .into_iter()
        .filter_map(|window| {
            let (tree, node) = (window.tree(), window.node());
            let name = window.name()?.into_owned();
            // Its own viewpoint has no name; those of the sheets of a dashboard have theirs.
            let own = tree
                .named(node, "viewpoint")
                .map(|viewpoint| (name.clone(), viewpoint));
            let inner = tree
                .named(node, "viewpoints")
                .flat_map(|all| tree.named(all, "viewpoint"))
                .filter_map(|viewpoint| Some((tree.get(viewpoint, "name")?.into_owned(), viewpoint)));
            let viewpoints: Vec<(String, NodeId)> = own.chain(inner).collect();
            let selected = viewpoints.iter().filter_map(|(name, viewpoint)| {
                let tuples = sheet::selected(tree, *viewpoint);
                (!tuples.is_empty()).then(|| (name.clone(), tuples))
            });
            let cards = tree
                .descendants(node)
                .filter(|&at| tree.is(at, "card"))
                .filter_map(|card| {
                    Some((
                        tree.get(card, "type")?.into_owned(),
                        tree.value(card, "param")
                            .and_then(|text| FieldRef::parse(&text, "")),
                        tree.value(card, "mode").map(|text| text.into_owned()),
                    ))
                })
                .collect();
            Some(TabSpec {
                id: tree
                    .child(node, "simple-id")
                    .and_then(|at| tree.value(at, "uuid"))
                    .map(|text| text.into_owned()),
                hidden: window.is_hidden(),
                fits: viewpoints
                    .iter()
                    .map(|(name, viewpoint)| (name.clone(), fit(tree, *viewpoint)))
                    .collect(),
                selected: selected.collect(),
                cards,
                name,
            })
        })
        .collect()
}

/// The page that was shown is remembered by the window.
fn pages(workbook: Workbook<'_>, sheets: &mut [SheetSpec]) {
    for window in workbook.windows() {
        let (tree, node) = (window.tree(), window.node());
        for page in tree.descendants(node).filter(|&at| tree.is(at, "current-page")) {
            let inside = tree
                .parent(page)
                .and_then(|viewpoint| tree.value(viewpoint, "name"))
                .or_else(|| window.name());
            let value = tree.value(page, "value").or_else(|| Some(tree.text(page)));
            let (Some(sheet), Some(value)) = (inside, value) else {
                continue;
            };
            if let Some(found) = sheets.iter_mut().find(|one| one.name == sheet)
                && found.current_page.is_none()
                && !value.trim().is_empty()
            {
                found.current_page = Some(Literal::parse(&value));
            }
        }
    }
}
