//! Zones of dashboards: what each is, where it lies and what is around its content.

use super::pill::FieldRef;
use super::style::{Format, StyleRule, attribute, formats};
use super::text::{RichText, RunFont, rich_text, run_font};
use crate::tree::{NodeId, Tree};
use crate::view::Zone;

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
    /// What is around its content.
    pub frame: ZoneFrame,
    /// The zones inside it.
    pub children: Vec<ZoneSpec>,
    /// All attributes as written.
    pub attributes: Vec<(String, String)>,
}

/// What is around the content of a zone, from the outside: margin, border, padding. Sides are left, top, right,
/// bottom, in pixels.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ZoneFrame {
    /// The space outside of the border.
    pub margin: [f64; 4],
    /// The border.
    pub border: Option<BorderSpec>,
    /// The space inside the border.
    pub padding: [f64; 4],
    /// The colour behind the content, `#rrggbb` or `#rrggbbaa`.
    pub background: Option<String>,
}

/// A border.
#[derive(Debug, Clone, PartialEq)]
pub struct BorderSpec {
    /// The colour, `#rrggbb` or `#rrggbbaa`.
    pub color: String,
    /// The width in pixels.
    pub width: f64,
    /// How it is drawn: `solid`, `dashed`, `dotted`.
    pub style: String,
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
    /// A button.
    Button(ButtonSpec),
    /// An extension, by the address or name that it has.
    Extension(String),
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

/// A button: in the state in which it was saved.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ButtonSpec {
    /// What it does.
    pub action: ButtonAction,
    /// Whether it is words rather than a picture.
    pub is_text: bool,
    /// The words.
    pub caption: Option<String>,
    /// How they look.
    pub font: RunFont,
    /// The picture by its path in the package.
    pub image: Option<String>,
    /// Its border and background.
    pub frame: ZoneFrame,
}

/// What a button does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ButtonAction {
    /// It shows another sheet, by the id of its window.
    Go(String),
    /// It shows or hides zones, by their numbers.
    Toggle(Vec<i64>),
    /// It exports: `pdf`, `image`, `crosstab`, `powerpoint`, …
    Export(String),
    /// Something else.
    #[default]
    Other,
}

impl ZoneSpec {
    /// Returns an attribute as written.
    pub fn get(&self, name: &str) -> Option<&str> {
        attribute(&self.attributes, name)
    }

    /// Visits the zone and those inside it, containers before what is in them.
    pub fn walk<'s>(&'s self, visit: &mut impl FnMut(&'s ZoneSpec)) {
        visit(self);
        self.children.iter().for_each(|child| child.walk(visit));
    }

    /// Visits the zone and those inside it as long as they are shown: what is in a hidden container is not.
    pub fn walk_shown<'s>(&'s self, visit: &mut impl FnMut(&'s ZoneSpec)) {
        if !self.hidden {
            visit(self);
            self.children.iter().for_each(|child| child.walk_shown(visit));
        }
    }
}

impl ZoneFrame {
    /// Reads the formats of a zone; later ones win, and those of one side over those of all.
    pub(crate) fn of(formats: &[Format]) -> ZoneFrame {
        let get = |name: &str| {
            let found = formats.iter().rfind(|format| format.attr == name);
            found.map(|format| format.value.trim())
        };
        // No zone is larger than this, so a hostile length cannot overflow anything.
        let pixels = |name: &str| {
            let number = get(name)?.parse::<f64>().ok();
            number
                .filter(|number| number.is_finite())
                .map(|number| number.clamp(0.0, 10_000.0))
        };
        let sides = |name: &str| {
            let all = pixels(name).unwrap_or(0.0);
            ["left", "top", "right", "bottom"].map(|side| pixels(&format!("{name}-{side}")).unwrap_or(all))
        };
        let style = get("border-style").unwrap_or("none");
        let width = pixels("border-width").unwrap_or(0.0);
        ZoneFrame {
            margin: sides("margin"),
            border: (style != "none" && width > 0.0).then(|| BorderSpec {
                color: get("border-color").unwrap_or("#000000").to_owned(),
                width,
                style: style.to_owned(),
            }),
            padding: sides("padding"),
            background: get("background-color").map(str::to_owned),
        }
    }

    /// Returns the room that margin, border and padding take on each side.
    pub fn insets(&self) -> [f64; 4] {
        let border = self.border.as_ref().map_or(0.0, |border| border.width);
        std::array::from_fn(|side| self.margin[side] + border + self.padding[side])
    }
}

