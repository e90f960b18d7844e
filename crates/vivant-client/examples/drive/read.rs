//! Reads answers from files, with the readers that answers of servers go through.

use serde_json::{Value, json};
use vivant_client::types;
use vivant_wire::node::Read1;
use vivant_wire::out::Write1;
use vivant_wire::{Format, Node};

use crate::args::{Args, Trouble};
use crate::shown::written;

type Reader = fn(&Node) -> Result<Value, String>;

/// Elements of answers, and what reads them.
const READERS: &[(&str, Reader)] = &[
    ("pagination", read::<types::Pagination>),
    ("error", read::<types::Error>),
    ("serverInfo", read::<types::ServerInfo>),
    ("credentials", read::<types::Credentials>),
    ("site", read::<types::Site>),
    ("sites", read::<types::Sites>),
    ("user", read::<types::User>),
    ("users", read::<types::Users>),
    ("group", read::<types::Group>),
    ("groups", read::<types::Groups>),
    ("project", read::<types::Project>),
    ("projects", read::<types::Projects>),
    ("workbook", read::<types::Workbook>),
    ("workbooks", read::<types::Workbooks>),
    ("view", read::<types::View>),
    ("views", read::<types::Views>),
    ("datasource", read::<types::Datasource>),
    ("datasources", read::<types::Datasources>),
    ("connection", read::<types::Connection>),
    ("connections", read::<types::Connections>),
    ("permissions", read::<types::Permissions>),
    ("tags", read::<types::Tags>),
    ("fileUpload", read::<types::FileUpload>),
    ("revisions", read::<types::Revisions>),
    ("scheduleLuids", read::<types::ScheduleLuids>),
    ("tagBatch", read::<types::TagBatch>),
    ("extractRefresh", read::<types::ExtractRefresh>),
    ("flowOutputSteps", read::<types::FlowOutputSteps>),
    ("flowRuns", each::<types::FlowRun>),
    ("linkedTasks", each::<types::LinkedTask>),
    ("job", read::<types::Job>),
    ("backgroundJobs", read::<types::BackgroundJobs>),
    ("schedule", read::<types::Schedule>),
    ("schedules", read::<types::Schedules>),
    ("task", read::<types::Task>),
    ("tasks", read::<types::Tasks>),
    ("extracts", read::<types::Extracts>),
    ("subscription", read::<types::Subscription>),
    ("subscriptions", read::<types::Subscriptions>),
    ("favorites", read::<types::Favorites>),
    ("domainList", read::<types::DomainList>),
    ("warnings", read::<types::Warnings>),
    ("flow", read::<types::Flow>),
    ("flows", read::<types::Flows>),
    ("flowRun", read::<types::FlowRun>),
    ("linkedTask", read::<types::LinkedTask>),
    ("linkedTaskJob", read::<types::LinkedTaskJob>),
    ("database", read::<types::Database>),
    ("databases", read::<types::Databases>),
    ("table", read::<types::Table>),
    ("tables", read::<types::Tables>),
    ("column", read::<types::Column>),
    ("columns", read::<types::Columns>),
    ("dataQualityWarning", read::<types::DataQualityWarning>),
    ("dataQualityWarningList", read::<types::DataQualityWarnings>),
    ("dataAlert", read::<types::DataAlert>),
    ("dataAlerts", read::<types::DataAlerts>),
    ("metric", read::<types::Metric>),
    ("metrics", read::<types::Metrics>),
    ("webhook", read::<types::Webhook>),
    ("webhooks", read::<types::Webhooks>),
    ("webhookTestResult", read::<types::WebhookTestResult>),
    ("customView", read::<types::CustomView>),
    ("customViews", read::<types::CustomViews>),
    ("virtualConnection", read::<types::VirtualConnection>),
    ("virtualConnections", read::<types::VirtualConnections>),
    ("virtualConnectionConnections", read::<types::DatabaseConnections>),
    ("groupSet", read::<types::GroupSet>),
    ("groupSets", read::<types::GroupSets>),
    ("siteOIDCConfiguration", read::<types::SiteOidcConfiguration>),
    ("siteAuthConfigurations", read::<types::SiteAuthConfigurations>),
    (
        "extensionsServerSettings",
        read::<types::ExtensionsServerSettings>,
    ),
    ("extensionsSiteSettings", read::<types::ExtensionsSiteSettings>),
    ("dataAccelerationReport", read::<types::DataAccelerationReport>),
];

/// `file` reads the answer in a file; the arguments name its path.
pub fn call(method: &str, args: &Args) -> Result<Value, Trouble> {
    if method != "file" {
        return Err(Trouble::Usage(format!("there is no call read.{method}")));
    }
    let path = args.text("path")?;
    let body = std::fs::read(&path).map_err(|e| Trouble::Usage(format!("{path}: {e}")))?;
    let node = Node::parse_answer(Format::Xml, &body).map_err(|e| Trouble::Usage(format!("{path}: {e}")))?;
    let mut parts = Vec::new();
    for child in &node.children {
        let name = child.name.as_str();
        let Some((_, reader)) = READERS.iter().find(|(element, _)| *element == name) else {
            return Err(Trouble::Usage(format!("{path}: nothing reads <{name}>")));
        };
        let value = reader(child).map_err(|e| Trouble::Usage(format!("{path}: <{name}>: {e}")))?;
        parts.push(json!({"element": name, "value": value}));
    }
    Ok(json!({"root": node.name, "parts": parts}))
}

fn read<T: Read1 + Write1>(node: &Node) -> Result<Value, String> {
    let item = T::read(node).map_err(|e| e.to_string())?;
    Ok(written(|out| item.write(out)))
}

/// Reads the items of a list whose type the client keeps to itself.
fn each<T: Read1 + Write1>(node: &Node) -> Result<Value, String> {
    let items: Result<Vec<Value>, String> = node.children.iter().map(read::<T>).collect();
    Ok(Value::Array(items?))
}
