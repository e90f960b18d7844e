//! Sign-in, sign-out, switching sites, Server Info.

use serde_json::json;
use vivant_client::{Credentials, Site};

use crate::args::{Args, Trouble};
use crate::shown::{self, Shown};

pub async fn call(site: &Site, session: &Args, method: &str, args: &Args) -> Shown {
    let client = crate::client(session)?;
    match method {
        "sign_in" => signed_in(&client.sign_in(credentials(args)?).await?),
        "sign_out" => {
            site.sign_out().await?;
            shown::nothing()
        }
        "revoke_all_server_admin_tokens" => {
            site.revoke_all_server_admin_tokens().await?;
            shown::nothing()
        }
        "switch_site" => signed_in(&site.switch_site(&args.text("content_url")?).await?),
        "server_info" => shown::one("serverInfo", &client.server_info().await?),
        _ => Ok(None),
    }
}

fn credentials(args: &Args) -> Result<Credentials, Trouble> {
    let mut credentials = if let Some(name) = args.maybe_text("token_name") {
        Credentials::token(name, args.text("token")?)
    } else if let Some(jwt) = args.maybe_text("jwt") {
        Credentials::jwt(jwt)
    } else {
        Credentials::password(args.text("username")?, args.text("password")?)
    };
    if let Some(user) = args.maybe("impersonate")? {
        credentials = credentials.impersonate(user);
    }
    Ok(credentials.site(args.maybe_text("site").unwrap_or_default()))
}

fn signed_in(site: &Site) -> Shown {
    Ok(Some(json!({
        "site_id": site.id().to_string(),
        "site_url": site.content_url(),
        "user_id": site.user_id().to_string(),
    })))
}
