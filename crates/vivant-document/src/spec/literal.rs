//! Literals of documents: the values of filters, sorts, aliases, colour maps and parameters.
//!
//! They look like those of formulas but are quoted otherwise: text stands in double quotes with
//! backslashes before `"`, `%`, `#` and `\`, and some members have names of their own between percent signs.

use vivant_calc::Value;

/// A value as a document writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// A value; [`Value::Null`] is the member that stands for missing values.
    Value(Value),
    /// Values of several fields together.
    Tuple(Vec<Literal>),
    /// The pseudo-member of totals.
    All,
    /// The mark of more than one value.
    ManyValues,
    /// Something that is none of these, kept as written.
    Other(String),
}

impl Literal {
    /// Reads a literal; what is not one is kept in [`Literal::Other`].
    pub fn parse(text: &str) -> Literal {
        let text = text.trim();
        match text {
            "%null%" => return Literal::Value(Value::Null),
            "%all%" => return Literal::All,
            "%many-values%" => return Literal::ManyValues,
            "true" | "TRUE" => return Literal::Value(Value::Boolean(true)),
            "false" | "FALSE" => return Literal::Value(Value::Boolean(false)),
            _ => {}
        }
        if let Some(inside) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            return Literal::Tuple(split(inside).into_iter().map(Literal::parse).collect());
        }
        if let Some(string) = quoted(text) {
            return Literal::Value(Value::String(string));
        }
        if let Some(inside) = text.strip_prefix('#').and_then(|rest| rest.strip_suffix('#')) {
            let value = Value::from_literal(&format!("#{inside}#"));
            if !value.value.is_null() {
                return Literal::Value(value.value);
            }
            return Literal::Other(text.to_owned());
        }
        if let Ok(integer) = text.parse::<i64>() {
            return Literal::Value(Value::Integer(integer));
        }
        match text.parse::<f64>() {
            Ok(real) if real.is_finite() => Literal::Value(Value::Real(real)),
            _ => Literal::Other(text.to_owned()),
        }
    }

    /// Returns the value, if the literal is a single one.
    pub fn value(&self) -> Option<&Value> {
        match self {
            Literal::Value(value) => Some(value),
            _ => None,
        }
    }
}

/// Reads a text in double quotes.
fn quoted(text: &str) -> Option<String> {
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => out.push(chars.next()?),
            other => out.push(other),
        }
    }
    Some(out)
}

/// Splits at the commas outside of quotes and parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut depth, mut in_quotes, mut escaped) = (0, 0_usize, false, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            '(' if !in_quotes => depth += 1,
            ')' if !in_quotes => depth = depth.saturating_sub(1),
            ',' if !in_quotes && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_every_kind_are_read() {
        let text = |text: &str| Literal::Value(Value::String(text.to_owned()));
        assert_eq!(Literal::parse(r#""5 \"x\" 100\%""#), text("5 \"x\" 100%"));
        assert_eq!(Literal::parse("%null%"), Literal::Value(Value::Null));
        assert_eq!(Literal::parse("-12"), Literal::Value(Value::Integer(-12)));
        assert_eq!(Literal::parse("0.5"), Literal::Value(Value::Real(0.5)));
        assert_eq!(Literal::parse("%all%"), Literal::All);
        assert_eq!(
            Literal::parse(r#"("a, (b)",3)"#),
            Literal::Tuple(vec![text("a, (b)"), Literal::Value(Value::Integer(3))])
        );
        let day = Literal::parse("#2024-03-01#");
        assert_eq!(day.value().unwrap().to_literal(), "#2024-03-01#");
        let moment = Literal::parse("#2024-03-01 14:00:00#");
        assert_eq!(moment.value().unwrap().to_literal(), "#2024-03-01 14:00:00#");
        assert_eq!(Literal::parse("[x]"), Literal::Other("[x]".to_owned()));
    }
}
