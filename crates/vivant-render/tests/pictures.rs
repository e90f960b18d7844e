//! One scene with everything in it, in all formats.

use vivant_render::{
    Anchor, Bitmap, Color, Fill, Font, Group, Item, Path, PdfPage, Rect, RenderError, Scene, Slide, Stroke,
    Style, Text, Weight, pdf, png, pptx, svg,
};

const BLUE: Color = Color::rgb(0x004E_79A7);

fn scene() -> Scene {
    let font = Font::new(14.0);
    let text = |y: f64, text: &str| Text::new((20.0, y), text, font, Color::BLACK);
    let group = Group {
        class: "marks".to_owned(),
        clip: Some(Rect::new(0.0, 0.0, 100.0, 60.0)),
        items: vec![
            Item::Rect(Rect::new(10.0, 10.0, 200.0, 20.0), 0.0, Style::fill(BLUE)),
            Item::Circle(
                (50.0, 45.0),
                8.0,
                Style::fill(Color::rgb(0x00F2_8E2B).with_alpha(128)),
            ),
        ],
    };
    Scene {
        width: 300.0,
        height: 200.0,
        title: "Sales & <Profit>".to_owned(),
        items: vec![
            Item::Group(group),
            Item::Line(
                (0.0, 70.5),
                (300.0, 70.5),
                Stroke::new(Color::BLACK, 1.0).dashed([4.0, 2.0]),
            ),
            Item::Path(
                Path::slice((150.0, 130.0), 0.0, 30.0, 0.0, 120.0),
                Style::fill(Color::rgb(0x00E1_5759)).bordered(Stroke::new(Color::WHITE, 1.0).rounded()),
            ),
            Item::Rect(
                Rect::new(200.0, 100.0, 80.0, 14.0),
                2.0,
                Style {
                    fill: Some(Fill::Across(vec![(0.0, Color::WHITE), (1.0, BLUE)])),
                    stroke: None,
                },
            ),
            Item::Text(text(90.0, "Sum of Sales: 12,345 €")),
            Item::Text(Text {
                font: font.weighing(Weight::Bold),
                underlined: true,
                ..text(110.0, "a < b & \"c\"\u{1}")
            }),
            Item::Text(text(150.0, "turned").turned(-90.0).anchored(Anchor::Middle)),
        ],
    }
}

