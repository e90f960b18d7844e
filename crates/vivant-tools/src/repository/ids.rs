//! The numbers by which the repository knows things, found by name, content URL or LUID.

use vivant_model::Luid;

use super::Repository;
use crate::error::{Error, Result};

/// What the repository has numbers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A site.
    Site,
    /// A project.
    Project,
    /// A workbook.
    Workbook,
    /// A published data source.
    Datasource,
    /// A schedule.
    Schedule,
}

impl Kind {
    /// One of them.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Project => "project",
            Self::Workbook => "workbook",
            Self::Datasource => "data source",
            Self::Schedule => "schedule",
        }
    }

    fn by_luid(self) -> &'static str {
        match self {
            Self::Site => "SELECT id::int8 FROM sites WHERE luid::text = $1::text",
            Self::Project => "SELECT id::int8 FROM projects WHERE luid::text = $1::text",
            Self::Workbook => "SELECT id::int8 FROM workbooks WHERE luid::text = $1::text",
            Self::Datasource => "SELECT id::int8 FROM datasources WHERE luid::text = $1::text",
            Self::Schedule => "SELECT id::int8 FROM schedules WHERE luid::text = $1::text",
        }
    }
}

/// A workbook or data source whose extract is refreshed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extract {
    /// Which of the two.
    pub kind: Kind,
    /// Its number.
    pub id: i64,
    /// The number of its site.
    pub site_id: i64,
}

/// Something of a name, and where it is.
struct Candidate {
    id: i64,
    place: String,
}

impl Repository {
    /// The number of something, by LUID or by name. Names of projects need their site, names of workbooks and data
    /// sources too; a project chooses among several of one name. Sites go by content URL or name.
    pub async fn id(&self, kind: Kind, text: &str, site: Option<&str>, project: Option<&str>) -> Result<i64> {
        if let Ok(luid) = text.parse::<Luid>() {
            let found = self
                .all(kind.by_luid(), &[Some(&luid.to_string())], |row| row.try_get(0))
                .await?;
            return match found[..] {
                [id, ..] => Ok(id),
                [] => Err(Error::NotFound(format!(
                    "the repository has no {} with the id {luid}",
                    kind.as_str()
                ))),
            };
        }
        if project.is_some() && !matches!(kind, Kind::Workbook | Kind::Datasource) {
            return Err(Error::input(format!(
                "a {} is not looked for in a project",
                kind.as_str()
            )));
        }
        let found = match kind {
            Kind::Site => return self.site_id(text).await,
            Kind::Schedule => {
                let sql = "SELECT id::int8, coalesce(scheduled_action_type, '')::text FROM _schedules \
                           WHERE name = $1::text ORDER BY id";
                self.all(sql, &[Some(text)], candidate).await?
            }
            Kind::Project => {
                let site = self.site_of(site, kind).await?;
                let sql = "SELECT id::int8, coalesce(owner_name, '')::text FROM _projects \
                           WHERE name = $1::text AND site_id = $2::int8 ORDER BY id";
                self.all(sql, &[Some(text), Some(&site)], candidate).await?
            }
            Kind::Workbook | Kind::Datasource => {
                let site = self.site_of(site, kind).await?;
                let sql = match kind {
                    Kind::Workbook => {
                        "SELECT id::int8, coalesce(project_name, '')::text FROM _workbooks WHERE name = $1::text \
                         AND site_id = $2::int8 AND ($3::text IS NULL OR project_name = $3::text) ORDER BY id"
                    }
                    _ => {
                        "SELECT id::int8, coalesce(project_name, '')::text FROM _datasources WHERE name = $1::text \
                         AND site_id = $2::int8 AND ($3::text IS NULL OR project_name = $3::text) ORDER BY id"
                    }
                };
                self.all(sql, &[Some(text), Some(&site), project], candidate)
                    .await?
            }
        };
        only(kind, text, &found)
    }

