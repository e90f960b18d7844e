"""Sites, users and groups with the unmodified tableauserverclient."""

import pytest
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.tsc import connect, options, refused


def url_of(name: str) -> str:
    return "".join(letter for letter in name if letter.isalnum())


# Sites


def test_site_create_and_get(live, tsc, name):
    made = tsc.sites.create(
        TSC.SiteItem(f"S {name}", url_of(name), TSC.SiteItem.AdminMode.ContentAndUsers, user_quota=7, storage_quota=1000)
    )
    assert (made.name, made.content_url, made.state) == (f"S {name}", url_of(name), "Active")
    assert (made.user_quota, made.storage_quota) == (7, 1000)
    # The client asks for a site alone where it is signed in to it.
    inside = connect(live, ADMIN, ADMIN_PASSWORD, url_of(name))
    for same in (
        inside.sites.get_by_id(made.id),
        inside.sites.get_by_name(f"S {name}"),
        next(one for one in TSC.Pager(tsc.sites) if one.id == made.id),
    ):
        assert (same.id, same.name, same.content_url) == (made.id, made.name, made.content_url)
        assert same.admin_mode == "ContentAndUsers"


def test_site_by_content_url(tsc, name):
    # The client makes the call only where the content URL happens to stand in the address of the server.
    made = tsc.sites.create(TSC.SiteItem(f"S {name}", "api"))
    assert tsc.sites.get_by_content_url("api").id == made.id


def test_site_update(live, tsc, name):
    made = tsc.sites.create(TSC.SiteItem(f"S {name}", url_of(name)))
    inside = connect(live, ADMIN, ADMIN_PASSWORD, url_of(name))
    made.name = f"New {name}"
    made.content_url = "new" + url_of(name)
    made.admin_mode = TSC.SiteItem.AdminMode.ContentOnly
    made.storage_quota = 12
    made.revision_history_enabled = True
    made.revision_limit = 5
    made.disable_subscriptions = True
    made.subscribe_others_enabled = False
    made.commenting_enabled = False
    made.user_quota = None
    inside.sites.update(made)
    read = inside.sites.get_by_id(made.id)
    assert (read.name, read.content_url) == (f"New {name}", "new" + url_of(name))
    assert (read.admin_mode, read.storage_quota, read.revision_limit) == ("ContentOnly", 12, 5)
    assert (read.revision_history_enabled, read.disable_subscriptions) == (True, True)
    assert (read.subscribe_others_enabled, read.commenting_enabled) == (False, False)
    read.state = TSC.SiteItem.State.Suspended
    assert inside.sites.update(read).state == "Suspended"


def test_site_conflicts(tsc, name):
    tsc.sites.create(TSC.SiteItem(f"S {name}", url_of(name)))
    with refused("409001"):
        tsc.sites.create(TSC.SiteItem(f"S {name}", "other" + url_of(name)))
    with refused("409001"):
        tsc.sites.create(TSC.SiteItem(f"s {name}".upper(), "other" + url_of(name)))
    with refused("409002"):
        tsc.sites.create(TSC.SiteItem(f"Other {name}", url_of(name)))
    with refused("409002"):
        tsc.sites.create(TSC.SiteItem(f"Other {name}", url_of(name).upper()))


def test_site_delete(live, tsc, name):
    made = tsc.sites.create(TSC.SiteItem(f"S {name}", url_of(name)))
    inside = connect(live, ADMIN, ADMIN_PASSWORD, url_of(name))
    witness = connect(live, ADMIN, ADMIN_PASSWORD, url_of(name))
    inside.workbooks.publish(
        TSC.WorkbookItem(name="W", project_id=inside.projects.get()[0][0].id), bytes_file(content.twb()), "CreateNew"
    )
    inside.sites.delete(made.id)
    assert made.id not in {one.id for one in TSC.Pager(tsc.sites)}
    # Its sessions end with it.
    with pytest.raises((TSC.ServerResponseError, TSC.FailedSignInError)) as caught:
        witness.workbooks.get()
    assert caught.value.code in ("401002", "404000")
    # The name is free again.
    tsc.sites.create(TSC.SiteItem(f"S {name}", url_of(name)))


def test_default_site_stays(tsc):
    with refused("403002"):
        tsc.sites.delete(tsc.site_id)


def test_only_server_administrators_manage_sites(live, name):
    for who in (seed.ADA, seed.SITEADMIN):
        server = connect(live, *who)
        with refused("403004"):
            server.sites.create(TSC.SiteItem(f"S {name}", url_of(name)))
        assert {site.name for site in TSC.Pager(server.sites)} <= {"Default", "Second Site"}


