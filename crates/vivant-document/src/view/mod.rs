//! Typed views over the tree of a document: what the elements mean, without copying them.
//!
//! Every accessor gives `None` or nothing for what is not there; no view ever fails. Feature prefixes are
//! resolved as a current program would. [`Document`] owns the tree; edits are in [`crate::edit`].

mod datasource;
mod relation;
mod sheet;

use std::borrow::Cow;
use std::io::{self, Write};

pub use datasource::{
    Alias, Calculation, Column, Connection, Datasource, Extract, Filter, FilterKind, MetadataRecord, Set,
};
pub use relation::{Object, Relation, RelationKind, Relationship};
pub use sheet::{Action, Dashboard, Pane, StoryPoint, Thumbnail, Window, Worksheet, Zone};

use crate::error::{Error, Result, shorten};
use crate::kind::FileKind;
use crate::limits::Limits;
use crate::tree::{NodeId, Parts, Tree};

/// Defines a view: a tree and an element of it.
macro_rules! view {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'d> {
            pub(crate) tree: &'d crate::tree::Tree,
            pub(crate) node: crate::tree::NodeId,
        }

        impl<'d> $name<'d> {
            /// Returns the element that is looked at.
            pub fn node(self) -> crate::tree::NodeId {
                self.node
            }

            /// Returns the tree that the element is in.
            pub fn tree(self) -> &'d crate::tree::Tree {
                self.tree
            }

            /// Returns an attribute that is there and not empty.
            pub fn attribute(self, name: &str) -> Option<std::borrow::Cow<'d, str>> {
                self.tree.value(self.node, name)
            }
        }
    };
}

/// Defines accessors of attributes.
macro_rules! attributes {
    ($view:ident { $($(#[$doc:meta])* $method:ident => $attribute:literal,)* }) => {
        impl<'d> $view<'d> {
            $($(#[$doc])*
            pub fn $method(self) -> Option<std::borrow::Cow<'d, str>> {
                self.attribute($attribute)
            })*
        }
    };
}

pub(crate) use {attributes, view};

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentKind {
    /// A workbook with its data sources and sheets.
    Workbook,
    /// One data source.
    Datasource,
}

/// A workbook or data source document: its tree, and views and edits over it.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) tree: Tree,
    kind: DocumentKind,
}

impl Document {
    /// Reads a document.
    pub fn parse(bytes: impl Into<Vec<u8>>, limits: &Limits) -> Result<Self> {
        Self::from_tree(Tree::parse(bytes, limits)?)
    }

    /// Reads a document of which only the data sources are looked into; the rest is checked and kept.
    pub fn parse_datasources(bytes: impl Into<Vec<u8>>, limits: &Limits) -> Result<Self> {
        let bytes = bytes.into();
        let parts = Parts {
            only: Some(&["datasources", "repository-location"]),
            ..Parts::default()
        };
        // In a data source document everything is part of the data source.
        let is_workbook = memchr::memmem::find(&bytes[..bytes.len().min(4096)], b"<workbook").is_some();
        Self::from_tree(if is_workbook {
            Tree::parse_parts(bytes, parts, limits)?
        } else {
            Tree::parse(bytes, limits)?
        })
    }

    /// Takes a tree whose root element is a workbook or a data source.
    pub fn from_tree(tree: Tree) -> Result<Self> {
        let kind = match tree.name(tree.root()) {
            Some("workbook") => DocumentKind::Workbook,
            Some("datasource") => DocumentKind::Datasource,
            other => {
                let found = format!("the root element is `{}`", shorten(other.unwrap_or_default()));
                return Err(Error::NotThisKind {
                    expected: FileKind::Twb,
                    found,
                });
            }
        };
        Ok(Self { tree, kind })
    }

    /// Returns what the document is.
    pub fn kind(&self) -> DocumentKind {
        self.kind
    }

    /// Returns the tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns the tree to edit it.
    pub fn tree_mut(&mut self) -> &mut Tree {
        &mut self.tree
    }

    /// Writes the document.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.tree.write(out)
    }

    /// Returns the document as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.tree.to_bytes()
    }

    /// Returns the workbook, if the document is one.
    pub fn workbook(&self) -> Option<Workbook<'_>> {
        (self.kind == DocumentKind::Workbook).then(|| Workbook {
            tree: &self.tree,
            node: self.tree.root(),
        })
    }

    /// Returns the data sources that are defined here, the parameters left out.
    pub fn datasources(&self) -> Vec<Datasource<'_>> {
        self.all_datasources()
            .into_iter()
            .filter(|datasource| !datasource.is_parameters())
            .collect()
    }

    /// Returns the data sources that are defined here and the one that holds the parameters.
    pub fn all_datasources(&self) -> Vec<Datasource<'_>> {
        let root = self.tree.root();
        let view = |node| Datasource {
            tree: &self.tree,
            node,
        };
        match self.kind {
            DocumentKind::Datasource => vec![view(root)],
            DocumentKind::Workbook => {
                let found: Vec<NodeId> = self
                    .tree
                    .named(root, "datasources")
                    .flat_map(|datasources| self.tree.named(datasources, "datasource"))
                    .collect();
                found.into_iter().map(view).collect()
            }
        }
    }

    /// Finds a data source by name, or by caption if only one has it.
    pub fn datasource(&self, name: &str) -> Result<Datasource<'_>> {
        let all = self.datasources();
        if let Some(found) = all.iter().find(|datasource| datasource.name() == name) {
            return Ok(*found);
        }
        let mut labelled = all.iter().filter(|datasource| datasource.label() == name);
        match (labelled.next(), labelled.next()) {
            (Some(found), None) => Ok(*found),
            (Some(_), Some(_)) => Err(Error::edit(format!(
                "several data sources are called `{}`; use the internal name",
                shorten(name)
            ))),
            (None, _) => {
                let known: Vec<_> = all
                    .iter()
                    .map(|one| format!("`{}`", shorten(&one.label())))
                    .collect();
                Err(Error::edit(format!(
                    "there is no data source `{}`; there are {}",
                    shorten(name),
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                )))
            }
        }
    }

    /// Returns the parameters.
    pub fn parameters(&self) -> Vec<Column<'_>> {
        self.all_datasources()
            .into_iter()
            .filter(|datasource| datasource.is_parameters())
            .flat_map(Datasource::columns)
            .filter(|column| column.is_parameter())
            .collect()
    }
}

