"""Permissions, favorites, tags, revisions and previews with the unmodified tableauserverclient."""

import io

import pytest
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.tsc import connect, refused

Allow, Deny = TSC.Permission.Mode.Allow, TSC.Permission.Mode.Deny
Can = TSC.Permission.Capability
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def book(tsc, project, twb):
    return tsc.workbooks.publish(TSC.WorkbookItem(project_id=project, name="Book"), io.BytesIO(twb), "CreateNew")


@pytest.fixture
def source(tsc, project):
    return tsc.datasources.publish(TSC.DatasourceItem(project, "Orders"), io.BytesIO(content.tds()), "CreateNew")


@pytest.fixture
def people(tsc):
    return {user.name: user for user in TSC.Pager(tsc.users)}


@pytest.fixture
def analysts(tsc):
    return next(iter(tsc.groups.filter(name="Analysts")))


def rules_of(item) -> dict[str, dict[str, str]]:
    return {rule.grantee.id: rule.capabilities for rule in item.permissions}


# Tags


@pytest.mark.parametrize("kind", ["workbooks", "views", "datasources"])
def test_tags(tsc, book, source, kind):
    endpoint = getattr(tsc, kind)
    item = source if kind == "datasources" else book
    if kind == "views":
        tsc.workbooks.populate_views(book)
        item = book.views[0]
    labels = {"plain", "two words", "with,comma", "ümläut", "a/b", "100%", "q?x=1&y"}
    assert endpoint.add_tags(item, labels) >= labels
    assert endpoint.get_by_id(item.id).tags == labels
    assert endpoint.add_tags(item, "plain") == labels, "a tag stands once"
    for label in sorted(labels)[:4]:
        endpoint.delete_tags(item, label)
    assert endpoint.get_by_id(item.id).tags == set(sorted(labels)[4:])
    with refused("404007"):
        endpoint.delete_tags(item, "never there")
    assert item.id in {one.id for one in endpoint.filter(tags=sorted(labels)[4])}
    assert item.id in {one.id for one in endpoint.filter(tags__in=[sorted(labels)[6], "other"])}


def test_update_tags(tsc, book):
    book.tags = {"one", "two"}
    tsc.workbooks.update_tags(book)
    read = tsc.workbooks.get_by_id(book.id)
    read._initial_tags = set(read.tags)
    read.tags = {"two", "three"}
    tsc.workbooks.update_tags(read)
    assert tsc.workbooks.get_by_id(book.id).tags == {"two", "three"}


# Revisions


def test_workbook_revisions(tsc, book, project, tmp_path):
    versions = [content.twb("Overview", "Details")] + [content.twb(f"Version {number}") for number in (2, 3)]
    for data in versions[1:]:
        tsc.workbooks.publish(TSC.WorkbookItem(project_id=project, name="Book"), io.BytesIO(data), "Overwrite")
    tsc.workbooks.populate_revisions(book)
    found = {str(one.revision_number): one for one in book.revisions}
    assert sorted(found) == ["1", "2", "3"]
    assert [found[number].current for number in "123"] == [False, False, True]
    assert all(one.user_id == tsc.user_id and one.created_at and not one.deleted for one in found.values())
    for number in "12":
        saved = tsc.workbooks.download_revision(book.id, number, str(tmp_path / f"r{number}"))
        assert open(saved, "rb").read() == versions[int(number) - 1]
    assert open(tsc.workbooks.download_revision(book.id, None, str(tmp_path / "now")), "rb").read() == versions[2]

    tsc.workbooks.delete_revision(book.id, "1")
    with refused("404024"):
        tsc.workbooks.download_revision(book.id, "1", str(tmp_path / "gone"))
    with refused("403055"):
        tsc.workbooks.delete_revision(book.id, "3")
    tsc.workbooks.populate_revisions(book)
    assert {str(one.revision_number): one.deleted for one in book.revisions}.get("1") in (True, None)
    assert open(tsc.workbooks.download(book.id, str(tmp_path / "head")), "rb").read() == versions[2]


def test_datasource_revisions(tsc, source, project, tmp_path):
    second = content.tds(caption="Second")
    tsc.datasources.publish(TSC.DatasourceItem(project, "Orders"), io.BytesIO(second), "Overwrite")
    tsc.datasources.populate_revisions(source)
    assert len(source.revisions) == 2
    saved = tsc.datasources.download_revision(source.id, "1", str(tmp_path / "r1"))
    assert open(saved, "rb").read() == content.tds()
    tsc.datasources.delete_revision(source.id, "1")
    with refused("404024"):
        tsc.datasources.delete_revision(source.id, "1")


