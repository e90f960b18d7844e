//! Sessions that many programs of one user share: one token for all, renewed once for all.
//!
//! Each program that signs in by itself ends the sessions of others where a personal access token allows only
//! one, and leaves one behind where it forgets to sign out. Here they meet in a folder:
//!
//! - one sealed file for each server, site and name, which holds the session;
//! - `.lock` beside it, locked for the moment in which the file is read, renewed or ended, so that one program
//!   signs in and the others take what it got;
//! - `.users`, on which every program that uses the session has a shared lock, which the system takes away
//!   when a program dies; who gets it alone is the last.
//!
//! **What protects the token.** The folder is open to its user only (0700, files 0600), and is refused
//! where it is not. The session is sealed with ChaCha20-Poly1305 under a key made of two things: a random one
//! in the folder, and the secret of the credentials, which is not there. So nobody goes on with a
//! session who could not have begun it: a wrong password is a wrong password, and a stolen folder opens
//! nothing. Passwords can be guessed; their part of the key takes 100,000 rounds of PBKDF2.
//! Who can read the memory of the user's programs needs no folder; nothing here guards against that.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use ring::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, pbkdf2};
use tokio::time::{Instant, sleep};
use zeroize::Zeroizing;

use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::{Error, ErrorKind, Result};
use crate::private;
use crate::secret::Secret;
use crate::site::{self, SavedSession, Site};
use crate::source::Digest;

/// The first line of a session.
const MARK: &str = "vivant session 1";
const ROUNDS: std::num::NonZeroU32 = std::num::NonZeroU32::new(100_000).expect("not zero");
/// How long another program may take to sign in.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a refused sign-in is not tried again by others with the same secret.
const REFUSED_FOR: i64 = 30;
/// A session that was begun so long ago lives no more, and nobody may come back for what is left of it.
const FORGOTTEN: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// A folder in which the programs of one user share their sessions.
///
/// ```no_run
/// # async fn example() -> vivant_client::Result<()> {
/// use vivant_client::{Client, Credentials, SessionStore};
///
/// let store = SessionStore::new("/home/ann/.local/state/vivant/sessions");
/// let client = Client::builder("https://tableau.example.com").build()?;
/// // The first program signs in, the others go on with its session.
/// let site = store.sign_in(&client, Credentials::token("ci", "secret").site("finance")).await?;
/// // The last one signs out.
/// site.sign_out().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct SessionStore {
    folder: PathBuf,
    lasting: bool,
}

impl SessionStore {
    /// Takes a folder, which is made when it is needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            lasting: false,
        }
    }

    /// Lets sessions stay when the last program signs out, for the next one to go on with; they end by
    /// [`SessionStore::end`], or by the server's limit of idleness.
    pub fn lasting(mut self, lasting: bool) -> Self {
        self.lasting = lasting;
        self
    }

    /// Goes on with the session of other programs, or signs in where there is none.
    ///
    /// Whether a kept session still lives shows with the first call, which renews it if need be.
    pub async fn sign_in(&self, client: &Client, credentials: Credentials) -> Result<Site> {
        let entry = Arc::new(self.entry(client, &credentials).await?);
        let _lock = entry.lock().await?;
        let saved = match entry.read(Some(client))? {
            Some(saved) => saved,
            None => {
                self.sweep();
                entry.begin(client, &credentials).await?
            }
        };
        let keeper = Keeper {
            users: Mutex::new(Some(entry.join()?)),
            entry,
            store: self.clone(),
        };
        Ok(Site::resumed(client.clone(), saved, credentials, Some(keeper)))
    }

    /// Ends a session at the server, whoever uses it; says whether there was one.
    pub async fn end(&self, client: &Client, credentials: &Credentials) -> Result<bool> {
        let entry = self.entry(client, credentials).await?;
        let _lock = entry.lock().await?;
        let Some(saved) = entry.read(Some(client))? else {
            return Ok(false);
        };
        entry.forget();
        site::end_session(client, &saved.token).await?;
        Ok(true)
    }

    /// Removes what is left of sessions that nobody has begun for long, such as those of servers that are gone.
    fn sweep(&self) {
        let Ok(files) = std::fs::read_dir(&self.folder) else {
            return;
        };
        for file in files.flatten() {
            let path = file.path();
            // The folder's own key stays; what else lies here belongs to the session of its name.
            let of_session = path.file_stem().is_some_and(|stem| {
                stem.len() == 64 && stem.to_string_lossy().bytes().all(|b| b.is_ascii_hexdigit())
            });
            let begun = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
            let last = begun(&path).max(begun(&path.with_extension("")));
            let old = last
                .and_then(|time| time.elapsed().ok())
                .is_some_and(|age| age > FORGOTTEN);
            if of_session && old {
                // Another program may sweep, too.
                let _ = std::fs::remove_file(path);
            }
        }
    }

    async fn entry(&self, client: &Client, credentials: &Credentials) -> Result<Entry> {
        if !credentials.can_sign_in() {
            return Err(Error::invalid(
                "a session without credentials cannot be shared: it could not be renewed",
            ));
        }
        private::folder(&self.folder)?;
        let (kind, name) = credentials.identity();
        let mut digest = Digest::new();
        let impersonated = credentials
            .impersonated()
            .map_or_else(String::new, |id| id.to_string());
        let site = credentials.site_content_url().to_ascii_lowercase();
        for part in [client.server().as_str(), &site, kind, &name, &impersonated] {
            digest.add(part.as_bytes());
            digest.add(&[0]);
        }
        let salt = self.salt().await?;
        let (secret, guessable) = (credentials.secret().clone(), credentials.guessable());
        let key = tokio::task::spawn_blocking(move || key(&salt, &secret, guessable))
            .await
            .map_err(|e| Error::file(format!("the key of the session cannot be made: {e}")))?;
        Ok(Entry {
            path: self.folder.join(digest.hex()),
            key,
        })
    }

    /// The folder's part of the keys.
    async fn salt(&self) -> Result<Zeroizing<Vec<u8>>> {
        let path = self.folder.join("key");
        if let Some(salt) = private::read(&path)?.filter(|salt| salt.len() == 32) {
            return Ok(Zeroizing::new(salt));
        }
        let _lock = lock(&self.folder.join("key.lock")).await?;
        // Another program may have made it meanwhile.
        if let Some(salt) = private::read(&path)?.filter(|salt| salt.len() == 32) {
            return Ok(Zeroizing::new(salt));
        }
        let mut salt = Zeroizing::new(vec![0; 32]);
        random(&mut salt)?;
        private::replace(&path, |file| file.write_all(&salt))?;
        Ok(salt)
    }
}

