//! Where sessions are kept between commands, so that many programs of one user share one.

use std::path::PathBuf;

use vivant_client::SessionStore;

/// The variable that names the folder, or `none`.
const VARIABLE: &str = "VIVANT_SESSIONS";

/// The sessions of this user; `None` where none are kept, or where there is no folder for them.
pub fn store() -> Option<SessionStore> {
    let folder = folder()?;
    // Somebody without a home of his own is not kept from his work; he signs in each time.
    if let Err(error) = std::fs::create_dir_all(folder.parent().unwrap_or(&folder)) {
        tracing::info!(folder = %folder.display(), %error, "sessions are not kept");
        return None;
    }
    Some(SessionStore::new(folder).lasting(true))
}

/// `VIVANT_SESSIONS`, otherwise in the user's folder for what programs remember.
fn folder() -> Option<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(folder) = variable(VARIABLE) {
        return (folder.as_os_str() != "none").then_some(folder);
    }
    let state = match cfg!(windows) {
        true => variable("LOCALAPPDATA"),
        false => {
            variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")))
        }
    };
    state.map(|state| state.join("vivant").join("sessions"))
}
