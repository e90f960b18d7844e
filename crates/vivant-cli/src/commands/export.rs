//! `vivant export`: pictures, documents and data of views and workbooks, one or many.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};
use futures_util::{StreamExt, TryStreamExt, stream};
use vivant_client::model::{ViewId, WorkbookId};
use vivant_client::{Export, ExportOptions, ImageFormat, Orientation, PageType, Site};

use super::content::To;
use super::{views, workbooks};
use crate::exit::{Unclear, UsageError};
use crate::resource::{Action, Attempt, Found, Kind, Resource, Verb, Work, text, verb};

/// How many exports go on at once; each makes the server work hard.
const AT_ONCE: usize = 3;
/// How many files one burst may make.
const MOST: usize = 10_000;

/// `vivant export`.
pub const RESOURCE: Resource = Resource {
    name: "export",
    aliases: &[],
    about: "Pictures, documents and data of views and workbooks",
    kind: &views::KIND,
    verbs: &[
        verb::<View>("view"),
        verb::<Workbook>("workbook"),
        verb::<Burst>("burst"),
    ],
};

/// Exports a view, among the verbs of views.
pub const VIEW: Verb = verb::<View>("export");
/// Exports a workbook, among the verbs of workbooks.
pub const WORKBOOK: Verb = verb::<Workbook>("export");

/// What a view can be exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture of points
    Png,
    /// A picture of lines
    Svg,
    /// A document
    Pdf,
    /// The data
    Csv,
    /// The data as a crosstab for Excel
    Xlsx,
    /// The small picture of lists
    Preview,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Png | Self::Preview => "png",
            Self::Svg => "svg",
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }
}

/// What a workbook can be exported as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BookFormat {
    /// A document
    Pdf,
    /// A presentation
    Pptx,
    /// The small picture of lists
    Preview,
}

/// What an export shows, and how.
#[derive(Debug, Args)]
struct Looks {
    /// Show only where a field has a value; the same field again adds a value
    #[arg(long, value_name = "FIELD=VALUE")]
    vf: Vec<String>,
    /// Set a parameter
    #[arg(long, value_name = "NAME=VALUE")]
    parameter: Vec<String>,
    /// Take what the server keeps, if it is no older
    #[arg(long, value_name = "MINUTES")]
    max_age: Option<u32>,
    /// The paper of a PDF: a4, a3, letter, legal, unspecified and others
    #[arg(long, value_name = "TYPE", value_parser = PageType::from_str)]
    page_type: Option<PageType>,
    /// portrait or landscape
    #[arg(long, value_name = "ORIENTATION", value_parser = Orientation::from_str)]
    orientation: Option<Orientation>,
    /// Make a picture of more points
    #[arg(long)]
    high_resolution: bool,
    /// How large the view is
    #[arg(long, value_name = "WIDTHxHEIGHT", value_parser = size)]
    size: Option<(u32, u32)>,
    /// The language of numbers and dates, such as de
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
}

impl Looks {
    fn options(&self) -> Result<ExportOptions, UsageError> {
        let mut fields: Vec<(&str, Vec<&str>)> = Vec::new();
        for text in &self.vf {
            let (field, value) = pair("--vf", text)?;
            match fields.iter_mut().find(|(known, _)| *known == field) {
                Some((_, values)) => values.push(value),
                None => fields.push((field, vec![value])),
            }
        }
        let mut options = ExportOptions::new();
        for (field, values) in fields {
            options = options.filter(field, values);
        }
        for text in &self.parameter {
            let (name, value) = pair("--parameter", text)?;
            options = options.parameter(name, value);
        }
        if let Some(minutes) = self.max_age {
            options = options.max_age(minutes);
        }
        if let Some(page) = self.page_type {
            options = options.page_type(page);
        }
        if let Some(orientation) = self.orientation {
            options = options.orientation(orientation);
        }
        if self.high_resolution {
            options = options.high_resolution();
        }
        if let Some((width, height)) = self.size {
            options = options.size(width, height);
        }
        if let Some(language) = &self.language {
            options = options.language(language);
        }
        Ok(options)
    }
}

