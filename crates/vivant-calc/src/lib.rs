//! Tableau's calculation language: from the text of a formula to its tree, types and values.
//!
//! ```
//! use vivant_calc::check::{FieldInfo, Fields};
//! use vivant_calc::civil::Date;
//! use vivant_calc::eval::Context;
//! use vivant_calc::names::FieldName;
//! use vivant_calc::types::{DataType, Level};
//! use vivant_calc::{check, evaluate, parse};
//!
//! // A formula becomes a tree; mistakes become diagnostics and never stop the reading.
//! let parsed = parse("IF SUM([Profit]) > 0 THEN 'gain' ELSE 'loss' END // per mark");
//! assert!(parsed.diagnostics.is_empty());
//!
//! // The fields of the data source give it types and a level.
//! let fields = Fields::new().with(FieldName::new("Profit"), FieldInfo::new(DataType::Real, Level::Row));
//! let checked = check(&parsed.value, &fields);
//! assert_eq!(checked.root().data_type, DataType::String);
//! assert_eq!(checked.root().level, Level::Aggregate);
//!
//! // What needs no data beyond a row has a value.
//! let tree = parse("DATETRUNC('quarter', #2024-05-17#)").value;
//! let checked = check(&tree, &fields);
//! let value = evaluate(&tree, &checked, &Context::new(Date::ZERO.midnight())).unwrap();
//! assert_eq!(value.value.to_literal(), "#2024-04-01 00:00:00#");
//! ```
//!
//! The way of a formula: [`lex`](mod@lex) cuts it into tokens and keeps every byte, [`parse`](mod@parse)
//! makes a [`tree`], [`check`](mod@check) finds types and levels with the function table in
//! [`functions`], [`eval`] computes what needs no aggregation.
//! [`rewrite`] and [`format`](mod@format) change the text of formulas.
//! [`kernel`], [`datepart`], [`datetext`], [`dateparse`] and [`regex`] are the functions themselves on
//! plain values, for a query engine to call on rows.
//! [`diag`] holds the diagnostics that the whole pipeline shares.
//!
//! What is not here: workbooks and their XML, data, aggregation, table calculations, geometries,
//! collation tables and locales other than English (the order of dates and their names can be set).
//! There is no clock, no session and no dependency.

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

pub use check::{Checked, Environment, FieldInfo, check};
pub use diag::{Diagnostic, Severity, Span, Warned};
pub use eval::evaluate;
pub use names::FieldName;
pub use parse::parse;
pub use tree::Tree;
pub use types::{DataType, Level};
pub use value::Value;
