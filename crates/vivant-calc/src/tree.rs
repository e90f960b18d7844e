//! The tree of a formula: an arena in which children stand before their parents.
//!
//! Because of that order a pass over [`Tree::nodes`] from front to back sees every operand before
//! its operator and needs no recursion, however long a chain of `OR` may be.
//! Only nesting (parentheses, calls, `IF`) is limited, by the parser.

use crate::civil::{Date, DateTime};
use crate::diag::Span;
use crate::functions::Function;
use crate::names::FieldName;

/// The index of a node in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// Gives the index into [`Tree::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A formula as a tree.
///
/// After a syntax error there may be nodes that the root does not reach; they hold what could be
/// read of the rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: NodeId,
}

/// One node.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the whole expression, from its first token to its last.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeKind {
    /// An expression that is missing or cannot be read; a diagnostic says why.
    Error,
    /// `NULL`
    Null,
    /// `TRUE` or `FALSE`
    Boolean(bool),
    /// A number without point and exponent.
    Integer(i64),
    /// A number with point or exponent, or an integer beyond 64 bits.
    Real(f64),
    /// A text, without quotes and doubling.
    String(String),
    /// A date literal without a time.
    Date(Date),
    /// A date literal with a time; a time alone stands on 1899-12-30.
    DateTime(DateTime),
    /// A field.
    Field(FieldRef),
    /// A parameter, by its name within the source `Parameters`.
    Parameter(FieldRef),
    /// An operator with one operand.
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// The operand.
        operand: NodeId,
    },
    /// An operator with two operands.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// The bytes of the operator.
        operator_span: Span,
        /// The operand before it.
        left: NodeId,
        /// The operand after it.
        right: NodeId,
    },
    /// `value IN ...`
    In {
        /// The value.
        value: NodeId,
        /// What it is looked for in.
        members: Members,
    },
    /// A call of a function.
    Call {
        /// The name as written.
        name: String,
        /// The bytes of the name.
        name_span: Span,
        /// The function, if there is one of that name.
        function: Option<&'static Function>,
        /// The arguments.
        arguments: Vec<NodeId>,
    },
    /// `IF ... THEN ... ELSEIF ... ELSE ... END`
    If {
        /// The tests with their results, at least one.
        branches: Vec<Branch>,
        /// The result when no test holds.
        otherwise: Option<NodeId>,
    },
    /// `CASE ... WHEN ... THEN ... ELSE ... END`
    Case {
        /// The value that is compared.
        value: NodeId,
        /// The comparisons with their results.
        branches: Vec<When>,
        /// The result when none fits.
        otherwise: Option<NodeId>,
    },
    /// A level of detail expression in braces.
    Lod {
        /// The keyword, or none for `{ aggregate }`.
        kind: LodKind,
        /// The dimensions.
        dimensions: Vec<NodeId>,
        /// The aggregate.
        body: NodeId,
    },
    /// An expression in parentheses.
    Paren(NodeId),
}

/// A field as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldRef {
    /// The name it stands for.
    pub name: FieldName,
    /// Whether it is written as a word without brackets.
    pub bare: bool,
    /// The bytes of the last part, brackets included.
    pub name_span: Span,
}

/// A test of `IF` with its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// The test.
    pub test: NodeId,
    /// The result when it holds.
    pub result: NodeId,
}

/// A comparison of `CASE` with its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// What the value is compared with.
    pub test: WhenTest,
    /// The result when it fits.
    pub result: NodeId,
}

/// What `WHEN` compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhenTest {
    /// `WHEN value`
    Equal(NodeId),
    /// `WHEN IN ...`
    In(Members),
}

/// What stands after `IN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// Values in parentheses.
    List(Vec<NodeId>),
    /// A set or a combined field.
    Set(NodeId),
}

impl Members {
    /// Gives the nodes: the values, or the one set.
    pub fn nodes(&self) -> &[NodeId] {
        match self {
            Members::List(nodes) => nodes,
            Members::Set(node) => std::slice::from_ref(node),
        }
    }
}

/// The operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `NOT`
    Not,
}

/// The operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `OR`
    Or,
    /// `AND`
    And,
    /// `=` or `==`
    Equal,
    /// `<>` or `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
    /// `^`
    Power,
}

impl UnaryOperator {
    /// Gives the operator as formulas write it.
    pub fn as_str(self) -> &'static str {
        match self {
            UnaryOperator::Minus => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::Not => "NOT",
        }
    }
}

