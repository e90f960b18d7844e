//! A dashboard's or story's picture: its zones in their places, and in them worksheets, texts, pictures, legends and
//! controls.
//!
//! What is in the zones is asked of [`Contents`]: nothing here runs a query or opens a file.

mod arrange;
mod control;
mod filter;
mod object;
mod story;
mod words;

use std::cell::OnceCell;
use std::collections::HashMap;

use vivant_document::spec::{
    ButtonAction, ButtonSpec, DashboardSpec, FieldRef, SheetSpec, StyleRule, WorkbookSpec, ZoneKind, ZoneSpec,
};
use vivant_render::{Bitmap, Color, Font, Group, Item, Rect, Scene, Style, Text};

use crate::legend::{Arrangement, Fonts};
use crate::rows::SheetRows;
use crate::sheet::{CardLegend, Picture, SheetRequest, draw_sheet, page_text, sheet_legends};
use crate::tell::Told;
use crate::theme;

use crate::label::styled;
pub use arrange::dashboard_size;
use arrange::{Placed, arrange};
pub(crate) use control::parameter_text;
use control::{ControlState, Words};
pub use filter::Domain;
pub(crate) use filter::{member_text, words as filter_words};
use words::{Meaning, Upright};

/// What to draw.
pub struct DashboardRequest<'a> {
    /// The workbook.
    pub workbook: &'a WorkbookSpec,
    /// The dashboard or story.
    pub dashboard: &'a DashboardSpec,
    /// The width of the picture in pixels, as [`dashboard_size`] tells it.
    pub width: f64,
    /// The height of the picture in pixels.
    pub height: f64,
    /// What is in it.
    pub contents: &'a dyn Contents,
}

/// What is in the zones of a dashboard.
pub trait Contents {
    /// Gives a worksheet as it was asked, or says why there is none.
    fn sheet(&self, name: &str) -> Result<SheetPart<'_>, String>;

    /// Gives the values that a filter lets choose from. Without them, it shows those that the document names.
    fn domain(&self, domain: &Domain) -> Option<&SheetRows<'_>>;

    /// Gives a picture of the package, and how large it is in pixels, or says why there is none.
    fn image(&self, path: &str) -> Result<(Bitmap, (f64, f64)), String>;

    /// Tells what a word of a text stands for, such as `Workbook Name` or `User Name`.
    fn word(&self, word: &str) -> Option<String>;
}

/// A worksheet with its rows.
pub struct SheetPart<'a> {
    /// The worksheet, with the filters that its rows have.
    pub sheet: &'a SheetSpec,
    /// The rows.
    pub rows: &'a SheetRows<'a>,
}

/// The most pixels of all pictures in a dashboard: they are unpacked in memory.
const MOST_PIXELS: f64 = 60_000_000.0;

/// The most zones of a dashboard; no hand makes more.
const MOST_ZONES: usize = 5_000;

/// Draws a dashboard, or a story with the point that it shows.
pub fn draw_dashboard(request: &DashboardRequest<'_>) -> Picture {
    let mut drawing = Drawing {
        workbook: request.workbook,
        dashboard: request.dashboard,
        contents: request.contents,
        told: Told::default(),
        legends: HashMap::new(),
        pixels: 0.0,
        has_point: false,
    };
    let items = drawing.draw(request.width, request.height);
    Picture {
        scene: Scene {
            width: request.width,
            height: request.height,
            title: request.dashboard.name.clone(),
            items,
        },
        diagnostics: drawing.told.all(),
    }
}

/// Lists the worksheets that a dashboard shows, or takes legends or pages from, each once; of a story, those of the point that
/// it shows. A name may be one that the workbook does not have.
pub fn shown_sheets<'w>(workbook: &'w WorkbookSpec, dashboard: &'w DashboardSpec) -> Vec<&'w str> {
    let mut found: Vec<&str> = Vec::new();
    let mut add = |name: &'w str| {
        if !found.contains(&name) {
            found.push(name);
        }
    };
    let of_zones = |dashboard: &'w DashboardSpec, add: &mut dyn FnMut(&'w str)| {
        dashboard.walk_shown(&mut |zone| match &zone.kind {
            ZoneKind::Sheet { sheet, .. } | ZoneKind::Legend { sheet, .. } | ZoneKind::Page { sheet } => {
                add(sheet);
            }
            _ => {}
        });
    };
    of_zones(dashboard, &mut add);
    if let (true, Some(point)) = (dashboard.is_story, dashboard.point()) {
        match workbook.dashboard(&point.sheet) {
            Some(shown) => of_zones(shown, &mut add),
            None => add(&point.sheet),
        }
    }
    found
}

