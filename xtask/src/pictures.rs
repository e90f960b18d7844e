//! Draws every view of a folder of workbooks with the example `views`, one program for each workbook, and counts
//! what came of it.
//!
//! A program that dies is a finding: the view that it was at counts as not drawn, and another program goes on
//! behind it. A workbook that was drawn by the same program before is not drawn again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use crate::json::{self, Json};
use crate::process;

/// What the example tells of each view of a workbook, in the folder of the workbook's pictures.
const RECORD: &str = "views.jsonl";

/// Kinds of views, one and many, and how many of a hundred have to draw with nothing unsupported.
const KINDS: &[(&str, &str, usize)] = &[
    ("worksheet", "worksheets", 85),
    ("dashboard", "dashboards", 80),
    ("story", "stories", 80),
];

/// Draws views.
pub struct Painter {
    program: PathBuf,
    /// The engine of `.hyper` files.
    engine: PathBuf,
    /// Where the pictures are, one folder for each workbook.
    pub folder: PathBuf,
}

impl Painter {
    /// Builds the example. With the whole workspace, cargo chooses the features that it chose for tests.
    pub fn build(root: &Path, target: &Path, engine: PathBuf) -> Result<Self, String> {
        let mut build = process::cargo(root);
        build.env("CARGO_TARGET_DIR", target).args([
            "build",
            "--locked",
            "--workspace",
            "--features",
            "vivant/draw",
            "--example",
            "views",
        ]);
        process::run(&mut build)?;
        Ok(Self {
            program: target.join("debug/examples/views"),
            engine,
            folder: target.join("pictures"),
        })
    }

    /// Draws all workbooks of some documents and counts.
    pub fn draw(&self, documents: &[PathBuf]) -> Result<Drawn, String> {
        let mut drawn = Drawn::default();
        for document in documents.iter().filter(|document| is_workbook(document)) {
            let record = self.workbook(document)?;
            let text = fs::read_to_string(&record).map_err(|e| format!("{}: {e}", record.display()))?;
            for line in text.lines() {
                drawn.count(&Json::parse(line)?)?;
            }
        }
        Ok(drawn)
    }

    /// Draws the views of a workbook and returns the record of them.
    fn workbook(&self, document: &Path) -> Result<PathBuf, String> {
        let name = document.file_stem().unwrap_or_default();
        let folder = self.folder.join(name);
        let record = folder.join(RECORD);
        if let (Some(record_time), Some(program)) = (changed(&record), changed(&self.program))
            && record_time > program
        {
            return Ok(record);
        }
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        // Until it is whole it has another name.
        let half = folder.join("half.jsonl");
        let mut out = File::create(&half).map_err(|e| format!("{}: {e}", half.display()))?;
        let mut first = 0;
        while let Some(died) = self.from(document, &folder, first, &mut out)? {
            first = died + 1;
        }
        fs::rename(&half, &record).map_err(|e| format!("{}: {e}", record.display()))?;
        Ok(record)
    }

    /// Draws from one view on; returns the number of the view that the program died at.
    fn from(
        &self,
        document: &Path,
        folder: &Path,
        first: usize,
        out: &mut File,
    ) -> Result<Option<usize>, String> {
        let broken = |e: std::io::Error| format!("`{}`: {e}", self.program.display());
        let mut child = Command::new(&self.program)
            .arg(folder)
            .arg(document)
            .arg(first.to_string())
            .env("HYPERD_PATH", &self.engine)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(broken)?;
        let printed = child.stdout.take().expect("the output is a pipe");
        let mut begun = None;
        for line in BufReader::new(printed).lines() {
            let line = line.map_err(broken)?;
            if Json::parse(&line)?.get("begins").is_ok() {
                begun = Some(line);
            } else {
                begun = None;
                writeln!(out, "{line}").map_err(broken)?;
            }
        }
        let status = child.wait().map_err(broken)?;
        if status.success() {
            return Ok(None);
        }
        match begun {
            Some(line) => {
                writeln!(out, "{line}").map_err(broken)?;
                match Json::parse(&line)?.get("begins")? {
                    Json::Number(number) => Ok(Some(*number as usize)),
                    _ => Err("`views` begins a view without a number".to_owned()),
                }
            }
            None => {
                let error = format!("the program ended with {status}");
                let file = json::quoted(&document.display().to_string());
                writeln!(out, "{{\"file\":{file},\"error\":{}}}", json::quoted(&error)).map_err(broken)?;
                Ok(None)
            }
        }
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|found| found.modified()).ok()
}

/// Tells whether a document has views.
pub fn is_workbook(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    ending == "twb" || ending == "twbx"
}

/// What came of drawing views.
#[derive(Default)]
pub struct Drawn {
    kinds: BTreeMap<String, Counted>,
    /// Workbooks that cannot be opened.
    unopened: Vec<String>,
    /// Views at which the program panicked or died.
    died: Vec<String>,
}

/// Views of one kind.
#[derive(Default)]
struct Counted {
    /// Views whose data is in their package.
    inside: usize,
    /// Those of them that are drawn with nothing unsupported.
    whole: usize,
    /// Views whose data is elsewhere, or in an extract that only Tableau reads.
    outside: usize,
    /// What is missing, and how many views miss it.
    missing: BTreeMap<String, usize>,
}

