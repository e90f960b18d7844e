//! Sessions of tabcmd: who signs in where, and the file in which the next command finds it.
//!
//! The file is that of tabcmd 2, so that both programs can go on with each other's sessions. Beyond
//! tabcmd, the session in it is used again as long as the server keeps it: that saves a sign-in for each
//! command, and commands beside each other do not end each other's sessions of one token.

use std::fs;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use vivant_client::{Client, Credentials, ErrorKind, ProxyChoice, SavedSession, Secret, Site, Timeouts};

use super::args::Global;
use super::console::Console;
use super::failure::Failure;

/// The file's name, in the home folder.
const FILE: &str = "tableau_auth.json";
/// No file of a session or a secret is larger.
const LARGEST: u64 = 64 * 1024;
/// Without --timeout tabcmd waits for the server; nothing is worth waiting longer for.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// How long signing out may take.
const FAREWELL: Duration = Duration::from_secs(10);

/// A session, and what its commands need.
#[derive(Debug)]
pub struct Session<'a> {
    /// The session on the site.
    pub site: Site,
    /// Flags of every command.
    pub global: &'a Global,
    /// Where lines go.
    pub console: &'a Console,
    /// Who is signed in, as people see it.
    pub username: String,
}

impl<'a> Session<'a> {
    /// Signs in, or goes on with the saved session, and does the work.
    pub async fn with<T>(
        global: &'a Global,
        console: &'a Console,
        work: impl AsyncFnOnce(&Session<'a>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let session = Self::open(global, console, false).await?;
        let outcome = work(&session).await;
        if global.no_cookie {
            farewell(&session.site).await;
        }
        outcome
    }

    /// Signs in and remembers it.
    pub async fn login(global: &'a Global, console: &'a Console) -> Result<(), Failure> {
        let session = Self::open(global, console, true).await?;
        if global.no_cookie {
            farewell(&session.site).await;
        }
        Ok(())
    }

    async fn open(global: &'a Global, console: &'a Console, anew: bool) -> Result<Self, Failure> {
        let file = File::of_home();
        let saved = file
            .as_ref()
            .and_then(|file| file.read(console))
            .unwrap_or_default();
        let mut state = saved.clone();
        state.update(global, console)?;
        let client = state.client(global)?;
        console.info(format!("=====   Server: {}", client.server()));
        if let Some(proxy) = &state.proxy {
            console.info(format!("=====   Proxy: {proxy}"));
        }
        match (state.username.is_empty(), &state.token_name) {
            (false, _) => console.info(format!("=====   Username: {}", state.username)),
            (true, Some(name)) => console.info(format!("=====   Token Name: {name}")),
            (true, None) => {}
        }
        let shown = match state.site_name.as_str() {
            "" => "Default Site",
            name => name,
        };
        console.info(format!("=====   Site: {shown}"));
        console.info("Connecting to the server...");
        let site = match anew {
            true => None,
            false => go_on(&client, &saved, &state, global, console).await?,
        };
        let site = match site {
            Some(site) => site,
            None => sign_in(&client, &mut state, global).await?,
        };
        if state.username.is_empty() {
            let own = site.users().get(site.user_id()).await?;
            state.username = own.name.unwrap_or_default().to_lowercase();
        }
        console.info("Succeeded");
        let session = site.saved()?;
        state.auth_token = Some(session.token.expose().to_owned());
        state.site_id = Some(session.site_id.to_string());
        state.user_id = Some(session.user_id.to_string());
        if let Some(file) = file {
            match global.no_cookie {
                true => file.remove(console),
                false => file.write(&state, console),
            }
        }
        Ok(Self {
            site,
            global,
            console,
            username: state.username,
        })
    }

    /// Puts the token of a session that came of this one into the file.
    pub fn remember(&self, site: &Site) -> Result<(), Failure> {
        let file = File::of_home().filter(|_| !self.global.no_cookie);
        if let Some(file) = file
            && let Some(mut state) = file.read(self.console)
        {
            state.auth_token = Some(site.saved()?.token.expose().to_owned());
            file.write(&state, self.console);
        }
        Ok(())
    }

    /// Whether what exists already counts as created.
    pub fn takes_existing(&self, failure: &Failure) -> bool {
        self.global.continue_if_exists && failure.is_conflict()
    }
}

/// Signs out and forgets the session.
pub async fn logout(global: &Global, console: &Console) -> Result<(), Failure> {
    let Some(file) = File::of_home() else {
        return Ok(());
    };
    if let Some(state) = file.read(console)
        && let Some(session) = state.session()
    {
        // Whatever else was given, the session that ends is the one in the file.
        let client = state.client(global)?;
        farewell(&client.resume(session, None)).await;
    }
    file.remove(console);
    console.info("Signed out");
    Ok(())
}

async fn farewell(site: &Site) {
    match tokio::time::timeout(FAREWELL, site.sign_out()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "signing out failed"),
        Err(_) => tracing::warn!("signing out took longer than {FAREWELL:?}"),
    }
}

