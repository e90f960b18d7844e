//! Projects as a tree, and the paths of what lies in them.

use std::collections::HashMap;
use std::fmt;

use vivant_client::{ListOptions, Site};
use vivant_model::ProjectId;
use vivant_model::project::DEFAULT_PROJECT;
use vivant_wire::types::Project;

use crate::error::{Context, Error, Result};

/// A path such as `/Sales/North/Report`: names of projects from the top, then perhaps of what is in the last.
///
/// In text a slash of a name is written `\/` and a backslash `\\`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(pub Vec<String>);

impl Path {
    /// Reads a path; the slash before the first name may be missing.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parts = vec![String::new()];
        let mut chars = text.strip_prefix('/').unwrap_or(text).chars();
        while let Some(c) = chars.next() {
            let part = parts.last_mut().expect("there is always one");
            match c {
                '\\' => part.extend(chars.next()),
                '/' => parts.push(String::new()),
                c => part.push(c),
            }
        }
        match parts.iter().any(String::is_empty) {
            true => Err(Error::input(format!(
                "`{text}` is no path: it has an empty part; a slash in a name is written \\/"
            ))),
            false => Ok(Self(parts)),
        }
    }

    /// The path of something in this place.
    pub fn join(&self, name: &str) -> Self {
        let mut parts = self.0.clone();
        parts.push(name.to_owned());
        Self(parts)
    }

    /// Where the thing lies; `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        match self.0.len() {
            0 | 1 => None,
            n => Some(Self(self.0[..n - 1].to_vec())),
        }
    }

    /// The last name.
    pub fn name(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// How many names it has.
    pub fn depth(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            write!(f, "/{}", part.replace('\\', "\\\\").replace('/', "\\/"))?;
        }
        Ok(())
    }
}

/// The projects of a site.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    projects: HashMap<ProjectId, Project>,
    by_path: HashMap<Path, ProjectId>,
}

impl Tree {
    /// Lists the projects of a site.
    pub async fn load(site: &Site) -> Result<Self> {
        let all = site.projects().list(ListOptions::new()).all().await;
        Ok(Self::new(
            all.context(|| "the projects cannot be listed".to_owned())?,
        ))
    }

    /// Makes a tree of a list.
    pub fn new(projects: Vec<Project>) -> Self {
        let mut tree = Self::default();
        for project in projects {
            if let Some(id) = project.id {
                tree.projects.insert(id, project);
            }
        }
        let paths: Vec<(Path, ProjectId)> = tree
            .projects
            .keys()
            .filter_map(|id| Some((tree.path(*id)?, *id)))
            .collect();
        tree.by_path = paths.into_iter().map(|(path, id)| (key(&path), id)).collect();
        tree
    }

    /// Adds a project that was just made.
    pub fn insert(&mut self, project: Project) {
        let Some(id) = project.id else { return };
        self.projects.insert(id, project);
        if let Some(path) = self.path(id) {
            self.by_path.insert(key(&path), id);
        }
    }

    /// The projects, those above before those in them, by name.
    pub fn all(&self) -> Vec<(Path, &Project)> {
        let mut all: Vec<(Path, &Project)> = self
            .projects
            .iter()
            .filter_map(|(id, project)| Some((self.path(*id)?, project)))
            .collect();
        all.sort_by(|a, b| (a.0.depth(), &a.0).cmp(&(b.0.depth(), &b.0)));
        all
    }

    /// One project.
    pub fn get(&self, id: ProjectId) -> Option<&Project> {
        self.projects.get(&id)
    }

    /// Finds a project by its path.
    pub fn find(&self, path: &Path) -> Option<&Project> {
        self.by_path.get(&key(path)).and_then(|id| self.projects.get(id))
    }

    /// Finds a project by path, id, or a name that only one has.
    pub fn named(&self, text: &str) -> Result<&Project> {
        if let Ok(id) = text.parse::<ProjectId>() {
            return self
                .get(id)
                .ok_or_else(|| Error::NotFound(format!("there is no project {id}")));
        }
        if let Some(found) = self.find(&Path::parse(text)?) {
            return Ok(found);
        }
        let wanted = |project: &&Project| !text.starts_with('/') && project.name.as_deref() == Some(text);
        let found: Vec<&Project> = self.projects.values().filter(wanted).collect();
        match found[..] {
            [project] => Ok(project),
            [] => Err(Error::NotFound(format!("there is no project `{text}`"))),
            _ => {
                let mut paths: Vec<String> = found
                    .iter()
                    .filter_map(|project| Some(self.path(project.id?)?.to_string()))
                    .collect();
                paths.sort();
                Err(Error::input(format!(
                    "several projects are called `{text}`: {}; give the path",
                    paths.join(", ")
                )))
            }
        }
    }

