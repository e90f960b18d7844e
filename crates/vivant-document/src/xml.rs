//! Pull reader for XML of unknown origin: bounded, without entities, with feature prefixes resolved.
//!
//! Callers see a tree of elements and walk it in order: [`Xml::child`] goes into the next child of the
//! element they are in, and whoever gets an element leads the reader to its end, with [`Xml::child`]
//! until `None`, [`Xml::skip`], [`Xml::text`] or [`Xml::descendants`].

use std::io::{self, BufRead, Read};
use std::mem;

use quick_xml::XmlVersion;
use quick_xml::errors::Error as XmlError;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::error::{Error, Place, Result, shorten};
use crate::limits::{Limit, Limits};

/// Element with its attributes.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Name without feature prefixes.
    pub name: String,
    attributes: Vec<(String, String)>,
}

impl Element {
    /// Returns an attribute that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Returns an attribute that is not empty, as a string of its own.
    pub fn own(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// Returns an attribute, or an empty string.
    pub fn own_or_empty(&self, name: &str) -> String {
        self.own(name).unwrap_or_default()
    }
}

/// Reader over a document.
pub(crate) struct Xml<'l, R: BufRead> {
    reader: Reader<Guard<R>>,
    buffer: Vec<u8>,
    limits: &'l Limits,
    depth: usize,
    finished: bool,
    version: XmlVersion,
    build: Option<String>,
    kept: u64,
}

/// What the caller of [`Xml::step`] wants decoded.
#[derive(Clone, Copy, PartialEq)]
enum Want {
    Nothing,
    Elements,
    /// Elements of both branches of a feature, without their attributes.
    Names,
    Text,
}

/// One step through the document.
enum Step {
    /// Begin of an element that the caller can go into.
    Open(Element),
    /// Begin of an element that is not wanted: on the false branch of a feature, or nothing was wanted.
    Pass,
    Close,
    Text(String),
    /// Nothing of interest.
    Other,
    End,
}

impl<'l, R: BufRead> Xml<'l, R> {
    /// Begins to read a document.
    pub fn new(source: R, limits: &'l Limits) -> Self {
        let mut reader = Reader::from_reader(Guard::new(source, limits));
        reader.config_mut().expand_empty_elements = true;
        Self {
            reader,
            buffer: Vec::new(),
            limits,
            depth: 0,
            finished: false,
            version: XmlVersion::Implicit1_0,
            build: None,
            kept: 0,
        }
    }

    /// Goes into the root element.
    pub fn root(&mut self) -> Result<Element> {
        loop {
            match self.step(Want::Elements)? {
                Step::Open(element) => return Ok(element),
                Step::Pass => self.skip()?,
                Step::End => return Err(self.damaged("the document is empty")),
                Step::Close | Step::Text(_) | Step::Other => {}
            }
        }
    }

    /// Goes into the next child of the current element, or to the current element's end.
    pub fn child(&mut self) -> Result<Option<Element>> {
        loop {
            match self.step(Want::Elements)? {
                Step::Open(element) => return Ok(Some(element)),
                Step::Pass => self.skip()?,
                Step::Close => return Ok(None),
                Step::Text(_) | Step::Other => {}
                Step::End => return Err(self.cut_short()),
            }
        }
    }

    /// Goes into the next child of the current element whatever its feature prefixes say, and returns its
    /// name without them and the byte it begins at; or goes to the current element's end.
    pub fn raw_child(&mut self) -> Result<Option<(String, u64)>> {
        loop {
            let begin = self.position();
            match self.step(Want::Names)? {
                Step::Open(element) => return Ok(Some((element.name, begin))),
                Step::Close => return Ok(None),
                Step::Pass | Step::Text(_) | Step::Other => {}
                Step::End => return Err(self.cut_short()),
            }
        }
    }

