//! Delete Data Source from Favorites, Delete Project from Favorites, Delete View from Favorites,
//! Delete Workbook from Favorites, and the newer address for all kinds.

use vivant_model::{Capability, ContentKind, Luid};
use vivant_store::{Error, What};
use vivant_wire::ErrorCode;

use super::add_to_favorites::{missing, require_kind};
use super::get_favorites_for_user::favorites_user;
use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, not_found};
use crate::reply::Reply;

/// Takes an item off a user's favorites; other things than data sources also when the user may no
/// longer look at them.
pub async fn delete_from_favorites(call: Call, who: SiteUser) -> Result<Reply> {
    let user = favorites_user(&call, &who).await?;
    let (kind, variable) = addressed_kind(&call)?;
    let (code, what) = missing(kind);
    let id: Luid = call.id(variable, code)?;
    let rights = Rights::of(&call.app, &who, kind, id).await?;
    let rights = rights.ok_or_else(|| not_found(code, what, id))?;
    // Tableau: of data sources alone the reference asks for Read here.
    if kind == ContentKind::Datasource {
        rights.require(Capability::Read, ErrorCode::Forbidden, kind.as_str())?;
    }
    let store = &call.app.store;
    match store.delete_favorite(who.site(), user.user, kind, id).await {
        // Tableau: for projects the reference has no such error, and says that nothing happens.
        Err(Error::NotFound(What::Favorite)) if kind == ContentKind::Project => {}
        outcome => outcome?,
    }
    Ok(Reply::Empty)
}

fn addressed_kind(call: &Call) -> Result<(ContentKind, &'static str)> {
    const KINDS: [(&str, ContentKind, &str); 4] = [
        ("{workbook-id}", ContentKind::Workbook, "workbook-id"),
        ("{view-id}", ContentKind::View, "view-id"),
        ("{datasource-id}", ContentKind::Datasource, "datasource-id"),
        ("{project-id}", ContentKind::Project, "project-id"),
    ];
    let path = call.endpoint.path;
    match KINDS.iter().find(|(part, _, _)| path.contains(part)) {
        Some((_, kind, variable)) => Ok((*kind, variable)),
        None => Ok((require_kind(call, call.value("content-type"))?, "content-id")),
    }
}
