//! Places by their names and codes.

use std::sync::OnceLock;

use crate::fold::{folded, key};
use crate::outline::{ShapeId, outlines};
use crate::pack::unpack_text;
use crate::role::Level;
use crate::territory::{Grid, Ring};

static PLACES: &[u8] = include_bytes!("../data/places.z");
static CITIES: &[u8] = include_bytes!("../data/cities.z");
static CODES: &[u8] = include_bytes!("../data/codes.z");

/// Cities of less are found only where no larger one has their name.
const TOWN: u32 = 15;

/// What is said of a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Asked<'n> {
    /// Names or codes, each with what it names. The smallest is what is looked for; the larger ones say where.
    pub names: Vec<(Level, &'n str)>,
    /// The country of names that none is said for.
    pub home: Option<&'n str>,
}

/// A place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// How large it is.
    pub level: Level,
    /// Degrees north of its middle.
    pub lat: f64,
    /// Degrees east of its middle.
    pub lon: f64,
    /// Its area, where there is one.
    pub shape: Option<ShapeId>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Miss {
    /// Nothing was said.
    Empty,
    /// No place has the name.
    Unknown,
    /// Several places have the name, and nothing says which is meant.
    Ambiguous,
}

/// A city, for labels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct City {
    /// Its name.
    pub name: &'static str,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// How many people live there, in thousands.
    pub thousands: u32,
}

/// What a map writes on an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// The name.
    pub name: &'static str,
    /// Whether it is a country, a state or a county.
    pub level: Level,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// The least zoom of a map that shows it.
    pub zoom: f64,
}

/// What an area is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A country.
    Country,
    /// A state or province.
    State,
    /// Several units that are one state, as in Great Britain.
    Region,
    /// A county of the United States.
    County,
    /// A lake.
    Lake,
}

/// Says what an area is.
pub fn kind(shape: ShapeId) -> Kind {
    places()
        .areas
        .get(shape as usize)
        .map_or(Kind::Lake, |area| area.kind)
}

/// Returns the label of an area, if it has one.
pub fn label(shape: ShapeId) -> Option<Label> {
    let places = places();
    let area = places.areas.get(shape as usize)?;
    let level = match area.kind {
        Kind::Country => Level::Country,
        Kind::State => Level::State,
        Kind::County => Level::County,
        Kind::Region | Kind::Lake => return None,
    };
    Some(Label {
        name: area.name,
        level,
        lat: area.lat,
        lon: area.lon,
        zoom: area.zoom,
    })
    .filter(|label| !label.name.is_empty() && label.lat.is_finite())
}

/// Returns all cities, the largest first.
pub fn cities() -> impl Iterator<Item = City> {
    towns().list.iter().map(|town| City {
        name: town.name,
        lat: town.lat,
        lon: town.lon,
        thousands: town.thousands,
    })
}

/// Finds a place.
///
/// A name that several places have is settled by what is said of larger places, then by the country that is home;
/// what is left open is a [`Miss::Ambiguous`], as in Tableau.
pub fn find(asked: &Asked<'_>) -> Result<Place, Miss> {
    let Some(level) = asked.names.iter().map(|(level, _)| *level).max() else {
        return Err(Miss::Empty);
    };
    if asked.names.iter().any(|(_, name)| name.trim().is_empty()) {
        return Err(Miss::Empty);
    }
    let places = places();
    let name = |wanted: Level| {
        asked
            .names
            .iter()
            .find(|(level, _)| *level == wanted)
            .map(|(_, name)| *name)
    };
    let country = name(Level::Country)
        .map(|name| places.country(name))
        .transpose()?;
    if level == Level::Country {
        return Ok(places.place(country.ok_or(Miss::Unknown)?));
    }
    let home = asked.home.and_then(|name| places.country(name).ok());
    let within = Within { country, home };
    let state = name(Level::State)
        .map(|name| places.state(name, within))
        .transpose()?;
    if level == Level::State {
        return Ok(places.place(state.ok_or(Miss::Unknown)?));
    }
    let county = name(Level::County)
        .map(|name| places.county(name, within, state))
        .transpose()?;
    match level {
        Level::County => Ok(places.place(county.ok_or(Miss::Unknown)?)),
        Level::City => {
            let name = name(Level::City).ok_or(Miss::Unknown)?;
            let town = towns().find(places, name, within, state, county)?;
            Ok(Place {
                level,
                lat: town.lat,
                lon: town.lon,
                shape: None,
            })
        }
        _ => codes().find(level, name(level).ok_or(Miss::Unknown)?, within),
    }
}

