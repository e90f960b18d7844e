//! Days and moments of the proleptic Gregorian calendar, without time zones and without a clock.
//!
//! A [`Date`] counts days and a [`DateTime`] counts microseconds, both from 1970-01-01.
//! Both cover the years -4712 to 294246, so that a date always has a midnight; arithmetic that
//! leaves this range gives `None`.

use std::fmt;

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;
/// Microseconds in a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Microseconds in an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Microseconds in a day.
pub const DAY: i64 = 24 * HOUR;

/// The first and the last day that exist, counted from 1970-01-01.
const DAYS: std::ops::RangeInclusive<i64> = -2_440_550..=106_751_990;

/// A calendar day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(i32);

/// A day and a time of day, to the microsecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DateTime(i64);

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Weekday {
    /// The first day in the product's numbering.
    Sunday,
    /// The first day of ISO weeks.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday; an ISO week belongs to the year of its Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
}

impl Weekday {
    /// The days from Sunday to Saturday.
    pub const ALL: [Weekday; 7] = [
        Weekday::Sunday,
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
    ];

    /// Gives the English name in lower case, as formulas write it.
    pub fn as_str(self) -> &'static str {
        [
            "sunday",
            "monday",
            "tuesday",
            "wednesday",
            "thursday",
            "friday",
            "saturday",
        ][self as usize]
    }

    /// Finds a day by its English name, in any letter case.
    pub fn from_name(name: &str) -> Option<Weekday> {
        Weekday::ALL
            .into_iter()
            .find(|day| day.as_str().eq_ignore_ascii_case(name.trim()))
    }

    /// Counts the days from `start` to this day, going forward: 0 to 6.
    pub fn days_after(self, start: Weekday) -> i64 {
        (self as i64 - start as i64).rem_euclid(7)
    }
}

impl Date {
    /// 1900-01-01, the day that number 0 stands for.
    pub const ZERO: Date = Date(-25_567);
    /// 1899-12-30, the day of a time without a date in a literal and in `MAKETIME`.
    pub const TIME_BASE: Date = Date(-25_569);

    /// Makes a day from year, month (1 to 12) and day of the month; impossible days give `None`.
    pub fn new(year: i64, month: i64, day: i64) -> Option<Date> {
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        Date::from_days(days_to(year, month)?.checked_add(day - 1)?)
    }

    /// Makes a day from year, month and day where months and days outside their usual range roll
    /// over into the neighbouring years and months.
    pub fn rolled(year: i64, month: i64, day: i64) -> Option<Date> {
        let months = year.checked_mul(12)?.checked_add(month.checked_sub(1)?)?;
        let first = days_to(months.div_euclid(12), months.rem_euclid(12) + 1)?;
        Date::from_days(first.checked_add(day.checked_sub(1)?)?)
    }

    /// Makes a day from the number of days since 1970-01-01.
    pub fn from_days(days: i64) -> Option<Date> {
        // The cast cannot cut anything off: the range fits 32 bits.
        DAYS.contains(&days).then_some(Date(days as i32))
    }

    /// Counts the days since 1970-01-01.
    pub fn days(self) -> i64 {
        i64::from(self.0)
    }

    /// Counts the days since 1900-01-01, which is what a date is worth as a number.
    pub fn serial(self) -> i64 {
        self.days() - Date::ZERO.days()
    }

    /// Gives year, month (1 to 12) and day of the month.
    pub fn ymd(self) -> (i64, i64, i64) {
        // Years that begin in March put the leap day last; 400 of them are an era.
        let shifted = self.days() + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 {
            month_from_march + 3
        } else {
            month_from_march - 9
        };
        (era * 400 + year_of_era + i64::from(month <= 2), month, day)
    }

    /// Gives the year.
    pub fn year(self) -> i64 {
        self.ymd().0
    }

    /// Gives the day of the year, from 1.
    pub fn day_of_year(self) -> i64 {
        self.days() - days_to(self.year(), 1).unwrap_or_else(|| self.days()) + 1
    }

    /// Gives the day of the week.
    pub fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday.
        Weekday::ALL[(self.days() + 4).rem_euclid(7) as usize]
    }

    /// Moves by a number of days.
    pub fn plus_days(self, days: i64) -> Option<Date> {
        Date::from_days(self.days().checked_add(days)?)
    }

    /// Moves by a number of months; the day of the month is cut to the length of the new month.
    pub fn plus_months(self, months: i64) -> Option<Date> {
        let (year, month, day) = self.ymd();
        let total = year
            .checked_mul(12)?
            .checked_add(month - 1)?
            .checked_add(months)?;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        Date::new(year, month, day.min(days_in_month(year, month)))
    }

    /// Gives the ISO year and week (1 to 53): weeks begin on Monday and belong to the year of their
    /// Thursday.
    pub fn iso_week(self) -> (i64, i64) {
        let thursday = self.days() + 3 - self.weekday().days_after(Weekday::Monday);
        // A Thursday outside the range of dates differs from its neighbours only in the year.
        let thursday = Date::from_days(thursday).unwrap_or(self);
        (thursday.year(), (thursday.day_of_year() - 1) / 7 + 1)
    }

    /// Gives the Monday of ISO week 1 of a year.
    pub fn iso_year_start(year: i64) -> Option<Date> {
        let january_4 = Date::new(year, 1, 4)?;
        january_4.plus_days(-january_4.weekday().days_after(Weekday::Monday))
    }

    /// Gives the day's first moment.
    pub fn midnight(self) -> DateTime {
        DateTime(self.days() * DAY)
    }
}

