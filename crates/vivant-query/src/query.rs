//! Queries: from what is asked at a level of detail to its rows, in Tableau's order of operations.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::record_batch::RecordBatch;
use datafusion::dataframe::DataFrame;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::functions_aggregate::expr_fn::{max, min};
use datafusion::logical_expr::{Expr, lit};
use futures_util::StreamExt as _;
use vivant_calc::kernel::text::Collation;
use vivant_calc::tree::{LodKind, NodeId, NodeKind, Tree};
use vivant_calc::{DataType, Diagnostic, Level, Value};
use vivant_document::spec::{
    Aggregate, Derivation, FieldKind, FieldRef, FilterSpec, FilterTest, OBJECT_PART, Pill, SheetSpec,
};

use crate::asker::{Asker, Item, Wanted, field_key};
use crate::collate::same_key;
use crate::expr::{Scope as _, Typed, compile, internal};
use crate::fields::{RowScope, bin_size};
use crate::filters::{Stage, stage, test_of};
use crate::frame::{Bin, ColumnRole, Frame, FrameColumn, MANY};
use crate::level::Aggregation;
use crate::local;
use crate::resources::Resources;
use crate::rows::Formula;
use crate::source::{Opener, column};
use crate::values::Reader;

type Found<T> = Result<T, Box<Diagnostic>>;

/// Which filters of dimensions hold; those of the data source and in context always do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum RowFilters<'q> {
    /// All of them.
    All,
    /// None.
    None,
    /// Those of these fields.
    Of(&'q [String]),
}

/// Which rows a query is over, and what becomes of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'q> {
    /// Which filters of dimensions hold.
    pub filters: RowFilters<'q>,
    /// Whether filters of aggregates hold.
    pub having: bool,
    /// Whether rows become groups.
    pub aggregated: bool,
}

impl Ask<'_> {
    /// Groups over the rows that dimension filters leave, none of which is left out afterwards.
    pub(crate) const GROUPS: Ask<'static> = Ask {
        filters: RowFilters::All,
        having: false,
        aggregated: true,
    };

    /// What the marks of a sheet show.
    pub(crate) fn body(sheet: &SheetSpec) -> Ask<'static> {
        Ask {
            having: true,
            aggregated: sheet.aggregated,
            ..Ask::GROUPS
        }
    }
}

/// Tells whether a filter keeps everything.
pub(crate) fn is_all(test: &FilterTest) -> bool {
    match test {
        FilterTest::All => true,
        FilterTest::Members(members) => members.is_all(),
        FilterTest::Range { nulls, .. } => *nulls == vivant_document::spec::RangeNulls::All,
        _ => false,
    }
}

/// One of the queries of a level of detail.
struct Part {
    wanted: Wanted,
    /// The logical tables that are read, the one whose rows are all kept first.
    objects: Vec<String>,
    /// Whether rows without a partner are left out.
    inner: bool,
}

/// A plan whose columns are the dimensions and then the measures of a level of detail.
pub(crate) struct Plan {
    frame: DataFrame,
    /// For each of them the type of its values, and whether texts are the same in upper and lower case.
    types: Vec<(DataType, bool)>,
    /// For each of them the column that tells which values stand for several.
    several: Vec<Option<usize>>,
}

/// What a column of a result is.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) key: FieldRef,
    pub(crate) role: ColumnRole,
    pub(crate) data_type: DataType,
    pub(crate) ignores_case: bool,
    bin: Option<Bin>,
    several: Option<usize>,
}

impl Plan {
    fn new(frame: DataFrame, exprs: Vec<(Typed, String)>, tests: Vec<(usize, Expr)>) -> Found<Plan> {
        let types: Vec<(DataType, bool)> = exprs
            .iter()
            .map(|(typed, _)| (typed.data_type, typed.ignores_case()))
            .collect();
        let mut chosen: Vec<Expr> = exprs
            .into_iter()
            .map(|(typed, name)| typed.expr.alias(name))
            .collect();
        // Which values stand for several comes beside them.
        let mut several = vec![None; types.len()];
        for (index, test) in tests {
            several[index] = Some(chosen.len());
            chosen.push(test.alias(format!("several{index}")));
        }
        if chosen.is_empty() {
            chosen.push(lit(1_i64).alias("none"));
        }
        Ok(Plan {
            frame: frame.select(chosen).map_err(internal)?,
            types,
            several,
        })
    }
}

