//! Refreshes: the data behind a document's connections, read again and written as extracts.

use std::collections::HashSet;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use vivant_data::extract::{self, ExtractColumn, Increment};
use vivant_data::spec::{ConnectionSpec, LogicalTable, SourceSpec};
use vivant_data::{DataError, DataFile, DataLimits, Place, known, open_relation};
use vivant_document::view::Datasource;
use vivant_document::{Document, FileKind, Limits};

use crate::document::{self, PackageFiles};
use crate::world::World;

/// How much is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefreshMode {
    /// Everything.
    Full,
    /// What is newer than what the extract holds; everything where there is no extract yet.
    Incremental {
        /// The field that tells, without brackets; else the one that the document names.
        field: Option<String>,
    },
}

/// What to refresh.
#[derive(Debug, Clone)]
pub struct RefreshRequest<'r> {
    /// The workbook or data source on disk.
    pub document: &'r Path,
    /// What it is: its name may not say.
    pub kind: FileKind,
    /// Name or label of the only data source to refresh; else all.
    pub datasource: Option<&'r str>,
    /// How much is read.
    pub mode: RefreshMode,
    /// Whether data sources without an extract that read files are written, too.
    pub live_files: bool,
    /// The extracts as they are, for an incremental refresh.
    pub previous: &'r [PreviousExtract],
    /// Folder for the new extracts.
    pub out: &'r Path,
    /// Folder for what is unpacked on the way.
    pub spool: &'r Path,
    /// Bounds for the document and its package.
    pub document_limits: Limits,
    /// Bounds for data.
    pub data_limits: DataLimits,
}

/// An extract that was written before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousExtract {
    /// [`RefreshedExtract::datasource`].
    pub datasource: String,
    /// [`RefreshedExtract::table`].
    pub table: String,
    /// The file.
    pub file: PathBuf,
}

/// An extract that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshedExtract {
    /// Name of the data source: its key in a workbook.
    pub datasource: String,
    /// Key of the table of the logical model; `Extract` where there is one table for all.
    pub table: String,
    /// Parquet file in the folder asked for; it has a name of its own.
    pub file: PathBuf,
    /// Its bytes.
    pub bytes: u64,
    /// Its rows.
    pub rows: u64,
    /// How many of them were read from the source now.
    pub added: u64,
    /// Its columns.
    pub columns: Vec<ExtractColumn>,
}

/// What a refresh did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// The extracts, in the order of the document.
    pub extracts: Vec<RefreshedExtract>,
    /// What was read, in sentences.
    pub notes: Vec<String>,
}

/// How far a refresh is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'p> {
    /// Label of the data source.
    pub datasource: &'p str,
    /// Label of the table.
    pub table: &'p str,
    /// Rows written of this table.
    pub rows: u64,
    /// How many tables are done.
    pub tables_done: usize,
    /// How many tables there are.
    pub tables: usize,
}

