//! Lossless tree over the text of an XML document.
//!
//! The tree is an arena of spans into one buffer: the text as it was read, followed by what edits have added.
//! A node that nobody edited is written by copying its bytes, so reading and writing gives the same bytes, and
//! an edit changes what it names and nothing else. White space, comments and text stand in the gaps between
//! elements: each element owns the gap before it (its lead) and the one before its end tag (its tail).
//!
//! Feature prefixes (`_.fcp.<Feature>.<true|false>...name`) are part of a raw name; the functions that take
//! plain names look through them.

mod edit;
mod element;
mod escape;
mod scan;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

pub(crate) use edit::USER_NAMESPACE;
pub use edit::Where;
pub use element::Element;
pub(crate) use escape::{decode_attribute, decode_text, escape};

use crate::error::{Error, Result};
use crate::limits::{Limit, Limits};
use crate::xml::resolve;
use scan::Attributes;

/// Element of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

const NIL: u32 = u32::MAX;

/// Piece of the buffer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Piece {
    start: u32,
    end: u32,
}

impl Piece {
    fn new(start: usize, end: usize) -> Self {
        // The buffer is kept below 4 GiB, see `Tree::room`.
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Returns where the piece begins.
    pub(crate) fn start(self) -> u32 {
        self.start
    }

    /// Returns where the piece ends.
    pub(crate) fn end(self) -> u32 {
        self.end
    }

    /// Returns what is before a byte of the buffer, and what is from there on.
    pub(crate) fn split(self, at: u32) -> (Self, Self) {
        (Self { end: at, ..self }, Self { start: at, ..self })
    }

    /// Returns what is left after some bytes.
    pub(crate) fn after(self, count: usize) -> Self {
        Self {
            start: self.start + count as u32,
            end: self.end,
        }
    }
}

/// What is known of one element: four pieces of text and three neighbours.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    lead: Piece,
    open: Piece,
    tail: Piece,
    close: Piece,
    parent: u32,
    first: u32,
    next: u32,
    flags: u8,
}

/// The pieces of the node or of one inside it no longer follow one another in the buffer.
const EDITED: u8 = 1;
/// What is inside was checked but not indexed.
const OPAQUE: u8 = 2;
/// The node is no longer in the document.
const REMOVED: u8 = 4;

/// Which parts of a document are indexed; the others are checked and kept as they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts<'a> {
    /// Names of those children of the root element to look into; none means all.
    pub only: Option<&'a [&'a str]>,
    /// Names of elements that are not looked into, wherever they stand.
    pub closed: &'a [&'a str],
}

impl Parts<'_> {
    fn is_whole(&self) -> bool {
        self.only.is_none() && self.closed.is_empty()
    }
}

/// An XML document that is written back as it was read, except for what was edited.
#[derive(Clone)]
pub struct Tree {
    /// The text that was read; copies of the tree share it.
    source: Arc<String>,
    /// What edits have added; its bytes count on from the end of `source`.
    added: String,
    nodes: Vec<Node>,
    limits: Limits,
    partial: bool,
    version: u64,
}

impl Tree {
    /// Reads a whole document.
    pub fn parse(source: impl Into<Vec<u8>>, limits: &Limits) -> Result<Self> {
        Self::parse_parts(source, Parts::default(), limits)
    }

    /// Reads a document and indexes only some parts of it, which saves memory in large workbooks.
    pub fn parse_parts(source: impl Into<Vec<u8>>, parts: Parts<'_>, limits: &Limits) -> Result<Self> {
        let source = source.into();
        if source.len() as u64 > limits.document_bytes || source.len() >= NIL as usize {
            let allowed = limits.document_bytes.min(u64::from(NIL));
            return Err(Error::too_large(Limit::DocumentBytes, allowed, allowed));
        }
        let source = String::from_utf8(source).map_err(|error| {
            Error::damaged("text that is not UTF-8", error.utf8_error().valid_up_to() as u64)
        })?;
        // A guess that wastes little: elements of real documents take 90 to 130 bytes.
        let mut nodes = Vec::with_capacity(if parts.is_whole() { source.len() / 110 } else { 16 });
        nodes.push(Node {
            lead: Piece::default(),
            open: Piece::default(),
            tail: Piece::default(),
            close: Piece::new(source.len(), source.len()),
            parent: NIL,
            first: NIL,
            next: NIL,
            flags: 0,
        });
        scan::scan(&source, 0, &mut nodes, 0, parts, limits)?;
        nodes.shrink_to_fit();
        Ok(Self {
            source: Arc::new(source),
            added: String::new(),
            nodes,
            limits: limits.clone(),
            partial: !parts.is_whole(),
            version: 0,
        })
    }

