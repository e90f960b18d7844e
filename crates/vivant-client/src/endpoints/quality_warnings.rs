//! Warnings about the quality of data, on databases, tables, data sources and flows.

use vivant_model::{DatabaseId, DatasourceId, FlowId, Luid, TableId};
use vivant_wire::paths::Method;
use vivant_wire::types::{DataQualityWarning, DataQualityWarnings};

use super::{Databases, Datasources, Flows, Tables};
use crate::call::Call;
use crate::error::Result;
use crate::site::Site;

/// A warning that is to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewQualityWarning {
    /// What kind of warning.
    pub warning_type: QualityWarningType,
    /// What readers are told.
    pub message: Option<String>,
    /// Whether it shows.
    pub active: bool,
    /// Whether it shows more prominently.
    pub severe: bool,
}

/// Kinds of warnings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QualityWarningType {
    /// Something to know of.
    Warning,
    /// Not to be used any more.
    Deprecated,
    /// Not up to date.
    Stale,
    /// Not for everybody's eyes.
    SensitiveData,
    /// Being worked on.
    Maintenance,
}

impl QualityWarningType {
    /// The name in the REST API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "WARNING",
            Self::Deprecated => "DEPRECATED",
            Self::Stale => "STALE",
            Self::SensitiveData => "SENSITIVE_DATA",
            Self::Maintenance => "MAINTENANCE",
        }
    }
}

impl NewQualityWarning {
    /// A warning that shows, and not more prominently.
    pub fn new(warning_type: QualityWarningType, message: impl Into<String>) -> Self {
        Self {
            warning_type,
            message: Some(message.into()),
            active: true,
            severe: false,
        }
    }

    fn to_wire(&self) -> DataQualityWarning {
        DataQualityWarning {
            warning_type: Some(self.warning_type.as_str().to_owned()),
            message: self.message.clone(),
            is_active: Some(self.active),
            is_severe: Some(self.severe),
            ..DataQualityWarning::default()
        }
    }
}

/// Defines the methods of a group whose items bear warnings.
macro_rules! quality_warnings {
    ($($group:ident($id:ty): $kind:literal, $noun:literal;)*) => {$(
        impl $group {
            #[doc = concat!("The quality warnings of a ", $noun, " (API 3.5).")]
            pub async fn dqws(&self, id: $id) -> Result<Vec<DataQualityWarning>> {
                list(&self.site, $kind, id.0).await
            }

            #[doc = concat!("Sets a quality warning on a ", $noun, " that has none (API 3.5).")]
            pub async fn add_dqw(&self, id: $id, warning: &NewQualityWarning) -> Result<Vec<DataQualityWarning>> {
                write(&self.site, Method::Post, $kind, id.0, warning).await
            }

            #[doc = concat!("Changes the quality warning of a ", $noun, " (API 3.5).")]
            pub async fn update_dqw(&self, id: $id, warning: &NewQualityWarning) -> Result<Vec<DataQualityWarning>> {
                write(&self.site, Method::Put, $kind, id.0, warning).await
            }

            #[doc = concat!("Takes the quality warnings off a ", $noun, " (API 3.5).")]
            pub async fn delete_dqw(&self, id: $id) -> Result<()> {
                self.site.delete(path(&self.site, $kind, id.0)).await
            }
        }
    )*};
}

quality_warnings! {
    Databases(DatabaseId): "database", "database";
    Tables(TableId): "table", "table";
    Datasources(DatasourceId): "datasource", "data source";
    Flows(FlowId): "flow", "flow";
}

fn path(site: &Site, kind: &str, id: Luid) -> String {
    site.path(&format!("/dataQualityWarnings/{kind}/{id}"))
}

async fn list(site: &Site, kind: &str, id: Luid) -> Result<Vec<DataQualityWarning>> {
    let answer = site.call(&Call::get(path(site, kind, id))).await?;
    read(&answer)
}

async fn write(
    site: &Site,
    method: Method,
    kind: &str,
    id: Luid,
    warning: &NewQualityWarning,
) -> Result<Vec<DataQualityWarning>> {
    let call = Call::new(method, path(site, kind, id))
        .body(|out| out.child("dataQualityWarning", &warning.to_wire()));
    read(&site.call(&call).await?)
}

/// Tableau: what was set comes back alone or as a list of one.
fn read(answer: &vivant_wire::Node) -> Result<Vec<DataQualityWarning>> {
    let list: Option<DataQualityWarnings> = super::optional(answer, "dataQualityWarningList")?;
    match list {
        Some(list) => Ok(list.data_quality_warning),
        None => answer.many("dataQualityWarning").map_err(super::unusable),
    }
}
