//! The data behind connections: read as Arrow batches in bounded memory, and kept as Parquet.
//!
//! [`spec`] says in plain terms what a data source of a document reads: connections and a tree of relations.
//! [`open`] turns a relation into [`Batches`], a schema and a stream of batches, with [`Place`] for what lies
//! outside: files by path, credentials, limits. [`parquet`] writes a stream and reads it again.
//!
//! Nothing here plans or optimises a query. A relation that only an engine can answer is refused with an
//! error that says so.
//!
//! Files come from anywhere: sizes, counts of columns and of bytes in a field are held against
//! [`DataLimits`], and a file is only ever found through [`Files`], which decides what may be read.

mod batches;
mod build;
mod error;
mod excel;
pub mod extract;
mod files;
pub mod hyper;
mod infer;
mod join;
mod json;
mod limits;
mod live;
mod numbers;
mod open;
pub mod parquet;
mod schema;
mod spatial;
pub mod spec;
mod stat;
mod text;

pub use batches::{BatchSink, Batches};
pub use error::{DataError, Result, known};
pub use files::{Credentials, DataFile, Files, NoFiles, Place};
pub use limits::DataLimits;
pub use live::{Comparison, Condition, Database, LiveTable, Measure, Selection, open_procedure, open_sql};
pub use open::{open, open_relation, table_of, tables};
pub use schema::{COLLATION, Column, ColumnType, schema_of};
