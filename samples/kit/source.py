"""Data sources: tables, fields, parameters, sets, colours, and the pills made from them."""

import re

from .xml import E, calculation_name, connection_name, literal, object_id

# datatype: (OLE DB code, default aggregation, default role, default type)
DATATYPES = {
    "string": (129, "Count", "dimension", "nominal"),
    "integer": (20, "Sum", "measure", "quantitative"),
    "real": (5, "Sum", "measure", "quantitative"),
    "date": (133, "Year", "dimension", "ordinal"),
    "datetime": (135, "Year", "dimension", "ordinal"),
    "boolean": (11, "Count", "dimension", "nominal"),
}
TYPE_KEYS = {"nominal": "nk", "ordinal": "ok", "quantitative": "qk"}
TYPES = {key: name for name, key in TYPE_KEYS.items()}
DERIVATIONS = {
    "None": "none", "Sum": "sum", "Avg": "avg", "Min": "min", "Max": "max", "Count": "cnt", "CountD": "ctd",
    "Median": "med", "Attribute": "attr", "User": "usr", "InOut": "io",
    "Year": "yr", "Quarter": "qr", "Month": "mn", "Weekday": "wd", "Day": "dy", "Hour": "hr",
    "Year-Trunc": "tyr", "Quarter-Trunc": "tqr", "Month-Trunc": "tmn", "Week-Trunc": "twk", "Day-Trunc": "tdy",
}
DATE_PARTS = {"Year", "Quarter", "Month", "Weekday", "Day", "Hour"}
QUICK_CALCS = {"CumTotal": "cum", "PctTotal": "pcto", "PctDiff": "pcdf", "Difference": "diff", "Rank": "rank", "WindowTotal": "win"}
OBJECTS = "[__tableau_internal_object_id__]"


class Field:
    """One field. `formula` makes it a calculation, `bin_of` a bin, `groups` a manual group of `group_of`."""

    def __init__(
        self, name, datatype="string", caption=None, role=None, type=None, formula=None, fmt=None, geo=None,
        aliases=None, aggregation=None, hidden=None, note=None, remote=None, bin_of=None, bin_size=None,
        group_of=None, groups=None, other=None, compute=None,
    ):
        self.name, self.datatype, self.caption, self.formula = name, datatype, caption, formula
        self.fmt, self.geo, self.aliases, self.aggregation = fmt, geo, aliases, aggregation
        self.hidden, self.note, self.remote = hidden, note, remote or name
        self.bin_of, self.bin_size = bin_of, bin_size
        self.group_of, self.groups, self.other = group_of, groups, other
        self.compute = compute
        default = DATATYPES[datatype]
        self.role, self.type = role or default[2], type or default[3]
        self.custom = any((caption, role, type, formula, fmt, geo, aliases, aggregation, hidden, note, bin_of, groups))
        self.table = None
        self.local = None
        if bin_of:
            self.role, self.type, self.aggregation = "dimension", "ordinal", "None"

    @property
    def label(self):
        return self.caption or self.name


class Parameter:
    """A workbook parameter: a list of `members` (value, alias), a range, or any value."""

    def __init__(self, caption, datatype, value, members=None, minimum=None, maximum=None, step=None, fmt=None, note=None):
        self.caption, self.datatype, self.value = caption, datatype, value
        self.members, self.minimum, self.maximum, self.step = members, minimum, maximum, step
        self.fmt, self.note = fmt, note
        self.local = None

    def __str__(self):
        return f"[Parameters].{self.local}"

    def column(self, brief=False):
        labels = {value: alias for value, alias in self.members or [] if alias}
        domain = "list" if self.members else "range" if self.minimum is not None else "any"
        return E(
            "column",
            {
                "alias": labels.get(self.value), "caption": self.caption, "datatype": self.datatype,
                "default-format": self.fmt, "name": self.local, "param-domain-type": domain, "role": "measure",
                "type": "nominal" if self.datatype == "string" else "quantitative", "value": literal(self.value),
            },
            E("calculation", {"class": "tableau", "formula": literal(self.value)}),
            E("aliases", None, [E("alias", {"key": literal(v), "value": a}) for v, a in labels.items()]) if labels else None,
            E("desc", None, E("formatted-text", None, E("run", None, self.note))) if self.note and not brief else None,
            E("members", None, [E("member", {"alias": a, "value": literal(v)}) for v, a in self.members])
            if self.members and not brief else None,
            E("range", {"granularity": self.step, "max": self.maximum, "min": self.minimum})
            if domain == "range" and not brief else None,
        )