fn pair<'t>(option: &str, text: &'t str) -> Result<(&'t str, &'t str), UsageError> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name, value)),
        _ => Err(UsageError(format!("{option} '{text}' is no NAME=VALUE"))),
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let wrong = || format!("'{text}' is no size, such as 800x600");
    let (width, height) = text.split_once('x').ok_or_else(wrong)?;
    match (width.parse(), height.parse()) {
        (Ok(width @ 1..), Ok(height @ 1..)) => Ok((width, height)),
        _ => Err(wrong()),
    }
}

/// Export a view as a picture, a document or data
#[derive(Debug, Args)]
struct View {
    /// Name, path, address or id
    item: String,
    /// What it becomes; otherwise what the ending of --output says, otherwise png
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    looks: Looks,
    #[command(flatten)]
    to: To,
}

impl Action for View {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let format = match (self.format, self.to.ending()) {
            (Some(format), _) => format,
            (None, Some(ending)) => Format::from_str(&ending, true).map_err(|_| {
                UsageError(format!(
                    "nothing becomes .{ending}; give --format, or another ending"
                ))
            })?,
            (None, None) => Format::Png,
        };
        let options = self.looks.options()?;
        let found = work.find_of(&views::KIND, &self.item).await?;
        let export = of_view(work.site, &found, format, options).await?;
        let name = format!(
            "{}.{}",
            file_name(&name_of(work, &views::KIND, &found).await?),
            format.ending()
        );
        self.to.named(work, &name, async |to| export.save(to).await).await
    }
}

async fn of_view(
    site: &Site,
    found: &Found,
    format: Format,
    options: ExportOptions,
) -> anyhow::Result<Export> {
    let id: ViewId = found.luid()?;
    let views = site.views();
    Ok(match format {
        Format::Png => views.image(id, options),
        Format::Svg => views.image(id, options.image_format(ImageFormat::Svg)),
        Format::Pdf => views.pdf(id, options),
        Format::Csv => views.csv(id, options),
        Format::Xlsx => views.excel(id, options),
        Format::Preview => {
            let view = views.get(id).await?;
            let book: Option<WorkbookId> = view.workbook.and_then(|book| book.id);
            let book =
                book.ok_or_else(|| anyhow::anyhow!("the server does not say which workbook the view is of"))?;
            views.preview_image(book, id)
        }
    })
}

/// Export a workbook as a document or presentation
#[derive(Debug, Args)]
struct Workbook {
    /// Name, path or id
    item: String,
    /// What it becomes; otherwise what the ending of --output says, otherwise pdf
    #[arg(long, value_enum)]
    format: Option<BookFormat>,
    #[command(flatten)]
    looks: Looks,
    #[command(flatten)]
    to: To,
}

impl Action for Workbook {
    const WRITES: bool = false;

    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let format = match (self.format, self.to.ending()) {
            (Some(format), _) => format,
            (None, Some(ending)) if ending == "png" => BookFormat::Preview,
            (None, Some(ending)) => BookFormat::from_str(&ending, true).map_err(|_| {
                UsageError(format!(
                    "no workbook becomes .{ending}; give --format, or another ending"
                ))
            })?,
            (None, None) => BookFormat::Pdf,
        };
        let options = self.looks.options()?;
        let found = work.find_of(&workbooks::KIND, &self.item).await?;
        let id: WorkbookId = found.luid()?;
        let (export, ending) = match format {
            BookFormat::Pdf => (work.site.workbooks().pdf(id, options), "pdf"),
            BookFormat::Pptx => (work.site.workbooks().powerpoint(id, options), "pptx"),
            BookFormat::Preview => (work.site.workbooks().preview_image(id), "png"),
        };
        let name = format!(
            "{}.{ending}",
            file_name(&name_of(work, &workbooks::KIND, &found).await?)
        );
        self.to.named(work, &name, async |to| export.save(to).await).await
    }
}

async fn name_of(work: &Work<'_>, kind: &'static Kind, found: &Found) -> anyhow::Result<String> {
    match (&found.item, kind.get) {
        (None, Some(get)) => Ok(text(&get(work.site.clone(), found.id.clone()).await?, kind.name)),
        _ => Ok(found.label.clone()),
    }
}

