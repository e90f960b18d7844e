//! Formulas as expressions of plans.
//!
//! What plans say the same way (numbers, comparisons, tests, choices) is said natively; everything else
//! goes through [`crate::rows`]. Fields, parameters, aggregates and levels of detail are asked from the
//! [`Scope`], which decides what they are at this place of the plan.

use std::sync::Arc;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::functions::core::expr_fn::{coalesce, nullif};
use datafusion::logical_expr::{Expr, Operator, binary_expr, cast, lit, not, when};
use vivant_calc::functions::Kind;
use vivant_calc::kernel::text::Collation;
use vivant_calc::names::FieldName;
use vivant_calc::tree::{BinaryOperator, Members, NodeId, NodeKind, UnaryOperator, WhenTest};
use vivant_calc::{DataType, Diagnostic, Value};

use crate::collate::{order_key, same_key};
use crate::rows::{Formula, Input, Surroundings, call};
use crate::values::{arrow_type, scalar_of};
use crate::whole::whole;

/// An expression with the type of its values.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The expression.
    pub expr: Expr,
    /// The type of its values in the calculation language.
    pub data_type: DataType,
    /// How its texts are compared; literals have none and adopt that of the other side.
    pub collation: Option<Collation>,
}

impl Typed {
    /// Makes an expression of a type.
    pub fn new(expr: Expr, data_type: DataType) -> Typed {
        Typed {
            expr,
            data_type,
            collation: None,
        }
    }

    /// Says how its texts are compared.
    pub fn collated(self, collation: Option<Collation>) -> Typed {
        let collation = collation.filter(|_| self.data_type == DataType::String);
        Typed { collation, ..self }
    }

    /// Tells whether texts in upper and lower case are the same.
    pub fn ignores_case(&self) -> bool {
        self.collation == Some(Collation::IgnoreCase)
    }

    /// Returns what is equal where the values count as equal.
    pub fn key(&self) -> Expr {
        match self.ignores_case() {
            true => same_key(self.expr.clone()),
            false => self.expr.clone(),
        }
    }

    /// Returns the expression widened to a type: integers to reals, dates to datetimes, nulls to anything.
    pub fn widened(self, data_type: DataType) -> Expr {
        match (self.data_type, data_type) {
            (a, b) if a == b => self.expr,
            (DataType::Null, b) => cast(self.expr, arrow_type(b)),
            (DataType::Integer, DataType::Real) | (DataType::Date, DataType::DateTime) => {
                cast(self.expr, arrow_type(data_type))
            }
            _ => self.expr,
        }
    }
}

/// What names and aggregates mean at a place of a plan.
pub trait Scope {
    /// Gives the expression of a field.
    fn field(&mut self, name: &FieldName) -> Result<Typed, Box<Diagnostic>>;

    /// Gives what an aggregate call or a level of detail expression was computed into.
    fn computed(&mut self, formula: &Arc<Formula>, node: NodeId) -> Result<Typed, Box<Diagnostic>>;
}

/// Makes an expression of a node of a formula.
pub fn compile(
    formula: &Arc<Formula>,
    node: NodeId,
    scope: &mut dyn Scope,
    surroundings: &Arc<Surroundings>,
) -> Result<Typed, Box<Diagnostic>> {
    let mut compiler = Compiler {
        formula,
        scope,
        surroundings,
    };
    if compiler.is_large(node) {
        return compiler.by_rows(node);
    }
    compiler.node(node)
}

/// Expressions deeper than this are computed row by row: plans go down into them call by call.
const MOST_LEVELS: usize = 60;

/// Expressions with more parts than this are computed row by row: what plans do to them takes a square of it.
const MOST_PARTS: usize = 1500;

/// How many fields may build on one another.
pub const MOST_NESTED: usize = 60;

/// Says that fields build on one another too deep.
pub fn too_deep(caption: &str) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error(
            "query.nested",
            format!("the field '{caption}' builds on more than {MOST_NESTED} calculations, one on another"),
        )
        .hint("put some of them together into one formula"),
    )
}

/// Counts the parts of an expression.
pub fn parts_of(expr: &Expr) -> usize {
    let mut count = 0;
    // Looking does not fail.
    let _ = expr.apply(|_| {
        count += 1;
        Ok(TreeNodeRecursion::Continue)
    });
    count
}

struct Compiler<'c> {
    formula: &'c Arc<Formula>,
    scope: &'c mut dyn Scope,
    surroundings: &'c Arc<Surroundings>,
}

type Compiled = Result<Typed, Box<Diagnostic>>;

