//! Create Site.

use std::collections::BTreeMap;

use vivant_model::{AdminMode, ExtractEncryption, SiteState, content_url, name};
use vivant_store::{NewSite, SiteChanges};
use vivant_wire::types::site::LATER_ATTRIBUTES;
use vivant_wire::{ErrorCode, Node, types};

use crate::auth::ServerAdmin;
use crate::call::{Call, element};
use crate::errors::{ApiError, Result, bad_request, fail};
use crate::reply::Reply;
use crate::views::site_view;

/// Creates a site.
pub async fn create_site(mut call: Call, who: ServerAdmin) -> Result<Reply> {
    let document = call.document().await?;
    let asked: types::Site = element(&document, "site")?;
    if asked.name.is_none() || asked.content_url.is_none() {
        return Err(bad_request("The site element must hold a name and a contentUrl."));
    }
    let changes = site_changes(&asked, &document, Limits::Positive)?;
    let limit = |given: Option<Option<i64>>| given.flatten();
    let standard = NewSite::default();
    let new = NewSite {
        name: changes.name.unwrap_or_default(),
        content_url: changes.content_url.unwrap_or_default(),
        admin_mode: changes.admin_mode.unwrap_or(standard.admin_mode),
        user_quota: limit(changes.user_quota),
        storage_quota_mb: limit(changes.storage_quota_mb),
        tier_creator: limit(changes.tier_creator),
        tier_explorer: limit(changes.tier_explorer),
        tier_viewer: limit(changes.tier_viewer),
        disable_subscriptions: changes
            .disable_subscriptions
            .unwrap_or(standard.disable_subscriptions),
        state: changes.state.unwrap_or(standard.state),
        revision_history_enabled: changes
            .revision_history_enabled
            .unwrap_or(standard.revision_history_enabled),
        revision_limit: changes.revision_limit.unwrap_or(standard.revision_limit),
        subscribe_others_enabled: changes
            .subscribe_others_enabled
            .unwrap_or(standard.subscribe_others_enabled),
        guest_access_enabled: changes
            .guest_access_enabled
            .unwrap_or(standard.guest_access_enabled),
        cache_warmup_enabled: changes
            .cache_warmup_enabled
            .unwrap_or(standard.cache_warmup_enabled),
        commenting_enabled: changes.commenting_enabled.unwrap_or(standard.commenting_enabled),
        settings: changes.settings,
        owner: Some(who.session.user.id),
    };
    if new.content_url.is_empty() {
        return Err(url_taken("The empty contentUrl belongs to the Default site."));
    }
    check_limits(
        new.admin_mode,
        [
            new.user_quota,
            new.tier_creator,
            new.tier_explorer,
            new.tier_viewer,
        ],
    )?;
    if call
        .app
        .store
        .site_by_content_url(&new.content_url)
        .await?
        .is_some()
    {
        return Err(url_taken(format!(
            "A site with the contentUrl '{}' exists already.",
            new.content_url
        )));
    }
    let site = call.app.store.create_site(new, call.app.now()).await?;
    let path = format!("/sites/{}", site.id);
    Ok(call.created("site", &site_view(site, None, call.version, true), &path))
}

/// Makes the error of a content URL that another site has.
pub(super) fn url_taken(detail: impl Into<String>) -> ApiError {
    fail(ErrorCode::SiteUrlConflict, detail)
}

/// Which numbers a quota may have.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Limits {
    /// Create Site: above 0.
    Positive,
    /// Update Site: also -1, for no limit.
    OrNone,
}

