//! Maps drawn from rows made here, as text: what lies where, in whole pixels.

use vivant_calc::{DataType, Value};
use vivant_document::spec::{self, FieldRef, WorkbookSpec};
use vivant_document::{Document, Limits};
use vivant_geo::{Asked, Level, find};
use vivant_render::{Fill, Item, Path, Scene, Step, Style};
use vivant_viz::{Column, Rows, SheetRequest, SheetRows, draw_sheet};

/// A sheet with the fields `place` and `kind`, the measure `amount`, and where the places are.
struct Sketch {
    level: Level,
    rows: Vec<(&'static str, &'static str, Option<f64>)>,
    panes: String,
    style: String,
    shelves: (&'static str, &'static str),
    size: (f64, f64),
}

const LAT: &str = "[ds].[Latitude (generated)]";
const LON: &str = "[ds].[Longitude (generated)]";

fn pane(mark: &str, encodings: &[(&str, &str)], formats: &[(&str, &str)]) -> String {
    let encodings: String = encodings
        .iter()
        .map(|(name, field)| format!("<{name} column='[ds].[{field}]' />"))
        .collect();
    let formats: String = formats
        .iter()
        .map(|(name, value)| format!("<format attr='{name}' value='{value}' />"))
        .collect();
    format!(
        "<pane><mark class='{mark}' /><encodings>{encodings}</encodings>\
         <style><style-rule element='mark'>{formats}</style-rule></style></pane>"
    )
}

impl Sketch {
    fn new(level: Level, rows: &[(&'static str, &'static str, Option<f64>)], panes: String) -> Self {
        Self {
            level,
            rows: rows.to_vec(),
            panes,
            style: String::new(),
            shelves: (LAT, LON),
            size: (400.0, 300.0),
        }
    }

    fn workbook(&self) -> WorkbookSpec {
        let document = format!(
            "<workbook version='18.1'><datasources><datasource name='ds'>\
             <column datatype='string' name='[place]' role='dimension' type='nominal' />\
             <column datatype='string' name='[kind]' role='dimension' type='nominal' />\
             <column datatype='real' name='[amount]' role='measure' type='quantitative' /></datasource></datasources>\
             <worksheets><worksheet name='Map'><table><view><datasources><datasource name='ds' /></datasources>\
             <datasource-dependencies datasource='ds'>\
             <column-instance column='[place]' derivation='None' name='[none:place:nk]' type='nominal' />\
             <column-instance column='[kind]' derivation='None' name='[none:kind:nk]' type='nominal' />\
             <column-instance column='[amount]' derivation='Sum' name='[sum:amount:qk]' type='quantitative' />\
             </datasource-dependencies><aggregation value='true' /></view><style>{}</style><panes>{}</panes>\
             <rows>{}</rows><cols>{}</cols></table></worksheet></worksheets></workbook>",
            self.style, self.panes, self.shelves.0, self.shelves.1
        );
        let limits = Limits::default();
        let document = Document::parse(document.into_bytes(), &limits).expect("a document");
        spec::workbook(&document).value
    }

