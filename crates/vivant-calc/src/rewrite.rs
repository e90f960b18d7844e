//! Finding and changing names in formulas, byte for byte.
//!
//! These work on tokens and not on the tree, so they do the same for formulas with mistakes, and
//! leave every byte alone that is not part of a name that changes.

use crate::datepart::DatePart;
use crate::diag::Span;
use crate::functions::{self, Function, Rule};
use crate::lex::{Token, TokenKind, lex};
use crate::names::{FieldName, PARAMETERS, quote, unquote};
use crate::tree::LodKind;

/// A name in a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The name.
    pub name: FieldName,
    /// The bytes of the whole name, with its data source.
    pub span: Span,
    /// The bytes of the last part, brackets included.
    pub name_span: Span,
    /// Whether it is written as a word without brackets.
    pub bare: bool,
}

/// A call in a formula.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionReference {
    /// The name in capitals.
    pub name: String,
    /// The bytes of the name.
    pub span: Span,
    /// The function, if there is one of that name.
    pub function: Option<&'static Function>,
}

/// What a formula refers to, in the order it is written; names come as often as they are written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct References {
    /// The fields.
    pub fields: Vec<Reference>,
    /// The parameters.
    pub parameters: Vec<Reference>,
    /// The functions.
    pub functions: Vec<FunctionReference>,
}

