//! `vivant views`: the sheets, dashboards and stories of published workbooks.

use vivant_client::filters;

use crate::resource::{GET, Kind, LIST, Place, Resource, column, number, pages, value};

/// Views.
pub static KIND: Kind = Kind {
    noun: "view",
    columns: &[
        column("NAME", "name"),
        column("WORKBOOK", "workbook.name"),
        column("PROJECT", "project.name"),
        column("OWNER", "owner.name"),
        column("TYPE", "sheetType"),
        column("ADDRESS", "contentUrl"),
        column("ID", "id"),
    ],
    fields: filters::VIEWS,
    place: Place::Workbook,
    name: "name",
    list: |site, options| pages(site.views().list(options)),
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.views().get(id.parse()?).await?)) })),
    delete: None,
};

/// The views of one workbook, which the server gives at once.
pub static OF_A_WORKBOOK: Kind = Kind {
    noun: "view",
    columns: &[
        column("NAME", "name"),
        column("ADDRESS", "contentUrl"),
        number("VIEWED", "usage.totalViewCount"),
        column("UPDATED", "updatedAt"),
        column("ID", "id"),
    ],
    fields: &[],
    ..KIND
};

/// `vivant views`.
pub const RESOURCE: Resource = Resource {
    name: "views",
    aliases: &["view"],
    about: "The sheets, dashboards and stories of workbooks",
    kind: &KIND,
    verbs: &[LIST, GET],
};
