//! Things by what people call them: a LUID, a name, or a path such as `/Sales/North/Report`.

use vivant_model::{Luid, ProjectId, WorkbookId};
use vivant_wire::types::{Datasource, Flow, Group, Project, User, View, Workbook};

use crate::endpoints::{Datasources, Flows, Groups, Projects, Users, Views, Workbooks};
use crate::error::{Error, ErrorKind, Result};
use crate::filters::{self, Field, Filter};
use crate::list::{List, ListOptions, Listed};
use crate::site::Site;

/// How many candidates an error's message lists; [`Error::candidates`] has all.
const SHOWN: usize = 20;

/// One of several things that a name may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: Option<Luid>,
    /// Its path, or its name with the domain.
    pub path: String,
}

/// Something that has a name within a place.
trait Named: Listed {
    const NOUN: &'static str;
    const FIELDS: &'static [Field];

    fn name(&self) -> Option<&str>;

    /// Whether it is what is called so, perhaps with the domain before the name.
    fn is_called(&self, name: &str) -> bool {
        self.name() == Some(name)
    }

    /// What the list can be filtered by.
    fn key(name: &str) -> &str {
        name
    }

    /// Where it stands.
    fn place(&self) -> Place {
        Place::Site
    }
}

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Directly on the site.
    Site,
    Project(ProjectId),
    Workbook(WorkbookId),
    /// Within something that the user may not see.
    Hidden,
}

fn in_project(project: Option<&Project>) -> Place {
    project
        .and_then(|project| project.id)
        .map_or(Place::Hidden, Place::Project)
}

macro_rules! content {
    ($($type:ident $noun:literal $fields:ident),*) => {$(
        impl Named for $type {
            const NOUN: &'static str = $noun;
            const FIELDS: &'static [Field] = filters::$fields;

            fn name(&self) -> Option<&str> {
                self.name.as_deref()
            }

            fn place(&self) -> Place {
                in_project(self.project.as_ref())
            }
        }
    )*};
}

content! { Workbook "workbook" WORKBOOKS, Datasource "data source" DATASOURCES, Flow "flow" FLOWS }

impl Named for Project {
    const NOUN: &'static str = "project";
    const FIELDS: &'static [Field] = filters::PROJECTS;

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn place(&self) -> Place {
        match self.parent_project_id.as_deref().filter(|id| !id.is_empty()) {
            None => Place::Site,
            Some(id) => id.parse().map_or(Place::Hidden, Place::Project),
        }
    }
}

impl Named for View {
    const NOUN: &'static str = "view";
    const FIELDS: &'static [Field] = filters::VIEWS;

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn place(&self) -> Place {
        let workbook = self.workbook.as_ref().and_then(|workbook| workbook.id);
        workbook.map_or(Place::Hidden, Place::Workbook)
    }
}

macro_rules! people {
    ($($type:ident $noun:literal $fields:ident),*) => {$(
        impl Named for $type {
            const NOUN: &'static str = $noun;
            const FIELDS: &'static [Field] = filters::$fields;

            fn name(&self) -> Option<&str> {
                self.name.as_deref()
            }

            fn is_called(&self, name: &str) -> bool {
                if self.name() == Some(name) {
                    return true;
                }
                let Some((domain, name)) = name.split_once('\\') else {
                    return false;
                };
                let own = |known: &Option<String>| {
                    known.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(domain))
                };
                self.name() == Some(name)
                    && self.domain.as_ref().is_some_and(|d| own(&d.name) || own(&d.short_name))
            }

            fn key(name: &str) -> &str {
                name.split_once('\\').map_or(name, |(_, name)| name)
            }
        }
    )*};
}

people! { User "user" USERS, Group "group" GROUPS }

macro_rules! found {
    ($($group:ident $type:ident $example:literal),*) => {$(
        impl $group {
            #[doc = concat!("Finds the one thing that is meant: by its LUID, its name, or ", $example, ".")]
            ///
            /// A slash in a name is written `\/` in a path. Where several are meant, the error has all of them
            /// ([`Error::candidates`]).
            pub async fn find(&self, reference: &str) -> Result<$type> {
                if let Ok(id) = reference.parse::<Luid>() {
                    return self.of_luid(id).await;
                }
                let path = path_of::<$type>(reference)?;
                self.one_of(path.as_deref(), reference).await
            }

            async fn one_of(&self, path: Option<&[String]>, reference: &str) -> Result<$type> {
                one(&self.site, |options| self.list(options), path, reference).await
            }
        }
    )*};
}

found! {
    Workbooks Workbook "its path, `/Project/Workbook`",
    Datasources Datasource "its path, `/Project/Data source`",
    Flows Flow "its path, `/Project/Flow`",
    Views View "its path, `/Project/Workbook/View`",
    Projects Project "its path, `/Project/Project`",
    Users User "its name with the domain, `domain\\name`",
    Groups Group "its name with the domain, `domain\\name`"
}

