//! The evaluator: a value for a formula without aggregates.
//!
//! It computes constants and single rows: operators, `IF` and `CASE`, casts, numbers, texts, dates,
//! regular expressions, the signed-in user.
//! Aggregates, table calculations, level of detail expressions, geometries and what runs elsewhere
//! (SQL, scripts, models) belong to a query engine; asking for them here gives a clear error.
//!
//! There is no clock and no session: [`Context`] says what time it is and who asks.

mod functions;
mod operators;

use std::collections::HashMap;
use std::rc::Rc;

use crate::check::Checked;
use crate::civil::{DateTime, Weekday};
use crate::datepart::DateNames;
use crate::datetext::DateOrder;
use crate::diag::{Diagnostic, Span, Warned};
use crate::functions::{Function, Kind, Rule};
use crate::kernel::text::Collation;
use crate::names::FieldName;
use crate::regex::Regex;
use crate::tree::{BinaryOperator, Branch, Members, NodeId, NodeKind, Tree, UnaryOperator, When, WhenTest};
use crate::types::DataType;
use crate::value::Value;

/// What the value of a formula depends on besides its text.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What `NOW` and `TODAY` say.
    pub now: DateTime,
    /// The first day of weeks for functions that do not name one.
    pub week_start: Weekday,
    /// The order of day, month and year in text.
    pub date_order: DateOrder,
    /// The names of months and weekdays.
    pub date_names: DateNames<'a>,
    /// The signed-in user.
    pub user: Option<&'a User>,
    /// The values of fields and parameters.
    pub values: &'a dyn Values,
}

impl Context<'static> {
    /// Makes a context without fields, parameters and user, with weeks from Sunday and month before
    /// day.
    pub fn new(now: DateTime) -> Context<'static> {
        Context {
            now,
            week_start: Weekday::Sunday,
            date_order: DateOrder::MonthFirst,
            date_names: DateNames::ENGLISH,
            user: None,
            values: &NoValues,
        }
    }
}

/// The signed-in user, for `USERNAME` and its kin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct User {
    /// The name to sign in with.
    pub name: String,
    /// The name to show.
    pub full_name: String,
    /// The domain, empty without one.
    pub domain: String,
    /// The names of the user's groups, with `domain\` in front for groups of a directory.
    pub groups: Vec<String>,
    /// The user's attributes; one name may have several values.
    pub attributes: Vec<(String, String)>,
}

/// The values of a row and of the parameters.
pub trait Values {
    /// Gives the value of a field; for a set, whether the row is in it.
    fn field(&self, name: &FieldName) -> Option<Value>;

    /// Gives the current value of a parameter.
    fn parameter(&self, name: &str) -> Option<Value>;

    /// Gives the value of a node that was computed elsewhere: an aggregate, a level of detail expression,
    /// a table calculation. It is asked before the node is computed here.
    fn node(&self, id: NodeId) -> Option<Value> {
        let _ = id;
        None
    }

    /// Tells how the texts that [`Values::node`] gives are compared, if they are no literals.
    fn node_collation(&self, id: NodeId) -> Option<Collation> {
        let _ = id;
        None
    }

    /// Tells how texts of a field are compared; literals adopt it.
    fn collation(&self, name: &FieldName) -> Collation {
        let _ = name;
        Collation::Binary
    }
}

/// No fields and no parameters.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoValues;

impl Values for NoValues {
    fn field(&self, _: &FieldName) -> Option<Value> {
        None
    }

    fn parameter(&self, _: &str) -> Option<Value> {
        None
    }
}

/// Computes the value of a checked formula once.
///
/// The warnings say where a result is null for a reason worth knowing, such as a numeric overflow.
///
/// # Errors
/// The first error of the checker, or an error that names what cannot be computed here.
pub fn evaluate(tree: &Tree, checked: &Checked, context: &Context<'_>) -> Result<Warned<Value>, Diagnostic> {
    Evaluator::new(tree, checked).run(context)
}

/// Computes a checked formula for many rows; regular expressions are read once.
pub struct Evaluator<'t> {
    tree: &'t Tree,
    checked: &'t Checked,
    regexes: HashMap<String, Rc<Regex>>,
}

