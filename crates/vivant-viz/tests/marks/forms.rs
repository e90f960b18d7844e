//! Forms of marks, and what becomes of values that are missing.

use vivant_document::spec::{Literal, Tuple};

use super::*;

fn paths(scene: &Scene) -> Vec<Rect> {
    let area = |item: &Item| match item {
        Item::Path(path, _) => Some(bounds(path)),
        _ => None,
    };
    within(scene, "marks").into_iter().filter_map(area).collect()
}

#[test]
fn a_path_stays_in_its_pane() {
    // Two points in each row, which a line joins: a dumbbell.
    let data = vec![
        (KIND, texts(&["A", "A", "B", "B"])),
        (GROUP, texts(&["x", "y", "x", "y"])),
        (SUM, reals(&[10.0, 20.0, 15.0, 40.0])),
    ];
    let pane = format!("<mark class='Line' /><encodings><path column='{GROUP}' /></encodings>");
    let scene = draw_rows(&book(&pane, KIND, SUM, ""), &data);
    let found = paths(&scene);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|area| area.height < 1.0), "{found:?}");
}

#[test]
fn a_line_ends_where_outer_headers_do() {
    let data = vec![
        (GROUP, texts(&["x", "x", "y", "y"])),
        (KIND, texts(&["A", "B", "C", "D"])),
        (SUM, reals(&[10.0, 20.0, 15.0, 40.0])),
    ];
    let nested = format!("({GROUP} / {KIND})");
    let scene = draw_rows(&book("<mark class='Line' />", SUM, &nested, ""), &data);
    assert_eq!(strokes(&scene), [2, 2]);
    let scene = draw_rows(&book("<mark class='Line' />", SUM, KIND, ""), &data);
    assert_eq!(strokes(&scene), [4]);
}

#[test]
fn lines_go_in_steps_and_jumps() {
    let pane = |way: &str| {
        format!(
            "<mark class='Line' /><style><style-rule element='mark'><format attr='line-interpolation' value='{way}' />\
             </style-rule></style>"
        )
    };
    let scene = draw_rows(&book(&pane("step"), SUM, KIND, ""), &three());
    assert_eq!(strokes(&scene), [5]);
    let scene = draw_rows(&book(&pane("jump"), SUM, KIND, ""), &three());
    let level = |item: &&Item| matches!(item, Item::Line(from, to, _) if from.1 == to.1 && from.0 < to.0);
    let lines = within(&scene, "marks");
    assert_eq!(lines.iter().filter(|item| level(item)).count(), 2);
    assert_eq!(lines.len(), 2);
}

#[test]
fn axes_of_several_measures_have_colours_by_their_names() {
    let pane = "<mark class='Bar' /><encodings><color column='[ds].[:Measure Names]' /></encodings>";
    let both = format!("({SUM} + {COST})");
    let data = vec![
        (KIND, texts(&["A", "B"])),
        (SUM, reals(&[10.0, 20.0])),
        (COST, reals(&[1.0, 2.0])),
    ];
    let scene = draw_rows(&book(pane, &both, KIND, ""), &data);
    let bars = rects(&scene, "marks");
    let fills: Vec<_> = bars.iter().map(|(_, style)| style.fill.clone()).collect();
    assert_eq!(fills.len(), 4);
    assert!(fills[0] == fills[1] && fills[2] == fills[3] && fills[0] != fills[2]);
    assert!(has_word(&scene, "sum:cost:qk"), "the legend names both");
}

#[test]
fn missing_values_are_counted_unless_they_lie_at_zero() {
    let data: Data = vec![
        (KIND, texts(&["A", "B", "C"])),
        (SUM, vec![Value::Real(10.0), Value::Null, Value::Real(30.0)]),
    ];
    let said = |formats: &str| {
        let style = format!("<style><style-rule element='table'>{formats}</style-rule></style>");
        let scene = draw_rows(&book("<mark class='Circle' />", SUM, KIND, &style), &data);
        (has_word(&scene, "1 null"), within(&scene, "marks").len())
    };
    let format = |attr: &str, value: &str| format!("<format attr='{attr}' field='{SUM}' value='{value}' />");
    assert_eq!(said(""), (true, 2));
    assert_eq!(said(&format("show-null-value-warning", "false")), (false, 2));
    assert_eq!(said(&format("omit-on-special", "false")), (false, 3));
}

#[test]
fn the_first_mark_of_a_stack_is_farthest_from_its_axis() {
    let pane = format!("<mark class='Bar' /><encodings><lod column='{GROUP}' /></encodings>");
    let data = vec![
        (KIND, texts(&["A", "A", "A"])),
        (GROUP, texts(&["x", "y", "z"])),
        (SUM, reals(&[10.0, 20.0, 30.0])),
    ];
    let bars = rects(&draw_rows(&book(&pane, SUM, KIND, ""), &data), "marks");
    // From the top down: 10, 20, 30.
    let mut sorted: Vec<Rect> = bars.iter().map(|(bar, _)| *bar).collect();
    sorted.sort_by(|a, b| a.y.total_cmp(&b.y));
    assert!(
        sorted[0].height < sorted[1].height && sorted[1].height < sorted[2].height,
        "{sorted:?}"
    );
}

#[test]
fn density_is_one_picture_of_each_pane() {
    let pane = format!("<mark class='Heatmap' /><encodings><lod column='{KIND}' /></encodings>");
    let data = vec![
        (KIND, texts(&["A", "B", "C"])),
        (COST, reals(&[1.0, 1.2, 9.0])),
        (SUM, reals(&[5.0, 5.0, 9.0])),
    ];
    let scene = draw_rows(&book(&pane, SUM, COST, ""), &data);
    let marks = within(&scene, "marks");
    assert!(matches!(marks.as_slice(), [Item::Bitmap(..)]), "{marks:?}");
}

