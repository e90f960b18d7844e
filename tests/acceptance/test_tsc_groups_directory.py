"""Users and groups of a directory: a real OpenLDAP of scripts/ldap, asked through the server."""

import re
import socket
import threading
import time

import pytest
import requests
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD, _finish
from support.rest import Rest, element, ts_request
from support.server import ServerFailed, wait_until
from support.tsc import connect, options, refused

PEOPLE = "ou=People,dc=example,dc=lan"
GROUPS = "ou=Groups,dc=example,dc=lan"
ODD = "o'neil (x)*, #1"

# What a person signs in with.
PASSWORDS = {"ada": "ada's password", "grace": "grace's password", "Žofie": "heslo", ODD: "stars*", "star": "star"}


@pytest.fixture(scope="module")
def live(_servers, request, directory):
    """A server with the directory, and no member-of: members are looked up one by one."""
    server = _servers(*directory.options(), store=request.param, env=directory.env()).start()
    yield server
    _finish(server)


@pytest.fixture
def site(live, name):
    """A scratch site's own session of the administrator: tests keep out of each other's users."""
    url = re.sub("[^A-Za-z0-9]", "", name)
    admin = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)
    admin.post("/sites", ts_request(element("site", name=url, contentUrl=url))).ok(201)
    return Scratch(live, url)


class Scratch:
    """A site, seen by the current client and in plain."""

    def __init__(self, live, url: str, password: str = ADMIN_PASSWORD):
        self.live, self.url = live, url
        self.rest = Rest(live.url).sign_in(ADMIN, password, url)
        self.tsc = connect(live, ADMIN, password, url)

    def wanted(self, group: str, role: str = "Explorer", domain: str = "example.lan", mode: str | None = None):
        item = TSC.GroupItem(group, domain)
        item.minimum_site_role = role
        item.license_mode = mode
        return item

    def imported(self, group: str, role: str = "Explorer", **options):
        return self.tsc.groups.create_AD_group(self.wanted(group, role, **options), asJob=False)

    def names(self, group) -> set[str]:
        self.tsc.groups.populate_users(group)
        return {f"{user.domain_name}\\{user.name}" for user in group.users}

    def users(self) -> dict[str, TSC.UserItem]:
        return {f"{user.domain_name}\\{user.name}": user for user in TSC.Pager(self.tsc.users)}

    def counts(self, job_id: str) -> dict[str, int]:
        answer = self.rest.get(f"/sites/{{site}}/jobs/{job_id}").ok()
        assert all(note.get("text") for note in answer.all("job/statusNotes/statusNote"))
        return {note.get("type"): int(note.get("value")) for note in answer.all("job/statusNotes/statusNote")}

    def signs_in(self, login: str, password: str) -> bool:
        try:
            Rest(self.live.url).sign_in(login, password, self.url)
        except AssertionError as error:
            assert "401001" in str(error)
            return False
        return True

    def asks(self, group: str, **attributes):
        return self.rest.post("/sites/{site}/groups", body(group, **attributes))


def body(group: str | None, **attributes) -> bytes:
    """A group with an import."""
    attributes = {"source": "ActiveDirectory", "domainName": "example.lan", "siteRole": "Viewer", **attributes}
    return ts_request(element("group", element("import", **attributes), name=group))


def example(*people: str) -> set[str]:
    return {f"example.lan\\{one}" for one in people}


# -- importing


def test_import_at_once(site):
    group = site.imported("analysts", domain="EXAMPLE")
    assert (group.name, group.domain_name, group.minimum_site_role) == ("Analysts", "example.lan", "Explorer")
    assert site.names(group) == example("ada", "grace")
    users = site.users()
    ada, grace = users["example.lan\\ada"], users["example.lan\\grace"]
    assert (ada.site_role, ada.fullname, ada.email) == ("Explorer", "Ada Lovelace", "ada@example.lan")
    assert grace.fullname == "Grace Hopper", "cn, where there is no displayName"
    assert re.fullmatch("[0-9a-f-]{36}", ada.external_auth_user_id)
    (listed,) = site.tsc.groups.filter(name="Analysts")
    assert (listed.id, listed.domain_name, listed.license_mode) == (group.id, "example.lan", None)
    found, _ = site.tsc.groups.get(options(filters=[("domainName", "eq", "example.lan")]))
    assert [one.id for one in found] == [group.id]


