//! Pictures as the slides of a presentation (Office Open XML): one slide for each, its title as text.
//!
//! The parts are written here, without a template: a master and one layout that say where titles are, a theme with
//! colours and fonts, and the slides. The same pictures give the same bytes.

mod parts;

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::svg::escaped;
use crate::{Bitmap, RenderError};

/// A slide of a presentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Slide {
    /// Its title.
    pub title: String,
    /// The picture below it, as large as it fits.
    pub picture: Bitmap,
}

/// The width of slides in English metric units, 914,400 to an inch: 16 by 9.
const WIDTH: u64 = 12_192_000;
/// Their height.
const HEIGHT: u64 = 6_858_000;
/// The margin at each side.
const MARGIN: u64 = 457_200;
/// Where the title ends and the place for the picture begins.
const TOP: u64 = 1_005_840;

/// Writes pictures as a presentation.
pub fn pptx(title: &str, slides: &[Slide]) -> Result<Vec<u8>, RenderError> {
    if slides.is_empty() {
        return Err(RenderError::NoPages);
    }
    let mut package = Package::new();
    package.text("[Content_Types].xml", &content_types(slides))?;
    package.text("_rels/.rels", parts::PACKAGE_RELATIONS)?;
    package.text("docProps/app.xml", parts::APPLICATION)?;
    package.text("docProps/core.xml", &parts::core(&escaped(title)))?;
    package.text("ppt/presentation.xml", &presentation(slides.len()))?;
    package.text(
        "ppt/_rels/presentation.xml.rels",
        &presentation_relations(slides.len()),
    )?;
    package.text("ppt/theme/theme1.xml", parts::THEME)?;
    package.text("ppt/slideMasters/slideMaster1.xml", parts::MASTER)?;
    package.text(
        "ppt/slideMasters/_rels/slideMaster1.xml.rels",
        parts::MASTER_RELATIONS,
    )?;
    package.text("ppt/slideLayouts/slideLayout1.xml", parts::LAYOUT)?;
    package.text(
        "ppt/slideLayouts/_rels/slideLayout1.xml.rels",
        parts::LAYOUT_RELATIONS,
    )?;
    for (number, slide) in (1..).zip(slides) {
        let ending = slide.picture.kind().ending();
        package.text(&format!("ppt/slides/slide{number}.xml"), &self::slide(slide))?;
        package.text(
            &format!("ppt/slides/_rels/slide{number}.xml.rels"),
            &parts::slide_relations(number, ending),
        )?;
        package.picture(
            &format!("ppt/media/image{number}.{ending}"),
            slide.picture.bytes(),
        )?;
    }
    package.finish()
}

/// Where a picture is on its slide: left, top, width, height.
fn place(picture: &Bitmap) -> (u64, u64, u64, u64) {
    let (width, height) = picture.size();
    let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
    let (free_width, free_height) = (WIDTH - 2 * MARGIN, HEIGHT - TOP - MARGIN);
    let (wide, high) = match width * free_height > height * free_width {
        true => (free_width, (height * free_width / width).max(1)),
        false => ((width * free_height / height).max(1), free_height),
    };
    (
        MARGIN + (free_width - wide) / 2,
        TOP + (free_height - high) / 2,
        wide,
        high,
    )
}

fn slide(slide: &Slide) -> String {
    let (x, y, width, height) = place(&slide.picture);
    let title = escaped(&slide.title);
    format!(
        concat!(
            "{head}<p:sld {spaces}><p:cSld><p:spTree>{group}",
            "<p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"Title\"/><p:cNvSpPr><a:spLocks noGrp=\"1\"/></p:cNvSpPr>",
            "<p:nvPr><p:ph type=\"title\"/></p:nvPr></p:nvSpPr><p:spPr/>",
            "<p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:r><a:rPr lang=\"en-US\"/><a:t>{title}</a:t></a:r></a:p></p:txBody></p:sp>",
            "<p:pic><p:nvPicPr><p:cNvPr id=\"3\" name=\"Picture\" descr=\"{title}\"/>",
            "<p:cNvPicPr><a:picLocks noChangeAspect=\"1\"/></p:cNvPicPr><p:nvPr/></p:nvPicPr>",
            "<p:blipFill><a:blip r:embed=\"rId2\"/><a:stretch><a:fillRect/></a:stretch></p:blipFill>",
            "<p:spPr><a:xfrm><a:off x=\"{x}\" y=\"{y}\"/><a:ext cx=\"{width}\" cy=\"{height}\"/></a:xfrm>",
            "<a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></p:spPr></p:pic>",
            "</p:spTree></p:cSld><p:clrMapOvr><a:masterClrMapping/></p:clrMapOvr></p:sld>",
        ),
        head = parts::HEAD,
        spaces = parts::SPACES,
        group = parts::GROUP,
        title = title,
        x = x,
        y = y,
        width = width,
        height = height,
    )
}

