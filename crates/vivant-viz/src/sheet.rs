//! A sheet's picture: title, table of panes, marks, legends.

use std::collections::HashMap;

use vivant_calc::{DataType, Diagnostic};
use vivant_document::spec::{
    AxisSpec, FieldRef, Fit, Literal, PaneSpec, PieceContent, SheetSpec, Side, WorkbookSpec, format,
};
use vivant_render::{Color, Group, Item, Rect, Scene, Style};

use crate::color::{Coloring, encoded};
use crate::label;
use crate::lanes::{Axis, Lane, lanes};
use crate::layout::{Axes, Cells, Layout};
use crate::legend::{self, Arrangement, Fonts, Legend};
use crate::marks::{Layer, Mark, MarkKind, Sizes, placed};
use crate::number::number;
use crate::rows::{SheetRows, Table};
use crate::scale::{Scale, ScaleKind};
use crate::theme;

/// What to draw.
pub struct SheetRequest<'a> {
    /// The workbook.
    pub workbook: &'a WorkbookSpec,
    /// The sheet.
    pub sheet: &'a SheetSpec,
    /// Its rows.
    pub rows: &'a SheetRows<'a>,
    /// The width of the picture in pixels.
    pub width: f64,
    /// The height in pixels of a picture whose content has none of its own.
    pub height: f64,
    /// How the content fills the room that it has.
    pub fit: Fit,
    /// Whether the picture is that of the sheet alone, which grows with its content; else it is part of a dashboard
    /// and has exactly its size.
    pub alone: bool,
    /// Whether legends stand beside it. In a dashboard they have zones of their own.
    pub legends: bool,
    /// Whether the title is shown.
    pub title: bool,
}

/// A picture and what is not in it as it should be.
pub struct Picture {
    /// The picture.
    pub scene: Scene,
    /// What could not be drawn as Tableau does.
    pub diagnostics: Vec<Diagnostic>,
}

/// The most marks of a picture; more could not be told apart and would take minutes.
const MOST_MARKS: usize = 1_000_000;

/// The marks of one card between two axes.
struct Drawn<'a> {
    card: &'a PaneSpec,
    kind: MarkKind,
    row_axis: Option<Axis>,
    col_axis: Option<Axis>,
    /// Row lane, column lane and number of each mark.
    marks: Vec<(usize, usize, usize)>,
}

impl Drawn<'_> {
    fn with<'l>(&'l self, table: &'l Table<'_>, coloring: &'l Coloring) -> Layer<'l> {
        Layer {
            table,
            card: self.card,
            kind: self.kind,
            coloring,
            row_axis: self.row_axis.as_ref(),
            col_axis: self.col_axis.as_ref(),
            sizes: Sizes::of(table, self.card),
        }
    }
}

