"""Worksheets that a seed makes up, over files of the samples: as a workbook, and as what pandas makes of the same data."""

from __future__ import annotations

import io
import random
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import pandas

from .program import ROOT

# Derivations: the prefix of instances, and what pandas calls them.
AGGREGATES = {
    "Sum": ("sum", lambda values: values.sum(min_count=1)),
    "Avg": ("avg", lambda values: values.mean()),
    "Min": ("min", lambda values: values.min()),
    "Max": ("max", lambda values: values.max()),
    "Count": ("cnt", lambda values: values.count()),
    "CountD": ("ctd", lambda values: values.nunique()),
    "Median": ("med", lambda values: values.median()),
    "Stdev": ("std", lambda values: values.std()),
    "StdevP": ("stp", lambda values: values.std(ddof=0)),
    "Var": ("var", lambda values: values.var()),
    "VarP": ("vrp", lambda values: values.var(ddof=0)),
}
PARTS = {
    "None": ("none", lambda values: values),
    "Year": ("yr", lambda values: values.dt.year),
    "Quarter": ("qr", lambda values: values.dt.quarter),
    "Month": ("mn", lambda values: values.dt.month),
    "Day": ("dy", lambda values: values.dt.day),
    "Weekday": ("wd", lambda values: values.dt.isocalendar().day % 7 + 1),
    "Hour": ("hr", lambda values: values.dt.hour),
    "Month-Trunc": ("tmn", lambda values: values.dt.to_period("M").dt.start_time),
    "Quarter-Trunc": ("tqr", lambda values: values.dt.to_period("Q").dt.start_time),
    # Weeks begin on Sunday.
    "Week-Trunc": ("twk", lambda values: values - pandas.to_timedelta(values.dt.isocalendar().day % 7, unit="D")),
}


@dataclass(frozen=True)
class Source:
    """A file with the types of its columns."""

    file: str
    types: dict[str, str]
    dimensions: list[tuple[str, str]]
    measures: list[str]

    def frame(self) -> pandas.DataFrame:
        dates = [name for name, datatype in self.types.items() if datatype.startswith("date")]
        texts = {name: "object" for name, datatype in self.types.items() if datatype == "string"}
        return pandas.read_csv(ROOT / "samples" / "data" / self.file, parse_dates=dates, dtype=texts, na_values=["", "NA"])


PENGUINS = Source(
    "penguins.csv",
    {
        "species": "string", "island": "string", "bill_length_mm": "real", "bill_depth_mm": "real",
        "flipper_length_mm": "integer", "body_mass_g": "integer", "sex": "string", "year": "integer",
    },
    [("species", "None"), ("island", "None"), ("sex", "None"), ("year", "None")],
    ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"],
)  # fmt: skip
FLIGHTS = Source(
    "flights.csv",
    {
        "date": "date", "scheduled": "datetime", "carrier": "string", "flight": "integer", "origin": "string",
        "dest": "string", "dep_delay": "integer", "arr_delay": "integer", "air_time": "integer", "distance": "integer",
    },
    [("carrier", "None"), ("origin", "None"), ("dest", "None"), ("date", "Month"), ("date", "Quarter"), ("date", "Weekday"),
     ("scheduled", "Hour"), ("date", "Month-Trunc"), ("date", "Week-Trunc")],
    ["dep_delay", "arr_delay", "air_time", "distance"],
)  # fmt: skip

Pill = tuple[str, str]


@dataclass
class Measure:
    """A measure: an aggregate of a field, or a calculation of the sheet with how it is addressed."""

    field: str
    derivation: str = "Sum"
    formula: str = ""
    datatype: str = "real"
    along: Pill | None = None
    quick: str = ""
    value: Any = None


