//! Published data sources.

mod add_tags_to_data_source;
mod create_extract_for_data_source;
mod delete_data_source;
mod delete_extract_from_data_source;
mod delete_tag_from_data_source;
mod download_data_source;
mod download_data_source_revision;
mod get_data_source_revisions;
mod publish_data_source;
mod query_data_source;
mod query_data_source_connections;
mod query_data_sources;
mod remove_data_source_revision;
mod update_data_source;
mod update_data_source_connection;
mod update_data_source_now;

pub use add_tags_to_data_source::add_tags_to_data_source;
pub use create_extract_for_data_source::create_extract_for_data_source;
pub use delete_data_source::delete_data_source;
pub use delete_extract_from_data_source::delete_extract_from_data_source;
pub use delete_tag_from_data_source::delete_tag_from_data_source;
pub use download_data_source::download_data_source;
pub use download_data_source_revision::download_data_source_revision;
pub use get_data_source_revisions::get_data_source_revisions;
pub use publish_data_source::publish_data_source;
pub use query_data_source::query_data_source;
pub use query_data_source_connections::query_data_source_connections;
pub use query_data_sources::query_data_sources;
pub use remove_data_source_revision::remove_data_source_revision;
pub use update_data_source::update_data_source;
pub use update_data_source_connection::update_data_source_connection;
pub use update_data_source_now::update_data_source_now;