view! {
    /// A workbook.
    Workbook
}

attributes! { Workbook {
    /// Returns the version of the format; the same for all programs since 2018.1.
    version => "version",
    /// Returns the program that saved the workbook.
    source_build => "source-build",
    /// Returns the system it was saved on.
    source_platform => "source-platform",
}}

impl<'d> Workbook<'d> {
    fn part<T>(self, path: &[&str], make: impl Fn(NodeId) -> T) -> Vec<T> {
        let (name, above) = path.split_last().expect("a path has a step");
        let Some(parent) = self.tree.find(self.node, above) else {
            return Vec::new();
        };
        self.tree
            .all_children(parent)
            .filter(|&child| self.tree.is(child, name))
            .map(make)
            .collect()
    }

    /// Returns the worksheets.
    pub fn worksheets(self) -> Vec<Worksheet<'d>> {
        self.part(&["worksheets", "worksheet"], |node| Worksheet {
            tree: self.tree,
            node,
        })
    }

    /// Returns dashboards and stories.
    pub fn dashboards(self) -> Vec<Dashboard<'d>> {
        self.part(&["dashboards", "dashboard"], |node| Dashboard {
            tree: self.tree,
            node,
        })
    }

    /// Returns the windows, whose order is that of the tabs.
    pub fn windows(self) -> Vec<Window<'d>> {
        self.part(&["windows", "window"], |node| Window {
            tree: self.tree,
            node,
        })
    }

    /// Returns the pictures of the sheets.
    pub fn thumbnails(self) -> Vec<Thumbnail<'d>> {
        self.part(&["thumbnails", "thumbnail"], |node| Thumbnail {
            tree: self.tree,
            node,
        })
    }

    /// Returns the actions.
    pub fn actions(self) -> Vec<Action<'d>> {
        let Some(actions) = self.tree.child(self.node, "actions") else {
            return Vec::new();
        };
        self.tree
            .children(actions)
            .filter(|&node| self.tree.plain_name(node).ends_with("action"))
            .map(|node| Action {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns the filters that all worksheets of a data source share.
    pub fn shared_filters(self) -> Vec<Filter<'d>> {
        let Some(shared) = self.tree.child(self.node, "shared-views") else {
            return Vec::new();
        };
        self.tree
            .named(shared, "shared-view")
            .flat_map(|view| self.tree.named(view, "filter"))
            .map(|node| Filter {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Tells whether a sheet is hidden.
    pub fn is_hidden(self, sheet: &str) -> bool {
        self.windows()
            .into_iter()
            .any(|window| window.name().as_deref() == Some(sheet) && window.is_hidden())
    }

    /// Returns the site and path the workbook was downloaded from.
    pub fn repository_location(self) -> Option<NodeId> {
        self.tree.child(self.node, "repository-location")
    }
}

/// Returns the text of the runs of formatted text, with Tableau's mark for white space removed.
pub(crate) fn formatted_text(tree: &Tree, node: NodeId) -> String {
    let mut text = String::new();
    for run in tree.descendants(node).filter(|&at| tree.is(at, "run")) {
        let part = tree.text(run);
        // Tableau: `Æ` in front keeps white space from being trimmed; it is no letter here.
        let part = match part.strip_prefix('Æ') {
            Some(rest) if rest.starts_with(char::is_whitespace) => Cow::Borrowed(rest),
            _ => part.clone(),
        };
        text.push_str(&part);
    }
    text
}

/// Reads `true`, `yes` and `1`.
pub(crate) fn is_true(value: Option<Cow<'_, str>>) -> bool {
    value.is_some_and(|value| matches!(&*value, "true" | "yes" | "1"))
}
