//! Documents: what is read is written as it was, however it is looked at; an edit changes what it names.

use std::io::Read;

use vivant_document::check::{CheckOptions, check as judge};
use vivant_document::tree::{Element, NodeId, Parts, Tree, Where};
use vivant_document::{
    CanonicalOptions, Document, FileKind, Head, HeadDepth, Limits, canonical, datasources_end, diff, inspect,
};

/// Elements that each kind of edit is tried on.
const EDITED: usize = 6;

fn limits() -> Limits {
    Limits {
        document_bytes: 1 << 20,
        element_depth: 64,
        ..Limits::default()
    }
}

/// Checks what holds for any bytes.
pub fn check(data: &[u8]) {
    let limits = limits();
    for kind in [FileKind::Twb, FileKind::Tds] {
        let _ = inspect(kind, std::io::Cursor::new(data), &limits);
    }
    let parts = Parts {
        only: Some(&["datasources"]),
        closed: &["column", "metadata-records"],
    };
    let partial = Tree::parse_parts(data, parts, &limits);
    let Ok(tree) = Tree::parse(data, &limits) else {
        assert!(
            partial.is_err(),
            "what is not looked into is checked all the same"
        );
        return;
    };
    assert_eq!(tree.to_bytes(), data);
    assert_eq!(partial.expect("it is well-formed").to_bytes(), data);
    look(&tree);
    edit(&tree, &limits);
    head(data, &limits);
    if let Ok(document) = Document::from_tree(tree) {
        let _ = judge(&document, &CheckOptions::default());
        let written = canonical(&document, &CanonicalOptions::default());
        let again =
            Document::parse(written.clone(), &Limits::default()).expect("canonical text is a document");
        assert_eq!(canonical(&again, &CanonicalOptions::default()), written);
        assert!(diff(&document, &document.clone()).is_empty());
    }
}

/// Asks everything of every element.
fn look(tree: &Tree) {
    for node in tree.all_descendants(tree.root()) {
        let name = tree.raw_name(node);
        assert!(!name.is_empty() && name.ends_with(tree.plain_name(node)));
        for (name, _) in tree.attributes(node) {
            let _ = tree.get(node, name);
        }
        let _ = (tree.text(node), tree.xml(node), tree.line(node));
        assert!(
            tree.all_children(node)
                .all(|child| tree.parent(child) == Some(node))
        );
    }
}

/// Tries edits one by one; what comes out is a document that says so.
fn edit(tree: &Tree, limits: &Limits) {
    let nodes: Vec<NodeId> = tree.all_descendants(tree.root()).take(EDITED).collect();
    let again =
        |tree: &Tree| Tree::parse(tree.to_bytes(), limits).expect("an edited document is well-formed");
    let value = "a < \"b\" & 'c'\n\t\u{e4}";
    for (place, &node) in nodes.iter().enumerate() {
        let at = |tree: &Tree| {
            tree.all_descendants(tree.root())
                .nth(place)
                .expect("it is still there")
        };
        let mut edited = tree.clone();
        if edited.set(node, "vivant", value).is_ok() {
            let read = again(&edited);
            assert_eq!(read.get(at(&read), "vivant").as_deref(), Some(value));
            if tree.get(node, "vivant").is_none() {
                edited.remove_attribute(node, "vivant").expect("it was set");
                assert_eq!(edited.to_bytes(), tree.to_bytes());
            }
        }
        let mut edited = tree.clone();
        if edited.set_text(node, value).is_ok() {
            let read = again(&edited);
            assert_eq!(read.text(at(&read)), value);
        }
        let mut edited = tree.clone();
        let element = Element::new("vivant").with("a", value).child(Element::new("b"));
        if let Ok(made) = edited.insert(Where::Last(node), &element) {
            let read = again(&edited);
            assert!(read.child(at(&read), "vivant").is_some());
            edited.remove(made).expect("it was put there");
            again(&edited);
        }
        let mut edited = tree.clone();
        if edited.remove(node).is_ok() {
            again(&edited);
        }
    }
}

/// The head of a workbook and what follows it are the workbook.
fn head(data: &[u8], limits: &Limits) {
    let check = |head: Head| {
        let length = head.length(data.len() as u64);
        let mut joined = Vec::new();
        head.into_reader(data)
            .read_to_end(&mut joined)
            .expect("all of it is there");
        assert_eq!(joined, data);
        assert_eq!(joined.len() as u64, length);
    };
    if let Ok(Some(end)) = datasources_end(data, limits) {
        let end = usize::try_from(end).expect("it is inside");
        check(Head::parse(data[..end].to_vec(), limits).expect("the head of a good workbook is good"));
    }
    for depth in [HeadDepth::All, HeadDepth::Connections] {
        if let Ok(Some(head)) = Head::read(data, depth, limits) {
            check(head);
        }
    }
}
