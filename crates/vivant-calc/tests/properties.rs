//! Properties that hold for any text and any formula, tried on seeded random ones.
//!
//! A failure prints the text; the generator is deterministic, so it fails again.

use vivant_calc::check::{FieldInfo, Fields, check};
use vivant_calc::civil::Date;
use vivant_calc::datetext::{self, DateOrder};
use vivant_calc::eval::{Context, Values, evaluate};
use vivant_calc::lex::{TokenKind, lex};
use vivant_calc::names::FieldName;
use vivant_calc::regex::Regex;
use vivant_calc::types::{DataType, Level};
use vivant_calc::value::Value;
use vivant_calc::{format, parse, rewrite};

/// A small generator of pseudo-random numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

/// Pieces that formulas are made of, with what breaks them.
const PIECES: [&str; 78] = [
    "IF ",
    "THEN ",
    "ELSEIF ",
    "ELSE ",
    "END ",
    "CASE ",
    "WHEN ",
    "AND ",
    "OR ",
    "NOT ",
    "IN ",
    "TRUE",
    "NULL",
    "(",
    ")",
    "{",
    "}",
    ",",
    ":",
    ".",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "=",
    "==",
    "<>",
    "!=",
    "<",
    ">=",
    "[x]",
    "[s]",
    "[a]]b]",
    "[Parameters].[P]",
    "[",
    "]",
    "'",
    "\"",
    "'it''s'",
    "#",
    "#2024-01-31#",
    "#abc#",
    "1",
    "2.5",
    ".5",
    "3.",
    "1e3",
    "9223372036854775807",
    "99999999999999999999",
    "1e",
    "//",
    "/*",
    "*/",
    "\n",
    "\r\n",
    "\t",
    " ",
    "SUM(",
    "ABS(",
    "DATEADD('month',",
    "REGEXP_EXTRACT('a',",
    "FIXED ",
    "EXCLUDE ",
    "IS NULL",
    "LIKE ",
    "BETWEEN ",
    "||",
    "&&",
    "!",
    "“",
    "é",
    "\u{301}",
    "日本",
    "\u{feff}",
    "\u{0}",
    "SPLIT([s],'-',",
];

struct Row;

impl Values for Row {
    fn field(&self, name: &FieldName) -> Option<Value> {
        match name.name.as_str() {
            "x" => Some(Value::Integer(i64::MAX)),
            "s" => Some(Value::String("a-b".to_string())),
            _ => None,
        }
    }

    fn parameter(&self, _: &str) -> Option<Value> {
        Some(Value::Integer(2))
    }
}

fn environment() -> Fields {
    Fields::new()
        .with(FieldName::new("x"), FieldInfo::new(DataType::Integer, Level::Row))
        .with(FieldName::new("s"), FieldInfo::new(DataType::String, Level::Row))
        .with_parameter("P", DataType::Integer)
}

