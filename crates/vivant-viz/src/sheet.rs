//! A sheet's picture: title, table of panes, marks, legends.

use std::collections::HashMap;

use vivant_calc::Diagnostic;
use vivant_document::spec::{
    FieldRef, Fit, PaneSpec, PieceContent, SheetSpec, Side, Tuple, WorkbookSpec, format,
};
use vivant_render::{Color, Group, Item, Rect, Scene, Style};

use crate::annotate::annotations;
use crate::backdrop::backdrops;
use crate::color::{Coloring, encoded};
use crate::dashboard::{filter_words, parameter_text};
use crate::label;
use crate::lanes::{Axis, groups, lanes, outer};
use crate::layers::{Drawn, layers, mark};
use crate::layout::{Axes, Cells, Layout};
use crate::legend::{self, Arrangement, Fonts, Legend};
use crate::map::{self, Base, Map};
use crate::marks::{Labels, Mark, MarkKind, Sizes, selected, shape_names, widest};
use crate::ranges::Ranges;
use crate::reference::{Reference, behind, hidden, over, references};
use crate::rows::{SheetRows, Table};
use crate::tell::Told;
use crate::theme;
use crate::trend::trends;

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
    /// The marks that are selected: the others step back.
    pub selected: &'a [Tuple],
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

/// The longest that a picture becomes, in pixels.
const MOST_LENGTH: f64 = 20_000.0;

