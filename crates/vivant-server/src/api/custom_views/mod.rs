//! Custom views.

mod definition;
mod delete_custom_view;
mod download_custom_view_definition;
mod get_custom_view;
mod get_custom_view_data;
mod get_custom_view_image;
mod get_custom_view_pdf;
mod list_custom_views;
mod list_users_with_custom_view_as_default;
mod publish_custom_view;
mod set_custom_view_as_default_for_users;
mod update_custom_view;

pub use delete_custom_view::delete_custom_view;
pub use download_custom_view_definition::download_custom_view_definition;
pub use get_custom_view::get_custom_view;
pub use get_custom_view_data::get_custom_view_data;
pub use get_custom_view_image::get_custom_view_image;
pub use get_custom_view_pdf::get_custom_view_pdf;
pub use list_custom_views::list_custom_views;
pub use list_users_with_custom_view_as_default::list_users_with_custom_view_as_default;
pub use publish_custom_view::publish_custom_view;
pub use set_custom_view_as_default_for_users::set_custom_view_as_default_for_users;
pub use update_custom_view::update_custom_view;
