//! What the methods that refresh extracts at once have in common for workbooks and data sources.

use vivant_model::{Capability, ContentKind, JobItem, JobItemKind};
use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};
use crate::jobs::{self, refresh_extract};
use crate::reply::Reply;
use crate::views::begun_view;

/// Puts a refresh into the queue and answers with its job.
pub async fn now(mut call: Call, who: SiteUser, item: JobItem, missing: ErrorCode) -> Result<Reply> {
    let document = call.document().await?;
    // Clients send an empty one, so that nothing else tells it from other documents.
    if document.name != "tsRequest" {
        return Err(bad_request("The request body must be a tsRequest."));
    }
    let asked: Option<types::RefreshNow> = document
        .one("extractRefresh")
        .map_err(|e| bad_request(format!("{e}.")))?;
    let incremental = asked.and_then(|asked| asked.incremental).unwrap_or(false);
    let name = name(&call, &who, item).await?;
    let name = name.ok_or_else(|| not_found(missing, words(item.kind), item.id))?;
    require(&call, &who, item, missing).await?;
    let job = refresh_extract::of_caller(&who.caller, item, &name, incremental);
    let job = jobs::enqueue(&call.app, job).await?;
    Ok(call.accepted("job", &begun_view(job)))
}

/// Demands that the caller may refresh the item, and that the site lets people do so.
async fn require(call: &Call, who: &SiteUser, item: JobItem, missing: ErrorCode) -> Result<()> {
    let rights = Rights::of(&call.app, who, kind(item.kind), item.id).await?;
    let rights = rights.ok_or_else(|| not_found(missing, words(item.kind), item.id))?;
    // Tableau: the page of workbooks alone names a code for those who may not even look.
    if item.kind == JobItemKind::Workbook {
        rights.require(Capability::Read, ErrorCode::Forbidden, words(item.kind))?;
    }
    rights.require(
        Capability::Write,
        ErrorCode::DatasourceUpdateForbidden,
        words(item.kind),
    )?;
    require_run_now(call, who, ErrorCode::DatasourceUpdateForbidden).await
}

/// Demands that the site lets the caller run refreshes at once.
pub(super) async fn require_run_now(call: &Call, who: &SiteUser, forbidden: ErrorCode) -> Result<()> {
    if who.role().is_admin() {
        return Ok(());
    }
    let site = call.app.store.site(who.site()).await?;
    // Tableau: the site setting Run Now binds everybody but administrators.
    match site.is_some_and(|site| site.settings.get("runNowEnabled").is_some_and(|v| v == "false")) {
        false => Ok(()),
        true => Err(fail(
            forbidden,
            "The site lets nobody but administrators run refreshes at once.",
        )),
    }
}

pub(super) async fn name(call: &Call, who: &SiteUser, item: JobItem) -> Result<Option<String>> {
    let (store, site) = (&call.app.store, who.site());
    Ok(match item.kind {
        JobItemKind::Datasource => store.datasource(site, item.id.into()).await?.map(|d| d.name),
        _ => store.workbook(site, item.id.into()).await?.map(|w| w.name),
    })
}

pub(super) fn kind(kind: JobItemKind) -> ContentKind {
    match kind {
        JobItemKind::Datasource => ContentKind::Datasource,
        _ => ContentKind::Workbook,
    }
}

pub(super) fn words(kind: JobItemKind) -> &'static str {
    match kind {
        JobItemKind::Datasource => "data source",
        _ => "workbook",
    }
}
