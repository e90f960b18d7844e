//! What views show beyond their groups: totals, blends, rows that the data does not have, shares, orders of table
//! calculations. The tables are small, and what they give is computed by hand.

use std::collections::HashMap;

use vivant_calc::civil::Date;
use vivant_calc::{DataType, Diagnostic, Value};
use vivant_document::spec::{FieldRef, SourceSpec, workbook};
use vivant_document::{Document, Limits};
use vivant_query::{
    Answer, Data, Engine, Frame, PlanTable, Question, Surroundings, Table, TableFuture, batch, in_memory,
};

const ORDERS: &str = "region:string,kind:string,customer:string,year:integer,amount:integer,day:date\n\
    East,A,Ann,2023,10,2023-01-05\n\
    East,A,Bob,2023,20,2023-02-05\n\
    East,B,Ann,2024,30,2024-01-05\n\
    West,A,Cid,2023,40,2023-02-07\n\
    West,A,Cid,2024,50,2023-06-05\n\
    South,A,Dan,2024,5,2024-01-05\n";

const QUOTAS: &str = "area:string,boss:string,quota:integer\n\
    East,Kim,100\n\
    East,Lee,20\n\
    West,Max,50\n\
    North,Nia,7\n";

/// A worksheet as it is written; fields without an instance are read from the names of pills.
#[derive(Default)]
struct View<'v> {
    /// Data sources: name and table.
    tables: Vec<(&'v str, &'v str)>,
    /// Calculations of the first data source: name, type and formula, then what stands inside.
    fields: Vec<[&'v str; 4]>,
    /// More of the first data source.
    source: &'v str,
    /// Instances with more than a name says.
    instances: &'v str,
    /// Filters and sorts.
    view: &'v str,
    rows: &'v str,
    cols: &'v str,
    /// Attributes of the shelves.
    row_attributes: &'v str,
    col_attributes: &'v str,
    /// Measures on the text of the marks card.
    text: Vec<&'v str>,
    /// What stands behind the shelves.
    table: &'v str,
    /// Links of data sources: key and value.
    links: Vec<[&'v str; 2]>,
    /// Whether every row is a mark.
    is_plain: bool,
}

struct Tables(HashMap<String, PlanTable>);

impl Data for Tables {
    fn table<'t>(&'t self, source: &'t SourceSpec, _: Table<'t>) -> TableFuture<'t> {
        Box::pin(async { Ok(self.0[&source.name].clone()) })
    }
}

/// The columns of a table: name, type, values.
fn columns(table: &str) -> Vec<(String, DataType, Vec<Value>)> {
    let mut lines = table.lines();
    let mut columns: Vec<(String, DataType, Vec<Value>)> = Vec::new();
    for column in lines.next().expect("a header").split(',') {
        let (name, word) = column.split_once(':').expect("a type");
        let data_type = match word {
            "string" => DataType::String,
            "date" => DataType::Date,
            _ => DataType::Integer,
        };
        columns.push((name.to_owned(), data_type, Vec::new()));
    }
    for line in lines {
        for (column, text) in columns.iter_mut().zip(line.split(',')) {
            column.2.push(match column.1 {
                _ if text.is_empty() => Value::Null,
                DataType::String => Value::String(text.to_owned()),
                DataType::Date => Value::from_literal(&format!("#{text}#")).value,
                _ => Value::Integer(text.parse().expect("a number")),
            });
        }
    }
    columns
}

fn source(name: &str, table: &str, more: &str) -> String {
    let records: String = columns(table)
        .iter()
        .map(|(name, data_type, _)| {
            format!(
                "<metadata-record class='column'><remote-name>{name}</remote-name><local-name>[{name}]</local-name>\
                 <parent-name>[t]</parent-name><local-type>{}</local-type><aggregation>Sum</aggregation></metadata-record>",
                data_type.as_str()
            )
        })
        .collect();
    format!(
        "<datasource caption='{name}' name='{name}'><connection class='federated'><named-connections>\
         <named-connection name='c'><connection class='textscan' filename='t.csv' directory='.' /></named-connection></named-connections>\
         <relation connection='c' name='t' table='[t#csv]' type='table' /><metadata-records>{records}</metadata-records></connection>{more}</datasource>"
    )
}

