//! Maps of workbooks made here: where places are, what is written, and what is drawn.

#![cfg(feature = "draw")]

use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use vivant::{
    Ask, Asker, Book, BookRequest, ConnectionSpec, Credentials, DataError, DataFile, DataLimits, DateTime,
    ViewSize, World,
};
use vivant_document::{FileKind, Limits};
use vivant_render::{Color, Fill, Item, Path, Scene, Step};

struct Here;

impl World for Here {
    fn file(&self, path: &str) -> Result<DataFile, DataError> {
        vivant::Folders::default().find(path)
    }

    fn credentials(&self, _: &ConnectionSpec) -> Option<Credentials> {
        None
    }

    fn asker(&self) -> Option<Asker> {
        None
    }

    fn now(&self) -> DateTime {
        DateTime::from_micros(1_700_000_000_000_000).expect("a moment")
    }
}

/// Makes a book of one map. `fields` are names of columns with their geographic roles, the last column of `rows` is
/// `amount`.
fn map(
    rows: &str,
    fields: &[(&str, &str)],
    mark: &str,
    encodings: &str,
    style: &str,
) -> (tempfile::TempDir, Book) {
    let columns: String = fields
        .iter()
        .map(|(name, role)| format!("<column datatype='string' name='[{name}]' role='dimension' semantic-role='{role}' type='nominal' />"))
        .collect();
    let instances: String = fields
        .iter()
        .map(|(name, _)| format!("<column-instance column='[{name}]' derivation='None' name='[none:{name}:nk]' type='nominal' />"))
        .collect();
    let details: String = fields
        .iter()
        .map(|(name, _)| format!("<lod column='[ds].[none:{name}:nk]' />"))
        .collect();
    let columns = columns + "<column datatype='real' name='[amount]' role='measure' type='quantitative' />";
    let instances = instances
        + "<column-instance column='[amount]' derivation='Sum' name='[sum:amount:qk]' type='quantitative' />";
    let panes = format!(
        "<panes><pane><mark class='{mark}' /><encodings>{details}{encodings}</encodings></pane></panes>"
    );
    book(rows, &columns, &instances, style, &panes)
}

/// Makes a book of one map by the parts of its document.
fn book(rows: &str, columns: &str, instances: &str, style: &str, panes: &str) -> (tempfile::TempDir, Book) {
    let document = format!(
        "<workbook version='18.1'><datasources><datasource caption='Places' name='ds'>\
         <connection class='federated'><named-connections><named-connection name='t'>\
         <connection class='textscan' directory='Data' filename='places.csv' /></named-connection></named-connections>\
         <relation connection='t' name='places.csv' table='[places#csv]' type='table' /></connection>{columns}\
         <semantic-values><semantic-value key='[Country].[Name]' value='&quot;United States&quot;' /></semantic-values>\
         </datasource></datasources><worksheets><worksheet name='Map'><table><view>\
         <datasources><datasource name='ds' /></datasources><datasource-dependencies datasource='ds'>{instances}\
         </datasource-dependencies><aggregation value='true' /></view><style>{style}</style>{panes}\
         <rows>[ds].[Latitude (generated)]</rows><cols>[ds].[Longitude (generated)]</cols></table></worksheet>\
         </worksheets></workbook>"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("book.twbx");
    let mut zip = zip::ZipWriter::new(File::create(&path).expect("a file"));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [("book.twb", document.as_str()), ("Data/places.csv", rows)] {
        zip.start_file(name, options).expect("an entry");
        zip.write_all(text.as_bytes()).expect("its bytes");
    }
    zip.finish().expect("the end");
    let request = BookRequest {
        document: DataFile::new("book", &path),
        kind: FileKind::Twbx,
        extracts: Vec::new(),
        spool: folder.path(),
        document_limits: Limits::default(),
        data_limits: DataLimits::default(),
    };
    let book = Book::open(&request, Arc::new(Here)).expect("a book");
    (folder, book)
}

fn csv(book: &Book) -> String {
    let answer = book.answer("Map", &Ask::default()).expect("an answer");
    let mut out = Vec::new();
    vivant::csv(&book.spec, &book.spec.sheets[0], &answer.value, &mut out).expect("memory");
    String::from_utf8(out).expect("text")
}

/// Draws the map; returns the scene and what is said about it.
fn drawn(book: &Book) -> (Scene, Vec<String>) {
    let size = ViewSize {
        width: Some(600.0),
        height: Some(400.0),
    };
    let found = book.draw("Map", size, &Ask::default()).expect("a picture");
    (
        found.scene,
        found.diagnostics.iter().map(ToString::to_string).collect(),
    )
}

/// All things of the groups of a class; further words of a class tell of its kind.
fn of_class<'s>(items: &'s [Item], class: &str, found: &mut Vec<&'s Item>) {
    for item in items {
        if let Item::Group(group) = item {
            match group.class.split(' ').next() == Some(class) {
                true => found.extend(&group.items),
                false => of_class(&group.items, class, found),
            }
        }
    }
}

