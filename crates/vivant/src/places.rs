//! Where the places of a sheet are: the columns that Tableau calls generated.
//!
//! Latitude and longitude come from the fields with geographic roles that a marks card has, the smallest of which is
//! looked up and settled by the larger ones. The engine knows nothing of it: columns are added to its answer.

use std::collections::HashMap;

use vivant_calc::{DataType, Diagnostic, Value};
use vivant_document::display;
use vivant_document::spec::{
    Derivation, FieldRef, FilterSpec, FilterTest, Literal, RangeNulls, SheetSpec, SourceSpec, WorkbookSpec,
};
use vivant_geo::{Asked, Level, Miss, Place, Role, find};
use vivant_query::{Answer, ColumnRole, Frame, FrameColumn};

/// The names of the generated fields.
const LATITUDE: &str = "Latitude (generated)";
const LONGITUDE: &str = "Longitude (generated)";
const GEOMETRY: &str = "Geometry (generated)";

/// Adds the generated columns that a sheet asks for to the rows of its marks cards.
pub(crate) fn locate(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &mut Answer,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let encodings = sheet
        .panes
        .iter()
        .flat_map(|pane| pane.encodings.iter().map(|(_, key)| key));
    let shelves = sheet.rows.fields().into_iter().chain(sheet.cols.fields());
    let mut wanted: Vec<&FieldRef> = Vec::new();
    for key in shelves.chain(encodings).filter(|key| key.is_generated()) {
        if !wanted.contains(&key) {
            wanted.push(key);
        }
    }
    // One without the other shows nothing of a place.
    if wanted.is_empty() {
        return;
    }
    wanted.sort_by_key(|key| {
        [LATITUDE, LONGITUDE, GEOMETRY]
            .iter()
            .position(|name| *name == key.name)
    });
    let mut misses: HashMap<Miss, Vec<String>> = HashMap::new();
    diagnostics.extend(
        generated(sheet)
            .filter(|filter| !is_range(filter))
            .map(unsupported),
    );
    for frame in &mut answer.frames {
        let Some(names) = Names::of(workbook, sheet, frame, diagnostics) else {
            continue;
        };
        // The same name is another place under another data source.
        let mut seen = HashMap::new();
        let places: Vec<Option<Place>> = (0..frame.rows)
            .map(|row| {
                let asked = names.of_row(frame, row);
                let found = seen.entry(asked).or_insert_with_key(|asked| {
                    let found = names.find(asked);
                    if let Err(miss) = found {
                        let said: Vec<&str> = asked.iter().map(|(_, name)| name.as_str()).collect();
                        misses.entry(miss).or_default().push(said.join(", "));
                    }
                    found.ok()
                });
                *found
            })
            .collect();
        for key in &wanted {
            let value = |place: &Option<Place>| match (place, key.name.as_str()) {
                (Some(place), LATITUDE) if place.lat.is_finite() => Value::Real(place.lat),
                (Some(place), LONGITUDE) if place.lon.is_finite() => Value::Real(place.lon),
                (Some(place), GEOMETRY) => place
                    .shape
                    .map_or(Value::Null, |shape| Value::Integer(i64::from(shape))),
                _ => Value::Null,
            };
            frame.columns.push(FrameColumn {
                key: (*key).clone(),
                role: ColumnRole::Measure,
                data_type: if key.name == GEOMETRY {
                    DataType::Spatial
                } else {
                    DataType::Real
                },
                values: places.iter().map(value).collect(),
                ignores_case: false,
                bin: None,
            });
        }
        keep_placed(sheet, frame);
    }
    for (miss, what) in [
        (Miss::Unknown, "unknown"),
        (
            Miss::Ambiguous,
            "ambiguous: a larger place on the sheet would settle it",
        ),
    ] {
        let Some(mut names) = misses.remove(&miss) else {
            continue;
        };
        names.sort();
        names.dedup();
        let count = names.len();
        names.truncate(5);
        let more = if count > 5 { ", …" } else { "" };
        diagnostics.push(Diagnostic::warning(
            "geo.unknown-place",
            format!("{count} names of places are {what}: {}{more}", names.join("; ")),
        ));
    }
}

/// Says which filters rows that are written as they come do not keep to: nobody looked their places up.
pub(crate) fn passed_over(sheet: &SheetSpec) -> Vec<Diagnostic> {
    generated(sheet).map(unsupported).collect()
}

fn generated(sheet: &SheetSpec) -> impl Iterator<Item = &FilterSpec> {
    sheet.filters.iter().filter(|filter| filter.column.is_generated())
}

fn is_range(filter: &FilterSpec) -> bool {
    matches!(filter.test, FilterTest::Range { .. })
}

fn unsupported(filter: &FilterSpec) -> Diagnostic {
    let column = &filter.column;
    Diagnostic::warning(
        "query.unsupported",
        format!("places are not looked up for the filter on {column}, which is passed over"),
    )
}

/// Keeps the rows whose places a range of latitudes or longitudes holds.
fn keep_placed(sheet: &SheetSpec, frame: &mut Frame) {
    for filter in generated(sheet) {
        let FilterTest::Range { min, max, nulls } = &filter.test else {
            continue;
        };
        let Some(column) = frame
            .columns
            .iter()
            .find(|column| column.key.name == filter.column.name)
        else {
            continue;
        };
        let end = |literal: &Option<Literal>| match literal {
            Some(Literal::Value(Value::Real(value))) => Some(*value),
            Some(Literal::Value(Value::Integer(value))) => Some(*value as f64),
            _ => None,
        };
        let (min, max) = (end(min), end(max));
        let holds = |value: &Value| match value {
            Value::Real(value) => match nulls {
                RangeNulls::NullOnly => false,
                RangeNulls::NonNull | RangeNulls::All => true,
                _ => min.is_none_or(|min| min <= *value) && max.is_none_or(|max| *value <= max),
            },
            _ => !matches!(nulls, RangeNulls::NonNull | RangeNulls::InRange),
        };
        let order: Vec<usize> = (0..frame.rows)
            .filter(|&row| holds(&column.values[row]))
            .collect();
        if order.len() < frame.rows {
            frame.take(&order);
        }
    }
}

