//! Statistics of what is shown: summaries for reference lines and boxes, and models for trend lines.

/// Mean of some values; `None` without any.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The value below which a part of the values lies, between two of them in a straight line.
pub(crate) fn percentile(values: &[f64], part: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = part.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (low, high) = (place.floor() as usize, place.ceil() as usize);
    Some(sorted[low] + (sorted[high] - sorted[low]) * (place - low as f64))
}

/// The standard deviation, of a sample (n − 1) or of all there is (n).
pub(crate) fn deviation(values: &[f64], sample: bool) -> Option<f64> {
    let middle = mean(values)?;
    let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    match (sample, values.len()) {
        (true, 1) => None,
        (true, count) => Some((squares / (count - 1) as f64).sqrt()),
        (false, count) => Some((squares / count as f64).sqrt()),
    }
}

/// The interval that holds the mean with a probability, by the t distribution.
pub(crate) fn mean_interval(values: &[f64], probability: f64) -> Option<(f64, f64)> {
    let (middle, deviation) = (mean(values)?, deviation(values, true)?);
    let count = values.len() as f64;
    let reach = t_quantile(0.5 + probability / 2.0, count - 1.0) * deviation / count.sqrt();
    Some((middle - reach, middle + reach))
}

/// The interval that holds the median with a probability, between two of the values, by the binomial distribution.
pub(crate) fn median_interval(values: &[f64], probability: f64) -> Option<(f64, f64)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    if count == 0 {
        return None;
    }
    // How many values lie below the median is binomial; the logarithm keeps small terms.
    let (mut below, mut term) = (0.0, count as f64 * 0.5_f64.ln());
    let mut at = 0;
    while at < count / 2 {
        let next = below + term.exp();
        if next > (1.0 - probability) / 2.0 {
            break;
        }
        below = next;
        term += ((count - at) as f64).ln() - ((at + 1) as f64).ln();
        at += 1;
    }
    let low = at.saturating_sub(1);
    Some((sorted[low], sorted[count - 1 - low]))
}

/// The five figures of a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct BoxFigures {
    pub low: f64,
    pub lower: f64,
    pub median: f64,
    pub upper: f64,
    pub high: f64,
}

/// The figures of a box; whiskers reach to the extremes, or to the last value within 1.5 times the box's height.
pub(crate) fn box_figures(values: &[f64], to_extremes: bool) -> Option<BoxFigures> {
    const REACH: f64 = 1.5;
    let (lower, median, upper) = (
        percentile(values, 0.25)?,
        percentile(values, 0.5)?,
        percentile(values, 0.75)?,
    );
    let reach = match to_extremes {
        true => f64::INFINITY,
        false => REACH * (upper - lower),
    };
    let within = || {
        values
            .iter()
            .copied()
            .filter(|value| *value >= lower - reach && *value <= upper + reach)
    };
    Some(BoxFigures {
        low: within().fold(lower, f64::min),
        lower,
        median,
        upper,
        high: within().fold(upper, f64::max),
    })
}

/// A curve that is fitted to points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    Linear,
    Log,
    Exp,
    Power,
    /// With its degree.
    Polynomial(usize),
}

/// A fitted curve.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    fit: Fit,
    /// What places are moved by and divided through before their powers are taken, which keeps them near 1.
    shift: f64,
    scale: f64,
    coefficients: Vec<f64>,
    /// The inverse of the normal matrix.
    inverse: Vec<Vec<f64>>,
    /// Standard deviation of what is left, with its degrees of freedom.
    rest: f64,
    freedom: f64,
    first: usize,
}

impl Model {
    /// Fits a curve by least squares; `None` where the points do not determine it.
    pub fn fit(points: &[(f64, f64)], fit: Fit, through_zero: bool) -> Option<Self> {
        let transformed: Vec<(f64, f64)> = points
            .iter()
            .filter_map(|&(x, y)| {
                let x = match fit {
                    Fit::Log | Fit::Power => (x > 0.0).then(|| x.ln())?,
                    _ => x,
                };
                let y = match fit {
                    Fit::Exp | Fit::Power => (y > 0.0).then(|| y.ln())?,
                    _ => y,
                };
                Some((x, y))
            })
            .collect();
        let degree = match fit {
            Fit::Polynomial(degree) => degree.clamp(1, 8),
            _ => 1,
        };
        let xs: Vec<f64> = transformed.iter().map(|point| point.0).collect();
        // A curve through zero cannot be moved.
        let shift = if through_zero { 0.0 } else { mean(&xs)? };
        let scale = xs.iter().map(|x| (x - shift).abs()).fold(0.0, f64::max);
        if scale <= 0.0 {
            return None;
        }
        let first = usize::from(through_zero);
        let size = degree + 1 - first;
        if transformed.len() < size {
            return None;
        }
        let mut normal = vec![vec![0.0; size]; size];
        let mut right = vec![0.0; size];
        for &(x, y) in &transformed {
            let powers = powers((x - shift) / scale, first, size);
            for (row, power) in powers.iter().enumerate() {
                right[row] += power * y;
                for (column, other) in powers.iter().enumerate() {
                    normal[row][column] += power * other;
                }
            }
        }
        let inverse = inverted(normal)?;
        let coefficients: Vec<f64> = inverse
            .iter()
            .map(|row| row.iter().zip(&right).map(|(a, b)| a * b).sum())
            .collect();
        let mut model = Self {
            fit,
            shift,
            scale,
            coefficients,
            inverse,
            rest: 0.0,
            freedom: (transformed.len() - size) as f64,
            first,
        };
        let squares: f64 = transformed
            .iter()
            .map(|&(x, y)| (y - model.straight(x)).powi(2))
            .sum();
        if model.freedom > 0.0 {
            model.rest = (squares / model.freedom).sqrt();
        }
        Some(model)
    }