/// Goes on with the saved session, where it is for the same and still lives.
async fn go_on(
    client: &Client,
    saved: &State,
    state: &State,
    global: &Global,
    console: &Console,
) -> Result<Option<Site>, Failure> {
    let given = global.password.is_some()
        || global.password_file.is_some()
        || global.token_value.is_some()
        || global.token_file.is_some();
    let same = saved.server == state.server
        && saved.site_name == state.site_name
        && saved.username == state.username
        && saved.token_name == state.token_name;
    let Some(session) = saved.session().filter(|_| same && !given) else {
        return Ok(None);
    };
    let site = client.resume(session, state.known_credentials()?);
    match site.users().get(site.user_id()).await {
        Ok(_) => {
            console.debug("going on with the session of the last command");
            Ok(Some(site))
        }
        // Whoever was signed in may be gone meanwhile, or the site.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::SignIn | ErrorKind::NotFound | ErrorKind::Forbidden
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

async fn sign_in(client: &Client, state: &mut State, global: &Global) -> Result<Site, Failure> {
    let by_password = global.password.is_some() || global.password_file.is_some();
    let by_token = global.token_value.is_some() || global.token_file.is_some() || global.token_name.is_some();
    let way = match (by_password, by_token, &global.username) {
        (true, ..) | (false, false, Some(_)) => Way::Username,
        (false, true, _) => Way::Token,
        (false, false, None) => state.last_login_using.ok_or_else(|| {
            Failure::told(
                "who signs in? give --username and a password, or --token-name and a token's value; \
                 'tabcmd login -h' shows how",
            )
        })?,
    };
    let credentials = match way {
        Way::Username => {
            if state.username.is_empty() {
                return Err(Failure::told("the password needs --username"));
            }
            let secret = match (&global.password, &state.password_file) {
                (Some(password), _) => password.as_str().into(),
                (None, Some(file)) => read_secret(file)?,
                (None, None) => ask("Password: ", state.no_prompt).await?,
            };
            Credentials::password(&state.username, secret)
        }
        Way::Token => {
            let Some(name) = state.token_name.clone() else {
                return Err(Failure::told("the token's value needs --token-name"));
            };
            let secret = match (&state.token_value, &state.token_file) {
                (Some(value), _) => value.as_str().into(),
                (None, Some(file)) => read_secret(file)?,
                (None, None) => ask("Token: ", state.no_prompt).await?,
            };
            // Whose the token is, the server says.
            state.username.clear();
            Credentials::token(name, secret)
        }
    };
    state.last_login_using = Some(way);
    Ok(client.sign_in(credentials.site(&state.site_name)).await?)
}

/// How somebody signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Username,
    Token,
}

/// What the file holds.
#[derive(Clone, Debug, Default, PartialEq)]
struct State {
    auth_token: Option<String>,
    server: String,
    username: String,
    user_id: Option<String>,
    site_name: String,
    site_id: Option<String>,
    token_name: Option<String>,
    token_value: Option<String>,
    last_login_using: Option<Way>,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    no_prompt: bool,
    no_certcheck: bool,
    certificate: Option<PathBuf>,
    no_proxy: bool,
    proxy: Option<String>,
    timeout: u64,
}

impl State {
    /// Puts what was given over what was saved.
    fn update(&mut self, global: &Global, console: &Console) -> Result<(), Failure> {
        if let Some(server) = &global.server {
            self.server = server_address(server)?;
        } else if self.server.is_empty() {
            self.server = "http://localhost".to_owned();
        }
        let site = match (&global.site, &global.server) {
            (Some(site), _) => site.to_lowercase(),
            (None, Some(_)) => String::new(),
            (None, None) => std::mem::take(&mut self.site_name),
        };
        self.site_name = match site.as_str() {
            "default" => String::new(),
            _ => site,
        };
        if let Some(name) = &global.username {
            let name = name.to_lowercase();
            if name != self.username {
                // A file that was saved for one user is no password of another.
                self.password_file = None;
            }
            self.username = name;
            (self.token_name, self.token_value, self.token_file) = (None, None, None);
        }
        if let Some(name) = &global.token_name {
            if self.token_name.as_ref() != Some(name) {
                (self.token_value, self.token_file) = (None, None);
            }
            self.token_name = Some(name.clone());
            self.username.clear();
        }
        if let Some(file) = &global.password_file {
            self.password_file = Some(absolute(file));
        }
        if let Some(value) = &global.token_value {
            self.token_value = Some(value.clone());
        }
        if let Some(file) = &global.token_file {
            self.token_file = Some(absolute(file));
            self.token_value = None;
        }
        self.no_prompt = global.no_prompt;
        self.no_certcheck = global.no_certcheck;
        self.no_proxy = global.no_proxy;
        if let Some(file) = &global.certificate {
            self.certificate = Some(absolute(file));
        }
        if let Some(proxy) = &global.proxy {
            self.proxy = Some(proxy.clone());
        }
        if let Some(timeout) = &global.timeout {
            self.timeout = match timeout.parse() {
                Ok(seconds) if seconds > 0 => seconds,
                _ => {
                    console.warn(format!(
                        "--timeout '{timeout}' is no number of seconds and is ignored"
                    ));
                    self.timeout
                }
            };
        }
        Ok(())
    }

    fn client(&self, global: &Global) -> Result<Client, Failure> {
        let limit = match self.timeout {
            0 => PATIENCE,
            seconds => Duration::from_secs(seconds).min(PATIENCE),
        };
        let usual = Timeouts::default();
        let mut builder = Client::builder(&self.server)
            .user_agent(concat!("vivant-tabcmd/", env!("CARGO_PKG_VERSION")))
            .danger_accept_invalid_certs(self.no_certcheck || global.no_certcheck)
            .timeouts(Timeouts {
                connect: usual.connect.min(limit),
                response: limit,
                long_response: limit,
                idle: usual.idle.max(limit.min(Duration::from_secs(600))),
                total: None,
                long_total: None,
            });
        if let Some(size) = global.query_page_size {
            builder = builder.page_size(size);
        }
        if let Some(file) = &self.certificate {
            builder = builder.client_certificate(file);
        }
        builder = match (&self.proxy, self.no_proxy) {
            (_, true) => builder.proxy(ProxyChoice::None),
            (Some(proxy), false) if proxy.contains("://") => builder.proxy(ProxyChoice::Url(proxy.clone())),
            (Some(proxy), false) => builder.proxy(ProxyChoice::Url(format!("http://{proxy}"))),
            (None, false) => builder,
        };
        Ok(builder.build()?)
    }

    /// The session of the file, where it is whole.
    fn session(&self) -> Option<SavedSession> {
        Some(SavedSession {
            token: self
                .auth_token
                .as_deref()
                .filter(|token| !token.is_empty())?
                .into(),
            site_id: self.site_id.as_deref()?.parse().ok()?,
            user_id: self.user_id.as_deref()?.parse().ok()?,
            content_url: self.site_name.clone(),
        })
    }

    /// What to sign in with again, where nobody needs to be asked.
    fn known_credentials(&self) -> Result<Option<Credentials>, Failure> {
        let known = match self.last_login_using {
            Some(Way::Username) => match &self.password_file {
                Some(file) if file.exists() => {
                    Some(Credentials::password(&self.username, read_secret(file)?))
                }
                _ => None,
            },
            Some(Way::Token) => match (&self.token_name, &self.token_value, &self.token_file) {
                (Some(name), Some(value), _) => Some(Credentials::token(name, value.as_str())),
                (Some(name), None, Some(file)) if file.exists() => {
                    Some(Credentials::token(name, read_secret(file)?))
                }
                _ => None,
            },
            None => None,
        };
        Ok(known.map(|credentials| credentials.site(&self.site_name)))
    }

    fn from_json(text: &str) -> Option<Self> {
        let whole: Value = serde_json::from_str(text).ok()?;
        let saved = whole.get("tableau_auth")?.get(0)?.as_object()?;
        let text = |name: &str| saved.get(name).and_then(Value::as_str).map(str::to_owned);
        let flag = |name: &str| saved.get(name).and_then(Value::as_bool).unwrap_or_default();
        Some(Self {
            auth_token: text("auth_token"),
            server: text("server").unwrap_or_default(),
            username: text("username").unwrap_or_default(),
            user_id: text("user_id"),
            site_name: text("site_name").unwrap_or_default(),
            site_id: text("site_id"),
            token_name: text("personal_access_token_name"),
            token_value: text("personal_access_token"),
            last_login_using: match text("last_login_using").as_deref() {
                Some("username") => Some(Way::Username),
                Some("token") => Some(Way::Token),
                _ => None,
            },
            password_file: text("password_file").map(PathBuf::from),
            token_file: text("token_file").map(PathBuf::from),
            no_prompt: flag("no_prompt"),
            no_certcheck: flag("no_certcheck"),
            certificate: text("certificate").map(PathBuf::from),
            no_proxy: flag("no_proxy"),
            proxy: text("proxy"),
            timeout: saved.get("timeout").and_then(Value::as_u64).unwrap_or_default(),
        })
    }

    fn to_json(&self) -> String {
        let way = self.last_login_using.map(|way| match way {
            Way::Username => "username",
            Way::Token => "token",
        });
        json!({"tableau_auth": [{
            "auth_token": self.auth_token,
            "server": self.server,
            "username": self.username,
            "user_id": self.user_id,
            "site_name": self.site_name,
            "site_id": self.site_id,
            "personal_access_token_name": self.token_name,
            "personal_access_token": self.token_value,
            "last_login_using": way,
            "password_file": self.password_file,
            "token_file": self.token_file,
            "no_prompt": self.no_prompt,
            "no_certcheck": self.no_certcheck,
            "certificate": self.certificate,
            "no_proxy": self.no_proxy,
            "proxy": self.proxy,
            "timeout": self.timeout,
        }]})
        .to_string()
    }
}

/// The file of the session.
struct File(PathBuf);

impl File {
    fn of_home() -> Option<Self> {
        std::env::home_dir().map(|home| Self(home.join(FILE)))
    }

    fn read(&self, console: &Console) -> Option<State> {
        let mut text = String::new();
        let read = fs::File::open(&self.0).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        match read {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Ok(_) if text.trim() == "{}" => None,
            read => read.ok().and_then(|_| State::from_json(&text)).or_else(|| {
                console.info("The saved session cannot be read and is removed");
                self.remove(console);
                None
            }),
        }
    }

    /// Replaces the file; nobody else may read it.
    fn write(&self, state: &State, console: &Console) {
        // A link stays a link: what it points to is replaced.
        let path = self.0.canonicalize().unwrap_or_else(|_| self.0.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        // Temporary files are made with the mode 0600.
        let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
            file.write_all(state.to_json().as_bytes())?;
            file.persist(&path).map_err(|e| e.error)
        });
        if let Err(error) = written {
            console.warn(format!(
                "the session cannot be saved in {}: {error}",
                path.display()
            ));
        }
    }

    fn remove(&self, console: &Console) {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                console.warn(format!("{} cannot be removed: {error}", self.0.display()));
            }
            _ => {}
        }
    }
}

