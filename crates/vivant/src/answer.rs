//! Answers: a workbook with the world around it, asked for the rows of its sheets.

use std::collections::HashMap;
use std::future::Future;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use vivant_calc::Diagnostic;
use vivant_calc::civil::DateTime;
use vivant_calc::diag::Warned;
use vivant_calc::eval::User;
use vivant_data::{DataError, DataFile, DataLimits};
use vivant_document::display::Language;
use vivant_document::spec::{self, SheetSpec, SourceSpec, WorkbookSpec};
use vivant_document::{Document, FileKind, Limits};
use vivant_query::{Answer, Data, Engine, Question, Surroundings, Table, TableFuture};

use crate::asked;
use crate::document;
use crate::export::{self, ExportError, Form, Sending};
use crate::live::{DATA, Reading, UNSUPPORTED, diagnostic};
use crate::places;
use crate::published;
use crate::refresh::PreviousExtract;
use crate::stop::Stop;
use crate::tables::{Origin, Tables};
use crate::world::{Asker, World};

/// A workbook that can be asked, by many at once. What it read stays with it.
pub struct Book {
    /// What the workbook means.
    pub spec: WorkbookSpec,
    /// What could not be understood of it.
    pub diagnostics: Vec<Diagnostic>,
    world: Arc<dyn World>,
    own: Arc<Origin>,
    /// Where the sources read that are published on their own, or why they cannot be read.
    published: HashMap<String, Result<Arc<Origin>, Arc<DataError>>>,
    tables: Arc<Tables>,
    is_personal: bool,
    _keep: DataFile,
}

/// What a workbook is opened from.
#[derive(Debug, Clone)]
pub struct BookRequest<'r> {
    /// The workbook or data source on disk.
    pub document: DataFile,
    /// What it is: its name may not say.
    pub kind: FileKind,
    /// Extracts that were refreshed since; they are read in place of those in the package. Several of one
    /// table are its parts.
    pub extracts: Vec<PreviousExtract>,
    /// Folder for what is unpacked on the way.
    pub spool: &'r Path,
    /// Bounds for the document and its package.
    pub document_limits: Limits,
    /// Bounds for data.
    pub data_limits: DataLimits,
}

