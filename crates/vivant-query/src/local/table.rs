//! Table calculations: quick ones and those of formulas, nested ones first.

use std::collections::HashMap;
use std::sync::Arc;

use vivant_calc::eval::Evaluator;
use vivant_calc::functions::Kind;
use vivant_calc::kernel::text::Collation;
use vivant_calc::tree::{NodeId, NodeKind};
use vivant_calc::{DataType, Diagnostic, Level, Value};
use vivant_document::spec::{
    Addressing, Aggregate, Derivation, FieldKind, FieldRef, Offset, SheetSpec, TableCalc, TableCalcKind,
};

use super::Extra;
use super::address::{Order, addressed, partitioned};
use super::quick::{over_partition, quick};
use crate::asker::{Asker, Item, Wanted, field_key};
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
    /// What the total of a share is computed from, where the marks do not add up to it.
    total: Option<Item>,
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
    /// Calls of `TOTAL` that marks do not add up to, with what is asked for them.
    totals: Vec<(NodeId, Item)>,
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
        let own = asker.of(&item.key.source)?;
        let spec = own
            .fields
            .get(&item.field)
            .ok_or_else(|| crate::fields::unknown_field(&item.field))?;
        let own_level = own.fields.level(spec).1;
        let mut total = None;
        let base = if own_level == Level::TableCalculation || own.crosses(&item.field) {
            let given = calcs
                .iter()
                .find(|calc| calc.field.is_none() && calc.kind == TableCalcKind::Formula);
            let whom = Whom { asker, own, calcs };
            Operand::Formula(Box::new(TableFormula::new(&whom, &item.field, given, asked, 0)?))
        } else {
            let base = Item {
                key: FieldRef::new(item.key.source.clone(), format!("\u{1f}base {}", item.key.name)),
                level: Level::Aggregate,
                data_type: item.data_type,
                pill: None,
                local: false,
                ..item.clone()
            };
            let additive = matches!(
                item.derivation,
                Derivation::Aggregate(Aggregate::Sum | Aggregate::Count)
            );
            let adds_up = additive && asker.adds_up() && asker.fields.source.name == item.key.source;
            if quick
                .first()
                .is_some_and(|calc| calc.kind == TableCalcKind::PctTotal)
                && !adds_up
            {
                total = Some(base.clone());
            }
            Operand::Column(ask(asked, base))
        };
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
            total,
        })
    }

    /// Tells whether it runs over the table, rather than being a formula over several data sources or
    /// logical tables.
    pub fn is_over_table(&self) -> bool {
        let of_operand = |operand: &Operand| match operand {
            Operand::Column(_) => false,
            Operand::Formula(formula) => formula.is_over_table(),
        };
        !self.quick.is_empty() || of_operand(&self.base)
    }

    /// Lists what it needs besides the table: measures, and the dimensions to ask each for.
    pub fn needs(
        &self,
        asker: &Asker<'_>,
        sheet: &SheetSpec,
        wanted: &Wanted,
    ) -> Found<Vec<(Item, Vec<FieldRef>)>> {
        let mut needs = Vec::new();
        if let (Some(total), Some(calc)) = (&self.total, self.quick.first()) {
            needs.push((total.clone(), partitioned(sheet, wanted, calc)));
        }
        let mut calcs: Vec<&TableCalc> = self.quick.iter().collect();
        let mut todo = vec![&self.base];
        while let Some(operand) = todo.pop() {
            let Operand::Formula(formula) = operand else {
                continue;
            };
            calcs.push(&formula.calc);
            todo.extend(formula.inputs.iter().map(|(_, operand)| operand));
            for (_, item) in &formula.totals {
                needs.push((item.clone(), partitioned(sheet, wanted, &formula.calc)));
            }
        }
        for calc in calcs {
            let Some((using, _)) = &calc.sort else { continue };
            let mut item = asker.item(using)?;
            if item.local {
                return Err(crate::fields::unsupported(
                    "orders of table calculations by a table calculation",
                ));
            }
            if item.level <= Level::Row {
                item.derivation = Derivation::Aggregate(Aggregate::Min);
                item.level = Level::Aggregate;
            }
            let by = addressed(sheet, wanted, calc);
            needs.push((item, by.into_iter().cloned().collect()));
        }
        Ok(needs)
    }

    /// Adds the column of the calculation to a result that is in the order of display.
    pub fn run(
        &self,
        frame: &mut Frame,
        sheet: &SheetSpec,
        wanted: &Wanted,
        surroundings: &Surroundings,
        extra: &Extra,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<()> {
        let runner = Runner {
            frame,
            sheet,
            wanted,
            surroundings,
            extra,
        };
        let mut values = runner.operand(&self.base)?;
        for (at, calc) in self.quick.iter().enumerate() {
            let order = runner.order(calc);
            let total = self.total.as_ref().filter(|_| at == 0);
            values = match total {
                Some(item) => {
                    let totals = runner.over_rows(item, calc);
                    let share = |(value, total): (&Value, &Value)| match (number(value), number(total)) {
                        (Some(value), Some(total)) if total != 0.0 => Value::Real(value / total),
                        _ => Value::Null,
                    };
                    values.iter().zip(&totals).map(share).collect()
                }
                None => quick(calc, &values, &order),
            };
            let is_formula = matches!(self.base, Operand::Formula(_));
            if calc.kind == TableCalcKind::PctTotal && (at > 0 || is_formula) {
                diagnostics.push(Diagnostic::warning(
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
            ignores_case: false,
            bin: None,
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

/// Whom a formula asks: for the sheet, for its own data source, and how the calculations inside are addressed.
struct Whom<'w, 'a> {
    asker: &'w Asker<'a>,
    own: &'w Asker<'a>,
    calcs: &'w [TableCalc],
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
    /// Reads the formula of a field. `given` says how it is addressed.
    fn new(
        whom: &Whom<'_, '_>,
        field: &str,
        given: Option<&TableCalc>,
        asked: &mut Vec<Item>,
        depth: usize,
    ) -> Found<TableFormula> {
        if depth > MAX_DEPTH {
            return Err(internal(format!(
                "the table calculation '{field}' is nested too deep"
            )));
        }
        let asker = whom.own;
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
        let source = &asker.fields.source.name;
        let (mut inputs, mut totals) = (Vec::new(), Vec::new());
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
                    let own = whom.asker.of(source_of(&name.name).unwrap_or(source))?;
                    let key = field_key(&name.name);
                    let spec = own
                        .fields
                        .get(&key)
                        .ok_or_else(|| crate::fields::unknown_field(&key))?;
                    let (data_type, level) = own.fields.level(spec);
                    let is_local = level == Level::TableCalculation
                        || level == Level::Aggregate && own.crosses(&spec.name);
                    let operand = if is_local {
                        let given = whom
                            .calcs
                            .iter()
                            .find(|calc| calc.field.as_ref().is_some_and(|field| field.name == spec.name));
                        let whom = Whom { own, ..*whom };
                        let nested = TableFormula::new(&whom, &spec.name, given, asked, depth + 1)?;
                        Operand::Formula(Box::new(nested))
                    } else {
                        let source = own.fields.source.name.clone();
                        Operand::Column(ask(
                            asked,
                            Item {
                                key: FieldRef::new(source, format!("\u{1f}field {}", spec.name)),
                                field: spec.name.clone(),
                                derivation: Derivation::User,
                                pill: None,
                                level: Level::Aggregate,
                                data_type,
                                node: None,
                                local: false,
                                attribute: false,
                            },
                        ))
                    };
                    inputs.push((input, operand));
                }
                NodeKind::Lod { .. } => inputs.push(computed(whom, &formula, field, node, asked)?),
                NodeKind::Call {
                    function: Some(function),
                    arguments,
                    ..
                } if function.kind_for(arguments.len()) == Some(Kind::Aggregate)
                    && formula.checked.of(node).level == Level::Aggregate
                    && is_aggregate(&formula, node) =>
                {
                    inputs.push(computed(whom, &formula, field, node, asked)?);
                }
                NodeKind::Call {
                    function: Some(function),
                    arguments,
                    ..
                } if function.name == "TOTAL" => {
                    // Only sums and counts of marks are those of their rows.
                    let adds_up = whom.asker.adds_up()
                        && crate::query::sources_in(&formula.tree, node).is_empty()
                        && arguments.iter().all(|argument| is_sum(&formula, *argument));
                    match arguments.first() {
                        Some(argument) if !adds_up => {
                            totals.push((node, part(whom, &formula, field, *argument)?));
                        }
                        _ => formula.tree.kind(node).for_each_child(|child| todo.push(child)),
                    }
                }
                kind => kind.for_each_child(|child| todo.push(child)),
            }
        }
        Ok(TableFormula {
            formula,
            calc,
            inputs,
            totals,
        })
    }

    /// Tells whether it has functions of tables.
    fn is_over_table(&self) -> bool {
        let tree = &self.formula.tree;
        let is_call = |id: NodeId| {
            matches!(tree.kind(id), NodeKind::Call { function: Some(function), arguments, .. }
                if function.kind_for(arguments.len()) == Some(Kind::TableCalculation))
        };
        let inside = |(_, operand): &(Input, Operand)| match operand {
            Operand::Column(_) => false,
            Operand::Formula(formula) => formula.is_over_table(),
        };
        tree.ids().any(is_call) || self.inputs.iter().any(inside)
    }
}

/// Returns the data source that the name of a field says.
fn source_of(name: &vivant_calc::names::FieldName) -> Option<&str> {
    let named = name.source.as_deref();
    named.filter(|source| *source != vivant_document::spec::OBJECT_PART)
}

/// Tells whether the values of marks add up to the value of all their rows.
fn is_sum(formula: &Formula, node: NodeId) -> bool {
    let tree = &formula.tree;
    match tree.kind(tree.unwrapped(node)) {
        NodeKind::Call {
            function: Some(function),
            ..
        } => matches!(function.name, "SUM" | "COUNT"),
        _ => false,
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
    whom: &Whom<'_, '_>,
    formula: &Arc<Formula>,
    field: &str,
    node: NodeId,
    asked: &mut Vec<Item>,
) -> Found<(Input, Operand)> {
    let item = part(whom, formula, field, node)?;
    Ok((Input::Node(node), Operand::Column(ask(asked, item))))
}

/// Asks for a part of a formula, of the data source that its fields are of.
fn part(whom: &Whom<'_, '_>, formula: &Arc<Formula>, field: &str, node: NodeId) -> Found<Item> {
    let own = &whom.own.fields.source.name;
    let mut sources = crate::query::sources_in(&formula.tree, node);
    sources.dedup();
    let source = match &sources[..] {
        [] => own.clone(),
        [one] => whom.asker.of(one)?.fields.source.name.clone(),
        _ => {
            return Err(crate::fields::unsupported(
                "aggregates over fields of several data sources",
            ));
        }
    };
    Ok(Item {
        key: FieldRef::new(
            source,
            format!("\u{1f}node {:x} {}", Arc::as_ptr(formula) as usize, node.index()),
        ),
        field: field.to_owned(),
        derivation: Derivation::User,
        pill: None,
        level: Level::Aggregate,
        data_type: formula.checked.of(node).data_type,
        node: Some((Arc::clone(formula), node)),
        local: false,
        attribute: false,
    })
}

/// Computes table calculations over a result.
struct Runner<'r> {
    frame: &'r Frame,
    sheet: &'r SheetSpec,
    wanted: &'r Wanted,
    surroundings: &'r Surroundings,
    extra: &'r Extra,
}

impl Runner<'_> {
    fn order(&self, calc: &TableCalc) -> Order {
        Order::new(self.frame, self.sheet, self.wanted, calc, self.extra)
    }

    /// Gives, for every row, the value of an item over all rows of the data of its partition.
    fn over_rows(&self, item: &Item, calc: &TableCalc) -> Vec<Value> {
        let by = partitioned(self.sheet, self.wanted, calc);
        let keys = super::keys_by(self.frame, &by);
        let Some(found) = self.extra.get(&(item.key.clone(), by.clone())) else {
            return vec![Value::Null; self.frame.rows];
        };
        let places: HashMap<String, usize> = super::keys_by(found, &by).into_iter().zip(0..).collect();
        let column = found.column(&item.key);
        keys.iter()
            .map(|key| match (places.get(key), column) {
                (Some(&row), Some(column)) => column.values[row].clone(),
                _ => Value::Null,
            })
            .collect()
    }

    fn operand(&self, operand: &Operand) -> Found<Vec<Value>> {
        match operand {
            Operand::Column(key) => Ok(self
                .frame
                .column(key)
                .map(|column| column.values.clone())
                .unwrap_or_else(|| vec![Value::Null; self.frame.rows])),
            Operand::Formula(formula) => self.formula(formula),
        }
    }

    fn formula(&self, table: &TableFormula) -> Found<Vec<Value>> {
        let order = self.order(&table.calc);
        let mut inputs = Vec::with_capacity(table.inputs.len());
        let mut collations = Vec::new();
        for (input, operand) in &table.inputs {
            inputs.push((input.clone(), self.operand(operand)?));
            if let Operand::Column(key) = operand
                && let Some(collation) = self.frame.column(key).and_then(FrameColumn::collation)
            {
                collations.push((input.clone(), collation));
            }
        }
        for (node, item) in &table.totals {
            inputs.push((Input::Node(*node), self.over_rows(item, &table.calc)));
        }
        let mut run = Run {
            formula: &table.formula,
            order: &order,
            inputs,
            collations,
            rows: self.frame.rows,
            surroundings: self.surroundings,
            previous: Vec::new(),
        };
        run.previous = run.find_previous();
        let root = table.formula.tree.root();
        match run.previous.is_empty() {
            true => run.node(root),
            false => run.fold(root),
        }
    }
}

/// One computation of a formula over all rows.
struct Run<'r> {
    formula: &'r Formula,
    order: &'r Order,
    /// What was computed already, a value for each row.
    inputs: Vec<(Input, Vec<Value>)>,
    /// How the texts of inputs are compared.
    collations: Vec<(Input, Collation)>,
    rows: usize,
    surroundings: &'r Surroundings,
    /// Calls of `PREVIOUS_VALUE`, which stand for the result of the row before.
    previous: Vec<NodeId>,
}

impl Run<'_> {
    /// Finds the calls of `PREVIOUS_VALUE`.
    fn find_previous(&self) -> Vec<NodeId> {
        let tree = &self.formula.tree;
        let calls = tree.ids().filter(|id| {
            matches!(tree.kind(*id), NodeKind::Call { function: Some(function), .. } if function.name == "PREVIOUS_VALUE")
        });
        calls.collect()
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
        for (input, collation) in &self.collations {
            row.collate(input, Some(*collation));
        }
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
            if known || self.previous.contains(&at) {
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
    fn fold(&mut self, root: NodeId) -> Found<Vec<Value>> {
        self.prepare(root)?;
        let mut slots = Vec::new();
        for previous in self.previous.clone() {
            let NodeKind::Call { arguments, .. } = self.formula.tree.kind(previous) else {
                return Err(internal("not a call"));
            };
            let first = match arguments.first() {
                Some(first) => self.node(*first)?,
                None => vec![Value::Null; self.rows],
            };
            slots.push((Input::Node(previous), first));
        }
        let mut evaluator = Evaluator::new(&self.formula.tree, &self.formula.checked);
        let mut values = vec![Value::Null; self.rows];
        let mut row = Row::new(self.surroundings);
        for (input, collation) in &self.collations {
            row.collate(input, Some(*collation));
        }
        for partition in &self.order.partitions {
            let mut before: Option<Value> = None;
            for &at in partition {
                for (input, column) in &self.inputs {
                    row.set(input, column[at].clone());
                }
                for (slot, first) in &slots {
                    row.set(slot, before.clone().unwrap_or_else(|| first[at].clone()));
                }
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
