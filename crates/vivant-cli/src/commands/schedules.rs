//! `vivant schedules`: when the server does things, and what it does then.

use clap::Args;
use vivant_client::model::ScheduleId;
use vivant_client::types::{FrequencyDetails, Interval, Intervals, Schedule};
use vivant_client::{Scheduled, Site};

use super::{content, datasources, flows, workbooks};
use crate::exit::UsageError;
use crate::resource::{
    Action, Attempt, Choice, Column, DELETE, Found, GET, Kind, LIST, Resource, Task, Work, column, number,
    pages, value, verb,
};

/// Schedules.
pub static KIND: Kind = Kind {
    get: Some(|site, id| {
        Box::pin(async move { Ok(value(&site.schedules().get(id.parse::<ScheduleId>()?).await?)) })
    }),
    delete: Some(|site, id| {
        Box::pin(async move { Ok(site.schedules().delete(id.parse::<ScheduleId>()?).await?) })
    }),
    ..Kind::new("schedule", COLUMNS, &[], |site, options| {
        pages(site.schedules().list(options))
    })
};

const COLUMNS: &[Column] = &[
    column("NAME", "name"),
    column("TYPE", "type"),
    column("FREQUENCY", "frequency"),
    column("STATE", "state"),
    number("PRIORITY", "priority"),
    column("NEXT RUN", "nextRunAt"),
    column("ID", "id"),
];

/// Content that schedules refresh or run.
struct Refreshed {
    kind: &'static Kind,
    item: fn(&Found) -> anyhow::Result<Scheduled>,
}

const REFRESHED: &[Refreshed] = &[
    Refreshed {
        kind: &workbooks::KIND,
        item: |found| Ok(Scheduled::Workbook(found.luid()?)),
    },
    Refreshed {
        kind: &datasources::KIND,
        item: |found| Ok(Scheduled::Datasource(found.luid()?)),
    },
    Refreshed {
        kind: &flows::KIND,
        item: |found| Ok(Scheduled::Flow(found.luid()?)),
    },
];

/// `vivant schedules`.
pub const RESOURCE: Resource = Resource {
    name: "schedules",
    aliases: &["schedule"],
    about: "When the server does things",
    kind: &KIND,
    verbs: &[
        LIST,
        GET,
        verb::<Create>("create"),
        verb::<Update>("update"),
        DELETE,
        verb::<TasksOf>("tasks"),
        verb::<Add>("add"),
    ],
};

/// When a schedule runs.
#[derive(Debug, Args)]
struct Times {
    /// Hourly, Daily, Weekly or Monthly
    #[arg(long, value_name = "FREQUENCY")]
    frequency: Option<String>,
    /// The time of day of the first run, such as 18:30
    #[arg(long, value_name = "TIME")]
    start: Option<String>,
    /// The time of day after which there is none, for several runs a day
    #[arg(long, value_name = "TIME")]
    end: Option<String>,
    /// Hours between runs
    #[arg(long, value_name = "N")]
    hours: Option<u32>,
    /// Minutes between runs
    #[arg(long, value_name = "N", conflicts_with = "hours")]
    minutes: Option<u32>,
    /// Weekday, such as Monday; may be given several times
    #[arg(long, value_name = "DAY", value_delimiter = ',')]
    weekday: Vec<String>,
    /// Day of the month, 1 to 31 or LastDay; may be given several times
    #[arg(long, value_name = "DAY", value_delimiter = ',')]
    month_day: Vec<String>,
    /// 1, the first, to 100
    #[arg(long, value_name = "N")]
    priority: Option<i64>,
    /// Parallel or Serial
    #[arg(long, value_name = "ORDER")]
    execution_order: Option<String>,
}

impl Times {
    fn schedule(&self) -> Result<Schedule, UsageError> {
        let mut interval = Vec::new();
        if let Some(hours) = self.hours {
            interval.push(Interval {
                hours: Some(hours.to_string()),
                ..Interval::default()
            });
        }
        if let Some(minutes) = self.minutes {
            interval.push(Interval {
                minutes: Some(minutes.to_string()),
                ..Interval::default()
            });
        }
        for day in &self.weekday {
            interval.push(Interval {
                week_day: Some(day.clone()),
                ..Interval::default()
            });
        }
        for day in &self.month_day {
            interval.push(Interval {
                month_day: Some(day.clone()),
                ..Interval::default()
            });
        }
        let start = self.start.as_deref().map(clock).transpose()?;
        let end = self.end.as_deref().map(clock).transpose()?;
        if start.is_none() && (end.is_some() || !interval.is_empty()) {
            return Err(UsageError(
                "times need --start, the time of the first run".to_owned(),
            ));
        }
        let details = start.map(|start| FrequencyDetails {
            start: Some(start),
            end,
            intervals: (!interval.is_empty()).then_some(Intervals { interval }),
        });
        Ok(Schedule {
            frequency: self.frequency.clone(),
            frequency_details: details,
            priority: self.priority,
            execution_order: self.execution_order.clone(),
            ..Schedule::default()
        })
    }
}

