//! Relations: tables, custom SQL, joins, stored procedures.

use super::{Document, Literal};
use crate::error::{Error, Result, shorten};
use crate::names::quote;
use crate::tree::{Element, NodeId, Where, plain};
use crate::view::Relation;

/// Where the rows of a relation come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSource {
    /// A table: schema if there is one, and name, without brackets.
    Table {
        /// Schema.
        schema: Option<String>,
        /// Table.
        table: String,
    },
    /// Custom SQL.
    Sql(String),
    /// A stored procedure, with its schema if there is one.
    Procedure {
        /// Schema.
        schema: Option<String>,
        /// Name.
        name: String,
    },
}

/// Which rows a join keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    /// Those with a partner.
    Inner,
    /// All of the left side.
    Left,
    /// All of the right side.
    Right,
    /// All of both sides.
    Full,
}

impl JoinKind {
    /// Returns the word that documents use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inner => "inner",
            Self::Left => "left",
            Self::Right => "right",
            Self::Full => "full",
        }
    }
}

/// One condition of a join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinOn {
    /// Name of a relation that is there.
    pub left_table: String,
    /// Column of it.
    pub left: String,
    /// `=`, `<>`, `<`, `<=`, `>` or `>=`.
    pub operator: String,
    /// Column of the new relation.
    pub right: String,
}

/// A table to join to what is there.
#[derive(Debug, Clone)]
pub struct NewJoin {
    /// Which rows are kept.
    pub kind: JoinKind,
    /// What is joined.
    pub table: TableSource,
    /// Name by which columns refer to it.
    pub name: String,
    /// Conditions; all have to hold.
    pub on: Vec<JoinOn>,
    /// Name of the connection that has the table; that of the tables that are there if it is not given.
    pub connection: Option<String>,
}

/// Writes the element of a relation.
pub(crate) fn relation_element(name: &str, connection: Option<&str>, table: &TableSource) -> Element {
    let base = Element::new("relation")
        .with("name", name)
        .with_some("connection", connection);
    let full = |schema: &Option<String>, table: &str| match schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(table)),
        None => quote(table),
    };
    match table {
        TableSource::Table { schema, table } => base.with("table", full(schema, table)).with("type", "table"),
        TableSource::Sql(sql) => base.with("type", "text").text(doubled(sql)),
        TableSource::Procedure { schema, name } => base
            .with("stored-proc", full(schema, name))
            .with("type", "stored-proc")
            .child(Element::new("actual-parameters")),
    }
}

/// Tableau: `<` and `>` of custom SQL are doubled, so that `<[Parameters].[P]>` can stand for a parameter.
fn doubled(sql: &str) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['<', '>']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<[Parameters].[")
            && let Some(end) = rest.find("]>")
        {
            text.push_str(&rest[..end + 2]);
            rest = &rest[end + 2..];
            continue;
        }
        text.push_str(&rest[..1]);
        text.push_str(&rest[..1]);
        rest = &rest[1..];
    }
    text.push_str(rest);
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

impl Document {
    /// Points a relation at another table, SQL or procedure; without a name, the first one of the data source.
    pub fn set_relation(
        &mut self,
        datasource: &str,
        relation: Option<&str>,
        table: &TableSource,
    ) -> Result<()> {
        let name = match relation {
            Some(name) => name.to_owned(),
            None => self.main_relation(datasource)?,
        };
        let nodes = self.relations_named(datasource, &name)?;
        for node in nodes {
            let (kind, attribute) = match table {
                TableSource::Table { .. } => ("table", Some("table")),
                TableSource::Sql(_) => ("text", None),
                TableSource::Procedure { .. } => ("stored-proc", Some("stored-proc")),
            };
            let was = self.tree.get(node, "type").unwrap_or_default().into_owned();
            self.tree.set(node, "type", kind)?;
            for other in ["table", "stored-proc"] {
                if attribute != Some(other) {
                    self.tree.remove_attribute(node, other)?;
                }
            }
            if was == "stored-proc" && kind != was {
                let values: Vec<NodeId> = self.tree.all_named(node, "actual-parameters").collect();
                values
                    .into_iter()
                    .try_for_each(|values| self.tree.remove(values))?;
            }
            match table {
                TableSource::Sql(sql) => {
                    let children: Vec<NodeId> = self.tree.all_children(node).collect();
                    children
                        .into_iter()
                        .try_for_each(|child| self.tree.remove(child))?;
                    self.tree.set_text(node, &doubled(sql))?;
                }
                TableSource::Table { schema, table } => {
                    if was == "text" {
                        self.tree.set_text(node, "")?;
                    }
                    self.tree.set(node, "table", &full_name(schema, table))?;
                }
                TableSource::Procedure { schema, name } => {
                    if was == "text" {
                        self.tree.set_text(node, "")?;
                    }
                    self.tree.set(node, "stored-proc", &full_name(schema, name))?;
                }
            }
        }
        Ok(())
    }

