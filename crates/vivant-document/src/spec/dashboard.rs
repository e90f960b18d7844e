//! Dashboards and stories resolved: sizes, zones as a tree, points.

use super::pill::FieldRef;
use super::style::{Format, StyleRule, formats, rules};
use super::text::{RichText, rich_text};
use crate::tree::{NodeId, Tree};
use crate::view::{Dashboard, Zone};

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

/// A zone.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneSpec {
    /// The number by which others refer to it.
    pub id: Option<i64>,
    /// What it is.
    pub kind: ZoneKind,
    /// Left, top, width and height in 1/100,000 of the dashboard, as they were when it was saved.
    pub rectangle: [f64; 4],
    /// Pixels along the container that it keeps, without margins.
    pub fixed_size: Option<f64>,
    /// Whether it floats above the tiled ones.
    pub floating: bool,
    /// Whether a button hid it.
    pub hidden: bool,
    /// The text of text zones and of titles of controls.
    pub text: Option<RichText>,
    /// Borders, margins, padding, background.
    pub style: Vec<Format>,
    /// The zones inside it.
    pub children: Vec<ZoneSpec>,
    /// All attributes as written.
    pub attributes: Vec<(String, String)>,
}

/// What a zone is.
#[derive(Debug, Clone, PartialEq)]
pub enum ZoneKind {
    /// A worksheet; `title` says whether its title is shown.
    Sheet {
        /// The worksheet.
        sheet: String,
        /// Whether its title is shown.
        title: bool,
        /// Whether its caption is shown.
        caption: bool,
    },
    /// A container whose zones share it freely.
    Tiled,
    /// A container in whose direction zones follow each other.
    Flow {
        /// Whether they follow from left to right.
        horizontal: bool,
        /// Whether they get equal parts.
        even: bool,
    },
    /// A filter of a sheet.
    Filter {
        /// The sheet.
        sheet: String,
        /// The field.
        field: Option<FieldRef>,
        /// How it is shown: `checkdropdown`, `radiolist`, …
        mode: Option<String>,
    },
    /// A parameter.
    Parameter {
        /// The parameter.
        parameter: Option<FieldRef>,
        /// How it is shown.
        mode: Option<String>,
    },
    /// A legend of a sheet: `color`, `size`, `shape` or `map`.
    Legend {
        /// Of what.
        of: String,
        /// The sheet.
        sheet: String,
        /// The marks card.
        pane: i64,
        /// The field.
        field: Option<FieldRef>,
    },
    /// The title of the dashboard.
    Title,
    /// Text.
    Text,
    /// Nothing.
    Blank,
    /// A picture by its path in the package or its address.
    Image {
        /// Path or address.
        path: String,
        /// Whether it is fitted to the zone.
        fit: bool,
        /// Whether it is centred.
        centered: bool,
    },
    /// A web page.
    Web(String),
    /// A button or an extension.
    Object,
    /// The control of the page.
    Page {
        /// The sheet.
        sheet: String,
    },
    /// The highlighter of a sheet.
    Highlighter {
        /// The sheet.
        sheet: String,
        /// The field.
        field: Option<FieldRef>,
    },
    /// What a story shows, and its navigator.
    Story,
    /// The navigator of a story.
    StoryNavigator,
    /// Another kind.
    Other(String),
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
}

