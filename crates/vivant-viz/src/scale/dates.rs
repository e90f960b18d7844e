//! Ticks of date axes.

use vivant_calc::civil::Weekday;
use vivant_document::display::{Format, date_in};
use vivant_document::spec::DateUnit;

use super::{HORIZONTAL_TICKS, Scale, TEXT_GAP, Tick, TickRules, VERTICAL_TICKS};
use crate::number::{Writing, moment, month_of, month_start};

/// How far a tick may lie before the axis, in pixels; it stands at the edge then.
const EDGE: f64 = 3.0;
/// No axis has more ticks.
const MOST: usize = 1000;

/// An origin is no further away, in steps.
const FAR: f64 = 1e12;

const SECOND: f64 = 1.0 / 86_400.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;

/// The distance of ticks on a date axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum DateStep {
    Days(f64),
    Months(i64),
}

/// Where ticks stand that the document sets: at a moment and in steps before and after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct DateSpacing {
    pub step: DateStep,
    pub origin: Option<f64>,
}

impl DateStep {
    /// So many units of a name that documents use.
    pub fn named(count: f64, units: &str) -> Option<Self> {
        let months = |each: i64| {
            let count = count.round().clamp(0.0, 100_000.0) as i64 * each;
            (count > 0).then_some(Self::Months(count))
        };
        let days = |each: f64| (count > 0.0 && count.is_finite()).then_some(Self::Days(count * each));
        match units {
            "years" => months(12),
            "quarters" => months(3),
            "months" => months(1),
            "weeks" => days(7.0),
            "days" => days(1.0),
            "hours" => days(HOUR),
            "minutes" => days(MINUTE),
            "seconds" => days(SECOND),
            _ => None,
        }
    }

    fn days(self) -> f64 {
        match self {
            Self::Days(days) => days,
            Self::Months(months) => months as f64 * 30.436_875,
        }
    }

    /// All steps that ticks have by themselves.
    fn all() -> impl Iterator<Item = Self> {
        let seconds = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0];
        let of_second = seconds.map(|count| Self::Days(count * SECOND));
        let of_minute = seconds.map(|count| Self::Days(count * MINUTE));
        let of_hour = [1.0, 2.0, 3.0, 6.0, 12.0].map(|count| Self::Days(count * HOUR));
        let of_day = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0].map(Self::Days);
        let of_month = [1, 2, 3, 4, 6].map(Self::Months);
        let of_year =
            (0..5).flat_map(|power| [1, 2, 5].map(|count| Self::Months(count * 12 * 10_i64.pow(power))));
        of_second
            .into_iter()
            .chain(of_minute)
            .chain(of_hour)
            .chain(of_day)
            .chain(of_month)
            .chain(of_year)
    }

    /// Where the ticks of an axis begin that begins at a moment.
    ///
    /// Tableau: not at multiples of the step, but at the whole unit in which the axis begins, as in `8:34 PM,
    /// 8:39 PM`; for months at the nearest, as in `March, July, November`.
    fn begin(self, axis: f64, week_start: Weekday) -> Option<f64> {
        let floor = |unit: f64| (axis / unit + 1e-9).floor() * unit;
        match self {
            Self::Days(days) if days < MINUTE - 1e-9 => Some(floor(SECOND)),
            Self::Days(days) if days < HOUR - 1e-9 => Some(floor(MINUTE)),
            Self::Days(days) if days < 1.0 => Some(floor(HOUR)),
            Self::Days(days) if days % 7.0 == 0.0 => {
                let day = floor(1.0);
                let gone = moment(day)?.date().weekday().days_after(week_start);
                Some(day - gone as f64)
            }
            Self::Days(_) => Some(floor(1.0)),
            Self::Months(months) => {
                let each = if months % 12 == 0 { 12 } else { 1 };
                let month = month_of(axis)?.div_euclid(each) * each;
                let (low, high) = (month_start(month)?, month_start(month + each)?);
                Some(if axis - low < high - axis { low } else { high })
            }
        }
    }

    /// The moment so many steps after another; with months it keeps its distance from the beginning of the month.
    fn after(self, begin: f64, count: i64) -> Option<f64> {
        match self {
            Self::Days(days) => Some(begin + count as f64 * days),
            Self::Months(months) => {
                let month = month_of(begin)?;
                Some(month_start(month + count * months)? + begin - month_start(month)?)
            }
        }
    }
}

