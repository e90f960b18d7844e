//! Data sources made from scratch, and extracts that are still to be filled.

use super::relation::{TableSource, relation_element};
use super::{DATASOURCE_ORDER, Document, default_role, digits};
use crate::error::{Error, Result, shorten};
use crate::limits::Limits;
use crate::names::{quote, unquote};
use crate::package::check_path;
use crate::tree::{Element, Where};

/// A connector: what people call it, and its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connector {
    /// Name that people see.
    pub title: &'static str,
    /// Class in documents.
    pub class: &'static str,
}

const fn connector(title: &'static str, class: &'static str) -> Connector {
    Connector { title, class }
}

/// Connectors by the names that people see.
pub const CONNECTORS: [Connector; 52] = [
    connector("Actian Matrix", "paraccel"),
    connector("Actian Vector", "vectorwise"),
    connector("Amazon Athena", "awsathena"),
    connector("Amazon Aurora", "amazonaurora"),
    connector("Amazon EMR", "awshadoophive"),
    connector("Amazon Redshift", "redshift"),
    connector("Aster Database", "asterncluster"),
    connector("Cloudera Hadoop", "hadoophive"),
    connector("Databricks", "databricks"),
    connector("DataStax Enterprise", "datastax"),
    connector("Denodo", "denodo"),
    connector("EXASOL", "exasolution"),
    connector("Firebird", "firebird"),
    connector("Generic ODBC", "genericodbc"),
    connector("Google Analytics", "google-analytics"),
    connector("Google BigQuery", "bigquery"),
    connector("Google Cloud SQL", "google-cloud-sql"),
    connector("Google Sheets", "google-sheets"),
    connector("Hortonworks Hadoop Hive", "hortonworkshadoophive"),
    connector("HP Vertica", "vertica"),
    connector("Hyper", "hyper"),
    connector("IBM DB2", "db2"),
    connector("IBM Netezza", "netezza"),
    connector("Kognitio", "kognitio"),
    connector("MapR Hadoop Hive", "maprhadoophive"),
    connector("MarkLogic", "marklogic"),
    connector("MemSQL", "memsql"),
    connector("Microsoft Access", "msaccess"),
    connector("Microsoft Analysis Services", "msolap"),
    connector("Microsoft Excel", "excel-direct"),
    connector("Microsoft PowerPivot", "powerpivot"),
    connector("Microsoft SQL Server", "sqlserver"),
    connector("MonetDB", "monetdb"),
    connector("MongoDB BI Connector", "mongodb"),
    connector("MySQL", "mysql"),
    connector("OData", "odata"),
    connector("Oracle", "oracle"),
    connector("Oracle Essbase", "essbase"),
    connector("Pivotal Greenplum", "greenplum"),
    connector("PostgreSQL", "postgres"),
    connector("Presto", "presto"),
    connector("Progress OpenEdge", "progressopenedge"),
    connector("Salesforce", "salesforce"),
    connector("SAP HANA", "saphana"),
    connector("SAP NetWeaver BW", "sapbw"),
    connector("SAP Sybase ASE", "sybasease"),
    connector("SAP Sybase IQ", "sybaseiq"),
    connector("Snowflake", "snowflake"),
    connector("Spark SQL", "spark"),
    connector("Splunk", "splunk"),
    connector("Teradata", "teradata"),
    connector("Text file", "textscan"),
];

/// A connection of a new data source.
#[derive(Debug, Clone, Default)]
pub struct NewConnection {
    /// Class of the connector, or its title.
    pub class: String,
    /// Host.
    pub server: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// Database; the path of a file for connectors that read files.
    pub database: Option<String>,
    /// Schema.
    pub schema: Option<String>,
    /// User.
    pub username: Option<String>,
    /// Way of signing in.
    pub authentication: Option<String>,
    /// SQL that runs first.
    pub initial_sql: Option<String>,
    /// Any other attribute.
    pub attributes: Vec<(String, String)>,
}

