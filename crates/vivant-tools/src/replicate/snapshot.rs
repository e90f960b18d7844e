//! What is on a site, as far as replication looks at it.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt, TryStreamExt, future, stream};
use vivant_client::{ApiVersion, ListOptions, Site};
use vivant_model::project::ALL_USERS;
use vivant_model::{GroupId, Luid, UserId, ViewId};
use vivant_wire::types::{Datasource, ExtractRefresh, Schedule, Subscription, Tags, User, View, Workbook};
use vivant_wire::version::V;

use super::{Options, Part};
use crate::error::{Context, Result};
use crate::items::Item;
use crate::people::People;
use crate::permissions::{Kind, Place, Rules};
use crate::remote;
use crate::tree::{Path, Tree};

/// A data source or workbook, whichever.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub item: Item,
    pub content_url: String,
    pub description: String,
    pub tags: Vec<String>,
    /// When it was last changed.
    pub stamp: String,
    pub show_tabs: bool,
    pub certified: Option<(bool, String)>,
}

/// What is on a site.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub version: ApiVersion,
    pub tree: Tree,
    pub people: People,
    pub members: HashMap<GroupId, HashSet<UserId>>,
    /// Data sources, then workbooks, by path.
    pub content: Vec<Content>,
    by_path: HashMap<Kind, HashMap<Path, usize>>,
    by_id: HashMap<Luid, usize>,
    pub views: HashMap<ViewId, (Path, View)>,
    pub rules: HashMap<Place, Rules>,
    pub schedules: Option<Vec<Schedule>>,
    pub tasks: Option<Vec<ExtractRefresh>>,
    pub subscriptions: Option<Vec<Subscription>>,
    /// Who is signed in.
    pub myself: User,
}

impl Snapshot {
    /// Looks at a site. Rules are left for [`Snapshot::read_rules`], which is told where.
    pub async fn load(site: &Site, options: &Options) -> Result<Self> {
        let version = site
            .api_version()
            .await
            .context(|| "the API version is not known".to_owned())?;
        let (tree, people) = future::try_join(Tree::load(site), People::load(site)).await?;
        let groups: Vec<GroupId> = match options.has(Part::People) {
            true => people
                .groups()
                .into_iter()
                .filter(|group| group.name.as_deref() != Some(ALL_USERS))
                .filter_map(|group| group.id)
                .collect(),
            false => Vec::new(),
        };
        let members = crate::sync::members(site, groups, options.parallel).await?;
        let mut content = Vec::new();
        let mut views = HashMap::new();
        if options.has(Part::Content) || options.has(Part::Permissions) {
            let (sources, workbooks, listed) = future::try_join3(
                list_datasources(site, version),
                list_workbooks(site, version),
                list_views(site, version),
            )
            .await?;
            content.extend(sources.iter().filter_map(|found| of_datasource(&tree, found)));
            let workbooks: Vec<Content> = workbooks
                .iter()
                .filter_map(|found| of_workbook(&tree, found))
                .collect();
            let by_id: HashMap<_, _> = workbooks
                .iter()
                .map(|content| (content.item.id, &content.item.path))
                .collect();
            for view in listed {
                let place = view
                    .workbook
                    .as_ref()
                    .and_then(|workbook| by_id.get(&workbook.id?.0));
                if let (Some(id), Some(place), Some(name)) = (view.id, place, &view.name) {
                    views.insert(id, (place.join(name), view.clone()));
                }
            }
            content.extend(workbooks);
            content.sort_by(|a, b| {
                (a.item.kind == Kind::Workbook, &a.item.path)
                    .cmp(&(b.item.kind == Kind::Workbook, &b.item.path))
            });
        }
        let mut by_path: HashMap<Kind, HashMap<Path, usize>> = HashMap::new();
        let mut by_id = HashMap::new();
        for (at, Content { item, .. }) in content.iter().enumerate() {
            by_path
                .entry(item.kind)
                .or_default()
                .insert(item.path.clone(), at);
            by_id.insert(item.id, at);
        }
        let (mut schedules, mut tasks, mut subscriptions) = (None, None, None);
        if options.has(Part::Schedules) {
            (schedules, tasks, subscriptions) = future::try_join3(
                remote::schedules(site),
                remote::tasks(site),
                remote::subscriptions(site),
            )
            .await?;
        }
        let myself = match people.user(site.user_id()) {
            Some(user) => user.clone(),
            // Server administrators need not be users of the site.
            None => User {
                id: Some(site.user_id()),
                ..User::default()
            },
        };
        Ok(Self {
            version,
            tree,
            people,
            members,
            content,
            by_path,
            by_id,
            views,
            rules: HashMap::new(),
            schedules,
            tasks,
            subscriptions,
            myself,
        })
    }

