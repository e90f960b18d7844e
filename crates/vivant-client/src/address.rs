//! The server's address as people give it: with or without a scheme, or pasted from the browser.

use reqwest::Url;

use crate::error::{Error, Result};

/// Where the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Scheme, host, port and the prefix of a proxy, without a slash at the end.
    pub base: Url,
    /// The site's content URL, where the address names one.
    pub site: Option<String>,
}

/// The first parts of addresses that Tableau itself has; a prefix ends before them.
const PAGES: &[&str] = &[
    "api",
    "auth",
    "t",
    "views",
    "authoring",
    "workbooks",
    "datasources",
    "signin",
    "vizportal",
    "site",
    "admin",
    "trusted",
];

impl Address {
    /// Reads an address.
    ///
    /// `https://host/#/site/finance/workbooks`, `https://host/t/finance/views/a/b` and
    /// `https://host/api/3.1` all mean the server at `https://host`; any other path is kept, as the
    /// prefix under which a proxy shows the server.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::invalid("the server's address is empty"));
        }
        let with_scheme = match text.contains("://") {
            true => text.to_owned(),
            // As the clients do; a server that wants https sends us on to it.
            false => format!("http://{text}"),
        };
        let mut base = Url::parse(&with_scheme)
            .map_err(|e| Error::invalid(format!("'{text}' is not the address of a server: {e}")))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(Error::invalid(format!(
                "'{text}' begins with neither http:// nor https://"
            )));
        }
        if base.host_str().is_none_or(str::is_empty) {
            return Err(Error::invalid(format!("'{text}' names no server")));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(Error::invalid(
                "the server's address holds a user name or password; give them as credentials instead",
            ));
        }
        let fragment = base.fragment().unwrap_or_default().to_owned();
        let segments: Vec<String> = base
            .path()
            .split('/')
            .filter(|s| !s.is_empty())
            .map(str::to_owned)
            .collect();
        let end = segments
            .iter()
            .position(|s| PAGES.iter().any(|page| s.eq_ignore_ascii_case(page)))
            .unwrap_or(segments.len());
        let site = site_after(fragment.split('/'), "site")
            .or_else(|| site_after(segments[end..].iter().map(String::as_str), "t"));
        base.set_fragment(None);
        base.set_query(None);
        base.set_path(&segments[..end].join("/"));
        Ok(Self { base, site })
    }
}

fn site_after<'a>(mut segments: impl Iterator<Item = &'a str>, word: &str) -> Option<String> {
    segments.find(|s| s.eq_ignore_ascii_case(word))?;
    segments.next().filter(|s| !s.is_empty()).map(str::to_owned)
}

/// Joins a path, with its query, to a base.
pub(crate) fn join(base: &Url, path: &str, query: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query((!query.is_empty()).then_some(query));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, base: &str, site: Option<&str>) {
        let address = Address::parse(text).expect(text);
        assert_eq!(
            join(&address.base, "/api/3.1", "").as_str(),
            format!("{base}/api/3.1"),
            "{text}"
        );
        assert_eq!(address.site.as_deref(), site, "{text}");
    }

    #[test]
    fn what_people_paste() {
        check("localhost:8000", "http://localhost:8000", None);
        check("https://host/", "https://host", None);
        check("https://host/api/3.1/", "https://host", None);
        check(
            "https://host/#/site/finance/workbooks/1",
            "https://host",
            Some("finance"),
        );
        check("https://host/#/home", "https://host", None);
        check(
            "https://host/t/finance/views/a/b?:iid=1",
            "https://host",
            Some("finance"),
        );
        check("https://proxy/tableau", "https://proxy/tableau", None);
        check(
            "https://proxy/bi/prod/#/site/x/home",
            "https://proxy/bi/prod",
            Some("x"),
        );
        check("http://[::1]:8000", "http://[::1]:8000", None);
    }

    #[test]
    fn what_is_no_server() {
        for text in ["", "ftp://host", "http://", "https://me:pw@host", "http://a b"] {
            let error = Address::parse(text).expect_err(text).to_string();
            assert!(!error.contains("pw"), "{error}");
        }
    }

    #[test]
    fn queries_are_joined_as_they_are() {
        let address = Address::parse("http://h/p").expect("fine");
        assert_eq!(
            join(&address.base, "/x", "filter=name%3Aeq%3Aa%2Bb").as_str(),
            "http://h/p/x?filter=name%3Aeq%3Aa%2Bb"
        );
    }
}
