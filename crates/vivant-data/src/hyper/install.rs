//! Where `hyperd` comes from: the Python wheel that its maker publishes, under the Apache licence.
//!
//! Nothing is downloaded here. [`pick`] chooses the wheel out of what the package index says, [`install`]
//! unpacks the bytes that somebody fetched, after their checksum was compared.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::server::PROGRAM;
use crate::error::{DataError, Result, shorten};

/// Where the package index describes the package.
pub const INDEX: &str = "https://pypi.org/pypi/tableauhyperapi/json";

/// Bytes that the unpacked program may have.
const MOST: u64 = 2 << 30;

/// A wheel that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wheel {
    /// Version of the package.
    pub version: String,
    /// Name of the file.
    pub file: String,
    /// Where it is.
    pub url: String,
    /// Its checksum, in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
}

/// Chooses the newest wheel for a machine out of what the index answers.
///
/// `system` and `machine` are as in [`std::env::consts`]: `linux` and `x86_64`.
pub fn pick(index: &[u8], system: &str, machine: &str) -> Result<Wheel> {
    let damaged = |message: &str| DataError::damaged("the answer of the package index", message);
    let tag = match (system, machine) {
        ("linux", "x86_64") => "manylinux",
        ("linux", "aarch64") => "aarch64",
        ("macos", "x86_64") => "macosx",
        ("macos", "aarch64") => "arm64",
        ("windows", "x86_64") => "win_amd64",
        _ => "",
    };
    let index: Value = serde_json::from_slice(index).map_err(|error| damaged(&error.to_string()))?;
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let version = index
        .get("info")
        .and_then(|info| text(info, "version"))
        .ok_or_else(|| damaged("it names no version"))?;
    let files = index
        .get("urls")
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice);
    let found = files.iter().find(|file| {
        let name = text(file, "filename").unwrap_or_default();
        let other_machine = match machine {
            "x86_64" => name.contains("arm64") || name.contains("aarch64"),
            _ => false,
        };
        !tag.is_empty() && name.ends_with(".whl") && name.contains(tag) && !other_machine
    });
    let Some(file) = found else {
        return Err(DataError::UnsupportedSetting {
            setting: "the machine",
            value: format!("{system} {machine}"),
            hint: "the maker of hyperd publishes none for it".to_owned(),
        });
    };
    let sha256 = file
        .get("digests")
        .and_then(|digests| text(digests, "sha256"))
        .ok_or_else(|| damaged("it has no checksum"))?;
    Ok(Wheel {
        version,
        file: text(file, "filename").unwrap_or_default(),
        url: text(file, "url")
            .filter(|url| url.starts_with("https://"))
            .ok_or_else(|| damaged("it has no address"))?,
        sha256,
        size: file.get("size").and_then(Value::as_u64).unwrap_or_default(),
    })
}

/// Returns where [`install`] puts the program in a folder.
pub fn installed(folder: &Path) -> PathBuf {
    folder.join("hyper-engine").join(PROGRAM)
}