/// Export views once for each value of fields, into files named by a template or into one PDF
///
/// `vivant export burst --view /Sales/Report/Overview --for Region=North,South --format pdf --folder out`
/// writes `out/Overview North.pdf` and `out/Overview South.pdf`. Several --for go through all combinations,
/// several --view through all views. `--join all.pdf` writes one document instead, in the order of the views and
/// values, with a bookmark for each; what could not be exported is not in it, and the exit code is 6 then.
#[derive(Debug, Args)]
struct Burst {
    /// A view, by name, path, address or id; may be given several times
    #[arg(long = "view", value_name = "VIEW", required = true)]
    views: Vec<String>,
    /// A field and its values; a comma in a value is written \,
    #[arg(long = "for", value_name = "FIELD=VALUE,VALUE")]
    over: Vec<String>,
    /// A field whose values stand in a file, one a line
    #[arg(long = "for-file", value_name = "FIELD=FILE")]
    over_file: Vec<String>,
    /// What each becomes
    #[arg(long, value_enum, default_value = "pdf")]
    format: Format,
    #[command(flatten)]
    looks: Looks,
    /// Write one PDF of all instead of a file for each
    #[cfg(feature = "pdf")]
    #[arg(long, value_name = "FILE", conflicts_with_all = ["folder", "name"])]
    join: Option<PathBuf>,
    /// The folder of the files; it is made where it is missing
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// How files are called: {view}, {values}, {n}, {FIELD} of a field; the ending comes behind
    #[arg(long, value_name = "TEMPLATE", default_value = "{view} {values}")]
    name: String,
    /// Replace files that exist
    #[arg(long)]
    overwrite: bool,
}

/// One file of a burst.
struct Sheet {
    view: usize,
    values: Vec<(String, String)>,
    path: PathBuf,
}

impl Action for Burst {
    async fn run(self, work: &Work<'_>) -> anyhow::Result<()> {
        let mut fields = Vec::new();
        for text in &self.over {
            let (field, values) = pair("--for", text)?;
            fields.push((field.to_owned(), split_values(values)));
        }
        for text in &self.over_file {
            let (field, file) = pair("--for-file", text)?;
            let lines = std::fs::read_to_string(file)
                .map_err(|error| UsageError(format!("{file} cannot be read: {error}")))?;
            let values = lines.lines().filter(|line| !line.is_empty()).map(str::to_owned);
            fields.push((field.to_owned(), values.collect()));
        }
        let options = self.looks.options()?;
        let mut found = Vec::new();
        for view in &self.views {
            let mut one = work.find_of(&views::KIND, view).await?;
            one.label = name_of(work, &views::KIND, &one).await?;
            found.push(one);
        }
        #[cfg(feature = "pdf")]
        if let Some(file) = &self.join {
            return self.join(work, &found, &fields, options, file).await;
        }
        let sheets = self.sheets(&found, &fields)?;
        if !work.dry_run() {
            std::fs::create_dir_all(&self.folder)
                .map_err(|error| UsageError(format!("{} cannot be made: {error}", self.folder.display())))?;
        }
        let progress = work.progress();
        progress.phase("exporting");
        progress.total(sheets.len() as u64);
        let (found, options, progress, this) = (&found, &options, &progress, &self);
        stream::iter(sheets)
            .map(|sheet| async move {
                let view = &found[sheet.view];
                let attempt = Attempt::on("export", "view", view).detail(sheet.path.display().to_string());
                let mut options = options.clone();
                for (field, value) in &sheet.values {
                    options = options.filter(field, [value]);
                }
                let doing = async {
                    if sheet.path.exists() && !this.overwrite {
                        let message = format!("{} exists; --overwrite replaces it", sheet.path.display());
                        return Err(Unclear::conflict(message).into());
                    }
                    let export = of_view(work.site, view, this.format, options).await?;
                    let saved = export.save(sheet.path.clone()).await?;
                    Ok(Some(
                        serde_json::json!({"path": sheet.path, "bytes": saved.bytes}),
                    ))
                };
                let outcome = work.step(attempt, doing).await;
                progress.add(1);
                outcome
            })
            .buffered(AT_ONCE)
            .try_for_each(|_| async { Ok(()) })
            .await
    }
}

