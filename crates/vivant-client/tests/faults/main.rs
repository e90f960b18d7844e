//! What the client does when a server, a network or a session fails it.

#[path = "../fake/mod.rs"]
mod fake;
mod support;

mod content;
mod downloads;
mod find;
mod jobs;
mod later;
mod lists;
mod requests;
mod retries;
mod servers;
mod session;
mod sharing;
mod uploads;
mod writes;
