//! Reads a `workbook` element: sheets in the order of their tabs, data sources, parameters, thumbnails.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::datasource::{self, is_internal, repository_location, unbracket};
use crate::error::{Diagnostics, Result};
use crate::facts::{FieldRef, SheetFacts, SheetKind, WorkbookFacts};
use crate::limits::Limits;
use crate::xml::{Element, Xml};

/// Reads the `workbook` element that the reader just went into.
pub(crate) fn workbook<R: BufRead>(
    xml: &mut Xml<'_, R>,
    element: &Element,
    limits: &Limits,
    diagnostics: &mut Diagnostics,
) -> Result<WorkbookFacts> {
    let mut facts = WorkbookFacts {
        version: element.own_or_empty("version"),
        source_build: element.own("source-build"),
        source_platform: element.own("source-platform"),
        ..WorkbookFacts::default()
    };
    let mut windows = Vec::new();
    let mut thumbnails = HashMap::new();
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "repository-location" => {
                facts.repository =
                    Some(repository_location(&child)).filter(|place| *place != Default::default());
                xml.skip()?;
            }
            "datasources" => datasources(xml, &mut facts, diagnostics)?,
            "worksheets" => {
                while let Some(child) = xml.child()? {
                    if child.name == "worksheet" {
                        facts.sheets.push(worksheet(xml, &child)?);
                    } else {
                        xml.skip()?;
                    }
                }
            }
            "dashboards" => {
                while let Some(child) = xml.child()? {
                    if child.name == "dashboard" {
                        facts.sheets.push(dashboard(xml, &child)?);
                    } else {
                        xml.skip()?;
                    }
                }
            }
            "windows" => read_windows(xml, &mut windows)?,
            "thumbnails" => read_thumbnails(xml, limits, &mut thumbnails, diagnostics)?,
            _ => xml.skip()?,
        }
    }
    facts.source_build = facts.source_build.or_else(|| xml.build().map(str::to_owned));
    facts.has_extract = facts.datasources.iter().any(|datasource| datasource.has_extract);
    facts.sheets = in_tab_order(facts.sheets, &windows, diagnostics);
    for sheet in &mut facts.sheets {
        sheet.thumbnail = thumbnails.remove(&sheet.name);
    }
    if !thumbnails.is_empty() {
        // Tableau keeps pictures of sheets that were deleted or renamed.
        let count = thumbnails.len();
        diagnostics.info(
            "thumbnails",
            format!("{count} of sheets that the workbook does not have; left out"),
        );
    }
    Ok(facts)
}

fn datasources<R: BufRead>(
    xml: &mut Xml<'_, R>,
    facts: &mut WorkbookFacts,
    diagnostics: &mut Diagnostics,
) -> Result<()> {
    while let Some(child) = xml.child()? {
        if child.name != "datasource" {
            xml.skip()?;
            continue;
        }
        let parsed = datasource::datasource(xml, &child, diagnostics)?;
        facts.datasources.push(parsed.facts);
        facts.parameters.extend(parsed.parameters);
    }
    Ok(())
}

fn sheet(element: &Element, kind: SheetKind) -> SheetFacts {
    SheetFacts {
        name: element.own_or_empty("name"),
        title: None,
        kind,
        hidden: false,
        uuid: None,
        repository_id: None,
        thumbnail: None,
        datasources: Vec::new(),
        fields: Vec::new(),
        sheets: Vec::new(),
    }
}

fn worksheet<R: BufRead>(xml: &mut Xml<'_, R>, element: &Element) -> Result<SheetFacts> {
    let mut facts = sheet(element, SheetKind::Worksheet);
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "table" => {
                while let Some(child) = xml.child()? {
                    if child.name == "view" {
                        view(xml, &mut facts)?;
                    } else {
                        xml.skip()?;
                    }
                }
            }
            _ => common(xml, &child, &mut facts)?,
        }
    }
    keep_sheet(xml, &facts)?;
    Ok(facts)
}

/// Reads what worksheets and dashboards have alike, and passes over what neither needs.
fn common<R: BufRead>(xml: &mut Xml<'_, R>, child: &Element, facts: &mut SheetFacts) -> Result<()> {
    match child.name.as_str() {
        "layout-options" => {
            while let Some(child) = xml.child()? {
                if child.name == "title" {
                    facts.title = Some(xml.formatted_text()?).filter(|title| !title.is_empty());
                } else {
                    xml.skip()?;
                }
            }
            Ok(())
        }
        "simple-id" => {
            facts.uuid = child.own("uuid");
            xml.skip()
        }
        "repository-location" => {
            facts.repository_id = child.own("id");
            xml.skip()
        }
        _ => xml.skip(),
    }
}

