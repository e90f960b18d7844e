//! Secrets: the installation key, encryption of stored passwords, password hashes, random tokens.
//!
//! Passwords of users are kept as Argon2id hashes. Tokens are 256 random bits, so their plain
//! SHA-256 is enough. Passwords of connections must be read back: they are encrypted with the
//! installation key, bound to the row that holds them.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use vivant_model::Luid;
use zeroize::Zeroizing;

use crate::{Error, Result};

const KEY_FILE: &str = "vivant.key";
const NONCE: usize = 24;

/// A text that is never printed and is wiped from memory when dropped.
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, for the moment of its use.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Encrypts and decrypts what is kept.
pub(crate) struct Vault(XChaCha20Poly1305);

impl Vault {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&(*key).into()))
    }

    /// Encrypts a secret; it can be read back with the same `bound_to` alone.
    pub(crate) fn encrypt(&self, bound_to: &str, secret: &[u8]) -> Result<Vec<u8>> {
        let nonce: [u8; NONCE] = random()?;
        let payload = Payload {
            msg: secret,
            aad: bound_to.as_bytes(),
        };
        let cipher = self
            .0
            .encrypt(&nonce.into(), payload)
            .map_err(|_| Error::backend("encrypting a secret"))?;
        let mut out = nonce.to_vec();
        out.extend(cipher);
        Ok(out)
    }

    /// Reads a secret back; `None` where the key or the place is another one.
    pub(crate) fn decrypt(&self, bound_to: &str, stored: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, cipher) = stored.split_first_chunk::<NONCE>()?;
        let payload = Payload {
            msg: cipher,
            aad: bound_to.as_bytes(),
        };
        self.0.decrypt(&(*nonce).into(), payload).ok().map(Zeroizing::new)
    }
}

/// Reads the installation key, `None` where there is no key file yet.
pub(crate) fn read_key(data_dir: &Path) -> Result<Option<[u8; 32]>> {
    let path = data_dir.join(KEY_FILE);
    match std::fs::read(&path) {
        Ok(bytes) => match <[u8; 32]>::try_from(bytes.as_slice()) {
            Ok(key) => Ok(Some(key)),
            Err(_) => Err(Error::Options(format!(
                "key file {}: expected 32 bytes, found {}",
                path.display(),
                bytes.len()
            ))),
        },
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::Options(format!("key file {}: {e}", path.display()))),
    }
}

/// Makes the installation key; readable by its owner alone, on disk before this returns.
pub(crate) fn create_key(data_dir: &Path) -> Result<[u8; 32]> {
    use std::io::Write;
    let path = data_dir.join(KEY_FILE);
    let key: [u8; 32] = random()?;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Written aside first: a crash never leaves half a key under the name.
    let draft = data_dir.join(format!("{KEY_FILE}.{}", hex(&random::<8>()?)));
    let write = || -> std::io::Result<()> {
        let mut file = options.open(&draft)?;
        file.write_all(&key)?;
        file.sync_all()?;
        std::fs::hard_link(&draft, &path)?;
        std::fs::File::open(data_dir)?.sync_all()
    };
    let outcome = write();
    let _ = std::fs::remove_file(&draft);
    match outcome {
        Ok(()) => Ok(key),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => read_key(data_dir)?
            .ok_or_else(|| Error::Options(format!("key file {} came and went", path.display()))),
        Err(e) => Err(Error::Options(format!("key file {}: {e}", path.display()))),
    }
}

/// Hashes and verifies passwords, as many at once as there are cores.
pub(crate) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            turns: Arc::new(Semaphore::new(cores)),
        }
    }

    /// Hashes a password for keeping.
    pub(crate) async fn hash(&self, password: &Secret) -> Result<String> {
        let password = password.clone();
        self.work(move || {
            argon2()?
                .hash_password(password.reveal().as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|e| Error::backend(format!("hashing a password: {e}")))
        })
        .await
    }

    /// Returns whether the password fits the hash. Without a hash the same work is done for
    /// nothing, so that the time taken does not tell whether an account exists.
    pub(crate) async fn verify(&self, password: &Secret, hash: Option<String>) -> Result<bool> {
        let Some(hash) = hash else {
            self.hash(password).await?;
            return Ok(false);
        };
        let password = password.clone();
        self.work(move || {
            let parsed = PasswordHash::new(&hash)
                .map_err(|e| Error::Damaged(format!("a password hash does not read back: {e}")))?;
            Ok(argon2()?
                .verify_password(password.reveal().as_bytes(), &parsed)
                .is_ok())
        })
        .await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let turn = self.turns.clone().acquire_owned().await;
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        });
        task.await
            .map_err(|e| Error::backend(format!("hashing a password: {e}")))?
    }
}

/// Argon2id with the first set that OWASP's password storage sheet recommends: 19 MiB, 2 passes,
/// 1 lane. tabcmd signs in for every command, so each millisecond here is paid often.
fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(|e| Error::backend(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| Error::backend(format!("no random numbers: {e}")))?;
    Ok(bytes)
}

/// A new id.
pub(crate) fn new_id<T: From<Luid>>() -> Result<T> {
    Ok(Luid::from_random(random()?).into())
}

/// 256 random bits as text that fits into an address or header.
pub(crate) fn new_token() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<32>()?))
}

/// SHA-256 in lower-case hex.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| {
            [
                char::from(DIGITS[usize::from(b >> 4)]),
                char::from(DIGITS[usize::from(b & 15)]),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_in_its_own_place_only() {
        let vault = Vault::new(&[7; 32]);
        let stored = vault.encrypt("row-1", b"s3cret").unwrap();
        assert!(!stored.windows(6).any(|w| w == b"s3cret"));
        assert_eq!(vault.decrypt("row-1", &stored).unwrap().as_slice(), b"s3cret");
        assert!(vault.decrypt("row-2", &stored).is_none());
        assert!(Vault::new(&[8; 32]).decrypt("row-1", &stored).is_none());
        assert!(vault.decrypt("row-1", &stored[..10]).is_none());
        assert_ne!(stored, vault.encrypt("row-1", b"s3cret").unwrap());
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::from("s3cret")), "Secret(…)");
    }

    #[test]
    fn the_key_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read_key(dir.path()).unwrap(), None);
        let key = create_key(dir.path()).unwrap();
        assert_eq!(create_key(dir.path()).unwrap(), key);
        assert_eq!(read_key(dir.path()).unwrap(), Some(key));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn passwords_are_verified() {
        let passwords = Passwords::new();
        let hash = passwords.hash(&"hunter2".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(
            passwords
                .verify(&"hunter2".into(), Some(hash.clone()))
                .await
                .unwrap()
        );
        assert!(!passwords.verify(&"hunter3".into(), Some(hash)).await.unwrap());
        assert!(!passwords.verify(&"hunter2".into(), None).await.unwrap());
    }
}
