//! Answers of workbooks made here: what filters and parameters do, which sheet a dashboard gives, published data
//! sources, and what is written.

#![cfg(feature = "query")]

use std::fs::File;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use calamine::{Data, Reader, Xlsx};
use vivant::{
    AnswerError, Ask, Asker, Book, BookRequest, ConnectionSpec, Credentials, DataError, DataFile, DataLimits,
    DateTime, Form, Published, Stop, World,
};
use vivant_document::display::ENGLISH;
use vivant_document::{FileKind, Limits};

const ROWS: &str =
    "region,day,amount\nEast,2023-01-10,10\nEast,2024-02-01,5\nWest,2023-03-01,2.5\n,2024-04-01,1\n";

/// A world with one published data source, or none.
struct Here(Option<PathBuf>);

impl World for Here {
    fn file(&self, path: &str) -> Result<DataFile, DataError> {
        vivant::Folders::default().find(path)
    }

    fn credentials(&self, _: &ConnectionSpec) -> Option<Credentials> {
        None
    }

    fn published(&self, content_url: &str) -> Result<Published, DataError> {
        match &self.0 {
            Some(path) if content_url == "Orders" => Ok(Published {
                file: DataFile::new("Orders", path),
                kind: FileKind::Tdsx,
                extracts: Vec::new(),
                world: Arc::new(Here(None)),
            }),
            _ => Err(DataError::FileMissing {
                path: content_url.to_owned(),
            }),
        }
    }

    fn asker(&self) -> Option<Asker> {
        None
    }

    fn now(&self) -> DateTime {
        DateTime::from_micros(1_700_000_000_000_000).expect("a moment")
    }
}

const CONNECTION: &str = "<connection class='federated'><named-connections><named-connection name='t'>\
    <connection class='textscan' directory='Data' filename='orders.csv' /></named-connection></named-connections>\
    <relation connection='t' name='orders.csv' table='[orders#csv]' type='table' /></connection>";

const COLUMNS: &str = "<column caption='Region' datatype='string' name='[region]' role='dimension' type='nominal'>\
    <aliases><alias key='&quot;East&quot;' value='Orient' /></aliases></column>\
    <column caption='Day' datatype='date' name='[day]' role='dimension' type='ordinal' />\
    <column caption='Amount' datatype='real' name='[amount]' role='measure' type='quantitative' />";

fn sheet(name: &str, source: &str, measure: &str) -> String {
    format!(
        "<worksheet name='{name}'><table><view><datasources><datasource name='{source}' /></datasources>\
         <datasource-dependencies datasource='{source}'>\
         <column-instance column='[region]' derivation='None' name='[none:region:nk]' type='nominal' />\
         <column-instance column='[{measure}]' derivation='Sum' name='[sum:{measure}:qk]' type='quantitative' />\
         </datasource-dependencies><aggregation value='true' /></view>\
         <panes><pane><mark class='Automatic' /><encodings><text column='[{source}].[sum:{measure}:qk]' /></encodings></pane></panes>\
         <rows>[{source}].[none:region:nk]</rows><cols /></table></worksheet>"
    )
}

fn packed(path: &Path, name: &str, document: &str, rows: Option<&str>) {
    let mut zip = zip::ZipWriter::new(File::create(path).expect("a file"));
    let options = zip::write::SimpleFileOptions::default();
    let rows = rows.map(|rows| ("Data/orders.csv", rows));
    for (name, text) in [(name, document)].into_iter().chain(rows) {
        zip.start_file(name, options).expect("an entry");
        zip.write_all(text.as_bytes()).expect("its bytes");
    }
    zip.finish().expect("the end");
}

/// A book with the folder that it lies in.
struct Bench {
    folder: tempfile::TempDir,
    book: Book,
}

