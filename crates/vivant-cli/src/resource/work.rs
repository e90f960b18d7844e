//! What a verb works with: the session, and what is to be said of everything it did.

use std::cell::RefCell;
use std::future::Future;
use std::process::ExitCode;

use serde_json::json;
use vivant_client::{ErrorKind, Site};

use super::action::Output;
use super::show::{self, Column, column};
use super::value::Value;
use super::{Found, Kind, find};
use crate::exit::{self, Exit, UsageError};
use crate::output;
use crate::progress::Progress;

/// How steps are shown as CSV.
const STEPS: &[Column] = &[
    column("RESULT", "result"),
    column("ACTION", "action"),
    column("TYPE", "type"),
    column("NAME", "name"),
    column("ID", "id"),
    column("DETAIL", "detail"),
];

/// What came of a run, to be printed at its end.
pub(super) struct Report {
    output: Output,
    dry_run: bool,
    quiet: bool,
    steps: RefCell<Vec<Step>>,
    failures: RefCell<Vec<anyhow::Error>>,
}

/// Something that was done, or would be, or failed.
struct Step {
    result: &'static str,
    action: String,
    noun: String,
    name: String,
    id: String,
    detail: String,
    item: Option<Value>,
}

/// Something to be done to a thing.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// A verb: `delete`.
    pub action: String,
    /// What the thing is: `workbook`.
    pub noun: String,
    /// What it is called.
    pub name: String,
    /// Its id, where it has one already.
    pub id: String,
    /// What else there is to say.
    pub detail: String,
}

impl Attempt {
    /// Something to be done to a thing that was found.
    pub fn on(action: &str, noun: &str, found: &Found) -> Self {
        Self {
            id: found.id.clone(),
            ..Self::new(action, noun, &found.label)
        }
    }

    /// Something to be done to a thing of a name.
    pub fn new(action: &str, noun: &str, name: &str) -> Self {
        Self {
            action: action.to_owned(),
            noun: noun.to_owned(),
            name: name.to_owned(),
            id: String::new(),
            detail: String::new(),
        }
    }

    /// Adds what else there is to say.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

/// The session and the resource that a verb works on.
pub struct Work<'a> {
    /// The session.
    pub site: &'a Site,
    /// The resource's kind.
    pub kind: &'static Kind,
    report: &'a Report,
}

impl<'a> Work<'a> {
    pub(super) fn new(site: &'a Site, kind: &'static Kind, report: &'a Report) -> Self {
        Self { site, kind, report }
    }

    /// Whether nothing is to be changed.
    pub fn dry_run(&self) -> bool {
        self.report.dry_run
    }

    /// Whether a program reads the result.
    pub fn for_programs(&self) -> bool {
        self.report.output.json || self.report.output.csv
    }

    /// Shows how the work goes on, where somebody looks.
    pub fn progress(&self) -> Progress {
        Progress::new(self.report.quiet)
    }

    /// Says something besides the result.
    pub fn note(&self, text: &str) {
        eprintln!("vivant: {text}");
    }

    /// Finds a thing of the resource's kind.
    pub async fn find(&self, reference: &str) -> anyhow::Result<Found> {
        self.find_of(self.kind, reference).await
    }

    /// Finds a thing; one whose id was given is looked at when nothing is to be changed, since no later
    /// call would tell that it is missing.
    pub async fn find_of(&self, kind: &'static Kind, reference: &str) -> anyhow::Result<Found> {
        let mut found = find(self.site, kind, reference).await?;
        if self.dry_run()
            && found.item.is_none()
            && let Some(get) = kind.get
        {
            let item = get(self.site.clone(), found.id.clone()).await?;
            found.label = super::text(&item, kind.name);
            found.item = Some(item);
        }
        Ok(found)
    }

    /// Does the same step to several things of the resource's kind; those that are missing are noted.
    pub async fn each(
        &self,
        action: &str,
        detail: &str,
        references: &[String],
        doing: impl AsyncFn(&Found) -> anyhow::Result<Option<Value>>,
    ) -> anyhow::Result<()> {
        for reference in references {
            match self.find(reference).await {
                Ok(found) => {
                    let attempt = Attempt::on(action, self.kind.noun, &found).detail(detail);
                    self.step(attempt, doing(&found)).await?;
                }
                Err(error) => self.failed(Attempt::new(action, self.kind.noun, reference), error)?,
            }
        }
        Ok(())
    }

