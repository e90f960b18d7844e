//! Update Site.

use vivant_model::ExtractEncryption;
use vivant_wire::ErrorCode;
use vivant_wire::types;

use super::create_site::{Limits, check_limits, site_changes, url_taken};
use super::query_site::find_site;
use crate::auth::ServerAdmin;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request, fail};
use crate::jobs::seal_extracts;
use crate::reply::Reply;
use crate::views::site_view;

/// Changes a site's settings.
pub async fn update_site(mut call: Call, who: ServerAdmin) -> Result<Reply> {
    let site = find_site(&call).await?;
    let document = call.document().await?;
    let asked: types::Site = element(&document, "site")?;
    let changes = site_changes(&asked, &document, Limits::OrNone)?;
    if let Some(url) = &changes.content_url {
        if site.is_default != url.is_empty() {
            return Err(bad_request(match site.is_default {
                true => "The contentUrl of the Default site is empty and cannot be changed.",
                false => "The contentUrl of a site cannot be empty; only the Default site's is.",
            }));
        }
        match call.app.store.site_by_content_url(url).await? {
            Some(other) if other.id != site.id => {
                return Err(url_taken(format!(
                    "A site with the contentUrl '{url}' exists already."
                )));
            }
            _ => {}
        }
    }
    if site.is_default && changes.state == Some(vivant_model::SiteState::Suspended) {
        return Err(fail(
            ErrorCode::Forbidden,
            "The Default site cannot be suspended.",
        ));
    }
    let mode = changes.admin_mode.unwrap_or(site.admin_mode);
    let after = |change: Option<Option<i64>>, now: Option<i64>| change.unwrap_or(now);
    check_limits(
        mode,
        [
            after(changes.user_quota, site.user_quota),
            after(changes.tier_creator, site.tier_creator),
            after(changes.tier_explorer, site.tier_explorer),
            after(changes.tier_viewer, site.tier_viewer),
        ],
    )?;
    let encryption = changes.settings.get(ExtractEncryption::SETTING);
    let job = match encryption.and_then(|text| ExtractEncryption::parse(text)) {
        Some(mode) => seal_extracts::of_mode(&call.app, &site, mode, who.session.user.id).await?,
        None => None,
    };
    let has_job = job.is_some();
    let site = call
        .app
        .store
        .update_site_with(site.id, changes, job, call.app.now())
        .await?;
    if has_job {
        call.app.jobs.wake();
    }
    Ok(call.one("site", &site_view(site, None, call.version, true)))
}
