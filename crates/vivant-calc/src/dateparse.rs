//! Patterns of `DATEPARSE`: letters such as `yyyy-MM-dd HH:mm:ss`, as ICU reads them.
//!
//! The whole text must match. A number may have fewer or more digits than its letters (`2024-3-5`
//! matches `yyyy-MM-dd`), unless numbers follow one another without anything between, as in
//! `yyyyMMdd`; there every number has as many digits as letters.
//! What a pattern does not mention comes from 1900-01-01 00:00.

use crate::civil::{Date, DateTime, HOUR, MINUTE, SECOND};
use crate::datepart::DateNames;
use crate::datetext::month_by_name;
use crate::diag::Diagnostic;

/// A pattern that can be matched against texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    items: Vec<Item>,
}

/// One piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// This character.
    Literal(char),
    /// One or more blanks.
    Blank,
    /// A value: its letter, the number of letters, and whether its digits are counted.
    Field { letter: char, count: usize, exact: bool },
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// A warning that names the letter when one is not supported; the product gives null then.
    pub fn new(pattern: &str) -> Result<Pattern, Diagnostic> {
        let mut items = Vec::new();
        let mut rest = pattern.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '\'' if rest.next_if_eq(&'\'').is_some() => items.push(Item::Literal('\'')),
                '\'' => {
                    while let Some(quoted) = rest.next() {
                        if quoted == '\'' && rest.next_if_eq(&'\'').is_none() {
                            break;
                        }
                        items.push(Item::Literal(quoted));
                    }
                }
                _ if c.is_ascii_alphabetic() => {
                    let mut count = 1;
                    while rest.next_if_eq(&c).is_some() {
                        count += 1;
                    }
                    if !"yYuMLdDEecaHhKkmsS".contains(c) {
                        let message = format!(
                            "the letter `{c}` of a date pattern is not supported, the result is null"
                        );
                        return Err(Diagnostic::warning("calc.date-pattern", message)
                            .hint("fixed text stands between single quotes"));
                    }
                    items.push(Item::Field {
                        letter: c,
                        count,
                        exact: false,
                    });
                }
                _ if c.is_whitespace() => {
                    if items.last() != Some(&Item::Blank) {
                        items.push(Item::Blank);
                    }
                }
                _ => items.push(Item::Literal(c)),
            }
        }
        let numeric: Vec<bool> = items.iter().map(Item::is_number).collect();
        for (index, item) in items.iter_mut().enumerate() {
            if let Item::Field { exact, .. } = item {
                let before = index.checked_sub(1).is_some_and(|before| numeric[before]);
                let after = numeric.get(index + 1).copied().unwrap_or(false);
                *exact = numeric[index] && (before || after);
            }
        }
        Ok(Pattern { items })
    }

    /// Matches a text; `None` if it does not fit or names an impossible moment.
    pub fn parse(&self, text: &str) -> Option<DateTime> {
        let mut rest = text;
        let mut fields = Fields::default();
        for item in &self.items {
            match item {
                Item::Literal(c) => rest = rest.strip_prefix(*c)?,
                Item::Blank => {
                    let after = rest.trim_start();
                    if after.len() == rest.len() {
                        return None;
                    }
                    rest = after;
                }
                Item::Field { letter, count, exact } => {
                    rest = if item.is_number() {
                        let (value, digits, after) = number(rest, exact.then_some(*count))?;
                        fields.set_number(*letter, *count, value, digits)?;
                        after
                    } else {
                        fields.set_word(*letter, rest)?
                    };
                }
            }
        }
        if rest.is_empty() { fields.moment() } else { None }
    }
}

impl Item {
    /// Tells whether the piece is a number.
    fn is_number(&self) -> bool {
        match self {
            Item::Field {
                letter: 'E' | 'a', ..
            } => false,
            Item::Field {
                letter: 'M' | 'L' | 'e' | 'c',
                count,
                ..
            } => *count < 3,
            Item::Field { .. } => true,
            _ => false,
        }
    }
}

/// Reads a number: exactly `width` digits, or any count up to ten after optional blanks.
fn number(text: &str, width: Option<usize>) -> Option<(i64, usize, &str)> {
    let text = if width.is_none() { text.trim_start() } else { text };
    let available = text.bytes().take_while(u8::is_ascii_digit).count();
    let digits = width.unwrap_or(available);
    if digits == 0 || digits > available || digits > 10 {
        return None;
    }
    Some((text[..digits].parse().ok()?, digits, &text[digits..]))
}

/// The values read so far.
#[derive(Debug, Default)]
struct Fields {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    day_of_year: Option<i64>,
    hour: Option<i64>,
    /// The hour counts from 1 to 12.
    twelve: bool,
    afternoon: Option<bool>,
    minute: Option<i64>,
    second: Option<i64>,
    micros: i64,
}

