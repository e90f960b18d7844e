//! The totals of lists, kept by the database itself.
//!
//! `content_tally` says how many items of a kind there are with each project, rules and owner, and
//! `site_tally` how many on a site; triggers on `content` keep both. A list without filters takes
//! its total from there, through the very conditions that choose its rows, so a total costs the
//! same for a thousand items and a million, as long as items share projects, rules and owners.

use vivant_model::{ContentKind, UserId};

use crate::db::{Conn, params};
use crate::select::{Gathering, Select, Tally};
use crate::visibility::{self, Columns};
use crate::{Caller, Result};

/// The items of a kind that a caller may look at, on request only those of one owner.
pub(crate) fn items(caller: &Caller, kind: ContentKind, owner: Option<UserId>) -> Select {
    let mut select = Select::from("content c");
    let site = select.bind(caller.site);
    let kind = kind.as_str();
    select.and(format!("c.site_id = {site} AND c.kind = '{kind}'"));
    if let Some(owner) = owner {
        let at = select.bind(owner);
        select.and(format!("c.owner_id = {at}"));
    }
    let columns = Columns {
        owner: "c.owner_id",
        project: "c.project_id",
        acl: "c.acl_id",
        join: "",
        connect: kind == ContentKind::Datasource.as_str(),
    };
    visibility::restrict(&mut select, caller, &columns);
    let (with, conditions) = (select.with_clause(), select.where_clause());
    let tally = if owner.is_none() && caller.role.is_admin() {
        Tally {
            total: format!("SELECT COALESCE(MAX(c.n), 0), 0 FROM site_tally c{conditions}"),
            gathering: None,
        }
    } else {
        Tally {
            total: format!(
                "{with} SELECT CAST(COALESCE(SUM(c.n), 0) AS BIGINT), (SELECT COALESCE(MAX(s.n), 0) \
                 FROM site_tally s WHERE s.site_id = {site} AND s.kind = '{kind}') FROM content_tally c{conditions}"
            ),
            gathering: Some(Gathering {
                places: format!(
                    "SELECT c.project_id, c.acl_id, c.owner_id, c.kind FROM content_tally c{conditions}"
                ),
                table: "content c",
                condition: "c.project_id = g.project_id AND c.acl_id = g.acl_id AND c.owner_id = g.owner_id \
                     AND c.kind = g.kind",
            }),
        }
    };
    select.tally(tally);
    select
}

/// The total of a list of all sheets of a site that are not hidden. The only parameter is the site.
pub(crate) fn all_sheets() -> Tally {
    Tally {
        total: "SELECT COALESCE(MAX(t.sheets), 0), 0 FROM site_tally t WHERE t.site_id = ?1 AND t.kind = 'workbook'"
            .to_owned(),
        gathering: None,
    }
}

/// The sites and kinds of which the tally says something else than the items.
pub(crate) async fn wrong(conn: &Conn) -> Result<Vec<(String, String)>> {
    const SQL: &str = "SELECT DISTINCT COALESCE(s.name, x.site_id), x.kind FROM (\
         SELECT d.site_id, d.kind FROM (\
         SELECT site_id, kind, project_id, acl_id, owner_id, n, sheets FROM content_tally \
         UNION ALL SELECT site_id, kind, project_id, acl_id, owner_id, -1, -sheet_count FROM content) d \
         GROUP BY d.site_id, d.kind, d.project_id, d.acl_id, d.owner_id HAVING SUM(d.n) <> 0 OR SUM(d.sheets) <> 0 \
         UNION SELECT e.site_id, e.kind FROM (\
         SELECT site_id, kind, n, sheets FROM site_tally \
         UNION ALL SELECT site_id, kind, -1, -sheet_count FROM content) e \
         GROUP BY e.site_id, e.kind HAVING SUM(e.n) <> 0 OR SUM(e.sheets) <> 0) x \
         LEFT JOIN site s ON s.id = x.site_id ORDER BY 1, 2";
    let rows = conn.query(SQL, params![]).await?;
    rows.into_iter()
        .map(|mut row| Ok((row.text()?, row.text()?)))
        .collect()
}
