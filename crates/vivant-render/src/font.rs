//! The fonts inside the program, and how much room text takes in them.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

use resvg::usvg::fontdb;
use ttf_parser::Face;
use unicode_width::UnicodeWidthChar;

/// The family that all text is drawn in.
pub const FAMILY: &str = "Source Sans 3";

/// What stands for text that was cut off.
const ELLIPSIS: char = '…';

/// The files of the family.
const FILES: [&[u8]; 6] = [
    include_bytes!("../fonts/SourceSans3-Light.ttf"),
    include_bytes!("../fonts/SourceSans3-Regular.ttf"),
    include_bytes!("../fonts/SourceSans3-SemiBold.ttf"),
    include_bytes!("../fonts/SourceSans3-Bold.ttf"),
    include_bytes!("../fonts/SourceSans3-Italic.ttf"),
    include_bytes!("../fonts/SourceSans3-BoldItalic.ttf"),
];

/// Fonts from outside, for letters that those inside do not have.
static FURTHER: OnceLock<Vec<Vec<u8>>> = OnceLock::new();

/// Gives the bytes of fonts (TrueType, OpenType, collections) for letters that those inside the program do not have.
/// Only the first call counts, and it must come before the first picture.
pub fn add_fonts(files: Vec<Vec<u8>>) {
    // Pictures that are the same question must be the same file: nothing changes once it is set.
    let _ = FURTHER.set(files);
}

/// The first face of each font from outside.
static OTHERS: LazyLock<Vec<Face<'static>>> = LazyLock::new(|| {
    let files = FURTHER.get_or_init(Vec::new);
    files
        .iter()
        .filter_map(|bytes| Face::parse(bytes, 0).ok())
        .collect()
});

/// How wide a letter is in the first font from outside that has it, in parts of the font's size.
fn other_advance(char: char) -> Option<f64> {
    OTHERS.iter().find_map(|face| {
        let advance = face.glyph_hor_advance(face.glyph_index(char)?)?;
        Some(f64::from(advance) / f64::from(face.units_per_em()))
    })
}

/// How thick letters are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Weight {
    /// 300.
    Light,
    /// 400.
    #[default]
    Regular,
    /// 600.
    Semibold,
    /// 700.
    Bold,
}

impl Weight {
    /// The number of CSS.
    pub fn number(self) -> u16 {
        match self {
            Self::Light => 300,
            Self::Regular => 400,
            Self::Semibold => 600,
            Self::Bold => 700,
        }
    }
}

/// A font: size, weight and slope.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Font {
    /// The size in pixels. Points are 4/3 of a pixel.
    pub size: f64,
    /// How thick letters are.
    pub weight: Weight,
    /// Whether letters slope. Sloping letters are regular or bold.
    pub italic: bool,
}

impl Font {
    /// A regular upright font.
    pub const fn new(size: f64) -> Self {
        Self {
            size,
            weight: Weight::Regular,
            italic: false,
        }
    }

    /// The same font with another weight.
    #[must_use]
    pub const fn weighing(self, weight: Weight) -> Self {
        Self { weight, ..self }
    }

    /// The weight that is drawn.
    pub(crate) fn drawn_weight(self) -> u16 {
        match (self.italic, self.weight) {
            (false, weight) => weight.number(),
            (true, Weight::Light | Weight::Regular) => 400,
            (true, Weight::Semibold | Weight::Bold) => 700,
        }
    }

    fn face(self) -> &'static Metrics {
        let at = match (self.italic, self.drawn_weight()) {
            (true, 700) => 5,
            (true, _) => 4,
            (false, 300) => 0,
            (false, 600) => 2,
            (false, 700) => 3,
            (false, _) => 1,
        };
        &FACES[at]
    }

    /// The width of a line of text in pixels.
    pub fn width(self, text: &str) -> f64 {
        let face = self.face();
        text.chars().map(|char| face.advance(char)).sum::<f64>() * self.size
    }

    /// Tells whether there is a font that has a letter, or it needs none.
    pub fn has(self, char: char) -> bool {
        // What joins letters and what picks a form of them is no letter.
        let unseen = char.is_whitespace() || char.is_control() || char.width().is_none_or(|width| width == 0);
        unseen || self.face().face.glyph_index(char).is_some() || other_advance(char).is_some()
    }

    /// How far letters rise above the base line, in pixels.
    pub fn ascent(self) -> f64 {
        self.face().ascent * self.size
    }

    /// How far letters hang below the base line, in pixels.
    pub fn descent(self) -> f64 {
        self.face().descent * self.size
    }

    /// How tall capital letters are, in pixels.
    pub fn cap_height(self) -> f64 {
        self.face().cap_height * self.size
    }

    /// The distance of two lines, in pixels.
    pub fn line_height(self) -> f64 {
        (self.ascent() + self.descent()).ceil()
    }

    /// Cuts text off, with an ellipsis, so that it is no wider than `width`. Where not even that has room, nothing
    /// is left.
    pub fn fit(self, text: &str, width: f64) -> Cow<'_, str> {
        if self.width(text) <= width {
            return Cow::Borrowed(text);
        }
        let face = self.face();
        let mut used = face.advance(ELLIPSIS) * self.size;
        let mut kept = String::new();
        for char in text.chars() {
            used += face.advance(char) * self.size;
            if used > width {
                break;
            }
            kept.push(char);
        }
        if kept.is_empty() {
            return Cow::Borrowed("");
        }
        kept.truncate(kept.trim_end().len());
        kept.push(ELLIPSIS);
        Cow::Owned(kept)
    }

    /// Breaks text into lines no wider than `width`, at spaces where it can, and at line ends.
    pub fn wrap(self, text: &str, width: f64) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            // The line so far and how long it is.
            let (mut line, mut used) = (String::new(), 0.0);
            for word in paragraph.split_inclusive(' ') {
                let ink = self.width(word.trim_end());
                if !line.is_empty() && used + ink > width {
                    lines.push(std::mem::take(&mut line).trim_end().to_owned());
                    used = 0.0;
                }
                if ink <= width {
                    line.push_str(word);
                    used += self.width(word);
                    continue;
                }
                // Longer than a line on its own.
                for char in word.chars() {
                    let advance = self.face().advance(char) * self.size;
                    if !line.is_empty() && used + advance > width {
                        lines.push(std::mem::take(&mut line));
                        used = 0.0;
                    }
                    line.push(char);
                    used += advance;
                }
            }
            lines.push(line.trim_end().to_owned());
        }
        lines
    }
}

