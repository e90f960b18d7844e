//! One file per command, each with its `Args` and its `run`.

#[cfg(feature = "server")]
pub mod admin;
pub mod doc;
#[cfg(feature = "server")]
pub mod serve;
pub mod workbooks;
