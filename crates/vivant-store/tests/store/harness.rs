//! A store of one's own for each case, and short ways to fill it.

use std::collections::HashMap;

use tempfile::TempDir;
use vivant_model::{ProjectId, SiteId, SiteRole, UserId, WorkbookId};
use vivant_store::{
    Caller, Datasource, Error, Filter, FilterValue, ListQuery, NewConnection, NewProject, NewUser, NewView,
    Op, PageRequest, PublishDatasource, PublishWorkbook, Result, SortKey, Spooled, Store, StoreOptions, User,
    Workbook,
};

/// 2024-01-01T00:00:00Z.
pub const NOW: i64 = 1_704_067_200_000;
pub const DAY: i64 = 24 * 60 * 60 * 1000;

/// Runs each named case on both databases.
macro_rules! on_both {
    ($($case:ident),* $(,)?) => {$(
        mod $case {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$case($crate::harness::World::on_sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(world) = $crate::harness::World::on_postgres().await {
                    let schema = world.schema.clone();
                    super::$case(world).await;
                    $crate::harness::drop_schema(schema).await;
                }
            }
        }
    )*};
}
pub(crate) use on_both;

/// A store after its first start.
pub struct World {
    pub store: Store,
    pub site: SiteId,
    pub admin: UserId,
    pub project: ProjectId,
    pub dir: TempDir,
    pub database_url: Option<String>,
    pub schema: Option<String>,
}

impl World {
    pub async fn on_sqlite() -> Self {
        Self::at(tempfile::tempdir().unwrap(), None, None).await
    }

    pub async fn on_postgres() -> Option<Self> {
        let Ok(url) = std::env::var("VIVANT_TEST_POSTGRES_URL") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI must name VIVANT_TEST_POSTGRES_URL"
            );
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let name = dir.path().file_name().unwrap().to_string_lossy().to_lowercase();
        let schema = format!("t{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"));
        batch(&url, &format!("CREATE SCHEMA \"{schema}\"")).await;
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options=-csearch_path%3D{schema}");
        Some(Self::at(dir, Some(url), Some(schema)).await)
    }

    async fn at(dir: TempDir, database_url: Option<String>, schema: Option<String>) -> Self {
        let store = Store::open(options(&dir, database_url.as_deref())).await.unwrap();
        let made = store.bootstrap("admin", None, NOW).await.unwrap().unwrap();
        let (site, admin) = (made.site.id, made.admin.id);
        let project = store.default_project(site).await.unwrap().id;
        Self {
            store,
            site,
            admin,
            project,
            dir,
            database_url,
            schema,
        }
    }

    /// Opens the same store once more, as another process would.
    pub async fn reopen(&self) -> Result<Store> {
        Store::open(options(&self.dir, self.database_url.as_deref())).await
    }

    pub fn admin(&self) -> Caller {
        Caller {
            site: self.site,
            user: self.admin,
            role: SiteRole::ServerAdministrator,
        }
    }

    pub fn caller(&self, user: &User) -> Caller {
        Caller {
            site: self.site,
            user: user.id,
            role: user.role,
        }
    }

    pub async fn user(&self, name: &str, role: SiteRole) -> User {
        self.user_on(self.site, name, role).await
    }

    pub async fn user_on(&self, site: SiteId, name: &str, role: SiteRole) -> User {
        let new = NewUser {
            name: name.to_owned(),
            role: Some(role),
            ..NewUser::default()
        };
        self.store.add_user_to_site(site, new, NOW).await.unwrap()
    }

    pub async fn project(&self, name: &str, parent: Option<ProjectId>) -> ProjectId {
        self.store
            .create_project(self.site, new_project(name, parent, self.admin), NOW)
            .await
            .unwrap()
            .id
    }

    pub async fn spool(&self, bytes: &[u8]) -> Spooled {
        let mut spool = self.store.content().spool().await.unwrap();
        spool.write(bytes).await.unwrap();
        spool.finish().await.unwrap()
    }

    /// A workbook with the sheets `Sheet 1` and `Hidden`, published by the administrator.
    pub async fn workbook(&self, name: &str) -> Workbook {
        self.publish(&self.admin(), self.project, name, false, b"workbook")
            .await
            .unwrap()
    }

    pub async fn publish(
        &self,
        caller: &Caller,
        project: ProjectId,
        name: &str,
        overwrite: bool,
        bytes: &[u8],
    ) -> Result<Workbook> {
        let file = self.spool(bytes).await;
        let publish = publish_workbook(caller, project, name, overwrite, file);
        self.store
            .publish_workbook(publish, NOW)
            .await
            .map(|published| published.workbook)
    }

    pub async fn datasource(&self, name: &str, connections: Vec<NewConnection>) -> Datasource {
        let caller = self.admin();
        let publish = PublishDatasource {
            caller: &caller,
            project: self.project,
            name: name.to_owned(),
            owner: caller.user,
            description: None,
            overwrite: false,
            file: self.spool(b"datasource").await,
            file_type: "tdsx".to_owned(),
            has_extracts: false,
            encrypt_extracts: None,
            use_remote_query_agent: false,
            connections,
            fields: Vec::new(),
            tables: Vec::new(),
        };
        self.store
            .publish_datasource(publish, NOW)
            .await
            .unwrap()
            .datasource
    }

    pub async fn read(&self, id: WorkbookId, revision: Option<u32>) -> Vec<u8> {
        let file = self
            .store
            .workbook_content(self.site, id, revision)
            .await
            .unwrap()
            .unwrap();
        let spooled = self.store.content().fetch(&file.key).await.unwrap();
        assert_eq!(
            (spooled.size(), spooled.sha256()),
            (file.size, file.sha256.as_str())
        );
        std::fs::read(spooled.path()).unwrap()
    }

    /// Nothing is wrong with the store, and a sweep leaves nothing to note.
    pub async fn assert_sound(&self) {
        self.store.sweep(NOW + 100 * DAY, 0).await.unwrap();
        let report = self.store.check(true).await.unwrap();
        let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
        assert_eq!(findings, Vec::<String>::new());
    }
}

