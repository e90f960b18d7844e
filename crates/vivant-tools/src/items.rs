//! Content of a site that carries rules, whatever its kind: listed, or found by path, name or id.

use std::collections::HashMap;

use vivant_client::{Filter, List, ListOptions, Listed, Site};
use vivant_model::{Luid, ProjectId, UserId};
use vivant_wire::types::{self, Project, User};
use vivant_wire::version::V;

use crate::error::{Context, Error, Result};
use crate::permissions::Kind;
use crate::tree::{Path, Tree};

/// Something on a site that carries rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: Luid,
    /// Where it is; of a view with its workbook's name before its own.
    pub path: Path,
    /// Whose it is.
    pub owner: Option<UserId>,
    /// The project that it lies in; of a project itself.
    pub project: Option<ProjectId>,
}

/// The kinds that can be listed.
pub const LISTED: &[Kind] = &[
    Kind::Project,
    Kind::Workbook,
    Kind::Datasource,
    Kind::View,
    Kind::Flow,
];

impl Item {
    /// A project as an item.
    pub fn project(path: Path, project: &Project) -> Option<Self> {
        Some(Self {
            kind: Kind::Project,
            id: project.id?.0,
            path,
            owner: owner(project.owner.as_ref()),
            project: project.id,
        })
    }

    fn content(
        tree: &Tree,
        kind: Kind,
        id: Option<Luid>,
        name: Option<&String>,
        project: Option<&Project>,
        owned: Option<&User>,
    ) -> Option<Self> {
        let project_id = project.and_then(|project| project.id);
        let place = project_id
            .and_then(|id| tree.path(id))
            // Tableau: content of a project that one may not see is listed all the same, as "Explore" does.
            .or_else(|| Some(Path(vec![project?.name.clone()?])))
            .unwrap_or_default();
        Some(Self {
            kind,
            id: id?,
            path: place.join(name?),
            owner: owner(owned),
            project: project_id,
        })
    }

    /// A workbook as an item.
    pub fn workbook(tree: &Tree, found: &types::Workbook) -> Option<Self> {
        let id = found.id.map(|id| id.0);
        Self::content(
            tree,
            Kind::Workbook,
            id,
            found.name.as_ref(),
            found.project.as_ref(),
            found.owner.as_ref(),
        )
    }

    /// A data source as an item.
    pub fn datasource(tree: &Tree, found: &types::Datasource) -> Option<Self> {
        let id = found.id.map(|id| id.0);
        Self::content(
            tree,
            Kind::Datasource,
            id,
            found.name.as_ref(),
            found.project.as_ref(),
            found.owner.as_ref(),
        )
    }

    /// A flow as an item.
    pub fn flow(tree: &Tree, found: &types::Flow) -> Option<Self> {
        let id = found.id.map(|id| id.0);
        Self::content(
            tree,
            Kind::Flow,
            id,
            found.name.as_ref(),
            found.project.as_ref(),
            found.owner.as_ref(),
        )
    }
}

fn owner(user: Option<&User>) -> Option<UserId> {
    user.and_then(|user| user.id)
}

