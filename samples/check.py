"""Checks the sample files: packages, XML, names, fields, zones; and the published schema when it can.

    python3 samples/check.py [--xsd PATH/twb_2026.2.0.xsd] [FILE ...]

Without files it checks every sample beside this script. The schema step needs the package lxml.
"""

import base64
import io
import os
import re
import struct
import sys
import xml.etree.ElementTree as ET
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = (".twbx", ".twb", ".tdsx", ".tds")
GENERATED = {"Latitude (generated)", "Longitude (generated)", "Geometry (generated)", ":Measure Names", "Multiple Values", "Number of Records"}
# What Tableau's own files lack as well: the schema asks for one of three elements that none of them has.
KNOWN_EXCEPTIONS = ["Element 'workbook': Missing child element(s). Expected is one of ( external, referenced-extensions, explain-data )."]


class Report:
    """Problems of one file."""

    def __init__(self, name):
        self.name, self.problems = name, []

    def need(self, condition, message):
        if not condition:
            self.problems.append(message)


def split_name(text):
    """`[a].[b]` to its parts; a `]` inside a part is doubled."""
    return [part.replace("]]", "]") for part in re.findall(r"\[((?:[^\]]|\]\])*)\]", text)]


def shelf_fields(text):
    """Qualified names on a shelf."""
    return re.findall(r"\[(?:[^\]]|\]\])*\](?:\.\[(?:[^\]]|\]\])*\])+", text or "")


# --- Packages -------------------------------------------------------------------------------------


def open_document(report, path):
    """The XML of a file and the members of its package."""
    with open(path, "rb") as file:
        raw = file.read()
    if not path.endswith("x"):
        return raw, {}
    report.need(zipfile.is_zipfile(io.BytesIO(raw)), "is not a ZIP archive")
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        report.need(archive.testzip() is None, "has a damaged member")
        names = archive.namelist()
        report.need(len(set(names)) == len(names), "has two members of the same name")
        for name in names:
            report.need(not name.startswith("/") and ".." not in name.split("/") and "\\" not in name, f"member {name!r} has an unsafe path")
        roots = [name for name in names if "/" not in name and name.endswith((".twb", ".tds"))]
        report.need(len(roots) == 1, f"has {len(roots)} documents in its root instead of one")
        return archive.read(roots[0]), {name: archive.read(name) for name in names}


def check_connections(report, root, members, packaged):
    """Every file that a connection names is in the package, with the columns it says."""
    for connection in root.iter("connection"):
        kind = connection.get("class")
        if kind == "hyper" and packaged:
            report.need(connection.get("dbname") in members, f"the extract {connection.get('dbname')!r} is not in the package")
    extracted = any(extract.get("enabled") == "true" for extract in root.iter("extract"))
    for connection in root.iter("connection"):
        if connection.get("class") != "textscan" or not packaged or extracted:
            continue
        folder = connection.get("directory")
        relations = [relation for relation in root.iter("relation") if relation.find("columns") is not None]
        for relation in relations:
            name = f"{folder}/{relation.get('name')}"
            if name not in members:
                report.need(False, f"the table {name!r} is not in the package")
                continue
            header = members[name].split(b"\n", 1)[0].decode("utf-8").strip().split(",")
            columns = [column.get("name") for column in relation.find("columns")]
            report.need(header == columns, f"columns of {name!r}: the file has {header}, the document says {columns}")


# --- Fields ---------------------------------------------------------------------------------------


class Fields:
    """What a data source defines."""

    def __init__(self, element):
        self.columns = {column.get("name") for column in element.findall("column")}
        for record in element.findall("connection/metadata-records/metadata-record"):
            if record.get("class") == "column":
                self.columns.add(record.findtext("local-name"))
        self.sets = {group.get("name") for group in element.findall("group")}
        self.formulas = {
            column.get("name"): calculation.get("formula", "")
            for column in element.findall("column") for calculation in column.findall("calculation")
            if calculation.get("class") == "tableau"
        }
        self.element = element

    def has(self, name):
        return name in self.columns or name in self.sets or name.strip("[]") in GENERATED