impl Scale {
    pub(super) fn date_ticks(&self, rules: &TickRules<'_>) -> Vec<Tick> {
        let span = self.max - self.min;
        if let Some(spacing) = rules
            .dates
            .filter(|spacing| span / spacing.step.days() <= MOST as f64)
        {
            return self.ticks_by(spacing.step, spacing.origin, rules);
        }
        let least = match rules.vertical {
            true => VERTICAL_TICKS,
            false => HORIZONTAL_TICKS,
        };
        for step in DateStep::all().filter(|step| self.takes(*step)) {
            let pixels = step.days() / span * rules.length;
            if pixels < least {
                continue;
            }
            let ticks = self.ticks_by(step, None, rules);
            let widest = ticks
                .iter()
                .map(|tick| (rules.width)(&tick.text))
                .fold(0.0, f64::max);
            if rules.vertical || pixels >= widest + TEXT_GAP {
                return ticks;
            }
        }
        Vec::new()
    }

    /// Whether ticks may be so far apart.
    fn takes(&self, step: DateStep) -> bool {
        let Some(unit) = self.unit else { return true };
        match (unit, step) {
            (DateUnit::Year, DateStep::Months(months)) => months % 12 == 0,
            (DateUnit::Quarter, DateStep::Months(months)) => months % 3 == 0,
            (DateUnit::Week, DateStep::Days(days)) => days % 7.0 == 0.0,
            (_, DateStep::Months(_)) => true,
            (unit, DateStep::Days(days)) => unit_days(unit).is_some_and(|least| days >= least - 1e-9),
        }
    }

    fn ticks_by(&self, step: DateStep, origin: Option<f64>, rules: &TickRules<'_>) -> Vec<Tick> {
        let begin = match origin {
            Some(origin) => Some(origin),
            None if self.unit == Some(DateUnit::Quarter) => {
                month_of(self.min).and_then(|month| month_start(month.div_euclid(3) * 3))
            }
            None => step.begin(self.min, rules.week_start),
        };
        let Some(begin) = begin else { return Vec::new() };
        let gone = ((self.min - begin) / step.days()).floor();
        if gone.is_nan() || gone.abs() > FAR {
            return Vec::new();
        }
        let reach = EDGE * (self.max - self.min) / rules.length.max(1.0);
        // Months are not equally long: one step more.
        (gone as i64 - 1..)
            .map_while(|count| step.after(begin, count))
            .skip_while(|value| *value < self.min - reach)
            .take_while(|value| *value <= self.max)
            .take(MOST)
            .map(|value| Tick {
                value: value.max(self.min),
                text: self.tick_text(value, step, rules.writing),
            })
            .collect()
    }

    fn tick_text(&self, value: f64, step: DateStep, writing: Writing<'_>) -> String {
        if let Some(text) = formatted(value, writing) {
            return text;
        }
        let language = writing.language;
        let pattern = match (step, self.unit) {
            (DateStep::Days(days), _) if days < MINUTE - 1e-9 => language.time,
            (DateStep::Days(days), _) if days < HOUR - 1e-9 => &language.time.replace(":ss", ""),
            (DateStep::Days(days), _) if days < 1.0 => language.day_hour,
            (DateStep::Months(months), _) if months % 12 == 0 => "yyyy",
            (DateStep::Months(_), Some(DateUnit::Quarter)) => return quarter_text(value, writing),
            (DateStep::Months(_), Some(DateUnit::Month)) => language.month_year,
            // Tableau: exact dates leave the year to the title.
            (DateStep::Months(_), _) if self.max - self.min > 2.0 * 366.0 => language.short_month_year,
            _ => language.day_month,
        };
        written(value, pattern, writing)
    }

