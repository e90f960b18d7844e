//! The one test command: what must pass before a change lands, in the order of what fails fastest.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::service::{Running, Service};
use crate::{Failure, codegen, files, process, say, tidy};

/// One part of the test run.
struct Step {
    name: &'static str,
    about: &'static str,
    services: &'static [Service],
    run: fn(&mut Room) -> Result<(), String>,
}

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "the code is formatted",
        services: &[],
        run: fmt,
    },
    Step {
        name: "tidy",
        about: "the rules of the house hold",
        services: &[],
        run: tidy_step,
    },
    Step {
        name: "codegen",
        about: "the generated documents are current",
        services: &[],
        run: codegen_step,
    },
    Step {
        name: "clippy",
        about: "the compiler and clippy have nothing to say",
        services: &[],
        run: clippy,
    },
    Step {
        name: "unit",
        about: "the tests of every crate pass, on SQLite, PostgreSQL, MariaDB and an S3 store",
        services: &[Service::Mysql, Service::Postgres, Service::S3],
        run: unit,
    },
    Step {
        name: "documents",
        about: "other people's libraries read what `vivant doc` writes",
        services: &[],
        run: documents,
    },
    Step {
        name: "pictures",
        about: "other people's programs open what `vivant render` draws",
        services: &[],
        run: pictures,
    },
    Step {
        name: "acceptance",
        about: "the clients people use today work against the built program",
        services: &[Service::Postgres, Service::S3],
        run: acceptance,
    },
];

/// What the steps of one run share.
struct Room {
    root: PathBuf,
    target: PathBuf,
    services: Vec<Running>,
    /// What else programs find in their environment.
    extra: Vec<(&'static str, PathBuf)>,
    claimed: bool,
}

/// Runs all steps, or those that `--only` names.
pub fn run(args: &[&str]) -> Result<(), Failure> {
    if args == ["--list"] {
        for step in STEPS {
            say(format_args!("{:<11} {}", step.name, step.about));
        }
        return Ok(());
    }
    let steps = chosen(args).map_err(Failure::usage)?;
    let root = files::root()?;
    let mut room = Room {
        root,
        target: process::target_folder()?,
        services: Vec::new(),
        extra: Vec::new(),
        claimed: false,
    };
    let begin = Instant::now();
    for (done, step) in steps.iter().enumerate() {
        say(format_args!("== {}: {}", step.name, step.about));
        let begin = Instant::now();
        if let Err(message) = room.start(step.services).and_then(|()| (step.run)(&mut room)) {
            say(format_args!(
                "== {}: failed after {}",
                step.name,
                show(begin.elapsed())
            ));
            let waiting: Vec<&str> = steps[done + 1..].iter().map(|step| step.name).collect();
            let waiting = if waiting.is_empty() {
                "none".to_owned()
            } else {
                waiting.join(", ")
            };
            return Err(Failure::from(format!(
                "step `{name}` failed: {message}\n  passed: {done}, failed: 1, not run: {waiting}\n  \
                 run it alone with `cargo xtask test --only {name}`",
                name = step.name
            )));
        }
        say(format_args!(
            "== {}: passed in {}",
            step.name,
            show(begin.elapsed())
        ));
    }
    say(format_args!("all steps took {}", show(begin.elapsed())));
    // The plain closing line that a pipeline can count.
    say(format_args!("{} passed, 0 failed", steps.len()));
    Ok(())
}

/// The steps that the arguments ask for, in the order of the table.
fn chosen(args: &[&str]) -> Result<Vec<&'static Step>, String> {
    let mut names = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match (*arg, rest.next()) {
            ("--only", Some(name)) if STEPS.iter().any(|step| step.name == *name) => names.push(*name),
            ("--only", Some(name)) => {
                return Err(format!(
                    "there is no step `{name}`; `cargo xtask test --list` names them"
                ));
            }
            ("--only", None) => return Err("`--only` needs the name of a step".to_owned()),
            (other, _) => {
                return Err(format!(
                    "`test` does not know `{other}`; it takes --list and --only STEP"
                ));
            }
        }
    }
    Ok(STEPS
        .iter()
        .filter(|step| names.is_empty() || names.contains(&step.name))
        .collect())
}

impl Room {
    /// Starts those services that neither run yet nor were brought along by the caller.
    fn start(&mut self, services: &[Service]) -> Result<(), String> {
        for &service in services {
            let given = std::env::var_os(service.variable()).is_some_and(|value| !value.is_empty());
            if !given && !self.services.iter().any(|running| running.service() == service) {
                let begin = Instant::now();
                let running = Running::start(&self.root, service)?;
                say(format_args!(
                    "-- {service:?} is ready after {}",
                    show(begin.elapsed())
                ));
                self.services.push(running);
            }
        }
        Ok(())
    }

