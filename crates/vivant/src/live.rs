//! Tables of databases behind a workbook: a question reads the columns that it needs, of rows that it may need.
//!
//! What was read stays with the book like any other table, so the same part is not read twice.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use vivant_calc::Diagnostic;
use vivant_data::{DataError, LiveTable, Selection};
use vivant_query::{Comparison, Condition, Fetched, Grouping, Measure, Remote, Wanted};

use crate::stop::Stop;
use crate::tables::{Failure, Origin, Tables};

/// Code of diagnostics of data that cannot be read.
pub(crate) const DATA: &str = "data";
/// Code of diagnostics of data that nothing here reads.
pub(crate) const UNSUPPORTED: &str = "data.unsupported";

/// What one question has to do with all the tables that it reads.
#[derive(Clone, Default)]
pub(crate) struct Reading {
    /// Ends the question.
    pub stop: Stop,
    /// Why a part of a table could not be read: the engine knows only that it could not.
    failed: Arc<Mutex<Option<Box<Diagnostic>>>>,
}

impl Reading {
    pub(crate) fn new(stop: &Stop) -> Self {
        Self {
            stop: stop.clone(),
            ..Self::default()
        }
    }

    /// Returns why a part of a table could not be read, once.
    pub(crate) fn failure(&self) -> Option<Box<Diagnostic>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn fail(&self, error: &Diagnostic) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.get_or_insert_with(|| Box::new(error.clone()));
    }
}

/// Says why the data of a data source cannot be read.
pub(crate) fn diagnostic(error: &DataError, caption: &str) -> Box<Diagnostic> {
    let code = match error {
        DataError::UnsupportedClass { .. }
        | DataError::UnsupportedSetting { .. }
        | DataError::NeedsEngine { .. } => UNSUPPORTED,
        _ => DATA,
    };
    let found = Diagnostic::error(code, error.to_string());
    Box::new(found.within(format!("data source '{caption}'")))
}

/// A table of a database, for one question.
#[derive(Clone)]
pub(crate) struct Part {
    /// What the database says of it.
    pub table: Arc<LiveTable>,
    /// What tells it from other tables of the book.
    pub key: String,
    /// The data source that it belongs to.
    pub caption: String,
    pub origin: Arc<Origin>,
    pub tables: Arc<Tables>,
    pub reading: Reading,
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

impl Remote for Part {
    fn schema(&self) -> vivant_query::SchemaRef {
        self.table.schema()
    }

    fn takes(&self, condition: &Condition) -> bool {
        self.table.takes(&put(condition))
    }

    fn fetch(&self, wanted: Wanted) -> Fetched<'_> {
        Box::pin(async move {
            let selection = Selection {
                columns: wanted.columns,
                conditions: wanted.conditions.iter().map(put).collect(),
                most: wanted.most.and_then(|most| u64::try_from(most).ok()),
            };
            let key = format!("{}\u{0}{}", self.key, self.table.sql(&selection));
            let read = async {
                let batches = self.origin.part(&self.table, &selection)?;
                let (made, on_disk) = self.tables.read(batches, &self.reading.stop).await?;
                self.tables.weigh(on_disk);
                Ok(made)
            };
            let found = self.tables.kept(key, read).await;
            found.map_err(|failure| {
                let error = match failure {
                    Failure::Data(error) => diagnostic(&error, &self.caption),
                    Failure::Plan(error) => error,
                };
                self.reading.fail(&error);
                error
            })
        })
    }

    fn grouped(&self, grouping: &Grouping) -> Option<Arc<dyn Remote>> {
        let measures: Vec<_> = grouping.measures.iter().map(measure).collect();
        let conditions: Vec<_> = grouping.conditions.iter().map(put).collect();
        let table = self.table.grouped(&grouping.groups, &measures, &conditions)?;
        Some(Arc::new(Part {
            table: Arc::new(table),
            ..self.clone()
        }))
    }
}

/// Says a measure of a plan in the words of databases.
fn measure(measure: &Measure) -> vivant_data::Measure {
    use vivant_data::Measure as Said;
    match measure {
        Measure::Rows => Said::Rows,
        Measure::Count(column) => Said::Count(column.clone()),
        Measure::Sum(column) => Said::Sum(column.clone()),
        Measure::SumAsReal(column) => Said::SumAsReal(column.clone()),
        Measure::Min(column) => Said::Min(column.clone()),
        Measure::Max(column) => Said::Max(column.clone()),
    }
}

/// Says a condition of a plan in the words of databases.
fn put(condition: &Condition) -> vivant_data::Condition {
    use vivant_data::{Comparison as Word, Condition as Said};
    let all = |parts: &[Condition]| parts.iter().map(put).collect();
    match condition {
        Condition::Compare { column, with, value } => Said::Compare {
            column: column.clone(),
            with: match with {
                Comparison::Equal => Word::Equal,
                Comparison::NotEqual => Word::NotEqual,
                Comparison::Less => Word::Less,
                Comparison::LessOrEqual => Word::LessOrEqual,
                Comparison::Greater => Word::Greater,
                Comparison::GreaterOrEqual => Word::GreaterOrEqual,
            },
            value: value.clone(),
        },
        Condition::In { column, values } => Said::In {
            column: column.clone(),
            values: values.clone(),
        },
        Condition::Null(column) => Said::Null(column.clone()),
        Condition::NotNull(column) => Said::NotNull(column.clone()),
        Condition::All(parts) => Said::All(all(parts)),
        Condition::Any(parts) => Said::Any(all(parts)),
        Condition::NotTrue(inner) => Said::NotTrue(Box::new(put(inner))),
    }
}
