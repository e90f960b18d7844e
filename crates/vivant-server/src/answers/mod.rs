//! Answers for views: which workbook is asked, whose rights count, and what is remembered.
//!
//! Questions run on threads of their own, a few at a time, each for a limited time. What they give is remembered
//! under everything that it depends on: the files of workbook, extracts and published data sources, the
//! sheet or views, filters, parameters, the day, and, where a formula or filter reads the user, who asks.

mod books;
mod cache;
mod output;
mod pictures;
pub mod previews;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use vivant::{AnswerError, Ask, Asker, DateTime, ExportError, RenderError, SendError, Stop};
use vivant_document::display::{ENGLISH, Language};
use vivant_document::spec::FilterSpec;
use vivant_model::{Capability, ContentKind, Luid};
use vivant_store::{Caller, ListQuery, Millis, PageRequest, View};
use vivant_wire::ErrorCode;

use crate::app::App;
use crate::auth::permission::Rights;
use crate::errors::{ApiError, Result, fail, internal, sentence};
use crate::extracts::local_time;
use books::{Books, Open, Sources};
use cache::{Cache, Failed, Made};
pub use output::Output;
pub use pictures::Picture;

/// How many bytes of answers are remembered; those of files on disk count less.
const CACHE_BYTES: usize = 128 << 20;
/// How old an answer may be where nothing else is asked (Tableau Server: 360 minutes, too).
pub const DEFAULT_MAX_AGE_MINUTES: i64 = 360;
/// How many questions may wait for their turn: what the views of many dashboards make at once.
const MOST_WAITING: usize = 2048;

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The summary data as CSV.
    Csv,
    /// The crosstab as a spreadsheet.
    Crosstab,
    /// A picture.
    Picture(Picture),
}

/// What is asked of a view.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Labels of fields and the values that they may have.
    pub filters: Vec<(String, Vec<String>)>,
    /// Parameters and their values.
    pub parameters: Vec<(String, String)>,
    /// What a custom view chooses; filters and parameters that are asked for come after it.
    pub chosen: Chosen,
    /// How old the answer may be.
    pub max_age_minutes: i64,
    /// The language of numbers and dates, and of Tableau's words in pictures; without it American English for data, and
    /// for pictures that of the workbook.
    pub language: Option<&'static Language>,
    /// Width and height of a picture in pixels; without them those of the view.
    pub size: Option<(u32, u32)>,
}

/// What a custom view chooses.
#[derive(Clone, Debug, Default)]
pub struct Chosen {
    /// Filters of worksheets in place of their own on the same field.
    pub filters: Vec<(String, FilterSpec)>,
    /// Parameters and their values.
    pub parameters: Vec<(String, String)>,
}

/// What answers questions on this node.
pub struct Answers {
    books: Books,
    outputs: Arc<Cache<Output>>,
    turns: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    previews: previews::Queue,
}

impl Default for Answers {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            books: Books::default(),
            outputs: Cache::new(CACHE_BYTES),
            turns: Arc::new(Semaphore::new(threads.max(2))),
            waiting: Arc::default(),
            previews: previews::Queue::default(),
        }
    }
}

impl Answers {
    /// Closes workbooks that nobody asks any more.
    pub fn tidy(&self, now: Millis) {
        self.books.tidy(now);
    }

    /// Tells whether nothing lies on a view.
    pub async fn is_blank(&self, app: &App, view: &View) -> Result<bool> {
        let Some(sources) = Sources::find(app, view.site_id, view.workbook.id).await? else {
            return Ok(true);
        };
        let open = self.books.get(app, &sources, 0).await?;
        Ok(open.book.is_blank(&view.name))
    }

    /// Answers for a view, or for several of one workbook together.
    pub async fn views(
        &self,
        app: &App,
        caller: &Caller,
        views: &[View],
        asked: &Asked,
        form: Form,
    ) -> Result<Output> {
        let Some(first) = views.first() else {
            return Err(invalid("The workbook has no views to show."));
        };
        let gone = || invalid(format!("View '{}' could not be found.", first.id));
        let sources = Sources::find(app, caller.site, first.workbook.id).await?;
        let sources = sources.ok_or_else(gone)?;
        let failed = match self.of(app, caller, views, &sources, asked, form).await {
            Ok(output) => return Ok(output),
            Err(failed) => failed,
        };
        // What is published or refreshed meanwhile takes the files from under those who read them.
        let now = Sources::find(app, caller.site, first.workbook.id).await?;
        let now = now.ok_or_else(gone)?;
        match now.key() == sources.key() {
            true => Err(failed),
            false => self.of(app, caller, views, &now, asked, form).await,
        }
    }

