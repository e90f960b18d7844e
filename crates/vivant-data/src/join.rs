//! Joins by equal columns: the right side is held in memory, the left side streams past.
//!
//! What else a join may say (inequalities, calculations) needs an engine, and is refused.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{ArrayBuilder, UInt32Builder};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, UInt32Array};
use arrow_cast::cast;
use arrow_row::{RowConverter, SortField};
use arrow_schema::{DataType, Schema, SchemaRef};
use arrow_select::concat::concat_batches;
use arrow_select::take::take;

use crate::batches::Batches;
use crate::error::{DataError, Result, shorten};
use crate::limits::DataLimits;
use crate::open::table_of;
use crate::schema::ColumnType;
use crate::spec::{Expression, JoinKind, TableSpec};

/// Joins two sides. Columns keep their names, so one may occur twice; the table of each tells them apart.
pub(crate) fn join(
    kind: JoinKind,
    left: Batches,
    right: Batches,
    on: &Expression,
    limits: &DataLimits,
) -> Result<Batches> {
    let mut pairs = Vec::new();
    equalities(on, &mut pairs)?;
    let keys = pairs
        .into_iter()
        .map(|(one, other)| Key::find(one, other, left.schema(), right.schema()))
        .collect::<Result<Vec<_>>>()?;
    let schema = Arc::new(Schema::new(
        left.schema()
            .fields()
            .iter()
            .chain(right.schema().fields())
            .map(|field| field.as_ref().clone().with_nullable(true))
            .collect::<Vec<_>>(),
    ));
    let mut joined = Joined {
        held: Held::collect(right, &keys, limits)?,
        kind,
        keys,
        schema: Arc::clone(&schema),
        left,
        current: None,
        most: limits.batch_rows,
        ended: false,
    };
    Ok(Batches::new(
        schema,
        std::iter::from_fn(move || joined.next().transpose()),
    ))
}

/// Takes the condition apart into pairs of columns that must be equal.
fn equalities<'e>(on: &'e Expression, found: &mut Vec<(&'e str, &'e str)>) -> Result<()> {
    match (on.op.to_ascii_uppercase().as_str(), on.operands.as_slice()) {
        ("AND", operands) if !operands.is_empty() => {
            operands.iter().try_for_each(|operand| equalities(operand, found))
        }
        ("=" | "==", [one, other]) if one.operands.is_empty() && other.operands.is_empty() => {
            // A constant that equals itself asks for every pair.
            if one.op != other.op || one.op.trim_start().starts_with('[') {
                found.push((&one.op, &other.op));
            }
            Ok(())
        }
        _ => Err(needs_engine(&on.op)),
    }
}

fn needs_engine(what: &str) -> DataError {
    DataError::NeedsEngine {
        what: format!("a join by anything but equal columns (`{}`)", shorten(what)),
    }
}

/// A column of each side, and the type in which they are compared.
struct Key {
    left: usize,
    right: usize,
    compared: DataType,
}

impl Key {
    fn find(one: &str, other: &str, left: &SchemaRef, right: &SchemaRef) -> Result<Self> {
        let (left_at, right_at) = match (place(one, left), place(other, right)) {
            (Some(left), Some(right)) => (left, right),
            _ => match (place(other, left), place(one, right)) {
                (Some(left), Some(right)) => (left, right),
                _ => return Err(needs_engine(&format!("{one} = {other}"))),
            },
        };
        let kind = |schema: &SchemaRef, at: usize| ColumnType::of_arrow(schema.field(at).data_type());
        let compared = match (kind(left, left_at), kind(right, right_at)) {
            (Some(left), Some(right)) if left == right => left.arrow(),
            (Some(ColumnType::Integer), Some(ColumnType::Real))
            | (Some(ColumnType::Real), Some(ColumnType::Integer)) => DataType::Float64,
            (Some(ColumnType::Date), Some(ColumnType::DateTime))
            | (Some(ColumnType::DateTime), Some(ColumnType::Date)) => ColumnType::DateTime.arrow(),
            _ => return Err(needs_engine(&format!("{one} = {other}, of different types"))),
        };
        Ok(Self {
            left: left_at,
            right: right_at,
            compared,
        })
    }
}

/// Finds `[table].[column]` among the columns of a side.
fn place(name: &str, schema: &SchemaRef) -> Option<usize> {
    if !name.trim_start().starts_with('[') {
        return None;
    }
    let parts = TableSpec::of_table(name).parts();
    match parts.as_slice() {
        [table, column] => schema
            .fields()
            .iter()
            .position(|field| field.name() == column && table_of(field) == Some(table)),
        [column] => schema.fields().iter().position(|field| field.name() == column),
        _ => None,
    }
}

