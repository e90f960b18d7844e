//! Rows as they come: a level of detail whose marks do not depend on one another needs no table in memory.
//!
//! What gives few rows is put in order in memory, as ever. Beyond that the rows go through a sort that spills to
//! disk, and are handed out piece by piece. Table calculations, totals, blends, and rows for what is not in the
//! data look at the whole table and keep to [`crate::Question::most_values`].

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use datafusion::arrow::array::{ArrayRef, BinaryBuilder, Int64Array};
use datafusion::arrow::datatypes::{DataType as ArrowType, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::{Result as DfResult, exec_datafusion_err};
use datafusion::dataframe::DataFrame;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, SortExpr, Volatility,
};
use datafusion::physical_plan::common::spawn_buffered;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use vivant_calc::kernel::text::Collation;
use vivant_calc::{DataType, Diagnostic, Value};
use vivant_document::spec::{FieldRef, SheetSpec, SortBy};

use crate::asker::{Asker, Wanted};
use crate::collate::{order_key as order_without_case, same_key};
use crate::engine::{Answer, Total};
use crate::expr::internal;
use crate::frame::{ColumnRole, Frame, FrameColumn, order_key};
use crate::local::{self, key_text, key_with};
use crate::query::{Ask, Gathered, Head, Spellings, frame_of, spell_as, too_large};
use crate::resources::Resources;
use crate::source::column;
use crate::values::Reader;

type Found<T> = Result<T, Box<Diagnostic>>;

/// The rows of a sheet, handed out piece by piece: those of each frame in the order of display, then its totals.
pub struct Flow {
    /// What is there: columns, marks cards and totals, but not one row.
    pub shape: Answer,
    /// The rows of each frame.
    lines: Vec<Lines>,
    totals: Vec<Total>,
    place: String,
    resources: Resources,
    /// The frame whose rows come next.
    at: usize,
}

/// A piece of the rows of a sheet.
#[derive(Debug)]
pub struct FlowPart {
    /// The number of the frame.
    pub frame: usize,
    /// The headers that are left out, of totals.
    pub over: Vec<FieldRef>,
    /// The rows.
    pub rows: Frame,
}

/// The rows of a frame.
pub(crate) enum Lines {
    /// All of them, until they are handed out.
    Whole(Option<Frame>),
    /// As they come, in order.
    Sorted(Sorted),
}

/// Rows in order, as they come.
pub(crate) struct Sorted {
    heads: Vec<Head>,
    /// For columns of texts in which letter case does not matter, by their place.
    spellings: Vec<(usize, Spellings)>,
    rows: SendableRecordBatchStream,
}

impl Sorted {
    /// Reads a piece.
    fn frame(&self, batch: RecordBatch) -> Frame {
        let mut frame = frame_of(&self.heads, &[batch]);
        for (index, spellings) in &self.spellings {
            spell_as(spellings, &mut frame.columns[*index].values);
        }
        frame
    }
}

impl Flow {
    /// Begins the rows of a sheet.
    pub(crate) fn of(sheet: &str, resources: &Resources) -> Flow {
        Flow {
            shape: Answer::default(),
            lines: Vec::new(),
            totals: Vec::new(),
            place: format!("worksheet '{sheet}'"),
            resources: resources.clone(),
            at: 0,
        }
    }

    /// Adds a frame with its totals.
    pub(crate) fn push(&mut self, lines: Lines, totals: Vec<Total>) {
        let empty = match &lines {
            Lines::Whole(frame) => frame.as_ref().map(without_rows).unwrap_or_default(),
            Lines::Sorted(sorted) => frame_of(&sorted.heads, &[]),
        };
        self.shape.frames.push(empty);
        self.shape.totals.extend(totals.iter().map(|total| Total {
            frame: total.frame,
            over: total.over.clone(),
            rows: without_rows(&total.rows),
        }));
        self.lines.push(lines);
        self.totals.extend(totals);
    }

