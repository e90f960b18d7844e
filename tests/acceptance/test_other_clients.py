"""Other people's clients: what they send that Tableau's own do not, and some of them as they are."""

import http.client
import json
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from conftest import ADMIN_PASSWORD
from support import content, seed
from support.rest import MIXED, NOBODY, element, multipart, ts_request
from support.server import clean_env

# What a kept connection carries next


@pytest.mark.parametrize("size", [20, 20_000, 2_000_000])
@pytest.mark.parametrize(
    "method, path, token, status",
    [
        ("PUT", "/sites/{site}/nothing/here", True, 404),
        ("PUT", "/sites/{site}", False, 401),
        ("POST", "/sites/{site}/workbooks", False, 401),
        ("DELETE", f"/sites/{{site}}/workbooks/{NOBODY}", True, 404),
    ],
)
def test_a_refused_body_leaves_the_connection_usable(live, rest, size, method, path, token, status):
    """Old tableauserverclients keep one session; their next call must not find the connection closed."""
    connection = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=20)
    auth = {"X-Tableau-Auth": rest.token} if token else {}
    connection.request(method, "/api/3.1" + path.format(site=rest.site_id), b"x" * size, auth)
    answer = connection.getresponse()
    assert (answer.status, answer.headers.get("Connection")) == (status, None)
    answer.read()
    first = connection.sock
    # A server that closes does so now, not within the answer.
    time.sleep(0.05)
    connection.request("GET", f"/api/3.1/sites/{rest.site_id}", headers={"X-Tableau-Auth": rest.token})
    answer = connection.getresponse()
    assert (answer.status, connection.sock) == (200, first)
    connection.close()


def test_a_caller_who_asks_first_is_not_told_to_send(live):
    """`Expect: 100-continue`, as curl sends it with a large file: the refusal comes instead of the go-ahead."""
    place = urlsplit(live.url)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        connection.sendall(
            b"POST /api/3.1/sites/x/workbooks HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/mixed; boundary=b\r\n"
            b"Content-Length: 60000000\r\nExpect: 100-continue\r\n\r\n"
        )
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"connection: close" in answer.lower().split(b"\r\n\r\n")[0]
    assert b'code="401000"' in answer


# What forms hold


def test_json_nulls_in_a_publishing_form_say_nothing(rest, project, name):
    """tableau-api-lib writes the whole form, as JSON, with null for what it was not told."""
    nothing = {"name": None, "password": None, "embed": False}
    payload = {
        "workbook": {
            "name": name,
            "project": {"id": project},
            "showTabs": False,
            "connections": {
                "connection": [{"serverAddress": None, "serverPort": None, "connectionCredentials": nothing}]
            },
        }
    }
    body = multipart(
        ("form-data", "request_payload", None, "application/json", json.dumps(payload).encode()),
        ("form-data", "tableau_workbook", "book.twb", None, content.twb(connections=[content.Connection()])),
    )
    answer = rest.as_json().post("/sites/{site}/workbooks", body, headers=MIXED).ok(201)
    workbook = answer.json["workbook"]["id"]
    [connection] = rest.get(f"/sites/{{site}}/workbooks/{workbook}/connections").ok(200).all("connections/connection")
    assert connection.get("userName") == "reader"


def test_a_password_without_a_name_keeps_the_name(rest, project, name):
    """Credentials may complete those in the file."""
    credentials = element("connectionCredentials", password="secret", embed=True)
    payload = ts_request(element("workbook", [credentials, element("project", id=project)], name=name))
    file = content.twb(connections=[content.Connection()])
    workbook = rest.publish("workbooks", payload, "book.twb", file).ok(201).get("workbook", "id")
    [connection] = rest.get(f"/sites/{{site}}/workbooks/{workbook}/connections").ok(200).all("connections/connection")
    assert (connection.get("userName"), connection.get("embedPassword")) == ("reader", "true")


# What comes with which version


def test_default_rules_for_flows_come_with_flows(rest, project):
    """tableau_tools asks for them under 3.3 whenever it builds a project object."""
    path = f"/sites/{{site}}/projects/{project}/default-permissions/flows?pageNumber=1"
    rest.under("3.3").get(path).ok(200)
    rest.under("3.2").get(path).refused(404, "404001")


# The clients as they are


