//! Favorites.

mod add_to_favorites;
mod delete_from_favorites;
mod get_favorites_for_user;

pub use add_to_favorites::add_to_favorites;
pub use delete_from_favorites::delete_from_favorites;
pub use get_favorites_for_user::get_favorites_for_user;
