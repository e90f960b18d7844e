//! `vivant render`: pictures of the views of a workbook, from the file alone.

mod index;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::{Value, json};
use vivant::{Ask, Book, Diagnostic, Drawn, Orientation, Paper, ViewSize};
use vivant_document::display::{LANGUAGES, Language};

use super::book::BookArgs;
use crate::exit::{Exit, Unclear, UsageError};
use crate::output::Destination;
use index::Card;

/// Options of `vivant render`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    of: BookArgs,
    /// Worksheet, dashboard or story [default: the first tab]
    #[arg(long, value_name = "NAME")]
    view: Option<String>,
    /// Draw all tabs: into a folder with a page that shows them, or as the pages of one PDF or presentation
    #[arg(long, conflicts_with = "view", requires = "output")]
    all: bool,
    /// What is written [default: what the file's name says, else png]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Language of numbers, dates and Tableau's words, such as de, ja or pt-BR [default: that of the workbook]
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    language: Option<&'static Language>,
    /// Folder of fonts for letters that the program's own do not have, such as those of Japanese
    #[arg(long, env = "VIVANT_FONT_FOLDER", value_name = "FOLDER")]
    font_folder: Option<PathBuf>,
    /// Width of the picture in pixels [default: that of the view, else 784]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    width: Option<u32>,
    /// Height of the picture in pixels [default: that of the view]
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    height: Option<u32>,
    /// Pixels of a PNG for each of the view, for sharp screens
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=4))]
    scale: Option<u8>,
    /// Paper of a PDF: a3, a4, a5, b4, b5, executive, folio, ledger, legal, letter, note, quarto, tabloid, or
    /// unspecified for pages of the size of the view [default: letter]
    #[arg(long, value_name = "NAME", value_parser = paper)]
    paper: Option<Paper>,
    /// How the paper is turned: portrait or landscape [default: portrait]
    #[arg(long, value_name = "NAME", value_parser = orientation)]
    orientation: Option<Orientation>,
    /// File to write, or with --all and pictures a folder; - is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print what differs from Tableau as JSON on stderr
    #[arg(long)]
    json_diagnostics: bool,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A bitmap
    Png,
    /// A picture of lines, with text as text
    Svg,
    /// Pages
    Pdf,
    /// Slides
    Pptx,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Pptx => "pptx",
        }
    }
}

fn paper(name: &str) -> Result<Paper, String> {
    let known = || Paper::names().collect::<Vec<_>>().join(", ").to_lowercase();
    Paper::find(name).ok_or_else(|| format!("no such paper; there are {}", known()))
}

fn language(code: &str) -> Result<&'static Language, String> {
    let known = || {
        LANGUAGES
            .iter()
            .map(|one| one.code)
            .collect::<Vec<_>>()
            .join(", ")
    };
    Language::find(code).ok_or_else(|| format!("no such language; there are {}", known()))
}

fn orientation(name: &str) -> Result<Orientation, String> {
    Orientation::find(name).ok_or_else(|| "it is portrait or landscape".to_owned())
}

/// Draws views.
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Questions block the thread that asks them.
    tokio::task::spawn_blocking(move || draw(&args)).await?
}

fn draw(args: &Args) -> anyhow::Result<ExitCode> {
    let format = args.format()?;
    args.check(format)?;
    let output = args.output.as_deref().unwrap_or(Path::new("-"));
    if output == Path::new("-") && format != Format::Svg && std::io::stdout().is_terminal() {
        let message = "this is no text for a terminal; name a file with --output";
        return Err(UsageError(message.to_owned()).into());
    }
    crate::fonts::add(args.font_folder.as_deref())?;
    let ask = Ask {
        language: args.language,
        ..args.of.ask()?
    };
    if args.all && matches!(format, Format::Png | Format::Svg) {
        return args.gallery(output, format, &ask);
    }
    let to = Destination::open(output)?;
    let spool = tempfile::tempdir().context("a folder for what is unpacked")?;
    let book = args.of.open(spool.path())?;
    let views = match (&args.view, args.all) {
        (Some(view), _) => vec![view.clone()],
        (None, true) => shown(&book),
        (None, false) => shown(&book).into_iter().take(1).collect(),
    };
    if views.is_empty() {
        return Err(Unclear::missing(format!("{} has no views", args.of.book.display())).into());
    }
    let (mut told, mut failed, mut drawn) = (Vec::new(), 0, Vec::new());
    for view in &views {
        match book.draw(view, args.size(), &ask) {
            Ok(one) => {
                told.push(report(view, &one.diagnostics, None));
                drawn.push(one);
            }
            Err(error) if !args.all => {
                return Err(match error {
                    vivant::AnswerError::NoSheet { .. } => Unclear::missing(error.to_string()).into(),
                    error => error.into(),
                });
            }
            Err(error) => {
                failed += 1;
                told.push(report(view, &[], Some(&error.to_string())));
            }
        }
    }
    args.tell(&told);
    if drawn.is_empty() {
        anyhow::bail!("no view of {} could be drawn", args.of.book.display());
    }
    to.write(&args.bytes(format, &drawn)?)?;
    Ok(match failed {
        0 => ExitCode::SUCCESS,
        _ => Exit::Partial.into(),
    })
}

impl Args {
    /// Refuses options that what is written has no use for.
    fn check(&self, format: Format) -> Result<(), UsageError> {
        let ending = format.ending();
        let useless = [
            (
                self.scale.is_some() && format != Format::Png,
                "--scale is for png",
            ),
            (
                self.paper.is_some() && format != Format::Pdf,
                "--paper is for pdf",
            ),
            (
                self.orientation.is_some() && format != Format::Pdf,
                "--orientation is for pdf",
            ),
        ];
        match useless.iter().find(|(given, _)| *given) {
            Some((_, why)) => Err(UsageError(format!("{why}, and {ending} is written"))),
            None => Ok(()),
        }
    }