/// What a session that is shared needs beside itself.
pub(crate) struct Keeper {
    entry: Arc<Entry>,
    /// The lock that says that this program uses the session.
    users: Mutex<Option<File>>,
    store: SessionStore,
}

impl Keeper {
    pub fn store(&self) -> &SessionStore {
        &self.store
    }

    /// Takes what another program got since a token failed, or signs in for all. The session may be of another site
    /// and user where another server is at the same address, such as one that began anew.
    pub async fn renew(
        &self,
        client: &Client,
        credentials: &Credentials,
        failed: &Secret,
    ) -> Result<SavedSession> {
        let _lock = self.entry.lock().await?;
        match self.entry.read(None)? {
            Some(saved) if saved.token.expose() != failed.expose() => {
                tracing::info!("another program renewed the session");
                Ok(saved)
            }
            _ => self.entry.begin(client, credentials).await,
        }
    }

    /// Leaves the session, and ends it where nobody else uses it and it is not to last.
    pub async fn leave(&self, client: &Client, token: &Secret) -> Result<()> {
        let _lock = self.entry.lock().await?;
        drop(self.users.lock().unwrap_or_else(PoisonError::into_inner).take());
        if self.store.lasting || !self.entry.alone()? {
            return Ok(());
        }
        // Another program may have renewed it since.
        let token = self
            .entry
            .read(None)?
            .map_or_else(|| token.clone(), |saved| saved.token);
        self.entry.forget();
        site::end_session(client, &token).await
    }
}

/// One session in the folder.
struct Entry {
    path: PathBuf,
    key: LessSafeKey,
}

impl Entry {
    async fn lock(&self) -> Result<File> {
        lock(&self.path.with_extension("lock")).await
    }

    /// Says that this program uses the session, as long as the file is held.
    fn join(&self) -> Result<File> {
        let file = private::file(&self.path.with_extension("users"))?;
        // Alone it is locked only by who holds the other lock, too.
        match file.try_lock_shared() {
            Ok(()) => Ok(file),
            Err(e) => Err(Error::file(format!(
                "{} cannot be locked: {e}",
                self.path.display()
            ))),
        }
    }

    /// Whether no program uses the session.
    fn alone(&self) -> Result<bool> {
        Ok(private::file(&self.path.with_extension("users"))?
            .try_lock()
            .is_ok())
    }

