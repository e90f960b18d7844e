"""Dashboards and stories. A dashboard is a tree of boxes; sizes in pixels become Tableau's 1/100000 units."""

from .sheet import dependencies, expand, formatted
from .source import Parameter
from .xml import E, uuid

MARGIN = 4
ROOT_MARGIN = 8


class Box:
    """A zone: `fixed` pixels along its container, or a share of what is left."""

    def __init__(self, kind=None, children=(), fixed=None, share=1.0, attrs=None, content=(), style=None, uses=()):
        self.kind, self.children, self.fixed, self.share = kind, list(children), fixed, share
        self.attrs, self.content, self.style, self.uses = attrs or {}, content, style or {}, uses
        self.id = None

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


def column(*children, **options):
    return Box("layout-flow", children, attrs={"param": "vert"}, **options)


def row(*children, **options):
    return Box("layout-flow", children, attrs={"param": "horz"}, **options)


def view(sheet, title=True, **options):
    return Box(None, attrs={"name": sheet.name, "show-title": None if title else "false"}, uses=[sheet], **options)


def card(sheet, pill, mode=None, **options):
    """A filter card."""
    attrs = {"name": sheet.name, "param": str(pill), "mode": mode}
    attrs["values"] = "database" if mode in ("checkdropdown", "dropdown", "radiolist") else None
    return Box("filter", attrs=attrs, uses=[sheet, (sheet.source, pill)], **options)


def slider(sheet, pill, **options):
    attrs = {"name": sheet.name, "param": str(pill), "show-domain": "false", "show-null-ctrls": "false"}
    return Box("filter", attrs=attrs, uses=[sheet, (sheet.source, pill)], **options)


def control(parameter, mode, source, **options):
    return Box("paramctrl", attrs={"mode": mode, "param": str(parameter)}, uses=[(source, parameter)], **options)


def legend(sheet, pill, kind="color", layout=None, **options):
    attrs = {"name": sheet.name, "param": str(pill), "pane-specification-id": "0", "leg-item-layout": layout}
    return Box(kind, attrs=attrs, uses=[sheet, (sheet.source, pill)], **options)


def words(runs, **options):
    return Box("text", attrs={"forceUpdate": "true"}, content=[formatted(runs)], **options)


def heading(**options):
    return Box("title", **options)


def blank(**options):
    return Box("empty", **options)


def image(path, **options):
    """A picture of the package, fitted into its zone."""
    return Box("bitmap", attrs={"is-centered": "1", "is-scaled": "1", "param": path}, **options)


def button(target, caption, **options):
    """A text button that goes to another dashboard."""
    content = E(
        "button", {"action": f'tabdoc:goto-sheet window-id="{uuid("window", target)}"', "button-type": "text"},
        E("button-visual-state", None, E("caption", None, caption)),
    )
    return Box("dashboard-object", content=[content], **options)


class Dashboard:
    """A dashboard of a fixed or minimum size. `floating` are boxes above the others with left, top, width and height in pixels."""

    def __init__(self, name, width, height, body, title=None, background=None, maximum=None, fits=None, floating=()):
        self.name, self.width, self.height, self.body, self.floating = name, width, height, body, floating
        self.title, self.background, self.maximum, self.fits = title, background, maximum, fits or {}

    def boxes(self):
        return [*self.body.walk(), *(box for box, _ in self.floating)]

    def sheets(self):
        found = []
        for box in self.boxes():
            for item in box.uses:
                if not isinstance(item, tuple) and item not in found:
                    found.append(item)
        return found

    def views(self):
        """The sheets shown, in the order of their names."""
        shown = {box.attrs["name"] for box in self.boxes() if box.kind is None}
        return sorted((sheet for sheet in self.sheets() if sheet.name in shown), key=lambda sheet: sheet.name)

    def zones(self):
        next_id = [2]

        def name_boxes(box):
            next_id[0] += 1
            box.id = next_id[0]
            for child in box.children:
                name_boxes(child)

        name_boxes(self.body)
        for box, _ in self.floating:
            name_boxes(box)

        def unit(x, y, w, h):
            left, top = round(x * 100000 / self.width), round(y * 100000 / self.height)
            return {
                "x": left, "y": top,
                "w": round((x + w) * 100000 / self.width) - left, "h": round((y + h) * 100000 / self.height) - top,
            }

        def place(box, x, y, w, h, fixed=None):
            attrs = {"id": box.id, "type-v2": box.kind, **box.attrs, **unit(x, y, w, h)}
            if fixed is not None:
                attrs.update({"fixed-size": fixed - 2 * MARGIN, "is-fixed": "true"})
            zones = []
            if box.children:
                along = w if box.attrs["param"] == "horz" else h
                free = along - sum(child.fixed or 0 for child in box.children)
                shares = sum(child.share for child in box.children if child.fixed is None)
                if free < 0 or (free > 0 and not shares):
                    raise ValueError(f"dashboard {self.name!r}: {free} px left over in {[child.attrs for child in box.children]}")
                at = 0.0
                for child in box.children:
                    length = child.fixed if child.fixed is not None else free * child.share / shares
                    if box.attrs["param"] == "horz":
                        zones.append(place(child, x + at, y, length, h, child.fixed))
                    else:
                        zones.append(place(child, x, y + at, w, length, child.fixed))
                    at += length
            return E("zone", attrs, zones, box.content, zone_style(box.style))

        inner = place(self.body, ROOT_MARGIN, ROOT_MARGIN, self.width - 2 * ROOT_MARGIN, self.height - 2 * ROOT_MARGIN)
        return E("zones", None, E(
            "zone", {"h": 100000, "id": 2, "type-v2": "layout-basic", "w": 100000, "x": 0, "y": 0},
            inner, zone_style({"margin": ROOT_MARGIN}),
        ), [place(box, *rectangle) for box, rectangle in self.floating])

    def element(self):
        size = {"minheight": self.height, "minwidth": self.width, "maxheight": self.height, "maxwidth": self.width, "sizing-mode": "fixed"}
        if self.maximum:
            size.update({"maxwidth": self.maximum[0], "maxheight": self.maximum[1], "sizing-mode": "range"})
        sources = {}
        for box in self.boxes():
            for item in box.uses:
                if isinstance(item, tuple):
                    sources.setdefault(item[0].name, (item[0], []))[1].append(item[1])
        expanded = [thing for source, used in sources.values() for thing in expand(source, used)]
        return E(
            "dashboard", {"enable-sort-zone-taborder": "true", "name": self.name},
            E("layout-options", None, E("title", None, formatted(self.title))) if self.title else None,
            E("style", None, E("style-rule", {"element": "table"}, E("format", {"attr": "background-color", "value": self.background}))
              if self.background else None),
            E("size", size),
            E("datasources", None, [source.link() for source, _ in sources.values()],
              E("datasource", {"name": "Parameters"}) if any(isinstance(item, Parameter) for item in expanded) else None) if sources else None,
            [dependencies(source, used) for source, used in sources.values()],
            self.zones(),
            E("simple-id", {"uuid": uuid("dashboard", self.name)}),
        )

    def window(self, maximized=False):
        return E(
            "window", {"class": "dashboard", "maximized": "true" if maximized else None, "name": self.name},
            E("viewpoints", None, [
                E("viewpoint", {"name": sheet.name}, E("zoom", {"type": self.fits.get(sheet.name, sheet.fit)})
                  if self.fits.get(sheet.name, sheet.fit) else None)
                for sheet in self.views()
            ]),
            E("active", {"id": "-1"}),
            E("simple-id", {"uuid": uuid("window", self.name)}),
        )