impl BinaryOperator {
    /// Gives the operator in its usual spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            BinaryOperator::Or => "OR",
            BinaryOperator::And => "AND",
            BinaryOperator::Equal => "=",
            BinaryOperator::NotEqual => "<>",
            BinaryOperator::Less => "<",
            BinaryOperator::LessEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterEqual => ">=",
            BinaryOperator::Add => "+",
            BinaryOperator::Subtract => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Remainder => "%",
            BinaryOperator::Power => "^",
        }
    }

    /// Tells whether the operator compares.
    pub fn is_comparison(self) -> bool {
        use BinaryOperator::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
        matches!(self, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual)
    }

    /// Tells how tightly the operator binds; operators of equal strength run from left to right.
    pub(crate) fn strength(self) -> u8 {
        match self {
            BinaryOperator::Or => 1,
            BinaryOperator::And => 2,
            BinaryOperator::Add | BinaryOperator::Subtract => 5,
            BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Remainder => 6,
            BinaryOperator::Power => 7,
            _ => 4,
        }
    }
}

/// The kinds of level of detail expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LodKind {
    /// `{ aggregate }`, the same as `FIXED` without dimensions.
    Table,
    /// `FIXED`: over exactly the dimensions given.
    Fixed,
    /// `INCLUDE`: over the dimensions of the view and those given.
    Include,
    /// `EXCLUDE`: over the dimensions of the view without those given.
    Exclude,
}

impl LodKind {
    /// Gives the keyword, empty for the table-scoped form.
    pub fn as_str(self) -> &'static str {
        match self {
            LodKind::Table => "",
            LodKind::Fixed => "FIXED",
            LodKind::Include => "INCLUDE",
            LodKind::Exclude => "EXCLUDE",
        }
    }

    /// Finds the kind by its keyword, in any letter case.
    pub fn from_word(word: &str) -> Option<LodKind> {
        [LodKind::Fixed, LodKind::Include, LodKind::Exclude]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word))
    }

    /// Tells whether the result depends on the dimensions of the view.
    pub fn depends_on_view(self) -> bool {
        matches!(self, LodKind::Include | LodKind::Exclude)
    }
}

impl NodeKind {
    /// Calls `visit` with each direct child, in the order they are written.
    pub fn for_each_child(&self, mut visit: impl FnMut(NodeId)) {
        match self {
            NodeKind::Unary { operand, .. } | NodeKind::Paren(operand) => visit(*operand),
            NodeKind::Binary { left, right, .. } => {
                visit(*left);
                visit(*right);
            }
            NodeKind::In { value, members } => {
                visit(*value);
                members.nodes().iter().copied().for_each(visit);
            }
            NodeKind::Call { arguments, .. } => arguments.iter().copied().for_each(visit),
            NodeKind::If { branches, otherwise } => {
                for branch in branches {
                    visit(branch.test);
                    visit(branch.result);
                }
                otherwise.iter().copied().for_each(visit);
            }
            NodeKind::Case {
                value,
                branches,
                otherwise,
            } => {
                visit(*value);
                for branch in branches {
                    match &branch.test {
                        WhenTest::Equal(test) => visit(*test),
                        WhenTest::In(members) => members.nodes().iter().copied().for_each(&mut visit),
                    }
                    visit(branch.result);
                }
                otherwise.iter().copied().for_each(visit);
            }
            NodeKind::Lod { dimensions, body, .. } => {
                dimensions.iter().copied().for_each(&mut visit);
                visit(*body);
            }
            _ => {}
        }
    }
}

impl Tree {
    /// Gives all nodes; children stand before their parents.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Lists the ids of all nodes, children before parents.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// Gives the node of the whole formula.
    pub fn root(&self) -> NodeId {
        self.root
    }

    /// Gives a node.
    ///
    /// # Panics
    /// When the id belongs to another tree and this one is smaller.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// Gives the kind of a node; panics as [`Tree::node`] does.
    pub fn kind(&self, id: NodeId) -> &NodeKind {
        &self.node(id).kind
    }

