//! The list of people as the rows of a query on a PostgreSQL database.

use futures_util::TryStreamExt;
use vivant_client::Secret;

use super::rows::{Person, Rows};
use crate::error::{Error, Result};
use crate::repository::{Answer, Options, Repository, Value};

/// What is said where an address is none.
const FORM: &str = "postgres://USER@HOST:PORT/DATABASE";

/// Where a database is and who asks it, as an address without a password says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The machine.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: String,
    /// Who asks.
    pub user: String,
}

impl Source {
    /// Reads `postgres://USER@HOST:PORT/DATABASE`. A password there is refused: addresses are seen by everybody on
    /// the machine.
    pub fn parse(address: &str) -> Result<Self> {
        let bad = |why: &str| {
            Error::input(format!(
                "the address of the database {why}; it has the form {FORM}"
            ))
        };
        let rest = address
            .strip_prefix("postgres://")
            .or_else(|| address.strip_prefix("postgresql://"))
            .ok_or_else(|| bad("is not one of PostgreSQL"))?;
        let (place, database) = rest.split_once('/').ok_or_else(|| bad("names no database"))?;
        let (user, place) = place.rsplit_once('@').ok_or_else(|| bad("names no user"))?;
        if user.contains(':') {
            return Err(bad("must not hold a password"));
        }
        if database.contains(['?', '#']) {
            return Err(bad("takes no settings"));
        }
        // The colons of an IPv6 address stand in brackets.
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (
                host,
                port.parse().map_err(|_| bad("has a port that is no number"))?,
            ),
            _ => (place, 5432),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let decoded = |text: &str, what: &str| match decode(text) {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(bad(&format!("names no {what}"))),
        };
        Ok(Self {
            host: decoded(host, "machine")?,
            port,
            database: decoded(database, "database")?,
            user: decoded(user, "user")?,
        })
    }

    /// The way there; whether it is encrypted and how long it takes can be set on it.
    pub fn options(self, password: Secret) -> Options {
        Options {
            what: "the database",
            port: self.port,
            database: self.database,
            ..Options::new(self.host, self.user, password)
        }
    }
}

/// Undoes `%20` and the like.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8(bytes).ok()
}

/// Reads a list of people by one statement, whose columns are called as those of a file. Nothing is written there.
pub async fn read_database(options: &Options, sql: &str) -> Result<Vec<Person>> {
    let database = Repository::connect(options).await?;
    let Answer::Rows(mut found) = database.query(sql, &[]).await? else {
        return Err(Error::input("the query answers no rows; it has to be a SELECT"));
    };
    let mut rows = Rows::new(found.columns.iter().map(String::as_str))
        .map_err(|error| Error::input(format!("{error}; name the query's columns with AS")))?;
    let mut number = 0_u64;
    while let Some(row) = found.rows.try_next().await? {
        number += 1;
        let cells: Vec<String> = row.iter().map(text).collect();
        rows.add(cells.iter().map(String::as_str))
            .map_err(|error| Error::input(format!("row {number} of the query: {error}")))?;
    }
    Ok(rows.people())
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let check = |address: &str, host: &str, port, database: &str, user: &str| {
            let expected = Source {
                host: host.to_owned(),
                port,
                database: database.to_owned(),
                user: user.to_owned(),
            };
            assert_eq!(Source::parse(address).expect(address), expected);
        };
        check(
            "postgres://reader@db.example.com/hr",
            "db.example.com",
            5432,
            "hr",
            "reader",
        );
        check(
            "postgresql://a%40b@[::1]:6000/my%20db",
            "::1",
            6000,
            "my db",
            "a@b",
        );
        check("postgres://a@[::1]/hr", "::1", 5432, "hr", "a");
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_repeated() {
        for (address, part) in [
            ("mysql://a@b/c", "is not one of PostgreSQL"),
            ("postgres://a@b", "names no database"),
            ("postgres://b/c", "names no user"),
            ("postgres://a:hidden-word@b/c", "must not hold a password"),
            ("postgres://a@b:x/c", "port"),
            ("postgres://a@b/c?sslmode=off", "takes no settings"),
            ("postgres://a@/c", "names no machine"),
            ("postgres://a@b/%zz", "names no database"),
        ] {
            let error = Source::parse(address).expect_err(address).to_string();
            assert!(error.contains(part) && !error.contains("hidden-word"), "{error}");
        }
    }
}