impl Bench {
    fn new(document: &str, rows: Option<&str>, published: Option<&str>) -> Bench {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("book.twbx");
        packed(&path, "book.twb", document, rows);
        let source = published.map(|document| {
            let path = folder.path().join("orders.tdsx");
            packed(&path, "orders.tds", document, Some(ROWS));
            path
        });
        let request = BookRequest {
            document: DataFile::new("book", &path),
            kind: FileKind::Twbx,
            extracts: Vec::new(),
            spool: folder.path(),
            document_limits: Limits::default(),
            data_limits: DataLimits::default(),
        };
        let book = Book::open(&request, Arc::new(Here(source))).expect("a book");
        Bench { folder, book }
    }

    /// A book over a file in its package; `more` are fields and filters of the data source.
    fn over_a_file(sheets: &str, more: &str) -> Bench {
        let document = format!(
            "<workbook version='18.1'><datasources><datasource name='Parameters' hasconnection='false'>\
             <column caption='Factor' datatype='integer' name='[Parameter 1]' param-domain-type='list' role='measure' type='quantitative' value='1'>\
             <calculation class='tableau' formula='1' /><members><member value='1' alias='one' /><member value='3' alias='three' /></members></column></datasource>\
             <datasource caption='Orders' name='ds'>{CONNECTION}{COLUMNS}{more}</datasource></datasources>\
             <worksheets>{sheets}</worksheets></workbook>"
        );
        Bench::new(&document, Some(ROWS), None)
    }

    fn csv(&self, sheet: &str, ask: &Ask) -> Result<String, AnswerError> {
        let answer = self.book.answer(sheet, ask)?;
        let spec = self.book.spec.sheet(sheet).expect("it is there");
        let mut out = Vec::new();
        vivant::csv(&self.book.spec, spec, &answer.value, &mut out).expect("memory");
        // What is written while the rows come is the same, put in order in memory or not.
        for few_values in [None, Some(0)] {
            let ask = Ask {
                few_values,
                ..ask.clone()
            };
            let mut sent = Vec::new();
            let told = self.book.send(sheet, &ask, Form::Csv(ENGLISH, &mut sent));
            assert_eq!(told.expect("an answer"), answer.diagnostics);
            assert_eq!(String::from_utf8_lossy(&sent), String::from_utf8_lossy(&out));
        }
        Ok(String::from_utf8(out).expect("text"))
    }
}

fn filtered(field: &str, values: &[&str]) -> Ask {
    Ask {
        filters: vec![(
            field.to_owned(),
            values.iter().map(|value| (*value).to_owned()).collect(),
        )],
        ..Ask::default()
    }
}

#[test]
fn filters_are_by_labels_of_fields_and_of_values() {
    let bench = Bench::over_a_file(&sheet("S", "ds", "amount"), "");
    let check = |field: &str, values: &[&str], expected: &str| {
        let found = bench.csv("S", &filtered(field, values)).expect("an answer");
        assert_eq!(found, format!("Region,Amount\n{expected}"), "{field}={values:?}");
    };
    check("Region", &["Orient"], "Orient,15\n");
    check("region", &["West"], "West,2.5\n");
    check("Region", &["Null", "West"], "Null,1\nWest,2.5\n");
    check("Region", &["nowhere"], "");
    check("YEAR(Day)", &["2023"], "Orient,10\nWest,2.5\n");
    check("Month of Day", &["March", "4"], "Null,1\nWest,2.5\n");
    check("Day", &["2024-02-01", "no day"], "Orient,5\n");
    check("Amount", &["10", "1.0"], "Null,1\nOrient,10\n");
    check("Unknown", &["x"], "Null,1\nOrient,15\nWest,2.5\n");
}

