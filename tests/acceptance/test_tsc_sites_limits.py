"""What the settings of a site do: who manages users, how many there may be, how much is kept, who may come in."""

import os
import re
import time
from pathlib import Path

import pytest
import requests
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.rest import NOBODY, Rest, element, ts_request
from support.server import wait_until
from support.tsc import connect, refused

LATER = {
    "flowsEnabled": ("3.3", "false"),
    "requestAccessEnabled": ("3.6", "false"),
    "runNowEnabled": ("3.6", "false"),
    "dataAlertsEnabled": ("3.7", "false"),
    "userVisibilityMode": ("3.8", "LIMITED"),
    "catalogObfuscationEnabled": ("3.10", "true"),
    "autoSuspendRefreshInactivityWindow": ("3.10", "45"),
    "customSubscriptionFooter": ("3.10", "Greetings & more"),
}


class Site:
    """A scratch site with two administrators: the server's and its own."""

    def __init__(self, live, url: str, **attributes):
        self.live, self.url = live, url
        self.outside = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)
        self.id = self.outside.post("/sites", ts_request(element("site", name=url, contentUrl=url, **attributes))).ok(201).get(
            "site", "id"
        )
        self.admin = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD, url)
        self.people: dict[str, str] = {}

    def add(self, name: str, role: str) -> str:
        """Adds somebody with a password of their name, and returns the role that they got."""
        name = f"{self.url}-{name}"
        user = self.admin.post("/sites/{site}/users", ts_request(element("user", name=name, siteRole=role))).ok(201)
        self.people[name] = user.get("user", "id")
        # The password belongs to the account; it is there as long as its name.
        self.admin.put(f"/sites/{{site}}/users/{user.get('user', 'id')}", ts_request(element("user", password=name))).ok(200)
        return user.get("user", "siteRole")

    def session(self, name: str) -> Rest:
        return Rest(self.live.url).sign_in(f"{self.url}-{name}", f"{self.url}-{name}", self.url)

    def change(self, **attributes):
        return self.outside.put(f"/sites/{self.id}", ts_request(element("site", **attributes)))

    def shows(self, version: str = "3.29"):
        return self.outside.under(version).get(f"/sites/{self.id}").ok().find("site")

    def roles(self) -> dict[str, str]:
        listed = self.admin.get("/sites/{site}/users", params={"pageSize": 1000}).ok().all("users/user")
        return {one.get("name").removeprefix(f"{self.url}-"): one.get("siteRole") for one in listed}


@pytest.fixture
def new_site(live, name):
    """Makes scratch sites."""
    made = []

    def make(**attributes) -> Site:
        url = re.sub("[^A-Za-z0-9]", "", name)[-40:] + str(len(made))
        made.append(Site(live, url, **attributes))
        return made[-1]

    yield make
    for site in made:
        Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD).delete(f"/sites/{site.id}")


def book(megabytes: float = 0) -> bytes:
    """A package of that size that cannot be made smaller."""
    return content.twbx(files={"Data/noise.bin": os.urandom(int(megabytes * 1024 * 1024))})


# -- who manages users


def test_content_only_leaves_people_to_server_administrators(new_site):
    site = new_site()
    site.add("boss", "SiteAdministratorExplorer")
    site.add("other", "Viewer")
    other = site.people[f"{site.url}-other"]
    boss = site.session("boss")
    adds = lambda who, name: who.post("/sites/{site}/users", ts_request(element("user", name=name, siteRole="Viewer")))  # noqa: E731
    changes = lambda who: who.put(f"/sites/{{site}}/users/{other}", ts_request(element("user", siteRole="Explorer")))  # noqa: E731
    adds(boss, f"{site.url}-one").ok(201)
    changes(boss).ok(200)
    site.change(adminMode="ContentOnly").ok(200)
    assert site.shows().get("adminMode") == "ContentOnly"
    adds(boss, f"{site.url}-two").refused(403, "403004")
    changes(boss).refused(403, "403004")
    boss.delete(f"/sites/{{site}}/users/{other}").refused(403, "403004")
    # Content and groups are theirs as before.
    boss.new_project("Theirs")
    group = boss.post("/sites/{site}/groups", ts_request(element("group", name="Theirs"))).ok(201).get("group", "id")
    boss.post(f"/sites/{{site}}/groups/{group}/users", ts_request(element("user", id=other))).ok(200)
    adds(site.admin, f"{site.url}-two").ok(201)
    changes(site.admin).ok(200)
    site.admin.delete(f"/sites/{{site}}/users/{other}").ok(204)


