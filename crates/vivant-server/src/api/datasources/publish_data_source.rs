//! Publish Data Source.

use vivant_store::{Filter, FilterValue, ListQuery, Op};
use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::call::{Call, element};
use crate::errors::{Result, bad_request, fail};
use crate::publish::{self, FileRules, Upload, publishing_error, target_project};
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
    if call.query.flag("asJob")? {
        return Err(publish::no_jobs_yet());
    }
    let asked: types::Datasource = element(&document, "datasource")?;
    publish::refuse_encryption(asked.encrypt_extracts.as_deref())?;
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
        return Err(append_error(&call, &who, &name).await?);
    }
    let replace = call.query.flag("replace")?;
    let order = publish::DatasourceOrder {
        caller: &who.caller,
        project,
        name,
        description: asked.description.clone(),
        overwrite: overwrite || replace,
        use_remote_query_agent: asked.use_remote_query_agent.unwrap_or(false),
        credentials: publish::credentials(asked.connections.as_ref(), asked.connection_credentials.as_ref())?,
    };
    let published = publish::datasource(&call.app, order, kind, file).await;
    let published = published.map_err(|e| publishing_error(e, ErrorCode::PublishForbidden))?;
    session.done(&call, &who).await?;
    let path = format!("/sites/{}/datasources/{}", who.site(), published.datasource.id);
    let view = datasource_view(published.datasource, &call.shape(&who));
    Ok(call.created("datasource", &view, &path))
}

/// What `append=true` answers: nothing to append to, or that appending is to come.
async fn append_error(call: &Call, who: &SiteUser, name: &str) -> Result<crate::errors::ApiError> {
    let by_name = Filter {
        field: "name".to_owned(),
        op: Op::CiEq,
        values: vec![FilterValue::Text(name.to_owned())],
    };
    let query = ListQuery {
        filters: vec![by_name],
        ..ListQuery::default()
    };
    let found = call.app.store.datasources(&who.caller, &query).await?;
    Ok(match found.total {
        0 => fail(
            ErrorCode::DatasourceNotFound,
            format!("There is no data source '{name}' to append to."),
        ),
        _ => fail(
            ErrorCode::NotImplemented,
            "Appending to an extract is not part of this release of Vivant.",
        ),
    })
}
