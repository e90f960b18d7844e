//! Small worksheets over a table in memory: what they show is computed by hand.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::datasource::MemTable;
use vivant_calc::Value;
use vivant_calc::civil::Date;
use vivant_document::spec::{FieldRef, SourceSpec, WorkbookSpec, workbook};
use vivant_document::{Document, Limits};
use vivant_query::{Answer, Data, Engine, Frame, Question, Surroundings, Table, TableFuture};

/// Eight orders of three customers in two regions.
struct Orders;

impl Data for Orders {
    fn table<'t>(&'t self, _: &'t SourceSpec, _: Table<'t>) -> TableFuture<'t> {
        Box::pin(async {
            let day = |text: &str| {
                let value = Value::from_literal(&format!("#{text}#")).value;
                let Value::Date(date) = value else {
                    panic!("{text}")
                };
                i32::try_from(date.days()).unwrap()
            };
            let columns: Vec<(&str, ArrayRef)> = vec![
                (
                    "region",
                    Arc::new(StringArray::from(vec![
                        "East", "East", "East", "West", "West", "West", "West", "East",
                    ])),
                ),
                (
                    "customer",
                    Arc::new(StringArray::from(vec![
                        Some("Ann"),
                        Some("Ann"),
                        Some("Bob"),
                        Some("Bob"),
                        Some("Cid"),
                        Some("Cid"),
                        None,
                        Some("Ann"),
                    ])),
                ),
                (
                    "day",
                    Arc::new(Date32Array::from(vec![
                        day("2023-01-10"),
                        day("2023-02-10"),
                        day("2023-02-11"),
                        day("2023-04-01"),
                        day("2024-01-05"),
                        day("2024-01-06"),
                        day("2024-07-01"),
                        day("2024-12-31"),
                    ])),
                ),
                (
                    "amount",
                    Arc::new(Int64Array::from(vec![10, 20, 30, 40, 50, 60, 70, 80])),
                ),
                (
                    "share",
                    Arc::new(Float64Array::from(vec![
                        Some(0.5),
                        None,
                        Some(0.25),
                        Some(1.0),
                        Some(0.75),
                        Some(0.5),
                        Some(0.0),
                        Some(1.0),
                    ])),
                ),
            ];
            let batch = RecordBatch::try_from_iter(columns).unwrap();
            let table = MemTable::try_new(batch.schema(), vec![vec![batch]]).unwrap();
            Ok(Arc::new(table) as _)
        })
    }
}

/// A workbook of one sheet over the orders.
fn book(
    instances: &[(&str, &str, &str, &str)],
    extra_columns: &str,
    view: &str,
    rows: &str,
    cols: &str,
    encodings: &str,
) -> WorkbookSpec {
    let mut written = String::new();
    for (field, derivation, name, kind) in instances {
        let (attributes, inside) = derivation.split_once('|').unwrap_or((derivation, ""));
        written.push_str(&format!(
            "<column-instance column='[{field}]' derivation='{attributes}' name='[{name}]' pivot='key' type='{kind}'>{inside}</column-instance>"
        ));
    }
    let record = |name: &str, kind: &str, aggregation: &str| {
        format!(
            "<metadata-record class='column'><remote-name>{name}</remote-name><local-name>[{name}]</local-name>\
             <parent-name>[orders]</parent-name><local-type>{kind}</local-type><aggregation>{aggregation}</aggregation></metadata-record>"
        )
    };
    let records = [
        record("region", "string", "Count"),
        record("customer", "string", "Count"),
        record("day", "date", "Year"),
        record("amount", "integer", "Sum"),
        record("share", "real", "Sum"),
    ]
    .concat();
    let text = format!(
        "<workbook version='18.1' xmlns:user='http://www.tableausoftware.com/xml/user'><datasources>\
         <datasource name='Parameters' hasconnection='false'><column caption='Limit' datatype='integer' name='[Parameter 1]' param-domain-type='any' role='measure' type='quantitative' value='2'><calculation class='tableau' formula='2' /></column></datasource>\
         <datasource caption='Orders' name='ds'><connection class='federated'><named-connections><named-connection name='t'><connection class='textscan' filename='orders.csv' directory='.' /></named-connection></named-connections>\
         <relation connection='t' name='orders' table='[orders#csv]' type='table' /><metadata-records>{records}</metadata-records></connection>{extra_columns}</datasource></datasources>\
         <worksheets><worksheet name='S'><table><view><datasources><datasource name='ds' /></datasources>\
         <datasource-dependencies datasource='ds'>{written}</datasource-dependencies>{view}<aggregation value='true' /></view>\
         <panes><pane><mark class='Automatic' /><encodings>{encodings}</encodings></pane></panes><rows>{rows}</rows><cols>{cols}</cols></table></worksheet></worksheets></workbook>"
    );
    let document = Document::parse(text, &Limits::default()).unwrap();
    let warned = workbook(&document);
    assert!(warned.diagnostics.is_empty(), "{:?}", warned.diagnostics);
    warned.value
}