/// Lists the fields, parameters and functions of a formula.
///
/// ```
/// let found = vivant_calc::rewrite::references("SUM([Sales]) * [Parameters].[Factor]");
/// assert_eq!(found.fields[0].name.to_string(), "[Sales]");
/// assert_eq!(found.parameters[0].name.name, "Factor");
/// assert_eq!(found.functions[0].name, "SUM");
/// ```
pub fn references(formula: &str) -> References {
    let tokens: Vec<Token> = lex(formula)
        .into_iter()
        .filter(|token| !token.kind.is_trivia())
        .collect();
    let kind = |index: usize| tokens.get(index).map(|token: &Token| token.kind);
    let mut found = References::default();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let text = token.span.of(formula);
        match token.kind {
            TokenKind::Field => {
                let qualified =
                    kind(at + 1) == Some(TokenKind::Dot) && kind(at + 2) == Some(TokenKind::Field);
                let last = if qualified { tokens[at + 2] } else { *token };
                let name = if qualified {
                    FieldName::qualified(unquote(text), unquote(last.span.of(formula)))
                } else {
                    FieldName::new(unquote(text))
                };
                let list = if name.is_parameter() {
                    &mut found.parameters
                } else {
                    &mut found.fields
                };
                list.push(Reference {
                    name,
                    span: token.span.to(last.span),
                    name_span: last.span,
                    bare: false,
                });
                at += if qualified { 2 } else { 0 };
            }
            TokenKind::Name if kind(at + 1) == Some(TokenKind::LeftParen) => {
                let function = functions::find(text);
                let name = text.to_uppercase();
                found.functions.push(FunctionReference {
                    name,
                    span: token.span,
                    function,
                });
            }
            TokenKind::Name if !is_word(formula, &tokens[..at], text) => {
                let (span, name) = (token.span, FieldName::new(text));
                found.fields.push(Reference {
                    name,
                    span,
                    name_span: span,
                    bare: true,
                });
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Tells whether a word without brackets is the keyword of a level of detail expression or the date
/// part of a function, by what stands before it.
fn is_word(formula: &str, before: &[Token], word: &str) -> bool {
    match before {
        [.., brace] if brace.kind == TokenKind::LeftBrace => LodKind::from_word(word).is_some(),
        [.., name, paren] if paren.kind == TokenKind::LeftParen && name.kind == TokenKind::Name => {
            let function = functions::find(name.span.of(formula));
            let first = function.and_then(|function| function.overloads.first()?.parameters.first());
            first.is_some_and(|parameter| parameter.rule == Rule::DatePart)
                && DatePart::from_name(word).is_some()
        }
        _ => false,
    }
}

/// Changes names of fields and parameters; those for which `new_name` gives nothing stay.
///
/// Only the bytes of the changed names change: the part in brackets if the data source stays the
/// same, otherwise the whole name. A name without brackets gets brackets.
///
/// ```
/// use vivant_calc::names::FieldName;
/// let renamed = vivant_calc::rewrite::rename("SUM( [a] ) -- [b]", |name| {
///     (name.name == "a").then(|| FieldName::new("Net [Sales]"))
/// });
/// assert_eq!(renamed, "SUM( [Net [Sales]]] ) -- [b]");
/// ```
pub fn rename(formula: &str, mut new_name: impl FnMut(&FieldName) -> Option<FieldName>) -> String {
    let found = references(formula);
    let mut all: Vec<&Reference> = found.fields.iter().chain(&found.parameters).collect();
    all.sort_by_key(|reference| reference.span);
    let mut out = String::with_capacity(formula.len());
    let mut copied = 0;
    for reference in all {
        let Some(new) = new_name(&reference.name).filter(|new| *new != reference.name) else {
            continue;
        };
        let (span, text) = if new.source == reference.name.source {
            (reference.name_span, quote(&new.name))
        } else {
            (reference.span, new.to_string())
        };
        out.push_str(&formula[copied..span.start]);
        out.push_str(&text);
        copied = span.end;
    }
    out.push_str(&formula[copied..]);
    out
}

/// The captions under which people know fields, parameters and data sources.
pub trait Captions {
    /// Gives the caption of a field or parameter, if it differs from its name.
    fn field(&self, name: &FieldName) -> Option<String>;

    /// Gives the caption of a data source, if it differs from its name.
    fn source(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }

    /// Tells whether a field of the data source at hand goes by this caption.
    fn is_field_caption(&self, caption: &str) -> bool {
        let _ = caption;
        false
    }
}

/// Writes a formula for people: captions stand in place of internal names.
///
/// A parameter stands without its source, as long as no field goes by the same caption.
pub fn display(formula: &str, captions: &dyn Captions) -> String {
    rename(formula, |name| {
        let caption = captions.field(name).unwrap_or_else(|| name.name.clone());
        if name.is_parameter() {
            let source = captions
                .is_field_caption(&caption)
                .then(|| PARAMETERS.to_string());
            return Some(FieldName {
                source,
                name: caption,
            });
        }
        let source = name
            .source
            .as_ref()
            .map(|source| captions.source(source).unwrap_or_else(|| source.clone()));
        Some(FieldName {
            source,
            name: caption,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_in_formulas_with_mistakes() {
        let found =
            references("IF [a] THEN SUM((b) // [c]\n + ) [Parameters] . [p] {FIXED d : x(month, '[e]'");
        let fields: Vec<String> = found
            .fields
            .iter()
            .map(|reference| reference.name.to_string())
            .collect();
        assert_eq!(fields, ["[a]", "[b]", "[d]", "[month]"]);
        assert_eq!(found.parameters[0].name.name, "p");
        let functions: Vec<&str> = found
            .functions
            .iter()
            .map(|function| function.name.as_str())
            .collect();
        assert_eq!(functions, ["SUM", "X"]);
        assert!(found.functions[0].function.is_some() && found.functions[1].function.is_none());
    }

    #[test]
    fn date_parts_and_keywords_are_no_fields() {
        let found = references("DATETRUNC(month, [d]) + {include x : MAX(year)}");
        let fields: Vec<&str> = found
            .fields
            .iter()
            .map(|reference| reference.name.name.as_str())
            .collect();
        assert_eq!(fields, ["d", "x", "year"]);
    }

    #[test]
    fn renaming_touches_only_the_name() {
        let to = |new: FieldName| move |name: &FieldName| (name.name == "a").then(|| new.clone());
        let check = |formula: &str, new: FieldName, expected: &str| {
            assert_eq!(rename(formula, to(new)), expected, "{formula}");
        };
        check(
            " [a] +\t[A] /*[a]*/ + '[a]'",
            FieldName::new("b"),
            " [b] +\t[A] /*[a]*/ + '[a]'",
        );
        check("[s] . [a]", FieldName::qualified("s", "b]"), "[s] . [b]]]");
        check("[s] . [a]", FieldName::new("b"), "[b]");
        check("SUM(a)", FieldName::new("b"), "SUM([b])");
        check("SUM(a)", FieldName::new("a"), "SUM(a)");
    }

    struct Book;

    impl Captions for Book {
        fn field(&self, name: &FieldName) -> Option<String> {
            match name.name.as_str() {
                "Calculation_1" => Some("Profit Ratio".to_string()),
                "Parameter 1" => Some("Region".to_string()),
                "Parameter 2" => Some("Top N".to_string()),
                _ => None,
            }
        }

        fn source(&self, name: &str) -> Option<String> {
            (name == "federated.0a").then(|| "Orders".to_string())
        }

        fn is_field_caption(&self, caption: &str) -> bool {
            caption == "Region"
        }
    }

    #[test]
    fn people_see_captions() {
        let check =
            |formula: &str, expected: &str| assert_eq!(display(formula, &Book), expected, "{formula}");
        check(
            "[Calculation_1] // [Calculation_1]",
            "[Profit Ratio] // [Calculation_1]",
        );
        check("[Parameters].[Parameter 2] > 1", "[Top N] > 1");
        check(
            "[Region] = [Parameters].[Parameter 1]",
            "[Region] = [Parameters].[Region]",
        );
        check("SUM([federated.0a].[Sales])", "SUM([Orders].[Sales])");
    }
}
