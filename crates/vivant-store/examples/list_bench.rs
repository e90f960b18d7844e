//! How long lists take with 100,000 workbooks, 300 groups of one user and 5,000 rules:
//! `cargo run --release -p vivant-store --example list_bench [DATABASE_URL]`.
//!
//! One user sees half of the workbooks through the rules, a newcomer owns one in a thousand and sees
//! no other. What the administrator's list takes stands beside each time of the others; the goal for
//! the first page is twice that. The rows are written straight into the tables, since publishing that many files
//! would measure the disk. Prints the median and the worst of a few runs.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use vivant_model::{Luid, SiteId, SiteRole, UserId};
use vivant_store::{
    Caller, Filter, FilterValue, ListQuery, NewUser, Op, PageRequest, Result, SortKey, Store, StoreOptions,
};

const NOW: i64 = 1_704_067_200_000;
const BOOKS: usize = 100_000;
const ACLS: usize = 5_000;
const GROUPS: usize = 300;
const PROJECTS: usize = 500;

#[tokio::main]
async fn main() -> Result<()> {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let database_url = std::env::args().nth(1);
    let options = || StoreOptions {
        data_dir: dir.path().to_owned(),
        database_url: database_url.clone(),
        storage_url: None,
        key: Some([1; 32]),
        env: HashMap::new(),
    };
    let store = Store::open(options()).await?;
    let made = store.bootstrap("admin", None, NOW).await?;
    let made = made.expect("the database is empty at the beginning");
    let site = made.site.id;
    let ann = NewUser {
        name: "ann".to_owned(),
        role: Some(SiteRole::Explorer),
        ..NewUser::default()
    };
    let ann = store.add_user_to_site(site, ann, NOW).await?;
    let newcomer = NewUser {
        name: "newcomer".to_owned(),
        role: Some(SiteRole::Creator),
        ..NewUser::default()
    };
    let newcomer = store.add_user_to_site(site, newcomer, NOW).await?;
    let filled = Instant::now();
    let script = script(site, ann.id, made.admin.id, newcomer.id);
    store.close().await;
    match &database_url {
        None => {
            let db = rusqlite::Connection::open(dir.path().join("vivant.db")).expect("the database opens");
            // One by one: SQLite copies what is left of a script for each statement of it.
            for line in script.lines() {
                db.execute_batch(line).expect("the row is written");
            }
        }
        Some(url) => {
            let connected = tokio_postgres::connect(url, tokio_postgres::NoTls).await;
            let (client, connection) = connected.expect("the database answers");
            tokio::spawn(connection);
            client.batch_execute(&script).await.expect("the rows are written");
            client
                .batch_execute("VACUUM ANALYZE")
                .await
                .expect("what the server does by itself after a while is done");
        }
    }
    let store = Store::open(options()).await?;
    store.sweep(NOW, 0).await?;
    report(format!("filled in {:.1?}", filled.elapsed()));
    let admin = Caller {
        site,
        user: made.admin.id,
        role: SiteRole::ServerAdministrator,
    };
    let caller = Caller {
        site,
        user: ann.id,
        role: ann.role,
    };
    let newcomer = Caller {
        site,
        user: newcomer.id,
        role: newcomer.role,
    };
    let mut of_admin: HashMap<String, Duration> = HashMap::new();
    for (who, caller) in [("admin", admin), ("user", caller), ("newcomer", newcomer)] {
        let total = store.workbooks(&caller, &page(1)).await?.total;
        report(format!("{who} sees {total} workbooks"));
        let last = u32::try_from(total.div_ceil(100)).unwrap_or(u32::MAX).min(500);
        for (what, query) in [
            ("page 1".to_owned(), page(1)),
            (format!("page {last}"), page(last)),
            ("by name".to_owned(), sorted("name")),
            ("by size".to_owned(), sorted("size")),
            ("name:eq".to_owned(), filtered("name", "Book 4321")),
            ("ownerName:eq".to_owned(), filtered("ownerName", "ann")),
            ("tags:eq".to_owned(), filtered("tags", "nothing")),
        ] {
            time(who, &format!("workbooks, {what}"), &mut of_admin, async || {
                store.workbooks(&caller, &query).await.map(drop)
            })
            .await?;
        }
        time(who, "views, page 1", &mut of_admin, async || {
            store.views(&caller, &page(1)).await.map(drop)
        })
        .await?;
        time(who, "views, page 500", &mut of_admin, async || {
            match store.views(&caller, &page(500)).await {
                Err(vivant_store::Error::PastLastPage) => Ok(()),
                listed => listed.map(drop),
            }
        })
        .await?;
        time(who, "projects, page 1", &mut of_admin, async || {
            store.projects(&caller, &page(1)).await.map(drop)
        })
        .await?;
    }
    Ok(())
}

