"""Permissions, revisions, tags and favorites under /api/3.0 against Tableau's published schema of that version."""

import pytest

from conftest import ADMIN
from support import content
from support.rest import element, ts_request
from test_xsd import rest30, schema, valid  # noqa: F401  (the fixtures)


@pytest.fixture(scope="module")
def ids(rest30):  # noqa: F811
    project = rest30.new_project("Schema of 3.1")
    book = rest30.publish_workbook("Book", content.twb("One"), project).ok(201).get("workbook", "id")
    rest30.publish_workbook("Book", content.twb("One", "Two"), project, params={"overwrite": "true"}).ok(201)
    source = rest30.publish_datasource("Source", content.tds(), project).ok(201).get("datasource", "id")
    view = rest30.get(f"/sites/{{site}}/workbooks/{book}/views").ok(200).get("views/view", "id")
    return {"project": project, "workbook": book, "datasource": source, "view": view}


def test_permissions(schema, rest30, ids):  # noqa: F811
    user = rest30.get("/sites/{site}/users", params={"filter": "name:eq:vera"}).get("users/user", "id")
    capability = element("capability", name="Read", mode="Deny")
    grantee = element("granteeCapabilities", [element("user", id=user), element("capabilities", capability)])
    body = ts_request(element("permissions", grantee))
    paths = [f"/sites/{{site}}/{kind}s/{ids[kind]}/permissions" for kind in ("workbook", "datasource", "project")]
    paths += [f"/sites/{{site}}/projects/{ids['project']}/default-permissions/{kind}" for kind in ("workbooks", "datasources")]
    for path in paths:
        valid(schema, rest30.get(path))
        valid(schema, rest30.put(path, body))
    locked = ts_request(element("project", contentPermissions="LockedToProject"))
    rest30.put(f"/sites/{{site}}/projects/{ids['project']}", locked).ok(200)
    for path in paths:
        answer = valid(schema, rest30.get(path))
        is_content = "/workbooks/" in path or "/datasources/" in path
        assert (answer.find("permissions/parent") is not None) == is_content


def test_revisions(schema, rest30, ids):  # noqa: F811
    for kind, count in (("workbook", 2), ("datasource", 1)):
        answer = valid(schema, rest30.get(f"/sites/{{site}}/{kind}s/{ids[kind]}/revisions"))
        shown = answer.all("revisions/revision")
        assert [one.get("revisionNumber") for one in shown] == [str(n + 1) for n in range(count)]
        assert answer.get("revisions/revision/publisher", "name") == ADMIN


def test_tags(schema, rest30, ids):  # noqa: F811
    body = ts_request(element("tags", [element("tag", label="a"), element("tag", label='"b c"')]))
    for kind in ("workbook", "datasource", "view"):
        answer = valid(schema, rest30.put(f"/sites/{{site}}/{kind}s/{ids[kind]}/tags", body))
        assert [one.get("label") for one in answer.all("tags/tag")] == ["a", "b c"]


def test_favorites(schema, rest30, ids):  # noqa: F811
    path = f"/sites/{{site}}/favorites/{rest30.user_id}"
    valid(schema, rest30.get(path))
    for kind in ("workbook", "datasource", "view"):
        body = ts_request(element("favorite", element(kind, id=ids[kind]), label=kind))
        valid(schema, rest30.put(path, body))
    assert len(valid(schema, rest30.get(path)).all("favorites/favorite")) == 3