/// Lengths of a face, in parts of the font's size.
struct Metrics {
    face: Face<'static>,
    unit: f64,
    ascent: f64,
    descent: f64,
    cap_height: f64,
    latin: [f64; 128],
}

impl Metrics {
    fn new(bytes: &'static [u8]) -> Self {
        let face = Face::parse(bytes, 0).expect("the fonts inside the program are whole");
        let unit = f64::from(face.units_per_em());
        let mut metrics = Self {
            unit,
            ascent: f64::from(face.ascender()) / unit,
            descent: -f64::from(face.descender()) / unit,
            cap_height: face
                .capital_height()
                .map_or(0.66, |height| f64::from(height) / unit),
            latin: [0.0; 128],
            face,
        };
        for code in 0..128_u8 {
            metrics.latin[usize::from(code)] = metrics.measure(char::from(code));
        }
        metrics
    }

    fn advance(&self, char: char) -> f64 {
        match self.latin.get(char as usize) {
            Some(advance) => *advance,
            None => self.measure(char),
        }
    }

    fn measure(&self, char: char) -> f64 {
        if char.is_control() {
            return self.measure(' ');
        }
        match self
            .face
            .glyph_index(char)
            .and_then(|glyph| self.face.glyph_hor_advance(glyph))
        {
            Some(advance) => f64::from(advance) / self.unit,
            // A letter of another script, in a font of the system: as wide as a terminal would have it.
            None => other_advance(char).unwrap_or(match char.width() {
                None | Some(0) => 0.0,
                Some(1) => 0.55,
                Some(_) => 1.0,
            }),
        }
    }
}

static FACES: LazyLock<[Metrics; 6]> = LazyLock::new(|| FILES.map(Metrics::new));

static DATABASE: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut database = fontdb::Database::new();
    for bytes in FILES {
        database.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
    }
    for bytes in FURTHER.get_or_init(Vec::new) {
        database.load_font_source(fontdb::Source::Binary(Arc::new(bytes.as_slice())));
    }
    database.set_sans_serif_family(FAMILY);
    database.set_serif_family(FAMILY);
    Arc::new(database)
});

/// The fonts that pictures are made with.
pub(crate) fn database() -> Arc<fontdb::Database> {
    Arc::clone(&DATABASE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_languages_of_latin_script_are_there() {
        let font = Font::new(12.0);
        let letters = "äöüßÄÖÜéèêëàâçîïôûùœñáíóúìòãõåøÅ€£%–—…’«»\u{a0}\u{202f}";
        let missing: String = letters.chars().filter(|char| !font.has(*char)).collect();
        assert_eq!(missing, "");
        assert!(!font.has('月') && !font.has('월'));
    }

    #[test]
    fn every_weight_is_found_by_its_number() {
        let database = database();
        for (italic, weight) in [
            (false, Weight::Light),
            (false, Weight::Regular),
            (false, Weight::Semibold),
            (false, Weight::Bold),
            (true, Weight::Regular),
            (true, Weight::Bold),
        ] {
            let query = fontdb::Query {
                families: &[fontdb::Family::Name(FAMILY)],
                weight: fontdb::Weight(weight.number()),
                stretch: fontdb::Stretch::Normal,
                style: if italic {
                    fontdb::Style::Italic
                } else {
                    fontdb::Style::Normal
                },
            };
            let face = database
                .face(database.query(&query).expect("a face"))
                .expect("a face");
            assert_eq!(face.weight.0, weight.number());
            assert_eq!(face.style == fontdb::Style::Italic, italic);
        }
    }

    #[test]
    fn wider_text_takes_more_room() {
        let font = Font::new(12.0);
        assert!(font.width("WWW") > font.width("iii"));
        assert!(font.weighing(Weight::Bold).width("Sales") > font.width("Sales"));
        assert_eq!(font.width(""), 0.0);
        assert!((font.width("数据") - 24.0).abs() < 1e-9);
        assert!(font.ascent() > font.cap_height() && font.descent() > 0.0);
    }

    #[test]
    fn text_is_cut_and_broken_where_room_ends() {
        let font = Font::new(12.0);
        assert_eq!(font.fit("Sales", 100.0), "Sales");
        let cut = font.fit("A long title of a chart", 60.0);
        assert!(cut.ends_with('…') && font.width(&cut) <= 60.0, "{cut}");
        assert_eq!(font.fit("Sales", 3.0), "");
        let lines = font.wrap("one two three\nfour", 50.0);
        assert_eq!(lines, ["one two", "three", "four"]);
        let broken = font.wrap("Donaudampfschifffahrt", 40.0);
        assert!(
            broken.len() > 1 && broken.iter().all(|line| font.width(line) <= 40.0),
            "{broken:?}"
        );
        assert_eq!(broken.concat(), "Donaudampfschifffahrt");
    }
}
