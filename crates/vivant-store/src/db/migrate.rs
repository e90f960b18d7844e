//! Bringing a database's tables up to date.
//!
//! Each migration is a pair of files of one name, one for each database. It runs once, in a
//! transaction of its own, and is recorded with its checksum.

use std::collections::HashMap;

use super::{Db, Tx, params};
use crate::secrets::sha256_hex;
use crate::{Error, Result};

/// Name, text for SQLite, text for PostgreSQL.
const MIGRATIONS: &[(&str, &str, &str)] = &[
    (
        "0001_begin",
        include_str!("../../migrations/sqlite/0001_begin.sql"),
        include_str!("../../migrations/postgres/0001_begin.sql"),
    ),
    (
        "0002_favorites",
        include_str!("../../migrations/sqlite/0002_favorites.sql"),
        include_str!("../../migrations/postgres/0002_favorites.sql"),
    ),
    (
        "0003_tally",
        include_str!("../../migrations/sqlite/0003_tally.sql"),
        include_str!("../../migrations/postgres/0003_tally.sql"),
    ),
    (
        "0004_jobs",
        include_str!("../../migrations/sqlite/0004_jobs.sql"),
        include_str!("../../migrations/postgres/0004_jobs.sql"),
    ),
    (
        "0005_sight",
        include_str!("../../migrations/sqlite/0005_sight.sql"),
        include_str!("../../migrations/postgres/0005_sight.sql"),
    ),
    (
        "0006_sheets",
        include_str!("../../migrations/sqlite/0006_sheets.sql"),
        include_str!("../../migrations/postgres/0006_sheets.sql"),
    ),
    (
        "0007_custom_views",
        include_str!("../../migrations/sqlite/0007_custom_views.sql"),
        include_str!("../../migrations/postgres/0007_custom_views.sql"),
    ),
];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (\
    name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL)";

pub(super) async fn run(db: &Db) -> Result<()> {
    let tx = locked(db).await?;
    let outcome = tx.batch(TABLE).await;
    tx.finish(outcome).await?;
    for (name, sqlite, postgres) in MIGRATIONS {
        let sql = if db.is_sqlite() { sqlite } else { postgres };
        let tx = locked(db).await?;
        let outcome = apply(&tx, name, sql).await;
        tx.finish(outcome).await?;
    }
    Ok(())
}

/// Begins a transaction that only one process is in at a time.
async fn locked(db: &Db) -> Result<Tx> {
    let tx = db.begin().await?;
    if !db.is_sqlite() {
        tx.batch("SELECT pg_advisory_xact_lock(hashtext('vivant.' || current_schema()))")
            .await?;
    }
    Ok(tx)
}

async fn apply(tx: &Tx, name: &str, sql: &str) -> Result<()> {
    let mut applied = HashMap::new();
    for mut row in tx
        .query("SELECT name, checksum FROM schema_migration", params![])
        .await?
    {
        applied.insert(row.text()?, row.text()?);
    }
    if let Some(unknown) = applied
        .keys()
        .find(|n| MIGRATIONS.iter().all(|m| m.0 != n.as_str()))
    {
        return Err(Error::Options(format!(
            "the database was written by a newer version of the program (it has `{unknown}`); start that version"
        )));
    }
    let checksum = sha256_hex(sql.as_bytes());
    match applied.get(name) {
        Some(found) if *found == checksum => Ok(()),
        Some(_) => Err(Error::Options(format!(
            "the database was made with another form of migration `{name}`; start the version that made it"
        ))),
        None => {
            tx.batch(sql).await?;
            let sql = "INSERT INTO schema_migration (name, checksum) VALUES (?1, ?2)";
            tx.execute(sql, params![name.to_owned(), checksum]).await?;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Statements without comments, and without what only one database knows. Triggers, which
    /// each writes in its own way, stand at the end of a file; their tests are the store's.
    fn common(sql: &str) -> String {
        let ends = ["CREATE FUNCTION", "CREATE TRIGGER"].map(|word| sql.find(word).unwrap_or(sql.len()));
        let lines = sql[..ends[0].min(ends[1])]
            .lines()
            .map(|line| line.split("--").next().unwrap_or_default());
        let text = lines.collect::<Vec<_>>().join(" ");
        let text = text.replace(" COLLATE \"C\"", "").replace("BYTEA", "BLOB");
        let text = text.replace(" WITHOUT ROWID", "");
        let text = text.replace("BIGINT GENERATED ALWAYS AS IDENTITY", "INTEGER");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn both_databases_get_the_same_tables() {
        for (name, sqlite, postgres) in MIGRATIONS {
            assert_eq!(common(sqlite), common(postgres), "{name}");
        }
    }

    #[test]
    fn text_sorts_alike_on_both_databases() {
        for (name, _, postgres) in MIGRATIONS {
            for line in postgres.lines().filter(|line| line.contains(" TEXT")) {
                assert!(line.contains("TEXT COLLATE \"C\""), "{name}: {line}");
            }
        }
    }
}
