//! Date parts: what `DATEPART`, `DATENAME`, `DATETRUNC`, `DATEADD` and `DATEDIFF` compute.

use crate::civil::{DAY, Date, DateTime, HOUR, MINUTE, SECOND, Weekday};

/// A unit in which dates are cut, named, added and counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DatePart {
    /// `year`
    Year,
    /// `quarter`
    Quarter,
    /// `month`
    Month,
    /// `dayofyear`; adds and counts as `day`.
    DayOfYear,
    /// `day`
    Day,
    /// `weekday`; adds and counts as `day`.
    Weekday,
    /// `week`; begins on a day that can be chosen.
    Week,
    /// `hour`
    Hour,
    /// `minute`
    Minute,
    /// `second`
    Second,
    /// `iso-year`
    IsoYear,
    /// `iso-quarter`; 13 weeks, the last one with the 53rd week.
    IsoQuarter,
    /// `iso-week`
    IsoWeek,
    /// `iso-weekday`; Monday is 1.
    IsoWeekday,
}

/// All parts with the names formulas use.
pub const DATE_PARTS: [(&str, DatePart); 14] = [
    ("year", DatePart::Year),
    ("quarter", DatePart::Quarter),
    ("month", DatePart::Month),
    ("dayofyear", DatePart::DayOfYear),
    ("day", DatePart::Day),
    ("weekday", DatePart::Weekday),
    ("week", DatePart::Week),
    ("hour", DatePart::Hour),
    ("minute", DatePart::Minute),
    ("second", DatePart::Second),
    ("iso-year", DatePart::IsoYear),
    ("iso-quarter", DatePart::IsoQuarter),
    ("iso-week", DatePart::IsoWeek),
    ("iso-weekday", DatePart::IsoWeekday),
];

/// The words that `DATENAME` gives for months and weekdays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateNames<'a> {
    /// January to December.
    pub months: [&'a str; 12],
    /// Sunday to Saturday.
    pub weekdays: [&'a str; 7],
}

impl DateNames<'static> {
    /// The English names.
    pub const ENGLISH: DateNames<'static> = DateNames {
        months: [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        weekdays: [
            "Sunday",
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
        ],
    };
}

