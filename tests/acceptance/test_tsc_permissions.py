"""Permissions, tags, revisions and preview images with the unmodified tableauserverclient."""

import io

import pytest
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, pictures, seed
from support.tsc import connect, refused

ALLOW, DENY = TSC.Permission.Mode.Allow, TSC.Permission.Mode.Deny
CAN = TSC.Permission.Capability

EXPLORER = {
    "Read", "ExportImage", "ExportData", "ViewComments", "AddComment", "Filter", "ShareView", "ViewUnderlyingData",
    "WebAuthoring",
}  # fmt: skip


def rule(kind: str, id: str, **capabilities: str) -> TSC.PermissionsRule:
    reference = {"user": TSC.UserItem, "group": TSC.GroupItem}[kind].as_reference(id)
    return TSC.PermissionsRule(reference, dict(capabilities))


def said(rules: list[TSC.PermissionsRule]) -> dict[str, dict[str, str]]:
    """The rules as {grantee's id: {capability: mode}}."""
    return {one.grantee.id: one.capabilities for one in rules}


@pytest.fixture
def book(tsc, project, name):
    item = TSC.WorkbookItem(project_id=project, name=f"Book {name}", show_tabs=False)
    return tsc.workbooks.publish(item, io.BytesIO(content.twb("One", "Two")), "CreateNew")


@pytest.fixture
def source(tsc, project, name):
    item = TSC.DatasourceItem(project_id=project, name=f"Source {name}")
    return tsc.datasources.publish(item, io.BytesIO(content.tds()), "CreateNew")


@pytest.fixture(scope="module")
def people(tsc):
    return {user.name: user.id for user in tsc.users.all()}


@pytest.fixture(scope="module")
def groups(tsc):
    return {group.name: group.id for group in tsc.groups.all()}


@pytest.fixture(scope="module")
def cora(live):
    server = connect(live, *seed.CORA)
    yield server
    server.auth.sign_out()


@pytest.fixture(scope="module")
def grace(live):
    server = connect(live, *seed.GRACE)
    yield server
    server.auth.sign_out()


@pytest.mark.parametrize("kind", ["workbooks", "datasources"])
def test_rules_of_content(tsc, book, source, people, groups, kind):
    item, endpoint = (book, tsc.workbooks) if kind == "workbooks" else (source, tsc.datasources)
    everyone = groups["All Users"]
    endpoint.populate_permissions(item)
    before = said(item.permissions)
    standard = EXPLORER if kind == "workbooks" else {"Read", "Connect"}
    assert set(before) == {everyone} and set(before[everyone]) == standard

    wanted = rule("user", people["cora"], Write=ALLOW, Read=DENY)
    answered = endpoint.update_permissions(item, [wanted, rule("group", groups["Analysts"], Delete=ALLOW)])
    expected = {**before, people["cora"]: {"Write": ALLOW, "Read": DENY}, groups["Analysts"]: {"Delete": ALLOW}}
    # The client hands the answer on for workbooks alone.
    assert kind == "datasources" or said(answered) == expected
    endpoint.populate_permissions(item)
    assert said(item.permissions) == expected

    # A capability that is allowed or denied already stays as it is; one is deleted to turn it round.
    endpoint.update_permissions(item, [rule("user", people["cora"], Read=ALLOW, Delete=ALLOW)])
    endpoint.populate_permissions(item)
    assert said(item.permissions)[people["cora"]] == {"Write": ALLOW, "Read": DENY, "Delete": ALLOW}
    endpoint.delete_permission(item, rule("user", people["cora"], Read=DENY, Delete=ALLOW))
    with refused("404013"):
        endpoint.delete_permission(item, rule("user", people["cora"], Write=DENY))
    endpoint.delete_permission(item, rule("user", people["cora"], Write=ALLOW))
    endpoint.delete_permission(item, rule("group", groups["Analysts"], Delete=ALLOW))
    endpoint.populate_permissions(item)
    assert said(item.permissions) == before


def test_rules_take_effect(tsc, cora, book, people, groups):
    assert cora.workbooks.get_by_id(book.id).name == book.name
    tsc.workbooks.update_permissions(book, [rule("user", people["cora"], Read=DENY)])
    with refused("403018"):
        cora.workbooks.get_by_id(book.id)
    assert book.id not in {one.id for one in cora.workbooks.all()}
    tsc.workbooks.delete_permission(book, rule("user", people["cora"], Read=DENY))
    assert book.id in {one.id for one in cora.workbooks.all()}


