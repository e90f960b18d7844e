//! Small worksheets drawn from rows that are written here: what stands where is computed by hand.

mod captions;
mod forms;
mod labels;
mod tables;

use std::borrow::Cow;

use vivant_calc::{DataType, Value};
use vivant_document::spec::{FieldRef, Fit, WorkbookSpec, workbook};
use vivant_document::{Document, Limits};
use vivant_render::{Group, Item, Path, Rect, Scene, Step, Style, Text};
use vivant_viz::{Column, Rows, SheetRequest, SheetRows, TotalRows, draw_sheet};

const KIND: &str = "[ds].[none:kind:nk]";
const GROUP: &str = "[ds].[none:group:nk]";
const SUM: &str = "[ds].[sum:amount:qk]";
const COST: &str = "[ds].[sum:cost:qk]";

/// A workbook of one sheet, of which the rest is written here.
#[derive(Default)]
struct Written<'w> {
    /// Two dimensions; the measures are `amount` and `cost`.
    dimensions: [&'w str; 2],
    /// What stands in the data source.
    source: &'w str,
    /// What stands in front of the panes.
    table: &'w str,
    pane: &'w str,
    rows: &'w str,
    cols: &'w str,
}

impl Written<'_> {
    fn read(&self) -> WorkbookSpec {
        let instance = |field: &str, derivation: &str, name: &str, kind: &str| {
            format!(
                "<column-instance column='[{field}]' derivation='{derivation}' name='[{name}]' pivot='key' type='{kind}' />"
            )
        };
        let dimensions = self
            .dimensions
            .map(|field| instance(field, "None", &format!("none:{field}:nk"), "nominal"));
        let measures = ["amount", "cost"]
            .map(|field| instance(field, "Sum", &format!("sum:{field}:qk"), "quantitative"));
        let instances = [dimensions.concat(), measures.concat()].concat();
        let Self {
            source,
            table,
            pane,
            rows,
            cols,
            ..
        } = self;
        let text = format!(
            "<workbook version='18.1'><datasources><datasource name='ds'>{source}</datasource></datasources>\
             <worksheets><worksheet name='S'><table><view><datasources><datasource name='ds' /></datasources>\
             <datasource-dependencies datasource='ds'>{instances}</datasource-dependencies></view>\
             {table}<panes><pane>{pane}</pane></panes><rows>{rows}</rows><cols>{cols}</cols></table></worksheet></worksheets></workbook>"
        );
        let document = Document::parse(text, &Limits::default()).unwrap();
        workbook(&document).value
    }
}

/// A workbook of one sheet with the fields `kind`, `group`, `amount` and `cost`.
fn book(pane: &str, rows: &str, cols: &str, table: &str) -> WorkbookSpec {
    Written {
        dimensions: ["kind", "group"],
        pane,
        rows,
        cols,
        table,
        ..Written::default()
    }
    .read()
}

/// Columns of rows, by the reference of their pill.
type Data = Vec<(&'static str, Vec<Value>)>;

fn texts(values: &[&str]) -> Vec<Value> {
    values
        .iter()
        .map(|value| Value::String((*value).to_owned()))
        .collect()
}

fn reals(values: &[f64]) -> Vec<Value> {
    values.iter().copied().map(Value::Real).collect()
}

/// A column of rows: of texts for dimensions, else of numbers.
fn column<'a>(key: &str, values: impl Into<Cow<'a, [Value]>>) -> Column<'a> {
    let key = FieldRef::parse(key, "ds").unwrap();
    let dimension = key.name.starts_with("none:");
    Column {
        title: key.name.clone(),
        key,
        dimension,
        data_type: match dimension {
            true => DataType::String,
            false => DataType::Real,
        },
        values: values.into(),
        text: Box::new(|value| match value {
            Value::Real(value) => format!("{value}"),
            Value::String(text) => text.clone(),
            _ => String::new(),
        }),
        format: None,
    }
}

