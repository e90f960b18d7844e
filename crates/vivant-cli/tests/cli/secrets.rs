//! Where secrets come from, and that nobody waits for one in vain.

use std::time::{Duration, Instant};

use crate::fake::{Fake, ok};
use crate::program::Program;

async fn empty_server() -> Fake {
    Fake::start(|request, _| {
        request
            .is("GET", "/workbooks")
            .then(|| ok("<pagination pageNumber='1' pageSize='1000' totalAvailable='0'/><workbooks/>"))
    })
    .await
}

#[tokio::test]
async fn without_a_terminal_it_fails_at_once_and_names_the_way() {
    let fake = empty_server().await;
    let program = Program::new();
    for (who, variable, option) in [
        ("--username", "VIVANT_PASSWORD", "--password-file"),
        ("--token-name", "VIVANT_TOKEN_VALUE", "--token-file"),
    ] {
        for more in [&[][..], &["--no-prompt"]] {
            let mut arguments = vec!["workbooks", "owners", "--server", &fake.url, who, "x"];
            arguments.extend(more);
            let started = Instant::now();
            let ran = program.run(&arguments, &[]).await;
            assert!(started.elapsed() < Duration::from_secs(5));
            assert_eq!(ran.code, Some(2), "{}", ran.err);
            assert!(
                ran.err.contains(variable) && ran.err.contains(option),
                "{}",
                ran.err
            );
        }
    }
    assert!(
        fake.requests().is_empty(),
        "nothing is asked of a server before the secret is there"
    );
}

#[tokio::test]
async fn files_and_variables_give_secrets() {
    let fake = empty_server().await;
    let program = Program::new();
    std::fs::write(program.path("secret"), "from-file\r\n").expect("written");
    for (arguments, variables, sent) in [
        (
            &["--username", "u"][..],
            &[("VIVANT_PASSWORD", "from-env")][..],
            "name=\"u\" password=\"from-env\"",
        ),
        (
            &["--username", "u", "--password-file", "secret"],
            &[("VIVANT_PASSWORD", "from-env")],
            "name=\"u\" password=\"from-file\"",
        ),
        (
            &["--token-name", "t", "--token-file", "secret"],
            &[],
            "personalAccessTokenName=\"t\" personalAccessTokenSecret=\"from-file\"",
        ),
        (
            &[],
            &[
                ("VIVANT_TOKEN_NAME", "e"),
                ("VIVANT_TOKEN_VALUE", "v"),
                ("VIVANT_USERNAME", "u"),
            ],
            "personalAccessTokenName=\"e\" personalAccessTokenSecret=\"v\"",
        ),
        (
            &["--username", "u"],
            &[("VIVANT_TOKEN_NAME", "e"), ("VIVANT_PASSWORD", "p")],
            "name=\"u\" password=\"p\"",
        ),
        (
            &[],
            &[("VIVANT_USERNAME", "u"), ("VIVANT_PASSWORD", "p")],
            "name=\"u\" password=\"p\"",
        ),
    ] {
        let mut all = vec!["workbooks", "owners", "--server", &fake.url];
        all.extend(arguments);
        let ran = program.run(&all, variables).await;
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
        let sign_in = fake
            .requests()
            .into_iter()
            .rfind(|r| r.is("POST", "/auth/signin"))
            .expect("signed in");
        assert!(sign_in.text().contains(sent), "{}", sign_in.text());
    }
}

#[tokio::test]
async fn server_and_site_come_from_variables_or_a_pasted_address() {
    let fake = empty_server().await;
    let program = Program::new();
    let pasted = format!("{}/#/site/pasted/workbooks", fake.url);
    for (arguments, variables, site) in [
        (
            &["--site", "option"][..],
            &[("VIVANT_SITE", "variable")][..],
            "option",
        ),
        (&[], &[("VIVANT_SITE", "variable")], "variable"),
        (&["--server", &pasted], &[], "pasted"),
        (&["--server", &pasted, "--site", ""], &[], ""),
        (&[], &[], ""),
    ] {
        let mut all = vec!["workbooks", "owners", "--username", "u"];
        all.extend(arguments);
        let mut given = vec![("VIVANT_SERVER", fake.url.as_str()), ("VIVANT_PASSWORD", "p")];
        given.extend(variables);
        let ran = program.run(&all, &given).await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let sign_in = fake
            .requests()
            .into_iter()
            .rfind(|r| r.is("POST", "/auth/signin"))
            .expect("signed in");
        assert!(
            sign_in.text().contains(&format!("contentUrl=\"{site}\"")),
            "{}",
            sign_in.text()
        );
    }
}
