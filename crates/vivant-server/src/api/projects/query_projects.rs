//! Query Projects.

use vivant_model::Capability;
use vivant_store::projects::FIELDS;
use vivant_wire::ErrorCode;

use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail};
use crate::lists::{list_query, page_reply};
use crate::reply::Reply;
use crate::views::project_view;

/// Lists the projects that the caller sees; with `capability` those in which the caller holds it, such
/// as Write for those to publish to.
pub async fn query_projects(call: Call, who: SiteUser) -> Result<Reply> {
    let (mut query, paging) = list_query(&call, FIELDS)?;
    query.capability = call.query.get("capability").map(capability).transpose()?;
    let shape = call.shape(&who);
    // Counting content costs a query more; it is done when somebody wants to know.
    query.with_counts = shape.since(3, 1) && shape.fields.wants_child("contentsCounts", false);
    let page = call.app.store.projects(&who.caller, &query).await?;
    Ok(page_reply(
        &call,
        paging,
        page,
        "projects",
        "project",
        |project| project_view(project, &shape, None),
    ))
}

fn capability(text: &str) -> Result<Capability> {
    match Capability::parse(text) {
        Some(one @ (Capability::Read | Capability::Write | Capability::ProjectLeader)) => Ok(one),
        _ => Err(fail(
            ErrorCode::InvalidParameterValue,
            format!("capability must be Read, Write or ProjectLeader, not '{text}'."),
        )),
    }
}
