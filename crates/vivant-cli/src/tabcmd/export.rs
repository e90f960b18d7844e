//! `export` and `get`: views as images, PDF and data, workbooks and data sources as files.

use std::path::{Path, PathBuf};

use vivant_client::model::{CustomViewId, ViewId};
use vivant_client::types::{Datasource, View, Workbook};
use vivant_client::{ApiVersion, DownloadOptions, Downloaded, Export, ExportOptions, Site};

use super::args::{self, Get, Global};
use super::console::Console;
use super::failure::Failure;
use super::lookup;
use super::session::Session;
use super::views::{Address, Query, decode, luid, no_spaces};

/// Minutes that a drawn view may be old; 0 draws it anew.
const USUAL_AGE: u32 = 1;

/// The version that takes the size of a view.
const SIZES_SINCE: ApiVersion = ApiVersion { major: 3, minor: 23 };

/// As what a view is exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Pdf,
    Png,
    Csv,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Csv => "csv",
        }
    }
}

/// A view, or a custom view of it.
enum Shown {
    View(ViewId),
    Custom(CustomViewId),
}

/// Exports a view, or a workbook as PDF.
pub async fn export(args: args::Export, global: &Global, console: &Console) -> Result<(), Failure> {
    let mut address = Address::parse(&args.url, console)?;
    if let Some(filter) = &args.filter {
        address.query.add_filters(filter)?;
    }
    let format = match (args.csv, args.png) {
        (true, _) => Format::Csv,
        (_, true) => Format::Png,
        _ => Format::Pdf,
    };
    let mut options = options(&address.query, global);
    match format {
        Format::Png if args.resolution.as_deref() != Some("standard") => options = options.high_resolution(),
        Format::Png | Format::Csv => {}
        Format::Pdf => {
            options = options.page_type(args.pagesize.parse()?);
            if let Some(layout) = &args.pagelayout {
                options = options.orientation(layout.parse()?);
            }
        }
    }
    Session::with(global, console, async |session| {
        let site = &session.site;
        let asked = args.width.is_some() || args.height.is_some() || address.query.size.is_some();
        // Tableau: before the version that knows sizes, tabcmd's usual one was ignored.
        if format != Format::Csv && (asked || site.api_version().await? >= SIZES_SINCE) {
            let (width, height) = address.query.size.unwrap_or((800, 600));
            options = options.size(args.width.unwrap_or(width), args.height.unwrap_or(height));
        }
        console.info(format!("Requesting '{}' from the server...", args.url));
        let (export, file) = if args.fullpdf {
            let workbook: Workbook =
                lookup::by_content_url(|options| site.workbooks().list(options), &address.workbook).await?;
            let id = workbook.id.ok_or_else(|| lookup::nameless("workbook"))?;
            let file = file_for(args.filename.as_deref(), workbook.name.as_deref(), "pdf");
            (site.workbooks().pdf(id, options), file)
        } else {
            let (shown, name) = find_view(site, &address).await?;
            let file = file_for(args.filename.as_deref(), Some(&name), format.ending());
            (draw(site, shown, format, options), file)
        };
        let progress = console.progress();
        tell(&export.save(progress.fetching(file)).await?, console);
        Ok(())
    })
    .await
}

/// Gets what an address names.
pub async fn get(args: Get, global: &Global, console: &Console) -> Result<(), Failure> {
    let wish = Wish::parse(&args, console)?;
    Session::with(global, console, async |session| {
        let site = &session.site;
        console.info(format!("Requesting '{}' from the server...", args.url));
        let progress = console.progress();
        let saved = match &wish {
            Wish::View(address, format) => {
                let (shown, name) = find_view(site, address).await?;
                let mut options = options(&address.query, global);
                if let (Some((width, height)), true) = (address.query.size, *format != Format::Csv) {
                    options = options.size(width, height);
                }
                let file = file_for(None, Some(&name), format.ending());
                let file = match &args.filename {
                    Some(given) => with_ending(given, format.ending()),
                    None => file,
                };
                draw(site, shown, *format, options)
                    .save(progress.fetching(file))
                    .await?
            }
            Wish::Workbook(url) => {
                let found: Workbook =
                    lookup::by_content_url(|options| site.workbooks().list(options), url).await?;
                let id = found.id.ok_or_else(|| lookup::nameless("workbook"))?;
                let place = Place::of(args.filename.as_deref(), url)?;
                let saved = site
                    .workbooks()
                    .download(id, progress.fetching(place.target()), DownloadOptions::default())
                    .await?;
                place.keep(saved)?
            }
            Wish::Datasource(url) => {
                let found: Datasource =
                    lookup::by_content_url(|options| site.datasources().list(options), url).await?;
                let id = found.id.ok_or_else(|| lookup::nameless("data source"))?;
                let place = Place::of(args.filename.as_deref(), url)?;
                let saved = site
                    .datasources()
                    .download(id, progress.fetching(place.target()), DownloadOptions::default())
                    .await?;
                place.keep(saved)?
            }
        };
        drop(progress);
        tell(&saved, console);
        Ok(())
    })
    .await
}

