//! Passwords and token values: from a file, from the environment, from the terminal; never from the
//! command line, where every user of the machine can read them.

use std::io::{IsTerminal, Read};
use std::path::Path;

use vivant_client::Secret;

use crate::exit::UsageError;

/// No secret is longer.
const LONGEST: u64 = 64 * 1024;

/// A secret that is needed, and where it may come from.
#[derive(Debug)]
pub struct Wanted<'a> {
    what: String,
    option: &'static str,
    file: Option<&'a Path>,
    variable: &'static str,
    kept: Option<Kept<'a>>,
}

/// A secret that a profile keeps.
#[derive(Clone, Copy, Debug)]
pub enum Kept<'a> {
    /// The profile was asked for: its secret counts more than the environment's.
    First(&'a str),
    /// The profile is just the present one: the environment counts more.
    Last(&'a str),
}

impl<'a> Wanted<'a> {
    /// A user's password.
    pub fn password(user: &str, file: Option<&'a Path>) -> Self {
        Self {
            what: format!("password of {user}"),
            option: "--password-file",
            file,
            variable: "VIVANT_PASSWORD",
            kept: None,
        }
    }

    /// The value of a personal access token.
    pub fn token(name: &str, file: Option<&'a Path>) -> Self {
        Self {
            what: format!("value of the token {name}"),
            option: "--token-file",
            file,
            variable: "VIVANT_TOKEN_VALUE",
            kept: None,
        }
    }

    /// The value of a connected app's secret.
    pub fn app_secret(client_id: &str, file: Option<&'a Path>) -> Self {
        Self {
            what: format!("secret of the connected app {client_id}"),
            option: "--secret-file",
            file,
            variable: "VIVANT_SECRET_VALUE",
            kept: None,
        }
    }

    /// A JSON web token that somebody else made.
    pub fn jwt(file: Option<&'a Path>) -> Self {
        Self {
            what: "JSON web token".to_owned(),
            option: "--jwt-file",
            file,
            variable: "VIVANT_JWT",
            kept: None,
        }
    }

    /// The password of a user of a repository.
    #[cfg(feature = "repository")]
    pub fn repository(user: &str, file: Option<&'a Path>) -> Self {
        Self {
            what: format!("password of {user} at the repository"),
            variable: "VIVANT_REPOSITORY_PASSWORD",
            ..Self::password(user, file)
        }
    }

    /// The password of a user of a database that lists people.
    #[cfg(feature = "repository")]
    pub fn database(user: &str, file: Option<&'a Path>) -> Self {
        Self {
            what: format!("password of {user} at the database"),
            option: "--database-password-file",
            variable: "VIVANT_DATABASE_PASSWORD",
            ..Self::password(user, file)
        }
    }

    /// The password of a user of a mail server.
    #[cfg(feature = "mail")]
    pub fn smtp(user: &str, file: Option<&'a Path>) -> Self {
        Self {
            what: format!("password of {user} at the mail server"),
            option: "--smtp-password-file",
            variable: "VIVANT_SMTP_PASSWORD",
            ..Self::password(user, file)
        }
    }

    /// Adds what a profile keeps.
    pub fn kept(mut self, kept: Option<Kept<'a>>) -> Self {
        self.kept = kept;
        self
    }
}

/// Gets a secret. It asks only where somebody can answer, and fails at once everywhere else.
pub async fn get(wanted: Wanted<'_>, no_prompt: bool) -> anyhow::Result<Secret> {
    if let Some(file) = wanted.file {
        return Ok(from_file(file, wanted.option)?);
    }
    if let Some(Kept::First(secret)) = wanted.kept {
        return Ok(secret.into());
    }
    match std::env::var(wanted.variable) {
        Ok(value) if !value.is_empty() => return Ok(value.into()),
        Err(std::env::VarError::NotUnicode(_)) => {
            return Err(UsageError(format!("{} is not UTF-8 text", wanted.variable)).into());
        }
        _ => {}
    }
    if let Some(Kept::Last(secret)) = wanted.kept {
        return Ok(secret.into());
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    if no_prompt || !terminal {
        let why = if no_prompt {
            "--no-prompt forbids to ask"
        } else {
            "there is no terminal to ask on"
        };
        return Err(UsageError(format!(
            "the {} is missing and {why}: set {}, or give {}",
            wanted.what, wanted.variable, wanted.option
        ))
        .into());
    }
    let prompt = format!("{}: ", capitalised(&wanted.what));
    let typed = tokio::task::spawn_blocking(move || rpassword::prompt_password(prompt)).await??;
    if typed.is_empty() {
        return Err(UsageError(format!("the {} is empty", wanted.what)).into());
    }
    Ok(typed.into())
}

/// Reads a secret from a file, one line.
pub fn from_file(path: &Path, option: &str) -> Result<Secret, UsageError> {
    let unreadable =
        |e: std::io::Error| UsageError(format!("{option}: {} cannot be read: {e}", path.display()));
    let mut text = String::new();
    if path == Path::new("-") {
        std::io::stdin()
            .take(LONGEST + 1)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        file.take(LONGEST + 1)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
    }
    let bad = |why: &str| UsageError(format!("{option}: {} {why}", path.display()));
    if text.len() as u64 > LONGEST {
        return Err(bad("is too long to be a secret"));
    }
    // Editors end the line, and some begin the file with a mark.
    let line = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
    match line {
        "" => Err(bad("is empty")),
        line if line.contains('\n') => Err(bad("holds several lines, a secret has one")),
        line => Ok(line.into()),
    }
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content: &[u8]) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), content).expect("written");
        from_file(file.path(), "--password-file")
            .map(|secret| secret.expose().to_owned())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_holds_one_line() {
        assert_eq!(read(b"pw\n").as_deref(), Ok("pw"));
        assert_eq!(read("\u{feff} p w \r\n".as_bytes()).as_deref(), Ok(" p w "));
        for (content, part) in [
            (&b""[..], "empty"),
            (b"\n\n", "empty"),
            (b"a\nb", "several"),
            (b"\xff", "cannot be read"),
        ] {
            let error = read(content).expect_err(part);
            assert!(
                error.contains(part) && error.starts_with("--password-file"),
                "{error}"
            );
        }
        assert!(read(&[b'x'; 70_000]).is_err());
    }
}