/// The columns that name places.
struct Names<'a> {
    columns: Vec<(Level, FieldRef)>,
    source: &'a SourceSpec,
    /// Names that somebody corrected by hand, with what they are now; in quotes.
    corrections: HashMap<&'a str, &'a str>,
    home: Option<String>,
    /// Names of larger places that the document says for all rows.
    fixed: Vec<(Level, String)>,
}

impl<'a> Names<'a> {
    fn of(
        workbook: &'a WorkbookSpec,
        sheet: &SheetSpec,
        frame: &Frame,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let mut columns: Vec<(Level, FieldRef)> = Vec::new();
        let mut source = None;
        for column in &frame.columns {
            let Some(pill) = sheet.pill(&column.key) else {
                continue;
            };
            if !matches!(pill.derivation, Derivation::None | Derivation::Attribute) {
                continue;
            }
            let Some(of) = workbook.source(&column.key.source) else {
                continue;
            };
            let field = of.field(&pill.field);
            let Some(role) = field.and_then(|field| Role::parse(field.semantic_role.as_deref()?)) else {
                continue;
            };
            match role {
                Role::Place(level) => {
                    if !columns.iter().any(|(known, _)| *known == level) {
                        columns.push((level, column.key.clone()));
                        source.get_or_insert(of);
                    }
                }
                Role::Other(name) => {
                    let what = format!("there are no outlines or middles for places of the role {name}");
                    let one = Diagnostic::warning("geo.unsupported-role", what);
                    if !diagnostics.contains(&one) {
                        diagnostics.push(one);
                    }
                }
                Role::Latitude | Role::Longitude => {}
            }
        }
        columns.sort_by_key(|(level, _)| *level);
        let source = source?;
        let text = |literal: &Literal| match literal {
            Literal::Value(Value::String(text)) => Some(text.clone()),
            Literal::Other(text) => Some(text.clone()),
            _ => None,
        };
        let mut fixed = Vec::new();
        let mut home = None;
        for (key, value) in &source.geography {
            let (Some(Role::Place(level)), Some(name)) = (Role::parse(key), text(value)) else {
                continue;
            };
            if name == "%null%" || columns.iter().any(|(known, _)| *known == level) {
                continue;
            }
            match level {
                Level::Country => home = Some(name),
                _ => fixed.push((level, name)),
            }
        }
        // A language says which country its people mean first.
        let home = home.or_else(|| {
            let locale = workbook.locale.as_deref()?;
            locale
                .rsplit(['_', '-'])
                .next()
                .filter(|part| part.len() == 2)
                .map(str::to_owned)
        });
        let corrections = source
            .geography
            .iter()
            .rev()
            .filter_map(|(key, value)| match value {
                Literal::Value(Value::String(text)) => Some((key.as_str(), text.as_str())),
                _ => None,
            });
        Some(Self {
            columns,
            source,
            corrections: corrections.collect(),
            home: home.or_else(|| Some("US".to_owned())),
            fixed,
        })
    }

    /// What a row says of its place.
    fn of_row(&self, frame: &Frame, row: usize) -> Vec<(Level, String)> {
        let own = self.columns.iter().map(|(level, key)| {
            let value = frame.value(key, row);
            let text = match &value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                // Codes are written without marks between thousands.
                Value::Real(value) if value.fract() == 0.0 => format!("{value:.0}"),
                value => display::text(value, Derivation::None, None).replace(',', ""),
            };
            (*level, self.corrected(text))
        });
        own.collect()
    }

    /// A name as somebody corrected it by hand.
    fn corrected(&self, name: String) -> String {
        if self.corrections.is_empty() {
            return name;
        }
        let found = self.corrections.get(format!("\"{name}\"").as_str());
        found.map_or(name, |&found| found.to_owned())
    }

    fn find(&self, asked: &[(Level, String)]) -> Result<Place, Miss> {
        let smallest = asked.iter().map(|(level, _)| *level).max();
        // What was put in place of a name may be a point.
        if let Some((_, name)) = asked.iter().find(|(level, _)| Some(*level) == smallest) {
            let quoted = format!("\"{name}\"");
            let numbers: Vec<f64> = self
                .source
                .geography
                .iter()
                .filter(|(key, _)| *key == quoted)
                .filter_map(|(_, value)| match value {
                    Literal::Value(Value::Real(value)) => Some(*value),
                    Literal::Value(Value::Integer(value)) => Some(*value as f64),
                    _ => None,
                })
                .collect();
            if let ([lat, lon], Some(level)) = (numbers.as_slice(), smallest) {
                return Ok(Place {
                    level,
                    lat: *lat,
                    lon: *lon,
                    shape: None,
                });
            }
        }
        let fixed = self.fixed.iter().filter(|(level, _)| Some(*level) < smallest);
        find(&Asked {
            names: asked
                .iter()
                .chain(fixed)
                .map(|(level, name)| (*level, name.as_str()))
                .collect(),
            home: self.home.as_deref(),
        })
    }
}
