//! Workbooks that use published data sources, made to use those of another site.
//!
//! A workbook names a published data source by site and content URL. Published as it is to another site, it
//! would look for it where it came from; so each reference is rewritten for the site it goes to.

use std::path::Path;

use vivant_client::{Client, Site};
use vivant_document::Document;
use vivant_document::edit::PublishedChange;

use crate::error::{Context, Error, Result};
use crate::file;

/// A published data source that a document points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its key in the document.
    pub key: String,
    /// What the document calls it.
    pub label: String,
    /// Content URL of the site; empty is Default.
    pub site: String,
    /// Content URL of the data source.
    pub content_url: String,
}

/// Where a reference shall lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// Content URL of the data source there.
    pub content_url: String,
    /// Its name there; the document keeps its label where this is `None`.
    pub name: Option<String>,
}

/// The server and site that references are rewritten for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Host name.
    pub host: String,
    /// Port.
    pub port: u16,
    /// `http` or `https`.
    pub channel: String,
    /// Content URL of the site; empty is Default.
    pub site: String,
}

impl Home {
    /// The server and site of a session.
    pub fn of(site: &Site) -> Result<Self> {
        Self::new(site.client(), site.content_url())
    }

    /// A site of a server.
    pub fn new(client: &Client, site: &str) -> Result<Self> {
        let address = client.server();
        let (channel, rest) = address.split_once("://").unwrap_or(("http", &address));
        let authority = rest.split('/').next().unwrap_or_default();
        let usual = if channel == "https" { 443 } else { 80 };
        // An IPv6 address has colons of its own, within brackets.
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                let port = port.parse();
                (
                    host,
                    port.map_err(|_| Error::input(format!("{address} has no port that is a number")))?,
                )
            }
            _ => (authority, usual),
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            channel: channel.to_owned(),
            site: site.to_owned(),
        })
    }
}

/// Lists the published data sources that a document uses.
pub fn references(document: &Document) -> Vec<Reference> {
    document
        .datasources()
        .into_iter()
        .filter(|source| source.is_published())
        .filter_map(|source| {
            Some(Reference {
                key: source.name().into_owned(),
                label: source.label().into_owned(),
                site: source.published_site().unwrap_or_default(),
                content_url: source.published_content_url()?,
            })
        })
        .collect()
}

/// Rewrites the references of a document for a site; `find` says where each shall lead.
///
/// Returns the references for which there is no destination; they are left as they were.
pub fn rewrite(
    document: &mut Document,
    home: &Home,
    find: impl Fn(&Reference) -> Option<Destination>,
) -> vivant_document::Result<Vec<Reference>> {
    let mut lost = Vec::new();
    for reference in references(document) {
        let Some(destination) = find(&reference) else {
            lost.push(reference);
            continue;
        };
        let change = PublishedChange {
            site: Some(home.site.clone()),
            label: destination.name.or(Some(reference.label)),
            content_url: Some(destination.content_url),
            server: Some(home.host.clone()),
            port: Some(home.port),
            channel: Some(home.channel.clone()),
        };
        document.set_published(&reference.key, &change)?;
    }
    Ok(lost)
}

/// Rewrites the references of a file and saves it as another one.
///
/// Returns the references that lead nowhere, and whether anything changed; otherwise nothing is saved.
pub fn rewrite_file(
    path: &Path,
    to: &Path,
    home: &Home,
    find: impl Fn(&Reference) -> Option<Destination>,
) -> Result<(Vec<Reference>, bool)> {
    file::edit(path, to, |document| {
        rewrite(document, home, find).context(|| path.display().to_string())
    })
}

#[cfg(test)]
mod tests {
    use vivant_document::Limits;

    use super::*;

    const BOOK: &str = "<workbook version='18.1'><repository-location id='Book' path='/t/old/workbooks' revision='1.0' site='old' />\
        <datasources><datasource caption='Sales' inline='true' name='sqlproxy.0x1' version='18.1'>\
        <repository-location derived-from='http://old.example.com/t/old/datasources/Sales?rev=1.0' id='Sales' path='/t/old/datasources' revision='1.0' site='old' />\
        <connection channel='https' class='sqlproxy' dbname='Sales' port='443' server='old.example.com' server-ds-friendly-name='Sales' /></datasource>\
        </datasources></workbook>";

    fn home(address: &str, site: &str) -> Home {
        Home::new(&Client::builder(address).build().expect("a client"), site).expect("a home")
    }

    #[test]
    fn a_server_is_taken_apart() {
        let check = |address, host: &str, port, channel: &str| {
            let home = home(address, "");
            assert_eq!(
                (home.host.as_str(), home.port, home.channel.as_str()),
                (host, port, channel)
            );
        };
        check("https://new.example.com", "new.example.com", 443, "https");
        check("http://127.0.0.1:8000/", "127.0.0.1", 8000, "http");
        check("http://[::1]:8000/prefix", "[::1]", 8000, "http");
        check("http://[::1]", "[::1]", 80, "http");
    }

    #[test]
    fn references_lead_to_the_new_site() {
        let mut document = Document::parse(BOOK, &Limits::default()).expect("a workbook");
        let home = home("http://new.example.com:8000", "new");
        let lost = rewrite(&mut document, &home, |reference| {
            assert_eq!(
                (reference.site.as_str(), reference.content_url.as_str()),
                ("old", "Sales")
            );
            Some(Destination {
                content_url: "Sales_1".to_owned(),
                name: None,
            })
        })
        .expect("rewritten");
        assert!(lost.is_empty());
        let text = String::from_utf8(document.to_bytes()).expect("text");
        for part in [
            "id='Sales_1' path='/t/new/datasources' revision='1.0' site='new'",
            "channel='http'",
            "dbname='Sales_1'",
            "port='8000' server='new.example.com' server-ds-friendly-name='Sales'",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        // The place of the workbook itself is the server's to say.
        assert!(text.contains("path='/t/old/workbooks'"));
    }

    #[test]
    fn what_leads_nowhere_is_left_and_named() {
        let mut document = Document::parse(BOOK, &Limits::default()).expect("a workbook");
        let lost = rewrite(&mut document, &home("http://new", ""), |_| None).expect("read");
        assert_eq!(lost[0].label, "Sales");
        assert!(!document.tree().is_edited());
    }
}
