//! Subscriptions.

mod create_subscription;
mod delete_subscription;
mod form;
mod query_subscription;
mod query_subscriptions;
mod update_subscription;

pub use create_subscription::create_subscription;
pub use delete_subscription::delete_subscription;
pub use query_subscription::query_subscription;
pub use query_subscriptions::query_subscriptions;
pub use update_subscription::update_subscription;