/// Draws a sheet.
pub fn draw_sheet(request: &SheetRequest<'_>) -> Picture {
    let table = Table::new(request.workbook, request.sheet, request.rows);
    let mut diagnostics = Vec::new();
    let (rows, cols) = (lanes(&table, Side::Rows), lanes(&table, Side::Cols));
    let mut layers = layers(&table, &rows, &cols);
    let count: usize = layers.iter().map(|layer| layer.marks.len()).sum();
    if count > MOST_MARKS {
        diagnostics.push(unsupported(format!(
            "{count} marks; at most {MOST_MARKS} are drawn"
        )));
        layers.clear();
    }
    for layer in &layers {
        report(&table, layer, &mut diagnostics);
    }

    let colorings = colorings(&table, &layers);
    let texts = layers.iter().all(|layer| matches!(layer.kind, MarkKind::Text))
        && rows.iter().chain(&cols).all(|lane| lane.axes.is_empty());
    let spacious = layers.iter().any(|layer| {
        layer.row_axis.is_none()
            && layer.col_axis.is_none()
            && (matches!(layer.kind, MarkKind::Pie)
                || matches!(layer.kind, MarkKind::Square | MarkKind::Circle)
                    && (table.sheet.rows.is_empty() || table.sheet.cols.is_empty())
                    && layer.marks.len() > rows.len() * cols.len())
    });
    let mut items = Vec::new();
    let mut top = theme::MARGIN;
    let inner = (request.width - 2.0 * theme::MARGIN).max(40.0);
    if request.title {
        let lines = title(&table, inner);
        items.extend(label::draw(&lines, (theme::MARGIN, top), inner, 0));
        top += label::height(&lines) + theme::MARGIN;
    }
    let legends = match request.legends {
        true => legends(&table, &layers, &colorings),
        false => Vec::new(),
    };
    let aside = match legends.is_empty() {
        true => 0.0,
        false => legend::WIDTH + 2.0 * theme::MARGIN,
    };
    let area = Rect::new(
        theme::MARGIN,
        top,
        (inner - aside).max(80.0),
        (request.height - top - theme::MARGIN).max(60.0),
    );

    let axes = Axes::new(scales(&table, &rows, &cols, &layers, &colorings, area));
    let cells = cells(&table, &layers, &colorings, spacious, texts);
    let layout = Layout::new(&table, &rows, &cols, &axes, &cells, area, request.fit);

    let mut drawn = layout.background(&table, &rows, &cols, &axes, texts);
    let mut wanted = Vec::new();
    let mut cull = true;
    for (layer, coloring) in layers.iter().zip(&colorings) {
        let scale_of: HashMap<usize, (Option<Scale>, Option<Scale>)> = layer
            .marks
            .iter()
            .map(|&(row_lane, col_lane, row)| {
                let find = |side, lane, axis: &Option<Axis>| {
                    axis.as_ref()
                        .and_then(|axis| axes.scale(side, lane, axis))
                        .copied()
                };
                (
                    row,
                    (
                        find(Side::Rows, row_lane, &layer.row_axis),
                        find(Side::Cols, col_lane, &layer.col_axis),
                    ),
                )
            })
            .collect();
        let marks: Vec<Mark> = layer
            .marks
            .iter()
            .map(|&(row_lane, col_lane, row)| mark(&table, layer, row, layout.pane(row_lane, col_lane)))
            .collect();
        let drawing = layer.with(&table, coloring);
        cull &= format(&layer.card.style, "mark", "mark-labels-cull") != Some("false");
        drawn.push(Item::Group(Group {
            class: "marks".to_owned(),
            clip: (!texts).then(|| layout.panes.inset(-1.0, -1.0, -1.0, -1.0)),
            items: drawing.draw(
                &marks,
                &|row| scale_of.get(&row).copied().unwrap_or((None, None)),
                &mut wanted,
            ),
        }));
    }
    let within = layout.panes.inset(-2.0, -2.0, -40.0, -2.0);
    drawn.push(Item::Group(placed(wanted, cull, within)));
    drawn.extend(layout.frame(&table, &rows, &cols, &axes, texts));

    let (mut width, mut height) = (request.width, request.height);
    let left = match request.alone {
        true => layout.outer.right() + 2.0 * theme::MARGIN,
        false => request.width - legend::WIDTH - theme::MARGIN,
    };
    let mut y = top;
    for CardLegend { legend, .. } in &legends {
        let place = Rect::new(left, y, legend::WIDTH, f64::INFINITY);
        let (own, high) = legend.draw(place, Arrangement::Column, true, Fonts::default());
        items.push(Item::Group(Group {
            class: "legend".to_owned(),
            clip: None,
            items: own,
        }));
        y += high + theme::MARGIN;
    }
    if request.alone {
        height = (layout.outer.bottom() + theme::MARGIN).max(y + theme::MARGIN);
        width = width.max(layout.outer.right() + aside + theme::MARGIN);
    }
    items.push(Item::Group(Group {
        class: "table".to_owned(),
        clip: (!request.alone).then(|| Rect::new(0.0, 0.0, width, height)),
        items: drawn,
    }));
    let background =
        format(&table.sheet.style, "table", "background-color").and_then(|text| text.parse::<Color>().ok());
    if let Some(color) = background {
        items.insert(
            0,
            Item::Rect(Rect::new(0.0, 0.0, width, height), 0.0, Style::fill(color)),
        );
    }
    Picture {
        scene: Scene {
            width: width.ceil(),
            height: height.ceil(),
            title: table.sheet.name.clone(),
            items,
        },
        diagnostics,
    }
}

pub(crate) fn unsupported(message: String) -> Diagnostic {
    Diagnostic::warning("viz.unsupported", message)
}