/// Lists everything of some kinds, projects first; views only of workbooks that do not show tabs, since the others
/// follow their workbooks.
pub async fn list(site: &Site, tree: &Tree, kinds: &[Kind]) -> Result<Vec<Item>> {
    if let Some(kind) = kinds.iter().find(|kind| !LISTED.contains(kind)) {
        return Err(Error::input(format!(
            "items of the kind {} are not listed here",
            kind.as_str()
        )));
    }
    let version = site
        .api_version()
        .await
        .context(|| "the API version is not known".to_owned())?;
    let mut items = Vec::new();
    if kinds.contains(&Kind::Project) {
        items.extend(
            tree.all()
                .into_iter()
                .filter_map(|(path, project)| Item::project(path, project)),
        );
    }
    if kinds.contains(&Kind::Workbook) || kinds.contains(&Kind::View) {
        let workbooks = all(site.workbooks().list(ListOptions::new()), "workbooks").await?;
        if kinds.contains(&Kind::Workbook) {
            items.extend(
                workbooks
                    .iter()
                    .filter_map(|workbook| Item::workbook(tree, workbook)),
            );
        }
        if kinds.contains(&Kind::View) && version >= V(3, 2) {
            let tabbed = workbooks
                .iter()
                .filter(|workbook| workbook.show_tabs != Some(true));
            let own: HashMap<Luid, Item> = tabbed
                .filter_map(|workbook| Item::workbook(tree, workbook))
                .map(|item| (item.id, item))
                .collect();
            let views = all(site.views().list(ListOptions::new()), "views").await?;
            items.extend(views.iter().filter_map(|view| {
                let workbook = own.get(&view.workbook.as_ref()?.id?.0)?;
                Some(Item {
                    kind: Kind::View,
                    id: view.id?.0,
                    path: workbook.path.join(view.name.as_ref()?),
                    owner: owner(view.owner.as_ref()).or(workbook.owner),
                    project: workbook.project,
                })
            }));
        }
    }
    if kinds.contains(&Kind::Datasource) {
        let found = all(site.datasources().list(ListOptions::new()), "data sources").await?;
        items.extend(
            found
                .iter()
                .filter_map(|datasource| Item::datasource(tree, datasource)),
        );
    }
    if kinds.contains(&Kind::Flow) && version >= V(3, 3) {
        match site.flows().list(ListOptions::new()).all().await {
            // Servers without Prep Conductor have no flows.
            Err(error) if error.kind() == vivant_client::ErrorKind::Unsupported => {}
            other => {
                let flows = other.context(|| "the flows cannot be listed".to_owned())?;
                items.extend(flows.iter().filter_map(|flow| Item::flow(tree, flow)));
            }
        }
    }
    items.sort_by(|a, b| {
        let order = |item: &Item| LISTED.iter().position(|kind| *kind == item.kind);
        (order(a), a.path.depth(), &a.path).cmp(&(order(b), b.path.depth(), &b.path))
    });
    Ok(items)
}

async fn all<T: Listed>(list: List<T>, what: &str) -> Result<Vec<T>> {
    list.all()
        .await
        .context(|| format!("the {what} cannot be listed"))
}

/// Finds one item by path, id, or a name that only one has.
pub async fn find(site: &Site, tree: &Tree, kind: Kind, text: &str) -> Result<Item> {
    if kind == Kind::Project {
        let project = tree.named(text)?;
        let path = project.id.and_then(|id| tree.path(id)).unwrap_or_default();
        return Item::project(path, project).ok_or_else(|| Error::answer("a project without id"));
    }
    let id = text.parse::<Luid>().ok();
    let path = Path::parse(text)?;
    let mut options = ListOptions::new();
    // A filter cannot hold every name; then everything is listed.
    if id.is_none() && !path.name().contains([',', '[', ']']) {
        options = options.filter(Filter::eq("name", path.name()));
    }
    let mut found = match kind {
        Kind::Workbook => all(site.workbooks().list(options), "workbooks")
            .await?
            .iter()
            .filter_map(|workbook| Item::workbook(tree, workbook))
            .collect(),
        Kind::Datasource => all(site.datasources().list(options), "data sources")
            .await?
            .iter()
            .filter_map(|datasource| Item::datasource(tree, datasource))
            .collect(),
        Kind::Flow => all(site.flows().list(options), "flows")
            .await?
            .iter()
            .filter_map(|flow| Item::flow(tree, flow))
            .collect(),
        Kind::View => list(site, tree, &[Kind::View]).await?,
        other => {
            return Err(Error::input(format!(
                "items of the kind {} are not looked up here",
                other.as_str()
            )));
        }
    };
    let is_path = text.starts_with('/') || path.depth() > 1;
    found.retain(|item| match (id, is_path) {
        (Some(id), _) => item.id == id,
        (None, true) => item.path == path,
        (None, false) => item.path.name() == path.name(),
    });
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(Error::NotFound(format!("there is no {} `{text}`", kind.as_str()))),
        _ => {
            let paths: Vec<String> = found.iter().map(|item| item.path.to_string()).collect();
            Err(Error::input(format!(
                "several {} are called `{text}`: {}; give the path",
                kind.plural(),
                paths.join(", ")
            )))
        }
    }
}
