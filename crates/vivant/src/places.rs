//! Where the places of a sheet are: the columns that Tableau calls generated.
//!
//! Latitude and longitude come from the fields with geographic roles that a marks card has, the smallest of which is
//! looked up and settled by the larger ones; or from the geometries or degrees of its data. The engine knows nothing of
//! it: columns are added to its answer.

use std::collections::HashMap;

use vivant_calc::kernel::geo::Geometry;
use vivant_calc::{DataType, Diagnostic, Value};
use vivant_document::display;
use vivant_document::spec::{
    Derivation, FieldKind, FieldRef, FieldSpec, FilterSpec, FilterTest, Literal, PaneSpec, Pill, RangeNulls,
    SheetSpec, Shelf, SourceSpec, WorkbookSpec,
};
use vivant_geo::{Asked, Level, Miss, Place, Ring, Role, find};
use vivant_query::{Answer, ColumnRole, Frame, FrameColumn};

/// The names of the generated fields.
const LATITUDE: &str = "Latitude (generated)";
const LONGITUDE: &str = "Longitude (generated)";
const GEOMETRY: &str = "Geometry (generated)";

/// What places are looked up for.
pub(crate) struct Places<'a> {
    pub workbook: &'a WorkbookSpec,
    pub sheet: &'a SheetSpec,
    pub territories: &'a [Territories],
}

/// Where a row is.
struct Located {
    lat: f64,
    lon: f64,
    outline: Value,
}

impl Places<'_> {
    /// Adds the generated columns that a sheet asks for to the rows of its marks cards.
    pub fn locate(&self, answer: &mut Answer, diagnostics: &mut Vec<Diagnostic>) {
        let sheet = self.sheet;
        let mut wanted = generated_keys(sheet);
        // One without the other shows nothing of a place.
        if wanted.is_empty() {
            return;
        }
        wanted.sort_by_key(|key| {
            [LATITUDE, LONGITUDE, GEOMETRY]
                .iter()
                .position(|name| *name == key.name)
        });
        let mut found = Found::default();
        diagnostics.extend(
            generated(sheet)
                .filter(|filter| !is_range(filter))
                .map(unsupported),
        );
        for (at, frame) in answer.frames.iter_mut().enumerate() {
            let shapes = geometries(sheet, &answer.panes, at, frame);
            found.outlines = cards(sheet, &answer.panes, at)
                .flat_map(|card| &card.encodings)
                .any(|(_, key)| key.name == GEOMETRY);
            let names = match shapes {
                Some(_) => None,
                None => Names::of(self, frame, diagnostics),
            };
            let places: Vec<Option<Located>> = match (shapes, names) {
                (Some(shapes), _) => shapes,
                (None, Some(names)) => found.named(&names, frame),
                (None, None) => match coordinates(self.workbook, sheet, frame) {
                    Some(places) => places,
                    None => continue,
                },
            };
            for key in &wanted {
                let value = |place: &Option<Located>| match (place, key.name.as_str()) {
                    (Some(place), LATITUDE) if place.lat.is_finite() => Value::Real(place.lat),
                    (Some(place), LONGITUDE) if place.lon.is_finite() => Value::Real(place.lon),
                    (Some(place), GEOMETRY) => place.outline.clone(),
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
        found.tell(diagnostics);
    }
}

/// The generated fields that a sheet shows.
fn generated_keys(sheet: &SheetSpec) -> Vec<&FieldRef> {
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
    wanted
}

/// The marks cards that have a frame.
fn cards<'a>(
    sheet: &'a SheetSpec,
    panes: &'a [(i64, usize)],
    at: usize,
) -> impl Iterator<Item = &'a PaneSpec> {
    let is_own = move |id: i64| panes.iter().any(|(pane, of)| *pane == id && *of == at);
    sheet.panes.iter().filter(move |card| is_own(card.id))
}

