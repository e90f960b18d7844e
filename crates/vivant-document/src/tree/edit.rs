//! Edits: each changes the bytes it names and marks the way to them, so that all else is still copied.

use super::element::Element;
use super::escape::{escape, units};
use super::scan::{self, Attributes};
use super::{EDITED, NIL, Node, NodeId, OPAQUE, Parts, Piece, REMOVED, Tree, plain};
use crate::error::{Error, Result};
use crate::limits::Limit;

/// Namespace of the attributes that Tableau's programs write for themselves.
pub(crate) const USER_NAMESPACE: &str = "http://www.tableausoftware.com/xml/user";

/// Where a new element goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// Before the first child of this element.
    First(NodeId),
    /// After the last child of this element.
    Last(NodeId),
    /// Before this element.
    Before(NodeId),
    /// After this element.
    After(NodeId),
}

impl Tree {
    /// Sets an attribute on all branches that have it, or adds it. Only the characters that differ are written
    /// anew, so quotes and entities around them stay as they are.
    pub fn set(&mut self, node: NodeId, name: &str, value: &str) -> Result<()> {
        let names: Vec<String> = self
            .attributes_raw(node)
            .filter(|attribute| plain(attribute.name) == name)
            .map(|attribute| attribute.name.to_owned())
            .collect();
        if names.is_empty() {
            return self.add_attribute(node, name, value);
        }
        names.iter().try_for_each(|name| self.set_raw(node, name, value))
    }

    /// Sets or removes an attribute.
    pub fn set_or_remove(&mut self, node: NodeId, name: &str, value: Option<&str>) -> Result<()> {
        match value {
            Some(value) => self.set(node, name, value),
            None => self.remove_attribute(node, name),
        }
    }

    /// Sets an attribute by its raw name, which must be there.
    pub(crate) fn set_raw(&mut self, node: NodeId, raw_name: &str, value: &str) -> Result<()> {
        let tag = self.str(self.node(node).open);
        let Some(found) = Attributes::of(tag).find(|attribute| attribute.name == raw_name) else {
            return self.add_attribute(node, raw_name, value);
        };
        let Some(patched) = patch(found.value, value) else {
            return Ok(());
        };
        let end = found.value_at + found.value.len();
        let tag = format!("{}{patched}{}", &tag[..found.value_at], &tag[end..]);
        self.set_open(node, &tag)
    }

    /// Removes an attribute on all branches.
    pub fn remove_attribute(&mut self, node: NodeId, name: &str) -> Result<()> {
        let tag = self.str(self.node(node).open);
        let mut kept = String::with_capacity(tag.len());
        let mut from = 0;
        let mut attributes = Attributes::of(tag).peekable();
        while let Some(attribute) = attributes.next() {
            if plain(attribute.name) != name {
                continue;
            }
            match attributes.peek() {
                // The blank after it goes with it, as it came with it when it was put before another one.
                Some(next) => {
                    kept.push_str(&tag[from..attribute.name_at]);
                    from = next.name_at;
                }
                None => {
                    kept.push_str(&tag[from..attribute.name_at]);
                    kept.truncate(kept.trim_end_matches([' ', '\t', '\r', '\n']).len());
                    from = attribute.value_at + attribute.value.len() + 1;
                }
            }
        }
        if from == 0 {
            return Ok(());
        }
        kept.push_str(&tag[from..]);
        self.set_open(node, &kept)
    }

    /// Adds an attribute: where the alphabet says if the others are sorted, as Tableau sorts them, else last.
    fn add_attribute(&mut self, node: NodeId, name: &str, value: &str) -> Result<()> {
        let name = self.bound_name(node, name)?;
        let tag = self.str(self.node(node).open);
        let found: Vec<_> = Attributes::of(tag).collect();
        let quote = found
            .first()
            .map_or('\'', |first| tag[..first.value_at].chars().last().unwrap_or('\''));
        let sorted = found.windows(2).all(|pair| pair[0].name <= pair[1].name);
        let later = found
            .iter()
            .find(|attribute| sorted && attribute.name > name.as_str());
        let written = format!("{name}={quote}{}{quote}", escape(value));
        let tag = match (later, found.last()) {
            (Some(later), _) => {
                format!("{}{written} {}", &tag[..later.name_at], &tag[later.name_at..])
            }
            (None, last) => {
                let at = last.map_or(1 + scan::tag_name(tag).len(), |last| {
                    last.value_at + last.value.len() + 1
                });
                format!("{} {written}{}", &tag[..at], &tag[at..])
            }
        };
        self.set_open(node, &tag)
    }