def check_source(report, name, fields, parameters):
    names = [column.get("name") for column in fields.element.findall("column")]
    report.need(len(set(names)) == len(names), f"data source {name}: two columns of the same name")
    captions = [column.get("caption") for column in fields.element.findall("column") if column.get("caption")]
    report.need(len(set(captions)) == len(captions), f"data source {name}: two columns of the same caption")
    for column, formula in fields.formulas.items():
        plain = re.sub(r"\"[^\"]*\"|'[^']*'", "", formula)
        plain = re.sub(r"//[^\n]*", "", plain)
        for reference in re.findall(r"(?:\[[^\]]*\]\.)*\[[^\]]*\]", plain):
            parts = split_name(reference)
            if parts[0] == "Parameters":
                report.need(f"[{parts[1]}]" in parameters, f"data source {name}: {column} uses the unknown parameter {reference}")
            else:
                report.need(fields.has(reference), f"data source {name}: {column} uses the unknown field {reference}")
    for encoding in fields.element.findall("style/style-rule/encoding"):
        instances = {item.get("name") for item in fields.element.findall("column-instance")}
        report.need(encoding.get("field") in instances, f"data source {name}: colours for {encoding.get('field')}, which has no column-instance")
    objects = {item.get("id") for item in fields.element.findall("object-graph/objects/object")}
    for point in fields.element.iter("first-end-point"):
        report.need(point.get("object-id") in objects, f"data source {name}: a relationship starts at an unknown table")
    for point in fields.element.iter("second-end-point"):
        report.need(point.get("object-id") in objects, f"data source {name}: a relationship ends at an unknown table")
    for relationship in fields.element.iter("relationship"):
        for leaf in relationship.iter("expression"):
            if leaf.get("op").startswith("["):
                report.need(fields.has(leaf.get("op")), f"data source {name}: a relationship uses the unknown field {leaf.get('op')}")
    for folder in [*fields.element.iter("folder-item")]:
        report.need(fields.has(folder.get("name")), f"data source {name}: a folder holds the unknown field {folder.get('name')}")
    for item in fields.element.findall("drill-paths/drill-path/field"):
        report.need(fields.has(item.text), f"data source {name}: a hierarchy holds the unknown field {item.text}")


def check_sheet(report, sheet, sources, parameters):
    name = f"worksheet {sheet.get('name')!r}"
    instances = {}
    for block in sheet.iter("datasource-dependencies"):
        source = block.get("datasource")
        if source == "Parameters":
            for column in block.findall("column"):
                report.need(column.get("name") in parameters, f"{name}: unknown parameter {column.get('name')}")
            continue
        report.need(source in sources, f"{name}: unknown data source {source}")
        if source not in sources:
            continue
        copied = {column.get("name") for column in block.findall("column")}
        for column in copied:
            report.need(sources[source].has(column), f"{name}: {column} is not defined in {source}")
        for instance in block.findall("column-instance"):
            instances[(source, instance.get("name"))] = instance
            base = instance.get("column")
            report.need(sources[source].has(base), f"{name}: pill {instance.get('name')} of the unknown field {base}")
            report.need(base in copied or base in sources[source].sets, f"{name}: pill {instance.get('name')} without a copy of {base}")

    def known(text, place):
        for qualified in shelf_fields(text):
            parts = split_name(qualified)
            if parts[0] == "Parameters":
                report.need(f"[{parts[1]}]" in parameters, f"{name}: {place} uses the unknown parameter {qualified}")
                continue
            local = ".".join(f"[{part}]" for part in parts[1:])
            report.need(parts[0] in sources, f"{name}: {place} uses the unknown data source of {qualified}")
            good = (parts[0], local) in instances or parts[-1] in GENERATED or local in getattr(sources.get(parts[0]), "sets", ())
            report.need(good, f"{name}: {place} uses {qualified}, which is not among its pills")

    for element in sheet.iter():
        if element.tag in ("rows", "cols") or (element.tag == "column" and element.text):
            known(element.text, element.tag)
        for attribute in ("column", "using", "dimension-to-sort", "measure-to-sort-by", "axis-column", "value-column", "field", "ordering-field", "x-axis-name", "y-axis-name"):
            value = element.get(attribute)
            if value and "].[" in value and element.tag not in ("column-instance",):
                known(value, f"{element.tag}/@{attribute}")
        if element.tag == "groupfilter" and element.get("member", "").startswith('"['):
            known(element.get("member").strip('"'), "Measure Names")
    text = "".join(run.text or "" for run in sheet.iter("run"))
    for token in re.findall(r"<(\[[^<>]*\])>", text):
        known(token, "a text")
    return re.findall(r'<Sheet name="([^"]*)"', text)


# --- Workbooks ------------------------------------------------------------------------------------


def unique(report, what, names):
    seen = set()
    for name in names:
        report.need(name not in seen, f"two {what} are called {name!r}")
        seen.add(name)


