//! Renews the pictures that the tests hold views of the samples against.
//!
//! They are to be looked at before they are committed: a test that was renewed unseen tests nothing.

use crate::{Failure, files, process, say};

/// The folder of what is kept.
const FOLDER: &str = "crates/vivant/tests/pictures";

/// Draws the views anew.
pub fn run() -> Result<(), Failure> {
    let root = files::root()?;
    let target = process::target_folder()?;
    process::claim_target(&root, &target)?;
    let mut test = process::cargo(&root);
    test.env("CARGO_TARGET_DIR", &target)
        .env("VIVANT_GOLDEN", "renew")
        .args([
            "test",
            "--locked",
            "--workspace",
            "--features",
            "vivant/draw",
            "--test",
            "pictures",
        ]);
    process::run(&mut test)?;
    say(format_args!(
        "look at what changed in {FOLDER}: git diff --stat -- {FOLDER}"
    ));
    Ok(())
}