/// Gives the keys of the rows of a batch in a form that compares byte by byte; rows with a null have none.
fn key_bytes(
    converter: &RowConverter,
    batch: &RecordBatch,
    columns: impl Iterator<Item = (usize, DataType)>,
) -> Result<(arrow_row::Rows, Vec<bool>)> {
    let mut arrays = columns
        .map(|(at, compared)| cast(batch.column(at), &compared))
        .collect::<std::result::Result<Vec<ArrayRef>, _>>()?;
    if arrays.is_empty() {
        arrays.push(Arc::new(BooleanArray::from(vec![true; batch.num_rows()])));
    }
    let whole = (0..batch.num_rows())
        .map(|row| arrays.iter().all(|array| array.is_valid(row)))
        .collect();
    Ok((converter.convert_columns(&arrays)?, whole))
}

/// The right side.
struct Held {
    rows: RecordBatch,
    converter: RowConverter,
    by_key: HashMap<Box<[u8]>, Vec<u32>>,
    matched: Vec<bool>,
}

impl Held {
    fn collect(right: Batches, keys: &[Key], limits: &DataLimits) -> Result<Self> {
        let schema = Arc::clone(right.schema());
        let mut batches = Vec::new();
        let mut bytes = 0;
        for batch in right {
            let batch = batch?;
            bytes += batch.get_array_memory_size();
            if bytes > limits.join_bytes {
                return Err(DataError::TooLarge {
                    what: "the right side of a join".to_owned(),
                    limit: limits.join_bytes as u64,
                    unit: "bytes",
                });
            }
            batches.push(batch);
        }
        let rows = concat_batches(&schema, &batches)?;
        let mut compared: Vec<SortField> = keys
            .iter()
            .map(|key| SortField::new(key.compared.clone()))
            .collect();
        if compared.is_empty() {
            compared.push(SortField::new(DataType::Boolean));
        }
        let converter = RowConverter::new(compared)?;
        let (bytes, whole) = key_bytes(
            &converter,
            &rows,
            keys.iter().map(|key| (key.right, key.compared.clone())),
        )?;
        let mut by_key: HashMap<Box<[u8]>, Vec<u32>> = HashMap::new();
        for (row, is_whole) in whole.iter().enumerate() {
            if *is_whole {
                let at = u32::try_from(row).map_err(|_| DataError::TooLarge {
                    what: "the right side of a join".to_owned(),
                    limit: u32::MAX.into(),
                    unit: "rows",
                })?;
                by_key.entry(bytes.row(row).as_ref().into()).or_default().push(at);
            }
        }
        Ok(Self {
            matched: vec![false; rows.num_rows()],
            rows,
            converter,
            by_key,
        })
    }
}

/// A batch of the left side that is being joined: how far it is, down to the partner within a row.
struct Current {
    batch: RecordBatch,
    keys: arrow_row::Rows,
    whole: Vec<bool>,
    row: usize,
    partner: usize,
}

struct Joined {
    held: Held,
    kind: JoinKind,
    keys: Vec<Key>,
    schema: SchemaRef,
    left: Batches,
    current: Option<Current>,
    most: usize,
    ended: bool,
}