    /// Goes to the end of the current element.
    pub fn skip(&mut self) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            if let Step::End = self.step(Want::Nothing)? {
                return Err(self.cut_short());
            }
        }
        Ok(())
    }

    /// Goes to the end of the current element and returns all text in it.
    pub fn text(&mut self) -> Result<String> {
        let outside = self.depth.saturating_sub(1);
        let mut text = String::new();
        while self.depth > outside {
            match self.step(Want::Text)? {
                Step::Text(part) => {
                    if (text.len() + part.len()) as u64 > self.limits.token_bytes {
                        return Err(self.too_large(Limit::TokenBytes, self.limits.token_bytes));
                    }
                    if text.is_empty() {
                        text = part
                    } else {
                        text.push_str(&part)
                    }
                }
                Step::End => return Err(self.cut_short()),
                Step::Open(_) | Step::Pass | Step::Close | Step::Other => {}
            }
        }
        Ok(text)
    }

    /// Goes to the end of the current element and returns the text of its runs; white space between them is
    /// layout of the XML.
    pub fn formatted_text(&mut self) -> Result<String> {
        let mut text = String::new();
        while let Some(child) = self.child()? {
            if child.name == "run" {
                let run = self.text()?;
                // Tableau: `Æ` in front keeps white space from being trimmed; it is no letter here.
                text.push_str(
                    run.strip_prefix('Æ')
                        .filter(|rest| rest.trim().is_empty())
                        .unwrap_or(&run),
                );
            } else {
                text.push_str(&self.formatted_text()?);
            }
        }
        Ok(text)
    }

    /// Goes to the end of the current element and shows every element inside on the way.
    pub fn descendants(&mut self, mut visit: impl FnMut(&Element)) -> Result<()> {
        let outside = self.depth.saturating_sub(1);
        while self.depth > outside {
            match self.step(Want::Elements)? {
                Step::Open(element) => visit(&element),
                Step::Pass => self.skip()?,
                Step::End => return Err(self.cut_short()),
                Step::Close | Step::Text(_) | Step::Other => {}
            }
        }
        Ok(())
    }

    /// Reads on to the end of the document, after the root element: nothing may follow it.
    pub fn finish(&mut self) -> Result<()> {
        loop {
            match self.step(Want::Elements)? {
                Step::End => return Ok(()),
                Step::Open(_) | Step::Pass => return Err(self.damaged("a second root element")),
                Step::Close | Step::Text(_) | Step::Other => {}
            }
        }
    }

    /// Returns how many bytes were read, which is the place after the last step.
    pub fn position(&self) -> u64 {
        self.reader.get_ref().consumed
    }

    /// Returns the build that the comment at the top names, once the root element is reached.
    pub fn build(&self) -> Option<&str> {
        self.build.as_deref()
    }

    /// Counts bytes that are kept as facts.
    pub fn keep(&mut self, bytes: usize) -> Result<()> {
        if self.can_keep(bytes) {
            self.kept += bytes as u64;
            return Ok(());
        }
        Err(self.too_large(Limit::FactsBytes, self.limits.facts_bytes))
    }

    /// Tells whether so many bytes more may be kept as facts.
    pub fn can_keep(&self, bytes: usize) -> bool {
        self.kept.saturating_add(bytes as u64) <= self.limits.facts_bytes
    }

    /// Reads one event.
    fn step(&mut self, want: Want) -> Result<Step> {
        if self.finished {
            return Ok(Step::End);
        }
        let mut buffer = mem::take(&mut self.buffer);
        buffer.clear();
        self.reader.get_mut().begin_token();
        let step = match self.reader.read_event_into(&mut buffer) {
            Ok(event) => Self::decode(event, want, &mut self.depth, self.version, self.limits),
            Err(error) => Err(translate(error)),
        };
        self.buffer = buffer;
        let step = match step {
            Ok(Decoded::Step(step)) => step,
            Ok(Decoded::Version(version)) => {
                self.version = version;
                Step::Other
            }
            Ok(Decoded::Build(build)) => {
                // Only the first: a document may hold another one's text further down.
                self.build.get_or_insert(build);
                Step::Other
            }
            Err(error) => return Err(self.placed(error)),
        };
        self.finished = matches!(step, Step::End);
        Ok(step)
    }

    fn decode(
        event: Event<'_>,
        want: Want,
        depth: &mut usize,
        version: XmlVersion,
        limits: &Limits,
    ) -> Result<Decoded> {
        let step = match event {
            Event::Start(start) => {
                *depth += 1;
                if *depth > limits.element_depth {
                    return Err(Error::too_large(
                        Limit::ElementDepth,
                        limits.element_depth,
                        Place::default(),
                    ));
                }
                match (want, resolve(start.name().as_ref())) {
                    (Want::Elements, Some(name)) => Step::Open(Element {
                        name: name.to_owned(),
                        attributes: attributes(&start, version, limits)?,
                    }),
                    (Want::Names, _) => Step::Open(Element {
                        name: unprefixed(start.name().as_ref()).to_owned(),
                        attributes: Vec::new(),
                    }),
                    _ => Step::Pass,
                }
            }
            Event::End(_) => {
                *depth = depth.saturating_sub(1);
                Step::Close
            }
            Event::Text(text) => {
                if *depth == 0 && !text.trim_ascii().is_empty() {
                    return Err(Error::damaged(
                        "text outside of the root element",
                        Place::default(),
                    ));
                }
                if want == Want::Text {
                    Step::Text(text.xml10_content().into_owned())
                } else {
                    Step::Other
                }
            }
            Event::CData(text) => {
                if want == Want::Text {
                    Step::Text(text.xml10_content().into_owned())
                } else {
                    Step::Other
                }
            }
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(translate)?;
                let text = match (character, resolve_predefined_entity(&reference)) {
                    (Some(character), _) => character.to_string(),
                    (None, Some(text)) => text.to_owned(),
                    (None, None) => {
                        let problem = format!("entity `&{};` is not defined", shorten(&reference));
                        return Err(Error::damaged(problem, Place::default()));
                    }
                };
                if want == Want::Text {
                    Step::Text(text)
                } else {
                    Step::Other
                }
            }
            Event::Decl(declaration) => {
                if let Some(encoding) = declaration.encoding() {
                    let encoding = encoding.map_err(|error| translate(error.into()))?;
                    if !["utf-8", "utf8", "us-ascii"]
                        .iter()
                        .any(|name| encoding.eq_ignore_ascii_case(name))
                    {
                        return Err(Error::Unsupported {
                            what: format!("document in encoding `{}`", shorten(&encoding)),
                            advice: "save it as UTF-8",
                        });
                    }
                }
                return Ok(Decoded::Version(declaration.xml_version().map_err(translate)?));
            }
            Event::Comment(comment) => {
                // Tableau: `<!-- build 20233.24.0117.1234   -->` before or just inside the root element.
                match comment.trim_ascii().strip_prefix("build ") {
                    Some(build) if *depth <= 1 => return Ok(Decoded::Build(shorten(build.trim_ascii()))),
                    _ => Step::Other,
                }
            }
            Event::DocType(_) => {
                return Err(Error::hostile(
                    "the document declares a DOCTYPE, by which entities come in",
                    Place::default(),
                ));
            }
            Event::PI(_) => Step::Other,
            Event::Eof if *depth > 0 => return Err(cut_short()),
            Event::Eof => Step::End,
            Event::Empty(_) => unreachable!("empty elements are expanded by configuration"),
        };
        Ok(Decoded::Step(step))
    }

    fn damaged(&self, problem: &str) -> Error {
        Error::damaged(problem, self.position())
    }

    fn cut_short(&self) -> Error {
        self.placed(cut_short())
    }

    fn too_large(&self, limit: Limit, allowed: u64) -> Error {
        Error::too_large(limit, allowed, self.position())
    }

    fn placed(&self, mut error: Error) -> Error {
        if let Error::Damaged { place, .. } | Error::TooLarge { place, .. } | Error::Hostile { place, .. } =
            &mut error
        {
            place.byte.get_or_insert(self.position());
        }
        error
    }
}

