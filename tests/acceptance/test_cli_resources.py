"""`vivant <resource> <verb>` against a live server; what it did is looked at through plain REST."""

from __future__ import annotations

import re
import stat
import subprocess

import pytest

from support import content, seed
from support.program import Program
from support.rest import element, ts_request
from support.world import ADMIN, ADMIN_PASSWORD

USAGE, AUTHORIZATION, NOT_FOUND, CONFLICT, PARTIAL, NETWORK = 2, 3, 4, 5, 6, 7

HARD = "Ü & b/c + \"d\" 'e' <f> 数据 😀 100%"
"""A name with everything that is hard in XML, addresses, filters, shells and tables."""


@pytest.fixture
def vivant(client_binary, live, tmp_path) -> Program:
    """The program, signed in as server administrator by variables alone."""
    return Program(
        client_binary, tmp_path, VIVANT_SERVER=live.url, VIVANT_USERNAME=ADMIN, VIVANT_PASSWORD=ADMIN_PASSWORD
    )


def path_part(name: str) -> str:
    """A name as part of a path."""
    return name.replace("\\", "\\\\").replace("/", "\\/")


# Lists and output.

LISTS = {
    "sites": {"Default", "Second Site", "Third Site"},
    "projects": {"Default", "Finance", "Nested", "Deep", "Closed", "Shared"},
    "workbooks": {"Sales Report", "Secret", "Shared Book"},
    "views": {"Overview", "By Region", "Secret Sheet", "Shared Sheet"},
    "datasources": {"Shared Orders", "Hidden Orders"},
    "users": {"ada", "grace", "cora", "vera", "ulrich", "sophie", ADMIN},
    "groups": {"All Users", "Analysts", "Empty"},
}


@pytest.mark.parametrize("resource", LISTS)
def test_a_list_as_table_csv_and_json(vivant, resource):
    table = vivant(resource, "list").ok()
    rows = vivant(resource, "list", "--csv").ok().rows
    items = vivant(resource, "list", "--json").ok().json
    assert table.err == "" and table.out.splitlines()[0].startswith("NAME")
    assert LISTS[resource] <= {row["name"] for row in rows}
    assert [row["id"] for row in rows] == [item["id"] for item in items]
    assert len(table.out.splitlines()) == len(rows) + 1
    for name in LISTS[resource]:
        assert any(line.startswith(name) for line in table.out.splitlines()), name


@pytest.mark.parametrize("resource", LISTS)
def test_one_thing_by_id_and_by_name(vivant, resource):
    items = vivant(resource, "list", "--json").ok().json
    item = next(item for item in items if item["name"] in LISTS[resource])
    by_id = vivant(resource, "get", item["id"], "--json").ok().json
    by_name = vivant(resource, "get", item["name"], "--json").ok().json
    assert by_id == by_name and by_id["name"] == item["name"]
    assert vivant(resource, "get", item["id"]).ok().out.startswith("name")
    assert vivant(resource, "get", item["id"], "--csv").ok().rows[0]["id"] == item["id"]
    missing = vivant(resource, "get", "there is no such thing").ok(NOT_FOUND)
    assert missing.out == "" and "there is no such thing" in missing.err


def test_what_is_listed_can_be_chosen(vivant):
    def names(*arguments: str) -> list[str]:
        return [item["name"] for item in vivant("workbooks", "list", "--json", *arguments).ok().json]

    assert names("--filter", "name:eq:Secret") == ["Secret"]
    assert names("--filter", "name=Secret") == ["Secret"]
    assert names("--filter", "name:in:[Secret,Sales Report]", "--sort", "name:desc") == ["Secret", "Sales Report"]
    # Of these the server knows nothing, so the program does it.
    assert names("--filter", "tags.tag.label=money, weekly") == ["Sales Report"]
    assert set(names("--filter", "project.name=Closed", "--filter", "size>=0")) == {"Secret"}
    assert names("--filter", "name=a, b") == []
    assert names("--sort", "project.name", "--limit", "1") == ["Secret"]
    assert len(names("--limit", "2")) == 2 and len(names("--all")) >= 3
    refused = vivant("workbooks", "list", "--filter", "shoeSize=3").ok(USAGE)
    assert "shoeSize" in refused.err and "projectName" in refused.err
    vivant("workbooks", "list", "--filter", "name").ok(USAGE)
    vivant("workbooks", "list", "--limit", "1", "--all").ok(USAGE)


def test_fields(vivant):
    rows = vivant("workbooks", "list", "--csv", "--fields", "name,owner.name", "--filter", "name=Secret").ok()
    assert rows.out == "name,owner.name\nSecret,ada\n"
    item = vivant("workbooks", "list", "--json", "--fields", "name,size", "--filter", "name=Secret").ok().json
    assert item == [{"name": "Secret", "size": 1}]
    everything = vivant("workbooks", "list", "--csv", "--fields", "_all_").ok().rows[0]
    assert "contentUrl" in everything and "project.id" in everything