    /// Finds the prefix that stands for the `user:` namespace here; declares it if there is none.
    fn bound_name(&mut self, node: NodeId, name: &str) -> Result<String> {
        let Some(rest) = name.strip_prefix("user:") else {
            return Ok(name.to_owned());
        };
        if let Some(prefix) = self.user_prefix(node) {
            return Ok(format!("{prefix}:{rest}"));
        }
        self.add_attribute(node, "xmlns:user", USER_NAMESPACE)?;
        Ok(name.to_owned())
    }

    /// Returns the prefix bound to Tableau's `user:` namespace at an element.
    pub(crate) fn user_prefix(&self, node: NodeId) -> Option<String> {
        std::iter::once(node).chain(self.ancestors(node)).find_map(|at| {
            self.attributes(at).find_map(|(name, value)| {
                (value == USER_NAMESPACE).then(|| name.strip_prefix("xmlns:").map(str::to_owned))?
            })
        })
    }

    /// Returns an attribute of Tableau's `user:` namespace, whatever its prefix is.
    pub fn user(&self, node: NodeId, name: &str) -> Option<String> {
        let has = |found: &str| found.split_once(':').is_some_and(|(_, local)| local == name);
        if !self.attributes_raw(node).any(|attribute| has(attribute.name)) {
            return None;
        }
        let prefix = self.user_prefix(node)?;
        self.get(node, &format!("{prefix}:{name}"))
            .map(|value| value.into_owned())
    }

    /// Sets the text of an element that has no children.
    pub fn set_text(&mut self, node: NodeId, text: &str) -> Result<()> {
        if self.node(node).first != NIL || self.is_opaque(node) {
            return Err(Error::edit(format!(
                "element `{}` holds other elements, so its text cannot be set",
                self.plain_name(node)
            )));
        }
        if self.text(node) == text {
            return Ok(());
        }
        self.open_up(node)?;
        let raw = self.str(self.node(node).tail);
        let tail = if raw.contains('<') {
            patch_cdata(raw, text)
        } else {
            patch_text(raw, text)
        };
        let piece = self.push(&tail.unwrap_or_else(|| escape(text).into_owned()))?;
        self.nodes[node.0 as usize].tail = piece;
        self.touch(node);
        Ok(())
    }

    /// Puts an element into the document and returns it.
    pub fn insert(&mut self, place: Where, element: &Element) -> Result<NodeId> {
        let parent = match place {
            Where::First(parent) | Where::Last(parent) => parent,
            Where::Before(sibling) | Where::After(sibling) => self
                .parent(sibling)
                .ok_or_else(|| Error::edit("nothing can stand beside the root element"))?,
        };
        let mut element = element.clone();
        if element.uses_prefix("user") {
            match self.user_prefix(parent) {
                Some(prefix) if prefix != "user" => element.rename_prefix("user", &prefix),
                Some(_) => {}
                None => element = element.with("xmlns:user", USER_NAMESPACE),
            }
        }
        let lead = self.lead_for(place, parent);
        let mut text = String::new();
        element.write(&mut text, if lead.contains('\n') { &lead } else { "" });
        self.insert_xml(place, &text)
    }

