//! What the methods on revisions have in common for workbooks and data sources.

use vivant_model::Capability;
use vivant_store::Revision;
use vivant_wire::ErrorCode;

use crate::auth::SiteUser;
use crate::auth::permission::{Rights, may_publish_to};
use crate::call::Call;
use crate::errors::{Result, fail, not_found};
use crate::lists::{cut, page_reply};
use crate::reply::Reply;
use crate::views::revision_view;

/// Demands what revisions need: the rights of somebody who may publish the item again, and a site
/// that keeps revisions.
pub async fn require(
    call: &Call,
    who: &SiteUser,
    rights: &Rights,
    forbidden: ErrorCode,
    what: &str,
) -> Result<()> {
    if !who.role().is_admin() && !may_republish(call, who, rights).await? {
        let detail = format!(
            "Revisions are for administrators, and for publishers with Read, Write and ExportXml on the {what} and \
             Write on its project."
        );
        return Err(fail(forbidden, detail));
    }
    let site = call.app.store.site(who.site()).await?;
    match site.is_some_and(|site| site.revision_history_enabled) {
        true => Ok(()),
        false => Err(fail(
            ErrorCode::NoRevisionHistory,
            "The site keeps no revisions; an administrator can switch them on with Update Site.",
        )),
    }
}

async fn may_republish(call: &Call, who: &SiteUser, rights: &Rights) -> Result<bool> {
    let needed = [Capability::Read, Capability::Write, Capability::ExportXml];
    let Some(project) = rights
        .project()
        .filter(|_| needed.iter().all(|c| rights.allow(*c)))
    else {
        return Ok(false);
    };
    Ok(may_publish_to(&call.app, who, project).await?.unwrap_or(false))
}

/// Answers a page of revisions.
pub fn page(call: &Call, revisions: Vec<Revision>) -> Result<Reply> {
    let paging = call.query.paging()?;
    let page = cut(revisions, paging)?;
    Ok(page_reply(
        call,
        paging,
        page,
        "revisions",
        "revision",
        revision_view,
    ))
}

/// The number in the address; whatever is no number does not exist.
pub fn number(call: &Call) -> Result<u32> {
    let text = call.value("revision-number");
    text.parse()
        .map_err(|_| not_found(ErrorCode::RevisionNotFound, "Revision", text))
}

/// Refuses the current revision, which only the download of the item itself gives.
pub fn earlier(revisions: &[Revision], number: u32) -> Result<()> {
    match revisions.iter().find(|r| r.number == number) {
        Some(revision) if revision.current => Err(fail(
            ErrorCode::RevisionNotFound,
            format!("Revision {number} is the current one; download the item itself to get it."),
        )),
        Some(revision) if revision.removed => Err(fail(
            ErrorCode::RevisionNotFound,
            format!("Revision {number} has been removed."),
        )),
        Some(_) => Ok(()),
        None => Err(not_found(ErrorCode::RevisionNotFound, "Revision", number)),
    }
}
