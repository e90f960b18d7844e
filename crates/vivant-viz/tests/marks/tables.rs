//! Tables drawn from rows that are written here: bands, lines between groups, headers, pictures behind axes.

use vivant_calc::Value;
use vivant_document::spec::WorkbookSpec;
use vivant_render::{Bitmap, Color, Item, Rect, Text};
use vivant_viz::{Picture, Rows, SheetRows, backdrop_paths, draw_sheet};

use crate::{COST, SUM, Written, column, request};

const OUTER: &str = "[ds].[none:outer:nk]";
const INNER: &str = "[ds].[none:inner:nk]";
const GREY: Color = Color::rgb(0x00F5_F5F5);

fn book(source: &str, style: &str, pane: &str, rows: &str, cols: &str) -> WorkbookSpec {
    let table = format!("<style>{style}</style>");
    Written {
        dimensions: ["outer", "inner"],
        source,
        table: &table,
        pane,
        rows,
        cols,
    }
    .read()
}

/// A table of text with two levels of rows.
fn table(style: &str) -> WorkbookSpec {
    let pane = format!("<mark class='Text' /><encodings><text column='{SUM}' /></encodings>");
    book("", style, &pane, &format!("({OUTER} / {INNER})"), "")
}

/// Groups `A` and `B` of so many rows each, numbered through.
fn rows(sizes: [usize; 2]) -> SheetRows<'static> {
    let names = ["A", "B"].into_iter().zip(sizes);
    let outer = names.flat_map(|(name, size)| vec![Value::String(name.to_owned()); size]);
    let count = sizes.iter().sum::<usize>();
    let inner = (0..count).map(|at| Value::String(format!("r{at:06}")));
    let reals = |factor: f64| {
        (0..count)
            .map(move |at| Value::Real(factor * at as f64))
            .collect::<Vec<_>>()
    };
    SheetRows {
        panes: vec![(0, 0)],
        frames: vec![Rows {
            columns: vec![
                column(OUTER, outer.collect::<Vec<_>>()),
                column(INNER, inner.collect::<Vec<_>>()),
                column(SUM, reals(1.0)),
                column(COST, reals(10.0)),
            ],
            count,
        }],
        ..SheetRows::default()
    }
}

fn draw(book: &WorkbookSpec, rows: &SheetRows<'_>) -> Picture {
    draw_sheet(&request(book, rows))
}

/// All things of a picture, those in groups too.
fn all(items: &[Item]) -> Vec<&Item> {
    let mut found = Vec::new();
    for item in items {
        match item {
            Item::Group(group) => found.extend(all(&group.items)),
            item => found.push(item),
        }
    }
    found
}

/// The classes of groups, those in groups too.
fn groups(items: &[Item], found: &mut Vec<String>) {
    for item in items {
        if let Item::Group(group) = item {
            found.push(group.class.clone());
            groups(&group.items, found);
        }
    }
}

fn texts(picture: &Picture) -> Vec<&Text> {
    let mut found = Vec::new();
    for item in all(&picture.scene.items) {
        if let Item::Text(text) = item {
            found.push(text);
        }
    }
    found
}

fn text<'p>(picture: &'p Picture, words: &str) -> &'p Text {
    let found = texts(picture).into_iter().find(|text| text.text == words);
    found.unwrap_or_else(|| panic!("no `{words}`"))
}

/// Which rows of the table stand on shading.
fn banded(picture: &Picture, count: usize) -> Vec<usize> {
    let items = all(&picture.scene.items);
    let bands: Vec<Rect> = (items.iter())
        .filter_map(|item| match item {
            Item::Rect(rect, _, style) if *style == vivant_render::Style::fill(GREY) => Some(*rect),
            _ => None,
        })
        .collect();
    let is_on = |at: &usize| {
        let (x, y) = text(picture, &format!("r{at:06}")).at;
        bands
            .iter()
            .any(|band| band.x <= x && x < band.right() && band.y <= y && y < band.bottom())
    };
    (0..count).filter(is_on).collect()
}

#[test]
fn every_second_row_of_a_table_of_text_is_shaded() {
    assert_eq!(banded(&draw(&table(""), &rows([3, 2])), 5), [1, 3]);
}

#[test]
fn bands_have_the_size_and_the_level_of_the_document() {
    let style = |attr: &str, value: &str| {
        format!(
            "<style-rule element='table'><format attr='{attr}' scope='rows' value='{value}' /></style-rule>"
        )
    };
    let of = |attr: &str, value: &str| banded(&draw(&table(&style(attr, value)), &rows([3, 2])), 5);
    assert_eq!(of("band-size", "2"), [2, 3]);
    assert_eq!(of("band-size", "0"), [0; 0]);
    // The second level from the inside is that of the outer headers.
    assert_eq!(of("band-level", "1"), [3, 4]);
}