/// What one event comes to.
enum Decoded {
    Step(Step),
    Version(XmlVersion),
    Build(String),
}

fn cut_short() -> Error {
    Error::damaged(
        "the document ends before its last element is closed",
        Place::default(),
    )
}

/// Removes feature prefixes from the name of an element or attribute; `None` is the false branch.
///
/// Tableau: `_.fcp.<Feature>.true...name` is what a current program reads, `_.fcp.<Feature>.false...name`
/// what an older one does; prefixes nest.
pub(crate) fn resolve(mut name: &str) -> Option<&str> {
    while let Some((condition, rest)) = name
        .strip_prefix("_.fcp.")
        .and_then(|rest| rest.split_once("..."))
    {
        match condition.rsplit_once('.') {
            Some((_, "false")) => return None,
            Some((_, "true")) => name = rest,
            _ => break,
        }
    }
    Some(name)
}

/// Removes feature prefixes of either branch.
fn unprefixed(name: &str) -> &str {
    if name.starts_with("_.fcp.") {
        name.rsplit_once("...").map_or(name, |(_, rest)| rest)
    } else {
        name
    }
}

fn attributes(start: &BytesStart<'_>, version: XmlVersion, limits: &Limits) -> Result<Vec<(String, String)>> {
    let mut found: Vec<(String, String)> = Vec::new();
    // Comparing names pairwise is quadratic, so the count is bounded first.
    for (count, attribute) in start.attributes().enumerate() {
        if count >= limits.element_attributes {
            let limit = Limit::ElementAttributes;
            return Err(Error::too_large(
                limit,
                limits.element_attributes,
                Place::default(),
            ));
        }
        let attribute = attribute.map_err(|error| translate(error.into()))?;
        if attribute.value.len() > limits.attribute_bytes {
            return Err(Error::too_large(
                Limit::AttributeBytes,
                limits.attribute_bytes,
                Place::default(),
            ));
        }
        let Some(key) = resolve(attribute.key.as_ref()) else {
            continue;
        };
        let value = attribute.normalized_value(version).map_err(translate)?;
        found.push((key.to_owned(), value.into_owned()));
    }
    Ok(found)
}