@pytest.mark.parametrize("limit", ["userQuota", "tierCreatorCapacity", "tierExplorerCapacity", "tierViewerCapacity"])
def test_content_only_has_no_limits_of_people(new_site, limit):
    site = new_site()
    body = lambda **more: ts_request(element("site", name=site.url + "x", contentUrl=site.url + "x", **more))  # noqa: E731
    site.outside.post("/sites", body(adminMode="ContentOnly", **{limit: 5})).refused(409, "409004")
    site.change(adminMode="ContentOnly", **{limit: 5}).refused(409, "409004")
    site.change(**{limit: 5}).ok(200)
    site.change(adminMode="ContentOnly").refused(409, "409004")
    assert (site.shows().get("adminMode"), site.shows().get(limit)) == ("ContentAndUsers", "5")
    site.change(adminMode="ContentOnly", **{limit: -1}).ok(200)
    assert site.shows().get(limit) is None


# -- how many


def test_user_quota(new_site):
    site = new_site(userQuota=2)
    assert [site.add("one", "Creator"), site.add("two", "Viewer")] == ["Creator", "Viewer"]
    # Tableau: who is too many is added without a licence.
    assert site.add("three", "Explorer") == "Unlicensed"
    assert site.add("four", "Unlicensed") == "Unlicensed"
    three = site.people[f"{site.url}-three"]
    give = lambda role: site.admin.put(f"/sites/{{site}}/users/{three}", ts_request(element("user", siteRole=role)))  # noqa: E731
    give("Viewer").refused(409, "409014")
    two = site.people[f"{site.url}-two"]
    # A licence of another kind for somebody who has one is none more.
    site.admin.put(f"/sites/{{site}}/users/{two}", ts_request(element("user", siteRole="Explorer"))).ok(200)
    site.admin.put(f"/sites/{{site}}/users/{two}", ts_request(element("user", siteRole="Unlicensed"))).ok(200)
    give("Viewer").ok(200)
    site.change(userQuota=3).ok(200)
    assert site.add("five", "Viewer") == "Viewer"
    # A smaller quota takes no licence away.
    site.change(userQuota=1).ok(200)
    assert site.roles()["five"] == "Viewer" and site.add("six", "Viewer") == "Unlicensed"
    site.change(userQuota=-1).ok(200)
    assert site.shows().get("userQuota") is None and site.add("seven", "Viewer") == "Viewer"


@pytest.mark.parametrize(
    "limit, roles",
    [
        ("tierCreatorCapacity", ["Creator", "SiteAdministratorCreator"]),
        ("tierExplorerCapacity", ["Explorer", "ExplorerCanPublish", "SiteAdministratorExplorer"]),
        ("tierViewerCapacity", ["Viewer"]),
    ],
)
def test_capacities(new_site, limit, roles):
    site = new_site(**{limit: 1})
    # Server administrators are not counted.
    site.admin.post("/sites/{site}/users", ts_request(element("user", name=ADMIN, siteRole="SiteAdministratorCreator"))).ok(201)
    assert site.add("one", roles[0]) == roles[0]
    for number, role in enumerate(roles):
        assert site.add(f"more{number}", role) == "Unlicensed"
    others = {"Creator", "Explorer", "Viewer"} - set(roles)
    for role in others:
        assert site.add(role.lower(), role) == role
    usage = site.outside.get(f"/sites/{site.id}", params={"includeUsage": "true"}).ok().find("site/usage")
    assert int(usage.get("numUsers")) == 1 + 1 + len(roles) + len(others)
    with refused("409014"):
        tsc = connect(site.live, ADMIN, ADMIN_PASSWORD, site.url)
        user = tsc.users.get_by_id(site.people[f"{site.url}-more0"])
        user.site_role = roles[-1]
        tsc.users.update(user)


@pytest.mark.parametrize("value", ["0", "-2", "many", "1.5", "99999999999999999999"])
@pytest.mark.parametrize("limit", ["userQuota", "storageQuota", "tierViewerCapacity"])
def test_limits_that_are_none(new_site, limit, value):
    site = new_site()
    site.change(**{limit: value}).refused(400, "400000")
    body = ts_request(element("site", name=site.url + "x", contentUrl=site.url + "x", **{limit: value}))
    site.outside.post("/sites", body).refused(400, "400000")


