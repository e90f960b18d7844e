//! `vivant workbooks owners` against servers of every kind.

use std::process::Stdio;
use std::time::Duration;

use crate::fake::{Fake, Reply, Request, error, id, ok, xml};
use crate::program::{Program, Ran};

/// How a server gives the owners of its workbooks.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// With the list.
    Named,
    /// Only ids; users may be listed.
    Ids,
    /// Only ids; each user must be asked for.
    Closed,
    /// Refuses the parameter `fields`; users may be listed.
    Old,
}

const TOTAL: u32 = 2500;
const OWNERS: u32 = 7;

/// `count` workbooks of [`OWNERS`] owners, under a site of `users` users.
async fn server(kind: Kind, count: u32, users: u32) -> Fake {
    Fake::start(move |request, _| {
        let path = request.target.split('?').next().unwrap_or_default().to_owned();
        if request.is("GET", "/workbooks") {
            if kind == Kind::Old && request.target.contains("fields=") {
                return Some(error(400, "400008"));
            }
            Some(page(request, count, "workbooks", |n| {
                let owner = n % OWNERS;
                let name = if kind == Kind::Named {
                    format!(" name='owner {owner}'")
                } else {
                    String::new()
                };
                format!(
                    "<workbook name='Book {n}, &quot;x&quot;' size='{n}'><owner id='{}'{name}/></workbook>",
                    id(owner)
                )
                .replacen("<workbook ", &format!("<workbook id='{}' ", id(100_000 + n)), 1)
            }))
        } else if path.ends_with("/users") {
            match kind {
                Kind::Closed => Some(error(403, "403004")),
                _ => Some(page(request, users, "users", |n| {
                    format!("<user id='{}' name='owner {n}'/>", id(n))
                })),
            }
        } else if let Some(user) = path.split("/users/").nth(1) {
            let n = (0..OWNERS).find(|n| id(*n) == user)?;
            Some(ok(&format!("<user id='{user}' name='owner {n}'/>")))
        } else {
            None
        }
    })
    .await
}

fn page(request: &Request, total: u32, plural: &str, item: impl Fn(u32) -> String) -> Reply {
    let (number, size) = (
        request.number("pageNumber").unwrap_or(1),
        request.number("pageSize").unwrap_or(100),
    );
    let first = (number - 1) * size;
    let items: String = (first..total.min(first + size)).map(item).collect();
    ok(&format!(
        "<pagination pageNumber='{number}' pageSize='{size}' totalAvailable='{total}'/><{plural}>{items}</{plural}>"
    ))
}

fn expected(count: u32) -> String {
    let mut text = "workbook_name,size,owner_name\n".to_owned();
    for n in 0..count {
        text.push_str(&format!("\"Book {n}, \"\"x\"\"\",{n},owner {}\n", n % OWNERS));
    }
    text
}

async fn check(kind: Kind, users: u32, requests: usize) {
    let fake = server(kind, TOTAL, users).await;
    let program = Program::new();
    let ran = program.owners(&fake.url, &[]).await;
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    assert_eq!(program.files(), ["list_workbooks.csv"]);
    assert!(program.read("list_workbooks.csv") == expected(TOTAL));
    assert_eq!(fake.count("POST", "/auth/signout"), 1);
    // Server Info, signing in and out, three pages of workbooks, and what the owners cost.
    assert_eq!(fake.requests().len(), 6 + requests);
}

#[tokio::test]
async fn owners_come_with_the_list() {
    check(Kind::Named, 0, 0).await;
}

#[tokio::test]
async fn owners_come_from_one_list_of_users() {
    check(Kind::Ids, 300, 1).await;
}

#[tokio::test]
async fn a_server_that_refuses_fields_is_asked_without() {
    check(Kind::Old, 300, 2).await;
}

#[tokio::test]
async fn owners_are_asked_for_once_each_where_users_cannot_be_listed() {
    check(Kind::Closed, 300, 1 + OWNERS as usize).await;
}