#[test]
fn svg_has_a_fixed_form() {
    let text = svg(&scene()).unwrap();
    for line in [
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"300\" height=\"200\" viewBox=\"0 0 300 200\" \
         font-family=\"'Source Sans 3', sans-serif\">",
        " <title>Sales &amp; &lt;Profit&gt;</title>",
        " <clipPath id=\"d1\"><rect x=\"0\" y=\"0\" width=\"100\" height=\"60\"/></clipPath>",
        " <g class=\"marks\" clip-path=\"url(#d1)\">",
        "  <circle cx=\"50\" cy=\"45\" r=\"8\" fill=\"#f28e2b\" fill-opacity=\"0.502\"/>",
        " <line x1=\"0\" y1=\"70.5\" x2=\"300\" y2=\"70.5\" stroke=\"#000000\" stroke-width=\"1\" \
         stroke-dasharray=\"4 2\"/>",
        " <text x=\"20\" y=\"110\" font-size=\"14\" font-weight=\"700\" text-decoration=\"underline\" \
         fill=\"#000000\" xml:space=\"preserve\">a &lt; b &amp; &quot;c&quot; </text>",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
    assert_eq!(text, svg(&scene()).unwrap());
}

/// The colour of a pixel.
fn pixel(picture: &resvg::tiny_skia::Pixmap, x: u32, y: u32) -> (u8, u8, u8, u8) {
    let pixel = picture.pixel(x, y).unwrap().demultiply();
    (pixel.red(), pixel.green(), pixel.blue(), pixel.alpha())
}

#[test]
fn png_shows_what_the_scene_says() {
    let bytes = png(&scene(), 2.0, Some(Color::WHITE)).unwrap();
    let picture = resvg::tiny_skia::Pixmap::decode_png(&bytes).unwrap();
    assert_eq!((picture.width(), picture.height()), (600, 400));
    assert_eq!(pixel(&picture, 40, 40), (0x4E, 0x79, 0xA7, 255));
    // Clipped.
    assert_eq!(pixel(&picture, 250, 40), (255, 255, 255, 255));
    // There are letters.
    let dark = (40..300)
        .filter(|&x| (160..184).any(|y| pixel(&picture, x, y).0 < 60))
        .count();
    assert!(dark > 60, "{dark}");
    let clear = png(&scene(), 1.0, None).unwrap();
    let clear = resvg::tiny_skia::Pixmap::decode_png(&clear).unwrap();
    assert_eq!(clear.pixel(250, 20).unwrap().alpha(), 0);
}

#[test]
fn text_is_as_wide_as_it_was_measured() {
    let words = "Measured Words 1,234";
    let font = Font::new(20.0);
    let text = Text::new((10.0, 30.0), words, font, Color::BLACK);
    let scene = Scene {
        width: 400.0,
        height: 40.0,
        title: String::new(),
        items: vec![Item::Text(text)],
    };
    let picture =
        resvg::tiny_skia::Pixmap::decode_png(&png(&scene, 1.0, Some(Color::WHITE)).unwrap()).unwrap();
    let dark = |x: &u32| (0..40).any(|y| pixel(&picture, *x, y).0 < 128);
    let (first, last) = ((0..400).find(dark).unwrap(), (0..400).rev().find(dark).unwrap());
    let (drawn, measured) = (f64::from(last - first), font.width(words));
    assert!(
        (drawn - measured).abs() < 5.0,
        "{drawn} drawn, {measured} measured"
    );
}

#[test]
fn pdf_has_a_page_for_each_scene() {
    let scene = scene();
    let page = PdfPage {
        scene: &scene,
        width: 612.0,
        height: 792.0,
        area: Rect::new(36.0, 36.0, 225.0, 150.0),
    };
    let bytes = pdf("Sales", &[page.clone(), page]).unwrap();
    assert!(bytes.starts_with(b"%PDF-"));
    assert_eq!(
        bytes,
        pdf(
            "Sales",
            &[
                PdfPage {
                    scene: &scene,
                    width: 612.0,
                    height: 792.0,
                    area: Rect::new(36.0, 36.0, 225.0, 150.0)
                },
                PdfPage {
                    scene: &scene,
                    width: 612.0,
                    height: 792.0,
                    area: Rect::new(36.0, 36.0, 225.0, 150.0)
                },
            ]
        )
        .unwrap()
    );
}

#[test]
fn what_cannot_be_drawn_says_why() {
    let large = Scene {
        width: 20_000.0,
        height: 20_000.0,
        title: String::new(),
        items: Vec::new(),
    };
    assert!(matches!(
        png(&large, 1.0, None),
        Err(RenderError::TooLarge { .. })
    ));
    let flat = Scene { height: 0.0, ..large };
    assert!(matches!(svg(&flat), Err(RenderError::Empty { .. })));
    for bytes in [
        &b"no image"[..],
        b"\x89PNG\r\n\x1a\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"",
    ] {
        assert!(matches!(Bitmap::new(bytes), Err(RenderError::Bitmap(_))));
    }
}

#[test]
fn bitmaps_are_drawn_in_their_place() {
    let dot = Scene {
        width: 1.0,
        height: 1.0,
        title: String::new(),
        items: vec![Item::Rect(Rect::new(0.0, 0.0, 1.0, 1.0), 0.0, Style::fill(BLUE))],
    };
    let bitmap = Bitmap::new(png(&dot, 1.0, None).unwrap()).unwrap();
    assert_eq!(bitmap.size(), (1, 1));
    let scene = Scene {
        width: 20.0,
        height: 20.0,
        title: String::new(),
        items: vec![Item::Bitmap(Rect::new(5.0, 5.0, 10.0, 10.0), bitmap)],
    };
    let picture = resvg::tiny_skia::Pixmap::decode_png(&png(&scene, 1.0, None).unwrap()).unwrap();
    assert_eq!(pixel(&picture, 10, 10), (0x4E, 0x79, 0xA7, 255));
    assert_eq!(picture.pixel(2, 2).unwrap().alpha(), 0);
}

/// Reads a part of a package.
fn part(package: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(package)).unwrap();
    let mut text = String::new();
    let mut part = archive.by_name(name).unwrap_or_else(|_| panic!("no {name}"));
    std::io::Read::read_to_string(&mut part, &mut text).unwrap();
    text
}

#[test]
fn presentations_have_a_slide_with_a_title_for_each_picture() {
    let slide = |title: &str, width: f64| Slide {
        title: title.to_owned(),
        picture: Bitmap::new(png(&Scene { width, ..scene() }, 1.0, None).unwrap()).unwrap(),
    };
    let slides = [slide("Sales & <Profit>", 300.0), slide("Map", 3000.0)];
    let bytes = pptx("Book", &slides).unwrap();
    assert_eq!(bytes, pptx("Book", &slides).unwrap());
    let first = part(&bytes, "ppt/slides/slide1.xml");
    assert!(first.contains("<a:t>Sales &amp; &lt;Profit&gt;</a:t>"), "{first}");
    // As high as there is place, in the middle; then as wide.
    assert!(
        first.contains("<a:off x=\"2049780\" y=\"1005840\"/><a:ext cx=\"8092440\" cy=\"5394960\"/>"),
        "{first}"
    );
    let second = part(&bytes, "ppt/slides/slide2.xml");
    assert!(
        second.contains("<a:ext cx=\"11277600\" cy=\"751840\"/>"),
        "{second}"
    );
    let list = part(&bytes, "ppt/presentation.xml");
    assert!(list.contains("<p:sldId id=\"256\" r:id=\"rId3\"/><p:sldId id=\"257\" r:id=\"rId4\"/>"));
    assert!(matches!(pptx("Book", &[]), Err(RenderError::NoPages)));
}