    async fn of(
        &self,
        app: &App,
        caller: &Caller,
        views: &[View],
        sources: &Sources,
        asked: &Asked,
        form: Form,
    ) -> Result<Output> {
        let now = app.now();
        let oldest = now - asked.max_age_minutes.saturating_mul(60_000);
        let open = self.books.get(app, sources, oldest).await?;
        let Some(Needs { shown, sheets }) = needs(&open, views, form)? else {
            return Ok(Output::Memory(bytes::Bytes::new()));
        };
        // Many sheets read the same data source.
        let mut read = BTreeMap::new();
        for (view, sheet) in &sheets {
            for url in open.book.published_of(sheet) {
                read.entry(url).or_insert(*view);
            }
        }
        for (url, view) in read {
            may_connect(app, caller, view, sources, url).await?;
        }
        let asker = match open.book.is_personal() {
            true => Some(asker(app, caller).await?),
            false => None,
        };
        let today = local_time(app)?;
        // Published under another name, it has another title.
        let key = format!(
            "{:?}{}",
            views[0].workbook.name,
            key(sources, &shown, asked, form, asker.as_ref(), today)
        );
        let question = Question {
            book_key: sources.key(),
            title: match views {
                [view] => view.name.clone(),
                views => views[0].workbook.name.clone(),
            },
            shown,
            ask: Ask {
                filters: asked.filters.clone(),
                parameters: [&asked.chosen.parameters[..], &asked.parameters].concat(),
                chosen: asked.chosen.filters.clone(),
                asker,
                language: asked.language,
                book_name: views.first().map(|view| view.workbook.name.clone()),
                now: Some(today),
                ..Ask::default()
            },
            form,
            size: asked.size,
            language: asked.language.unwrap_or(ENGLISH),
        };
        let made = self
            .outputs
            .get(&key, oldest, || {
                question.clone().run(app.clone(), Arc::clone(&open), now)
            })
            .await;
        self.books.tidy(now);
        Ok(made?.value)
    }
}

/// What is asked of a book: worksheets for data, tabs for pictures.
type Shown = Vec<String>;

/// What views need of their book.
#[derive(Default)]
struct Needs<'v> {
    shown: Shown,
    /// Each view with a worksheet whose rows are read for it.
    sheets: Vec<(&'v View, String)>,
}

/// Finds what views need of their book; `None` where a view has no data to give.
fn needs<'v>(open: &Open, views: &'v [View], form: Form) -> Result<Option<Needs<'v>>> {
    let mut needs = Needs::default();
    for view in views {
        match form {
            Form::Csv | Form::Crosstab => {
                let Some(sheet) = open.book.sheet_of(&view.name).map_err(|e| failure(&e))? else {
                    return Ok(None);
                };
                needs.shown.push(sheet.name.clone());
                needs.sheets.push((view, sheet.name.clone()));
            }
            Form::Picture(_) => {
                let found = open.book.sheets_of(&view.name).map_err(|e| failure(&e))?;
                needs.shown.push(view.name.clone());
                needs
                    .sheets
                    .extend(found.iter().map(|sheet| (view, sheet.name.clone())));
            }
        }
    }
    Ok(Some(needs))
}

/// Demands that rows of a published data source may be read: by the caller, or, where the workbook keeps
/// credentials for it, by the workbook's owner.
async fn may_connect(app: &App, caller: &Caller, view: &View, sources: &Sources, url: &str) -> Result<()> {
    let Some((_, id, _)) = sources.published.iter().find(|(known, _, _)| known == url) else {
        // That it is not there is what the question says.
        return Ok(());
    };
    if connects(app, caller, id.0).await? {
        return Ok(());
    }
    let embeds = sources.item.connections.iter().any(|one| {
        one.published_content_url.as_deref() == Some(url) && (one.embed || one.password.is_some())
    });
    if embeds && let Some(owner) = app.store.user(caller.site, view.owner.id).await? {
        let owner = Caller {
            site: caller.site,
            user: owner.id,
            role: owner.role,
        };
        if connects(app, &owner, id.0).await? {
            return Ok(());
        }
    }
    Err(fail(
        ErrorCode::ViewDataForbidden,
        format!("You lack the permission Connect on the data source '{url}', which the view reads."),
    ))
}

