//! The type checker: types, levels and diagnostics for a tree.
//!
//! [`check`] goes through the nodes once, from front to back, with the fields and parameters that an
//! [`Environment`] knows.
//! A problem is reported where it arises and not again further up: what depends on it is typed as
//! well as possible.

mod calls;
mod operators;

use std::collections::BTreeMap;

use crate::diag::{Diagnostic, Span};
use crate::names::FieldName;
use crate::tree::{FieldRef, LodKind, Members, NodeId, NodeKind, Tree, WhenTest};
use crate::types::{DataType, Level};

/// How many diagnostics a formula gets; errors come before warnings when there are more.
const MAX_DIAGNOSTICS: usize = 50;
/// For how many wrong names a right one is looked for.
const MAX_SUGGESTIONS: usize = 10;

/// What the checker asks about names.
pub trait Environment {
    /// Describes a field, or gives nothing if there is none of that name.
    fn field(&self, name: &FieldName) -> Option<FieldInfo>;

    /// Gives the type of the parameter with this name, without the source `Parameters`.
    fn parameter(&self, name: &str) -> Option<DataType>;

    /// Names a field or parameter that may have been meant by a name that does not exist.
    fn suggest(&self, name: &FieldName) -> Option<FieldName> {
        let _ = name;
        None
    }
}

/// What the checker must know of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// The type of its values.
    pub data_type: DataType,
    /// Its level: that of its formula for a calculated field, row for a column.
    pub level: Level,
    /// What sort of field it is.
    pub kind: FieldKind,
    /// Whether it belongs to another data source than the formula.
    pub secondary: bool,
}

/// The sorts of fields that formulas treat differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// A column or a calculation.
    Plain,
    /// A set; a boolean that may stand after `IN`.
    Set,
    /// A combined field; a string that may stand after `IN`.
    Combined,
}

impl FieldInfo {
    /// Describes a plain field of the data source at hand.
    pub fn new(data_type: DataType, level: Level) -> FieldInfo {
        FieldInfo {
            data_type,
            level,
            kind: FieldKind::Plain,
            secondary: false,
        }
    }

    /// Describes a set.
    pub fn set() -> FieldInfo {
        FieldInfo {
            kind: FieldKind::Set,
            ..FieldInfo::new(DataType::Boolean, Level::Row)
        }
    }

    /// Describes a combined field.
    pub fn combined() -> FieldInfo {
        FieldInfo {
            kind: FieldKind::Combined,
            ..FieldInfo::new(DataType::String, Level::Row)
        }
    }

    /// Marks the field as one of another data source.
    #[must_use]
    pub fn secondary(self) -> FieldInfo {
        FieldInfo {
            secondary: true,
            ..self
        }
    }
}

/// A plain environment: names with their descriptions.
///
/// Names are found whatever their letter case.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    fields: BTreeMap<FieldName, (FieldName, FieldInfo)>,
    parameters: BTreeMap<String, DataType>,
}

impl Fields {
    /// Makes an environment without names.
    pub fn new() -> Fields {
        Fields::default()
    }

    /// Adds a field, replacing one of the same name.
    #[must_use]
    pub fn with(mut self, name: FieldName, info: FieldInfo) -> Fields {
        self.insert(name, info);
        self
    }

    /// Adds a parameter, replacing one of the same name.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, data_type: DataType) -> Fields {
        self.parameters.insert(name.to_lowercase(), data_type);
        self
    }

    /// Adds a field, replacing one of the same name.
    pub fn insert(&mut self, name: FieldName, info: FieldInfo) {
        self.fields.insert(folded(&name), (name, info));
    }
}

/// Gives the name in lower case, to look it up.
fn folded(name: &FieldName) -> FieldName {
    FieldName {
        source: name.source.as_ref().map(|source| source.to_lowercase()),
        name: name.name.to_lowercase(),
    }
}

impl Environment for Fields {
    fn field(&self, name: &FieldName) -> Option<FieldInfo> {
        self.fields.get(&folded(name)).map(|(_, info)| *info)
    }

    fn parameter(&self, name: &str) -> Option<DataType> {
        self.parameters.get(&name.to_lowercase()).copied()
    }

