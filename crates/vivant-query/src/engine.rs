//! The engine: which queries a sheet needs, in what order filters and levels of detail work, and how the
//! results become the rows of marks cards.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use datafusion::dataframe::DataFrame;
use datafusion::execution::context::SessionContext;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::SessionConfig;
use futures_util::StreamExt as _;
use vivant_calc::civil::{DateTime, Weekday};
use vivant_calc::diag::Warned;
use vivant_calc::eval::User;
use vivant_calc::names::FieldName;
use vivant_calc::tree::{LodKind, NodeId, NodeKind, Tree};
use vivant_calc::{DataType, Diagnostic, Level, Value};
use vivant_document::spec::{
    Derivation, FieldKind, FieldRef, FilterSpec, FilterTest, Literal, OBJECT_PART, PaneSpec, Pill, SheetSpec,
    SourceSpec, WorkbookSpec,
};

use crate::calc::{Fields, level_of};
use crate::data::Data;
use crate::expr::{Scope, Typed, compile, internal};
use crate::fields::{RowScope, unknown_field, unsupported};
use crate::filters::{Stage, stage, test_of};
use crate::frame::{ColumnRole, Frame, FrameColumn};
use crate::level::Aggregation;
use crate::local;
use crate::rows::{Formula, Surroundings};
use crate::source::Opener;
use crate::values::Reader;

type Found<T> = Result<T, Box<Diagnostic>>;

/// What is asked.
pub struct Question<'q> {
    /// The workbook.
    pub workbook: &'q WorkbookSpec,
    /// The sheet.
    pub sheet: &'q SheetSpec,
    /// How many values a result may have before it is refused.
    pub most_values: usize,
}

/// The rows of a sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// For each marks card that is drawn: its number, and which of the frames has its rows.
    pub panes: Vec<(i64, usize)>,
    /// The rows; cards with the same level of detail share them.
    pub frames: Vec<Frame>,
    /// The measures of the list of measure names, in order.
    pub measure_names: Vec<FieldRef>,
}

/// What plans may hold in memory, all questions of the process together. Sorting and grouping go on disk
/// beyond it.
const MEMORY: usize = 2 << 30;

/// Answers questions.
pub struct Engine<'e> {
    session: SessionContext,
    data: &'e dyn Data,
}