/// Draws a sheet.
pub fn draw_sheet(request: &SheetRequest<'_>) -> Picture {
    let mut table = Table::new(request.workbook, request.sheet, request.rows);
    table.selected = selected(&table, request.selected);
    let mut told = Told::default();
    // Without a mark there are no headers and axes either.
    let lanes = |side: Side| {
        if table.rows.is_empty() {
            Vec::new()
        } else {
            lanes(&table, side)
        }
    };
    let (rows, cols) = (lanes(Side::Rows), lanes(Side::Cols));
    let mut layers = layers(&table, &rows, &cols);
    let count: usize = layers.iter().map(|layer| layer.marks.len()).sum();
    if count > MOST_MARKS {
        told.of_sheet(&table, format!("{count} marks; at most {MOST_MARKS} are drawn"));
        layers.clear();
    }
    let sides = rows.iter().map(|lane| (Side::Rows, lane));
    for (side, lane) in sides.chain(cols.iter().map(|lane| (Side::Cols, lane))) {
        if let [axis] = lane.axes.as_slice()
            && axis.is_dual(table.sheet, side)
        {
            let title = table.title(&axis.key);
            told.of_sheet(
                &table,
                format!("the axis '{title}' does not share the pane of others"),
            );
        }
    }
    for layer in &layers {
        report(&table, layer, &mut told);
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
    // Zones of a dashboard have margins of their own.
    let margin = if request.alone {
        theme::MARGIN
    } else {
        theme::PADDING
    };
    let mut top = margin;
    let inner = (request.width - 2.0 * margin).max(40.0);
    if request.title {
        let lines = title(&table, inner);
        items.extend(label::draw(&lines, (margin, top), inner, 0));
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
        margin,
        top,
        (inner - aside).max(80.0),
        (request.height - top - margin).max(60.0),
    );

    let references: Vec<Vec<Reference<'_>>> = (0..layers.len())
        .map(|number| references(&table, (&layers, number), &rows, &cols, &mut told))
        .collect();
    for (layer, found) in layers.iter_mut().zip(&references) {
        let mut marks = std::mem::take(&mut layer.marks);
        marks.retain(|place| !hidden(&table, layer, found, *place));
        layer.marks = marks;
    }
    // A picture alone grows with its content up to a length that nobody looks through.
    let visible = match request.alone {
        true => Rect::new(
            0.0,
            0.0,
            MOST_LENGTH.max(request.width),
            MOST_LENGTH.max(request.height),
        ),
        false => Rect::new(0.0, 0.0, request.width, request.height),
    };
    let (row_blocks, col_blocks) = (groups(&rows, outer), groups(&cols, outer));
    let blocks = (row_blocks.as_slice(), col_blocks.as_slice());
    let cells = cells(&table, &layers, &colorings, blocks, spacious, texts);
    let ranges = Ranges {
        table: &table,
        rows: &rows,
        cols: &cols,
        layers: &layers,
        colorings: &colorings,
        references: &references,
        blocks,
    };
    let own = ranges.own();
    let mut axes = ranges.scales(&own, &|side, _| match side {
        Side::Rows => area.height / rows.len().max(1) as f64,
        Side::Cols => area.width / cols.len().max(1) as f64,
    });
    let laid_out =
        |axes: &Axes| Layout::new(&table, &rows, &cols, axes, &cells, (area, visible), request.fit);
    let mut layout = laid_out(&axes);
    if ranges.have_labels() {
        // How much of an axis labels take follows from its length, which headers and texts leave.
        axes = ranges.scales(&own, &|side, lane| match side {
            Side::Rows => layout.pane(lane, 0).height,
            Side::Cols => layout.pane(0, lane).width,
        });
        layout = laid_out(&axes);
    }
    let is_cut =
        request.alone && (layout.outer.right() > visible.right() || layout.outer.bottom() > visible.bottom());
    if is_cut {
        let (wide, high) = (layout.outer.right(), layout.outer.bottom());
        let one = format!("the table has {wide:.0} × {high:.0} pixels; the first {MOST_LENGTH} are drawn");
        told.warn(&table, "viz.cut", one);
    }

    let mut drawn = layout.background(&table, &rows, &cols, &axes, texts);
    let scale_at = |side: Side, lane: usize, axis: &Axis| axes.scale(side, lane, axis).copied();
    // Floor plans lie below the lines of a grid.
    let (below, missing) = backdrops(&table, (&rows, &cols), &layout, &scale_at);
    drawn.splice(0..0, below);
    for path in missing {
        told.of_sheet(
            &table,
            format!("the image `{path}` behind the axes cannot be read"),
        );
    }
    let map = map::is_map(&table).then(|| (map_of(&table, &layers), Base::of(&table)));
    if let Some((map, base)) = &map {
        for row in 0..rows.len() {
            let shown = (0..cols.len()).filter(|&col| layout.shows(row, col));
            drawn.extend(shown.map(|col| map.base(base, layout.pane(row, col))));
        }
        if map.unknown > 0 {
            let one = format!(
                "{} places are not known, or their names are ambiguous",
                map.unknown
            );
            told.warn(&table, "viz.unknown-places", one);
        }
    }
    let mut wanted = Labels::default();
    let clip = layout.panes.inset(-1.0, -1.0, -1.0, -1.0);
    let clipped = |class: &str, items: Vec<Item>| {
        Item::Group(Group {
            class: class.to_owned(),
            clip: Some(clip),
            items,
        })
    };
    for found in &references {
        let items = behind(found, &layout, &scale_at);
        if !items.is_empty() {
            drawn.push(clipped("bands", items));
        }
    }
    let mut notes = Vec::new();
    let mut noted = vec![false; table.sheet.annotations.len()];
    let mut lines = Vec::new();
    for ((layer, coloring), found) in layers.iter().zip(&colorings).zip(&references) {
        lines.extend(over(&table, found, &layout, &scale_at, &mut wanted));
        lines.extend(trends(
            &table,
            layer,
            coloring,
            (&rows, &cols),
            &layout,
            &scale_at,
            &mut told,
        ));
    }
    for (layer, coloring) in layers.iter().zip(&colorings) {
        // Lines may come from panes that are not in the picture, as may the least and the greatest of all marks.
        let whole = matches!(layer.kind, MarkKind::Line | MarkKind::Area | MarkKind::Polygon)
            || format(&layer.card.style, "mark", "mark-labels-mode") == Some("range");
        let marks: Vec<Mark> = layer
            .marks
            .iter()
            .filter(|&&(row_lane, col_lane, _)| whole || layout.shows(row_lane, col_lane))
            .map(|&place| {
                let (row_lane, col_lane, _) = place;
                let pane = layout.pane(row_lane, col_lane);
                let scale = |side, lane, axis: &Option<Axis>| {
                    let axis = axis.as_ref()?;
                    match &map {
                        Some((map, _)) if map::coordinate(&table, &axis.key) == Some(side) => {
                            Some(map.view(pane).axis(side))
                        }
                        _ => axes.scale(side, lane, axis).copied(),
                    }
                };
                let mark = Mark {
                    scales: (
                        scale(Side::Rows, row_lane, &layer.row_axis),
                        scale(Side::Cols, col_lane, &layer.col_axis),
                    ),
                    ..mark(&table, layer, place, pane)
                };
                match (&map, &layer.row_axis, &layer.col_axis) {
                    (Some((map, _)), Some(lat), Some(lon)) => map.mark(&table, mark, &lat.key, &lon.key),
                    _ => mark,
                }
            })
            .collect();
        let drawing = layer.with(&table, coloring, blocks);
        drawn.push(Item::Group(Group {
            class: format!("marks {}", layer.kind.name()),
            clip: (!texts).then_some(clip),
            items: match &map {
                Some((map, base)) if layer.kind == MarkKind::Map => {
                    let (mut items, points) = drawing.filled(&marks, map, base, &mut wanted);
                    items.extend(drawing.draw(&points, &mut wanted));
                    items
                }
                _ => drawing.draw(&marks, &mut wanted),
            },
        }));
        notes.extend(annotations(&drawing, &marks, &mut noted));
    }
    for _ in noted.iter().filter(|noted| !**noted && !table.rows.is_empty()) {
        told.warn(
            &table,
            "viz.unplaced",
            "an annotation is not drawn: what it speaks of is not in the view".to_owned(),
        );
    }
    if !lines.is_empty() {
        drawn.push(clipped("reference", lines));
    }
    drawn.push(Item::Group(wanted.placed(layout.panes)));
    if let Some((map, base)) = &map {
        drawn.extend(map.notes(&table, layout.panes, base));
    }
    if map.is_none() {
        let missing: usize = layers.iter().map(|layer| layer.count_missing(&table)).sum();
        if missing > 0 {
            let words = if missing == 1 { "# null" } else { "# nulls" };
            let words = table.workbook.language.phrase(words, &[&missing.to_string()]);
            drawn.extend(map::indicator(words, layout.panes));
        }
    }
    drawn.extend(layout.frame(&table, &rows, &cols, &axes, texts));
    if !notes.is_empty() {
        drawn.push(clipped("annotations", notes));
    }

    let (mut width, mut height) = (request.width, request.height);
    let left = match request.alone {
        true => layout.outer.right().min(visible.right()) + 2.0 * theme::MARGIN,
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
        height = (layout.outer.bottom().min(visible.bottom()) + theme::MARGIN).max(y + theme::MARGIN);
        let lines = caption(&table, &layers, inner);
        if !lines.is_empty() {
            items.extend(label::draw(&lines, (theme::MARGIN, height), inner, 0));
            height += label::height(&lines) + theme::MARGIN;
        }
        width = width.max(layout.outer.right().min(visible.right()) + aside + theme::MARGIN);
    }
    items.push(Item::Group(Group {
        class: "table".to_owned(),
        clip: (!request.alone)
            .then(|| Rect::new(0.0, 0.0, width, height))
            .or(is_cut.then_some(visible)),
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
        diagnostics: told.all(),
    }
}

/// Says what of a layer is not drawn as it should be.
fn report(table: &Table<'_>, layer: &Drawn<'_>, told: &mut Told) {
    let mut say = |message: &str| told.of_sheet(table, message.to_owned());
    let mark = layer.card.mark.as_str();
    if !mark.is_empty() && mark != "automatic" && MarkKind::named(mark).is_none() {
        say(&format!(
            "marks of the class '{mark}' are not known; others stand for them"
        ));
    }
    let way = format(&layer.card.style, "mark", "line-interpolation").unwrap_or("linear");
    if !matches!(way, "linear" | "step" | "jump") {
        say(&format!("lines of the form '{way}' are drawn straight"));
    }
    if layer.kind == MarkKind::Density && layer.row_axis.is_none() && layer.col_axis.is_none() {
        say("density without axes is drawn as circles");
    }
    if layer.kind == MarkKind::Map && !map::is_map(table) {
        say("areas are drawn on maps alone, where latitudes are on rows and longitudes on columns");
    }
    if layer.kind == MarkKind::Shape {
        let mut names: Vec<String> = format(&layer.card.style, "mark", "shape")
            .map(str::to_owned)
            .into_iter()
            .collect();
        for key in encoded(layer.card, "shape").filter(|key| !table.is_continuous(key)) {
            names.extend(shape_names(table, key).into_iter().map(|(_, name)| name));
        }
        let drawn = |name: &String| {
            name.is_empty()
                || crate::shape::is_known(name)
                || table.workbook.shapes.iter().any(|(known, _)| known == name)
        };
        for name in names.iter().filter(|name| !drawn(name)) {
            say(&format!(
                "the shape '{name}' is not in the workbook and is drawn as a circle"
            ));
        }
    }
}

/// A legend with the card that it is of.
pub(crate) struct CardLegend {
    /// The number of the card.
    pub pane: i64,
    /// Of what: `color`, `size` or `shape`.
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

/// What the page of a sheet is called that its picture shows.
pub(crate) fn page_text(workbook: &WorkbookSpec, sheet: &SheetSpec, rows: &SheetRows<'_>) -> Option<String> {
    Table::new(workbook, sheet, rows).token("Page Name")
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
        // Lengths of Gantt bars and breadths in units of an axis are read from the axis.
        let is_read = layer.kind == MarkKind::Gantt || layer.with(table, coloring, (&[], &[])).is_fixed();
        let size_keys = sizes.key.iter().cloned().collect();
        let size_legend = Legend::of_sizes(table, &sizes).filter(|_| !is_read);
        let shape = match layer.kind {
            MarkKind::Shape => encoded(layer.card, "shape").find(|key| !table.is_continuous(key)),
            _ => None,
        };
        let shape_keys: Vec<FieldRef> = shape.into_iter().cloned().collect();
        let shapes = shape.and_then(|key| Legend::of_shapes(table, key, coloring));
        // Tableau: a field that gives both colour and shape has one legend.
        let (colors, shapes) = match shape_keys == keys {
            true => (shapes, None),
            false => (Legend::of_colors(table, coloring), shapes),
        };
        let all = [
            ("color", keys, colors),
            ("size", size_keys, size_legend),
            ("shape", shape_keys, shapes),
        ];
        for (of, keys, legend) in all {
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
    // Where axes have measures of their own, the list of measure names stands for those.
    fn measure<'d>(table: &Table<'_>, layer: &'d Drawn<'_>) -> Option<&'d FieldRef> {
        let axes = [&layer.row_axis, &layer.col_axis].into_iter().flatten();
        let mut keys = axes.map(|axis| &axis.key);
        keys.find(|key| table.is_measure(key) && !key.is_measure_values())
    }
    let mut measures: Vec<FieldRef> = Vec::new();
    for layer in layers {
        let named = encoded(layer.card, "color").any(FieldRef::is_measure_names);
        if let Some(key) = measure(table, layer).filter(|key| named && !measures.contains(key)) {
            measures.push(key.clone());
        }
    }
    let color = |layer: &Drawn<'_>| {
        let fills = matches!(layer.kind, MarkKind::Map)
            || matches!(layer.kind, MarkKind::Square | MarkKind::Circle)
                && layer.row_axis.is_none()
                && layer.col_axis.is_none();
        let own = measure(table, layer).and_then(|key| measures.iter().position(|known| known == key));
        Coloring::of(
            table,
            layer.card,
            table.frame_of(layer.card),
            fills,
            (&measures, own),
        )
    };
    layers.iter().map(color).collect()
}

impl Table<'_> {
    /// The frame with the rows of a card.
    pub fn frame_of(&self, card: &PaneSpec) -> Option<usize> {
        self.data
            .panes
            .iter()
            .find(|(id, _)| *id == card.id)
            .map(|(_, frame)| *frame)
    }
}

/// What a piece of a title or caption stands for.
fn meaning(table: &Table<'_>, content: &PieceContent) -> String {
    let key = match content {
        PieceContent::Text(text) => return text.clone(),
        PieceContent::Token(word) => return table.token(word).unwrap_or_default(),
        PieceContent::Field(key) => key,
    };
    let parameter = (key.source == "Parameters")
        .then(|| table.workbook.parameter(&key.name))
        .flatten();
    if let Some(parameter) = parameter {
        return parameter_text(table.workbook.language, parameter);
    }
    /// More than these are not named one by one.
    const MOST: usize = 8;
    let mut texts: Vec<String> = Vec::new();
    for row in table.rows.iter().filter(|row| table.has(**row, key)) {
        let text = table.text(*row, key);
        if texts.contains(&text) {
            continue;
        }
        if texts.len() == MOST {
            return table.workbook.language.say("All").to_owned();
        }
        texts.push(text);
    }
    if texts.is_empty() {
        // What is not in the view may be in its filters.
        return filter_words(table.workbook, table.sheet, key);
    }
    texts.join(", ")
}

/// The caption, where it is shown: what was written, else what there is to say.
fn caption(table: &Table<'_>, layers: &[Drawn<'_>], width: f64) -> Vec<label::Line> {
    let tab = table
        .workbook
        .tabs
        .iter()
        .find(|tab| tab.name == table.sheet.name);
    let is_shown = tab.is_some_and(|tab| tab.cards.iter().any(|(kind, _, _)| kind == "caption"));
    if !is_shown {
        return Vec::new();
    }
    let font = table.font("caption", None, theme::TEXT);
    let color = table.color("caption", None, theme::DARK);
    match &table.sheet.caption {
        Some(text) => label::lines(text, font, color, width, &|content| meaning(table, content)),
        None => {
            let words = font.wrap(&crate::caption::automatic(table, layers), width);
            let lines = words.into_iter().filter(|line| !line.is_empty());
            lines.map(|line| label::Line::plain(line, font, color)).collect()
        }
    }
}