pub fn options(dir: &TempDir, database_url: Option<&str>) -> StoreOptions {
    StoreOptions {
        data_dir: dir.path().join("data"),
        database_url: database_url.map(str::to_owned),
        storage_url: None,
        key: None,
        env: HashMap::new(),
    }
}

pub fn new_project(name: &str, parent: Option<ProjectId>, owner: UserId) -> NewProject {
    NewProject {
        name: name.to_owned(),
        description: String::new(),
        parent,
        content_permissions: None,
        owner,
    }
}

pub fn sheet(name: &str) -> NewView {
    NewView {
        name: name.to_owned(),
        kind: "worksheet".to_owned(),
        ..NewView::default()
    }
}

pub fn publish_workbook<'a>(
    caller: &'a Caller,
    project: ProjectId,
    name: &str,
    overwrite: bool,
    file: Spooled,
) -> PublishWorkbook<'a> {
    PublishWorkbook {
        caller,
        project,
        name: name.to_owned(),
        owner: caller.user,
        description: None,
        show_tabs: true,
        overwrite,
        file,
        file_type: "twbx".to_owned(),
        has_extracts: true,
        encrypt_extracts: None,
        sheets: vec![
            sheet("Sheet 1"),
            NewView {
                hidden: true,
                ..sheet("Hidden")
            },
        ],
        connections: Vec::new(),
        default_view: None,
    }
}

pub fn all() -> ListQuery {
    ListQuery::default()
}

pub fn page(number: u32, size: u32) -> ListQuery {
    ListQuery {
        page: PageRequest { number, size },
        ..ListQuery::default()
    }
}

pub fn filtered(field: &str, op: Op, values: &[&str]) -> ListQuery {
    let values = values
        .iter()
        .map(|v| FilterValue::Text((*v).to_owned()))
        .collect();
    ListQuery {
        filters: vec![Filter {
            field: field.to_owned(),
            op,
            values,
        }],
        ..ListQuery::default()
    }
}

pub fn sorted(field: &str, descending: bool) -> ListQuery {
    ListQuery {
        sort: vec![SortKey {
            field: field.to_owned(),
            descending,
        }],
        ..ListQuery::default()
    }
}

/// The id that a conflict names.
pub fn conflict_id<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    match outcome {
        Err(Error::Conflict { id: Some(id), .. }) => id.to_string(),
        other => panic!("expected a conflict, found {other:?}"),
    }
}

/// The text of an error.
pub fn error<T: std::fmt::Debug>(outcome: Result<T>) -> String {
    outcome.expect_err("an error was expected").to_string()
}

pub async fn drop_schema(schema: Option<String>) {
    if let (Some(schema), Ok(url)) = (schema, std::env::var("VIVANT_TEST_POSTGRES_URL")) {
        batch(&url, &format!("DROP SCHEMA \"{schema}\" CASCADE")).await;
    }
}

async fn batch(url: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
    drop(client);
    driver.await.unwrap().unwrap();
}