/// What `get` is asked for.
#[derive(Debug)]
enum Wish {
    View(Address, Format),
    Workbook(String),
    Datasource(String),
}

impl Wish {
    fn parse(args: &Get, console: &Console) -> Result<Self, Failure> {
        no_spaces(&args.url)?;
        let url = args.url.trim_start_matches('/');
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let parts: Vec<&str> = path.split('/').collect();
        let ending = ending_of(args, path)?;
        let bare = |part: &str| decode(part.split('.').next().unwrap_or_default());
        let wrong = || {
            Failure::told(format!(
                "'{}' cannot be got: write views/workbook/view.pdf, views/workbook/view/id/name.pdf, \
                 workbooks/workbook.twbx or datasources/source.tdsx",
                args.url
            ))
        };
        match parts.as_slice() {
            ["views", workbook, rest @ ..] => {
                let (view, custom_view) = match rest {
                    [view] => (bare(view), None),
                    [view, id, _] => (decode(view), Some(luid(id)?)),
                    _ => return Err(wrong()),
                };
                let format = match ending.as_str() {
                    "pdf" => Format::Pdf,
                    "png" => Format::Png,
                    "csv" => Format::Csv,
                    other => {
                        return Err(Failure::told(format!(
                            "a view can be got as pdf, png or csv, not as {other}"
                        )));
                    }
                };
                let address = Address {
                    workbook: decode(workbook),
                    view,
                    custom_view,
                    query: Query::parse(query, console),
                };
                Ok(Self::View(address, format))
            }
            ["workbooks", workbook] => Ok(Self::Workbook(bare(workbook))),
            ["datasources", datasource] => Ok(Self::Datasource(bare(datasource))),
            _ => Err(wrong()),
        }
    }
}

/// The type that is asked for: that of the file's name, else that of the address.
fn ending_of(args: &Get, path: &str) -> Result<String, Failure> {
    const KNOWN: [&str; 7] = ["pdf", "csv", "png", "twb", "twbx", "tdsx", "tds"];
    let of_file = args.filename.as_deref().and_then(Path::extension);
    let of_file = of_file.map(|ending| ending.to_string_lossy().into_owned());
    let of_path = path.rsplit('/').next().and_then(|last| last.rsplit_once('.'));
    let of_path = of_path.map(|(_, ending)| ending.to_owned());
    [of_file, of_path]
        .into_iter()
        .flatten()
        .map(|ending| ending.to_ascii_lowercase())
        .find(|ending| KNOWN.contains(&ending.as_str()))
        .ok_or_else(|| {
            Failure::told(format!(
                "neither the address nor --filename says the type of the file: it is one of {}",
                KNOWN.join(", ")
            ))
        })
}

fn options(query: &Query, global: &Global) -> ExportOptions {
    let mut options = ExportOptions::new().max_age(if query.refresh { 0 } else { USUAL_AGE });
    if let Some(language) = global.language {
        options = options.language(language.code());
    }
    for (field, value) in &query.filters {
        options = options.vf(field, value);
    }
    options
}

async fn find_view(site: &Site, address: &Address) -> Result<(Shown, String), Failure> {
    let url = address.content_url();
    let view: View = lookup::by_content_url(|options| site.views().list(options), &url).await?;
    let id = view.id.ok_or_else(|| lookup::nameless("view"))?;
    let Some(custom) = address.custom_view else {
        return Ok((Shown::View(id), view.name.unwrap_or(url)));
    };
    let custom = CustomViewId(custom);
    let found = site.custom_views().get(custom).await?;
    if found.view.and_then(|view| view.id) != Some(id) {
        return Err(Failure::told(format!(
            "the custom view {custom} is not one of the view {url}"
        )));
    }
    Ok((Shown::Custom(custom), found.name.unwrap_or(url)))
}

fn draw(site: &Site, shown: Shown, format: Format, options: ExportOptions) -> Export {
    let (views, custom) = (site.views(), site.custom_views());
    match (shown, format) {
        (Shown::View(id), Format::Pdf) => views.pdf(id, options),
        (Shown::View(id), Format::Png) => views.image(id, options),
        (Shown::View(id), Format::Csv) => views.csv(id, options),
        (Shown::Custom(id), Format::Pdf) => custom.pdf(id, options),
        (Shown::Custom(id), Format::Png) => custom.image(id, options),
        (Shown::Custom(id), Format::Csv) => custom.csv(id, options),
    }
}

fn tell(saved: &Downloaded, console: &Console) {
    let shown = saved.path.as_deref().unwrap_or(Path::new(&saved.file_name));
    console.info(format!("Saved  to '{}'", shown.display()));
}

/// The file for what is exported: the one that was asked for, else one of the item's name.
fn file_for(given: Option<&Path>, name: Option<&str>, ending: &str) -> PathBuf {
    match given {
        Some(given) => given.to_owned(),
        None => PathBuf::from(format!("{}.{ending}", safe(name.unwrap_or("export")))),
    }
}

fn with_ending(given: &Path, ending: &str) -> PathBuf {
    let has = given
        .extension()
        .is_some_and(|has| has.eq_ignore_ascii_case(ending));
    match has {
        true => given.to_owned(),
        false => PathBuf::from(format!("{}.{ending}", given.display())),
    }
}

