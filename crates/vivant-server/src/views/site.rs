//! Sites, with the settings that later versions added.

use std::collections::BTreeMap;

use vivant_store::{Site, SiteUsage};
use vivant_wire::out::{Out, Write1};
use vivant_wire::types::site::LATER_ATTRIBUTES;
use vivant_wire::version::V;
use vivant_wire::{ApiVersion, types};

use super::megabytes;

/// `site` with all its attributes in the shape of a version.
pub struct SiteView {
    site: types::Site,
    later: Vec<(&'static str, String)>,
    usage: Option<types::SiteUsage>,
}

impl Write1 for SiteView {
    fn write(&self, out: &mut Out) {
        self.site.write(out);
        for (name, value) in &self.later {
            match value.as_str() {
                "true" => out.attr(name, &true),
                "false" => out.attr(name, &false),
                _ => out.attr(name, value),
            }
        }
        if let Some(usage) = &self.usage {
            out.child("usage", usage);
        }
    }
}

/// Shows a site; `full` adds what only administrators see.
pub fn site_view(site: Site, usage: Option<SiteUsage>, version: ApiVersion, full: bool) -> SiteView {
    let later = if full {
        later(&site.settings, version)
    } else {
        Vec::new()
    };
    let tiers = version >= V(3, 0);
    let site = types::Site {
        id: Some(site.id),
        name: Some(site.name),
        content_url: Some(site.content_url),
        admin_mode: full.then(|| site.admin_mode.to_string()),
        user_quota: site.user_quota.filter(|_| full),
        storage_quota: site.storage_quota_mb.filter(|_| full),
        tier_creator_capacity: site.tier_creator.filter(|_| full && tiers),
        tier_explorer_capacity: site.tier_explorer.filter(|_| full && tiers),
        tier_viewer_capacity: site.tier_viewer.filter(|_| full && tiers),
        disable_subscriptions: full.then_some(site.disable_subscriptions),
        state: Some(site.state.to_string()),
        revision_history_enabled: full.then_some(site.revision_history_enabled),
        // Tableau: "no limit" is never shown as a number.
        revision_limit: (full && site.revision_limit > 0).then(|| i64::from(site.revision_limit)),
        subscribe_others_enabled: full.then_some(site.subscribe_others_enabled),
        guest_access_enabled: full.then_some(site.guest_access_enabled),
        cache_warmup_enabled: full.then_some(site.cache_warmup_enabled),
        commenting_enabled: full.then_some(site.commenting_enabled),
        ..types::Site::default()
    };
    let usage = usage.map(|usage| {
        let count = |n: i64| u64::try_from(n).ok();
        types::SiteUsage {
            num_users: count(usage.num_users),
            num_creators: count(usage.num_creators).filter(|_| tiers),
            num_explorers: count(usage.num_explorers).filter(|_| tiers),
            num_viewers: count(usage.num_viewers).filter(|_| tiers),
            storage: Some(megabytes(usage.storage_bytes)),
        }
    });
    SiteView { site, later, usage }
}

fn later(settings: &BTreeMap<String, String>, version: ApiVersion) -> Vec<(&'static str, String)> {
    let known = LATER_ATTRIBUTES
        .iter()
        .filter(|(_, since, _)| version > V(3, 0) && version >= V(since.0, since.1));
    known
        .map(|(name, _, default)| {
            (
                *name,
                settings
                    .get(*name)
                    .map_or_else(|| (*default).to_owned(), Clone::clone),
            )
        })
        .filter(|(_, value)| !value.is_empty())
        .collect()
}
