//! Things by what people call them: a LUID, a name, or a path such as `/Sales/North/Report`.

use futures_util::TryStreamExt;
use vivant_client::{Filter, ListOptions, Site};

use super::value::{Value, text};
use super::{Kind, Place};
use crate::commands::projects;
use crate::exit::Unclear;

/// A thing that was found, or is trusted to be there because its id was given.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// What to call it in messages.
    pub label: String,
    /// What the list says of it; `None` where only the id is known.
    pub item: Option<Value>,
}

impl Found {
    /// The id as the client wants it.
    pub fn luid<T: std::str::FromStr>(&self) -> anyhow::Result<T> {
        self.id
            .parse()
            .map_err(|_| anyhow::anyhow!("'{}' is no id of 36 characters", self.id))
    }
}

/// Whether a text has the form of an id.
pub fn is_luid(text: &str) -> bool {
    text.parse::<vivant_client::model::Luid>().is_ok()
}

/// Finds the one thing that is meant.
pub async fn find(site: &Site, kind: &'static Kind, reference: &str) -> anyhow::Result<Found> {
    if is_luid(reference) {
        return Ok(Found {
            id: reference.to_ascii_lowercase(),
            label: reference.to_ascii_lowercase(),
            item: None,
        });
    }
    let wanted = Wanted::parse(kind, reference)?;
    let mut candidates = named(site, kind, &wanted.name).await?;
    if candidates.is_empty() && wanted.parents.is_none() {
        candidates = addressed(site, kind, reference).await?;
    }
    if let Some(parents) = &wanted.parents {
        candidates = within(site, kind, candidates, parents).await?;
    }
    if let Some(domain) = &wanted.domain {
        candidates.retain(|item| {
            let name = text(item, "domain.name");
            name.eq_ignore_ascii_case(domain) || text(item, "domain.shortName").eq_ignore_ascii_case(domain)
        });
    }
    match candidates.len() {
        0 => Err(Unclear::missing(format!("there is no {} '{reference}'", kind.noun)).into()),
        1 => {
            let item = candidates.remove(0);
            Ok(Found {
                id: text(&item, "id"),
                label: text(&item, kind.name),
                item: Some(item),
            })
        }
        _ => Err(ambiguous(site, kind, reference, &candidates).await.into()),
    }
}

/// Finds the one thing that is meant and gives its id.
pub async fn find_luid<T: std::str::FromStr>(
    site: &Site,
    kind: &'static Kind,
    reference: &str,
) -> anyhow::Result<T> {
    find(site, kind, reference).await?.luid()
}

/// Finds the things that are meant where one may be missing, such as an owner that is not to change.
pub async fn find_as<T: std::str::FromStr>(
    site: &Site,
    kind: &'static Kind,
    reference: Option<&str>,
) -> anyhow::Result<Option<T>> {
    match reference {
        Some(reference) => find_luid(site, kind, reference).await.map(Some),
        None => Ok(None),
    }
}

/// A reference taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    /// The projects, and perhaps the workbook, from the top; `None` for a name alone.
    parents: Option<Vec<String>>,
    name: String,
    domain: Option<String>,
}

impl Wanted {
    fn parse(kind: &Kind, reference: &str) -> Result<Self, Unclear> {
        let alone = |name: &str, domain: Option<&str>| Self {
            parents: None,
            name: name.to_owned(),
            domain: domain.map(str::to_owned),
        };
        if reference.is_empty() {
            return Err(Unclear::missing(format!("an empty text names no {}", kind.noun)));
        }
        if kind.place == Place::Site {
            let domains = matches!(kind.noun, "user" | "group");
            return Ok(match reference.split_once('\\') {
                Some((domain, name)) if domains && !domain.is_empty() => alone(name, Some(domain)),
                _ => alone(reference, None),
            });
        }
        let Some(path) = reference.strip_prefix('/') else {
            return Ok(alone(reference, None));
        };
        let mut parts = split_path(path);
        match parts.pop() {
            Some(name) if !name.is_empty() && !parts.iter().any(String::is_empty) => Ok(Self {
                parents: Some(parts),
                name,
                domain: None,
            }),
            _ => Err(Unclear::missing(format!(
                "'{reference}' is no path: it has an empty part; a slash in a name is written \\/"
            ))),
        }
    }
}

/// Splits at slashes; `\/` is a slash of a name and `\\` a backslash.
pub fn split_path(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = path.chars().peekable();
    while let Some(c) = chars.next() {
        let part = parts.last_mut().expect("there is one always");
        match c {
            '\\' if matches!(chars.peek(), Some('/' | '\\')) => part.extend(chars.next()),
            '/' => parts.push(String::new()),
            c => part.push(c),
        }
    }
    parts
}

/// The things of a name: chosen by the server where it can, here otherwise.
async fn named(site: &Site, kind: &'static Kind, name: &str) -> anyhow::Result<Vec<Value>> {
    filtered(site, kind, kind.name, name).await
}

/// The things of an address, as it stands in the browser: `Report/Overview` of a view.
async fn addressed(site: &Site, kind: &'static Kind, reference: &str) -> anyhow::Result<Vec<Value>> {
    if !kind.fields.iter().any(|field| field.name == "contentUrl") || reference.starts_with('/') {
        return Ok(Vec::new());
    }
    let address = match (kind.place, reference.split_once('/')) {
        (Place::Workbook, Some((book, view))) if !view.starts_with("sheets/") => {
            format!("{book}/sheets/{view}")
        }
        _ => reference.to_owned(),
    };
    filtered(site, kind, "contentUrl", &address).await
}

