//! Times on the wire: UTC, to the second, `2016-05-01T06:00:00Z`.

use std::fmt;

/// A point in time in milliseconds since 1970-01-01T00:00:00Z; written to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads a time with `Z` or an offset, with or without a fraction.
    ///
    /// Tableau: the documented form is UTC to the second; tableau-mcp notes that the server also
    /// takes offsets.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>()
            .ok()
            .map(|t| Self(t.as_millisecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_second(self.0.div_euclid(1000)).map_err(|_| fmt::Error)?;
        let civil = jiff::tz::Offset::UTC.to_datetime(time);
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_to_the_second() {
        let time = Timestamp::parse("2016-05-01T06:00:00Z").expect("a documented form");
        assert_eq!(time.to_string(), "2016-05-01T06:00:00Z");
        assert_eq!(
            Timestamp::parse("2016-05-01T08:00:00.250+02:00"),
            Some(Timestamp(time.0 + 250))
        );
        assert_eq!(Timestamp(time.0 + 999).to_string(), "2016-05-01T06:00:00Z");
        assert_eq!(Timestamp::parse("yesterday"), None);
    }
}
