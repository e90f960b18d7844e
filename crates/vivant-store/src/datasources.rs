//! Published data sources: publishing, lists, changes, files.

use vivant_model::{ConnectionId, ContentKind, DatasourceId, ProjectId, SiteId, UserId, WorkbookId, name};

use crate::content::{Spooled, StoredFile};
use crate::db::{Conn, params, transact};
use crate::items::{self, ItemChanges, NewItem, OWNER, PROJECT};
use crate::list::Rows;
use crate::store::in_order;
use crate::workbooks::Revision;
use crate::{
    Caller, Connection, ConnectionChanges, Error, Fence, Field, FieldKind, JobItem, JobItemKind, ListQuery,
    Millis, NewConnection, NewExtract, Owner, Page, ProjectRef, Result, Store, What, connections, extracts,
    jobs, sites, tally,
};

/// A published data source.
#[derive(Clone, Debug, PartialEq)]
pub struct Datasource {
    /// Its id.
    pub id: DatasourceId,
    /// Its site.
    pub site_id: SiteId,
    /// Its project.
    pub project: ProjectRef,
    /// Its owner.
    pub owner: Owner,
    /// Its name, unique in its project.
    pub name: String,
    /// Its part of addresses, unique on its site; stays through renaming.
    pub content_url: String,
    /// The class of its first connection, `type` in the REST API.
    pub class: String,
    /// Its description.
    pub description: String,
    /// When it was first published.
    pub created_at: Millis,
    /// When it was last published or changed.
    pub updated_at: Millis,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// The size of the current revision's file.
    pub size_bytes: i64,
    /// Whether it is certified.
    pub is_certified: bool,
    /// Why it is certified.
    pub certification_note: Option<String>,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// When its extracts were last read in full.
    pub extract_refreshed_at: Option<Millis>,
    /// When something was last added to its extracts.
    pub extract_incremented_at: Option<Millis>,
    /// Whether its extracts are encrypted.
    pub encrypt_extracts: bool,
    /// Whether Tableau Bridge keeps it fresh.
    pub use_remote_query_agent: bool,
    /// The address of its page, where one was given.
    pub webpage_url: Option<String>,
    /// How many fields it has.
    pub fields_count: u32,
    /// How many workbooks connect to it.
    pub connected_workbooks: u32,
    /// The number of the current revision, from 1.
    pub revision: u32,
    /// `tds`, `tdsx`, `hyper` or `tde`.
    pub file_type: String,
    /// The name under which the file is downloaded.
    pub file_name: String,
    /// How many users hold it as a favourite.
    pub favorites_total: i64,
    /// Whether its project's rules are locked.
    pub locked: bool,
}

/// A field of a data source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasourceField {
    /// Its name in formulas, without brackets.
    pub name: String,
    /// The name shown.
    pub caption: Option<String>,
    /// Its data type.
    pub datatype: String,
    /// `dimension` or `measure`.
    pub role: String,
    /// Its formula, where it is calculated.
    pub formula: Option<String>,
}

/// A data source to be published.
pub struct PublishDatasource<'a> {
    /// Who publishes, and to which site.
    pub caller: &'a Caller,
    /// The project.
    pub project: ProjectId,
    /// The name.
    pub name: String,
    /// The owner, as a rule the caller.
    pub owner: UserId,
    /// The description; `None` leaves the old one when overwriting.
    pub description: Option<String>,
    /// Whether a data source of the name in the project is replaced.
    pub overwrite: bool,
    /// The file.
    pub file: Spooled,
    /// `tds`, `tdsx`, `hyper` or `tde`.
    pub file_type: String,
    /// Whether it holds extracts.
    pub has_extracts: bool,
    /// Whether its extracts are to be encrypted; `None` leaves that as it was.
    pub encrypt_extracts: Option<bool>,
    /// Whether Tableau Bridge keeps it fresh.
    pub use_remote_query_agent: bool,
    /// Its connections, in order.
    pub connections: Vec<NewConnection>,
    /// Its fields, in order.
    pub fields: Vec<DatasourceField>,
    /// The tables that it reads.
    pub tables: Vec<String>,
}

/// A data source after publishing.
#[derive(Clone, Debug, PartialEq)]
pub struct PublishedDatasource {
    /// The data source as it is now.
    pub datasource: Datasource,
    /// Whether it is new, not a further revision.
    pub created: bool,
}

