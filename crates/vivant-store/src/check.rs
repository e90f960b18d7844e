//! Checking a store for damage and sweeping up what was left behind.

use std::collections::HashMap;
use std::fmt;

use vivant_model::SiteId;

use crate::db::{Conn, params, transact};
use crate::{Millis, Result, Store, sites, tally, uploads};

/// What a sweep took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Objects deleted from the content storage.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Expired upload sessions.
    pub uploads: u64,
    /// Sets of rules that nothing uses any more.
    pub acls: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Rows looked at, by table.
    pub counted: Vec<(&'static str, u64)>,
    /// What was found.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// Returns whether nothing is wrong; notes do not count.
    pub fn is_sound(&self) -> bool {
        self.findings.iter().all(|f| f.severity == Severity::Note)
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The next sweep takes it away.
    Note,
    /// Something is wrong.
    Error,
}

/// One thing found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub message: String,
    /// What to do about it.
    pub advice: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}; {}", self.message, self.advice)
    }
}

/// Pending objects as old as this belong to nobody any more, on any node.
const PENDING_MS: i64 = 24 * 60 * 60 * 1000;
/// Sessions out of use for so long are over under any limit.
const SESSION_MS: i64 = 30 * 24 * 60 * 60 * 1000;
const BATCH: i64 = 500;

const SWEEP: &str = "the next sweep takes it away; nothing to do";
const RESTORE: &str = "restore the content folder or bucket from a backup, or publish the item again";

impl Store {
    /// Deletes garbage of at least an age, pending objects that nobody can be writing any more,
    /// expired upload sessions, sessions long out of use, and sets of rules without use.
    pub async fn sweep(&self, now: Millis, min_age_ms: i64) -> Result<SweepReport> {
        let uploads = transact!(self.db(), |tx| {
            uploads::release(&tx, "used_at <= ?1", params![now - uploads::LIFETIME_MS], now).await
        })?;
        transact!(self.db(), |tx| {
            let sql = "UPDATE blob SET state = 'garbage' WHERE state = 'pending' AND changed_at <= ?1";
            tx.execute(sql, params![now - PENDING_MS]).await?;
            tx.execute(
                "DELETE FROM session WHERE last_used_at <= ?1",
                params![now - SESSION_MS],
            )
            .await
        })?;
        let mut report = SweepReport {
            uploads,
            ..SweepReport::default()
        };
        let sites = self.conn().await?.query("SELECT id FROM site", params![]).await?;
        for mut site in sites {
            report.acls += self.sweep_acls(site.id()?).await?;
        }
        self.delete_garbage(now - min_age_ms, &mut report).await?;
        Ok(report)
    }

    /// Deletes the objects that nothing refers to any more since `min_age_ms`, and only those: cheap
    /// enough to be called every few seconds.
    pub async fn collect_garbage(&self, now: Millis, min_age_ms: i64) -> Result<SweepReport> {
        let mut report = SweepReport::default();
        self.delete_garbage(now - min_age_ms, &mut report).await?;
        Ok(report)
    }

    /// Deletes all pending objects: after a start of a process that is alone, nobody writes them.
    pub(crate) async fn drop_pending(&self) -> Result<()> {
        transact!(self.db(), |tx| {
            let sql = "UPDATE blob SET state = 'garbage' WHERE state = 'pending'";
            tx.execute(sql, params![]).await.map(drop)
        })
    }

    /// Deletes what an earlier process left in the spool folder.
    pub(crate) fn clear_spool(&self) -> Result<()> {
        for path in self.content().spool_files()? {
            if let Err(e) = std::fs::remove_file(&path) {
                tracing::warn!("spool file {} stays behind: {e}", path.display());
            }
        }
        Ok(())
    }

    async fn sweep_acls(&self, site: SiteId) -> Result<u64> {
        let outcome = transact!(self.db(), |tx| {
            // Nobody can begin to use a set of rules meanwhile.
            sites::lock(&tx, site).await?;
            let sql = "DELETE FROM acl WHERE site_id = ?1 \
                 AND NOT EXISTS (SELECT 1 FROM content x WHERE x.acl_id = acl.id) \
                 AND NOT EXISTS (SELECT 1 FROM view x WHERE x.acl_id = acl.id) \
                 AND NOT EXISTS (SELECT 1 FROM project x WHERE x.acl_id = acl.id) \
                 AND NOT EXISTS (SELECT 1 FROM project x WHERE x.workbook_acl_id = acl.id) \
                 AND NOT EXISTS (SELECT 1 FROM project x WHERE x.datasource_acl_id = acl.id) \
                 AND NOT EXISTS (SELECT 1 FROM project x WHERE x.flow_acl_id = acl.id)";
            tx.execute(sql, params![site]).await
        });
        match outcome {
            // The site was deleted meanwhile, its rules with it.
            Err(crate::Error::NotFound(_)) => Ok(0),
            outcome => outcome,
        }
    }

