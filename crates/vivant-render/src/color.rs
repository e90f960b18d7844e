//! Colours.

use std::fmt;
use std::str::FromStr;

/// A colour of the sRGB space with its opacity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
    /// Opacity, 0 (nothing) to 255 (opaque).
    pub alpha: u8,
}

impl Color {
    /// White.
    pub const WHITE: Self = Self::rgb(0xFF_FFFF);
    /// Black.
    pub const BLACK: Self = Self::rgb(0);

    /// An opaque colour of `0xRRGGBB`.
    pub const fn rgb(value: u32) -> Self {
        Self {
            red: (value >> 16) as u8,
            green: (value >> 8) as u8,
            blue: value as u8,
            alpha: 255,
        }
    }

    /// The same colour with another opacity.
    #[must_use]
    pub const fn with_alpha(self, alpha: u8) -> Self {
        Self { alpha, ..self }
    }

    /// The colour between this one (0) and another (1), channel by channel.
    #[must_use]
    pub fn mix(self, other: Self, part: f64) -> Self {
        let part = part.clamp(0.0, 1.0);
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
            alpha: mix(self.alpha, other.alpha),
        }
    }

    /// How light it looks, 0 (black) to 1 (white): relative luminance by WCAG 2.
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let part = f64::from(channel) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// The opacity, 0 to 1.
    pub fn opacity(self) -> f64 {
        f64::from(self.alpha) / 255.0
    }
}

/// Writes `#rrggbb`, without the opacity.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// A text that is no colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no colour; write it as #rrggbb or #rrggbbaa")]
pub struct ColorError(String);

/// Reads `#rrggbb` and `#rrggbbaa`.
impl FromStr for Color {
    type Err = ColorError;

    fn from_str(text: &str) -> Result<Self, ColorError> {
        let wrong = || ColorError(text.to_owned());
        let digits = text.strip_prefix('#').ok_or_else(wrong)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        match digits.len() {
            6 => Ok(Self::rgb(number)),
            8 => Ok(Self::rgb(number >> 8).with_alpha(number as u8)),
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_and_written() {
        let blue: Color = "#4e79a7".parse().unwrap();
        assert_eq!(blue, Color::rgb(0x004E_79A7));
        assert_eq!(blue.to_string(), "#4e79a7");
        assert_eq!("#4E79A780".parse::<Color>().unwrap().alpha, 128);
        for wrong in ["4e79a7", "#4e79a", "#xyzxyz", "", "#+12345"] {
            assert!(wrong.parse::<Color>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_mix_lies_between() {
        assert_eq!(Color::BLACK.mix(Color::WHITE, 0.5), Color::rgb(0x0080_8080));
        assert_eq!(Color::BLACK.mix(Color::WHITE, 7.0), Color::WHITE);
        assert!(Color::WHITE.luminance() > 0.99 && Color::BLACK.luminance() < 0.01);
    }
}
