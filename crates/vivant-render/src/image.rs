//! Bitmaps inside pictures.

use std::fmt;
use std::sync::Arc;

use crate::RenderError;

/// The most pixels of a bitmap: it is unpacked in memory.
const MOST_PIXELS: usize = 40_000_000;

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
