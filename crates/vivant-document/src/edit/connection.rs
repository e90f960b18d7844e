//! Connections: attributes, database swaps, and the place of published data sources.

use super::Document;
use crate::error::{Error, Result, shorten};
use crate::names::find_names;
use crate::tree::NodeId;
use crate::view::{Connection, Datasource};

/// Which connections an edit is about; what is not set fits all.
#[derive(Debug, Clone, Default)]
pub struct ConnectionMatch {
    /// Data source, by name or caption.
    pub datasource: Option<String>,
    /// Name of the connection, as relations use it, or its caption.
    pub name: Option<String>,
    /// Class of the connector.
    pub class: Option<String>,
    /// Server.
    pub server: Option<String>,
    /// Database, or schema where the connector calls it so.
    pub database: Option<String>,
}

impl ConnectionMatch {
    fn fits(&self, connection: Connection<'_>) -> bool {
        let same = |wanted: &Option<String>, found: Option<&str>| {
            wanted
                .as_deref()
                .is_none_or(|wanted| found.is_some_and(|found| found.eq_ignore_ascii_case(wanted)))
        };
        same(&self.class, Some(&connection.class()))
            && same(&self.server, connection.server().as_deref())
            && same(&self.database, connection.database().as_deref())
            && (self.name.is_none()
                || same(&self.name, connection.name().as_deref())
                || same(&self.name, connection.caption().as_deref()))
    }
}

/// What to set in connections; what is not set stays. An empty text empties the attribute.
#[derive(Debug, Clone, Default)]
pub struct ConnectionChange {
    /// Host.
    pub server: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// Database, written to the attribute that the connector uses for it.
    pub database: Option<String>,
    /// Schema.
    pub schema: Option<String>,
    /// User.
    pub username: Option<String>,
    /// Way of signing in, such as `username-password`, `sspi`, `oauth`.
    pub authentication: Option<String>,
    /// SQL that runs first.
    pub initial_sql: Option<String>,
    /// Query band.
    pub query_band: Option<String>,
    /// Encryption, such as `require`.
    pub sslmode: Option<String>,
    /// Warehouse.
    pub warehouse: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// Service.
    pub service: Option<String>,
    /// File.
    pub filename: Option<String>,
    /// Folder of the file.
    pub directory: Option<String>,
    /// Any other attribute by its name.
    pub attributes: Vec<(String, String)>,
}

/// Place of a published data source; what is not set stays.
#[derive(Debug, Clone, Default)]
pub struct PublishedChange {
    /// Content URL of the site; empty for the default site.
    pub site: Option<String>,
    /// Content URL of the data source.
    pub content_url: Option<String>,
    /// Label of the published data source.
    pub label: Option<String>,
    /// Host.
    pub server: Option<String>,
    /// Port.
    pub port: Option<u16>,
    /// `http` or `https`.
    pub channel: Option<String>,
}

/// What a swap of databases changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SwapReport {
    /// Connections whose database or schema was changed.
    pub connections: usize,
    /// Tables whose name held it: before and after.
    pub tables: Vec<(String, String)>,
    /// Custom SQL that names it and was left as it is: names of the relations.
    pub custom_sql: Vec<String>,
    /// Initial SQL that names it and was left as it is: names of the connections.
    pub initial_sql: Vec<String>,
}

impl Document {
    /// Sets attributes of the connections that fit, and returns how many that were.
    ///
    /// The caption of a named connection follows when it is the server's name.
    pub fn change_connections(
        &mut self,
        which: &ConnectionMatch,
        change: &ConnectionChange,
    ) -> Result<usize> {
        let found = self.matching(which)?;
        for (name, _) in &change.attributes {
            check_attribute(name)?;
        }
        for &node in &found {
            let view = Connection {
                tree: &self.tree,
                node,
            };
            let database = view.database_attribute();
            let old_server = view.server().map(std::borrow::Cow::into_owned);
            let port = change.port.map(|port| port.to_string());
            let settings = [
                ("server", change.server.as_deref()),
                ("port", port.as_deref()),
                (database, change.database.as_deref()),
                ("schema", change.schema.as_deref()),
                ("username", change.username.as_deref()),
                ("authentication", change.authentication.as_deref()),
                ("one-time-sql", change.initial_sql.as_deref()),
                ("query-band-spec", change.query_band.as_deref()),
                ("sslmode", change.sslmode.as_deref()),
                ("warehouse", change.warehouse.as_deref()),
                ("role", change.role.as_deref()),
                ("service", change.service.as_deref()),
                ("filename", change.filename.as_deref()),
                ("directory", change.directory.as_deref()),
            ];
            let others = change
                .attributes
                .iter()
                .map(|(name, value)| (name.as_str(), Some(value.as_str())));
            for (name, value) in settings.into_iter().chain(others) {
                if let Some(value) = value {
                    self.tree.set(node, name, value)?;
                }
            }
            if let (Some(new), Some(old)) = (&change.server, old_server)
                && let Some(named) = self.tree.parent(node)
                && self.tree.plain_name(named) == "named-connection"
                && self.tree.has(named, "caption", &old)
            {
                self.tree.set(named, "caption", new)?;
            }
        }
        Ok(found.len())
    }

