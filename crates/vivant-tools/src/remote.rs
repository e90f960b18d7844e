//! The calls of the client that this crate makes in more than one place, each with what it was for.

use vivant_client::{DefaultPermissionsFor, ErrorKind, ListOptions, ScheduleState, Scheduled, Site};
use vivant_model::{Luid, ScheduleId};
use vivant_wire::types::{self, GranteeCapabilities};
use vivant_wire::version::V;

use crate::error::{Context, Error, Result};
use crate::permissions::{Changes, Kind, Place, Rules};

/// Reads the rules in one place.
pub(crate) async fn rules(site: &Site, place: Place) -> Result<Rules> {
    let answer = match place {
        Place::Default(project, kind) => {
            let content = defaults_for(kind)?;
            site.projects().default_permissions(project, content).await
        }
        Place::Item(kind, id) => match kind {
            Kind::Project => site.projects().permissions(id.into()).await,
            Kind::Workbook => site.workbooks().permissions(id.into()).await,
            Kind::View => site.views().permissions(id.into()).await,
            Kind::Datasource => site.datasources().permissions(id.into()).await,
            Kind::Flow => site.flows().permissions(id.into()).await,
            Kind::VirtualConnection => site.virtual_connections().permissions(id.into()).await,
            Kind::Database => site.databases().permissions(id.into()).await,
            Kind::Table => site.tables().permissions(id.into()).await,
            other => return Err(unknown(other)),
        },
    };
    Rules::from_wire(&answer.context(|| format!("the rules of the {} cannot be read", label(place)))?)
}

/// Makes changes of rules: first what is taken away, one call each, then what is added, in one.
pub(crate) async fn change_rules(site: &Site, place: Place, changes: &Changes) -> Result<()> {
    for removal in &changes.removals {
        let rule = [(removal.capability.clone(), removal.mode)].into_iter().collect();
        let rules: Rules = [(removal.grantee, rule)].into_iter().collect();
        for entry in rules.to_wire() {
            match delete(site, place, &entry).await? {
                // It is gone already, which is what was wanted.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                other => other.context(|| {
                    format!(
                        "{} cannot be taken away from the {}",
                        removal.capability,
                        label(place)
                    )
                })?,
            }
        }
    }
    if changes.additions.is_empty() {
        return Ok(());
    }
    let added = add(site, place, &changes.additions.to_wire()).await?;
    added
        .map(|_| ())
        .context(|| format!("rules cannot be added to the {}", label(place)))
}

async fn add(
    site: &Site,
    place: Place,
    rules: &[GranteeCapabilities],
) -> Result<vivant_client::Result<types::Permissions>> {
    Ok(match place {
        Place::Default(project, kind) => {
            let content = defaults_for(kind)?;
            site.projects()
                .update_default_permissions(project, content, rules)
                .await
        }
        Place::Item(kind, id) => match kind {
            Kind::Project => site.projects().update_permissions(id.into(), rules).await,
            Kind::Workbook => site.workbooks().update_permissions(id.into(), rules).await,
            Kind::View => site.views().update_permissions(id.into(), rules).await,
            Kind::Datasource => site.datasources().update_permissions(id.into(), rules).await,
            Kind::Flow => site.flows().update_permissions(id.into(), rules).await,
            Kind::VirtualConnection => {
                site.virtual_connections()
                    .update_permissions(id.into(), rules)
                    .await
            }
            Kind::Database => site.databases().update_permissions(id.into(), rules).await,
            Kind::Table => site.tables().update_permissions(id.into(), rules).await,
            other => return Err(unknown(other)),
        },
    })
}

async fn delete(site: &Site, place: Place, rule: &GranteeCapabilities) -> Result<vivant_client::Result<()>> {
    Ok(match place {
        Place::Default(project, kind) => {
            let content = defaults_for(kind)?;
            site.projects()
                .delete_default_permissions(project, content, rule)
                .await
        }
        Place::Item(kind, id) => match kind {
            Kind::Project => site.projects().delete_permission(id.into(), rule).await,
            Kind::Workbook => site.workbooks().delete_permission(id.into(), rule).await,
            Kind::View => site.views().delete_permission(id.into(), rule).await,
            Kind::Datasource => site.datasources().delete_permission(id.into(), rule).await,
            Kind::Flow => site.flows().delete_permission(id.into(), rule).await,
            Kind::VirtualConnection => {
                site.virtual_connections()
                    .delete_permission(id.into(), rule)
                    .await
            }
            Kind::Database => site.databases().delete_permission(id.into(), rule).await,
            Kind::Table => site.tables().delete_permission(id.into(), rule).await,
            other => return Err(unknown(other)),
        },
    })
}

fn defaults_for(kind: Kind) -> Result<DefaultPermissionsFor> {
    let found = DefaultPermissionsFor::ALL
        .into_iter()
        .find(|content| content.as_str() == kind.plural());
    found.ok_or_else(|| Error::input(format!("projects have no defaults for {}", kind.plural())))
}

