//! Encrypting the extracts of a site or of one item, decrypting them, and encrypting them with other keys.
//!
//! Each item is done in one transaction, so a job that is begun again goes on with what is left.

use serde::{Deserialize, Serialize};
use vivant_model::{ContentKind, ExtractEncryption, JobItem, JobItemKind, JobKind, Luid, SiteId, UserId};
use vivant_store::{NewJob, Outcome, Sealing, Site, StatusNote, encryption};

use super::{Done, Ended, Work, refresh_extract};
use crate::app::App;
use crate::auth::SiteUser;
use crate::errors::{ApiError, Result, internal};

/// How often it is begun when the server fails at it.
const ATTEMPTS: u32 = 3;

/// What a job is about, its kind apart.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// When it was asked for: what was encrypted since need not be encrypted anew.
    at: i64,
}

/// The job for all extracts of a site.
pub fn of_site(app: &App, site: &Site, kind: JobKind, by: UserId) -> Result<NewJob> {
    let job = new(app, site.id, kind, by)?;
    Ok(NewJob {
        title: site.name.clone(),
        subtitle: "Site".to_owned(),
        ..job
    })
}

/// The job that a change of a site's mode makes necessary, if it does.
pub async fn of_mode(app: &App, site: &Site, mode: ExtractEncryption, by: UserId) -> Result<Option<NewJob>> {
    if mode == app.store.extract_encryption(site.id).await? {
        return Ok(None);
    }
    let kind = match mode {
        ExtractEncryption::Enforced => JobKind::EncryptExtracts,
        ExtractEncryption::Disabled => JobKind::DecryptExtracts,
        ExtractEncryption::Enabled => return Ok(None),
    };
    of_site(app, site, kind, by).map(Some)
}

/// The job for the extracts of one item.
fn of_item(app: &App, site: SiteId, item: JobItem, name: &str, encrypt: bool, by: UserId) -> Result<NewJob> {
    let job = new(app, site, encryption::job_kind(encrypt), by)?;
    Ok(NewJob {
        item: Some(item),
        title: name.to_owned(),
        subtitle: refresh_extract::subtitle(item.kind).to_owned(),
        ..job
    })
}

fn new(app: &App, site: SiteId, kind: JobKind, by: UserId) -> Result<NewJob> {
    Ok(NewJob {
        created_by: Some(by),
        serial_key: Some(encryption::lane(site)),
        payload: serde_json::to_vec(&Asked { at: app.now() }).map_err(internal)?,
        max_attempts: ATTEMPTS,
        ..NewJob::new(site, kind)
    })
}

/// Does it, item by item.
pub async fn run(work: Work) -> Ended {
    let asked: Asked = work.payload()?;
    let (store, site) = (&work.app.store, work.job.site_id);
    let (how, done) = match work.job.kind {
        JobKind::DecryptExtracts => (Sealing::Decrypt, "decrypted"),
        JobKind::ReencryptExtracts => (Sealing::Anew(asked.at), "encrypted anew"),
        _ => (Sealing::Encrypt, "encrypted"),
    };
    let items: Vec<Luid> = match work.job.item {
        Some(item) => vec![item.id],
        None => {
            store.seal_rest(site, how).await?;
            store.items_to_seal(site, how).await?
        }
    };
    let (mut changed, mut files) = (0, 0);
    for (number, id) in items.iter().enumerate() {
        work.check()?;
        let count = store.seal_item(site, *id, how, work.app.now()).await?;
        changed += u64::from(count > 0);
        files += count;
        let percent = (number + 1) * 100 / items.len();
        work.progress(i64::try_from(percent).unwrap_or(100));
    }
    let note =
        format!("The extracts of {changed} workbooks and data sources were {done}, {files} files in all.");
    let counted = StatusNote {
        kind: "CountOfExtractFiles".to_owned(),
        value: files.to_string(),
        text: "Files of extracts that were written anew".to_owned(),
    };
    Ok(Done::Success(Outcome::success(
        vec![note],
        vec![counted],
        work.job.item,
    )))
}

/// Has the extracts of an item encrypted, or decrypted: it counts as such from now on, and a job makes it so.
pub async fn begin(app: &App, who: &SiteUser, item: JobItem, name: &str, encrypt: bool) -> Result<()> {
    let site = who.site();
    let job = of_item(app, site, item, name, encrypt, who.caller.user)?;
    app.store
        .ask_to_seal(site, item.id, encrypt, job, app.now())
        .await?;
    app.jobs.wake();
    Ok(())
}

/// Puts a job into the queue for the earlier revisions of an item that was published anew, where they are not as
/// the item is to be. The item is published, whatever becomes of this.
pub async fn after_publishing(
    app: &App,
    site: SiteId,
    kind: ContentKind,
    id: Luid,
    name: &str,
    encrypt: bool,
    by: UserId,
) {
    let kind = match kind {
        ContentKind::Datasource => JobItemKind::Datasource,
        _ => JobItemKind::Workbook,
    };
    let follow = async {
        if app.store.needs_sealing(site, id, encrypt).await? {
            let job = of_item(app, site, JobItem { kind, id }, name, encrypt, by)?;
            super::enqueue(app, job).await?;
        }
        Ok::<(), ApiError>(())
    };
    if let Err(error) = follow.await {
        tracing::error!(%id, "earlier revisions stay as they are, encrypted or not: {}", error.detail);
    }
}
