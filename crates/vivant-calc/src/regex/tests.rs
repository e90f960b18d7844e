//! Tests of the matcher: pattern and text in, groups out.

use super::*;

/// Finds the first match and shows its groups, from the whole match on.
fn check(pattern: &str, text: &str, expected: &[&str]) {
    let regex = Regex::new(pattern).unwrap();
    let groups: Vec<String> = (0..=regex.groups())
        .map_while(|group| {
            let found = regex.extract(text, group).unwrap();
            if group == 0 {
                found
            } else {
                Some(found.unwrap_or_else(|| "-".to_string()))
            }
        })
        .collect();
    assert_eq!(groups, expected, "{pattern} {text}");
}

fn check_error(pattern: &str, expected: &str) {
    let error = Regex::new(pattern).unwrap_err();
    assert_eq!(
        error.message,
        format!("cannot read the regular expression: {expected}"),
        "{pattern}"
    );
}

#[test]
fn repetitions_are_greedy_lazy_or_possessive() {
    check("a+", "baaa", &["aaa"]);
    check("a+?", "baaa", &["a"]);
    check("a++a", "aaa", &[]);
    check("a{2}", "aaa", &["aa"]);
    check("a{2,}", "aaaa", &["aaaa"]);
    check("a{0,2}?b", "aab", &["aab"]);
    check("(a|ab)(c|bcd)(d*)", "abcd", &["abcd", "a", "bcd", ""]);
    check("(a*)*", "aab", &["aa", "aa"]);
    check("(?:a|b)*?c", "abac", &["abac"]);
    check("x{,2}", "x{,2}", &["x{,2}"]);
}

#[test]
fn groups_capture_unless_told_otherwise() {
    check("(a)(b)?(z)?", "ab", &["ab", "a", "b", "-"]);
    check("(?:a)(b)", "ab", &["ab", "b"]);
    check("(?<year>\\d{4})-\\k<year>", "2024-2024", &["2024-2024", "2024"]);
    check("(\\w)b(\\1)c\\1", "xabaca", &["abaca", "a", "a"]);
    check("(?>xy|x)y", "xyy", &["xyy"]);
    check("(?>xy|x)y", "xy", &[]);
    check("a(?#a note)b", "ab", &["ab"]);
}

#[test]
fn looking_around_takes_nothing() {
    check("(?=\\d{3})\\d", "12 345", &["3"]);
    check("a(?!b)", "ab ac", &["a"]);
    check("(?<=no )\\d+", "nr 1 no 22", &["22"]);
    check("(?<!no )\\b\\d+", "no 1 22", &["22"]);
    check("\\d{2}(?<!no\\d{2})", "no12 nr34", &["34"]);
    check("(?<=a{1,3})b", "aab", &["b"]);
}

#[test]
fn sets_have_ranges_classes_and_operators() {
    check("[a-c]+", "xabcd", &["abc"]);
    check("[^a-c]+", "abxyc", &["xy"]);
    check("[]a]+", "x]a", &["]a"]);
    check("[a-z0-9\\.:-]+", "UP.a:1-b", &[".a:1-b"]);
    check("[a-z&&[^aeiou]]+", "aebcd", &["bcd"]);
    check("[[a-z]--[b]]+", "abca", &["a"]);
    check("[[:alpha:]\\d]+", "-a1-", &["a1"]);
    check("[x\\Qy-z\\E]+", "ay-zb", &["y-z"]);
    check("\\p{Lu}\\P{Lu}+", "abCde", &["Cde"]);
    check("[\\t-+]", "a*", &["*"]);
    check("[\\Y1-\\Y3]+", "aY13", &["Y13"]);
}

#[test]
fn flags_hold_to_the_end_of_their_group() {
    check("(?i)ABC", "xabC", &["abC"]);
    check("a(?i:b)c", "aBc", &["aBc"]);
    check("a(?i:b)c", "aBC", &[]);
    check("(?i)[a-c]+É", "BÉ", &["BÉ"]);
    check("(?s)a.b", "a\nb", &["a\nb"]);
    check("a.b", "a\nb", &[]);
    check("(?m)^b$", "a\nb\nc", &["b"]);
    check("(?x) a b # comment", "ab", &["ab"]);
    check("((?i)a)B", "AB", &["AB", "A"]);
}

#[test]
fn places_are_asserted() {
    check("^b", "ab", &[]);
    check("b$", "ab\n", &["b"]);
    check("b\\z", "ab\n", &[]);
    check("\\bcat\\b", "concat cat", &["cat"]);
    check("\\Bcat", "concat", &["cat"]);
    check("\\Gb", "ab", &[]);
}

#[test]
fn escapes_stand_for_characters() {
    check("\\x41\\u0042\\x{43}\\N{NUMBER SIGN}\\t", "ABC#\t", &["ABC#\t"]);
    check("\\Qa.b\\E+", "a.bb", &["a.bb"]);
    check("\\y", "y", &["y"]);
    check("日.語", "日本語", &["日本語"]);
}

#[test]
fn replacements_refer_to_groups() {
    let check = |pattern: &str, text: &str, replacement: &str, expected: &str| {
        let found = Regex::new(pattern)
            .unwrap()
            .replace_all(text, replacement)
            .unwrap();
        assert_eq!(found, expected, "{pattern} {text}");
    };
    check("(\\d+)-(\\d+)", "1-2 3-4", "$2/$1", "2/1 4/3");
    check("(?<a>x)", "axb", "[${a}$1$0]", "a[xxx]b");
    check("a", "aaa", "\\$1$9", "$1$9$1$9$1$9");
    check("x*", "abc", "-", "-a-b-c-");
    check("(a)", "a", "$12", "a2");
    check("", "abc", "-", "abc");
}

#[test]
fn bad_patterns_are_explained() {
    check_error("(", "a closing parenthesis is missing");
    check_error("a)", "a closing parenthesis has no partner");
    check_error("[a", "a set has no closing bracket");
    check_error("*a", "`*` has nothing to repeat");
    check_error("[z-a]", "the range z-a is backwards");
    check_error("a{3,2}", "`{3,2}` ends before it begins");
    check_error("a{2000}", "2000 repetitions are more than 1000");
    check_error("\\", "it ends with a backslash");
    check_error("(?<=a*)b", "a look-behind must have a limited length");
    check_error("\\2(a)", "there is no group 2 to refer back to");
    check_error(
        "\\p{Script=Greek}",
        "the property `Script=Greek` is not supported",
    );
    check_error(
        "(?:(?:a{1000}){1000}){1000}",
        "it is too large; use smaller repetitions",
    );
    check_error(&"(".repeat(10_000), "it is nested deeper than 50 levels");
    check_error(&"[".repeat(10_000), "it is nested deeper than 50 levels");
}

#[test]
fn runaway_matches_end_with_a_diagnostic() {
    let regex = Regex::new("(a+)+$").unwrap();
    let text = format!("{}b", "a".repeat(60));
    assert_eq!(regex.is_match(&text).unwrap_err().code, "calc.regex");
    // A long text alone is no reason to give up.
    assert!(
        Regex::new("b")
            .unwrap()
            .is_match(&format!("{}b", "a".repeat(200_000)))
            .unwrap()
    );
}
