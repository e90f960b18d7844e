//! From the sheets of a workbook to the rows that they show.
//!
//! [`Engine::answer`] takes a sheet of a resolved workbook ([`vivant_document::spec`]) and gives the rows of
//! its marks cards. Filters, levels of detail and aggregates become plans of DataFusion in Tableau's order of
//! operations; table calculations, totals and sorting are done on the result, which is small.
//!
//! There is no disk, network or clock here: [`Data`] gives tables, [`Surroundings`] says what time it is,
//! who asks, and what parameters are worth.

mod asker;
mod blend;
mod calc;
mod collate;
pub mod data;
mod dates;
mod densify;
mod domains;
mod engine;
mod expr;
mod fields;
mod filters;
mod flow;
mod frame;
mod level;
mod local;
mod members;
mod pool;
mod query;
mod remote;
mod resources;
mod rows;
mod source;
mod spatial;
mod sql;
mod tables;
mod totals;
mod values;
mod whole;

pub use data::{Data, Table, TableFuture};
/// The columns of a table.
pub use datafusion::arrow::datatypes::SchemaRef;
/// Rows of a table.
pub use datafusion::arrow::record_batch::RecordBatch;
pub use engine::{Answer, Engine, Question, Total};
pub use flow::{Flow, FlowPart};
pub use frame::{Bin, ColumnRole, Frame, FrameColumn, MANY, compare, number};
pub use remote::{Comparison, Condition, Fetched, Grouping, Measure, Remote, Wanted, remote};
pub use resources::Resources;
pub use rows::Surroundings;
pub use tables::{PlanTable, batch, in_memory, parquet};
pub use values::{arrow_type, calc_type};