/// A data source to make from scratch.
#[derive(Debug, Clone)]
pub struct NewDatasource {
    /// Name that people see.
    pub name: String,
    /// Version of the format: `9.x` has one connection without a name, `10.x` named ones, and `18.1`, which is
    /// meant without one, is what programs have written since 2018.
    pub version: Option<String>,
    /// Connection.
    pub connection: NewConnection,
    /// First table.
    pub table: TableSource,
    /// Name of the first table.
    pub table_name: String,
    /// Physical columns, as far as they are known: name and type.
    pub columns: Vec<(String, String)>,
}

/// An extract to be filled by a refresh.
#[derive(Debug, Clone, Default)]
pub struct NewExtract {
    /// Name of the file, without a folder.
    pub file: String,
    /// Column by which refreshes add only new rows.
    pub increment_key: Option<String>,
}

impl Document {
    /// Makes a data source document.
    pub fn new_datasource(new: &NewDatasource) -> Result<Self> {
        let version = new.version.as_deref().unwrap_or("18.1");
        let major: u32 = version
            .split('.')
            .next()
            .and_then(|major| major.parse().ok())
            .ok_or_else(|| Error::edit(format!("`{}` is no version", shorten(version))))?;
        let class = class_of(&new.connection.class);
        let key = format!("{class}.{}", digits(&format!("{}\0{class}", new.name), 20));
        let federated = major >= 10;
        let leaf = connection_element(class, &new.connection);
        let relation = relation_element(&new.table_name, federated.then_some(key.as_str()), &new.table);
        let records: Vec<Element> = new
            .columns
            .iter()
            .enumerate()
            .map(|(ordinal, (name, datatype))| metadata_record(&new.table_name, name, datatype, ordinal))
            .collect();
        let records = (!records.is_empty()).then(|| Element::new("metadata-records").children(records));
        let connection = if federated {
            let caption = new
                .connection
                .server
                .clone()
                .or_else(|| new.connection.database.clone())
                .unwrap_or_else(|| new.name.clone());
            Element::new("connection").with("class", "federated").child(
                Element::new("named-connections").child(
                    Element::new("named-connection")
                        .with("caption", caption)
                        .with("name", key.as_str())
                        .child(leaf),
                ),
            )
        } else {
            leaf
        };
        let connection = connection.child(relation).children(records);
        let columns = new.columns.iter().map(|(name, datatype)| {
            let (role, kind) = default_role(datatype, None);
            Element::new("column")
                .with("datatype", datatype.as_str())
                .with("name", quote(name))
                .with("role", role)
                .with("type", kind)
        });
        let root = Element::new("datasource")
            .with("formatted-name", new.name.as_str())
            .with("inline", "true")
            .with("version", version)
            .with("xmlns:user", crate::tree::USER_NAMESPACE)
            // The list of features: none so far, but edits may add some.
            .children((major >= 18).then(|| Element::new("document-format-change-manifest")))
            .child(connection)
            .child(Element::new("aliases").with("enabled", "yes"))
            .children(columns);
        Self::from_element(&root)
    }

    /// Makes a data source that stands for one published on a server, for workbooks to point at.
    pub fn new_published(
        name: &str,
        server: &str,
        port: u16,
        channel: &str,
        site: &str,
        content_url: &str,
        columns: &[(String, String)],
    ) -> Result<Self> {
        let path = if site.is_empty() {
            "/datasources".to_owned()
        } else {
            format!("/t/{site}/datasources")
        };
        let location = Element::new("repository-location")
            .with("id", content_url)
            .with("path", path)
            .with("revision", "")
            .with_some("site", Some(site).filter(|site| !site.is_empty()));
        let records: Vec<Element> = columns
            .iter()
            .enumerate()
            .map(|(ordinal, (name, datatype))| metadata_record("sqlproxy", name, datatype, ordinal))
            .collect();
        let connection = Element::new("connection")
            .with("channel", channel)
            .with("class", "sqlproxy")
            .with("dbname", content_url)
            .with("directory", "/dataserver")
            .with("port", port.to_string())
            .with("server", server)
            .with("server-ds-friendly-name", name)
            .with("username", "")
            .child(
                Element::new("relation")
                    .with("name", "sqlproxy")
                    .with("table", "[sqlproxy]")
                    .with("type", "table"),
            )
            .children((!records.is_empty()).then(|| Element::new("metadata-records").children(records)));
        let root = Element::new("datasource")
            .with("formatted-name", name)
            .with("inline", "true")
            .with("version", "18.1")
            .with("xmlns:user", crate::tree::USER_NAMESPACE)
            .child(location)
            .child(connection)
            .child(Element::new("aliases").with("enabled", "yes"));
        Self::from_element(&root)
    }

