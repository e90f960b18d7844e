//! The totals of lists, kept by the database itself.
//!
//! `content_tally` says how many items of a kind there are with each project, rules and owner, and
//! `site_tally` how many on a site; triggers on `content` keep both. A list without filters takes
//! its total from there, through the very conditions that choose its rows, so a total costs the
//! same for a thousand items and a million, as long as items share projects, rules and owners.

use vivant_model::{Capability, ContentKind, UserId};

use crate::db::{Conn, params};
use crate::select::{Gathering, Select, Tally};
use crate::sight::Through;
use crate::visibility::{self, Eyes};
use crate::{Caller, Result, Store, views};

/// The items of a kind that a caller may look at, on request only those of one owner.
pub(crate) async fn items(
    store: &Store,
    conn: &Conn,
    caller: &Caller,
    kind: ContentKind,
    owner: Option<UserId>,
) -> Result<Select> {
    let mut select = Select::from("content c");
    let site = select.bind(caller.site);
    let kind = kind.as_str();
    select.and(format!("c.site_id = {site} AND c.kind = '{kind}'"));
    if let Some(owner) = owner {
        let at = select.bind(owner);
        select.and(format!("c.owner_id = {at}"));
    }
    // Connect shows data sources as Read does.
    let through = match kind == ContentKind::Datasource.as_str() {
        true => Through::ReadOr(Capability::Connect),
        false => Through::Read,
    };
    let look = store.look(conn, caller, through).await?;
    let remembered = owner.is_none().then(|| look.remembered(kind));
    if !caller.role.is_admin() {
        let eyes = Eyes::bind(&mut select, caller, &look.sight, through);
        select.and(eyes.see("c.owner_id", "c.project_id", "c.acl_id"));
    }
    let conditions = select.where_clause();
    let tally = if owner.is_none() && caller.role.is_admin() {
        Tally {
            total: format!("SELECT COALESCE(MAX(c.n), 0), 0 FROM site_tally c{conditions}"),
            gathering: None,
            remembered,
        }
    } else {
        Tally {
            total: format!(
                "SELECT CAST(COALESCE(SUM(c.n), 0) AS BIGINT), (SELECT COALESCE(MAX(s.n), 0) \
                 FROM site_tally s WHERE s.site_id = {site} AND s.kind = '{kind}') FROM content_tally c{conditions}"
            ),
            gathering: Some(Gathering {
                from: format!(
                    "(SELECT c.project_id, c.acl_id, c.owner_id, c.kind FROM content_tally c{conditions}{{few}}) g \
                     CROSS JOIN content c"
                ),
                condition: "c.project_id = g.project_id AND c.acl_id = g.acl_id AND c.owner_id = g.owner_id \
                     AND c.kind = g.kind",
            }),
            remembered,
        }
    };
    select.tally(tally);
    Ok(select)
}

/// The sheets that a caller may look at and that are not hidden.
///
/// A sheet is seen where its workbook is, but for the few that have rules of their own: those are
/// counted one by one, the others through the tally.
pub(crate) async fn sheets(store: &Store, conn: &Conn, caller: &Caller) -> Result<Select> {
    let mut select = Select::from("view v");
    let site = select.bind(caller.site);
    select.and(format!("v.site_id = {site} AND v.hidden = 0"));
    let all = format!(
        "(SELECT COALESCE(MAX(s.sheets), 0) FROM site_tally s WHERE s.site_id = {site} AND s.kind = 'workbook')"
    );
    let look = store.look(conn, caller, Through::Read).await?;
    let remembered = Some(look.remembered("view"));
    if caller.role.is_admin() {
        select.tally(Tally {
            total: format!("SELECT {all}, 0"),
            gathering: None,
            remembered,
        });
        return Ok(select);
    }
    let eyes = Eyes::bind(&mut select, caller, &look.sight, Through::Read);
    let see = |acl: &str| eyes.see("c.owner_id", "c.project_id", acl);
    let (by_workbook, by_own) = (see("c.acl_id"), see("v.acl_id"));
    select.join(views::WORKBOOK);
    select.and(see(visibility::VIEW_ACL));
    let seen_places =
        format!("FROM content_tally c WHERE c.site_id = {site} AND c.kind = 'workbook' AND {by_workbook}");
    // Expressions, so that SQLite goes by the index of the rules and not by one of all sheets.
    let own = format!(
        "FROM view v JOIN content c ON c.id = v.content_id WHERE v.acl_id > '' AND v.site_id || '' = {site} \
         AND v.hidden + 0 = 0 AND c.show_tabs = 0"
    );
    select.tally(Tally {
        total: format!(
            "SELECT CAST((SELECT COALESCE(SUM(c.sheets), 0) {seen_places}) + (SELECT COALESCE(SUM(\
             CASE WHEN {by_own} THEN 1 ELSE 0 END - CASE WHEN {by_workbook} THEN 1 ELSE 0 END), 0) {own}) AS BIGINT), \
             {all}"
        ),
        gathering: Some(Gathering {
            from: format!(
                "(SELECT v.id FROM (SELECT c.project_id, c.acl_id, c.owner_id, c.kind {seen_places}{{few}}) g \
                 CROSS JOIN content c CROSS JOIN view v WHERE c.project_id = g.project_id AND c.acl_id = g.acl_id \
                 AND c.owner_id = g.owner_id AND c.kind = g.kind AND v.content_id = c.id AND v.hidden = 0 \
                 AND (v.acl_id IS NULL OR c.show_tabs = 1 OR {by_own}) \
                 UNION ALL SELECT v.id {own} AND {by_own} AND NOT {by_workbook}) x CROSS JOIN view v"
            ),
            condition: "v.id = x.id",
        }),
        remembered,
    });
    Ok(select)
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
