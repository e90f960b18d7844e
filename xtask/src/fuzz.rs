//! Sends bent requests to every operation of a server built for release: `tests/acceptance/test_http_fuzz.py` with as
//! many as one has time for. The suite itself sends a hundred to each.

use std::path::Path;
use std::process::Command;

use crate::{Failure, files, process, say};

/// What is sent where nothing else is said: what must have passed once before a release.
const REQUESTS: &str = "10000";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options<'a> {
    requests: &'a str,
    seed: &'a str,
    /// A part of the names of the operations to ask; all where it is missing.
    only: Option<&'a str>,
}

/// Builds the program and runs the test.
pub fn run(args: &[&str]) -> Result<(), Failure> {
    let options = parse(args)?;
    let root = files::root()?;
    let target = process::target_folder()?;
    process::claim_target(&root, &target)?;
    say("== building for release");
    let mut build = process::cargo(&root);
    build.env("CARGO_TARGET_DIR", &target).args([
        "build",
        "--release",
        "--locked",
        "--package",
        "vivant-cli",
    ]);
    process::run(&mut build)?;
    let environment = process::output(Command::new("bash").arg("scripts/python-env").current_dir(&root))?;
    let mut test = Command::new(Path::new(environment.trim()).join("bin/python"));
    test.args([
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        "tests/acceptance",
    ])
    .args(["-c", "tests/acceptance/pytest.ini", "-q", "-s"])
    .arg("tests/acceptance/test_http_fuzz.py")
    .current_dir(&root)
    .env("VIVANT_BIN", target.join("release/vivant"))
    .env("VIVANT_FUZZ_REQUESTS", options.requests)
    .env("VIVANT_FUZZ_SEED", options.seed);
    if let Some(only) = options.only {
        // Pytest takes an expression, in which two words side by side mean nothing.
        let words: Vec<&str> = only.split_whitespace().collect();
        test.args(["-k", &words.join(" and ")]);
    }
    say(format_args!(
        "== {} requests to each operation, seed {}",
        options.requests, options.seed
    ));
    Ok(process::run(&mut test)?)
}

fn parse<'a>(args: &[&'a str]) -> Result<Options<'a>, Failure> {
    let mut options = Options {
        requests: REQUESTS,
        seed: "1",
        only: None,
    };
    let mut rest = args.iter();
    while let Some(option) = rest.next() {
        let value = rest
            .next()
            .ok_or_else(|| Failure::usage(format!("`fuzz {option}` lacks a value")))?;
        match *option {
            "--requests" if value.parse::<u32>().is_ok() => options.requests = value,
            "--requests" => return Err(Failure::usage(format!("`{value}` is not a number of requests"))),
            "--seed" => options.seed = value,
            "--only" => options.only = Some(value),
            _ => return Err(Failure::usage(format!("`fuzz` has no option `{option}`"))),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read() {
        let check = |args: &[&str], requests: &str, seed: &str, only: Option<&str>| {
            let options = parse(args).unwrap();
            assert_eq!(
                (options.requests, options.seed, options.only),
                (requests, seed, only)
            );
        };
        check(&[], REQUESTS, "1", None);
        check(&["--requests", "500", "--only", "Sign"], "500", "1", Some("Sign"));
        check(&["--seed", "x"], REQUESTS, "x", None);
        for bad in [&["--requests"][..], &["--requests", "many"], &["--fast", "x"]] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}
