//! Dashboards and stories as pictures: of the samples, by their outlines, and of small ones made here.

#![cfg(feature = "draw")]

#[path = "../examples/shared/mod.rs"]
mod shared;

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use vivant::{Ask, Book, Drawn, ViewSize};
use vivant_document::display::Language;
use vivant_render::{Group, Item, Rect};

/// Writes what is where: a line for each zone, with its texts. Of worksheets, only where they are: what is in them has
/// tests of its own.
fn outline(drawn: &Drawn) -> String {
    let mut out = format!("{} × {}\n", drawn.scene.width, drawn.scene.height);
    zones(&drawn.scene.items, 0, &mut out);
    out
}

fn zones(items: &[Item], depth: usize, out: &mut String) {
    for item in items {
        let Item::Group(group) = item else { continue };
        let Some(Rect { x, y, width, height }) = group.clip else {
            continue;
        };
        out.push_str(&format!(
            "{}{} {x},{y} {width}×{height}",
            "  ".repeat(depth),
            group.class
        ));
        match group.class.as_str() {
            "worksheet" | "table" => out.push('\n'),
            "story" | "navigator" => {
                out.push('\n');
                zones(&group.items, depth + 1, out);
            }
            _ => out.push_str(&format!(": {}\n", texts(group).join(" | "))),
        }
    }
}

fn texts(group: &Group) -> Vec<String> {
    let mut found = Vec::new();
    for item in &group.items {
        match item {
            Item::Text(text) if !text.text.trim().is_empty() => found.push(text.text.trim().to_owned()),
            Item::Group(inner) => found.extend(texts(inner)),
            _ => {}
        }
    }
    found
}

/// Compares with a file, which is written anew where `UPDATE_OUTLINES` is set.
fn same_as_file(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/outlines")
        .join(name);
    if std::env::var_os("UPDATE_OUTLINES").is_some() {
        std::fs::write(&path, found).expect("the folder of outlines takes files");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{} differs; set UPDATE_OUTLINES=1 and look at what changed. Now it is:\n{found}",
        path.display()
    );
}

#[test]
fn dashboards_of_the_samples_have_their_outlines() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    for (file, name) in [
        ("Palmer Penguins.twbx", "penguins.txt"),
        ("Flights from New York.twbx", "flights.txt"),
        ("Office Supplies.twbx", "office.txt"),
    ] {
        let book = shared::open(&samples.join(file))
            .expect("a workbook")
            .expect("it opens");
        let mut found = String::new();
        for dashboard in &book.spec.dashboards {
            let drawn = book
                .draw(&dashboard.name, ViewSize::default(), &Ask::default())
                .expect("a picture");
            found.push_str(&format!("{}: {}", dashboard.name, outline(&drawn)));
        }
        same_as_file(name, &found);
    }
}

const ROWS: &str =
    "region,day,amount\nEast,2023-01-10,10\nEast,2024-02-01,5\nWest,2023-03-01,2.5\nNorth,2024-04-01,1\n";

const SOURCE: &str = "<datasource name='Parameters' hasconnection='false'>\
    <column caption='Factor' datatype='integer' name='[Parameter 1]' param-domain-type='list' role='measure' type='quantitative' value='1'>\
    <calculation class='tableau' formula='1' /><members><member value='1' alias='one' /><member value='3' alias='three' /></members></column></datasource>\
    <datasource caption='Orders' name='ds'><connection class='federated'><named-connections><named-connection name='t'>\
    <connection class='textscan' directory='Data' filename='orders.csv' /></named-connection></named-connections>\
    <relation connection='t' name='orders.csv' table='[orders#csv]' type='table' /></connection>\
    <column caption='Region' datatype='string' name='[region]' role='dimension' type='nominal'>\
    <aliases><alias key='&quot;East&quot;' value='Orient' /></aliases></column>\
    <column caption='Day' datatype='date' name='[day]' role='dimension' type='ordinal' />\
    <column caption='Amount' datatype='real' name='[amount]' role='measure' type='quantitative' default-format='n0.0' />\
    <column caption='Scaled' datatype='real' name='[scaled]' role='measure' type='quantitative'>\
    <calculation class='tableau' formula='[amount] * [Parameters].[Parameter 1]' /></column></datasource>";

