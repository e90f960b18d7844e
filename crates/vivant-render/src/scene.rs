//! The display list: what is drawn where, back to front.

use crate::{Bitmap, Color, Font, Path};

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// The width in pixels.
    pub width: f64,
    /// The height in pixels.
    pub height: f64,
    /// What people who cannot see it are told it is.
    pub title: String,
    /// What is drawn, back to front.
    pub items: Vec<Item>,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rect {
    /// The left side.
    pub x: f64,
    /// The upper side.
    pub y: f64,
    /// The width.
    pub width: f64,
    /// The height.
    pub height: f64,
}

impl Rect {
    /// A rectangle by its left upper corner and its size.
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    /// The right side.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// The lower side.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The middle.
    pub fn center(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// The rectangle without a margin; where the margin takes all, nothing is left.
    #[must_use]
    pub fn inset(&self, left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self {
            x: self.x + left,
            y: self.y + top,
            width: (self.width - left - right).max(0.0),
            height: (self.height - top - bottom).max(0.0),
        }
    }

    /// Tells whether two rectangles share an area.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// One thing that is drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Things that belong together.
    Group(Group),
    /// A rectangle, with the radius of its corners.
    Rect(Rect, f64, Style),
    /// A circle: middle and radius.
    Circle((f64, f64), f64, Style),
    /// A straight line.
    Line((f64, f64), (f64, f64), Stroke),
    /// An outline.
    Path(Path, Style),
    /// A line of text.
    Text(Text),
    /// A bitmap, stretched into a rectangle.
    Bitmap(Rect, Bitmap),
}

impl Item {
    /// The same thing elsewhere.
    #[must_use]
    pub fn translated(self, dx: f64, dy: f64) -> Self {
        let point = |(x, y): (f64, f64)| (x + dx, y + dy);
        let rect = |rect: Rect| Rect {
            x: rect.x + dx,
            y: rect.y + dy,
            ..rect
        };
        match self {
            Self::Group(group) => Self::Group(Group {
                class: group.class,
                clip: group.clip.map(rect),
                items: group
                    .items
                    .into_iter()
                    .map(|item| item.translated(dx, dy))
                    .collect(),
            }),
            Self::Rect(place, radius, style) => Self::Rect(rect(place), radius, style),
            Self::Circle(center, radius, style) => Self::Circle(point(center), radius, style),
            Self::Line(from, to, stroke) => Self::Line(point(from), point(to), stroke),
            Self::Path(path, style) => Self::Path(path.translated(dx, dy), style),
            Self::Text(text) => Self::Text(Text {
                at: point(text.at),
                ..text
            }),
            Self::Bitmap(place, bitmap) => Self::Bitmap(rect(place), bitmap),
        }
    }
}

/// Things that belong together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Group {
    /// A name for those who read the SVG, such as `marks`.
    pub class: String,
    /// Where nothing is drawn outside of.
    pub clip: Option<Rect>,
    /// The things, back to front.
    pub items: Vec<Item>,
}

/// What an area is filled with.
#[derive(Clone, Debug, PartialEq)]
pub enum Fill {
    /// One colour.
    Solid(Color),
    /// Colours from left to right, by their place between 0 and 1.
    Across(Vec<(f64, Color)>),
    /// Colours from top to bottom, by their place between 0 and 1.
    Down(Vec<(f64, Color)>),
    /// Colours from the middle outwards, by their place between 0 and 1.
    Outward(Vec<(f64, Color)>),
}

/// How a line is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// The colour.
    pub color: Color,
    /// The width in pixels.
    pub width: f64,
    /// Lengths of dashes and gaps; empty for a whole line.
    pub dashes: Vec<f64>,
    /// Whether corners and ends are round.
    pub round: bool,
}

impl Stroke {
    /// A whole line.
    pub const fn new(color: Color, width: f64) -> Self {
        Self {
            color,
            width,
            dashes: Vec::new(),
            round: false,
        }
    }

    /// The same line with dashes.
    #[must_use]
    pub fn dashed(mut self, dashes: impl Into<Vec<f64>>) -> Self {
        self.dashes = dashes.into();
        self
    }

    /// The same line with round corners and ends.
    #[must_use]
    pub fn rounded(mut self) -> Self {
        self.round = true;
        self
    }
}

/// How an area is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Style {
    /// What it is filled with.
    pub fill: Option<Fill>,
    /// Its border.
    pub stroke: Option<Stroke>,
}

impl Style {
    /// An area of one colour.
    pub const fn fill(color: Color) -> Self {
        Self {
            fill: Some(Fill::Solid(color)),
            stroke: None,
        }
    }

    /// A line around nothing.
    pub const fn stroke(stroke: Stroke) -> Self {
        Self {
            fill: None,
            stroke: Some(stroke),
        }
    }

    /// The same area with a border.
    #[must_use]
    pub fn bordered(mut self, stroke: Stroke) -> Self {
        self.stroke = Some(stroke);
        self
    }
}

/// Which point of a line of text lies at its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Anchor {
    /// Its left end.
    #[default]
    Start,
    /// Its middle.
    Middle,
    /// Its right end.
    End,
}

/// A line of text.
#[derive(Clone, Debug, PartialEq)]
pub struct Text {
    /// Where it stands: a point on the base line.
    pub at: (f64, f64),
    /// The text. Line ends are drawn as spaces.
    pub text: String,
    /// The font.
    pub font: Font,
    /// The colour.
    pub color: Color,
    /// Which point of it stands there.
    pub anchor: Anchor,
    /// Its turn around that point, in degrees clockwise.
    pub turn: f64,
    /// Whether it is underlined.
    pub underlined: bool,
}

impl Text {
    /// A level line of text that begins at a place.
    pub fn new(at: (f64, f64), text: impl Into<String>, font: Font, color: Color) -> Self {
        Self {
            at,
            text: text.into(),
            font,
            color,
            anchor: Anchor::Start,
            turn: 0.0,
            underlined: false,
        }
    }

    /// The same text anchored elsewhere.
    #[must_use]
    pub fn anchored(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    /// The same text turned.
    #[must_use]
    pub fn turned(mut self, degrees: f64) -> Self {
        self.turn = degrees;
        self
    }
}
