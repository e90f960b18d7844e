//! What requests say of a subscription, and the rules of who may do what to one.

use vivant_model::{ContentKind, JobItem, JobItemKind, Luid, ScheduleType, SubscriptionId};
use vivant_store::{Schedule, Subscription};
use vivant_wire::types::{SubscriptionContent, SubscriptionSchedule};
use vivant_wire::{ErrorCode, types};

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::Call;
use crate::errors::{Result, bad_request, fail, not_found};

/// The longest subject.
const MAX_SUBJECT: usize = 1_000;
/// The longest message.
const MAX_MESSAGE: usize = 10_000;

/// How the pages of a PDF file may lie.
const ORIENTATIONS: [&str; 2] = ["Portrait", "Landscape"];
/// How large they may be.
const PAGE_SIZES: [&str; 12] = [
    "A3",
    "A4",
    "A5",
    "B5",
    "Executive",
    "Folio",
    "Ledger",
    "Legal",
    "Letter",
    "Note",
    "Quarto",
    "Tabloid",
];

/// What other kinds of content there are; nobody can subscribe to them.
const OTHER_CONTENT: [&str; 8] = [
    "Collection",
    "CustomView",
    "Database",
    "Datasource",
    "Flow",
    "Metric",
    "Project",
    "Table",
];

/// Checks a subject.
pub(super) fn subject(text: Option<&str>) -> Result<String> {
    let text = text.unwrap_or_default().trim();
    if text.is_empty() || text.chars().count() > MAX_SUBJECT {
        return Err(fail(
            ErrorCode::InvalidSubject,
            format!("A subscription needs a subject of 1 to {MAX_SUBJECT} characters."),
        ));
    }
    Ok(text.to_owned())
}

/// Checks a message; an empty one is none.
pub(super) fn message(text: &str) -> Result<Option<String>> {
    let text = text.trim();
    if text.chars().count() > MAX_MESSAGE {
        return Err(bad_request(format!(
            "The message of a subscription may have {MAX_MESSAGE} characters."
        )));
    }
    Ok(Some(text).filter(|text| !text.is_empty()).map(str::to_owned))
}

/// Checks the orientation of pages.
pub(super) fn orientation(text: &str) -> Result<Option<String>> {
    one_of("pageOrientation", text, &ORIENTATIONS)
}

/// Checks the size of pages.
pub(super) fn page_size(text: &str) -> Result<Option<String>> {
    one_of("pageSizeOption", text, &PAGE_SIZES)
}

fn one_of(name: &str, text: &str, known: &[&str]) -> Result<Option<String>> {
    if text.is_empty() {
        return Ok(None);
    }
    let found = known.iter().find(|value| value.eq_ignore_ascii_case(text));
    match found {
        Some(value) => Ok(Some((*value).to_owned())),
        None => Err(bad_request(format!(
            "{name} must be one of {}, not '{text}'.",
            known.join(", ")
        ))),
    }
}

/// Refuses a mail that would carry neither picture nor PDF.
pub(super) fn check_attachments(image: bool, pdf: bool) -> Result<()> {
    // Tableau: attachImage can only be false where attachPdf is true.
    match image || pdf {
        true => Ok(()),
        false => Err(bad_request(
            "attachImage can only be false where attachPdf is true.",
        )),
    }
}

/// Reads `content/@type`.
pub(super) fn content_kind(text: &str) -> Result<JobItemKind> {
    // Tableau: some clients write it in small letters.
    for (name, kind) in [("Workbook", JobItemKind::Workbook), ("View", JobItemKind::View)] {
        if text.eq_ignore_ascii_case(name) {
            return Ok(kind);
        }
    }
    let (code, what) = match OTHER_CONTENT.iter().any(|kind| kind.eq_ignore_ascii_case(text)) {
        true => (ErrorCode::InvalidSubscriptionTarget, "cannot be subscribed to"),
        false => (ErrorCode::InvalidSubscriptionType, "is no type of content"),
    };
    Err(fail(
        code,
        format!("'{text}' {what}; the type must be Workbook or View."),
    ))
}

/// Reads which view or workbook is meant.
pub(super) fn content(asked: &SubscriptionContent) -> Result<JobItem> {
    let (Some(kind), Some(id)) = (&asked.kind, &asked.id) else {
        return Err(bad_request("The content element must hold a type and an id."));
    };
    let kind = content_kind(kind)?;
    let id: Luid = id.parse().map_err(|_| missing_content(kind, id))?;
    Ok(JobItem { kind, id })
}