def test_a_table_shows_a_screenful_and_says_so(vivant, rest, name):
    for number in range(101):
        rest.new_project(f"{name} {number:03}")
    table = vivant("projects", "list").ok()
    assert len(table.out.splitlines()) == 101 and "--all" in table.err
    assert len(vivant("projects", "list", "--all").ok().out.splitlines()) > 102
    assert len(vivant("projects", "list", "--json").ok().json) > 101
    found = vivant("projects", "list", "--limit", "5").ok()
    assert len(found.out.splitlines()) == 6 and found.err == ""
    ids = [item["id"] for item in vivant("projects", "list", "--json").ok().json if item["name"].startswith(name)]
    assert len(ids) == 101
    vivant("projects", "delete", *ids).ok()


def test_a_table_fits_the_terminal(vivant):
    wide = vivant.on_a_terminal("workbooks", "list", columns=200).ok()
    assert "ID" in wide.out and "\x1b[1m" in wide.out
    narrow = vivant.on_a_terminal("workbooks", "list", columns=50, NO_COLOR="1").ok()
    lines = [line for line in narrow.out.replace("\r\n", "\n").split("\n") if "listing" not in line and line]
    assert any("…" in line for line in lines) or all(len(line) <= 50 for line in lines), narrow.out
    assert "Sales Re" in narrow.out


# The life of things.


def test_the_life_of_a_project(vivant, rest, name):
    title = f"{HARD} {name}"
    made = vivant("projects", "create", title, "--description", HARD, "--json").ok().json
    assert [(step["result"], step["action"], step["type"]) for step in made] == [("done", "create", "project")]
    project = made[0]["id"]
    inside = vivant("projects", "create", HARD, "--parent", title, "--owner", "ada", "--json").ok().json[0]
    assert inside["item"]["parentProjectId"] == project
    path = f"/{path_part(title)}/{path_part(HARD)}"
    shown = vivant("projects", "get", path, "--json").ok().json
    assert (shown["id"], shown["name"]) == (inside["id"], HARD)
    assert shown["owner"]["name"] == "ada" if "name" in shown["owner"] else shown["owner"]["id"]
    assert f"{path}  {inside['id']}" in vivant("projects", "tree").ok().out
    vivant("projects", "create", title).ok(CONFLICT)
    vivant("projects", "update", path, "--name", f"{HARD}!", "--content-permissions", "ManagedByOwner").ok()
    vivant("projects", "update", path, "--description", "x").ok(NOT_FOUND)
    vivant("projects", "update", inside["id"]).ok(USAGE)
    moved = vivant("projects", "move", inside["id"], "--to", "/").ok()
    assert moved.out.startswith("moved project")
    found = rest.get("/sites/{site}/projects", params={"filter": f"topLevelProject:eq:true,name:eq:{HARD}!"}).ok(200)
    assert found.get("projects/project", "id") == inside["id"]
    vivant("projects", "delete", inside["id"], project).ok()
    assert not {project, inside["id"]} & rest.ids("projects")


def test_the_life_of_a_workbook(vivant, rest, name, tmp_path):
    book = tmp_path / f"{HARD.replace('/', '_')}.twbx"
    book.write_bytes(content.twbx(content.twb("Ümläut & co", "Two"), "B.twb"))
    project = f"{HARD} {name}"
    rest.new_project(project)
    published = vivant(
        "workbooks", "publish", book, "--project", project, "--name", HARD, "--show-tabs", "--json"
    ).ok().json  # fmt: skip
    workbook = published[0]["id"]
    assert published[0]["item"]["name"] == HARD and published[0]["item"]["showTabs"] is True
    assert vivant("workbooks", "publish", book, "--project", project, "--name", HARD).ok(CONFLICT).out == ""
    vivant("workbooks", "publish", book, "--project", project, "--name", HARD, "--overwrite").ok()
    path = f"/{path_part(project)}/{path_part(HARD)}"
    assert vivant("workbooks", "get", path, "--json").ok().json["id"] == workbook
    views = vivant("workbooks", "views", path, "--json").ok().json
    assert {view["name"] for view in views} == {"Ümläut & co", "Two"}
    view = vivant("views", "get", f"{path}/Two", "--json").ok().json
    assert view["name"] == "Two" and view["workbook"]["id"] == workbook
    vivant("workbooks", "connections", path).ok()

    saved = vivant("workbooks", "download", path, "--output", "copy.twbx").ok()
    assert saved.out == "copy.twbx\n" and (tmp_path / "copy.twbx").read_bytes() == book.read_bytes()
    assert "--overwrite" in vivant("workbooks", "download", path, "-o", "copy.twbx").ok(CONFLICT).err
    vivant("workbooks", "download", path, "-o", "copy.twbx", "--overwrite", "--no-extract").ok()
    streamed = vivant("workbooks", "download", workbook, "-o", "-", binary_out=True).ok()
    assert streamed.out.encode("latin-1") == book.read_bytes()
    folder = tmp_path / "down"
    folder.mkdir()
    vivant("workbooks", "download", workbook, "-o", "down").ok()
    assert [file.read_bytes() for file in folder.iterdir()] == [book.read_bytes()]
    vivant("workbooks", "download", workbook, "-o", "down").ok(CONFLICT)

    vivant("workbooks", "update", path, "--name", "Plain", "--owner", "cora", "--show-tabs", "false").ok()
    shown = rest.get(f"/sites/{{site}}/workbooks/{workbook}").ok(200)
    assert (shown.get("workbook", "name"), shown.get("workbook", "showTabs")) == ("Plain", "false")
    cora = vivant("users", "get", "cora", "--json").ok().json["id"]
    assert shown.get("workbook/owner", "id") == cora
    vivant("workbooks", "move", workbook, "--to", "/Finance/Nested/Deep").ok()
    assert vivant("workbooks", "get", "/Finance/Nested/Deep/Plain", "--json").ok().json["id"] == workbook
    vivant("workbooks", "delete", "/Finance/Nested/Deep/Plain").ok()
    assert workbook not in rest.ids("workbooks")


