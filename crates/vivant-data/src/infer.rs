//! Which type a column has, when the document does not say: from the values of the first rows.

use crate::numbers::Locale;
use crate::schema::ColumnType;

/// Rows that are looked at in a text file.
///
/// Tableau: 1,024 rows of a text file and 10,000 rows of a spreadsheet decide (product help, data types).
pub(crate) const TEXT_ROWS: usize = 1_024;
/// Rows that are looked at in a spreadsheet.
pub(crate) const SPREADSHEET_ROWS: usize = 10_000;

/// Counts what values look like.
#[derive(Debug, Default, Clone)]
pub(crate) struct Guess {
    integers: usize,
    reals: usize,
    booleans: usize,
    dates: usize,
    moments: usize,
    texts: usize,
}

impl Guess {
    /// Looks at a text.
    pub fn text(&mut self, text: &str, locale: &Locale) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        match () {
            () if locale.integer(text).is_some() => self.integers += 1,
            () if locale.real(text).is_some() => self.reals += 1,
            () if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") => {
                self.booleans += 1;
            }
            () => match locale.moment(text) {
                Some(moment) if moment.time() == 0 && !text.contains(':') => self.dates += 1,
                Some(_) => self.moments += 1,
                None => self.texts += 1,
            },
        }
    }

    /// Takes a value whose type is known.
    pub fn value(&mut self, kind: ColumnType) {
        match kind {
            ColumnType::Integer => self.integers += 1,
            ColumnType::Real => self.reals += 1,
            ColumnType::Boolean => self.booleans += 1,
            ColumnType::Date => self.dates += 1,
            ColumnType::DateTime => self.moments += 1,
            ColumnType::String | ColumnType::Spatial => self.texts += 1,
        }
    }

    /// Decides by the majority; text where nothing is in the majority or nothing was seen.
    pub fn decide(&self) -> ColumnType {
        let numbers = self.integers + self.reals;
        let days = self.dates + self.moments;
        let most = numbers.max(days).max(self.booleans).max(self.texts);
        match most {
            0 => ColumnType::String,
            _ if most == self.texts => ColumnType::String,
            _ if most == numbers && self.reals > 0 => ColumnType::Real,
            _ if most == numbers => ColumnType::Integer,
            _ if most == days && self.moments > 0 => ColumnType::DateTime,
            _ if most == days => ColumnType::Date,
            _ => ColumnType::Boolean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(values: &[&str]) -> &'static str {
        let mut guess = Guess::default();
        for value in values {
            guess.text(value, &Locale::default());
        }
        guess.decide().name()
    }

    #[test]
    fn the_majority_decides() {
        assert_eq!(guess(&["1", "2", "x"]), "integer");
        assert_eq!(guess(&["1", "2.5", "3"]), "real");
        assert_eq!(guess(&["a", "b", "3"]), "string");
        assert_eq!(guess(&["1/2/2024", "", "1/31/2024"]), "date");
        assert_eq!(guess(&["2024-01-02 10:00:00", "2024-01-02"]), "datetime");
        assert_eq!(guess(&["true", "FALSE"]), "boolean");
        assert_eq!(guess(&["", " "]), "string");
    }

    #[test]
    fn leading_zeros_do_not_make_a_number_text() {
        // Tableau: post codes lose their zeros unless the type is changed.
        assert_eq!(guess(&["01234", "00012"]), "integer");
    }
}
