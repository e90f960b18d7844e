//! Spatial files: `ogrdirect`. Shapefiles, also zipped, GeoJSON, TopoJSON and KML; a table is a layer, and its last
//! column is `Geometry`, as well-known binary in longitudes and latitudes.

mod archive;
mod dbf;
mod features;
mod geojson;
mod geometry;
mod kml;
mod projection;
mod shape;
mod topojson;

use std::io::Read;

use crate::batches::Batches;
use crate::error::{DataError, Result, known, shorten};
use crate::files::{DataFile, Files, Place};
use crate::limits::DataLimits;
use crate::spec::{ConnectionSpec, TableSpec};
use archive::Archive;

/// Tableau: what the column of geometries is called.
const GEOMETRY: &str = "Geometry";

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Shape,
    GeoJson,
    TopoJson,
    Kml,
}

/// Opens a layer as a table.
pub(crate) fn open(
    file: &DataFile,
    connection: &ConnectionSpec,
    table: &TableSpec,
    place: Place<'_>,
) -> Result<Batches> {
    let layer = layer_name(table);
    if is_zip(file)? {
        let archive = Archive::unpack(file, place.limits)?;
        let name = archive.pick(&layer)?;
        let inside = archive.find(&name)?;
        return layer_of(&inside, &name, &layer, table, &archive, place.limits);
    }
    let path = connection.path().unwrap_or_else(|| file.name().to_owned());
    layer_of(file, &path, &layer, table, place.files, place.limits)
}

/// Lists the layers of a file.
pub(crate) fn tables(file: &DataFile, connection: &ConnectionSpec, place: Place<'_>) -> Result<Vec<String>> {
    if is_zip(file)? {
        return Ok(Archive::unpack(file, place.limits)?.layers());
    }
    let path = connection.path().unwrap_or_else(|| file.name().to_owned());
    match format(file, &path)? {
        Format::TopoJson => topojson::layers(file, place.limits),
        _ => Ok(vec![stem(&path).to_owned()]),
    }
}

fn layer_of(
    file: &DataFile,
    path: &str,
    layer: &str,
    table: &TableSpec,
    files: &dyn Files,
    limits: &DataLimits,
) -> Result<Batches> {
    match format(file, path)? {
        Format::Shape => shape::open(file, path, table, files, limits),
        Format::GeoJson => {
            let file = file.clone();
            let limits_of_each = limits.clone();
            features::open(
                move || geojson::features(&file, &limits_of_each),
                path,
                table,
                limits,
            )
        }
        Format::TopoJson => {
            let found = topojson::features(file, layer, limits)?;
            features::open(
                move || Ok(Box::new(found.clone().into_iter().map(Ok))),
                path,
                table,
                limits,
            )
        }
        Format::Kml => {
            let file = file.clone();
            let limits_of_each = limits.clone();
            features::open(move || kml::features(&file, &limits_of_each), path, table, limits)
        }
    }
}

/// Tells what a file is, by its name and for JSON by what is in it.
fn format(file: &DataFile, path: &str) -> Result<Format> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let unsupported = |what: &str| DataError::UnsupportedSetting {
        setting: "the format of spatial files",
        value: shorten(what),
        hint: "save it as a shapefile, GeoJSON or KML".to_owned(),
    };
    Ok(match extension.to_ascii_lowercase().as_str() {
        "shp" => Format::Shape,
        "topojson" => Format::TopoJson,
        "geojson" | "json" => {
            let mut head = Vec::new();
            file.open()?
                .take(4_096)
                .read_to_end(&mut head)
                .map_err(|error| DataError::io(format!("`{}`", file.name()), error))?;
            // The type comes first in what every program writes.
            let head: String = String::from_utf8_lossy(&head).split_whitespace().collect();
            match head.contains("\"type\":\"Topology\"") {
                true => Format::TopoJson,
                false => Format::GeoJson,
            }
        }
        "kml" => Format::Kml,
        "tab" | "mif" => return Err(unsupported("MapInfo")),
        "gdb" | "gdbtable" => return Err(unsupported("Esri file geodatabase")),
        other => return Err(unsupported(other)),
    })
}

fn is_zip(file: &DataFile) -> Result<bool> {
    let mut head = Vec::new();
    file.open()?
        .take(4)
        .read_to_end(&mut head)
        .map_err(|error| DataError::io(format!("`{}`", file.name()), error))?;
    Ok(head == b"PK\x03\x04")
}

fn layer_name(table: &TableSpec) -> String {
    table.parts().pop().unwrap_or_default()
}

/// Returns the name of a file without folder and extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn no_layer(layer: &str, file: &str, there: &[String]) -> DataError {
    DataError::NoTable {
        table: shorten(layer),
        place: file.to_owned(),
        known: known(there),
    }
}
