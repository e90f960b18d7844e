//! Where fields are referred to: in attributes, formulas, shelves, formatted text and links.
//!
//! [`references`] lists every place that names a field of a data source; [`rewrite`] changes names in them and
//! leaves every other character as it is.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use vivant_calc::lex::{TokenKind, lex};

use crate::error::Result;
use crate::names::{find_names, quote, split_name, unquote};
use crate::tree::{NodeId, Tree, plain};
use crate::view::Document;

/// Where in an element a reference stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Site {
    /// Attribute by its raw name.
    Attribute(String),
    Text,
}

/// A reference to a field or to an instance of one.
#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub node: NodeId,
    pub site: Site,
    /// Data source that is named or that the place belongs to.
    pub source: String,
    /// Name of the field or instance, without brackets.
    pub name: String,
    /// Where the name stands in the value of the attribute or in the text, with its brackets.
    pub range: Range<usize>,
    /// Whether it stands in a formula.
    pub in_formula: bool,
    /// Whether the data source is written before it.
    pub qualified: bool,
    /// Written percent-encoded, as in the links of actions.
    encoded: bool,
}

/// Attributes that hold a field of the data source they stand in, without naming it.
const UNQUALIFIED: [&str; 21] = [
    "name",
    "column",
    "field",
    "level",
    "using",
    "key",
    "increment-key",
    "ordering-field",
    "level-address",
    "dimension-to-sort",
    "measure-to-sort-by",
    "aggregate-role-from",
    "forecast-column-base",
    "size-parameter",
    "source-field",
    "default-value-field",
    "hierarchy",
    "base-field",
    "parent-model",
    "fieldname",
    "join-field",
];

/// Elements whose names in brackets are not fields: tables, physical columns, labels of values.
const NO_FIELDS: [&str; 10] = [
    "relation",
    "named-connections",
    "alias",
    "bucket",
    "drill-path",
    "folder",
    "action",
    "nav-action",
    "thumbnail",
    "object",
];

/// Tells which data source names without one belong to, going down the tree.
struct Walk<'t> {
    tree: &'t Tree,
    sources: HashSet<String>,
    /// Fields of each data source by their names in lower case: formulas may write them in any.
    fields: HashMap<String, HashMap<String, String>>,
    found: Vec<Reference>,
}

/// Lists all references to fields, on all branches.
pub(crate) fn references(document: &Document) -> Vec<Reference> {
    let tree = document.tree();
    let sources = document
        .all_datasources()
        .iter()
        .map(|source| source.name().into_owned())
        .collect();
    let fields = document
        .all_datasources()
        .iter()
        .map(|source| {
            let names = source.field_names();
            let by_case = names
                .iter()
                .map(|name| unquote(name))
                .map(|name| (name.to_lowercase(), name));
            (source.name().into_owned(), by_case.collect())
        })
        .collect();
    let mut walk = Walk {
        tree,
        sources,
        fields,
        found: Vec::new(),
    };
    let root = tree.root();
    let context = document
        .workbook()
        .is_none()
        .then(|| document.all_datasources()[0].name().into_owned());
    // Depth is bounded by the limits, but the stack of a thread may be small: no recursion.
    let mut stack = vec![(root, context, false)];
    while let Some((node, context, in_relation)) = stack.pop() {
        let name = tree.plain_name(node);
        let context = walk.context(node, name).or(context);
        let in_relation = in_relation || matches!(name, "relation" | "named-connections");
        if !in_relation {
            walk.element(node, name, context.as_deref());
        }
        let begin = stack.len();
        stack.extend(
            tree.all_children(node)
                .map(|child| (child, context.clone(), in_relation)),
        );
        stack[begin..].reverse();
    }
    walk.found
}