def test_the_life_of_a_data_source(vivant, rest, name, tmp_path):
    file = tmp_path / "orders.tdsx"
    file.write_bytes(content.tdsx())
    rest.new_project(name)
    made = vivant("datasources", "publish", file, "--project", name, "--name", HARD, "--json").ok().json[0]
    path = f"/{name}/{path_part(HARD)}"
    assert vivant("datasources", "get", path, "--json").ok().json["id"] == made["id"]
    vivant("datasources", "update", path, "--certified", "true", "--certification-note", "gut & schön").ok()
    shown = rest.get(f"/sites/{{site}}/datasources/{made['id']}", version="3.5").ok(200)
    assert shown.get("datasource", "isCertified") == "true"
    vivant("datasources", "download", path, "-o", "back.tdsx").ok()
    assert (tmp_path / "back.tdsx").read_bytes() == file.read_bytes()
    connections = vivant("datasources", "connections", path, "--json").ok().json
    assert connections and "id" in connections[0]
    vivant("datasources", "move", path, "--to", "Finance").ok()
    vivant("datasources", "delete", f"/Finance/{path_part(HARD)}").ok()
    assert made["id"] not in rest.ids("datasources")


def test_the_connection_of_a_data_source(vivant, rest, name, tmp_path):
    rest.new_project(name)
    made = rest.publish_datasource(name, content.tds(), rest.project(name)).ok(201).get("datasource", "id")
    (tmp_path / "secret").write_text("very secret\n")
    changed = vivant(
        "datasources", "update-connection", made, "--server-address", "new.example.com", "--db-username", "reader",
        "--db-password-file", "secret", "--embed-password", "true",
    ).ok()  # fmt: skip
    assert "very secret" not in changed.out + changed.err and "new.example.com" in changed.out
    connection = rest.get(f"/sites/{{site}}/datasources/{made}/connections").ok(200)
    assert connection.get("connections/connection", "serverAddress") == "new.example.com"
    vivant("datasources", "update-connection", made, "nowhere.example.com", "--server-port", "1").ok(NOT_FOUND)


def test_the_life_of_users_and_groups(vivant, rest, name, tmp_path):
    (tmp_path / "pw").write_text("a new password of mine\n")
    person = f"ü+{name}@example.com"
    made = vivant(
        "users", "create", person, "--site-role", "Explorer", "--full-name", HARD, "--new-password-file", "pw", "--json"
    ).ok().json  # fmt: skip
    user = made[0]["id"]
    assert rest.get(f"/sites/{{site}}/users/{user}").ok(200).get("user", "fullName") == HARD
    signed_in = vivant("users", "whoami", "--json", VIVANT_USERNAME=person, VIVANT_PASSWORD="a new password of mine")
    assert signed_in.ok().json["id"] == user
    group = vivant("groups", "create", f"{HARD} {name}", "--json").ok().json[0]["id"]
    vivant("groups", "add-users", f"{HARD} {name}", person, "ada").ok()
    members = rest.get(f"/sites/{{site}}/groups/{group}/users").ok(200)
    assert {one.get("name") for one in members.all("users/user")} == {person, "ada"}
    assert {row["name"] for row in vivant("groups", "users", group, "--csv").ok().rows} == {person, "ada"}
    assert HARD in vivant("users", "groups", person).ok().out
    vivant("groups", "remove-users", group, "ada").ok()
    partial = vivant("groups", "add-users", group, "ada", "nobody", "grace").ok(PARTIAL)
    assert "nobody" in partial.err and partial.out.count("added user") == 2
    vivant("groups", "update", group, "--name", f"G {name}").ok()
    vivant("users", "update", person, "--site-role", "Viewer").ok()
    assert rest.get(f"/sites/{{site}}/users/{user}").ok(200).get("user", "siteRole") == "Viewer"
    owned = vivant("users", "workbooks", "ada", "--owned", "--json").ok().json
    assert {"Sales Report", "Secret"} <= {item["name"] for item in owned}
    vivant("groups", "delete", f"G {name}").ok()
    vivant("users", "delete", person).ok()
    assert user not in rest.ids("users") and group not in rest.ids("groups")