    /// Prints a list.
    pub fn list(&self, columns: &[Column], items: &[Value], chosen: bool) {
        self.print(&show::list(self.report.output, columns, items, chosen));
    }

    /// Prints one thing.
    pub fn item(&self, columns: &[Column], item: &Value) {
        self.print(&show::item(self.report.output, columns, item));
    }

    /// Prints rows whose members are only known now; those in `order` come first.
    pub fn rows(&self, order: &[String], rows: &[Value]) {
        self.print(&show::rows(self.report.output, order, rows));
    }

    /// Prints an answer that is no table, as JSON.
    pub fn document(&self, answer: &Value) -> anyhow::Result<()> {
        if self.report.output.csv {
            return Err(UsageError("the answer is JSON and no table; leave --csv out".to_owned()).into());
        }
        self.print(&format!("{answer:#}\n"));
        Ok(())
    }

    /// Prints a text.
    pub fn print(&self, text: &str) {
        if let Err(error) = output::stdout(text.as_bytes()) {
            let error = anyhow::Error::new(error).context("the result cannot be written");
            self.report.failures.borrow_mut().push(error);
        }
    }

    /// Does a step, unless nothing is to be changed, and notes what came of it.
    ///
    /// A failure is noted too and does not end the run, unless every further step would fail alike.
    pub async fn step(
        &self,
        attempt: Attempt,
        doing: impl Future<Output = anyhow::Result<Option<Value>>>,
    ) -> anyhow::Result<Option<Value>> {
        let mut step = Step {
            result: "would",
            action: attempt.action,
            noun: attempt.noun,
            name: attempt.name,
            id: attempt.id,
            detail: attempt.detail,
            item: None,
        };
        if self.dry_run() {
            self.report.steps.borrow_mut().push(step);
            return Ok(None);
        }
        match doing.await {
            Ok(item) => {
                step.result = "done";
                if let Some(id) = item.as_ref().and_then(|item| item["id"].as_str()) {
                    step.id = id.to_owned();
                }
                step.item.clone_from(&item);
                self.report.steps.borrow_mut().push(step);
                Ok(Some(item.unwrap_or(Value::Null)))
            }
            Err(error) => {
                if ends_everything(&error) {
                    return Err(error);
                }
                step.result = "failed";
                step.detail = format!("{error:#}");
                let what = format!("{} {} {}", step.action, step.noun, step.name);
                self.report.steps.borrow_mut().push(step);
                self.report.failures.borrow_mut().push(error.context(what));
                Ok(None)
            }
        }
    }

    /// Notes a step that failed before it could begin, such as on a thing that is not there.
    pub fn failed(&self, attempt: Attempt, error: anyhow::Error) -> anyhow::Result<()> {
        if ends_everything(&error) {
            return Err(error);
        }
        self.report.steps.borrow_mut().push(Step {
            result: "failed",
            detail: format!("{error:#}"),
            action: attempt.action,
            noun: attempt.noun,
            name: attempt.name,
            id: attempt.id,
            item: None,
        });
        self.report.failures.borrow_mut().push(error);
        Ok(())
    }
}

/// Whether the next step would fail as this one did.
fn ends_everything(error: &anyhow::Error) -> bool {
    let client = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<vivant_client::Error>());
    client.is_some_and(|error| {
        matches!(
            error.kind(),
            ErrorKind::SignIn | ErrorKind::Connection | ErrorKind::Tls | ErrorKind::RateLimited
        )
    })
}

impl Report {
    pub(super) fn new(output: Output, dry_run: bool, quiet: bool) -> Self {
        Self {
            output,
            dry_run,
            quiet,
            steps: RefCell::default(),
            failures: RefCell::default(),
        }
    }