impl Walk<'_> {
    /// Returns the data source that an element sets for what is inside it.
    fn context(&self, node: NodeId, name: &str) -> Option<String> {
        let get = |attribute| self.tree.value(node, attribute).map(Cow::into_owned);
        match name {
            "datasource" => {
                let parent = self.tree.parent(node)?;
                self.tree.is(parent, "datasources").then(|| get("name"))?
            }
            "datasource-dependencies" => get("datasource"),
            "shared-view" => get("name"),
            // In worksheets a filter names the data source, and what is inside it does not.
            _ => {
                let column = get("column")?;
                let parts = split_name(&column)?;
                (parts.len() > 1 && self.sources.contains(&parts[0])).then(|| parts[0].clone())
            }
        }
    }

    fn element(&mut self, node: NodeId, name: &str, context: Option<&str>) {
        let tree = self.tree;
        for (raw, value) in tree.attributes(node) {
            let attribute = plain(raw);
            let local = attribute.rsplit(':').next().unwrap_or(attribute);
            if !value.contains('[') && !value.contains("%5B") {
                continue;
            }
            let site = Site::Attribute(raw.to_owned());
            let is_formula = match (name, local) {
                ("calculation", "formula") => true,
                ("groupfilter" | "expression-filter", "expression") => true,
                ("expression", "op") => self.in_object_graph(node),
                ("binding", "expression") => false,
                _ => false,
            };
            if is_formula {
                self.formula(node, &site, &value, context);
                continue;
            }
            if name == "link" && value.contains("%5B") {
                self.encoded(node, &site, &value);
            }
            let plain_names = UNQUALIFIED.contains(&local) && !NO_FIELDS.contains(&name)
                || (name == "folder-item" && local == "name")
                || (name == "groupfilter" && local == "member" && value.starts_with('['))
                || (name == "order" && local == "name");
            self.names(node, &site, &value, context.filter(|_| plain_names));
        }
        let has_text = matches!(
            name,
            "rows" | "cols" | "run" | "column" | "field" | "local-name" | "formula" | "value" | "title"
        );
        if has_text || tree.all_children(node).next().is_none() {
            let text = tree.text(node);
            if text.contains('[') {
                let plain_names = match name {
                    "local-name" => true,
                    "field" => tree
                        .parent(node)
                        .is_some_and(|parent| tree.plain_name(parent) == "drill-path"),
                    _ => false,
                };
                self.names(node, &Site::Text, &text, context.filter(|_| plain_names));
            }
        }
    }

    fn in_object_graph(&self, node: NodeId) -> bool {
        self.tree
            .ancestors(node)
            .any(|at| self.tree.plain_name(at) == "relationship")
    }

    /// Finds names anywhere in a text: those of known data sources, and others if there is a context.
    fn names(&mut self, node: NodeId, site: &Site, text: &str, context: Option<&str>) {
        for found in find_names(text) {
            let first = found.part(text, 0);
            let qualified = found.parts.len() > 1;
            let source = match (qualified, context) {
                (true, _) if self.sources.contains(&first) => first,
                (false, Some(context)) => context.to_owned(),
                _ => continue,
            };
            let last = found.parts.len() - 1;
            self.found.push(Reference {
                node,
                site: site.clone(),
                source,
                name: found.part(text, last),
                range: found.parts[last].clone(),
                in_formula: false,
                qualified,
                encoded: false,
            });
        }
    }

    /// Returns a field as the data source writes it.
    fn field(&self, source: &str, name: &str) -> Option<String> {
        self.fields.get(source)?.get(&name.to_lowercase()).cloned()
    }

    /// Finds names in a formula: text literals and comments hold none, and a name may lack its brackets.
    fn formula(&mut self, node: NodeId, site: &Site, text: &str, context: Option<&str>) {
        let tokens: Vec<_> = lex(text)
            .into_iter()
            .filter(|token| !token.kind.is_trivia())
            .collect();
        let kind = |at: usize| tokens.get(at).map(|token| token.kind);
        let mut at = 0;
        while at < tokens.len() {
            let begin = at;
            let bare = tokens[at].kind == TokenKind::Name;
            if bare {
                at += 1;
                if kind(at) == Some(TokenKind::LeftParen) {
                    continue;
                }
            } else if tokens[at].kind == TokenKind::Field {
                while kind(at + 1) == Some(TokenKind::Dot) && kind(at + 2) == Some(TokenKind::Field) {
                    at += 2;
                }
                at += 1;
            } else {
                at += 1;
                continue;
            }
            let last = at - 1;
            let first = unquote(tokens[begin].span.of(text));
            let qualified = last > begin && self.sources.contains(&first);
            let source = match context {
                _ if qualified => first,
                Some(context) if last == begin => context.to_owned(),
                _ => continue,
            };
            let span = tokens[last].span;
            let written = unquote(span.of(text));
            let name = match self.field(&source, &written) {
                Some(name) => name,
                // A word that is no field is part of the language.
                None if bare => continue,
                None => written,
            };
            self.found.push(Reference {
                node,
                site: site.clone(),
                source,
                name,
                range: span.start..span.end,
                in_formula: true,
                qualified,
                encoded: false,
            });
        }
    }

    /// Finds names in the percent-encoded part of a link: `%5Bsource%5D.%5BPort%5D~s0=…`.
    fn encoded(&mut self, node: NodeId, site: &Site, text: &str) {
        let mut at = 0;
        while let Some(start) = text[at..].find("%5B").map(|offset| at + offset) {
            let mut parts: Vec<Range<usize>> = Vec::new();
            let mut end = start;
            while text[end..].starts_with("%5B") {
                let mut close = end + 3;
                let stop = loop {
                    let Some(offset) = text[close..].find("%5D") else {
                        break None;
                    };
                    close += offset + 3;
                    if text[close..].starts_with("%5D") {
                        close += 3;
                    } else {
                        break Some(close);
                    }
                };
                let Some(stop) = stop else { break };
                parts.push(end..stop);
                end = stop;
                if text[end..].starts_with(".%5B") {
                    end += 1;
                } else {
                    break;
                }
            }
            let Some(last) = parts.last().cloned() else { return };
            at = last.end;
            let source = unquote(&percent_decode(&text[parts[0].clone()]));
            if parts.len() > 1 && self.sources.contains(&source) {
                self.found.push(Reference {
                    node,
                    site: site.clone(),
                    source,
                    name: unquote(&percent_decode(&text[last.clone()])),
                    range: last,
                    in_formula: false,
                    qualified: true,
                    encoded: true,
                });
            }
        }
    }
}