async fn connects(app: &App, caller: &Caller, datasource: Luid) -> Result<bool> {
    let rights = Rights::of_caller(app, caller, ContentKind::Datasource, datasource).await?;
    Ok(rights.is_some_and(|rights| rights.allow(Capability::Connect)))
}

/// Describes who asks, for user functions.
async fn asker(app: &App, caller: &Caller) -> Result<Asker> {
    const LOCAL: &str = vivant_model::name::LOCAL_DOMAIN;
    const PAGE: u32 = 1000;
    let user = app.store.user(caller.site, caller.user).await?;
    let user = user.ok_or_else(|| invalid("Who asks is not on the site any more."))?;
    let mut groups = Vec::new();
    for number in 1.. {
        let query = ListQuery {
            page: PageRequest { number, size: PAGE },
            ..ListQuery::default()
        };
        let page = app.store.user_groups(caller.site, user.id, &query).await?;
        let is_last = page.items.len() < PAGE as usize;
        groups.extend(page.items.into_iter().map(|group| match group.domain.as_str() {
            LOCAL => group.name,
            domain => format!("{domain}\\{}", group.name),
        }));
        if is_last {
            break;
        }
    }
    groups.sort();
    Ok(Asker {
        name: user.name.clone(),
        full_name: user.full_name.clone().unwrap_or_else(|| user.name.clone()),
        domain: match user.domain.as_str() {
            LOCAL => String::new(),
            domain => domain.to_owned(),
        },
        groups,
    })
}

/// Names everything that an answer depends on.
fn key(
    sources: &Sources,
    shown: &[String],
    asked: &Asked,
    form: Form,
    asker: Option<&Asker>,
    now: DateTime,
) -> String {
    // Formats that quote what they hold: no two questions have the same key.
    let mut filters = asked.filters.clone();
    filters.sort();
    let mut parameters = asked.parameters.clone();
    parameters.sort();
    format!(
        "{}{shown:?}{form:?}{:?}{:?}{:?}{filters:?}{parameters:?}{asker:?}{}",
        sources.key(),
        asked.size,
        // Without one a picture has that of its workbook, which is no other question's.
        asked.language.map(|language| language.code),
        asked.chosen,
        now.date().days()
    )
}

/// A question of its own, whoever waits for it.
#[derive(Clone)]
struct Question {
    book_key: String,
    /// What a document of several views is called.
    title: String,
    shown: Shown,
    ask: Ask,
    form: Form,
    size: Option<(u32, u32)>,
    language: &'static Language,
}

impl Question {
    async fn run(
        mut self,
        app: App,
        open: Arc<Open>,
        now: Millis,
    ) -> std::result::Result<Made<Output>, Failed> {
        let limit = Duration::from_secs(u64::from(app.config.query_seconds) * self.shown.len() as u64);
        let too_slow = || Failed {
            code: ErrorCode::Unavailable,
            detail: format!(
                "The view took longer than {} seconds to compute; filter it, or refresh an extract of its data.",
                limit.as_secs()
            ),
        };
        let _waiting = Waiting::begin(&app.answers.waiting)?;
        // One for all who wait: nobody's going ends it.
        let stop = Stop::default();
        self.ask.stop = stop.clone();
        let turn = Arc::clone(&app.answers.turns).acquire_owned();
        let turn = match tokio::time::timeout(limit, turn).await {
            Ok(turn) => turn.map_err(|error| broken(internal(error)))?,
            Err(_) => return Err(too_slow()),
        };
        let folder = app.config.data_dir.join("work");
        let (book_key, book) = (self.book_key.clone(), Arc::clone(&open));
        let work = tokio::task::spawn_blocking(move || {
            let made = self.write(&book, &folder);
            // A question that was ended keeps its turn until it has really ended.
            drop(turn);
            made
        });
        let made = match tokio::time::timeout(limit, work).await {
            Err(_) => {
                stop.stop();
                return Err(too_slow());
            }
            Ok(made) => made.map_err(|error| broken(internal(error)))?,
        };
        match made {
            Ok(value) => Ok(Made {
                bytes: Some(value.weight()),
                value,
                // What may change outside is as old as the first that was read of it.
                made_at: match open.book.is_live() {
                    true => open.opened_at,
                    false => now,
                },
            }),
            Err(Fault::Answer(error)) => {
                let failed = failure(&error);
                let is_broken = failed.code == ErrorCode::InternalError;
                if error.is_of_data() || is_broken {
                    // Passwords, files and servers may be mended: the next one tries anew.
                    app.answers.books.forget(&book_key);
                }
                Err(match is_broken {
                    true => broken(internal(error)),
                    false => failed,
                })
            }
            Err(Fault::Export(error @ ExportError::TooLarge { .. })) => Err(Failed {
                code: ErrorCode::ViewDataInvalid,
                detail: sentence(&error.to_string()),
            }),
            Err(Fault::Export(error)) => Err(broken(internal(error))),
            Err(Fault::Render(error @ RenderError::TooLarge { .. })) => Err(Failed {
                code: ErrorCode::InvalidParameterValue,
                detail: sentence(&error.to_string()),
            }),
            Err(Fault::Render(error)) => Err(broken(internal(error))),
        }
    }