def test_import_as_job(site):
    job = site.tsc.groups.create_AD_group(site.wanted("Analysts", mode="onSync"), asJob=True)
    assert (job.type, job.mode) == ("GroupImport", "Asynchronous")
    done = site.tsc.jobs.wait_for_job(job, timeout=60)
    assert done.finish_code == 0
    (group,) = site.tsc.groups.filter(name="Analysts")
    assert site.names(group) == example("ada", "grace")
    assert (group.minimum_site_role, group.license_mode) == ("Explorer", "onSync")
    counts = site.counts(job.id)
    assert counts["CountOfUsersInActiveDirectoryGroup"] == counts["CountOfUsersProcessed"] == 2
    assert counts["CountOfUsersAddedToGroup"] == counts["CountOfUsersAddedToSite"] == 2
    assert counts["CountOfUsersSkipped"] == counts["CountOfUsersWithInsufficientLicenses"] == 0
    listed = site.rest.get("/sites/{site}/jobs", params={"filter": "jobType:eq:import_ad_group"}).ok()
    assert listed.get("backgroundJobs/backgroundJob", "status") == "Success"


def test_answers_of_both_forms(site):
    at_once = site.asks("Empty").ok(201)
    id_ = at_once.get("group", "id")
    assert at_once.headers["Location"].endswith(f"/groups/{id_}") and at_once.get("group", "name") == "Empty"
    later = site.rest.post("/sites/{site}/groups?asJob=true", body("Unix")).ok(202)
    job = later.find("job")
    assert (job.get("type"), job.get("mode"), job.get("progress")) == ("GroupImport", "Asynchronous", "0")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", job.get("createdAt"))
    made = later.headers["Location"].rsplit("/", 1)[1]
    listed = site.rest.get("/sites/{site}/groups").ok().all("groups/group")
    assert made in {one.get("id") for one in listed}, "the group is there before its members are"
    as_json = site.rest.as_json().post("/sites/{site}/groups", body("Analysts")).ok(201)
    assert as_json.json["group"]["name"] == "Analysts"


def test_groups_in_groups_that_hold_each_other(site):
    assert site.names(site.imported("Outer")) == example("ada", "grace", "star", "twin")
    assert site.names(site.imported("Inner")) == example("ada", "grace", "star", "twin")


def test_members_by_name(site):
    assert site.names(site.imported("Unix")) == example("ada", "star")


def test_members_of_two_domains(site):
    assert site.names(site.imported("Twins")) == {"example.lan\\twin", "other.lan\\twin"}
    assert site.names(site.imported("Analysts", domain="other.lan")) == {"other.lan\\only"}
    assert site.imported("Analysts").domain_name == "example.lan", "the same name in another domain"


def test_names_that_mean_something_to_filters(site):
    group = site.imported("Sales (EMEA), *")
    # A machine, an entry that is gone, and a name with a backslash are left out; the last is counted.
    assert site.names(group) == example("Žofie", ODD)
    users = site.users()
    assert users[f"example.lan\\{ODD}"].email is None, "what is no address is none"
    assert users["example.lan\\Žofie"].fullname == "Žofie Černá"
    for asked in ("*", "Sales*", "Analysts)(cn=*", "(cn=Analysts)", "Analysts\\00", "Analysts\\2a"):
        site.asks(asked).refused(404, "404017")
        site.rest.post("/sites/{site}/users", ts_request(element("user", name=f"example.lan\\{asked}", siteRole="Viewer"))).refused(
            404, "404002"
        )


@pytest.mark.slow
def test_fifteen_hundred_members(site):
    job = site.tsc.groups.create_AD_group(site.wanted("Crowd", "Viewer"), asJob=True)
    site.tsc.jobs.wait_for_job(job, timeout=120)
    assert site.counts(job.id)["CountOfUsersAddedToGroup"] == 1500
    (group,) = site.tsc.groups.filter(name="Crowd")
    names = site.names(group)
    assert len(names) == 1500 and "example.lan\\crowd1500" in names


