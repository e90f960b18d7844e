//! Delete Subscription.

use vivant_wire::ErrorCode;

use super::form;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::reply::Reply;

/// Ends a subscription.
pub async fn delete_subscription(call: Call, who: SiteUser) -> Result<Reply> {
    let (subscription, standing) = form::find(&call, &who).await?;
    if !standing.keeps && !standing.reads {
        return Err(fail(
            ErrorCode::SubscriptionDeleteForbidden,
            "You may delete your own subscriptions, and those to content that you own or lead.",
        ));
    }
    call.app
        .store
        .delete_subscription(who.site(), subscription.id)
        .await?;
    Ok(Reply::Empty)
}