/// Returns about the area of a postcode by its middle in degrees north and east: no open table has it, so it is what
/// is nearer to this middle than to that of any other.
pub fn postcode_area(lat: f64, lon: f64) -> Ring {
    static READ: OnceLock<Grid> = OnceLock::new();
    let grid = READ.get_or_init(|| {
        let all = codes().list.iter();
        Grid::new(
            all.filter(|(level, ..)| *level == Level::Postcode)
                .map(|&(_, _, lat, lon)| (lat, lon)),
        )
    });
    grid.cell(lat, lon)
}

/// The country that a name is looked for in.
#[derive(Clone, Copy)]
struct Within {
    /// The one that is said.
    country: Option<u32>,
    /// The one to prefer.
    home: Option<u32>,
}

struct Area {
    kind: Kind,
    name: &'static str,
    /// The country of a state or region.
    country: Option<u32>,
    /// The region of a state, the state of a county.
    parent: Option<u32>,
    lat: f64,
    lon: f64,
    zoom: f64,
}

struct Places {
    areas: Vec<Area>,
    countries: Index,
    /// Codes of countries; what is a code is no abbreviation.
    iso: Index,
    /// Codes that mean another country elsewhere; looked at last.
    fips: Index,
    states: Index,
    counties: Index,
}

/// Numbers by the keys of names.
struct Index(Vec<(u64, u32)>);

impl Index {
    fn new(mut pairs: Vec<(u64, u32)>) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    fn of(&self, key: u64) -> impl Iterator<Item = u32> {
        let from = self.0.partition_point(|pair| pair.0 < key);
        self.0[from..]
            .iter()
            .take_while(move |pair| pair.0 == key)
            .map(|pair| pair.1)
    }
}

fn places() -> &'static Places {
    static READ: OnceLock<Places> = OnceLock::new();
    READ.get_or_init(|| Places::read(unpack_text(PLACES).leak()))
}

/// A number of degrees as the tables have it; what is not known is not a number.
fn degrees(text: Option<&str>) -> f64 {
    text.and_then(|text| text.parse::<f64>().ok())
        .map_or(f64::NAN, |value| value / 1000.0)
}

impl Places {
    fn read(text: &'static str) -> Self {
        let (mut countries, mut iso, mut fips) = (vec![], vec![], vec![]);
        let (mut states, mut counties) = (vec![], vec![]);
        let mut areas: Vec<Area> = Vec::new();
        let first_region = text
            .lines()
            .take_while(|line| !line.starts_with("region"))
            .count() as u32;
        let mut state_names: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
        let mut us = None;
        for (at, line) in text.lines().enumerate() {
            let at = at as u32;
            let mut parts = line.split('\t');
            let mut next = || parts.next().unwrap_or_default();
            let (kind, of, codes, name) = (next(), next(), next(), next());
            let (lat, lon, zoom, region, others) = (next(), next(), next(), next(), next());
            let names = || {
                std::iter::once(name)
                    .chain(others.split('|'))
                    .filter(|name| !name.is_empty())
            };
            let mut area = Area {
                kind: Kind::Lake,
                name,
                country: None,
                parent: None,
                lat: degrees(Some(lat)),
                lon: degrees(Some(lon)),
                zoom: zoom.parse().unwrap_or(9.0),
            };
            match kind {
                "country" => {
                    area.kind = Kind::Country;
                    if of == "US" {
                        us = Some(at);
                    }
                    let (long, old) = codes.split_once('|').unwrap_or((codes, ""));
                    countries.extend(names().map(|name| (key(name), at)));
                    let both = [of, long].into_iter().filter(|code| !code.is_empty());
                    iso.extend(both.map(|code| (key(code), at)));
                    fips.extend(
                        Some(old)
                            .filter(|code| !code.is_empty())
                            .map(|code| (key(code), at)),
                    );
                }
                "state" | "region" => {
                    area.kind = if kind == "state" {
                        Kind::State
                    } else {
                        Kind::Region
                    };
                    area.country = of.parse().ok();
                    area.parent = region.parse::<u32>().ok().map(|nth| first_region + nth);
                    let all = names().chain(codes.split('|')).filter(|name| !name.is_empty());
                    states.extend(all.map(|name| (key(name), at)));
                    // Where states are regions, their parts are counties.
                    if area.parent.is_some() {
                        counties.extend(names().map(|name| (key(name), at)));
                    }
                    if area.country == us {
                        state_names.insert(name, at);
                    }
                }
                "county" => {
                    area.kind = Kind::County;
                    area.country = us;
                    area.parent = state_names.get(of).copied();
                    counties.extend([name, codes].map(|name| (key(name), at)));
                }
                _ => {}
            }
            areas.push(area);
        }
        Self {
            areas,
            countries: Index::new(countries),
            iso: Index::new(iso),
            fips: Index::new(fips),
            states: Index::new(states),
            counties: Index::new(counties),
        }
    }

