"""Rules as they meet: groups against users, leaders over projects; and odd tags, kept revisions, lost favorites."""

import io

import pytest
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.tsc import connect, refused

Allow, Deny = TSC.Permission.Mode.Allow, TSC.Permission.Mode.Deny
Can = TSC.Permission.Capability


@pytest.fixture
def book(tsc, project, twb):
    return tsc.workbooks.publish(TSC.WorkbookItem(project_id=project, name="Book"), io.BytesIO(twb), "CreateNew")


@pytest.fixture
def source(tsc, project):
    return tsc.datasources.publish(TSC.DatasourceItem(project, "Orders"), io.BytesIO(content.tds()), "CreateNew")


@pytest.fixture
def people(tsc):
    return {user.name: user for user in TSC.Pager(tsc.users)}


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


def test_favorites_go_with_what_they_name(tsc, book):
    me = tsc.users.get_by_id(tsc.user_id)
    tsc.favorites.add_favorite_workbook(me, book)
    tsc.workbooks.delete(book.id)
    tsc.favorites.get(me)
    assert book.id not in {one.id for one in me.favorites["workbooks"]}
