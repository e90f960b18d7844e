"""`vivant tools permissions`, `sync users`, `publish-template` and `schedules` against a real server."""

import csv
import io
import json

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.mirror import Mirror, listed
from support.differential.proxy import Proxy, made
from support.profiles import Profiles
from support.rest import Rest, element, ts_request


@pytest.fixture(scope="module")
def place(_servers):
    """A server with the seeded world."""
    server = _servers().start()
    rest = Rest(server.url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD)
    yield server, rest
    assert server.stop() == 0
    server.check()


@pytest.fixture
def tools(client_binary, place, tmp_path) -> Profiles:
    made = Profiles(client_binary, tmp_path)
    made.add("main", place[0].url, "", ADMIN, ADMIN_PASSWORD)
    made.add("second", place[0].url, "second", ADMIN, ADMIN_PASSWORD)
    return made


def audit(tools: Profiles, *options: str) -> list[dict[str, str]]:
    text = tools.ok("tools", "permissions", "audit", "--profile", "main", *options)
    return list(csv.DictReader(io.StringIO(text)))


def written(rows: list[dict[str, str]], **where: str) -> dict[str, list[str]]:
    """The rules of one place out of an audit."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row["grantee"] and all(row[key] == value for key, value in {"default_for": "", **where}.items()):
            found.setdefault(row["grantee"], []).append(f"{row['capability']}:{row['mode']}")
    return {grantee: sorted(said) for grantee, said in found.items()}


def test_an_audit_has_every_rule_of_the_site(place, tools):
    rows = audit(tools)
    mirror = Mirror(place[1]).read()
    for kind, part in (("project", "projects"), ("workbook", "workbooks"), ("datasource", "datasources")):
        for path, about in mirror[part].items():
            assert written(rows, kind=kind, path=path) == about["rules"], path
    for path, about in mirror["projects"].items():
        for kind in ("workbook", "datasource"):
            assert written(rows, kind="project", path=path, default_for=kind) == about[f"{kind}s"], path
    as_json = json.loads(tools.ok("tools", "permissions", "audit", "--profile", "main", "--json"))
    assert as_json == rows
    closed = next(row for row in rows if row["path"] == "/Closed/Secret")
    assert closed["owner"] == seed.ADA[0] and closed["locked_by"] == ""
    target = tools.folder / "rules.csv"
    tools.ok("tools", "permissions", "audit", "--profile", "main", "-o", str(target))
    assert list(csv.DictReader(io.StringIO(target.read_text()))) == rows


def test_an_audit_applied_changes_nothing_and_an_edited_one_what_it_says(place, tools):
    rows = audit(tools)
    list_file = tools.folder / "list.csv"

    def write(edited: list[dict[str, str]]) -> None:
        with list_file.open("w", newline="") as out:
            csv.DictWriter(out, rows[0].keys()).writeheader()
            csv.DictWriter(out, rows[0].keys()).writerows(edited)

    command = ["tools", "permissions", "apply", str(list_file), "--profile", "main", "--exact"]
    write(rows)
    assert json.loads(tools.ok(*command, "--dry-run", "--json"))["steps"] == []
    row = {key: "" for key in rows[0]}
    row |= {"kind": "workbook", "path": "/Shared/Shared Book"}
    write(
        [
            row | {"grantee_type": "group", "grantee": "Analysts", "capability": "role:Viewer", "mode": "Allow"},
            row | {"grantee_type": "user", "grantee": "GRACE", "capability": "Download Full Data", "mode": "Deny"},
            row | {"kind": "project", "path": "/Shared", "default_for": "datasource", "grantee_type": "group",
                   "grantee": "Analysts", "capability": "", "mode": "Unspecified"},
        ]
    )
    [*steps] = json.loads(tools.ok(*command, "--dry-run", "--json"))["steps"]
    assert len(steps) == 2
    assert audit(tools) == rows, "a dry run changes nothing"
    tools.ok(*command)
    after = audit(tools)
    assert written(after, kind="workbook", path="/Shared/Shared Book") == {
        "Analysts": sorted(f"{name}:Allow" for name in ("Read", "ExportImage", "ExportData", "ViewComments", "AddComment")),
        "grace": ["ViewUnderlyingData:Deny"],
    }
    assert written(after, kind="project", path="/Shared", default_for="datasource") == {}
    touched = {("/Shared/Shared Book", ""), ("/Shared", "datasource")}
    same = lambda found: [one for one in found if (one["path"], one["default_for"]) not in touched]
    assert same(after) == same(rows)


def test_all_capabilities_are_allowed_denied_and_left_unspecified_at_once(place, tools):
    """What `set_all_to_allow`, `set_all_to_deny` and `set_all_to_unspecified` did, for every kind of item."""
    rest = place[1]
    rest.post("/sites/{site}/groups", ts_request(element("group", name="Everything"))).ok(201)
    list_file = tools.folder / "all.csv"
    items = {"project": "/Shared", "workbook": "/Shared/Shared Book"}

    def apply(mode: str, *more: str) -> dict[str, dict[str, str]]:
        rows = [f"{kind},{path},group,Everything,all,{mode}" for kind, path in items.items()]
        list_file.write_text("\n".join(["kind,path,grantee_type,grantee,capability,mode", *rows, *more]) + "\n")
        tools.ok("tools", "permissions", "apply", str(list_file), "--profile", "main")
        found = audit(tools)
        return {
            kind: {
                row["capability"]: row["mode"]
                for row in found
                if (row["path"], row["default_for"], row["grantee"]) == (path, "", "Everything")
            }
            for kind, path in items.items()
        }

    allowed = apply("Allow")
    assert {"Read", "Write", "Delete", "ExportXml", "Filter"} < set(allowed["workbook"])
    assert {"Read", "Write", "ProjectLeader"} <= set(allowed["project"])
    assert {mode for said in allowed.values() for mode in said.values()} == {"Allow"}
    denied = apply("Deny", "workbook,/Shared/Shared Book,group,Everything,Read,Allow")
    assert denied["workbook"] == {name: "Allow" if name == "Read" else "Deny" for name in allowed["workbook"]}
    assert denied["project"] == {name: "Deny" for name in allowed["project"] if name != "ProjectLeader"}
    assert apply("Unspecified") == {"project": {}, "workbook": {}}


def test_rules_are_copied_between_groups_projects_and_sites(place, tools):
    rest = place[1]
    create = ts_request(element("group", name="Copies"))
    rest.post("/sites/{site}/groups", create).ok(201)
    tools.ok("tools", "permissions", "copy", "--profile", "main", "--from-group", "Analysts", "--to", "Copies", "--exact")
    rows = audit(tools)
    keys = {(row["path"], row["default_for"]) for row in rows if row["grantee"] == "Analysts"}
    of = lambda name: sorted(
        (row["path"], row["default_for"], row["capability"], row["mode"]) for row in rows if row["grantee"] == name
    )
    assert keys and of("Copies") == of("Analysts")

    twin = f"Twin of {tools.folder.name}"
    rest.new_project(twin)
    tools.ok("tools", "permissions", "copy", "--profile", "main", "--from-project", "/Shared", "--to", f"/{twin}", "--exact")
    assert tools.ok(
        "tools", "permissions", "compare", "--profile", "main", "project", "/Shared", f"/{twin}"
    ).startswith("nothing;")
    rows = audit(tools)
    for default_for in ("", "workbook", "datasource"):
        where = {"kind": "project", "default_for": default_for}
        assert written(rows, path="/Shared", **where) == written(rows, path=f"/{twin}", **where)

    second = Rest(place[0].url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD, "second")
    second.new_project("Shared")
    ada = next(one.get("id") for one in listed(rest, "/sites/{site}/users", "users", "user") if one.get("name") == "ada")
    said = element("capabilities", element("capability", name="Write", mode="Deny"))
    rule = element("permissions", element("granteeCapabilities", [element("user", id=ada), said]))
    rest.put(f"/sites/{{site}}/projects/{rest.project('Shared')}/permissions", ts_request(rule)).ok(200)
    result = tools.ok("tools", "permissions", "copy", "--profile", "second", "--from-site", "main", "--exact")
    # Groups of this name are not there, and that is said.
    assert "group Analysts is not on the other site" in result
    here, there = Mirror(rest).read()["projects"]["/Shared"], Mirror(second).read()["projects"]["/Shared"]
    gone = ("Analysts", "Copies")
    for part in ("rules", "workbooks", "datasources"):
        assert there[part] == {name: said for name, said in here[part].items() if name not in gone}
    assert there["rules"]["ada"] == ["Write:Deny"]


def test_explain_agrees_with_the_server(place, tools):
    def ask(user: str, kind: str, item: str, capability: str) -> dict:
        return json.loads(
            tools.ok("tools", "permissions", "explain", "--profile", "main", user, kind, item, capability, "--format", "json")
        )

    rest = place[1]
    books = {one.get("name"): one.get("id") for one in listed(rest, "/sites/{site}/workbooks", "workbooks", "workbook")}
    for user in (seed.ADA, seed.GRACE, seed.CORA, seed.VERA, seed.SITEADMIN):
        session = Rest(place[0].url, "3.20").sign_in(*user)
        for name, path in (("Secret", "/Closed/Secret"), ("Shared Book", "/Shared/Shared Book"), ("Sales Report", "Sales Report")):
            may = session.get(f"/sites/{{site}}/workbooks/{books[name]}").status == 200
            found = ask(user[0], "workbook", path, "View")
            assert found["allowed"] == may, found
            assert any(step["decides"] for step in found["steps"]), found
    owner = ask("ada", "workbook", "/Closed/Secret", "Read")
    assert next(step["step"] for step in owner["steps"] if step["decides"]) in ("owner", "project leader")
    text = tools.ok("tools", "permissions", "explain", "--profile", "main", "vera", "workbook", "/Closed/Secret", "Write")
    assert text.startswith("vera may not Write workbook /Closed/Secret") and "> site role: Viewer" in text
    result = tools.run("tools", "permissions", "explain", "--profile", "main", "vera", "workbook", "/Closed/Nothing", "Write")
    assert result.returncode == 4 and "there is no workbook" in result.stderr


@pytest.mark.parametrize("there", [True, False])
def test_explain_looks_up_who_is_in_sets_of_groups(place, tools, there):
    """The rules of a book name a set of groups, and a proxy tells what is in it, or that there is no such method."""
    book = next(one for one in Mirror(place[1]).workbooks if one.get("name") == "Secret").get("id")
    groups = {one.get("name"): one.get("id") for one in Mirror(place[1]).groups}
    both, one = "10000000-0000-4000-8000-000000000001", "10000000-0000-4000-8000-000000000002"
    rule = '<granteeCapabilities><groupSet id="{}"/><capabilities><capability name="Read" mode="{}"/></capabilities></granteeCapabilities>'
    rules = f"<permissions>{rule.format(both, 'Deny')}{rule.format(one, 'Allow')}</permissions>"
    answers = [made("GET", rf"/sites/[^/]+/workbooks/{book}/permissions", rules)]
    for id, name, within in ((both, "Analysts and nobody", ["Analysts", "Empty"]), (one, "Analysts alone", ["Analysts"])):
        inner = "".join(f'<group id="{groups[group]}" name="{group}"/>' for group in within)
        xml = f'<groupSet id="{id}" name="{name}">{inner}</groupSet>'
        refusal = '<error code="404003"><summary>Not Found</summary><detail>no such path</detail></error>'
        answers.append(made("GET", rf"/sites/[^/]+/groupsets/{id}", xml if there else refusal, status=200 if there else 404))
    proxy = Proxy(place[0].url)
    try:
        proxy.record(made=answers)
        tools.add("proxied", proxy.url, "", ADMIN, ADMIN_PASSWORD)
        command = ["tools", "permissions", "explain", "--profile", "proxied", "cora", "workbook", "/Closed/Secret", "Read"]
        found = json.loads(tools.ok(*command, "--format", "json"))
    finally:
        proxy.stop()
    said = {step["found"]: step["decides"] for step in found["steps"] if step["step"] == "rule on a set of groups"}
    if there:
        assert found["allowed"] and said == {
            "the rule on the set of groups Analysts and nobody denies Read, but the user is not in Empty": False,
            "the rule on the set of groups Analysts alone allows Read, and the user is in all of them": True,
        }
    else:
        assert not found["allowed"] and len(said) == 2
        assert all("who is in it could not be looked up: " in text and not decides for text, decides in said.items())


def test_people_become_what_a_list_says(place, tools):
    rest = Rest(place[0].url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD, "third")
    table = tools.folder / "people.csv"
    tools.add("third", place[0].url, "third", ADMIN, ADMIN_PASSWORD)
    command = ["tools", "sync", "users", str(table), "--profile", "third"]

    def state() -> tuple[dict, dict]:
        found = Mirror(rest).read()
        return found["users"], {name: who for name, who in found["groups"].items() if name != "All Users"}

    table.write_text(
        "name,full_name,email,site_role,groups\n"
        "ann,Ann A.,ann@example.com,Creator,Sales;Ops\nbob,,,Viewer,Sales\ncid,,,,\nbob,,,,Ops\n"
    )
    planned = json.loads(tools.ok(*command, "--dry-run", "--json"))["steps"]
    assert len(planned) == 3 + 2 + 4 and state() == ({}, {})
    tools.ok(*command)
    assert state() == (
        {"ann": ("Creator", "Ann A.", "ann@example.com"), "bob": ("Viewer", None, ""), "cid": ("Unlicensed", None, "")},
        {"Sales": ["ann", "bob"], "Ops": ["ann", "bob"]},
    )
    assert json.loads(tools.ok(*command, "--dry-run", "--json"))["steps"] == []
    table.write_text("name,site_role,groups\nann,Explorer,Sales\ndan,Viewer,Sales\n")
    tools.ok(*command, "--missing", "remove", "--exact-groups")
    users, groups = state()
    assert {name: role for name, (role, _, _) in users.items()} == {"ann": "Explorer", "dan": "Viewer"}
    assert groups["Sales"] == ["ann", "dan"]
    table.write_text("name,site_role\nann,King\n")
    result = tools.run(*command)
    assert result.returncode == 2 and "line 2: `King` is no site role" in result.stderr


def test_a_template_goes_to_several_sites_with_its_own_connections(place, tools):
    book = tools.folder / "Report.twb"
    book.write_bytes(content.twb("One", connections=[content.Connection(server="db.example.com", database="test")]))
    targets = tools.folder / "targets.csv"
    targets.write_text(
        "profile,project,name,from_server,server,database\n"
        "main,/Templates/North,North report,db.example.com,north.example.com,north\n"
        "second,Default,,,,\n"
    )
    command = ["tools", "publish-template", str(book), "--targets", str(targets), "--profile", "main"]
    result = tools.run(*command)
    assert result.returncode == 4 and "there is no project /Templates/North" in result.stderr
    assert json.loads(tools.ok(*command, "--create-projects", "--dry-run", "--json"))["steps"]
    tools.ok(*command, "--create-projects")
    mirror = Mirror(place[1])
    by_path = {mirror.place(one): one for one in mirror.workbooks}
    north = by_path["/Templates/North/North report"]
    [connection] = place[1].get(f"/sites/{{site}}/workbooks/{north.get('id')}/connections").ok(200).all("connections/connection")
    assert connection.get("serverAddress") == "north.example.com"
    second = Mirror(Rest(place[0].url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD, "second"))
    assert "/Default/Report" in [second.place(one) for one in second.workbooks]
    assert tools.run(*command).returncode == 6, "nothing is replaced unless asked for"
    tools.ok(*command, "--overwrite")


def test_many_schedules_change_their_state_at_once(place, tools):
    def states() -> dict[str, str]:
        found = listed(place[1], "/schedules", "schedules", "schedule")
        return {one.get("name"): one.get("state") for one in found}

    names = ["Saturday night", "Monday morning"]
    result = tools.run("tools", "schedules", "disable", *names, "Nowhere", "--profile", "main")
    assert result.returncode == 4 and set(states().values()) == {"Active"}
    tools.ok("tools", "schedules", "disable", *names, "--profile", "main")
    assert sorted(
        name for name, state in states().items() if state == "Suspended"
    ) == sorted(names)
    tools.ok("tools", "schedules", "enable", *names, "--profile", "main")
    assert set(states().values()) == {"Active"}
