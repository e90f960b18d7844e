"""`vivant tools sync users` out of a real PostgreSQL and a real LDAP directory, compared by plain REST."""

from __future__ import annotations

import json
import uuid
from urllib.parse import urlsplit, urlunsplit

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support.mirror import Mirror
from support.profiles import Profiles
from support.rest import Rest, element, ts_request
from support.services import Ldap

USAGE, AUTHORIZATION, NOT_FOUND, PARTIAL, NETWORK = 2, 3, 4, 6, 7

TABLES = """
create table people (login text primary key, full_name varchar(100), mail text, role text);
create table memberships (login text, team text);
insert into people values ('ann', 'Änn A.', 'ann@example.com', 'Creator'), ('bob', null, '', null),
    ('cid', 'Cid; "C"', null, 'Viewer');
insert into memberships values ('ann', 'Sales'), ('ann', 'Größe & Co'), ('bob', 'Sales');
"""
QUERY = """select login as name, full_name, mail as email, role as "Site Role", team as "group"
    from people left join memberships using (login) order by 1"""


@pytest.fixture(scope="module")
def place(_servers):
    server = _servers(seeded=False).start()
    yield server, Rest(server.url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD)
    assert server.stop() == 0
    server.check()


class Site:
    """An empty site and the program that makes people on it."""

    def __init__(self, place, binary, folder):
        server, rest = place
        name = f"s{uuid.uuid4().hex[:8]}"
        rest.post("/sites", ts_request(element("site", name=name, contentUrl=name))).ok(201)
        self.rest = Rest(server.url, "3.20").sign_in(ADMIN, ADMIN_PASSWORD, name)
        self.profiles = Profiles(binary, folder)
        self.profiles.add("site", server.url, name, ADMIN, ADMIN_PASSWORD)
        self.env: dict[str, str] = {}
        self.source: list[str] = []

    def run(self, *arguments: str, code: int = 0, **env: str):
        done = self.profiles.run(
            "tools", "sync", "users", "--profile", "site", *self.source, *arguments, env={**self.env, **env}
        )
        assert "panicked at" not in done.stderr
        assert done.returncode == code, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def planned(self, *arguments: str) -> list[dict]:
        return json.loads(self.run("--dry-run", "--json", *arguments).stdout)["steps"]

    def state(self) -> tuple[dict, dict]:
        found = Mirror(self.rest).read()
        return found["users"], {name: who for name, who in found["groups"].items() if name != "All Users"}


@pytest.fixture
def site(place, client_binary, tmp_path) -> Site:
    return Site(place, client_binary, tmp_path)


class People:
    """A database of people, with a user who may only read."""

    def __init__(self, postgres):
        self.sql = postgres.connect(address := postgres.database())
        for statement in TABLES.split(";\n"):
            if statement.strip():
                self.sql.run(statement)
        self.user, self.password = f"reader_{uuid.uuid4().hex[:8]}", "read only & ümlaut"
        self.sql.run(f"create role {self.user} login password '{self.password}'")
        self.sql.run(f"grant select on people, memberships to {self.user}")
        parts = urlsplit(address)
        self.address = urlunsplit(parts._replace(netloc=f"{self.user}@{parts.hostname}:{parts.port}"))

    def stop(self) -> None:
        self.sql.run(f"drop owned by {self.user}")
        self.sql.run(f"drop role {self.user}")
        self.sql.close()


@pytest.fixture
def people(postgres):
    made = People(postgres)
    yield made
    made.stop()


def test_people_become_what_a_query_says(site, people):
    site.source = ["--database", people.address, "--query", QUERY]
    site.env = {"VIVANT_DATABASE_PASSWORD": people.password}
    assert len(site.planned()) == 3 + 2 + 3 and site.state() == ({}, {})
    site.run("--default-role", "Explorer")
    assert site.state() == (
        {"ann": ("Creator", "Änn A.", "ann@example.com"), "bob": ("Explorer", None, ""), "cid": ("Viewer", 'Cid; "C"', "")},
        {"Sales": ["ann", "bob"], "Größe & Co": ["ann"]},
    )
    assert site.planned() == []

    # What changes there changes here; the password can be in a file.
    people.sql.run("delete from people where login = 'cid'")
    people.sql.run("update people set role = 'Viewer', full_name = null where login = 'ann'")
    people.sql.run("delete from memberships where login = 'ann' and team = 'Sales'")
    secret = site.profiles.folder / "secret"
    secret.write_text(people.password + "\n")
    site.env = {}
    more = ["--database-password-file", str(secret), "--exact-groups", "--missing", "unlicense"]
    site.run(*more)
    users, groups = site.state()
    assert {name: role for name, (role, _, _) in users.items()} == {"ann": "Viewer", "bob": "Explorer", "cid": "Unlicensed"}
    assert users["ann"][1] == "Änn A.", "an empty cell leaves things as they are"
    assert groups == {"Sales": ["bob"], "Größe & Co": ["ann"]}
    assert site.planned(*more) == []