/// Why a refresh failed. Nothing of it is left in the folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The document cannot be read.
    #[error("{0}")]
    Document(#[from] vivant_document::Error),
    /// The file is no document.
    #[error("a {0} file has no connections to refresh from")]
    NoDocument(FileKind),
    /// There is no such data source.
    #[error("there is no data source `{name}`; there are {known}")]
    NoDatasource {
        /// The name asked for.
        name: String,
        /// What is there.
        known: String,
    },
    /// No data source can be refreshed.
    #[error("there is nothing to refresh: {0}")]
    Nothing(String),
    /// No extract can be created or deleted.
    #[error("no extract can be {done}: {why}")]
    NoExtract {
        /// What was to be done.
        done: &'static str,
        /// Why it cannot, for each data source.
        why: String,
    },
    /// Data could not be read.
    #[error("data source `{datasource}`, connection `{connection}` ({class}): {source}")]
    Data {
        /// Label of the data source.
        datasource: String,
        /// Label of the connection.
        connection: String,
        /// Its class.
        class: String,
        /// Why.
        source: Box<DataError>,
    },
    /// The caller asked to stop.
    #[error("the refresh was stopped")]
    Cancelled,
    /// A folder could not be used.
    #[error("{what}: {source}")]
    Io {
        /// What was done.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// Refreshes the extracts of a workbook or data source. `progress` is told after every batch, and stops the
/// refresh by returning [`ControlFlow::Break`].
pub fn refresh(
    request: &RefreshRequest<'_>,
    world: &dyn World,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Refreshed, RefreshError> {
    if !matches!(request.kind.plain(), FileKind::Twb | FileKind::Tds) {
        return Err(RefreshError::NoDocument(request.kind));
    }
    let document = document::read(request.document, request.kind, &request.document_limits)?;
    let chosen = |datasource: &Datasource<'_>| {
        let named = |wanted| datasource.name() == wanted || datasource.label() == wanted;
        request.datasource.is_none_or(named)
    };
    refresh_chosen(request, &document, &chosen, world, progress)
}

/// Refreshes the extracts of chosen data sources of a document that was read from the file of the request.
pub(crate) fn refresh_chosen(
    request: &RefreshRequest<'_>,
    document: &Document,
    chosen: &dyn Fn(&Datasource<'_>) -> bool,
    world: &dyn World,
    progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Refreshed, RefreshError> {
    let files = PackageFiles::new(
        request.document,
        request.kind,
        world,
        request.spool,
        &request.document_limits,
        request.data_limits.file_bytes,
    )
    .map_err(|source| RefreshError::Io {
        what: "the folder for unpacked files",
        source,
    })?;
    let work = plan(request, document.datasources(), chosen)?;
    let credentials = |connection: &ConnectionSpec| world.credentials(connection);
    let hyper = world.hyper();
    let guard = |connection: &ConnectionSpec| world.may_connect(connection);
    let place = Place {
        hyper: hyper.as_ref(),
        guard: &guard,
        files: &files,
        credentials: &credentials,
        limits: &request.data_limits,
    };
    let tables: usize = work.iter().map(|one| one.tables.len()).sum();
    let mut done = Undo::default();
    let mut refreshed = Refreshed::default();
    for one in &work {
        lost_tables(request, one)?;
        let mut grows = Vec::with_capacity(one.tables.len());
        for table in &one.tables {
            let tables_done = refreshed.extracts.len();
            let mut report = |rows: u64| {
                progress(Progress {
                    datasource: &one.source.label,
                    table: &table.label,
                    rows,
                    tables_done,
                    tables,
                })
            };
            let (extract, growth, note) = read(request, one, table, place, &mut report, &mut done)?;
            grows.push(growth);
            refreshed.extracts.push(extract);
            refreshed.notes.push(note);
        }
        // A field that no table has is a mistake; read in full, nobody would notice.
        if grows.contains(&Growth::NoField) && !grows.contains(&Growth::ByField) {
            let field = incremented_by(request, one).unwrap_or_default();
            return Err(one.failed(DataError::NoColumn {
                column: field.to_owned(),
                table: "the tables of the data source".to_owned(),
                known: known(
                    refreshed
                        .extracts
                        .iter()
                        .flat_map(|extract| &extract.columns)
                        .map(|column| &column.field),
                ),
            }));
        }
    }
    done.keep();
    Ok(refreshed)
}

/// A data source to refresh.
struct Work {
    source: SourceSpec,
    tables: Vec<Table>,
    increment_field: Option<String>,
    most: Option<u64>,
}

impl Work {
    fn failed(&self, source: DataError) -> RefreshError {
        RefreshError::Data {
            datasource: self.source.label.clone(),
            connection: self.source.label.clone(),
            class: "extract".to_owned(),
            source: Box::new(source),
        }
    }
}

/// How a table of an extract is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Growth {
    /// In full, as is asked for, or because there was nothing before.
    InFull,
    /// What is newer by the field.
    ByField,
    /// In full, since it does not have the field.
    NoField,
}

/// A table of an extract.
pub(crate) struct Table {
    /// Key under which it is kept.
    pub(crate) key: String,
    label: String,
    pub(crate) logical: LogicalTable,
}

/// Finds what there is to do.
fn plan(
    request: &RefreshRequest<'_>,
    datasources: Vec<Datasource<'_>>,
    chosen: &dyn Fn(&Datasource<'_>) -> bool,
) -> Result<Vec<Work>, RefreshError> {
    let mut work = Vec::new();
    let mut left_out = Vec::new();
    let mut matched = false;
    for datasource in &datasources {
        let label = datasource.label().into_owned();
        if !chosen(datasource) {
            continue;
        }
        matched = true;
        if datasource.is_published() {
            left_out.push(format!("`{label}` is published; refresh it there"));
            continue;
        }
        let extracts = datasource.extracts();
        let reads_files = datasource
            .connections()
            .iter()
            .any(|connection| connection.is_file());
        if extracts.is_empty() && !(request.live_files && reads_files) {
            left_out.push(format!("`{label}` has no extract"));
            continue;
        }
        let failed = |source: DataError| RefreshError::Data {
            datasource: label.clone(),
            connection: label.clone(),
            class: "extract".to_owned(),
            source: Box::new(source),
        };
        let source = SourceSpec::new(*datasource, request.data_limits.relation_depth).map_err(failed)?;
        let engine = |what: &str| DataError::NeedsEngine {
            what: what.to_owned(),
        };
        let mut most = None;
        for extract in &extracts {
            if !extract.filters().is_empty() {
                return Err(failed(engine("an extract with filters")));
            }
            let tree = extract.tree();
            if tree.child(extract.node(), "aggregation").is_some() {
                return Err(failed(engine("an extract with aggregated rows")));
            }
            let count = tree
                .value(extract.node(), "count")
                .and_then(|count| count.parse::<i64>().ok());
            if let Some(count) = count
                .and_then(|count| u64::try_from(count).ok())
                .filter(|count| *count > 0)
            {
                match tree.value(extract.node(), "units").as_deref() {
                    None | Some("records") => most = Some(count),
                    Some(_) => return Err(failed(engine("an extract with a share of the rows"))),
                }
            }
        }
        let increment_field = extracts.iter().find_map(|extract| {
            let tree = extract.tree();
            let refresh = tree.find(extract.node(), &["connection", "refresh"])?;
            tree.value(refresh, "increment-key")
                .map(|key| key.trim_start_matches('[').trim_end_matches(']').to_owned())
        });
        let tables = tables(&source);
        if tables.is_empty() {
            left_out.push(format!("`{label}` has no tables"));
            continue;
        }
        work.push(Work {
            source,
            tables,
            increment_field,
            most,
        });
    }
    match (work.is_empty(), request.datasource, matched) {
        (true, Some(name), false) => Err(RefreshError::NoDatasource {
            name: name.to_owned(),
            known: known(datasources.iter().map(|one| one.label())),
        }),
        (true, ..) if left_out.is_empty() => {
            Err(RefreshError::Nothing("there are no data sources".to_owned()))
        }
        (true, ..) => Err(RefreshError::Nothing(left_out.join(", "))),
        (false, ..) => Ok(work),
    }
}

/// Names the tables of an extract: one for each table of the logical model, `Extract` if there is only one.
pub(crate) fn tables(source: &SourceSpec) -> Vec<Table> {
    let single = source.tables.len() == 1;
    let mut seen = HashSet::new();
    source
        .tables
        .iter()
        .map(|logical| {
            let mut key = match single {
                true => "Extract".to_owned(),
                false => logical.id.clone(),
            };
            while !seen.insert(key.clone()) {
                key.push('_');
            }
            let label = match logical.caption.as_str() {
                "" => key.clone(),
                caption => caption.to_owned(),
            };
            Table {
                key,
                label,
                logical: logical.clone(),
            }
        })
        .collect()
}

/// Reads one table and writes its extract.
fn read(
    request: &RefreshRequest<'_>,
    work: &Work,
    table: &Table,
    place: Place<'_>,
    report: &mut dyn FnMut(u64) -> ControlFlow<()>,
    done: &mut Undo,
) -> Result<(RefreshedExtract, Growth, String), RefreshError> {
    let source = &work.source;
    let names = table.logical.relation.connections();
    let connection = names.first().and_then(|name| source.connection(name));
    let failed = |error: DataError| match error {
        DataError::Cancelled => RefreshError::Cancelled,
        error => RefreshError::Data {
            datasource: source.label.clone(),
            connection: connection.map_or_else(|| table.label.clone(), ConnectionSpec::label),
            class: connection.map_or_else(|| "unknown".to_owned(), |connection| connection.class.clone()),
            source: Box::new(error),
        },
    };
    let batches = open_relation(source, &table.logical.relation, place).map_err(failed)?;
    let columns = extract::columns_of(&batches, &source.fields, &table.logical.id);
    let (increment, growth, note) = increment(request, work, table, &columns).map_err(failed)?;
    let file = tempfile::Builder::new()
        .prefix("extract-")
        .suffix(".parquet")
        .tempfile_in(request.out)
        .and_then(|file| file.into_temp_path().keep().map_err(|error| error.error))
        .map_err(|source| RefreshError::Io {
            what: "the folder for extracts",
            source,
        })?;
    done.files.push(file.clone());
    let written = extract::write(
        batches,
        &columns,
        &file,
        increment.as_ref(),
        work.most,
        place.limits,
        report,
    )
    .map_err(failed)?;
    let bytes = std::fs::metadata(&file)
        .map_err(|source| RefreshError::Io {
            what: "the new extract",
            source,
        })?
        .len();
    let from: Vec<String> = names
        .iter()
        .filter_map(|name| source.connection(name))
        .map(|connection| format!("`{}` ({})", connection.label(), connection.class))
        .collect();
    let note = format!(
        "{}: read {} rows and {} columns of `{}` from {}{note}",
        source.label,
        written.added,
        columns.len(),
        table.label,
        from.join(", "),
    );
    Ok((
        RefreshedExtract {
            datasource: source.name.clone(),
            table: table.key.clone(),
            file,
            bytes,
            rows: written.rows,
            added: written.added,
            columns,
        },
        growth,
        note,
    ))
}

/// Refuses to grow an extract with tables that its data source does not have any more: their rows would be gone.
fn lost_tables(request: &RefreshRequest<'_>, work: &Work) -> Result<(), RefreshError> {
    if !matches!(request.mode, RefreshMode::Incremental { .. }) {
        return Ok(());
    }
    let lost = request.previous.iter().find(|previous| {
        previous.datasource == work.source.name
            && !work.tables.iter().any(|table| table.key == previous.table)
    });
    match lost {
        Some(lost) => Err(work.failed(DataError::NoTable {
            table: lost.table.clone(),
            place: "the data source, though its extract does; refresh it in full".to_owned(),
            known: known(work.tables.iter().map(|table| &table.key)),
        })),
        None => Ok(()),
    }
}

/// The field by which new rows are known.
fn incremented_by<'r>(request: &'r RefreshRequest<'_>, work: &'r Work) -> Option<&'r str> {
    let asked = match &request.mode {
        RefreshMode::Incremental { field } => field.as_deref(),
        RefreshMode::Full => None,
    };
    asked.or(work.increment_field.as_deref())
}

/// Finds what an incremental refresh grows from, and what to say about it.
fn increment(
    request: &RefreshRequest<'_>,
    work: &Work,
    table: &Table,
    columns: &[ExtractColumn],
) -> Result<(Option<Increment>, Growth, String), DataError> {
    if !matches!(request.mode, RefreshMode::Incremental { .. }) {
        return Ok((None, Growth::InFull, String::new()));
    }
    let previous: Vec<DataFile> = request
        .previous
        .iter()
        .filter(|previous| previous.datasource == work.source.name && previous.table == table.key)
        .map(|previous| DataFile::new("the extract before", &previous.file))
        .collect();
    if previous.is_empty() {
        let note = ", in full: there was no extract yet".to_owned();
        return Ok((None, Growth::InFull, note));
    }
    let Some(field) = incremented_by(request, work) else {
        return Err(DataError::UnsupportedSetting {
            setting: "an incremental refresh",
            value: table.label.clone(),
            hint: "the extract names no field by which new rows are known; refresh it in full".to_owned(),
        });
    };
    if !columns.iter().any(|column| column.field == field) && work.tables.len() > 1 {
        let note = format!(", in full: `{field}` is not in this table");
        return Ok((None, Growth::NoField, note));
    }
    let increment = Increment {
        previous,
        field: field.to_owned(),
    };
    Ok((Some(increment), Growth::ByField, format!(", newer by `{field}`")))
}

/// Removes what was written unless it is kept.
#[derive(Default)]
pub(crate) struct Undo {
    pub(crate) files: Vec<PathBuf>,
}

impl Undo {
    pub(crate) fn keep(&mut self) {
        self.files.clear();
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        for file in &self.files {
            // What cannot be removed is swept with the folder.
            let _ = std::fs::remove_file(file);
        }
    }
}