def test_the_life_of_a_site(vivant, rest, name):
    url = "".join(letter for letter in name if letter.isalnum())
    made = vivant("sites", "create", f"{HARD} {name}", "--content-url", url, "--user-quota", "7", "--json").ok().json
    site = made[0]["id"]
    assert vivant("sites", "get", url, "--json").code in (0, NOT_FOUND)
    vivant("sites", "update", f"{HARD} {name}", "--name", f"N {name}", "--storage-quota", "100").ok()
    shown = rest.get(f"/sites/{site}").ok(200)
    assert (shown.get("site", "name"), shown.get("site", "storageQuota")) == (f"N {name}", "100")
    current = vivant("sites", "current", "--json", "--site", url).ok().json
    assert current["id"] == site
    assert "--yes" in vivant("sites", "delete", f"N {name}").ok(USAGE).err
    vivant("sites", "delete", f"N {name}", "--yes").ok()
    rest.get(f"/sites/{site}").refused(404, "404000")


# What belongs to items.


@pytest.fixture
def book(rest, name) -> str:
    """The id of a workbook with an extract, called like the test, in a project called like it."""
    place = rest.new_project(name)
    return rest.publish_workbook(name, content.twb_with_extract("S"), place).ok(201).get("workbook", "id")


def test_permissions(vivant, rest, book, name):
    path = f"/{name}/{name}"
    vivant("permissions", "add", "workbook", path, "--user", "vera", "--allow", "Read,ExportData", "--deny", "Filter").ok()
    rows = vivant("permissions", "list", "workbook", path, "--csv").ok().rows
    mine = {(row["capability"], row["mode"]) for row in rows if row["grantee"] == "vera"}
    assert mine == {("Read", "Allow"), ("ExportData", "Allow"), ("Filter", "Deny")}
    assert {row["capability"] for row in vivant("workbooks", "permissions", book, "--json").ok().json} >= {"Filter"}
    again = vivant("permissions", "add", "workbook", path, "--user", "vera", "--allow", "Read").ok()
    assert again.out == "" and "there already" in again.err
    planned = vivant("permissions", "add", "workbook", path, "--user", "vera", "--allow", "Filter", "--dry-run").ok()
    assert planned.out.count("would") == 2 and "Deny:Filter" in planned.out
    vivant("permissions", "add", "workbook", path, "--user", "vera", "--allow", "Filter").ok()
    rules = rest.get(f"/sites/{{site}}/workbooks/{book}/permissions").ok(200)
    modes = {one.get("name"): one.get("mode") for one in rules.all("permissions/granteeCapabilities/capabilities/capability")}
    assert modes["Filter"] == "Allow"
    vivant("permissions", "remove", "workbook", path, "--user", "vera", "--capability", "Filter").ok()
    vivant("permissions", "remove", "workbook", path, "--user", "vera").ok()
    assert not [row for row in vivant("permissions", "list", "workbook", path, "--csv").ok().rows if row["grantee"] == "vera"]
    vivant("permissions", "add", "project", name, "--group", "Analysts", "--allow", "Write", "--default-for", "datasources").ok()
    defaults = vivant("projects", "permissions", name, "--default-for", "datasources", "--json").ok().json
    assert ("Analysts", "Write") in {(one["grantee"], one["capability"]) for one in defaults}
    vivant("permissions", "list", "nonsense", "x").ok(USAGE)
    vivant("permissions", "add", "workbook", path, "--allow", "Read").ok(USAGE)


def test_tags(vivant, rest, book):
    labels = ["a b", "c/d & e", "数据 😀", "x+y%"]
    vivant("tags", "add", "workbook", book, *labels).ok()
    assert {row["label"] for row in vivant("workbooks", "tags", book, "--csv").ok().rows} == set(labels)
    shown = rest.get(f"/sites/{{site}}/workbooks/{book}").ok(200)
    assert {tag.get("label") for tag in shown.all("workbook/tags/tag")} == set(labels)
    assert vivant("workbooks", "tags", book, "--remove", "a b", "--dry-run").ok().out.startswith("would untag")
    vivant("workbooks", "tags", book, "--remove", "a b", "--remove", "c/d & e", "--add", "new").ok()
    left = {item["label"] for item in vivant("tags", "list", "workbooks", book, "--json").ok().json}
    assert left == {"数据 😀", "x+y%", "new"}


