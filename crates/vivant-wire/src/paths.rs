//! Every method of the reference by its address, and the search for the one that a request means.
//!
//! The table holds facts of the published reference up to the newest version, also of methods that
//! no handler serves yet, so that those can say so.
//! Addresses are matched tolerantly, since clients differ: case of fixed parts, trailing slashes.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;

use crate::version::{ApiVersion, V};

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    /// Reads `GET`, `POST`, …; `HEAD` is answered like `GET`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "GET" | "HEAD" => Some(Self::Get),
            "POST" => Some(Self::Post),
            "PUT" => Some(Self::Put),
            "PATCH" => Some(Self::Patch),
            "DELETE" => Some(Self::Delete),
            _ => None,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        })
    }
}

/// One method of the reference.
#[derive(Debug)]
pub struct Endpoint {
    /// The reference's section.
    pub area: &'static str,
    /// The reference's name of the method.
    pub operation: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Address behind `/api/{version}`, or from the root where it begins with `/api/`.
    pub path: &'static str,
    /// The version that brought it; 2.0 stands for all older ones.
    pub since: ApiVersion,
}

/// What an address means.
#[derive(Debug)]
pub struct Found {
    /// The methods that live at the address, one for each HTTP method.
    pub endpoints: Vec<&'static Endpoint>,
    /// The values of the address's variable parts, decoded, in order.
    pub values: Vec<String>,
    /// The version in the address; `None` for addresses without one.
    pub version: Option<ApiVersion>,
}

impl Found {
    /// The endpoint for an HTTP method.
    pub fn endpoint(&self, method: Method) -> Option<&'static Endpoint> {
        self.endpoints.iter().copied().find(|e| e.method == method)
    }
}

impl Endpoint {
    /// The value of the variable part of the given name, such as `site-id`.
    pub fn value<'a>(&self, name: &str, values: &'a [String]) -> Option<&'a str> {
        let variables = self
            .path
            .split('/')
            .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        variables
            .zip(values)
            .find(|(variable, _)| *variable == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why an address means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// The version in the address does not exist.
    Version(String),
    /// No method lives there.
    Path,
}

/// Finds the methods at an address (without its query string).
pub fn find(path: &str) -> Result<Found, NotFound> {
    let mut segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
    if segments.len() < 2 || !segments[0].eq_ignore_ascii_case("api") {
        return Err(NotFound::Path);
    }
    let version = if segments[1].starts_with(|c: char| c.is_ascii_digit()) {
        let version = segments[1].parse::<ApiVersion>().ok().filter(|v| v.is_known());
        let version = version.ok_or_else(|| NotFound::Version(segments[1].to_owned()))?;
        segments.drain(..2);
        Some(version)
    } else {
        None
    };
    let mut taken = Vec::new();
    let leaf = tree().find(&segments, &mut taken).ok_or(NotFound::Path)?;
    let decode = |s: &&str| {
        percent_decode_str(s)
            .decode_utf8()
            .map(|s| s.into_owned())
            .map_err(|_| NotFound::Path)
    };
    let values = taken.iter().map(decode).collect::<Result<_, _>>()?;
    Ok(Found {
        endpoints: leaf.endpoints.clone(),
        values,
        version,
    })
}

#[derive(Default)]
struct Tree {
    fixed: HashMap<String, Tree>,
    variable: Option<Box<Tree>>,
    endpoints: Vec<&'static Endpoint>,
}

impl Tree {
    /// Prefers fixed parts to variable ones, wherever the rest fits too.
    fn find<'t, 's>(&'t self, segments: &[&'s str], taken: &mut Vec<&'s str>) -> Option<&'t Self> {
        let Some((first, rest)) = segments.split_first() else {
            return (!self.endpoints.is_empty()).then_some(self);
        };
        if let Some(next) = self.fixed.get(&first.to_ascii_lowercase())
            && let Some(found) = next.find(rest, taken)
        {
            return Some(found);
        }
        let next = self.variable.as_deref()?;
        taken.push(first);
        let found = next.find(rest, taken);
        if found.is_none() {
            taken.pop();
        }
        found
    }
}

fn tree() -> &'static Tree {
    static TREE: OnceLock<Tree> = OnceLock::new();
    TREE.get_or_init(|| {
        let mut root = Tree::default();
        for endpoint in ENDPOINTS {
            let mut at = &mut root;
            for segment in endpoint.path.split('/').filter(|s| !s.is_empty()) {
                at = if segment.starts_with('{') {
                    at.variable.get_or_insert_default()
                } else {
                    at.fixed.entry(segment.to_ascii_lowercase()).or_default()
                };
            }
            at.endpoints.push(endpoint);
        }
        root
    })
}

