//! Bitmaps inside pictures.

use std::fmt;
use std::sync::Arc;

use resvg::tiny_skia::{ColorU8, Pixmap, Transform};
use resvg::usvg::{ImageHrefResolver, Options, Tree};

use crate::font::{FAMILY, database};
use crate::{Color, RenderError};

/// The most pixels of a bitmap: it is unpacked in memory.
const MOST_PIXELS: usize = 40_000_000;

/// The longest file of a vector picture, in bytes.
const MOST_VECTOR_BYTES: usize = 8 << 20;

/// The longest side of a vector picture once it is a bitmap.
const LONGEST_VECTOR: f32 = 1600.0;

/// A format of bitmaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitmapKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF; its first picture is drawn.
    Gif,
    /// WebP.
    Webp,
}

impl BitmapKind {
    /// What files of it end in.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
}

/// A bitmap, as its file.
#[derive(Clone, PartialEq)]
pub struct Bitmap {
    bytes: Arc<[u8]>,
    kind: BitmapKind,
    width: u32,
    height: u32,
}

impl Bitmap {
    /// Takes the bytes of a file. Fails for other formats than PNG, JPEG, GIF and WebP, and for bitmaps that would
    /// not fit in memory.
    pub fn new(bytes: impl Into<Arc<[u8]>>) -> Result<Self, RenderError> {
        let bytes = bytes.into();
        let kind = match imagesize::image_type(&bytes) {
            Ok(imagesize::ImageType::Png) => BitmapKind::Png,
            Ok(imagesize::ImageType::Jpeg) => BitmapKind::Jpeg,
            Ok(imagesize::ImageType::Gif) => BitmapKind::Gif,
            Ok(imagesize::ImageType::Webp) => BitmapKind::Webp,
            Ok(other) => return Err(RenderError::Bitmap(format!("{other:?} is not supported"))),
            Err(error) => return Err(RenderError::Bitmap(error.to_string())),
        };
        let size = imagesize::blob_size(&bytes).map_err(|error| RenderError::Bitmap(error.to_string()))?;
        if size.width == 0 || size.height == 0 || size.width.saturating_mul(size.height) > MOST_PIXELS {
            return Err(RenderError::Bitmap(format!(
                "it has {} × {} pixels; between 1 and {MOST_PIXELS} are drawn",
                size.width, size.height
            )));
        }
        Ok(Self {
            bytes,
            kind,
            width: size.width as u32,
            height: size.height as u32,
        })
    }

    /// Takes the bytes of an SVG file and draws it, twice as fine as its size says. Nothing outside of the file is
    /// read. Tells its size in pixels, too. Fails for what is no SVG and for files that are too long to be drawn at
    /// once.
    pub fn of_svg(bytes: &[u8]) -> Result<(Self, (f64, f64)), RenderError> {
        if bytes.len() > MOST_VECTOR_BYTES {
            return Err(RenderError::Bitmap(format!(
                "the SVG file has {} bytes; at most {MOST_VECTOR_BYTES} are drawn",
                bytes.len()
            )));
        }
        let options = Options {
            font_family: FAMILY.to_owned(),
            fontdb: database(),
            // Pictures inside would be files beside it, or hide bitmaps of any size.
            image_href_resolver: ImageHrefResolver {
                resolve_data: Box::new(|_, _, _| None),
                resolve_string: Box::new(|_, _| None),
            },
            ..Options::default()
        };
        let tree =
            Tree::from_data(bytes, &options).map_err(|error| RenderError::Bitmap(error.to_string()))?;
        let size = tree.size();
        let scale = (LONGEST_VECTOR / size.width().max(size.height())).min(2.0);
        let (width, height) = (
            (size.width() * scale).ceil().max(1.0),
            (size.height() * scale).ceil().max(1.0),
        );
        let mut pixels = Pixmap::new(width as u32, height as u32)
            .ok_or_else(|| RenderError::Bitmap("it has no size".to_owned()))?;
        resvg::render(
            &tree,
            Transform::from_scale(width / size.width(), height / size.height()),
            &mut pixels.as_mut(),
        );
        let bitmap = Self::new(
            pixels
                .encode_png()
                .map_err(|error| RenderError::Bitmap(error.to_string()))?,
        )?;
        Ok((bitmap, (f64::from(size.width()), f64::from(size.height()))))
    }

    /// Makes a bitmap of colours, row by row. Fails where there are not as many as its size says, and for bitmaps that
    /// would not fit in memory.
    pub fn of_pixels(width: u32, height: u32, colors: &[Color]) -> Result<Self, RenderError> {
        let count = u64::from(width) * u64::from(height);
        if count > MOST_PIXELS as u64 {
            return Err(RenderError::Bitmap(format!(
                "a picture of {width} × {height} pixels is larger than {MOST_PIXELS}"
            )));
        }
        if count != colors.len() as u64 {
            return Err(RenderError::Bitmap(format!(
                "{} colours are no {width} × {height} pixels",
                colors.len()
            )));
        }
        let mut pixels =
            Pixmap::new(width, height).ok_or_else(|| RenderError::Bitmap("it has no size".to_owned()))?;
        for (pixel, color) in pixels.pixels_mut().iter_mut().zip(colors) {
            *pixel = ColorU8::from_rgba(color.red, color.green, color.blue, color.alpha).premultiply();
        }
        Self::new(
            pixels
                .encode_png()
                .map_err(|error| RenderError::Bitmap(error.to_string()))?,
        )
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The format.
    pub fn kind(&self) -> BitmapKind {
        self.kind
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }
}

impl fmt::Debug for Bitmap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bitmap({:?}, {} × {})", self.kind, self.width, self.height)
    }
}