class Table:
    """A CSV file of the package; `folder` is where it lies inside."""

    def __init__(self, filename, folder, fields):
        self.filename, self.folder, self.fields = filename, folder, fields
        stem, _, extension = filename.rpartition(".")
        self.table = f"[{stem}#{extension}]"
        self.caption = filename
        self.object = None


class Pill:
    """A field as it stands on a shelf: `str(pill)` is its qualified name."""

    def __init__(self, source, name, field=None, derivation=None, type=None, calc=None, column=None):
        self.source, self.name, self.field = source, name, field
        self.derivation, self.type, self.calc, self.column = derivation, type, calc, column

    def __str__(self):
        return f"[{self.source.name}].{self.name}"

    def instance(self):
        if self.derivation is None:
            return None
        return E(
            "column-instance",
            {"column": self.column, "derivation": self.derivation, "name": self.name, "pivot": "key", "type": self.type},
            self.calc,
        )


class Source:
    """A data source.

    `joins` are (kind, left field, right field) inside one logical table, `relations` are pairs of fields between logical
    tables, `sets` are (name, field, count, expression) of top N sets.
    """

    def __init__(
        self, caption, tables, fields=(), parameters=(), joins=(), relations=(), sets=(), paths=(), folders=(), colors=(),
        shapes=(), country=None, week_start=None, extract=None, published=None, default_sorts=(), note=None,
    ):
        self.caption, self.tables, self.parameters = caption, tables, list(parameters)
        self.joins, self.relations, self.sets = joins, relations, {item[0]: item for item in sets}
        self.paths, self.folders, self.colors, self.shapes = paths, folders, colors, shapes
        self.country, self.week_start, self.extract, self.published = country, week_start, extract, published
        self.default_sorts, self.note = default_sorts, note
        self.name = connection_name("sqlproxy" if published else "federated", caption)
        self.leaf = connection_name("textscan", caption)
        self.fields = {}
        for number, parameter in enumerate(self.parameters, 1):
            parameter.local = f"[Parameter {number}]"
        for table in tables:
            table.object = object_id(table.caption, caption)
            for field in table.fields:
                # A name that an earlier table already has gets the table's name behind it, as in Tableau.
                name = field.name if field.name not in self.fields else f"{field.name} ({table.filename})"
                field.remote, field.name, field.table, field.local = field.name, name, table, f"[{name}]"
                self.fields[name] = field
        if joins:
            for table in tables:
                table.object = tables[0].object
        self.calculated = []
        for field in fields:
            field.local = calculation_name(caption, field.name) if field.formula else f"[{field.name}]"
            self.fields[field.name] = field
            self.calculated.append(field)
        self.by_label = {field.label: field for field in self.fields.values()}
        self.by_local = {field.local: field for field in self.fields.values()}

    # --- lookups ---

    def field(self, name):
        found = self.by_label.get(name) or self.fields.get(name)
        if found is None:
            raise KeyError(f"no field {name!r} in data source {self.caption!r}")
        return found

    def parameter(self, caption):
        return next(item for item in self.parameters if item.caption == caption)

    def formula(self, text):
        """Replaces labels in brackets by internal names: formulas here are written with the words people see."""

        def parameter(match):
            return f"[Parameters].{self.parameter(match.group(1)).local}"

        def field(match):
            name = match.group(1)
            if name.startswith("Parameter") or name in ("__rows__",):
                return match.group(0)
            return self.field(name).local

        parts = re.split(r"(\"[^\"]*\"|'[^']*')", text)
        for index in range(0, len(parts), 2):
            part = re.sub(r"\[Parameters\]\.\[([^\]]+)\]", parameter, parts[index])
            part = re.sub(r"(?<!\.)\[(?!Parameters\])([^\]]+)\](?!\.)", field, part)
            parts[index] = part.replace("[__rows__]", f"{OBJECTS}.[{self.tables[0].object}]")
        return "".join(parts)

    def references(self, field):
        """The fields and parameters that a field is made of."""
        if field.bin_of:
            size = [self.parameter(field.bin_size)] if isinstance(field.bin_size, str) else []
            return [self.field(field.bin_of), *size]
        if field.group_of:
            return [self.field(field.group_of)]
        if not field.formula:
            return []
        text = self.formula(field.formula)
        found = [self.by_local[name] for name in re.findall(r"\[[^\]]+\]", text) if name in self.by_local]
        return found + [item for item in self.parameters if str(item) in text]

    # --- pills ---

    def pill(self, name, derivation=None, kind=None, calc=None, suffix=None):
        """A pill of a field. Without a derivation: Sum for measures, None for dimensions, User for calculated aggregates."""
        field = self.field(name)
        if derivation is None:
            derivation = "None" if field.role == "dimension" else "User" if field.aggregation == "User" else "Sum"
        if kind is None:
            if derivation in DATE_PARTS:
                kind = "ok"
            elif derivation in ("None", "User"):
                kind = TYPE_KEYS[field.type]
            elif derivation == "InOut":
                kind = "nk"
            elif derivation == "Attribute":
                kind = TYPE_KEYS[field.type]
            else:
                kind = "qk"
        prefix = "".join(f"{QUICK_CALCS[item.attrs['type']]}:" for item in reversed(calc or []) if "type" in item.attrs)
        tail = f":{suffix}" if suffix else ""
        code = DERIVATIONS[derivation]
        return Pill(
            self, f"[{prefix}{code}:{field.local[1:-1]}:{kind}{tail}]", field, derivation, TYPES[kind], calc, field.local,
        )

    def rows(self, table=0, calc=None):
        """The number of rows of a table."""
        item = self.tables[table].object
        prefix = "".join(f"{QUICK_CALCS[call.attrs['type']]}:" for call in reversed(calc or []))
        return Pill(
            self, f"{OBJECTS}.[{prefix}cnt:{item}:qk]", None, "Count", "quantitative", calc, f"{OBJECTS}.[{item}]",
        )

    def in_set(self, name):
        return Pill(self, f"[io:{name}:nk]", None, "InOut", "nominal", None, f"[{name}]")

    def special(self, name):
        return Pill(self, f"[{name}]")

    # --- XML ---

    def column(self, field):
        calculation = None
        if field.formula:
            calculation = E("calculation", {"class": "tableau", "formula": self.formula(field.formula)}, field.compute)
        elif field.bin_of:
            by_parameter = isinstance(field.bin_size, str)
            calculation = E(
                "calculation",
                {
                    "class": "bin", "decimals": "0", "formula": self.field(field.bin_of).local, "peg": "0",
                    "size": None if by_parameter else field.bin_size,
                    "size-parameter": str(self.parameter(field.bin_size)) if by_parameter else None,
                },
            )
        elif field.groups:
            calculation = E(
                "calculation",
                {
                    "class": "categorical-bin", "column": self.field(field.group_of).local, "new-bin": "true",
                    "default": literal(field.other) if field.other else None,
                },
                [
                    E("bin", {"default-name": "false", "value": literal(name)}, [E("value", None, literal(item)) for item in items])
                    for name, items in field.groups
                ],
            )
        return E(
            "column",
            {
                "aggregation": None if field.aggregation == "User" else field.aggregation,
                "caption": field.caption or (field.name if field.formula else None), "datatype": field.datatype,
                "default-format": field.fmt, "hidden": field.hidden, "name": field.local, "role": field.role,
                "semantic-role": field.geo, "type": field.type,
            },
            calculation,
            E("aliases", None, [E("alias", {"key": literal(key), "value": text}) for key, text in field.aliases.items()])
            if field.aliases else None,
            E("desc", None, E("formatted-text", None, E("run", None, field.note))) if field.note else None,
        )

    def count_column(self, table):
        return E(
            "column",
            {
                "caption": table.caption, "datatype": "table", "name": f"{OBJECTS}.[{table.object}]", "role": "measure",
                "type": "quantitative",
            },
        )

    def logical_tables(self):
        return self.tables[:1] if self.joins else self.tables

    def leaf_relation(self, table):
        return E(
            "relation",
            {"connection": self.leaf, "name": table.filename, "table": table.table, "type": "table"},
            E(
                "columns",
                {"character-set": "UTF-8", "header": "yes", "locale": "en_US", "separator": ",", "text-qualifier": '"'},
                [
                    E("column", {"datatype": field.datatype, "name": field.remote, "ordinal": ordinal})
                    for ordinal, field in enumerate(table.fields)
                ],
            ),
        )

    def physical_relation(self):
        """The one relation of the first logical table: a CSV file, or a left-deep tree of joins."""
        relation = self.leaf_relation(self.tables[0])
        for (kind, left, right), table in zip(self.joins, self.tables[1:]):
            ends = [f"[{field.table.filename}].[{field.remote}]" for field in (self.field(left), self.fields[right])]
            relation = E(
                "relation", {"join": kind, "type": "join"},
                E("clause", {"type": "join"}, E("expression", {"op": "="}, [E("expression", {"op": end}) for end in ends])),
                relation, self.leaf_relation(table),
            )
        return relation

    def metadata(self, parent=None):
        records = []
        ordinal = 0
        for table in self.tables:
            if parent is None:
                attributes = {
                    "character-set": '"UTF-8"', "collation": '"en_US"', "field-delimiter": '","', "header-row": '"true"',
                    "locale": '"en_US"', "quote-char": '"\\""', "single-char": '""',
                }
                records.append(E(
                    "metadata-record", {"class": "capability"},
                    E("remote-name"), E("remote-type", None, "0"), E("parent-name", None, f"[{table.filename}]"),
                    E("remote-alias"), E("aggregation", None, "Count"), E("contains-null", None, "true"),
                    E("attributes", None, [
                        E("attribute", {"datatype": "string", "name": name}, value) for name, value in attributes.items()
                    ]),
                ))
            for field in table.fields:
                code, aggregation, _, _ = DATATYPES[field.datatype]
                # An extract and a published source have one table, so their columns carry the field's own name.
                remote = field.remote if parent is None else field.name
                records.append(E(
                    "metadata-record", {"class": "column"},
                    E("remote-name", None, remote), E("remote-type", None, str(code)), E("local-name", None, field.local),
                    E("parent-name", None, parent or f"[{table.filename}]"), E("remote-alias", None, remote),
                    E("ordinal", None, str(ordinal)),
                    E("family", None, table.filename) if parent else None,
                    E("local-type", None, field.datatype), E("aggregation", None, aggregation),
                    E("scale", None, "1") if field.datatype == "string" and parent is None else None,
                    E("width", None, "1073741823") if field.datatype == "string" and parent is None else None,
                    E("contains-null", None, "true"),
                    E("collation", {"flag": "0", "name": "LEN_RUS"}) if field.datatype == "string" else None,
                    E("object-id", None, f"[{table.object}]"),
                ))
                ordinal += 1
        return E("metadata-records", None, records)

    def connection(self):
        if self.published:
            return E(
                "connection",
                {
                    "channel": "http", "class": "sqlproxy", "dbname": self.published, "directory": "/dataserver",
                    "port": "80", "server": "localhost", "server-ds-friendly-name": self.caption, "username": "",
                },
                E("relation", {"name": "sqlproxy", "table": "[sqlproxy]", "type": "table"}),
                E("calculations", None, [
                    E("calculation", {"column": field.local, "formula": self.formula(field.formula)})
                    for field in self.calculated if field.formula
                ]),
                self.metadata("[sqlproxy]"),
            )
        relations = [self.leaf_relation(table) for table in self.tables]
        several = len(self.tables) > 1
        return E(
            "connection", {"class": "federated"},
            E("named-connections", None, E(
                "named-connection", {"caption": self.tables[0].filename.rpartition(".")[0], "name": self.leaf},
                E("connection", {
                    "class": "textscan", "directory": self.tables[0].folder, "filename": self.tables[0].filename,
                    "password": "", "server": "",
                }),
            )),
            self.physical_relation() if self.joins else E("relation", {"type": "collection"}, relations) if several else relations,
            E("cols", None, [
                E("map", {"key": field.local, "value": f"[{field.table.filename}].[{field.remote}]"})
                for field in sorted((f for table in self.tables for f in table.fields), key=lambda f: f.local)
            ]) if several else None,
            self.metadata(),
        )

    def extract_element(self):
        if not self.extract:
            return None
        table = E("relation", {"name": "Extract", "table": "[Extract].[Extract]", "type": "table"})
        return E(
            "extract", {"count": "-1", "enabled": "true", "object-id": self.tables[0].object, "units": "records"},
            E(
                "connection",
                {
                    "access_mode": "readonly", "authentication": "auth-none", "author-locale": "en_US", "class": "hyper",
                    "dbname": self.extract, "default-settings": "hyper", "schema": "Extract", "sslmode": "",
                    "tablename": "Extract", "update-time": "01/02/2025 06:00:00 AM", "username": "",
                },
                table,
                self.metadata("[Extract]"),
            ),
        )

    def object_graph(self):
        objects = []
        for table in self.logical_tables():
            relation = self.physical_relation() if self.joins else self.leaf_relation(table)
            if self.published:
                relation = E("relation", {"name": "sqlproxy", "table": "[sqlproxy]", "type": "table"})
            objects.append(E(
                "object", {"caption": table.caption, "id": table.object},
                E("properties", {"context": ""}, relation),
                E("properties", {"context": "extract"}, E(
                    "relation", {"name": "Extract", "table": "[Extract].[Extract]", "type": "table"},
                )) if self.extract else None,
            ))
        relationships = [
            E(
                "relationship", None,
                E("expression", {"op": "="}, E("expression", {"op": self.fields[left].local}), E("expression", {"op": self.fields[right].local})),
                E("first-end-point", {"object-id": self.fields[left].table.object}),
                E("second-end-point", {"object-id": self.fields[right].table.object, "unique-key": "true"}),
            )
            for left, right in self.relations
        ]
        return E("object-graph", None, E("objects", None, objects), E("relationships", None, relationships) if relationships else None)

    def target(self, words):
        """The pill that a colour map is for: a field, or a field and a part of its date."""
        return self.pill(words) if isinstance(words, str) else self.pill(*words)

    def style(self):
        encodings = []
        for attribute, maps in (("color", self.colors), ("shape", self.shapes)):
            for target, values in maps:
                field = target if target[0] == "[" else self.target(target).name
                encodings.append(E(
                    "encoding", {"attr": attribute, "field": field, "type": "palette" if attribute == "color" else "shape"},
                    [E("map", {"to": to}, E("bucket", None, literal(value))) for value, to in values],
                ))
        return E("style", None, E("style-rule", {"element": "mark"}, encodings)) if encodings else None

    def parameter_dependencies(self, fields):
        """Parameters that these fields use, or nothing."""
        used = []
        for field in fields:
            used += [item for item in self.references(field) if isinstance(item, Parameter) and item not in used]
        return used

    def body(self):
        """The children of `datasource`, in Tableau's order."""
        columns = [self.column(field) for field in self.fields.values() if field.custom]
        columns += [self.count_column(table) for table in self.logical_tables()]
        columns.sort(key=lambda column: column.attrs["name"])
        instances = {}
        for target, _ in [*self.colors, *self.shapes]:
            pill = self.in_set(target[4:-4]) if target[0] == "[" else self.target(target)
            instances[pill.name] = pill.instance()
        used = self.parameter_dependencies(self.calculated)
        used += [count for _, _, count, _ in self.sets.values() if isinstance(count, Parameter) and count not in used]
        return [
            E("repository-location", {"id": self.published, "path": "/datasources", "revision": "1.0"}) if self.published else None,
            self.connection(),
            E("aliases", {"enabled": "yes"}),
            columns,
            [instances[name] for name in sorted(instances)],
            [
                E("group", {"caption": name, "name": f"[{name}]", "name-style": "unqualified", "user:ui-builder": "filter-group"},
                  top_members(self.field(level).local, count, self.formula(expression)))
                for name, level, count, expression in self.sets.values()
            ],
            E("drill-paths", None, [
                E("drill-path", {"name": name}, [E("field", None, self.field(item).local) for item in items])
                for name, items in self.paths
            ]) if self.paths else None,
            E("folders-common", None, [
                E("folder", {"name": name}, [E("folder-item", {"name": self.field(item).local, "type": "field"}) for item in items])
                for name, items in self.folders
            ]) if self.folders else None,
            self.extract_element(),
            E("layout", {"dim-ordering": "alphabetic", "measure-ordering": "alphabetic", "show-structure": "true"}),
            self.style(),
            E("semantic-values", None, E("semantic-value", {"key": "[Country].[Name]", "value": literal(self.country)}))
            if self.country else None,
            E("date-options", {"start-of-week": self.week_start}) if self.week_start else None,
            E("default-sorts", None, [
                E("manual-sort", {"column": self.pill(name).name, "direction": "ASC"},
                  E("dictionary", None, [E("bucket", None, literal(value)) for value in values]))
                for name, values in self.default_sorts
            ]) if self.default_sorts else None,
            E("datasource-dependencies", {"datasource": "Parameters"}, [item.column(brief=True) for item in used]) if used else None,
            self.object_graph(),
        ]

    def element(self):
        return E(
            "datasource", {"caption": self.caption, "inline": "true", "name": self.name, "version": "18.1"}, self.body(),
        )

    def link(self):
        return E("datasource", {"caption": self.caption, "name": self.name})


def top_members(level, count, expression, end="top"):
    """The group filter tree of a top N filter or set."""
    return E(
        "groupfilter",
        {"count": count, "end": end, "function": "end", "units": "records", "user:ui-marker": "end", "user:ui-top-by-field": "true"},
        E(
            "groupfilter", {"direction": "DESC", "expression": expression, "function": "order", "user:ui-marker": "order"},
            E("groupfilter", {"function": "level-members", "level": level, "user:ui-enumeration": "all", "user:ui-marker": "enumerate"}),
        ),
    )


def parameters_source(parameters):
    if not parameters:
        return None
    return E(
        "datasource", {"hasconnection": "false", "inline": "true", "name": "Parameters", "version": "18.1"},
        E("aliases", {"enabled": "yes"}), [item.column() for item in parameters],
    )


def table_calc(type=None, along="Rows", field=None, **attributes):
    """Addressing of a table calculation: along a direction, or along one field."""
    attrs = {"type": type, "ordering-type": "Field" if field else along, "ordering-field": str(field) if field else None}
    address = attributes.pop("address", None)
    attrs.update({name.replace("_", "-"): value for name, value in attributes.items()})
    return E("table-calc", attrs, E("address", None, E("value", None, address)) if address else None)
