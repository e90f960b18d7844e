//! Views.

mod add_tags_to_view;
mod delete_tag_from_view;
mod download_view_crosstab_excel;
mod get_view;
mod query_view_data;
mod query_view_image;
mod query_view_pdf;
mod query_views_for_site;

pub use add_tags_to_view::add_tags_to_view;
pub use delete_tag_from_view::delete_tag_from_view;
pub use download_view_crosstab_excel::download_view_crosstab_excel;
pub use get_view::get_view;
pub use query_view_data::query_view_data;
pub use query_view_image::query_view_image;
pub use query_view_pdf::query_view_pdf;
pub use query_views_for_site::query_views_for_site;
