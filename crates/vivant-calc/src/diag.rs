//! What the pipeline says about bad input: diagnostics with a place and a hint.
//!
//! This module is shared by everything that reads documents, plans queries or lays out views.
//! It knows nothing about formulas: a place is an optional path (a workbook element, a file, a
//! field, as its author likes to write it) and an optional byte range in the text found there.
//! Bad input is not an error here but a [`Diagnostic`] beside a value, see [`Warned`].

use std::fmt;

/// A half-open range of byte offsets in some text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte, never less than `start`.
    pub end: usize,
}

impl Span {
    /// Makes the range from `start` up to `end`; an `end` before `start` gives an empty range.
    pub fn new(start: usize, end: usize) -> Span {
        Span {
            start,
            end: end.max(start),
        }
    }

    /// Tells the number of bytes in the range.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Tells whether the range holds no byte.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Gives the smallest range that covers both.
    pub fn to(self, other: Span) -> Span {
        Span {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// Cuts the range out of `text`; a range that does not fit the text gives the empty string.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// Moves the range by `offset` bytes, for text that is part of a larger text.
    pub fn shifted(self, offset: usize) -> Span {
        Span {
            start: self.start + offset,
            end: self.end + offset,
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}..{}", self.start, self.end)
    }
}

/// How bad a diagnostic is; the order is from harmless to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; the result is right.
    Info,
    /// The result may differ from what the author meant or from what the product shows.
    Warning,
    /// The thing at this place cannot be used.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

/// Where a diagnostic belongs; both parts may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// The thing that holds the text, for example `worksheet 'Sales' / filter [Region]`.
    pub path: Option<String>,
    /// The byte range within the text of that thing.
    pub span: Option<Span>,
}

/// One message about bad, doubtful or unsupported input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name of the kind of problem, such as `calc.unknown-field`, to count and to filter by.
    pub code: &'static str,
    /// What is wrong with which thing: lower case, no full stop.
    pub message: String,
    /// Where it is.
    pub place: Place,
    /// What to do next, if that is known.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// Makes a diagnostic without a place and without a hint.
    pub fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity,
            code,
            message: message.into(),
            place: Place::default(),
            hint: None,
        }
    }

    /// Makes an error.
    pub fn error(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, message)
    }

    /// Makes a warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, message)
    }

    /// Makes a remark.
    pub fn info(code: &'static str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Info, code, message)
    }

    /// Adds the byte range the message is about.
    #[must_use]
    pub fn at(mut self, span: Span) -> Diagnostic {
        self.place.span = Some(span);
        self
    }

    /// Adds the thing that holds the text; a path that is already there becomes its inner part.
    #[must_use]
    pub fn within(mut self, path: impl Into<String>) -> Diagnostic {
        let outer = path.into();
        self.place.path = Some(match self.place.path.take() {
            Some(inner) => format!("{outer} / {inner}"),
            None => outer,
        });
        self
    }

    /// Adds advice on what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    /// Tells whether the thing at this place cannot be used.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.severity, self.message)?;
        match (&self.place.path, self.place.span) {
            (Some(path), Some(span)) => write!(out, " ({path}, bytes {span})")?,
            (Some(path), None) => write!(out, " ({path})")?,
            (None, Some(span)) => write!(out, " (bytes {span})")?,
            (None, None) => {}
        }
        match &self.hint {
            Some(hint) => write!(out, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// A value together with what there is to say about how it came about.
///
/// The value is always usable as far as it goes; whoever needs a flawless one asks
/// [`Warned::has_errors`] or [`Warned::into_result`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Warned<T> {
    /// The value.
    pub value: T,
    /// What was noticed, in the order it was noticed.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Warned<T> {
    /// Wraps a value about which there is nothing to say.
    pub fn new(value: T) -> Warned<T> {
        Warned {
            value,
            diagnostics: Vec::new(),
        }
    }

    /// Wraps a value with the diagnostics that go with it.
    pub fn with(value: T, diagnostics: Vec<Diagnostic>) -> Warned<T> {
        Warned { value, diagnostics }
    }

    /// Tells whether at least one diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Changes the value and keeps the diagnostics.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Warned<U> {
        Warned {
            value: change(self.value),
            diagnostics: self.diagnostics,
        }
    }

    /// Changes the value by a step that has diagnostics of its own; those follow the present ones.
    pub fn and_then<U>(self, step: impl FnOnce(T) -> Warned<U>) -> Warned<U> {
        let mut next = step(self.value);
        let mut diagnostics = self.diagnostics;
        diagnostics.append(&mut next.diagnostics);
        Warned {
            value: next.value,
            diagnostics,
        }
    }

    /// Puts the diagnostics under an outer path, see [`Diagnostic::within`].
    #[must_use]
    pub fn within(self, path: &str) -> Warned<T> {
        let diagnostics = self.diagnostics.into_iter().map(|one| one.within(path)).collect();
        Warned {
            value: self.value,
            diagnostics,
        }
    }

    /// Moves the diagnostics to `sink` and gives the value.
    pub fn take(self, sink: &mut Vec<Diagnostic>) -> T {
        sink.extend(self.diagnostics);
        self.value
    }

    /// Gives the value, or all diagnostics if one of them is an error.
    ///
    /// # Errors
    /// The diagnostics, when at least one is an error.
    pub fn into_result(self) -> Result<T, Vec<Diagnostic>> {
        if self.has_errors() {
            Err(self.diagnostics)
        } else {
            Ok(self.value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_reads_as_one_line() {
        let diagnostic = Diagnostic::error("calc.unknown-field", "field `[Profit]` is not defined")
            .at(Span::new(4, 12))
            .within("calculation [Ratio]")
            .within("data source 'Orders'")
            .hint("did you mean `[Profits]`?");
        assert_eq!(
            diagnostic.to_string(),
            "error: field `[Profit]` is not defined (data source 'Orders' / calculation [Ratio], bytes 4..12); \
             hint: did you mean `[Profits]`?"
        );
    }

    #[test]
    fn steps_collect_their_diagnostics_in_order() {
        let first = Warned::with(1, vec![Diagnostic::info("a", "one")]);
        let both = first.and_then(|value| Warned::with(value + 1, vec![Diagnostic::error("b", "two")]));
        assert_eq!(both.value, 2);
        assert!(both.has_errors());
        assert_eq!(both.into_result().unwrap_err().len(), 2);
    }

    #[test]
    fn a_span_outside_its_text_is_empty() {
        assert_eq!(Span::new(2, 9).of("abc"), "");
        assert_eq!(Span::new(1, 3).of("abc"), "bc");
        assert_eq!(Span::new(5, 2).len(), 0);
    }
}
