//! The tables behind a workbook: opened once, kept in memory while they are small and on disk when not.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use vivant_calc::{DataType, Diagnostic};
use vivant_data::parquet::{ParquetWriter, open as open_parquet};
use vivant_data::spec::{ConnectionSpec, FileColumn, TableSpec};
use vivant_data::{
    Batches, Column, ColumnType, DataError, DataFile, DataLimits, Database, Files, LiveTable, Place,
    Selection, open, open_procedure, open_sql,
};
use vivant_document::spec::{self, RelationSpec, SourceSpec};
use vivant_query::{PlanTable, Resources, Table, in_memory, parquet, remote};

use crate::answer::{AnswerError, BookRequest};
use crate::document::Package;
use crate::live::{Part, Reading};
use crate::refresh::PreviousExtract;
use crate::stop::Stop;
use crate::world::World;

/// Bytes of a table up to which it stays in memory; a larger one goes to a file, of which questions read
/// what they need.
const IN_MEMORY: usize = 64 << 20;
/// How many bytes on disk count as one in memory.
const DISK_SHARE: u64 = 8;

/// Why a table cannot be opened.
pub(crate) enum Failure {
    /// Its data cannot be read.
    Data(DataError),
    /// The engine does not take it.
    Plan(Box<Diagnostic>),
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Failure::Data(error)
    }
}

/// Where the data sources of one document read.
pub(crate) struct Origin {
    package: Package,
    world: Arc<dyn World>,
    limits: DataLimits,
    extracts: Vec<PreviousExtract>,
    /// The name inside its own document, of a published source that a workbook calls otherwise.
    inside: Option<String>,
    /// A bare table file in place of a document.
    table: Option<DataFile>,
    is_live: AtomicBool,
}

impl Origin {
    pub(crate) fn new(request: &BookRequest<'_>, world: Arc<dyn World>) -> Result<Self, AnswerError> {
        let file = &request.document;
        let package = Package::new(
            file.path(),
            request.kind,
            request.spool,
            &request.document_limits,
            request.data_limits.file_bytes,
        )
        .map_err(|source| AnswerError::Io {
            what: "the folder for unpacked files".to_owned(),
            source,
        })?;
        Ok(Self {
            package,
            world,
            limits: request.data_limits.clone(),
            extracts: request.extracts.clone(),
            inside: None,
            table: request.kind.is_extract().then(|| file.clone()),
            is_live: AtomicBool::new(false),
        })
    }

    pub(crate) fn of_published(mut self, inside: &str) -> Self {
        self.inside = Some(inside.to_owned());
        self
    }

    pub(crate) fn is_live(&self) -> bool {
        self.is_live.load(Ordering::Relaxed)
    }

    /// Finds the files of a refreshed extract that hold a table, its parts in order.
    fn refreshed(&self, source: &SourceSpec, table: &str) -> Vec<PathBuf> {
        let name = self.inside.as_deref().unwrap_or(&source.name);
        let of_source: Vec<&PreviousExtract> = self
            .extracts
            .iter()
            // What has no document has one source, whatever it was called.
            .filter(|extract| extract.datasource == name || self.table.is_some())
            .collect();
        let Some(first) = of_source.first() else {
            return Vec::new();
        };
        let alone = of_source.iter().all(|extract| extract.table == first.table);
        of_source
            .iter()
            .filter(|extract| alone || extract.table == table)
            .map(|extract| extract.file.clone())
            .collect()
    }

