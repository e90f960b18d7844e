//! Everything outside a document, as one trait.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use vivant_calc::civil::DateTime;
use vivant_data::hyper::HyperEngine;
use vivant_data::spec::ConnectionSpec;
use vivant_data::{Credentials, DataError, DataFile};
use vivant_document::FileKind;

use crate::refresh::PreviousExtract;

/// Who asks, for user functions and filters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asker {
    /// Name of the user.
    pub name: String,
    /// Full name.
    pub full_name: String,
    /// Domain.
    pub domain: String,
    /// Names of the groups that the user is in.
    pub groups: Vec<String>,
}

/// A data source that a document names instead of having it.
#[derive(Clone)]
pub struct Published {
    /// Its file.
    pub file: DataFile,
    /// What it is: its name may not say.
    pub kind: FileKind,
    /// Extracts that were refreshed since; they are read in place of those in the package.
    pub extracts: Vec<PreviousExtract>,
    /// What surrounds it. It has connections and credentials of its own.
    pub world: Arc<dyn World>,
}

/// What surrounds a document.
pub trait World: Send + Sync {
    /// Finds a file that the package does not hold, by the path that the document writes.
    ///
    /// What may be read is decided here. A server must not hand out its own files.
    fn file(&self, path: &str) -> Result<DataFile, DataError>;

    /// Returns user and password of a connection to a database.
    fn credentials(&self, connection: &ConnectionSpec) -> Option<Credentials>;

    /// Says whether a database may be connected to. A server refuses its own store here.
    fn may_connect(&self, connection: &ConnectionSpec) -> Result<(), DataError> {
        let _ = connection;
        Ok(())
    }

    /// Finds a published data source by its content URL. Who asks must be allowed to connect to it.
    fn published(&self, content_url: &str) -> Result<Published, DataError> {
        Err(DataError::UnsupportedClass {
            class: "sqlproxy".to_owned(),
            hint: format!("the published data source `{content_url}` is on a server"),
        })
    }

    /// Returns the program that reads `.hyper` files, if it is installed.
    fn hyper(&self) -> Option<HyperEngine> {
        None
    }

    /// Returns who asks; `None` for work that nobody asked for, such as a schedule's.
    fn asker(&self) -> Option<Asker>;

    /// Returns the time on the clock where the data are shown.
    fn now(&self) -> DateTime;
}

/// Folders from which files may be read, and no others.
///
/// An empty list allows nothing. Symbolic links are followed before the path is compared, so none leads out.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    allowed: Vec<PathBuf>,
    base: Option<PathBuf>,
    anywhere: bool,
}

impl Folders {
    /// Allows these folders and what is below them.
    pub fn new(allowed: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            // A folder that is not there allows nothing.
            allowed: allowed
                .into_iter()
                .filter_map(|folder| folder.canonicalize().ok())
                .collect(),
            ..Self::default()
        }
    }

    /// Allows every file that the process can read, as a program that someone runs for themselves may.
    pub fn anywhere() -> Self {
        Self {
            anywhere: true,
            ..Self::default()
        }
    }

    /// Looks beside this folder, too: that of the document.
    #[must_use]
    pub fn beside(mut self, folder: &Path) -> Self {
        self.base = Some(folder.to_owned());
        self
    }

    /// Finds a file by the path that a document writes.
    pub fn find(&self, path: &str) -> Result<DataFile, DataError> {
        let missing = || DataError::FileMissing {
            path: path.to_owned(),
        };
        let asked = Path::new(path);
        let last = path.rsplit('/').next().unwrap_or(path);
        let mut places = vec![asked.to_owned()];
        if let Some(base) = &self.base {
            if asked.is_relative() {
                places.insert(0, base.join(asked));
            }
            places.push(base.join(last));
        }
        let mut refused = false;
        for place in places {
            if place.is_relative() && self.base.is_none() && !self.anywhere {
                continue;
            }
            let Ok(real) = place.canonicalize() else { continue };
            if !real.is_file() {
                continue;
            }
            let beside = self
                .base
                .as_ref()
                .and_then(|base| base.canonicalize().ok())
                .is_some_and(|base| real.starts_with(base));
            if self.anywhere || beside || self.allowed.iter().any(|folder| real.starts_with(folder)) {
                return Ok(DataFile::new(path, real));
            }
            refused = true;
        }
        // Whether a file is there is nobody's business where it may not be read.
        let outside = !self.anywhere && (refused || asked.is_absolute() || path.contains(':'));
        Err(if outside {
            DataError::FileRefused {
                path: path.to_owned(),
                reason: "it is outside of the folders that may be read; publish it inside the package"
                    .to_owned(),
            }
        } else {
            missing()
        })
    }
}

/// A world in which there is nothing.
#[cfg(test)]
pub(crate) struct Closed;

#[cfg(test)]
impl World for Closed {
    fn file(&self, path: &str) -> Result<DataFile, DataError> {
        Folders::default().find(path)
    }

    fn credentials(&self, _: &ConnectionSpec) -> Option<Credentials> {
        None
    }

    fn asker(&self) -> Option<Asker> {
        None
    }

    fn now(&self) -> DateTime {
        DateTime::from_micros(0).expect("1970 is a year")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_outside_of_the_allowed_folders_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("in");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("a.csv"), "x").unwrap();
        std::fs::write(folder.path().join("secret.csv"), "x").unwrap();
        let path = |relative: &str| folder.path().join(relative).to_str().unwrap().to_owned();
        let folders = Folders::new([inside.clone()]);

        assert!(folders.find(&path("in/a.csv")).is_ok());
        for outside in ["secret.csv", "in/../secret.csv", "missing.csv"] {
            let error = folders.find(&path(outside)).unwrap_err();
            assert!(
                matches!(error, DataError::FileRefused { .. }),
                "{outside}: {error}"
            );
        }
        assert!(Folders::default().find(&path("in/a.csv")).is_err());
        assert!(Folders::anywhere().find(&path("secret.csv")).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("in");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(folder.path().join("secret.csv"), "x").unwrap();
        std::os::unix::fs::symlink(folder.path().join("secret.csv"), inside.join("link.csv")).unwrap();
        let found = Folders::new([inside.clone()]).find(inside.join("link.csv").to_str().unwrap());
        assert!(matches!(found, Err(DataError::FileRefused { .. })));
    }

    #[test]
    fn a_file_beside_the_document_is_found() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.csv"), "x").unwrap();
        let folders = Folders::default().beside(folder.path());
        assert!(folders.find("a.csv").is_ok());
        assert!(folders.find("C:/Users/me/a.csv").is_ok());
        assert!(folders.find("../a.csv").is_ok());
        assert!(folders.find("b.csv").is_err());
    }
}