impl DashboardSpec {
    /// Resolves a dashboard.
    pub(crate) fn of(dashboard: Dashboard<'_>) -> DashboardSpec {
        let (tree, node) = (dashboard.tree(), dashboard.node());
        let zones = tree
            .child(node, "zones")
            .into_iter()
            .flat_map(|zones| tree.named(zones, "zone"))
            .enumerate()
            .map(|(index, at)| {
                let mut spec = zone(tree, at, 0);
                spec.floating = !(index == 0 && matches!(spec.kind, ZoneKind::Tiled | ZoneKind::Flow { .. }));
                spec
            })
            .collect();
        let active = tree
            .descendants(node)
            .find(|&at| tree.is(at, "flipboard"))
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
            style: tree
                .named(node, "style")
                .flat_map(|style| rules(tree, style, ""))
                .collect(),
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
                    }
                })
                .collect(),
        }
    }

    /// Visits all zones, containers before what is in them.
    pub fn walk<'s>(&'s self, visit: &mut impl FnMut(&'s ZoneSpec)) {
        fn down<'s>(zone: &'s ZoneSpec, visit: &mut impl FnMut(&'s ZoneSpec)) {
            visit(zone);
            zone.children.iter().for_each(|child| down(child, visit));
        }
        self.zones.iter().for_each(|zone| down(zone, visit));
    }

    /// Returns the worksheets that are shown, in the order of painting.
    pub fn sheets(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.walk(&mut |zone| {
            if let ZoneKind::Sheet { sheet, .. } = &zone.kind {
                found.push(sheet.as_str());
            }
        });
        found
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

/// Zones deeper than this are not read.
const MAX_DEPTH: usize = 200;

fn zone(tree: &Tree, node: NodeId, depth: usize) -> ZoneSpec {
    let view = Zone { tree, node };
    let get = |name: &str| tree.value(node, name).map(|text| text.into_owned());
    let field = || get("param").and_then(|text| FieldRef::parse(&text, ""));
    let is = |name: &str| matches!(get(name).as_deref(), Some("true" | "1" | "yes"));
    let sheet = || get("name").unwrap_or_default();
    let kind = match view.kind().as_deref() {
        None => match get("name") {
            Some(sheet) => ZoneKind::Sheet {
                sheet,
                title: get("show-title").as_deref() != Some("false"),
                caption: is("show-caption"),
            },
            None => ZoneKind::Tiled,
        },
        Some("layout-basic") => ZoneKind::Tiled,
        Some("layout-flow") => ZoneKind::Flow {
            horizontal: get("param").as_deref() == Some("horz"),
            even: get("layout-strategy-id").as_deref() == Some("distribute-evenly"),
        },
        Some("filter") => ZoneKind::Filter {
            sheet: sheet(),
            field: field(),
            mode: get("mode"),
        },
        Some("paramctrl") => ZoneKind::Parameter {
            parameter: field(),
            mode: get("mode"),
        },
        Some(of @ ("color" | "size" | "shape" | "map")) => ZoneKind::Legend {
            of: of.to_owned(),
            sheet: sheet(),
            pane: get("pane-specification-id")
                .and_then(|text| text.parse().ok())
                .unwrap_or(0),
            field: field(),
        },
        Some("title") => ZoneKind::Title,
        Some("text") => ZoneKind::Text,
        Some("empty") => ZoneKind::Blank,
        Some("bitmap") => ZoneKind::Image {
            path: get("param").or_else(|| get("image-file-url")).unwrap_or_default(),
            fit: is("is-scaled"),
            centered: is("is-centered"),
        },
        Some("web") => ZoneKind::Web(get("param").unwrap_or_default()),
        Some("dashboard-object" | "add-in") => ZoneKind::Object,
        Some("currpage") => ZoneKind::Page { sheet: sheet() },
        Some("highlighter") => ZoneKind::Highlighter {
            sheet: sheet(),
            field: field(),
        },
        Some("flipboard") => ZoneKind::Story,
        Some("flipboard-nav") => ZoneKind::StoryNavigator,
        Some(other) => ZoneKind::Other(other.to_owned()),
    };
    let rectangle = view
        .rectangle()
        .map_or([0.0, 0.0, 100_000.0, 100_000.0], |sides| {
            sides.map(|side| side as f64)
        });
    ZoneSpec {
        id: view.id().and_then(|text| text.parse().ok()),
        kind,
        rectangle,
        fixed_size: is("is-fixed")
            .then(|| get("fixed-size").and_then(|text| text.parse().ok()))
            .flatten(),
        floating: false,
        hidden: view.is_hidden(),
        text: tree
            .child(node, "formatted-text")
            .map(|text| rich_text(tree, text)),
        style: tree
            .named(node, "zone-style")
            .flat_map(|style| formats(tree, style, ""))
            .collect(),
        children: tree
            .named(node, "zone")
            .filter(|_| depth < MAX_DEPTH)
            .map(|child| zone(tree, child, depth + 1))
            .collect(),
        attributes: tree
            .attributes(node)
            .map(|(name, value)| (name.to_owned(), value.into_owned()))
            .collect(),
    }
}
