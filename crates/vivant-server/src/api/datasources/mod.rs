//! Published data sources.

mod delete_data_source;
mod download_data_source;
mod publish_data_source;
mod query_data_source;
mod query_data_source_connections;
mod query_data_sources;
mod update_data_source;
mod update_data_source_connection;

pub use delete_data_source::delete_data_source;
pub use download_data_source::download_data_source;
pub use publish_data_source::publish_data_source;
pub use query_data_source::query_data_source;
pub use query_data_source_connections::query_data_source_connections;
pub use query_data_sources::query_data_sources;
pub use update_data_source::update_data_source;
pub use update_data_source_connection::update_data_source_connection;
