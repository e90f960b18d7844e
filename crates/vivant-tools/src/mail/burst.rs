//! Many letters of one list: texts, filters and readers differ from row to row.

use std::collections::HashMap;
use std::io::Read;

use futures_util::StreamExt;
use vivant_client::model::{UserId, ViewId, WorkbookId};
use vivant_client::{ListOptions, Site};
use vivant_wire::types::User;

use super::{Attachment, Content, Export, Format, Letter, Mailbox, Mailer, Templates, Values};
use crate::error::{Context, Error, Result};
use crate::report::{Action, Line, Progress, Report, Watch};

/// One row of a list, before anything is looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Who gets the letter; several with `;` between.
    pub to: String,
    /// The view that goes with it, if not the same for all.
    pub view: Option<String>,
    /// Fields with the one value that they are filtered to.
    pub filters: Vec<(String, String)>,
    /// Fields with an expression, as addresses of views have it.
    pub expressions: Vec<(String, String)>,
    /// Parameters with their values.
    pub parameters: Vec<(String, String)>,
    /// What placeholders stand for.
    pub values: Values,
}

/// Reads a list: CSV with a header that has `to`. `view` names the view of a row; `filter:FIELD` filters a field to one
/// value, `vf_FIELD` to an expression, `parameter:NAME` sets a parameter; an empty cell leaves its field alone. Every
/// column is a placeholder, too, by its name without what stands before the colon.
pub fn read(list: impl Read) -> Result<Vec<Row>> {
    let mut reader = csv::Reader::from_reader(list);
    let bad = |error: csv::Error| Error::input(format!("the list cannot be read: {error}"));
    let head: Vec<String> = reader
        .headers()
        .map_err(bad)?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').trim().to_owned())
        .collect();
    if !head.iter().any(|name| name == "to") {
        return Err(Error::input(format!(
            "the list has no column `to`; there are {}",
            head.join(", ")
        )));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(bad)?;
        let mut row = Row::default();
        for (name, cell) in head.iter().zip(&record) {
            let set = |list: &mut Vec<(String, String)>, field: &str| {
                if !cell.is_empty() {
                    list.push((field.to_owned(), cell.to_owned()));
                }
            };
            let mut known_as = name.as_str();
            if let Some(field) = name.strip_prefix("filter:") {
                set(&mut row.filters, field);
                known_as = field;
            } else if let Some(field) = name.strip_prefix("parameter:") {
                set(&mut row.parameters, field);
                known_as = field;
            } else if let Some(field) = name.strip_prefix("vf_") {
                set(&mut row.expressions, field);
                known_as = field;
            } else if name == "to" {
                row.to = cell.to_owned();
            } else if name == "view" {
                row.view = Some(cell.to_owned()).filter(|view| !view.is_empty());
            }
            if row.values.insert(known_as.to_owned(), cell.to_owned()).is_some() {
                return Err(Error::input(format!("the list has two columns for `{known_as}`")));
            }
        }
        rows.push(row);
    }
    match rows.is_empty() {
        true => Err(Error::input("the list has no rows")),
        false => Ok(rows),
    }
}

/// What a row's view is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is exported.
    pub content: Content,
    /// Its name, for texts and file names.
    pub name: String,
}

