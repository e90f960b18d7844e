//! Views of sheets: worksheets, dashboards with zones, stories, actions, windows, thumbnails.

use std::borrow::Cow;

use super::datasource::{Column, Filter};
use super::{attributes, formatted_text, is_true, view};
use crate::tree::{NodeId, Tree};

view! {
    /// A worksheet.
    Worksheet
}

impl<'d> Worksheet<'d> {
    /// Returns the name.
    pub fn name(self) -> Cow<'d, str> {
        self.tree.get(self.node, "name").unwrap_or_default()
    }

    fn view(self) -> Option<NodeId> {
        self.tree.find(self.node, &["table", "view"])
    }

    /// Returns the names of the data sources that the sheet uses, the primary one first.
    pub fn datasources(self) -> Vec<Cow<'d, str>> {
        let tree = self.tree;
        self.view()
            .and_then(|view| tree.child(view, "datasources"))
            .into_iter()
            .flat_map(|all| tree.all_children(all))
            .filter(|&node| tree.is(node, "datasource"))
            .filter_map(|node| tree.value(node, "name"))
            .collect()
    }

    /// Returns the copies of columns the sheet holds, with the data source of each.
    pub fn dependencies(self) -> Vec<(Cow<'d, str>, Vec<Column<'d>>)> {
        let tree = self.tree;
        self.view()
            .into_iter()
            .flat_map(|view| tree.named(view, "datasource-dependencies"))
            .map(|dependencies| {
                let columns = tree
                    .named(dependencies, "column")
                    .map(|node| Column { tree, node });
                (
                    tree.get(dependencies, "datasource").unwrap_or_default(),
                    columns.collect(),
                )
            })
            .collect()
    }

    fn shelf(self, name: &str) -> String {
        self.tree
            .find(self.node, &["table", name])
            .map(|shelf| self.tree.text(shelf).trim().to_owned())
            .unwrap_or_default()
    }

    /// Returns the rows shelf, an expression over fields.
    pub fn rows(self) -> String {
        self.shelf("rows")
    }

    /// Returns the columns shelf, an expression over fields.
    pub fn cols(self) -> String {
        self.shelf("cols")
    }

    /// Returns the filters.
    pub fn filters(self) -> Vec<Filter<'d>> {
        self.view()
            .into_iter()
            .flat_map(|view| self.tree.named(view, "filter"))
            .map(|node| Filter {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns the marks cards.
    pub fn panes(self) -> Vec<Pane<'d>> {
        let tree = self.tree;
        tree.find(self.node, &["table", "panes"])
            .into_iter()
            .flat_map(|panes| tree.all_children(panes))
            .filter(|&node| tree.is(node, "pane"))
            .map(|node| Pane { tree, node })
            .collect()
    }

    /// Returns the title, if it is not the name of the sheet.
    pub fn title(self) -> Option<String> {
        self.tree
            .find(self.node, &["layout-options", "title"])
            .map(|title| formatted_text(self.tree, title))
    }
}

view! {
    /// A marks card.
    Pane
}

impl<'d> Pane<'d> {
    /// Returns the kind of mark.
    pub fn mark(self) -> Cow<'d, str> {
        self.tree
            .child(self.node, "mark")
            .and_then(|mark| self.tree.value(mark, "class"))
            .unwrap_or(Cow::Borrowed("Automatic"))
    }

    /// Returns the fields on colour, size, label and so on: encoding and field.
    pub fn encodings(self) -> Vec<(&'d str, Cow<'d, str>)> {
        let tree = self.tree;
        tree.child(self.node, "encodings")
            .into_iter()
            .flat_map(|encodings| tree.children(encodings))
            .filter_map(|node| Some((tree.plain_name(node), tree.value(node, "column")?)))
            .collect()
    }

    /// Returns the field of the axis that the card belongs to.
    pub fn axis(self) -> Option<Cow<'d, str>> {
        self.attribute("y-axis-name")
            .or_else(|| self.attribute("x-axis-name"))
    }
}

view! {
    /// A dashboard or a story.
    Dashboard
}

