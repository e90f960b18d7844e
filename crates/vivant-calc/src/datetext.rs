//! Dates in text: what `DATE`, `DATETIME`, `ISDATE` and date literals understand.
//!
//! The forms are those of the product under an English locale: three numbers in the order of the
//! locale, or year first when the first number has more than two digits, with any of `- / . ,` and
//! blanks between; month names, in full or by three letters; eight digits in a row in the order of
//! the locale; an optional time with `AM` or `PM`.
//! A month alone or a year alone is not a date, and day and month are never swapped to make one fit.

use crate::civil::{DAY, Date, DateTime, HOUR, MINUTE, SECOND};
use crate::datepart::DateNames;

/// The order of day, month and year in ambiguous dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DateOrder {
    /// Month, day, year, as in the United States.
    #[default]
    MonthFirst,
    /// Day, month, year.
    DayFirst,
    /// Year, month, day.
    YearFirst,
}

/// What a text says: a day, a time of day, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateText {
    /// The day, if the text has one.
    pub date: Option<Date>,
    /// The microseconds since midnight, if the text has a time; `24:00:00` is a whole day.
    pub time: Option<i64>,
}

impl DateText {
    /// Gives the moment, with a time on `base` when there is no day and midnight when there is no time.
    pub fn on(self, base: Date) -> Option<DateTime> {
        DateTime::new(self.date.unwrap_or(base), self.time.unwrap_or(0))
    }
}

/// Reads a date, a time or both; `None` if the text is neither or names an impossible day.
pub fn parse(text: &str, order: DateOrder) -> Option<DateText> {
    let mut reader = Reader { rest: text.trim() };
    if reader.rest.is_empty() {
        return None;
    }
    if let Some(time) = reader.clone().whole_time() {
        return Some(DateText {
            date: None,
            time: Some(time),
        });
    }
    let date = reader.date(order)?;
    if reader.rest.is_empty() {
        return Some(DateText {
            date: Some(date),
            time: None,
        });
    }
    let time = reader.whole_time()?;
    Some(DateText {
        date: Some(date),
        time: Some(time),
    })
}

/// One piece of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// A number and its count of digits.
    Number(i64, usize),
    /// A month from 1 to 12, by name.
    Month(i64),
}

/// Reads pieces off the front of a text.
#[derive(Debug, Clone)]
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    /// Reads a day and leaves the rest.
    fn date(&mut self, order: DateOrder) -> Option<Date> {
        let first = self.piece()?;
        if let Piece::Number(value, 8) = first {
            let (a, b, year) = (value / 1_000_000, value / 10_000 % 100, value % 10_000);
            return match order {
                // Tableau: eight digits are never year first under an English locale.
                DateOrder::MonthFirst => Date::new(year, a, b),
                DateOrder::DayFirst => Date::new(year, b, a),
                DateOrder::YearFirst => Date::new(value / 10_000, value / 100 % 100, value % 100),
            };
        }
        self.separator();
        let second = self.piece()?;
        self.separator();
        let third = self.piece()?;
        let year = |value: i64, digits: usize| if digits > 2 { value } else { two_digit_year(value) };
        match (first, second, third) {
            (Piece::Number(a, n), Piece::Number(b, m), Piece::Number(c, k)) => match order {
                _ if n > 2 => Date::new(a, b, c),
                DateOrder::MonthFirst => Date::new(year(c, k), a, b),
                DateOrder::DayFirst => Date::new(year(c, k), b, a),
                DateOrder::YearFirst => Date::new(year(a, n), b, c).filter(|_| m <= 2),
            },
            (Piece::Month(month), Piece::Number(a, n), Piece::Number(b, m))
            | (Piece::Number(a, n), Piece::Month(month), Piece::Number(b, m))
            | (Piece::Number(a, n), Piece::Number(b, m), Piece::Month(month)) => {
                if n > 2 {
                    Date::new(a, month, b)
                } else {
                    Date::new(year(b, m), month, a)
                }
            }
            _ => None,
        }
    }

    /// Reads a number of up to eight digits or the name of a month.
    fn piece(&mut self) -> Option<Piece> {
        if let Some((value, digits)) = self.number() {
            return (digits <= 8).then_some(Piece::Number(value, digits));
        }
        let word = self.word();
        month_by_name(word, &DateNames::ENGLISH).map(Piece::Month)
    }

    /// Reads digits; the value saturates for absurdly many of them.
    fn number(&mut self) -> Option<(i64, usize)> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 0 {
            return None;
        }
        let value = self.rest[..digits].parse().unwrap_or(i64::MAX);
        self.rest = &self.rest[digits..];
        Some((value, digits))
    }

    /// Reads letters.
    fn word(&mut self) -> &str {
        let length = self
            .rest
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        word
    }

    /// Skips one of `- / . ,` with blanks around it, or only blanks.
    fn separator(&mut self) {
        self.rest = self.rest.trim_start();
        self.rest = self
            .rest
            .strip_prefix(['-', '/', '.', ','])
            .unwrap_or(self.rest)
            .trim_start();
    }

    /// Reads a time to the end of the text: `14:52`, `2:52:03.5 PM`, `9AM`, `T14:52Z`.
    fn whole_time(mut self) -> Option<i64> {
        self.rest = self.rest.trim_start();
        // Tableau: a number after a complete date and a slash counts as an hour.
        let lone_hour = self.rest.strip_prefix('/').is_some();
        self.rest = self
            .rest
            .strip_prefix(['T', 't', '/', ','])
            .unwrap_or(self.rest)
            .trim_start();
        let (mut hour, digits) = self.number()?;
        if digits > 2 {
            return None;
        }
        let (mut minute, mut second, mut micros) = (None, 0, 0);
        if let Some(rest) = self.rest.strip_prefix(':') {
            self.rest = rest;
            minute = Some(self.number().filter(|(_, digits)| *digits <= 2)?.0);
            if let Some(rest) = self.rest.strip_prefix(':') {
                self.rest = rest;
                second = self.number().filter(|(_, digits)| *digits <= 2)?.0;
                if let Some(rest) = self.rest.strip_prefix('.') {
                    self.rest = rest;
                    micros = self.fraction()?;
                }
            }
        }
        self.rest = self.rest.trim_start();
        let half = match self.word().to_ascii_lowercase().as_str() {
            "am" => Some(0),
            "pm" => Some(12),
            "" => None,
            "z" if minute.is_some() => None,
            _ => return None,
        };
        match half {
            Some(half) if (0..=12).contains(&hour) => hour = hour % 12 + half,
            Some(_) => return None,
            None if minute.is_none() && !lone_hour => return None,
            None => {}
        }
        let minute = minute.unwrap_or(0);
        if !self.rest.trim().is_empty() || minute > 59 || second > 59 {
            return None;
        }
        let time = hour.checked_mul(HOUR)? + minute * MINUTE + second * SECOND + micros;
        (time <= DAY).then_some(time)
    }

    /// Reads the digits after a decimal point as microseconds; further digits are cut off.
    fn fraction(&mut self) -> Option<i64> {
        let start = self.rest;
        let (_, digits) = self.number()?;
        let text: String = start[..digits].chars().chain("000000".chars()).take(6).collect();
        text.parse().ok()
    }
}