def zone_style(style):
    values = {"border-color": "#000000", "border-style": "none", "border-width": "0", "margin": MARGIN, **style}
    return E("zone-style", None, [E("format", {"attr": name, "value": value}) for name, value in values.items()])


class Story:
    """A story: points are (caption, sheet or dashboard name, captured deltas or None)."""

    def __init__(self, name, width, height, points, title=None):
        self.name, self.width, self.height, self.points, self.title = name, width, height, points, title

    def element(self):
        def pixels(top, height, left=ROOT_MARGIN):
            return {
                "x": round(left * 100000 / self.width), "y": round(top * 100000 / self.height),
                "w": round((self.width - 2 * left) * 100000 / self.width), "h": round(height * 100000 / self.height),
            }

        heading_height, navigator = 50, 110
        rest = self.height - 2 * ROOT_MARGIN - heading_height - navigator
        points = [
            E("story-point", {"caption": caption, "captured-sheet": sheet, "id": number},
              E("capturedDeltas", None, deltas) if deltas else None)
            for number, (caption, sheet, deltas) in enumerate(self.points, 1)
        ]
        flow = E(
            "zone", {"id": 1, "param": "vert", "removable": "false", "type-v2": "layout-flow", **pixels(ROOT_MARGIN, self.height - 2 * ROOT_MARGIN)},
            E("zone", {"id": 3, "type-v2": "title", **pixels(ROOT_MARGIN, heading_height)}, zone_style({})),
            E("zone", {
                "id": 4, "is-fixed": "true", "fixed-size": navigator - 2 * MARGIN, "paired-zone-id": 5, "removable": "false",
                "type-v2": "flipboard-nav", **pixels(ROOT_MARGIN + heading_height, navigator),
            }, zone_style({})),
            E("zone", {
                "id": 5, "paired-zone-id": 4, "removable": "false", "type-v2": "flipboard",
                **pixels(ROOT_MARGIN + heading_height + navigator, rest),
            }, E("flipboard", {"active-id": 1, "nav-type": "caption", "show-nav-arrows": "true"}, E("story-points", None, points)),
              zone_style({})),
        )
        return E(
            "dashboard", {"enable-sort-zone-taborder": "true", "name": self.name, "type": "storyboard"},
            E("layout-options", None, E("title", None, formatted(self.title))) if self.title else None,
            E("style"),
            E("size", {
                "maxheight": self.height, "maxwidth": self.width, "minheight": self.height, "minwidth": self.width, "sizing-mode": "fixed",
            }),
            E("zones", None, E(
                "zone", {"h": 100000, "id": 2, "type-v2": "layout-basic", "w": 100000, "x": 0, "y": 0}, flow, zone_style({"margin": ROOT_MARGIN}),
            )),
            E("simple-id", {"uuid": uuid("dashboard", self.name)}),
        )

    def window(self, maximized=False):
        return E(
            "window", {"class": "dashboard", "maximized": "true" if maximized else None, "name": self.name},
            E("viewpoints", None, [E("viewpoint", {"name": name}) for name in sorted({sheet for _, sheet, _ in self.points})]),
            E("active", {"id": "-1"}),
            E("simple-id", {"uuid": uuid("window", self.name)}),
        )
