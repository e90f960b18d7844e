//! API versions: which exist, and which Tableau release brought them.

use std::fmt;
use std::str::FromStr;

/// A version of the REST API, `3.1` in `/api/3.1/sites`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// The number before the dot.
    pub major: u16,
    /// The number behind the dot; 3.10 comes after 3.9.
    pub minor: u16,
}

/// Shorthand for a version in tables.
#[allow(non_snake_case, reason = "reads as a literal in the tables of paths")]
pub const fn V(major: u16, minor: u16) -> ApiVersion {
    ApiVersion { major, minor }
}

/// The oldest version that is answered.
pub const OLDEST: ApiVersion = V(2, 0);

/// The newest version, which Server Info announces.
pub const NEWEST: ApiVersion = V(3, 29);

/// The Tableau release that speaks [`NEWEST`], as Server Info names it.
pub const PRODUCT_VERSION: &str = "2026.2.0";

/// The build that Server Info names, in the form `yyyyr.yy.mmdd.hhmm` that clients expect.
pub const PRODUCT_BUILD: &str = "20262.26.0601.0000";

/// The last minor version of each major version.
const LAST_MINOR: &[(u16, u16)] = &[(2, 8), (3, 29)];

impl ApiVersion {
    /// Returns whether Tableau ever released the version, from [`OLDEST`] to [`NEWEST`].
    pub fn is_known(self) -> bool {
        LAST_MINOR
            .iter()
            .any(|&(major, last)| self.major == major && self.minor <= last)
    }

    /// Every known version, oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        LAST_MINOR
            .iter()
            .flat_map(|&(major, last)| (0..=last).map(move |minor| V(major, minor)))
    }

    /// The XML namespace of answers.
    ///
    /// Tableau: the 2.0 schema still had the company's old address.
    pub fn namespace(self) -> &'static str {
        if self == V(2, 0) {
            "http://tableausoftware.com/api"
        } else {
            "http://tableau.com/api"
        }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// The text is not of the form `major.minor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseVersionError;

impl fmt::Display for ParseVersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an API version is two numbers with a dot between, such as 3.1")
    }
}

impl std::error::Error for ParseVersionError {}

impl FromStr for ApiVersion {
    type Err = ParseVersionError;

    fn from_str(text: &str) -> Result<Self, ParseVersionError> {
        let (major, minor) = text.split_once('.').ok_or(ParseVersionError)?;
        let number = |part: &str| match part.bytes().all(|b| b.is_ascii_digit()) {
            true if part.len() > 1 && part.starts_with('0') => Err(ParseVersionError),
            true => part.parse().map_err(|_| ParseVersionError),
            false => Err(ParseVersionError),
        };
        Ok(V(number(major)?, number(minor)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(V(3, 10) > V(3, 9));
        assert_eq!("3.1".parse(), Ok(V(3, 1)));
        for bad in ["3", "3.", ".1", "3.1.2", "+3.1", "x.y", "03.1", "3.01"] {
            assert_eq!(bad.parse::<ApiVersion>(), Err(ParseVersionError), "{bad}");
        }
    }

    #[test]
    fn known_versions_run_from_oldest_to_newest() {
        let all: Vec<_> = ApiVersion::all().collect();
        assert_eq!((all.first(), all.last()), (Some(&OLDEST), Some(&NEWEST)));
        assert!(all.iter().all(|v| v.is_known()) && !V(2, 9).is_known() && !V(3, 30).is_known());
    }
}
