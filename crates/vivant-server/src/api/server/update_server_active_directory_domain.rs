//! Update Server Active Directory Domain.

use vivant_model::name::{self, LOCAL_DOMAIN};
use vivant_wire::{ErrorCode, types};

use super::list_server_active_directory_domains::{domains, view};
use crate::auth::ServerAdmin;
use crate::call::Call;
use crate::errors::{Result, bad_request, not_found};
use crate::reply::Reply;

/// Gives the users and groups of a domain that the settings do not know any more to one that they know.
///
/// Names and nicknames of the directory's domains are the settings' own: there they are changed.
pub async fn update_server_active_directory_domain(mut call: Call, _: ServerAdmin) -> Result<Reply> {
    let asked: types::Domain = call.read("domain").await?;
    // tableau_tools writes the id into the address.
    let id = match call.value("domain-id") {
        "" => asked.id.clone().unwrap_or_default(),
        id => id.to_owned(),
    };
    let all = domains(&call.app).await?;
    let domain = all.iter().find(|d| d.id == id);
    let domain = domain.ok_or_else(|| not_found(ErrorCode::DomainNotFound, "Domain", &id))?;
    let nickname = asked.short_name.as_deref().map(str::trim);
    if nickname.is_some_and(|n| Some(n) != domain.nickname.as_deref()) {
        return Err(bad_request(
            "The nickname of a domain is a setting of the server: --ldap-domain NAME/NICKNAME=BASE.",
        ));
    }
    let new = asked.name.as_deref().map(str::trim);
    let Some(new) = new.filter(|new| *new != domain.name) else {
        return Ok(call.one("domain", &view(domain)));
    };
    if domain.is_configured {
        return Err(bad_request(format!(
            "The domain {} is named by the server's settings; name it anew in --ldap-domain first, then move its \
             users and groups here.",
            domain.name
        )));
    }
    let target = all
        .iter()
        .find(|d| d.is_configured && d.name != LOCAL_DOMAIN && name::key(&d.name) == name::key(new));
    let target = target.ok_or_else(|| not_found(ErrorCode::DomainNotFound, "Domain", new))?;
    let now = call.app.now();
    call.app
        .store
        .rename_domain(&domain.name, &target.name, now)
        .await?;
    Ok(call.one("domain", &view(target)))
}