    fn place(&self, number: u32) -> Place {
        let area = &self.areas[number as usize];
        let level = match area.kind {
            Kind::Country => Level::Country,
            Kind::County => Level::County,
            _ => Level::State,
        };
        let has_outline = outlines()
            .shapes
            .get(number as usize)
            .is_some_and(|shape| !shape.rings.is_empty());
        Place {
            level,
            lat: area.lat,
            lon: area.lon,
            shape: has_outline.then_some(number),
        }
    }

    fn country(&self, name: &str) -> Result<u32, Miss> {
        let key = key(name);
        // Codes of two lists may be one; that of the newer list holds.
        let found = [&self.iso, &self.countries, &self.fips]
            .into_iter()
            .map(|index| index.of(key).collect::<Vec<u32>>())
            .find(|found| !found.is_empty())
            .unwrap_or_default();
        match found.as_slice() {
            [] => Err(Miss::Unknown),
            [one] => Ok(*one),
            // An own name counts before others; dependent islands have the code of their country.
            many => {
                let area = |at: &u32| &self.areas[*at as usize];
                let own = many.iter().find(|at| crate::fold::key(area(at).name) == key);
                let by_code = || {
                    let coded = many.iter().filter(|at| self.iso.of(key).any(|one| one == **at));
                    coded.min_by(|a, b| area(a).zoom.total_cmp(&area(b).zoom))
                };
                own.or_else(by_code).copied().ok_or(Miss::Ambiguous)
            }
        }
    }

    fn state(&self, name: &str, within: Within) -> Result<u32, Miss> {
        let found: Vec<u32> = self.states.of(key(name)).collect();
        self.settle(found, key(name), within)
    }

    /// Picks the one area of several that the country settles.
    fn settle(&self, mut found: Vec<u32>, key: u64, within: Within) -> Result<u32, Miss> {
        let of = |at: &u32| self.areas[*at as usize].country;
        if let Some(country) = within.country {
            found.retain(|at| of(at) == Some(country));
        } else if let Some(home) = within.home
            && found.iter().any(|at| of(at) == Some(home))
        {
            found.retain(|at| of(at) == Some(home));
        }
        // Its own name counts before a further one; the whole before a part of it.
        let rank = |at: &u32| {
            let area = &self.areas[*at as usize];
            (crate::fold::key(area.name) != key, area.kind != Kind::Region)
        };
        let Some(best) = found.iter().map(rank).min() else {
            return Err(Miss::Unknown);
        };
        let countries: std::collections::HashSet<Option<u32>> = found.iter().map(of).collect();
        found.retain(|at| rank(at) == best);
        match found.as_slice() {
            [one] if countries.len() == 1 => Ok(*one),
            _ => Err(Miss::Ambiguous),
        }
    }

    fn county(&self, name: &str, within: Within, state: Option<u32>) -> Result<u32, Miss> {
        const ENDINGS: &[&str] = &[
            " county",
            " parish",
            " city and borough",
            " borough",
            " census area",
            " municipality",
            " municipio",
        ];
        let name = folded(name);
        let short = ENDINGS
            .iter()
            .find_map(|ending| name.strip_suffix(ending))
            .unwrap_or(&name);
        let digits = name.bytes().all(|byte| byte.is_ascii_digit());
        let padded = match digits && name.len() == 4 {
            true => format!("0{name}"),
            false => short.to_owned(),
        };
        let mut found: Vec<u32> = self.counties.of(key(&padded)).collect();
        if found.is_empty() {
            found = self.counties.of(key(&name)).collect();
        }
        let of = |at: &u32| &self.areas[*at as usize];
        if let Some(state) = state {
            found.retain(|at| of(at).parent == Some(state));
        } else if let Some(country) = within.country {
            found.retain(|at| of(at).country == Some(country));
        } else if let Some(home) = within.home
            && found.iter().any(|at| of(at).country == Some(home))
        {
            found.retain(|at| of(at).country == Some(home));
        }
        match found.as_slice() {
            [] => Err(Miss::Unknown),
            // A city of the name of its county comes after it in the table.
            [one] | [one, _] if state.is_some() || found.len() == 1 => Ok(*one),
            _ => Err(Miss::Ambiguous),
        }
    }
}

struct Town {
    name: &'static str,
    country: u32,
    state: Option<u32>,
    thousands: u32,
    lat: f64,
    lon: f64,
}

struct Towns {
    list: Vec<Town>,
    index: Index,
}