    fn straight(&self, x: f64) -> f64 {
        let powers = powers((x - self.shift) / self.scale, self.first, self.coefficients.len());
        powers
            .iter()
            .zip(&self.coefficients)
            .map(|(power, factor)| power * factor)
            .sum()
    }

    fn place(&self, x: f64) -> Option<f64> {
        match self.fit {
            Fit::Log | Fit::Power => (x > 0.0).then(|| x.ln()),
            _ => Some(x),
        }
    }

    fn back(&self, y: f64) -> f64 {
        match self.fit {
            Fit::Exp | Fit::Power => y.exp(),
            _ => y,
        }
    }

    /// The value of the curve.
    pub fn at(&self, x: f64) -> Option<f64> {
        Some(self.back(self.straight(self.place(x)?)))
    }

    /// Between which values the curve lies with a probability; `None` where nothing is left to tell.
    pub fn band(&self, x: f64, probability: f64) -> Option<(f64, f64)> {
        if self.freedom < 1.0 {
            return None;
        }
        let place = self.place(x)?;
        let powers = powers(
            (place - self.shift) / self.scale,
            self.first,
            self.coefficients.len(),
        );
        let spread: f64 = self
            .inverse
            .iter()
            .zip(&powers)
            .map(|(row, power)| power * row.iter().zip(&powers).map(|(a, b)| a * b).sum::<f64>())
            .sum();
        let reach = t_quantile(0.5 + probability / 2.0, self.freedom) * self.rest * spread.max(0.0).sqrt();
        let middle = self.straight(place);
        Some((self.back(middle - reach), self.back(middle + reach)))
    }

    /// Whether the curve is a straight line between its ends.
    pub fn is_straight(&self) -> bool {
        self.fit == Fit::Linear
    }
}

fn powers(x: f64, first: usize, count: usize) -> Vec<f64> {
    (first..first + count).map(|power| x.powi(power as i32)).collect()
}

/// Inverts a symmetric matrix by elimination; `None` where it has no inverse.
fn inverted(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let size = matrix.len();
    let mut inverse: Vec<Vec<f64>> = (0..size)
        .map(|row| {
            (0..size)
                .map(|column| f64::from(u8::from(row == column)))
                .collect()
        })
        .collect();
    for at in 0..size {
        let pivot = (at..size).max_by(|&a, &b| matrix[a][at].abs().total_cmp(&matrix[b][at].abs()))?;
        if matrix[pivot][at].abs() < 1e-12 * size as f64 {
            return None;
        }
        matrix.swap(at, pivot);
        inverse.swap(at, pivot);
        let factor = matrix[at][at];
        for column in 0..size {
            matrix[at][column] /= factor;
            inverse[at][column] /= factor;
        }
        for row in (0..size).filter(|row| *row != at) {
            let factor = matrix[row][at];
            for column in 0..size {
                matrix[row][column] -= factor * matrix[at][column];
                inverse[row][column] -= factor * inverse[at][column];
            }
        }
    }
    Some(inverse)
}

/// The value that a t-distributed number stays below with a probability of more than a half.
pub(crate) fn t_quantile(probability: f64, freedom: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while t_below(high, freedom) < probability && high < 1e9 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        match t_below(middle, freedom) < probability {
            true => low = middle,
            false => high = middle,
        }
    }
    f64::midpoint(low, high)
}

/// The probability that a t-distributed number is below a positive value.
fn t_below(t: f64, freedom: f64) -> f64 {
    1.0 - incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t)) / 2.0
}

/// The regularized incomplete beta function, by its continued fraction.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    match x < (a + 1.0) / (a + b + 2.0) {
        true => front * beta_fraction(a, b, x) / a,
        false => 1.0 - front * beta_fraction(b, a, 1.0 - x) / b,
    }
}

/// The continued fraction of the incomplete beta function, evaluated from its front.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let kept = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut numerator = 1.0;
    let mut denominator = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut result = denominator;
    for step in 1..300 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let before = result;
        for part in [even, odd] {
            denominator = 1.0 / kept(1.0 + part * denominator);
            numerator = kept(1.0 + part / numerator);
            result *= denominator * numerator;
        }
        if (result - before).abs() < 1e-15 * result.abs() {
            break;
        }
    }
    result
}