/// The rows of a schedule's subscriptions, with what each shows; asked of the REST API, so any server will do.
/// Subscriptions of people whose mail address the server does not tell are named in the second list.
pub async fn subscriptions(site: &Site, schedule: &str) -> Result<(Vec<(Row, Found)>, Vec<Line>)> {
    let listed = site.subscriptions().list(ListOptions::new()).all().await;
    let listed = listed.context(|| "the subscriptions cannot be listed".to_owned())?;
    let chosen: Vec<_> = listed
        .into_iter()
        .filter(|one| {
            one.schedule.as_ref().is_some_and(|known| {
                known.name.as_deref() == Some(schedule)
                    || known
                        .id
                        .as_deref()
                        .is_some_and(|id| id.eq_ignore_ascii_case(schedule))
            })
        })
        .collect();
    if chosen.is_empty() {
        return Err(Error::NotFound(format!(
            "there is no subscription on a schedule `{schedule}`; a schedule is named by its name or id"
        )));
    }
    let users = site.users().list(ListOptions::new().fields("_all_")).all().await;
    let users = users.context(|| "the users cannot be listed".to_owned())?;
    let users: HashMap<UserId, User> = users
        .into_iter()
        .filter_map(|user| Some((user.id?, user)))
        .collect();
    let views = site.views().list(ListOptions::new()).all().await;
    let views = views.context(|| "the views cannot be listed".to_owned())?;
    let views: HashMap<ViewId, String> = views
        .into_iter()
        .filter_map(|view| Some((view.id?, view.name?)))
        .collect();
    let books = site.workbooks().list(ListOptions::new()).all().await;
    let books = books.context(|| "the workbooks cannot be listed".to_owned())?;
    let books: HashMap<WorkbookId, String> = books
        .into_iter()
        .filter_map(|book| Some((book.id?, book.name?)))
        .collect();
    let mut rows = Vec::new();
    let mut notes = Vec::new();
    for one in chosen {
        let subject = one.subject.clone().unwrap_or_default();
        let user = one
            .user
            .as_ref()
            .and_then(|user| user.id)
            .and_then(|id| users.get(&id));
        let name = user.and_then(|user| user.name.clone()).unwrap_or_default();
        let mut cannot = |why: &str| {
            notes.push(Line::new(
                Action::Cannot,
                "mail",
                format!("{subject} to {name}"),
                why,
            ));
        };
        let Some(to) = user.and_then(address_of) else {
            cannot("the server tells no mail address of this user");
            continue;
        };
        let content = one.content.as_ref();
        let id = content.and_then(|content| content.id.clone());
        let found = match (content.and_then(|content| content.kind.as_deref()), id) {
            (Some(kind), Some(id)) if kind.eq_ignore_ascii_case("view") => {
                id.parse().ok().map(|id: ViewId| Found {
                    content: Content::View(id),
                    name: views.get(&id).cloned().unwrap_or_else(|| id.to_string()),
                })
            }
            (Some(kind), Some(id)) if kind.eq_ignore_ascii_case("workbook") => {
                id.parse().ok().map(|id: WorkbookId| Found {
                    content: Content::Workbook(id),
                    name: books.get(&id).cloned().unwrap_or_else(|| id.to_string()),
                })
            }
            _ => None,
        };
        let Some(found) = found else {
            cannot("the subscription names neither a view nor a workbook");
            continue;
        };
        let values = [
            ("to", to.as_str()),
            ("user", name.as_str()),
            ("subject", subject.as_str()),
            ("message", one.message.as_deref().unwrap_or_default()),
            ("schedule", schedule),
        ];
        let row = Row {
            to: to.clone(),
            values: values
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..Row::default()
        };
        rows.push((row, found));
    }
    Ok((rows, notes))
}

fn address_of(user: &User) -> Option<String> {
    let name = user.name.as_deref().filter(|name| name.contains('@'));
    let address = user.email.as_deref().filter(|email| !email.is_empty()).or(name)?;
    Mailbox::parse(address).ok().map(|_| address.to_owned())
}

/// What all letters of a burst share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// The texts.
    pub templates: Templates,
    /// What each row's export is made from: form, paper, age; the filters here hold for every row.
    pub format: Format,
    /// See [`Export`].
    pub base: Base,
    /// The name of the attachment without its ending; placeholders are filled in.
    pub file_name: super::Template,
    /// Files that go with every letter.
    pub files: Vec<Attachment>,
}

/// What exports of all rows have in common.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// Fields with the one value that they are filtered to.
    pub filters: Vec<(String, String)>,
    /// Fields with an expression.
    pub expressions: Vec<(String, String)>,
    /// Parameters with their values.
    pub parameters: Vec<(String, String)>,
    /// The paper of a PDF.
    pub page: Option<vivant_client::PageType>,
    /// How the paper lies.
    pub orientation: Option<vivant_client::Orientation>,
    /// How old in minutes an answer from the server's cache may be.
    pub max_age: Option<u32>,
}

/// A letter that is ready but for its export.
#[derive(Clone, Debug)]
pub struct Mailing {
    letter: Letter,
    /// What is fetched, and the name of the file.
    export: Option<(Vec<Titled>, String)>,
    line: Line,
}

/// An export, and the bookmark for it where several become one PDF.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Titled {
    export: Export,
    title: String,
}

impl Mailing {
    /// What is to be done, for a plan.
    pub fn line(&self) -> &Line {
        &self.line
    }
}

/// Makes the letters of rows, all of them before any is sent: a slip in the last row stops the first, too.
///
/// Several views of a row become one PDF, in their order.
pub fn prepare(rows: &[(Row, Vec<Found>)], shared: &Shared) -> Result<Vec<Mailing>> {
    let mut mailings = Vec::with_capacity(rows.len());
    for (index, (row, found)) in rows.iter().enumerate() {
        let mailing = one(row, found, shared);
        mailings.push(mailing.map_err(|error| match rows.len() {
            1 => error,
            _ => Error::input(format!("row {}: {error}", index + 1)),
        })?);
    }
    Ok(mailings)
}

