//! The engine: which queries a sheet needs, in what order filters and levels of detail work, and how the
//! results become the rows of marks cards.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::execution::context::SessionContext;
use datafusion::prelude::SessionConfig;
use vivant_calc::civil::{DateTime, Weekday};
use vivant_calc::diag::Warned;
use vivant_calc::eval::User;
use vivant_calc::{DataType, Diagnostic, Value};
use vivant_document::display;
use vivant_document::spec::{
    Derivation, FieldRef, FilterTest, Literal, PaneSpec, Pill, SheetSpec, SourceSpec, WorkbookSpec,
};

use crate::asker::{Asker, Wanted};
use crate::calc::Fields;
use crate::data::Data;
use crate::flow::{Flow, Lines};
use crate::frame::Frame;
use crate::query::is_all;
use crate::resources::{MERGE, MOST_PARTITIONS, Resources};
use crate::rows::Surroundings;

type Found<T> = Result<T, Box<Diagnostic>>;

/// What is asked.
pub struct Question<'q> {
    /// The workbook.
    pub workbook: &'q WorkbookSpec,
    /// The sheet.
    pub sheet: &'q SheetSpec,
    /// How many values a result may have before it is refused.
    pub most_values: usize,
    /// Whether the members of fields on colour are asked for, too: who draws needs them.
    pub domains: bool,
}

/// The rows of a sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// For each marks card that is drawn: its number, and which of the frames has its rows.
    pub panes: Vec<(i64, usize)>,
    /// The rows; cards with the same level of detail share them.
    pub frames: Vec<Frame>,
    /// Grand totals and subtotals, the smallest groups first.
    pub totals: Vec<Total>,
    /// The measures of the list of measure names, in order.
    pub measure_names: Vec<FieldRef>,
    /// The members of fields on colour without the filters of the sheet, in order, where those leave some out and
    /// [`Question::domains`] asks for them.
    pub domains: Vec<(FieldRef, Vec<Value>)>,
}

/// The rows of one level of totals.
#[derive(Debug, Clone, PartialEq)]
pub struct Total {
    /// The number of the frame that they are totals of.
    pub frame: usize,
    /// The headers that are left out: those of a shelf from some place on.
    pub over: Vec<FieldRef>,
    /// The rows; they have the columns of the frame but those that are left out.
    pub rows: Frame,
}

/// Answers questions.
pub struct Engine<'e> {
    pub(crate) session: SessionContext,
    pub(crate) data: &'e dyn Data,
    pub(crate) resources: Resources,
}