fn rows(data: &Data) -> Rows<'_> {
    Rows {
        count: data.first().map_or(0, |(_, values)| values.len()),
        columns: data.iter().map(|(key, values)| column(key, values)).collect(),
    }
}

/// The rows of a sheet of one pane.
fn one_pane(data: &Data) -> SheetRows<'_> {
    SheetRows {
        panes: vec![(0, 0)],
        frames: vec![rows(data)],
        ..SheetRows::default()
    }
}

/// The one sheet of a workbook, to be drawn alone.
fn request<'r>(book: &'r WorkbookSpec, rows: &'r SheetRows<'r>) -> SheetRequest<'r> {
    SheetRequest {
        workbook: book,
        sheet: &book.sheets[0],
        rows,
        width: 600.0,
        height: 400.0,
        fit: Fit::Standard,
        selected: &[],
        alone: true,
        legends: true,
        title: false,
    }
}

fn draw(book: &WorkbookSpec, sheet: &SheetRows<'_>) -> Scene {
    let picture = draw_sheet(&request(book, sheet));
    assert!(picture.diagnostics.is_empty(), "{:?}", picture.diagnostics);
    picture.scene
}

fn draw_rows(book: &WorkbookSpec, data: &Data) -> Scene {
    draw(book, &one_pane(data))
}

fn groups<'s>(items: &'s [Item], class: &str, found: &mut Vec<&'s Group>) {
    for item in items {
        if let Item::Group(group) = item {
            // Marks are named with their kind: `marks bar`.
            if group.class.split(' ').next() == Some(class) {
                found.push(group);
            }
            groups(&group.items, class, found);
        }
    }
}

/// The things in all groups of a class.
fn within<'s>(scene: &'s Scene, class: &str) -> Vec<&'s Item> {
    let mut found = Vec::new();
    groups(&scene.items, class, &mut found);
    found.into_iter().flat_map(|group| &group.items).collect()
}

fn rects(scene: &Scene, class: &str) -> Vec<(Rect, Style)> {
    let rect = |item: &&Item| match item {
        Item::Rect(rect, _, style) => Some((*rect, style.clone())),
        _ => None,
    };
    within(scene, class).iter().filter_map(rect).collect()
}

fn words(scene: &Scene) -> Vec<&Text> {
    fn all<'s>(items: &'s [Item], found: &mut Vec<&'s Text>) {
        for item in items {
            match item {
                Item::Group(group) => all(&group.items, found),
                Item::Text(text) => found.push(text),
                _ => {}
            }
        }
    }
    let mut found = Vec::new();
    all(&scene.items, &mut found);
    found
}

fn has_word(scene: &Scene, word: &str) -> bool {
    words(scene).iter().any(|text| text.text == word)
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1.0, "{found} is not near {expected}");
}

fn three() -> Data {
    vec![(KIND, texts(&["A", "B", "C"])), (SUM, reals(&[10.0, 20.0, 30.0]))]
}

fn reference(attributes: &str, inside: &str) -> String {
    format!(
        "<mark class='Bar' /><reference-line axis-column='{SUM}' value-column='{SUM}' id='refline0' {attributes}>{inside}</reference-line>"
    )
}

#[test]
fn an_average_line_stands_at_the_mean_of_the_marks() {
    let pane = reference(
        "formula='average' scope='per-pane' label-type='custom' label='Avg &lt;Value&gt;'",
        "",
    );
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &three());
    let lines = within(&scene, "reference");
    let [Item::Line(from, to, _)] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    // The mean is the value of the second bar.
    let bars = rects(&scene, "marks");
    near(from.1, bars[1].0.y);
    near(to.0 - from.0, bars[2].0.center().0 - bars[0].0.center().0 + 60.0);
    assert!(has_word(&scene, "Avg 20"));
}

