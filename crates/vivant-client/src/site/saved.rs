//! Sessions that outlive the program: kept somewhere by their owner, and gone on with later.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};

use tokio::sync::Mutex;
use vivant_model::{SiteId, UserId};

use super::{Ids, Session, Shared, Site};
use crate::client::Client;
use crate::credentials::Credentials;
use crate::error::Result;
use crate::secret::Secret;
use crate::sessions::Keeper;

/// What of a session must be kept to go on with it.
#[derive(Clone, Debug)]
pub struct SavedSession {
    /// The token; whoever has it acts as the user.
    pub token: Secret,
    /// The site.
    pub site_id: SiteId,
    /// Who is signed in.
    pub user_id: UserId,
    /// The site's content URL; empty is Default.
    pub content_url: String,
}

impl Client {
    /// Goes on with a session that was begun earlier, without asking the server whether it still lives.
    ///
    /// With credentials it is renewed once it is over; without, calls fail from then on.
    pub fn resume(&self, session: SavedSession, credentials: Option<Credentials>) -> Site {
        let credentials = credentials.unwrap_or_else(|| Credentials::session(session.token.clone()));
        Site::resumed(self.clone(), session, credentials, None)
    }
}

impl Site {
    /// Goes on with a session, which other programs may share.
    pub(crate) fn resumed(
        client: Client,
        session: SavedSession,
        credentials: Credentials,
        keeper: Option<Keeper>,
    ) -> Self {
        let ids = Ids {
            site: session.site_id,
            user: session.user_id,
        };
        Self(Arc::new(Shared {
            client,
            credentials,
            born: ids,
            content_url: session.content_url,
            session: RwLock::new(Session {
                token: session.token,
                ids,
                generation: 1,
                closed: None,
            }),
            answered: AtomicBool::new(false),
            renewal: Mutex::new(None),
            keeper,
        }))
    }

    /// What to keep, so that [`Client::resume`] can go on with the session.
    pub fn saved(&self) -> Result<SavedSession> {
        Ok(SavedSession {
            token: self.token()?.0,
            site_id: self.id(),
            user_id: self.user_id(),
            content_url: self.content_url().to_owned(),
        })
    }
}
