//! From the rows of a sheet to its picture.
//!
//! [`draw_sheet`] takes a resolved sheet and its rows and makes a [`Scene`](vivant_render::Scene): the table of
//! panes that the shelves make, axes and headers around it, marks in it, title and legends. [`draw_dashboard`] lays
//! out the zones of a dashboard or story and draws what is in them. What cannot be drawn as Tableau does becomes a
//! diagnostic; nothing here fails.

#![forbid(unsafe_code)]

mod annotate;
mod backdrop;
mod caption;
mod color;
mod dashboard;
mod distinct;
mod label;
mod lanes;
mod layers;
mod layout;
mod legend;
mod map;
mod marks;
mod number;
mod palette;
mod place;
mod ranges;
mod reference;
mod rows;
mod scale;
mod shape;
mod sheet;
mod stats;
mod tell;
mod theme;
mod trend;

pub use backdrop::backdrop_paths;
pub use dashboard::{
    Contents, DashboardRequest, Domain, SheetPart, dashboard_size, draw_dashboard, shown_sheets,
};
pub use rows::{Column, Rows, SheetRows, TotalRows};
pub use sheet::{Picture, SheetRequest, draw_sheet};