struct Drawing<'a> {
    workbook: &'a WorkbookSpec,
    dashboard: &'a DashboardSpec,
    contents: &'a dyn Contents,
    told: Told,
    /// The legends of worksheets, by name; computed for the first zone that shows one.
    legends: HashMap<String, OnceCell<Vec<CardLegend>>>,
    /// The pixels of all pictures so far.
    pixels: f64,
    /// Whether a story has its point.
    has_point: bool,
}

impl<'a> Drawing<'a> {
    fn draw(&mut self, width: f64, height: f64) -> Vec<Item> {
        let whole = Rect::new(0.0, 0.0, width, height);
        let background = vivant_document::spec::format(&self.dashboard.style, "table", "background-color")
            .and_then(|text| text.parse().ok())
            .unwrap_or(Color::WHITE);
        let mut items = vec![Item::Rect(whole, 0.0, Style::fill(background))];
        let mut placed = arrange(self.dashboard, width, height);
        if placed.len() > MOST_ZONES {
            self.say(format!(
                "{} zones; the first {MOST_ZONES} are drawn",
                placed.len()
            ));
            placed.truncate(MOST_ZONES);
        }
        for zone in &placed {
            self.zone(zone, &mut items);
        }
        items
    }

    fn say(&mut self, message: String) {
        let kind = if self.dashboard.is_story {
            "story"
        } else {
            "dashboard"
        };
        let place = format!("{kind} '{}'", self.dashboard.name);
        self.told.unsupported(place, message);
    }

    /// Draws a zone: background, content, border.
    fn zone(&mut self, placed: &Placed<'a>, items: &mut Vec<Item>) {
        let zone = placed.zone;
        let fill = zone
            .frame
            .background
            .as_deref()
            .and_then(|text| text.parse::<Color>().ok());
        if let Some(color) = fill.filter(|color| color.alpha > 0) {
            items.push(Item::Rect(placed.frame, 0.0, Style::fill(color)));
        }
        let area = placed.content;
        if area.width >= 1.0 && area.height >= 1.0 {
            let drawn = self.content(zone, area);
            if !drawn.is_empty() {
                items.push(Item::Group(Group {
                    class: class(&zone.kind).to_owned(),
                    clip: Some(area),
                    items: drawn,
                }));
            }
        }
        items.extend(
            zone.frame
                .border
                .as_ref()
                .and_then(|spec| object::border(spec, placed.frame)),
        );
    }

    fn content(&mut self, zone: &'a ZoneSpec, area: Rect) -> Vec<Item> {
        match &zone.kind {
            ZoneKind::Tiled | ZoneKind::Flow { .. } | ZoneKind::Blank => Vec::new(),
            ZoneKind::Sheet {
                sheet,
                title,
                caption,
            } => self.sheet(sheet, *title, *caption, area),
            ZoneKind::Title => self.title(area),
            ZoneKind::Text => self.text(zone, area),
            ZoneKind::Image { path, fit, centered } => self.image(path, *fit, *centered, area),
            ZoneKind::Button(button) => self.button(zone, button, area),
            ZoneKind::Legend {
                of,
                sheet,
                pane,
                field,
            } => self.legend(zone, (of, sheet, *pane, field.as_ref()), area),
            ZoneKind::Filter { sheet, field, mode } => {
                self.filter(zone, sheet, field.as_ref(), mode.as_deref(), area)
            }
            ZoneKind::Parameter { parameter, mode } => {
                self.parameter(zone, parameter.as_ref(), mode.as_deref(), area)
            }
            ZoneKind::Page { sheet } => self.page(zone, sheet, area),
            ZoneKind::Highlighter { sheet, field } => self.highlighter(zone, sheet, field.as_ref(), area),
            ZoneKind::Story => self.story(area),
            ZoneKind::StoryNavigator => {
                let (font, color, _) = self.styled("story-point", theme::TEXT, words::INK);
                story::navigator(self.dashboard, area, font, color)
            }
            ZoneKind::Web(address) => {
                self.say("web pages are not loaded".to_owned());
                object::placeholder(address, area)
            }
            ZoneKind::Extension(name) => {
                self.say("extensions are not run".to_owned());
                object::placeholder(name, area)
            }
            ZoneKind::Other(kind) => {
                self.say(format!("zones of the kind `{kind}` are not drawn"));
                Vec::new()
            }
        }
    }