impl DatePart {
    /// Finds a part by its name, in any letter case.
    pub fn from_name(name: &str) -> Option<DatePart> {
        DATE_PARTS
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name.trim()))
            .map(|(_, part)| *part)
    }

    /// Gives the name in lower case.
    pub fn as_str(self) -> &'static str {
        DATE_PARTS
            .iter()
            .find(|(_, part)| *part == self)
            .map_or("", |(name, _)| name)
    }

    /// Gives the number of the part (`DATEPART`); `week_start` matters for weeks only.
    ///
    /// Tableau: `weekday` is 1 for Sunday to 7 for Saturday whatever the start of the week; the
    /// connector tests expect the same numbers for both starts, though community pages differ.
    pub fn of(self, moment: DateTime, week_start: Weekday) -> i64 {
        let date = moment.date();
        let (year, month, day) = date.ymd();
        match self {
            DatePart::Year => year,
            DatePart::Quarter => (month + 2) / 3,
            DatePart::Month => month,
            DatePart::DayOfYear => date.day_of_year(),
            DatePart::Day => day,
            DatePart::Weekday => date.weekday() as i64 + 1,
            DatePart::Week => week_number(date, week_start),
            DatePart::Hour => moment.time() / HOUR,
            DatePart::Minute => moment.time() / MINUTE % 60,
            DatePart::Second => moment.time() / SECOND % 60,
            DatePart::IsoYear => date.iso_week().0,
            DatePart::IsoQuarter => iso_quarter(date),
            DatePart::IsoWeek => date.iso_week().1,
            DatePart::IsoWeekday => date.weekday().days_after(Weekday::Monday) + 1,
        }
    }

    /// Gives the part as text (`DATENAME`): names for months and weekdays, numbers for the rest.
    pub fn name_of(self, moment: DateTime, week_start: Weekday, names: &DateNames) -> String {
        let number = self.of(moment, week_start);
        match self {
            DatePart::Month => names.months[(number - 1) as usize].to_string(),
            DatePart::Weekday => names.weekdays[(number - 1) as usize].to_string(),
            // Tableau: the only part with a leading zero.
            DatePart::IsoWeek => format!("{number:02}"),
            _ => number.to_string(),
        }
    }

    /// Gives the first moment of the part that holds `moment` (`DATETRUNC`); `None` only at the ends
    /// of the calendar.
    pub fn truncate(self, moment: DateTime, week_start: Weekday) -> Option<DateTime> {
        let date = moment.date();
        let (year, month, _) = date.ymd();
        let start = match self {
            DatePart::Year => Date::new(year, 1, 1)?,
            DatePart::Quarter => Date::new(year, (month - 1) / 3 * 3 + 1, 1)?,
            DatePart::Month => Date::new(year, month, 1)?,
            DatePart::DayOfYear | DatePart::Day | DatePart::Weekday | DatePart::IsoWeekday => date,
            DatePart::Week => date.plus_days(-date.weekday().days_after(week_start))?,
            DatePart::IsoWeek => date.plus_days(-date.weekday().days_after(Weekday::Monday))?,
            DatePart::IsoYear => Date::iso_year_start(date.iso_week().0)?,
            DatePart::IsoQuarter => {
                Date::iso_year_start(date.iso_week().0)?.plus_days((iso_quarter(date) - 1) * 91)?
            }
            DatePart::Hour => return moment.plus_micros(-(moment.time() % HOUR)),
            DatePart::Minute => return moment.plus_micros(-(moment.time() % MINUTE)),
            DatePart::Second => return moment.plus_micros(-(moment.time() % SECOND)),
        };
        Some(start.midnight())
    }

    /// Moves by a number of parts (`DATEADD`); `None` when that leaves the calendar.
    ///
    /// Months, quarters and years cut the day to the length of the new month. An ISO year keeps week
    /// and weekday; a 53rd week falls on the last week of a shorter year.
    pub fn add(self, moment: DateTime, count: i64) -> Option<DateTime> {
        let date = moment.date();
        let micros = |unit: i64| moment.plus_micros(count.checked_mul(unit)?);
        let moved = match self {
            DatePart::Year => date.plus_months(count.checked_mul(12)?)?,
            DatePart::Quarter => date.plus_months(count.checked_mul(3)?)?,
            DatePart::Month => date.plus_months(count)?,
            DatePart::DayOfYear | DatePart::Day | DatePart::Weekday | DatePart::IsoWeekday => {
                return micros(DAY);
            }
            DatePart::Week | DatePart::IsoWeek => return micros(7 * DAY),
            DatePart::IsoQuarter => return micros(91 * DAY),
            DatePart::IsoYear => {
                let (year, week) = date.iso_week();
                let year = year.checked_add(count)?;
                let start = Date::iso_year_start(year)?;
                let weeks = (Date::iso_year_start(year.checked_add(1)?)?.days() - start.days()) / 7;
                let day = date.weekday().days_after(Weekday::Monday);
                start.plus_days((week.min(weeks) - 1) * 7 + day)?
            }
            DatePart::Hour => return micros(HOUR),
            DatePart::Minute => return micros(MINUTE),
            DatePart::Second => return micros(SECOND),
        };
        DateTime::new(moved, moment.time())
    }

    /// Counts the borders of the part that lie between two moments (`DATEDIFF`), negative when `end`
    /// comes first; `week_start` matters for weeks only.
    pub fn difference(self, start: DateTime, end: DateTime, week_start: Weekday) -> i64 {
        self.position(end, week_start) - self.position(start, week_start)
    }

    /// Numbers the parts through, so that neighbours differ by one.
    fn position(self, moment: DateTime, week_start: Weekday) -> i64 {
        let date = moment.date();
        let (year, month, _) = date.ymd();
        // 1970-01-01 was a Thursday: moving by its distance makes weeks begin at multiples of seven.
        let week = |start: Weekday| (date.days() + Weekday::Thursday.days_after(start)).div_euclid(7);
        match self {
            DatePart::Year => year,
            DatePart::Quarter => year * 4 + (month - 1) / 3,
            DatePart::Month => year * 12 + month,
            DatePart::DayOfYear | DatePart::Day | DatePart::Weekday | DatePart::IsoWeekday => date.days(),
            DatePart::Week => week(week_start),
            DatePart::IsoWeek => week(Weekday::Monday),
            DatePart::IsoYear => date.iso_week().0,
            DatePart::IsoQuarter => date.iso_week().0 * 4 + iso_quarter(date),
            DatePart::Hour => moment.micros().div_euclid(HOUR),
            DatePart::Minute => moment.micros().div_euclid(MINUTE),
            DatePart::Second => moment.micros().div_euclid(SECOND),
        }
    }
}

