//! Loading: the rows of one bare table file, written as an extract, table by table.

use std::ops::ControlFlow;
use std::path::Path;

use vivant_data::extract;
use vivant_data::hyper::{HyperEngine, HyperFile};
use vivant_data::spec::{ConnectionSpec, TableSpec};
use vivant_data::{Batches, DataError, DataFile, DataLimits, Files, Place, open};
use vivant_document::FileKind;

use crate::refresh::{RefreshError, RefreshedExtract, Undo};

/// What to load.
#[derive(Debug, Clone)]
pub struct LoadRequest<'r> {
    /// The file on disk.
    pub file: &'r Path,
    /// What it is: its name may not say.
    pub kind: FileKind,
    /// What messages call it.
    pub label: &'r str,
    /// Folder for the extract.
    pub out: &'r Path,
    /// The program that reads `.hyper` files, if it is installed.
    pub hyper: Option<HyperEngine>,
    /// Bounds for data.
    pub data_limits: DataLimits,
}

/// Reads a table file and writes its rows as an extract; of a file of several tables each under its name. `progress`
/// is told after every batch how many rows there are, and stops the loading by returning [`ControlFlow::Break`]. When
/// it fails nothing is left in the folder.
pub fn load(
    request: &LoadRequest<'_>,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Vec<RefreshedExtract>, RefreshError> {
    let class = request.kind.extension();
    let failed = |source: DataError| match source {
        DataError::Cancelled => RefreshError::Cancelled,
        source => RefreshError::Data {
            datasource: request.label.to_owned(),
            connection: request.label.to_owned(),
            class: class.to_owned(),
            source: Box::new(source),
        },
    };
    let connection = ConnectionSpec::of_class(class).with("filename", request.label);
    let files = OneFile(DataFile::new(request.label, request.file));
    let place = Place {
        hyper: request.hyper.as_ref(),
        guard: &|_| Ok(()),
        files: &files,
        credentials: &|_| None,
        limits: &request.data_limits,
    };
    let only = (SINGLE.to_owned(), request.label.to_owned());
    let tables = match request.kind {
        FileKind::Hyper => several(request, &files.0, only).map_err(failed)?,
        _ => vec![only],
    };
    let mut undo = Undo::default();
    let mut loaded = Vec::with_capacity(tables.len());
    for (key, name) in tables {
        let batches = open(&connection, &TableSpec::of_table(name), place).map_err(failed)?;
        let extract = write(request, key, batches, progress, &failed)?;
        undo.files.push(extract.file.clone());
        loaded.push(extract);
    }
    undo.keep();
    Ok(loaded)
}

/// The key of a table that is alone.
const SINGLE: &str = "Extract";

/// The tables of a `.hyper` file: the key of each, and its name as documents write it.
fn several(
    request: &LoadRequest<'_>,
    file: &DataFile,
    only: (String, String),
) -> Result<Vec<(String, String)>, DataError> {
    let tables = HyperFile::open(request.hyper.as_ref(), file)?.tables()?;
    if tables.len() < 2 {
        return Ok(vec![only]);
    }
    let mut found: Vec<(String, String)> = Vec::with_capacity(tables.len());
    for table in &tables {
        if found.iter().any(|(key, _)| *key == table.name) {
            return Err(DataError::UnsupportedSetting {
                setting: "the table",
                value: table.name.clone(),
                hint: "the file has several of this name, in different schemas".to_owned(),
            });
        }
        found.push((table.name.clone(), table.label()));
    }
    Ok(found)
}

fn write(
    request: &LoadRequest<'_>,
    table: String,
    batches: Batches,
    progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    failed: &dyn Fn(DataError) -> RefreshError,
) -> Result<RefreshedExtract, RefreshError> {
    let columns = extract::columns_of(&batches, &[], "");
    let file = tempfile::Builder::new()
        .prefix("extract-")
        .suffix(".parquet")
        .tempfile_in(request.out)
        .map_err(|source| RefreshError::Io {
            what: "the folder for extracts",
            source,
        })?
        .into_temp_path();
    let written = extract::write(
        batches,
        &columns,
        &file,
        None,
        None,
        &request.data_limits,
        progress,
    )
    .map_err(failed)?;
    let io = |source| RefreshError::Io {
        what: "the new extract",
        source,
    };
    let bytes = std::fs::metadata(&file).map_err(io)?.len();
    Ok(RefreshedExtract {
        datasource: request.label.to_owned(),
        table,
        file: file.keep().map_err(|error| io(error.error))?,
        bytes,
        rows: written.rows,
        added: written.added,
        columns,
    })
}

/// A world of one file.
struct OneFile(DataFile);

impl Files for OneFile {
    fn find(&self, _: &str) -> Result<DataFile, DataError> {
        Ok(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_table_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, b"PAR1 but not for long").unwrap();
        for kind in [FileKind::Parquet, FileKind::Hyper] {
            let request = LoadRequest {
                file: &file,
                kind,
                label: "Orders",
                out: folder.path(),
                hyper: None,
                data_limits: DataLimits::default(),
            };
            let error = load(&request, &mut |_| ControlFlow::Continue(())).unwrap_err();
            assert!(matches!(error, RefreshError::Data { .. }), "{error}");
        }
        let left = std::fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(left, 1, "a failed load left something behind");
    }
}
