//! `vivant doc`: files in, files and reports out, and nothing overwritten that was not named.

use serde_json::Value;

use crate::program::{Program, Ran};

const BOOK: &str = "<?xml version='1.0' encoding='utf-8' ?>\r
<workbook version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'>\r
  <datasources>\r
    <datasource caption='Trips' name='federated.1' version='18.1'>\r
      <connection class='federated'>\r
        <named-connections>\r
          <named-connection caption='db.example.org' name='postgres.1'>\r
            <connection class='postgres' dbname='test' port='5432' server='db.example.org' username='me' />\r
          </named-connection>\r
        </named-connections>\r
        <relation connection='postgres.1' name='trips' table='[test].[trips]' type='table' />\r
        <metadata-records>\r
          <metadata-record class='column'><remote-name>fare</remote-name><local-name>[fare]</local-name><parent-name>[trips]</parent-name><local-type>real</local-type><aggregation>Sum</aggregation></metadata-record>\r
        </metadata-records>\r
      </connection>\r
      <column caption='Twice' datatype='real' name='[Calculation_1]' role='measure' type='quantitative'>\r
        <calculation class='tableau' formula='[fare] * 2' />\r
      </column>\r
    </datasource>\r
  </datasources>\r
  <worksheets>\r
    <worksheet name='Fares'><table><view><datasources><datasource name='federated.1' /></datasources></view><rows>[federated.1].[fare]</rows><cols /></table></worksheet>\r
    <worksheet name='More'><table><view /></table></worksheet>\r
  </worksheets>\r
  <windows>\r
    <window class='worksheet' name='Fares' />\r
    <window class='worksheet' name='More' />\r
  </windows>\r
</workbook>\r
";

async fn run(program: &Program, arguments: &[&str]) -> Ran {
    let mut all = vec!["doc"];
    all.extend(arguments);
    program.run(&all, &[]).await
}

fn with_book() -> Program {
    let program = Program::new();
    std::fs::write(program.path("Book.twb"), BOOK).expect("written");
    program
}

#[tokio::test]
async fn an_edit_takes_a_new_name_unless_told_otherwise() {
    let program = with_book();
    let edit = ["set-connection", "Book.twb", "--server", "prod"];
    let ran = run(&program, &edit).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("server: db.example.org -> prod"), "{}", ran.out);
    run(&program, &edit).await;
    assert_eq!(program.files(), ["Book (1).twb", "Book (2).twb", "Book.twb"]);
    assert_eq!(program.read("Book.twb"), BOOK);
    let expected = BOOK
        .replace("server='db.example.org'", "server='prod'")
        .replace("caption='db.example.org'", "caption='prod'");
    assert_eq!(program.read("Book (1).twb"), expected);

    let ran = run(&program, &[&edit[..], &["--output", "Book.twb"]].concat()).await;
    assert_eq!(ran.code, Some(2));
    let ran = run(&program, &[&edit[..], &["--dry-run", "--json"]].concat()).await;
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(report["output"], Value::Null);
    assert_eq!(report["report"]["connections"], 1);
    assert_eq!(program.files().len(), 3, "a dry run writes nothing");
    run(&program, &[&edit[..], &["--in-place"]].concat()).await;
    assert_eq!(program.read("Book.twb"), expected);
    assert_eq!(program.files().len(), 3);
}

#[tokio::test]
async fn mistakes_are_named_and_leave_everything() {
    let program = with_book();
    for (arguments, part) in [
        (&["info", "none.twb"][..], "none.twb"),
        (&["info", "Book.txt"], "no document"),
        (
            &["set-connection", "Book.twb", "--class", "oracle", "--server", "x"],
            "no connection fits",
        ),
        (&["rename-field", "Book.twb", "fair", "x"], "did you mean `fare`?"),
        (&["add-calculation", "Book.twb", "X", "SUM("], "formula is wrong"),
        (&["delete-sheet", "Book.twb", "Fars"], "did you mean `Fares`?"),
        (&["replace-file", "Book.twb", "x", "y"], "no package"),
    ] {
        let ran = run(&program, arguments).await;
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains(part), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(program.files(), ["Book.twb"]);
}

#[tokio::test]
async fn checks_and_differences_have_exit_codes() {
    let program = with_book();
    let ran = run(&program, &["check", "Book.twb", "--json"]).await;
    assert_eq!((ran.code, ran.out.trim()), (Some(0), "[]"), "{}", ran.err);
    let broken = BOOK.replace("[fare] * 2", "[fair] * 2");
    std::fs::write(program.path("Broken.twb"), broken).expect("written");
    let ran = run(&program, &["check", "Broken.twb", "--json"]).await;
    assert_eq!(ran.code, Some(1));
    let findings: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(findings[0]["severity"], "error");
    let ran = run(&program, &["diff", "Book.twb", "Broken.twb"]).await;
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (
            Some(1),
            "changed: data source 'Trips' / field 'Twice' / formula: [fare] * 2 -> [fair] * 2\n"
        )
    );
    assert_eq!(
        run(&program, &["diff", "Book.twb", "Book.twb"]).await.code,
        Some(0)
    );
}

