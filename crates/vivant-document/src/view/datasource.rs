//! Views of a data source: connections, columns, calculations, records, extracts, filters.

use std::borrow::Cow;
use std::collections::HashSet;

use vivant_calc::diag::Warned;

use super::relation::{Object, Relation, Relationship};
use super::{attributes, formatted_text, is_true, view};
use crate::names::{quote, unquote};
use crate::tree::{NodeId, Tree};

view! {
    /// A data source, of its own or in a workbook.
    Datasource
}

attributes! { Datasource {
    /// Returns the label that people see.
    caption => "caption",
    /// Returns the version of the format.
    version => "version",
}}

impl<'d> Datasource<'d> {
    /// Returns the key of the data source; of a document of its own, the name that was typed.
    pub fn name(self) -> Cow<'d, str> {
        self.attribute("name")
            .or_else(|| self.attribute("formatted-name"))
            .unwrap_or_default()
    }

    /// Returns the caption, else the name.
    pub fn label(self) -> Cow<'d, str> {
        self.caption().unwrap_or_else(|| self.name())
    }

    /// Tells whether this is the pseudo data source that holds the parameters.
    pub fn is_parameters(self) -> bool {
        self.name() == "Parameters" && self.tree.has(self.node, "hasconnection", "false")
    }

    /// Tells whether the data come from a data source published on a server.
    pub fn is_published(self) -> bool {
        self.published_connection().is_some()
    }

    /// Returns the connection to the published data source.
    pub fn published_connection(self) -> Option<Connection<'d>> {
        self.connections()
            .into_iter()
            .find(|connection| connection.class() == "sqlproxy")
    }

    /// Returns where on a server the data source is published.
    pub fn repository_location(self) -> Option<NodeId> {
        self.tree.child(self.node, "repository-location")
    }

    /// Returns the site of the published data source; the default site is the empty string.
    pub fn published_site(self) -> Option<String> {
        if !self.is_published() {
            return None;
        }
        let location = self.repository_location()?;
        if let Some(site) = self.tree.value(location, "site") {
            return Some(site.into_owned());
        }
        // Tableau: `/t/<site>/datasources`, and `/datasources` for the default site.
        let path = self.tree.value(location, "path")?;
        Some(
            path.strip_prefix("/t/")
                .and_then(|rest| rest.split('/').next())
                .unwrap_or_default()
                .to_owned(),
        )
    }

    /// Returns the content URL of the published data source.
    pub fn published_content_url(self) -> Option<String> {
        let connection = self.published_connection()?;
        connection
            .attribute("dbname")
            .or_else(|| self.tree.value(self.repository_location()?, "id"))
            .map(Cow::into_owned)
    }

    /// Tells whether connections have names of their own, as since 10.0.
    pub fn is_federated(self) -> bool {
        self.tree
            .child(self.node, "connection")
            .is_some_and(|connection| self.tree.has(connection, "class", "federated"))
    }

    /// Returns the connections to data, those of extracts left out.
    pub fn connections(self) -> Vec<Connection<'d>> {
        let mut found = Vec::new();
        for connection in self.tree.named(self.node, "connection") {
            let named: Vec<_> = self
                .tree
                .named(connection, "named-connections")
                .flat_map(|all| self.tree.named(all, "named-connection"))
                .flat_map(|named| self.tree.named(named, "connection"))
                .collect();
            if named.is_empty() && !self.tree.has(connection, "class", "federated") {
                found.push(connection);
            }
            found.extend(named);
        }
        found
            .into_iter()
            .map(|node| Connection {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns the relations at the top: usually one.
    pub fn relations(self) -> Vec<Relation<'d>> {
        self.tree
            .named(self.node, "connection")
            .flat_map(|connection| self.tree.named(connection, "relation"))
            .map(|node| Relation {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns every relation at any depth, those of the logical model included.
    pub fn all_relations(self) -> Vec<Relation<'d>> {
        let inside = |tree: &'d Tree, top: NodeId| {
            tree.descendants(top)
                .filter(|&at| tree.is(at, "relation"))
                .map(move |node| Relation { tree, node })
        };
        let mut found = Vec::new();
        for name in ["connection", "object-graph"] {
            for top in self.tree.named(self.node, name) {
                found.extend(inside(self.tree, top));
            }
        }
        found
    }

    /// Returns the tables of the logical model.
    pub fn objects(self) -> Vec<Object<'d>> {
        self.tree
            .find(self.node, &["object-graph", "objects"])
            .into_iter()
            .flat_map(|objects| self.tree.all_children(objects))
            .filter(|&node| self.tree.is(node, "object"))
            .map(|node| Object {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns the relationships between the tables of the logical model.
    pub fn relationships(self) -> Vec<Relationship<'d>> {
        self.tree
            .find(self.node, &["object-graph", "relationships"])
            .into_iter()
            .flat_map(|all| self.tree.all_children(all))
            .filter(|&node| self.tree.is(node, "relationship"))
            .map(|node| Relationship {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns the columns that say more than the metadata; a field need not have one.
    pub fn columns(self) -> Vec<Column<'d>> {
        self.tree
            .named(self.node, "column")
            .map(|node| Column {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Finds a column by its name, with or without brackets, or by its caption.
    pub fn column(self, name: &str) -> Option<Column<'d>> {
        let quoted = quote(name);
        let columns = self.columns();
        columns
            .iter()
            .find(|column| column.name() == quoted)
            .or_else(|| {
                columns
                    .iter()
                    .find(|column| column.caption().as_deref() == Some(name))
            })
            .copied()
    }

    /// Returns the calculated fields.
    pub fn calculations(self) -> Vec<Column<'d>> {
        self.columns()
            .into_iter()
            .filter(|column| column.calculation().is_some() && !column.is_parameter())
            .collect()
    }

    /// Returns what is known of the physical columns.
    pub fn metadata_records(self) -> Vec<MetadataRecord<'d>> {
        self.tree
            .named(self.node, "connection")
            .flat_map(|connection| self.tree.named(connection, "metadata-records"))
            .flat_map(|records| self.tree.named(records, "metadata-record"))
            .map(|node| MetadataRecord {
                tree: self.tree,
                node,
            })
            .filter(|record| matches!(record.class().as_deref(), Some("column" | "measure")))
            .collect()
    }

    /// Returns the names of all fields, in brackets: columns, physical columns, sets and combined fields.
    pub fn field_names(self) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut names = Vec::new();
        let mut add = |name: String| {
            if !name.is_empty() && seen.insert(name.clone()) {
                names.push(name);
            }
        };
        for record in self.metadata_records() {
            add(record.local_name().unwrap_or_default().into_owned());
        }
        for column in self.columns() {
            add(column.name().into_owned());
        }
        for group in self.tree.named(self.node, "group") {
            add(self.tree.get(group, "name").unwrap_or_default().into_owned());
        }
        for map in self
            .tree
            .named(self.node, "connection")
            .flat_map(|connection| self.tree.named(connection, "cols"))
            .flat_map(|cols| self.tree.named(cols, "map"))
        {
            add(self.tree.get(map, "key").unwrap_or_default().into_owned());
        }
        names
    }

    /// Returns the label of a field, by its name in brackets: its caption, else its name.
    pub fn label_of(self, name: &str) -> String {
        let name = quote(name);
        self.columns()
            .into_iter()
            .find(|column| column.name() == name)
            .map_or_else(|| unquote(&name), |column| column.label())
    }

    /// Returns the extracts.
    pub fn extracts(self) -> Vec<Extract<'d>> {
        self.tree
            .named(self.node, "extract")
            .map(|node| Extract {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns the filters that apply to everything that uses the data source.
    pub fn filters(self) -> Vec<Filter<'d>> {
        self.tree
            .named(self.node, "filter")
            .map(|node| Filter {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns which columns fields come from, where that is written: field, and column as `[table].[column]`.
    pub fn column_maps(self) -> Vec<(Cow<'d, str>, Cow<'d, str>)> {
        let tree = self.tree;
        tree.named(self.node, "connection")
            .flat_map(|connection| tree.named(connection, "cols"))
            .flat_map(|cols| tree.named(cols, "map"))
            .filter_map(|map| Some((tree.value(map, "key")?, tree.value(map, "value")?)))
            .collect()
    }

    /// Returns sets, combined fields and user filters.
    pub fn sets(self) -> Vec<Set<'d>> {
        self.tree
            .named(self.node, "group")
            .map(|node| Set {
                tree: self.tree,
                node,
            })
            .collect()
    }

    /// Returns the hierarchies with their fields.
    pub fn hierarchies(self) -> Vec<(String, Vec<String>)> {
        self.tree
            .named(self.node, "drill-paths")
            .flat_map(|paths| self.tree.named(paths, "drill-path"))
            .map(|path| {
                let fields = self.tree.named(path, "field");
                (
                    self.tree.get(path, "name").unwrap_or_default().into_owned(),
                    fields.map(|field| self.tree.text(field).into_owned()).collect(),
                )
            })
            .collect()
    }

    /// Returns the folders of fields with what is in them.
    pub fn folders(self) -> Vec<(String, Vec<String>)> {
        self.tree
            .descendants(self.node)
            .filter(|&node| self.tree.is(node, "folder"))
            .map(|folder| {
                let items = self.tree.named(folder, "folder-item");
                (
                    self.tree.get(folder, "name").unwrap_or_default().into_owned(),
                    items
                        .map(|item| self.tree.get(item, "name").unwrap_or_default().into_owned())
                        .collect(),
                )
            })
            .collect()
    }
}

view! {
    /// A set, combined field or user filter.
    Set
}

attributes! { Set {
    /// Returns the label.
    caption => "caption",
    /// Returns the name, in brackets.
    name => "name",
}}

impl Set<'_> {
    /// Returns what made the set, such as `filter-group` for sets and `nest-group` for combined fields.
    pub fn builder(self) -> Option<String> {
        self.tree.user(self.node, "ui-builder")
    }

    /// Tells whether an action keeps its state here, and people do not see it.
    pub fn is_of_action(self) -> bool {
        self.tree.user(self.node, "auto-column").as_deref() == Some("sheet_link")
    }
}

view! {
    /// A connection to a file, a database or a published data source.
    Connection
}

attributes! { Connection {
    /// Returns the host, or the server of a published data source.
    server => "server",
    /// Returns the port as it is written.
    port => "port",
    /// Returns the database as it is written; see [`Connection::database`].
    dbname => "dbname",
    /// Returns the schema.
    schema => "schema",
    /// Returns the user.
    username => "username",
    /// Returns the way of signing in.
    authentication => "authentication",
    /// Returns the file.
    filename => "filename",
    /// Returns the folder of the file.
    directory => "directory",
    /// Returns the SQL that runs first on every connection.
    initial_sql => "one-time-sql",
    /// Returns the query band (Teradata).
    query_band => "query-band-spec",
    /// Returns whether the connection is encrypted.
    sslmode => "sslmode",
    /// Returns the warehouse (Snowflake).
    warehouse => "warehouse",
    /// Returns the service name (Oracle, Snowflake).
    service => "service",
    /// Returns the role (Snowflake).
    role => "role",
    /// Returns the HTTP path (Databricks, Spark).
    http_path => "http-path",
}}

impl<'d> Connection<'d> {
    /// The name under which [`Self::levels`] stands among attributes.
    pub const LEVELS: &'static str = "semistruct-schemas";

    /// Returns which levels of a JSON file are read, a line `key=true` or `key=false` for each that the document
    /// lists.
    pub fn levels(self) -> Option<String> {
        let schemas = self.tree.child(self.node, Self::LEVELS)?;
        let lines = self
            .tree
            .named(schemas, "semistruct-schema")
            .flat_map(|schema| self.tree.named(schema, "map"))
            .map(|map| {
                let get = |name| self.tree.get(map, name).unwrap_or_default();
                format!("{}={}", get("key").replace('\n', " "), get("value"))
            });
        Some(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Returns the class of the connector, such as `postgres`.
    pub fn class(self) -> Cow<'d, str> {
        self.tree.get(self.node, "class").unwrap_or_default()
    }

    fn named(self) -> Option<NodeId> {
        self.tree
            .parent(self.node)
            .filter(|&parent| self.tree.is(parent, "named-connection"))
    }

    /// Returns the key by which relations name the connection.
    pub fn name(self) -> Option<Cow<'d, str>> {
        self.tree.value(self.named()?, "name")
    }

    /// Returns the label of the connection.
    pub fn caption(self) -> Option<Cow<'d, str>> {
        self.tree.value(self.named()?, "caption")
    }

    /// Returns the attribute that holds what people call the database.
    ///
    /// Tableau: Oracle has a schema in its place.
    pub fn database_attribute(self) -> &'static str {
        match &*self.class() {
            "oracle" => "schema",
            _ => "dbname",
        }
    }

    /// Returns the database, or the schema where that is the connector's word for it.
    pub fn database(self) -> Option<Cow<'d, str>> {
        self.attribute(self.database_attribute())
    }

    /// Tells whether the user is the one of the operating system.
    pub fn is_windows_auth(self) -> bool {
        self.authentication().as_deref() == Some("sspi")
    }

    /// Tells whether the connection reads a file.
    pub fn is_file(self) -> bool {
        self.filename().is_some()
            || matches!(
                &*self.class(),
                "hyper" | "dataengine" | "textscan" | "excel-direct"
            )
    }

    /// Returns the path of the file, as the document writes it.
    pub fn path(self) -> Option<String> {
        let name = match &*self.class() {
            "hyper" | "dataengine" => self.dbname(),
            _ => self.filename(),
        }?;
        Some(match self.directory() {
            Some(folder) if !folder.is_empty() => format!("{}/{name}", folder.trim_end_matches('/')),
            _ => name.into_owned(),
        })
    }
}

view! {
    /// A `column`: what a data source says of a field, or a parameter.
    Column
}

attributes! { Column {
    /// Returns the label that people see, if it is not the name.
    caption => "caption",
    /// Returns the type of the values.
    datatype => "datatype",
    /// Returns `dimension` or `measure`.
    role => "role",
    /// Returns `nominal`, `ordinal` or `quantitative`.
    kind => "type",
    /// Returns the default aggregation.
    aggregation => "aggregation",
    /// Returns the default number format.
    default_format => "default-format",
    /// Returns the geographic role.
    semantic_role => "semantic-role",
    /// Returns the field, in brackets, whose places this one puts together.
    role_from => "aggregate-role-from",
    /// Returns the current value of a parameter, as a literal.
    value => "value",
    /// Returns how a parameter's values are bounded: `any`, `range` or `list`.
    domain => "param-domain-type",
    /// Returns the label of a parameter's current value.
    alias => "alias",
}}

/// A value and the label shown in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The value as a literal.
    pub key: String,
    /// The label.
    pub value: String,
}

impl<'d> Column<'d> {
    /// Returns the name, in brackets.
    pub fn name(self) -> Cow<'d, str> {
        self.tree.get(self.node, "name").unwrap_or_default()
    }

    /// Returns the caption, else the name without brackets.
    pub fn label(self) -> String {
        self.caption()
            .map_or_else(|| unquote(&self.name()), Cow::into_owned)
    }

    /// Tells whether this is a parameter.
    pub fn is_parameter(self) -> bool {
        self.domain().is_some()
    }

    /// Tells whether the field is hidden from the list of fields.
    pub fn is_hidden(self) -> bool {
        is_true(self.attribute("hidden"))
    }

    /// Returns the calculation.
    pub fn calculation(self) -> Option<Calculation<'d>> {
        self.tree.child(self.node, "calculation").map(|node| Calculation {
            tree: self.tree,
            node,
        })
    }

    /// Returns the labels of values.
    pub fn aliases(self) -> Vec<Alias> {
        self.tree
            .named(self.node, "aliases")
            .flat_map(|aliases| self.tree.named(aliases, "alias"))
            .map(|alias| Alias {
                key: self.tree.get(alias, "key").unwrap_or_default().into_owned(),
                value: self.tree.get(alias, "value").unwrap_or_default().into_owned(),
            })
            .collect()
    }

    /// Returns the values a parameter may have, with their labels.
    pub fn members(self) -> Vec<Alias> {
        self.tree
            .named(self.node, "members")
            .flat_map(|members| self.tree.named(members, "member"))
            .map(|member| {
                let key = self.tree.get(member, "value").unwrap_or_default().into_owned();
                let value = self
                    .tree
                    .value(member, "alias")
                    .map_or_else(|| key.clone(), Cow::into_owned);
                Alias { key, value }
            })
            .collect()
    }

    /// Returns least, greatest value and step of a parameter.
    pub fn range(self) -> Option<[Option<String>; 3]> {
        let range = self.tree.child(self.node, "range")?;
        Some(["min", "max", "granularity"].map(|name| self.tree.value(range, name).map(Cow::into_owned)))
    }

    /// Returns the description.
    pub fn description(self) -> Option<String> {
        let text = formatted_text(self.tree, self.tree.child(self.node, "desc")?);
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

view! {
    /// The calculation of a field.
    Calculation
}

attributes! { Calculation {
    /// Returns what sort of calculation it is: `tableau`, `bin`, `categorical-bin`.
    class => "class",
}}

impl Calculation<'_> {
    /// Returns the formula, with line ends as `\n`.
    pub fn formula(self) -> Option<String> {
        self.attribute("formula")
            .map(|formula| formula.replace("\r\n", "\n").replace('\r', "\n"))
    }

    /// Reads the formula; places in the diagnostics count in what [`Calculation::formula`] returns.
    pub fn parsed(self) -> Option<Warned<vivant_calc::tree::Tree>> {
        if !matches!(self.class().as_deref(), None | Some("tableau")) {
            return None;
        }
        Some(vivant_calc::parse(&self.formula()?))
    }
}

