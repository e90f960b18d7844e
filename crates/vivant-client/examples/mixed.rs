//! A thousand mixed calls, drawn by a seed, and what must be on the server afterwards:
//! `VIVANT_PASSWORD=… cargo run -p vivant-client --example mixed -- http://localhost:8000 admin 1000 7`.
//!
//! `tests/acceptance/test_client_faults.py` puts a proxy between that loses, delays and refuses requests, and then
//! looks at the server itself. The last line of standard output is JSON: the calls that were made, those that went
//! wrong, and the projects, groups, users and workbooks that must be there.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use vivant_client::model::{GroupId, Luid, ProjectId, UserId, WorkbookId};
use vivant_client::types::{Group, Project, User, Workbook};
use vivant_client::{
    Client, Credentials, DownloadOptions, Error, Filter, ListOptions, PublishMode, PublishWorkbook,
    RetryPolicy, SessionStore, Site, Source, Target,
};

/// How many go on at once, each with things of its own.
const WORKERS: u64 = 8;
/// The least content that goes up in chunks.
const SINGLE: u64 = 64 * 1024;
/// A chunk that shows in the server's number of megabytes.
const CHUNK: u64 = 2 * 1024 * 1024 + 4096;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (server, user, calls, seed, first) = match arguments.as_slice() {
        [server, user, calls, seed] => (server, user, calls, seed, "0"),
        [server, user, calls, seed, first] => (server, user, calls, seed, first.as_str()),
        _ => {
            return Err(
                "give a server, a user name, a number of calls, a seed and perhaps a first number".into(),
            );
        }
    };
    let (calls, seed, first): (u64, u64, u64) = (calls.parse()?, seed.parse()?, first.parse()?);
    let client = Client::builder(server)
        .chunk_size(CHUNK)
        .single_request_limit(SINGLE)
        .retry(RetryPolicy {
            attempts: 12,
            first_pause: Duration::from_millis(5),
            longest_pause: Duration::from_millis(200),
            budget: Duration::from_secs(60),
        })
        .build()?;
    let credentials = match std::env::var("VIVANT_TOKEN_VALUE") {
        Ok(value) => Credentials::token(user, value),
        Err(_) => Credentials::password(user, std::env::var("VIVANT_PASSWORD")?),
    };
    // Several of these programs may share a session.
    let sessions = std::env::var("VIVANT_SESSIONS")
        .ok()
        .filter(|folder| folder != "none");
    let site = match sessions {
        Some(folder) => SessionStore::new(folder).sign_in(&client, credentials).await?,
        None => client.sign_in(credentials).await?,
    };
    let workers = (0..WORKERS).map(|number| {
        let mut worker = Worker::new(site.clone(), first + number, seed);
        let share = calls / WORKERS + u64::from(number < calls % WORKERS);
        async move {
            for _ in 0..share {
                worker.step().await;
            }
            worker
        }
    });
    let workers = futures_util::future::join_all(workers).await;
    site.sign_out().await?;
    let mut made = BTreeMap::<&str, u64>::new();
    let (mut wrong, mut projects, mut groups, mut users, mut books) =
        (vec![], vec![], vec![], vec![], vec![]);
    for worker in workers {
        for (kind, count) in worker.made {
            *made.entry(kind).or_default() += count;
        }
        wrong.extend(worker.wrong);
        projects.extend(
            worker
                .projects
                .into_iter()
                .map(|p| json!({"name": p.name, "description": p.text})),
        );
        groups.extend(
            worker
                .groups
                .into_iter()
                .map(|g| json!({"name": g.name, "users": g.users})),
        );
        users.extend(
            worker
                .users
                .into_iter()
                .map(|u| json!({"name": u.name, "fullName": u.text})),
        );
        books.extend(
            worker
                .books
                .into_iter()
                .map(|b| json!({"name": b.name, "content": b.content, "revisions": b.revisions})),
        );
    }
    let state: Value = json!({
        "made": made, "wrong": wrong, "projects": projects, "groups": groups, "users": users, "workbooks": books
    });
    use std::io::Write;
    writeln!(std::io::stdout(), "{state}")?;
    Ok(())
}

/// Something with an id, a name and a text that can be changed.
struct Thing {
    id: Luid,
    name: String,
    text: String,
}