/// A name that leads to no other folder.
fn safe(name: &str) -> String {
    let safe: String = name
        .chars()
        .map(|c| {
            if matches!(c, '/' | '\\') || c.is_control() {
                '_'
            } else {
                c
            }
        })
        .collect();
    match safe.trim_start_matches('.') {
        "" => "export".to_owned(),
        kept => kept.to_owned(),
    }
}

/// Where a file of content goes: its ending is that of what the server sends, whatever was asked for.
struct Place {
    /// What is downloaded first.
    temporary: tempfile::TempDir,
    /// The file without its ending.
    stem: PathBuf,
}

impl Place {
    fn of(given: Option<&Path>, name: &str) -> Result<Self, Failure> {
        const ENDINGS: [&str; 4] = ["twb", "twbx", "tds", "tdsx"];
        let path = given.map_or_else(|| PathBuf::from(safe(name)), Path::to_owned);
        let known = path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
        let stem = match known {
            true => path.with_extension(""),
            false => path,
        };
        let folder = match stem.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        // Beside the file, so that it only has to be renamed.
        let temporary = tempfile::Builder::new().prefix(".tabcmd-").tempdir_in(&folder);
        let temporary =
            temporary.map_err(|e| Failure::told(format!("{} cannot be written: {e}", folder.display())))?;
        Ok(Self { temporary, stem })
    }

    fn target(&self) -> PathBuf {
        self.temporary.path().to_owned()
    }

    fn keep(self, saved: Downloaded) -> Result<Downloaded, Failure> {
        let from = saved.path.as_deref().unwrap_or(Path::new(&saved.file_name));
        let ending = from
            .extension()
            .map(|ending| ending.to_string_lossy().into_owned());
        let to = PathBuf::from(format!("{}.{}", self.stem.display(), ending.unwrap_or_default()));
        std::fs::rename(from, &to)
            .map_err(|e| Failure::told(format!("{} cannot be written: {e}", to.display())))?;
        Ok(Downloaded {
            path: Some(to),
            ..saved
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(url: &str, filename: Option<&str>) -> Result<Wish, Failure> {
        let args = Get {
            url: url.to_owned(),
            filename: filename.map(PathBuf::from),
        };
        Wish::parse(&args, &Console::for_tests())
    }

    #[test]
    fn addresses_say_what_is_got() {
        let id = "09b185f2-74b2-419f-bcd3-66f2aa9e4060";
        for (url, filename, format) in [
            ("/views/A/B.pdf?:refresh=y", None, Format::Pdf),
            ("views/A/B", Some("x.png"), Format::Png),
            ("views/A/B.pdf", Some("x.csv"), Format::Csv),
        ] {
            let Ok(Wish::View(address, found)) = wish(url, filename) else {
                panic!("{url}");
            };
            assert_eq!(
                (address.content_url().as_str(), found),
                ("A/sheets/B", format),
                "{url}"
            );
        }
        let custom = wish(&format!("views/A/B/{id}/Mine.png"), None);
        assert!(matches!(
            custom,
            Ok(Wish::View(
                Address {
                    custom_view: Some(_),
                    ..
                },
                Format::Png
            ))
        ));
        assert!(matches!(wish("workbooks/A.twbx", None), Ok(Wish::Workbook(name)) if name == "A"));
        assert!(matches!(wish("datasources/A.tds", None), Ok(Wish::Datasource(name)) if name == "A"));
        for (url, part) in [
            ("workbooks/A", "type of the file"),
            ("views/A.pdf", "cannot be got"),
            ("metrics/A.png", "cannot be got"),
            ("views/A/B.twbx", "pdf, png or csv"),
            ("views/A B/C.pdf", "spaces"),
        ] {
            let failure = wish(url, None).expect_err(url).line();
            assert!(failure.contains(part), "{failure}");
        }
    }

    #[test]
    fn files_stay_where_they_are_asked_for() {
        assert_eq!(file_for(None, Some("../a/b"), "pdf"), Path::new("_a_b.pdf"));
        assert_eq!(file_for(Some(Path::new("x")), Some("y"), "pdf"), Path::new("x"));
        assert_eq!(with_ending(Path::new("d/v1.2"), "png"), Path::new("d/v1.2.png"));
        assert_eq!(with_ending(Path::new("x.PNG"), "png"), Path::new("x.PNG"));
        let folder = tempfile::tempdir().expect("a folder");
        for (given, kept) in [
            ("v1.2.twb", "v1.2.twbx"),
            ("plain", "plain.twbx"),
            ("a.b", "a.b.twbx"),
        ] {
            let place = Place::of(Some(&folder.path().join(given)), "W").expect("a place");
            let file = place.target().join("Server Name.twbx");
            std::fs::write(&file, "x").expect("written");
            let saved = Downloaded {
                path: Some(file),
                file_name: "Server Name.twbx".to_owned(),
                bytes: 1,
            };
            place.keep(saved).expect("kept");
            assert!(folder.path().join(kept).exists(), "{kept}");
        }
    }
}
