//! Users in a file of values with commas between, as the server imports them.

use bytes::Bytes;
use vivant_wire::types::User;

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::source::Piece;

/// The most columns of a line.
const COLUMNS: usize = 8;

/// A user to be imported.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    /// User name, perhaps with its domain before it: `example\ann`.
    pub name: String,
    /// Password, where the server keeps passwords itself.
    pub password: Option<Secret>,
    /// Full name.
    pub full_name: Option<String>,
    /// Site role; `Unlicensed` where none is given.
    pub site_role: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// How the user signs in, such as `SAML`; not along with the configuration of an identity provider.
    pub auth_setting: Option<String>,
    /// The configuration of the identity provider (API 3.24).
    pub idp_configuration_id: Option<String>,
}

/// Site roles, and how files write them: licence, level of administration, whether they publish.
///
/// The first of those that are written alike is the one that is read.
const ROLES: &[(&str, [&str; 3])] = &[
    ("SiteAdministrator", ["Explorer", "System", "1"]),
    ("ServerAdministrator", ["Creator", "System", "1"]),
    ("SiteAdministratorCreator", ["Creator", "Site", "1"]),
    ("SiteAdministratorExplorer", ["Explorer", "Site", "1"]),
    ("Creator", ["Creator", "None", "1"]),
    ("ExplorerCanPublish", ["Explorer", "None", "1"]),
    ("Publisher", ["Explorer", "None", "1"]),
    ("Explorer", ["Explorer", "None", "0"]),
    ("Interactor", ["Explorer", "None", "0"]),
    ("Viewer", ["Viewer", "None", "0"]),
    ("ReadOnly", ["Viewer", "None", "0"]),
    ("Unlicensed", ["Unlicensed", "None", "0"]),
];

impl NewUser {
    /// A user of a name, of whom nothing else is said.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// The user as the method for one user takes it.
    pub fn to_user(&self) -> User {
        User {
            name: Some(self.name.clone()),
            site_role: Some(self.role().to_owned()),
            auth_setting: self.auth_setting.clone(),
            idp_configuration_id: self.idp_configuration_id.clone(),
            ..User::default()
        }
    }

    fn role(&self) -> &str {
        self.site_role.as_deref().unwrap_or("Unlicensed")
    }

    /// What stands beside the file: how the user signs in.
    pub(super) fn settings(&self) -> User {
        User {
            name: Some(bare(&self.name).to_owned()),
            auth_setting: self.auth_setting.clone(),
            idp_configuration_id: self.idp_configuration_id.clone(),
            ..User::default()
        }
    }
}

/// A name without its domain.
fn bare(name: &str) -> &str {
    name.rsplit_once('\\').map_or(name, |(_, name)| name)
}

/// Reads users from a file: name, password, full name, licence, level of administration, publisher, e-mail,
/// way of signing in, of which all but the name may be missing.
///
/// Values may stand in quotes; an empty line counts for nothing.
pub fn users_from_csv(text: &str) -> Result<Vec<NewUser>> {
    let mut users = Vec::new();
    for (line, record) in records(text)? {
        let refuse = |what: String| Err(Error::invalid(format!("line {line}: {what}")));
        if record.len() > COLUMNS {
            return refuse(format!("there are {} values, at most {COLUMNS}", record.len()));
        }
        let value = |at: usize| {
            let text = record.get(at).map(|text| text.trim()).unwrap_or_default();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let Some(name) = value(0) else {
            return refuse("the user name is empty".to_owned());
        };
        let site_role = match role_of([value(3), value(4), value(5)]) {
            Ok(role) => role,
            Err(what) => return refuse(what),
        };
        users.push(NewUser {
            name,
            password: value(1).map(Secret::from),
            full_name: value(2),
            site_role: Some(site_role.to_owned()),
            email: value(6),
            auth_setting: value(7),
            idp_configuration_id: None,
        });
    }
    Ok(users)
}

/// The site role that licence, level of administration and publisher mean together.
fn role_of(columns: [Option<String>; 3]) -> std::result::Result<&'static str, String> {
    let word = |at: usize| columns[at].as_deref().map(str::to_ascii_lowercase);
    let (licence, level, publisher) = (word(0), word(1), word(2));
    let publishes = match publisher.as_deref() {
        Some("yes" | "true" | "1") => true,
        None | Some("no" | "false" | "0") => false,
        Some(other) => return Err(format!("publisher is yes or no, not '{other}'")),
    };
    let licence = licence.as_deref().unwrap_or("unlicensed");
    if !["creator", "explorer", "viewer", "unlicensed"].contains(&licence) {
        return Err(format!(
            "the licence is Creator, Explorer, Viewer or Unlicensed, not '{licence}'"
        ));
    }
    Ok(match (level.as_deref(), licence, publishes) {
        (Some("system"), ..) => "SiteAdministrator",
        (Some("site"), "creator", _) => "SiteAdministratorCreator",
        (Some("site"), ..) => "SiteAdministratorExplorer",
        (None | Some("none" | "no"), "creator", true) => "Creator",
        (None | Some("none" | "no"), "explorer", true) => "ExplorerCanPublish",
        (None | Some("none" | "no"), "explorer" | "creator", false) => "Explorer",
        (None | Some("none" | "no"), "viewer", _) => "Viewer",
        (None | Some("none" | "no"), ..) => "Unlicensed",
        (Some(other), ..) => {
            return Err(format!(
                "the level of administration is System, Site or None, not '{other}'"
            ));
        }
    })
}

