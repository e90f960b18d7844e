//! What views show beyond their groups: totals, blends, rows that the data does not have, shares, orders of table
//! calculations. The tables are small, and what they give is computed by hand.

mod added;
mod blends;
mod calculations;
mod members;
mod totals;

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
    /// Marks cards in place of that one.
    cards: &'v str,
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
        let texts: String = self
            .text
            .iter()
            .map(|key| format!("<text column='{key}' />"))
            .collect();
        let cards = match self.cards {
            "" => format!("<pane><mark class='Automatic' /><encodings>{texts}</encodings></pane>"),
            cards => cards.to_owned(),
        };
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
             <panes>{cards}</panes>\
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
