//! Tests of the parser: formulas in, s-expressions and messages out.

use super::*;

/// Parses without diagnostics and compares the tree.
fn check_parse(text: &str, expected: &str) {
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    assert_eq!(parsed.value.to_sexpr(), expected, "{text}");
}

/// Parses with diagnostics and compares the tree and the messages.
fn check_broken(text: &str, expected: &str, messages: &[&str]) {
    let parsed = parse(text);
    let found: Vec<&str> = parsed
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.as_str())
        .collect();
    assert_eq!(found, messages, "{text}");
    assert_eq!(parsed.value.to_sexpr(), expected, "{text}");
}

#[test]
fn signs_bind_tighter_than_powers() {
    check_parse("-2^2", "(^ (neg 2) 2)");
    check_parse("2^-1", "(^ 2 (neg 1))");
    check_parse("--5", "(neg (neg 5))");
    check_parse("2--3", "(- 2 (neg 3))");
    check_parse("+ -x", "(+ (neg [x]))");
}

#[test]
fn operators_of_equal_strength_run_from_left_to_right() {
    check_parse("2^3^2", "(^ (^ 2 3) 2)");
    check_parse("10-4-3", "(- (- 10 4) 3)");
    check_parse("100/10*2", "(* (/ 100 10) 2)");
    check_parse("2*3%4", "(% (* 2 3) 4)");
    check_parse("a < b = c", "(= (< [a] [b]) [c])");
}

#[test]
fn not_binds_looser_than_comparisons() {
    check_parse("NOT a = b", "(not (= [a] [b]))");
    check_parse("NOT x IN (1,2)", "(not (in [x] 1 2))");
    check_parse("NOT a AND b", "(and (not [a]) [b])");
    check_parse("a OR b AND c", "(or [a] (and [b] [c]))");
    check_parse("1+2=3", "(= (+ 1 2) 3)");
    check_parse("NOT NOT a", "(not (not [a]))");
}

#[test]
fn keywords_before_parentheses_stay_keywords() {
    check_parse("IF(a)THEN(b)ELSE(c)END", "(if [a] [b] else [c])");
    check_parse("NOT(a)AND(b)", "(and (not [a]) [b])");
    check_parse("x IN (1) ", "(in [x] 1)");
}

#[test]
fn names_have_one_or_two_parts() {
    check_parse("[Sales]", "[Sales]");
    check_parse("[a]]b]", "[a]]b]");
    check_parse("[Parameters].[Parameter 1]", "parameter:Parameter 1");
    check_parse("[federated.0a] . [Sales]", "[federated.0a].[Sales]");
    check_parse("SUM(Sales)", "(SUM [Sales])");
    check_parse("Fixed + include", "(+ [Fixed] [include])");
    check_broken("[a].[b].[c]", "error", &["a field name has at most two parts"]);
    check_broken("[]", "[]", &["the field name is empty"]);
}