/// Does everything that can be done with a formula and checks what must hold for all of them.
fn check_any(text: &str) {
    let tokens = lex(text);
    let mut end = 0;
    for token in &tokens {
        assert_eq!(token.span.start, end, "{text:?}");
        assert!(!token.span.is_empty(), "{text:?}");
        end = token.span.end;
    }
    assert_eq!(end, text.len(), "{text:?}");
    let joined: String = tokens.iter().map(|token| token.span.of(text)).collect();
    assert_eq!(lex(&joined), tokens);

    let parsed = parse(text);
    let tree = &parsed.value;
    for id in tree.ids() {
        let span = tree.span(id);
        assert!(text.get(span.start..span.end).is_some(), "{text:?} {span}");
        tree.kind(id).for_each_child(|child| {
            assert!(child < id, "{text:?}");
            let inner = tree.span(child);
            assert!(inner.start >= span.start && inner.end <= span.end, "{text:?}");
        });
    }
    assert!(parsed.diagnostics.len() <= 50);
    let checked = check(tree, &environment());
    for diagnostic in parsed.diagnostics.iter().chain(&checked.diagnostics) {
        let span = diagnostic.place.span.unwrap();
        assert!(text.get(span.start..span.end).is_some(), "{text:?} {diagnostic}");
        assert!(!diagnostic.message.ends_with('.'), "{diagnostic}");
    }
    drop(tree.to_sexpr());
    // Whatever it is, it has a value or a reason; without values for unknown fields none is needed.
    let now = Date::ZERO.midnight();
    drop(evaluate(
        tree,
        &checked,
        &Context {
            values: &Row,
            ..Context::new(now)
        },
    ));

    for reference in rewrite::references(text).fields {
        assert!(text.get(reference.span.start..reference.span.end).is_some());
        assert!(
            reference.span.start <= reference.name_span.start
                && reference.name_span.end <= reference.span.end
        );
    }
    assert_eq!(rewrite::rename(text, |_| None), text);
    assert_eq!(rewrite::rename(text, |name| Some(name.clone())), text);

    let pretty = format::format(text);
    if pretty.has_errors() {
        assert_eq!(pretty.value, text);
    } else {
        assert_eq!(
            parse(&pretty.value).value.to_sexpr(),
            tree.to_sexpr(),
            "{text:?}\n{}",
            pretty.value
        );
        assert_eq!(
            essence(&pretty.value),
            essence(text),
            "{text:?}\n{}",
            pretty.value
        );
        assert_eq!(format::format(&pretty.value).value, pretty.value, "{text:?}");
    }
}

/// Gives the tokens but for white space and letter case, with comments.
fn essence(text: &str) -> Vec<String> {
    let tokens = lex(text)
        .into_iter()
        .filter(|token| token.kind != TokenKind::Whitespace);
    tokens
        .map(|token| {
            let text = token.span.of(text);
            match token.kind {
                TokenKind::Keyword(_) | TokenKind::Name => text.to_ascii_uppercase(),
                _ => text.trim_end().to_string(),
            }
        })
        .collect()
}

#[test]
fn soups_of_pieces_do_no_harm() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for _ in 0..20_000 {
        let count = 1 + random.below(24);
        let text: String = (0..count).map(|_| random.pick(&PIECES)).collect();
        check_any(&text);
    }
}

#[test]
fn cut_and_stitched_formulas_do_no_harm() {
    let formula = "IF [x] > 1 AND NOT ISNULL([s]) THEN {FIXED [s], [x] : SUM([x])} // why\nELSEIF [s] IN ('a', \"b\") \
                   THEN CASE [s] WHEN 'a' THEN -1.5e3 ELSE DATEDIFF('day', #2024-01-31#, TODAY()) END ELSE \
                   [Parameters].[P] ^ 2 /* two */ END";
    check_any(formula);
    let mut random = Random(42);
    let places: Vec<usize> = formula.char_indices().map(|(place, _)| place).collect();
    for _ in 0..5_000 {
        let mut cut = || places[random.below(places.len())];
        let (a, b, c) = (cut(), cut(), cut());
        check_any(&format!("{}{}", &formula[..a], &formula[b.min(c)..b.max(c)]));
    }
}

