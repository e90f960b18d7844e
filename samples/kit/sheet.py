"""Worksheets: shelves, marks cards, filters, sorts, styles and formatted text."""

from .source import Field, Parameter, Pill, top_members
from .xml import E, literal, uuid

GREY = "#787878"


# --- Formatted text -------------------------------------------------------------------------------


def text(*parts, **base):
    """Runs of text. A part is a string, a pill, a parameter, or a pair of one of these and run attributes."""
    runs = []
    for part in parts:
        item, attrs = part if isinstance(part, tuple) else (part, {})
        attrs = {**base, **attrs}
        if isinstance(item, (Pill, Parameter)):
            runs.append((f"<{item}>", attrs, item))
        else:
            for index, line in enumerate(item.split("\n")):
                if index:
                    runs.append(("\u00c6\n", base, None))
                if line:
                    # White space at the start of a run is kept only behind this letter.
                    runs.append((("\u00c6" if line[0] in " \t" else "") + line, attrs, None))
    return runs


def formatted(runs):
    return E("formatted-text", None, [E("run", attrs, words) for words, attrs, _ in runs])


def tooltip(*lines):
    """A tooltip of `label: value` lines in grey and bold; a line may also be a list of parts for `text`."""
    parts = []
    for index, line in enumerate(lines):
        if index:
            parts.append("\n")
        if isinstance(line, list):
            parts += line
        else:
            label, value = line
            parts += [(f"{label}:\t", {"fontcolor": GREY}), (value, {"bold": "true"})]
    return text(*parts)


# --- Shelves --------------------------------------------------------------------------------------


class Shelf:
    """Two or more pills or shelves joined by one operator, written as a right-nested tree."""

    def __init__(self, operator, items):
        self.operator, self.items = operator, items

    def __str__(self):
        words = str(self.items[-1])
        for item in reversed(self.items[:-1]):
            words = f"({item} {self.operator} {words})"
        return words

    def pills(self):
        return [pill for item in self.items for pill in (item.pills() if isinstance(item, Shelf) else [item])]


def nest(*items):
    return Shelf("/", items)


def cross(*items):
    return Shelf("*", items)


def side_by_side(*items):
    return Shelf("+", items)


# --- Filters --------------------------------------------------------------------------------------


class Filter:
    """A filter: the element, the pill it filters, other pills it names, and how its card looks."""

    def __init__(self, pill, element, uses=(), card=None, slice=True):
        self.pill, self.element, self.uses, self.card, self.slice = pill, element, uses, card, slice


def _filter(pill, kind, group, context, *children, **attrs):
    return E(
        "filter", {"class": kind, "column": str(pill), "context": context, "filter-group": group, **attrs}, *children,
    )


def keep_all(pill, group=None, card=None):
    """On the filter shelf, but everything passes."""
    root = E("groupfilter", {"function": "level-members", "level": pill.name, "user:ui-enumeration": "all", "user:ui-marker": "enumerate"})
    return Filter(pill, _filter(pill, "categorical", group, None, root), card=card)


def keep(pill, *values, exclude=False, group=None, context=None, card=None):
    """Only these members, or all but these."""
    way = {"user:ui-domain": "database", "user:ui-enumeration": "exclusive" if exclude else "inclusive", "user:ui-marker": "enumerate"}
    members = [E("groupfilter", {"function": "member", "level": pill.name, "member": literal(value)}) for value in values]
    if exclude:
        every = E("groupfilter", {"function": "level-members", "level": pill.name})
        out = members[0] if len(members) == 1 else E("groupfilter", {"function": "union"}, members)
        root = E("groupfilter", {"function": "except", **way}, every, out)
    elif len(members) == 1:
        root = E("groupfilter", {"function": "member", "level": pill.name, "member": literal(values[0]), **way})
    else:
        root = E("groupfilter", {"function": "union", **way}, members)
    return Filter(pill, _filter(pill, "categorical", group, context, root), card=card)


