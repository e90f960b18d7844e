//! Appending rows to the extract of a published data source.
//!
//! The rows are kept as a further part of the extract. One job at a time appends to a data source, so that
//! none is lost.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use vivant::{DataLimits, LoadRequest, RefreshError, RefreshMode, RefreshRequest, RefreshedExtract};
use vivant_document::{FileKind, Limits};
use vivant_model::{ContentKind, JobItem, JobItemKind, JobKind};
use vivant_store::{Caller, Datasource, Extract, NewJob, Outcome, Spooled};

use super::{Done, Ended, Failure, Work, refresh_extract};
use crate::answers::previews;
use crate::app::App;
use crate::errors::{Result, internal};
use crate::extracts::{Column, Columns, Surroundings, hyper_engine, new_extract, work_folder};

/// How often appending is begun when the server fails at it.
const ATTEMPTS: u32 = 3;

/// What a request to append asks for, the file apart.
#[derive(Serialize, Deserialize)]
struct Asked {
    /// The ending of the file's name.
    file_type: String,
}

/// The job that appends a file.
pub fn job(caller: &Caller, to: &Datasource, kind: FileKind, file: Spooled) -> Result<NewJob> {
    let asked = Asked {
        file_type: kind.extension().to_owned(),
    };
    Ok(NewJob {
        created_by: Some(caller.user),
        serial_key: Some(format!("append:{}", to.id)),
        item: Some(JobItem {
            kind: JobItemKind::Datasource,
            id: to.id.0,
        }),
        title: to.name.clone(),
        subtitle: refresh_extract::subtitle(JobItemKind::Datasource).to_owned(),
        payload: serde_json::to_vec(&asked).map_err(internal)?,
        file: Some(file),
        max_attempts: ATTEMPTS,
        ..NewJob::new(caller.site, JobKind::AppendDatasource)
    })
}

/// Why rows of a kind of file cannot be read, if they cannot.
pub fn unreadable(app: &App, file_type: &str) -> Option<String> {
    let fault = match FileKind::from_extension(file_type)? {
        FileKind::Hyper if hyper_engine(app).is_some() => return None,
        FileKind::Hyper => "reading a .hyper file needs the Hyper engine, which this server does not have",
        FileKind::Tde => ".tde extracts are from before Tableau 10.5 and nothing but Tableau reads them",
        _ => return None,
    };
    Some(format!(
        "Rows cannot be appended: {fault}. Publish the rows as .parquet, .tds or .tdsx, or publish all of them \
         with overwrite=true."
    ))
}

/// Reads the rows of the file and adds them to the extract, if they have its columns.
pub async fn run(work: Work) -> Ended {
    let asked: Asked = work.payload()?;
    let gone = || Failure::Failed("The data source does not exist any more.".to_owned());
    let (store, site) = (&work.app.store, work.job.site_id);
    let id = work.job.item.ok_or_else(gone)?.id;
    let datasource = store.datasource(site, id.into()).await?.ok_or_else(gone)?;
    let existing = store.extracts(site, ContentKind::Datasource, id).await?;
    let folder = Arc::new(work_folder(&work.app)?);
    let rows = work.file().await?;
    let added = read(&work, &datasource, &asked.file_type, rows, &folder).await?;
    work.check()?;
    work.progress(50);
    let (name, before, first) = match existing.last() {
        Some(extract) => (extract.datasource.clone(), tables_of(&existing), Vec::new()),
        // What was published is the first part.
        None => {
            let stored = store
                .datasource_content(site, id.into(), None)
                .await?
                .ok_or_else(gone)?;
            let document = store.content().fetch(&stored.key).await?;
            let first = read(&work, &datasource, &stored.file_type, document, &folder).await?;
            let name = first.first().map(|extract| extract.datasource.clone());
            let before = first.iter().map(described).collect();
            (name.ok_or_else(gone)?, before, first)
        }
    };
    let tables = matched(&before, &added.iter().map(described).collect::<Vec<_>>())?;
    let note = note(&added, &tables, &datasource.name);
    let begun = !first.is_empty();
    let first = first.into_iter().map(|part| (part.table.clone(), part));
    let mut parts = Vec::new();
    for (table, mut part) in first.chain(tables.into_iter().zip(added)) {
        part.datasource.clone_from(&name);
        part.table = table;
        parts.push(new_extract(&work.app, part).await?);
    }
    work.check()?;
    let fence = Some((
        &work.lease,
        Outcome::success(vec![note], Vec::new(), work.job.item),
    ));
    let (kind, now) = (ContentKind::Datasource, work.app.now());
    // All tables grow in one transaction, or none.
    match begun {
        true => store.swap_extracts(site, kind, id, parts, fence, now).await?,
        false => store.append_extracts(site, kind, id, parts, fence, now).await?,
    }
    previews::want_readers(&work.app, site, id.into()).await;
    Ok(Done::Settled)
}

