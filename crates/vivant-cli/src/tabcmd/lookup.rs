//! How commands find what was named: the site's items by name, by content URL, and by the path of projects.

use vivant_client::model::ProjectId;
use vivant_client::types::{Datasource, Group, Project, User, View, Workbook};
use vivant_client::{Filter, List, ListOptions, Listed, Site};

use super::failure::Failure;

/// Something that has a name.
pub trait Named: Listed {
    /// What it is called.
    const NOUN: &'static str;

    /// Its name.
    fn name(&self) -> Option<&str>;
}

macro_rules! named {
    ($($type:ty: $noun:literal),*) => {$(
        impl Named for $type {
            const NOUN: &'static str = $noun;

            fn name(&self) -> Option<&str> {
                self.name.as_deref()
            }
        }
    )*};
}
named!(Workbook: "workbook", Datasource: "data source", Project: "project", Group: "group", User: "user", View: "view");

/// Lists what has a name, and fulfils a further condition.
pub async fn all_named<T: Named>(
    list: impl Fn(ListOptions) -> List<T>,
    name: &str,
    further: Option<Filter>,
) -> Result<Vec<T>, Failure> {
    let mut options = ListOptions::new();
    if let Some(filter) = further {
        options = options.filter(filter);
    }
    // Tableau: no filter can hold these characters, however they are written.
    if name.contains([',', '[', ']']) {
        let mut all = list(options).all().await?;
        all.retain(|item| item.name() == Some(name));
        return Ok(all);
    }
    let mut found = list(options.filter(Filter::eq("name", name))).all().await?;
    // Servers compare in their own way; whoever has the very name goes first.
    found.sort_by_key(|item| item.name() != Some(name));
    Ok(found)
}

/// Finds the first that has a name.
pub async fn one_named<T: Named>(list: impl Fn(ListOptions) -> List<T>, name: &str) -> Result<T, Failure> {
    let found = all_named(list, name, None).await?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| Failure::not_found(T::NOUN, name))
}

/// Finds a user of the site.
pub async fn user(site: &Site, name: &str) -> Result<User, Failure> {
    one_named(|options| site.users().list(options), name).await
}

/// Finds a group.
pub async fn group(site: &Site, name: &str) -> Result<Group, Failure> {
    one_named(|options| site.groups().list(options), name).await
}

/// Finds a project by its name and the path of what it is in; without both it is Default.
///
/// A name alone means a project at the top, or the only one of the name.
pub async fn project(site: &Site, name: Option<&str>, path: Option<&str>) -> Result<Project, Failure> {
    let name = name.filter(|name| !name.is_empty());
    let path = path.filter(|path| !path.is_empty());
    let mut steps: Vec<&str> = path.map(|path| path.split('/').collect()).unwrap_or_default();
    // Paths are written with a slash before or behind them, too.
    steps.retain(|step| !step.is_empty());
    steps.extend(name);
    if steps.is_empty() {
        steps.push("Default");
    }
    let shown = steps.join("/");
    let mut parent: Option<Project> = None;
    for step in steps {
        let found = match parent.as_ref().and_then(|parent| parent.id) {
            Some(id) => {
                let inside = Filter::eq("parentProjectId", id.to_string());
                let list = |options| site.projects().list(options);
                let mut found = all_named(list, step, Some(inside)).await?;
                let id = id.to_string();
                found.retain(|project| project.parent_project_id.as_deref() == Some(&id));
                found.into_iter().next()
            }
            None => top_project(site, step).await?,
        };
        parent = Some(found.ok_or_else(|| Failure::not_found("project", &shown))?);
    }
    parent.ok_or_else(|| Failure::not_found("project", &shown))
}

async fn top_project(site: &Site, name: &str) -> Result<Option<Project>, Failure> {
    let mut found = all_named(|options| site.projects().list(options), name, None).await?;
    let inner = |project: &Project| {
        project
            .parent_project_id
            .as_deref()
            .is_some_and(|id| !id.is_empty())
    };
    if let Some(at) = found.iter().position(|project| !inner(project)) {
        return Ok(Some(found.swap_remove(at)));
    }
    if found.len() > 1 {
        let ids: Vec<String> = found
            .iter()
            .filter_map(|one| one.id)
            .map(|id| id.to_string())
            .collect();
        return Err(Failure::told(format!(
            "there are {} projects '{name}' inside others ({}); say which with --parent-project-path",
            found.len(),
            ids.join(", ")
        )));
    }
    Ok(found.pop())
}

/// Returns the id of a project that a server listed.
pub fn id_of(project: &Project) -> Result<ProjectId, Failure> {
    project.id.ok_or_else(|| nameless("project"))
}

/// What to say of an item that a server listed without its id.
pub fn nameless(noun: &str) -> Failure {
    Failure::told(format!("the server did not say the id of a {noun}"))
}

/// Finds an item by its name in a project.
pub async fn in_project<T: Named>(
    list: impl Fn(ListOptions) -> List<T>,
    name: &str,
    project: &Project,
    project_of: fn(&T) -> Option<&Project>,
) -> Result<Option<T>, Failure> {
    let wanted = id_of(project)?;
    // The project's name narrows the list, where a filter can hold it; its id decides.
    let further = project
        .name
        .as_deref()
        .filter(|name| !name.contains([',', '[', ']']))
        .map(|name| Filter::eq("projectName", name));
    let mut found = all_named(list, name, further).await?;
    found.retain(|item| project_of(item).and_then(|project| project.id) == Some(wanted));
    Ok(found.into_iter().next())
}

/// Finds a workbook by its name in a project.
pub async fn workbook(site: &Site, name: &str, project: &Project) -> Result<Option<Workbook>, Failure> {
    in_project(
        |options| site.workbooks().list(options),
        name,
        project,
        |item| item.project.as_ref(),
    )
    .await
}

/// Finds a data source by its name in a project.
pub async fn datasource(site: &Site, name: &str, project: &Project) -> Result<Option<Datasource>, Failure> {
    in_project(
        |options| site.datasources().list(options),
        name,
        project,
        |item| item.project.as_ref(),
    )
    .await
}

/// Finds the item of a content URL.
pub async fn by_content_url<T: Named>(
    list: impl Fn(ListOptions) -> List<T>,
    content_url: &str,
) -> Result<T, Failure> {
    let filter = Filter::eq("contentUrl", content_url);
    let found = list(ListOptions::new().filter(filter)).all().await?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| Failure::not_found(T::NOUN, content_url))
}