#[cfg(feature = "pdf")]
impl Burst {
    /// Writes one PDF of every view with every combination of values.
    async fn join(
        &self,
        work: &Work<'_>,
        views: &[Found],
        fields: &[(String, Vec<String>)],
        options: ExportOptions,
        file: &Path,
    ) -> anyhow::Result<()> {
        use vivant_tools::pdf::Joined;
        if self.format != Format::Pdf {
            return Err(UsageError("--join makes a PDF of PDFs; leave --format out".to_owned()).into());
        }
        let exists = || Unclear::conflict(format!("{} exists; --overwrite replaces it", file.display()));
        if file.exists() && !self.overwrite {
            return Err(exists().into());
        }
        let combinations = combinations(views.len(), fields)?;
        let sheets: Vec<_> = views
            .iter()
            .flat_map(|view| combinations.iter().map(move |values| (view, values)))
            .collect();
        let progress = work.progress();
        progress.phase("exporting");
        progress.total(sheets.len() as u64);
        let options = &options;
        let mut exports = std::pin::pin!(
            stream::iter(sheets)
                .map(|(view, values)| async move {
                    let mut options = options.clone();
                    for (field, value) in values {
                        options = options.filter(field, [value]);
                    }
                    let fetched = match work.dry_run() {
                        true => Ok(None),
                        false => match of_view(work.site, view, self.format, options).await {
                            Ok(export) => export.bytes().await.map(Some).map_err(anyhow::Error::from),
                            Err(error) => Err(error),
                        },
                    };
                    (view, values, fetched)
                })
                .buffered(AT_ONCE)
        );
        let joined = std::cell::RefCell::new(Joined::default());
        while let Some((view, values, fetched)) = exports.next().await {
            let mut trail = vec![view.label.as_str()];
            trail.extend(values.iter().map(|(_, value)| value.as_str()));
            let attempt = Attempt::on("export", "view", view).detail(trail[1..].join(", "));
            let doing = async {
                let bytes = fetched?.unwrap_or_default();
                let mut joined = joined.borrow_mut();
                let first = joined.pages() + 1;
                joined.add(&trail, &bytes)?;
                Ok(Some(serde_json::json!({"page": first, "bytes": bytes.len()})))
            };
            work.step(attempt, doing).await?;
            progress.add(1);
        }
        drop(progress);
        let joined = joined.into_inner();
        if joined.pages() == 0 && !work.dry_run() {
            return Ok(());
        }
        let attempt = Attempt::new("write", "file", &file.display().to_string());
        let doing = async {
            let pages = joined.pages();
            let folder = match file.parent() {
                Some(folder) if folder != Path::new("") => folder,
                _ => Path::new("."),
            };
            let unwritable =
                |error: std::io::Error| UsageError(format!("{} cannot be written: {error}", file.display()));
            std::fs::create_dir_all(folder).map_err(unwritable)?;
            // Beside its place first, so that what is there is either nothing, the old file or all of the new one.
            let beside = tempfile::Builder::new()
                .prefix(".vivant-")
                .tempdir_in(folder)
                .map_err(unwritable)?;
            let path = beside.path().join("joined.pdf");
            let mut out = std::io::BufWriter::new(std::fs::File::create(&path).map_err(unwritable)?);
            joined.save(&mut out)?;
            std::io::Write::flush(&mut out).map_err(unwritable)?;
            if file.exists() && !self.overwrite {
                return Err(exists().into());
            }
            std::fs::rename(&path, file).map_err(unwritable)?;
            Ok(Some(serde_json::json!({"path": file, "pages": pages})))
        };
        work.step(attempt, doing).await?;
        Ok(())
    }
}