/// Says what of a layer is not drawn as it should be.
fn report(table: &Table<'_>, layer: &Drawn<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut say = |message: &str| {
        let one = unsupported(message.to_owned()).within(format!("worksheet '{}'", table.sheet.name));
        if !diagnostics.contains(&one) {
            diagnostics.push(one);
        }
    };
    let geographic = |axis: &Option<Axis>| axis.as_ref().is_some_and(|axis| axis.key.is_generated());
    if layer.kind == MarkKind::Map || geographic(&layer.row_axis) || geographic(&layer.col_axis) {
        say("maps are not drawn");
    }
    if layer.kind == MarkKind::Density {
        say("density is drawn as overlapping spots, without its own colours");
    }
    if !layer.card.reference_lines.is_empty() {
        say("reference lines, bands and box plots are not drawn");
    }
    if !layer.card.trend_lines.is_empty() {
        say("trend lines are not drawn");
    }
    if !table.sheet.annotations.is_empty() {
        say("annotations are not drawn");
    }
    let custom = |name: &str| !crate::shape::is_known(name);
    if layer.kind == MarkKind::Shape && format(&layer.card.style, "mark", "shape").is_some_and(custom) {
        say("shapes of other palettes are drawn as circles");
    }
}

/// A legend with the card that it is of.
pub(crate) struct CardLegend {
    /// The number of the card.
    pub pane: i64,
    /// Of what: `color` or `size`.
    pub of: &'static str,
    /// The fields.
    pub keys: Vec<FieldRef>,
    pub legend: Legend,
}

/// The legends of a sheet, for the zones of a dashboard.
pub(crate) fn sheet_legends(
    workbook: &WorkbookSpec,
    sheet: &SheetSpec,
    rows: &SheetRows<'_>,
) -> Vec<CardLegend> {
    let table = Table::new(workbook, sheet, rows);
    let (rows, cols) = (lanes(&table, Side::Rows), lanes(&table, Side::Cols));
    let layers = layers(&table, &rows, &cols);
    let colorings = colorings(&table, &layers);
    legends(&table, &layers, &colorings)
}

/// The legends of layers; those that say the same stand once.
fn legends(table: &Table<'_>, layers: &[Drawn<'_>], colorings: &[Coloring]) -> Vec<CardLegend> {
    let mut found: Vec<CardLegend> = Vec::new();
    for (layer, coloring) in layers.iter().zip(colorings) {
        let keys = match coloring {
            Coloring::Single(_) => Vec::new(),
            Coloring::Members { keys, .. } => keys.clone(),
            Coloring::Ramp { key, .. } => vec![key.clone()],
        };
        let sizes = Sizes::of(table, layer.card);
        let size_keys = sizes.key.iter().cloned().collect();
        let both = [
            ("color", keys, Legend::of_colors(table, coloring)),
            ("size", size_keys, Legend::of_sizes(table, &sizes)),
        ];
        for (of, keys, legend) in both {
            let known = found.iter().any(|other| other.of == of && other.keys == keys);
            if let (Some(legend), false) = (legend, known) {
                found.push(CardLegend {
                    pane: layer.card.id,
                    of,
                    keys,
                    legend,
                });
            }
        }
    }
    found
}

/// How each layer is coloured.
fn colorings(table: &Table<'_>, layers: &[Drawn<'_>]) -> Vec<Coloring> {
    let color = |layer: &Drawn<'_>| {
        let fills = matches!(layer.kind, MarkKind::Map)
            || matches!(layer.kind, MarkKind::Square | MarkKind::Circle)
                && layer.row_axis.is_none()
                && layer.col_axis.is_none();
        Coloring::of(table, layer.card, table.frame_of(layer.card), fills)
    };
    layers.iter().map(color).collect()
}

impl Table<'_> {
    /// The frame with the rows of a card.
    fn frame_of(&self, card: &PaneSpec) -> Option<usize> {
        self.data
            .panes
            .iter()
            .find(|(id, _)| *id == card.id)
            .map(|(_, frame)| *frame)
    }
}

