//! What many kinds of items have: permissions, labels, revisions, exports. The argument `of` names the group.

use vivant_client::model::Luid;
use vivant_client::types::GranteeCapabilities;
use vivant_client::{DefaultPermissionsFor, DownloadOptions, Export, ExportOptions, Site, TaggedKind};

use serde_json::json;

use crate::args::{Args, Trouble};
use crate::shown::{self, Shown};

fn rules(args: &Args) -> Result<Vec<GranteeCapabilities>, Trouble> {
    args.objects("rules").iter().map(Args::read).collect()
}

/// Makes a call with the group that `of` names and an id of its kind.
macro_rules! of {
    ($site:ident, $args:ident, |$group:ident, $id:ident| $call:expr; $($name:literal => $get:ident),*) => {
        match $args.text("of")?.as_str() {
            $($name => {
                let ($group, $id) = ($site.$get(), $args.value("id")?);
                $call.await?
            })*
            other => return Err(Trouble::Usage(format!("{other} have no such method"))),
        }
    };
}

macro_rules! of_permitted {
    ($site:ident, $args:ident, |$group:ident, $id:ident| $call:expr) => {
        of!(
            $site, $args, |$group, $id| $call;
            "projects" => projects, "workbooks" => workbooks, "views" => views, "datasources" => datasources,
            "flows" => flows, "databases" => databases, "tables" => tables,
            "virtual_connections" => virtual_connections
        )
    };
}

macro_rules! of_tagged {
    ($site:ident, $args:ident, |$group:ident, $id:ident| $call:expr) => {
        of!(
            $site, $args, |$group, $id| $call;
            "workbooks" => workbooks, "views" => views, "datasources" => datasources, "databases" => databases,
            "tables" => tables, "virtual_connections" => virtual_connections
        )
    };
}