    /// Puts an element that is already written as XML into the document, as it is.
    pub fn insert_xml(&mut self, place: Where, xml: &str) -> Result<NodeId> {
        let parent = match place {
            Where::First(parent) | Where::Last(parent) => parent,
            Where::Before(sibling) | Where::After(sibling) => self
                .parent(sibling)
                .ok_or_else(|| Error::edit("nothing can stand beside the root element"))?,
        };
        if self.is_opaque(parent) {
            return Err(Error::edit(format!(
                "element `{}` was left out when the document was opened",
                self.plain_name(parent)
            )));
        }
        let lead = self.lead_for(place, parent);
        let was_empty = self.node(parent).first == NIL && self.text(parent).trim().is_empty();
        self.open_up(parent)?;
        if was_empty && lead.contains('\n') && self.node(parent).tail.is_empty() {
            // The end tag of what was an empty element goes on a line of its own.
            let own = self.lead(parent);
            let own = own[own.rfind(['\r', '\n']).map_or(own.len(), |_| line_start(own))..].to_owned();
            let piece = self.push(&own)?;
            self.nodes[parent.0 as usize].tail = piece;
        }
        let lead = self.push(&lead)?;
        let base = self.source.len() + self.added.len();
        let first = self.nodes.len();
        self.room(xml.len())?;
        let limits = self.limits.clone();
        // The new nodes hang under a stand-in until they are known to be well-formed.
        self.nodes.push(Node {
            lead: Piece::default(),
            open: Piece::default(),
            tail: Piece::default(),
            close: Piece::default(),
            parent: NIL,
            first: NIL,
            next: NIL,
            flags: REMOVED,
        });
        let scanned = scan::scan(
            xml,
            base,
            &mut self.nodes,
            first as u32,
            Parts::default(),
            &limits,
        );
        if let Err(error) = scanned {
            self.nodes.truncate(first);
            return Err(error);
        }
        let made = self.nodes[first].first;
        if self.nodes[made as usize].next != NIL {
            self.nodes.truncate(first);
            return Err(Error::edit("more than one element at once"));
        }
        self.added.push_str(xml);
        let node = &mut self.nodes[made as usize];
        node.lead = lead;
        node.parent = parent.0;
        node.flags |= EDITED;
        let before = match place {
            Where::First(_) => None,
            Where::Last(_) => self.all_children(parent).last(),
            Where::After(sibling) => Some(sibling),
            Where::Before(sibling) => self.previous(sibling),
        };
        match before {
            None => {
                let next = std::mem::replace(&mut self.nodes[parent.0 as usize].first, made);
                self.nodes[made as usize].next = next;
            }
            Some(before) => {
                let next = std::mem::replace(&mut self.nodes[before.0 as usize].next, made);
                self.nodes[made as usize].next = next;
            }
        }
        self.touch(parent);
        Ok(NodeId(made))
    }

    /// Puts an element among the children of another: after the last of those whose names do not come later in
    /// `order`. Names that `order` does not have are taken to stand where they are.
    pub fn insert_ordered(&mut self, parent: NodeId, element: &Element, order: &[&str]) -> Result<NodeId> {
        let rank = |name: &str| order.iter().position(|known| *known == name);
        let place = match rank(element.name()) {
            None => Where::Last(parent),
            Some(own) => self
                .all_children(parent)
                .find(|&child| rank(self.plain_name(child)).is_some_and(|found| found > own))
                .map_or(Where::Last(parent), Where::Before),
        };
        self.insert(place, element)
    }

    /// Takes an element out of the document, with the white space before it.
    pub fn remove(&mut self, node: NodeId) -> Result<()> {
        let Some(parent) = self.parent(node) else {
            return Err(Error::edit("the root element cannot be removed"));
        };
        let lead = self.lead(node).to_owned();
        let next = self.node(node).next;
        match self.previous(node) {
            Some(before) => self.nodes[before.0 as usize].next = next,
            None => self.nodes[parent.0 as usize].first = next,
        }
        if !lead.trim().is_empty() {
            // A comment or text stood before it and stays, without the white space after it.
            let keep = lead.trim_end().to_owned();
            if next == NIL {
                let piece = self.push(&format!("{keep}{}", self.str(self.node(parent).tail)))?;
                self.nodes[parent.0 as usize].tail = piece;
            } else {
                let piece = self.push(&format!("{keep}{}", self.lead(NodeId(next))))?;
                self.nodes[next as usize].lead = piece;
                self.touch(NodeId(next));
            }
        }
        self.nodes[node.0 as usize].flags |= REMOVED;
        self.touch(parent);
        Ok(())
    }

    /// Changes the plain name of an element; feature prefixes stay.
    pub fn rename(&mut self, node: NodeId, name: &str) -> Result<()> {
        let raw = self.raw_name(node).to_owned();
        let new = format!("{}{name}", &raw[..raw.len() - plain(&raw).len()]);
        let tag = self.str(self.node(node).open);
        let tag = format!("<{new}{}", &tag[1 + raw.len()..]);
        self.set_open(node, &tag)?;
        let close = self.node(node).close;
        if !close.is_empty() {
            let text = self.str(close).replacen(&raw, &new, 1);
            let piece = self.push(&text)?;
            self.nodes[node.0 as usize].close = piece;
        }
        Ok(())
    }