/// What is asked of a sheet.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Labels of fields and the values that they may have.
    pub filters: Vec<(String, Vec<String>)>,
    /// Parameters by label or name, and their values.
    pub parameters: Vec<(String, String)>,
    /// Filters of sheets in place of their own on the same field, as a custom view has them.
    pub chosen: Vec<(String, spec::FilterSpec)>,
    /// Who asks; without it the world's.
    pub asker: Option<Asker>,
    /// What the workbook is called, for texts of dashboards that say so.
    pub book_name: Option<String>,
    /// The language of pictures; without it that of the workbook.
    pub language: Option<&'static Language>,
    /// The time on the clock; without it the world's.
    pub now: Option<DateTime>,
    /// How many values a result may have that is held in memory; without it 20 million.
    pub most_values: Option<usize>,
    /// How many values are put in order in memory where rows can be written as they come; without it a million.
    pub few_values: Option<usize>,
    /// Ends the question.
    pub stop: Stop,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// The document cannot be read.
    #[error("{0}")]
    Document(#[from] vivant_document::Error),
    /// The document has no data source.
    #[error("the document has no data source")]
    Empty,
    /// A file cannot be read.
    #[error("{what}: {source}")]
    Io {
        /// What was done.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// There is no such sheet.
    #[error("there is no worksheet `{name}`; there are {known}")]
    NoSheet {
        /// The name asked for.
        name: String,
        /// What is there.
        known: String,
    },
    /// A parameter cannot have the value.
    #[error("the parameter `{name}` cannot be `{value}`; it takes {wanted}")]
    Parameter {
        /// The parameter.
        name: String,
        /// The value that was asked for.
        value: String,
        /// What it takes.
        wanted: String,
    },
    /// The sheet cannot be answered.
    #[error("{0}")]
    Sheet(Box<Diagnostic>),
    /// The question was ended.
    #[error("the question was stopped")]
    Stopped,
}

impl AnswerError {
    /// Tells whether something of the workbook is not supported here, rather than wrong.
    pub fn is_unsupported(&self) -> bool {
        matches!(self, AnswerError::Sheet(found) if matches!(found.code, UNSUPPORTED | "query.unsupported" | "spec.not-understood"))
    }

    /// Tells whether the data behind the workbook could not be read.
    pub fn is_of_data(&self) -> bool {
        matches!(self, AnswerError::Sheet(found) if found.code == DATA)
    }
}

/// Why the rows of a sheet were not written.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// There is no answer.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The answer cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// How many values a result may have that is held in memory, unless something else is asked for.
const MOST_VALUES: usize = 20_000_000;
/// How many values are put in order in memory where rows can be written as they come.
const FEW_VALUES: usize = 1_000_000;

impl Book {
    /// Opens a workbook.
    pub fn open(request: &BookRequest<'_>, world: Arc<dyn World>) -> Result<Book, AnswerError> {
        let limits = &request.document_limits;
        let file = &request.document;
        let bytes = document::bytes(file.path(), request.kind, limits)?;
        let Warned { value, diagnostics } = spec::workbook(&Document::parse(bytes, limits)?);
        let own = Arc::new(Origin::new(request, Arc::clone(&world))?);
        let mut book = Book {
            tables: Arc::new(Tables::new(request.spool)?),
            spec: value,
            diagnostics,
            world,
            own,
            published: HashMap::new(),
            is_personal: false,
            _keep: file.clone(),
        };
        book.resolve(request)?;
        book.is_personal = is_personal(&book.spec);
        Ok(book)
    }

    /// Tells whether answers depend on who asks: whether a formula or filter reads the user.
    pub fn is_personal(&self) -> bool {
        self.is_personal
    }

    /// Tells whether what was read so far may change without the files of the book: from a database, or a
    /// file outside of the packages.
    pub fn is_live(&self) -> bool {
        let published = self.published.values().filter_map(|found| found.as_ref().ok());
        std::iter::once(&self.own)
            .chain(published)
            .any(|origin| origin.is_live())
    }

    /// Returns how many bytes the tables in memory have.
    pub fn bytes(&self) -> usize {
        self.tables.bytes()
    }

    /// Lists the content URLs of the published data sources that a worksheet reads.
    pub fn published_of(&self, sheet: &str) -> Vec<&str> {
        let sources = self.spec.sheet(sheet).map(|sheet| sheet.sources.as_slice());
        sources
            .unwrap_or_default()
            .iter()
            .filter(|name| self.published.contains_key(*name))
            .filter_map(|name| self.spec.source(name)?.published.as_ref())
            .map(|(_, url)| url.as_str())
            .collect()
    }

    /// Finds the worksheet whose data a tab shows: itself; of a dashboard, the first of its sheets by name; of a
    /// story, what its first point shows. `None` where a dashboard has no worksheet.
    pub fn sheet_of(&self, tab: &str) -> Result<Option<&SheetSpec>, AnswerError> {
        let mut name = tab;
        // Points of stories lead to dashboards, dashboards to worksheets.
        for _ in 0..3 {
            if let Some(sheet) = self.spec.sheet(name) {
                return Ok(Some(sheet));
            }
            let Some(dashboard) = self.spec.dashboard(name) else {
                return Err(self.no_sheet(name));
            };
            let next = match dashboard.is_story {
                true => dashboard.points.first().map(|point| point.sheet.as_str()),
                false => first_of(&dashboard.zones, &self.spec),
            };
            match next {
                Some(next) => name = next,
                None => return Ok(None),
            }
        }
        Err(self.no_sheet(tab))
    }

    /// Lists the worksheets that a tab shows: itself, those of a dashboard, or what the point of a story shows that
    /// was last looked at.
    pub fn sheets_of(&self, tab: &str) -> Result<Vec<&SheetSpec>, AnswerError> {
        let mut name = tab;
        // Points of stories lead to dashboards, dashboards to worksheets.
        for _ in 0..3 {
            if let Some(sheet) = self.spec.sheet(name) {
                return Ok(vec![sheet]);
            }
            let Some(dashboard) = self.spec.dashboard(name) else {
                return Err(self.no_sheet(name));
            };
            if !dashboard.is_story {
                let mut found: Vec<&SheetSpec> = Vec::new();
                dashboard.walk(&mut |zone| {
                    if let spec::ZoneKind::Sheet { sheet, .. } = &zone.kind
                        && let Some(sheet) = self.spec.sheet(sheet)
                        && !found.iter().any(|known| known.name == sheet.name)
                    {
                        found.push(sheet);
                    }
                });
                return Ok(found);
            }
            let mut points = dashboard.points.iter();
            match points.clone().find(|point| point.active).or(points.next()) {
                Some(point) => name = &point.sheet,
                None => return Ok(Vec::new()),
            }
        }
        Err(self.no_sheet(tab))
    }

    /// Tells whether nothing lies on any worksheet that a tab shows, so that its picture would be empty.
    pub fn is_blank(&self, tab: &str) -> bool {
        let sheets = self.sheets_of(tab).unwrap_or_default();
        self.spec.dashboard(tab).is_none() && sheets.iter().all(|sheet| is_empty(sheet))
    }

    /// Gives the rows of a worksheet. Diagnostics say what may differ from what Tableau shows; what would make
    /// rows wrong is an error.
    pub fn answer(&self, sheet: &str, ask: &Ask) -> Result<Warned<Answer>, AnswerError> {
        let Some(sheet) = self.spec.sheet(sheet) else {
            return Err(self.no_sheet(sheet));
        };
        let (sheet, parameters) = asked::put(&self.spec, sheet, ask)?;
        self.answered(&self.spec, &sheet, &parameters, ask, false)
    }

    /// Gives the rows of a worksheet that may differ from that of the book, and the members of its fields on colour,
    /// as pictures need them. Filters and parameters of `ask` are not looked at.
    #[cfg(feature = "draw")]
    pub(crate) fn answer_of(
        &self,
        workbook: &WorkbookSpec,
        sheet: &SheetSpec,
        ask: &Ask,
    ) -> Result<Warned<Answer>, AnswerError> {
        self.answered(workbook, sheet, &[], ask, true)
    }

    fn answered(
        &self,
        workbook: &WorkbookSpec,
        sheet: &SheetSpec,
        parameters: &[(String, String)],
        ask: &Ask,
        domains: bool,
    ) -> Result<Warned<Answer>, AnswerError> {
        let Some(asked) = self.asked(workbook, sheet, parameters, ask)? else {
            return Ok(Warned::new(Answer::default()));
        };
        let question = Question {
            domains,
            ..asked.question(ask)
        };
        let engine = Engine::within(self.tables.resources(), &asked);
        let found = run(asked.ended(ask, engine.answer(&question, &asked.surroundings)))?;
        let mut found = sound(found)?;
        let territories = self.territories(workbook, sheet, parameters, ask, &mut found.diagnostics)?;
        let places = places::Places {
            workbook,
            sheet,
            territories: &territories,
        };
        places.locate(&mut found.value, &mut found.diagnostics);
        Ok(found)
    }

    /// Asks which places the territories of a sheet are made of.
    fn territories(
        &self,
        workbook: &WorkbookSpec,
        sheet: &SheetSpec,
        parameters: &[(String, String)],
        ask: &Ask,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Result<Vec<places::Territories>, AnswerError> {
        let mut found = Vec::new();
        for wanted in places::Wanted::of(workbook, sheet) {
            match self.answered(workbook, &wanted.sheet(sheet), parameters, ask, false) {
                Ok(answer) => found.extend(wanted.territories(&answer.value)),
                Err(AnswerError::Stopped) => return Err(AnswerError::Stopped),
                Err(error) => diagnostics.push(Diagnostic::warning(
                    "geo.unknown-place",
                    format!("the places of {} are not known: {error}", wanted.key()),
                )),
            }
        }
        Ok(found)
    }

    /// Writes the rows of a worksheet as they come, so that memory does not grow with them; returns what may
    /// differ from what Tableau shows. What is written before an error is of no use.
    pub fn send(&self, sheet: &str, ask: &Ask, form: Form<'_>) -> Result<Vec<Diagnostic>, SendError> {
        let Some(spec) = self.spec.sheet(sheet) else {
            return Err(self.no_sheet(sheet).into());
        };
        let (sheet, parameters) = asked::put(&self.spec, spec, ask)?;
        let Some(asked) = self.asked(&self.spec, &sheet, &parameters, ask)? else {
            Sending::begin(&self.spec, spec, &Answer::default(), form)?.end()?;
            return Ok(Vec::new());
        };
        let question = asked.question(ask);
        let engine = Engine::within(self.tables.resources(), &asked);
        let few = ask.few_values.unwrap_or(FEW_VALUES);
        run(async {
            let flow = engine.flow(&question, &asked.surroundings, few);
            let found = sound(asked.ended(ask, flow).await?)?;
            let (mut flow, mut diagnostics) = (found.value, found.diagnostics);
            diagnostics.extend(places::passed_over(&sheet));
            let mut sending = Sending::begin(&self.spec, spec, &flow.shape, form)?;
            while let Some(part) = asked.ended(ask, flow.next()).await? {
                sending.take(&part.rows, &part.over)?;
            }
            sending.end()?;
            Ok(diagnostics)
        })
    }

    /// Makes the crosstab of a worksheet, a spreadsheet; returns also what may differ from what Tableau shows. One
    /// that memory should not hold is refused with the limit.
    pub fn crosstab(
        &self,
        sheet: &str,
        ask: &Ask,
        language: &'static Language,
    ) -> Result<Warned<Vec<u8>>, SendError> {
        let Some(spec) = self.spec.sheet(sheet) else {
            return Err(self.no_sheet(sheet).into());
        };
        let mut ask = ask.clone();
        ask.most_values.get_or_insert(export::MOST_VALUES);
        let answer = match self.answer(sheet, &ask) {
            Err(AnswerError::Sheet(error)) if error.code == "query.too-large" => {
                let error =
                    error.hint("filter it, or ask for the data as CSV, which may have any number of rows");
                return Err(AnswerError::Sheet(Box::new(error)).into());
            }
            answer => answer?,
        };
        let bytes = export::xlsx_by(
            Some(self.tables.folder()),
            language,
            &self.spec,
            spec,
            &answer.value,
        )?;
        Ok(Warned::with(bytes, answer.diagnostics))
    }

    /// Reads what is asked of a worksheet; `None` if it shows nothing.
    fn asked<'b>(
        &'b self,
        workbook: &'b WorkbookSpec,
        sheet: &'b SheetSpec,
        parameters: &[(String, String)],
        ask: &Ask,
    ) -> Result<Option<Asked<'b>>, AnswerError> {
        let place = format!("worksheet '{}'", sheet.name);
        let in_place = |one: &&Diagnostic| {
            let path = one.place.path.as_deref();
            path.is_some_and(|path| path.starts_with(&place))
        };
        // A shelf that was not understood would be missing from the rows.
        if let Some(unknown) = self.diagnostics.iter().find(in_place) {
            return Err(AnswerError::Sheet(Box::new(unknown.clone())));
        }
        if is_empty(sheet) {
            return Ok(None);
        }
        let asker = ask.asker.clone().or_else(|| self.world.asker());
        let user = asker.map(|asker| User {
            name: asker.name,
            full_name: asker.full_name,
            domain: asker.domain,
            groups: asker.groups,
            attributes: Vec::new(),
        });
        let now = ask.now.unwrap_or_else(|| self.world.now());
        Ok(Some(Asked {
            book: self,
            workbook,
            sheet,
            surroundings: Surroundings::of(workbook, now, user, parameters),
            reading: Reading::new(&ask.stop),
        }))
    }

    /// Reads a file of the package or beside it, which may have so many bytes.
    #[cfg(feature = "draw")]
    pub(crate) fn file(&self, path: &str, most: u64) -> Result<Vec<u8>, DataError> {
        let found = vivant_data::Files::find(&*self.own, path)?;
        let io = |source| DataError::Io {
            what: format!("`{path}`"),
            source,
        };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(found.path()).map_err(io)?;
        std::io::Read::read_to_end(&mut std::io::Read::take(file, most + 1), &mut bytes).map_err(io)?;
        match bytes.len() as u64 > most {
            true => Err(DataError::TooLarge {
                what: path.to_owned(),
                limit: most,
                unit: "bytes",
            }),
            false => Ok(bytes),
        }
    }

    /// Who asks.
    #[cfg(feature = "draw")]
    pub(crate) fn asker(&self, ask: &Ask) -> Option<Asker> {
        ask.asker.clone().or_else(|| self.world.asker())
    }

    pub(crate) fn no_sheet(&self, name: &str) -> AnswerError {
        let known: Vec<&str> = self.spec.sheets.iter().map(|sheet| sheet.name.as_str()).collect();
        AnswerError::NoSheet {
            name: name.to_owned(),
            known: known.join(", "),
        }
    }

    /// Puts published data sources in the place of the connections that name them.
    fn resolve(&mut self, request: &BookRequest<'_>) -> Result<(), AnswerError> {
        let mut parameters = Vec::new();
        for source in &mut self.spec.sources {
            let Some(url) = content_url(source) else { continue };
            let found = match self.world.published(&url) {
                Ok(found) => found,
                Err(error) => {
                    self.published.insert(source.name.clone(), Err(Arc::new(error)));
                    continue;
                }
            };
            let request = BookRequest {
                document: found.file.clone(),
                kind: found.kind,
                extracts: found.extracts.clone(),
                ..request.clone()
            };
            let inside = match published::read(&found, &request.document_limits)? {
                None => {
                    published::put_table(source, found.kind);
                    String::new()
                }
                Some(meaning) => {
                    let inside = meaning.source.name.clone();
                    published::put(source, meaning.source);
                    parameters.extend(meaning.parameters);
                    inside
                }
            };
            source.published = Some((String::new(), url));
            let origin = Origin::new(&request, found.world)?.of_published(&inside);
            self.published.insert(source.name.clone(), Ok(Arc::new(origin)));
        }
        for parameter in parameters {
            if self.spec.parameter(&parameter.name).is_none() {
                self.spec.parameters.push(parameter);
            }
        }
        // A calculation of a sheet must not stand in for one of the published source.
        let (sources, sheets) = (&self.spec.sources, &mut self.spec.sheets);
        for sheet in sheets {
            sheet.local_fields.retain(|(name, field)| {
                let source = sources.iter().find(|source| source.name == *name);
                source.is_none_or(|source| source.field(&field.name).is_none())
            });
        }
        Ok(())
    }

    fn origin(&self, source: &SourceSpec) -> Result<&Arc<Origin>, Arc<DataError>> {
        match self.published.get(&source.name) {
            None => Ok(&self.own),
            Some(Ok(origin)) => Ok(origin),
            Some(Err(error)) => Err(Arc::clone(error)),
        }
    }
}

