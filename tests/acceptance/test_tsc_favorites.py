"""Favorites with the unmodified tableauserverclient."""

import io

import pytest
import tableauserverclient as TSC

from support import content, seed
from support.rest import NOBODY, element, ts_request
from support.tsc import connect, refused

KINDS = ["workbooks", "views", "datasources", "projects"]


@pytest.fixture
def items(tsc, project, name):
    """One item of each kind, in a project of the test's own."""
    book = tsc.workbooks.publish(
        TSC.WorkbookItem(project_id=project, name=f"Book {name}", show_tabs=False),
        io.BytesIO(content.twb("One", "Two")),
        "CreateNew",
    )
    tsc.workbooks.populate_views(book)
    source = tsc.datasources.publish(
        TSC.DatasourceItem(project_id=project, name=f"Source {name}"), io.BytesIO(content.tds()), "CreateNew"
    )
    place = tsc.projects.get_by_id(project)
    return {"workbooks": book, "views": book.views[0], "datasources": source, "projects": place}


@pytest.fixture
def mine(live, rest, name):
    """A session of a user without favorites."""
    rest.new_user(name, "Creator", "a password of mine")
    server = connect(live, name, "a password of mine")
    yield server
    server.auth.sign_out()


@pytest.fixture
def me(mine):
    return mine.users.get_by_id(mine.user_id)


def add(server, user, kind: str, item) -> None:
    getattr(server.favorites, f"add_favorite_{kind[:-1]}")(user, item)


def delete(server, user, kind: str, item) -> None:
    getattr(server.favorites, f"delete_favorite_{kind[:-1]}")(user, item)


def kept(server, user) -> dict[str, list[str]]:
    server.favorites.get(user)
    return {kind: [one.id for one in found] for kind, found in user.favorites.items() if found}


def test_favorites(mine, me, items):
    for kind in KINDS:
        add(mine, me, kind, items[kind])
        add(mine, me, kind, items[kind])
    assert kept(mine, me) == {kind: [items[kind].id] for kind in KINDS}
    assert me.favorites["workbooks"][0].name == items["workbooks"].name
    assert me.favorites["projects"][0].name == items["projects"].name
    for kind in KINDS:
        delete(mine, me, kind, items[kind])
        if kind != "projects":
            with refused("404010"):
                delete(mine, me, kind, items[kind])
    delete(mine, me, "projects", items["projects"])
    assert kept(mine, me) == {}


def test_the_newer_form(mine, me, items):
    for kind in KINDS:
        mine.favorites.add_favorite(me, kind[:-1], items[kind])
    assert set(kept(mine, me)) == set(KINDS)
    for kind in KINDS:
        mine.favorites.delete_favorite(me, kind[:-1], items[kind])
    assert kept(mine, me) == {}


def test_labels(mine, me, items, tsc, project):
    book = items["workbooks"]
    other = tsc.workbooks.publish(
        TSC.WorkbookItem(project_id=project, name="Other"), io.BytesIO(content.twb("X")), "CreateNew"
    )
    add(mine, me, "workbooks", book)
    label, other.name = other.name, book.name
    with refused("409007") as caught:
        add(mine, me, "workbooks", other)
    assert book.id in str(caught.value)
    other.name = label
    add(mine, me, "workbooks", other)
    book.name = "   "
    with refused("400005"):
        add(mine, me, "workbooks", book)
    book.name = "A new label"
    add(mine, me, "workbooks", book)
    assert sorted(kept(mine, me)["workbooks"]) == sorted([book.id, other.id])


def test_favorites_of_others(tsc, live, me, items):
    grace = connect(live, *seed.GRACE)
    for call in (
        lambda: add(grace, me, "workbooks", items["workbooks"]),
        lambda: delete(grace, me, "workbooks", items["workbooks"]),
        lambda: kept(grace, me),
    ):
        with refused("403004"):
            call()
    add(tsc, me, "workbooks", items["workbooks"])
    assert kept(tsc, me)["workbooks"] == [items["workbooks"].id]
    delete(tsc, me, "workbooks", items["workbooks"])
    grace.auth.sign_out()


