"""Projects, nested, with the unmodified tableauserverclient."""

import io

import pytest
import tableauserverclient as TSC

from conftest import ADMIN
from support import seed
from support.tsc import connect, options, refused


@pytest.fixture
def top(tsc, name):
    return tsc.projects.create(TSC.ProjectItem(f"P {name}", "a <description> & more", "ManagedByOwner"))


def test_create(tsc, top, name):
    assert (top.name, top.description, top.content_permissions) == (f"P {name}", "a <description> & more", "ManagedByOwner")
    assert top.parent_id is None
    assert top.owner_id == tsc.user_id


def test_nested(tsc, top):
    child = tsc.projects.create(TSC.ProjectItem("Child", parent_id=top.id))
    grandchild = tsc.projects.create(TSC.ProjectItem("Grandchild", parent_id=child.id))
    assert (child.parent_id, grandchild.parent_id) == (top.id, child.id)
    assert tsc.projects.get_by_path(f"{top.name}/Child/Grandchild").id == grandchild.id
    assert tsc.projects.get_by_path(f"{top.name}/Grandchild") is None
    # One name may stand once in each parent.
    tsc.projects.create(TSC.ProjectItem("Child", parent_id=child.id))
    with refused("409006"):
        tsc.projects.create(TSC.ProjectItem("child", parent_id=top.id))


def test_update_and_get_by_id(tsc, top, name):
    top.name = f"Q {name}"
    top.description = "new"
    top.content_permissions = TSC.ProjectItem.ContentPermissions.LockedToProject
    tsc.projects.update(top)
    # The client reads a project by updating nothing.
    read = tsc.projects.get_by_id(top.id)
    assert (read.name, read.description, read.content_permissions) == (f"Q {name}", "new", "LockedToProject")
    top.content_permissions = "LockedToProjectWithoutNested"
    assert tsc.projects.update(top).content_permissions == "LockedToProjectWithoutNested"


def test_change_of_owner(tsc, top):
    ada = next(iter(tsc.users.filter(name="ada")))
    top.owner_id = ada.id
    assert tsc.projects.update(top).owner_id == ada.id
    assert tsc.projects.get_by_id(top.id).owner_id == ada.id


def test_move(tsc, top, name):
    other = tsc.projects.create(TSC.ProjectItem(f"Other {name}"))
    child = tsc.projects.create(TSC.ProjectItem("Child", parent_id=top.id))
    child.parent_id = other.id
    assert tsc.projects.update(child).parent_id == other.id
    assert tsc.projects.get_by_path(f"Other {name}/Child").id == child.id
    assert tsc.projects.get_by_path(f"{top.name}/Child") is None
    # Out to the top: an empty parent id.
    child.name = f"Child {name}"
    child.parent_id = ""
    assert not tsc.projects.update(child).parent_id


def test_no_project_goes_into_itself(tsc, top):
    child = tsc.projects.create(TSC.ProjectItem("Child", parent_id=top.id))
    top.parent_id = child.id
    with pytest.raises(TSC.ServerResponseError) as caught:
        tsc.projects.update(top)
    assert caught.value.code[:3] in ("400", "403", "409")
    assert tsc.projects.get_by_path(f"{top.name}/Child").id == child.id


def test_move_onto_a_taken_name(tsc, top, name):
    other = tsc.projects.create(TSC.ProjectItem(f"Other {name}"))
    tsc.projects.create(TSC.ProjectItem("Child", parent_id=other.id))
    child = tsc.projects.create(TSC.ProjectItem("Child", parent_id=top.id))
    child.parent_id = other.id
    with refused("409006"):
        tsc.projects.update(child)


def test_delete_takes_all_inside(tsc, top, twb):
    child = tsc.projects.create(TSC.ProjectItem("Child", parent_id=top.id))
    book = tsc.workbooks.publish(TSC.WorkbookItem(project_id=child.id, name="W"), io.BytesIO(twb), "CreateNew")
    tsc.projects.delete(top.id)
    for project in (top, child):
        with refused("404005"):
            tsc.projects.get_by_id(project.id)
    with refused("404006"):
        tsc.workbooks.get_by_id(book.id)


def test_default_project(tsc):
    default = next(iter(tsc.projects.filter(name="Default")))
    with refused("403003"):
        tsc.projects.delete(default.id)
    default.name = "Renamed"
    with refused("403005"):
        tsc.projects.update(default)
    default.name = "Default"
    default.description = "where things land"
    assert tsc.projects.update(default).description == "where things land"


def test_filter_and_sort(tsc, top, name):
    children = [tsc.projects.create(TSC.ProjectItem(f"{letter} {name}", parent_id=top.id)) for letter in "xzy"]
    found, page = tsc.projects.get(options(filters=[("parentProjectId", "eq", top.id)], sort=[("name", "desc")]))
    assert [one.name[0] for one in found] == ["z", "y", "x"] and page.total_available == 3
    found, _ = tsc.projects.get(options(filters=[("name", "in", [one.name for one in children[:2]])]))
    assert {one.id for one in found} == {one.id for one in children[:2]}
    assert [one.id for one in tsc.projects.filter(name=top.name)] == [top.id]
    tops = {one.id for one in tsc.projects.filter(top_level_project=True, page_size=1000)}
    assert top.id in tops and not tops & {one.id for one in children}
    assert top.id in {one.id for one in tsc.projects.filter(owner_name=ADMIN, page_size=1000)}
    assert list(tsc.projects.filter(name="no such project")) == []


def test_pager(tsc, top):
    for number in range(5):
        tsc.projects.create(TSC.ProjectItem(f"{number}", parent_id=top.id))
    pager = TSC.Pager(tsc.projects, options(filters=[("parentProjectId", "eq", top.id)], pagesize=2))
    assert sorted(one.name for one in pager) == ["0", "1", "2", "3", "4"]


def test_seeded_tree(tsc):
    finance = tsc.projects.get_by_path("Finance")
    assert finance.description == "numbers & more"
    deep = tsc.projects.get_by_path("Finance/Nested/Deep")
    assert deep.parent_id == tsc.projects.get_by_path("Finance/Nested").id
    ada = next(iter(tsc.users.filter(name="ada")))
    assert finance.owner_id == ada.id


def test_people_without_rights(live, tsc, name):
    grace = connect(live, *seed.GRACE)
    with refused("403004"):
        grace.projects.create(TSC.ProjectItem(f"P {name}"))
    closed = tsc.projects.get_by_path("Closed")
    assert closed.id not in {one.id for one in TSC.Pager(grace.projects)}
    closed.name = "Opened"
    with refused(("403004", "404005")):
        grace.projects.update(closed)
    with refused(("403004", "404005")):
        grace.projects.delete(closed.id)


def test_samples(live, tsc, name):
    project = tsc.projects.create(TSC.ProjectItem(f"P {name}"), samples=True)
    books = [one.name for one in tsc.workbooks.filter(project_name=project.name)]
    assert books, "publishSamples=true published nothing"
    other = tsc.projects.create(TSC.ProjectItem(f"Q {name}"))
    tsc.projects.update(other, samples=True)
    assert sorted(one.name for one in tsc.workbooks.filter(project_name=other.name)) == sorted(books)