    /// What all values of an axis share and the texts of its ticks leave out, so that its title says it.
    ///
    /// Tableau: `Week of Order Date [2021]`, `Second of Timestamp [September 16, 2020]`.
    pub fn left_out(&self, ticks: &[Tick], writing: Writing<'_>) -> Option<String> {
        if matches!(
            self.unit,
            Some(DateUnit::Year | DateUnit::Quarter | DateUnit::Month)
        ) {
            return None;
        }
        // The first one may have been moved to the edge.
        let [.., before, end] = ticks else {
            return None;
        };
        let step = end.value - before.value;
        // Axes go on beyond their values by a twentieth of these.
        let beyond = (self.max - self.min) / 22.0;
        let (first, last) = (self.min + beyond, self.max - beyond);
        let (from, to) = (moment(first)?.date().ymd(), moment(last)?.date().ymd());
        let pattern = match step {
            step if step < HOUR - 1e-9 => (from == to).then_some(writing.language.long_date)?,
            step if step > 360.0 || from.0 != to.0 => return None,
            step if step < 27.0 && from.1 == to.1 => writing.language.month_year,
            _ => "yyyy",
        };
        Some(written(first, pattern, writing))
    }

    /// The text of the only tick of an axis that has one moment.
    pub(super) fn moment_text(&self, value: f64, writing: Writing<'_>) -> String {
        if let Some(text) = formatted(value, writing) {
            return text;
        }
        let language = writing.language;
        let pattern = match self.unit {
            Some(DateUnit::Year) => "yyyy",
            Some(DateUnit::Quarter) => return quarter_text(value, writing),
            Some(DateUnit::Month) => language.month_year,
            _ if value.fract() == 0.0 => language.short_date,
            _ => &format!("{} {}", language.short_date, language.time),
        };
        written(value, pattern, writing)
    }
}

/// How long a unit of dates is, for those that months do not count.
pub(crate) fn unit_days(unit: DateUnit) -> Option<f64> {
    match unit {
        DateUnit::Second => Some(SECOND),
        DateUnit::Minute => Some(MINUTE),
        DateUnit::Hour => Some(HOUR),
        DateUnit::Day | DateUnit::Weekday => Some(1.0),
        DateUnit::Week => Some(7.0),
        _ => None,
    }
}

/// A moment in the format of the document, if that is one for dates.
fn formatted(value: f64, writing: Writing<'_>) -> Option<String> {
    match writing.pattern()? {
        Format::Date(pattern) | Format::Icu(pattern) => {
            Some(date_in(writing.language, &pattern, moment(value)?))
        }
        _ => None,
    }
}

fn written(value: f64, pattern: &str, writing: Writing<'_>) -> String {
    moment(value)
        .map(|moment| date_in(writing.language, pattern, moment))
        .unwrap_or_default()
}

