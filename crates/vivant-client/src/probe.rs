//! After a write of which nobody knows whether it was done: to look, and then to repeat it or not.
//!
//! A connection that breaks, a gateway that gives up and a time limit all leave a write in the dark.
//! What it would have left behind can mostly be seen: something of that name, something that is gone, the
//! values that were set. So the client looks first and repeats only what was not done. Where nothing can be
//! seen, such as a job that was or was not begun, the error says that the outcome is unknown.

use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use vivant_wire::paths::{self, Method};
use vivant_wire::types::Pagination;
use vivant_wire::{ErrorCode, Format, Node, query};

use crate::call::{Body, Call, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::filters::{self, Field, Filter};
use crate::site::Site;
use crate::source::Digest;
use crate::transport::AnswerBody;

/// How it can be seen whether a write was done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probe {
    /// The thing is gone: a repetition finds nothing to delete.
    Gone,
    /// The thing has the values that were set.
    Changed,
    /// Something new is in a list.
    Made(&'static Kind),
    /// Twice leaves what once leaves, and nothing can be seen.
    Idempotent,
}

/// What a method makes, and how it is found again.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Address behind `/api/{version}`; `*` is any id.
    path: &'static str,
    element: &'static str,
    plural: &'static str,
    by: By,
}

/// What tells one thing from the others.
#[derive(Clone, Copy, Debug)]
enum By {
    /// The name, by which the list can be filtered.
    Filter(&'static [Field]),
    /// The name, in a list without filters.
    Name,
    /// The id, which the caller gives.
    Id,
}

const KINDS: &[Kind] = &[
    kind(
        "/sites/*/projects",
        "project",
        "projects",
        By::Filter(filters::PROJECTS),
    ),
    kind("/sites/*/groups", "group", "groups", By::Filter(filters::GROUPS)),
    kind("/sites/*/users", "user", "users", By::Filter(filters::USERS)),
    kind("/sites/*/groups/*/users", "user", "users", By::Id),
    kind(
        "/sites/*/workbooks",
        "workbook",
        "workbooks",
        By::Filter(filters::WORKBOOKS),
    ),
    kind(
        "/sites/*/datasources",
        "datasource",
        "datasources",
        By::Filter(filters::DATASOURCES),
    ),
    kind("/sites/*/flows", "flow", "flows", By::Name),
    kind("/sites/*/webhooks", "webhook", "webhooks", By::Name),
    kind("/sites/*/groupsets", "groupSet", "groupSets", By::Name),
    kind("/schedules", "schedule", "schedules", By::Name),
    kind("/sites", "site", "sites", By::Name),
];

const fn kind(path: &'static str, element: &'static str, plural: &'static str, by: By) -> Kind {
    Kind {
        path,
        element,
        plural,
        by,
    }
}

/// What was seen.
enum Seen {
    /// It was done; this is what the server would have answered.
    Done(Node),
    /// It was not done, or not yet.
    NotDone,
}

impl Probe {
    /// Finds how the outcome of a call can be seen; `None` where it cannot.
    pub fn of(call: &Call) -> Option<Self> {
        let Target::Api(path) = &call.target else {
            return None;
        };
        let asked = |name: &str| {
            call.query
                .iter()
                .any(|(n, v)| n == name && v.eq_ignore_ascii_case("true"))
        };
        match call.method {
            Method::Get | Method::Patch => None,
            Method::Delete => Some(Self::Gone),
            // A chunk that is appended twice damages the content; uploads look by themselves.
            Method::Put if path.contains("/fileUploads/") => None,
            // What is put on a schedule becomes a task, perhaps a second one.
            Method::Put if fits("/sites/*/schedules/*/*", path) => None,
            Method::Put if ends_with_id(path) => Some(Self::Changed),
            Method::Put => Some(Self::Idempotent),
            // The answer would be a job, and content that is appended cannot be told from what was there.
            Method::Post if asked("asJob") || asked("append") => None,
            Method::Post => KINDS
                .iter()
                .find(|kind| fits(kind.path, path))
                .filter(|kind| wanted(call).is_some_and(|want| want.name == kind.element))
                .map(Self::Made),
        }
    }

    /// Whether the answer to a repetition says that the first time may have been done.
    fn may_confirm(self, call: &Call, error: &Error) -> bool {
        match self {
            Self::Gone => error.status() == Some(404) && !error.is_code(ErrorCode::SiteNotFound),
            // Tableau: names that are taken are 403007 or 403130 for content, a used upload session is 404015.
            Self::Made(_) => {
                error.kind() == ErrorKind::Conflict
                    || matches!(error.code(), Some("403007" | "403130" | "404015"))
                    || is_used_upload(call, error)
            }
            // What only puts something somewhere finds it there already.
            Self::Changed | Self::Idempotent => error.kind() == ErrorKind::Conflict && adds(call),
        }
    }

