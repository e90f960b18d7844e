//! Subscriptions: views and workbooks that are sent to users. They go with their user, content and
//! schedule.

use vivant_model::{JobItem, JobItemKind, Luid, ScheduleId, ScheduleType, SiteId, SubscriptionId, UserId};

use crate::db::{Conn, params, transact};
use crate::jobs::{self, Fence};
use crate::secrets::{new_id, new_token, sha256_hex};
use crate::select::Select;
use crate::store::in_order;
use crate::visibility::{self, Columns};
use crate::{
    Caller, Error, ListQuery, Millis, Owner, Page, Result, Schedule, Secret, Store, What, schedules, sites,
    users,
};

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

const CONTENT: &str = " JOIN content c ON c.id = s.content_id";

impl Store {
    /// Makes a subscription.
    pub async fn create_subscription(&self, new: NewSubscription, now: Millis) -> Result<Subscription> {
        let id: SubscriptionId = new_id()?;
        let token = new_token()?;
        let sealed = self.inner.vault.encrypt(&bound(id), token.as_bytes())?;
        transact!(self.db(), |tx| {
            // Nobody takes the user off the site meanwhile.
            sites::lock(&tx, new.site).await?;
            users::require(&tx, new.site, new.user).await?;
            let (content, view) = find_content(&tx, new.site, new.content).await?;
            schedules::require(&tx, new.schedule, ScheduleType::Subscription).await?;
            let sql = "INSERT INTO subscription (id, site_id, schedule_id, user_id, created_by, content_id, view_id, \
                 subject, message, attach_image, attach_pdf, page_orientation, page_size, send_if_empty, suspended, \
                 token_hash, token, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, \
                 ?13, ?14, 0, ?15, ?16, ?17, ?17)";
            tx.execute(
                sql,
                params![
                    id,
                    new.site,
                    new.schedule,
                    new.user,
                    new.created_by,
                    content,
                    view,
                    &new.subject,
                    new.message.as_deref(),
                    new.attach_image,
                    new.attach_pdf,
                    new.page_orientation.as_deref(),
                    new.page_size.as_deref(),
                    new.send_if_empty,
                    sha256_hex(token.as_bytes()),
                    sealed.as_slice(),
                    now,
                ],
            )
            .await
            .map(drop)
        })?;
        self.subscription(new.site, id)
            .await?
            .ok_or(Error::NotFound(What::Subscription))
    }

    /// Finds a subscription.
    pub async fn subscription(&self, site: SiteId, id: SubscriptionId) -> Result<Option<Subscription>> {
        let conn = self.conn().await?;
        Ok(load(&conn, Some(site), &[id.to_string()]).await?.pop())
    }

    /// Lists the subscriptions of the caller's site that the caller may see: administrators all,
    /// others their own, and those to content that they own or whose project they lead. Of the query
    /// the page counts alone.
    pub async fn subscriptions(&self, caller: &Caller, query: &ListQuery) -> Result<Page<Subscription>> {
        let conn = self.conn().await?;
        let mut select = Select::from("subscription s");
        let at = select.bind(caller.site);
        select.and(format!("s.site_id = {at}"));
        let columns = Columns {
            owner: "c.owner_id",
            project: "c.project_id",
            acl: "c.acl_id",
            join: CONTENT,
            connect: false,
        };
        visibility::restrict_to_overseen(&mut select, caller, &columns, Some("s.user_id"));
        let (ids, total) = select
            .page(&conn, &[], query, "s.id", "s.created_at, s.id")
            .await?;
        Ok(Page {
            items: load(&conn, Some(caller.site), &ids).await?,
            total,
        })
    }

    /// All subscriptions of a schedule that are to be sent, on active sites that have subscriptions
    /// switched on, the oldest first.
    pub async fn subscriptions_of_schedule(&self, schedule: ScheduleId) -> Result<Vec<Subscription>> {
        let conn = self.conn().await?;
        let mut select = Select::from(
            "subscription s JOIN site x ON x.id = s.site_id AND x.state = 'Active' AND x.disable_subscriptions = 0",
        );
        let at = select.bind(schedule);
        select.and(format!("s.schedule_id = {at} AND s.suspended = 0"));
        let ids = select.all(&conn, "s.id", "s.created_at, s.id").await?;
        load(&conn, None, &ids).await
    }