macro_rules! by_get {
    ($($group:ident $type:ident),*) => {$(
        impl $group {
            async fn of_luid(&self, id: Luid) -> Result<$type> {
                self.get(id.into()).await
            }
        }
    )*};
}

by_get! { Workbooks Workbook, Datasources Datasource, Flows Flow, Views View, Users User }

// Tableau: neither has a method for one of them that everybody may use.
macro_rules! by_list {
    ($($group:ident $type:ident),*) => {$(
        impl $group {
            async fn of_luid(&self, id: Luid) -> Result<$type> {
                let all = self.list(ListOptions::new()).all().await?;
                let found = all.into_iter().find(|item| item.luid() == Some(id));
                found.ok_or_else(|| missing::<$type>(&id.to_string()))
            }
        }
    )*};
}

by_list! { Projects Project, Groups Group }

/// The parts of a path; `None` for a name alone, as users and groups have it.
fn path_of<T: Named>(reference: &str) -> Result<Option<Vec<String>>> {
    if reference.is_empty() {
        return Err(Error::invalid(format!("an empty text names no {}", T::NOUN)));
    }
    let has_paths = !matches!(T::NOUN, "user" | "group");
    let Some(path) = reference.strip_prefix('/').filter(|_| has_paths) else {
        return Ok(None);
    };
    let parts = split(path);
    if parts.iter().any(String::is_empty) {
        return Err(Error::invalid(format!(
            "the path '{reference}' has an empty part; a slash in a name is written \\/"
        )));
    }
    let least = match T::NOUN {
        "project" => 1,
        "view" => 3,
        _ => 2,
    };
    if parts.len() < least {
        return Err(Error::invalid(format!(
            "the path '{reference}' is too short for a {}: it begins with the project",
            T::NOUN
        )));
    }
    Ok(Some(parts))
}

