//! KML: places with a name, a description and further data.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Error, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::features::{Feature, Features};
use super::geometry::{Geometry, Point};
use crate::error::{DataError, Result};
use crate::files::DataFile;
use crate::json::Json;
use crate::limits::DataLimits;

/// Elements inside one another deeper than this are not read.
const DEPTH: usize = 64;

/// Begins to read features.
pub(super) fn features(file: &DataFile, limits: &DataLimits) -> Result<Features> {
    let size = file.size()?;
    if size > limits.file_bytes {
        return Err(DataError::TooLarge {
            what: file.name().to_owned(),
            limit: limits.file_bytes,
            unit: "bytes",
        });
    }
    let mut reading = Reading {
        reader: Reader::from_reader(Bounded {
            source: BufReader::with_capacity(256 << 10, file.open()?),
            left: limits.record_bytes,
        }),
        name: file.name().to_owned(),
        limit: limits.record_bytes,
        block: Vec::new(),
        depth: 0,
    };
    let mut done = false;
    Ok(Box::new(std::iter::from_fn(move || {
        if done {
            return None;
        }
        let next = reading.next().transpose();
        done = !matches!(next, Some(Ok(_)));
        next
    })))
}

/// Bytes of a file, as many as a place may have: what is before its end is held in memory.
struct Bounded<R> {
    source: R,
    left: usize,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let got = self.fill_buf()?;
        let count = got.len().min(into.len());
        into[..count].copy_from_slice(&got[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        let got = self.source.fill_buf()?;
        match (self.left, got) {
            (0, [_, ..]) => Err(Error::other("a place or a text is too large")),
            (left, got) => Ok(&got[..got.len().min(left)]),
        }
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count);
        self.source.consume(count);
    }
}

struct Reading {
    reader: Reader<Bounded<BufReader<File>>>,
    name: String,
    /// Bytes of a place, and of any one piece outside of places.
    limit: usize,
    block: Vec<u8>,
    depth: usize,
}

/// What stands in the file, as far as it matters here.
enum Piece {
    Open(String, Option<String>),
    Other,
    Text(String),
    Close(String),
    End,
}

impl Reading {
    fn damaged(&self, message: impl ToString) -> DataError {
        DataError::damaged(&self.name, message)
    }

    fn piece(&mut self) -> Result<Piece> {
        loop {
            self.block.clear();
            let event = self
                .reader
                .read_event_into(&mut self.block)
                .map_err(|error| DataError::damaged(&self.name, error))?;
            let local = |name: &str| name.to_owned();
            let named = |start: &BytesStart<'_>| {
                let attribute = start.try_get_attribute("name").ok().flatten()?;
                Some(attribute.value.into_owned())
            };
            let piece = match event {
                Event::Start(start) => Piece::Open(
                    local(start.local_name().as_ref()),
                    named(&start).map(|text| unescaped(&text)),
                ),
                Event::Empty(_) => Piece::Other,
                Event::End(end) => Piece::Close(local(end.local_name().as_ref())),
                Event::Text(text) => Piece::Text(local(&text)),
                Event::CData(text) => Piece::Text(local(&text)),
                Event::GeneralRef(reference) => Piece::Text(unescaped(&format!("&{};", local(&reference)))),
                Event::Eof => Piece::End,
                _ => continue,
            };
            match piece {
                Piece::Open(..) => self.depth += 1,
                Piece::Close(_) => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth > DEPTH {
                return Err(self.damaged("its elements are nested too deep"));
            }
            return Ok(piece);
        }
    }

    /// Reads on to the next place.
    fn next(&mut self) -> Result<Option<Feature>> {
        loop {
            self.reader.get_mut().left = self.limit;
            match self.piece()? {
                Piece::Open(name, _) if name == "Placemark" => return self.placemark().map(Some),
                Piece::End if self.depth == 0 => return Ok(None),
                Piece::End => return Err(self.damaged("it ends early")),
                _ => {}
            }
        }
    }

