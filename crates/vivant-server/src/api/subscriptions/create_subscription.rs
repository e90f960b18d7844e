//! Create Subscription.

use vivant_model::{Capability, JobItem, JobItemKind, UserId, ViewId, WorkbookId};
use vivant_store::{Caller, NewSubscription, User};
use vivant_wire::ErrorCode;

use super::form;
use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};
use crate::mail::Mailbox;
use crate::reply::Reply;
use crate::views::subscription_view;

/// Subscribes a user to a view or workbook.
pub async fn create_subscription(mut call: Call, who: SiteUser) -> Result<Reply> {
    let asked = form::asked(&mut call).await?;
    let subject = form::subject(asked.subject.as_deref())?;
    let content = asked
        .content
        .as_ref()
        .ok_or_else(|| bad_request("The subscription element must hold a content element."))?;
    let item = form::content(content)?;
    let attach_image = asked.attach_image.unwrap_or(true);
    let attach_pdf = asked.attach_pdf.unwrap_or(false);
    form::check_attachments(attach_image, attach_pdf)?;
    let message = form::message(asked.message.as_deref().unwrap_or_default())?;
    let page_orientation = form::orientation(asked.page_orientation.as_deref().unwrap_or_default())?;
    let page_size = form::page_size(asked.page_size_option.as_deref().unwrap_or_default())?;
    if asked.suspended == Some(true) {
        return Err(bad_request(
            "A new subscription is not suspended; suspend it with Update Subscription.",
        ));
    }
    check_content(&call, &who, item).await?;
    let schedule = form::schedule(&call, asked.schedule.as_ref())
        .await?
        .ok_or_else(|| bad_request("The subscription element must hold a schedule element with an id."))?;
    let user = subscriber(&call, &who, asked.user.and_then(|user| user.id)).await?;
    check_rights(&call, &who, item, &user).await?;
    let new = NewSubscription {
        site: who.site(),
        subject,
        message,
        user: user.id,
        created_by: who.caller.user,
        content: item,
        schedule: schedule.id,
        attach_image,
        attach_pdf,
        page_orientation,
        page_size,
        send_if_empty: content.send_if_view_empty.unwrap_or(true),
    };
    let made = call.app.store.create_subscription(new, call.app.now()).await?;
    let path = format!("/sites/{}/subscriptions/{}", who.site(), made.id);
    Ok(call.created("subscription", &subscription_view(made, &call.shape(&who)), &path))
}

/// Demands that the view or workbook exists.
async fn check_content(call: &Call, who: &SiteUser, item: JobItem) -> Result<()> {
    let store = &call.app.store;
    let exists = match item.kind {
        JobItemKind::View => store.view(who.site(), ViewId(item.id)).await?.is_some(),
        _ => store.workbook(who.site(), WorkbookId(item.id)).await?.is_some(),
    };
    match exists {
        true => Ok(()),
        false => Err(form::missing_content(item.kind, item.id)),
    }
}

/// Finds the user that is subscribed.
async fn subscriber(call: &Call, who: &SiteUser, id: Option<UserId>) -> Result<User> {
    let id =
        id.ok_or_else(|| bad_request("The subscription element must hold a user element with an id."))?;
    let user = call.app.store.user(who.site(), id).await?;
    user.ok_or_else(|| not_found(ErrorCode::UserNotFound, "User", id))
}

/// Demands that the caller may subscribe the user, and that the user could read the mails.
async fn check_rights(call: &Call, who: &SiteUser, item: JobItem, user: &User) -> Result<()> {
    let site = call.app.store.site(who.site()).await?;
    let site = site.ok_or_else(|| not_found(ErrorCode::SiteNotFound, "Site", who.site()))?;
    if site.disable_subscriptions {
        return Err(fail(
            ErrorCode::SubscribeForbidden,
            "Subscriptions are switched off on this site; its disableSubscriptions is true.",
        ));
    }
    let kind = form::permission_kind(item.kind);
    let missing = || form::missing_content(item.kind, item.id);
    let rights = Rights::of(&call.app, who, kind, item.id)
        .await?
        .ok_or_else(missing)?;
    let own = user.id == who.caller.user;
    if !own && !rights.may_give_away() {
        return Err(fail(
            ErrorCode::SubscribeForbidden,
            "Only administrators, project leaders and the owner of the content may subscribe others to it.",
        ));
    }
    if !own && !who.role().is_admin() && !site.subscribe_others_enabled {
        return Err(fail(
            ErrorCode::SubscribeForbidden,
            "Only administrators may subscribe others on this site; its subscribeOthersEnabled is false.",
        ));
    }
    let what = kind.as_str();
    if own {
        rights.require(Capability::Read, ErrorCode::SubscribeForbidden, what)?;
    } else {
        let caller = Caller {
            site: who.site(),
            user: user.id,
            role: user.role,
        };
        let theirs = Rights::of_caller(&call.app, &caller, kind, item.id)
            .await?
            .ok_or_else(missing)?;
        if !theirs.allow(Capability::Read) {
            return Err(fail(
                ErrorCode::SubscriberReadForbidden,
                format!(
                    "The user '{}' lacks the permission Read on this {what}.",
                    user.name
                ),
            ));
        }
    }
    let address = user.email.as_deref().unwrap_or_default();
    if address.is_empty() {
        return Err(fail(
            ErrorCode::NoEmailAddress,
            format!(
                "The user '{}' has no e-mail address; set one with Update User.",
                user.name
            ),
        ));
    }
    if let Err(bad) = Mailbox::new(None, address) {
        return Err(fail(
            ErrorCode::NoEmailAddress,
            format!(
                "The user '{}' has no e-mail address that mail can be sent to: {bad}.",
                user.name
            ),
        ));
    }
    Ok(())
}