def test_only_what_may_be_seen(tsc, mine, me, items):
    for kind in KINDS:
        add(mine, me, kind, items[kind])
    before = tsc.workbooks.get_by_id(items["workbooks"].id)
    deny = TSC.PermissionsRule(TSC.UserItem.as_reference(me.id), {"Read": "Deny"})
    tsc.workbooks.update_permissions(before, [deny])
    assert set(kept(mine, me)) == {"datasources", "projects"}
    assert set(kept(tsc, me)) == {"datasources", "projects"}, "an administrator is shown what the user sees"
    with refused("403004"):
        add(mine, me, "workbooks", items["workbooks"])
    # What is out of sight can be given up.
    delete(mine, me, "views", items["views"])
    tsc.workbooks.delete_permission(before, deny)
    assert set(kept(mine, me)) == {"workbooks", "datasources", "projects"}
    tsc.workbooks.delete(before.id)
    tsc.datasources.delete(items["datasources"].id)
    assert set(kept(mine, me)) == {"projects"}
    tsc.projects.delete(items["projects"].id)
    assert kept(mine, me) == {}


def test_the_number_of_favorites_filters(tsc, rest, mine, me, items):
    def popular() -> set[str]:
        answer = rest.get("/sites/{site}/workbooks", params={"filter": "favoritesTotal:gte:1"}).ok(200)
        return {one.get("id") for one in answer.all("workbooks/workbook")}

    book = items["workbooks"]
    assert book.id not in popular()
    add(mine, me, "workbooks", book)
    assert book.id in popular()
    delete(mine, me, "workbooks", book)
    assert book.id not in popular()


def test_users_who_leave_take_their_favorites(tsc, rest, items):
    leaving = tsc.users.add(TSC.UserItem(f"leaving-{items['workbooks'].id[:8]}", "Viewer"))
    add(tsc, leaving, "workbooks", items["workbooks"])
    tsc.users.remove(leaving.id)
    answer = rest.get("/sites/{site}/workbooks", params={"filter": "favoritesTotal:gte:1"}).ok(200)
    assert items["workbooks"].id not in {one.get("id") for one in answer.all("workbooks/workbook")}


def test_pages_where_they_are_asked_for(rest, items):
    path = f"/sites/{{site}}/favorites/{rest.user_id}"
    for kind in KINDS:
        body = element("favorite", element(kind[:-1], id=items[kind].id), label=items[kind].name)
        answer = rest.put(path, ts_request(body)).ok(200)
        assert items[kind].id in {one.get("id") for one in answer.all(f"favorites/favorite/{kind[:-1]}")}
    whole = rest.get(path + "/").ok(200)
    assert whole.find("pagination") is None and len(whole.all("favorites/favorite")) == 4
    second = rest.get(path, params={"pageSize": 3, "pageNumber": 2}).ok(200)
    assert len(second.all("favorites/favorite")) == 1 and second.get("pagination", "totalAvailable") == "4"
    rest.get(path, params={"pageSize": 3, "pageNumber": 3}).refused(400, "400006")
    rest.get(path, params={"pageSize": 1001}).refused(403, "403014")
    told = rest.as_json().get(path).ok(200).json["favorites"]["favorite"]
    assert {next(key for key in one if key != "label") for one in told} == {kind[:-1] for kind in KINDS}
    # Versions before 3.1 know no favorite projects.
    assert len(rest.under("3.0").get(path).ok(200).all("favorites/favorite")) == 3
    body = ts_request(element("favorite", element("project", id=items["projects"].id), label="x"))
    rest.under("3.0").put(path, body).refused(400, "400000")
    rest.put(path, ts_request(element("favorite", element("flow", id=NOBODY), label="x"))).refused(501, "501000")
    for kind in KINDS:
        rest.delete(f"{path}/{kind}/{items[kind].id}").ok(204)
