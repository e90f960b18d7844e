"""The workbook around the sheets, and the packages (`.twbx`, `.tdsx`) with fixed time stamps."""

import base64
import io
import zipfile

from .source import parameters_source
from .xml import USER, E, Raw, document, uuid

# Features of the format that these files use; Tableau Desktop 2024.2 and later know all of them without prefixes.
MANIFEST = [
    "AccessibleZoneTabOrder", "AnimationOnByDefault", "IntuitiveSorting", "IntuitiveSorting_SP2", "MarkAnimation",
    "ObjectModelEncapsulateLegacy", "ObjectModelExtractV2", "ObjectModelTableType", "SchemaViewerObjectModel",
    "SetMembershipControl", "SheetIdentifierTracking", "SortTagCleanup", "WindowsPersistSimpleIdentifiers",
    "WorksheetBackgroundTransparency", "ZoneBackgroundTransparency",
]
MANIFEST_SOURCE = ["ObjectModelEncapsulateLegacy", "ObjectModelExtractV2", "ObjectModelTableType", "SchemaViewerObjectModel"]
# The build number of a file that no released Tableau wrote.
BUILD = "0.0.0 (0000.0.0.0)"
ZIP_TIME = (2025, 1, 2, 6, 0, 0)


def manifest(names):
    return E("document-format-change-manifest", None, [E(name) for name in names])


class Workbook:
    """A workbook: `tabs` are the dashboards, stories and worksheets in tab order; sheets not named in it follow."""

    def __init__(self, name, sources, sheets, dashboards=(), stories=(), actions=(), tabs=(), thumbnails=None, files=None, parameters=()):
        self.name, self.sources, self.sheets = name, sources, sheets
        self.dashboards, self.stories, self.actions = dashboards, stories, actions
        self.tabs, self.thumbnails, self.files, self.parameters = tabs, thumbnails or {}, files or {}, parameters

    def element(self):
        boards = sorted([*self.dashboards, *self.stories], key=lambda board: board.name)
        everything = {item.name: item for item in [*self.dashboards, *self.stories, *self.sheets]}
        order = [*self.tabs, *[name for name in everything if name not in self.tabs]]
        windows = [
            sheet_window(everything[name]) if everything[name] in self.sheets else everything[name].window(maximized=index == 0)
            for index, name in enumerate(order)
        ]
        return E(
            "workbook",
            {"original-version": "18.1", "source-build": BUILD, "source-platform": "win", "version": "18.1", "xmlns:user": USER},
            manifest(MANIFEST),
            E("preferences", None,
              E("preference", {"name": "ui.encoding.shelf.height", "value": "24"}),
              E("preference", {"name": "ui.shelf.height", "value": "26"})),
            E("datasources", None, parameters_source(self.parameters), [source.element() for source in self.sources]),
            E("mapsources", None, E("mapsource", {"name": "Tableau"})) if any(sheet.maps for sheet in self.sheets) else None,
            E("actions", None, self.actions) if self.actions else None,
            E("worksheets", None, [sheet.element() for sheet in sorted(self.sheets, key=lambda sheet: sheet.name)]),
            E("dashboards", None, [board.element() for board in boards]) if boards else None,
            E("windows", {"source-height": "30"}, windows),
            E("thumbnails", None, [thumbnail(name, self.thumbnails[name]) for name in sorted(self.thumbnails)]) if self.thumbnails else None,
        )

    def xml(self):
        return document(self.element())

    def package(self):
        return pack([(f"{self.name}.twb", self.xml()), *self.files.items()])


def sheet_window(sheet):
    def strip(size, *cards):
        return E("strip", {"size": size}, cards)

    right = []
    for kind, item, *mode in sheet.cards:
        attrs = {"type": kind, "param": str(item), "mode": mode[0] if mode else None}
        if kind in ("color", "size", "shape"):
            attrs["pane-specification-id"] = "0"
        right.append(E("card", attrs))
    return E(
        "window", {"class": "worksheet", "hidden": "true" if sheet.hidden else None, "name": sheet.name},
        E(
            "cards", None,
            E("edge", {"name": "left"}, strip(160, E("card", {"type": "pages"}), E("card", {"type": "filters"}), E("card", {"type": "marks"}))),
            E("edge", {"name": "top"}, strip(2147483647, E("card", {"type": "columns"})), strip(2147483647, E("card", {"type": "rows"})),
              strip(31, E("card", {"type": "title"}))),
            E("edge", {"name": "right"}, strip(160, *right)) if right else None,
            E("edge", {"name": "bottom"}, strip(80, E("card", {"type": "caption"}))) if sheet.caption else None,
        ),
        E("viewpoint", None, E("zoom", {"type": sheet.fit}) if sheet.fit else None),
        E("simple-id", {"uuid": uuid("window", sheet.name)}),
    )


def thumbnail(name, png):
    width, height = (int.from_bytes(png[start:start + 4], "big") for start in (16, 20))
    text = base64.b64encode(png).decode("ascii")
    lines = [text[at:at + 76] for at in range(0, len(text), 76)]
    return E("thumbnail", {"height": height, "name": name, "width": width}, Raw(lines))


def source_file(source):
    """The `.tds` of a data source."""
    return document(E(
        "datasource",
        {
            "formatted-name": source.caption, "inline": "true", "source-platform": "win", "version": "18.1", "xmlns:user": USER,
        },
        manifest(MANIFEST_SOURCE), source.body(),
    ))


def pack(files):
    """A ZIP whose bytes depend on the names and contents only."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files:
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 0
            info.external_attr = 0
            archive.writestr(info, content)
    return out.getvalue()


# --- Actions --------------------------------------------------------------------------------------


def filter_action(name, dashboard, source_sheet, exclude=(), caption=None):
    """Selecting marks on one sheet filters the other sheets of the dashboard."""
    return E(
        "action", {"caption": caption or name, "name": f"[Action_{uuid('action', dashboard, name)[1:9]}]"},
        E("activation", {"auto-clear": "true", "type": "on-select"}),
        E("source", {"dashboard": dashboard, "type": "sheet", "worksheet": source_sheet}),
        E("command", {"command": "tsc:tsl-filter"},
          E("param", {"name": "exclude", "value": ",".join(exclude)}) if exclude else None,
          E("param", {"name": "special-fields", "value": "all"}), E("param", {"name": "target", "value": dashboard})),
    )


def highlight_action(name, dashboard, captions):
    return E(
        "action", {"caption": name, "name": f"[Action_{uuid('action', dashboard, name)[1:9]}]"},
        E("activation", {"auto-clear": "true", "type": "on-hover"}),
        E("source", {"dashboard": dashboard, "type": "sheet"}),
        E("command", {"command": "tsc:brush"},
          E("param", {"name": "field-captions", "value": ",".join(captions)}), E("param", {"name": "target", "value": dashboard})),
    )
