"""Jobs under /api/3.0 against Tableau's published schema of that version."""

from __future__ import annotations

import pytest

from support import content, tables
from support.rest import MIXED, element, multipart, ts_request
from support.server import wait_until
from test_xsd import rest30, schema, valid  # noqa: F401


def ended(rest, job: str):
    path = f"/sites/{{site}}/jobs/{job}"
    wait_until(lambda: rest.get(path).ok(200).get("job", "completedAt"), 60)
    return rest.get(path)


@pytest.mark.parametrize("kind", ["workbook", "datasource"])
@pytest.mark.parametrize("file", [tables.CSV_FILE, "Data/missing.csv"])
def test_refreshes(schema, rest30, kind, file):  # noqa: F811
    make = tables.workbook if kind == "workbook" else tables.datasource
    publish = rest30.publish_workbook if kind == "workbook" else rest30.publish_datasource
    data = tables.packed(make(file), {tables.CSV_FILE: tables.CSV})
    item = publish(f"Schema of {file}", data).ok(201).get(kind, "id")
    begun = valid(schema, rest30.post(f"/sites/{{site}}/{kind}s/{item}/refresh", b"<tsRequest/>"), 202)
    done = valid(schema, ended(rest30, begun.get("job", "id")))
    assert done.get("job", "finishCode") == ("0" if file == tables.CSV_FILE else "1")


@pytest.mark.parametrize("book", [content.twb(), b"<?xml version='1.0'?><workbook>"], ids=["good", "broken"])
def test_publishing(schema, rest30, book):  # noqa: F811
    payload = ts_request(element("workbook", element("project", id=rest30.project()), name=f"Schema {len(book)}"))
    form = multipart(
        (None, "request_payload", None, "text/xml", payload), (None, "tableau_workbook", "b.twb", None, book)
    )
    begun = valid(schema, rest30.post("/sites/{site}/workbooks", form, headers=MIXED, params={"asJob": "true"}), 202)
    valid(schema, ended(rest30, begun.get("job", "id")))