    /// Adds what every program of a step finds in its environment.
    fn equip<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command.env("CARGO_TARGET_DIR", &self.target);
        command.envs(self.extra.iter().map(|(name, value)| (name, value)));
        command.envs(
            self.services
                .iter()
                .flat_map(Running::values)
                .map(|(name, value)| (name, value)),
        )
    }

    /// Runs cargo, in the shared folder for builds.
    fn cargo(&mut self, args: &[&str]) -> Result<(), String> {
        if !self.claimed {
            process::claim_target(&self.root, &self.target)?;
            self.claimed = true;
        }
        process::run(self.equip(process::cargo(&self.root).args(args)))
    }
}

fn fmt(room: &mut Room) -> Result<(), String> {
    process::run(process::cargo(&room.root).args(["fmt", "--all", "--", "--check"]))
        .map_err(|e| format!("{e}; `cargo fmt --all` formats the code"))
}

fn tidy_step(_: &mut Room) -> Result<(), String> {
    tidy::run().map_err(|failure| failure.message)
}

fn codegen_step(_: &mut Room) -> Result<(), String> {
    codegen::check().map_err(|failure| failure.message)
}

fn clippy(room: &mut Room) -> Result<(), String> {
    room.cargo(&[
        "clippy",
        "--locked",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ])
}

fn unit(room: &mut Room) -> Result<(), String> {
    // Only these tests look for it by themselves; the acceptance tests name it to the servers that shall have it.
    let hyperd = hyperd(&room.root)?;
    room.extra.push(("HYPERD_PATH", hyperd));
    let tested = room.cargo(&["test", "--locked", "--workspace"]);
    room.extra.clear();
    tested
}

/// Finds the program that reads `.hyper` files: it comes with the environment of the tests of documents.
fn hyperd(root: &Path) -> Result<PathBuf, String> {
    let venv = process::output(
        Command::new("bash")
            .arg("scripts/documents-env")
            .current_dir(root),
    )?;
    let lib = Path::new(venv.trim()).join("lib");
    let folders = std::fs::read_dir(&lib).map_err(|e| format!("{}: {e}", lib.display()))?;
    folders
        .flatten()
        .map(|python| {
            python
                .path()
                .join("site-packages/tableauhyperapi/bin/hyper/hyperd")
        })
        .find(|program| program.is_file())
        .ok_or_else(|| format!("there is no hyperd below {}", lib.display()))
}

/// Builds the programs that tests run. With the examples of the whole workspace, cargo chooses the features that it
/// chose for the unit tests, so that after those nothing is built anew.
fn programs(room: &mut Room) -> Result<(), String> {
    room.cargo(&["build", "--locked", "--workspace", "--bins", "--examples"])
}

fn documents(room: &mut Room) -> Result<(), String> {
    programs(room)?;
    let mut script = Command::new("bash");
    script
        .arg("scripts/documents")
        .current_dir(&room.root)
        .env("VIVANT_BIN", room.target.join("debug/vivant"));
    process::run(room.equip(&mut script))
}

fn pictures(room: &mut Room) -> Result<(), String> {
    programs(room)?;
    let mut script = Command::new("bash");
    script
        .arg("scripts/pictures")
        .current_dir(&room.root)
        .env("VIVANT_BIN", room.target.join("debug/vivant"));
    process::run(room.equip(&mut script))
}

fn acceptance(room: &mut Room) -> Result<(), String> {
    // The script finds the programs built, so that its own time is that of the tests.
    programs(room)?;
    let mut script = Command::new("bash");
    script
        .arg("scripts/acceptance")
        .current_dir(&room.root)
        .env("VIVANT_BIN", room.target.join("debug/vivant"))
        .env("VIVANT_DRIVE", room.target.join("debug/examples/drive"))
        .env("VIVANT_MIXED", room.target.join("debug/examples/mixed"));
    process::run(room.equip(&mut script))
}

/// A time for people: `8.1 s`, `12 min 40 s`.
fn show(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(args: &[&str]) -> Result<Vec<&'static str>, String> {
        chosen(args).map(|steps| steps.iter().map(|step| step.name).collect())
    }

    #[test]
    fn without_arguments_every_step_runs() {
        assert_eq!(names(&[]).unwrap().len(), STEPS.len());
    }

    #[test]
    fn chosen_steps_keep_their_order() {
        assert_eq!(
            names(&["--only", "unit", "--only", "fmt"]).unwrap(),
            ["fmt", "unit"]
        );
    }

    #[test]
    fn what_cannot_be_followed_is_said() {
        assert!(names(&["--only"]).unwrap_err().contains("needs the name"));
        assert!(names(&["--only", "fast"]).unwrap_err().contains("no step `fast`"));
        assert!(names(&["--fast"]).unwrap_err().contains("does not know `--fast`"));
    }

    #[test]
    fn times_are_shown_for_people() {
        assert_eq!(show(Duration::from_millis(8_123)), "8.1 s");
        assert_eq!(show(Duration::from_secs(760)), "12 min 40 s");
    }
}