def test_site_keeps_so_many_revisions(tsc, live, name):
    url = "".join(letter for letter in name if letter.isalnum())
    tsc.sites.create(TSC.SiteItem(f"S {name}", url, revision_history_enabled=True, revision_limit=3))
    inside = connect(live, ADMIN, ADMIN_PASSWORD, url)
    place = inside.projects.get()[0][0].id
    for number in range(6):
        book = inside.workbooks.publish(
            TSC.WorkbookItem(project_id=place, name="Book"), io.BytesIO(content.twb(f"V{number}")), "Overwrite"
        )
    inside.workbooks.populate_revisions(book)
    alive = [str(one.revision_number) for one in book.revisions if not one.deleted]
    assert alive == ["4", "5", "6"] or alive == ["6", "5", "4"]


# Previews


PIXEL = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def test_previews_come_from_the_file(tsc, project):
    data = content.twb("One", "Two").replace(
        b"</workbook>",
        b"<thumbnails><thumbnail height='1' name='One' width='1'>" + PIXEL + b"</thumbnail></thumbnails></workbook>",
    )
    book = tsc.workbooks.publish(TSC.WorkbookItem(project_id=project, name="Book"), io.BytesIO(data), "CreateNew")
    tsc.workbooks.populate_views(book)
    first = book.views[0]
    tsc.views.populate_preview_image(first)
    assert first.preview_image.startswith(b"\x89PNG\r\n\x1a\n")
    tsc.workbooks.populate_preview_image(book)
    assert book.preview_image == first.preview_image


# Permissions


def test_workbook_permissions(tsc, live, book, people, analysts):
    grace = connect(live, *seed.GRACE)
    rules = [
        TSC.PermissionsRule(people["grace"], {Can.Read: Deny}),
        TSC.PermissionsRule(analysts, {Can.Read: Allow, Can.ExportXml: Allow}),
    ]
    tsc.workbooks.update_permissions(book, rules)
    tsc.workbooks.populate_permissions(book)
    found = rules_of(book)
    assert found[people["grace"].id] == {Can.Read: Deny}
    assert found[analysts.id].items() >= {Can.Read: Allow, Can.ExportXml: Allow}.items()
    # A rule on the user outweighs one on her group.
    assert book.id not in {one.id for one in TSC.Pager(grace.workbooks)}
    tsc.workbooks.delete_permission(book, TSC.PermissionsRule(people["grace"], {Can.Read: Deny}))
    assert book.id in {one.id for one in TSC.Pager(grace.workbooks)}
    saved = io.BytesIO()
    grace.workbooks.download(book.id, saved)
    tsc.workbooks.delete_permission(book, TSC.PermissionsRule(analysts, {Can.ExportXml: Allow}))
    with refused("403019"):
        grace.workbooks.download(book.id, saved)
    with refused("404013"):
        tsc.workbooks.delete_permission(book, TSC.PermissionsRule(analysts, {Can.ExportXml: Allow}))


def test_denials_through_groups(tsc, live, book, people, name):
    """Between groups a denial wins; a rule on the user wins over both."""
    groups = [tsc.groups.create(TSC.GroupItem(f"{letter} {name}")) for letter in "GH"]
    for group in groups:
        tsc.groups.add_user(group, people["grace"].id)
    everyone = next(iter(tsc.groups.filter(name="All Users")))
    tsc.workbooks.populate_permissions(book)
    for rule in book.permissions:
        if rule.grantee.id == everyone.id:
            tsc.workbooks.delete_permission(book, rule)
    grace = connect(live, *seed.GRACE)

    def sees() -> bool:
        return book.id in {one.id for one in TSC.Pager(grace.workbooks)}

    assert not sees()
    tsc.workbooks.update_permissions(book, [TSC.PermissionsRule(groups[0], {Can.Read: Allow})])
    assert sees()
    tsc.workbooks.update_permissions(book, [TSC.PermissionsRule(groups[1], {Can.Read: Deny})])
    assert not sees()
    tsc.workbooks.update_permissions(book, [TSC.PermissionsRule(people["grace"], {Can.Read: Allow})])
    assert sees()
    tsc.groups.remove_user(groups[0], people["grace"].id)
    assert sees()