    async fn delete_garbage(&self, until: Millis, report: &mut SweepReport) -> Result<()> {
        loop {
            let sql = "SELECT key, size FROM blob WHERE state = 'garbage' AND changed_at <= ?1 LIMIT ?2";
            let rows = self.conn().await?.query(sql, params![until, BATCH]).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut keys = Vec::new();
            for mut row in rows {
                let (key, size) = (row.text()?, row.int()?);
                // The object first: a crash in between leaves the row, and the next sweep goes on.
                self.content().delete(&key).await?;
                report.objects += 1;
                report.bytes += size as u64;
                keys.push(key);
            }
            transact!(self.db(), |tx| {
                let sql = "DELETE FROM blob WHERE state = 'garbage' AND key IN LIST(?1)";
                tx.execute(sql, params![keys.clone()]).await.map(drop)
            })?;
        }
    }

    /// Looks for damage: in the database, in the content storage, and between the two. With `deep`
    /// every object is read and compared with its checksum.
    pub async fn check(&self, deep: bool) -> Result<CheckReport> {
        let mut report = CheckReport::default();
        let conn = self.conn().await?;
        for table in [
            "site",
            "account",
            "site_user",
            "user_group",
            "project",
            "content",
            "view",
            "custom_view",
            "revision",
            "schedule",
            "task",
            "subscription",
            "job",
            "extract_part",
            "blob",
        ] {
            let count = conn
                .number(&format!("SELECT COUNT(*) FROM {table}"), params![])
                .await?;
            report.counted.push((table, count as u64));
        }
        if self.db().is_sqlite() {
            check_sqlite(&conn, &mut report).await?;
        }
        for (sql, message, advice) in RULES {
            for mut row in conn.query(sql, params![]).await? {
                report.error(format!("{message}: {}", row.text()?), advice);
            }
        }
        check_counters(&conn, &mut report).await?;
        for (site, kind) in tally::wrong(&conn).await? {
            report.error(
                format!("the tally of {kind}s on site `{site}` is not what there is"),
                "totals of lists are off by the difference; nothing else is wrong",
            );
        }
        self.check_objects(&conn, deep, &mut report).await?;
        for path in self.content().spool_files()? {
            report.note(
                format!("spool file {}", path.display()),
                "the next start takes it away unless it is in use",
            );
        }
        Ok(report)
    }

    async fn check_objects(&self, conn: &Conn, deep: bool, report: &mut CheckReport) -> Result<()> {
        let mut objects: HashMap<String, u64> = self.content().list().await?.into_iter().collect();
        let found = objects.len() as u64;
        report.counted.push(("object", found));
        // The rows are read after the objects: an object that is new since has no part in this.
        let rows = conn
            .query(
                "SELECT key, size, sha256, state, (SELECT COUNT(*) FROM upload_chunk k WHERE k.blob_key = key) \
                 FROM blob ORDER BY key",
                params![],
            )
            .await?;
        for mut row in rows {
            let (key, size, sha256, state) = (row.text()?, row.int()? as u64, row.text()?, row.text()?);
            let object = objects.remove(&key);
            if state != "live" {
                report.note(format!("object {key} is {state}"), SWEEP);
                continue;
            }
            // It may have grown since; a chunk that broke off may lie behind what counts.
            let grows = row.int()? > 0;
            let object = match object {
                Some(actual) if !grows || actual >= size => Some(actual),
                _ => self.content().size(&key).await?,
            };
            match object {
                Some(actual) if grows && actual > size => {}
                None => report.error(format!("object {key} is missing"), RESTORE),
                Some(actual) if actual != size => {
                    report.error(
                        format!("object {key} has {actual} bytes instead of {size}"),
                        RESTORE,
                    );
                }
                Some(_) if deep && self.content().fetch(&key).await?.sha256() != sha256 => {
                    report.error(format!("object {key} does not match its checksum"), RESTORE);
                }
                Some(_) => {}
            }
        }
        let mut strays: Vec<String> = objects.into_keys().collect();
        strays.sort();
        for key in strays {
            report.error(
                format!("object {key} belongs to nothing in the database"),
                "if the database is the right one, delete the object; else restore the database that fits",
            );
        }
        Ok(())
    }
}

impl CheckReport {
    fn error(&mut self, message: String, advice: &'static str) {
        self.findings.push(Finding {
            severity: Severity::Error,
            message,
            advice,
        });
    }

