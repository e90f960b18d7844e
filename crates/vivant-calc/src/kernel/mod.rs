//! The functions themselves, on plain Rust values: what a query engine calls for each row.
//!
//! Every function here is total: where the product gives null they give `None`, whatever the
//! arguments, and no result is larger than [`text::MAX_BYTES`].
//! Null arguments do not reach them; with few exceptions null in means null out.
//! Functions of dates are in [`crate::datepart`], [`crate::datetext`] and [`crate::dateparse`], regular
//! expressions in [`crate::regex`].

pub mod cast;
pub mod geo;
pub mod number;
pub mod text;
