//! Axes: from values to places, and where ticks stand.

use vivant_calc::DataType;
use vivant_document::display::{Format, date_in};
use vivant_document::spec::DateUnit;

use crate::number::{Writing, moment, month_of, month_start, tick_text};

/// How far ticks of a vertical axis are apart at least, in pixels.
const VERTICAL_TICKS: f64 = 30.0;
/// How far ticks of a horizontal axis are apart at least, in pixels.
const HORIZONTAL_TICKS: f64 = 40.0;
/// Room between the texts of a horizontal axis, in pixels.
const TEXT_GAP: f64 = 12.0;

/// How values lie along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScaleKind {
    Linear,
    /// By the logarithm; all values are more than 0.
    Log,
    /// By the logarithm away from 0, to both sides.
    SymLog,
    /// Days.
    Date,
}

impl ScaleKind {
    pub fn of(data_type: DataType) -> Self {
        match data_type {
            DataType::Date | DataType::DateTime => Self::Date,
            _ => Self::Linear,
        }
    }

    fn bend(self, value: f64) -> f64 {
        match self {
            Self::Linear | Self::Date => value,
            Self::Log => value.max(f64::MIN_POSITIVE).log10(),
            Self::SymLog => value.signum() * (value.abs() + 1.0).log10(),
        }
    }
}

/// The values that an axis shows, from its beginning to its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub kind: ScaleKind,
    pub min: f64,
    pub max: f64,
    /// Whether it runs backwards.
    pub reversed: bool,
    /// What dates are cut off to; ticks are no finer.
    pub unit: Option<DateUnit>,
}

/// A tick.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    pub value: f64,
    pub text: String,
}

impl Scale {
    /// Where a value lies, 0 at the beginning and 1 at the end.
    pub fn part(&self, value: f64) -> f64 {
        let (min, max) = (self.kind.bend(self.min), self.kind.bend(self.max));
        let part = match max - min {
            span if span.abs() > 0.0 => (self.kind.bend(value) - min) / span,
            _ => 0.5,
        };
        if self.reversed { 1.0 - part } else { part }
    }

    /// The value that bars and areas stand on.
    pub fn base(&self) -> f64 {
        match self.kind {
            ScaleKind::Log => self.min,
            _ => 0.0_f64.clamp(self.min.min(self.max), self.max.max(self.min)),
        }
    }

    /// The ticks of an axis that is `length` pixels long. `width` measures texts.
    pub fn ticks(
        &self,
        length: f64,
        vertical: bool,
        writing: Writing<'_>,
        spacing: Option<f64>,
        width: &dyn Fn(&str) -> f64,
    ) -> Vec<Tick> {
        let span = self.max - self.min;
        if !(span > 0.0 && span.is_finite() && length > 0.0) {
            let text = match self.kind {
                ScaleKind::Date => date_text(writing, self.min, DateStep::Days(1.0)),
                _ => tick_text(self.min, 1.0, writing),
            };
            return vec![Tick {
                value: self.min,
                text,
            }];
        }
        match self.kind {
            ScaleKind::Date => self.date_ticks(length, vertical, writing, width),
            ScaleKind::Log | ScaleKind::SymLog => self.log_ticks(writing),
            ScaleKind::Linear => self.linear_ticks(length, vertical, writing, spacing, width),
        }
    }

    fn linear_ticks(
        &self,
        length: f64,
        vertical: bool,
        writing: Writing<'_>,
        spacing: Option<f64>,
        width: &dyn Fn(&str) -> f64,
    ) -> Vec<Tick> {
        let span = self.max - self.min;
        let at_step = |step: f64| -> Vec<Tick> {
            let (first, last) = ((self.min / step - 1e-9).ceil(), (self.max / step + 1e-9).floor());
            let count = (last - first).clamp(-1.0, 1000.0) as i64;
            (0..=count)
                .map(|number| {
                    let value = (first + number as f64) * step;
                    Tick {
                        value,
                        text: tick_text(value, step, writing),
                    }
                })
                .collect()
        };
        if let Some(spacing) = spacing.filter(|spacing| *spacing > 0.0 && span / spacing <= 1000.0) {
            return at_step(spacing);
        }
        let mut exponent = ((span / length).log10().floor() as i32).max(-307);
        loop {
            for mantissa in [1.0, 2.0, 5.0] {
                let step = mantissa * 10_f64.powi(exponent);
                let pixels = step / span * length;
                let ticks = |step| at_step(step);
                let enough = match vertical {
                    true => pixels >= VERTICAL_TICKS,
                    false => {
                        pixels >= HORIZONTAL_TICKS && {
                            let widest = ticks(step)
                                .iter()
                                .map(|tick| width(&tick.text))
                                .fold(0.0, f64::max);
                            pixels >= widest + TEXT_GAP
                        }
                    }
                };
                if enough {
                    let found = ticks(step);
                    // A format without the decimals of the step writes the same twice.
                    let repeats = found.windows(2).any(|pair| pair[0].text == pair[1].text);
                    if !repeats || found.len() < 3 {
                        return found;
                    }
                }
            }
            exponent += 1;
            if exponent > 308 {
                return Vec::new();
            }
        }
    }