/// Where the geometries of a marks card are, if it draws those of a field.
fn geometries(
    sheet: &SheetSpec,
    panes: &[(i64, usize)],
    at: usize,
    frame: &Frame,
) -> Option<Vec<Option<Located>>> {
    let column = cards(sheet, panes, at)
        .flat_map(|card| &card.encodings)
        .filter(|(channel, key)| channel == "geometry" && !key.is_generated())
        .find_map(|(_, key)| frame.column(key))?;
    let located = |value: &Value| {
        let Value::String(text) = value else { return None };
        let ends = Geometry::from_text(text)?.ends()?;
        Some(Located {
            lat: f64::midpoint(ends[1], ends[3]),
            lon: f64::midpoint(ends[0], ends[2]),
            outline: Value::Null,
        })
    };
    Some(column.values.iter().map(located).collect())
}

/// Where rows are by degrees of the data.
fn coordinates(workbook: &WorkbookSpec, sheet: &SheetSpec, frame: &Frame) -> Option<Vec<Option<Located>>> {
    let of = |wanted: Role| {
        frame.columns.iter().find(|column| {
            let field = sheet.pill(&column.key).and_then(|pill| {
                workbook
                    .source(&column.key.source)
                    .and_then(|source| source.field(&pill.field))
            });
            let role = field.and_then(|field| Role::parse(field.semantic_role.as_deref()?));
            role.as_ref() == Some(&wanted)
        })
    };
    let (lat, lon) = (of(Role::Latitude)?, of(Role::Longitude)?);
    let number = |value: &Value| match value {
        Value::Real(value) => Some(*value),
        Value::Integer(value) => Some(*value as f64),
        _ => None,
    };
    let located = |(lat, lon): (&Value, &Value)| {
        Some(Located {
            lat: number(lat)?,
            lon: number(lon)?,
            outline: Value::Null,
        })
    };
    Some(lat.values.iter().zip(&lon.values).map(located).collect())
}

/// What was found of names.
#[derive(Default)]
struct Found {
    /// Whether outlines are wanted of the rows at hand.
    outlines: bool,
    misses: HashMap<Miss, Vec<String>>,
    /// How many outlines are made up.
    about: usize,
}

impl Found {
    /// Looks up the places of all rows.
    fn named(&mut self, names: &Names<'_>, frame: &Frame) -> Vec<Option<Located>> {
        // The same name is another place under another data source.
        let mut seen: HashMap<Vec<(Level, String)>, Option<Place>> = HashMap::new();
        let mut drawn: HashMap<Vec<Vec<(Level, String)>>, Value> = HashMap::new();
        (0..frame.rows)
            .map(|row| {
                let asked = names.of_row(frame, row);
                let mut places = Vec::new();
                for one in &asked {
                    let place = match seen.get(one) {
                        Some(place) => *place,
                        None => {
                            let found = names.find(one);
                            if let Err(miss) = found {
                                let said: Vec<&str> = one.iter().map(|(_, name)| name.as_str()).collect();
                                self.misses.entry(miss).or_default().push(said.join(", "));
                            }
                            seen.insert(one.clone(), found.ok());
                            found.ok()
                        }
                    };
                    // Two names of one place are that place once: its borders would fall away.
                    places.extend(place.filter(|one| !places.contains(one)));
                }
                let count = places.len() as f64;
                let middle = |of: fn(&Place) -> f64| places.iter().map(of).sum::<f64>() / count;
                (!places.is_empty()).then(|| Located {
                    lat: middle(|place| place.lat),
                    lon: middle(|place| place.lon),
                    outline: match (self.outlines, places.as_slice()) {
                        (
                            true,
                            [
                                Place {
                                    shape: Some(shape), ..
                                },
                            ],
                        ) => Value::Integer(i64::from(*shape)),
                        (true, places) => match drawn.get(&asked) {
                            Some(value) => value.clone(),
                            None => {
                                let value = self.outline(places);
                                drawn.insert(asked, value.clone());
                                value
                            }
                        },
                        (false, _) => Value::Null,
                    },
                })
            })
            .collect()
    }