def test_datasource_permissions(tsc, live, source, people):
    grace = connect(live, *seed.GRACE)
    tsc.datasources.update_permissions(source, [TSC.PermissionsRule(people["grace"], {Can.Read: Deny, Can.Connect: Deny})])
    tsc.datasources.populate_permissions(source)
    assert rules_of(source)[people["grace"].id] == {Can.Read: Deny, Can.Connect: Deny}
    with refused(("403004", "404004")):
        grace.datasources.get_by_id(source.id)
    tsc.datasources.delete_permission(source, TSC.PermissionsRule(people["grace"], {Can.Read: Deny, Can.Connect: Deny}))
    grace.datasources.get_by_id(source.id)


def test_project_permissions(tsc, live, people, name):
    project = tsc.projects.create(TSC.ProjectItem(f"P {name}"))
    tsc.projects.update_permissions(project, [TSC.PermissionsRule(people["cora"], {Can.Read: Allow, Can.Write: Allow})])
    tsc.projects.populate_permissions(project)
    assert rules_of(project)[people["cora"].id] == {Can.Read: Allow, Can.Write: Allow}
    cora = connect(live, *seed.CORA)
    cora.workbooks.publish(TSC.WorkbookItem(project_id=project.id, name="Hers"), io.BytesIO(content.twb()), "CreateNew")
    tsc.projects.delete_permission(project, TSC.PermissionsRule(people["cora"], {Can.Write: Allow}))
    everyone = next(iter(tsc.groups.filter(name="All Users")))
    for rule in project.permissions:
        if rule.grantee.id == everyone.id and Can.Write in rule.capabilities:
            tsc.projects.delete_permission(project, TSC.PermissionsRule(everyone, {Can.Write: Allow}))
    with refused(("403007", "403004")):
        cora.workbooks.publish(TSC.WorkbookItem(project_id=project.id, name="No"), io.BytesIO(content.twb()), "CreateNew")


def test_project_leader(tsc, live, people, name):
    """A leader rules over what is in the project and in those below it."""
    project = tsc.projects.create(TSC.ProjectItem(f"P {name}"))
    child = tsc.projects.create(TSC.ProjectItem("Child", parent_id=project.id))
    book = tsc.workbooks.publish(TSC.WorkbookItem(project_id=child.id, name="W"), io.BytesIO(content.twb()), "CreateNew")
    cora = connect(live, *seed.CORA)
    book.description = "by cora"
    with pytest.raises(TSC.ServerResponseError):
        cora.workbooks.update(book)
    tsc.projects.update_permissions(project, [TSC.PermissionsRule(people["cora"], {Can.ProjectLeader: Allow})])
    cora.workbooks.update(book)
    cora.workbooks.populate_permissions(book)
    cora.projects.create(TSC.ProjectItem("Hers", parent_id=child.id))
    assert tsc.workbooks.get_by_id(book.id).description == "by cora"


def test_default_permissions(tsc, people, name):
    project = tsc.projects.create(TSC.ProjectItem(f"P {name}"))
    tsc.projects.update_workbook_default_permissions(
        project, [TSC.PermissionsRule(people["grace"], {Can.ExportData: Deny, Can.Read: Allow})]
    )
    tsc.projects.update_datasource_default_permissions(project, [TSC.PermissionsRule(people["grace"], {Can.Connect: Deny})])
    tsc.projects.populate_workbook_default_permissions(project)
    rules = {rule.grantee.id: rule.capabilities for rule in project.default_workbook_permissions}
    assert rules[people["grace"].id] == {Can.ExportData: Deny, Can.Read: Allow}
    # New content begins with the rules of its project.
    book = tsc.workbooks.publish(TSC.WorkbookItem(project_id=project.id, name="W"), io.BytesIO(content.twb()), "CreateNew")
    tsc.workbooks.populate_permissions(book)
    assert rules_of(book)[people["grace"].id] == {Can.ExportData: Deny, Can.Read: Allow}
    source = tsc.datasources.publish(TSC.DatasourceItem(project.id, "D"), io.BytesIO(content.tds()), "CreateNew")
    tsc.datasources.populate_permissions(source)
    assert rules_of(source)[people["grace"].id] == {Can.Connect: Deny}
    tsc.projects.delete_workbook_default_permissions(project, TSC.PermissionsRule(people["grace"], {Can.ExportData: Deny}))
    tsc.projects.populate_workbook_default_permissions(project)
    rules = {rule.grantee.id: rule.capabilities for rule in project.default_workbook_permissions}
    assert rules[people["grace"].id] == {Can.Read: Allow}
    # So does a project inside.
    child = tsc.projects.create(TSC.ProjectItem("Child", parent_id=project.id))
    tsc.projects.populate_workbook_default_permissions(child)
    rules = {rule.grantee.id: rule.capabilities for rule in child.default_workbook_permissions}
    assert rules[people["grace"].id] == {Can.Read: Allow}


