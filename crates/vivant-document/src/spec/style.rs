//! Styles: formats and encodings as they are written, with the objects they are for.

use super::literal::Literal;
use super::pill::FieldRef;
use super::text::{RichText, rich_text};
use crate::tree::{NodeId, Tree};

/// A rule for one kind of element.
#[derive(Debug, Clone, PartialEq)]
pub struct StyleRule {
    /// The kind of element, such as `axis`, `cell`, `mark`.
    pub element: String,
    /// Formats in order; later ones win.
    pub formats: Vec<Format>,
    /// Encodings of values by colour, shape, size and space.
    pub encodings: Vec<Encoding>,
}

/// One property.
#[derive(Debug, Clone, PartialEq)]
pub struct Format {
    /// Its name.
    pub attr: String,
    /// Its value.
    pub value: String,
    /// Formatted text in place of a value.
    pub text: Option<RichText>,
    /// The field that it is for.
    pub field: Option<FieldRef>,
    /// The side that it is for: `rows` or `cols`.
    pub scope: Option<String>,
    /// The occurrence of the field on the shelf.
    pub class: Option<String>,
    /// The object that it is for.
    pub id: Option<String>,
    /// `total` or `subtotal`.
    pub data_class: Option<String>,
}

/// How values become colours, shapes, sizes or places.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    /// What they become: `color`, `shape`, `size`, `size-bar`, `space`.
    pub attr: String,
    /// How: `palette`, `interpolated`, `custom-interpolated`, `shape`, `space`, …
    pub kind: String,
    /// The fields whose values they are; several together have one map.
    pub fields: Vec<FieldRef>,
    /// The palette by name.
    pub palette: Option<String>,
    /// Values and what each becomes.
    pub map: Vec<(Vec<Literal>, String)>,
    /// Colours of a palette that is part of the encoding, and its type.
    pub colors: Option<(String, Vec<String>)>,
    /// All other attributes as written: `min`, `max`, `center`, `num-steps`, `reverse`, `fold`, `synchronized`, …
    pub attributes: Vec<(String, String)>,
}

impl Encoding {
    /// Returns an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        attribute(&self.attributes, name)
    }
}

/// Finds an attribute among those that are kept as written.
pub fn attribute<'s>(attributes: &'s [(String, String)], name: &str) -> Option<&'s str> {
    attributes
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_str())
}

/// Finds the last format of a name that is for everything.
pub fn format<'s>(rules: &'s [StyleRule], element: &str, attr: &str) -> Option<&'s str> {
    rules
        .iter()
        .filter(|rule| rule.element == element)
        .flat_map(|rule| &rule.formats)
        .rfind(|format| {
            format.attr == attr
                && format.field.is_none()
                && format.id.is_none()
                && format.data_class.is_none()
        })
        .map(|format| format.value.as_str())
}

/// Finds the last format of a name for a field, else the one for everything.
pub fn format_for<'s>(
    rules: &'s [StyleRule],
    element: &str,
    attr: &str,
    field: &FieldRef,
) -> Option<&'s str> {
    rules
        .iter()
        .filter(|rule| rule.element == element)
        .flat_map(|rule| &rule.formats)
        .rfind(|format| {
            format.attr == attr && format.field.as_ref() == Some(field) && format.data_class.is_none()
        })
        .map(|format| format.value.as_str())
        .or_else(|| self::format(rules, element, attr))
}

/// Reads the rules of a `style`.
pub(crate) fn rules(tree: &Tree, style: NodeId, source: &str) -> Vec<StyleRule> {
    tree.named(style, "style-rule")
        .map(|rule| StyleRule {
            element: tree.get(rule, "element").unwrap_or_default().into_owned(),
            formats: formats(tree, rule, source),
            encodings: tree
                .named(rule, "encoding")
                .map(|node| encoding(tree, node, source))
                .collect(),
        })
        .collect()
}

/// Reads the formats that are children of an element.
pub(crate) fn formats(tree: &Tree, parent: NodeId, source: &str) -> Vec<Format> {
    tree.named(parent, "format")
        .map(|node| {
            let get = |name| tree.value(node, name).map(|text| text.into_owned());
            Format {
                attr: get("attr").unwrap_or_default(),
                value: get("value").unwrap_or_default(),
                text: tree
                    .child(node, "formatted-text")
                    .map(|text| rich_text(tree, text)),
                field: get("field").and_then(|text| FieldRef::parse(&text, source)),
                scope: get("scope"),
                class: get("class"),
                id: get("id"),
                data_class: get("data-class"),
            }
        })
        .collect()
}

fn encoding(tree: &Tree, node: NodeId, source: &str) -> Encoding {
    let get = |name| tree.value(node, name).map(|text| text.into_owned());
    let map = tree
        .named(node, "map")
        .filter_map(|map| {
            let to = tree.get(map, "to")?.into_owned();
            let mut from: Vec<Literal> = tree
                .named(map, "bucket")
                .map(|bucket| Literal::parse(&tree.text(bucket)))
                .collect();
            for several in tree.named(map, "multibucket") {
                from.extend(
                    tree.named(several, "bucket")
                        .map(|bucket| Literal::parse(&tree.text(bucket))),
                );
            }
            Some((from, to))
        })
        .collect();
    Encoding {
        attr: get("attr").unwrap_or_default(),
        kind: get("type").unwrap_or_default(),
        fields: get("field")
            .map(|text| {
                text.split('\n')
                    .filter_map(|part| FieldRef::parse(part.trim(), source))
                    .collect()
            })
            .unwrap_or_default(),
        palette: get("palette"),
        map,
        colors: tree.child(node, "color-palette").map(|palette| {
            let colors = tree
                .named(palette, "color")
                .map(|color| tree.text(color).trim().to_owned());
            (
                tree.get(palette, "type").unwrap_or_default().into_owned(),
                colors.collect(),
            )
        }),
        attributes: tree
            .attributes(node)
            .filter(|(name, _)| !matches!(*name, "attr" | "type" | "field" | "palette"))
            .map(|(name, value)| (name.to_owned(), value.into_owned()))
            .collect(),
    }
}
