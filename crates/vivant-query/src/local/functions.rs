//! The functions of table calculations over one partition.

use vivant_calc::Value;

use crate::frame::{compare, number};

/// Values of a partition in order.
type Values<'v> = &'v [Value];

/// An aggregate over a window of values; nulls are passed over.
pub fn aggregate(name: &str, values: Values<'_>, second: Option<Values<'_>>, fraction: f64) -> Value {
    let present: Vec<&Value> = values.iter().filter(|value| !value.is_null()).collect();
    if name == "COUNT" {
        return Value::Integer(present.len() as i64);
    }
    if let Some(second) = second {
        return paired(name, values, second);
    }
    if present.is_empty() {
        return Value::Null;
    }
    match name {
        "MIN" => present
            .into_iter()
            .min_by(|a, b| compare(a, b))
            .cloned()
            .unwrap_or(Value::Null),
        "MAX" => present
            .into_iter()
            .max_by(|a, b| compare(a, b))
            .cloned()
            .unwrap_or(Value::Null),
        "SUM" if present.iter().all(|value| matches!(value, Value::Integer(_))) => {
            let mut sum = 0_i64;
            for value in present {
                let Value::Integer(value) = value else { continue };
                match sum.checked_add(*value) {
                    Some(next) => sum = next,
                    None => return Value::Null,
                }
            }
            Value::Integer(sum)
        }
        _ => {
            let numbers: Vec<f64> = present.into_iter().filter_map(number).collect();
            statistic(name, numbers, fraction).map_or(Value::Null, Value::Real)
        }
    }
}

fn statistic(name: &str, mut numbers: Vec<f64>, fraction: f64) -> Option<f64> {
    let count = numbers.len() as f64;
    let sum: f64 = numbers.iter().sum();
    let mean = sum / count;
    let squares = || numbers.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    match name {
        "SUM" => Some(sum),
        "AVG" => Some(mean),
        "VARP" => Some(squares() / count),
        "STDEVP" => Some((squares() / count).sqrt()),
        "VAR" | "STDEV" if count < 2.0 => None,
        "VAR" => Some(squares() / (count - 1.0)),
        "STDEV" => Some((squares() / (count - 1.0)).sqrt()),
        "MEDIAN" | "PERCENTILE" => {
            numbers.sort_by(f64::total_cmp);
            let fraction = if name == "MEDIAN" {
                0.5
            } else {
                fraction.clamp(0.0, 1.0)
            };
            let place = fraction * (count - 1.0);
            let (low, high) = (place.floor() as usize, place.ceil() as usize);
            Some(numbers[low] + (numbers[high] - numbers[low]) * (place - place.floor()))
        }
        _ => None,
    }
}

/// An aggregate of two series; pairs with a null are passed over.
fn paired(name: &str, first: Values<'_>, second: Values<'_>) -> Value {
    let pairs: Vec<(f64, f64)> = first
        .iter()
        .zip(second)
        .filter_map(|(a, b)| Some((number(a)?, number(b)?)))
        .collect();
    let count = pairs.len() as f64;
    if pairs.is_empty() {
        return Value::Null;
    }
    let (ma, mb) = (
        pairs.iter().map(|(a, _)| a).sum::<f64>() / count,
        pairs.iter().map(|(_, b)| b).sum::<f64>() / count,
    );
    let both: f64 = pairs.iter().map(|(a, b)| (a - ma) * (b - mb)).sum();
    let found = match name {
        "COVARP" => Some(both / count),
        "COVAR" if count > 1.0 => Some(both / (count - 1.0)),
        "CORR" => {
            let a: f64 = pairs.iter().map(|(a, _)| (a - ma).powi(2)).sum();
            let b: f64 = pairs.iter().map(|(_, b)| (b - mb).powi(2)).sum();
            (a > 0.0 && b > 0.0).then(|| both / (a * b).sqrt())
        }
        _ => None,
    };
    found.map_or(Value::Null, Value::Real)
}

/// How ties share ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ties {
    /// 1, 2, 2, 4
    Competition,
    /// 1, 2, 2, 3
    Dense,
    /// 1, 3, 3, 4
    Modified,
    /// 1, 2, 3, 4
    Unique,
    /// From 0 to 1.
    Percentile,
}

/// Ranks the values of a partition; null has no rank and does not count.
pub fn rank(values: Values<'_>, ties: Ties, descending: bool) -> Vec<Value> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&at| !values[at].is_null()).collect();
    let by = |a: usize, b: usize| {
        let by = compare(&values[a], &values[b]);
        if descending { by.reverse() } else { by }
    };
    order.sort_by(|&a, &b| by(a, b).then(a.cmp(&b)));
    let mut out = vec![Value::Null; values.len()];
    let count = order.len();
    let mut start = 0;
    let mut groups = 0;
    while start < count {
        let mut end = start + 1;
        while end < count && by(order[start], order[end]).is_eq() {
            end += 1;
        }
        groups += 1;
        for (offset, &at) in order[start..end].iter().enumerate() {
            out[at] = match ties {
                Ties::Competition => Value::Integer(start as i64 + 1),
                Ties::Dense => Value::Integer(groups),
                Ties::Modified => Value::Integer(end as i64),
                Ties::Unique => Value::Integer((start + offset) as i64 + 1),
                // Tableau: the greatest of a tie counts; a partition of one is 1.
                Ties::Percentile if count == 1 => Value::Real(1.0),
                Ties::Percentile if end == 1 => Value::Real(0.0),
                Ties::Percentile => Value::Real((end - 1) as f64 / (count - 1) as f64),
            };
        }
        start = end;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integers(values: &[i64]) -> Vec<Value> {
        values.iter().map(|&value| Value::Integer(value)).collect()
    }

    #[test]
    fn ties_share_ranks_in_every_way() {
        let values = integers(&[6, 9, 9, 14]);
        assert_eq!(rank(&values, Ties::Competition, true), integers(&[4, 2, 2, 1]));
        assert_eq!(rank(&values, Ties::Dense, true), integers(&[3, 2, 2, 1]));
        assert_eq!(rank(&values, Ties::Modified, true), integers(&[4, 3, 3, 1]));
        assert_eq!(rank(&values, Ties::Unique, true), integers(&[4, 2, 3, 1]));
        let percent: Vec<f64> = rank(&values, Ties::Percentile, false)
            .iter()
            .map(|value| number(value).unwrap())
            .collect();
        assert_eq!(percent, [0.0, 2.0 / 3.0, 2.0 / 3.0, 1.0]);
    }

    #[test]
    fn nulls_have_no_rank_and_windows_pass_over_them() {
        let values = [Value::Integer(2), Value::Null, Value::Integer(1)];
        assert_eq!(
            rank(&values, Ties::Competition, false),
            [Value::Integer(2), Value::Null, Value::Integer(1)]
        );
        assert_eq!(aggregate("SUM", &values, None, 0.0), Value::Integer(3));
        assert_eq!(aggregate("AVG", &values, None, 0.0), Value::Real(1.5));
        assert_eq!(aggregate("MEDIAN", &[], None, 0.0), Value::Null);
        assert_eq!(aggregate("COUNT", &values, None, 0.0), Value::Integer(2));
    }
}
