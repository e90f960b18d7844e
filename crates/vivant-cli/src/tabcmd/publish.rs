//! `publish`: a file, or the files of a folder.

use std::path::{Path, PathBuf};

use vivant_client::model::ProjectId;
use vivant_client::types::{Datasource, Workbook};
use vivant_client::{
    ConnectionSpec, PublishDatasource, PublishDatasourceMode, PublishMode, PublishWorkbook, Site, Source,
};

use super::args::{Global, Publish};
use super::console::Console;
use super::content::Kind;
use super::failure::Failure;
use super::lookup;
use super::session::Session;

/// What of a folder is published.
const ENDINGS: [&str; 5] = ["twb", "twbx", "tds", "tdsx", "hyper"];

/// Publishes a file or a folder.
pub async fn publish(args: Box<Publish>, global: &Global, console: &Console) -> Result<(), Failure> {
    let files = files(&args)?;
    for (given, name) in [
        (args.disable_uploader, "--disable-uploader"),
        (args.restart.is_some(), "--restart"),
    ] {
        if given {
            console.warn(format!("{name} has no effect"));
        }
    }
    Session::with(global, console, async |session| {
        let site = &session.site;
        let project =
            lookup::project(site, args.project.as_deref(), args.parent_project_path.as_deref()).await?;
        let mut shared = Shared {
            args: &args,
            project: lookup::id_of(&project)?,
            thumbnails_user: None,
            thumbnails_group: None,
        };
        if let Some(name) = &args.thumbnail_username {
            shared.thumbnails_user = lookup::user(site, name).await?.id;
        }
        if let Some(name) = &args.thumbnail_group {
            shared.thumbnails_group = lookup::group(site, name).await?.id;
        }
        let progress = console.progress();
        for (file, kind) in &files {
            console.info(format!(
                "Publishing '{}' to the server. This could take several minutes...",
                file.display()
            ));
            let content = progress.sending(file.as_path());
            let address = match kind {
                Kind::Workbook => shared.workbook(site, content).await?.webpage_url,
                Kind::Datasource => shared.datasource(site, content).await?.webpage_url,
            };
            console.info("File successfully published to the server at the following location:");
            console.info(address.unwrap_or_default());
        }
        Ok(())
    })
    .await
}

/// What all files of one command share.
struct Shared<'a> {
    args: &'a Publish,
    project: ProjectId,
    thumbnails_user: Option<vivant_client::model::UserId>,
    thumbnails_group: Option<vivant_client::model::GroupId>,
}

impl Shared<'_> {
    async fn workbook(&self, site: &Site, file: Source) -> Result<Workbook, Failure> {
        let args = self.args;
        let options = PublishWorkbook {
            name: args.name.clone(),
            project_id: Some(self.project),
            mode: match args.overwrite {
                true => PublishMode::Overwrite,
                false => PublishMode::CreateNew,
            },
            show_tabs: args.tabbed,
            skip_connection_check: args.skip_connection_check,
            thumbnails_user_id: self.thumbnails_user,
            thumbnails_group_id: self.thumbnails_group,
            encrypt_extracts: args.encrypt_extracts.then_some(true),
            credentials: self.credentials(),
            ..PublishWorkbook::default()
        };
        Ok(site.workbooks().publish(options, file).await?)
    }

    async fn datasource(&self, site: &Site, file: Source) -> Result<Datasource, Failure> {
        let args = self.args;
        let mode = match (args.overwrite, args.append, args.replace) {
            (true, ..) => PublishDatasourceMode::Overwrite,
            (_, true, _) => PublishDatasourceMode::Append,
            (.., true) => PublishDatasourceMode::Replace,
            _ => PublishDatasourceMode::CreateNew,
        };
        let options = PublishDatasource {
            name: args.name.clone(),
            project_id: Some(self.project),
            mode,
            use_remote_query_agent: Some(args.use_tableau_bridge),
            encrypt_extracts: args.encrypt_extracts.then_some(true),
            credentials: self.credentials(),
            ..PublishDatasource::default()
        };
        Ok(site.datasources().publish(options, file).await?)
    }

    /// The credentials for all connections of a file.
    fn credentials(&self) -> Option<ConnectionSpec> {
        let args = self.args;
        let by_password = args.db_username.is_some();
        let name = args.db_username.as_ref().or(args.oauth_username.as_ref())?;
        Some(ConnectionSpec {
            user_name: Some(name.clone()),
            password: args
                .db_password
                .as_deref()
                .filter(|_| by_password)
                .map(Into::into),
            embed: if by_password {
                args.save_db_password
            } else {
                args.save_oauth
            },
            oauth: !by_password,
            ..ConnectionSpec::default()
        })
    }
}