    /// Reads the text up to the end of the element that was opened last; what is inside it is left out.
    fn text(&mut self) -> Result<String> {
        let mut text = String::new();
        let mut inside = 0_usize;
        loop {
            match self.piece()? {
                Piece::Text(more) if inside == 0 => text.push_str(&more),
                Piece::Open(..) => inside += 1,
                Piece::Close(_) if inside == 0 => return Ok(text.trim().to_owned()),
                Piece::Close(_) => inside -= 1,
                Piece::End => return Err(self.damaged("it ends early")),
                _ => {}
            }
        }
    }

    fn placemark(&mut self) -> Result<Feature> {
        let mut properties: Vec<(String, Json)> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        let mut geometry = None;
        let mut set = |key: &str, text: String| {
            if known.insert(key.to_owned()) {
                properties.push((key.to_owned(), Json::String(text)));
            }
        };
        let mut data: Option<String> = None;
        loop {
            match self.piece()? {
                Piece::Close(name) if name == "Placemark" => break,
                Piece::End => return Err(self.damaged("it ends inside a place")),
                Piece::Open(name, key) => match name.as_str() {
                    "name" => set("Name", self.text()?),
                    "description" => set("Description", self.text()?),
                    "Data" => data = key,
                    "value" => {
                        let text = self.text()?;
                        if let Some(key) = data.take() {
                            set(&key, text);
                        }
                    }
                    "SimpleData" => {
                        let text = self.text()?;
                        if let Some(key) = key {
                            set(&key, text);
                        }
                    }
                    "Point" | "LineString" | "LinearRing" | "Polygon" | "MultiGeometry" => {
                        geometry = self.geometry(&name)?;
                    }
                    // Elements of data stand inside these.
                    "ExtendedData" | "SchemaData" => {}
                    _ => {
                        self.text()?;
                    }
                },
                _ => {}
            }
        }
        Ok(Feature { properties, geometry })
    }

    /// Reads a geometry whose element was just opened.
    fn geometry(&mut self, kind: &str) -> Result<Option<Geometry>> {
        let mut lines: Vec<Vec<Point>> = Vec::new();
        let mut items = Vec::new();
        let mut inside = 0_usize;
        loop {
            match self.piece()? {
                Piece::Open(name, _) => match name.as_str() {
                    "coordinates" => {
                        let text = self.text()?;
                        lines.push(self.points(&text)?);
                    }
                    "Point" | "LineString" | "Polygon" | "MultiGeometry" if kind == "MultiGeometry" => {
                        items.extend(self.geometry(&name)?);
                    }
                    "outerBoundaryIs" | "innerBoundaryIs" | "LinearRing" => inside += 1,
                    _ => {
                        self.text()?;
                    }
                },
                Piece::Close(_) if inside == 0 => break,
                Piece::Close(_) => inside -= 1,
                Piece::End => return Err(self.damaged("it ends inside a geometry")),
                _ => {}
            }
        }
        lines.retain(|line| !line.is_empty());
        Ok(match kind {
            "Point" => lines
                .first()
                .and_then(|line| line.first())
                .copied()
                .map(Geometry::Point),
            "LineString" | "LinearRing" => lines.into_iter().next().map(Geometry::Line),
            "Polygon" => (!lines.is_empty()).then_some(Geometry::Polygon(lines)),
            _ => gathered(items),
        })
    }

    fn points(&self, text: &str) -> Result<Vec<Point>> {
        text.split_whitespace()
            .map(|tuple| {
                let mut numbers = tuple.split(',').map(str::parse::<f64>);
                match (numbers.next(), numbers.next()) {
                    (Some(Ok(x)), Some(Ok(y))) => Ok([x, y]),
                    _ => Err(self.damaged("coordinates are no numbers")),
                }
            })
            .collect()
    }
}