def test_who_may_change_rules(tsc, cora, grace, book, people):
    mine = rule("user", people["cora"], Delete=ALLOW)
    for call in (
        lambda: cora.workbooks.update_permissions(book, [mine]),
        lambda: cora.workbooks.delete_permission(book, mine),
        lambda: cora.workbooks._permissions._get_permissions(book),
    ):
        with refused("403004"):
            call()
    tsc.workbooks.update_permissions(book, [rule("user", people["cora"], ChangePermissions=ALLOW)])
    assert said(cora.workbooks.update_permissions(book, [mine]))[people["cora"]]["Delete"] == ALLOW
    cora.workbooks.delete_permission(book, mine)
    # The owner needs no rule.
    book.owner_id = people["grace"]
    tsc.workbooks.update(book)
    grace.workbooks.populate_permissions(book)
    assert people["cora"] in said(book.permissions)
    grace.workbooks.update_permissions(book, [rule("user", people["vera"], Read=ALLOW)])


def test_projects(tsc, cora, project, people, groups):
    item = tsc.projects.get_by_id(project)
    tsc.projects.populate_permissions(item)
    assert said(item.permissions) == {groups["All Users"]: {"Read": ALLOW, "Write": ALLOW}}
    with refused("403004"):
        cora.projects.update_permissions(item, [rule("user", people["vera"], Read=ALLOW)])
    with refused("400009"):
        tsc.projects.update_permissions(item, [rule("user", people["cora"], ProjectLeader=DENY)])
    with refused("400009"):
        tsc.projects.update_permissions(item, [rule("user", people["cora"], ExportXml=ALLOW)])
    tsc.projects.update_permissions(item, [rule("user", people["cora"], ProjectLeader=ALLOW)])
    # A leader does all this too, on the project, on what is in it, and on nested projects.
    nested = cora.projects.create(TSC.ProjectItem("Nested", parent_id=project))
    cora.projects.update_permissions(item, [rule("user", people["vera"], Read=ALLOW)])
    cora.projects.populate_permissions(nested)
    shown = said(nested.permissions)
    assert shown[people["cora"]]["InheritedProjectLeader"] == ALLOW
    with refused("400009"):
        tsc.projects.update_permissions(nested, [rule("user", people["vera"], InheritedProjectLeader=ALLOW)])
    cora.projects.delete_permission(item, rule("user", people["vera"], Read=ALLOW))
    tsc.projects.delete_permission(item, rule("user", people["cora"], ProjectLeader=ALLOW))
    tsc.projects.populate_permissions(nested)
    assert "InheritedProjectLeader" not in str(said(nested.permissions))


DEFAULTS = [("workbook", "ExportXml"), ("datasource", "Connect"), ("flow", "Execute")]


@pytest.mark.parametrize("kind, capability", DEFAULTS)
def test_default_permissions(tsc, cora, project, people, kind, capability):
    item = tsc.projects.get_by_id(project)
    populate = f"populate_{kind}_default_permissions"
    update, delete = f"update_{kind}_default_permissions", f"delete_{kind}_default_permissions"
    getattr(tsc.projects, populate)(item)
    before = said(getattr(item, f"default_{kind}_permissions"))
    new = rule("user", people["vera"], **{capability: DENY})
    assert said(getattr(tsc.projects, update)(item, [new])) == {**before, people["vera"]: {capability: DENY}}
    getattr(tsc.projects, populate)(item)
    assert said(getattr(item, f"default_{kind}_permissions")) == {**before, people["vera"]: {capability: DENY}}
    with refused("400009"):
        getattr(tsc.projects, update)(item, [rule("user", people["vera"], ProjectLeader=ALLOW)])
    with refused({"workbook": "403036", "datasource": "403035", "flow": "403004"}[kind]):
        getattr(cora.projects, populate)(item)
        getattr(item, f"default_{kind}_permissions")
    with refused("403004"):
        getattr(cora.projects, update)(item, [new])
    getattr(tsc.projects, delete)(item, new)
    with refused("404013"):
        getattr(tsc.projects, delete)(item, new)
    getattr(tsc.projects, populate)(item)
    assert said(getattr(item, f"default_{kind}_permissions")) == before


def test_defaults_reach_new_content(tsc, project, people):
    item = tsc.projects.get_by_id(project)
    tsc.projects.update_workbook_default_permissions(item, [rule("user", people["vera"], Read=DENY)])
    book = tsc.workbooks.publish(
        TSC.WorkbookItem(project_id=project, name="New"), io.BytesIO(content.twb("One")), "CreateNew"
    )
    tsc.workbooks.populate_permissions(book)
    assert said(book.permissions)[people["vera"]] == {"Read": DENY}