    fn suggest(&self, name: &FieldName) -> Option<FieldName> {
        let names = self
            .fields
            .values()
            .map(|(name, _)| name)
            .filter(|known| known.source == name.source);
        let close = crate::functions::closest(&name.name, names.map(|known| known.name.as_str()))?;
        Some(FieldName {
            source: name.source.clone(),
            name: close.to_string(),
        })
    }
}

/// The type and the level of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeType {
    /// The type of its value.
    pub data_type: DataType,
    /// Its level.
    pub level: Level,
}

/// A checked tree: the types of all nodes and what there is to say about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    types: Vec<NodeType>,
    root: NodeId,
    /// The problems, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the formula holds an `INCLUDE` or `EXCLUDE`, whose value depends on the view.
    pub depends_on_view: bool,
}

impl Checked {
    /// Gives type and level of a node.
    ///
    /// # Panics
    /// When the id belongs to another tree and the checked one is smaller.
    pub fn of(&self, id: NodeId) -> NodeType {
        self.types[id.index()]
    }

    /// Gives type and level of the whole formula.
    pub fn root(&self) -> NodeType {
        self.of(self.root)
    }

    /// Tells whether at least one diagnostic is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Finds types, levels and problems of a tree.
///
/// Syntax errors are not repeated: they are with the result of the parser.
pub fn check(tree: &Tree, environment: &dyn Environment) -> Checked {
    let mut checker = Checker {
        tree,
        environment,
        infos: Vec::with_capacity(tree.nodes().len()),
        positions: positions(tree),
        diagnostics: Vec::new(),
        secondary: None,
        depends_on_view: false,
        suggestions: 0,
    };
    for id in tree.ids() {
        let info = checker.node(id);
        checker.infos.push(info);
    }
    checker.secondary_rule();
    if checker.diagnostics.len() > MAX_DIAGNOSTICS {
        checker
            .diagnostics
            .sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
        checker.diagnostics.truncate(MAX_DIAGNOSTICS);
    }
    checker
        .diagnostics
        .sort_by_key(|diagnostic| diagnostic.place.span);
    Checked {
        types: checker
            .infos
            .iter()
            .map(|info| NodeType {
                data_type: info.data_type,
                level: info.level,
            })
            .collect(),
        root: tree.root(),
        diagnostics: checker.diagnostics,
        depends_on_view: checker.depends_on_view,
    }
}

/// What is known of a node while checking.
#[derive(Debug, Clone, Copy)]
struct Info {
    data_type: DataType,
    level: Level,
    /// The level is not to be trusted, because of an error that was reported.
    quiet: bool,
    /// `ATTR` is used, outside a level of detail expression.
    attr: bool,
}

impl Info {
    fn new(data_type: DataType, level: Level) -> Info {
        Info {
            data_type,
            level,
            quiet: false,
            attr: false,
        }
    }

    /// A node about which an error was reported.
    fn unknown() -> Info {
        Info {
            quiet: true,
            ..Info::new(DataType::Unknown, Level::Constant)
        }
    }
}

/// Where a node stands, if that matters for what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Position {
    Usual,
    /// After `IN`: a set.
    Set,
    /// A word without quotes that names a date part or a weekday.
    Word,
}

/// Finds the nodes whose meaning depends on where they stand.
fn positions(tree: &Tree) -> Vec<Position> {
    let mut positions = vec![Position::Usual; tree.nodes().len()];
    let mut mark = |members: &Members| {
        if let Members::Set(set) = members {
            positions[set.index()] = Position::Set;
        }
    };
    for node in tree.nodes() {
        match &node.kind {
            NodeKind::In { members, .. } => mark(members),
            NodeKind::Case { branches, .. } => {
                for branch in branches {
                    if let WhenTest::In(members) = &branch.test {
                        mark(members);
                    }
                }
            }
            _ => {}
        }
    }
    for node in tree.nodes() {
        let NodeKind::Call {
            function: Some(function),
            arguments,
            ..
        } = &node.kind
        else {
            continue;
        };
        for (index, argument) in arguments.iter().enumerate() {
            if calls::is_word(tree, function, index, *argument) {
                positions[tree.unwrapped(*argument).index()] = Position::Word;
            }
        }
    }
    positions
}

/// The state of a check.
struct Checker<'a> {
    tree: &'a Tree,
    environment: &'a dyn Environment,
    infos: Vec<Info>,
    positions: Vec<Position>,
    diagnostics: Vec<Diagnostic>,
    /// The first field of another data source.
    secondary: Option<Span>,
    depends_on_view: bool,
    /// How many wrong names were looked up.
    suggestions: usize,
}

