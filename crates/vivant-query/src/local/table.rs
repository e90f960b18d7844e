//! Table calculations: quick ones and those of formulas, nested ones first.

use std::sync::Arc;

use vivant_calc::eval::Evaluator;
use vivant_calc::functions::Kind;
use vivant_calc::tree::{NodeId, NodeKind};
use vivant_calc::{DataType, Diagnostic, Level, Value};
use vivant_document::spec::{
    Addressing, Derivation, FieldKind, FieldRef, OBJECT_PART, Offset, SheetSpec, TableCalc, TableCalcKind,
};

use super::address::Order;
use super::functions::{Ties, aggregate, rank};
use crate::engine::{Asker, Item, Wanted};
use crate::expr::internal;
use crate::frame::{ColumnRole, Frame, FrameColumn, number};
use crate::rows::{Formula, Input, Row, Surroundings, context};

type Found<T> = Result<T, Box<Diagnostic>>;

/// A table calculation of a sheet.
pub struct Calculation {
    key: FieldRef,
    data_type: DataType,
    base: Operand,
    quick: Vec<TableCalc>,
    /// Whether the base can be added up over marks.
    additive: bool,
}

/// What a calculation is computed from.
enum Operand {
    /// A column of the result.
    Column(FieldRef),
    /// Another table calculation.
    Formula(Box<TableFormula>),
}

/// A formula at the level of tables.
struct TableFormula {
    formula: Arc<Formula>,
    calc: TableCalc,
    inputs: Vec<(Input, Operand)>,
}

/// Formulas nested deeper than this are refused.
const MAX_DEPTH: usize = 40;

impl Calculation {
    /// Reads a calculation, and asks for what it is computed from.
    pub fn new(asker: &Asker<'_>, item: &Item, asked: &mut Vec<Item>) -> Found<Calculation> {
        let empty = Vec::new();
        let calcs = item.pill.as_ref().map_or(&empty, |pill| &pill.table_calcs);
        let quick: Vec<TableCalc> = calcs
            .iter()
            .filter(|calc| calc.field.is_none() && calc.kind != TableCalcKind::Formula)
            .cloned()
            .collect();
        let spec = asker
            .fields
            .get(&item.field)
            .ok_or_else(|| crate::fields::unknown_field(&item.field))?;
        let own_level = asker.fields.level(spec).1;
        let base = if own_level == Level::TableCalculation {
            let own = calcs
                .iter()
                .find(|calc| calc.field.is_none() && calc.kind == TableCalcKind::Formula);
            Operand::Formula(Box::new(TableFormula::new(
                asker,
                &item.field,
                own,
                calcs,
                asked,
                0,
            )?))
        } else {
            let base = Item {
                key: FieldRef::new(item.key.source.clone(), format!("\u{1f}base {}", item.key.name)),
                level: Level::Aggregate,
                ..item.clone()
            };
            Operand::Column(ask(asked, base))
        };
        let additive = matches!(
            item.derivation,
            Derivation::Aggregate(
                vivant_document::spec::Aggregate::Sum | vivant_document::spec::Aggregate::Count
            )
        );
        let data_type = quick
            .iter()
            .fold(item.data_type, |before, calc| match &calc.kind {
                TableCalcKind::Rank(_) => DataType::Integer,
                TableCalcKind::PctDiff
                | TableCalcKind::PctTotal
                | TableCalcKind::PctValue
                | TableCalcKind::PctRank(_) => DataType::Real,
                _ => before,
            });
        Ok(Calculation {
            key: item.key.clone(),
            data_type,
            base,
            quick,
            additive,
        })
    }