impl Compiler<'_> {
    fn data_type(&self, node: NodeId) -> DataType {
        self.formula.checked.of(node).data_type
    }

    fn kind(&self, node: NodeId) -> &NodeKind {
        self.formula.tree.kind(node)
    }

    /// Tells whether a node is computed below this place of the plan.
    fn is_computed(&self, node: NodeId) -> bool {
        match self.kind(node) {
            NodeKind::Lod { .. } => true,
            NodeKind::Call {
                function: Some(function),
                arguments,
                ..
            } => {
                matches!(
                    function.kind_for(arguments.len()),
                    Some(Kind::Aggregate | Kind::TableCalculation)
                ) && self.formula.checked.of(node).level.is_aggregated()
            }
            _ => false,
        }
    }

    /// Tells whether a part of the formula is too deep or too large to be an expression of plans.
    fn is_large(&self, node: NodeId) -> bool {
        let mut parts = 0;
        let mut todo = vec![(node, 0)];
        while let Some((at, level)) = todo.pop() {
            parts += 1;
            if level > MOST_LEVELS || parts > MOST_PARTS {
                return true;
            }
            if !self.is_computed(at) {
                self.kind(at)
                    .for_each_child(|child| todo.push((child, level + 1)));
            }
        }
        false
    }

    fn node(&mut self, node: NodeId) -> Compiled {
        if self.is_computed(node) {
            return self.scope.computed(self.formula, node);
        }
        let formula = Arc::clone(self.formula);
        let data_type = self.data_type(node);
        let literal =
            |value: Value, data_type: DataType| Ok(Typed::new(lit(scalar_of(&value, data_type)), data_type));
        match formula.tree.kind(node) {
            NodeKind::Null => literal(Value::Null, DataType::Null),
            NodeKind::Boolean(value) => literal(Value::Boolean(*value), DataType::Boolean),
            NodeKind::Integer(value) => literal(Value::Integer(*value), DataType::Integer),
            NodeKind::Real(value) => literal(Value::Real(*value), DataType::Real),
            NodeKind::String(text) => literal(Value::String(text.clone()), DataType::String),
            NodeKind::Date(date) => literal(Value::Date(*date), DataType::Date),
            NodeKind::DateTime(moment) => literal(Value::DateTime(*moment), DataType::DateTime),
            NodeKind::Paren(inner) => self.node(*inner),
            NodeKind::Field(field) => self.scope.field(&field.name),
            NodeKind::Parameter(field) => {
                let value = self.surroundings.parameters.get(&field.name.name.to_lowercase());
                match value {
                    Some(value) => literal(value.clone(), data_type),
                    None => Err(Box::new(Diagnostic::error(
                        "query.parameter",
                        format!("the parameter {} has no value", field.name),
                    ))),
                }
            }
            NodeKind::Unary { operator, operand } => self.unary(node, *operator, *operand),
            NodeKind::Binary {
                operator,
                left,
                right,
                ..
            } => self.binary(node, *operator, *left, *right),
            NodeKind::If { branches, otherwise } => {
                let mut pairs = Vec::with_capacity(branches.len());
                for branch in branches {
                    pairs.push((self.node(branch.test)?.expr, self.node(branch.result)?));
                }
                self.choice(pairs, *otherwise, data_type)
            }
            NodeKind::Case {
                value,
                branches,
                otherwise,
            } => {
                let mut pairs = Vec::with_capacity(branches.len());
                for branch in branches {
                    let test = match &branch.test {
                        WhenTest::Equal(test) => self.comparison(BinaryOperator::Equal, *value, *test)?,
                        WhenTest::In(Members::List(members)) => self.any_of(*value, members)?,
                        WhenTest::In(Members::Set(_)) => return self.by_rows(node),
                    };
                    let Some(test) = test else {
                        return self.by_rows(node);
                    };
                    pairs.push((test, self.node(branch.result)?));
                }
                self.choice(pairs, *otherwise, data_type)
            }
            NodeKind::In { value, members } => match members {
                Members::List(members) => match self.any_of(*value, members)? {
                    Some(expr) => Ok(Typed::new(expr, DataType::Boolean)),
                    None => self.by_rows(node),
                },
                // A set is a boolean of the row.
                Members::Set(set) if self.data_type(*set) == DataType::Boolean => self.node(*set),
                Members::Set(_) => self.by_rows(node),
            },
            NodeKind::Call {
                function: Some(function),
                arguments,
                ..
            } => match (function.name, &arguments[..]) {
                ("ISNULL", [value]) => Ok(Typed::new(self.node(*value)?.expr.is_null(), DataType::Boolean)),
                ("IFNULL", [first, second]) => {
                    let (first, second) = (self.node(*first)?, self.node(*second)?);
                    let collation = first.collation.or(second.collation);
                    let parts = vec![first.widened(data_type), second.widened(data_type)];
                    Ok(Typed::new(coalesce(parts), data_type).collated(collation))
                }
                ("ZN", [value]) => {
                    let zero = match data_type {
                        DataType::Integer => Value::Integer(0),
                        _ => Value::Real(0.0),
                    };
                    let value = self.node(*value)?.widened(data_type);
                    let zero = lit(scalar_of(&zero, data_type));
                    Ok(Typed::new(coalesce(vec![value, zero]), data_type))
                }
                ("IIF", [test, yes, no, unknown @ ..]) => {
                    let test = self.node(*test)?.expr;
                    let yes = self.node(*yes)?;
                    let no = self.node(*no)?;
                    let pairs = vec![(test.clone(), yes), (not(test), no)];
                    self.choice(pairs, unknown.first().copied(), data_type)
                }
                ("FLOAT", [value]) if self.data_type(*value).is_number() => Ok(Typed::new(
                    self.node(*value)?.widened(DataType::Real),
                    DataType::Real,
                )),
                _ => self.by_rows(node),
            },
            _ => self.by_rows(node),
        }
    }

    fn choice(
        &mut self,
        pairs: Vec<(Expr, Typed)>,
        otherwise: Option<NodeId>,
        data_type: DataType,
    ) -> Compiled {
        let mut collation = pairs.iter().find_map(|(_, result)| result.collation);
        let otherwise = match otherwise {
            Some(node) => {
                let otherwise = self.node(node)?;
                collation = collation.or(otherwise.collation);
                otherwise.widened(data_type)
            }
            None => lit(scalar_of(&Value::Null, data_type)),
        };
        let mut pairs = pairs.into_iter();
        let Some((test, result)) = pairs.next() else {
            return Ok(Typed::new(otherwise, data_type).collated(collation));
        };
        let mut case = when(test, result.widened(data_type));
        for (test, result) in pairs {
            case = case.when(test, result.widened(data_type));
        }
        let expr = case.otherwise(otherwise).map_err(internal)?;
        Ok(Typed::new(expr, data_type).collated(collation))
    }

    fn unary(&mut self, node: NodeId, operator: UnaryOperator, operand: NodeId) -> Compiled {
        let data_type = self.data_type(node);
        match operator {
            UnaryOperator::Plus => self.node(operand),
            UnaryOperator::Not => Ok(Typed::new(not(self.node(operand)?.expr), DataType::Boolean)),
            UnaryOperator::Minus if data_type.is_number() => {
                let operand = self.node(operand)?.widened(data_type);
                Ok(Typed::new(Expr::Negative(Box::new(operand)), data_type))
            }
            UnaryOperator::Minus => self.by_rows(node),
        }
    }

    fn binary(&mut self, node: NodeId, operator: BinaryOperator, left: NodeId, right: NodeId) -> Compiled {
        use BinaryOperator as B;
        let data_type = self.data_type(node);
        let (a, b) = (self.data_type(left), self.data_type(right));
        let numbers = a.is_number() && b.is_number();
        match operator {
            B::And | B::Or => {
                let (left, right) = (self.node(left)?.expr, self.node(right)?.expr);
                let expr = if operator == B::And {
                    left.and(right)
                } else {
                    left.or(right)
                };
                Ok(Typed::new(expr, DataType::Boolean))
            }
            _ if operator.is_comparison() => match self.comparison(operator, left, right)? {
                Some(expr) => Ok(Typed::new(expr, DataType::Boolean)),
                None => self.by_rows(node),
            },
            B::Add | B::Subtract | B::Multiply if numbers => {
                let (left, right) = (
                    self.node(left)?.widened(data_type),
                    self.node(right)?.widened(data_type),
                );
                let operator = match operator {
                    B::Add => Operator::Plus,
                    B::Subtract => Operator::Minus,
                    _ => Operator::Multiply,
                };
                Ok(Typed::new(
                    match data_type {
                        DataType::Integer => whole(left, operator, right),
                        _ => binary_expr(left, operator, right),
                    },
                    data_type,
                ))
            }
            // Tableau: a quotient is real, and by zero it is null.
            B::Divide if numbers => {
                let left = self.node(left)?.widened(DataType::Real);
                let right = nullif(self.node(right)?.widened(DataType::Real), lit(0.0_f64));
                Ok(Typed::new(
                    binary_expr(left, Operator::Divide, right),
                    DataType::Real,
                ))
            }
            B::Add if a == DataType::String && b == DataType::String => {
                let (left, right) = (self.node(left)?, self.node(right)?);
                let collation = left.collation.or(right.collation);
                let joined = binary_expr(left.expr, Operator::StringConcat, right.expr);
                Ok(Typed::new(joined, DataType::String).collated(collation))
            }
            _ => self.by_rows(node),
        }
    }

    /// Compares natively where both sides have types that compare natively.
    fn comparison(
        &mut self,
        operator: BinaryOperator,
        left: NodeId,
        right: NodeId,
    ) -> Result<Option<Expr>, Box<Diagnostic>> {
        use BinaryOperator as B;
        let (a, b) = (self.data_type(left), self.data_type(right));
        let Some(common) = a.common(b) else {
            return Ok(None);
        };
        if common == DataType::Null || common == DataType::Unknown {
            return Ok(None);
        }
        let (left, right) = (self.node(left)?, self.node(right)?);
        let collation = left.collation.or(right.collation);
        let (mut left, mut right) = (left.widened(common), right.widened(common));
        if common == DataType::String && collation == Some(Collation::IgnoreCase) {
            let key = match operator {
                B::Equal | B::NotEqual => same_key,
                _ => order_key,
            };
            (left, right) = (key(left), key(right));
        }
        let operator = match operator {
            B::Equal => Operator::Eq,
            B::NotEqual => Operator::NotEq,
            B::Less => Operator::Lt,
            B::LessEqual => Operator::LtEq,
            B::Greater => Operator::Gt,
            _ => Operator::GtEq,
        };
        Ok(Some(binary_expr(left, operator, right)))
    }

    fn any_of(&mut self, value: NodeId, members: &[NodeId]) -> Result<Option<Expr>, Box<Diagnostic>> {
        let mut common = self.data_type(value);
        for member in members {
            match common.common(self.data_type(*member)) {
                Some(found) => common = found,
                None => return Ok(None),
            }
        }
        if common == DataType::Null || common == DataType::Unknown {
            return Ok(None);
        }
        let value = self.node(value)?;
        let mut list = Vec::with_capacity(members.len());
        for member in members {
            list.push(self.node(*member)?);
        }
        let collation = value
            .collation
            .or_else(|| list.iter().find_map(|member| member.collation));
        let folds = common == DataType::String && collation == Some(Collation::IgnoreCase);
        let key = |typed: Typed| match folds {
            true => same_key(typed.widened(common)),
            false => typed.widened(common),
        };
        let list = list.into_iter().map(key).collect();
        Ok(Some(key(value).in_list(list, false)))
    }

    /// Computes a node row by row; what it reads becomes its arguments.
    fn by_rows(&mut self, node: NodeId) -> Compiled {
        let formula = Arc::clone(self.formula);
        let mut inputs: Vec<(Input, Option<Collation>, Expr)> = Vec::new();
        let mut todo = vec![node];
        while let Some(at) = todo.pop() {
            if self.is_computed(at) {
                let value = self.scope.computed(self.formula, at)?;
                inputs.push((Input::Node(at), value.collation, value.expr));
                continue;
            }
            match formula.tree.kind(at) {
                // A date part without quotes is not a field.
                NodeKind::Field(field) if !self.is_word(&formula, node, at) => {
                    let known = |(input, ..): &(Input, _, _)| matches!(input, Input::Field(name) if name.matches(&field.name));
                    if !inputs.iter().any(known) {
                        let value = self.scope.field(&field.name)?;
                        let wanted = self.data_type(at);
                        inputs.push((
                            Input::Field(field.name.clone()),
                            value.collation,
                            value.widened(wanted),
                        ));
                    }
                }
                kind => kind.for_each_child(|child| todo.push(child)),
            }
        }
        let collations = inputs.iter().filter_map(|(_, collation, _)| *collation);
        let collation = collations.max();
        Ok(Typed::new(
            call(&formula, node, inputs, self.surroundings),
            self.data_type(node),
        )
        .collated(collation))
    }

    /// Tells whether a node is a bare word that names a date part or a unit and not a field.
    fn is_word(&self, formula: &Formula, top: NodeId, node: NodeId) -> bool {
        let NodeKind::Field(field) = formula.tree.kind(node) else {
            return false;
        };
        if !field.bare {
            return false;
        }
        let mut found = false;
        let mut todo = vec![top];
        while let Some(at) = todo.pop() {
            if let NodeKind::Call {
                function: Some(function),
                arguments,
                ..
            } = formula.tree.kind(at)
            {
                let position = arguments
                    .iter()
                    .position(|argument| formula.tree.unwrapped(*argument) == node);
                if let Some(position) = position {
                    found |= function.overloads.iter().any(|overload| {
                        overload.parameters.get(position).is_some_and(|parameter| {
                            use vivant_calc::functions::Rule;
                            matches!(
                                parameter.rule,
                                Rule::DatePart | Rule::StartOfWeek | Rule::LengthUnit
                            )
                        })
                    });
                }
            }
            formula.tree.kind(at).for_each_child(|child| todo.push(child));
        }
        found
    }
}

/// Says that a plan could not be built, which no workbook should cause.
pub fn internal(error: impl std::fmt::Display) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(
        "query.engine",
        format!("the query engine says: {error}"),
    ))
}
