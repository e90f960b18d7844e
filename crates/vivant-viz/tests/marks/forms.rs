//! Forms of marks, and what becomes of values that are missing.

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
    let rows = SheetRows {
        panes: vec![(0, 0)],
        frames: vec![rows(&data)],
        ..SheetRows::default()
    };
    let picture = draw_sheet(&SheetRequest {
        workbook: &book,
        sheet: &book.sheets[0],
        rows: &rows,
        width: 600.0,
        height: 400.0,
        fit: Fit::Standard,
        alone: true,
        legends: true,
        title: false,
    });
    let said: Vec<&str> = picture
        .diagnostics
        .iter()
        .map(|one| one.message.as_str())
        .collect();
    assert!(said.iter().any(|text| text.contains("hologram")), "{said:?}");
}