/// The one spelling of each text that is spelled in several ways, by what is the same for all of them.
pub(crate) type Spellings = HashMap<String, String>;

impl Plan {
    /// Makes the plan of the texts of a column that are spelled in several ways: of each the least, which is shown.
    pub(crate) fn spellings(&self, index: usize) -> Found<DataFrame> {
        let name = self.frame.schema().field(index).name();
        let text = column(name);
        let bounds = vec![
            min(text.clone()).alias("least"),
            max(text.clone()).alias("greatest"),
        ];
        let texts = self.frame.clone();
        let texts = texts.aggregate(vec![same_key(text).alias("same")], bounds);
        let texts = texts.and_then(|texts| texts.filter(column("least").not_eq(column("greatest"))));
        let texts = texts.and_then(|texts| texts.select(vec![column("least")]));
        texts.map_err(internal)
    }

    /// Keeps the first rows, in the order of all columns.
    pub(crate) fn first(self, most: usize, order: impl Fn(usize, Expr) -> Expr) -> Found<Plan> {
        let fields = self.frame.schema().fields().iter().take(self.types.len());
        let by = fields.enumerate();
        let by = by.map(|(index, field)| order(index, column(field.name())).sort(true, true));
        let frame = self.frame.clone().sort(by.collect()).map_err(internal)?;
        let frame = frame.limit(0, Some(most)).map_err(internal)?;
        Ok(Plan { frame, ..self })
    }
}

/// The first rows of a plan.
pub(crate) struct Gathered {
    pub(crate) batches: Vec<RecordBatch>,
    /// What comes behind them, if there are more than were asked for.
    pub(crate) rest: Option<SendableRecordBatchStream>,
}

impl Gathered {
    /// Runs a plan until it has given more than `most` values, or to its end.
    pub(crate) async fn begin(plan: Plan, most: usize, resources: &Resources) -> Found<Gathered> {
        let failure = |error| resources.failure(&error);
        let most = most / plan.types.len().max(1);
        let mut stream = plan.frame.execute_stream().await.map_err(failure)?;
        let (mut batches, mut rows) = (Vec::new(), 0_usize);
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(failure)?;
            rows += batch.num_rows();
            batches.push(batch);
            if rows > most {
                let rest = Some(stream);
                return Ok(Gathered { batches, rest });
            }
        }
        Ok(Gathered { batches, rest: None })
    }
}

/// Reads the values of batches.
pub(crate) fn frame_of(heads: &[Head], batches: &[RecordBatch]) -> Frame {
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let columns = heads.iter().enumerate().map(|(index, head)| {
        let mut values = Vec::with_capacity(rows);
        for batch in batches {
            let reader = Reader::new(batch.column(index));
            values.extend((0..batch.num_rows()).map(|row| reader.get(row)));
        }
        if let Some(test) = head.several {
            let found = batches.iter().flat_map(|batch| {
                let reader = Reader::new(batch.column(test));
                (0..batch.num_rows()).map(move |row| reader.get(row))
            });
            for (value, is_many) in values.iter_mut().zip(found) {
                if is_many == Value::Boolean(true) {
                    *value = Value::String(MANY.to_owned());
                }
            }
        }
        if head.ignores_case && head.role == ColumnRole::Dimension {
            spell_alike(&mut values);
        }
        FrameColumn {
            key: head.key.clone(),
            role: head.role,
            data_type: head.data_type,
            values,
            ignores_case: head.ignores_case,
            bin: head.bin,
        }
    });
    Frame {
        columns: columns.collect(),
        rows,
        added: Vec::new(),
        members: Vec::new(),
    }
}

pub(crate) fn too_large(most: usize) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("query.too-large", format!("the view has more than {most} rows"))
            .hint("filter it, or ask for it at a higher level"),
    )
}