def keep_top(pill, count, expression, card=None):
    source = pill.source
    used = [count] if isinstance(count, Parameter) else []
    root = top_members(pill.name, count, source.formula(expression))
    fields = [source.by_local[name] for name in source.by_local if name in source.formula(expression)]
    return Filter(pill, _filter(pill, "categorical", None, None, root), uses=used + fields, card=card)


def keep_range(pill, minimum=None, maximum=None, group=None, card=None, values="in-range"):
    return Filter(
        pill,
        _filter(
            pill, "quantitative", group, None,
            E("min", None, str(minimum)) if minimum is not None else None,
            E("max", None, str(maximum)) if maximum is not None else None,
            **{"included-values": values},
        ),
        card=card,
    )


def measure_names(source, *pills):
    """The filter that says which measures Measure Values shows."""
    names = source.special(":Measure Names")
    root = E(
        "groupfilter", {"function": "union", "user:op": "manual"},
        [E("groupfilter", {"function": "member", "level": "[:Measure Names]", "member": f'"{pill}"'}) for pill in pills],
    )
    return Filter(names, _filter(names, "categorical", None, None, root), uses=pills)


def measure_order(source, *pills):
    return E(
        "manual-sort", {"column": str(source.special(":Measure Names")), "direction": "ASC"},
        E("dictionary", None, [E("bucket", None, f'"{pill}"') for pill in pills]),
    )


# --- Sorts ----------------------------------------------------------------------------------------


class Sort:
    """A sort element with the pills it names."""

    def __init__(self, element, uses):
        self.element, self.uses = element, uses


def sort_by(pill, using, direction="DESC"):
    return Sort(E("computed-sort", {"column": str(pill), "direction": direction, "using": str(using)}), [pill, using])


def sort_manually(pill, *values):
    return Sort(
        E("manual-sort", {"column": str(pill), "direction": "ASC"},
          E("dictionary", None, [E("bucket", None, literal(value)) for value in values])),
        [pill],
    )


def sort_nested(pill, using, shelf="rows", direction="DESC"):
    """The sort within each outer header, as the axis button makes it."""
    return Sort(
        E("shelf-sort-v2", {
            "dimension-to-sort": str(pill), "direction": direction, "is-on-innermost-dimension": "true",
            "measure-to-sort-by": str(using), "shelf": shelf,
        }),
        [pill, using],
    )


# --- Styles ---------------------------------------------------------------------------------------


def rule(element, *items):
    return E("style-rule", {"element": element}, *items)


def fmt(attribute, value, field=None, **attrs):
    attrs = {name.replace("_", "-").replace("klass", "class"): item for name, item in attrs.items()}
    return E("format", {"attr": attribute, "value": value, "field": str(field) if field else None, **attrs})


def titled(attribute, field, words):
    """A legend or filter card title."""
    return E("format", {"attr": attribute, "field": str(field), "value": words}, E("formatted-text", None, E("run", None, words)))


def axis_title(pill, scope, words):
    return fmt("title", words, field=pill, scope=scope, klass="0")


def axis(pill, scope, **attrs):
    """An axis: `range_type`, `min`, `max`, `fold`, `synchronized`, …"""
    attrs = {name.replace("_", "-"): value for name, value in attrs.items()}
    return E(
        "encoding",
        {"attr": "space", "class": "0", "field": str(pill), "field-type": "quantitative", "scope": scope, "type": "space", **attrs},
    )


def ramp(pill, palette=None, colors=None, kind="ordered-sequential", **attrs):
    """A continuous colour: one of Tableau's palettes or our own list of colours."""
    attrs = {name.replace("_", "-"): value for name, value in attrs.items()}
    return E(
        "encoding",
        {"attr": "color", "field": str(pill), "palette": palette, "type": "custom-interpolated" if colors else "interpolated", **attrs},
        E("color-palette", {"custom": "true", "name": "", "type": kind}, [E("color", None, item) for item in colors]) if colors else None,
    )


def sizes(pill, smallest, largest, kind="quantsize"):
    return E("encoding", {
        "attr": "size", "field": str(pill), "field-type": "quantitative", "max-size": largest, "min-size": smallest, "type": kind,
    })


