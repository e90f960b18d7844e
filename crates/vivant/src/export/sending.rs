//! Files of the summary data, written line by line while the rows come.

use std::io::Write;
use std::path::Path;

use vivant_calc::{DataType, Value};
use vivant_data::parquet::ParquetWriter;
use vivant_document::display::{ENGLISH, Language};
use vivant_document::spec::{FieldRef, SheetSpec, WorkbookSpec};
use vivant_query::{Answer, Frame};

use super::{Cell, ExportError, Summary, text};

/// A file of summary data.
pub enum Form<'f> {
    /// CSV, values as the sheet shows them: dimensions, then measures, one line for each mark, numbers and dates in a
    /// language.
    Csv(&'static Language, &'f mut (dyn Write + Send)),
    /// A list of objects, values as they are: numbers without a format, dates as `2024-05-17`, missing values as
    /// null.
    Json(&'f mut (dyn Write + Send)),
    /// A Parquet file at a path, values as they are.
    Parquet(&'f Path),
}

/// Writes the summary data of a sheet as [`Form::Csv`].
pub fn csv(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    out: &mut (dyn Write + Send),
) -> Result<(), ExportError> {
    csv_in(ENGLISH, workbook, sheet, answer, out)
}

/// Writes the summary data of a sheet as [`csv`] does, numbers and dates in a language.
pub fn csv_in(
    language: &'static Language,
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    out: &mut (dyn Write + Send),
) -> Result<(), ExportError> {
    whole(workbook, sheet, answer, Form::Csv(language, out))
}

/// Writes the summary data of a sheet as [`Form::Json`].
pub fn json(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    out: &mut (dyn Write + Send),
) -> Result<(), ExportError> {
    whole(workbook, sheet, answer, Form::Json(out))
}

/// Writes the summary data of a sheet as [`Form::Parquet`].
pub fn parquet(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    path: &Path,
) -> Result<(), ExportError> {
    whole(workbook, sheet, answer, Form::Parquet(path))
}

fn whole(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    answer: &Answer,
    form: Form<'_>,
) -> Result<(), ExportError> {
    let mut sending = Sending::begin(workbook, sheet, answer, form)?;
    for (number, frame) in answer.frames.iter().enumerate() {
        sending.take(frame, &[])?;
        for total in answer.totals.iter().filter(|total| total.frame == number) {
            sending.take(&total.rows, &total.over)?;
        }
    }
    sending.end()
}

/// Summary data that is being written.
pub(crate) struct Sending<'a, 'f> {
    summary: Summary<'a>,
    writer: Writer<'f>,
}

/// What lines become.
enum Writer<'f> {
    /// Nothing: a sheet without columns has an empty file.
    Nothing,
    Csv {
        out: &'f mut (dyn Write + Send),
        /// Lines that are written together.
        lines: Vec<u8>,
    },
    Json {
        out: &'f mut (dyn Write + Send),
        names: Vec<String>,
        is_first: bool,
    },
    Parquet {
        writer: Box<ParquetWriter>,
        columns: Vec<(String, DataType, Vec<Value>)>,
    },
}

/// How many bytes of text are written together.
const TOGETHER: usize = 32 << 10;
/// How many rows of a Parquet file are gathered before they are written.
const BATCH_ROWS: usize = 16 << 10;

impl<'a, 'f> Sending<'a, 'f> {
    /// Begins a file. Of the answer only the columns matter.
    pub(crate) fn begin(
        workbook: &'a WorkbookSpec,
        sheet: &'a SheetSpec,
        shape: &Answer,
        form: Form<'f>,
    ) -> Result<Sending<'a, 'f>, ExportError> {
        let mut summary = Summary::new(workbook, sheet, shape);
        let writer = match form {
            Form::Csv(..) if shape.frames.iter().all(|frame| frame.columns.is_empty()) => Writer::Nothing,
            Form::Csv(language, out) => {
                summary = summary.spoken(language);
                let mut lines = Vec::new();
                for (at, title) in summary.header().into_iter().enumerate() {
                    text::cell(&mut lines, at, title);
                }
                lines.push(b'\n');
                Writer::Csv { out, lines }
            }
            Form::Json(out) => {
                out.write_all(b"[")?;
                Writer::Json {
                    out,
                    names: summary.names(),
                    is_first: true,
                }
            }
            Form::Parquet(path) => {
                let names = summary.names().into_iter().zip(summary.types());
                let columns: Vec<_> = names.map(|(name, kind)| (name, kind, Vec::new())).collect();
                let schema = batch(columns.clone())?.schema();
                Writer::Parquet {
                    writer: Box::new(ParquetWriter::create(path, schema)?),
                    columns,
                }
            }
        };
        Ok(Sending { summary, writer })
    }

    /// Writes the marks of a frame, or, where headers are left out, of its totals.
    pub(crate) fn take(&mut self, frame: &Frame, over: &[FieldRef]) -> Result<(), ExportError> {
        let writer = &mut self.writer;
        self.summary.lines(frame, over, &mut |cells| writer.line(cells))
    }

    /// Ends the file.
    pub(crate) fn end(self) -> Result<(), ExportError> {
        match self.writer {
            Writer::Nothing => {}
            Writer::Csv { out, lines } => {
                out.write_all(&lines)?;
                out.flush()?;
            }
            Writer::Json { out, .. } => {
                out.write_all(b"\n]\n")?;
                out.flush()?;
            }
            Writer::Parquet { mut writer, columns } => {
                writer.write(&batch(columns)?)?;
                writer.finish()?;
            }
        }
        Ok(())
    }
}

impl Writer<'_> {
    fn line(&mut self, cells: &[Cell<'_>]) -> Result<(), ExportError> {
        match self {
            Writer::Nothing => {}
            Writer::Csv { out, lines } => {
                for (at, cell) in cells.iter().enumerate() {
                    text::cell(lines, at, &cell.text());
                }
                lines.push(b'\n');
                if lines.len() >= TOGETHER {
                    out.write_all(lines)?;
                    lines.clear();
                }
            }
            Writer::Json { out, names, is_first } => {
                let before: &[u8] = match std::mem::take(is_first) {
                    true => b"\n",
                    false => b",\n",
                };
                out.write_all(before)?;
                text::object(*out, names, cells)?;
            }
            Writer::Parquet { writer, columns } => {
                for (column, cell) in columns.iter_mut().zip(cells) {
                    column.2.push(cell.plain());
                }
                if columns.first().is_some_and(|column| column.2.len() >= BATCH_ROWS) {
                    let empty = |(name, kind, _): &(String, DataType, Vec<Value>)| {
                        (name.clone(), *kind, Vec::with_capacity(BATCH_ROWS))
                    };
                    let next = columns.iter().map(empty).collect();
                    writer.write(&batch(std::mem::replace(columns, next))?)?;
                }
            }
        }
        Ok(())
    }
}

fn batch(columns: Vec<(String, DataType, Vec<Value>)>) -> Result<vivant_query::RecordBatch, ExportError> {
    vivant_query::batch(columns).map_err(|error| ExportError::Spreadsheet(error.to_string()))
}
