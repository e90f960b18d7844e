//! Update Subscription.

use vivant_store::{Subscription, SubscriptionChanges};
use vivant_wire::types::SubscriptionContent;
use vivant_wire::{ErrorCode, types};

use super::form;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail};
use crate::reply::Reply;
use crate::views::subscription_view;

/// Changes a subscription: subject, message, schedule, what its mails carry, and whether it is sent.
pub async fn update_subscription(mut call: Call, who: SiteUser) -> Result<Reply> {
    let asked = form::asked(&mut call).await?;
    let (subscription, standing) = form::find(&call, &who).await?;
    if !standing.keeps && !standing.reads {
        return Err(fail(
            ErrorCode::SubscriptionUpdateForbidden,
            "You may change your own subscriptions, and those to content that you own or lead.",
        ));
    }
    if let Some(content) = &asked.content {
        check_content(content, &subscription)?;
    }
    if let Some(id) = asked.user.as_ref().and_then(|user| user.id)
        && id != subscription.user.id
    {
        return Err(bad_request(
            "The user of a subscription cannot change; delete it and create another.",
        ));
    }
    let changes = changes(&asked)?;
    form::check_attachments(
        changes.attach_image.unwrap_or(subscription.attach_image),
        changes.attach_pdf.unwrap_or(subscription.attach_pdf),
    )?;
    let schedule = form::schedule(&call, asked.schedule.as_ref()).await?;
    let changes = SubscriptionChanges {
        schedule: schedule.map(|schedule| schedule.id),
        ..changes
    };
    let store = &call.app.store;
    let changed = store
        .update_subscription(who.site(), subscription.id, changes, call.app.now())
        .await?;
    Ok(call.one("subscription", &subscription_view(changed, &call.shape(&who))))
}

fn changes(asked: &types::Subscription) -> Result<SubscriptionChanges> {
    Ok(SubscriptionChanges {
        subject: asked
            .subject
            .as_deref()
            .map(|text| form::subject(Some(text)))
            .transpose()?,
        message: asked.message.as_deref().map(form::message).transpose()?,
        schedule: None,
        attach_image: asked.attach_image,
        attach_pdf: asked.attach_pdf,
        page_orientation: asked
            .page_orientation
            .as_deref()
            .map(form::orientation)
            .transpose()?,
        page_size: asked
            .page_size_option
            .as_deref()
            .map(form::page_size)
            .transpose()?,
        send_if_empty: asked
            .content
            .as_ref()
            .and_then(|content| content.send_if_view_empty),
        suspended: asked.suspended,
    })
}

/// Refuses to move a subscription to other content. What clients repeat of it is fine.
fn check_content(content: &SubscriptionContent, subscription: &Subscription) -> Result<()> {
    let kind = content.kind.as_deref().map(form::content_kind).transpose()?;
    let other_kind = kind.is_some_and(|kind| kind != subscription.content.kind);
    let other_id = content
        .id
        .as_ref()
        .is_some_and(|id| id.parse().ok() != Some(subscription.content.id));
    match other_kind || other_id {
        false => Ok(()),
        true => Err(bad_request(
            "The content of a subscription cannot change; delete it and create another.",
        )),
    }
}