    /// Reads the rules in some places.
    pub async fn read_rules(&mut self, site: &Site, places: Vec<Place>, parallel: usize) -> Result<()> {
        let read: Vec<(Place, Rules)> = stream::iter(places)
            .map(async |place| Ok::<_, crate::Error>((place, remote::rules(site, place).await?)))
            .buffer_unordered(parallel.max(1))
            .try_collect()
            .await?;
        self.rules.extend(read);
        Ok(())
    }

    /// Finds content by path.
    pub fn content_at(&self, kind: Kind, path: &Path) -> Option<&Content> {
        let at = self.by_path.get(&kind)?.get(path)?;
        self.content.get(*at)
    }

    /// Finds content by id.
    pub fn content_of(&self, id: Luid) -> Option<&Content> {
        self.content.get(*self.by_id.get(&id)?)
    }
}

async fn list_datasources(site: &Site, version: ApiVersion) -> Result<Vec<Datasource>> {
    let found = site.datasources().list(everything(version)).all().await;
    found.context(|| "the data sources cannot be listed".to_owned())
}

async fn list_workbooks(site: &Site, version: ApiVersion) -> Result<Vec<Workbook>> {
    let found = site.workbooks().list(everything(version)).all().await;
    found.context(|| "the workbooks cannot be listed".to_owned())
}

async fn list_views(site: &Site, version: ApiVersion) -> Result<Vec<View>> {
    if version < V(2, 2) {
        return Ok(Vec::new());
    }
    let found = site.views().list(ListOptions::new()).all().await;
    found.context(|| "the views cannot be listed".to_owned())
}

fn everything(version: ApiVersion) -> ListOptions {
    match version >= V(2, 5) {
        true => ListOptions::new().fields("_all_"),
        false => ListOptions::new(),
    }
}

pub(super) fn of_datasource(tree: &Tree, found: &Datasource) -> Option<Content> {
    Some(Content {
        item: Item::datasource(tree, found)?,
        content_url: found.content_url.clone().unwrap_or_default(),
        description: found.description.clone().unwrap_or_default(),
        tags: labels(found.tags.as_ref()),
        stamp: found
            .updated_at
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        show_tabs: false,
        certified: found
            .is_certified
            .map(|certified| (certified, found.certification_note.clone().unwrap_or_default())),
    })
}

pub(super) fn of_workbook(tree: &Tree, found: &Workbook) -> Option<Content> {
    Some(Content {
        item: Item::workbook(tree, found)?,
        content_url: found.content_url.clone().unwrap_or_default(),
        description: found.description.clone().unwrap_or_default(),
        tags: labels(found.tags.as_ref()),
        stamp: found
            .updated_at
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        show_tabs: found.show_tabs == Some(true),
        certified: None,
    })
}

pub(super) fn labels(tags: Option<&Tags>) -> Vec<String> {
    let mut labels: Vec<String> = tags
        .iter()
        .flat_map(|tags| &tags.tag)
        .filter_map(|tag| tag.label.clone())
        .collect();
    labels.sort();
    labels
}
