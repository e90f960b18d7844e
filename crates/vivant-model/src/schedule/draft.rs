//! What a request says about a schedule, and what the reference allows it to say.

use std::fmt;

use super::days::LAST_DAY;
use super::{Days, Every, Frequency, MonthDays, Ordinal, Recurrence, TimeOfDay, WeekDay, WeekDays};

/// An `interval` element. Its values are text, so that what is wrong with them can be said in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// `minutes`.
    pub minutes: Option<String>,
    /// `hours`.
    pub hours: Option<String>,
    /// `weekDay`.
    pub week_day: Option<String>,
    /// `monthDay`.
    pub month_day: Option<String>,
}

impl Interval {
    pub(super) fn hours(hours: u32) -> Self {
        Self {
            hours: Some(hours.to_string()),
            ..Self::default()
        }
    }

    pub(super) fn minutes(minutes: u32) -> Self {
        Self {
            minutes: Some(minutes.to_string()),
            ..Self::default()
        }
    }

    pub(super) fn week_day(day: WeekDay) -> Self {
        Self {
            week_day: Some(day.as_str().to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn month_day(day: &str) -> Self {
        Self {
            month_day: Some(day.to_owned()),
            ..Self::default()
        }
    }

    /// The attributes that are there.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("minutes", &self.minutes),
            ("hours", &self.hours),
            ("monthDay", &self.month_day),
            ("weekDay", &self.week_day),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)))
    }
}

/// What a request says about when a schedule runs.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// `schedule/@frequency`.
    pub frequency: Frequency,
    /// `frequencyDetails/@start`.
    pub start: Option<&'a str>,
    /// `frequencyDetails/@end`.
    pub end: Option<&'a str>,
    /// `frequencyDetails/intervals/interval`.
    pub intervals: &'a [Interval],
}

/// Which reference a request is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// Schedules up to [`Rules::CUSTOM_SINCE`]: one interval of an hourly or monthly schedule; what
    /// stands in a daily one is ignored.
    Server,
    /// Schedules of later versions: days of the week for hourly and daily ones, daily ones that run
    /// several times a day, several days of a month, and days such as the first Monday.
    Custom,
    /// Schedules that belong to one task: as [`Rules::Custom`], but hourly and daily ones name
    /// their days of the week.
    Task,
}

impl Rules {
    /// The first API version (3.20) that takes more than the 3.1 reference does.
    ///
    /// Tableau: with this version schedules became part of tasks; the same interval forms were
    /// then read and written for the server's schedules, too.
    pub const CUSTOM_SINCE: (u16, u16) = (3, 20);
}

