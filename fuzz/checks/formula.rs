//! Formulas: every byte belongs to a token, and no text makes the parser, the checker or the layout stumble.

use vivant_calc::check::{FieldInfo, Fields};
use vivant_calc::civil::Date;
use vivant_calc::eval::Context;
use vivant_calc::format::format;
use vivant_calc::lex::lex;
use vivant_calc::names::FieldName;
use vivant_calc::rewrite::{references, rename};
use vivant_calc::types::{DataType, Level};
use vivant_calc::{check as judge, evaluate, parse};

/// Checks what holds for any bytes.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let mut at = 0;
    for token in lex(text) {
        assert_eq!(token.span.start, at, "tokens follow one another");
        assert!(token.span.end > at, "and none is empty");
        at = token.span.end;
        let _ = token.span.of(text);
    }
    assert_eq!(at, text.len(), "and all of the text is in them");

    let parsed = parse(text);
    let fields = Fields::new()
        .with(FieldName::new("a"), FieldInfo::new(DataType::Real, Level::Row))
        .with(FieldName::new("s"), FieldInfo::new(DataType::String, Level::Row))
        .with(FieldName::new("d"), FieldInfo::new(DataType::Date, Level::Row))
        .with_parameter("p", DataType::Integer);
    let checked = judge(&parsed.value, &fields);
    let _ = evaluate(&parsed.value, &checked, &Context::new(Date::ZERO.midnight()));

    let pretty = format(text);
    if !parsed.has_errors() {
        assert!(!pretty.has_errors());
        assert!(
            !parse(&pretty.value).has_errors(),
            "a layout is a formula: {}",
            pretty.value
        );
        assert_eq!(
            format(&pretty.value).value,
            pretty.value,
            "laid out once is laid out"
        );
    }
    let _ = references(text);
    assert_eq!(rename(text, |_| None), text, "nothing renamed is nothing changed");
    let renamed = rename(text, |name| {
        (name.name == "a").then(|| FieldName::new("new ] name"))
    });
    if !parsed.has_errors() {
        assert!(!parse(&renamed).has_errors(), "{renamed}");
    }
}