    /// The outline of several places together, or of one that the tables have none of.
    fn outline(&mut self, places: &[Place]) -> Value {
        let mut all: Vec<Ring> = Vec::new();
        for place in places {
            match place.shape {
                Some(shape) => all.extend(vivant_geo::rings(shape)),
                None if place.level == Level::Postcode => {
                    self.about += 1;
                    all.push(vivant_geo::postcode_area(place.lat, place.lon));
                }
                None => {}
            }
        }
        if places.len() > 1 {
            all = vivant_geo::dissolved(all);
        }
        if all.is_empty() {
            return Value::Null;
        }
        let surface = |ring: &Ring| -> f64 {
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum()
        };
        // Holes run the other way round than the largest ring does.
        let largest = all
            .iter()
            .map(surface)
            .max_by(|a, b| a.abs().total_cmp(&b.abs()))
            .unwrap_or_default();
        let (mut outer, holes): (Vec<Ring>, Vec<Ring>) = all
            .into_iter()
            .map(|mut ring| {
                ring.extend(ring.first().copied());
                ring
            })
            .partition(|ring| surface(ring) * largest >= 0.0);
        let mut areas: Vec<Vec<Ring>> = outer.drain(..).map(|ring| vec![ring]).collect();
        if let Some(first) = areas.first_mut() {
            first.extend(holes);
        }
        Value::String(Geometry::Areas(areas).to_text())
    }

