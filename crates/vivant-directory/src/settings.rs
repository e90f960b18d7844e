//! Settings of the directory: the table `[ldap]`, the options `--ldap-…`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde::Deserialize;
use vivant_model::name::{self, LOCAL_DOMAIN};
use zeroize::Zeroizing;

use super::{Error, Result, filter};

/// Settings as somebody wrote them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LdapSettings {
    /// `--ldap-url`: servers, tried in order; several are parted by commas.
    pub url: Option<String>,
    /// `--ldap-start-tls`: `ldap://` becomes TLS before anything is said.
    pub start_tls: Option<bool>,
    /// `--ldap-ca`: PEM file of the authorities that are trusted, instead of the system's.
    pub ca: Option<PathBuf>,
    /// `--ldap-bind-dn`: the entry that searches.
    pub bind_dn: Option<String>,
    /// `VIVANT_LDAP_BIND_PASSWORD`: its password.
    pub bind_password: Option<Hidden>,
    /// `--ldap-bind-password-file`: a file that holds it.
    pub bind_password_file: Option<PathBuf>,
    /// `--ldap-domain`: `NAME[/NICKNAME]=BASE`, each.
    pub domain: Option<Vec<String>>,
    /// `--ldap-kind`: `active-directory` or `openldap`: what the rest begins with.
    pub kind: Option<String>,
    /// `--ldap-user-filter`: who is a user.
    pub user_filter: Option<String>,
    /// `--ldap-user-name`: the attribute that users sign in with.
    pub user_name: Option<String>,
    /// `--ldap-user-principal`: the attribute that holds `user@domain`; empty for none.
    pub user_principal: Option<String>,
    /// `--ldap-user-full-name`: attributes of the full name, the first that is there.
    pub user_full_name: Option<String>,
    /// `--ldap-user-email`: the attribute of the e-mail address.
    pub user_email: Option<String>,
    /// `--ldap-user-id`: the attribute that never changes.
    pub user_id: Option<String>,
    /// `--ldap-group-filter`: what is a group.
    pub group_filter: Option<String>,
    /// `--ldap-group-name`: the attribute of a group's name.
    pub group_name: Option<String>,
    /// `--ldap-group-members`: attributes that list members by distinguished name.
    pub group_members: Option<String>,
    /// `--ldap-group-member-names`: the attribute that lists members by user name; empty for none.
    pub group_member_names: Option<String>,
    /// `--ldap-member-of`: the attribute by which members name their groups; empty for none.
    pub member_of: Option<String>,
    /// `--ldap-nested-groups`: `off`, `recursion` or `matching-rule`.
    pub nested_groups: Option<String>,
    /// `--ldap-page-size`: how many entries are asked for at once.
    pub page_size: Option<u32>,
    /// `--ldap-timeout-seconds`: how long an answer may take.
    pub timeout_seconds: Option<u32>,
}

/// A password among the settings; never shown.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Hidden(Zeroizing<String>);

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl Hidden {
    /// The password itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// A domain of the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Its full name, such as `example.lan`.
    pub name: String,
    /// Its short name, such as `EXAMPLE`.
    pub nickname: Option<String>,
    /// The entry that everything of the domain lies below.
    pub base: String,
}

/// How groups in groups are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nested {
    /// Not at all.
    Off,
    /// Group by group.
    Recursion,
    /// By the directory, in one search.
    MatchingRule,
}

/// Settings complete and checked.
#[derive(Clone)]
pub(super) struct Checked {
    pub urls: Vec<String>,
    pub start_tls: bool,
    pub tls: Arc<ClientConfig>,
    pub bind: Option<(String, Hidden)>,
    pub domains: Vec<Domain>,
    pub user_filter: String,
    pub user_name: String,
    pub user_upn: Option<String>,
    pub user_full_name: Vec<String>,
    pub user_email: String,
    pub user_id: String,
    pub group_filter: String,
    pub group_name: String,
    pub group_members: Vec<String>,
    pub group_member_names: Option<String>,
    pub member_of: Option<String>,
    pub nested: Nested,
    pub page_size: i32,
    pub timeout: Duration,
}

