//! The list of people: CSV with a header.

use std::collections::HashMap;
use std::io::Read;

use vivant_model::SiteRole;

use crate::error::{Error, Result};

/// What a list says of one user; what it does not say stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// User name, perhaps `domain\name`.
    pub name: String,
    /// Name that people see.
    pub full_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Site role.
    pub role: Option<SiteRole>,
    /// How the user signs in, such as `SAML` or `ServerDefault`.
    pub auth_setting: Option<String>,
    /// Names of the groups.
    pub groups: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Column {
    Name,
    FullName,
    Email,
    Role,
    AuthSetting,
    Group,
    Groups,
}

/// Names of columns, in small letters and without blanks, `_` and `-`.
const COLUMNS: &[(&str, Column)] = &[
    ("name", Column::Name),
    ("username", Column::Name),
    ("user", Column::Name),
    ("fullname", Column::FullName),
    ("displayname", Column::FullName),
    ("email", Column::Email),
    ("siterole", Column::Role),
    ("role", Column::Role),
    ("authsetting", Column::AuthSetting),
    ("auth", Column::AuthSetting),
    ("group", Column::Group),
    ("groups", Column::Groups),
];

/// Reads a list of people.
///
/// A user may have several rows, as in the result of a query over users and their groups; they have to agree.
/// A cell that is empty says nothing. `groups` holds several, with `;` between.
pub fn read(source: impl Read) -> Result<Vec<Person>> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(source);
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let mut columns: Vec<Column> = Vec::new();
    for name in &header {
        let folded: String = name
            .trim_start_matches('\u{feff}')
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'))
            .flat_map(char::to_lowercase)
            .collect();
        let Some((_, column)) = COLUMNS.iter().find(|(known, _)| *known == folded) else {
            return Err(Error::input(format!(
                "the column `{name}` is not known; there are name, full_name, email, site_role, auth_setting, \
                 group and groups"
            )));
        };
        if columns.contains(column) {
            return Err(Error::input(format!("the column `{name}` is there twice")));
        }
        columns.push(*column);
    }
    if !columns.contains(&Column::Name) {
        return Err(Error::input(
            "the list has no column `name`; its first row names the columns",
        ));
    }
    let mut people: Vec<Person> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let person =
            person(&columns, &record).map_err(|error| Error::input(format!("line {line}: {error}")))?;
        match places.get(&person.name.to_lowercase()) {
            Some(&at) => merge(&mut people[at], person)
                .map_err(|error| Error::input(format!("line {line}: {error}")))?,
            None => {
                places.insert(person.name.to_lowercase(), people.len());
                people.push(person);
            }
        }
    }
    Ok(people)
}

fn unreadable(error: &csv::Error) -> Error {
    Error::input(format!("the list cannot be read: {error}"))
}

fn person(columns: &[Column], record: &csv::StringRecord) -> Result<Person> {
    let mut person = Person::default();
    for (column, cell) in columns.iter().zip(record).filter(|(_, cell)| !cell.is_empty()) {
        let text = Some(cell.to_owned());
        match column {
            Column::Name => person.name = cell.to_owned(),
            Column::FullName => person.full_name = text,
            Column::Email => person.email = text,
            Column::AuthSetting => person.auth_setting = text,
            Column::Group => person.groups.push(cell.to_owned()),
            Column::Groups => {
                let names = cell.split(';').map(str::trim).filter(|name| !name.is_empty());
                person.groups.extend(names.map(str::to_owned));
            }
            Column::Role => {
                let role = SiteRole::parse(cell)
                    .filter(|role| role.is_assignable())
                    .ok_or_else(|| {
                        let names: Vec<&str> = SiteRole::all()
                            .filter(|role| role.is_assignable())
                            .map(SiteRole::as_str)
                            .collect();
                        Error::input(format!(
                            "`{cell}` is no site role to give; there are {}",
                            names.join(", ")
                        ))
                    })?;
                person.role = Some(role);
            }
        }
    }
    match person.name.is_empty() {
        true => Err(Error::input("there is no name")),
        false => Ok(person),
    }
}

/// Puts what another row says of the same user to what is known.
fn merge(known: &mut Person, more: Person) -> Result<()> {
    fn take<T: PartialEq>(known: &mut Option<T>, more: Option<T>, what: &str, name: &str) -> Result<()> {
        match (&known, &more) {
            (Some(a), Some(b)) if a != b => Err(Error::input(format!(
                "`{name}` was there before with another {what}"
            ))),
            (None, Some(_)) => {
                *known = more;
                Ok(())
            }
            _ => Ok(()),
        }
    }
    let name = known.name.clone();
    take(&mut known.full_name, more.full_name, "full name", &name)?;
    take(&mut known.email, more.email, "e-mail address", &name)?;
    take(&mut known.role, more.role, "site role", &name)?;
    take(
        &mut known.auth_setting,
        more.auth_setting,
        "way to sign in",
        &name,
    )?;
    for group in more.groups {
        if !known
            .groups
            .iter()
            .any(|there| there.to_lowercase() == group.to_lowercase())
        {
            known.groups.push(group);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