    /// Lets connectors read from where this document does.
    fn at<T>(&self, read: impl FnOnce(Place<'_>) -> T) -> T {
        let hyper = self.world.hyper();
        let credentials = |connection: &ConnectionSpec| self.world.credentials(connection);
        let guard = |connection: &ConnectionSpec| self.world.may_connect(connection);
        let place = Place {
            guard: &guard,
            files: self,
            credentials: &credentials,
            limits: &self.limits,
            hyper: hyper.as_ref(),
        };
        read(place)
    }

    /// Describes a table or statement of a database, of which parts can be read; `None` for what else there is.
    fn live(&self, source: &SourceSpec, relation: &RelationSpec) -> Result<Option<LiveTable>, DataError> {
        match relation {
            RelationSpec::Table(table) => {
                let connection = self.connection(source, table.connection.as_deref(), &table.name)?;
                self.at(|place| LiveTable::of_table(&connection, &table_spec(table), place))
            }
            RelationSpec::Sql {
                name,
                connection,
                sql,
            } => {
                let connection = self.connection(source, connection.as_deref(), name)?;
                self.at(|place| LiveTable::of_sql(&connection, sql, place))
            }
            _ => Ok(None),
        }
    }

    /// Reads a part of a table of a database.
    pub(crate) fn part(&self, table: &LiveTable, selection: &Selection) -> Result<Batches, DataError> {
        self.at(|place| table.read(selection, place))
    }

    /// Finds the file of a table that can be read where it lies.
    fn in_place(&self, source: &SourceSpec, table: Table<'_>) -> Result<Option<DataFile>, DataError> {
        let Table::Relation(RelationSpec::Table(table)) = table else {
            return Ok(None);
        };
        let connection = self.connection(source, table.connection.as_deref(), &table.name)?;
        match connection.path().filter(|_| connection.class == "parquet") {
            None => Ok(None),
            Some(path) => {
                let file = self.find(&path)?;
                // Whether it is one, and not too wide, is found out before a plan depends on it.
                open_parquet(&file, &self.limits)?;
                Ok(Some(file))
            }
        }
    }

    fn batches(&self, source: &SourceSpec, table: Table<'_>) -> Result<Batches, DataError> {
        self.at(|place| self.batches_at(source, table, place))
    }

    fn batches_at(
        &self,
        source: &SourceSpec,
        table: Table<'_>,
        place: Place<'_>,
    ) -> Result<Batches, DataError> {
        match table {
            Table::Extract(path) => {
                let extract = source.extract.as_ref();
                let file = extract.and_then(|extract| extract.path.clone());
                let class = extract.map_or("hyper", |extract| extract.class.as_str());
                let file = file.unwrap_or_default();
                let connection = ConnectionSpec::of_class(class)
                    .with("dbname", file.clone())
                    .with("filename", file);
                let parts: Vec<String> = path.iter().map(|part| vivant_document::quote(part)).collect();
                open(&connection, &TableSpec::of_table(parts.join(".")), place)
            }
            Table::Relation(RelationSpec::Table(table)) => {
                let connection = self.connection(source, table.connection.as_deref(), &table.name)?;
                open(&connection, &table_spec(table), place)
            }
            Table::Relation(RelationSpec::Sql {
                name,
                connection,
                sql,
            }) => {
                let connection = self.connection(source, connection.as_deref(), name)?;
                open_sql(&connection, sql, place)
            }
            Table::Relation(RelationSpec::StoredProcedure {
                name,
                connection,
                procedure,
                arguments,
            }) => {
                let connection = self.connection(source, connection.as_deref(), name)?;
                open_procedure(&connection, procedure, arguments, place)
            }
            Table::Relation(_) => Err(DataError::NeedsEngine {
                what: "a relation of another kind".to_owned(),
            }),
        }
    }

    fn connection(
        &self,
        source: &SourceSpec,
        key: Option<&str>,
        table: &str,
    ) -> Result<ConnectionSpec, DataError> {
        let found = source.connection(key).or(source.connections.first());
        let found = found.ok_or_else(|| DataError::FileMissing {
            path: table.to_owned(),
        })?;
        if Database::of_class(&found.class).is_some() {
            self.is_live.store(true, Ordering::Relaxed);
        }
        Ok(ConnectionSpec {
            name: found.key.clone(),
            class: found.class.clone(),
            attributes: found.attributes.clone(),
            caption: None,
        })
    }
}

impl Files for Origin {
    fn find(&self, path: &str) -> Result<DataFile, DataError> {
        if let Some(table) = &self.table {
            return Ok(table.clone());
        }
        if let Some(file) = self.package.find(path)? {
            return Ok(file);
        }
        self.is_live.store(true, Ordering::Relaxed);
        self.world.file(path)
    }
}

/// A place for a table; who comes second waits for the first.
type Slot = Arc<tokio::sync::Mutex<Option<PlanTable>>>;

/// Tables that were opened.
pub(crate) struct Tables {
    open: Mutex<HashMap<String, Slot>>,
    /// What databases said of their tables.
    live: Mutex<HashMap<String, Arc<LiveTable>>>,
    bytes: AtomicUsize,
    resources: Resources,
    /// Files that are read where they lie.
    kept_files: Mutex<Vec<DataFile>>,
    folder: TempDir,
    files: AtomicUsize,
}

impl Tables {
    pub(crate) fn new(spool: &Path) -> Result<Self, AnswerError> {
        let folder = tempfile::Builder::new().prefix("tables-").tempdir_in(spool);
        let folder = folder.map_err(|source| AnswerError::Io {
            what: "the folder for tables".to_owned(),
            source,
        })?;
        Ok(Self {
            open: Mutex::default(),
            live: Mutex::default(),
            bytes: AtomicUsize::new(0),
            resources: Resources::spilling_to(folder.path()).map_err(AnswerError::Sheet)?,
            kept_files: Mutex::default(),
            folder,
            files: AtomicUsize::new(0),
        })
    }

