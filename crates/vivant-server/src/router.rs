//! Every method of the reference that has a handler, and nothing else.
//!
//! The addresses are in `vivant_wire::paths`; here stands which handler answers which operation,
//! by the reference's own name. An operation of the reference without a row answers 501.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use crate::api::{auth, datasources, groups, projects, server, sites, uploads, users, views, workbooks};
use crate::auth::Guard;
use crate::call::Call;
use crate::errors::Result;
use crate::reply::Reply;

/// A handler with its guard in front.
pub type Handler = Box<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Result<Reply>> + Send>> + Send + Sync>;

/// Finds the handler of an operation.
pub fn handler(operation: &str) -> Option<&'static Handler> {
    static TABLE: OnceLock<HashMap<&'static str, Handler>> = OnceLock::new();
    TABLE
        .get_or_init(|| routes().into_iter().collect())
        .get(operation)
}

#[rustfmt::skip]
fn routes() -> Vec<(&'static str, Handler)> {
    vec![
        ("Server Info", on(server::server_info)),
        ("Get Current Server Session", on(server::get_current_server_session)),

        ("Sign In", on(auth::sign_in)),
        ("Sign Out", on(auth::sign_out)),
        ("Switch Site", on(auth::switch_site)),

        ("Create Site", on(sites::create_site)),
        ("Query Site", on(sites::query_site)),
        ("Query Sites", on(sites::query_sites)),
        ("Update Site", on(sites::update_site)),
        ("Delete Site", on(sites::delete_site)),
        ("Query Views for Site", on(views::query_views_for_site)),

        ("Add User to Site", on(users::add_user_to_site)),
        ("Get Users on Site", on(users::get_users_on_site)),
        ("Query User On Site", on(users::query_user_on_site)),
        ("Update User", on(users::update_user)),
        ("Remove User from Site", on(users::remove_user_from_site)),
        ("Get Groups for a User", on(users::get_groups_for_a_user)),
        ("Query Workbooks for User", on(users::query_workbooks_for_user)),

        ("Create Group", on(groups::create_group)),
        ("Query Groups", on(groups::query_groups)),
        ("Update Group", on(groups::update_group)),
        ("Delete Group", on(groups::delete_group)),
        ("Add User to Group", on(groups::add_user_to_group)),
        ("Get Users in Group", on(groups::get_users_in_group)),
        ("Remove User from Group", on(groups::remove_user_from_group)),
        ("Remove Users from Group (batch)", on(groups::remove_users_from_group)),

        ("Create Project", on(projects::create_project)),
        ("Query Projects", on(projects::query_projects)),
        ("Update Project", on(projects::update_project)),
        ("Delete Project", on(projects::delete_project)),

        ("Initiate File Upload", on(uploads::initiate_file_upload)),
        ("Append to File Upload", on(uploads::append_to_file_upload)),

        ("Publish Workbook", on(workbooks::publish_workbook)),
        ("Query Workbook", on(workbooks::query_workbook)),
        ("Query Workbooks for Site", on(workbooks::query_workbooks_for_site)),
        ("Query Views for Workbook", on(workbooks::query_views_for_workbook)),
        ("Query Workbook Connections", on(workbooks::query_workbook_connections)),
        ("Update Workbook", on(workbooks::update_workbook)),
        ("Update Workbook Connection", on(workbooks::update_workbook_connection)),
        ("Download Workbook", on(workbooks::download_workbook)),
        ("Delete Workbook", on(workbooks::delete_workbook)),
        ("Get View", on(views::get_view)),

        ("Publish Data Source", on(datasources::publish_data_source)),
        ("Query Data Source", on(datasources::query_data_source)),
        ("Query Data Sources", on(datasources::query_data_sources)),
        ("Query Data Source Connections", on(datasources::query_data_source_connections)),
        ("Update Data Source", on(datasources::update_data_source)),
        ("Update Data Source Connection", on(datasources::update_data_source_connection)),
        ("Update Data Source Connection (2.0 form)", on(datasources::update_data_source_connection)),
        ("Download Data Source", on(datasources::download_data_source)),
        ("Delete Data Source", on(datasources::delete_data_source)),
    ]
}

fn on<G, F, Fut>(handler: F) -> Handler
where
    G: Guard + 'static,
    F: Fn(Call, G) -> Fut + Copy + Send + Sync + 'static,
    Fut: Future<Output = Result<Reply>> + Send + 'static,
{
    Box::new(move |call| {
        Box::pin(async move {
            let guard = G::check(&call).await?;
            handler(call, guard).await
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use vivant_wire::paths::ENDPOINTS;

    #[test]
    fn every_route_is_an_operation_of_the_reference() {
        for (operation, _) in routes() {
            assert!(ENDPOINTS.iter().any(|e| e.operation == operation), "{operation}");
        }
    }
}