/// Why a request does not say when a schedule runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecurrenceError {
    /// A frequency that is none.
    UnknownFrequency(String),
    /// A word of a stored text that is none.
    UnknownWord(String),
    /// No start.
    StartMissing,
    /// No end, where a schedule runs several times a day.
    EndMissing(Frequency),
    /// A start or an end that is not a time of day.
    BadTime {
        /// `start` or `end`.
        attribute: &'static str,
        /// What stands there.
        value: String,
    },
    /// No interval, or one without an attribute, where there must be one.
    IntervalMissing(Frequency),
    /// More intervals than there may be.
    TooManyIntervals(Frequency, usize),
    /// `hours` and `minutes`, or one of them twice.
    TwoSteps(Frequency),
    /// An attribute that a schedule of this frequency does not have.
    ForeignAttribute(Frequency, &'static str),
    /// A value that an attribute may not have.
    BadValue {
        /// `hours`, `minutes`, `weekDay` or `monthDay`.
        attribute: &'static str,
        /// What stands there.
        value: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// A task's hourly or daily schedule without a day of the week.
    WeekDayMissing(Frequency),
    /// `First` to `Last` without a day of the week, or a day of the week without them, or days
    /// of the month along with them.
    MixedMonthDays,
}

impl fmt::Display for RecurrenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFrequency(text) => write!(
                f,
                "the frequency `{text}` is unknown; it is Hourly, Daily, Weekly or Monthly"
            ),
            Self::UnknownWord(word) => write!(f, "`{word}` is not a part of a schedule"),
            Self::StartMissing => f.write_str("frequencyDetails needs a start, such as 18:30:00"),
            Self::EndMissing(frequency) => write!(
                f,
                "frequencyDetails of this schedule ({frequency}, several times a day) needs an end, such as 23:00:00"
            ),
            Self::BadTime { attribute, value } => write!(
                f,
                "the {attribute} `{value}` is not a time of day such as 18:30:00 (HH:MM:SS)"
            ),
            Self::IntervalMissing(frequency) => {
                write!(f, "a schedule of frequency {frequency} needs {}", expected(*frequency))
            }
            Self::TooManyIntervals(frequency, count) => write!(
                f,
                "a schedule of frequency {frequency} needs {}, not {count} intervals",
                expected(*frequency)
            ),
            Self::TwoSteps(frequency) => write!(
                f,
                "a schedule of frequency {frequency} has hours or minutes once, not both and not twice"
            ),
            Self::ForeignAttribute(frequency, attribute) => write!(
                f,
                "an interval of a schedule of frequency {frequency} has no {attribute}; it needs {}",
                expected(*frequency)
            ),
            Self::BadValue {
                attribute,
                value,
                expected,
            } => write!(f, "the interval's {attribute} `{value}` must be {expected}"),
            Self::WeekDayMissing(frequency) => write!(
                f,
                "the schedule of a task of frequency {frequency} needs at least one interval with a weekDay"
            ),
            Self::MixedMonthDays => f.write_str(
                "a monthly schedule has days of the month, or First to Last together with days of the week, not both",
            ),
        }
    }
}

impl std::error::Error for RecurrenceError {}

/// What the intervals of a frequency look like in the reference.
fn expected(frequency: Frequency) -> &'static str {
    match frequency {
        Frequency::Hourly => "1 interval with hours (1, 2, 4, 6, 8 or 12) or minutes (15 or 30)",
        Frequency::Daily => "no interval or 1 interval with hours (1, 2, 4, 6, 8, 12 or 24)",
        Frequency::Weekly => "1 to 7 intervals with a weekDay (Sunday to Saturday)",
        Frequency::Monthly => "an interval with a monthDay (1 to 31 or LastDay)",
    }
}

impl Recurrence {
    /// Reads what a request says, and holds it to the rules.
    pub fn new(draft: &Draft<'_>, rules: Rules) -> Result<Self, RecurrenceError> {
        let frequency = draft.frequency;
        let start = time("start", draft.start.ok_or(RecurrenceError::StartMissing)?)?;
        let parts = if rules == Rules::Server {
            classic(draft)?
        } else {
            Parts::read(draft)?
        };
        let step = parts.step(frequency, rules)?;
        let repeats = match frequency {
            Frequency::Hourly => true,
            Frequency::Daily => step.is_some_and(|step| step.seconds() < Every::Hours(24).seconds()),
            Frequency::Weekly | Frequency::Monthly => false,
        };
        // The end of a schedule that runs once a day is ignored, says the reference.
        let end = match draft.end {
            _ if !repeats => None,
            Some(end) => Some(time("end", end)?),
            None => return Err(RecurrenceError::EndMissing(frequency)),
        };
        Ok(Self {
            frequency,
            start,
            end,
            every: step,
            days: parts.days(frequency, rules)?,
        })
    }
}

fn time(attribute: &'static str, value: &str) -> Result<TimeOfDay, RecurrenceError> {
    TimeOfDay::parse(value).ok_or_else(|| RecurrenceError::BadTime {
        attribute,
        value: value.to_owned(),
    })
}

/// The intervals of a request, taken apart.
#[derive(Default)]
struct Parts {
    steps: Vec<Every>,
    week_days: WeekDays,
    dates: u32,
    last_day: bool,
    ordinals: Vec<Ordinal>,
}

