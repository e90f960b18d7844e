//! Workbooks that are open for questions, with the tables that they read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use tokio::sync::OnceCell;
use vivant::{AnswerError, Book, BookRequest, DataFile, DataLimits, PreviousExtract, Published, World};
use vivant_document::{FileKind, Limits};
use vivant_model::{ContentKind, DatasourceId, Luid, SiteId, WorkbookId};
use vivant_store::{Connection, Millis, Spooled, StoredFile};
use vivant_wire::ErrorCode;

use super::{failure, invalid};
use crate::app::App;
use crate::errors::{Result, internal};
use crate::extracts::{Columns, Surroundings, work_folder};

/// How many workbooks stay open.
const MOST_BOOKS: usize = 64;
/// How many bytes of tables stay in memory with them.
const MOST_BYTES: usize = 512 << 20;
/// How long a workbook stays open that nobody asks.
const IDLE: Millis = 15 * 60 * 1000;

/// The open workbooks of this node.
#[derive(Default)]
pub struct Books {
    shelves: Mutex<HashMap<String, Shelf>>,
}

struct Shelf {
    slot: Arc<OnceCell<Arc<Open>>>,
    used_at: Millis,
}

/// An open workbook.
pub struct Open {
    /// The workbook.
    pub book: Book,
    /// When it was opened. What it read since is of this time or later.
    pub opened_at: Millis,
    /// The folder of what it unpacks; it goes with the value.
    _folder: TempDir,
}

impl Books {
    /// Returns an open workbook, or opens it. What may have changed outside since `oldest` is read anew.
    pub async fn get(&self, app: &App, sources: &Sources, oldest: Millis) -> Result<Arc<Open>> {
        let now = app.now();
        let key = sources.key();
        let mut slot = self.slot(&key, now);
        if slot
            .get()
            .is_some_and(|open| open.book.is_live() && open.opened_at < oldest)
        {
            self.forget(&key);
            slot = self.slot(&key, now);
        }
        let open = slot.get_or_try_init(|| open(app, sources)).await?;
        Ok(Arc::clone(open))
    }

    /// Closes a workbook once nobody asks it any more, so that the next one reads everything anew.
    pub fn forget(&self, key: &str) {
        self.shelves().remove(key);
    }

    /// Closes workbooks that nobody asks, and, beyond what may stay in memory, those that were not asked longest.
    pub fn tidy(&self, now: Millis) {
        let mut shelves = self.shelves();
        shelves.retain(|_, shelf| shelf.used_at + IDLE > now);
        loop {
            let bytes: usize = shelves
                .values()
                .filter_map(|shelf| shelf.slot.get())
                .map(|open| open.book.bytes())
                .sum();
            if shelves.len() <= MOST_BOOKS && bytes <= MOST_BYTES {
                return;
            }
            let oldest = shelves.iter().min_by_key(|(_, shelf)| shelf.used_at);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            shelves.remove(&key);
        }
    }

    fn slot(&self, key: &str, now: Millis) -> Arc<OnceCell<Arc<Open>>> {
        let mut shelves = self.shelves();
        let shelf = shelves.entry(key.to_owned()).or_insert_with(|| Shelf {
            slot: Arc::default(),
            used_at: now,
        });
        shelf.used_at = shelf.used_at.max(now);
        Arc::clone(&shelf.slot)
    }

    fn shelves(&self) -> std::sync::MutexGuard<'_, HashMap<String, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a workbook reads: its file, its extracts and those of the published data sources that it names.
pub struct Sources {
    /// The workbook.
    pub item: Item,
    /// The published data sources, by content URL.
    pub published: Vec<(String, DatasourceId, Item)>,
    site: SiteId,
}

/// A workbook or data source with its extracts.
pub struct Item {
    file: StoredFile,
    extracts: Vec<vivant_store::Extract>,
    /// Its connections.
    pub connections: Vec<Connection>,
}

impl Item {
    async fn find(app: &App, site: SiteId, kind: ContentKind, id: Luid) -> Result<Option<Self>> {
        let store = &app.store;
        let (file, connections) = match kind {
            ContentKind::Datasource => (
                store.datasource_content(site, id.into(), None).await?,
                store.datasource_connections(site, id.into()).await?,
            ),
            _ => (
                store.workbook_content(site, id.into(), None).await?,
                store.workbook_connections(site, id.into()).await?,
            ),
        };
        let Some(file) = file else { return Ok(None) };
        Ok(Some(Self {
            file,
            extracts: store.extracts(site, kind, id).await?,
            connections,
        }))
    }

