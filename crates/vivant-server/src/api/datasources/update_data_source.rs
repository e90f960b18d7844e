//! Update Data Source.

use vivant_model::{Capability, JobItem, JobItemKind, name};
use vivant_store::DatasourceChanges;
use vivant_wire::version::V;
use vivant_wire::{ErrorCode, types};

use super::query_data_source::{datasource_rights, find_datasource};
use crate::auth::SiteUser;
use crate::auth::permission::may_publish_to;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};
use crate::jobs::seal_extracts;
use crate::publish::change_encryption;
use crate::reply::Reply;
use crate::views::datasource_view;

/// Changes name, description, certification, project and owner of a data source.
pub async fn update_data_source(mut call: Call, who: SiteUser) -> Result<Reply> {
    let asked: types::Datasource = call.read("datasource").await?;
    let (id, rights) = datasource_rights(&call, &who, ErrorCode::DatasourceNotFound).await?;
    let source = find_datasource(&call, &who, id).await?;
    if asked.id.is_some_and(|other| other != id) {
        return Err(fail(
            ErrorCode::IdMismatch,
            "The id of the datasource element is not the one in the address.",
        ));
    }
    let name = asked.name.as_deref().map(|n| n.trim().to_owned());
    if name.as_deref().is_some_and(|n| !name::is_valid(n)) {
        return Err(bad_request(
            "The name of a data source must not be blank or longer than 255 characters.",
        ));
    }
    if let Some(ask) = asked.ask_data.as_ref().and_then(|a| a.enablement.as_deref()) {
        ask_data(&call, ask)?;
    }
    let certified = call.version >= V(2, 8);
    let note = asked
        .certification_note
        .clone()
        .filter(|_| certified)
        .map(|n| Some(n).filter(|n| !n.is_empty()));
    let changes = DatasourceChanges {
        name: name.filter(|n| *n != source.name),
        description: asked.description.clone().filter(|d| *d != source.description),
        project: asked
            .project
            .as_ref()
            .and_then(|p| p.id)
            .filter(|p| *p != source.project.id),
        owner: asked
            .owner
            .as_ref()
            .and_then(|o| o.id)
            .filter(|o| *o != source.owner.id),
        is_certified: asked
            .is_certified
            .filter(|c| certified && *c != source.is_certified),
        certification_note: note.filter(|n| *n != source.certification_note),
        use_remote_query_agent: asked
            .use_remote_query_agent
            .filter(|u| *u != source.use_remote_query_agent),
    };
    rights.require(
        Capability::Write,
        ErrorCode::DatasourceUpdateForbidden,
        "data source",
    )?;
    if (changes.is_certified.is_some() || changes.certification_note.is_some()) && !rights.leads() {
        let detail = "Only administrators and project leaders may certify a data source.";
        return Err(fail(ErrorCode::DatasourceUpdateForbidden, detail));
    }
    if let Some(project) = changes.project {
        let allowed = may_publish_to(&call.app, &who, project).await?;
        let allowed = allowed.ok_or_else(|| not_found(ErrorCode::ProjectNotFound, "Project", project))?;
        if !allowed || !rights.allow(Capability::ChangeHierarchy) {
            let detail = "You may not move the data source to the target project.";
            return Err(fail(ErrorCode::DatasourceMoveForbidden, detail));
        }
    }
    if let Some(owner) = changes.owner {
        if !rights.may_give_away() {
            return Err(fail(
                ErrorCode::UpdateForbidden,
                "Only administrators, leaders and the owner may change the owner.",
            ));
        }
        if call.app.store.user(who.site(), owner).await?.is_none() {
            return Err(not_found(ErrorCode::UserNotFound, "User", owner));
        }
    }
    let item = JobItem {
        kind: JobItemKind::Datasource,
        id: id.0,
    };
    let (is_encrypted, encrypt) = (source.encrypt_extracts, asked.encrypt_extracts.as_deref());
    let encrypt = change_encryption(&call, &who, &rights, id.0, is_encrypted, encrypt).await?;
    let mut source = match changes == DatasourceChanges::default() {
        true => source,
        false => {
            call.app
                .store
                .update_datasource(who.site(), id, changes, call.app.now())
                .await?
        }
    };
    if let Some(encrypt) = encrypt {
        seal_extracts::begin(&call.app, &who, item, &source.name, encrypt).await?;
        source.encrypt_extracts = encrypt;
    }
    Ok(call.one("datasource", &datasource_view(source, &call.shape(&who))))
}

fn ask_data(call: &Call, enablement: &str) -> Result<()> {
    if call.version < V(3, 9) {
        return Ok(());
    }
    match enablement {
        "SiteDefault" | "Disabled" => Ok(()),
        // Tableau retired Ask Data in 2024; this server never had it.
        "Enabled" => Err(fail(
            ErrorCode::InvalidAskData,
            "Ask Data is not part of this server and cannot be enabled.",
        )),
        other => Err(fail(
            ErrorCode::InvalidAskData,
            format!("askData enablement must be Enabled, Disabled or SiteDefault, not '{other}'."),
        )),
    }
}