def test_new_site_has_its_default_project_and_group(live, tsc, name):
    tsc.sites.create(TSC.SiteItem(f"S {name}", url_of(name)))
    server = connect(live, ADMIN, ADMIN_PASSWORD, url_of(name))
    assert [project.name for project in TSC.Pager(server.projects)] == ["Default"]
    assert [group.name for group in TSC.Pager(server.groups)] == ["All Users"]
    assert list(TSC.Pager(server.workbooks)) == []


# Users


@pytest.fixture
def user(tsc, name):
    return tsc.users.add(TSC.UserItem(f"u-{name}".lower(), "Explorer"))


def test_user_add_and_get(tsc, name):
    made = tsc.users.add(TSC.UserItem(f"u-{name}", "Creator"))
    assert (made.name, made.site_role) == (f"u-{name}", "Creator")
    read = tsc.users.get_by_id(made.id)
    assert (read.name, read.site_role, read.domain_name) == (f"u-{name}", "Creator", "local")
    assert made.id in {one.id for one in TSC.Pager(tsc.users)}


def test_user_conflict(tsc, user):
    with refused(("409000", "409017")):
        tsc.users.add(TSC.UserItem(user.name, "Viewer"))
    with refused(("409000", "409017")):
        tsc.users.add(TSC.UserItem(user.name.upper(), "Viewer"))


def test_user_update(live, tsc, user):
    user.fullname = "Mary Anning"
    user.email = "mary@example.com"
    user.site_role = "Creator"
    tsc.users.update(user, "fossils & more")
    read = tsc.users.get_by_id(user.id)
    assert (read.fullname, read.email, read.site_role) == ("Mary Anning", "mary@example.com", "Creator")
    # The password counts, the old one (none) did not.
    server = connect(live, user.name, "fossils & more")
    assert server.user_id == user.id
    assert tsc.users.get_by_id(user.id).last_login is not None


def test_user_without_a_password_cannot_sign_in(live, user):
    for password in ("", "x", "None"):
        with refused("401001", TSC.FailedSignInError):
            TSC.Server(live.url).auth.sign_in(TSC.TableauAuth(user.name, password))


def test_new_password_ends_the_old_one(live, tsc, user):
    tsc.users.update(user, "first password")
    connect(live, user.name, "first password")
    tsc.users.update(user, "second password")
    with refused("401001", TSC.FailedSignInError):
        TSC.Server(live.url).auth.sign_in(TSC.TableauAuth(user.name, "first password"))
    connect(live, user.name, "second password")


def test_users_filter_and_sort(tsc, name):
    roles = {"a": "Creator", "b": "Viewer", "c": "Explorer", "d": "Viewer"}
    for letter, role in roles.items():
        tsc.users.add(TSC.UserItem(f"{letter}-{name}", role))
    mine = [f"{letter}-{name}" for letter in roles]

    found, page = tsc.users.get(options(filters=[("name", "eq", mine[1])]))
    assert [one.name for one in found] == [mine[1]] and page.total_available == 1
    found, _ = tsc.users.get(options(filters=[("name", "in", mine)], sort=[("name", "desc")]))
    assert [one.name for one in found] == mine[::-1]
    found, _ = tsc.users.get(options(filters=[("name", "in", mine), ("siteRole", "eq", "Viewer")], sort=[("name", "asc")]))
    assert [one.name for one in found] == [mine[1], mine[3]]
    found, _ = tsc.users.get(options(filters=[("lastLogin", "gt", "2100-01-01T00:00:00Z")]))
    assert found == []
    assert [one.name for one in tsc.users.filter(name__in=mine).order_by("-name")] == mine[::-1]


def test_users_page_by_page(tsc, name):
    for number in range(5):
        tsc.users.add(TSC.UserItem(f"{number}-{name}", "Unlicensed"))
    total = tsc.users.get()[1].total_available
    seen = [one.id for one in TSC.Pager(tsc.users, TSC.RequestOptions(pagesize=2))]
    assert len(seen) == len(set(seen)) == total


def test_user_remove(live, tsc, user):
    tsc.users.update(user, "some password")
    session = connect(live, user.name, "some password")
    tsc.users.remove(user.id)
    with refused("404002"):
        tsc.users.get_by_id(user.id)
    with pytest.raises((TSC.FailedSignInError, TSC.ServerResponseError)):
        session.workbooks.get()
    with refused("401001", TSC.FailedSignInError):
        TSC.Server(live.url).auth.sign_in(TSC.TableauAuth(user.name, "some password"))