#[test]
fn filters_of_custom_views_stand_in_place_of_the_sheets_own() {
    let bench = Bench::over_a_file(&sheet("S", "ds", "amount"), "");
    let chosen = |sheet: &str, member: &str| {
        let text = format!(
            "<customized-view><worksheet name='{sheet}'><filter class='categorical' column='[ds].[none:region:nk]'>\
             <groupfilter function='member' level='[none:region:nk]' member='&quot;{member}&quot;' /></filter>\
             </worksheet></customized-view>"
        );
        let limits = vivant_document::Limits::default();
        let found = vivant_document::spec::custom_view(text, &limits).expect("a custom view");
        assert_eq!(found.unknown, [""; 0]);
        found.filters
    };
    let check = |ask: Ask, expected: &str| {
        let found = bench.csv("S", &ask).expect("an answer");
        assert_eq!(found, format!("Region,Amount\n{expected}"), "{ask:?}");
    };
    let of = |sheet: &str| Ask {
        chosen: chosen(sheet, "West"),
        ..Ask::default()
    };
    check(of("S"), "West,2.5\n");
    check(of("Other"), "Null,1\nOrient,15\nWest,2.5\n");
    // What is asked for comes after what is chosen.
    let both = Ask {
        filters: filtered("Region", &["Orient"]).filters,
        ..of("S")
    };
    check(both, "Orient,15\n");
}

#[test]
fn parameters_take_their_values_and_labels() {
    let more = "<column caption='Scaled' datatype='real' name='[scaled]' role='measure' type='quantitative'>\
                <calculation class='tableau' formula='[amount] * [Parameters].[Parameter 1]' /></column>";
    let bench = Bench::over_a_file(&sheet("S", "ds", "scaled"), more);
    let ask = |value: &str| Ask {
        parameters: vec![("Factor".to_owned(), value.to_owned())],
        ..Ask::default()
    };
    let expected = "Region,Scaled\nNull,3\nOrient,45\nWest,7.5\n";
    assert_eq!(bench.csv("S", &ask("3")).unwrap(), expected);
    assert_eq!(bench.csv("S", &ask("three")).unwrap(), expected);
    assert_eq!(bench.csv("S", &filtered("Factor", &["3"])).unwrap(), expected);
    for wrong in ["2", "x", ""] {
        let error = bench.csv("S", &ask(wrong)).unwrap_err();
        assert!(
            matches!(&error, AnswerError::Parameter { name, .. } if name == "Factor"),
            "{wrong}: {error}"
        );
    }
}

#[test]
fn the_crosstab_is_laid_out_as_the_sheet_is() {
    let bench = Bench::over_a_file(&sheet("S", "ds", "amount"), "");
    let answer = bench.book.answer("S", &Ask::default()).expect("an answer");
    let spec = bench.book.spec.sheet("S").expect("it is there");
    let bytes = vivant::xlsx(&bench.book.spec, spec, &answer.value).expect("a spreadsheet");
    let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("it opens");
    let range = read.worksheet_range("S").expect("its page");
    let text = |text: &str| Data::String(text.to_owned());
    let rows: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
    assert_eq!(
        rows,
        [
            vec![text("Region"), text("Amount")],
            vec![text("Null"), Data::Float(1.0)],
            vec![text("Orient"), Data::Float(15.0)],
            vec![text("West"), Data::Float(2.5)],
        ]
    );
}

