//! Parts of dates and dates cut off, as expressions of plans.

use std::sync::Arc;

use datafusion::arrow::array::{AsArray, Date32Array};
use datafusion::arrow::datatypes::{DataType as ArrowType, Date32Type};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use datafusion::functions::datetime::expr_fn::{date_part, date_trunc};
use datafusion::logical_expr::{
    ColumnarValue, Expr, Operator, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
    binary_expr, cast, lit,
};
use vivant_calc::DataType;
use vivant_calc::civil::{Date, Weekday};
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
    if date.data_type == DataType::Date {
        return match unit {
            DateUnit::Year | DateUnit::Quarter | DateUnit::Month | DateUnit::Week | DateUnit::IsoWeek => {
                Some(DayCut::call(unit, week_start, date.expr.clone()))
            }
            DateUnit::Day | DateUnit::Hour | DateUnit::Minute | DateUnit::Second => Some(date.expr.clone()),
            _ => None,
        };
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

/// Days cut off at a unit. Plans would make moments of them, which takes several times as long.
#[derive(Debug, PartialEq, Eq, Hash)]
struct DayCut {
    unit: DateUnit,
    week_start: Weekday,
    signature: Signature,
}

impl DayCut {
    fn call(unit: DateUnit, week_start: Weekday, day: Expr) -> Expr {
        let function = DayCut {
            unit,
            week_start: match unit {
                DateUnit::IsoWeek => Weekday::Monday,
                _ => week_start,
            },
            signature: Signature::exact(vec![ArrowType::Date32], Volatility::Immutable),
        };
        ScalarUDF::new_from_impl(function).call(vec![day])
    }

    fn cut(&self, days: i32) -> Option<i32> {
        let date = Date::from_days(i64::from(days))?;
        let (year, month, day) = date.ymd();
        let back = match self.unit {
            DateUnit::Month => day - 1,
            DateUnit::Week | DateUnit::IsoWeek => date.weekday().days_after(self.week_start),
            unit => {
                let month = match unit {
                    DateUnit::Quarter => (month - 1) / 3 * 3 + 1,
                    _ => 1,
                };
                return i32::try_from(Date::new(year, month, 1)?.days()).ok();
            }
        };
        days.checked_sub(i32::try_from(back).ok()?)
    }
}

impl ScalarUDFImpl for DayCut {
    fn name(&self) -> &str {
        match self.unit {
            DateUnit::Year => "cut_to_year",
            DateUnit::Quarter => "cut_to_quarter",
            DateUnit::Month => "cut_to_month",
            _ => "cut_to_week",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> Result<ArrowType> {
        Ok(ArrowType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let [days] = args.args.as_slice() else {
            return Err(exec_datafusion_err!("one day is cut off at a time"));
        };
        let days = days.to_array(args.number_rows)?;
        let cut: Date32Array = days.as_primitive::<Date32Type>().unary_opt(|day| self.cut(day));
        Ok(ColumnarValue::Array(Arc::new(cut)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_cut_off_at_units() {
        let day = |text: &str| match vivant_calc::Value::from_literal(&format!("#{text}#")).value {
            vivant_calc::Value::Date(date) => i32::try_from(date.days()).expect("a day"),
            other => panic!("{other:?}"),
        };
        let check = |unit, week_start, from: &str, to: &str| {
            let function = DayCut {
                unit,
                week_start,
                signature: Signature::any(1, Volatility::Immutable),
            };
            assert_eq!(function.cut(day(from)), Some(day(to)), "{unit:?} of {from}");
        };
        let sunday = Weekday::Sunday;
        check(DateUnit::Year, sunday, "2024-12-31", "2024-01-01");
        check(DateUnit::Quarter, sunday, "2024-12-31", "2024-10-01");
        check(DateUnit::Quarter, sunday, "1969-03-31", "1969-01-01");
        check(DateUnit::Month, sunday, "1969-12-31", "1969-12-01");
        // A Tuesday.
        check(DateUnit::Week, sunday, "2024-12-31", "2024-12-29");
        check(DateUnit::Week, Weekday::Monday, "2024-12-31", "2024-12-30");
        check(DateUnit::Week, Weekday::Wednesday, "2024-12-31", "2024-12-25");
        check(DateUnit::Week, sunday, "1969-12-31", "1969-12-28");
    }
}
