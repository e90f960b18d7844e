//! Tableau's calculation language.

pub mod check;
pub mod civil;
pub mod dateparse;
pub mod datepart;
pub mod datetext;
pub mod diag;
pub mod eval;
pub mod format;
pub mod functions;
pub mod kernel;
pub mod lex;
pub mod names;
pub mod parse;
pub mod regex;
pub mod rewrite;
pub mod tree;
pub mod types;
pub mod value;

pub use check::check;
pub use parse::parse;