/// Tells whether nothing lies on a sheet: it shows nothing, whatever its data source.
fn is_empty(sheet: &SheetSpec) -> bool {
    let on_cards = |pane: &spec::PaneSpec| !pane.encodings.is_empty();
    sheet.rows.is_empty()
        && sheet.cols.is_empty()
        && sheet.pages.is_empty()
        && !sheet.panes.iter().any(on_cards)
}

/// Tells an answer from one that would be wrong.
fn sound<T>(found: Warned<T>) -> Result<Warned<T>, AnswerError> {
    match found.diagnostics.iter().find(|one| one.is_error()) {
        Some(error) => Err(AnswerError::Sheet(Box::new(error.clone()))),
        None => Ok(found),
    }
}

/// What is asked of a book, and its tables for that.
struct Asked<'b> {
    book: &'b Book,
    workbook: &'b WorkbookSpec,
    sheet: &'b SheetSpec,
    surroundings: Surroundings,
    reading: Reading,
}

impl Asked<'_> {
    fn question(&self, ask: &Ask) -> Question<'_> {
        Question {
            workbook: self.workbook,
            sheet: self.sheet,
            most_values: ask.most_values.unwrap_or(MOST_VALUES),
            domains: false,
        }
    }

    /// Waits for a part of the work, unless the question is ended.
    async fn ended<T>(
        &self,
        ask: &Ask,
        work: impl Future<Output = Result<T, Box<Diagnostic>>>,
    ) -> Result<T, AnswerError> {
        tokio::select! {
            biased;
            () = ask.stop.stopped() => Err(AnswerError::Stopped),
            found = work => match ask.stop.is_stopped() {
                // What failed because of the end is not wrong.
                true => Err(AnswerError::Stopped),
                false => found.map_err(|error| AnswerError::Sheet(self.reading.failure().unwrap_or(error))),
            },
        }
    }
}

