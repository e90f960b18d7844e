//! The picture of a dashboard or story: its sheets asked, drawn and put in their places.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use vivant_calc::Diagnostic;
use vivant_calc::diag::Warned;
use vivant_document::spec::{
    DashboardSpec, FieldRef, FilterTest, SheetSpec, SortSpec, StoryPointSpec, WorkbookSpec, ZoneKind,
};
use vivant_query::Answer;
use vivant_render::Bitmap;
use vivant_viz::{
    Contents, DashboardRequest, Domain, SheetPart, SheetRows, dashboard_size, draw_dashboard, shown_sheets,
};

use super::sheet::sheet_rows;
use super::{Drawn, ViewSize};
use crate::answer::{AnswerError, Ask, Book};

/// How many sheets are asked for at once.
const AT_ONCE: usize = 4;
/// The most values that a filter card is asked for; no picture has room for more.
const MOST_MEMBERS: usize = 100_000;

/// What is asked of the book.
enum Asked<'w> {
    Sheet(&'w SheetSpec),
    Domain(Domain, Box<SheetSpec>),
}

/// Draws a dashboard or story. `workbook` is the book's own with what its point and the question put into it.
pub(super) fn draw(
    book: &Book,
    workbook: &WorkbookSpec,
    dashboard: &DashboardSpec,
    size: ViewSize,
    ask: &Ask,
) -> Result<Drawn, AnswerError> {
    let mut wanted: Vec<Asked<'_>> = Vec::new();
    let mut missing = HashMap::new();
    for name in shown_sheets(workbook, dashboard) {
        match workbook.sheet(name) {
            Some(sheet) => wanted.push(Asked::Sheet(sheet)),
            None => {
                missing.insert(name, "the workbook does not have it".to_owned());
            }
        }
    }
    let sheets = wanted.len();
    for domain in domains(workbook, dashboard) {
        if let Some(sheet) = domain.sheet(workbook) {
            wanted.push(Asked::Domain(domain, Box::new(sheet)));
        }
    }
    let mut answers = answers(book, workbook, &wanted, ask)?;
    // Nothing but gaps is no picture.
    if sheets > 0 && answers[..sheets].iter().all(Result::is_err) {
        return Err(answers.swap_remove(0).expect_err("no sheet has an answer"));
    }

    let mut diagnostics = Vec::new();
    let mut contents = Gathered {
        book,
        ask,
        workbook,
        sheets: HashMap::new(),
        domains: HashMap::new(),
        missing,
    };
    for (asked, answer) in wanted.iter().zip(&answers) {
        match (asked, answer) {
            (Asked::Sheet(sheet), Ok(answer)) => {
                diagnostics.extend(answer.diagnostics.iter().cloned());
                let rows = sheet_rows(book, workbook, sheet, &answer.value);
                contents.sheets.insert(&sheet.name, (*sheet, rows));
            }
            (Asked::Sheet(sheet), Err(error)) => {
                contents.missing.insert(&sheet.name, error.to_string());
            }
            (Asked::Domain(domain, sheet), Ok(answer)) => {
                let rows = sheet_rows(book, workbook, sheet, &answer.value);
                contents.domains.insert(domain, rows);
            }
            (Asked::Domain(domain, _), Err(error)) => {
                let message = format!("the values of the filter on `{}`: {error}", domain.field.name);
                diagnostics.push(
                    Diagnostic::warning("viz.filter", message)
                        .within(format!("worksheet '{}'", domain.sheet)),
                );
            }
        }
    }
    let asked = match (size.width, size.height) {
        (None, None) => None,
        (width, height) => {
            let usual = dashboard_size(dashboard, None);
            Some((width.unwrap_or(usual.0), height.unwrap_or(usual.1)))
        }
    };
    let (width, height) = dashboard_size(dashboard, asked);
    let picture = draw_dashboard(&DashboardRequest {
        workbook,
        dashboard,
        width,
        height,
        contents: &contents,
    });
    for one in picture.diagnostics {
        if !diagnostics.contains(&one) {
            diagnostics.push(one);
        }
    }
    // A size of its own is kept, and made smaller or larger as a whole.
    let part = |wanted: Option<f64>, own: f64| wanted.map(|wanted| wanted / own);
    let scale = match (part(size.width, width), part(size.height, height)) {
        (Some(across), Some(down)) => across.min(down),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => 1.0,
    };
    Ok(Drawn {
        scene: picture.scene,
        scale,
        diagnostics,
    })
}

