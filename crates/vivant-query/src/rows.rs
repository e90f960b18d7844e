//! Formulas that plans cannot say by themselves: computed row by row with the language's own evaluator.
//!
//! A node of a formula becomes a function whose arguments are what it reads: fields, and aggregates or
//! levels of detail that were computed below. Its result is the same as everywhere else in the house, at
//! the price of a loop; [`crate::expr`] only comes here for what it cannot say natively.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::datatypes::DataType as ArrowType;
use datafusion::common::{Result as DfResult, exec_datafusion_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use vivant_calc::civil::{DateTime, Weekday};
use vivant_calc::eval::{Context, Evaluator, User, Values};
use vivant_calc::kernel::text::Collation;
use vivant_calc::names::FieldName;
use vivant_calc::tree::{NodeId, Tree};
use vivant_calc::{Checked, DataType, Value};

use crate::values::{Reader, arrow_type, column};

/// What formulas depend on besides rows.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// What `NOW` and `TODAY` say.
    pub now: DateTime,
    /// The first day of weeks.
    pub week_start: Weekday,
    /// The person who asks.
    pub user: Option<User>,
    /// Values of parameters, by lower-case internal name.
    pub parameters: HashMap<String, Value>,
}

/// A formula that was read and checked.
#[derive(Debug)]
pub struct Formula {
    /// The tree.
    pub tree: Tree,
    /// Its types and levels.
    pub checked: Checked,
}

/// What an argument of a function stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// All nodes that read this field.
    Field(FieldName),
    /// One node.
    Node(NodeId),
}

/// Values of one row.
pub struct Row<'r> {
    surroundings: &'r Surroundings,
    fields: Vec<(&'r FieldName, Value)>,
    nodes: Vec<(NodeId, Value)>,
    collations: Vec<(&'r Input, Collation)>,
}

impl<'r> Row<'r> {
    /// Makes a row without values.
    pub fn new(surroundings: &'r Surroundings) -> Row<'r> {
        Row {
            surroundings,
            fields: Vec::new(),
            nodes: Vec::new(),
            collations: Vec::new(),
        }
    }

    /// Says how the texts of an input are compared.
    pub fn collate(&mut self, input: &'r Input, collation: Option<Collation>) {
        self.collations
            .extend(collation.map(|collation| (input, collation)));
    }

    /// Sets the value of an input.
    pub fn set(&mut self, input: &'r Input, value: Value) {
        match input {
            Input::Field(name) => match self.fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, slot)) => *slot = value,
                None => self.fields.push((name, value)),
            },
            Input::Node(id) => match self.nodes.iter_mut().find(|(known, _)| known == id) {
                Some((_, slot)) => *slot = value,
                None => self.nodes.push((*id, value)),
            },
        }
    }
}

impl Values for Row<'_> {
    fn field(&self, name: &FieldName) -> Option<Value> {
        self.fields
            .iter()
            .find(|(known, _)| known.matches(name))
            .map(|(_, value)| value.clone())
    }

    fn parameter(&self, name: &str) -> Option<Value> {
        self.surroundings.parameters.get(&name.to_lowercase()).cloned()
    }

    fn node(&self, id: NodeId) -> Option<Value> {
        self.nodes
            .iter()
            .find(|(known, _)| *known == id)
            .map(|(_, value)| value.clone())
    }

    fn node_collation(&self, id: NodeId) -> Option<Collation> {
        let is = |input: &Input| matches!(input, Input::Node(known) if *known == id);
        let found = self.collations.iter().find(|(input, _)| is(input));
        found.map(|(_, collation)| *collation)
    }

    fn collation(&self, name: &FieldName) -> Collation {
        let is = |input: &Input| matches!(input, Input::Field(known) if known.matches(name));
        let found = self.collations.iter().find(|(input, _)| is(input));
        found.map_or(Collation::Binary, |(_, collation)| *collation)
    }
}

/// Makes the context of a row.
pub fn context<'c>(surroundings: &'c Surroundings, row: &'c Row<'_>) -> Context<'c> {
    Context {
        week_start: surroundings.week_start,
        user: surroundings.user.as_ref(),
        values: row,
        ..Context::new(surroundings.now)
    }
}

/// A node of a formula as a function of plans.
#[derive(Debug)]
struct RowFunction {
    name: String,
    formula: Arc<Formula>,
    node: NodeId,
    inputs: Vec<Input>,
    collations: Vec<Option<Collation>>,
    result: DataType,
    surroundings: Arc<Surroundings>,
    signature: Signature,
}

impl PartialEq for RowFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.node == other.node
            && Arc::ptr_eq(&self.formula, &other.formula)
            && self.inputs == other.inputs
            && self.collations == other.collations
    }
}

impl Eq for RowFunction {}

impl Hash for RowFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
        self.node.hash(state);
        Arc::as_ptr(&self.formula).hash(state);
    }
}

impl ScalarUDFImpl for RowFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> DfResult<ArrowType> {
        Ok(arrow_type(self.result))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let rows = args.number_rows;
        let mut readers = Vec::with_capacity(args.args.len());
        for value in &args.args {
            readers.push(Reader::new(&value.to_array(rows)?));
        }
        let mut evaluator = Evaluator::new(&self.formula.tree, &self.formula.checked);
        let mut values = Vec::with_capacity(rows);
        let mut row = Row::new(&self.surroundings);
        for (input, collation) in self.inputs.iter().zip(&self.collations) {
            row.collate(input, *collation);
        }
        for at in 0..rows {
            for (input, reader) in self.inputs.iter().zip(&readers) {
                row.set(input, reader.get(at));
            }
            let found = evaluator
                .run_node(self.node, &context(&self.surroundings, &row))
                .map_err(|error| exec_datafusion_err!("{error}"))?;
            values.push(found.value);
        }
        Ok(ColumnarValue::Array(column(values.into_iter(), self.result)))
    }
}

/// Makes a call of a node of a formula.
pub fn call(
    formula: &Arc<Formula>,
    node: NodeId,
    inputs: Vec<(Input, Option<Collation>, Expr)>,
    surroundings: &Arc<Surroundings>,
) -> Expr {
    let result = formula.checked.of(node).data_type;
    let mut arguments = Vec::with_capacity(inputs.len());
    let (mut known, mut collations) = (Vec::with_capacity(inputs.len()), Vec::with_capacity(inputs.len()));
    for (input, collation, argument) in inputs {
        known.push(input);
        collations.push(collation);
        arguments.push(argument);
    }
    let function = RowFunction {
        // The name tells calls apart in names of columns.
        name: format!("formula_{:x}_{}", Arc::as_ptr(formula) as usize, node.index()),
        formula: Arc::clone(formula),
        node,
        signature: match arguments.len() {
            0 => Signature::nullary(Volatility::Immutable),
            count => Signature::any(count, Volatility::Immutable),
        },
        inputs: known,
        collations,
        result,
        surroundings: Arc::clone(surroundings),
    };
    ScalarUDF::new_from_impl(function).call(arguments)
}