def test_a_locked_project_keeps_the_rules(tsc, rest, book, source, project, people):
    item = tsc.projects.get_by_id(project)
    item.content_permissions = TSC.ProjectItem.ContentPermissions.LockedToProject
    tsc.projects.update(item)
    deny = rule("user", people["vera"], Read=DENY)
    for endpoint, one in ((tsc.workbooks, book), (tsc.datasources, source)):
        with refused("403004"):
            endpoint.update_permissions(one, [deny])
        with refused("403004"):
            endpoint.delete_permission(one, deny)
    # The project's defaults hold at once.
    tsc.projects.update_workbook_default_permissions(item, [deny])
    tsc.workbooks.populate_permissions(book)
    assert said(book.permissions)[people["vera"]] == {"Read": DENY}
    path = f"/sites/{{site}}/workbooks/{book.id}/permissions"
    answer = rest.get(path).ok(200)
    parent = answer.find("permissions/parent")
    assert (parent.get("type"), parent.get("id")) == ("Project", project)
    assert answer.get("permissions/workbook", "name") == book.name
    assert answer.get("permissions/workbook/owner", "id") == book.owner_id
    # A nested project is locked with it, and what lies there names the outer one.
    nested = tsc.projects.create(TSC.ProjectItem("Nested", parent_id=project))
    with refused("403004"):
        tsc.projects.update_permissions(nested, [deny])
    with refused("403004"):
        tsc.projects.update_workbook_default_permissions(nested, [deny])
    inner = tsc.workbooks.publish(
        TSC.WorkbookItem(project_id=nested.id, name="Inner"), io.BytesIO(content.twb("One")), "CreateNew"
    )
    answer = rest.get(f"/sites/{{site}}/workbooks/{inner.id}/permissions").ok(200)
    assert answer.get("permissions/parent", "id") == project
    item.content_permissions = TSC.ProjectItem.ContentPermissions.ManagedByOwner
    tsc.projects.update(item)
    assert rest.get(path).ok(200).find("permissions/parent") is None
    tsc.workbooks.delete_permission(book, deny)


def test_views_have_rules_while_tabs_are_hidden(tsc, cora, book, people):
    tsc.workbooks.populate_views(book)
    one, two = book.views
    deny = rule("user", people["cora"], Read=DENY)
    assert said(tsc.views.update_permissions(one, [deny]))[people["cora"]] == {"Read": DENY}
    tsc.views.populate_permissions(two)
    assert people["cora"] not in said(two.permissions)
    with refused("403004"):
        cora.views.get_by_id(one.id)
    assert cora.views.get_by_id(two.id).name == "Two"
    book.show_tabs = True
    tsc.workbooks.update(book)
    assert cora.views.get_by_id(one.id).name == "One", "with tabs the rules of the workbook hold"
    with refused("403096"):
        tsc.views.update_permissions(one, [deny])
    with refused(("403096", "404013")):
        tsc.views.delete_permission(one, deny)
    book.show_tabs = False
    tsc.workbooks.update(book)
    tsc.views.delete_permission(one, deny)
    with refused("400009"):
        tsc.views.update_permissions(one, [rule("user", people["cora"], ExportXml=ALLOW)])


def test_a_version_is_told_its_own_names(live, tsc, rest, book, people):
    newer = {"RunExplainData": ALLOW, "CreateRefreshMetrics": DENY, "Read": ALLOW}
    tsc.workbooks.update_permissions(book, [rule("user", people["cora"], **newer)])
    tsc.workbooks.populate_permissions(book)
    assert said(book.permissions)[people["cora"]] == newer
    for version, names in (("3.1", {"Read"}), ("3.9", {"Read", "CreateRefreshMetrics"}), ("3.12", set(newer))):
        old = connect(live, ADMIN, ADMIN_PASSWORD, version=version)
        old.workbooks.populate_permissions(book)
        assert set(said(book.permissions)[people["cora"]]) == names, version
        if version == "3.1":
            with refused("400009"):
                old.workbooks.update_permissions(book, [rule("user", people["vera"], RunExplainData=ALLOW)])
            with refused("404013"):
                old.workbooks.update_permissions(book, [rule("user", people["vera"], AiAccess=ALLOW)])
    path = f"/sites/{{site}}/workbooks/{book.id}/permissions"
    tsc.workbooks.delete_permission(book, rule("user", people["cora"], Read=ALLOW))
    told = rest.get(path).ok(200).all("permissions/granteeCapabilities/user")
    assert people["cora"] not in {one.get("id") for one in told}, "a rule without a name that the version knows"


