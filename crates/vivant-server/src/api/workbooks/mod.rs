//! Workbooks.

mod add_tags_to_workbook;
mod delete_tag_from_workbook;
mod delete_workbook;
mod download_workbook;
mod download_workbook_revision;
mod get_workbook_revisions;
mod publish_workbook;
mod query_view_preview_image;
mod query_views_for_workbook;
mod query_workbook;
mod query_workbook_connections;
mod query_workbook_preview_image;
mod query_workbooks_for_site;
mod remove_workbook_revision;
mod update_workbook;
mod update_workbook_connection;
mod update_workbook_now;

pub use add_tags_to_workbook::add_tags_to_workbook;
pub use delete_tag_from_workbook::delete_tag_from_workbook;
pub use delete_workbook::delete_workbook;
pub use download_workbook::download_workbook;
pub use download_workbook_revision::download_workbook_revision;
pub use get_workbook_revisions::get_workbook_revisions;
pub use publish_workbook::publish_workbook;
pub use query_view_preview_image::query_view_preview_image;
pub use query_views_for_workbook::query_views_for_workbook;
pub use query_workbook::query_workbook;
pub use query_workbook_connections::query_workbook_connections;
pub use query_workbook_preview_image::query_workbook_preview_image;
pub use query_workbooks_for_site::query_workbooks_for_site;
pub use remove_workbook_revision::remove_workbook_revision;
pub use update_workbook::update_workbook;
pub use update_workbook_connection::update_workbook_connection;
pub use update_workbook_now::update_workbook_now;
