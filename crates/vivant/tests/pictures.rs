//! Pictures of every view of the samples, against those that were looked at and kept in `tests/pictures`: what is
//! drawn, in words, and a small bitmap; SVG and PDF by their hash. `cargo xtask golden` renews them.

#[path = "../examples/shared/mod.rs"]
mod shared;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use vivant::{Ask, Drawn, Orientation, Paper, ViewSize, pdf};
use vivant_render::{Color, Fill, Group, Item, Rect, Scene, Stroke, Style, Text};

/// Set to renew what is kept.
const RENEW: &str = "VIVANT_GOLDEN";

/// The width of the small bitmaps.
const WIDTH: f64 = 240.0;

/// So many things of one kind in a row are told of as one.
const MANY: usize = 6;

/// How far a channel of a pixel may be off: bitmaps are made with single precision, which machines round differently.
const NEAR: u8 = 24;

#[test]
fn palmer_penguins() {
    check("Palmer Penguins.twbx");
}

#[test]
fn flights_from_new_york() {
    check("Flights from New York.twbx");
}

#[test]
fn office_supplies() {
    check("Office Supplies.twbx");
}

/// Draws the views of a sample and holds them against what is kept.
fn check(sample: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = here.join("../../samples").join(sample);
    let folder = here.join("tests/pictures").join(plain(&stem(sample)));
    let renew = std::env::var_os(RENEW).is_some();
    let book = shared::open(&path)
        .expect("a workbook")
        .expect("a sample that opens");
    let sheets = book.spec.sheets.iter().map(|sheet| &sheet.name);
    let views: Vec<&String> = sheets
        .chain(book.spec.dashboards.iter().map(|dashboard| &dashboard.name))
        .collect();

    let mut kept = Kept {
        renew,
        wrong: Vec::new(),
    };
    let (mut hashes, mut drawn) = (BTreeMap::new(), Vec::new());
    for view in &views {
        let picture = book
            .draw(view, ViewSize::default(), &Ask::default())
            .unwrap_or_else(|error| panic!("{view}: {error}"));
        let name = plain(view);
        let mut text = scene(&picture.scene);
        for diagnostic in &picture.diagnostics {
            let _ = writeln!(text, "! {diagnostic}");
        }
        kept.text(&folder.join(format!("{name}.txt")), &text);
        let small = picture.png(WIDTH / picture.pixels().0).expect("a bitmap");
        kept.bitmap(&folder.join(format!("{name}.png")), &small);
        hashes.insert(name, hash(picture.svg().expect("an SVG").as_bytes()));
        drawn.push(picture);
    }
    hashes.insert("all.pdf".to_owned(), hash(&document(sample, &drawn)));
    let mut list = String::new();
    for (name, hash) in &hashes {
        let _ = writeln!(list, "{hash} {name}");
    }
    kept.text(&folder.join("hashes"), &list);
    kept.only(&folder, &views);
    assert!(
        kept.wrong.is_empty(),
        "{}\nwhat was drawn instead is in {}; if it is right, `cargo xtask golden` keeps it",
        kept.wrong.join("\n"),
        elsewhere().display()
    );
}

#[test]
fn the_same_question_is_the_same_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples/Palmer Penguins.twbx");
    let files = || {
        let book = shared::open(&path).expect("a workbook").expect("a sample");
        let view = &book.spec.dashboards[0].name;
        let drawn = book
            .draw(view, ViewSize::default(), &Ask::default())
            .expect("a picture");
        let svg = drawn.svg().expect("an SVG");
        (svg, drawn.png(1.0).expect("a bitmap"), document("p", &[drawn]))
    };
    assert!(files() == files(), "two runs made different files");
}

fn document(title: &str, drawn: &[Drawn]) -> Vec<u8> {
    pdf(
        title,
        drawn.iter().map(Ok::<_, vivant::RenderError>),
        Paper::Unspecified,
        Orientation::Portrait,
    )
    .expect("a PDF")
}

/// What is kept, and what differs from it.
struct Kept {
    renew: bool,
    wrong: Vec<String>,
}

impl Kept {
    fn text(&mut self, path: &Path, text: &str) {
        if self.renew {
            return write(path, text.as_bytes());
        }
        let known = fs::read_to_string(path).unwrap_or_default();
        if known == text {
            return;
        }
        write(&instead(path), text.as_bytes());
        let different = known
            .lines()
            .zip(text.lines())
            .position(|(one, other)| one != other);
        let at = different.unwrap_or(known.lines().count().min(text.lines().count()));
        self.wrong.push(format!(
            "{}, line {}: kept `{}`, drawn `{}`",
            path.display(),
            at + 1,
            known.lines().nth(at).unwrap_or_default(),
            text.lines().nth(at).unwrap_or_default()
        ));
    }

