//! One suite for both databases: every case runs on SQLite, and on PostgreSQL where
//! `VIVANT_TEST_POSTGRES_URL` names a server. Encryption, and one case of opening, run with content in a bucket, too,
//! where `VIVANT_TEST_S3_URL` names one.

mod content;
mod crash;
mod custom_views;
mod directory;
mod encryption;
mod extracts;
mod favorites;
mod groups;
mod harness;
mod jobs;
mod lists;
mod opening;
mod own_tasks;
mod permissions;
mod projects;
mod schedules;
mod sessions;
mod sight;
mod sites;
mod tally;
mod users;
mod visibility;