    /// Writes the document.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.runs(self.source.len())
            .into_iter()
            .try_for_each(|run| out.write_all(self.str(run).as_bytes()))
    }

    /// Returns what is written, in order, without what was read from a byte on, which was not edited: pieces that
    /// follow one another in the buffer are one.
    pub(crate) fn runs(&self, end: usize) -> Vec<Piece> {
        let mut runs: Vec<Piece> = Vec::new();
        self.pieces(NodeId(0), &mut |piece| {
            let piece = self.before(piece, end);
            if piece.is_empty() {
                return;
            }
            match runs.last_mut() {
                Some(last) if last.end == piece.start && piece.start as usize != self.source.len() => {
                    last.end = piece.end;
                }
                _ => runs.push(piece),
            }
        });
        runs
    }

    /// Tells whether a run is of the text that was read, not of what edits have added.
    pub(crate) fn is_read(&self, run: Piece) -> bool {
        (run.start as usize) < self.source.len()
    }

    /// Returns the bytes of a run.
    pub(crate) fn run(&self, run: Piece) -> &[u8] {
        self.str(run).as_bytes()
    }

    /// Cuts off what a piece of the text that was read has from a byte on.
    fn before(&self, piece: Piece, end: usize) -> Piece {
        if piece.start as usize >= self.source.len() {
            return piece;
        }
        Piece {
            start: piece.start.min(end as u32),
            end: piece.end.min(end as u32),
        }
    }

    /// Returns the document as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.source.len() + self.added.len());
        self.write(&mut bytes).expect("writing to memory does not fail");
        bytes
    }

    /// Tells whether anything was edited.
    pub fn is_edited(&self) -> bool {
        self.version > 0
    }

    /// Tells whether parts of the document were left out of the index.
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// Returns the elements that edits have touched or that have touched ones inside; `None` if this is not what
    /// became of the other tree by edits alone.
    pub(crate) fn touched_since(&self, other: &Tree) -> Option<Vec<NodeId>> {
        if other.is_edited() || !Arc::ptr_eq(&self.source, &other.source) {
            return None;
        }
        let mut touched = Vec::new();
        let mut stack = vec![NodeId(0)];
        while let Some(node) = stack.pop() {
            let inside = self
                .all_children(node)
                .filter(|&child| self.node(child).flags & EDITED != 0);
            let begin = stack.len();
            stack.extend(inside);
            touched.extend_from_slice(&stack[begin..]);
        }
        Some(touched)
    }

    /// Marks the tree as a part of a document.
    pub(crate) fn set_partial(&mut self) {
        self.partial = true;
    }

    /// Tells whether an element is still in the document.
    pub fn is_there(&self, node: NodeId) -> bool {
        std::iter::once(node)
            .chain(self.ancestors(node))
            .all(|at| self.node(at).flags & REMOVED == 0)
    }

    /// Returns the limits that the document was read with.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Returns the root element.
    pub fn root(&self) -> NodeId {
        NodeId(self.nodes[0].first)
    }

    /// Returns the element around this one; the root element has none.
    pub fn parent(&self, node: NodeId) -> Option<NodeId> {
        match self.node(node).parent {
            0 | NIL => None,
            parent => Some(NodeId(parent)),
        }
    }

    /// Returns the elements around this one, from the inside out.
    pub fn ancestors(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(node), |&at| self.parent(at))
    }

    /// Returns the name as it is written, with feature prefixes.
    pub fn raw_name(&self, node: NodeId) -> &str {
        scan::tag_name(self.str(self.node(node).open))
    }

    /// Returns the name without feature prefixes; `None` on the branch that only old programs read.
    pub fn name(&self, node: NodeId) -> Option<&str> {
        resolve(self.raw_name(node))
    }

    /// Returns the name without feature prefixes of either branch.
    pub fn plain_name(&self, node: NodeId) -> &str {
        plain(self.raw_name(node))
    }

    /// Tells whether the element has this name, seen through feature prefixes.
    pub fn is(&self, node: NodeId, name: &str) -> bool {
        self.name(node) == Some(name)
    }

    /// Returns the children, of all branches.
    pub fn all_children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.node(node).first;
        std::iter::successors((first != NIL).then_some(NodeId(first)), |at| {
            let next = self.node(*at).next;
            (next != NIL).then_some(NodeId(next))
        })
    }

    /// Returns the children that a current program reads.
    pub fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.all_children(node)
            .filter(|&child| self.name(child).is_some())
    }

    /// Returns the children of a name that a current program reads.
    pub fn named<'t>(&'t self, node: NodeId, name: &'t str) -> impl Iterator<Item = NodeId> + 't {
        self.all_children(node).filter(move |&child| self.is(child, name))
    }

    /// Returns the children of a name on all branches: an edit has to keep them in step.
    pub fn all_named<'t>(&'t self, node: NodeId, name: &'t str) -> impl Iterator<Item = NodeId> + 't {
        self.all_children(node)
            .filter(move |&child| self.plain_name(child) == name)
    }

    /// Returns the first child of a name.
    pub fn child(&self, node: NodeId, name: &str) -> Option<NodeId> {
        self.named(node, name).next()
    }

    /// Follows a path of names.
    pub fn find(&self, node: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(node, |at, name| self.child(at, name))
    }

    /// Returns the element itself and all elements inside it, in document order, on all branches.
    pub fn all_descendants(&self, node: NodeId) -> Descendants<'_> {
        Descendants {
            tree: self,
            top: node,
            next: Some(node),
            current_only: false,
        }
    }

    /// Returns the element itself and the elements inside it that a current program reads.
    pub fn descendants(&self, node: NodeId) -> Descendants<'_> {
        Descendants {
            tree: self,
            top: node,
            next: Some(node),
            current_only: true,
        }
    }

    /// Returns an attribute, seen through feature prefixes.
    pub fn get(&self, node: NodeId, name: &str) -> Option<Cow<'_, str>> {
        self.attributes_raw(node)
            .find(|attribute| resolve(attribute.name) == Some(name))
            .map(|attribute| decode_attribute(attribute.value))
    }

    /// Returns an attribute that is there and not empty.
    pub fn value(&self, node: NodeId, name: &str) -> Option<Cow<'_, str>> {
        self.get(node, name).filter(|value| !value.is_empty())
    }

    /// Tells whether an attribute has this value.
    pub fn has(&self, node: NodeId, name: &str, value: &str) -> bool {
        self.get(node, name).is_some_and(|found| found == value)
    }

    /// Returns the attributes with their raw names and decoded values.
    pub fn attributes(&self, node: NodeId) -> impl Iterator<Item = (&str, Cow<'_, str>)> + '_ {
        self.attributes_raw(node)
            .map(|attribute| (attribute.name, decode_attribute(attribute.value)))
    }

    /// Returns the text directly inside an element: entities resolved, comments left out.
    pub fn text(&self, node: NodeId) -> Cow<'_, str> {
        let at = self.node(node);
        if at.flags & OPAQUE != 0 {
            return Cow::Borrowed("");
        }
        if at.first == NIL {
            return decode_text(self.str(at.tail));
        }
        let mut text = String::new();
        for child in self.all_children(node) {
            text.push_str(&decode_text(self.str(self.node(child).lead)));
        }
        text.push_str(&decode_text(self.str(at.tail)));
        Cow::Owned(text)
    }

    /// Returns the text directly inside an element in pieces: before each child and after the last.
    pub(crate) fn texts(&self, node: NodeId) -> impl Iterator<Item = Cow<'_, str>> + '_ {
        let tail = self.node(node).tail;
        self.all_children(node)
            .map(|child| self.node(child).lead)
            .chain([tail])
            .map(|piece| decode_text(self.str(piece)))
    }

    /// Tells whether what is inside was left out of the index.
    pub fn is_opaque(&self, node: NodeId) -> bool {
        self.node(node).flags & OPAQUE != 0
    }

    /// Returns the element as it is written, without the gap before it.
    pub fn xml(&self, node: NodeId) -> String {
        let mut text = String::new();
        let at = self.node(node);
        if at.flags & EDITED == 0 {
            let end = at.close.end.max(at.open.end);
            text.push_str(self.str(Piece {
                start: at.open.start,
                end,
            }));
        } else {
            let lead = at.lead;
            self.pieces(node, &mut |piece| {
                if piece != lead || lead.is_empty() {
                    text.push_str(self.str(piece));
                }
            });
        }
        text
    }

    /// Returns the gap before an element.
    pub fn lead(&self, node: NodeId) -> &str {
        self.str(self.node(node).lead)
    }

    /// Returns where in the text that was read an element begins; `None` for one that was added.
    pub fn byte(&self, node: NodeId) -> Option<u64> {
        let start = self.node(node).open.start as usize;
        (start < self.source.len()).then_some(start as u64)
    }

    /// Returns line and column of an element in the text that was read, both from 1.
    pub fn line(&self, node: NodeId) -> Option<(usize, usize)> {
        let before = self.source.get(..self.byte(node)? as usize)?;
        let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Some((line, column))
    }

    /// Returns where in the text that was read each line begins.
    pub(crate) fn line_starts(&self) -> Vec<u32> {
        let ends = memchr::memchr_iter(b'\n', self.source.as_bytes());
        std::iter::once(0).chain(ends.map(|at| at as u32 + 1)).collect()
    }

    /// Returns what stands before the root element.
    pub fn prolog(&self) -> &str {
        self.lead(self.root())
    }

    fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.0 as usize]
    }

    fn str(&self, piece: Piece) -> &str {
        let (start, end, length) = (piece.start as usize, piece.end as usize, self.source.len());
        if start >= length && start != end {
            &self.added[start - length..end - length]
        } else {
            &self.source[start.min(length)..end.min(length)]
        }
    }

    fn attributes_raw(&self, node: NodeId) -> Attributes<'_> {
        Attributes::of(self.str(self.node(node).open))
    }

    /// Shows the pieces of a node in the order in which they are written.
    fn pieces(&self, node: NodeId, show: &mut impl FnMut(Piece)) {
        // Two visits to each edited node: before its children and after them.
        let mut stack = vec![(node, false)];
        while let Some((id, done)) = stack.pop() {
            let at = self.node(id);
            if done {
                show(at.tail);
                show(at.close);
                continue;
            }
            if at.flags & EDITED == 0 && id.0 != 0 {
                show(at.lead);
                show(Piece {
                    start: at.open.start,
                    end: at.close.end.max(at.open.end),
                });
                continue;
            }
            show(at.lead);
            show(at.open);
            stack.push((id, true));
            let begin = stack.len();
            stack.extend(self.all_children(id).map(|child| (child, false)));
            stack[begin..].reverse();
        }
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree")
            .field("bytes", &self.source.len())
            .field("added", &self.added.len())
            .field("elements", &self.nodes.len().saturating_sub(1))
            .finish()
    }
}

