//! Where places are and what they look like, from open data inside the program.
//!
//! [`find`] takes what a sheet says of a place, such as a state and a city, and answers with a [`Place`];
//! [`outlines`] has the areas of countries, states and counties, and the lines between them. The tables are made by
//! `data/build.py` and read when first asked for; `data/SOURCES.md` names what they come from.

#![forbid(unsafe_code)]

mod fold;
mod gazetteer;
mod geometry;
mod mercator;
mod outline;
mod pack;
mod role;
mod territory;

pub use gazetteer::{Asked, City, Kind, Label, Miss, Place, cities, find, kind, label, postcode_area};
pub use geometry::{Geometry, geometry};
pub use mercator::{EXTENT, LIMIT, project, unproject};
pub use outline::{Arc, ArcKind, Outlines, Shape, ShapeId, outlines};
pub use role::{Level, Role};
pub use territory::{Ring, dissolved, rings};

/// What a picture with this data has to say.
pub const CREDIT: &str = "\u{a9} Natural Earth, GeoNames";