/// Things whose text can be changed.
#[derive(Clone, Copy)]
enum Of {
    Projects,
    Users,
}

struct Team {
    id: GroupId,
    name: String,
    users: Vec<String>,
}

struct Book {
    id: WorkbookId,
    name: String,
    /// Number of the content that it holds.
    content: u64,
    size: usize,
    revisions: u64,
}

struct Worker {
    site: Site,
    number: u64,
    random: u64,
    next: u64,
    project: Option<ProjectId>,
    projects: Vec<Thing>,
    groups: Vec<Team>,
    users: Vec<Thing>,
    books: Vec<Book>,
    made: BTreeMap<&'static str, u64>,
    wrong: Vec<String>,
}

impl Worker {
    fn new(site: Site, number: u64, seed: u64) -> Self {
        Self {
            site,
            number,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
                ^ (number + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9),
            next: 0,
            project: None,
            projects: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            books: Vec::new(),
            made: BTreeMap::new(),
            wrong: Vec::new(),
        }
    }

    /// A number below a limit: xorshift, the same for the same seed.
    fn below(&mut self, limit: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % limit.max(1) as u64).expect("below a usize")
    }

    fn name(&mut self, kind: &str) -> String {
        self.next += 1;
        // A comma cannot be filtered for, the others must be encoded.
        let hard = [" & co", " + é", ", ltd", "/x", " 100%"][self.below(5)];
        format!("{kind} {}-{}{hard}", self.number, self.next)
    }

    /// Makes one call that fits what is there.
    async fn step(&mut self) {
        let (kind, outcome) = match self.below(20) {
            0 | 1 => ("create project", self.create_project().await),
            2 => ("create group", self.create_group().await),
            3 => ("add user", self.add_user().await),
            4 | 5 => ("publish", self.publish(false).await),
            6 => ("publish in chunks", self.publish(true).await),
            7 if !self.books.is_empty() => ("overwrite", self.overwrite(false).await),
            8 if !self.books.is_empty() => ("overwrite in chunks", self.overwrite(true).await),
            9 if !self.projects.is_empty() => ("change project", self.change(Of::Projects).await),
            10 if !self.users.is_empty() => ("change user", self.change(Of::Users).await),
            11 if !self.books.is_empty() => ("rename workbook", self.rename_book().await),
            12 if self.books.len() > 3 => ("delete workbook", self.delete_book().await),
            13 if self.projects.len() > 3 => ("delete project", self.delete_project().await),
            14 if self.groups.len() > 2 => ("delete group", self.delete_group().await),
            15 if !self.groups.is_empty() && !self.users.is_empty() => {
                ("join or leave", self.join_or_leave().await)
            }
            16 if !self.books.is_empty() => ("download", self.download().await),
            17 if !self.books.is_empty() => ("get", self.get().await),
            _ => ("list", self.list().await),
        };
        *self.made.entry(kind).or_default() += 1;
        if let Err(why) = outcome {
            self.wrong.push(format!("{kind}: {why}"));
        }
    }

    async fn create_project(&mut self) -> Result<(), String> {
        let name = self.name("project");
        let wanted = Project {
            name: Some(name.clone()),
            description: Some("first".to_owned()),
            ..Project::default()
        };
        let made = self.site.projects().create(&wanted).await.map_err(told)?;
        let id = made.id.ok_or("no id")?.0;
        self.projects.push(Thing {
            id,
            name,
            text: "first".to_owned(),
        });
        Ok(())
    }

    /// Changes the text of a project or a user.
    async fn change(&mut self, of: Of) -> Result<(), String> {
        let count = self.things(of).len();
        let at = self.below(count);
        let text = self.name("text");
        let id = self.things(of)[at].id;
        let told = match of {
            Of::Projects => {
                let changes = Project {
                    description: Some(text.clone()),
                    ..Project::default()
                };
                self.site.projects().update(id.into(), &changes).await.map(drop)
            }
            Of::Users => {
                let changes = User {
                    full_name: Some(text.clone()),
                    ..User::default()
                };
                self.site.users().update(id.into(), &changes).await.map(drop)
            }
        };
        told.map_err(self::told)?;
        self.things(of)[at].text = text;
        Ok(())
    }

    fn things(&mut self, of: Of) -> &mut Vec<Thing> {
        match of {
            Of::Projects => &mut self.projects,
            Of::Users => &mut self.users,
        }
    }

    async fn delete_project(&mut self) -> Result<(), String> {
        let at = self.below(self.projects.len());
        let id = self.projects[at].id.into();
        self.site.projects().delete(id).await.map_err(told)?;
        self.projects.remove(at);
        Ok(())
    }

    async fn create_group(&mut self) -> Result<(), String> {
        let name = self.name("group");
        let wanted = Group {
            name: Some(name.clone()),
            ..Group::default()
        };
        let made = self.site.groups().create(&wanted).await.map_err(told)?;
        self.groups.push(Team {
            id: made.id.ok_or("no id")?,
            name,
            users: Vec::new(),
        });
        Ok(())
    }

    async fn delete_group(&mut self) -> Result<(), String> {
        let at = self.below(self.groups.len());
        let id = self.groups[at].id;
        self.site.groups().delete(id).await.map_err(told)?;
        self.groups.remove(at);
        Ok(())
    }

    async fn join_or_leave(&mut self) -> Result<(), String> {
        let (group, user) = (self.below(self.groups.len()), self.below(self.users.len()));
        let user = (UserId::from(self.users[user].id), self.users[user].name.clone());
        let team = &mut self.groups[group];
        match team.users.iter().position(|name| *name == user.1) {
            Some(at) => {
                self.site
                    .groups()
                    .remove_user(team.id, user.0)
                    .await
                    .map_err(told)?;
                team.users.remove(at);
            }
            None => {
                self.site.groups().add_user(team.id, user.0).await.map_err(told)?;
                team.users.push(user.1);
            }
        }
        Ok(())
    }

    async fn add_user(&mut self) -> Result<(), String> {
        self.next += 1;
        let name = format!("user.{}.{}", self.number, self.next);
        let wanted = User {
            name: Some(name.clone()),
            site_role: Some("Viewer".to_owned()),
            ..User::default()
        };
        let made = self.site.users().add(&wanted).await.map_err(told)?;
        let id = made.id.ok_or("no id")?.0;
        self.users.push(Thing {
            id,
            text: made.full_name.unwrap_or_else(|| name.clone()),
            name,
        });
        Ok(())
    }

    async fn publish(&mut self, large: bool) -> Result<(), String> {
        let project = self.home().await?;
        let name = self.name("book");
        let (content, size, bytes) = self.content(large);
        let options = PublishWorkbook {
            name: Some(name.clone()),
            project_id: Some(project),
            ..PublishWorkbook::default()
        };
        let made = self
            .site
            .workbooks()
            .publish(options, Source::bytes("book.twb", bytes))
            .await;
        self.books.push(Book {
            id: made.map_err(told)?.id.ok_or("no id")?,
            name,
            content,
            size,
            revisions: 1,
        });
        Ok(())
    }

    async fn overwrite(&mut self, large: bool) -> Result<(), String> {
        let project = self.home().await?;
        let at = self.below(self.books.len());
        let (content, size, bytes) = self.content(large);
        let options = PublishWorkbook {
            name: Some(self.books[at].name.clone()),
            project_id: Some(project),
            mode: PublishMode::Overwrite,
            ..PublishWorkbook::default()
        };
        let made = self
            .site
            .workbooks()
            .publish(options, Source::bytes("book.twb", bytes))
            .await;
        let made = made.map_err(told)?;
        let book = &mut self.books[at];
        if made.id != Some(book.id) {
            return Err("another workbook was written to".to_owned());
        }
        (book.content, book.size) = (content, size);
        book.revisions += 1;
        Ok(())
    }

    async fn rename_book(&mut self) -> Result<(), String> {
        let at = self.below(self.books.len());
        let name = self.name("renamed");
        let changes = Workbook {
            name: Some(name.clone()),
            ..Workbook::default()
        };
        let id = self.books[at].id;
        self.site.workbooks().update(id, &changes).await.map_err(told)?;
        self.books[at].name = name;
        Ok(())
    }

    async fn delete_book(&mut self) -> Result<(), String> {
        let at = self.below(self.books.len());
        let id = self.books[at].id;
        self.site.workbooks().delete(id).await.map_err(told)?;
        self.books.remove(at);
        Ok(())
    }

    async fn download(&mut self) -> Result<(), String> {
        let at = self.below(self.books.len());
        let book = &self.books[at];
        let (target, stream) = Target::stream();
        let mut bytes = Vec::new();
        let mut reader = stream.into_reader();
        let books = self.site.workbooks();
        let (got, _) = futures_util::future::join(
            books.download(book.id, target, DownloadOptions::default()),
            tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut bytes),
        )
        .await;
        got.map_err(told)?;
        match bytes == document(book.content, book.size) {
            true => Ok(()),
            false => Err(format!("{} holds something else than was published", book.name)),
        }
    }

    async fn get(&mut self) -> Result<(), String> {
        let at = self.below(self.books.len());
        let book = &self.books[at];
        let got = self.site.workbooks().get(book.id).await.map_err(told)?;
        match got.name.as_deref() == Some(book.name.as_str()) {
            true => Ok(()),
            false => Err(format!("{} has the name {:?}", book.name, got.name)),
        }
    }

    /// Lists everything of a kind: what this worker has must be in it, although others create, rename and delete
    /// things at the same time.
    async fn list(&mut self) -> Result<(), String> {
        let options = ListOptions::new().settled();
        let (listed, own): (Vec<Luid>, Vec<Luid>) = match self.below(3) {
            0 => {
                let listed = self.site.projects().list(options.page_size(40)).all().await;
                let listed = listed.map_err(told)?;
                (
                    listed.iter().filter_map(|p| Some(p.id?.0)).collect(),
                    self.projects.iter().map(|p| p.id).collect(),
                )
            }
            1 => {
                let listed = self.site.users().list(options.page_size(30)).all().await;
                let listed = listed.map_err(told)?;
                (
                    listed.iter().filter_map(|u| Some(u.id?.0)).collect(),
                    self.users.iter().map(|u| u.id).collect(),
                )
            }
            _ => {
                let options = options.filter(Filter::eq("ownerName", "admin")).page_size(50);
                let listed = self.site.workbooks().list(options).all().await.map_err(told)?;
                (
                    listed.iter().filter_map(|b| Some(b.id?.0)).collect(),
                    self.books.iter().map(|b| b.id.0).collect(),
                )
            }
        };
        match own.iter().all(|id| listed.contains(id)) {
            true => Ok(()),
            false => Err("something is missing in a list".to_owned()),
        }
    }

    /// The project that workbooks are published to: Default.
    async fn home(&mut self) -> Result<ProjectId, String> {
        if let Some(id) = self.project {
            return Ok(id);
        }
        let options = ListOptions::new().filter(Filter::eq("name", "Default"));
        let found = self.site.projects().list(options).all().await.map_err(told)?;
        let id = found
            .first()
            .and_then(|p| p.id)
            .ok_or("there is no project Default")?;
        self.project = Some(id);
        Ok(id)
    }

    fn content(&mut self, large: bool) -> (u64, usize, Bytes) {
        self.next += 1;
        let content = self.number * 1_000_000 + self.next;
        let size = match large {
            // A quarter are so small that no chunk of them can be seen.
            true if self.below(4) == 0 => 100_000,
            true => 2 * CHUNK as usize + 300_000,
            false => 2_000,
        };
        (content, size, Bytes::from(document(content, size)))
    }
}

/// A workbook that is told from others by a number.
fn document(content: u64, size: usize) -> Vec<u8> {
    let head = format!("<?xml version='1.0' encoding='utf-8' ?>\n<workbook version='18.1'><!-- {content} ");
    let tail = " --><worksheets><worksheet name='Sheet 1'><table/></worksheet></worksheets>\
                <windows><window class='worksheet' name='Sheet 1'/></windows></workbook>\n";
    let mut document = head.into_bytes();
    let fill = size.saturating_sub(document.len() + tail.len());
    // A pattern whose length divides no chunk, so that a part in the wrong place shows.
    let pattern: Vec<u8> = (0..4093u64)
        .map(|at| b'a' + (at * 31 + content).wrapping_mul(2_654_435_761).to_le_bytes()[1] % 26)
        .collect();
    let end = document.len() + fill;
    while document.len() < end {
        let size = pattern.len().min(end - document.len());
        document.extend_from_slice(&pattern[..size]);
    }
    document.extend_from_slice(tail.as_bytes());
    document
}

fn told(error: Error) -> String {
    format!("{error} {:?}", error.retried())
}
