//! The store as a whole: opening, closing, and the types that every resource uses.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use vivant_model::{ProjectId, SiteId, SiteRole, UserId};

use crate::content::Content;
use crate::db::{Conn, Db, Location, params};
use crate::secrets::{self, Passwords, Vault};
use crate::sessions::Touches;
use crate::sight::Sights;
use crate::uploads::GrowingUploads;
use crate::{Error, Result};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// The metadata and content of one installation. Clones share everything.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) content: Content,
    pub(crate) vault: Arc<Vault>,
    pub(crate) passwords: Passwords,
    /// Names this process on what it leaves half done.
    pub(crate) node: String,
    pub(crate) touches: Mutex<Touches>,
    pub(crate) sights: Mutex<Sights>,
    /// The uploads that come to this process, chunk by chunk.
    pub(crate) growing: Mutex<GrowingUploads>,
    /// Held while this process is the only one on its data folder.
    lock: Mutex<Option<File>>,
}

/// Where a store keeps its things.
#[derive(Clone, Default)]
pub struct StoreOptions {
    /// Folder of the installation: spool, key, and by default database and content.
    pub data_dir: PathBuf,
    /// `None` is SQLite in `data_dir/vivant.db`; else `sqlite:PATH` or `postgres://…`.
    pub database_url: Option<String>,
    /// `None` is `data_dir/content`; else a path, `file:PATH` or
    /// `s3://bucket/prefix?endpoint=…&region=…&allow_http=…`.
    pub storage_url: Option<String>,
    /// The installation key; `None` reads or creates `data_dir/vivant.key`.
    pub key: Option<[u8; 32]>,
    /// Settings that come from outside, such as `AWS_ACCESS_KEY_ID`.
    pub env: HashMap<String, String>,
}

/// Who asks for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The site of the session.
    pub site: SiteId,
    /// The user of the session.
    pub user: UserId,
    /// The user's role on the site.
    pub role: SiteRole,
}

/// The owner of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The owner's id.
    pub id: UserId,
    /// The owner's user name.
    pub name: String,
    /// The owner's full name.
    pub full_name: Option<String>,
    /// The owner's e-mail address.
    pub email: Option<String>,
    /// The owner's domain.
    pub domain: String,
}

/// The project that an item lies in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectRef {
    /// The project's id.
    pub id: ProjectId,
    /// The project's name.
    pub name: String,
}

impl Store {
    /// Opens the store of an installation, makes what is missing, and clears away what an earlier
    /// process left half done.
    pub async fn open(options: StoreOptions) -> Result<Self> {
        create_data_dir(&options.data_dir)?;
        let location = location(&options)?;
        let db = Db::open(&location).await?;
        let vault = Arc::new(Vault::new(&fitting_key(&db, &options).await?));
        let (data_dir, url) = (&options.data_dir, options.storage_url.as_deref());
        let content = Content::at(data_dir, url, &options.env, Arc::clone(&vault)).await?;
        let lock = lock(&options.data_dir)?;
        let alone = lock.is_some();
        let store = Self {
            inner: Arc::new(Inner {
                db,
                content,
                vault,
                passwords: Passwords::new(),
                node: secrets::hex(&secrets::random::<8>()?),
                touches: Mutex::default(),
                sights: Mutex::default(),
                growing: Mutex::default(),
                lock: Mutex::new(lock),
            }),
        };
        if alone {
            store.clear_spool()?;
            // With SQLite nobody else can be in the middle of publishing.
            if store.inner.db.is_sqlite() {
                store.drop_pending().await?;
                store.expire_leases().await?;
            }
        }
        Ok(store)
    }

    /// Answers whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        self.conn()
            .await?
            .number("SELECT COUNT(*) FROM schema_migration", params![])
            .await
            .map(drop)
    }

    /// The storage of files.
    pub fn content(&self) -> &Content {
        &self.inner.content
    }

    /// Writes what is still in memory and ends all connections; other clones find the store closed.
    pub async fn close(self) {
        self.flush_touches().await;
        self.inner.db.close().await;
        // Another process may clear away what this one leaves.
        self.inner
            .lock
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) async fn conn(&self) -> Result<Conn> {
        self.inner.db.read().await
    }
}