    /// A workbook or data source with its site, by LUID or by name as [`Repository::id`] finds it.
    pub async fn extract(
        &self,
        kind: Kind,
        text: &str,
        site: Option<&str>,
        project: Option<&str>,
    ) -> Result<Extract> {
        let sql = match kind {
            Kind::Workbook => "SELECT site_id::int8 FROM workbooks WHERE id = $1::int8",
            Kind::Datasource => "SELECT site_id::int8 FROM datasources WHERE id = $1::int8",
            other => return Err(Error::input(format!("a {} has no extract", other.as_str()))),
        };
        let id = self.id(kind, text, site, project).await?;
        let sites = self
            .all(sql, &[Some(&id.to_string())], |row| row.try_get(0))
            .await?;
        match sites[..] {
            [site_id, ..] => Ok(Extract { kind, id, site_id }),
            [] => Err(Error::NotFound(format!(
                "the repository has no {} {id}",
                kind.as_str()
            ))),
        }
    }

    /// The number of a schedule that refreshes extracts, by LUID or name.
    pub async fn extract_schedule_id(&self, text: &str) -> Result<i64> {
        let sql = match text.parse::<Luid>() {
            Ok(_) => {
                "SELECT s.id::int8, ''::text FROM _schedules s JOIN schedules t ON t.id = s.id WHERE \
                 s.scheduled_action_type = 'Refresh Extracts' AND s.hidden IS NOT TRUE AND t.luid::text = lower($1::text)"
            }
            Err(_) => {
                "SELECT id::int8, ''::text FROM _schedules WHERE scheduled_action_type = 'Refresh Extracts' \
                 AND hidden IS NOT TRUE AND name = $1::text ORDER BY id"
            }
        };
        let found = self.all(sql, &[Some(text)], candidate).await?;
        match found.is_empty() {
            true => Err(Error::NotFound(format!(
                "the repository has no schedule `{text}` that refreshes extracts"
            ))),
            false => only(Kind::Schedule, text, &found),
        }
    }

    /// A site by its content URL, else by its name.
    async fn site_id(&self, text: &str) -> Result<i64> {
        let sql = "SELECT id::int8, coalesce(url_namespace, '')::text FROM _sites \
                   WHERE coalesce(url_namespace, '') = $1::text OR name = $1::text \
                   ORDER BY coalesce(url_namespace, '') = $1::text DESC, id";
        let found = self.all(sql, &[Some(text)], candidate).await?;
        match found.first() {
            // Content URLs are taken once.
            Some(first) if first.place == text => Ok(first.id),
            _ => only(Kind::Site, text, &found),
        }
    }

    async fn site_of(&self, site: Option<&str>, kind: Kind) -> Result<String> {
        let Some(site) = site else {
            return Err(Error::input(format!(
                "a {} by name needs its site",
                kind.as_str()
            )));
        };
        let id = match site.parse::<Luid>() {
            Ok(_) => Box::pin(self.id(Kind::Site, site, None, None)).await?,
            Err(_) => self.site_id(site).await?,
        };
        Ok(id.to_string())
    }
}

fn candidate(row: &tokio_postgres::Row) -> std::result::Result<Candidate, tokio_postgres::Error> {
    Ok(Candidate {
        id: row.try_get(0)?,
        place: row.try_get(1)?,
    })
}

fn only(kind: Kind, text: &str, found: &[Candidate]) -> Result<i64> {
    match found {
        [one] => Ok(one.id),
        [] => Err(Error::NotFound(format!(
            "the repository has no {} `{text}`",
            kind.as_str()
        ))),
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|one| match one.place.is_empty() {
                    true => one.id.to_string(),
                    false => format!("{} ({})", one.id, one.place),
                })
                .collect();
            Err(Error::NotFound(format!(
                "several {}s are called `{text}`: {}; give the LUID{}",
                kind.as_str(),
                list.join(", "),
                match kind {
                    Kind::Workbook | Kind::Datasource => " or the project",
                    _ => "",
                }
            )))
        }
    }
}