/// Tells which field an instance such as `[sum:Fare:qk]` shows.
pub(crate) struct Instances {
    by_name: HashMap<(String, String), String>,
}

impl Instances {
    /// Gathers the instances that the document defines.
    pub fn of(document: &Document) -> Self {
        let tree = document.tree();
        let mut by_name = HashMap::new();
        let mut add = |source: &str, parent: NodeId| {
            for node in tree.all_named(parent, "column-instance") {
                let (Some(name), Some(column)) = (tree.value(node, "name"), tree.value(node, "column"))
                else {
                    continue;
                };
                by_name.insert((source.to_owned(), unquote(&name)), unquote(&column));
            }
        };
        for source in document.all_datasources() {
            add(&source.name(), source.node());
        }
        for node in tree.all_descendants(tree.root()) {
            if tree.plain_name(node) == "datasource-dependencies" {
                add(&tree.get(node, "datasource").unwrap_or_default(), node);
            }
        }
        Self { by_name }
    }

    /// Returns the field that a name stands for, if it is the name of an instance.
    pub fn field(&self, source: &str, name: &str) -> Option<Cow<'_, str>> {
        if let Some(field) = self.by_name.get(&(source.to_owned(), name.to_owned())) {
            return Some(Cow::Borrowed(field));
        }
        by_shape(name).map(|field| Cow::Owned(field.to_owned()))
    }
}

