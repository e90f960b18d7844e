//! What automations ask of a repository, typed.
//!
//! Columns are cast where they are asked for, since their types have changed between releases.

use futures_util::stream::BoxStream;
use serde::Serialize;
use tokio_postgres::Row;
use vivant_client::Secret;

use super::{Extract, Kind, Repository};
use crate::error::{Error, Result};

/// How points in time are asked for: as text, in UTC.
macro_rules! time {
    ($column:literal) => {
        concat!("to_char(", $column, ", 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
    };
}

/// A session of a user at the web server. Whoever knows its id or token is that user.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its id, as the cookie has it.
    pub id: Secret,
    /// What the web server keeps; trusted tickets leave nothing there.
    pub data: Option<Secret>,
    /// When it was last used.
    pub updated_at: Option<String>,
    /// The user's id on the site.
    pub user_id: i64,
    /// What the web server shares with its other processes, JSON.
    pub shared_wg_write: Option<Secret>,
    /// What the process that draws shares, JSON.
    pub shared_vizql_write: Option<Secret>,
    /// The user's name.
    pub user_name: String,
    /// The user's id on the server.
    pub system_user_id: i64,
}

impl Session {
    /// The token by which requests of the session are known, inside what the web server shares.
    pub fn auth_token(&self) -> Option<Secret> {
        let shared: serde_json::Value = serde_json::from_str(self.shared_wg_write.as_ref()?.expose()).ok()?;
        match shared.get("auth_token")? {
            serde_json::Value::String(token) => Some(Secret::new(token.as_str())),
            // Values with their type before them, as some releases write.
            serde_json::Value::Array(parts) => Some(Secret::new(parts.last()?.as_str()?)),
            _ => None,
        }
    }
}

/// A subscription, with what a mail for it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// Its id.
    pub id: i64,
    /// The subject of its mails.
    pub subject: Option<String>,
    /// Whose it is.
    pub user: String,
    /// The name of the site.
    pub site: Option<String>,
    /// What is sent: the custom view where there is one, else the view; `None` for whole workbooks.
    pub view_url: Option<String>,
    /// The name of the schedule.
    pub schedule: Option<String>,
    /// Where the user gets mail.
    pub email: Option<String>,
}

/// A schedule that refreshes extracts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExtractSchedule {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// 1, the first, to 100.
    pub priority: Option<i64>,
    /// Whether it runs.
    pub active: Option<bool>,
    /// When it runs next.
    pub run_next_at: Option<String>,
}

/// A site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Site {
    /// Its id.
    pub id: i64,
    /// Its content URL; empty for the default site.
    pub content_url: String,
    /// Its name.
    pub name: String,
    /// Whether it can be used: `active` as a rule.
    pub status: Option<String>,
}

/// What became of an extract that was to be put on a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOn {
    /// It is there now, as the task with this id.
    Added(i64),
    /// It was there before.
    AlreadyThere,
}

const SESSIONS: &str = concat!(
    "SELECT s.session_id::text, s.data::text, ",
    time!("s.updated_at"),
    ", s.user_id::int8, s.shared_wg_write::text, s.shared_vizql_write::text, su.name::text, u.system_user_id::int8 \
     FROM sessions s JOIN users u ON u.id = s.user_id JOIN system_users su ON su.id = u.system_user_id \
     WHERE $1::text IS NULL OR lower(su.name) = lower($1::text) \
     ORDER BY s.updated_at DESC NULLS LAST, s.session_id"
);

// By the user's id: names are taken once in each domain.
const SUBSCRIPTIONS: &str = "SELECT s.id::int8, s.subject::text, s.user_name::text, s.site_name::text, \
     coalesce(cv.repository_url, s.view_url)::text, s.schedule_name::text, su.email::text \
     FROM _subscriptions s LEFT JOIN _customized_views cv ON cv.id = s.customized_view_id \
     LEFT JOIN users u ON u.id = s.user_id LEFT JOIN system_users su ON su.id = u.system_user_id \
     WHERE ($1::text IS NULL OR s.schedule_name = $1::text) \
     AND ($2::bool IS NOT TRUE OR s.view_url IS NOT NULL OR cv.repository_url IS NOT NULL) \
     ORDER BY s.id";

const EXTRACT_SCHEDULES: &str = concat!(
    "SELECT id::int8, name::text, priority::int8, active::bool, ",
    time!("run_next_at"),
    " FROM _schedules WHERE scheduled_action_type = 'Refresh Extracts' AND hidden IS NOT TRUE \
     AND ($1::text IS NULL OR name = $1::text) ORDER BY name, id"
);

const SITES: &str = "SELECT id::int8, coalesce(url_namespace, '')::text, name::text, status::text FROM _sites \
     WHERE ($1::text IS NULL OR coalesce(url_namespace, '') = $1::text) AND ($2::text IS NULL OR name = $2::text) \
     ORDER BY id";

// One statement, so that two who do this at once do not add it twice as easily as with a look before.
const PUT: &str = "INSERT INTO tasks (schedule_id, type, priority, obj_id, created_at, updated_at, site_id, obj_class, \
     luid, consecutive_failure_count) \
     SELECT $1::int8, 'RefreshExtractTask', $2::int8, $3::int8, timezone('UTC', now()), timezone('UTC', now()), \
     $4::int8, $5::text, NULL, 0 \
     WHERE NOT EXISTS (SELECT 1 FROM tasks WHERE schedule_id = $1::int8 AND type = 'RefreshExtractTask' \
     AND obj_id = $3::int8 AND obj_class = $5::text) RETURNING id::int8";