def check_dashboard(report, board, sheets, boards, sources, parameters, windows):
    name = f"dashboard {board.get('name')!r}"
    zones = board.findall("zones//zone")
    unique(report, f"zones of {name}", [zone.get("id") for zone in zones])
    pills = {}
    for block in board.findall("datasource-dependencies"):
        for instance in block.findall("column-instance"):
            pills[f"[{block.get('datasource')}].{instance.get('name')}"] = instance
    for zone in zones:
        kind, label = zone.get("type-v2"), f"{name}, zone {zone.get('id')}"
        for side, length in (("x", "w"), ("y", "h")):
            start, extent = int(zone.get(side)), int(zone.get(length))
            report.need(0 <= start and extent > 0 and start + extent <= 100001, f"{label} lies outside the dashboard")
        for child in zone.findall("zone"):
            inside = all(
                int(child.get(side)) >= int(zone.get(side)) - 2
                and int(child.get(side)) + int(child.get(length)) <= int(zone.get(side)) + int(zone.get(length)) + 2
                for side, length in (("x", "w"), ("y", "h"))
            )
            report.need(inside, f"{name}, zone {child.get('id')} sticks out of zone {zone.get('id')}")
        if zone.get("name") is not None:
            report.need(zone.get("name") in sheets, f"{label} shows the unknown sheet {zone.get('name')!r}")
        param = zone.get("param")
        if kind == "paramctrl":
            report.need(split_name(param)[0] == "Parameters" and f"[{split_name(param)[1]}]" in parameters, f"{label} controls the unknown parameter {param}")
        elif kind == "filter" and zone.get("name") in sheets:
            columns = [item.get("column") for item in sheets[zone.get("name")].iter("filter")]
            report.need(param in columns, f"{label}: sheet {zone.get('name')!r} has no filter on {param}")
            report.need(param in pills, f"{label}: {param} is not among the dashboard's pills")
        elif kind in ("color", "size", "shape") and zone.get("name") in sheets:
            columns = [item.get("column") for item in sheets[zone.get("name")].iter(kind)]
            report.need(param in columns, f"{label}: sheet {zone.get('name')!r} has no {kind} {param}")
        for push in zone.findall("button"):
            target = re.search(r'window-id="([^"]*)"', push.get("action")).group(1)
            report.need(target in windows, f"{label}: its button leads to no window")
    for point in board.iter("story-point"):
        report.need(point.get("captured-sheet") in sheets or point.get("captured-sheet") in boards, f"{name}: story point {point.get('id')} shows an unknown sheet")
        for delta in point.findall("capturedDeltas/worksheet"):
            report.need(delta.get("name") in sheets, f"{name}: story point {point.get('id')} changes an unknown sheet")
    return {zone.get("name") for zone in zones if zone.get("name") is not None and zone.get("type-v2") is None}


def check_workbook(report, root):
    definitions = root.findall("datasources/datasource")
    unique(report, "data sources", [item.get("name") for item in definitions])
    unique(report, "data sources", [item.get("caption") for item in definitions if item.get("caption")])
    parameters = {column.get("name") for item in definitions if item.get("name") == "Parameters" for column in item.findall("column")}
    sources = {item.get("name"): Fields(item) for item in definitions if item.get("name") != "Parameters"}
    for name, fields in sources.items():
        check_source(report, name, fields, parameters)
    sheets = {sheet.get("name"): sheet for sheet in root.findall("worksheets/worksheet")}
    boards = {board.get("name"): board for board in root.findall("dashboards/dashboard")}
    unique(report, "sheets", [item.get("name") for item in root.findall("worksheets/worksheet") + root.findall("dashboards/dashboard")])
    unique(report, "ids", [item.get("uuid") for item in root.iter("simple-id")])
    in_tooltips = set()
    for name, sheet in sheets.items():
        for other in check_sheet(report, sheet, sources, parameters):
            in_tooltips.add(other)
            report.need(other in sheets, f"worksheet {name!r}: its tooltip shows the unknown sheet {other!r}")
    windows = root.findall("windows/window")
    unique(report, "windows", [window.get("name") for window in windows])
    report.need({window.get("name") for window in windows} == set(sheets) | set(boards), "the windows are not those of the sheets")
    report.need(sum(window.get("hidden") != "true" for window in windows) > 0, "all sheets are hidden")
    ids = {item.get("uuid") for window in windows for item in window.findall("simple-id")}
    by_window = {window.get("name"): window for window in windows}
    for name, board in boards.items():
        shown = check_dashboard(report, board, sheets, boards, sources, parameters, ids)
        if board.get("type") != "storyboard" and name in by_window:
            listed = {item.get("name") for item in by_window[name].findall("viewpoints/viewpoint")}
            report.need(listed == shown, f"dashboard {name!r}: its window lists {sorted(listed)}, it shows {sorted(shown)}")
    for window in windows:
        for card in window.iter("card"):
            param = card.get("param")
            if param and split_name(param)[0] == "Parameters":
                report.need(f"[{split_name(param)[1]}]" in parameters, f"window {window.get('name')!r}: a card of the unknown parameter {param}")
            elif param and window.get("name") in sheets:
                tag = "filter" if card.get("type") == "filter" else card.get("type")
                columns = [item.get("column") for item in sheets[window.get("name")].iter(tag)]
                report.need(param in columns, f"window {window.get('name')!r}: a {tag} card of {param}, which the sheet does not use")
    for action in root.find("actions") if root.find("actions") is not None else []:
        start = action.find("source")
        for attribute, known in (("dashboard", boards), ("worksheet", sheets)):
            if start is not None and start.get(attribute):
                report.need(start.get(attribute) in known, f"action {action.get('caption')!r} starts at an unknown {attribute}")
        for param in action.findall("command/param"):
            if param.get("name") == "target":
                report.need(param.get("value") in {**boards, **sheets}, f"action {action.get('caption')!r} has an unknown target")
            if param.get("name") == "exclude":
                for item in param.get("value").split(","):
                    report.need(item in sheets, f"action {action.get('caption')!r} leaves out the unknown sheet {item!r}")
    pictures = root.findall("thumbnails/thumbnail")
    report.need({item.get("name") for item in pictures} == set(sheets) | set(boards), "the thumbnails are not those of the sheets")
    for picture in pictures:
        png = base64.b64decode("".join((picture.text or "").split()))
        size = struct.unpack(">II", png[16:24]) if png[:8] == b"\x89PNG\r\n\x1a\n" else None
        report.need(size == (int(picture.get("width")), int(picture.get("height"))), f"thumbnail {picture.get('name')!r} is not a PNG of the size it says")