#[tokio::test]
async fn few_owners_among_very_many_users_are_asked_for() {
    // Users come the other way round here, so that the first page has none of the owners.
    let fake = Fake::start(|request, _| {
        let path = request.target.split('?').next().unwrap_or_default().to_owned();
        if request.is("GET", "/workbooks") {
            let book = |n| {
                format!(
                    "<workbook id='{}' name='b' size='1'><owner id='{}'/></workbook>",
                    id(100_000 + n),
                    id(n % 2)
                )
            };
            Some(page(request, 10, "workbooks", book))
        } else if path.ends_with("/users") {
            Some(page(request, 50_000, "users", |n| {
                format!("<user id='{}' name='u'/>", id(50_000 - n))
            }))
        } else {
            let user = path.split("/users/").nth(1)?;
            Some(ok(&format!("<user id='{user}' name='asked'/>")))
        }
    })
    .await;
    let program = Program::new();
    let ran = program.owners(&fake.url, &["-o", "-"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.out.matches(",asked\n").count(), 10);
    assert_eq!(fake.count("GET", "/users/"), 2);
    assert!(
        fake.count("GET", "/users?") <= 5,
        "the rest of fifty pages is left"
    );
}

#[tokio::test]
async fn an_owner_who_is_gone_leaves_a_gap_and_a_code() {
    let fake = Fake::start(|request, _| {
        let path = request.target.split('?').next().unwrap_or_default().to_owned();
        if request.is("GET", "/workbooks") {
            let book = |n| {
                format!(
                    "<workbook id='{}' name='b{n}' size='1'><owner id='{}'/></workbook>",
                    id(10 + n),
                    id(n)
                )
            };
            Some(page(request, 2, "workbooks", book))
        } else if path.ends_with("/users") {
            Some(page(request, 1, "users", |n| {
                format!("<user id='{}' name='u'/>", id(n))
            }))
        } else {
            path.contains("/users/").then(|| error(404, "404002"))
        }
    })
    .await;
    let program = Program::new();
    let ran = program.owners(&fake.url, &[]).await;
    assert_eq!(ran.code, Some(6), "{}", ran.err);
    assert!(
        ran.err.contains(&id(1)) && ran.err.contains("404002"),
        "{}",
        ran.err
    );
    assert_eq!(
        program.read("list_workbooks.csv"),
        "workbook_name,size,owner_name\nb0,1,u\nb1,1,\n"
    );
}

#[tokio::test]
async fn json_goes_to_stdout() {
    let fake = server(Kind::Named, 2, 0).await;
    let program = Program::new();
    let ran = program.owners(&fake.url, &["--json"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let rows: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(
        rows[1],
        serde_json::json!({"workbook_name": "Book 1, \"x\"", "size": 1, "owner_name": "owner 1"})
    );
    assert!(program.files().is_empty());
}

#[tokio::test]
async fn a_failure_leaves_the_old_file_and_signs_out() {
    let fake = Fake::start(|request, _| {
        if !request.is("GET", "/workbooks") {
            return None;
        }
        Some(match request.number("pageNumber") {
            Some(1) => page(request, 1500, "workbooks", |n| {
                format!("<workbook id='{}' name='b' size='1'/>", id(n))
            }),
            _ => Reply::Answer(500, vec![xml()], b"<?xml version='1.0'?><tsResponse/>".to_vec()),
        })
    })
    .await;
    let program = Program::new();
    std::fs::write(program.path("list_workbooks.csv"), "old").expect("written");
    let ran = program.owners(&fake.url, &[]).await;
    assert_eq!(ran.code, Some(8), "{}", ran.err);
    assert_eq!(
        (program.read("list_workbooks.csv").as_str(), program.files().len()),
        ("old", 1)
    );
    assert_eq!(fake.count("POST", "/auth/signout"), 1);
}

#[tokio::test]
async fn every_kind_of_failure_has_its_code() {
    for (reply, code) in [
        (error as fn(u16, &str) -> Reply, 3),
        (|_, _| error(404, "404000"), 4),
        (|_, _| Reply::Answer(502, vec![], b"bad gateway".to_vec()), 8),
    ] {
        let fake =
            Fake::start(move |request, _| request.is("POST", "/auth/signin").then(|| reply(401, "401001")))
                .await;
        let program = Program::new();
        let ran = program.owners(&fake.url, &["--timeout", "20"]).await;
        assert_eq!(ran.code, Some(code), "{}", ran.err);
        assert!(
            !ran.err.contains("p4ss-w0rd") && program.files().is_empty(),
            "{}",
            ran.err
        );
    }
}

#[tokio::test]
async fn logs_tell_what_is_done_and_no_secret() {
    let fake = server(Kind::Ids, 3, 3).await;
    let program = Program::new();
    for (level, says, hides) in [
        ("info", "signed in", "/auth/signin"),
        ("debug", "/auth/signin", "p4ss-w0rd"),
    ] {
        let ran = program.owners(&fake.url, &["--logging-level", level]).await;
        assert_eq!(ran.code, Some(0));
        assert!(ran.err.contains(says) && !ran.err.contains(hides), "{}", ran.err);
        assert!(
            !ran.err.contains("p4ss-w0rd") && !ran.err.contains("token-1") && !ran.err.contains('\u{1b}')
        );
    }
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let fake = server(Kind::Named, TOTAL, 0).await;
    let program = Program::new();
    let arguments = ["workbooks", "owners", "-s", &fake.url, "-u", "ann", "-o", "-"];
    let mut child = program
        .command(&arguments, &[("VIVANT_PASSWORD", "x")])
        .spawn()
        .expect("started");
    drop(child.stdout.take());
    let output = tokio::task::spawn_blocking(move || child.wait_with_output())
        .await
        .expect("joined");
    let ran = Ran::of(output.expect("waited"));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_the_session_before_the_program() {
    let fake = Fake::start(|request, _| request.is("GET", "/workbooks").then_some(Reply::Silence)).await;
    let program = Program::new();
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let before = fake.count("GET", "/workbooks");
        let arguments = ["workbooks", "owners", "-s", &fake.url, "-u", "ann"];
        let mut command = program.command(&arguments, &[("VIVANT_PASSWORD", "x")]);
        let child = command.stdout(Stdio::null()).spawn().expect("started");
        while fake.count("GET", "/workbooks") == before {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let kill = std::process::Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status();
        assert!(kill.expect("kill runs").success());
        let output = tokio::task::spawn_blocking(move || child.wait_with_output())
            .await
            .expect("joined");
        let ran = Ran::of(output.expect("waited"));
        assert_eq!(ran.code, Some(code), "{}", ran.err);
    }
    assert_eq!(fake.count("POST", "/auth/signout"), 2);
    assert!(program.files().is_empty());
}

#[tokio::test]
async fn output_that_cannot_be_written_is_found_before_signing_in() {
    let fake = server(Kind::Named, 1, 0).await;
    let program = Program::new();
    let ran = program
        .owners(&fake.url, &["--output", "no/such/folder/x.csv"])
        .await;
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("no/such/folder/x.csv"), "{}", ran.err);
    assert!(fake.requests().is_empty());
    let ran = program.owners(&fake.url, &["--output", "/dev/null"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
}