def test_one_that_fails_leaves_the_others_alone(site, people):
    site.source = ["--database", people.address, "--query", QUERY]
    site.env = {"VIVANT_DATABASE_PASSWORD": people.password}
    people.sql.run("update people set mail = 'no address' where login = 'cid'")
    result = site.run(code=PARTIAL)
    assert "user cid" in result.stderr
    users, groups = site.state()
    assert users["ann"][0] == "Creator" and groups["Sales"] == ["ann", "bob"]


def test_nothing_is_changed_where_the_list_cannot_be_read(site, people, tmp_path):
    def refused(part: str, code: int, *source: str, **env: str) -> None:
        site.source = list(source)
        assert part in site.run("--missing", "remove", code=code, **env).stderr

    good = {"VIVANT_DATABASE_PASSWORD": people.password}
    database = ["--database", people.address, "--query"]
    refused("password authentication failed", AUTHORIZATION, *database, QUERY, VIVANT_DATABASE_PASSWORD="wrong")
    refused("VIVANT_DATABASE_PASSWORD", USAGE, *database, QUERY)
    refused("`shoe_size` is not known", USAGE, *database, "select login as name, 40 as shoe_size from people", **good)
    refused("no column `name`", USAGE, *database, "select mail as email from people", **good)
    refused("row 2 of the query: there is no name", USAGE, *database, "select 'a' as name union all select null", **good)
    refused("`King` is no site role", USAGE, *database, "select login as name, 'King' as role from people", **good)
    refused("read-only", 1, *database, "delete from people returning login as name", **good)
    refused("no rows", USAGE, *database, "set role none", **good)
    refused("syntax error", 1, *database, "selec 1", **good)
    refused("the list names nobody", USAGE, *database, "select login as name from people where false", **good)
    refused("must not hold a password", USAGE, "--database", people.address.replace("@", ":secret@"), "--query", QUERY, **good)
    refused("the database 127.0.0.1:9/x", NETWORK, "--database", "postgres://a@127.0.0.1:9/x", "--query", QUERY, **good)
    refused("where is the list?", USAGE)
    listed = tmp_path / "list.csv"
    listed.write_text("name\nann\n")
    refused("one place", USAGE, str(listed), *database, QUERY, **good)
    refused("--query", USAGE, "--database", people.address)
    assert people.sql.run("select count(*) from people") == [[3]]
    assert site.state() == ({}, {})


@pytest.fixture
def ldap(site, directory) -> list[str]:
    """The first domain of the directory; the password comes from the environment."""
    site.env = directory.env()
    site.source = [
        "--ldap-kind", "openldap", "--ldap-url", directory["URL"], "--ldap-bind-dn", Ldap.READER,
        "--ldap-domain", "example.lan/EXAMPLE=dc=example,dc=lan",
    ]  # fmt: skip
    return site.source