    async fn look(self, site: &Site, call: &Call, since: Option<Timestamp>) -> Result<Seen> {
        let Target::Api(path) = &call.target else {
            return Ok(Seen::NotDone);
        };
        match self {
            Self::Gone | Self::Idempotent => Ok(Seen::NotDone),
            Self::Changed => {
                let Some(want) = wanted(call) else {
                    return Ok(Seen::NotDone);
                };
                if !readable(site, path).await? {
                    return Ok(Seen::NotDone);
                }
                let answer = site.send(&Call::get(path)).await?;
                let done = answer.child(&want.name).is_some_and(|have| agrees(&want, have));
                Ok(if done { Seen::Done(answer) } else { Seen::NotDone })
            }
            Self::Made(kind) => {
                let Some(want) = wanted(call) else {
                    return Ok(Seen::NotDone);
                };
                let Some(have) = kind.find(site, path, &want).await? else {
                    return Ok(Seen::NotDone);
                };
                if let Some(since) = since
                    && !made_since(site, call, path, &have, since).await?
                {
                    return Ok(Seen::NotDone);
                }
                whole(site, path, have).await.map(Seen::Done)
            }
        }
    }
}

/// Brings a write to an end of which nobody knows whether it was done.
pub(crate) async fn settle(site: &Site, call: &Call, first: Error, since: Timestamp) -> Result<Node> {
    let Some(probe) = Probe::of(call) else {
        return Err(first.with_note("nobody knows whether it was done"));
    };
    let policy = &site.client().0.retry;
    let end = Instant::now() + policy.budget;
    let mut error = first;
    for round in 1..policy.attempts {
        let pause = policy.pause(round);
        if Instant::now() + pause > end {
            break;
        }
        // The server may still be at it.
        sleep(pause).await;
        match probe.look(site, call, Some(since)).await {
            Ok(Seen::Done(answer)) => {
                tracing::info!(reason = %error, "it was done, only the answer got lost");
                return Ok(answer);
            }
            Ok(Seen::NotDone) => tracing::info!(reason = %error, "it was not done, trying again"),
            Err(blind) => {
                let note = format!("whether it was done could not be found out: {blind}");
                // What breaks off or fails over there may go well the next time.
                let may_pass = blind.status().is_none_or(|status| !(400..500).contains(&status));
                match may_pass && round + 1 < policy.attempts {
                    true => continue,
                    false => return Err(error.with_note(&note)),
                }
            }
        }
        match site.send(call).await {
            Err(again) if again.outcome_unknown() => error = again.after(error),
            Err(again) if probe.may_confirm(call, &again) => {
                if let Probe::Gone | Probe::Idempotent = probe {
                    return Ok(Node::default());
                }
                // An upload session that is gone was published; what was there before says nothing against it.
                let since = match is_used_upload(call, &again) {
                    true => None,
                    false => Some(since),
                };
                return match probe.look(site, call, since).await? {
                    Seen::Done(answer) => Ok(answer),
                    Seen::NotDone => Err(again.after(error)),
                };
            }
            Err(again) => return Err(again.after(error)),
            Ok(answer) => return Ok(answer),
        }
    }
    Err(error.with_note("nobody knows whether it was done"))
}

/// Whether a repetition of publishing was refused since its upload session is used up; an answer that broke off has
/// no code.
fn is_used_upload(call: &Call, error: &Error) -> bool {
    let uploaded = call.query.iter().any(|(name, _)| name == "uploadSessionId");
    error.is_code(ErrorCode::UploadNotFound)
        || uploaded && error.status() == Some(404) && error.code().is_none()
}

impl Kind {
    /// Finds the thing in its list.
    async fn find(&self, site: &Site, path: &str, want: &Node) -> Result<Option<Node>> {
        let mut list = Call::get(path).query("pageSize", query::MAX_PAGE_SIZE);
        if let (By::Filter(fields), Some(name)) = (self.by, want.attribute("name")) {
            let name = name.rsplit('\\').next().unwrap_or(name);
            // A name that no filter can hold is searched for in the whole list.
            if let Ok(Some(filter)) = filters::filter_expression(&[Filter::eq("name", name)], fields) {
                list = list.query("filter", filter);
            }
        }
        for page in 1u32.. {
            let answer = site.send(&list.clone().query("pageNumber", page)).await?;
            let items = answer.child(self.plural).map_or(&[][..], |list| &list.children);
            if let Some(found) = items.iter().find(|have| self.same(want, have)) {
                return Ok(Some(found.clone()));
            }
            let paging = answer
                .one::<Pagination>("pagination")
                .ok()
                .flatten()
                .unwrap_or_default();
            let seen = u64::from(page) * u64::from(paging.page_size.unwrap_or(0));
            if items.is_empty() || seen == 0 || paging.total_available.is_none_or(|total| seen >= total) {
                break;
            }
        }
        Ok(None)
    }