/// Unpacks a wheel into a folder and returns the program. What was there before is replaced as a whole.
pub fn install(mut wheel: impl Read + Seek, about: &Wheel, folder: &Path) -> Result<PathBuf> {
    let io = |error: io::Error| DataError::io("the folder of the engine", error);
    let damaged = |message: String| DataError::damaged(&about.file, message);
    wheel.seek(SeekFrom::Start(0)).map_err(io)?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match wheel.read(&mut block).map_err(io)? {
            0 => break,
            read => digest.update(&block[..read]),
        }
    }
    let sum: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if !sum.eq_ignore_ascii_case(&about.sha256) {
        return Err(damaged(format!(
            "its checksum is {sum}, not {}",
            shorten(&about.sha256)
        )));
    }
    wheel.seek(SeekFrom::Start(0)).map_err(io)?;
    fs::create_dir_all(folder).map_err(io)?;
    let fresh = tempfile::Builder::new()
        .prefix("hyper-engine-")
        .tempdir_in(folder)
        .map_err(io)?;
    let mut archive = ZipArchive::new(wheel).map_err(|error| damaged(error.to_string()))?;
    let mut left = MOST;
    for index in 0..archive.len() {
        let mut entry = archive
            .by_index(index)
            .map_err(|error| damaged(error.to_string()))?;
        // The program, the libraries that it loads and the licences; all in one folder of the wheel.
        let Some(path) = entry.enclosed_name() else {
            return Err(damaged("a path in it leads out".to_owned()));
        };
        let text = path.to_string_lossy().replace('\\', "/");
        let name = match text
            .split_once("/bin/hyper/")
            .or_else(|| text.split_once("/bin/"))
        {
            Some((_, name)) if !name.is_empty() && !entry.is_dir() => name.to_owned(),
            _ => match text.rsplit('/').next() {
                Some(name) if name.to_ascii_uppercase().starts_with("LICENSE") && !entry.is_dir() => {
                    name.to_owned()
                }
                _ => continue,
            },
        };
        let place = fresh.path().join(&name);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(io)?;
        }
        let mut out = File::create(&place).map_err(io)?;
        let copied = io::copy(&mut entry.by_ref().take(left + 1), &mut out).map_err(io)?;
        left = left.checked_sub(copied).ok_or_else(|| DataError::TooLarge {
            what: about.file.clone(),
            limit: MOST,
            unit: "bytes",
        })?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            out.set_permissions(fs::Permissions::from_mode(0o755))
                .map_err(io)?;
        }
    }
    if !fresh.path().join(PROGRAM).is_file() {
        return Err(damaged(format!("it holds no `{PROGRAM}`")));
    }
    fs::write(fresh.path().join("VERSION"), &about.version).map_err(io)?;
    let place = folder.join("hyper-engine");
    match fs::remove_dir_all(&place) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io(error)),
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Temporary folders are for their owner only; the server may run as another user.
        fs::set_permissions(fresh.path(), fs::Permissions::from_mode(0o755)).map_err(io)?;
    }
    fs::rename(fresh.keep(), &place).map_err(io)?;
    Ok(place.join(PROGRAM))
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn wheel(entries: &[(&str, &str)]) -> (Vec<u8>, Wheel) {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in entries {
            zip.start_file(*name, zip::write::SimpleFileOptions::default())
                .unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        let sha256 = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let about = Wheel {
            version: "1.2".to_owned(),
            file: "tableauhyperapi.whl".to_owned(),
            url: "https://example.com/x.whl".to_owned(),
            sha256,
            size: bytes.len() as u64,
        };
        (bytes, about)
    }

    #[test]
    fn a_wheel_is_unpacked_and_replaces_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["first", "second"] {
            let program = format!("tableauhyperapi/bin/hyper/{PROGRAM}");
            let (bytes, about) = wheel(&[
                (&program, text),
                ("tableauhyperapi/bin/libtableauhyperapi.so", "library"),
                ("tableauhyperapi-1.2.dist-info/LICENSE", "licence"),
                ("tableauhyperapi/catalog.py", "python"),
            ]);
            let place = install(Cursor::new(bytes), &about, folder.path()).unwrap();
            assert_eq!(place, installed(folder.path()));
            assert_eq!(fs::read_to_string(&place).unwrap(), text);
            assert_eq!(
                fs::read_to_string(place.with_file_name("VERSION")).unwrap(),
                "1.2"
            );
            assert!(place.with_file_name("LICENSE").is_file());
            assert!(!place.with_file_name("catalog.py").exists());
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(crate::hyper::HyperEngine::find(None, &[folder.path().to_owned()]).is_some());
    }

    #[test]
    fn what_is_not_the_wheel_leaves_everything_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let program = format!("tableauhyperapi/bin/hyper/{PROGRAM}");
        let (bytes, about) = wheel(&[(&program, "good")]);
        install(Cursor::new(bytes.clone()), &about, folder.path()).unwrap();
        let other = Wheel {
            sha256: "00".to_owned(),
            ..about.clone()
        };
        assert!(install(Cursor::new(bytes), &other, folder.path()).is_err());
        let (bytes, about) = wheel(&[("readme", "nothing")]);
        assert!(install(Cursor::new(bytes), &about, folder.path()).is_err());
        assert_eq!(fs::read_to_string(installed(folder.path())).unwrap(), "good");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_wheel_of_the_machine_is_picked() {
        let index = br#"{"info": {"version": "0.1"}, "urls": [
            {"filename": "t-0.1-py3-none-macosx_10_11_x86_64.whl", "url": "https://e/m", "digests": {"sha256": "a"}, "size": 1},
            {"filename": "t-0.1-py3-none-macosx_13_0_arm64.whl", "url": "https://e/a", "digests": {"sha256": "b"}, "size": 1},
            {"filename": "t-0.1-py3-none-manylinux2014_x86_64.whl", "url": "https://e/l", "digests": {"sha256": "c"}, "size": 1},
            {"filename": "t-0.1-py3-none-win_amd64.whl", "url": "http://e/w", "digests": {"sha256": "d"}, "size": 1}]}"#;
        let url = |system, machine| pick(index, system, machine).map(|wheel| wheel.url);
        assert_eq!(url("linux", "x86_64").unwrap(), "https://e/l");
        assert_eq!(url("macos", "x86_64").unwrap(), "https://e/m");
        assert_eq!(url("macos", "aarch64").unwrap(), "https://e/a");
        assert!(url("linux", "riscv64").is_err());
        // Not over an open line.
        assert!(url("windows", "x86_64").is_err());
        assert!(pick(b"<html>", "linux", "x86_64").is_err());
    }
}