fn unknown(kind: Kind) -> Error {
    Error::input(format!(
        "the rules of {} cannot be asked for one by one, only their defaults in projects",
        kind.plural()
    ))
}

fn label(place: Place) -> String {
    match place {
        Place::Item(kind, id) => format!("{} {id}", kind.as_str()),
        Place::Default(project, kind) => format!("project {project}, defaults for {}", kind.plural()),
    }
}

/// Makes the tags of an item be these.
pub(crate) async fn set_tags(
    site: &Site,
    kind: Kind,
    id: Luid,
    present: &[String],
    wanted: &[String],
) -> Result<()> {
    if present == wanted {
        return Ok(());
    }
    let changed = match kind {
        Kind::Workbook => site.workbooks().update_tags(id.into(), present, wanted).await,
        Kind::View => site.views().update_tags(id.into(), present, wanted).await,
        Kind::Datasource => site.datasources().update_tags(id.into(), present, wanted).await,
        other => return Err(Error::input(format!("a {} has no tags", other.as_str()))),
    };
    changed
        .map(|_| ())
        .context(|| format!("the tags of the {} {id} cannot be changed", kind.as_str()))
}

/// The server's schedules; `None` where the server has none of its own or the user may not see them.
pub(crate) async fn schedules(site: &Site) -> Result<Option<Vec<types::Schedule>>> {
    let all = site.schedules().list(ListOptions::new()).all().await;
    optional(all, "the schedules cannot be listed")
}

/// Creates a schedule.
pub(crate) async fn create_schedule(site: &Site, schedule: &types::Schedule) -> Result<types::Schedule> {
    let name = schedule.name.as_deref().unwrap_or_default();
    let made = site.schedules().create(schedule).await;
    made.context(|| format!("the schedule {name} cannot be created"))
}

/// Changes the state of schedules: in one call since API 3.27, before in one each.
pub(crate) async fn set_schedule_state(site: &Site, ids: &[ScheduleId], state: ScheduleState) -> Result<()> {
    let failed = || "the state of schedules cannot be changed".to_owned();
    let version = site.api_version().await.context(failed)?;
    if version >= V(3, 27) && ids.len() > 1 {
        let changed = site.schedules().batch_update_state(ids, state).await;
        return changed.map(|_| ()).context(failed);
    }
    let state = match state {
        ScheduleState::Active => "Active",
        ScheduleState::Suspended => "Suspended",
    };
    let changes = types::Schedule {
        state: Some(state.to_owned()),
        ..types::Schedule::default()
    };
    for id in ids {
        site.schedules().update(*id, &changes).await.context(failed)?;
    }
    Ok(())
}

/// The tasks that refresh extracts; `None` where the user may not see them.
pub(crate) async fn tasks(site: &Site) -> Result<Option<Vec<types::ExtractRefresh>>> {
    let all = site.tasks().extract_refreshes().await;
    optional(all, "the extract refresh tasks cannot be listed")
}

/// Puts a workbook or data source onto a schedule.
pub(crate) async fn add_to_schedule(site: &Site, schedule: Luid, kind: Kind, id: Luid) -> Result<()> {
    let item = match kind {
        Kind::Workbook => Scheduled::Workbook(id.into()),
        Kind::Datasource => Scheduled::Datasource(id.into()),
        Kind::Flow => Scheduled::Flow(id.into()),
        other => return Err(Error::input(format!("a {} is on no schedule", other.as_str()))),
    };
    let added = site.schedules().add_to_schedule(ScheduleId(schedule), item).await;
    match added {
        // It is on the schedule already, which is what was wanted.
        Err(error) if error.kind() == ErrorKind::Conflict => Ok(()),
        other => other.map(|_| ()).context(|| {
            format!(
                "the {} {id} cannot be put onto the schedule {schedule}",
                kind.as_str()
            )
        }),
    }
}

/// The subscriptions of a site; `None` where the user may not see them.
pub(crate) async fn subscriptions(site: &Site) -> Result<Option<Vec<types::Subscription>>> {
    let all = site.subscriptions().list(ListOptions::new()).all().await;
    optional(all, "the subscriptions cannot be listed")
}

/// Creates a subscription.
pub(crate) async fn create_subscription(site: &Site, subscription: &types::Subscription) -> Result<()> {
    let subject = subscription.subject.as_deref().unwrap_or_default();
    let made = site.subscriptions().create(subscription).await;
    made.map(|_| ())
        .context(|| format!("the subscription `{subject}` cannot be created"))
}

fn optional<T>(answer: vivant_client::Result<T>, what: &str) -> Result<Option<T>> {
    let absent = [ErrorKind::Forbidden, ErrorKind::Unsupported, ErrorKind::NotFound];
    match answer {
        Err(error) if absent.contains(&error.kind()) => {
            tracing::info!(%error, "left out");
            Ok(None)
        }
        Err(source) => Err(Error::Call {
            what: what.to_owned(),
            source,
        }),
        Ok(found) => Ok(Some(found)),
    }
}