@dataclass
class Sheet:
    """A worksheet with its rows as pandas finds them."""

    name: str
    source: Source
    dimensions: list[Pill]
    measures: list[Measure]
    filters: list[str] = field(default_factory=list)
    filtered: list[Pill] = field(default_factory=list)
    expected: pandas.DataFrame | None = None

    def xml(self, number: int) -> tuple[str, str]:
        """The sheet, and the columns that it adds to the data source."""
        columns, instances, texts = "", "", ""
        for pill in dict.fromkeys(self.dimensions + self.filtered):
            instances += instance(self.source, pill)
        for at, measure in enumerate(self.measures):
            if measure.formula:
                name = f"Calculation {number} {at}"
                calc = addressed(measure.along) if measure.along else ""
                columns += (
                    f"<column datatype='{measure.datatype}' name='[{name}]' role='measure' type='quantitative'>"
                    f"<calculation class='tableau' formula={quoteattr(measure.formula)}>{calc}</calculation></column>"
                )
                # What aggregates by itself is used as it is.
                derivation, key = measure.derivation, f"{code(measure.derivation)}:{name}:qk"
                instances += column_instance(name, derivation, key, "quantitative")
            elif measure.quick:
                key = f"quick{at}:{code(measure.derivation)}:{measure.field}:qk"
                calc = addressed(measure.along, measure.quick)
                instances += column_instance(measure.field, measure.derivation, key, "quantitative", calc)
            else:
                key = f"{code(measure.derivation)}:{measure.field}:qk"
                instances += column_instance(measure.field, measure.derivation, key, "quantitative")
            texts += f"<text column='[ds].[{key}]' />"
        shelf = ""
        for pill in self.dimensions:
            shelf = f"({shelf} / {reference(pill)})" if shelf else reference(pill)
        sheet = (
            f"<worksheet name={quoteattr(self.name)}><table><view><datasources><datasource name='ds' /></datasources>"
            f"<datasource-dependencies datasource='ds'>{instances}</datasource-dependencies>"
            f"{''.join(self.filters)}<aggregation value='true' /></view><style /><panes><pane><view><breakdown value='auto' />"
            f"</view><mark class='Automatic' /><encodings>{texts}</encodings></pane></panes>"
            f"<rows>{shelf}</rows><cols /></table></worksheet>"
        )
        return sheet, columns


def code(derivation: str) -> str:
    return "usr" if derivation == "User" else (AGGREGATES.get(derivation) or PARTS[derivation])[0]


def key_of(pill: Pill) -> str:
    return f"{code(pill[1])}:{pill[0]}:ok"


def reference(pill: Pill) -> str:
    return f"[ds].[{key_of(pill)}]"


def column_instance(name: str, derivation: str, key: str, kind: str, inside: str = "") -> str:
    return f"<column-instance column='[{name}]' derivation='{derivation}' name='[{key}]' pivot='key' type='{kind}'>{inside}</column-instance>"


def instance(source: Source, pill: Pill) -> str:
    kind = "quantitative" if pill[1] in AGGREGATES else "ordinal"
    return column_instance(pill[0], pill[1], key_of(pill), kind)


def addressed(along: Pill | None, quick: str = "") -> str:
    # The fields of the view in the order of the calculation.
    return f"<table-calc ordering-type='Field' ordering-field='{reference(along)}' {quick}/>" if along else ""


def literal(value: Any) -> str:
    if value is None:
        return "%null%"
    return f'"{value}"' if isinstance(value, str) else str(value)


def members(pill: Pill, values: list, exclude: bool = False, context: bool = False) -> str:
    """Keeps or leaves out members."""
    level = f"[{key_of(pill)}]"
    listed = "".join(f"<groupfilter function='member' level='{level}' member={quoteattr(literal(value))} />" for value in values)
    if len(values) > 1:
        listed = f"<groupfilter function='union'>{listed}</groupfilter>"
    if exclude:
        listed = f"<groupfilter function='except'><groupfilter function='level-members' level='{level}' />{listed}</groupfilter>"
    more = " context='true'" if context else ""
    return f"<filter class='categorical' column='{reference(pill)}'{more}>{listed}</filter>"


def between(pill: Pill, low: Any, high: Any, nulls: str = "in-range") -> str:
    """Keeps a range of values."""
    least = "" if low is None else f"<min>{low}</min>"
    most = "" if high is None else f"<max>{high}</max>"
    return f"<filter class='quantitative' column='{reference(pill)}' included-values='{nulls}'>{least}{most}</filter>"


def top(pill: Pill, count: int, expression: str, end: str = "top") -> str:
    """Keeps the first or last members by an expression; the order is the same for both."""
    level = f"[{key_of(pill)}]"
    return (
        f"<filter class='categorical' column='{reference(pill)}'><groupfilter function='end' end='{end}' count='{count}' units='records'>"
        f"<groupfilter function='order' direction='DESC' expression={quoteattr(expression)}>"
        f"<groupfilter function='level-members' level='{level}' /></groupfilter></groupfilter></filter>"
    )


