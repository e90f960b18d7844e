//! Where the zones of a dashboard are, in whole pixels.
//!
//! The document has the places of all zones as they were when it was saved. Where the picture has that size they are
//! right as they are; where it has another one, or a zone is hidden, containers share their room out anew.

use vivant_document::spec::{DashboardSpec, SizeMode, SizeSpec, ZoneKind, ZoneSpec};
use vivant_render::Rect;

/// A zone in its place.
pub(crate) struct Placed<'a> {
    pub zone: &'a ZoneSpec,
    /// Inside its margin: where its border runs and its background lies.
    pub frame: Rect,
    /// Inside border and padding.
    pub content: Rect,
}

/// What the lengths of the document are parts of.
const UNITS: f64 = 100_000.0;

/// The longest side of a dashboard.
const LONGEST: f64 = 8_000.0;

/// What fixed zones leave at least to each of their neighbours without a fixed size, where they are too long together.
const LEAST: f64 = 32.0;

/// The size of a dashboard that fills its window, where nobody says how large that is and its zones have room in it.
const WINDOW: (f64, f64) = (1000.0, 800.0);

/// The largest window that is taken for zones that need more.
const LARGE_WINDOW: (f64, f64) = (1440.0, 1000.0);

/// What such a window leaves to each of them.
const ROOMY: f64 = 120.0;

/// Returns the size that a dashboard has in pixels: its own where that is fixed, else what is asked for within its
/// bounds.
pub fn dashboard_size(dashboard: &DashboardSpec, asked: Option<(f64, f64)>) -> (f64, f64) {
    let SizeSpec { mode, min, max } = dashboard.size;
    let window = match asked {
        None if mode != SizeMode::Fixed => needed(dashboard),
        _ => WINDOW,
    };
    let side = |asked: Option<f64>, min: Option<f64>, max: Option<f64>, window: f64| {
        let length = match mode {
            SizeMode::Fixed => max.or(min).or(asked).unwrap_or(window),
            SizeMode::Automatic => asked.unwrap_or(window).max(min.unwrap_or(1.0)),
            SizeMode::Range => {
                let least = min.unwrap_or(1.0);
                asked
                    .unwrap_or(window)
                    .clamp(least, max.unwrap_or(LONGEST).max(least))
            }
        };
        length.round().clamp(1.0, LONGEST)
    };
    (
        side(asked.map(|size| size.0), min.0, max.0, window.0),
        side(asked.map(|size| size.1), min.1, max.1, window.1),
    )
}

/// Places all zones that are shown, in the order of painting: containers before what is in them.
pub(crate) fn arrange(dashboard: &DashboardSpec, width: f64, height: f64) -> Vec<Placed<'_>> {
    let saved = saved_size(dashboard).unwrap_or((width, height));
    let mut placed = Vec::new();
    for zone in &dashboard.zones {
        let was = edges(zone.rectangle, saved);
        let now = match zone.floating {
            // What floats keeps its size and moves with the place of its middle.
            true => {
                let at = |begin: f64, length: f64, before: f64, after: f64| {
                    let free = before - length;
                    let part = if free > 0.0 { begin / free } else { 0.0 };
                    (part.clamp(0.0, 1.0) * (after - length)).max(0.0)
                };
                match saved == (width, height) {
                    true => was,
                    false => Rect::new(
                        at(was.x, was.width, saved.0, width).round(),
                        at(was.y, was.height, saved.1, height).round(),
                        was.width.min(width),
                        was.height.min(height),
                    ),
                }
            }
            false => edges(zone.rectangle, (width, height)),
        };
        place(zone, was, now, saved, &mut placed);
    }
    placed
}

