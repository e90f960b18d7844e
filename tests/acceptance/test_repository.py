"""`vivant repository` on a real PostgreSQL with tables in the shape of a Tableau Server's; every answer is compared with plain SQL."""

from __future__ import annotations

import base64
import datetime
import json
import uuid
from decimal import Decimal
from urllib.parse import unquote, urlsplit

import pytest

from support.mail import certificate
from support.program import Program
from support.services import Postgres

USAGE, AUTHORIZATION, NOT_FOUND, NETWORK = 2, 3, 4, 7

TABLES = """
create table system_users (id integer primary key, name varchar(255), email varchar(255));
create table users (id integer primary key, system_user_id integer, site_id integer);
create table sessions (session_id varchar(255) primary key, data text, updated_at timestamp, user_id integer,
    shared_wg_write text, shared_vizql_write text);
create table sites (id integer primary key, name varchar(255), url_namespace varchar(255), status varchar(20), luid uuid);
create view _sites as select id, name, url_namespace, status from sites;
create table schedules (id integer primary key, name varchar(255), active boolean, priority integer, hidden boolean,
    scheduled_action_type varchar(255), run_next_at timestamp, luid uuid);
create view _schedules as select id, name, active, priority, hidden, scheduled_action_type, run_next_at from schedules;
create table projects (id integer primary key, name varchar(255), site_id integer, owner_name varchar(255), luid uuid);
create view _projects as select id, name, site_id, owner_name from projects;
create table workbooks (id integer primary key, name varchar(255), site_id integer, project_id integer, luid uuid);
create view _workbooks as select w.id, w.name, w.site_id, p.name as project_name from workbooks w join projects p on p.id = w.project_id;
create table datasources (id integer primary key, name varchar(255), site_id integer, project_id integer, luid uuid);
create view _datasources as
    select d.id, d.name, d.site_id, p.name as project_name from datasources d join projects p on p.id = d.project_id;
create table _customized_views (id integer primary key, repository_url text);
create table _subscriptions (id integer primary key, subject varchar(255), user_id integer, user_name varchar(255), site_id integer,
    site_name varchar(255), view_url text, workbook_url text, customized_view_id integer, schedule_name varchar(255));
create table tasks (id serial primary key, schedule_id integer not null, type varchar(255), priority integer, obj_id integer,
    created_at timestamp, updated_at timestamp, site_id integer, obj_class varchar(255), luid uuid, consecutive_failure_count integer);

insert into system_users values (1, 'ada', 'ada@example.com'), (2, 'grace', 'grace@example.com'), (3, 'ada', 'ada@corp.example');
insert into users values (11, 1, 1), (12, 2, 1), (13, 3, 2);
insert into sessions values
    ('S-old', null, '2026-01-01 08:00:00', 11, '{"auth_token": "tok-old"}', null),
    ('S-new', 'kept', '2026-03-01 08:00:00.25', 12, '{"auth_token": "tok-new", "x": 1}', '{"a": 1}'),
    ('S-corp', '', '2026-02-01 08:00:00', 13, 'no json', null),
    ('S-gone', null, '2026-04-01 08:00:00', 99, null, null);
insert into sites values (1, 'Default', null, 'active', '00000000-0000-4000-8000-000000000001'),
    (2, 'North & Süd', 'north', 'active', '00000000-0000-4000-8000-000000000002'),
    (3, 'north', 'other', 'suspended', '00000000-0000-4000-8000-000000000003');
insert into schedules values
    (1, 'Nightly', true, 50, false, 'Refresh Extracts', '2026-12-01 02:00:00', '00000000-0000-4000-8000-000000000011'),
    (2, 'Paused', false, 10, null, 'Refresh Extracts', null, '00000000-0000-4000-8000-000000000012'),
    (3, 'Secret', true, 50, true, 'Refresh Extracts', null, '00000000-0000-4000-8000-000000000013'),
    (4, 'Monday', true, 50, false, 'Subscriptions', null, '00000000-0000-4000-8000-000000000014');
insert into projects values (21, 'Sales', 1, 'ada', '00000000-0000-4000-8000-000000000021'),
    (22, 'Other', 1, 'ada', '00000000-0000-4000-8000-000000000022'), (23, 'Sales', 2, 'grace', '00000000-0000-4000-8000-000000000023');
insert into workbooks values (31, 'Book', 1, 21, '00000000-0000-4000-8000-000000000031'),
    (32, 'Book', 1, 22, '00000000-0000-4000-8000-000000000032'), (33, 'It''s "one"; --', 2, 23, '00000000-0000-4000-8000-000000000033');
insert into datasources values (41, 'Orders', 1, 21, '00000000-0000-4000-8000-000000000041');
insert into _customized_views values (51, 'Book/Map/00000000-0000-4000-8000-000000000051/mine');
insert into _subscriptions values
    (61, 'Map', 11, 'ada', 1, 'Default', 'Book/Map', null, null, 'Monday'),
    (62, 'Mine', 12, 'grace', 1, 'Default', 'Book/Map', null, 51, 'Monday'),
    (63, 'All', 12, 'grace', 1, 'Default', null, 'Book', null, 'Monday'),
    (64, 'Corp', 13, 'ada', 2, 'North & Süd', 'Corp/One', null, null, 'Friday');
"""

