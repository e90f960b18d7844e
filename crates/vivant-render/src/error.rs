//! Errors of drawing.

/// Why a picture could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The picture has more pixels than may be drawn.
    #[error("a picture of {width} × {height} pixels is too large; at most {most} million pixels are drawn")]
    TooLarge {
        /// The width in device pixels.
        width: u64,
        /// The height in device pixels.
        height: u64,
        /// The most pixels, in millions.
        most: u64,
    },
    /// The picture has no size.
    #[error("a picture of {width} × {height} pixels has no area to draw on")]
    Empty {
        /// The width.
        width: f64,
        /// The height.
        height: f64,
    },
    /// A document without pages is asked for.
    #[error("there is nothing to draw")]
    NoPages,
    /// An image inside the picture cannot be used.
    #[error("the image cannot be drawn: {0}")]
    Bitmap(String),
    /// A library failed.
    #[error("the picture could not be drawn: {0}")]
    Failed(String),
}
