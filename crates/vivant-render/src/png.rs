//! A scene as PNG.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::font::{FAMILY, database};
use crate::{Color, RenderError, Scene, svg};

/// The most pixels of a picture, in millions: four bytes each are held in memory.
const MOST_MILLIONS: u64 = 64;

/// Draws a scene as PNG, `scale` device pixels for each of its own, on a background.
pub fn png(scene: &Scene, scale: f64, background: Option<Color>) -> Result<Vec<u8>, RenderError> {
    png_corner(scene, (scene.width, scene.height), scale, background)
}

/// Draws the left upper corner of a scene as PNG, like [`png`]; `part` is how wide and high it is.
pub fn png_corner(
    scene: &Scene,
    part: (f64, f64),
    scale: f64,
    background: Option<Color>,
) -> Result<Vec<u8>, RenderError> {
    let (width, height) = (
        (part.0 * scale).round().max(1.0) as u64,
        (part.1 * scale).round().max(1.0) as u64,
    );
    let too_large = || RenderError::TooLarge {
        width,
        height,
        most: MOST_MILLIONS,
    };
    if width.saturating_mul(height) > MOST_MILLIONS * 1_000_000 {
        return Err(too_large());
    }
    let tree = tree(scene)?;
    let mut pixels = Pixmap::new(width as u32, height as u32).ok_or_else(too_large)?;
    if let Some(color) = background {
        let Color {
            red,
            green,
            blue,
            alpha,
        } = color;
        pixels.fill(resvg::tiny_skia::Color::from_rgba8(red, green, blue, alpha));
    }
    let fitted = Transform::from_scale((width as f64 / part.0) as f32, (height as f64 / part.1) as f32);
    resvg::render(&tree, fitted, &mut pixels.as_mut());
    pixels
        .encode_png()
        .map_err(|error| RenderError::Failed(error.to_string()))
}

/// Reads the SVG of a scene with the fonts inside the program, and nothing from outside.
pub(crate) fn tree(scene: &Scene) -> Result<Tree, RenderError> {
    let mut options = Options {
        fontdb: database(),
        font_family: FAMILY.to_owned(),
        ..Options::default()
    };
    // A scene names no files; should it ever, none is opened.
    options.image_href_resolver.resolve_string = Box::new(|_, _| None);
    Tree::from_str(&svg(scene)?, &options).map_err(|error| RenderError::Failed(error.to_string()))
}
