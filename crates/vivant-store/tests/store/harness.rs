//! A store of one's own for each case, and short ways to fill it.

use std::path::Path;

use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::{ObjectStore as _, ObjectStoreExt as _};
use tempfile::TempDir;
use vivant_model::{ProjectId, SiteId, SiteRole, UserId, WorkbookId};
use vivant_store::{
    Caller, Datasource, Error, Filter, FilterValue, ListQuery, NewConnection, NewExtract, NewProject,
    NewUser, NewView, Op, PageRequest, PublishDatasource, PublishWorkbook, Result, SiteChanges, SortKey,
    Spooled, Store, StoreOptions, StoredFile, User, Workbook,
};

/// 2024-01-01T00:00:00Z.
pub const NOW: i64 = 1_704_067_200_000;
pub const DAY: i64 = 24 * 60 * 60 * 1000;

/// Runs each named case on both databases.
macro_rules! on_both {
    ($($case:ident),* $(,)?) => {$(
        mod $case {
            $crate::harness::test_on!(sqlite, on_sqlite, $case);
            $crate::harness::test_on!(postgres, on_postgres, $case);
        }
    )*};
}
pub(crate) use on_both;

/// Runs each named case on both databases, and with content in a bucket.
macro_rules! everywhere {
    ($($case:ident),* $(,)?) => {$(
        mod $case {
            $crate::harness::test_on!(sqlite, on_sqlite, $case);
            $crate::harness::test_on!(postgres, on_postgres, $case);
            $crate::harness::test_on!(s3, in_bucket, $case);
        }
    )*};
}
pub(crate) use everywhere;

macro_rules! test_on {
    ($name:ident, $world:ident, $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let world: Option<$crate::harness::World> = $crate::harness::World::$world().await.into();
            if let Some(world) = world {
                let schema = world.schema.clone();
                super::$case(world).await;
                $crate::harness::drop_schema(schema).await;
            }
        }
    };
}
pub(crate) use test_on;

/// A store after its first start.
pub struct World {
    pub store: Store,
    pub site: SiteId,
    pub admin: UserId,
    pub project: ProjectId,
    pub dir: TempDir,
    pub database_url: Option<String>,
    pub schema: Option<String>,
    pub storage_url: Option<String>,
}

impl World {
    pub async fn on_sqlite() -> Self {
        Self::at(tempfile::tempdir().unwrap(), None, None, None).await
    }

    pub async fn on_postgres() -> Option<Self> {
        let url = service("VIVANT_TEST_POSTGRES_URL")?;
        let dir = tempfile::tempdir().unwrap();
        let schema = own_name(&dir);
        batch(&url, &format!("CREATE SCHEMA \"{schema}\"")).await;
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options=-csearch_path%3D{schema}");
        Some(Self::at(dir, Some(url), Some(schema), None).await)
    }

    /// On SQLite, with its content below an own prefix of the bucket that `VIVANT_TEST_S3_URL` names, such as
    /// `s3://test/prefix?endpoint=…`; its keys are in `AWS_*`.
    pub async fn in_bucket() -> Option<Self> {
        let url = service("VIVANT_TEST_S3_URL")?;
        let dir = tempfile::tempdir().unwrap();
        let (place, query) = url.split_once('?').unwrap_or((&url, ""));
        let storage_url = format!("{place}/{}?{query}", own_name(&dir));
        Some(Self::at(dir, None, None, Some(storage_url)).await)
    }

    async fn at(
        dir: TempDir,
        database_url: Option<String>,
        schema: Option<String>,
        storage_url: Option<String>,
    ) -> Self {
        let mut opened = options(&dir, database_url.as_deref());
        opened.storage_url.clone_from(&storage_url);
        let store = Store::open(opened).await.unwrap();
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
            storage_url,
        }
    }

    /// Opens the same store once more, as another process would.
    pub async fn reopen(&self) -> Result<Store> {
        Store::open(self.options()).await
    }

    pub fn options(&self) -> StoreOptions {
        StoreOptions {
            storage_url: self.storage_url.clone(),
            ..options(&self.dir, self.database_url.as_deref())
        }
    }

    /// Every object as it lies in the storage, encrypted or not.
    pub async fn stored_objects(&self) -> Vec<Vec<u8>> {
        match &self.storage_url {
            None => objects_of_folder(&self.dir.path().join("data/content")),
            Some(url) => objects_of_bucket(url).await,
        }
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

    /// An extract of a data source, for the workbook or data source that it is published with.
    pub async fn extract(&self, datasource: &str, bytes: &[u8]) -> NewExtract {
        NewExtract {
            datasource: datasource.to_owned(),
            file: self.spool(bytes).await,
            rows: bytes.len() as i64,
            columns: "a integer".to_owned(),
        }
    }

    /// Limits what the site may store.
    pub async fn limit_storage(&self, megabytes: i64) {
        let changes = SiteChanges {
            storage_quota_mb: Some(Some(megabytes)),
            ..SiteChanges::default()
        };
        self.store.update_site(self.site, changes, NOW).await.unwrap();
    }

    /// Where the file of a workbook is, the newest one.
    pub async fn file(&self, id: WorkbookId) -> StoredFile {
        self.file_of(id, None).await
    }

    async fn file_of(&self, id: WorkbookId, revision: Option<u32>) -> StoredFile {
        let found = self.store.workbook_content(self.site, id, revision).await;
        found.unwrap().unwrap()
    }

    pub async fn read(&self, id: WorkbookId, revision: Option<u32>) -> Vec<u8> {
        let file = self.file_of(id, revision).await;
        let spooled = self.store.content().fetch(&file.key).await.unwrap();
        assert_eq!(
            (spooled.size(), spooled.sha256()),
            (file.size, file.sha256.as_str())
        );
        std::fs::read(spooled.path()).unwrap()
    }

    /// Runs statements past the store.
    pub async fn batch(&self, sql: &str) {
        match &self.database_url {
            None => {
                let db = rusqlite::Connection::open(self.dir.path().join("data/vivant.db")).unwrap();
                db.execute_batch(sql).unwrap();
            }
            Some(url) => batch(url, sql).await,
        }
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
        env: std::env::vars()
            .filter(|(name, _)| name.starts_with("AWS_"))
            .collect(),
    }
}

/// What a variable names that CI must set.
fn service(variable: &str) -> Option<String> {
    let named = std::env::var(variable).ok();
    assert!(
        named.is_some() || std::env::var("CI").as_deref() != Ok("true"),
        "CI must name {variable}"
    );
    named
}

/// A name that no other case uses, good for schemas and prefixes.
fn own_name(dir: &TempDir) -> String {
    let name = dir.path().file_name().unwrap().to_string_lossy().to_lowercase();
    format!("t{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

fn objects_of_folder(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(objects_of_folder(&path)),
            false => found.push(std::fs::read(path).unwrap()),
        }
    }
    found
}

async fn objects_of_bucket(url: &str) -> Vec<Vec<u8>> {
    let (place, query) = url.split_once('?').unwrap();
    let (bucket, prefix) = place
        .strip_prefix("s3://")
        .and_then(|place| place.split_once('/'))
        .unwrap();
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        builder = builder.with_config(name.parse().unwrap(), value);
    }
    let store = builder.build().unwrap();
    let prefix = object_store::path::Path::from(prefix);
    let listed: Vec<_> = store.list(Some(&prefix)).try_collect().await.unwrap();
    let mut found = Vec::new();
    for object in listed {
        let read = store.get(&object.location).await.unwrap();
        found.push(read.bytes().await.unwrap().to_vec());
    }
    found
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