async fn filtered(site: &Site, kind: &'static Kind, field: &str, value: &str) -> anyhow::Result<Vec<Value>> {
    let known = kind.fields.iter().any(|known| known.name == field);
    let options = match known && !value.contains([',', '[', ']']) {
        true => ListOptions::new().filter(Filter::eq(field, value)),
        false => ListOptions::new(),
    };
    let mut rows = (kind.list)(site.clone(), options);
    let mut items = Vec::new();
    while let Some(chunk) = rows.try_next().await? {
        items.extend(chunk.items.into_iter().filter(|item| text(item, field) == value));
    }
    Ok(items)
}

/// Keeps what is at a place.
async fn within(
    site: &Site,
    kind: &'static Kind,
    mut candidates: Vec<Value>,
    parents: &[String],
) -> anyhow::Result<Vec<Value>> {
    let (projects, workbook) = match (kind.place, parents.split_last()) {
        (Place::Workbook, Some((workbook, projects))) => (projects, Some(workbook)),
        (Place::Workbook, None) => return Ok(Vec::new()),
        _ => (parents, None),
    };
    let project = match projects {
        // Only projects stand at the top, and workbooks of which nothing else is said.
        [] => None,
        projects => match project_at(site, projects).await? {
            Some(id) => Some(id),
            None => return Ok(Vec::new()),
        },
    };
    match kind.place {
        Place::Parent => {
            let parent = project.unwrap_or_default();
            candidates.retain(|item| text(item, "parentProjectId") == parent);
        }
        Place::Project => {
            let Some(project) = project else {
                return Err(Unclear::missing(format!(
                    "a path to a {} begins with its project: /Project/Name",
                    kind.noun
                ))
                .into());
            };
            candidates.retain(|item| text(item, "project.id") == project);
        }
        Place::Workbook => {
            let name = workbook.expect("views are below a workbook");
            let books = named(site, &crate::commands::workbooks::KIND, name).await?;
            let books: Vec<String> = books
                .iter()
                .filter(|book| {
                    project
                        .as_ref()
                        .is_none_or(|project| text(book, "project.id") == *project)
                })
                .map(|book| text(book, "id"))
                .collect();
            candidates.retain(|item| books.contains(&text(item, "workbook.id")));
        }
        Place::Site => {}
    }
    Ok(candidates)
}

/// The id of the project at a path; a part that several projects below one parent have is not to be.
async fn project_at(site: &Site, path: &[String]) -> anyhow::Result<Option<String>> {
    let mut parent = String::new();
    for name in path {
        let found = named(site, &projects::KIND, name).await?;
        let mut here = found
            .into_iter()
            .filter(|item| text(item, "parentProjectId") == parent);
        match here.next() {
            Some(item) => parent = text(&item, "id"),
            None => return Ok(None),
        }
    }
    Ok(Some(parent))
}

/// Says which things are meant by one name.
async fn ambiguous(site: &Site, kind: &'static Kind, reference: &str, candidates: &[Value]) -> Unclear {
    const SHOWN: usize = 20;
    let mut message = format!(
        "{} {}s are called '{reference}'; give the path or the id of one:",
        candidates.len(),
        kind.noun
    );
    let paths = match kind.place {
        Place::Site => None,
        // Where projects cannot be listed, the ids must do.
        _ => projects::Paths::load(site).await.ok(),
    };
    for item in candidates.iter().take(SHOWN) {
        let place = match &paths {
            Some(paths) => paths.of(kind, item),
            None => match text(item, "domain.name") {
                domain if domain.is_empty() => text(item, kind.name),
                domain => format!("{domain}\\{}", text(item, kind.name)),
            },
        };
        message.push_str(&format!("\n  {}  {place}", text(item, "id")));
    }
    if candidates.len() > SHOWN {
        message.push_str(&format!("\n  and {} more", candidates.len() - SHOWN));
    }
    Unclear::ambiguous(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let check = |path: &str, expected: &[&str]| assert_eq!(split_path(path), expected, "{path}");
        check("A/B", &["A", "B"]);
        check(r"A\/B/C", &["A/B", "C"]);
        check(r"A\\/C\d", &[r"A\", r"C\d"]);
        check("", &[""]);
    }

    #[test]
    fn references_are_read_by_what_they_name() {
        let parse = |kind, text| Wanted::parse(kind, text).expect("readable");
        let workbooks = &crate::commands::workbooks::KIND;
        let users = &crate::commands::users::KIND;
        let read = parse(workbooks, "/A/B & C/数据");
        assert_eq!(
            (read.parents, read.name),
            (Some(vec!["A".to_owned(), "B & C".to_owned()]), "数据".to_owned())
        );
        assert_eq!(parse(workbooks, "A/B").name, "A/B");
        assert_eq!(parse(workbooks, r"a\b").name, r"a\b");
        let read = parse(users, r"corp.example\ann");
        assert_eq!(
            (read.domain.as_deref(), read.name.as_str()),
            (Some("corp.example"), "ann")
        );
        assert_eq!(parse(users, "/x").name, "/x");
        for bad in ["", "/", "//a", "/a/"] {
            assert!(Wanted::parse(workbooks, bad).is_err(), "{bad}");
        }
    }
}