def average_line(axis_pill, scope="per-table", id="refline0", label="Average <Value>", formula="average", value=None):
    return E("reference-line", {
        "axis-column": str(axis_pill), "enable-instant-analytics": "true", "formula": formula, "id": id, "label": label,
        "label-type": "custom", "probability": "95", "scope": scope, "value-column": str(value or axis_pill), "z-order": "1",
    })


def box_plot(axis_pill):
    return E("reference-line", {
        "axis-column": str(axis_pill), "boxplot-mark-exclusion": "false", "boxplot-whisker-type": "standard",
        "enable-instant-analytics": "true", "formula": "average", "id": "refline0", "label-type": "none",
        "probability": "95", "scope": "per-cell", "symmetric": "false", "value-column": str(axis_pill), "z-order": "1",
    })


def trend(per_color=True, bands=False):
    return E("trendline", {
        "enable-confidence-bands": bands, "enable-instant-analytics": "true", "enabled": "true",
        "exclude-color": not per_color, "exclude-intercept": "false", "fit": "linear",
    })


# --- Marks cards and worksheets -------------------------------------------------------------------


class Pane:
    """A marks card. `encodings` are (shelf, pill); `style` is a dict of mark formats."""

    def __init__(
        self, mark="Automatic", encodings=(), tooltip=None, label=None, style=None, lines=(), trendline=None, sizing=None,
        id=None, x=None, y=None, rules=(), breakdown="auto",
    ):
        self.mark, self.encodings, self.tooltip, self.label = mark, list(encodings), tooltip, label
        self.style, self.lines, self.trendline, self.sizing = style or {}, lines, trendline, sizing
        self.id, self.x, self.y, self.rules, self.breakdown = id, x, y, rules, breakdown

    def pills(self):
        found = [pill for _, pill in self.encodings]
        for runs in (self.tooltip, self.label):
            found += [item for _, _, item in runs or [] if item is not None]
        return found

    def element(self):
        marks = rule("mark", [fmt(name, value) for name, value in sorted(self.style.items())]) if self.style else None
        rules = [*self.rules, marks]
        return E(
            "pane",
            {
                "id": self.id, "selection-relaxation-option": "selection-relaxation-allow",
                "x-axis-name": str(self.x) if self.x else None, "y-axis-name": str(self.y) if self.y else None,
            },
            E("view", None, E("breakdown", {"value": self.breakdown})),
            E("mark", {"class": self.mark}),
            E("mark-sizing", {"mark-sizing-setting": self.sizing}) if self.sizing else None,
            E("encodings", None, [E(shelf, {"column": str(pill)}) for shelf, pill in self.encodings]) if self.encodings else None,
            self.trendline,
            self.lines,
            E("customized-tooltip", None, formatted(self.tooltip)) if self.tooltip else None,
            E("customized-label", None, formatted(self.label)) if self.label else None,
            E("style", None, rules) if any(rules) else None,
        )