#[test]
fn a_line_of_each_cell_is_that_of_its_marks() {
    let pane = reference("formula='max' scope='per-cell' label-type='none'", "");
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &three());
    let lines = within(&scene, "reference");
    assert_eq!(lines.len(), 3);
    for (line, (bar, _)) in lines.iter().zip(rects(&scene, "marks")) {
        let Item::Line(from, _, _) = line else {
            panic!("{line:?}")
        };
        near(from.1, bar.y);
    }
}

#[test]
fn an_area_is_shaded_between_its_corners() {
    let corner = |name: &str, x: f64, y: f64| {
        format!(
            "<{name}><visual-coordinate class='axis'><x-coord axis-value='{x}'><node-reference><axis>{COST}</axis></node-reference></x-coord>\
             <y-coord axis-value='{y}'><node-reference><axis>{SUM}</axis></node-reference></y-coord></visual-coordinate></{name}>"
        )
    };
    let note = format!(
        "<annotations><annotation class='area' id='0'><formatted-text><run>Here</run></formatted-text>{}{}</annotation></annotations>",
        corner("top-left", 1.0, 30.0),
        corner("bottom-right", 3.0, 10.0)
    );
    let mut data = three();
    data.push((COST, reals(&[1.0, 2.0, 3.0])));
    let pane = format!("<mark class='Circle' /><encodings><lod column='{KIND}' /></encodings>");
    let scene = draw_rows(&book(&pane, SUM, COST, &note), &data);
    let areas = rects(&scene, "annotations");
    let [(area, _)] = areas.as_slice() else {
        panic!("{areas:?}")
    };
    // From the first mark to the last, around the one in the middle.
    let marks = within(&scene, "marks");
    let points: Vec<(f64, f64)> = (marks.iter())
        .filter_map(|item| match item {
            Item::Circle(at, _, _) => Some(*at),
            _ => None,
        })
        .collect();
    near(area.x, points[0].0);
    near(area.bottom(), points[0].1);
    near(area.right(), points[2].0);
    near(area.y, points[2].1);
    assert!(has_word(&scene, "Here"));
}

#[test]
fn lines_of_stacks_along_an_axis_are_those_of_the_whole_stacks() {
    let pane = reference("formula='max' scope='per-table' label-type='none'", "");
    let mut data = three();
    data.push((COST, reals(&[5.0, 5.0, 9.0])));
    let scene = draw_rows(&book(&pane, SUM, COST, ""), &data);
    let lines = within(&scene, "reference");
    let [Item::Line(from, ..)] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    // Two of 10 and 20 at one place, as high as the third alone.
    let bars = rects(&scene, "marks");
    near(from.1, bars[2].0.y);
    let heads = texts(&["A", "A", "B"]);
    let at_headers = vec![(KIND, heads), (SUM, reals(&[10.0, 20.0, 25.0]))];
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &at_headers);
    let lines = within(&scene, "reference");
    let [Item::Line(from, ..)] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    near(from.1, rects(&scene, "marks")[2].0.y);
}

#[test]
fn lines_of_the_card_for_all_axes_are_drawn_beside_those_of_others() {
    let pane = format!(
        "<mark class='Line' /><reference-line axis-column='{COST}' value-column='{COST}' id='refline0' \
         formula='min' scope='per-table' label-type='none' /></pane>\
         <pane id='1' y-axis-name='{SUM}'><mark class='Circle' /><encodings><lod column='{KIND}' /></encodings>"
    );
    let mut data = three();
    data.push((COST, reals(&[5.0, 7.0, 9.0])));
    let rows = SheetRows {
        panes: vec![(1, 0)],
        ..one_pane(&data)
    };
    let scene = draw(&book(&pane, SUM, COST, ""), &rows);
    let lines = within(&scene, "reference");
    assert!(
        matches!(lines.as_slice(), [Item::Line(from, to, _)] if from.0 == to.0),
        "{lines:?}"
    );
}