# -- how much


def test_storage_quota(new_site):
    site = new_site(storageQuota=2, revisionHistoryEnabled=False)
    project = site.admin.project()
    first = site.admin.publish_workbook("One", book(0.9), project).ok(201).get("workbook", "id")
    site.admin.publish_workbook("Two", book(0.9), project).ok(201)
    site.admin.publish_workbook("Three", book(0.9), project).refused(403, "403008")
    site.admin.publish_datasource("Three", content.tdsx(files={content.EXTRACT_PATH: os.urandom(1_000_000)}), project).refused(
        403, "403008"
    )
    assert len(site.admin.ids("workbooks")) == 2
    # What is replaced makes room for what replaces it.
    site.admin.publish_workbook("One", book(0.8), project, params={"overwrite": "true"}).ok(201)
    site.admin.publish_workbook("One", book(1.4), project, params={"overwrite": "true"}).refused(403, "403008")
    usage = site.outside.get(f"/sites/{site.id}", params={"includeUsage": "true"}).ok().get("site/usage", "storage")
    assert int(usage) == 2
    site.admin.delete(f"/sites/{{site}}/workbooks/{first}").ok(204)
    site.admin.publish_workbook("Three", book(0.9), project).ok(201)
    # Over a smaller quota nothing comes in, and nothing goes.
    site.change(storageQuota=1).ok(200)
    site.admin.publish_workbook("Small", content.twb(), project).refused(403, "403008")
    assert len(site.admin.ids("workbooks")) == 2
    site.change(storageQuota=-1).ok(200)
    site.admin.publish_workbook("Small", content.twb(), project).ok(201)


def test_uploads_larger_than_the_site(new_site):
    """No more chunks are taken than the site may hold at all."""
    site = new_site(storageQuota=1)
    session = site.admin.start_upload()
    site.admin.append(session, os.urandom(700_000)).ok(200)
    site.admin.append(session, os.urandom(700_000)).refused(403, "403016")
    site.admin.append(session, b"").ok(200)
    site.change(storageQuota=2).ok(200)
    assert site.admin.append(session, os.urandom(700_000)).ok(200).get("fileUpload", "fileSize") == "2"


def revisions(site: Site, id_: str) -> list[str]:
    listed = site.admin.get(f"/sites/{{site}}/workbooks/{id_}/revisions").ok().all("revisions/revision")
    return sorted((one.get("revisionNumber") for one in listed if one.get("deleted") != "true"), key=int)


def test_revisions(new_site):
    site = new_site(revisionLimit=3)
    project = site.admin.project()
    put = lambda: site.admin.publish_workbook("Book", content.twb(), project, params={"overwrite": "true"}).ok(201)  # noqa: E731
    for _ in range(5):
        id_ = put().get("workbook", "id")
    assert revisions(site, id_) == ["3", "4", "5"]
    site.change(revisionLimit=2).ok(200)
    put()
    assert revisions(site, id_) == ["5", "6"]
    site.change(revisionLimit=-1).ok(200)
    assert site.shows().get("revisionLimit") is None
    for _ in range(3):
        put()
    assert revisions(site, id_) == ["5", "6", "7", "8", "9"]
    site.change(revisionHistoryEnabled=False).ok(200)
    site.admin.get(f"/sites/{{site}}/workbooks/{id_}/revisions").refused(403, "403053")
    put()
    site.change(revisionHistoryEnabled=True).ok(200)
    assert revisions(site, id_) == ["10"], "while they are off one alone is kept"
    for wrong in (0, 1, 10_001, "few"):
        site.change(revisionLimit=wrong).refused(400, "400000")


# -- who may come in


