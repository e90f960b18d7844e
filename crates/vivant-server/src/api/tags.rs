//! What adding and deleting tags have in common for workbooks, views and data sources.

use http::StatusCode;
use vivant_model::{Capability, ContentKind, Luid, name};
use vivant_wire::{ErrorCode, Node, types};

use crate::auth::SiteUser;
use crate::auth::permission::Rights;
use crate::call::{Call, element};
use crate::errors::{Result, fail};
use crate::reply::Reply;
use crate::views::content::tags_view;

/// Adds the tags of a request to an item and answers all that it has then. `invalid` is the code
/// for labels that are no tags.
pub async fn add(
    call: &Call,
    who: &SiteUser,
    item: (ContentKind, Luid),
    rights: &Rights,
    document: &Node,
    invalid: ErrorCode,
) -> Result<Reply> {
    let (kind, id) = item;
    let asked: types::Tags = element(document, "tags")?;
    rights.require(Capability::Read, ErrorCode::Forbidden, kind.as_str())?;
    let named = [Some(document), document.child("tags")]
        .into_iter()
        .flatten()
        .filter_map(|node| node.child(kind.as_str())?.attribute("id"));
    for other in named {
        if other.parse() != Ok(id) {
            let detail = format!("The id {other} in the request is not the one in the address.");
            return Err(fail(ErrorCode::IdMismatch, detail));
        }
    }
    let mut labels = Vec::new();
    for tag in &asked.tag {
        let text = tag
            .label
            .as_deref()
            .ok_or_else(|| fail(ErrorCode::BadRequest, "Every tag element must hold a label."))?;
        let found = split(text);
        if found.is_empty() || !found.iter().all(|label| name::is_valid(label)) {
            return Err(fail(
                invalid,
                "The label of a tag must not be blank, longer than 255 characters, or hold control characters.",
            ));
        }
        labels.extend(found);
    }
    let tags = call
        .app
        .store
        .add_tags_by(&who.caller, kind, id, &labels, call.app.now())
        .await?;
    Ok(call.answer(StatusCode::OK, |out| out.child("tags", &tags_view(tags))))
}

/// Takes the tag in the address off an item: for administrators, leaders, the item's owner, and who
/// added the tag. `invalid` is the code for a text that is no tag.
pub async fn delete(
    call: &Call,
    who: &SiteUser,
    item: (ContentKind, Luid),
    rights: &Rights,
    invalid: ErrorCode,
) -> Result<Reply> {
    let (kind, id) = item;
    rights.require(Capability::Read, ErrorCode::Forbidden, kind.as_str())?;
    let text = call.value("tag-name").trim();
    let label = quoted(text).map_or(text, |(label, _)| label).trim();
    if !name::is_valid(label) {
        return Err(fail(invalid, "The address must end with the name of a tag."));
    }
    let added_by = call.app.store.tag_adder(kind, id, label).await?;
    if !rights.may_give_away() && added_by != Some(who.caller.user) {
        return Err(fail(
            ErrorCode::Forbidden,
            "Only administrators, project leaders, the owner and who added the tag may delete it.",
        ));
    }
    call.app.store.delete_tag(who.site(), kind, id, label).await?;
    Ok(Reply::Empty)
}

/// The tags in a label: what stands in quotes is one, the rest ends at a blank or comma.
///
/// Tableau: a label without quotes is several tags where it holds blanks or commas; TSC quotes.
fn split(text: &str) -> Vec<String> {
    let is_separator = |c: char| c == ',' || c.is_whitespace();
    let mut labels = Vec::new();
    let mut rest = text.trim_matches(is_separator);
    while !rest.is_empty() {
        let (label, behind) = quoted(rest).unwrap_or_else(|| {
            let end = rest.find(is_separator).unwrap_or(rest.len());
            rest.split_at(end)
        });
        labels.push(label.trim().to_owned());
        rest = behind.trim_start_matches(is_separator);
    }
    labels
}

/// A text in quotes at the beginning, and what stands behind it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let ends = inner.match_indices('"').map(|(at, _)| inner.split_at(at));
    let mut whole = ends.map(|(label, behind)| (label, &behind[1..]));
    // A quote inside a word ends nothing.
    whole.find(|(_, behind)| behind.is_empty() || behind.starts_with([',', ' ', '\t', '\n', '\r']))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn labels_are_split_outside_of_quotes() {
        let check = |text: &str, expected: &[&str]| assert_eq!(split(text), expected, "{text}");
        check("GDP", &["GDP"]);
        check("two words", &["two", "words"]);
        check("a,b , c", &["a", "b", "c"]);
        check("\"two words\"", &["two words"]);
        check("\"a, b\",\"c d\" e", &["a, b", "c d", "e"]);
        check("5\"", &["5\""]);
        check("\"5\" pipe\"", &["5", "pipe\""]);
        check("\"open", &["\"open"]);
        check(" , ", &[]);
        check("\"\"", &[""]);
        check("日本 語", &["日本", "語"]);
    }
}