    fn scene(&self) -> Scene {
        let workbook = self.workbook();
        let places: Vec<_> = self
            .rows
            .iter()
            .map(|(place, ..)| {
                find(&Asked {
                    names: vec![(self.level, place)],
                    home: Some("US"),
                })
                .ok()
            })
            .collect();
        let text = |text: &&str| Value::String((*text).to_owned());
        let real = |value: Option<f64>| value.map_or(Value::Null, Value::Real);
        let columns = [
            (
                "none:place:nk",
                true,
                self.rows.iter().map(|row| text(&row.0)).collect::<Vec<_>>(),
            ),
            (
                "none:kind:nk",
                true,
                self.rows.iter().map(|row| text(&row.1)).collect(),
            ),
            (
                "sum:amount:qk",
                false,
                self.rows.iter().map(|row| real(row.2)).collect(),
            ),
            (
                "Latitude (generated)",
                false,
                places
                    .iter()
                    .map(|place| real(place.map(|place| place.lat)))
                    .collect(),
            ),
            (
                "Longitude (generated)",
                false,
                places
                    .iter()
                    .map(|place| real(place.map(|place| place.lon)))
                    .collect(),
            ),
            (
                "Geometry (generated)",
                false,
                places
                    .iter()
                    .map(|place| {
                        let shape = place.and_then(|place| place.shape);
                        shape.map_or(Value::Null, |shape| Value::Integer(i64::from(shape)))
                    })
                    .collect(),
            ),
        ];
        let rows = Rows {
            count: self.rows.len(),
            columns: columns
                .iter()
                .map(|(name, dimension, values)| Column {
                    key: FieldRef::new("ds", *name),
                    title: (*name).to_owned(),
                    dimension: *dimension,
                    data_type: if *dimension {
                        DataType::String
                    } else {
                        DataType::Real
                    },
                    values: values.into(),
                    text: Box::new(|value| match value {
                        Value::String(text) => text.clone(),
                        Value::Real(value) => value.to_string(),
                        _ => String::new(),
                    }),
                    format: None,
                })
                .collect(),
        };
        let sheet = &workbook.sheets[0];
        let rows = SheetRows {
            panes: sheet.panes.iter().map(|pane| (pane.id, 0)).collect(),
            frames: vec![rows],
            ..SheetRows::default()
        };
        draw_sheet(&SheetRequest {
            workbook: &workbook,
            sheet,
            rows: &rows,
            width: self.size.0,
            height: self.size.1,
            alone: true,
            legends: true,
            title: false,
            fit: spec::Fit::Standard,
            selected: &[],
        })
        .scene
    }
}

/// A scene as text, without what is behind the marks.
fn written(scene: &Scene) -> String {
    let mut out = String::new();
    items(&scene.items, &mut out);
    out
}

fn items(list: &[Item], out: &mut String) {
    for item in list {
        let line = match item {
            Item::Group(group) if group.class == "base" => continue,
            Item::Group(group) => {
                items(&group.items, out);
                continue;
            }
            Item::Rect(rect, _, style) => format!(
                "rect {:.0} {:.0} {:.0} {:.0}{}",
                rect.x,
                rect.y,
                rect.width,
                rect.height,
                fill(style)
            ),
            Item::Circle((x, y), radius, style) => format!("circle {x:.0} {y:.0} {radius:.1}{}", fill(style)),
            Item::Line(from, to, _) => format!("line {:.0} {:.0} {:.0} {:.0}", from.0, from.1, to.0, to.1),
            Item::Path(path, style) => format!("path {}{}", bounds(path), fill(style)),
            Item::Text(text) => format!("text {:.0} {:.0} {}", text.at.0, text.at.1, text.text),
            Item::Bitmap(..) => "bitmap".to_owned(),
        };
        out.push_str(&line);
        out.push('\n');
    }
}

fn fill(style: &Style) -> String {
    match &style.fill {
        Some(Fill::Solid(color)) => format!(" {color}"),
        Some(_) => " shaded".to_owned(),
        None => " line".to_owned(),
    }
}

fn bounds(path: &Path) -> String {
    let none = (f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY);
    let all = path.0.iter().fold(none, |all, step| match *step {
        Step::Move(x, y) | Step::Line(x, y) | Step::Curve(.., x, y) => {
            (all.0.min(x), all.1.min(y), all.2.max(x), all.3.max(y))
        }
        Step::Close => all,
    });
    format!("{:.0} {:.0} {:.0} {:.0}", all.0, all.1, all.2, all.3)
}

/// Compares what is drawn with lines of text.
fn check(sketch: &Sketch, wanted: &str) {
    let found = written(&sketch.scene());
    let wanted: String = wanted.lines().map(|line| format!("{}\n", line.trim())).collect();
    assert_eq!(found, wanted, "\n{found}");
}

const AREAS: &[(&str, &str)] = &[
    ("color", "sum:amount:qk"),
    ("lod", "none:place:nk"),
    ("geometry", "Geometry (generated)"),
];

#[test]
fn areas_of_known_places_with_values_are_filled() {
    let rows = [
        ("Colorado", "", Some(1.0)),
        ("WY", "", Some(2.0)),
        ("Utah", "", None),
        ("Nowhere", "", Some(3.0)),
    ];
    check(
        &Sketch::new(Level::State, &rows, pane("Automatic", AREAS, &[])),
        "text 240 22 sum:amount:qk
         rect 240 32 149 13 shaded
         text 240 61 1
         text 390 61 3
         path 100 152 207 232 #bce4d8
         path 100 152 207 232 line
         path 69 68 176 152 #46a2b8
         path 69 68 176 152 line
         text 14 286 © Natural Earth, GeoNames
         rect 146 264 68 20 #808080
         text 180 278 1 unknown",
    );
}

