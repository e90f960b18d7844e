//! The bare peer: the same hundred rows, the same join, the same XML, and nothing else.
//!
//! No sign-in, no rights, no count of all rows, one site, one page size, one encoding.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, bail};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use axum::routing::get;
use rusqlite::{Connection, OpenFlags, params};

const PAGE_SIZE: i64 = 100;

/// The page's rows are found before the join, so that skipped rows cost no join.
const ROWS: &str = "\
    SELECT c.id, c.name, c.description, c.content_url, c.show_tabs, c.size_bytes, c.created_at, c.updated_at, \
           p.id, p.name, o.id, o.name \
    FROM (SELECT rowid AS place FROM content WHERE site_id = ?1 AND kind = 'workbook' \
          ORDER BY created_at, id LIMIT ?2 OFFSET ?3) page \
    JOIN content c ON c.rowid = page.place \
    JOIN account o ON o.id = c.owner_id JOIN project p ON p.id = c.project_id \
    ORDER BY c.created_at, c.id";
const TAGS: &str = "SELECT label FROM content_tag WHERE content_id = ?1 ORDER BY label_key";

/// What all requests share.
struct Peer {
    file: PathBuf,
    web: String,
    /// Connections that no request uses.
    idle: Mutex<Vec<Connection>>,
}

/// Runs `vivant-bench bare` until the process is ended.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let mut file = None;
    let (mut listen, mut web) = ("127.0.0.1:0", "http://127.0.0.1:8000/#");
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "--listen" => listen = crate::value(arg, &mut rest)?,
            "--web" => web = crate::value(arg, &mut rest)?,
            other if file.is_none() && !other.starts_with('-') => file = Some(PathBuf::from(other)),
            other => bail!("`bare` does not know `{other}`"),
        }
    }
    let file = file.context("`bare` needs the file of a SQLite database")?;
    let peer = Peer {
        idle: Mutex::new(vec![open(&file)?]),
        web: web.to_owned(),
        file,
    };
    let router = Router::new()
        .route("/workbooks", get(workbooks))
        .with_state(Arc::new(peer));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        writeln!(std::io::stdout(), "ready at http://{}", listener.local_addr()?)?;
        axum::serve(listener, router).await?;
        Ok(())
    })
}

/// Opens the database as the server's readers do.
fn open(file: &Path) -> anyhow::Result<Connection> {
    let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .with_context(|| format!("cannot open `{}`", file.display()))?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;")?;
    conn.query_row("PRAGMA mmap_size = 268435456", [], |_| Ok(()))?;
    Ok(conn)
}

async fn workbooks(State(peer): State<Arc<Peer>>, uri: Uri) -> impl IntoResponse {
    let page = uri
        .query()
        .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("page=")))
        .map_or(Ok(1), str::parse::<i64>);
    let Ok(page) = page else {
        return (
            StatusCode::BAD_REQUEST,
            [(header::CONTENT_TYPE, "text/plain")],
            "bad page".to_owned(),
        );
    };
    let read = tokio::task::spawn_blocking(move || {
        let idle = peer.idle.lock().ok().and_then(|mut idle| idle.pop());
        let conn = match idle {
            Some(conn) => conn,
            None => open(&peer.file)?,
        };
        let body = document(&conn, page, &peer.web)?;
        if let Ok(mut idle) = peer.idle.lock() {
            idle.push(conn);
        }
        anyhow::Ok(body)
    });
    match read.await.map_err(anyhow::Error::from).and_then(|body| body) {
        Ok(body) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "application/xml;charset=utf-8")],
            body,
        ),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(header::CONTENT_TYPE, "text/plain")],
            format!("{error:#}"),
        ),
    }
}

/// Writes one page of workbooks as the REST API 3.1 shows them.
fn document(conn: &Connection, page: i64, web: &str) -> anyhow::Result<String> {
    let site: String = conn
        .prepare_cached("SELECT id FROM site WHERE is_default = 1")?
        .query_row([], |row| row.get(0))?;
    let mut xml = String::with_capacity(64 << 10);
    xml.push_str(
        "<?xml version='1.0' encoding='UTF-8'?><tsResponse xmlns=\"http://tableau.com/api\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"http://tableau.com/api \
         https://help.tableau.com/samples/en-us/rest_api/ts-api_3_1.xsd\"><workbooks>",
    );
    let mut statement = conn.prepare_cached(ROWS)?;
    let mut tags = conn.prepare_cached(TAGS)?;
    let mut rows = statement.query(params![site, PAGE_SIZE, (page - 1) * PAGE_SIZE])?;
    while let Some(row) = rows.next()? {
        let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        let id = text(0)?;
        let (size, created, updated): (i64, i64, i64) = (row.get(5)?, row.get(6)?, row.get(7)?);
        write!(xml, "<workbook id=\"{id}\" name=\"")?;
        escape(&mut xml, text(1)?);
        xml.push_str("\" description=\"");
        escape(&mut xml, text(2)?);
        xml.push_str("\" contentUrl=\"");
        escape(&mut xml, text(3)?);
        write!(
            xml,
            "\" webpageUrl=\"{web}/workbooks/{id}\" showTabs=\"{}\"",
            row.get::<_, i64>(4)? != 0
        )?;
        write!(xml, " size=\"{}\" createdAt=\"", (size + (1 << 20) - 1) >> 20)?;
        time(&mut xml, created)?;
        xml.push_str("\" updatedAt=\"");
        time(&mut xml, updated)?;
        write!(xml, "\"><project id=\"{}\" name=\"", text(8)?)?;
        escape(&mut xml, text(9)?);
        write!(xml, "\"/><owner id=\"{}\" name=\"", text(10)?)?;
        escape(&mut xml, text(11)?);
        xml.push_str("\"/><tags>");
        let mut labels = tags.query([id])?;
        while let Some(label) = labels.next()? {
            xml.push_str("<tag label=\"");
            escape(
                &mut xml,
                label.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
            );
            xml.push_str("\"/>");
        }
        xml.push_str("</tags></workbook>");
    }
    xml.push_str("</workbooks></tsResponse>");
    Ok(xml)
}

fn escape(xml: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            c => xml.push(c),
        }
    }
}

/// Writes milliseconds since 1970 as a date and time in UTC.
fn time(xml: &mut String, millis: i64) -> std::fmt::Result {
    let seconds = millis.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Counted from 1 March of the year 0, every year ends with its leap day, and 400 years are 146,097 days.
    let day = days + 719_468;
    let (era, day) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    write!(
        xml,
        "{:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        era * 400 + year + next,
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_999, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_709_251_199_000, "2024-02-29T23:59:59Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            let mut written = String::new();
            time(&mut written, millis).unwrap();
            assert_eq!(written, text);
        }
    }
}