def test_user_who_owns_content_stays_or_hands_it_over(tsc, user, project, twb):
    book = tsc.workbooks.publish(TSC.WorkbookItem(project_id=project, name=f"W {user.name}"), bytes_file(twb), "CreateNew")
    heir = tsc.users.add(TSC.UserItem(f"heir-{user.name}", "Explorer"))
    book.owner_id = user.id
    tsc.workbooks.update(book)
    with refused("409003"):
        tsc.users.remove(user.id)
    tsc.users.get_by_id(user.id)
    tsc.users.remove(user.id, map_assets_to=heir.id)
    assert tsc.workbooks.get_by_id(book.id).owner_id == heir.id
    with refused("404002"):
        tsc.users.get_by_id(user.id)


def test_unknown_user(tsc):
    with refused("404002"):
        tsc.users.get_by_id("00000000-0000-4000-8000-000000000000")


def test_guest_role_is_refused(tsc, name):
    with refused("409005"):
        tsc.users.add(TSC.UserItem(f"g-{name}", "Guest"))


# Groups


def test_group_create_update_delete(tsc, name):
    group = tsc.groups.create(TSC.GroupItem(f"G {name}"))
    assert (group.name, group.domain_name) == (f"G {name}", "local")
    group.name = f"H {name}"
    assert tsc.groups.update(group).name == f"H {name}"
    assert [one.id for one in tsc.groups.filter(name=f"H {name}")] == [group.id]
    tsc.groups.delete(group.id)
    assert len(tsc.groups.filter(name=f"H {name}")) == 0
    with refused("404012"):
        tsc.groups.delete(group.id)


def test_group_minimum_site_role(tsc, name):
    item = TSC.GroupItem(f"G {name}")
    item.minimum_site_role = "Viewer"
    made = tsc.groups.create(item)
    made.minimum_site_role = "Explorer"
    tsc.groups.update(made)
    # The client reads the role from the import element alone; the list is asked raw elsewhere.
    assert len(tsc.groups.filter(name=f"G {name}", minimum_site_role="Explorer")) == 1
    assert len(tsc.groups.filter(name=f"G {name}", minimum_site_role="Viewer")) == 0


def test_group_name_conflict(tsc, name):
    tsc.groups.create(TSC.GroupItem(f"G {name}"))
    with refused("409009"):
        tsc.groups.create(TSC.GroupItem(f"g {name}"))
    with refused("409009"):
        tsc.groups.create(TSC.GroupItem("All Users"))


def test_group_members(tsc, name):
    group = tsc.groups.create(TSC.GroupItem(f"G {name}"))
    people = [tsc.users.add(TSC.UserItem(f"{letter}-{name}", "Viewer")) for letter in "abc"]
    added = tsc.groups.add_user(group, people[0].id)
    assert added.name == people[0].name
    assert {one.name for one in tsc.groups.add_users(group, people[1:])} >= {people[1].name, people[2].name}
    tsc.groups.populate_users(group)
    assert {one.id for one in group.users} == {one.id for one in people}
    with refused("409011"):
        tsc.groups.add_user(group, people[0].id)

    tsc.groups.remove_user(group, people[0].id)
    tsc.groups.remove_users(group, [people[1]])
    tsc.groups.populate_users(group)
    assert [one.id for one in group.users] == [people[2].id]
    with refused("404002"):
        tsc.groups.remove_user(group, people[0].id)


def test_group_members_page_by_page(tsc, name):
    group = tsc.groups.create(TSC.GroupItem(f"G {name}"))
    for number in range(5):
        tsc.groups.add_user(group, tsc.users.add(TSC.UserItem(f"{number}-{name}", "Unlicensed")).id)
    tsc.groups.populate_users(group, TSC.RequestOptions(pagesize=2))
    assert len({one.id for one in group.users}) == 5


def test_groups_of_a_user(tsc, user, name):
    groups = [tsc.groups.create(TSC.GroupItem(f"{letter} {name}")) for letter in "GH"]
    for group in groups:
        tsc.groups.add_user(group, user.id)
    tsc.users.populate_groups(user)
    assert {one.name for one in user.groups} == {"All Users", f"G {name}", f"H {name}"}


def test_seeded_group(tsc):
    group = next(iter(tsc.groups.filter(name="Analysts")))
    tsc.groups.populate_users(group)
    assert {one.name for one in group.users} == {"ada", "grace", "cora"}
    assert [one.name for one in tsc.groups.filter(name__in=["Empty", "Analysts"]).order_by("name")] == [
        "Analysts",
        "Empty",
    ]


def test_all_users_holds_everyone(tsc, user):
    group = next(iter(tsc.groups.filter(name="All Users")))
    tsc.groups.populate_users(group)
    assert {"ada", "vera", user.name} <= {one.name for one in group.users}
    with pytest.raises(TSC.ServerResponseError):
        tsc.groups.delete(group.id)


def bytes_file(data: bytes):
    import io

    return io.BytesIO(data)