impl View<'_> {
    fn written(&self) -> String {
        let fields: String = self
            .fields
            .iter()
            .map(|[name, data_type, formula, inside]| {
                format!(
                    "<column datatype='{data_type}' name='[{name}]' role='measure' type='quantitative'>\
                     <calculation class='tableau' formula='{formula}'>{inside}</calculation></column>"
                )
            })
            .collect();
        let first = self.tables[0].0;
        let sources: String = self
            .tables
            .iter()
            .map(|(name, table)| {
                let more = match *name == first {
                    true => format!("{fields}{}", self.source),
                    false => String::new(),
                };
                source(name, table, &more)
            })
            .collect();
        let used: String = self
            .tables
            .iter()
            .map(|(name, _)| format!("<datasource name='{name}' />"))
            .collect();
        let cards: String = self
            .text
            .iter()
            .map(|key| format!("<text column='{key}' />"))
            .collect();
        let links: String = self
            .links
            .iter()
            .map(|[key, value]| format!("<map key='{key}' value='{value}' />"))
            .collect();
        format!(
            "<workbook version='18.1'><datasources>\
             <datasource name='Parameters' hasconnection='false'><column caption='N' datatype='integer' name='[Parameter 1]' param-domain-type='any' role='measure' type='quantitative' value='2'><calculation class='tableau' formula='2' /></column></datasource>\
             {sources}</datasources>\
             <datasource-relationships><datasource-relationship source='ds' target='two'><column-mapping>{links}</column-mapping></datasource-relationship></datasource-relationships>\
             <worksheets><worksheet name='S'><table><view><datasources>{used}</datasources>\
             <datasource-dependencies datasource='{first}'>{}</datasource-dependencies>{}<aggregation value='{}' /></view>\
             <panes><pane><mark class='Automatic' /><encodings>{cards}</encodings></pane></panes>\
             <rows {}>{}</rows><cols {}>{}</cols>{}</table></worksheet></worksheets></workbook>",
            self.instances,
            self.view,
            !self.is_plain,
            self.row_attributes,
            self.rows,
            self.col_attributes,
            self.cols,
            self.table
        )
    }

    async fn asked(&self) -> Result<(Answer, Vec<Diagnostic>), Box<Diagnostic>> {
        let document = Document::parse(self.written(), &Limits::default()).expect("XML");
        let book = workbook(&document);
        assert!(book.diagnostics.is_empty(), "{:?}", book.diagnostics);
        let book = book.value;
        let tables = self.tables.iter().map(|(name, table)| {
            let batch = batch(columns(table)).expect("a batch");
            let table = in_memory(batch.schema(), vec![batch]).expect("a table");
            ((*name).to_owned(), table)
        });
        let now = Date::new(2024, 12, 31).expect("a day").midnight();
        let question = Question {
            workbook: &book,
            sheet: &book.sheets[0],
            most_values: 10_000,
            domains: true,
        };
        let surroundings = Surroundings::of(&book, now, None, &[]);
        let tables = Tables(tables.collect());
        let engine = Engine::new(&tables);
        let found = engine.answer(&question, &surroundings).await?;
        // What comes piece by piece, sorted by the engine, is the same.
        let flow = engine.flow(&question, &surroundings, 0).await?;
        assert_eq!(flow.diagnostics, found.diagnostics);
        let mut pieces = flow.value.gathered().await?;
        for (piece, frame) in pieces.frames.iter_mut().zip(&found.value.frames) {
            assert!(piece.members.is_empty() || piece.members == frame.members);
            piece.members.clone_from(&frame.members);
        }
        let sorted = |answer: &Answer| {
            let mut lines: Vec<String> = answer.frames.iter().flat_map(|frame| lines(frame, &[])).collect();
            lines.sort();
            lines
        };
        match self.is_plain {
            // Marks of the same members have no order.
            true => assert_eq!(sorted(&pieces), sorted(&found.value)),
            false => assert_eq!(pieces, found.value),
        }
        Ok((found.value, found.diagnostics))
    }

    async fn answer(&self) -> Answer {
        let (answer, diagnostics) = self.asked().await.unwrap_or_else(|error| panic!("{error}"));
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        answer
    }

    /// Asks for the rows of the marks card.
    async fn rows(&self) -> Vec<String> {
        lines(&self.answer().await.frames[0], &[])
    }

    /// Asks for the rows of totals.
    async fn totals(&self) -> Vec<String> {
        let answer = self.answer().await;
        let of = |total: &vivant_query::Total| lines(&total.rows, &total.over);
        answer.totals.iter().flat_map(of).collect()
    }

    async fn error(&self) -> String {
        match self.asked().await {
            Ok((_, diagnostics)) => diagnostics
                .iter()
                .find(|one| one.is_error())
                .expect("an error")
                .to_string(),
            Err(error) => error.to_string(),
        }
    }
}

/// Writes rows; what a total leaves out stands in front.
fn lines(frame: &Frame, over: &[FieldRef]) -> Vec<String> {
    let out: String = over
        .iter()
        .map(|key| format!("-{} ", key.name.split(':').nth(1).unwrap_or_default()))
        .collect();
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
            format!("{out}{}", values.join(" "))
        })
        .collect()
}

const REGION: &str = "[ds].[none:region:nk]";
const KIND: &str = "[ds].[none:kind:nk]";
const CUSTOMER: &str = "[ds].[none:customer:nk]";
const YEAR: &str = "[ds].[none:year:ok]";
const SUM: &str = "[ds].[sum:amount:qk]";

