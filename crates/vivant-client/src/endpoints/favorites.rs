//! Favorites of users: listed, added, deleted, put in order.

use vivant_model::{
    CollectionId, DatasourceId, FlowId, Luid, MetricId, ProjectId, UserId, ViewId, WorkbookId,
};
use vivant_wire::paths::Method;
use vivant_wire::types::{Favorite, FavoriteOrdering, FavoriteOrderings, Favorites as FavoriteList};
use vivant_wire::version::V;

use crate::call::Call;
use crate::error::Result;
use crate::list::{List, ListOptions};

super::group! {
    /// Favorites of users.
    Favorites, favorites
}

/// What is somebody's favorite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FavoriteItem {
    /// A workbook.
    Workbook(WorkbookId),
    /// A view.
    View(ViewId),
    /// A data source (API 2.3).
    Datasource(DatasourceId),
    /// A project (API 3.1).
    Project(ProjectId),
    /// A flow (API 3.3).
    Flow(FlowId),
    /// A metric (API 3.15).
    Metric(MetricId),
    /// A collection (API 3.15).
    Collection(CollectionId),
}

impl FavoriteItem {
    /// What a favorite of an answer is; `None` where it is something that this library does not know.
    pub fn of(favorite: &Favorite) -> Option<Self> {
        macro_rules! found {
            ($($part:ident $variant:ident),*) => {
                $(if let Some(id) = favorite.$part.as_ref().and_then(|item| item.id) {
                    return Some(Self::$variant(id));
                })*
            };
        }
        found!(
            workbook Workbook, view View, datasource Datasource, project Project, flow Flow, metric Metric,
            collection Collection
        );
        None
    }

    fn id(self) -> Luid {
        match self {
            Self::Workbook(id) => id.0,
            Self::View(id) => id.0,
            Self::Datasource(id) => id.0,
            Self::Project(id) => id.0,
            Self::Flow(id) => id.0,
            Self::Metric(id) => id.0,
            Self::Collection(id) => id.0,
        }
    }

    /// The name of one such item in requests.
    fn kind(self) -> &'static str {
        match self {
            Self::Workbook(_) => "workbook",
            Self::View(_) => "view",
            Self::Datasource(_) => "datasource",
            Self::Project(_) => "project",
            Self::Flow(_) => "flow",
            Self::Metric(_) => "metric",
            Self::Collection(_) => "collection",
        }
    }
}

impl Favorites {
    /// Lists the favorites of a user (API 2.5).
    pub fn list(&self, user: UserId, options: ListOptions) -> List<Favorite> {
        List::new(self.site.clone(), self.path(user), options, &[])
    }

    /// Makes an item a favorite under a label, and returns what the server says of the user's favorites.
    pub async fn add_favorite(
        &self,
        user: UserId,
        label: impl Into<String>,
        item: FavoriteItem,
    ) -> Result<Vec<Favorite>> {
        match item {
            FavoriteItem::Metric(_) => self.site.needs(V(3, 3), "a metric among favorites").await?,
            FavoriteItem::Collection(_) => {
                self.site.needs(V(3, 15), "a collection among favorites").await?;
            }
            FavoriteItem::Flow(_) => self.site.needs(V(3, 3), "a flow among favorites").await?,
            FavoriteItem::Project(_) => self.site.needs(V(3, 1), "a project among favorites").await?,
            FavoriteItem::Datasource(_) => {
                self.site.needs(V(2, 3), "a data source among favorites").await?;
            }
            FavoriteItem::Workbook(_) | FavoriteItem::View(_) => {}
        }
        let label = label.into();
        let call = Call::new(Method::Put, self.path(user))
            .body(|out| {
                out.element("favorite", |out| {
                    out.attr("label", &label);
                    out.element(item.kind(), |out| out.attr("id", &item.id()));
                });
            })
            .repeatable();
        let node = self.site.call(&call).await?;
        let found: Option<FavoriteList> = super::optional(&node, "favorites")?;
        Ok(found.unwrap_or_default().favorite)
    }

    /// Takes an item out of a user's favorites.
    pub async fn delete_favorite(&self, user: UserId, item: FavoriteItem) -> Result<()> {
        let path = format!("{}/{}s/{}", self.path(user), item.kind(), item.id());
        self.site.delete(path).await
    }

    /// Moves favorites of a user: each item goes behind the other (API 3.8).
    pub async fn organize(&self, user: UserId, moves: &[(FavoriteItem, FavoriteItem)]) -> Result<()> {
        self.site.needs(V(3, 8), "Organize Favorites").await?;
        let moves = FavoriteOrderings {
            favorite_ordering: moves
                .iter()
                .map(|(item, after)| FavoriteOrdering {
                    favorite_id: Some(item.id()),
                    favorite_type: Some(item.kind().to_owned()),
                    favorite_id_move_after: Some(after.id()),
                    favorite_type_move_after: Some(after.kind().to_owned()),
                })
                .collect(),
        };
        let path = self.site.path(&format!("/orderFavorites/{user}"));
        let call = Call::new(Method::Put, path).body(|out| out.child("favoriteOrderings", &moves));
        self.site.tell(&call).await
    }

    fn path(&self, user: UserId) -> String {
        self.site.path(&format!("/favorites/{user}"))
    }
}