    fn same(&self, want: &Node, have: &Node) -> bool {
        let equal = |name: &str| want.attribute(name) == have.attribute(name);
        match self.by {
            By::Id => same_text(want.attribute("id"), have.attribute("id")),
            By::Filter(_) | By::Name => {
                let name = want.attribute("name").map(|n| match self.element {
                    // Users of a directory are added with their domain.
                    "user" => n.rsplit('\\').next().unwrap_or(n),
                    _ => n,
                });
                let named = name.is_some() && name == have.attribute("name");
                let placed = match self.element {
                    "project" => same_text(
                        want.attribute("parentProjectId"),
                        have.attribute("parentProjectId"),
                    ),
                    "workbook" | "datasource" | "flow" => match project(want, "id") {
                        Some(id) => same_text(Some(id), project(have, "id")),
                        None => project(have, "name").is_none_or(|n| n.eq_ignore_ascii_case("default")),
                    },
                    "site" => equal("contentUrl"),
                    _ => true,
                };
                named && placed
            }
        }
    }
}

/// Whether what was found came of the call, and was not there before.
async fn made_since(site: &Site, call: &Call, path: &str, have: &Node, since: Timestamp) -> Result<bool> {
    let clock = &site.client().0.clock;
    let after = |name: &str| {
        let time = have.attribute(name).and_then(vivant_wire::Timestamp::parse)?;
        clock.is_after(time.0, since)
    };
    let overwrites = call
        .query
        .iter()
        .any(|(name, value)| name == "overwrite" && value.eq_ignore_ascii_case("true"));
    if !overwrites {
        return Ok(after("createdAt") != Some(false));
    }
    if after("updatedAt").or(after("createdAt")) == Some(true) {
        return Ok(true);
    }
    // Times say nothing within a second or two, the content does.
    let Body::Multipart(body) = &call.body else {
        return Ok(false);
    };
    match (body.content(), have.attribute("id")) {
        (Some(piece), Some(id)) => {
            Ok(piece.digest().await? == content(site, &format!("{path}/{id}/content")).await?)
        }
        // An upload session that was published is gone, which a repetition tells.
        _ => Ok(false),
    }
}

/// The digest of published content.
async fn content(site: &Site, path: &str) -> Result<Digest> {
    let answer = site.open(&Call::get(path).long()).await?;
    let mut digest = Digest::new();
    if let AnswerBody::Stream(mut response) = answer.body {
        let client = &site.client().0;
        let url = response.url().clone();
        while let Some(chunk) = client
            .next_chunk(&mut response)
            .await
            .map_err(|e| e.explain(&url, client.timeouts.idle))?
        {
            digest.add(&chunk);
        }
    }
    Ok(digest)
}

/// Reads the thing itself, since lists tell less; the list's entry where that cannot be.
async fn whole(site: &Site, path: &str, have: Node) -> Result<Node> {
    if let Some(id) = have.attribute("id") {
        let one = format!("{path}/{id}");
        if readable(site, &one).await? {
            return site.send(&Call::get(one)).await;
        }
    }
    Ok(Node {
        children: vec![have],
        ..Node::default()
    })
}

/// Whether the server's version can read what is at an address.
async fn readable(site: &Site, path: &str) -> Result<bool> {
    let version = site.api_version().await?;
    let found = paths::find(&format!("/api/{}{path}", vivant_wire::version::NEWEST));
    Ok(found.is_ok_and(|found| {
        found
            .endpoint(Method::Get)
            .is_some_and(|endpoint| endpoint.since <= version)
    }))
}

/// The element of a request.
fn wanted(call: &Call) -> Option<Node> {
    let xml = match &call.body {
        Body::Xml(xml) => xml,
        Body::Multipart(body) => body.payload(),
        Body::Empty | Body::Json(_) | Body::Form(_) | Body::Bytes(..) => return None,
    };
    let root = Node::parse(Format::Xml, xml.as_bytes()).ok()?;
    root.children.into_iter().next()
}

/// Whether a thing has all the values that a request sets; a value that is not shown, such as a
/// password, is not there.
fn agrees(want: &Node, have: &Node) -> bool {
    let attributes = want
        .attributes
        .iter()
        .all(|(name, value)| match have.attribute(name) {
            Some(shown) if caseless(name, value) => shown.eq_ignore_ascii_case(value),
            Some(shown) => shown == value,
            None => value.is_empty(),
        });
    attributes
        && want
            .children
            .iter()
            .all(|child| have.child(&child.name).is_some_and(|other| agrees(child, other)))
}

/// Whether the case of letters counts for nothing in a value: ids, true and false.
fn caseless(name: &str, value: &str) -> bool {
    name.to_ascii_lowercase().ends_with("id")
        || value.eq_ignore_ascii_case("true")
        || value.eq_ignore_ascii_case("false")
}

/// Whether a call only puts something somewhere, such as a group into a set.
fn adds(call: &Call) -> bool {
    matches!(call.body, Body::Empty)
}

fn same_text(a: Option<&str>, b: Option<&str>) -> bool {
    let full = |text: Option<&str>| text.filter(|t| !t.is_empty()).map(str::to_ascii_lowercase);
    full(a) == full(b)
}

fn project<'a>(node: &'a Node, attribute: &str) -> Option<&'a str> {
    node.child("project")?.attribute(attribute)
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(a), Some(b)) if a.eq_ignore_ascii_case(b) => {}
            _ => return false,
        }
    }
}

