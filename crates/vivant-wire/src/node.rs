//! Reading requests and answers: XML and JSON become one small tree, from which types read
//! themselves.
//!
//! Input is hostile: depth, number of nodes and kinds of markup are limited, document types and
//! entities of one's own are refused.

use std::fmt;

use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::out::Format;

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 32;
/// The most elements that one document may hold.
const MAX_NODES: usize = 200_000;

/// An element, whatever it was written as.
///
/// In XML attributes, children and text are apart; in JSON every scalar member is an attribute, an
/// object is a child, an array repeats its member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// Local name, without a prefix.
    pub name: String,
    /// Name and value, in the order of the document.
    pub attributes: Vec<(String, String)>,
    /// Child elements, in the order of the document.
    pub children: Vec<Node>,
    /// The text directly inside, trimmed.
    pub text: String,
    /// A value that cannot be read counts as absent.
    pub lenient: bool,
}

/// Why a document or element could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError(String);

impl ReadError {
    /// Makes an error of a sentence that says what is wrong with which element.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

/// A type that reads itself from an element.
pub trait Read1: Sized {
    /// Reads attributes and children; unknown ones are ignored, as clients send back what other
    /// servers answered.
    fn read(node: &Node) -> Result<Self, ReadError>;
}

/// A value that an attribute or text can hold.
pub trait FromText: Sized {
    /// What to say of a text that is no such value, as in "must be true or false".
    const EXPECTED: &'static str;

    /// Reads the value.
    fn from_text(text: &str) -> Option<Self>;
}

impl Node {
    /// Reads a document; the root is `tsRequest` or `tsResponse` for XML and has no name in JSON.
    pub fn parse(format: Format, body: &[u8]) -> Result<Self, ReadError> {
        let text = std::str::from_utf8(body).map_err(|_| ReadError::new("the body is not UTF-8 text"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match format {
            Format::Xml => parse_xml(text),
            Format::Json => parse_json(text),
        }
    }

    /// Reads a server's answer, in which one value that cannot be read, such as an empty time, must not make
    /// a whole list unusable: it counts as absent.
    pub fn parse_answer(format: Format, body: &[u8]) -> Result<Self, ReadError> {
        let mut node = Self::parse(format, body)?;
        node.take_leniently();
        Ok(node)
    }

    fn take_leniently(&mut self) {
        self.lenient = true;
        self.children.iter_mut().for_each(Self::take_leniently);
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// The first child of the name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// Reads an attribute, `None` where it is absent.
    pub fn get<T: FromText>(&self, name: &str) -> Result<Option<T>, ReadError> {
        match self.attribute(name) {
            Some(text) => self.convert(name, text),
            None => Ok(None),
        }
    }

    /// Reads a child that holds nothing but text; JSON writes it like an attribute.
    pub fn leaf<T: FromText>(&self, name: &str) -> Result<Option<T>, ReadError> {
        match self.child(name) {
            Some(child) => self.convert(name, &child.text),
            None => self.get(name),
        }
    }

    /// Reads every child of the name that holds nothing but text; JSON writes an array of values.
    pub fn leaves<T: FromText>(&self, name: &str) -> Result<Vec<T>, ReadError> {
        let members = self.attributes.iter().filter(|(n, _)| n == name);
        let children = self.children.iter().filter(|c| c.name == name);
        members
            .map(|(_, text)| text)
            .chain(children.map(|c| &c.text))
            .filter_map(|text| self.convert(name, text).transpose())
            .collect()
    }

    /// Reads the element's own text; JSON writes it as the member `value`.
    pub fn own_text<T: FromText>(&self) -> Result<Option<T>, ReadError> {
        if self.text.is_empty() {
            self.get("value")
        } else {
            self.convert("value", &self.text)
        }
    }

    /// Reads the first child of the name, `None` where it is absent.
    pub fn one<T: Read1>(&self, name: &str) -> Result<Option<T>, ReadError> {
        self.child(name).map(T::read).transpose()
    }

    /// Reads every child of the name.
    pub fn many<T: Read1>(&self, name: &str) -> Result<Vec<T>, ReadError> {
        self.children
            .iter()
            .filter(|c| c.name == name)
            .map(T::read)
            .collect()
    }

    fn convert<T: FromText>(&self, name: &str, text: &str) -> Result<Option<T>, ReadError> {
        match T::from_text(text) {
            None if !self.lenient => {
                let shown: String = text.chars().take(40).collect();
                Err(ReadError::new(format!(
                    "{}/@{name} '{shown}' {}",
                    self.name,
                    T::EXPECTED
                )))
            }
            value => Ok(value),
        }
    }
}

fn parse_xml(text: &str) -> Result<Node, ReadError> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut stack: Vec<Node> = Vec::new();
    let mut scopes = Scopes::default();
    let mut root = None;
    let mut count = 0;
    loop {
        let event = reader.read_event().map_err(|e| malformed(&e))?;
        match event {
            Event::Start(start) => {
                count += 1;
                if root.is_some() {
                    return Err(ReadError::new("the body has more than one root element"));
                }
                if stack.len() >= MAX_DEPTH || count > MAX_NODES {
                    return Err(ReadError::new(
                        "the body is nested too deep or has too many elements",
                    ));
                }
                scopes.enter(&start)?;
                stack.push(start_node(&start)?);
            }
            Event::End(_) => {
                scopes.leave();
                let mut node = stack
                    .pop()
                    .ok_or_else(|| ReadError::new("an end tag has no start tag"))?;
                node.text.truncate(node.text.trim_end().len());
                match stack.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => root = Some(node),
                }
            }
            Event::Text(text) => {
                push_text(&mut stack, &text.xml10_content())?;
            }
            Event::CData(data) => {
                push_text(&mut stack, &data.xml10_content())?;
            }
            Event::GeneralRef(reference) => {
                let text = resolve(&reference)?;
                push_text(&mut stack, &text)?;
            }
            Event::DocType(_) => return Err(ReadError::new("a document type declaration is not allowed")),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Empty(_) => unreachable!("empty elements are expanded"),
            Event::Eof => break,
        }
    }
    match root {
        Some(root) if stack.is_empty() => Ok(root),
        _ => Err(ReadError::new(
            "the body is empty or ends in the middle of an element",
        )),
    }
}

/// The namespace prefixes that are declared at the present depth.
#[derive(Default)]
struct Scopes {
    prefixes: Vec<String>,
    /// How many prefixes there were before each open element.
    marks: Vec<usize>,
}

impl Scopes {
    fn enter(&mut self, start: &BytesStart<'_>) -> Result<(), ReadError> {
        self.marks.push(self.prefixes.len());
        let mut used = Vec::new();
        used.extend(start.name().prefix().map(|p| p.as_ref().to_owned()));
        for attribute in start.attributes() {
            let key = attribute.map_err(|e| malformed(&e))?.key;
            match key.as_namespace_binding() {
                Some(quick_xml::name::PrefixDeclaration::Named(prefix)) => {
                    self.prefixes.push(prefix.to_owned())
                }
                Some(quick_xml::name::PrefixDeclaration::Default) => {}
                None => used.extend(key.prefix().map(|p| p.as_ref().to_owned())),
            }
        }
        match used.iter().find(|p| *p != "xml" && !self.prefixes.contains(p)) {
            Some(prefix) => Err(ReadError::new(format!(
                "the namespace prefix {prefix} is not declared"
            ))),
            None => Ok(()),
        }
    }

