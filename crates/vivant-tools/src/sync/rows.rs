//! Rows about people, wherever they come from, put together to people.

use std::collections::HashMap;

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

/// Rows as they come, and the people that they make.
///
/// A user may have several rows, as in the result of a query over users and their groups; they have to agree.
/// A cell that is empty says nothing. `groups` holds several, with `;` between.
#[derive(Debug)]
pub(super) struct Rows {
    columns: Vec<Column>,
    people: Vec<Person>,
    places: HashMap<String, usize>,
}

impl Rows {
    /// Begins with the names of the columns.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Result<Self> {
        let mut columns: Vec<Column> = Vec::new();
        for name in names {
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
            return Err(Error::input("there is no column `name`"));
        }
        Ok(Self {
            columns,
            people: Vec::new(),
            places: HashMap::new(),
        })
    }

    /// Adds a row.
    pub fn add<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> Result<()> {
        let person = person(&self.columns, cells)?;
        let key = person.name.to_lowercase();
        match self.places.get(&key) {
            Some(&at) => merge(&mut self.people[at], person),
            None => {
                self.places.insert(key, self.people.len());
                self.people.push(person);
                Ok(())
            }
        }
    }

    /// Ends, and tells the people in the order in which they came.
    pub fn people(self) -> Vec<Person> {
        self.people
    }
}

/// Reads a site role that can be given to somebody.
pub fn role(text: &str) -> Result<SiteRole> {
    SiteRole::parse(text)
        .filter(|role| role.is_assignable())
        .ok_or_else(|| {
            let names: Vec<&str> = SiteRole::all()
                .filter(|role| role.is_assignable())
                .map(SiteRole::as_str)
                .collect();
            Error::input(format!(
                "`{text}` is no site role to give; there are {}",
                names.join(", ")
            ))
        })
}

/// Gives everybody without a role the one of the first of these groups that they are in.
pub fn roles_of_groups(people: &mut [Person], roles: &[(String, SiteRole)]) {
    for person in people.iter_mut().filter(|person| person.role.is_none()) {
        let is_in = |group: &str| {
            let group = group.to_lowercase();
            person.groups.iter().any(|there| there.to_lowercase() == group)
        };
        person.role = roles
            .iter()
            .find(|(group, _)| is_in(group))
            .map(|(_, role)| *role);
    }
}

fn person<'c>(columns: &[Column], cells: impl IntoIterator<Item = &'c str>) -> Result<Person> {
    let mut person = Person::default();
    let said = cells.into_iter().map(str::trim);
    for (column, cell) in columns.iter().zip(said).filter(|(_, cell)| !cell.is_empty()) {
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
            Column::Role => person.role = Some(role(cell)?),
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

    #[test]
    fn the_first_group_that_somebody_is_in_gives_the_role() {
        let mut rows = Rows::new(["name", "site_role", "group"]).expect("columns");
        for row in [
            ["ann", "", "sales"],
            ["ann", "", "Ops"],
            ["bob", "Viewer", "Ops"],
            ["cid", "", ""],
        ] {
            rows.add(row).expect("a row");
        }
        let mut people = rows.people();
        let roles = [("OPS", SiteRole::Creator), ("Sales", SiteRole::Explorer)];
        roles_of_groups(&mut people, &roles.map(|(group, role)| (group.to_owned(), role)));
        let roles: Vec<Option<SiteRole>> = people.iter().map(|person| person.role).collect();
        assert_eq!(roles, [Some(SiteRole::Creator), Some(SiteRole::Viewer), None]);
    }
}