fn orders<'v>() -> View<'v> {
    View {
        tables: vec![("ds", ORDERS)],
        ..View::default()
    }
}

fn nested<'v>() -> View<'v> {
    View {
        rows: "([ds].[none:region:nk] / [ds].[none:kind:nk])",
        cols: YEAR,
        text: vec![SUM, "[ds].[avg:amount:qk]", "[ds].[ctd:customer:qk]"],
        ..orders()
    }
}

#[tokio::test]
async fn totals_are_those_of_the_rows_below() {
    let view = View {
        row_attributes: "total='true'",
        col_attributes: "total='true'",
        table: "<subtotals><column>[ds].[none:region:nk]</column></subtotals>",
        ..nested()
    };
    let answer = view.answer().await;
    assert_eq!(
        lines(&answer.frames[0], &[]),
        [
            "East A 2023 30 15.000 2",
            "East B 2024 30 30.000 1",
            "South A 2024 5 5.000 1",
            "West A 2023 40 40.000 1",
            "West A 2024 50 50.000 1",
        ]
    );
    assert_eq!(
        view.totals().await,
        [
            // Each kind over all years.
            "-year East A 30 15.000 2",
            "-year East B 30 30.000 1",
            "-year South A 5 5.000 1",
            "-year West A 90 45.000 1",
            // Each region, by year and over all.
            "-kind East 2023 30 15.000 2",
            "-kind East 2024 30 30.000 1",
            "-kind South 2024 5 5.000 1",
            "-kind West 2023 40 40.000 1",
            "-kind West 2024 50 50.000 1",
            "-kind -year East 60 20.000 2",
            "-kind -year South 5 5.000 1",
            "-kind -year West 90 45.000 1",
            // Everything.
            "-region -kind 2023 70 23.333 3",
            "-region -kind 2024 85 28.333 3",
            "-region -kind -year 155 25.833 4",
        ]
    );
}

#[tokio::test]
async fn totals_do_not_see_filters_of_aggregates_but_those_of_rows() {
    let having = "<filter class='quantitative' column='[ds].[sum:amount:qk]' included-values='in-range'><min>40</min></filter>";
    let rows = "<filter class='categorical' column='[ds].[none:kind:nk]'><groupfilter function='member' level='[none:kind:nk]' member='&quot;A&quot;' /></filter>";
    let both = format!("{having}{rows}");
    let view = View {
        row_attributes: "total='true'",
        view: &both,
        text: vec![SUM],
        ..nested()
    };
    assert_eq!(view.rows().await, ["West A 2023 40", "West A 2024 50"]);
    assert_eq!(
        view.totals().await,
        ["-region -kind 2023 70", "-region -kind 2024 55"]
    );
}

#[tokio::test]
async fn totals_of_cells_where_a_pill_says_so() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Avg' name='[vtavg:avg:amount:qk]' pivot='key' type='quantitative' visual-totals='Avg' />\
                    <column-instance column='[customer]' derivation='CountD' name='[vtsum:ctd:customer:qk]' pivot='key' type='quantitative' visual-totals='Sum' />",
        rows: REGION,
        row_attributes: "total='true'",
        text: vec!["[ds].[vtavg:avg:amount:qk]", "[ds].[vtsum:ctd:customer:qk]"],
        ..orders()
    };
    assert_eq!(
        view.rows().await,
        ["East 20.000 2", "South 5.000 1", "West 45.000 1"]
    );
    // (20 + 5 + 45) / 3, and 2 + 1 + 1.
    assert_eq!(view.totals().await, ["-region 23.333 4"]);
}

#[tokio::test]
async fn totals_leave_marks_cards_and_axes_as_they_are() {
    let view = View {
        rows: "([ds].[none:region:nk] * [ds].[sum:amount:qk])",
        row_attributes: "total='true'",
        cols: "[ds].[none:year:qk]",
        col_attributes: "total='true'",
        text: vec![KIND],
        ..orders()
    };
    // The years make an axis, so that they are not left out.
    assert_eq!(
        view.totals().await,
        ["-region 2023 A 70", "-region 2024 A 55", "-region 2024 B 30"]
    );
}

#[tokio::test]
async fn table_calculations_of_totals_run_over_the_totals() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[pcto:sum:amount:qk]' pivot='key' type='quantitative'><table-calc ordering-type='Rows' type='PctTotal' /></column-instance>",
        rows: REGION,
        row_attributes: "total='true'",
        cols: YEAR,
        text: vec!["[ds].[pcto:sum:amount:qk]"],
        ..orders()
    };
    // 70 and 85 of 155.
    assert_eq!(view.totals().await, ["-region 2023 0.452", "-region 2024 0.548"]);
}