    /// Adds the column of the calculation to a result that is in the order of display.
    pub fn run(
        &self,
        frame: &mut Frame,
        sheet: &SheetSpec,
        wanted: &Wanted,
        surroundings: &Surroundings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<()> {
        let mut runner = Runner {
            frame,
            sheet,
            wanted,
            surroundings,
            diagnostics,
        };
        let mut values = runner.operand(&self.base)?;
        for calc in &self.quick {
            let order = runner.order(calc);
            values = quick(calc, &values, &order);
            if calc.kind == TableCalcKind::PctTotal && !self.additive {
                runner.diagnostics.push(Diagnostic::warning(
                    "query.total",
                    format!(
                        "the total below {} is that of the marks and not of the rows",
                        self.key
                    ),
                ));
            }
        }
        frame.columns.push(FrameColumn {
            key: self.key.clone(),
            role: ColumnRole::Measure,
            data_type: self.data_type,
            values,
        });
        Ok(())
    }
}

fn ask(asked: &mut Vec<Item>, item: Item) -> FieldRef {
    let same = |known: &&Item| {
        known.field == item.field
            && known.derivation == item.derivation
            && known
                .node
                .as_ref()
                .map(|(formula, node)| (Arc::as_ptr(formula), *node))
                == item
                    .node
                    .as_ref()
                    .map(|(formula, node)| (Arc::as_ptr(formula), *node))
    };
    if let Some(known) = asked.iter().find(same) {
        return known.key.clone();
    }
    let key = item.key.clone();
    asked.push(item);
    key
}

/// A calculation across the table, where nothing says otherwise.
fn across() -> TableCalc {
    TableCalc {
        field: None,
        kind: TableCalcKind::Formula,
        addressing: Addressing::Rows,
        restart: None,
        level: None,
        offset: Offset::Relative(-1),
        sort: None,
    }
}

impl TableFormula {
    /// Reads the formula of a field. `given` says how it is addressed, `calcs` how those inside are.
    fn new(
        asker: &Asker<'_>,
        field: &str,
        given: Option<&TableCalc>,
        calcs: &[TableCalc],
        asked: &mut Vec<Item>,
        depth: usize,
    ) -> Found<TableFormula> {
        if depth > MAX_DEPTH {
            return Err(internal(format!(
                "the table calculation '{field}' is nested too deep"
            )));
        }
        let spec = asker
            .fields
            .get(field)
            .ok_or_else(|| crate::fields::unknown_field(field))?;
        let FieldKind::Calculation { formula, table_calcs } = &spec.kind else {
            return Err(internal(format!("'{field}' is no calculation")));
        };
        let formula = asker.fields.formula(formula)?;
        let default = table_calcs.iter().find(|calc| calc.field.is_none());
        let calc = given.or(default).cloned().unwrap_or_else(across);
        let source = asker.fields.source.name.clone();
        let mut inputs = Vec::new();
        let mut todo = vec![formula.tree.root()];
        while let Some(node) = todo.pop() {
            match formula.tree.kind(node) {
                NodeKind::Field(name) => {
                    if name.bare && asker.fields.get(&name.name.name).is_none() {
                        continue;
                    }
                    let input = Input::Field(name.name.clone());
                    if inputs.iter().any(|(known, _)| *known == input) {
                        continue;
                    }
                    let key = match &name.name.source {
                        Some(part) if part == OBJECT_PART => format!("{OBJECT_PART}].[{}", name.name.name),
                        _ => name.name.name.clone(),
                    };
                    let spec = asker
                        .fields
                        .get(&key)
                        .ok_or_else(|| crate::fields::unknown_field(&key))?;
                    let (data_type, level) = asker.fields.level(spec);
                    let operand = if level == Level::TableCalculation {
                        let own = calcs
                            .iter()
                            .find(|calc| calc.field.as_ref().is_some_and(|field| field.name == spec.name));
                        let nested = TableFormula::new(asker, &spec.name, own, calcs, asked, depth + 1)?;
                        Operand::Formula(Box::new(nested))
                    } else {
                        Operand::Column(ask(
                            asked,
                            Item {
                                key: FieldRef::new(source.clone(), format!("\u{1f}field {}", spec.name)),
                                field: spec.name.clone(),
                                derivation: Derivation::User,
                                pill: None,
                                level: Level::Aggregate,
                                data_type,
                                node: None,
                            },
                        ))
                    };
                    inputs.push((input, operand));
                }
                NodeKind::Lod { .. } => inputs.push(computed(asker, &formula, field, node, asked)),
                NodeKind::Call {
                    function: Some(function),
                    arguments,
                    ..
                } if function.kind_for(arguments.len()) == Some(Kind::Aggregate)
                    && formula.checked.of(node).level == Level::Aggregate
                    && is_aggregate(&formula, node) =>
                {
                    inputs.push(computed(asker, &formula, field, node, asked));
                }
                kind => kind.for_each_child(|child| todo.push(child)),
            }
        }
        Ok(TableFormula {
            formula,
            calc,
            inputs,
        })
    }
}

/// Tells whether a call aggregates rows; `MIN` and `MAX` of two values do not.
fn is_aggregate(formula: &Formula, node: NodeId) -> bool {
    let NodeKind::Call {
        arguments, function, ..
    } = formula.tree.kind(node)
    else {
        return false;
    };
    let two = matches!(function.map(|function| function.name), Some("MIN" | "MAX")) && arguments.len() == 2;
    !two && arguments
        .iter()
        .all(|argument| formula.checked.of(*argument).level <= Level::Row)
}

fn computed(
    asker: &Asker<'_>,
    formula: &Arc<Formula>,
    field: &str,
    node: NodeId,
    asked: &mut Vec<Item>,
) -> (Input, Operand) {
    let item = Item {
        key: FieldRef::new(
            asker.fields.source.name.clone(),
            format!("\u{1f}node {:x} {}", Arc::as_ptr(formula) as usize, node.index()),
        ),
        field: field.to_owned(),
        derivation: Derivation::User,
        pill: None,
        level: Level::Aggregate,
        data_type: formula.checked.of(node).data_type,
        node: Some((Arc::clone(formula), node)),
    };
    (Input::Node(node), Operand::Column(ask(asked, item)))
}

/// Computes table calculations over a result.
struct Runner<'r> {
    frame: &'r Frame,
    sheet: &'r SheetSpec,
    wanted: &'r Wanted,
    surroundings: &'r Surroundings,
    diagnostics: &'r mut Vec<Diagnostic>,
}