impl Repository {
    /// The sessions at the web server, the one used last first; those of one user where a name is given.
    pub async fn sessions(&self, user: Option<&str>) -> Result<BoxStream<'static, Result<Session>>> {
        self.stream(SESSIONS, &[user], session).await
    }

    /// The subscriptions, of one schedule where a name is given; without those to whole workbooks when `views_only`.
    pub async fn subscriptions(
        &self,
        schedule: Option<&str>,
        views_only: bool,
    ) -> Result<BoxStream<'static, Result<Subscription>>> {
        let views_only = if views_only { "true" } else { "false" };
        self.stream(SUBSCRIPTIONS, &[schedule, Some(views_only)], subscription)
            .await
    }

    /// The schedules that refresh extracts, without hidden ones; one where a name is given.
    pub async fn extract_schedules(
        &self,
        name: Option<&str>,
    ) -> Result<BoxStream<'static, Result<ExtractSchedule>>> {
        self.stream(EXTRACT_SCHEDULES, &[name], extract_schedule).await
    }

    /// The sites; those of a content URL and those of a name where these are given.
    pub async fn sites(
        &self,
        content_url: Option<&str>,
        name: Option<&str>,
    ) -> Result<BoxStream<'static, Result<Site>>> {
        self.stream(SITES, &[content_url, name], site).await
    }

    /// Lets a schedule refresh an extract, for servers whose REST API cannot (before 2.8). Needs `tblwgadmin`, and a
    /// connection that was opened for writing.
    pub async fn put_on_schedule(&self, extract: &Extract, schedule: i64, priority: u8) -> Result<PutOn> {
        if !(1..=100).contains(&priority) {
            return Err(Error::input(format!("the priority {priority} is not 1 to 100")));
        }
        let class = match extract.kind {
            Kind::Workbook => "Workbook",
            Kind::Datasource => "Datasource",
            other => return Err(Error::input(format!("a {} has no extract", other.as_str()))),
        };
        let numbers = [
            schedule.to_string(),
            priority.to_string(),
            extract.id.to_string(),
            extract.site_id.to_string(),
        ];
        let [schedule, priority, id, site] = numbers.each_ref().map(|number| Some(number.as_str()));
        let added = self
            .all(PUT, &[schedule, priority, id, site, Some(class)], |row| {
                row.try_get(0)
            })
            .await?;
        Ok(match added.first() {
            Some(id) => PutOn::Added(*id),
            None => PutOn::AlreadyThere,
        })
    }
}

type Read<T> = std::result::Result<T, tokio_postgres::Error>;

fn session(row: &Row) -> Read<Session> {
    let secret =
        |index| -> Read<Option<Secret>> { Ok(row.try_get::<_, Option<String>>(index)?.map(Secret::from)) };
    Ok(Session {
        id: secret(0)?.unwrap_or_else(|| Secret::new("")),
        data: secret(1)?.filter(|data| !data.expose().is_empty()),
        updated_at: row.try_get(2)?,
        user_id: row.try_get(3)?,
        shared_wg_write: secret(4)?,
        shared_vizql_write: secret(5)?,
        user_name: row.try_get(6)?,
        system_user_id: row.try_get(7)?,
    })
}

fn subscription(row: &Row) -> Read<Subscription> {
    Ok(Subscription {
        id: row.try_get(0)?,
        subject: row.try_get(1)?,
        user: row.try_get::<_, Option<String>>(2)?.unwrap_or_default(),
        site: row.try_get(3)?,
        view_url: row.try_get(4)?,
        schedule: row.try_get(5)?,
        email: row.try_get(6)?,
    })
}

fn extract_schedule(row: &Row) -> Read<ExtractSchedule> {
    Ok(ExtractSchedule {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        priority: row.try_get(2)?,
        active: row.try_get(3)?,
        run_next_at: row.try_get(4)?,
    })
}

fn site(row: &Row) -> Read<Site> {
    Ok(Site {
        id: row.try_get(0)?,
        content_url: row.try_get(1)?,
        name: row.try_get(2)?,
        status: row.try_get(3)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_inside_what_is_shared() {
        let with = |shared: &str| Session {
            id: Secret::new("s"),
            data: None,
            updated_at: None,
            user_id: 1,
            shared_wg_write: Some(Secret::new(shared)),
            shared_vizql_write: None,
            user_name: "ann".to_owned(),
            system_user_id: 1,
        };
        let token = |shared: &str| with(shared).auth_token().map(|token| token.expose().to_owned());
        assert_eq!(token(r#"{"auth_token": "abc"}"#).as_deref(), Some("abc"));
        assert_eq!(
            token(r#"{"auth_token": ["String", "abc"]}"#).as_deref(),
            Some("abc")
        );
        for shared in ["", "{}", "[]", r#"{"auth_token": 1}"#, r#"{"auth_token": []}"#] {
            assert_eq!(token(shared), None, "{shared}");
        }
        assert!(!format!("{:?}", with(r#"{"auth_token": "abc"}"#)).contains("abc"));
    }
}
