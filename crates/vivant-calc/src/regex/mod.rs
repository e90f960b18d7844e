//! Regular expressions in the ICU style that `REGEXP_` functions take.
//!
//! The usual regular expression crates leave out what formulas use: look-around, possessive and
//! atomic groups, back-references. This is a plain backtracking matcher for all of that, with a
//! budget of steps in place of a promise of speed: a pattern that would run away ends with a
//! diagnostic. Matching is case-sensitive unless the pattern says `(?i)`.

mod compile;
mod escape;
mod machine;
mod set;
mod syntax;

use crate::diag::Diagnostic;
use compile::Program;
use machine::{Machine, TooHard};

/// A regular expression, ready to match.
///
/// ```
/// use vivant_calc::regex::Regex;
/// let regex = Regex::new(r"(\w+)@(\w+)").unwrap();
/// assert_eq!(regex.extract("mail ann@example today", 2).unwrap().as_deref(), Some("example"));
/// ```
#[derive(Debug, Clone)]
pub struct Regex {
    program: Program,
    empty: bool,
}

impl Regex {
    /// Reads a pattern.
    ///
    /// # Errors
    /// An error diagnostic that says what is wrong with the pattern or what is not supported.
    pub fn new(pattern: &str) -> Result<Regex, Diagnostic> {
        let program = syntax::parse(pattern)
            .and_then(compile::compile)
            .map_err(|message| {
                Diagnostic::error(
                    "calc.regex",
                    format!("cannot read the regular expression: {message}"),
                )
            })?;
        Ok(Regex {
            program,
            empty: pattern.is_empty(),
        })
    }

    /// Tells the number of capturing groups.
    pub fn groups(&self) -> usize {
        self.program.groups
    }

    /// Tells whether a part of the text matches.
    ///
    /// Tableau: an empty pattern matches nothing.
    ///
    /// # Errors
    /// A diagnostic when the match takes too many steps.
    pub fn is_match(&self, text: &str) -> Result<bool, Diagnostic> {
        self.extract_span(&text.chars().collect::<Vec<_>>(), 0)
            .map(|found| found.is_some())
    }

    /// Gives a group of the first match, 0 for the whole match; `None` without a match, without such a
    /// group, or when the group took no part.
    ///
    /// # Errors
    /// A diagnostic when the match takes too many steps.
    pub fn extract(&self, text: &str, group: usize) -> Result<Option<String>, Diagnostic> {
        let chars: Vec<char> = text.chars().collect();
        let span = self.extract_span(&chars, group)?;
        Ok(span.map(|(start, end)| chars[start..end].iter().collect()))
    }

    /// Replaces all matches; `$1` and `${name}` stand for groups, a backslash makes the next character
    /// plain.
    ///
    /// Tableau: an empty pattern changes nothing.
    ///
    /// # Errors
    /// A diagnostic when the matches take too many steps.
    pub fn replace_all(&self, text: &str, replacement: &str) -> Result<String, Diagnostic> {
        if self.empty {
            return Ok(text.to_string());
        }
        let chars: Vec<char> = text.chars().collect();
        let replacement: Vec<char> = replacement.chars().collect();
        let mut machine = Machine::new(&self.program, &chars);
        let mut out = String::with_capacity(text.len());
        let (mut copied, mut from) = (0, 0);
        while from <= chars.len() {
            let Some(groups) = machine.find(from).map_err(too_hard)? else {
                break;
            };
            let (start, end) = (groups[0].unwrap_or(from), groups[1].unwrap_or(from));
            out.extend(&chars[copied..start]);
            self.expand(&replacement, &chars, &groups, &mut out);
            copied = end;
            from = if end > start { end } else { end + 1 };
        }
        out.extend(&chars[copied.min(chars.len())..]);
        Ok(out)
    }

    /// Finds the first match and gives the place of a group.
    fn extract_span(&self, chars: &[char], group: usize) -> Result<Option<(usize, usize)>, Diagnostic> {
        if self.empty || group > self.program.groups {
            return Ok(None);
        }
        let found = Machine::new(&self.program, chars).find(0).map_err(too_hard)?;
        Ok(found.and_then(|groups| Some((groups[2 * group]?, groups[2 * group + 1]?))))
    }

    /// Writes a replacement with its groups.
    fn expand(&self, replacement: &[char], chars: &[char], groups: &[Option<usize>], out: &mut String) {
        let mut at = 0;
        while let Some(&c) = replacement.get(at) {
            at += 1;
            let group = match c {
                '\\' => {
                    out.extend(replacement.get(at));
                    at += 1;
                    continue;
                }
                '$' => self.group_reference(replacement, &mut at),
                _ => None,
            };
            match group {
                Some(group) => {
                    if let (Some(start), Some(end)) = (groups[2 * group], groups[2 * group + 1]) {
                        out.extend(&chars[start..end]);
                    }
                }
                None => out.push(c),
            }
        }
    }

    /// Reads what follows `$` as a group: as many digits as name one, or a name in braces.
    fn group_reference(&self, replacement: &[char], at: &mut usize) -> Option<usize> {
        if replacement.get(*at) == Some(&'{') {
            let end = replacement[*at..].iter().position(|c| *c == '}')? + *at;
            let name: String = replacement[*at + 1..end].iter().collect();
            let group = self.program.names.iter().find(|(known, _)| *known == name)?.1;
            *at = end + 1;
            return Some(group);
        }
        let mut group = replacement.get(*at)?.to_digit(10)? as usize;
        if group > self.program.groups {
            return None;
        }
        *at += 1;
        while let Some(digit) = replacement.get(*at).and_then(|c| c.to_digit(10)) {
            let longer = group * 10 + digit as usize;
            if longer > self.program.groups {
                break;
            }
            group = longer;
            *at += 1;
        }
        Some(group)
    }
}

/// Says that a match took too many steps.
fn too_hard(_: TooHard) -> Diagnostic {
    Diagnostic::error(
        "calc.regex",
        "the regular expression takes too many steps on this text",
    )
    .hint("avoid nested repetitions such as (a+)+")
}

#[cfg(test)]
mod tests;
