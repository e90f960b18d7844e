//! The Tableau REST contract, without any HTTP library: what goes over the wire and how it is
//! spelled.
//!
//! - [`version`]: API versions, [`paths`]: every method of the reference, [`errors`]: every code;
//! - [`types`]: request and response types, each defined once and read and written as XML and as
//!   JSON through [`node`] and [`out`];
//! - [`query`]: paging, `filter=`, `sort=` and `fields=`;
//! - [`multipart`]: the `multipart/mixed` bodies of publishing.
//!
//! The server and the client both speak through this crate; it knows neither of them.

pub mod errors;
pub mod multipart;
pub mod node;
pub mod out;
pub mod paths;
pub mod query;
pub mod time;
pub mod types;
pub mod version;

pub use errors::ErrorCode;
pub use node::{Node, ReadError};
pub use out::{Format, Out};
pub use time::Timestamp;
pub use version::ApiVersion;