/// Reads the tables of a file, away from the threads that answer requests.
async fn read(
    work: &Work,
    datasource: &Datasource,
    file_type: &str,
    file: Spooled,
    folder: &Arc<TempDir>,
) -> std::result::Result<Vec<RefreshedExtract>, Failure> {
    let kind = FileKind::from_extension(file_type)
        .ok_or_else(|| Failure::Failed(format!("A file of the type {file_type} has no rows to append.")))?;
    if let Some(reason) = unreadable(&work.app, file_type) {
        return Err(Failure::Failed(reason));
    }
    let connections = work
        .app
        .store
        .datasource_connections(work.job.site_id, datasource.id)
        .await?;
    let surroundings = Surroundings::new(&work.app, work.job.site_id, &connections).await?;
    let (folder, cancel, label) = (folder.clone(), work.cancel_flag(), datasource.name.clone());
    let hyper = hyper_engine(&work.app);
    let reading = tokio::task::spawn_blocking(move || {
        let go_on = || match cancel.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        if kind.is_extract() {
            let request = LoadRequest {
                file: file.path(),
                kind,
                label: &label,
                out: folder.path(),
                hyper,
                data_limits: DataLimits::default(),
            };
            return vivant::load(&request, &mut |_| go_on());
        }
        let request = RefreshRequest {
            document: file.path(),
            kind,
            datasource: None,
            mode: RefreshMode::Full,
            live_files: true,
            previous: &[],
            out: folder.path(),
            spool: folder.path(),
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        vivant::refresh(&request, &surroundings, &mut |_| go_on()).map(|refreshed| refreshed.extracts)
    });
    match reading.await.map_err(internal)? {
        Ok(extracts) if extracts.is_empty() => {
            Err(Failure::Failed("The file has no table of rows.".to_owned()))
        }
        Ok(extracts) => Ok(extracts),
        Err(RefreshError::Cancelled) => Err(Failure::Cancelled),
        Err(error @ RefreshError::Io { .. }) => Err(internal(error).into()),
        Err(error) => Err(Failure::Failed(format!("The rows could not be read: {error}."))),
    }
}

fn described(extract: &RefreshedExtract) -> Columns {
    Columns::of(extract.table.clone(), &extract.columns)
}

/// The tables of an extract, by its parts.
fn tables_of(parts: &[Extract]) -> Vec<Columns> {
    let mut tables: Vec<Columns> = Vec::new();
    for part in parts {
        let columns = Columns::read(&part.columns);
        match tables.iter_mut().find(|known| known.table == columns.table) {
            Some(known) => *known = columns,
            None => tables.push(columns),
        }
    }
    tables
}

/// Finds which table of the extract each of the added ones belongs to: by name, unless both sides have but one. Each
/// must have its counterpart, with the same columns.
fn matched(before: &[Columns], added: &[Columns]) -> std::result::Result<Vec<String>, Failure> {
    if let ([before], [added]) = (before, added) {
        same_columns(before, added, "")?;
        return Ok(vec![before.table.clone()]);
    }
    let listed = |tables: &[Columns]| {
        let names: Vec<String> = tables.iter().map(|one| format!("`{}`", one.table)).collect();
        names.join(", ")
    };
    let known = |tables: &[Columns], table: &Columns| tables.iter().any(|one| one.table == table.table);
    let fault = |why: &str, table: &Columns, others: &[Columns]| {
        Err(Failure::Failed(format!(
            "The rows do not have the tables of the extract: {why} `{}`; it has {}.",
            table.table,
            listed(others)
        )))
    };
    if let Some(table) = added.iter().find(|one| !known(before, one)) {
        return fault("the extract has no table", table, before);
    }
    if let Some(table) = before.iter().find(|one| !known(added, one)) {
        return fault("the file lacks the table", table, added);
    }
    for one in added {
        for table in before.iter().filter(|table| table.table == one.table) {
            same_columns(table, one, &format!(" `{}`", one.table))?;
        }
    }
    Ok(added.iter().map(|one| one.table.clone()).collect())
}

/// Tells what was appended.
fn note(added: &[RefreshedExtract], tables: &[String], name: &str) -> String {
    match added {
        [one] => format!("Appended {} rows to `{name}`.", one.rows),
        several => {
            let of = |(one, table): (&RefreshedExtract, &String)| format!("{} rows to `{table}`", one.rows);
            let each: Vec<String> = several.iter().zip(tables).map(of).collect();
            format!("Appended {} of `{name}`.", each.join(", "))
        }
    }
}

/// Demands the same names and types, in whatever order. `table` names the one that it is about, where there are more.
fn same_columns(before: &Columns, added: &Columns, table: &str) -> std::result::Result<(), Failure> {
    let named = |columns: &Columns| {
        let mut names: Vec<(String, String)> = columns
            .columns
            .iter()
            .map(|Column { field, kind, .. }| (field.clone(), kind.clone()))
            .collect();
        names.sort();
        names
    };
    let (before, added) = (named(before), named(added));
    let unmatched = |some: &[(String, String)], others: &[(String, String)]| {
        let missing = some.iter().find(|column| !others.contains(column));
        missing.map(|(name, kind)| format!("`{name}` ({kind})"))
    };
    let fault = match (unmatched(&before, &added), unmatched(&added, &before)) {
        (Some(column), _) => format!("the file lacks its column {column}"),
        (None, Some(column)) => format!("it has no column {column}"),
        (None, None) => return Ok(()),
    };
    Err(Failure::Failed(format!(
        "The rows do not have the columns of the extract{table}: {fault}."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(of: &[(&str, &str)]) -> Columns {
        let column = |(field, kind): &(&str, &str)| Column {
            field: (*field).to_owned(),
            column: (*field).to_owned(),
            table: "t".to_owned(),
            kind: (*kind).to_owned(),
        };
        Columns {
            table: "Extract".to_owned(),
            columns: of.iter().map(column).collect(),
        }
    }

    fn check(before: &[(&str, &str)], added: &[(&str, &str)], fault: &str) {
        match same_columns(&columns(before), &columns(added), "") {
            Ok(()) => assert_eq!(fault, ""),
            Err(Failure::Failed(note)) => assert!(!fault.is_empty() && note.contains(fault), "{note}"),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn rows_must_have_the_columns_of_the_extract() {
        let both = [("order", "Integer"), ("region", "String")];
        check(&both, &both, "");
        check(&both, &[both[1], both[0]], "");
        check(&both, &both[..1], "lacks its column `region` (String)");
        check(&both[..1], &both, "has no column `region` (String)");
        check(
            &both,
            &[("order", "Real"), both[1]],
            "lacks its column `order` (Integer)",
        );
    }

    #[test]
    fn tables_are_matched_by_name() {
        let table = |name: &str, of: &[(&str, &str)]| Columns {
            table: name.to_owned(),
            ..columns(of)
        };
        let (id, name) = (("id", "Integer"), ("name", "String"));
        let before = [table("orders_1", &[id]), table("people_2", &[id, name])];
        let check =
            |added: &[Columns], expected: Result<&[&str], &str>| match (matched(&before, added), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(Failure::Failed(note)), Err(fault)) => assert!(note.contains(fault), "{note}"),
                (found, _) => panic!("{found:?}"),
            };
        let (orders, people) = (table("orders_1", &[id]), table("people_2", &[name, id]));
        check(&[people.clone(), orders.clone()], Ok(&["people_2", "orders_1"]));
        check(
            std::slice::from_ref(&orders),
            Err("lacks the table `people_2`; it has `orders_1`"),
        );
        check(
            &[orders.clone(), people, table("x", &[id])],
            Err("has no table `x`; it has `orders_1`, `people_2`"),
        );
        let less = table("people_2", &[id]);
        check(
            &[orders.clone(), less],
            Err("of the extract `people_2`: the file lacks its column `name`"),
        );
        // One table goes to the one table, whatever it is called.
        let found = matched(&before[..1], &[table("Extract", &[id])]);
        assert_eq!(found.expect("one table each"), ["orders_1"]);
    }
}