/// Holds the intervals to the 3.1 reference first, which counts them.
fn classic(draft: &Draft<'_>) -> Result<Parts, RecurrenceError> {
    let (frequency, count) = (draft.frequency, draft.intervals.len());
    let most = match frequency {
        Frequency::Daily => return Ok(Parts::default()),
        Frequency::Hourly | Frequency::Monthly => 1,
        Frequency::Weekly => 7,
    };
    if count > most {
        return Err(RecurrenceError::TooManyIntervals(frequency, count));
    }
    let parts = Parts::read(draft)?;
    if frequency == Frequency::Hourly && !parts.week_days.is_empty() {
        return Err(RecurrenceError::ForeignAttribute(frequency, "weekDay"));
    }
    if let Some(ordinal) = parts.ordinals.first() {
        return Err(bad_month_day(ordinal.as_str(), "1 to 31 or LastDay"));
    }
    if frequency == Frequency::Monthly && !parts.week_days.is_empty() {
        return Err(RecurrenceError::ForeignAttribute(frequency, "weekDay"));
    }
    Ok(parts)
}

fn bad_month_day(value: &str, expected: &'static str) -> RecurrenceError {
    RecurrenceError::BadValue {
        attribute: "monthDay",
        value: value.to_owned(),
        expected,
    }
}

/// Enough for every day of a month and of a week, and few enough to look at each.
const MOST_INTERVALS: usize = 64;

impl Parts {
    fn read(draft: &Draft<'_>) -> Result<Self, RecurrenceError> {
        let frequency = draft.frequency;
        if draft.intervals.len() > MOST_INTERVALS {
            return Err(RecurrenceError::TooManyIntervals(
                frequency,
                draft.intervals.len(),
            ));
        }
        let mut parts = Self::default();
        for interval in draft.intervals {
            if interval.parts().next().is_none() {
                return Err(RecurrenceError::IntervalMissing(frequency));
            }
            for (attribute, value) in interval.parts() {
                let belongs = match frequency {
                    Frequency::Hourly => attribute != "monthDay",
                    Frequency::Daily => matches!(attribute, "hours" | "weekDay"),
                    Frequency::Weekly => attribute == "weekDay",
                    Frequency::Monthly => matches!(attribute, "monthDay" | "weekDay"),
                };
                if !belongs {
                    return Err(RecurrenceError::ForeignAttribute(frequency, attribute));
                }
                parts.take(attribute, value)?;
            }
        }
        Ok(parts)
    }

    fn take(&mut self, attribute: &'static str, value: &str) -> Result<(), RecurrenceError> {
        let bad = |expected| RecurrenceError::BadValue {
            attribute,
            value: value.to_owned(),
            expected,
        };
        match attribute {
            // Tableau: clients in Python send hours as 4.0.
            "hours" => match value.strip_suffix(".0").unwrap_or(value).parse() {
                Ok(hours @ (1 | 2 | 4 | 6 | 8 | 12 | 24)) => self.steps.push(Every::Hours(hours)),
                _ => return Err(bad("1, 2, 4, 6, 8 or 12")),
            },
            "minutes" => match value.parse() {
                Ok(minutes @ (15 | 30 | 60)) => self.steps.push(Every::Minutes(minutes)),
                _ => return Err(bad("15 or 30")),
            },
            "weekDay" => {
                let day = WeekDay::parse(value).ok_or_else(|| bad("a day from Sunday to Saturday"))?;
                self.week_days.insert(day);
            }
            _ => {
                // Tableau: clients put the day of `First Monday` in a monthDay of its own.
                if let Some(day) = WeekDay::parse(value) {
                    self.week_days.insert(day);
                } else if let Some(ordinal) = Ordinal::parse(value) {
                    self.ordinals.push(ordinal);
                } else if value == LAST_DAY {
                    self.last_day = true;
                } else {
                    match value.parse::<u32>() {
                        Ok(day @ 1..=31) => self.dates |= 1 << day,
                        _ => return Err(bad("1 to 31 or LastDay")),
                    }
                }
            }
        }
        Ok(())
    }

