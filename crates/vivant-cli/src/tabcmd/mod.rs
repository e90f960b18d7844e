//! `vivant tabcmd`, also when the program is started as `tabcmd`: the commands of tabcmd 2 and of the
//! classic program, with their flags, defaults, lines and exit codes.
//!
//! It has a parser of its own, since tabcmd's flags and exit codes are not those of `vivant`.
//! `docs/TABCMD.md` says what differs and why.

mod args;
mod classic;
mod console;
mod content;
mod delete;
mod domains;
mod export;
mod extracts;
mod failure;
mod groups;
mod list;
mod lookup;
mod projects;
mod publish;
mod schedules;
mod session;
mod sites;
mod user_file;
mod users;
mod views;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use self::args::{Command, Global, Level, Line};
use self::console::Console;
use self::failure::Failure;
use self::session::Session;
use crate::exit::UsageError;
use crate::later::Later;
use crate::logging;

/// The release of tabcmd whose command line this is.
const COMMAND_LINE: &str = "2.0.21";

/// Everything behind `vivant tabcmd`, for tabcmd's own parser.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub struct Args {
    /// A command line of tabcmd; `vivant tabcmd --help` shows them
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND LINE"
    )]
    rest: Vec<OsString>,
}

/// Returns whether the program was started as `tabcmd`.
pub fn is_name_of(program: &OsStr) -> bool {
    let stem = Path::new(program).file_stem();
    stem.is_some_and(|stem| stem.eq_ignore_ascii_case("tabcmd"))
}

/// Runs `vivant tabcmd`.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    Ok(run_line(args.rest).await)
}