    /// The path of a project. Where a project above is not visible, the path begins below it.
    pub fn path(&self, id: ProjectId) -> Option<Path> {
        let names: Vec<String> = self
            .chain(id)
            .into_iter()
            .rev()
            .map(|p| p.name.clone().unwrap_or_default())
            .collect();
        (!names.is_empty()).then_some(Path(names))
    }

    /// A project and those it lies in, from the inside out.
    pub fn chain(&self, id: ProjectId) -> Vec<&Project> {
        let mut chain = Vec::new();
        let mut next = self.projects.get(&id);
        while let Some(project) = next {
            // A server that answers a circle must not hold us in it.
            if chain.len() > self.projects.len() {
                break;
            }
            chain.push(project);
            next = project
                .parent_project_id
                .as_deref()
                .and_then(|id| id.parse().ok())
                .and_then(|id: ProjectId| self.projects.get(&id));
        }
        chain
    }

    /// The project whose rules hold for what is in this one; `None` where owners set the rules.
    pub fn lock(&self, id: ProjectId) -> Option<&Project> {
        let project = self.projects.get(&id)?;
        if let Some(controlling) = project.controlling_permissions_project_id {
            return self
                .projects
                .get(&controlling)
                .or(Some(project))
                .filter(|found| is_locked(found));
        }
        if is_locked(project) {
            return Some(project);
        }
        let above = self.chain(id);
        above
            .into_iter()
            .skip(1)
            .find(|project| project.content_permissions.as_deref() == Some("LockedToProject"))
    }
}

fn is_locked(project: &Project) -> bool {
    project
        .content_permissions
        .as_deref()
        .is_some_and(|kept| kept.starts_with("LockedToProject"))
}

/// Tableau: servers write the name of the first project as they like, `Default` or `default`.
fn key(path: &Path) -> Path {
    let mut path = path.clone();
    if let [only] = &mut path.0[..]
        && only.eq_ignore_ascii_case(DEFAULT_PROJECT)
    {
        *only = DEFAULT_PROJECT.to_owned();
    } else if let Some(first) = path.0.first_mut()
        && first.eq_ignore_ascii_case(DEFAULT_PROJECT)
    {
        *first = DEFAULT_PROJECT.to_owned();
    }
    path
}

#[cfg(test)]
mod tests {
    use vivant_model::Luid;

    use super::*;

    fn id(n: u8) -> ProjectId {
        ProjectId(Luid::from_random([n; 16]))
    }

    fn project(n: u8, name: &str, parent: Option<u8>, kept: &str) -> Project {
        Project {
            id: Some(id(n)),
            name: Some(name.to_owned()),
            parent_project_id: parent.map(|n| id(n).to_string()),
            content_permissions: Some(kept.to_owned()),
            ..Project::default()
        }
    }

    fn tree() -> Tree {
        Tree::new(vec![
            project(1, "Sales", None, "LockedToProject"),
            project(2, "North/East", Some(1), "ManagedByOwner"),
            project(3, "Ops", None, "ManagedByOwner"),
            project(4, "Sales", Some(3), "LockedToProjectWithoutNested"),
            project(5, "Deep", Some(4), "ManagedByOwner"),
            project(6, "default", None, "ManagedByOwner"),
        ])
    }

    #[test]
    fn paths_are_read_as_they_are_written() {
        for text in ["/Sales/North\\/East", "/a\\\\b/c d", "/x"] {
            assert_eq!(Path::parse(text).expect("a path").to_string(), text);
        }
        assert_eq!(Path::parse("Sales").expect("a path").to_string(), "/Sales");
        for text in ["", "/", "//a", "/a/"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn projects_are_found() {
        let tree = tree();
        let check = |text: &str, n| assert_eq!(tree.named(text).expect(text).id, Some(id(n)));
        check("/Sales/North\\/East", 2);
        check("Deep", 5);
        check("Default", 6);
        check(&id(4).to_string(), 4);
        // A path wins over a name that several have.
        check("Sales", 1);
        assert!(tree.named("/North").is_err());
        let paths: Vec<String> = tree.all().iter().map(|(path, _)| path.to_string()).collect();
        assert_eq!(
            paths,
            [
                "/Ops",
                "/Sales",
                "/default",
                "/Ops/Sales",
                "/Sales/North\\/East",
                "/Ops/Sales/Deep"
            ]
        );
    }

    #[test]
    fn locks_reach_as_far_as_they_say() {
        let tree = tree();
        let lock = |n| tree.lock(id(n)).and_then(|project| project.id);
        assert_eq!(lock(1), Some(id(1)));
        assert_eq!(lock(2), Some(id(1)));
        assert_eq!(lock(3), None);
        assert_eq!(lock(4), Some(id(4)));
        assert_eq!(lock(5), None);
    }

    #[test]
    fn a_circle_ends() {
        let tree = Tree::new(vec![project(1, "a", Some(2), ""), project(2, "b", Some(1), "")]);
        assert!(tree.path(id(1)).is_some());
    }
}