    fn meaning(&self) -> Meaning<'a> {
        Meaning {
            workbook: self.workbook,
            name: &self.dashboard.name,
            contents: self.contents,
        }
    }

    /// How an element's text looks by the workbook's and the dashboard's styles.
    fn styled(&self, element: &str, font: Font, color: Color) -> (Font, Color, Option<u8>) {
        styled(
            &[&self.workbook.style, &self.dashboard.style],
            element,
            font,
            color,
        )
    }

    fn title(&self, area: Rect) -> Vec<Item> {
        let element = if self.dashboard.is_story {
            "story-title"
        } else {
            "dash-title"
        };
        let look = self.styled(element, words::TITLE, words::INK);
        let text = words::title_words(self.dashboard.title.as_ref(), &self.dashboard.name);
        words::draw(&text, beside(area), look, Upright::Middle, &self.meaning())
    }

    fn text(&self, zone: &ZoneSpec, area: Rect) -> Vec<Item> {
        // Some texts belong to one point of a story.
        let of_point = zone
            .get("story-point-id")
            .and_then(|text| text.parse::<i64>().ok());
        if of_point.is_some() && self.dashboard.point().and_then(|point| point.id) != of_point {
            return Vec::new();
        }
        let Some(text) = &zone.text else { return Vec::new() };
        let look = self.styled("dash-text", words::TEXT, words::INK);
        words::draw(text, beside(area), look, Upright::Middle, &self.meaning())
    }

    fn sheet(&mut self, name: &str, title: bool, caption: bool, area: Rect) -> Vec<Item> {
        let part = match self.contents.sheet(name) {
            Ok(part) => part,
            Err(message) => {
                self.say(format!("worksheet '{name}' is not drawn: {message}"));
                return object::placeholder(name, area);
            }
        };
        let below = part.sheet.caption.as_ref().filter(|_| caption);
        let caption_height = if below.is_some() {
            2.0 * theme::TEXT.line_height()
        } else {
            0.0
        };
        let height = area.height - caption_height;
        let picture = draw_sheet(&SheetRequest {
            workbook: self.workbook,
            sheet: part.sheet,
            rows: part.rows,
            width: area.width,
            height,
            fit: self.workbook.fit(&self.dashboard.name, name),
            selected: self.workbook.selected(&self.dashboard.name, name),
            alone: false,
            legends: self.dashboard.is_story,
            title,
        });
        picture.diagnostics.into_iter().for_each(|one| self.told.add(one));
        let mut items: Vec<Item> = Vec::with_capacity(picture.scene.items.len() + 1);
        if !has_background(part.sheet) {
            items.push(Item::Rect(area, 0.0, Style::fill(Color::WHITE)));
        }
        // A table may be much longer than its zone.
        let own = Rect::new(0.0, 0.0, area.width, height);
        let visible = picture
            .scene
            .items
            .into_iter()
            .filter_map(|item| item.within(&own));
        items.extend(visible.map(|item| item.translated(area.x, area.y)));
        if let Some(text) = below {
            let place =
                Rect::new(area.x, area.y + height, area.width, caption_height).inset(8.0, 0.0, 8.0, 0.0);
            let look = (theme::TEXT, theme::DARK, None);
            let meaning = Meaning {
                name: &part.sheet.name,
                ..self.meaning()
            };
            items.extend(words::draw(text, place, look, Upright::Top, &meaning));
        }
        items
    }

    fn legend(
        &mut self,
        zone: &ZoneSpec,
        (of, name, pane, field): (&str, &str, i64, Option<&FieldRef>),
        area: Rect,
    ) -> Vec<Item> {
        let part = match self.contents.sheet(name) {
            Ok(part) => part,
            Err(message) => {
                // The sheet may have no zone of its own that would say so.
                self.say(format!(
                    "the legend of worksheet '{name}' is not drawn: {message}"
                ));
                return Vec::new();
            }
        };
        let cell = self.legends.entry(name.to_owned()).or_default();
        let all = cell.get_or_init(|| sheet_legends(self.workbook, part.sheet, part.rows));
        let same_kind = || all.iter().filter(|legend| legend.of == of);
        let found = same_kind()
            .find(|legend| legend.pane == pane && field.is_none_or(|field| legend.keys.contains(field)))
            .or_else(|| same_kind().find(|legend| field.is_some_and(|field| legend.keys.contains(field))))
            .or_else(|| same_kind().find(|legend| legend.pane == pane))
            .or_else(|| same_kind().next());
        let Some(found) = found else {
            if of == "map" {
                self.say("legends of maps are not drawn".to_owned());
            }
            return Vec::new();
        };
        let arrangement = match zone.get("leg-item-layout") {
            Some("vert") => Arrangement::Column,
            Some("horz") => Arrangement::Row,
            _ => Arrangement::Automatic,
        };
        let lists: [&[StyleRule]; 3] = [&self.workbook.style, &self.dashboard.style, &part.sheet.style];
        let usual = Fonts::default();
        let look = |element: &str, (font, color): (Font, Color)| {
            let (font, color, _) = styled(&lists, element, font, color);
            (font, color)
        };
        let fonts = Fonts {
            title: look("legend-title", usual.title),
            text: look("legend", usual.text),
        };
        let titled = zone.get("show-title") != Some("false");
        found.legend.draw(padded(area), arrangement, titled, fonts).0
    }

    fn filter(
        &mut self,
        zone: &ZoneSpec,
        name: &str,
        field: Option<&FieldRef>,
        mode: Option<&str>,
        area: Rect,
    ) -> Vec<Item> {
        let part = self.contents.sheet(name).ok();
        let sheet = part
            .as_ref()
            .map(|part| part.sheet)
            .or_else(|| self.workbook.sheet(name));
        let (Some(sheet), Some(field)) = (sheet, field) else {
            self.say(format!("a filter of the worksheet '{name}', which is not there"));
            return Vec::new();
        };
        let rows = Domain::of(self.workbook, zone).and_then(|domain| self.contents.domain(&domain));
        let state = filter::state(self.workbook, sheet, zone, field, mode, rows);
        let title = filter::title(self.workbook, sheet, field);
        self.control(
            zone,
            &title,
            &state,
            ["quick-filter-title", "quick-filter"],
            &sheet.style,
            area,
        )
    }

    fn parameter(
        &mut self,
        zone: &ZoneSpec,
        key: Option<&FieldRef>,
        mode: Option<&str>,
        area: Rect,
    ) -> Vec<Item> {
        let Some(parameter) = key.and_then(|key| self.workbook.parameter(&key.name)) else {
            self.say("a control of a parameter that is not there".to_owned());
            return Vec::new();
        };
        let state = control::parameter(self.workbook.language, parameter, mode);
        self.control(
            zone,
            &parameter.caption,
            &state,
            ["parameter-ctrl-title", "parameter-ctrl"],
            &[],
            area,
        )
    }

    /// Draws a control below its title.
    fn control(
        &self,
        zone: &ZoneSpec,
        title: &str,
        state: &ControlState,
        [of_title, of_body]: [&str; 2],
        style: &[StyleRule],
        area: Rect,
    ) -> Vec<Item> {
        let (mut items, rest) = self.head(zone, title, of_title, style, area);
        let lists: [&[StyleRule]; 3] = [&self.workbook.style, &self.dashboard.style, style];
        let (font, color, _) = styled(&lists, of_body, theme::TEXT, theme::DARK);
        items.extend(control::draw(state, rest, Words { font, color }));
        items
    }

    /// Draws the title of a control, where it is shown; returns the room below it, too.
    fn head(
        &self,
        zone: &ZoneSpec,
        title: &str,
        element: &str,
        style: &[StyleRule],
        area: Rect,
    ) -> (Vec<Item>, Rect) {
        let area = padded(area);
        let lists: [&[StyleRule]; 3] = [&self.workbook.style, &self.dashboard.style, style];
        let mut items = Vec::new();
        let mut top = area.y;
        if zone.get("show-title") != Some("false") {
            let look = styled(&lists, element, theme::CAPTION, theme::DARK);
            let line = Rect::new(area.x, top, area.width, look.0.line_height());
            match zone
                .text
                .as_ref()
                .filter(|_| zone.get("custom-title") == Some("true"))
            {
                Some(text) => items.extend(words::draw(text, line, look, Upright::Top, &self.meaning())),
                None => {
                    let (font, color, align) = look;
                    let words = font.fit(title, area.width);
                    let free = area.width - font.width(&words);
                    let x = area.x
                        + match align {
                            Some(1) => free / 2.0,
                            Some(2) => free,
                            _ => 0.0,
                        };
                    items.push(Item::Text(Text::new(
                        (x, top + font.ascent()),
                        words,
                        font,
                        color,
                    )));
                }
            }
            top += line.height + 3.0;
        }
        (items, area.inset(0.0, top - area.y, 0.0, 0.0))
    }

    /// The control of the pages of a sheet: the one that is shown, and a sign for going through them.
    fn page(&mut self, zone: &ZoneSpec, name: &str, area: Rect) -> Vec<Item> {
        const SIGN: f64 = 24.0;
        let key = self
            .workbook
            .sheet(name)
            .and_then(|sheet| Some((sheet, sheet.pages.first()?)));
        let Some((sheet, key)) = key else {
            self.say(format!("pages of the worksheet '{name}', which are not there"));
            return Vec::new();
        };
        let title = filter::title(self.workbook, sheet, key);
        let (mut items, rest) = self.head(zone, &title, "page-title", &sheet.style, area);
        // The same page as the sheet shows.
        let shown = match self.contents.sheet(name) {
            Ok(part) => page_text(self.workbook, part.sheet, part.rows),
            Err(message) => {
                self.say(format!("the page of worksheet '{name}' is not shown: {message}"));
                None
            }
        };
        let state = ControlState::DropDown(shown.unwrap_or_default());
        let words = Words {
            font: theme::TEXT,
            color: theme::DARK,
        };
        let rest = rest.inset(0.0, 0.0, SIGN, 0.0);
        items.extend(control::draw(&state, rest, words));
        items.push(object::play((rest.right() + 14.0, rest.y + 10.5)));
        items
    }

    fn highlighter(
        &mut self,
        zone: &ZoneSpec,
        name: &str,
        field: Option<&FieldRef>,
        area: Rect,
    ) -> Vec<Item> {
        let (Some(sheet), Some(field)) = (self.workbook.sheet(name), field) else {
            self.say(format!(
                "a highlighter of the worksheet '{name}', which is not there"
            ));
            return Vec::new();
        };
        let title = filter::title(self.workbook, sheet, field);
        let title = self.workbook.language.phrase("Highlight #", &[&title]);
        let state = ControlState::Search(String::new());
        self.control(
            zone,
            &title,
            &state,
            ["highlighter-title", "highlighter"],
            &sheet.style,
            area,
        )
    }

    fn image(&mut self, path: &str, fit: bool, centered: bool, area: Rect) -> Vec<Item> {
        let too_many = |of: &mut Self| {
            of.say(format!(
                "the image `{path}`: all images together have more than {} million pixels or MB",
                MOST_PIXELS / 1e6
            ));
            object::placeholder(path, area)
        };
        if self.pixels > MOST_PIXELS {
            return too_many(self);
        }
        match self.contents.image(path) {
            Ok((bitmap, natural)) => {
                let (width, height) = bitmap.size();
                // A file of few pixels may still be a large one, and is in the picture each time.
                self.pixels += (f64::from(width) * f64::from(height)).max(bitmap.bytes().len() as f64);
                if self.pixels > MOST_PIXELS {
                    return too_many(self);
                }
                object::image(&bitmap, natural, area, fit, centered)
                    .into_iter()
                    .collect()
            }
            Err(message) => {
                self.say(format!("the image `{path}`: {message}"));
                object::placeholder(path, area)
            }
        }
    }

    fn button(&mut self, zone: &ZoneSpec, button: &ButtonSpec, area: Rect) -> Vec<Item> {
        if let (false, Some(path)) = (button.is_text, &button.image) {
            return self.image(path, true, true, area);
        }
        let target = match &button.action {
            ButtonAction::Go(window) => {
                let mut tabs = self.workbook.tabs.iter();
                tabs.find(|tab| tab.id.as_deref() == Some(window))
                    .map(|tab| tab.name.as_str())
            }
            _ => None,
        };
        let behind = zone.frame.background.as_deref();
        match &button.caption {
            Some(caption) => object::button(button, caption, behind, area),
            None if button.is_text => {
                let caption = object::action_words(self.workbook.language, &button.action, target);
                object::button(button, &caption, behind, area)
            }
            None => object::icon(&button.action, area),
        }
    }

    /// What a story shows: the worksheet or dashboard of its point.
    fn story(&mut self, area: Rect) -> Vec<Item> {
        let Some(point) = self.dashboard.point() else {
            return Vec::new();
        };
        let Some(shown) = self.workbook.dashboard(&point.sheet) else {
            return self.sheet(&point.sheet, true, false, area);
        };
        if shown.is_story {
            self.say(format!("the story '{}' inside another", shown.name));
            return Vec::new();
        }
        // A damaged document could ask for the same again and again.
        if std::mem::replace(&mut self.has_point, true) {
            self.say("a second place for the point of the story".to_owned());
            return Vec::new();
        }
        let (width, height) = dashboard_size(shown, Some((area.width, area.height)));
        // What is larger than the story has scroll bars in Tableau; here it is laid out in the room that there is.
        let (width, height) = (width.min(area.width), height.min(area.height));
        let picture = draw_dashboard(&DashboardRequest {
            workbook: self.workbook,
            dashboard: shown,
            width,
            height,
            contents: self.contents,
        });
        picture.diagnostics.into_iter().for_each(|one| self.told.add(one));
        let left = area.x + ((area.width - width) / 2.0).floor();
        picture
            .scene
            .items
            .into_iter()
            .map(|item| item.translated(left, area.y))
            .collect()
    }
}

