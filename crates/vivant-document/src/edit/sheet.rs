//! Sheets: hidden, shown, deleted with what only they used.

use std::collections::HashSet;

use super::{Document, WORKBOOK_ORDER};
use crate::error::{Error, Result, shorten};
use crate::refs::references;
use crate::tree::{Element, NodeId, Where};

/// What went away with a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeletedSheet {
    /// Zones of dashboards that showed the sheet or belonged to it, as `dashboard / zone`.
    pub zones: Vec<String>,
    /// Points of stories that showed it.
    pub story_points: Vec<String>,
    /// Actions that began or ended only there.
    pub actions: Vec<String>,
    /// Data sources that nothing else uses; they are removed only when asked for.
    pub unused_datasources: Vec<String>,
    /// Buttons that led to the sheet and lead nowhere now.
    pub buttons: Vec<String>,
}

impl Document {
    /// Hides a sheet or shows it.
    pub fn set_sheet_hidden(&mut self, sheet: &str, hidden: bool) -> Result<()> {
        let kind = self.sheet_node(sheet)?.1;
        let windows: Vec<NodeId> = self.sheet_windows(sheet);
        if windows.is_empty() {
            if !hidden {
                return Ok(());
            }
            let root = self.tree.root();
            let holder = match self.tree.child(root, "windows") {
                Some(holder) => holder,
                None => self
                    .tree
                    .insert_ordered(root, &Element::new("windows"), &WORKBOOK_ORDER)?,
            };
            let window = Element::new("window")
                .with("class", kind)
                .with("hidden", "true")
                .with("name", sheet);
            self.tree.insert(Where::Last(holder), &window)?;
            return Ok(());
        }
        if hidden {
            let workbook = self
                .workbook()
                .ok_or_else(|| Error::edit("only workbooks have sheets"))?;
            let shown = workbook
                .worksheets()
                .iter()
                .map(|one| one.name())
                .chain(workbook.dashboards().iter().map(|one| one.name()))
                .filter(|name| name != sheet && !workbook.is_hidden(name))
                .count();
            if shown == 0 {
                return Err(Error::edit(format!(
                    "sheet `{}` is the last that is shown",
                    shorten(sheet)
                )));
            }
        }
        for window in windows {
            self.tree
                .set_or_remove(window, "hidden", hidden.then_some("true"))?;
        }
        Ok(())
    }

    /// Deletes a sheet: its window, picture, zones, story points and the actions that have no other source.
    /// With `datasources`, the data sources that nothing uses any more go too.
    pub fn delete_sheet(&mut self, sheet: &str, datasources: bool) -> Result<DeletedSheet> {
        let (node, _) = self.sheet_node(sheet)?;
        let workbook = self
            .workbook()
            .ok_or_else(|| Error::edit("only workbooks have sheets"))?;
        if workbook.worksheets().len() + workbook.dashboards().len() == 1 {
            return Err(Error::edit("a workbook needs at least one sheet"));
        }
        let mut report = DeletedSheet::default();
        let used_before = self.used_sources();
        let ids: HashSet<String> = self
            .sheet_windows(sheet)
            .into_iter()
            .chain([node])
            .filter_map(|node| self.tree.child(node, "simple-id"))
            .filter_map(|id| self.tree.value(id, "uuid").map(|uuid| uuid.into_owned()))
            .collect();
        let mut doomed = vec![node];
        doomed.extend(self.sheet_windows(sheet));
        let root = self.tree.root();
        if let Some(thumbnails) = self.tree.child(root, "thumbnails") {
            doomed.extend(
                self.tree
                    .all_named(thumbnails, "thumbnail")
                    .filter(|&picture| self.tree.has(picture, "name", sheet)),
            );
        }
        for at in self.tree.all_descendants(root) {
            let name = self.tree.plain_name(at);
            match name {
                "zone" if self.tree.has(at, "name", sheet) => {
                    report.zones.push(self.describe(at));
                    doomed.push(at);
                }
                "story-point" if self.tree.has(at, "captured-sheet", sheet) => {
                    let caption = self.tree.get(at, "caption").unwrap_or_default();
                    report
                        .story_points
                        .push(format!("{} '{}'", self.describe(at), shorten(&caption)));
                    doomed.push(at);
                }
                // What a dashboard's window remembers of the sheet.
                "viewpoint" if self.tree.has(at, "name", sheet) => doomed.push(at),
                "button" => {
                    let action = self.tree.get(at, "action").unwrap_or_default();
                    if ids.iter().any(|id| action.contains(id.as_str())) {
                        report.buttons.push(self.describe(at));
                    }
                }
                _ => {}
            }
        }
        if let Some(actions) = self.tree.child(root, "actions") {
            let all: Vec<NodeId> = self.tree.all_children(actions).collect();
            for action in all {
                if self.only_about(action, sheet) {
                    report.actions.push(self.describe(action));
                    doomed.push(action);
                }
            }
        }
        for node in doomed {
            // A zone inside a zone that went already is gone.
            if self.tree.is_there(node) {
                self.tree.remove(node)?;
            }
        }
        self.forget_excluded(sheet)?;
        let used = self.used_sources();
        for source in self.datasources() {
            let name = source.name().into_owned();
            if used_before.contains(&name) && !used.contains(&name) {
                report.unused_datasources.push(name);
            }
        }
        if datasources {
            for name in &report.unused_datasources {
                let node = self.source_node(name)?;
                self.tree.remove(node)?;
            }
        }
        Ok(report)
    }