    fn format(&self) -> Result<Format, UsageError> {
        let ending = self.output.as_deref().and_then(Path::extension);
        let ending = ending
            .and_then(|ending| ending.to_str())
            .unwrap_or_default()
            .to_ascii_lowercase();
        if let Some(format) = self.format {
            return Ok(format);
        }
        let mut known = Format::value_variants().iter().copied();
        match known.find(|format| format.ending() == ending) {
            Some(format) => Ok(format),
            // A folder may have any name.
            None if ending.is_empty() || self.all => Ok(Format::Png),
            None => Err(UsageError(format!(
                "files of the kind .{ending} are not written; name png, svg, pdf or pptx, or give --format"
            ))),
        }
    }

    fn size(&self) -> ViewSize {
        ViewSize {
            width: self.width.map(f64::from),
            height: self.height.map(f64::from),
        }
    }

    fn title(&self) -> String {
        let stem = self.of.book.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    fn bytes(&self, format: Format, views: &[Drawn]) -> anyhow::Result<Vec<u8>> {
        let (paper, orientation) = (
            self.paper.unwrap_or_default(),
            self.orientation.unwrap_or_default(),
        );
        let drawn = views.iter().map(Ok::<_, vivant::RenderError>);
        Ok(match (format, views) {
            (Format::Pdf, _) => vivant::pdf(&self.title(), drawn, paper, orientation)?,
            (Format::Pptx, _) => vivant::pptx(&self.title(), drawn)?,
            (Format::Svg, [view, ..]) => view.svg()?.into_bytes(),
            (Format::Png, [view, ..]) => view.png(f64::from(self.scale.unwrap_or(1)))?,
            (_, []) => anyhow::bail!("there is nothing to draw"),
        })
    }

    /// Draws all tabs into a folder, with a page that shows them.
    fn gallery(&self, folder: &Path, format: Format, ask: &Ask) -> anyhow::Result<ExitCode> {
        if folder == Path::new("-") {
            return Err(
                UsageError("--all makes many pictures; name a folder with --output".to_owned()).into(),
            );
        }
        let spool = tempfile::tempdir().context("a folder for what is unpacked")?;
        let book = self.of.open(spool.path())?;
        std::fs::create_dir_all(folder)
            .map_err(|error| UsageError(format!("{} cannot be made: {error}", folder.display())))?;
        let (mut cards, mut told) = (Vec::new(), Vec::new());
        for view in shown(&book) {
            let drawn = book.draw(&view, self.size(), ask).map_err(anyhow::Error::from);
            let drawn =
                drawn.and_then(|drawn| Ok((self.bytes(format, std::slice::from_ref(&drawn))?, drawn)));
            let mut card = Card::new(&view, kind(&book, &view), format.ending(), &cards);
            match drawn {
                Ok((bytes, drawn)) => {
                    Destination::open(&folder.join(&card.file))?.write(&bytes)?;
                    told.push(report(&view, &drawn.diagnostics, None));
                    card.size = Some(drawn.pixels());
                    card.remarks = drawn.diagnostics.iter().map(|one| one.message.clone()).collect();
                }
                Err(error) => {
                    let message = format!("{error:#}");
                    told.push(report(&view, &[], Some(&message)));
                    card.failure = Some(message);
                }
            }
            cards.push(card);
        }
        let page = index::page(&self.title(), &cards);
        Destination::open(&folder.join("index.html"))?.write(page.as_bytes())?;
        self.tell(&told);
        Ok(match cards.iter().any(|card| card.failure.is_some()) {
            false => ExitCode::SUCCESS,
            true => Exit::Partial.into(),
        })
    }

    /// Prints what differs from Tableau.
    fn tell(&self, reports: &[Value]) {
        if self.json_diagnostics {
            eprintln!("{:#}", Value::from(reports.to_vec()));
            return;
        }
        for report in reports {
            let view = report["view"].as_str().unwrap_or_default();
            if let Some(error) = report["error"].as_str() {
                eprintln!("{view}: error: {error}");
            }
            for one in report["diagnostics"].as_array().into_iter().flatten() {
                let text = |name: &str| one[name].as_str().unwrap_or_default();
                eprintln!("{view}: {}: {}", text("severity"), text("message"));
            }
        }
    }
}

/// The tabs that people see, in their order.
fn shown(book: &Book) -> Vec<String> {
    let tabs = book.spec.tabs.iter().filter(|tab| !tab.hidden);
    let known = |name: &str| book.spec.sheet(name).is_some() || book.spec.dashboard(name).is_some();
    let found: Vec<String> = tabs
        .filter(|tab| known(&tab.name))
        .map(|tab| tab.name.clone())
        .collect();
    match found.is_empty() {
        true => book.spec.sheets.iter().map(|sheet| sheet.name.clone()).collect(),
        false => found,
    }
}

fn kind(book: &Book, view: &str) -> &'static str {
    match book.spec.dashboard(view) {
        None => "Worksheet",
        Some(dashboard) if dashboard.is_story => "Story",
        Some(_) => "Dashboard",
    }
}

/// What is said of a view.
fn report(view: &str, diagnostics: &[Diagnostic], error: Option<&str>) -> Value {
    let list = diagnostics.iter().map(|one| {
        json!({
            "severity": one.severity.to_string(),
            "code": one.code,
            "message": one.message,
            "place": one.place.path,
            "hint": one.hint,
        })
    });
    json!({ "view": view, "error": error, "diagnostics": list.collect::<Vec<_>>() })
}