PASSWORDS = {"readonly": "read only & ümlaut", "tblwgadmin": "the admin's"}


class Workgroup:
    """A database in the shape of the repository, and the program before it."""

    def __init__(self, postgres: Postgres, binary, folder):
        self.url = postgres.database()
        self.sql = postgres.connect(self.url)
        for statement in TABLES.split(";\n"):
            if statement.strip():
                self.sql.run(statement)
        # Roles belong to all databases of a PostgreSQL, so these are of this one alone.
        tag = uuid.uuid4().hex[:8]
        self.users = {role: f"{role}_{tag}" for role in PASSWORDS}
        for role, user in self.users.items():
            password = PASSWORDS[role].replace("'", "''")
            self.sql.run(f"create role {user} login password '{password}'")
        self.sql.run(f"grant select on all tables in schema public to {self.users['readonly']}")
        self.sql.run(f"grant all on all tables in schema public to {self.users['tblwgadmin']}")
        self.sql.run(f"grant all on all sequences in schema public to {self.users['tblwgadmin']}")
        parts = urlsplit(self.url)
        self.host, self.port, self.database = parts.hostname, parts.port or 5432, unquote(parts.path.lstrip("/"))
        self.program = Program(binary, folder)

    def __call__(self, verb: str, *arguments: str, role: str = "readonly", password: str | None = None, host: str = ""):
        reach = ["--host", host or self.host, "--port", str(self.port), "--database", self.database, "--user", self.users[role]]
        return self.program(
            "repository", verb, *arguments, *reach, VIVANT_REPOSITORY_PASSWORD=password or PASSWORDS[role]
        )

    def rows(self, verb: str, *arguments: str, **options) -> list[dict]:
        """The answer as JSON; the CSV must hold as many rows."""
        items = self(verb, *arguments, "--json", **options).ok().json
        assert len(self(verb, *arguments, "--csv", **options).ok().rows) == len(items)
        assert len(self(verb, *arguments, **options).ok().out.splitlines()) == len(items) + 1
        return items

    def stop(self) -> None:
        for user in self.users.values():
            self.sql.run(f"drop owned by {user}")
            self.sql.run(f"drop role {user}")
        self.sql.close()


@pytest.fixture(scope="module")
def workgroup(postgres, client_binary, tmp_path_factory):
    """One for all that only look."""
    made = Workgroup(postgres, client_binary, tmp_path_factory.mktemp("repository"))
    yield made
    made.stop()