view! {
    /// What a connection found out about a physical column.
    MetadataRecord
}

impl<'d> MetadataRecord<'d> {
    fn child(self, name: &str) -> Option<Cow<'d, str>> {
        let child = self.tree.child(self.node, name)?;
        Some(self.tree.text(child)).filter(|text| !text.is_empty())
    }

    /// Returns what the record is about: `column` or `measure`.
    pub fn class(self) -> Option<Cow<'d, str>> {
        self.attribute("class")
    }

    /// Returns the name of the field, in brackets.
    pub fn local_name(self) -> Option<Cow<'d, str>> {
        self.child("local-name")
    }

    /// Returns the name of the column in its table.
    pub fn remote_name(self) -> Option<Cow<'d, str>> {
        self.child("remote-name")
    }

    /// Returns the table, in brackets.
    pub fn parent_name(self) -> Option<Cow<'d, str>> {
        self.child("parent-name")
    }

    /// Returns the type of the field.
    pub fn local_type(self) -> Option<Cow<'d, str>> {
        self.child("local-type")
    }

    /// Returns the default aggregation.
    pub fn aggregation(self) -> Option<Cow<'d, str>> {
        self.child("aggregation")
    }

    /// Returns the name of the collation of a text, such as `LEN_RUS_S2`.
    pub fn collation(self) -> Option<Cow<'d, str>> {
        let child = self.tree().child(self.node(), "collation")?;
        self.tree().get(child, "name")
    }
}