impl Runner<'_> {
    fn order(&mut self, calc: &TableCalc) -> Order {
        Order::new(self.frame, self.sheet, self.wanted, calc, self.diagnostics)
    }

    fn operand(&mut self, operand: &Operand) -> Found<Vec<Value>> {
        match operand {
            Operand::Column(key) => Ok(self
                .frame
                .column(key)
                .map(|column| column.values.clone())
                .unwrap_or_else(|| vec![Value::Null; self.frame.rows])),
            Operand::Formula(formula) => self.formula(formula),
        }
    }

    fn formula(&mut self, table: &TableFormula) -> Found<Vec<Value>> {
        let order = self.order(&table.calc);
        let mut inputs = Vec::with_capacity(table.inputs.len());
        for (input, operand) in &table.inputs {
            inputs.push((input.clone(), self.operand(operand)?));
        }
        let mut run = Run {
            formula: &table.formula,
            order: &order,
            inputs,
            rows: self.frame.rows,
            surroundings: self.surroundings,
            previous: None,
        };
        run.previous = run.find_previous();
        let root = table.formula.tree.root();
        match run.previous {
            None => run.node(root),
            Some(previous) => run.fold(root, previous),
        }
    }
}

/// One computation of a formula over all rows.
struct Run<'r> {
    formula: &'r Formula,
    order: &'r Order,
    /// What was computed already, a value for each row.
    inputs: Vec<(Input, Vec<Value>)>,
    rows: usize,
    surroundings: &'r Surroundings,
    previous: Option<NodeId>,
}