impl DateTime {
    /// Makes a moment from the microseconds since 1970-01-01 00:00.
    pub fn from_micros(micros: i64) -> Option<DateTime> {
        DAYS.contains(&micros.div_euclid(DAY)).then_some(DateTime(micros))
    }

    /// Makes a moment from a day and the microseconds since its midnight, which may exceed a day.
    pub fn new(date: Date, time: i64) -> Option<DateTime> {
        date.midnight().plus_micros(time)
    }

    /// Counts the microseconds since 1970-01-01 00:00.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Gives the day.
    pub fn date(self) -> Date {
        // The constructor keeps the day within the range of dates.
        Date(self.0.div_euclid(DAY) as i32)
    }

    /// Gives the microseconds since midnight.
    pub fn time(self) -> i64 {
        self.0.rem_euclid(DAY)
    }

    /// Moves by a number of microseconds.
    pub fn plus_micros(self, micros: i64) -> Option<DateTime> {
        DateTime::from_micros(self.0.checked_add(micros)?)
    }

    /// Counts the days since 1900-01-01 with the fraction of the day.
    pub fn serial(self) -> f64 {
        let micros = self.0 - Date::ZERO.midnight().0;
        // Whole days first: the fraction keeps more digits than one large quotient would.
        micros.div_euclid(DAY) as f64 + micros.rem_euclid(DAY) as f64 / DAY as f64
    }

    /// Makes a moment from days since 1900-01-01, rounded to the microsecond.
    pub fn from_serial(days: f64) -> Option<DateTime> {
        Date::ZERO.midnight().plus_serial(days)
    }

    /// Moves by a number of days with a fraction, rounded to the microsecond.
    pub fn plus_serial(self, days: f64) -> Option<DateTime> {
        let whole = days.floor();
        if !(-1e9..1e9).contains(&whole) {
            return None;
        }
        let fraction = ((days - whole) * DAY as f64).round() as i64;
        self.plus_micros((whole as i64).checked_mul(DAY)?.checked_add(fraction)?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        if year < 0 {
            return write!(out, "-{:04}-{month:02}-{day:02}", -year);
        }
        write!(out, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time();
        let (hour, minute, second) = (time / HOUR, time / MINUTE % 60, time / SECOND % 60);
        write!(out, "{} {hour:02}:{minute:02}:{second:02}", self.date())?;
        match time % SECOND {
            0 => Ok(()),
            fraction => write!(out, ".{fraction:06}"),
        }
    }
}

/// Tells the number of days of a month from 1 to 12.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts the days from 1970-01-01 to the first of a month from 1 to 12.
fn days_to(year: i64, month: i64) -> Option<i64> {
    if !(-10_000_000..=10_000_000).contains(&year) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * month_from_march + 2) / 5;
    Some(era * 146_097 + 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_eight_centuries_reads_back() {
        let mut expected = Date::new(1600, 1, 1).unwrap();
        for year in 1600..2400 {
            for month in 1..=12 {
                for day in 1..=days_in_month(year, month) {
                    let date = Date::new(year, month, day).unwrap();
                    assert_eq!(date, expected);
                    assert_eq!(date.ymd(), (year, month, day));
                    expected = expected.plus_days(1).unwrap();
                }
            }
        }
        assert_eq!(Date::new(1900, 1, 1), Some(Date::ZERO));
        assert_eq!(Date::new(1899, 12, 30), Some(Date::TIME_BASE));
    }

    #[test]
    fn the_range_ends_where_midnights_do() {
        let first = Date::from_days(*DAYS.start()).unwrap();
        let last = Date::from_days(*DAYS.end()).unwrap();
        assert_eq!(first.ymd(), (-4712, 1, 1));
        assert_eq!(last.to_string(), "294247-01-09");
        assert!(last.plus_days(1).is_none());
        assert!(last.midnight().plus_micros(DAY - 1).is_some());
        assert!(last.midnight().plus_micros(DAY).is_none());
        assert_eq!(first.midnight().date(), first);
        for days in [i64::MAX, i64::MIN] {
            assert!(first.plus_days(days).is_none() && first.plus_months(days).is_none());
            assert!(Date::rolled(days, days, days).is_none());
        }
        assert!(last.midnight().plus_micros(i64::MAX).is_none());
        assert!(first.midnight().plus_micros(i64::MIN).is_none());
        assert!(first.iso_week().1 >= 1 && last.iso_week().1 >= 1);
    }

    #[test]
    fn weeks_follow_iso() {
        let iso = |year, month, day| Date::new(year, month, day).unwrap().iso_week();
        assert_eq!(iso(2021, 1, 3), (2020, 53));
        assert_eq!(iso(2024, 12, 30), (2025, 1));
        assert_eq!(iso(2000, 1, 1), (1999, 52));
        assert_eq!(Date::iso_year_start(2015).unwrap().to_string(), "2014-12-29");
    }

    #[test]
    fn serials_keep_the_fraction() {
        let noon = DateTime::from_serial(38_090.5).unwrap();
        assert_eq!(noon.to_string(), "2004-04-15 12:00:00");
        assert_eq!(noon.serial(), 38_090.5);
        assert_eq!(
            DateTime::from_serial(-0.25).unwrap().to_string(),
            "1899-12-31 18:00:00"
        );
        assert!(DateTime::from_serial(f64::NAN).is_none() && DateTime::from_serial(1e300).is_none());
    }
}