#[test]
fn bins_are_shown_by_where_they_begin() {
    let bins = |formula: &str, size: &str| {
        format!(
            "<column datatype='integer' name='[Cut]' role='dimension' type='ordinal'>\
             <aliases><alias key='3' value='three' /></aliases>\
             <calculation class='bin' formula='{formula}' peg='1' {size} /></column>\
             <column caption='Price' datatype='real' default-format='c&quot;$&quot;0.00' name='[price]' role='measure' type='quantitative'>\
             <calculation class='tableau' formula='[amount]' /></column>"
        )
    };
    let sheet = "<worksheet name='S'><table><view><datasources><datasource name='ds' /></datasources>\
         <datasource-dependencies datasource='ds'>\
         <column-instance column='[amount]' derivation='Sum' name='[sum:amount:qk]' type='quantitative' />\
         </datasource-dependencies><aggregation value='true' /></view>\
         <panes><pane><mark class='Automatic' /><encodings><text column='[ds].[sum:amount:qk]' /></encodings></pane></panes>\
         <rows>[ds].[Cut]</rows><cols /></table></worksheet>";
    let csv = |columns: &str, ask: &Ask| {
        let bench = Bench::over_a_file(sheet, columns);
        bench.csv("S", ask).expect("an answer")
    };
    let none = Ask::default();
    let plain = bins("[amount]", "size='1.5'");
    assert_eq!(csv(&plain, &none), "Cut,Amount\n1,1\n2.5,2.5\n4,5\n10,10\n");
    let by_parameter = bins("[amount]", "size-parameter='[Parameters].[Parameter 1]'");
    assert_eq!(csv(&by_parameter, &none), "Cut,Amount\n1,1\n2,2.5\n5,5\n10,10\n");
    let of_three = Ask {
        parameters: vec![("Factor".to_owned(), "3".to_owned())],
        ..Ask::default()
    };
    assert_eq!(
        csv(&by_parameter, &of_three),
        "Cut,Amount\n1,3.5\n4,5\nthree,10\n"
    );
    let formatted = bins("[price]", "size='0.75'");
    assert_eq!(
        csv(&formatted, &none),
        "Cut,Amount\n$1.00,1\n$2.50,2.5\n$4.75,5\n$10.00,10\n"
    );

    let bench = Bench::over_a_file(sheet, &plain);
    let answer = bench.book.answer("S", &none).expect("an answer").value;
    let spec = bench.book.spec.sheet("S").expect("it is there");
    let bytes = vivant::xlsx(&bench.book.spec, spec, &answer).expect("a spreadsheet");
    let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("it opens");
    let range = read.worksheet_range("S").expect("its page");
    let heads: Vec<String> = range.rows().skip(1).map(|row| row[0].to_string()).collect();
    assert_eq!(heads, ["1", "2.5", "4", "10"]);
    let mut out = Vec::new();
    vivant::json(&bench.book.spec, spec, &answer, &mut out).expect("memory");
    let text = String::from_utf8(out).expect("text");
    assert!(text.contains("{\"Cut\": 10.0, \"Amount\": 10.0}"), "{text}");
}

/// A sheet over three regions with two days, with totals of rows and columns.
fn crosstab(name: &str, rows: &str, shelf: &str) -> String {
    format!(
        "<worksheet name='{name}'><table><view><datasources><datasource name='ds' /></datasources>\
         <datasource-dependencies datasource='ds'>\
         <column-instance column='[region]' derivation='None' name='[none:region:nk]' type='nominal' />\
         <column-instance column='[day]' derivation='Year' name='[yr:day:ok]' type='ordinal' />\
         <column-instance column='[amount]' derivation='Sum' name='[sum:amount:qk]' type='quantitative' />\
         </datasource-dependencies><aggregation value='true' /></view>\
         <panes><pane><mark class='Automatic' /><encodings><text column='[ds].[sum:amount:qk]' /></encodings></pane></panes>\
         <rows {rows}>{shelf}</rows><cols total='true'>[ds].[yr:day:ok]</cols>\
         <subtotals><column>[ds].[none:region:nk]</column></subtotals></table></worksheet>"
    )
}

