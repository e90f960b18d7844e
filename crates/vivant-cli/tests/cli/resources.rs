//! `vivant <resource> <verb>`: what is asked of a server, against one that notes every request.

use crate::fake::{Fake, Reply, Request, error, id, no_content, ok};
use crate::program::{Program, Ran, check_snapshot};

async fn vivant(server: &Fake, program: &Program, arguments: &[&str]) -> Ran {
    let variables = [
        ("VIVANT_SERVER", server.url.as_str()),
        ("VIVANT_USERNAME", "ann"),
        ("VIVANT_PASSWORD", "p4ss-w0rd"),
    ];
    program.run(arguments, &variables).await
}

fn projects(request: &Request) -> Option<Reply> {
    let all = [(1, "A", ""), (2, "North, South", "p1"), (3, "A", "p2")];
    let items: String = all
        .iter()
        .map(|(n, name, parent)| {
            let parent = match *parent {
                "p1" => format!(" parentProjectId='{}'", id(1)),
                "p2" => format!(" parentProjectId='{}'", id(2)),
                _ => String::new(),
            };
            format!("<project id='{}' name='{name}'{parent}/>", id(*n))
        })
        .collect();
    request.is("GET", "/projects?").then(|| {
        ok(&format!(
            "<pagination pageNumber='1' pageSize='1000' totalAvailable='3'/><projects>{items}</projects>"
        ))
    })
}

#[tokio::test]
async fn the_help_of_some() {
    for (arguments, file) in [
        (&["workbooks", "--help"][..], "workbooks-help.txt"),
        (&["workbooks", "publish", "--help"], "workbooks-publish-help.txt"),
        (&["groups", "list", "--help"], "groups-list-help.txt"),
    ] {
        let ran = Program::new().run(arguments, &[]).await;
        assert_eq!(ran.code, Some(0));
        check_snapshot(file, &ran.out);
    }
}

#[tokio::test]
async fn ambiguous_names_are_told_with_their_paths() {
    let server = Fake::start(|request, _| projects(request)).await;
    let program = Program::new();
    let ran = vivant(&server, &program, &["projects", "delete", "A"]).await;
    assert_eq!(ran.code, Some(4), "{}", ran.err);
    for part in [&id(1), &id(3), "  /A\n", "/A/North, South/A"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert_eq!(server.count("DELETE", ""), 0);
    // A comma is no part of the grammar of filters, so the name is looked for here.
    let ran = vivant(
        &server,
        &program,
        &["projects", "delete", "/A/North, South/A", "--dry-run"],
    )
    .await;
    assert_eq!(
        (ran.code, ran.out),
        (Some(0), format!("would delete project A ({})\n", id(3))),
        "{}",
        ran.err
    );
}

#[tokio::test]
async fn some_of_several_steps() {
    let server = Fake::start(|request, _| {
        if request.method != "DELETE" {
            return None;
        }
        match request.target.contains(&id(2)) {
            true => Some(error(403, "403004")),
            false => Some(no_content()),
        }
    })
    .await;
    let program = Program::new();
    let (one, two, three) = (id(1), id(2), id(3));
    let ran = vivant(
        &server,
        &program,
        &["workbooks", "delete", &one, &two, &three, "--csv"],
    )
    .await;
    assert_eq!(ran.code, Some(6), "{}", ran.err);
    let results: Vec<&str> = ran
        .out
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    assert_eq!(results, ["done", "failed", "done"]);
    assert!(ran.err.contains("403004"), "{}", ran.err);
    let ran = vivant(&server, &program, &["workbooks", "delete", &two]).await;
    assert_eq!(ran.code, Some(3), "{}", ran.err);
}

#[tokio::test]
async fn a_burst_asks_for_every_combination() {
    let view = id(7);
    let known = view.clone();
    let server = Fake::start(move |request, _| {
        if request.is("GET", "/pdf") {
            let pdf = vec![("Content-Type", "application/pdf".to_owned())];
            return match request.target.contains("broken") {
                true => Some(error(404, "404011")),
                false => Some(Reply::Answer(200, pdf, request.target.clone().into_bytes())),
            };
        }
        request
            .is("GET", &format!("/views/{known}"))
            .then(|| ok(&format!("<view id='{known}' name='Über/sicht'/>")))
    })
    .await;
    let program = Program::new();
    std::fs::write(program.path("shops.txt"), "1 & 2\n数据 😀\n").expect("written");
    let mut arguments = vec![
        "export",
        "burst",
        "--view",
        &view,
        "--for",
        r"Region=North,South\, deep",
        "--for-file",
        "Shop=shops.txt",
        "--folder",
        "out",
        "--parameter",
        "Top N=5",
        "--page-type",
        "a4",
    ];
    let ran = vivant(&server, &program, &[&arguments[..], &["--dry-run"]].concat()).await;
    assert_eq!((ran.code, ran.out.lines().count()), (Some(0), 4), "{}", ran.err);
    assert_eq!((server.count("GET", "/pdf"), program.files().len()), (0, 1));
    let ran = vivant(&server, &program, &arguments).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let mut files: Vec<String> = std::fs::read_dir(program.path("out"))
        .expect("made")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "Über_sicht North 1 & 2.pdf",
            "Über_sicht North 数据 😀.pdf",
            "Über_sicht South, deep 1 & 2.pdf",
            "Über_sicht South, deep 数据 😀.pdf",
        ]
    );
    let asked = program.read("out/Über_sicht South, deep 1 & 2.pdf");
    for part in [
        "type=a4",
        "vf_Parameters.Top%20N=5",
        "vf_Region=South%5C%2C%20deep",
        "vf_Shop=1%20%26%202",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    // Again: every file is there already.
    let ran = vivant(&server, &program, &arguments).await;
    assert_eq!(ran.code, Some(5), "{}", ran.err);
    arguments.extend(["--name", "{view}"]);
    let ran = vivant(&server, &program, &arguments).await;
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("two files"), "{}", ran.err);
    let ran = vivant(
        &server,
        &program,
        &[
            "export",
            "burst",
            "--view",
            &view,
            "--for",
            "Region=fine,broken",
            "--folder",
            "part",
        ],
    )
    .await;
    assert_eq!(ran.code, Some(6), "{}", ran.err);
    assert!(program.path("part/Über_sicht fine.pdf").exists());
}