/// A window that is large enough for zones of fixed size to leave something to those beside them.
fn needed(dashboard: &DashboardSpec) -> (f64, f64) {
    let saved = saved_lengths(dashboard);
    let saved = (saved.0.unwrap_or(WINDOW.0), saved.1.unwrap_or(WINDOW.1));
    let mut window = WINDOW;
    let mut look = |container: &ZoneSpec| {
        let ZoneKind::Flow {
            horizontal,
            even: false,
        } = container.kind
        else {
            return;
        };
        let (begin, end) = if horizontal { (0, 2) } else { (1, 3) };
        let before = if horizontal { saved.0 } else { saved.1 };
        let lengths = container.children.iter().filter(|zone| !zone.hidden);
        let lengths = lengths.map(|zone| match zone.fixed_size {
            Some(fixed) => fixed + zone.frame.margin[begin] + zone.frame.margin[end],
            None => ROOMY.min(zone.rectangle[end] * before / UNITS),
        });
        let units = container.rectangle[end];
        if units > 1000.0 {
            // No more than it had when it was saved, and on a screen of usual size.
            let need = (lengths.sum::<f64>() * UNITS / units).min(before);
            let (window, most) = match horizontal {
                true => (&mut window.0, LARGE_WINDOW.0),
                false => (&mut window.1, LARGE_WINDOW.1),
            };
            *window = window.max(need.ceil().min(most));
        }
    };
    dashboard.walk_shown(&mut look);
    window
}

/// The size that a dashboard had when it was saved: its own where that is fixed, else as zones of fixed size tell.
fn saved_size(dashboard: &DashboardSpec) -> Option<(f64, f64)> {
    if let (SizeMode::Fixed, (Some(width), Some(height))) = (dashboard.size.mode, dashboard.size.max) {
        return Some((width, height));
    }
    match saved_lengths(dashboard) {
        (None, None) => None,
        (width, height) => {
            let usual = dashboard_size(dashboard, None);
            Some((width.unwrap_or(usual.0), height.unwrap_or(usual.1)))
        }
    }
}

/// The width and height that a dashboard had when it was saved, as far as zones of fixed size tell.
fn saved_lengths(dashboard: &DashboardSpec) -> (Option<f64>, Option<f64>) {
    let (mut widths, mut heights) = (Vec::new(), Vec::new());
    let mut look = |container: &ZoneSpec| {
        let ZoneKind::Flow { horizontal, .. } = container.kind else {
            return;
        };
        for zone in &container.children {
            let Some(fixed) = zone.fixed_size else { continue };
            let (begin, end) = if horizontal { (0, 2) } else { (1, 3) };
            let length = fixed + zone.frame.margin[begin] + zone.frame.margin[end];
            let units = zone.rectangle[end];
            if units > 1000.0 {
                let list = if horizontal { &mut widths } else { &mut heights };
                list.push(length * UNITS / units);
            }
        }
    };
    dashboard.walk(&mut look);
    let middle = |mut list: Vec<f64>| {
        list.sort_by(f64::total_cmp);
        let found = list.get(list.len() / 2).copied()?;
        (100.0..=LONGEST).contains(&found).then(|| found.round())
    };
    (middle(widths), middle(heights))
}

/// The pixels of a rectangle in units. Edges are rounded, not lengths, so that neighbours touch.
fn edges([x, y, width, height]: [f64; 4], (across, down): (f64, f64)) -> Rect {
    let pixel = |units: f64, length: f64| (units * length / UNITS).round().clamp(-LONGEST, 2.0 * LONGEST);
    let (left, top) = (pixel(x, across), pixel(y, down));
    Rect::new(
        left,
        top,
        (pixel(x + width, across) - left).max(0.0),
        (pixel(y + height, down) - top).max(0.0),
    )
}

fn place<'a>(zone: &'a ZoneSpec, was: Rect, now: Rect, saved: (f64, f64), placed: &mut Vec<Placed<'a>>) {
    if zone.hidden {
        return;
    }
    let [left, top, right, bottom] = zone.frame.margin;
    let frame = now.inset(left, top, right, bottom);
    let [left, top, right, bottom] = zone.frame.insets();
    let inside = |rect: Rect| rect.inset(left, top, right, bottom);
    placed.push(Placed {
        zone,
        frame,
        content: inside(now),
    });
    let shown: Vec<&ZoneSpec> = zone.children.iter().filter(|child| !child.hidden).collect();
    if shown.is_empty() {
        return;
    }
    let before: Vec<Rect> = shown.iter().map(|child| edges(child.rectangle, saved)).collect();
    let moved = was != now;
    let places: Vec<Rect> = match zone.kind {
        ZoneKind::Flow { horizontal, even } if moved || shown.len() < zone.children.len() => {
            flow(&shown, &before, inside(now), horizontal, even)
        }
        _ if moved => before
            .iter()
            .map(|rect| mapped(*rect, inside(was), inside(now)))
            .collect(),
        _ => before.clone(),
    };
    for ((child, was), now) in shown.into_iter().zip(before).zip(places) {
        place(child, was, now, saved, placed);
    }
}