fn ends_with_id(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|last| last.parse::<vivant_model::Luid>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "11111111-1111-4111-8111-111111111111";

    fn node(xml: &str) -> Node {
        let root = Node::parse(Format::Xml, format!("<tsResponse>{xml}</tsResponse>").as_bytes());
        root.expect("XML").children.remove(0)
    }

    #[test]
    fn writes_are_looked_for_where_they_leave_something() {
        let check = |call: Call, expected: &str| {
            let found = Probe::of(&call).map_or("none".to_owned(), |probe| match probe {
                Probe::Made(kind) => kind.element.to_owned(),
                other => format!("{other:?}").to_ascii_lowercase(),
            });
            assert_eq!(found, expected, "{} {:?}", call.method, call.target);
        };
        let post = |path: &str, element: &'static str| {
            Call::new(Method::Post, path).body(|out| out.child(element, &vivant_wire::types::User::default()))
        };
        check(post(&format!("/sites/{ID}/projects"), "project"), "project");
        check(post(&format!("/sites/{ID}/groups/{ID}/users"), "user"), "user");
        check(post("/sites", "site"), "site");
        check(
            post(&format!("/sites/{ID}/groups"), "group").flag("asJob", true),
            "none",
        );
        check(post(&format!("/sites/{ID}/workbooks/{ID}/refresh"), "x"), "none");
        check(
            Call::new(Method::Delete, format!("/sites/{ID}/workbooks/{ID}")),
            "gone",
        );
        check(
            Call::new(Method::Put, format!("/sites/{ID}/workbooks/{ID}")),
            "changed",
        );
        check(
            Call::new(Method::Put, format!("/sites/{ID}/workbooks/{ID}/tags")),
            "idempotent",
        );
        check(
            Call::new(Method::Put, format!("/sites/{ID}/fileUploads/{ID}")),
            "none",
        );
        check(
            Call::new(Method::Put, format!("/sites/{ID}/schedules/{ID}/workbooks")),
            "none",
        );
        check(Call::get("/sites"), "none");
    }

    #[test]
    fn a_change_is_seen_when_every_value_is_there() {
        let want = node(&format!(
            "<workbook name='A' showTabs='true'><owner id='{ID}'/></workbook>"
        ));
        let have = |xml: &str| agrees(&want, &node(xml));
        let id = ID.to_uppercase();
        assert!(have(&format!(
            "<workbook name='A' showTabs='True' size='1'><owner id='{id}'/></workbook>"
        )));
        assert!(have(&format!(
            "<workbook name='A' showTabs='true'><owner id='{id}' name='x'/></workbook>"
        )));
        assert!(!have(&format!(
            "<workbook name='B' showTabs='true'><owner id='{ID}'/></workbook>"
        )));
        assert!(!have("<workbook name='A' showTabs='true'/>"));
        let password = node("<user fullName='U' password='p'/>");
        assert!(!agrees(&password, &node("<user fullName='U'/>")));
    }

    #[test]
    fn things_of_one_name_in_other_places_are_others() {
        let kind = |element: &str| KINDS.iter().find(|k| k.element == element).expect("a kind");
        let check = |element: &str, want: &str, have: &str, same: bool| {
            assert_eq!(
                kind(element).same(&node(want), &node(have)),
                same,
                "{want} {have}"
            );
        };
        check(
            "project",
            "<project name='a'/>",
            "<project name='a' parentProjectId=''/>",
            true,
        );
        check(
            "project",
            "<project name='a'/>",
            "<project name='a' parentProjectId='1'/>",
            false,
        );
        check("project", "<project name='a'/>", "<project name='A'/>", false);
        check("user", "<user name='dom\\ann'/>", "<user name='ann'/>", true);
        check(
            "workbook",
            "<workbook name='a'><project id='1'/></workbook>",
            "<workbook name='a'><project id='2'/></workbook>",
            false,
        );
        check(
            "workbook",
            "<workbook name='a'/>",
            "<workbook name='a'><project id='2' name='Default'/></workbook>",
            true,
        );
    }
}
