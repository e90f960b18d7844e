//! Pictures: a [`Scene`] says what is drawn where, and is written as SVG, PNG and PDF that look the same,
//! and pictures are put on the slides of a presentation.
//!
//! Lengths are in logical pixels (1/96 inch), the origin is at the top left, angles are in degrees clockwise.
//! A scene is written as SVG first; the other formats are made of that, with the fonts inside this crate.

#![forbid(unsafe_code)]

mod color;
mod error;
mod font;
mod image;
mod path;
mod pdf;
mod png;
mod pptx;
mod scene;
mod svg;

pub use color::{Color, ColorError};
pub use error::RenderError;
pub use font::{FAMILY, Font, Weight, add_fonts};
pub use image::{Bitmap, BitmapKind};
pub use path::{Path, Step};
pub use pdf::{PdfPage, PdfWriter, pdf};
pub use png::{png, png_corner};
pub use pptx::{Slide, pptx};
pub use scene::{Anchor, Fill, Group, Item, Rect, Scene, Stroke, Style, Text};
pub use svg::svg;
