//! Reads a folder of real workbooks and data sources with `vivant doc check` and `vivant doc coverage`: counts, by
//! code, what is found in how many of them, and how many sheets, data sources and calculations are understood.
//! `vivant data --check` then asks every worksheet whose data is in its package: how many have data, and what the
//! others miss. The example `views` draws every view: how many are drawn with nothing unsupported, what the others
//! miss, and, where the folder has Tableau's own pictures of views, how much ours look like them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::json::Json;
use crate::pictures::{Painter, generic, is_unsupported, is_workbook};
use crate::{Failure, contact, files, process, say};

/// Endings of the documents that are checked.
const ENDINGS: &[&str] = &["twb", "twbx", "tds", "tdsx"];

/// As many documents as one call takes, far below the limit that systems set to a command line.
const BATCH: usize = 100;

/// How many kinds of what is not understood are shown of a part.
const MOST_PROBLEMS: usize = 20;

/// What `vivant doc check` answers when it found errors.
const FOUND_ERRORS: i32 = 1;

/// The parts that have to be understood, with how many of a hundred at least. Of calculations each that does not
/// parse is listed instead.
const PARTS: &[(&str, usize)] = &[("worksheets", 95), ("datasources", 95), ("calculations", 0)];

/// How many of a hundred worksheets whose data is in their package have data at least, with nothing of it unsupported.
const LEAST_DATA: usize = 85;

/// What `vivant data` answers when a workbook cannot be opened.
const FAILED: i32 = 1;

/// What came of asking worksheets for their data.
#[derive(Default)]
struct Asked {
    /// Worksheets whose data is in their package, in files that can be read.
    inside: usize,
    /// Those of them that have data, with nothing of it unsupported.
    whole: usize,
    /// Worksheets whose extract is of the format before Hyper, which only Tableau reads.
    old: usize,
    /// Worksheets whose data is elsewhere.
    outside: usize,
    /// What is missing, and how many worksheets miss it.
    missing: BTreeMap<String, usize>,
}

/// How much of one part is understood.
#[derive(Default)]
struct Understood {
    all: usize,
    whole: usize,
    /// What is not understood, and how often.
    problems: BTreeMap<String, usize>,
    /// The things that have a problem: file, name and why.
    list: Vec<String>,
}

/// What was found of one kind.
#[derive(Default)]
struct Row {
    times: usize,
    files: BTreeSet<String>,
    example: String,
}

/// Checks every document below `folder` and prints the table.
pub fn run(folder: &str) -> Result<(), Failure> {
    let folder = std::path::absolute(folder).map_err(|e| format!("cannot look at `{folder}`: {e}"))?;
    let documents = documents(&folder)?;
    let root = files::root()?;
    let target = process::target_folder()?;
    process::claim_target(&root, &target)?;
    let mut build = process::cargo(&root);
    build
        .env("CARGO_TARGET_DIR", &target)
        .args(["build", "--locked", "--package", "vivant-cli"]);
    process::run(&mut build)?;
    let vivant = target.join("debug/vivant");
    if !knows_doc_check(&vivant)? {
        return Err(Failure::usage(
            "coverage needs the command `vivant doc check`, which this version of `vivant` does not have",
        ));
    }
    let mut rows = BTreeMap::new();
    let mut understood: BTreeMap<&str, Understood> = BTreeMap::new();
    let mut unread = Vec::new();
    for batch in documents.chunks(BATCH) {
        count(&ask(&vivant, "check", batch)?, &mut rows)?;
        read(&ask(&vivant, "coverage", batch)?, &mut understood, &mut unread)?;
    }
    for line in table(&rows, documents.len()) {
        say(line);
    }
    say("");
    for line in parts(&understood, &unread) {
        say(line);
    }
    say("");
    let engine = engine(&root)?;
    let asked = data(&vivant, &engine, &documents)?;
    for line in asked.lines() {
        say(line);
    }
    say("");
    let painter = Painter::build(&root, &target, engine)?;
    let drawn = painter.draw(&documents)?;
    for line in drawn.lines() {
        say(line);
    }
    if folder.join(contact::THUMBNAILS).is_dir() {
        say("");
        contact::scores(&root, &painter.folder, &folder)?;
    }
    let mut below = below(&understood);
    below.extend(drawn.below());
    if asked.whole * 100 < asked.inside * LEAST_DATA {
        below.push(format!("worksheets with data below {LEAST_DATA} %"));
    }
    if below.is_empty() {
        Ok(())
    } else {
        Err(Failure::from(format!(
            "less is understood than has to be: {}",
            below.join(", ")
        )))
    }
}

