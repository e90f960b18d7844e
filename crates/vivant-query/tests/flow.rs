//! Results that are larger than the memory that plans have: they are sorted on disk, or refused with the limit.

use std::sync::Arc;

use datafusion::arrow::array::{Float64Array, Int64Array, StringArray};
use datafusion::arrow::record_batch::RecordBatch;
use vivant_calc::civil::Date;
use vivant_calc::{Diagnostic, Value};
use vivant_document::spec::{SourceSpec, WorkbookSpec, workbook};
use vivant_document::{Document, Limits};
use vivant_query::{
    Data, Engine, Flow, PlanTable, Question, Resources, Surroundings, Table, TableFuture, in_memory,
};

const ROWS: i64 = 400_000;
const MEMORY: usize = 40 << 20;

/// Numbers in no order, each with a text of a hundred bytes that no other has.
struct Wide(PlanTable);

impl Wide {
    fn new() -> Wide {
        Wide::of(ROWS, |id| format!("{id:0096}"))
    }

    fn of(rows: i64, text: fn(i64) -> String) -> Wide {
        let batch = |from: i64| {
            // A factor that has no divisor in common with the number of rows goes through all of them.
            let ids: Vec<i64> = (from..rows.min(from + 8192))
                .map(|at| (at * 77_773) % rows)
                .collect();
            let texts = ids.iter().map(|id| text(*id));
            let amounts = ids.iter().map(|id| *id as f64 / 4.0);
            RecordBatch::try_from_iter([
                ("id", Arc::new(Int64Array::from(ids.clone())) as _),
                ("text", Arc::new(StringArray::from_iter_values(texts)) as _),
                ("amount", Arc::new(Float64Array::from_iter_values(amounts)) as _),
            ])
            .expect("columns of one length")
        };
        let batches: Vec<RecordBatch> = (0..rows).step_by(8192).map(batch).collect();
        Wide(in_memory(batches[0].schema(), batches).expect("a table"))
    }
}

impl Data for Wide {
    fn table<'t>(&'t self, _: &'t SourceSpec, _: Table<'t>) -> TableFuture<'t> {
        Box::pin(async { Ok(Arc::clone(&self.0)) })
    }
}

/// A sheet with fields on rows and a pill on the marks card.
fn book(rows: &str, mark: &str, instance: &str, view: &str) -> WorkbookSpec {
    book_of("", rows, mark, instance, view)
}

fn book_of(metadata: &str, rows: &str, mark: &str, instance: &str, view: &str) -> WorkbookSpec {
    let field = |name: &str, data_type: &str, role: &str, kind: &str| {
        format!("<column datatype='{data_type}' name='[{name}]' role='{role}' type='{kind}' />")
    };
    let text = format!(
        "<workbook version='18.1'><datasources><datasource caption='Wide' name='ds'><connection class='federated'>\
         <named-connections><named-connection name='t'><connection class='textscan' filename='wide.csv' directory='.' /></named-connection></named-connections>\
         <relation connection='t' name='wide' table='[wide#csv]' type='table' />{metadata}</connection>{}{}{}</datasource></datasources>\
         <worksheets><worksheet name='S'><table><view><datasources><datasource name='ds' /></datasources>\
         <datasource-dependencies datasource='ds'>\
         <column-instance column='[id]' derivation='None' name='[none:id:ok]' pivot='key' type='ordinal' />\
         <column-instance column='[text]' derivation='None' name='[none:text:nk]' pivot='key' type='nominal' />{instance}\
         </datasource-dependencies>{view}<aggregation value='true' /></view>\
         <panes><pane><mark class='Automatic' /><encodings><text column='[ds].{mark}' /></encodings></pane></panes>\
         <rows>{rows}</rows><cols /></table></worksheet></worksheets></workbook>",
        field("id", "integer", "dimension", "ordinal"),
        field("text", "string", "dimension", "nominal"),
        field("amount", "real", "measure", "quantitative"),
    );
    let found = workbook(&Document::parse(text, &Limits::default()).expect("XML"));
    assert!(found.diagnostics.is_empty(), "{:?}", found.diagnostics);
    found.value
}

async fn ask(book: &WorkbookSpec, memory: usize) -> Result<Flow, Box<Diagnostic>> {
    ask_of(Wide::new(), book, memory).await
}

async fn ask_of(wide: Wide, book: &WorkbookSpec, memory: usize) -> Result<Flow, Box<Diagnostic>> {
    let folder = std::env::temp_dir();
    let resources = Resources::of_their_own(memory, &folder)?;
    let question = Question {
        workbook: book,
        sheet: &book.sheets[0],
        most_values: 1000,
        domains: false,
    };
    let now = Date::new(2024, 12, 31).expect("a day").midnight();
    let surroundings = Surroundings::of(book, now, None, &[]);
    let engine = Engine::within(&resources, &wide);
    engine
        .flow(&question, &surroundings, 1000)
        .await
        .map(|found| found.value)
}