impl<'e> Engine<'e> {
    /// Makes an engine over tables.
    pub fn new(data: &'e dyn Data) -> Engine<'e> {
        let mut config = SessionConfig::new().with_target_partitions(2);
        // Text comes as plain text, so that functions see one type.
        config.options_mut().execution.parquet.schema_force_view_types = false;
        // Names are exact: what a document calls a field is what the plan calls a column.
        config.options_mut().sql_parser.enable_ident_normalization = false;
        Engine {
            session: SessionContext::new_with_config_rt(config, runtime()),
            data,
        }
    }

    /// Gives the rows of a sheet.
    ///
    /// # Errors
    /// The first thing that makes an answer impossible, with the sheet in its place.
    pub async fn answer(
        &self,
        question: &Question<'_>,
        surroundings: &Surroundings,
    ) -> Found<Warned<Answer>> {
        let place = format!("worksheet '{}'", question.sheet.name);
        let mut diagnostics = Vec::new();
        let found = self.sheet(question, surroundings, &mut diagnostics).await;
        let diagnostics = diagnostics
            .into_iter()
            .map(|one: Diagnostic| one.within(&place))
            .collect();
        match found {
            Ok(answer) => Ok(Warned::with(answer, diagnostics)),
            Err(error) => Err(Box::new(error.within(place))),
        }
    }

    async fn sheet(
        &self,
        question: &Question<'_>,
        surroundings: &Surroundings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Answer> {
        let sheet = question.sheet;
        let Some(primary) = sheet.primary() else {
            return Ok(Answer::default());
        };
        let source = question.workbook.source(primary).ok_or_else(|| {
            Box::new(Diagnostic::error(
                "query.no-source",
                format!("there is no data source '{primary}'"),
            ))
        })?;
        let local_fields = sheet
            .local_fields
            .iter()
            .filter(|(of, _)| of == primary)
            .map(|(_, field)| field)
            .collect();
        let fields = Fields::new(
            source,
            local_fields,
            &question.workbook.sources,
            &question.workbook.parameters,
        );
        let surroundings = Arc::new(Surroundings {
            week_start: week_start(source).unwrap_or(surroundings.week_start),
            ..surroundings.clone()
        });
        let asker = Asker {
            engine: self,
            question,
            fields: &fields,
            surroundings,
        };
        let mut answer = Answer {
            measure_names: measure_names(sheet),
            ..Answer::default()
        };
        let default = PaneSpec {
            id: 0,
            axis: None,
            mark: "automatic".to_owned(),
            encodings: Vec::new(),
            stacked: None,
            style: Vec::new(),
            label: None,
            tooltip: None,
            reference_lines: Vec::new(),
            trend_lines: Vec::new(),
            sizing: Vec::new(),
        };
        let mut panes: Vec<&PaneSpec> = sheet.panes.iter().filter(|pane| pane.axis.is_some()).collect();
        if panes.is_empty() {
            panes = sheet.panes.iter().take(1).collect();
        }
        if panes.is_empty() {
            panes.push(&default);
        }
        let mut levels: Vec<(BTreeSet<FieldRef>, Wanted)> = Vec::new();
        for pane in panes {
            let wanted = asker.wanted(pane, &answer.measure_names, diagnostics);
            let dims: BTreeSet<FieldRef> = wanted.dimensions.iter().map(|item| item.key.clone()).collect();
            let position = match levels.iter().position(|(known, _)| *known == dims) {
                Some(position) => {
                    levels[position].1.merge(wanted);
                    position
                }
                None => {
                    levels.push((dims, wanted));
                    levels.len() - 1
                }
            };
            answer.panes.push((pane.id, position));
        }
        for (_, wanted) in &levels {
            answer.frames.push(asker.frame(wanted, diagnostics).await?);
        }
        Ok(answer)
    }
}

/// What all engines of the process share: memory, and files that sorting and grouping spill to.
fn runtime() -> Arc<RuntimeEnv> {
    static RUNTIME: OnceLock<Arc<RuntimeEnv>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        let bounded = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(FairSpillPool::new(MEMORY)));
        // Without a folder for temporary files there is no spilling.
        bounded.build_arc().unwrap_or_default()
    });
    Arc::clone(made)
}

/// Reads the first day of the week of a data source.
fn week_start(source: &SourceSpec) -> Option<Weekday> {
    Weekday::from_name(source.week_start.as_deref()?)
}

/// Lists the measures of the list of measure names, in order.
fn measure_names(sheet: &SheetSpec) -> Vec<FieldRef> {
    let uses = sheet
        .rows
        .fields()
        .into_iter()
        .chain(sheet.cols.fields())
        .chain(
            sheet
                .panes
                .iter()
                .flat_map(|pane| pane.encodings.iter().map(|(_, field)| field)),
        )
        .any(|field| field.is_measure_values());
    if !uses {
        return Vec::new();
    }
    let primary = sheet.primary().unwrap_or_default();
    let read = |literal: &Literal| match literal {
        Literal::Value(Value::String(text)) => FieldRef::parse(text, primary),
        _ => None,
    };
    let mut names: Vec<FieldRef> = sheet
        .filters
        .iter()
        .filter(|filter| filter.column.is_measure_names())
        .filter_map(|filter| match &filter.test {
            FilterTest::Members(members) => members.listed(),
            _ => None,
        })
        .flatten()
        .filter_map(read)
        .collect();
    let sort = sheet.sorts.iter().find(|sort| sort.column.is_measure_names());
    if let Some(vivant_document::spec::SortBy::List(order)) = sort.map(|sort| &sort.by) {
        let order: Vec<FieldRef> = order.iter().filter_map(read).collect();
        names.sort_by_key(|name| order.iter().position(|one| one == name).unwrap_or(usize::MAX));
    }
    names
}