    /// Waits for all pieces, and puts them together.
    ///
    /// # Errors
    /// What the data or the disk says.
    pub async fn gathered(mut self) -> Found<Answer> {
        let mut answer = std::mem::take(&mut self.shape);
        let mut totals = answer.totals.iter_mut();
        while let Some(FlowPart { frame, over, rows }) = self.next().await? {
            if !over.is_empty() {
                // Totals come in their order, each in one piece.
                if let Some(total) = totals.next() {
                    total.rows = rows;
                }
                continue;
            }
            let known = &mut answer.frames[frame];
            if known.rows == 0 {
                *known = rows;
                continue;
            }
            known.rows += rows.rows;
            for (column, more) in known.columns.iter_mut().zip(rows.columns) {
                column.values.extend(more.values);
            }
        }
        Ok(answer)
    }

    /// Hands out the next piece.
    ///
    /// # Errors
    /// What the data or the disk says; nothing comes after it.
    pub async fn next(&mut self) -> Found<Option<FlowPart>> {
        loop {
            let frame = self.at;
            let part = |over, rows| Ok(Some(FlowPart { frame, over, rows }));
            let Some(lines) = self.lines.get_mut(frame) else {
                return Ok(None);
            };
            match lines {
                Lines::Whole(rows) => {
                    if let Some(rows) = rows.take() {
                        return part(Vec::new(), rows);
                    }
                }
                Lines::Sorted(sorted) => match sorted.rows.next().await {
                    Some(Ok(batch)) => return part(Vec::new(), sorted.frame(batch)),
                    Some(Err(error)) => {
                        self.lines.clear();
                        return Err(Box::new(self.resources.failure(&error).within(&self.place)));
                    }
                    None => {}
                },
            }
            if let Some(total) = self.totals.iter().position(|total| total.frame == frame) {
                let total = self.totals.remove(total);
                return part(total.over, total.rows);
            }
            self.at += 1;
        }
    }
}

fn without_rows(frame: &Frame) -> Frame {
    let columns = frame.columns.iter().map(|column| FrameColumn {
        key: column.key.clone(),
        role: column.role,
        data_type: column.data_type,
        values: Vec::new(),
        ignores_case: column.ignores_case,
        bin: column.bin,
    });
    Frame {
        columns: columns.collect(),
        ..Frame::default()
    }
}

