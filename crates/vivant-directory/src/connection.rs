//! A connection to the directory, with limits of time and size.

use ldap3::adapters::{Adapter, EntriesOnly, PagedResults};
use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, Scope, SearchEntry};
use tracing::{debug, warn};

use super::entry::Entry;
use super::settings::Checked;
use super::{Error, Result};

/// Result codes of LDAP that are told apart here.
const OK: u32 = 0;
const NO_SUCH_OBJECT: u32 = 32;
/// What a bind answers where name or password are wrong, or the account is locked, expired or disabled.
const REFUSALS: [u32; 5] = [19, 48, 49, 50, 53];

/// A connection. Clones share it and ask side by side.
#[derive(Clone)]
pub struct Connection {
    ldap: Ldap,
    timeout: std::time::Duration,
    page_size: i32,
}

impl Connection {
    /// Connects and signs in as the settings say.
    pub async fn open(settings: &Checked) -> Result<Self> {
        let mut connection = Self::connect(settings).await?;
        if let Some((dn, password)) = &settings.bind
            && !connection.lets_in(dn, password.reveal()).await?
        {
            return Err(Error::Unavailable(format!(
                "it refuses the bind as `{dn}`; look at the password"
            )));
        }
        Ok(connection)
    }

    /// Connects to the first server of the settings that answers.
    pub async fn connect(settings: &Checked) -> Result<Self> {
        let mut reasons = Vec::new();
        for url in &settings.urls {
            let options = LdapConnSettings::new()
                .set_conn_timeout(settings.timeout)
                .set_starttls(settings.start_tls)
                .set_config(settings.tls.clone());
            match LdapConnAsync::with_settings(options, url).await {
                Ok((connection, ldap)) => {
                    tokio::spawn(async move {
                        if let Err(error) = connection.drive().await {
                            debug!(%error, "connection to the directory ended");
                        }
                    });
                    return Ok(Self {
                        ldap,
                        timeout: settings.timeout,
                        page_size: settings.page_size,
                    });
                }
                Err(error) => {
                    warn!(url, error = reason(&error), "a directory server does not answer");
                    reasons.push(format!("{url}: {}", reason(&error)));
                }
            }
        }
        Err(Error::Unavailable(reasons.join("; ")))
    }

    /// Returns whether the directory lets an entry bind with a password.
    pub async fn lets_in(&mut self, dn: &str, password: &str) -> Result<bool> {
        let result = self
            .ldap
            .with_timeout(self.timeout)
            .simple_bind(dn, password)
            .await
            .map_err(|e| unavailable("bind", &e))?;
        match result.rc {
            OK => Ok(true),
            rc if REFUSALS.contains(&rc) => Ok(false),
            rc => Err(Error::Unavailable(format!(
                "bind as `{dn}`: code {rc}, {}",
                result.text
            ))),
        }
    }

    /// Searches in pages. A base that does not exist holds nothing where it is the entry asked for.
    pub async fn search(
        &mut self,
        base: &str,
        scope: Scope,
        filter: &str,
        attributes: &[&str],
        limit: usize,
    ) -> Result<Vec<Entry>> {
        let one = scope == Scope::Base;
        let mut adapters: Vec<Box<dyn Adapter<'_, &str, Vec<&str>>>> = vec![Box::new(EntriesOnly::new())];
        if !one {
            adapters.push(Box::new(PagedResults::new(self.page_size)));
        }
        let mut found = self
            .ldap
            .with_timeout(self.timeout)
            .streaming_search_with(adapters, base, scope, filter, attributes.to_vec())
            .await
            .map_err(|e| unavailable("search", &e))?;
        let mut entries = Vec::new();
        loop {
            match found.next().await {
                Ok(Some(entry)) => entries.push(Entry::from(SearchEntry::construct(entry))),
                Ok(None) => break,
                Err(LdapError::LdapResult { result }) if one && result.rc == NO_SUCH_OBJECT => break,
                Err(error) => return Err(unavailable("search", &error)),
            }
            if entries.len() > limit {
                return Err(Error::TooLarge);
            }
        }
        let result = found.finish().await;
        match result.rc {
            OK => Ok(entries),
            NO_SUCH_OBJECT if one => Ok(entries),
            rc => Err(Error::Unavailable(format!(
                "search below `{base}`: code {rc}, {}",
                result.text
            ))),
        }
    }

    /// All values of an attribute of one entry, where the directory gives them in parts, too.
    pub async fn values(&mut self, dn: &str, attribute: &str, limit: usize) -> Result<Vec<String>> {
        let mut values = Vec::new();
        let mut asked = attribute.to_owned();
        loop {
            let found = self
                .search(dn, Scope::Base, "(objectClass=*)", &[&asked], 1)
                .await?;
            let Some(entry) = found.first() else {
                return Ok(values);
            };
            let (part, next) = entry.range(attribute);
            let ended = part.is_empty();
            values.extend(part);
            if values.len() > limit {
                return Err(Error::TooLarge);
            }
            match next {
                Some(from) if !ended => asked = format!("{attribute};range={from}-*"),
                _ => return Ok(values),
            }
        }
    }

    /// Takes leave; that nobody listens any more is no matter.
    pub async fn close(mut self) {
        let _ = self.ldap.with_timeout(self.timeout).unbind().await;
    }
}

fn unavailable(doing: &str, error: &LdapError) -> Error {
    Error::Unavailable(format!("{doing}: {}", reason(error)))
}

/// The error with the words of what caused it.
fn reason(error: &LdapError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