@pytest.fixture
def fresh(postgres, client_binary, tmp_path):
    """One for those who write."""
    made = Workgroup(postgres, client_binary, tmp_path)
    yield made
    made.stop()


def stamp(value: datetime.datetime | None) -> str | None:
    return value and value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"


@pytest.mark.parametrize("user", [None, "ada", "GRACE", "nobody", "x' or '1'='1"])
def test_sessions(workgroup, user):
    found = workgroup.rows("sessions", "--show-tokens", *(["--of", user] if user else []))
    expected = workgroup.sql.run(
        "select s.session_id, s.data, s.updated_at, s.user_id, s.shared_wg_write, s.shared_vizql_write, su.name, su.id "
        "from sessions s, users u, system_users su where s.user_id = u.id and u.system_user_id = su.id "
        + ("and lower(su.name) = lower(:user) " if user else "")
        + "order by s.updated_at desc",
        **({"user": user} if user else {}),
    )
    assert [
        [row["sessionId"], row["data"] or None, row["updatedAt"], row["userId"], row["sharedWgWrite"], row["sharedVizqlWrite"],
         row["user"], row["systemUserId"]]
        for row in found
    ] == [[one[0], one[1] or None, stamp(one[2]), *one[3:]] for one in expected]  # fmt: skip
    for row in found:
        try:
            token = json.loads(row["sharedWgWrite"])["auth_token"]
        except ValueError:
            token = None
        assert row["authToken"] == token


def test_tokens_are_shown_to_those_who_ask_only(workgroup):
    for arguments in ([], ["--json"], ["--csv"], ["--logging-level", "debug"]):
        ran = workgroup("sessions", *arguments).ok()
        assert "***" in ran.out and "grace" in ran.out
        for secret in ("tok-", "S-new", "kept", *PASSWORDS.values()):
            assert secret not in ran.out + ran.err, arguments


@pytest.mark.parametrize("schedule", [None, "Monday", "Friday", "none"])
@pytest.mark.parametrize("whole", [False, True])
def test_subscriptions(workgroup, schedule, whole):
    found = workgroup.rows("subscriptions", *(["--schedule", schedule] if schedule else []), *(["--workbooks"] if whole else []))
    expected = workgroup.sql.run(
        "select s.id, s.subject, s.user_name, s.site_name, coalesce(cv.repository_url, s.view_url), s.schedule_name, su.email "
        "from _subscriptions s left join _customized_views cv on s.customized_view_id = cv.id "
        "join users u on u.id = s.user_id join system_users su on su.id = u.system_user_id "
        f"where {'true' if whole else 's.view_url is not null'} and s.schedule_name = coalesce(:schedule, s.schedule_name) order by 1",
        schedule=schedule,
    )
    names = ("id", "subject", "user", "site", "view_url", "schedule", "email")
    assert [[row[name] for name in names] for row in found] == expected
    if schedule is None:
        # Two people of one name: each gets what is theirs.
        assert {row["email"] for row in found if row["user"] == "ada"} == {"ada@example.com", "ada@corp.example"}


@pytest.mark.parametrize("name", [None, "Nightly", "Secret", "Monday"])
def test_extract_schedules(workgroup, name):
    found = workgroup.rows("schedules", *(["--name", name] if name else []))
    expected = workgroup.sql.run(
        "select id, name, priority, active, run_next_at from _schedules where scheduled_action_type = 'Refresh Extracts' "
        "and hidden is not true and name = coalesce(:name, name) order by name",
        name=name,
    )
    names = ("id", "name", "priority", "active", "run_next_at")
    assert [[row[name] for name in names] for row in found] == [[*one[:4], stamp(one[4])] for one in expected]
    assert name in (None, "Nightly") or found == []


