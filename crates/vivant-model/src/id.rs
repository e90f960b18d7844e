//! Typed ids in the shape of Tableau's LUIDs: `8-4-4-4-12` lower-case hex.

use std::fmt;
use std::str::FromStr;

/// An id of 128 bits, printed as `9a8b7c6d-5e4f-4a2b-8c0d-9e8f7a6b5c4d`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Luid(u128);

/// The text is not of the shape `8-4-4-4-12` hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseLuidError;

impl fmt::Display for ParseLuidError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id is 36 characters: hex digits in groups of 8-4-4-4-12")
    }
}

impl std::error::Error for ParseLuidError {}

impl Luid {
    /// Makes an id of 16 random bytes, marked as an RFC 9562 version 4 identifier.
    pub fn from_random(mut bytes: [u8; 16]) -> Self {
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        Self(u128::from_be_bytes(bytes))
    }
}

impl fmt::Display for Luid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = [b'-'; 36];
        let mut at = 0;
        for (i, byte) in self.0.to_be_bytes().into_iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                at += 1;
            }
            text[at] = HEX[usize::from(byte >> 4)];
            text[at + 1] = HEX[usize::from(byte & 15)];
            at += 2;
        }
        f.write_str(std::str::from_utf8(&text).expect("hex digits and dashes are ASCII"))
    }
}

impl fmt::Debug for Luid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Luid {
    type Err = ParseLuidError;

    fn from_str(text: &str) -> Result<Self, ParseLuidError> {
        let bytes = text.as_bytes();
        if bytes.len() != 36 {
            return Err(ParseLuidError);
        }
        let mut value = 0u128;
        for (i, &c) in bytes.iter().enumerate() {
            if matches!(i, 8 | 13 | 18 | 23) {
                if c != b'-' {
                    return Err(ParseLuidError);
                }
            } else {
                let digit = (c as char).to_digit(16).ok_or(ParseLuidError)?;
                value = (value << 4) | u128::from(digit);
            }
        }
        Ok(Self(value))
    }
}

macro_rules! typed_id {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Luid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseLuidError;
            fn from_str(text: &str) -> Result<Self, ParseLuidError> {
                text.parse().map(Self)
            }
        }

        impl From<Luid> for $name {
            fn from(luid: Luid) -> Self {
                Self(luid)
            }
        }
    )*};
}

typed_id! {
    /// A site.
    SiteId,
    /// A user account; the same on every site of the server.
    UserId,
    /// A group of users of one site.
    GroupId,
    /// A project.
    ProjectId,
    /// A workbook.
    WorkbookId,
    /// A view (sheet, dashboard or story) of a workbook.
    ViewId,
    /// A published data source.
    DatasourceId,
    /// A connection of a workbook or data source.
    ConnectionId,
    /// A flow.
    FlowId,
    /// A personal access token.
    TokenId,
    /// A job.
    JobId,
    /// A schedule of the server.
    ScheduleId,
    /// A task: what a schedule does to an item.
    TaskId,
    /// A subscription.
    SubscriptionId,
    /// A run of a flow.
    FlowRunId,
    /// A chain of tasks that run one after the other.
    LinkedTaskId,
    /// A database, or a file of data, in the catalog.
    DatabaseId,
    /// A table in the catalog.
    TableId,
    /// A column of a table in the catalog.
    ColumnId,
    /// A data-driven alert.
    DataAlertId,
    /// A metric.
    MetricId,
    /// A custom view.
    CustomViewId,
    /// A virtual connection.
    VirtualConnectionId,
    /// A set of groups.
    GroupSetId,
    /// A collection.
    CollectionId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_prints() {
        let id = Luid::from_random([0xab; 16]);
        assert_eq!(id.to_string(), "abababab-abab-4bab-abab-abababababab");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse(), Ok(id));
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            "",
            "abababab",
            "abababababab-4bab-abab-abababababab-",
            "gbababab-abab-4bab-abab-abababababab",
        ] {
            assert_eq!(text.parse::<Luid>(), Err(ParseLuidError), "{text}");
        }
    }
}