def test_favorites(vivant, book, name):
    vivant("favorites", "add", "workbook", book).ok()
    vivant("projects", "favorite", name, "--label", HARD).ok()
    labels = {item["label"] for item in vivant("favorites", "list", "--json").ok().json}
    assert {name, HARD} <= labels
    vivant("favorites", "add", "workbook", book, "--user", "ada", "--label", "hers").ok()
    assert "hers" in vivant("favorites", "list", "--user", "ada").ok().out
    vivant("workbooks", "unfavorite", book).ok()
    vivant("favorites", "remove", "project", name).ok()
    assert not {name, HARD} & {item["label"] for item in vivant("favorites", "list", "--json").ok().json}


def test_revisions(vivant, rest, book, name, tmp_path):
    (tmp_path / "two.twb").write_bytes(content.twb("Second"))
    vivant("workbooks", "publish", "two.twb", "--name", name, "--project", name, "--overwrite").ok()
    rows = vivant("workbooks", "revisions", book, "--csv").ok().rows
    assert {row["revisionNumber"] for row in rows} == {"1", "2"}
    vivant("revisions", "download", "workbook", book, "1", "-o", "one.twb").ok()
    assert (tmp_path / "one.twb").stat().st_size > 0
    assert (tmp_path / "one.twb").read_bytes() != (tmp_path / "two.twb").read_bytes()
    vivant("revisions", "delete", "workbook", book, "1", "--dry-run").ok()
    vivant("revisions", "delete", "workbook", book, "1").ok()
    vivant("revisions", "download", "workbook", book, "99", "-o", "x").ok(NOT_FOUND)


def test_schedules_tasks_and_jobs(vivant, rest, book, name):
    made = vivant("schedules", "create", HARD + name, "--frequency", "Daily", "--start", "6:30", "--json").ok().json
    schedule = made[0]["id"]
    vivant("schedules", "create", HARD + name, "--frequency", "Daily").ok(USAGE)
    vivant("schedules", "update", HARD + name, "--priority", "7", "--state", "Suspended").ok()
    shown = vivant("schedules", "get", schedule, "--json").ok().json
    assert (shown["name"], shown["priority"], shown["state"]) == (HARD + name, 7, "Suspended")
    assert vivant("schedules", "add", schedule, "workbook", book, "--dry-run").ok().out.startswith("would add")
    vivant("schedules", "add", schedule, "workbook", book).ok()
    task = next(one for one in vivant("tasks", "list", "--json").ok().json if one["workbook"]["id"] == book)
    assert vivant("tasks", "get", task["id"], "--json").ok().json["schedule"]["id"] == schedule
    assert [row["workbook.id"] for row in vivant("schedules", "tasks", schedule, "--csv").ok().rows] == [book]
    vivant("schedules", "update", schedule, "--state", "Active").ok()
    ran = vivant("tasks", "run", task["id"], "--json").ok().json
    job = ran[0]["id"]
    waited = vivant("jobs", "wait", job, "--within", "60", "--json")
    assert waited.code in (0, 1), waited
    assert job in {item["id"] for item in vivant("jobs", "list", "--json").ok().json}
    assert vivant("jobs", "get", job, "--json").ok().json["id"] == job
    vivant("tasks", "delete", task["id"]).ok()
    vivant("schedules", "delete", schedule).ok()
    assert schedule not in {item["id"] for item in vivant("schedules", "list", "--json").ok().json}


def test_refreshing_now(vivant, book, name):
    assert vivant("workbooks", "refresh", f"/{name}/{name}", "--dry-run").ok().out.startswith("would refresh")
    asked = vivant("workbooks", "refresh", f"/{name}/{name}", "--json").ok().json[0]
    assert asked["result"] == "done" and asked["id"]
    vivant("jobs", "get", asked["id"]).ok()
    vivant("workbooks", "refresh", "no such thing", book, "--json").ok(PARTIAL)


def test_subscriptions(vivant, book, name):
    schedule = next(
        one["id"] for one in vivant("schedules", "list", "--json").ok().json if one["type"] == "Subscription"
    )
    command = ["subscriptions", "create", "workbook", book, "--subject", HARD, "--schedule", schedule]
    vivant("users", "update", "ada", "--email", "ada@example.com").ok()
    made = vivant(*command, "--user", "ada", "--json").ok().json[0]["id"]
    assert vivant("subscriptions", "get", made, "--json").ok().json["subject"] == HARD
    assert HARD in vivant("subscriptions", "list").ok().out
    vivant("subscriptions", "update", made, "--subject", name).ok()
    assert vivant("subscriptions", "get", name, "--json").ok().json["id"] == made
    vivant("subscriptions", "delete", name).ok()
    vivant("subscriptions", "get", made).ok(NOT_FOUND)


