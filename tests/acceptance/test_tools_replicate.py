"""`vivant tools replicate`: a site of 200 users and 60 workbooks on another server, compared by plain REST."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.mirror import Mirror, create, listed
from support.profiles import Profiles
from support.rest import Rest, element, ts_request
from support.server import wait_until

USERS, GROUPS, WORKBOOKS = 200, 40, 60


def user(number: int) -> str:
    return f"user{number:03}"


def world() -> dict:
    """People, nested projects with locks, rules, and published data sources, two of them of one name."""
    roles = ["Viewer", "Explorer", "Creator", "Unlicensed", "ExplorerCanPublish"]
    people = [
        {
            "name": user(number),
            "siteRole": "Creator" if number < 10 else roles[number % 5],
            "fullName": f"Üser Nº {number}",
            **({"email": f"user{number}@example.com"} if number % 3 else {}),
        }
        for number in range(USERS)
    ]
    groups = [
        {"name": f"Group {number:02}", "users": [user((number * 7 + step) % USERS) for step in range(number % 9)]}
        for number in range(GROUPS)
    ]

    def area(number: int) -> dict:
        deny = [{"user": user(number), "deny": ["ExportXml"]}]
        return {
            "name": f"Area {number}",
            "description": f"numbers & more / {number}",
            "owner": user(number),
            "contentPermissions": "LockedToProject" if number == 2 else "ManagedByOwner",
            "permissions": [
                {"group": f"Group {number:02}", "allow": ["Read", "Write"]},
                {"group": "Group 30", "allow": ["ProjectLeader"]},
            ],
            "defaultPermissions": {
                "workbooks": [{"group": f"Group {number:02}", "allow": ["Read", "Filter"], "deny": ["ExportData"]}, *deny],
                "datasources": [{"group": "All Users", "deny": ["Connect"]}],
            },
            "projects": [
                {
                    "name": "North/East",
                    "owner": user(number + 1),
                    "contentPermissions": "LockedToProjectWithoutNested" if number == 3 else "ManagedByOwner",
                    "projects": [{"name": "Deep"}],
                }
            ]
            if number != 2
            else [{"name": "Below the lock"}],
        }

    files = [("orders.tdsx", f"Source {number}", f"Area {number % 4}") for number in range(8)]
    return {
        "sites": [
            {
                "name": "Finance",
                "contentUrl": "finance",
                "users": people,
                "groups": groups,
                "projects": [area(number) for number in range(4)],
                "datasources": [
                    {"file": file, "name": name, "project": project, "owner": user(number), "tags": ["source", f"t{number}"]}
                    for number, (file, name, project) in enumerate(
                        [*files, ("orders.tdsx", "Orders", "Area 0"), ("other.tds", "Orders", "Area 1")]
                    )
                ],
            }
        ]
    }


def book(number: int, content_url: str) -> bytes:
    return content.Workbook([content.Sheet("Overview"), content.Sheet("Größe & Co")], published=content_url).xml().replace(
        b"path='/datasources' revision='1.0' site=''", b"path='/t/finance/datasources' revision='1.0' site='finance'"
    )


@pytest.fixture(scope="module")
def source(_servers):
    """The server that is read, with a session on its site."""
    server = _servers(seeded=False)
    files = {"orders.tdsx": content.tdsx(), "other.tds": content.tds([content.Connection(database="other")])}
    server.arguments += ["--seed", str(seed.write(server.data_dir.parent, world(), files))]
    server.start()
    rest = Rest(server.url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD, "finance")
    projects = {one.get("name"): one.get("id") for one in listed(rest, "/sites/{site}/projects", "projects", "project")}
    sources = sorted(one.get("contentUrl") for one in listed(rest, "/sites/{site}/datasources", "datasources", "datasource"))
    people = {one.get("name"): one.get("id") for one in listed(rest, "/sites/{site}/users", "users", "user")}
    areas = [f"Area {number}" for number in range(4)] + ["Deep", "Below the lock"]

    def publish(number: int) -> str:
        data, place = book(number, sources[number % len(sources)]), projects[areas[number % len(areas)]]
        if number % 20 == 7:
            data = content.package({"Book.twb": content.twb_with_extract("Kept"), content.EXTRACT_PATH: content.hyper()})
        attributes = {"showTabs": number % 2 == 0}
        made = rest.publish_workbook(f"Book {number:02}", data, place, attributes=attributes)
        id = create(made, "workbook")
        owner = element("owner", id=people[user(number)])
        rest.put(f"/sites/{{site}}/workbooks/{id}", ts_request(element("workbook", owner))).ok(200)
        tags = element("tags", [element("tag", label="monthly"), element("tag", label=f"n{number}")])
        rest.put(f"/sites/{{site}}/workbooks/{id}/tags", ts_request(tags)).ok(200)
        if number % 6 in (0, 1):
            rule = element(
                "granteeCapabilities",
                [element("user", id=people[user(number + 60)]), element("capabilities", element("capability", name="Read", mode="Deny"))],
            )
            body = ts_request(element("permissions", rule))
            rest.put(f"/sites/{{site}}/workbooks/{id}/permissions", body).ok(200)
        if number in (3, 43):
            view = rest.get(f"/sites/{{site}}/workbooks/{id}/views").ok(200).get("views/view", "id")
            said = element("capabilities", element("capability", name="Filter", mode="Deny"))
            rule = element("permissions", element("granteeCapabilities", [element("user", id=people[user(number)]), said]))
            rest.put(f"/sites/{{site}}/views/{view}/permissions", ts_request(rule)).ok(200)
            rest.put(f"/sites/{{site}}/views/{view}/tags", ts_request(element("tags", element("tag", label="seen")))).ok(200)
        return id

    with ThreadPoolExecutor(4) as pool:
        books = list(pool.map(publish, range(WORKBOOKS)))
    details = element("frequencyDetails", element("intervals", element("interval", weekDay="Tuesday")), start="05:30:00")
    for name, kind in (("Nightly", "Extract"), ("Tuesdays", "Subscription")):
        schedule = element("schedule", details, name=name, priority=40, type=kind, frequency="Weekly", executionOrder="Serial")
        made = create(rest.post("/schedules", ts_request(schedule)), "schedule")
        if kind == "Extract":
            for number in (7, 27):
                task = element("task", element("extractRefresh", element("workbook", id=books[number])))
                rest.put(f"/sites/{{site}}/schedules/{made}/workbooks", ts_request(task)).ok(200)
            for one in listed(rest, "/sites/{site}/datasources", "datasources", "datasource")[:2]:
                task = element("task", element("extractRefresh", element("datasource", id=one.get("id"))))
                rest.put(f"/sites/{{site}}/schedules/{made}/datasources", ts_request(task)).ok(200)
            rest.put(f"/schedules/{made}", ts_request(element("schedule", state="Suspended"))).ok(200)
        else:
            for number in (1, 4):
                parts = [
                    element("content", id=books[number], type="Workbook"),
                    element("schedule", id=made),
                    element("user", id=people[user(number)]),
                ]
                body = ts_request(element("subscription", parts, subject=f"Your book {number}"))
                rest.post("/sites/{site}/subscriptions", body).ok(201)
    yield server, rest
    assert server.stop() == 0
    server.check()


@pytest.fixture
def target(_servers):
    """An empty server with a site."""
    server = _servers(seeded=False).start()
    rest = Rest(server.url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD)
    rest.post("/sites", ts_request(element("site", name="Branch", contentUrl="branch"))).ok(201)
    yield server, Rest(server.url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD, "branch")
    assert server.stop() == 0
    server.check()


@pytest.fixture
def profiles(client_binary, source, target, tmp_path) -> Profiles:
    made = Profiles(client_binary, tmp_path)
    made.add("here", source[0].url, "finance", ADMIN, ADMIN_PASSWORD)
    made.add("there", target[0].url, "branch", ADMIN, ADMIN_PASSWORD)
    return made


COMMAND = ["tools", "replicate", "--from", "here", "--to", "there"]


def check_same(source: Rest, target: Rest) -> None:
    here, there = Mirror(source).read(), Mirror(target).read()
    for part in here:
        if isinstance(here[part], dict):
            assert sorted(here[part]) == sorted(there[part]), part
            for name, value in here[part].items():
                assert there[part][name] == value, f"{part} {name}"
        else:
            assert there[part] == here[part], part
    assert len(here["users"]) == USERS and len(here["workbooks"]) == WORKBOOKS
    assert len(here["groups"]) == GROUPS + 1 and here["tasks"] and here["subscriptions"]


def test_killed_in_the_middle_and_begun_again_it_makes_the_same_site(source, target, profiles, tmp_path):
    """Killed while users are added and again while workbooks are published; nothing is there twice."""
    plan = json.loads(profiles.ok(*COMMAND, "--plan", "--json"))
    planned = [(line["action"], line["what"]) for line in plan["steps"]]
    assert planned.count(("create", "user")) == USERS
    assert planned.count(("create", "workbook")) == WORKBOOKS
    assert any(note["what"] == "passwords" and note["action"] == "cannot" for note in plan["notes"])
    assert not target[1].ids("users"), "a plan changes nothing"

    running = profiles.start(*COMMAND)
    wait_until(lambda: len(target[1].ids("users")) > 40, 60, "40 users")
    running.kill()
    running.wait()

    journal = tmp_path / "vivant-replicate.jsonl"

    def moved() -> int:
        return journal.read_text().count('"done"') if journal.exists() else 0

    running = profiles.start(*COMMAND)
    wait_until(lambda: moved() > 25, 120, "25 items")
    running.kill()
    running.wait()
    before = moved()
    assert before < WORKBOOKS + 10

    profiles.ok(*COMMAND)
    check_same(source[1], target[1])
    # What was whole was not moved again.
    assert moved() <= WORKBOOKS + 10
    again = json.loads(profiles.ok(*COMMAND, "--plan", "--json"))
    assert again["steps"] == [], "a third time there is nothing to do"


def test_what_differs_is_mended_and_nothing_else(source, target, profiles):
    """Parts of a site: people and projects alone; later changes go after; what the target has stays."""
    profiles.ok(*COMMAND, "--only", "people,projects,permissions")
    rest = target[1]
    assert len(rest.ids("users")) == USERS and not rest.ids("workbooks")
    own = rest.new_project("Own")
    area = rest.project("Area 1")
    rest.put(f"/sites/{{site}}/projects/{area}", ts_request(element("project", description="changed"))).ok(200)
    lines = json.loads(profiles.ok(*COMMAND, "--plan", "--json", "--only", "people,projects,permissions"))["steps"]
    assert [(line["action"], line["what"], line["name"], line["detail"]) for line in lines] == [
        ("change", "project", "/Area 1", "description")
    ]
    profiles.ok(*COMMAND, "--only", "projects")
    assert own in rest.ids("projects")
    here, there = Mirror(source[1]), Mirror(rest)
    assert sorted(map(here.path, here.projects)) == sorted(set(map(there.path, there.projects)) - {"/Own"})


def test_the_same_site_is_refused(profiles):
    result = profiles.run("tools", "replicate", "--from", "here", "--to", "here")
    assert result.returncode == 2 and "the same site" in result.stderr, result.stderr