/// Iterator over elements in document order.
pub struct Descendants<'t> {
    tree: &'t Tree,
    top: NodeId,
    next: Option<NodeId>,
    current_only: bool,
}

impl Descendants<'_> {
    /// Goes past an element and everything inside it.
    fn after(&self, mut at: NodeId) -> Option<NodeId> {
        while at != self.top {
            let node = self.tree.node(at);
            if node.next != NIL {
                return Some(NodeId(node.next));
            }
            at = NodeId(node.parent);
        }
        None
    }
}

impl Iterator for Descendants<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        loop {
            let at = self.next?;
            if self.current_only && self.tree.name(at).is_none() {
                self.next = self.after(at);
                continue;
            }
            let first = self.tree.node(at).first;
            self.next = if first == NIL {
                self.after(at)
            } else {
                Some(NodeId(first))
            };
            return Some(at);
        }
    }
}

/// Removes feature prefixes of either branch.
pub(crate) fn plain(name: &str) -> &str {
    if name.starts_with("_.fcp.") {
        name.rsplit_once("...").map_or(name, |(_, rest)| rest)
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Tree {
        Tree::parse(text, &Limits::default()).unwrap()
    }

    #[track_caller]
    fn refuse(text: &str, part: &str) {
        let error = Tree::parse(text, &Limits::default()).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }

    const ODD: &str = "\u{feff}<?xml version='1.0' encoding='utf-8' ?>\r\n<!-- build 1 -->\r\n<a  x = '1'\ty=\"2\"\r\n>\r\n <b/>te<!-- > -->xt<![CDATA[<c>]]><c \n/> &lt;&#65;<?pi <z> ?></a >\r\n<!-- end -->\n";

    #[test]
    fn reading_and_writing_gives_the_same_bytes() {
        assert_eq!(tree(ODD).to_bytes(), ODD.as_bytes());
        let parts = Parts {
            only: Some(&["c"]),
            closed: &[],
        };
        let part = Tree::parse_parts(ODD, parts, &Limits::default()).unwrap();
        assert_eq!(part.to_bytes(), ODD.as_bytes());
    }

    #[test]
    fn elements_attributes_and_text_are_found() {
        let tree = tree(ODD);
        let root = tree.root();
        assert_eq!(tree.get(root, "x").as_deref(), Some("1"));
        assert_eq!(tree.get(root, "y").as_deref(), Some("2"));
        assert_eq!(tree.text(root), "\n text<c> <A");
        let names: Vec<_> = tree.children(root).map(|child| tree.raw_name(child)).collect();
        assert_eq!(names, ["b", "c"]);
        assert_eq!(tree.line(tree.child(root, "b").unwrap()), Some((5, 2)));
    }

    #[test]
    fn feature_prefixes_are_looked_through() {
        let tree = tree(
            "<a><_.fcp.F.false...b x='0'/><_.fcp.F.true...b _.fcp.G.false...x='1' _.fcp.G.true...x='2'/></a>",
        );
        let b = tree.child(tree.root(), "b").unwrap();
        assert_eq!(tree.get(b, "x").as_deref(), Some("2"));
        assert_eq!(tree.named(tree.root(), "b").count(), 1);
        assert_eq!(tree.all_named(tree.root(), "b").count(), 2);
        assert_eq!(tree.descendants(tree.root()).count(), 2);
        assert_eq!(tree.all_descendants(tree.root()).count(), 3);
    }

    #[test]
    fn parts_that_are_not_asked_for_are_checked_but_not_indexed() {
        let text = "<w><d><x/></d><t><y><z/></y></t></w>";
        let parts = Parts {
            only: Some(&["d"]),
            closed: &[],
        };
        let tree = Tree::parse_parts(text, parts, &Limits::default()).unwrap();
        assert!(tree.is_partial());
        let t = tree.child(tree.root(), "t").unwrap();
        assert!(tree.is_opaque(t));
        assert_eq!(tree.all_descendants(tree.root()).count(), 4);
        let broken = "<w><t><y></t></w>";
        assert!(Tree::parse_parts(broken, parts, &Limits::default()).is_err());
    }

    #[test]
    fn broken_and_hostile_documents_are_refused() {
        refuse("", "empty");
        refuse("text", "outside");
        refuse("<a>", "before its last element");
        refuse("<a></b>", "`</b>` closes");
        refuse("<a/><b/>", "second root");
        refuse("<a x/>", "no value");
        refuse("<a x=1/>", "quotes");
        refuse("<a x='1' x='2'/>", "twice");
        refuse("<a x='<'/>", "`<`");
        refuse("<a>&x;</a>", "entity `&x;`");
        refuse("<a>&#0;</a>", "character reference");
        refuse("<a>&lt</a>", "`&`");
        refuse("<!DOCTYPE a><a/>", "DOCTYPE");
        refuse("<?xml version='1.0' encoding='utf-16'?><a/>", "encoding `utf-16`");
        refuse("<a><!-- </a>", "comment");
        refuse("< a/>", "name");
        refuse("</a>", "`</a>` closes");
        refuse(&"<a>".repeat(10_000), "inside one another");
    }
}