/// Finds the files to publish, before anybody signs in.
fn files(args: &Publish) -> Result<Vec<(PathBuf, Kind)>, Failure> {
    let path = &args.file;
    if !path.exists() {
        return Err(Failure::told(format!(
            "Filename given does not exist: {}",
            path.display()
        )));
    }
    let mut found = Vec::new();
    if path.is_dir() {
        let recursive = match args.recursive.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("false" | "no" | "0") => false,
            Some("true" | "yes" | "1") => true,
            Some(other) => {
                return Err(Failure::Usage(format!(
                    "--recursive is true or false, not '{other}'"
                )));
            }
        };
        gather(path, recursive, args.filetype.as_deref(), &mut found)?;
        found.sort();
        if found.is_empty() {
            return Err(Failure::told(format!(
                "there is nothing to publish in {}",
                path.display()
            )));
        }
        if found.len() > 1 && args.name.is_some() {
            return Err(Failure::told(format!(
                "--name is for one file, and there are {} in {}",
                found.len(),
                path.display()
            )));
        }
    } else {
        found.push(path.clone());
    }
    let files: Vec<(PathBuf, Kind)> = found
        .into_iter()
        .map(|file| Ok((kind_of(&file)?, file)))
        .map(|file: Result<_, Failure>| file.map(|(kind, file)| (file, kind)))
        .collect::<Result<_, _>>()?;
    check(args, &files)?;
    Ok(files)
}

/// Refuses flags that mean nothing for a file, before anything is published.
fn check(args: &Publish, files: &[(PathBuf, Kind)]) -> Result<(), Failure> {
    let refused = |file: &Path, why: &str| Failure::told(format!("{}: {why}", file.display()));
    for (file, kind) in files {
        match kind {
            Kind::Workbook if args.append => {
                return Err(refused(
                    file,
                    "--append adds rows to a data source, not to a workbook",
                ));
            }
            Kind::Workbook if args.replace => {
                return Err(refused(
                    file,
                    "--replace replaces the rows of a data source; for a workbook use --overwrite",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn kind_of(file: &Path) -> Result<Kind, Failure> {
    match ending(file).as_str() {
        "twb" | "twbx" => Ok(Kind::Workbook),
        "tds" | "tdsx" | "hyper" => Ok(Kind::Datasource),
        other => Err(Failure::Usage(format!(
            "{} cannot be published: its ending '{other}' is none of {}",
            file.display(),
            ENDINGS.join(", ")
        ))),
    }
}

fn ending(file: &Path) -> String {
    let ending = file.extension().unwrap_or_default();
    ending.to_string_lossy().to_ascii_lowercase()
}

fn gather(
    folder: &Path,
    recursive: bool,
    filetype: Option<&str>,
    found: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let unreadable = |e: std::io::Error| Failure::told(format!("{} cannot be read: {e}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        // Links to folders are not followed: they may lead in a circle.
        if entry.file_type().map_err(unreadable)?.is_dir() {
            if recursive {
                gather(&path, recursive, filetype, found)?;
            }
            continue;
        }
        let wanted = match filetype {
            None => ENDINGS.contains(&ending(&path).as_str()),
            Some(pattern) if pattern.contains(['*', '?']) => matches(pattern, &name),
            Some(kind) => ending(&path) == kind.trim_start_matches('.').to_ascii_lowercase(),
        };
        if wanted && path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether a name fits a pattern with `*` and `?`.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    n = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::later::Later;
    use crate::tabcmd::args::{Command, Line};

    fn args(folder: &Path, line: &str) -> Publish {
        let folder = folder.display().to_string();
        let words: Vec<_> = ["publish", &folder]
            .into_iter()
            .chain(line.split_whitespace())
            .map(Into::into)
            .collect();
        match Line::read(&words).expect(line).command {
            Some(Command::Publish(Later(args))) => *args,
            _ => panic!("another command"),
        }
    }

    #[test]
    fn folders_are_gone_through() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("in")).expect("made");
        for name in ["b.twbx", "a.TWB", "c.tdsx", "d.txt", ".e.twb", "in/f.hyper"] {
            std::fs::write(folder.path().join(name), "x").expect("written");
        }
        let found = |line: &str| -> Vec<String> {
            let files = files(&args(folder.path(), line)).expect(line);
            let name = |file: &Path| {
                file.strip_prefix(folder.path())
                    .expect("inside")
                    .display()
                    .to_string()
            };
            files.iter().map(|(file, _)| name(file)).collect()
        };
        assert_eq!(found(""), ["a.TWB", "b.twbx", "c.tdsx"]);
        assert_eq!(
            found("--recursive true"),
            ["a.TWB", "b.twbx", "c.tdsx", "in/f.hyper"]
        );
        assert_eq!(found("--filetype twbx"), ["b.twbx"]);
        assert_eq!(found("--filetype *.t?b*"), ["b.twbx"]);
        assert_eq!(found("--filetype twbx --name X"), ["b.twbx"]);
        for (line, part) in [
            ("--name X", "one file"),
            ("--filetype pdf", "nothing to publish"),
            ("--filetype d*", "none of"),
            ("--append", "--append adds rows"),
            ("--recursive maybe", "true or false"),
        ] {
            let failure = files(&args(folder.path(), line)).expect_err(line).line();
            assert!(failure.contains(part), "{failure}");
        }
    }

    #[test]
    fn patterns_are_those_of_shells() {
        for (pattern, name, fits) in [
            ("*", "", true),
            ("*.twb?", "a.twbx", true),
            ("*.twb?", "a.twb", false),
            ("S*s*.twb", "Sales sheet.twb", true),
            ("?.twb", "ä.twb", true),
            ("a*b*c", "aXbYbZ", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