    fn from_element(root: &Element) -> Result<Self> {
        let mut text = String::from("<?xml version='1.0' encoding='utf-8' ?>\r\n\r\n");
        root.write(&mut text, "\r\n");
        text.push_str("\r\n");
        Self::parse(text, &Limits::default())
    }

    /// Adds a connection beside those of a data source and returns its name, by which tables refer to it.
    pub fn add_connection(&mut self, datasource: &str, new: &NewConnection) -> Result<String> {
        let source = self.source_node(datasource)?;
        let view = self.source_at(source);
        if !view.is_federated() {
            return Err(Error::edit(
                "the data source is of the time when there was one connection only; save it with a later version first",
            ));
        }
        let taken: Vec<String> = view
            .connections()
            .into_iter()
            .filter_map(|connection| connection.name().map(std::borrow::Cow::into_owned))
            .collect();
        let class = class_of(&new.class);
        let label = new.server.clone().or_else(|| new.database.clone());
        let label = label.unwrap_or_else(|| class.to_owned());
        let key = (0..)
            .map(|round| format!("{class}.{}", digits(&format!("{label}\0{class}\0{round}"), 20)))
            .find(|key| !taken.contains(key))
            .expect("there are more numbers than connections");
        let element = Element::new("named-connection")
            .with("caption", label)
            .with("name", key.as_str())
            .child(connection_element(class, new));
        let connections: Vec<_> = self.tree.all_named(source, "connection").collect();
        for connection in connections {
            let there = self.tree.all_named(connection, "named-connections").next();
            match there {
                Some(holder) => self.tree.insert(Where::Last(holder), &element)?,
                None => {
                    let holder = Element::new("named-connections").child(element.clone());
                    self.tree.insert(Where::First(connection), &holder)?
                }
            };
        }
        Ok(key)
    }

    /// Adds an extract that a refresh will fill, and returns the path in the package where its file goes.
    pub fn add_extract(&mut self, datasource: &str, new: &NewExtract) -> Result<String> {
        let source = self.source_node(datasource)?;
        let view = self.source_at(source);
        if !view.extracts().is_empty() {
            return Err(Error::edit(format!(
                "data source `{}` has an extract already",
                shorten(&view.label())
            )));
        }
        if view.is_published() {
            return Err(Error::edit(
                "a published data source has its extract on the server",
            ));
        }
        // Hyper since 10.5; before that the older format.
        let number = |text: &str| text.parse::<u32>().ok();
        let version = view
            .version()
            .or_else(|| self.tree.value(self.tree.root(), "version"))
            .unwrap_or_default()
            .into_owned();
        let mut parts = version.split('.');
        let major = parts.next().and_then(number).unwrap_or(18);
        let minor = parts.next().and_then(number).unwrap_or(0);
        let hyper = (major, minor) >= (10, 5);
        let extension = if hyper { "hyper" } else { "tde" };
        let stem = new
            .file
            .strip_suffix(&format!(".{extension}"))
            .unwrap_or(&new.file);
        if stem.is_empty() || stem.contains(['/', '\\']) {
            return Err(Error::edit(format!(
                "`{}` is no name of a file",
                shorten(&new.file)
            )));
        }
        let path = format!("Data/Datasources/{stem}.{extension}");
        check_path(&path)?;
        let key = match &new.increment_key {
            Some(key) => Some(super::field_name(view, key)?),
            None => None,
        };
        let connection = Element::new("connection")
            .with("class", if hyper { "hyper" } else { "dataengine" })
            .with("dbname", path.as_str())
            .with("schema", "Extract")
            .with("tablename", "Extract")
            .with("update-time", "");
        let connection = if hyper {
            connection
                .with("access_mode", "readonly")
                .with("authentication", "auth-none")
                .with("author-locale", "en_US")
                .with("default-settings", "yes")
                .with("sslmode", "")
                .with("username", "tableau_internal_user")
        } else {
            connection
        };
        let connection = connection
            .child(
                Element::new("relation")
                    .with("name", "Extract")
                    .with("table", "[Extract].[Extract]")
                    .with("type", "table"),
            )
            .child(
                Element::new("calculations").child(
                    Element::new("calculation")
                        .with("column", "[Number of Records]")
                        .with("formula", "1"),
                ),
            )
            .child(
                Element::new("refresh")
                    .with("increment-key", key.clone().unwrap_or_default())
                    .with("incremental-updates", key.is_some().to_string()),
            );
        let object = self.extract_object_attribute()?;
        let extract = Element::new("extract");
        let extract = match &object {
            // Tableau: the table of the model that it holds; empty means all of them.
            Some(name) => extract.with(name, ""),
            None => extract,
        };
        let extract = extract
            .with("count", "-1")
            .with("enabled", "true")
            .with("units", "records")
            .child(connection);
        self.tree.insert_ordered(source, &extract, &DATASOURCE_ORDER)?;
        Ok(path)
    }

