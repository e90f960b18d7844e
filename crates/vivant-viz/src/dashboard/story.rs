//! The navigator of a story: a box, number or dot for each point, and arrows at both ends.

use vivant_document::spec::{DashboardSpec, NavigatorKind};
use vivant_render::{Anchor, Color, Font, Group, Item, Path, Rect, Style, Text, Weight};

use crate::dashboard::words::{self, Upright};
use crate::theme;

/// The widest box of a caption.
const WIDEST: f64 = 160.0;
/// The narrowest box of a caption; with more points not all are shown.
const NARROWEST: f64 = 100.0;
/// The highest box of a caption.
const HIGHEST: f64 = 72.0;
/// Room for an arrow.
const ARROW: f64 = 28.0;
/// The point below the current box.
const POINTER: f64 = 7.0;
const GAP: f64 = 1.0;
const IDLE: Color = Color::rgb(0x00EC_ECEC);
const CURRENT: Color = Color::rgb(0x00D0_D0D0);
const FAINT: Color = Color::rgb(0x00B8_B8B8);

/// Draws the navigator of a story into its zone.
pub(crate) fn navigator(story: &DashboardSpec, area: Rect, font: Font, color: Color) -> Vec<Item> {
    let count = story.points.len();
    if count == 0 || area.width < 1.0 || area.height < 1.0 {
        return Vec::new();
    }
    let shown = story.point();
    let current = story
        .points
        .iter()
        .position(|point| shown.is_some_and(|shown| std::ptr::eq(point, shown)))
        .unwrap_or(0);
    let arrows = if story.navigator.arrows { ARROW } else { 0.0 };
    let strip = area.inset(arrows, 0.0, arrows, 0.0);
    let (middle, mut items) = match story.navigator.kind {
        NavigatorKind::Caption => captions(story, current, strip, font, color),
        NavigatorKind::Number => numbers(count, current, strip),
        NavigatorKind::Dot => dots(count, current, strip),
        NavigatorKind::Arrows => {
            let caption = &story.points[current].caption;
            let words = words::plain(caption, strip, (font, color, Some(1)), Upright::Middle);
            (strip, words)
        }
    };
    if story.navigator.arrows {
        let y = middle.center().1;
        let arrow = |x: f64, way: f64, leads: bool| {
            let tip = [
                (x - way * 4.0, y - 8.0),
                (x + way * 4.0, y),
                (x - way * 4.0, y + 8.0),
            ];
            let color = if leads { theme::GREY } else { FAINT };
            Item::Path(Path::polygon(tip), Style::fill(color))
        };
        items.push(arrow(middle.x - ARROW / 2.0, -1.0, current > 0));
        items.push(arrow(middle.right() + ARROW / 2.0, 1.0, current + 1 < count));
    }
    items
}

/// Which points have room, so that the current one is among them.
fn window(count: usize, current: usize, room: usize) -> std::ops::Range<usize> {
    let room = room.clamp(1, count.max(1));
    let first = current.saturating_sub(room / 2).min(count - room);
    first..first + room
}

fn captions(
    story: &DashboardSpec,
    current: usize,
    strip: Rect,
    font: Font,
    color: Color,
) -> (Rect, Vec<Item>) {
    let count = story.points.len();
    let room = ((strip.width + GAP) / (NARROWEST + GAP)).floor().max(1.0) as usize;
    let visible = window(count, current, room);
    let shown = visible.len() as f64;
    let wide = ((strip.width + GAP) / shown - GAP).clamp(1.0, WIDEST).floor();
    let high = (strip.height - POINTER).clamp(1.0, HIGHEST).floor();
    let all = shown * (wide + GAP) - GAP;
    let left = (strip.x + (strip.width - all) / 2.0).round();
    let top = (strip.y + (strip.height - POINTER - high) / 2.0).round();
    let mut items = Vec::new();
    for (place, at) in visible.enumerate() {
        let frame = Rect::new(left + place as f64 * (wide + GAP), top, wide, high);
        let is_current = at == current;
        let fill = if is_current { CURRENT } else { IDLE };
        items.push(Item::Rect(frame, 0.0, Style::fill(fill)));
        if is_current {
            let (x, y) = (frame.center().0, frame.bottom());
            let tip = [(x - POINTER, y), (x + POINTER, y), (x, y + POINTER)];
            items.push(Item::Path(Path::polygon(tip), Style::fill(fill)));
        }
        let inside = frame.inset(8.0, 4.0, 8.0, 4.0);
        let color = if is_current { color } else { theme::GREY };
        items.push(Item::Group(Group {
            class: "caption".to_owned(),
            clip: Some(frame),
            items: words::plain(
                &story.points[at].caption,
                inside,
                (font, color, Some(0)),
                Upright::Middle,
            ),
        }));
    }
    (Rect::new(left, top, all, high), items)
}

fn numbers(count: usize, current: usize, strip: Rect) -> (Rect, Vec<Item>) {
    const SIDE: f64 = 28.0;
    let room = ((strip.width + GAP) / (SIDE + GAP)).floor().max(1.0) as usize;
    let visible = window(count, current, room);
    let all = visible.len() as f64 * (SIDE + GAP) - GAP;
    let left = (strip.x + (strip.width - all) / 2.0).round();
    let top = (strip.y + (strip.height - SIDE) / 2.0).max(strip.y).round();
    let mut items = Vec::new();
    for (place, at) in visible.enumerate() {
        let frame = Rect::new(left + place as f64 * (SIDE + GAP), top, SIDE, SIDE);
        let (fill, color) = match at == current {
            true => (CURRENT, theme::DARK),
            false => (IDLE, theme::GREY),
        };
        items.push(Item::Rect(frame, 0.0, Style::fill(fill)));
        let font = theme::TEXT.weighing(Weight::Semibold);
        let base = frame.center().1 + font.cap_height() / 2.0;
        let text = Text::new((frame.center().0, base), (at + 1).to_string(), font, color);
        items.push(Item::Text(text.anchored(Anchor::Middle)));
    }
    (Rect::new(left, top, all, SIDE), items)
}

fn dots(count: usize, current: usize, strip: Rect) -> (Rect, Vec<Item>) {
    const PITCH: f64 = 18.0;
    let room = (strip.width / PITCH).floor().max(1.0) as usize;
    let visible = window(count, current, room);
    let all = visible.len() as f64 * PITCH;
    let left = strip.x + (strip.width - all) / 2.0;
    let y = strip.center().1;
    let items = visible.enumerate().map(|(place, at)| {
        let center = (left + (place as f64 + 0.5) * PITCH, y);
        let color = if at == current { theme::GREY } else { CURRENT };
        Item::Circle(center, 5.0, Style::fill(color))
    });
    (Rect::new(left, y - 5.0, all, 10.0), items.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_point_is_always_among_those_shown() {
        for count in 1..12 {
            for current in 0..count {
                for room in 1..14 {
                    let visible = window(count, current, room);
                    assert!(visible.contains(&current) && visible.end <= count);
                    assert_eq!(visible.len(), room.min(count));
                }
            }
        }
    }
}