async fn time(
    who: &str,
    what: &str,
    of_admin: &mut HashMap<String, Duration>,
    run: impl AsyncFn() -> Result<()>,
) -> Result<()> {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..15 {
        let start = Instant::now();
        run().await?;
        times.push(start.elapsed());
    }
    times.sort();
    let (median, worst) = (times[7], times[14]);
    let beside = of_admin.entry(what.to_owned()).or_insert(median).as_secs_f64();
    let ratio = median.as_secs_f64() / beside.max(1e-9);
    report(format!(
        "{:40} {median:>10.2?} {ratio:>6.2} (worst {worst:.2?})",
        format!("{who}: {what}")
    ));
    Ok(())
}

#[expect(clippy::print_stdout, reason = "printing is what the program is for")]
fn report(line: String) {
    println!("{line}");
}

fn page(number: u32) -> ListQuery {
    ListQuery {
        page: PageRequest { number, size: 100 },
        ..ListQuery::default()
    }
}

fn sorted(field: &str) -> ListQuery {
    ListQuery {
        sort: vec![SortKey {
            field: field.to_owned(),
            descending: false,
        }],
        ..ListQuery::default()
    }
}

fn filtered(field: &str, value: &str) -> ListQuery {
    let values = vec![FilterValue::Text(value.to_owned())];
    ListQuery {
        filters: vec![Filter {
            field: field.to_owned(),
            op: Op::Eq,
            values,
        }],
        ..ListQuery::default()
    }
}

/// Groups that the user is in, sets of rules that speak of those groups, projects, workbooks with
/// two views each.
fn script(site: SiteId, user: UserId, admin: UserId, newcomer: UserId) -> String {
    let mut sql = String::from("BEGIN;\n");
    let id = |kind: u8, n: usize| {
        let mut bytes = [kind; 16];
        // Ids are random in life, so their order must not be that of their making.
        let mixed = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bytes[8..].copy_from_slice(&mixed.to_be_bytes());
        bytes[..4].copy_from_slice(&(mixed as u32).to_be_bytes());
        Luid::from_random(bytes)
    };
    for n in 0..GROUPS {
        let group = id(1, n);
        sql += &format!(
            "INSERT INTO user_group (id, site_id, name, name_key, domain, domain_key, minimum_site_role, license_mode, \
             is_all_users, created_at, updated_at) VALUES ('{group}', '{site}', 'G{n}', 'g{n}', 'local', 'local', NULL, NULL, 0, {NOW}, {NOW});\n\
             INSERT INTO group_member VALUES ('{group}', '{user}');\n"
        );
    }
    for n in 0..ACLS {
        let (acl, group) = (id(2, n), id(1, n % GROUPS));
        let (allow, deny) = [(1, 0), (0, 1), (1, 0), (0, 0)][n % 4];
        sql += &format!(
            "INSERT INTO acl VALUES ('{acl}', '{site}', 'bench {n}');\n\
             INSERT INTO acl_rule VALUES ('{acl}', 1, '{group}', {allow}, {deny});\n"
        );
    }
    for n in 0..PROJECTS {
        let acl = id(2, n);
        sql += &format!(
            "INSERT INTO project VALUES ('{}', '{site}', NULL, 'P{n}', 'p{n}', '', 'ManagedByOwner', NULL, '{admin}', \
             '{acl}', '{acl}', '{acl}', '{acl}', 0, {}, {NOW});\n",
            id(3, n),
            NOW + n as i64
        );
    }
    for n in 0..BOOKS {
        let (book, project, acl) = (id(4, n), id(3, n % PROJECTS), id(2, n % ACLS));
        let owner = if n % 1000 == 501 { newcomer } else { admin };
        if n % 100 == 0 {
            // PostgreSQL goes through all that a transaction made of a tally's row for the next.
            sql += "COMMIT;\nBEGIN;\n";
        }
        sql += &format!(
            "INSERT INTO content (id, kind, site_id, project_id, owner_id, acl_id, name, name_key, content_url, \
             content_url_key, description, revision, size_bytes, file_type, has_extracts, encrypt_extracts, show_tabs, \
             sheet_count, created_at, updated_at) VALUES ('{book}', 'workbook', '{site}', '{project}', '{owner}', \
             '{acl}', 'Book {n}', 'book {n}', 'Book{n}', 'book{n}', '', 1, {}, 'twbx', 0, 0, 1, 2, {}, {NOW});\n",
            n * 7919 % 100_003,
            NOW + (n * 31 % BOOKS) as i64
        );
        for view in 0..2 {
            sql += &format!(
                "INSERT INTO view (id, content_id, site_id, name, name_key, content_url, content_url_key, url_name, \
                 kind, hidden, position, created_at, updated_at) VALUES ('{}', '{book}', '{site}', 'V{view}', \
                 'v{view}', 'Book{n}/sheets/V{view}', 'book{n}/sheets/v{view}', 'V{view}', 'worksheet', 0, {view}, \
                 {}, {NOW});\n",
                id(5, n * 2 + view),
                NOW + (n * 31 % BOOKS) as i64
            );
        }
    }
    sql + "COMMIT;\n"
}