#[tokio::test]
async fn filters_of_table_calculations_are_applied_to_totals_where_they_say_so() {
    let view = |filter| View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[pcto:sum:amount:qk]' pivot='key' type='quantitative'><table-calc ordering-type='Rows' type='PctTotal' /></column-instance>",
        view: filter,
        rows: REGION,
        row_attributes: "total='true'",
        cols: YEAR,
        text: vec!["[ds].[pcto:sum:amount:qk]"],
        ..orders()
    };
    let plain = view(
        "<filter class='quantitative' column='[ds].[pcto:sum:amount:qk]' included-values='in-range'><min>0.5</min></filter>",
    );
    let body = [
        "East 2023 0.500",
        "East 2024 0.500",
        "South 2024 1.000",
        "West 2024 0.556",
    ];
    assert_eq!(plain.rows().await, body);
    assert_eq!(plain.totals().await, ["-region 2023 0.452", "-region 2024 0.548"]);
    let applied = view(
        "<filter affect-totals='true' class='quantitative' column='[ds].[pcto:sum:amount:qk]' included-values='in-range'><min>0.5</min></filter>",
    );
    assert_eq!(applied.rows().await, body);
    assert_eq!(applied.totals().await, ["-region 2024 0.548"]);
}

#[tokio::test]
async fn members_are_sorted_by_a_table_calculation_of_the_view() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[cum:sum:amount:qk]' pivot='key' type='quantitative'>\
                    <table-calc aggregation='Sum' ordering-type='Field' type='CumTotal'><order field='[ds].[none:year:ok]' /></table-calc></column-instance>",
        view: "<computed-sort column='[ds].[none:region:nk]' direction='DESC' using='[ds].[cum:sum:amount:qk]' />",
        rows: "([ds].[none:region:nk] / [ds].[none:year:ok])",
        text: vec!["[ds].[cum:sum:amount:qk]"],
        ..orders()
    };
    assert_eq!(
        view.rows().await,
        [
            "West 2023 40",
            "West 2024 90",
            "East 2023 30",
            "East 2024 60",
            "South 2024 5"
        ]
    );
}

#[tokio::test]
async fn ranges_of_members_run_in_the_order_of_the_field() {
    let of = |view| View {
        view,
        text: vec![SUM],
        ..orders()
    };
    let texts = View {
        rows: CUSTOMER,
        ..of("<filter class='categorical' column='[ds].[none:customer:nk]'>\
             <groupfilter function='range' level='[none:customer:nk]' from='&quot;bob&quot;' to='&quot;CID&quot;' /></filter>")
    };
    assert_eq!(texts.rows().await, ["Bob 20", "Cid 90"]);
    let counts = View {
        rows: REGION,
        ..of("<filter class='categorical' column='[ds].[ctd:customer:ok]'>\
             <groupfilter function='range' level='[ctd:customer:ok]' from='2' to='3' /></filter>")
    };
    assert_eq!(counts.rows().await, ["East 60"]);
}

#[tokio::test]
async fn fractions_of_percentiles_may_be_computed() {
    let view = View {
        fields: vec![["Three quarters", "real", "PERCENTILE([amount], 1 - 0.25)", ""]],
        rows: REGION,
        text: vec!["[ds].[usr:Three quarters:qk]"],
        ..orders()
    };
    assert_eq!(view.rows().await, ["East 25.000", "South 5.000", "West 47.500"]);
}

#[tokio::test]
async fn totals_within_formulas_are_asked_of_the_rows() {
    let along = "<table-calc ordering-type='Rows' />";
    let view = View {
        fields: vec![
            ["All", "integer", "TOTAL(COUNTD([customer]))", along],
            ["Mean", "real", "TOTAL(AVG([amount]))", along],
            ["Sum", "integer", "TOTAL(SUM([amount]))", along],
            ["Share", "real", "SUM([amount]) / TOTAL(SUM([amount]))", along],
        ],
        instances: "<column-instance column='[amount]' derivation='Avg' name='[pcto:avg:amount:qk]' pivot='key' type='quantitative'><table-calc ordering-type='Rows' type='PctTotal' /></column-instance>",
        rows: REGION,
        cols: KIND,
        text: vec![
            "[ds].[usr:All:qk]",
            "[ds].[usr:Mean:qk]",
            "[ds].[usr:Sum:qk]",
            "[ds].[usr:Share:qk]",
            "[ds].[pcto:avg:amount:qk]",
        ],
        ..orders()
    };
    // The share of an average is one of the average of all rows: 15 / 20 and 30 / 20.
    assert_eq!(
        view.rows().await,
        [
            "East A 2 20.000 60 0.500 0.750",
            "East B 2 20.000 60 0.500 1.500",
            "South A 1 5.000 5 1.000 1.000",
            "South B 1 5.000 5 NULL NULL",
            "West A 1 45.000 90 1.000 1.000",
            "West B 1 45.000 90 NULL NULL",
        ]
    );
    // A total is over the rows that a filter of aggregates leaves out, too.
    let filtered = View {
        view: "<filter class='quantitative' column='[ds].[sum:amount:qk]' included-values='in-range'><min>40</min></filter>",
        text: vec!["[ds].[usr:Sum:qk]"],
        cols: "",
        fields: vec![[
            "Sum",
            "integer",
            "TOTAL(SUM([amount]))",
            "<table-calc ordering-type='Columns' />",
        ]],
        ..view
    };
    assert_eq!(filtered.rows().await, ["East 155", "West 155"]);
}

