//! The groups that later versions brought: flows, the catalog, alerts, webhooks and more.

use std::time::Duration;

use serde_json::{Value, json};
use vivant_client::{
    Downloaded, ExportOptions, GroupSetLevel, Method, NewQualityWarning, Orientation, PageType,
    PublishCustomView, PublishFlow, PublishFlowMode, PublishMode, PublishVirtualConnection,
    QualityWarningType, Request, Result, Site, types,
};

use crate::args::{Args, Trouble};
use crate::shown::{self, Shown};

pub async fn call(site: &Site, group: &str, method: &str, args: &Args) -> Shown {
    match group {
        "flows" => flows(site, method, args).await,
        "flow_runs" => flow_runs(site, method, args).await,
        "flow_tasks" => flow_tasks(site, method, args).await,
        "linked_tasks" => linked_tasks(site, method, args).await,
        "databases" => databases(site, method, args).await,
        "tables" => tables(site, method, args).await,
        "dqws" => datasource_warnings(site, method, args).await,
        "data_alerts" => data_alerts(site, method, args).await,
        "metrics" => metrics(site, method, args).await,
        "webhooks" => webhooks(site, method, args).await,
        "custom_views" => custom_views(site, method, args).await,
        "virtual_connections" => virtual_connections(site, method, args).await,
        "group_sets" => group_sets(site, method, args).await,
        "oidc" => oidc(site, method, args).await,
        "extensions" => extensions(site, method, args).await,
        "data_acceleration_report" => match method {
            "get" => {
                let report = site.data_acceleration_report().get().await?;
                shown::many(&report.comparison_record)
            }
            _ => Ok(None),
        },
        "metadata" => metadata(site, method, args).await,
        "server" => server(site, method, args).await,
        "domains" => domains(site, method, args).await,
        "request" => request(site, method, args).await,
        _ => Ok(None),
    }
}