#[test]
fn a_distribution_fills_between_its_percentages() {
    let pane = reference(
        "formula='max' scope='per-table' label-type='none' percentage-bands='true' fill-below='true' fill-above='false'",
        "<reference-line-value percentage='50' /><reference-line-value percentage='100' />",
    );
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &three());
    let bands = rects(&scene, "bands");
    assert_eq!(bands.len(), 2);
    // From nothing to half, and from half to all, which is the third bar.
    let bar = rects(&scene, "marks")[2].0;
    near(bands[0].0.height, bar.height / 2.0);
    near(bands[1].0.y, bar.y);
    assert_ne!(bands[0].1, bands[1].1);
}

#[test]
fn a_reference_line_makes_room_on_its_axis() {
    let pane = reference(
        "formula='constant' value='60' scope='per-table' label-type='value'",
        "",
    );
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &three());
    let bar = rects(&scene, "marks")[2].0;
    let lines = within(&scene, "reference");
    let Item::Line(from, _, _) = lines[0] else {
        panic!("{lines:?}")
    };
    near(bar.bottom() - from.1, 2.0 * bar.height);
    assert!(has_word(&scene, "60"));
}

#[test]
fn a_box_has_its_quartiles_and_whiskers() {
    let pane = format!(
        "<mark class='Circle' /><encodings><lod column='[ds].[none:part:nk]' /></encodings><reference-line \
         axis-column='{SUM}' value-column='{SUM}' id='refline0' boxplot-whisker-type='standard' scope='per-cell' />"
    );
    let data: Data = vec![(SUM, reals(&[1.0, 2.0, 3.0, 4.0, 5.0, 20.0]))];
    let scene = draw_rows(&book(&pane, SUM, "", ""), &data);
    let halves = rects(&scene, "reference");
    assert_eq!(halves.len(), 2);
    // 2.25, 3.5 and 4.75: both halves are as high.
    near(halves[0].0.height, halves[1].0.height);
    let whiskers = within(&scene, "reference")
        .into_iter()
        .filter(|item| matches!(item, Item::Line(..)));
    assert_eq!(whiskers.count(), 4);
}

#[test]
fn a_trend_line_goes_through_points_on_a_line() {
    let pane = "<mark class='Circle' /><trendline enabled='true' fit='linear' />";
    let data: Data = vec![
        (SUM, reals(&[3.0, 5.0, 7.0, 9.0])),
        (COST, reals(&[1.0, 2.0, 3.0, 4.0])),
    ];
    let scene = draw_rows(&book(pane, SUM, COST, ""), &data);
    let circles: Vec<(f64, f64)> = within(&scene, "marks")
        .into_iter()
        .filter_map(|item| match item {
            Item::Circle(at, _, _) => Some(*at),
            _ => None,
        })
        .collect();
    let lines = within(&scene, "reference");
    let [Item::Path(path, _)] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    let ends: Vec<(f64, f64)> = path
        .0
        .iter()
        .filter_map(|step| match *step {
            vivant_render::Step::Move(x, y) | vivant_render::Step::Line(x, y) => Some((x, y)),
            _ => None,
        })
        .collect();
    for (end, circle) in [(ends[0], circles[0]), (ends[ends.len() - 1], circles[3])] {
        near(end.0, circle.0);
        near(end.1, circle.1);
    }
}

#[test]
fn totals_stand_below_and_are_bold() {
    let book = book(
        "<mark class='Text' /><encodings><text column='[ds].[sum:amount:qk]' /></encodings>",
        KIND,
        "",
        "",
    );
    let mut book = book;
    book.sheets[0].totals.row = Some(false);
    let (data, total): (Data, Data) = (three(), vec![(SUM, reals(&[60.0]))]);
    let scene = draw(
        &book,
        &SheetRows {
            panes: vec![(0, 0)],
            frames: vec![rows(&data)],
            totals: vec![TotalRows {
                frame: 0,
                over: vec![FieldRef::parse(KIND, "ds").unwrap()],
                rows: rows(&total),
            }],
            ..SheetRows::default()
        },
    );
    let words = words(&scene);
    let find = |word: &str| {
        words
            .iter()
            .find(|text| text.text == word)
            .unwrap_or_else(|| panic!("no {word}"))
    };
    assert!(find("Grand Total").at.1 > find("C").at.1);
    assert_eq!(find("60").font.weight, vivant_render::Weight::Bold);
    assert_eq!(find("30").font.weight, vivant_render::Weight::Regular);
}