#[test]
fn classes_that_are_not_known_are_told() {
    let book = book("<mark class='Hologram' />", SUM, KIND, "");
    let data = three();
    let rows = one_pane(&data);
    let picture = draw_sheet(&request(&book, &rows));
    let said: Vec<&str> = picture
        .diagnostics
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert!(said.iter().any(|text| text.contains("hologram")), "{said:?}");
}

#[test]
fn circles_grow_by_area_up_to_the_largest_and_the_first_of_the_legend_lies_in_front() {
    let pane = format!(
        "<mark class='Circle' /><encodings><size column='{SUM}' /><color column='{KIND}' /></encodings>\
         <style><style-rule element='mark'><format attr='size' value='2' /></style-rule></style>"
    );
    let data = vec![
        (KIND, texts(&["A", "B"])),
        (SUM, reals(&[25.0, 100.0])),
        (COST, reals(&[1.0, 2.0])),
    ];
    let scene = draw_rows(&book(&pane, COST, "", ""), &data);
    let circle = |item: &Item| match item {
        Item::Circle(_, radius, _) => Some(radius * 2.0),
        _ => None,
    };
    let wide: Vec<f64> = within(&scene, "marks").into_iter().filter_map(circle).collect();
    // The last one drawn is A: a quarter of the area has half the diameter.
    assert_eq!(wide, [40.0, 20.0]);
}

#[test]
fn filled_shapes_have_edges_and_open_ones_none() {
    let pane = |shape: &str| {
        format!(
            "<mark class='Shape' /><style><style-rule element='mark'><format attr='shape' value='{shape}' />\
             <format attr='has-stroke' value='true' /><format attr='stroke-color' value='#123456' />\
             </style-rule></style>"
        )
    };
    let style = |shape: &str| {
        let scene = draw_rows(&book(&pane(shape), SUM, KIND, ""), &three());
        let of = |item: &&Item| match item {
            Item::Circle(_, _, style) | Item::Path(_, style) => style.clone(),
            other => panic!("{other:?}"),
        };
        let marks = within(&scene, "marks");
        marks.iter().map(of).next().unwrap()
    };
    let edge = |shape: &str| style(shape).stroke.map(|stroke| stroke.color.to_string());
    assert_eq!(edge(":filled/circle").as_deref(), Some("#123456"));
    // A star.
    assert_eq!(edge(":filled/asterisk").as_deref(), Some("#123456"));
    assert_ne!(edge("circle").as_deref(), Some("#123456"));
    assert!(style("circle").fill.is_none());
}

#[test]
fn marks_that_are_not_selected_step_back() {
    let named = |text: &str| {
        vec![(
            FieldRef::parse(KIND, "ds").unwrap(),
            Literal::parse(&format!("\"{text}\"")),
        )]
    };
    let pane = "<mark class='Bar' /><style><style-rule element='mark'>\
                <format attr='mark-labels-show' value='true' /></style-rule></style>";
    let drawn = |selected: &[Tuple]| {
        let (book, data) = (book(pane, SUM, KIND, ""), three());
        let sheet = one_pane(&data);
        draw_sheet(&SheetRequest {
            selected,
            ..request(&book, &sheet)
        })
        .scene
    };
    let look = |scene: &Scene| {
        let bars = rects(scene, "marks");
        let fills: Vec<_> = bars.iter().map(|(_, style)| style.fill.clone()).collect();
        let edges: Vec<bool> = bars.iter().map(|(_, style)| style.stroke.is_some()).collect();
        let label = |word: &str| words(scene).iter().find(|text| text.text == word).unwrap().color;
        (fills, edges, label("10"), label("20"))
    };
    let (plain, edges, first, second) = look(&drawn(&[]));
    assert_eq!((edges, first), (vec![false; 3], second));
    let (fills, edges, first, second) = look(&drawn(&[named("B")]));
    assert_eq!(edges, [false, true, false]);
    assert!(fills[1] == plain[1] && fills[0] != plain[0] && fills[0] == fills[2]);
    assert_ne!(first, second, "labels step back with their marks");
    // What is no longer in the view leaves all as they are.
    assert_eq!(look(&drawn(&[named("gone")])).0, plain);
}

#[test]
fn marks_that_share_a_cell_stay_in_it() {
    let pane = format!("<mark class='Shape' /><encodings><lod column='{GROUP}' /></encodings>");
    let names: Vec<String> = (0..200).map(|at| format!("{at}")).collect();
    let all: Vec<&str> = names.iter().chain(&names[..3]).map(String::as_str).collect();
    let kinds: Vec<&str> = (0..203).map(|at| if at < 200 { "A" } else { "B" }).collect();
    let data = vec![(KIND, texts(&kinds)), (GROUP, texts(&all))];
    let scene = draw_rows(&book(&pane, KIND, "", ""), &data);
    let mut lines: Vec<(f64, usize)> = Vec::new();
    for item in within(&scene, "marks") {
        let Item::Circle((_, y), _, _) = item else {
            panic!("{item:?}")
        };
        match lines.iter_mut().find(|(known, _)| known == y) {
            Some((_, count)) => *count += 1,
            None => lines.push((*y, 1)),
        }
    }
    // A line for each kind: of the many, those that fit.
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[0].1 > 20 && lines[0].1 < 200 && lines[1].1 == 3,
        "{lines:?}"
    );
}
