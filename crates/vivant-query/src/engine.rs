//! The engine: which queries a sheet needs, in what order filters and levels of detail work, and how the
//! results become the rows of marks cards.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use datafusion::execution::context::SessionContext;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::SessionConfig;
use vivant_calc::civil::{DateTime, Weekday};
use vivant_calc::diag::Warned;
use vivant_calc::eval::User;
use vivant_calc::{DataType, Diagnostic, Value};
use vivant_document::spec::{FieldRef, FilterTest, Literal, PaneSpec, SheetSpec, SourceSpec, WorkbookSpec};

use crate::asker::{Asker, Wanted};
use crate::calc::Fields;
use crate::data::Data;
use crate::frame::Frame;
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
    /// The members of fields on colour without the filters of the sheet, in order, where those leave some out.
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

/// What plans may hold in memory, all questions of the process together. Sorting and grouping go on disk
/// beyond it.
const MEMORY: usize = 2 << 30;

/// Answers questions.
pub struct Engine<'e> {
    pub(crate) session: SessionContext,
    pub(crate) data: &'e dyn Data,
}

impl<'e> Engine<'e> {
    /// Makes an engine over tables.
    pub fn new(data: &'e dyn Data) -> Engine<'e> {
        let mut config = SessionConfig::new().with_target_partitions(2);
        // Whether a test can be null is seen differently before and after a plan is made; no value depends on it.
        config
            .options_mut()
            .execution
            .skip_physical_aggregate_schema_check = true;
        // Text comes as plain text, so that functions see one type.
        config.options_mut().execution.parquet.schema_force_view_types = false;
        // Names are exact: what a document calls a field is what the plan calls a column.
        config.options_mut().sql_parser.enable_ident_normalization = false;
        let session = SessionContext::new_with_config_rt(config, runtime());
        session.add_optimizer_rule(Arc::new(crate::remote::GroupRemotely));
        Engine { session, data }
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
        for &pane in &panes {
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
        for (number, (_, wanted)) in levels.iter().enumerate() {
            let orders = asker.orders(wanted, diagnostics).await?;
            let frame = asker.body(wanted, &orders, diagnostics).await?;
            let totals = asker.totals(number, wanted, &frame, &orders, diagnostics).await?;
            for (pane, (_, position)) in panes.iter().zip(&answer.panes) {
                if *position == number {
                    let domains = &mut answer.domains;
                    asker.domains(pane, wanted, &frame, domains, diagnostics).await;
                }
            }
            answer.frames.push(frame);
            answer.totals.extend(totals);
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
