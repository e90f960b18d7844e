//! Addresses of views as tabcmd takes them, and what stands behind their question mark.

use vivant_client::model::Luid;

use super::console::Console;
use super::failure::Failure;

/// What an address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The workbook's content URL.
    pub workbook: String,
    /// The view's name in addresses.
    pub view: String,
    /// A custom view of it.
    pub custom_view: Option<Luid>,
    /// What is asked for beyond.
    pub query: Query,
}

/// What stands behind the question mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Whether the view is drawn anew instead of taken from a cache.
    pub refresh: bool,
    /// Width and height in pixels.
    pub size: Option<(u32, u32)>,
    /// Values by field or parameter.
    pub filters: Vec<(String, String)>,
}

impl Address {
    /// Reads `workbook/view`, or `workbook/view/id/name` of a custom view.
    pub fn parse(text: &str, console: &Console) -> Result<Self, Failure> {
        no_spaces(text)?;
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let parts: Vec<String> = path.trim_start_matches('/').split('/').map(decode).collect();
        let (workbook, view, custom_view) = match parts.as_slice() {
            [workbook, view] => (workbook, view, None),
            [workbook, view, id, _] => (workbook, view, Some(luid(id)?)),
            _ => {
                return Err(Failure::told(format!(
                    "'{text}' is no address of a view: it is workbook/view, or workbook/view/id/name of a custom view"
                )));
            }
        };
        Ok(Self {
            workbook: workbook.clone(),
            view: view.clone(),
            custom_view,
            query: Query::parse(query, console),
        })
    }

    /// The view's content URL.
    pub fn content_url(&self) -> String {
        format!("{}/sheets/{}", self.workbook, self.view)
    }
}

impl Query {
    /// Reads options, which begin with a colon, and values of fields and parameters.
    pub fn parse(text: &str, console: &Console) -> Self {
        let mut query = Self::default();
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                console.warn(format!("'{part}' has no value and is ignored"));
                continue;
            };
            match name.strip_prefix(':') {
                Some(option) => query.option(option, &decode(value), console),
                None => query.filter(&decode(name), decode(value)),
            }
        }
        query
    }

    /// Adds what `--filter` says, which is not encoded.
    pub fn add_filters(&mut self, text: &str) -> Result<(), Failure> {
        for part in text.split('&').filter(|part| !part.is_empty()) {
            let Some((name, value)) = part.split_once('=') else {
                return Err(Failure::told(format!(
                    "--filter: '{part}' is not of the form COLUMN=VALUE"
                )));
            };
            self.filter(name, value.to_owned());
        }
        Ok(())
    }

    fn filter(&mut self, name: &str, value: String) {
        // Tableau: the API takes parameters by their bare names.
        let name = name.strip_prefix("Parameters.").unwrap_or(name);
        match self.filters.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.filters.push((name.to_owned(), value)),
        }
    }

    fn option(&mut self, name: &str, value: &str, console: &Console) {
        match name {
            "refresh" => {
                self.refresh = ["yes", "y", "1", "true"]
                    .iter()
                    .any(|yes| value.eq_ignore_ascii_case(yes));
            }
            "size" => match value
                .split_once(',')
                .map(|(w, h)| (w.trim().parse(), h.trim().parse()))
            {
                Some((Ok(width), Ok(height))) => self.size = Some((width, height)),
                _ => console.warn(format!(":size is width,height and not '{value}'; it is ignored")),
            },
            // Tableau: counts the views of one page; it changes nothing about the view.
            "iid" => {}
            _ => console.warn(format!("the option :{name} cannot be asked for and is ignored")),
        }
    }
}

/// Refuses spaces: content URLs have none, so what was typed is a name.
pub fn no_spaces(text: &str) -> Result<(), Failure> {
    match text.contains(' ') {
        true => Err(Failure::told(
            "addresses have no spaces: write workbook and view as they stand in the browser's address",
        )),
        false => Ok(()),
    }
}

/// Reads the id of a custom view.
pub fn luid(text: &str) -> Result<Luid, Failure> {
    text.parse()
        .map_err(|_| Failure::told(format!("'{text}' is not the id of a custom view")))
}

/// Decodes `%20` and the like; what is not encoded stays.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(decoded).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, Failure> {
        Address::parse(text, &Console::for_tests())
    }

    #[test]
    fn addresses_are_read() {
        let address = parse("/Sales/Overview?:refresh=YES&:size=640,480&:iid=1").expect("read");
        assert_eq!(address.content_url(), "Sales/sheets/Overview");
        assert!(address.query.refresh);
        assert_eq!(address.query.size, Some((640, 480)));
        assert_eq!(parse("Gr%C3%B6%C3%9Fe/Blatt1").expect("read").workbook, "Größe");
        let id = "09b185f2-74b2-419f-bcd3-66f2aa9e4060";
        let custom = parse(&format!("A/B/{id}/Mine")).expect("read").custom_view;
        assert_eq!(custom.map(|id| id.to_string()).as_deref(), Some(id));
        for (text, part) in [
            ("A B/C", "spaces"),
            ("A", "no address"),
            ("A/B/C", "no address"),
            ("A/B/x/y", "not the id"),
        ] {
            let failure = parse(text).expect_err(text).line();
            assert!(failure.contains(part), "{failure}");
        }
    }

    #[test]
    fn filters_keep_every_character() {
        let text =
            "A/B?Region=West%20%26%20East&Parameters.Top%20N=5&Sum=1=1&Name=a+b&Region=Nord%2FS%C3%BCd";
        let mut query = parse(text).expect("read").query;
        query.add_filters("Größe=x y&Sum=2%").expect("read");
        let expected = [
            ("Region", "Nord/Süd"),
            ("Top N", "5"),
            ("Sum", "2%"),
            ("Name", "a+b"),
            ("Größe", "x y"),
        ];
        let found: Vec<(&str, &str)> = query
            .filters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(found, expected);
        assert!(query.add_filters("nonsense").is_err());
    }

    #[test]
    fn what_is_not_encoded_stays() {
        for (text, decoded) in [
            ("100%", "100%"),
            ("%zz", "%zz"),
            ("%C3%A4", "ä"),
            ("%C3", "%C3"),
            ("ä%41", "äA"),
        ] {
            assert_eq!(decode(text), decoded);
        }
    }
}