def test_bodies_in_json(rest, book, people):
    """What clients such as tableau-mcp send: the same bodies in the other form, answered in it."""
    json, path = rest.as_json(), f"/sites/{{site}}/workbooks/{book.id}"
    rules = {"user": {"id": people["vera"]}, "capabilities": {"capability": [{"name": "Delete", "mode": "Deny"}]}}
    answer = json.put(path + "/permissions", data_json={"permissions": {"granteeCapabilities": [rules]}}).ok(200).json
    assert rules in answer["permissions"]["granteeCapabilities"]
    assert answer["permissions"]["workbook"]["id"] == book.id
    told = json.put(path + "/tags", data_json={"tags": {"tag": [{"label": "one"}, {"label": '"two words"'}]}}).ok(200).json
    assert told["tags"]["tag"] == [{"label": "one"}, {"label": "two words"}]
    favorites = f"/sites/{{site}}/favorites/{rest.user_id}"
    told = json.put(favorites, data_json={"favorite": {"label": "mine", "workbook": {"id": book.id}}}).ok(200).json
    assert [one["workbook"]["id"] for one in told["favorites"]["favorite"]] == [book.id]
    json.delete(f"{favorites}/workbooks/{book.id}").ok(204)
    shown = json.get(path + "/revisions").ok(200).json["revisions"]["revision"][0]
    assert (shown["revisionNumber"], shown["current"], shown["deleted"]) == ("1", True, False)


# Tags


def test_tags(tsc, cora, grace, book, source, people):
    tsc.workbooks.populate_views(book)
    kinds = ((tsc.workbooks, book), (tsc.datasources, source), (tsc.views, book.views[0]))
    for endpoint, item in kinds:
        assert endpoint.add_tags(item, ["weekly", "two words", "a, b", "käse/ü", "50%"]) is not None
        assert endpoint.get_by_id(item.id).tags == {"weekly", "two words", "a, b", "käse/ü", "50%"}
        endpoint.add_tags(item, "WEEKLY")
        endpoint.delete_tags(item, ["two words", "a, b", "käse/ü", "50%"])
        assert endpoint.get_by_id(item.id).tags == {"weekly"}
        with refused("404007"):
            endpoint.delete_tags(item, "gone")
        again = endpoint.get_by_id(item.id)
        again.tags = {"daily", "two more words"}
        endpoint.update_tags(again)
        assert endpoint.get_by_id(item.id).tags == {"daily", "two more words"}


def test_who_may_tag(tsc, cora, grace, book, people):
    assert grace.workbooks.add_tags(book, ["mine"]) == {"mine"}
    with refused("403004"):
        cora.workbooks.delete_tags(book, "mine")
    tsc.workbooks.add_tags(book, ["of the admin", "Mine"])
    with refused("403004"):
        grace.workbooks.delete_tags(book, "of the admin")
    grace.workbooks.delete_tags(book, "MINE")
    assert tsc.workbooks.get_by_id(book.id).tags == {"of the admin"}
    tsc.workbooks.update_permissions(book, [rule("user", people["grace"], Read=DENY)])
    with refused("403004"):
        grace.workbooks.add_tags(book, ["more"])


# Revisions


@pytest.mark.parametrize("kind", ["workbooks", "datasources"])
def test_revisions(tsc, book, source, project, tmp_path, kind):
    item, endpoint = (book, tsc.workbooks) if kind == "workbooks" else (source, tsc.datasources)
    made = [content.twb(f"Sheet {n}") if kind == "workbooks" else content.tds(None, f"S{n}") for n in range(2)]
    model = TSC.WorkbookItem if kind == "workbooks" else TSC.DatasourceItem
    for data in made:
        endpoint.publish(model(project_id=project, name=item.name), io.BytesIO(data), "Overwrite")
    endpoint.populate_revisions(item)
    shown = [(one.revision_number, one.current, one.deleted, one.user_id) for one in item.revisions]
    me = tsc.user_id
    assert shown == [("1", False, False, me), ("2", False, False, me), ("3", True, False, me)]
    assert all(one.created_at and one.user_name == ADMIN for one in item.revisions)

    saved = endpoint.download_revision(item.id, "2", str(tmp_path / "second"))
    assert open(saved, "rb").read() == made[0]
    saved = endpoint.download_revision(item.id, None, str(tmp_path / "current"))
    assert open(saved, "rb").read() == made[1]
    for number in ("3", "4", "0", "x"):
        with refused("404024"):
            endpoint.download_revision(item.id, number, str(tmp_path / "none"))

    endpoint.delete_revision(item.id, "2")
    with refused("403055"):
        endpoint.delete_revision(item.id, "3")
    for number in ("2", "9"):
        with refused("404024"):
            endpoint.delete_revision(item.id, number)
    with refused("404024"):
        endpoint.download_revision(item.id, "2", str(tmp_path / "none"))
    endpoint.populate_revisions(item)
    assert [one.deleted for one in item.revisions] == [False, True, False]