    /// Names what would be read.
    fn key(&self, key: &mut String) {
        key.push_str(&self.file.key);
        for extract in &self.extracts {
            key.push('+');
            key.push_str(&extract.key);
        }
        // Another server, user or password is another source of rows.
        for connection in &self.connections {
            let Connection {
                class,
                server,
                port,
                username,
                dbname,
                password,
                ..
            } = connection;
            key.push_str(&format!(
                "|{class}\u{1}{server}\u{1}{port:?}\u{1}{username}\u{1}{dbname}\u{1}{password:?}"
            ));
        }
        key.push('\n');
    }

    fn kind(&self) -> Result<FileKind> {
        FileKind::from_extension(&self.file.file_type)
            .ok_or_else(|| invalid(format!("Files of the type {} hold no data.", self.file.file_type)))
    }
}

impl Sources {
    /// Finds what a workbook reads.
    pub async fn find(app: &App, site: SiteId, workbook: WorkbookId) -> Result<Option<Self>> {
        let Some(item) = Item::find(app, site, ContentKind::Workbook, workbook.0).await? else {
            return Ok(None);
        };
        let mut published: Vec<(String, DatasourceId, Item)> = Vec::new();
        for url in item
            .connections
            .iter()
            .filter_map(|one| one.published_content_url.as_ref())
        {
            if published.iter().any(|(known, _, _)| known == url) {
                continue;
            }
            if let Some(found) = app.store.datasource_by_content_url(site, url).await?
                && let Some(item) = Item::find(app, site, ContentKind::Datasource, found.id.0).await?
            {
                published.push((url.clone(), found.id, item));
            }
        }
        Ok(Some(Self {
            item,
            published,
            site,
        }))
    }

    /// Names everything that answers depend on, beside what is asked and who asks.
    pub fn key(&self) -> String {
        let mut key = String::new();
        self.item.key(&mut key);
        for (url, _, item) in &self.published {
            key.push_str(url);
            key.push('=');
            item.key(&mut key);
        }
        key
    }
}

/// Files on this machine, kept as long as the value lives.
#[derive(Default)]
struct Local {
    copies: Vec<Spooled>,
}

impl Local {
    async fn extracts(&mut self, app: &App, item: &Item) -> Result<Vec<PreviousExtract>> {
        let content = app.store.content();
        let mut found = Vec::with_capacity(item.extracts.len());
        for extract in &item.extracts {
            let file = match content.local_path(&extract.key) {
                Some(path) => path,
                None => {
                    let copy = content.fetch(&extract.key).await?;
                    let path = copy.path().to_owned();
                    self.copies.push(copy);
                    path
                }
            };
            found.push(PreviousExtract {
                table: Columns::read(&extract.columns).table,
                datasource: extract.datasource.clone(),
                file,
            });
        }
        Ok(found)
    }
}

async fn file(app: &App, item: &Item) -> Result<DataFile> {
    let (content, name) = (app.store.content(), &item.file.file_name);
    Ok(match content.local_path(&item.file.key) {
        Some(path) => DataFile::new(name, path),
        None => {
            let copy = content.fetch(&item.file.key).await?;
            let path = copy.path().to_owned();
            DataFile::kept(name, path, Arc::new(copy))
        }
    })
}

/// Opens a workbook, away from the threads that answer requests.
async fn open(app: &App, sources: &Sources) -> Result<Arc<Open>> {
    let opened_at = app.now();
    let mut local = Local::default();
    let mut published = Vec::new();
    for (url, _, item) in &sources.published {
        // Each has credentials of its own: a workbook must not lend itself those of a data source.
        let world = Surroundings::new(app, sources.site, &item.connections).await?;
        let found = Published {
            file: file(app, item).await?,
            kind: item.kind()?,
            extracts: local.extracts(app, item).await?,
            world: Arc::new(world),
        };
        published.push((url.clone(), found));
    }
    let document = file(app, &sources.item).await?;
    let kind = sources.item.kind()?;
    let extracts = local.extracts(app, &sources.item).await?;
    let world = Surroundings::new(app, sources.site, &sources.item.connections).await?;
    let world: Arc<dyn World> = Arc::new(world.with_published(published).keeping(local.copies));
    let folder = work_folder(app)?;
    let opening = tokio::task::spawn_blocking(move || {
        let request = BookRequest {
            document,
            kind,
            extracts,
            spool: folder.path(),
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        let book = Book::open(&request, world)?;
        Ok::<_, AnswerError>(Arc::new(Open {
            book,
            opened_at,
            _folder: folder,
        }))
    });
    opening.await.map_err(internal)?.map_err(|error| match error {
        error @ AnswerError::Io { .. } => internal(error),
        error => {
            let failed = failure(&error);
            match failed.code {
                ErrorCode::InternalError => internal(error),
                _ => failed.into(),
            }
        }
    })
}