pub async fn permissions(site: &Site, method: &str, args: &Args) -> Shown {
    match method {
        "get" => shown::one(
            "permissions",
            &of_permitted!(site, args, |g, id| g.permissions(id)),
        ),
        "update" => {
            let rules = rules(args)?;
            shown::one(
                "permissions",
                &of_permitted!(site, args, |g, id| g.update_permissions(id, &rules)),
            )
        }
        "delete" => {
            for rule in rules(args)? {
                of_permitted!(site, args, |g, id| g.delete_permission(id, &rule));
            }
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn default_permissions(site: &Site, method: &str, args: &Args) -> Shown {
    let (id, of) = (args.text("id")?, args.text("of")?);
    if of == "databases" {
        let (databases, id) = (site.databases(), args.value("id")?);
        return match method {
            "get" => shown::one("permissions", &databases.table_default_permissions(id).await?),
            "update" => {
                let rules = rules(args)?;
                let found = databases.update_table_default_permissions(id, &rules).await?;
                shown::one("permissions", &found)
            }
            "delete" => {
                for rule in rules(args)? {
                    databases.delete_table_default_permissions(id, &rule).await?;
                }
                shown::nothing()
            }
            _ => Ok(None),
        };
    }
    let id = id.parse().map_err(|_| Trouble::Usage("id is no id".to_owned()))?;
    let wanted = args.text("content")?;
    let content = DefaultPermissionsFor::ALL
        .into_iter()
        .find(|kind| kind.as_str() == wanted)
        .ok_or_else(|| Trouble::Usage(format!("there are no default permissions for {wanted}")))?;
    let projects = site.projects();
    match method {
        "get" => shown::one("permissions", &projects.default_permissions(id, content).await?),
        "update" => {
            let rules = rules(args)?;
            let found = projects.update_default_permissions(id, content, &rules).await?;
            shown::one("permissions", &found)
        }
        "delete" => {
            for rule in rules(args)? {
                projects.delete_default_permissions(id, content, &rule).await?;
            }
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn tags(site: &Site, method: &str, args: &Args) -> Shown {
    let labels = args.texts("labels");
    let found = match method {
        "add" => of_tagged!(site, args, |g, id| g.add_tags(id, &labels)),
        "delete" => {
            of_tagged!(site, args, |g, id| g.delete_tags(id, &labels));
            return shown::nothing();
        }
        "update" => of_tagged!(site, args, |g, id| g.update_tags(
            id,
            &args.texts("before"),
            &labels
        )),
        "batch_add" => site.tags().batch_add(&labels, &tagged(args)?).await?,
        "batch_delete" => site.tags().batch_delete(&labels, &tagged(args)?).await?,
        _ => return Ok(None),
    };
    Ok(Some(json!({ "labels": found })))
}

fn tagged(args: &Args) -> Result<Vec<(TaggedKind, Luid)>, Trouble> {
    let items = args.objects("items").into_iter().map(|item| {
        let kind = match item.text("kind")?.as_str() {
            "Workbook" => TaggedKind::Workbook,
            "Datasource" => TaggedKind::Datasource,
            "Database" => TaggedKind::Database,
            "Table" => TaggedKind::Table,
            "Column" => TaggedKind::Column,
            "Flow" => TaggedKind::Flow,
            "View" => TaggedKind::View,
            other => return Err(Trouble::Usage(format!("a {other} has no labels"))),
        };
        Ok((kind, item.value("id")?))
    });
    items.collect()
}

pub async fn revisions(site: &Site, method: &str, args: &Args) -> Shown {
    let workbooks = args.text("of")? == "workbooks";
    match method {
        "list" => {
            let options = args.list_options()?;
            let list = match workbooks {
                true => site.workbooks().revisions(args.value("id")?, options),
                false => site.datasources().revisions(args.value("id")?, options),
            };
            shown::list(list, args).await
        }
        "download" => {
            let number = args.value("revision")?;
            shown::downloaded(async |folder| {
                let options = download_options(args);
                match workbooks {
                    true => {
                        let id = args.value("id")?;
                        let workbooks = site.workbooks();
                        Ok(workbooks.download_revision(id, number, folder, options).await?)
                    }
                    false => {
                        let id = args.value("id")?;
                        let datasources = site.datasources();
                        Ok(datasources.download_revision(id, number, folder, options).await?)
                    }
                }
            })
            .await
        }
        "delete" => {
            let number = args.value("revision")?;
            match workbooks {
                true => {
                    site.workbooks()
                        .delete_revision(args.value("id")?, number)
                        .await?
                }
                false => {
                    site.datasources()
                        .delete_revision(args.value("id")?, number)
                        .await?
                }
            }
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub fn download_options(args: &Args) -> DownloadOptions {
    DownloadOptions {
        include_extract: !args.flag("without_extract"),
    }
}

pub async fn exports(site: &Site, method: &str, args: &Args) -> Shown {
    let options = export_options(args)?;
    let (views, workbooks) = (site.views(), site.workbooks());
    let export: Export = match method {
        "view_image" => views.image(args.value("id")?, options),
        "view_pdf" => views.pdf(args.value("id")?, options),
        "view_csv" => views.csv(args.value("id")?, options),
        "view_excel" => views.excel(args.value("id")?, options),
        "view_preview" => views.preview_image(args.value("workbook")?, args.value("id")?),
        "workbook_pdf" => workbooks.pdf(args.value("id")?, options),
        "workbook_powerpoint" => workbooks.powerpoint(args.value("id")?, options),
        "workbook_preview" => workbooks.preview_image(args.value("id")?),
        _ => return Ok(None),
    };
    match args.flag("save") {
        true => shown::downloaded(async |folder| Ok(export.save(folder).await?)).await,
        false => shown::content(&export.bytes().await?),
    }
}

fn export_options(args: &Args) -> Result<ExportOptions, Trouble> {
    let given = args.sub("export");
    let mut options = ExportOptions::new();
    for filter in given.objects("filters") {
        options = match filter.has("values") {
            true => options.filter(filter.text("name")?, filter.texts("values")),
            false => options.vf(filter.text("name")?, filter.text("value")?),
        };
    }
    for parameter in given.objects("parameters") {
        options = options.parameter(parameter.text("name")?, parameter.text("value")?);
    }
    if let Some(minutes) = given.maybe("max_age")? {
        options = options.max_age(minutes);
    }
    if let Some(language) = given.maybe_text("language") {
        options = options.language(language);
    }
    if let Some(page) = given.maybe("page_type")? {
        options = options.page_type(page);
    }
    if let Some(orientation) = given.maybe("orientation")? {
        options = options.orientation(orientation);
    }
    if given.flag("high") {
        options = options.high_resolution();
    }
    if let Some(format) = given.maybe("format")? {
        options = options.image_format(format);
    }
    if given.has("width") {
        options = options.size(given.value("width")?, given.value("height")?);
    }
    Ok(options)
}
