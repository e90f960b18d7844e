//! `vivant views`: the sheets, dashboards and stories of published workbooks.

use vivant_client::filters;

use super::{export, favorites, permissions, tags};
use crate::resource::{Column, DELETE, GET, Kind, LIST, Place, Resource, column, number, pages, value};

/// Views.
pub static KIND: Kind = Kind {
    place: Place::Workbook,
    ask: Some("_default_,workbook.name,project.name,owner.name"),
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.views().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.views().delete(id.parse()?).await?) })),
    ..Kind::new("view", COLUMNS, filters::VIEWS, |site, options| {
        pages(site.views().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("WORKBOOK", "workbook.name"),
    column("PROJECT", "project.name"),
    column("OWNER", "owner.name"),
    column("TYPE", "sheetType"),
    column("ADDRESS", "contentUrl"),
    column("ID", "id"),
];

/// The views of one workbook, which the server gives at once.
pub static OF_A_WORKBOOK: Kind = Kind {
    place: Place::Workbook,
    ..Kind::new("view", COLUMNS_OF_A_WORKBOOK, &[], |site, options| {
        pages(site.views().list(options))
    })
};

const COLUMNS_OF_A_WORKBOOK: &[Column] = &[
    column("NAME", "name"),
    column("ADDRESS", "contentUrl"),
    number("VIEWED", "usage.totalViewCount"),
    column("UPDATED", "updatedAt"),
    column("ID", "id"),
];

/// `vivant views`.
pub const RESOURCE: Resource = Resource {
    name: "views",
    aliases: &["view"],
    about: "The sheets, dashboards and stories of workbooks",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        DELETE,
        export::VIEW,
        permissions::PERMISSIONS,
        tags::TAGS,
        favorites::FAVORITE,
        favorites::UNFAVORITE,
    ],
};
