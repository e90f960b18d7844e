//! Jobs, tasks, schedules, subscriptions, favorites.

use std::time::Duration;

use serde_json::json;
use vivant_client::types::Warnings;
use vivant_client::{FavoriteItem, ScheduleState, Scheduled, Site, WaitOptions};

use crate::args::{Args, Trouble};
use crate::shown::{self, Shown};

pub async fn jobs(site: &Site, method: &str, args: &Args) -> Shown {
    let jobs = site.jobs();
    match method {
        "list" => shown::list(jobs.list(args.list_options()?), args).await,
        "get" => shown::one(
            "job",
            &jobs.get(args.value::<vivant_client::model::JobId>("id")?).await?,
        ),
        "cancel" => {
            jobs.cancel(args.value::<vivant_client::model::JobId>("id")?)
                .await?;
            shown::nothing()
        }
        "wait_for_job" => {
            let options = WaitOptions::new()
                .within(Duration::from_secs(60))
                .pauses(Duration::from_millis(1), Duration::from_millis(10));
            let id: vivant_client::model::Luid = args.value("id")?;
            shown::one("job", &site.wait_for_job(id, options).await?)
        }
        _ => Ok(None),
    }
}

pub async fn tasks(site: &Site, method: &str, args: &Args) -> Shown {
    let tasks = site.tasks();
    let id = || args.value::<vivant_client::model::TaskId>("id");
    match method {
        "extract_refreshes" => shown::many(&tasks.extract_refreshes().await?),
        "data_acceleration" => shown::many(&tasks.data_acceleration().await?),
        "extract_refresh" => shown::one("extractRefresh", &tasks.extract_refresh(id()?).await?),
        "create" => {
            let made = tasks.create(&args.item("task")?, &args.item("schedule")?).await?;
            shown::one("extractRefresh", &made)
        }
        "update" => {
            let made = tasks
                .update(id()?, &args.item("task")?, &args.item("schedule")?)
                .await?;
            shown::one("extractRefresh", &made)
        }
        "run_extract_refresh" => shown::one("job", &tasks.run_extract_refresh(id()?).await?),
        "delete" => {
            tasks.delete(id()?).await?;
            shown::nothing()
        }
        "delete_data_acceleration" => {
            tasks.delete_data_acceleration(id()?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn schedules(site: &Site, method: &str, args: &Args) -> Shown {
    let schedules = site.schedules();
    let id = || args.value::<vivant_client::model::ScheduleId>("id");
    let state = || match args.text("state")?.as_str() {
        "active" => Ok(ScheduleState::Active),
        "suspended" => Ok(ScheduleState::Suspended),
        other => Err(Trouble::Usage(format!("schedules cannot be {other}"))),
    };
    match method {
        "list" => shown::list(schedules.list(args.list_options()?), args).await,
        "get" => shown::one("schedule", &schedules.get(id()?).await?),
        "create" => shown::one("schedule", &schedules.create(&args.item("schedule")?).await?),
        "update" => {
            let changed = schedules.update(id()?, &args.item("schedule")?).await?;
            shown::one("schedule", &changed)
        }
        "delete" => {
            schedules.delete(id()?).await?;
            shown::nothing()
        }
        "add_to_schedule" => {
            let item = if args.has("workbook") {
                Scheduled::Workbook(args.value("workbook")?)
            } else if args.has("datasource") {
                Scheduled::Datasource(args.value("datasource")?)
            } else {
                Scheduled::Flow(args.value("flow")?)
            };
            let added = schedules.add_to_schedule(id()?, item).await?;
            let warnings = Warnings {
                warning: added.warnings,
            };
            shown::one("warnings", &warnings)
        }
        "extract_refresh_tasks" => {
            shown::list(schedules.extract_refresh_tasks(id()?, args.list_options()?), args).await
        }
        "batch_update_state" => {
            let changed = schedules
                .batch_update_state(&args.values("ids")?, state()?)
                .await?;
            Ok(Some(json!({ "ids": changed })))
        }
        "update_state_of_all" => {
            let changed = schedules.update_state_of_all(state()?).await?;
            Ok(Some(json!({ "ids": changed })))
        }
        _ => Ok(None),
    }
}

pub async fn subscriptions(site: &Site, method: &str, args: &Args) -> Shown {
    let subscriptions = site.subscriptions();
    let id = || args.value::<vivant_client::model::SubscriptionId>("id");
    match method {
        "list" => shown::list(subscriptions.list(args.list_options()?), args).await,
        "get" => shown::one("subscription", &subscriptions.get(id()?).await?),
        "create" => {
            let made = subscriptions.create(&args.item("subscription")?).await?;
            shown::one("subscription", &made)
        }
        "update" => {
            let changed = subscriptions.update(id()?, &args.item("subscription")?).await?;
            shown::one("subscription", &changed)
        }
        "delete" => {
            subscriptions.delete(id()?).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

pub async fn favorites(site: &Site, method: &str, args: &Args) -> Shown {
    let favorites = site.favorites();
    let user = args.value("user")?;
    match method {
        "list" => shown::list(favorites.list(user, args.list_options()?), args).await,
        "add" => {
            let label = args.text("label")?;
            shown::many(&favorites.add_favorite(user, label, item(args)?).await?)
        }
        "delete" => {
            favorites.delete_favorite(user, item(args)?).await?;
            shown::nothing()
        }
        "organize" => {
            let after = item(&args.sub("after"))?;
            favorites.organize(user, &[(item(args)?, after)]).await?;
            shown::nothing()
        }
        _ => Ok(None),
    }
}

fn item(args: &Args) -> Result<FavoriteItem, Trouble> {
    Ok(match args.text("kind")?.as_str() {
        "workbook" => FavoriteItem::Workbook(args.value("id")?),
        "view" => FavoriteItem::View(args.value("id")?),
        "datasource" => FavoriteItem::Datasource(args.value("id")?),
        "project" => FavoriteItem::Project(args.value("id")?),
        "flow" => FavoriteItem::Flow(args.value("id")?),
        "metric" => FavoriteItem::Metric(args.value("id")?),
        "collection" => FavoriteItem::Collection(args.value("id")?),
        other => return Err(Trouble::Usage(format!("a {other} is nobody's favorite"))),
    })
}