@pytest.mark.parametrize("arguments", [{}, {"content-url": "north"}, {"content-url": ""}, {"name": "north"}, {"content-url": "north", "name": "north"}])
def test_sites(workgroup, arguments):
    found = workgroup.rows("sites", *(f"--{option}={value}" for option, value in arguments.items()))
    everything = workgroup.sql.run("select id, coalesce(url_namespace, ''), name, status from _sites order by id")
    expected = [
        row for row in everything
        if row[1] == arguments.get("content-url", row[1]) and row[2] == arguments.get("name", row[2])
    ]  # fmt: skip
    assert [[row["id"], row["content_url"], row["name"], row["status"]] for row in found] == expected


def test_ids_by_name_and_luid(workgroup):
    def found(*arguments: str) -> int:
        return int(workgroup("id", *arguments).ok().out)

    for kind, table in [("site", "sites"), ("project", "projects"), ("workbook", "workbooks"), ("datasource", "datasources"), ("schedule", "schedules")]:
        for number, luid in workgroup.sql.run(f"select id, luid::text from {table}"):
            assert found(kind, luid) == number
            assert found(kind, luid.upper()) == number
    assert found("site", "Default") == found("site", "") == 1
    # A content URL counts more than a name.
    assert found("site", "north") == 2 and found("site", "North & Süd") == 2
    assert found("project", "Sales", "--site", "Default") == 21 and found("project", "Sales", "--site", "north") == 23
    assert found("workbook", "Book", "--site", "", "--project", "Other") == 32
    assert found("workbook", 'It\'s "one"; --', "--site", "00000000-0000-4000-8000-000000000002") == 33
    assert found("datasource", "Orders", "--site", "Default") == 41
    assert found("schedule", "Nightly") == 1
    assert workgroup("id", "schedule", "Nightly", "--json").ok().json == [{"id": 1}]
    several = workgroup("id", "workbook", "Book", "--site", "Default").ok(NOT_FOUND).err
    assert "31 (Sales)" in several and "32 (Other)" in several
    assert "`Nope`" in workgroup("id", "workbook", "Nope", "--site", "Default").ok(NOT_FOUND).err
    workgroup("id", "workbook", str(uuid.uuid4())).ok(NOT_FOUND)
    workgroup("id", "workbook", "Book", "--site", "nowhere").ok(NOT_FOUND)
    assert "site" in workgroup("id", "workbook", "Book").ok(USAGE).err


def test_extracts_are_put_on_schedules(fresh):
    def tasks() -> list:
        return fresh.sql.run(
            "select schedule_id, type, priority, obj_id, site_id, obj_class, luid, consecutive_failure_count, "
            "created_at = updated_at, abs(extract(epoch from created_at - timezone('UTC', now()))) < 3600 from tasks order by id"
        )

    book = ["workbook", "Book", "--site", "Default", "--project", "Sales", "--schedule", "Nightly"]
    assert "would be" in fresh("put-on-schedule", *book, "--dry-run").ok().out
    assert tasks() == []
    refused = fresh("put-on-schedule", *book).ok(AUTHORIZATION).err
    assert "permission denied" in refused and "tblwgadmin" in refused
    done = fresh("put-on-schedule", *book, "--json", role="tblwgadmin").ok().json
    assert [row["result"] for row in done] == ["added"]
    assert "there already" in fresh("put-on-schedule", *book, role="tblwgadmin").ok().out
    luids = ["datasource", "00000000-0000-4000-8000-000000000041", "--schedule", "00000000-0000-4000-8000-000000000012"]
    fresh("put-on-schedule", *luids, "--priority", "1", role="tblwgadmin").ok()
    assert tasks() == [
        [1, "RefreshExtractTask", 50, 31, 1, "Workbook", None, 0, True, True],
        [2, "RefreshExtractTask", 1, 41, 1, "Datasource", None, 0, True, True],
    ]
    for schedule in ("Monday", "Secret", "none"):
        fresh("put-on-schedule", *book[:-1], schedule, role="tblwgadmin").ok(NOT_FOUND)
    assert len(tasks()) == 2