    /// Gives the bytes of a node; panics as [`Tree::node`] does.
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).span
    }

    /// Steps through parentheses to what they hold.
    pub fn unwrapped(&self, mut id: NodeId) -> NodeId {
        while let NodeKind::Paren(inner) = self.kind(id) {
            id = *inner;
        }
        id
    }

    /// Tells whether a node is a literal, perhaps in parentheses or with a sign.
    pub fn is_literal(&self, id: NodeId) -> bool {
        match self.kind(self.unwrapped(id)) {
            NodeKind::Unary {
                operator: UnaryOperator::Minus | UnaryOperator::Plus,
                operand,
            } => {
                matches!(
                    self.kind(self.unwrapped(*operand)),
                    NodeKind::Integer(_) | NodeKind::Real(_)
                )
            }
            NodeKind::Null
            | NodeKind::Boolean(_)
            | NodeKind::Integer(_)
            | NodeKind::Real(_)
            | NodeKind::String(_)
            | NodeKind::Date(_)
            | NodeKind::DateTime(_) => true,
            _ => false,
        }
    }

    /// Gives the text of a string literal, perhaps in parentheses.
    pub fn string_literal(&self, id: NodeId) -> Option<&str> {
        match self.kind(self.unwrapped(id)) {
            NodeKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// Gives the text of an argument that names something, such as a date part: a string literal or a
    /// word without quotes.
    pub fn word(&self, id: NodeId) -> Option<&str> {
        match self.kind(self.unwrapped(id)) {
            NodeKind::String(text) => Some(text),
            NodeKind::Field(field) if field.bare => Some(&field.name.name),
            _ => None,
        }
    }

    /// Writes the tree as an s-expression, for tests and for looking at a formula; parentheses of the
    /// formula do not show, except that they decide the shape.
    pub fn to_sexpr(&self) -> String {
        enum Step<'a> {
            Node(NodeId),
            Text(&'a str),
        }
        let mut out = String::new();
        let mut steps = vec![Step::Node(self.root)];
        while let Some(step) = steps.pop() {
            let id = match step {
                Step::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Step::Node(id) => self.unwrapped(id),
            };
            let kind = self.kind(id);
            let head = match kind {
                NodeKind::Error => "error".to_string(),
                NodeKind::Null => "null".to_string(),
                NodeKind::Boolean(value) => value.to_string(),
                NodeKind::Integer(value) => value.to_string(),
                NodeKind::Real(value) => format!("{value:?}"),
                NodeKind::String(text) => format!("{text:?}"),
                NodeKind::Date(date) => format!("#{date}#"),
                NodeKind::DateTime(moment) => format!("#{moment}#"),
                NodeKind::Field(field) => field.name.to_string(),
                NodeKind::Parameter(field) => format!("parameter:{}", field.name.name),
                NodeKind::Unary {
                    operator: UnaryOperator::Minus,
                    ..
                } => "neg".to_string(),
                NodeKind::Unary { operator, .. } => operator.as_str().to_lowercase(),
                NodeKind::Binary { operator, .. } => operator.as_str().to_lowercase(),
                NodeKind::In { .. } => "in".to_string(),
                NodeKind::Call { name, .. } => name.to_uppercase(),
                NodeKind::If { .. } => "if".to_string(),
                NodeKind::Case { .. } => "case".to_string(),
                NodeKind::Lod {
                    kind: LodKind::Table, ..
                } => "table".to_string(),
                NodeKind::Lod { kind, .. } => kind.as_str().to_lowercase(),
                NodeKind::Paren(_) => String::new(),
            };
            // Role names keep IF, CASE and FIXED readable: `(else x)` and not just one more operand.
            let mut roles = Vec::new();
            match kind {
                NodeKind::If { branches, otherwise } => {
                    roles.extend(branches.iter().map(|_| "").flat_map(|none| [none, none]));
                    roles.extend(otherwise.iter().map(|_| "else "));
                }
                NodeKind::Case {
                    branches, otherwise, ..
                } => {
                    roles.push("");
                    for branch in branches {
                        match &branch.test {
                            WhenTest::Equal(_) => roles.push(""),
                            WhenTest::In(members) => roles.extend(members.nodes().iter().map(|_| "in ")),
                        }
                        roles.push("");
                    }
                    roles.extend(otherwise.iter().map(|_| "else "));
                }
                NodeKind::Lod { dimensions, .. } => {
                    roles.extend(dimensions.iter().map(|_| ""));
                    roles.push(": ");
                }
                _ => {}
            }
            let mut children = Vec::new();
            kind.for_each_child(|child| children.push(child));
            if children.is_empty() && !matches!(kind, NodeKind::Call { .. }) {
                out.push_str(&head);
                continue;
            }
            out.push('(');
            out.push_str(&head);
            steps.push(Step::Text(")"));
            for (index, child) in children.into_iter().enumerate().rev() {
                steps.push(Step::Node(child));
                steps.push(Step::Text(roles.get(index).copied().unwrap_or("")));
                steps.push(Step::Text(" "));
            }
        }
        out
    }
}
