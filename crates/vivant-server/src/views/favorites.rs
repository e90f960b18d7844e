//! Favorites.

use vivant_store::{Favorite, FavoriteItem};
use vivant_wire::types;

use super::{Shape, datasource_view, project_view, view_view, workbook_view};

/// `favorite`.
pub fn favorite_view(favorite: Favorite, shape: &Shape) -> types::Favorite {
    let mut view = types::Favorite {
        label: Some(favorite.label),
        ..types::Favorite::default()
    };
    match favorite.item {
        FavoriteItem::Project(project) => view.project = Some(project_view(*project, shape, None)),
        FavoriteItem::Workbook(workbook) => view.workbook = Some(workbook_view(*workbook, shape)),
        FavoriteItem::View(sheet) => view.view = Some(view_view(*sheet, shape, false, false)),
        FavoriteItem::Datasource(source) => view.datasource = Some(datasource_view(*source, shape)),
    }
    view
}
