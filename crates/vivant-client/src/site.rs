//! A session on one site: sign-in, renewal, and the sending of everything that needs a session.

mod saved;

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use vivant_model::{SiteId, UserId};
use vivant_wire::node::Read1;
use vivant_wire::paths::Method;
use vivant_wire::types;
use vivant_wire::{ApiVersion, ErrorCode, Node};

use crate::call::{Call, Target};
use crate::client::Client;
use crate::credentials::Credentials;
use crate::endpoints::{Datasources, FileUploads, Groups, Projects, Sites, Users, Views, Workbooks};
use crate::error::{Error, ErrorKind, Result};
use crate::probe;
use crate::secret::Secret;
use crate::sessions::Keeper;
use crate::transport::Answer;

pub use saved::SavedSession;

/// How often one call signs in again: another program under the same token may end the new session, too.
const MAX_RENEWALS: u32 = 8;

/// A session on a site. Copies are cheap and share the session.
///
/// When the server ends the session, the next request signs in again by itself, once, however many
/// requests notice it at the same time.
#[derive(Clone)]
pub struct Site(Arc<Shared>);

struct Shared {
    client: Client,
    credentials: Credentials,
    /// The site and the user at the beginning.
    born: Ids,
    content_url: String,
    session: RwLock<Session>,
    /// Whether a request was answered, so that the caller may know ids of this server.
    answered: AtomicBool,
    /// Held while one request renews the session for all.
    renewal: Mutex<Option<(u64, Error)>>,
    /// Where the session is kept for other programs, too.
    keeper: Option<Keeper>,
}

/// Where a session is, and whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ids {
    site: SiteId,
    user: UserId,
}

struct Session {
    token: Secret,
    ids: Ids,
    /// Counts the sign-ins, so that a request can tell which session failed it.
    generation: u64,
    /// Why it cannot be used any more.
    closed: Option<&'static str>,
}

impl Site {
    pub(crate) async fn sign_in(client: Client, credentials: Credentials) -> Result<Self> {
        let answer = request_session(&client, &credentials).await?;
        Self::from_answer(client, credentials, answer)
    }

    fn from_answer(client: Client, credentials: Credentials, answer: types::Credentials) -> Result<Self> {
        let site = answer.site.unwrap_or_default();
        let user = answer.user.unwrap_or_default();
        let incomplete = || {
            Error::new(
                ErrorKind::UnexpectedAnswer,
                "the server's answer to the sign-in lacks token, site or user",
            )
        };
        let (Some(token), Some(id), Some(user_id)) = (answer.token, site.id, user.id) else {
            return Err(incomplete());
        };
        let content_url = site
            .content_url
            .unwrap_or_else(|| credentials.site_content_url().to_owned());
        tracing::info!(site = %content_url, site.id = %id, user.id = %user_id, "signed in");
        let ids = Ids {
            site: id,
            user: user_id,
        };
        Ok(Self(Arc::new(Shared {
            client,
            credentials,
            born: ids,
            content_url,
            session: RwLock::new(Session {
                token: token.into(),
                ids,
                generation: 1,
                closed: None,
            }),
            answered: AtomicBool::new(false),
            renewal: Mutex::new(None),
            keeper: None,
        })))
    }

    /// The site's id.
    pub fn id(&self) -> SiteId {
        self.ids().site
    }

    /// The site's content URL; empty is Default.
    pub fn content_url(&self) -> &str {
        &self.0.content_url
    }

    /// Who is signed in.
    pub fn user_id(&self) -> UserId {
        self.ids().user
    }

    /// The client that the session belongs to.
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// The API version that is spoken.
    pub async fn api_version(&self) -> Result<ApiVersion> {
        self.0.client.api_version().await
    }

    /// Asks the server whose session this is (API 3.1).
    pub async fn current_session(&self) -> Result<types::Session> {
        self.server().session().await
    }