/// Puts geometries of one kind into one of many.
fn gathered(items: Vec<Geometry>) -> Option<Geometry> {
    if items.is_empty() {
        return None;
    }
    let (mut points, mut lines, mut polygons) = (Vec::new(), Vec::new(), Vec::new());
    for item in &items {
        match item {
            Geometry::Point(point) => points.push(*point),
            Geometry::Line(line) => lines.push(line.clone()),
            Geometry::Polygon(rings) => polygons.push(rings.clone()),
            _ => return Some(Geometry::Collection(items)),
        }
    }
    Some(match (points.is_empty(), lines.is_empty(), polygons.is_empty()) {
        (false, true, true) => Geometry::Points(points),
        (true, false, true) => Geometry::Lines(lines),
        (true, true, false) => Geometry::Polygons(polygons),
        _ => Geometry::Collection(items),
    })
}

fn unescaped(text: &str) -> String {
    quick_xml::escape::unescape(text).map_or_else(|_| text.to_owned(), |found| found.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Feature>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        features(&DataFile::new("x.kml", file.path()), &DataLimits::default())?.collect()
    }

    #[test]
    fn places_have_names_data_and_geometries() {
        let found = read(
            r#"<kml xmlns="http://www.opengis.net/kml/2.2"><Document><name>all</name><Folder>
            <Placemark><name>A &amp; B</name><Style><x>y</x></Style>
              <ExtendedData><Data name="n"><displayName>N</displayName><value>1</value></Data>
                <SchemaData><SimpleData name="m">x</SimpleData></SchemaData></ExtendedData>
              <Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 1,0,5 1,1 0,0</coordinates></LinearRing></outerBoundaryIs>
                <innerBoundaryIs><LinearRing><coordinates>.1,.1 .2,.1 .2,.2 .1,.1</coordinates></LinearRing></innerBoundaryIs></Polygon>
            </Placemark>
            <Placemark><description><![CDATA[<b>x</b>]]></description>
              <MultiGeometry><Point><coordinates>1,2</coordinates></Point><Point><coordinates>3,4</coordinates></Point></MultiGeometry>
            </Placemark></Folder></Document></kml>"#,
        )
        .unwrap();
        let texts = |feature: &Feature| {
            let each = feature
                .properties
                .iter()
                .map(|(key, value)| format!("{key}={value}"));
            each.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(texts(&found[0]), r#"Name="A & B" n="1" m="x""#);
        assert!(matches!(&found[0].geometry, Some(Geometry::Polygon(rings)) if rings.len() == 2));
        assert_eq!(texts(&found[1]), r#"Description="<b>x</b>""#);
        assert_eq!(
            found[1].geometry,
            Some(Geometry::Points(vec![[1.0, 2.0], [3.0, 4.0]]))
        );
    }

    #[test]
    fn a_place_is_bounded_and_a_file_is_not() {
        let place = |name: &str| format!("<Placemark><name>{name}</name></Placemark>");
        let file = tempfile::NamedTempFile::new().unwrap();
        let limits = DataLimits {
            record_bytes: 1000,
            ..DataLimits::default()
        };
        let read = |places: &[String]| -> Result<Vec<Feature>> {
            std::fs::write(file.path(), format!("<kml>{}</kml>", places.concat())).unwrap();
            features(&DataFile::new("x.kml", file.path()), &limits)?.collect()
        };
        assert_eq!(read(&vec![place("a"); 100]).unwrap().len(), 100);
        let error = read(&[place("a"), place(&"b".repeat(2000))]).unwrap_err();
        assert!(error.to_string().contains("too large"), "{error}");
        assert!(read(&[place(&"<b/>".repeat(2000))]).is_err());
    }

    #[test]
    fn damaged_files_are_refused() {
        for text in [
            "<kml><Placemark><name>x",
            "<kml><Placemark><Point><coordinates>a,b</coordinates></Point></Placemark></kml>",
            &"<a>".repeat(200),
        ] {
            assert!(read(text).is_err(), "{text:.60}");
        }
    }
}
