//! One suite for both databases: every case runs on SQLite, and on PostgreSQL where
//! `VIVANT_TEST_POSTGRES_URL` names a server.

mod content;
mod crash;
mod favorites;
mod groups;
mod harness;
mod jobs;
mod lists;
mod opening;
mod permissions;
mod projects;
mod sessions;
mod sites;
mod tally;
mod users;
mod visibility;
