//! Every method of the reference that has a handler, and nothing else.
//!
//! The addresses are in `vivant_wire::paths`; here stands which handler answers which operation,
//! by the reference's own name. An operation of the reference without a row answers 501.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::OnceLock;

use crate::api::{
    auth, custom_views, datasources, favorites, groups, jobs, permissions, projects, schedules, server,
    sites, subscriptions, tasks, uploads, users, views, workbooks,
};
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
        ("List Server Active Directory Domains", on(server::list_server_active_directory_domains)),
        ("Update Server Active Directory Domain", on(server::update_server_active_directory_domain)),
        ("Update Server Active Directory Domain (id in the address)", on(server::update_server_active_directory_domain)),

        ("Sign In", on(auth::sign_in)),
        ("Sign Out", on(auth::sign_out)),
        ("Switch Site", on(auth::switch_site)),

        ("Create Site", on(sites::create_site)),
        ("Query Site", on(sites::query_site)),
        ("Query Sites", on(sites::query_sites)),
        ("Update Site", on(sites::update_site)),
        ("Delete Site", on(sites::delete_site)),
        ("Encrypt Extracts in a Site", on(sites::encrypt_extracts)),
        ("Decrypt Extracts in a Site", on(sites::decrypt_extracts)),
        ("Reencrypt Extracts in a Site", on(sites::reencrypt_extracts)),
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

        ("Query Job", on(jobs::query_job)),
        ("Query Jobs", on(jobs::query_jobs)),
        ("Cancel Job", on(jobs::cancel_job)),

        ("Publish Workbook", on(workbooks::publish_workbook)),
        ("Query Workbook", on(workbooks::query_workbook)),
        ("Query Workbooks for Site", on(workbooks::query_workbooks_for_site)),
        ("Query Views for Workbook", on(workbooks::query_views_for_workbook)),
        ("Query Workbook Connections", on(workbooks::query_workbook_connections)),
        ("Update Workbook", on(workbooks::update_workbook)),
        ("Update Workbook Connection", on(workbooks::update_workbook_connection)),
        ("Update Workbook Now", on(workbooks::update_workbook_now)),
        ("Download Workbook", on(workbooks::download_workbook)),
        ("Delete Workbook", on(workbooks::delete_workbook)),
        ("Add Tags to Workbook", on(workbooks::add_tags_to_workbook)),
        ("Delete Tag from Workbook", on(workbooks::delete_tag_from_workbook)),
        ("Get Workbook Revisions", on(workbooks::get_workbook_revisions)),
        ("Download Workbook Revision", on(workbooks::download_workbook_revision)),
        ("Remove Workbook Revision", on(workbooks::remove_workbook_revision)),
        ("Query Workbook Preview Image", on(workbooks::query_workbook_preview_image)),
        ("Query View Preview Image", on(workbooks::query_view_preview_image)),
        ("Download Workbook PDF", on(workbooks::download_workbook_pdf)),
        ("Download Workbook PowerPoint", on(workbooks::download_workbook_powerpoint)),
        ("Get View", on(views::get_view)),
        ("Query View Data", on(views::query_view_data)),
        ("Query View Image", on(views::query_view_image)),
        ("Query View PDF", on(views::query_view_pdf)),
        ("Download View Crosstab Excel", on(views::download_view_crosstab_excel)),
        ("Add Tags to View", on(views::add_tags_to_view)),
        ("Delete Tag from View", on(views::delete_tag_from_view)),

        ("List Custom Views", on(custom_views::list_custom_views)),
        ("Get Custom View", on(custom_views::get_custom_view)),
        ("Update Custom View", on(custom_views::update_custom_view)),
        ("Delete Custom View", on(custom_views::delete_custom_view)),
        ("Get Custom View Image", on(custom_views::get_custom_view_image)),
        ("Get Custom View PDF", on(custom_views::get_custom_view_pdf)),
        ("Get Custom View Data", on(custom_views::get_custom_view_data)),
        ("Download Custom View definition", on(custom_views::download_custom_view_definition)),
        ("Publish Custom View", on(custom_views::publish_custom_view)),
        ("List Users with Custom View as Default", on(custom_views::list_users_with_custom_view_as_default)),
        ("Set Custom View as Default for Users", on(custom_views::set_custom_view_as_default_for_users)),

        ("Publish Data Source", on(datasources::publish_data_source)),
        ("Query Data Source", on(datasources::query_data_source)),
        ("Query Data Sources", on(datasources::query_data_sources)),
        ("Query Data Source Connections", on(datasources::query_data_source_connections)),
        ("Update Data Source", on(datasources::update_data_source)),
        ("Update Data Source Connection", on(datasources::update_data_source_connection)),
        ("Update Data Source Connection (2.0 form)", on(datasources::update_data_source_connection)),
        ("Update Data Source Now", on(datasources::update_data_source_now)),
        ("Download Data Source", on(datasources::download_data_source)),
        ("Delete Data Source", on(datasources::delete_data_source)),
        ("Add Tags to Data Source", on(datasources::add_tags_to_data_source)),
        ("Delete Tag from Data Source", on(datasources::delete_tag_from_data_source)),
        ("Get Data Source Revisions", on(datasources::get_data_source_revisions)),
        ("Download Data Source Revision", on(datasources::download_data_source_revision)),
        ("Remove Data Source Revision", on(datasources::remove_data_source_revision)),

        ("Create Subscription", on(subscriptions::create_subscription)),
        ("Query Subscription", on(subscriptions::query_subscription)),
        ("Query Subscriptions", on(subscriptions::query_subscriptions)),
        ("Update Subscription", on(subscriptions::update_subscription)),
        ("Delete Subscription", on(subscriptions::delete_subscription)),

        ("Query Project Permissions", on(permissions::query_permissions)),
        ("Query Workbook Permissions", on(permissions::query_permissions)),
        ("Query Data Source Permissions", on(permissions::query_permissions)),
        ("Query Permissions (views)", on(permissions::query_permissions)),
        ("Add Project Permissions", on(permissions::add_permissions)),
        ("Add Workbook Permissions", on(permissions::add_permissions)),
        ("Add Data Source Permissions", on(permissions::add_permissions)),
        ("Add Permissions (views)", on(permissions::add_permissions)),
        ("Delete Project Permission", on(permissions::delete_permission)),
        ("Delete Workbook Permission", on(permissions::delete_permission)),
        ("Delete Data Source Permission", on(permissions::delete_permission)),
        ("Delete Permission (views)", on(permissions::delete_permission)),
        ("Query Default Permissions", on(permissions::query_default_permissions)),
        ("Query Default Permissions (flow)", on(permissions::query_default_permissions)),
        ("Add Default Permissions", on(permissions::add_default_permissions)),
        ("Add Default Permissions (flow)", on(permissions::add_default_permissions)),
        ("Delete Default Permission", on(permissions::delete_default_permission)),
        ("Delete Default Permission (flow)", on(permissions::delete_default_permission)),

        ("Create Schedule", on(schedules::create_schedule)),
        ("Query Schedules", on(schedules::query_schedules)),
        ("Get Server Schedule", on(schedules::get_server_schedule)),
        ("Update Schedule", on(schedules::update_schedule)),
        ("Batch Update Schedule State", on(schedules::batch_update_schedule_state)),
        ("Delete Schedule", on(schedules::delete_schedule)),
        ("Add Workbook to Schedule", on(schedules::add_workbook_to_schedule)),
        ("Add Data Source to Schedule", on(schedules::add_data_source_to_schedule)),
        ("Query Extract Refresh Tasks", on(schedules::query_extract_refresh_tasks)),
        ("Get Extract Refresh Task", on(tasks::get_extract_refresh_task)),
        ("Get Extract Refresh Tasks", on(tasks::get_extract_refresh_tasks)),
        ("Run Extract Refresh Task", on(tasks::run_extract_refresh_task)),
        ("Create Cloud Extract Refresh Task", on(tasks::create_cloud_extract_refresh_task)),
        ("Update Cloud Extract Refresh Task", on(tasks::update_cloud_extract_refresh_task)),
        ("Delete Extract Refresh Task", on(tasks::delete_extract_refresh_task)),
        ("Create Extract for Data Source", on(datasources::create_extract_for_data_source)),
        ("Delete Extract from Data Source", on(datasources::delete_extract_from_data_source)),
        ("Create Extracts for Embedded Data Sources", on(workbooks::create_extracts_for_embedded_data_sources)),
        ("Delete Extracts of Embedded Data Sources", on(workbooks::delete_extracts_of_embedded_data_sources)),

        ("Add Data Source to Favorites", on(favorites::add_to_favorites)),
        ("Get Favorites for User", on(favorites::get_favorites_for_user)),
        ("Delete Workbook from Favorites", on(favorites::delete_from_favorites)),
        ("Delete View from Favorites", on(favorites::delete_from_favorites)),
        ("Delete Data Source from Favorites", on(favorites::delete_from_favorites)),
        ("Delete Project from Favorites", on(favorites::delete_from_favorites)),
        ("Delete from Favorites (generic)", on(favorites::delete_from_favorites)),
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