fn translate(error: XmlError) -> Error {
    match error {
        XmlError::Io(error) => Error::from(error.as_ref()),
        XmlError::Encoding(_) => Error::damaged("text that is not UTF-8", Place::default()),
        other => Error::damaged(
            format!("not well-formed XML: {}", shorten(&other.to_string())),
            Place::default(),
        ),
    }
}

/// Counts what the parser takes and stops it before it gathers too much.
struct Guard<R> {
    source: R,
    /// Bytes taken so far.
    consumed: u64,
    token_end: u64,
    token_bytes: u64,
    document_bytes: u64,
}

impl<R: BufRead> Guard<R> {
    fn new(source: R, limits: &Limits) -> Self {
        Self {
            source,
            consumed: 0,
            token_end: limits.token_bytes,
            token_bytes: limits.token_bytes,
            document_bytes: limits.document_bytes,
        }
    }

    fn begin_token(&mut self) {
        self.token_end = self.consumed.saturating_add(self.token_bytes);
    }
}

impl<R: BufRead> Read for Guard<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.fill_buf()?.read(out)?;
        self.consume(taken);
        Ok(taken)
    }
}

impl<R: BufRead> BufRead for Guard<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let ready = self.source.fill_buf()?;
        // Only when there is more: a document that ends right at a limit is within it.
        if !ready.is_empty() {
            if self.consumed >= self.document_bytes {
                return Err(
                    Error::too_large(Limit::DocumentBytes, self.document_bytes, self.consumed).into(),
                );
            }
            if self.consumed >= self.token_end {
                return Err(Error::too_large(Limit::TokenBytes, self.token_bytes, self.consumed).into());
            }
        }
        Ok(ready)
    }

    fn consume(&mut self, taken: usize) {
        self.source.consume(taken);
        self.consumed += taken as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the tree as `name(attribute=value …){children}`, with text in quotes at the leaves `t`.
    fn tree(document: &str, limits: &Limits) -> Result<String> {
        fn element<R: BufRead>(xml: &mut Xml<'_, R>, this: Element, out: &mut String) -> Result<()> {
            out.push_str(&this.name);
            for (key, value) in &this.attributes {
                out.push_str(&format!(" {key}={value}"));
            }
            if this.name == "t" {
                out.push_str(&format!("{:?}", xml.text()?));
                return Ok(());
            }
            out.push('{');
            while let Some(child) = xml.child()? {
                element(xml, child, out)?;
            }
            out.push('}');
            Ok(())
        }
        let mut xml = Xml::new(document.as_bytes(), limits);
        let mut out = String::new();
        let root = xml.root()?;
        element(&mut xml, root, &mut out)?;
        xml.finish()?;
        assert_eq!(xml.position(), document.len() as u64);
        Ok(out)
    }

    #[track_caller]
    fn check(document: &str, expected: &str) {
        assert_eq!(tree(document, &Limits::default()).unwrap(), expected);
    }

    #[track_caller]
    fn refuse(document: &str, expected: &str) {
        let message = tree(document, &Limits::default()).unwrap_err().to_string();
        assert!(
            message.contains(expected),
            "{message:?} does not hold {expected:?}"
        );
    }

    #[test]
    fn elements_attributes_and_text() {
        check(
            "<?xml version='1.0' encoding='utf-8'?>\r\n<a x='1'><b/><c y=\"2\"/></a>\n",
            "a x=1{b{}c y=2{}}",
        );
        check(
            "<a><t>1 &lt; 2 &#x41;<![CDATA[<b>]]></t></a>",
            "a{t\"1 < 2 A<b>\"}",
        );
        check("<a f='x&#13;&#10;y &quot;z&quot;'/>", "a f=x\r\ny \"z\"{}");
        check("\u{feff}<a/>", "a{}");
        check("<t>one<x> two</x></t>", "t\"one two\"");
    }

    #[test]
    fn feature_prefixes_are_resolved() {
        check(
            "<a><_.fcp.F.false...b><c/></_.fcp.F.false...b><_.fcp.F.true...b x='1'/></a>",
            "a{b x=1{}}",
        );
        check(
            "<z _.fcp.S.false...type='f' _.fcp.S.true...type-v2='g'/>",
            "z type-v2=g{}",
        );
        check(
            "<a><_.fcp.A.true..._.fcp.B.true...b/><_.fcp.A.true..._.fcp.B.false...b/></a>",
            "a{b{}}",
        );
        check("<_.fcp.odd/>", "_.fcp.odd{}");
    }

    #[test]
    fn broken_documents_are_damaged() {
        refuse("", "the document is empty");
        refuse("  ", "the document is empty");
        refuse("<a><b></a>", "not well-formed");
        refuse("<a><b>", "ends before its last element is closed");
        refuse("<a", "not well-formed");
        refuse("<a x='1' x='2'/>", "not well-formed");
        refuse("<a/><b/>", "a second root element");
        refuse("hello <a/>", "text outside of the root element");
        refuse("<a>&nbsp;</a>", "entity `&nbsp;` is not defined");
        refuse("<a x='&nbsp;'/>", "not well-formed");
        refuse("<?xml version='1.0' encoding='utf-16'?><a/>", "encoding `utf-16`");
    }

    #[test]
    fn declared_entities_are_hostile() {
        let bomb = "<!DOCTYPE a [<!ENTITY x 'lol'><!ENTITY y '&x;&x;&x;'>]><a>&y;</a>";
        let file = "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>";
        for document in [bomb, file] {
            let error = tree(document, &Limits::default()).unwrap_err();
            assert!(matches!(error, Error::Hostile { .. }), "{error}");
        }
    }

    #[test]
    fn limits_hold_everywhere() {
        let limits = Limits {
            document_bytes: 400,
            token_bytes: 100,
            element_depth: 5,
            element_attributes: 3,
            attribute_bytes: 10,
            ..Limits::default()
        };
        let cases = [
            (format!("<a>{}</a>", "<b/>".repeat(200)), Limit::DocumentBytes),
            (format!("<a>{}</a>", "x".repeat(300)), Limit::TokenBytes),
            (format!("<a><!--{}--></a>", "x".repeat(300)), Limit::TokenBytes),
            (format!("<{}/>", "x".repeat(300)), Limit::TokenBytes),
            ("<a>".repeat(6), Limit::ElementDepth),
            (
                "<a b='1' c='2' d='3' e='4'/>".to_owned(),
                Limit::ElementAttributes,
            ),
            ("<a b='12345678901'/>".to_owned(), Limit::AttributeBytes),
        ];
        for (document, expected) in cases {
            // Few bytes at a time: the guard looks when the parser asks for more.
            let source = io::BufReader::with_capacity(16, document.as_bytes());
            let mut xml = Xml::new(source, &limits);
            let error = xml
                .root()
                .and_then(|_| xml.descendants(|_| {}))
                .and_then(|()| xml.finish())
                .unwrap_err();
            assert!(
                matches!(&error, Error::TooLarge { limit, .. } if *limit == expected),
                "{expected:?}: {error}"
            );
        }
    }

    #[test]
    fn ten_thousand_levels_are_too_deep() {
        let document = "<a>".repeat(10_000);
        let error = tree(&document, &Limits::default()).unwrap_err();
        assert!(
            matches!(
                error,
                Error::TooLarge {
                    limit: Limit::ElementDepth,
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn the_build_comment_is_kept() {
        let limits = Limits::default();
        let mut xml = Xml::new("<!-- build 20203.20.0801.1333     --><a/>".as_bytes(), &limits);
        xml.root().unwrap();
        assert_eq!(xml.build(), Some("20203.20.0801.1333"));
    }
}