/// A worksheet of sums by region, with filters.
fn sheet(name: &str, measure: &str, filters: &str) -> String {
    format!(
        "<worksheet name='{name}'><table><view><datasources><datasource name='ds' /></datasources>\
         <datasource-dependencies datasource='ds'>\
         <column-instance column='[region]' derivation='None' name='[none:region:nk]' type='nominal' />\
         <column-instance column='[amount]' derivation='None' name='[none:amount:qk]' type='quantitative' />\
         <column-instance column='[{measure}]' derivation='Sum' name='[sum:{measure}:qk]' type='quantitative' />\
         </datasource-dependencies>{filters}<aggregation value='true' /></view>\
         <panes><pane><mark class='Automatic' /><encodings><text column='[ds].[sum:{measure}:qk]' /></encodings></pane></panes>\
         <rows>[ds].[none:region:nk]</rows><cols /></table></worksheet>"
    )
}

/// A filter that keeps one region.
fn keeps(region: &str) -> String {
    format!(
        "<filter class='categorical' column='[ds].[none:region:nk]'>\
         <groupfilter function='member' level='[none:region:nk]' member='&quot;{region}&quot;' /></filter>"
    )
}

const SIZE: &str =
    "<size minwidth='400' maxwidth='400' minheight='300' maxheight='300' sizing-mode='fixed' />";

fn dashboard(name: &str, zones: &str) -> String {
    format!("<dashboard name='{name}'>{SIZE}<zones>{zones}</zones></dashboard>")
}

/// A zone that fills a part of the height, in tenths.
fn zone(attributes: &str, from: u32, length: u32, inside: &str) -> String {
    format!("<zone {attributes} x='0' y='{from}0000' w='100000' h='{length}0000'>{inside}</zone>")
}

/// Opens a workbook of worksheets and dashboards, with files in its package.
fn open(sheets: &str, dashboards: &str, files: &[(&str, &[u8])]) -> (tempfile::TempDir, Book) {
    open_as("", sheets, dashboards, files)
}

/// Opens a workbook with attributes of its own.
fn open_as(
    attributes: &str,
    sheets: &str,
    dashboards: &str,
    files: &[(&str, &[u8])],
) -> (tempfile::TempDir, Book) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("book.twbx");
    let document = format!(
        "<workbook version='18.1' {attributes}><datasources>{SOURCE}</datasources><worksheets>{sheets}</worksheets>\
         <dashboards>{dashboards}</dashboards></workbook>"
    );
    let mut zip = zip::ZipWriter::new(File::create(&path).expect("a file"));
    let options = zip::write::SimpleFileOptions::default();
    let own: [(&str, &[u8]); 2] = [
        ("book.twb", document.as_bytes()),
        ("Data/orders.csv", ROWS.as_bytes()),
    ];
    for (name, bytes) in own.iter().chain(files) {
        zip.start_file(*name, options).expect("an entry");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("the end");
    let book = shared::open(&path).expect("a workbook").expect("it opens");
    (folder, book)
}

fn draw(book: &Book, view: &str, ask: &Ask) -> Drawn {
    book.draw(view, ViewSize::default(), ask).expect("a picture")
}

/// All texts of a picture.
fn words(drawn: &Drawn) -> Vec<String> {
    texts(&Group {
        items: drawn.scene.items.clone(),
        ..Group::default()
    })
}

fn messages(drawn: &Drawn) -> String {
    let all: Vec<String> = drawn.diagnostics.iter().map(ToString::to_string).collect();
    all.join("\n")
}

