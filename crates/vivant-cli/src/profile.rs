//! Profiles: servers, sites and users under a name, in a file that only its owner can read.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::exit::{Unclear, UsageError};

/// One server, and who signs in there.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// The server's address.
    pub server: String,
    /// The site's content URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// The user's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The personal access token's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_name: Option<String>,
    /// The client id of a connected app, through which the user signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The id of its secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_id: Option<String>,
    /// What its sessions may do; nothing is what they may usually do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// Whether the file of the secret holds a JSON web token that somebody else makes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub jwt: bool,
    /// Whether that is a unified access token.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unified: bool,
    /// Whom the session acts as, by name or id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impersonate: Option<String>,
    /// The password, the token's value or the connected app's secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Certificates to trust.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Whether any certificate is taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub insecure: bool,
    /// The proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The API version to speak.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    /// Seconds for one request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
}

/// The file of profiles.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profiles {
    /// The profile that counts where none is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// All of them.
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
}

/// Where the file is: `VIVANT_CONFIG`, otherwise in the user's folder of settings.
pub fn path() -> anyhow::Result<PathBuf> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(path) = variable("VIVANT_CONFIG") {
        return Ok(path);
    }
    let folder = match cfg!(windows) {
        true => variable("APPDATA"),
        false => variable("XDG_CONFIG_HOME").or_else(|| variable("HOME").map(|home| home.join(".config"))),
    };
    let folder = folder.ok_or_else(|| {
        UsageError("there is no folder for settings: set VIVANT_CONFIG to the file of profiles".to_owned())
    })?;
    Ok(folder.join("vivant").join("config.toml"))
}

impl Profiles {
    /// Reads the file; there are no profiles where there is none.
    pub fn load() -> anyhow::Result<Self> {
        match path() {
            Ok(path) => Self::read(&path),
            // Without a home there is nothing to read, and nothing that must be.
            Err(_) => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(UsageError(format!("{shown} cannot be read: {error}")).into()),
        };
        let profiles: Self = toml::from_str(&text).map_err(|error| {
            // The error would show the line, and with it perhaps a secret.
            let line = error
                .span()
                .map_or(0, |span| text[..span.start].lines().count().max(1));
            UsageError(format!(
                "{shown} is no file of profiles: line {line}: {}",
                error.message()
            ))
        })?;
        if profiles.profiles.values().any(|profile| profile.secret.is_some()) {
            private(path)?;
        }
        Ok(profiles)
    }

    /// Writes the file, which nobody else can read.
    pub fn save(&self) -> anyhow::Result<()> {
        self.write(&path()?)
    }

    fn write(&self, path: &Path) -> anyhow::Result<()> {
        let unwritable = || format!("{} cannot be written", path.display());
        // A link stays a link.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            builder.mode(0o700);
        }
        builder.create(folder).with_context(unwritable)?;
        // Made for its owner alone from the beginning: 0600.
        let mut file = tempfile::Builder::new()
            .prefix(".config-")
            .tempfile_in(folder)
            .with_context(unwritable)?;
        let text = toml::to_string(self).with_context(unwritable)?;
        file.write_all(text.as_bytes())
            .and_then(|()| file.as_file().sync_all())
            .with_context(unwritable)?;
        file.persist(path)
            .map_err(|error| error.error)
            .with_context(unwritable)?;
        Ok(())
    }

    /// The profile of a name.
    pub fn named(&self, name: &str) -> anyhow::Result<Profile> {
        self.profiles.get(name).cloned().ok_or_else(|| {
            let names: Vec<&str> = self.profiles.keys().map(String::as_str).collect();
            let known = match names.is_empty() {
                true => "there is none yet; `vivant profile add` makes one".to_owned(),
                false => format!("there are {}", names.join(", ")),
            };
            Unclear::missing(format!("there is no profile '{name}': {known}")).into()
        })
    }

    /// The profile that counts where none is named.
    pub fn present(&self) -> anyhow::Result<Option<Profile>> {
        self.current.as_deref().map(|name| self.named(name)).transpose()
    }
}

#[cfg(unix)]
fn private(path: &Path) -> Result<(), UsageError> {
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o077 != 0);
    match open {
        true => Err(UsageError(format!(
            "{} holds secrets, and others can read it: chmod 600 it",
            path.display()
        ))),
        false => Ok(()),
    }
}

#[cfg(not(unix))]
fn private(_path: &Path) -> Result<(), UsageError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_for_its_owner_and_read_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("new/config.toml");
        let mut profiles = Profiles::read(&path).expect("none yet");
        assert!(profiles.profiles.is_empty());
        let profile = Profile {
            server: "https://t.example.com".to_owned(),
            site: Some("ü & \"x\"".to_owned()),
            secret: Some("s3cret".to_owned()),
            ..Profile::default()
        };
        profiles.profiles.insert("prod".to_owned(), profile);
        profiles.current = Some("prod".to_owned());
        profiles.write(&path).expect("written");
        let read = Profiles::read(&path)
            .expect("read")
            .present()
            .expect("there")
            .expect("one");
        assert_eq!(read.site.as_deref(), Some("ü & \"x\""));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(path.parent().expect("a folder")), 0o700);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("set");
            let error = Profiles::read(&path).err().expect("refused").to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_broken_file_is_told_without_its_secrets() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("config.toml");
        for text in [
            "[profiles.a]\nserver = 's'\nsecret = 3cret",
            "[profiles.a]\nsecrt = '3cret'\nserver='s'",
        ] {
            std::fs::write(&path, text).expect("written");
            let error = Profiles::read(&path).err().expect("refused").to_string();
            assert!(!error.contains("3cret"), "{error}");
            assert!(error.contains("line"), "{error}");
        }
    }
}