#[test]
fn literals_have_values() {
    check_parse("'it''s'", "\"it's\"");
    check_parse(r"'\'", r#""\\""#);
    check_parse("3.", "3.0");
    check_parse(".5e1", "5.0");
    check_parse("9007199254740993", "9007199254740993");
    check_parse("9223372036854775808", "9.223372036854776e18");
    check_parse("#2024-01-31#", "#2024-01-31#");
    check_parse("#1/31/2024 1:14:15 PM#", "#2024-01-31 13:14:15#");
    check_parse("#07:59:00#", "#1899-12-30 07:59:00#");
    check_parse("nUll", "null");
    check_broken("#abc#", "error", &["#abc# is not a date"]);
}

#[test]
fn date_literals_follow_the_order_of_the_locale() {
    let options = ParseOptions {
        date_order: DateOrder::DayFirst,
    };
    assert_eq!(
        parse_with("#31/1/2024#", &options).value.to_sexpr(),
        "#2024-01-31#"
    );
}

#[test]
fn statements_are_primaries() {
    check_parse(
        "IF a THEN 1 ELSEIF b THEN 2 ELSE 3 END + 1",
        "(+ (if [a] 1 [b] 2 else 3) 1)",
    );
    check_parse(
        "CASE x WHEN 1 THEN 'a' WHEN IN (2,3) THEN 'b' END",
        "(case [x] 1 \"a\" in 2 in 3 \"b\")",
    );
    check_parse(
        "CASE x WHEN IN [Set] THEN 1 ELSE 0 END",
        "(case [x] in [Set] 1 else 0)",
    );
    check_parse("EXP(1)^-[x]", "(^ (EXP 1) (neg [x]))");
}

#[test]
fn level_of_detail_expressions_have_four_forms() {
    check_parse("{ FIXED [a],[b] : SUM([c]) }", "(fixed [a] [b] : (SUM [c]))");
    check_parse("{FIXED ([a]) : MAX([x])}", "(fixed [a] : (MAX [x]))");
    check_parse("{ fixed : MAX([d]) }", "(fixed : (MAX [d]))");
    check_parse("{ MAX([d]) }", "(table : (MAX [d]))");
    check_parse(
        "{INCLUDE [a] : SUM({EXCLUDE [b] : SUM(c)})}",
        "(include [a] : (SUM (exclude [b] : (SUM [c]))))",
    );
    check_broken(
        "{ [a] : SUM([b]) }",
        "(fixed [a] : (SUM [b]))",
        &["expected FIXED, INCLUDE or EXCLUDE before the dimensions"],
    );
    check_broken(
        "{FIXED [a] SUM([b])}",
        "(fixed [a] : (SUM [b]))",
        &["expected a colon after the dimensions, found `SUM`"],
    );
}

#[test]
fn comments_stand_anywhere() {
    check_parse("// first\n1 /* two */ + // three\r\n2 // end", "(+ 1 2)");
    check_parse("INDEX() //* MAX([x])", "(INDEX)");
    check_broken("1 /* open", "1", &["the comment has no end"]);
}

#[test]
fn missing_parts_are_reported_and_reading_goes_on() {
    check_broken(
        "1 +",
        "(+ 1 error)",
        &["expected an expression, found the end of the formula"],
    );
    check_broken(
        "(1",
        "1",
        &["expected a closing parenthesis, found the end of the formula"],
    );
    check_broken(
        "IF TRUE THEN 1",
        "(if true 1)",
        &["expected END to match IF, found the end of the formula"],
    );
    check_broken("CASE 1 END", "(case 1)", &["CASE needs at least one WHEN"]);
    check_broken("'abc", "error", &["unterminated string"]);
    check_broken("[abc", "error", &["unterminated field name"]);
    check_broken("1 IN ()", "(in 1)", &["IN needs at least one value"]);
    check_broken("", "error", &["the formula is empty"]);
    check_broken("// only", "error", &["the formula is empty"]);
    check_broken("1 2", "1", &["unexpected `2` after the end of the expression"]);
    check_broken("1)", "1", &["unexpected `)` after the end of the expression"]);
}

#[test]
fn several_errors_are_found_in_one_formula() {
    check_broken(
        "IF [a] = THEN SUM( ELSE 'x' END",
        "(if (= [a] error) (SUM error) else \"x\")",
        &[
            "expected an expression, found THEN",
            "expected an expression, found ELSE",
            "expected a closing parenthesis, found ELSE",
        ],
    );
    check_broken(
        "F(1 2, 3) + G(,)",
        "(+ (F 1 3) (G error error))",
        &[
            "expected a closing parenthesis, found `2`",
            "expected an expression, found `,`",
            "expected an expression, found `)`",
        ],
    );
}

#[test]
fn foreign_operators_are_explained() {
    let check = |text: &str, message: &str, hint: &str| {
        let parsed = parse(text);
        let first = &parsed.diagnostics[0];
        assert_eq!(
            (first.message.as_str(), first.hint.as_deref()),
            (message, Some(hint)),
            "{text}"
        );
        assert_eq!(parsed.diagnostics.len(), 1, "{text}");
    };
    check(
        "1 NOT IN (1,2)",
        "there is no operator NOT IN",
        "write NOT 1 IN (...)",
    );
    check("[x] IS NULL", "there is no operator IS", "write ISNULL([x])");
    check(
        "[x] IS NOT NULL",
        "there is no operator IS",
        "write NOT ISNULL([x])",
    );
    check(
        "'a' || 'b'",
        "`||` is not an operator",
        "join texts with +, conditions with OR",
    );
    check("a && b", "`&&` is not an operator", "join conditions with AND");
    check("!a", "`!` is not an operator", "write NOT");
    check(
        "[x] LIKE 'a%'",
        "there is no operator LIKE",
        "use CONTAINS, STARTSWITH, ENDSWITH or REGEXP_MATCH",
    );
    check(
        "[x] BETWEEN 1 AND 2",
        "there is no operator BETWEEN",
        "write value >= low AND value <= high",
    );
    check("”x", "unexpected character `”`", "write straight quotes, ' or \"");
}

#[test]
fn spans_cover_expressions_from_the_first_to_the_last_token() {
    let text = "  SUM( [Sales] ) + 1 // end";
    let parsed = parse(text).value;
    let shown: Vec<&str> = parsed.nodes().iter().map(|node| node.span.of(text)).collect();
    assert_eq!(shown, ["[Sales]", "SUM( [Sales] )", "1", "SUM( [Sales] ) + 1"]);
}

#[test]
fn children_stand_before_their_parents() {
    let tree = parse("CASE IF a THEN b END WHEN IN (1, -2) THEN {FIXED x : SUM(y)} ELSE NOT z END").value;
    for id in tree.ids() {
        tree.kind(id).for_each_child(|child| assert!(child < id));
    }
}

#[test]
fn hostile_depth_is_reported_and_never_overflows_the_stack() {
    // A small stack shows that the limit leaves room for the frames of an unoptimised build.
    let thread = std::thread::Builder::new().stack_size(1 << 20);
    let run = move || {
        for (open, close) in [
            ("(", ")"),
            ("-", ""),
            ("NOT ", ""),
            ("F(", ")"),
            ("{", "}"),
            ("IF ", ""),
            ("CASE ", ""),
            ("1 IN (", ")"),
        ] {
            let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
            let parsed = parse(&text);
            assert_eq!(parsed.diagnostics.len(), 1, "{open}");
            assert_eq!(parsed.diagnostics[0].code, "calc.depth", "{open}");
            drop(parsed.value.to_sexpr());
        }
    };
    thread.spawn(run).unwrap().join().unwrap();
}

#[test]
fn long_chains_are_no_deeper_than_short_ones() {
    let text = vec!["[a] = 'x'"; 20_000].join(" OR ");
    let parsed = parse(&text);
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.value.nodes().len(), 20_000 * 3 + 19_999);
}

#[test]
fn rubbish_has_a_bounded_number_of_diagnostics() {
    for rubbish in [")", "]", "'a' ", "THEN ", "+", ", ", "( ", "= 1 2 ", "” "] {
        let parsed = parse(&rubbish.repeat(10_000));
        assert!(
            (1..=50).contains(&parsed.diagnostics.len()),
            "{rubbish}: {}",
            parsed.diagnostics.len()
        );
    }
}
