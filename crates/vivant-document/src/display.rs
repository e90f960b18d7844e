//! Values as people read them: format strings of documents, and the texts that Tableau uses without one.
//!
//! Source of the forms: `default-format` and `text-format` attributes of real documents, Tableau's
//! documentation of custom number and date formats. The locale is American English unless a [`Language`] is asked
//! for.

use vivant_calc::civil::{Date, DateTime, Weekday};
use vivant_calc::{DataType, Value};

pub use crate::language::{ENGLISH, LANGUAGES, Language};
use crate::spec::{Aggregate, DateUnit, Derivation, FieldSpec, Pill, TableCalcKind};

/// A format string: its first letter says what sort it is.
#[derive(Debug, Clone, PartialEq)]
pub enum Format {
    /// As the type says.
    Automatic,
    /// A pattern for numbers: positive, negative and zero.
    Number(Vec<Section>),
    /// A pattern for dates.
    Date(String),
    /// The currency of the locale.
    Currency,
    /// An ICU pattern for parts of dates, such as `LLL`.
    Icu(String),
}

/// The pattern of one sign.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section {
    prefix: String,
    suffix: String,
    min_integer: usize,
    min_decimals: usize,
    max_decimals: usize,
    grouped: bool,
    /// Powers of a thousand that the number is divided by.
    thousands: u32,
    percent: bool,
    exponent: bool,
    has_digits: bool,
}

impl Format {
    /// Reads a format string.
    pub fn parse(text: &str) -> Format {
        let mut chars = text.chars();
        let Some(first) = chars.next() else {
            return Format::Automatic;
        };
        let rest = chars.as_str();
        match first {
            'n' | 'c' | 'p' => Format::Number(sections(rest)),
            'C' => Format::Currency,
            'i' => Format::Icu(rest.to_owned()),
            // A typed pattern is one of numbers or of dates; letters of dates tell.
            '*' if rest.is_empty() => Format::Automatic,
            '*' if is_date_pattern(rest) => Format::Date(rest.to_owned()),
            '*' => Format::Number(sections(rest)),
            'S' | 'L' => Format::Date(match first {
                'S' => "M/d/yyyy".to_owned(),
                _ => "dddd, MMMM d, yyyy".to_owned(),
            }),
            _ => Format::Automatic,
        }
    }

    /// Writes a number; `None` where the format is not one of numbers.
    pub fn number(&self, value: f64) -> Option<String> {
        self.number_in(ENGLISH, value)
    }

    /// Writes a number in a language; `None` where the format is not one of numbers.
    pub fn number_in(&self, language: &Language, value: f64) -> Option<String> {
        match self {
            Format::Number(sections) => Some(number(sections, value, language)),
            Format::Currency => {
                let text = language.digits(&grouped(value.abs(), 2, 2, true));
                Some(if value < 0.0 {
                    format!("(${text})")
                } else {
                    format!("${text}")
                })
            }
            _ => None,
        }
    }
}

fn is_date_pattern(pattern: &str) -> bool {
    let mut in_quotes = false;
    for char in pattern.chars() {
        match char {
            '"' => in_quotes = !in_quotes,
            'y' | 'Y' | 'm' | 'M' | 'd' | 'D' | 'h' | 'H' | 's' if !in_quotes => return true,
            '0' | '#' if !in_quotes => return false,
            _ => {}
        }
    }
    false
}

fn sections(pattern: &str) -> Vec<Section> {
    let mut parts = vec![String::new()];
    let mut in_quotes = false;
    for char in pattern.chars() {
        match char {
            '"' => {
                in_quotes = !in_quotes;
                parts.last_mut().expect("there is a part").push(char);
            }
            ';' if !in_quotes => parts.push(String::new()),
            _ => parts.last_mut().expect("there is a part").push(char),
        }
    }
    parts.iter().map(|part| section(part)).collect()
}