fn towns() -> &'static Towns {
    static READ: OnceLock<Towns> = OnceLock::new();
    READ.get_or_init(|| Towns::read(unpack_text(CITIES).leak(), places()))
}

impl Towns {
    fn read(text: &'static str, places: &Places) -> Self {
        let first_state = places
            .areas
            .iter()
            .take_while(|area| area.kind == Kind::Country)
            .count() as u32;
        let mut list = Vec::new();
        let mut index = Vec::new();
        for line in text.lines() {
            let mut parts = line.split('\t');
            let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
            let country = number(parts.next()).unwrap_or(u32::MAX);
            let state = number(parts.next()).map(|state| first_state + state);
            let thousands = number(parts.next()).unwrap_or(0);
            let (lat, lon) = (degrees(parts.next()), degrees(parts.next()));
            let names = parts.next().unwrap_or_default();
            let at = list.len() as u32;
            index.extend(names.split('|').map(|name| (key(name), at)));
            list.push(Town {
                name: names.split('|').next().unwrap_or_default(),
                country,
                state,
                thousands,
                lat,
                lon,
            });
        }
        Self {
            list,
            index: Index::new(index),
        }
    }

    fn find(
        &self,
        places: &Places,
        name: &str,
        within: Within,
        state: Option<u32>,
        county: Option<u32>,
    ) -> Result<&Town, Miss> {
        let town = |at: &u32| &self.list[*at as usize];
        let name = folded(name);
        let mut found: Vec<u32> = self.index.of(key(&name)).collect();
        if found.is_empty()
            && let Some(short) = name.strip_suffix(" city")
        {
            found = self.index.of(key(short)).collect();
        }
        if found.is_empty() {
            found = self.index.of(key(&format!("{name} city"))).collect();
        }
        if let Some(state) = state {
            let is_in = |at: Option<u32>| {
                at == Some(state) || at.is_some_and(|at| places.areas[at as usize].parent == Some(state))
            };
            found.retain(|at| is_in(town(at).state));
        } else if let Some(country) = within.country {
            found.retain(|at| town(at).country == country);
        } else if let Some(home) = within.home
            && found.iter().any(|at| town(at).country == home)
        {
            found.retain(|at| town(at).country == home);
        }
        if let Some(county) = county {
            let middle = &places.areas[county as usize];
            let away = |at: &u32| (town(at).lat - middle.lat).hypot(town(at).lon - middle.lon);
            let near = found.iter().copied().filter(|at| away(at) < 1.0);
            let nearest = near.min_by(|a, b| away(a).total_cmp(&away(b)));
            return nearest.map(|at| &self.list[at as usize]).ok_or(Miss::Unknown);
        }
        if found.iter().any(|at| town(at).thousands >= TOWN) {
            found.retain(|at| town(at).thousands >= TOWN);
        }
        match found.as_slice() {
            [] => Err(Miss::Unknown),
            [one] => Ok(town(one)),
            // One state has one city of a name; its quarters and villages are less.
            [one, ..] if state.is_some() => Ok(town(one)),
            many => {
                // The own name of one city counts before what others are called too.
                let mut own = many.iter().filter(|at| folded(town(at).name) == name);
                match (own.next(), own.next()) {
                    (Some(one), None) => Ok(town(one)),
                    _ => Err(Miss::Ambiguous),
                }
            }
        }
    }
}

struct Codes {
    /// Kind, country, middle.
    list: Vec<(Level, u32, f64, f64)>,
    index: Index,
}

fn codes() -> &'static Codes {
    static READ: OnceLock<Codes> = OnceLock::new();
    READ.get_or_init(|| Codes::read(&unpack_text(CODES)))
}

impl Codes {
    fn read(text: &str) -> Self {
        let mut list = Vec::new();
        let mut index = Vec::new();
        for line in text.lines() {
            let mut parts = line.split('\t');
            let level = match parts.next() {
                Some("z") => Level::Postcode,
                Some("a") => Level::Airport,
                _ => Level::AreaCode,
            };
            let country = parts
                .next()
                .and_then(|text| text.parse().ok())
                .unwrap_or(u32::MAX);
            let code = parts.next().unwrap_or_default();
            let (lat, lon) = (degrees(parts.next()), degrees(parts.next()));
            let names = parts.next().unwrap_or_default();
            let at = list.len() as u32;
            let all = std::iter::once(code).chain(names.split('|').filter(|name| !name.is_empty()));
            index.extend(all.map(|name| (Self::key(level, name), at)));
            list.push((level, country, lat, lon));
        }
        Self {
            list,
            index: Index::new(index),
        }
    }

