//! Sending a subscription: one mail to one user, once each time its schedule fires.
//!
//! Whether the user may still look at the content is asked anew each time. A mail that the mail
//! server accepted is recorded together with the end of its job; a job that is begun again sends a
//! mail of the same Message-ID, by which the two are known to be one.

use std::collections::HashSet;
use std::time::Duration;

use vivant::{Orientation, Paper};
use vivant_model::{Capability, ContentKind, JobItemKind, SiteState, ViewId, WorkbookId};
use vivant_store::{
    Caller, Error as StoreError, Millis, Outcome, Site, Subscription, SubscriptionChanges, View,
};
use vivant_wire::ErrorCode;

use super::{Done, Ended, Failure, Work};
use crate::answers as drawn;
use crate::app::App;
use crate::auth::permission::Rights;
use crate::errors::internal;
use crate::mail::subscription::{Edition, Sheet, png_size};
use crate::mail::{Enclosure, Letter, Mailbox, Picture};
use crate::web::unsubscribe;

/// How many failures in a row suspend a subscription.
// Tableau: five, as for extract refreshes.
const FAILURES: i64 = 5;
/// The most pictures that a mail carries.
const MAX_PICTURES: usize = 20;
/// The most views that a mail names.
const MAX_SHEETS: usize = 100;
/// The most bytes of pictures that a mail carries; many mail servers take 10 MB.
const MAX_PICTURE_BYTES: usize = 6 * 1024 * 1024;
/// The most bytes of its PDF file.
const MAX_PDF_BYTES: usize = 7 * 1024 * 1024;
/// How long, and how often, the record of an accepted mail is tried.
const RECORD_PAUSE: Duration = Duration::from_millis(500);
const RECORD_TRIES: u32 = 10;

/// Sends the subscription that the job is about.
pub async fn run(work: Work) -> Ended {
    match send(&work).await {
        Err(Failure::Failed(note)) => Err(Failure::Failed(give_up(&work, note).await)),
        Err(Failure::Later(note)) if work.job.attempt >= work.job.max_attempts => {
            Err(Failure::Failed(give_up(&work, note).await))
        }
        ended => ended,
    }
}

/// Suspends a subscription that fails all the time; gives the note of its job.
async fn give_up(work: &Work, note: String) -> String {
    let store = &work.app.store;
    let Some(id) = work.job.subscription else {
        return note;
    };
    let Ok(Some(subscription)) = store.subscription(work.job.site_id, id).await else {
        return note;
    };
    if subscription.suspended || subscription.consecutive_failures + 1 < FAILURES {
        return note;
    }
    let changes = SubscriptionChanges {
        suspended: Some(true),
        ..SubscriptionChanges::default()
    };
    match store
        .update_subscription(work.job.site_id, id, changes, work.app.now())
        .await
    {
        Ok(_) => {
            format!("{note} This was failure {FAILURES} in a row, so the subscription is suspended now.")
        }
        Err(error) => {
            tracing::warn!(%error, "a subscription that fails all the time could not be suspended");
            note
        }
    }
}

async fn send(work: &Work) -> Ended {
    let app = &work.app;
    let gone = || Failure::Failed("The subscription does not exist any more.".to_owned());
    let id = work.job.subscription.ok_or_else(gone)?;
    let site_id = work.job.site_id;
    let subscription = app.store.subscription(site_id, id).await?.ok_or_else(gone)?;
    let site = app.store.site(site_id).await?.ok_or_else(gone)?;
    if let Some(reason) = silent(&subscription, &site) {
        return Ok(super::work::success(
            vec![format!("Nothing was sent: {reason}.")],
            Vec::new(),
            None,
        ));
    }
    let Some(mailer) = &app.mailer else {
        return Err(Failure::Failed(
            "This server has no mail server; name one with --smtp-host.".to_owned(),
        ));
    };
    let mut notes = Vec::new();
    if !subscription.send_if_empty && shows_nothing(app, &subscription).await? {
        return Ok(super::work::success(
            vec!["Nothing was sent: the view is empty.".to_owned()],
            Vec::new(),
            None,
        ));
    }
    let letter = write(work, &subscription, &site, &mut notes).await?;
    work.check()?;
    let answer = mailer.send(&letter).await.map_err(|error| {
        let note = format!("The mail was not sent: {error}.");
        match error.transient {
            true => Failure::Later(note),
            false => Failure::Failed(note),
        }
    })?;
    notes.insert(
        0,
        format!("The mail server accepted the mail <{}>: {answer}.", letter.key),
    );
    record(
        work,
        &subscription,
        Outcome::success(notes, Vec::new(), Some(subscription.content)),
    )
    .await
}