async fn server(site: &Site, method: &str, args: &Args) -> Shown {
    match method {
        "session" => shown::one("session", &site.server().session().await?),
        "delete_session" => {
            site.server().delete_session(&args.text("id")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

async fn domains(site: &Site, method: &str, args: &Args) -> Shown {
    match method {
        "list" => shown::many(&site.domains().list().await?),
        "update" => shown::one("domain", &site.domains().update(&args.item("domain")?).await?),
        _ => Ok(None),
    }
}

/// A request of the caller's own.
async fn request(site: &Site, place: &str, args: &Args) -> Shown {
    let verb = args.text("method")?;
    let verb = Method::parse(&verb).ok_or_else(|| Trouble::Usage(format!("there is no method {verb}")))?;
    let path = args.text("path")?;
    let request = match place {
        "on_site" => Request::on_site(verb, path),
        "on_api" => Request::on_api(verb, path),
        "on_server" => Request::on_server(verb, path),
        _ => return Ok(None),
    };
    let request = match args.maybe_text("xml") {
        Some(xml) => request.xml(xml),
        None => request,
    };
    let answer = site.request(request).await?;
    Ok(Some(json!({ "status": answer.status, "text": answer.text() })))
}

/// JSON of a service's own shape.
fn value(value: Value) -> Shown {
    Ok(Some(json!({ "value": value })))
}

/// A definition, as a text.
fn text(text: String) -> Shown {
    Ok(Some(json!({ "text": text })))
}

/// What a download brought.
async fn downloaded(fetch: impl AsyncFnOnce(&std::path::Path) -> Result<Downloaded>) -> Shown {
    let folder = tempfile::tempdir().map_err(|e| Trouble::Usage(e.to_string()))?;
    let got = fetch(folder.path()).await?;
    let path = got
        .path
        .ok_or_else(|| Trouble::Usage("nothing was written".to_owned()))?;
    let bytes = std::fs::read(path).map_err(|e| Trouble::Usage(e.to_string()))?;
    let mut shown = shown::content(&bytes)?.unwrap_or_default();
    shown["file_name"] = got.file_name.into();
    Ok(Some(shown))
}

/// A warning as it is to be set.
fn warning(args: &Args) -> std::result::Result<NewQualityWarning, Trouble> {
    let args = args.sub("warning");
    let named = args.text("type")?;
    let kinds = [
        QualityWarningType::Warning,
        QualityWarningType::Deprecated,
        QualityWarningType::Stale,
        QualityWarningType::SensitiveData,
        QualityWarningType::Maintenance,
    ];
    let kind = kinds
        .into_iter()
        .find(|kind| kind.as_str() == named)
        .ok_or_else(|| Trouble::Usage(format!("there is no warning {named}")))?;
    Ok(NewQualityWarning {
        warning_type: kind,
        message: args.maybe_text("message"),
        active: args.flag("active"),
        severe: args.flag("severe"),
    })
}

/// The methods of quality warnings, alike in every group that has them.
macro_rules! warned {
    ($group:expr, $method:expr, $args:expr) => {
        match $method {
            "dqws" => shown::many(&$group.dqws($args.value("id")?).await?),
            "add_dqw" => shown::many(&$group.add_dqw($args.value("id")?, &warning($args)?).await?),
            "update_dqw" => shown::many(&$group.update_dqw($args.value("id")?, &warning($args)?).await?),
            "delete_dqw" => {
                $group.delete_dqw($args.value("id")?).await?;
                shown::nothing()
            }
            _ => Ok(None),
        }
    };
}

/// The methods of rules, alike in every group that has them; then those of another macro.
macro_rules! permitted {
    ($group:expr, $method:expr, $args:expr, $other:expr) => {
        match $method {
            "permissions" => shown::one("permissions", &$group.permissions($args.value("id")?).await?),
            "update_permissions" => {
                let rules = rules($args)?;
                shown::one(
                    "permissions",
                    &$group.update_permissions($args.value("id")?, &rules).await?,
                )
            }
            "delete_permission" => {
                for rule in rules($args)? {
                    $group.delete_permission($args.value("id")?, &rule).await?;
                }
                shown::nothing()
            }
            _ => $other,
        }
    };
}

/// The methods of labels.
macro_rules! tagged {
    ($group:expr, $method:expr, $args:expr, $other:expr) => {
        match $method {
            "add_tags" => labels(
                $group
                    .add_tags($args.value("id")?, &$args.texts("labels"))
                    .await?,
            ),
            "delete_tags" => {
                $group
                    .delete_tags($args.value("id")?, &$args.texts("labels"))
                    .await?;
                shown::nothing()
            }
            "update_tags" => labels(
                $group
                    .update_tags($args.value("id")?, &$args.texts("before"), &$args.texts("labels"))
                    .await?,
            ),
            _ => $other,
        }
    };
}

fn rules(args: &Args) -> std::result::Result<Vec<types::GranteeCapabilities>, Trouble> {
    args.objects("rules").iter().map(Args::read).collect()
}

fn labels(mut labels: Vec<String>) -> Shown {
    labels.sort();
    Ok(Some(json!({ "labels": labels })))
}

async fn flows(site: &Site, method: &str, args: &Args) -> Shown {
    let flows = site.flows();
    match method {
        "list" => shown::list(flows.list(args.list_options()?), args).await,
        "get" => shown::one("flow", &flows.get(args.value("id")?).await?),
        "publish" => {
            let options = PublishFlow {
                name: args.maybe_text("name"),
                project_id: args.maybe("project_id")?,
                mode: match args.text("mode")?.as_str() {
                    "Overwrite" => PublishFlowMode::Overwrite,
                    "Append" => PublishFlowMode::Append,
                    _ => PublishFlowMode::CreateNew,
                },
                connections: Vec::new(),
            };
            let path = std::path::PathBuf::from(args.text("path")?);
            shown::one("flow", &flows.publish(options, path).await?)
        }
        "download" => {
            let id = args.value("id")?;
            downloaded(async |to| flows.download(id, to).await).await
        }
        "update" => {
            let changed = flows.update(args.value("id")?, &args.item("flow")?).await?;
            shown::one("flow", &changed)
        }
        "delete" => {
            flows.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "connections" => shown::many(&flows.connections(args.value("id")?).await?),
        "update_connection" => {
            let changed = flows
                .update_connection(
                    args.value("id")?,
                    args.value("connection_id")?,
                    &args.item("connection")?,
                )
                .await?;
            shown::one("connection", &changed)
        }
        "refresh" => shown::one("job", &flows.refresh(args.value("id")?).await?),
        "schedule_flow_run" => {
            let warnings = flows
                .schedule_flow_run(args.value("schedule")?, args.value("id")?, None)
                .await?;
            shown::many(&warnings)
        }
        _ => permitted!(
            flows,
            method,
            args,
            tagged!(flows, method, args, warned!(flows, method, args))
        ),
    }
}

async fn flow_runs(site: &Site, method: &str, args: &Args) -> Shown {
    let runs = site.flow_runs();
    match method {
        "list" => shown::list(runs.list(args.list_options()?), args).await,
        "get" => shown::one("flowRun", &runs.get(args.value("id")?).await?),
        "cancel" => {
            runs.cancel(args.value("id")?).await?;
            shown::nothing()
        }
        "wait_for_job" => {
            let limit = args.maybe::<u64>("seconds")?.map(Duration::from_secs);
            shown::one("flowRun", &runs.wait_for_job(args.value("id")?, limit).await?)
        }
        _ => Ok(None),
    }
}

async fn flow_tasks(site: &Site, method: &str, args: &Args) -> Shown {
    let tasks = site.flow_tasks();
    match method {
        "list" => shown::list(tasks.list(args.list_options()?), args).await,
        "get" => shown::one("flowRun", &tasks.get(args.value("id")?).await?),
        "run" => shown::one("job", &tasks.run(args.value("id")?).await?),
        "create" => {
            let made = tasks.create(args.value("flow")?, &args.item("schedule")?).await?;
            shown::one("flowRun", &made)
        }
        _ => Ok(None),
    }
}

async fn linked_tasks(site: &Site, method: &str, args: &Args) -> Shown {
    let tasks = site.linked_tasks();
    match method {
        "list" => shown::list(tasks.list(args.list_options()?), args).await,
        "get" => shown::one("linkedTask", &tasks.get(args.value("id")?).await?),
        "run_now" => shown::one("linkedTaskJob", &tasks.run_now(args.value("id")?).await?),
        _ => Ok(None),
    }
}

async fn databases(site: &Site, method: &str, args: &Args) -> Shown {
    let databases = site.databases();
    match method {
        "list" => shown::list(databases.list(args.list_options()?), args).await,
        "get" => shown::one("database", &databases.get(args.value("id")?).await?),
        "update" => {
            let changed = databases
                .update(args.value("id")?, &args.item("database")?)
                .await?;
            shown::one("database", &changed)
        }
        "delete" => {
            databases.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "tables" => shown::many(&databases.tables(args.value("id")?).await?),
        "table_default_permissions" => {
            let found = databases.table_default_permissions(args.value("id")?).await?;
            shown::one("permissions", &found)
        }
        "update_table_default_permissions" => {
            let found = databases
                .update_table_default_permissions(args.value("id")?, &rules(args)?)
                .await?;
            shown::one("permissions", &found)
        }
        "delete_table_default_permissions" => {
            for rule in rules(args)? {
                databases
                    .delete_table_default_permissions(args.value("id")?, &rule)
                    .await?;
            }
            shown::nothing()
        }
        _ => permitted!(
            databases,
            method,
            args,
            tagged!(databases, method, args, warned!(databases, method, args))
        ),
    }
}

async fn tables(site: &Site, method: &str, args: &Args) -> Shown {
    let tables = site.tables();
    match method {
        "list" => shown::list(tables.list(args.list_options()?), args).await,
        "get" => shown::one("table", &tables.get(args.value("id")?).await?),
        "update" => {
            let changed = tables.update(args.value("id")?, &args.item("table")?).await?;
            shown::one("table", &changed)
        }
        "delete" => {
            tables.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "columns" => shown::list(tables.columns(args.value("id")?, args.list_options()?), args).await,
        "update_column" => {
            let changed = tables
                .update_column(args.value("id")?, args.value("column_id")?, &args.item("column")?)
                .await?;
            shown::one("column", &changed)
        }
        _ => permitted!(
            tables,
            method,
            args,
            tagged!(tables, method, args, warned!(tables, method, args))
        ),
    }
}

async fn datasource_warnings(site: &Site, method: &str, args: &Args) -> Shown {
    warned!(site.datasources(), method, args)
}

async fn data_alerts(site: &Site, method: &str, args: &Args) -> Shown {
    let alerts = site.data_alerts();
    match method {
        "list" => shown::list(alerts.list(args.list_options()?), args).await,
        "get" => shown::one("dataAlert", &alerts.get(args.value("id")?).await?),
        "update" => {
            let changed = alerts.update(args.value("id")?, &args.item("alert")?).await?;
            shown::one("dataAlert", &changed)
        }
        "delete" => {
            alerts.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "add_user_to_alert" => {
            let added = alerts
                .add_user_to_alert(args.value("id")?, args.value("user")?)
                .await?;
            shown::one("user", &added)
        }
        "delete_user_from_alert" => {
            alerts
                .delete_user_from_alert(args.value("id")?, args.value("user")?)
                .await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

async fn metrics(site: &Site, method: &str, args: &Args) -> Shown {
    let metrics = site.metrics();
    match method {
        "list" => shown::list(metrics.list(args.list_options()?), args).await,
        "get" => shown::one("metric", &metrics.get(args.value("id")?).await?),
        "update" => {
            let changed = metrics.update(args.value("id")?, &args.item("metric")?).await?;
            shown::one("metric", &changed)
        }
        "delete" => {
            metrics.delete(args.value("id")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

async fn webhooks(site: &Site, method: &str, args: &Args) -> Shown {
    let webhooks = site.webhooks();
    match method {
        "list" => shown::many(&webhooks.list().await?),
        "get" => shown::one("webhook", &webhooks.get(&args.text("id")?).await?),
        "create" => {
            let made = webhooks
                .create(&args.text("name")?, &args.text("event")?, &args.text("url")?)
                .await?;
            shown::one("webhook", &made)
        }
        "delete" => {
            webhooks.delete(&args.text("id")?).await?;
            shown::nothing()
        }
        "test" => shown::one("webhookTestResult", &webhooks.test(&args.text("id")?).await?),
        _ => Ok(None),
    }
}

async fn custom_views(site: &Site, method: &str, args: &Args) -> Shown {
    let views = site.custom_views();
    match method {
        "list" => shown::list(views.list(args.list_options()?), args).await,
        "get" => shown::one("customView", &views.get(args.value("id")?).await?),
        "update" => {
            let changed = views.update(args.value("id")?, &args.item("view")?).await?;
            shown::one("customView", &changed)
        }
        "delete" => {
            views.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "download" => {
            let id = args.value("id")?;
            downloaded(async |to| views.download(id, to).await).await
        }
        "publish" => {
            let options = PublishCustomView {
                name: args.text("name")?,
                shared: args.flag("shared"),
                owner_id: args.value("owner_id")?,
                workbook_id: args.value("workbook_id")?,
            };
            let path = std::path::PathBuf::from(args.text("path")?);
            shown::one("customView", &views.publish(&options, path).await?)
        }
        "image" | "pdf" | "csv" => {
            let options = export_options(args)?;
            let id = args.value("id")?;
            let export = match method {
                "image" => views.image(id, options),
                "pdf" => views.pdf(id, options),
                _ => views.csv(id, options),
            };
            shown::content(&export.bytes().await?)
        }
        _ => Ok(None),
    }
}

fn export_options(args: &Args) -> std::result::Result<ExportOptions, Trouble> {
    let mut options = ExportOptions::new();
    if let Some(minutes) = args.maybe("max_age")? {
        options = options.max_age(minutes);
    }
    for filter in args.objects("filters") {
        options = options.vf(filter.text("field")?, filter.text("value")?);
    }
    if args.flag("high_resolution") {
        options = options.high_resolution();
    }
    if args.flag("a4") {
        options = options
            .page_type(PageType::A4)
            .orientation(Orientation::Landscape);
    }
    Ok(options)
}

async fn virtual_connections(site: &Site, method: &str, args: &Args) -> Shown {
    let connections = site.virtual_connections();
    match method {
        "list" => shown::list(connections.list(args.list_options()?), args).await,
        "get" => shown::one("virtualConnection", &connections.get(args.value("id")?).await?),
        "download" => text(connections.download(args.value("id")?).await?),
        "publish" => {
            let options = PublishVirtualConnection {
                name: args.text("name")?,
                project_id: args.value("project_id")?,
                owner_id: args.value("owner_id")?,
                mode: match args.flag("overwrite") {
                    true => PublishMode::Overwrite,
                    false => PublishMode::CreateNew,
                },
                as_draft: args.flag("draft"),
            };
            let made = connections.publish(&options, &args.text("definition")?).await?;
            shown::one("virtualConnection", &made)
        }
        "update" => {
            let changed = connections
                .update(args.value("id")?, &args.item("connection")?)
                .await?;
            shown::one("virtualConnection", &changed)
        }
        "delete" => {
            connections.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "connections" => {
            let list = connections.connections(args.value("id")?, args.list_options()?);
            shown::list(list, args).await
        }
        "update_connection_db_connection" => {
            let changed = connections
                .update_connection_db_connection(
                    args.value("id")?,
                    args.value("connection_id")?,
                    &args.item::<types::Connection>("connection")?,
                )
                .await?;
            shown::one("connection", &changed)
        }
        "revisions" => {
            let list = connections.revisions(args.value("id")?, args.list_options()?);
            shown::list(list, args).await
        }
        "download_revision" => text(
            connections
                .download_revision(args.value("id")?, args.value("revision")?)
                .await?,
        ),
        _ => permitted!(
            connections,
            method,
            args,
            tagged!(connections, method, args, Ok(None))
        ),
    }
}

async fn group_sets(site: &Site, method: &str, args: &Args) -> Shown {
    let sets = site.group_sets();
    match method {
        "list" => {
            let options = args.list_options()?;
            let list = match args.maybe_text("level").as_deref() {
                Some("members") => sets.list_with(GroupSetLevel::Members, options),
                Some(_) => sets.list_with(GroupSetLevel::Local, options),
                None => sets.list(options),
            };
            shown::list(list, args).await
        }
        "get" => shown::one("groupSet", &sets.get(args.value("id")?).await?),
        "create" => shown::one("groupSet", &sets.create(&args.text("name")?).await?),
        "update" => {
            let changed = sets.update(args.value("id")?, &args.text("name")?).await?;
            shown::one("groupSet", &changed)
        }
        "delete" => {
            sets.delete(args.value("id")?).await?;
            shown::nothing()
        }
        "add_group" => {
            sets.add_group(args.value("id")?, args.value("group")?).await?;
            shown::nothing()
        }
        "remove_group" => {
            sets.remove_group(args.value("id")?, args.value("group")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

async fn oidc(site: &Site, method: &str, args: &Args) -> Shown {
    let oidc = site.oidc();
    match method {
        "list" => shown::many(&oidc.list().await?),
        "get" => shown::one("configuration", &oidc.get(&args.text("id")?).await?),
        "create" => shown::one("configuration", &oidc.create(&args.item("configuration")?).await?),
        "update" => {
            let changed = oidc
                .update(&args.text("id")?, &args.item("configuration")?)
                .await?;
            shown::one("configuration", &changed)
        }
        "delete_configuration" => {
            oidc.delete_configuration(&args.text("id")?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

async fn extensions(site: &Site, method: &str, args: &Args) -> Shown {
    let extensions = site.extensions();
    match method {
        "get" => shown::one("settings", &extensions.get().await?),
        "update" => {
            let changed = extensions.update(&args.item("settings")?).await?;
            shown::one("settings", &changed)
        }
        "get_server_settings" => shown::one("settings", &extensions.get_server_settings().await?),
        "update_server_settings" => {
            let changed = extensions.update_server_settings(&args.item("settings")?).await?;
            shown::one("settings", &changed)
        }
        _ => Ok(None),
    }
}

async fn metadata(site: &Site, method: &str, args: &Args) -> Shown {
    let metadata = site.metadata();
    let variables = || match args.maybe_text("variables") {
        Some(text) => serde_json::from_str(&text).map_err(|e| Trouble::Usage(format!("the variables: {e}"))),
        None => Ok(serde_json::Map::new()),
    };
    match method {
        "query" => value(
            metadata
                .query(&args.text("query")?, variables()?)
                .await?
                .into_value(),
        ),
        "paginated_query" => {
            let pages = metadata
                .paginated_query(&args.text("query")?, variables()?)
                .await?;
            value(pages.into_iter().map(|page| page.into_value()).collect())
        }
        "backfill_status" => value(metadata.backfill_status().await?),
        "eventing_status" => value(metadata.eventing_status().await?),
        _ => Ok(None),
    }
}
