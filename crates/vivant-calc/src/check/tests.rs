//! Tests of the checker: formulas in, types or messages out.

use super::*;
use crate::parse::parse;

/// A data source with a field for each type.
fn environment() -> Fields {
    use DataType::{Boolean, Date, DateTime, Integer, Real, Spatial, String, Table};
    let row = |data_type| FieldInfo::new(data_type, Level::Row);
    Fields::new()
        .with(FieldName::new("x"), row(Integer))
        .with(FieldName::new("r"), row(Real))
        .with(FieldName::new("s"), row(String))
        .with(FieldName::new("b"), row(Boolean))
        .with(FieldName::new("d"), row(Date))
        .with(FieldName::new("t"), row(DateTime))
        .with(FieldName::new("g"), row(Spatial))
        .with(
            FieldName::new("Profit Ratio"),
            FieldInfo::new(Real, Level::Aggregate),
        )
        .with(
            FieldName::new("Running"),
            FieldInfo::new(Real, Level::TableCalculation),
        )
        .with(FieldName::new("Top"), FieldInfo::set())
        .with(FieldName::new("Both"), FieldInfo::combined())
        .with(
            FieldName::qualified("__tableau_internal_object_id__", "Orders"),
            row(Table),
        )
        .with(FieldName::qualified("other", "y"), row(Integer).secondary())
        .with_parameter("P", Integer)
        .with_parameter("Part", String)
}

/// Checks a formula without errors and compares `type level`.
fn check_type(text: &str, expected: &str) {
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let checked = check(&parsed.value, &environment());
    assert_eq!(checked.diagnostics, [], "{text}");
    let root = checked.root();
    assert_eq!(format!("{} {}", root.data_type, root.level), expected, "{text}");
}

/// Checks a formula with errors and compares the messages.
fn check_wrong(text: &str, expected: &[&str]) {
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let checked = check(&parsed.value, &environment());
    let messages: Vec<&str> = checked
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.as_str())
        .collect();
    assert_eq!(messages, expected, "{text}");
}

#[test]
fn operators_have_the_type_of_their_operands() {
    check_type("1 + 2", "integer constant");
    check_type("1 + 2.0", "float constant");
    check_type("7 / 2", "float constant");
    check_type("7 % 2", "integer constant");
    check_type("2 ^ 3", "float constant");
    check_type("-[x]", "integer row");
    check_type("[s] + 'a'", "string row");
    check_type("[d] + 1", "date row");
    check_type("1 + [d]", "date row");
    check_type("[d] + 0.5", "datetime row");
    check_type("[t] - 1", "datetime row");
    check_type("[d] - [d]", "integer row");
    check_type("[t] - [d]", "float row");
    check_type("[d] + NULL", "date row");
    check_type("NULL + 1", "integer constant");
    check_type("[x] = 1.5", "boolean row");
    check_type("[b] = 1", "boolean row");
    check_type("[d] < [t]", "boolean row");
    check_type("[s] > [t]", "boolean row");
    check_type("NOT [b] AND NULL", "boolean row");
}

#[test]
fn statements_have_the_common_type_of_their_results() {
    check_type("IF [b] THEN 1 ELSE 2.5 END", "float row");
    check_type("IF [b] THEN [d] ELSE [t] END", "datetime row");
    check_type("IF NULL THEN NULL ELSE 'a' END", "string constant");
    check_type(
        "CASE [x] WHEN 1 THEN 'a' WHEN IN (2, 3) THEN 'b' END",
        "string row",
    );
    check_type("IIF([b], 1, 2.5, NULL)", "float row");
    check_type("IFNULL([d], [t])", "datetime row");
    check_type("[x] IN (1, 2.5)", "boolean row");
    check_type("IF [Top] THEN 1 END", "integer row");
    check_type("[s] IN [Top] AND [s] IN [Both]", "boolean row");
    check_type("CASE [s] WHEN IN [Top] THEN 1 END", "integer row");
}