#[tokio::test]
async fn every_measure_becomes_a_share() {
    let view = View {
        rows: REGION,
        text: vec![SUM, "[ds].[avg:amount:qk]"],
        table: "<percentages enabled='true' mode='column' />",
        ..orders()
    };
    // Of 155, and of 25.833.
    assert_eq!(
        view.rows().await,
        ["East 0.387 0.774", "South 0.032 0.194", "West 0.581 1.742"]
    );
}

fn blend<'v>() -> View<'v> {
    View {
        tables: vec![("ds", ORDERS), ("two", QUOTAS)],
        links: vec![[REGION, "[two].[none:area:nk]"]],
        rows: REGION,
        text: vec![SUM, "[two].[sum:quota:qk]"],
        ..View::default()
    }
}

#[tokio::test]
async fn secondary_sources_are_aggregated_to_the_links() {
    let view = View {
        fields: vec![
            ["Ratio", "real", "SUM([amount]) / SUM([two].[quota])", ""],
            ["Twice", "real", "2 * [Ratio]", ""],
        ],
        text: vec![
            SUM,
            "[two].[sum:quota:qk]",
            "[two].[avg:quota:qk]",
            "[two].[none:boss:nk]",
            "[ds].[usr:Ratio:qk]",
            "[ds].[usr:Twice:qk]",
        ],
        ..blend()
    };
    // North has no partner and is not there; South has none and stays.
    assert_eq!(
        view.rows().await,
        [
            "East 60 120 60.000 * 0.500 1.000",
            "South 5 NULL NULL NULL NULL NULL",
            "West 90 50 50.000 Max 1.800 3.600",
        ]
    );
}

#[tokio::test]
async fn links_are_by_label_where_none_are_written() {
    let view = View {
        tables: vec![
            ("ds", ORDERS),
            ("two", "region:string,quota:integer\nEast,3\nEast,4\n"),
        ],
        links: Vec::new(),
        ..blend()
    };
    assert_eq!(view.rows().await, ["East 60 7", "South 5 NULL", "West 90 NULL"]);
}

#[tokio::test]
async fn links_outside_of_the_view_are_turned_on_by_hand() {
    let by_year = View {
        rows: YEAR,
        ..blend()
    };
    // Without a link everything belongs to everything.
    assert_eq!(by_year.rows().await, ["2023 70 177", "2024 85 177"]);
    let linked = View {
        table: "<join-lod-include-overrides><column>[two].[area]</column></join-lod-include-overrides>",
        text: vec![
            SUM,
            "[two].[sum:quota:qk]",
            "[two].[max:quota:qk]",
            "[two].[attr:boss:nk]",
        ],
        ..by_year
    };
    // Both years have sales in East and West.
    assert_eq!(linked.rows().await, ["2023 70 170 100 *", "2024 85 170 100 *"]);
    let average = View {
        text: vec!["[two].[avg:quota:qk]"],
        ..linked
    };
    let error = average.error().await;
    assert!(error.contains("put the linking field into the view"), "{error}");
    let off = View {
        table: "<join-lod-exclude-overrides><column>[two].[area]</column></join-lod-exclude-overrides>",
        ..blend()
    };
    assert_eq!(off.rows().await, ["East 60 177", "South 5 177", "West 90 177"]);
}

#[tokio::test]
async fn filters_of_secondary_sources() {
    let boss =
        |test: &str| format!("<filter class='categorical' column='[two].[none:boss:nk]'>{test}</filter>");
    let kim = boss("<groupfilter function='member' level='[none:boss:nk]' member='&quot;Kim&quot;' />");
    let kept = View {
        view: &kim,
        ..blend()
    };
    assert_eq!(kept.rows().await, ["East 60 100"]);
    let max = boss(
        "<groupfilter function='except'><groupfilter function='level-members' level='[none:boss:nk]' />\
         <groupfilter function='member' level='[none:boss:nk]' member='&quot;Max&quot;' /></groupfilter>",
    );
    let left = View {
        view: &max,
        ..blend()
    };
    // South never had a partner, West lost its own.
    assert_eq!(left.rows().await, ["East 60 120", "South 5 NULL"]);
    let all = boss("<groupfilter function='level-members' level='[none:boss:nk]' />");
    let everything = View {
        view: &all,
        text: vec![SUM],
        ..blend()
    };
    assert_eq!(everything.rows().await, ["East 60", "South 5", "West 90"]);
    let least = "<filter class='quantitative' column='[two].[sum:quota:qk]' included-values='in-range'><min>60</min></filter>";
    let aggregated = View {
        view: least,
        text: vec![SUM],
        ..blend()
    };
    assert_eq!(aggregated.rows().await, ["East 60"]);
}

