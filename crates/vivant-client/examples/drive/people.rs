//! Sites, users, groups.

use vivant_client::Site;

use crate::args::Args;
use crate::shown::{self, Shown};

pub async fn sites(site: &Site, method: &str, args: &Args) -> Shown {
    let sites = site.sites();
    match method {
        "list" => shown::list(sites.list(args.list_options()?), args).await,
        "get" => shown::one("site", &sites.get(args.value("id")?).await?),
        "get_by_name" => shown::one("site", &sites.get_by_name(&args.text("name")?).await?),
        "get_by_content_url" => {
            let found = sites.get_by_content_url(&args.text("content_url")?).await?;
            shown::one("site", &found)
        }
        "create" => shown::one("site", &sites.create(&args.item("site")?).await?),
        "update" => {
            let changed = sites.update(args.value("id")?, &args.item("site")?).await?;
            shown::one("site", &changed)
        }
        "delete" => {
            sites.delete(args.value("id")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn users(site: &Site, method: &str, args: &Args) -> Shown {
    let users = site.users();
    match method {
        "list" => shown::list(users.list(args.list_options()?), args).await,
        "get" => shown::one("user", &users.get(args.value("id")?).await?),
        "add" => shown::one("user", &users.add(&args.item("user")?).await?),
        "update" => {
            let changed = users.update(args.value("id")?, &args.item("user")?).await?;
            shown::one("user", &changed)
        }
        "remove" => {
            users.remove(args.value("id")?, args.maybe("assets_to")?).await?;
            shown::nothing()
        }
        "groups" => shown::list(users.groups(args.value("id")?, args.list_options()?), args).await,
        _ => Ok(None),
    }
}

pub async fn groups(site: &Site, method: &str, args: &Args) -> Shown {
    let groups = site.groups();
    match method {
        "list" => shown::list(groups.list(args.list_options()?), args).await,
        "create" => shown::one("group", &groups.create(&args.item("group")?).await?),
        "update" => {
            let changed = groups.update(args.value("id")?, &args.item("group")?).await?;
            shown::one("group", &changed)
        }
        "delete" => {
            groups.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "users" => shown::list(groups.users(args.value("id")?, args.list_options()?), args).await,
        "add_user" => {
            let added = groups.add_user(args.value("id")?, args.value("user")?).await?;
            shown::one("user", &added)
        }
        "remove_user" => {
            groups.remove_user(args.value("id")?, args.value("user")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}
