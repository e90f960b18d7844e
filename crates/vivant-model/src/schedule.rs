//! Schedules: how often something runs, what a request may say about it, and when it runs next.
//!
//! A [`Recurrence`] is always valid: it is made of what a request says ([`Draft`]) under the rules
//! of its version ([`Rules`]).
//! When it runs next is [`Recurrence::next_run`].

use std::fmt;

use crate::job::ScheduleType;

mod days;
mod draft;
mod next_run;

pub use days::{MonthDays, Ordinal, TimeOfDay, WeekDay, WeekDays};
pub use draft::{Draft, Interval, RecurrenceError, Rules};
pub use next_run::{UnknownZone, Zone};

crate::site::text_enum! {
    /// The granularity of a schedule.
    Frequency {
        /// Several times a day, between a start and an end.
        Hourly = "Hourly",
        /// Every day.
        Daily = "Daily",
        /// On some days of every week.
        Weekly = "Weekly",
        /// On some days of every month.
        Monthly = "Monthly",
    }
}

/// The schedules that a new server has: name, what for, and [`Recurrence::from_text`] of when.
///
/// Tableau: names and times are those of the reference's examples, which show them in the time of
/// Seattle (`Saturday night` runs at 07:00 UTC in winter).
pub const DEFAULT_SCHEDULES: &[(&str, ScheduleType, &str)] = &[
    (
        "Saturday night",
        ScheduleType::Extract,
        "Weekly start=23:00:00 weekDay=Saturday",
    ),
    (
        "Weekday early mornings",
        ScheduleType::Extract,
        "Weekly start=04:00:00 weekDay=Monday weekDay=Tuesday weekDay=Wednesday weekDay=Thursday weekDay=Friday",
    ),
    (
        "End of the month",
        ScheduleType::Extract,
        "Monthly start=23:00:00 monthDay=LastDay",
    ),
    (
        "Monday morning",
        ScheduleType::Subscription,
        "Weekly start=06:00:00 weekDay=Monday",
    ),
    (
        "Weekday mornings",
        ScheduleType::Subscription,
        "Weekly start=06:00:00 weekDay=Monday weekDay=Tuesday weekDay=Wednesday weekDay=Thursday weekDay=Friday",
    ),
];

/// How much time lies between two runs of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Every {
    /// Hours: 1, 2, 4, 6, 8, 12 or 24.
    Hours(u32),
    /// Minutes: 15, 30 or 60.
    Minutes(u32),
}

impl Every {
    /// The same in seconds.
    pub fn seconds(self) -> u32 {
        match self {
            Self::Hours(hours) => hours * 3600,
            Self::Minutes(minutes) => minutes * 60,
        }
    }
}

/// The days on which a schedule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Days {
    /// All of them.
    All,
    /// Some days of the week.
    Week(WeekDays),
    /// Some days of the month.
    Month(MonthDays),
}

/// When a schedule runs, in the server's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recurrence {
    frequency: Frequency,
    start: TimeOfDay,
    /// Present where a schedule runs several times a day.
    end: Option<TimeOfDay>,
    every: Option<Every>,
    days: Days,
}

impl Recurrence {
    /// The granularity.
    pub fn frequency(&self) -> Frequency {
        self.frequency
    }

    /// The time of day of the run, or of the first one of a day.
    pub fn start(&self) -> TimeOfDay {
        self.start
    }

    /// The time of day after which no more runs begin.
    ///
    /// An end that is not after the start lies on the next day; one that equals the start makes a
    /// window of 24 hours.
    pub fn end(&self) -> Option<TimeOfDay> {
        self.end
    }

    /// What lies between two runs of one day.
    pub fn every(&self) -> Option<Every> {
        self.every
    }

    /// The days on which the first run of a window begins.
    pub fn days(&self) -> Days {
        self.days
    }