impl Run<'_> {
    /// Finds the call of `PREVIOUS_VALUE`.
    fn find_previous(&self) -> Option<NodeId> {
        let tree = &self.formula.tree;
        tree.ids().find(|id| {
            matches!(tree.kind(*id), NodeKind::Call { function: Some(function), .. } if function.name == "PREVIOUS_VALUE")
        })
    }

    fn is_table_call(&self, node: NodeId) -> bool {
        match self.formula.tree.kind(node) {
            NodeKind::Call {
                function: Some(function),
                arguments,
                ..
            } => function.kind_for(arguments.len()) == Some(Kind::TableCalculation),
            _ => false,
        }
    }

    /// Tells whether the values of marks add up to the value of all their rows.
    fn adds_up(&self, node: NodeId) -> bool {
        let tree = &self.formula.tree;
        match tree.kind(tree.unwrapped(node)) {
            NodeKind::Call {
                function: Some(function),
                ..
            } => matches!(function.name, "SUM" | "COUNT"),
            _ => false,
        }
    }

    /// Computes a node for every row.
    fn node(&mut self, node: NodeId) -> Found<Vec<Value>> {
        if let Some((_, values)) = self
            .inputs
            .iter()
            .find(|(input, _)| matches!(input, Input::Node(id) if *id == node))
        {
            return Ok(values.clone());
        }
        if self.is_table_call(node) {
            return self.call(node);
        }
        self.prepare(node)?;
        let mut evaluator = Evaluator::new(&self.formula.tree, &self.formula.checked);
        let mut values = Vec::with_capacity(self.rows);
        let mut row = Row::new(self.surroundings);
        for at in 0..self.rows {
            for (input, column) in &self.inputs {
                row.set(input, column[at].clone());
            }
            let found = evaluator
                .run_node(node, &context(self.surroundings, &row))
                .map_err(Box::new)?;
            values.push(found.value);
        }
        Ok(values)
    }

    /// Computes the calls of table functions below a node.
    fn prepare(&mut self, node: NodeId) -> Found<()> {
        let mut todo = vec![node];
        while let Some(at) = todo.pop() {
            let known = self
                .inputs
                .iter()
                .any(|(input, _)| matches!(input, Input::Node(id) if *id == at));
            if known || self.previous == Some(at) {
                continue;
            }
            if self.is_table_call(at) {
                let values = self.call(at)?;
                self.inputs.push((Input::Node(at), values));
                continue;
            }
            self.formula
                .tree
                .kind(at)
                .for_each_child(|child| todo.push(child));
        }
        Ok(())
    }

    /// Computes a formula whose value depends on that of the row before.
    fn fold(&mut self, root: NodeId, previous: NodeId) -> Found<Vec<Value>> {
        self.prepare(root)?;
        let NodeKind::Call { arguments, .. } = self.formula.tree.kind(previous) else {
            return Err(internal("not a call"));
        };
        let first = match arguments.first() {
            Some(first) => self.node(*first)?,
            None => vec![Value::Null; self.rows],
        };
        let slot = Input::Node(previous);
        let mut evaluator = Evaluator::new(&self.formula.tree, &self.formula.checked);
        let mut values = vec![Value::Null; self.rows];
        let mut row = Row::new(self.surroundings);
        for partition in &self.order.partitions {
            let mut before: Option<Value> = None;
            for &at in partition {
                for (input, column) in &self.inputs {
                    row.set(input, column[at].clone());
                }
                row.set(&slot, before.take().unwrap_or_else(|| first[at].clone()));
                let found = evaluator
                    .run_node(root, &context(self.surroundings, &row))
                    .map_err(Box::new)?;
                values[at] = found.value.clone();
                before = Some(found.value);
            }
        }
        Ok(values)
    }

    /// Computes a call of a table function.
    fn call(&mut self, node: NodeId) -> Found<Vec<Value>> {
        let NodeKind::Call {
            function: Some(function),
            arguments,
            ..
        } = self.formula.tree.kind(node)
        else {
            return Err(internal("not a call"));
        };
        let name = function.name;
        if name == "TOTAL" && !arguments.iter().all(|argument| self.adds_up(*argument)) {
            // Only sums and counts of marks are those of their rows.
            return Err(crate::fields::unsupported(
                "totals of anything but sums and counts",
            ));
        }
        let mut columns = Vec::with_capacity(arguments.len());
        for argument in arguments {
            columns.push(self.node(*argument)?);
        }
        let mut out = vec![Value::Null; self.rows];
        for partition in &self.order.partitions {
            let column = |index: usize| -> Option<Vec<Value>> {
                let column = columns.get(index)?;
                Some(partition.iter().map(|&row| column[row].clone()).collect())
            };
            let found = over_partition(name, partition.len(), &column)
                .ok_or_else(|| crate::fields::unsupported(&format!("calls of {name}")))?;
            for (&row, value) in partition.iter().zip(found) {
                out[row] = value;
            }
        }
        Ok(out)
    }
}