fn one(row: &Row, found: &[Found], shared: &Shared) -> Result<Mailing> {
    let to = Mailbox::parse_all(&row.to)?;
    if to.is_empty() {
        return Err(Error::input("nobody gets the mail: `to` is empty"));
    }
    let mut values = row.values.clone();
    let mut export = None;
    let mut detail = String::new();
    if !found.is_empty() {
        if found.len() > 1 && shared.format != Format::Pdf {
            return Err(Error::input("several views go with a mail as one PDF only"));
        }
        let names: Vec<&str> = found.iter().map(|found| found.name.as_str()).collect();
        values.insert("view".to_owned(), names.join(", "));
        let all = |base: &[(String, String)], own: &[(String, String)]| {
            // A row says more than what holds for all.
            let kept = base
                .iter()
                .filter(|(name, _)| own.iter().all(|(other, _)| other != name));
            let mut list: Vec<(String, String)> = kept.chain(own).cloned().collect();
            list.sort();
            list
        };
        let wanted = Export {
            filters: all(&shared.base.filters, &row.filters),
            expressions: all(&shared.base.expressions, &row.expressions),
            parameters: all(&shared.base.parameters, &row.parameters),
            page: shared.base.page,
            orientation: shared.base.orientation,
            max_age: shared.base.max_age,
            ..Export::new(found[0].content, shared.format)
        };
        let exports: Vec<Titled> = found
            .iter()
            .map(|found| Titled {
                export: Export {
                    content: found.content,
                    ..wanted.clone()
                },
                title: found.name.clone(),
            })
            .collect();
        for one in &exports {
            one.export.check()?;
        }
        let stem: String = shared.file_name.text(&values)?;
        // A name that programs of every system can save.
        let stem = stem.replace(['/', '\\', ':', '*', '?', '"', '<', '>', '|'], "_");
        let name = format!("{stem}.{}", shared.format.ending());
        values.insert("file".to_owned(), name.clone());
        detail = name.clone();
        let settings = [&wanted.filters, &wanted.expressions, &wanted.parameters];
        for (field, value) in settings.into_iter().flatten() {
            detail.push_str(&format!(", {field} = {value}"));
        }
        export = Some((exports, name));
    } else if !row.filters.is_empty() || !row.expressions.is_empty() || !row.parameters.is_empty() {
        return Err(Error::input("filters and parameters need a view"));
    }
    let letter = Letter {
        subject: shared.templates.subject.text(&values)?,
        text: shared.templates.text.text(&values)?,
        html: shared
            .templates
            .html
            .as_ref()
            .map(|html| html.html(&values))
            .transpose()?,
        attachments: shared.files.clone(),
        to,
    };
    let names: Vec<String> = letter.to.iter().map(Mailbox::to_string).collect();
    let line = Line::new(Action::Create, "mail", names.join("; "), detail);
    Ok(Mailing { letter, export, line })
}