    /// The intervals, as the REST API writes them.
    pub fn intervals(&self) -> Vec<Interval> {
        let mut intervals = Vec::new();
        match self.every {
            Some(Every::Hours(hours)) => intervals.push(Interval::hours(hours)),
            Some(Every::Minutes(minutes)) => intervals.push(Interval::minutes(minutes)),
            None => {}
        }
        match self.days {
            Days::All => {}
            Days::Week(days) => intervals.extend(days.iter().map(Interval::week_day)),
            Days::Month(MonthDays::Dates { days, last }) => {
                let dates = (1..=31).filter(|day| days & (1 << day) != 0);
                intervals.extend(dates.map(|day| Interval::month_day(&day.to_string())));
                if last {
                    intervals.push(Interval::month_day(days::LAST_DAY));
                }
            }
            Days::Month(MonthDays::Nth { ordinals, days }) => {
                for ordinal in ordinals.iter() {
                    intervals.extend(days.iter().map(|day| Interval {
                        month_day: Some(ordinal.as_str().to_owned()),
                        ..Interval::week_day(day)
                    }));
                }
            }
        }
        intervals
    }

    /// Reads what [`fmt::Display`] writes, such as `Weekly start=23:00:00 weekDay=Saturday`.
    pub fn from_text(text: &str) -> Result<Self, RecurrenceError> {
        let mut words = text.split(' ');
        let frequency = words.next().unwrap_or_default();
        let frequency = Frequency::parse(frequency)
            .ok_or_else(|| RecurrenceError::UnknownFrequency(frequency.to_owned()))?;
        let (mut start, mut end, mut intervals) = (None, None, Vec::new());
        for word in words {
            let mut interval = Interval::default();
            for pair in word.split(',') {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                match name {
                    "start" => start = Some(value),
                    "end" => end = Some(value),
                    "hours" => interval.hours = Some(value.to_owned()),
                    "minutes" => interval.minutes = Some(value.to_owned()),
                    "weekDay" => interval.week_day = Some(value.to_owned()),
                    "monthDay" => interval.month_day = Some(value.to_owned()),
                    _ => return Err(RecurrenceError::UnknownWord(name.to_owned())),
                }
            }
            if interval != Interval::default() {
                intervals.push(interval);
            }
        }
        Self::new(
            &Draft {
                frequency,
                start,
                end,
                intervals: &intervals,
            },
            Rules::Custom,
        )
    }
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} start={}", self.frequency, self.start)?;
        if let Some(end) = self.end {
            write!(f, " end={end}")?;
        }
        for interval in self.intervals() {
            let mut separator = ' ';
            for (name, value) in interval.parts() {
                write!(f, "{separator}{name}={value}")?;
                separator = ',';
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_schedules_are_valid_and_read_back() {
        for (name, _, text) in DEFAULT_SCHEDULES {
            let recurrence = Recurrence::from_text(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(recurrence.to_string(), *text, "{name}");
        }
    }

    #[test]
    fn every_form_reads_back_as_it_prints() {
        for text in [
            "Hourly start=18:30:00 end=23:00:00 hours=2",
            "Hourly start=00:00:00 end=00:00:00 minutes=15 weekDay=Monday weekDay=Friday",
            "Daily start=02:15:00",
            "Daily start=02:15:00 hours=24 weekDay=Sunday",
            "Daily start=06:00:00 end=18:00:00 hours=4",
            "Weekly start=18:30:00 weekDay=Sunday weekDay=Wednesday",
            "Monthly start=06:00:00 monthDay=15",
            "Monthly start=06:00:00 monthDay=1 monthDay=31 monthDay=LastDay",
            "Monthly start=06:00:00 monthDay=First,weekDay=Monday monthDay=Last,weekDay=Monday",
        ] {
            let recurrence = Recurrence::from_text(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(recurrence.to_string(), text);
        }
        for text in [
            "",
            "Yearly start=00:00:00",
            "Daily 02:15:00",
            "Daily start=02:15:00 colour=red",
        ] {
            assert!(Recurrence::from_text(text).is_err(), "{text}");
        }
    }
}
