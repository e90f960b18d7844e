//! Labels: whose are shown, and where they stand.

use super::*;

/// Two lines over three members.
fn two_lines() -> Data {
    vec![
        (KIND, texts(&["A", "B", "C", "A", "B", "C"])),
        (GROUP, texts(&["x", "x", "x", "y", "y", "y"])),
        (SUM, reals(&[10.0, 20.0, 30.0, 60.0, 50.0, 40.0])),
    ]
}

fn labels(scene: &Scene) -> Vec<&Text> {
    within(scene, "labels")
        .into_iter()
        .filter_map(|item| match item {
            Item::Text(text) => Some(text),
            _ => None,
        })
        .collect()
}

fn said(scene: &Scene) -> Vec<&str> {
    let mut said: Vec<&str> = labels(scene).iter().map(|text| text.text.as_str()).collect();
    said.sort_unstable();
    said
}

#[test]
fn what_is_the_same_along_a_line_is_written_at_its_end() {
    let pane = format!(
        "<mark class='Line' /><encodings><color column='{GROUP}' /><text column='{GROUP}' /></encodings>"
    );
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &two_lines());
    assert_eq!(said(&scene), ["x", "y"]);
    // A number differs from point to point.
    let pane = format!(
        "<mark class='Line' /><encodings><color column='{GROUP}' /><text column='{SUM}' /></encodings>"
    );
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &two_lines());
    assert_eq!(labels(&scene).len(), 6);
}

#[test]
fn labels_of_line_ends_stand_beside_them() {
    let pane = format!(
        "<mark class='Line' /><encodings><color column='{GROUP}' /><text column='{GROUP}' /></encodings>\
         <style><style-rule element='cell'><format attr='vertical-align' value='center' /></style-rule>\
         <style-rule element='mark'><format attr='mark-labels-show' value='true' />\
         <format attr='mark-labels-mode' value='line-ends' /></style-rule></style>"
    );
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &two_lines());
    assert_eq!(said(&scene), ["x", "x", "y", "y"]);
    let ends: Vec<f64> = within(&scene, "marks")
        .into_iter()
        .filter_map(|item| match item {
            Item::Path(path, _) => Some(bounds(path)),
            _ => None,
        })
        .flat_map(|area| [area.x, area.right()])
        .collect();
    let (first, last) = (
        ends.iter().copied().fold(f64::INFINITY, f64::min),
        ends.iter().copied().fold(0.0, f64::max),
    );
    for label in labels(&scene) {
        let right = label.at.0 + label.font.width(&label.text);
        assert!(right < first || label.at.0 > last, "{label:?}: {first} to {last}");
    }
}

#[test]
fn an_axis_makes_room_for_the_label_of_its_longest_bar() {
    let pane = format!("<mark class='Bar' /><encodings><text column='{KIND}' /></encodings>");
    let long = "as long as half of its bar";
    let data = vec![
        (KIND, texts(&[long, "B", "C"])),
        (SUM, reals(&[30.0, 20.0, 10.0])),
    ];
    let scene = draw_rows(&book(&pane, KIND, SUM, ""), &data);
    let bars = rects(&scene, "marks");
    let longest = bars.iter().map(|(bar, _)| bar.right()).fold(0.0, f64::max);
    let label = labels(&scene).into_iter().find(|text| text.text == long);
    let label = label.expect("the longest bar has its label");
    assert!(label.at.0 > longest);
    assert!(label.at.0 + label.font.width(long) <= scene.width);
    // The axis ends where the label does, not far beyond.
    assert!(longest > 100.0, "{longest}");
}

#[test]
fn single_labels_are_shown_hidden_and_moved() {
    let tuple = |kind: &str, more: &str| {
        format!(
            "<mark-label {more}><tuple-reference><tuple-descriptor><pane-descriptor><x-fields><field>{KIND}</field></x-fields>\
             </pane-descriptor><columns><field>{KIND}</field><field>{SUM}</field></columns></tuple-descriptor>\
             <tuple><value>&quot;{kind}&quot;</value><value>20.0</value></tuple></tuple-reference>"
        )
    };
    let pane = |shown: &str| {
        format!(
            "<mark class='Circle' /><encodings><text column='{KIND}' /></encodings><style><style-rule element='mark'>\
             <format attr='mark-labels-show' value='{shown}' /></style-rule></style>"
        )
    };
    let on = format!(
        "<mark-labels>{}</mark-label></mark-labels>",
        tuple("B", "label-state='on'")
    );
    let scene = draw_rows(&book(&pane("false"), SUM, KIND, &on), &three());
    assert_eq!(said(&scene), ["B"]);
    let off = format!(
        "<mark-labels>{}</mark-label></mark-labels>",
        tuple("C", "label-state='off'")
    );
    let scene = draw_rows(&book(&pane("true"), SUM, KIND, &off), &three());
    assert_eq!(said(&scene), ["A", "B"]);
    let still = labels(&scene)[1].at;
    let moved = format!(
        "<mark-labels>{}<label-position x='7' y='-30' /></mark-label></mark-labels>",
        tuple("B", "")
    );
    let scene = draw_rows(&book(&pane("true"), SUM, KIND, &moved), &three());
    let at = labels(&scene)
        .into_iter()
        .find(|text| text.text == "B")
        .unwrap()
        .at;
    near(at.0, still.0 + 7.0);
    assert!(at.1 > still.1 + 25.0, "{at:?} is not below {still:?}");
}

