//! What changed between two documents, in words that a person understands.
//!
//! Both documents are laid out as lists of statements ("worksheet 'Fares' / rows: SUM(Ticket price)"); the
//! lists are compared. What no statement covers is compared as canonical text and reported as other details.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::{self, Write};

use crate::canonical::canonical_element;
use crate::error::shorten;
use crate::names::{find_names, unquote};
use crate::refs::Instances;
use crate::tree::{NodeId, Tree};
use crate::view::{Column, Datasource, Document, Filter, Zone};

/// Whether something came, went or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    /// It is only in the second document.
    Added,
    /// It is only in the first document.
    Removed,
    /// It is in both.
    Changed,
}

impl ChangeKind {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether it came, went or changed.
    pub kind: ChangeKind,
    /// What it is about, from the outside in: `worksheet 'Fares' / rows`.
    pub path: String,
    /// What it was; empty for something that has no value of its own.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |text: &str| text.replace('\n', " ");
        write!(f, "{}: {}", self.kind.as_str(), self.path)?;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, ": {} -> {}", line(before), line(after)),
            (Some(only), None) | (None, Some(only)) if !only.is_empty() => write!(f, ": {}", line(only)),
            _ => Ok(()),
        }
    }
}

/// Compares two documents.
pub fn diff(before: &Document, after: &Document) -> Vec<Change> {
    let scope = Scope::of(before, after);
    let old = Outline::of(before, scope);
    let new = Outline::of(after, scope);
    let mut changes = Vec::new();
    let mut gone: HashSet<String> = HashSet::new();
    for (path, value) in &old.statements {
        match new.values.get(path) {
            None => {
                // With a sheet go its shelves: the sheet says it all.
                if !within(path, &gone) {
                    gone.insert(path.clone());
                    changes.push(Change {
                        kind: ChangeKind::Removed,
                        path: path.clone(),
                        before: Some(value.clone()),
                        after: None,
                    });
                }
            }
            Some(other) if other != value => changes.push(Change {
                kind: ChangeKind::Changed,
                path: path.clone(),
                before: Some(value.clone()),
                after: Some(other.clone()),
            }),
            Some(_) => {}
        }
    }
    let mut come: HashSet<String> = HashSet::new();
    for (path, value) in &new.statements {
        if !old.values.contains_key(path) && !within(path, &come) {
            come.insert(path.clone());
            changes.push(Change {
                kind: ChangeKind::Added,
                path: path.clone(),
                before: None,
                after: Some(value.clone()),
            });
        }
    }
    for (path, text) in &old.texts {
        let covered = changes
            .iter()
            .any(|change| change.path == *path || inside(&change.path, path));
        if !covered && new.texts.get(path).is_some_and(|other| other != text) {
            changes.push(Change {
                kind: ChangeKind::Changed,
                path: format!("{path} / other details"),
                before: None,
                after: None,
            });
        }
    }
    changes
}

/// Writes an element without the fields inside, which are many and were not touched.
fn outside_fields(tree: &Tree, node: NodeId) -> String {
    let mut text = String::new();
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        let _ = write!(text, "<{}", tree.raw_name(node));
        for (name, value) in tree.attributes(node) {
            let _ = write!(text, " {name}={value:?}");
        }
        text.push_str(&tree.text(node));
        stack.extend(
            tree.all_children(node)
                .filter(|&child| OF_CONNECTIONS.contains(&tree.plain_name(child))),
        );
    }
    text
}

/// Tells whether a path lies below one of others.
fn within(path: &str, others: &HashSet<String>) -> bool {
    path.match_indices(" / ")
        .any(|(at, _)| others.contains(&path[..at]))
}

fn inside(path: &str, above: &str) -> bool {
    path.strip_prefix(above)
        .is_some_and(|rest| rest.starts_with(" / "))
}

/// What can differ between two documents.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    All,
    /// Connections and tables only: that is all that edits have touched.
    Connections,
}

/// Elements that say nothing of fields and sheets, and hold nothing that does unless it is touched, too.
const OF_CONNECTIONS: [&str; 8] = [
    "workbook",
    "datasources",
    "datasource",
    "repository-location",
    "connection",
    "named-connections",
    "named-connection",
    "relation",
];