fn quarter_text(value: f64, writing: Writing<'_>) -> String {
    let Some(month) = month_of(value) else {
        return String::new();
    };
    let quarter = (month.rem_euclid(12) / 3 + 1).to_string();
    let quarter = writing.language.quarter.replace('#', &quarter);
    format!("{} {quarter}", month.div_euclid(12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scale::ScaleKind;
    use vivant_calc::civil::{Date, DateTime};

    const ENGLISH: Writing<'static> = Writing {
        language: vivant_document::display::ENGLISH,
        format: None,
    };

    fn day(year: i64, month: i64, day: i64) -> f64 {
        Date::new(year, month, day).unwrap().days() as f64
    }

    fn time(hour: i64, minute: i64, second: i64) -> f64 {
        day(2019, 8, 9) + (hour * 3600 + minute * 60 + second) as f64 * SECOND
    }

    fn dates(min: f64, max: f64, unit: Option<DateUnit>) -> Scale {
        Scale {
            kind: ScaleKind::Date,
            min,
            max,
            reversed: false,
            unit,
        }
    }

    fn texts(scale: &Scale, length: f64) -> Vec<String> {
        let ticks = scale.ticks(&TickRules::plain(length, false, ENGLISH, &|text| {
            text.len() as f64 * 6.0
        }));
        ticks.into_iter().map(|tick| tick.text).collect()
    }

    fn check(scale: Scale, length: f64, expected: &[&str]) {
        let found = texts(&scale, length);
        assert_eq!(found[..expected.len().min(found.len())], *expected);
    }

    #[test]
    fn ticks_begin_with_the_unit_that_the_axis_begins_in() {
        let minutes = dates(time(20, 29, 43), time(22, 4, 53), None);
        check(minutes, 1430.0, &["8:34 PM", "8:39 PM", "8:44 PM"]);
        let hours = dates(time(9, 50, 0), day(2019, 8, 12), None);
        check(hours, 1000.0, &["Aug 9 3 PM", "Aug 9 9 PM", "Aug 10 3 AM"]);
        let days = dates(
            day(2018, 11, 29) + 0.5,
            day(2019, 1, 1) + 0.5,
            Some(DateUnit::Day),
        );
        check(days, 1300.0, &["Dec 1", "Dec 3", "Dec 5"]);
        let weeks = dates(day(2021, 9, 21), day(2021, 12, 1), Some(DateUnit::Week));
        check(weeks, 800.0, &["Sep 26", "Oct 3"]);
    }

    #[test]
    fn months_begin_at_the_nearest_one() {
        let months = |min: f64, length: f64, expected: &[&str]| {
            check(dates(min, min + 1573.0, Some(DateUnit::Month)), length, expected);
        };
        months(
            day(2012, 10, 21),
            1300.0,
            &["November 2012", "March 2013", "July 2013"],
        );
        // A tick just before the axis stands at its edge.
        months(
            day(2012, 10, 3),
            800.0,
            &["October 2012", "April 2013", "October 2013"],
        );
        let exact = dates(day(2018, 12, 11), day(2019, 12, 20), None);
        check(exact, 1000.0, &["Jan 1", "Feb 1", "Mar 1"]);
        let quarters = dates(day(2022, 11, 20), day(2023, 12, 20), Some(DateUnit::Quarter));
        check(quarters, 400.0, &["2023 Q1", "2023 Q2"]);
        let years = dates(day(2022, 11, 20), day(2041, 1, 1), Some(DateUnit::Quarter));
        assert!(texts(&years, 300.0).iter().all(|text| text.len() == 4));
    }

    #[test]
    fn ticks_stand_where_the_document_sets_them() {
        let origin = DateTime::new(Date::new(2016, 6, 16).unwrap(), 12 * vivant_calc::civil::HOUR).unwrap();
        let spacing = DateSpacing {
            step: DateStep::named(1.0, "months").unwrap(),
            origin: Some(origin.micros() as f64 / crate::number::MICROS),
        };
        let rules = TickRules {
            dates: Some(spacing),
            ..TickRules::plain(1000.0, false, ENGLISH, &|_| 0.0)
        };
        let scale = dates(day(2013, 1, 1), day(2013, 12, 1), Some(DateUnit::Month));
        let ticks = scale.ticks(&rules);
        assert_eq!(ticks.len(), 11);
        assert_eq!(ticks[0].value, day(2013, 1, 16) + 0.5);
        let far = DateSpacing {
            step: DateStep::Days(1e-300),
            origin: Some(0.0),
        };
        let rules = TickRules {
            dates: Some(far),
            ..rules
        };
        assert!(!scale.ticks(&rules).is_empty());
    }

    #[test]
    fn titles_say_what_all_values_share() {
        let part = |scale: Scale| {
            let rules = TickRules::plain(800.0, false, ENGLISH, &|text| text.len() as f64 * 6.0);
            scale.left_out(&scale.ticks(&rules), ENGLISH)
        };
        let unit = Some(DateUnit::Day);
        assert_eq!(
            part(dates(time(1, 0, 0), time(2, 0, 0), None)).as_deref(),
            Some("August 9, 2019")
        );
        assert_eq!(
            part(dates(day(2014, 5, 31), day(2014, 7, 1), unit)).as_deref(),
            Some("June 2014")
        );
        assert_eq!(
            part(dates(day(2014, 6, 1), day(2014, 9, 28), unit)).as_deref(),
            Some("2014")
        );
        assert_eq!(part(dates(day(2014, 6, 1), day(2015, 9, 28), unit)), None);
        assert_eq!(
            part(dates(day(2014, 1, 1), day(2014, 9, 28), Some(DateUnit::Month))),
            None
        );
    }
}