impl Drawn {
    /// Counts what the example tells of one view.
    fn count(&mut self, line: &Json) -> Result<(), String> {
        if let Ok(error) = line.text("error") {
            self.unopened
                .push(format!("{}: {error}", name(line.text("file")?)));
            return Ok(());
        }
        let view = format!("{}: {}", name(line.text("file")?), line.text("view")?);
        let problems = line.list("problems")?;
        for problem in problems {
            if problem.text("code")? == "panic" {
                self.died.push(view.clone());
            }
        }
        let counted = self.kinds.entry(line.text("kind")?.to_owned()).or_default();
        if line.text("data")? != "inside" {
            counted.outside += 1;
            return Ok(());
        }
        counted.inside += 1;
        let drawn = *line.get("picture")? != Json::Null;
        let mut missing = BTreeSet::new();
        for problem in problems {
            // Without a picture every problem counts, with one what it lacks.
            if !drawn || is_unsupported(problem.text("code")?) {
                missing.insert(generic(problem.text("message")?));
            }
        }
        if !drawn && missing.is_empty() {
            missing.insert("no reason was given".to_owned());
        }
        counted.whole += usize::from(missing.is_empty());
        for reason in missing {
            *counted.missing.entry(reason).or_default() += 1;
        }
        Ok(())
    }

    /// Says how many views draw and what the others miss.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for &(kind, many, _) in KINDS {
            let Some(counted) = self.kinds.get(kind) else {
                continue;
            };
            let share = 100.0 * counted.whole as f64 / counted.inside.max(1) as f64;
            lines.push(format!(
                "{:<13} {} of {} with data in the package draw with nothing unsupported ({share:.1} %)",
                format!("{many} drawn"),
                counted.whole,
                counted.inside
            ));
            lines.push(format!("  {} have data elsewhere", counted.outside));
            let mut missing: Vec<_> = counted.missing.iter().collect();
            missing.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
            lines.extend(
                missing
                    .iter()
                    .map(|(reason, times)| format!("  {times:>5} {reason}")),
            );
        }
        lines.extend(
            self.unopened
                .iter()
                .map(|one| format!("  cannot be opened: {one}")),
        );
        lines.extend(self.died.iter().map(|one| format!("  PANIC at {one}")));
        lines
    }

    /// Names the kinds of views of which too few are drawn, panics, and workbooks that do not open.
    pub fn below(&self) -> Vec<String> {
        let few = KINDS.iter().filter(|(kind, _, least)| {
            self.kinds
                .get(*kind)
                .is_some_and(|counted| counted.whole * 100 < counted.inside * least)
        });
        let few = few.map(|(_, many, least)| format!("{many} drawn below {least} %"));
        let panics = (!self.died.is_empty()).then(|| format!("{} panics", self.died.len()));
        let unopened =
            (!self.unopened.is_empty()).then(|| format!("{} cannot be opened", self.unopened.len()));
        few.chain(panics).chain(unopened).collect()
    }
}

/// Tells whether a diagnostic says that something is not supported.
pub fn is_unsupported(code: &str) -> bool {
    code.ends_with("unsupported") || code == "spec.not-understood"
}

/// Leaves the names out of a message, so that the same reason counts together.
pub fn generic(message: &str) -> String {
    let mut out = String::new();
    let (mut quote, mut depth) = (None, 0_usize);
    for c in message.chars() {
        match (c, quote) {
            ('[', None) => {
                depth += 1;
                if depth == 1 {
                    out.push('…');
                }
            }
            (']', None) => depth = depth.saturating_sub(1),
            (_, None) if depth > 0 => {}
            ('\'' | '`', None) => {
                quote = Some(c);
                out.push('…');
            }
            (_, Some(open)) if c == open => quote = None,
            (_, Some(_)) => {}
            (_, None) => out.push(c),
        }
    }
    out.chars().take(100).collect()
}

/// The name of a file without its folder.
fn name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_are_counted_by_kind_and_what_they_miss() {
        let view = |kind: &str, data: &str, picture: &str, problems: &str| {
            format!(
                r#"{{"file":"a/b.twbx","view":"v","kind":"{kind}","data":"{data}","picture":{picture},"problems":[{problems}]}}"#
            )
        };
        let problem = |code: &str, message: &str| {
            format!(r#"{{"severity":"error","code":"{code}","message":"{message}"}}"#)
        };
        let mut drawn = Drawn::default();
        for line in [
            view("worksheet", "inside", r#""0""#, ""),
            view(
                "worksheet",
                "inside",
                r#""1""#,
                &problem("query.sort", "another order"),
            ),
            view(
                "worksheet",
                "inside",
                r#""2""#,
                &problem("viz.unsupported", "maps of `x`"),
            ),
            view("worksheet", "outside", "null", &problem("data", "not here")),
            view("dashboard", "inside", "null", &problem("panic", "it died")),
            r#"{"file":"c.twb","error":"it is damaged"}"#.to_owned(),
        ] {
            drawn.count(&Json::parse(&line).expect("valid")).expect("a view");
        }
        assert_eq!(
            drawn.lines(),
            [
                "worksheets drawn 2 of 3 with data in the package draw with nothing unsupported (66.7 %)",
                "  1 have data elsewhere",
                "      1 maps of …",
                "dashboards drawn 0 of 1 with data in the package draw with nothing unsupported (0.0 %)",
                "  0 have data elsewhere",
                "      1 it died",
                "  cannot be opened: c.twb: it is damaged",
                "  PANIC at b.twbx: v",
            ]
        );
        assert_eq!(
            drawn.below(),
            [
                "worksheets drawn below 85 %",
                "dashboards drawn below 80 %",
                "1 panics",
                "1 cannot be opened",
            ]
        );
    }
}