fn marks<'s>(scene: &'s Scene, class: &str) -> Vec<&'s Item> {
    let mut found = Vec::new();
    of_class(&scene.items, class, &mut found);
    found
}

/// Left, upper, right and lower end, in whole pixels.
fn bounds(path: &Path) -> [i64; 4] {
    let mut out = [i64::MAX, i64::MAX, i64::MIN, i64::MIN];
    for step in &path.0 {
        let (Step::Move(x, y) | Step::Line(x, y)) = *step else {
            continue;
        };
        let (x, y) = (x.round() as i64, y.round() as i64);
        out = [out[0].min(x), out[1].min(y), out[2].max(x), out[3].max(y)];
    }
    out
}

fn texts(items: &[Item], out: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Text(text) => out.push(text.text.clone()),
            Item::Group(group) => texts(&group.items, out),
            _ => {}
        }
    }
}

const CREDIT: &str = "\u{a9} Natural Earth, GeoNames";
const STATE: (&str, &str) = ("state", "[State].[Name]");
const COLOR: &str = "<color column='[ds].[sum:amount:qk]' />";
const AREAS: &str =
    "<color column='[ds].[sum:amount:qk]' /><geometry column='[ds].[Geometry (generated)]' />";

#[test]
fn generated_coordinates_are_columns_of_their_own() {
    let (_folder, book) = map(
        "state,amount\nKansas,1\nNY,2\nAtlantis,3\n",
        &[STATE],
        "Automatic",
        COLOR,
        "",
    );
    let text = csv(&book);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "state,amount,Latitude (generated),Longitude (generated)"
    );
    assert_eq!(lines[1], "Atlantis,3,,");
    let kansas: Vec<&str> = lines[2].split(',').collect();
    assert!(
        kansas[2].starts_with("38.") && kansas[3].starts_with("-98."),
        "{kansas:?}"
    );
    let (_, said) = drawn(&book);
    assert!(
        said.iter()
            .any(|one| one.contains("1 names of places are unknown: Atlantis")),
        "{said:?}"
    );
}

#[test]
fn a_filled_map_has_an_area_for_each_known_place() {
    let (_folder, book) = map(
        "state,amount\nColorado,1\nWyoming,2\nUtah,\nAtlantis,3\n",
        &[STATE],
        "Automatic",
        AREAS,
        "",
    );
    let (scene, _) = drawn(&book);
    let areas: Vec<[i64; 4]> = marks(&scene, "marks")
        .into_iter()
        .filter_map(|item| match item {
            Item::Path(path, style) if style.fill.is_some() => Some(bounds(path)),
            _ => None,
        })
        .collect();
    // Utah has no value: its land is shown.
    assert_eq!(areas.len(), 2, "{areas:?}");
    let [colorado, wyoming] = [areas[0], areas[1]];
    assert!(
        wyoming[3] <= colorado[1] + 1,
        "Wyoming lies in the north: {areas:?}"
    );
    let (wide, high) = (colorado[2] - colorado[0], colorado[3] - colorado[1]);
    assert!((1.2..1.5).contains(&(wide as f64 / high as f64)), "{colorado:?}");
    let mut words = Vec::new();
    texts(&scene.items, &mut words);
    for wanted in ["1 unknown", CREDIT, "Idaho"] {
        assert!(words.iter().any(|word| word == wanted), "{wanted} in {words:?}");
    }
    assert!(!marks(&scene, "base").is_empty());
}

#[test]
fn places_across_the_end_of_the_world_lie_side_by_side() {
    let (_folder, book) = map(
        "country,city,amount\nFiji,Suva,1\nSamoa,Apia,2\n",
        &[("country", "[Country].[ISO3166_2]"), ("city", "[City].[Name]")],
        "Automatic",
        COLOR,
        "",
    );
    let (scene, said) = drawn(&book);
    assert_eq!(said, Vec::<String>::new());
    let spots: Vec<(f64, f64)> = marks(&scene, "marks")
        .into_iter()
        .filter_map(|item| match item {
            Item::Circle(at, ..) => Some(*at),
            _ => None,
        })
        .collect();
    let [suva, apia] = spots[..] else {
        panic!("two places: {spots:?}")
    };
    assert!(suva.0 < apia.0 && apia.1 < suva.1, "{spots:?}");
    // Ten degrees fill the pane.
    assert!(apia.0 - suva.0 > 200.0, "{spots:?}");
}

