//! One file per command, each with its `Args` and its `run`.

#[cfg(feature = "server")]
pub mod admin;
pub mod doc;
#[cfg(feature = "engine")]
pub mod engine;
#[cfg(feature = "server")]
pub mod serve;
pub mod workbooks;
