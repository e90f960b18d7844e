//! Features with properties of any kind, as rows: the columns are found in a first reading.

use std::collections::HashMap;

use super::GEOMETRY;
use super::geometry::Geometry;
use crate::batches::Batches;
use crate::build::BatchBuilder;
use crate::error::{DataError, Result};
use crate::infer::Guess;
use crate::json::{Json, push};
use crate::limits::DataLimits;
use crate::numbers::Locale;
use crate::schema::{Column, ColumnType, schema_of};
use crate::spec::TableSpec;

/// A thing with properties and perhaps a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Feature {
    pub properties: Vec<(String, Json)>,
    pub geometry: Option<Geometry>,
}

/// Features, one in memory at a time.
pub(super) type Features = Box<dyn Iterator<Item = Result<Feature>> + Send>;

/// Reads twice what `again` begins to read: for the columns, then for the rows.
pub(super) fn open(
    again: impl Fn() -> Result<Features>,
    name: &str,
    table: &TableSpec,
    limits: &DataLimits,
) -> Result<Batches> {
    let mut guesses: Vec<(String, Guess)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for feature in again()? {
        for (key, value) in feature?.properties {
            let place = *places.entry(key).or_insert_with_key(|key| {
                guesses.push((key.clone(), Guess::default()));
                guesses.len() - 1
            });
            if guesses.len() > limits.columns {
                return Err(DataError::TooLarge {
                    what: name.to_owned(),
                    limit: limits.columns as u64,
                    unit: "columns",
                });
            }
            match &value {
                Json::Integer(_) => guesses[place].1.value(ColumnType::Integer),
                other => crate::json::guess(other, &mut guesses[place].1),
            }
        }
    }
    let mut columns: Vec<Column> = guesses
        .into_iter()
        .map(|(name, guess)| {
            let wanted = table.columns.iter().find(|wanted| wanted.column.name == name);
            Column {
                kind: wanted.map_or_else(|| guess.decide(), |wanted| wanted.column.kind),
                name,
            }
        })
        .collect();
    let geometry = columns.len();
    columns.push(Column {
        name: match places.contains_key(GEOMETRY) {
            true => format!("{GEOMETRY}1"),
            false => GEOMETRY.to_owned(),
        },
        kind: ColumnType::Spatial,
    });
    let schema = schema_of(&columns);
    let mut builder = BatchBuilder::new(schema.clone(), &columns, &[]);
    let mut features = again()?;
    let limits = limits.clone();
    let locale = Locale::default();
    let mut done = false;
    Ok(Batches::new(
        schema,
        std::iter::from_fn(move || {
            while !done && !builder.is_full(&limits) {
                let feature = match features.next() {
                    None => {
                        done = true;
                        break;
                    }
                    Some(Ok(feature)) => feature,
                    Some(Err(error)) => {
                        done = true;
                        return Some(Err(error));
                    }
                };
                let mut row: Vec<Option<&Json>> = vec![None; geometry];
                for (key, value) in &feature.properties {
                    if let Some(place) = places.get(key) {
                        row[*place] = Some(value);
                    }
                }
                for ((builder, column), value) in builder.columns.iter_mut().zip(&columns).zip(row) {
                    push(builder, column.kind, value, &locale);
                }
                let binary = feature.geometry.map(|geometry| geometry.to_binary());
                match &binary {
                    Some(binary) => builder.columns[geometry].push_bytes(binary),
                    None => builder.columns[geometry].push_null(),
                }
                builder.end_row(binary.map_or(0, |binary| binary.len()) + 16 * geometry);
            }
            (builder.rows() > 0).then(|| builder.finish())
        }),
    ))
}