fn title(table: &Table<'_>, width: f64) -> Vec<label::Line> {
    let value = |content: &PieceContent| match content {
        PieceContent::Text(text) => text.clone(),
        PieceContent::Token(word) if word == "Sheet Name" => table.sheet.name.clone(),
        PieceContent::Token(_) => String::new(),
        PieceContent::Field(key) => {
            let parameter = (key.source == "Parameters")
                .then(|| table.workbook.parameters.iter().find(|one| one.name == key.name))
                .flatten();
            if let Some(parameter) = parameter {
                let value = parameter.value.value().unwrap_or(&vivant_calc::Value::Null);
                return vivant_document::display::text(value, vivant_document::spec::Derivation::None, None);
            }
            let mut texts: Vec<String> = Vec::new();
            for row in table.rows.iter().filter(|row| table.has(**row, key)) {
                let text = table.text(*row, key);
                if !texts.contains(&text) {
                    texts.push(text);
                }
            }
            match texts.len() {
                0 => String::new(),
                1..=8 => texts.join(", "),
                _ => "All".to_owned(),
            }
        }
    };
    match &table.sheet.title {
        Some(text) => label::lines(text, theme::TITLE, theme::DARK, width, &value),
        None => vec![label::Line {
            runs: vec![label::Run {
                text: theme::TITLE.fit(&table.sheet.name, width).into_owned(),
                font: theme::TITLE,
                color: theme::DARK,
                underlined: false,
            }],
            align: None,
        }],
    }
}

/// The card for a pair of axes: its own, else the one for all.
fn card<'a>(sheet: &'a SheetSpec, row: Option<&Axis>, col: Option<&Axis>) -> Option<&'a PaneSpec> {
    let is = |side: Side, axis: Option<&Axis>, card: &PaneSpec| {
        card.axis.as_ref().is_some_and(|(of, field, index)| {
            *of == side && axis.is_some_and(|axis| axis.key == *field && axis.index == *index)
        })
    };
    let own = sheet
        .panes
        .iter()
        .find(|card| is(Side::Rows, row, card) || is(Side::Cols, col, card));
    own.or_else(|| sheet.panes.iter().find(|card| card.axis.is_none()))
        .or_else(|| sheet.panes.first())
}

/// The layers of marks: for each pair of axes the marks of its card.
fn layers<'a>(table: &Table<'a>, rows: &[Lane], cols: &[Lane]) -> Vec<Drawn<'a>> {
    let mut row_lanes: Vec<Vec<usize>> = vec![Vec::new(); table.rows.len()];
    for (at, lane) in rows.iter().enumerate() {
        for &row in &lane.rows {
            row_lanes[row].push(at);
        }
    }
    let mut layers: Vec<Drawn<'a>> = Vec::new();
    for (col_at, col) in cols.iter().enumerate() {
        for &row in &col.rows {
            for &row_at in &row_lanes[row] {
                let options = |lane: &Lane| -> Vec<Option<Axis>> {
                    match lane.axes.is_empty() {
                        true => vec![None],
                        false => lane.axes.iter().cloned().map(Some).collect(),
                    }
                };
                for row_axis in options(&rows[row_at]) {
                    for col_axis in options(col) {
                        let Some(card) = card(table.sheet, row_axis.as_ref(), col_axis.as_ref()) else {
                            continue;
                        };
                        if table
                            .frame_of(card)
                            .is_some_and(|frame| frame != table.rows[row].frame)
                        {
                            continue;
                        }
                        let same =
                            |layer: &&mut Drawn<'_>| layer.row_axis == row_axis && layer.col_axis == col_axis;
                        let place = (row_at, col_at, row);
                        match layers.iter_mut().find(same) {
                            Some(layer) => layer.marks.push(place),
                            None => layers.push(Drawn {
                                kind: MarkKind::of(table, card, row_axis.as_ref(), col_axis.as_ref()),
                                card,
                                row_axis: row_axis.clone(),
                                col_axis: col_axis.clone(),
                                marks: vec![place],
                            }),
                        }
                    }
                }
            }
        }
    }
    for layer in &mut layers {
        layer.marks.sort_unstable_by_key(|place| place.2);
    }
    layers
}

fn mark(table: &Table<'_>, layer: &Drawn<'_>, row: usize, pane: Rect) -> Mark {
    let place = |axis: &Option<Axis>| {
        axis.as_ref()
            .and_then(|axis| number(&table.value(table.rows[row], &axis.key)))
    };
    Mark {
        row,
        pane,
        x: place(&layer.col_axis),
        y: place(&layer.row_axis),
    }
}

/// What the range of an axis has to hold.
#[derive(Clone, Copy)]
struct Range {
    min: f64,
    max: f64,
    /// Whether bars or areas stand on it.
    from_zero: bool,
    /// Whether points lie on it, which need room for their radius.
    points: bool,
    /// Whether labels stand at the ends of bars.
    labelled: bool,
}