class Sheet:
    """A worksheet."""

    def __init__(
        self, name, source, rows=None, cols=None, panes=None, filters=(), sorts=(), style=(), title=None, caption=None,
        aggregate=True, full_range=(), row_total=False, col_total=False, subtotals=(), maps=False, hidden=False,
        fit="entire-view", cards=(), extra=(),
    ):
        self.name, self.source, self.rows, self.cols = name, source, rows, cols
        self.panes = panes or [Pane()]
        self.filters, self.sorts, self.style = list(filters), list(sorts), list(style)
        self.title, self.caption, self.aggregate = title, caption, aggregate
        self.full_range, self.row_total, self.col_total = full_range, row_total, col_total
        self.subtotals, self.maps, self.hidden, self.fit = subtotals, maps, hidden, fit
        self.cards, self.extra = list(cards), list(extra)

    def used(self):
        """Everything the sheet names: pills, fields and parameters, each once."""
        found = []

        def add(item):
            if item is None:
                return
            if isinstance(item, Shelf):
                for pill in item.pills():
                    add(pill)
            elif item not in found:
                found.append(item)

        for item in (self.rows, self.cols, *self.full_range, *self.subtotals, *self.extra):
            add(item)
        for pane in self.panes:
            for pill in pane.pills():
                add(pill)
        for filter_ in self.filters:
            for item in (filter_.pill, *filter_.uses):
                add(item)
        for sort in self.sorts:
            for item in getattr(sort, "uses", ()):
                add(item)
        for _, _, item in self.title or []:
            add(item)
        for kind, item, *_ in self.cards:
            add(item)
        return found

    def dependencies(self):
        return dependencies(self.source, self.used())

    def links(self):
        return E("datasources", None, [
            self.source.link(),
            E("datasource", {"name": "Parameters"}) if any(isinstance(item, Parameter) for item in expand(self.source, self.used())) else None,
        ])

    def element(self):
        sorts = [sort.element if isinstance(sort, Sort) else sort for sort in self.sorts]
        ordinary = [item for item in sorts if item.tag != "shelf-sort-v2"]
        nested = [item for item in sorts if item.tag == "shelf-sort-v2"]
        slices = [filter_.pill for filter_ in self.filters]
        options = [
            E("title", None, formatted(self.title)) if self.title else None,
            E("caption", None, formatted(self.caption)) if self.caption else None,
        ]
        return E(
            "worksheet", {"name": self.name},
            E("layout-options", None, options) if any(options) else None,
            E(
                "table", None,
                E(
                    "view", None, self.links(),
                    E("mapsources", None, E("mapsource", {"name": "Tableau"})) if self.maps else None,
                    self.dependencies(),
                    [filter_.element for filter_ in sorted(self.filters, key=lambda item: str(item.pill))],
                    ordinary,
                    E("shelf-sorts", None, nested) if nested else None,
                    E("slices", None, [E("column", None, str(pill)) for pill in slices]) if slices else None,
                    E("aggregation", {"value": self.aggregate}),
                ),
                E("style", None, self.style),
                E("panes", None, [pane.element() for pane in self.panes]),
                E("rows", {"total": "true" if self.row_total else None}, str(self.rows) if self.rows else None),
                E("cols", {"total": "true" if self.col_total else None}, str(self.cols) if self.cols else None),
                E("subtotals", None, [E("column", None, str(pill)) for pill in self.subtotals]) if self.subtotals else None,
                E("show-full-range", None, [E("column", None, str(pill)) for pill in self.full_range]) if self.full_range else None,
            ),
            E("simple-id", {"uuid": uuid("sheet", self.source.caption, self.name)}),
        )


def expand(source, used):
    """The used things and all that their formulas are made of."""
    found = []

    def add(item):
        if item in found:
            return
        found.append(item)
        if isinstance(item, Pill):
            if item.field:
                add(item.field)
            elif item.derivation == "InOut":
                name = item.name[4:-4]
                add(source.field(source.sets[name][1]))
        elif isinstance(item, Field):
            for other in source.references(item):
                add(other)
            if item.formula and "[__rows__]" in item.formula:
                add(source.rows())

    for item in used:
        add(item)
    return found


def dependencies(source, used):
    """`datasource-dependencies` for the parameters and for the source."""
    items = expand(source, used)
    parameters = [item for item in source.parameters if item in items]
    columns = [source.column(item) for item in items if isinstance(item, Field)]
    counted = {item.column for item in items if isinstance(item, Pill) and item.column and item.column.startswith("[__tableau")}
    columns += [source.count_column(table) for table in source.logical_tables() if f"[__tableau_internal_object_id__].[{table.object}]" in counted]
    columns.sort(key=lambda column: column.attrs["name"])
    instances = {item.name: item.instance() for item in items if isinstance(item, Pill)}
    instances = [instances[name] for name in sorted(instances) if instances[name] is not None]
    return [
        E("datasource-dependencies", {"datasource": "Parameters"}, [item.column(brief=True) for item in parameters])
        if parameters else None,
        E("datasource-dependencies", {"datasource": source.name}, columns, instances),
    ]
