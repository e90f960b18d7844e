//! What may stand inside an element, as an automaton over the names of its children.

use std::collections::HashMap;

use super::{NEVER_WRITTEN, Schema, Type};
use crate::error::{Error, Result, shorten};
use crate::tree::{NodeId, Tree};

/// Groups inside one another.
const DEEPEST: usize = 64;
/// States of one automaton; a schema that asks for more is taken to allow anything from there on.
const MOST_STATES: usize = 50_000;

/// What may stand inside an element.
pub(super) enum Content {
    /// Nothing.
    Empty,
    /// A value.
    Simple(Type),
    /// Elements in an order.
    Elements { automaton: Automaton, mixed: bool },
    /// Elements in any order, each once at most: name, declaration, and whether it has to be there.
    All {
        allowed: HashMap<String, (NodeId, bool)>,
        mixed: bool,
    },
}

/// States with what leads from one to another.
#[derive(Default)]
pub(super) struct Automaton {
    states: Vec<State>,
    end: usize,
}

#[derive(Default)]
struct State {
    /// Elements that lead on, with their declarations.
    steps: Vec<(String, NodeId, usize)>,
    /// Where any element leads.
    any: Option<usize>,
    /// States that are reached without an element.
    free: Vec<usize>,
}

/// Checks that a group is not inside itself.
pub(super) fn check_group(schema: &Schema, group: NodeId) -> Result<()> {
    let mut stack = vec![(group, 0)];
    while let Some((node, depth)) = stack.pop() {
        if depth > DEEPEST {
            let name = schema.tree.get(group, "name").unwrap_or_default();
            return Err(Error::edit(format!(
                "group `{}` of the schema holds itself",
                shorten(&name)
            )));
        }
        for child in schema.tree.all_children(node) {
            match schema.word(child) {
                Some("sequence" | "choice" | "all") => stack.push((child, depth + 1)),
                Some("group") => {
                    let name = schema.tree.get(child, "ref").unwrap_or_default();
                    let Some(&inner) = schema.groups.get(&*name) else {
                        return Err(Error::edit(format!(
                            "the schema has no group `{}`",
                            shorten(&name)
                        )));
                    };
                    stack.push((inner, depth + 1));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

impl Content {
    /// Reads the content of a complex type.
    pub fn of(schema: &Schema, complex: NodeId) -> Self {
        if let Some(simple) = schema.inside(complex, "simpleContent").next() {
            return Self::Simple(value_type(schema, simple, 0));
        }
        let mut particles = Vec::new();
        let mut mixed = false;
        gather(schema, complex, &mut particles, &mut mixed, 0);
        if let [only] = particles[..]
            && schema.word(only) == Some("all")
        {
            let allowed = schema
                .inside(only, "element")
                .filter_map(|node| {
                    let name = schema.tree.get(node, "name")?.into_owned();
                    Some((name, (node, occurs(schema, node).0 > 0)))
                })
                .collect();
            return Self::All { allowed, mixed };
        }
        if particles.is_empty() && !mixed {
            return Self::Empty;
        }
        let mut automaton = Automaton::default();
        let mut at = automaton.state();
        for particle in particles {
            at = automaton.add(schema, particle, at);
        }
        automaton.end = at;
        Self::Elements { automaton, mixed }
    }

    /// Reads the children of an element and returns those that belong there, with their declarations.
    pub fn read(
        &self,
        schema: &Schema,
        tree: &Tree,
        node: NodeId,
        report: &mut impl FnMut(&'static str, String),
    ) -> Vec<(NodeId, NodeId)> {
        let name = tree.plain_name(node);
        let mut found = Vec::new();
        match self {
            Self::Simple(_) => {}
            Self::Empty => {
                if let Some(child) = tree.children(node).next() {
                    let child = shorten(tree.plain_name(child));
                    report(
                        "schema.element",
                        format!("`{child}` inside `{name}`, which holds nothing"),
                    );
                }
            }
            Self::All { allowed, .. } => {
                let mut left = allowed.clone();
                for child in tree.children(node) {
                    match left.remove(tree.plain_name(child)) {
                        Some((declaration, _)) => found.push((child, declaration)),
                        None => report(
                            "schema.element",
                            format!(
                                "`{}` does not belong here in `{name}`",
                                shorten(tree.plain_name(child))
                            ),
                        ),
                    }
                }
                for (missing, _) in left.iter().filter(|(_, (_, required))| *required) {
                    report("schema.element", format!("`{name}` lacks `{missing}`"));
                }
            }
            Self::Elements { automaton, .. } => {
                let mut at = automaton.closure(vec![0]);
                for child in tree.children(node) {
                    let element = tree.plain_name(child);
                    let mut next = Vec::new();
                    let mut declared = None;
                    for &state in &at {
                        let state = &automaton.states[state];
                        for (step, declaration, to) in &state.steps {
                            if step == element {
                                declared = declared.or(Some(*declaration));
                                next.push(*to);
                            }
                        }
                        next.extend(state.any);
                    }
                    if next.is_empty() {
                        report(
                            "schema.element",
                            format!(
                                "`{}` does not belong here in `{name}`; {}",
                                shorten(element),
                                automaton.expected(&at)
                            ),
                        );
                        return found;
                    }
                    found.extend(declared.map(|declaration| (child, declaration)));
                    at = automaton.closure(next);
                }
                if !at.contains(&automaton.end) {
                    report(
                        "schema.element",
                        format!("`{name}` ends early; {}", automaton.expected(&at)),
                    );
                }
            }
        }
        let _ = schema;
        found
    }
}

impl Automaton {
    fn state(&mut self) -> usize {
        self.states.push(State::default());
        self.states.len() - 1
    }

    /// Adds what a particle allows after a state, and returns the state where it ends.
    fn add(&mut self, schema: &Schema, particle: NodeId, from: usize) -> usize {
        let (least, most) = occurs(schema, particle);
        let mut at = from;
        for _ in 0..least {
            at = self.once(schema, particle, at);
        }
        match most {
            None => {
                let begin = self.state();
                self.states[at].free.push(begin);
                let end = self.once(schema, particle, begin);
                self.states[end].free.push(begin);
                begin
            }
            Some(most) => {
                let end = self.state();
                self.states[at].free.push(end);
                for _ in least..most {
                    at = self.once(schema, particle, at);
                    self.states[at].free.push(end);
                }
                end
            }
        }
    }

    fn once(&mut self, schema: &Schema, particle: NodeId, from: usize) -> usize {
        let tree = &schema.tree;
        let to = self.state();
        if self.states.len() > MOST_STATES {
            self.states[from].any = Some(from);
            self.states[from].free.push(to);
            return to;
        }
        match schema.word(particle) {
            Some("element") => {
                let (name, declaration) = match tree.get(particle, "ref") {
                    Some(name) => {
                        let declaration = schema.elements.get(&*name).copied().unwrap_or(particle);
                        (name.into_owned(), declaration)
                    }
                    None => (
                        tree.get(particle, "name").unwrap_or_default().into_owned(),
                        particle,
                    ),
                };
                self.states[from].steps.push((name, declaration, to));
            }
            Some("any") => self.states[from].any = Some(to),
            Some("choice") => {
                for inner in particles(schema, particle) {
                    let begin = self.state();
                    self.states[from].free.push(begin);
                    let end = self.add(schema, inner, begin);
                    self.states[end].free.push(to);
                }
            }
            _ => {
                let mut at = from;
                for inner in particles(schema, particle) {
                    at = self.add(schema, inner, at);
                }
                self.states[at].free.push(to);
            }
        }
        to
    }

    fn closure(&self, mut states: Vec<usize>) -> Vec<usize> {
        let mut seen = vec![false; self.states.len()];
        let mut found = Vec::new();
        while let Some(state) = states.pop() {
            if !std::mem::replace(&mut seen[state], true) {
                found.push(state);
                states.extend(&self.states[state].free);
            }
        }
        found
    }

    fn expected(&self, at: &[usize]) -> String {
        let mut names: Vec<&str> = at
            .iter()
            .flat_map(|&state| &self.states[state].steps)
            .map(|(name, _, _)| name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        match &names[..] {
            [] => "nothing more belongs there".to_owned(),
            [only] => format!("expected is `{only}`"),
            many => format!("expected is one of {}", many.join(", ")),
        }
    }
}

/// Returns what a particle is made of: for a reference to a group, that of the group.
fn particles(schema: &Schema, particle: NodeId) -> Vec<NodeId> {
    let holder = match schema.tree.get(particle, "ref") {
        Some(name) if schema.word(particle) == Some("group") => {
            schema.groups.get(&*name).copied().unwrap_or(particle)
        }
        _ => particle,
    };
    schema
        .tree
        .all_children(holder)
        .filter(|&child| is_particle(schema, child))
        .collect()
}

fn is_particle(schema: &Schema, node: NodeId) -> bool {
    matches!(
        schema.word(node),
        Some("element" | "sequence" | "choice" | "all" | "group" | "any")
    )
}

fn occurs(schema: &Schema, particle: NodeId) -> (usize, Option<usize>) {
    let number = |name: &str| {
        let text = schema.tree.get(particle, name)?;
        text.parse::<usize>().ok().map(|number| number.min(1_000))
    };
    if schema.tree.has(particle, "ref", NEVER_WRITTEN) {
        return (0, Some(1));
    }
    let least = number("minOccurs").unwrap_or(1);
    if schema.tree.has(particle, "maxOccurs", "unbounded") {
        return (least, None);
    }
    (least, Some(number("maxOccurs").unwrap_or(1).max(least)))
}

/// Collects the particles of a complex type, those of what it extends first.
fn gather(schema: &Schema, node: NodeId, into: &mut Vec<NodeId>, mixed: &mut bool, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    *mixed |= schema.tree.has(node, "mixed", "true");
    for child in schema.tree.all_children(node) {
        match schema.word(child) {
            Some("complexContent") => gather(schema, child, into, mixed, depth + 1),
            Some("extension") => {
                let base = schema.tree.get(child, "base").unwrap_or_default();
                if let Type::Complex(base) = schema.named(&base) {
                    gather(schema, base, into, mixed, depth + 1);
                }
                gather(schema, child, into, mixed, depth + 1);
            }
            Some("restriction") => gather(schema, child, into, mixed, depth + 1),
            _ if is_particle(schema, child) => into.push(child),
            _ => {}
        }
    }
}

/// Returns the type of the value of a simple content.
fn value_type(schema: &Schema, simple: NodeId, depth: usize) -> Type {
    let base = schema
        .tree
        .all_children(simple)
        .find(|&child| matches!(schema.word(child), Some("extension" | "restriction")))
        .and_then(|child| schema.tree.get(child, "base"))
        .unwrap_or_default();
    match schema.named(&base) {
        Type::Complex(complex) if depth < DEEPEST => match schema.inside(complex, "simpleContent").next() {
            Some(inner) => value_type(schema, inner, depth + 1),
            None => Type::Any,
        },
        other => other,
    }
}