@pytest.mark.slow
def test_fifteen_hundred_members_in_pages(new_server, directory):
    """By memberOf, in one search; the directory gives no more than 500 entries without pages."""
    options = directory.options("--ldap-member-of", "memberOf", "--ldap-page-size", "100")
    with new_server(*options, env=directory.env()) as live:
        site = Scratch(live, "")
        began = time.monotonic()
        assert len(site.names(site.imported("Crowd", "Viewer"))) == 1500
        assert time.monotonic() - began < 60
        assert site.names(site.imported("Outer")) == example("ada", "grace", "star", "twin")
    with new_server(*options, "--ldap-nested-groups", "off", env=directory.env()) as live:
        site = Scratch(live, "")
        assert site.names(site.imported("Outer")) == example("ada", "twin")


def test_roles_are_raised_and_never_lowered(site):
    add = lambda name, role: site.tsc.users.add(TSC.UserItem(f"example.lan\\{name}", role))  # noqa: E731
    add("ada", "Creator")
    add("grace", "Viewer")
    site.imported("Analysts", "Explorer")
    roles = lambda: {key: user.site_role for key, user in site.users().items()}  # noqa: E731
    assert (roles()["example.lan\\ada"], roles()["example.lan\\grace"]) == ("Creator", "Explorer")
    site.imported("Outer", "SiteAdministratorExplorer")
    assert roles()["example.lan\\ada"] == "SiteAdministratorCreator", "an administrator with a Creator's licence"
    assert roles()["example.lan\\twin"] == "SiteAdministratorExplorer"


def test_licences_run_out(site, live):
    admin = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)
    admin.put(f"/sites/{site.rest.site_id}", ts_request(element("site", tierViewerCapacity=1))).ok(200)
    job = site.tsc.groups.create_AD_group(site.wanted("Outer", "Viewer"), asJob=True)
    site.tsc.jobs.wait_for_job(job, timeout=60)
    roles = sorted(user.site_role for key, user in site.users().items() if key.startswith("example.lan"))
    assert roles == ["Unlicensed"] * 3 + ["Viewer"]
    counts = site.counts(job.id)
    assert (counts["CountOfUsersWithInsufficientLicenses"], counts["CountOfUsersAddedToSite"]) == (3, 4)


def test_licence_at_the_first_sign_in(site):
    group = site.imported("Analysts", "Explorer", mode="onLogin")
    assert group.license_mode == "onLogin"
    role = lambda who: site.users()[f"example.lan\\{who}"].site_role  # noqa: E731
    assert (role("ada"), role("grace")) == ("Unlicensed", "Unlicensed")
    assert site.signs_in("example.lan\\ada", PASSWORDS["ada"])
    assert (role("ada"), role("grace")) == ("Explorer", "Unlicensed")


# -- in step with the directory


@pytest.fixture
def moving(directory, name):
    """A group of the test's own with three people, and how to change it."""
    stem = re.sub("[^a-z0-9]", "", name.lower())[-20:]
    people = {key: f"{stem}{key}" for key in ("stays", "leaves", "dies", "comes")}
    for uid in people.values():
        directory.add_person(uid, mail=f"{uid}@example.lan")
    directory.add_group(f"G{stem}", [people[key] for key in ("stays", "leaves", "dies")])
    yield f"G{stem}", people
    directory.remove(f"cn=G{stem},{GROUPS}", *(f"uid={uid},{PEOPLE}" for uid in people.values()))


@pytest.mark.parametrize("as_job", [False, True], ids=["at-once", "as-job"])
def test_synchronize(site, directory, moving, as_job):
    name, people = moving
    group = site.imported(name, "Viewer")
    assert site.names(group) == example(*(people[key] for key in ("stays", "leaves", "dies")))
    directory.modify(f"dn: cn={name},{GROUPS}", "delete: member", f"member: uid={people['leaves']},{PEOPLE}")
    directory.modify(f"dn: cn={name},{GROUPS}", "add: member", f"member: uid={people['comes']},{PEOPLE}")
    directory.modify(f"dn: uid={people['stays']},{PEOPLE}", "replace: mail", "mail: new@example.lan")
    directory.remove(f"uid={people['dies']},{PEOPLE}")
    if as_job:
        job = site.tsc.groups.update(group, as_job=True)
        assert job.type == "GroupSync"
        site.tsc.jobs.wait_for_job(job, timeout=60)
        counts = site.counts(job.id)
        assert counts["CountOfUsersInActiveDirectoryGroup"] == 2
        assert counts["CountOfUsersAddedToGroup"] == counts["CountOfUsersAddedToSite"] == 1
        assert counts["CountOfUsersRemovedFromGroup"] == 2
        assert counts["CountOfUsersUnlicensed"] == 1
        assert counts["CountOfUsersInformationUpdated"] == 1
    else:
        assert site.tsc.groups.update(group, as_job=False).id == group.id
    assert site.names(group) == example(people["stays"], people["comes"])
    users = site.users()
    role = {key: users[f"example.lan\\{uid}"].site_role for key, uid in people.items()}
    assert role == {"stays": "Viewer", "comes": "Viewer", "leaves": "Viewer", "dies": "Unlicensed"}
    assert users[f"example.lan\\{people['stays']}"].email == "new@example.lan"
    # Once more changes nothing.
    site.tsc.groups.update(group, as_job=False)
    assert site.names(group) == example(people["stays"], people["comes"])