#[test]
fn members_keep_the_colours_of_the_whole_domain() {
    let pane = format!("<mark class='Bar' /><encodings><color column='{KIND}' /></encodings>");
    let book = book(&pane, SUM, KIND, "");
    let color = |domains| {
        let data = vec![(KIND, texts(&["C"])), (SUM, reals(&[10.0]))];
        let sheet = SheetRows {
            panes: vec![(0, 0)],
            frames: vec![rows(&data)],
            domains,
            ..SheetRows::default()
        };
        rects(&draw(&book, &sheet), "marks")[0].1.clone()
    };
    let alone = color(Vec::new());
    let third = color(vec![(
        FieldRef::parse(KIND, "ds").unwrap(),
        texts(&["A", "B", "C"]),
    )]);
    assert_eq!(alone, Style::fill("#4e79a7".parse().unwrap()));
    assert_eq!(third, Style::fill("#e15759".parse().unwrap()));
}

#[test]
fn labels_have_the_fonts_of_their_runs() {
    let pane = format!(
        "<mark class='Text' /><encodings><text column='{SUM}' /></encodings><customized-label><formatted-text>\
         <run fontsize='18' bold='true' fontcolor='#ff0000'>&lt;{SUM}&gt;</run><run>\u{c6}\n</run><run fontsize='6'>in all</run>\
         </formatted-text></customized-label>"
    );
    let data: Data = vec![(SUM, reals(&[60.0]))];
    let scene = draw_rows(&book(&pane, "", "", ""), &data);
    let words = words(&scene);
    let shown: Vec<(&str, f64)> = words
        .iter()
        .map(|text| (text.text.as_str(), text.font.size))
        .collect();
    assert_eq!(shown, [("60", 24.0), ("in all", 8.0)]);
    assert_eq!(words[0].color, "#ff0000".parse().unwrap());
    assert!(words[1].at.1 > words[0].at.1);
}

#[test]
fn a_sheet_with_pages_shows_one_of_them() {
    let mut book = book(
        "<mark class='Bar' />",
        SUM,
        "",
        &format!("<pages><column>{KIND}</column></pages>"),
    );
    let bars = |book: &WorkbookSpec| rects(&draw_rows(book, &three()), "marks").len();
    assert_eq!(bars(&book), 1);
    book.sheets[0].pages.clear();
    assert_eq!(bars(&book), 3);
}

#[test]
fn an_annotation_stands_beside_its_mark() {
    let note = format!(
        "<annotations><annotation class='point' text-width='180' pullback='12'><formatted-text><run>Look: &lt;{KIND}&gt;</run></formatted-text>\
         <point><visual-coordinate class='mark'><tuple-reference><tuple-descriptor><pane-descriptor><y-fields><field>{SUM}</field></y-fields></pane-descriptor>\
         <columns><field>{KIND}</field><field>{SUM}</field></columns></tuple-descriptor><tuple><value>&quot;B&quot;</value><value>20.0</value></tuple>\
         </tuple-reference></visual-coordinate></point><body x='10' y='-60' /></annotation></annotations>"
    );
    let scene = draw_rows(&book("<mark class='Circle' />", SUM, KIND, &note), &three());
    assert!(has_word(&scene, "Look: B"));
    assert_eq!(within(&scene, "annotations").len(), 3);
}

#[test]
fn a_sheet_without_rows_has_no_axes() {
    let data: Data = vec![(KIND, Vec::new()), (SUM, Vec::new())];
    let scene = draw_rows(&book("<mark class='Bar' />", SUM, KIND, ""), &data);
    assert!(words(&scene).is_empty(), "{:?}", words(&scene));
}

