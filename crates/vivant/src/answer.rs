//! Answers: a workbook with the world around it, asked for the rows of its sheets.

use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use vivant_calc::diag::Warned;
use vivant_calc::eval::User;
use vivant_calc::{DataType, Diagnostic};
use vivant_data::spec::{ConnectionSpec, FileColumn, TableSpec};
use vivant_data::{Batches, Column, ColumnType, DataError, DataLimits, Files, Place, open};
use vivant_document::spec::{self, RelationSpec, SourceSpec, WorkbookSpec};
use vivant_document::{Document, FileKind, Limits, PackageFile};
use vivant_query::{Answer, Data, Engine, PlanTable, Question, Surroundings, Table, TableFuture, in_memory};

use crate::document::PackageFiles;
use crate::refresh::PreviousExtract;
use crate::world::World;

/// A workbook that can be asked.
pub struct Book<'w> {
    /// What the workbook means.
    pub spec: WorkbookSpec,
    /// What could not be understood of it.
    pub diagnostics: Vec<Diagnostic>,
    files: PackageFiles<'w>,
    world: &'w dyn World,
    limits: DataLimits,
    extracts: Vec<PreviousExtract>,
    tables: Mutex<HashMap<String, PlanTable>>,
}

/// What a workbook is opened from.
#[derive(Debug, Clone)]
pub struct BookRequest<'r> {
    /// The workbook or data source on disk.
    pub document: &'r Path,
    /// What it is: its name may not say.
    pub kind: FileKind,
    /// Extracts that were refreshed since; they are read in place of those in the package.
    pub extracts: Vec<PreviousExtract>,
    /// Folder for what is unpacked on the way.
    pub spool: &'r Path,
    /// Bounds for the document and its package.
    pub document_limits: Limits,
    /// Bounds for data.
    pub data_limits: DataLimits,
}

