//! Numbers.

/// Divides; `None` for a divisor of zero.
pub fn divide(a: f64, b: f64) -> Option<f64> {
    (b != 0.0).then(|| a / b)
}

/// Gives the remainder with the sign of `a`; `None` for a divisor of zero.
pub fn remainder(a: f64, b: f64) -> Option<f64> {
    (b != 0.0).then(|| a % b)
}

/// Gives the remainder of integers with the sign of `a`; `None` for a divisor of zero.
pub fn integer_remainder(a: i64, b: i64) -> Option<i64> {
    (b != 0).then(|| a.wrapping_rem(b))
}

/// Raises to a power; `None` where there is no real result and for zero to a negative power.
pub fn power(base: f64, exponent: f64) -> Option<f64> {
    if base == 0.0 && exponent < 0.0 {
        return None;
    }
    guarded(base.powf(exponent), &[base, exponent])
}

/// Takes the square root; `None` for negative numbers.
pub fn square_root(x: f64) -> Option<f64> {
    guarded(x.sqrt(), &[x])
}

/// Gives the arc cosine in radians; `None` outside -1 to 1.
pub fn arc_cosine(x: f64) -> Option<f64> {
    guarded(x.acos(), &[x])
}

/// Gives the arc sine in radians; `None` outside -1 to 1.
pub fn arc_sine(x: f64) -> Option<f64> {
    guarded(x.asin(), &[x])
}

/// Gives the cotangent of an angle in radians; `None` where the tangent is zero.
pub fn cotangent(x: f64) -> Option<f64> {
    divide(1.0, x.tan())
}

/// Gives the natural logarithm; `None` for zero and less.
pub fn natural_logarithm(x: f64) -> Option<f64> {
    (x > 0.0 || x.is_nan()).then(|| x.ln())
}

/// Gives the logarithm to a base; `None` for numbers and bases of zero and less and for base 1.
pub fn logarithm(x: f64, base: f64) -> Option<f64> {
    if x <= 0.0 || base <= 0.0 || base == 1.0 {
        return None;
    }
    // These two are exact for powers of their base, a quotient of logarithms is not.
    Some(if base == 10.0 {
        x.log10()
    } else if base == 2.0 {
        x.log2()
    } else {
        x.ln() / base.ln()
    })
}

/// Gives -1, 0 or 1; 0 for what is not a number.
pub fn sign(x: f64) -> i64 {
    i64::from(x > 0.0) - i64::from(x < 0.0)
}

/// Rounds half away from zero to a number of decimals; a negative number rounds to tens and more.
///
/// It is the exact value of the double that is rounded: 2.675 is a little less than it looks, so two
/// decimals give 2.67.
pub fn round(x: f64, decimals: i64) -> f64 {
    if decimals == 0 || !x.is_finite() {
        return x.round();
    }
    if decimals < -308 {
        return 0.0;
    }
    if decimals > 308 {
        return x;
    }
    let scale = 10_f64.powi(decimals.unsigned_abs() as i32);
    // `error` is what the scaled number misses of the exact product or quotient, with its sign.
    let (scaled, error) = if decimals > 0 {
        let scaled = x * scale;
        (scaled, x.mul_add(scale, -scaled))
    } else {
        let scaled = x / scale;
        (scaled, (-scaled).mul_add(scale, x))
    };
    // From here on a double has no fraction to round away.
    if !scaled.is_finite() || scaled.abs() >= 4_503_599_627_370_496.0 {
        return x;
    }
    let looks_halfway = (scaled - scaled.trunc()).abs() == 0.5;
    let falls_short = looks_halfway && error != 0.0 && (error < 0.0) == (scaled > 0.0);
    let rounded = if falls_short {
        scaled.trunc()
    } else {
        scaled.round()
    };
    if decimals > 0 {
        rounded / scale
    } else {
        rounded * scale
    }
}

/// Cuts a double to an integer as it is after `change` (ceiling, floor, truncation); `None` if it does
/// not fit 64 bits.
pub fn to_integer(x: f64, change: impl Fn(f64) -> f64) -> Option<i64> {
    let whole = change(x);
    // The first double that does not fit is 2 to the power of 63.
    (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0)
        .contains(&whole)
        .then_some(whole as i64)
}

/// Gives the centre of the hexagon that holds a point. Hexagons have side 1 and flat tops; their
/// centres are `(3a, b√3)` and, between those, `(3a + 1.5, (b + 0.5)√3)` for integer `a` and `b`.
pub fn hexagon(x: f64, y: f64) -> (f64, f64) {
    let height = 3_f64.sqrt();
    let centre = |dx: f64, dy: f64| {
        (
            ((x - dx) / 3.0).round() * 3.0 + dx,
            ((y - dy) / height).round() * height + dy,
        )
    };
    let first = centre(0.0, 0.0);
    let second = centre(1.5, height / 2.0);
    let distance = |(cx, cy): (f64, f64)| (x - cx) * (x - cx) + (y - cy) * (y - cy);
    if distance(second) < distance(first) {
        second
    } else {
        first
    }
}

/// Gives a result, or `None` if it is not a number though the arguments are.
fn guarded(result: f64, arguments: &[f64]) -> Option<f64> {
    (!result.is_nan() || arguments.iter().any(|argument| argument.is_nan())).then_some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_looks_at_the_exact_double() {
        let check =
            |x: f64, decimals, expected: f64| assert_eq!(round(x, decimals), expected, "{x} {decimals}");
        check(2.5, 0, 3.0);
        check(-2.5, 0, -3.0);
        check(2.675, 2, 2.67);
        check(1.005, 2, 1.0);
        check(9.405, 2, 9.4);
        check(-2.675, 2, -2.67);
        check(0.125, 2, 0.13);
        check(123.47, 1, 123.5);
        check(155.0, -1, 160.0);
        check(145.0, -1, 150.0);
        check(-155.0, -1, -160.0);
        check(1e20, 2, 1e20);
        check(1e-320, 2, 0.0);
        check(1.5, 400, 1.5);
        check(1.5, -400, 0.0);
        check(f64::INFINITY, 1, f64::INFINITY);
    }

    #[test]
    fn rounding_agrees_with_decimal_arithmetic() {
        // Formatting with 60 decimals is exact for these numbers; it serves as the second opinion.
        let mut state = 7_u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let x = ((state >> 33) as f64 - 1_073_741_824.0) / 1000.0;
            let exact = format!("{:.60}", x.abs());
            let (whole, fraction) = exact.split_once('.').unwrap();
            let digits: i128 = format!("{whole}{}", &fraction[..2]).parse().unwrap();
            let up = fraction.as_bytes()[2] >= b'5';
            let expected = (digits + i128::from(up)) as f64 / 100.0;
            assert_eq!(round(x, 2).abs(), expected, "{x}");
        }
    }

    #[test]
    fn integers_must_fit() {
        assert_eq!(to_integer(-9.7, f64::trunc), Some(-9));
        assert_eq!(to_integer(1e30, f64::ceil), None);
        assert_eq!(to_integer(f64::NAN, f64::floor), None);
        assert_eq!(
            to_integer(-9_223_372_036_854_775_808.0, f64::trunc),
            Some(i64::MIN)
        );
        assert_eq!(integer_remainder(i64::MIN, -1), Some(0));
    }
}