/// Zones deeper than this are not read.
const MAX_DEPTH: usize = 200;

/// Reads a zone. `styles` are those of the dashboard, where old files keep what is around a zone.
pub(super) fn zone(tree: &Tree, node: NodeId, styles: &[StyleRule], depth: usize) -> ZoneSpec {
    let view = Zone { tree, node };
    let get = |name: &str| tree.value(node, name).map(|text| text.into_owned());
    let rectangle = view
        .rectangle()
        .map_or([0.0, 0.0, 100_000.0, 100_000.0], |sides| {
            sides.map(|side| side as f64)
        });
    let own: Vec<Format> = tree
        .named(node, "zone-style")
        .flat_map(|style| formats(tree, style, ""))
        .collect();
    let id: Option<i64> = view.id().and_then(|text| text.parse().ok());
    let of_dashboard = id.map(|id| format!("dash-zone_{id}")).into_iter().flat_map(|id| {
        let all = styles.iter().flat_map(|rule| &rule.formats);
        all.filter(move |format| format.id.as_deref() == Some(&*id))
            .cloned()
    });
    let formats: Vec<Format> = of_dashboard.chain(own).collect();
    ZoneSpec {
        id,
        kind: kind(tree, node),
        rectangle,
        fixed_size: is(tree, node, "is-fixed")
            .then(|| get("fixed-size").and_then(|text| text.parse::<f64>().ok()))
            .flatten()
            .filter(|size| size.is_finite() && (0.0..100_000.0).contains(size)),
        floating: false,
        hidden: view.is_hidden(),
        text: tree
            .child(node, "formatted-text")
            .map(|text| rich_text(tree, text)),
        frame: ZoneFrame::of(&formats),
        children: tree
            .named(node, "zone")
            .filter(|_| depth < MAX_DEPTH)
            .map(|child| zone(tree, child, styles, depth + 1))
            .collect(),
        attributes: tree
            .attributes(node)
            .map(|(name, value)| (name.to_owned(), value.into_owned()))
            .collect(),
    }
}

fn is(tree: &Tree, node: NodeId, name: &str) -> bool {
    matches!(tree.value(node, name).as_deref(), Some("true" | "1" | "yes"))
}

fn kind(tree: &Tree, node: NodeId) -> ZoneKind {
    let get = |name: &str| tree.value(node, name).map(|text| text.into_owned());
    let field = || get("param").and_then(|text| FieldRef::parse(&text, ""));
    let sheet = || get("name").unwrap_or_default();
    let of_sheet = |sheet: String| ZoneKind::Sheet {
        sheet,
        title: get("show-title").as_deref() != Some("false"),
        caption: is(tree, node, "show-caption"),
    };
    match (Zone { tree, node }).kind().as_deref() {
        None => get("name").map_or(ZoneKind::Tiled, of_sheet),
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
            fit: is(tree, node, "is-scaled"),
            centered: is(tree, node, "is-centered"),
        },
        Some("web") => ZoneKind::Web(get("param").unwrap_or_default()),
        Some("dashboard-object" | "add-in") => match tree.child(node, "button") {
            Some(at) => ZoneKind::Button(button(tree, at)),
            None => ZoneKind::Extension(extension(tree, node)),
        },
        Some("currpage") => ZoneKind::Page { sheet: sheet() },
        Some("highlighter") => ZoneKind::Highlighter {
            sheet: sheet(),
            field: field(),
        },
        Some("flipboard") => ZoneKind::Story,
        Some("flipboard-nav") => ZoneKind::StoryNavigator,
        // Old files name the kind of worksheets, too.
        Some("sheet" | "viz") if get("name").is_some() => of_sheet(sheet()),
        Some(other) => ZoneKind::Other(other.to_owned()),
    }
}