impl<'e> Engine<'e> {
    /// Makes an engine over tables, whose plans spill to the system's folder for temporary files.
    pub fn new(data: &'e dyn Data) -> Engine<'e> {
        Engine::within(&Resources::default(), data)
    }

    /// Makes an engine over tables.
    pub fn within(resources: &Resources, data: &'e dyn Data) -> Engine<'e> {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let mut config = SessionConfig::new().with_target_partitions(cores.clamp(2, MOST_PARTITIONS));
        config.options_mut().execution.sort_spill_reservation_bytes = MERGE;
        // Whether a test can be null is seen differently before and after a plan is made; no value depends on it.
        config
            .options_mut()
            .execution
            .skip_physical_aggregate_schema_check = true;
        // Text comes as plain text, so that functions see one type.
        config.options_mut().execution.parquet.schema_force_view_types = false;
        // Names are exact: what a document calls a field is what the plan calls a column.
        config.options_mut().sql_parser.enable_ident_normalization = false;
        let session = SessionContext::new_with_config_rt(config, Arc::clone(&resources.env));
        session.add_optimizer_rule(Arc::new(crate::remote::GroupRemotely));
        Engine {
            session,
            data,
            resources: resources.clone(),
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
        let found = self.begun(question, surroundings, None).await?;
        Ok(Warned::with(found.value.gathered().await?, found.diagnostics))
    }

    /// Gives the rows of a sheet as they come. A level of detail of at most `few` values, and one whose rows
    /// depend on one another, is held in memory; any other is sorted on disk.
    ///
    /// # Errors
    /// The first thing that makes an answer impossible, with the sheet in its place.
    pub async fn flow(
        &self,
        question: &Question<'_>,
        surroundings: &Surroundings,
        few: usize,
    ) -> Found<Warned<Flow>> {
        self.begun(question, surroundings, Some(few)).await
    }

    async fn begun(
        &self,
        question: &Question<'_>,
        surroundings: &Surroundings,
        few: Option<usize>,
    ) -> Found<Warned<Flow>> {
        let place = format!("worksheet '{}'", question.sheet.name);
        let mut diagnostics = Vec::new();
        let found = self.sheet(question, surroundings, few, &mut diagnostics).await;
        let diagnostics = diagnostics
            .into_iter()
            .map(|one: Diagnostic| one.within(&place))
            .collect();
        match found {
            Ok(flow) => Ok(Warned::with(flow, diagnostics)),
            Err(error) => Err(Box::new(error.within(place))),
        }
    }

    async fn sheet(
        &self,
        question: &Question<'_>,
        surroundings: &Surroundings,
        few: Option<usize>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Flow> {
        let sheet = question.sheet;
        let mut flow = Flow::of(&sheet.name, &self.resources);
        let Some(primary) = sheet.primary() else {
            return Ok(flow);
        };
        let source = question.workbook.source(primary).ok_or_else(|| {
            Box::new(Diagnostic::error(
                "query.no-source",
                format!("there is no data source '{primary}'"),
            ))
        })?;
        let workbook = question.workbook;
        let fields_of = |source| {
            Fields::new(
                source,
                &sheet.local_fields,
                &workbook.sources,
                &workbook.parameters,
            )
        };
        let fields = fields_of(source);
        let others: Vec<Fields<'_>> = sheet
            .sources
            .iter()
            .skip(1)
            .filter_map(|name| workbook.source(name))
            .map(fields_of)
            .collect();
        let surroundings_of = |source: &SourceSpec| {
            Arc::new(Surroundings {
                week_start: week_start(source).unwrap_or(surroundings.week_start),
                ..surroundings.clone()
            })
        };
        let asker = Asker {
            engine: self,
            question,
            fields: &fields,
            surroundings: surroundings_of(source),
            secondary: others
                .iter()
                .map(|fields| Asker {
                    engine: self,
                    question,
                    fields,
                    surroundings: surroundings_of(fields.source),
                    secondary: Vec::new(),
                })
                .collect(),
        };
        flow.shape.measure_names = measure_names(sheet, source);
        let default = PaneSpec::of_mark("automatic");
        let mut panes: Vec<&PaneSpec> = sheet.panes.iter().filter(|pane| pane.axis.is_some()).collect();
        if panes.is_empty() {
            panes = sheet.layers().iter().collect();
        }
        if panes.is_empty() {
            panes = sheet.panes.iter().take(1).collect();
        }
        if panes.is_empty() {
            panes.push(&default);
        }
        type Level = (BTreeSet<FieldRef>, BTreeSet<FieldRef>);
        let mut levels: Vec<(Level, Wanted)> = Vec::new();
        for &pane in &panes {
            let wanted = asker.wanted(pane, &flow.shape.measure_names, diagnostics);
            let dims: BTreeSet<FieldRef> = wanted.dimensions.iter().map(|item| item.key.clone()).collect();
            // What hides marks by a field of one card leaves those of the others.
            let hides = sheet.filters.iter().filter(|filter| filter.hides);
            let hides = hides.map(|filter| filter.column.clone());
            let hides = hides.filter(|key| wanted.measures.iter().any(|item| item.key == *key));
            let level = (dims, hides.collect());
            let position = match levels.iter().position(|(known, _)| *known == level) {
                Some(position) => {
                    levels[position].1.merge(wanted);
                    position
                }
                None => {
                    levels.push((level, wanted));
                    levels.len() - 1
                }
            };
            flow.shape.panes.push((pane.id, position));
        }
        for (number, (_, wanted)) in levels.iter().enumerate() {
            let orders = asker.orders(wanted, diagnostics).await?;
            if let Some(few) = few
                && let Some(lines) = asker.lines(wanted, &orders, few, diagnostics).await?
            {
                flow.push(lines, Vec::new());
                continue;
            }
            let frame = asker.body(wanted, &orders, diagnostics).await?;
            let totals = asker.totals(number, wanted, &frame, &orders, diagnostics).await?;
            for (pane, (_, position)) in panes.iter().zip(&flow.shape.panes) {
                if *position == number && question.domains {
                    let domains = &mut flow.shape.domains;
                    asker.domains(pane, wanted, &frame, domains, diagnostics).await;
                }
            }
            flow.push(Lines::Whole(Some(frame)), totals);
        }
        Ok(flow)
    }
}

/// Reads the first day of the week of a data source.
fn week_start(source: &SourceSpec) -> Option<Weekday> {
    Weekday::from_name(source.week_start.as_deref()?)
}

/// Lists the measures of the list of measure names, in order.
fn measure_names(sheet: &SheetSpec, source: &SourceSpec) -> Vec<FieldRef> {
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
    let of_names = || {
        sheet
            .filters
            .iter()
            .filter(|filter| filter.column.is_measure_names())
    };
    let mut names: Vec<FieldRef> = of_names()
        .filter_map(|filter| match &filter.test {
            FilterTest::Members(members) => members.listed(),
            _ => None,
        })
        .flatten()
        .filter_map(read)
        .collect();
    // A filter that keeps all stands for the measures that the sheet depends on, in the order of their titles.
    if of_names().any(|filter| is_all(&filter.test)) {
        let title = |pill: &Pill| {
            let field = source.field(&pill.field);
            field.map_or_else(|| pill.field.clone(), |field| display::title(field, Some(pill)))
        };
        let is_measure = |pill: &&Pill| {
            pill.key.source == primary
                && !pill.discrete
                && matches!(pill.derivation, Derivation::Aggregate(_))
        };
        let mut all: Vec<&Pill> = sheet.pills.iter().filter(is_measure).collect();
        all.sort_by_cached_key(|pill| title(pill).to_lowercase());
        names.extend(all.into_iter().map(|pill| pill.key.clone()));
    }
    let sort = sheet.sorts.iter().find(|sort| sort.column.is_measure_names());
    if let Some(vivant_document::spec::SortBy::List(order)) = sort.map(|sort| &sort.by) {
        let order: Vec<FieldRef> = order.iter().filter_map(read).collect();
        names.sort_by_key(|name| order.iter().position(|one| one == name).unwrap_or(usize::MAX));
    }
    names
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
