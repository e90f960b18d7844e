//! Upload sessions.

mod append_to_file_upload;
mod initiate_file_upload;

pub use append_to_file_upload::append_to_file_upload;
pub use initiate_file_upload::initiate_file_upload;
