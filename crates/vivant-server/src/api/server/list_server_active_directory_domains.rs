//! List Server Active Directory Domains.

use http::StatusCode;
use vivant_model::name::{self, LOCAL_DOMAIN};
use vivant_wire::types;

use crate::app::App;
use crate::auth::ServerAdmin;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// Lists the domains that users and groups of the server come from, its own among them.
pub async fn list_server_active_directory_domains(call: Call, _: ServerAdmin) -> Result<Reply> {
    let list = types::DomainList {
        domain: domains(&call.app).await?.iter().map(view).collect(),
    };
    Ok(call.answer(StatusCode::OK, |out| out.child("domainList", &list)))
}

/// A domain of the server.
pub(super) struct Domain {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) nickname: Option<String>,
    /// Whether the settings know it; others are those of users and groups from earlier settings.
    pub(super) is_configured: bool,
}

/// The server's own domain, those of the directory, and those that are in use besides.
pub(super) async fn domains(app: &App) -> Result<Vec<Domain>> {
    let domain = |name: &str, nickname: Option<&String>, is_configured| Domain {
        id: id(name),
        name: name.to_owned(),
        nickname: nickname.cloned(),
        is_configured,
    };
    let mut found = vec![domain(LOCAL_DOMAIN, None, true)];
    let directory = app.config.directory.iter().flat_map(|d| d.domains());
    found.extend(directory.map(|d| domain(&d.name, d.nickname.as_ref(), true)));
    for used in app.store.domains_in_use().await? {
        if !found
            .iter()
            .any(|known| name::key(&known.name) == name::key(&used))
        {
            found.push(domain(&used, None, false));
        }
    }
    Ok(found)
}

/// `domain` of the list.
pub(super) fn view(domain: &Domain) -> types::Domain {
    types::Domain {
        id: Some(domain.id.clone()),
        name: Some(domain.name.clone()),
        short_name: domain.nickname.clone(),
    }
}

/// A number that stays with the name (FNV-1a), since clients take a domain's id for one.
fn id(name: &str) -> String {
    let hash = name::key(name).bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash & 0x7fff_ffff).to_string()
}