fn title(table: &Table<'_>, width: f64) -> Vec<label::Line> {
    let value = |content: &PieceContent| meaning(table, content);
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

/// What the map of a sheet has to show.
fn map_of(table: &Table<'_>, layers: &[Drawn<'_>]) -> Map {
    let marks = layers.iter().filter_map(|layer| {
        let (lat, lon) = (&layer.row_axis.as_ref()?.key, &layer.col_axis.as_ref()?.key);
        let geometry = encoded(layer.card, "geometry").next();
        let rows = layer.marks.iter();
        Some(rows.map(move |(_, _, row)| (*row, layer.kind, lat, lon, geometry)))
    });
    Map::of(table, marks.flatten())
}

fn cells(
    table: &Table<'_>,
    layers: &[Drawn<'_>],
    colorings: &[Coloring],
    blocks: (&[usize], &[usize]),
    spacious: bool,
    texts: bool,
) -> Cells {
    let mut cells = Cells {
        text_width: 0.0,
        text_height: 0.0,
        crowd_width: 0.0,
        spacious,
        texts,
    };
    for (layer, coloring) in layers.iter().zip(colorings) {
        let drawing = layer.with(table, coloring, blocks);
        let has_axis = layer.row_axis.is_some() || layer.col_axis.is_some();
        if !has_axis && !drawing.sizes.vary() && matches!(layer.kind, MarkKind::Shape | MarkKind::Circle) {
            // Marks that share a cell stand side by side.
            let mut crowds: HashMap<(usize, usize), usize> = HashMap::new();
            for (row, col, _) in &layer.marks {
                *crowds.entry((*row, *col)).or_default() += 1;
            }
            let most = crowds.into_values().max().unwrap_or(1);
            cells.crowd_width = cells.crowd_width.max(drawing.pitch() * most as f64 + 4.0);
            cells.text_height = cells.text_height.max(drawing.pitch());
        }
        if has_axis || layer.kind != MarkKind::Text && layer.kind != MarkKind::Square {
            continue;
        }
        for (_, _, row) in &layer.marks {
            let lines = drawing.label_lines(*row, None);
            cells.text_height = cells.text_height.max(label::height(&lines));
            cells.text_width = cells.text_width.max(widest(&lines).min(240.0));
        }
    }
    cells
}