    fn write(&self, open: &Open, folder: &std::path::Path) -> std::result::Result<Output, Fault> {
        let book = &open.book;
        let mut out = output::Collector::new(folder);
        if let Form::Picture(picture) = self.form {
            let bytes = pictures::draw(book, self, picture)?;
            out.write_all(&bytes).map_err(ExportError::Io)?;
            return Ok(out.finish().map_err(ExportError::Io)?);
        }
        let name = self.shown.first().map_or("", String::as_str);
        let diagnostics = match self.form {
            Form::Picture(_) => Vec::new(),
            Form::Csv => {
                let form = vivant::Form::Csv(self.language, &mut out);
                book.send(name, &self.ask, form)?
            }
            Form::Crosstab => {
                let table = book.crosstab(name, &self.ask, self.language)?;
                out.write_all(&table.value).map_err(ExportError::Io)?;
                table.diagnostics
            }
        };
        for diagnostic in &diagnostics {
            tracing::debug!(sheet = name, "{diagnostic}");
        }
        Ok(out.finish().map_err(ExportError::Io)?)
    }
}

/// Why a question has no answer.
enum Fault {
    Answer(AnswerError),
    Export(ExportError),
    Render(RenderError),
}

impl From<SendError> for Fault {
    fn from(error: SendError) -> Self {
        match error {
            SendError::Answer(error) => Fault::Answer(error),
            SendError::Export(error) => Fault::Export(error),
        }
    }
}

impl From<RenderError> for Fault {
    fn from(error: RenderError) -> Self {
        Fault::Render(error)
    }
}

impl From<AnswerError> for Fault {
    fn from(error: AnswerError) -> Self {
        Fault::Answer(error)
    }
}

impl From<ExportError> for Fault {
    fn from(error: ExportError) -> Self {
        Fault::Export(error)
    }
}

/// Counts a question until it has ended.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn begin(count: &Arc<AtomicUsize>) -> std::result::Result<Self, Failed> {
        let before = count.fetch_add(1, Ordering::SeqCst);
        let waiting = Self(Arc::clone(count));
        match before < MOST_WAITING {
            true => Ok(waiting),
            false => Err(Failed {
                code: ErrorCode::Unavailable,
                detail: "The server computes too many views at once; try again in a while.".to_owned(),
            }),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The error of a view whose data cannot be given.
fn invalid(detail: impl Into<String>) -> ApiError {
    fail(ErrorCode::ViewDataInvalid, detail)
}

/// Logs a failure of the server, and says nothing of its cause.
fn broken(error: ApiError) -> Failed {
    if let Some(cause) = &error.cause {
        tracing::error!(cause = format!("{cause:#}"), "a view was not answered");
    }
    Failed {
        code: error.code,
        detail: error.detail,
    }
}

/// Says why there is no answer.
fn failure(error: &AnswerError) -> Failed {
    let code = match error {
        AnswerError::Sheet(found) if found.code == "query.engine" => ErrorCode::InternalError,
        error if error.is_unsupported() => ErrorCode::NotImplemented,
        AnswerError::Parameter { .. } => ErrorCode::InvalidParameterValue,
        AnswerError::Io { .. } => ErrorCode::InternalError,
        AnswerError::Stopped => ErrorCode::Unavailable,
        _ => ErrorCode::ViewDataInvalid,
    };
    Failed {
        code,
        detail: sentence(&error.to_string()),
    }
}
