"""Views over a live PostgreSQL: the rows that a computation in plain Python gives, and no more read than a view needs."""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict

import pytest
import tableauserverclient as TSC

from support import sheets
from support.rest import Rest
from support.sheets import Sheet, number, table, total
from support.tsc import connect, refused
from support.world import ADMIN, ADMIN_PASSWORD

ROWS = sheets.orders(400)
BY_REGION = Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])
SHEETS = [
    BY_REGION,
    Sheet("Means", rows=[("customer", "None")], text=[("amount", "Avg")]),
    Sheet("Units", rows=[("customer", "None"), ("region", "None")], text=[("units", "Sum")]),
    Sheet("Most", rows=[("region", "None")], text=[("units", "Max")]),
    Sheet("Least", rows=[("region", "None")], text=[("amount", "Min")]),
    Sheet("Count", rows=[("region", "None")], text=[("customer", "Count")]),
    Sheet("Kinds", rows=[("region", "None")], text=[("customer", "CountD")]),
    Sheet("Years", rows=[("day", "Year")], text=[("units", "Sum")]),
    Sheet("All", text=[("amount", "Sum")]),
]


@pytest.fixture(scope="module")
def database(postgres) -> str:
    """A database of the rows, and a view over them that fails where something is read that need not be."""
    url = postgres.database()
    open_ = postgres.connect(url)
    open_.run("create table plain (region text, customer varchar(20), day date, units bigint, amount numeric(12, 2))")
    open_.run(
        "insert into plain select * from json_to_recordset(cast(:rows as json)) "
        "as x(region text, customer text, day date, units bigint, amount numeric)",
        rows=json.dumps([asdict(row) for row in ROWS]),
    )
    open_.run(
        "create view trapped as select region, customer, day, units, "
        "case when region = 'West' then amount / (units - units) else amount end as amount, 1 / (units - units) as more from plain"
    )
    open_.close()
    return url


@pytest.fixture(scope="module")
def views(_servers, database):
    """Publishes a workbook over a table of the database; gives a session and the views by name."""
    # Not on PostgreSQL: a server keeps documents away from where its own tables are.
    server = _servers(store="sqlite").start()
    session = connect(server, ADMIN, ADMIN_PASSWORD)
    project = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD).new_project("Live")
    user, password, host, port, dbname = re.match(r"postgres(?:ql)?://([^:@]+)(?::([^@]*))?@([^:/]+)(?::(\d+))?/([^?]+)", database).groups()
    given = TSC.ConnectionItem()
    given.server_address, given.server_port = host, port or "5432"
    given.connection_credentials = TSC.ConnectionCredentials(user, password or "none", embed=True)

    def publish(relation: str, **options) -> dict[str, TSC.ViewItem]:
        live = (
            "<connection class='federated'><named-connections><named-connection caption='db' name='db.0'>"
            f"<connection authentication='username-password' class='postgres' dbname='{dbname}' port='{port or 5432}' "
            f"server='{host}' username='{user}' /></named-connection></named-connections>{relation}</connection>"
        )
        document = sheets.workbook(SHEETS, **options).decode()
        assert sheets.connection() in document
        document = document.replace(sheets.connection(), live)
        item = TSC.WorkbookItem(project_id=project, name=f"Live {len(made)}")
        book = session.workbooks.publish(item, io.BytesIO(document.encode()), "CreateNew", connections=[given])
        session.workbooks.populate_views(book)
        made.append(book.id)
        return {view.name: view for view in book.views}

    made: list[str] = []
    yield session, publish
    session.auth.sign_out()
    assert server.stop() == 0 and "panicked at" not in server.output(), server.output()
    server.check()


def answer(session: TSC.Server, view: TSC.ViewItem, **filters: str) -> dict[tuple, float]:
    asked = TSC.CSVRequestOptions()
    for field, value in filters.items():
        asked.vf(field, value)
    session.views.populate_csv(view, asked)
    _, lines = table(b"".join(view.csv))
    return {tuple(line[:-1]): number(line[-1]) for line in lines}


def gathered(by: str, of: str, how) -> dict[tuple, float]:
    """A value of each group, by a function over the values of its rows."""
    groups: dict[tuple, list] = {}
    for row in ROWS:
        groups.setdefault((getattr(row, by),), []).append(getattr(row, of))
    return {key: how(values) for key, values in groups.items()}


TABLE = "<relation connection='db.0' name='plain' table='[public].[plain]' type='table' />"
SQL = "<relation connection='db.0' name='plain' type='text'>select * from plain where units &lt; 100 -- all of them</relation>"


@pytest.mark.parametrize("relation", [TABLE, SQL], ids=["table", "sql"])
def test_answers_are_those_of_the_rows(views, relation):
    session, publish = views
    found = publish(relation)
    expected = {
        "By Region": total(ROWS, ["region"]),
        "Means": gathered("customer", "amount", lambda values: sum(values) / len(values)),
        "Units": total(ROWS, ["customer", "region"], "units"),
        "Most": gathered("region", "units", max),
        "Least": gathered("region", "amount", min),
        "Count": gathered("region", "customer", len),
        "Kinds": gathered("region", "customer", lambda values: len(set(values))),
        "Years": {(str(year),): value for (year,), value in total(ROWS, ["year"], "units").items()},
        "All": {(): sum(row.amount for row in ROWS)},
    }
    for name, rows in expected.items():
        assert answer(session, found[name]) == pytest.approx(rows, abs=0.01), name
    some = [row for row in ROWS if row.region in ("North", 'East, "far"')]
    kept = answer(session, found["By Region"], Region='North,East\\, "far"')
    assert kept == pytest.approx(total(some, ["region"]), abs=0.01)
    assert answer(session, found["By Region"], Region="Nowhere") == {}


def test_filters_of_the_data_source(views):
    session, publish = views
    only = sheets.only("region", "&quot;North&quot;")
    north = [row for row in ROWS if row.region == "North"]
    found = publish(TABLE, filters=only)
    assert answer(session, found["Units"]) == total(north, ["customer", "region"], "units")
    assert answer(session, found["All"]) == pytest.approx({(): sum(row.amount for row in north)}, abs=0.01)


def test_only_what_a_view_needs_is_read(views):
    session, publish = views
    found = publish("<relation connection='db.0' name='trapped' table='[public].[trapped]' type='table' />")
    # Columns that it does not show are not read.
    assert answer(session, found["Units"]) == total(ROWS, ["customer", "region"], "units")
    # Nor rows that a filter leaves out.
    some = [row for row in ROWS if row.region in ("North", "South")]
    assert answer(session, found["By Region"], Region="North,South") == pytest.approx(total(some, ["region"]), abs=0.01)
    with refused("400080") as caught:
        answer(session, found["By Region"])
    assert "division by zero" in caught.value.detail
