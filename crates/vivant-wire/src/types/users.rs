//! Users and groups.

use super::{GroupId, Node, Out, Read1, ReadError, Timestamp, UserId, Write1};

element! {
    /// `user`, also `owner`.
    User {
        attr id: UserId = "id";
        attr name: String = "name";
        attr full_name: String = "fullName";
        attr friendly_name: String = "friendlyName";
        attr email: String = "email";
        attr password: String = "password", "In requests only.";
        attr site_role: String = "siteRole";
        attr auth_setting: String = "authSetting";
        attr last_login: Timestamp = "lastLogin";
        attr external_auth_user_id: String = "externalAuthUserId";
        attr locale: String = "locale";
        attr language: String = "language";
        attr idp_configuration_id: String = "idpConfigurationId";
        one domain: Domain = "domain";
    }
}

element! {
    /// `domain`.
    Domain {
        attr id: String = "id", "In lists of domains.";
        attr name: String = "name", "`local`, or the directory's.";
        attr short_name: String = "shortName", "The nickname, such as `EXAMPLE`.";
    }
}

element! {
    /// `domainList`.
    DomainList {
        many domain: Domain = "domain";
    }
}

element! {
    /// `users`.
    Users {
        many user: User = "user";
    }
}

element! {
    /// `group`.
    Group {
        attr id: GroupId = "id";
        attr name: String = "name";
        attr minimum_site_role: String = "minimumSiteRole";
        attr ephemeral_users_enabled: bool = "ephemeralUsersEnabled";
        attr user_count: u64 = "userCount";
        one domain: Domain = "domain";
        one import: Import = "import";
    }
}

element! {
    /// `import`: where a group comes from.
    Import {
        attr source: String = "source";
        attr domain_name: String = "domainName";
        attr site_role: String = "siteRole";
        attr grant_license_mode: String = "grantLicenseMode";
    }
}

element! {
    /// `groups`.
    Groups {
        many group: Group = "group";
    }
}