#[test]
fn filter_cards_show_what_is_chosen() {
    let filters = format!(
        "{}<filter class='quantitative' column='[ds].[none:amount:qk]' included-values='in-range'><min>2</min><max>10</max></filter>",
        keeps("East")
    );
    let list = |more: &str| {
        let attributes = format!("id='5' type-v2='filter' name='S' param='[ds].[none:region:nk]' {more}");
        dashboard("D", &zone("id='2' name='S'", 0, 4, ""))
            .replace("</zones>", &format!("{}</zones>", zone(&attributes, 4, 5, "")))
    };
    let check = |more: &str, ask: &Ask, expected: &str| {
        let (_folder, book) = open(&sheet("S", "amount", &filters), &list(more), &[]);
        let drawn = draw(&book, "D", ask);
        let outline = outline(&drawn);
        let line = outline
            .lines()
            .find(|line| line.starts_with("filter"))
            .unwrap_or_default();
        assert_eq!(
            line.split_once(": ").map(|(_, texts)| texts),
            Some(expected),
            "{more}\n{}",
            messages(&drawn)
        );
    };
    let nothing = Ask::default();
    check("", &nothing, "Region | (All) | Orient | North | West");
    check(
        "mode='radiolist' show-all='false'",
        &nothing,
        "Region | Orient | North | West",
    );
    // North has no amount between 2 and 10.
    check("values='relevant'", &nothing, "Region | (All) | Orient | West");
    check("mode='checkdropdown'", &nothing, "Region | Orient");
    check("mode='typeinlist'", &nothing, "Region | Orient");
    let west = Ask {
        filters: vec![("Region".to_owned(), vec!["West".to_owned()])],
        ..Ask::default()
    };
    check("mode='dropdown'", &west, "Region | West");
    let (_folder, book) = open(
        &sheet("S", "amount", &filters),
        &dashboard(
            "D",
            &format!(
                "{}{}",
                zone("id='2' name='S'", 0, 4, ""),
                zone(
                    "id='5' type-v2='filter' name='S' param='[ds].[none:amount:qk]'",
                    4,
                    5,
                    ""
                )
            ),
        ),
        &[],
    );
    let drawn = draw(&book, "D", &nothing);
    assert!(
        outline(&drawn).contains(": Amount | 2.0 | 10.0\n"),
        "{}",
        outline(&drawn)
    );
}

#[test]
fn a_point_of_a_story_changes_filters_and_parameters() {
    let story = |active: u32| {
        format!(
            "{}<dashboard name='T' type='storyboard'>{SIZE}<zones>{}{}</zones></dashboard>",
            dashboard("D", &zone("id='2' name='S'", 0, 9, "")),
            zone("id='4' type-v2='flipboard-nav' paired-zone-id='5'", 0, 3, ""),
            zone(
                "id='5' type-v2='flipboard' paired-zone-id='4'",
                3,
                7,
                &format!(
                    "<flipboard active-id='{active}' nav-type='caption'><story-points>\
                     <story-point caption='All of it' captured-sheet='S' id='1' />\
                     <story-point caption='West' captured-sheet='D' id='2'><capturedDeltas>\
                     <worksheet name='S'>{}</worksheet></capturedDeltas></story-point>\
                     <story-point caption='Times three' captured-sheet='S' id='3'><capturedDeltas>\
                     <datasource name='Parameters'><column name='[Parameter 1]' value='3' /></datasource>\
                     </capturedDeltas></story-point>\
                     <story-point caption='Other way' captured-sheet='S' id='4'><capturedDeltas><worksheet name='S'>\
                     <alphabetic-sort column='[ds].[none:region:nk]' direction='DESC' />\
                     <annotations><annotation class='point' delta-type='added' id='0'>\
                     <formatted-text><run>Look here</run></formatted-text><point><visual-coordinate class='mark'>\
                     <tuple-reference><tuple-descriptor><columns><field>[ds].[none:region:nk]</field></columns>\
                     </tuple-descriptor><tuple><value>&quot;West&quot;</value></tuple></tuple-reference>\
                     </visual-coordinate></point></annotation></annotations></worksheet></capturedDeltas></story-point>\
                     </story-points></flipboard>",
                    keeps("West")
                )
            )
        )
    };
    let check = |active: u32, ask: &Ask, there: &[&str], missing: &[&str]| {
        let (_folder, book) = open(&sheet("S", "scaled", ""), &story(active), &[]);
        let words = words(&draw(&book, "T", ask));
        for text in there {
            assert!(
                words.iter().any(|word| word == text),
                "{active}: {text} in {words:?}"
            );
        }
        for text in missing {
            assert!(
                !words.iter().any(|word| word == text),
                "{active}: {text} in {words:?}"
            );
        }
    };
    let nothing = Ask::default();
    check(
        1,
        &nothing,
        &["All of it", "Times three", "Orient", "West", "15.0"],
        &["7.5"],
    );
    check(2, &nothing, &["West", "2.5"], &["Orient"]);
    check(3, &nothing, &["Orient", "45.0"], &["15.0"]);
    check(1, &nothing, &[], &["Look here"]);
    check(4, &nothing, &["Look here", "Orient"], &[]);
    let regions = |active: u32| -> Vec<String> {
        let (_folder, book) = open(&sheet("S", "scaled", ""), &story(active), &[]);
        let mut words = words(&draw(&book, "T", &nothing));
        words.retain(|word| ["Orient", "North", "West"].contains(&word.as_str()));
        // The navigator has one of them, too.
        words.split_off(words.len() - 3)
    };
    let mut turned = regions(4);
    turned.reverse();
    assert_eq!(turned, regions(1));
    // What is asked for wins over what the point changes.
    let one = Ask {
        parameters: vec![("Factor".to_owned(), "1".to_owned())],
        ..Ask::default()
    };
    check(3, &one, &["15.0"], &["45.0"]);
}

