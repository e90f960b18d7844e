"""Rows appended to extracts of several tables, and incremental refreshes of them: all tables grow, or none."""

from __future__ import annotations

import pytest
import tableauserverclient as TSC
from tableauserverclient.server.endpoint.exceptions import JobFailedException

from support import tables, waiting
from support.content import DECLARATION
from support.tsc import connect
from support.world import ADMIN, ADMIN_PASSWORD

ORDERS, PEOPLE = b"order,region,amount\r\n1,North,10.5\r\n2,South,7\r\n", b"id,name\r\n1,Ann\r\n"


def related(names: tuple[str, ...] = ("orders", "people"), increment: str | None = None) -> bytes:
    """Writes a `.tds` of several tables that stand side by side in its model, each in a file of its own."""
    relation = lambda one: f"<relation connection='{one}' name='{one}.csv' table='[{one}#csv]' type='table' />"  # noqa: E731
    connections = "".join(
        f"<named-connection caption='{one}' name='{one}'><connection class='textscan' directory='Data' "
        f"filename='{one}.csv' password='' server='' /></named-connection>"
        for one in names
    )
    objects = "".join(
        f"<object caption='{one}' id='{one}_1'><properties context=''>{relation(one)}</properties></object>" for one in names
    )
    key = f"<refresh increment-key='[{increment}]' incremental-updates='true' />" if increment else "<refresh />"
    return (
        DECLARATION
        + "<datasource formatted-name='federated.0two' inline='true' caption='Two' version='18.1'>"
        + f"<connection class='federated'><named-connections>{connections}</named-connections>"
        + f"<relation type='collection'>{''.join(map(relation, names))}</relation></connection>"
        + "<extract count='-1' enabled='true' units='records'><connection class='hyper' dbname='Data/Extracts/two.hyper' "
        + f"schema='Extract' tablename='Extract' username=''>{key}</connection></extract>"
        + f"<object-graph><objects>{objects}</objects></object-graph></datasource>\n"
    ).encode()


def package(document: bytes, orders: bytes = ORDERS, people: bytes = PEOPLE) -> bytes:
    return tables.packed(document, {"Data/orders.csv": orders, "Data/people.csv": people})


class Source:
    """A published data source, and what is kept of its extract."""

    def __init__(self, server, path):
        self.tsc, self.path = connect(server, ADMIN, ADMIN_PASSWORD), path / "two.tdsx"
        self.query = waiting.sqlite_query(server)
        (self.project,) = [one.id for one in self.tsc.projects.get()[0] if one.name == "Default"]

    def publish(self, data: bytes, mode: str) -> str | TSC.DatasourceItem:
        self.path.write_bytes(data)
        item = TSC.DatasourceItem(project_id=self.project, name="Two")
        if mode != "Append":
            return self.tsc.datasources.publish(item, str(self.path), mode)
        return " ".join(self.tsc.jobs.wait_for_job(self.tsc.datasources.publish(item, str(self.path), mode, as_job=True)).notes)

    def refused(self, data: bytes) -> str:
        """Appends what does not fit, whereupon nothing may have changed."""
        before = self.parts()
        with pytest.raises(JobFailedException) as failed:
            self.publish(data, "Append")
        assert self.parts() == before
        return " ".join(failed.value.notes)

    def parts(self) -> dict[str, list[int]]:
        """The rows of each part of each table."""
        found: dict[str, list[int]] = {}
        for table, rows in self.query(
            "select json_extract(columns_text, '$.table'), row_count from extract_part order by datasource, part"
        ):
            found.setdefault(table, []).append(rows)
        return found


@pytest.fixture
def source(new_server, tmp_path):
    return Source(new_server(seeded=False).start(), tmp_path)


def test_all_tables_grow_by_name_or_none(source):
    made = source.publish(package(related()), "CreateNew")
    source.tsc.jobs.wait_for_job(source.tsc.datasources.refresh(made))
    assert source.parts() == {"orders_1": [2], "people_1": [1]}
    more = package(related(("people", "orders")), b"order,region,amount\r\n3,East,1.5\r\n", b"id,name\r\n2,Bob\r\n3,Cy\r\n")
    notes = source.publish(more, "Append")
    assert "2 rows to `people_1`, 1 rows to `orders_1`" in notes
    assert source.parts() == {"orders_1": [2, 1], "people_1": [1, 2]}
    # What does not fit names the table, and the others do not grow either.
    assert "has no table" in source.refused(package(related(("orders",))))
    narrow = source.refused(package(related(), people=b"id\r\n9\r\n"))
    assert "`people_1`" in narrow and "lacks its column `name`" in narrow
    # Refreshed in full, the extract is what its connections give.
    source.tsc.jobs.wait_for_job(source.tsc.datasources.refresh(made))
    assert source.parts() == {"orders_1": [2], "people_1": [1]}


def test_the_first_rows_are_appended_to_what_was_published(source):
    source.publish(package(related()), "CreateNew")
    assert "2 rows to `orders_1`, 1 rows to `people_1`" in source.publish(package(related()), "Append")
    assert source.parts() == {"orders_1": [2, 2], "people_1": [1, 1]}


def test_an_incremental_refresh_keeps_what_was_appended(source):
    made = source.publish(package(related(increment="order")), "CreateNew")
    source.tsc.jobs.wait_for_job(source.tsc.datasources.refresh(made))
    source.publish(package(related(increment="order"), b"order,region,amount\r\n3,East,1.5\r\n", b"id,name\r\n2,Bob\r\n"), "Append")
    notes = " ".join(source.tsc.jobs.wait_for_job(source.tsc.datasources.refresh(made, incremental=True)).notes)
    # The file holds nothing newer; the other table has no such column, and is read in full.
    assert "newer by `order`" in notes and "`order` is not in this table" in notes
    assert source.parts() == {"orders_1": [3], "people_1": [1]}