# --- The published schema -------------------------------------------------------------------------

USER_STUB = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.tableausoftware.com/xml/user">
<xs:attributeGroup name="UserAttributes-AG"><xs:anyAttribute namespace="http://www.tableausoftware.com/xml/user" processContents="lax"/></xs:attributeGroup>
</xs:schema>"""
XML_STUB = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="http://www.w3.org/XML/1998/namespace">
<xs:attribute name="base" type="xs:anyURI"/><xs:attribute name="lang" type="xs:language"/></xs:schema>"""


def load_schema(path):
    """The published schema, with stand-ins for the two schemas that it imports but that are not published."""
    from lxml import etree

    class Stubs(etree.Resolver):
        def resolve(self, url, public_id, context):
            if url.startswith("stub:"):
                return self.resolve_string(USER_STUB if url.endswith("user") else XML_STUB, context)
            return None

    parser = etree.XMLParser()
    parser.resolvers.add(Stubs())
    tree = etree.parse(path, parser)
    for item in tree.getroot().findall("{http://www.w3.org/2001/XMLSchema}import"):
        item.set("schemaLocation", "stub:user" if item.get("namespace").endswith("user") else "stub:xml")
    return etree.XMLSchema(tree)


def check_schema(report, schema, raw):
    from lxml import etree

    schema.validate(etree.fromstring(raw))
    known = 0
    for error in schema.error_log:
        if error.message in KNOWN_EXCEPTIONS:
            known += 1
        else:
            report.need(False, f"schema, line {error.line}: {error.message[:300]}")
    return known


# --- Main -----------------------------------------------------------------------------------------


def check_file(path, schema):
    report = Report(os.path.basename(path))
    raw, members = open_document(report, path)
    try:
        root = ET.fromstring(raw)
    except ET.ParseError as error:
        report.need(False, f"is not well-formed XML: {error}")
        return report, ""
    packaged = path.endswith("x")
    check_connections(report, root, members, packaged)
    note = ""
    if root.tag == "workbook":
        check_workbook(report, root)
        if schema is not None:
            known = check_schema(report, schema, raw)
            note = f", schema: {known} known exception" if known else ", schema: valid"
    else:
        report.need(root.tag == "datasource" and root.get("formatted-name"), "is no data source with a formatted-name")
        check_source(report, root.get("formatted-name"), Fields(root), set())
    return report, note


def main(arguments):
    xsd = None
    if "--xsd" in arguments:
        at = arguments.index("--xsd")
        xsd = arguments[at + 1]
        arguments = arguments[:at] + arguments[at + 2:]
    paths = arguments or sorted(os.path.join(HERE, name) for name in os.listdir(HERE) if name.endswith(SAMPLES))
    schema = load_schema(xsd) if xsd else None
    failed = False
    for path in paths:
        report, note = check_file(path, schema)
        print(f"{report.name}: {'ok' if not report.problems else 'PROBLEMS'}{note}")
        for problem in report.problems:
            print(f"  {problem}")
        failed = failed or bool(report.problems)
    if not paths:
        sys.exit("no sample files found")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