fn scales(
    table: &Table<'_>,
    rows: &[Lane],
    cols: &[Lane],
    layers: &[Drawn<'_>],
    colorings: &[Coloring],
    area: Rect,
) -> HashMap<(Side, usize, Axis), Scale> {
    let spec = |side: Side, axis: &Axis| -> Option<&AxisSpec> {
        table
            .sheet
            .axes
            .iter()
            .find(|spec| spec.side == side && spec.field == axis.key && spec.index == axis.index)
    };
    let mut ranges: HashMap<(Side, usize, Axis), Range> = HashMap::new();
    for (layer, coloring) in layers.iter().zip(colorings) {
        // Stacks end where all their parts together do: marks by their cells.
        let marks: Vec<Mark> = layer
            .marks
            .iter()
            .map(|&(row_lane, col_lane, row)| {
                mark(
                    table,
                    layer,
                    row,
                    Rect::new(col_lane as f64, row_lane as f64, 0.0, 0.0),
                )
            })
            .collect();
        let drawing = layer.with(table, coloring);
        let vertical = drawing.is_vertical();
        let stacked = layer
            .kind
            .stands_on_zero()
            .then(|| drawing.stacks(&marks, vertical));
        let labelled = encoded(layer.card, "text").next().is_some()
            || format(&layer.card.style, "mark", "mark-labels-show") == Some("true");
        for (side, axis) in [(Side::Rows, &layer.row_axis), (Side::Cols, &layer.col_axis)] {
            let Some(axis) = axis else { continue };
            let lengths = stacked.as_ref().filter(|_| (side == Side::Rows) == vertical);
            for (at, (&(row_lane, col_lane, _), mark)) in layer.marks.iter().zip(&marks).enumerate() {
                let lane = if side == Side::Rows { row_lane } else { col_lane };
                let own = if side == Side::Rows { mark.y } else { mark.x };
                let values: [Option<f64>; 2] = match lengths {
                    Some(stacked) => [stacked[at].0, stacked[at].1],
                    None => {
                        let length = match layer.kind {
                            MarkKind::Gantt
                                if (side == Side::Rows) == (vertical || layer.col_axis.is_none()) =>
                            {
                                drawing
                                    .sizes
                                    .key
                                    .as_ref()
                                    .and_then(|key| number(&table.value(table.rows[mark.row], key)))
                            }
                            _ => None,
                        };
                        [own, own.zip(length).map(|(own, length)| own + length)]
                    }
                };
                let range = ranges.entry((side, lane, axis.clone())).or_insert(Range {
                    min: f64::INFINITY,
                    max: f64::NEG_INFINITY,
                    from_zero: false,
                    points: false,
                    labelled: false,
                });
                for value in values.into_iter().flatten() {
                    range.min = range.min.min(value);
                    range.max = range.max.max(value);
                }
                range.from_zero |= lengths.is_some();
                range.labelled |= labelled && lengths.is_some();
                range.points |= matches!(
                    layer.kind,
                    MarkKind::Circle
                        | MarkKind::Shape
                        | MarkKind::Square
                        | MarkKind::Text
                        | MarkKind::Pie
                        | MarkKind::Density
                );
            }
        }
    }
    // All lanes of a field have one range, unless each has its own; and so have two axes that are synchronised.
    let joined = |ranges: &HashMap<(Side, usize, Axis), Range>,
                  side: Side,
                  lane: usize,
                  axis: &Axis|
     -> Option<Range> {
        let independent = spec(side, axis).and_then(|spec| spec.range_type.as_deref()) == Some("independent");
        let lanes = if side == Side::Rows { rows } else { cols };
        let partner: Vec<&Axis> = lanes[lane]
            .axes
            .iter()
            .filter(|other| {
                *other != axis
                    && (spec(side, other).is_some_and(|spec| spec.synchronized)
                        || spec(side, axis).is_some_and(|spec| spec.synchronized))
            })
            .collect();
        ranges
            .iter()
            .filter(|((of, at, other), _)| {
                *of == side && (*other == *axis || partner.contains(&other)) && (!independent || *at == lane)
            })
            .map(|(_, range)| *range)
            .reduce(|a, b| Range {
                min: a.min.min(b.min),
                max: a.max.max(b.max),
                from_zero: a.from_zero || b.from_zero,
                points: a.points || b.points,
                labelled: a.labelled || b.labelled,
            })
    };
    let mut found = HashMap::new();
    for (side, lanes) in [(Side::Rows, rows), (Side::Cols, cols)] {
        let length = match side {
            Side::Rows => area.height / lanes.len().max(1) as f64,
            Side::Cols => area.width / lanes.len().max(1) as f64,
        };
        for (at, lane) in lanes.iter().enumerate() {
            for axis in &lane.axes {
                let range = joined(&ranges, side, at, axis);
                found.insert(
                    (side, at, axis.clone()),
                    scale(table, axis, spec(side, axis), range, length),
                );
            }
        }
    }
    found
}

fn scale(
    table: &Table<'_>,
    axis: &Axis,
    spec: Option<&AxisSpec>,
    range: Option<Range>,
    length: f64,
) -> Scale {
    let data_type = table.data_type(&axis.key);
    let kind = match spec.and_then(|spec| spec.scale.as_deref()) {
        Some("log") => ScaleKind::Log,
        Some("symlog") => ScaleKind::SymLog,
        _ => ScaleKind::of(data_type),
    };
    let dates = matches!(data_type, DataType::Date | DataType::DateTime);
    let (mut min, mut max) = match range {
        Some(range) if range.min <= range.max => (range.min, range.max),
        _ => (0.0, 1.0),
    };
    let zero = !dates && kind == ScaleKind::Linear && spec.is_none_or(|spec| spec.include_zero);
    if zero {
        min = min.min(0.0);
        max = max.max(0.0);
    }
    let span = match max - min {
        span if span > 0.0 => span,
        _ if dates => 1.0,
        _ => max.abs().max(1.0),
    };
    let (points, from_zero, labelled) = range.map_or((false, false, false), |range| {
        (range.points, range.from_zero, range.labelled)
    });
    match kind {
        ScaleKind::Date => {
            let pad = if from_zero { 0.02 } else { 0.03 } * span;
            min -= pad;
            max += pad;
        }
        ScaleKind::Log => {
            min = if min > 0.0 {
                10_f64.powf(min.log10().floor())
            } else {
                max.clamp(1e-6, 1.0)
            };
            max = 10_f64.powf(max.max(min * 10.0).log10().ceil());
        }
        ScaleKind::SymLog | ScaleKind::Linear => {
            let radius = if points {
                6.0 / length.max(60.0) * span
            } else {
                0.0
            };
            let end = if labelled { 0.12 } else { 0.05 } * span;
            // Bars, areas and lines end at zero; points lie around it.
            if min < 0.0 || points || min > 0.0 && !zero {
                min -= if points { 0.05 * span + radius } else { end };
            }
            if max > 0.0 || points {
                max += end + radius;
            }
        }
    }
    let literal = |value: Option<&Literal>| match value {
        Some(Literal::Value(value)) => number(value),
        _ => None,
    };
    if let Some(spec) = spec {
        let fixed = spec.range_type.as_deref().unwrap_or_default();
        if fixed == "fixed" || fixed == "fixedmin" {
            min = literal(spec.min.as_ref()).unwrap_or(min);
        }
        if fixed == "fixed" || fixed == "fixedmax" {
            max = literal(spec.max.as_ref()).unwrap_or(max);
        }
    }
    if max.is_nan() || max <= min {
        max = min + span;
    }
    Scale {
        kind,
        min,
        max,
        reversed: spec.is_some_and(|spec| spec.reverse),
    }
}

fn cells(
    table: &Table<'_>,
    layers: &[Drawn<'_>],
    colorings: &[Coloring],
    spacious: bool,
    texts: bool,
) -> Cells {
    let mut cells = Cells {
        text_width: 0.0,
        lines: 1,
        spacious,
        texts,
    };
    for (layer, coloring) in layers.iter().zip(colorings) {
        let drawing = layer.with(table, coloring);
        if layer.row_axis.is_some()
            || layer.col_axis.is_some()
            || layer.kind != MarkKind::Text && layer.kind != MarkKind::Square
        {
            continue;
        }
        for (_, _, row) in &layer.marks {
            let lines = drawing.label_lines(*row);
            cells.lines = cells.lines.max(lines.len());
            let widest = lines
                .iter()
                .map(|line| theme::TEXT.width(line))
                .fold(0.0, f64::max);
            cells.text_width = cells.text_width.max(widest.min(240.0));
        }
    }
    cells
}
