//! Runs the programs of `scripts/bench` and prints what they measured as one table.
//!
//! A bench prints lines of four fields with tabs between: name, value, unit, and a note that sets the value in
//! relation to something measured in the same run. The relation counts: this table is read on many machines.
//!
//! The benches are Python programs for the environment of `scripts/python-env`; one alone also runs as
//! `VIVANT_BIN=… VIVANT_BENCH_BIN=… VIVANT_CLIENT_BENCH=…
//! VIVANT_ANSWERS_BENCH=… $(scripts/python-env)/bin/python scripts/bench/NAME`.

use std::path::Path;
use std::process::Command;

use crate::{Failure, files, process, say};

/// The folder of the benches, one program each.
const FOLDER: &str = "scripts/bench";

/// Runs every bench, or those named.
pub fn run(args: &[&str]) -> Result<(), Failure> {
    let root = files::root()?;
    let benches = files::walk(&root, FOLDER)?;
    let names: Vec<&str> = benches.iter().map(|path| name(path)).collect();
    if args == ["--list"] {
        names.iter().for_each(say);
        return Ok(());
    }
    if let Some(unknown) = args.iter().find(|arg| !names.contains(arg)) {
        return Err(Failure::usage(format!(
            "there is no bench `{unknown}`, only: {}",
            names.join(", ")
        )));
    }

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
        "--package",
        "vivant-bench",
        "--package",
        "vivant-client",
        "--package",
        "vivant",
        "--features",
        "vivant/query",
        "--bins",
        "--example",
        "client_bench",
        "--example",
        "answers_bench",
    ]);
    process::run(&mut build)?;
    let environment = process::output(Command::new("bash").arg("scripts/python-env").current_dir(&root))?;
    let python = Path::new(environment.trim()).join("bin/python");

    let mut rows = Vec::new();
    for path in benches
        .iter()
        .filter(|path| args.is_empty() || args.contains(&name(path)))
    {
        say(format_args!("== {}", name(path)));
        let mut bench = Command::new(&python);
        bench
            .arg(path)
            .current_dir(&root)
            .env("VIVANT_BIN", target.join("release/vivant"))
            .env("VIVANT_BENCH_BIN", target.join("release/vivant-bench"))
            .env(
                "VIVANT_CLIENT_BENCH",
                target.join("release/examples/client_bench"),
            )
            .env(
                "VIVANT_ANSWERS_BENCH",
                target.join("release/examples/answers_bench"),
            );
        let printed = process::output(&mut bench)?;
        rows.extend(read(name(path), &printed)?);
    }
    say(table(&rows).trim_end());
    Ok(())
}

/// A bench's name: the file's, without its folder and ending.
fn name(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.split('.').next().unwrap_or(file)
}

/// One measured value: bench, name, value, unit, note.
type Row = [String; 5];

/// Reads what one bench printed.
fn read(bench: &str, printed: &str) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for line in printed.lines().filter(|line| !line.is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[name, value, unit, note] = fields.as_slice() else {
            return Err(format!(
                "the bench `{bench}` printed `{line}`, which is not name, value, unit, note with tabs"
            ));
        };
        if value.parse::<f64>().is_err() {
            return Err(format!(
                "the bench `{bench}` gave `{name}` the value `{value}`, which is not a number"
            ));
        }
        rows.push([bench, name, value, unit, note].map(str::to_owned));
    }
    if rows.is_empty() {
        Err(format!("the bench `{bench}` measured nothing"))
    } else {
        Ok(rows)
    }
}

/// Sets the rows in columns, numbers to the right.
fn table(rows: &[Row]) -> String {
    let head = ["bench", "name", "value", "unit", "ratio"].map(str::to_owned);
    let lines: Vec<&Row> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| {
        lines
            .iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let [bench_width, name_width, value_width, unit_width] = [0, 1, 2, 3].map(width);
    lines
        .iter()
        .map(|[bench, name, value, unit, note]| {
            let line = format!(
                "{bench:bench_width$}  {name:name_width$}  {value:>value_width$} {unit:unit_width$}  {note}"
            );
            format!("{}\n", line.trim_end())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_values_become_a_table() {
        let rows = read(
            "start",
            "ready, empty\t41.5\tms\t9.8 x --version\nready\t1200\tms\t\n",
        )
        .unwrap();
        assert_eq!(
            table(&rows),
            "bench  name          value unit  ratio\n\
             start  ready, empty   41.5 ms    9.8 x --version\n\
             start  ready          1200 ms\n"
        );
    }

    #[test]
    fn a_bench_that_measures_nothing_fails() {
        assert!(read("start", "").unwrap_err().contains("measured nothing"));
        assert!(
            read("start", "ready 5 ms")
                .unwrap_err()
                .contains("printed `ready 5 ms`")
        );
        assert!(read("start", "ready\tfast\tms\t").unwrap_err().contains("`fast`"));
    }

    #[test]
    fn a_bench_is_named_after_its_file() {
        assert_eq!(name("scripts/bench/start.py"), "start");
        assert_eq!(name("scripts/bench/start"), "start");
    }
}
