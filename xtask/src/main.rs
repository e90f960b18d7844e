//! Chores of the house: `cargo xtask COMMAND`.
//!
//! It has no dependencies, so that it builds in a second or two on a fresh clone.

use std::process::ExitCode;

mod bench;
mod codegen;
mod contact;
mod coverage;
mod files;
mod fuzz;
mod golden;
mod json;
mod pictures;
mod process;
mod service;
mod test;
mod tidy;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [--list] [--only STEP]...   run everything that must pass before a change lands
  tidy                             check the rules of the house that the compiler does not know
  codegen [--check]                write the generated documents, or check that they are current
  bench [--list] [NAME]...         build for release, run the programs of scripts/bench, print one table
  coverage DIR                     check every workbook and data source under DIR, ask and draw their views
  contact-sheet DIR [-o FOLDER]    draw every view under DIR, and set it beside Tableau's own picture on a page
  golden                           draw the samples' views anew and keep them as what the tests hold views against
  fuzz [--requests NUMBER] [--seed TEXT] [--only OPERATION]
                                   build for release, send bent requests to every operation (10000 to each)
";

/// Why a chore stopped: a message for the terminal and the code that the program ends with.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The chore was asked for in a way that it cannot follow (exit code 2).
    fn usage(message: impl Into<String>) -> Self {
        Self {
            code: 2,
            message: message.into(),
        }
    }
}

/// The chore found something wrong (exit code 1).
impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { code: 1, message }
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn run(args: &[&str]) -> Result<(), Failure> {
    match args {
        ["test", rest @ ..] => test::run(rest),
        ["tidy"] => tidy::run(),
        ["codegen"] => codegen::write(),
        ["codegen", "--check"] => codegen::check(),
        ["bench", rest @ ..] => bench::run(rest),
        ["coverage", folder] => coverage::run(folder),
        ["contact-sheet", folder] => contact::run(folder, None),
        ["contact-sheet", folder, "-o", out] => contact::run(folder, Some(out)),
        ["golden"] => golden::run(),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["help" | "--help" | "-h"] => {
            say(USAGE.trim_end());
            Ok(())
        }
        [] => Err(Failure::usage(format!("no command given\n\n{USAGE}"))),
        _ => Err(Failure::usage(format!(
            "cannot follow `{}`\n\n{USAGE}",
            args.join(" ")
        ))),
    }
}

/// Prints one line. A reader that has gone away (`| head`) is no reason to panic, so its error is dropped.
pub fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