def test_suspended(new_site, live):
    site = new_site()
    site.add("boss", "SiteAdministratorCreator")
    boss = site.session("boss")
    site.change(state="Suspended").ok(200)
    boss.get("/sites/{site}/workbooks").refused(403, "403004")
    credentials = element(
        "credentials", element("site", contentUrl=site.url), name=f"{site.url}-boss", password=f"{site.url}-boss"
    )
    Rest(live.url).post("/auth/signin", ts_request(credentials)).refused(401, "401001")
    # From another site there is no way in, either.
    admin = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)
    admin.post("/sites/{site}/users", ts_request(element("user", name=f"{site.url}-boss", siteRole="Viewer"))).ok(201)
    elsewhere = Rest(live.url).sign_in(f"{site.url}-boss", f"{site.url}-boss")
    switch = ts_request(element("site", contentUrl=site.url))
    elsewhere.post("/auth/switchSite", switch).refused(401, "401003")
    listed = {one.get("contentUrl"): one.get("state") for one in elsewhere.get("/sites").ok().all("sites/site")}
    assert listed[site.url] == "Suspended"
    # Server administrators come and go.
    Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD, site.url).get("/sites/{site}/workbooks").ok()
    site.change(state="Active").ok(200)
    site.session("boss").get("/sites/{site}/workbooks").ok()
    site.change(state="Asleep").refused(400, "400000")
    admin.put("/sites/{site}", ts_request(element("site", state="Suspended"))).refused(403, "403004")
    admin.delete(f"/sites/{{site}}/users/{site.people[f'{site.url}-boss']}").ok(204)


# -- settings that are kept


def test_settings_of_later_versions(new_site):
    site = new_site()
    site.change(**{name: value for name, (_, value) in LATER.items()}).ok(200)
    newest = site.shows()
    for name, (since, value) in LATER.items():
        assert newest.get(name) == value, name
        assert site.shows(since).get(name) == value, name
        major, minor = since.split(".")
        assert site.shows(f"{major}.{int(minor) - 1}").get(name) is None, f"{name} came with {since}"
    json = site.outside.as_json().under("3.29").get(f"/sites/{site.id}").ok().json["site"]
    assert json["flowsEnabled"] is False and json["customSubscriptionFooter"] == "Greetings & more"


@pytest.mark.parametrize(
    "attributes",
    [
        {"flowsEnabled": "perhaps"},
        {"userVisibilityMode": "ALL"},
        {"autoSuspendRefreshInactivityWindow": "6"},
        {"autoSuspendRefreshInactivityWindow": "soon"},
        {"customSubscriptionFooter": "x" * 2001},
        {"disableSubscriptions": "maybe"},
        {"commentingEnabled": ""},
        {"name": " "},
        {"contentUrl": "not/allowed"},
        {"contentUrl": ""},
    ],
    ids=str,
)
def test_settings_that_do_not_fit(new_site, attributes):
    site = new_site()
    site.change(**attributes).refused(400, "400000")


def test_the_mode_of_encryption_is_one_of_three(new_site):
    site = new_site()
    site.change(extractEncryptionMode="always").refused(400, "400000")
    for mode in ("enforced", "enabled", "disabled"):
        site.change(extractEncryptionMode=mode).ok(200)
        assert site.shows().get("extractEncryptionMode") == mode


def test_every_version_reads_back_what_it_wrote(new_site):
    site = new_site()
    told = {
        "adminMode": "ContentAndUsers",
        "storageQuota": "100",
        "disableSubscriptions": "true",
        "subscribeOthersEnabled": "false",
        "guestAccessEnabled": "true",
        "cacheWarmupEnabled": "false",
        "commentingEnabled": "false",
        "revisionHistoryEnabled": "true",
        "revisionLimit": "7",
        "userQuota": "9",
    }
    for version in ("2.0", "2.3", "3.0", "3.1", "3.8", "3.29"):
        answer = site.outside.under(version).put(f"/sites/{site.id}", ts_request(element("site", **told))).ok(200)
        for found in (answer.find("site"), site.shows(version)):
            assert {name: found.get(name) for name in told} == told, version
    tiers = {"tierCreatorCapacity": "3", "tierExplorerCapacity": "4", "tierViewerCapacity": "5"}
    site.change(**tiers).ok(200)
    assert {name: site.shows("3.0").get(name) for name in tiers} == tiers
    assert all(site.shows("2.8").get(name) is None for name in tiers)


# -- deleting


