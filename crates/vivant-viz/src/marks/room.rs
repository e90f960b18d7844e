//! Room for labels: who may stand where, and who gives way.

use std::collections::HashMap;

use vivant_render::{Group, Rect};

use crate::label::{self, Line};

/// How wide and high the cells are by which taken room is found again.
const CELL: f64 = 64.0;

/// A label that wants room.
pub(crate) struct Wanted {
    pub lines: Vec<Line>,
    /// Where it may stand, the best place first: left and top.
    pub places: Vec<(f64, f64)>,
    /// How its lines stand: 0 left, 1 centre, 2 right.
    pub align: u8,
    /// The mark that it may lie on.
    pub of: Option<usize>,
    /// Whether it gives way where it would lie on others.
    pub yields: bool,
    /// Whether it moves aside where it would leave the table.
    pub slides: bool,
}

/// All labels of a sheet, and the marks that labels keep off.
#[derive(Default)]
pub(crate) struct Labels {
    wanted: Vec<Wanted>,
    marks: Vec<(usize, Rect)>,
}

impl Labels {
    pub fn want(&mut self, label: Wanted) {
        if !label.lines.is_empty() && !label.places.is_empty() {
            self.wanted.push(label);
        }
    }

    /// Notes a mark that labels of others do not lie on.
    pub fn keep_off(&mut self, mark: usize, room: Rect) {
        self.marks.push((mark, room));
    }

    /// Draws those labels that have room in the panes or a little beyond, the first ones first.
    pub fn placed(self, panes: Rect) -> Group {
        /// How far labels reach beyond the right end of the panes, in pixels.
        const BEYOND: f64 = 40.0;
        let within = panes.inset(-3.0, -3.0, -BEYOND, -3.0);
        /// Beyond so many cells marks are too dense for labels to keep off them.
        const MOST_CELLS: usize = 1_000_000;
        let mut taken = Taken::default();
        for (mark, room) in self.marks {
            if taken.count > MOST_CELLS {
                break;
            }
            taken.take(Some(mark), room);
        }
        let mut items = Vec::new();
        for label in self.wanted {
            let (width, height) = (label.width(), label::height(&label.lines));
            let room = |&(left, top): &(f64, f64)| {
                let left = match label.slides {
                    true => left.min(panes.right() - width).max(panes.x),
                    false => left,
                };
                Rect::new(left, top + 1.0, width, (height - 2.0).max(1.0))
            };
            let fits = |room: &Rect| {
                room.x >= within.x
                    && room.right() <= within.right()
                    && room.y >= within.y
                    && room.bottom() <= within.bottom()
                    && taken.is_free(label.of, room)
            };
            let mut rooms = label.places.iter().map(room);
            let found = match label.yields {
                true => rooms.find(fits),
                false => rooms.next(),
            };
            let Some(room) = found else { continue };
            taken.take(None, room);
            items.extend(label::draw(
                &label.lines,
                (room.x, room.y - 1.0),
                width,
                label.align,
            ));
        }
        Group {
            class: "labels".to_owned(),
            clip: None,
            items,
        }
    }
}

impl Wanted {
    fn width(&self) -> f64 {
        super::widest(&self.lines)
    }
}

/// The mark or label that has room, and where.
type Occupant = (Option<usize>, Rect);

/// Room that is taken, by the cells of a grid.
#[derive(Default)]
struct Taken {
    cells: HashMap<(i64, i64), Vec<Occupant>>,
    /// How many cells were taken.
    count: usize,
}

impl Taken {
    fn cells(room: &Rect) -> impl Iterator<Item = (i64, i64)> + use<> {
        // What is larger than any picture ends somewhere.
        let cell = |place: f64| (place.clamp(-1e5, 1e5) / CELL).floor() as i64;
        let (left, right) = (cell(room.x), cell(room.right()));
        let (top, bottom) = (cell(room.y), cell(room.bottom()));
        (left..=right).flat_map(move |x| (top..=bottom).map(move |y| (x, y)))
    }

    fn take(&mut self, mark: Option<usize>, room: Rect) {
        for cell in Self::cells(&room) {
            self.cells.entry(cell).or_default().push((mark, room));
            self.count += 1;
        }
    }

    /// Whether nothing is there but the mark of a label.
    fn is_free(&self, of: Option<usize>, room: &Rect) -> bool {
        Self::cells(room).all(|cell| {
            let here = self.cells.get(&cell).into_iter().flatten();
            here.into_iter()
                .all(|(mark, other)| mark.is_some() && *mark == of || !other.overlaps(room))
        })
    }
}

#[cfg(test)]
mod tests {
    use vivant_render::Item;

    use super::*;
    use crate::theme;

    fn label(text: &str, places: &[(f64, f64)], of: usize, yields: bool) -> Wanted {
        Wanted {
            lines: vec![Line::plain(text.to_owned(), theme::TEXT, theme::DARK)],
            places: places.to_vec(),
            align: 0,
            of: Some(of),
            yields,
            slides: false,
        }
    }

    fn shown(labels: Labels) -> Vec<(String, f64)> {
        let group = labels.placed(Rect::new(0.0, 0.0, 500.0, 300.0));
        let text = |item: &Item| match item {
            Item::Text(text) => Some((text.text.clone(), text.at.0)),
            _ => None,
        };
        group.items.iter().filter_map(text).collect()
    }

    #[test]
    fn labels_give_way_or_take_their_second_place() {
        let mut labels = Labels::default();
        labels.keep_off(9, Rect::new(200.0, 50.0, 20.0, 20.0));
        labels.want(label("first", &[(100.0, 50.0)], 1, true));
        labels.want(label("hidden", &[(100.0, 52.0)], 2, true));
        labels.want(label("second", &[(100.0, 52.0), (100.0, 90.0)], 3, true));
        labels.want(label("forced", &[(100.0, 50.0)], 4, false));
        labels.want(label("on another mark", &[(190.0, 50.0)], 5, true));
        labels.want(label("own", &[(205.0, 50.0)], 9, true));
        labels.want(label("outside", &[(535.0, 200.0)], 6, true));
        let texts: Vec<String> = shown(labels).into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts, ["first", "second", "forced", "own"]);
    }

    #[test]
    fn labels_slide_into_the_table() {
        let mut labels = Labels::default();
        labels.want(Wanted {
            slides: true,
            ..label("at the edge", &[(480.0, 50.0)], 1, true)
        });
        let found = shown(labels);
        let width = theme::TEXT.width("at the edge");
        assert!((found[0].1 - (500.0 - width)).abs() < 1e-9, "{found:?}");
    }
}