impl Asker<'_> {
    /// Runs the queries of a level of detail and puts their results together.
    pub(crate) async fn queried(&self, wanted: &Wanted, ask: Ask<'_>) -> Found<Frame> {
        let mut result: Option<Frame> = None;
        for part in self.parts(wanted)? {
            let plan = self.query(&part, ask).await?;
            let frame = self.collected(plan, &part.wanted).await?;
            result = Some(match result {
                None => frame,
                Some(before) => local::outer_join(before, frame),
            });
        }
        Ok(result.unwrap_or_default())
    }

    /// Makes the plan of a level of detail, if one query gives it.
    pub(crate) async fn planned(&self, wanted: &Wanted, ask: Ask<'_>) -> Found<Option<Plan>> {
        match self.parts(wanted)?.as_slice() {
            [part] => self.query(part, ask).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Lists the queries of a level of detail.
    fn parts(&self, wanted: &Wanted) -> Found<Vec<Part>> {
        let source = self.fields.source;
        if source.objects.len() <= 1 {
            return Ok(vec![Part {
                wanted: wanted.clone(),
                objects: Vec::new(),
                inner: false,
            }]);
        }
        // Each measure is computed over the rows of its own table.
        let mut dimension_objects = Vec::new();
        for item in wanted.dimensions.iter() {
            add_all(&mut dimension_objects, self.objects(&item.field));
        }
        for filter in self.row_filters() {
            add_all(
                &mut dimension_objects,
                self.objects(&self.item(&filter.column)?.field),
            );
        }
        let mut groups: Vec<(Option<String>, Vec<Item>)> = Vec::new();
        for measure in &wanted.measures {
            let owner = self.objects_of(measure).into_iter().next();
            match groups.iter_mut().find(|(known, _)| *known == owner) {
                Some((_, items)) => items.push(measure.clone()),
                None => groups.push((owner, vec![measure.clone()])),
            }
        }
        // What belongs to no table goes along with another.
        if groups.len() > 1
            && let Some(position) = groups.iter().position(|(owner, _)| owner.is_none())
        {
            let (_, items) = groups.remove(position);
            groups[0].1.extend(items);
        }
        if groups.is_empty() {
            groups.push((None, Vec::new()));
        }
        let parts = groups.into_iter().map(|(owner, measures)| {
            let mut objects: Vec<String> = owner.into_iter().collect();
            for measure in &measures {
                add_all(&mut objects, self.objects_of(measure));
            }
            add_all(&mut objects, dimension_objects.clone());
            if objects.is_empty() {
                objects.extend(source.objects.first().map(|object| object.id.clone()));
            }
            Part {
                inner: measures.is_empty(),
                wanted: Wanted::new(wanted.dimensions.clone(), measures),
                objects,
            }
        });
        Ok(parts.collect())
    }

    pub(crate) fn row_filters(&self) -> impl Iterator<Item = &FilterSpec> {
        self.question.sheet.filters.iter().filter(|filter| {
            !filter.column.is_measure_names()
                && filter.column.source == self.fields.source.name
                && !is_all(&filter.test)
                && self
                    .item(&filter.column)
                    .is_ok_and(|item| item.level <= Level::Row)
        })
    }

    /// Lists the logical tables that an item reads.
    fn objects_of(&self, item: &Item) -> Vec<String> {
        let Some((formula, node)) = &item.node else {
            return self.objects(&item.field);
        };
        let mut found = Vec::new();
        for name in names_below(&formula.tree, *node) {
            add_all(&mut found, self.objects(&name));
        }
        found
    }

    /// Lists the logical tables that a field reads.
    pub(crate) fn objects(&self, field: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut todo = vec![field.to_owned()];
        while let Some(name) = todo.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some(spec) = self.fields.get(&name) else {
                continue;
            };
            match &spec.kind {
                FieldKind::Column { object, table, .. } => {
                    let object = object.clone().or_else(|| self.object_of_table(table.as_deref()?));
                    add_all(&mut found, object.into_iter().collect());
                }
                FieldKind::Object { object } => add_all(&mut found, vec![object.clone()]),
                FieldKind::Calculation { formula, .. } => {
                    if let Ok(formula) = self.fields.formula(formula) {
                        todo.extend(names_in(&formula.tree));
                    }
                }
                FieldKind::Bin { field, .. } => todo.push(field.clone()),
                FieldKind::Group { fields, .. } | FieldKind::Combined { fields, .. } => {
                    todo.extend(fields.clone())
                }
                FieldKind::Set { members, .. } => todo.extend(members.levels().into_iter().map(|level| {
                    let key = FieldRef::new(self.fields.source.name.clone(), level.clone());
                    Pill::from_name(&key).map_or(level, |pill| pill.field)
                })),
                FieldKind::Cluster { .. } | FieldKind::Pseudo => {}
            }
        }
        found
    }

    fn object_of_table(&self, table: &str) -> Option<String> {
        self.fields
            .source
            .objects
            .iter()
            .find(|object| {
                let mut found = false;
                object
                    .relation
                    .walk(&mut |relation| found |= relation.name() == Some(table));
                found
            })
            .map(|object| object.id.clone())
    }

    /// Makes the plan of one query.
    async fn query(&self, part: &Part, ask: Ask<'_>) -> Found<Plan> {
        let Part {
            wanted,
            objects,
            inner,
        } = part;
        let sheet = self.question.sheet;
        let opener = Opener {
            session: &self.engine.session,
            data: self.engine.data,
            surroundings: &self.surroundings,
        };
        let source = self.fields.source;
        let rows = opener.rows(source, objects, *inner).await?;
        let mut scope = RowScope::new(self.fields, rows, &self.surroundings);

        // Filters of the data source, then those in context.
        for filter in &source.filters {
            self.filter_rows(&mut scope, filter)?;
        }
        let holds = |item: &Item| match ask.filters {
            RowFilters::All => true,
            RowFilters::None => false,
            RowFilters::Of(fields) => fields.contains(&item.field),
        };
        let mut later = Vec::new();
        for filter in &sheet.filters {
            if filter.column.is_measure_names()
                || filter.column.is_generated()
                || filter.hides
                || filter.column.source != source.name
            {
                continue;
            }
            let item = self.item(&filter.column)?;
            match stage(item.level, filter.context) {
                Stage::Context => self.filter_rows(&mut scope, filter)?,
                Stage::Rows if holds(&item) => later.push(filter),
                Stage::Rows | Stage::Groups | Stage::Table => {}
            }
        }

        // Everything that is fixed is computed before dimension filters.
        let mut groups = Vec::with_capacity(wanted.dimensions.len());
        for item in &wanted.dimensions {
            let typed = self.dimension(&mut scope, item)?;
            groups.push(typed);
        }
        for item in &wanted.measures {
            match &item.node {
                None => self.touch(&mut scope, &item.field)?,
                Some((formula, node)) => {
                    self.touch_formula(&mut scope, formula, *node)?;
                    for name in names_below(&formula.tree, *node) {
                        self.touch(&mut scope, &name)?;
                    }
                }
            }
        }
        let mut tests = Vec::new();
        for filter in later {
            tests.extend(self.row_test(&mut scope, filter)?);
        }
        if let Some(test) = tests.into_iter().reduce(Expr::and) {
            scope.frame = scope.frame.clone().filter(test).map_err(internal)?;
        }
        scope.view = wanted
            .dimensions
            .iter()
            .map(|item| item.key.clone())
            .zip(groups.iter().cloned())
            .collect();
        scope.filtered = true;

        if !ask.aggregated {
            return self.disaggregated(scope, wanted, groups);
        }
        let mut aggregation = Aggregation::new(&mut scope, &groups);
        let mut exprs: Vec<(Typed, String)> = Vec::new();
        for index in 0..groups.len() {
            exprs.push((aggregation.group(index), format!("c{index}")));
        }
        let mut several = Vec::new();
        for (index, item) in wanted.measures.iter().enumerate() {
            let typed = match &item.node {
                Some((formula, node)) => compile(formula, *node, &mut aggregation, &self.surroundings)?,
                None => aggregation.pill(&item.field, item.derivation)?,
            };
            if let Some(test) = aggregation.is_many(&typed) {
                several.push((exprs.len(), test));
            }
            exprs.push((typed, format!("m{index}")));
        }
        let mut tests = Vec::new();
        if ask.having {
            for filter in &sheet.filters {
                if filter.column.is_measure_names()
                    || filter.column.is_generated()
                    || filter.column.source != source.name
                    || filter.hides
                {
                    continue;
                }
                let item = self.item(&filter.column)?;
                if item.level != Level::Aggregate || item.local {
                    continue;
                }
                let value = aggregation.pill(&item.field, item.derivation)?;
                tests.extend(test_of(aggregation.rows, &value, &filter.test)?);
            }
        }
        let (mut frame, _) = aggregation.finish()?;
        if let Some(test) = tests.into_iter().reduce(Expr::and) {
            frame = frame.filter(test).map_err(internal)?;
        }
        Plan::new(frame, exprs, several)
    }

    fn disaggregated(&self, mut scope: RowScope<'_>, wanted: &Wanted, mut groups: Vec<Typed>) -> Found<Plan> {
        let mut exprs: Vec<(Typed, String)> = Vec::new();
        let is_computed = |item: &Item| {
            let spec = self.fields.get(&item.field);
            item.node.is_some() || spec.is_some_and(|spec| self.fields.level(spec).1 >= Level::Aggregate)
        };
        if !wanted.measures.iter().any(is_computed) {
            for (index, typed) in groups.into_iter().enumerate() {
                exprs.push((typed, format!("c{index}")));
            }
            for (index, item) in wanted.measures.iter().enumerate() {
                let typed = scope.row_field(&item.field)?;
                exprs.push((typed, format!("m{index}")));
            }
            let frame = scope.frame.clone();
            return Plan::new(frame, exprs, Vec::new());
        }
        // Aggregates of formulas are over the one row of each mark.
        let id = scope.fresh("row");
        let number = datafusion::functions_window::expr_fn::row_number().alias(&id);
        scope.frame = scope.frame.clone().window(vec![number]).map_err(internal)?;
        groups.push(Typed::new(column(&id), DataType::Integer));
        let mut aggregation = Aggregation::new(&mut scope, &groups);
        for index in 0..wanted.dimensions.len() {
            exprs.push((aggregation.group(index), format!("c{index}")));
        }
        for (index, item) in wanted.measures.iter().enumerate() {
            let typed = match &item.node {
                Some((formula, node)) => compile(formula, *node, &mut aggregation, &self.surroundings)?,
                None if is_computed(item) => aggregation.pill(&item.field, item.derivation)?,
                None => {
                    let value = aggregation.rows.row_field(&item.field)?;
                    aggregation.aggregate(Aggregate::Min, value)?
                }
            };
            exprs.push((typed, format!("m{index}")));
        }
        let (frame, _) = aggregation.finish()?;
        Plan::new(frame, exprs, Vec::new())
    }

    /// Runs a plan to its end.
    pub(crate) async fn collected(&self, plan: Plan, wanted: &Wanted) -> Found<Frame> {
        let heads = self.heads(&plan, wanted);
        let most = self.question.most_values;
        let gathered = Gathered::begin(plan, most, &self.engine.resources).await?;
        if gathered.rest.is_some() {
            return Err(too_large(most / heads.len().max(1)));
        }
        Ok(frame_of(&heads, &gathered.batches))
    }

    /// Says what the columns of a plan are.
    pub(crate) fn heads(&self, plan: &Plan, wanted: &Wanted) -> Vec<Head> {
        let dimensions = wanted.dimensions.iter().map(|item| (item, ColumnRole::Dimension));
        let measures = wanted.measures.iter().map(|item| (item, ColumnRole::Measure));
        dimensions
            .chain(measures)
            .zip(&plan.types)
            .zip(&plan.several)
            .map(|(((item, role), (data_type, ignores_case)), several)| Head {
                key: item.key.clone(),
                role,
                data_type: *data_type,
                ignores_case: *ignores_case,
                bin: self.bin(item),
                several: *several,
            })
            .collect()
    }

    /// Tells where the bins of an item begin.
    fn bin(&self, item: &Item) -> Option<Bin> {
        let of_member = matches!(
            item.derivation,
            Derivation::None | Derivation::Attribute | Derivation::Aggregate(Aggregate::Min | Aggregate::Max)
        );
        let spec = self.fields.get(&item.field)?;
        match &spec.kind {
            FieldKind::Bin { size, peg, .. } if of_member && item.node.is_none() => {
                let size = bin_size(&spec.caption, size, &self.surroundings).ok()?;
                Some(Bin { size, peg: *peg })
            }
            _ => None,
        }
    }

    /// Gives the expression of a dimension.
    fn dimension(&self, scope: &mut RowScope<'_>, item: &Item) -> Found<Typed> {
        if let Some((formula, node)) = &item.node {
            return compile(formula, *node, scope, &self.surroundings);
        }
        let field = scope.row_field(&item.field)?;
        scope.derived(field, item.derivation, &item.field)
    }

    /// Filters the rows.
    fn filter_rows(&self, scope: &mut RowScope<'_>, filter: &FilterSpec) -> Found<()> {
        if let Some(test) = self.row_test(scope, filter)? {
            scope.frame = scope.frame.clone().filter(test).map_err(internal)?;
        }
        Ok(())
    }

    fn row_test(&self, scope: &mut RowScope<'_>, filter: &FilterSpec) -> Found<Option<Expr>> {
        match &filter.test {
            FilterTest::All => Ok(None),
            FilterTest::Members(members) if members.is_all() => Ok(None),
            // Sets and lists of members say themselves which fields they are about.
            FilterTest::Members(members) => scope.members(members).map(Some),
            test => {
                let item = self.item(&filter.column)?;
                let value = self.dimension(scope, &item)?;
                test_of(scope, &value, test)
            }
        }
        .map_err(|error| Box::new(error.within(format!("filter {}", filter.column))))
    }

    /// Computes the fixed levels of detail that a field needs.
    fn touch(&self, scope: &mut RowScope<'_>, field: &str) -> Found<()> {
        let mut seen = BTreeSet::new();
        let mut todo = vec![field.to_owned()];
        while let Some(name) = todo.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some(spec) = self.fields.get(&name) else {
                continue;
            };
            let FieldKind::Calculation { formula, .. } = &spec.kind else {
                continue;
            };
            let formula = self.fields.formula(formula)?;
            self.touch_formula(scope, &formula, formula.tree.root())?;
            todo.extend(names_in(&formula.tree));
        }
        Ok(())
    }

    fn touch_formula(&self, scope: &mut RowScope<'_>, formula: &Arc<Formula>, root: NodeId) -> Found<()> {
        // Levels inside of levels are reached from outside.
        let mut todo: Vec<NodeId> = vec![root];
        while let Some(node) = todo.pop() {
            match formula.tree.kind(node) {
                NodeKind::Lod {
                    kind: LodKind::Fixed | LodKind::Table,
                    ..
                } => {
                    scope.computed(formula, node)?;
                }
                kind => kind.for_each_child(|child| todo.push(child)),
            }
        }
        Ok(())
    }
}

