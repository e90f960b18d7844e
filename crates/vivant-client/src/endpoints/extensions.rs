//! Dashboard extensions on a server and on a site, and the report on accelerated workbooks.

use vivant_wire::paths::Method;
use vivant_wire::types::{DataAccelerationReport, ExtensionsServerSettings, ExtensionsSiteSettings};

use crate::call::Call;
use crate::error::{Error, Result};

super::group! {
    /// Settings of dashboard extensions (API 3.21).
    Extensions, extensions
}

super::group! {
    /// The report on accelerated workbooks (API 3.8).
    DataAccelerationReports, data_acceleration_report
}

/// Where the server's settings are.
const SERVER: &str = "/settings/extensions";

impl Extensions {
    /// Gets the settings of the server; server administrators may.
    pub async fn get_server_settings(&self) -> Result<ExtensionsServerSettings> {
        self.site.get(SERVER, "extensionsServerSettings").await
    }

    /// Replaces the settings of the server; extensions that are not in the new list of blocked ones are
    /// blocked no more.
    pub async fn update_server_settings(
        &self,
        settings: &ExtensionsServerSettings,
    ) -> Result<ExtensionsServerSettings> {
        if settings.extensions_globally_enabled.is_none() {
            return Err(Error::invalid(
                "the settings must say whether extensions are enabled on the server",
            ));
        }
        let call = Call::new(Method::Put, SERVER).body(|out| out.child("extensionsServerSettings", settings));
        self.site.ask(&call, "extensionsServerSettings").await
    }

    /// Gets the settings of the site.
    pub async fn get(&self) -> Result<ExtensionsSiteSettings> {
        self.site
            .get(self.site.path(SERVER), "extensionsSiteSettings")
            .await
    }

    /// Replaces the settings of the site; extensions that are not in the new list of allowed ones are
    /// taken off it.
    pub async fn update(&self, settings: &ExtensionsSiteSettings) -> Result<ExtensionsSiteSettings> {
        if settings.extensions_enabled.is_none() || settings.use_default_setting.is_none() {
            return Err(Error::invalid(
                "the settings must say whether extensions are enabled on the site and whether those that are not listed may run",
            ));
        }
        let call = Call::new(Method::Put, self.site.path(SERVER))
            .body(|out| out.child("extensionsSiteSettings", settings));
        self.site.ask(&call, "extensionsSiteSettings").await
    }
}

impl DataAccelerationReports {
    /// Gets the report.
    pub async fn get(&self) -> Result<DataAccelerationReport> {
        self.site
            .get(
                self.site.path("/dataAccelerationReport"),
                "dataAccelerationReport",
            )
            .await
    }
}
