//! When a schedule runs next.
//!
//! Times of day are those of the server's time zone, and clocks change:
//! a time that does not exist on a day runs at the first instant after the gap, together with all
//! others that fall into it; a time that exists twice runs once, the first time.
//! So a schedule for every 15 minutes rests for an hour when clocks are set back, and no run of a
//! day is lost or doubled.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{Days, Every, Recurrence, TimeOfDay, WeekDay};

/// A time zone of the IANA database.
///
/// The database is part of the program, so that every node of a server computes the same times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// No time zone has this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownZone(String);

impl fmt::Display for UnknownZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "there is no time zone `{}`; give a name such as Europe/Berlin or UTC",
            self.0
        )
    }
}

impl std::error::Error for UnknownZone {}

impl Zone {
    /// Universal time.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// Finds a time zone by its name, such as `Europe/Berlin`.
    pub fn find(name: &str) -> Result<Self, UnknownZone> {
        TimeZoneDatabase::bundled()
            .get(name)
            .map(Self)
            .map_err(|_| UnknownZone(name.to_owned()))
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the zone's clocks show at an instant, as milliseconds since they showed 1970-01-01T00:00:00.
    pub fn local(&self, instant: i64) -> Option<i64> {
        let instant = Timestamp::from_millisecond(instant).ok()?;
        let shown = self.0.to_datetime(instant).to_zoned(TimeZone::UTC).ok()?;
        Some(shown.timestamp().as_millisecond())
    }

    /// The instant of a local time; the first of two, and the end of the gap where there is none.
    fn instant(&self, local: DateTime) -> Option<Timestamp> {
        match self.0.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
            AmbiguousOffset::Gap { before, .. } => {
                // By the clock that was not set forward, this is at or after the change.
                let late = before.to_timestamp(local).ok()? + SignedDuration::from_secs(1);
                self.0.preceding(late).next().map(|change| change.timestamp())
            }
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// More days than there ever are between two runs: the fifth Monday of a month may be 14 weeks away.
const LONGEST_WAIT: u32 = 400;

impl Recurrence {
    /// Returns the first run after an instant, both in milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// There is none when the calendar ends, in the year 9999.
    pub fn next_run(&self, zone: &Zone, after: i64) -> Option<i64> {
        let instant = Timestamp::from_millisecond(after).ok()?;
        // The run may be the last of a window that began the day before, on a day that clocks skip.
        let mut day = zone.0.to_datetime(instant).date();
        day = day.checked_sub(2.days()).unwrap_or(day);
        for _ in 0..LONGEST_WAIT {
            if self.runs_on(day) {
                for local in self.runs_of(day) {
                    let run = zone.instant(local)?.as_millisecond();
                    if run > after {
                        return Some(run);
                    }
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// Returns whether the first run of a day is on this one.
    fn runs_on(&self, day: Date) -> bool {
        let week_day = WeekDay::ALL[day.weekday().to_sunday_zero_offset() as usize];
        match self.days {
            Days::All => true,
            Days::Week(days) => days.contains(week_day),
            Days::Month(days) => days.contains(
                day.day() as u32,
                week_day,
                u32::from(day.days_in_month().unsigned_abs()),
            ),
        }
    }

    /// The runs that begin on a day, in order. Those past midnight are on the next.
    fn runs_of(&self, day: Date) -> impl Iterator<Item = DateTime> {
        let start = self.start.seconds();
        let (step, last) = match (self.every, self.end) {
            (Some(every), Some(end)) => (every.seconds(), last_of_window(start, end, every)),
            _ => (1, start),
        };
        let midnight = day.to_datetime(Time::midnight());
        (start..=last)
            .step_by(step as usize)
            .map_while(move |seconds| midnight.checked_add(i64::from(seconds).seconds()).ok())
    }
}

/// The latest second of a window, counted from the midnight before it begins.
fn last_of_window(start: u32, end: TimeOfDay, every: Every) -> u32 {
    let end = end.seconds();
    match end.cmp(&start) {
        std::cmp::Ordering::Greater => end,
        std::cmp::Ordering::Less => end + Every::Hours(24).seconds(),
        // Once around the clock; the end is the start of the next day's window.
        std::cmp::Ordering::Equal => start + Every::Hours(24).seconds() - every.seconds(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(text: &str) -> i64 {
        text.parse::<Timestamp>()
            .unwrap_or_else(|e| panic!("{text}: {e}"))
            .as_millisecond()
    }

    /// The runs that follow an instant, in local time.
    fn check(recurrence: &str, zone: &str, after: &str, expected: &[&str]) {
        let recurrence = Recurrence::from_text(recurrence).unwrap_or_else(|e| panic!("{recurrence}: {e}"));
        let zone = Zone::find(zone).expect("a zone");
        let mut at = millis(after);
        let mut runs = Vec::new();
        for _ in expected {
            at = recurrence.next_run(&zone, at).expect("another run");
            let run = Timestamp::from_millisecond(at).expect("in range");
            runs.push(zone.0.to_datetime(run).strftime("%a %F %R").to_string());
        }
        assert_eq!(runs, expected, "{recurrence} in {zone}");
    }

    #[test]
    fn the_examples_of_the_reference_run_when_it_says() {
        // Its server stands in Seattle.
        for (recurrence, after, expected) in [
            (
                "Hourly start=18:30:00 end=23:00:00 hours=2",
                "2016-05-07T01:51:19Z",
                "2016-05-07T03:30:00Z",
            ),
            (
                "Daily start=02:15:00",
                "2016-05-07T01:43:33Z",
                "2016-05-07T09:15:00Z",
            ),
            (
                "Weekly start=18:30:00 weekDay=Sunday weekDay=Wednesday",
                "2016-05-07T02:01:30Z",
                "2016-05-09T01:30:00Z",
            ),
            (
                "Weekly start=23:00:00 weekDay=Saturday",
                "2016-01-13T01:00:02Z",
                "2016-01-17T07:00:00Z",
            ),
            (
                "Monthly start=23:00:00 monthDay=LastDay",
                "2016-01-01T07:00:03Z",
                "2016-02-01T07:00:00Z",
            ),
        ] {
            let recurrence = Recurrence::from_text(recurrence).expect("a schedule");
            let zone = Zone::find("America/Los_Angeles").expect("a zone");
            let run = recurrence.next_run(&zone, millis(after));
            assert_eq!(run, Some(millis(expected)), "{recurrence}");
        }
    }

    #[test]
    fn a_run_is_after_not_at_the_instant() {
        check(
            "Daily start=06:00:00",
            "UTC",
            "2024-02-28T06:00:00Z",
            &["Thu 2024-02-29 06:00", "Fri 2024-03-01 06:00"],
        );
        check(
            "Daily start=06:00:00",
            "UTC",
            "2024-02-28T05:59:59.999Z",
            &["Wed 2024-02-28 06:00"],
        );
    }

    #[test]
    fn a_window_may_reach_past_midnight() {
        check(
            "Hourly start=22:00:00 end=02:00:00 hours=2 weekDay=Friday",
            "UTC",
            "2024-03-01T21:00:00Z",
            &[
                "Fri 2024-03-01 22:00",
                "Sat 2024-03-02 00:00",
                "Sat 2024-03-02 02:00",
                "Fri 2024-03-08 22:00",
            ],
        );
        check(
            "Hourly start=00:00:00 end=00:00:00 hours=12",
            "UTC",
            "2024-03-01T00:00:00Z",
            &[
                "Fri 2024-03-01 12:00",
                "Sat 2024-03-02 00:00",
                "Sat 2024-03-02 12:00",
            ],
        );
    }

    #[test]
    fn months_that_are_too_short_are_left_out() {
        check(
            "Monthly start=01:00:00 monthDay=31",
            "UTC",
            "2024-01-31T02:00:00Z",
            &[
                "Sun 2024-03-31 01:00",
                "Fri 2024-05-31 01:00",
                "Wed 2024-07-31 01:00",
            ],
        );
        check(
            "Monthly start=01:00:00 monthDay=LastDay",
            "UTC",
            "2024-01-31T02:00:00Z",
            &[
                "Thu 2024-02-29 01:00",
                "Sun 2024-03-31 01:00",
                "Tue 2024-04-30 01:00",
            ],
        );
        check(
            "Monthly start=01:00:00 monthDay=Fifth,weekDay=Thursday",
            "UTC",
            "2024-03-01T00:00:00Z",
            &["Thu 2024-05-30 01:00", "Thu 2024-08-29 01:00"],
        );
        check(
            "Monthly start=01:00:00 monthDay=First,weekDay=Monday monthDay=Last,weekDay=Monday",
            "UTC",
            "2024-03-01T00:00:00Z",
            &[
                "Mon 2024-03-04 01:00",
                "Mon 2024-03-25 01:00",
                "Mon 2024-04-01 01:00",
            ],
        );
    }

    #[test]
    fn a_time_that_does_not_exist_runs_after_the_gap() {
        check(
            "Daily start=02:30:00",
            "Europe/Berlin",
            "2024-03-29T12:00:00Z",
            &[
                "Sat 2024-03-30 02:30",
                "Sun 2024-03-31 03:00",
                "Mon 2024-04-01 02:30",
            ],
        );
        check(
            "Hourly start=01:30:00 end=03:30:00 minutes=30",
            "Europe/Berlin",
            "2024-03-31T00:00:00Z",
            &[
                "Sun 2024-03-31 01:30",
                "Sun 2024-03-31 03:00",
                "Sun 2024-03-31 03:30",
            ],
        );
        // Samoa went from Thursday to Saturday.
        check(
            "Daily start=09:00:00",
            "Pacific/Apia",
            "2011-12-29T12:00:00-10:00",
            &[
                "Sat 2011-12-31 00:00",
                "Sat 2011-12-31 09:00",
                "Sun 2012-01-01 09:00",
            ],
        );
    }

    #[test]
    fn a_time_that_exists_twice_runs_once() {
        check(
            "Hourly start=01:30:00 end=03:30:00 minutes=30",
            "Europe/Berlin",
            "2024-10-26T23:00:00Z",
            &[
                "Sun 2024-10-27 01:30",
                "Sun 2024-10-27 02:00",
                "Sun 2024-10-27 02:30",
                "Sun 2024-10-27 03:00",
            ],
        );
        let twice = Recurrence::from_text("Daily start=02:30:00").expect("a schedule");
        let zone = Zone::find("Europe/Berlin").expect("a zone");
        let run = twice.next_run(&zone, millis("2024-10-26T22:00:00Z"));
        assert_eq!(run, Some(millis("2024-10-27T00:30:00Z")));
        assert_eq!(
            twice.next_run(&zone, millis("2024-10-27T00:30:00Z")),
            Some(millis("2024-10-28T01:30:00Z"))
        );
    }

    #[test]
    fn the_end_of_the_calendar_is_the_end() {
        let daily = Recurrence::from_text("Daily start=02:30:00").expect("a schedule");
        for after in [i64::MIN, i64::MAX, millis("9999-12-30T21:00:00Z")] {
            assert_eq!(daily.next_run(&Zone::UTC, after), None, "{after}");
        }
        assert!(daily.next_run(&Zone::UTC, -377_705_023_201_000).is_some());
    }

    #[test]
    fn zones_have_names() {
        assert_eq!(
            Zone::find("Europe/Berlin").map(|z| z.to_string()),
            Ok("Europe/Berlin".to_owned())
        );
        assert_eq!(Zone::UTC.name(), "UTC");
        for unknown in ["", "Mars/Olympus", "CET-1CEST", "+02:00", "../etc/passwd"] {
            assert_eq!(
                Zone::find(unknown),
                Err(UnknownZone(unknown.to_owned())),
                "{unknown}"
            );
        }
    }
}