def test_connections_by_type(vivant):
    one = vivant("connections", "list", "datasource", "Shared Orders", "--json").ok().json
    assert one == vivant("datasources", "connections", "Shared Orders", "--json").ok().json and one
    vivant("connections", "list", "user", "ada").ok(USAGE)


# Names that several things have.


def test_an_ambiguous_name_lists_what_is_meant(vivant, rest, name):
    first, second = rest.new_project(f"A {name}"), rest.new_project(f"B {name}")
    books = [rest.publish_workbook(name, content.twb("S"), place).ok(201).get("workbook", "id") for place in (first, second)]
    refused = vivant("workbooks", "delete", name).ok(NOT_FOUND)
    for book, place in zip(books, "AB"):
        assert book in refused.err and f"/{place} {name}/{name}" in refused.err
    assert set(books) <= rest.ids("workbooks")
    assert vivant("workbooks", "get", f"/B {name}/{name}", "--json").ok().json["id"] == books[1]
    vivant("workbooks", "get", f"/C {name}/{name}").ok(NOT_FOUND)
    vivant("workbooks", "get", f"/{name}").ok(NOT_FOUND)
    vivant("workbooks", "get", "").ok(NOT_FOUND)


def test_names_with_commas_and_brackets(vivant, rest, name):
    """The grammar of filters cannot hold them."""
    title = f"Smith, John [old] {name}"
    project = rest.new_project(title)
    assert vivant("projects", "get", title, "--json").ok().json["id"] == project
    assert vivant("projects", "get", f"/{title}", "--json").ok().json["id"] == project
    vivant("projects", "delete", title).ok()


def test_a_view_by_its_address(vivant):
    for reference in ("SalesReport/Overview", "SalesReport/sheets/Overview", "/Finance/Nested/Sales Report/Overview"):
        assert vivant("views", "get", reference, "--json").ok().json["name"] == "Overview", reference


# Dry runs.


def test_a_dry_run_changes_nothing(vivant, rest, tmp_path, name):
    (tmp_path / "book.twb").write_bytes(content.twb("S"))
    (tmp_path / "data.tds").write_bytes(content.tds())
    (tmp_path / "pw").write_text("x")
    kinds = ("projects", "workbooks", "datasources", "users", "groups")

    def state() -> str:
        answers = [rest.get(f"/sites/{{site}}/{kind}", params={"pageSize": 1000}).ok(200).content for kind in kinds]
        members = rest.get(f"/sites/{{site}}/groups/{rest_group}/users").ok(200).content
        everything = b"".join([*answers, members, rest.get("/sites").ok(200).content]).decode()
        # Asking is signing in, which the list of users tells.
        return re.sub(r' lastLogin="[^"]*"', "", everything)

    rest_group = vivant("groups", "get", "Analysts", "--json").ok().json["id"]
    before = state()
    for command in (
        ["projects", "create", name],
        ["projects", "update", "Finance", "--description", "changed"],
        ["projects", "move", "/Finance/Nested", "--to", "/"],
        ["projects", "delete", "Finance", "Closed"],
        ["workbooks", "publish", "book.twb", "--project", "Finance"],
        ["workbooks", "update", "Secret", "--name", "Other"],
        ["workbooks", "move", "Secret", "--to", "Finance"],
        ["workbooks", "delete", "Secret"],
        ["datasources", "publish", "data.tds"],
        ["datasources", "update", "Shared Orders", "--certified", "true"],
        ["datasources", "update-connection", "Shared Orders", "--server-port", "1"],
        ["datasources", "delete", "Shared Orders"],
        ["users", "create", name, "--site-role", "Viewer"],
        ["users", "update", "vera", "--full-name", "V", "--new-password-file", "pw"],
        ["users", "delete", "vera"],
        ["groups", "create", name],
        ["groups", "update", "Empty", "--name", "Full"],
        ["groups", "add-users", "Empty", "vera"],
        ["groups", "remove-users", "Analysts", "ada"],
        ["groups", "delete", "Empty"],
        ["sites", "create", name],
        ["sites", "update", "Third Site", "--user-quota", "3"],
        ["sites", "delete", "Third Site"],
    ):
        ran = vivant(*command, "--dry-run", "--json").ok()
        assert ran.err == "" and ran.json and all(step["result"] == "would" for step in ran.json), (command, ran)
    assert state() == before
    assert vivant("workbooks", "delete", "Secret", "--dry-run").ok().out.startswith("would delete workbook Secret")
    # What is missing is told, and what is only read has no dry run.
    vivant("workbooks", "delete", "00000000-0000-4000-8000-000000000000", "--dry-run").ok(NOT_FOUND)
    vivant("workbooks", "list", "--dry-run").ok(USAGE)


