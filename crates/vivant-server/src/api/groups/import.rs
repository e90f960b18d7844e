//! What Create Group and Update Group share where a group comes from the directory.

use http::StatusCode;
use vivant_model::{GroupId, JobItem, JobItemKind, JobKind, SiteRole, name};
use vivant_store::{Group, NewJob};
use vivant_wire::{ErrorCode, types};

use crate::api::users::assignable_role;
use crate::auth::SiteAdmin;
use crate::call::Call;
use crate::directory::import::{Asked, SOURCE};
use crate::directory::{Directory, FoundGroup};
use crate::errors::{Result, bad_request, fail, internal, not_found};
use crate::reply::Reply;
use crate::views::jobs::begun_view;

/// How often an import is begun, where the directory does not answer.
const ATTEMPTS: u32 = 5;

/// Reads an `import` that names the directory; `None` for one of local groups, or none.
///
/// Tableau: TSC sends a local group's role inside `import` with domain `local` and no source.
pub(super) fn import_of(asked: &types::Group) -> Result<Option<Asked>> {
    let Some(import) = &asked.import else {
        return Ok(None);
    };
    let domain = import.domain_name.as_deref();
    let is_local = |domain: &str| domain.eq_ignore_ascii_case(name::LOCAL_DOMAIN);
    if import.source.is_none() && domain.is_none_or(is_local) {
        return Ok(None);
    }
    let (Some(SOURCE), Some(domain), Some(role)) = (import.source.as_deref(), domain, &import.site_role)
    else {
        return Err(fail(
            ErrorCode::MalformedRequestBody,
            "The import element must hold source=\"ActiveDirectory\", a domainName and a siteRole.",
        ));
    };
    Ok(Some(Asked {
        name: asked.name.as_deref().unwrap_or_default().trim().to_owned(),
        domain: domain.trim().to_owned(),
        role: assignable_role(role)?.as_str().to_owned(),
        license_mode: license_mode(asked)?,
    }))
}

/// Reads the least site role of members of a local group, from either place that clients put it.
pub(super) fn minimum_role(asked: &types::Group) -> Result<Option<SiteRole>> {
    let import = asked.import.as_ref();
    let role = asked
        .minimum_site_role
        .as_deref()
        .or(import.and_then(|i| i.site_role.as_deref()));
    role.filter(|r| !r.is_empty()).map(assignable_role).transpose()
}

/// Reads when members get a licence.
pub(super) fn license_mode(asked: &types::Group) -> Result<Option<String>> {
    let mode = asked.import.as_ref().and_then(|i| i.grant_license_mode.clone());
    match mode.as_deref() {
        None | Some("onLogin" | "onSync") => Ok(mode),
        Some(other) => Err(bad_request(format!(
            "grantLicenseMode must be onLogin or onSync, not '{other}'."
        ))),
    }
}

/// The directory of the server's settings.
pub(super) fn directory(call: &Call) -> Result<Directory> {
    call.app.config.directory.clone().ok_or_else(|| {
        fail(
            ErrorCode::NoActiveDirectory,
            "This server uses local authentication; groups cannot be imported from Active Directory.",
        )
    })
}

/// Finds the group in the directory; gives the domain its full name.
pub(super) async fn find(directory: &Directory, asked: &mut Asked) -> Result<FoundGroup> {
    let domain = directory
        .domain(&asked.domain)
        .ok_or_else(|| not_found(ErrorCode::DomainNotFound, "Domain", &asked.domain))?;
    let found = directory.group(domain, &asked.name).await?;
    asked.domain = domain.name.clone();
    found.ok_or_else(|| {
        fail(
            ErrorCode::DirectoryGroupNotFound,
            format!("The domain {} has no group '{}'.", asked.domain, asked.name),
        )
    })
}

/// Queues the import and answers with its job.
pub(super) async fn as_job(
    call: &Call,
    who: &SiteAdmin,
    kind: JobKind,
    group: &Group,
    asked: Asked,
) -> Result<Reply> {
    let title = group.name.clone();
    let job = NewJob {
        created_by: Some(who.caller.user),
        item: Some(JobItem {
            kind: JobItemKind::Group,
            id: group.id.0,
        }),
        title,
        subtitle: "Group".to_owned(),
        serial_key: Some(serial_key(group.id)),
        payload: serde_json::to_vec(&asked).map_err(internal)?,
        max_attempts: ATTEMPTS,
        ..NewJob::new(who.site(), kind)
    };
    let job = crate::jobs::enqueue(&call.app, job).await?;
    let view = types::Job {
        progress: Some(0),
        ..begun_view(job)
    };
    let location = format!("/api/{}/sites/{}/groups/{}", call.version, who.site(), group.id);
    let reply = call.answer(StatusCode::ACCEPTED, |out| out.child("job", &view));
    Ok(reply.at(location))
}

/// Imports of one group run one after the other.
fn serial_key(group: GroupId) -> String {
    format!("group:{group}")
}
