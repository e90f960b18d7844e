//! Tableau's calculation language.

pub mod civil;
pub mod datepart;
pub mod diag;
pub mod lex;
pub mod names;