impl Fields {
    /// Keeps a number.
    fn set_number(&mut self, letter: char, count: usize, value: i64, digits: usize) -> Option<()> {
        match letter {
            'y' | 'Y' | 'u' => {
                let short = count == 2 && digits <= 2;
                self.year = Some(match value {
                    // Tableau: the line between the centuries is 69 here and 39 in DATE.
                    0..=69 if short => 2000 + value,
                    _ if short => 1900 + value,
                    _ => value,
                });
            }
            'M' | 'L' => self.month = Some(value),
            'd' => self.day = Some(value),
            'D' => self.day_of_year = Some(value),
            'H' => self.hour = Some(value),
            'k' => self.hour = Some(if value == 24 { 0 } else { value }),
            'h' | 'K' => {
                self.hour = Some(value);
                self.twelve = true;
            }
            'm' => self.minute = Some(value),
            's' => self.second = Some(value),
            'S' => {
                let scale = 10_i64.checked_pow(digits as u32)?;
                self.micros = (i128::from(value) * i128::from(SECOND) / i128::from(scale)) as i64;
            }
            // A number for the weekday is read and means nothing beside the date.
            _ => {}
        }
        Some(())
    }

    /// Keeps a word and gives what follows it.
    fn set_word<'t>(&mut self, letter: char, text: &'t str) -> Option<&'t str> {
        let length = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
        let (word, rest) = text.split_at(length);
        match letter {
            'a' => {
                // `PM` may be followed by fixed letters, so only its own two are taken.
                let half = text.get(..2)?;
                self.afternoon = Some(match half.to_ascii_lowercase().as_str() {
                    "am" => false,
                    "pm" => true,
                    _ => return None,
                });
                return Some(&text[2..]);
            }
            'M' | 'L' => self.month = Some(month_by_name(word, &DateNames::ENGLISH)?),
            _ => {
                let word = word.to_lowercase();
                let fits = |name: &&str| {
                    let name = name.to_lowercase();
                    name == word || (word.len() == 3 && name.starts_with(&word))
                };
                DateNames::ENGLISH.weekdays.iter().position(fits)?;
            }
        }
        Some(rest)
    }

    /// Puts the values together.
    fn moment(&self) -> Option<DateTime> {
        let year = self.year.unwrap_or(1900);
        let date = match self.day_of_year {
            // Tableau: the day of the year wins over month and day, so `YYYY-MM-DD` reads day 5 of the
            // year from 2024-03-05.
            Some(day) => Date::new(year, 1, 1)?
                .plus_days(day.checked_sub(1)?)
                .filter(|date| day >= 1 && date.year() == year)?,
            None => Date::new(year, self.month.unwrap_or(1), self.day.unwrap_or(1))?,
        };
        let mut hour = self.hour.unwrap_or(0);
        if hour > 23 {
            return None;
        }
        if self.twelve {
            // Tableau: 12 without AM or PM is midnight, and 13 to 23 are taken as they are.
            if hour == 12 {
                hour = 0;
            }
            if self.afternoon == Some(true) && hour < 12 {
                hour += 12;
            }
        }
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        if minute > 59 || second > 59 {
            return None;
        }
        DateTime::new(
            date,
            hour * HOUR + minute * MINUTE + second * SECOND + self.micros,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expected: &str) {
        let found = Pattern::new(pattern).unwrap().parse(text);
        let shown = found.map_or("none".to_string(), |moment| moment.to_string());
        assert_eq!(shown, expected, "{pattern} {text}");
    }

    #[test]
    fn numbers_are_free_unless_they_touch() {
        check("yyyy-MM-dd", "2024-3-5", "2024-03-05 00:00:00");
        check("yyyyMMdd", "19860325", "1986-03-25 00:00:00");
        check("yyyyMMdd", "1986325", "none");
        check("yyyyMMdd", "198603251", "none");
        check("yy", "24", "2024-01-01 00:00:00");
        check("yy", "75", "1975-01-01 00:00:00");
        check("y-MM-dd", "1987-04-09", "1987-04-09 00:00:00");
    }

    #[test]
    fn hours_have_halves() {
        check("hh:mm a", "05:18 PM", "1900-01-01 17:18:00");
        check("hh:mm a", "12:18 am", "1900-01-01 00:18:00");
        check("hh:mm a", "12:18 pm", "1900-01-01 12:18:00");
        check("hh:mm", "13:05", "1900-01-01 13:05:00");
        check("HH:mm", "24:05", "none");
        check("h:mm", "11:75", "none");
    }

    #[test]
    fn words_and_fixed_text_must_fit() {
        check("MMM d, yyyy", "Mar 5, 2024", "2024-03-05 00:00:00");
        check("EEE d MMM yyyy", "Tue 5 Mar 2024", "2024-03-05 00:00:00");
        check(
            "yyyy-MM-dd'T'HH:mm:ss",
            "2024-03-05T01:02:03",
            "2024-03-05 01:02:03",
        );
        check("yyyy''MM", "2024'02", "2024-02-01 00:00:00");
        check("ss.SSS", "03.456", "1900-01-01 00:00:03.456000");
        check("MMM", "Foo", "none");
        check("", "x", "none");
        check("", "", "1900-01-01 00:00:00");
        assert!(Pattern::new("yyyy-MM-dd z").is_err());
    }

    #[test]
    fn the_day_of_the_year_wins() {
        check("YYYY-MM-DD", "2024-03-05", "2024-01-05 00:00:00");
        check("D yyyy", "60 2024", "2024-02-29 00:00:00");
        check("D yyyy", "366 2023", "none");
    }
}