    /// Joins a table to what a data source reads already.
    ///
    /// The fields that are there get an entry that says which table they come from, if they have none.
    pub fn add_join(&mut self, datasource: &str, join: &NewJoin) -> Result<()> {
        let source = self.source_node(datasource)?;
        let view = self.source_at(source);
        if view.objects().len() > 1 {
            return Err(Error::edit(
                "the data source relates several tables; join inside one of them with Tableau",
            ));
        }
        if join.on.is_empty() {
            return Err(Error::edit("a join needs at least one condition"));
        }
        if matches!(join.table, TableSource::Procedure { .. }) {
            return Err(Error::edit("a stored procedure cannot be joined"));
        }
        let names: Vec<String> = view
            .all_relations()
            .into_iter()
            .filter_map(|relation| relation.name())
            .map(|name| name.into_owned())
            .collect();
        if names.contains(&join.name) {
            return Err(Error::edit(format!(
                "there is a relation `{}` already",
                shorten(&join.name)
            )));
        }
        for on in &join.on {
            if !names.contains(&on.left_table) {
                return Err(Error::edit(format!(
                    "there is no relation `{}`",
                    shorten(&on.left_table)
                )));
            }
            if !matches!(on.operator.as_str(), "=" | "<>" | "<" | "<=" | ">" | ">=") {
                return Err(Error::edit(format!(
                    "`{}` is no comparison",
                    shorten(&on.operator)
                )));
            }
        }
        let connection = match &join.connection {
            Some(name) => {
                let is_there = |one: &crate::view::Connection<'_>| one.name().as_deref() == Some(name);
                if !view.connections().iter().any(is_there) {
                    return Err(Error::edit(format!("there is no connection `{}`", shorten(name))));
                }
                Some(name.clone())
            }
            None => view
                .all_relations()
                .into_iter()
                .find_map(|relation| relation.connection())
                .map(|name| name.into_owned()),
        };
        let tops = self.top_relations(source);
        if tops.is_empty() {
            return Err(Error::edit("the data source has no table to join to"));
        }
        let maps = self.missing_maps(source);
        for top in tops {
            self.wrap(top, join, connection.as_deref())?;
        }
        for (key, value) in maps {
            self.map_column(datasource, &key, &value)?;
        }
        Ok(())
    }

    /// Says from which column of which relation a field comes: both as `[relation].[column]`.
    pub fn map_column(&mut self, datasource: &str, field: &str, column: &str) -> Result<()> {
        let source = self.source_node(datasource)?;
        let field = quote(field);
        let connections: Vec<NodeId> = self.tree.all_named(source, "connection").collect();
        for connection in connections {
            let there = self.tree.all_named(connection, "cols").next();
            let cols = match there {
                Some(cols) => cols,
                None => self.tree.insert_ordered(
                    connection,
                    &Element::new("cols"),
                    &[
                        "named-connections",
                        "relation",
                        "cols",
                        "calculations",
                        "refresh",
                        "metadata-records",
                    ],
                )?,
            };
            let there = self
                .tree
                .all_named(cols, "map")
                .find(|&map| self.tree.has(map, "key", &field));
            match there {
                Some(map) => self.tree.set(map, "value", column)?,
                None => {
                    let map = Element::new("map")
                        .with("key", field.as_str())
                        .with("value", column);
                    self.tree.insert(Where::Last(cols), &map)?;
                }
            }
        }
        Ok(())
    }

    /// Sets a value that is handed to a stored procedure.
    pub fn set_procedure_value(&mut self, datasource: &str, parameter: &str, value: &Literal) -> Result<()> {
        let nodes: Vec<NodeId> = self
            .relation_nodes(Some(datasource))?
            .into_iter()
            .filter(|&node| self.tree.has(node, "type", "stored-proc"))
            .collect();
        if nodes.is_empty() {
            return Err(Error::edit("the data source calls no stored procedure"));
        }
        for node in nodes {
            let there = self.tree.all_named(node, "actual-parameters").next();
            let holder = match there {
                Some(holder) => holder,
                None => self
                    .tree
                    .insert(Where::Last(node), &Element::new("actual-parameters"))?,
            };
            let column = self
                .tree
                .all_named(holder, "column")
                .find(|&column| self.tree.has(column, "name", parameter));
            match column {
                Some(column) => self.tree.set(column, "value", &value.to_string())?,
                None => {
                    let column = Element::new("column")
                        .with("name", parameter)
                        .with("value", value.to_string());
                    self.tree.insert(Where::Last(holder), &column)?;
                }
            }
        }
        Ok(())
    }

