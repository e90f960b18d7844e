//! The client against the real server of this program.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use vivant_client::types::{Project, Workbook};
use vivant_client::{
    Client, Credentials, DownloadOptions, ErrorKind, Filter, ListOptions, ProxyChoice, PublishDatasource,
    PublishDatasourceMode, PublishMode, PublishWorkbook, Sort, Source,
};

use crate::program::Program;

const PASSWORD: &str = "the administrator's password";

/// A server that ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(program: &Program) -> Self {
        let arguments = ["serve", "--ephemeral", "--listen", "127.0.0.1:0"];
        let mut command = program.command(&arguments, &[("VIVANT_ADMIN_PASSWORD", PASSWORD)]);
        let mut child = command.stderr(Stdio::null()).spawn().expect("started");
        let out = child.stdout.take().expect("a pipe");
        let line = BufReader::new(out)
            .lines()
            .next()
            .expect("a line")
            .expect("readable");
        let url = line.rsplit(' ').next().expect("a word").to_owned();
        Self { child, url }
    }

    fn client(&self) -> Client {
        Client::builder(&self.url)
            .proxy(ProxyChoice::None)
            .chunk_size(300_000)
            .build()
            .expect("a client")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn book(sheets: &str) -> String {
    let sheets: String = sheets
        .split(',')
        .map(|name| format!("<worksheet name='{name}'><table><view/></table></worksheet>"))
        .collect();
    format!(
        "<?xml version='1.0' encoding='utf-8' ?>\n<workbook version='18.1'><datasources/><worksheets>{sheets}</worksheets><windows/></workbook>\n"
    )
}

#[tokio::test]
async fn workbooks_from_publishing_to_deleting() {
    let program = Program::new();
    let server = Server::start(&program);
    let site = server
        .client()
        .sign_in(Credentials::password("admin", PASSWORD))
        .await
        .expect("signed in");
    let project = Project {
        name: Some("A & B + [c]".to_owned()),
        ..Project::default()
    };
    let project = site.projects().create(&project).await.expect("created");
    assert_eq!(
        site.projects()
            .get(project.id.expect("an id"))
            .await
            .expect("found")
            .name,
        project.name
    );
    let taken = site.projects().create(&project).await.expect_err("taken");
    assert_eq!(
        (taken.kind(), taken.code()),
        (ErrorKind::Conflict, Some("409006"))
    );

    let workbooks = site.workbooks();
    let options = PublishWorkbook {
        project_id: project.id,
        show_tabs: true,
        ..PublishWorkbook::default()
    };
    let first = workbooks
        .publish(options.clone(), Source::bytes("Sales + Ops.twb", book("One,Two")))
        .await
        .expect("published");
    let id = first.id.expect("an id");
    let again = workbooks
        .publish(options.clone(), Source::bytes("Sales + Ops.twb", book("One")))
        .await;
    assert!(again.is_err(), "a name is not taken twice without overwriting");
    let overwrite = PublishWorkbook {
        mode: PublishMode::Overwrite,
        ..options.clone()
    };
    // Larger than a chunk and of unknown length, so that it goes up through an upload session.
    let large = format!("{}<!--{}-->", book("One,Two,Three"), "x".repeat(1_000_000));
    let reader = Source::reader(
        "Sales + Ops.twb",
        std::io::Cursor::new(large.clone().into_bytes()),
    );
    let second = workbooks.publish(overwrite, reader).await.expect("overwritten");
    assert_eq!(second.id, Some(id));

    let views = workbooks.views(id).await.expect("listed");
    let names: Vec<_> = views.iter().filter_map(|v| v.name.as_deref()).collect();
    assert_eq!(names, ["One", "Two", "Three"]);
    assert_eq!(
        site.views()
            .get(views[1].id.expect("an id"))
            .await
            .expect("found")
            .name
            .as_deref(),
        Some("Two")
    );
    assert!(workbooks.connections(id).await.is_ok());

    let found = ListOptions::new()
        .filter(Filter::eq("name", "Sales + Ops"))
        .sort(Sort::desc("updatedAt"));
    let found = workbooks.list(found).all().await.expect("listed");
    assert_eq!(found.iter().map(|w| w.id).collect::<Vec<_>>(), [Some(id)]);
    let none = workbooks
        .list(ListOptions::new().filter(Filter::eq("name", "Sales   Ops")))
        .all()
        .await
        .expect("listed");
    assert!(none.is_empty());

    let got = workbooks
        .download(id, program.path(""), DownloadOptions::default())
        .await
        .expect("downloaded");
    assert_eq!(
        std::fs::read_to_string(got.path.expect("a path")).expect("read"),
        large
    );

    let renamed = Workbook {
        name: Some("Renamed".to_owned()),
        ..Workbook::default()
    };
    assert_eq!(
        workbooks
            .update(id, &renamed)
            .await
            .expect("renamed")
            .name
            .as_deref(),
        Some("Renamed")
    );
    assert_eq!(
        workbooks.get(id).await.expect("found").name.as_deref(),
        Some("Renamed")
    );
    workbooks.delete(id).await.expect("deleted");
    let gone = workbooks.get(id).await.expect_err("gone");
    assert_eq!((gone.kind(), gone.code()), (ErrorKind::NotFound, Some("404006")));
    assert!(gone.hint().is_some());
    site.sign_out().await.expect("signed out");
}

#[tokio::test]
async fn people_sites_and_data_sources() {
    use vivant_client::types::{Datasource, Group, Site, User};
    let program = Program::new();
    let server = Server::start(&program);
    let site = server
        .client()
        .sign_in(Credentials::password("admin", PASSWORD))
        .await
        .expect("signed in");
    assert!(site.current_session().await.expect("a session").user.is_some());
    let named = |name: &str| User {
        name: Some(name.to_owned()),
        site_role: Some("Creator".to_owned()),
        ..User::default()
    };
    for n in 0..25 {
        site.users()
            .add(&named(&format!("user{n:02}")))
            .await
            .expect("added");
    }
    let users = site
        .users()
        .list(ListOptions::new().page_size(4).sort(Sort::asc("name")))
        .all()
        .await
        .expect("listed");
    assert_eq!(users.len(), 26);
    let user = users[3].id.expect("an id");
    let changes = User {
        password: Some("another password".to_owned()),
        full_name: Some("U".to_owned()),
        ..User::default()
    };
    site.users().update(user, &changes).await.expect("changed");
    let group = Group {
        name: Some("Readers".to_owned()),
        ..Group::default()
    };
    let group = site
        .groups()
        .create(&group)
        .await
        .expect("created")
        .id
        .expect("an id");
    site.groups().add_user(group, user).await.expect("added");
    assert_eq!(
        site.groups()
            .users(group, ListOptions::new())
            .all()
            .await
            .expect("listed")
            .len(),
        1
    );
    let groups = site
        .users()
        .groups(user, ListOptions::new())
        .all()
        .await
        .expect("listed");
    assert!(groups.iter().any(|g| g.id == Some(group)));
    site.groups().remove_user(group, user).await.expect("removed");
    site.groups().delete(group).await.expect("deleted");
    site.users().remove(user, None).await.expect("removed");
    assert_eq!(
        site.users().get(user).await.expect_err("gone").code(),
        Some("404002")
    );

    let tds = "<?xml version='1.0' encoding='utf-8' ?>\n<datasource formatted-name='d' inline='true' version='18.1'>\
               <connection class='sqlserver' server='db' dbname='x' username='u'/></datasource>\n";
    let options = PublishDatasource {
        mode: PublishDatasourceMode::Overwrite,
        ..PublishDatasource::default()
    };
    let source = site
        .datasources()
        .publish(options, Source::bytes("Orders.tds", tds))
        .await
        .expect("published");
    let source = source.id.expect("an id");
    assert_eq!(
        site.datasources()
            .connections(source)
            .await
            .expect("listed")
            .len(),
        1
    );
    let certified = Datasource {
        is_certified: Some(true),
        ..Datasource::default()
    };
    assert_eq!(
        site.datasources()
            .update(source, &certified)
            .await
            .expect("changed")
            .is_certified,
        Some(true)
    );
    let options = ListOptions::new().filter(Filter::eq("isCertified", true));
    assert_eq!(
        site.datasources()
            .list(options)
            .all()
            .await
            .expect("listed")
            .len(),
        1
    );
    let got = site
        .datasources()
        .download(source, program.path("x.tds"), DownloadOptions::default())
        .await;
    assert_eq!(got.expect("downloaded").file_name, "Orders.tds");
    assert_eq!(program.read("x.tds"), tds);

    let second = Site {
        name: Some("Second".to_owned()),
        content_url: Some("second".to_owned()),
        ..Site::default()
    };
    let second = site
        .sites()
        .create(&second)
        .await
        .expect("created")
        .id
        .expect("an id");
    let other = site.switch_site("second").await.expect("switched");
    assert_eq!(other.id(), second);
    assert_eq!(
        other
            .sites()
            .get_by_content_url("second")
            .await
            .expect("found")
            .id,
        Some(second)
    );
    assert_eq!(other.switch_site("second").await.expect("the same").id(), second);
    assert!(site.workbooks().list(ListOptions::new()).all().await.is_err());
    other.sign_out().await.expect("signed out");
}

#[tokio::test]
async fn the_command_lists_what_the_server_has() {
    let program = Program::new();
    let server = Server::start(&program);
    let client = server.client();
    client
        .with_session(Credentials::password("admin", PASSWORD), async |site| {
            for n in 0..3 {
                let name = format!("Book \"{n}\", ü.twb");
                site.workbooks()
                    .publish(PublishWorkbook::default(), Source::bytes(name, book("s")))
                    .await?;
            }
            Ok::<_, vivant_client::Error>(())
        })
        .await
        .expect("published");
    let arguments = [
        "workbooks",
        "owners",
        "--server",
        &server.url,
        "--username",
        "admin",
    ];
    let ran = program.run(&arguments, &[("VIVANT_PASSWORD", PASSWORD)]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let mut lines: Vec<String> = program
        .read("list_workbooks.csv")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.remove(0), "workbook_name,size,owner_name");
    lines.sort();
    assert_eq!(
        lines,
        [0, 1, 2].map(|n| format!("\"Book \"\"{n}\"\", ü\",1,admin"))
    );
    let ran = program.run(&arguments, &[("VIVANT_PASSWORD", "not it")]).await;
    assert_eq!(ran.code, Some(3), "{}", ran.err);
    assert!(
        ran.err.contains("401001") && ran.err.contains("hint:"),
        "{}",
        ran.err
    );
}