/// Every method of the reference.
#[rustfmt::skip]
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint { area: "Authentication", operation: "Sign In", method: Method::Post, path: "/auth/signin", since: V(2, 0) },
    Endpoint { area: "Authentication", operation: "Sign Out", method: Method::Post, path: "/auth/signout", since: V(2, 0) },
    Endpoint { area: "Authentication", operation: "Switch Site", method: Method::Post, path: "/auth/switchSite", since: V(2, 6) },
    Endpoint { area: "Sites", operation: "Create Site", method: Method::Post, path: "/sites", since: V(2, 0) },
    Endpoint { area: "Sites", operation: "Query Site", method: Method::Get, path: "/sites/{site-id}", since: V(2, 0) },
    Endpoint { area: "Sites", operation: "Query Sites", method: Method::Get, path: "/sites", since: V(2, 0) },
    Endpoint { area: "Sites", operation: "Query Views for Site", method: Method::Get, path: "/sites/{site-id}/views", since: V(2, 2) },
    Endpoint { area: "Sites", operation: "Update Site", method: Method::Put, path: "/sites/{site-id}", since: V(2, 0) },
    Endpoint { area: "Sites", operation: "Delete Site", method: Method::Delete, path: "/sites/{site-id}", since: V(2, 0) },
    Endpoint { area: "Projects", operation: "Create Project", method: Method::Post, path: "/sites/{site-id}/projects", since: V(2, 0) },
    Endpoint { area: "Projects", operation: "Query Projects", method: Method::Get, path: "/sites/{site-id}/projects", since: V(2, 0) },
    Endpoint { area: "Projects", operation: "Update Project", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}", since: V(2, 0) },
    Endpoint { area: "Projects", operation: "Delete Project", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Publish Workbook", method: Method::Post, path: "/sites/{site-id}/workbooks", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Add Tags to View", method: Method::Put, path: "/sites/{site-id}/views/{view-id}/tags", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Add Tags to Workbook", method: Method::Put, path: "/sites/{site-id}/workbooks/{workbook-id}/tags", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Query Views for Workbook", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/views", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Query View Data", method: Method::Get, path: "/sites/{site-id}/views/{view-id}/data", since: V(2, 7) },
    Endpoint { area: "Workbooks and Views", operation: "Query View Image", method: Method::Get, path: "/sites/{site-id}/views/{view-id}/image", since: V(2, 5) },
    Endpoint { area: "Workbooks and Views", operation: "Query View PDF", method: Method::Get, path: "/sites/{site-id}/views/{view-id}/pdf", since: V(2, 7) },
    Endpoint { area: "Workbooks and Views", operation: "Query View Preview Image", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/views/{view-id}/previewImage", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Query Workbook", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Query Workbook Connections", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/connections", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Get Workbook Revisions", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/revisions", since: V(2, 3) },
    Endpoint { area: "Workbooks and Views", operation: "Query Workbook Preview Image", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/previewImage", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Query Workbooks for Site", method: Method::Get, path: "/sites/{site-id}/workbooks", since: V(2, 3) },
    Endpoint { area: "Workbooks and Views", operation: "Query Workbooks for User", method: Method::Get, path: "/sites/{site-id}/users/{user-id}/workbooks", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Download Workbook", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/content", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Download Workbook Revision", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/revisions/{revision-number}/content", since: V(2, 3) },
    Endpoint { area: "Workbooks and Views", operation: "Update Workbook", method: Method::Put, path: "/sites/{site-id}/workbooks/{workbook-id}", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Update Workbook Connection", method: Method::Put, path: "/sites/{site-id}/workbooks/{workbook-id}/connections/{connection-id}", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Update Workbook Now", method: Method::Post, path: "/sites/{site-id}/workbooks/{workbook-id}/refresh", since: V(2, 8) },
    Endpoint { area: "Workbooks and Views", operation: "Delete Workbook", method: Method::Delete, path: "/sites/{site-id}/workbooks/{workbook-id}", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Remove Workbook Revision", method: Method::Delete, path: "/sites/{site-id}/workbooks/{workbook-id}/revisions/{revision-number}", since: V(2, 3) },
    Endpoint { area: "Workbooks and Views", operation: "Delete Tag from View", method: Method::Delete, path: "/sites/{site-id}/views/{view-id}/tags/{tag-name}", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "Delete Tag from Workbook", method: Method::Delete, path: "/sites/{site-id}/workbooks/{workbook-id}/tags/{tag-name}", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Publish Data Source", method: Method::Post, path: "/sites/{site-id}/datasources", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Add Tags to Data Source", method: Method::Put, path: "/sites/{site-id}/datasources/{datasource-id}/tags", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Delete Tag from Data Source", method: Method::Delete, path: "/sites/{site-id}/datasources/{datasource-id}/tags/{tag-name}", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Query Data Source", method: Method::Get, path: "/sites/{site-id}/datasources/{datasource-id}", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Query Data Sources", method: Method::Get, path: "/sites/{site-id}/datasources", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Query Data Source Connections", method: Method::Get, path: "/sites/{site-id}/datasources/{datasource-id}/connections", since: V(2, 3) },
    Endpoint { area: "Data Sources", operation: "Get Data Source Revisions", method: Method::Get, path: "/sites/{site-id}/datasources/{datasource-id}/revisions", since: V(2, 3) },
    Endpoint { area: "Data Sources", operation: "Download Data Source", method: Method::Get, path: "/sites/{site-id}/datasources/{datasource-id}/content", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Download Data Source Revision", method: Method::Get, path: "/sites/{site-id}/datasources/{datasource-id}/revisions/{revision-number}/content", since: V(2, 3) },
    Endpoint { area: "Data Sources", operation: "Update Data Source", method: Method::Put, path: "/sites/{site-id}/datasources/{datasource-id}", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Update Data Source Connection", method: Method::Put, path: "/sites/{site-id}/datasources/{datasource-id}/connections/{connection-id}", since: V(2, 3) },
    Endpoint { area: "Data Sources", operation: "Update Data Source Connection (2.0 form)", method: Method::Put, path: "/sites/{site-id}/datasources/{datasource-id}/connection", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Update Data Source Now", method: Method::Post, path: "/sites/{site-id}/datasources/{datasource-id}/refresh", since: V(2, 8) },
    Endpoint { area: "Data Sources", operation: "Delete Data Source", method: Method::Delete, path: "/sites/{site-id}/datasources/{datasource-id}", since: V(2, 0) },
    Endpoint { area: "Data Sources", operation: "Remove Data Source Revision", method: Method::Delete, path: "/sites/{site-id}/datasources/{datasource-id}/revisions/{revision-number}", since: V(2, 3) },
    Endpoint { area: "Users and Groups", operation: "Create Group", method: Method::Post, path: "/sites/{site-id}/groups", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Add User to Group", method: Method::Post, path: "/sites/{site-id}/groups/{group-id}/users", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Add User to Site", method: Method::Post, path: "/sites/{site-id}/users", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Get Users in Group", method: Method::Get, path: "/sites/{site-id}/groups/{group-id}/users", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Get Users on Site", method: Method::Get, path: "/sites/{site-id}/users", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Query Groups", method: Method::Get, path: "/sites/{site-id}/groups", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Query User On Site", method: Method::Get, path: "/sites/{site-id}/users/{user-id}", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Update Group", method: Method::Put, path: "/sites/{site-id}/groups/{group-id}", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Update User", method: Method::Put, path: "/sites/{site-id}/users/{user-id}", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Remove User from Group", method: Method::Delete, path: "/sites/{site-id}/groups/{group-id}/users/{user-id}", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Remove User from Site", method: Method::Delete, path: "/sites/{site-id}/users/{user-id}", since: V(2, 0) },
    Endpoint { area: "Users and Groups", operation: "Delete Group", method: Method::Delete, path: "/sites/{site-id}/groups/{group-id}", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Add Data Source Permissions", method: Method::Put, path: "/sites/{site-id}/datasources/{datasource-id}/permissions", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Add Project Permissions", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/permissions", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/workbooks", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/datasources", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Add Workbook Permissions", method: Method::Put, path: "/sites/{site-id}/workbooks/{workbook-id}/permissions", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Query Data Source Permissions", method: Method::Get, path: "/sites/{site-id}/datasources/{datasource-id}/permissions", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Query Project Permissions", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/permissions", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/datasources", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/workbooks", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Query Workbook Permissions", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/permissions", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Delete Data Source Permission", method: Method::Delete, path: "/sites/{site-id}/datasources/{datasource-id}/permissions/groups/{group-id}/{capability-name}/{capability-mode}", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Delete Data Source Permission", method: Method::Delete, path: "/sites/{site-id}/datasources/{datasource-id}/permissions/users/{user-id}/{capability-name}/{capability-mode}", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Delete Project Permission", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/permissions/groups/{group-id}/{capability-name}/{capability-mode}", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Delete Project Permission", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/permissions/users/{user-id}/{capability-name}/{capability-mode}", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/workbooks/groups/{group-id}/{capability-name}/{capability-mode}", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/workbooks/users/{user-id}/{capability-name}/{capability-mode}", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/datasources/groups/{group-id}/{capability-name}/{capability-mode}", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/datasources/users/{user-id}/{capability-name}/{capability-mode}", since: V(2, 1) },
    Endpoint { area: "Permissions", operation: "Delete Workbook Permission", method: Method::Delete, path: "/sites/{site-id}/workbooks/{workbook-id}/permissions/groups/{group-id}/{capability-name}/{capability-mode}", since: V(2, 0) },
    Endpoint { area: "Permissions", operation: "Delete Workbook Permission", method: Method::Delete, path: "/sites/{site-id}/workbooks/{workbook-id}/permissions/users/{user-id}/{capability-name}/{capability-mode}", since: V(2, 0) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Add Data Source to Schedule", method: Method::Put, path: "/sites/{site-id}/schedules/{schedule-id}/datasources", since: V(2, 8) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Add Workbook to Schedule", method: Method::Put, path: "/sites/{site-id}/schedules/{schedule-id}/workbooks", since: V(2, 8) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Cancel Job", method: Method::Put, path: "/sites/{site-id}/jobs/{job-id}", since: V(3, 1) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Query Job", method: Method::Get, path: "/sites/{site-id}/jobs/{job-id}", since: V(2, 0) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Query Jobs", method: Method::Get, path: "/sites/{site-id}/jobs", since: V(3, 1) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Get Extract Refresh Task", method: Method::Get, path: "/sites/{site-id}/tasks/extractRefreshes/{task-id}", since: V(2, 6) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Get Extract Refresh Tasks", method: Method::Get, path: "/sites/{site-id}/tasks/extractRefreshes", since: V(2, 6) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Create Schedule", method: Method::Post, path: "/schedules", since: V(2, 3) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Query Extract Refresh Tasks", method: Method::Get, path: "/sites/{site-id}/schedules/{schedule-id}/extracts", since: V(2, 2) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Query Schedules", method: Method::Get, path: "/schedules", since: V(2, 2) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Run Extract Refresh Task", method: Method::Post, path: "/sites/{site-id}/tasks/extractRefreshes/{task-id}/runNow", since: V(2, 6) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Update Schedule", method: Method::Put, path: "/schedules/{schedule-id}", since: V(2, 3) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Delete Schedule", method: Method::Delete, path: "/schedules/{schedule-id}", since: V(2, 3) },
    Endpoint { area: "Subscriptions", operation: "Create Subscription", method: Method::Post, path: "/sites/{site-id}/subscriptions", since: V(2, 3) },
    Endpoint { area: "Subscriptions", operation: "Query Subscription", method: Method::Get, path: "/sites/{site-id}/subscriptions/{subscription-id}", since: V(2, 3) },
    Endpoint { area: "Subscriptions", operation: "Query Subscriptions", method: Method::Get, path: "/sites/{site-id}/subscriptions", since: V(2, 3) },
    Endpoint { area: "Subscriptions", operation: "Update Subscription", method: Method::Put, path: "/sites/{site-id}/subscriptions/{subscription-id}", since: V(2, 3) },
    Endpoint { area: "Subscriptions", operation: "Delete Subscription", method: Method::Delete, path: "/sites/{site-id}/subscriptions/{subscription-id}", since: V(2, 3) },
    Endpoint { area: "Favorites", operation: "Add Data Source to Favorites", method: Method::Put, path: "/sites/{site-id}/favorites/{user-id}", since: V(2, 0) },
    Endpoint { area: "Favorites", operation: "Delete Data Source from Favorites", method: Method::Delete, path: "/sites/{site-id}/favorites/{user-id}/datasources/{datasource-id}", since: V(2, 3) },
    Endpoint { area: "Favorites", operation: "Delete Project from Favorites", method: Method::Delete, path: "/sites/{site-id}/favorites/{user-id}/projects/{project-id}", since: V(3, 1) },
    Endpoint { area: "Favorites", operation: "Delete View from Favorites", method: Method::Delete, path: "/sites/{site-id}/favorites/{user-id}/views/{view-id}", since: V(2, 0) },
    Endpoint { area: "Favorites", operation: "Delete Workbook from Favorites", method: Method::Delete, path: "/sites/{site-id}/favorites/{user-id}/workbooks/{workbook-id}", since: V(2, 0) },
    Endpoint { area: "Favorites", operation: "Get Favorites for User", method: Method::Get, path: "/sites/{site-id}/favorites/{user-id}", since: V(2, 5) },
    Endpoint { area: "Publishing", operation: "Initiate File Upload", method: Method::Post, path: "/sites/{site-id}/fileUploads", since: V(2, 0) },
    Endpoint { area: "Publishing", operation: "Append to File Upload", method: Method::Put, path: "/sites/{site-id}/fileUploads/{upload-session-id}", since: V(2, 0) },
    Endpoint { area: "Server", operation: "Server Info", method: Method::Get, path: "/serverinfo", since: V(2, 4) },
    Endpoint { area: "Authentication", operation: "Revoke Administrator Personal Access Tokens", method: Method::Delete, path: "/auth/serverAdminAccessTokens", since: V(3, 10) },
    Endpoint { area: "Authentication", operation: "Revoke Administrator Personal Access Tokens", method: Method::Post, path: "/auth/revokeAllServerAdminTokens", since: V(3, 10) },
    Endpoint { area: "Server", operation: "Get Current Server Session", method: Method::Get, path: "/sessions/current", since: V(3, 1) },
    Endpoint { area: "Server", operation: "Delete Server Session", method: Method::Delete, path: "/sessions/{session-id}", since: V(3, 9) },
    Endpoint { area: "Server", operation: "List Server Active Directory Domains", method: Method::Get, path: "/domains", since: V(3, 7) },
    Endpoint { area: "Server", operation: "Update Server Active Directory Domain", method: Method::Put, path: "/domains", since: V(3, 7) },
    Endpoint { area: "Server", operation: "Update Server Active Directory Domain (id in the address)", method: Method::Put, path: "/domains/{domain-id}", since: V(3, 7) },
    Endpoint { area: "Extract and Encryption", operation: "Encrypt Extracts in a Site", method: Method::Post, path: "/sites/{site-id}/encrypt-extracts", since: V(3, 5) },
    Endpoint { area: "Extract and Encryption", operation: "Decrypt Extracts in a Site", method: Method::Post, path: "/sites/{site-id}/decrypt-extracts", since: V(3, 5) },
    Endpoint { area: "Extract and Encryption", operation: "Reencrypt Extracts in a Site", method: Method::Post, path: "/sites/{site-id}/reencrypt-extracts", since: V(3, 5) },
    Endpoint { area: "Sites", operation: "List Authentication Configurations", method: Method::Get, path: "/sites/{site-id}/site-auth-configurations", since: V(3, 24) },
    Endpoint { area: "Sites", operation: "Get Data Acceleration Report", method: Method::Get, path: "/sites/{site-id}/dataAccelerationReport", since: V(3, 8) },
    Endpoint { area: "OIDC", operation: "Get OIDC Configuration", method: Method::Get, path: "/sites/{site-id}/site-oidc-configuration/{idp-configuration-id}", since: V(3, 24) },
    Endpoint { area: "OIDC", operation: "Create OIDC Configuration", method: Method::Put, path: "/sites/{site-id}/site-oidc-configuration", since: V(3, 22) },
    Endpoint { area: "OIDC", operation: "Update OIDC Configuration", method: Method::Put, path: "/sites/{site-id}/site-oidc-configuration/{idp-configuration-id}", since: V(3, 22) },
    Endpoint { area: "OIDC", operation: "Remove OIDC Configuration", method: Method::Put, path: "/sites/{site-id}/disable-site-oidc-configuration", since: V(3, 24) },
    Endpoint { area: "Extensions", operation: "Get Server Dashboard Extension Settings", method: Method::Get, path: "/settings/extensions", since: V(3, 21) },
    Endpoint { area: "Extensions", operation: "Update Server Dashboard Extension Settings", method: Method::Put, path: "/settings/extensions", since: V(3, 21) },
    Endpoint { area: "Extensions", operation: "Get Site Dashboard Extension Settings", method: Method::Get, path: "/sites/{site-id}/settings/extensions", since: V(3, 21) },
    Endpoint { area: "Extensions", operation: "Update Site Dashboard Extension Settings", method: Method::Put, path: "/sites/{site-id}/settings/extensions", since: V(3, 21) },
    Endpoint { area: "Settings", operation: "Get MCP Site Settings", method: Method::Get, path: "/sites/{site-id}/settings/mcp", since: V(3, 29) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions (metric)", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/metrics", since: V(3, 2) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions (metric)", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/metrics", since: V(3, 2) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission (metric)", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/metrics/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 2) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions (data role)", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/dataroles", since: V(3, 4) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions (data role)", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/dataroles", since: V(3, 4) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission (data role)", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/dataroles/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 4) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions (flow)", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/flows", since: V(3, 3) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions (flow)", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/flows", since: V(3, 3) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission (flow)", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/flows/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 3) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions (ask data lens)", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/lenses", since: V(3, 4) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions (ask data lens)", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/lenses", since: V(3, 4) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission (ask data lens)", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/lenses/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 4) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions (virtual connection)", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/virtualConnections", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions (virtual connection)", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/virtualConnections", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission (virtual connection)", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/virtualConnections/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions (database)", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/databases", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions (database)", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/databases", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission (database)", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/databases/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Query Default Permissions (table)", method: Method::Get, path: "/sites/{site-id}/projects/{project-id}/default-permissions/tables", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Add Default Permissions (table)", method: Method::Put, path: "/sites/{site-id}/projects/{project-id}/default-permissions/tables", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Delete Default Permission (table)", method: Method::Delete, path: "/sites/{site-id}/projects/{project-id}/default-permissions/tables/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 23) },
    Endpoint { area: "Permissions", operation: "Query Permissions (views)", method: Method::Get, path: "/sites/{site-id}/views/{view-id}/permissions", since: V(3, 2) },
    Endpoint { area: "Permissions", operation: "Add Permissions (views)", method: Method::Put, path: "/sites/{site-id}/views/{view-id}/permissions", since: V(3, 2) },
    Endpoint { area: "Permissions", operation: "Delete Permission (views)", method: Method::Delete, path: "/sites/{site-id}/views/{view-id}/permissions/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 2) },
    Endpoint { area: "Permissions", operation: "Query Permissions (flows)", method: Method::Get, path: "/sites/{site-id}/flows/{flow-id}/permissions", since: V(3, 3) },
    Endpoint { area: "Permissions", operation: "Add Permissions (flows)", method: Method::Put, path: "/sites/{site-id}/flows/{flow-id}/permissions", since: V(3, 3) },
    Endpoint { area: "Permissions", operation: "Delete Permission (flows)", method: Method::Delete, path: "/sites/{site-id}/flows/{flow-id}/permissions/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 3) },
    Endpoint { area: "Permissions", operation: "Query Permissions (databases)", method: Method::Get, path: "/sites/{site-id}/databases/{database-id}/permissions", since: V(3, 5) },
    Endpoint { area: "Permissions", operation: "Add Permissions (databases)", method: Method::Put, path: "/sites/{site-id}/databases/{database-id}/permissions", since: V(3, 5) },
    Endpoint { area: "Permissions", operation: "Delete Permission (databases)", method: Method::Delete, path: "/sites/{site-id}/databases/{database-id}/permissions/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 5) },
    Endpoint { area: "Permissions", operation: "Query Permissions (tables)", method: Method::Get, path: "/sites/{site-id}/tables/{table-id}/permissions", since: V(3, 5) },
    Endpoint { area: "Permissions", operation: "Add Permissions (tables)", method: Method::Put, path: "/sites/{site-id}/tables/{table-id}/permissions", since: V(3, 5) },
    Endpoint { area: "Permissions", operation: "Delete Permission (tables)", method: Method::Delete, path: "/sites/{site-id}/tables/{table-id}/permissions/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 5) },
    Endpoint { area: "Permissions", operation: "Query Permissions (virtualConnections)", method: Method::Get, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/permissions", since: V(3, 22) },
    Endpoint { area: "Permissions", operation: "Add Permissions (virtualConnections)", method: Method::Put, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/permissions", since: V(3, 22) },
    Endpoint { area: "Permissions", operation: "Delete Permission (virtualConnections)", method: Method::Delete, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/permissions/{groups|users|groupSets}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 22) },
    Endpoint { area: "Permissions", operation: "Query Default Table Permissions on Database", method: Method::Get, path: "/sites/{site-id}/databases/{database-id}/default-permissions/tables", since: V(3, 5) },
    Endpoint { area: "Permissions", operation: "Add Default Table Permissions on Database", method: Method::Put, path: "/sites/{site-id}/databases/{database-id}/default-permissions/tables", since: V(3, 5) },
    Endpoint { area: "Permissions", operation: "Delete Default Table Permission on Database", method: Method::Delete, path: "/sites/{site-id}/databases/{database-id}/default-permissions/tables/{groups|users}/{grantee-id}/{capability-name}/{capability-mode}", since: V(3, 5) },
    Endpoint { area: "Workbooks and Views", operation: "Get View", method: Method::Get, path: "/sites/{site-id}/views/{view-id}", since: V(3, 1) },
    Endpoint { area: "Workbooks and Views", operation: "Delete View", method: Method::Delete, path: "/sites/{site-id}/views/{view-id}", since: V(3, 27) },
    Endpoint { area: "Workbooks and Views", operation: "Download View Crosstab Excel", method: Method::Get, path: "/sites/{site-id}/views/{view-id}/crosstab/excel", since: V(3, 8) },
    Endpoint { area: "Workbooks and Views", operation: "Download Workbook PDF", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/pdf", since: V(3, 4) },
    Endpoint { area: "Workbooks and Views", operation: "Download Workbook PowerPoint", method: Method::Get, path: "/sites/{site-id}/workbooks/{workbook-id}/powerpoint", since: V(3, 8) },
    Endpoint { area: "Workbooks and Views", operation: "Update Workbook Connections", method: Method::Put, path: "/sites/{site-id}/workbooks/{workbook-id}/connections", since: V(3, 26) },
    Endpoint { area: "Workbooks and Views", operation: "Validate Workbook and Upload", method: Method::Post, path: "/sites/{site-id}/workbooks/validateWorkbookAndUpload", since: V(2, 0) },
    Endpoint { area: "Workbooks and Views", operation: "List Custom Views", method: Method::Get, path: "/sites/{site-id}/customviews", since: V(3, 18) },
    Endpoint { area: "Workbooks and Views", operation: "Get Custom View", method: Method::Get, path: "/sites/{site-id}/customviews/{custom-view-id}", since: V(3, 18) },
    Endpoint { area: "Workbooks and Views", operation: "Update Custom View", method: Method::Put, path: "/sites/{site-id}/customviews/{custom-view-id}", since: V(3, 18) },
    Endpoint { area: "Workbooks and Views", operation: "Delete Custom View", method: Method::Delete, path: "/sites/{site-id}/customviews/{custom-view-id}", since: V(3, 19) },
    Endpoint { area: "Workbooks and Views", operation: "Get Custom View Image", method: Method::Get, path: "/sites/{site-id}/customviews/{custom-view-id}/image", since: V(3, 18) },
    Endpoint { area: "Workbooks and Views", operation: "Get Custom View PDF", method: Method::Get, path: "/sites/{site-id}/customviews/{custom-view-id}/pdf", since: V(3, 23) },
    Endpoint { area: "Workbooks and Views", operation: "Get Custom View Data", method: Method::Get, path: "/sites/{site-id}/customviews/{custom-view-id}/data", since: V(3, 23) },
    Endpoint { area: "Workbooks and Views", operation: "Download Custom View definition", method: Method::Get, path: "/api/exp/sites/{site-id}/customviews/{custom-view-id}/content", since: V(3, 21) },
    Endpoint { area: "Workbooks and Views", operation: "Publish Custom View", method: Method::Post, path: "/api/exp/sites/{site-id}/customviews", since: V(3, 21) },
    Endpoint { area: "Workbooks and Views", operation: "List Users with Custom View as Default", method: Method::Get, path: "/sites/{site-id}/customviews/{custom-view-id}/default/users", since: V(3, 21) },
    Endpoint { area: "Workbooks and Views", operation: "Set Custom View as Default for Users", method: Method::Post, path: "/sites/{site-id}/customviews/{custom-view-id}/default/users", since: V(3, 21) },
    Endpoint { area: "Data Sources", operation: "Update Data in Hyper Data Source", method: Method::Patch, path: "/sites/{site-id}/datasources/{datasource-id}/data", since: V(3, 13) },
    Endpoint { area: "Data Sources", operation: "Update Data in Hyper Connection", method: Method::Patch, path: "/sites/{site-id}/datasources/{datasource-id}/connections/{connection-id}/data", since: V(3, 13) },
    Endpoint { area: "Data Sources", operation: "Update Data Source Connections", method: Method::Put, path: "/sites/{site-id}/datasources/{datasource-id}/connections", since: V(3, 26) },
    Endpoint { area: "Extract and Encryption", operation: "Create Extract for Data Source", method: Method::Post, path: "/sites/{site-id}/datasources/{datasource-id}/createExtract", since: V(3, 5) },
    Endpoint { area: "Extract and Encryption", operation: "Delete Extract from Data Source", method: Method::Post, path: "/sites/{site-id}/datasources/{datasource-id}/deleteExtract", since: V(3, 5) },
    Endpoint { area: "Extract and Encryption", operation: "Create Extracts for Embedded Data Sources", method: Method::Post, path: "/sites/{site-id}/workbooks/{workbook-id}/createExtract", since: V(3, 5) },
    Endpoint { area: "Extract and Encryption", operation: "Delete Extracts of Embedded Data Sources", method: Method::Post, path: "/sites/{site-id}/workbooks/{workbook-id}/deleteExtract", since: V(3, 3) },
    Endpoint { area: "Extract and Encryption", operation: "Create Cloud Extract Refresh Task", method: Method::Post, path: "/sites/{site-id}/tasks/extractRefreshes", since: V(3, 19) },
    Endpoint { area: "Extract and Encryption", operation: "Update Cloud Extract Refresh Task", method: Method::Post, path: "/sites/{site-id}/tasks/extractRefreshes/{task-id}", since: V(3, 20) },
    Endpoint { area: "Extract and Encryption", operation: "Delete Extract Refresh Task", method: Method::Delete, path: "/sites/{site-id}/tasks/extractRefreshes/{task-id}", since: V(3, 6) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Get Data Acceleration Tasks", method: Method::Get, path: "/sites/{site-id}/tasks/dataAcceleration", since: V(3, 8) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Delete Data Acceleration Task", method: Method::Delete, path: "/sites/{site-id}/tasks/dataAcceleration/{task-id}", since: V(3, 8) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Get Server Schedule", method: Method::Get, path: "/schedules/{schedule-id}", since: V(3, 8) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Batch Update Schedule State", method: Method::Put, path: "/schedules", since: V(3, 27) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "List Linked Tasks", method: Method::Get, path: "/sites/{site-id}/tasks/linked", since: V(3, 15) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Get Linked Task", method: Method::Get, path: "/sites/{site-id}/tasks/linked/{linked-task-id}", since: V(3, 15) },
    Endpoint { area: "Jobs, Tasks, Schedules", operation: "Run Linked Task Now", method: Method::Post, path: "/sites/{site-id}/tasks/linked/{linked-task-id}/runNow", since: V(3, 15) },
    Endpoint { area: "Flows", operation: "Query Flows for Site", method: Method::Get, path: "/sites/{site-id}/flows", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Query Flows for User", method: Method::Get, path: "/sites/{site-id}/users/{user-id}/flows", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Query Flow", method: Method::Get, path: "/sites/{site-id}/flows/{flow-id}", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Query Flow Connections", method: Method::Get, path: "/sites/{site-id}/flows/{flow-id}/connections", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Publish Flow", method: Method::Post, path: "/sites/{site-id}/flows", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Download Flow", method: Method::Get, path: "/sites/{site-id}/flows/{flow-id}/content", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Update Flow", method: Method::Put, path: "/sites/{site-id}/flows/{flow-id}", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Update Flow Connection", method: Method::Put, path: "/sites/{site-id}/flows/{flow-id}/connections/{connection-id}", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Delete Flow", method: Method::Delete, path: "/sites/{site-id}/flows/{flow-id}", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Run Flow Now", method: Method::Post, path: "/sites/{site-id}/flows/{flow-id}/run", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Add Flow Task to Schedule", method: Method::Put, path: "/sites/{site-id}/schedules/{schedule-id}/flows", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Create Cloud Flow Task", method: Method::Post, path: "/sites/{site-id}/tasks/flows", since: V(3, 22) },
    Endpoint { area: "Flows", operation: "Get Flow Run Tasks", method: Method::Get, path: "/sites/{site-id}/tasks/runFlow", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Get Flow Run Task", method: Method::Get, path: "/sites/{site-id}/tasks/runFlow/{task-id}", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Run Flow Task", method: Method::Post, path: "/sites/{site-id}/tasks/runFlow/{task-id}/runNow", since: V(3, 3) },
    Endpoint { area: "Flows", operation: "Get Flow Runs", method: Method::Get, path: "/sites/{site-id}/flows/runs", since: V(3, 10) },
    Endpoint { area: "Flows", operation: "Get Flow Run", method: Method::Get, path: "/sites/{site-id}/flows/runs/{flow-run-id}", since: V(3, 10) },
    Endpoint { area: "Flows", operation: "Cancel Flow Run", method: Method::Put, path: "/sites/{site-id}/flows/runs/{flow-run-id}", since: V(3, 10) },
    Endpoint { area: "Users and Groups", operation: "Get Groups for a User", method: Method::Get, path: "/sites/{site-id}/users/{user-id}/groups", since: V(3, 7) },
    Endpoint { area: "Users and Groups", operation: "Import Users to Site from CSV", method: Method::Post, path: "/sites/{site-id}/users/import", since: V(3, 15) },
    Endpoint { area: "Users and Groups", operation: "Delete Users from Site with CSV", method: Method::Post, path: "/sites/{site-id}/users/delete", since: V(3, 15) },
    Endpoint { area: "Users and Groups", operation: "Remove Users from Group (batch)", method: Method::Put, path: "/sites/{site-id}/groups/{group-id}/users/remove", since: V(3, 21) },
    Endpoint { area: "Users and Groups", operation: "List Group Sets", method: Method::Get, path: "/sites/{site-id}/groupsets", since: V(3, 22) },
    Endpoint { area: "Users and Groups", operation: "Get Group Set", method: Method::Get, path: "/sites/{site-id}/groupsets/{group-set-id}", since: V(3, 22) },
    Endpoint { area: "Users and Groups", operation: "Create Group Set", method: Method::Post, path: "/sites/{site-id}/groupsets", since: V(3, 22) },
    Endpoint { area: "Users and Groups", operation: "Update Group Set", method: Method::Put, path: "/sites/{site-id}/groupsets/{group-set-id}", since: V(3, 22) },
    Endpoint { area: "Users and Groups", operation: "Delete Group Set", method: Method::Delete, path: "/sites/{site-id}/groupsets/{group-set-id}", since: V(3, 22) },
    Endpoint { area: "Users and Groups", operation: "Add Group to Group Set", method: Method::Put, path: "/sites/{site-id}/groupsets/{group-set-id}/groups/{group-id}", since: V(3, 22) },
    Endpoint { area: "Users and Groups", operation: "Remove Group from Group Set", method: Method::Delete, path: "/sites/{site-id}/groupsets/{group-set-id}/groups/{group-id}", since: V(3, 22) },
    Endpoint { area: "Data-Driven Alerts", operation: "Query Data-Driven Alerts", method: Method::Get, path: "/sites/{site-id}/dataAlerts", since: V(3, 2) },
    Endpoint { area: "Data-Driven Alerts", operation: "Query Data-Driven Alert Details", method: Method::Get, path: "/sites/{site-id}/dataAlerts/{data-alert-id}", since: V(3, 2) },
    Endpoint { area: "Data-Driven Alerts", operation: "Update Data-Driven Alert", method: Method::Put, path: "/sites/{site-id}/dataAlerts/{data-alert-id}", since: V(3, 2) },
    Endpoint { area: "Data-Driven Alerts", operation: "Delete Data-Driven Alert", method: Method::Delete, path: "/sites/{site-id}/dataAlerts/{data-alert-id}", since: V(3, 2) },
    Endpoint { area: "Data-Driven Alerts", operation: "Add User to Data-Driven Alert", method: Method::Post, path: "/sites/{site-id}/dataAlerts/{data-alert-id}/users", since: V(3, 2) },
    Endpoint { area: "Data-Driven Alerts", operation: "Delete User from Data-Driven Alert", method: Method::Delete, path: "/sites/{site-id}/dataAlerts/{data-alert-id}/users/{user-id}", since: V(3, 2) },
    Endpoint { area: "Metadata", operation: "Query Databases", method: Method::Get, path: "/sites/{site-id}/databases", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Query Database", method: Method::Get, path: "/sites/{site-id}/databases/{database-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Update Database", method: Method::Put, path: "/sites/{site-id}/databases/{database-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Remove Database", method: Method::Delete, path: "/sites/{site-id}/databases/{database-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Add Tags to Database", method: Method::Put, path: "/sites/{site-id}/databases/{database-id}/tags", since: V(3, 9) },
    Endpoint { area: "Metadata", operation: "Delete Tag from Database", method: Method::Delete, path: "/sites/{site-id}/databases/{database-id}/tags/{tag-name}", since: V(3, 9) },
    Endpoint { area: "Metadata", operation: "Query Tables", method: Method::Get, path: "/sites/{site-id}/tables", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Query Table", method: Method::Get, path: "/sites/{site-id}/tables/{table-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Update Table", method: Method::Put, path: "/sites/{site-id}/tables/{table-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Remove Table", method: Method::Delete, path: "/sites/{site-id}/tables/{table-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Add Tags to Table", method: Method::Put, path: "/sites/{site-id}/tables/{table-id}/tags", since: V(3, 9) },
    Endpoint { area: "Metadata", operation: "Delete Tag from Table", method: Method::Delete, path: "/sites/{site-id}/tables/{table-id}/tags/{tag-name}", since: V(3, 9) },
    Endpoint { area: "Metadata", operation: "Query Tables in Database", method: Method::Get, path: "/sites/{site-id}/databases/{database-id}/tables", since: V(2, 0) },
    Endpoint { area: "Metadata", operation: "Query Columns in Table", method: Method::Get, path: "/sites/{site-id}/tables/{table-id}/columns", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Update Column", method: Method::Put, path: "/sites/{site-id}/tables/{table-id}/columns/{column-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Remove Column", method: Method::Delete, path: "/sites/{site-id}/tables/{table-id}/columns/{column-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Add Data Quality Warning", method: Method::Post, path: "/sites/{site-id}/dataQualityWarnings/{content-type}/{content-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Query Data Quality Warning by Content", method: Method::Get, path: "/sites/{site-id}/dataQualityWarnings/{content-type}/{content-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Update Data Quality Warning by Content", method: Method::Put, path: "/sites/{site-id}/dataQualityWarnings/{content-type}/{content-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Delete Data Quality Warning by Content", method: Method::Delete, path: "/sites/{site-id}/dataQualityWarnings/{content-type}/{content-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Query Data Quality Warning", method: Method::Get, path: "/sites/{site-id}/dataQualityWarnings/{dqw-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Update Data Quality Warning", method: Method::Put, path: "/sites/{site-id}/dataQualityWarnings/{dqw-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Delete Data Quality Warning", method: Method::Delete, path: "/sites/{site-id}/dataQualityWarnings/{dqw-id}", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Batch Create Tags", method: Method::Put, path: "/tags:batchCreate", since: V(3, 9) },
    Endpoint { area: "Metadata", operation: "Batch Delete Tags", method: Method::Put, path: "/tags:batchDelete", since: V(3, 9) },
    Endpoint { area: "Metadata", operation: "Metadata GraphQL", method: Method::Post, path: "/api/metadata/graphql", since: V(3, 5) },
    Endpoint { area: "Metadata", operation: "Metadata backfill status", method: Method::Get, path: "/api/metadata/v1/control/backfill/status", since: V(3, 9) },
    Endpoint { area: "Metadata", operation: "Metadata eventing status", method: Method::Get, path: "/api/metadata/v1/control/eventing/status", since: V(3, 9) },
    Endpoint { area: "Favorites", operation: "Delete Flow from Favorites", method: Method::Delete, path: "/sites/{site-id}/favorites/{user-id}/flows/{flow-id}", since: V(3, 3) },
    Endpoint { area: "Favorites", operation: "Delete Metric from Favorites", method: Method::Delete, path: "/sites/{site-id}/favorites/{user-id}/metrics/{metric-id}", since: V(3, 15) },
    Endpoint { area: "Favorites", operation: "Delete from Favorites (generic)", method: Method::Delete, path: "/sites/{site-id}/favorites/{user-id}/{content-type}/{content-id}", since: V(3, 15) },
    Endpoint { area: "Metrics", operation: "List Metrics for Site", method: Method::Get, path: "/sites/{site-id}/metrics", since: V(3, 9) },
    Endpoint { area: "Metrics", operation: "Get Metric", method: Method::Get, path: "/sites/{site-id}/metrics/{metric-id}", since: V(3, 9) },
    Endpoint { area: "Metrics", operation: "Update Metric", method: Method::Put, path: "/sites/{site-id}/metrics/{metric-id}", since: V(3, 9) },
    Endpoint { area: "Metrics", operation: "Delete Metric", method: Method::Delete, path: "/sites/{site-id}/metrics/{metric-id}", since: V(3, 9) },
    Endpoint { area: "Webhooks", operation: "List Webhooks", method: Method::Get, path: "/sites/{site-id}/webhooks", since: V(3, 6) },
    Endpoint { area: "Webhooks", operation: "Get Webhook", method: Method::Get, path: "/sites/{site-id}/webhooks/{webhook-id}", since: V(3, 6) },
    Endpoint { area: "Webhooks", operation: "Create Webhook", method: Method::Post, path: "/sites/{site-id}/webhooks", since: V(3, 6) },
    Endpoint { area: "Webhooks", operation: "Delete Webhook", method: Method::Delete, path: "/sites/{site-id}/webhooks/{webhook-id}", since: V(3, 6) },
    Endpoint { area: "Webhooks", operation: "Test Webhook", method: Method::Get, path: "/sites/{site-id}/webhooks/{webhook-id}/test", since: V(3, 6) },
    Endpoint { area: "Virtual Connections", operation: "List Virtual Connections", method: Method::Get, path: "/sites/{site-id}/virtualConnections", since: V(3, 18) },
    Endpoint { area: "Virtual Connections", operation: "List Virtual Connection Database Connections", method: Method::Get, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/connections", since: V(3, 18) },
    Endpoint { area: "Virtual Connections", operation: "Update Virtual Connection Database Connections", method: Method::Put, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/connections/{connection-id}/modify", since: V(3, 18) },
    Endpoint { area: "Virtual Connections", operation: "Download Virtual Connection", method: Method::Get, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}", since: V(3, 23) },
    Endpoint { area: "Virtual Connections", operation: "Update Virtual Connection", method: Method::Put, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}", since: V(3, 23) },
    Endpoint { area: "Virtual Connections", operation: "List Virtual Connection Revisions", method: Method::Get, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/revisions", since: V(3, 23) },
    Endpoint { area: "Virtual Connections", operation: "Download Virtual Connection Revision", method: Method::Get, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/revisions/{revision-number}", since: V(3, 23) },
    Endpoint { area: "Virtual Connections", operation: "Delete Virtual Connection", method: Method::Delete, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}", since: V(3, 23) },
    Endpoint { area: "Virtual Connections", operation: "Publish Virtual Connection", method: Method::Post, path: "/sites/{site-id}/virtualConnections", since: V(3, 23) },
    Endpoint { area: "Virtual Connections", operation: "Add Tags to Virtual Connection", method: Method::Put, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/tags", since: V(3, 23) },
    Endpoint { area: "Virtual Connections", operation: "Delete Tag from Virtual Connection", method: Method::Delete, path: "/sites/{site-id}/virtualConnections/{virtual-connection-id}/tags/{tag-name}", since: V(3, 23) },
    Endpoint { area: "VizQL Data Service", operation: "VizQL Data Service: Query Data Source", method: Method::Post, path: "/api/v1/vizql-data-service/query-datasource", since: V(3, 23) },
    Endpoint { area: "VizQL Data Service", operation: "VizQL Data Service: Read Metadata", method: Method::Post, path: "/api/v1/vizql-data-service/read-metadata", since: V(3, 23) },
    Endpoint { area: "VizQL Data Service", operation: "VizQL Data Service: Get Data Source Model", method: Method::Post, path: "/api/v1/vizql-data-service/get-datasource-model", since: V(3, 23) },
    Endpoint { area: "VizQL Data Service", operation: "VizQL Data Service: Simple Request (probe)", method: Method::Get, path: "/api/v1/vizql-data-service/simple-request", since: V(3, 23) },
    Endpoint { area: "Content Exploration", operation: "Search", method: Method::Get, path: "/api/-/search", since: V(3, 16) },
    Endpoint { area: "Pulse", operation: "Pulse: List Definitions", method: Method::Get, path: "/api/-/pulse/definitions", since: V(3, 21) },
    Endpoint { area: "Pulse", operation: "Pulse: Batch Get Definitions", method: Method::Post, path: "/api/-/pulse/definitions:batchGet", since: V(3, 21) },
    Endpoint { area: "Pulse", operation: "Pulse: List Metrics of Definition", method: Method::Get, path: "/api/-/pulse/definitions/{definition-id}/metrics", since: V(3, 21) },
    Endpoint { area: "Pulse", operation: "Pulse: Batch Get Metrics", method: Method::Post, path: "/api/-/pulse/metrics:batchGet", since: V(3, 21) },
    Endpoint { area: "Pulse", operation: "Pulse: List Subscriptions", method: Method::Get, path: "/api/-/pulse/subscriptions", since: V(3, 21) },
    Endpoint { area: "Pulse", operation: "Pulse: Generate Insight Bundle", method: Method::Post, path: "/api/-/pulse/insights/{bundle-type}", since: V(3, 21) },
    Endpoint { area: "Pulse", operation: "Pulse: Generate Insight Brief", method: Method::Post, path: "/api/-/pulse/insights/brief", since: V(3, 21) },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: Method, path: &str, expected: Option<(&str, &[&str])>) {
        let found = find(path);
        let operation = found
            .as_ref()
            .ok()
            .and_then(|f| f.endpoint(method))
            .map(|e| e.operation);
        assert_eq!(operation, expected.map(|e| e.0), "{path}");
        if let (Ok(found), Some((_, values))) = (found, expected) {
            assert_eq!(found.values, values, "{path}");
        }
    }

    #[test]
    fn addresses_are_matched_tolerantly() {
        use Method::*;
        check(Get, "/api/2.4/serverInfo", Some(("Server Info", &[])));
        check(Get, "/api/2.4/serverinfo/", Some(("Server Info", &[])));
        check(Post, "/api/3.1//Auth/signIn", Some(("Sign In", &[])));
        check(
            Get,
            "/api/3.1/sites/My%20Site",
            Some(("Query Site", &["My Site"])),
        );
        check(
            Get,
            "/api/3.1/sites/s/workbooks/w/content",
            Some(("Download Workbook", &["s", "w"])),
        );
        check(
            Delete,
            "/api/3.1/sites/s/workbooks/w/tags/a%2Fb",
            Some(("Delete Tag from Workbook", &["s", "w", "a/b"])),
        );
        check(Get, "/api/3.1/nowhere", None);
        check(Get, "/elsewhere", None);
    }

    #[test]
    fn fixed_parts_win_over_variable_ones() {
        use Method::Get;
        check(
            Get,
            "/api/3.10/sites/s/flows/runs",
            Some(("Get Flow Runs", &["s"])),
        );
        check(
            Get,
            "/api/3.10/sites/s/flows/f",
            Some(("Query Flow", &["s", "f"])),
        );
    }

    #[test]
    fn versions_that_never_were_are_told_apart() {
        assert_eq!(
            find("/api/9.9/sites").err(),
            Some(NotFound::Version("9.9".to_owned()))
        );
        assert_eq!(find("/api/2.0/sites").ok().and_then(|f| f.version), Some(V(2, 0)));
        assert!(find("/api/metadata/graphql").is_ok_and(|f| f.version.is_none()));
    }

    #[test]
    fn the_table_has_no_address_twice() {
        let mut seen = std::collections::HashSet::new();
        for e in ENDPOINTS {
            let shape: Vec<_> = e
                .path
                .split('/')
                .map(|s| if s.starts_with('{') { "{}" } else { s })
                .collect();
            assert!(
                seen.insert((e.method, shape.join("/"))),
                "{} {}",
                e.method,
                e.path
            );
            assert!(e.since.is_known(), "{}", e.operation);
        }
    }

    #[test]
    fn values_are_found_by_name() {
        let found = find("/api/3.1/sites/s/groups/g/users/u").expect("a path of the reference");
        let endpoint = found.endpoint(Method::Delete).expect("Remove User from Group");
        assert_eq!(endpoint.value("group-id", &found.values), Some("g"));
        assert_eq!(endpoint.value("user-id", &found.values), Some("u"));
        assert_eq!(endpoint.value("nothing", &found.values), None);
    }
}