/// What a kind of directory begins with.
struct Kind {
    user_filter: &'static str,
    user_name: &'static str,
    user_principal: &'static str,
    user_id: &'static str,
    group_filter: &'static str,
    group_members: &'static str,
    group_member_names: &'static str,
    member_of: &'static str,
    nested_groups: &'static str,
}

// The last condition leaves out accounts that are disabled.
const ACTIVE_DIRECTORY: Kind = Kind {
    user_filter: "(&(objectCategory=person)(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
    user_name: "sAMAccountName",
    user_principal: "userPrincipalName",
    user_id: "objectGUID",
    group_filter: "(objectCategory=group)",
    group_members: "member",
    group_member_names: "",
    member_of: "memberOf",
    nested_groups: "matching-rule",
};

const OPENLDAP: Kind = Kind {
    user_filter: "(|(objectClass=inetOrgPerson)(objectClass=posixAccount))",
    user_name: "uid",
    user_principal: "",
    user_id: "entryUUID",
    group_filter: "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))",
    group_members: "member,uniqueMember",
    group_member_names: "memberUid",
    member_of: "",
    nested_groups: "recursion",
};

macro_rules! refuse {
    ($($text:tt)*) => {
        return Err(Error::Settings(format!($($text)*)))
    };
}

macro_rules! prefer {
    ($first:expr, $second:expr; $($field:ident),* $(,)?) => {
        LdapSettings { $($field: $first.$field.or($second.$field)),* }
    };
}

impl LdapSettings {
    /// These settings, and where they are silent the others.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        prefer!(self, other;
            url, start_tls, ca, bind_dn, bind_password, bind_password_file, domain, kind, user_filter, user_name,
            user_principal, user_full_name, user_email, user_id, group_filter, group_name, group_members,
            group_member_names, member_of, nested_groups, page_size, timeout_seconds)
    }

    /// Fills in the defaults and checks what was written; `None` without a server.
    pub(super) fn check(self) -> Result<Option<Checked>> {
        let Some(urls) = self.url.as_deref().map(words).filter(|urls| !urls.is_empty()) else {
            if self.domain.is_some_and(|domains| !domains.is_empty()) {
                refuse!("--ldap-domain needs --ldap-url");
            }
            return Ok(None);
        };
        let start_tls = self.start_tls.unwrap_or(false);
        for url in &urls {
            check_url(url, start_tls)?;
        }
        let kind = match self.kind.as_deref() {
            None | Some("active-directory") => ACTIVE_DIRECTORY,
            Some("openldap") => OPENLDAP,
            Some(other) => refuse!("--ldap-kind must be active-directory or openldap, not '{other}'"),
        };
        let bind = match (self.bind_dn, self.bind_password, self.bind_password_file) {
            (None, None, None) => None,
            (Some(_), Some(_), Some(_)) => {
                refuse!("give the directory's password by VIVANT_LDAP_BIND_PASSWORD or by file, not both")
            }
            (Some(dn), Some(password), None) => Some((dn, password)),
            (Some(dn), None, Some(path)) => {
                let text = std::fs::read_to_string(&path).map_err(|error| {
                    Error::Settings(format!("--ldap-bind-password-file {}: {error}", path.display()))
                })?;
                Some((dn, Hidden::from(text.trim_end_matches(['\r', '\n']).to_owned())))
            }
            _ => refuse!("--ldap-bind-dn goes together with its password"),
        };
        if bind
            .as_ref()
            .is_some_and(|(dn, password)| dn.is_empty() || password.reveal().is_empty())
        {
            refuse!(
                "--ldap-bind-dn and its password must not be empty; leave both out to search anonymously"
            );
        }
        let domains = self.domain.unwrap_or_default();
        let domains = domains
            .iter()
            .map(|text| domain(text))
            .collect::<Result<Vec<_>>>()?;
        check_domains(&domains)?;
        let text = |given: Option<String>, standard: &str| given.unwrap_or_else(|| standard.to_owned());
        let checked = Checked {
            tls: tls(self.ca.as_deref())?,
            urls,
            start_tls,
            bind,
            domains,
            user_filter: check_filter("user-filter", text(self.user_filter, kind.user_filter))?,
            user_name: attribute("user-name", &text(self.user_name, kind.user_name))?,
            user_upn: optional("user-principal", &text(self.user_principal, kind.user_principal))?,
            user_full_name: attributes("user-full-name", &text(self.user_full_name, "displayName,cn"))?,
            user_email: attribute("user-email", &text(self.user_email, "mail"))?,
            user_id: attribute("user-id", &text(self.user_id, kind.user_id))?,
            group_filter: check_filter("group-filter", text(self.group_filter, kind.group_filter))?,
            group_name: attribute("group-name", &text(self.group_name, "cn"))?,
            group_members: attributes("group-members", &text(self.group_members, kind.group_members))?,
            group_member_names: optional(
                "group-member-names",
                &text(self.group_member_names, kind.group_member_names),
            )?,
            member_of: optional("member-of", &text(self.member_of, kind.member_of))?,
            nested: match text(self.nested_groups, kind.nested_groups).as_str() {
                "off" => Nested::Off,
                "recursion" => Nested::Recursion,
                "matching-rule" => Nested::MatchingRule,
                other => {
                    refuse!("--ldap-nested-groups must be off, recursion or matching-rule, not '{other}'")
                }
            },
            page_size: match self.page_size.unwrap_or(1000) {
                n @ 1..=10_000 => n as i32,
                n => refuse!("--ldap-page-size must be 1 to 10000, not {n}"),
            },
            timeout: match self.timeout_seconds.unwrap_or(10) {
                n @ 1..=600 => Duration::from_secs(u64::from(n)),
                n => refuse!("--ldap-timeout-seconds must be 1 to 600, not {n}"),
            },
        };
        if checked.nested == Nested::MatchingRule && checked.member_of.is_none() {
            refuse!("--ldap-nested-groups matching-rule needs --ldap-member-of");
        }
        Ok(Some(checked))
    }
}