/// Writes a random valid expression with sparse parentheses, so that precedence matters.
fn expression(random: &mut Random, depth: usize, out: &mut String) {
    if depth == 0 {
        out.push_str(random.pick(&[
            "[x]",
            "[s]",
            "1",
            "2.5",
            "'a'",
            "NULL",
            "TRUE",
            "#2024-01-31#",
            "[Parameters].[P]",
        ]));
        return;
    }
    let part = |random: &mut Random, out: &mut String| expression(random, depth - 1, out);
    match random.below(12) {
        0..=4 => {
            part(random, out);
            out.push_str(random.pick(&[
                " + ",
                "-",
                "*",
                " /",
                "% ",
                "^",
                " = ",
                "==",
                "<>",
                " <",
                ">=",
                " AND ",
                " or ",
                " /* c */ + ",
                "+ // d\n",
            ]));
            part(random, out);
        }
        5 => {
            out.push_str(random.pick(&["-", "NOT ", "not ", "+"]));
            part(random, out);
        }
        6 => {
            out.push('(');
            part(random, out);
            out.push(')');
        }
        7 => {
            out.push_str(random.pick(&["SUM(", "abs (", "Foo("]));
            part(random, out);
            if random.below(2) == 0 {
                out.push(',');
                part(random, out);
            }
            out.push(')');
        }
        8 => {
            out.push_str("if ");
            part(random, out);
            out.push_str(" then ");
            part(random, out);
            if random.below(2) == 0 {
                out.push_str(" elseif ");
                part(random, out);
                out.push_str(" then ");
                part(random, out);
            }
            if random.below(2) == 0 {
                out.push_str("\nelse ");
                part(random, out);
            }
            out.push_str(" end");
        }
        9 => {
            out.push_str("CASE ");
            part(random, out);
            for _ in 0..=random.below(2) {
                out.push_str(" WHEN ");
                part(random, out);
                out.push_str(" THEN ");
                part(random, out);
            }
            out.push_str(" END");
        }
        10 => {
            out.push_str(random.pick(&["{FIXED [s],[x]:", "{include [s] :", "{"]));
            part(random, out);
            out.push('}');
        }
        _ => {
            part(random, out);
            out.push_str(" IN (");
            part(random, out);
            out.push_str(", 1)");
        }
    }
}

#[test]
fn valid_formulas_survive_formatting() {
    let mut random = Random(7);
    let mut valid = 0;
    for round in 0..4_000 {
        let mut text = String::new();
        expression(&mut random, 1 + round % 5, &mut text);
        valid += usize::from(!parse(&text).has_errors());
        check_any(&text);
    }
    assert_eq!(valid, 4_000);
}

#[test]
fn long_inputs_take_linear_time() {
    // Each of these would take hours if any step were quadratic in the debug build.
    let size = 60_000;
    for piece in [
        "[x] + ",
        "'a' OR ",
        "(1), ",
        "f(",
        "1 2 ",
        "[x",
        "'",
        "#a ",
        "IF 1 THEN ",
        "/*",
        "||",
        "{[x]:",
        "1 IN (",
        "-",
        "x.",
    ] {
        check_any(&piece.repeat(size / piece.len()));
    }
    check_any(&format!("CASE [x] {}END", "WHEN 1 THEN 2 ".repeat(5_000)));
    check_any(&format!(
        "IF TRUE THEN 1 {}END",
        "ELSEIF FALSE THEN 2 ".repeat(5_000)
    ));
    check_any(&format!("MAX({}1)", "1,".repeat(20_000)));
    check_any(&format!("[{}]", "x]]".repeat(20_000)));
}

#[test]
fn dates_and_patterns_do_no_harm() {
    let mut random = Random(99);
    let dates = [
        "1",
        "12",
        "31",
        "2024",
        "00",
        "9999999999",
        "/",
        "-",
        ".",
        ",",
        " ",
        ":",
        "Jan",
        "march",
        "pm",
        "T",
        "Z",
        "é",
        "24",
    ];
    let patterns = [
        "a", "(", ")", "[", "]", "*", "+", "?", "{2}", "{1,", "|", "\\", "\\d", "\\1", "(?=", "(?<!", "(?>",
        "(?i)", "^", "$", ".", "[^", "-", "&&", "\\Q", "\\E", "é", "\\p{L}",
    ];
    for _ in 0..20_000 {
        let text: String = (0..random.below(9)).map(|_| random.pick(&dates)).collect();
        assert!(
            datetext::parse(&text, DateOrder::DayFirst)
                .is_none_or(|found| found.date.is_some() || found.time.is_some())
        );
        let pattern: String = (0..random.below(9)).map(|_| random.pick(&patterns)).collect();
        if let Ok(regex) = Regex::new(&pattern) {
            let subject = "aab-é1 aa\na";
            drop(regex.is_match(subject));
            for group in 0..3 {
                drop(regex.extract(subject, group));
            }
            drop(regex.replace_all(subject, "<$1>"));
        }
    }
}