    /// Changes a subscription.
    pub async fn update_subscription(
        &self,
        site: SiteId,
        id: SubscriptionId,
        changes: SubscriptionChanges,
        now: Millis,
    ) -> Result<Subscription> {
        transact!(self.db(), |tx| {
            let lock = if tx.is_sqlite() { "" } else { " FOR NO KEY UPDATE" };
            let sql = format!(
                "SELECT message, page_orientation, page_size FROM subscription WHERE site_id = ?1 AND id = ?2{lock}"
            );
            let row = tx.row(&sql, params![site, id]).await?;
            let mut row = row.ok_or(Error::NotFound(What::Subscription))?;
            let (message, orientation, size) = (row.opt_text()?, row.opt_text()?, row.opt_text()?);
            if let Some(schedule) = changes.schedule {
                schedules::require(&tx, schedule, ScheduleType::Subscription).await?;
            }
            let sql = "UPDATE subscription SET subject = COALESCE(?2, subject), message = ?3, \
                 schedule_id = COALESCE(?4, schedule_id), attach_image = COALESCE(?5, attach_image), \
                 attach_pdf = COALESCE(?6, attach_pdf), page_orientation = ?7, page_size = ?8, \
                 send_if_empty = COALESCE(?9, send_if_empty), suspended = COALESCE(?10, suspended), \
                 consecutive_failures = CASE WHEN suspended = 1 AND ?10 = 0 THEN 0 ELSE consecutive_failures END, \
                 updated_at = ?11 WHERE id = ?1";
            tx.execute(
                sql,
                params![
                    id,
                    changes.subject.as_deref(),
                    changes.message.clone().unwrap_or(message),
                    changes.schedule,
                    changes.attach_image,
                    changes.attach_pdf,
                    changes.page_orientation.clone().unwrap_or(orientation),
                    changes.page_size.clone().unwrap_or(size),
                    changes.send_if_empty,
                    changes.suspended,
                    now,
                ],
            )
            .await
            .map(drop)
        })?;
        self.subscription(site, id)
            .await?
            .ok_or(Error::NotFound(What::Subscription))
    }

    /// Deletes a subscription.
    pub async fn delete_subscription(&self, site: SiteId, id: SubscriptionId) -> Result<()> {
        let deleted = transact!(self.db(), |tx| {
            let sql = "DELETE FROM subscription WHERE site_id = ?1 AND id = ?2";
            tx.execute(sql, params![site, id]).await
        })?;
        match deleted {
            0 => Err(Error::NotFound(What::Subscription)),
            _ => Ok(()),
        }
    }

    /// Notes that a subscription was sent: its failures count from nothing. One that is gone
    /// meanwhile is none to note it of, but its job is settled all the same.
    pub async fn record_delivery(
        &self,
        site: SiteId,
        id: SubscriptionId,
        fence: Fence<'_>,
        now: Millis,
    ) -> Result<()> {
        transact!(self.db(), |tx| {
            jobs::settle(&tx, &fence, None, &[], now).await?;
            let sql = "UPDATE subscription SET last_sent_at = ?3, consecutive_failures = 0 WHERE site_id = ?1 AND id = ?2";
            tx.execute(sql, params![site, id, now]).await.map(drop)
        })
    }

    /// The secret of the link in a subscription's mails that ends it, the same in all of them.
    pub async fn unsubscribe_token(&self, site: SiteId, id: SubscriptionId) -> Result<Secret> {
        let sql = "SELECT token FROM subscription WHERE site_id = ?1 AND id = ?2";
        let row = self.conn().await?.row(sql, params![site, id]).await?;
        let sealed = row.ok_or(Error::NotFound(What::Subscription))?.opt_blob()?;
        let token = self.inner.vault.decrypt(&bound(id), &sealed.unwrap_or_default());
        let token = token.and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
        token
            .map(Secret::from)
            .ok_or_else(|| Error::Damaged(format!("the secret of subscription {id} does not read back")))
    }

