//! What the benches of the server measure with: a load generator, and a bare peer to compare with.
//!
//! It is a tool of `cargo xtask bench` and part of no product. It names axum and rusqlite although their homes
//! are the server and the store, because the peer must stand on the same libraries and on nothing of ours: what
//! it leaves out (sign-in, rights, counting, tolerance) is what the measured ratio is about.

use std::process::ExitCode;

mod bare;
mod load;

const USAGE: &str = "\
usage: vivant-bench load URL [--header 'NAME: VALUE']... [--connections N] [--seconds S] [--warm-up S]
       vivant-bench bare SQLITE-FILE [--listen ADDRESS:PORT] [--web PREFIX]

  load   sends GET requests over HTTP/1.1 connections that stay open, each after the answer to the one before,
         and prints requests per second, latencies and errors
  bare   answers /workbooks?page=N from the database of a server, by hand, for comparison
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match args.split_first() {
        Some((command, rest)) if command == "load" => load::run(rest),
        Some((command, rest)) if command == "bare" => bare::run(rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("vivant-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The value after an option.
fn value<'a>(option: &str, rest: &mut impl Iterator<Item = &'a String>) -> anyhow::Result<&'a str> {
    match rest.next() {
        Some(value) => Ok(value),
        None => anyhow::bail!("`{option}` needs a value"),
    }
}
