//! Settings of sites and servers that later versions brought: ways to sign in, dashboard extensions,
//! reports on acceleration.

use super::{Node, Out, Read1, ReadError, Write1};

element! {
    /// `siteAuthConfiguration`: a way to sign in to a site of Tableau Cloud.
    SiteAuthConfiguration {
        attr auth_setting: String = "authSetting", "Such as `OIDC` or `SAML`.";
        attr enabled: bool = "enabled";
        attr idp_configuration_id: String = "idpConfigurationId";
        attr idp_configuration_name: String = "idpConfigurationName";
        attr known_provider_alias: String = "knownProviderAlias";
    }
}

element! {
    /// `siteAuthConfigurations`.
    SiteAuthConfigurations {
        many site_auth_configuration: SiteAuthConfiguration = "siteAuthConfiguration";
    }
}

/// `siteOIDCConfiguration`: how a site of Tableau Cloud signs in by OpenID Connect.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(
    missing_docs,
    reason = "the names are those of OpenID Connect and of the reference"
)]
pub struct SiteOidcConfiguration {
    pub enabled: Option<bool>,
    pub idp_configuration_id: Option<String>,
    /// `name` in requests, `idpConfigurationName` in answers.
    pub idp_configuration_name: Option<String>,
    pub test_login_url: Option<String>,
    pub known_provider_alias: Option<String>,
    pub allow_embedded_authentication: Option<bool>,
    pub use_full_name: Option<bool>,
    pub client_id: Option<String>,
    /// Masked in answers.
    pub client_secret: Option<String>,
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    /// `userInfoEndpoint` in requests, `userinfoEndpoint` in answers.
    pub userinfo_endpoint: Option<String>,
    pub jwks_uri: Option<String>,
    pub end_session_endpoint: Option<String>,
    pub custom_scope: Option<String>,
    pub client_authentication: Option<String>,
    pub prompt: Option<String>,
    pub essential_acr_values: Option<String>,
    pub voluntary_acr_values: Option<String>,
    pub email_mapping: Option<String>,
    pub first_name_mapping: Option<String>,
    pub last_name_mapping: Option<String>,
    pub full_name_mapping: Option<String>,
}

/// The two spellings of the parts whose names requests and answers write differently.
///
/// Tableau: so in TSC's requests and readings alike.
const OIDC_NAME: [&str; 2] = ["idpConfigurationName", "name"];
const OIDC_USER_INFO: [&str; 2] = ["userinfoEndpoint", "userInfoEndpoint"];

impl SiteOidcConfiguration {
    /// Writes the configuration as requests have it.
    pub fn write_request(&self, out: &mut Out) {
        self.write_as(out, OIDC_NAME[1], OIDC_USER_INFO[1]);
    }

    fn write_as(&self, out: &mut Out, name: &str, user_info: &str) {
        let flags = [
            ("enabled", self.enabled),
            ("allowEmbeddedAuthentication", self.allow_embedded_authentication),
            ("useFullName", self.use_full_name),
        ];
        for (name, value) in flags {
            if let Some(value) = value {
                out.attr(name, &value);
            }
        }
        let texts = [
            ("idpConfigurationId", &self.idp_configuration_id),
            (name, &self.idp_configuration_name),
            ("testLoginUrl", &self.test_login_url),
            ("knownProviderAlias", &self.known_provider_alias),
            ("clientId", &self.client_id),
            ("clientSecret", &self.client_secret),
            ("authorizationEndpoint", &self.authorization_endpoint),
            ("tokenEndpoint", &self.token_endpoint),
            (user_info, &self.userinfo_endpoint),
            ("jwksUri", &self.jwks_uri),
            ("endSessionEndpoint", &self.end_session_endpoint),
            ("customScope", &self.custom_scope),
            ("clientAuthentication", &self.client_authentication),
            ("prompt", &self.prompt),
            ("essentialAcrValues", &self.essential_acr_values),
            ("voluntaryAcrValues", &self.voluntary_acr_values),
            ("emailMapping", &self.email_mapping),
            ("firstNameMapping", &self.first_name_mapping),
            ("lastNameMapping", &self.last_name_mapping),
            ("fullNameMapping", &self.full_name_mapping),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                out.attr(name, value);
            }
        }
    }
}

