//! Filters as tests: of rows, of groups, or of the finished table.

use datafusion::logical_expr::{Expr, lit};
use vivant_calc::civil::{Date, DateTime};
use vivant_calc::{DataType, Diagnostic, Level, Value};
use vivant_document::spec::{FilterTest, Literal, MemberSet, RangeNulls};

use crate::collate::order_key;
use crate::expr::Typed;
use crate::fields::{RowScope, in_list, unsupported};
use crate::rows::Surroundings;
use crate::values::scalar_of;

type Found<T> = Result<T, Box<Diagnostic>>;

/// Makes a test of an expression; `None` keeps everything.
pub fn test_of(scope: &mut RowScope<'_>, value: &Typed, test: &FilterTest) -> Found<Option<Expr>> {
    Ok(Some(match test {
        FilterTest::All => return Ok(None),
        FilterTest::Members(members) if members.is_all() => return Ok(None),
        FilterTest::Members(members) => return listed(value, members).map(Some),
        FilterTest::Range { min, max, nulls } => {
            let null = value.expr.clone().is_null();
            let bound = |literal: &Option<Literal>| match literal {
                Some(Literal::Value(bound)) if !bound.is_null() => {
                    Some(lit(scalar_of(bound, value.data_type)))
                }
                _ => None,
            };
            let mut inside = value.expr.clone().is_not_null();
            if let Some(min) = bound(min) {
                inside = inside.and(value.expr.clone().gt_eq(min));
            }
            if let Some(max) = bound(max) {
                inside = inside.and(value.expr.clone().lt_eq(max));
            }
            match nulls {
                RangeNulls::All => return Ok(None),
                RangeNulls::InRange => inside,
                RangeNulls::InRangeOrNull => inside.or(null),
                RangeNulls::NonNull => value.expr.clone().is_not_null(),
                RangeNulls::NullOnly => null,
            }
        }
        FilterTest::Relative {
            include_null,
            include_future,
            ..
        } => {
            let (from, to, anchor) = dates_of(test, scope.surroundings)?;
            let literal = |moment: DateTime| {
                let value_of = match value.data_type {
                    DataType::Date => Value::Date(moment.date()),
                    _ => Value::DateTime(moment),
                };
                lit(scalar_of(&value_of, value.data_type))
            };
            let mut inside = value
                .expr
                .clone()
                .gt_eq(literal(from))
                .and(value.expr.clone().lt(literal(to)));
            if !include_future {
                inside = inside.and(value.expr.clone().lt_eq(literal(anchor)));
            }
            match include_null {
                true => inside.or(value.expr.clone().is_null()),
                false => inside.is_true(),
            }
        }
        FilterTest::Other(class) => return Err(unsupported(&format!("filters of class '{class}'"))),
    }))
}

/// Gives the first moment of a relative range, the first after it, and the anchor.
pub fn dates_of(test: &FilterTest, surroundings: &Surroundings) -> Found<(DateTime, DateTime, DateTime)> {
    let FilterTest::Relative {
        period,
        first,
        last,
        anchor,
        ..
    } = test
    else {
        return Err(crate::expr::internal("no filter of relative dates"));
    };
    let anchor = match anchor {
        Some(Literal::Value(Value::Date(date))) => date.midnight(),
        Some(Literal::Value(Value::DateTime(moment))) => *moment,
        _ => surroundings.now,
    };
    let found = relative(period, anchor, *first, *last, surroundings.week_start);
    let (from, to) = found.ok_or_else(|| {
        Box::new(Diagnostic::error(
            "query.relative-date",
            format!("the period '{period}' of a relative date filter is not known"),
        ))
    })?;
    Ok((from, to, anchor))
}

/// Tests an expression that stands for the one level of a set. The test is true or false, never null.
fn listed(value: &Typed, members: &MemberSet) -> Found<Expr> {
    let all = |parts: &[MemberSet]| {
        parts
            .iter()
            .map(|part| listed(value, part))
            .collect::<Found<Vec<_>>>()
    };
    Ok(match members {
        MemberSet::All(_) => lit(true),
        MemberSet::Empty(_) => lit(false),
        MemberSet::Except(all, out) => {
            listed(value, all)?.and(datafusion::logical_expr::not(listed(value, out)?))
        }
        MemberSet::Range { from, to, .. } => in_range(value, from, to),
        MemberSet::Intersection(parts) | MemberSet::Cross(parts) => {
            all(parts)?.into_iter().reduce(Expr::and).unwrap_or(lit(true))
        }
        other => match (other.listed(), other) {
            (Some(list), _) => in_list(value, list.into_iter()),
            (None, MemberSet::Union(parts)) => all(parts)?.into_iter().reduce(Expr::or).unwrap_or(lit(false)),
            _ => return Err(unsupported("conditions and ranks as filters of computed values")),
        },
    })
}