view! {
    /// An extract.
    Extract
}

impl<'d> Extract<'d> {
    /// Tells whether the extract is used in place of the connections.
    pub fn is_enabled(self) -> bool {
        !self.tree.has(self.node, "enabled", "false")
    }

    /// Returns the connection to the file of the extract.
    pub fn connection(self) -> Option<Connection<'d>> {
        self.tree.child(self.node, "connection").map(|node| Connection {
            tree: self.tree,
            node,
        })
    }

    /// Returns the path of the file.
    pub fn path(self) -> Option<String> {
        self.connection()?.path()
    }

    /// Returns the filters that were applied when the extract was made.
    pub fn filters(self) -> Vec<Filter<'d>> {
        self.tree
            .named(self.node, "filter")
            .map(|node| Filter {
                tree: self.tree,
                node,
            })
            .collect()
    }
}

/// What a filter compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterKind {
    /// Members, by a tree of set operations.
    Categorical,
    /// A range of values.
    Quantitative,
    /// Dates around an anchor.
    RelativeDate,
    /// Another class.
    Other(String),
}

view! {
    /// A filter of a worksheet, data source or extract.
    Filter
}

attributes! { Filter {
    /// Returns the field: a name in brackets, with the data source before it in worksheets.
    column => "column",
}}