#[test]
fn totals_stand_in_lines_and_cells_of_their_own() {
    let bench = Bench::over_a_file(&crosstab("S", "total='true'", "[ds].[none:region:nk]"), "");
    assert_eq!(
        bench.csv("S", &Ask::default()).expect("an answer"),
        "Region,Year of Day,Amount\n\
         Null,2024,1\nOrient,2023,10\nOrient,2024,5\nWest,2023,2.5\n\
         Null,All,1\nOrient,All,15\nWest,All,2.5\n\
         All,2023,12.5\nAll,2024,6\n\
         All,All,18.5\n"
    );
    let page = |sheet: &str, rows: &str| -> Vec<Vec<String>> {
        let bench = Bench::over_a_file(&crosstab("S", rows, sheet), "");
        let answer = bench.book.answer("S", &Ask::default()).expect("an answer");
        let spec = bench.book.spec.sheet("S").expect("it is there");
        let bytes = vivant::xlsx(&bench.book.spec, spec, &answer.value).expect("a spreadsheet");
        let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("it opens");
        let range = read.worksheet_range("S").expect("its page");
        let rows = range.rows();
        rows.map(|row| row.iter().map(ToString::to_string).collect())
            .collect()
    };
    assert_eq!(
        page("[ds].[none:region:nk]", "total='true'"),
        [
            ["", "Year of Day", "", ""],
            ["Region", "2023", "2024", "Grand Total"],
            ["Null", "", "1", "1"],
            ["Orient", "10", "5", "15"],
            ["West", "2.5", "", "2.5"],
            ["Grand Total", "12.5", "6", "18.5"],
        ]
    );
    // Inside of another field a total is one of its members; the sheet may want totals first.
    let nested = page(
        "([ds].[none:region:nk] / [ds].[mn:day:ok])",
        "total='true' onTop='true'",
    );
    let labels: Vec<String> = nested[2..].iter().map(|row| row[..2].join("/")).collect();
    assert_eq!(
        labels,
        [
            "Grand Total/",
            "Null/Total",
            "/April",
            "Orient/Total",
            "/January",
            "/February",
            "West/Total",
            "/March"
        ]
    );
    assert_eq!(nested[2][4], "18.5");

    let answer = bench.book.answer("S", &Ask::default()).expect("an answer").value;
    let spec = bench.book.spec.sheet("S").expect("it is there");
    let mut out = Vec::new();
    vivant::json(&bench.book.spec, spec, &answer, &mut out).expect("memory");
    let text = String::from_utf8(out).expect("text");
    assert!(
        text.ends_with("{\"Region\": \"All\", \"Year of Day\": \"All\", \"Amount\": 18.5}\n]\n"),
        "{text}"
    );
}

#[test]
fn titles_say_along_what_table_calculations_run() {
    let share = "<column-instance column='[amount]' derivation='Sum' name='[pcto:sum:amount:qk]' type='quantitative'>\
                 <table-calc ordering-type='Columns' type='PctTotal' /></column-instance></datasource-dependencies>";
    let sheets = sheet("S", "ds", "amount")
        .replace("</datasource-dependencies>", share)
        .replace("<text column='[ds].[sum:", "<text column='[ds].[pcto:sum:");
    let bench = Bench::over_a_file(&sheets, "");
    assert_eq!(
        bench
            .csv("S", &filtered("Region", &["Orient", "West"]))
            .expect("an answer"),
        "Region,% of Total Amount along Table (Down)\nOrient,85.71%\nWest,14.29%\n"
    );
    let shares =
        sheet("S", "ds", "amount").replace("</table>", "<percentages enabled='true' mode='table' /></table>");
    assert_eq!(
        Bench::over_a_file(&shares, "")
            .csv("S", &Ask::default())
            .expect("an answer"),
        "Region,% of Total Amount along Table (Across then Down)\nNull,5.41%\nOrient,81.08%\nWest,13.51%\n"
    );
}

#[test]
fn numbers_and_dates_are_written_in_a_language() {
    let sheet = crosstab("S", "", "[ds].[tmn:day:ok]")
        .replace("[ds].[yr:day:ok]</cols>", "</cols>")
        .replace("<cols total='true'>", "<cols>");
    let bench = Bench::over_a_file(&sheet, "");
    let answer = bench.book.answer("S", &Ask::default()).expect("an answer").value;
    let spec = bench.book.spec.sheet("S").expect("it is there");
    let german = vivant_document::display::Language::find("de-AT").expect("a language");
    let mut out = Vec::new();
    vivant::csv_in(german, &bench.book.spec, spec, &answer, &mut out).expect("memory");
    assert_eq!(
        String::from_utf8(out).expect("text"),
        "Month of Day,Amount\nJanuar 2023,10\nMärz 2023,\"2,5\"\nFebruar 2024,5\nApril 2024,1\n"
    );
    assert!(vivant::xlsx_in(german, &bench.book.spec, spec, &answer).is_ok());
}

