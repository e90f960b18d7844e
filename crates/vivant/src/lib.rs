//! The pipeline: from a document and the world around it to data, and on to what people see.
//!
//! [`World`] is everything outside: files beyond the package, credentials, who asks, what time it is. Nothing
//! here reads a clock, an environment or a network by itself.
//!
//! [`refresh`] reads the data of a document's connections again and writes them as extracts; [`create_extracts`] and
//! [`delete_extracts`] change which data sources have one. `Book`, behind the feature `query`, answers for the rows
//! of worksheets, and, behind the feature `draw`, makes pictures of its views.

#[cfg(feature = "query")]
mod answer;
#[cfg(feature = "query")]
mod asked;
mod document;
#[cfg(feature = "draw")]
mod draw;
#[cfg(feature = "query")]
mod export;
mod extract;
#[cfg(feature = "query")]
mod kept;
#[cfg(feature = "query")]
mod live;
mod load;
#[cfg(feature = "query")]
mod places;
#[cfg(feature = "query")]
mod published;
mod refresh;
#[cfg(feature = "query")]
mod stop;
#[cfg(feature = "query")]
mod tables;
mod world;

#[cfg(feature = "query")]
pub use answer::{AnswerError, Ask, Book, BookRequest, SendError};
#[cfg(feature = "query")]
pub use asked::values;
pub use document::PackageFiles;
#[cfg(feature = "draw")]
pub use draw::{DrawError, Drawn, Orientation, Paper, ViewSize, pdf, pptx};
#[cfg(feature = "query")]
pub use export::{ExportError, Form, csv, csv_in, json, parquet, xlsx, xlsx_in};
pub use extract::{ExtractRequest, Extracted, Renewed, create_extracts, delete_extracts, renew_package};
#[cfg(feature = "query")]
pub use kept::Kept;
pub use load::{LoadRequest, load};
pub use refresh::{
    PreviousExtract, Progress, RefreshError, RefreshMode, RefreshRequest, Refreshed, RefreshedExtract,
    refresh,
};
#[cfg(feature = "query")]
pub use stop::Stop;
/// What may differ from what Tableau shows, and where.
pub use vivant_calc::Diagnostic;
/// A moment on a clock, without a time zone.
pub use vivant_calc::civil::DateTime;
pub use vivant_data::extract::ExtractColumn;
pub use vivant_data::hyper::{self, HyperEngine};
pub use vivant_data::spec::ConnectionSpec;
pub use vivant_data::{Column, ColumnType, Credentials, DataError, DataFile, DataLimits, schema_of};
#[cfg(feature = "draw")]
pub use vivant_render::{RenderError, add_fonts};
pub use world::{Asker, Folders, Published, World};
