//! Geographic roles of fields.

/// How large places are; larger ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// A country or region of its own.
    Country,
    /// A state or province.
    State,
    /// A county.
    County,
    /// A telephone area.
    AreaCode,
    /// A city.
    City,
    /// A postcode.
    Postcode,
    /// An airport.
    Airport,
}

impl Level {
    /// Whether places of this size have outlines here.
    pub fn has_outline(self) -> bool {
        self <= Self::County
    }
}

/// What a field says of places.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Names or codes of places.
    Place(Level),
    /// Degrees north.
    Latitude,
    /// Degrees east.
    Longitude,
    /// Something that there is no open data for here: its name.
    Other(String),
}

impl Role {
    /// Reads a role as documents write it, such as `[State].[Name]`.
    pub fn parse(text: &str) -> Option<Self> {
        let (table, column) = text.strip_prefix('[')?.strip_suffix(']')?.split_once("].[")?;
        Some(match (table.to_ascii_lowercase().as_str(), column) {
            ("geographical", "Latitude") => Self::Latitude,
            ("geographical", "Longitude") => Self::Longitude,
            ("country", _) => Self::Place(Level::Country),
            ("state", _) => Self::Place(Level::State),
            ("county", _) => Self::Place(Level::County),
            ("city", _) => Self::Place(Level::City),
            ("zipcode", _) => Self::Place(Level::Postcode),
            ("areacode", _) => Self::Place(Level::AreaCode),
            ("airport", _) => Self::Place(Level::Airport),
            _ => Self::Other(table.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_written() {
        assert_eq!(Role::parse("[State].[Name]"), Some(Role::Place(Level::State)));
        assert_eq!(
            Role::parse("[Country].[ISO3166_2]"),
            Some(Role::Place(Level::Country))
        );
        assert_eq!(Role::parse("[Geographical].[Latitude]"), Some(Role::Latitude));
        assert_eq!(Role::parse("[CBSA].[Name]"), Some(Role::Other("CBSA".to_owned())));
        assert_eq!(Role::parse(""), None);
        assert_eq!(Role::parse("[State"), None);
    }
}
