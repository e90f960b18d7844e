//! Parts of dates and dates cut off, as expressions of plans.

use datafusion::common::ScalarValue;
use datafusion::functions::datetime::expr_fn::{date_part, date_trunc};
use datafusion::logical_expr::{Expr, Operator, binary_expr, cast, lit};
use vivant_calc::DataType;
use vivant_calc::civil::Weekday;
use vivant_document::spec::DateUnit;

use crate::expr::Typed;
use crate::values::arrow_type;

/// Returns an integer part of a date.
///
/// Weeks and the days in them depend on the first day of the week; these have no native form and come back
/// as `None`.
pub fn part(unit: DateUnit, date: &Typed, fiscal_start: i64) -> Option<Expr> {
    let word = match unit {
        DateUnit::Year => "year",
        DateUnit::Quarter => "quarter",
        DateUnit::Month => "month",
        DateUnit::Day => "day",
        DateUnit::Hour => "hour",
        DateUnit::Minute => "minute",
        DateUnit::Second => "second",
        _ => return None,
    };
    if date.data_type == DataType::Date
        && matches!(unit, DateUnit::Hour | DateUnit::Minute | DateUnit::Second)
    {
        return Some(lit(0_i64));
    }
    if fiscal_start != 1 && matches!(unit, DateUnit::Year | DateUnit::Quarter) {
        return Some(fiscal_part(unit, date, fiscal_start));
    }
    Some(whole(date_part(lit(word), date.expr.clone())))
}

/// Returns year or quarter of a fiscal year that begins in another month than January.
///
/// Tableau: a fiscal year has the number of the year that it ends in.
fn fiscal_part(unit: DateUnit, date: &Typed, start: i64) -> Expr {
    let month = whole(date_part(lit("month"), date.expr.clone()));
    match unit {
        DateUnit::Year => {
            let year = whole(date_part(lit("year"), date.expr.clone()));
            let late = cast(month.gt_eq(lit(start)), arrow_type(DataType::Integer));
            binary_expr(year, Operator::Plus, late)
        }
        _ => {
            // Months since the start of the fiscal year, 0 to 11.
            let since = binary_expr(month, Operator::Plus, lit(12 - start));
            let since = binary_expr(since, Operator::Modulo, lit(12_i64));
            let quarter = binary_expr(since, Operator::Divide, lit(3_i64));
            binary_expr(quarter, Operator::Plus, lit(1_i64))
        }
    }
}

fn whole(expr: Expr) -> Expr {
    cast(expr, arrow_type(DataType::Integer))
}

/// Cuts a date off at a unit; the result has the type of the date.
pub fn trunc(unit: DateUnit, date: &Typed, week_start: Weekday, fiscal_start: i64) -> Option<Expr> {
    if fiscal_start != 1 && matches!(unit, DateUnit::Year | DateUnit::Quarter) {
        return None;
    }
    let word = match unit {
        DateUnit::Year => "year",
        DateUnit::Quarter => "quarter",
        DateUnit::Month => "month",
        DateUnit::Week | DateUnit::IsoWeek => "week",
        DateUnit::Day => "day",
        DateUnit::Hour => "hour",
        DateUnit::Minute => "minute",
        DateUnit::Second => "second",
        _ => return None,
    };
    let mut moment = cast(date.expr.clone(), arrow_type(DataType::DateTime));
    // Plans begin weeks on Mondays: days are moved there and back again.
    let ahead = match unit {
        DateUnit::Week => Weekday::Monday.days_after(week_start),
        _ => 0,
    };
    let days = || lit(ScalarValue::new_interval_dt(i32::try_from(ahead).unwrap_or(0), 0));
    if ahead != 0 {
        moment = binary_expr(moment, Operator::Plus, days());
    }
    let mut cut = date_trunc(lit(word), moment);
    if ahead != 0 {
        cut = binary_expr(cut, Operator::Minus, days());
    }
    Some(cast(cut, arrow_type(date.data_type)))
}
