//! A scene as SVG: one element a line, in a fixed form, so that two of them can be compared.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::{Anchor, FAMILY, Fill, Group, Item, Rect, RenderError, Scene, Step, Stroke, Style, Text};

/// Writes a scene as SVG. Text stays text, in the family [`FAMILY`], which the file names and does not hold.
pub fn svg(scene: &Scene) -> Result<String, RenderError> {
    if !(scene.width >= 1.0 && scene.height >= 1.0 && scene.width.is_finite() && scene.height.is_finite()) {
        return Err(RenderError::Empty {
            width: scene.width,
            height: scene.height,
        });
    }
    let mut writer = Writer::default();
    let (width, height) = (number(scene.width), number(scene.height));
    writer.open(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"'{FAMILY}', sans-serif\">"
    ));
    if !scene.title.is_empty() {
        writer.line(&format!("<title>{}</title>", escaped(&scene.title)));
    }
    writer.items(&scene.items);
    writer.close("</svg>");
    Ok(writer.out)
}

#[derive(Default)]
struct Writer {
    out: String,
    depth: usize,
    defined: usize,
}

impl Writer {
    fn line(&mut self, line: &str) {
        for _ in 0..self.depth {
            self.out.push(' ');
        }
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    fn close(&mut self, line: &str) {
        self.depth -= 1;
        self.line(line);
    }

    fn id(&mut self) -> String {
        self.defined += 1;
        format!("d{}", self.defined)
    }

    fn items(&mut self, items: &[Item]) {
        for item in items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Group(group) => self.group(group),
            Item::Rect(rect, radius, style) => {
                let mut element = format!("<rect {}", place(rect));
                if *radius > 0.0 {
                    let _ = write!(element, " rx=\"{}\"", number(*radius));
                }
                self.shape(element, style);
            }
            Item::Circle((x, y), radius, style) => {
                let element = format!(
                    "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"",
                    number(*x),
                    number(*y),
                    number(*radius)
                );
                self.shape(element, style);
            }
            Item::Line((x1, y1), (x2, y2), stroke) => {
                let element = format!(
                    "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>",
                    number(*x1),
                    number(*y1),
                    number(*x2),
                    number(*y2),
                    stroked(stroke)
                );
                self.line(&element);
            }
            Item::Path(path, style) => {
                let mut steps = String::new();
                for step in &path.0 {
                    write_step(&mut steps, step);
                }
                self.shape(format!("<path d=\"{steps}\""), style);
            }
            Item::Text(text) => self.text(text),
            Item::Bitmap(rect, bitmap) => {
                let element = format!(
                    "<image {} preserveAspectRatio=\"none\" href=\"data:{};base64,{}\"/>",
                    place(rect),
                    bitmap.kind().media_type(),
                    BASE64_STANDARD.encode(bitmap.bytes())
                );
                self.line(&element);
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let mut element = "<g".to_owned();
        if !group.class.is_empty() {
            let _ = write!(element, " class=\"{}\"", escaped(&group.class));
        }
        if let Some(clip) = &group.clip {
            let id = self.id();
            self.line(&format!(
                "<clipPath id=\"{id}\"><rect {}/></clipPath>",
                place(clip)
            ));
            let _ = write!(element, " clip-path=\"url(#{id})\"");
        }
        element.push('>');
        self.open(&element);
        self.items(&group.items);
        self.close("</g>");
    }

    /// Ends an element that has an area.
    fn shape(&mut self, mut element: String, style: &Style) {
        match &style.fill {
            None => element.push_str(" fill=\"none\""),
            Some(Fill::Solid(color)) => {
                let _ = write!(element, " fill=\"{color}\"");
                if color.alpha < 255 {
                    let _ = write!(element, " fill-opacity=\"{}\"", number(color.opacity()));
                }
            }
            Some(Fill::Across(stops)) => {
                let id = self.gradient("linearGradient", "", stops);
                let _ = write!(element, " fill=\"url(#{id})\"");
            }
            Some(Fill::Down(stops)) => {
                let id = self.gradient("linearGradient", " x2=\"0\" y2=\"1\"", stops);
                let _ = write!(element, " fill=\"url(#{id})\"");
            }
            Some(Fill::Outward(stops)) => {
                let id = self.gradient("radialGradient", "", stops);
                let _ = write!(element, " fill=\"url(#{id})\"");
            }
        }
        if let Some(stroke) = &style.stroke {
            element.push_str(&stroked(stroke));
        }
        element.push_str("/>");
        self.line(&element);
    }

    fn gradient(&mut self, kind: &str, direction: &str, stops: &[(f64, crate::Color)]) -> String {
        let id = self.id();
        let mut element = format!("<{kind} id=\"{id}\"{direction}>");
        for (at, color) in stops {
            let _ = write!(element, "<stop offset=\"{}\" stop-color=\"{color}\"", number(*at));
            if color.alpha < 255 {
                let _ = write!(element, " stop-opacity=\"{}\"", number(color.opacity()));
            }
            element.push_str("/>");
        }
        let _ = write!(element, "</{kind}>");
        self.line(&element);
        id
    }

    fn text(&mut self, text: &Text) {
        if text.text.trim().is_empty() {
            return;
        }
        let (x, y) = (number(text.at.0), number(text.at.1));
        let mut element = format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{}\"",
            number(text.font.size)
        );
        if text.font.drawn_weight() != 400 {
            let _ = write!(element, " font-weight=\"{}\"", text.font.drawn_weight());
        }
        if text.font.italic {
            element.push_str(" font-style=\"italic\"");
        }
        match text.anchor {
            Anchor::Start => {}
            Anchor::Middle => element.push_str(" text-anchor=\"middle\""),
            Anchor::End => element.push_str(" text-anchor=\"end\""),
        }
        if text.turn != 0.0 {
            let _ = write!(element, " transform=\"rotate({} {x} {y})\"", number(text.turn));
        }
        if text.underlined {
            element.push_str(" text-decoration=\"underline\"");
        }
        let _ = write!(element, " fill=\"{}\"", text.color);
        if text.color.alpha < 255 {
            let _ = write!(element, " fill-opacity=\"{}\"", number(text.color.opacity()));
        }
        let _ = write!(element, " xml:space=\"preserve\">{}</text>", escaped(&text.text));
        self.line(&element);
    }
}

fn place(rect: &Rect) -> String {
    format!(
        "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        number(rect.x),
        number(rect.y),
        number(rect.width.max(0.0)),
        number(rect.height.max(0.0))
    )
}

fn stroked(stroke: &Stroke) -> String {
    let mut text = format!(" stroke=\"{}\"", stroke.color);
    if stroke.color.alpha < 255 {
        let _ = write!(text, " stroke-opacity=\"{}\"", number(stroke.color.opacity()));
    }
    let _ = write!(text, " stroke-width=\"{}\"", number(stroke.width));
    if !stroke.dashes.is_empty() {
        let dashes: Vec<String> = stroke.dashes.iter().map(|length| number(*length)).collect();
        let _ = write!(text, " stroke-dasharray=\"{}\"", dashes.join(" "));
    }
    if stroke.round {
        text.push_str(" stroke-linecap=\"round\" stroke-linejoin=\"round\"");
    }
    text
}

fn write_step(out: &mut String, step: &Step) {
    let (letter, numbers): (char, &[f64]) = match step {
        Step::Move(x, y) => ('M', &[*x, *y]),
        Step::Line(x, y) => ('L', &[*x, *y]),
        Step::Curve(a, b, c, d, x, y) => ('C', &[*a, *b, *c, *d, *x, *y]),
        Step::Close => ('Z', &[]),
    };
    out.push(letter);
    for (at, value) in numbers.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push_str(&number(*value));
    }
}

/// Writes a number with at most three decimals, which no eye tells from the whole. What is no number is 0.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let rounded = (value * 1000.0).round() / 1000.0;
    // Not "-0".
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

/// Escapes text; control characters, which XML does not take, become spaces.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push(' '),
            char if char.is_control() => out.push(' '),
            char => out.push(char),
        }
    }
    out
}
