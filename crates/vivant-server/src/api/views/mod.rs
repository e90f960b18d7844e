//! Views.

mod add_tags_to_view;
mod delete_tag_from_view;
mod get_view;
mod query_views_for_site;

pub use add_tags_to_view::add_tags_to_view;
pub use delete_tag_from_view::delete_tag_from_view;
pub use get_view::get_view;
pub use query_views_for_site::query_views_for_site;