const LEAST: &str =
    "<column-instance column='[text]' derivation='Min' name='[min:text:nk]' pivot='key' type='nominal' />";
const SUM: &str = "<column-instance column='[amount]' derivation='Sum' name='[sum:amount:qk]' pivot='key' type='quantitative' />";

#[tokio::test(flavor = "multi_thread")]
async fn more_rows_than_memory_come_in_order() {
    let book = book("[ds].[none:id:ok]", "[min:text:nk]", LEAST, "");
    let mut flow = ask(&book, MEMORY).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(flow.shape.frames[0].columns.len(), 2);
    let mut next = 0;
    while let Some(part) = flow.next().await.unwrap_or_else(|error| panic!("{error}")) {
        let [ids, texts] = &part.rows.columns[..] else {
            panic!("two columns")
        };
        for (id, text) in ids.values.iter().zip(&texts.values) {
            assert_eq!(*id, Value::Integer(next));
            assert_eq!(*text, Value::String(format!("{next:0096}")));
            next += 1;
        }
    }
    assert_eq!(next, ROWS);
}

/// A collation by which letter case does not matter.
const WITHOUT_CASE: &str = "<metadata-records><metadata-record class='column'><remote-name>text</remote-name><local-name>[text]</local-name>\
     <parent-name>[wide]</parent-name><local-type>string</local-type><collation flag='0' name='LEN_RUS_S2' /></metadata-record>\
     </metadata-records>";

#[tokio::test(flavor = "multi_thread")]
async fn members_whose_case_does_not_matter_are_one_however_many_rows_there_are() {
    // A thousand members, each spelled in two ways, in a hundred and fifty rows.
    const ROWS: i64 = 150_000;
    let wide = Wide::of(ROWS, |id| match id % 3000 {
        odd @ 0..1000 => format!("member {:03}{:0>40}", odd, ""),
        other => format!("Member {:03}{:0>40}", other % 1000, ""),
    });
    let rows = "([ds].[none:text:nk] / [ds].[none:id:ok])";
    let shown = "<column-instance column='[text]' derivation='Max' name='[max:text:nk]' pivot='key' type='nominal' />";
    let reversed = "<sort class='alphabetic' column='[ds].[none:text:nk]' direction='DESC' />";
    let book = book_of(WITHOUT_CASE, rows, "[max:text:nk]", shown, reversed);
    let flow = ask_of(wide, &book, MEMORY).await;
    let mut flow = flow.unwrap_or_else(|error| panic!("{error}"));
    let (mut count, mut last) = (0, None);
    while let Some(part) = flow.next().await.unwrap_or_else(|error| panic!("{error}")) {
        let [texts, ids, _] = &part.rows.columns[..] else {
            panic!("three columns")
        };
        for (text, id) in texts.values.iter().zip(&ids.values) {
            let (Value::String(text), Value::Integer(id)) = (text, id) else {
                panic!("a text and a number")
            };
            // Capitals come first, so that spelling is the one.
            assert_eq!(*text, format!("Member {:03}{:0>40}", id % 1000, ""));
            // The last member comes first, and its rows in the order of numbers.
            let this = (999 - id % 1000, *id);
            assert!(last.is_none_or(|last| last < this), "{last:?} {this:?}");
            last = Some(this);
            count += 1;
        }
    }
    assert_eq!(count, ROWS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_the_whole_table_is_refused_with_the_limit() {
    let running = "<column-instance column='[amount]' derivation='Sum' name='[cum:sum:amount:qk]' pivot='key' type='quantitative'>\
                   <table-calc aggregation='Sum' ordering-type='Rows' type='CumTotal' /></column-instance>";
    let book = book("[ds].[none:id:ok]", "[cum:sum:amount:qk]", running, "");
    let error = ask(&book, MEMORY).await.err().expect("it is too large");
    assert_eq!(error.code, "query.too-large");
    assert!(error.to_string().contains("more than 500 rows"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fits_neither_memory_nor_disk_is_refused_with_the_limit() {
    let book = book("[ds].[none:text:nk]", "[sum:amount:qk]", SUM, "");
    let found = match ask(&book, 1 << 20).await {
        Ok(flow) => flow.gathered().await.err(),
        Err(error) => Some(error),
    };
    let error = found.expect("it is too large");
    assert_eq!(error.code, "query.too-large");
    assert!(error.to_string().contains("1 MB of memory"), "{error}");
}