def test_locked_project(tsc, people, project, book):
    """Locking lays the project's rules over its content, and content rules cannot be changed while it lasts."""
    tsc.workbooks.update_permissions(book, [TSC.PermissionsRule(people["grace"], {Can.ExportXml: Allow})])
    item = tsc.projects.get_by_id(project)
    item.content_permissions = "LockedToProject"
    tsc.projects.update(item)
    tsc.workbooks.populate_permissions(book)
    assert people["grace"].id not in rules_of(book)
    with refused(("403004", "403039")):
        tsc.workbooks.update_permissions(book, [TSC.PermissionsRule(people["grace"], {Can.ExportXml: Allow})])
    tsc.projects.update_workbook_default_permissions(item, [TSC.PermissionsRule(people["grace"], {Can.ExportXml: Deny})])
    tsc.workbooks.populate_permissions(book)
    assert rules_of(book)[people["grace"].id] == {Can.ExportXml: Deny}
    item.content_permissions = "ManagedByOwner"
    tsc.projects.update(item)
    tsc.workbooks.update_permissions(book, [TSC.PermissionsRule(people["vera"], {Can.Read: Allow})])


def test_view_permissions_of_hidden_tabs(tsc, live, project, people):
    """While tabs are hidden each view has rules of its own."""
    item = TSC.WorkbookItem(project_id=project, name="Tabs", show_tabs=False)
    book = tsc.workbooks.publish(item, io.BytesIO(content.twb("Seen", "Unseen")), "CreateNew")
    tsc.workbooks.populate_views(book)
    unseen = next(view for view in book.views if view.name == "Unseen")
    tsc.views.update_permissions(unseen, [TSC.PermissionsRule(people["grace"], {Can.Read: Deny})])
    grace = connect(live, *seed.GRACE)

    def seen() -> set[str]:
        return {view.name for view in TSC.Pager(grace.views) if view.workbook_id == book.id}

    assert seen() == {"Seen"}
    book = tsc.workbooks.get_by_id(book.id)
    book._views = None
    book.show_tabs = True
    tsc.workbooks.update(book)
    assert seen() == {"Seen", "Unseen"}


# Favorites


def test_favorites(tsc, live, book, source, project):
    ada = connect(live, *seed.ADA)
    me = ada.users.get_by_id(ada.user_id)
    shared = next(iter(ada.workbooks.filter(name="Shared Book")))
    ada.workbooks.populate_views(shared)
    orders = next(iter(ada.datasources.filter(name="Shared Orders")))
    place = ada.projects.get_by_path("Shared")
    ada.favorites.add_favorite_workbook(me, shared)
    ada.favorites.add_favorite_view(me, shared.views[0])
    ada.favorites.add_favorite_datasource(me, orders)
    ada.favorites.add_favorite_project(me, place)
    ada.favorites.get(me)
    found = {kind: [one.id for one in items] for kind, items in me.favorites.items() if items}
    assert found == {
        "workbooks": [shared.id],
        "views": [shared.views[0].id],
        "datasources": [orders.id],
        "projects": [place.id],
    }
    ada.favorites.delete_favorite_workbook(me, shared)
    ada.favorites.delete_favorite_view(me, shared.views[0])
    ada.favorites.delete_favorite_datasource(me, orders)
    ada.favorites.delete_favorite_project(me, place)
    ada.favorites.get(me)
    assert not any(me.favorites.values())
    with refused("404010"):
        ada.favorites.delete_favorite_workbook(me, shared)


def test_favorites_go_with_what_they_name(tsc, book):
    me = tsc.users.get_by_id(tsc.user_id)
    tsc.favorites.add_favorite_workbook(me, book)
    tsc.workbooks.delete(book.id)
    tsc.favorites.get(me)
    assert book.id not in {one.id for one in me.favorites["workbooks"]}