def drive(clients, client: str, script: str, *arguments: str) -> dict:
    """Runs a script of `clients/` with the client, and returns what it prints."""
    result = subprocess.run(
        [clients / "bin" / "python", "-W", "ignore", Path(__file__).parent / "clients" / script, *arguments],
        env=clean_env({"PYTHONPATH": str(clients / "clients" / client)}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, f"{client}:\n{result.stdout}\n{result.stderr}"
    return json.loads(result.stdout)


@pytest.fixture
def files(tmp_path) -> str:
    """A folder with what the scripts publish."""
    book = content.twb("One", "Two", connections=[content.Connection()])
    (tmp_path / "book.twbx").write_bytes(content.twbx(book))
    (tmp_path / "orders.tdsx").write_bytes(content.tdsx())
    return str(tmp_path)


@pytest.fixture
def world(rest) -> dict[str, list[str]]:
    """The names of what is on the site."""

    def names(kind: str) -> list[str]:
        answer = rest.get(f"/sites/{{site}}/{kind}", params={"pageSize": 1000}).ok(200)
        return sorted(one.get("name") for one in answer.all(f"{kind}/{kind[:-1]}"))

    return {kind: names(kind) for kind in ("users", "groups", "projects", "workbooks", "views", "datasources")}


@pytest.mark.parametrize("version", ["2.3", "3.1", "3.17"])
@pytest.mark.parametrize("release", ["0.10", "0.17.0", "0.25", "0.30"])
def test_old_releases_of_tableauserverclient(clients, live, files, world, name, release, version):
    """Signing in, pages, publishing, refusals in between, downloading."""
    facts = drive(
        clients, f"tableauserverclient=={release}", "old_tsc.py", live.url, ADMIN_PASSWORD, version, files, name
    )
    assert facts == {
        "users": world["users"],
        "projects": world["projects"],
        "one page": len(world["workbooks"]),
        "tabs": True,
        "refused": 20,
        "views": ["One", "Two"],
        # The attribute for embedded passwords is younger than 2.3.
        "connections": [["postgres", "writer", version != "2.3"]],
        "bytes": True,
        "file": "down.twbx",
        "tags": ["old"],
    }


@pytest.mark.parametrize("version", ["3.17", "3.29"])
def test_tableau_api_lib(clients, live, files, world, name, version):
    """Its calls in JSON, its pages and its data frames."""
    facts = drive(
        clients, "tableau-api-lib==0.1.50", "api_lib.py", live.url, ADMIN_PASSWORD, *seed.TOKEN, version, files, name
    )
    assert facts == {
        **world,
        "token": 200,
        "password": 200,
        "sites": ["Default", "Second Site", "Third Site"],
        "nothing": [{}],
        "members": True,
        "own name": ["reader"],
        "given name": ["writer"],
        "bytes": True,
        "moved": True,
        "source": True,
        "schedule": ["Weekly", [{"weekDay": "Monday"}], "50"],
        "state": "Suspended",
        "listed": True,
        "got": True,
        "extract": True,
        "tasks": 2,
        "one task": "RefreshExtractTask",
    }


def test_tableau_tools(clients, live, files, world, name):
    """Lists, look-ups by name, people, projects with their rules, content."""
    facts = drive(clients, "tableau-tools==6.0.0", "tools.py", live.url, ADMIN_PASSWORD, files, name)
    lists = {kind: world[kind] for kind in ("projects", "users", "workbooks", "datasources")}
    assert facts == {
        **lists,
        "sites": ["", "second", "third"],
        "json": world["workbooks"],
        "ada": "ada",
        "nobody": True,
        "same user": True,
        "same group": True,
        "members": 2,
        "locked": False,
        "conflict": True,
        "file": "tools.twbx",
        "bytes": True,
        "schedules": {"Extract": ["hourly", "weekly"], "Subscription": ["daily", "monthly"]},
        "same schedule": True,
        "task": ["extractRefresh", "10", True],
    }


def test_tableau_cli(clients, live, world, tmp_path):
    """A command line that speaks JSON under a personal access token, as Tableau's MCP server does."""
    token, value = seed.TOKEN
    environment = clean_env({"PYTHONPATH": str(clients / "clients" / "tableau-cli==0.1.5"), "HOME": str(tmp_path)})

    def cli(*arguments: str):
        program = "from tableau_cli.cli import main; main()"
        result = subprocess.run(
            [clients / "bin" / "python", "-c", program, *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return json.loads(result.stdout) if result.stdout.startswith(("[", "{")) else result.stdout

    cli("config", "set", "--server", live.url, "--site-name", "", "--pat-name", token, "--pat-value", value)
    orders, *others = cli("datasources", "list", "--filter", "name:eq:orders")
    assert (orders["name"], orders["project"]["name"], others) == ("orders", "Finance", [])
    report, *others = cli("workbooks", "list", "--filter", "projectName:eq:Nested,name:in:[Sales Report,x]")
    assert (report["name"], others) == ("Sales Report", [])
    assert [view["name"] for view in cli("workbooks", "get", report["id"])["views"]["view"]] == ["Overview", "By Region"]
    assert {view["name"] for view in cli("views", "list", "--page-size", "2")} <= set(world["views"])
    saved = cli("datasources", "download", orders["id"])["filePath"]
    assert Path(saved).read_bytes() == seed.FILES["orders.tdsx"]