#[test]
fn a_washed_out_map_has_marks_alone() {
    let (_folder, book) = map(
        "state,amount\nColorado,1\nWyoming,2\n",
        &[STATE],
        "Multipolygon",
        AREAS,
        "<style-rule element='map'><format attr='washout' value='1' /></style-rule>",
    );
    let (scene, _) = drawn(&book);
    assert!(marks(&scene, "base").is_empty());
    let mut words = Vec::new();
    texts(&scene.items, &mut words);
    assert!(
        !words.iter().any(|word| word.contains("Natural Earth")),
        "{words:?}"
    );
}

#[test]
fn a_saved_view_is_kept() {
    let space = |field: &str, scope: &str, min: &str, max: &str| {
        format!(
            "<encoding attr='space' class='0' field='[ds].[{field} (generated)]' field-type='quantitative' max='{max}' \
             min='{min}' projection='EPSG:3857' range-type='fixed' scope='{scope}' type='space' />"
        )
    };
    let style = format!(
        "<style-rule element='axis'>{}{}</style-rule>",
        space("Longitude", "cols", "-20000000.0", "20000000.0"),
        space("Latitude", "rows", "-8000000.0", "12000000.0")
    );
    let (_folder, book) = map(
        "state,amount\nColorado,1\n",
        &[STATE],
        "Multipolygon",
        AREAS,
        &style,
    );
    let (scene, _) = drawn(&book);
    let area = marks(&scene, "marks").into_iter().find_map(|item| match item {
        Item::Path(path, style) if style.fill.is_some() => Some(bounds(path)),
        _ => None,
    });
    let area = area.expect("Colorado");
    // The whole world is shown, in which a state is small.
    assert!((5..16).contains(&(area[2] - area[0])), "{area:?}");
}

/// Columns of degrees, an id, and formulas of geometries.
const DEGREES: &str = "<column datatype='string' name='[id]' role='dimension' type='nominal' />\
    <column aggregation='Avg' datatype='real' name='[lat]' role='measure' semantic-role='[Geographical].[Latitude]' type='quantitative' />\
    <column aggregation='Avg' datatype='real' name='[lon]' role='measure' semantic-role='[Geographical].[Longitude]' type='quantitative' />\
    <column datatype='spatial' name='[line]' role='measure' type='nominal'>\
    <calculation class='tableau' formula='MAKELINE(MAKEPOINT(32.5, -97.2), MAKEPOINT([lat], [lon]))' /></column>\
    <column datatype='spatial' name='[ring]' role='measure' type='nominal'>\
    <calculation class='tableau' formula='BUFFER(MAKEPOINT(32.5, -97.2), 3, &apos;mi&apos;)' /></column>";

const INSTANCES: &str = "<column-instance column='[id]' derivation='None' name='[none:id:nk]' type='nominal' />\
    <column-instance column='[lat]' derivation='Avg' name='[avg:lat:qk]' type='quantitative' />\
    <column-instance column='[lon]' derivation='Avg' name='[avg:lon:qk]' type='quantitative' />\
    <column-instance column='[line]' derivation='Collect' name='[clct:line:nk]' type='nominal' />\
    <column-instance column='[ring]' derivation='Collect' name='[clct:ring:nk]' type='nominal' />";

const HOMES: &str = "id,lat,lon\na,32.55,-97.3\nb,32.45,-97.25\nc,32.52,-97.1\n";

#[test]
fn lines_between_places_are_drawn_and_filled_the_pane() {
    let panes = "<panes><pane><mark class='Automatic' /><encodings><lod column='[ds].[none:id:nk]' />\
                 <geometry column='[ds].[clct:line:nk]' /></encodings></pane></panes>";
    let (_folder, book) = book(HOMES, DEGREES, INSTANCES, "", panes);
    let (scene, told) = drawn(&book);
    assert_eq!(told, [""; 0]);
    let found = marks(&scene, "marks");
    let ends: Vec<[i64; 4]> = found
        .iter()
        .map(|item| match item {
            Item::Path(path, style) if style.fill.is_none() && style.stroke.is_some() => bounds(path),
            other => panic!("no line: {other:?}"),
        })
        .collect();
    assert_eq!(ends.len(), 3);
    let (left, right) = (
        ends.iter().map(|end| end[0]).min(),
        ends.iter().map(|end| end[2]).max(),
    );
    assert!(
        right.zip(left).is_some_and(|(right, left)| right - left > 300),
        "{ends:?}"
    );
    // All begin at one place.
    let (x, y) = (ends[0][2], ends[0][3]);
    assert!(
        ends.iter()
            .all(|end| [end[0], end[2]].contains(&x) && [end[1], end[3]].contains(&y)),
        "{ends:?}"
    );
}

