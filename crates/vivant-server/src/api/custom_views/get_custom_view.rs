//! Get Custom View.

use vivant_model::{Capability, ContentKind, CustomViewId};
use vivant_store::CustomView;
use vivant_wire::ErrorCode;

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, fail, not_found};
use crate::reply::Reply;
use crate::views::custom_view_view;

/// Shows a custom view.
pub async fn get_custom_view(call: Call, who: SiteUser) -> Result<Reply> {
    let found = find(&call, &who).await?;
    Ok(call.one("customView", &custom_view_view(found.custom, &call.shape(&who))))
}

/// A custom view, and how the caller stands to it.
pub(super) struct Found {
    pub custom: CustomView,
    /// What the caller may do to its view.
    pub rights: Rights,
    /// Whether the caller owns it or administers the site.
    pub keeps: bool,
}

impl Found {
    /// Demands that the caller may change it.
    pub(super) fn require_kept(&self) -> Result<()> {
        match self.keeps {
            true => Ok(()),
            false => Err(fail(
                ErrorCode::Forbidden,
                "Only its owner and administrators may change a custom view.",
            )),
        }
    }
}

/// Finds the custom view in the address, which the caller must be allowed to see: its owner, administrators, and,
/// where it is shared, who may look at its view.
pub(super) async fn find(call: &Call, who: &SiteUser) -> Result<Found> {
    const MISSING: ErrorCode = ErrorCode::CustomViewNotFound;
    let id: CustomViewId = call.id("custom-view-id", MISSING)?;
    let missing = || not_found(MISSING, "Custom view", id);
    let custom = call.app.store.custom_view(who.site(), id).await?;
    let custom = custom.ok_or_else(missing)?;
    let rights = Rights::of(&call.app, who, ContentKind::View, custom.view.0).await?;
    let rights = rights.ok_or_else(missing)?;
    let keeps = who.role().is_admin() || custom.owner.id == who.caller.user;
    if !keeps && !custom.shared {
        return Err(fail(ErrorCode::Forbidden, "This custom view is not shared."));
    }
    if !keeps {
        rights.require(Capability::Read, ErrorCode::Forbidden, "view")?;
    }
    Ok(Found {
        custom,
        rights,
        keeps,
    })
}