/// Where lines go across the whole table.
fn across(picture: &Picture, name: &str) -> usize {
    let below = text(picture, name).at.1;
    let items = all(&picture.scene.items);
    let lines = items.iter().filter(|item| match item {
        Item::Line(from, to, _) => from.1 == to.1 && to.0 - from.0 > 50.0 && (below - from.1).abs() < 20.0,
        _ => false,
    });
    lines.count()
}

#[test]
fn lines_divide_groups_down_to_a_level() {
    let style = |level: &str| {
        format!(
            "<style-rule element='table-div'><format attr='div-level' scope='rows' value='{level}' /></style-rule>"
        )
    };
    let rows = rows([3, 2]);
    assert!(across(&draw(&table(""), &rows), "r000003") > 0);
    assert_eq!(across(&draw(&table(""), &rows), "r000001"), 0);
    assert_eq!(across(&draw(&table(&style("0")), &rows), "r000003"), 0);
    assert!(across(&draw(&table(&style("2")), &rows), "r000001") > 0);
}

/// Straight lines longer than this: places across and down, of those that run so and so.
fn long_lines(picture: &Picture, least: f64) -> (Vec<f64>, Vec<f64>) {
    let (mut down, mut along) = (Vec::new(), Vec::new());
    for item in all(&picture.scene.items) {
        if let Item::Line(from, to, stroke) = item
            && stroke.color != Color::rgb(0x00F2_F2F2)
        {
            match () {
                () if from.0 == to.0 && to.1 - from.1 > least => down.push(from.0),
                () if from.1 == to.1 && to.0 - from.0 > least => along.push(from.1),
                () => {}
            }
        }
    }
    for list in [&mut down, &mut along] {
        list.sort_by(f64::total_cmp);
        list.dedup();
    }
    (down, along)
}

#[test]
fn panes_in_groups_have_lines_along_their_headers() {
    let pane = "<mark class='Bar' />";
    let rows = rows([3, 2]);
    // Above, between and below the panes of two axes, from the headers on; one pane has none.
    let axes = draw(&book("", "", pane, &format!("({OUTER} * {COST})"), INNER), &rows);
    assert_eq!(long_lines(&axes, 330.0).1.len(), 3);
    assert_eq!(
        long_lines(&draw(&book("", "", pane, COST, INNER), &rows), 330.0)
            .1
            .len(),
        0
    );
    // Columns of bars in groups, down to the headers below them.
    let groups = format!("({OUTER} / {INNER})");
    let bars = draw(&book("", "", pane, COST, &groups), &rows);
    let (down, _) = long_lines(&bars, 320.0);
    let between = (text(&bars, "r000002").at.0, text(&bars, "r000003").at.0);
    assert!(
        down.iter().any(|x| between.0 < *x && *x < between.1),
        "{down:?} {between:?}"
    );
}

#[test]
fn columns_of_numbers_have_no_lines_and_heads_at_their_right() {
    let pane = format!("<mark class='Text' /><encodings><text column='{SUM}' /></encodings>");
    let groups = format!("({OUTER} / {INNER})");
    let of = |style: &str| draw(&book("", style, &pane, "", &groups), &rows([3, 2]));
    let style =
        "<style-rule element='table-div'><format attr='div-level' scope='cols' value='1' /></style-rule>";
    let (plain, set) = (of(""), of(style));
    assert_eq!(long_lines(&plain, 30.0).0.len(), 0);
    assert_eq!(long_lines(&set, 30.0).0.len(), 1);
    assert_eq!(text(&plain, "r000001").anchor, vivant_render::Anchor::End);
}

#[test]
fn a_pie_of_one_value_stands_in_the_middle() {
    let pane = format!(
        "<mark class='Pie' /><encodings><color column='{INNER}' /><wedge-size column='{SUM}' /></encodings>"
    );
    let book = book("", "", &pane, COST, "");
    let mut rows = rows([2, 0]);
    rows.frames[0].columns[3] = column(COST, vec![Value::Real(1.0); 2]);
    let picture = draw(&book, &rows);
    let ticks: Vec<&str> = texts(&picture).iter().map(|text| text.text.as_str()).collect();
    assert!(ticks.contains(&"0.0") && ticks.contains(&"2.0"), "{ticks:?}");
}