    /// Says what was not found, and what is not known well.
    fn tell(mut self, diagnostics: &mut Vec<Diagnostic>) {
        for (miss, what) in [
            (Miss::Unknown, "unknown"),
            (
                Miss::Ambiguous,
                "ambiguous: a larger place on the sheet would settle it",
            ),
        ] {
            let Some(mut names) = self.misses.remove(&miss) else {
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
        if self.about > 0 {
            diagnostics.push(Diagnostic::warning(
                "geo.approximate",
                format!(
                    "there are no open outlines of postcodes: for {} what is nearest to their middles is drawn",
                    self.about
                ),
            ));
        }
    }
}

/// A field whose members are territories: several places together.
pub(crate) struct Wanted {
    key: FieldRef,
    /// The field of the places.
    base: Pill,
    level: Level,
}

/// The places that the members of a field are made of.
pub(crate) struct Territories {
    key: FieldRef,
    level: Level,
    /// Names by member.
    names: HashMap<String, Vec<String>>,
}

impl Wanted {
    /// Finds the fields of a sheet that are territories, where it shows places.
    pub fn of(workbook: &WorkbookSpec, sheet: &SheetSpec) -> Vec<Wanted> {
        let mut found: Vec<Wanted> = Vec::new();
        if generated_keys(sheet).is_empty() {
            return found;
        }
        for (_, key) in sheet.panes.iter().flat_map(|pane| &pane.encodings) {
            if found.iter().any(|known| known.key == *key) {
                continue;
            }
            found.extend(Self::of_key(workbook, sheet, key));
        }
        found
    }

    fn of_key(workbook: &WorkbookSpec, sheet: &SheetSpec, key: &FieldRef) -> Option<Wanted> {
        let source = workbook.source(&key.source)?;
        let pill = sheet.pill(key);
        let name = pill.map_or(key.name.as_str(), |pill| pill.field.as_str());
        if pill.is_some_and(|pill| pill.derivation != Derivation::None) {
            return None;
        }
        let base = source.field(territory_of(source.field(name)?)?)?;
        let Role::Place(level) = Role::parse(base.semantic_role.as_deref()?)? else {
            return None;
        };
        let known = sheet.pills.iter().chain(&source.pills).find(|pill| {
            pill.field == base.name
                && pill.key.source == key.source
                && pill.derivation == Derivation::None
                && pill.discrete
        });
        let own = || Pill::from_name(&FieldRef::new(&key.source, format!("none:{}:nk", base.name)));
        Some(Wanted {
            key: key.clone(),
            base: known.cloned().or_else(own)?,
            level,
        })
    }

    /// The field.
    pub fn key(&self) -> &FieldRef {
        &self.key
    }

    /// Makes the worksheet whose rows are the members and their places.
    pub fn sheet(&self, sheet: &SheetSpec) -> SheetSpec {
        let mut asked = SheetSpec {
            rows: Shelf::parse(&format!("({} / {})", self.key, self.base.key)).unwrap_or(Shelf::Empty),
            cols: Shelf::Empty,
            pages: Vec::new(),
            current_page: None,
            sorts: Vec::new(),
            aggregated: true,
            totals: Default::default(),
            show_missing: Vec::new(),
            percentages: None,
            forecast: None,
            annotations: Vec::new(),
            mark_labels: Vec::new(),
            has_layers: false,
            panes: vec![PaneSpec::of_mark("text")],
            ..sheet.clone()
        };
        if asked.pill(&self.base.key).is_none() {
            asked.pills.push(self.base.clone());
        }
        asked
    }

    /// Reads the rows of that worksheet.
    pub fn territories(&self, answer: &Answer) -> Option<Territories> {
        let frame = answer.frames.first()?;
        let mut names: HashMap<String, Vec<String>> = HashMap::new();
        for row in 0..frame.rows {
            let member = format!("{:?}", frame.value(&self.key, row));
            let name = spoken(&frame.value(&self.base.key, row));
            names.entry(member).or_default().push(name);
        }
        Some(Territories {
            key: self.key.clone(),
            level: self.level,
            names,
        })
    }
}

/// The field whose places a field puts together.
///
/// Tableau: a field may be made from a role of another, and groups of places are territories by themselves.
fn territory_of(field: &FieldSpec) -> Option<&str> {
    match (&field.role_from, &field.kind) {
        (Some(base), _) => Some(base),
        (None, FieldKind::Group { fields, .. }) if field.semantic_role.is_some() => match fields.as_slice() {
            [one] => Some(one),
            _ => None,
        },
        _ => None,
    }
}

/// A value as a name of a place.
fn spoken(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        // Codes are written without marks between thousands.
        Value::Real(value) if value.fract() == 0.0 => format!("{value:.0}"),
        value => display::text(value, Derivation::None, None).replace(',', ""),
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
    territories: &'a [Territories],
    source: &'a SourceSpec,
    /// Names that somebody corrected by hand, with what they are now; in quotes.
    corrections: HashMap<&'a str, &'a str>,
    home: Option<String>,
    /// Names of larger places that the document says for all rows.
    fixed: Vec<(Level, String)>,
}

impl<'a> Names<'a> {
    fn of(places: &Places<'a>, frame: &Frame, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let (workbook, sheet) = (places.workbook, places.sheet);
        let mut columns: Vec<(Level, FieldRef)> = Vec::new();
        let mut source = None;
        // Territories are larger than what they are made of, which counts where both are there.
        let mut larger: Vec<(Level, FieldRef)> = Vec::new();
        for column in &frame.columns {
            if let Some(territory) = places.territories.iter().find(|one| one.key == column.key) {
                larger.push((territory.level, column.key.clone()));
                continue;
            }
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
        for (level, key) in larger {
            if columns.iter().all(|(known, _)| *known < level) {
                source = source.or_else(|| workbook.source(&key.source));
                columns.push((level, key));
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
            territories: places.territories,
            source,
            corrections: corrections.collect(),
            home: home.or_else(|| Some("US".to_owned())),
            fixed,
        })
    }

    /// What a row says of its place, or of each place of its territory.
    fn of_row(&self, frame: &Frame, row: usize) -> Vec<Vec<(Level, String)>> {
        let mut asked: Vec<Vec<(Level, String)>> = vec![Vec::with_capacity(self.columns.len())];
        for (level, key) in &self.columns {
            let value = frame.value(key, row);
            match self.territories.iter().find(|one| one.key == *key) {
                None => {
                    let name = self.corrected(spoken(&value));
                    asked.iter_mut().for_each(|one| one.push((*level, name.clone())));
                }
                Some(territory) => {
                    let names = territory.names.get(&format!("{value:?}"));
                    let each = names.map_or(&[][..], Vec::as_slice).iter();
                    asked = each
                        .flat_map(|name| {
                            asked.iter().map(|one| {
                                let mut one = one.clone();
                                one.push((*level, self.corrected(name.clone())));
                                one
                            })
                        })
                        .collect();
                }
            }
        }
        asked
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