#[test]
fn labels_keep_off_other_marks() {
    let pane = format!(
        "<mark class='Circle' /><encodings><lod column='{KIND}' /><text column='{KIND}' /></encodings>"
    );
    let data = vec![
        (KIND, texts(&["low", "middle", "high", "far"])),
        (COST, reals(&[5.0, 5.0, 5.0, 9.0])),
        (SUM, reals(&[4.7, 5.0, 5.3, 9.0])),
    ];
    let scene = draw_rows(&book(&pane, SUM, COST, ""), &data);
    // The one in the middle has a mark above and below, the lowest one stands below.
    assert_eq!(said(&scene), ["far", "high", "low"]);
}

#[test]
fn labels_of_pies_stand_beside_them() {
    let pane = format!(
        "<mark class='Pie' /><encodings><color column='{KIND}' /><wedge-size column='{SUM}' /><text column='{KIND}' />\
         </encodings>"
    );
    let names = ["one of them", "a second", "the third", "number four", "the last"];
    let data: Data = vec![
        (KIND, texts(&names)),
        (SUM, reals(&[10.0, 20.0, 15.0, 25.0, 12.0])),
    ];
    let scene = draw_rows(&book(&pane, "", "", ""), &data);
    let corners = |item: &Item| match item {
        Item::Path(path, _) => Some(
            path.0
                .iter()
                .filter_map(|step| match step {
                    Step::Move(x, y) | Step::Line(x, y) => Some((*x, *y)),
                    _ => None,
                })
                .collect::<Vec<(f64, f64)>>(),
        ),
        _ => None,
    };
    let slices: Vec<Vec<(f64, f64)>> = within(&scene, "marks").into_iter().filter_map(corners).collect();
    assert_eq!(slices.len(), 5);
    // All slices meet in the middle.
    let apart = |a: (f64, f64), b: (f64, f64)| (a.0 - b.0).hypot(a.1 - b.1);
    let is_shared = |at: &&(f64, f64)| {
        slices
            .iter()
            .all(|slice| slice.iter().any(|own| apart(**at, *own) < 0.01))
    };
    let &(x, y) = slices[0].iter().find(is_shared).unwrap();
    let radius = slices
        .iter()
        .flatten()
        .map(|at| apart(*at, (x, y)))
        .fold(0.0, f64::max);
    assert!(radius > 20.0);
    let labels = labels(&scene);
    assert_eq!(labels.len(), 5);
    for label in labels {
        // From the left end of its base line upwards.
        let (from, to) = (label.at.0, label.at.0 + label.font.width(&label.text));
        let dx = (from - x).max(x - to).max(0.0);
        let dy = (label.at.1 - label.font.cap_height() - y)
            .max(y - label.at.1)
            .max(0.0);
        assert!(dx.hypot(dy) > radius + 2.0, "{}: {dx} {dy} {radius}", label.text);
    }
}

#[test]
fn long_labels_of_stacked_bars_take_two_lines() {
    let pane = format!(
        "<mark class='Bar' /><encodings><color column='{GROUP}' /><text column='{GROUP}' /></encodings>"
    );
    let data: Data = vec![
        (KIND, texts(&["A", "A"])),
        (GROUP, texts(&["pens and ink", "x"])),
        (SUM, reals(&[10.0, 10.0])),
    ];
    let scene = draw_rows(&book(&pane, SUM, KIND, ""), &data);
    let found: Vec<&str> = labels(&scene).iter().map(|text| text.text.trim()).collect();
    assert!(found.len() > 2, "{found:?}");
    assert_eq!(found.join(" "), "pens and ink x");
}
