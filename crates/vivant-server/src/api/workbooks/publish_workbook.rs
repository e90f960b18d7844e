//! Publish Workbook.

use vivant_model::ProjectId;
use vivant_store::What;
use vivant_wire::types;
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, Node};

use super::query_workbook::whole_workbook;
use crate::auth::SiteUser;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request, fail};
use crate::jobs::publish_workbook::Asked;
use crate::publish::{self, FileRules, Upload, publishing_error, target_project};
use crate::reply::Reply;

const RULES: FileRules = FileRules {
    type_parameter: "workbookType",
    malformed: ErrorCode::BadRequest,
    bad_name: ErrorCode::InvalidWorkbookFile,
    bad_type: ErrorCode::MissingFileType,
    missing: ErrorCode::BadRequest,
    unexpected: ErrorCode::BadRequest,
    accepts: |kind| kind.is_workbook(),
    endings: ".twb or .twbx",
};

/// Publishes a workbook, from the request itself or from an upload session.
pub async fn publish_workbook(mut call: Call, who: SiteUser) -> Result<Reply> {
    let overwrite = call.query.flag("overwrite")?;
    let Upload {
        document,
        file,
        kind,
        session,
    } = publish::receive(&mut call, &who, &RULES).await?;
    let as_job = call.query.flag("asJob")?;
    let asked: types::Workbook = element(&document, "workbook")?;
    let encrypt_extracts = publish::encryption(&call, &who, asked.encrypt_extracts.as_deref()).await?;
    let as_others = [
        &asked.thumbnails_user_id,
        &asked.thumbnails_group_id,
        &asked.generate_thumbnails_as_user,
    ];
    if as_others.iter().any(|asked| asked.is_some()) {
        return Err(fail(
            ErrorCode::NotImplemented,
            "Thumbnails as seen by a user or group are not part of this release of Vivant; those in the file are kept.",
        ));
    }
    let project = target_project(&call, &who, asked.project.as_ref()).await?;
    let name = asked
        .name
        .as_deref()
        .map(str::trim)
        .filter(|n| vivant_model::name::is_valid(n));
    let name = name.ok_or_else(|| bad_request("The workbook element must hold a name."))?;
    let asked = Asked {
        project: project.to_string(),
        name: name.to_owned(),
        description: asked.description.clone(),
        show_tabs: asked.show_tabs.unwrap_or(false),
        overwrite,
        encrypt_extracts,
        hidden_views: hidden_views(&document),
        credentials: publish::credentials(asked.connections.as_ref(), asked.connection_credentials.as_ref())?,
        file_type: kind.extension().to_owned(),
    };
    if as_job {
        if !overwrite {
            refuse_existing(&call, &who, project, name).await?;
        }
        let job = asked.job(&who.caller, file)?;
        return publish::begun(&call, &who, job, session).await;
    }
    let order = asked.order(&who.caller, project);
    let published = publish::workbook(&call.app, order, kind, file, None).await;
    let published = published.map_err(|e| publishing_error(e, overwrite_code(&call)))?;
    session.done(&call, &who).await?;
    let path = format!("/sites/{}/workbooks/{}", who.site(), published.workbook.id);
    let view = whole_workbook(&call, &who, published.workbook, false).await?;
    Ok(call.created("workbook", &view, &path))
}

/// Refuses at once what the job would refuse: a name that is taken.
async fn refuse_existing(call: &Call, who: &SiteUser, project: ProjectId, name: &str) -> Result<()> {
    let page = call
        .app
        .store
        .workbooks(&who.caller, &publish::named(name))
        .await?;
    match page
        .items
        .into_iter()
        .find(|workbook| workbook.project.id == project)
    {
        None => Ok(()),
        Some(existing) => Err(publishing_error(
            publish::existing(What::Workbook, existing.id.0, name),
            overwrite_code(call),
        )),
    }
}

/// Tableau: the code for an existing name changed after the 3.1 reference.
fn overwrite_code(call: &Call) -> ErrorCode {
    if call.version > V(3, 1) {
        ErrorCode::WorkbookExists
    } else {
        ErrorCode::PublishForbidden
    }
}

/// The names of `views/view` with `hidden="true"` (API 3.2), lower-cased.
fn hidden_views(document: &Node) -> Vec<String> {
    let views = document.child("workbook").and_then(|w| w.child("views"));
    let hidden = views.iter().flat_map(|v| &v.children).filter(|view| {
        view.attribute("hidden")
            .is_some_and(|h| h.eq_ignore_ascii_case("true"))
    });
    hidden
        .filter_map(|view| view.attribute("name"))
        .map(str::to_lowercase)
        .collect()
}
