//! Answers that are JSON of a method's own shape, without the contract's elements.

use serde_json::Value;

use crate::call::{Call, Target};
use crate::error::{Error, ErrorKind, Result};
use crate::site::Site;
use crate::transport::{AnswerBody, start_of};

/// A call behind the server's address whose answer is JSON.
pub(crate) fn call(call: Call, path: impl Into<String>) -> Call {
    Call {
        target: Target::Root(path.into()),
        ..call
    }
    .header("accept", "application/json")
}

impl Site {
    /// Sends a call and reads its answer as JSON.
    pub(crate) async fn ask_json(&self, call: &Call) -> Result<Value> {
        let answer = self.whole(call).await?;
        let AnswerBody::Whole(body) = &answer.body else {
            return Ok(Value::Null);
        };
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(body).map_err(|e| {
            let start = start_of(body, &self.secrets(call));
            let path = match &call.target {
                Target::Api(path) | Target::Root(path) => path,
            };
            Error::new(
                ErrorKind::UnexpectedAnswer,
                format!("the answer is not JSON: {e}"),
            )
            .with_status(answer.status)
            .with_request(None, format!("{} {path}", call.method))
            .with_body_start(start)
        })
    }
}

/// The items under a name of an answer; none where the name is not there.
pub(crate) fn items(answer: &mut Value, name: &str) -> Result<Vec<Value>> {
    match answer.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(Error::new(
            ErrorKind::UnexpectedAnswer,
            format!("'{name}' in the answer is no list"),
        )),
    }
}