impl Checker<'_> {
    /// Types one node, whose children are typed already.
    fn node(&mut self, id: NodeId) -> Info {
        let tree = self.tree;
        let span = tree.span(id);
        let constant = |data_type| Info::new(data_type, Level::Constant);
        match tree.kind(id) {
            NodeKind::Error => Info::unknown(),
            NodeKind::Null => constant(DataType::Null),
            NodeKind::Boolean(_) => constant(DataType::Boolean),
            NodeKind::Integer(_) => constant(DataType::Integer),
            NodeKind::Real(_) => constant(DataType::Real),
            NodeKind::String(_) => constant(DataType::String),
            NodeKind::Date(_) => constant(DataType::Date),
            NodeKind::DateTime(_) => constant(DataType::DateTime),
            NodeKind::Field(_) if self.positions[id.index()] == Position::Word => constant(DataType::String),
            NodeKind::Field(field) => self.field(field, span, self.positions[id.index()]),
            NodeKind::Parameter(field) => self.parameter(field, span, self.positions[id.index()]),
            NodeKind::Paren(inner) => self.info(*inner),
            NodeKind::Unary { operator, operand } => self.unary(*operator, *operand, span),
            NodeKind::Binary {
                operator,
                operator_span,
                left,
                right,
            } => self.binary(*operator, *operator_span, *left, *right),
            NodeKind::In { value, members } => {
                self.membership(*value, members, "IN");
                let mut parts = vec![*value];
                parts.extend(members.nodes());
                Info {
                    data_type: DataType::Boolean,
                    ..self.joined(&parts, span, Mixing::Arguments)
                }
            }
            NodeKind::Call {
                name,
                name_span,
                function,
                arguments,
            } => self.call(name, *name_span, *function, arguments, span),
            NodeKind::If { branches, otherwise } => {
                for branch in branches {
                    self.condition(branch.test, "IF");
                }
                let mut parts: Vec<NodeId> = branches.iter().map(|branch| branch.test).collect();
                let mut results: Vec<NodeId> = branches.iter().map(|branch| branch.result).collect();
                results.extend(otherwise);
                parts.extend(&results);
                let data_type = self.result_type(&results, "IF");
                Info {
                    data_type,
                    ..self.joined(&parts, span, Mixing::Branches("IF"))
                }
            }
            NodeKind::Case {
                value,
                branches,
                otherwise,
            } => {
                let mut parts = vec![*value];
                for branch in branches {
                    match &branch.test {
                        WhenTest::Equal(test) => {
                            self.comparable(*value, *test, true, tree.span(*test));
                            parts.push(*test);
                        }
                        WhenTest::In(members) => {
                            self.membership(*value, members, "WHEN IN");
                            parts.extend(members.nodes());
                        }
                    }
                }
                let mut results: Vec<NodeId> = branches.iter().map(|branch| branch.result).collect();
                results.extend(otherwise);
                parts.extend(&results);
                let data_type = self.result_type(&results, "CASE");
                Info {
                    data_type,
                    ..self.joined(&parts, span, Mixing::Branches("CASE"))
                }
            }
            NodeKind::Lod {
                kind,
                dimensions,
                body,
            } => self.level_of_detail(*kind, dimensions, *body),
        }
    }

    /// Gives what is known of a node.
    fn info(&self, id: NodeId) -> Info {
        self.infos[id.index()]
    }

    /// Reports an error.
    fn error(&mut self, code: &'static str, message: impl Into<String>, span: Span) -> &mut Diagnostic {
        self.report(Diagnostic::error(code, message).at(span))
    }

    /// Adds a diagnostic.
    fn report(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        self.diagnostics.push(diagnostic);
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }

    /// Looks for a name that may have been meant, for the first few wrong ones.
    fn suggestion(&mut self, name: &FieldName) -> Option<FieldName> {
        self.suggestions += 1;
        if self.suggestions > MAX_SUGGESTIONS {
            None
        } else {
            self.environment.suggest(name)
        }
    }

    /// Types a reference to a field.
    fn field(&mut self, field: &FieldRef, span: Span, position: Position) -> Info {
        let Some(info) = self.environment.field(&field.name) else {
            let suggestion = self.suggestion(&field.name);
            let error = self.error(
                "calc.unknown-field",
                format!("reference to undefined field {}", field.name),
                span,
            );
            error.hint = suggestion.map(|name| format!("did you mean {name}?"));
            return Info::unknown();
        };
        if position == Position::Set && info.kind == FieldKind::Plain {
            let message = format!("{} after IN is neither a set nor a combined field", field.name);
            self.error("calc.type", message, span).hint = Some("write IN (value, value)".to_string());
        }
        if info.secondary && self.secondary.is_none() {
            self.secondary = Some(span);
        }
        Info::new(info.data_type, info.level)
    }

    /// Types a reference to a parameter.
    fn parameter(&mut self, field: &FieldRef, span: Span, position: Position) -> Info {
        let Some(data_type) = self.environment.parameter(&field.name.name) else {
            let suggestion = self.suggestion(&field.name);
            let error = self.error(
                "calc.unknown-field",
                format!("reference to undefined parameter {}", field.name),
                span,
            );
            error.hint = suggestion.map(|name| format!("did you mean {name}?"));
            return Info::unknown();
        };
        if position == Position::Set {
            let message = format!("the parameter {} cannot stand after IN", field.name);
            self.error("calc.type", message, span).hint = Some("compare with =".to_string());
        }
        Info::new(data_type, Level::Constant)
    }

    /// Types a level of detail expression; its value stands on every row.
    fn level_of_detail(&mut self, kind: LodKind, dimensions: &[NodeId], body: NodeId) -> Info {
        self.depends_on_view |= kind.depends_on_view();
        for dimension in dimensions {
            let info = self.info(*dimension);
            if !info.quiet && info.level.is_aggregated() {
                let span = self.tree.span(*dimension);
                self.error(
                    "calc.lod",
                    "a dimension of a level of detail expression must not be aggregated",
                    span,
                );
            }
        }
        let info = self.info(body);
        let span = self.tree.span(body);
        if !info.quiet {
            if info.level == Level::TableCalculation || info.attr {
                let message =
                    "level of detail expressions cannot contain table calculations or the ATTR function";
                self.error("calc.lod", message, span);
            } else if info.level != Level::Aggregate {
                self.error(
                    "calc.lod",
                    "the body of a level of detail expression must be an aggregate",
                    span,
                )
                .hint = Some("wrap it in an aggregate such as SUM, MIN or MAX".to_string());
            }
        }
        Info {
            quiet: info.quiet,
            ..Info::new(info.data_type, Level::Row)
        }
    }

    /// Requires that a formula with fields of another data source is aggregated.
    fn secondary_rule(&mut self) {
        let root = self.info(self.tree.root());
        if let Some(span) = self.secondary
            && root.level == Level::Row
            && !root.quiet
        {
            let message =
                "all fields must be aggregate or constant when using fields from multiple data sources";
            self.error("calc.level", message, span).hint =
                Some("wrap the fields in ATTR or in an aggregate".to_string());
        }
    }

    /// Joins the levels of the parts of an expression and reports row beside aggregate.
    fn joined(&mut self, parts: &[NodeId], span: Span, mixing: Mixing<'_>) -> Info {
        let mut level = Level::Constant;
        let (mut row, mut aggregated, mut attr, mut quiet) = (false, false, false, false);
        for part in parts {
            let info = self.info(*part);
            attr |= info.attr;
            level = level.max(info.level);
            if info.quiet {
                quiet = true;
                continue;
            }
            row |= info.level == Level::Row;
            aggregated |= info.level.is_aggregated();
        }
        if row && aggregated {
            let message = match mixing {
                Mixing::Arguments => {
                    "cannot mix aggregate and non-aggregate arguments with this function".to_string()
                }
                Mixing::Branches(word) => format!(
                    "cannot mix aggregate and non-aggregate comparisons or results in '{word}' expressions"
                ),
            };
            self.error("calc.level", message, span).hint = Some(
                "aggregate the row-level fields, with ATTR if they are the same on all rows".to_string(),
            );
            quiet = true;
        }
        Info {
            data_type: DataType::Unknown,
            level,
            quiet,
            attr,
        }
    }
}

/// What row beside aggregate is reported as.
#[derive(Debug, Clone, Copy)]
enum Mixing<'a> {
    /// Operands or arguments.
    Arguments,
    /// Tests and results of this statement.
    Branches(&'a str),
}

#[cfg(test)]
mod tests;