def test_synchronizing_gives_a_greater_role(site, moving):
    group = site.imported(moving[0], "Viewer")
    group.minimum_site_role = "ExplorerCanPublish"
    group = site.tsc.groups.update(group, as_job=False)
    assert group.minimum_site_role == "ExplorerCanPublish"
    roles = {user.site_role for key, user in site.users().items() if key.startswith("example.lan")}
    assert roles == {"ExplorerCanPublish"}


def test_who_is_called_otherwise_now_stays(site, directory, moving):
    """One member marries, and so does one who has left the group meanwhile."""
    name, people = moving
    group = site.imported(name, "Viewer")
    ids = {key: site.users()[f"example.lan\\{uid}"].id for key, uid in people.items() if key != "comes"}
    directory.modify(f"dn: cn={name},{GROUPS}", "delete: member", f"member: uid={people['leaves']},{PEOPLE}")
    for key in ("stays", "leaves"):
        directory.modify(f"dn: uid={people[key]},{PEOPLE}", "add: uid", f"uid: new{people[key]}")
        directory.rename(f"uid={people[key]},{PEOPLE}", f"uid=new{people[key]}")
    directory.modify(f"dn: cn={name},{GROUPS}", "delete: member", f"member: uid={people['stays']},{PEOPLE}")
    directory.modify(f"dn: cn={name},{GROUPS}", "add: member", f"member: uid=new{people['stays']},{PEOPLE}")
    try:
        site.tsc.groups.update(group, as_job=False)
        users = {user.id: user for user in site.users().values()}
        assert users[ids["stays"]].name == f"new{people['stays']}"
        assert {users[id_].site_role for id_ in ids.values()} == {"Viewer"}, "nobody is gone"
        assert site.names(group) == example(f"new{people['stays']}", people["dies"])
    finally:
        directory.remove(*(f"uid=new{people[key]},{PEOPLE}" for key in ("stays", "leaves")))


def test_a_group_that_left_the_directory(site, directory, moving):
    name, people = moving
    group = site.imported(name, "Viewer")
    queued = site.rest.put(f"/sites/{{site}}/groups/{group.id}?asJob=true", body(name))
    directory.remove(f"cn={name},{GROUPS}")
    queued.ok(202)
    site.rest.put(f"/sites/{{site}}/groups/{group.id}", body(name)).refused(404, "404017")
    before = site.names(group)
    assert before == example(*(people[key] for key in ("stays", "leaves", "dies")))
    site.tsc.groups.delete(group.id)
    assert not list(site.tsc.groups.filter(name=name))
    assert f"example.lan\\{people['stays']}" in site.users(), "the users stay"


def test_local_groups_as_ever(site):
    group = site.tsc.groups.create(TSC.GroupItem("Plain"))
    assert group.domain_name == "local"
    # The parameter has no effect on them.
    site.rest.post("/sites/{site}/groups?asJob=true", ts_request(element("group", name="Plain too"))).ok(201)
    group.minimum_site_role = "Viewer"
    assert site.tsc.groups.update(group).minimum_site_role == "Viewer"
    ada = site.tsc.users.add(TSC.UserItem("EXAMPLE\\ada", "Viewer"))
    site.tsc.groups.add_user(group, ada.id)
    assert site.names(group) == example("ada")
    # A local group may be called like one of the directory.
    site.tsc.groups.create(TSC.GroupItem("Analysts"))
    assert site.imported("Analysts").domain_name == "example.lan"
    site.rest.put(f"/sites/{{site}}/groups/{group.id}", body("Plain")).refused(400, "400000")