#[test]
fn headers_stand_where_the_document_says() {
    let style = format!(
        "<style-rule element='label'><format attr='text-align' field='{INNER}' value='right' />\
         <format attr='text-orientation' field='{OUTER}' value='-90' /></style-rule>\
         <style-rule element='header'><format attr='width' field='{INNER}' value='200' /></style-rule>"
    );
    let picture = draw(&table(&style), &rows([3, 2]));
    assert_eq!(text(&picture, "r000001").anchor, vivant_render::Anchor::End);
    assert_eq!(text(&picture, "A").turn, -90.0);
    let plain = draw(&table(""), &rows([3, 2]));
    assert!(text(&picture, "r000001").at.0 > text(&plain, "r000001").at.0 + 100.0);
}

#[test]
fn names_of_fields_are_hidden_for_each_side() {
    let style = "<style-rule element='worksheet'><format attr='display-field-labels' scope='rows' value='false' />\
                 </style-rule>";
    let has = |style: &str| {
        let picture = draw(&table(style), &rows([3, 2]));
        texts(&picture).iter().any(|text| text.text == "none:inner:nk")
    };
    assert!(has("") && !has(style));
    assert!(has(&style.replace("rows", "cols")));
}

#[test]
fn a_table_that_nobody_looks_through_is_cut_and_told() {
    let picture = draw(&table(""), &rows([1000, 2000]));
    assert!(picture.scene.height < 20_100.0, "{}", picture.scene.height);
    let codes: Vec<&str> = picture.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["viz.cut"]);
    let names = texts(&picture)
        .iter()
        .filter(|text| text.text.starts_with('r'))
        .count();
    assert!((900..1100).contains(&names), "{names} headers");
}

#[test]
fn pictures_lie_behind_the_axes_of_their_fields() {
    let image = "<mapped-images><mapped-image caption='p' expression='file:Image/plan.png' name='[m]'>\
                 <mapping bottom='0' left='0' right='4' top='20' x='[amount]' y='[cost]' />\
                 <groupfilter function='crossjoin'><groupfilter function='member' level='[outer]' member='&quot;B&quot;' />\
                 </groupfilter></mapped-image></mapped-images>";
    let pane = format!("<mark class='Circle' /><encodings><lod column='{INNER}' /></encodings>");
    let book = book(image, "", &pane, &format!("({OUTER} * {COST})"), SUM);
    assert_eq!(backdrop_paths(&book, &book.sheets[0]), ["Image/plan.png"]);
    let mut rows = rows([3, 2]);
    let without = draw(&book, &rows);
    assert_eq!(without.diagnostics.len(), 1, "{:?}", without.diagnostics);
    // One grey pixel.
    let scene = vivant_render::Scene {
        width: 1.0,
        height: 1.0,
        title: String::new(),
        items: Vec::new(),
    };
    let png = vivant_render::png(&scene, 1.0, Some(GREY)).unwrap();
    rows.images = vec![("Image/plan.png".to_owned(), Bitmap::new(png).unwrap())];
    let picture = draw(&book, &rows);
    assert!(picture.diagnostics.is_empty(), "{:?}", picture.diagnostics);
    let items = all(&picture.scene.items);
    let found: Vec<&Rect> = (items.iter())
        .filter_map(|item| match item {
            Item::Bitmap(rect, _) => Some(rect),
            _ => None,
        })
        .collect();
    // Behind the panes of `B` alone: the lower one, up to half of what its values reach.
    let [place] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert!(place.y > text(&picture, "A").at.1, "{place:?}");
    // One that is to be seen whole has all of the axes.
    let options = "<image-options show-entire-image='true' />";
    let whole = image.replace("right='4' top='20'", "right='400' top='2000'");
    let last = |image: &str| {
        let book = self::book(image, "", &pane, &format!("({OUTER} * {COST})"), SUM);
        let picture = draw(&book, &rows);
        texts(&picture)
            .iter()
            .any(|text| text.text == "2000" || text.text == "2K")
    };
    assert!(!last(&whole));
    assert!(last(&whole.replace(
        "<groupfilter function='cross",
        &format!("{options}<groupfilter function='cross")
    )));
}

#[test]
fn a_number_on_colour_alone_fills_the_cells() {
    let classes = |encodings: &str| -> Vec<String> {
        let pane = format!("<mark class='Automatic' /><encodings>{encodings}</encodings>");
        let picture = draw(&book("", "", &pane, OUTER, INNER), &rows([2, 2]));
        let mut found = Vec::new();
        groups(&picture.scene.items, &mut found);
        found.retain(|class| class.starts_with("marks "));
        found
    };
    assert_eq!(classes(&format!("<color column='{SUM}' />")), ["marks square"]);
    assert_eq!(classes(&format!("<size column='{SUM}' />")), ["marks square"]);
    let text = format!("<color column='{SUM}' /><text column='{COST}' />");
    assert_eq!(classes(&text), ["marks text"]);
}
