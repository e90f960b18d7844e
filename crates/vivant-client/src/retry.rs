//! When to try again, and when to leave it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// How often and how long a failed request is repeated.
///
/// Reads are repeated when the connection fails or breaks, and on 408, 429, 502, 503 and 504.
/// Writes are repeated at once where the server certainly did nothing: when it could not be reached, on
/// 429, and on 503 with Retry-After; otherwise only when it was seen that they were not done.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    /// The most attempts of one request; 1 never repeats.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each, and varies by a half either way.
    pub first_pause: Duration,
    /// The longest pause, unless the server asks for more.
    pub longest_pause: Duration,
    /// The time within which attempts may begin, the server's Retry-After included. As long may be spent on finding
    /// out what became of a write whose answer got lost.
    pub budget: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 5,
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(10),
            budget: Duration::from_secs(120),
        }
    }
}

impl RetryPolicy {
    /// Never repeats.
    pub fn never() -> Self {
        Self {
            attempts: 1,
            ..Self::default()
        }
    }

    /// The pause behind the attempt of the given number, from 1.
    pub(crate) fn pause(&self, attempt: u32) -> Duration {
        let doubled = self
            .first_pause
            .saturating_mul(1u32.checked_shl(attempt - 1).unwrap_or(u32::MAX));
        doubled.min(self.longest_pause).mul_f64(0.5 + random())
    }
}

/// A number from 0 to 1; it only has to differ between processes and calls.
fn random() -> f64 {
    let bits = RandomState::new().build_hasher().finish();
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

/// Reads Retry-After: seconds, or a date.
pub(crate) fn retry_after(value: &str, now: jiff::Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let millis = at.as_millisecond() - now.as_millisecond();
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_vary_within_bounds() {
        let policy = RetryPolicy::default();
        for attempt in 1..40 {
            let pause = policy.pause(attempt);
            assert!(
                pause >= policy.first_pause / 2 && pause <= policy.longest_pause * 3 / 2,
                "{attempt}: {pause:?}"
            );
        }
        assert!(policy.pause(1) < Duration::from_millis(376));
    }

    #[test]
    fn retry_after_in_both_forms() {
        let now: jiff::Timestamp = "1994-11-06T08:49:30Z".parse().expect("a time");
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now),
            Some(Duration::from_secs(7))
        );
        assert_eq!(
            retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after("soon", now), None);
    }
}