# -- errors


@pytest.mark.parametrize(
    "status, code, attributes",
    [
        (400, "400019", {"source": None}),
        (400, "400019", {"source": "LDAP"}),
        (400, "400019", {"domainName": None}),
        (400, "400019", {"siteRole": None}),
        (400, "400013", {"siteRole": "Emperor"}),
        (400, "400013", {"siteRole": "ServerAdministrator"}),
        (400, "400000", {"grantLicenseMode": "never"}),
        (404, "404016", {"domainName": "nowhere.lan"}),
        (404, "404016", {"domainName": "dc=example,dc=lan"}),
        (404, "404017", {"domainName": "other.lan"}),
    ],
)
@pytest.mark.parametrize("verb", ["create", "update"])
@pytest.mark.parametrize("query", ["", "?asJob=true"])
def test_imports_that_do_not_fit(site, verb, query, status, code, attributes):
    if verb == "create":
        site.rest.post(f"/sites/{{site}}/groups{query}", body("Empty", **attributes)).refused(status, code)
        assert not list(site.tsc.groups.filter(name="Empty"))
    else:
        group = site.imported("Empty", "Viewer")
        if code == "404017":
            # The group is of the one domain; a group of the same name in another would be another.
            status, code = 404, "404017"
        site.rest.put(f"/sites/{{site}}/groups/{group.id}{query}", body("Empty", **attributes)).refused(status, code)


def test_names_of_imported_groups(site):
    group = site.imported("Empty", "Viewer")
    taken = site.asks("EMPTY").refused(409, "409009")
    assert group.id in taken.find("error/detail").text
    site.rest.post("/sites/{site}/groups?asJob=true", body("empty")).refused(409, "409009")
    path = f"/sites/{{site}}/groups/{group.id}"
    site.rest.put(path, body("Other")).refused(403, "403020")
    site.rest.put(path, ts_request(element("group", name="Other"))).refused(403, "403020")
    site.rest.put(path, body("EMPTY")).ok(200)
    site.rest.put(path, body(None)).ok(200)
    site.rest.put("/sites/{site}/groups/" + site.rest.site_id, body("Empty")).refused(404, "404012")
    site.rest.post("/sites/{site}/groups?asJob=perhaps", body("Unix")).refused(400, "400008")
    site.rest.call("PATCH", path, body("Empty")).refused(405, "405000")


def test_only_who_may_manage_users_imports(site, live):
    site.tsc.users.add(TSC.UserItem("example.lan\\ada", "SiteAdministratorCreator"))
    site.tsc.users.add(TSC.UserItem("example.lan\\grace", "Creator"))
    grace = Rest(live.url).sign_in("example.lan\\grace", PASSWORDS["grace"], site.url)
    grace.post("/sites/{site}/groups", body("Empty")).refused(403, "403004")
    ada = Rest(live.url).sign_in("example.lan\\ada", PASSWORDS["ada"], site.url)
    made = ada.post("/sites/{site}/groups", body("Empty")).ok(201).get("group", "id")
    site.rest.put("/sites/{site}", ts_request(element("site", adminMode="ContentOnly"))).ok(200)
    ada.post("/sites/{site}/groups", body("Unix")).refused(403, "403004")
    ada.put(f"/sites/{{site}}/groups/{made}", body("Empty")).refused(403, "403004")


# -- users of the directory


def test_add_users_of_the_directory(site):
    add = lambda login, role="Viewer": site.tsc.users.add(TSC.UserItem(login, role))  # noqa: E731
    for login, name, domain in [
        ("ada", "ada", "example.lan"),
        ("example\\GRACE", "grace", "example.lan"),
        ("star@example.lan", "star", "example.lan"),
        ("other.lan\\twin", "twin", "other.lan"),
        ("only", "only", "other.lan"),
        (f"EXAMPLE\\{ODD}", ODD, "example.lan"),
        ("žofie", "Žofie", "example.lan"),
    ]:
        user = add(login)
        assert (user.name, site.tsc.users.get_by_id(user.id).domain_name) == (name, domain), login
    assert site.tsc.users.filter(name="ada")[0].fullname == "Ada Lovelace"
    for login in ("nobody", "example.lan\\nobody", "nobody@example.lan", "nowhere\\ada", "a*", "example.lan\\*"):
        with refused("404002"):
            add(login)
    with refused("400000"):
        add("twin")
    with refused("409017"):
        add("example.lan\\Ada")
    site.rest.post("/sites/{site}/users", ts_request(element("user", name="ada", siteRole="Viewer"))).refused(409, "409000")
    local = add("local\\newcomer")
    assert (local.name, site.tsc.users.get_by_id(local.id).domain_name) == ("newcomer", "local")