#[test]
fn rows_without_data_are_headers_and_not_lines() {
    let sheet = crosstab("S", "", "[ds].[tmn:day:ok]")
        .replace("[ds].[yr:day:ok]</cols>", "</cols>")
        .replace("<cols total='true'>", "<cols>")
        .replace(
            "<subtotals><column>[ds].[none:region:nk]</column></subtotals>",
            "<show-full-range><column>[ds].[tmn:day:ok]</column></show-full-range>",
        );
    let bench = Bench::over_a_file(&sheet, "");
    assert_eq!(
        bench
            .csv("S", &filtered("YEAR(Day)", &["2023"]))
            .expect("an answer"),
        "Month of Day,Amount\nJanuary 2023,10\nMarch 2023,2.5\n"
    );
    let answer = bench
        .book
        .answer("S", &filtered("YEAR(Day)", &["2023"]))
        .expect("an answer");
    assert_eq!(answer.value.frames[0].added, [false, true, false]);
    let spec = bench.book.spec.sheet("S").expect("it is there");
    let bytes = vivant::xlsx(&bench.book.spec, spec, &answer.value).expect("a spreadsheet");
    let mut read: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("it opens");
    assert_eq!(read.worksheet_range("S").expect("its page").height(), 4);
}

#[test]
fn json_and_parquet_hold_values_as_they_are() {
    let bench = Bench::over_a_file(&sheet("S", "ds", "amount"), "");
    let answer = bench.book.answer("S", &Ask::default()).expect("an answer").value;
    let spec = bench.book.spec.sheet("S").expect("it is there");
    let mut out = Vec::new();
    vivant::json(&bench.book.spec, spec, &answer, &mut out).expect("memory");
    assert_eq!(
        String::from_utf8_lossy(&out),
        "[\n  {\"Region\": null, \"Amount\": 1.0},\n  {\"Region\": \"Orient\", \"Amount\": 15.0},\n  \
         {\"Region\": \"West\", \"Amount\": 2.5}\n]\n"
    );
    let file = bench.folder.path().join("rows.parquet");
    vivant::parquet(&bench.book.spec, spec, &answer, &file).expect("a file");
    let found = vivant_data::parquet::rows(&DataFile::new("rows", &file)).expect("it opens");
    assert_eq!(found, 3);

    let mut sent = Vec::new();
    let ask = Ask {
        few_values: Some(0),
        ..Ask::default()
    };
    bench
        .book
        .send("S", &ask, Form::Json(&mut sent))
        .expect("an answer");
    assert_eq!(sent, out);
    bench
        .book
        .send("S", &ask, Form::Parquet(&file))
        .expect("an answer");
    assert_eq!(
        vivant_data::parquet::rows(&DataFile::new("rows", &file)).expect("it opens"),
        3
    );
}

#[test]
fn a_dashboard_gives_its_first_sheet_by_name() {
    let sheets = ["b", "C", "a"].map(|name| sheet(name, "ds", "amount")).concat();
    let document = format!(
        "<workbook version='18.1'><datasources><datasource name='ds'>{CONNECTION}{COLUMNS}</datasource></datasources>\
         <worksheets>{sheets}</worksheets><dashboards>\
         <dashboard name='D'><zones><zone type-v2='layout-basic'><zone name='C' /><zone name='b' /></zone></zones></dashboard>\
         <dashboard name='E'><zones /></dashboard></dashboards></workbook>"
    );
    let bench = Bench::new(&document, Some(ROWS), None);
    let named = |tab: &str| {
        bench
            .book
            .sheet_of(tab)
            .map(|sheet| sheet.map(|sheet| sheet.name.clone()))
    };
    assert_eq!(named("D").unwrap().as_deref(), Some("b"));
    assert_eq!(named("a").unwrap().as_deref(), Some("a"));
    assert_eq!(named("E").unwrap(), None);
    assert!(matches!(named("x"), Err(AnswerError::NoSheet { .. })));
}

