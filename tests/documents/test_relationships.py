"""Relationships of logical tables: what each worksheet shows, beside a computation with pandas.

Three tables: orders belong to regions, which have targets, one for each year; some orders are returned. Each measure is
taken of the rows of its own table, whatever tables the other fields of a sheet are of.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pandas
import pytest

ORDERS = pandas.DataFrame(
    {
        "Order": [1, 2, 3, 4, 5, 6],
        "Region": ["East", "East", "West", "North", None, "West"],
        "Amount": [100, 50, 30, 70, 5, 45],
        "Segment": ["Home", "Work", "Home", "Home", "Work", "Work"],
    }
)
TARGETS = pandas.DataFrame(
    {"Area": ["East", "East", "West", "South"], "Year": [2023, 2024, 2024, 2024], "Goal": [80, 120, 90, 60]}
)
RETURNS = pandas.DataFrame({"Returned": [2, 3, 3, 9], "Reason": ["late", "broken", "late", "lost"], "Fee": [4, 6, 1, 9]})
TABLES = {"orders": ORDERS, "targets": TARGETS, "returns": RETURNS}
TYPES = {"object": "string", "str": "string", "int64": "integer", "float64": "real"}
FORMULAS = {
    "Share": "SUM([Amount]) / SUM([Goal])",
    "Reached": "SUM([Amount]) >= SUM([Goal])",
    "Nested": "[Share] * 100",
    "Left": "SUM([Amount]) - ZN(SUM([Fee]))",
    "Weighted": "SUM([Amount] * [Fee])",
}
LINKS = [("orders", "Region", "targets", "Area"), ("orders", "Order", "returns", "Returned")]


def workbook(rows: list[str], cells: list[str], filters: str = "") -> str:
    """A sheet with dimensions on rows and values as measures beside them; a pill is `derivation:field`."""
    records = relations = objects = columns = ""
    for table, frame in TABLES.items():
        header = f"<relation connection='c.{table}' name='{table}' table='[{table}#csv]' type='table' />"
        relations += header
        objects += f"<object caption='{table}' id='{table}_1'><properties context=''>{header}</properties></object>"
        for at, (name, kind) in enumerate(frame.dtypes.items()):
            of = TYPES[str(kind)]
            records += (
                f"<metadata-record class='column'><remote-name>{name}</remote-name><local-name>[{name}]</local-name>"
                f"<parent-name>[{table}]</parent-name><ordinal>{at}</ordinal><local-type>{of}</local-type>"
                f"<object-id>[{table}_1]</object-id></metadata-record>"
            )
    links = "".join(
        f"<relationship><expression op='='><expression op='[{a}]' /><expression op='[{b}]' /></expression>"
        f"<first-end-point object-id='{one}_1' /><second-end-point object-id='{two}_1' /></relationship>"
        for one, a, two, b in LINKS
    )
    for name, formula in FORMULAS.items():
        kind = "boolean" if ">=" in formula else "real"
        columns += (
            f"<column caption='{name}' datatype='{kind}' name='[{name}]' role='measure' type='quantitative'>"
            f"<calculation class='tableau' formula='{formula.replace('>', '&gt;')}' /></column>"
        )
    named = "".join(
        f"<named-connection name='c.{table}'><connection class='textscan' directory='.' filename='{table}.csv' /></named-connection>"
        for table in TABLES
    )
    instances = ""
    for pill in dict.fromkeys([*rows, *cells, "none:Year", "usr:Share"]):
        derivation, name = pill.split(":")
        how = {"none": "None", "usr": "User", "sum": "Sum", "cnt": "Count", "cntd": "CountD"}[derivation]
        field = "__tableau_internal_object_id__].[" + name if derivation == "cnt" else name
        kind, ending = ("nominal", "nk") if derivation == "none" else ("quantitative", "qk")
        instances += (
            f"<column-instance column='[{field}]' derivation='{how}' name='[{pill}:{ending}]' pivot='key' type='{kind}' />"
        )
    objects_columns = "".join(
        f"<column caption='{table}' datatype='table' name='[__tableau_internal_object_id__].[{table}_1]' role='measure' type='quantitative' />"
        for table in TABLES
    )

    def place(pill: str) -> str:
        before = "[__tableau_internal_object_id__]." if pill.startswith("cnt:") else ""
        return f"[ds].{before}[{pill}:{'nk' if pill.startswith('none:') else 'qk'}]"

    shelf = ""
    for pill in map(place, rows):
        shelf = f"({shelf} / {pill})" if shelf else pill
    texts = "".join(f"<text column='{place(pill)}' />" for pill in cells)
    return (
        "<?xml version='1.0' encoding='utf-8' ?>\n<workbook version='18.1'><datasources><datasource caption='Data' inline='true' name='ds'>"
        f"<connection class='federated'><named-connections>{named}</named-connections><relation type='collection'>{relations}</relation>"
        f"<metadata-records>{records}</metadata-records></connection>{objects_columns}{columns}"
        f"<object-graph><objects>{objects}</objects><relationships>{links}</relationships></object-graph></datasource></datasources>"
        "<worksheets><worksheet name='Sheet'><table><view><datasources><datasource name='ds' /></datasources>"
        f"<datasource-dependencies datasource='ds'>{objects_columns}{columns}{instances}</datasource-dependencies>{filters}<aggregation value='true' /></view>"
        f"<style /><panes><pane><view><breakdown value='auto' /></view><mark class='Text' /><encodings>{texts}</encodings></pane></panes>"
        f"<rows>{shelf}</rows><cols /></table></worksheet></worksheets></workbook>\n"
    )


@pytest.fixture
def asked(binary: Path, tmp_path: Path):
    """Asks a sheet for its rows: texts and numbers, in the order of the dimensions."""
    for name, frame in TABLES.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)

    def ask(rows: list[str], cells: list[str], filters: str = "") -> list[tuple]:
        (tmp_path / "book.twb").write_text(workbook(rows, cells, filters))
        done = subprocess.run([str(binary), "data", "book.twb", "--json"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = [tuple(row.values()) for row in json.loads(done.stdout)]
        return sorted(found, key=lambda row: [(value is not None, str(value)) for value in row])

    return ask


def table(frame: pandas.DataFrame) -> list[tuple]:
    """The rows of a computation, as those of a sheet."""
    plain = frame.astype(object).where(frame.notna(), None)
    return sorted(plain.itertuples(index=False, name=None), key=lambda row: [(value is not None, str(value)) for value in row])


def summed(frame: pandas.DataFrame, by: list[str], value: str) -> pandas.DataFrame:
    return frame.groupby(by, dropna=False)[value].sum(min_count=1).reset_index()


def close(found: list[tuple], expected: list[tuple]) -> None:
    assert len(found) == len(expected), (found, expected)
    for one, other in zip(found, expected):
        assert one == pytest.approx(other), (found, expected)


# Rows of measures keep their own table whole; the other side is there where it matches.
REGIONS = ORDERS.merge(TARGETS.drop_duplicates("Area"), left_on="Region", right_on="Area", how="left")


def test_dimensions_of_one_table_are_its_members(asked):
    assert asked(["none:Region"], []) == [(None,), ("East",), ("North",), ("West",)]
    assert asked(["none:Area", "none:Year"], []) == table(TARGETS[["Area", "Year"]].astype(object))


def test_dimensions_of_two_tables_are_what_goes_together(asked):
    inner = ORDERS.merge(TARGETS, left_on="Region", right_on="Area")[["Segment", "Area"]].drop_duplicates()
    assert asked(["none:Segment", "none:Area"], []) == table(inner)


def test_a_measure_keeps_the_rows_of_its_table(asked):
    # North and the order without a region have no target, South has no order.
    close(asked(["none:Area"], ["sum:Amount"]), table(summed(REGIONS, ["Area"], "Amount")))
    goals = TARGETS.merge(ORDERS[["Region"]].drop_duplicates(), left_on="Area", right_on="Region", how="left")
    close(asked(["none:Region"], ["sum:Goal"]), table(summed(goals, ["Region"], "Goal")))


def test_rows_count_once_however_many_partners_they_have(asked):
    # East has two targets: its orders are no more for that.
    found = asked(["none:Area"], ["sum:Amount"])
    assert dict(found)["East"] == 150
    assert asked([], ["sum:Amount"]) == [(300,)] and asked([], ["sum:Goal"]) == [(350,)]
    # Below the years, orders stand in each of them.
    by_year = ORDERS.merge(TARGETS, left_on="Region", right_on="Area", how="left")
    close(asked(["none:Year"], ["sum:Amount"]), table(summed(by_year, ["Year"], "Amount")))


def test_measures_of_two_tables_are_taken_apart_and_put_side_by_side(asked):
    both = summed(ORDERS, ["Region"], "Amount").merge(
        summed(TARGETS.rename(columns={"Area": "Region"}), ["Region"], "Goal"), on="Region", how="left"
    )
    # South has a goal and no order: it stands where no region is.
    both.loc[both.Region.isna(), "Goal"] = 60
    close(asked(["none:Region"], ["sum:Amount", "sum:Goal"]), table(both[["Region", "Amount", "Goal"]]))
    assert asked([], ["sum:Amount", "sum:Goal", "sum:Fee"]) == [(300, 350, 20)]


@pytest.mark.parametrize("pill", ["usr:Share", "usr:Nested", "usr:Reached"])
def test_formulas_of_measures_of_two_tables(asked, pill):
    amounts, goals = {None: 5, "East": 150, "North": 70, "West": 75}, {None: 60, "East": 200, "West": 90}
    expected = []
    for region, amount in amounts.items():
        goal = goals.get(region)
        value = None if goal is None else {"Share": amount / goal, "Nested": 100 * amount / goal, "Reached": amount >= goal}[pill[4:]]
        expected.append((region, value))
    close(asked(["none:Region"], [pill]), expected)


def test_formulas_of_measures_without_dimensions_and_of_missing_ones(asked):
    close(asked([], ["usr:Share"]), [(300 / 350,)])
    fees = ORDERS.merge(RETURNS, left_on="Order", right_on="Returned", how="left").groupby("Segment").Fee.sum()
    amounts = ORDERS.groupby("Segment").Amount.sum()
    # The order that came back without being there has no segment: a fee, and no amount to take it from.
    assert asked(["none:Segment"], ["usr:Left"]) == [(None, None), *((one, amounts[one] - fees[one]) for one in ("Home", "Work"))]


def test_formulas_of_rows_of_two_tables_are_over_what_goes_together(asked):
    inner = ORDERS.merge(RETURNS, left_on="Order", right_on="Returned")
    inner["Weighted"] = inner.Amount * inner.Fee
    found = dict(asked(["none:Segment"], ["usr:Weighted"]))
    expected = inner.groupby("Segment").Weighted.sum().to_dict()
    assert {key: value for key, value in found.items() if value is not None} == expected


def test_filters_of_a_table_leave_out_what_belongs_to_others(asked):
    only = "<filter class='categorical' column='[ds].[none:Year:nk]'><groupfilter function='member' level='[none:Year:nk]' member='2023' /></filter>"
    assert asked(["none:Region"], ["sum:Amount"], only) == [("East", 150)]
    assert asked([], ["sum:Goal"], only) == [(80,)]
    close(asked([], ["usr:Share"], only), [(150 / 80,)])


def test_filters_of_formulas_of_two_tables(asked):
    most = "<filter class='quantitative' column='[ds].[usr:Share:qk]' included-values='in-range'><min>0.8</min></filter>"
    close(asked(["none:Region"], ["usr:Share"], most), [("West", 75 / 90)])
    assert asked(["none:Region"], ["sum:Amount"], most) == [("West", 75)]


def test_tables_are_counted(asked):
    assert asked([], ["cnt:orders_1"]) == [(6,)]
    assert asked([], ["cnt:orders_1", "cnt:targets_1", "cnt:returns_1"]) == [(6, 4, 4)]
    counts = REGIONS.groupby("Area", dropna=False).size().reset_index()
    assert asked(["none:Area"], ["cnt:orders_1"]) == table(counts)