impl Asker<'_> {
    /// Gives the rows of a level of detail as they come, if its marks do not depend on one another.
    pub(crate) async fn lines(
        &self,
        wanted: &Wanted,
        orders: &local::Orders,
        few: usize,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Found<Option<Lines>> {
        let sheet = self.question.sheet;
        let mut passed_over = Vec::new();
        if !self.are_marks_alone(wanted, &mut passed_over)? {
            return Ok(None);
        }
        let Some(plan) = self.planned(wanted, Ask::body(sheet)).await? else {
            return Ok(None);
        };
        let heads = self.heads(&plan, wanted);
        diagnostics.extend(passed_over);
        // A member is spelled alike wherever it comes; one that comes once is.
        let come_once = sheet.aggregated && wanted.dimensions.len() <= 1;
        let texts = heads
            .iter()
            .enumerate()
            .filter(|(_, head)| head.ignores_case && head.role == ColumnRole::Dimension && !come_once);
        let texts: Vec<(usize, DataFrame)> = texts
            .map(|(index, _)| Ok((index, plan.spellings(index)?)))
            .collect::<Found<_>>()?;
        let Gathered { batches, rest } = Gathered::begin(plan, few, &self.engine.resources).await?;
        let Some(rest) = rest else {
            let mut frame = frame_of(&heads, &batches);
            let by: Vec<&FieldRef> = wanted.heads.iter().collect();
            local::sort(&mut frame, sheet, &by, orders);
            frame.members = local::members(&frame, sheet, &wanted.dimensions, orders);
            return Ok(Some(Lines::Whole(Some(frame))));
        };
        let schema = rest.schema();
        let by = wanted.heads.iter().filter_map(|head| {
            let at = heads.iter().position(|known| known.key == *head)?;
            Some((&heads[at], column(schema.field(at).name())))
        });
        let by: Vec<SortExpr> = by
            .flat_map(|(head, expr)| order(sheet, head, orders, expr))
            .collect();
        let all = stream::iter(batches.into_iter().map(Ok)).chain(rest);
        let once = Once {
            schema: Arc::clone(&schema),
            rows: Mutex::new(Some(Box::pin(RecordBatchStreamAdapter::new(
                Arc::clone(&schema),
                all,
            )))),
        };
        let table = StreamingTable::try_new(schema, vec![Arc::new(once)]).map_err(internal)?;
        let session = &self.engine.session;
        let mut sorted = session.read_table(Arc::new(table)).map_err(internal)?;
        if !by.is_empty() {
            sorted = sorted.sort(by).map_err(internal)?;
        }
        let failure = |error| self.engine.resources.failure(&error);
        let mut rows = sorted.execute_stream().await.map_err(failure)?;
        let mut spellings = Vec::new();
        if !texts.is_empty() {
            // When the first rows are there all are on disk, and their queries leave the memory to these.
            let schema = rows.schema();
            let first = rows.next().await;
            rows = Box::pin(RecordBatchStreamAdapter::new(
                schema,
                stream::iter(first).chain(rows),
            ));
            for (index, plan) in texts {
                spellings.push((index, self.spellings(plan).await?));
            }
        }
        // The next rows are sorted while these are written.
        let rows = spawn_buffered(rows, AHEAD);
        Ok(Some(Lines::Sorted(Sorted {
            heads,
            spellings,
            rows,
        })))
    }

    /// Finds how texts that are spelled in several ways are spelled.
    async fn spellings(&self, plan: DataFrame) -> Found<Spellings> {
        let failure = |error| self.engine.resources.failure(&error);
        let mut found = Spellings::new();
        let mut batches = plan.execute_stream().await.map_err(failure)?;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(failure)?;
            let reader = Reader::new(batch.column(0));
            for row in 0..batch.num_rows() {
                if let Value::String(text) = reader.get(row) {
                    found.insert(Collation::IgnoreCase.key(&text).into_owned(), text);
                }
            }
            if found.len() > self.question.most_values {
                return Err(too_large(self.question.most_values));
            }
        }
        Ok(found)
    }

    /// Tells whether what is shown of a mark depends on its own row alone.
    fn are_marks_alone(&self, wanted: &Wanted, diagnostics: &mut Vec<Diagnostic>) -> Found<bool> {
        let sheet = self.question.sheet;
        let is_own = |item: &crate::asker::Item| !item.local && !item.attribute;
        let is_nested = |head: &FieldRef| {
            let mut sorts = sheet.sorts.iter().filter(|sort| sort.column == *head);
            sorts.any(|sort| matches!(sort.by, SortBy::Nested { .. }))
        };
        Ok(self.secondary.is_empty()
            && wanted.measures.iter().all(is_own)
            && !self.is_densified(wanted)
            && !self.has_totals(wanted)
            && !wanted.heads.iter().any(is_nested)
            && self.late(diagnostics)?.is_empty())
    }
}

/// How many batches are sorted before they are asked for.
const AHEAD: usize = 4;

