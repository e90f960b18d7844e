//! Documents against a published schema: XML Schema as far as Tableau's schema of workbooks uses it.
//!
//! The schema is not ours and not shipped; [`Schema::parse`] takes its bytes. It describes names without the
//! prefixes of features, so documents are seen as a current program reads them. Two schemas that it imports are
//! not published: of what it takes from them, any attribute of Tableau's `user` namespace is let through, and
//! `xml:base`.

mod content;
mod simple;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use vivant_calc::diag::Diagnostic;

use crate::error::{Error, Result, shorten};
use crate::limits::Limits;
use crate::tree::{NodeId, Tree};
use crate::view::Document;
use crate::xml::resolve;
use content::Content;

/// What is found in one document at most.
const MOST: usize = 500;

/// Tableau: the published schema asks for this element, which no program of any version writes.
const NEVER_WRITTEN: &str = "Workbook-ExplainData-G";

/// A schema.
pub struct Schema {
    tree: Tree,
    /// Prefix of the names of XML Schema itself, with its colon.
    prefix: String,
    elements: HashMap<String, NodeId>,
    types: HashMap<String, NodeId>,
    groups: HashMap<String, NodeId>,
    attribute_groups: HashMap<String, NodeId>,
    contents: RefCell<HashMap<NodeId, Rc<Content>>>,
    attributes: RefCell<HashMap<NodeId, Rc<Attributes>>>,
    patterns: RefCell<simple::Patterns>,
}

/// The type of an element or attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Type {
    /// Anything.
    Any,
    /// A type of XML Schema.
    Own(String),
    /// A simple type of the schema.
    Simple(NodeId),
    /// A complex type of the schema.
    Complex(NodeId),
}

/// The attributes of a complex type.
#[derive(Default)]
struct Attributes {
    named: HashMap<String, Attribute>,
    /// Attributes without a prefix that have no declaration are let through.
    any_local: bool,
    /// Attributes of other namespaces are let through.
    any_other: bool,
}

struct Attribute {
    kind: Type,
    required: bool,
    fixed: Option<String>,
}

impl Schema {
    /// Reads a schema.
    pub fn parse(bytes: impl Into<Vec<u8>>, limits: &Limits) -> Result<Self> {
        let tree = Tree::parse(bytes, limits)?;
        let root = tree.root();
        let name = tree.raw_name(root);
        let prefix = match name.strip_suffix("schema") {
            Some(prefix) if prefix.is_empty() || prefix.ends_with(':') => prefix.to_owned(),
            _ => return Err(Error::edit(format!("`{}` is no schema", shorten(name)))),
        };
        let mut schema = Self {
            prefix,
            elements: HashMap::new(),
            types: HashMap::new(),
            groups: HashMap::new(),
            attribute_groups: HashMap::new(),
            contents: RefCell::default(),
            attributes: RefCell::default(),
            patterns: RefCell::default(),
            tree,
        };
        for node in schema.tree.all_children(root).collect::<Vec<_>>() {
            let Some(name) = schema.tree.get(node, "name").map(|name| name.into_owned()) else {
                continue;
            };
            let place = match schema.word(node) {
                Some("element") => &mut schema.elements,
                Some("complexType" | "simpleType") => &mut schema.types,
                Some("group") => &mut schema.groups,
                Some("attributeGroup") => &mut schema.attribute_groups,
                _ => continue,
            };
            place.insert(name, node);
        }
        // What is referred to has to be there, and groups may not hold themselves.
        for &node in schema.groups.values() {
            content::check_group(&schema, node)?;
        }
        Ok(schema)
    }

