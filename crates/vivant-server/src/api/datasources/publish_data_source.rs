//! Publish Data Source.

use vivant_document::FileKind;
use vivant_model::{Capability, ContentKind, JobState, ProjectId};
use vivant_store::{Spooled, What};
use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request, fail, not_found};
use crate::jobs::publish_datasource::Asked;
use crate::jobs::{self, append_datasource};
use crate::publish::{self, FileRules, Session, Upload, publishing_error, target_project};
use crate::reply::Reply;
use crate::views::datasource_view;

const RULES: FileRules = FileRules {
    type_parameter: "datasourceType",
    malformed: ErrorCode::MalformedRequestBody,
    bad_name: ErrorCode::InvalidDatasourceFile,
    bad_type: ErrorCode::InvalidDatasourceFile,
    missing: ErrorCode::BadRequest,
    unexpected: ErrorCode::InvalidDatasourceFile,
    accepts: |kind| kind.is_datasource() || kind.is_extract(),
    endings: ".tds, .tdsx, .hyper, .tde or .parquet",
};

/// Publishes a data source, from the request itself or from an upload session.
pub async fn publish_data_source(mut call: Call, who: SiteUser) -> Result<Reply> {
    let overwrite = call.query.flag("overwrite")?;
    let append = call.query.flag("append")?;
    if overwrite && append {
        return Err(fail(
            ErrorCode::OverwriteAndAppend,
            "overwrite and append cannot both be true.",
        ));
    }
    let Upload {
        document,
        file,
        kind,
        session,
    } = publish::receive(&mut call, &who, &RULES).await?;
    let as_job = call.query.flag("asJob")?;
    let asked: types::Datasource = element(&document, "datasource")?;
    let encrypt_extracts = publish::encryption(&call, &who, asked.encrypt_extracts.as_deref()).await?;
    let project = target_project(&call, &who, asked.project.as_ref()).await?;
    let name = asked
        .name
        .as_deref()
        .map(str::trim)
        .filter(|n| vivant_model::name::is_valid(n));
    let name = name
        .ok_or_else(|| bad_request("The datasource element must hold a name."))?
        .to_owned();
    if append {
        return append_to(&call, &who, (project, &name), (kind, file), session).await;
    }
    let replace = call.query.flag("replace")?;
    let asked = Asked {
        project: project.to_string(),
        name: name.clone(),
        description: asked.description.clone(),
        overwrite: overwrite || replace,
        encrypt_extracts,
        use_remote_query_agent: asked.use_remote_query_agent.unwrap_or(false),
        credentials: publish::credentials(asked.connections.as_ref(), asked.connection_credentials.as_ref())?,
        file_type: kind.extension().to_owned(),
    };
    if as_job {
        if !asked.overwrite {
            refuse_existing(&call, &who, project, &name).await?;
        }
        let job = asked.job(&who.caller, file)?;
        return publish::begun(&call, &who, job, session).await;
    }
    let order = asked.order(&who.caller, project);
    let published = publish::datasource(&call.app, order, kind, file, None).await;
    let published = published.map_err(|e| publishing_error(e, ErrorCode::PublishForbidden))?;
    session.done(&call, &who).await?;
    let path = format!("/sites/{}/datasources/{}", who.site(), published.datasource.id);
    let view = datasource_view(published.datasource, &call.shape(&who));
    Ok(call.created("datasource", &view, &path))
}

/// Refuses at once what the job would refuse: a name that is taken.
async fn refuse_existing(call: &Call, who: &SiteUser, project: ProjectId, name: &str) -> Result<()> {
    let page = call
        .app
        .store
        .datasources(&who.caller, &publish::named(name))
        .await?;
    match page
        .items
        .into_iter()
        .find(|datasource| datasource.project.id == project)
    {
        None => Ok(()),
        Some(existing) => Err(publishing_error(
            publish::existing(What::Datasource, existing.id.0, name),
            ErrorCode::PublishForbidden,
        )),
    }
}

/// Appends rows to the extract of a data source. It is a job in any case, so that rows appended at the same
/// time are not lost; without `asJob` the answer waits for its end.
async fn append_to(
    call: &Call,
    who: &SiteUser,
    (project, name): (ProjectId, &str),
    (kind, file): (FileKind, Spooled),
    session: Session,
) -> Result<Reply> {
    let page = call
        .app
        .store
        .datasources(&who.caller, &publish::named(name))
        .await?;
    let found = page
        .items
        .into_iter()
        .find(|datasource| datasource.project.id == project);
    let to = found.ok_or_else(|| {
        fail(
            ErrorCode::DatasourceNotFound,
            format!("There is no data source '{name}' in the project to append to."),
        )
    })?;
    let rights = Rights::of(&call.app, who, ContentKind::Datasource, to.id.0).await?;
    match rights {
        Some(rights) => rights.require(Capability::Write, ErrorCode::PublishForbidden, "data source")?,
        None => return Err(not_found(ErrorCode::DatasourceNotFound, "Data source", to.id)),
    }
    let parts = call
        .app
        .store
        .extracts(who.site(), ContentKind::Datasource, to.id.0)
        .await?;
    let published = parts.is_empty().then_some(to.file_type.as_str());
    for file_type in published.into_iter().chain([kind.extension()]) {
        if let Some(reason) = append_datasource::unreadable(&call.app, file_type) {
            return Err(fail(ErrorCode::NotImplemented, reason));
        }
    }
    if !to.has_extracts {
        return Err(fail(
            ErrorCode::PublishingError,
            "Rows are appended to extracts, and the data source has none; publish with overwrite=true.",
        ));
    }
    let job = append_datasource::job(&who.caller, &to, kind, file)?;
    if call.query.flag("asJob")? {
        return publish::begun(call, who, job, session).await;
    }
    let job = jobs::enqueue(&call.app, job).await?;
    let job = jobs::ended(&call.app, job).await?;
    if job.state != JobState::Success {
        return Err(fail(ErrorCode::PublishingError, job.notes.join(" ")));
    }
    session.done(call, who).await?;
    let datasource = call.app.store.datasource(who.site(), to.id).await?;
    let datasource =
        datasource.ok_or_else(|| not_found(ErrorCode::DatasourceNotFound, "Data source", to.id))?;
    let path = format!("/sites/{}/datasources/{}", who.site(), to.id);
    let view = datasource_view(datasource, &call.shape(who));
    Ok(call.created("datasource", &view, &path))
}
