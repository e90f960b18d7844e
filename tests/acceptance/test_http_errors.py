"""Every error row of the methods that are served, provoked: HTTP status and code, in XML and in JSON.

The rows are those of the reference; where the reference prints a slip, what is asserted is the value
that its note says to serve. `UNPROVOKED` beside the rows lists those that no call from outside can bring about.
"""

from __future__ import annotations

import csv

import pytest

from support import error_table
from support.rest import NOBODY
from support.rows_content import UNPROVOKED, group, project, site, user
from support.world import OPERATIONS, ROWS, Row, World


@pytest.fixture(scope="module")
def world(live) -> World:
    return World(live.url)


@pytest.mark.parametrize("form", ["xml", "json"])
@pytest.mark.parametrize("one", ROWS, ids=str)
def test_error_row(world, one: Row, form: str):
    world.form = form
    answer = one.call(world)
    answer.refused(one.status, (one.code, *one.also))
    assert answer.is_json == (form == "json")


def test_every_row_of_the_reference_is_here(spec):
    """Keeps the table whole: a row of a served method is provoked above or listed with a reason."""
    # Rows that need a directory are provoked beside it.
    every = [one for module in error_table.modules().values() for one in module.ROWS]
    here = {(one.operation, code, one.condition) for one in every for code in (one.code, *one.also)}
    missing = []
    with open(spec / "errors.tsv", newline="") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            # One row has no code; its note says which one its siblings have.
            code = line["error_code"] or line["note"][-6:]
            key = (line["method"], code, line["condition_name"])
            if line["method"] in OPERATIONS and key not in here and key not in UNPROVOKED:
                missing.append(key)
    assert not missing


def test_conflicts_name_what_is_there(world):
    """A client reads the id of the existing thing from the words of a conflict."""
    world.form = "xml"
    finance = world.admin.project("Finance")
    answer = world.ask("Create Project", project(name="Finance"))
    assert finance in answer.find("error/detail").text
    grace = world.people["grace"]
    assert grace in world.ask("Add User to Site", user(name="grace", siteRole="Viewer")).find("error/detail").text
    analysts = world.first("/sites/{site}/groups", "groups/group", params={"filter": "name:eq:Analysts"})
    assert analysts in world.ask("Create Group", group(name="Analysts")).find("error/detail").text


def test_token_errors_stand_before_everything(world):
    """Without a token nothing is told, not even whether a thing exists."""
    for operation, (method, path, _) in OPERATIONS.items():
        if operation in ("Sign In", "Server Info"):
            continue
        place = dict.fromkeys(("workbook", "datasource", "project", "group", "user", "view"), NOBODY)
        for token, code in ((None, "401000"), ("stale", "401002")):
            body = None if method in ("GET", "DELETE") else b"<tsRequest/>"
            answer = world.ask(operation, body, headers={"X-Tableau-Auth": token}, place=place)
            answer.refused(401, code)


def test_rights_of_site_and_people_management(world):
    """People without administration may not touch sites, people and groups."""
    world.form = "xml"
    for who in ("ada", "grace", "vera"):
        for operation, body in {
            "Create Site": site(name="x", contentUrl="x"),
            "Update Site": site(name="x"),
            "Delete Site": None,
            "Add User to Site": user(name="x", siteRole="Viewer"),
            "Update User": user(fullName="x"),
            "Remove User from Site": None,
            "Create Group": group(name="x"),
            "Update Group": group(name="x"),
            "Delete Group": None,
            "Add User to Group": user(id=world.people["vera"]),
            "Remove User from Group": None,
        }.items():
            world.ask(operation, body, who=who, place={"user": world.people["cora"]}).refused(403, "403004")


def test_another_site_than_that_of_the_token(world):
    """A token opens its own site alone."""
    other = world.admin.get("/sites/second", params={"key": "contentUrl"}).get("site", "id")
    answer = world.session("ada").get(f"/sites/{other}/workbooks")
    assert answer.status in (403, 404) and answer.code in ("403004", "404000")
    answer = world.session("ada").get(f"/sites/{NOBODY}/workbooks")
    answer.refused(404, "404000")
