//! Writing answers and requests: one set of calls, two encodings.
//!
//! A type writes its attributes, then its children; [`Out`] turns that into XML or JSON without a
//! tree in between.
//! JSON follows the habits of Tableau's server: attributes become members, repeated children an
//! array under the singular name, numbers are strings, booleans real, and there is no wrapper.

use std::fmt::{self, Write};

use crate::version::ApiVersion;

/// The two encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// `application/xml`, the default.
    #[default]
    Xml,
    /// `application/json`.
    Json,
}

impl Format {
    /// The Content-Type of the encoding.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Xml => "application/xml;charset=utf-8",
            Self::Json => "application/json;charset=utf-8",
        }
    }
}

/// A type that writes itself as an element.
pub trait Write1 {
    /// Writes attributes, then children and text, between the element's ends.
    fn write(&self, out: &mut Out);
}

/// A value that an attribute or the text of an element can hold.
pub trait Scalar {
    /// Writes the value as JSON, quotes included, or, unescaped, as the text of XML.
    fn put(&self, sink: &mut Sink<'_>) -> fmt::Result;
}

/// Where a scalar goes: it escapes what is written for the encoding at hand.
pub struct Sink<'a> {
    buf: &'a mut String,
    format: Format,
}

impl Sink<'_> {
    /// Writes a text value.
    pub fn text(&mut self, text: &str) -> fmt::Result {
        match self.format {
            Format::Xml => escape_xml(self.buf, text),
            Format::Json => {
                self.buf.push('"');
                escape_json(self.buf, text)?;
                self.buf.push('"');
            }
        }
        Ok(())
    }

    /// Writes a number or id, whose text needs no escaping; JSON gets a string.
    pub fn plain(&mut self, value: impl fmt::Display) -> fmt::Result {
        match self.format {
            Format::Xml => write!(self.buf, "{value}"),
            Format::Json => write!(self.buf, "\"{value}\""),
        }
    }

    /// Writes a boolean; JSON gets a real one.
    pub fn boolean(&mut self, value: bool) -> fmt::Result {
        self.buf.push_str(if value { "true" } else { "false" });
        Ok(())
    }
}

/// Writes one document.
pub struct Out {
    buf: String,
    format: Format,
    /// XML: the start tag is still open. JSON: the object has no member yet.
    open: bool,
}

impl Out {
    /// Writes an answer: `tsResponse` with its namespace in XML, a bare object in JSON.
    pub fn response(format: Format, version: ApiVersion, body: impl FnOnce(&mut Self)) -> String {
        Self::document(format, "tsResponse", version, true, body)
    }

    /// Writes a request: `tsRequest` in XML, a bare object in JSON.
    pub fn request(format: Format, body: impl FnOnce(&mut Self)) -> String {
        Self::document(format, "tsRequest", crate::version::NEWEST, false, body)
    }

    fn document(
        format: Format,
        root: &str,
        version: ApiVersion,
        namespace: bool,
        body: impl FnOnce(&mut Self),
    ) -> String {
        let mut out = Self {
            buf: String::with_capacity(1024),
            format,
            open: true,
        };
        match format {
            Format::Json => {
                out.buf.push('{');
                body(&mut out);
                out.buf.push('}');
            }
            Format::Xml => {
                // TSC recognises the namespace only behind this very declaration.
                out.buf.push_str("<?xml version='1.0' encoding='UTF-8'?>");
                let _ = write!(out.buf, "<{root}");
                if namespace {
                    let ns = version.namespace();
                    let file = format!("ts-api_{}_{}.xsd", version.major, version.minor);
                    let _ = write!(
                        out.buf,
                        " xmlns=\"{ns}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
                         xsi:schemaLocation=\"{ns} https://help.tableau.com/samples/en-us/rest_api/{file}\""
                    );
                }
                body(&mut out);
                out.close(root);
            }
        }
        out.buf
    }

    /// Writes one element.
    pub fn element(&mut self, name: &str, body: impl FnOnce(&mut Self)) {
        self.begin(name);
        body(self);
        self.end(name);
    }

    /// Writes one element by its type.
    pub fn child(&mut self, name: &str, value: &impl Write1) {
        self.element(name, |out| value.write(out));
    }