/// Why nothing is sent though nothing failed.
fn silent(subscription: &Subscription, site: &Site) -> Option<&'static str> {
    if subscription.suspended {
        return Some("the subscription is suspended");
    }
    if site.state != SiteState::Active {
        return Some("the site is suspended");
    }
    site.disable_subscriptions
        .then_some("subscriptions are switched off on the site")
}

/// Tells the store of a mail that is on its way. The mail is out, so this is tried for a while: a job
/// that does not know of its mail sends it again.
async fn record(work: &Work, subscription: &Subscription, outcome: Outcome) -> Ended {
    let app = &work.app;
    let mut tries = 1;
    loop {
        let fence = Some((&work.lease, outcome.clone()));
        let recorded = app
            .store
            .record_delivery(subscription.site_id, subscription.id, fence, app.now())
            .await;
        match recorded {
            Ok(()) => return Ok(Done::Settled),
            // Its reader ended it meanwhile; the job still did its work.
            Err(StoreError::NotFound(_)) => return Ok(Done::Success(outcome)),
            Err(StoreError::LeaseLost) => return Err(Failure::LeaseLost),
            Err(error) if tries < RECORD_TRIES => {
                tracing::warn!(%error, "a mail that was sent could not be recorded; it is tried again");
                tries += 1;
                tokio::time::sleep(RECORD_PAUSE).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes the mail, if its reader may still have it.
async fn write(
    work: &Work,
    subscription: &Subscription,
    site: &Site,
    notes: &mut Vec<String>,
) -> Result<Letter, Failure> {
    let app = &work.app;
    let (caller, to) = reader(app, subscription).await?;
    let web = Web::of(app, site);
    let content = content(app, &caller, subscription, &web).await?;
    let (sheets, pictures) = match subscription.attach_image {
        true => draw(app, &caller, &content.views, &web, notes).await?,
        false => (Vec::new(), Vec::new()),
    };
    let mut remarks = Vec::new();
    if pictures.iter().any(|picture| picture.is_old) {
        let what = match pictures.as_slice() {
            [_] => "The picture was",
            all if all.iter().all(|picture| picture.is_old) => "The pictures were",
            _ => "Some of the pictures were",
        };
        remarks.push(format!(
            "{what} saved with the workbook; open the {} for its present data.",
            content.kind
        ));
    } else if subscription.attach_image && pictures.is_empty() {
        notes.push("The mail carries no picture: no view could be drawn.".to_owned());
    }
    let enclosures = match enclose(app, &caller, subscription, site, &content).await? {
        Enclosed::Nothing => Vec::new(),
        Enclosed::File(file) => vec![file],
        Enclosed::Without(why) => {
            notes.push(format!("The mail carries no PDF file: {why}"));
            remarks.push("The PDF file that belongs to this mail could not be made.".to_owned());
            Vec::new()
        }
    };
    let now = app.now();
    let token = app
        .store
        .unsubscribe_token(subscription.site_id, subscription.id)
        .await?;
    let page = format!("{}{}{}", web.root, unsubscribe::PATH, token.reveal());
    let edition = Edition {
        subject: subscription.subject.clone(),
        message: subscription.message.clone(),
        site: site.name.clone(),
        kind: content.kind,
        name: content.name,
        workbook: content.workbook,
        project: content.project,
        link: content.link,
        sheets,
        schedule: subscription.schedule.name.clone(),
        made: made(app, now, site),
        notes: remarks,
        footer: custom(
            site,
            "customSubscriptionFooterEnabled",
            "customSubscriptionFooter",
        )
        .map(str::to_owned),
        unsubscribe: page.clone(),
    };
    Ok(Letter {
        to,
        from: sender(site, notes),
        subject: subscription.subject.clone(),
        text: edition.text(),
        html: edition.html(),
        pictures: pictures.into_iter().map(|drawn| drawn.picture).collect(),
        enclosures,
        // One job is one time that the schedule fired.
        key: format!("{}.{}", subscription.id, work.job.id),
        unsubscribe: Some(page),
        made_at: now,
    })
}

/// Who gets the mail: a user of the site who may look at the content and has an address.
async fn reader(app: &App, subscription: &Subscription) -> Result<(Caller, Mailbox), Failure> {
    let failed = |why: &str| Failure::Failed(format!("Nothing was sent: {why}."));
    let user = app.store.user(subscription.site_id, subscription.user.id).await?;
    let user = user.ok_or_else(|| failed("the subscribed user is not on the site any more"))?;
    let caller = Caller {
        site: subscription.site_id,
        user: user.id,
        role: user.role,
    };
    let kind = match subscription.content.kind {
        JobItemKind::View => ContentKind::View,
        _ => ContentKind::Workbook,
    };
    let rights = Rights::of_caller(app, &caller, kind, subscription.content.id).await?;
    if !rights.is_some_and(|rights| rights.allow(Capability::Read)) {
        let what = kind.as_str();
        return Err(failed(&format!(
            "the subscribed user may not look at the {what} any more"
        )));
    }
    let address = user.email.as_deref().unwrap_or_default();
    if address.is_empty() {
        return Err(failed("the subscribed user has no e-mail address"));
    }
    let name = user.full_name.as_deref().filter(|name| !name.is_empty());
    let to = Mailbox::new(Some(name.unwrap_or(&user.name)), address)
        .map_err(|_| failed("the e-mail address of the subscribed user is none"))?;
    Ok((caller, to))
}

/// What a mail is about.
struct Content {
    kind: &'static str,
    name: String,
    workbook: Option<String>,
    project: String,
    link: String,
    views: Vec<View>,
}

async fn content(
    app: &App,
    caller: &Caller,
    subscription: &Subscription,
    web: &Web,
) -> Result<Content, Failure> {
    let item = subscription.content;
    let gone = || Failure::Failed("Nothing was sent: the content does not exist any more.".to_owned());
    if item.kind == JobItemKind::View {
        let view = app
            .store
            .view(caller.site, ViewId(item.id))
            .await?
            .ok_or_else(gone)?;
        return Ok(Content {
            kind: "view",
            name: view.name.clone(),
            workbook: Some(view.workbook.name.clone()),
            project: view.project.name.clone(),
            link: web.view(&view),
            views: vec![view],
        });
    }
    let id = WorkbookId(item.id);
    let workbook = app.store.workbook(caller.site, id).await?.ok_or_else(gone)?;
    let mut views = app.store.workbook_views(caller, id, false).await?;
    views.truncate(MAX_SHEETS);
    Ok(Content {
        kind: "workbook",
        link: format!("{}/workbooks/{id}", web.site),
        name: workbook.name,
        workbook: None,
        project: workbook.project.name,
        views,
    })
}

/// A picture of a mail.
struct Shown {
    picture: Picture,
    /// Whether it was saved with the workbook.
    is_old: bool,
}

/// The views of a mail and their pictures, drawn for its reader; where that cannot be, those that the workbook's
/// file holds.
async fn draw(
    app: &App,
    caller: &Caller,
    views: &[View],
    web: &Web,
    notes: &mut Vec<String>,
) -> Result<(Vec<Sheet>, Vec<Shown>), Failure> {
    let (mut sheets, mut pictures, mut bytes) = (Vec::new(), Vec::new(), 0);
    let allowed = exportable(app, caller, views).await?;
    for view in views {
        let mut sheet = Sheet {
            name: view.name.clone(),
            link: web.view(view),
            picture: None,
        };
        if pictures.len() < MAX_PICTURES {
            let drawn = match export(app, caller, view, allowed.contains(&view.id)).await? {
                Ok(png) => Some((png, false)),
                Err(why) => {
                    notes.push(format!("'{}' was not drawn: {why}", view.name));
                    let saved = app.store.thumbnail(caller.site, view.id).await?;
                    saved.map(|png| (png, true))
                }
            };
            if let Some((png, is_old)) = drawn
                && let Some((width, height)) = png_size(&png)
                && bytes + png.len() <= MAX_PICTURE_BYTES
            {
                bytes += png.len();
                let id = format!("{}@vivant", view.id);
                sheet.picture = Some((id.clone(), width, height));
                let file_name = format!("{}.png", file_name(&view.name));
                pictures.push(Shown {
                    picture: Picture { id, file_name, png },
                    is_old,
                });
            }
        }
        sheets.push(sheet);
    }
    Ok((sheets, pictures))
}

/// Draws a view for the reader; else says why not.
async fn export(
    app: &App,
    caller: &Caller,
    view: &View,
    allowed: bool,
) -> Result<Result<Vec<u8>, String>, Failure> {
    if !allowed {
        return Ok(Err(
            "the subscribed user lacks the permission ExportImage.".to_owned()
        ));
    }
    match app.answers.is_blank(app, view).await {
        Ok(false) => {}
        Ok(true) => return Ok(Err("nothing lies on it.".to_owned())),
        Err(error) if error.code == ErrorCode::InternalError => return Err(error.into()),
        Err(error) => return Ok(Err(error.detail)),
    }
    let views = std::slice::from_ref(view);
    made_of(app, caller, views, drawn::Picture::Png { high: false }).await
}

/// Those of a workbook's views that the reader may have as pictures.
async fn exportable(app: &App, caller: &Caller, views: &[View]) -> Result<HashSet<ViewId>, Failure> {
    let Some(first) = views.first() else {
        return Ok(HashSet::new());
    };
    let (store, workbook) = (&app.store, first.workbook.id);
    Ok(store
        .workbook_views_allowing(caller, workbook, Capability::ExportImage)
        .await?)
}

/// Makes a picture of views with data of this moment; else says why not.
async fn made_of(
    app: &App,
    caller: &Caller,
    views: &[View],
    picture: drawn::Picture,
) -> Result<Result<Vec<u8>, String>, Failure> {
    let form = drawn::Form::Picture(picture);
    let asked = drawn::Asked {
        max_age_minutes: 1,
        ..drawn::Asked::default()
    };
    let made = app.answers.views(app, caller, views, &asked, form).await;
    match made {
        Ok(output) => Ok(Ok(output.bytes().await.map_err(internal)?)),
        Err(error) if matches!(error.code, ErrorCode::InternalError | ErrorCode::Unavailable) => {
            Err(error.into())
        }
        Err(error) => Ok(Err(error.detail)),
    }
}

/// What became of the PDF file of a mail.
enum Enclosed {
    /// None was wanted.
    Nothing,
    /// Here it is.
    File(Enclosure),
    /// There is none, for this reason.
    Without(String),
}

async fn enclose(
    app: &App,
    caller: &Caller,
    subscription: &Subscription,
    site: &Site,
    content: &Content,
) -> Result<Enclosed, Failure> {
    if !subscription.attach_pdf {
        return Ok(Enclosed::Nothing);
    }
    let allowed = site.settings.get("allowSubscriptionAttachments");
    if allowed.is_some_and(|text| text == "false") {
        return Ok(Enclosed::Without("the site allows no attachments.".to_owned()));
    }
    let allowed = exportable(app, caller, &content.views).await?;
    let may = |view: &&View| allowed.contains(&view.id);
    let views: Vec<View> = content.views.iter().filter(may).cloned().collect();
    if views.is_empty() {
        let why = "the subscribed user lacks the permission ExportImage.";
        return Ok(Enclosed::Without(why.to_owned()));
    }
    let paper = subscription.page_size.as_deref().and_then(Paper::find);
    let orientation = subscription
        .page_orientation
        .as_deref()
        .and_then(Orientation::find);
    let pages = drawn::Picture::Pdf(paper.unwrap_or_default(), orientation.unwrap_or_default());
    Ok(match made_of(app, caller, &views, pages).await? {
        Ok(pdf) if pdf.len() > MAX_PDF_BYTES => Enclosed::Without(format!(
            "it has {} bytes, which is too much for a mail.",
            pdf.len()
        )),
        Ok(pdf) => Enclosed::File(Enclosure {
            file_name: format!("{}.pdf", file_name(&content.name)),
            pdf,
        }),
        Err(why) => Enclosed::Without(why),
    })
}

/// Tells whether the view of a subscription has no row. What cannot be told is not empty.
async fn shows_nothing(app: &App, subscription: &Subscription) -> Result<bool, Failure> {
    let item = subscription.content;
    if item.kind != JobItemKind::View {
        return Ok(false);
    }
    let (caller, _) = reader(app, subscription).await?;
    let Some(view) = app.store.view(caller.site, ViewId(item.id)).await? else {
        return Ok(false);
    };
    let asked = drawn::Asked {
        max_age_minutes: 1,
        ..drawn::Asked::default()
    };
    let views = std::slice::from_ref(&view);
    let csv = app
        .answers
        .views(app, &caller, views, &asked, drawn::Form::Csv)
        .await;
    Ok(match csv {
        // A line with the titles is no row.
        Ok(drawn::Output::Memory(bytes)) => bytes.iter().filter(|byte| **byte == b'\n').count() <= 1,
        Ok(_) | Err(_) => false,
    })
}

/// A name as the name of a file.
fn file_name(name: &str) -> String {
    let sign = |c: char| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        c if c.is_control() => ' ',
        c => c,
    };
    let name: String = name.chars().take(80).map(sign).collect();
    match name.trim_matches([' ', '.']) {
        "" => "view".to_owned(),
        name => name.to_owned(),
    }
}

/// Addresses of what a mail leads to.
struct Web {
    root: String,
    site: String,
}

impl Web {
    fn of(app: &App, site: &Site) -> Self {
        let root = app.config.web_root();
        let part = match site.content_url.as_str() {
            "" => String::new(),
            url => format!("/site/{url}"),
        };
        Self {
            site: format!("{root}/#{part}"),
            root,
        }
    }

    /// Tableau: the address of a view is its content URL without `sheets`.
    fn view(&self, view: &View) -> String {
        let path = view.content_url.replacen("/sheets/", "/", 1);
        let path = percent_encoding::utf8_percent_encode(&path, PATH_SIGNS);
        format!("{}/views/{path}", self.site)
    }
}

/// What stands for something else in an address, but for the `/` between its parts.
const PATH_SIGNS: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// The value of a site's setting that another one switches on.
fn custom<'a>(site: &'a Site, switch: &str, value: &str) -> Option<&'a str> {
    let on = site.settings.get(switch).is_some_and(|text| text == "true");
    let value = site.settings.get(value).map(|text| text.trim());
    value.filter(|text| on && !text.is_empty())
}

/// The sender that a site has of its own.
fn sender(site: &Site, notes: &mut Vec<String>) -> Option<Mailbox> {
    let address = custom(site, "customSubscriptionEmailEnabled", "customSubscriptionEmail")?;
    match Mailbox::parse(address) {
        Ok(sender) => Some(sender),
        Err(_) => {
            notes.push(
                "The site's customSubscriptionEmail is no mail address; the server's own sender was used."
                    .to_owned(),
            );
            None
        }
    }
}

/// A time for people, in the site's time zone where it has one, else in the server's.
fn made(app: &App, now: Millis, site: &Site) -> String {
    let own = site
        .settings
        .get("useDefaultTimeZone")
        .is_some_and(|text| text == "false");
    let zone = site
        .settings
        .get("timeZone")
        .filter(|name| own && !name.is_empty());
    let zone = zone.map_or_else(|| app.config.time_zone.name(), String::as_str);
    told(now, zone)
}

fn told(time: Millis, zone: &str) -> String {
    let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
    match jiff::Timestamp::from_millisecond(time) {
        Ok(time) => time.to_zoned(zone).strftime("%-d %B %Y, %H:%M %Z").to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_names_of_files() {
        assert_eq!(file_name("Sales / Profit: 2026"), "Sales - Profit- 2026");
        assert_eq!(file_name("../../x"), "-..-x");
        assert_eq!(file_name(" . "), "view");
        assert_eq!(file_name("売上\n"), "売上");
    }

    #[test]
    fn times_are_told_in_the_zone_of_their_reader() {
        let time = 1_780_000_000_000;
        assert_eq!(told(time, "UTC"), "28 May 2026, 20:26 UTC");
        assert_eq!(told(time, "Europe/Berlin"), "28 May 2026, 22:26 CEST");
        assert_eq!(told(time, "Mars/Olympus"), "28 May 2026, 20:26 UTC");
    }
}
