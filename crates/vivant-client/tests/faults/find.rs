//! Things by what people call them.

use vivant_client::{ErrorKind, Site};

use crate::fake::{Fake, Reply, Request, error, id, ok};
use crate::support::site;

/// Whether an item is in a list that is filtered by name or not at all.
fn is_listed(request: &Request, name: &str) -> bool {
    let encoded: String = name
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    let filter = |end: &str| request.target.contains(&format!("name%3Aeq%3A{encoded}{end}"));
    !request.target.contains("name%3Aeq") || filter("&") || filter("%2C")
}

/// Projects A, A/B, C, C/B and `x, y`, a workbook Report in each B and one in A, each with a view Sales; two users ann.
fn world(request: &Request, _: usize) -> Option<Reply> {
    if request.method != "GET" {
        return None;
    }
    let path = request.target.split('?').next()?;
    // An older server: no filter by the parent.
    if request.target.contains("parentProjectId") {
        return Some(error(400, "400065"));
    }
    let project = |n: u32, name: &str, parent: Option<u32>| {
        let parent = parent.map_or_else(String::new, |n| format!(" parentProjectId='{}'", id(n)));
        (
            name.to_owned(),
            format!("<project id='{}' name='{name}'{parent}/>", id(n)),
        )
    };
    let book = |n: u32, within: u32| {
        let xml = format!(
            "<workbook id='{}' name='Report'><project id='{}'/></workbook>",
            id(n),
            id(within)
        );
        ("Report".to_owned(), xml)
    };
    let view = |n: u32, within: u32| {
        let xml = format!(
            "<view id='{}' name='Sales'><workbook id='{}'/></view>",
            id(n),
            id(within)
        );
        ("Sales".to_owned(), xml)
    };
    let user = |n: u32, domain: &str| {
        let xml = format!(
            "<user id='{}' name='ann'><domain name='{domain}' shortName='{n}'/></user>",
            id(n)
        );
        ("ann".to_owned(), xml)
    };
    let (plural, items) = match path.rsplit('/').next()? {
        "projects" => (
            "projects",
            vec![
                project(1, "A", None),
                project(2, "B", Some(1)),
                project(3, "C", None),
                project(4, "B", Some(3)),
                project(5, "x, y", None),
            ],
        ),
        "workbooks" => ("workbooks", vec![book(11, 2), book(12, 4), book(13, 1)]),
        "views" => ("views", vec![view(21, 11), view(22, 12)]),
        "users" => ("users", vec![user(31, "corp.example"), user(32, "local")]),
        "groups" => ("groups", vec![]),
        one => {
            return (one == id(11)).then(|| ok(&format!("<workbook id='{}' name='Report'/>", id(11))));
        }
    };
    let items: Vec<String> = items
        .into_iter()
        .filter(|(name, _)| is_listed(request, name))
        .map(|(_, xml)| xml)
        .collect();
    let count = items.len();
    let paging = format!("<pagination pageNumber='1' pageSize='1000' totalAvailable='{count}'/>");
    Some(ok(&format!("{paging}<{plural}>{}</{plural}>", items.concat())))
}

async fn found(site: &Site, reference: &str) -> u32 {
    let book = site.workbooks().find(reference).await.expect(reference);
    let text = book.id.expect("an id").to_string();
    text[text.len() - 12..].parse().expect("a number")
}

#[tokio::test]
async fn things_are_found_by_id_name_and_path() {
    let fake = Fake::start(world).await;
    let site = site(&fake).await;
    assert_eq!(found(&site, &id(11).to_uppercase()).await, 11);
    assert_eq!(found(&site, "/A/B/Report").await, 11);
    assert_eq!(found(&site, "/C/B/Report").await, 12);
    assert_eq!(found(&site, "/A/Report").await, 13);
    let view = site.views().find("/C/B/Report/Sales").await.expect("a view");
    assert_eq!(view.id.map(|id| id.to_string()), Some(id(22)));
    let project = site.projects().find("/C/B").await.expect("a project");
    assert_eq!(project.id.map(|id| id.to_string()), Some(id(4)));
    // No filter can hold a comma.
    let project = site.projects().find("x, y").await.expect("a project");
    assert_eq!(project.id.map(|id| id.to_string()), Some(id(5)));
    for name in [r"CORP.example\ann", r"31\ann"] {
        let user = site.users().find(name).await.expect("a user");
        assert_eq!(user.id.map(|id| id.to_string()), Some(id(31)));
    }
}

#[tokio::test]
async fn what_is_not_there_is_named_and_what_is_not_clear_is_listed() {
    let fake = Fake::start(world).await;
    let site = site(&fake).await;
    for missing in ["Reports", "/A/C/Report", "/C/Report", "report"] {
        let failure = site.workbooks().find(missing).await.expect_err(missing);
        assert_eq!(failure.kind(), ErrorKind::NotFound, "{failure}");
        assert!(failure.to_string().contains(missing), "{failure}");
    }
    assert_eq!(
        site.groups().find("x").await.expect_err("no group").kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        site.projects().find(&id(77)).await.expect_err("none").kind(),
        ErrorKind::NotFound
    );
    let failure = site.workbooks().find("/Report").await.expect_err("no path");
    assert_eq!(failure.kind(), ErrorKind::InvalidInput);

    let failure = site.workbooks().find("Report").await.expect_err("three");
    assert_eq!(failure.kind(), ErrorKind::Ambiguous);
    let paths: Vec<&str> = failure.candidates().iter().map(|c| c.path.as_str()).collect();
    assert_eq!(paths, ["/A/B/Report", "/C/B/Report", "/A/Report"]);
    assert!(failure.to_string().contains(&id(12)), "{failure}");
    let failure = site.views().find("Sales").await.expect_err("two");
    assert_eq!(failure.candidates()[1].path, "/C/B/Report/Sales");
    assert_eq!(
        site.users()
            .find("ann")
            .await
            .expect_err("two")
            .candidates()
            .len(),
        2
    );
}
