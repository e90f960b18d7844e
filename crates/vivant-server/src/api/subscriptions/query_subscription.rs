//! Query Subscription.

use vivant_wire::ErrorCode;

use super::form;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;
use crate::views::subscription_view;

/// Shows a subscription, to administrators, its reader, and who leads or owns the content.
pub async fn query_subscription(call: Call, who: SiteUser) -> Result<Reply> {
    let (subscription, standing) = form::find(&call, &who).await?;
    if !standing.keeps && !standing.reads {
        return Err(fail(
            ErrorCode::SubscriptionReadForbidden,
            "You may look at your own subscriptions, and at those to content that you own or lead.",
        ));
    }
    Ok(call.one(
        "subscription",
        &subscription_view(subscription, &call.shape(&who)),
    ))
}