/// The logarithm of the gamma function of a positive number, by Stirling's series.
fn ln_gamma(x: f64) -> f64 {
    // The series is exact to the last digit from here on; below, the recurrence leads there.
    const FAR: f64 = 15.0;
    let (mut x, mut below) = (x, 0.0);
    while x < FAR {
        below += x.ln();
        x += 1.0;
    }
    let square = x * x;
    let series =
        (1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / (1680.0 * square)) / square) / square) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - below
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 7] = [2.5, 3.1, 4.7, 5.0, 6.2, 8.9, 9.4];

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-7 * expected.abs().max(1.0),
            "{found} is not {expected}"
        );
    }

    #[test]
    fn summaries_are_those_of_numpy() {
        // numpy.percentile, numpy.std with ddof 1 and 0.
        for (part, expected) in [(0.25, 3.9), (0.5, 5.0), (0.75, 7.55), (0.95, 9.25)] {
            near(percentile(&VALUES, part).unwrap(), expected);
        }
        near(deviation(&VALUES, true).unwrap(), 2.666_726_189_811_877);
        near(deviation(&VALUES, false).unwrap(), 2.468_908_707_116_908_3);
        assert_eq!(mean(&[]), None);
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(deviation(&[1.0], true), None);
    }

    #[test]
    fn intervals_are_those_of_scipy() {
        // scipy.stats.t.ppf(0.975, n)
        for (freedom, expected) in [
            (1.0, 12.706_204_74),
            (2.0, 4.302_652_73),
            (5.0, 2.570_581_84),
            (10.0, 2.228_138_85),
            (100.0, 1.983_971_52),
        ] {
            near(t_quantile(0.975, freedom), expected);
        }
        // scipy.stats.t.interval
        let (low, high) = mean_interval(&VALUES, 0.95).unwrap();
        near(low, 3.219_403_907_138_392);
        near(high, 8.152_024_664_290_177);
        // scipy.stats.binom.ppf(0.025, n, 0.5) says how many lie outside: 1 of 7, so the least is the end.
        assert_eq!(median_interval(&VALUES, 0.95), Some((2.5, 9.4)));
        let twenty: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(median_interval(&twenty, 0.95), Some((6.0, 15.0)));
    }

    #[test]
    fn boxes_reach_to_the_last_value_within_their_reach() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 20.0];
        let near = box_figures(&values, false).unwrap();
        assert_eq!(
            (near.low, near.lower, near.median, near.upper, near.high),
            (1.0, 2.25, 3.5, 4.75, 5.0)
        );
        assert_eq!(box_figures(&values, true).unwrap().high, 20.0);
        assert_eq!(box_figures(&[], false), None);
    }

    #[test]
    fn models_are_those_of_numpy() {
        let points: Vec<(f64, f64)> = [2.1, 3.9, 6.2, 7.8, 10.1, 12.2, 13.8]
            .iter()
            .zip(1..)
            .map(|(y, x)| (f64::from(x), *y))
            .collect();
        let at = |fit, x| Model::fit(&points, fit, false).unwrap().at(x).unwrap();
        // numpy.polyfit(x, y, 1), and of logarithms.
        near(
            at(Fit::Linear, 5.0),
            1.985_714_285_714_286 * 5.0 + 0.071_428_571_428_571,
        );
        near(at(Fit::Log, 3.0), 6.031_967_08 * 3.0_f64.ln() + 0.668_072_48);
        near(at(Fit::Exp, 3.0), (0.300_610_67 * 3.0_f64 + 0.714_732_6).exp());
        near(
            at(Fit::Power, 3.0),
            3.0_f64.powf(0.981_731_91) * 0.721_543_42_f64.exp(),
        );
        // numpy.polyval(numpy.polyfit(x, y, 3), 2.5)
        near(at(Fit::Polynomial(3), 2.5), 4.949_255_952_380_958);
        // Sum of x·y over that of x·x.
        near(
            Model::fit(&points, Fit::Linear, true).unwrap().at(7.0).unwrap(),
            14.0,
        );
        // By the textbook, with scipy.stats.t.
        let (low, high) = Model::fit(&points, Fit::Linear, false)
            .unwrap()
            .band(5.0, 0.95)
            .unwrap();
        near(low, 9.792_265_617_420_183);
        near(high, 10.207_734_382_579_817);
        assert!(Model::fit(&[(1.0, 2.0)], Fit::Linear, false).is_none());
        assert!(Model::fit(&[(1.0, 2.0), (1.0, 3.0)], Fit::Linear, false).is_none());
    }

    #[test]
    fn models_hold_far_from_zero() {
        // Days of this century.
        let points: Vec<(f64, f64)> = (0..24)
            .map(|month| (19_000.0 + f64::from(month) * 30.0, f64::from(month * 3)))
            .collect();
        let model = Model::fit(&points, Fit::Polynomial(3), false).unwrap();
        near(model.at(19_300.0).unwrap(), 30.0);
    }
}
