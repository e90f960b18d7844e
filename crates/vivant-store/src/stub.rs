//! Operations whose bodies follow.
#![allow(
    clippy::unused_async,
    unused_variables,
    missing_docs,
    clippy::too_many_arguments
)]

use std::ops::Range;
use std::path::{Path, PathBuf};

use vivant_model::*;

use crate::*;

fn pending<T>() -> Result<T> {
    Err(Error::backend("not built yet"))
}

impl Store {
    pub async fn open(options: StoreOptions) -> Result<Store> {
        pending()
    }
    pub async fn ping(&self) -> Result<()> {
        pending()
    }
    pub fn content(&self) -> &Content {
        &Content
    }
    pub async fn sweep(&self, now: Millis, min_age_ms: i64) -> Result<SweepReport> {
        pending()
    }
    pub async fn check(&self, deep: bool) -> Result<CheckReport> {
        pending()
    }
    pub async fn close(self) {}
}
impl Content {
    /// Begins a file in the spool folder.
    pub async fn spool(&self) -> Result<Spool> {
        pending()
    }
    pub async fn put(&self, key: &str, file: Spooled) -> Result<()> {
        pending()
    }
    /// Size of the whole object, and the bytes of the range.
    pub async fn open(&self, key: &str, range: Option<Range<u64>>) -> Result<(u64, ContentStream)> {
        pending()
    }
    pub fn local_path(&self, key: &str) -> Option<PathBuf> {
        None
    }
    pub async fn fetch(&self, key: &str) -> Result<Spooled> {
        pending()
    }
    pub async fn delete(&self, key: &str) -> Result<()> {
        pending()
    }
}
impl Spool {
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        pending()
    }
    pub fn size(&self) -> u64 {
        0
    }
    pub async fn finish(self) -> Result<Spooled> {
        pending()
    }
}
/// Sites.
impl Store {
    pub async fn bootstrap(
        &self,
        admin_name: &str,
        password: Option<Secret>,
        now: Millis,
    ) -> Result<Option<Bootstrapped>> {
        pending()
    }
    pub async fn create_site(&self, new: NewSite, now: Millis) -> Result<Site> {
        pending()
    }
    pub async fn site(&self, id: SiteId) -> Result<Option<Site>> {
        pending()
    }
    pub async fn site_by_name(&self, name: &str) -> Result<Option<Site>> {
        pending()
    }
    pub async fn site_by_content_url(&self, url: &str) -> Result<Option<Site>> {
        pending()
    }
    pub async fn default_site(&self) -> Result<Site> {
        pending()
    }
    pub async fn sites_of(&self, user: Option<UserId>, page: PageRequest) -> Result<Page<Site>> {
        pending()
    }
    pub async fn update_site(&self, id: SiteId, changes: SiteChanges, now: Millis) -> Result<Site> {
        pending()
    }
    pub async fn delete_site(&self, id: SiteId, now: Millis) -> Result<()> {
        pending()
    }
    pub async fn site_usage(&self, id: SiteId) -> Result<SiteUsage> {
        pending()
    }
}
/// Users and accounts.
impl Store {
    pub async fn add_user_to_site(&self, site: SiteId, new: NewUser, now: Millis) -> Result<User> {
        pending()
    }
    pub async fn user(&self, site: SiteId, id: UserId) -> Result<Option<User>> {
        pending()
    }
    pub async fn user_by_name(&self, site: SiteId, name: &str, domain: &str) -> Result<Option<User>> {
        pending()
    }
    pub async fn users(&self, site: SiteId, query: &ListQuery) -> Result<Page<User>> {
        pending()
    }
    pub async fn update_user(
        &self,
        site: SiteId,
        id: UserId,
        changes: UserChanges,
        now: Millis,
    ) -> Result<User> {
        pending()
    }
    pub async fn remove_user_from_site(
        &self,
        site: SiteId,
        id: UserId,
        map_assets_to: Option<UserId>,
        now: Millis,
    ) -> Result<()> {
        pending()
    }
    pub async fn create_account(&self, new: NewUser, server_admin: bool, now: Millis) -> Result<Account> {
        pending()
    }
    pub async fn account(&self, id: UserId) -> Result<Option<Account>> {
        pending()
    }
    pub async fn account_by_name(&self, name: &str, domain: &str) -> Result<Option<Account>> {
        pending()
    }
    pub async fn verify_password(
        &self,
        name: &str,
        domain: &str,
        password: &Secret,
    ) -> Result<Option<Account>> {
        pending()
    }
    pub async fn set_password(&self, id: UserId, password: &Secret, now: Millis) -> Result<()> {
        pending()
    }
    pub async fn set_server_admin(&self, id: UserId, server_admin: bool, now: Millis) -> Result<()> {
        pending()
    }
}
/// Sessions.
impl Store {
    /// Answers the clear token, once.
    pub async fn create_session(&self, new: NewSession, now: Millis) -> Result<String> {
        pending()
    }
    pub async fn session(&self, token: &str, now: Millis, idle_limit_ms: i64) -> Result<Option<Session>> {
        pending()
    }
    pub async fn delete_session(&self, token: &str) -> Result<()> {
        pending()
    }
    pub async fn delete_sessions_of_token(&self, token: TokenId) -> Result<()> {
        pending()
    }
    pub async fn delete_sessions_of_user(&self, user: UserId) -> Result<()> {
        pending()
    }
}
/// Personal access tokens.
impl Store {
    pub async fn create_token(
        &self,
        user: UserId,
        name: &str,
        now: Millis,
        expires_at: Millis,
    ) -> Result<(TokenId, String)> {
        pending()
    }
    pub async fn insert_token_with_secret(
        &self,
        user: UserId,
        name: &str,
        secret: &Secret,
        now: Millis,
        expires_at: Millis,
    ) -> Result<TokenId> {
        pending()
    }
    pub async fn verify_token(
        &self,
        name: &str,
        secret: &Secret,
        now: Millis,
    ) -> Result<Option<(Account, TokenId)>> {
        pending()
    }
    pub async fn revoke_token(&self, user: UserId, name: &str) -> Result<()> {
        pending()
    }
    pub async fn tokens(&self, user: UserId) -> Result<Vec<TokenInfo>> {
        pending()
    }
}
/// Groups.
impl Store {
    pub async fn create_group(&self, site: SiteId, new: NewGroup, now: Millis) -> Result<Group> {
        pending()
    }
    pub async fn group(&self, site: SiteId, id: GroupId) -> Result<Option<Group>> {
        pending()
    }
    pub async fn group_by_name(&self, site: SiteId, name: &str, domain: &str) -> Result<Option<Group>> {
        pending()
    }
    pub async fn groups(&self, site: SiteId, query: &ListQuery) -> Result<Page<Group>> {
        pending()
    }
    pub async fn update_group(
        &self,
        site: SiteId,
        id: GroupId,
        changes: GroupChanges,
        now: Millis,
    ) -> Result<Group> {
        pending()
    }
    pub async fn delete_group(&self, site: SiteId, id: GroupId, now: Millis) -> Result<()> {
        pending()
    }
    pub async fn add_user_to_group(
        &self,
        site: SiteId,
        group: GroupId,
        user: UserId,
        now: Millis,
    ) -> Result<User> {
        pending()
    }
    /// All or none; users that are members already stay so.
    pub async fn add_users_to_group(
        &self,
        site: SiteId,
        group: GroupId,
        users: &[UserId],
        now: Millis,
    ) -> Result<()> {
        pending()
    }
    pub async fn remove_user_from_group(
        &self,
        site: SiteId,
        group: GroupId,
        user: UserId,
        now: Millis,
    ) -> Result<()> {
        pending()
    }
    pub async fn group_users(&self, site: SiteId, group: GroupId, query: &ListQuery) -> Result<Page<User>> {
        pending()
    }
    pub async fn user_groups(&self, site: SiteId, user: UserId, query: &ListQuery) -> Result<Page<Group>> {
        pending()
    }
    pub async fn groups_of(&self, site: SiteId, user: UserId) -> Result<Vec<GroupId>> {
        pending()
    }
}
/// Projects.
impl Store {
    pub async fn create_project(&self, site: SiteId, new: NewProject, now: Millis) -> Result<Project> {
        pending()
    }
    pub async fn project(&self, site: SiteId, id: ProjectId) -> Result<Option<Project>> {
        pending()
    }
    pub async fn project_by_path(&self, site: SiteId, path: &str) -> Result<Option<Project>> {
        pending()
    }
    pub async fn default_project(&self, site: SiteId) -> Result<Project> {
        pending()
    }
    pub async fn projects(&self, caller: &Caller, query: &ListQuery) -> Result<Page<Project>> {
        pending()
    }
    pub async fn update_project(
        &self,
        site: SiteId,
        id: ProjectId,
        changes: ProjectChanges,
        now: Millis,
    ) -> Result<Project> {
        pending()
    }
    pub async fn delete_project(&self, site: SiteId, id: ProjectId, now: Millis) -> Result<()> {
        pending()
    }
}
/// Permissions.
impl Store {
    /// The rules in force on an item.
    pub async fn rules(&self, kind: ContentKind, id: Luid) -> Result<Vec<Rule>> {
        pending()
    }
    pub async fn set_rules(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        rules: &[Rule],
        now: Millis,
    ) -> Result<()> {
        pending()
    }
    pub async fn default_rules(&self, project: ProjectId, kind: ContentKind) -> Result<Vec<Rule>> {
        pending()
    }
    pub async fn set_default_rules(
        &self,
        site: SiteId,
        project: ProjectId,
        kind: ContentKind,
        rules: &[Rule],
        now: Millis,
    ) -> Result<()> {
        pending()
    }
    /// `None` where the item is not on the caller's site.
    pub async fn facts(&self, caller: &Caller, kind: ContentKind, id: Luid) -> Result<Option<Facts>> {
        pending()
    }
}
/// Workbooks.
impl Store {
    pub async fn publish_workbook(&self, publish: PublishWorkbook<'_>, now: Millis) -> Result<Published> {
        pending()
    }
    pub async fn workbook(&self, site: SiteId, id: WorkbookId) -> Result<Option<Workbook>> {
        pending()
    }
    pub async fn workbook_by_content_url(&self, site: SiteId, url: &str) -> Result<Option<Workbook>> {
        pending()
    }
    pub async fn workbooks(&self, caller: &Caller, query: &ListQuery) -> Result<Page<Workbook>> {
        pending()
    }
    /// What the user sees, under the user's own role and rules.
    pub async fn workbooks_of_user(
        &self,
        site: SiteId,
        user: UserId,
        owned_only: bool,
        query: &ListQuery,
    ) -> Result<Page<Workbook>> {
        pending()
    }
    pub async fn update_workbook(
        &self,
        site: SiteId,
        id: WorkbookId,
        changes: WorkbookChanges,
        now: Millis,
    ) -> Result<Workbook> {
        pending()
    }
    pub async fn delete_workbook(&self, site: SiteId, id: WorkbookId, now: Millis) -> Result<()> {
        pending()
    }
    pub async fn workbook_content(
        &self,
        site: SiteId,
        id: WorkbookId,
        revision: Option<u32>,
    ) -> Result<Option<StoredFile>> {
        pending()
    }
    pub async fn workbook_revisions(&self, site: SiteId, id: WorkbookId) -> Result<Vec<Revision>> {
        pending()
    }
    pub async fn delete_workbook_revision(
        &self,
        site: SiteId,
        id: WorkbookId,
        number: u32,
        now: Millis,
    ) -> Result<()> {
        pending()
    }
    pub async fn workbook_connections(&self, site: SiteId, id: WorkbookId) -> Result<Vec<Connection>> {
        pending()
    }
    pub async fn update_workbook_connection(
        &self,
        site: SiteId,
        id: WorkbookId,
        connection: ConnectionId,
        changes: ConnectionChanges,
        now: Millis,
    ) -> Result<Connection> {
        pending()
    }
    /// The password kept with a connection.
    pub async fn connection_password(
        &self,
        site: SiteId,
        connection: ConnectionId,
    ) -> Result<Option<Secret>> {
        pending()
    }
    /// Adds tags to a workbook, view or data source; answers all of its tags.
    pub async fn add_tags(
        &self,
        site: SiteId,
        kind: ContentKind,
        id: Luid,
        tags: &[String],
        now: Millis,
    ) -> Result<Vec<String>> {
        pending()
    }
    pub async fn delete_tag(&self, site: SiteId, kind: ContentKind, id: Luid, tag: &str) -> Result<()> {
        pending()
    }
}
/// Views.
impl Store {
    /// Hidden sheets are left out.
    pub async fn views(&self, caller: &Caller, query: &ListQuery) -> Result<Page<View>> {
        pending()
    }
    /// In the workbook's order.
    pub async fn workbook_views(
        &self,
        caller: &Caller,
        workbook: WorkbookId,
        include_hidden: bool,
    ) -> Result<Vec<View>> {
        pending()
    }
    pub async fn view(&self, site: SiteId, id: ViewId) -> Result<Option<View>> {
        pending()
    }
    pub async fn thumbnail(&self, site: SiteId, id: ViewId) -> Result<Option<Vec<u8>>> {
        pending()
    }
    pub async fn set_thumbnail(&self, site: SiteId, id: ViewId, png: Vec<u8>) -> Result<()> {
        pending()
    }
    /// Counts one look at a view.
    pub async fn count_view(&self, site: SiteId, id: ViewId) -> Result<()> {
        pending()
    }
}
/// Data sources.
impl Store {
    pub async fn publish_datasource(
        &self,
        publish: PublishDatasource<'_>,
        now: Millis,
    ) -> Result<PublishedDatasource> {
        pending()
    }
    pub async fn datasource(&self, site: SiteId, id: DatasourceId) -> Result<Option<Datasource>> {
        pending()
    }
    pub async fn datasource_by_content_url(&self, site: SiteId, url: &str) -> Result<Option<Datasource>> {
        pending()
    }
    pub async fn datasources(&self, caller: &Caller, query: &ListQuery) -> Result<Page<Datasource>> {
        pending()
    }
    pub async fn update_datasource(
        &self,
        site: SiteId,
        id: DatasourceId,
        changes: DatasourceChanges,
        now: Millis,
    ) -> Result<Datasource> {
        pending()
    }
    pub async fn delete_datasource(&self, site: SiteId, id: DatasourceId, now: Millis) -> Result<()> {
        pending()
    }
    pub async fn datasource_content(
        &self,
        site: SiteId,
        id: DatasourceId,
        revision: Option<u32>,
    ) -> Result<Option<StoredFile>> {
        pending()
    }
    pub async fn datasource_revisions(&self, site: SiteId, id: DatasourceId) -> Result<Vec<Revision>> {
        pending()
    }
    pub async fn delete_datasource_revision(
        &self,
        site: SiteId,
        id: DatasourceId,
        number: u32,
        now: Millis,
    ) -> Result<()> {
        pending()
    }
    pub async fn datasource_connections(&self, site: SiteId, id: DatasourceId) -> Result<Vec<Connection>> {
        pending()
    }
    pub async fn update_datasource_connection(
        &self,
        site: SiteId,
        id: DatasourceId,
        connection: ConnectionId,
        changes: ConnectionChanges,
        now: Millis,
    ) -> Result<Connection> {
        pending()
    }
    pub async fn datasource_fields(&self, site: SiteId, id: DatasourceId) -> Result<Vec<DatasourceField>> {
        pending()
    }
}
/// Upload sessions.
impl Store {
    pub async fn create_upload(&self, caller: &Caller, now: Millis) -> Result<UploadId> {
        pending()
    }
    /// Answers the bytes of all chunks.
    pub async fn append_upload(
        &self,
        caller: &Caller,
        id: &UploadId,
        chunk: Spooled,
        now: Millis,
    ) -> Result<u64> {
        pending()
    }
    /// All chunks joined; the session stays until [`Store::finish_upload`].
    pub async fn take_upload(&self, caller: &Caller, id: &UploadId, now: Millis) -> Result<Spooled> {
        pending()
    }
    pub async fn finish_upload(&self, caller: &Caller, id: &UploadId, now: Millis) -> Result<()> {
        pending()
    }
}
