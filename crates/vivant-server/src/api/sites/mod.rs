//! Sites.

mod create_site;
mod delete_site;
mod encrypt_extracts;
mod query_site;
mod query_sites;
mod update_site;

pub use create_site::create_site;
pub use delete_site::delete_site;
pub use encrypt_extracts::{decrypt_extracts, encrypt_extracts, reencrypt_extracts};
pub use query_site::query_site;
pub use query_sites::query_sites;
pub use update_site::update_site;
