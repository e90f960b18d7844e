//! Where rows come from: the engine asks for tables, somebody else finds, opens and guards them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use datafusion::datasource::TableProvider;
use vivant_calc::Diagnostic;
use vivant_document::spec::{RelationSpec, SourceSpec};

/// A table that the engine asks for.
#[derive(Debug, Clone, Copy)]
pub enum Table<'t> {
    /// A table of the extract, by the parts of its name.
    Extract(&'t [String]),
    /// A table, sheet, file, custom SQL or stored procedure behind a connection.
    Relation(&'t RelationSpec),
}

/// What [`Data::table`] gives.
pub type TableFuture<'t> =
    Pin<Box<dyn Future<Output = Result<Arc<dyn TableProvider>, Box<Diagnostic>>> + Send + 't>>;

/// Gives tables. Columns have the names of the file or database.
pub trait Data: Send + Sync {
    /// Opens a table.
    fn table<'t>(&'t self, source: &'t SourceSpec, table: Table<'t>) -> TableFuture<'t>;
}