impl<'d> Dashboard<'d> {
    /// Returns the name.
    pub fn name(self) -> Cow<'d, str> {
        self.tree.get(self.node, "name").unwrap_or_default()
    }

    /// Tells whether this is a story.
    pub fn is_story(self) -> bool {
        self.tree.has(self.node, "type", "storyboard")
    }

    /// Returns all zones of the layout, containers before what is in them.
    pub fn zones(self) -> Vec<Zone<'d>> {
        self.tree
            .child(self.node, "zones")
            .map(|zones| zones_in(self.tree, zones))
            .unwrap_or_default()
    }

    /// Returns the layouts for devices with their zones.
    pub fn device_layouts(self) -> Vec<(Cow<'d, str>, Vec<Zone<'d>>)> {
        let tree = self.tree;
        tree.child(self.node, "devicelayouts")
            .into_iter()
            .flat_map(|layouts| tree.all_children(layouts))
            .filter(|&node| tree.is(node, "devicelayout"))
            .map(|layout| {
                (
                    tree.get(layout, "name").unwrap_or_default(),
                    tree.child(layout, "zones")
                        .map(|zones| zones_in(tree, zones))
                        .unwrap_or_default(),
                )
            })
            .collect()
    }

    /// Returns the points of a story.
    pub fn story_points(self) -> Vec<StoryPoint<'d>> {
        let tree = self.tree;
        tree.descendants(self.node)
            .filter(|&node| tree.is(node, "story-point"))
            .map(|node| StoryPoint { tree, node })
            .collect()
    }

    /// Returns width and height: least and greatest, as far as they are set.
    pub fn size(self) -> Option<String> {
        let size = self.tree.child(self.node, "size")?;
        let get = |name| self.tree.value(size, name).unwrap_or(Cow::Borrowed("-"));
        Some(format!(
            "{} {}x{} to {}x{}",
            self.tree
                .value(size, "sizing-mode")
                .unwrap_or(Cow::Borrowed("default")),
            get("minwidth"),
            get("minheight"),
            get("maxwidth"),
            get("maxheight")
        ))
    }
}

fn zones_in(tree: &Tree, top: NodeId) -> Vec<Zone<'_>> {
    tree.descendants(top)
        .filter(|&node| tree.is(node, "zone"))
        .map(|node| Zone { tree, node })
        .collect()
}

view! {
    /// A point of a story.
    StoryPoint
}

attributes! { StoryPoint {
    /// Returns the label.
    caption => "caption",
    /// Returns the sheet that is shown.
    sheet => "captured-sheet",
}}

view! {
    /// A zone of a dashboard.
    Zone
}

attributes! { Zone {
    /// Returns the number by which buttons and styles refer to the zone.
    id => "id",
    /// Returns the sheet that the zone shows or belongs to.
    name => "name",
    /// Returns the field, parameter, picture or direction of the zone, by its kind.
    param => "param",
}}

impl<'d> Zone<'d> {
    /// Returns the kind of zone; a worksheet has none.
    pub fn kind(self) -> Option<Cow<'d, str>> {
        self.attribute("type-v2").or_else(|| self.attribute("type"))
    }

    /// Tells whether the zone shows a worksheet.
    pub fn is_sheet(self) -> bool {
        self.kind().is_none() && self.name().is_some()
    }

    /// Returns left, top, width and height in 1/100,000 of the dashboard.
    pub fn rectangle(self) -> Option<[i64; 4]> {
        let get = |name| self.attribute(name)?.parse().ok();
        Some([get("x")?, get("y")?, get("w")?, get("h")?])
    }

    /// Tells whether the zone was hidden by its button when the workbook was saved.
    pub fn is_hidden(self) -> bool {
        is_true(self.attribute("hidden-by-user"))
    }

    /// Returns the text of a text zone.
    pub fn text(self) -> Option<String> {
        let text = self.tree.child(self.node, "formatted-text")?;
        Some(formatted_text(self.tree, text))
    }
}

view! {
    /// An action.
    Action
}

attributes! { Action {
    /// Returns the key, in brackets.
    name => "name",
    /// Returns the label.
    caption => "caption",
}}

impl<'d> Action<'d> {
    /// Returns the element's name, which says what sort of action it is, and the command it runs.
    pub fn kind(self) -> String {
        let name = self.tree.plain_name(self.node);
        match self.tree.child(self.node, "command") {
            Some(command) => {
                let command = self.tree.get(command, "command").unwrap_or_default();
                format!("{name} {command}")
            }
            None => name.to_owned(),
        }
    }

    /// Returns the sheets where the action starts: dashboard and worksheet, as far as they are named.
    pub fn sources(self) -> Vec<Cow<'d, str>> {
        let tree = self.tree;
        tree.named(self.node, "source")
            .flat_map(|source| [tree.value(source, "dashboard"), tree.value(source, "worksheet")])
            .flatten()
            .collect()
    }

    /// Returns the sheets that the action leads to or acts on.
    pub fn targets(self) -> Vec<Cow<'d, str>> {
        let tree = self.tree;
        tree.descendants(self.node)
            .filter(|&node| tree.is(node, "param"))
            .filter(|&node| tree.has(node, "name", "target") || tree.has(node, "name", "sheet"))
            .filter_map(|node| tree.value(node, "value"))
            .collect()
    }
}

view! {
    /// A window: a tab, with what is remembered of how it looked.
    Window
}

attributes! { Window {
    /// Returns the sheet.
    name => "name",
    /// Returns the kind of sheet: `worksheet` or `dashboard`.
    class => "class",
}}

impl Window<'_> {
    /// Tells whether the tab is hidden.
    pub fn is_hidden(self) -> bool {
        is_true(self.attribute("hidden"))
    }
}

view! {
    /// The picture of a sheet.
    Thumbnail
}

attributes! { Thumbnail {
    /// Returns the sheet.
    name => "name",
}}

impl<'d> Thumbnail<'d> {
    /// Returns the picture in base64, with the line ends it has.
    pub fn base64(self) -> Cow<'d, str> {
        self.tree.text(self.node)
    }
}