# Exit codes.


def test_exit_codes(vivant, tmp_path):
    vivant("workbooks", "list", "--nonsense").ok(USAGE)
    vivant("workbooks", "publish", "no-such-file.twb").ok(USAGE)
    vivant("workbooks", "list", VIVANT_PASSWORD="wrong").ok(AUTHORIZATION)
    vivant("workbooks", "list", VIVANT_SERVER="http://127.0.0.1:9").ok(NETWORK)
    vivant("workbooks", "delete", "nothing of that name").ok(NOT_FOUND)
    vivant("groups", "create", "Analysts").ok(CONFLICT)
    ada = vivant.with_(VIVANT_USERNAME=seed.ADA[0], VIVANT_PASSWORD=seed.ADA[1])
    ada("users", "delete", "00000000-0000-4000-8000-000000000000").ok(AUTHORIZATION)
    ada("sites", "create", "x").ok(AUTHORIZATION)


def test_part_of_the_work_fails(vivant, rest, name):
    kept = rest.new_project(name)
    ran = vivant("projects", "delete", "no such project", kept, "nor this", "--json").ok(PARTIAL)
    assert [step["result"] for step in ran.json] == ["failed", "done", "failed"]
    assert "no such project" in ran.err and "nor this" in ran.err
    assert kept not in rest.ids("projects")


def test_success_says_nothing_on_stderr(vivant, rest, name, tmp_path):
    """No bar and no line where no terminal is."""
    (tmp_path / "book.twb").write_bytes(content.twb("S"))
    ran = vivant("workbooks", "publish", "book.twb", "--name", name, "--project", "Finance").ok()
    assert ran.err == "" and ran.out.startswith("published workbook") and "\x1b" not in ran.out
    vivant("workbooks", "delete", f"/Finance/{name}").ok()


def test_bytes_show_on_a_terminal_only(vivant, rest, name, tmp_path):
    content.big_twbx(tmp_path / "book.twbx", 24)
    publish = ["workbooks", "publish", "book.twbx", "--name", name, "--project", "Finance", "--overwrite"]
    shown = vivant.on_a_terminal(*publish, columns=160, CI="").ok().out
    assert re.search(r"publishing [\d.]+ [KM]iB/24\.\d+ MiB .*iB/s .*left", shown), shown[-2000:]
    # What was there while it went is gone at the end.
    assert "published workbook" in shown.rsplit("\r", 2)[-2] + shown.rsplit("\r", 2)[-1]
    assert "iB" not in vivant.on_a_terminal(*publish, columns=160, CI="true").ok().out
    shown = vivant.on_a_terminal("workbooks", "download", f"/Finance/{name}", "-o", "got.twbx", columns=160, CI="").ok().out
    assert re.search(r"downloading [\d.]+ [KM]iB/24\.\d+ MiB", shown), shown[-2000:]
    piped = vivant("workbooks", "download", f"/Finance/{name}", "-o", "got.twbx", "--overwrite", CI="").ok()
    assert piped.err == "" and piped.out == "got.twbx\n"
    vivant("workbooks", "delete", f"/Finance/{name}").ok()


# Profiles and prompts.


def test_profiles(client_binary, live, tmp_path):
    vivant = Program(client_binary, tmp_path)
    refused = vivant("workbooks", "list").ok(USAGE)
    assert "--server" in refused.err
    added = vivant(
        "profile", "add", "prod", "--server", live.url, "--username", ADMIN, "--keep-secret", VIVANT_PASSWORD=ADMIN_PASSWORD
    ).ok()  # fmt: skip
    file = tmp_path / "settings" / "vivant" / "config.toml"
    assert vivant("profile", "path").ok().out.strip() == str(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ADMIN_PASSWORD not in added.out + added.err
    # The first one counts from now on.
    assert "Secret" in vivant("workbooks", "list").ok().out
    vivant("profile", "add", "prod", "--server", live.url, "--username", "x").ok(CONFLICT)
    (tmp_path / "token").write_text(seed.TOKEN[1] + "\n")
    vivant("profile", "add", "ci", "--server", live.url, "--token-name", seed.TOKEN[0], "--token-file", "token").ok()
    assert vivant("users", "whoami", "--profile", "ci", "--json").ok().json["name"] == "ada"
    assert vivant("users", "whoami", "--json", VIVANT_PROFILE="ci").ok().json["name"] == "ada"
    assert vivant("users", "whoami", "--json").ok().json["name"] == ADMIN
    # Variables count more than the present profile, less than one that is named.
    vera = {"VIVANT_SERVER": live.url, "VIVANT_USERNAME": "vera", "VIVANT_PASSWORD": seed.VERA[1]}
    assert vivant("users", "whoami", "--json", **vera).ok().json["name"] == "vera"
    assert vivant("users", "whoami", "--json", "--profile", "ci", **vera).ok().json["name"] == "ada"
    # The secret of a profile goes to no other server.
    assert "VIVANT_PASSWORD" in vivant("users", "list", "--server", live.url, "--username", ADMIN).ok(USAGE).err
    listed = vivant("profile", "list", "--json").ok()
    assert {item["name"] for item in listed.json} == {"prod", "ci"}
    assert ADMIN_PASSWORD not in listed.out + vivant("profile", "get", "prod").ok().out
    vivant("profile", "use", "ci").ok()
    assert vivant("users", "whoami", "--json").ok().json["name"] == "ada"
    vivant("profile", "use", "nowhere").ok(NOT_FOUND)
    vivant("workbooks", "list", "--profile", "nowhere").ok(NOT_FOUND)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)
    assert "chmod 600" in vivant("workbooks", "list").ok(USAGE).err
    file.chmod(0o600)
    vivant("profile", "remove", "prod", "ci").ok()
    assert ADMIN_PASSWORD not in file.read_text()