/// Computes a function over one partition.
fn over_partition(
    name: &str,
    size: usize,
    column: &dyn Fn(usize) -> Option<Vec<Value>>,
) -> Option<Vec<Value>> {
    let whole = |value: &Value| number(value).map(|value| value.trunc() as i64);
    let all = |make: &dyn Fn(usize) -> Value| (0..size).map(make).collect::<Vec<Value>>();
    match name {
        "INDEX" => Some(all(&|at| Value::Integer(at as i64 + 1))),
        "SIZE" => Some(all(&|_| Value::Integer(size as i64))),
        "FIRST" => Some(all(&|at| Value::Integer(-(at as i64)))),
        "LAST" => Some(all(&|at| Value::Integer((size - 1 - at) as i64))),
        "LOOKUP" => {
            let (values, offsets) = (column(0)?, column(1));
            Some(all(&|at| {
                let offset = offsets.as_ref().map_or(Some(0), |offsets| whole(&offsets[at]));
                offset
                    .and_then(|offset| usize::try_from(at as i64 + offset).ok())
                    .and_then(|place| values.get(place).cloned())
                    .unwrap_or(Value::Null)
            }))
        }
        "TOTAL" => {
            let values = column(0)?;
            let total = aggregate("SUM", &values, None, 0.0);
            Some(all(&|_| total.clone()))
        }
        _ if name.starts_with("RUNNING_") => {
            let values = column(0)?;
            let of = &name["RUNNING_".len()..];
            Some(running(of, &values))
        }
        _ if name.starts_with("WINDOW_") => {
            let of = &name["WINDOW_".len()..];
            let values = column(0)?;
            let pair = matches!(of, "CORR" | "COVAR" | "COVARP");
            let second = if pair { Some(column(1)?) } else { None };
            let fraction = match of {
                "PERCENTILE" => column(1)?.first().and_then(number).unwrap_or(0.5),
                _ => 0.0,
            };
            let skip = 1 + usize::from(pair || of == "PERCENTILE");
            let (from, to) = (column(skip), column(skip + 1));
            let whole_partition = from.is_none();
            let once = whole_partition.then(|| aggregate(of, &values, second.as_deref(), fraction));
            Some(all(&|at| {
                if let Some(once) = &once {
                    return once.clone();
                }
                let bound = |bounds: &Option<Vec<Value>>, default: i64| {
                    bounds
                        .as_ref()
                        .and_then(|bounds| whole(&bounds[at]))
                        .unwrap_or(default)
                };
                let start = (at as i64 + bound(&from, -(at as i64))).max(0);
                let end = (at as i64 + bound(&to, (size - 1 - at) as i64)).min(size as i64 - 1);
                if start > end {
                    return aggregate(of, &[], second.as_ref().map(|_| &[][..]), fraction);
                }
                let range = start as usize..=end as usize;
                let second = second.as_ref().map(|second| &second[range.clone()]);
                aggregate(of, &values[range], second, fraction)
            }))
        }
        _ if name == "RANK" || name.starts_with("RANK_") => {
            let values = column(0)?;
            let ties = match name {
                "RANK" => Ties::Competition,
                "RANK_DENSE" => Ties::Dense,
                "RANK_MODIFIED" => Ties::Modified,
                "RANK_UNIQUE" => Ties::Unique,
                "RANK_PERCENTILE" => Ties::Percentile,
                _ => return None,
            };
            let order = column(1).and_then(|order| order.first().cloned());
            let descending = match order {
                Some(Value::String(word)) => word.eq_ignore_ascii_case("desc"),
                _ => ties != Ties::Percentile,
            };
            Some(rank(&values, ties, descending))
        }
        _ => None,
    }
}