    /// Returns the columns that the file of a new extract needs, with their types: those of the database, as far
    /// as they are known, and those that filters name. A file without columns cannot be, so there is at least one.
    pub fn stub_columns(&self, datasource: &str) -> Result<Vec<(String, String)>> {
        let source = self.datasource(datasource)?;
        let mut columns: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, datatype: Option<String>| {
            let name = unquote(name);
            let is_internal = name.starts_with(':') || name.starts_with("__tableau_internal");
            if !is_internal && !columns.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                columns.push((name, datatype.unwrap_or_else(|| "string".to_owned())));
            }
        };
        for record in source.metadata_records() {
            if let Some(name) = record.local_name() {
                add(&name, record.local_type().map(|datatype| datatype.into_owned()));
            }
        }
        let calculated = |name: &str| {
            source
                .column(name)
                .is_some_and(|column| column.calculation().is_some())
        };
        let instances: Vec<(String, String)> = self
            .tree
            .named(source.node(), "column-instance")
            .filter_map(|node| {
                let name = self.tree.get(node, "name")?.into_owned();
                Some((name, self.tree.get(node, "column")?.into_owned()))
            })
            .collect();
        let of_extracts = source
            .extracts()
            .into_iter()
            .flat_map(|extract| extract.filters());
        for filter in source.filters().into_iter().chain(of_extracts) {
            let Some(name) = filter.column() else { continue };
            let field = instances
                .iter()
                .find(|(instance, _)| *instance == name)
                .map_or(&*name, |(_, field)| field);
            if !calculated(field) {
                let datatype = source.column(field).and_then(|column| column.datatype());
                add(field, datatype.map(|datatype| datatype.into_owned()));
            }
        }
        if columns.is_empty() {
            columns.push(("Generic Field".to_owned(), "string".to_owned()));
        }
        Ok(columns)
    }

    /// Returns the attribute by which an extract says which table of the model it holds, in the spelling of the
    /// document: with its feature prefix unless the document is of a time that needs none. Documents that list
    /// their features get this one listed; those from before it have no such attribute.
    fn extract_object_attribute(&mut self) -> Result<Option<String>> {
        const FEATURE: &str = "ObjectModelExtractV2";
        let root = self.tree.root();
        let Some(manifest) = self.tree.child(root, "document-format-change-manifest") else {
            return Ok(None);
        };
        let prefix = format!("_.fcp.{FEATURE}.true...");
        let listed = self.tree.all_named(manifest, FEATURE).next();
        match listed {
            Some(listed) if self.tree.raw_name(listed) == FEATURE => return Ok(Some("object-id".to_owned())),
            Some(_) => {}
            None => {
                let element = Element::new(format!("{prefix}{FEATURE}"));
                // Tableau: the features are in the order of the alphabet.
                let later = self
                    .tree
                    .all_children(manifest)
                    .find(|&child| self.tree.plain_name(child) > FEATURE);
                self.tree
                    .insert(later.map_or(Where::Last(manifest), Where::Before), &element)?;
            }
        }
        Ok(Some(format!("{prefix}object-id")))
    }

    /// Sets the column by which refreshes of an extract add only new rows; none means full refreshes.
    pub fn set_increment_key(&mut self, datasource: &str, field: Option<&str>) -> Result<()> {
        let source = self.source_node(datasource)?;
        let key = match field {
            Some(field) => super::field_name(self.source_at(source), field)?,
            None => String::new(),
        };
        let Some(connection) = self.tree.find(source, &["extract", "connection"]) else {
            return Err(Error::edit("the data source has no extract"));
        };
        let refresh = match self.tree.child(connection, "refresh") {
            Some(refresh) => refresh,
            None => self.tree.insert_ordered(
                connection,
                &Element::new("refresh"),
                &["relation", "cols", "calculations", "refresh", "metadata-records"],
            )?,
        };
        self.tree.set(refresh, "increment-key", &key)?;
        self.tree.set(
            refresh,
            "incremental-updates",
            if field.is_some() { "true" } else { "false" },
        )
    }
}