/// Reads and checks what a request says of a site.
pub(super) fn site_changes(asked: &types::Site, document: &Node, limits: Limits) -> Result<SiteChanges> {
    if let Some(name) = asked.name.as_deref()
        && !name::is_valid(name)
    {
        return Err(bad_request(
            "The name of a site must not be blank or longer than 255 characters.",
        ));
    }
    if let Some(url) = asked.content_url.as_deref()
        && !content_url::is_site_url(url)
    {
        return Err(bad_request(format!(
            "The contentUrl '{url}' may hold only letters, digits, dashes and underscores."
        )));
    }
    let settings = later_settings(document)?;
    let quota = |given: Option<i64>, what: &str| match given {
        None => Ok(None),
        Some(-1) if limits == Limits::OrNone => Ok(Some(None)),
        Some(n) if n > 0 => Ok(Some(Some(n))),
        Some(n) => Err(bad_request(format!("{what} must be a positive number, not {n}."))),
    };
    Ok(SiteChanges {
        name: asked.name.clone(),
        content_url: asked.content_url.clone(),
        admin_mode: asked.admin_mode.as_deref().map(admin_mode).transpose()?,
        user_quota: quota(asked.user_quota, "userQuota")?,
        storage_quota_mb: quota(asked.storage_quota, "storageQuota")?,
        tier_creator: quota(asked.tier_creator_capacity, "tierCreatorCapacity")?,
        tier_explorer: quota(asked.tier_explorer_capacity, "tierExplorerCapacity")?,
        tier_viewer: quota(asked.tier_viewer_capacity, "tierViewerCapacity")?,
        disable_subscriptions: asked.disable_subscriptions,
        state: asked.state.as_deref().map(state).transpose()?,
        revision_history_enabled: asked.revision_history_enabled,
        revision_limit: asked.revision_limit.map(revision_limit).transpose()?,
        subscribe_others_enabled: asked.subscribe_others_enabled,
        guest_access_enabled: asked.guest_access_enabled,
        cache_warmup_enabled: asked.cache_warmup_enabled,
        commenting_enabled: asked.commenting_enabled,
        settings,
    })
}

fn admin_mode(text: &str) -> Result<AdminMode> {
    AdminMode::parse(text).ok_or_else(|| {
        let detail = format!("adminMode must be ContentOnly or ContentAndUsers, not '{text}'.");
        fail(ErrorCode::InvalidSiteRole, detail)
    })
}

fn state(text: &str) -> Result<SiteState> {
    SiteState::parse(text)
        .ok_or_else(|| bad_request(format!("state must be Active or Suspended, not '{text}'.")))
}

/// 0 stands for no limit in the store.
fn revision_limit(n: i64) -> Result<u32> {
    match n {
        -1 => Ok(0),
        n if vivant_model::site::REVISION_LIMITS.contains(&n) => Ok(n as u32),
        n => Err(bad_request(format!(
            "revisionLimit must be 2 to 10000, or -1 for no limit, not {n}."
        ))),
    }
}

/// The settings of later versions that the request holds; unknown attributes are left out.
fn later_settings(document: &Node) -> Result<BTreeMap<String, String>> {
    let site = document.child("site");
    let given = LATER_ATTRIBUTES
        .iter()
        .filter_map(|(name, _, standard)| Some((*name, *standard, site?.attribute(name)?)));
    given
        .map(|(name, standard, value)| Ok((name.to_owned(), later_setting(name, standard, value)?)))
        .collect()
}

/// How long a text among the settings may be, such as the footer of mails.
const LONGEST_TEXT: usize = 2000;
/// After how many days without a look refreshes of extracts may be suspended.
const INACTIVITY_DAYS: std::ops::RangeInclusive<i64> = 7..=100;

/// Checks a setting of a later version: by its standard value a truth value, or a word, number or text.
fn later_setting(name: &str, standard: &str, value: &str) -> Result<String> {
    let refused = |wanted: &str| {
        let value: String = value.chars().take(100).collect();
        Err(bad_request(format!("{name} must be {wanted}, not '{value}'.")))
    };
    match name {
        _ if matches!(standard, "true" | "false") => match value.to_ascii_lowercase() {
            truth if matches!(truth.as_str(), "true" | "false") => Ok(truth),
            _ => refused("true or false"),
        },
        ExtractEncryption::SETTING => match ExtractEncryption::parse(&value.to_ascii_lowercase()) {
            Some(mode) => Ok(mode.to_string()),
            None => refused("enforced, enabled or disabled"),
        },
        "userVisibilityMode" if !matches!(value, "FULL" | "LIMITED") => refused("FULL or LIMITED"),
        "autoSuspendRefreshInactivityWindow"
            if !value.parse().is_ok_and(|days| INACTIVITY_DAYS.contains(&days)) =>
        {
            refused("7 to 100 days")
        }
        _ if value.chars().count() > LONGEST_TEXT => refused("at most 2000 characters long"),
        _ => Ok(value.to_owned()),
    }
}

/// Refuses quotas of users on a site whose administrators do not manage users.
pub(super) fn check_limits(mode: AdminMode, quotas: [Option<i64>; 4]) -> Result<()> {
    if mode == AdminMode::ContentOnly && quotas.iter().any(Option::is_some) {
        return Err(fail(
            ErrorCode::AdminModeConflict,
            "adminMode ContentOnly cannot be combined with a user quota or tier capacity.",
        ));
    }
    Ok(())
}
