//! The handlers: one file for each operation of the reference, under the reference's own name.

pub mod auth;
pub mod custom_views;
pub mod datasources;
pub mod favorites;
pub mod groups;
pub mod jobs;
pub mod permissions;
pub mod projects;
pub mod schedules;
pub mod server;
pub mod sites;
pub mod subscriptions;
pub mod tasks;
pub mod uploads;
pub mod users;
pub mod views;
pub mod workbooks;

mod download;
mod exports;
mod extracts;
mod refresh;
mod revisions;
mod tags;