impl Owner {
    /// The columns of an owner, of the account `o`.
    pub(crate) const COLUMNS: &str = "o.id, o.name, o.full_name, o.email, o.domain";

    pub(crate) fn read(row: &mut crate::db::Row) -> Result<Self> {
        Ok(Self {
            id: row.id()?,
            name: row.text()?,
            full_name: row.opt_text()?,
            email: row.opt_text()?,
            domain: row.text()?,
        })
    }
}

/// Puts items into the order of their ids.
///
/// Items are read by their ids with `site_id || '' = ?1` beside: an expression, so that SQLite goes
/// by the ids and not by an index that begins with the site (15 ms against 0.1 ms for 100 of 100,000
/// workbooks).
pub(crate) fn in_order<T>(ids: &[String], items: Vec<T>, id: impl Fn(&T) -> String) -> Vec<T> {
    let mut by_id: HashMap<String, T> = items.into_iter().map(|item| (id(&item), item)).collect();
    ids.iter().filter_map(|id| by_id.remove(id)).collect()
}

fn create_data_dir(dir: &Path) -> Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(dir)
        .map_err(|e| Error::Options(format!("data folder {}: {e}", dir.display())))
}

fn location(options: &StoreOptions) -> Result<Location> {
    match options.database_url.as_deref() {
        None => Ok(Location::Sqlite(options.data_dir.join("vivant.db"))),
        Some(url) if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            Ok(Location::Postgres(url.to_owned()))
        }
        Some(url) => match url.strip_prefix("sqlite:") {
            Some(path) => Ok(Location::Sqlite(path.strip_prefix("//").unwrap_or(path).into())),
            None => Err(Error::Options(
                "database address: give `sqlite:PATH` or `postgres://user:password@host/database`".to_owned(),
            )),
        },
    }
}

/// The installation key, which must be the one that the database was made with.
async fn fitting_key(db: &Db, options: &StoreOptions) -> Result<[u8; 32]> {
    const NAME: &str = "key_check";
    const KNOWN: &[u8] = b"vivant";
    let given = match options.key {
        Some(key) => Some(key),
        None => secrets::read_key(&options.data_dir)?,
    };
    let read = "SELECT value FROM setting WHERE name = ?1";
    let stored = db.read().await?.row(read, params![NAME]).await?;
    let key = match (&stored, given) {
        (_, Some(key)) => key,
        (None, None) => secrets::create_key(&options.data_dir)?,
        (Some(_), None) => {
            return Err(Error::Options(format!(
                "the database was made with an installation key, and {} has no `vivant.key`; put it back",
                options.data_dir.display()
            )));
        }
    };
    if stored.is_none() {
        let check = Vault::new(&key).encrypt(NAME, KNOWN)?;
        let tx = db.begin().await?;
        let sql = "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        let outcome = tx.execute(sql, params![NAME, check]).await;
        tx.finish(outcome).await?;
    }
    // Read again: another node may have been first, with another key.
    let check = match db.read().await?.row(read, params![NAME]).await? {
        Some(mut row) => row.opt_blob()?.unwrap_or_default(),
        None => Vec::new(),
    };
    match Vault::new(&key).decrypt(NAME, &check) {
        Some(known) if known.as_slice() == KNOWN => Ok(key),
        _ => Err(Error::Options(
            "the installation key is not the one that the database was made with; put the right `vivant.key` back"
                .to_owned(),
        )),
    }
}

/// Takes the lock of the data folder; `None` while another process has it.
fn lock(dir: &Path) -> Result<Option<File>> {
    let path = dir.join("vivant.lock");
    let io = |e: &std::io::Error| Error::Options(format!("lock file {}: {e}", path.display()));
    let file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(|e| io(&e))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(e)) => Err(io(&e)),
    }
}