impl Scope {
    fn of(before: &Document, after: &Document) -> Self {
        let tree = after.tree();
        match tree.touched_since(before.tree()) {
            Some(touched)
                if touched
                    .iter()
                    .all(|&node| OF_CONNECTIONS.contains(&tree.plain_name(node))) =>
            {
                Self::Connections
            }
            _ => Self::All,
        }
    }
}

/// A document as statements, and the canonical text of what they are about.
#[derive(Default)]
struct Outline {
    statements: Vec<(String, String)>,
    values: HashMap<String, String>,
    texts: BTreeMap<String, String>,
    /// The last number that was given to a path.
    numbers: HashMap<String, usize>,
}

impl Outline {
    fn of(document: &Document, scope: Scope) -> Self {
        let mut outline = Self::default();
        let tree = document.tree();
        if scope == Scope::Connections {
            for source in document.datasources() {
                let path = outline.connections(document, source);
                let parts: String = tree
                    .all_children(source.node())
                    .filter(|&child| OF_CONNECTIONS.contains(&tree.plain_name(child)))
                    .map(|child| outside_fields(tree, child))
                    .collect();
                outline.texts.insert(path, parts);
            }
            return outline;
        }
        let labels = Labels::of(document);
        for source in document.all_datasources() {
            outline.datasource(document, source, &labels);
        }
        if let Some(workbook) = document.workbook() {
            outline.sheets(document, &labels);
            let tabs: Vec<String> = workbook
                .windows()
                .iter()
                .filter(|window| !window.is_hidden())
                .filter_map(|window| window.name().map(Cow::into_owned))
                .collect();
            outline.say("order of the tabs", tabs.join(", "));
            for action in workbook.actions() {
                let label = action.caption().or_else(|| action.name()).unwrap_or_default();
                let path = outline.unique(&format!("action '{}'", shorten(&label)));
                outline.say(&path, action.kind());
                outline.say(&format!("{path} / from"), list(&action.sources()));
                outline.say(&format!("{path} / to"), list(&action.targets()));
                outline.texts.insert(path, canonical_element(tree, action.node()));
            }
            for child in tree.all_children(workbook.node()) {
                let name = tree.plain_name(child);
                let covered = matches!(
                    name,
                    "datasources" | "worksheets" | "dashboards" | "actions" | "windows"
                );
                if !covered {
                    outline
                        .texts
                        .insert(name.to_owned(), canonical_element(tree, child));
                }
            }
        }
        outline
    }

    fn say(&mut self, path: &str, value: impl Into<String>) {
        let (path, value) = (self.unique(path), value.into());
        self.values.insert(path.clone(), value.clone());
        self.statements.push((path, value));
    }