fn view<R: BufRead>(xml: &mut Xml<'_, R>, facts: &mut SheetFacts) -> Result<()> {
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "datasources" => xml.descendants(|source| {
                if let Some(name) = source.get("name").filter(|name| *name != "Parameters") {
                    facts.datasources.push(name.to_owned());
                }
            })?,
            "datasource-dependencies" => {
                let datasource = child.own_or_empty("datasource");
                while let Some(column) = xml.child()? {
                    if column.name == "column"
                        && let Some(name) = column.get("name").filter(|name| !is_internal(name))
                    {
                        let field = unbracket(name);
                        xml.keep(64 + datasource.len() + field.len())?;
                        facts.fields.push(FieldRef {
                            datasource: datasource.clone(),
                            field,
                        });
                    }
                    xml.skip()?;
                }
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn dashboard<R: BufRead>(xml: &mut Xml<'_, R>, element: &Element) -> Result<SheetFacts> {
    let is_story = element.get("type") == Some("storyboard");
    let mut facts = sheet(
        element,
        if is_story {
            SheetKind::Story
        } else {
            SheetKind::Dashboard
        },
    );
    let mut shown = HashSet::new();
    while let Some(child) = xml.child()? {
        match child.name.as_str() {
            "zones" => {
                let mut sheets = Vec::new();
                xml.descendants(|inside| {
                    let name = match inside.name.as_str() {
                        // Tableau: a zone with a name and no type is the view of a sheet.
                        "zone" if inside.get("type").or(inside.get("type-v2")).is_none() => {
                            inside.get("name")
                        }
                        "story-point" => inside.get("captured-sheet"),
                        _ => None,
                    };
                    if let Some(name) = name
                        && shown.insert(name.to_owned())
                    {
                        sheets.push(name.to_owned());
                    }
                })?;
                facts.sheets.append(&mut sheets);
            }
            // Device layouts show the same sheets once more.
            _ => common(xml, &child, &mut facts)?,
        }
    }
    keep_sheet(xml, &facts)?;
    Ok(facts)
}

fn keep_sheet<R: BufRead>(xml: &mut Xml<'_, R>, facts: &SheetFacts) -> Result<()> {
    let names: usize = facts
        .sheets
        .iter()
        .chain(&facts.datasources)
        .map(|name| 32 + name.len())
        .sum();
    xml.keep(256 + facts.name.len() + facts.title.as_ref().map_or(0, String::len) + names)
}

/// Tab of a sheet.
struct Window {
    name: String,
    hidden: bool,
}

fn read_windows<R: BufRead>(xml: &mut Xml<'_, R>, windows: &mut Vec<Window>) -> Result<()> {
    while let Some(child) = xml.child()? {
        let class = child.get("class");
        // Tableau: class `schema` is the page of the data source; it has no name.
        if child.name == "window"
            && class != Some("schema")
            && let Some(name) = child.own("name")
        {
            // Tableau: `hidden-worksheet` is how 9.x wrote a hidden sheet; such sheets have no thumbnail either.
            let hidden = child.get("hidden") == Some("true") || class == Some("hidden-worksheet");
            xml.keep(64 + name.len())?;
            windows.push(Window { name, hidden });
        }
        xml.skip()?;
    }
    Ok(())
}

/// Tableau: the order of `windows` is the order of the tabs; `worksheets` is in alphabetical order.
/// Documents written by other programs may have no windows; then the order of the document counts.
fn in_tab_order(
    mut sheets: Vec<SheetFacts>,
    windows: &[Window],
    diagnostics: &mut Diagnostics,
) -> Vec<SheetFacts> {
    let mut names = HashSet::new();
    for sheet in &sheets {
        if !names.insert(sheet.name.as_str()) {
            diagnostics.warn(&sheet.name, "two sheets have this name");
        }
    }
    let mut tabs: HashMap<&str, (usize, bool)> = HashMap::new();
    for (place, window) in windows.iter().enumerate() {
        tabs.entry(window.name.as_str()).or_insert((place, window.hidden));
        if !names.contains(window.name.as_str()) {
            diagnostics.info(&window.name, "a tab without a sheet; left out");
        }
    }
    if !windows.is_empty() {
        for sheet in sheets
            .iter()
            .filter(|sheet| !tabs.contains_key(sheet.name.as_str()))
        {
            diagnostics.info(&sheet.name, "a sheet without a tab; put last");
        }
    }
    for sheet in &mut sheets {
        sheet.hidden = tabs.get(sheet.name.as_str()).is_some_and(|(_, hidden)| *hidden);
    }
    sheets.sort_by_key(|sheet| {
        tabs.get(sheet.name.as_str())
            .map_or(usize::MAX, |(place, _)| *place)
    });
    sheets
}

fn read_thumbnails<R: BufRead>(
    xml: &mut Xml<'_, R>,
    limits: &Limits,
    thumbnails: &mut HashMap<String, Vec<u8>>,
    diagnostics: &mut Diagnostics,
) -> Result<()> {
    while let Some(child) = xml.child()? {
        let (Some(name), "thumbnail") = (child.own("name"), child.name.as_str()) else {
            xml.skip()?;
            continue;
        };
        let mut text = xml.text()?;
        text.retain(|c| !c.is_ascii_whitespace());
        match decode_thumbnail(&text, limits) {
            Ok(picture) if xml.can_keep(name.len() + picture.len()) => {
                xml.keep(name.len() + picture.len())?;
                thumbnails.entry(name).or_insert(picture);
            }
            Ok(_) => diagnostics.warn(&name, "thumbnail left out: the pictures together are too large"),
            Err(problem) => diagnostics.warn(&name, format!("thumbnail left out: {problem}")),
        }
    }
    Ok(())
}

fn decode_thumbnail(text: &str, limits: &Limits) -> Result<Vec<u8>, &'static str> {
    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    if text.len() / 4 * 3 > limits.thumbnail_bytes {
        return Err("it is too large");
    }
    let picture = STANDARD.decode(text).map_err(|_| "it is not base64")?;
    if picture.starts_with(PNG) {
        Ok(picture)
    } else {
        Err("it is not a PNG")
    }
}
