//! Workbooks.

mod delete_workbook;
mod download_workbook;
mod publish_workbook;
mod query_views_for_workbook;
mod query_workbook;
mod query_workbook_connections;
mod query_workbooks_for_site;
mod update_workbook;
mod update_workbook_connection;

pub use delete_workbook::delete_workbook;
pub use download_workbook::download_workbook;
pub use publish_workbook::publish_workbook;
pub use query_views_for_workbook::query_views_for_workbook;
pub use query_workbook::query_workbook;
pub use query_workbook_connections::query_workbook_connections;
pub use query_workbooks_for_site::query_workbooks_for_site;
pub use update_workbook::update_workbook;
pub use update_workbook_connection::update_workbook_connection;