/// The file of users to import.
pub(super) fn csv_of(users: &[NewUser]) -> Result<String> {
    let mut text = String::new();
    for user in users {
        if user.auth_setting.is_some() && user.idp_configuration_id.is_some() {
            return Err(Error::invalid(format!(
                "user '{}' has a way of signing in and the configuration of an identity provider; one of them \
                 says it",
                user.name
            )));
        }
        let role = user.role();
        let Some((_, columns)) = ROLES.iter().find(|(name, _)| *name == role) else {
            return Err(Error::invalid(format!(
                "user '{}' has the site role '{role}', which a file cannot say",
                user.name
            )));
        };
        let [licence, level, publisher] = columns;
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let password = user.password.as_ref().map(|p| p.expose().to_owned());
        record(
            &mut text,
            &[
                &named(user)?,
                &password.unwrap_or_default(),
                &optional(&user.full_name),
                licence,
                level,
                publisher,
                &optional(&user.email),
                &optional(&user.auth_setting),
            ],
        );
    }
    Ok(text)
}

/// The file of users to remove: their names, and columns that say nothing.
pub(super) fn csv_of_names(users: &[NewUser]) -> Result<String> {
    let mut text = String::new();
    for user in users {
        record(&mut text, &[&named(user)?, "", "", "", "", "", ""]);
    }
    Ok(text)
}

pub(super) fn piece(csv: String) -> Piece {
    Piece::Bytes {
        name: "users.csv".to_owned(),
        bytes: Bytes::from(csv),
    }
}

fn named(user: &NewUser) -> Result<String> {
    match user.name.trim().is_empty() {
        true => Err(Error::invalid("a user has no name")),
        false => Ok(user.name.clone()),
    }
}

fn record(text: &mut String, values: &[&str]) {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        match value.contains([',', '"', '\n', '\r']) {
            true => {
                text.push('"');
                text.push_str(&value.replace('"', "\"\""));
                text.push('"');
            }
            false => text.push_str(value),
        }
    }
    text.push_str("\r\n");
}

/// The values of each line that has any, with the line's number.
fn records(text: &str) -> Result<Vec<(usize, Vec<String>)>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    let (mut values, mut value) = (Vec::new(), String::new());
    let (mut line, mut begun) = (1, 1);
    let mut inside = false;
    let mut letters = text.chars().chain(['\n']).peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if inside && letters.peek() == Some(&'"') => {
                value.push('"');
                letters.next();
            }
            '"' if inside => inside = false,
            '"' if value.trim().is_empty() => {
                inside = true;
                value.clear();
            }
            ',' if !inside => values.push(std::mem::take(&mut value)),
            // The last line end is our own, and no letter of the file.
            '\n' if inside && letters.peek().is_none() => {
                return Err(Error::invalid(format!("line {begun}: a quote is not closed")));
            }
            '\n' if !inside => {
                values.push(std::mem::take(&mut value));
                let record = std::mem::take(&mut values);
                if record.iter().any(|value| !value.trim().is_empty()) {
                    records.push((begun, record));
                }
                begun = line + 1;
            }
            '\r' if !inside => {}
            other => value.push(other),
        }
        line += usize::from(letter == '\n');
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read() {
        let text =
            "\u{feff}ann,s3cret,\"Lee, \"\"Ann\"\"\",Creator,Site,yes,ann@example.com,SAML\r\n\n bob \n";
        let users = users_from_csv(text).expect("users");
        assert_eq!(users.len(), 2);
        assert_eq!(users[0].full_name.as_deref(), Some("Lee, \"Ann\""));
        assert_eq!(users[0].site_role.as_deref(), Some("SiteAdministratorCreator"));
        assert_eq!(
            users[0].password.as_ref().map(|p| p.expose().to_owned()),
            Some("s3cret".to_owned())
        );
        assert_eq!(
            (users[1].name.as_str(), users[1].site_role.as_deref()),
            ("bob", Some("Unlicensed"))
        );
    }

    #[test]
    fn bad_lines_are_named() {
        let refused = |text: &str, part: &str| {
            let error = users_from_csv(text).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        };
        refused("a\nb,,,Chef,None,no\n", "line 2: the licence");
        refused("a,1,2,3,4,5,6,7,8", "line 1: there are 9");
        refused("a,,,Viewer,None,maybe", "publisher");
        refused("a,,,Viewer,Galaxy,no", "level of administration");
        refused("a\n\"b", "line 2: a quote");
        refused(",x", "user name");
    }

    #[test]
    fn what_is_written_reads_back() {
        for (role, _) in ROLES {
            let user = NewUser {
                site_role: Some((*role).to_owned()),
                full_name: Some("a \"b\", c".to_owned()),
                ..NewUser::new("example\\ann")
            };
            let back = users_from_csv(&csv_of(&[user]).expect(role)).expect(role);
            assert_eq!(back[0].name, "example\\ann");
            assert_eq!(back[0].full_name.as_deref(), Some("a \"b\", c"));
        }
        let guest = NewUser {
            site_role: Some("Guest".to_owned()),
            ..NewUser::new("g")
        };
        assert!(csv_of(&[guest]).is_err());
    }
}