    /// Changes a database or schema for another: in connections, and in the names of tables that hold it.
    ///
    /// SQL that people wrote is not touched; the report names what mentions the old one.
    pub fn swap_database(&mut self, datasource: Option<&str>, old: &str, new: &str) -> Result<SwapReport> {
        let mut report = SwapReport::default();
        let which = ConnectionMatch {
            datasource: datasource.map(str::to_owned),
            ..ConnectionMatch::default()
        };
        for node in self.matching(&which)? {
            let mut changed = false;
            for name in ["dbname", "schema"] {
                // Files have a path there, and published data sources a content URL.
                let class = self.tree.get(node, "class").unwrap_or_default().into_owned();
                let is_database = !matches!(&*class, "hyper" | "dataengine" | "sqlproxy");
                if is_database && self.tree.has(node, name, old) {
                    self.tree.set(node, name, new)?;
                    changed = true;
                }
            }
            report.connections += usize::from(changed);
            let view = Connection {
                tree: &self.tree,
                node,
            };
            if view.initial_sql().is_some_and(|sql| mentions(&sql, old)) {
                let name = view
                    .caption()
                    .or_else(|| view.name())
                    .unwrap_or_else(|| view.class());
                report.initial_sql.push(name.into_owned());
            }
        }
        for relation in self.relation_nodes(datasource)? {
            let name = self.tree.get(relation, "name").unwrap_or_default().into_owned();
            if self.tree.has(relation, "type", "text") {
                if mentions(&self.tree.text(relation), old) && !report.custom_sql.contains(&name) {
                    report.custom_sql.push(name);
                }
                continue;
            }
            for attribute in ["table", "stored-proc"] {
                let Some(table) = self.tree.value(relation, attribute) else {
                    continue;
                };
                let Some(swapped) = swap_table(&table, old, new) else {
                    continue;
                };
                let pair = (table.into_owned(), swapped);
                self.tree.set(relation, attribute, &pair.1)?;
                // The same table stands in the physical and in the logical model.
                if !report.tables.contains(&pair) {
                    report.tables.push(pair);
                }
            }
        }
        Ok(report)
    }

    /// Sets the place of a published data source that a workbook uses.
    pub fn set_published(&mut self, datasource: &str, change: &PublishedChange) -> Result<()> {
        let node = self.source_node(datasource)?;
        let view = self.source_at(node);
        let Some(connection) = view.published_connection().map(Connection::node) else {
            return Err(Error::edit(format!(
                "data source `{}` is not a published one",
                shorten(&view.label())
            )));
        };
        let old_site = view.published_site();
        let old_url = view.published_content_url();
        let locations: Vec<NodeId> = self.tree.all_named(node, "repository-location").collect();
        for &location in &locations {
            let mut derived = self
                .tree
                .value(location, "derived-from")
                .map(std::borrow::Cow::into_owned);
            if let Some(site) = &change.site {
                let path = if site.is_empty() {
                    "/datasources".to_owned()
                } else {
                    format!("/t/{site}/datasources")
                };
                self.tree.set(location, "path", &path)?;
                self.tree.set_or_remove(
                    location,
                    "site",
                    Some(site.as_str()).filter(|site| !site.is_empty()),
                )?;
                derived = derived.map(|url| move_url(&url, old_site.as_deref().unwrap_or_default(), site));
            }
            if let Some(url) = &change.content_url {
                self.tree.set(location, "id", url)?;
                if let Some(old) = &old_url {
                    derived = derived.map(|text| {
                        text.replace(&format!("/datasources/{old}"), &format!("/datasources/{url}"))
                    });
                }
            }
            if let Some(derived) = derived {
                self.tree.set(location, "derived-from", &derived)?;
            }
        }
        let port = change.port.map(|port| port.to_string());
        for (name, value) in [
            ("dbname", change.content_url.as_deref()),
            (
                "server-ds-friendly-name",
                change.label.as_deref().or(change.content_url.as_deref()),
            ),
            ("server", change.server.as_deref()),
            ("port", port.as_deref()),
            ("channel", change.channel.as_deref()),
        ] {
            if let Some(value) = value {
                self.tree.set(connection, name, value)?;
            }
        }
        if let Some(server) = &change.server
            && let Some(named) = self.tree.parent(connection)
            && self.tree.plain_name(named) == "named-connection"
        {
            self.tree.set(named, "caption", server)?;
        }
        Ok(())
    }