#[test]
fn symbols_lie_on_their_places_and_have_labels() {
    let encodings = [("lod", "none:place:nk"), ("text", "none:place:nk")];
    let rows = [
        ("Denver", "", Some(4.0)),
        ("Salt Lake City", "", Some(1.0)),
        ("Cheyenne", "", Some(2.0)),
    ];
    let shown = [("mark-labels-show", "true")];
    check(
        &Sketch::new(Level::City, &rows, pane("Automatic", &encodings, &shown)),
        "circle 359 194 4.5 #4e79a7
         circle 33 130 4.5 #4e79a7
         circle 367 106 4.5 #4e79a7
         text 342 181 Denver
         text 10 118 Salt Lake City
         text 340 94 Cheyenne
         text 14 286 © Natural Earth, GeoNames",
    );
}

#[test]
fn pies_lie_on_their_places() {
    let encodings = [
        ("color", "none:kind:nk"),
        ("wedge-size", "sum:amount:qk"),
        ("lod", "none:place:nk"),
    ];
    let rows = [
        ("FR", "a", Some(1.0)),
        ("FR", "b", Some(1.0)),
        ("Deutschland", "a", Some(3.0)),
        ("Deutschland", "b", Some(1.0)),
    ];
    check(
        &Sketch::new(Level::Country, &rows, pane("Pie", &encodings, &[])),
        "text 240 22 none:kind:nk
         rect 240 36 11 11 #4e79a7
         text 257 45 a
         rect 240 55 11 11 #f28e2b
         text 257 64 b
         path 23 219 38 249 #4e79a7
         path 8 219 23 249 #f28e2b
         path 192 51 222 81 #4e79a7
         path 192 51 207 66 #f28e2b
         text 14 286 © Natural Earth, GeoNames",
    );
}

#[test]
fn lines_join_places_across_the_end_of_the_world() {
    let encodings = [("lod", "none:kind:nk"), ("path", "none:place:nk")];
    let rows = [
        ("AKL", "x", Some(1.0)),
        ("APW", "x", Some(1.0)),
        ("NAN", "x", Some(1.0)),
    ];
    check(
        &Sketch::new(Level::Airport, &rows, pane("Line", &encodings, &[])),
        "path 137 27 263 273 line
         text 14 286 © Natural Earth, GeoNames",
    );
}

#[test]
fn what_is_behind_the_marks_follows_the_style() {
    let rows = [("Colorado", "", Some(1.0))];
    let base = |formats: &str| {
        let mut sketch = Sketch::new(Level::State, &rows, pane("Automatic", AREAS, &[]));
        sketch.size = (900.0, 600.0);
        sketch.style = formats.to_owned();
        let mut found = String::new();
        fn of(items: &[Item], out: &mut String) {
            for item in items {
                match item {
                    Item::Group(group) if group.class == "base" => self::items(&group.items, out),
                    Item::Group(group) => of(&group.items, out),
                    _ => {}
                }
            }
        }
        of(&sketch.scene().items, &mut found);
        found
    };
    let light = base("");
    let map = |attr: &str, value: &str| {
        format!("<style-rule element='map'><format attr='{attr}' value='{value}' /></style-rule>")
    };
    let dark = base(&map("map-style", "dark"));
    assert!(light.contains("#ffffff") && light.contains("#e6e6e6"), "{light}");
    assert!(dark.contains("#2b2b2b") && dark.contains("#0d0d0d"), "{dark}");
    assert!(
        light.contains("Colorado\n") && light.contains("Denver"),
        "{light}"
    );
    assert_eq!(base(&map("washout", "1")), "");
    let plain = base(
        "<style-rule element='map-layer'><format attr='enabled' id='light-admin-1-label-1st-tier' value='false' />\
         <format attr='enabled' id='light-admin-1-boundaries' value='false' /></style-rule>",
    );
    assert!(
        !plain.contains("Colorado\n") && plain.contains("Denver"),
        "{plain}"
    );
    assert!(plain.lines().count() < light.lines().count());
}