VALUES = {
    "small": ("'-7'::int2", -7),
    "big": ("9007199254740993::int8", 9007199254740993),
    "number": ("1.5::float8", 1.5),
    "infinite": ("'-Infinity'::float8", "-inf"),
    "truth": ("true", True),
    "nothing": ("null::text", None),
    "text": ("'a, \"b\"\nü 😀'::text", 'a, "b"\nü 😀'),
    "padded": ("'ab'::char(4)", "ab  "),
    "uuid": ("'00000000-0000-4000-8000-0000000000ff'::uuid", "00000000-0000-4000-8000-0000000000ff"),
    "json": ("'{\"a\": [1, null]}'::jsonb", {"a": [1, None]}),
    "day": ("'2024-02-29'::date", "2024-02-29"),
    "old day": ("'0044-03-15 BC'::date", "0044-03-15 BC"),
    "clock": ("'23:59:59.5'::time", "23:59:59.5"),
    "moment": ("'1969-12-31 23:59:59.999999'::timestamp", "1969-12-31T23:59:59.999999"),
    "zoned": ("'2026-06-01 12:00:00+02'::timestamptz", "2026-06-01T10:00:00Z"),
    "bytes": ("'\\x00ff'::bytea", "\\x00ff"),
    "a.b": ("1", 1),
}
DECIMALS = ["0", "0.00", "-1.50", "12345678901234567890.123456789", "1e20", "1e-9", "10000", "99990000.0001", "NaN"]


def test_every_kind_of_value(workgroup):
    columns = ", ".join(f'{sql} as "{name}"' for name, (sql, _) in VALUES.items())
    row = workgroup("query", f"select {columns}", "--json").ok().json[0]
    assert row == {name: value for name, (_, value) in VALUES.items()}
    assert list(row) == list(VALUES)
    csv_row = workgroup("query", f"select {columns}", "--csv").ok().rows[0]
    assert csv_row["text"] == VALUES["text"][1] and csv_row["nothing"] == "" and csv_row["a.b"] == "1"
    assert "a.b" in workgroup("query", 'select 1 as "a.b"').ok().out
    # Exact decimals keep every digit that the database shows.
    shown = workgroup.sql.run(f"select v::text from unnest(array{DECIMALS}::text[]::numeric[]) v")
    found = workgroup("query", f"select unnest(array{DECIMALS}::text[]::numeric[]) as v", "--json").ok().json
    assert [one["v"] for one in found] == [one[0] for one in shown]
    assert Decimal(found[3]["v"]) == Decimal(DECIMALS[3])
    refused = workgroup("query", "select array[1] as list").ok(USAGE).err
    assert "list::text" in refused


def test_parameters_reach_the_statement_as_they_are(workgroup):
    hard = "x' or '1'='1 -- $1 ü"
    found = workgroup("query", "select $1::text as a, $2::int + 1 as b", "-P", hard, "-P", "-4", "--json").ok().json
    assert found == [{"a": hard, "b": -3}]
    assert workgroup("query", "select name from sites where id = $1", "-P", "2", "--csv").ok().out == "name\nNorth & Süd\n"
    assert "2 parameters, 1 values" in workgroup("query", "select $1::int + $2::int", "-P", "1").ok(USAGE).err
    assert "integer" in workgroup("query", "select $1::int", "-P", "x").ok(1).err
    assert workgroup("query", "select 1 where false", "--json").ok().json == []
    assert "syntax error" in workgroup("query", "selec").ok(1).err


def test_many_rows_come_whole_and_in_order(workgroup):
    sql = "select i, repeat('x', i % 50) as t from generate_series(1, 20001) i order by i"
    lines = workgroup("query", sql, "--csv").ok().out.splitlines()
    assert lines[1:] == [f"{i},{'x' * (i % 50)}" for i in range(1, 20002)]
    found = workgroup("query", sql, "--json").ok().json
    assert [row["i"] for row in found] == list(range(1, 20002))