    fn note(&mut self, message: String, advice: &'static str) {
        self.findings.push(Finding {
            severity: Severity::Note,
            message,
            advice,
        });
    }
}

/// Query of what breaks a rule, the rule, what to do.
const RULES: &[(&str, &str, &str)] = &[
    (
        "SELECT c.id FROM content c WHERE NOT EXISTS \
         (SELECT 1 FROM revision r WHERE r.content_id = c.id AND r.number = c.revision)",
        "content has no current revision",
        "restore the database from a backup, or delete the item and publish it again",
    ),
    (
        "SELECT r.blob_key FROM revision r JOIN blob b ON b.key = r.blob_key WHERE b.state <> 'live'",
        "a revision refers to an object that is not live",
        "stop the server before its next sweep and restore the database from a backup",
    ),
    (
        "SELECT k.blob_key FROM upload_chunk k JOIN blob b ON b.key = k.blob_key WHERE b.state <> 'live'",
        "an upload refers to an object that is not live",
        "upload the file again",
    ),
    (
        "SELECT x.blob_key FROM extract_part x JOIN blob b ON b.key = x.blob_key WHERE b.state <> 'live'",
        "an extract refers to an object that is not live",
        "stop the server before its next sweep and restore the database from a backup, or refresh the extract",
    ),
    (
        "SELECT j.id FROM job j JOIN blob b ON b.key = j.blob_key WHERE b.state <> 'live'",
        "a job refers to an object that is not live",
        "cancel the job and publish the file again",
    ),
    (
        "SELECT j.id FROM job j WHERE (j.ended_at IS NULL) <> (j.state IN ('Pending', 'InProgress')) \
         OR (j.stage IS NULL) <> (j.state <> 'Pending') OR (j.lease IS NULL) <> (j.state <> 'InProgress') \
         OR (j.lease_until IS NULL) <> (j.lease IS NULL) OR (j.ended_at IS NOT NULL AND j.blob_key IS NOT NULL)",
        "a job stands otherwise than its state says",
        "cancel the job and begin it again",
    ),
    (
        "SELECT j.id FROM job j WHERE j.stage IN (0, 1) AND EXISTS \
         (SELECT 1 FROM job o WHERE o.serial_key = j.serial_key AND o.ended_at IS NULL AND o.seq < j.seq)",
        "a job is ready though an older one of its series has not ended",
        "cancel the job and begin it again",
    ),
    (
        "SELECT j.id FROM job j WHERE j.stage = 2 AND NOT EXISTS \
         (SELECT 1 FROM job o WHERE o.serial_key = j.serial_key AND o.ended_at IS NULL AND o.seq < j.seq)",
        "a job waits for an older one of its series that is not there",
        "cancel the job and begin it again",
    ),
    (
        "SELECT t.id FROM task t JOIN content c ON c.id = t.content_id WHERE c.site_id <> t.site_id \
         OR c.kind NOT IN ('workbook', 'datasource')",
        "a task is for something that is no workbook or data source of its site",
        "delete the task",
    ),
    (
        "SELECT s.id FROM subscription s JOIN content c ON c.id = s.content_id LEFT JOIN view v ON v.id = s.view_id \
         WHERE c.site_id <> s.site_id OR c.kind <> 'workbook' OR v.content_id <> s.content_id",
        "a subscription is to something that is no workbook or view of its site",
        "delete the subscription",
    ),
    (
        "SELECT s.id FROM subscription s JOIN account a ON a.id = s.user_id WHERE a.is_server_admin = 0 \
         AND NOT EXISTS (SELECT 1 FROM site_user m WHERE m.site_id = s.site_id AND m.user_id = s.user_id)",
        "a subscription is for somebody who is no user of its site",
        "delete the subscription",
    ),
    (
        "SELECT c.id FROM content c WHERE c.subscriptions_total <> \
         (SELECT COUNT(*) FROM subscription s WHERE s.content_id = c.id)",
        "content counts other subscriptions than it has",
        "filters on the number of subscriptions are off; nothing else is wrong",
    ),
    (
        "SELECT b.key FROM blob b WHERE b.state = 'live' \
         AND NOT EXISTS (SELECT 1 FROM revision r WHERE r.blob_key = b.key) \
         AND NOT EXISTS (SELECT 1 FROM upload_chunk k WHERE k.blob_key = b.key) \
         AND NOT EXISTS (SELECT 1 FROM extract_part x WHERE x.blob_key = b.key) \
         AND NOT EXISTS (SELECT 1 FROM job j WHERE j.blob_key = b.key)",
        "a live object is referred to by nothing",
        "it only takes up space; restore the database from a backup if content is missing",
    ),
    (
        "SELECT c.id FROM content c JOIN project p ON p.id = c.project_id WHERE c.site_id <> p.site_id",
        "content lies in a project of another site",
        "restore the database from a backup",
    ),
    (
        "SELECT c.id FROM content c JOIN acl a ON a.id = c.acl_id WHERE c.site_id <> a.site_id",
        "content has rules of another site",
        "set the item's permissions again",
    ),
    (
        "SELECT p.id FROM project p JOIN project q ON q.id = p.parent_id WHERE p.site_id <> q.site_id",
        "a project lies in a project of another site",
        "restore the database from a backup",
    ),
    (
        "SELECT v.id FROM view v JOIN content c ON c.id = v.content_id WHERE v.site_id <> c.site_id OR c.kind <> 'workbook'",
        "a view belongs to something that is not a workbook of its site",
        "publish the workbook again",
    ),
    (
        "SELECT s.id FROM site s WHERE (SELECT COUNT(*) FROM project p WHERE p.site_id = s.id AND p.is_default = 1) <> 1",
        "a site has no Default project",
        "restore the database from a backup",
    ),
    (
        "SELECT m.user_id FROM site_user m JOIN user_group g ON g.site_id = m.site_id AND g.is_all_users = 1 \
         WHERE NOT EXISTS (SELECT 1 FROM group_member x WHERE x.group_id = g.id AND x.user_id = m.user_id)",
        "a user is not in the group of all users",
        "remove the user from the site and add it again",
    ),
    (
        "SELECT x.user_id FROM group_member x JOIN user_group g ON g.id = x.group_id WHERE NOT EXISTS \
         (SELECT 1 FROM site_user m WHERE m.site_id = g.site_id AND m.user_id = x.user_id)",
        "a member of a group is not a user of its site",
        "remove the user from the group",
    ),
    (
        "SELECT c.id FROM content c \
         WHERE c.favorites_total <> (SELECT COUNT(*) FROM favorite f WHERE f.content_id = c.id)",
        "content counts other favorites than it has",
        "filters on the number of favorites are off; nothing else is wrong",
    ),
    (
        "SELECT v.id FROM view v WHERE v.favorites_total <> (SELECT COUNT(*) FROM favorite f WHERE f.view_id = v.id)",
        "a view counts other favorites than it has",
        "filters on the number of favorites are off; nothing else is wrong",
    ),
];