#[tokio::test]
async fn members_are_sorted_by_a_secondary_measure_and_totals_are_over_partners() {
    let view = View {
        fields: vec![["Ratio", "real", "SUM([amount]) / SUM([two].[quota])", ""]],
        view: "<computed-sort column='[ds].[none:region:nk]' direction='DESC' using='[two].[sum:quota:qk]' />",
        row_attributes: "total='true'",
        text: vec![SUM, "[two].[sum:quota:qk]", "[ds].[usr:Ratio:qk]"],
        ..blend()
    };
    assert_eq!(
        view.rows().await,
        ["East 60 120 0.500", "West 90 50 1.800", "South 5 NULL NULL"]
    );
    assert_eq!(view.totals().await, ["-region 155 170 0.912"]);
}

#[tokio::test]
async fn missing_steps_of_dates_and_bins_are_shown() {
    let months = View {
        rows: "[ds].[tmn:day:ok]",
        text: vec![SUM],
        table: "<show-full-range><column>[ds].[tmn:day:ok]</column></show-full-range>",
        view: "<filter class='categorical' column='[ds].[none:year:ok]'><groupfilter function='member' level='[none:year:ok]' member='2023' /></filter>",
        ..orders()
    };
    assert_eq!(months.rows().await, ["2023-01-01 10", "2023-02-01 60"]);
    let all = View { view: "", ..months };
    let found = all.rows().await;
    assert_eq!(found.len(), 13);
    assert_eq!(
        found[2..6],
        [
            "2023-03-01 NULL",
            "2023-04-01 NULL",
            "2023-05-01 NULL",
            "2023-06-01 50"
        ]
    );
    assert_eq!(found[12], "2024-01-01 35");
    let bins = View {
        source: "<column datatype='integer' name='[Size]' role='dimension' type='ordinal'><calculation class='bin' formula='[amount]' size='10' peg='0' /></column>",
        rows: "[ds].[Size]",
        table: "<show-full-range><column>[ds].[Size]</column></show-full-range>",
        text: vec!["[ds].[cnt:amount:qk]"],
        ..orders()
    };
    assert_eq!(bins.rows().await, ["0 1", "1 1", "2 1", "3 1", "4 1", "5 1"]);
    let wide = View {
        view: "<filter class='categorical' column='[ds].[none:kind:nk]'><groupfilter function='member' level='[none:kind:nk]' member='&quot;A&quot;' /></filter>",
        ..bins
    };
    assert_eq!(wide.rows().await, ["0 1", "1 1", "2 1", "3 NULL", "4 1", "5 1"]);
}

#[tokio::test]
async fn empty_rows_are_shown() {
    let view = View {
        rows: REGION,
        row_attributes: "include-empty='true'",
        text: vec![SUM],
        view: "<filter class='categorical' column='[ds].[none:year:ok]'><groupfilter function='member' level='[none:year:ok]' member='2023' /></filter>",
        ..orders()
    };
    assert_eq!(view.rows().await, ["East 30", "South NULL", "West 40"]);
    // A filter of the field itself still takes members away.
    let without = "<filter class='categorical' column='[ds].[none:year:ok]'><groupfilter function='member' level='[none:year:ok]' member='2023' /></filter>\
                   <filter class='categorical' column='[ds].[none:region:nk]'><groupfilter function='except'><groupfilter function='level-members' level='[none:region:nk]' />\
                   <groupfilter function='member' level='[none:region:nk]' member='&quot;East&quot;' /></groupfilter></filter>";
    assert_eq!(
        View {
            view: without,
            ..view
        }
        .rows()
        .await,
        ["South NULL", "West 40"]
    );
}

#[tokio::test]
async fn table_calculations_run_over_cells_without_data() {
    let along = "<table-calc ordering-type='Rows' />";
    let view = View {
        fields: vec![
            ["Place", "integer", "INDEX()", along],
            ["Running", "integer", "RUNNING_SUM(SUM([amount]))", along],
        ],
        rows: KIND,
        cols: YEAR,
        text: vec!["[ds].[usr:Place:qk]", "[ds].[usr:Running:qk]", SUM],
        ..orders()
    };
    let answer = view.answer().await;
    assert_eq!(
        lines(&answer.frames[0], &[]),
        [
            "A 2023 1 70 70",
            "A 2024 2 125 55",
            "B 2023 1 NULL NULL",
            "B 2024 2 30 30"
        ]
    );
    assert_eq!(answer.frames[0].added, [false, false, true, false]);
    // Without a table calculation, or without headers on both sides, nothing is added.
    let plain = View {
        text: vec![SUM],
        ..view
    };
    assert_eq!(plain.rows().await, ["A 2023 70", "A 2024 55", "B 2024 30"]);
    let axis = View {
        cols: "[ds].[none:year:qk]",
        text: vec!["[ds].[usr:Place:qk]"],
        ..plain
    };
    assert_eq!(axis.rows().await, ["A 2023 1", "A 2024 2", "B 2024 1"]);
}

