//! What the program says of itself.

use crate::program::{Program, check_snapshot};

#[tokio::test]
async fn the_help_of_owners() {
    let ran = Program::new().run(&["workbooks", "owners", "--help"], &[]).await;
    assert_eq!(ran.code, Some(0));
    check_snapshot("owners-help.txt", &ran.out);
}

#[tokio::test]
async fn the_version_goes_to_stdout() {
    let ran = Program::new().run(&["--version"], &[]).await;
    assert_eq!(
        (ran.code, ran.out),
        (Some(0), format!("vivant {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[tokio::test]
async fn mistakes_on_the_command_line_have_their_code() {
    let program = Program::new();
    for arguments in [
        &["nonsense"][..],
        &["workbooks"],
        &["workbooks", "owners", "--username", "a"],
        &[
            "workbooks",
            "owners",
            "--server",
            "h",
            "--username",
            "a",
            "--token-name",
            "b",
        ],
        &[
            "workbooks",
            "owners",
            "--server",
            "h",
            "--username",
            "a",
            "--api-version",
            "x",
        ],
        &["workbooks", "owners", "--server", "ftp://h", "--username", "a"],
        &[
            "workbooks",
            "owners",
            "--server",
            "h",
            "--username",
            "a",
            "--token-file",
            "t",
        ],
        &[
            "workbooks",
            "owners",
            "--server",
            "h",
            "--username",
            "a",
            "--ca-file",
            "main.rs",
        ],
        &["workbooks", "owners", "--server", "h"],
    ] {
        let ran = program.run(arguments, &[("VIVANT_PASSWORD", "x")]).await;
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
        assert!(
            !ran.err.is_empty() && ran.out.is_empty() && !ran.err.contains("panicked"),
            "{}",
            ran.err
        );
    }
    assert!(program.files().is_empty());
}