/// Where a rectangle comes to lie when what is around it changes.
fn mapped(rect: Rect, from: Rect, to: Rect) -> Rect {
    let along = |at: f64, begin: f64, length: f64, new_begin: f64, new_length: f64| match length > 0.0 {
        true => (new_begin + (at - begin) * new_length / length).round(),
        false => new_begin,
    };
    let left = along(rect.x, from.x, from.width, to.x, to.width);
    let right = along(rect.right(), from.x, from.width, to.x, to.width);
    let top = along(rect.y, from.y, from.height, to.y, to.height);
    let bottom = along(rect.bottom(), from.y, from.height, to.y, to.height);
    Rect::new(left, top, (right - left).max(0.0), (bottom - top).max(0.0))
}

/// Shares a container out along its direction; across it, zones fill it.
fn flow(zones: &[&ZoneSpec], before: &[Rect], area: Rect, horizontal: bool, even: bool) -> Vec<Rect> {
    let wanted: Vec<Length> = zones
        .iter()
        .zip(before)
        .map(|(zone, rect)| {
            let (begin, end) = if horizontal { (0, 2) } else { (1, 3) };
            let saved = if horizontal { rect.width } else { rect.height };
            let margins = zone.frame.margin[begin] + zone.frame.margin[end];
            match zone.fixed_size {
                _ if even => Length::Share(1.0),
                Some(fixed) => Length::Fixed(fixed + margins),
                // Controls and legends are as high as they are; it is worksheets and pictures that stretch.
                None if !horizontal && has_own_height(&zone.kind) => Length::Fixed(saved),
                None => Length::Share(saved),
            }
        })
        .collect();
    let (begin, length) = match horizontal {
        true => (area.x, area.width),
        false => (area.y, area.height),
    };
    share(&wanted, length)
        .into_iter()
        .map(|(from, to)| match horizontal {
            true => Rect::new(begin + from, area.y, to - from, area.height),
            false => Rect::new(area.x, begin + from, area.width, to - from),
        })
        .collect()
}

fn has_own_height(kind: &ZoneKind) -> bool {
    matches!(
        kind,
        ZoneKind::Filter { .. }
            | ZoneKind::Parameter { .. }
            | ZoneKind::Legend { .. }
            | ZoneKind::Title
            | ZoneKind::Page { .. }
            | ZoneKind::Highlighter { .. }
            | ZoneKind::StoryNavigator
    )
}

/// How long a zone wants to be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Length {
    /// So many pixels.
    Fixed(f64),
    /// A part of what is left.
    Share(f64),
}

/// Shares a length out; returns where each part begins and ends, in whole pixels and without gaps.
///
/// Where all parts are fixed and there is more room, the last one has it.
fn share(wanted: &[Length], length: f64) -> Vec<(f64, f64)> {
    let fixed = || {
        wanted.iter().filter_map(|one| match one {
            Length::Fixed(pixels) => Some(*pixels),
            Length::Share(_) => None,
        })
    };
    let shares: f64 = wanted
        .iter()
        .map(|one| if let Length::Share(part) = one { *part } else { 0.0 })
        .sum();
    let even = wanted.len() - fixed().count();
    let most = most(fixed().collect(), length - LEAST * even as f64);
    let rest = (length - fixed().map(|pixels| pixels.min(most)).sum::<f64>()).max(0.0);
    let mut at = 0.0_f64;
    let mut parts = Vec::with_capacity(wanted.len());
    for (number, one) in wanted.iter().enumerate() {
        let from = at.round();
        at += match one {
            Length::Fixed(pixels) => pixels.min(most),
            Length::Share(part) if shares > 0.0 => rest * part / shares,
            Length::Share(_) => rest / even as f64,
        };
        if even == 0 && number + 1 == wanted.len() {
            at = length;
        }
        parts.push((from, at.round().max(from)));
    }
    parts
}

/// The most that fixed parts may have so that they fit.
///
/// Tableau: the longest give way, down to one length, and the others keep theirs.
fn most(mut fixed: Vec<f64>, room: f64) -> f64 {
    fixed.sort_by(f64::total_cmp);
    let mut left = room.max(0.0);
    for (at, pixels) in fixed.iter().enumerate() {
        let even = left / (fixed.len() - at) as f64;
        if *pixels > even {
            return even;
        }
        left -= pixels;
    }
    f64::INFINITY
}

