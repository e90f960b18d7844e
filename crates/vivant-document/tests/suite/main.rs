//! What the crate says about small documents, hostile files, mutated files and real ones.

mod checks;
mod corpus;
mod diffs;
mod documents;
mod edits;
mod features;
mod fuzz;
mod hostile;
mod lossless;
mod mutation;
mod packages;
mod schema;
mod specs;
mod support;
mod views;
