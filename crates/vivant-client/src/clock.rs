//! What time it is on the server, as far as its answers tell: to know whether something there was
//! made before or after a request, although the clocks differ.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use reqwest::header::{DATE, HeaderMap};

/// The difference between the server's clock and ours, between bounds.
#[derive(Debug, Default)]
pub(crate) struct Clock(Mutex<Option<Bounds>>);

/// In milliseconds, to be added to our time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bounds {
    least: i64,
    most: i64,
}

impl Clock {
    /// Takes the time out of an answer that was asked for and came between two times of ours.
    pub fn note(&self, headers: &HeaderMap, asked: Timestamp, answered: Timestamp) {
        let date = headers.get(DATE).and_then(|v| v.to_str().ok());
        let Some(date) = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()) else {
            return;
        };
        // The header is cut to the second, and was written at some time between asking and answering.
        let date = date.timestamp().as_millisecond();
        let found = Bounds {
            least: date - answered.as_millisecond(),
            most: date + 999 - asked.as_millisecond(),
        };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(match *known {
            Some(old) => old.narrowed_by(found),
            None => found,
        });
    }

    /// Returns whether something that the server dates to a second lies before a time of ours (`Some(false)`),
    /// behind it (`Some(true)`), or cannot be told.
    pub fn is_after(&self, theirs: i64, ours: Timestamp) -> Option<bool> {
        let bounds = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let ours = ours.as_millisecond();
        if theirs >= ours + bounds.most {
            Some(true)
        } else if theirs + 999 < ours + bounds.least {
            Some(false)
        } else {
            None
        }
    }
}

impl Bounds {
    /// The bounds that fit both; where none do, a clock was set, and the newer count.
    fn narrowed_by(self, newer: Self) -> Self {
        let both = Self {
            least: self.least.max(newer.least),
            most: self.most.min(newer.most),
        };
        if both.least <= both.most { both } else { newer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(784_111_777_000 + millis).expect("a time")
    }

    #[test]
    fn times_are_compared_only_as_far_as_the_clocks_are_known() {
        let clock = Clock::default();
        assert_eq!(clock.is_after(0, at(0)), None);
        let mut headers = HeaderMap::new();
        // The server is ten seconds ahead of us.
        headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:47 GMT"));
        clock.note(&headers, at(0), at(100));
        let theirs = |seconds: i64| (784_111_777 + 10 + seconds) * 1000;
        assert_eq!(clock.is_after(theirs(7), at(5_000)), Some(true));
        assert_eq!(clock.is_after(theirs(5), at(5_000)), None);
        assert_eq!(clock.is_after(theirs(3), at(5_000)), Some(false));
    }

    #[test]
    fn a_clock_that_was_set_is_learned_anew() {
        let old = Bounds { least: 0, most: 900 };
        let near = Bounds {
            least: 500,
            most: 1500,
        };
        assert_eq!(
            old.narrowed_by(near),
            Bounds {
                least: 500,
                most: 900
            }
        );
        let far = Bounds {
            least: 60_000,
            most: 61_000,
        };
        assert_eq!(old.narrowed_by(far), far);
    }
}
