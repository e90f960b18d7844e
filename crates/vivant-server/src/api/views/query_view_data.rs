//! Query View Data.

use axum::body::Body;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use vivant_document::display::{LANGUAGES, Language};
use vivant_model::Capability;
use vivant_wire::ErrorCode;
use vivant_wire::query::QueryString;

use super::get_view::view_rights;
use crate::answers::{Asked, DEFAULT_MAX_AGE_MINUTES, Form, Output};
use crate::auth::SiteUser;
use crate::call::Call;
use crate::errors::{Result, fail, internal, not_found};
use crate::reply::Reply;

/// Sends the data of a view as CSV: one line for each mark.
pub async fn query_view_data(call: Call, who: SiteUser) -> Result<Reply> {
    let output = view_output(&call, &who, Form::Csv).await?;
    send(&output, "text/csv; charset=utf-8").await
}

/// Answers for the data of the view in the address.
pub(super) async fn view_output(call: &Call, who: &SiteUser, form: Form) -> Result<Output> {
    let asked = asked(&call.query)?;
    let (id, rights) = view_rights(call, who, ErrorCode::ViewDataInvalid).await?;
    for capability in [Capability::Read, Capability::ExportData] {
        rights.require(capability, ErrorCode::ViewDataForbidden, "view")?;
    }
    let view = call.app.store.view(who.site(), id).await?;
    let view = view.ok_or_else(|| not_found(ErrorCode::ViewDataInvalid, "View", id))?;
    call.app.answers.view(&call.app, who, &view, &asked, form).await
}

/// Sends what was made.
pub(super) async fn send(output: &Output, content_type: &str) -> Result<Reply> {
    let body: Body = output.body().await.map_err(internal)?;
    Ok(Reply::File {
        status: StatusCode::OK,
        headers: vec![
            (CONTENT_TYPE, content_type.to_owned()),
            (CONTENT_LENGTH, output.size().to_string()),
        ],
        body,
    })
}

/// The longest age that can be asked for, a year.
const MAX_AGE_MINUTES: i64 = 366 * 24 * 60;

/// Reads what is asked of a view: `vf_…`, `maxAge`, `language`.
fn asked(query: &QueryString) -> Result<Asked> {
    let wrong = |detail: String| fail(ErrorCode::InvalidParameterValue, detail);
    let max_age_minutes = match query.get("maxAge") {
        None => DEFAULT_MAX_AGE_MINUTES,
        Some(text) => {
            let minutes: Option<i64> = text.parse().ok().filter(|minutes| *minutes >= 0);
            let minutes =
                minutes.ok_or_else(|| wrong("maxAge must be a number of minutes, 1 or more.".to_owned()))?;
            // Tableau: nothing is made anew more often than every minute; TSC lets 0 through.
            minutes.clamp(1, MAX_AGE_MINUTES)
        }
    };
    let language = match query.get("language") {
        None => None,
        Some(code) => {
            let found = Language::find(code);
            let known = || {
                LANGUAGES
                    .iter()
                    .map(|language| language.code)
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            Some(found.ok_or_else(|| wrong(format!("language must be one of {}.", known())))?)
        }
    };
    let mut asked = Asked {
        max_age_minutes,
        language,
        ..Asked::default()
    };
    for (name, value) in query.iter() {
        let Some(label) = name.strip_prefix("vf_") else {
            continue;
        };
        if let Some(parameter) = label.strip_prefix("Parameters.") {
            put(&mut asked.parameters, parameter, unescaped(value));
        } else {
            put(&mut asked.filters, label, vivant::values(value));
        }
    }
    // Tableau: a filter without a value is one that is not there.
    asked.filters.retain(|(_, values)| !values.is_empty());
    Ok(asked)
}

/// Sets a value by its name; the last one counts.
fn put<T>(list: &mut Vec<(String, T)>, name: &str, value: T) {
    match list.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => list.push((name.to_owned(), value)),
    }
}

/// Reads one value, in which commas may be written both ways.
fn unescaped(text: &str) -> String {
    vivant::values(text).join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_parameters_are_read() {
        let query = "vf_Region=East&vf_Ship+Mode=A%2CB%5C%2CC&vf_Parameters.Top%20N=5&vf_Region=West,%20North&x=1&vf_Empty=";
        let asked = asked(&QueryString::parse(query)).expect("it is well-formed");
        let text = |list: &[&str]| -> Vec<String> { list.iter().map(|one| (*one).to_owned()).collect() };
        assert_eq!(
            asked.filters,
            [
                ("Region".to_owned(), text(&["West", " North"])),
                ("Ship Mode".to_owned(), text(&["A", "B,C"])),
            ]
        );
        assert_eq!(asked.parameters, [("Top N".to_owned(), "5".to_owned())]);
        assert_eq!(asked.max_age_minutes, DEFAULT_MAX_AGE_MINUTES);
    }

    #[test]
    fn ages_and_languages_are_checked() {
        let of = |query: &str| asked(&QueryString::parse(query)).map(|asked| asked.max_age_minutes);
        assert_eq!(of("maxAge=0").ok(), Some(1));
        assert_eq!(of("maxAge=99999999999").ok(), Some(MAX_AGE_MINUTES));
        let language = |query: &str| {
            let asked = asked(&QueryString::parse(query)).expect("it is well-formed");
            asked.language.map(|language| language.code)
        };
        assert_eq!(language("maxAge=1"), None);
        assert_eq!(language("language=en-us"), Some("en_US"));
        assert_eq!(language("language=DE"), Some("de_DE"));
        for wrong in ["maxAge=-1", "maxAge=x", "maxAge=", "language=tlh", "language=é"] {
            assert_eq!(
                of(wrong).map_err(|error| error.code).unwrap_err(),
                ErrorCode::InvalidParameterValue,
                "{wrong}"
            );
        }
    }
}