#[test]
fn layers_have_geometries_and_degrees_of_their_own() {
    let panes = "<panes customization-axis='layer'><pane id='1'><mark class='Automatic' /></pane>\
                 <pane id='2'><mark class='Automatic' /><encodings><geometry column='[ds].[clct:ring:nk]' /></encodings></pane>\
                 <pane id='3'><mark class='Circle' /><encodings><lod column='[ds].[none:id:nk]' />\
                 <lod column='[ds].[avg:lat:qk]' /><lod column='[ds].[avg:lon:qk]' /></encodings></pane></panes>";
    let (_folder, book) = book(HOMES, DEGREES, INSTANCES, "", panes);
    let (scene, told) = drawn(&book);
    assert_eq!(told, [""; 0]);
    let found = marks(&scene, "marks");
    let circles = found
        .iter()
        .filter(|item| matches!(item, Item::Circle(..)))
        .count();
    assert_eq!(circles, 3, "{found:?}");
    let rings: Vec<[i64; 4]> = found
        .iter()
        .filter_map(|item| match item {
            Item::Path(path, style) if style.fill.is_some() => Some(bounds(path)),
            _ => None,
        })
        .collect();
    let [[left, top, right, bottom]] = rings[..] else {
        panic!("one ring: {rings:?}");
    };
    assert!(
        ((right - left) - (bottom - top)).abs() <= 2,
        "a circle of miles is one of pixels"
    );
    assert!(right - left > 100, "{rings:?}");
}

#[test]
fn territories_are_areas_of_their_postcodes() {
    let columns = "<column datatype='integer' name='[zip]' role='dimension' semantic-role='[ZipCode].[Name]' type='ordinal' />\
                   <column aggregate-role-from='[zip]' datatype='string' name='[region]' role='dimension' type='nominal' />";
    let instances = "<column-instance column='[zip]' derivation='None' name='[none:zip:ok]' type='ordinal' />\
                     <column-instance column='[region]' derivation='None' name='[none:region:nk]' type='nominal' />";
    let rows = "zip,region\n78701,Inner\n78702,Inner\n78703,Inner\n78704,South\n78745,South\n99999,South\n";
    let of = |field: &str| {
        let panes = format!(
            "<panes><pane><mark class='Multipolygon' /><encodings><color column='[ds].[none:region:nk]' />\
             <lod column='[ds].[none:{field}]' /><geometry column='[ds].[Geometry (generated)]' /></encodings></pane></panes>"
        );
        let (_folder, book) = book(rows, columns, instances, "", &panes);
        let (scene, told) = drawn(&book);
        let areas = marks(&scene, "marks")
            .into_iter()
            .filter(|item| matches!(item, Item::Path(_, style) if style.fill.is_some()))
            .count();
        (areas, told.join("\n"))
    };
    let (areas, told) = of("region:nk");
    assert_eq!(areas, 2);
    assert!(
        told.contains("no open outlines of postcodes: for 5") && told.contains("99999"),
        "{told}"
    );
    assert_eq!(of("zip:ok").0, 5);
}

#[test]
fn areas_let_the_land_through_and_have_dark_labels() {
    let columns = "<column datatype='string' name='[state]' role='dimension' semantic-role='[State].[Name]' type='nominal' />";
    let instances =
        "<column-instance column='[state]' derivation='None' name='[none:state:nk]' type='nominal' />";
    let panes = "<panes><pane><mark class='Multipolygon' /><encodings><color column='[ds].[none:state:nk]' />\
                 <text column='[ds].[none:state:nk]' /><geometry column='[ds].[Geometry (generated)]' /></encodings>\
                 <style><style-rule element='mark'><format attr='mark-labels-show' value='true' /></style-rule></style>\
                 </pane></panes>";
    let (_folder, book) = book("state\nKansas\nNebraska\n", columns, instances, "", panes);
    let (scene, _) = drawn(&book);
    let fills: Vec<u8> = marks(&scene, "marks")
        .into_iter()
        .filter_map(|item| match item {
            Item::Path(_, style) => match style.fill {
                Some(Fill::Solid(color)) => Some(color.alpha),
                _ => None,
            },
            _ => None,
        })
        .collect();
    assert_eq!(fills, [204, 204]);
    let labels: Vec<Color> = marks(&scene, "labels")
        .into_iter()
        .filter_map(|item| match item {
            Item::Text(text) => Some(text.color),
            _ => None,
        })
        .collect();
    assert_eq!(labels, [Color::BLACK, Color::BLACK]);
}
