//! Schedules of every kind, tried on seeded random ones against a walk minute by minute.
//!
//! The walk knows one thing of time zones: what a clock shows at an instant.
//! A minute of the clock is reached when the clock first shows it or anything later.
//! A failure prints the schedule; the generator is deterministic, so it fails again.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use vivant_model::schedule::{Recurrence, Zone};

/// A small generator of pseudo-random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

const WEEK: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];
const NTH: [&str; 6] = ["First", "Second", "Third", "Fourth", "Fifth", "Last"];

/// A zone and a time shortly before its clocks change: by an hour, by half an hour, at midnight, by a
/// whole day, or never.
const PLACES: [(&str, &str); 12] = [
    ("UTC", "2024-02-27T00:00:00Z"),
    ("Europe/Berlin", "2024-03-29T00:00:00Z"),
    ("Europe/Berlin", "2024-10-25T00:00:00Z"),
    ("America/Los_Angeles", "2016-03-11T00:00:00Z"),
    ("America/Los_Angeles", "2016-11-04T00:00:00Z"),
    ("Australia/Lord_Howe", "2024-04-05T00:00:00Z"),
    ("Australia/Lord_Howe", "2024-10-04T00:00:00Z"),
    ("Pacific/Apia", "2011-12-28T00:00:00Z"),
    ("America/Sao_Paulo", "2018-11-02T00:00:00Z"),
    ("America/Sao_Paulo", "2018-02-16T00:00:00Z"),
    ("Asia/Kathmandu", "1985-12-30T00:00:00Z"),
    ("Africa/Cairo", "2024-04-25T00:00:00Z"),
];

/// A schedule as the walk sees it.
struct Plan {
    text: String,
    start: i32,
    /// The minutes between runs and how long the window is, both from the start.
    step: i32,
    length: i32,
    week_days: Vec<usize>,
    month_days: Vec<usize>,
    last_day: bool,
    nth: Vec<(usize, usize)>,
}

impl Plan {
    fn random(random: &mut Random) -> Self {
        let start = match random.below(3) {
            0 => random.below(24) as i32 * 60,
            1 => 60 + random.below(150) as i32,
            _ => random.below(1440) as i32,
        };
        let mut plan = Self {
            text: String::new(),
            start,
            step: 1,
            length: 0,
            week_days: Vec::new(),
            month_days: Vec::new(),
            last_day: false,
            nth: Vec::new(),
        };
        let clock = |minutes: i32| format!("{:02}:{:02}:00", minutes / 60 % 24, minutes % 60);
        let begin = |frequency: &str| format!("{frequency} start={}", clock(start));
        match random.below(6) {
            0 | 1 => {
                let (word, step) = random.pick(&[
                    ("minutes=15", 15),
                    ("minutes=30", 30),
                    ("hours=1", 60),
                    ("hours=4", 240),
                    ("hours=12", 720),
                ]);
                let window = 1 + random.below(1440) as i32;
                plan.text = format!("{} end={} {word}", begin("Hourly"), clock(start + window));
                // A window around the clock leaves its end to the next day.
                (plan.step, plan.length) = (step, if window == 1440 { 1440 - step } else { window });
                if random.below(2) == 0 {
                    plan.some_week_days(random);
                }
            }
            2 => plan.text = begin("Daily"),
            3 => {
                plan.text = begin("Weekly");
                plan.some_week_days(random);
            }
            4 => {
                plan.text = begin("Monthly");
                for _ in 0..=random.below(3) {
                    let day = 1 + random.below(31);
                    plan.month_days.push(day);
                    plan.text += &format!(" monthDay={day}");
                }
                if random.below(3) == 0 {
                    plan.last_day = true;
                    plan.text += " monthDay=LastDay";
                }
            }
            _ => {
                plan.text = begin("Monthly");
                let (nth, day) = (random.below(6), random.below(7));
                plan.nth.push((nth, day));
                plan.text += &format!(" monthDay={},weekDay={}", NTH[nth], WEEK[day]);
            }
        }
        plan
    }

    fn some_week_days(&mut self, random: &mut Random) {
        for _ in 0..=random.below(3) {
            let day = random.below(7);
            self.week_days.push(day);
            self.text += &format!(" weekDay={}", WEEK[day]);
        }
    }