    fn step(&self, frequency: Frequency, rules: Rules) -> Result<Option<Every>, RecurrenceError> {
        let step = match *self.steps.as_slice() {
            [] if frequency == Frequency::Hourly => return Err(RecurrenceError::IntervalMissing(frequency)),
            [] => None,
            [step] => Some(step),
            _ => return Err(RecurrenceError::TwoSteps(frequency)),
        };
        match step {
            Some(Every::Hours(24)) if rules == Rules::Server => Err(RecurrenceError::BadValue {
                attribute: "hours",
                value: "24".to_owned(),
                expected: "1, 2, 4, 6, 8 or 12",
            }),
            Some(Every::Minutes(60)) if rules == Rules::Server => Err(RecurrenceError::BadValue {
                attribute: "minutes",
                value: "60".to_owned(),
                expected: "15 or 30",
            }),
            step => Ok(step),
        }
    }

    fn days(&self, frequency: Frequency, rules: Rules) -> Result<Days, RecurrenceError> {
        match frequency {
            Frequency::Monthly => self.month_days().map(Days::Month),
            Frequency::Weekly if self.week_days.is_empty() => {
                Err(RecurrenceError::IntervalMissing(frequency))
            }
            _ if !self.week_days.is_empty() => Ok(Days::Week(self.week_days)),
            _ if rules == Rules::Task => Err(RecurrenceError::WeekDayMissing(frequency)),
            _ => Ok(Days::All),
        }
    }