def test_deleting_a_site_takes_all_of_it_along(new_site, live):
    site = new_site()
    site.add("only", "Creator")
    site.add("also", "Creator")
    outside = site.outside
    outside.post("/sites/{site}/users", ts_request(element("user", name=f"{site.url}-also", siteRole="Viewer"))).ok(201)
    project = site.admin.new_project("P", site.admin.project())
    for number in range(3):
        site.admin.publish_workbook(f"W{number}", book(0.1), project).ok(201)
        site.admin.publish_workbook(f"W{number}", book(0.1), project, params={"overwrite": "true"}).ok(201)
    site.admin.publish_datasource("D", content.tdsx(), project).ok(201)
    upload = site.admin.start_upload()
    site.admin.append(upload, os.urandom(1000)).ok(200)
    job = site.admin.publish_workbook("Later", content.twb(), project, params={"asJob": "true"}).ok(202).get("job", "id")
    wait_until(lambda: site.admin.get(f"/sites/{{site}}/jobs/{job}").ok().get("job", "completedAt"), 30, "the job")
    site.admin.post("/sites/{site}/groups", ts_request(element("group", name="G"))).ok(201)
    only = site.session("only")
    workbook = next(iter(only.ids("workbooks")))
    favorite = element("favorite", element("workbook", id=workbook), label="F")
    only.put(f"/sites/{{site}}/favorites/{only.user_id}", ts_request(favorite)).ok(200)

    outside.delete(f"/sites/{site.url}", params={"key": "contentUrl"}).ok(204)
    outside.get(f"/sites/{site.id}").refused(404, "404000")
    outside.delete(f"/sites/{site.id}").refused(404, "404000")
    only.get("/sites/{site}/workbooks").refused(401, "401002")
    site.admin.get("/sites/{site}/workbooks").refused(401, "401002")
    # Who was on this site alone is gone, the name free; who is on another stays there.
    add = lambda name: outside.post("/sites/{site}/users", ts_request(element("user", name=f"{site.url}-{name}", siteRole="Viewer")))  # noqa: E731
    user = add("only").ok(201).get("user", "id")
    assert user != site.people[f"{site.url}-only"]
    add("also").refused(409, "409000")
    for gone in (user, site.people[f"{site.url}-also"]):
        outside.delete(f"/sites/{{site}}/users/{gone}").ok(204)


def test_content_of_a_deleted_site_leaves_the_disk(new_server, twb):
    with new_server(seeded=False) as live:
        site = Site(live, "gone")
        folder = next(path for path in Path(live.data_dir).rglob("*") if path.is_dir() and path.name in ("content", "objects"))
        before = size(folder)
        for number in range(4):
            site.admin.publish_workbook(f"W{number}", book(0.5)).ok(201)
        upload = site.admin.start_upload()
        site.admin.append(upload, os.urandom(1_000_000)).ok(200)
        assert size(folder) > before + 2_500_000
        site.outside.delete(f"/sites/{site.id}").ok(204)
        wait_until(lambda: size(folder) <= before, 30, "the end of the files")


def size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:
            pass
    return total


# -- small things of the same reference


def test_nobody_is_taken_out_of_all_users(new_site):
    site = new_site()
    site.add("one", "Viewer")
    everyone = site.admin.get("/sites/{site}/groups").ok().get("groups/group", "id")
    one = site.people[f"{site.url}-one"]
    site.admin.delete(f"/sites/{{site}}/groups/{everyone}/users/{one}").refused(400, "400032")
    site.admin.delete(f"/sites/{{site}}/groups/{everyone}/users/{NOBODY}").refused(400, "400032")