impl Data for Asked<'_> {
    fn table<'t>(&'t self, source: &'t SourceSpec, table: Table<'t>) -> TableFuture<'t> {
        Box::pin(async move {
            let failed = |error: &DataError| diagnostic(error, &source.caption);
            let origin = self.book.origin(source).map_err(|error| failed(&error))?;
            let found = self.book.tables.open(origin, source, table, &self.reading).await;
            found.map_err(|error| match error {
                crate::tables::Failure::Data(error) => failed(&error),
                crate::tables::Failure::Plan(error) => error,
            })
        })
    }
}

/// Returns the content URL of the published data source that a source stands for.
fn content_url(source: &SourceSpec) -> Option<String> {
    let proxy = source.connections.iter().find(|one| one.class == "sqlproxy")?;
    // A workbook may keep an extract of a published source; then that is asked.
    if source.uses_extract() {
        return None;
    }
    let named = source.published.as_ref().map(|(_, url)| url.clone());
    named.or_else(|| proxy.attributes.get("dbname").cloned())
}

/// Finds the worksheet of a dashboard whose name is the first.
///
/// Tableau: the data of a dashboard are those of its first sheet in the order of names.
fn first_of<'z>(zones: &'z [spec::ZoneSpec], workbook: &WorkbookSpec) -> Option<&'z str> {
    fn collect<'z>(zones: &'z [spec::ZoneSpec], found: &mut Vec<&'z str>) {
        for zone in zones {
            if let spec::ZoneKind::Sheet { sheet, .. } = &zone.kind {
                found.push(sheet);
            }
            collect(&zone.children, found);
        }
    }
    let mut found = Vec::new();
    collect(zones, &mut found);
    found.retain(|name| workbook.sheet(name).is_some());
    found.into_iter().min_by_key(|name| (name.to_lowercase(), *name))
}

