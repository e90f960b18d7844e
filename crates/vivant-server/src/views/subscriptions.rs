//! Subscriptions.

use vivant_store::Subscription;
use vivant_wire::types;

use super::Shape;

/// `subscription`.
pub fn subscription_view(subscription: Subscription, shape: &Shape) -> types::Subscription {
    // What a mail carries came with the attachments.
    let newer = shape.since(3, 5);
    let pages = newer && subscription.attach_pdf;
    types::Subscription {
        id: Some(subscription.id.to_string()),
        subject: Some(subscription.subject),
        message: subscription.message.filter(|_| newer),
        attach_image: newer.then_some(subscription.attach_image),
        attach_pdf: newer.then_some(subscription.attach_pdf),
        page_orientation: pages.then(|| {
            subscription
                .page_orientation
                .unwrap_or_else(|| "Portrait".to_owned())
        }),
        page_size_option: pages.then(|| subscription.page_size.unwrap_or_else(|| "Letter".to_owned())),
        suspended: newer.then_some(subscription.suspended),
        content: Some(types::SubscriptionContent {
            id: Some(subscription.content.id.to_string()),
            kind: Some(subscription.content.kind.to_string()),
            name: newer.then_some(subscription.content_name),
            send_if_view_empty: newer.then_some(subscription.send_if_empty),
        }),
        schedule: Some(types::SubscriptionSchedule {
            id: Some(subscription.schedule.id.to_string()),
            name: Some(subscription.schedule.name),
            frequency: None,
        }),
        user: Some(types::User {
            id: Some(subscription.user.id),
            name: Some(subscription.user.name),
            ..types::User::default()
        }),
    }
}