#[cfg(test)]
mod tests {
    use vivant_document::Document;
    use vivant_document::spec::{WorkbookSpec, workbook};

    use super::*;

    fn read(size: &str, zones: &str) -> WorkbookSpec {
        let xml = format!(
            "<workbook><dashboards><dashboard name='D'><size {size}/><zones>{zones}</zones></dashboard></dashboards></workbook>"
        );
        let document = Document::parse(xml, &vivant_document::Limits::default()).unwrap();
        workbook(&document).value
    }

    /// Lists zones with their numbers and places inside their margins.
    fn check(size: &str, zones: &str, asked: Option<(f64, f64)>, expected: &[(i64, [f64; 4])]) {
        let spec = read(size, zones);
        let (width, height) = dashboard_size(&spec.dashboards[0], asked);
        let found: Vec<(i64, [f64; 4])> = arrange(&spec.dashboards[0], width, height)
            .iter()
            .map(|one| {
                let Rect { x, y, width, height } = one.frame;
                (one.zone.id.unwrap(), [x, y, width, height])
            })
            .collect();
        assert_eq!(found, expected);
    }

    const FIXED: &str = "minwidth='1000' minheight='500' maxwidth='1000' maxheight='500' sizing-mode='fixed'";

    #[test]
    fn a_fixed_size_has_the_saved_places_without_gaps() {
        check(
            FIXED,
            "<zone id='1' type-v2='layout-flow' param='horz' x='0' y='0' w='100000' h='100000'>\
             <zone id='2' name='A' x='0' y='0' w='33333' h='100000'/>\
             <zone id='3' name='B' x='33333' y='0' w='33334' h='100000'/>\
             <zone id='4' name='C' x='66667' y='0' w='33333' h='100000'/></zone>",
            Some((77.0, 77.0)),
            &[
                (1, [0.0, 0.0, 1000.0, 500.0]),
                (2, [0.0, 0.0, 333.0, 500.0]),
                (3, [333.0, 0.0, 334.0, 500.0]),
                (4, [667.0, 0.0, 333.0, 500.0]),
            ],
        );
    }

    #[test]
    fn other_sizes_keep_fixed_zones_and_share_the_rest() {
        let margin = "<zone-style><format attr='margin' value='4'/></zone-style>";
        check(
            "sizing-mode='automatic'",
            &format!(
                "<zone id='1' type-v2='layout-flow' param='vert' x='0' y='0' w='100000' h='100000'>\
                 <zone id='2' type-v2='text' is-fixed='true' fixed-size='92' x='0' y='0' w='100000' h='10000'>{margin}</zone>\
                 <zone id='3' name='A' x='0' y='10000' w='100000' h='60000'/>\
                 <zone id='4' name='B' x='0' y='70000' w='100000' h='30000'/></zone>"
            ),
            Some((600.0, 400.0)),
            &[
                (1, [0.0, 0.0, 600.0, 400.0]),
                (2, [4.0, 4.0, 592.0, 92.0]),
                (3, [0.0, 100.0, 600.0, 200.0]),
                (4, [0.0, 300.0, 600.0, 100.0]),
            ],
        );
    }

    #[test]
    fn a_window_has_room_for_fixed_zones_and_those_beside_them() {
        let zones = |fixed: f64| {
            format!(
                "<zone id='1' type-v2='layout-flow' param='horz' x='0' y='0' w='100000' h='100000'>\
                 <zone id='2' name='A' is-fixed='true' fixed-size='{fixed}' x='0' y='0' w='{}' h='100000'/>\
                 <zone id='3' name='B' x='80000' y='0' w='20000' h='100000'/></zone>",
                fixed / 1500.0 * 100_000.0
            )
        };
        let size = |fixed: f64, asked: Option<(f64, f64)>| {
            let spec = read("sizing-mode='automatic'", &zones(fixed));
            dashboard_size(&spec.dashboards[0], asked)
        };
        assert_eq!(size(600.0, None), (1000.0, 800.0));
        assert_eq!(size(1200.0, None), (1320.0, 800.0));
        // Who says how large the window is has it so.
        assert_eq!(size(1200.0, Some((640.0, 480.0))), (640.0, 480.0));
    }