/// The room inside legends and controls.
fn padded(area: Rect) -> Rect {
    let above = if area.height < 24.0 { 0.0 } else { 3.0 };
    area.inset(theme::PADDING, above, theme::PADDING, 0.0)
}

/// The room beside texts.
fn beside(area: Rect) -> Rect {
    area.inset(theme::PADDING, 0.0, theme::PADDING, 0.0)
}

/// Whether a worksheet says what is behind it. Without that it is white, whatever the dashboard's colour.
fn has_background(sheet: &SheetSpec) -> bool {
    vivant_document::spec::format(&sheet.style, "table", "background-color").is_some()
}

/// The name of a zone's group, for those who read the picture.
fn class(kind: &ZoneKind) -> &'static str {
    match kind {
        ZoneKind::Sheet { .. } => "worksheet",
        ZoneKind::Tiled | ZoneKind::Flow { .. } | ZoneKind::Blank => "",
        ZoneKind::Filter { .. } => "filter",
        ZoneKind::Parameter { .. } => "parameter",
        ZoneKind::Legend { .. } => "legend",
        ZoneKind::Title => "title",
        ZoneKind::Text => "text",
        ZoneKind::Image { .. } => "image",
        ZoneKind::Web(_) => "web",
        ZoneKind::Button(_) => "button",
        ZoneKind::Extension(_) => "extension",
        ZoneKind::Page { .. } => "page",
        ZoneKind::Highlighter { .. } => "highlighter",
        ZoneKind::Story => "story",
        ZoneKind::StoryNavigator => "navigator",
        ZoneKind::Other(_) => "other",
    }
}