    fn matching(&self, which: &ConnectionMatch) -> Result<Vec<NodeId>> {
        let sources: Vec<Datasource<'_>> = match &which.datasource {
            Some(name) => vec![self.datasource(name)?],
            None => self.datasources(),
        };
        let mut found = Vec::new();
        for source in sources {
            for connection in source.connections() {
                if which.fits(connection) {
                    found.push(connection.node());
                }
            }
        }
        Ok(found)
    }

    /// Returns the relations of live connections and of the logical model, on all branches.
    pub(crate) fn relation_nodes(&self, datasource: Option<&str>) -> Result<Vec<NodeId>> {
        let sources = match datasource {
            Some(name) => vec![self.datasource(name)?],
            None => self.datasources(),
        };
        let tree = &self.tree;
        let mut found = Vec::new();
        for source in sources {
            for top in tree.all_children(source.node()) {
                if !matches!(tree.plain_name(top), "connection" | "object-graph") {
                    continue;
                }
                found.extend(tree.all_descendants(top).filter(|&node| {
                    tree.plain_name(node) == "relation"
                        && !tree.ancestors(node).any(|at| {
                            tree.plain_name(at) == "properties" && tree.has(at, "context", "extract")
                        })
                }));
            }
        }
        Ok(found)
    }
}

/// Tells whether SQL names something as a word of its own.
fn mentions(sql: &str, name: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    !name.is_empty()
        && sql.match_indices(name).any(|(at, _)| {
            !sql[..at].chars().next_back().is_some_and(is_word)
                && !sql[at + name.len()..].chars().next().is_some_and(is_word)
        })
}

/// Changes the parts of a table's name before its last one.
fn swap_table(table: &str, old: &str, new: &str) -> Option<String> {
    let found = find_names(table).into_iter().next()?;
    let (_, above) = found.parts.split_last()?;
    let mut swapped = String::with_capacity(table.len());
    let mut at = 0;
    for (index, part) in above.iter().enumerate() {
        if found.part(table, index) == old {
            swapped.push_str(&table[at..part.start]);
            swapped.push_str(&crate::names::quote(new));
            at = part.end;
        }
    }
    if at == 0 {
        return None;
    }
    swapped.push_str(&table[at..]);
    Some(swapped)
}

/// Changes the site in an address such as `https://host/t/site/datasources/x`.
fn move_url(url: &str, old: &str, new: &str) -> String {
    let (before, after) = if old.is_empty() {
        match url.find("/datasources") {
            Some(at) => (&url[..at], &url[at..]),
            None => return url.to_owned(),
        }
    } else {
        match url.split_once(&format!("/t/{old}/")) {
            Some((before, _)) => (before, &url[before.len() + 3 + old.len()..]),
            None => return url.to_owned(),
        }
    };
    if new.is_empty() {
        format!("{before}{after}")
    } else {
        format!("{before}/t/{new}{after}")
    }
}

fn check_attribute(name: &str) -> Result<()> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    let first = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_' || byte == b':');
    if first && name.bytes().all(fits) {
        Ok(())
    } else {
        Err(Error::edit(format!(
            "`{}` is no name of an attribute",
            shorten(name)
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_parts_above_the_table_are_swapped() {
        let swap = |table: &str| swap_table(table, "test", "prod]");
        assert_eq!(swap("[test].[t]").as_deref(), Some("[prod]]].[t]"));
        assert_eq!(
            swap("[db].[test].[test]").as_deref(),
            Some("[db].[prod]]].[test]")
        );
        assert_eq!(swap("[test]"), None);
        assert_eq!(swap("[latest].[t]"), None);
        assert_eq!(swap("test"), None);
    }

    #[test]
    fn addresses_move_between_sites() {
        let url = "https://host/t/a/datasources/x?rev=1";
        assert_eq!(move_url(url, "a", "b"), "https://host/t/b/datasources/x?rev=1");
        assert_eq!(move_url(url, "a", ""), "https://host/datasources/x?rev=1");
        assert_eq!(
            move_url("https://host/datasources/x", "", "b"),
            "https://host/t/b/datasources/x"
        );
        assert_eq!(move_url("odd", "a", "b"), "odd");
    }

    #[test]
    fn words_in_sql_are_whole_words() {
        assert!(mentions("select * from test.t", "test"));
        assert!(!mentions("select * from latest.t", "test"));
    }
}
