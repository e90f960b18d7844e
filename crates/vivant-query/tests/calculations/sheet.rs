//! One formula on a worksheet over a table in memory: written as a workbook, read back, asked for its rows.

use std::sync::Mutex;

use vivant_calc::civil::{Date, DateTime};
use vivant_calc::eval::User;
use vivant_calc::{DataType, Value};
use vivant_document::spec::{FieldRef, SourceSpec, workbook};
use vivant_document::{Document, Limits};
use vivant_query::{
    Data, Engine, Frame, PlanTable, Question, Surroundings, Table, TableFuture, batch, in_memory,
};

/// A column of the table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub data_type: DataType,
    /// The values.
    pub values: Vec<Value>,
}

impl Column {
    /// Makes a column whose type is the widest of its values.
    pub fn new(name: &str, values: Vec<Value>) -> Column {
        let widest = values
            .iter()
            .try_fold(DataType::Null, |common, value| common.common(value.data_type()));
        let data_type = match widest {
            None | Some(DataType::Null) => DataType::Integer,
            Some(other) => other,
        };
        Column {
            name: name.to_owned(),
            data_type,
            values,
        }
    }
}

/// Formulas and how they stand on a worksheet.
#[derive(Debug, Clone)]
pub struct Sheet<'s> {
    /// The formulas, with the types that the document says they have.
    pub formulas: Vec<(&'s str, DataType)>,
    /// The fields on rows.
    pub view: Vec<&'s str>,
    /// The fields along which a table calculation goes; all of the view if there are none.
    pub along: Vec<&'s str>,
    /// The first day of weeks.
    pub week_start: Option<&'s str>,
    /// Whether text is compared without letter case, as most columns of extracts are.
    pub ignore_case: bool,
    /// Who asks.
    pub user: Option<User>,
    /// What the clock says.
    pub now: DateTime,
}

impl Sheet<'_> {
    /// Makes a worksheet without a view.
    pub fn new(formulas: Vec<(&str, DataType)>) -> Sheet<'_> {
        Sheet {
            formulas,
            view: Vec::new(),
            along: Vec::new(),
            week_start: None,
            ignore_case: false,
            user: None,
            now: DateTime::new(Date::new(2024, 2, 29).unwrap(), 45_296_123_456).unwrap(),
        }
    }

    /// The fields of the formulas.
    fn fields(&self) -> impl Iterator<Item = String> {
        (1..=self.formulas.len()).map(|number| format!("calculation {number}"))
    }
}

/// The table that the next worksheet is over.
#[derive(Default)]
pub struct Tables(Mutex<Option<PlanTable>>);

impl Data for Tables {
    fn table<'t>(&'t self, _: &'t SourceSpec, _: Table<'t>) -> TableFuture<'t> {
        let table = self
            .0
            .lock()
            .unwrap()
            .clone()
            .expect("a table is put before it is asked");
        Box::pin(async { Ok(table) })
    }
}

/// Asks worksheets, one after another.
pub struct Bench<'b> {
    tables: &'b Tables,
    engine: Engine<'b>,
}

impl<'b> Bench<'b> {
    /// Makes an engine over tables.
    pub fn new(tables: &'b Tables) -> Bench<'b> {
        Bench {
            tables,
            engine: Engine::new(tables),
        }
    }

    /// Asks a worksheet; gives its rows and which columns have the values of the formulas.
    pub async fn ask(&self, sheet: &Sheet<'_>, columns: &[Column]) -> Result<(Frame, Vec<usize>), String> {
        let parts = columns
            .iter()
            .map(|column| (column.name.clone(), column.data_type, column.values.clone()));
        let batch = batch(parts.collect()).map_err(|error| error.to_string())?;
        let table = in_memory(batch.schema(), vec![batch]).map_err(|error| error.to_string())?;
        *self.tables.0.lock().unwrap() = Some(table);
        let text = written(sheet, columns);
        let document = Document::parse(text, &Limits::default()).map_err(|error| error.to_string())?;
        let book = workbook(&document);
        if let Some(problem) = book.diagnostics.first() {
            return Err(problem.to_string());
        }
        let book = book.value;
        let surroundings = Surroundings::of(&book, sheet.now, sheet.user.clone(), &[]);
        let question = Question {
            workbook: &book,
            sheet: &book.sheets[0],
            most_values: 1_000_000,
            domains: false,
        };
        let answer = self.engine.answer(&question, &surroundings).await;
        let answer = answer.map_err(|error| error.to_string())?;
        if let Some(problem) = answer.diagnostics.first() {
            return Err(problem.to_string());
        }
        let frame = answer
            .value
            .frames
            .into_iter()
            .next()
            .ok_or("there are no rows")?;
        let place = |field: String| {
            let key = FieldRef::new("ds", instance(&field));
            frame.columns.iter().position(|column| column.key == key)
        };
        let places: Option<Vec<usize>> = sheet.fields().map(place).collect();
        let places = places.ok_or("the formula is not in the result")?;
        Ok((frame, places))
    }
}

/// The name of a type in documents.
fn local_type(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Boolean => "boolean",
        DataType::Integer => "integer",
        DataType::Real => "real",
        DataType::Date => "date",
        DataType::DateTime => "datetime",
        DataType::Spatial => "spatial",
        _ => "string",
    }
}