def test_what_the_directory_says_is_not_changed_here(site):
    ada = site.tsc.users.add(TSC.UserItem("example.lan\\ada", "Viewer"))
    path = f"/sites/{{site}}/users/{ada.id}"
    site.rest.put(path, ts_request(element("user", password="another"))).refused(400, "400000")
    site.rest.put(path, ts_request(element("user", name="eve"))).refused(400, "400000")
    site.rest.put(path, ts_request(element("user", siteRole="Explorer", fullName="A. L."))).ok(200)
    # The next import brings the name back.
    site.imported("Analysts", "Viewer")
    assert site.tsc.users.get_by_id(ada.id).fullname == "Ada Lovelace"


def test_sign_in_by_bind(site):
    for login in ("example.lan\\ada", "example.lan\\star", f"example.lan\\{ODD}", "example.lan\\Žofie", "other.lan\\twin"):
        site.tsc.users.add(TSC.UserItem(login, "Viewer"))
    for login in ("example.lan\\star", "EXAMPLE\\STAR", "star@example.lan", "star@Example", "star"):
        assert site.signs_in(login, "star"), login
        assert not site.signs_in(login, "Star"), login
        assert not site.signs_in(login, ""), "an empty password makes an anonymous bind"
    assert site.signs_in(f"example.lan\\{ODD}", PASSWORDS[ODD])
    assert site.signs_in("EXAMPLE\\žofie", PASSWORDS["Žofie"])
    assert site.signs_in("other.lan\\twin", "the other twin")
    assert not site.signs_in("example.lan\\twin", "the one twin"), "known to the directory, not to the server"
    assert not site.signs_in("other.lan\\twin", "the one twin")
    for login in ("example.lan\\*", "example.lan\\st*", "example.lan\\star)(uid=*", "nowhere\\star", "example.lan\\", "\\star"):
        assert not site.signs_in(login, "star"), login


def test_names_that_both_have(site, live):
    """The seeded Ada is a local user; the directory has another."""
    site.tsc.users.add(TSC.UserItem("example.lan\\ada", "Viewer"))
    assert not site.signs_in("ada", PASSWORDS["ada"]), "the local Ada is not on the site"
    assert site.signs_in("example.lan\\ada", PASSWORDS["ada"])
    assert Rest(live.url).sign_in("ada", "ada's password").token
    twin = site.tsc.users.add(TSC.UserItem("example.lan\\twin", "Viewer"))
    assert site.signs_in("twin", "the one twin"), "one domain alone has a user of the name here"
    site.tsc.users.add(TSC.UserItem("other.lan\\twin", "Viewer"))
    assert not site.signs_in("twin", "the one twin") and not site.signs_in("twin", "the other twin")
    site.tsc.users.remove(twin.id)
    assert site.signs_in("twin", "the other twin")


def test_who_leaves_the_directory_is_out(site, directory, moving):
    _, people = moving
    uid = people["dies"]
    directory.modify(f"dn: uid={uid},{PEOPLE}", "replace: userPassword", "userPassword: secret")
    site.tsc.users.add(TSC.UserItem(f"example.lan\\{uid}", "Viewer"))
    assert site.signs_in(uid, "secret")
    directory.modify(f"dn: uid={uid},{PEOPLE}", "replace: userPassword", "userPassword: changed")
    assert not site.signs_in(uid, "secret") and site.signs_in(uid, "changed")
    directory.remove(f"uid={uid},{PEOPLE}")
    assert not site.signs_in(uid, "changed")


# -- domains