/// The error of a view or workbook that does not exist.
pub(super) fn missing_content(kind: JobItemKind, id: impl std::fmt::Display) -> crate::errors::ApiError {
    match kind {
        JobItemKind::View => not_found(ErrorCode::ViewNotFound, "View", id),
        _ => not_found(ErrorCode::WorkbookNotFound, "Workbook", id),
    }
}

/// The kind of content as permissions know it.
pub(super) fn permission_kind(kind: JobItemKind) -> ContentKind {
    match kind {
        JobItemKind::View => ContentKind::View,
        _ => ContentKind::Workbook,
    }
}

/// Finds the schedule that a request names; `None` where it names none.
pub(super) async fn schedule(call: &Call, asked: Option<&SubscriptionSchedule>) -> Result<Option<Schedule>> {
    let Some(id) = asked.and_then(|schedule| schedule.id.as_ref()) else {
        if asked.is_some_and(|schedule| schedule.frequency.is_some()) {
            return Err(bad_request(
                "Only Tableau Cloud has schedules within a subscription; name one of this server's with \
                 schedule/@id.",
            ));
        }
        return Ok(None);
    };
    let missing = || not_found(ErrorCode::ScheduleNotFound, "Schedule", id);
    let id = id.parse().map_err(|_| missing())?;
    let schedule = call.app.store.schedule(id).await?.ok_or_else(missing)?;
    if schedule.kind != ScheduleType::Subscription {
        return Err(fail(
            ErrorCode::InvalidSubscriptionType,
            format!(
                "The schedule '{}' is one of type {}; a subscription needs one of type Subscription.",
                schedule.name, schedule.kind
            ),
        ));
    }
    Ok(Some(schedule))
}

/// Reads the subscription element, which must be there.
pub(super) async fn asked(call: &mut Call) -> Result<types::Subscription> {
    call.read("subscription").await
}

/// What somebody may do to a subscription.
#[derive(Clone, Copy)]
pub(super) struct Standing {
    /// Administrators, and who leads or owns the content.
    pub keeps: bool,
    /// Who gets it.
    pub reads: bool,
}

/// Finds the subscription in the address, and how the caller stands to it.
pub(super) async fn find(call: &Call, who: &SiteUser) -> Result<(Subscription, Standing)> {
    let id: SubscriptionId = call.id("subscription-id", ErrorCode::SubscriptionNotFound)?;
    let found = call.app.store.subscription(who.site(), id).await?;
    let subscription = found.ok_or_else(|| not_found(ErrorCode::SubscriptionNotFound, "Subscription", id))?;
    let content = subscription.content;
    let rights = Rights::of(&call.app, who, permission_kind(content.kind), content.id).await?;
    let standing = Standing {
        keeps: who.role().is_admin() || rights.is_some_and(|rights| rights.may_give_away()),
        reads: subscription.user.id == who.caller.user,
    };
    Ok((subscription, standing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(error: crate::errors::ApiError) -> &'static str {
        error.code.code()
    }

    #[test]
    fn subjects_are_not_blank_and_not_endless() {
        assert_eq!(subject(Some(" Sales ")).ok().as_deref(), Some("Sales"));
        for bad in [None, Some(""), Some(" \n"), Some("x".repeat(1001).as_str())] {
            assert_eq!(subject(bad).map_err(code), Err("400067"), "{bad:?}");
        }
    }

    #[test]
    fn only_views_and_workbooks_can_be_subscribed_to() {
        assert_eq!(content_kind("view").map_err(code), Ok(JobItemKind::View));
        assert_eq!(content_kind("Workbook").map_err(code), Ok(JobItemKind::Workbook));
        assert_eq!(content_kind("Datasource").map_err(code), Err("400068"));
        assert_eq!(content_kind("Elephant").map_err(code), Err("400069"));
    }

    #[test]
    fn pages_have_known_forms() {
        assert_eq!(
            orientation("LANDSCAPE").ok().flatten().as_deref(),
            Some("Landscape")
        );
        assert_eq!(page_size("a4").ok().flatten().as_deref(), Some("A4"));
        assert_eq!(page_size("").ok().flatten(), None);
        assert_eq!(page_size("Napkin").map_err(code), Err("400000"));
        assert!(check_attachments(false, true).is_ok());
        assert!(check_attachments(false, false).is_err());
    }
}
