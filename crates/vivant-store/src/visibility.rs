//! What a caller sees in a list: `vivant_model::permission::decide` for many items at once, in SQL.
//!
//! A set of rules is scored once, whatever number of items share it: 4 for a Deny on the user, 3
//! for an Allow on the user, 2 for a Deny on a group, 1 for an Allow on a group; the greatest score
//! decides, and an odd one allows. A property test holds this to the model's answers.

use std::sync::Arc;

use vivant_model::{Capability, ProjectId};

use crate::db::{Conn, Value, params};
use crate::select::Select;
use crate::sight::{Sight, Through};
use crate::{Caller, Result};

/// The rules in force on the view `v` of the workbook `c`.
pub(crate) const VIEW_ACL: &str =
    "CASE WHEN c.show_tabs = 1 OR v.acl_id IS NULL THEN c.acl_id ELSE v.acl_id END";

/// Where a list's items have their owner, project and rules.
pub(crate) struct Columns {
    pub(crate) owner: &'static str,
    pub(crate) project: &'static str,
    pub(crate) acl: &'static str,
    /// The join that these need, or nothing.
    pub(crate) join: &'static str,
    /// Whether Connect shows an item as Read does: data sources.
    pub(crate) connect: bool,
}

/// Lets through what the caller may read, as it is found anew.
pub(crate) fn restrict(select: &mut Select, caller: &Caller, columns: &Columns) {
    if let Some(condition) = seen(select, caller, columns) {
        select.and(condition);
    }
}

/// The condition under which the caller may read something; `None` where that is always.
pub(crate) fn seen(select: &mut Select, caller: &Caller, columns: &Columns) -> Option<String> {
    let ceiling = caller.role.ceiling();
    if !ceiling.contains(Capability::Read) {
        return Some("1 = 0".to_owned());
    }
    if caller.role.is_admin() {
        return None;
    }
    select.join(columns.join);
    let (user, site) = (select.bind(caller.user), select.bind(caller.site));
    let also = columns.connect.then_some(Capability::Connect);
    let verdict = verdict(&user, &site, also);
    let allows = match also {
        Some(_) => "y.can_read IN (1, 3) OR y.can_also IN (1, 3)",
        None => "y.can_read IN (1, 3)",
    };
    let mut seen = format!(
        "{} = {user} OR {} IN (SELECT y.acl_id FROM verdict y WHERE {allows})",
        columns.owner, columns.acl
    );
    // A role that cannot lead leads nothing, whatever the rules say.
    let led = if ceiling.contains(Capability::ProjectLeader) {
        seen.push_str(&format!(" OR {} IN (SELECT z.id FROM led z)", columns.project));
        led(&user, &site)
    } else {
        String::new()
    };
    select.with(format!("WITH RECURSIVE {verdict}{led}"));
    Some(format!("({seen})"))
}

/// What is known of a caller, bound to the parameters of a query.
pub(crate) struct Eyes {
    user: String,
    acls: Option<String>,
    led: Option<String>,
    /// Whether the caller's role lets through anything at all.
    open: bool,
}

impl Eyes {
    /// Binds what is known of a caller.
    pub(crate) fn bind(select: &mut Select, caller: &Caller, sight: &Sight, through: Through) -> Self {
        let needed = match through {
            Through::Read | Through::ReadOr(_) => Capability::Read,
            Through::Only(wanted) => wanted,
        };
        if !caller.role.ceiling().contains(needed) {
            return Self {
                user: String::new(),
                acls: None,
                led: None,
                open: false,
            };
        }
        let mut set = |ids: &Arc<Vec<String>>| match ids.is_empty() {
            true => None,
            false => Some(select.bind(Value::Set(ids.clone()))),
        };
        let (acls, led) = (set(&sight.acls), set(&sight.led));
        Self {
            user: select.bind(caller.user),
            acls,
            led,
            open: true,
        }
    }

    /// The condition under which the caller sees what has these owner, project and rules.
    pub(crate) fn see(&self, owner: &str, project: &str, acl: &str) -> String {
        if !self.open {
            return "1 = 0".to_owned();
        }
        let mut seen = format!("({owner} = {}", self.user);
        for (column, ids) in [(acl, &self.acls), (project, &self.led)] {
            if let Some(ids) = ids {
                seen.push_str(&format!(" OR {column} IN SET({ids})"));
            }
        }
        seen + ")"
    }
}