    /// Says something only if there is something to say.
    fn say_some(&mut self, path: String, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.say(&path, value);
        }
    }

    /// Numbers a path that is taken.
    fn unique(&mut self, path: &str) -> String {
        if !self.values.contains_key(path) {
            return path.to_owned();
        }
        let number = self.numbers.entry(path.to_owned()).or_insert(1);
        loop {
            *number += 1;
            let numbered = format!("{path} ({number})");
            if !self.values.contains_key(&numbered) {
                return numbered;
            }
        }
    }

    /// States what a data source is connected to, and returns its path.
    fn connections(&mut self, document: &Document, source: Datasource<'_>) -> String {
        let tree = source.tree();
        let path = match document.workbook() {
            Some(_) => self.unique(&format!("data source '{}'", shorten(&source.label()))),
            // A document of its own is compared whatever it is called.
            None => "data source".to_owned(),
        };
        self.say(&path, "");
        if document.workbook().is_none() {
            self.say(&format!("{path} / name"), source.label());
        }
        self.say_some(format!("{path} / site"), source.published_site());
        for connection in source.connections() {
            // A caption that is the server's name changes with it.
            let caption = connection
                .caption()
                .filter(|caption| connection.server().as_deref() != Some(caption));
            let label = caption.unwrap_or_else(|| connection.class());
            let path = self.unique(&format!("{path} / connection '{}'", shorten(&label)));
            self.say(&path, connection.class());
            for (name, value) in tree.attributes(connection.node()) {
                let plain = crate::tree::plain(name);
                if !value.is_empty()
                    && !matches!(plain, "class" | "password" | "dataRefreshTime" | "update-time")
                {
                    let value = if plain.contains("token") {
                        Cow::Borrowed("(hidden)")
                    } else {
                        value
                    };
                    self.say(&format!("{path} / {plain}"), value);
                }
            }
        }
        for (index, relation) in source.relations().into_iter().enumerate() {
            let number = if index == 0 {
                String::new()
            } else {
                format!(" {}", index + 1)
            };
            self.say(&format!("{path} / tables{number}"), relation.describe());
        }
        path
    }

    fn datasource(&mut self, document: &Document, source: Datasource<'_>, labels: &Labels) {
        if source.is_parameters() {
            for parameter in source.columns() {
                self.parameter(parameter);
            }
            return;
        }
        let tree = source.tree();
        let path = self.connections(document, source);
        for object in source.objects() {
            let label = object.caption().or_else(|| object.id()).unwrap_or_default();
            let path = self.unique(&format!("{path} / table '{}'", shorten(&label)));
            self.say(
                &path,
                object
                    .relation("")
                    .map_or(String::new(), |relation| relation.describe()),
            );
        }
        let mut related: Vec<String> = source
            .relationships()
            .into_iter()
            .filter_map(|one| one.condition())
            .collect();
        related.sort();
        if !related.is_empty() {
            self.say(&format!("{path} / relationships"), related.join("; "));
        }
        let with_column: HashSet<String> = source
            .columns()
            .iter()
            .map(|column| column.name().into_owned())
            .collect();
        for record in source.metadata_records() {
            let Some(name) = record.local_name() else { continue };
            if !with_column.contains(&*name) {
                let field = self.unique(&format!("{path} / field '{}'", shorten(&unquote(&name))));
                self.say(&field, record.local_type().unwrap_or_default());
            }
        }
        for column in source.columns() {
            self.column(&path, column, &source.name(), labels);
        }
        for filter in source.filters() {
            self.filter(&path, filter, &source.name(), labels);
        }
        for extract in source.extracts() {
            let path = self.unique(&format!("{path} / extract"));
            self.say(&path, if extract.is_enabled() { "on" } else { "off" });
            self.say_some(format!("{path} / file"), extract.path());
            for filter in extract.filters() {
                self.filter(&path, filter, &source.name(), labels);
            }
        }
        for (name, fields) in source.hierarchies() {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| labels.text(field, Some(&source.name())))
                .collect();
            self.say(
                &format!("{path} / hierarchy '{}'", shorten(&name)),
                fields.join(", "),
            );
        }
        for (name, fields) in source.folders() {
            let fields: Vec<_> = fields
                .iter()
                .map(|field| labels.text(field, Some(&source.name())))
                .collect();
            self.say(
                &format!("{path} / folder '{}'", shorten(&name)),
                fields.join(", "),
            );
        }
        for set in source.sets() {
            // Filter actions keep their last state in sets that nobody sees.
            if set.is_of_action() {
                continue;
            }
            let name = set.caption().or_else(|| set.name()).unwrap_or_default();
            let path = self.unique(&format!("{path} / set '{}'", shorten(&unquote(&name))));
            self.say(&path, "");
            self.texts.insert(path, canonical_element(tree, set.node()));
        }
        self.texts.insert(path, canonical_element(tree, source.node()));
    }

    fn column(&mut self, path: &str, column: Column<'_>, source: &str, labels: &Labels) {
        let name = column.name();
        if name.contains("__tableau_internal") {
            return;
        }
        let path = self.unique(&format!("{path} / field '{}'", shorten(&column.label())));
        self.say(&path, column.datatype().unwrap_or_default());
        let formula = column.calculation().and_then(|calculation| calculation.formula());
        self.say_some(
            format!("{path} / formula"),
            formula.map(|formula| labels.text(&formula, Some(source))),
        );
        let internal = column.caption().is_some().then(|| column.name());
        let texts = [
            ("internal name", internal),
            ("role", column.role()),
            ("type", column.kind()),
            ("default aggregation", column.aggregation()),
            ("format", column.default_format()),
            ("geographic role", column.semantic_role()),
            ("hidden", column.is_hidden().then_some(Cow::Borrowed("yes"))),
        ];
        for (what, value) in texts {
            self.say_some(format!("{path} / {what}"), value);
        }
        self.say_some(format!("{path} / description"), column.description());
        for alias in column.aliases() {
            self.say(&format!("{path} / alias of {}", shorten(&alias.key)), alias.value);
        }
    }

    fn parameter(&mut self, parameter: Column<'_>) {
        let path = self.unique(&format!("parameter '{}'", shorten(&parameter.label())));
        self.say(&path, parameter.datatype().unwrap_or_default());
        self.say_some(format!("{path} / value"), parameter.value());
        let values = match parameter.domain().as_deref() {
            Some("list") => parameter
                .members()
                .into_iter()
                .map(|member| {
                    if member.key == member.value {
                        member.key
                    } else {
                        format!("{} ({})", member.key, member.value)
                    }
                })
                .collect::<Vec<_>>()
                .join(", "),
            Some("range") => {
                let [min, max, step] = parameter.range().unwrap_or_default();
                let text = |value: Option<String>| value.unwrap_or_else(|| "any".to_owned());
                format!("{} to {}, step {}", text(min), text(max), text(step))
            }
            _ => "any".to_owned(),
        };
        self.say(&format!("{path} / values"), values);
    }

    fn filter(&mut self, path: &str, filter: Filter<'_>, source: &str, labels: &Labels) {
        let column = labels.text(&filter.column().unwrap_or_default(), Some(source));
        let path = self.unique(&format!("{path} / filter on {}", shorten(&column)));
        let mut value = labels.text(&filter.describe(), Some(source));
        if filter.is_context() {
            value.push_str(" (context)");
        }
        self.say(&path, value);
    }

    fn sheets(&mut self, document: &Document, labels: &Labels) {
        let Some(workbook) = document.workbook() else {
            return;
        };
        let tree = document.tree();
        for sheet in workbook.worksheets() {
            let path = self.unique(&format!("worksheet '{}'", shorten(&sheet.name())));
            self.say(&path, "");
            self.say_some(
                format!("{path} / hidden"),
                workbook.is_hidden(&sheet.name()).then_some("yes"),
            );
            self.say_some(
                format!("{path} / title"),
                sheet.title().map(|title| labels.text(&title, None)),
            );
            for (what, shelf) in [("rows", sheet.rows()), ("columns", sheet.cols())] {
                if !shelf.is_empty() {
                    self.say(&format!("{path} / {what}"), labels.text(&shelf, None));
                }
            }
            for (index, pane) in sheet.panes().into_iter().enumerate() {
                let which = match pane.axis() {
                    Some(axis) => format!("marks of {}", labels.text(&axis, None)),
                    None if index == 0 => "marks".to_owned(),
                    None => format!("marks {}", index + 1),
                };
                let path = self.unique(&format!("{path} / {which}"));
                self.say(&path, pane.mark());
                let mut encodings: BTreeMap<&str, Vec<String>> = BTreeMap::new();
                for (encoding, field) in pane.encodings() {
                    encodings
                        .entry(encoding)
                        .or_default()
                        .push(labels.text(&field, None));
                }
                for (encoding, fields) in encodings {
                    self.say(&format!("{path} / {encoding}"), fields.join(", "));
                }
            }
            for filter in sheet.filters() {
                // An action writes its state here; that is no change of the sheet.
                if filter.action().is_none() {
                    self.filter(&path, filter, "", labels);
                }
            }
            self.texts.insert(path, canonical_element(tree, sheet.node()));
        }
        for dashboard in workbook.dashboards() {
            let kind = if dashboard.is_story() {
                "story"
            } else {
                "dashboard"
            };
            let path = self.unique(&format!("{kind} '{}'", shorten(&dashboard.name())));
            self.say(&path, "");
            self.say_some(
                format!("{path} / hidden"),
                workbook.is_hidden(&dashboard.name()).then_some("yes"),
            );
            self.say_some(format!("{path} / size"), dashboard.size());
            self.zones(&path, dashboard.zones(), labels);
            for (device, zones) in dashboard.device_layouts() {
                let path = format!("{path} / layout for {device}");
                self.say(&path, "");
                self.zones(&path, zones, labels);
            }
            for (index, point) in dashboard.story_points().into_iter().enumerate() {
                let text = format!(
                    "{}: {}",
                    point.caption().unwrap_or_default(),
                    point.sheet().unwrap_or_default()
                );
                self.say(&format!("{path} / point {}", index + 1), text);
            }
            self.texts.insert(path, canonical_element(tree, dashboard.node()));
        }
    }

    fn zones(&mut self, path: &str, zones: Vec<Zone<'_>>, labels: &Labels) {
        for zone in zones {
            let kind = zone.kind().unwrap_or(Cow::Borrowed("sheet"));
            let label = match (zone.name(), zone.param()) {
                (Some(name), Some(param)) => format!("{name}, {}", labels.text(&param, None)),
                (Some(name), None) => name.into_owned(),
                (None, Some(param)) => labels.text(&param, None),
                (None, None) => String::new(),
            };
            let id = zone.id().unwrap_or_default();
            let what = if label.is_empty() {
                String::new()
            } else {
                format!(" '{}'", shorten(&label))
            };
            let path = self.unique(&format!("{path} / {kind} zone {id}{what}"));
            self.say(&path, "");
            if let Some([x, y, w, h]) = zone.rectangle() {
                self.say(&format!("{path} / place"), format!("{x},{y} size {w}x{h}"));
            }
            self.say_some(format!("{path} / text"), zone.text());
            self.say_some(format!("{path} / hidden"), zone.is_hidden().then_some("yes"));
        }
    }
}