/// What is asked of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Labels of fields and the values that they may have.
    pub filters: Vec<(String, Vec<String>)>,
    /// Parameters by label or name, and their values.
    pub parameters: Vec<(String, String)>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The document cannot be read.
    #[error("{0}")]
    Document(#[from] vivant_document::Error),
    /// A file cannot be read.
    #[error("{what}: {source}")]
    Io {
        /// What was done.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// There is no such sheet.
    #[error("there is no worksheet `{name}`; there are {known}")]
    NoSheet {
        /// The name asked for.
        name: String,
        /// What is there.
        known: String,
    },
    /// The sheet cannot be answered.
    #[error("{0}")]
    Sheet(Box<Diagnostic>),
}

impl<'w> Book<'w> {
    /// Opens a workbook.
    pub fn open(request: &BookRequest<'_>, world: &'w dyn World) -> Result<Book<'w>, AnswerError> {
        let io = |source| AnswerError::Io {
            what: format!("`{}`", request.document.display()),
            source,
        };
        let bytes = if request.kind.is_package() {
            let file = std::fs::File::open(request.document).map_err(io)?;
            PackageFile::open(file, &request.document_limits)?.read_document()?
        } else {
            std::fs::read(request.document).map_err(io)?
        };
        let document = Document::parse(bytes, &request.document_limits)?;
        let Warned { value, diagnostics } = spec::workbook(&document);
        let files = PackageFiles::new(
            request.document,
            request.kind,
            world,
            request.spool,
            &request.document_limits,
            request.data_limits.file_bytes,
        )
        .map_err(io)?;
        Ok(Book {
            spec: value,
            diagnostics,
            files,
            world,
            limits: request.data_limits.clone(),
            extracts: request.extracts.clone(),
            tables: Mutex::default(),
        })
    }

    /// Gives the rows of a worksheet.
    pub fn answer(&self, sheet: &str, ask: &Ask) -> Result<Warned<Answer>, AnswerError> {
        let Some(sheet) = self.spec.sheet(sheet) else {
            let known: Vec<&str> = self.spec.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
            return Err(AnswerError::NoSheet {
                name: sheet.to_owned(),
                known: known.join(", "),
            });
        };
        let user = self.world.asker().map(|asker| User {
            name: asker.name,
            full_name: asker.full_name,
            domain: asker.domain,
            groups: asker.groups,
            attributes: Vec::new(),
        });
        let surroundings = Surroundings::of(&self.spec, self.world.now(), user, &ask.parameters);
        let question = Question {
            workbook: &self.spec,
            sheet,
            filters: ask.filters.clone(),
        };
        let engine = Engine::new(self);
        run(engine.answer(&question, &surroundings)).map_err(AnswerError::Sheet)
    }

    fn open_table(&self, source: &SourceSpec, table: Table<'_>) -> Result<PlanTable, Box<Diagnostic>> {
        let key = match table {
            Table::Extract(path) => format!("{}\u{0}extract\u{0}{}", source.name, path.join("\u{0}")),
            Table::Relation(relation) => format!("{}\u{0}{relation:?}", source.name),
        };
        if let Some(found) = self
            .tables
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return Ok(Arc::clone(found));
        }
        let batches = self.batches(source, table).map_err(|error| {
            let found = Diagnostic::error("data", error.to_string());
            Box::new(found.within(format!("data source '{}'", source.caption)))
        })?;
        let schema = Arc::clone(batches.schema());
        let batches: Result<Vec<_>, DataError> = batches.collect();
        let batches = batches.map_err(|error| Box::new(Diagnostic::error("data", error.to_string())))?;
        let made = in_memory(schema, batches)?;
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.insert(key, Arc::clone(&made));
        Ok(made)
    }

    fn batches(&self, source: &SourceSpec, table: Table<'_>) -> Result<Batches, DataError> {
        let hyper = self.world.hyper();
        let credentials = |connection: &ConnectionSpec| self.world.credentials(connection);
        let guard = |connection: &ConnectionSpec| self.world.may_connect(connection);
        let place = Place {
            guard: &guard,
            files: &self.files,
            credentials: &credentials,
            limits: &self.limits,
            hyper: hyper.as_ref(),
        };
        match table {
            Table::Extract(path) => {
                let last = path.last().map_or("Extract", String::as_str);
                let of_source = || {
                    self.extracts
                        .iter()
                        .filter(|extract| extract.datasource == source.name)
                };
                let refreshed = of_source()
                    .find(|extract| extract.table == last)
                    .or_else(|| of_source().next().filter(|_| of_source().count() == 1));
                if let Some(extract) = refreshed {
                    let one = OneFile(extract.file.clone());
                    let place = Place { files: &one, ..place };
                    let connection = ConnectionSpec::of_class("parquet").with("filename", "extract");
                    return open(&connection, &TableSpec::of_table("extract"), place);
                }
                let extract = source.extract.as_ref();
                let path_of = extract
                    .and_then(|extract| extract.path.clone())
                    .unwrap_or_default();
                let class = extract.map_or("hyper", |extract| extract.class.as_str());
                let connection = ConnectionSpec::of_class(class).with("dbname", path_of);
                let parts: Vec<String> = path.iter().map(|part| vivant_document::quote(part)).collect();
                open(&connection, &TableSpec::of_table(parts.join(".")), place)
            }
            Table::Relation(RelationSpec::Table(table)) => {
                let found = source
                    .connection(table.connection.as_deref())
                    .or(source.connections.first());
                let Some(found) = found else {
                    return Err(DataError::FileMissing {
                        path: table.name.clone(),
                    });
                };
                let connection = ConnectionSpec {
                    name: found.key.clone(),
                    class: found.class.clone(),
                    attributes: found.attributes.clone(),
                    caption: None,
                };
                open(&connection, &table_spec(table), place)
            }
            Table::Relation(other) => Err(DataError::UnsupportedClass {
                class: match other {
                    RelationSpec::Sql { .. } => "custom SQL".to_owned(),
                    _ => "stored procedure".to_owned(),
                },
                hint: "refresh an extract of it with the program that made it".to_owned(),
            }),
        }
    }
}

impl Data for Book<'_> {
    fn table<'t>(&'t self, source: &'t SourceSpec, table: Table<'t>) -> TableFuture<'t> {
        Box::pin(async move { self.open_table(source, table) })
    }
}

/// Finds one file whatever is asked for.
struct OneFile(PathBuf);

impl Files for OneFile {
    fn find(&self, path: &str) -> Result<vivant_data::DataFile, DataError> {
        Ok(vivant_data::DataFile::new(path, &self.0))
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

/// Runs a question to its end, on threads that all questions share.
fn run<F: Future>(question: F) -> F::Output {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("query")
            .enable_all()
            .build()
            .expect("the system starts two threads")
    });
    runtime.block_on(question)
}