impl<'t> Evaluator<'t> {
    /// Prepares the computation.
    pub fn new(tree: &'t Tree, checked: &'t Checked) -> Evaluator<'t> {
        Evaluator {
            tree,
            checked,
            regexes: HashMap::new(),
        }
    }

    /// Computes the formula for the values of a context.
    ///
    /// # Errors
    /// See [`evaluate`].
    pub fn run(&mut self, context: &Context<'_>) -> Result<Warned<Value>, Diagnostic> {
        self.run_node(self.tree.root(), context)
    }

    /// Computes one node of the formula for the values of a context.
    ///
    /// # Errors
    /// See [`evaluate`].
    ///
    /// # Panics
    /// When the id belongs to another tree and this one is smaller.
    pub fn run_node(&mut self, id: NodeId, context: &Context<'_>) -> Result<Warned<Value>, Diagnostic> {
        if let Some(error) = self
            .checked
            .diagnostics
            .iter()
            .find(|diagnostic| diagnostic.is_error())
        {
            return Err(error.clone());
        }
        let mut run = Run {
            tree: self.tree,
            checked: self.checked,
            regexes: &mut self.regexes,
            context,
            warnings: Vec::new(),
        };
        let operand = run.value(id).map_err(|error| *error)?;
        Ok(Warned::with(operand.value, run.warnings))
    }
}

/// A value with the collation it brings along.
#[derive(Debug, Clone)]
struct Operand {
    value: Value,
    collation: Option<Collation>,
}

impl Operand {
    fn plain(value: Value) -> Operand {
        Operand {
            value,
            collation: None,
        }
    }
}

/// Chooses the collation of two operands; two literals compare by code points.
fn collation_of<'o>(operands: impl IntoIterator<Item = &'o Operand>) -> Collation {
    operands
        .into_iter()
        .find_map(|operand| operand.collation)
        .unwrap_or_default()
}

/// One computation.
struct Run<'r> {
    tree: &'r Tree,
    checked: &'r Checked,
    regexes: &'r mut HashMap<String, Rc<Regex>>,
    context: &'r Context<'r>,
    warnings: Vec<Diagnostic>,
}

