//! Captions that say by themselves what a sheet shows.

use vivant_document::spec::{WorkbookSpec, workbook};
use vivant_document::{Document, Limits};

use super::{Data, SUM, one_pane, reals, texts, words};

const KIND: &str = "[ds].[none:kind:nk]";
const GROUP: &str = "[ds].[none:group:nk]";
const COST: &str = "[ds].[avg:cost:qk]";

/// A sheet with its caption shown, which was never written.
fn book(pane: &str, rows: &str, cols: &str, filters: &str) -> WorkbookSpec {
    let column = |field: &str, role: &str, kind: &str, data: &str| {
        let caption = format!("{}{}", field[..1].to_uppercase(), &field[1..]);
        format!(
            "<column caption='{caption}' datatype='{data}' name='[{field}]' role='{role}' type='{kind}' />"
        )
    };
    let columns = [
        column("kind", "dimension", "nominal", "string"),
        column("group", "dimension", "nominal", "string"),
        column("amount", "measure", "quantitative", "real"),
        column("cost", "measure", "quantitative", "real"),
    ]
    .concat();
    let instance = |field: &str, derivation: &str, name: &str, kind: &str| {
        format!(
            "<column-instance column='[{field}]' derivation='{derivation}' name='[{name}]' pivot='key' type='{kind}' />"
        )
    };
    let instances = [
        instance("kind", "None", "none:kind:nk", "nominal"),
        instance("group", "None", "none:group:nk", "nominal"),
        instance("amount", "Sum", "sum:amount:qk", "quantitative"),
        instance("cost", "Avg", "avg:cost:qk", "quantitative"),
    ]
    .concat();
    let text = format!(
        "<workbook version='18.1'><datasources><datasource name='ds'>{columns}</datasource></datasources>\
         <worksheets><worksheet name='S'><table><view><datasources><datasource name='ds' /></datasources>\
         <datasource-dependencies datasource='ds'>{columns}{instances}</datasource-dependencies>{filters}</view>\
         <panes><pane>{pane}</pane></panes><rows>{rows}</rows><cols>{cols}</cols></table></worksheet></worksheets>\
         <windows><window class='worksheet' name='S'><cards><edge name='bottom'><strip><card type='caption' /></strip>\
         </edge></cards></window></windows></workbook>"
    );
    let document = Document::parse(text, &Limits::default()).unwrap();
    workbook(&document).value
}

#[track_caller]
fn check(pane: &str, (rows, cols): (&str, &str), filters: &str, expected: &str) {
    let data: Data = vec![
        (KIND, texts(&["A", "B"])),
        (GROUP, texts(&["x", "y"])),
        (SUM, reals(&[1.0, 2.0])),
        (COST, reals(&[3.0, 4.0])),
    ];
    let scene = super::draw(&book(pane, rows, cols, filters), &one_pane(&data));
    let all: Vec<&str> = words(&scene).into_iter().map(|text| text.text.as_str()).collect();
    let said = all.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(expected), "{said}");
}

#[test]
fn captions_say_what_is_against_what() {
    let color = format!("<mark class='Bar' /><encodings><color column='{GROUP}' /></encodings>");
    check(
        &color,
        (KIND, SUM),
        "",
        "Sum of Amount for each Kind. Color shows details about Group.",
    );
    check(
        "<mark class='Bar' />",
        (SUM, &format!("({GROUP} / {KIND})")),
        "",
        "Sum of Amount for each Kind broken down by Group.",
    );
    let shades = format!("<mark class='Line' /><encodings><color column='{COST}' /></encodings>");
    check(
        &shades,
        (SUM, KIND),
        "",
        "The trend of sum of Amount for Kind. Color shows average of Cost.",
    );
    let points = format!(
        "<mark class='Circle' /><encodings><lod column='{KIND}' /><text column='{GROUP}' /></encodings>"
    );
    check(
        &points,
        (SUM, COST),
        "",
        "Average of Cost vs. sum of Amount. The marks are labeled by Group. Details are shown for Kind.",
    );
    let cells = format!("<mark class='Text' /><encodings><text column='{SUM}' /></encodings>");
    check(
        &cells,
        (KIND, GROUP),
        "",
        "Sum of Amount broken down by Group vs. Kind.",
    );
}

#[test]
fn captions_say_what_filters_keep() {
    let member = |level: &str, value: &str| {
        format!("<groupfilter function='member' level='[none:{level}:nk]' member='&quot;{value}&quot;' />")
    };
    let filter = |level: &str, more: &str, inside: String| {
        format!("<filter class='categorical' column='[ds].[none:{level}:nk]' {more}>{inside}</filter>")
    };
    let some = format!(
        "<groupfilter function='union'>{}{}</groupfilter>",
        member("kind", "A"),
        member("kind", "B")
    );
    let without = format!(
        "<groupfilter function='except'><groupfilter function='level-members' level='[none:group:nk]' />{}</groupfilter>",
        member("group", "z")
    );
    let bars = "<mark class='Bar' />";
    check(
        bars,
        (KIND, SUM),
        &(filter("kind", "", some.clone()) + &filter("group", "", without.clone())),
        "for each Kind. The data is filtered on Group, which excludes z. The view is filtered on Kind, which keeps A \
         and B.",
    );
    check(
        bars,
        (SUM, ""),
        &(filter("kind", "context='true'", some) + &filter("group", "context='true'", without)),
        "Sum of Amount. The context is filtered on Kind and Group. The Kind filter keeps A and B. The Group filter \
         excludes z.",
    );
}