/// Reads a `button` in its active state.
fn button(tree: &Tree, node: NodeId) -> ButtonSpec {
    let words = |name: &str| {
        let child = tree.child(node, name).map(|at| tree.text(at).into_owned());
        child.or_else(|| tree.value(node, name).map(|text| text.into_owned()))
    };
    let action = words("action").filter(|text| !text.is_empty());
    let quoted = |text: &str, name: &str| {
        let (_, rest) = text.split_once(&format!("{name}="))?;
        let rest = rest.trim_start_matches('"');
        Some(rest.split(['"', ' ']).next().unwrap_or_default().to_owned())
    };
    let action = if let Some(export) = words("export-button-action") {
        let kind = quoted(&export, "dashboard-button-export-type");
        ButtonAction::Export(
            kind.or_else(|| words("button-click-action-metadata"))
                .unwrap_or_default(),
        )
    } else if let Some(toggle) = words("toggle-action") {
        let list = toggle.split_once("zone-ids=").map_or("", |(_, rest)| rest);
        let list = list.trim_start_matches('[').split(']').next().unwrap_or_default();
        ButtonAction::Toggle(list.split(',').filter_map(|id| id.trim().parse().ok()).collect())
    } else if let Some(window) = action.as_deref().and_then(|text| quoted(text, "window-id")) {
        ButtonAction::Go(window)
    } else {
        ButtonAction::Other
    };
    let states: Vec<NodeId> = tree.named(node, "button-visual-state").collect();
    let active = tree
        .value(node, "active-visual-state-index")
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(0);
    let state = states.get(active).or_else(|| states.first()).copied();
    let text_of = |name: &str| {
        let child = tree.child(state?, name)?;
        let text = tree.text(child).trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    ButtonSpec {
        action,
        is_text: tree.has(node, "button-type", "text"),
        caption: text_of("caption"),
        font: state
            .and_then(|state| tree.child(state, "button-caption-font-style"))
            .map(|style| run_font(tree, style))
            .unwrap_or_default(),
        image: text_of("image-path"),
        frame: state
            .map(|state| ZoneFrame::of(&formats(tree, state, "")))
            .unwrap_or_default(),
    }
}

/// What an extension is called.
fn extension(tree: &Tree, node: NodeId) -> String {
    let inside = tree.child(node, "add-in").unwrap_or(node);
    let named = ["extension-url", "add-in-id"].into_iter().find_map(|name| {
        let value = tree.value(inside, name).map(|text| text.into_owned());
        value.or_else(|| Some(tree.text(tree.child(inside, name)?).trim().to_owned()))
    });
    named.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn read(xml: &str) -> ZoneSpec {
        let tree = Tree::parse(xml, &Limits::default()).unwrap();
        zone(&tree, tree.root(), &[], 0)
    }

    #[test]
    fn a_side_wins_over_all_sides_and_borders_need_a_style() {
        let found = read(
            "<zone type-v2='text' x='0' y='0' w='1' h='1'><zone-style>\
             <format attr='border-color' value='#ff0000'/><format attr='border-style' value='solid'/>\
             <format attr='border-width' value='2'/><format attr='margin' value='4'/>\
             <format attr='margin-top' value='0'/><format attr='padding-left' value='7'/></zone-style></zone>",
        );
        assert_eq!(found.frame.margin, [4.0, 0.0, 4.0, 4.0]);
        assert_eq!(found.frame.insets(), [13.0, 2.0, 6.0, 6.0]);
        let none = read(
            "<zone type-v2='text'><zone-style><format attr='border-style' value='none'/>\
             <format attr='border-width' value='3'/><format attr='margin' value='-1e999'/></zone-style></zone>",
        );
        assert_eq!(none.frame.insets(), [0.0; 4]);
    }

    #[test]
    fn buttons_say_what_they_do_and_how_they_look_now() {
        let go = read(
            "<zone type-v2='dashboard-object'><button button-type='text' \
             action='tabdoc:goto-sheet window-id=&quot;{A-1}&quot;'><button-visual-state><caption>Next</caption>\
             <button-caption-font-style fontcolor='#ffffff' fontsize='12'/>\
             <format attr='background-color' value='#333333'/></button-visual-state></button></zone>",
        );
        let ZoneKind::Button(button) = go.kind else {
            panic!()
        };
        assert_eq!(button.action, ButtonAction::Go("{A-1}".to_owned()));
        assert_eq!(button.caption.as_deref(), Some("Next"));
        assert_eq!(button.font.size, Some(12.0));
        assert_eq!(button.frame.background.as_deref(), Some("#333333"));
        let toggle = read(
            "<zone type-v2='dashboard-object'><button active-visual-state-index='1'>\
             <toggle-action>tabdoc:toggle-button-click-action window-id=&quot;{A}&quot; zone-ids=[39,4]</toggle-action>\
             <button-visual-state><image-path>a.png</image-path></button-visual-state>\
             <button-visual-state><image-path>b.png</image-path></button-visual-state></button></zone>",
        );
        let ZoneKind::Button(button) = toggle.kind else {
            panic!()
        };
        assert_eq!(button.action, ButtonAction::Toggle(vec![39, 4]));
        assert_eq!(button.image.as_deref(), Some("b.png"));
    }
}