/// Puts what a point of a story changes into the workbook.
pub(super) fn at_point<'w>(workbook: &'w WorkbookSpec, point: &StoryPointSpec) -> Cow<'w, WorkbookSpec> {
    let is_selected = workbook.tabs.iter().any(|tab| !tab.selected.is_empty());
    if point.changes.is_empty() && point.parameters.is_empty() && !is_selected {
        return Cow::Borrowed(workbook);
    }
    let mut changed = workbook.clone();
    // What is selected in a tab of its own is not in a point, which has its own selections.
    for tab in &mut changed.tabs {
        let all = point.changes.iter();
        let own = all.map(|changes| (changes.sheet.clone(), changes.selected.clone()));
        tab.selected = own.filter(|(_, tuples)| !tuples.is_empty()).collect();
    }
    for changes in &point.changes {
        let Some(sheet) = changed
            .sheets
            .iter_mut()
            .find(|sheet| sheet.name == changes.sheet)
        else {
            continue;
        };
        let source = sheet.sources.first().cloned().unwrap_or_default();
        // A field without a data source is one of the sheet's first.
        let removed = |column: &FieldRef| {
            let mut all = changes.removed.iter().map(|filter| &filter.column);
            all.any(|gone| match gone.source.is_empty() {
                true => (&source, &gone.name) == (&column.source, &column.name),
                false => gone == column,
            })
        };
        sheet.filters.retain(|filter| !removed(&filter.column));
        for filter in &changes.filters {
            let mut filter = filter.clone();
            if filter.column.source.is_empty() {
                filter.column.source.clone_from(&source);
            }
            // A point that shows everything writes a filter without any test.
            if let FilterTest::Other(_) = filter.test {
                continue;
            }
            match sheet
                .filters
                .iter_mut()
                .find(|known| known.column == filter.column)
            {
                Some(known) => known.test = filter.test,
                None => sheet.filters.push(filter),
            }
        }
        let placed = |sort: &SortSpec| {
            let mut sort = sort.clone();
            if sort.column.source.is_empty() {
                sort.column.source.clone_from(&source);
            }
            sort
        };
        let gone: Vec<SortSpec> = changes.unsorted.iter().map(placed).collect();
        let sorts: Vec<SortSpec> = changes.sorts.iter().map(placed).collect();
        let all = gone.iter().chain(&sorts);
        sheet
            .sorts
            .retain(|sort| all.clone().all(|other| other.column != sort.column));
        sheet.sorts.extend(sorts.iter().cloned());
        let is_new = |id: &String| changes.annotations.iter().any(|new| new.id == *id);
        sheet
            .annotations
            .retain(|annotation| !changes.erased.contains(&annotation.id) && !is_new(&annotation.id));
        sheet.annotations.extend(changes.annotations.iter().cloned());
    }
    for (name, value) in &point.parameters {
        let mut known = changed.parameters.iter_mut();
        if let Some(parameter) = known.find(|parameter| parameter.name == *name) {
            parameter.value = value.clone();
            parameter.alias = None;
        }
    }
    Cow::Owned(changed)
}

/// Lists what filter cards let choose from, each once.
fn domains(workbook: &WorkbookSpec, dashboard: &DashboardSpec) -> BTreeSet<Domain> {
    let mut found = BTreeSet::new();
    let inside = dashboard
        .point()
        .and_then(|point| workbook.dashboard(&point.sheet));
    for dashboard in std::iter::once(dashboard).chain(inside) {
        dashboard.walk_shown(&mut |zone| {
            if matches!(zone.kind, ZoneKind::Filter { .. }) {
                found.extend(Domain::of(workbook, zone));
            }
        });
    }
    found
}

/// What came of a question.
type Answered = Result<Warned<Answer>, AnswerError>;

/// Asks for all of it, some at once; in the order of what is asked. Fails once the question is ended.
fn answers(
    book: &Book,
    workbook: &WorkbookSpec,
    wanted: &[Asked<'_>],
    ask: &Ask,
) -> Result<Vec<Answered>, AnswerError> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<Option<Answered>>> = Mutex::new(wanted.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..wanted.len().min(AT_ONCE) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(asked) = wanted.get(at) else { break };
                    let answer = match asked {
                        Asked::Sheet(sheet) => book.answer_of(workbook, sheet, ask),
                        Asked::Domain(_, sheet) => {
                            let ask = Ask {
                                most_values: Some(MOST_MEMBERS),
                                ..ask.clone()
                            };
                            book.answer_of(workbook, sheet, &ask)
                        }
                    };
                    let mut found = found.lock().expect("no thread panics while it puts an answer");
                    found[at] = Some(answer);
                }
            });
        }
    });
    let found = found
        .into_inner()
        .expect("no thread panics while it puts an answer");
    let answers: Vec<_> = found.into_iter().flatten().collect();
    match ask.stop.is_stopped() {
        true => Err(AnswerError::Stopped),
        false => Ok(answers),
    }
}

/// What is in a dashboard.
struct Gathered<'g> {
    book: &'g Book,
    ask: &'g Ask,
    workbook: &'g WorkbookSpec,
    sheets: HashMap<&'g str, (&'g SheetSpec, SheetRows<'g>)>,
    domains: HashMap<&'g Domain, SheetRows<'g>>,
    /// Why worksheets are not there.
    missing: HashMap<&'g str, String>,
}

impl Contents for Gathered<'_> {
    fn sheet(&self, name: &str) -> Result<SheetPart<'_>, String> {
        match self.sheets.get(name) {
            Some((sheet, rows)) => Ok(SheetPart { sheet, rows }),
            None => {
                let known = self.missing.get(name).cloned();
                Err(known.unwrap_or_else(|| "it was not asked for".to_owned()))
            }
        }
    }

    fn domain(&self, domain: &Domain) -> Option<&SheetRows<'_>> {
        self.domains.get(domain)
    }

    fn image(&self, path: &str) -> Result<(Bitmap, (f64, f64)), String> {
        super::image(self.book, path)
    }

    fn word(&self, word: &str) -> Option<String> {
        let asker = || self.book.asker(self.ask);
        match word {
            "Workbook Name" => self.ask.book_name.clone(),
            "User Name" => asker().map(|asker| asker.name),
            "Full Name" => asker().map(|asker| asker.full_name),
            "Data Source Name" => self.workbook.sources.first().map(|source| source.caption.clone()),
            _ => None,
        }
    }
}
