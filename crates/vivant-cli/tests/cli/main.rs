//! The program as users run it: command lines in, files, texts and exit codes out.

#[path = "../../../vivant-client/tests/fake/mod.rs"]
mod fake;
mod program;

mod doc;
mod help;
#[cfg(feature = "server")]
mod live;
mod owners;
mod resources;
mod secrets;