    /// Says what in a document is not as the schema wants it.
    pub fn check(&self, document: &Document) -> Vec<Diagnostic> {
        let tree = document.tree();
        let root = tree.root();
        let Some(&declaration) = self.elements.get(tree.plain_name(root)) else {
            return vec![Diagnostic::info(
                "schema.other",
                format!(
                    "the schema does not describe documents of `{}`",
                    tree.plain_name(root)
                ),
            )];
        };
        let mut findings = Vec::new();
        let mut stack = vec![(root, declaration)];
        while let Some((node, declaration)) = stack.pop() {
            let mut report = |code: &'static str, message: String| {
                let line = tree.line(node).map_or(0, |(line, _)| line);
                let place = document.describe(node);
                let place = match place.is_empty() {
                    true => format!("line {line}"),
                    false => format!("{place} (line {line})"),
                };
                findings.push(Diagnostic::error(code, message).within(place));
            };
            let inside = self.element(tree, node, declaration, &mut report);
            self.unique(tree, node, declaration, &mut report);
            let begin = stack.len();
            stack.extend(inside);
            stack[begin..].reverse();
            if findings.len() >= MOST {
                findings.truncate(MOST);
                findings.push(Diagnostic::info(
                    "schema.more",
                    "there is more; only the first are told",
                ));
                break;
            }
        }
        findings
    }

    /// Checks an element and returns the elements inside it with their declarations.
    fn element(
        &self,
        tree: &Tree,
        node: NodeId,
        declaration: NodeId,
        report: &mut impl FnMut(&'static str, String),
    ) -> Vec<(NodeId, NodeId)> {
        let name = tree.plain_name(node);
        let kind = self.kind_of(declaration);
        let Type::Complex(complex) = kind else {
            if kind != Type::Any {
                self.attributes(tree, node, &Attributes::default(), report);
                if let Some(child) = tree.children(node).next() {
                    report(
                        "schema.element",
                        format!(
                            "`{}` inside `{name}`, which holds a value only",
                            shorten(tree.plain_name(child))
                        ),
                    );
                }
                if let Err(problem) = self.value(&kind, &tree.text(node)) {
                    report("schema.value", format!("`{name}`: {problem}"));
                }
            }
            return Vec::new();
        };
        self.attributes(tree, node, &self.attributes_of(complex), report);
        let content = self.content_of(complex);
        if let Content::Simple(kind) = &*content {
            if let Err(problem) = self.value(kind, &tree.text(node)) {
                report("schema.value", format!("`{name}`: {problem}"));
            }
            return Vec::new();
        }
        let text = tree.text(node);
        let text_fits = match &*content {
            Content::Empty => text.is_empty(),
            Content::Elements { mixed, .. } | Content::All { mixed, .. } => *mixed || text.trim().is_empty(),
            Content::Simple(_) => true,
        };
        if !text_fits {
            report("schema.text", format!("text inside `{name}`, where none belongs"));
        }
        content.read(self, tree, node, report)
    }

    fn attributes(
        &self,
        tree: &Tree,
        node: NodeId,
        allowed: &Attributes,
        report: &mut impl FnMut(&'static str, String),
    ) {
        let name = tree.plain_name(node);
        let mut seen: HashSet<&str> = HashSet::new();
        for (raw, value) in tree.attributes(node) {
            let Some(attribute) = resolve(raw) else { continue };
            if attribute == "xmlns" || attribute.starts_with("xmlns:") {
                continue;
            }
            seen.insert(attribute);
            match allowed.named.get(attribute) {
                Some(found) => {
                    if let Err(problem) = self.value(&found.kind, &value) {
                        report(
                            "schema.value",
                            format!("attribute `{}` of `{name}`: {problem}", shorten(attribute)),
                        );
                    } else if let Some(fixed) = found.fixed.as_deref().filter(|fixed| *fixed != value) {
                        report(
                            "schema.value",
                            format!(
                                "attribute `{}` of `{name}` can only be `{fixed}`",
                                shorten(attribute)
                            ),
                        );
                    }
                }
                None => {
                    let fits = match attribute.contains(':') {
                        true => allowed.any_other,
                        false => allowed.any_local,
                    };
                    if !fits {
                        report(
                            "schema.attribute",
                            format!("`{name}` has no attribute `{}`", shorten(attribute)),
                        );
                    }
                }
            }
        }
        let mut missing: Vec<&String> = allowed
            .named
            .iter()
            .filter(|(attribute, one)| one.required && !seen.contains(attribute.as_str()))
            .map(|(attribute, _)| attribute)
            .collect();
        missing.sort();
        for attribute in missing {
            report(
                "schema.attribute",
                format!("`{name}` lacks the attribute `{attribute}`"),
            );
        }
    }

    /// Checks what has to be different in an element's children.
    fn unique(
        &self,
        tree: &Tree,
        node: NodeId,
        declaration: NodeId,
        report: &mut impl FnMut(&'static str, String),
    ) {
        for rule in self.inside(declaration, "unique") {
            let path = |word| {
                let at = self.inside(rule, word).next()?;
                self.tree.get(at, "xpath").map(|path| path.into_owned())
            };
            let (Some(selector), Some(field)) = (path("selector"), path("field")) else {
                continue;
            };
            let Some(attribute) = field.strip_prefix('@') else {
                continue;
            };
            let mut found = vec![node];
            for step in selector.split('/') {
                found = found
                    .into_iter()
                    .flat_map(|at| tree.named(at, step).collect::<Vec<_>>())
                    .collect();
            }
            let mut seen = HashSet::new();
            for at in found {
                let Some(value) = tree.get(at, attribute) else {
                    continue;
                };
                if !seen.insert(value.clone()) {
                    report(
                        "schema.unique",
                        format!("two `{selector}` with the {attribute} `{}`", shorten(&value)),
                    );
                }
            }
        }
    }

    /// Returns the word of XML Schema that an element of the schema is.
    fn word(&self, node: NodeId) -> Option<&str> {
        self.tree.raw_name(node).strip_prefix(self.prefix.as_str())
    }

    /// Returns the children that are a word.
    fn inside<'s>(&'s self, node: NodeId, word: &'s str) -> impl Iterator<Item = NodeId> + 's {
        self.tree
            .all_children(node)
            .filter(move |&child| self.word(child) == Some(word))
    }

    /// Returns the type of an element or attribute declaration.
    fn kind_of(&self, declaration: NodeId) -> Type {
        if let Some(name) = self.tree.get(declaration, "type") {
            return self.named(&name);
        }
        for child in self.tree.all_children(declaration) {
            match self.word(child) {
                Some("complexType") => return Type::Complex(child),
                Some("simpleType") => return Type::Simple(child),
                _ => {}
            }
        }
        Type::Any
    }

    fn named(&self, name: &str) -> Type {
        if !self.prefix.is_empty()
            && let Some(own) = name.strip_prefix(self.prefix.as_str())
        {
            return Type::Own(own.to_owned());
        }
        match self.types.get(name) {
            Some(&node) if self.word(node) == Some("complexType") => Type::Complex(node),
            Some(&node) => Type::Simple(node),
            None => Type::Any,
        }
    }

    fn attributes_of(&self, complex: NodeId) -> Rc<Attributes> {
        if let Some(known) = self.attributes.borrow().get(&complex) {
            return Rc::clone(known);
        }
        let mut attributes = Attributes::default();
        self.gather(complex, &mut attributes, 0);
        let attributes = Rc::new(attributes);
        self.attributes
            .borrow_mut()
            .insert(complex, Rc::clone(&attributes));
        attributes
    }

    fn gather(&self, node: NodeId, into: &mut Attributes, depth: usize) {
        if depth > 32 {
            return;
        }
        for child in self.tree.all_children(node) {
            let reference = self.tree.get(child, "ref");
            match self.word(child) {
                Some("attribute") => {
                    let Some(name) = self.tree.get(child, "name").or(reference) else {
                        continue;
                    };
                    if self.tree.has(child, "use", "prohibited") {
                        continue;
                    }
                    let attribute = Attribute {
                        kind: self.kind_of(child),
                        required: self.tree.has(child, "use", "required"),
                        fixed: self.tree.get(child, "fixed").map(|fixed| fixed.into_owned()),
                    };
                    into.named.insert(name.into_owned(), attribute);
                }
                Some("attributeGroup") => match self.attribute_groups.get(&*reference.unwrap_or_default()) {
                    Some(&group) => self.gather(group, into, depth + 1),
                    // One of the imports that are not published.
                    None => into.any_other = true,
                },
                Some("anyAttribute") => {
                    let namespace = self.tree.get(child, "namespace");
                    into.any_local |= matches!(namespace.as_deref(), None | Some("##any" | "##local"));
                    into.any_other |= matches!(namespace.as_deref(), None | Some("##any" | "##other"));
                }
                Some("simpleContent" | "complexContent") => self.gather(child, into, depth + 1),
                Some("extension" | "restriction") => {
                    let base = self.tree.get(child, "base").unwrap_or_default();
                    if let Type::Complex(base) = self.named(&base) {
                        self.gather(base, into, depth + 1);
                    }
                    self.gather(child, into, depth + 1);
                }
                _ => {}
            }
        }
    }

    fn content_of(&self, complex: NodeId) -> Rc<Content> {
        if let Some(known) = self.contents.borrow().get(&complex) {
            return Rc::clone(known);
        }
        let content = Rc::new(Content::of(self, complex));
        self.contents.borrow_mut().insert(complex, Rc::clone(&content));
        content
    }
}