async fn ask(book: &WorkbookSpec) -> Answer {
    let now = Date::new(2024, 12, 31).unwrap().midnight();
    let surroundings = Surroundings::of(book, now, None, &[]);
    let question = Question {
        workbook: book,
        sheet: &book.sheets[0],
        most_values: 1_000_000,
        domains: false,
    };
    let answer = Engine::new(&Orders).answer(&question, &surroundings).await;
    let answer = answer.unwrap_or_else(|error| panic!("{error}"));
    assert!(answer.diagnostics.is_empty(), "{:?}", answer.diagnostics);
    let flow = Engine::new(&Orders).flow(&question, &surroundings, 0).await;
    let flow = flow.unwrap_or_else(|error| panic!("{error}")).value;
    let pieces = flow.gathered().await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(pieces.frames.len(), answer.value.frames.len());
    for (piece, frame) in pieces.frames.iter().zip(&answer.value.frames) {
        assert_eq!(lines(piece), lines(frame));
    }
    answer.value
}

/// Writes a result as lines of values.
fn lines(frame: &Frame) -> Vec<String> {
    (0..frame.rows)
        .map(|row| {
            let values: Vec<String> = frame
                .columns
                .iter()
                .map(|column| match &column.values[row] {
                    Value::Real(value) => format!("{value:.3}"),
                    other => other.to_string(),
                })
                .collect();
            values.join(" ")
        })
        .collect()
}

async fn rows_of(book: &WorkbookSpec) -> Vec<String> {
    lines(&ask(book).await.frames[0])
}

const REGION: (&str, &str, &str, &str) = ("region", "None", "none:region:nk", "nominal");
const CUSTOMER: (&str, &str, &str, &str) = ("customer", "None", "none:customer:nk", "nominal");
const SUM: (&str, &str, &str, &str) = ("amount", "Sum", "sum:amount:qk", "quantitative");

#[tokio::test]
async fn a_sum_by_a_dimension() {
    let book = book(
        &[REGION, SUM],
        "",
        "",
        "[ds].[none:region:nk]",
        "[ds].[sum:amount:qk]",
        "",
    );
    assert_eq!(rows_of(&book).await, ["East 140", "West 220"]);
}

#[tokio::test]
async fn aggregates_of_every_kind() {
    let instances = [
        REGION,
        ("amount", "Avg", "avg:amount:qk", "quantitative"),
        ("amount", "Median", "med:amount:qk", "quantitative"),
        ("share", "Count", "cnt:share:qk", "quantitative"),
        ("customer", "CountD", "ctd:customer:qk", "quantitative"),
        ("customer", "Attribute", "attr:customer:nk", "nominal"),
        ("day", "Max", "max:day:qk", "quantitative"),
    ];
    let encodings = "<text column='[ds].[avg:amount:qk]'/><text column='[ds].[med:amount:qk]'/><text column='[ds].[cnt:share:qk]'/>\
                     <text column='[ds].[ctd:customer:qk]'/><text column='[ds].[attr:customer:nk]'/><text column='[ds].[max:day:qk]'/>";
    let book = book(&instances, "", "", "[ds].[none:region:nk]", "", encodings);
    assert_eq!(
        rows_of(&book).await,
        [
            "East 35.000 25.000 3 2 * 2024-12-31",
            "West 55.000 55.000 4 2 * 2024-07-01"
        ]
    );
}

#[tokio::test]
async fn parts_and_cuts_of_dates() {
    let instances = [
        ("day", "Year", "yr:day:ok", "ordinal"),
        ("day", "Quarter-Trunc", "tqr:day:qk", "quantitative"),
        ("day", "Week", "wk:day:ok", "ordinal"),
        SUM,
    ];
    let rows = "([ds].[yr:day:ok] / [ds].[wk:day:ok])";
    let book = book(
        &instances,
        "",
        "",
        rows,
        "([ds].[tqr:day:qk] * [ds].[sum:amount:qk])",
        "",
    );
    assert_eq!(
        rows_of(&book).await,
        [
            "2023 2 2023-01-01 10",
            "2023 6 2023-01-01 50",
            "2023 13 2023-04-01 40",
            "2024 1 2024-01-01 110",
            "2024 27 2024-07-01 70",
            "2024 53 2024-10-01 80"
        ]
    );
}