/// Aggregates from the first value to each.
fn running(of: &str, values: &[Value]) -> Vec<Value> {
    // Sums, least, greatest and counts go on from the value before; the others look at all again.
    if matches!(of, "SUM" | "MIN" | "MAX") {
        let mut so_far = Value::Null;
        return values
            .iter()
            .map(|value| {
                so_far = aggregate(of, &[so_far.clone(), value.clone()], None, 0.0);
                so_far.clone()
            })
            .collect();
    }
    (0..values.len())
        .map(|at| aggregate(of, &values[..=at], None, 0.0))
        .collect()
}

/// Computes a quick table calculation.
fn quick(calc: &TableCalc, values: &[Value], order: &Order) -> Vec<Value> {
    let mut out = vec![Value::Null; values.len()];
    let real = |value: f64| {
        if value.is_finite() {
            Value::Real(value)
        } else {
            Value::Null
        }
    };
    for partition in &order.partitions {
        let inside: Vec<Value> = partition.iter().map(|&row| values[row].clone()).collect();
        let size = inside.len();
        let other = |at: usize| -> Option<Value> {
            let place = match calc.offset {
                Offset::Relative(offset) => usize::try_from(at as i64 + offset).ok()?,
                Offset::First => 0,
                Offset::Last => size.checked_sub(1)?,
            };
            inside.get(place).cloned()
        };
        // A missing value counts as zero in differences, a missing cell gives nothing.
        let zn = |value: &Value| number(value).unwrap_or(0.0);
        let found: Vec<Value> = match &calc.kind {
            TableCalcKind::CumTotal(word) => running(&word.to_uppercase(), &inside),
            TableCalcKind::Difference => (0..size)
                .map(|at| match (other(at), &inside[at]) {
                    (Some(Value::Integer(before)), Value::Integer(here)) => Value::Integer(here - before),
                    (Some(before), here) => real(zn(here) - zn(&before)),
                    (None, _) => Value::Null,
                })
                .collect(),
            TableCalcKind::PctDiff => (0..size)
                .map(|at| match other(at) {
                    Some(before) => real((zn(&inside[at]) - zn(&before)) / zn(&before).abs()),
                    None => Value::Null,
                })
                .collect(),
            TableCalcKind::PctValue => (0..size)
                .map(|at| match other(at) {
                    Some(before) => real(zn(&inside[at]) / zn(&before)),
                    None => Value::Null,
                })
                .collect(),
            TableCalcKind::PctTotal => {
                let total = number(&aggregate("SUM", &inside, None, 0.0));
                inside
                    .iter()
                    .map(|value| match (number(value), total) {
                        (Some(value), Some(total)) => real(value / total),
                        _ => Value::Null,
                    })
                    .collect()
            }
            TableCalcKind::Rank(options) => rank(&inside, ties(options), descending(options, true)),
            TableCalcKind::PctRank(options) => rank(&inside, Ties::Percentile, descending(options, false)),
            TableCalcKind::WindowTotal {
                aggregation,
                from,
                to,
                include_current,
                null_if_incomplete,
            } => {
                let of = aggregation.to_uppercase();
                (0..size)
                    .map(|at| {
                        let (start, end) = (at as i64 + from, at as i64 + to);
                        if *null_if_incomplete && (start < 0 || end >= size as i64) {
                            return Value::Null;
                        }
                        let window: Vec<Value> = (start.max(0)..=end.min(size as i64 - 1))
                            .filter(|&place| *include_current || place != at as i64)
                            .map(|place| inside[place as usize].clone())
                            .collect();
                        aggregate(&of, &window, None, 0.0)
                    })
                    .collect()
            }
            TableCalcKind::Formula | TableCalcKind::Other(_) => inside,
        };
        for (&row, value) in partition.iter().zip(found) {
            out[row] = value;
        }
    }
    out
}

fn ties(options: &str) -> Ties {
    match options.split(',').next() {
        Some("Dense") => Ties::Dense,
        Some("ModifiedCompetition" | "Modified") => Ties::Modified,
        Some("Unique") => Ties::Unique,
        _ => Ties::Competition,
    }
}

fn descending(options: &str, default: bool) -> bool {
    match options.split(',').nth(1) {
        Some("Ascending") => false,
        Some("Descending") => true,
        _ => default,
    }
}
