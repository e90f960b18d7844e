//! Fonts on disk, for letters that those inside the program do not have.

use std::path::Path;

use anyhow::Context as _;

/// The most bytes of all fonts together.
const MOST_BYTES: u64 = 512 << 20;

/// Has pictures drawn with the fonts of a folder, too; those whose names come first count first.
pub fn add(folder: Option<&Path>) -> anyhow::Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    let what = || format!("the folder of fonts {}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(what)? {
        let path = entry.with_context(what)?.path();
        let ending = path.extension().and_then(|ending| ending.to_str());
        let ending = ending.unwrap_or_default().to_ascii_lowercase();
        if matches!(ending.as_str(), "ttf" | "otf" | "ttc" | "otc") {
            paths.push(path);
        }
    }
    if paths.is_empty() {
        anyhow::bail!("{} has no .ttf, .otf, .ttc or .otc files", what());
    }
    paths.sort();
    let (mut files, mut bytes) = (Vec::new(), 0);
    for path in paths {
        let of = || path.display().to_string();
        bytes += std::fs::metadata(&path).with_context(of)?.len();
        if bytes > MOST_BYTES {
            anyhow::bail!("{} has more than {} MB of fonts", what(), MOST_BYTES >> 20);
        }
        files.push(std::fs::read(&path).with_context(of)?);
    }
    vivant::add_fonts(files);
    Ok(())
}