#[tokio::test]
async fn filters_of_rows_and_of_groups() {
    let view = "<filter class='categorical' column='[ds].[none:customer:nk]'><groupfilter function='except'><groupfilter function='level-members' level='[none:customer:nk]'/>\
                <groupfilter function='member' level='[none:customer:nk]' member='&quot;Bob&quot;'/></groupfilter></filter>\
                <filter class='quantitative' column='[ds].[sum:amount:qk]' included-values='in-range'><min>80</min></filter>";
    let book = book(
        &[CUSTOMER, SUM],
        "",
        view,
        "[ds].[none:customer:nk]",
        "[ds].[sum:amount:qk]",
        "",
    );
    assert_eq!(rows_of(&book).await, ["Ann 110", "Cid 110"]);
}

#[tokio::test]
async fn the_first_so_many_are_chosen_before_other_filters() {
    let top = "<filter class='categorical' column='[ds].[none:customer:nk]'><groupfilter function='end' end='top' count='[Parameters].[Parameter 1]' units='records'>\
               <groupfilter function='order' direction='DESC' expression='SUM([amount])'><groupfilter function='level-members' level='[none:customer:nk]'/></groupfilter></groupfilter></filter>";
    let year = "<filter class='categorical' column='[ds].[yr:day:ok]'><groupfilter function='member' level='[yr:day:ok]' member='2023'/></filter>";
    let instances = [CUSTOMER, SUM, ("day", "Year", "yr:day:ok", "ordinal")];
    let of = |view: &str| {
        book(
            &instances,
            "",
            view,
            "[ds].[none:customer:nk]",
            "[ds].[sum:amount:qk]",
            "",
        )
    };
    // Of all years Ann and Cid are first; in 2023 Cid bought nothing.
    assert_eq!(rows_of(&of(&format!("{top}{year}"))).await, ["Ann 30"]);
    let context = year.replace("<filter ", "<filter context='true' ");
    assert_eq!(
        rows_of(&of(&format!("{top}{context}"))).await,
        ["Ann 30", "Bob 70"]
    );
}

#[tokio::test]
async fn levels_of_detail() {
    let columns = "<column datatype='integer' name='[Fixed]' role='measure' type='quantitative'><calculation class='tableau' formula='{FIXED [customer] : SUM([amount])}' /></column>\
                   <column datatype='integer' name='[All]' role='measure' type='quantitative'><calculation class='tableau' formula='{SUM([amount])}' /></column>\
                   <column datatype='real' name='[Inner]' role='measure' type='quantitative'><calculation class='tableau' formula='{INCLUDE [customer] : SUM([amount])}' /></column>\
                   <column datatype='real' name='[Outer]' role='measure' type='quantitative'><calculation class='tableau' formula='{EXCLUDE [region] : SUM([amount])}' /></column>";
    let instances = [
        REGION,
        SUM,
        ("Fixed", "Max", "max:Fixed:qk", "quantitative"),
        ("All", "Min", "min:All:qk", "quantitative"),
        ("Inner", "Avg", "avg:Inner:qk", "quantitative"),
        ("Outer", "Sum", "sum:Outer:qk", "quantitative"),
    ];
    let view = "<filter class='quantitative' column='[ds].[none:amount:qk]' included-values='in-range'><max>70</max></filter>";
    let encodings = "<text column='[ds].[max:Fixed:qk]'/><text column='[ds].[min:All:qk]'/><text column='[ds].[avg:Inner:qk]'/><text column='[ds].[sum:Outer:qk]'/>";
    let mut instances = instances.to_vec();
    instances.push(("amount", "None", "none:amount:qk", "quantitative"));
    let book = book(
        &instances,
        columns,
        view,
        "[ds].[none:region:nk]",
        "[ds].[sum:amount:qk]",
        encodings,
    );
    // Fixed levels do not see the filter, the others do.
    assert_eq!(
        rows_of(&book).await,
        ["East 60 110 360 30.000 280", "West 220 110 360 73.333 280"]
    );
}