async fn check_sqlite(conn: &Conn, report: &mut CheckReport) -> Result<()> {
    for mut row in conn.query("PRAGMA integrity_check(100)", params![]).await? {
        let answer = row.text()?;
        if answer != "ok" {
            report.error(
                format!("the database file is damaged: {answer}"),
                "restore the database from a backup",
            );
        }
    }
    for mut row in conn.query("PRAGMA foreign_key_check", params![]).await? {
        let (table, _, parent) = (row.text()?, row.opt_int()?, row.text()?);
        report.error(
            format!("a row of `{table}` refers to a row of `{parent}` that is not there"),
            "restore the database from a backup",
        );
    }
    Ok(())
}

async fn check_counters(conn: &Conn, report: &mut CheckReport) -> Result<()> {
    let sql = "SELECT s.name, s.storage_bytes, CAST(COALESCE((SELECT SUM(r.size_bytes) FROM revision r \
         JOIN content c ON c.id = r.content_id WHERE c.site_id = s.id), 0) + COALESCE((SELECT SUM(x.size_bytes) \
         FROM extract_part x JOIN content c ON c.id = x.content_id WHERE c.site_id = s.id), 0) AS BIGINT) \
         FROM site s ORDER BY s.name";
    for mut row in conn.query(sql, params![]).await? {
        let (site, counted, actual) = (row.text()?, row.int()?, row.int()?);
        if counted != actual {
            report.error(
                format!("site `{site}` counts {counted} bytes of content instead of {actual}"),
                "its storage quota is off by the difference; nothing else is wrong",
            );
        }
    }
    let sql = "SELECT c.name, c.sheet_count, (SELECT COUNT(*) FROM view v WHERE v.content_id = c.id AND v.hidden = 0) \
         FROM content c WHERE c.kind = 'workbook' AND c.sheet_count <> \
         (SELECT COUNT(*) FROM view v WHERE v.content_id = c.id AND v.hidden = 0)";
    for mut row in conn.query(sql, params![]).await? {
        let (name, counted, actual) = (row.text()?, row.int()?, row.int()?);
        report.error(
            format!("workbook `{name}` counts {counted} sheets instead of {actual}"),
            "publish the workbook again",
        );
    }
    Ok(())
}