/// Fetches each export once and sends the letters; a failure of one leaves the others alone.
pub async fn send(
    mailer: &Mailer,
    site: Option<&Site>,
    mailings: Vec<Mailing>,
    parallel: usize,
    watch: &Watch<'_>,
) -> Report {
    let total = mailings.len();
    let mut report = Report::default();
    watch(Progress {
        stage: "mails",
        done: 0,
        total,
        line: None,
    });
    let mut groups: Vec<(Vec<Titled>, Vec<Mailing>)> = Vec::new();
    let mut known: HashMap<Vec<Titled>, usize> = HashMap::new();
    for mailing in mailings {
        let Some((exports, _)) = &mailing.export else {
            groups.push((Vec::new(), vec![mailing]));
            continue;
        };
        match known.get(exports) {
            Some(at) => groups[*at].1.push(mailing),
            None => {
                known.insert(exports.clone(), groups.len());
                groups.push((exports.clone(), vec![mailing]));
            }
        }
    }
    let work = groups.into_iter().map(|(exports, mailings)| async move {
        let fetched = match (&exports[..], site) {
            ([], _) => Ok(None),
            ([one], Some(site)) => one.export.fetch(site).await.map(Some),
            (several, Some(site)) => joined(site, several).await.map(Some),
            (_, None) => Err(Error::input("an export needs a session")),
        };
        let mut outcomes = Vec::new();
        let mut fetched = fetched.map_err(Some);
        let mut shared = None;
        for mut mailing in mailings {
            let outcome = match &mut fetched {
                // The first tells the reason, the others that it was the same.
                Err(error) => Err(error
                    .take()
                    .unwrap_or_else(|| Error::input("the export failed, as told of the first mail with it"))),
                Ok(bytes) => {
                    if let (Some(bytes), Some((_, name))) = (bytes.take(), &mailing.export) {
                        shared = Some(Attachment::new(name.clone(), bytes));
                    }
                    if let (Some(file), Some((_, name))) = (&shared, &mailing.export) {
                        let mut file = file.clone();
                        file.name = name.clone();
                        mailing.letter.attachments.insert(0, file);
                    }
                    mailer.send(&mailing.letter).await.map(|answer| {
                        tracing::info!(answer, "the mail was accepted");
                    })
                }
            };
            outcomes.push((mailing.line, outcome));
        }
        outcomes
    });
    let mut work = futures_util::stream::iter(work).buffer_unordered(parallel.max(1));
    while let Some(outcomes) = work.next().await {
        for (line, outcome) in outcomes {
            report.add(line, outcome);
            watch(Progress {
                stage: "mails",
                done: report.outcomes.len(),
                total,
                line: report.outcomes.last().map(|outcome| &outcome.line),
            });
        }
    }
    report
}

/// Fetches several exports and makes one PDF of them.
#[cfg(feature = "pdf")]
async fn joined(site: &Site, several: &[Titled]) -> Result<Vec<u8>> {
    let mut joined = crate::pdf::Joined::default();
    for one in several {
        joined.add(&[&one.title], &one.export.fetch(site).await?)?;
    }
    let mut bytes = Vec::new();
    joined.save(&mut bytes)?;
    Ok(bytes)
}

/// Says that exports cannot be joined.
#[cfg(not(feature = "pdf"))]
async fn joined(_: &Site, _: &[Titled]) -> Result<Vec<u8>> {
    Err(Error::input(
        "this program is built without what joins PDFs; send one view with each mail",
    ))
}

#[cfg(test)]
mod tests {
    use vivant_client::model::Luid;

    use super::super::Template;
    use super::*;

    fn shared(text: &str) -> Shared {
        Shared {
            templates: Templates {
                subject: Template::parse("Sales"),
                text: Template::parse(text),
                html: None,
            },
            format: Format::Csv,
            base: Base {
                filters: vec![
                    ("Region".to_owned(), "West".to_owned()),
                    ("Year".to_owned(), "2026".to_owned()),
                ],
                ..Base::default()
            },
            file_name: Template::parse("{view}"),
            files: Vec::new(),
        }
    }

    fn rows(list: &str) -> Vec<(Row, Vec<Found>)> {
        let found = Found {
            content: Content::View(ViewId(Luid::from_random([1; 16]))),
            name: "Sales/Map".to_owned(),
        };
        let rows = read(list.as_bytes()).expect("a list");
        rows.into_iter().map(|row| (row, vec![found.clone()])).collect()
    }

    #[test]
    fn rows_say_more_than_what_holds_for_all() {
        let rows =
            rows("to,filter:Region,parameter:Top N\nann@example.com,\"East, Mid\",\nbob@example.com,,5\n");
        let made = prepare(&rows, &shared("{Region}|{Top N}|{file}")).expect("letters");
        let lines: Vec<String> = made.iter().map(|one| one.line().to_string()).collect();
        assert_eq!(
            lines,
            [
                "create mail ann@example.com: Sales_Map.csv, Region = East, Mid, Year = 2026",
                "create mail bob@example.com: Sales_Map.csv, Region = West, Year = 2026, Top N = 5",
            ]
        );
        assert_eq!(made[0].letter.text, "East, Mid||Sales_Map.csv");
    }

    #[test]
    fn a_slip_in_any_row_stops_all() {
        let refused = |list: &str, text: &str, part: &str| {
            let error = prepare(&rows(list), &shared(text)).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        };
        refused("to\nann@example.com\nbob\n", "", "row 2");
        refused("to\nann@example.com\n \n", "", "row 2");
        refused("to\nann@example.com\n", "{no}", "{no}");
        for (list, part) in [
            ("who\nx\n", "`to`"),
            ("to\n", "no rows"),
            ("to,filter:A,vf_A\nx,1,2\n", "two columns"),
        ] {
            let error = read(list.as_bytes()).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
