//! The display list: what is drawn where, back to front.

use crate::{Bitmap, Color, Font, Path, Step};

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

impl Scene {
    /// Lists letters that no font has, neither those inside the program nor those added, each once: PNG and PDF go
    /// without them, SVG leaves them to the fonts of who looks.
    pub fn missing_letters(&self) -> Vec<char> {
        fn of(items: &[Item], found: &mut Vec<char>) {
            for item in items {
                match item {
                    Item::Group(group) => of(&group.items, found),
                    Item::Text(text) => {
                        let missing = text.text.chars().filter(|char| !text.font.has(*char));
                        for char in missing {
                            if !found.contains(&char) {
                                found.push(char);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        let mut found = Vec::new();
        of(&self.items, &mut found);
        found
    }
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

impl Item {
    /// The thing without what lies outside of a rectangle altogether; `None` where that is all of it.
    #[must_use]
    pub fn within(self, area: &Rect) -> Option<Self> {
        if let Self::Group(group) = self {
            if group.clip.is_some_and(|clip| !near(&clip, area)) {
                return None;
            }
            let items: Vec<Self> = group
                .items
                .into_iter()
                .filter_map(|item| item.within(area))
                .collect();
            return (!items.is_empty()).then_some(Self::Group(Group { items, ..group }));
        }
        near(&self.reach(), area).then_some(self)
    }

    /// A rectangle that the thing does not leave; it may be larger.
    fn reach(&self) -> Rect {
        let around = |points: &mut dyn Iterator<Item = (f64, f64)>, more: f64| {
            let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
            for (x, y) in points {
                low = (low.0.min(x), low.1.min(y));
                high = (high.0.max(x), high.1.max(y));
            }
            Rect::new(
                low.0 - more,
                low.1 - more,
                high.0 - low.0 + 2.0 * more,
                high.1 - low.1 + 2.0 * more,
            )
        };
        let pen = |style: &Style| style.stroke.as_ref().map_or(0.0, |stroke| stroke.width);
        match self {
            Self::Group(group) => group.clip.unwrap_or_default(),
            Self::Rect(rect, _, style) => rect.inset(-pen(style), -pen(style), -pen(style), -pen(style)),
            Self::Circle(center, radius, style) => around(&mut [*center].into_iter(), radius + pen(style)),
            Self::Line(from, to, stroke) => around(&mut [*from, *to].into_iter(), stroke.width),
            Self::Path(path, style) => around(
                &mut path.0.iter().flat_map(|step| match *step {
                    Step::Move(x, y) | Step::Line(x, y) => vec![(x, y)],
                    Step::Curve(a, b, c, d, x, y) => vec![(a, b), (c, d), (x, y)],
                    Step::Close => Vec::new(),
                }),
                // Sharp corners reach beyond their points.
                4.0 * pen(style),
            ),
            Self::Text(text) => {
                let reach = text.font.width(&text.text) + text.font.size * 1.5;
                around(&mut [text.at].into_iter(), reach)
            }
            Self::Bitmap(rect, _) => *rect,
        }
    }
}

/// Whether two rectangles touch; one without an area may.
fn near(a: &Rect, b: &Rect) -> bool {
    a.x <= b.right() && b.x <= a.right() && a.y <= b.bottom() && b.y <= a.bottom()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_is_left_out() {
        let area = Rect::new(0.0, 0.0, 100.0, 100.0);
        let pen = Stroke::new(Color::BLACK, 1.0);
        let text = |x: f64, y: f64| Item::Text(Text::new((x, y), "abc", Font::new(10.0), Color::BLACK));
        let inside = [
            Item::Line((0.0, 100.0), (100.0, 100.0), pen.clone()),
            Item::Rect(
                Rect::new(-50.0, -50.0, 60.0, 60.0),
                0.0,
                Style::fill(Color::BLACK),
            ),
            Item::Path(
                Path::polyline([(-500.0, 50.0), (500.0, 50.0)]),
                Style::stroke(pen.clone()),
            ),
            text(-10.0, 105.0),
        ];
        let outside = [
            Item::Line((0.0, 130.0), (100.0, 130.0), pen.clone()),
            Item::Circle((150.0, 50.0), 20.0, Style::stroke(pen)),
            text(50.0, 500.0),
        ];
        let group = |items: Vec<Item>| {
            Item::Group(Group {
                items,
                ..Group::default()
            })
        };
        let all = group(inside.iter().chain(&outside).cloned().collect());
        assert_eq!(all.within(&area), Some(group(inside.to_vec())));
        assert_eq!(group(outside.to_vec()).within(&area), None);
    }

    #[test]
    fn everything_moves_together() {
        let clip = Rect::new(1.0, 2.0, 3.0, 4.0);
        let item = Item::Group(Group {
            class: String::new(),
            clip: Some(clip),
            items: vec![Item::Circle((1.0, 1.0), 1.0, Style::default())],
        });
        let Item::Group(moved) = item.translated(10.0, -1.0) else {
            panic!("a group stays one");
        };
        assert_eq!(moved.clip, Some(Rect::new(11.0, 1.0, 3.0, 4.0)));
        assert_eq!(moved.items, [Item::Circle((11.0, 0.0), 1.0, Style::default())]);
    }
}
