//! The list of people as a file: CSV with a header.

use std::io::Read;

use super::rows::{Person, Rows};
use crate::error::{Error, Result};

/// Reads a list of people.
///
/// A user may have several rows, as in the result of a query over users and their groups; they have to agree.
/// A cell that is empty says nothing. `groups` holds several, with `;` between.
pub fn read(source: impl Read) -> Result<Vec<Person>> {
    let mut reader = csv::Reader::from_reader(source);
    let unreadable = |error: csv::Error| Error::input(format!("the list cannot be read: {error}"));
    let header = reader.headers().map_err(unreadable)?;
    let mut rows = Rows::new(header.iter().map(str::trim))
        .map_err(|error| Error::input(format!("{error}; the list's first row names the columns")))?;
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map_or(0, csv::Position::line);
        rows.add(&record)
            .map_err(|error| Error::input(format!("line {line}: {error}")))?;
    }
    Ok(rows.people())
}

#[cfg(test)]
mod tests {
    use vivant_model::SiteRole;

    use super::*;

    fn check_error(text: &str, part: &str) {
        let error = read(text.as_bytes()).expect_err(part).to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn rows_of_one_user_are_joined() {
        let text = "\u{feff}Name, Full Name,site_role,groups\nann,Ann A.,Viewer,Sales; Ops\nANN,,,Finance;ops\nbob,,,\n";
        let people = read(text.as_bytes()).expect("a list");
        assert_eq!(people.len(), 2);
        assert_eq!(people[0].groups, ["Sales", "Ops", "Finance"]);
        assert_eq!(people[0].role, Some(SiteRole::Viewer));
        assert_eq!(
            people[1],
            Person {
                name: "bob".to_owned(),
                ..Person::default()
            }
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        check_error("email\na@x\n", "no column `name`");
        check_error("name,shoe size\nann,40\n", "`shoe size` is not known");
        check_error("name,role\nann,King\n", "line 2: `King` is no site role");
        check_error("name,role\nann,ServerAdministrator\n", "no site role to give");
        check_error(
            "name,role\nann,Viewer\nann,Creator\n",
            "line 3: `ann` was there before with another site role",
        );
        check_error("name,role\n,Viewer\n", "line 2: there is no name");
        check_error("name,user\na,b\n", "twice");
        check_error("name,email\na\n", "cannot be read");
    }
}