def test_people_become_what_groups_of_a_directory_say(site, directory, ldap):
    """Nested groups, hard names, groups of nobody; a role by group; then somebody leaves."""
    directory.add_person("sync1", displayName="Sync One", mail="one@example.lan")
    directory.add_person("sync2")
    directory.add_group("Synced", ["sync1", "sync2"])
    try:
        wanted = ["--ldap-group", "Synced", "--ldap-group", "EXAMPLE\\Inner", "--ldap-group", "Sales (EMEA), *", "--ldap-group", "Empty"]
        roles = ["--role-of", "Inner=Creator", "--role-of", "Synced=Viewer", "--exact-groups"]
        shown = site.run("--dry-run", *wanted, *roles).stdout
        assert "cannot users of Sales (EMEA), *: 1 entries" in shown and site.state() == ({}, {})
        site.run(*wanted, *roles)
        users, groups = site.state()
        assert users["sync1"] == ("Viewer", "Sync One", "one@example.lan")
        assert users["sync2"] == ("Viewer", "sync2", "")
        assert {"star", "ada", "twin"} <= set(groups["Inner"]) and users["ada"] == ("Creator", "Ada Lovelace", "ada@example.lan")
        assert groups["Sales (EMEA), *"] == sorted(["o'neil (x)*, #1", "Žofie"])
        assert users["Žofie"][0] == "Unlicensed"
        assert groups["Synced"] == ["sync1", "sync2"] and groups["Empty"] == []
        assert site.planned(*wanted, *roles) == []

        directory.remove("uid=sync2,ou=People,dc=example,dc=lan")
        directory.modify("dn: cn=Empty,ou=Groups,dc=example,dc=lan", "add: memberUid", "memberUid: sync1")
        again = site.planned(*wanted, *roles, "--missing", "remove")
        assert {(one["action"], one["what"], one["name"]) for one in again} == {
            ("remove", "membership", "sync2 in Synced"),
            ("remove", "user", "sync2"),
            ("create", "membership", "sync1 in Empty"),
        }
        site.run(*wanted, *roles, "--missing", "remove")
        users, groups = site.state()
        assert "sync2" not in users and groups["Synced"] == ["sync1"] and groups["Empty"] == ["sync1"]
        directory.modify("dn: cn=Empty,ou=Groups,dc=example,dc=lan", "delete: memberUid", "memberUid: sync1")
        site.run(*wanted, *roles)
        assert site.state()[1]["Empty"] == [], "a group that nobody is in any more is emptied"
    finally:
        directory.remove("cn=Synced,ou=Groups,dc=example,dc=lan", "uid=sync1,ou=People,dc=example,dc=lan", "uid=sync2,ou=People,dc=example,dc=lan")


def test_large_groups_and_filters_of_a_directory(site, directory, ldap):
    """1,500 members come over pages of the directory's own limit; a filter narrows all users."""
    steps = site.planned("--ldap-group", "Crowd", "--ldap-page-size", "200")
    assert sum(one["what"] == "user" for one in steps) == 1500
    found = site.planned("--ldap-all-users", "--ldap-user-filter", "(&(objectClass=inetOrgPerson)(uid=crowd00*))")
    assert {one["name"] for one in found} == {f"crowd{number:04}" for number in range(1, 100)}
    site.source += ["--ldap-domain", "other.lan=dc=other,dc=lan"]
    two = site.run("--dry-run", "--ldap-group", "other.lan\\Analysts", "--ldap-group", "EXAMPLE\\Analysts").stdout
    assert "cannot group Analysts: several groups" in two and two.count(" in Analysts") == 3
    assert "write the domain before the name" in site.run("--ldap-group", "Analysts", code=USAGE).stderr
    every = ["--ldap-all-groups", "--ldap-group-filter", "(&(objectClass=groupOfNames)(cn=Twins))"]
    result = site.run(*every, code=USAGE)
    assert "twin is a user of example.lan and another one of other.lan" in result.stderr
    both = site.planned(*every, "--ldap-with-domain")
    assert {one["name"] for one in both if one["what"] == "user"} == {"example.lan\\twin", "other.lan\\twin"}


def test_a_directory_over_tls_and_what_stands_in_the_way(site, directory, ldap):
    def refused(part: str, code: int, *arguments: str, **env: str) -> None:
        assert part in site.run("--missing", "remove", *arguments, code=code, **env).stderr

    refused("the directory has no group `Nobody`", NOT_FOUND, "--ldap-group", "Nobody")
    refused("no domain `nowhere`", NOT_FOUND, "--ldap-group", "nowhere\\Inner")
    refused("refuses the bind", NETWORK, "--ldap-group", "Inner", VIVANT_LDAP_BIND_PASSWORD="wrong")
    refused("--ldap-user-filter", USAGE, "--ldap-group", "Inner", "--ldap-user-filter", "uid=x)(y=z")
    refused("the list names nobody", USAGE, "--ldap-group", "Empty")
    site.source[3] = directory["TLS_URL"]
    trusted = ["--ldap-group", "Inner", "--dry-run"]
    assert "create user star" in site.run(*trusted, "--ldap-ca", directory["CA"]).stdout
    refused("does not answer", NETWORK, *trusted, "--ldap-ca", directory["OTHER_CA"])
    site.source[3] = directory["URL"]
    assert "create user star" in site.run(*trusted, "--ldap-ca", directory["CA"], "--ldap-start-tls").stdout
    site.source[3] = "ldap://127.0.0.1:9"
    refused("does not answer", NETWORK, *trusted)
    del site.source[2:4]
    refused("--ldap-url", USAGE, *trusted)
    assert site.state() == ({}, {})
