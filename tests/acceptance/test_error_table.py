"""The table of error rows is whole: no row of the reference without a test or a reason, no route without rows."""

from __future__ import annotations

import re

from support import error_table
from support.services import ROOT


def implemented() -> set[str]:
    """The operations that have a route, by docs/endpoints.md."""
    text = (ROOT / "docs" / "endpoints.md").read_text()
    found = re.findall(r"^\| [^|]+ \| ([^|]+) \| \w+ \| `[^`]+` \| [\d.]+ \| implemented \|", text, re.MULTILINE)
    assert len(found) > 90, "docs/endpoints.md has another form than this test reads"
    return {name.strip() for name in found}


def test_the_table_is_current():
    """What the file says is what the tests hold; `docs/errors.md` is made of it."""
    assert error_table.text(error_table.rows()) == error_table.TABLE.read_text(), (
        "run `python tests/acceptance/support/error_table.py`, then `cargo xtask codegen`"
    )


def test_every_row_has_a_test_or_a_reason():
    routes = implemented()
    rows = error_table.read()
    mute = [
        (row["operation"], row["code"], row["condition"])
        for row in rows
        if row["operation"] in routes and not row["test"] and not row["reason"]
    ]
    assert not mute, "provoke these, or say in UNPROVOKED why nothing can"


def test_every_route_has_errors_that_a_test_provokes():
    tested = {row["operation"] for row in error_table.read() if row["test"]}
    assert not implemented() - tested
