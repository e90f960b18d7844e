//! Table calculations over partitions: functions of formulas, and quick ones.

use vivant_calc::Value;
use vivant_document::spec::{Offset, TableCalc, TableCalcKind};

use super::address::Order;
use super::functions::{Ties, aggregate, rank};
use crate::frame::number;

/// Computes a function over one partition.
pub fn over_partition(
    name: &str,
    size: usize,
    column: &dyn Fn(usize) -> Option<Vec<Value>>,
) -> Option<Vec<Value>> {
    let whole = |value: &Value| number(value).map(|value| value.trunc() as i64);
    let all = |make: &dyn Fn(usize) -> Value| (0..size).map(make).collect::<Vec<Value>>();
    match name {
        "INDEX" => Some(all(&|at| Value::Integer(at as i64 + 1))),
        "SIZE" => Some(all(&|_| Value::Integer(size as i64))),
        "FIRST" => Some(all(&|at| Value::Integer(-(at as i64)))),
        "LAST" => Some(all(&|at| Value::Integer((size - 1 - at) as i64))),
        "LOOKUP" => {
            let (values, offsets) = (column(0)?, column(1));
            Some(all(&|at| {
                let offset = offsets.as_ref().map_or(Some(0), |offsets| whole(&offsets[at]));
                offset
                    .and_then(|offset| usize::try_from(at as i64 + offset).ok())
                    .and_then(|place| values.get(place).cloned())
                    .unwrap_or(Value::Null)
            }))
        }
        "TOTAL" => {
            let values = column(0)?;
            let total = aggregate("SUM", &values, None, 0.0);
            Some(all(&|_| total.clone()))
        }
        _ if name.starts_with("RUNNING_") => {
            let values = column(0)?;
            let of = &name["RUNNING_".len()..];
            Some(running(of, &values))
        }
        _ if name.starts_with("WINDOW_") => {
            let of = &name["WINDOW_".len()..];
            let values = column(0)?;
            let pair = matches!(of, "CORR" | "COVAR" | "COVARP");
            let second = if pair { Some(column(1)?) } else { None };
            let fraction = match of {
                "PERCENTILE" => column(1)?.first().and_then(number).unwrap_or(0.5),
                _ => 0.0,
            };
            let skip = 1 + usize::from(pair || of == "PERCENTILE");
            let (from, to) = (column(skip), column(skip + 1));
            let whole_partition = from.is_none();
            let once = whole_partition.then(|| aggregate(of, &values, second.as_deref(), fraction));
            Some(all(&|at| {
                if let Some(once) = &once {
                    return once.clone();
                }
                let bound = |bounds: &Option<Vec<Value>>, default: i64| {
                    bounds
                        .as_ref()
                        .and_then(|bounds| whole(&bounds[at]))
                        .unwrap_or(default)
                };
                let start = (at as i64 + bound(&from, -(at as i64))).max(0);
                let end = (at as i64 + bound(&to, (size - 1 - at) as i64)).min(size as i64 - 1);
                if start > end {
                    return aggregate(of, &[], second.as_ref().map(|_| &[][..]), fraction);
                }
                let range = start as usize..=end as usize;
                let second = second.as_ref().map(|second| &second[range.clone()]);
                aggregate(of, &values[range], second, fraction)
            }))
        }
        _ if name == "RANK" || name.starts_with("RANK_") => {
            let values = column(0)?;
            let ties = match name {
                "RANK" => Ties::Competition,
                "RANK_DENSE" => Ties::Dense,
                "RANK_MODIFIED" => Ties::Modified,
                "RANK_UNIQUE" => Ties::Unique,
                "RANK_PERCENTILE" => Ties::Percentile,
                _ => return None,
            };
            let order = column(1).and_then(|order| order.first().cloned());
            let descending = match order {
                Some(Value::String(word)) => word.eq_ignore_ascii_case("desc"),
                _ => ties != Ties::Percentile,
            };
            Some(rank(&values, ties, descending))
        }
        _ => None,
    }
}

