//! What is asked of views that are exported, and how what was made is sent.

use axum::body::Body;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use vivant::{Orientation, Paper};
use vivant_document::display::{LANGUAGES, Language};
use vivant_wire::ErrorCode;
use vivant_wire::query::QueryString;
use vivant_wire::version::V;

use crate::answers::{Asked, DEFAULT_MAX_AGE_MINUTES, Output, Picture};
use crate::call::Call;
use crate::errors::{ApiError, Result, fail, internal};
use crate::reply::Reply;

/// Sends what was made.
pub async fn send(output: &Output, content_type: &str) -> Result<Reply> {
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

/// The most pixels that a picture may be asked to be wide or high.
const MOST_PIXELS: u32 = 10_000;

fn wrong(detail: impl Into<String>) -> ApiError {
    fail(ErrorCode::InvalidParameterValue, detail)
}

/// Reads what is asked of a view: `vf_…`, `maxAge`, `language`.
pub fn asked(query: &QueryString) -> Result<Asked> {
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

/// Reads what is asked of a picture, with `vizWidth` and `vizHeight`, which stand together.
pub fn asked_of_picture(query: &QueryString) -> Result<Asked> {
    let asked = asked(query)?;
    let pixels = |name: &str| -> Result<Option<u32>> {
        let Some(text) = query.get(name) else {
            return Ok(None);
        };
        let found = text
            .parse()
            .ok()
            .filter(|pixels| (1..=MOST_PIXELS).contains(pixels));
        found.map(Some).ok_or_else(|| {
            wrong(format!(
                "{name} must be a number of pixels from 1 to {MOST_PIXELS}."
            ))
        })
    };
    let size = match (pixels("vizWidth")?, pixels("vizHeight")?) {
        (None, None) => None,
        (Some(width), Some(height)) => Some((width, height)),
        _ => {
            return Err(wrong(
                "vizWidth and vizHeight must be given together, or neither.",
            ));
        }
    };
    Ok(Asked { size, ..asked })
}

/// Reads which image is asked for: `resolution`, and `format` where the version has it.
pub fn image(call: &Call) -> Result<Picture> {
    let high = match call.query.get("resolution") {
        None => false,
        // Tableau: in this case only.
        Some("high") => true,
        Some(_) => return Err(wrong("resolution must be high, or be left out.")),
    };
    match call.query.get("format").map(str::to_ascii_lowercase).as_deref() {
        None | Some("png") => Ok(Picture::Png { high }),
        Some("svg") if call.version >= V(3, 29) => Ok(Picture::Svg),
        Some("svg") => Err(wrong("format=svg needs API version 3.29 or later.")),
        Some(_) => Err(wrong("format must be PNG or SVG.")),
    }
}

/// What an image is sent as.
pub fn image_type(picture: Picture) -> &'static str {
    match picture {
        Picture::Svg => "image/svg+xml",
        _ => "image/png",
    }
}

/// Reads which pages are asked for: `type` and `orientation`.
pub fn pages(query: &QueryString) -> Result<Picture> {
    let paper = match query.get("type") {
        None => Paper::default(),
        Some(name) => Paper::find(name).ok_or_else(|| {
            let known: Vec<&str> = Paper::names().collect();
            wrong(format!("type must be one of {}.", known.join(", ")))
        })?,
    };
    let orientation = match query.get("orientation") {
        None => Orientation::default(),
        Some(name) => {
            Orientation::find(name).ok_or_else(|| wrong("orientation must be Portrait or Landscape."))?
        }
    };
    Ok(Picture::Pdf(paper, orientation))
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

    #[test]
    fn sizes_stand_together() {
        let of = |query: &str| asked_of_picture(&QueryString::parse(query)).map(|asked| asked.size);
        assert_eq!(of("").ok(), Some(None));
        assert_eq!(of("vizWidth=800&vizHeight=600").ok(), Some(Some((800, 600))));
        assert_eq!(of("language=de").ok(), Some(None));
        for wrong in [
            "vizWidth=800",
            "vizHeight=600",
            "vizWidth=0&vizHeight=600",
            "vizWidth=800&vizHeight=10001",
            "vizWidth=x&vizHeight=600",
            "language=tlh",
        ] {
            assert_eq!(
                of(wrong).map_err(|error| error.code).unwrap_err(),
                ErrorCode::InvalidParameterValue,
                "{wrong}"
            );
        }
    }

    #[test]
    fn pages_are_read_in_any_case() {
        let of = |query: &str| pages(&QueryString::parse(query)).ok();
        assert_eq!(of(""), Some(Picture::Pdf(Paper::Letter, Orientation::Portrait)));
        assert_eq!(
            of("type=a4&orientation=LANDSCAPE"),
            Some(Picture::Pdf(Paper::A4, Orientation::Landscape))
        );
        assert_eq!((of("type=A7"), of("orientation=up")), (None, None));
    }
}