fn instance(field: &str) -> String {
    format!("none:{field}:ok")
}

fn written(sheet: &Sheet<'_>, columns: &[Column]) -> String {
    let records: String = columns
        .iter()
        .map(|column| {
            let collation = match (column.data_type, sheet.ignore_case) {
                (DataType::String, true) => "<collation flag='0' name='LEN_RUS_S2' />",
                _ => "",
            };
            format!(
                "<metadata-record class='column'><remote-name>{name}</remote-name><local-name>[{name}]</local-name>\
                 <parent-name>[t]</parent-name><local-type>{kind}</local-type>{collation}</metadata-record>",
                name = column.name,
                kind = local_type(column.data_type)
            )
        })
        .collect();
    let reference = |field: &str| format!("[ds].[{}]", instance(field));
    let addressing = match sheet.along.is_empty() {
        true => "<table-calc ordering-type='Columns' />".to_owned(),
        false => {
            let order = sheet
                .along
                .iter()
                .map(|field| format!("<order field='{}' />", reference(field)));
            format!(
                "<table-calc ordering-type='Field'>{}</table-calc>",
                order.collect::<String>()
            )
        }
    };
    let instances: String = sheet
        .view
        .iter()
        .map(|field| (*field).to_owned())
        .chain(sheet.fields())
        .map(|field| {
            format!(
                "<column-instance column='[{field}]' derivation='None' name='[{}]' pivot='key' type='ordinal' />",
                instance(&field)
            )
        })
        .collect();
    let rows: Vec<String> = sheet.view.iter().map(|field| reference(field)).collect();
    let rows = match &rows[..] {
        [] => String::new(),
        [one] => one.clone(),
        [first, more @ ..] => more
            .iter()
            .fold(first.clone(), |shelf, next| format!("({shelf} / {next})")),
    };
    let calculations: String = sheet
        .fields()
        .zip(&sheet.formulas)
        .map(|(field, (formula, data_type))| {
            format!(
                "<column datatype='{}' name='[{field}]' role='dimension' type='ordinal'>\
                 <calculation class='tableau' formula='{}'>{addressing}</calculation></column>",
                local_type(*data_type),
                escaped(formula)
            )
        })
        .collect();
    let texts: String = sheet
        .fields()
        .map(|field| format!("<text column='{}' />", reference(&field)))
        .collect();
    let week = match sheet.week_start {
        Some(day) => format!("<date-options start-of-week='{day}' />"),
        None => String::new(),
    };
    format!(
        "<workbook version='18.1'><datasources><datasource caption='T' name='ds'><connection class='federated'>\
         <named-connections><named-connection name='t'><connection class='textscan' filename='t.csv' directory='.' />\
         </named-connection></named-connections><relation connection='t' name='t' table='[t#csv]' type='table' />\
         <metadata-records>{records}</metadata-records></connection>\
         {calculations}{week}</datasource></datasources>\
         <worksheets><worksheet name='S'><table><view><datasources><datasource name='ds' /></datasources>\
         <datasource-dependencies datasource='ds'>{instances}</datasource-dependencies><aggregation value='true' /></view>\
         <panes><pane><mark class='Automatic' /><encodings>{texts}</encodings></pane></panes>\
         <rows>{rows}</rows><cols /></table></worksheet></worksheets></workbook>",
    )
}

/// Escapes a formula as workbooks do.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&apos;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            other => out.push(other),
        }
    }
    out
}

/// Tells whether a value is the expected one: numbers within a relative error, days as moments.
pub fn agrees(found: &Value, expected: &Value, error: f64) -> bool {
    let number = |value: &Value| match value {
        Value::Integer(value) => Some(*value as f64),
        Value::Real(value) => Some(*value),
        _ => None,
    };
    let moment = |value: &Value| match value {
        Value::Date(date) => Some(date.midnight()),
        Value::DateTime(moment) => Some(*moment),
        _ => None,
    };
    if let (Value::Integer(found), Value::Integer(expected)) = (found, expected) {
        return found == expected;
    }
    if let (Some(found), Some(expected)) = (number(found), number(expected)) {
        return found == expected
            || (found.is_nan() && expected.is_nan())
            || (found - expected).abs() <= error * expected.abs().max(1.0);
    }
    if let (Some(found), Some(expected)) = (moment(found), moment(expected)) {
        // Fractions of a day that have no exact double may miss by a microsecond.
        return (found.micros() - expected.micros()).abs() <= 1;
    }
    found == expected
}
