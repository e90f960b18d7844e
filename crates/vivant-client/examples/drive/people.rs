//! Sites, users, groups.

use vivant_client::types::User;
use vivant_client::{NewUser, Site, users_from_csv};

use crate::args::{Args, Trouble};
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
        "encrypt_extracts" => {
            sites.encrypt_extracts(args.value("id")?).await?;
            shown::nothing()
        }
        "decrypt_extracts" => {
            sites.decrypt_extracts(args.value("id")?).await?;
            shown::nothing()
        }
        "re_encrypt_extracts" => {
            sites.re_encrypt_extracts(args.value("id")?).await?;
            shown::nothing()
        }
        "upload_logo" => {
            sites
                .upload_logo(args.value("id")?, args.text("file")?.as_str())
                .await?;
            shown::nothing()
        }
        "reset_logo" => {
            sites.reset_logo(args.value("id")?).await?;
            shown::nothing()
        }
        "list_auth_configurations" => shown::many(&sites.list_auth_configurations().await?),
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
        "add_all" => {
            let wanted: Vec<User> = args
                .objects("users")
                .iter()
                .map(Args::read)
                .collect::<Result<_, _>>()?;
            let outcomes = users.add_all(&wanted).await;
            let added: Vec<User> = outcomes.into_iter().filter_map(Result::ok).collect();
            shown::many(&added)
        }
        "bulk_add" => shown::one("job", &users.bulk_add(&new_users(args)?).await?),
        "bulk_remove" => {
            users.bulk_remove(&args.texts("names")).await?;
            shown::nothing()
        }
        "create_from_file" => {
            let path = args.text("file")?;
            let text = std::fs::read_to_string(&path).map_err(|e| Trouble::Usage(format!("{path}: {e}")))?;
            // One after the other, so that the requests have an order that can be compared.
            let mut added = Vec::new();
            for user in users_from_csv(&text)? {
                added.push(users.add(&user.to_user()).await?);
            }
            shown::many(&added)
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
        "create_as_job" => shown::one("job", &groups.create_as_job(&args.item("group")?).await?),
        "update_as_job" => {
            let job = groups
                .update_as_job(args.value("id")?, &args.item("group")?)
                .await?;
            shown::one("job", &job)
        }
        "add_users" => {
            let added = groups
                .add_users(args.value("id")?, &args.values("users")?)
                .await?;
            shown::many(&added)
        }
        "remove_users" => {
            groups
                .remove_users(args.value("id")?, &args.values("users")?)
                .await?;
            shown::nothing()
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

fn new_users(args: &Args) -> Result<Vec<NewUser>, Trouble> {
    let users = args.objects("users").into_iter().map(|user| {
        Ok(NewUser {
            name: user.text("name")?,
            password: user.maybe_text("password").map(Into::into),
            full_name: user.maybe_text("full_name"),
            site_role: user.maybe_text("site_role"),
            email: user.maybe_text("email"),
            auth_setting: user.maybe_text("auth_setting"),
            idp_configuration_id: user.maybe_text("idp_configuration_id"),
        })
    });
    users.collect()
}
