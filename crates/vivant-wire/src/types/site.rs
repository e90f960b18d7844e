//! Sites.

use super::{Node, Out, Read1, ReadError, SiteId, Write1};

element! {
    /// `site`.
    Site {
        attr id: SiteId = "id";
        attr name: String = "name";
        attr content_url: String = "contentUrl", "Empty for the Default site.";
        attr admin_mode: String = "adminMode";
        attr user_quota: i64 = "userQuota", "Users; -1 for no limit.";
        attr storage_quota: i64 = "storageQuota", "Megabytes; -1 for no limit.";
        attr tier_creator_capacity: i64 = "tierCreatorCapacity", "Users; -1 for no limit.";
        attr tier_explorer_capacity: i64 = "tierExplorerCapacity", "Users; -1 for no limit.";
        attr tier_viewer_capacity: i64 = "tierViewerCapacity", "Users; -1 for no limit.";
        attr disable_subscriptions: bool = "disableSubscriptions";
        attr state: String = "state";
        attr status_reason: String = "statusReason";
        attr revision_history_enabled: bool = "revisionHistoryEnabled";
        attr revision_limit: i64 = "revisionLimit", "2 to 10000; in requests -1 for no limit.";
        attr subscribe_others_enabled: bool = "subscribeOthersEnabled";
        attr guest_access_enabled: bool = "guestAccessEnabled";
        attr cache_warmup_enabled: bool = "cacheWarmupEnabled";
        attr commenting_enabled: bool = "commentingEnabled";
        attr commenting_mentions_enabled: bool = "commentingMentionsEnabled", "Since 3.0.";
        attr flows_enabled: bool = "flowsEnabled", "3.3 to 3.9.";
        attr cataloging_enabled: bool = "catalogingEnabled", "Since 3.5.";
        attr derived_permissions_enabled: bool = "derivedPermissionsEnabled", "Since 3.5.";
        attr extract_encryption_mode: String = "extractEncryptionMode", "Since 3.5; enforced, enabled or disabled.";
        attr data_acceleration_mode: String = "dataAccelerationMode", "Since 3.5.";
        attr request_access_enabled: bool = "requestAccessEnabled", "Since 3.6.";
        attr run_now_enabled: bool = "runNowEnabled", "Since 3.6.";
        attr ask_data_mode: String = "askDataMode", "Since 3.6.";
        attr data_alerts_enabled: bool = "dataAlertsEnabled", "Since 3.7.";
        attr allow_subscription_attachments: bool = "allowSubscriptionAttachments", "Since 3.7.";
        attr use_default_time_zone: bool = "useDefaultTimeZone", "Since 3.7.";
        attr time_zone: String = "timeZone", "Since 3.7.";
        attr user_visibility_mode: String = "userVisibilityMode", "Since 3.8; FULL or LIMITED.";
        attr editing_flows_enabled: bool = "editingFlowsEnabled", "Since 3.10, as what follows.";
        attr scheduling_flows_enabled: bool = "schedulingFlowsEnabled";
        attr catalog_obfuscation_enabled: bool = "catalogObfuscationEnabled";
        attr flow_auto_save_enabled: bool = "flowAutoSaveEnabled";
        attr web_extraction_enabled: bool = "webExtractionEnabled";
        attr metrics_content_type_enabled: bool = "metricsContentTypeEnabled";
        attr notify_site_admins_on_throttle: bool = "notifySiteAdminsOnThrottle";
        attr authoring_enabled: bool = "authoringEnabled";
        attr custom_subscription_email_enabled: bool = "customSubscriptionEmailEnabled";
        attr custom_subscription_email: String = "customSubscriptionEmail";
        attr custom_subscription_footer_enabled: bool = "customSubscriptionFooterEnabled";
        attr custom_subscription_footer: String = "customSubscriptionFooter";
        attr named_sharing_enabled: bool = "namedSharingEnabled";
        attr mobile_biometrics_enabled: bool = "mobileBiometricsEnabled";
        attr sheet_image_enabled: bool = "sheetImageEnabled";
        attr auto_suspend_refresh_enabled: bool = "autoSuspendRefreshEnabled";
        attr auto_suspend_refresh_inactivity_window: String = "autoSuspendRefreshInactivityWindow", "Days.";
        attr attribute_capture_enabled: bool = "attributeCaptureEnabled", "Since 3.20.";
        one usage: SiteUsage = "usage";
    }
}

element! {
    /// `usage` of a site.
    SiteUsage {
        attr num_users: u64 = "numUsers";
        attr num_creators: u64 = "numCreators";
        attr num_explorers: u64 = "numExplorers";
        attr num_viewers: u64 = "numViewers";
        attr storage: u64 = "storage", "Megabytes.";
    }
}

element! {
    /// `sites`.
    Sites {
        many site: Site = "site";
    }
}

/// Further attributes of a site that later API versions added, with the version and the value
/// that a new site has.
///
/// They are settings that Vivant keeps and gives back as they came, beside what it reads of [`Site`]; TSC
/// sends all of them with every update.
pub const LATER_ATTRIBUTES: &[(&str, (u16, u16), &str)] = &[
    ("commentingMentionsEnabled", (3, 0), "true"),
    ("flowsEnabled", (3, 3), "true"),
    ("catalogingEnabled", (3, 5), "true"),
    ("derivedPermissionsEnabled", (3, 5), "false"),
    ("extractEncryptionMode", (3, 5), "disabled"),
    ("dataAccelerationMode", (3, 5), "disabled"),
    ("requestAccessEnabled", (3, 6), "true"),
    ("runNowEnabled", (3, 6), "true"),
    ("askDataMode", (3, 6), "disabledByDefault"),
    ("dataAlertsEnabled", (3, 7), "true"),
    ("allowSubscriptionAttachments", (3, 7), "true"),
    ("useDefaultTimeZone", (3, 7), "true"),
    ("timeZone", (3, 7), ""),
    ("userVisibilityMode", (3, 8), "FULL"),
    ("editingFlowsEnabled", (3, 10), "true"),
    ("schedulingFlowsEnabled", (3, 10), "true"),
    ("catalogObfuscationEnabled", (3, 10), "false"),
    ("flowAutoSaveEnabled", (3, 10), "true"),
    ("webExtractionEnabled", (3, 10), "true"),
    ("metricsContentTypeEnabled", (3, 10), "true"),
    ("notifySiteAdminsOnThrottle", (3, 10), "false"),
    ("authoringEnabled", (3, 10), "true"),
    ("customSubscriptionEmailEnabled", (3, 10), "false"),
    ("customSubscriptionEmail", (3, 10), ""),
    ("customSubscriptionFooterEnabled", (3, 10), "false"),
    ("customSubscriptionFooter", (3, 10), ""),
    ("namedSharingEnabled", (3, 10), "true"),
    ("mobileBiometricsEnabled", (3, 10), "false"),
    ("sheetImageEnabled", (3, 10), "true"),
    ("autoSuspendRefreshEnabled", (3, 10), "false"),
    ("autoSuspendRefreshInactivityWindow", (3, 10), "30"),
    ("attributeCaptureEnabled", (3, 20), "false"),
];