/// Expands a year of one or two digits.
///
/// Tableau: 00 to 39 are in the 2000s here, while `DATEPARSE` draws the line at 69.
fn two_digit_year(year: i64) -> i64 {
    if year < 40 { 2000 + year } else { 1900 + year }
}

/// Finds a month by its full name or its first three letters, in any letter case.
pub(crate) fn month_by_name(word: &str, names: &DateNames) -> Option<i64> {
    let word = word.to_lowercase();
    let fits = |name: &&str| {
        let name = name.to_lowercase();
        name == word || (word.chars().count() == 3 && name.starts_with(&word))
    };
    names.months.iter().position(fits).map(|index| index as i64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match parse(text, DateOrder::MonthFirst) {
            Some(found) => found
                .on(Date::ZERO)
                .map_or("overflow".to_string(), |moment| moment.to_string()),
            None => "none".to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn numbers_follow_the_order_unless_the_year_comes_first() {
        check("2018-09-22", "2018-09-22 00:00:00");
        check("9/22/2018", "2018-09-22 00:00:00");
        check("1998/7.21", "1998-07-21 00:00:00");
        check("5/6/07", "2007-05-06 00:00:00");
        check("1/2/68", "1968-01-02 00:00:00");
        for bad in [
            "13/01/2018",
            "2018-02-30",
            "20180922",
            "2000",
            "1/2",
            "",
            "0/0/00",
            "1-2-3-4",
            "abc",
        ] {
            check(bad, "none");
        }
        let day_first = parse("13/01/2018", DateOrder::DayFirst).unwrap();
        assert_eq!(day_first.date, Date::new(2018, 1, 13));
        let year_first = parse("18/01/13", DateOrder::YearFirst).unwrap();
        assert_eq!(year_first.date, Date::new(2018, 1, 13));
    }

    #[test]
    fn months_may_be_named_in_full_or_by_three_letters() {
        check("September 22, 2018", "2018-09-22 00:00:00");
        check("22SEP18", "2018-09-22 00:00:00");
        check("April9, 1987", "1987-04-09 00:00:00");
        check("1987, Apr 9 11:22:33", "1987-04-09 11:22:33");
        for bad in ["Augus 9, 1987", "Jan 2000", "Jan Feb 2000", "Jun 31, 2005"] {
            check(bad, "none");
        }
    }

    #[test]
    fn times_come_last_or_alone() {
        check("9/22/2018 2:52:03 PM", "2018-09-22 14:52:03");
        check("2018-09-22T14:52:03.25Z", "2018-09-22 14:52:03.250000");
        check("2018-09-22 24:00:00", "2018-09-23 00:00:00");
        check("May 4, 1999 08:15am", "1999-05-04 08:15:00");
        check("12:30", "1900-01-01 12:30:00");
        for bad in [
            "2018-09-22 25:00:00",
            "1998-07-21 00:61:00",
            "1998-07-21 00:00:61",
            "12",
            "2018-09-22 14",
            "1:2:3:4",
            "13:00 PM",
        ] {
            check(bad, "none");
        }
    }
}