impl Filter<'_> {
    /// Returns what the filter compares with.
    pub fn kind(self) -> FilterKind {
        match self.attribute("class").as_deref() {
            Some("categorical") => FilterKind::Categorical,
            Some("quantitative") => FilterKind::Quantitative,
            Some("relative-date") => FilterKind::RelativeDate,
            other => FilterKind::Other(other.unwrap_or_default().to_owned()),
        }
    }

    /// Tells whether the filter is applied before others.
    pub fn is_context(self) -> bool {
        is_true(self.attribute("context"))
    }

    /// Returns the action that writes this filter.
    pub fn action(self) -> Option<String> {
        self.tree.user(self.node, "ui-action-filter").or_else(|| {
            let top = self.tree.child(self.node, "groupfilter")?;
            self.tree.user(top, "ui-action-filter")
        })
    }

    /// Returns the members that are listed, as literals.
    pub fn members(self) -> Vec<String> {
        self.tree
            .descendants(self.node)
            .filter(|&at| self.tree.is(at, "groupfilter") && self.tree.has(at, "function", "member"))
            .filter_map(|at| self.tree.get(at, "member").map(Cow::into_owned))
            .collect()
    }

    /// Tells whether the listed members are left out rather than kept.
    pub fn is_exclude(self) -> bool {
        self.tree
            .child(self.node, "groupfilter")
            .is_some_and(|top| self.tree.has(top, "function", "except"))
    }

    /// Returns the least and the greatest value.
    pub fn bounds(self) -> [Option<String>; 2] {
        ["min", "max"].map(|name| {
            let child = self.tree.child(self.node, name)?;
            Some(self.tree.text(child).trim().to_owned())
        })
    }

    /// Says in words what the filter keeps.
    pub fn describe(self) -> String {
        match self.kind() {
            FilterKind::Quantitative => {
                let values = self.attribute("included-values").unwrap_or_default();
                match self.bounds() {
                    [Some(min), Some(max)] => format!("from {min} to {max} ({values})"),
                    [Some(min), None] => format!("from {min} ({values})"),
                    [None, Some(max)] => format!("up to {max} ({values})"),
                    [None, None] => values.into_owned(),
                }
            }
            FilterKind::RelativeDate => {
                let get = |name| self.attribute(name).unwrap_or_default();
                let period = self
                    .attribute("period-type-v2")
                    .or_else(|| self.attribute("period-type"))
                    .unwrap_or_default();
                format!("{period} {} to {}", get("first-period"), get("last-period"))
            }
            FilterKind::Categorical => {
                let members = self.members();
                let functions: Vec<String> = self
                    .tree
                    .descendants(self.node)
                    .filter(|&at| self.tree.is(at, "groupfilter"))
                    .filter_map(|at| {
                        let function = self.tree.get(at, "function")?;
                        let detail = ["expression", "count", "end", "from", "to", "field"]
                            .iter()
                            .filter_map(|name| self.tree.value(at, name))
                            .collect::<Vec<_>>()
                            .join(" ");
                        match &*function {
                            "member" | "union" | "except" | "level-members" if detail.is_empty() => None,
                            _ => Some(format!("{function} {detail}").trim().to_owned()),
                        }
                    })
                    .collect();
                let list = members.join(", ");
                let base = match (self.is_exclude(), members.is_empty()) {
                    (false, true) => "all".to_owned(),
                    (false, false) => list,
                    (true, _) => format!("all but {list}"),
                };
                if functions.is_empty() {
                    base
                } else {
                    format!("{base}; {}", functions.join("; "))
                }
            }
            FilterKind::Other(class) => class,
        }
    }
}
