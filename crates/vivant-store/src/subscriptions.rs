//! Subscriptions: views and workbooks that are sent to users. They go with their user, content and
//! schedule.

use vivant_model::{JobItem, ScheduleId, SiteId, SubscriptionId, UserId};

use crate::jobs::{Fence, unwritten};
use crate::{Caller, ListQuery, Millis, Owner, Page, Result, Schedule, Secret, Store};

/// A subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its id.
    pub id: SubscriptionId,
    /// Its site.
    pub site_id: SiteId,
    /// The subject of its mails.
    pub subject: String,
    /// What its mails say besides.
    pub message: Option<String>,
    /// Who gets it.
    pub user: Owner,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// The view or workbook.
    pub content: JobItem,
    /// The name of the view or workbook.
    pub content_name: String,
    /// The owner of the workbook.
    pub content_owner: UserId,
    /// Its schedule.
    pub schedule: Schedule,
    /// Whether mails carry a picture.
    pub attach_image: bool,
    /// Whether mails carry a PDF file.
    pub attach_pdf: bool,
    /// The orientation of that file's pages.
    pub page_orientation: Option<String>,
    /// The size of that file's pages.
    pub page_size: Option<String>,
    /// Whether it is sent when the view is empty.
    pub send_if_empty: bool,
    /// Whether it is not sent at all.
    pub suspended: bool,
    /// How many of its deliveries failed in a row.
    pub consecutive_failures: i64,
    /// When it was last sent.
    pub last_sent_at: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// A subscription to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSubscription {
    /// Its site.
    pub site: SiteId,
    /// The subject of its mails.
    pub subject: String,
    /// What its mails say besides.
    pub message: Option<String>,
    /// Who gets it.
    pub user: UserId,
    /// Who makes it.
    pub created_by: UserId,
    /// The view or workbook.
    pub content: JobItem,
    /// Its schedule, which must be one of subscriptions.
    pub schedule: ScheduleId,
    /// Whether mails carry a picture.
    pub attach_image: bool,
    /// Whether mails carry a PDF file.
    pub attach_pdf: bool,
    /// The orientation of that file's pages.
    pub page_orientation: Option<String>,
    /// The size of that file's pages.
    pub page_size: Option<String>,
    /// Whether it is sent when the view is empty.
    pub send_if_empty: bool,
}

/// What to change of a subscription; `None` leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionChanges {
    /// The subject.
    pub subject: Option<String>,
    /// The message; `Some(None)` takes it away.
    pub message: Option<Option<String>>,
    /// The schedule.
    pub schedule: Option<ScheduleId>,
    /// Whether mails carry a picture.
    pub attach_image: Option<bool>,
    /// Whether mails carry a PDF file.
    pub attach_pdf: Option<bool>,
    /// The orientation of that file's pages; `Some(None)` takes it away.
    pub page_orientation: Option<Option<String>>,
    /// The size of that file's pages; `Some(None)` takes it away.
    pub page_size: Option<Option<String>>,
    /// Whether it is sent when the view is empty.
    pub send_if_empty: Option<bool>,
    /// Whether it is not sent at all; set going again, its failures count from nothing.
    pub suspended: Option<bool>,
}

impl Store {
    /// Makes a subscription.
    pub async fn create_subscription(&self, new: NewSubscription, now: Millis) -> Result<Subscription> {
        let _ = (new, now);
        Err(unwritten())
    }

    /// Finds a subscription.
    pub async fn subscription(&self, site: SiteId, id: SubscriptionId) -> Result<Option<Subscription>> {
        let _ = (site, id);
        Err(unwritten())
    }

    /// Lists the subscriptions of the caller's site that the caller may see: administrators all,
    /// others their own, and those to content that they own or whose project they lead. Of the query
    /// the page counts alone.
    pub async fn subscriptions(&self, caller: &Caller, query: &ListQuery) -> Result<Page<Subscription>> {
        let _ = (caller, query);
        Err(unwritten())
    }

    /// All subscriptions of a schedule that are to be sent, on active sites that have subscriptions
    /// switched on, the oldest first.
    pub async fn subscriptions_of_schedule(&self, schedule: ScheduleId) -> Result<Vec<Subscription>> {
        let _ = schedule;
        Err(unwritten())
    }

    /// Changes a subscription.
    pub async fn update_subscription(
        &self,
        site: SiteId,
        id: SubscriptionId,
        changes: SubscriptionChanges,
        now: Millis,
    ) -> Result<Subscription> {
        let _ = (site, id, changes, now);
        Err(unwritten())
    }

    /// Deletes a subscription.
    pub async fn delete_subscription(&self, site: SiteId, id: SubscriptionId) -> Result<()> {
        let _ = (site, id);
        Err(unwritten())
    }

    /// Notes that a subscription was sent: its failures count from nothing.
    pub async fn record_delivery(
        &self,
        site: SiteId,
        id: SubscriptionId,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<()> {
        let _ = (site, id, fence, now);
        Err(unwritten())
    }

    /// Makes the secret of a link that ends a subscription; the ones of earlier mails stay good. Its
    /// hash is kept.
    pub async fn unsubscribe_token(&self, site: SiteId, id: SubscriptionId, now: Millis) -> Result<Secret> {
        let _ = (site, id, now);
        Err(unwritten())
    }

    /// Finds the subscription that the secret of a link belongs to.
    pub async fn subscription_by_token(&self, token: &Secret) -> Result<Option<Subscription>> {
        let _ = token;
        Err(unwritten())
    }
}