impl Write1 for SiteOidcConfiguration {
    fn write(&self, out: &mut Out) {
        self.write_as(out, OIDC_NAME[0], OIDC_USER_INFO[0]);
    }
}

impl Read1 for SiteOidcConfiguration {
    fn read(node: &Node) -> Result<Self, ReadError> {
        let text = |name: &str| node.attribute(name).map(str::to_owned);
        let either = |names: [&str; 2]| text(names[0]).or_else(|| text(names[1]));
        Ok(Self {
            enabled: node.get("enabled")?,
            idp_configuration_id: text("idpConfigurationId"),
            idp_configuration_name: either(OIDC_NAME),
            test_login_url: text("testLoginUrl"),
            known_provider_alias: text("knownProviderAlias"),
            allow_embedded_authentication: node.get("allowEmbeddedAuthentication")?,
            use_full_name: node.get("useFullName")?,
            client_id: text("clientId"),
            client_secret: text("clientSecret"),
            authorization_endpoint: text("authorizationEndpoint"),
            token_endpoint: text("tokenEndpoint"),
            userinfo_endpoint: either(OIDC_USER_INFO),
            jwks_uri: text("jwksUri"),
            end_session_endpoint: text("endSessionEndpoint"),
            custom_scope: text("customScope"),
            client_authentication: text("clientAuthentication"),
            prompt: text("prompt"),
            essential_acr_values: text("essentialAcrValues"),
            voluntary_acr_values: text("voluntaryAcrValues"),
            email_mapping: text("emailMapping"),
            first_name_mapping: text("firstNameMapping"),
            last_name_mapping: text("lastNameMapping"),
            full_name_mapping: text("fullNameMapping"),
        })
    }
}

element! {
    /// `extensionsServerSettings`: dashboard extensions on a server.
    ExtensionsServerSettings {
        leaf extensions_globally_enabled: bool = "extensionsGloballyEnabled";
        leaves block_list: String = "blockList", "Addresses of extensions that no site may use.";
    }
}

element! {
    /// `extensionsSiteSettings`: dashboard extensions on a site.
    ExtensionsSiteSettings {
        leaf extensions_enabled: bool = "extensionsEnabled";
        leaf use_default_setting: bool = "useDefaultSetting", "Whether extensions that are not listed may run.";
        leaf allow_trusted: bool = "allowTrusted";
        leaf include_sandboxed: bool = "includeSandboxed";
        leaf include_tableau_built: bool = "includeTableauBuilt";
        leaf include_partner_built: bool = "includePartnerBuilt";
        many safe_list: SafeExtension = "safeList";
    }
}

element! {
    /// `safeList`: an extension that may run.
    SafeExtension {
        leaf url: String = "url";
        leaf full_data_allowed: bool = "fullDataAllowed", "Whether it may see the data below the view.";
        leaf prompt_needed: bool = "promptNeeded", "Whether users are asked first.";
    }
}

element! {
    /// `dataAccelerationReport`: how much faster accelerated workbooks load.
    DataAccelerationReport {
        many comparison_record: ComparisonRecord = "comparisonRecord";
    }
}

element! {
    /// `comparisonRecord`: one sheet with and without acceleration.
    ComparisonRecord {
        attr site: String = "site";
        attr sheet_uri: String = "sheetURI";
        attr unaccelerated_session_count: u64 = "unacceleratedSessionCount";
        attr average_non_accelerated_plt: String = "averageNonAcceleratedPLT", "Seconds to load the page.";
        attr accelerated_session_count: u64 = "acceleratedSessionCount";
        attr average_accelerated_plt: String = "averageAcceleratedPLT", "Seconds to load the page.";
    }
}