    /// Ends the session, for all copies of the handle. A second time does nothing.
    ///
    /// A session of a [`crate::SessionStore`] ends at the server only when no other program uses it any more.
    pub async fn sign_out(&self) -> Result<()> {
        let token = {
            let mut session = self.0.session.write().unwrap_or_else(PoisonError::into_inner);
            if session.closed.is_some() {
                return Ok(());
            }
            session.closed = Some("the session was signed out");
            session.token.clone()
        };
        match &self.0.keeper {
            Some(keeper) => keeper.leave(&self.0.client, &token).await,
            None => end_session(&self.0.client, &token).await,
        }
    }

    /// Goes on to another site of the server, by content URL; this handle's session ends.
    ///
    /// Where the session is on that site already, the same handle comes back.
    pub async fn switch_site(&self, content_url: &str) -> Result<Self> {
        if let Some(keeper) = &self.0.keeper {
            if content_url.eq_ignore_ascii_case(&self.0.content_url) {
                return Ok(self.clone());
            }
            // Others go on with this session: switching would end it for them.
            let credentials = self.0.credentials.clone().site(content_url);
            let site = keeper.store().sign_in(&self.0.client, credentials).await?;
            self.sign_out().await?;
            return Ok(site);
        }
        let call = Call::new(Method::Post, "/auth/switchSite").body(|out| {
            out.child(
                "site",
                &types::Site {
                    content_url: Some(content_url.to_owned()),
                    ..types::Site::default()
                },
            );
        });
        let node = match self.call(&call).await {
            Ok(node) => node,
            Err(error) if error.is_code(ErrorCode::SameSite) => return Ok(self.clone()),
            Err(error) => return Err(error),
        };
        let answer = part(&node, "credentials")?;
        let credentials = self.0.credentials.clone().site(content_url);
        let site = Self::from_answer(self.0.client.clone(), credentials, answer)?;
        self.0
            .session
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .closed = Some("the session went on to another site; use the handle that switch_site gave");
        Ok(site)
    }

    /// Workbooks.
    pub fn workbooks(&self) -> Workbooks {
        Workbooks::new(self.clone())
    }

    /// Views.
    pub fn views(&self) -> Views {
        Views::new(self.clone())
    }

    /// Published data sources.
    pub fn datasources(&self) -> Datasources {
        Datasources::new(self.clone())
    }

    /// Projects.
    pub fn projects(&self) -> Projects {
        Projects::new(self.clone())
    }

    /// Users of the site.
    pub fn users(&self) -> Users {
        Users::new(self.clone())
    }

    /// Groups of the site.
    pub fn groups(&self) -> Groups {
        Groups::new(self.clone())
    }

    /// The server's sites.
    pub fn sites(&self) -> Sites {
        Sites::new(self.clone())
    }

    /// Upload sessions.
    pub fn file_uploads(&self) -> FileUploads {
        FileUploads::new(self.clone())
    }