    /// Whether a minute of the clock is one of the schedule's.
    fn has(&self, minute: DateTime) -> bool {
        (0..2).any(|days_before| {
            let day = minute.date() - days_before.days();
            let since_midnight = i32::from(minute.hour()) * 60 + i32::from(minute.minute());
            let into = since_midnight + days_before * 1440 - self.start;
            (0..=self.length).contains(&into) && into % self.step == 0 && self.has_day(day)
        })
    }

    fn has_day(&self, day: jiff::civil::Date) -> bool {
        let week_day = day.weekday().to_sunday_zero_offset() as usize;
        if !self.nth.is_empty() {
            // Counted day by day, forwards and backwards.
            let same = |d: &jiff::civil::Date| d.weekday() == day.weekday() && d.month() == day.month();
            let before = (1..31).map(|n| day - n.days()).filter(same).count();
            let after = (1..31).map(|n| day + n.days()).filter(same).count();
            return self
                .nth
                .iter()
                .any(|&(nth, d)| d == week_day && (nth == before || (nth == 5 && after == 0)));
        }
        if !self.month_days.is_empty() || self.last_day {
            return self.month_days.contains(&(day.day() as usize))
                || (self.last_day && (day + 1.days()).month() != day.month());
        }
        self.week_days.is_empty() || self.week_days.contains(&week_day)
    }
}

/// The instants of a schedule's runs, found by looking at the clock every minute.
fn walk(plan: &Plan, zone: &TimeZone, from: Timestamp, minutes: i64) -> Vec<i64> {
    let shown = |at: Timestamp| zone.to_datetime(at);
    let mut latest = shown(from);
    let mut runs = Vec::new();
    for n in 1..=minutes {
        let at = from + (n * 60).seconds();
        let now = shown(at);
        let mut due = false;
        while latest < now {
            latest += 1.minute();
            due |= plan.has(latest);
        }
        if due {
            runs.push(at.as_millisecond());
        }
    }
    runs
}

#[test]
fn runs_are_those_of_a_walk_by_the_minute() {
    let mut random = Random(0x5eed_0001);
    let mut seen = 0;
    for round in 0..96 {
        let (place, from) = PLACES[round % PLACES.len()];
        let zone = Zone::find(place).expect("a zone");
        let clock = TimeZone::get(place).expect("a zone");
        let from: Timestamp = from.parse().expect("a time");
        let plan = Plan::random(&mut random);
        let recurrence = Recurrence::from_text(&plan.text).unwrap_or_else(|e| panic!("{}: {e}", plan.text));
        let days = if plan.text.starts_with("Monthly") { 33 } else { 8 };
        let expected = walk(&plan, &clock, from, days * 1440);

        let end = from.as_millisecond() + days * 86_400_000;
        let mut runs = Vec::new();
        let mut at = from.as_millisecond();
        while let Some(run) = recurrence.next_run(&zone, at) {
            assert!(run > at, "{recurrence} in {zone} goes back");
            if run > end {
                break;
            }
            runs.push(run);
            at = run;
        }
        assert_eq!(runs, expected, "{recurrence} in {zone} after {from}");
        seen += runs.len();
    }
    assert!(seen > 2_000, "only {seen} runs");
}

#[test]
fn the_next_run_does_not_depend_on_when_one_asks() {
    let mut random = Random(0x5eed_0002);
    for round in 0..2000 {
        let (place, from) = PLACES[round % PLACES.len()];
        let zone = Zone::find(place).expect("a zone");
        let plan = Plan::random(&mut random);
        let recurrence = Recurrence::from_text(&plan.text).unwrap_or_else(|e| panic!("{}: {e}", plan.text));
        let from =
            from.parse::<Timestamp>().expect("a time").as_millisecond() + random.below(5 * 86_400_000) as i64;
        let run = recurrence.next_run(&zone, from).expect("a run");
        assert!(run > from, "{recurrence}");
        assert_eq!(run % 60_000, 0, "{recurrence} runs on the minute");
        // Any question before the run has the same answer; one at it or after it has a later one.
        let between = from + random.below((run - from) as usize) as i64;
        assert_eq!(recurrence.next_run(&zone, between), Some(run), "{recurrence}");
        assert!(
            recurrence.next_run(&zone, run).expect("another run") > run,
            "{recurrence}"
        );
        assert_eq!(
            Recurrence::from_text(&recurrence.to_string()),
            Ok(recurrence),
            "{recurrence}"
        );
    }
}
