//! Zipped spatial files, unpacked to a folder that goes with the last file of them.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;
use zip::ZipArchive;

use super::{no_layer, stem};
use crate::error::{DataError, Result, shorten};
use crate::files::{DataFile, Files};
use crate::limits::DataLimits;

/// Extensions of what is unpacked: layers, and what belongs to shapefiles.
const LAYERS: [&str; 4] = ["shp", "geojson", "topojson", "kml"];
const PARTS: [&str; 9] = [
    "shp", "dbf", "prj", "cpg", "shx", "geojson", "topojson", "kml", "json",
];
/// Files of an archive; layers have a handful of parts each.
const FILES: usize = 4_096;

/// The spatial files of an archive.
pub(super) struct Archive {
    name: String,
    folder: Arc<TempDir>,
    /// Names in the archive, and where the file is.
    files: Vec<(String, PathBuf)>,
}

impl Archive {
    /// Unpacks what spatial files consist of; sizes are counted, not believed.
    pub fn unpack(file: &DataFile, limits: &DataLimits) -> Result<Self> {
        let damaged = |message: String| DataError::damaged(file.name(), message);
        let write = |error| DataError::io("the folder for unpacked files", error);
        let mut archive =
            ZipArchive::new(BufReader::new(file.open()?)).map_err(|error| damaged(error.to_string()))?;
        if archive.len() > FILES {
            return Err(DataError::TooLarge {
                what: file.name().to_owned(),
                limit: FILES as u64,
                unit: "files",
            });
        }
        let folder = TempDir::with_prefix("spatial-").map_err(write)?;
        let mut files = Vec::new();
        let mut left = limits.file_bytes;
        for index in 0..archive.len() {
            let part = archive
                .by_index(index)
                .map_err(|error| damaged(error.to_string()))?;
            let name = part
                .name()
                .map_err(|error| damaged(error.to_string()))?
                .replace('\\', "/");
            let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
            // Archives of one system have a hidden twin of every file.
            if !PARTS.contains(&extension.to_ascii_lowercase().as_str()) || name.starts_with("__MACOSX/") {
                continue;
            }
            let most = match part.compressed_size().checked_mul(limits.compression_ratio) {
                Some(most) => left.min(most.max(16 << 20)),
                None => left,
            };
            // Names in the archive never become paths.
            let path = folder.path().join(index.to_string());
            let mut out = File::create(&path).map_err(write)?;
            let mut taken = part.take(most.saturating_add(1));
            let mut block = vec![0; 64 << 10];
            let mut size = 0_u64;
            loop {
                let read = taken
                    .read(&mut block)
                    .map_err(|error| damaged(error.to_string()))?;
                if read == 0 {
                    break;
                }
                size += read as u64;
                if size > most {
                    return Err(DataError::TooLarge {
                        what: format!("{} in {}", shorten(&name), file.name()),
                        limit: most,
                        unit: "bytes",
                    });
                }
                out.write_all(&block[..read]).map_err(write)?;
            }
            left -= size;
            files.push((name, path));
        }
        Ok(Self {
            name: file.name().to_owned(),
            folder: Arc::new(folder),
            files,
        })
    }

    /// Returns the paths of the layers in the archive.
    fn paths(&self) -> Vec<&str> {
        let with = |extensions: &[&str]| {
            let is_one = |name: &&str| {
                name.rsplit_once('.').is_some_and(|(_, extension)| {
                    extensions.contains(&extension.to_ascii_lowercase().as_str())
                })
            };
            self.files
                .iter()
                .map(|(name, _)| name.as_str())
                .filter(is_one)
                .collect::<Vec<_>>()
        };
        match with(&LAYERS) {
            // A plain `.json` is a layer where there is no other.
            none if none.is_empty() => with(&["json"]),
            found => found,
        }
    }

    /// Returns the names of the layers.
    pub fn layers(&self) -> Vec<String> {
        self.paths()
            .into_iter()
            .map(|path| stem(path).to_owned())
            .collect()
    }

    /// Finds the path of a layer; an archive with one layer needs no name.
    pub fn pick(&self, layer: &str) -> Result<String> {
        let paths = self.paths();
        let same = paths.iter().find(|path| stem(path).eq_ignore_ascii_case(layer));
        match (same, paths.as_slice()) {
            (Some(found), _) => Ok((*found).to_owned()),
            (None, [only]) => Ok((*only).to_owned()),
            (None, _) => Err(no_layer(layer, &self.name, &self.layers())),
        }
    }
}

impl Files for Archive {
    fn find(&self, path: &str) -> Result<DataFile> {
        self.files
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(path))
            .map(|(name, path)| {
                let name = format!("{} in {}", shorten(name), self.name);
                DataFile::kept(name, path, Arc::clone(&self.folder) as _)
            })
            .ok_or_else(|| DataError::FileMissing {
                path: format!("{path} in {}", self.name),
            })
    }
}