/// A time of day as the API writes it.
fn clock(text: &str) -> Result<String, UsageError> {
    let bad = || UsageError(format!("'{text}' is no time of day, such as 18:30"));
    let parts: Vec<u32> = text
        .split(':')
        .map(|part| part.parse().map_err(|_| bad()))
        .collect::<Result<_, _>>()?;
    match parts[..] {
        [hours @ 0..24, minutes @ 0..60] => Ok(format!("{hours:02}:{minutes:02}:00")),
        [hours @ 0..24, minutes @ 0..60, seconds @ 0..60] => {
            Ok(format!("{hours:02}:{minutes:02}:{seconds:02}"))
        }
        _ => Err(bad()),
    }
}

/// Create a schedule
#[derive(Debug, Args)]
struct Create {
    /// Its name
    name: String,
    /// What it is for: Extract, Subscription, Flow and others
    #[arg(long = "type", value_name = "TYPE", default_value = "Extract")]
    kind: String,
    #[command(flatten)]
    times: Times,
}

impl Action for Create {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let times = self.times.schedule()?;
        if times.frequency.is_none() || times.frequency_details.is_none() {
            return Err(UsageError("a schedule needs --frequency and --start".to_owned()).into());
        }
        let schedule = Schedule {
            name: Some(self.name.clone()),
            schedule_type: Some(self.kind),
            priority: times.priority.or(Some(50)),
            execution_order: times.execution_order.clone().or(Some("Parallel".to_owned())),
            ..times
        };
        let doing = async { Ok(Some(value(&work.site.schedules().create(&schedule).await?))) };
        work.step(Attempt::new("create", "schedule", &self.name), doing)
            .await?;
        Ok(())
    }
}

/// Change schedules
#[derive(Debug, Args)]
struct Update {
    /// Names or ids
    #[arg(value_name = "SCHEDULE", required = true)]
    items: Vec<String>,
    /// The new name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Active or Suspended
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    #[command(flatten)]
    times: Times,
}

impl Action for Update {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let changes = Schedule {
            name: self.name,
            state: self.state,
            ..self.times.schedule()?
        };
        super::refuse_nothing(changes == Schedule::default())?;
        let doing = async |found: &Found| {
            let id: ScheduleId = found.luid()?;
            Ok(Some(value(&work.site.schedules().update(id, &changes).await?)))
        };
        work.each("update", &super::changes(&value(&changes)), &self.items, doing)
            .await
    }
}

static EXTRACTS: Kind = Kind {
    name: "id",
    ..Kind::unlisted("task", EXTRACT_COLUMNS)
};

const EXTRACT_COLUMNS: &[Column] = &[
    column("TYPE", "type"),
    number("PRIORITY", "priority"),
    column("WORKBOOK", "workbook.id"),
    column("DATA SOURCE", "datasource.id"),
    column("ID", "id"),
];

/// List the refreshes of extracts on a schedule
#[derive(Debug, Args)]
struct TasksOf {
    /// Name or id
    #[arg(value_name = "SCHEDULE")]
    item: String,
    #[command(flatten)]
    choice: Choice,
}

impl Action for TasksOf {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let id: ScheduleId = work.find(&self.item).await?.luid()?;
        let list = |site: &Site, options| pages(site.schedules().extract_refresh_tasks(id, options));
        self.choice.show(work, &EXTRACTS, list).await
    }
}

/// Let a schedule refresh a workbook or data source, or run a flow
#[derive(Debug, Args)]
struct Add {
    /// Name or id
    schedule: String,
    #[command(flatten)]
    of: content::Of,
}

impl Action for Add {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let refreshed = content::aspect(REFRESHED, |one| one.kind, &self.of.kind)?;
        let schedule = work.find(&self.schedule).await?;
        let found = work.find_of(refreshed.kind, &self.of.item).await?;
        let item = (refreshed.item)(&found)?;
        let doing: Task<_> = {
            let site = work.site.clone();
            let id: ScheduleId = schedule.luid()?;
            Box::pin(async move {
                let added = site.schedules().add_to_schedule(id, item).await?;
                for warning in &added.warnings {
                    eprintln!("vivant: {}", warning.message.as_deref().unwrap_or_default());
                }
                Ok(added.task.map(|task| value(&task)))
            })
        };
        let attempt =
            Attempt::on("add", refreshed.kind.noun, &found).detail(format!("to schedule {}", schedule.label));
        work.step(attempt, doing).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::clock;

    #[test]
    fn times_of_day_are_written_in_full() {
        assert_eq!(clock("6:05").expect("a time"), "06:05:00");
        assert_eq!(clock("18:30:09").expect("a time"), "18:30:09");
        for bad in ["", "24:00", "1", "12:60", "a:b", "1:2:3:4"] {
            assert!(clock(bad).is_err(), "{bad}");
        }
    }
}
