//! Things of any kind as values: what the server answered, under the names of its own JSON.

use std::future::Future;

use futures_util::stream::{LocalBoxStream, StreamExt, TryStreamExt};
use vivant_client::{List, Listed};
use vivant_wire::out::Write1;
use vivant_wire::{Format, Out};

pub use serde_json::Value;

/// Part of a list.
#[derive(Debug)]
pub struct Chunk {
    /// How many there are in the whole list, where the server says so.
    pub total: Option<u64>,
    /// These.
    pub items: Vec<Value>,
}

/// A list, page by page.
pub type Rows = LocalBoxStream<'static, vivant_client::Result<Chunk>>;

/// Members that are numbers, which Tableau's JSON writes as text.
const NUMBERS: &[&str] = &[
    "size",
    "sheetCount",
    "progress",
    "priority",
    "userCount",
    "totalViewCount",
    "userQuota",
    "storageQuota",
    "tierCreatorCapacity",
    "tierExplorerCapacity",
    "tierViewerCapacity",
    "revisionLimit",
    "numUsers",
    "numCreators",
    "numExplorers",
    "numViewers",
    "storage",
    "revisionNumber",
    "sizeInBytes",
    "finishCode",
    "consecutiveFailedCount",
    "projectCount",
    "workbookCount",
    "viewCount",
    "datasourceCount",
    "fileSize",
    "statusCode",
];

/// Turns a thing into a value.
pub fn value(item: &impl Write1) -> Value {
    let text = Out::request(Format::Json, |out| item.write(out));
    let mut value = serde_json::from_str(&text).expect("the contract's JSON is JSON");
    numbers(&mut value);
    value
}

/// A list that comes in pages.
pub fn pages<T: Listed + Write1>(list: List<T>) -> Rows {
    list.pages()
        .map_ok(|page| Chunk {
            total: page.total,
            items: page.items.iter().map(value).collect(),
        })
        .boxed_local()
}

/// A list whose items stand within another element.
pub fn inner(rows: Rows, member: &'static str) -> Rows {
    rows.map_ok(move |mut chunk| {
        for item in &mut chunk.items {
            if let Some(within) = item.get_mut(member) {
                *item = within.take();
            }
        }
        chunk
    })
    .boxed_local()
}

/// A list that comes at once.
pub fn once<T: Write1>(items: impl Future<Output = vivant_client::Result<Vec<T>>> + 'static) -> Rows {
    gathered(async move { Ok(items.await?.iter().map(value).collect()) })
}

/// A list of values that comes at once.
pub fn gathered(items: impl Future<Output = vivant_client::Result<Vec<Value>>> + 'static) -> Rows {
    futures_util::stream::once(async move {
        let items = items.await?;
        Ok(Chunk {
            total: Some(items.len() as u64),
            items,
        })
    })
    .boxed_local()
}

/// What stands at a place such as `owner.name`; of lists, every one of them.
pub fn text(item: &Value, path: &str) -> String {
    let mut found = Vec::new();
    gather(item, path, &mut found);
    found.join(", ")
}

/// Whether anything stands at a place.
pub fn has(item: &Value, path: &str) -> bool {
    let mut found = Vec::new();
    gather(item, path, &mut found);
    !found.is_empty()
}

/// Every place in a value that holds something, in the order of the answer.
pub fn leaves(item: &Value) -> Vec<String> {
    fn walk(item: &Value, path: &str, out: &mut Vec<String>) {
        match item {
            Value::Object(members) => {
                for (name, member) in members {
                    let path = match path {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    walk(member, &path, out);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, path, out)),
            Value::Null => {}
            _ if out.iter().any(|known| known == path) => {}
            _ => out.push(path.to_owned()),
        }
    }
    let mut out = Vec::new();
    walk(item, "", &mut out);
    out
}

fn gather(item: &Value, path: &str, found: &mut Vec<String>) {
    match item {
        Value::Array(items) => items.iter().for_each(|item| gather(item, path, found)),
        Value::Object(members) if !path.is_empty() => {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            if let Some(member) = members.get(first) {
                gather(member, rest, found);
            }
        }
        Value::String(text) if path.is_empty() => found.push(text.clone()),
        Value::Number(_) | Value::Bool(_) if path.is_empty() => found.push(item.to_string()),
        _ => {}
    }
}

fn numbers(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(numbers),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if NUMBERS.contains(&name.as_str()) => {
                        if let Ok(number) = text.parse::<i64>() {
                            *member = number.into();
                        }
                    }
                    _ => numbers(member),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vivant_client::types::{Tag, Tags, User, Workbook};

    #[test]
    fn a_thing_is_its_answer_with_real_numbers() {
        let workbook = Workbook {
            name: Some("12".to_owned()),
            size: Some(3),
            show_tabs: Some(true),
            owner: Some(User {
                name: Some("ann".to_owned()),
                ..User::default()
            }),
            tags: Some(Tags {
                tag: ["a", "b"]
                    .map(|label| Tag {
                        label: Some(label.to_owned()),
                    })
                    .to_vec(),
            }),
            ..Workbook::default()
        };
        let value = value(&workbook);
        assert_eq!(value["size"], 3);
        assert_eq!(value["name"], "12");
        assert_eq!(text(&value, "owner.name"), "ann");
        assert_eq!(text(&value, "tags.tag.label"), "a, b");
        assert_eq!(text(&value, "project.name"), "");
        assert_eq!(
            leaves(&value),
            ["name", "owner.name", "showTabs", "size", "tags.tag.label"]
        );
    }
}
