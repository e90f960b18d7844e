//! Commands that are described only where they are asked for.
//!
//! The program has hundreds of options, and to describe them all takes longer than most of what is asked of it.
//! So a command is known by its name and one line until it stands on the command line, or until something needs
//! everything: help on all, completions, manuals.

use clap::{ArgMatches, Args, Command, FromArgMatches};

/// The options of a command, described when the command is asked for.
#[derive(Debug)]
pub struct Later<T>(pub T);

impl<T: Args> Args for Later<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(described::<T>)
    }

    fn augment_args_for_update(command: Command) -> Command {
        T::augment_args_for_update(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

/// Adds the options. What the command is for was said with its name.
fn described<T: Args>(command: Command) -> Command {
    as_told(command, T::augment_args)
}

/// Adds to a command, and leaves what was said of it.
pub fn as_told(command: Command, add: impl FnOnce(Command) -> Command) -> Command {
    let about = command.get_about().cloned();
    let long_about = command.get_long_about().cloned();
    add(command)
        .about(clap::builder::Resettable::from(about))
        .long_about(clap::builder::Resettable::from(long_about))
}

#[cfg(test)]
mod tests {
    use clap::{Parser, Subcommand};

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        does: Does,
    }

    #[derive(Debug, Subcommand)]
    enum Does {
        /// Count
        Count(Later<Options>),
    }

    /// Options that say something else.
    #[derive(Debug, clap::Args)]
    struct Options {
        /// How far
        #[arg(long)]
        to: u8,
    }

    #[test]
    fn options_are_there_once_they_are_needed() {
        use clap::CommandFactory;
        let mut command = Line::command();
        let count = command.find_subcommand("count").expect("there");
        assert_eq!(count.get_arguments().count(), 0);
        assert_eq!(count.get_about().expect("told").to_string(), "Count");
        command.build();
        let count = command.find_subcommand("count").expect("there");
        assert!(count.get_arguments().any(|one| one.get_id() == "to"));
        assert_eq!(count.get_about().expect("told").to_string(), "Count");

        let Does::Count(Later(options)) = Line::try_parse_from(["x", "count", "--to", "3"])
            .expect("read")
            .does;
        assert_eq!(options.to, 3);
        let error = Line::try_parse_from(["x", "coutn"]).expect_err("no such command");
        assert!(error.to_string().contains("'count'"), "{error}");
        let error = Line::try_parse_from(["x", "count", "--too", "3"]).expect_err("no such option");
        assert!(error.to_string().contains("'--to'"), "{error}");
    }
}