#[test]
fn pictures_that_cannot_be_drawn_leave_a_place() {
    let image = |path: &str, from: u32| {
        zone(
            &format!("id='{}' type-v2='bitmap' is-scaled='1' param='{path}'", from + 10),
            from,
            2,
            "",
        )
    };
    // A PNG that says it has 60,000 × 60,000 pixels.
    let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    bomb.extend_from_slice(&60_000_u32.to_be_bytes());
    bomb.extend_from_slice(&60_000_u32.to_be_bytes());
    bomb.extend_from_slice(&[8, 6, 0, 0, 0, 0, 0, 0, 0]);
    let vector = b"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='40' height='20'>\
        <image xlink:href='file:///etc/hostname' width='9' height='9'/><rect width='40' height='20' fill='#00f'/></svg>";
    let zones = [
        image("Image/bomb.png", 0),
        image("Image/text.png", 2),
        image("Image/none.png", 4),
        image("Image/good.svg", 6),
        zone("id='90' type-v2='web' param='https://example.com'", 8, 1, ""),
    ];
    let (_folder, book) = open(
        "",
        &dashboard("D", &zones.concat()),
        &[
            ("Image/bomb.png", &bomb),
            ("Image/text.png", b"not a picture"),
            ("Image/good.svg", vector),
        ],
    );
    let drawn = draw(&book, "D", &Ask::default());
    let said = messages(&drawn);
    for part in ["Image/bomb.png", "Image/text.png", "Image/none.png", "web pages"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("good.svg"), "{said}");
    let bitmaps = drawn.scene.items.iter().filter_map(|item| match item {
        Item::Group(group) => group.items.iter().find_map(|item| match item {
            Item::Bitmap(place, _) => Some(*place),
            _ => None,
        }),
        _ => None,
    });
    // As high as its zone, and twice as wide.
    assert_eq!(bitmaps.collect::<Vec<_>>(), [Rect::new(0.0, 180.0, 120.0, 60.0)]);
}

