//! The Tableau-compatible REST server.
//!
//! A request goes through [`mod@router`] (which method of the reference is it), [`auth`] (who asks,
//! and may they) and a handler under [`api`], which calls the store and answers through
//! [`views`]. Publishing reads files in [`publish`].
//! SQL, documents and the wire format live in their own crates.

pub mod app;
pub mod clock;
pub mod config;
pub mod serve;

pub mod router;

pub mod auth;
pub mod body;
pub mod call;
pub mod errors;
pub mod lists;
pub mod reply;

pub mod answers;
pub mod api;
pub mod directory;
pub mod extracts;
pub mod jobs;
pub mod mail;
pub mod publish;
pub mod views;
pub mod web;

pub mod admin;
pub mod samples;
pub mod schedules;
pub mod seed;

pub use app::App;
pub use config::Config;
pub use serve::serve;