/// Runs a command line of tabcmd, without the program's name.
pub async fn run_line(line: Vec<OsString>) -> ExitCode {
    if line.is_empty() {
        return print_help(None);
    }
    let line = match Line::read(&line) {
        Ok(line) => line,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    if line.global.version {
        return print(&version());
    }
    if let Some((one, other)) = line.global.clash() {
        let message = format!("the argument {one} cannot be used with {other}");
        let error = Line::command().error(clap::error::ErrorKind::ArgumentConflict, message);
        let _ = error.print();
        return ExitCode::from(2);
    }
    let command = match line.command {
        None => return print_help(None),
        Some(Command::Help(Later(of))) => return print_help(of.command.as_deref()),
        Some(Command::Version) => return print(&version()),
        Some(command) => command,
    };
    let level = line.global.logging_level;
    logging::install(match level {
        Level::Error | Level::Info => logging::Level::Error,
        Level::Debug | Level::Trace => logging::Level::Debug,
    });
    let console = Console::open(level);
    console.info(version());
    let outcome = tokio::select! {
        outcome = dispatch(command, &line.global, &console) => outcome,
        _ = crate::connection::interruption() => Err(Failure::told("interrupted")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&console),
    }
}

async fn dispatch(command: Command, global: &Global, console: &Console) -> Result<(), Failure> {
    match command {
        Command::Login => Session::login(global, console).await,
        Command::Logout => session::logout(global, console).await,
        Command::Addusers(Later(args)) => {
            users::change_members(args, users::Change::Add, global, console).await
        }
        Command::Removeusers(Later(args)) => {
            users::change_members(args, users::Change::Remove, global, console).await
        }
        Command::Createsiteusers(Later(args)) => {
            users::create(args, users::Where::Site, global, console).await
        }
        Command::Createusers(Later(args)) => users::create(args, users::Where::Server, global, console).await,
        Command::Deletesiteusers(Later(args)) => {
            users::delete(args, users::Where::Site, global, console).await
        }
        Command::Deleteusers(Later(args)) => users::delete(args, users::Where::Server, global, console).await,
        Command::Creategroup(Later(args)) => groups::create(args, global, console).await,
        Command::Deletegroup(Later(args)) => groups::delete(args, global, console).await,
        Command::Syncgroup(Later(args)) => groups::sync(args, global, console).await,
        Command::Createproject(Later(args)) => projects::create(args, global, console).await,
        Command::Deleteproject(Later(args)) => projects::delete(args, global, console).await,
        Command::Publishsamples(Later(args)) => projects::publish_samples(args, global, console).await,
        Command::Createsite(Later(args)) => sites::create(args, global, console).await,
        Command::Editsite(Later(args)) => sites::edit(args, global, console).await,
        Command::Deletesite(Later(args)) => sites::delete(args, global, console).await,
        Command::Listsites(Later(args)) => sites::list(args, global, console).await,
        Command::List(Later(args)) => list::list(args, global, console).await,
        Command::Publish(Later(args)) => publish::publish(args, global, console).await,
        Command::Delete(Later(args)) => delete::delete(args, global, console).await,
        Command::Export(Later(args)) => export::export(args, global, console).await,
        Command::Get(Later(args)) => export::get(args, global, console).await,
        Command::Createextracts(Later(args)) => extracts::create(args, global, console).await,
        Command::Deleteextracts(Later(args)) => extracts::delete(args, global, console).await,
        Command::Refreshextracts(Later(args)) => extracts::refresh(args, global, console).await,
        Command::Encryptextracts(Later(args)) => {
            extracts::encryption(args, extracts::Encryption::On, global, console).await
        }
        Command::Decryptextracts(Later(args)) => {
            extracts::encryption(args, extracts::Encryption::Off, global, console).await
        }
        Command::Reencryptextracts(Later(args)) => {
            extracts::encryption(args, extracts::Encryption::Anew, global, console).await
        }
        Command::Runschedule(Later(args)) => schedules::run(args, global, console).await,
        Command::Listdomains => domains::list(global, console).await,
        Command::Editdomain(Later(args)) => domains::edit(args, global, console).await,
        Command::Set(Later(_)) => classic::unserved("set"),
        Command::Initialuser(Later(_)) => classic::unserved("initialuser"),
        Command::ResetOpenidSub(Later(_)) => classic::unserved("reset_openid_sub"),
        Command::Validateidpmetadata(Later(_)) => classic::unserved("validateidpmetadata"),
        Command::Upgradethumbnails(Later(_)) => classic::unserved("upgradethumbnails"),
        Command::Version | Command::Help(Later(_)) => Err(UsageError("nothing to do".to_owned()).into()),
    }
}

fn version() -> String {
    format!(
        "Tabcmd of vivant {}, commands of tabcmd {COMMAND_LINE}",
        env!("CARGO_PKG_VERSION")
    )
}

fn print(text: &str) -> ExitCode {
    match crate::output::stdout(format!("{text}\n").as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn print_help(of: Option<&str>) -> ExitCode {
    let mut root = Line::command();
    root.build();
    let Some(name) = of else {
        return print(&root.render_help().to_string());
    };
    match root.find_subcommand_mut(name) {
        Some(command) => print(&command.render_help().to_string()),
        None => {
            let error = root.error(
                clap::error::ErrorKind::InvalidSubcommand,
                format!("there is no command '{name}'"),
            );
            let _ = error.print();
            ExitCode::from(2)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Line, clap::Error> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        Line::read(&words)
    }

    #[test]
    fn the_parser_is_sound() {
        Line::command().debug_assert();
    }

    #[test]
    fn flags_stand_before_or_after_the_command() {
        for line in [
            "--server h -t s -u me login -p x",
            "login -s h --site s --user me --password=x",
            "-s other login -s h -ume -t s -p x",
        ] {
            let line = parse(line).expect(line);
            let global = line.global;
            assert_eq!(global.server.as_deref(), Some("h"));
            assert_eq!(global.site.as_deref(), Some("s"));
            assert_eq!(global.username.as_deref(), Some("me"));
            assert_eq!(global.password.as_deref(), Some("x"));
        }
    }

    #[test]
    fn flags_that_exclude_each_other_are_found_on_either_side() {
        let clash = |line: &str| parse(line).expect(line).global.clash();
        assert_eq!(
            clash("--token-name a login --username b"),
            Some(("--token-name", "--username"))
        );
        assert_eq!(
            clash("login -p x --token-file f"),
            Some(("--password", "--token-file"))
        );
        assert_eq!(clash("login -u a -p x -x h:1"), None);
    }

    #[test]
    fn words_are_read_in_any_case() {
        let line = parse("-l dEbUg createsiteusers u.csv --role viewer --language DE").expect("read");
        assert_eq!(line.global.logging_level, Level::Debug);
        assert_eq!(line.global.language.map(args::Language::code), Some("de"));
        let Some(Command::Createsiteusers(Later(args))) = line.command else {
            panic!("another command");
        };
        assert_eq!(args.role.as_deref(), Some("Viewer"));
    }

    #[test]
    fn the_name_of_the_program_chooses() {
        for (name, is) in [
            ("/usr/bin/tabcmd", true),
            ("tabcmd.exe", true),
            ("TABCMD", true),
            ("vivant", false),
            ("", false),
        ] {
            assert_eq!(is_name_of(OsStr::new(name)), is, "{name}");
        }
    }
}