    /// Finds the subscription that the secret of a link belongs to.
    pub async fn subscription_by_token(&self, token: &Secret) -> Result<Option<Subscription>> {
        let conn = self.conn().await?;
        let sql = "SELECT id FROM subscription WHERE token_hash = ?1";
        let hash = sha256_hex(token.reveal().as_bytes());
        match conn.row(sql, params![hash]).await? {
            Some(mut row) => Ok(load(&conn, None, &[row.text()?]).await?.pop()),
            None => Ok(None),
        }
    }
}

/// What the secret of a subscription's link is bound to.
fn bound(id: SubscriptionId) -> String {
    format!("subscription {id}")
}

/// The workbook of what is subscribed to, and the view if it is one.
async fn find_content(tx: &Conn, site: SiteId, item: JobItem) -> Result<(Luid, Option<Luid>)> {
    let (sql, missing) = match item.kind {
        JobItemKind::Workbook => (
            "SELECT id FROM content WHERE site_id = ?1 AND kind = 'workbook' AND id = ?2",
            What::Workbook,
        ),
        JobItemKind::View => (
            "SELECT content_id FROM view WHERE site_id = ?1 AND id = ?2",
            What::View,
        ),
        JobItemKind::Datasource => return Err(Error::NotFound(What::Datasource)),
        JobItemKind::Flow => return Err(Error::NotFound(What::Flow)),
        JobItemKind::Group => return Err(Error::NotFound(What::Group)),
    };
    let row = tx.row(sql, params![site, item.id]).await?;
    let workbook = row.ok_or(Error::NotFound(missing))?.id()?;
    Ok((workbook, (item.kind == JobItemKind::View).then_some(item.id)))
}

async fn load(conn: &Conn, site: Option<SiteId>, ids: &[String]) -> Result<Vec<Subscription>> {
    let sql = format!(
        "SELECT s.id, s.site_id, s.subject, s.message, {}, s.created_by, c.id, v.id, COALESCE(v.name, c.name), \
         c.owner_id, s.attach_image, s.attach_pdf, s.page_orientation, s.page_size, s.send_if_empty, s.suspended, \
         s.consecutive_failures, s.last_sent_at, s.created_at, s.updated_at, {} FROM subscription s{CONTENT} \
         JOIN account o ON o.id = s.user_id JOIN schedule h ON h.id = s.schedule_id \
         LEFT JOIN view v ON v.id = s.view_id \
         WHERE s.id IN LIST(?1) AND (CAST(?2 AS TEXT) IS NULL OR s.site_id || '' = ?2)",
        Owner::COLUMNS,
        schedules::COLUMNS
    );
    let mut subscriptions = Vec::new();
    for mut row in conn.query(&sql, params![ids.to_vec(), site]).await? {
        let (id, site_id, subject, message) = (row.id()?, row.id()?, row.text()?, row.opt_text()?);
        let user = Owner::read(&mut row)?;
        let created_by = row.opt_id()?;
        let (workbook, view): (Luid, Option<Luid>) = (row.id()?, row.opt_id()?);
        let content = match view {
            Some(id) => JobItem {
                kind: JobItemKind::View,
                id,
            },
            None => JobItem {
                kind: JobItemKind::Workbook,
                id: workbook,
            },
        };
        subscriptions.push(Subscription {
            id,
            site_id,
            subject,
            message,
            user,
            created_by,
            content,
            content_name: row.text()?,
            content_owner: row.id()?,
            attach_image: row.bool()?,
            attach_pdf: row.bool()?,
            page_orientation: row.opt_text()?,
            page_size: row.opt_text()?,
            send_if_empty: row.bool()?,
            suspended: row.bool()?,
            consecutive_failures: row.int()?,
            last_sent_at: row.opt_int()?,
            created_at: row.int()?,
            updated_at: row.int()?,
            schedule: schedules::read(&mut row)?,
        });
    }
    Ok(in_order(ids, subscriptions, |subscription| {
        subscription.id.to_string()
    }))
}
