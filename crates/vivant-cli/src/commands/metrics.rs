//! `vivant metrics`: numbers that are watched; Tableau retired them in 2024.

use vivant_client::filters;
use vivant_client::types::Metric;

use super::{projects, users};
use crate::resource::{Column, DELETE, GET, Kind, LIST, MOVE, Place, Resource, UPDATE, column, pages, value};

/// Metrics.
pub static KIND: Kind = Kind {
    place: Place::Project,
    get: Some(|site, id| Box::pin(async move { Ok(value(&site.metrics().get(id.parse()?).await?)) })),
    delete: Some(|site, id| Box::pin(async move { Ok(site.metrics().delete(id.parse()?).await?) })),
    change: Some(|site, id, change| {
        Box::pin(async move {
            let changes = Metric {
                name: change.name,
                description: change.description,
                project: projects::by_id(change.project),
                owner: users::by_id(change.owner),
                ..Metric::default()
            };
            Ok(value(&site.metrics().update(id.parse()?, &changes).await?))
        })
    }),
    ..Kind::new("metric", COLUMNS, filters::METRICS, |site, options| {
        pages(site.metrics().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("PROJECT", "project.name"),
    column("OWNER", "owner.name"),
    column("VIEW", "underlyingView.id"),
    column("SUSPENDED", "suspended"),
    column("UPDATED", "updatedAt"),
    column("ID", "id"),
];

/// `vivant metrics`.
pub const RESOURCE: Resource = Resource {
    name: "metrics",
    aliases: &["metric"],
    about: "Numbers that are watched, on servers before 2024.2",
    kind: &KIND,
    verbs: &[LIST, GET, UPDATE, MOVE, DELETE],
};