fn section(pattern: &str) -> Section {
    let mut found = Section::default();
    let (mut in_quotes, mut decimals, mut last_digit) = (false, false, false);
    let mut chars = pattern.chars().peekable();
    while let Some(char) = chars.next() {
        let literal = |found: &mut Section, char: char| {
            if found.has_digits {
                found.suffix.push(char);
            } else {
                found.prefix.push(char);
            }
        };
        match char {
            '"' => in_quotes = !in_quotes,
            _ if in_quotes => literal(&mut found, char),
            '\\' => {
                if let Some(next) = chars.next() {
                    literal(&mut found, next);
                }
            }
            '0' | '#' => {
                found.has_digits = true;
                last_digit = true;
                match (decimals, char) {
                    (true, '0') => {
                        found.max_decimals += 1;
                        found.min_decimals = found.max_decimals;
                    }
                    (true, _) => found.max_decimals += 1,
                    (false, '0') => found.min_integer += 1,
                    (false, _) => {}
                }
                continue;
            }
            ',' if last_digit || found.has_digits => {
                // A comma between digits groups; one after them divides by a thousand.
                let more = chars.clone().take_while(|next| *next != ';').collect::<String>();
                let rest = more.trim_start_matches(',');
                if matches!(rest.chars().next(), Some('0' | '#')) && !decimals {
                    found.grouped = true;
                } else {
                    found.thousands += 1;
                }
                continue;
            }
            '.' if !decimals && matches!(chars.peek(), Some('0' | '#')) => {
                decimals = true;
                found.has_digits = true;
                continue;
            }
            '%' => {
                found.percent = true;
                literal(&mut found, '%');
            }
            'E' | 'e' if found.has_digits && matches!(chars.peek(), Some('+' | '-')) => {
                found.exponent = true;
                chars.next();
                while matches!(chars.peek(), Some('0' | '#')) {
                    chars.next();
                }
            }
            '_' => {
                // Room as wide as the next letter.
                chars.next();
            }
            other => literal(&mut found, other),
        }
        last_digit = false;
    }
    found
}

fn number(sections: &[Section], value: f64, language: &Language) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let (section, value, sign) = match sections {
        [_, negative, ..] if value < 0.0 => (negative, -value, ""),
        [_, _, zero, ..] if value == 0.0 => (zero, value, ""),
        [positive, ..] if value < 0.0 => (positive, -value, "-"),
        [positive, ..] => (positive, value, ""),
        [] => return value.to_string(),
    };
    let mut scaled = value / 1000_f64.powi(section.thousands as i32);
    if section.percent {
        scaled *= 100.0;
    }
    let digits = if !section.has_digits {
        String::new()
    } else if section.exponent {
        let text = format!("{:.*E}", section.max_decimals, scaled);
        match text.split_once('E') {
            Some((mantissa, exponent)) => {
                let exponent: i32 = exponent.parse().unwrap_or(0);
                format!(
                    "{mantissa}E{}{:02}",
                    if exponent < 0 { '-' } else { '+' },
                    exponent.abs()
                )
            }
            None => text,
        }
    } else {
        let mut text = grouped(
            scaled,
            section.min_decimals,
            section.max_decimals,
            section.grouped,
        );
        let integer = text.find('.').unwrap_or(text.len());
        if section.min_integer == 0 && text.starts_with("0.") {
            text.remove(0);
        } else if integer < section.min_integer {
            text.insert_str(0, &"0".repeat(section.min_integer - integer));
        }
        text
    };
    // What rounds to nothing has no sign.
    let is_zero = digits.chars().all(|char| matches!(char, '0' | '.' | ','));
    let sign = if is_zero && section.has_digits { "" } else { sign };
    let digits = language.digits(&digits);
    format!("{sign}{}{digits}{}", section.prefix, section.suffix)
}

/// Below this a whole number keeps its digits when it is divided by a power of ten and rounded again.
const EXACT: f64 = (1_u64 << 50) as f64;

