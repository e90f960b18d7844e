//! Query Site.

use vivant_store::Site;
use vivant_wire::ErrorCode;

use crate::auth::{Signed, admins_only};
use crate::call::Call;
use crate::errors::{Result, fail, not_found};
use crate::reply::Reply;
use crate::views::site_view;

/// Shows a site by id, or with `key=name` or `key=contentUrl` by those.
pub async fn query_site(call: Call, who: Signed) -> Result<Reply> {
    let usage = call.query.flag("includeUsage")? || call.query.flag("includeStorage")?;
    let site = find_site(&call).await?;
    let own = site.id == who.session.site;
    let admin = who.is_server_admin() || (own && who.session.user.role.is_admin());
    // Tableau: a caller sees the site signed in to; the settings are for administrators.
    if !own && !who.is_server_admin() {
        return Err(admins_only(
            &call,
            "server administrators for a site that you are not signed in to",
        ));
    }
    let usage = match usage && admin {
        true => Some(call.app.store.site_usage(site.id).await?),
        false => None,
    };
    Ok(call.one("site", &site_view(site, usage, call.version, admin)))
}

/// Finds the site in the address as the parameter `key` says.
pub(super) async fn find_site(call: &Call) -> Result<Site> {
    let text = call.value("site-id");
    let store = &call.app.store;
    let site = match call.query.get("key") {
        None => match text.parse() {
            Ok(id) => store.site(id).await?,
            Err(_) => None,
        },
        Some(key) if key.eq_ignore_ascii_case("name") => store.site_by_name(text).await?,
        Some(key) if key.eq_ignore_ascii_case("contentUrl") => store.site_by_content_url(text).await?,
        Some(other) => {
            let detail = format!("key must be name or contentUrl, not '{other}'.");
            return Err(fail(ErrorCode::InvalidParameterValue, detail));
        }
    };
    site.ok_or_else(|| not_found(ErrorCode::SiteNotFound, "Site", text))
}