    fn bitmap(&mut self, path: &Path, bytes: &[u8]) {
        if self.renew {
            return write(path, bytes);
        }
        let known = fs::read(path).unwrap_or_default();
        if known == bytes {
            return;
        }
        if let Err(why) = alike(&known, bytes) {
            write(&instead(path), bytes);
            self.wrong.push(format!("{}: {why}", path.display()));
        }
    }

    /// Looks for files of views that are no more.
    fn only(&mut self, folder: &Path, views: &[&String]) {
        for file in fs::read_dir(folder).expect("a folder of kept pictures").flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if name == "hashes" || views.iter().any(|view| plain(view) == stem(&name)) {
                continue;
            }
            match self.renew {
                true => fs::remove_file(file.path()).expect("a file that goes"),
                false => self.wrong.push(format!("{name} is of no view of the sample")),
            }
        }
    }
}

/// Tells whether two bitmaps look the same: but for rounding in one pixel of a thousand.
fn alike(known: &[u8], drawn: &[u8]) -> Result<(), String> {
    let (known, drawn) = (pixels(known)?, pixels(drawn)?);
    if known.0 != drawn.0 {
        return Err(format!("{:?} pixels are kept, {:?} drawn", known.0, drawn.0));
    }
    let pairs = known.1.chunks(4).zip(drawn.1.chunks(4));
    let off = pairs
        .filter(|(one, other)| {
            one.iter()
                .zip(*other)
                .any(|(one, other)| one.abs_diff(*other) > NEAR)
        })
        .count();
    match off * 1000 > known.1.len() / 4 {
        true => Err(format!("{off} pixels differ")),
        false => Ok(()),
    }
}

type Pixels = ((u32, u32), Vec<u8>);

fn pixels(bytes: &[u8]) -> Result<Pixels, String> {
    let read = || -> Result<Pixels, png::DecodingError> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info()?;
        let mut pixels = vec![0; reader.output_buffer_size().unwrap_or_default()];
        let info = reader.next_frame(&mut pixels)?;
        Ok(((info.width, info.height), pixels))
    };
    read().map_err(|error| format!("it is no bitmap: {error}"))
}

fn write(path: &Path, bytes: &[u8]) {
    let folder = path.parent().expect("a file in a folder");
    fs::create_dir_all(folder).expect("a folder that can be made");
    fs::write(path, bytes).expect("a file that can be written");
}

/// Where to put what should have been like a kept file.
fn instead(path: &Path) -> PathBuf {
    let parts: Vec<_> = path.components().rev().take(2).collect();
    elsewhere().join(parts[1]).join(parts[0])
}

fn elsewhere() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures")
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .take(12)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// A name that any file system takes.
fn plain(name: &str) -> String {
    let plain = name.chars().map(|c| {
        if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    });
    plain.collect()
}