impl Run<'_> {
    /// Computes a node.
    fn value(&mut self, id: NodeId) -> Found {
        // A chain of operators leans to the left; going down it in a loop keeps the stack flat.
        let mut chain = Vec::new();
        let mut at = id;
        while let NodeKind::Binary { left, .. } = self.tree.kind(at) {
            chain.push(at);
            at = *left;
        }
        let mut operand = self.simple(at)?;
        while let Some(parent) = chain.pop() {
            let NodeKind::Binary { operator, right, .. } = self.tree.kind(parent) else {
                continue;
            };
            let settled = match operator {
                BinaryOperator::And => operand.value == Value::Boolean(false),
                BinaryOperator::Or => operand.value == Value::Boolean(true),
                _ => false,
            };
            if !settled {
                let right = self.value(*right)?;
                let value = operators::binary(*operator, &operand, &right, self.context.date_order);
                let value = self.or_overflow(value, self.tree.span(parent));
                let collation = operand.collation.or(right.collation);
                operand = Operand {
                    value: value.widened(self.data_type(parent)),
                    collation,
                };
            }
        }
        Ok(operand)
    }

    /// Computes a node that is not an operator with two operands.
    ///
    /// Every kind has a function of its own, so that nested formulas need little stack: a build
    /// without optimisation keeps the variables of all arms of a `match` in one frame.
    fn simple(&mut self, id: NodeId) -> Found {
        if let Some(value) = self.context.values.node(id) {
            return Ok(Operand {
                value: value.widened(self.data_type(id)),
                collation: self.context.values.node_collation(id),
            });
        }
        match self.tree.kind(id) {
            NodeKind::Paren(inner) => self.value(*inner),
            NodeKind::Binary { .. } => self.value(id),
            NodeKind::Call {
                function: Some(function),
                arguments,
                ..
            } => self.call(id, function, arguments),
            NodeKind::If { branches, otherwise } => self.if_statement(id, branches, *otherwise),
            NodeKind::Case {
                value,
                branches,
                otherwise,
            } => self.case_statement(id, *value, branches, *otherwise),
            NodeKind::Unary { operator, operand } => self.unary(id, *operator, *operand),
            NodeKind::In { value, members } => {
                let value = self.value(*value)?;
                self.member(&value, members).map(Operand::plain)
            }
            _ => self.leaf(id),
        }
    }

    /// Computes a literal, a field or a parameter.
    fn leaf(&self, id: NodeId) -> Found {
        let span = self.tree.span(id);
        let missing = |what: String| Diagnostic::error("calc.no-value", what).at(span);
        let value = match self.tree.kind(id) {
            NodeKind::Null => Value::Null,
            NodeKind::Boolean(value) => Value::Boolean(*value),
            NodeKind::Integer(value) => Value::Integer(*value),
            NodeKind::Real(value) => Value::Real(*value),
            NodeKind::String(text) => Value::String(text.clone()),
            NodeKind::Date(date) => Value::Date(*date),
            NodeKind::DateTime(moment) => Value::DateTime(*moment),
            NodeKind::Field(field) => {
                let value = self.context.values.field(&field.name);
                let value =
                    value.ok_or_else(|| missing(format!("the field {} has no value here", field.name)))?;
                let collation = Some(self.context.values.collation(&field.name));
                return Ok(Operand {
                    value: value.widened(self.data_type(id)),
                    collation,
                });
            }
            NodeKind::Parameter(field) => {
                let value = self.context.values.parameter(&field.name.name);
                let value = value
                    .ok_or_else(|| missing(format!("the parameter {} has no value here", field.name)))?;
                value.widened(self.data_type(id))
            }
            NodeKind::Lod { .. } => return Err(unsupported("a level of detail expression", span).into()),
            NodeKind::Call { name, .. } => {
                let message = format!("unknown function {name} called");
                return Err(Diagnostic::error("calc.unknown-function", message)
                    .at(span)
                    .into());
            }
            _ => {
                return Err(Diagnostic::error("calc.syntax", "the expression cannot be read")
                    .at(span)
                    .into());
            }
        };
        Ok(Operand::plain(value))
    }

    /// Computes an operator with one operand.
    fn unary(&mut self, id: NodeId, operator: UnaryOperator, operand: NodeId) -> Found {
        let operand = self.value(operand)?;
        let value = match operator {
            UnaryOperator::Plus => Ok(operand.value),
            _ => operators::unary(operator, &operand.value),
        };
        Ok(Operand::plain(self.or_overflow(value, self.tree.span(id))))
    }

    /// Computes `IF`.
    fn if_statement(&mut self, id: NodeId, branches: &[Branch], otherwise: Option<NodeId>) -> Found {
        for branch in branches {
            if self.value(branch.test)?.value == Value::Boolean(true) {
                return self.chosen(Some(branch.result), id);
            }
        }
        self.chosen(otherwise, id)
    }

    /// Computes `CASE`.
    fn case_statement(
        &mut self,
        id: NodeId,
        value: NodeId,
        branches: &[When],
        otherwise: Option<NodeId>,
    ) -> Found {
        let value = self.value(value)?;
        for branch in branches {
            let found = match &branch.test {
                WhenTest::Equal(test) => {
                    let test = self.value(*test)?;
                    operators::compare(BinaryOperator::Equal, &value, &test, self.context.date_order)
                }
                WhenTest::In(members) => self.member(&value, members)?,
            };
            if found == Value::Boolean(true) {
                return self.chosen(Some(branch.result), id);
            }
        }
        self.chosen(otherwise, id)
    }

    /// Computes the chosen result of a statement, null without one, in the type of the statement.
    fn chosen(&mut self, result: Option<NodeId>, statement: NodeId) -> Found {
        let Some(result) = result else {
            return Ok(Operand::plain(Value::Null));
        };
        let operand = self.value(result)?;
        Ok(Operand {
            value: operand.value.widened(self.data_type(statement)),
            ..operand
        })
    }

    /// Looks a value up in a list or a set.
    fn member(&mut self, value: &Operand, members: &Members) -> Result<Value, Box<Diagnostic>> {
        let nodes = match members {
            Members::Set(set) => {
                // A set is a boolean of the row: whether the row is in it.
                return match self.data_type(*set) {
                    DataType::Boolean => Ok(self.value(*set)?.value),
                    _ => Err(unsupported("IN with a combined field", self.tree.span(*set)).into()),
                };
            }
            Members::List(nodes) => nodes,
        };
        let mut unknown = false;
        for node in nodes {
            let member = self.value(*node)?;
            match operators::compare(BinaryOperator::Equal, value, &member, self.context.date_order) {
                Value::Boolean(true) => return Ok(Value::Boolean(true)),
                Value::Null => unknown = true,
                _ => {}
            }
        }
        Ok(if unknown {
            Value::Null
        } else {
            Value::Boolean(false)
        })
    }

    /// Computes a call.
    fn call(&mut self, id: NodeId, function: &'static Function, nodes: &[NodeId]) -> Found {
        // These choose which arguments to compute.
        match (function.name, nodes) {
            ("IIF", [test, yes, no, rest @ ..]) => {
                let chosen = match self.value(*test)?.value {
                    Value::Boolean(true) => Some(*yes),
                    Value::Boolean(false) => Some(*no),
                    _ => rest.first().copied(),
                };
                self.chosen(chosen, id)
            }
            ("IFNULL", [first, second]) => {
                let first = self.chosen(Some(*first), id)?;
                if first.value.is_null() {
                    self.chosen(Some(*second), id)
                } else {
                    Ok(first)
                }
            }
            _ => {
                let operands = self.arguments(id, function, nodes)?;
                self.applied(id, function, &operands)
            }
        }
    }

    /// Computes the arguments of a function that can be computed here.
    fn arguments(
        &mut self,
        id: NodeId,
        function: &Function,
        nodes: &[NodeId],
    ) -> Result<Vec<Operand>, Box<Diagnostic>> {
        if !matches!(function.kind_for(nodes.len()), Some(Kind::Scalar | Kind::User)) {
            return Err(unsupported(function.name, self.tree.span(id)).into());
        }
        let mut operands = Vec::with_capacity(nodes.len());
        for node in nodes {
            let operand = match self.tree.word(*node) {
                // A date part without quotes is not a field.
                Some(word) if names_a_word(function, operands.len()) => {
                    Operand::plain(Value::String(word.into()))
                }
                _ => self.value(*node)?,
            };
            operands.push(operand);
        }
        Ok(operands)
    }

    /// Applies a function to its arguments.
    fn applied(&mut self, id: NodeId, function: &'static Function, operands: &[Operand]) -> Found {
        let span = self.tree.span(id);
        let value = match functions::call(function, operands, self) {
            None => return Err(unsupported(function.name, span).into()),
            Some(Ok(value)) => value.widened(self.data_type(id)),
            Some(Err(Failure::Error(error))) => return Err(error.at(span).into()),
            Some(Err(Failure::Overflow)) => self.or_overflow(Err(Overflow), span),
            Some(Err(Failure::Warning(warning))) => {
                self.warnings.push(warning.at(span));
                Value::Null
            }
        };
        Ok(Operand {
            value,
            collation: operands.iter().find_map(|operand| operand.collation),
        })
    }

    /// Gives the checked type of a node.
    fn data_type(&self, id: NodeId) -> DataType {
        self.checked.of(id).data_type
    }

    /// Gives the value, or null and a warning for an overflow.
    fn or_overflow(&mut self, value: Result<Value, Overflow>, span: Span) -> Value {
        value.unwrap_or_else(|Overflow| {
            // Tableau: extracts stop with an error here; a null keeps the other rows alive.
            let message = "numeric overflow, the result is null";
            self.warnings
                .push(Diagnostic::warning("calc.overflow", message).at(span));
            Value::Null
        })
    }
}

/// Tells whether an argument of a function names a date part or a weekday.
fn names_a_word(function: &Function, index: usize) -> bool {
    let mut parameters = function
        .overloads
        .iter()
        .filter_map(|overload| overload.parameters.get(index));
    parameters.any(|parameter| matches!(parameter.rule, Rule::DatePart | Rule::StartOfWeek))
}

/// The value of a node, or why there is none.
type Found = Result<Operand, Box<Diagnostic>>;

/// A result does not fit its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Overflow;

/// Why a function has no value.
#[derive(Debug)]
enum Failure {
    /// The result does not fit its type.
    Overflow,
    /// The result is null, for a reason worth a warning.
    Warning(Diagnostic),
    /// The function cannot go on.
    Error(Diagnostic),
}

/// Says that something belongs to a query engine.
fn unsupported(what: &str, span: Span) -> Diagnostic {
    Diagnostic::error(
        "calc.unsupported",
        format!("{what} cannot be computed for a single row"),
    )
    .at(span)
    .hint("a query engine computes it over the data")
}

#[cfg(test)]
mod tests;