    fn previous(&self, node: NodeId) -> Option<NodeId> {
        let parent = NodeId(self.node(node).parent);
        self.all_children(parent)
            .take_while(|&child| child != node)
            .last()
    }

    /// Chooses the white space before a new element: what its neighbours have.
    fn lead_for(&self, place: Where, parent: NodeId) -> String {
        let neighbour = match place {
            Where::First(parent) => self.all_children(parent).next(),
            Where::Last(parent) => self.all_children(parent).last(),
            Where::Before(sibling) | Where::After(sibling) => Some(sibling),
        };
        match neighbour {
            Some(neighbour) => {
                let lead = self.lead(neighbour);
                let white = &lead[lead.trim_end().len()..];
                white[line_start(white)..].to_owned()
            }
            None => {
                let own = self.lead(parent);
                let own = &own[own.trim_end().len()..];
                let own = &own[line_start(own)..];
                if own.contains('\n') {
                    format!("{own}  ")
                } else if self.parent(parent).is_none() && self.prolog().contains('\n') {
                    "\n  ".to_owned()
                } else {
                    String::new()
                }
            }
        }
    }

    /// Gives an empty element an end tag of its own.
    fn open_up(&mut self, node: NodeId) -> Result<()> {
        if !self.node(node).close.is_empty() {
            return Ok(());
        }
        let tag = self.str(self.node(node).open);
        let Some(inside) = tag.strip_suffix("/>") else {
            return Ok(());
        };
        let open = format!("{}>", inside.trim_end());
        let close = format!("</{}>", scan::tag_name(tag));
        let open = self.push(&open)?;
        let close = self.push(&close)?;
        let node_ref = &mut self.nodes[node.0 as usize];
        node_ref.open = open;
        node_ref.tail = Piece {
            start: close.start,
            end: close.start,
        };
        node_ref.close = close;
        self.touch(node);
        Ok(())
    }