/// Gives a member the same spelling wherever it comes.
fn spell_alike(values: &mut [Value]) {
    let mut spellings = Spellings::new();
    for value in values.iter() {
        let Value::String(text) = value else { continue };
        let spelling = spellings
            .entry(Collation::IgnoreCase.key(text).into_owned())
            .or_insert_with(|| text.clone());
        if text < spelling {
            spelling.clone_from(text);
        }
    }
    spell_as(&spellings, values);
}

/// Spells texts as they are to be spelled.
pub(crate) fn spell_as(spellings: &Spellings, values: &mut [Value]) {
    for value in values {
        if let Value::String(text) = value
            && let Some(spelling) = spellings.get(&*Collation::IgnoreCase.key(text))
        {
            text.clone_from(spelling);
        }
    }
}

fn add_all(list: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

/// Lists the fields that a formula names.
pub(crate) fn names_in(tree: &Tree) -> Vec<String> {
    tree.ids()
        .filter_map(|id| match tree.kind(id) {
            NodeKind::Field(field) => Some(field_key(&field.name)),
            _ => None,
        })
        .collect()
}

/// Lists the fields that a part of a formula names.
fn names_below(tree: &Tree, node: NodeId) -> Vec<String> {
    let (mut found, mut todo) = (Vec::new(), vec![node]);
    while let Some(node) = todo.pop() {
        match tree.kind(node) {
            NodeKind::Field(field) => found.push(field_key(&field.name)),
            kind => kind.for_each_child(|child| todo.push(child)),
        }
    }
    found
}

/// Lists the data sources that a part of a formula names.
pub(crate) fn sources_in(tree: &Tree, node: NodeId) -> Vec<String> {
    let (mut found, mut todo) = (Vec::new(), vec![node]);
    while let Some(node) = todo.pop() {
        match tree.kind(node) {
            NodeKind::Field(field) => match &field.name.source {
                Some(source) if source != OBJECT_PART => found.push(source.clone()),
                _ => {}
            },
            kind => kind.for_each_child(|child| todo.push(child)),
        }
    }
    found
}