    fn sheet_node(&self, sheet: &str) -> Result<(NodeId, &'static str)> {
        let workbook = self
            .workbook()
            .ok_or_else(|| Error::edit("only workbooks have sheets"))?;
        let worksheets = workbook.worksheets();
        let dashboards = workbook.dashboards();
        worksheets
            .iter()
            .find(|one| one.name() == sheet)
            .map(|one| (one.node(), "worksheet"))
            .or_else(|| {
                dashboards
                    .iter()
                    .find(|one| one.name() == sheet)
                    .map(|one| (one.node(), "dashboard"))
            })
            .ok_or_else(|| {
                let names = worksheets
                    .iter()
                    .map(|one| one.name().into_owned())
                    .chain(dashboards.iter().map(|one| one.name().into_owned()));
                let near = super::nearest(sheet, names);
                Error::edit(format!(
                    "there is no sheet `{}`{}",
                    shorten(sheet),
                    near.map_or(String::new(), |near| format!(
                        "; did you mean `{}`?",
                        shorten(&near)
                    ))
                ))
            })
    }

    fn sheet_windows(&self, sheet: &str) -> Vec<NodeId> {
        let root = self.tree.root();
        self.tree
            .all_named(root, "windows")
            .flat_map(|windows| self.tree.all_named(windows, "window"))
            .filter(|&window| self.tree.has(window, "name", sheet))
            .collect()
    }

    /// Tells whether an action begins only at a sheet, or leads only there.
    fn only_about(&self, action: NodeId, sheet: &str) -> bool {
        let tree = &self.tree;
        let mut sources = tree.all_named(action, "source").peekable();
        let starts_here = sources.peek().is_some()
            && sources.all(|source| {
                tree.has(source, "worksheet", sheet)
                    || (tree.has(source, "dashboard", sheet) && tree.get(source, "worksheet").is_none())
            });
        let mut targets = tree
            .all_descendants(action)
            .filter(|&node| {
                tree.plain_name(node) == "param"
                    && (tree.has(node, "name", "target") || tree.has(node, "name", "sheet"))
            })
            .peekable();
        let ends_here = targets.peek().is_some() && targets.all(|param| tree.has(param, "value", sheet));
        starts_here || ends_here
    }

    /// Takes a sheet out of the lists of sheets that actions leave alone.
    fn forget_excluded(&mut self, sheet: &str) -> Result<()> {
        let Some(actions) = self.tree.child(self.tree.root(), "actions") else {
            return Ok(());
        };
        let nodes: Vec<NodeId> = self.tree.all_descendants(actions).collect();
        for node in nodes {
            match self.tree.plain_name(node) {
                "exclude-sheet" if self.tree.has(node, "name", sheet) => self.tree.remove(node)?,
                "param" if self.tree.has(node, "name", "exclude") => {
                    let value = self.tree.get(node, "value").unwrap_or_default().into_owned();
                    let kept: Vec<&str> = value.split(',').filter(|name| *name != sheet).collect();
                    self.tree.set(node, "value", &kept.join(","))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns the data sources that sheets, other data sources and actions refer to.
    fn used_sources(&self) -> HashSet<String> {
        let mut used: HashSet<String> = self
            .workbook()
            .into_iter()
            .flat_map(|workbook| workbook.worksheets())
            .flat_map(|sheet| sheet.datasources())
            .map(|name| name.into_owned())
            .collect();
        let own: Vec<(NodeId, String)> = self
            .datasources()
            .into_iter()
            .map(|source| (source.node(), source.name().into_owned()))
            .collect();
        for reference in references(self) {
            if !reference.qualified {
                continue;
            }
            let inside_own = own.iter().any(|(node, name)| {
                *name == reference.source && self.tree.ancestors(reference.node).any(|at| at == *node)
            });
            let in_shared = self.tree.ancestors(reference.node).any(|at| {
                matches!(
                    self.tree.plain_name(at),
                    "datasource-relationships" | "shared-views" | "actions" | "windows"
                )
            });
            if !inside_own && !in_shared {
                used.insert(reference.source);
            }
        }
        used
    }
}
