//! Connections of workbooks and data sources to databases, files and published data sources.

use sha2::{Digest, Sha256};
use vivant_model::{ConnectionId, ContentKind, DatasourceId, Luid, SiteId, name};
use zeroize::Zeroizing;

use crate::db::{Conn, params, transact};
use crate::permissions::what;
use crate::secrets::{Vault, new_id};
use crate::{Error, Millis, Result, Secret, Store, What, sites};

/// A connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// The connection class, such as `postgres` or `sqlproxy`.
    pub class: String,
    /// The server's address.
    pub server: String,
    /// The server's port.
    pub port: Option<i64>,
    /// The user name.
    pub username: String,
    /// Whether the credentials are kept with the content.
    pub embed: bool,
    /// The mark of the password that is kept, if one is: another for each password that was set, and nothing
    /// can be read from it.
    pub password: Option<PasswordMark>,
    /// The database's name.
    pub dbname: String,
    /// The authentication type.
    pub authentication: String,
    /// The connection's own caption.
    pub caption: String,
    /// The data source of a workbook that it belongs to: the published one where it exists, else the
    /// workbook's own, which has the same id through all revisions.
    pub datasource_id: Option<DatasourceId>,
    /// The data source that it belongs to: the published one's name, else the name in the file.
    pub datasource_name: String,
    /// That data source's caption in the file.
    pub datasource_caption: String,
    /// The content URL of the published data source that it names.
    pub published_content_url: Option<String>,
    /// Whether queries carry a tag; `None` follows the site.
    pub query_tagging: Option<bool>,
}

/// Tells the passwords apart that a connection had one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PasswordMark(u64);

impl PasswordMark {
    /// The mark of an encrypted password. Each encryption has a nonce of its own.
    fn of(encrypted: &[u8]) -> Self {
        let digest = Sha256::digest(encrypted);
        Self(
            digest
                .iter()
                .take(8)
                .fold(0, |mark, byte| mark << 8 | u64::from(*byte)),
        )
    }
}

/// A connection read from a file that is published.
#[derive(Clone, Default)]
pub struct NewConnection {
    /// The connection class.
    pub class: String,
    /// The server's address.
    pub server: String,
    /// The server's port.
    pub port: Option<i64>,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: Option<Secret>,
    /// Whether the credentials are kept with the content.
    pub embed: bool,
    /// The database's name.
    pub dbname: String,
    /// The authentication type.
    pub authentication: String,
    /// The data source's name in the file.
    pub datasource_name: String,
    /// The data source's caption in the file.
    pub datasource_caption: String,
    /// The content URL of the published data source that it names.
    pub published_content_url: Option<String>,
    /// The connection's own caption.
    pub caption: String,
}

/// What to change of a connection; `None` leaves a value as it is.
#[derive(Clone, Default)]
pub struct ConnectionChanges {
    /// The server's address.
    pub server: Option<String>,
    /// The server's port; `Some(None)` is the class's own.
    pub port: Option<Option<i64>>,
    /// The user name.
    pub username: Option<String>,
    /// The password.
    pub password: Option<Secret>,
    /// Whether the credentials are kept; `false` forgets the password.
    pub embed: Option<bool>,
    /// The authentication type.
    pub authentication: Option<String>,
    /// Whether queries carry a tag.
    pub query_tagging: Option<bool>,
}

impl Store {
    /// The password kept with a connection.
    pub async fn connection_password(&self, site: SiteId, id: ConnectionId) -> Result<Option<Secret>> {
        let sql = "SELECT password FROM connection WHERE site_id = ?1 AND id = ?2";
        let row = self.conn().await?.row(sql, params![site, id]).await?;
        let Some(stored) = row.ok_or(Error::NotFound(What::Connection))?.opt_blob()? else {
            return Ok(None);
        };
        let damaged = || Error::Damaged(format!("the password of connection {id} does not decrypt"));
        let bytes = self
            .inner
            .vault
            .decrypt(&id.to_string(), &stored)
            .ok_or_else(damaged)?;
        let text = Zeroizing::new(String::from_utf8(bytes.to_vec()).map_err(|_| damaged())?);
        Ok(Some(Secret::from(text.as_str())))
    }

    /// Changes a connection, and with it those of the same item to the same database.
    pub(crate) async fn update_connection(
        &self,
        site: SiteId,
        kind: ContentKind,
        content: Luid,
        id: ConnectionId,
        changes: ConnectionChanges,
        now: Millis,
    ) -> Result<Connection> {
        transact!(self.db(), |tx| {
            sites::lock(&tx, site).await?;
            let all = of_content(&tx, site, kind, content).await?;
            let named = all
                .iter()
                .find(|c| c.id == id)
                .ok_or(Error::NotFound(What::Connection))?;
            let same = |c: &&Connection| {
                (&c.class, &c.server, &c.dbname) == (&named.class, &named.server, &named.dbname)
            };
            for connection in all.iter().filter(same) {
                write_changes(&tx, &self.inner.vault, connection, &changes).await?;
            }
            tx.execute(
                "UPDATE content SET updated_at = ?2 WHERE id = ?1",
                params![content, now],
            )
            .await?;
            Ok(())
        })?;
        let conn = self.conn().await?;
        let all = of_content(&conn, site, kind, content).await?;
        all.into_iter()
            .find(|c| c.id == id)
            .ok_or(Error::NotFound(What::Connection))
    }
}