#[tokio::test]
async fn permissions_take_the_opposite_away_first() {
    let (project, user) = (id(1), id(9));
    let there = format!(
        "<permissions><granteeCapabilities><user id='{user}'/><capabilities><capability name='Read' mode='Deny'/>\
         <capability name='Write' mode='Allow'/></capabilities></granteeCapabilities></permissions>"
    );
    let server = Fake::start(move |request, _| match request.method.as_str() {
        "DELETE" => Some(no_content()),
        _ if request.target.contains("/permissions") => Some(ok(&there)),
        _ => None,
    })
    .await;
    let program = Program::new();
    let ran = vivant(
        &server,
        &program,
        &[
            "permissions",
            "add",
            "project",
            &project,
            "--user",
            &user,
            "--allow",
            "Read,Write",
        ],
    )
    .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(
        server.count("DELETE", &format!("/permissions/users/{user}/Read/Deny")),
        1
    );
    assert_eq!(server.count("DELETE", ""), 1);
    let put = server
        .requests()
        .into_iter()
        .find(|request| request.method == "PUT")
        .expect("a change");
    assert!(
        put.text().contains("Read") && !put.text().contains("Write"),
        "{}",
        put.text()
    );
    let ran = vivant(
        &server,
        &program,
        &[
            "permissions",
            "add",
            "workbook",
            &project,
            "--user",
            &user,
            "--allow",
            "X",
            "--default-for",
            "flows",
        ],
    )
    .await;
    assert_eq!(ran.code, Some(2), "{}", ran.err);
}

#[tokio::test]
async fn profiles_keep_no_secret_unasked() {
    let program = Program::new();
    let config = program.path("vivant.toml").display().to_string();
    let variables = [
        ("VIVANT_CONFIG", config.as_str()),
        ("VIVANT_PASSWORD", "p4ss-w0rd"),
    ];
    let add = [
        "profile",
        "add",
        "a",
        "--server",
        "https://t.example.com",
        "--username",
        "ann",
    ];
    assert_eq!(program.run(&add, &variables).await.code, Some(0));
    assert!(!program.read("vivant.toml").contains("p4ss-w0rd"));
    let ran = program
        .run(&[&add[..], &["--replace", "--keep-secret"]].concat(), &variables)
        .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(program.read("vivant.toml").contains("p4ss-w0rd"));
    let bad = ["profile", "add", "b", "--server", "ftp://h", "--username", "ann"];
    assert_eq!(program.run(&bad, &variables).await.code, Some(2));
}
