//! What was read, as JSON in the API's own shape.

use base64::Engine;
use serde_json::{Value, json};
use vivant_client::{Downloaded, List, Listed};
use vivant_wire::out::Write1;
use vivant_wire::{Format, Out};

use crate::args::{Args, Trouble};

/// What a call gave; `None` where the group has no such method.
pub type Shown = Result<Option<Value>, Trouble>;

/// One element under its name.
pub fn one(name: &str, item: &impl Write1) -> Shown {
    Ok(Some(written(|out| out.child(name, item))))
}

/// Several elements as `items`.
pub fn many<T: Write1>(items: &[T]) -> Shown {
    Ok(Some(written(|out| out.children("items", items))))
}

/// Nothing was read.
pub fn nothing() -> Shown {
    Ok(Some(json!({})))
}

/// Bytes.
pub fn content(bytes: &[u8]) -> Shown {
    let text = base64::engine::general_purpose::STANDARD.encode(bytes);
    Ok(Some(json!({ "content": text })))
}

/// One page of a list where the arguments name one, else all of it.
pub async fn list<T: Listed + Write1>(list: List<T>, args: &Args) -> Shown {
    let Some(number) = args.sub("options").maybe("page")? else {
        return many(&list.all().await?);
    };
    let page = list.page(number).await?;
    let mut shown = written(|out| out.children("items", &page.items));
    shown["page"] = json!({"number": page.number, "size": page.size, "total": page.total});
    Ok(Some(shown))
}

pub fn written(write: impl FnOnce(&mut Out)) -> Value {
    let text = Out::request(Format::Json, write);
    serde_json::from_str(&text).expect("the writer of JSON writes JSON")
}

/// The content of a file that was downloaded into a folder.
pub async fn downloaded(fetch: impl AsyncFnOnce(&std::path::Path) -> Result<Downloaded, Trouble>) -> Shown {
    let folder = tempfile::tempdir().map_err(|e| Trouble::Usage(e.to_string()))?;
    let got = fetch(folder.path()).await?;
    let path = got
        .path
        .ok_or_else(|| Trouble::Usage("nothing was written".to_owned()))?;
    let bytes = std::fs::read(path).map_err(|e| Trouble::Usage(e.to_string()))?;
    let mut shown = content(&bytes)?;
    if let Some(shown) = &mut shown {
        shown["file_name"] = json!(got.file_name);
    }
    Ok(shown)
}
