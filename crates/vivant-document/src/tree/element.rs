//! New elements, before they are put into a tree.

use std::fmt::Write;

use super::escape;

/// An element to insert: name, attributes in the order they were added, children or text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: Option<String>,
}

impl Element {
    /// Begins an element.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.attributes.push((name.to_owned(), value.into()));
        self
    }

    /// Adds an attribute if there is a value.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<impl Into<String>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a child.
    #[must_use]
    pub fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// Adds children.
    #[must_use]
    pub fn children(mut self, children: impl IntoIterator<Item = Element>) -> Self {
        self.children.extend(children);
        self
    }

    /// Sets the text; an element has either children or text.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tells whether a name with this prefix is used.
    pub(super) fn uses_prefix(&self, prefix: &str) -> bool {
        let has = |name: &str| name.split_once(':').is_some_and(|(found, _)| found == prefix);
        has(&self.name)
            || self.attributes.iter().any(|(name, _)| has(name))
            || self.children.iter().any(|child| child.uses_prefix(prefix))
    }

    /// Changes one prefix for another.
    pub(super) fn rename_prefix(&mut self, from: &str, to: &str) {
        let change = |name: &mut String| {
            if let Some((prefix, rest)) = name.split_once(':')
                && prefix == from
            {
                *name = format!("{to}:{rest}");
            }
        };
        change(&mut self.name);
        for (name, _) in &mut self.attributes {
            change(name);
        }
        for child in &mut self.children {
            child.rename_prefix(from, to);
        }
    }

    /// Writes the element; children go on lines of their own when `indent` begins with a line end.
    ///
    /// Attributes are sorted by name, as Tableau writes them.
    pub(crate) fn write(&self, out: &mut String, indent: &str) {
        let mut attributes: Vec<_> = self.attributes.iter().collect();
        attributes.sort_by(|a, b| a.0.cmp(&b.0));
        write!(out, "<{}", self.name).expect("writing to a string does not fail");
        for (name, value) in attributes {
            write!(out, " {name}='{}'", escape(value)).expect("writing to a string does not fail");
        }
        if self.children.is_empty() && self.text.is_none() {
            out.push_str(" />");
            return;
        }
        out.push('>');
        if let Some(text) = &self.text {
            out.push_str(&escape(text));
        } else {
            let deeper = if indent.is_empty() {
                String::new()
            } else {
                format!("{indent}  ")
            };
            for child in &self.children {
                out.push_str(&deeper);
                child.write(out, &deeper);
            }
            out.push_str(indent);
        }
        write!(out, "</{}>", self.name).expect("writing to a string does not fail");
    }
}