#[test]
fn a_sheet_without_an_answer_leaves_a_place_and_all_together_are_an_error() {
    let sheets = format!("{}{}", sheet("S", "amount", ""), sheet("Broken", "nowhere", ""));
    let both = format!(
        "{}{}",
        zone("id='2' name='S'", 0, 5, ""),
        zone("id='3' name='Broken'", 5, 5, "")
    );
    let boards = format!(
        "{}{}",
        dashboard("D", &both),
        dashboard("E", &zone("id='3' name='Broken'", 0, 5, ""))
    );
    let (_folder, book) = open(&sheets, &boards, &[]);
    let drawn = draw(&book, "D", &Ask::default());
    assert!(
        messages(&drawn).contains("'Broken' is not drawn"),
        "{}",
        messages(&drawn)
    );
    assert!(words(&drawn).contains(&"Orient".to_owned()));
    let error = book.draw("E", ViewSize::default(), &Ask::default()).unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn sizes_that_are_asked_for_are_kept_within_bounds() {
    let zones = zone("id='2' name='S'", 0, 5, "");
    let range = "<size minwidth='300' maxwidth='600' minheight='200' maxheight='500' sizing-mode='range' />";
    let boards = format!(
        "{}<dashboard name='R'>{range}<zones>{zones}</zones></dashboard>\
         <dashboard name='A'><size sizing-mode='automatic' /><zones>{zones}</zones></dashboard>",
        dashboard("D", &zones)
    );
    let (_folder, book) = open(&sheet("S", "amount", ""), &boards, &[]);
    let check =
        |view: &str, width: Option<f64>, height: Option<f64>, scene: (f64, f64), pixels: (f64, f64)| {
            let drawn = book
                .draw(view, ViewSize { width, height }, &Ask::default())
                .expect("a picture");
            assert_eq!(
                (drawn.scene.width, drawn.scene.height),
                scene,
                "{view} {width:?} {height:?}"
            );
            assert_eq!(drawn.pixels(), pixels, "{view} {width:?} {height:?}");
        };
    check("D", None, None, (400.0, 300.0), (400.0, 300.0));
    check("D", Some(800.0), None, (400.0, 300.0), (800.0, 600.0));
    check("D", Some(800.0), Some(150.0), (400.0, 300.0), (200.0, 150.0));
    check("R", Some(450.0), Some(250.0), (450.0, 250.0), (450.0, 250.0));
    check("R", Some(150.0), Some(100.0), (300.0, 200.0), (150.0, 100.0));
    check("A", Some(500.0), Some(400.0), (500.0, 400.0), (500.0, 400.0));
    check("A", None, None, (1000.0, 800.0), (1000.0, 800.0));
}

/// A worksheet of bars by month, with a total.
fn months() -> String {
    "<worksheet name='Months'><table><view><datasources><datasource name='ds' /></datasources>\
     <datasource-dependencies datasource='ds'>\
     <column-instance column='[day]' derivation='Month' name='[mn:day:ok]' type='ordinal' />\
     <column-instance column='[amount]' derivation='Avg' name='[avg:amount:qk]' type='quantitative' />\
     </datasource-dependencies>\
     <filter class='categorical' column='[ds].[none:region:nk]'>\
     <groupfilter function='level-members' level='[none:region:nk]' /></filter>\
     <aggregation value='true' /></view>\
     <style><style-rule element='mark'><format attr='mark-labels-show' value='true' /></style-rule></style>\
     <panes><pane><mark class='Bar' /><encodings><text column='[ds].[avg:amount:qk]' /></encodings></pane></panes>\
     <rows>[ds].[mn:day:ok]</rows><cols>[ds].[avg:amount:qk]</cols>\
     <show-full-range /><rows-totals /></table></worksheet>"
        .to_owned()
}

#[test]
fn a_language_that_is_asked_for_is_drawn_throughout() {
    let zones = zone("id='1' name='Months'", 0, 7, "")
        + &zone(
            "id='2' type-v2='filter' name='Months' param='[ds].[none:region:nk]' mode='checklist'",
            7,
            3,
            "",
        );
    let (_folder, book) = open(&months(), &dashboard("All", &zones), &[]);
    let in_language = |code: &str| {
        let ask = Ask {
            language: Language::find(code),
            ..Ask::default()
        };
        let drawn = draw(&book, "All", &ask);
        (words(&drawn), messages(&drawn))
    };
    for (code, expected) in [
        ("en", ["January", "Avg. Amount", "(All)", "2.5"]),
        ("de", ["Januar", "Mittelwert Amount", "(Alle)", "2,5"]),
        ("fr", ["janvier", "Moy. Amount", "(Tous)", "2,5"]),
        ("sv", ["januari", "Medel Amount", "(Alla)", "2,5"]),
        ("ja", ["1月", "平均 Amount", "(すべて)", "2.5"]),
        ("zh_CN", ["一月", "平均值 Amount", "(全部)", "2.5"]),
    ] {
        let (words, messages) = in_language(code);
        for expected in expected {
            assert!(
                words.iter().any(|word| word == expected),
                "{code}: {expected} in {words:?}"
            );
        }
        // The fonts inside the program are those of Latin letters.
        let is_latin = !matches!(code, "ja" | "zh_CN");
        assert_eq!(messages.contains("do not have"), !is_latin, "{code}: {messages}");
    }
    // What nothing is asked for is as before.
    assert_eq!(words(&draw(&book, "All", &Ask::default())), in_language("en").0);
}

#[test]
fn a_workbook_is_drawn_in_the_language_of_its_locale() {
    let (_folder, book) = open_as("locale='de_DE'", &months(), "", &[]);
    let found = words(&draw(&book, "Months", &Ask::default()));
    assert!(
        found.contains(&"Januar".to_owned()) && found.contains(&"2,5".to_owned()),
        "{found:?}"
    );
    let ask = Ask {
        language: Language::find("en_GB"),
        ..Ask::default()
    };
    let found = words(&draw(&book, "Months", &ask));
    assert!(
        found.contains(&"January".to_owned()) && found.contains(&"2.5".to_owned()),
        "{found:?}"
    );
}