fn class_of(name: &str) -> &str {
    CONNECTORS
        .iter()
        .find(|connector| connector.title.eq_ignore_ascii_case(name))
        .map_or(name, |connector| connector.class)
}

fn connection_element(class: &str, new: &NewConnection) -> Element {
    let base = Element::new("connection").with("class", class);
    let (folder, file) = match &new.database {
        Some(path) => path.rsplit_once('/').unwrap_or(("", path)),
        None => ("", ""),
    };
    let element = match class {
        "textscan" => base
            .with("directory", folder)
            .with("filename", file)
            .with("password", "")
            .with("server", ""),
        "excel-direct" | "msaccess" => base.with_some("filename", new.database.clone()),
        "oracle" => base.with_some("schema", new.database.clone().or_else(|| new.schema.clone())),
        _ => base
            .with_some("dbname", new.database.clone())
            .with_some("schema", new.schema.clone()),
    };
    let element = element
        .with_some("server", new.server.clone().filter(|_| class != "textscan"))
        .with_some("port", new.port.map(|port| port.to_string()))
        .with_some("username", new.username.clone())
        .with_some("authentication", new.authentication.clone())
        .with_some("one-time-sql", new.initial_sql.clone());
    new.attributes.iter().fold(element, |element, (name, value)| {
        element.with(name, value.as_str())
    })
}

fn metadata_record(table: &str, name: &str, datatype: &str, ordinal: usize) -> Element {
    let (remote_type, aggregation) = match datatype {
        "integer" => ("20", "Sum"),
        "real" => ("5", "Sum"),
        "boolean" => ("11", "Count"),
        "date" => ("133", "Year"),
        "datetime" => ("135", "Year"),
        "spatial" => ("128", "Collect"),
        _ => ("129", "Count"),
    };
    let text = |element: &str, text: &str| Element::new(element).text(text);
    Element::new("metadata-record")
        .with("class", "column")
        .child(text("remote-name", name))
        .child(text("remote-type", remote_type))
        .child(text("local-name", &quote(name)))
        .child(text("parent-name", &quote(table)))
        .child(text("remote-alias", name))
        .child(text("ordinal", &(ordinal + 1).to_string()))
        .child(text("local-type", datatype))
        .child(text("aggregation", aggregation))
        .child(text("contains-null", "true"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connectors_are_in_order_and_named_once() {
        for pair in CONNECTORS.windows(2) {
            assert!(
                pair[0].title.to_lowercase() < pair[1].title.to_lowercase(),
                "{:?}",
                pair[1]
            );
        }
        let mut classes: Vec<_> = CONNECTORS.iter().map(|connector| connector.class).collect();
        classes.sort_unstable();
        classes.dedup();
        assert_eq!(classes.len(), CONNECTORS.len());
        assert_eq!(class_of("postgresql"), "postgres");
        assert_eq!(class_of("other"), "other");
    }
}
