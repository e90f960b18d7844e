//! How things look that the document says nothing about.
//!
//! Source of the figures: measured on pictures that Tableau drew; sizes are those of 100 %.

use vivant_render::{Color, Font, Weight};

/// Text of axes, headers, labels and legends.
pub(crate) const TEXT: Font = Font::new(12.0);
/// Titles of axes and fields.
pub(crate) const CAPTION: Font = Font::new(12.0).weighing(Weight::Semibold);
/// The title of a sheet.
pub(crate) const TITLE: Font = Font::new(20.0).weighing(Weight::Light);

pub(crate) const DARK: Color = Color::rgb(0x0033_3333);
pub(crate) const GREY: Color = Color::rgb(0x0066_6666);
pub(crate) const GRID: Color = Color::rgb(0x00F2_F2F2);
pub(crate) const RULER: Color = Color::rgb(0x00E0_E0E0);
pub(crate) const ZERO: Color = Color::rgb(0x00C4_C4C4);
pub(crate) const DIVIDER: Color = Color::rgb(0x00D4_D4D4);
pub(crate) const BAND: Color = Color::rgb(0x00F5_F5F5);
pub(crate) const NO_VALUE: Color = Color::rgb(0x00D9_D9D9);

/// What is in none of the groups of a field.
pub(crate) const REST: Color = Color::rgb(0x00A2_A2A2);

/// What marks step back into where others are selected.
pub(crate) const BEHIND: Color = Color::rgb(0x00F3_F3F3);
/// How much of their colour is left to marks that step back.
pub(crate) const BEHIND_PART: f64 = 0.18;
/// Width of the line around a mark that is selected.
pub(crate) const SELECTION: f64 = 2.0;

/// Height of a row of headers or bars.
pub(crate) const ROW: f64 = 20.0;
/// Width of a column of headers or bars, where there is room.
pub(crate) const COLUMN: f64 = 60.0;
/// Width of a column of a table of text.
pub(crate) const TEXT_COLUMN: f64 = 70.0;
/// Part of its band that a bar fills.
pub(crate) const BAR: f64 = 0.75;
/// Diameter of circles and squares on axes.
pub(crate) const POINT: f64 = 9.0;
/// Width of lines.
pub(crate) const LINE: f64 = 2.0;
/// Opacity of areas.
pub(crate) const AREA_ALPHA: u8 = 155;
/// Opacity of filled areas of maps (measured on pictures that Tableau drew: four fifths).
pub(crate) const LAND_ALPHA: u8 = 204;
/// Room inside headers and cells.
pub(crate) const PADDING: f64 = 4.0;
/// Room around a sheet.
pub(crate) const MARGIN: f64 = 10.0;
/// The widest that headers become, as a part of the view.
pub(crate) const HEADER_PART: f64 = 0.4;
/// The widest that several levels of headers become together.
pub(crate) const HEADERS_PART: f64 = 0.5;
