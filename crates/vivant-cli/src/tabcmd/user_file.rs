//! Files of users: CSV in any of the encodings that spreadsheets write, one user on a line.

use std::path::Path;

use vivant_client::types::User;

use crate::exit::UsageError;

/// The largest file that tabcmd takes.
const LARGEST: u64 = 100 * 1024 * 1024;

/// Site roles, as `--role` takes them.
pub const SITE_ROLES: [&str; 11] = [
    "ServerAdministrator",
    "SiteAdministratorCreator",
    "SiteAdministratorExplorer",
    "SiteAdministrator",
    "Creator",
    "ExplorerCanPublish",
    "Publisher",
    "Explorer",
    "Interactor",
    "Viewer",
    "Unlicensed",
];

/// Ways of signing in, as `--auth-type` takes them.
pub const SIGN_INS: [&str; 5] = ["Local", "SAML", "OpenID", "ServerDefault", "TableauIDWithMFA"];

/// Columns with a closed set of words: number, name, words.
const WORDS: [(usize, &str, &[&str]); 4] = [
    (3, "license", &["creator", "explorer", "viewer", "unlicensed"]),
    (4, "administrator", &["system", "site", "none", "no"]),
    (5, "publisher", &["yes", "true", "1", "no", "false", "0"]),
    (7, "sign-in", &SIGN_INS),
];
/// How many columns there may be.
const COLUMNS: usize = 8;

/// A line of the file that says something.
#[derive(Debug)]
pub struct Row {
    /// Number of the line, from 1.
    pub line: usize,
    /// The columns, without spaces around them.
    pub fields: Vec<String>,
}

/// Whether only names are in the file, or all about the users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The first column counts.
    Names,
    /// All columns count.
    Users,
}

/// Reads a file.
pub fn read(path: &Path, detail: Detail) -> Result<Vec<Row>, UsageError> {
    let unreadable = |why: &dyn std::fmt::Display| UsageError(format!("{}: {why}", path.display()));
    let length = std::fs::metadata(path).map_err(|e| unreadable(&e))?.len();
    if length > LARGEST {
        return Err(unreadable(&"the file is larger than 100 MB; divide it"));
    }
    let bytes = std::fs::read(path).map_err(|e| unreadable(&e))?;
    let text = decode(&bytes).ok_or_else(|| unreadable(&"the file is neither UTF-8 nor UTF-16 text"))?;
    let mut rows = parse(&text).map_err(|why| unreadable(&why))?;
    if detail == Detail::Users && rows.first().is_some_and(is_heading) {
        rows.remove(0);
    }
    Ok(rows)
}

/// Says what is wrong with a row.
pub fn problem(row: &Row, detail: Detail) -> Option<String> {
    let name = row.name();
    if name.is_empty() {
        return Some("the user name is empty".to_owned());
    }
    if name.contains(char::is_whitespace) {
        return Some("user names have no spaces".to_owned());
    }
    if name.matches('@').count() > 1 {
        return Some("the @ in a user name begins the domain; write any other as \\0x40".to_owned());
    }
    if detail == Detail::Names {
        return None;
    }
    if row.fields.len() > COLUMNS {
        return Some(format!(
            "there are {} columns; a file of users has at most {COLUMNS}",
            row.fields.len()
        ));
    }
    WORDS.iter().find_map(|(column, name, words)| {
        let value = row.fields.get(*column)?;
        let known = value.is_empty() || words.iter().any(|word| word.eq_ignore_ascii_case(value));
        (!known).then(|| {
            format!(
                "'{value}' in column {} ({name}) is none of {}",
                column + 1,
                words.join(", ")
            )
        })
    })
}

impl Row {
    /// The user's name.
    pub fn name(&self) -> &str {
        self.fields.first().map_or("", String::as_str)
    }

    fn field(&self, column: usize) -> Option<String> {
        self.fields.get(column).filter(|value| !value.is_empty()).cloned()
    }

    /// The user to add, and what can only be set afterwards.
    pub fn user(&self) -> (User, Option<User>) {
        let sign_in = self.field(7).map(|given| {
            let known = SIGN_INS.iter().find(|known| known.eq_ignore_ascii_case(&given));
            known.map_or(given.clone(), |known| (*known).to_owned())
        });
        let user = User {
            name: Some(self.name().to_owned()),
            site_role: Some(self.site_role().to_owned()),
            auth_setting: sign_in,
            ..User::default()
        };
        let later = User {
            password: self.field(1),
            full_name: self.field(2),
            email: self.field(6),
            ..User::default()
        };
        (user, (later != User::default()).then_some(later))
    }

    /// Tableau: the site role follows from license, administration and publishing together.
    fn site_role(&self) -> &'static str {
        let word = |column| self.field(column).map(|value| value.to_ascii_lowercase());
        let (Some(license), Some(admin), Some(publisher)) = (word(3), word(4), word(5)) else {
            return "Unlicensed";
        };
        let publishes = matches!(publisher.as_str(), "yes" | "true" | "1");
        match (admin.as_str(), license.as_str(), publishes) {
            ("system", ..) => "SiteAdministrator",
            ("site", "creator", _) => "SiteAdministratorCreator",
            ("site", ..) => "SiteAdministratorExplorer",
            (_, "creator", true) => "Creator",
            (_, "explorer", true) => "ExplorerCanPublish",
            (_, "creator" | "explorer", false) => "Explorer",
            (_, "viewer", false) => "Viewer",
            _ => "Unlicensed",
        }
    }
}

fn is_heading(row: &Row) -> bool {
    let word = |column: usize| {
        let text = row.fields.get(column).map_or("", String::as_str);
        text.to_ascii_lowercase().replace([' ', '_', '-'], "")
    };
    matches!(word(0).as_str(), "username" | "name" | "user") && word(1) == "password"
}

