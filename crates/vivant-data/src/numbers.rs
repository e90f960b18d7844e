//! Numbers and dates in text, written the way of a country.

use vivant_calc::civil::{Date, DateTime};
use vivant_calc::datetext::{self, DateOrder};

/// How numbers and dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Locale {
    decimal: u8,
    group: char,
    order: DateOrder,
}

impl Default for Locale {
    fn default() -> Self {
        Self {
            decimal: b'.',
            group: ',',
            order: DateOrder::MonthFirst,
        }
    }
}

/// Languages that write a comma before the fraction, and what they put between thousands.
const COMMA: &[(&str, char)] = &[
    ("de", '.'),
    ("es", '.'),
    ("it", '.'),
    ("nl", '.'),
    ("da", '.'),
    ("pt", '.'),
    ("tr", '.'),
    ("el", '.'),
    ("id", '.'),
    ("ro", '.'),
    ("hr", '.'),
    ("sl", '.'),
    ("sr", '.'),
    ("ca", '.'),
    ("vi", '.'),
    ("fr", ' '),
    ("ru", ' '),
    ("uk", ' '),
    ("pl", ' '),
    ("cs", ' '),
    ("sk", ' '),
    ("sv", ' '),
    ("nb", ' '),
    ("nn", ' '),
    ("no", ' '),
    ("fi", ' '),
    ("hu", ' '),
    ("bg", ' '),
    ("et", ' '),
    ("lv", ' '),
    ("lt", ' '),
];

/// Languages that write the year first.
const YEAR_FIRST: &[&str] = &["ja", "zh", "ko", "hu", "lt", "sv", "mn"];

impl Locale {
    /// Reads a name such as `de_DE`; what is not known is taken for the United States.
    pub fn from_name(name: &str) -> Self {
        let mut parts = name.split(['_', '-', '@', '.']);
        let language = parts.next().unwrap_or_default().to_ascii_lowercase();
        let region = parts
            .find(|part| part.len() == 2)
            .unwrap_or_default()
            .to_ascii_uppercase();
        let comma = COMMA.iter().find(|(name, _)| *name == language);
        let (decimal, group) = match (language.as_str(), region.as_str()) {
            ("de" | "it" | "fr", "CH" | "LI") => (b'.', '\''),
            ("es", "MX" | "US" | "PR" | "GT" | "HN" | "NI" | "PA" | "PE" | "SV" | "DO") => (b'.', ','),
            ("de", "AT") | ("pt", "PT") => (b',', '.'),
            _ => comma.map_or((b'.', ','), |(_, group)| (b',', *group)),
        };
        let order = match (language.as_str(), region.as_str()) {
            ("en", "US" | "PH" | "") | ("" | "lroot" | "root" | "c" | "posix", _) => DateOrder::MonthFirst,
            (language, _) if YEAR_FIRST.contains(&language) => DateOrder::YearFirst,
            (language, _) if language.len() == 2 => DateOrder::DayFirst,
            _ => DateOrder::MonthFirst,
        };
        Self {
            decimal,
            group,
            order,
        }
    }

    /// Reads an integer.
    pub fn integer(&self, text: &str) -> Option<i64> {
        let text = text.trim();
        if let Ok(value) = text.parse::<i64>() {
            return Some(value);
        }
        let plain = self.plain(text)?;
        plain.parse().ok()
    }

    /// Reads a number.
    pub fn real(&self, text: &str) -> Option<f64> {
        let text = text.trim();
        let simple = text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
        let value = if simple && self.decimal == b'.' {
            text.parse::<f64>().ok()?
        } else {
            self.plain(text)?.parse::<f64>().ok()?
        };
        value.is_finite().then_some(value)
    }

    /// Reads a number as an integer; a fraction is cut off.
    pub fn truncated(&self, text: &str) -> Option<i64> {
        self.integer(text).or_else(|| truncate(self.real(text)?))
    }

    /// Reads a day, with or without a time; midnight where there is none.
    pub fn moment(&self, text: &str) -> Option<DateTime> {
        let text = text.trim();
        // Every date has a digit; most texts end here.
        if text.len() < 5 || !text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if let Some(day) = iso_day(text) {
            return Some(day.midnight());
        }
        let iso = iso_moment(text);
        let read = datetext::parse(iso.as_deref().unwrap_or(text), self.order)?;
        // A time alone is on the day from which spreadsheets count.
        read.date
            .or_else(|| Date::new(1899, 12, 30))
            .and_then(|day| DateTime::new(day, read.time.unwrap_or(0)))
    }

