//! Projects, workbooks, views, data sources, uploads.

use vivant_client::{
    ConnectionSpec, HyperAction, HyperCondition, HyperData, HyperValue, PublishDatasource,
    PublishDatasourceMode, PublishMode, PublishWorkbook, Site, Source, types,
};

use crate::args::{Args, Trouble};
use crate::items::download_options;
use crate::shown::{self, Shown};

pub async fn projects(site: &Site, method: &str, args: &Args) -> Shown {
    let projects = site.projects();
    match method {
        "list" => shown::list(projects.list(args.list_options()?), args).await,
        "get" => shown::one("project", &projects.get(args.value("id")?).await?),
        "create" => shown::one("project", &projects.create(&args.item("project")?).await?),
        "create_with_samples" => {
            let made = projects.create_with_samples(&args.item("project")?).await?;
            shown::one("project", &made)
        }
        "publish_samples" => {
            let changed = projects.publish_samples(args.value("id")?).await?;
            shown::one("project", &changed)
        }
        "get_by_path" => match projects.get_by_path(&args.texts("path")).await? {
            Some(project) => shown::one("project", &project),
            None => shown::nothing(),
        },
        "update" => {
            let changed = projects.update(args.value("id")?, &args.item("project")?).await?;
            shown::one("project", &changed)
        }
        "delete" => {
            projects.delete(args.value("id")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn workbooks(site: &Site, method: &str, args: &Args) -> Shown {
    let workbooks = site.workbooks();
    let datasources = args.values("datasources")?;
    let named = args.has("datasources").then_some(datasources.as_slice());
    match method {
        "list" => shown::list(workbooks.list(args.list_options()?), args).await,
        "list_for_user" => {
            let list = workbooks.list_for_user(args.value("user")?, args.flag("owned"), args.list_options()?);
            shown::list(list, args).await
        }
        "get" => shown::one("workbook", &workbooks.get(args.value("id")?).await?),
        "publish" => {
            let published = workbooks.publish(workbook_options(args)?, source(args)?).await?;
            shown::one("workbook", &published)
        }
        "publish_as_job" => {
            let options = workbook_options(args)?;
            shown::one("job", &workbooks.publish_as_job(options, source(args)?).await?)
        }
        "download" => {
            shown::downloaded(async |folder| {
                let options = download_options(args);
                Ok(workbooks.download(args.value("id")?, folder, options).await?)
            })
            .await
        }
        "update" => {
            let changed = workbooks
                .update(args.value("id")?, &args.item("workbook")?)
                .await?;
            shown::one("workbook", &changed)
        }
        "update_with_acceleration_status" => {
            let changed = workbooks
                .update_with_acceleration_status(args.value("id")?, &args.item("workbook")?)
                .await?;
            shown::one("workbook", &changed)
        }
        "delete" => {
            workbooks.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "views" => shown::many(&workbooks.views(args.value("id")?).await?),
        "views_with_usage" => shown::many(&workbooks.views_with_usage(args.value("id")?).await?),
        "connections" => shown::many(&workbooks.connections(args.value("id")?).await?),
        "update_connection" => {
            let (id, connection) = (args.value("id")?, args.value("connection_id")?);
            let changes = args.item("connection")?;
            let changed = workbooks.update_connection(id, connection, &changes).await?;
            shown::one("connection", &changed)
        }
        "update_connections" => {
            let (id, ids) = (args.value("id")?, args.values("ids")?);
            let changed = workbooks
                .update_connections(id, &ids, &args.item("connection")?)
                .await?;
            shown::many(&changed)
        }
        "refresh" => {
            let job = workbooks
                .refresh(args.value("id")?, args.flag("incremental"))
                .await?;
            maybe_job(job)
        }
        "create_extract" => {
            let job = workbooks
                .create_extract(args.value("id")?, args.flag("encrypt"), named)
                .await?;
            shown::one("job", &job)
        }
        "delete_extract" => maybe_job(workbooks.delete_extract(args.value("id")?, named).await?),
        "schedule_extract_refresh" => {
            let schedule: vivant_client::model::ScheduleId = args.value("schedule")?;
            let added = workbooks
                .schedule_extract_refresh(schedule, args.value("id")?)
                .await?;
            shown::many(&added.warnings)
        }
        _ => Ok(None),
    }
}

fn source(args: &Args) -> Result<Source, Trouble> {
    Ok(Source::from(args.text("file")?.as_str()))
}

fn maybe_job(job: Option<types::Job>) -> Shown {
    match job {
        Some(job) => shown::one("job", &job),
        None => shown::nothing(),
    }
}

fn connection_specs(args: &Args) -> Result<Vec<ConnectionSpec>, Trouble> {
    args.objects("connections").iter().map(connection_spec).collect()
}

fn connection_spec(args: &Args) -> Result<ConnectionSpec, Trouble> {
    Ok(ConnectionSpec {
        server_address: args.maybe_text("server_address").unwrap_or_default(),
        server_port: args.maybe_text("server_port"),
        database_name: args.maybe_text("database_name"),
        user_name: args.maybe_text("user_name"),
        password: args.maybe_text("password").map(Into::into),
        embed: args.flag("embed"),
        oauth: args.flag("oauth"),
    })
}

fn workbook_options(args: &Args) -> Result<PublishWorkbook, Trouble> {
    Ok(PublishWorkbook {
        name: args.maybe_text("name"),
        project_id: args.maybe("project")?,
        mode: match args.flag("overwrite") {
            true => PublishMode::Overwrite,
            false => PublishMode::CreateNew,
        },
        show_tabs: args.flag("show_tabs"),
        description: args.maybe_text("description"),
        connections: connection_specs(args)?,
        hidden_views: args.texts("hidden_views"),
        skip_connection_check: args.flag("skip_connection_check"),
        thumbnails_user_id: args.maybe("thumbnails_user")?,
        thumbnails_group_id: args.maybe("thumbnails_group")?,
        ..PublishWorkbook::default()
    })
}

fn datasource_options(args: &Args) -> Result<PublishDatasource, Trouble> {
    Ok(PublishDatasource {
        name: args.maybe_text("name"),
        project_id: args.maybe("project")?,
        mode: match args.maybe_text("mode").as_deref() {
            Some("Overwrite") => PublishDatasourceMode::Overwrite,
            Some("Append") => PublishDatasourceMode::Append,
            Some("Replace") => PublishDatasourceMode::Replace,
            _ => PublishDatasourceMode::CreateNew,
        },
        description: args.maybe_text("description"),
        connections: connection_specs(args)?,
        credentials: match args.has("credentials") {
            true => Some(connection_spec(&args.sub("credentials"))?),
            false => None,
        },
        use_remote_query_agent: args.maybe("use_remote_query_agent")?,
        is_certified: args.maybe("is_certified")?,
        certification_note: args.maybe_text("certification_note"),
        ask_data: args.maybe_text("ask_data"),
        ..PublishDatasource::default()
    })
}

/// The change of rows that the test asks for: all of them take the values of the file's.
fn hyper_actions() -> Vec<HyperAction> {
    vec![HyperAction::Update {
        source: (Some("Extract".to_owned()), "new".to_owned()),
        target: (Some("Extract".to_owned()), "orders".to_owned()),
        condition: HyperCondition::Compare {
            operator: "eq".to_owned(),
            target_column: "id".to_owned(),
            with: HyperValue::SourceColumn("key".to_owned()),
        },
    }]
}

pub async fn views(site: &Site, method: &str, args: &Args) -> Shown {
    let views = site.views();
    match method {
        "list" => shown::list(views.list(args.list_options()?), args).await,
        "list_with_usage" => shown::list(views.list_with_usage(args.list_options()?), args).await,
        "get" => shown::one("view", &views.get(args.value("id")?).await?),
        "get_with_usage" => shown::one("view", &views.get_with_usage(args.value("id")?).await?),
        "delete" => {
            views.delete(args.value("id")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn datasources(site: &Site, method: &str, args: &Args) -> Shown {
    let datasources = site.datasources();
    match method {
        "list" => shown::list(datasources.list(args.list_options()?), args).await,
        "get" => shown::one("datasource", &datasources.get(args.value("id")?).await?),
        "publish" => {
            let options = datasource_options(args)?;
            let published = datasources.publish(options, source(args)?).await?;
            shown::one("datasource", &published)
        }
        "publish_as_job" => {
            let options = datasource_options(args)?;
            let job = datasources.publish_as_job(options, source(args)?).await?;
            shown::one("job", &job)
        }
        "download" => {
            shown::downloaded(async |folder| {
                let options = download_options(args);
                Ok(datasources.download(args.value("id")?, folder, options).await?)
            })
            .await
        }
        "update" => {
            let changed = datasources
                .update(args.value("id")?, &args.item("datasource")?)
                .await?;
            shown::one("datasource", &changed)
        }
        "delete" => {
            datasources.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "connections" => shown::many(&datasources.connections(args.value("id")?).await?),
        "update_connection" => {
            let (id, connection) = (args.value("id")?, args.value("connection_id")?);
            let changes = args.item("connection")?;
            let changed = datasources.update_connection(id, connection, &changes).await?;
            shown::one("connection", &changed)
        }
        "update_connections" => {
            let (id, ids) = (args.value("id")?, args.values("ids")?);
            let changed = datasources
                .update_connections(id, &ids, &args.item("connection")?)
                .await?;
            shown::many(&changed)
        }
        "refresh" => {
            let job = datasources
                .refresh(args.value("id")?, args.flag("incremental"))
                .await?;
            maybe_job(job)
        }
        "create_extract" => {
            let job = datasources
                .create_extract(args.value("id")?, args.flag("encrypt"))
                .await?;
            shown::one("job", &job)
        }
        "delete_extract" => {
            datasources.delete_extract(args.value("id")?).await?;
            shown::nothing()
        }
        "update_hyper_data" => {
            let data = match args.has("connection_id") {
                true => HyperData::Connection(args.value("id")?, args.value("connection_id")?),
                false => HyperData::Datasource(args.value("id")?),
            };
            let payload = args.maybe_text("file").map(|file| Source::from(file.as_str()));
            let job = datasources
                .update_hyper_data(data, &args.text("request_id")?, &hyper_actions(), payload)
                .await?;
            shown::one("job", &job)
        }
        "schedule_extract_refresh" => {
            let schedule: vivant_client::model::ScheduleId = args.value("schedule")?;
            let added = datasources
                .schedule_extract_refresh(schedule, args.value("id")?)
                .await?;
            shown::many(&added.warnings)
        }
        _ => Ok(None),
    }
}

pub async fn file_uploads(site: &Site, method: &str, args: &Args) -> Shown {
    let uploads = site.file_uploads();
    match method {
        "initiate" => shown::one("fileUpload", &uploads.initiate().await?),
        "append" => {
            let bytes = args.text("content")?.into_bytes();
            let source = Source::bytes("file", bytes);
            let upload = uploads.append(&args.text("session")?, source).await?;
            shown::one("fileUpload", &upload)
        }
        "upload" => {
            let session = uploads.upload(source(args)?).await?;
            Ok(Some(serde_json::json!({ "session": session })))
        }
        _ => Ok(None),
    }
}
