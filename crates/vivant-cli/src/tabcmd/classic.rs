//! Commands of the classic program that no method of the API can serve.

use super::failure::Failure;

/// Command, why it cannot be served, and what to do instead.
const UNSERVED: &[(&str, &str, &str)] = &[
    (
        "set",
        "the API has no method for settings of the whole server",
        "use the server's settings page",
    ),
    (
        "initialuser",
        "the API begins with signing in, and a new server has nobody who could",
        "use the server's own command; for Vivant `vivant serve --admin-name`",
    ),
    (
        "reset_openid_sub",
        "the API has no method that changes the OpenID subject of a user",
        "use tsm or the classic tabcmd on the server",
    ),
    (
        "validateidpmetadata",
        "the API does not show the metadata of identity providers",
        "use the classic tabcmd on the server",
    ),
    (
        "upgradethumbnails",
        "the API has no method that draws all thumbnails anew",
        "use the classic tabcmd on the server",
    ),
];

/// Says of a command why it is not served.
pub fn unserved(command: &str) -> Result<(), Failure> {
    let found = UNSERVED.iter().find(|(name, ..)| *name == command);
    let (name, why, instead) = found.expect("the parser knows only commands of the table");
    Err(Failure::told(format!(
        "the command '{name}' of the classic tabcmd is not served: {why}; {instead}"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tabcmd::args::Line;

    #[test]
    fn the_table_and_the_parser_agree() {
        let parser = Line::command();
        let said: Vec<&str> = parser
            .get_subcommands()
            .filter(|command| {
                command
                    .get_about()
                    .is_some_and(|about| about.to_string().starts_with("Not served"))
            })
            .map(clap::Command::get_name)
            .collect();
        let listed: Vec<&str> = UNSERVED.iter().map(|(name, ..)| *name).collect();
        assert_eq!(said, listed);
        for name in listed {
            assert!(unserved(name).is_err());
        }
    }
}
