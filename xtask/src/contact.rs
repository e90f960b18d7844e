//! The contact sheet: a page with our picture of each view beside the one that Tableau saved in the package.
//!
//! `scripts/contact-sheet` compares the pictures, scores them and writes the page.

use std::path::Path;
use std::process::Command;

use crate::pictures::Painter;
use crate::{Failure, coverage, files, process, say};

/// Where a folder of documents has Tableau's pictures: `<start of the file's name>__<view>.png`.
pub const THUMBNAILS: &str = "thumbnails";

/// Draws every view below `folder` and writes the page.
pub fn run(folder: &str, out: Option<&str>) -> Result<(), Failure> {
    let folder = std::path::absolute(folder).map_err(|e| format!("cannot look at `{folder}`: {e}"))?;
    if !folder.join(THUMBNAILS).is_dir() {
        return Err(Failure::usage(format!(
            "`{}` has no folder `{THUMBNAILS}` with Tableau's pictures",
            folder.display()
        )));
    }
    let documents = coverage::documents(&folder)?;
    let root = files::root()?;
    let target = process::target_folder()?;
    process::claim_target(&root, &target)?;
    let painter = Painter::build(&root, &target, coverage::engine(&root)?)?;
    for line in painter.draw(&documents)?.lines() {
        say(line);
    }
    say("");
    let out = match out {
        Some(out) => std::path::absolute(out).map_err(|e| format!("cannot write `{out}`: {e}"))?,
        None => target.join("contact-sheet"),
    };
    compare(&root, &painter.folder, &folder, Some(&out))?;
    say(format_args!("{}", out.join("index.html").display()));
    Ok(())
}

/// Prints how much pictures that were drawn look like Tableau's.
pub fn scores(root: &Path, pictures: &Path, folder: &Path) -> Result<(), Failure> {
    compare(root, pictures, folder, None)
}

fn compare(root: &Path, pictures: &Path, folder: &Path, out: Option<&Path>) -> Result<(), Failure> {
    let environment = process::output(Command::new("bash").arg("scripts/pictures-env").current_dir(root))?;
    let mut script = Command::new(Path::new(environment.trim()).join("bin/python"));
    script
        .current_dir(root)
        .arg("scripts/contact-sheet")
        .arg(pictures)
        .arg(folder);
    if let Some(out) = out {
        script.arg("-o").arg(out);
    }
    process::run(&mut script)?;
    Ok(())
}