/// Reads a server's address: https unless said otherwise, nothing behind the host, small letters.
fn server_address(text: &str) -> Result<String, Failure> {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("https", text));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() {
        return Err(Failure::told(format!("--server: '{text}' names no server")));
    }
    Ok(format!("{scheme}://{host}").to_lowercase())
}

/// The last line of a file that says something.
fn read_secret(path: &Path) -> Result<Secret, Failure> {
    let unreadable = |why: String| Failure::Usage(format!("{} cannot be read: {why}", path.display()));
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(|e| unreadable(e.to_string()))?;
    let text = text.trim_start_matches('\u{feff}');
    match text.lines().rfind(|line| !line.is_empty()) {
        Some(line) => Ok(line.into()),
        None => Err(unreadable("it is empty".to_owned())),
    }
}

/// Asks for a secret on the terminal; where there is none, standard input has it on a line.
async fn ask(prompt: &'static str, forbidden: bool) -> Result<Secret, Failure> {
    if forbidden {
        return Err(Failure::told(
            "a password or token is missing, and --no-prompt forbids to ask for it",
        ));
    }
    let typed = tokio::task::spawn_blocking(move || {
        if std::io::stdin().is_terminal() {
            return rpassword::prompt_password(prompt);
        }
        let mut line = String::new();
        std::io::stdin().lock().take(LARGEST).read_line(&mut line)?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    })
    .await;
    let typed = typed
        .map_err(|e| Failure::told(e.to_string()))?
        .map_err(|e| Failure::told(format!("nothing can be asked: {e}")))?;
    match typed.is_empty() {
        true => Err(Failure::told(
            "a password or token is missing, and nobody is there to be asked: give --password-file or --token-file",
        )),
        false => Ok(typed.into()),
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_cut_behind_the_host() {
        for (text, address) in [
            ("Tableau.Example.COM", "https://tableau.example.com"),
            ("localhost:8080", "https://localhost:8080"),
            ("http://H:80/t/x/#/y", "http://h:80"),
            ("https://h?x", "https://h"),
        ] {
            assert_eq!(server_address(text).expect(text), address);
        }
        assert!(server_address("https://").is_err());
    }

    #[test]
    fn the_file_is_that_of_tabcmd() {
        // As tabcmd 2.0.21 writes it.
        let written = r#"{"tableau_auth": [{"auth_token": "t", "server": "http://h:1", "username": "admin",
            "user_id": "0d965371-610a-442e-93fa-5448822011d7", "site_name": "", "site_id":
            "09b185f2-74b2-419f-bcd3-66f2aa9e4060", "personal_access_token_name": null,
            "personal_access_token": null, "last_login_using": "username", "password_file": "pw",
            "token_file": null, "no_prompt": true, "no_certcheck": false, "certificate": null,
            "no_proxy": false, "proxy": null, "timeout": 0}]}"#;
        let state = State::from_json(written).expect("read");
        assert_eq!(state.password_file.as_deref(), Some(Path::new("pw")));
        assert!(state.session().is_some());
        let again: Value = serde_json::from_str(&state.to_json()).expect("JSON");
        assert_eq!(again, serde_json::from_str::<Value>(written).expect("JSON"));
        for damaged in ["", "[]", "{\"tableau_auth\": []}", "{\"tableau_auth\": 3}"] {
            assert!(State::from_json(damaged).is_none(), "{damaged}");
        }
    }

    #[test]
    fn a_new_server_begins_at_its_default_site() {
        let state = |line: &str| {
            let words: Vec<_> = line.split(' ').skip(1).map(Into::into).collect();
            let line = crate::tabcmd::args::Line::read(&words).expect(line);
            let mut state = State {
                server: "http://a".to_owned(),
                site_name: "s".to_owned(),
                username: "u".to_owned(),
                password_file: Some("/pw".into()),
                ..State::default()
            };
            let console = Console::for_tests();
            state.update(&line.global, &console).expect("fine");
            state
        };
        assert_eq!(state("tabcmd list projects").site_name, "s");
        assert_eq!(state("tabcmd list projects -s http://b").site_name, "");
        assert_eq!(state("tabcmd list projects -s http://b -t X").site_name, "x");
        assert_eq!(state("tabcmd list projects --site=").site_name, "");
        assert_eq!(state("tabcmd list projects -t Default").site_name, "");
        assert_eq!(state("tabcmd list projects -u other").password_file, None);
        assert_eq!(state("tabcmd list projects --timeout 7").timeout, 7);
        assert_eq!(state("tabcmd list projects --timeout x").timeout, 0);
    }

    #[test]
    fn the_last_line_of_a_file_is_the_secret() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        for (content, secret) in [
            ("pw", "pw"),
            ("pw\n", "pw"),
            ("\u{feff}first\r\nlast\r\n\r\n", "last"),
        ] {
            fs::write(file.path(), content).expect("written");
            assert_eq!(read_secret(file.path()).expect(content).expose(), secret);
        }
        fs::write(file.path(), "\n").expect("written");
        assert!(read_secret(file.path()).is_err());
    }
}