#[tokio::test]
async fn too_many_added_rows_are_refused() {
    let days = "day:date,amount:integer\n1000-01-01,1\n2024-01-01,2\n";
    let view = View {
        tables: vec![("ds", days)],
        rows: "[ds].[tdy:day:ok]",
        text: vec![SUM],
        table: "<show-full-range><column>[ds].[tdy:day:ok]</column></show-full-range>",
        ..View::default()
    };
    let error = view.error().await;
    assert!(error.contains("the view has more than"), "{error}");
}

#[tokio::test]
async fn the_first_and_last_per_cent_of_members() {
    let top = |end: &str, count: &str| {
        format!(
            "<filter class='categorical' column='[ds].[none:customer:nk]'><groupfilter count='{count}' end='{end}' function='end' units='percent'>\
             <groupfilter direction='DESC' expression='SUM([amount])' function='order'><groupfilter function='level-members' level='[none:customer:nk]' /></groupfilter></groupfilter></filter>"
        )
    };
    let of = async |end: &str, count: &str| {
        let filter = top(end, count);
        let view = View {
            rows: CUSTOMER,
            text: vec![SUM],
            view: &filter,
            ..orders()
        };
        view.rows().await
    };
    assert_eq!(of("top", "50").await, ["Ann 40", "Cid 90"]);
    // A part of a member is a member.
    assert_eq!(of("top", "26").await, ["Ann 40", "Cid 90"]);
    assert_eq!(of("bottom", "25").await, ["Dan 5"]);
    assert_eq!(of("top", "100").await.len(), 4);
    assert_eq!(of("top", "0").await, [""; 0]);
    // By the parameter: two per cent are one of four.
    assert_eq!(of("top", "[Parameters].[Parameter 1]").await, ["Cid 90"]);
}

#[tokio::test]
async fn ties_at_the_end_of_the_first_so_many_are_settled_by_name() {
    let table = "customer:string,amount:integer\nDan,5\nAnn,5\nCid,5\nBob,9\n";
    let view = View {
        tables: vec![("ds", table)],
        rows: CUSTOMER,
        text: vec![SUM],
        view: "<filter class='categorical' column='[ds].[none:customer:nk]'><groupfilter count='[Parameters].[Parameter 1]' end='top' function='end' units='records'>\
               <groupfilter direction='DESC' expression='SUM([amount])' function='order'><groupfilter function='level-members' level='[none:customer:nk]' /></groupfilter></groupfilter></filter>",
        ..View::default()
    };
    assert_eq!(view.rows().await, ["Ann 5", "Bob 9"]);
}

#[tokio::test]
async fn offsets_step_along_a_level() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[diff:sum:amount:qk]' pivot='key' type='quantitative'>\
                    <table-calc diff-options='Relative' level-address='[ds].[none:year:ok]' ordering-type='Field' type='Difference'>\
                    <order field='[ds].[none:year:ok]' /><order field='[ds].[none:kind:nk]' /><address><value>-1</value></address></table-calc></column-instance>",
        rows: "([ds].[none:year:ok] / [ds].[none:kind:nk])",
        text: vec![SUM, "[ds].[diff:sum:amount:qk]"],
        ..orders()
    };
    // 55 against 70 of the same place in the year before; the second place of it is not there.
    assert_eq!(
        view.rows().await,
        ["2023 A 70 NULL", "2024 A 55 -15", "2024 B 30 NULL"]
    );
}

#[tokio::test]
async fn a_field_stands_for_all_its_parts_in_the_view() {
    let view = View {
        instances: "<column-instance column='[amount]' derivation='Sum' name='[cum:sum:amount:qk]' pivot='key' type='quantitative'>\
                    <table-calc aggregation='Sum' ordering-field='[ds].[day]' ordering-type='Field' type='CumTotal' /></column-instance>",
        rows: "([ds].[yr:day:ok] / [ds].[qr:day:ok])",
        text: vec!["[ds].[cum:sum:amount:qk]"],
        ..orders()
    };
    assert_eq!(view.rows().await, ["2023 1 70", "2023 2 120", "2024 1 155"]);
}

#[tokio::test]
async fn table_calculations_have_an_order_of_their_own() {
    let view = View {
        fields: vec![[
            "Place",
            "integer",
            "INDEX()",
            "<table-calc ordering-type='Field' ordering-field='[ds].[customer]'><sort direction='DESC' using='[ds].[sum:amount:qk]' /></table-calc>",
        ]],
        rows: CUSTOMER,
        text: vec!["[ds].[usr:Place:qk]"],
        ..orders()
    };
    assert_eq!(view.rows().await, ["Ann 2", "Bob 3", "Cid 1", "Dan 4"]);
    // As headers the places order what is inside of them.
    let headers = View {
        rows: "([ds].[usr:Place:ok] / [ds].[none:customer:nk])",
        text: vec![SUM],
        ..view
    };
    assert_eq!(
        headers.rows().await,
        ["Cid 1 90", "Ann 2 40", "Bob 3 20", "Dan 4 5"]
    );
}

