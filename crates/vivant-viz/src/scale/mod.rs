//! Axes: from values to places, and where ticks stand.

mod dates;

use vivant_calc::DataType;
use vivant_calc::civil::Weekday;
use vivant_document::spec::DateUnit;

pub(crate) use self::dates::{DateSpacing, DateStep, unit_days};
use crate::number::{Writing, tick_text};

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

/// What ticks go by besides the values of their axis.
pub(crate) struct TickRules<'a> {
    /// How many pixels the axis has.
    pub length: f64,
    pub vertical: bool,
    /// How texts are written.
    pub writing: Writing<'a>,
    /// The distance that the document sets for numbers.
    pub spacing: Option<f64>,
    /// That for dates.
    pub dates: Option<DateSpacing>,
    /// On which day weeks begin.
    pub week_start: Weekday,
    /// Measures texts.
    pub width: &'a dyn Fn(&str) -> f64,
}

impl<'a> TickRules<'a> {
    /// Those of an axis of which a document says nothing.
    pub fn plain(length: f64, vertical: bool, writing: Writing<'a>, width: &'a dyn Fn(&str) -> f64) -> Self {
        Self {
            length,
            vertical,
            writing,
            spacing: None,
            dates: None,
            week_start: Weekday::Sunday,
            width,
        }
    }
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

    /// The ticks of an axis.
    pub fn ticks(&self, rules: &TickRules<'_>) -> Vec<Tick> {
        let span = self.max - self.min;
        if !(span > 0.0 && span.is_finite() && rules.length > 0.0) {
            let text = match self.kind {
                ScaleKind::Date => self.moment_text(self.min, rules.writing),
                _ => tick_text(self.min, 1.0, rules.writing),
            };
            return vec![Tick {
                value: self.min,
                text,
            }];
        }
        match self.kind {
            ScaleKind::Date => self.date_ticks(rules),
            ScaleKind::Log | ScaleKind::SymLog => self.log_ticks(rules.writing),
            ScaleKind::Linear => self.linear_ticks(rules),
        }
    }

    fn linear_ticks(&self, rules: &TickRules<'_>) -> Vec<Tick> {
        let &TickRules {
            length,
            vertical,
            writing,
            spacing,
            width,
            ..
        } = rules;
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let ticks = scale.ticks(&TickRules::plain(length, vertical, ENGLISH, &|text| {
            text.len() as f64 * 6.0
        }));
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