fn list(names: &[Cow<'_, str>]) -> String {
    names.join(", ")
}

/// Writes names of fields as people see them.
pub(crate) struct Labels {
    captions: HashMap<(String, String), String>,
    instances: Instances,
    sources: HashSet<String>,
}

impl Labels {
    pub fn of(document: &Document) -> Self {
        let mut captions = HashMap::new();
        for source in document.all_datasources() {
            for column in source.columns() {
                captions.insert(
                    (source.name().into_owned(), unquote(&column.name())),
                    column.label(),
                );
            }
        }
        Self {
            captions,
            instances: Instances::of(document),
            sources: document
                .all_datasources()
                .iter()
                .map(|source| source.name().into_owned())
                .collect(),
        }
    }

    /// Replaces names in a text: `[federated.0abc].[sum:Fare:qk]` becomes `SUM(Ticket price)`.
    pub fn text(&self, text: &str, context: Option<&str>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for found in find_names(text) {
            let first = found.part(text, 0);
            let source = match found.parts.len() {
                1 => context.map(str::to_owned),
                _ => self.sources.contains(&first).then_some(first),
            };
            let Some(source) = source else { continue };
            let name = found.part(text, found.parts.len() - 1);
            out.push_str(&text[at..found.range.start]);
            out.push_str(&self.name(&source, &name));
            at = found.range.end;
        }
        out.push_str(&text[at..]);
        out
    }

    fn name(&self, source: &str, name: &str) -> String {
        let caption = |field: &str| {
            self.captions
                .get(&(source.to_owned(), field.to_owned()))
                .cloned()
                .unwrap_or_else(|| field.to_owned())
        };
        let known = self.captions.contains_key(&(source.to_owned(), name.to_owned()));
        let field = if known {
            None
        } else {
            self.instances.field(source, name)
        };
        match field {
            Some(field) => {
                let code = name.split(':').next().unwrap_or_default();
                match code {
                    "none" | "usr" | "io" => format!("[{}]", caption(&field)),
                    code => format!("{}({})", code.to_uppercase(), caption(&field)),
                }
            }
            None => format!("[{}]", caption(name)),
        }
    }
}
