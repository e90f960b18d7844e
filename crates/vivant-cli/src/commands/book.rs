//! A workbook on disk that is asked: which one, what of it, by whom, and the world around it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use vivant::{
    Ask, Asker, Book, BookRequest, ConnectionSpec, Credentials, DataError, DataFile, DataLimits, DateTime,
    Folders, HyperEngine, Published, World,
};
use vivant_document::{FileKind, Limits};

use crate::exit::{Unclear, UsageError};

/// Options of commands that ask a workbook.
#[derive(Debug, clap::Args)]
pub struct BookArgs {
    /// Workbook: .twb or .twbx
    #[arg(value_name = "BOOK")]
    pub book: PathBuf,
    /// Keep only these values of a field, by its label: Region=East,West; a comma in a value is \,
    #[arg(long = "filter", value_name = "FIELD=VALUES")]
    filters: Vec<String>,
    /// Set a parameter, by its label
    #[arg(long = "parameter", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// Name of the user that user functions see
    #[arg(long, value_name = "NAME", default_value = "")]
    user: String,
    /// A group of that user
    #[arg(long = "group", value_name = "NAME")]
    groups: Vec<String>,
    /// Program that reads .hyper files [default: one in the data folder, if it is there]
    #[arg(long, env = "HYPERD_PATH", value_name = "FILE")]
    hyperd_path: Option<PathBuf>,
    /// Folder of an installation, whose engine is used
    #[arg(
        long,
        env = "VIVANT_DATA_DIR",
        value_name = "FOLDER",
        default_value = "vivant-data"
    )]
    data_dir: PathBuf,
}

impl BookArgs {
    /// Reads what is asked.
    pub fn ask(&self) -> Result<Ask, UsageError> {
        let split = |option: &str, text: &str| match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(UsageError(format!(
                "--{option} {text} must be a name, = and a value"
            ))),
        };
        let name = self.book.file_stem().and_then(|name| name.to_str());
        let mut ask = Ask {
            book_name: name.map(str::to_owned),
            ..Ask::default()
        };
        for text in &self.filters {
            let (name, values) = split("filter", text)?;
            let values = vivant::values(&values);
            match ask.filters.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => known.extend(values),
                None => ask.filters.push((name, values)),
            }
        }
        for text in &self.parameters {
            ask.parameters.push(split("parameter", text)?);
        }
        Ok(ask)
    }

    /// Opens the workbook; `spool` is the folder for what is unpacked.
    pub fn open(&self, spool: &Path) -> anyhow::Result<Book> {
        let path = &self.book;
        let ending = path.extension().and_then(|ending| ending.to_str());
        let kind = ending
            .and_then(FileKind::from_extension)
            .filter(|kind| kind.is_workbook());
        let Some(kind) = kind else {
            return Err(UsageError(format!("{} is no .twb or .twbx file", path.display())).into());
        };
        if !path.is_file() {
            return Err(Unclear::missing(format!("there is no file {}", path.display())).into());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let request = BookRequest {
            document: DataFile::new(path.display().to_string(), path),
            kind,
            extracts: Vec::new(),
            spool,
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        let world = Arc::new(Here {
            folders: Folders::anywhere().beside(&folder),
            folder,
            hyper: HyperEngine::find(self.hyperd_path.as_deref(), std::slice::from_ref(&self.data_dir)),
            asker: Asker {
                name: self.user.clone(),
                full_name: self.user.clone(),
                domain: String::new(),
                groups: self.groups.clone(),
            },
        });
        let world: Arc<dyn World> = Arc::new(Shared(world));
        Book::open(&request, world).with_context(|| path.display().to_string())
    }
}

/// What surrounds a workbook that somebody has on disk.
struct Here {
    folders: Folders,
    folder: PathBuf,
    hyper: Option<HyperEngine>,
    asker: Asker,
}

/// Lends itself to the data sources beside the workbook, too.
struct Shared(Arc<Here>);

impl World for Shared {
    fn file(&self, path: &str) -> Result<DataFile, DataError> {
        self.0.folders.find(path)
    }

    fn credentials(&self, _: &ConnectionSpec) -> Option<Credentials> {
        None
    }

    /// A data source that was downloaded lies beside the workbook under its content URL.
    fn published(&self, content_url: &str) -> Result<Published, DataError> {
        let is_name = !content_url.contains(['/', '\\']);
        for kind in [FileKind::Tdsx, FileKind::Tds, FileKind::Hyper] {
            let path = self.0.folder.join(format!("{content_url}.{}", kind.extension()));
            if is_name && path.is_file() {
                return Ok(Published {
                    file: DataFile::new(path.display().to_string(), &path),
                    kind,
                    extracts: Vec::new(),
                    world: Arc::new(Shared(Arc::clone(&self.0))),
                });
            }
        }
        Err(DataError::Server {
            server: format!("the published data source `{content_url}`"),
            message: format!(
                "it is not here; download it and put it beside the workbook as {content_url}.tdsx"
            ),
        })
    }

    fn hyper(&self) -> Option<HyperEngine> {
        self.0.hyper.clone()
    }

    fn asker(&self) -> Option<Asker> {
        Some(self.0.asker.clone())
    }

    fn now(&self) -> DateTime {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let micros = now.map_or(0, |now| i64::try_from(now.as_micros()).unwrap_or(0));
        DateTime::from_micros(micros)
            .unwrap_or_else(|| DateTime::from_micros(0).expect("1970 has a calendar"))
    }
}