def test_nothing_is_written_unless_it_is_asked_for(fresh):
    def names() -> set[str]:
        return {row[0] for row in fresh.sql.run("select name from sites")}

    change = ["query", "update sites set name = 'x' where id = $1", "-P", "3"]
    before = names()
    assert "not opened for writing" in fresh(*change, role="tblwgadmin").ok(1).err
    assert fresh(*change, "--write", "--dry-run", role="tblwgadmin").ok().out == "1 rows; nothing was changed\n"
    assert names() == before
    fresh(*change, "--write").ok(AUTHORIZATION)
    assert fresh(*change, "--write", "--json", role="tblwgadmin").ok().json == [{"rows": 1, "dryRun": False}]
    assert names() == before - {"north"} | {"x"}
    made = fresh("query", "insert into system_users values (9, 'new') returning id, name", "--write", "--json", role="tblwgadmin")
    assert made.ok().json == [{"id": 9, "name": "new"}]


def test_who_may_not_and_what_is_not_there(workgroup, tmp_path):
    wrong = workgroup("sites", password="wrong-secret").ok(AUTHORIZATION)
    assert "password authentication failed" in wrong.err and "wrong-secret" not in wrong.err
    assert workgroup("sites", "--tls", "require").ok(NETWORK).err.count("TLS") >= 1
    nowhere = workgroup.program(
        "repository", "sites", "--host", "127.0.0.1", "--port", "1", VIVANT_REPOSITORY_PASSWORD="x"
    ).ok(NETWORK)
    assert "127.0.0.1:1/workgroup as readonly" in nowhere.err
    assert "VIVANT_REPOSITORY_PASSWORD" in workgroup.program("repository", "sites", "--host", "127.0.0.1").ok(USAGE).err
    assert "--host" in workgroup.program("repository", "sites", VIVANT_REPOSITORY_PASSWORD="x").ok(USAGE).err
    (tmp_path / "password").write_text(PASSWORDS["readonly"] + "\n")
    assert workgroup("sites", "--password-file", str(tmp_path / "password"), password="wrong").ok()
    # The address of the web server names the machine.
    assert workgroup("sites", "--json", host=f"https://{workgroup.host}:8443/#/site/x").ok().json


def test_tls(client_binary, tmp_path, monkeypatch):
    """A PostgreSQL of the test's own, since it is set up for TLS."""
    monkeypatch.delenv("VIVANT_TEST_POSTGRES_URL", raising=False)
    own = Postgres()
    workgroup = None
    try:
        workgroup = Workgroup(own, client_binary, tmp_path)
        authority, key = certificate(tmp_path)
        folder = workgroup.sql.run("show data_directory")[0][0]
        for name, path in (("server.crt", authority), ("server.key", key)):
            text = base64.b64encode(path.read_bytes()).decode()
            workgroup.sql.run(f"copy (select '{text}') to program 'umask 077; base64 -d > {folder}/{name}'")
        plain = workgroup("sites", "--logging-level", "info").ok()
        assert "not encrypted" in plain.err
        workgroup.sql.run("alter system set ssl = on")
        workgroup.sql.run("select pg_reload_conf()")
        sql = ["query", "select ssl from pg_stat_ssl where pid = pg_backend_pid()", "--json"]
        trusted = ["--ca-file", str(authority)]
        for tls in ("require", "prefer"):
            assert workgroup(*sql, "--tls", tls, *trusted).ok().json == [{"ssl": True}]
            refused = workgroup(*sql, "--tls", tls).ok(NETWORK).err
            assert "certificate" in refused.lower()
        assert workgroup(*sql, "--tls", "off").ok().json == [{"ssl": False}]
        (tmp_path / "empty.pem").write_text("")
        workgroup(*sql, "--ca-file", str(tmp_path / "empty.pem")).ok(USAGE)
    finally:
        if workgroup:
            workgroup.stop()
        own.stop()