impl Burst {
    /// All files: every view with every combination of values, under names of their own.
    fn sheets(&self, views: &[Found], fields: &[(String, Vec<String>)]) -> Result<Vec<Sheet>, UsageError> {
        let combinations = combinations(views.len(), fields)?;
        let mut names = HashSet::new();
        let mut sheets = Vec::new();
        for (view, one) in views.iter().enumerate() {
            for values in &combinations {
                let number = sheets.len() + 1;
                let name = fill(&self.name, &one.label, values, number)?;
                let name = format!("{}.{}", file_name(&name), self.format.ending());
                if !names.insert(name.to_lowercase()) {
                    return Err(UsageError(format!(
                        "two files would be called '{name}': let --name hold {{view}} and {{values}}, or {{n}}"
                    )));
                }
                sheets.push(Sheet {
                    view,
                    values: values.clone(),
                    path: self.folder.join(name),
                });
            }
        }
        Ok(sheets)
    }
}

/// Every combination of the values of fields, where all views have it no more often than there may be files.
fn combinations(
    views: usize,
    fields: &[(String, Vec<String>)],
) -> Result<Vec<Vec<(String, String)>>, UsageError> {
    let count = fields
        .iter()
        .try_fold(views, |count, (_, values)| count.checked_mul(values.len()));
    if count.is_none_or(|count| count > MOST) {
        return Err(UsageError(format!("these are more than {MOST} exports")));
    }
    let mut combinations: Vec<Vec<(String, String)>> = vec![Vec::new()];
    for (field, values) in fields {
        combinations = combinations
            .iter()
            .flat_map(|before| {
                values.iter().map(|value| {
                    let mut one = before.clone();
                    one.push((field.clone(), value.clone()));
                    one
                })
            })
            .collect();
    }
    Ok(combinations)
}

/// Splits at commas; `\,` is a comma of a value and `\\` a backslash.
fn split_values(text: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let value = values.last_mut().expect("there is one always");
        match c {
            '\\' if matches!(chars.peek(), Some(',' | '\\')) => value.extend(chars.next()),
            ',' => values.push(String::new()),
            c => value.push(c),
        }
    }
    values
}

/// Fills a template in.
fn fill(
    template: &str,
    view: &str,
    values: &[(String, String)],
    number: usize,
) -> Result<String, UsageError> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        let (word, behind) = behind
            .split_once('}')
            .ok_or_else(|| UsageError(format!("--name '{template}' has a brace that is not closed")))?;
        match word {
            "view" => out.push_str(view),
            "n" => out.push_str(&number.to_string()),
            "values" => {
                let all: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
                out.push_str(&all.join(" "));
            }
            word => match values.iter().find(|(field, _)| field == word) {
                Some((_, value)) => out.push_str(value),
                None => return Err(UsageError(format!("--name: there is no field '{word}'"))),
            },
        }
        rest = behind;
    }
    out.push_str(rest);
    Ok(out.trim().to_owned())
}

/// A text as the name of a file on any system.
fn file_name(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    match name.trim_matches(['.', ' ']) {
        "" => "_".to_owned(),
        name => name.to_owned(),
    }
}

/// The ending of a path, in small letters.
pub fn ending(path: &Path) -> Option<String> {
    path.extension()
        .map(|ending| ending.to_string_lossy().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Vec<(String, String)> {
        vec![
            ("Region".to_owned(), "North/West".to_owned()),
            ("Größe".to_owned(), "数据".to_owned()),
        ]
    }

    #[test]
    fn templates_are_filled_in() {
        let check = |template, expected: &str| {
            assert_eq!(fill(template, "My View", &values(), 7).expect("a name"), expected);
        };
        check("{view} {values}", "My View North/West 数据");
        check("{n}-{Größe}", "7-数据");
        assert!(fill("{nothing}", "v", &values(), 1).is_err());
        assert!(fill("{view", "v", &values(), 1).is_err());
    }

    #[test]
    fn names_hold_nothing_that_a_file_system_minds() {
        assert_eq!(file_name("a/b\\c:d*e?\"<>|\n"), "a_b_c_d_e______");
        assert_eq!(file_name(".."), "_");
        assert_eq!(file_name("Ü 数据 😀."), "Ü 数据 😀");
    }

    #[test]
    fn values_may_hold_commas() {
        assert_eq!(split_values(r"a,b\,c,d\\,"), ["a", "b,c", "d\\", ""]);
        assert_eq!(size("800x600"), Ok((800, 600)));
        assert!(size("0x1").is_err() && size("800").is_err());
    }
}