    /// Writes a number as Rust reads it: without currency and groups, with a point.
    fn plain(&self, text: &str) -> Option<String> {
        let (mut text, mut negative) = (text, false);
        if let Some(inside) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            (text, negative) = (inside.trim(), true);
        }
        for _ in 0..2 {
            if let Some(rest) = text.strip_prefix('-') {
                (text, negative) = (rest.trim_start(), true);
            } else if let Some(rest) = text.strip_prefix('+') {
                text = rest;
            }
            // Tableau: `$1,234` in a text file is a number (checked against a workbook of the product).
            text = text.trim_start_matches(is_currency).trim_start();
        }
        text = text.trim_end_matches(is_currency).trim_end();
        if !text.starts_with(|c: char| c.is_ascii_digit() || c == char::from(self.decimal)) {
            return None;
        }
        let (whole, fraction) = match text.split_once(char::from(self.decimal)) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let mut plain = String::with_capacity(text.len() + 2);
        if negative {
            plain.push('-');
        }
        let is_group = |c: char| c == self.group || (self.group == ' ' && matches!(c, '\u{a0}' | '\u{202f}'));
        let groups: Vec<&str> = whole.split(is_group).collect();
        let (first, rest) = groups.split_first()?;
        let (rest_ok, last_may_have_exponent) =
            (rest.iter().all(|group| group.len() == 3), fraction.is_none());
        if !rest.is_empty() && (!rest_ok || first.is_empty() || first.len() > 3) {
            return None;
        }
        for group in &groups {
            let digits = group.bytes().all(|byte| byte.is_ascii_digit());
            let has_exponent = last_may_have_exponent && groups.len() == 1 && is_exponent_form(group);
            if !digits && !has_exponent {
                return None;
            }
            plain.push_str(group);
        }
        if let Some(fraction) = fraction {
            if !fraction.is_empty()
                && !is_exponent_form(fraction)
                && !fraction.bytes().all(|b| b.is_ascii_digit())
            {
                return None;
            }
            plain.push('.');
            plain.push_str(fraction);
        }
        Some(plain)
    }
}

/// Cuts off the fraction; `None` for what does not fit.
pub(crate) fn truncate(value: f64) -> Option<i64> {
    // The bounds are exact as doubles; the upper one is the first that does not fit.
    let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value);
    fits.then_some(value as i64)
}

/// Reads `true`, `false` and their short forms.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    let text = text.trim();
    let is = |names: &[&str]| names.iter().any(|name| text.eq_ignore_ascii_case(name));
    match () {
        () if is(&["true", "t", "yes", "1"]) => Some(true),
        () if is(&["false", "f", "no", "0"]) => Some(false),
        () => None,
    }
}

fn is_currency(c: char) -> bool {
    matches!(
        c,
        '$' | '€' | '£' | '¥' | '₹' | '₽' | '₩' | '₺' | '₪' | '฿' | '₫' | '₴' | '¢'
    )
}

/// Digits, `e`, an optional sign, digits.
fn is_exponent_form(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits(mantissa) && !exponent.is_empty() && digits(exponent)
}

/// Reads `2024-03-01` quickly.
fn iso_day(text: &str) -> Option<Date> {
    let bytes: &[u8; 10] = text.as_bytes().try_into().ok()?;
    if bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| -> Option<i64> {
        bytes[range].iter().try_fold(0, |value, byte| {
            byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
        })
    };
    Date::new(number(0..4)?, number(5..7)?, number(8..10)?)
}

/// Rewrites `2024-03-01T10:00:00Z` with a blank; `None` for other forms.
fn iso_moment(text: &str) -> Option<String> {
    let (day, time) = text.split_once('T')?;
    iso_day(day)?;
    Some(format!("{day} {}", time.strip_suffix('Z').unwrap_or(time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(locale: &str, text: &str) -> Option<f64> {
        Locale::from_name(locale).real(text)
    }

    #[test]
    fn numbers_are_read_the_way_of_the_country() {
        assert_eq!(real("en_US", "1,234.5"), Some(1234.5));
        assert_eq!(real("de_DE", "1.234,5"), Some(1234.5));
        assert_eq!(real("fr_FR", "1\u{202f}234,5"), Some(1234.5));
        assert_eq!(real("de_CH", "1'234.5"), Some(1234.5));
        assert_eq!(real("de_DE", "3.14"), None);
        assert_eq!(real("en_US", "-1.5e3"), Some(-1500.0));
        assert_eq!(real("en_US", ".5"), Some(0.5));
        assert_eq!(real("de_DE", "1,5e3"), Some(1500.0));
    }

    #[test]
    fn currency_and_parentheses_are_understood() {
        assert_eq!(real("en_US", "$1,234"), Some(1234.0));
        assert_eq!(real("en_US", "-$1,234.50"), Some(-1234.5));
        assert_eq!(real("en_US", "$-2"), Some(-2.0));
        assert_eq!(real("en_US", "(12)"), Some(-12.0));
        assert_eq!(real("de_DE", "1.234 €"), Some(1234.0));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in [
            "", "-", "$", "1,2", "1,,234", ",123", "inf", "NaN", "12%", "1e", "0x10", "1-2", "1 2",
        ] {
            assert_eq!(real("en_US", text), None, "{text}");
        }
    }

    #[test]
    fn integers_do_not_lose_digits() {
        let locale = Locale::default();
        assert_eq!(locale.integer("9007199254740993"), Some(9_007_199_254_740_993));
        assert_eq!(
            locale.integer("9,007,199,254,740,993"),
            Some(9_007_199_254_740_993)
        );
        assert_eq!(locale.truncated("12.9"), Some(12));
        assert_eq!(locale.truncated("1e300"), None);
    }

    #[test]
    fn dates_follow_the_order_of_the_country() {
        let day = |locale: &str, text: &str| {
            Locale::from_name(locale)
                .moment(text)
                .map(|moment| moment.date().to_string())
        };
        assert_eq!(day("en_US", "2/3/2020").as_deref(), Some("2020-02-03"));
        assert_eq!(day("en_GB", "2/3/2020").as_deref(), Some("2020-03-02"));
        assert_eq!(day("de_DE", "02.03.2020").as_deref(), Some("2020-03-02"));
        assert_eq!(day("ja_JP", "2020/03/02").as_deref(), Some("2020-03-02"));
        assert_eq!(day("en_US", "2/30/2020"), None);
        let moment = Locale::default().moment("2020-03-02T10:20:30Z").unwrap();
        assert_eq!(moment.to_string(), "2020-03-02 10:20:30");
    }
}