    fn main_relation(&self, datasource: &str) -> Result<String> {
        let source = self.datasource(datasource)?;
        let mut at = source.relations().into_iter().next();
        // The first table of nested joins is the leftmost one.
        while let Some(relation) = at {
            match relation.relations().into_iter().next() {
                Some(inner) => at = Some(inner),
                None => {
                    return Ok(relation.name().unwrap_or_default().into_owned());
                }
            }
        }
        Err(Error::edit("the data source has no relation"))
    }

    fn relations_named(&self, datasource: &str, name: &str) -> Result<Vec<NodeId>> {
        let nodes: Vec<NodeId> = self
            .relation_nodes(Some(datasource))?
            .into_iter()
            .filter(|&node| self.tree.get(node, "name").unwrap_or_default() == name)
            .filter(|&node| {
                let kind = Relation {
                    tree: &self.tree,
                    node,
                }
                .attribute("type");
                matches!(kind.as_deref(), Some("table" | "text" | "stored-proc"))
            })
            .collect();
        if nodes.is_empty() {
            return Err(Error::edit(format!("there is no relation `{}`", shorten(name))));
        }
        Ok(nodes)
    }

    /// Returns the relations at the top of the physical and the logical model, on all branches.
    fn top_relations(&self, source: NodeId) -> Vec<NodeId> {
        let tree = &self.tree;
        let mut found: Vec<NodeId> = tree
            .all_named(source, "connection")
            .flat_map(|connection| tree.all_named(connection, "relation"))
            .collect();
        for graph in tree.all_named(source, "object-graph") {
            found.extend(tree.all_descendants(graph).filter(|&node| {
                tree.plain_name(node) == "relation"
                    && tree.parent(node).is_some_and(|parent| {
                        tree.plain_name(parent) == "properties" && !tree.has(parent, "context", "extract")
                    })
            }));
        }
        found
    }

    /// Puts a relation and a new one into a join in its place.
    fn wrap(&mut self, top: NodeId, join: &NewJoin, connection: Option<&str>) -> Result<()> {
        let raw = self.tree.raw_name(top).to_owned();
        let compare = |on: &JoinOn| {
            let leaf = |table: &str, column: &str| {
                Element::new("expression").with("op", format!("{}.{}", quote(table), quote(column)))
            };
            Element::new("expression")
                .with("op", on.operator.as_str())
                .child(leaf(&on.left_table, &on.left))
                .child(leaf(&join.name, &on.right))
        };
        let condition = match &join.on[..] {
            [only] => compare(only),
            many => Element::new("expression")
                .with("op", "AND")
                .children(many.iter().map(compare)),
        };
        let wrapper = Element::new(raw.as_str())
            .with("join", join.kind.as_str())
            .with("type", "join")
            .child(Element::new("clause").with("type", "join").child(condition));
        let wrapper = self.tree.insert(Where::Before(top), &wrapper)?;
        // Inside, the relation needs no prefix: the wrapper has it.
        let xml = self.tree.xml(top);
        let bare = plain(&raw);
        let xml = if raw == bare {
            xml
        } else {
            let inside = format!("<{bare}{}", &xml[1 + raw.len()..]);
            match inside.strip_suffix(&format!("</{raw}>")) {
                Some(rest) => format!("{rest}</{bare}>"),
                None => inside,
            }
        };
        self.tree.insert_xml(Where::Last(wrapper), &xml)?;
        let new = relation_element(&join.name, connection, &join.table);
        self.tree.insert(Where::Last(wrapper), &new)?;
        self.tree.remove(top)
    }

    /// Returns which columns the fields of a data source come from, for those that are not mapped yet.
    fn missing_maps(&self, source: NodeId) -> Vec<(String, String)> {
        let view = self.source_at(source);
        let mapped: Vec<String> = self
            .tree
            .all_named(source, "connection")
            .flat_map(|connection| self.tree.all_named(connection, "cols"))
            .flat_map(|cols| self.tree.all_named(cols, "map"))
            .filter_map(|map| self.tree.get(map, "key").map(|key| key.into_owned()))
            .collect();
        view.metadata_records()
            .into_iter()
            .filter_map(|record| {
                let local = record.local_name()?.into_owned();
                let table = record.parent_name()?;
                let remote = record.remote_name()?;
                (!mapped.contains(&local)).then(|| (local, format!("{table}.{}", quote(&remote))))
            })
            .collect()
    }
}

fn full_name(schema: &Option<String>, table: &str) -> String {
    match schema {
        Some(schema) => format!("{}.{}", quote(schema), quote(table)),
        None => quote(table),
    }
}

#[cfg(test)]
mod tests {
    use super::doubled;

    #[test]
    fn signs_in_custom_sql_are_doubled_but_not_those_of_parameters() {
        assert_eq!(doubled("a < b"), "a << b");
        assert_eq!(
            doubled("a >= <[Parameters].[P 1]>\nb"),
            "a >>= <[Parameters].[P 1]>\r\nb"
        );
    }
}