    /// Signs in and keeps the session; a refusal is kept for others, who would lock the account.
    async fn begin(&self, client: &Client, credentials: &Credentials) -> Result<SavedSession> {
        let refused = self.path.with_extension("refused");
        if let Some(text) = self.open(&refused)?
            && let Some((time, why)) = text.split_once('\n')
            && let Ok(time) = time.parse::<i64>()
            && (0..REFUSED_FOR).contains(&(Timestamp::now().as_second() - time))
        {
            let message =
                format!("another program was refused a moment ago with the same credentials: {why}");
            return Err(Error::new(ErrorKind::SignIn, message));
        }
        // Asked anew, since the server may have become another one since its version was kept.
        let version = client.newest_version().await?;
        match Site::sign_in(client.clone(), credentials.clone()).await {
            Ok(site) => {
                let saved = site.saved()?;
                let text = Zeroizing::new(format!(
                    "{MARK}\n{}\n{}\n{}\n{}\n{}\n",
                    saved.token.expose(),
                    saved.site_id,
                    saved.user_id,
                    saved.content_url,
                    version.map_or_else(String::new, |version| version.to_string()),
                ));
                self.seal(&self.path, &text)?;
                let _ = std::fs::remove_file(&refused);
                Ok(saved)
            }
            Err(error) => {
                // A server that does not know the kept version any more: the next program asks which it speaks.
                if matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::NotFound) {
                    self.forget();
                }
                if error.kind() == ErrorKind::SignIn {
                    self.seal(&refused, &format!("{}\n{error}", Timestamp::now().as_second()))?;
                }
                Err(error)
            }
        }
    }

    /// The session that is kept; `None` also where another secret sealed it. A client that has not asked the server
    /// yet takes the version from it.
    fn read(&self, client: Option<&Client>) -> Result<Option<SavedSession>> {
        let Some(text) = self.open(&self.path)? else {
            return Ok(None);
        };
        let mut lines = text.lines();
        let mut next = || lines.next().unwrap_or_default();
        let (mark, token, site, user, content_url) = (next(), next(), next(), next(), next());
        let (Ok(site_id), Ok(user_id), MARK) = (site.parse(), user.parse(), mark) else {
            return Ok(None);
        };
        if let (Some(client), Ok(version)) = (client, next().parse()) {
            client.take_version(version);
        }
        Ok(Some(SavedSession {
            token: token.into(),
            site_id,
            user_id,
            content_url: content_url.to_owned(),
        }))
    }

    fn forget(&self) {
        // It may be gone already.
        let _ = std::fs::remove_file(&self.path);
    }

    fn seal(&self, path: &Path, text: &str) -> Result<()> {
        let mut nonce = [0; aead::NONCE_LEN];
        random(&mut nonce)?;
        let mut sealed = text.as_bytes().to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(path), &mut sealed)
            .map_err(|_| Error::file("the session is too large to be sealed"))?;
        private::replace(path, |file| {
            file.write_all(&nonce)?;
            file.write_all(&sealed)
        })
    }

    fn open(&self, path: &Path) -> Result<Option<Zeroizing<String>>> {
        let Some(mut bytes) = private::read(path)? else {
            return Ok(None);
        };
        let Some((nonce, sealed)) = bytes.split_at_mut_checked(aead::NONCE_LEN) else {
            return Ok(None);
        };
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("it has that length");
        let text = self.key.open_in_place(nonce, aad(path), sealed);
        Ok(text
            .ok()
            .and_then(|text| String::from_utf8(text.to_vec()).ok())
            .map(Zeroizing::new))
    }
}

/// A file is bound to its name, so that none can take the place of another.
fn aad(path: &Path) -> Aad<Vec<u8>> {
    let name = path.file_name().unwrap_or_default();
    Aad::from(name.to_string_lossy().into_owned().into_bytes())
}

fn key(salt: &[u8], secret: &Secret, guessable: bool) -> LessSafeKey {
    let mut slow = Zeroizing::new([0; 32]);
    let secret = match guessable {
        true => {
            let text = secret.expose().as_bytes();
            pbkdf2::derive(
                pbkdf2::PBKDF2_HMAC_SHA256,
                ROUNDS,
                salt,
                text,
                slow.as_mut_slice(),
            );
            slow.as_slice()
        }
        false => secret.expose().as_bytes(),
    };
    let made = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    let purpose = [MARK.as_bytes()];
    let expanded = made
        .expand(&purpose, &aead::CHACHA20_POLY1305)
        .expect("one key is short enough");
    LessSafeKey::new(UnboundKey::from(expanded))
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|e| Error::file(format!("the system gives no random numbers: {e}")))
}

/// Locks a file, without holding up other tasks meanwhile.
async fn lock(path: &Path) -> Result<File> {
    let file = private::file(path)?;
    let end = Instant::now() + PATIENCE;
    let mut pause = Duration::from_millis(2);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(e)) => {
                return Err(Error::file(format!("{} cannot be locked: {e}", path.display())));
            }
            Err(TryLockError::WouldBlock) if Instant::now() > end => {
                let message = format!("another program has held {} for {PATIENCE:?}", path.display());
                return Err(Error::new(ErrorKind::Timeout, message));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}