#[test]
fn levels_rise_from_constants_to_table_calculations() {
    check_type("SUM([x])", "integer aggregate");
    check_type("AVG([x])", "float aggregate");
    check_type("SUM(1)", "integer aggregate");
    check_type("SUM([x]) * [Parameters].[P] + 1", "integer aggregate");
    check_type("MAX([x], 2)", "integer row");
    check_type("MAX(SUM([x]), 2.5)", "float aggregate");
    check_type("ATTR([s])", "string aggregate");
    check_type(
        "COUNT([__tableau_internal_object_id__].[Orders])",
        "integer aggregate",
    );
    check_type("[Profit Ratio] > 0.1", "boolean aggregate");
    check_type("RUNNING_SUM(SUM([x]))", "integer table calculation");
    check_type(
        "WINDOW_AVG([Profit Ratio], FIRST(), 0)",
        "float table calculation",
    );
    check_type("SUM([x]) / TOTAL(SUM([x]))", "float table calculation");
    check_type("LOOKUP(MIN([s]), -1)", "string table calculation");
    check_type("PREVIOUS_VALUE(0) + SUM([x])", "integer table calculation");
    check_type("{FIXED [s] : SUM([x])}", "integer row");
    check_type("SUM({FIXED [s], YEAR([d]) : AVG([x])})", "float aggregate");
    check_type("{FIXED [s] : AVG({INCLUDE [d] : SUM([x])})}", "float row");
    check_type("TODAY() - #2024-01-01#", "integer constant");
    check_type("USERNAME() = [s]", "boolean row");
    check_type("USERATTRIBUTEINCLUDES('a', [s])", "boolean row");
    check_type("ATTR([other].[y]) + SUM([x])", "integer aggregate");
}

#[test]
fn functions_choose_the_form_with_the_fewest_casts() {
    check_type("ABS(-7)", "integer constant");
    check_type("ABS(-7.5)", "float constant");
    check_type("ROUND([x])", "integer row");
    check_type("ROUND([x], 1.0)", "float row");
    check_type("LEFT([s], 2.9)", "string row");
    check_type("DATETRUNC('month', [d])", "datetime row");
    check_type("DATETRUNC([Parameters].[Part], [d])", "datetime row");
    check_type("DATEADD(month, 1, [d])", "datetime row");
    check_type("DATEDIFF('week', [d], [t], 'monday')", "integer row");
    check_type("MAKEDATETIME([d], [t])", "datetime row");
    check_type("DATE(38090)", "date constant");
    check_type("ZN(NULL)", "integer constant");
    check_type("RAWSQL_REAL('%1 + %2', [x], [r])", "float row");
    check_type("RAWSQLAGG_INT('SUM(%1)', [x])", "integer aggregate");
    check_type("SCRIPT_STR('x', SUM([x]), ATTR([s]))", "string table calculation");
    check_type("DISTANCE(MAKEPOINT(1, 2), [g], 'km')", "float row");
}

#[test]
fn row_beside_aggregate_is_reported_once() {
    check_wrong(
        "(SUM([x]) + [x]) * [x] + AVG([x])",
        &["cannot mix aggregate and non-aggregate arguments with this function"],
    );
    check_wrong(
        "IF [x] > 1 THEN SUM([x]) END",
        &["cannot mix aggregate and non-aggregate comparisons or results in 'IF' expressions"],
    );
    check_wrong(
        "MAX([x], SUM([x]))",
        &["cannot mix aggregate and non-aggregate arguments with this function"],
    );
    check_wrong(
        "SUM(SUM([x]))",
        &[
            "argument to SUM (an aggregate function) is already an aggregation, and cannot be further aggregated",
        ],
    );
    check_wrong(
        "RUNNING_SUM([x]) + [x]",
        &["all fields must be aggregate or constant when using table calculation functions"],
    );
    check_wrong(
        "[other].[y] + [x]",
        &["all fields must be aggregate or constant when using fields from multiple data sources"],
    );
}

#[test]
fn level_of_detail_expressions_take_aggregates_of_rows() {
    check_wrong(
        "{FIXED [s] : [x]}",
        &["the body of a level of detail expression must be an aggregate"],
    );
    for body in [
        "WINDOW_SUM(SUM([x]))",
        "ATTR([s])",
        "[Running]",
        "IF ATTR([s]) = 'a' THEN SUM([x]) END",
    ] {
        check_wrong(
            &format!("{{FIXED [s] : {body}}}"),
            &["level of detail expressions cannot contain table calculations or the ATTR function"],
        );
    }
    check_wrong(
        "{FIXED SUM([x]) : SUM([x])}",
        &["a dimension of a level of detail expression must not be aggregated"],
    );
    check_wrong(
        "WINDOW_SUM({FIXED [s] : SUM([x])})",
        &["all fields must be aggregate or constant when using table calculation functions"],
    );
}