    fn month_days(&self) -> Result<MonthDays, RecurrenceError> {
        let dates = self.dates != 0 || self.last_day;
        let nth = !self.ordinals.is_empty();
        match (dates, nth, !self.week_days.is_empty()) {
            (false, false, false) => Err(RecurrenceError::IntervalMissing(Frequency::Monthly)),
            (true, false, false) => Ok(MonthDays::Dates {
                days: self.dates,
                last: self.last_day,
            }),
            (false, true, true) => Ok(MonthDays::Nth {
                ordinals: self.ordinals.iter().copied().collect(),
                days: self.week_days,
            }),
            _ => Err(RecurrenceError::MixedMonthDays),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a frequency, times and intervals such as `Hourly 18:30:00 23:00:00 hours=2 weekDay=Monday`;
    /// `-` is no time.
    fn read(text: &str, rules: Rules) -> Result<String, RecurrenceError> {
        let mut words = text.split(' ');
        let frequency = Frequency::parse(words.next().expect("a frequency")).expect("a known frequency");
        let mut time = || words.next().filter(|time| *time != "-");
        let (start, end) = (time(), time());
        let intervals: Vec<Interval> = words
            .map(|word| {
                let mut interval = Interval::default();
                for pair in word.split(',').filter(|pair| !pair.is_empty()) {
                    let (name, value) = pair.split_once('=').expect("an attribute");
                    let field = match name {
                        "hours" => &mut interval.hours,
                        "minutes" => &mut interval.minutes,
                        "weekDay" => &mut interval.week_day,
                        "monthDay" => &mut interval.month_day,
                        _ => panic!("{name}"),
                    };
                    *field = Some(value.to_owned());
                }
                interval
            })
            .collect();
        let draft = Draft {
            frequency,
            start,
            end,
            intervals: &intervals,
        };
        Recurrence::new(&draft, rules).map(|recurrence| recurrence.to_string())
    }

    fn check(text: &str, rules: Rules, expected: &str) {
        assert_eq!(read(text, rules).as_deref(), Ok(expected), "{text}");
    }

    fn check_error(text: &str, rules: Rules, expected: RecurrenceError) {
        assert_eq!(read(text, rules), Err(expected), "{text}");
    }

    #[test]
    fn the_examples_of_the_reference_are_taken() {
        for rules in [Rules::Server, Rules::Custom] {
            for hours in [1, 2, 4, 6, 8, 12] {
                check(
                    &format!("Hourly 18:30:00 23:00:00 hours={hours}"),
                    rules,
                    &format!("Hourly start=18:30:00 end=23:00:00 hours={hours}"),
                );
            }
            for minutes in [15, 30] {
                check(
                    &format!("Hourly 18:30:00 23:00:00 minutes={minutes}"),
                    rules,
                    &format!("Hourly start=18:30:00 end=23:00:00 minutes={minutes}"),
                );
            }
            check("Daily 02:15:00 -", rules, "Daily start=02:15:00");
            check(
                "Weekly 18:30:00 - weekDay=Wednesday weekDay=Sunday",
                rules,
                "Weekly start=18:30:00 weekDay=Sunday weekDay=Wednesday",
            );
            for day in ["1", "15", "31", "LastDay"] {
                check(
                    &format!("Monthly 06:00:00 - monthDay={day}"),
                    rules,
                    &format!("Monthly start=06:00:00 monthDay={day}"),
                );
            }
        }
    }

    #[test]
    fn what_the_reference_ignores_is_ignored() {
        check(
            "Daily 02:15:00 04:00:00 hours=5 monthDay=99",
            Rules::Server,
            "Daily start=02:15:00",
        );
        check(
            "Weekly 02:15:00 noon weekDay=Monday",
            Rules::Server,
            "Weekly start=02:15:00 weekDay=Monday",
        );
    }

    #[test]
    fn each_slip_has_its_error() {
        use Frequency::*;
        use RecurrenceError::*;
        let value = |attribute, value: &str, expected| BadValue {
            attribute,
            value: value.to_owned(),
            expected,
        };
        let time = |attribute, value: &str| BadTime {
            attribute,
            value: value.to_owned(),
        };
        for rules in [Rules::Server, Rules::Custom, Rules::Task] {
            check_error("Daily - -", rules, StartMissing);
            check_error("Daily noon -", rules, time("start", "noon"));
            check_error("Hourly 01:00:00 02:00:00 ,", rules, IntervalMissing(Hourly));
            check_error("Hourly 01:00:00 - hours=2", rules, EndMissing(Hourly));
            check_error("Hourly 01:00:00 2 hours=2", rules, time("end", "2"));
            check_error("Hourly 01:00:00 02:00:00", rules, IntervalMissing(Hourly));
            check_error(
                "Hourly 01:00:00 02:00:00 hours=1,minutes=15",
                rules,
                TwoSteps(Hourly),
            );
            check_error(
                "Hourly 01:00:00 02:00:00 hours=3",
                rules,
                value("hours", "3", "1, 2, 4, 6, 8 or 12"),
            );
            check_error(
                "Hourly 01:00:00 02:00:00 minutes=20",
                rules,
                value("minutes", "20", "15 or 30"),
            );
            check_error(
                "Hourly 01:00:00 02:00:00 monthDay=1",
                rules,
                ForeignAttribute(Hourly, "monthDay"),
            );
            check_error("Weekly 01:00:00 -", rules, IntervalMissing(Weekly));
            check_error(
                "Weekly 01:00:00 - weekDay=Mon",
                rules,
                value("weekDay", "Mon", "a day from Sunday to Saturday"),
            );
            check_error(
                "Weekly 01:00:00 - hours=1",
                rules,
                ForeignAttribute(Weekly, "hours"),
            );
            check_error("Monthly 01:00:00 -", rules, IntervalMissing(Monthly));
            for day in ["0", "32", "-1", "Lastday", "x"] {
                check_error(
                    &format!("Monthly 01:00:00 - monthDay={day}"),
                    rules,
                    value("monthDay", day, "1 to 31 or LastDay"),
                );
            }
            check_error(
                "Monthly 01:00:00 - minutes=15",
                rules,
                ForeignAttribute(Monthly, "minutes"),
            );
        }
    }

    #[test]
    fn the_old_reference_counts_intervals() {
        use Frequency::*;
        use RecurrenceError::*;
        let rules = Rules::Server;
        check_error(
            "Hourly 01:00:00 02:00:00 hours=1 hours=2",
            rules,
            TooManyIntervals(Hourly, 2),
        );
        check_error(
            "Monthly 01:00:00 - monthDay=1 monthDay=2",
            rules,
            TooManyIntervals(Monthly, 2),
        );
        let eight = " weekDay=Monday".repeat(8);
        check_error(
            &format!("Weekly 01:00:00 -{eight}"),
            rules,
            TooManyIntervals(Weekly, 8),
        );
        check_error(
            "Hourly 01:00:00 02:00:00 hours=1,weekDay=Monday",
            rules,
            ForeignAttribute(Hourly, "weekDay"),
        );
        check_error(
            "Monthly 01:00:00 - monthDay=First,weekDay=Monday",
            rules,
            BadValue {
                attribute: "monthDay",
                value: "First".to_owned(),
                expected: "1 to 31 or LastDay",
            },
        );
        check_error(
            "Hourly 01:00:00 02:00:00 hours=24",
            rules,
            BadValue {
                attribute: "hours",
                value: "24".to_owned(),
                expected: "1, 2, 4, 6, 8 or 12",
            },
        );
    }

    #[test]
    fn later_versions_take_more() {
        for rules in [Rules::Custom, Rules::Task] {
            check(
                "Hourly 06:00:00 18:00:00 hours=1 weekDay=Monday weekDay=Friday",
                rules,
                "Hourly start=06:00:00 end=18:00:00 hours=1 weekDay=Monday weekDay=Friday",
            );
            check(
                "Daily 06:00:00 18:00:00 hours=4 weekDay=Monday",
                rules,
                "Daily start=06:00:00 end=18:00:00 hours=4 weekDay=Monday",
            );
            check(
                "Daily 06:00:00 18:00:00 hours=24.0 weekDay=Monday",
                rules,
                "Daily start=06:00:00 hours=24 weekDay=Monday",
            );
            check(
                "Monthly 06:00:00 - monthDay=2 monthDay=1 monthDay=LastDay",
                rules,
                "Monthly start=06:00:00 monthDay=1 monthDay=2 monthDay=LastDay",
            );
            // One element for both, as the schema has it, and one for each, as clients send it.
            for intervals in ["monthDay=First,weekDay=Monday", "monthDay=First monthDay=Monday"] {
                check(
                    &format!("Monthly 06:00:00 - {intervals}"),
                    rules,
                    "Monthly start=06:00:00 monthDay=First,weekDay=Monday",
                );
            }
            for intervals in [
                "monthDay=First",
                "monthDay=Monday",
                "monthDay=1 monthDay=First monthDay=Monday",
            ] {
                check_error(
                    &format!("Monthly 06:00:00 - {intervals}"),
                    rules,
                    RecurrenceError::MixedMonthDays,
                );
            }
            check_error(
                "Daily 06:00:00 - hours=4 weekDay=Monday",
                rules,
                RecurrenceError::EndMissing(Frequency::Daily),
            );
        }
        check(
            "Hourly 06:00:00 18:00:00 hours=1",
            Rules::Custom,
            "Hourly start=06:00:00 end=18:00:00 hours=1",
        );
        for text in ["Hourly 06:00:00 18:00:00 hours=1", "Daily 06:00:00 -"] {
            let frequency = Frequency::parse(text.split(' ').next().unwrap_or_default());
            check_error(
                text,
                Rules::Task,
                RecurrenceError::WeekDayMissing(frequency.expect("a frequency")),
            );
        }
    }

    #[test]
    fn a_flood_of_intervals_is_refused() {
        let many = " weekDay=Monday".repeat(MOST_INTERVALS + 1);
        check_error(
            &format!("Weekly 01:00:00 -{many}"),
            Rules::Custom,
            RecurrenceError::TooManyIntervals(Frequency::Weekly, MOST_INTERVALS + 1),
        );
    }
}