    /// The address of something on the site.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/sites/{}{rest}", self.id())
    }

    /// Reads one element.
    pub(crate) async fn get<T: Read1>(&self, path: impl Into<String>, element: &str) -> Result<T> {
        self.ask(&Call::get(path), element).await
    }

    /// Sends a call and reads one element of its answer.
    pub(crate) async fn ask<T: Read1>(&self, call: &Call, element: &str) -> Result<T> {
        part(&self.call(call).await?, element)
    }

    /// Deletes what is at an address.
    pub(crate) async fn delete(&self, path: String) -> Result<()> {
        self.tell(&Call::new(Method::Delete, path)).await
    }

    /// Sends a call whose answer does not matter.
    pub(crate) async fn tell(&self, call: &Call) -> Result<()> {
        self.call(call).await.map(|_| ())
    }

    /// Sends a call; a write of which nobody knows whether it was done is looked for before it is repeated.
    pub(crate) async fn call(&self, call: &Call) -> Result<Node> {
        let since = jiff::Timestamp::now();
        match self.send(call).await {
            Err(error) if error.outcome_unknown() => {
                let looking = probe::settle(self, call, error.clone(), since);
                let budget = self.0.client.0.retry.budget;
                timeout(budget, looking).await.unwrap_or_else(|_| {
                    let note = format!("whether it was done could not be found out within {budget:?}");
                    Err(error.with_note(&note))
                })
            }
            outcome => outcome,
        }
    }

    /// Sends a call, and again with a new session should the old one be over.
    pub(crate) async fn send(&self, call: &Call) -> Result<Node> {
        let answer = self.answer(call, false).await?;
        self.0.client.0.document(call, &answer, &self.secrets(call))
    }

    /// What must not show up in an error about a call.
    pub(crate) fn secrets(&self, call: &Call) -> Vec<Secret> {
        let token = self.token().map(|(token, _)| token);
        let own = [self.0.credentials.secret().clone()];
        token
            .into_iter()
            .chain(own)
            .chain(call.secrets.iter().cloned())
            .collect()
    }

    /// Sends a call whose answer is content, and gives it to be streamed.
    pub(crate) async fn open(&self, call: &Call) -> Result<Answer> {
        self.answer(call, true).await
    }

    /// Sends a call and reads its answer, whatever that is.
    pub(crate) async fn whole(&self, call: &Call) -> Result<Answer> {
        self.answer(call, false).await
    }

    async fn answer(&self, call: &Call, stream: bool) -> Result<Answer> {
        let started = Instant::now();
        let limit = self.0.client.0.timeouts.limit(call.long);
        let mut renewals = 0;
        loop {
            let (token, generation) = self.token()?;
            let secret = self.0.credentials.secret();
            let call = self.here(call)?;
            match self.0.client.answer(&call, Some(&token), &[secret], stream).await {
                Err(error)
                    if error.is_session_end()
                        && renewals < MAX_RENEWALS
                        && limit.is_none_or(|limit| started.elapsed() < limit) =>
                {
                    self.renew(generation, error).await?;
                    renewals += 1;
                }
                outcome => {
                    self.0.answered.store(true, Ordering::Relaxed);
                    return outcome;
                }
            }
        }
    }

    /// A call that was made for the server of a kept session, as it is at the one that is there now. Only what lies
    /// on the site is read there: nothing is done, and nobody looked for, on the word of another server.
    fn here<'c>(&self, call: &'c Call) -> Result<Cow<'c, Call>> {
        let (born, now) = (self.0.born, self.ids());
        let path = match &call.target {
            Target::Api(path) if born != now => path,
            _ => return Ok(Cow::Borrowed(call)),
        };
        let names_site = now.site != born.site && path.contains(&born.site.to_string());
        let names_user = now.user != born.user && path.contains(&born.user.to_string());
        if !names_site && !names_user {
            return Ok(Cow::Borrowed(call));
        }
        match path.strip_prefix(&format!("/sites/{}/", born.site)) {
            Some(rest) if !names_user && call.method == Method::Get => Ok(Cow::Owned(Call {
                target: Target::Api(format!("/sites/{}/{rest}", now.site)),
                ..call.clone()
            })),
            _ => Err(another_server()),
        }
    }

    fn ids(&self) -> Ids {
        let session = self.0.session.read().unwrap_or_else(PoisonError::into_inner);
        session.ids
    }

    fn token(&self) -> Result<(Secret, u64)> {
        let session = self.0.session.read().unwrap_or_else(PoisonError::into_inner);
        match session.closed {
            Some(why) => Err(Error::new(ErrorKind::SignIn, why)),
            None => Ok((session.token.clone(), session.generation)),
        }
    }

    /// Signs in again, unless another request has done so since the given session.
    async fn renew(&self, failed: u64, cause: Error) -> Result<()> {
        let mut renewal = self.0.renewal.lock().await;
        if self.token()?.1 != failed {
            return Ok(());
        }
        // Every waiting request would otherwise try the same password in turn, up to a lock-out.
        if let Some((generation, error)) = &*renewal
            && *generation == failed
        {
            return Err(error.clone());
        }
        if let Some(expires) = self.0.credentials.expires()
            && expires <= jiff::Timestamp::now().as_second()
        {
            return Err(cause.with_note(
                "the JSON web token has expired, so the session cannot be renewed; sign in with a new one",
            ));
        }
        if !self.0.credentials.can_sign_in() {
            return Err(
                cause.with_note("the session was begun elsewhere and cannot be renewed; sign in again")
            );
        }
        tracing::info!(reason = %cause, "signing in again");
        let (client, credentials) = (&self.0.client, &self.0.credentials);
        let outcome = match &self.0.keeper {
            Some(keeper) => {
                let renewed = keeper.renew(client, credentials, &self.token()?.0).await;
                renewed.and_then(|saved| {
                    let ids = Ids {
                        site: saved.site_id,
                        user: saved.user_id,
                    };
                    // Before the first answer nobody can have ids of the server that was there.
                    match ids == self.ids() || !self.0.answered.load(Ordering::Relaxed) {
                        true => Ok((saved.token, ids)),
                        false => Err(another_server()),
                    }
                })
            }
            None => renewed_token(client, credentials)
                .await
                .map(|token| (token, self.ids())),
        };
        match outcome {
            Ok((token, ids)) => {
                let mut session = self.0.session.write().unwrap_or_else(PoisonError::into_inner);
                session.token = token;
                session.ids = ids;
                session.generation += 1;
                Ok(())
            }
            Err(error) => {
                let error = error.with_note("the session had ended and could not be renewed");
                // A network failure may pass; a refusal stays.
                if error.kind() == ErrorKind::SignIn {
                    *renewal = Some((failed, error.clone()));
                }
                Err(error)
            }
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("client", &self.0.client)
            .field("content_url", &self.0.content_url)
            .field("user_id", &self.user_id())
            .finish_non_exhaustive()
    }
}