fn stem(name: &str) -> String {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// A scene in words: texts each for itself, long rows of shapes summed up.
fn scene(scene: &Scene) -> String {
    let mut out = format!("{} x {} {:?}\n", scene.width, scene.height, scene.title);
    items(&scene.items, 0, &mut out);
    out
}

fn items(all: &[Item], depth: usize, out: &mut String) {
    let mut rest = all;
    while let Some(first) = rest.first() {
        let kind = std::mem::discriminant(first);
        let same = rest
            .iter()
            .take_while(|item| std::mem::discriminant(*item) == kind)
            .count();
        let (run, behind) = rest.split_at(same);
        rest = behind;
        let single = run.len() < MANY || matches!(first, Item::Group(_) | Item::Text(_) | Item::Bitmap(..));
        if !single {
            line(out, depth, &sum(run));
            continue;
        }
        for item in run {
            match item {
                Item::Group(group) => self::group(group, depth, out),
                item => line(out, depth, &told(item)),
            }
        }
    }
}

fn group(group: &Group, depth: usize, out: &mut String) {
    let clip = group
        .clip
        .map(|clip| format!(" within {}", place(&clip)))
        .unwrap_or_default();
    line(out, depth, &format!("group {:?}{clip}", group.class));
    items(&group.items, depth + 1, out);
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{}{text}", " ".repeat(depth));
}

/// One thing.
fn told(item: &Item) -> String {
    match item {
        Item::Group(group) => format!("group {:?}", group.class),
        Item::Rect(rect, radius, style) => {
            let round = if *radius > 0.0 {
                format!(" round {}", number(*radius))
            } else {
                String::new()
            };
            format!("rect {}{round}{}", place(rect), self::style(style))
        }
        Item::Circle((x, y), radius, style) => {
            format!(
                "circle {} {} r {}{}",
                number(*x),
                number(*y),
                number(*radius),
                self::style(style)
            )
        }
        Item::Line(from, to, stroke) => format!("line {} {}{}", point(from), point(to), self::stroke(stroke)),
        Item::Path(_, style) => {
            let bounds = bounds(item).map_or_else(String::new, |bounds| place(&bounds));
            format!("path {bounds}{}", self::style(style))
        }
        Item::Text(text) => self::text(text),
        Item::Bitmap(rect, bitmap) => format!("bitmap {} {:?}", place(rect), bitmap.size()),
    }
}

fn text(text: &Text) -> String {
    let weight = match text.font.weight.number() {
        400 => String::new(),
        weight => format!(" {weight}"),
    };
    let turn = if text.turn == 0.0 {
        String::new()
    } else {
        format!(" turned {}", number(text.turn))
    };
    format!(
        "text {:?} {} {:?} {}px{weight} {}{turn}",
        text.text,
        point(&text.at),
        text.anchor,
        number(text.font.size),
        text.color
    )
}

/// Many things of one kind: how many, where, and how they look.
fn sum(run: &[Item]) -> String {
    let mut looks: BTreeMap<String, usize> = BTreeMap::new();
    let mut whole: Option<Rect> = None;
    let mut kind = "";
    for item in run {
        let (name, look) = match item {
            Item::Rect(_, _, style) => ("rects", self::style(style)),
            Item::Circle(_, _, style) => ("circles", self::style(style)),
            Item::Line(_, _, stroke) => ("lines", self::stroke(stroke)),
            Item::Path(_, style) => ("paths", self::style(style)),
            _ => ("things", String::new()),
        };
        kind = name;
        *looks.entry(look).or_default() += 1;
        if let Some(bounds) = bounds(item) {
            whole = Some(whole.map_or(bounds, |whole| union(whole, bounds)));
        }
    }
    let shown: Vec<String> = looks
        .iter()
        .take(12)
        .map(|(look, times)| format!("{times} of{look}"))
        .collect();
    let more = if looks.len() > 12 {
        format!(", {} more looks", looks.len() - 12)
    } else {
        String::new()
    };
    let whole = whole.map_or_else(String::new, |whole| place(&whole));
    format!("{} {kind} {whole}: {}{more}", run.len(), shown.join(", "))
}

fn bounds(item: &Item) -> Option<Rect> {
    let of = |points: &[(f64, f64)]| {
        let edge = |pick: fn(&(f64, f64)) -> f64, better: fn(f64, f64) -> f64| {
            points.iter().map(pick).reduce(better)
        };
        let (left, right) = (edge(|at| at.0, f64::min)?, edge(|at| at.0, f64::max)?);
        let (top, bottom) = (edge(|at| at.1, f64::min)?, edge(|at| at.1, f64::max)?);
        Some(Rect::new(left, top, right - left, bottom - top))
    };
    match item {
        Item::Rect(rect, ..) | Item::Bitmap(rect, _) => Some(*rect),
        Item::Circle((x, y), radius, _) => {
            Some(Rect::new(x - radius, y - radius, 2.0 * radius, 2.0 * radius))
        }
        Item::Line(from, to, _) => of(&[*from, *to]),
        Item::Path(path, _) => {
            use vivant_render::Step;
            let mut points = Vec::new();
            for step in &path.0 {
                match *step {
                    Step::Move(x, y) | Step::Line(x, y) | Step::Curve(.., x, y) => points.push((x, y)),
                    Step::Close => {}
                }
            }
            of(&points)
        }
        Item::Text(_) | Item::Group(_) => None,
    }
}

fn union(one: Rect, other: Rect) -> Rect {
    let (x, y) = (one.x.min(other.x), one.y.min(other.y));
    let (right, bottom) = (one.right().max(other.right()), one.bottom().max(other.bottom()));
    Rect::new(x, y, right - x, bottom - y)
}

fn style(style: &Style) -> String {
    let fill = match &style.fill {
        None => String::new(),
        Some(Fill::Solid(color)) => format!(" {}", self::color(*color)),
        Some(Fill::Across(stops)) => format!(" across {}", self::stops(stops)),
        Some(Fill::Down(stops)) => format!(" down {}", self::stops(stops)),
        Some(Fill::Outward(stops)) => format!(" outward {}", self::stops(stops)),
    };
    let border = style
        .stroke
        .as_ref()
        .map(|stroke| format!(" border{}", self::stroke(stroke)));
    format!("{fill}{}", border.unwrap_or_default())
}

fn stops(stops: &[(f64, Color)]) -> String {
    let colors: Vec<String> = stops.iter().map(|(_, color)| self::color(*color)).collect();
    colors.join("-")
}

fn stroke(stroke: &Stroke) -> String {
    let dashes = if stroke.dashes.is_empty() { "" } else { " dashed" };
    format!(" {} {}px{dashes}", color(stroke.color), number(stroke.width))
}

fn color(color: Color) -> String {
    match color.alpha {
        255 => color.to_string(),
        alpha => format!("{color}/{alpha}"),
    }
}

fn place(rect: &Rect) -> String {
    let Rect { x, y, width, height } = *rect;
    format!("{} {} {}x{}", number(x), number(y), number(width), number(height))
}

fn point((x, y): &(f64, f64)) -> String {
    format!("{} {}", number(*x), number(*y))
}

/// A length to a tenth of a pixel.
fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}