#[test]
fn wrong_types_are_named() {
    check_wrong(
        "SUM([s])",
        &["SUM is being called with (string), did you mean (float)?"],
    );
    check_wrong(
        "LEN(1)",
        &["LEN is being called with (integer), did you mean (string)?"],
    );
    check_wrong(
        "YEAR('2024-01-01')",
        &["YEAR is being called with (string), did you mean (date)?"],
    );
    check_wrong(
        "FIND([s], 1)",
        &["FIND is being called with (string, integer), did you mean (string, string)?"],
    );
    check_wrong("'a' + 1", &["can't add string and integer values"]);
    check_wrong("[d] + [d]", &["can't add date and date values"]);
    check_wrong("[d] * 2", &["can't multiply date and integer values"]);
    check_wrong("[b] + 1", &["can't add boolean and integer values"]);
    check_wrong("'a' = 1", &["can't compare string and integer values"]);
    check_wrong("[d] = '2024-01-01'", &["can't compare date and string values"]);
    check_wrong("[b] < [b]", &["can't compare boolean and boolean values"]);
    check_wrong(
        "IF 1 THEN 2 END",
        &["expected a boolean condition in IF, found integer"],
    );
    check_wrong(
        "IF [b] THEN 1 ELSE 'a' END",
        &["expected type integer, found string; result types from 'IF' expressions must match"],
    );
    check_wrong(
        "IFNULL(1, 'a')",
        &["IFNULL is being called with (integer, string), did you mean (any, any)?"],
    );
    check_wrong("-'a'", &["a minus sign needs a number, found string"]);
    check_wrong(
        "[s] IN [x]",
        &["[x] after IN is neither a set nor a combined field"],
    );
    check_wrong(
        "SUM([__tableau_internal_object_id__].[Orders])",
        &["SUM is being called with (table), did you mean (float)?"],
    );
}

#[test]
fn arguments_that_name_something_must_name_it() {
    check_wrong(
        "DATEADD('fortnight', 1, [d])",
        &["'fortnight' is not a valid date part"],
    );
    check_wrong(
        "DATEADD([s], 1, [d])",
        &["the date part of DATEADD must be a constant"],
    );
    check_wrong(
        "DATEPART('week', [d], 'moonday')",
        &["'moonday' is not a valid day of the week"],
    );
    check_wrong("RANK(SUM([x]), 'up')", &["'up' is not a valid sort order"]);
    check_wrong(
        "DISTANCE([g], [g], 'xyz')",
        &["'xyz' is not a valid unit of length"],
    );
    check_wrong(
        "ISMEMBEROF([s])",
        &["the group of ISMEMBEROF must be written as a literal"],
    );
    check_wrong(
        "PERCENTILE([x], [x])",
        &["the k of PERCENTILE must be a constant"],
    );
    check_wrong("PERCENTILE([x], 1.5)", &["a percentile must be between 0 and 1"]);
    check_wrong(
        "REGEXP_EXTRACT_NTH('a', '(a)', 10)",
        &["no more than 9 capture groups can be specified"],
    );
    check_wrong(
        "SPLIT([s], [s], 1)",
        &["the delimiter of SPLIT must be a constant"],
    );
    check_wrong(
        "REGEXP_MATCH([s], '(')",
        &["cannot read the regular expression: a closing parenthesis is missing"],
    );
    check_wrong(
        "DATEPARSE('yyyy Z', [s])",
        &["the letter `Z` of a date pattern is not supported, the result is null"],
    );
}

#[test]
fn unknown_names_come_with_advice() {
    let check = |text: &str, message: &str, hint: Option<&str>| {
        let checked = check(&parse(text).value, &environment());
        assert_eq!(checked.diagnostics.len(), 1, "{text}");
        let found = &checked.diagnostics[0];
        assert_eq!(
            (found.message.as_str(), found.hint.as_deref()),
            (message, hint),
            "{text}"
        );
    };
    check(
        "SUMM([x]) + [x]",
        "unknown function SUMM called",
        Some("did you mean SUM?"),
    );
    check("NVL([x], 0)", "unknown function NVL called", Some("use IFNULL"));
    check(
        "SUM([Profit Ration])",
        "reference to undefined field [Profit Ration]",
        Some("did you mean [Profit Ratio]?"),
    );
    check(
        "[Parameters].[Q] = 1",
        "reference to undefined parameter [Parameters].[Q]",
        None,
    );
    check(
        "LEFT('abc')",
        "wrong number of arguments for LEFT: found 1 argument, expected 2",
        Some("LEFT(text: string, count: float)"),
    );
}

#[test]
fn connection_functions_are_warned_about() {
    let checked = check(&parse("DOMAIN([s])").value, &environment());
    assert!(!checked.has_errors());
    assert_eq!(
        checked.diagnostics[0].message,
        "DOMAIN works on connections to Google BigQuery only"
    );
}

#[test]
fn the_view_matters_for_include_and_exclude() {
    let depends = |text: &str| check(&parse(text).value, &environment()).depends_on_view;
    assert!(depends("AVG({INCLUDE [s] : SUM([x])})"));
    assert!(!depends("AVG({FIXED [s] : SUM([x])})"));
}