/// Numbers the weeks of a year: week 1 begins on January 1, the next one on the next `start`.
///
/// Tableau: this is neither the ISO week nor a count of full weeks; it runs from 1 to 54.
fn week_number(date: Date, start: Weekday) -> i64 {
    let day_of_year = date.day_of_year();
    let days_before_january_1 = (date.weekday().days_after(start) - (day_of_year - 1)).rem_euclid(7);
    (day_of_year - 1 + days_before_january_1) / 7 + 1
}

/// Numbers the ISO quarters: 13 weeks each, the 53rd week belongs to the fourth.
fn iso_quarter(date: Date) -> i64 {
    ((date.iso_week().1 - 1) / 13 + 1).min(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> DateTime {
        let mut numbers = text.split('-').map(|number| number.parse().unwrap());
        let mut next = || numbers.next().unwrap();
        Date::new(next(), next(), next()).unwrap().midnight()
    }

    #[test]
    fn weeks_are_numbered_from_january_first() {
        let check =
            |text: &str, start, expected| assert_eq!(DatePart::Week.of(day(text), start), expected, "{text}");
        check("2024-01-06", Weekday::Sunday, 1);
        check("2024-01-07", Weekday::Sunday, 2);
        check("2024-01-07", Weekday::Monday, 1);
        check("2022-01-02", Weekday::Sunday, 2);
        check("2028-12-31", Weekday::Sunday, 54);
    }

    #[test]
    fn every_part_is_found_by_its_name() {
        for (name, part) in DATE_PARTS {
            assert_eq!(DatePart::from_name(&name.to_uppercase()), Some(part));
            assert_eq!(part.as_str(), name);
        }
        assert_eq!(DatePart::from_name("fortnight"), None);
    }

    #[test]
    fn the_first_moment_of_a_part_is_where_the_count_changes() {
        // Truncation and difference must agree: no border lies between a part's start and itself, and
        // exactly one between its start and the moment before.
        for (name, part) in DATE_PARTS {
            for days in (0..4000).step_by(13) {
                let moment = day("2012-02-27")
                    .plus_micros(days * DAY + 12_345_678_901)
                    .unwrap();
                for start in Weekday::ALL {
                    let first = part.truncate(moment, start).unwrap();
                    assert!(first <= moment);
                    assert_eq!(
                        part.difference(first, moment, start),
                        0,
                        "{name} {moment} {first}"
                    );
                    let before = first.plus_micros(-1).unwrap();
                    assert_eq!(
                        part.difference(before, first, start),
                        1,
                        "{name} {moment} {first}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_53rd_week_moves_to_the_last_week_of_a_shorter_year() {
        assert_eq!(
            DatePart::IsoYear.add(day("2020-12-31"), 1),
            Some(day("2021-12-30"))
        );
    }
}
