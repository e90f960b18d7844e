//! What the methods that create and delete extracts have in common for workbooks and data sources.

use vivant_document::FileKind;
use vivant_model::{Capability, JobItem, JobItemKind, JobKind};
use vivant_store::StoredFile;
use vivant_wire::{ErrorCode, types};

use super::refresh::{kind, name, words};
use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::body::{parse_document, read_document};
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};
use crate::extracts::hyper_engine;
use crate::jobs::{self, change_extracts};
use crate::publish::{allow_encryption, may_encrypt};
use crate::reply::Reply;
use crate::views::begun_view;

/// Begins a job that creates extracts, and answers with it.
pub async fn create(mut call: Call, who: SiteUser, item: JobItem) -> Result<Reply> {
    let asked = read(&mut call, item).await?;
    let encrypt = call.query.flag("encrypt")?;
    let (title, file, rights) = find(&call, &who, item).await?;
    if item.kind == JobItemKind::Datasource && file.has_extracts {
        return Err(fail(
            ErrorCode::ExtractConflict,
            format!("The data source '{title}' has an extract already; refresh it, or delete it first."),
        ));
    }
    let datasources = names(&call, &who, item, asked).await?;
    if encrypt {
        may_encrypt(&rights)?;
        allow_encryption(&call.app, who.site(), true).await?;
    }
    if hyper_engine(&call.app).is_none() {
        return Err(fail(
            ErrorCode::NotImplemented,
            "An extract is kept as a .hyper file, which takes the Hyper engine, and this server has none. \
             Run `vivant engine install`, or start the server with --hyperd-path.",
        ));
    }
    let job = change_extracts::job(
        &who.caller,
        item,
        &title,
        JobKind::CreateExtract,
        datasources,
        encrypt,
    )?;
    let job = jobs::enqueue(&call.app, job).await?;
    Ok(call.accepted("job", &begun_view(job)))
}

/// Begins a job that deletes extracts, and answers with it where the reference does.
pub async fn delete(mut call: Call, who: SiteUser, item: JobItem) -> Result<Reply> {
    let asked = read(&mut call, item).await?;
    let (title, file, _) = find(&call, &who, item).await?;
    if !file.has_extracts {
        let detail = format!("The {} '{title}' has no extract.", words(item.kind));
        return Err(fail(ErrorCode::BadRequest, detail));
    }
    // Nobody hears of the job's end who does not look, so what cannot be done is said now.
    if FileKind::from_extension(&file.file_type).is_some_and(FileKind::is_extract) {
        let detail = format!(
            "The {} '{title}' is a .{} file, which has no connections to read from without its extract.",
            words(item.kind),
            file.file_type
        );
        return Err(fail(ErrorCode::BadRequest, detail));
    }
    let datasources = names(&call, &who, item, asked).await?;
    let job = change_extracts::job(
        &who.caller,
        item,
        &title,
        JobKind::DeleteExtract,
        datasources,
        false,
    )?;
    let job = jobs::enqueue(&call.app, job).await?;
    Ok(match item.kind {
        // Tableau: of a data source the answer is 200 and holds no job; its end shows in the list of jobs.
        JobItemKind::Datasource => Reply::done(),
        _ => call.accepted("job", &begun_view(job)),
    })
}

/// Reads the request: an empty one is as good as none for a data source; one for a workbook says which of its data
/// sources are meant.
async fn read(call: &mut Call, item: JobItem) -> Result<types::EmbeddedDatasources> {
    let bytes = read_document(call.take_body()).await?;
    let of_workbook = item.kind != JobItemKind::Datasource;
    if !of_workbook && bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(types::EmbeddedDatasources::default());
    }
    let document = parse_document(&call.headers, &bytes)?;
    if document.name != "tsRequest" {
        return Err(bad_request("The request body must be a tsRequest."));
    }
    let asked: Option<types::EmbeddedDatasources> = document
        .one("datasources")
        .map_err(|e| bad_request(format!("{e}.")))?;
    let asked = asked.unwrap_or_default();
    if of_workbook && asked.include_all != Some(true) && asked.datasource.is_empty() {
        return Err(bad_request(
            "The request body must hold a datasources element with includeAll=\"true\" or the ids of data sources.",
        ));
    }
    Ok(asked)
}

/// Finds the item, and demands that the caller may change it.
async fn find(call: &Call, who: &SiteUser, item: JobItem) -> Result<(String, StoredFile, Rights)> {
    let missing = match item.kind {
        JobItemKind::Datasource => ErrorCode::DatasourceNotFound,
        _ => ErrorCode::WorkbookNotFound,
    };
    let gone = || not_found(missing, words(item.kind), item.id);
    let title = name(call, who, item).await?.ok_or_else(gone)?;
    let rights = Rights::of(&call.app, who, kind(item.kind), item.id).await?;
    let rights = rights.ok_or_else(gone)?;
    rights.require(Capability::Write, ErrorCode::Forbidden, words(item.kind))?;
    let (store, site) = (&call.app.store, who.site());
    let file = match item.kind {
        JobItemKind::Datasource => store.datasource_content(site, item.id.into(), None).await?,
        _ => store.workbook_content(site, item.id.into(), None).await?,
    };
    Ok((title, file.ok_or_else(gone)?, rights))
}

/// The names, inside the file, of the data sources that are asked for by id; `None` means all.
async fn names(
    call: &Call,
    who: &SiteUser,
    item: JobItem,
    asked: types::EmbeddedDatasources,
) -> Result<Option<Vec<String>>> {
    if item.kind == JobItemKind::Datasource || asked.include_all == Some(true) {
        return Ok(None);
    }
    let connections = call
        .app
        .store
        .workbook_connections(who.site(), item.id.into())
        .await?;
    let mut names = Vec::with_capacity(asked.datasource.len());
    for datasource in asked.datasource {
        let id = datasource
            .id
            .ok_or_else(|| bad_request("Each datasource element must hold an id."))?;
        let found = connections.iter().find(|one| one.datasource_id == Some(id));
        let found = found
            .ok_or_else(|| not_found(ErrorCode::DatasourceNotFound, "Data source of the workbook", id))?;
        if found.published_content_url.is_some() {
            return Err(bad_request(format!(
                "The data source '{}' is published on its own; its extract is created and deleted there.",
                found.datasource_name
            )));
        }
        if !names.contains(&found.datasource_name) {
            names.push(found.datasource_name.clone());
        }
    }
    Ok(Some(names))
}