    fn leave(&mut self) {
        self.prefixes.truncate(self.marks.pop().unwrap_or(0));
    }
}

fn malformed(error: &dyn fmt::Display) -> ReadError {
    ReadError::new(format!("the body is not well-formed XML: {error}"))
}

fn start_node(start: &BytesStart<'_>) -> Result<Node, ReadError> {
    let mut node = Node {
        name: start.local_name().as_ref().to_owned(),
        ..Node::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| malformed(&e))?;
        let key = attribute.key;
        if key.as_namespace_binding().is_some() || key.prefix().is_some() {
            continue;
        }
        let value = quick_xml::escape::unescape(&attribute.value).map_err(|e| malformed(&e))?;
        node.attributes
            .push((key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(node)
}

fn push_text(stack: &mut [Node], text: &str) -> Result<(), ReadError> {
    match stack.last_mut() {
        Some(node) if node.text.is_empty() => node.text.push_str(text.trim_start()),
        Some(node) => node.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(ReadError::new("the body has text outside its root element")),
    }
    Ok(())
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, ReadError> {
    if let Some(c) = reference.resolve_char_ref().map_err(|e| malformed(&e))? {
        return Ok(c.to_string());
    }
    let name: &str = reference;
    let known = quick_xml::escape::resolve_predefined_entity(name);
    known
        .map(str::to_owned)
        .ok_or_else(|| ReadError::new(format!("the entity &{name}; is not defined")))
}

fn parse_json(text: &str) -> Result<Node, ReadError> {
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|e| ReadError::new(format!("the body is not well-formed JSON: {e}")))?;
    let serde_json::Value::Object(members) = value else {
        return Err(ReadError::new("the body is not a JSON object"));
    };
    let mut count = 0;
    from_object("tsRequest", members, 0, &mut count)
}

fn from_object(
    name: &str,
    members: serde_json::Map<String, serde_json::Value>,
    depth: usize,
    count: &mut usize,
) -> Result<Node, ReadError> {
    *count += 1;
    if depth >= MAX_DEPTH || *count > MAX_NODES {
        return Err(ReadError::new(
            "the body is nested too deep or has too many elements",
        ));
    }
    let mut node = Node {
        name: name.to_owned(),
        ..Node::default()
    };
    for (key, value) in members {
        add_member(&mut node, &key, value, depth, count)?;
    }
    Ok(node)
}

fn add_member(
    node: &mut Node,
    key: &str,
    value: serde_json::Value,
    depth: usize,
    count: &mut usize,
) -> Result<(), ReadError> {
    use serde_json::Value;
    match value {
        Value::Null => {}
        Value::Bool(b) => node.attributes.push((key.to_owned(), b.to_string())),
        Value::Number(n) => node.attributes.push((key.to_owned(), n.to_string())),
        Value::String(s) => node.attributes.push((key.to_owned(), s)),
        Value::Object(members) => node.children.push(from_object(key, members, depth + 1, count)?),
        Value::Array(items) => {
            if depth + 1 >= MAX_DEPTH {
                return Err(ReadError::new(
                    "the body is nested too deep or has too many elements",
                ));
            }
            for item in items {
                if item.is_array() {
                    return Err(ReadError::new(format!("'{key}' holds a list inside a list")));
                }
                add_member(node, key, item, depth, count)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_same(xml: &str, json: &str) {
        let from_xml = Node::parse(Format::Xml, xml.as_bytes()).expect(xml);
        let from_json = Node::parse(Format::Json, json.as_bytes()).expect(json);
        assert_eq!(from_xml.children, from_json.children);
    }

    fn check_error(format: Format, body: &str, part: &str) {
        let error = Node::parse(format, body.as_bytes()).expect_err(body).to_string();
        assert!(error.contains(part), "{error}");
    }

    #[test]
    fn both_encodings_give_one_tree() {
        check_same(
            "<?xml version='1.0'?>\n<tsRequest xmlns='http://tableau.com/api'>\n <t:site xmlns:t='x' name='a &amp; b'>\
             <usage numUsers='3'/></t:site></tsRequest>",
            r#"{"site":{"name":"a & b","usage":{"numUsers":3}}}"#,
        );
        check_same(
            "<tsRequest><users><user id='1'/><user id='2'/></users></tsRequest>",
            r#"{"users":{"user":[{"id":"1"},{"id":"2"}]}}"#,
        );
    }

    #[test]
    fn text_and_references_are_joined() {
        let node = Node::parse(
            Format::Xml,
            b"<a><b> x &lt; &#65;<!-- no --><![CDATA[<y>]]> </b></a>",
        )
        .expect("fine");
        assert_eq!(node.child("b").map(|b| b.text.as_str()), Some("x < A<y>"));
    }

    #[test]
    fn hostile_documents_are_refused() {
        let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><tsRequest>&b;</tsRequest>";
        check_error(Format::Xml, bomb, "document type");
        check_error(Format::Xml, "<tsRequest>&b;</tsRequest>", "&b;");
        check_error(Format::Xml, "<tsRequest><a b='&b;'/></tsRequest>", "well-formed");
        check_error(Format::Xml, "<tsRequest><t:site/></tsRequest>", "prefix t");
        check_error(Format::Xml, "<a><b xmlns:t='x'/><t:c/></a>", "prefix t");
        check_error(Format::Xml, &"<a>".repeat(100), "too deep");
        check_error(Format::Json, &"{\"a\":".repeat(100), "");
        check_error(
            Format::Json,
            &format!("{}1{}", "{\"a\":".repeat(60), "}".repeat(60)),
            "too deep",
        );
        check_error(
            Format::Json,
            &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)),
            "well-formed",
        );
    }

    #[test]
    fn answers_are_read_leniently_requests_are_not() {
        let body = b"<tsResponse><job progress='' type='x'/></tsResponse>";
        let read = |node: Node| node.child("job").expect("there").get::<u32>("progress");
        assert!(read(Node::parse(Format::Xml, body).expect("fine")).is_err());
        let answer = Node::parse_answer(Format::Xml, body).expect("fine");
        assert_eq!(read(answer), Ok(None));
    }

    #[test]
    fn truncated_documents_are_refused() {
        for body in [
            "",
            " ",
            "<tsRequest>",
            "<tsRequest><site></tsRequest>",
            "<a/><b/>",
            "text",
            "<a/>text",
        ] {
            assert!(Node::parse(Format::Xml, body.as_bytes()).is_err(), "{body}");
        }
        for body in ["", "[]", "3", "{", "{\"a\":}"] {
            assert!(Node::parse(Format::Json, body.as_bytes()).is_err(), "{body}");
        }
    }
}
