//! What is chosen in a custom view, as Tableau hands it out: JSON around the XML of `customized-view`.
//!
//! The JSON is a list: the view that the custom view was made in, and others of the workbook that go with it. Their
//! XML is in base64 with `-` in place of `+` (Tableau Migration SDK, "Anatomy of a Custom View File").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use vivant_document::Limits;
use vivant_document::spec::{CustomViewSpec, custom_view};
use vivant_wire::ErrorCode;

use crate::answers::{Asked, Chosen};
use crate::errors::{ApiError, Result, bad_request, fail};

/// One view of a definition.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    /// Whether the custom view was made in it.
    #[serde(default)]
    is_source_view: bool,
    /// Its name.
    view_name: String,
    /// The XML, in that base64.
    tcv: String,
}

/// What is chosen, and in which view.
pub(super) struct Definition {
    /// The name of the view.
    pub view_name: String,
    chosen: CustomViewSpec,
}

impl Definition {
    /// Reads a definition.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let parts: Vec<Part> = serde_json::from_slice(bytes).map_err(wrong)?;
        let count = parts.len();
        let of_source = |part: &Part| part.is_source_view || count == 1;
        let part = parts.into_iter().find(of_source);
        let part = part.ok_or_else(|| wrong("none of its views says isSourceView"))?;
        let packed: String = part.tcv.split_whitespace().collect();
        let packed = packed.replace('-', "+");
        let xml = STANDARD
            .decode(packed)
            .map_err(|e| wrong(format!("its tcv is no base64: {e}")))?;
        let chosen = custom_view(xml, &Limits::default()).map_err(wrong)?;
        Ok(Self {
            view_name: part.view_name,
            chosen,
        })
    }

    /// Puts what is chosen under what a request asks for.
    pub(super) fn put(self, asked: Asked) -> Result<Asked> {
        if !self.chosen.unknown.is_empty() {
            return Err(fail(
                ErrorCode::NotImplemented,
                format!(
                    "The custom view holds what is not supported yet, so that its view would show something else: {}.",
                    self.chosen.unknown.join(", ")
                ),
            ));
        }
        Ok(Asked {
            chosen: Chosen {
                filters: self.chosen.filters,
                parameters: self.chosen.parameters,
            },
            ..asked
        })
    }
}

fn wrong(why: impl std::fmt::Display) -> ApiError {
    bad_request(format!("The file is not the definition of a custom view: {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(name: &str, source: bool, xml: &str) -> serde_json::Value {
        serde_json::json!({"isSourceView": source, "viewName": name, "tcv": STANDARD.encode(xml)})
    }

    fn read(parts: &[serde_json::Value]) -> Result<Definition> {
        Definition::read(&serde_json::to_vec(parts).unwrap())
    }

    #[test]
    fn the_source_view_counts() {
        let (one, other) = ("<customized-view/>", "<other/>");
        assert_eq!(read(&[part("A", false, one)]).ok().unwrap().view_name, "A");
        let two = [part("A", false, other), part("B", true, one)];
        assert_eq!(read(&two).ok().unwrap().view_name, "B");
        assert!(read(&[part("A", false, one), part("B", false, one)]).is_err());
        assert!(read(&[part("A", true, other)]).is_err());
        for bad in ["", "{}", "[]", "[1]", "[{\"viewName\": \"A\", \"tcv\": \"?\"}]"] {
            let error = Definition::read(bad.as_bytes()).err().unwrap();
            assert_eq!(error.code, ErrorCode::BadRequest, "{bad}");
        }
    }

    #[test]
    fn a_minus_stands_for_a_plus() {
        let name = "\u{3e}\u{fb}\u{fe}~~>".repeat(3);
        let xml = format!(
            "<customized-view><worksheet name='{}'/></customized-view>",
            name.replace('>', "&gt;")
        );
        let plain = STANDARD.encode(&xml);
        assert!(plain.contains('+'), "{plain}");
        let part = |tcv: String| serde_json::json!({"isSourceView": true, "viewName": "A", "tcv": tcv});
        for tcv in [plain.replace('+', "-"), plain] {
            assert!(read(&[part(tcv)]).is_ok());
        }
    }

    #[test]
    fn what_cannot_be_applied_is_no_picture() {
        let odd = "<customized-view><worksheet name='S'><manual-sort/></worksheet></customized-view>";
        let error = read(&[part("A", true, odd)])
            .ok()
            .unwrap()
            .put(Asked::default())
            .err()
            .unwrap();
        assert_eq!(error.code, ErrorCode::NotImplemented);
        assert!(
            error.detail.contains("`manual-sort` of the sheet `S`"),
            "{}",
            error.detail
        );
    }
}