fn decode(bytes: &[u8]) -> Option<String> {
    let wide = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest
            .chunks(2)
            .map(|pair| unit([pair[0], *pair.get(1).unwrap_or(&0)]))
            .collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// Reads CSV; lines of nothing are left out.
fn parse(text: &str) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let mut fields = Vec::new();
    let mut field = String::new();
    let (mut line, mut first) = (1, 1);
    let mut chars = text.chars().peekable();
    loop {
        let next = chars.next();
        match next {
            // A quotation mark inside a field is one of its characters.
            Some('"') if field.trim().is_empty() => {
                field.clear();
                let opened = line;
                loop {
                    match chars.next() {
                        Some('"') if chars.peek() == Some(&'"') => {
                            chars.next();
                            field.push('"');
                        }
                        Some('"') => break,
                        Some(c) => {
                            line += usize::from(c == '\n');
                            field.push(c);
                        }
                        None => return Err(format!("the quotation mark on line {opened} is not closed")),
                    }
                }
            }
            Some(',') => fields.push(std::mem::take(&mut field).trim().to_owned()),
            Some('\r') if chars.peek() == Some(&'\n') => {}
            Some('\n' | '\r') | None => {
                fields.push(std::mem::take(&mut field).trim().to_owned());
                let fields = std::mem::take(&mut fields);
                if fields.iter().any(|field| !field.is_empty()) {
                    rows.push(Row { line: first, fields });
                }
                line += 1;
                first = line;
                if next.is_none() {
                    return Ok(rows);
                }
            }
            Some(c) => field.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8], detail: Detail) -> Vec<(usize, Vec<String>)> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), text).expect("written");
        let rows = read(file.path(), detail).expect("read");
        rows.into_iter().map(|row| (row.line, row.fields)).collect()
    }

    fn line(text: &str) -> Row {
        parse(text).expect("read").remove(0)
    }

    #[test]
    fn encodings_quotes_and_line_ends() {
        let plain = [
            (1, vec!["ä".to_owned(), "b".to_owned()]),
            (3, vec!["c".to_owned()]),
        ];
        for bytes in [
            "ä,b\n\nc\n".as_bytes().to_vec(),
            "\u{feff}ä , b\r\n\r\nc".as_bytes().to_vec(),
            [0xFF, 0xFE]
                .into_iter()
                .chain("ä,b\n\nc\n".encode_utf16().flat_map(u16::to_le_bytes))
                .collect(),
            [0xFE, 0xFF]
                .into_iter()
                .chain("ä,b\n\nc\n".encode_utf16().flat_map(u16::to_be_bytes))
                .collect(),
            b"\"\xC3\xA4\",b\n,,\nc".to_vec(),
        ] {
            assert_eq!(rows(&bytes, Detail::Users), plain);
        }
        assert_eq!(line("\"a,\"\"b\"\"\n c\",d").fields, ["a,\"b\"\n c", "d"]);
        assert!(parse("a\n\"b").expect_err("open").contains("line 2"));
        assert!(decode(b"\xff").is_none());
    }

    #[test]
    fn a_heading_is_no_user() {
        let text = b"Username,Password,Full Name\nann,,\n";
        assert_eq!(rows(text, Detail::Users).len(), 1);
        assert_eq!(rows(text, Detail::Names).len(), 2);
        assert_eq!(rows(b"username\nann\n", Detail::Users).len(), 2);
    }

    #[test]
    fn roles_follow_from_three_columns() {
        for (text, role) in [
            ("a", "Unlicensed"),
            ("a,,,creator", "Unlicensed"),
            ("a,,,Creator,None,Yes", "Creator"),
            ("a,,,creator,none,true", "Creator"),
            ("a,,,creator,none,no", "Explorer"),
            ("a,,,explorer,no,1", "ExplorerCanPublish"),
            ("a,,,viewer,none,0", "Viewer"),
            ("a,,,viewer,none,yes", "Unlicensed"),
            ("a,,,creator,site,no", "SiteAdministratorCreator"),
            ("a,,,viewer,site,no", "SiteAdministratorExplorer"),
            ("a,,,explorer,system,no", "SiteAdministrator"),
            ("a,,,unlicensed,none,no", "Unlicensed"),
        ] {
            assert_eq!(line(text).site_role(), role, "{text}");
        }
    }

    #[test]
    fn rows_are_checked() {
        for (text, part) in [
            (" ,x", "empty"),
            ("a b", "spaces"),
            ("a@b@c", "0x40"),
            ("a,,,boss", "column 4 (license)"),
            ("a,,,,,maybe", "column 6 (publisher)"),
            ("a,,,,,,,Telepathy", "column 8 (sign-in)"),
            ("a,,,,,,,,x", "9 columns"),
        ] {
            let found = problem(&line(text), Detail::Users).expect(text);
            assert!(found.contains(part), "{found}");
        }
        for text in ["a@b", "dom\\a", "a,,,VIEWER,none,no,m@x,openid"] {
            assert_eq!(problem(&line(text), Detail::Users), None, "{text}");
        }
        assert_eq!(problem(&line("a,,,boss"), Detail::Names), None);
    }

    #[test]
    fn what_can_only_be_set_afterwards_is_apart() {
        let (user, later) = line("a,pw,Ann,viewer,none,no,a@x,saml").user();
        assert_eq!(user.auth_setting.as_deref(), Some("SAML"));
        let later = later.expect("more");
        assert_eq!(
            (
                later.password.as_deref(),
                later.full_name.as_deref(),
                later.email.as_deref()
            ),
            (Some("pw"), Some("Ann"), Some("a@x"))
        );
        assert!(line("a,,,viewer,none,no").user().1.is_none());
    }
}