#[tokio::test]
async fn table_calculations() {
    let columns = "<column datatype='integer' name='[Place]' role='measure' type='quantitative'><calculation class='tableau' formula='INDEX()'><table-calc ordering-type='Columns' /></calculation></column>\
                   <column datatype='real' name='[Change]' role='measure' type='quantitative'><calculation class='tableau' formula='SUM([amount]) - LOOKUP(SUM([amount]), -1)'><table-calc ordering-type='Columns' /></calculation></column>\
                   <column datatype='integer' name='[Fold]' role='measure' type='quantitative'><calculation class='tableau' formula='PREVIOUS_VALUE(1) + [Place]'><table-calc ordering-type='Columns' /></calculation></column>";
    let instances = [
        CUSTOMER,
        SUM,
        (
            "amount",
            "Sum|<table-calc ordering-type='Columns' type='PctTotal' />",
            "pcto:sum:amount:qk",
            "quantitative",
        ),
        (
            "amount",
            "Sum|<table-calc aggregation='Sum' ordering-type='Columns' type='CumTotal' />",
            "cum:sum:amount:qk",
            "quantitative",
        ),
        ("Place", "User", "usr:Place:qk", "quantitative"),
        ("Change", "User", "usr:Change:qk", "quantitative"),
        ("Fold", "User", "usr:Fold:qk", "quantitative"),
    ];
    let encodings = "<text column='[ds].[pcto:sum:amount:qk]'/><text column='[ds].[cum:sum:amount:qk]'/><text column='[ds].[usr:Place:qk]'/><text column='[ds].[usr:Change:qk]'/><text column='[ds].[usr:Fold:qk]'/>";
    let view =
        "<computed-sort column='[ds].[none:customer:nk]' direction='DESC' using='[ds].[sum:amount:qk]' />";
    let book = book(
        &instances,
        columns,
        view,
        "[ds].[none:customer:nk]",
        "[ds].[sum:amount:qk]",
        encodings,
    );
    assert_eq!(
        rows_of(&book).await,
        [
            "Ann 110 0.306 110 1 NULL 2",
            "Cid 110 0.306 220 2 0 4",
            "NULL 70 0.194 290 3 -40 7",
            "Bob 70 0.194 360 4 0 11"
        ]
    );
}

#[tokio::test]
async fn bins_groups_and_sets() {
    let columns = "<column datatype='integer' name='[Size]' role='dimension' type='ordinal'><calculation class='bin' formula='[amount]' size='25' peg='0' /></column>\
                   <column datatype='string' name='[Team]' role='dimension' type='nominal'><calculation class='categorical-bin' column='[customer]' default='&quot;Others&quot;' new-bin='true'><bin value='&quot;A to B&quot;'><value>&quot;Ann&quot;</value><value>&quot;Bob&quot;</value></bin></calculation></column>\
                   <group caption='Best' name='[Best]' user:ui-builder='filter-group'><groupfilter function='filter' expression='SUM([amount]) &gt; 100'><groupfilter function='level-members' level='[customer]' /></groupfilter></group>";
    let instances = [SUM, ("Best", "InOut", "io:Best:nk", "nominal")];
    let of = |rows: &str| book(&instances, columns, "", rows, "[ds].[sum:amount:qk]", "");
    assert_eq!(
        rows_of(&of("[ds].[Size]")).await,
        ["0 30", "1 70", "2 180", "3 80"]
    );
    assert_eq!(rows_of(&of("[ds].[Team]")).await, ["A to B 180", "Others 180"]);
    assert_eq!(rows_of(&of("[ds].[io:Best:nk]")).await, ["0 140", "1 220"]);
}

#[tokio::test]
async fn measure_names_stand_in_the_order_of_their_list() {
    let view = "<filter class='categorical' column='[ds].[:Measure Names]'><groupfilter function='union'><groupfilter function='member' level='[:Measure Names]' member='&quot;[ds].[sum:amount:qk]&quot;'/>\
                <groupfilter function='member' level='[:Measure Names]' member='&quot;[ds].[avg:share:qk]&quot;'/></groupfilter></filter>";
    let instances = [REGION, SUM, ("share", "Avg", "avg:share:qk", "quantitative")];
    let book = book(
        &instances,
        "",
        view,
        "[ds].[none:region:nk]",
        "[ds].[:Measure Names]",
        "<text column='[ds].[Multiple Values]'/>",
    );
    let answer = ask(&book).await;
    let names: Vec<String> = answer.measure_names.iter().map(FieldRef::to_string).collect();
    assert_eq!(names, ["[ds].[sum:amount:qk]", "[ds].[avg:share:qk]"]);
    assert_eq!(lines(&answer.frames[0]), ["East 140 0.583", "West 220 0.562"]);
}