    fn key(level: Level, code: &str) -> u64 {
        key(&format!("{level:?} {code}"))
    }

    fn find(&self, level: Level, code: &str, within: Within) -> Result<Place, Miss> {
        let code = code.trim();
        let code = match level {
            Level::Postcode => postcode(code),
            _ => code.to_owned(),
        };
        let mut found: Vec<u32> = self.index.of(Self::key(level, &code)).collect();
        let of = |at: &u32| self.list[*at as usize].1;
        if let Some(country) = within.country {
            found.retain(|at| of(at) == country);
        } else if let Some(home) = within.home
            && found.len() > 1
        {
            found.retain(|at| of(at) == home);
        }
        match found.as_slice() {
            [] => Err(Miss::Unknown),
            [one] => {
                let (level, _, lat, lon) = self.list[*one as usize];
                Ok(Place {
                    level,
                    lat,
                    lon,
                    shape: None,
                })
            }
            _ => Err(Miss::Ambiguous),
        }
    }
}

/// A postcode of the United States with the zeros that numbers lose, and without what follows its five digits.
fn postcode(text: &str) -> String {
    let whole = text.split(['-', '.']).next().unwrap_or(text).trim();
    match whole.len() {
        3 | 4 if whole.bytes().all(|byte| byte.is_ascii_digit()) => format!("{whole:0>5}"),
        9 if whole.bytes().all(|byte| byte.is_ascii_digit()) => whole[..5].to_owned(),
        _ => whole.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks a place up: `country=…; city=…`, home after `@`. Says where it is in whole degrees.
    fn check(asked: &str, wanted: &str) {
        let (asked, home) = asked.split_once(" @").unwrap_or((asked, ""));
        let names = asked
            .split("; ")
            .map(|part| {
                let (level, name) = part.split_once('=').unwrap();
                let level = match level {
                    "country" => Level::Country,
                    "state" => Level::State,
                    "county" => Level::County,
                    "city" => Level::City,
                    "zip" => Level::Postcode,
                    "airport" => Level::Airport,
                    _ => Level::AreaCode,
                };
                (level, name)
            })
            .collect();
        let found = find(&Asked {
            names,
            home: Some(home).filter(|home| !home.is_empty()),
        });
        let text = match found {
            Ok(place) => {
                let area = if place.shape.is_some() { " area" } else { "" };
                format!("{:.0} {:.0}{area}", place.lat, place.lon)
            }
            Err(miss) => format!("{miss:?}"),
        };
        assert_eq!(text, wanted, "{asked}");
    }

    #[test]
    fn countries_have_many_names() {
        for name in ["Germany", "DE", "deu", "Deutschland", "Allemagne", "ドイツ"] {
            check(&format!("country={name}"), "51 10 area");
        }
        for name in ["United States", "USA", "US", "United States of America", "U.S."] {
            check(&format!("country={name}"), "40 -97 area");
        }
        check("country=Korea, Rep.", "36 128 area");
        check("country=GM", "14 -15 area");
        check("country=FR", "47 3 area");
        check("country=Atlantis", "Unknown");
        check("country= ", "Empty");
    }

    #[test]
    fn states_belong_to_countries() {
        check("country=United States; state=Georgia", "33 -83 area");
        check("state=Georgia @United States", "33 -83 area");
        check("state=CA @US", "37 -120 area");
        check("country=Germany; state=Bayern", "49 11 area");
        check("country=Germany; state=Bavaria", "49 11 area");
        check("country=France; state=Texas", "Unknown");
        check("country=United Kingdom; state=Scotland", "57 -4 area");
        check("country=Nowhere; state=Texas", "Unknown");
    }

    #[test]
    fn ambiguous_names_are_settled_by_larger_places() {
        check("city=Springfield @United States", "Ambiguous");
        check("state=Illinois; city=Springfield @United States", "40 -90");
        check("country=United States; city=Paris", "34 -96");
        check("country=France; city=Paris", "49 2");
        check("city=Paris @United States", "34 -96");
        check("city=München @United States", "48 12");
        check("city=Munich @Germany", "48 12");
        check("county=Cook; state=Illinois @US", "42 -88 area");
        check("county=Washington @US", "Ambiguous");
        check("county=Orleans Parish; state=LA @US", "30 -90 area");
    }

    #[test]
    fn codes_are_looked_up() {
        check("zip=2139 @US", "42 -71");
        check("zip=90210-1234 @US", "34 -118");
        check("zip=00000 @US", "Unknown");
        check("airport=SFO", "38 -122");
        check("airport=EDDF", "50 9");
        check("area=212 @US", "41 -74");
    }
}
