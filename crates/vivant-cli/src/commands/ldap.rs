//! Options of the directory that users and groups may come from.

use std::path::PathBuf;

use vivant_directory::{Hidden, LdapSettings};

/// The options `--ldap-…`; in the file they stand in the table `[ldap]`, without `ldap_`.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Directory (LDAP, Active Directory)")]
pub struct Ldap {
    /// Servers, tried in order: ldap://HOST:PORT or ldaps://HOST:PORT, parted by commas
    #[arg(long, env = "VIVANT_LDAP_URL", value_name = "URLS")]
    ldap_url: Option<String>,
    /// Turn ldap:// into TLS before anything is said
    #[arg(long, env = "VIVANT_LDAP_START_TLS", num_args = 0..=1, default_missing_value = "true", value_name = "BOOL")]
    ldap_start_tls: Option<bool>,
    /// PEM file of the authorities to trust [default: those of the system]
    #[arg(long, env = "VIVANT_LDAP_CA", value_name = "FILE")]
    ldap_ca: Option<PathBuf>,
    /// Entry that searches; its password comes from VIVANT_LDAP_BIND_PASSWORD or a file [default: anonymous]
    #[arg(long, env = "VIVANT_LDAP_BIND_DN", value_name = "DN")]
    ldap_bind_dn: Option<String>,
    /// File with that entry's password
    #[arg(long, env = "VIVANT_LDAP_BIND_PASSWORD_FILE", value_name = "FILE")]
    ldap_bind_password_file: Option<PathBuf>,
    /// Domain and the entry that it lies below, such as example.lan/EXAMPLE=dc=example,dc=lan; once for each,
    /// in the variable parted by semicolons
    #[arg(
        long,
        env = "VIVANT_LDAP_DOMAIN",
        value_delimiter = ';',
        value_name = "NAME[/NICKNAME]=BASE"
    )]
    ldap_domain: Option<Vec<String>>,
    /// What the options below begin with: active-directory or openldap [default: active-directory]
    #[arg(long, env = "VIVANT_LDAP_KIND", value_name = "KIND")]
    ldap_kind: Option<String>,
    /// Who is a user
    #[arg(long, env = "VIVANT_LDAP_USER_FILTER", value_name = "FILTER")]
    ldap_user_filter: Option<String>,
    /// Attribute that users sign in with [default: sAMAccountName, uid]
    #[arg(long, env = "VIVANT_LDAP_USER_NAME", value_name = "ATTRIBUTE")]
    ldap_user_name: Option<String>,
    /// Attribute that holds user@domain; empty for none [default: userPrincipalName, none]
    #[arg(long, env = "VIVANT_LDAP_USER_PRINCIPAL", value_name = "ATTRIBUTE")]
    ldap_user_principal: Option<String>,
    /// Attributes of the full name, the first that is there [default: displayName,cn]
    #[arg(long, env = "VIVANT_LDAP_USER_FULL_NAME", value_name = "ATTRIBUTES")]
    ldap_user_full_name: Option<String>,
    /// Attribute of the e-mail address [default: mail]
    #[arg(long, env = "VIVANT_LDAP_USER_EMAIL", value_name = "ATTRIBUTE")]
    ldap_user_email: Option<String>,
    /// Attribute that never changes [default: objectGUID, entryUUID]
    #[arg(long, env = "VIVANT_LDAP_USER_ID", value_name = "ATTRIBUTE")]
    ldap_user_id: Option<String>,
    /// What is a group
    #[arg(long, env = "VIVANT_LDAP_GROUP_FILTER", value_name = "FILTER")]
    ldap_group_filter: Option<String>,
    /// Attribute of a group's name [default: cn]
    #[arg(long, env = "VIVANT_LDAP_GROUP_NAME", value_name = "ATTRIBUTE")]
    ldap_group_name: Option<String>,
    /// Attributes by which a group lists its members' entries [default: member; member,uniqueMember]
    #[arg(long, env = "VIVANT_LDAP_GROUP_MEMBERS", value_name = "ATTRIBUTES")]
    ldap_group_members: Option<String>,
    /// Attribute by which a group lists its members' names; empty for none [default: none, memberUid]
    #[arg(long, env = "VIVANT_LDAP_GROUP_MEMBER_NAMES", value_name = "ATTRIBUTE")]
    ldap_group_member_names: Option<String>,
    /// Attribute by which an entry names its groups; empty for none [default: memberOf, none]
    #[arg(long, env = "VIVANT_LDAP_MEMBER_OF", value_name = "ATTRIBUTE")]
    ldap_member_of: Option<String>,
    /// Groups in groups: off, recursion or matching-rule [default: matching-rule, recursion]
    #[arg(long, env = "VIVANT_LDAP_NESTED_GROUPS", value_name = "HOW")]
    ldap_nested_groups: Option<String>,
    /// Entries that are asked for at once [default: 1000]
    #[arg(long, env = "VIVANT_LDAP_PAGE_SIZE", value_name = "NUMBER")]
    ldap_page_size: Option<u32>,
    /// How long connecting and each answer may take [default: 10]
    #[arg(long, env = "VIVANT_LDAP_TIMEOUT_SECONDS", value_name = "SECONDS")]
    ldap_timeout_seconds: Option<u32>,
}

impl Ldap {
    /// As settings. The password has no option, since options are seen by every user of the machine.
    pub fn settings(self) -> LdapSettings {
        LdapSettings {
            url: self.ldap_url,
            start_tls: self.ldap_start_tls,
            ca: self.ldap_ca,
            bind_dn: self.ldap_bind_dn,
            bind_password: std::env::var("VIVANT_LDAP_BIND_PASSWORD").ok().map(Hidden::from),
            bind_password_file: self.ldap_bind_password_file,
            domain: self.ldap_domain,
            kind: self.ldap_kind,
            user_filter: self.ldap_user_filter,
            user_name: self.ldap_user_name,
            user_principal: self.ldap_user_principal,
            user_full_name: self.ldap_user_full_name,
            user_email: self.ldap_user_email,
            user_id: self.ldap_user_id,
            group_filter: self.ldap_group_filter,
            group_name: self.ldap_group_name,
            group_members: self.ldap_group_members,
            group_member_names: self.ldap_group_member_names,
            member_of: self.ldap_member_of,
            nested_groups: self.ldap_nested_groups,
            page_size: self.ldap_page_size,
            timeout_seconds: self.ldap_timeout_seconds,
        }
    }
}