def test_domains(site, live):
    site.tsc.users.add(TSC.UserItem("example.lan\\ada", "Viewer"))
    admin = site.rest.under("3.7")
    listed = admin.get("/domains").ok().all("domainList/domain")
    found = {one.get("name"): (one.get("id"), one.get("shortName")) for one in listed}
    assert {name: nickname for name, (_, nickname) in found.items()} == {
        "local": None,
        "example.lan": "EXAMPLE",
        "other.lan": None,
    }
    assert all(id_.isdigit() for id_, _ in found.values()) and len({id_ for id_, _ in found.values()}) == 3
    same = element("domain", id=found["example.lan"][0], name="example.lan", shortName="EXAMPLE")
    assert admin.put("/domains", ts_request(same)).ok(200).get("domain", "name") == "example.lan"
    for wrong in ({"name": "new.lan"}, {"shortName": "NEW"}):
        admin.put("/domains", ts_request(element("domain", id=found["example.lan"][0], **wrong))).refused(400, "400000")
    admin.put("/domains", ts_request(element("domain", id="12345", name="other.lan"))).refused(404, "404016")
    admin.put("/domains", b"").refused(400, "400000")
    admin.under("3.6").get("/domains").refused(404, "404001")
    Rest(live.url, "3.7").sign_in("ada", "ada's password").get("/domains").refused(403, "403004")


def test_a_domain_that_is_called_otherwise_now(new_server, directory):
    server = new_server(*directory.options(), env=directory.env())
    with server as live:
        Scratch(live, "").imported("Analysts", "Viewer")
    server.arguments[server.arguments.index("--ldap-domain") + 1] = "new.lan=dc=example,dc=lan"
    with server as live:
        site = Scratch(live, "")
        assert not site.signs_in("new.lan\\ada", PASSWORDS["ada"])
        admin = site.rest.under("3.7")
        old = next(one for one in admin.get("/domains/").ok().all("domainList/domain") if one.get("name") == "example.lan")
        path = f"/domains/{old.get('id')}"
        admin.put(path, ts_request(element("domain", name="nowhere.lan"))).refused(404, "404016")
        assert admin.put(path, ts_request(element("domain", name="New.lan"))).ok(200).get("domain", "name") == "new.lan"
        assert site.signs_in("new.lan\\ada", PASSWORDS["ada"])
        group = next(one for one in site.tsc.groups.filter(name="Analysts") if one.domain_name == "new.lan")
        site.tsc.groups.update(group, as_job=False)
        assert site.names(group) == {"new.lan\\ada", "new.lan\\grace"}


# -- a directory that does not answer


class Wire:
    """Passes connections on to the directory, or hangs up."""

    def __init__(self, url: str):
        host, port = url.split("//")[1].split(":")
        self.target, self.up = (host, int(port)), True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"ldap://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            if not self.up:
                near.close()
                continue
            far = socket.create_connection(self.target)
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(a, b), daemon=True).start()

    @staticmethod
    def _pass(a: socket.socket, b: socket.socket) -> None:
        try:
            while data := a.recv(65536):
                b.sendall(data)
        except OSError:
            pass
        for end in (a, b):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def refuses(site: Scratch, seconds: float = 30) -> None:
    """Every method that needs the directory says that it is not there, in time; the rest works."""
    began = time.monotonic()
    site.asks("Analysts").refused(503, "503000")
    site.rest.post("/sites/{site}/users", ts_request(element("user", name="example.lan\\ada", siteRole="Viewer"))).refused(
        503, "503000"
    )
    signin = element("credentials", element("site", contentUrl=""), name="example.lan\\ada", password="x")
    Rest(site.live.url).post("/auth/signin", ts_request(signin)).refused(503, "503000")
    assert time.monotonic() - began < seconds
    site.rest.get("/sites/{site}/users").ok()
    assert requests.get(site.live.url + "/readyz", timeout=10).ok


def test_directory_down_and_back(new_server, directory):
    wire = Wire(directory["URL"])
    with new_server(*directory.options(url=wire.url), env=directory.env()) as live:
        site = Scratch(live, "")
        group = site.imported("Analysts", "Viewer")
        job = site.tsc.groups.update(group, as_job=True)
        site.tsc.jobs.wait_for_job(job, timeout=60)
        queued = site.rest.put(f"/sites/{{site}}/groups/{group.id}?asJob=true", body("Analysts")).ok(202)
        wire.up = False
        # Whichever came first: the job has read the directory, or waits for it.
        refuses(site)
        site.rest.put(f"/sites/{{site}}/groups/{group.id}", body("Analysts")).refused(503, "503000")
        wire.up = True
        id_ = queued.get("job", "id")
        wait_until(lambda: site.tsc.jobs.get_by_id(id_).completed_at, 60, "the end of the job")
        assert site.tsc.jobs.get_by_id(id_).finish_code == 0
        assert site.names(group) == example("ada", "grace")
    wire.listener.close()


