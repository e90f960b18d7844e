//! `runschedule`: all extract refreshes that hang on a schedule, at once.

use super::args::{Global, RunSchedule};
use super::console::Console;
use super::failure::Failure;
use super::session::Session;

/// Runs the tasks of a schedule.
pub async fn run(args: RunSchedule, global: &Global, console: &Console) -> Result<(), Failure> {
    Session::with(global, console, async |session| {
        let site = &session.site;
        let schedules = site.schedules().list(Default::default()).all().await?;
        let found = schedules
            .iter()
            .find(|schedule| schedule.name.as_deref() == Some(&args.name))
            .ok_or_else(|| Failure::not_found("schedule", &args.name))?;
        let kind = found.schedule_type.as_deref().unwrap_or("Extract");
        if kind != "Extract" {
            return Err(Failure::told(format!(
                "the schedule '{}' is of the kind {kind}; the API runs schedules of the kind Extract only",
                args.name
            )));
        }
        console.info(format!("Running schedule '{}' on the server...", args.name));
        let tasks = site.tasks().extract_refreshes().await?;
        let mut begun = 0;
        for task in tasks {
            let on = task.schedule.as_ref().and_then(|schedule| schedule.id);
            let (Some(id), true) = (task.id, on.is_some() && on == found.id) else {
                continue;
            };
            match site.tasks().run_extract_refresh(id).await.map_err(Failure::from) {
                Ok(_) => begun += 1,
                // A refresh of the item waits or runs already, which is what was wanted.
                Err(failure) if failure.is_conflict() => console.info(failure.line()),
                Err(failure) => return Err(failure),
            }
        }
        console.info(format!("Job queued for {begun} tasks"));
        Ok(())
    })
    .await
}