/// Finds the sets of rules that let the caller through, and the projects that the caller leads, if
/// that is asked.
pub(crate) async fn find(
    conn: &Conn,
    caller: &Caller,
    through: Through,
    leads: bool,
) -> Result<(Vec<String>, Vec<String>)> {
    let (allows, also) = match through {
        Through::Read => ("y.can_read IN (1, 3)", None),
        Through::ReadOr(also) => ("y.can_read IN (1, 3) OR y.can_also IN (1, 3)", Some(also)),
        Through::Only(wanted) => ("y.can_also IN (1, 3)", Some(wanted)),
    };
    let mut sql = format!("WITH RECURSIVE {}", verdict("?1", "?2", also));
    if leads {
        sql.push_str(&led("?1", "?2"));
    }
    sql.push_str(&format!(" SELECT 0, y.acl_id FROM verdict y WHERE {allows}"));
    if leads {
        sql.push_str(" UNION ALL SELECT 1, z.id FROM led z");
    }
    let (mut acls, mut projects) = (Vec::new(), Vec::new());
    for mut row in conn.query(&sql, params![caller.user, caller.site]).await? {
        let list = if row.bool()? { &mut projects } else { &mut acls };
        list.push(row.text()?);
    }
    Ok((acls, projects))
}

/// Lets through what the caller looks after: what the caller owns or whose project the caller leads,
/// and what names the caller in the column `user`. Administrators look after everything.
pub(crate) fn restrict_to_overseen(
    select: &mut Select,
    caller: &Caller,
    columns: &Columns,
    user: Option<&str>,
) {
    if caller.role.is_admin() {
        return;
    }
    select.join(columns.join);
    let me = select.bind(caller.user);
    let mut seen = format!("{} = {me}", columns.owner);
    if let Some(user) = user {
        seen.push_str(&format!(" OR {user} = {me}"));
    }
    if caller.role.ceiling().contains(Capability::ProjectLeader) {
        // PostgreSQL refuses parameters that no part of a query uses.
        let site = select.bind(caller.site);
        seen.push_str(&format!(" OR {} IN (SELECT z.id FROM led z)", columns.project));
        select.with(format!(
            "WITH RECURSIVE {}{}",
            verdict(&me, &site, None),
            led(&me, &site)
        ));
    }
    select.and(format!("({seen})"));
}

/// Returns whether the caller leads a project or one that it is nested in. That the caller's role
/// can lead at all is the caller's to check.
pub(crate) async fn leads(conn: &Conn, caller: &Caller, project: ProjectId) -> Result<bool> {
    let sql = format!(
        "WITH RECURSIVE {}, {} SELECT COUNT(*) FROM up WHERE up.owner_id = ?1 \
         OR up.acl_id IN (SELECT y.acl_id FROM verdict y WHERE y.can_lead IN (1, 3))",
        up("?3"),
        verdict("?1", "?2", None)
    );
    Ok(conn
        .number(&sql, params![caller.user, caller.site, project])
        .await?
        > 0)
}

/// A project and those that it is nested in, with their owners and rules.
pub(crate) fn up(project: &str) -> String {
    format!(
        "up(id, parent_id, owner_id, acl_id) AS \
         (SELECT p.id, p.parent_id, p.owner_id, p.acl_id FROM project p WHERE p.id = {project} \
         UNION SELECT n.id, n.parent_id, n.owner_id, n.acl_id FROM project n JOIN up ON n.id = up.parent_id)"
    )
}

/// The projects that the user leads, and those nested in them.
fn led(user: &str, site: &str) -> String {
    format!(
        ", led(id) AS (SELECT p.id FROM project p WHERE p.site_id = {site} AND (p.owner_id = {user} \
         OR p.acl_id IN (SELECT y.acl_id FROM verdict y WHERE y.can_lead IN (1, 3))) \
         UNION SELECT n.id FROM project n JOIN led ON n.parent_id = led.id)"
    )
}

/// The scores of all sets of rules that speak of the user or one of the user's groups.
fn verdict(user: &str, site: &str, also: Option<Capability>) -> String {
    let score = |capability: Capability| {
        let bit = 1_i64 << capability as u8;
        format!(
            "MAX(CASE r.grantee_kind \
             WHEN 0 THEN CASE WHEN (r.deny & {bit}) <> 0 THEN 4 WHEN (r.allow & {bit}) <> 0 THEN 3 ELSE 0 END \
             ELSE CASE WHEN (r.deny & {bit}) <> 0 THEN 2 WHEN (r.allow & {bit}) <> 0 THEN 1 ELSE 0 END END)"
        )
    };
    let (name, column) = match also {
        Some(also) => (", can_also", format!(", {}", score(also))),
        None => ("", String::new()),
    };
    format!(
        "grantee(id) AS (SELECT {user} UNION ALL SELECT x.group_id FROM group_member x \
         JOIN user_group k ON k.id = x.group_id WHERE x.user_id = {user} AND k.site_id = {site}), \
         verdict(acl_id, can_read, can_lead{name}) AS (SELECT r.acl_id, {}, {}{column} FROM grantee q \
         JOIN acl_rule r ON r.grantee_id = q.id GROUP BY r.acl_id)",
        score(Capability::Read),
        score(Capability::ProjectLeader)
    )
}
