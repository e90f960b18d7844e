//! Projects, workbooks, views, data sources, uploads.

use vivant_client::Site;

use crate::args::Args;
use crate::shown::{self, Shown};

pub async fn projects(site: &Site, method: &str, args: &Args) -> Shown {
    let projects = site.projects();
    match method {
        "list" => shown::list(projects.list(args.list_options()?), args).await,
        "get" => shown::one("project", &projects.get(args.value("id")?).await?),
        "create" => shown::one("project", &projects.create(&args.item("project")?).await?),
        "update" => {
            let changed = projects.update(args.value("id")?, &args.item("project")?).await?;
            shown::one("project", &changed)
        }
        "delete" => {
            projects.delete(args.value("id")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn workbooks(site: &Site, method: &str, args: &Args) -> Shown {
    let workbooks = site.workbooks();
    match method {
        "list" => shown::list(workbooks.list(args.list_options()?), args).await,
        "get" => shown::one("workbook", &workbooks.get(args.value("id")?).await?),
        "delete" => {
            workbooks.delete(args.value("id")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn views(site: &Site, method: &str, args: &Args) -> Shown {
    let views = site.views();
    match method {
        "list" => shown::list(views.list(args.list_options()?), args).await,
        "get" => shown::one("view", &views.get(args.value("id")?).await?),
        _ => Ok(None),
    }
}

pub async fn datasources(site: &Site, method: &str, args: &Args) -> Shown {
    let datasources = site.datasources();
    match method {
        "list" => shown::list(datasources.list(args.list_options()?), args).await,
        "get" => shown::one("datasource", &datasources.get(args.value("id")?).await?),
        _ => Ok(None),
    }
}

pub async fn file_uploads(site: &Site, method: &str, _args: &Args) -> Shown {
    let uploads = site.file_uploads();
    match method {
        "initiate" => shown::one("fileUpload", &uploads.initiate().await?),
        _ => Ok(None),
    }
}