/// What to change of a data source; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasourceChanges {
    /// The name.
    pub name: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The project.
    pub project: Option<ProjectId>,
    /// The owner.
    pub owner: Option<UserId>,
    /// Whether it is certified.
    pub is_certified: Option<bool>,
    /// Why it is certified; `Some(None)` takes the note away.
    pub certification_note: Option<Option<String>>,
    /// Whether Tableau Bridge keeps it fresh.
    pub use_remote_query_agent: Option<bool>,
}

const CONNECTIONS: Rows = Rows {
    table: "connection k",
    of: "k.content_id",
    item: "c.id",
};
const TABLES: Rows = Rows {
    table: "content_table t",
    of: "t.content_id",
    item: "c.id",
};
const TAGS: Rows = Rows {
    table: "content_tag t",
    of: "t.content_id",
    item: "c.id",
};

/// How many workbooks name the data source `c` in a connection.
const CONNECTED: &str = "(SELECT COUNT(DISTINCT k.content_id) FROM connection k JOIN content w ON w.id = k.content_id \
     WHERE k.site_id = c.site_id AND k.published_key = c.content_url_key AND w.kind = 'workbook')";

macro_rules! flag {
    ($condition:literal) => {
        concat!("CAST(CASE WHEN ", $condition, " THEN 1 ELSE 0 END AS BIGINT)")
    };
}

/// What lists of data sources are filtered and sorted by.
///
/// Fields of connections hold where one of the data source's connections has the value.
pub const FIELDS: &[Field] = &[
    Field::name("name", "c.name", "c.name_key"),
    Field::name("contentUrl", "c.content_url", "c.content_url_key"),
    Field::new("type", FieldKind::Text, "c.class"),
    Field::new("description", FieldKind::Text, "c.description"),
    Field::new("authenticationType", FieldKind::Text, "k.authentication").rows(CONNECTIONS),
    Field::new(
        "connectionTo",
        FieldKind::Text,
        "CASE WHEN k.server <> '' THEN k.server ELSE k.dbname END",
    )
    .rows(CONNECTIONS),
    Field::new("connectionType", FieldKind::Text, "k.class").rows(CONNECTIONS),
    Field::new("databaseName", FieldKind::Text, "k.dbname").rows(CONNECTIONS),
    Field::new("databaseUserName", FieldKind::Text, "k.username").rows(CONNECTIONS),
    Field::new("serverName", FieldKind::Text, "k.server").rows(CONNECTIONS),
    Field::new("serverPort", FieldKind::Int, "k.port").rows(CONNECTIONS),
    Field::new("tableName", FieldKind::Text, "t.name").rows(TABLES),
    Field::name("ownerName", "o.name", "o.name_key").joins(&[OWNER]),
    Field::name("ownerDomain", "o.domain", "o.domain_key").joins(&[OWNER]),
    Field::new("ownerEmail", FieldKind::Text, "o.email")
        .joins(&[OWNER])
        .nullable(),
    Field::name("projectName", "p.name", "p.name_key").joins(&[PROJECT]),
    Field::name("tags", "t.label", "t.label_key").rows(TAGS),
    Field::new("createdAt", FieldKind::Time, "c.created_at"),
    Field::new("updatedAt", FieldKind::Time, "c.updated_at"),
    Field::new("favoritesTotal", FieldKind::Int, "c.favorites_total"),
    Field::new("size", FieldKind::Int, "c.size_bytes"),
    // Tableau: the reference calls the number of connected workbooks a type.
    Field::new("connectedWorkbookType", FieldKind::Int, CONNECTED),
    Field::new("connectedWorkbooksType", FieldKind::Int, CONNECTED),
    Field::new("hasAlert", FieldKind::Bool, flag!("c.alerts_total > 0")),
    Field::new(
        "hasEmbeddedPassword",
        FieldKind::Bool,
        flag!("EXISTS (SELECT 1 FROM connection k WHERE k.content_id = c.id AND k.password IS NOT NULL)"),
    ),
    Field::new("hasExtracts", FieldKind::Bool, "c.has_extracts"),
    Field::new("isCertified", FieldKind::Bool, "c.is_certified"),
    // A file without a connection of its own, such as a bare extract, is connected to as it is.
    Field::new("isConnectable", FieldKind::Bool, flag!("c.kind = 'datasource'")),
    Field::new(
        "isDefaultPort",
        FieldKind::Bool,
        flag!(
            "NOT EXISTS (SELECT 1 FROM connection k WHERE k.content_id = c.id AND k.port IS NOT NULL \
             AND k.port <> CASE k.class WHEN 'postgres' THEN 5432 WHEN 'redshift' THEN 5439 WHEN 'mysql' THEN 3306 \
             WHEN 'sqlserver' THEN 1433 WHEN 'oracle' THEN 1521 WHEN 'snowflake' THEN 443 WHEN 'databricks' THEN 443 \
             WHEN 'presto' THEN 8080 WHEN 'vertica' THEN 5433 WHEN 'teradata' THEN 1025 WHEN 'db2' THEN 50000 \
             WHEN 'mongodb' THEN 27017 WHEN 'saphana' THEN 30015 WHEN 'exasolution' THEN 8563 ELSE 0 END)"
        ),
    ),
    Field::new(
        "isHierarchical",
        FieldKind::Bool,
        flag!("c.class IN ('msolap', 'essbase', 'sapbw', 'oracle-essbase', 'teradata-olap', 'powerpivot')"),
    ),
    // Only published data sources are kept here; those inside workbooks are part of their files.
    Field::new("isPublished", FieldKind::Bool, flag!("c.kind = 'datasource'")),
];