impl Joined {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if self.ended {
                return Ok(None);
            }
            if self.current.is_none() {
                match self.left.next() {
                    Some(batch) => {
                        let batch = batch?;
                        let columns = self.keys.iter().map(|key| (key.left, key.compared.clone()));
                        let (keys, whole) = key_bytes(&self.held.converter, &batch, columns)?;
                        self.current = Some(Current {
                            batch,
                            keys,
                            whole,
                            row: 0,
                            partner: 0,
                        });
                    }
                    None => {
                        self.ended = true;
                        return self.alone();
                    }
                }
            }
            if let Some(batch) = self.piece()? {
                return Ok(Some(batch));
            }
        }
    }

    /// Joins rows of the current batch until enough are out; many partners of one row may take several pieces.
    fn piece(&mut self) -> Result<Option<RecordBatch>> {
        let Some(current) = &mut self.current else {
            return Ok(None);
        };
        let keep_left = matches!(self.kind, JoinKind::Left | JoinKind::Full);
        let mut left = UInt32Builder::new();
        let mut right = UInt32Builder::new();
        while current.row < current.batch.num_rows() && left.len() < self.most {
            let partners = match current.whole[current.row] {
                true => self.held.by_key.get(current.keys.row(current.row).as_ref()),
                false => None,
            };
            // A batch has fewer rows than 32 bits count.
            let row = current.row as u32;
            match partners {
                Some(partners) => {
                    let room = self.most - left.len();
                    let now = &partners[current.partner..];
                    let now = &now[..now.len().min(room)];
                    for partner in now {
                        left.append_value(row);
                        right.append_value(*partner);
                        self.held.matched[*partner as usize] = true;
                    }
                    current.partner += now.len();
                    if current.partner < partners.len() {
                        break;
                    }
                }
                None if keep_left => {
                    left.append_value(row);
                    right.append_null();
                }
                None => {}
            }
            current.row += 1;
            current.partner = 0;
        }
        let batch = current.batch.clone();
        if current.row == batch.num_rows() {
            self.current = None;
        }
        let (left, right) = (left.finish(), right.finish());
        match left.len() {
            0 => Ok(None),
            _ => self.rows(&batch, &left, &right).map(Some),
        }
    }

    /// Gives the rows of the right side that found no partner, where they are kept.
    fn alone(&self) -> Result<Option<RecordBatch>> {
        if !matches!(self.kind, JoinKind::Right | JoinKind::Full) {
            return Ok(None);
        }
        let right: UInt32Array = (0_u32..)
            .zip(&self.held.matched)
            .filter(|(_, matched)| !**matched)
            .map(|(row, _)| Some(row))
            .collect();
        if right.is_empty() {
            return Ok(None);
        }
        let left = UInt32Array::new_null(right.len());
        self.rows(
            &RecordBatch::new_empty(Arc::clone(self.left.schema())),
            &left,
            &right,
        )
        .map(Some)
    }

    fn rows(&self, batch: &RecordBatch, left: &UInt32Array, right: &UInt32Array) -> Result<RecordBatch> {
        let arrays = batch
            .columns()
            .iter()
            .map(|array| take(array, left, None))
            .chain(
                self.held
                    .rows
                    .columns()
                    .iter()
                    .map(|array| take(array, right, None)),
            )
            .collect::<std::result::Result<Vec<_>, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(left.len()));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.schema),
            arrays,
            &options,
        )?)
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Float64Array, Int64Array};

    use super::*;
    use crate::open::of_table;
    use crate::schema::{Column, schema_of};

    fn side(table: &str, column: &str, kind: ColumnType, values: ArrayRef) -> Batches {
        let schema = schema_of(&[
            Column {
                name: column.to_owned(),
                kind,
            },
            Column {
                name: "n".to_owned(),
                kind: ColumnType::Integer,
            },
        ]);
        let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..values.len() as i64));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![values, numbers]).unwrap();
        of_table(Batches::new(schema, std::iter::once(Ok(batch))), table)
    }

    fn leaf(op: &str) -> Expression {
        Expression {
            op: op.to_owned(),
            operands: Vec::new(),
        }
    }

    fn equal(one: &str, other: &str) -> Expression {
        Expression {
            op: "=".to_owned(),
            operands: vec![leaf(one), leaf(other)],
        }
    }

    /// Joins `a` with `b` and shows the row numbers of both sides.
    fn run(kind: JoinKind, on: &Expression, most: usize) -> Result<Vec<(Option<i64>, Option<i64>)>> {
        let left = Int64Array::from(vec![Some(1), Some(2), None, Some(3)]);
        let right = Float64Array::from(vec![Some(2.0), Some(2.0), Some(9.0), None, Some(1.0)]);
        let limits = DataLimits {
            batch_rows: most,
            ..DataLimits::default()
        };
        let joined = join(
            kind,
            side("a", "id", ColumnType::Integer, Arc::new(left)),
            side("b", "key", ColumnType::Real, Arc::new(right)),
            on,
            &limits,
        )?;
        let mut found = Vec::new();
        for batch in joined {
            let batch = batch?;
            assert!(batch.num_rows() <= most.max(2));
            let numbers = |at: usize| {
                batch
                    .column(at)
                    .as_primitive::<Int64Type>()
                    .iter()
                    .collect::<Vec<_>>()
            };
            found.extend(numbers(1).into_iter().zip(numbers(3)));
        }
        Ok(found)
    }

    #[test]
    fn rows_find_their_partners() {
        let on = equal("[b].[key]", "[a].[id]");
        let inner = vec![(Some(0), Some(4)), (Some(1), Some(0)), (Some(1), Some(1))];
        for most in [1, 2, 100] {
            assert_eq!(run(JoinKind::Inner, &on, most).unwrap(), inner);
            let mut left = inner.clone();
            left.extend([(Some(2), None), (Some(3), None)]);
            assert_eq!(run(JoinKind::Left, &on, most).unwrap(), left);
            let mut right = inner.clone();
            right.extend([(None, Some(2)), (None, Some(3))]);
            assert_eq!(run(JoinKind::Right, &on, most).unwrap(), right);
            assert_eq!(run(JoinKind::Full, &on, most).unwrap().len(), 7);
        }
    }

    #[test]
    fn a_constant_asks_for_every_pair() {
        for most in [1, 3, 100] {
            assert_eq!(run(JoinKind::Inner, &equal("1", "1"), most).unwrap().len(), 20);
        }
    }

    #[test]
    fn other_conditions_need_an_engine() {
        let less = Expression {
            op: "<".to_owned(),
            operands: vec![leaf("[a].[id]"), leaf("[b].[key]")],
        };
        for on in [
            less,
            equal("[a].[id]", "YEAR([b].[key])"),
            equal("[a].[id]", "1"),
            equal("[a].[id]", "[a].[n]"),
        ] {
            let error = run(JoinKind::Inner, &on, 10).unwrap_err();
            assert!(matches!(error, DataError::NeedsEngine { .. }), "{error}");
        }
    }
}