fn content_types(slides: &[Slide]) -> String {
    let mut text = format!(
        "{}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">",
        parts::HEAD
    );
    text.push_str("<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>");
    text.push_str("<Default Extension=\"xml\" ContentType=\"application/xml\"/>");
    let mut known = Vec::new();
    for kind in slides.iter().map(|slide| slide.picture.kind()) {
        if !known.contains(&kind) {
            known.push(kind);
            text.push_str(&format!(
                "<Default Extension=\"{}\" ContentType=\"{}\"/>",
                kind.ending(),
                kind.media_type()
            ));
        }
    }
    let mut part = |name: &str, content: &str| {
        text.push_str(&format!(
            "<Override PartName=\"/{name}\" ContentType=\"application/vnd.openxmlformats-{content}+xml\"/>"
        ));
    };
    part("docProps/app.xml", "officedocument.extended-properties");
    part("docProps/core.xml", "package.core-properties");
    part(
        "ppt/presentation.xml",
        "officedocument.presentationml.presentation.main",
    );
    part("ppt/theme/theme1.xml", "officedocument.theme");
    part(
        "ppt/slideMasters/slideMaster1.xml",
        "officedocument.presentationml.slideMaster",
    );
    part(
        "ppt/slideLayouts/slideLayout1.xml",
        "officedocument.presentationml.slideLayout",
    );
    for number in 1..=slides.len() {
        part(
            &format!("ppt/slides/slide{number}.xml"),
            "officedocument.presentationml.slide",
        );
    }
    text.push_str("</Types>");
    text
}

fn presentation(slides: usize) -> String {
    // The format wants numbers from 256 on.
    let list: String = (1..=slides)
        .map(|number| format!("<p:sldId id=\"{}\" r:id=\"rId{}\"/>", 255 + number, 2 + number))
        .collect();
    format!(
        concat!(
            "{head}<p:presentation {spaces}>",
            "<p:sldMasterIdLst><p:sldMasterId id=\"2147483648\" r:id=\"rId1\"/></p:sldMasterIdLst>",
            "<p:sldIdLst>{list}</p:sldIdLst>",
            "<p:sldSz cx=\"{width}\" cy=\"{height}\"/><p:notesSz cx=\"{height}\" cy=\"9144000\"/></p:presentation>",
        ),
        head = parts::HEAD,
        spaces = parts::SPACES,
        list = list,
        width = WIDTH,
        height = HEIGHT,
    )
}

fn presentation_relations(slides: usize) -> String {
    let mut relations = vec![
        (
            "rId1".to_owned(),
            "slideMaster",
            "slideMasters/slideMaster1.xml".to_owned(),
        ),
        ("rId2".to_owned(), "theme", "theme/theme1.xml".to_owned()),
    ];
    for number in 1..=slides {
        relations.push((
            format!("rId{}", 2 + number),
            "slide",
            format!("slides/slide{number}.xml"),
        ));
    }
    parts::relations(&relations)
}

/// The file of a presentation.
struct Package(ZipWriter<Cursor<Vec<u8>>>);

impl Package {
    fn new() -> Self {
        Self(ZipWriter::new(Cursor::new(Vec::new())))
    }

    fn text(&mut self, name: &str, text: &str) -> Result<(), RenderError> {
        self.part(name, text.as_bytes(), CompressionMethod::Deflated)
    }

    /// Pictures are compressed already.
    fn picture(&mut self, name: &str, bytes: &[u8]) -> Result<(), RenderError> {
        self.part(name, bytes, CompressionMethod::Stored)
    }

    fn part(&mut self, name: &str, bytes: &[u8], method: CompressionMethod) -> Result<(), RenderError> {
        // Without a time of day, so that the same pictures give the same file.
        let options = SimpleFileOptions::default().compression_method(method);
        self.0.start_file(name, options).map_err(failed)?;
        self.0.write_all(bytes).map_err(failed)
    }

    fn finish(self) -> Result<Vec<u8>, RenderError> {
        Ok(self.0.finish().map_err(failed)?.into_inner())
    }
}

fn failed(error: impl std::fmt::Display) -> RenderError {
    RenderError::Failed(error.to_string())
}