/// Looks for functions that read the user, in everything that can hold a formula. A name in a text counts,
/// too: the price is an answer that is not shared.
fn is_personal(workbook: &WorkbookSpec) -> bool {
    const FUNCTIONS: [&str; 8] = [
        "USERNAME",
        "FULLNAME",
        "USERDOMAIN",
        "ISUSERNAME",
        "ISFULLNAME",
        "ISMEMBEROF",
        "ISCURRENTUSER",
        "USERATTRIBUTE",
    ];
    let reads = |text: String| {
        let text = text.to_uppercase();
        FUNCTIONS.iter().any(|function| text.contains(function))
    };
    let of_source = |source: &SourceSpec| {
        reads(format!("{:?}", source.filters))
            || source
                .fields
                .iter()
                .any(|field| reads(format!("{:?}", field.kind)))
            || source
                .objects
                .iter()
                .any(|object| reads(format!("{:?}", object.relation)))
    };
    let of_sheet = |sheet: &SheetSpec| {
        reads(format!("{:?}", sheet.filters))
            || sheet
                .local_fields
                .iter()
                .any(|(_, field)| reads(format!("{:?}", field.kind)))
    };
    workbook.sources.iter().any(of_source) || workbook.sheets.iter().any(of_sheet)
}

/// How large the stacks of questions are. Plans go down into formulas call by call, and a formula may be nested.
const STACK: usize = 64 << 20;

/// Runs a question to its end, on threads that all questions share.
pub(crate) fn run<T: Send>(question: impl Future<Output = T> + Send) -> T {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.max(2))
            .thread_name("query")
            .thread_stack_size(STACK)
            .enable_all()
            .build()
            .expect("the system starts threads")
    });
    // Plans are made on the thread that waits, whose stack is as large as its owner thought right.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("question".to_owned())
            .stack_size(STACK);
        let thread = thread.spawn_scoped(scope, || runtime.block_on(question));
        match thread.expect("the system starts threads").join() {
            Ok(answer) => answer,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
