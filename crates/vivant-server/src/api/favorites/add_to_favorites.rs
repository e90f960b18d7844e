//! Add Data Source to Favorites, Add Project to Favorites, Add View to Favorites, Add Workbook to
//! Favorites: one address, and the element in the request says which.

use vivant_model::{Capability, ContentKind, Luid, name};
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, Node};

use super::get_favorites_for_user::{favorites_user, reply, seen_favorites};
use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};
use crate::reply::Reply;

/// Makes an item a favorite of a user and answers all that the user has then. An item that is a
/// favorite already gets the new label.
pub async fn add_to_favorites(mut call: Call, who: SiteUser) -> Result<Reply> {
    let document = call.document().await?;
    let asked = document
        .child("favorite")
        .ok_or_else(|| bad_request("The request body must hold a favorite element."))?;
    let (kind, id) = asked_item(&call, asked)?;
    let label = label(asked)?;
    let user = favorites_user(&call, &who).await?;
    let (missing, what) = missing(kind);
    let id: Luid = id.parse().map_err(|_| not_found(missing, what, id))?;
    let rights = Rights::of(&call.app, &who, kind, id).await?;
    let rights = rights.ok_or_else(|| not_found(missing, what, id))?;
    rights.require(Capability::Read, ErrorCode::Forbidden, kind.as_str())?;
    call.app
        .store
        .add_favorite(who.site(), user.user, kind, id, &label, call.app.now())
        .await?;
    let favorites = seen_favorites(&call, &user).await?;
    Ok(reply(&call, &who, None, favorites))
}

/// The code and name of an item that is not there.
pub(super) fn missing(kind: ContentKind) -> (ErrorCode, &'static str) {
    match kind {
        ContentKind::Project => (ErrorCode::ProjectNotFound, "Project"),
        ContentKind::Workbook => (ErrorCode::WorkbookNotFound, "Workbook"),
        ContentKind::View => (ErrorCode::ViewNotFound, "View"),
        // Tableau: favorites answer 404011 for data sources, too.
        ContentKind::Datasource => (ErrorCode::ViewNotFound, "Data source"),
        ContentKind::Flow => (ErrorCode::ResourceNotFound, "Flow"),
    }
}

/// Refuses kinds of favorites that are not there yet, here or in the version.
pub(super) fn require_kind(call: &Call, word: &str) -> Result<ContentKind> {
    let (kind, since) = match word {
        "workbook" | "workbooks" => (ContentKind::Workbook, V(2, 0)),
        "view" | "views" => (ContentKind::View, V(2, 0)),
        "datasource" | "datasources" => (ContentKind::Datasource, V(2, 3)),
        "project" | "projects" => (ContentKind::Project, V(3, 1)),
        "flow" | "flows" | "metric" | "metrics" | "collection" | "collections" => {
            return Err(fail(
                ErrorCode::NotImplemented,
                format!("This release of Vivant has no {word} to be favorites."),
            ));
        }
        _ => {
            return Err(bad_request(format!(
                "A favorite is a workbook, view, datasource or project, not '{word}'."
            )));
        }
    };
    if call.version < since {
        return Err(bad_request(format!(
            "Favorites of the kind {word} came with API {since}; the address names {}.",
            call.version
        )));
    }
    Ok(kind)
}

fn asked_item<'a>(call: &Call, asked: &'a Node) -> Result<(ContentKind, &'a str)> {
    let [item] = asked.children.as_slice() else {
        return Err(bad_request(
            "The favorite element must hold one workbook, view, datasource or project element.",
        ));
    };
    let kind = require_kind(call, &item.name)?;
    let id = item
        .attribute("id")
        .ok_or_else(|| bad_request(format!("The {} element must hold an id.", item.name)))?;
    Ok((kind, id))
}

fn label(asked: &Node) -> Result<String> {
    let label = asked
        .attribute("label")
        .ok_or_else(|| bad_request("The favorite element must hold a label."))?
        .trim();
    if !name::is_valid(label) {
        return Err(fail(
            ErrorCode::InvalidLabel,
            "The label must not be blank, longer than 255 characters, or hold control characters.",
        ));
    }
    Ok(label.to_owned())
}