    /// Returns the folder for what is too large for memory.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What plans over the tables use.
    pub(crate) fn resources(&self) -> &Resources {
        &self.resources
    }

    /// Returns how many bytes are in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Gives a table, and opens it if nobody did. One of a database is read when a plan says what it needs of it.
    pub(crate) async fn open(
        self: &Arc<Self>,
        origin: &Arc<Origin>,
        source: &SourceSpec,
        table: Table<'_>,
        reading: &Reading,
    ) -> Result<PlanTable, Failure> {
        let key = match table {
            Table::Extract(path) => format!("{}\u{0}extract\u{0}{}", source.name, path.join("\u{0}")),
            Table::Relation(relation) => format!("{}\u{0}{relation:?}", source.name),
        };
        if let Table::Relation(relation) = table
            && let Some(live) = self.live(&key, || origin.live(source, relation))?
        {
            return Ok(remote(Arc::new(Part {
                table: live,
                key,
                caption: source.caption.clone(),
                origin: Arc::clone(origin),
                tables: Arc::clone(self),
                reading: reading.clone(),
            })));
        }
        self.kept(key, async {
            if let Table::Extract(path) = table {
                let last = path.last().map_or("Extract", String::as_str);
                let files = origin.refreshed(source, last);
                if !files.is_empty() {
                    return parquet(&files).await.map_err(Failure::Plan);
                }
            }
            if let Some(file) = origin.in_place(source, table)? {
                let made = parquet(&[file.path().to_owned()]).await.map_err(Failure::Plan)?;
                self.kept_files
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(file);
                return Ok(made);
            }
            let (made, _) = self.read(origin.batches(source, table)?, &reading.stop).await?;
            Ok(made)
        })
        .await
    }

    /// Gives the table of a key, and makes it if nobody did.
    pub(crate) async fn kept(
        &self,
        key: String,
        make: impl Future<Output = Result<PlanTable, Failure>>,
    ) -> Result<PlanTable, Failure> {
        let slot = {
            let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(open.entry(key).or_default())
        };
        let mut slot = slot.lock().await;
        if let Some(found) = &*slot {
            return Ok(Arc::clone(found));
        }
        let made = make.await?;
        *slot = Some(Arc::clone(&made));
        Ok(made)
    }

    /// Gives what a database says of a table, and asks it if nobody did.
    fn live(
        &self,
        key: &str,
        ask: impl FnOnce() -> Result<Option<LiveTable>, DataError>,
    ) -> Result<Option<Arc<LiveTable>>, DataError> {
        let known = || self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(key) {
            return Ok(Some(Arc::clone(found)));
        }
        let found = ask()?.map(Arc::new);
        if let Some(found) = &found {
            known().insert(key.to_owned(), Arc::clone(found));
        }
        Ok(found)
    }

    /// Counts a part of a table that is in a file, if only for a share of its bytes: parts come with every filter, so
    /// a book that has gathered many is to be closed like one that fills the memory.
    pub(crate) fn weigh(&self, on_disk: u64) {
        let share = usize::try_from(on_disk / DISK_SHARE).unwrap_or(usize::MAX);
        self.bytes.fetch_add(share, Ordering::Relaxed);
    }