/// Tests whether a value lies between two members in the order of its field; null lies nowhere.
pub fn in_range(value: &Typed, from: &Literal, to: &Literal) -> Expr {
    // Tableau: a range runs in the order of the field, which of texts is that of a dictionary.
    let ordered = |expr: Expr| match value.data_type {
        DataType::String => order_key(expr),
        _ => expr,
    };
    let bound = |bound: &Value| ordered(lit(scalar_of(bound, value.data_type)));
    let mut test = value.expr.clone().is_not_null();
    if let Literal::Value(from) = from {
        test = test.and(ordered(value.expr.clone()).gt_eq(bound(from)));
    }
    if let Literal::Value(to) = to {
        test = test.and(ordered(value.expr.clone()).lt_eq(bound(to)));
    }
    test.is_true()
}

/// Returns the first moment of a relative range and the first after it.
fn relative(
    period: &str,
    anchor: DateTime,
    first: i64,
    last: i64,
    week_start: vivant_calc::civil::Weekday,
) -> Option<(DateTime, DateTime)> {
    let day = anchor.date();
    let (year, month, _) = day.ymd();
    let months = |start: Date, count: i64| start.plus_months(count).map(Date::midnight);
    let days = |start: Date, count: i64| start.plus_days(count).map(Date::midnight);
    let micros = |size: i64| {
        let start = DateTime::from_micros(anchor.micros().div_euclid(size).checked_mul(size)?)?;
        Some((
            start.plus_micros(first.checked_mul(size)?)?,
            start.plus_micros(last.checked_add(1)?.checked_mul(size)?)?,
        ))
    };
    let after = last.checked_add(1)?;
    let steps = |unit: i64| Some((first.checked_mul(unit)?, after.checked_mul(unit)?));
    match period {
        "year" => {
            let start = Date::new(year, 1, 1)?;
            let (a, b) = steps(12)?;
            Some((months(start, a)?, months(start, b)?))
        }
        "quarter" => {
            let start = Date::new(year, (month - 1) / 3 * 3 + 1, 1)?;
            let (a, b) = steps(3)?;
            Some((months(start, a)?, months(start, b)?))
        }
        "month" => {
            let start = Date::new(year, month, 1)?;
            Some((months(start, first)?, months(start, after)?))
        }
        "week" | "iso-week" => {
            let first_day = if period == "week" {
                week_start
            } else {
                vivant_calc::civil::Weekday::Monday
            };
            let start = day.plus_days(-day.weekday().days_after(first_day))?;
            let (a, b) = steps(7)?;
            Some((days(start, a)?, days(start, b)?))
        }
        "day" => Some((days(day, first)?, days(day, after)?)),
        "hour" => micros(3_600_000_000),
        "minute" => micros(60_000_000),
        "second" => micros(1_000_000),
        "iso-year" => {
            let (iso_year, _) = day.iso_week();
            let start = Date::iso_year_start(iso_year.checked_add(first)?)?;
            let end = Date::iso_year_start(iso_year.checked_add(after)?)?;
            Some((start.midnight(), end.midnight()))
        }
        "iso-quarter" => {
            // Quarters of 13 weeks; the last takes what is left of the year.
            let (iso_year, week) = day.iso_week();
            let quarter = ((week - 1) / 13).min(3);
            let start_of = |index: i64| {
                let (years, quarter) = (index.div_euclid(4), index.rem_euclid(4));
                Date::iso_year_start(iso_year.checked_add(years)?)?
                    .plus_days(quarter * 91)
                    .map(Date::midnight)
            };
            Some((
                start_of(quarter.checked_add(first)?)?,
                start_of(quarter.checked_add(after)?)?,
            ))
        }
        _ => None,
    }
}

/// Tells at which stage a filter of an instance works.
pub fn stage(level: Level, context: bool) -> Stage {
    match level {
        Level::Constant | Level::Row if context => Stage::Context,
        Level::Constant | Level::Row => Stage::Rows,
        Level::Aggregate => Stage::Groups,
        Level::TableCalculation => Stage::Table,
    }
}

/// The stages at which filters work, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before sets, the first so many, and fixed levels of detail.
    Context,
    /// On rows.
    Rows,
    /// On groups.
    Groups,
    /// On the finished table.
    Table,
}
