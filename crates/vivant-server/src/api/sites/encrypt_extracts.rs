//! Encrypt, Decrypt and Reencrypt Extracts in a Site.

use vivant_model::JobKind;

use super::query_site::find_site;
use crate::auth::{Signed, admins_only};
use crate::call::Call;
use crate::errors::Result;
use crate::jobs::{self, seal_extracts};
use crate::publish::allow_encryption;
use crate::reply::Reply;

/// Begins a job that encrypts all extracts of a site.
pub async fn encrypt_extracts(call: Call, who: Signed) -> Result<Reply> {
    begin(call, who, JobKind::EncryptExtracts).await
}

/// Begins a job that decrypts all extracts of a site.
pub async fn decrypt_extracts(call: Call, who: Signed) -> Result<Reply> {
    begin(call, who, JobKind::DecryptExtracts).await
}

/// Begins a job that encrypts the encrypted extracts of a site with other keys.
pub async fn reencrypt_extracts(call: Call, who: Signed) -> Result<Reply> {
    begin(call, who, JobKind::ReencryptExtracts).await
}

/// Tableau: the answer has no body, so nobody waits for the job by its id.
async fn begin(mut call: Call, who: Signed, kind: JobKind) -> Result<Reply> {
    let site = find_site(&call).await?;
    let own = site.id == who.session.site;
    if !(who.is_server_admin() || own && who.session.user.role.is_admin()) {
        return Err(admins_only(
            &call,
            "server administrators and administrators of the site",
        ));
    }
    // Clients send an empty body or an empty tsRequest; there is nothing to say.
    drop(call.take_body());
    allow_encryption(&call.app, site.id, kind != JobKind::DecryptExtracts).await?;
    let job = seal_extracts::of_site(&call.app, &site, kind, who.session.user.id)?;
    jobs::enqueue(&call.app, job).await?;
    Ok(Reply::done())
}