#[tokio::test]
async fn a_folder_and_a_package_are_the_same() {
    let program = with_book();
    std::fs::create_dir_all(program.path("in/Data")).expect("made");
    std::fs::write(program.path("in/Data/x.csv"), "a,b\n").expect("written");
    std::fs::write(program.path("in/Book.twb"), BOOK).expect("written");
    assert_eq!(run(&program, &["pack", "in", "a.twbx"]).await.code, Some(0));
    assert_eq!(
        run(&program, &["pack", "in", "a.twbx"]).await.code,
        Some(2),
        "never overwritten"
    );
    assert_eq!(run(&program, &["unpack", "a.twbx", "out"]).await.code, Some(0));
    assert_eq!(run(&program, &["pack", "out", "b.twbx"]).await.code, Some(0));
    let bytes = |name: &str| std::fs::read(program.path(name)).expect(name);
    assert_eq!(bytes("a.twbx"), bytes("b.twbx"));
    assert_eq!(program.read("out/Book.twb"), BOOK);
    let edit = ["set-connection", "a.twbx", "--server", "prod", "-o", "d.twbx"];
    assert_eq!(run(&program, &edit).await.code, Some(0));
    assert_eq!(run(&program, &["unpack", "d.twbx", "edited"]).await.code, Some(0));
    let expected = BOOK
        .replace("server='db.example.org'", "server='prod'")
        .replace("caption='db.example.org'", "caption='prod'");
    assert_eq!(program.read("edited/Book.twb"), expected);
    assert_eq!(program.read("edited/Data/x.csv"), "a,b\n");
    std::fs::write(program.path("new.csv"), "c\n").expect("written");
    let ran = run(
        &program,
        &["replace-file", "a.twbx", "x.csv", "new.csv", "-o", "c.twbx"],
    )
    .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let ran = run(&program, &["diff", "a.twbx", "c.twbx"]).await;
    assert_eq!(ran.out, "changed: file 'Data/x.csv': 4 bytes -> 2 bytes\n");
}

#[tokio::test]
async fn what_is_shown_is_json_too() {
    let program = with_book();
    for (command, path, expected) in [
        ("info", "/worksheets/0/name", "Fares"),
        ("fields", "/0/datatype", "real"),
        ("formulas", "/0/formula", "[fare] * 2"),
        ("connections", "/0/database", "test"),
        ("tree", "/name", "workbook"),
    ] {
        let ran = run(&program, &[command, "Book.twb", "--json"]).await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let value: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(
            value.pointer(path).and_then(Value::as_str),
            Some(expected),
            "{command}: {value}"
        );
        assert!(!run(&program, &[command, "Book.twb"]).await.out.is_empty());
    }
    let ran = run(&program, &["fmt", "Book.twb"]).await;
    assert!(ran.out.contains("\n  <datasources>\n"), "{}", ran.out);
}

#[tokio::test]
async fn many_edits_one_after_another() {
    let program = with_book();
    for arguments in [
        &["swap-database", "Book.twb", "test", "prod"][..],
        &["add-calculation", "Book.twb", "Thrice", "[fare] * 3"],
        &["set-formula", "Book.twb", "Twice", "SUM([fare]) * 2"],
        &["set-caption", "Book.twb", "fare", "Price"],
        &["add-filter", "Book.twb", "Price", "--min", "1"],
        &[
            "parameter",
            "add",
            "Book.twb",
            "N",
            "--datatype",
            "integer",
            "--value",
            "2",
            "--min",
            "1",
            "--max",
            "9",
        ],
        &["parameter", "set", "Book.twb", "N", "--value", "3"],
        &["hide-sheet", "Book.twb", "More"],
        &["rename-field", "Book.twb", "fare", "amount"],
        &["delete-sheet", "Book.twb", "More"],
        &[
            "new",
            "Other.tds",
            "--class",
            "Snowflake",
            "--server",
            "s",
            "--database",
            "D",
            "--table",
            "T",
            "--column",
            "AMOUNT=real",
        ],
        &["repoint", "Book.twb", "--to", "Other.tds"],
    ] {
        let mut all = arguments.to_vec();
        if arguments[0] != "new" {
            all.push("--in-place");
        }
        let ran = run(&program, &all).await;
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
    }
    let ran = run(&program, &["check", "Book.twb", "--strict"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    let text = program.read("Book.twb");
    assert!(text.contains("<rows>[federated.1].[AMOUNT]</rows>"), "{text}");
    assert!(text.contains("class='snowflake'"), "{text}");
    assert_eq!(program.files(), ["Book.twb", "Other.tds"]);
}