/// Makes the order of display of a column, as [`local::sort`] has it.
fn order(sheet: &SheetSpec, head: &Head, orders: &local::Orders, expr: Expr) -> Vec<SortExpr> {
    let sort = sheet.sorts.iter().find(|sort| sort.column == head.key);
    let places = match sort.map(|sort| &sort.by) {
        Some(SortBy::List(list)) => {
            let values = list.iter().filter_map(|literal| literal.value());
            let mut places = HashMap::new();
            for (place, value) in values.enumerate() {
                places.insert(key_with(head.ignores_case, value), place);
            }
            Some(places)
        }
        Some(SortBy::Field(_)) => orders.get(&head.key).cloned(),
        _ => None,
    };
    let is_turned =
        sort.is_some_and(|sort| sort.descending && matches!(sort.by, SortBy::Natural | SortBy::Alphabetic));
    let mut by = Vec::new();
    if let Some(places) = places {
        let member = match head.ignores_case {
            true => same_key(expr.clone()),
            false => expr.clone(),
        };
        let place = Order::Places(Arc::new(places)).of(member);
        by.push(place.sort(true, true));
    }
    by.push(natural(head, expr).sort(!is_turned, !is_turned));
    by
}

/// Makes what the values of a column are ordered by.
pub(crate) fn natural(head: &Head, expr: Expr) -> Expr {
    match head.data_type {
        // However it is spelled a member has one place, among whose rows the next column decides.
        DataType::String if head.ignores_case => order_without_case(expr),
        DataType::String | DataType::Spatial | DataType::Unknown => Order::Text.of(expr),
        _ => expr,
    }
}

/// What values are sorted by in place of themselves.
#[derive(Debug, Clone)]
enum Order {
    /// Texts as people order them.
    Text,
    /// The places of members, by their [`key_text`]; what has none comes last.
    Places(Arc<HashMap<String, usize>>),
}

impl Order {
    fn of(self, expr: Expr) -> Expr {
        let function = OrderFunction {
            order: self,
            signature: Signature::any(1, Volatility::Immutable),
        };
        ScalarUDF::new_from_impl(function).call(vec![expr])
    }
}

#[derive(Debug)]
struct OrderFunction {
    order: Order,
    signature: Signature,
}

impl PartialEq for OrderFunction {
    fn eq(&self, other: &Self) -> bool {
        match (&self.order, &other.order) {
            (Order::Text, Order::Text) => true,
            (Order::Places(own), Order::Places(other)) => Arc::ptr_eq(own, other),
            _ => false,
        }
    }
}

impl Eq for OrderFunction {}

impl Hash for OrderFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl ScalarUDFImpl for OrderFunction {
    fn name(&self) -> &str {
        match self.order {
            Order::Text => "order_of_text",
            Order::Places(_) => "order_of_members",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> DfResult<ArrowType> {
        Ok(match self.order {
            Order::Text => ArrowType::Binary,
            Order::Places(_) => ArrowType::Int64,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> DfResult<ColumnarValue> {
        let rows = args.number_rows;
        let [values] = args.args.as_slice() else {
            return Err(exec_datafusion_err!("an order is of one column"));
        };
        let reader = Reader::new(&values.to_array(rows)?);
        let found: ArrayRef = match &self.order {
            Order::Text => {
                let mut keys = BinaryBuilder::with_capacity(rows, rows * 32);
                for row in 0..rows {
                    match reader.get(row) {
                        Value::String(text) => keys.append_value(order_key(&text)),
                        _ => keys.append_null(),
                    }
                }
                Arc::new(keys.finish())
            }
            Order::Places(places) => {
                let place = |row| {
                    let place = places.get(&key_text(&reader.get(row))).copied();
                    place.map_or(i64::MAX, |place| i64::try_from(place).unwrap_or(i64::MAX))
                };
                Arc::new(Int64Array::from_iter_values((0..rows).map(place)))
            }
        };
        Ok(ColumnarValue::Array(found))
    }
}

/// Rows that are read once.
struct Once {
    schema: SchemaRef,
    rows: Mutex<Option<SendableRecordBatchStream>>,
}

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}

impl PartitionStream for Once {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner).take();
        rows.unwrap_or_else(|| {
            let again = stream::once(async { Err(exec_datafusion_err!("rows are read twice")) });
            let again = again.map_ok(|rows: RecordBatch| rows);
            Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), again))
        })
    }
}