/// A pill or field that a query asks for.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its key.
    pub key: FieldRef,
    /// The field.
    pub field: String,
    /// What is taken of it.
    pub derivation: Derivation,
    /// The pill, if it is one.
    pub pill: Option<Pill>,
    /// Its level.
    pub level: Level,
    /// The type of its values.
    pub data_type: DataType,
    /// A part of a formula in place of the field.
    pub node: Option<(Arc<Formula>, NodeId)>,
}

/// What a marks card asks for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// What makes its level of detail, in the order of shelves.
    pub dimensions: Vec<Item>,
    /// What is computed for each mark.
    pub measures: Vec<Item>,
}

impl Wanted {
    fn merge(&mut self, other: Wanted) {
        for item in other.measures {
            if !self.measures.iter().any(|known| known.key == item.key) {
                self.measures.push(item);
            }
        }
    }
}

/// Asks for one sheet.
pub struct Asker<'a> {
    engine: &'a Engine<'a>,
    question: &'a Question<'a>,
    /// The fields of the primary data source.
    pub fields: &'a Fields<'a>,
    surroundings: Arc<Surroundings>,
}

impl Asker<'_> {
    /// Tells what a reference of the sheet is.
    pub fn item(&self, key: &FieldRef) -> Found<Item> {
        if key.source != self.fields.source.name {
            return Err(unsupported("fields of secondary data sources"));
        }
        let pill = self.question.sheet.pill(key).cloned();
        let (field, derivation) = match &pill {
            Some(pill) => (pill.field.clone(), pill.derivation),
            None => (key.name.clone(), Derivation::None),
        };
        let spec = self.fields.get(&field).ok_or_else(|| unknown_field(&field))?;
        let own = self.fields.level(spec);
        let mut level = level_of(derivation, own);
        if pill.as_ref().is_some_and(Pill::has_table_calc) {
            level = Level::TableCalculation;
        }
        // An instance of a calculation that aggregates is not aggregated again.
        if own.1 >= Level::Aggregate {
            level = level.max(own.1);
        }
        Ok(Item {
            key: key.clone(),
            data_type: derivation.result(own.0),
            field,
            derivation,
            pill,
            level,
            node: None,
        })
    }

    /// Collects what a marks card asks for.
    fn wanted(
        &self,
        pane: &PaneSpec,
        measure_names: &[FieldRef],
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Wanted {
        let sheet = self.question.sheet;
        let mut wanted = Wanted::default();
        let shelves = sheet.rows.fields().into_iter().chain(sheet.cols.fields());
        let keys = shelves
            .chain(&sheet.pages)
            .map(|key| (key, false))
            .chain(pane.encodings.iter().map(|(name, key)| (key, name == "tooltip")))
            .chain(measure_names.iter().map(|key| (key, false)));
        for (key, tooltip) in keys {
            if key.is_measure_names() || key.is_measure_values() || key.is_generated() {
                continue;
            }
            let item = match self.item(key) {
                Ok(item) => item,
                Err(error) => {
                    diagnostics.push(*error);
                    continue;
                }
            };
            let list = match item.level {
                // A dimension on tooltip alone does not make marks.
                Level::Constant | Level::Row if tooltip => continue,
                Level::Constant | Level::Row => &mut wanted.dimensions,
                _ => &mut wanted.measures,
            };
            if !list.iter().any(|known| known.key == item.key) {
                list.push(item);
            }
        }
        wanted
    }

    /// Gives the rows of a level of detail, with table calculations, in the order of display.
    async fn frame(&self, wanted: &Wanted, diagnostics: &mut Vec<Diagnostic>) -> Found<Frame> {
        let sheet = self.question.sheet;
        // What table calculations are computed from, and what hidden parts of the sheet need.
        let mut asked = wanted.clone();
        let mut calculations = Vec::new();
        asked.measures.retain(|item| item.level < Level::TableCalculation);
        for item in wanted
            .measures
            .iter()
            .filter(|item| item.level == Level::TableCalculation)
        {
            calculations.push(local::Calculation::new(self, item, &mut asked.measures)?);
        }
        for filter in &sheet.filters {
            if filter.column.is_measure_names() || filter.column.source != self.fields.source.name {
                continue;
            }
            let item = self.item(&filter.column)?;
            let known = wanted.measures.iter().any(|one| one.key == item.key);
            if item.level == Level::TableCalculation && !known {
                calculations.push(local::Calculation::new(self, &item, &mut asked.measures)?);
            }
        }
        let mut frame = self.queried(&asked, true, diagnostics).await?;
        let orders = self.orders(wanted, diagnostics).await?;
        local::sort(&mut frame, sheet, wanted, &orders);
        for calculation in &calculations {
            calculation.run(&mut frame, sheet, wanted, &self.surroundings, diagnostics)?;
        }
        for filter in sheet
            .filters
            .iter()
            .filter(|filter| !filter.column.is_measure_names())
        {
            if filter.column.source != self.fields.source.name {
                continue;
            }
            let item = self.item(&filter.column)?;
            if item.level == Level::TableCalculation || filter.hides {
                local::filter(&mut frame, &filter.column, &filter.test);
            }
        }
        let shown: Vec<&FieldRef> = wanted
            .dimensions
            .iter()
            .chain(&wanted.measures)
            .map(|item| &item.key)
            .collect();
        frame.columns.retain(|column| shown.contains(&&column.key));
        frame
            .columns
            .sort_by_key(|column| shown.iter().position(|key| **key == column.key));
        Ok(frame)
    }

    /// Finds the order of members of dimensions that are sorted by a field.
    async fn orders(
        &self,
        wanted: &Wanted,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<HashMap<FieldRef, HashMap<String, usize>>> {
        let mut orders = HashMap::new();
        for dimension in &wanted.dimensions {
            let sort = self
                .question
                .sheet
                .sorts
                .iter()
                .find(|sort| sort.column == dimension.key);
            let Some(sort) = sort else { continue };
            let vivant_document::spec::SortBy::Field(using) = &sort.by else {
                continue;
            };
            let measure = match self.item(using) {
                Ok(item) if item.level == Level::Aggregate => item,
                Ok(_) | Err(_) => {
                    diagnostics.push(Diagnostic::warning(
                        "query.sort",
                        format!("the order by {using} is not supported; the natural order is used"),
                    ));
                    continue;
                }
            };
            let asked = Wanted {
                dimensions: vec![dimension.clone()],
                measures: vec![measure.clone()],
            };
            let frame = self.queried(&asked, false, diagnostics).await?;
            orders.insert(
                dimension.key.clone(),
                local::ranks(&frame, &dimension.key, &measure.key, sort.descending),
            );
        }
        Ok(orders)
    }

    /// Runs the queries of a level of detail and puts their results together.
    async fn queried(
        &self,
        wanted: &Wanted,
        having: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Frame> {
        let source = self.fields.source;
        if source.objects.len() <= 1 {
            return self.query(wanted, &[], false, having, diagnostics).await;
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
            let owner = self.objects(&measure.field).into_iter().next();
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
        let mut result: Option<Frame> = None;
        if groups.is_empty() {
            groups.push((None, Vec::new()));
        }
        for (owner, measures) in groups {
            let mut objects: Vec<String> = owner.into_iter().collect();
            for measure in &measures {
                add_all(&mut objects, self.objects(&measure.field));
            }
            add_all(&mut objects, dimension_objects.clone());
            if objects.is_empty() {
                objects.extend(source.objects.first().map(|object| object.id.clone()));
            }
            let inner = measures.is_empty();
            let part = Wanted {
                dimensions: wanted.dimensions.clone(),
                measures,
            };
            let frame = self.query(&part, &objects, inner, having, diagnostics).await?;
            result = Some(match result {
                None => frame,
                Some(before) => local::outer_join(before, frame),
            });
        }
        Ok(result.unwrap_or_default())
    }

    fn row_filters(&self) -> impl Iterator<Item = &FilterSpec> {
        self.question.sheet.filters.iter().filter(|filter| {
            !filter.column.is_measure_names()
                && filter.column.source == self.fields.source.name
                && !matches!(filter.test, FilterTest::All)
                && !matches!(&filter.test, FilterTest::Members(members) if members.is_all())
                && self
                    .item(&filter.column)
                    .is_ok_and(|item| item.level <= Level::Row)
        })
    }

    /// Lists the logical tables that a field reads.
    fn objects(&self, field: &str) -> Vec<String> {
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

    /// Runs one query.
    async fn query(
        &self,
        wanted: &Wanted,
        objects: &[String],
        inner: bool,
        having: bool,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Frame> {
        let sheet = self.question.sheet;
        let opener = Opener {
            session: &self.engine.session,
            data: self.engine.data,
            surroundings: &self.surroundings,
        };
        let source = self.fields.source;
        let rows = opener.rows(source, objects, inner).await?;
        let mut scope = RowScope::new(self.fields, rows, &self.surroundings);

        // Filters of the data source, then those in context.
        for filter in &source.filters {
            self.filter_rows(&mut scope, filter)?;
        }
        let mut later = Vec::new();
        for filter in &sheet.filters {
            if filter.column.is_measure_names() || filter.hides {
                continue;
            }
            if filter.column.source != source.name {
                diagnostics.push(*unsupported("filters of secondary data sources"));
                continue;
            }
            let item = self.item(&filter.column)?;
            match stage(item.level, filter.context) {
                Stage::Context => self.filter_rows(&mut scope, filter)?,
                Stage::Rows => later.push(filter),
                Stage::Groups | Stage::Table => {}
            }
        }

        // Everything that is fixed is computed before dimension filters.
        let mut groups = Vec::with_capacity(wanted.dimensions.len());
        for item in &wanted.dimensions {
            let typed = self.dimension(&mut scope, item)?;
            groups.push(typed);
        }
        for item in &wanted.measures {
            self.touch(&mut scope, &item.field)?;
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

        if !sheet.aggregated {
            return self.disaggregated(scope, wanted, groups).await;
        }
        let mut aggregation = Aggregation::new(&mut scope, &groups);
        let mut exprs: Vec<(Typed, String)> = Vec::new();
        for index in 0..groups.len() {
            exprs.push((aggregation.group(index), format!("c{index}")));
        }
        for (index, item) in wanted.measures.iter().enumerate() {
            let typed = match &item.node {
                Some((formula, node)) => compile(formula, *node, &mut aggregation, &self.surroundings)?,
                None => aggregation.pill(&item.field, item.derivation)?,
            };
            exprs.push((typed, format!("m{index}")));
        }
        let mut tests = Vec::new();
        if having {
            for filter in &sheet.filters {
                if filter.column.is_measure_names() || filter.column.source != source.name || filter.hides {
                    continue;
                }
                let item = self.item(&filter.column)?;
                if item.level != Level::Aggregate {
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
        self.collected(frame, exprs, wanted).await
    }

    async fn disaggregated(
        &self,
        mut scope: RowScope<'_>,
        wanted: &Wanted,
        groups: Vec<Typed>,
    ) -> Found<Frame> {
        let mut exprs: Vec<(Typed, String)> = Vec::new();
        for (index, typed) in groups.into_iter().enumerate() {
            exprs.push((typed, format!("c{index}")));
        }
        for (index, item) in wanted.measures.iter().enumerate() {
            let typed = scope.row_field(&item.field)?;
            exprs.push((typed, format!("m{index}")));
        }
        let frame = scope.frame.clone();
        self.collected(frame, exprs, wanted).await
    }

    async fn collected(
        &self,
        frame: DataFrame,
        exprs: Vec<(Typed, String)>,
        wanted: &Wanted,
    ) -> Found<Frame> {
        let types: Vec<DataType> = exprs.iter().map(|(typed, _)| typed.data_type).collect();
        let mut chosen: Vec<Expr> = exprs
            .into_iter()
            .map(|(typed, name)| typed.expr.alias(name))
            .collect();
        if chosen.is_empty() {
            chosen.push(lit(1_i64).alias("none"));
        }
        let frame = frame.select(chosen).map_err(internal)?;
        let mut stream = frame.execute_stream().await.map_err(internal)?;
        let (mut batches, mut rows) = (Vec::new(), 0_usize);
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(internal)?;
            rows += batch.num_rows();
            let most = self.question.most_values / types.len().max(1);
            if rows > most {
                return Err(Box::new(
                    Diagnostic::error("query.too-large", format!("the view has more than {most} rows"))
                        .hint("filter it, or ask for it at a higher level"),
                ));
            }
            batches.push(batch);
        }
        let items = wanted
            .dimensions
            .iter()
            .map(|item| (item, ColumnRole::Dimension))
            .chain(wanted.measures.iter().map(|item| (item, ColumnRole::Measure)));
        let columns = items
            .enumerate()
            .map(|(index, (item, role))| {
                let mut values = Vec::with_capacity(rows);
                for batch in &batches {
                    let reader = Reader::new(batch.column(index));
                    values.extend((0..batch.num_rows()).map(|row| reader.get(row)));
                }
                FrameColumn {
                    key: item.key.clone(),
                    role,
                    data_type: types[index],
                    values,
                }
            })
            .collect();
        Ok(Frame { columns, rows })
    }

    /// Gives the expression of a dimension.
    fn dimension(&self, scope: &mut RowScope<'_>, item: &Item) -> Found<Typed> {
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
            self.touch_formula(scope, &formula)?;
            todo.extend(names_in(&formula.tree));
        }
        Ok(())
    }

    fn touch_formula(&self, scope: &mut RowScope<'_>, formula: &Arc<Formula>) -> Found<()> {
        // Levels inside of levels are reached from outside.
        let mut todo: Vec<NodeId> = vec![formula.tree.root()];
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

fn add_all(list: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !list.contains(&one) {
            list.push(one);
        }
    }
}

/// Lists the fields that a formula names.
fn names_in(tree: &Tree) -> Vec<String> {
    tree.ids()
        .filter_map(|id| match tree.kind(id) {
            NodeKind::Field(field) => Some(key_of(&field.name)),
            _ => None,
        })
        .collect()
}

fn key_of(name: &FieldName) -> String {
    match &name.source {
        Some(source) if source == OBJECT_PART => format!("{OBJECT_PART}].[{}", name.name),
        _ => name.name.clone(),
    }
}

impl Surroundings {
    /// Makes the surroundings of a workbook: its parameters, with those that the person who asks gave by name
    /// or label.
    pub fn of(
        workbook: &WorkbookSpec,
        now: DateTime,
        user: Option<User>,
        given: &[(String, String)],
    ) -> Surroundings {
        let mut parameters = HashMap::new();
        for parameter in &workbook.parameters {
            let asked = given
                .iter()
                .find(|(name, _)| *name == parameter.caption || *name == parameter.name);
            let value = match asked {
                Some((_, text)) => match parameter.data_type {
                    DataType::String => Value::String(text.clone()),
                    DataType::Date | DataType::DateTime => Literal::parse(&format!("#{text}#"))
                        .value()
                        .cloned()
                        .unwrap_or(Value::Null),
                    _ => Literal::parse(text).value().cloned().unwrap_or(Value::Null),
                },
                None => parameter.value.value().cloned().unwrap_or(Value::Null),
            };
            parameters.insert(parameter.name.to_lowercase(), value.widened(parameter.data_type));
        }
        Surroundings {
            now,
            week_start: Weekday::Sunday,
            user,
            parameters,
        }
    }
}