/// Splits at slashes; `\/` is a slash of a name, and `\\` a backslash.
fn split(path: &str) -> Vec<String> {
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

/// Writes a name as a part of a path.
fn escape(name: &str) -> String {
    name.replace('\\', "\\\\").replace('/', "\\/")
}

async fn one<T: Named>(
    site: &Site,
    list: impl Fn(ListOptions) -> List<T>,
    path: Option<&[String]>,
    reference: &str,
) -> Result<T> {
    let mut found = match path.and_then(<[String]>::split_last) {
        None => named(&list, reference).await?,
        Some((name, parents)) => {
            let mut here = named(&list, name).await?;
            let place = match (T::NOUN, parents.split_last()) {
                (_, None) => Place::Site,
                ("view", Some((workbook, projects))) => {
                    let within = [projects, std::slice::from_ref(workbook)].concat();
                    // Boxed, since everything else is found by the same function.
                    let book = Box::pin(site.workbooks().one_of(Some(&within), reference)).await?;
                    book.id.map_or(Place::Hidden, Place::Workbook)
                }
                (_, Some(_)) => project_at(site, parents)
                    .await?
                    .and_then(|project| project.id)
                    .map_or(Place::Hidden, Place::Project),
            };
            here.retain(|item| item.place() == place && place != Place::Hidden);
            here
        }
    };
    match found.len() {
        0 => Err(missing::<T>(reference)),
        1 => Ok(found.remove(0)),
        _ => Err(ambiguous(site, reference, &found).await),
    }
}

/// The project at a path.
pub(crate) async fn project_at(site: &Site, path: &[String]) -> Result<Option<Project>> {
    let projects = site.projects();
    let (mut place, mut found) = (Place::Site, None);
    for name in path {
        let within = |options: ListOptions| match place {
            Place::Project(id) => {
                projects.list(options.filter(Filter::eq("parentProjectId", id.to_string())))
            }
            _ => projects.list(options),
        };
        let mut here = match named(&within, name).await {
            // Older servers do not filter by the parent.
            Err(error) if error.code() == Some("400065") => {
                named(&|options| projects.list(options), name).await?
            }
            found => found?,
        };
        here.retain(|project| project.place() == place);
        if here.len() > 1 {
            return Err(ambiguous(site, name, &here).await);
        }
        found = here.pop();
        match found.as_ref().and_then(|project| project.id) {
            Some(id) => place = Place::Project(id),
            None => return Ok(None),
        }
    }
    Ok(found)
}

/// Everything of a name: chosen by the server where a filter can hold the name, here in any case.
async fn named<T: Named>(list: &impl Fn(ListOptions) -> List<T>, name: &str) -> Result<Vec<T>> {
    let filter = Filter::eq("name", T::key(name));
    let all = match filters::filter_expression(std::slice::from_ref(&filter), T::FIELDS) {
        Ok(_) => list(ListOptions::new().filter(filter)).all().await?,
        Err(_) => list(ListOptions::new()).all().await?,
    };
    Ok(all.into_iter().filter(|item| item.is_called(name)).collect())
}

fn missing<T: Named>(reference: &str) -> Error {
    Error::new(
        ErrorKind::NotFound,
        format!("there is no {} '{reference}'", T::NOUN),
    )
}

async fn ambiguous<T: Named>(site: &Site, reference: &str, items: &[T]) -> Error {
    // Where projects cannot be listed, ids and names must do.
    let projects = site
        .projects()
        .list(ListOptions::new())
        .all()
        .await
        .unwrap_or_default();
    let books = match items
        .iter()
        .any(|item| matches!(item.place(), Place::Workbook(_)))
    {
        true => site
            .workbooks()
            .list(ListOptions::new())
            .all()
            .await
            .unwrap_or_default(),
        false => Vec::new(),
    };
    let candidates: Vec<Candidate> = items
        .iter()
        .map(|item| Candidate {
            id: item.luid(),
            path: path(item.place(), item.name().unwrap_or_default(), &projects, &books),
        })
        .collect();
    let mut message = format!(
        "{} {}s are called '{reference}'; give the path or the id of one:",
        candidates.len(),
        T::NOUN
    );
    for candidate in candidates.iter().take(SHOWN) {
        let id = candidate.id.map_or_else(String::new, |id| id.to_string());
        message.push_str(&format!("\n  {id}  {}", candidate.path));
    }
    if candidates.len() > SHOWN {
        message.push_str(&format!("\n  and {} more", candidates.len() - SHOWN));
    }
    Error::new(ErrorKind::Ambiguous, message).with_candidates(candidates)
}

/// The path of something in a place, as far up as can be seen.
fn path(mut place: Place, name: &str, projects: &[Project], books: &[Workbook]) -> String {
    let mut parts = vec![escape(name)];
    // Parents that go round are not to hold anybody up.
    for _ in 0..=projects.len() {
        place = match place {
            Place::Site | Place::Hidden => break,
            Place::Workbook(id) => match books.iter().find(|book| book.id == Some(id)) {
                Some(book) => {
                    parts.push(escape(book.name.as_deref().unwrap_or_default()));
                    book.place()
                }
                None => Place::Hidden,
            },
            Place::Project(id) => match projects.iter().find(|project| project.id == Some(id)) {
                Some(project) => {
                    parts.push(escape(project.name.as_deref().unwrap_or_default()));
                    project.place()
                }
                None => Place::Hidden,
            },
        };
    }
    parts.push(match place {
        Place::Site if parts.len() > 1 => String::new(),
        Place::Site => return parts.remove(0),
        _ => "…".to_owned(),
    });
    parts.reverse();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart_and_written() {
        let parts = |text| path_of::<Workbook>(text).expect("a path");
        assert_eq!(parts("Report/1"), None);
        assert_eq!(
            parts("/A/B & C/数据"),
            Some(vec!["A".into(), "B & C".into(), "数据".into()])
        );
        assert_eq!(parts(r"/A\/B/C\\"), Some(vec!["A/B".into(), r"C\".into()]));
        assert_eq!(split(&escape(r"a/b\c")), [r"a/b\c"]);
        assert_eq!(path_of::<User>("/x").expect("a name"), None);
        assert!(path_of::<Project>("/A").is_ok() && path_of::<View>("/A/B/C").is_ok());
        for wrong in ["", "/", "//a", "/a/", "/a"] {
            assert!(path_of::<Workbook>(wrong).is_err(), "{wrong}");
        }
        assert!(path_of::<View>("/A/B").is_err());
    }

    #[test]
    fn a_path_ends_where_nothing_more_can_be_seen() {
        let id = |n: u8| format!("33333333-3333-4333-8333-00000000000{n}");
        let project = |n: u8, parent: Option<u8>| Project {
            id: id(n).parse().ok(),
            name: Some(format!("p/{n}")),
            parent_project_id: parent.map(id),
            ..Project::default()
        };
        let projects = [
            project(1, None),
            project(2, Some(1)),
            project(3, Some(9)),
            project(4, Some(4)),
        ];
        let place = |n: u8| Place::Project(id(n).parse().expect("an id"));
        assert_eq!(path(place(2), "x", &projects, &[]), r"/p\/1/p\/2/x");
        assert_eq!(path(place(3), "x", &projects, &[]), r"…/p\/3/x");
        assert!(path(place(4), "x", &projects, &[]).starts_with('…'));
        assert_eq!(path(Place::Site, "x", &projects, &[]), "x");
    }
}