    /// Reads batches into memory, or, if there are many, into a file; also returns how many bytes that has.
    pub(crate) async fn read(&self, mut batches: Batches, stop: &Stop) -> Result<(PlanTable, u64), Failure> {
        let schema = Arc::clone(batches.schema());
        let (mut kept, mut bytes) = (Vec::new(), 0);
        let going_on = || match stop.is_stopped() {
            true => Err(DataError::Cancelled),
            false => Ok(()),
        };
        for batch in batches.by_ref() {
            let batch = batch?;
            going_on()?;
            bytes += batch.get_array_memory_size();
            kept.push(batch);
            if bytes > IN_MEMORY {
                break;
            }
        }
        if bytes <= IN_MEMORY {
            let made = in_memory(schema, kept).map_err(Failure::Plan)?;
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            return Ok((made, 0));
        }
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let file = self.folder.path().join(format!("{number}.parquet"));
        let mut writer = ParquetWriter::create(&file, schema)?;
        for batch in kept {
            writer.write(&batch)?;
        }
        for batch in batches {
            going_on()?;
            writer.write(&batch?)?;
        }
        writer.finish()?;
        let on_disk = std::fs::metadata(&file).map_or(0, |about| about.len());
        Ok((parquet(&[file]).await.map_err(Failure::Plan)?, on_disk))
    }
}

/// Describes a table as connectors read it.
fn table_spec(table: &spec::TableSpec) -> TableSpec {
    let parts: Vec<String> = table
        .path
        .iter()
        .map(|part| vivant_document::quote(part))
        .collect();
    let mut found = TableSpec {
        name: table.name.clone(),
        connection: table.connection.clone().unwrap_or_default(),
        ..TableSpec::of_table(parts.join("."))
    };
    if let Some(file) = &table.file {
        let mut set = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                found.format.insert(name.to_owned(), value);
            }
        };
        set("header", Some(if file.header { "yes" } else { "no" }.to_owned()));
        set("character-set", file.character_set.clone());
        set("separator", file.separator.clone());
        set("text-qualifier", file.text_qualifier.clone());
        set("locale", file.locale.clone());
        set("gridOrigin", file.grid.clone());
    }
    found.columns = table
        .columns
        .iter()
        .enumerate()
        .filter_map(|(index, column)| {
            let word = match column.data_type {
                DataType::Real => "real",
                other => other.as_str(),
            };
            Some(FileColumn {
                column: Column {
                    name: column.name.clone(),
                    kind: ColumnType::from_name(word)?,
                },
                ordinal: Some(index),
                date_format: column.date_pattern.clone(),
            })
        })
        .collect();
    found
}

#[cfg(test)]
mod tests {
    use vivant_document::FileKind;

    use super::*;
    use crate::world::Closed;

    fn origin(extracts: &[(&str, &str, &str)], inside: Option<&str>) -> Origin {
        let folder = std::env::temp_dir();
        let request = BookRequest {
            document: DataFile::new("a", folder.join("a.twb")),
            kind: FileKind::Twb,
            extracts: extracts
                .iter()
                .map(|(datasource, table, file)| PreviousExtract {
                    datasource: (*datasource).to_owned(),
                    table: (*table).to_owned(),
                    file: PathBuf::from(file),
                })
                .collect(),
            spool: &folder,
            document_limits: vivant_document::Limits::default(),
            data_limits: DataLimits::default(),
        };
        let made = Origin::new(&request, Arc::new(Closed)).expect("a folder");
        match inside {
            Some(inside) => made.of_published(inside),
            None => made,
        }
    }

    #[test]
    fn parts_of_a_refreshed_extract_belong_together() {
        let source = |name: &str| {
            let text = format!("<datasource name='{name}' inline='true' />");
            let document =
                vivant_document::Document::parse(text, &vivant_document::Limits::default()).expect("XML");
            spec::workbook(&document).value.sources.remove(0)
        };
        let files = |origin: &Origin, name: &str, table: &str| -> Vec<String> {
            let found = origin.refreshed(&source(name), table);
            found.iter().map(|file| file.display().to_string()).collect()
        };
        let one = [
            ("a", "Extract", "1"),
            ("a", "Extract", "2"),
            ("b", "Extract", "3"),
        ];
        assert_eq!(files(&origin(&one, None), "a", "anything"), ["1", "2"]);
        assert_eq!(files(&origin(&one, None), "c", "Extract"), [""; 0]);
        assert_eq!(files(&origin(&one, Some("b")), "sqlproxy.1", "Extract"), ["3"]);
        let several = [("a", "Orders", "1"), ("a", "People", "2")];
        assert_eq!(files(&origin(&several, None), "a", "People"), ["2"]);
        assert_eq!(files(&origin(&several, None), "a", "Returns"), [""; 0]);
    }
}