    fn log_ticks(&self, writing: Writing<'_>) -> Vec<Tick> {
        let mut ticks = Vec::new();
        let mut add = |value: f64| {
            if value >= self.min * (1.0 - 1e-9) - 1e-12 && value <= self.max * (1.0 + 1e-9) + 1e-12 {
                let text = tick_text(value, value.abs().clamp(1e-12, 1.0), writing);
                ticks.push(Tick { value, text });
            }
        };
        let low = match self.kind {
            ScaleKind::Log => self.min.max(1e-12).log10().floor() as i32,
            _ => 0,
        };
        let high = self.max.abs().max(self.min.abs()).max(1e-12).log10().ceil() as i32;
        if self.kind == ScaleKind::SymLog {
            for exponent in (low..=high).rev() {
                add(-(10_f64.powi(exponent)));
            }
            add(0.0);
        }
        for exponent in low..=high {
            add(10_f64.powi(exponent));
        }
        ticks
    }

    fn date_ticks(
        &self,
        length: f64,
        vertical: bool,
        writing: Writing<'_>,
        width: &dyn Fn(&str) -> f64,
    ) -> Vec<Tick> {
        let span = self.max - self.min;
        for step in date_steps().filter(|step| self.takes(*step)) {
            let pixels = step.days() / span * length;
            if pixels
                < if vertical {
                    VERTICAL_TICKS
                } else {
                    HORIZONTAL_TICKS
                }
            {
                continue;
            }
            let ticks = self.ticks_by(step, writing);
            let widest = ticks.iter().map(|tick| width(&tick.text)).fold(0.0, f64::max);
            if vertical || pixels >= widest + TEXT_GAP {
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
            (_, DateStep::Months(_)) => true,
            (unit, DateStep::Days(days)) => unit_days(unit).is_some_and(|least| days >= least - 1e-9),
        }
    }

    fn ticks_by(&self, step: DateStep, writing: Writing<'_>) -> Vec<Tick> {
        let mut ticks = Vec::new();
        let mut add = |value: f64| {
            let own = writing.pattern().and_then(|format| match format {
                Format::Date(pattern) | Format::Icu(pattern) => {
                    Some(date_in(writing.language, &pattern, moment(value)?))
                }
                _ => None,
            });
            let text = own.unwrap_or_else(|| match (self.unit, step) {
                (Some(DateUnit::Quarter), DateStep::Months(months)) if months < 12 => {
                    quarter_text(writing, value)
                }
                _ => date_text(writing, value, step),
            });
            ticks.push(Tick { value, text });
        };
        match step {
            DateStep::Days(days) => {
                let first = (self.min / days - 1e-9).ceil();
                let last = (self.max / days + 1e-9).floor();
                for number in 0..=((last - first).clamp(-1.0, 1000.0) as i64) {
                    add((first + number as f64) * days);
                }
            }
            DateStep::Months(months) => {
                let Some(mut month) = month_of(self.min) else {
                    return ticks;
                };
                month = month.div_euclid(months) * months;
                for _ in 0..1000 {
                    match month_start(month) {
                        Some(start) if start > self.max => break,
                        Some(start) if start >= self.min => add(start),
                        Some(_) => {}
                        None => break,
                    }
                    month += months;
                }
            }
        }
        ticks
    }
}

/// How long a unit of dates is, for those that months do not count.
pub(crate) fn unit_days(unit: DateUnit) -> Option<f64> {
    match unit {
        DateUnit::Second => Some(1.0 / 86_400.0),
        DateUnit::Minute => Some(1.0 / 1440.0),
        DateUnit::Hour => Some(1.0 / 24.0),
        DateUnit::Day | DateUnit::Weekday => Some(1.0),
        DateUnit::Week => Some(7.0),
        _ => None,
    }
}

fn quarter_text(writing: Writing<'_>, value: f64) -> String {
    let Some(month) = month_of(value) else {
        return String::new();
    };
    let quarter = (month.rem_euclid(12) / 3 + 1).to_string();
    let quarter = writing.language.quarter.replace('#', &quarter);
    format!("{} {quarter}", month.div_euclid(12))
}

/// The distance of ticks on a date axis.
#[derive(Clone, Copy, Debug, PartialEq)]
enum DateStep {
    Days(f64),
    Months(i64),
}

impl DateStep {
    fn days(self) -> f64 {
        match self {
            Self::Days(days) => days,
            Self::Months(months) => months as f64 * 30.436_875,
        }
    }
}

fn date_steps() -> impl Iterator<Item = DateStep> {
    const SECOND: f64 = 1.0 / 86_400.0;
    let seconds = [1.0, 2.0, 5.0, 10.0, 15.0, 30.0];
    let of_second = seconds.map(|count| DateStep::Days(count * SECOND));
    let of_minute = seconds.map(|count| DateStep::Days(count * 60.0 * SECOND));
    let of_hour = [1.0, 2.0, 3.0, 6.0, 12.0].map(|count| DateStep::Days(count / 24.0));
    let of_day = [1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0].map(DateStep::Days);
    let of_month = [1, 2, 3, 4, 6].map(DateStep::Months);
    let of_year =
        (0..5).flat_map(|power| [1, 2, 5].map(|count| DateStep::Months(count * 12 * 10_i64.pow(power))));
    of_second
        .into_iter()
        .chain(of_minute)
        .chain(of_hour)
        .chain(of_day)
        .chain(of_month)
        .chain(of_year)
}

fn date_text(writing: Writing<'_>, value: f64, step: DateStep) -> String {
    let language = writing.language;
    let pattern = match step {
        DateStep::Days(days) if days < 1.0 / 24.0 => language.time,
        DateStep::Days(days) if days < 1.0 => language.day_hour,
        DateStep::Days(_) => language.day_month,
        DateStep::Months(months) if months < 12 => language.short_month_year,
        DateStep::Months(_) => "yyyy",
    };
    moment(value)
        .map(|moment| date_in(language, pattern, moment))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use vivant_calc::civil::Date;

    const ENGLISH: Writing<'static> = Writing {
        language: vivant_document::display::ENGLISH,
        format: None,
    };