def test_no_question_without_a_terminal(vivant):
    silent = vivant.without("VIVANT_PASSWORD")
    for arguments in (["workbooks", "list"], ["profile", "add", "x", "--server", "h", "--username", "u", "--keep-secret"]):
        refused = silent(*arguments).ok(USAGE)
        assert "VIVANT_PASSWORD" in refused.err
    refused = silent.on_a_terminal("workbooks", "list", "--no-prompt")
    assert refused.code == USAGE and "--no-prompt" in refused.out


def test_a_question_on_a_terminal(vivant):
    asked = vivant.without("VIVANT_PASSWORD").on_a_terminal("workbooks", "list", typed=ADMIN_PASSWORD, columns=120).ok()
    assert "Sales Report" in asked.out and ADMIN_PASSWORD not in asked.out


# What shells and manuals get.


def test_completions_and_man_pages(client_binary, tmp_path):
    vivant = Program(client_binary, tmp_path)
    for shell in ("bash", "zsh", "fish", "powershell"):
        script = vivant("completions", shell).ok().out
        # Down to options that are described only where their command is asked for.
        for word in ("workbooks", "quality-warnings", "sign-out", "dry-run", "no-session-cache", "add-calculation"):
            assert word in script, (shell, word)
    assert subprocess.run(["bash", "-n"], input=vivant("completions", "bash").out, text=True).returncode == 0
    vivant("man", "pages").ok()
    pages = {page.name for page in (tmp_path / "pages").iterdir()}
    assert {"vivant.1", "vivant-workbooks.1", "vivant-workbooks-publish.1", "vivant-profile-add.1"} <= pages
    assert {"vivant-request.1", "vivant-metadata-query.1", "vivant-doc-add-calculation.1", "vivant-tabcmd.1"} <= pages
    page = (tmp_path / "pages" / "vivant-workbooks-publish.1").read_bytes()
    assert b".TH" in page and b"dry\\-run" in page and b"Publish workbook files" in page


def test_help_says_what_there_is(client_binary, tmp_path):
    """Commands that are described late look as if they were described from the beginning."""
    vivant = Program(client_binary, tmp_path)
    overall = vivant("--help").ok().out
    for command in re.findall(r"^  ([a-z][a-z-]+) ", overall, re.M):
        if command == "help":
            continue
        about = vivant(command, "--help").ok().out
        assert "Usage:" in about, command
        assert about == vivant("help", command).ok().out or command == "tabcmd", command
    verb = vivant("workbooks", "list", "--help").ok().out
    assert verb.startswith("List workbooks") and "--filter" in verb and "Connection:" in verb and "Exit codes:" in verb
    assert "--dry-run" not in verb and "--dry-run" in vivant("workbooks", "delete", "--help").ok().out
    assert vivant("workbook", "list", "--help").ok().out == verb
    for line, tip in (
        (["workboks"], "workbooks"), (["workbooks", "lst"], "list"), (["workbooks", "list", "--jsn"], "--json"),
        (["workbooks", "list", "--no-session-cach"], "--no-session-cache"), (["doc", "inof"], "info"),
        (["profile", "ad"], "add"), (["tabcmd", "pubish"], "publish"), (["tabcmd", "publish", "--overwite", "x"], "--overwrite"),
    ):  # fmt: skip
        refused = vivant(*line).ok(USAGE)
        assert f"'{tip}'" in refused.err, (line, refused.err)
    assert vivant("--version").ok().out == vivant("workbooks", "--version").ok().out.replace("-workbooks", "")