    /// Writes repeated elements: siblings in XML, an array in JSON (no member where there are none).
    pub fn children<'a, T: Write1 + 'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a T>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        match self.format {
            Format::Xml => values.for_each(|value| self.child(name, value)),
            Format::Json => {
                self.member(name);
                self.buf.push('[');
                for (i, value) in values.enumerate() {
                    if i > 0 {
                        self.buf.push(',');
                    }
                    self.buf.push('{');
                    self.open = true;
                    value.write(self);
                    self.buf.push('}');
                }
                self.buf.push(']');
                self.open = false;
            }
        }
    }

    /// Writes an attribute.
    pub fn attr(&mut self, name: &str, value: &impl Scalar) {
        match self.format {
            Format::Xml => {
                self.buf.push(' ');
                self.buf.push_str(name);
                self.buf.push_str("=\"");
                self.scalar(value);
                self.buf.push('"');
            }
            Format::Json => {
                self.member(name);
                self.scalar(value);
            }
        }
    }

    /// Writes an element that holds nothing but text; in JSON a plain member.
    pub fn leaf(&mut self, name: &str, value: &impl Scalar) {
        match self.format {
            Format::Xml => self.element(name, |out| out.text(value)),
            Format::Json => self.attr(name, value),
        }
    }

    /// Writes repeated elements that hold nothing but text: siblings in XML, an array in JSON (no member
    /// where there are none).
    pub fn leaves<'a, T: Scalar + 'a>(&mut self, name: &str, values: impl IntoIterator<Item = &'a T>) {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            return;
        }
        match self.format {
            Format::Xml => values.for_each(|value| self.leaf(name, value)),
            Format::Json => {
                self.member(name);
                self.buf.push('[');
                for (i, value) in values.enumerate() {
                    if i > 0 {
                        self.buf.push(',');
                    }
                    self.scalar(value);
                }
                self.buf.push(']');
            }
        }
    }

    /// Writes the text of the present element; in JSON the member `value`.
    pub fn text(&mut self, value: &impl Scalar) {
        match self.format {
            Format::Xml => {
                self.close_start_tag();
                self.scalar(value);
            }
            Format::Json => self.attr("value", value),
        }
    }

    fn scalar(&mut self, value: &impl Scalar) {
        // Writing to a String does not fail; a Display that does writes nothing.
        let _ = value.put(&mut Sink {
            buf: &mut self.buf,
            format: self.format,
        });
    }

    fn begin(&mut self, name: &str) {
        match self.format {
            Format::Xml => {
                self.close_start_tag();
                self.buf.push('<');
                self.buf.push_str(name);
            }
            Format::Json => {
                self.member(name);
                self.buf.push('{');
            }
        }
        self.open = true;
    }

    fn end(&mut self, name: &str) {
        match self.format {
            Format::Xml => self.close(name),
            Format::Json => self.buf.push('}'),
        }
        self.open = false;
    }

    fn close(&mut self, name: &str) {
        if self.open {
            self.buf.push_str("/>");
            self.open = false;
        } else {
            self.buf.push_str("</");
            self.buf.push_str(name);
            self.buf.push('>');
        }
    }

    fn close_start_tag(&mut self) {
        if self.open {
            self.buf.push('>');
            self.open = false;
        }
    }

    fn member(&mut self, name: &str) {
        if !self.open {
            self.buf.push(',');
        }
        self.open = false;
        self.buf.push('"');
        self.buf.push_str(name);
        self.buf.push_str("\":");
    }
}

fn escape_xml(buf: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| matches!(c, '<' | '>' | '&' | '"' | '\'') || is_special(c)) {
        buf.push_str(&rest[..at]);
        let c = rest[at..].chars().next().expect("find gives the start of a char");
        match c {
            '<' => buf.push_str("&lt;"),
            '>' => buf.push_str("&gt;"),
            '&' => buf.push_str("&amp;"),
            '"' => buf.push_str("&quot;"),
            '\'' => buf.push_str("&apos;"),
            // White space in attributes survives only as a reference.
            '\t' => buf.push_str("&#9;"),
            '\n' => buf.push_str("&#10;"),
            '\r' => buf.push_str("&#13;"),
            // XML 1.0 cannot hold other control characters in any form.
            _ => buf.push('\u{fffd}'),
        }
        rest = &rest[at + c.len_utf8()..];
    }
    buf.push_str(rest);
}

fn is_special(c: char) -> bool {
    c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}')
}

fn escape_json(buf: &mut String, text: &str) -> fmt::Result {
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ') {
        buf.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => buf.push_str("\\\""),
            b'\\' => buf.push_str("\\\\"),
            b'\n' => buf.push_str("\\n"),
            b'\r' => buf.push_str("\\r"),
            b'\t' => buf.push_str("\\t"),
            other => write!(buf, "\\u{other:04x}")?,
        }
        rest = &rest[at + 1..];
    }
    buf.push_str(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::version::V;

    fn sample(out: &mut Out) {
        out.element("pagination", |out| out.attr("pageNumber", &1u32));
        out.element("workbooks", |out| {
            out.children("workbook", &[Leaf("a<b"), Leaf("c\"d")])
        });
        out.element("tags", |_| {});
        out.leaf("note", &"x & y".to_owned());
    }

    struct Leaf(&'static str);
    impl Write1 for Leaf {
        fn write(&self, out: &mut Out) {
            out.attr("name", &self.0.to_owned());
            out.attr("showTabs", &true);
        }
    }

    #[test]
    fn one_set_of_calls_gives_both_encodings() {
        let xml = Out::response(Format::Xml, V(3, 1), sample);
        assert!(xml.starts_with(
            "<?xml version='1.0' encoding='UTF-8'?><tsResponse xmlns=\"http://tableau.com/api\""
        ));
        assert!(
            xml.ends_with(
                "xsd\"><pagination pageNumber=\"1\"/><workbooks><workbook name=\"a&lt;b\" showTabs=\"true\"/>\
                 <workbook name=\"c&quot;d\" showTabs=\"true\"/></workbooks><tags/><note>x &amp; y</note></tsResponse>"
            ),
            "{xml}"
        );
        assert_eq!(
            Out::response(Format::Json, V(3, 1), sample),
            "{\"pagination\":{\"pageNumber\":\"1\"},\"workbooks\":{\"workbook\":[{\"name\":\"a<b\",\"showTabs\":true},\
             {\"name\":\"c\\\"d\",\"showTabs\":true}]},\"tags\":{},\"note\":\"x & y\"}"
        );
    }

    #[test]
    fn control_characters_do_not_break_the_document() {
        let text = "tab\t nul\0 bell\u{7}".to_owned();
        let xml = Out::request(Format::Xml, |out| out.leaf("x", &text));
        assert!(xml.contains("tab&#9; nul\u{fffd} bell\u{fffd}"), "{xml}");
        let json = Out::request(Format::Json, |out| out.leaf("x", &text));
        assert_eq!(json, "{\"x\":\"tab\\t nul\\u0000 bell\\u0007\"}");
    }
}