    #[test]
    fn hidden_zones_leave_their_room_to_their_neighbours() {
        check(
            FIXED,
            "<zone id='1' type-v2='layout-flow' param='horz' x='0' y='0' w='100000' h='100000'>\
             <zone id='2' type-v2='layout-flow' param='vert' hidden-by-user='true' x='0' y='0' w='20000' h='100000'>\
             <zone id='5' type-v2='empty' x='0' y='0' w='20000' h='100000'/></zone>\
             <zone id='3' name='B' x='20000' y='0' w='20000' h='100000'/>\
             <zone id='4' name='C' x='40000' y='0' w='60000' h='100000'/></zone>",
            None,
            &[
                (1, [0.0, 0.0, 1000.0, 500.0]),
                (3, [0.0, 0.0, 250.0, 500.0]),
                (4, [250.0, 0.0, 750.0, 500.0]),
            ],
        );
    }

    #[test]
    fn even_containers_give_equal_parts_and_floating_zones_keep_their_size() {
        check(
            "minwidth='400' minheight='300' sizing-mode='range'",
            "<zone id='1' type-v2='layout-flow' param='horz' layout-strategy-id='distribute-evenly' x='0' y='0' w='100000' h='100000'>\
             <zone id='2' name='A' is-fixed='true' fixed-size='500' x='0' y='0' w='50000' h='100000'/>\
             <zone id='3' name='B' x='50000' y='0' w='50000' h='100000'/></zone>\
             <zone id='9' name='C' x='90000' y='0' w='10000' h='10000'/>",
            Some((601.0, 100.0)),
            &[
                (1, [0.0, 0.0, 601.0, 300.0]),
                (2, [0.0, 0.0, 301.0, 300.0]),
                (3, [301.0, 0.0, 300.0, 300.0]),
                (9, [501.0, 0.0, 100.0, 80.0]),
            ],
        );
    }

    #[test]
    fn fixed_zones_that_do_not_fit_cut_the_longest() {
        let zone = |id: i64, fixed: i64| {
            format!(
                "<zone id='{id}' name='Z{id}' is-fixed='true' fixed-size='{fixed}' x='0' y='0' w='10000' h='100000'/>"
            )
        };
        check(
            "sizing-mode='automatic'",
            &format!(
                "<zone id='1' type-v2='layout-flow' param='horz' x='0' y='0' w='100000' h='100000'>{}{}{}\
                 <zone id='5' name='D' x='0' y='0' w='50000' h='100000'/></zone>",
                zone(2, 150),
                zone(3, 900),
                zone(4, 200)
            ),
            Some((800.0, 100.0)),
            &[
                (1, [0.0, 0.0, 800.0, 100.0]),
                (2, [0.0, 0.0, 150.0, 100.0]),
                (3, [150.0, 0.0, 418.0, 100.0]),
                (4, [568.0, 0.0, 200.0, 100.0]),
                (5, [768.0, 0.0, 32.0, 100.0]),
            ],
        );
    }

    #[test]
    fn parts_never_overlap_or_leave_gaps() {
        let cases: [&[Length]; 5] = [
            &[Length::Share(1.0); 7],
            &[Length::Fixed(300.5), Length::Share(2.0), Length::Share(1.0)],
            &[Length::Fixed(900.0), Length::Fixed(900.0), Length::Share(1.0)],
            &[Length::Fixed(10.0), Length::Fixed(20.0)],
            &[Length::Share(0.0), Length::Share(0.0)],
        ];
        for wanted in cases {
            let parts = share(wanted, 1000.0);
            assert_eq!((parts[0].0, parts.last().unwrap().1), (0.0, 1000.0), "{wanted:?}");
            for pair in parts.windows(2) {
                assert_eq!(pair[0].1, pair[1].0, "{wanted:?}");
            }
        }
    }

    #[test]
    fn hostile_lengths_stay_within_bounds() {
        let spec = read(
            "minwidth='1e300' maxwidth='1e308' minheight='-5' maxheight='0' sizing-mode='fixed'",
            "<zone id='1' type-v2='empty' x='-9000000000000000' y='9000000000000000' w='9000000000000000' h='-1'/>",
        );
        let (width, height) = dashboard_size(&spec.dashboards[0], None);
        assert_eq!((width, height), (8000.0, 800.0));
        for placed in arrange(&spec.dashboards[0], width, height) {
            let Rect { x, y, width, height } = placed.frame;
            assert!([x, y, width, height].iter().all(|side| side.abs() <= 24_000.0));
        }
    }
}