const KIND: ContentKind = ContentKind::Datasource;
/// Names of tables are kept as far as an index can hold them; custom SQL can be longer.
const TABLE_NAME: usize = 500;

impl Store {
    /// Publishes a data source, or a further revision of one. Overwriting keeps the id, content
    /// URL, tags, rules and certification.
    pub async fn publish_datasource(
        &self,
        publish: PublishDatasource<'_>,
        now: Millis,
    ) -> Result<PublishedDatasource> {
        self.publish_datasource_with(publish, Vec::new(), None, now).await
    }

    /// Publishes a data source like [`Store::publish_datasource`], with extracts beside its file, and
    /// settles the job that does so.
    pub async fn publish_datasource_with(
        &self,
        publish: PublishDatasource<'_>,
        extracts: Vec<NewExtract>,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<PublishedDatasource> {
        let PublishDatasource { caller, file, .. } = publish;
        let new = NewItem {
            caller,
            kind: KIND,
            site: caller.site,
            project: publish.project,
            name: &publish.name,
            owner: publish.owner,
            description: publish.description.as_deref(),
            overwrite: publish.overwrite,
            file_type: &publish.file_type,
            has_extracts: publish.has_extracts || !extracts.is_empty(),
            encrypt_extracts: publish.encrypt_extracts,
            size: i64::try_from(file.size()).unwrap_or(i64::MAX),
            extracts_size: extracts::size(&extracts),
        };
        let encrypt = items::admit(&self.conn().await?, &new).await?.encrypt;
        let stored = self
            .store_item(file, extracts, new.has_extracts, encrypt, now)
            .await?;
        let outcome: Result<_> = async {
            transact!(self.db(), |tx| {
                sites::lock(&tx, new.site).await?;
                let placed = items::place(&tx, &new, &stored, now).await?;
                let id = DatasourceId(placed.id);
                connections::replace(&tx, &self.inner.vault, new.site, placed.id, &publish.connections).await?;
                write_fields(&tx, id, &publish.fields, &publish.tables).await?;
                let class = publish.connections.first().map_or(publish.file_type.as_str(), |c| c.class.as_str());
                let sql = "UPDATE content SET class = ?2, use_remote_query_agent = ?3, fields_count = ?4 WHERE id = ?1";
                let count = publish.fields.len() as i64;
                tx.execute(sql, params![id, class, publish.use_remote_query_agent, count]).await?;
                let made = JobItem {
                    kind: JobItemKind::Datasource,
                    id: placed.id,
                };
                jobs::settle(&tx, &fence, Some(made), &[], now).await?;
                Ok((id, placed.created))
            })
        }
        .await;
        let (id, created) = match outcome {
            Ok(published) => published,
            Err(error) => {
                self.give_up_item(&stored, now).await;
                return Err(error);
            }
        };
        let datasource = self
            .datasource(new.site, id)
            .await?
            .ok_or(Error::NotFound(What::Datasource))?;
        Ok(PublishedDatasource { datasource, created })
    }

    /// Finds a data source.
    pub async fn datasource(&self, site: SiteId, id: DatasourceId) -> Result<Option<Datasource>> {
        let conn = self.conn().await?;
        Ok(load(&conn, site, &[id.to_string()]).await?.pop())
    }

    /// Finds a data source by its part of addresses, without regard to case.
    pub async fn datasource_by_content_url(&self, site: SiteId, url: &str) -> Result<Option<Datasource>> {
        let conn = self.conn().await?;
        let sql = "SELECT id FROM content WHERE site_id = ?1 AND kind = ?2 AND content_url_key = ?3";
        match conn
            .row(sql, params![site, KIND.as_str(), name::key(url)])
            .await?
        {
            Some(mut row) => Ok(load(&conn, site, &[row.text()?]).await?.pop()),
            None => Ok(None),
        }
    }

    /// Lists the data sources that the caller may look at.
    pub async fn datasources(&self, caller: &Caller, query: &ListQuery) -> Result<Page<Datasource>> {
        let conn = self.conn().await?;
        let (ids, total) = tally::items(self, &conn, caller, KIND, None)
            .await?
            .page(&conn, FIELDS, query, "c.id", "c.created_at, c.id")
            .await?;
        Ok(Page {
            items: load(&conn, caller.site, &ids).await?,
            total,
        })
    }

    /// The workbooks of a site that read a data source.
    pub async fn workbooks_reading(&self, site: SiteId, id: DatasourceId) -> Result<Vec<WorkbookId>> {
        let sql = "SELECT DISTINCT w.id FROM content c JOIN connection k ON k.site_id = c.site_id \
             AND k.published_key = c.content_url_key JOIN content w ON w.id = k.content_id AND w.kind = 'workbook' \
             WHERE c.site_id = ?1 AND c.kind = 'datasource' AND c.id = ?2 ORDER BY w.id";
        let rows = self.conn().await?.query(sql, params![site, id]).await?;
        rows.into_iter().map(|mut row| row.id()).collect()
    }

    /// Changes a data source. Moved into a locked project it takes that project's rules.
    pub async fn update_datasource(
        &self,
        site: SiteId,
        id: DatasourceId,
        changes: DatasourceChanges,
        now: Millis,
    ) -> Result<Datasource> {
        let common = ItemChanges {
            name: changes.name.as_deref(),
            description: changes.description.as_deref(),
            project: changes.project,
            owner: changes.owner,
        };
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            items::update(&tx, site, KIND, id.0, &common, now).await?;
            let sql = "UPDATE content SET is_certified = COALESCE(?2, is_certified), \
                 use_remote_query_agent = COALESCE(?3, use_remote_query_agent) WHERE id = ?1";
            tx.execute(
                sql,
                params![id, changes.is_certified, changes.use_remote_query_agent],
            )
            .await?;
            if let Some(note) = &changes.certification_note {
                let sql = "UPDATE content SET certification_note = ?2 WHERE id = ?1";
                tx.execute(sql, params![id, note.as_deref()]).await?;
            }
            Ok(())
        })?;
        self.datasource(site, id)
            .await?
            .ok_or(Error::NotFound(What::Datasource))
    }

    /// Deletes a data source with its revisions.
    pub async fn delete_datasource(&self, site: SiteId, id: DatasourceId, now: Millis) -> Result<()> {
        self.delete_item(site, KIND, id.0, now).await
    }

    /// The file of a revision of a data source, of the current one without a number.
    pub async fn datasource_content(
        &self,
        site: SiteId,
        id: DatasourceId,
        revision: Option<u32>,
    ) -> Result<Option<StoredFile>> {
        self.item_file(site, KIND, id.0, revision).await
    }

    /// The revisions of a data source, the oldest first.
    pub async fn datasource_revisions(&self, site: SiteId, id: DatasourceId) -> Result<Vec<Revision>> {
        self.revisions(site, KIND, id.0).await
    }

    /// Deletes a revision of a data source that is not the current one.
    pub async fn delete_datasource_revision(
        &self,
        site: SiteId,
        id: DatasourceId,
        number: u32,
        now: Millis,
    ) -> Result<()> {
        self.delete_revision(site, KIND, id.0, number, now).await
    }

    /// The connections of a data source, in its order.
    pub async fn datasource_connections(&self, site: SiteId, id: DatasourceId) -> Result<Vec<Connection>> {
        connections::of_content(&self.conn().await?, site, KIND, id.0).await
    }

    /// Changes a connection of a data source, and with it the others to the same database.
    pub async fn update_datasource_connection(
        &self,
        site: SiteId,
        id: DatasourceId,
        connection: ConnectionId,
        changes: ConnectionChanges,
        now: Millis,
    ) -> Result<Connection> {
        self.update_connection(site, KIND, id.0, connection, changes, now)
            .await
    }

    /// The fields of a data source, in its order.
    pub async fn datasource_fields(&self, site: SiteId, id: DatasourceId) -> Result<Vec<DatasourceField>> {
        let sql = "SELECT f.name, f.caption, f.datatype, f.role, f.formula FROM content_field f \
             JOIN content c ON c.id = f.content_id WHERE c.site_id = ?1 AND c.id = ?2 ORDER BY f.position";
        let rows = self.conn().await?.query(sql, params![site, id]).await?;
        rows.into_iter()
            .map(|mut row| {
                Ok(DatasourceField {
                    name: row.text()?,
                    caption: row.opt_text()?,
                    datatype: row.text()?,
                    role: row.text()?,
                    formula: row.opt_text()?,
                })
            })
            .collect()
    }
}