fn check_url(url: &str, start_tls: bool) -> Result<()> {
    let rest = match url.split_once("://") {
        Some(("ldaps", _)) if start_tls => {
            refuse!("--ldap-start-tls is for ldap:// alone; '{url}' has TLS already")
        }
        Some(("ldap" | "ldaps", rest)) => rest,
        _ => refuse!("--ldap-url '{url}' must begin with ldap:// or ldaps://"),
    };
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let (name, port) = host.split_once(':').unwrap_or((host, "389"));
    let is_name = !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
    if !is_name || !port.parse::<u16>().is_ok_and(|n| n > 0) {
        refuse!("--ldap-url '{url}' must be ldap://HOST:PORT or ldaps://HOST:PORT");
    }
    Ok(())
}

/// Reads `NAME[/NICKNAME]=BASE`.
fn domain(text: &str) -> Result<Domain> {
    let form = || format!("--ldap-domain '{text}' must be NAME=BASE or NAME/NICKNAME=BASE");
    let (names, base) = text.split_once('=').ok_or_else(|| Error::Settings(form()))?;
    let (name, nickname) = match names.split_once('/') {
        Some((name, nickname)) => (name.trim(), Some(nickname.trim())),
        None => (names.trim(), None),
    };
    let fits = |text: &str| name::is_valid(text) && !text.contains(['\\', '@', '/']);
    if !fits(name) || !nickname.is_none_or(fits) || !base.contains('=') {
        refuse!("{}", form());
    }
    Ok(Domain {
        name: name.to_owned(),
        nickname: nickname.map(str::to_owned),
        base: base.trim().to_owned(),
    })
}

fn check_domains(domains: &[Domain]) -> Result<()> {
    if domains.is_empty() {
        refuse!("--ldap-url needs at least one --ldap-domain");
    }
    let mut seen = std::collections::HashSet::from([name::key(LOCAL_DOMAIN)]);
    for domain in domains {
        for text in std::iter::once(&domain.name).chain(&domain.nickname) {
            if !seen.insert(name::key(text)) {
                refuse!(
                    "the directory domain '{text}' is there twice, or called as the server's own, '{LOCAL_DOMAIN}'"
                );
            }
        }
    }
    Ok(())
}