/// Reads an element of an answer that must be there.
pub(crate) fn part<T: Read1>(node: &Node, element: &str) -> Result<T> {
    node.one(element)
        .map_err(|e| {
            Error::new(
                ErrorKind::UnexpectedAnswer,
                format!("the answer cannot be used: {e}"),
            )
        })?
        .ok_or_else(|| {
            Error::new(
                ErrorKind::UnexpectedAnswer,
                format!("the answer has no <{element}>"),
            )
        })
}

/// A session that is kept is none of the server that is there.
fn another_server() -> Error {
    Error::new(
        ErrorKind::SignIn,
        "the server at this address is not the one of the kept session any more; there is a new session now: try again",
    )
}

/// Signs in again for a session that is over.
pub(crate) async fn renewed_token(client: &Client, credentials: &Credentials) -> Result<Secret> {
    let answer = request_session(client, credentials).await?;
    answer.token.map(Secret::from).ok_or_else(|| {
        Error::new(
            ErrorKind::UnexpectedAnswer,
            "the server's answer to the sign-in lacks a token",
        )
    })
}

/// Ends a session at the server.
pub(crate) async fn end_session(client: &Client, token: &Secret) -> Result<()> {
    let call = Call::new(Method::Post, "/auth/signout").repeatable();
    match client.call(&call, Some(token), &[]).await {
        Ok(_) => {
            tracing::info!("signed out");
            Ok(())
        }
        // It is over already, which is what was wanted.
        Err(error) if error.is_session_end() => Ok(()),
        Err(error) => Err(error),
    }
}

async fn request_session(client: &Client, credentials: &Credentials) -> Result<types::Credentials> {
    let wire = credentials.to_wire()?;
    let call = Call::new(Method::Post, "/auth/signin")
        .body(|out| out.child("credentials", &wire))
        .repeatable();
    let node = client.call(&call, None, &[credentials.secret()]).await?;
    part(&node, "credentials")
}