#[test]
fn what_a_published_source_says_counts() {
    let own = "<column datatype='boolean' name='[mine]' role='dimension' type='nominal'>\
               <calculation class='tableau' formula='USERNAME() = &quot;ann&quot; AND [region] = &quot;West&quot;' /></column>\
               <column caption='Double' datatype='real' name='[Calculation_1]' role='measure' type='quantitative'>\
               <calculation class='tableau' formula='[amount] * 2' /></column>\
               <filter class='categorical' column='[federated.x].[mine]'><groupfilter function='member' level='[mine]' member='true' /></filter>";
    let published = format!(
        "<datasource formatted-name='federated.x' inline='true' version='18.1'>{CONNECTION}{COLUMNS}{own}</datasource>"
    );
    // The workbook calls the calculation by its label, and everything one's own.
    let book = |url: &str| {
        format!(
            "<workbook version='18.1'><datasources><datasource name='sqlproxy.1'>\
             <repository-location id='{url}' path='/datasources' site='' />\
             <connection class='sqlproxy' dbname='{url}'><relation name='sqlproxy' table='[sqlproxy]' type='table' /></connection>\
             {COLUMNS}<column datatype='real' name='[Double]' role='measure' type='quantitative' />\
             <column datatype='boolean' name='[mine]' role='dimension' type='nominal'><calculation class='tableau' formula='TRUE' /></column>\
             </datasource></datasources><worksheets>{}</worksheets></workbook>",
            sheet("S", "sqlproxy.1", "Double")
        )
    };
    let bench = Bench::new(&book("Orders"), None, Some(&published));
    assert!(bench.book.is_personal());
    assert_eq!(bench.book.published_of("S"), ["Orders"]);
    let ask = |name: &str| Ask {
        asker: Some(Asker {
            name: name.to_owned(),
            ..Asker::default()
        }),
        ..Ask::default()
    };
    assert_eq!(bench.csv("S", &ask("ann")).unwrap(), "Region,Double\nWest,5\n");
    assert_eq!(bench.csv("S", &ask("bob")).unwrap(), "Region,Double\n");

    let gone = Bench::new(&book("Gone"), None, Some(&published));
    let error = gone.csv("S", &ask("ann")).unwrap_err();
    assert!(
        error.is_of_data() && error.to_string().contains("Gone"),
        "{error}"
    );
}

#[test]
fn a_question_that_was_stopped_ends() {
    let bench = Bench::over_a_file(&sheet("S", "ds", "amount"), "");
    let stop = Stop::default();
    stop.stop();
    let ask = Ask {
        stop,
        ..Ask::default()
    };
    assert!(matches!(bench.csv("S", &ask), Err(AnswerError::Stopped)));
    assert!(bench.csv("S", &Ask::default()).is_ok());
}

#[test]
fn too_many_values_are_refused() {
    let bench = Bench::over_a_file(&sheet("S", "ds", "amount"), "");
    let ask = Ask {
        most_values: Some(4),
        ..Ask::default()
    };
    let error = bench.csv("S", &ask).unwrap_err().to_string();
    assert!(error.contains("more than 2 rows"), "{error}");
    let error = bench.book.crosstab("S", &ask, ENGLISH).unwrap_err().to_string();
    assert!(
        error.contains("more than 2 rows") && error.contains("CSV"),
        "{error}"
    );
}

#[test]
fn only_books_that_read_the_user_are_personal() {
    let plain = Bench::over_a_file(&sheet("S", "ds", "amount"), "");
    assert!(!plain.book.is_personal() && !plain.book.is_live());
    assert!(plain.csv("S", &Ask::default()).is_ok());
    assert!(!plain.book.is_live() && plain.book.bytes() > 0);
    let more = "<column datatype='boolean' name='[m]' role='dimension' type='nominal'>\
                <calculation class='tableau' formula='isMemberOf(&quot;a&quot;)' /></column>";
    assert!(
        Bench::over_a_file(&sheet("S", "ds", "amount"), more)
            .book
            .is_personal()
    );
}
