//! Get Favorites for User.

use http::StatusCode;
use vivant_model::UserId;
use vivant_store::{Caller, Favorite, FavoriteItem};
use vivant_wire::types::Pagination;
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use crate::api::users::find_user;
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::lists::{cut, pagination};
use crate::reply::Reply;
use crate::views::favorite_view;

/// Lists the favorites of a user, without those that the user may no longer look at; in pages where
/// the caller asks for them, else whole, as the early versions do.
pub async fn get_favorites_for_user(call: Call, who: SiteUser) -> Result<Reply> {
    let user = favorites_user(&call, &who).await?;
    let wants_pages = call.query.get("pageSize").is_some() || call.query.get("pageNumber").is_some();
    let paging = call.query.paging()?;
    let favorites = seen_favorites(&call, &user).await?;
    if !wants_pages {
        return Ok(reply(&call, &who, None, favorites));
    }
    let page = cut(favorites, paging)?;
    let pagination = pagination(paging, page.total);
    Ok(reply(&call, &who, Some(pagination), page.items))
}

/// Reads the user in the address, whose favorites only the user and administrators touch.
pub(super) async fn favorites_user(call: &Call, who: &SiteUser) -> Result<Caller> {
    let id: UserId = call.id("user-id", ErrorCode::UserNotFound)?;
    let user = find_user(call, who, id).await?;
    if user.id != who.caller.user && !who.role().is_admin() {
        return Err(fail(
            ErrorCode::Forbidden,
            "Only administrators may look at or change the favorites of other users.",
        ));
    }
    Ok(Caller {
        site: who.site(),
        user: user.id,
        role: user.role,
    })
}

/// The user's favorites that the version in the address knows.
pub(super) async fn seen_favorites(call: &Call, user: &Caller) -> Result<Vec<Favorite>> {
    let mut favorites = call.app.store.favorites(user).await?;
    let projects = call.version >= V(3, 1);
    favorites.retain(|f| projects || !matches!(f.item, FavoriteItem::Project(_)));
    Ok(favorites)
}

/// Answers favorites.
pub(super) fn reply(
    call: &Call,
    who: &SiteUser,
    pagination: Option<Pagination>,
    favorites: Vec<Favorite>,
) -> Reply {
    let shape = call.shape(who);
    let favorite = favorites
        .into_iter()
        .map(|favorite| favorite_view(favorite, &shape))
        .collect();
    call.answer(StatusCode::OK, |out| {
        if let Some(pagination) = &pagination {
            out.child("pagination", pagination);
        }
        out.child("favorites", &types::Favorites { favorite });
    })
}