def test_projects_by_capability(new_site):
    """Those to publish to, out of those that are seen."""
    site = new_site()
    site.add("maker", "Creator")
    site.add("viewer", "Viewer")
    maker = site.session("maker")
    default = site.admin.project()
    site.admin.new_project("Open")
    closed = site.admin.new_project("Closed")
    led = site.admin.new_project("Led")
    everyone = site.admin.get("/sites/{site}/groups").ok().get("groups/group", "id")
    for project in (closed, led, default):
        rules = site.admin.get(f"/sites/{{site}}/projects/{project}/permissions").ok()
        if any(one.get("name") == "Write" for one in rules.all("permissions/granteeCapabilities/capabilities/capability")):
            site.admin.delete(f"/sites/{{site}}/projects/{project}/permissions/groups/{everyone}/Write/Allow").ok(204)
    rule = element("granteeCapabilities", [element("user", id=maker.user_id),
                   element("capabilities", element("capability", name="ProjectLeader", mode="Allow"))])  # fmt: skip
    site.admin.put(f"/sites/{{site}}/projects/{led}/permissions", ts_request(element("permissions", rule))).ok(200)
    inner = site.admin.new_project("Inner", led)

    def named(who: Rest, **params) -> set[str]:
        answer = who.get("/sites/{site}/projects", params=params).ok()
        found = {one.get("name") for one in answer.all("projects/project")}
        assert len(found) == int(answer.get("pagination", "totalAvailable"))
        return found

    assert inner and named(maker) == {"Default", "Open", "Closed", "Led", "Inner"}
    assert named(maker, capability="Write") >= {"Led", "Inner"}
    assert "Closed" not in named(maker, capability="Write") and "Default" not in named(maker, capability="Write")
    for project, there in (("Open", True), ("Closed", False), ("Led", True), ("Inner", True), ("Default", False)):
        listed = project in named(maker, capability="Write")
        id_ = site.admin.get("/sites/{site}/projects", params={"filter": f"name:eq:{project}"}).ok().get("projects/project", "id")
        status = maker.publish_workbook(f"W {project}", content.twb(), id_).status
        assert (status == 201) == listed, f"{project}: listed {listed}, publishing answers {status}"
        assert listed == there or project == "Open"
    assert named(maker, capability="ProjectLeader") == {"Led", "Inner"}
    assert named(site.session("viewer"), capability="Write") == set()
    assert named(site.admin, capability="Write") == named(site.admin)
    maker.get("/sites/{site}/projects", params={"capability": "Fly"}).refused(400, "400008")
    maker.get("/sites/{site}/projects", params={"capability": "Connect"}).refused(400, "400008")


def test_guessing_passwords_becomes_slow(live, name):
    """Twenty failures in a row are free, for one name from one address."""
    rest = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)
    login = f"u-{name}".lower()
    rest.new_user(login, "Viewer", "the password")

    def tries(password: str, who: str = login, version: str = "3.1"):
        body = element("credentials", element("site", contentUrl=""), name=who, password=password)
        return Rest(live.url, version).post("/auth/signin", ts_request(body))

    for number in range(20):
        tries(f"guess {number}").refused(401, "401001")
    answer = tries("the password").refused(429, "429000")
    assert 1 <= int(answer.headers["Retry-After"]) <= 15
    tries("the password", login.upper()).refused(429, "429000")
    assert tries(seed.ADA[1], seed.ADA[0]).status == 200, "others are not concerned"
    # Sessions are not, either.
    rest.get("/sites/{site}/users").ok()
    with pytest.raises(TSC.ServerResponseError) as caught:
        connect(live, login, "the password")
    assert caught.value.code == "429000"


def test_a_success_forgets_failures(live, name):
    rest = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)
    login = f"u-{name}".lower()
    rest.new_user(login, "Viewer", "the password")
    for _ in range(3):
        for number in range(10):
            body = element("credentials", element("site", contentUrl=""), name=login, password=f"guess {number}")
            Rest(live.url).post("/auth/signin", ts_request(body)).refused(401, "401001")
        assert Rest(live.url).sign_in(login, "the password").token


def test_views_are_counted_only_when_asked(live):
    """Nothing that this release answers counts as a look; the number is there from the start."""
    rest = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)
    for path in ("/sites/{site}/views", f"/sites/{{site}}/workbooks/{next(iter(rest.ids('workbooks')))}/views"):
        assert not rest.get(path).ok().all("views/view/usage")
        counted = rest.get(path, params={"includeUsageStatistics": "true"}).ok()
        assert counted.all("views/view/usage") and all(one.get("totalViewCount") for one in counted.all("views/view/usage"))
        rest.get(path, params={"includeUsageStatistics": "perhaps"}).refused(400, "400008")
    view = rest.get("/sites/{site}/views").ok().find("views/view")
    before = rest.get("/sites/{site}/views", params={"includeUsageStatistics": "true"}).ok().content
    rest.get(f"/sites/{{site}}/views/{view.get('id')}").ok()
    rest.get(f"/sites/{{site}}/workbooks/{view.find('{*}workbook').get('id')}/views/{view.get('id')}/previewImage")
    assert rest.get("/sites/{site}/views", params={"includeUsageStatistics": "true"}).ok().content == before
    found = rest.get("/sites/{site}/views", params={"filter": "hitsTotal:eq:0"}, version="3.29").ok()
    assert int(found.get("pagination", "totalAvailable")) > 0
