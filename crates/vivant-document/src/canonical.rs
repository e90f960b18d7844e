//! Canonical text of a document: the same document, written so that versions compare well line by line.
//!
//! Every element stands on a line of its own, attributes are sorted and quoted alike, and white space between
//! elements is layout only. Text and values are kept, so the result reads as the same document.

use std::fmt::Write;

use crate::tree::{NodeId, Tree, escape};
use crate::view::Document;

/// What is written.
#[derive(Debug, Clone, Default)]
pub struct CanonicalOptions {
    /// Leaves out pictures of sheets, which differ with every saving.
    pub without_thumbnails: bool,
}

/// Writes the canonical text of a document.
pub fn canonical(document: &Document, options: &CanonicalOptions) -> String {
    let tree = document.tree();
    let mut out = String::from("<?xml version='1.0' encoding='utf-8' ?>\n");
    write_element(tree, tree.root(), options, &mut out);
    out
}

/// Writes the canonical text of one element.
pub(crate) fn canonical_element(tree: &Tree, node: NodeId) -> String {
    let mut out = String::new();
    write_element(tree, node, &CanonicalOptions::default(), &mut out);
    out
}

fn write_element(tree: &Tree, top: NodeId, options: &CanonicalOptions, out: &mut String) {
    // Depth is bounded, but the stack of a thread may be small: no recursion.
    let mut stack = vec![(top, 0_usize, false)];
    while let Some((node, depth, closing)) = stack.pop() {
        let name = tree.raw_name(node);
        if closing {
            indent(out, depth);
            writeln!(out, "</{name}>").expect(TO_STRING);
            continue;
        }
        indent(out, depth);
        write!(out, "<{name}").expect(TO_STRING);
        let mut attributes: Vec<_> = tree.attributes(node).collect();
        attributes.sort_by(|a, b| a.0.cmp(b.0));
        for (name, value) in attributes {
            write!(out, " {name}='{}'", escape(&value)).expect(TO_STRING);
        }
        if tree.is_opaque(node) {
            writeln!(out, " />").expect(TO_STRING);
            continue;
        }
        let children: Vec<NodeId> = tree
            .all_children(node)
            .filter(|&child| !(options.without_thumbnails && tree.plain_name(child) == "thumbnails"))
            .collect();
        let text = tree.text(node);
        let is_layout = text.trim().is_empty() && tree.plain_name(node) != "run";
        if children.is_empty() {
            if text.is_empty() || is_layout {
                writeln!(out, " />").expect(TO_STRING);
            } else {
                writeln!(out, ">{}</{name}>", escape(&text)).expect(TO_STRING);
            }
            continue;
        }
        if !is_layout {
            // Text beside elements: only custom SQL with columns has it, and its pieces keep their order. White
            // space around them is layout, which is written anew.
            let pieces: Vec<_> = tree.texts(node).map(|piece| piece.trim().to_owned()).collect();
            let pieces: Vec<_> = pieces
                .iter()
                .map(String::as_str)
                .filter(|piece| !piece.is_empty())
                .collect();
            write!(out, ">{}", escape(&pieces.join("\n"))).expect(TO_STRING);
            out.push('\n');
        } else {
            out.push_str(">\n");
        }
        stack.push((node, depth, true));
        let begin = stack.len();
        stack.extend(children.into_iter().map(|child| (child, depth + 1, false)));
        stack[begin..].reverse();
    }
}

const TO_STRING: &str = "writing to a string does not fail";

fn indent(out: &mut String, depth: usize) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    #[test]
    fn the_same_document_is_written_the_same() {
        let parse = |text: &str| Document::parse(text, &Limits::default()).unwrap();
        let one = parse("<workbook b=\"2\"   a='1'><x/>\r\n<run> y </run><!-- c --></workbook>");
        let two = parse("<workbook a='1' b='2'>\n\n  <x></x><run> y </run></workbook>");
        let written = canonical(&one, &CanonicalOptions::default());
        assert_eq!(written, canonical(&two, &CanonicalOptions::default()));
        assert_eq!(
            written,
            "<?xml version='1.0' encoding='utf-8' ?>\n<workbook a='1' b='2'>\n  <x />\n  <run> y </run>\n</workbook>\n"
        );
        assert_eq!(written, canonical(&parse(&written), &CanonicalOptions::default()));
    }
}