/// Lists the documents below a folder.
pub fn documents(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let documents: Vec<PathBuf> = files::walk(folder, "")?
        .iter()
        .filter(|path| is_document(path))
        .map(|path| folder.join(path))
        .collect();
    match documents.is_empty() {
        true => Err(Failure::usage(format!(
            "`{}` holds no workbook and no data source",
            folder.display()
        ))),
        false => Ok(documents),
    }
}

/// Runs a command over some documents; errors in them are an answer, not a failure.
fn ask(vivant: &Path, command: &str, documents: &[PathBuf]) -> Result<Json, String> {
    let output = Command::new(vivant)
        .args(["doc", command, "--json"])
        .args(documents)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot start `{}`: {e}", vivant.display()))?;
    if !output.status.success() && output.status.code() != Some(FOUND_ERRORS) {
        return Err(format!("`vivant doc {command}` ended with {}", output.status));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Json::parse(&text).map_err(|e| format!("the answer of `vivant doc {command} --json`: {e}"))
}

/// Asks every worksheet of the workbooks for its data.
fn data(vivant: &Path, engine: &Path, documents: &[PathBuf]) -> Result<Asked, String> {
    let mut asked = Asked::default();
    for document in documents {
        if !is_workbook(document) {
            continue;
        }
        let output = Command::new(vivant)
            .args(["data", "--check", "--json"])
            .arg(document)
            .env("HYPERD_PATH", engine)
            .stdin(Stdio::null())
            .output()
            .map_err(|e| format!("cannot start `{}`: {e}", vivant.display()))?;
        match output.status.code() {
            Some(0) => {
                let text = String::from_utf8_lossy(&output.stdout);
                let sheets = Json::parse(&text)
                    .map_err(|e| format!("the answer of `vivant data --check --json`: {e}"))?;
                asked.count(&sheets)?;
            }
            // It was told above that this one cannot be read.
            Some(FAILED) => {}
            _ => {
                return Err(format!(
                    "`vivant data --check` ended with {} for {}",
                    output.status,
                    document.display()
                ));
            }
        }
    }
    Ok(asked)
}

/// Finds the engine of `.hyper` files: what is named, else the tests' own.
pub fn engine(root: &Path) -> Result<PathBuf, String> {
    match std::env::var_os("HYPERD_PATH") {
        Some(engine) => Ok(PathBuf::from(engine)),
        None => hyperd(root),
    }
}

/// Finds the engine of `.hyper` files in the environment that the tests of documents prepare.
fn hyperd(root: &Path) -> Result<PathBuf, String> {
    let environment = process::output(
        Command::new("bash")
            .arg("scripts/documents-env")
            .current_dir(root),
    )?;
    let libraries = Path::new(environment.trim()).join("lib");
    let versions =
        std::fs::read_dir(&libraries).map_err(|e| format!("cannot look at {}: {e}", libraries.display()))?;
    let mut engines = versions.flatten().map(|version| {
        version
            .path()
            .join("site-packages/tableauhyperapi/bin/hyper/hyperd")
    });
    engines
        .find(|engine| engine.is_file())
        .ok_or_else(|| format!("there is no hyperd below {}", libraries.display()))
}

impl Asked {
    /// Counts the worksheets of a workbook.
    fn count(&mut self, sheets: &Json) -> Result<(), String> {
        let Json::List(sheets) = sheets else {
            return Err("the answer of `vivant data --check --json` is not a list".to_owned());
        };
        for sheet in sheets {
            match sheet.text("data")? {
                "outside" => self.outside += 1,
                "old-extract" => self.old += 1,
                _ => {
                    self.inside += 1;
                    let (found, problems) = (sheet.get("rows")?, sheet.list("problems")?);
                    let mut missing = BTreeSet::new();
                    for problem in problems {
                        // Without rows every problem counts, with rows that some of them are not what they should be.
                        if *found == Json::Null || is_unsupported(problem.text("code")?) {
                            missing.insert(generic(problem.text("message")?));
                        }
                    }
                    if *found == Json::Null && missing.is_empty() {
                        missing.insert("no reason was given".to_owned());
                    }
                    self.whole += usize::from(missing.is_empty());
                    for reason in missing {
                        *self.missing.entry(reason).or_default() += 1;
                    }
                }
            }
        }
        Ok(())
    }

    fn lines(&self) -> Vec<String> {
        let share = |of: usize| 100.0 * self.whole as f64 / of.max(1) as f64;
        let mut lines = vec![
            format!(
                "data          {} of {} worksheets with data in the package have it with nothing unsupported ({:.1} %)",
                self.whole,
                self.inside,
                share(self.inside)
            ),
            format!(
                "  {} more have an extract of the format before Hyper, which only Tableau reads ({:.1} % with these)",
                self.old,
                share(self.inside + self.old)
            ),
            format!("  {} have data elsewhere", self.outside),
        ];
        let mut missing: Vec<_> = self.missing.iter().collect();
        missing.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        lines.extend(
            missing
                .iter()
                .map(|(reason, times)| format!("  {times:>5} {reason}")),
        );
        lines
    }
}

/// Counts findings by severity and code.
fn count(findings: &Json, rows: &mut BTreeMap<(String, String), Row>) -> Result<(), String> {
    let Json::List(findings) = findings else {
        return Err("the answer of `vivant doc check --json` is not a list".to_owned());
    };
    for finding in findings {
        let key = (
            finding.text("severity")?.to_owned(),
            finding.text("code")?.to_owned(),
        );
        let row = rows.entry(key).or_default();
        row.times += 1;
        row.files.insert(finding.text("file")?.to_owned());
        if row.example.is_empty() {
            row.example = finding.text("message")?.chars().take(70).collect();
        }
    }
    Ok(())
}

/// Counts what is understood of some documents.
fn read(
    files: &Json,
    understood: &mut BTreeMap<&'static str, Understood>,
    unread: &mut Vec<String>,
) -> Result<(), String> {
    let Json::List(files) = files else {
        return Err("the answer of `vivant doc coverage --json` is not a list".to_owned());
    };
    for file in files {
        let path = file.text("file")?;
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
        if let Ok(error) = file.text("error") {
            unread.push(error.to_owned());
            continue;
        }
        for &(part, _) in PARTS {
            let counted = understood.entry(part).or_default();
            for one in file.list(part)? {
                let problems = one.list("problems")?;
                counted.all += 1;
                counted.whole += usize::from(problems.is_empty());
                for problem in problems {
                    let Json::Text(problem) = problem else {
                        return Err("a problem is not a text".to_owned());
                    };
                    *counted.problems.entry(problem.clone()).or_default() += 1;
                    counted
                        .list
                        .push(format!("{name}: {}: {problem}", one.text("name")?));
                }
            }
        }
    }
    Ok(())
}

/// Says how much is understood, what is not most often, and which calculations do not parse.
fn parts(understood: &BTreeMap<&str, Understood>, unread: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for &(part, _) in PARTS {
        let Some(counted) = understood.get(part) else {
            continue;
        };
        let share = 100.0 * counted.whole as f64 / counted.all.max(1) as f64;
        lines.push(format!(
            "{part:<13} {} of {} understood ({share:.1} %)",
            counted.whole, counted.all
        ));
        if part == "calculations" {
            lines.extend(counted.list.iter().map(|line| format!("  {line}")));
            continue;
        }
        let mut problems: Vec<_> = counted.problems.iter().collect();
        problems.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        lines.extend(
            problems
                .iter()
                .take(MOST_PROBLEMS)
                .map(|(problem, times)| format!("  {times:>5} {problem}")),
        );
    }
    lines.push(format!("{} documents could not be read", unread.len()));
    lines.extend(unread.iter().map(|error| format!("  {error}")));
    lines
}

/// Names the parts of which too little is understood.
fn below(understood: &BTreeMap<&str, Understood>) -> Vec<String> {
    PARTS
        .iter()
        .filter(|(part, least)| {
            understood
                .get(part)
                .is_some_and(|counted| counted.whole * 100 < counted.all * least)
        })
        .map(|(part, least)| format!("{part} below {least} %"))
        .collect()
}

fn table(rows: &BTreeMap<(String, String), Row>, documents: usize) -> Vec<String> {
    let mut lines = vec![format!(
        "{:<9} {:<34} {:>6} {:>6}  example",
        "severity", "code", "times", "files"
    )];
    let mut broken = BTreeSet::new();
    for ((severity, code), row) in rows {
        lines.push(format!(
            "{severity:<9} {code:<34} {:>6} {:>6}  {}",
            row.times,
            row.files.len(),
            row.example
        ));
        if severity == "error" {
            broken.extend(&row.files);
        }
    }
    let sound = documents - broken.len().min(documents);
    lines.push(format!("{sound} of {documents} documents without an error"));
    lines
}

fn is_document(path: &str) -> bool {
    let ending = path
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}

fn knows_doc_check(vivant: &Path) -> Result<bool, String> {
    Command::new(vivant)
        .args(["doc", "check", "--help"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map(|status| status.success())
        .map_err(|e| format!("cannot start `{}`: {e}", vivant.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_counted_by_code() {
        let finding = |file: &str, severity: &str, code: &str| {
            format!(r#"{{"file":"{file}","severity":"{severity}","code":"{code}","message":"m"}}"#)
        };
        let text = [
            finding("a", "error", "x"),
            finding("a", "error", "x"),
            finding("b", "warning", "y"),
        ]
        .join(",");
        let mut rows = BTreeMap::new();
        count(&Json::parse(&format!("[{text}]")).expect("valid"), &mut rows).expect("findings");
        let lines = table(&rows, 3);
        assert!(
            lines[1].starts_with("error     x ") && lines[1].ends_with("2      1  m"),
            "{}",
            lines[1]
        );
        assert_eq!(
            lines.last().map(String::as_str),
            Some("2 of 3 documents without an error")
        );
        assert!(count(&Json::Null, &mut rows).is_err());
    }

    #[test]
    fn what_is_understood_is_counted_and_too_little_is_a_failure() {
        let sheet = |problem: &str| format!(r#"{{"name":"s","problems":[{problem}]}}"#);
        let file = |sheets: &[String]| {
            format!(
                r#"{{"file":"a/b.twb","worksheets":[{}],"datasources":[],"calculations":[{}]}}"#,
                sheets.join(","),
                sheet(r#""it does not parse""#)
            )
        };
        let text = format!(
            r#"[{},{{"file":"c.twb","error":"it is damaged"}}]"#,
            file(&[sheet(""), sheet(r#""odd""#)])
        );
        let (mut understood, mut unread) = (BTreeMap::new(), Vec::new());
        read(&Json::parse(&text).expect("valid"), &mut understood, &mut unread).expect("coverage");
        assert_eq!(below(&understood), ["worksheets below 95 %"]);
        assert_eq!(
            parts(&understood, &unread),
            [
                "worksheets    1 of 2 understood (50.0 %)",
                "      1 odd",
                "datasources   0 of 0 understood (0.0 %)",
                "calculations  0 of 1 understood (0.0 %)",
                "  b.twb: s: it does not parse",
                "1 documents could not be read",
                "  it is damaged",
            ]
        );
        assert!(read(&Json::Null, &mut understood, &mut unread).is_err());
    }

    #[test]
    fn worksheets_with_data_are_counted_and_what_others_miss() {
        let sheet = |data: &str, rows: &str, problems: &str| {
            format!(r#"{{"file":"a","worksheet":"s","data":"{data}","rows":{rows},"problems":[{problems}]}}"#)
        };
        let problem = |code: &str, message: &str| {
            format!(r#"{{"severity":"error","code":"{code}","message":"{message}"}}"#)
        };
        let text = [
            sheet("inside", "3", ""),
            sheet("inside", "3", &problem("query.sort", "another order")),
            sheet("inside", "3", &problem("query.unsupported", "forecasts")),
            sheet(
                "inside",
                "null",
                &problem("query.unknown-field", "there is no field [a]"),
            ),
            sheet(
                "inside",
                "null",
                &problem("query.unknown-field", "there is no field [b [c]]"),
            ),
            sheet("old-extract", "null", &problem("data.unsupported", "old")),
            sheet("outside", "null", ""),
        ]
        .join(",");
        let mut asked = Asked::default();
        asked
            .count(&Json::parse(&format!("[{text}]")).expect("valid"))
            .expect("worksheets");
        assert_eq!(
            (asked.inside, asked.whole, asked.old, asked.outside),
            (5, 2, 1, 1)
        );
        assert_eq!(
            asked.lines()[3..],
            ["      2 there is no field …", "      1 forecasts"]
        );
        assert!(asked.count(&Json::Null).is_err());
    }

    #[test]
    fn documents_are_known_by_their_ending() {
        assert!(is_document("a/Book.TWBX") && is_document("orders.tds"));
        assert!(!is_document("notes.txt") && !is_document("twb") && !is_document("book.twb.bak"));
    }
}