    /// Prints what was done and finds the exit code.
    pub(super) fn finish(self, outcome: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
        let steps = self.steps.into_inner();
        let mut failures = self.failures.into_inner();
        let done = steps.iter().filter(|step| step.result == "done").count();
        if !steps.is_empty() {
            output::stdout(written(self.output, &steps).as_bytes())?;
        }
        if let Err(error) = outcome {
            if done == 0 && failures.is_empty() || error.downcast_ref::<exit::Interrupted>().is_some() {
                return Err(error);
            }
            failures.push(error);
        }
        let Some(first) = failures.first() else {
            return Ok(ExitCode::SUCCESS);
        };
        let code = match done {
            0 => exit::code_of(first),
            _ => Exit::Partial,
        };
        for error in &failures {
            exit::report(error);
        }
        Ok(code.into())
    }
}

fn written(output: Output, steps: &[Step]) -> String {
    if output.json || output.csv {
        let items: Vec<Value> = steps.iter().map(Step::value).collect();
        return show::list(output, STEPS, &items, false);
    }
    let lines: Vec<String> = steps.iter().filter_map(Step::line).collect();
    lines.join("")
}

impl Step {
    fn value(&self) -> Value {
        let mut value = json!({
            "result": self.result,
            "action": self.action,
            "type": self.noun,
            "name": self.name,
            "id": self.id,
        });
        if !self.detail.is_empty() {
            value["detail"] = self.detail.as_str().into();
        }
        if let Some(item) = &self.item {
            value["item"] = item.clone();
        }
        value
    }

    /// What people read of it; failures are told on stderr.
    fn line(&self) -> Option<String> {
        let did = match self.result {
            "failed" => return None,
            "would" => format!("would {}", self.action),
            _ => past(&self.action),
        };
        let mut line = format!("{did} {} {}", self.noun, super::table::one_line(&self.name));
        if !self.id.is_empty() && self.id != self.name {
            line.push_str(&format!(" ({})", self.id));
        }
        if !self.detail.is_empty() {
            line.push_str(&format!(": {}", self.detail));
        }
        line.push('\n');
        Some(line)
    }
}

/// The past of the first word of an action.
fn past(action: &str) -> String {
    const ODD: &[(&str, &str)] = &[
        ("run", "ran"),
        ("send", "sent"),
        ("set", "set"),
        ("take", "took"),
        ("begin", "began"),
        ("tag", "tagged"),
        ("untag", "untagged"),
        ("cancel", "cancelled"),
        ("deny", "denied"),
        ("unset", "unset"),
    ];
    let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
    let verb = match ODD.iter().find(|(now, _)| *now == verb) {
        Some((_, then)) => (*then).to_owned(),
        None if verb.ends_with('e') => format!("{verb}d"),
        None => format!("{verb}ed"),
    };
    format!("{verb} {rest}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(result: &'static str) -> Step {
        Step {
            result,
            action: "delete".to_owned(),
            noun: "workbook".to_owned(),
            name: "A\nB".to_owned(),
            id: "1".to_owned(),
            detail: String::new(),
            item: None,
        }
    }

    #[test]
    fn steps_are_told_to_people_and_programs() {
        let steps = [step("done"), step("would"), step("failed")];
        assert_eq!(
            written(Output::default(), &steps),
            "deleted workbook A B (1)\nwould delete workbook A B (1)\n"
        );
        let csv = Output {
            csv: true,
            ..Output::default()
        };
        assert_eq!(
            written(csv, &steps[..1]),
            "result,action,type,name,id,detail\ndone,delete,workbook,\"A\nB\",1,\n"
        );
        assert_eq!(past("run"), "ran");
        assert_eq!(past("add to group"), "added to group");
    }

    #[test]
    fn the_exit_code_says_whether_all_some_or_nothing_was_done() {
        let code = |results: &[&'static str]| {
            let report = Report::new(Output::default(), false, true);
            for result in results {
                report.steps.borrow_mut().push(step(result));
                if *result == "failed" {
                    let error = crate::exit::Unclear::missing("gone".to_owned());
                    report.failures.borrow_mut().push(error.into());
                }
            }
            format!("{:?}", report.finish(Ok(())).expect("a code"))
        };
        let expected = |exit: Exit| format!("{:?}", ExitCode::from(exit));
        assert_eq!(code(&["done", "done"]), expected(Exit::Ok));
        assert_eq!(code(&["failed", "failed"]), expected(Exit::NotFound));
        assert_eq!(code(&["done", "failed"]), expected(Exit::Partial));
    }
}