async fn write_fields(
    tx: &Conn,
    id: DatasourceId,
    fields: &[DatasourceField],
    tables: &[String],
) -> Result<()> {
    for table in ["content_field", "content_table"] {
        tx.execute(&format!("DELETE FROM {table} WHERE content_id = ?1"), params![id])
            .await?;
    }
    for (position, field) in fields.iter().enumerate() {
        let sql = "INSERT INTO content_field (content_id, position, name, caption, datatype, role, formula) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        tx.execute(
            sql,
            params![
                id,
                position as i64,
                &field.name,
                field.caption.as_deref(),
                &field.datatype,
                &field.role,
                field.formula.as_deref(),
            ],
        )
        .await?;
    }
    for (position, table) in tables.iter().enumerate() {
        let sql = "INSERT INTO content_table (content_id, position, name) VALUES (?1, ?2, ?3)";
        let name: String = table.chars().take(TABLE_NAME).collect();
        tx.execute(sql, params![id, position as i64, name]).await?;
    }
    Ok(())
}

pub(crate) async fn load(conn: &Conn, site: SiteId, ids: &[String]) -> Result<Vec<Datasource>> {
    let sql = format!(
        "SELECT c.id, c.site_id, p.id, p.name, p.locked_by, {}, c.name, c.content_url, c.class, c.description, \
         c.created_at, c.updated_at, c.size_bytes, c.is_certified, c.certification_note, c.has_extracts, \
         c.extract_refreshed_at, c.extract_incremented_at, c.encrypt_extracts, c.use_remote_query_agent, c.webpage_url, c.fields_count, {CONNECTED}, c.revision, \
         c.file_type, c.favorites_total FROM content c{OWNER}{PROJECT} \
         WHERE c.site_id || '' = ?1 AND c.kind = 'datasource' AND c.id IN LIST(?2)",
        Owner::COLUMNS
    );
    let mut tags = items::tags(conn, KIND, ids).await?;
    let mut datasources = Vec::new();
    for mut row in conn.query(&sql, params![site, ids.to_vec()]).await? {
        let id: DatasourceId = row.id()?;
        let site_id = row.id()?;
        let project = ProjectRef {
            id: row.id()?,
            name: row.text()?,
        };
        let locked = row.opt_text()?.is_some();
        let owner = Owner::read(&mut row)?;
        let mut datasource = Datasource {
            id,
            site_id,
            project,
            owner,
            name: row.text()?,
            content_url: row.text()?,
            class: row.text()?,
            description: row.text()?,
            created_at: row.int()?,
            updated_at: row.int()?,
            tags: tags.remove(&id.to_string()).unwrap_or_default(),
            size_bytes: row.int()?,
            is_certified: row.bool()?,
            certification_note: row.opt_text()?,
            has_extracts: row.bool()?,
            extract_refreshed_at: row.opt_int()?,
            extract_incremented_at: row.opt_int()?,
            encrypt_extracts: row.bool()?,
            use_remote_query_agent: row.bool()?,
            webpage_url: row.opt_text()?,
            fields_count: row.int()? as u32,
            connected_workbooks: row.int()? as u32,
            revision: row.int()? as u32,
            file_type: row.text()?,
            file_name: String::new(),
            favorites_total: row.int()?,
            locked,
        };
        datasource.file_name = format!("{}.{}", datasource.name, datasource.file_type);
        datasources.push(datasource);
    }
    Ok(in_order(ids, datasources, |datasource| datasource.id.to_string()))
}
