//! Sessions and personal access tokens.

use vivant_model::{SiteRole, SiteState, TokenId};
use vivant_store::tokens::IDLE_LIMIT_MS;
use vivant_store::{Error, NewSession, NewSite, Secret, SiteChanges, What};

use crate::harness::{DAY, NOW, World, conflict_id, on_both};

const MINUTE: i64 = 60_000;
const LIMIT: i64 = 240 * MINUTE;

on_both!(
    a_session_knows_its_user,
    an_idle_session_ends,
    sessions_end_together,
    a_stranger_has_no_session,
    a_token_signs_in_until_it_dies,
    names_of_tokens_are_unique_to_a_user,
);

fn plain(w: &World, user: vivant_model::UserId) -> NewSession {
    NewSession {
        site: w.site,
        user,
        via_token: None,
        impersonator: None,
    }
}

async fn a_session_knows_its_user(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let token = w.store.create_session(plain(&w, ann.id), NOW).await.unwrap();
    assert_eq!(token.len(), 43);
    let session = w.store.session(&token, NOW, LIMIT).await.unwrap().unwrap();
    assert_eq!(
        (session.site, session.user.id, session.user.role),
        (w.site, ann.id, SiteRole::Viewer)
    );
    assert_eq!(session.user.last_login, Some(NOW));
    assert_eq!(
        (session.site_content_url.as_str(), session.site_state),
        ("", SiteState::Active)
    );
    let suspended = SiteChanges {
        state: Some(SiteState::Suspended),
        ..SiteChanges::default()
    };
    w.store.update_site(w.site, suspended, NOW).await.unwrap();
    assert_eq!(
        w.store
            .session(&token, NOW, LIMIT)
            .await
            .unwrap()
            .unwrap()
            .site_state,
        SiteState::Suspended
    );
    assert_eq!(w.store.session("something else", NOW, LIMIT).await.unwrap(), None);
    w.store.delete_session(&token).await.unwrap();
    assert_eq!(w.store.session(&token, NOW, LIMIT).await.unwrap(), None);
}

async fn an_idle_session_ends(w: World) {
    let token = w.store.create_session(plain(&w, w.admin), NOW).await.unwrap();
    let mut now = NOW;
    for _ in 0..5 {
        now += LIMIT;
        let session = w.store.session(&token, now, LIMIT).await.unwrap();
        assert!(session.is_some(), "used in time");
    }
    assert_eq!(
        w.store.session(&token, now + LIMIT + 1, LIMIT).await.unwrap(),
        None
    );
    // What was noted in memory is written by the time the store is closed.
    w.store.clone().close().await;
    let store = w.reopen().await.unwrap();
    let session = store.session(&token, now, LIMIT).await.unwrap().unwrap();
    assert_eq!(session.last_used_at, now);
}

async fn sessions_end_together(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let (token_id, _) = w.store.create_token(ann.id, "t", NOW, NOW + DAY).await.unwrap();
    let via = NewSession {
        via_token: Some(token_id),
        ..plain(&w, ann.id)
    };
    let first = w.store.create_session(via, NOW).await.unwrap();
    let second = w.store.create_session(plain(&w, ann.id), NOW).await.unwrap();
    let alive = async |token: &str| w.store.session(token, NOW, LIMIT).await.unwrap().is_some();
    w.store.delete_sessions_of_token(token_id).await.unwrap();
    assert_eq!((alive(&first).await, alive(&second).await), (false, true));
    w.store.delete_sessions_of_user(ann.id).await.unwrap();
    assert!(!alive(&second).await);
}

async fn a_stranger_has_no_session(w: World) {
    let new = NewSite {
        name: "B".to_owned(),
        content_url: "b".to_owned(),
        ..NewSite::default()
    };
    let other = w.store.create_site(new, NOW).await.unwrap().id;
    let ann = w.user("ann", SiteRole::Viewer).await;
    let refused = w
        .store
        .create_session(
            NewSession {
                site: other,
                ..plain(&w, ann.id)
            },
            NOW,
        )
        .await;
    assert!(matches!(refused, Err(Error::NotFound(What::User))), "{refused:?}");
    let token = w
        .store
        .create_session(
            NewSession {
                site: other,
                ..plain(&w, w.admin)
            },
            NOW,
        )
        .await
        .unwrap();
    let session = w.store.session(&token, NOW, LIMIT).await.unwrap().unwrap();
    assert_eq!(session.user.role, SiteRole::ServerAdministrator);
}

async fn a_token_signs_in_until_it_dies(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let (id, secret) = w
        .store
        .create_token(ann.id, "My Token", NOW, NOW + 100 * DAY)
        .await
        .unwrap();
    let secret = Secret::from(secret);
    let verify = async |name: &str, secret: &Secret, now| {
        w.store
            .verify_token(name, secret, now)
            .await
            .unwrap()
            .map(|(account, id)| (account.id, id))
    };
    assert_eq!(verify("My Token", &secret, NOW).await, Some((ann.id, id)));
    assert_eq!(verify("my token", &secret, NOW).await, Some((ann.id, id)));
    assert_eq!(verify("Other", &secret, NOW).await, None);
    assert_eq!(verify("My Token", &"wrong".into(), NOW).await, None);
    // Each use keeps it alive, and fifteen days without one end it.
    assert!(
        verify("My Token", &secret, NOW + IDLE_LIMIT_MS - 1)
            .await
            .is_some()
    );
    assert!(
        verify("My Token", &secret, NOW + 2 * IDLE_LIMIT_MS - 2)
            .await
            .is_some()
    );
    assert_eq!(verify("My Token", &secret, NOW + 3 * IDLE_LIMIT_MS).await, None);
    let known = w.store.tokens(ann.id).await.unwrap();
    assert_eq!(
        (known.len(), known[0].last_used_at),
        (1, Some(NOW + 2 * IDLE_LIMIT_MS - 2))
    );

    let (_, short) = w
        .store
        .create_token(ann.id, "short", NOW, NOW + DAY)
        .await
        .unwrap();
    assert_eq!(verify("short", &short.into(), NOW + DAY).await, None);
    w.store.revoke_token(ann.id, "MY TOKEN").await.unwrap();
    assert!(matches!(
        w.store.revoke_token(ann.id, "My Token").await,
        Err(Error::NotFound(What::Token))
    ));
}

async fn names_of_tokens_are_unique_to_a_user(w: World) {
    let ann = w.user("ann", SiteRole::Viewer).await;
    let secret = Secret::from("known beforehand");
    let insert = async |user, name: &str| {
        w.store
            .insert_token_with_secret(user, name, &secret, NOW, NOW + DAY)
            .await
    };
    let first: TokenId = insert(ann.id, "seed").await.unwrap();
    assert_eq!(conflict_id(insert(ann.id, "Seed").await), first.to_string());
    insert(w.admin, "other").await.unwrap();
    assert_eq!(
        w.store
            .verify_token("seed", &secret, NOW)
            .await
            .unwrap()
            .unwrap()
            .0
            .id,
        ann.id
    );
    assert_eq!(
        w.store
            .verify_token("other", &secret, NOW)
            .await
            .unwrap()
            .unwrap()
            .0
            .id,
        w.admin
    );
}