    fn linear(min: f64, max: f64) -> Scale {
        Scale {
            kind: ScaleKind::Linear,
            min,
            max,
            reversed: false,
            unit: None,
        }
    }

    fn texts(scale: &Scale, length: f64, vertical: bool) -> Vec<String> {
        let ticks = scale.ticks(length, vertical, ENGLISH, None, &|text| text.len() as f64 * 6.0);
        ticks.into_iter().map(|tick| tick.text).collect()
    }

    #[test]
    fn ticks_stand_at_round_values() {
        assert_eq!(
            texts(&linear(0.0, 125_300.0), 300.0, true),
            ["0K", "20K", "40K", "60K", "80K", "100K", "120K"]
        );
        assert_eq!(texts(&linear(0.0, 10.0), 100.0, true), ["0", "5", "10"]);
        assert_eq!(texts(&linear(-0.2, 1.0), 600.0, false).first().unwrap(), "-0.2");
        assert_eq!(texts(&linear(3.0, 3.0), 100.0, true), ["3"]);
    }

    #[test]
    fn dates_have_ticks_of_the_calendar() {
        let day = |year, month, day| Date::new(year, month, day).unwrap().days() as f64;
        let scale = Scale {
            kind: ScaleKind::Date,
            min: day(2022, 11, 20),
            max: day(2023, 12, 20),
            reversed: false,
            unit: None,
        };
        let texts = texts(&scale, 400.0, false);
        assert!(
            texts.contains(&"Mar 2023".to_owned()) || texts.contains(&"Apr 2023".to_owned()),
            "{texts:?}"
        );
        let quarters = Scale {
            unit: Some(DateUnit::Quarter),
            ..scale
        };
        let ticks = quarters.ticks(400.0, false, ENGLISH, None, &|text| text.len() as f64 * 6.0);
        assert_eq!(ticks.first().unwrap().text, "2023 Q1");
        let years = Scale {
            max: day(2041, 1, 1),
            ..scale
        };
        let ticks = years.ticks(300.0, false, ENGLISH, None, &|text| text.len() as f64 * 6.0);
        assert!(ticks.iter().all(|tick| tick.text.len() == 4), "{ticks:?}");
    }

    #[test]
    fn places_follow_the_kind_of_axis() {
        let scale = linear(0.0, 200.0);
        assert!((scale.part(50.0) - 0.25).abs() < 1e-12);
        let log = Scale {
            kind: ScaleKind::Log,
            min: 1.0,
            max: 100.0,
            reversed: true,
            unit: None,
        };
        assert!((log.part(10.0) - 0.5).abs() < 1e-12);
        assert!(log.part(100.0).abs() < 1e-12);
        assert_eq!(linear(5.0, 9.0).base(), 5.0);
        assert_eq!(linear(-5.0, 9.0).base(), 0.0);
    }
}
