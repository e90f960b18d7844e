//! TopoJSON: geometries that share their borders. The borders are needed at once, so the file is held in memory.

use super::features::Feature;
use super::geojson::point;
use super::geometry::{Geometry, Point};
use super::no_layer;
use crate::error::{DataError, Result};
use crate::files::DataFile;
use crate::json::{Json, documents};
use crate::limits::DataLimits;

/// Collections inside one another deeper than this are not read.
const DEPTH: usize = 8;
/// Points that the geometries of a file may have together: a border may be named any number of times.
const POINTS: usize = 16 << 20;

/// Lists the objects of a file.
pub(super) fn layers(file: &DataFile, limits: &DataLimits) -> Result<Vec<String>> {
    let objects = Topology::read(file, limits)?.objects;
    Ok(objects.into_iter().map(|(name, _)| name).collect())
}

/// Reads the features of an object; a file with one object needs no name.
pub(super) fn features(file: &DataFile, layer: &str, limits: &DataLimits) -> Result<Vec<Feature>> {
    let mut topology = Topology::read(file, limits)?;
    let objects = std::mem::take(&mut topology.objects);
    let at = objects.iter().position(|(name, _)| name == layer);
    let object = match (at, objects.as_slice()) {
        (Some(at), _) => &objects[at].1,
        (None, [(_, only)]) => only,
        (None, all) => {
            let names: Vec<String> = all.iter().map(|(name, _)| name.clone()).collect();
            return Err(no_layer(layer, file.name(), &names));
        }
    };
    let mut left = POINTS;
    let mut made = Vec::new();
    let single = std::slice::from_ref(object);
    let items = match object.get("type").and_then(Json::as_str) {
        Some("GeometryCollection") => object
            .get("geometries")
            .and_then(Json::as_list)
            .unwrap_or_default(),
        _ => single,
    };
    for item in items {
        let geometry = topology.geometry(item, DEPTH, &mut left).ok_or_else(|| {
            DataError::damaged(file.name(), "a geometry is none, or there are too many points")
        })?;
        let mut properties = Vec::new();
        if let Some(id) = item.get("id") {
            properties.push(("id".to_owned(), id.clone()));
        }
        if let Some(Json::Object(members)) = item.get("properties") {
            properties.extend(members.iter().filter(|(key, _)| key != "id").cloned());
        }
        made.push(Feature { properties, geometry });
    }
    Ok(made)
}

struct Topology {
    objects: Vec<(String, Json)>,
    arcs: Vec<Vec<Point>>,
    transform: Option<[Point; 2]>,
}

impl Topology {
    fn read(file: &DataFile, limits: &DataLimits) -> Result<Self> {
        let root = documents(file, limits)?.read()?.unwrap_or(Json::Null);
        let damaged = |what: &str| DataError::damaged(file.name(), format!("{what}; it is no TopoJSON"));
        if root.get("type").and_then(Json::as_str) != Some("Topology") {
            return Err(damaged("its type is another"));
        }
        let transform = match root.get("transform") {
            None | Some(Json::Null) => None,
            Some(found) => {
                let pair = |name| found.get(name).and_then(point);
                match (pair("scale"), pair("translate")) {
                    (Some(scale), Some(translate)) => Some([scale, translate]),
                    _ => return Err(damaged("its transform has no scale")),
                }
            }
        };
        let mut arcs = Vec::new();
        for arc in root.get("arcs").and_then(Json::as_list).unwrap_or_default() {
            let points: Option<Vec<Point>> = arc.as_list().and_then(|arc| arc.iter().map(point).collect());
            let mut points = points.ok_or_else(|| damaged("an arc is no list of points"))?;
            if let Some([scale, translate]) = transform {
                // Each point counts from the one before it.
                let mut at = [0.0, 0.0];
                for point in &mut points {
                    at = [at[0] + point[0], at[1] + point[1]];
                    *point = [at[0] * scale[0] + translate[0], at[1] * scale[1] + translate[1]];
                }
            }
            arcs.push(points);
        }
        let mut objects = Vec::new();
        for (key, value) in root.into_members() {
            if key == "objects" {
                objects = value.into_members();
            }
        }
        Ok(Self {
            objects,
            arcs,
            transform,
        })
    }

