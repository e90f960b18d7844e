//! Views.

mod get_view;
mod query_views_for_site;

pub use get_view::get_view;
pub use query_views_for_site::query_views_for_site;