/// Takes the name of an instance apart by its shape: codes, field, type, number.
fn by_shape(name: &str) -> Option<&str> {
    let without_number = match name.rsplit_once(':') {
        Some((rest, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            rest
        }
        _ => name,
    };
    let (rest, key) = without_number.rsplit_once(':')?;
    if !matches!(key, "nk" | "ok" | "qk") {
        return None;
    }
    let (_, field) = rest.split_once(':')?;
    (!field.is_empty()).then_some(field)
}

/// A value with names to change in it.
struct Rewritten {
    node: NodeId,
    site: Site,
    changes: Vec<(Range<usize>, String)>,
}

/// Changes names of fields everywhere. `change` gets the data source and the field, both without brackets, and
/// returns the new name of the field. Returns how many references were changed.
pub(crate) fn rewrite(
    document: &mut Document,
    change: impl Fn(&str, &str) -> Option<String>,
) -> Result<usize> {
    let instances = Instances::of(document);
    let new_name = |reference: &Reference| -> Option<String> {
        if let Some(new) = change(&reference.source, &reference.name) {
            return Some(new);
        }
        let field = instances.field(&reference.source, &reference.name)?;
        let new = change(&reference.source, &field)?;
        // `sum:Fare:qk` with `Fare` renamed; the field stands between two colons.
        let old = format!(":{field}:");
        let at = reference.name.find(&old)?;
        Some(format!(
            "{}:{new}:{}",
            &reference.name[..at],
            &reference.name[at + old.len()..]
        ))
    };
    let mut edits: Vec<Rewritten> = Vec::new();
    // Names in one value may be found by two ways, and not one after the other.
    let mut by_site: HashMap<(NodeId, Site), usize> = HashMap::new();
    let mut count = 0;
    for reference in references(document) {
        let Some(new) = new_name(&reference) else { continue };
        count += 1;
        let written = if reference.encoded {
            percent_encode(&quote_plain(&new))
        } else {
            quote_plain(&new)
        };
        let place = (reference.node, reference.site);
        let index = *by_site.entry(place.clone()).or_insert_with(|| {
            edits.push(Rewritten {
                node: place.0,
                site: place.1,
                changes: Vec::new(),
            });
            edits.len() - 1
        });
        edits[index].changes.push((reference.range, written));
    }
    for Rewritten {
        node,
        site,
        mut changes,
    } in edits
    {
        changes.sort_by_key(|(range, _)| range.start);
        changes.dedup_by(|a, b| a.0 == b.0);
        let tree = document.tree_mut();
        let value = match &site {
            Site::Attribute(raw) => tree
                .attributes(node)
                .find(|(name, _)| name == raw)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default(),
            Site::Text => tree.text(node).into_owned(),
        };
        let mut new = String::with_capacity(value.len() + 16);
        let mut at = 0;
        for (range, written) in changes {
            new.push_str(&value[at..range.start]);
            new.push_str(&written);
            at = range.end;
        }
        new.push_str(&value[at..]);
        match site {
            Site::Attribute(raw) => tree.set_raw(node, &raw, &new)?,
            Site::Text => tree.set_text(node, &new)?,
        }
    }
    Ok(count)
}

/// Puts a plain name in brackets, also one that looks as if it had some.
fn quote_plain(name: &str) -> String {
    if name.starts_with('[') {
        format!("[{}]", name.replace(']', "]]"))
    } else {
        quote(name)
    }
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'~') {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    const BOOK: &str = "<workbook><datasources><datasource name='ds'><connection class='textscan'>\
        <relation name='t' table='[t#csv]' type='table'><columns><column name='[Fare]'/></columns></relation>\
        <cols><map key='[Fare]' value='[t].[Fare]'/></cols>\
        <metadata-records><metadata-record class='column'><remote-name>Fare</remote-name>\
        <local-name>[Fare]</local-name><parent-name>[Fare]</parent-name></metadata-record></metadata-records></connection>\
        <column name='[Fare]' caption='[Fare]'/>\
        <column name='[Calc]'><calculation class='tableau' formula='SUM([Fare]) + &quot;[Fare]&quot; + fare + Fare() // [Fare]'/></column>\
        <drill-paths><drill-path name='[Fare]'><field>[Fare]</field></drill-path></drill-paths>\
        </datasource></datasources>\
        <actions><action name='[Fare]'><link expression='tsl:S?%5Bds%5D.%5BFare%5D~s0=&lt;[ds].[Fare]~na&gt;'/></action></actions>\
        <worksheets><worksheet name='[Fare]'><table><view><datasource-dependencies datasource='ds'>\
        <column name='[Fare]'/><column-instance column='[Fare]' name='[sum:Fare:qk]'/></datasource-dependencies>\
        <filter column='[ds].[none:Fare:nk]'><groupfilter level='[none:Fare:nk]' member='&quot;[Fare]&quot;'/></filter></view>\
        <rows>([ds].[sum:Fare:qk] / [other].[Fare])</rows></table></worksheet></worksheets></workbook>";

    #[test]
    fn a_field_is_renamed_where_it_is_meant_and_nowhere_else() {
        let mut document = Document::parse(BOOK, &Limits::default()).unwrap();
        let count = rewrite(&mut document, |source, name| {
            (source == "ds" && name == "Fare").then(|| "Price]".to_owned())
        })
        .unwrap();
        let after = String::from_utf8(document.to_bytes()).unwrap();
        let expected = BOOK
            .replace("key='[Fare]'", "key='[Price]]]'")
            .replace("<local-name>[Fare]", "<local-name>[Price]]]")
            .replace(
                "<column name='[Fare]' caption",
                "<column name='[Price]]]' caption",
            )
            .replace("SUM([Fare])", "SUM([Price]]])")
            .replace("+ fare +", "+ [Price]]] +")
            .replace("<field>[Fare]", "<field>[Price]]]")
            .replace("%5BFare%5D", "%5BPrice%5D%5D%5D")
            .replace("[ds].[Fare]", "[ds].[Price]]]")
            .replace("'ds'><column name='[Fare]'/>", "'ds'><column name='[Price]]]'/>")
            .replace("column='[Fare]'", "column='[Price]]]'")
            .replace("[sum:Fare:qk]", "[sum:Price]]:qk]")
            .replace("[none:Fare:nk]", "[none:Price]]:nk]");
        assert_eq!(after, expected);
        assert_eq!(count, 14);
    }

    #[test]
    fn instances_are_taken_apart() {
        assert_eq!(by_shape("sum:Fare:qk"), Some("Fare"));
        assert_eq!(by_shape("none:a:b:nk:2"), Some("a:b"));
        assert_eq!(by_shape("Fare"), None);
        assert_eq!(by_shape(":Measure Names"), None);
    }
}