@pytest.mark.parametrize("kind", ["workbooks", "datasources"])
def test_an_old_revision_comes_back_by_publishing_it(tsc, book, source, project, tmp_path, kind):
    item, endpoint = (book, tsc.workbooks) if kind == "workbooks" else (source, tsc.datasources)
    model = TSC.WorkbookItem if kind == "workbooks" else TSC.DatasourceItem
    second = content.twb("Second") if kind == "workbooks" else content.tds(None, "Second")
    endpoint.publish(model(project_id=project, name=item.name), io.BytesIO(second), "Overwrite")
    old = endpoint.download_revision(item.id, "1", str(tmp_path / "old"))
    back = endpoint.publish(model(project_id=project, name=item.name), old, "Overwrite")
    assert back.id == item.id
    saved = endpoint.download(item.id, str(tmp_path / "now"))
    assert open(saved, "rb").read() == open(old, "rb").read() != second
    endpoint.populate_revisions(item)
    assert [(one.revision_number, one.current) for one in item.revisions] == [("1", False), ("2", False), ("3", True)]
    if kind == "workbooks":
        tsc.workbooks.populate_views(item)
        assert "Second" not in {view.name for view in item.views}


def test_revisions_of_others(tsc, cora, grace, book, tmp_path, people):
    def kept(server):
        server.workbooks.populate_revisions(book)
        return [one.revision_number for one in book.revisions]

    tsc.workbooks.publish(
        TSC.WorkbookItem(project_id=book.project_id, name=book.name), io.BytesIO(content.twb("New")), "Overwrite"
    )
    for server in (cora, grace):
        with refused("403056"):
            kept(server)
        with refused("403019"):
            server.workbooks.download_revision(book.id, "1", str(tmp_path / "none"))
        with refused("403004"):
            server.workbooks.delete_revision(book.id, "1")
    allow = {"Write": ALLOW, "ExportXml": ALLOW}
    tsc.workbooks.update_permissions(book, [rule("user", people[one], **allow) for one in ("cora", "grace")])
    assert kept(cora) == ["1", "2"]
    with refused("403056"):
        kept(grace)  # an Explorer publishes nothing, whatever the rules say
    cora.workbooks.delete_revision(book.id, "1")


# Preview images


def test_preview_images(tsc, cora, project, people):
    images = {"One": pictures.png(3, 2), "Two": pictures.png(5, 4)}
    book = tsc.workbooks.publish(
        TSC.WorkbookItem(project_id=project, name="Pictures", show_tabs=False),
        io.BytesIO(pictures.with_thumbnails(content.twb("One", "Two", "Three"), images)),
        "CreateNew",
    )
    tsc.workbooks.populate_preview_image(book)
    assert book.preview_image == images["One"]
    tsc.workbooks.populate_views(book)
    one, two, three = book.views
    for view, picture in ((one, images["One"]), (two, images["Two"])):
        tsc.views.populate_preview_image(view)
        assert view.preview_image == picture
    with refused("404003"):
        tsc.views.populate_preview_image(three)
        three.preview_image
    # Who may not look at the first view is shown another one.
    tsc.views.update_permissions(one, [rule("user", people["cora"], Read=DENY)])
    cora.workbooks.populate_preview_image(book)
    assert book.preview_image == images["Two"]
    with refused("403004"):
        cora.views.populate_preview_image(one)
        one.preview_image
    tsc.views.update_permissions(two, [rule("user", people["cora"], Read=DENY)])
    with refused("404003"):
        cora.workbooks.populate_preview_image(book)
        book.preview_image
    tsc.views.update_permissions(three, [rule("user", people["cora"], Read=DENY)])
    with refused("403004"):
        cora.workbooks.populate_preview_image(book)
        book.preview_image


def test_no_preview_image(tsc, book):
    with refused("404003"):
        tsc.workbooks.populate_preview_image(book)
        book.preview_image