#[test]
fn marks_that_share_a_cell_stand_side_by_side() {
    let pane = format!("<mark class='Shape' /><encodings><lod column='{KIND}' /></encodings>");
    let scene = draw_rows(&book(&pane, "", "", ""), &three());
    let at: Vec<f64> = within(&scene, "marks")
        .into_iter()
        .filter_map(|item| match item {
            Item::Circle((x, _), _, _) => Some(*x),
            _ => None,
        })
        .collect();
    assert_eq!(at.len(), 3);
    assert!(at[0] < at[1] && at[1] < at[2], "{at:?}");
}

#[test]
fn bars_may_be_as_broad_as_a_field_says() {
    let pane = "<mark class='Bar' /><mark-sizing mark-sizing-setting='marks-scaling-on' mark-alignment='mark-alignment-right' \
         use-custom-mark-size='false' /><encodings><size column='[ds].[sum:wide:qk]' /></encodings><view><breakdown value='off' /></view>";
    let instance = "<column-instance column='[wide]' derivation='Sum' name='[sum:wide:qk]' pivot='key' type='quantitative' />";
    let mut book = book(pane, SUM, COST, "");
    let wide = Document::parse(
        format!(
            "<workbook version='18.1'><datasources><datasource name='ds' /></datasources><worksheets><worksheet name='S'><table><view>\
             <datasource-dependencies datasource='ds'>{instance}</datasource-dependencies></view><panes /><rows /><cols /></table></worksheet></worksheets></workbook>"
        ),
        &Limits::default(),
    );
    book.sheets[0]
        .pills
        .extend(workbook(&wide.unwrap()).value.sheets.remove(0).pills);
    let data: Data = vec![
        (SUM, reals(&[5.0, 10.0])),
        (COST, reals(&[1.0, 4.0])),
        ("[ds].[sum:wide:qk]", reals(&[1.0, 3.0])),
    ];
    let bars = rects(&draw_rows(&book, &data), "marks");
    // From 0 to 1 and from 1 to 4: one beside the other.
    near(bars[0].0.right(), bars[1].0.x);
    near(bars[1].0.width, 3.0 * bars[0].0.width);
}

#[test]
fn only_the_least_and_the_greatest_have_labels_where_it_says_so() {
    let style = |mode: &str| {
        format!(
            "<mark class='Bar' /><style><style-rule element='mark'><format attr='mark-labels-show' value='true' />\
             <format attr='mark-labels-mode' value='{mode}' /></style-rule></style>"
        )
    };
    let shown = |mode: &str| {
        let scene = draw_rows(&book(&style(mode), SUM, KIND, ""), &three());
        within(&scene, "labels").len()
    };
    assert_eq!(shown("all"), 3);
    assert_eq!(shown("range"), 2);
    assert_eq!(shown("selection"), 0);
}

/// What a path of straight lines goes around.
fn bounds(path: &Path) -> Rect {
    let points: Vec<(f64, f64)> = path
        .0
        .iter()
        .filter_map(|step| match step {
            Step::Move(x, y) | Step::Line(x, y) => Some((*x, *y)),
            _ => None,
        })
        .collect();
    let least = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(f64::NEG_INFINITY, f64::max);
    let (x, y) = (least(|point| point.0), least(|point| point.1));
    Rect::new(x, y, most(|point| point.0) - x, most(|point| point.1) - y)
}

/// The parts of the lines of a scene: how many points each has.
fn strokes(scene: &Scene) -> Vec<usize> {
    let path = |item: &&Item| match item {
        Item::Path(path, _) => Some(path.0.len()),
        _ => None,
    };
    within(scene, "marks").iter().filter_map(path).collect()
}