#[tokio::test]
async fn results_of_rows_before_may_be_read_twice() {
    let view = View {
        fields: vec![[
            "Sum",
            "integer",
            "IF INDEX() = 1 THEN PREVIOUS_VALUE(100) ELSE PREVIOUS_VALUE(0) + SUM([amount]) END",
            "<table-calc ordering-type='Columns' />",
        ]],
        rows: CUSTOMER,
        text: vec!["[ds].[usr:Sum:qk]"],
        ..orders()
    };
    assert_eq!(view.rows().await, ["Ann 100", "Bob 120", "Cid 210", "Dan 215"]);
}

#[tokio::test]
async fn aggregates_of_formulas_are_over_one_row_where_each_is_a_mark() {
    let view = View {
        fields: vec![["Twice", "integer", "2 * SUM([amount])", ""]],
        rows: CUSTOMER,
        text: vec![SUM, "[ds].[usr:Twice:qk]"],
        view: "<filter class='categorical' column='[ds].[none:region:nk]'><groupfilter function='member' level='[none:region:nk]' member='&quot;West&quot;' /></filter>",
        is_plain: true,
        ..orders()
    };
    let mut rows = view.rows().await;
    rows.sort();
    assert_eq!(rows, ["Cid 40 80", "Cid 50 100"]);
}

#[tokio::test]
async fn parameters_are_dimensions_of_one_member() {
    let view = View {
        rows: REGION,
        text: vec!["[Parameters].[Parameter 1]", SUM],
        ..orders()
    };
    assert_eq!(view.rows().await, ["East 2 60", "South 2 5", "West 2 90"]);
}

#[tokio::test]
async fn filters_of_places_are_left_to_those_who_look_them_up() {
    let view = View {
        rows: REGION,
        text: vec![SUM],
        view: "<filter class='quantitative' column='[ds].[Latitude (generated)]' included-values='non-null' />",
        ..orders()
    };
    let (answer, diagnostics) = view.asked().await.expect("an answer");
    assert_eq!(answer.frames[0].rows, 3);
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let listed = View {
        view: "<filter class='categorical' column='[ds].[Latitude (generated)]'><groupfilter function='member' level='[Latitude (generated)]' member='1.5' /></filter>",
        ..view
    };
    let (_, diagnostics) = listed.asked().await.expect("an answer");
    assert!(diagnostics[0].to_string().contains("is passed over"));
}

#[tokio::test]
async fn groups_of_several_fields() {
    let group = |default: &str| {
        format!(
            "<column datatype='string' name='[Team]' role='dimension' type='nominal'><calculation class='categorical-bin' column='[region],[kind]' {default} new-bin='true'>\
             <bin value='&quot;First&quot;'><value>(&quot;East&quot;,&quot;A&quot;)</value><value>(&quot;West&quot;,&quot;A&quot;)</value></bin></calculation></column>"
        )
    };
    let of = async |default: &str| {
        let group = group(default);
        let view = View {
            source: &group,
            rows: "[ds].[Team]",
            text: vec![SUM],
            ..orders()
        };
        view.rows().await
    };
    assert_eq!(of("default='&quot;Rest&quot;'").await, ["First 120", "Rest 35"]);
    assert_eq!(of("").await, ["East, B 30", "First 120", "South, A 5"]);
}

#[tokio::test]
async fn forecasts_and_clusters_are_refused_by_name() {
    let forecast = View {
        instances: "<column-instance column='[amount]' derivation='Sum' forecast-column-base='[sum:amount:qk]' forecast-column-type='forecast-value' name='[fVal:sum:amount:qk]' pivot='key' type='quantitative' />",
        rows: "[ds].[tmn:day:ok]",
        text: vec!["[ds].[fVal:sum:amount:qk]", "[ds].[none:Forecast Indicator:nk]"],
        table: "<forecast-specification enabled='true' />",
        ..orders()
    };
    let error = forecast.error().await;
    assert!(error.contains("forecasts are not supported yet"), "{error}");
    let off = View {
        table: "",
        rows: REGION,
        ..forecast
    };
    assert_eq!(
        off.rows().await,
        ["East Actual 60", "South Actual 5", "West Actual 90"]
    );
    let clusters = View {
        source: "<column datatype='integer' is-adhoc-cluster='true' name='[AdhocCluster:1]' parent-model='[AnalyticModel:1]' role='dimension' type='ordinal' />",
        rows: "[ds].[none:AdhocCluster:1:ok]",
        text: vec![SUM],
        ..orders()
    };
    let error = clusters.error().await;
    assert!(error.contains("clusters"), "{error}");
}