def test_the_next_server_answers(new_server, directory):
    urls = f"ldap://127.0.0.1:9,{directory['URL']}"
    with new_server(*directory.options(url=urls), env=directory.env()) as live:
        assert Scratch(live, "").imported("Analysts").name == "Analysts"


def test_a_directory_that_hangs(new_server, directory):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ldap://127.0.0.1:{silent.getsockname()[1]}"
        options = directory.options("--ldap-timeout-seconds", "1", url=url)
        with new_server(*options, env=directory.env()) as live:
            refuses(Scratch(live, ""))


def test_wrong_bind_password(new_server, directory):
    with new_server(*directory.options(), env={"VIVANT_LDAP_BIND_PASSWORD": "not the password"}) as live:
        refuses(Scratch(live, ""))
        assert "refuses the bind" in live.output()
        assert "not the password" not in live.output()


def test_base_that_is_not_there(new_server, directory):
    options = [*directory.options()[:-1], "gone.lan=dc=gone,dc=lan"]
    with new_server(*options, env=directory.env()) as live:
        Scratch(live, "").asks("Analysts", domainName="gone.lan").refused(503, "503000")
        assert "dc=gone,dc=lan" in live.output()


@pytest.mark.parametrize("how", ["ldaps", "start-tls"])
def test_tls(new_server, directory, how, tmp_path):
    secret = tmp_path / "password"
    secret.write_text(directory["PASSWORD"] + "\n")
    url, more = (directory["TLS_URL"], []) if how == "ldaps" else (directory["URL"], ["--ldap-start-tls"])
    options = directory.options("--ldap-bind-password-file", str(secret), *more, url=url)
    with new_server(*options, "--ldap-ca", directory["CA"]) as live:
        site = Scratch(live, "")
        assert site.names(site.imported("Analysts")) == example("ada", "grace")
        assert site.signs_in("example.lan\\ada", PASSWORDS["ada"])
        assert directory["PASSWORD"] not in live.output()
    for ca in (["--ldap-ca", directory["OTHER_CA"]], []):
        with new_server(*options, *ca) as live:
            refuses(Scratch(live, ""))
            assert "certificate" in live.output()


@pytest.mark.parametrize(
    "options, part",
    [
        (["--ldap-url", "http://x", "--ldap-domain", "a=dc=a"], "ldap://"),
        (["--ldap-url", "ldap://x"], "--ldap-domain"),
        (["--ldap-domain", "a=dc=a"], "--ldap-url"),
        (["--ldap-url", "ldap://x", "--ldap-domain", "a"], "NAME=BASE"),
        (["--ldap-url", "ldap://x", "--ldap-domain", "local=dc=a"], "local"),
        (["--ldap-url", "ldap://x", "--ldap-domain", "a=dc=a", "--ldap-bind-dn", "cn=x"], "password"),
        (["--ldap-url", "ldap://x", "--ldap-domain", "a=dc=a", "--ldap-ca", "/nowhere.pem"], "/nowhere.pem"),
        (["--ldap-url", "ldap://x", "--ldap-domain", "a=dc=a", "--ldap-user-filter", "(a=b)(c=d)"], "--ldap-user-filter"),
        (["--ldap-url", "ldaps://x", "--ldap-domain", "a=dc=a", "--ldap-start-tls"], "--ldap-start-tls"),
    ],
)
def test_settings_that_do_not_fit(new_server, options, part):
    with pytest.raises(ServerFailed) as caught:
        new_server(*options).start()
    assert part in str(caught.value)


def test_settings_in_a_file(new_server, directory, tmp_path):
    file = tmp_path / "vivant.toml"
    file.write_text(
        f"[ldap]\nkind = 'openldap'\nurl = '{directory['URL']}'\nbind_dn = '{directory.READER}'\n"
        f"bind_password = '{directory['PASSWORD']}'\ndomain = ['example.lan=dc=example,dc=lan']\n"
    )
    with new_server("--config", str(file)) as live:
        site = Scratch(live, "")
        assert site.names(site.imported("Analysts")) == example("ada", "grace")
        # A domain that is not among the settings is none, though its entries are there.
        assert site.names(site.imported("Twins")) == example("twin")