    /// Reads a geometry; the outer `None` says that it is none, the inner one that it is empty.
    fn geometry(&self, value: &Json, depth: usize, left: &mut usize) -> Option<Option<Geometry>> {
        let list = |name: &str| value.get(name).and_then(Json::as_list);
        let place = |value: &Json| -> Option<Point> {
            let at = point(value)?;
            Some(match self.transform {
                Some([scale, translate]) => {
                    [at[0] * scale[0] + translate[0], at[1] * scale[1] + translate[1]]
                }
                None => at,
            })
        };
        Some(Some(match value.get("type").and_then(Json::as_str) {
            None => {
                return value
                    .get("type")
                    .is_none_or(|kind| *kind == Json::Null)
                    .then_some(None);
            }
            Some("Point") => Geometry::Point(place(value.get("coordinates")?)?),
            Some("MultiPoint") => {
                Geometry::Points(list("coordinates")?.iter().map(place).collect::<Option<_>>()?)
            }
            Some("LineString") => Geometry::Line(self.line(list("arcs")?, left)?),
            Some("MultiLineString") => Geometry::Lines(self.lines(list("arcs")?, left)?),
            Some("Polygon") => Geometry::Polygon(self.lines(list("arcs")?, left)?),
            Some("MultiPolygon") => Geometry::Polygons(
                list("arcs")?
                    .iter()
                    .map(|polygon| self.lines(polygon.as_list()?, left))
                    .collect::<Option<_>>()?,
            ),
            Some("GeometryCollection") => {
                let depth = depth.checked_sub(1)?;
                let items = list("geometries")?
                    .iter()
                    .map(|item| self.geometry(item, depth, left))
                    .collect::<Option<Vec<_>>>()?;
                Geometry::Collection(items.into_iter().flatten().collect())
            }
            Some(_) => return None,
        }))
    }

    fn lines(&self, lines: &[Json], left: &mut usize) -> Option<Vec<Vec<Point>>> {
        lines
            .iter()
            .map(|line| self.line(line.as_list()?, left))
            .collect()
    }

    /// Puts arcs together; a negative number is an arc backwards.
    fn line(&self, numbers: &[Json], left: &mut usize) -> Option<Vec<Point>> {
        let mut points: Vec<Point> = Vec::new();
        for number in numbers {
            let Json::Integer(number) = number else {
                return None;
            };
            let index = if *number < 0 { !number } else { *number };
            let arc = self.arcs.get(usize::try_from(index).ok()?)?;
            *left = left.checked_sub(arc.len())?;
            // The first point of an arc is the last one of the arc before it.
            let skipped = usize::from(!points.is_empty());
            if *number < 0 {
                points.extend(arc.iter().rev().skip(skipped));
            } else {
                points.extend(arc.iter().skip(skipped));
            }
        }
        Some(points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, layer: &str) -> Result<Vec<Feature>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        features(
            &DataFile::new("x.topojson", file.path()),
            layer,
            &DataLimits::default(),
        )
    }

    const TEXT: &str = r#"{"type":"Topology","transform":{"scale":[0.5,0.5],"translate":[10,20]},
        "arcs":[[[0,0],[2,0]],[[2,0],[0,2],[-2,-2]]],
        "objects":{"a":{"type":"GeometryCollection","geometries":[
            {"type":"Polygon","arcs":[[0,1]],"id":"p","properties":{"n":1}},
            {"type":"LineString","arcs":[-1]},{"type":"Point","coordinates":[4,4]},{"type":null}]},
          "b":{"type":"Point","coordinates":[0,0]}}}"#;

    #[test]
    fn arcs_are_put_together() {
        let found = read(TEXT, "a").unwrap();
        assert_eq!(
            found[0].geometry,
            Some(Geometry::Polygon(vec![vec![
                [10.0, 20.0],
                [11.0, 20.0],
                [11.0, 21.0],
                [10.0, 20.0],
            ]]))
        );
        assert_eq!(found[0].properties.len(), 2);
        assert_eq!(
            found[1].geometry,
            Some(Geometry::Line(vec![[11.0, 20.0], [10.0, 20.0]]))
        );
        assert_eq!(found[2].geometry, Some(Geometry::Point([12.0, 22.0])));
        assert_eq!(found[3].geometry, None);
        assert_eq!(read(TEXT, "b").unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_there_is_named() {
        assert!(read(TEXT, "c").unwrap_err().to_string().contains("`a`, `b`"));
        assert!(read("{}", "a").is_err());
        assert!(read(&TEXT.replace("[0,1]", "[0,9]"), "a").is_err());
    }
}
