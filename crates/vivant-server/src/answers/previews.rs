//! Small pictures of views: made after a workbook was published or refreshed, or when one is asked for that is
//! missing.
//!
//! Publishing waits for none of it. A picture that the workbook's file carries stays until its data are refreshed:
//! Tableau drew it of the same data. A node makes one at a time, and rests while others publish.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use vivant_model::{DatasourceId, SiteId, WorkbookId};
use vivant_store::{Caller, View};

use super::books::Sources;
use super::{Asked, DEFAULT_MAX_AGE_MINUTES, Form, Picture};
use crate::app::App;
use crate::errors::{Result, internal};

/// How long nothing is published before the first picture is made.
const QUIET: Duration = Duration::from_millis(500);
/// How long a workbook waits at most while others are published all the time.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many workbooks may wait; previews of more are made when they are asked for.
const MOST_WAITING: usize = 10_000;

/// The workbooks whose previews are to be made.
#[derive(Default)]
pub struct Queue(Mutex<State>);

#[derive(Default)]
struct State {
    waiting: VecDeque<Wanted>,
    /// What is among them.
    known: HashSet<Wanted>,
    runs: bool,
    touched: Option<Instant>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Wanted {
    site: SiteId,
    workbook: WorkbookId,
    /// Whether pictures are made anew that are there.
    renew: bool,
}

impl Queue {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a workbook into the queue; tells whether nobody works on it yet.
    fn push(&self, wanted: Wanted) -> bool {
        let mut state = self.state();
        state.touched = Some(Instant::now());
        if state.waiting.len() < MOST_WAITING && state.known.insert(wanted) {
            state.waiting.push_back(wanted);
        }
        !std::mem::replace(&mut state.runs, true)
    }

    /// Takes the next workbook; `None` ends the work.
    fn pop(&self) -> Option<Wanted> {
        let mut state = self.state();
        let next = state.waiting.pop_front();
        if let Some(wanted) = &next {
            state.known.remove(wanted);
        }
        state.runs = next.is_some();
        next
    }

    fn is_quiet(&self) -> bool {
        self.state()
            .touched
            .is_none_or(|touched| touched.elapsed() >= QUIET)
    }
}

/// Has the previews of a workbook made soon: those that are missing after publishing, all after a refresh.
pub fn want(app: &App, site: SiteId, workbook: WorkbookId, renew: bool) {
    let wanted = Wanted {
        site,
        workbook,
        renew,
    };
    if app.config.workers > 0 && app.answers.previews.push(wanted) {
        tokio::spawn(work(app.clone()));
    }
}

/// The same for all workbooks that read a data source whose data have changed.
pub async fn want_readers(app: &App, site: SiteId, datasource: DatasourceId) {
    if app.config.workers == 0 {
        return;
    }
    match app.store.workbooks_reading(site, datasource).await {
        Ok(workbooks) => workbooks.into_iter().for_each(|id| want(app, site, id, true)),
        // The data are there; only the small pictures stay as they were.
        Err(error) => tracing::warn!(%datasource, "previews are not renewed: {error}"),
    }
}

async fn work(app: App) {
    loop {
        let since = Instant::now();
        while !app.answers.previews.is_quiet() && since.elapsed() < PATIENCE {
            tokio::time::sleep(QUIET).await;
        }
        let Some(wanted) = app.answers.previews.pop() else {
            return;
        };
        if let Err(error) = make(&app, wanted).await {
            tracing::debug!(workbook = %wanted.workbook, "no previews: {}", error.detail);
        }
    }
}

/// Makes the previews of a workbook.
async fn make(app: &App, wanted: Wanted) -> Result<()> {
    let Some(caller) = owner(app, wanted.site, wanted.workbook).await? else {
        return Ok(());
    };
    for view in app.store.workbook_views(&caller, wanted.workbook, false).await? {
        if !wanted.renew && app.store.thumbnail(wanted.site, view.id).await?.is_some() {
            continue;
        }
        // One view that cannot be drawn keeps none of the others from it.
        if let Err(error) = draw(app, &caller, &view).await {
            tracing::debug!(view = %view.id, "no preview: {}", error.detail);
        }
    }
    Ok(())
}

/// Returns the preview of a view, made now if it is missing; `None` where there can be none.
pub async fn preview(app: &App, view: &View) -> Result<Option<Vec<u8>>> {
    if let Some(png) = app.store.thumbnail(view.site_id, view.id).await? {
        return Ok(Some(png));
    }
    let Some(caller) = owner(app, view.site_id, view.workbook.id).await? else {
        return Ok(None);
    };
    match draw(app, &caller, view).await {
        Ok(png) => Ok(png),
        Err(error) => {
            tracing::debug!(view = %view.id, "no preview: {}", error.detail);
            Ok(None)
        }
    }
}

/// Previews are the same for all who look, so they show what the owner of the workbook sees.
async fn owner(app: &App, site: SiteId, workbook: WorkbookId) -> Result<Option<Caller>> {
    let Some(workbook) = app.store.workbook(site, workbook).await? else {
        return Ok(None);
    };
    let owner = app.store.user(site, workbook.owner.id).await?;
    Ok(owner.map(|owner| Caller {
        site,
        user: owner.id,
        role: owner.role,
    }))
}

/// Draws a preview and keeps it. What depends on who looks has none, nor has a sheet with nothing on it.
async fn draw(app: &App, caller: &Caller, view: &View) -> Result<Option<Vec<u8>>> {
    let workbook = view.workbook.id;
    let Some(sources) = Sources::find(app, caller.site, workbook).await? else {
        return Ok(None);
    };
    let open = app.answers.books.get(app, &sources, 0).await?;
    if open.book.is_personal() || open.book.is_blank(&view.name) {
        return Ok(None);
    }
    let asked = Asked {
        max_age_minutes: DEFAULT_MAX_AGE_MINUTES,
        ..Asked::default()
    };
    let form = Form::Picture(Picture::Preview);
    let views = std::slice::from_ref(view);
    let output = app.answers.views(app, caller, views, &asked, form).await?;
    let png = output.bytes().await.map_err(internal)?;
    // Published anew meanwhile, the workbook has other pictures.
    let now = Sources::find(app, caller.site, workbook).await?;
    if now.is_some_and(|now| now.key() == sources.key()) {
        app.store.set_thumbnail(caller.site, view.id, png.clone()).await?;
    }
    Ok(Some(png))
}

#[cfg(test)]
mod tests {
    use vivant_model::Luid;

    use super::*;

    #[test]
    fn one_works_and_a_workbook_waits_once() {
        let queue = Queue::default();
        let id = |digit: u8| -> Luid {
            let text = format!("{digit}0000000-0000-4000-8000-000000000000");
            text.parse().expect("it is an id")
        };
        let wanted = |number, renew| Wanted {
            site: id(1).into(),
            workbook: id(number).into(),
            renew,
        };
        assert!(queue.push(wanted(1, false)));
        assert!(!queue.push(wanted(1, false)));
        assert!(!queue.push(wanted(2, true)));
        assert!(!queue.is_quiet());
        assert!(queue.pop() == Some(wanted(1, false)));
        assert!(queue.pop() == Some(wanted(2, true)));
        assert!(queue.pop().is_none());
        assert!(queue.push(wanted(1, false)), "the work begins again");
    }
}
