//! Data-driven alerts, and the metrics that went before Pulse.

use vivant_model::{DataAlertId, MetricId, UserId};
use vivant_wire::paths::Method;
use vivant_wire::types::{DataAlert, Metric, User};

use crate::call::Call;
use crate::error::Result;
use crate::filters;
use crate::list::{List, ListOptions};

super::group! {
    /// Data-driven alerts of a site (API 3.2).
    DataAlerts, data_alerts
}

super::group! {
    /// Metrics of a site (API 3.9; Tableau retired them in 2024).
    Metrics, metrics
}

impl DataAlerts {
    /// Lists the alerts.
    pub fn list(&self, options: ListOptions) -> List<DataAlert> {
        List::new(
            self.site.clone(),
            self.site.path("/dataAlerts"),
            options,
            filters::DATA_ALERTS,
        )
    }

    /// Gets one alert, with its recipients.
    pub async fn get(&self, id: DataAlertId) -> Result<DataAlert> {
        self.site.get(self.path(id, ""), "dataAlert").await
    }

    /// Changes an alert: whatever is set in `changes` and can be changed (subject, frequency, owner,
    /// whether it is public).
    pub async fn update(&self, id: DataAlertId, changes: &DataAlert) -> Result<DataAlert> {
        let changes = DataAlert {
            // Tableau: answers write the frequency with a capital, requests without.
            frequency: changes.frequency.as_ref().map(|f| f.to_ascii_lowercase()),
            ..changes.clone()
        };
        let call = Call::new(Method::Put, self.path(id, "")).body(|out| out.child("dataAlert", &changes));
        self.site.ask(&call, "dataAlert").await
    }

    /// Deletes an alert.
    pub async fn delete(&self, id: DataAlertId) -> Result<()> {
        self.site.delete(self.path(id, "")).await
    }

    /// Adds a recipient.
    pub async fn add_user_to_alert(&self, id: DataAlertId, user: UserId) -> Result<User> {
        let recipient = User {
            id: Some(user),
            ..User::default()
        };
        let call = Call::new(Method::Post, self.path(id, "/users")).body(|out| out.child("user", &recipient));
        self.site.ask(&call, "user").await
    }

    /// Takes a recipient off.
    pub async fn delete_user_from_alert(&self, id: DataAlertId, user: UserId) -> Result<()> {
        let path = self.path(id, &format!("/users/{user}"));
        self.site.delete(path).await
    }

    fn path(&self, id: DataAlertId, rest: &str) -> String {
        self.site.path(&format!("/dataAlerts/{id}{rest}"))
    }
}

impl Metrics {
    /// Lists the metrics.
    pub fn list(&self, options: ListOptions) -> List<Metric> {
        List::new(
            self.site.clone(),
            self.site.path("/metrics"),
            options,
            filters::METRICS,
        )
    }

    /// Gets one metric.
    pub async fn get(&self, id: MetricId) -> Result<Metric> {
        self.site.get(self.path(id), "metric").await
    }

    /// Changes a metric: whatever is set in `changes` and can be changed (name, description, project,
    /// owner, whether it is suspended).
    pub async fn update(&self, id: MetricId, changes: &Metric) -> Result<Metric> {
        let call = Call::new(Method::Put, self.path(id)).body(|out| out.child("metric", changes));
        self.site.ask(&call, "metric").await
    }

    /// Deletes a metric.
    pub async fn delete(&self, id: MetricId) -> Result<()> {
        self.site.delete(self.path(id)).await
    }

    fn path(&self, id: MetricId) -> String {
        self.site.path(&format!("/metrics/{id}"))
    }
}