fn check_filter(option: &str, text: String) -> Result<String> {
    // A list of conditions without brackets around it would fall apart inside a larger filter.
    if !text.starts_with('(') || !filter::is_valid(&text) {
        refuse!("--ldap-{option} '{text}' is no filter in brackets, such as (objectClass=person)");
    }
    Ok(text)
}

fn attribute(option: &str, text: &str) -> Result<String> {
    if !filter::is_attribute(text) {
        refuse!("--ldap-{option} '{text}' is no attribute");
    }
    Ok(text.to_owned())
}

fn optional(option: &str, text: &str) -> Result<Option<String>> {
    match text {
        "" => Ok(None),
        text => attribute(option, text).map(Some),
    }
}

fn attributes(option: &str, text: &str) -> Result<Vec<String>> {
    words(text).iter().map(|word| attribute(option, word)).collect()
}

fn words(text: &str) -> Vec<String> {
    let words = text.split([',', ' ']).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn tls(ca: Option<&std::path::Path>) -> Result<Arc<ClientConfig>> {
    let failed = |error: rustls::Error| Error::Settings(format!("TLS for the directory: {error}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let builder = match ca {
        None => builder.with_platform_verifier().map_err(failed)?,
        Some(path) => {
            let file =
                |why: &dyn std::fmt::Display| Error::Settings(format!("--ldap-ca {}: {why}", path.display()));
            let mut roots = rustls::RootCertStore::empty();
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| file(&error))? {
                let certificate = certificate.map_err(|error| file(&error))?;
                roots.add(certificate).map_err(|error| file(&error))?;
            }
            if roots.is_empty() {
                return Err(file(&"it holds no certificate"));
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(Arc::new(builder.with_no_client_auth()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<Option<Checked>> {
        toml::from_str::<LdapSettings>(text).expect("valid TOML").check()
    }

    const LEAST: &str =
        "url = 'ldap://one:389, ldap://two'\ndomain = ['example.lan/EXAMPLE=dc=example,dc=lan']\n";

    #[test]
    fn without_a_server_there_is_no_directory() {
        assert!(checked("").expect("valid").is_none());
        let found = checked(LEAST).expect("valid").expect("a directory");
        assert_eq!(found.urls, ["ldap://one:389", "ldap://two"]);
        assert_eq!((found.nested, found.page_size), (Nested::MatchingRule, 1000));
        assert_eq!(found.domains[0].nickname.as_deref(), Some("EXAMPLE"));
        assert_eq!(found.domains[0].base, "dc=example,dc=lan");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let check = |text: &str, part: &str| {
            let error = checked(&format!("{LEAST}{text}")).err().expect(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        };
        check("kind = 'novell'", "--ldap-kind");
        check("bind_dn = 'cn=x'", "goes together");
        check("bind_dn = 'cn=x'\nbind_password = ''", "must not be empty");
        check("user_filter = 'uid=x)(y=z'", "--ldap-user-filter");
        check("user_name = 'uid)(x'", "--ldap-user-name");
        check("nested_groups = 'maybe'", "--ldap-nested-groups");
        check("member_of = ''", "needs --ldap-member-of");
        check("page_size = 0", "--ldap-page-size");
        check("timeout_seconds = 0", "--ldap-timeout-seconds");
        check("ca = '/nowhere.pem'", "/nowhere.pem");
        for (url, domains, part) in [
            ("http://x", "a=dc=a", "ldap://"),
            ("ldap://", "a=dc=a", "HOST:PORT"),
            ("ldap:///x", "a=dc=a", "HOST:PORT"),
            ("ldap://x", "a", "NAME=BASE"),
            ("ldap://x", "local=dc=a", "local"),
        ] {
            let error = checked(&format!("url = '{url}'\ndomain = ['{domains}']"))
                .err()
                .expect(url)
                .to_string();
            assert!(error.contains(part), "{error}");
        }
        assert!(checked("domain = ['a=dc=a']").is_err());
    }

    #[test]
    fn the_password_is_not_shown() {
        let settings: LdapSettings = toml::from_str("bind_password = 'hidden-word'").expect("valid");
        assert!(!format!("{settings:?}").contains("hidden-word"));
    }
}