def where(pill: Pill, condition: str) -> str:
    """Keeps the members that meet a condition."""
    level = f"[{key_of(pill)}]"
    return (
        f"<filter class='categorical' column='{reference(pill)}'><groupfilter function='filter' expression={quoteattr(condition)}>"
        f"<groupfilter function='level-members' level='{level}' /></groupfilter></filter>"
    )


def workbook(source: Source, sheets: list[Sheet]) -> bytes:
    """Packs sheets with the file that they are over."""
    written = [sheet.xml(number) for number, sheet in enumerate(sheets)]
    types = "".join(f"<column datatype='{datatype}' name='{name}' ordinal='{at}' />" for at, (name, datatype) in enumerate(source.types.items()))
    document = (
        "<?xml version='1.0' encoding='utf-8' ?>\n<workbook version='18.1'><datasources><datasource caption='Data' inline='true' name='ds'>"
        "<connection class='federated'><named-connections><named-connection caption='data' name='file.0'>"
        f"<connection class='textscan' directory='Data' filename='{source.file}' password='' server='' /></named-connection></named-connections>"
        f"<relation connection='file.0' name='{source.file}' table='[{source.file.replace('.', '#')}]' type='table'>"
        f"<columns character-set='UTF-8' header='yes' locale='en_US' separator=','>{types}</columns></relation></connection>"
        + "".join(columns for _, columns in written)
        + f"</datasource></datasources><worksheets>{''.join(sheet for sheet, _ in written)}</worksheets></workbook>\n"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Book.twb", document)
        archive.write(ROOT / "samples" / "data" / source.file, f"Data/{source.file}")
    return packed.getvalue()


# What pandas makes of the same.


def keys(frame: pandas.DataFrame, pills: list[Pill]) -> list[pandas.Series]:
    return [PARTS[derivation][1](frame[name]).rename(f"key {at}") for at, (name, derivation) in enumerate(pills)]


def grouped(frame: pandas.DataFrame, pills: list[Pill], columns: dict[str, tuple[str, str]]) -> pandas.DataFrame:
    """Aggregates fields to the groups of pills; null is a group."""
    if not pills:
        return pandas.DataFrame([[AGGREGATES[how][1](frame[column]) for column, how in columns.values()]], columns=list(columns))
    by = keys(frame, pills)
    names = [series.name for series in by]
    parts = frame.assign(**{series.name: series for series in by}).groupby(names, dropna=False)
    return pandas.DataFrame({name: AGGREGATES[how][1](parts[column]) for name, (column, how) in columns.items()}).reset_index()


def made(seed: int, source: Source, count: int) -> list[Sheet]:
    """Makes up worksheets, each kind in turn."""
    pick = random.Random(f"{seed} {source.file}")
    frame = source.frame()
    kinds = [aggregates, filters, levels, tables]
    return [kinds[number % len(kinds)](pick, source, frame, f"Sheet {number}") for number in range(count)]


def view(pick: random.Random, source: Source, least: int = 0, most: int = 3) -> list[Pill]:
    return pick.sample(source.dimensions, pick.randint(least, most))


def aggregates(pick: random.Random, source: Source, frame: pandas.DataFrame, name: str) -> Sheet:
    """Several aggregates by some dimensions."""
    pills = view(pick, source)
    choices = [(column, how) for column in source.measures for how in AGGREGATES]
    chosen = pick.sample(choices, 3)
    measures = [Measure(column, how) for column, how in chosen]
    columns = {f"value {at}": pair for at, pair in enumerate(chosen)}
    return Sheet(name, source, pills, measures, expected=grouped(frame, pills, columns))


def filters(pick: random.Random, source: Source, frame: pandas.DataFrame, name: str) -> Sheet:
    """Filters of rows, members, context, first so many, groups."""
    pills = view(pick, source, 1, 2)
    measure, other = pick.sample(source.measures, 2)
    plain = [pill for pill in source.dimensions if pill[1] == "None"]
    written: list[str] = []
    used: list[Pill] = []
    kept = frame
    first = pick.choice(plain)
    values = [None if pandas.isna(value) else value for value in frame[first[0]].unique()]
    some = sorted(pick.sample(values, max(1, len(values) // 2)), key=str)
    exclude, context = pick.random() < 0.5, pick.random() < 0.5
    mask = frame[first[0]].isin([value for value in some if value is not None])
    if None in some:
        mask |= frame[first[0]].isna()
    mask = ~mask if exclude else mask
    written.append(members(first, some, exclude, context))
    used.append(first)
    before = frame[mask] if context else frame
    # What the members are chosen by sees only filters in context.
    second = pick.choice([pill for pill in plain if pill != first])
    by_member = grouped(before.dropna(subset=[second[0]]), [second], {"sum": (other, "Sum")}).dropna()
    if pick.random() < 0.5:
        number, end = pick.randint(1, 2), pick.choice(["top", "bottom"])
        ranked = by_member.sort_values("sum", ascending=end == "bottom", kind="stable")
        chosen = set(ranked["key 0"].head(number))
        written.append(top(second, number, f"SUM([{other}])", end))
    else:
        bound = int(by_member["sum"].median())
        chosen = set(by_member[by_member["sum"] > bound]["key 0"])
        written.append(where(second, f"SUM([{other}]) > {bound}"))
    used.append(second)
    kept = frame[mask & frame[second[0]].isin(chosen)]
    if second[0] == "sex":
        # A null member has a sum as well.
        nulls = grouped(before[before["sex"].isna()].assign(all=1), [("all", "None")], {"sum": (other, "Sum")})
        by_null = grouped(before, [second], {"sum": (other, "Sum")})
        return filters(pick, source, frame, name) if len(nulls) and len(by_null) else aggregates(pick, source, frame, name)
    low, high = (int(frame[measure].quantile(q)) for q in (0.1, 0.8))
    nulls = pick.choice(["in-range", "in-range-or-null"])
    written.append(between((measure, "None"), low, high, nulls))
    used.append((measure, "None"))
    inside = kept[measure].between(low, high) | (kept[measure].isna() & (nulls == "in-range-or-null"))
    kept = kept[inside]
    expected = grouped(kept, pills, {"value 0": (measure, "Avg"), "value 1": (other, "Sum")})
    if pick.random() < 0.5 and len(expected):
        averages = sorted(expected["value 0"].dropna().astype(float).unique())
        if len(averages) > 1:
            # Between two values, as the last digits of an average depend on the order of its sum.
            bound = (averages[0] + averages[1]) / 2
            written.append(between((measure, "Avg"), None, bound))
            used.append((measure, "Avg"))
            expected = expected[expected["value 0"].astype(float) <= bound]
    return Sheet(name, source, pills, [Measure(measure, "Avg"), Measure(other, "Sum")], written, used, expected)


def levels(pick: random.Random, source: Source, frame: pandas.DataFrame, name: str) -> Sheet:
    """Levels of detail beside a filter that the fixed ones do not see."""
    plain = [pill for pill in source.dimensions if pill[1] == "None"]
    pills = pick.sample(plain, 2)
    measure = pick.choice(source.measures)
    inner, outer = pick.choice(["Sum", "Avg", "Max", "Count"]), pick.choice(["Sum", "Avg", "Min"])
    fixed = pick.choice(plain)
    more = pick.choice([pill for pill in plain if pill not in pills])
    call = {"Sum": "SUM", "Avg": "AVG", "Max": "MAX", "Min": "MIN", "Count": "COUNT"}
    low, high = (int(frame[measure].quantile(q)) for q in (0.2, 0.9))
    kept = frame[frame[measure].between(low, high)]
    level = grouped(frame, [fixed], {"level": (measure, inner)})
    level = {None if pandas.isna(key) else key: value for key, value in zip(level["key 0"], level["level"])}
    by_row = kept[fixed[0]].map(lambda value: level[None if pandas.isna(value) else value]).astype(float)
    expected = grouped(kept.assign(level=by_row), pills, {"value 0": ("level", outer), "value 1": (measure, "Sum")})
    finer = grouped(kept, [*pills, more], {"level": (measure, inner)})
    finer["level"] = finer["level"].astype(float)
    included = grouped(finer.rename(columns={"key 0": "a", "key 1": "b"}), [("a", "None"), ("b", "None")], {"value": ("level", outer)})
    expected["value 2"] = included["value"]
    coarse = grouped(kept, pills[:1], {"level": (measure, inner)})
    excluded = {None if pandas.isna(key) else key: value for key, value in zip(coarse["key 0"], coarse["level"])}
    expected["value 3"] = [excluded[None if pandas.isna(key) else key] for key in expected["key 0"]]
    measures = [
        Measure("", "User", f"{call[outer]}({{FIXED [{fixed[0]}] : {call[inner]}([{measure}])}})"),
        Measure(measure, "Sum"),
        Measure("", "User", f"{call[outer]}({{INCLUDE [{more[0]}] : {call[inner]}([{measure}])}})"),
        Measure("", "User", f"MIN({{EXCLUDE [{pills[1][0]}] : {call[inner]}([{measure}])}})"),
    ]
    pill = (measure, "None")
    return Sheet(name, source, pills, measures, [between(pill, low, high)], [pill], expected)


QUICK = {
    "type='CumTotal' aggregation='Sum'": lambda values: values.expanding().sum(),
    "type='CumTotal' aggregation='Max'": lambda values: values.expanding().max(),
    "type='PctTotal'": lambda values: values / values.sum(),
    # Tableau takes null for zero in these two.
    "type='Difference'": lambda values: values.fillna(0).diff(),
    "type='PctDiff'": lambda values: divided(values.fillna(0).diff(), values.fillna(0).shift().abs()),
    "type='Rank' rank-options='Competition,Descending'": lambda values: values.rank(method="min", ascending=False),
    "type='Rank' rank-options='Dense,Ascending'": lambda values: values.rank(method="dense"),
    "type='WindowTotal' aggregation='Avg' from='-1' to='1' window-options='IncludeCurrent'": lambda values: values.rolling(
        3, center=True, min_periods=1
    ).mean(),
}
FORMULAS = {
    "RUNNING_AVG({})": lambda values: values.expanding().mean(),
    "WINDOW_SUM({}, -2, 0)": lambda values: values.rolling(3, min_periods=1).sum(),
    "WINDOW_STDEV({})": lambda values: values.where(values.isna(), 0).fillna(0) + values.std(),
    "WINDOW_MEDIAN({})": lambda values: values.where(values.isna(), 0).fillna(0) + values.median(),
    "LOOKUP({}, -1)": lambda values: values.shift(),
    "LOOKUP({}, LAST())": lambda values: values.where(values.isna(), 0).fillna(0) + values.iloc[-1],
    "{} / WINDOW_MAX({})": lambda values: values / values.max(),
    "RANK_UNIQUE({}, 'asc')": lambda values: values.rank(method="first"),
    "INDEX() + SIZE()": lambda values: pandas.Series(range(1, len(values) + 1), index=values.index) + len(values),
    "PREVIOUS_VALUE(0) * 0.5 + {}": lambda values: folded(values),
}


def divided(above: pandas.Series, below: pandas.Series) -> pandas.Series:
    return above / below.where(below != 0)


def folded(values: pandas.Series) -> pandas.Series:
    """A fold: half of what was before, and the value."""
    out, before = [], 0.0
    for value in values:
        before = before * 0.5 + value
        out.append(before)
    return pandas.Series(out, index=values.index)


def tables(pick: random.Random, source: Source, frame: pandas.DataFrame, name: str) -> Sheet:
    """Table calculations along one dimension, one partition for each member of the other."""
    pills = pick.sample([pill for pill in source.dimensions if pill[0] != "sex"], 2)
    if pills[0][0] == pills[1][0]:
        pills = pills[:1]
    along = pick.choice(pills)
    measure = pick.choice([one for one in source.measures if not one.startswith("bill")])
    quick, formula = pick.choice(list(QUICK)), pick.choice(list(FORMULAS))
    values = grouped(frame, pills, {"value": (measure, "Sum")})
    values["value"] = values["value"].astype(float)
    line = f"key {pills.index(along)}"
    rest = [f"key {at}" for at, pill in enumerate(pills) if pill != along]
    values = values.sort_values([*rest, line])
    parts = [part for _, part in values.groupby(rest)] if rest else [values]
    expected = pandas.concat(
        [part.drop(columns="value").assign(**{"value 0": QUICK[quick](part["value"]), "value 1": FORMULAS[formula](part["value"])}) for part in parts]
    )
    whole = "RANK" in formula or "INDEX" in formula or "LOOKUP" in formula or formula == "WINDOW_SUM({}, -2, 0)"
    measures = [
        Measure(measure, "Sum", along=along, quick=quick + " "),
        Measure("", "User", formula.replace("{}", f"SUM([{measure}])"), "integer" if whole else "real", along),
    ]
    return Sheet(name, source, pills, measures, expected=expected)
