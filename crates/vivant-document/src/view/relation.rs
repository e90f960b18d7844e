//! Views of relations: tables, joins, unions, custom SQL, stored procedures, and the logical model over them.

use std::borrow::Cow;

use super::{attributes, view};
use crate::tree::{NodeId, Tree};

/// What a relation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelationKind {
    /// A table, view or sheet.
    Table,
    /// Two relations joined.
    Join,
    /// Tables one after another.
    Union,
    /// Custom SQL.
    CustomSql,
    /// A stored procedure.
    StoredProcedure,
    /// Columns turned to rows.
    Pivot,
    /// Columns chosen or merged.
    Project,
    /// The tables of a logical model, which are related there.
    Collection,
    /// Another kind.
    Other(String),
}

view! {
    /// A relation: where rows come from.
    Relation
}

attributes! { Relation {
    /// Returns the name by which columns refer to the relation.
    name => "name",
    /// Returns the table in the database, each part in brackets.
    table => "table",
    /// Returns the name of the connection.
    connection => "connection",
    /// Returns how the two sides of a join are kept: `inner`, `left`, `right`, `full`.
    join => "join",
    /// Returns the name of a stored procedure.
    stored_procedure => "stored-proc",
}}

impl<'d> Relation<'d> {
    /// Returns what the relation is.
    pub fn kind(self) -> RelationKind {
        match self.attribute("type").as_deref() {
            Some("table") => RelationKind::Table,
            Some("join") => RelationKind::Join,
            Some("union") => RelationKind::Union,
            Some("text") => RelationKind::CustomSql,
            Some("stored-proc") => RelationKind::StoredProcedure,
            Some("pivot") => RelationKind::Pivot,
            Some("project") => RelationKind::Project,
            Some("collection") => RelationKind::Collection,
            other => RelationKind::Other(other.unwrap_or_default().to_owned()),
        }
    }

    /// Returns the relations inside this one.
    pub fn relations(self) -> Vec<Relation<'d>> {
        self.tree
            .named(self.node, "relation")
            .map(|node| Relation {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns the custom SQL as it runs.
    ///
    /// Tableau: `<` and `>` of the SQL are doubled, so that `<[Parameters].[P]>` can stand for a parameter.
    pub fn sql(self) -> Option<String> {
        if self.kind() != RelationKind::CustomSql {
            return None;
        }
        let text = self.tree.text(self.node).replace("\r\n", "\n");
        Some(text.replace("<<", "<").replace(">>", ">"))
    }

    /// Returns the condition of a join in words.
    pub fn condition(self) -> Option<String> {
        let clause = self
            .tree
            .named(self.node, "clause")
            .find(|&clause| self.tree.has(clause, "type", "join"))?;
        let top = self.tree.child(clause, "expression")?;
        Some(expression(self.tree, top))
    }

    /// Returns the values handed to a stored procedure: name and literal.
    pub fn parameters(self) -> Vec<(String, String)> {
        self.tree
            .named(self.node, "actual-parameters")
            .flat_map(|all| self.tree.named(all, "column"))
            .map(|column| {
                let get = |name| self.tree.get(column, name).unwrap_or_default().into_owned();
                (get("name"), get("value"))
            })
            .collect()
    }

    /// Returns the arguments of a stored procedure in their order: name, and a literal or `<[Parameters].[P]>` where
    /// a parameter's value goes.
    pub fn arguments(self) -> Vec<(String, String)> {
        let mut found: Vec<(usize, (String, String))> = self
            .tree
            .named(self.node, "actual-parameters")
            .flat_map(|all| self.tree.named(all, "column"))
            .enumerate()
            .map(|(at, column)| {
                let get = |name| self.tree.value(column, name);
                let ordinal = get("ordinal").and_then(|text| text.parse().ok());
                let value = match get("parameter") {
                    Some(parameter) => format!("<{parameter}>"),
                    None => get("value").unwrap_or_default().into_owned(),
                };
                let name = get("name").unwrap_or_default().into_owned();
                (ordinal.unwrap_or(at), (name, value))
            })
            .collect();
        found.sort_by_key(|(ordinal, _)| *ordinal);
        found.into_iter().map(|(_, argument)| argument).collect()
    }

    /// Returns the physical columns of a file's table: name and type.
    pub fn columns(self) -> Vec<(Cow<'d, str>, Cow<'d, str>)> {
        let tree = self.tree;
        tree.named(self.node, "columns")
            .flat_map(|columns| tree.named(columns, "column"))
            .map(|column| {
                (
                    tree.get(column, "name").unwrap_or_default(),
                    tree.get(column, "datatype").unwrap_or_default(),
                )
            })
            .collect()
    }

    /// Says in one line what the relation is.
    pub fn describe(self) -> String {
        match self.kind() {
            RelationKind::Table => self.table().unwrap_or_default().into_owned(),
            RelationKind::Join => {
                let sides: Vec<String> = self.relations().into_iter().map(Relation::describe).collect();
                let how = self.join().unwrap_or_default();
                let on = self.condition().unwrap_or_default();
                format!("({}) on {on}", sides.join(&format!(" {how} join ")))
            }
            RelationKind::CustomSql => {
                let sql = self.sql().unwrap_or_default();
                format!(
                    "custom SQL: {}",
                    sql.split_whitespace().collect::<Vec<_>>().join(" ")
                )
            }
            RelationKind::StoredProcedure => {
                let values: Vec<_> = self
                    .parameters()
                    .into_iter()
                    .map(|(name, value)| format!("{name} = {value}"))
                    .collect();
                format!(
                    "stored procedure {}({})",
                    self.stored_procedure().unwrap_or_default(),
                    values.join(", ")
                )
            }
            other => {
                let inside: Vec<String> = self.relations().into_iter().map(Relation::describe).collect();
                format!("{}({})", format!("{other:?}").to_lowercase(), inside.join(", "))
            }
        }
    }
}

/// Writes the tree of an expression as text.
pub(crate) fn expression(tree: &Tree, node: NodeId) -> String {
    let op = tree.get(node, "op").unwrap_or_default();
    let operands: Vec<String> = tree
        .named(node, "expression")
        .take(100)
        .map(|child| expression(tree, child))
        .collect();
    match operands.len() {
        0 => op.into_owned(),
        1 => format!("{op}({})", operands[0]),
        _ => operands.join(&format!(" {op} ")),
    }
}

view! {
    /// A table of the logical model.
    Object
}

attributes! { Object {
    /// Returns the key.
    id => "id",
    /// Returns the label.
    caption => "caption",
}}

impl<'d> Object<'d> {
    /// Returns the physical tables of the object; `context` is empty for live data and `extract` for extracts.
    pub fn relation(self, context: &str) -> Option<Relation<'d>> {
        let properties = self
            .tree
            .named(self.node, "properties")
            .find(|&properties| self.tree.get(properties, "context").unwrap_or_default() == context)?;
        self.tree.child(properties, "relation").map(|node| Relation {
            tree: self.tree,
            node,
        })
    }
}

view! {
    /// A relationship between two tables of the logical model.
    Relationship
}

impl Relationship<'_> {
    /// Returns the condition in words.
    pub fn condition(self) -> Option<String> {
        let top = self.tree.child(self.node, "expression")?;
        Some(expression(self.tree, top))
    }

    /// Returns the keys of the two tables.
    pub fn ends(self) -> [Option<String>; 2] {
        ["first-end-point", "second-end-point"].map(|name| {
            let end = self.tree.child(self.node, name)?;
            self.tree.value(end, "object-id").map(Cow::into_owned)
        })
    }
}