    fn set_open(&mut self, node: NodeId, tag: &str) -> Result<()> {
        let at = self.node(node);
        let was_empty = at.close.is_empty();
        let opaque = at.flags & OPAQUE != 0;
        let piece = self.push(tag)?;
        let node_ref = &mut self.nodes[node.0 as usize];
        if was_empty && !opaque {
            let end = Piece {
                start: piece.end,
                end: piece.end,
            };
            node_ref.tail = end;
            node_ref.close = end;
        }
        node_ref.open = piece;
        self.touch(node);
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<Piece> {
        self.room(text.len())?;
        let start = self.source.len() + self.added.len();
        self.added.push_str(text);
        Ok(Piece::new(start, start + text.len()))
    }

    /// Checks that so many bytes more fit: places are counted in 32 bits.
    fn room(&self, bytes: usize) -> Result<()> {
        let total = self.source.len() as u64 + self.added.len() as u64 + bytes as u64;
        if total >= u64::from(NIL) {
            return Err(Error::too_large(Limit::DocumentBytes, NIL, u64::from(NIL)));
        }
        Ok(())
    }

    /// Marks a node and those around it as edited.
    fn touch(&mut self, node: NodeId) {
        self.version += 1;
        let mut at = node.0;
        while at != NIL {
            let node = &mut self.nodes[at as usize];
            node.flags |= EDITED;
            at = node.parent;
        }
    }
}

/// Returns where the last line end of a gap begins, or 0.
fn line_start(gap: &str) -> usize {
    match gap.rfind('\n') {
        Some(at) if gap[..at].ends_with('\r') => at - 1,
        Some(at) => at,
        None => 0,
    }
}

/// Writes a new value into the raw text of an attribute so that what is common to both stays as it is written;
/// `None` when nothing changes.
fn patch(raw: &str, value: &str) -> Option<String> {
    let mut old: Vec<(usize, usize, char)> = Vec::new();
    units(raw, |range, meant| old.push((range.start, range.end, meant)));
    let new: Vec<char> = value.chars().collect();
    let head = old
        .iter()
        .zip(&new)
        .take_while(|((_, _, meant), new)| meant == *new)
        .count();
    if head == old.len() && head == new.len() {
        return None;
    }
    let tail = old[head..]
        .iter()
        .rev()
        .zip(new[head..].iter().rev())
        .take_while(|((_, _, meant), new)| meant == *new)
        .count();
    let start = old.get(head).map_or(raw.len(), |unit| unit.0);
    let end = if tail == 0 {
        raw.len()
    } else {
        old[old.len() - tail].0
    };
    let middle: String = new[head..new.len() - tail].iter().collect();
    Some(format!("{}{}{}", &raw[..start], escape(&middle), &raw[end..]))
}

/// The same for text, where line ends mean themselves.
fn patch_text(raw: &str, value: &str) -> Option<String> {
    if raw.contains(['\r', '\n', '\t']) {
        // Lines are written as the text writes them: real line ends stay real.
        let eol = if raw.contains("\r\n") { "\r\n" } else { "\n" };
        let old = super::escape::decode_text(raw);
        if raw.contains("&#10;") || raw.contains("&#13;") || old == value {
            return None;
        }
        let lines: Vec<String> = value.split('\n').map(|line| escape(line).into_owned()).collect();
        return Some(lines.join(eol));
    }
    patch(raw, value)
}

/// The same for text in one CDATA section.
fn patch_cdata(raw: &str, value: &str) -> Option<String> {
    let (before, rest) = raw.split_once("<![CDATA[")?;
    let (inside, after) = rest.split_once("]]>")?;
    if before.contains('<') || after.contains('<') || value.contains("]]>") {
        return None;
    }
    let value = value
        .strip_prefix(&*super::escape::decode_text(before))?
        .strip_suffix(&*super::escape::decode_text(after))?;
    let eol = if inside.contains("\r\n") { "\r\n" } else { "\n" };
    Some(format!("{before}<![CDATA[{}]]>{after}", value.replace('\n', eol)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    fn tree(text: &str) -> Tree {
        Tree::parse(text, &Limits::default()).unwrap()
    }

    #[track_caller]
    fn check(before: &str, edit: impl FnOnce(&mut Tree, NodeId) -> Result<()>, after: &str) {
        let mut tree = tree(before);
        let root = tree.root();
        edit(&mut tree, root).unwrap();
        let written = String::from_utf8(tree.to_bytes()).unwrap();
        assert_eq!(written, after);
        Tree::parse(written, &Limits::default()).unwrap();
    }

    #[test]
    fn attributes_change_in_place() {
        check(
            "<a b='1' c=\"2\"/>",
            |t, r| t.set(r, "c", "\"3\""),
            "<a b='1' c=\"&quot;3&quot;\"/>",
        );
        check(
            "<a b='1' d='2' />",
            |t, r| t.set(r, "c", "3"),
            "<a b='1' c='3' d='2' />",
        );
        check(
            "<a d='1' b='2'></a>",
            |t, r| t.set(r, "c", "3"),
            "<a d='1' b='2' c='3'></a>",
        );
        check("<a/>", |t, r| t.set(r, "c", "3"), "<a c='3'/>");
        check(
            "<a b='1' c='2'/>",
            |t, r| t.remove_attribute(r, "b"),
            "<a c='2'/>",
        );
        check(
            "<a b='1'\n  c='2'>x</a>",
            |t, r| t.remove_attribute(r, "c"),
            "<a b='1'>x</a>",
        );
    }

    #[test]
    fn what_a_value_keeps_stays_as_it_is_written() {
        check(
            "<a f='x &#x41; \"[Old]\" &apos; y'/>",
            |t, r| t.set(r, "f", "x A \"[New]\" ' y"),
            "<a f='x &#x41; \"[New]\" &apos; y'/>",
        );
        check("<a f='abc'/>", |t, r| t.set(r, "f", "abc"), "<a f='abc'/>");
        check("<a f=''/>", |t, r| t.set(r, "f", "<"), "<a f='&lt;'/>");
        check("<a f='aa'/>", |t, r| t.set(r, "f", "aaa"), "<a f='aaa'/>");
    }

    #[test]
    fn all_branches_stay_in_step() {
        check(
            "<a _.fcp.F.false...t='1' _.fcp.F.true...t='1'/>",
            |t, r| t.set(r, "t", "2"),
            "<a _.fcp.F.false...t='2' _.fcp.F.true...t='2'/>",
        );
    }

    #[test]
    fn new_elements_look_like_their_neighbours() {
        let element = Element::new("n")
            .with("y", "1")
            .with("x", "<")
            .child(Element::new("m"));
        let put = |place: fn(NodeId) -> Where| {
            let element = element.clone();
            move |t: &mut Tree, r: NodeId| t.insert(place(r), &element).map(|_| ())
        };
        check(
            "<a>\r\n  <b />\r\n</a>",
            put(Where::Last),
            "<a>\r\n  <b />\r\n  <n x='&lt;' y='1'>\r\n    <m />\r\n  </n>\r\n</a>",
        );
        check(
            "<a>\n  <b />\n</a>",
            put(Where::First),
            "<a>\n  <n x='&lt;' y='1'>\n    <m />\n  </n>\n  <b />\n</a>",
        );
        check(
            "<a><b/></a>",
            put(Where::Last),
            "<a><b/><n x='&lt;' y='1'><m /></n></a>",
        );
        check("<a/>", put(Where::Last), "<a><n x='&lt;' y='1'><m /></n></a>");
        check(
            "<a>\n  <b />\n</a>",
            |t, r| {
                let b = t.child(r, "b").unwrap();
                t.insert(Where::Last(b), &Element::new("c").text("x")).map(|_| ())
            },
            "<a>\n  <b>\n    <c>x</c>\n  </b>\n</a>",
        );
    }

    #[test]
    fn removing_takes_the_gap_along_but_not_a_comment() {
        let remove = |t: &mut Tree, r: NodeId| {
            let b = t.child(r, "b").unwrap();
            t.remove(b)
        };
        check("<a>\n  <b />\n  <c />\n</a>", remove, "<a>\n  <c />\n</a>");
        check("<a>\n  <c />\n  <b><d/></b>\n</a>", remove, "<a>\n  <c />\n</a>");
        check(
            "<a>\n  <!-- x -->\n  <b />\n</a>",
            remove,
            "<a>\n  <!-- x -->\n</a>",
        );
        check(
            "<a>\n  <!-- x -->\n  <b />\n  <c />\n</a>",
            remove,
            "<a>\n  <!-- x -->\n  <c />\n</a>",
        );
    }

    #[test]
    fn inserting_after_removing_and_removing_what_was_inserted() {
        check(
            "<a>\n  <b />\n</a>",
            |t, r| {
                let b = t.child(r, "b").unwrap();
                let n = t.insert(Where::After(b), &Element::new("n"))?;
                t.remove(b)?;
                t.set(n, "k", "v")?;
                let m = t.insert(Where::Last(n), &Element::new("m").text("t"))?;
                t.set_text(m, "u")?;
                t.remove(n)
            },
            "<a>\n</a>",
        );
    }

    #[test]
    fn the_user_namespace_is_found_by_its_address() {
        let element = Element::new("n").with("user:ui-marker", "x");
        let put = |t: &mut Tree, r: NodeId| t.insert(Where::Last(r), &element).map(|_| ());
        let bound = format!("<a xmlns:ns0='{USER_NAMESPACE}'/>");
        check(
            &bound,
            put,
            &format!("<a xmlns:ns0='{USER_NAMESPACE}'><n ns0:ui-marker='x' /></a>"),
        );
        check(
            "<a/>",
            put,
            &format!("<a><n user:ui-marker='x' xmlns:user='{USER_NAMESPACE}' /></a>"),
        );
    }

    #[test]
    fn text_and_names_change() {
        check("<a>x</a>", |t, r| t.set_text(r, "y<"), "<a>y&lt;</a>");
        check(
            "<a> <![CDATA[<x>\r\n]]></a>",
            |t, r| t.set_text(r, " <y>\n"),
            "<a> <![CDATA[<y>\r\n]]></a>",
        );
        check("<a />", |t, r| t.set_text(r, "y"), "<a>y</a>");
        check("<a>x</a>", |t, r| t.rename(r, "b"), "<b>x</b>");
        check("<a x='a'/>", |t, r| t.rename(r, "b"), "<b x='a'/>");
        assert!(tree("<a><b/></a>").set_text(NodeId(1), "x").is_err());
    }
}