#[test]
fn a_line_breaks_where_a_value_is_missing_unless_it_goes_on() {
    let data: Data = vec![
        (KIND, texts(&["A", "B", "C", "D", "E"])),
        (
            SUM,
            [1.0, 2.0, 3.0, 4.0, 5.0]
                .iter()
                .map(|value| {
                    if *value == 3.0 {
                        Value::Null
                    } else {
                        Value::Real(*value)
                    }
                })
                .collect(),
        ),
    ];
    let line = |formats: &str| {
        let style = format!("<style><style-rule element='table'>{formats}</style-rule></style>");
        strokes(&draw_rows(
            &book("<mark class='Line' />", SUM, KIND, &style),
            &data,
        ))
    };
    assert_eq!(line(""), [2, 2]);
    let format = |attr: &str, value: &str| format!("<format attr='{attr}' field='{SUM}' value='{value}' />");
    assert_eq!(
        line(&(format("omit-on-special", "true") + &format("break-on-special", "false"))),
        [4]
    );
    assert_eq!(
        line(&(format("omit-on-special", "false") + &format("break-on-special", "false"))),
        [5]
    );
}

#[test]
fn lines_are_hidden_on_the_side_that_the_document_says() {
    let lines = |formats: &str| {
        let style = format!("<style><style-rule element='gridline'>{formats}</style-rule></style>");
        let scene = draw_rows(
            &book("<mark class='Circle' />", SUM, COST, &style),
            &vec![(SUM, reals(&[1.0, 9.0])), (COST, reals(&[1.0, 9.0]))],
        );
        let mut found = (0, 0);
        for item in within(&scene, "table") {
            match item {
                Item::Line(from, to, _) if from.1 == to.1 => found.0 += 1,
                Item::Line(..) => found.1 += 1,
                _ => {}
            }
        }
        found
    };
    let (across, down) = lines("");
    let (still, fewer) = lines("<format attr='line-visibility' scope='cols' value='off' />");
    assert_eq!(still, across);
    assert!(fewer < down, "{fewer} of {down}");
}

#[test]
fn titles_name_what_filters_and_parameters_say() {
    let mut book = book("<mark class='Bar' />", SUM, KIND, "");
    let text = |content| vivant_document::spec::Piece {
        content,
        font: vivant_document::spec::RunFont::default(),
    };
    use vivant_document::spec::PieceContent;
    book.sheets[0].title = Some(vivant_document::spec::RichText {
        pieces: vec![
            text(PieceContent::Token("Sheet Name".to_owned())),
            text(PieceContent::Text(": ".to_owned())),
            text(PieceContent::Field(FieldRef::parse(KIND, "ds").unwrap())),
        ],
    });
    let data = three();
    let rows = one_pane(&data);
    let picture = draw_sheet(&SheetRequest {
        title: true,
        ..request(&book, &rows)
    });
    assert!(has_word(&picture.scene, "S: A, B, C"));
}

#[test]
fn words_of_headers_stay_whole() {
    let data: Data = vec![
        (KIND, texts(&["Storage & Organization", "Extraordinarily", "C"])),
        (SUM, reals(&[1.0, 2.0, 3.0])),
    ];
    let scene = draw_rows(&book("<mark class='Bar' />", SUM, KIND, ""), &data);
    let shown: Vec<&str> = words(&scene).into_iter().map(|text| text.text.as_str()).collect();
    assert!(shown.contains(&"Storage &"), "{shown:?}");
    assert!(
        shown
            .iter()
            .any(|text| text.starts_with("Organiz") && text.ends_with('…')),
        "{shown:?}"
    );
}

#[test]
fn formulas_that_are_not_known_are_told() {
    let pane = reference("formula='harmonic' scope='per-table'", "");
    let book = book(&pane, SUM, KIND, "");
    let data = three();
    let picture = draw_sheet(&request(&book, &one_pane(&data)));
    let told: Vec<String> = picture.diagnostics.iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|one| one.contains("'harmonic'")), "{told:?}");
}