/// Aggregates from the first value to each. What can go on from the value before does; the others look at all again.
fn running(of: &str, values: &[Value]) -> Vec<Value> {
    let (mut so_far, mut count, mut sum) = (Value::Null, 0_i64, 0.0);
    let each = values.iter().enumerate();
    each.map(|(at, value)| match of {
        "SUM" | "MIN" | "MAX" => {
            so_far = aggregate(of, &[so_far.clone(), value.clone()], None, 0.0);
            so_far.clone()
        }
        "COUNT" => {
            count += i64::from(!value.is_null());
            Value::Integer(count)
        }
        "AVG" => {
            if let Some(value) = number(value) {
                count += 1;
                sum += value;
            }
            match count {
                0 => Value::Null,
                count => Value::Real(sum / count as f64),
            }
        }
        _ => aggregate(of, &values[..=at], None, 0.0),
    })
    .collect()
}

/// Computes a quick table calculation.
pub fn quick(calc: &TableCalc, values: &[Value], order: &Order) -> Vec<Value> {
    let mut out = vec![Value::Null; values.len()];
    let real = |value: f64| {
        if value.is_finite() {
            Value::Real(value)
        } else {
            Value::Null
        }
    };
    for partition in &order.partitions {
        let inside: Vec<Value> = partition.iter().map(|&row| values[row].clone()).collect();
        let size = inside.len();
        let other = |at: usize| -> Option<Value> {
            let place = match calc.offset {
                Offset::Relative(offset) => usize::try_from(at as i64 + offset).ok()?,
                Offset::First => 0,
                Offset::Last => size.checked_sub(1)?,
            };
            inside.get(place).cloned()
        };
        // A missing value counts as zero in differences, a missing cell gives nothing.
        let zn = |value: &Value| number(value).unwrap_or(0.0);
        let found: Vec<Value> = match &calc.kind {
            TableCalcKind::CumTotal(word) => running(&word.to_uppercase(), &inside),
            TableCalcKind::Difference => (0..size)
                .map(|at| match (other(at), &inside[at]) {
                    (Some(Value::Integer(before)), Value::Integer(here)) => Value::Integer(here - before),
                    (Some(before), here) => real(zn(here) - zn(&before)),
                    (None, _) => Value::Null,
                })
                .collect(),
            TableCalcKind::PctDiff => (0..size)
                .map(|at| match other(at) {
                    Some(before) => real((zn(&inside[at]) - zn(&before)) / zn(&before).abs()),
                    None => Value::Null,
                })
                .collect(),
            TableCalcKind::PctValue => (0..size)
                .map(|at| match other(at) {
                    Some(before) => real(zn(&inside[at]) / zn(&before)),
                    None => Value::Null,
                })
                .collect(),
            TableCalcKind::PctTotal => {
                let total = number(&aggregate("SUM", &inside, None, 0.0));
                inside
                    .iter()
                    .map(|value| match (number(value), total) {
                        (Some(value), Some(total)) => real(value / total),
                        _ => Value::Null,
                    })
                    .collect()
            }
            TableCalcKind::Rank(options) => rank(&inside, ties(options), descending(options, true)),
            TableCalcKind::PctRank(options) => rank(&inside, Ties::Percentile, descending(options, false)),
            TableCalcKind::WindowTotal {
                aggregation,
                from,
                to,
                include_current,
                null_if_incomplete,
            } => {
                let of = aggregation.to_uppercase();
                (0..size)
                    .map(|at| {
                        let (start, end) = (at as i64 + from, at as i64 + to);
                        if *null_if_incomplete && (start < 0 || end >= size as i64) {
                            return Value::Null;
                        }
                        let window: Vec<Value> = (start.max(0)..=end.min(size as i64 - 1))
                            .filter(|&place| *include_current || place != at as i64)
                            .map(|place| inside[place as usize].clone())
                            .collect();
                        aggregate(&of, &window, None, 0.0)
                    })
                    .collect()
            }
            TableCalcKind::Formula | TableCalcKind::Other(_) => inside,
        };
        for (&row, value) in partition.iter().zip(found) {
            out[row] = value;
        }
    }
    out
}

fn ties(options: &str) -> Ties {
    match options.split(',').next() {
        Some("Dense") => Ties::Dense,
        Some("ModifiedCompetition" | "Modified") => Ties::Modified,
        Some("Unique") => Ties::Unique,
        _ => Ties::Competition,
    }
}

fn descending(options: &str, default: bool) -> bool {
    match options.split(',').nth(1) {
        Some("Ascending") => false,
        Some("Descending") => true,
        _ => default,
    }
}
