//! GeoJSON: collections of features, single features and bare geometries.

use super::features::{Feature, Features};
use super::geometry::{Geometry, Point};
use super::projection::Projection;
use crate::error::{DataError, Result, shorten};
use crate::files::DataFile;
use crate::json::{Json, documents};
use crate::limits::DataLimits;

/// Collections inside one another deeper than this are not read.
const DEPTH: usize = 8;

/// Begins to read features.
pub(super) fn features(file: &DataFile, limits: &DataLimits) -> Result<Features> {
    let mut documents = documents(file, limits)?;
    let name = file.name().to_owned();
    let (members, is_collection) = documents.enter("features")?;
    let root = Json::Object(members);
    let system = system(&root, &name)?;
    if !is_collection {
        let feature = match root.get("type").and_then(Json::as_str) {
            Some("Feature") => feature(root, &name)?,
            Some(_) => Feature {
                properties: Vec::new(),
                geometry: geometry(&root, DEPTH, &name)?,
            },
            None => return Err(DataError::damaged(name, "it is no GeoJSON")),
        };
        return Ok(Box::new(std::iter::once(Ok(placed(feature, system.as_ref())))));
    }
    Ok(Box::new(std::iter::from_fn(move || match documents.read() {
        Ok(None) => None,
        Ok(Some(document)) => Some(feature(document, &name).map(|found| placed(found, system.as_ref()))),
        Err(error) => Some(Err(error)),
    })))
}

fn placed(mut feature: Feature, system: Option<&Projection>) -> Feature {
    if let (Some(geometry), Some(system)) = (&mut feature.geometry, system) {
        geometry.unproject(system);
    }
    feature
}

/// Finds the coordinate system that files from before the standard of 2016 may name.
fn system(root: &Json, file: &str) -> Result<Option<Projection>> {
    let name = root
        .get("crs")
        .and_then(|crs| crs.get("properties"))
        .and_then(|properties| properties.get("name"))
        .and_then(Json::as_str);
    let Some(name) = name else { return Ok(None) };
    let code = name.rsplit([':', '/']).next().unwrap_or_default();
    match code {
        "CRS84" | "84" | "4326" | "4269" | "4258" => Ok(None),
        "3857" | "900913" | "3785" => Ok(Some(Projection::web_mercator())),
        _ => Err(DataError::UnsupportedSetting {
            setting: "the coordinate system",
            value: shorten(name),
            hint: format!("save `{file}` with longitudes and latitudes (EPSG:4326)"),
        }),
    }
}

fn feature(document: Json, file: &str) -> Result<Feature> {
    if !matches!(document, Json::Object(_)) {
        return Err(DataError::damaged(
            file,
            format!("a feature is none: {}", shorten(&document.to_string())),
        ));
    }
    let geometry = match document.get("geometry") {
        None | Some(Json::Null) => None,
        Some(found) => geometry(found, DEPTH, file)?,
    };
    let mut properties = Vec::new();
    let mut id = None;
    for (key, value) in document.into_members() {
        match key.as_str() {
            "properties" => properties = value.into_members(),
            "id" => id = Some((key, value)),
            _ => {}
        }
    }
    if let Some(id) = id
        && properties.iter().all(|(key, _)| key != "id")
    {
        properties.insert(0, id);
    }
    Ok(Feature { properties, geometry })
}

/// Reads a geometry; an empty one is none.
fn geometry(value: &Json, depth: usize, file: &str) -> Result<Option<Geometry>> {
    let damaged = || {
        DataError::damaged(
            file,
            format!("a geometry is none: {}", shorten(&value.to_string())),
        )
    };
    let Some(kind) = value.get("type").and_then(Json::as_str) else {
        return Err(damaged());
    };
    if kind == "GeometryCollection" {
        let depth = depth.checked_sub(1).ok_or_else(damaged)?;
        let items = value
            .get("geometries")
            .and_then(Json::as_list)
            .ok_or_else(damaged)?;
        let items = items
            .iter()
            .filter_map(|item| geometry(item, depth, file).transpose())
            .collect::<Result<Vec<_>>>()?;
        return Ok((!items.is_empty()).then_some(Geometry::Collection(items)));
    }
    let coordinates = value.get("coordinates").ok_or_else(damaged)?;
    if coordinates.as_list().is_some_and(<[Json]>::is_empty) {
        return Ok(None);
    }
    let made = match kind {
        "Point" => point(coordinates).map(Geometry::Point),
        "LineString" => line(coordinates).map(Geometry::Line),
        "Polygon" => lines(coordinates).map(Geometry::Polygon),
        "MultiPoint" => line(coordinates).map(Geometry::Points),
        "MultiLineString" => lines(coordinates).map(Geometry::Lines),
        "MultiPolygon" => list(coordinates, lines).map(Geometry::Polygons),
        _ => None,
    };
    made.map(Some).ok_or_else(damaged)
}

fn list<T>(value: &Json, each: impl Fn(&Json) -> Option<T>) -> Option<Vec<T>> {
    value.as_list()?.iter().map(each).collect()
}

/// Reads a position; a height is left out.
pub(super) fn point(value: &Json) -> Option<Point> {
    match value.as_list()? {
        [x, y, ..] => Some([x.as_f64()?, y.as_f64()?]),
        _ => None,
    }
}

fn line(value: &Json) -> Option<Vec<Point>> {
    list(value, point)
}

fn lines(value: &Json) -> Option<Vec<Vec<Point>>> {
    list(value, line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Feature>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        features(&DataFile::new("x.geojson", file.path()), &DataLimits::default())?.collect()
    }

    #[test]
    fn features_have_properties_and_a_place() {
        let found = read(
            r#"{"type":"FeatureCollection","features":[
                {"type":"Feature","id":7,"properties":{"n":"a"},"geometry":{"type":"Point","coordinates":[1,2.5,9]}},
                {"type":"Feature","properties":null,"geometry":null}]}"#,
        )
        .unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].geometry, Some(Geometry::Point([1.0, 2.5])));
        assert_eq!(found[0].properties[0], ("id".to_owned(), Json::Integer(7)));
        assert_eq!(found[1].geometry, None);
        assert_eq!(
            read(r#"{"type":"LineString","coordinates":[[0,0],[1,1]]}"#).unwrap()[0].geometry,
            Some(Geometry::Line(vec![[0.0, 0.0], [1.0, 1.0]]))
        );
    }

    #[test]
    fn old_files_may_be_of_another_system() {
        let of = |code: &str| {
            read(&format!(
                r#"{{"crs":{{"type":"name","properties":{{"name":"urn:ogc:def:crs:{code}"}}}},"type":"FeatureCollection",
                   "features":[{{"type":"Feature","geometry":{{"type":"Point","coordinates":[0,0]}}}}]}}"#
            ))
        };
        assert!(of("OGC:1.3:CRS84").is_ok() && of("EPSG::3857").is_ok());
        assert!(of("EPSG::27700").unwrap_err().to_string().contains("EPSG:4326"));
    }

    #[test]
    fn geometries_that_are_none_are_refused() {
        for text in [
            r#"{"type":"Point","coordinates":["x",1]}"#,
            r#"{"type":"Circle","coordinates":[1,1]}"#,
            r#"{"type":"Polygon","coordinates":[1,1]}"#,
            r#"{"a":1}"#,
            r#"{"type":"FeatureCollection","features":[1]}"#,
            "[1]",
            "",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert_eq!(
            read(r#"{"type":"Polygon","coordinates":[]}"#).unwrap()[0].geometry,
            None
        );
    }
}