/// The connections of an item, in its order.
pub(crate) async fn of_content(
    conn: &Conn,
    site: SiteId,
    kind: ContentKind,
    id: Luid,
) -> Result<Vec<Connection>> {
    let sql = "SELECT COUNT(*) FROM content WHERE site_id = ?1 AND kind = ?2 AND id = ?3";
    if conn.number(sql, params![site, kind.as_str(), id]).await? == 0 {
        return Err(Error::NotFound(what(kind)));
    }
    let sql = "SELECT k.id, k.class, k.server, k.port, k.username, k.embed, \
         k.password, k.dbname, k.authentication, k.caption, d.id, \
         COALESCE(d.name, k.datasource_name), k.datasource_caption, k.published_content_url, k.query_tagging \
         FROM connection k LEFT JOIN content d \
         ON d.site_id = k.site_id AND d.kind = 'datasource' AND d.content_url_key = k.published_key \
         WHERE k.content_id = ?1 ORDER BY k.position";
    let mut connections = Vec::new();
    for mut row in conn.query(sql, params![id]).await? {
        let mut connection = Connection {
            id: row.id()?,
            class: row.text()?,
            server: row.text()?,
            port: row.opt_int()?,
            username: row.text()?,
            embed: row.bool()?,
            password: row.opt_blob()?.as_deref().map(PasswordMark::of),
            dbname: row.text()?,
            authentication: row.text()?,
            caption: row.text()?,
            datasource_id: row.opt_id()?,
            datasource_name: row.text()?,
            datasource_caption: row.text()?,
            published_content_url: row.opt_text()?,
            query_tagging: row.opt_int()?.map(|n| n != 0),
        };
        if connection.datasource_id.is_none() && kind == ContentKind::Workbook {
            connection.datasource_id = Some(embedded_id(id, &connection.datasource_name));
        }
        connections.push(connection);
    }
    Ok(connections)
}

/// The id of a workbook's own data source: made of the workbook's id and its name in the file.
fn embedded_id(workbook: Luid, name: &str) -> DatasourceId {
    let digest = Sha256::new()
        .chain_update(workbook.to_string())
        .chain_update(name)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Luid::from_random(bytes).into()
}

/// Replaces the connections of an item that is published.
pub(crate) async fn replace(
    tx: &Conn,
    vault: &Vault,
    site: SiteId,
    content: Luid,
    connections: &[NewConnection],
) -> Result<()> {
    tx.execute("DELETE FROM connection WHERE content_id = ?1", params![content])
        .await?;
    let sql = "INSERT INTO connection (id, content_id, site_id, position, class, server, port, username, password, \
         embed, dbname, authentication, caption, datasource_name, datasource_caption, published_content_url, \
         published_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    for (position, new) in connections.iter().enumerate() {
        let id: ConnectionId = new_id()?;
        // A password that is not to be kept is not kept.
        let password = match &new.password {
            Some(password) if new.embed => Some(encrypt(vault, id, password)?),
            _ => None,
        };
        tx.execute(
            sql,
            params![
                id,
                content,
                site,
                position as i64,
                &new.class,
                &new.server,
                new.port,
                &new.username,
                password,
                new.embed,
                &new.dbname,
                &new.authentication,
                &new.caption,
                &new.datasource_name,
                &new.datasource_caption,
                new.published_content_url.as_deref(),
                new.published_content_url.as_deref().map(name::key),
            ],
        )
        .await?;
    }
    Ok(())
}

async fn write_changes(
    tx: &Conn,
    vault: &Vault,
    old: &Connection,
    changes: &ConnectionChanges,
) -> Result<()> {
    // A password alone says that it is to be kept.
    let embed = changes.embed.unwrap_or(old.embed || changes.password.is_some());
    let sql = "UPDATE connection SET server = ?2, port = ?3, username = ?4, embed = ?5, authentication = ?6, \
         query_tagging = ?7 WHERE id = ?1";
    tx.execute(
        sql,
        params![
            old.id,
            changes.server.as_ref().unwrap_or(&old.server),
            changes.port.unwrap_or(old.port),
            changes.username.as_ref().unwrap_or(&old.username),
            embed,
            changes.authentication.as_ref().unwrap_or(&old.authentication),
            changes.query_tagging.or(old.query_tagging),
        ],
    )
    .await?;
    let password = match &changes.password {
        Some(password) if embed => Some(encrypt(vault, old.id, password)?),
        None if embed => return Ok(()),
        _ => None,
    };
    tx.execute(
        "UPDATE connection SET password = ?2 WHERE id = ?1",
        params![old.id, password],
    )
    .await
    .map(drop)
}

fn encrypt(vault: &Vault, id: ConnectionId, password: &Secret) -> Result<Vec<u8>> {
    vault.encrypt(&id.to_string(), password.reveal().as_bytes())
}