/// Writes a number that is not negative with decimals between least and most.
fn grouped(value: f64, least: usize, most: usize, group: bool) -> String {
    // Half goes away from zero, as on the screen.
    let factor = 10_f64.powi(most.min(15) as i32);
    let scaled = (value * factor).round();
    let text = if most <= 15 && (0.0..EXACT).contains(&scaled) {
        // Whole numbers of this size have exactly the digits that the slow way finds.
        let (scaled, unit) = (scaled as u64, 10_u64.pow(most as u32));
        format!("{}.{:0most$}", scaled / unit, scaled % unit)
    } else {
        let rounded = scaled / factor;
        let rounded = if rounded.is_finite() { rounded } else { value };
        format!("{rounded:.most$}")
    };
    let (integer, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let kept = decimals
        .trim_end_matches('0')
        .len()
        .max(least.min(decimals.len()));
    let decimals = if most == 0 { "" } else { &decimals[..kept] };
    let mut out = String::with_capacity(text.len() + integer.len() / 3);
    match group {
        true => put_grouped(&mut out, integer, ","),
        false => out.push_str(integer),
    }
    if !decimals.is_empty() {
        out.push('.');
        out.push_str(decimals);
    }
    out
}

/// The parts of a moment.
struct Parts {
    year: i64,
    month: i64,
    day: i64,
    weekday: usize,
    hour: i64,
    minute: i64,
    second: i64,
    fraction: i64,
}

fn parts(moment: DateTime) -> Parts {
    let (year, month, day) = moment.date().ymd();
    let time = moment.time();
    Parts {
        year,
        month,
        day,
        weekday: moment.date().weekday().days_after(Weekday::Sunday) as usize % 7,
        hour: time / 3_600_000_000,
        minute: time / 60_000_000 % 60,
        second: time / 1_000_000 % 60,
        fraction: time % 1_000_000,
    }
}

/// Writes a moment by a pattern of letters: `yyyy`, `mmm`, `d`, `h`, `nn`, `s`, `AM/PM`; `m` after hours is
/// minutes.
pub fn date(pattern: &str, moment: DateTime) -> String {
    date_in(ENGLISH, pattern, moment)
}

/// Writes a moment by a pattern of letters, with the names of a language.
pub fn date_in(language: &Language, pattern: &str, moment: DateTime) -> String {
    let parts = parts(moment);
    let twelve = pattern.to_lowercase().contains("am/pm") || pattern.contains("tt");
    let mut out = String::new();
    let letters: Vec<char> = pattern.chars().collect();
    let (mut at, mut after_hour) = (0, false);
    while at < letters.len() {
        let letter = letters[at];
        if letter == '"' || letter == '\'' {
            let end = letters[at + 1..].iter().position(|&one| one == letter);
            let end = end.map_or(letters.len(), |end| at + 1 + end);
            out.extend(&letters[at + 1..end]);
            at = end + 1;
            continue;
        }
        let rest: String = letters[at..].iter().take(5).collect::<String>().to_lowercase();
        if rest == "am/pm" || rest.starts_with("tt") {
            out.push_str(if parts.hour < 12 { "AM" } else { "PM" });
            at += if rest == "am/pm" { 5 } else { 2 };
            continue;
        }
        let same = letters[at..]
            .iter()
            .take_while(|one| one.eq_ignore_ascii_case(&letter))
            .count();
        let hour = if twelve {
            (parts.hour + 11) % 12 + 1
        } else {
            parts.hour
        };
        let padded = |value: i64| {
            if same >= 2 {
                format!("{value:02}")
            } else {
                value.to_string()
            }
        };
        // Minutes follow hours or come before seconds.
        let before_second = letters[at + same..].iter().find(|one| one.is_ascii_alphabetic()) == Some(&'s');
        match letter {
            'y' | 'Y' => out.push_str(&match same {
                1 | 2 => format!("{:02}", parts.year.rem_euclid(100)),
                _ => parts.year.to_string(),
            }),
            'm' if after_hour || before_second => out.push_str(&padded(parts.minute)),
            'm' | 'M' | 'L' => out.push_str(&match same {
                1 | 2 => padded(parts.month),
                3 => language.short_months[(parts.month - 1) as usize].to_owned(),
                5 => first(language.months[(parts.month - 1) as usize]),
                _ => language.months[(parts.month - 1) as usize].to_owned(),
            }),
            'n' => out.push_str(&padded(parts.minute)),
            'd' | 'D' | 'e' | 'E' | 'c' => out.push_str(&match (letter, same) {
                ('d' | 'D', 1 | 2) => padded(parts.day),
                (_, 3) => language.short_days[parts.weekday].to_owned(),
                (_, 5) => first(language.days[parts.weekday]),
                _ => language.days[parts.weekday].to_owned(),
            }),
            'h' | 'H' => out.push_str(&padded(hour)),
            's' => out.push_str(&padded(parts.second)),
            '0' | 'f' => out.push_str(&format!("{:06}", parts.fraction)[..same.min(6)]),
            'q' | 'Q' => out.push_str(&((parts.month - 1) / 3 + 1).to_string()),
            other => out.extend(std::iter::repeat_n(other, same)),
        }
        if letter.is_ascii_alphabetic() {
            after_hour = matches!(letter, 'h' | 'H');
        }
        at += same;
    }
    out
}

fn first(text: &str) -> String {
    text.chars().take(1).collect()
}

/// Writes a value as headers, labels and tables show it.
///
/// `format` is the format of the field or sheet, `derivation` what was taken of the field.
pub fn text(value: &Value, derivation: Derivation, format: Option<&str>) -> String {
    text_in(ENGLISH, value, derivation, format)
}

/// Writes a value as headers, labels and tables show it in a language.
pub fn text_in(language: &Language, value: &Value, derivation: Derivation, format: Option<&str>) -> String {
    let format = format.map_or(Format::Automatic, Format::parse);
    match value {
        Value::Null => String::new(),
        Value::Boolean(value) => language.say(if *value { "True" } else { "False" }).to_owned(),
        Value::String(text) => text.clone(),
        Value::Integer(value) => match derivation {
            Derivation::Part(_) | Derivation::MonthYear | Derivation::MonthDayYear => match &format {
                Format::Icu(pattern) | Format::Date(pattern) => {
                    part_moment(*value, derivation).map(|moment| date_in(language, pattern, moment))
                }
                _ => None,
            }
            .unwrap_or_else(|| part_text_in(language, *value, derivation)),
            _ => match format.number_in(language, *value as f64) {
                Some(text) => text,
                None => whole_in(language, *value),
            },
        },
        Value::Real(value) => match format.number_in(language, *value) {
            Some(text) => text,
            None => language.digits(&automatic_real(*value)),
        },
        Value::Date(day) => moment_text(language, day.midnight(), DataType::Date, derivation, &format),
        Value::DateTime(moment) => moment_text(language, *moment, DataType::DateTime, derivation, &format),
    }
}

/// Writes a member of a dimension as headers, legends and filters show it in a language.
///
/// Tableau: whole numbers that are members have no separators by themselves: they are years, codes and the like.
pub fn member_in(language: &Language, value: &Value, derivation: Derivation, format: Option<&str>) -> String {
    match (value, format) {
        (Value::Integer(number), None | Some("")) if derivation == Derivation::None => number.to_string(),
        _ => text_in(language, value, derivation, format),
    }
}

/// Writes a whole number without a format.
fn whole_in(language: &Language, value: i64) -> String {
    let mut out = String::with_capacity(27);
    if value < 0 {
        out.push('-');
    }
    put_grouped(&mut out, &value.unsigned_abs().to_string(), language.group);
    out
}

/// Writes digits with something between groups of three.
fn put_grouped(out: &mut String, digits: &str, between: &str) {
    let mut at = match digits.len() % 3 {
        0 => digits.len().min(3),
        first => first,
    };
    out.push_str(&digits[..at]);
    while at < digits.len() {
        out.push_str(between);
        out.push_str(&digits[at..at + 3]);
        at += 3;
    }
}

/// Writes a real without a format: up to nine decimals.
fn automatic_real(value: f64) -> String {
    if !value.is_finite() {
        return String::new();
    }
    let text = grouped(value.abs(), 0, 9, true);
    let is_zero = text == "0";
    if value < 0.0 && !is_zero {
        format!("-{text}")
    } else {
        text
    }
}

/// Writes an integer part of a date as its header.
pub fn part_text(value: i64, derivation: Derivation) -> String {
    part_text_in(ENGLISH, value, derivation)
}

/// Writes an integer part of a date as its header in a language.
pub fn part_text_in(language: &Language, value: i64, derivation: Derivation) -> String {
    let numbered = |pattern: &str| Some(pattern.replace('#', &value.to_string()));
    let name = |list: &[&str], at: i64| {
        usize::try_from(at - 1)
            .ok()
            .and_then(|at| list.get(at))
            .map(|name| (*name).to_owned())
    };
    let found = match derivation {
        Derivation::Part(DateUnit::Month) => name(&language.months, value),
        Derivation::Part(DateUnit::Weekday) => name(&language.days, value),
        Derivation::Part(DateUnit::IsoWeekday) => name(&language.days, value % 7 + 1),
        Derivation::Part(DateUnit::Quarter | DateUnit::IsoQuarter) => numbered(language.quarter),
        Derivation::Part(DateUnit::Week | DateUnit::IsoWeek) => numbered(language.week),
        Derivation::MonthYear => {
            part_moment(value, derivation).map(|moment| date_in(language, language.month_year, moment))
        }
        Derivation::MonthDayYear => {
            part_moment(value, derivation).map(|moment| date_in(language, language.short_date, moment))
        }
        _ => None,
    };
    found.unwrap_or_else(|| value.to_string())
}

/// Gives a day that has a part: for a month one of that month, for a weekday one that falls on it.
fn part_moment(value: i64, derivation: Derivation) -> Option<DateTime> {
    // A month that begins on a Sunday.
    let (year, month, day) = match derivation {
        Derivation::Part(DateUnit::Month) => (2023, value, 1),
        Derivation::Part(DateUnit::Weekday) if (1..=7).contains(&value) => (2023, 1, value),
        Derivation::Part(DateUnit::IsoWeekday) if (1..=7).contains(&value) => (2023, 1, value + 1),
        Derivation::MonthYear => (value / 100, value % 100, 1),
        Derivation::MonthDayYear => (value / 10_000, value / 100 % 100, value % 100),
        _ => return None,
    };
    Some(Date::new(year, month, day)?.midnight())
}

fn moment_text(
    language: &Language,
    moment: DateTime,
    data_type: DataType,
    derivation: Derivation,
    format: &Format,
) -> String {
    match format {
        Format::Date(pattern) | Format::Icu(pattern) => return date_in(language, pattern, moment),
        _ => {}
    }
    let both = || format!("{} {}", language.short_date, language.time);
    let pattern = match derivation {
        Derivation::Trunc(DateUnit::Year | DateUnit::IsoYear) => "yyyy".to_owned(),
        Derivation::Trunc(DateUnit::Quarter | DateUnit::IsoQuarter) => {
            let quarter = (moment.date().ymd().1 - 1) / 3 + 1;
            let quarter = language.quarter.replace('#', &quarter.to_string());
            return format!("{} {quarter}", moment.date().ymd().0);
        }
        Derivation::Trunc(DateUnit::Month) => language.month_year.to_owned(),
        Derivation::Trunc(DateUnit::Week | DateUnit::IsoWeek | DateUnit::Day) => {
            language.long_date.to_owned()
        }
        Derivation::Trunc(DateUnit::Hour | DateUnit::Minute | DateUnit::Second) => both(),
        _ if data_type == DataType::DateTime && moment.time() != 0 => both(),
        _ => language.short_date.to_owned(),
    };
    date_in(language, &pattern, moment)
}

/// Returns the title of a field or an instance of it, such as `Month of Order Date`.
pub fn title(field: &FieldSpec, pill: Option<&Pill>) -> String {
    title_in(ENGLISH, field, pill)
}

/// Returns the title of a field or an instance of it with the words of a language.
pub fn title_in(language: &Language, field: &FieldSpec, pill: Option<&Pill>) -> String {
    let caption = field.caption.as_str();
    let Some(pill) = pill else {
        return caption.to_owned();
    };
    let of = |words: &'static str| language.phrase(words, &[caption]);
    let base = match pill.derivation {
        Derivation::Aggregate(aggregate) => match aggregate {
            Aggregate::Sum | Aggregate::Collect => caption.to_owned(),
            Aggregate::Avg => of("Avg. #"),
            Aggregate::Min => of("Min. #"),
            Aggregate::Max => of("Max. #"),
            Aggregate::Count => of("Count of #"),
            Aggregate::CountD => of("Distinct count of #"),
            Aggregate::Median => of("Median #"),
            Aggregate::Stdev => of("Std. dev. of #"),
            Aggregate::StdevP => of("Std. dev. (pop.) of #"),
            Aggregate::Var => of("Variance of #"),
            Aggregate::VarP => of("Variance (pop.) of #"),
            Aggregate::Percentile(percent) => {
                language.phrase("Percentile (#) of #", &[&percent.to_string(), caption])
            }
        },
        Derivation::Part(unit) | Derivation::Trunc(unit) => of(match unit {
            DateUnit::Year => "Year of #",
            DateUnit::Quarter => "Quarter of #",
            DateUnit::Month => "Month of #",
            DateUnit::Week => "Week of #",
            DateUnit::Weekday => "Weekday of #",
            DateUnit::Day => "Day of #",
            DateUnit::Hour => "Hour of #",
            DateUnit::Minute => "Minute of #",
            DateUnit::Second => "Second of #",
            DateUnit::IsoYear => "ISO Year of #",
            DateUnit::IsoQuarter => "ISO Quarter of #",
            DateUnit::IsoWeek => "ISO Week of #",
            DateUnit::IsoWeekday => "ISO Weekday of #",
        }),
        Derivation::MonthYear => of("Month, Year of #"),
        Derivation::MonthDayYear => of("Month, Day, Year of #"),
        Derivation::InOut => of("In / Out of #"),
        Derivation::None | Derivation::User | Derivation::Attribute => caption.to_owned(),
    };
    pill.table_calcs
        .iter()
        .filter(|calc| calc.field.is_none())
        .fold(base, |base, calc| {
            let of = |words: &'static str| language.phrase(words, &[&base]);
            match &calc.kind {
                TableCalcKind::CumTotal(word) => match word.as_str() {
                    "Sum" => of("Running Sum of #"),
                    "Avg" => of("Running Avg. of #"),
                    "Min" => of("Running Min. of #"),
                    "Max" => of("Running Max. of #"),
                    other => format!("Running {other}. of {base}"),
                },
                TableCalcKind::Difference => of("Difference in #"),
                TableCalcKind::PctDiff => of("% Difference in #"),
                TableCalcKind::PctValue => of("% From #"),
                TableCalcKind::PctTotal => of("% of Total #"),
                TableCalcKind::Rank(_) => of("Rank of #"),
                TableCalcKind::PctRank(_) => of("Percentile of #"),
                TableCalcKind::WindowTotal { .. } => of("Moving Average of #"),
                TableCalcKind::Formula | TableCalcKind::Other(_) => base,
            }
        })
}

/// Returns the format that quick table calculations bring along.
pub fn calc_format(pill: &Pill) -> Option<&'static str> {
    let last = pill.table_calcs.iter().rfind(|calc| calc.field.is_none())?;
    matches!(
        last.kind,
        TableCalcKind::PctDiff
            | TableCalcKind::PctTotal
            | TableCalcKind::PctValue
            | TableCalcKind::PctRank(_)
    )
    .then_some("p0.00%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_their_patterns() {
        let cases = [
            ("n#,##0;-#,##0", 1234.5, "1,235"),
            ("n#,##0;-#,##0", -1234.4, "-1,234"),
            ("c\"$\"#,##0;(\"$\"#,##0)", -5.0, "($5)"),
            ("p0.0%", 0.1954, "19.5%"),
            ("p0.00%", 0.2, "20.00%"),
            ("n\"$\"#,##0,K;-\"$\"#,##0,K", 12_345.0, "$12K"),
            ("n\"$\"#,##0,,.0M;-\"$ \"#,##0,,.0M", 2_345_678.0, "$2.3M"),
            ("c\"$\"#,##0,.0K;(\"$\"#,##0,.0K)", 1250.0, "$1.3K"),
            ("*00000", 501.0, "00501"),
            ("*▲ 0.0%;▼ 0.0%", -0.05, "▼ 5.0%"),
            ("n0.00\" km\"", 7.256, "7.26 km"),
            ("C1033%", 1234.5, "$1,234.50"),
            ("n0", -0.2, "0"),
            ("n#.##", 0.5, ".5"),
        ];
        for (format, value, expected) in cases {
            assert_eq!(
                Format::parse(format).number(value).as_deref(),
                Some(expected),
                "{format}"
            );
        }
    }

    #[test]
    fn dates_follow_their_patterns() {
        let Value::DateTime(moment) = Value::from_literal("#2024-03-01 14:05:09#").value else {
            panic!()
        };
        assert_eq!(date("mmm yyyy", moment), "Mar 2024");
        assert_eq!(date("dd.mm.yy", moment), "01.03.24");
        assert_eq!(date("M/d/yyyy h:nn:ss AM/PM", moment), "3/1/2024 2:05:09 PM");
        assert_eq!(
            date("YYYY-mm-DD HH:MM:SS", moment).split(' ').next(),
            Some("2024-03-01")
        );
        assert_eq!(date("hh:mm", moment), "14:05");
        assert_eq!(date("dddd", moment), "Friday");
        let cut = Derivation::Trunc(DateUnit::Quarter);
        assert_eq!(text(&Value::DateTime(moment), cut, None), "2024 Q1");
        assert_eq!(
            text(&Value::Integer(3), Derivation::Part(DateUnit::Month), None),
            "March"
        );
        assert_eq!(
            text(&Value::Integer(202_403), Derivation::MonthYear, None),
            "March 2024"
        );
    }

    #[test]
    fn parts_of_dates_follow_their_patterns() {
        let (month, weekday) = (
            Derivation::Part(DateUnit::Month),
            Derivation::Part(DateUnit::Weekday),
        );
        let cases = [
            (3, month, "iLLL", "Mar"),
            (3, month, "iLLLLL", "M"),
            (1, weekday, "ieee", "Sun"),
            (7, weekday, "ieee", "Sat"),
            (7, Derivation::Part(DateUnit::IsoWeekday), "ieee", "Sun"),
            (202_403, Derivation::MonthYear, "*mmm yy", "Mar 24"),
            // What is no month, and what no pattern is for.
            (13, month, "iLLL", "13"),
            (2024, Derivation::Part(DateUnit::Year), "iLLL", "2024"),
        ];
        for (value, derivation, format, expected) in cases {
            assert_eq!(
                text(&Value::Integer(value), derivation, Some(format)),
                expected,
                "{format}"
            );
        }
    }

    #[test]
    fn values_without_a_format_have_the_usual_one() {
        let none = Derivation::None;
        assert_eq!(text(&Value::Integer(3961), none, None), "3,961");
        assert_eq!(text(&Value::Real(0.589_750_063_12), none, None), "0.589750063");
        assert_eq!(text(&Value::Real(-2.0), none, None), "-2");
        assert_eq!(text(&Value::Boolean(true), none, None), "True");
        assert_eq!(text(&Value::Null, none, None), "");
    }

    #[test]
    fn languages_write_numbers_and_dates_their_own_way() {
        let Value::DateTime(moment) = Value::from_literal("#2024-03-01 14:05:09#").value else {
            panic!()
        };
        let none = Derivation::None;
        let month = Derivation::Trunc(DateUnit::Month);
        let quarter = Derivation::Trunc(DateUnit::Quarter);
        let check = |code: &str, derivation, value: Value, format, expected: &str| {
            let language = Language::find(code).expect(code);
            assert_eq!(text_in(language, &value, derivation, format), expected, "{code}");
        };
        check("de", none, Value::Real(-1_234_567.5), None, "-1.234.567,5");
        check("de", none, Value::Integer(1_234_567), None, "1.234.567");
        check("fr", none, Value::Real(1234.5), None, "1\u{202f}234,5");
        check("ja", none, Value::Real(1234.5), None, "1,234.5");
        // What a pattern says literally stays as it is.
        check(
            "de",
            none,
            Value::Real(1234.5),
            Some("n#,##0.00\" a.b,c\""),
            "1.234,50 a.b,c",
        );
        check("sv", none, Value::Real(0.195), Some("p0.0%"), "19,5%");
        check("de", none, Value::DateTime(moment), None, "01.03.2024 14:05:09");
        check("en_GB", none, Value::Date(moment.date()), None, "01/03/2024");
        check("es", month, Value::Date(moment.date()), None, "marzo de 2024");
        check("ko", month, Value::Date(moment.date()), None, "2024년 3월");
        check("fr", quarter, Value::Date(moment.date()), None, "2024 T1");
        check(
            "de",
            Derivation::Part(DateUnit::Month),
            Value::Integer(3),
            None,
            "März",
        );
        check(
            "it",
            Derivation::Part(DateUnit::Weekday),
            Value::Integer(2),
            None,
            "lunedì",
        );
        check(
            "pt",
            Derivation::MonthYear,
            Value::Integer(202_403),
            None,
            "março de 2024",
        );
        check(
            "sv",
            Derivation::MonthDayYear,
            Value::Integer(20_240_301),
            None,
            "2024-03-01",
        );
        check(
            "de",
            none,
            Value::Date(moment.date()),
            Some("*mmm yyyy"),
            "Mär 2024",
        );
        // A language that is not asked for is English.
        for derivation in [none, month, quarter] {
            let value = Value::DateTime(moment);
            assert_eq!(
                text(&value, derivation, None),
                text_in(ENGLISH, &value, derivation, None)
            );
        }
        assert_eq!(text(&Value::DateTime(moment), quarter, None), "2024 Q1");
        assert_eq!(part_text(20_240_301, Derivation::MonthDayYear), "3/1/2024");
    }

    #[test]
    fn numbers_have_the_digits_that_they_have_in_full() {
        let mut value = 0.000_000_001_5_f64;
        let mut step = 1_u64;
        while value < 1e20 {
            for most in [0_usize, 1, 2, 9, 15] {
                let factor = 10_f64.powi(most as i32);
                let rounded = (value * factor).round() / factor;
                let slow = format!("{rounded:.most$}");
                assert_eq!(grouped(value, most, most, false), slow, "{value} to {most}");
            }
            step = step
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            value *= 1.05 + (step >> 40) as f64 / (1_u64 << 26) as f64;
        }
        let of = |value| text(&Value::Integer(value), Derivation::None, None);
        assert_eq!(of(i64::MIN), "-9,223,372,036,854,775,808");
        assert_eq!(
            [of(0), of(-12), of(123), of(1234), of(100_000)],
            ["0", "-12", "123", "1,234", "100,000"]
        );
    }
}
