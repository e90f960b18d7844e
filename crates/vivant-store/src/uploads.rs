//! Upload sessions: a large file sent in chunks before it is published.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// How long an upload session lives without being used.
pub const LIFETIME_MS: i64 = 24 * 60 * 60 * 1000;

/// The id of an upload session: `[0-9]+:[0-9a-fA-F]+-[0-9]+:[0-9]+`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadId(String);

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for UploadId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
        let shaped = || {
            let (first, rest) = text.split_once(':')?;
            let (hex, rest) = rest.split_once('-')?;
            let (second, third) = rest.split_once(':')?;
            let hex_ok = !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit());
            Some(digits(first) && hex_ok && digits(second) && digits(third))
        };
        if text.len() <= 200 && shaped() == Some(true) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::UploadNotFound)
        }
    }
}
