"""Who signs in, and how commands share a session: what they ask of a server is recorded on the way."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from support.differential.proxy import Answer, Exchange, Proxy, Request
from support.program import Program
from support.rest import Rest, element, ts_request
from support.world import ADMIN, ADMIN_PASSWORD

USAGE, AUTHORIZATION, NOT_FOUND, CONFLICT = 2, 3, 4, 5


@pytest.fixture
def proxy(live):
    proxy = Proxy(live.url)
    yield proxy
    proxy.stop()


@pytest.fixture
def vivant(client_binary, proxy, tmp_path) -> Program:
    return Program(
        client_binary, tmp_path, VIVANT_SERVER=proxy.url, VIVANT_USERNAME=ADMIN, VIVANT_PASSWORD=ADMIN_PASSWORD,
        VIVANT_SESSIONS=str(tmp_path / "sessions"),
    )  # fmt: skip


def asked(kept: list[Exchange]) -> list[str]:
    """The requests, without the version and the ids in their addresses."""
    short = lambda path: re.sub(r"/[0-9a-f]{8}-[0-9a-f-]{27}", "/ID", re.sub(r"^/api/[\d.]+", "", path))  # noqa: E731
    return [f"{one.request.method} {short(one.request.path)}" for one in kept]


# Sessions that commands share.


def test_commands_go_on_with_one_session(vivant, proxy, tmp_path):
    first = proxy.record()
    vivant("projects", "list").ok()
    assert asked(first) == ["GET /serverInfo", "POST /auth/signin", "GET /sites/ID/projects"]
    second = proxy.record()
    vivant("projects", "list").ok()
    vivant("users", "whoami").ok()
    # Neither the version is asked for again nor is anybody signed in or out.
    assert all("/sites/" in one for one in asked(second)), asked(second)
    folder = tmp_path / "sessions"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert files and all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    # What lies there opens nothing.
    tokens = {one.request.headers["x-tableau-auth"] for one in second}
    assert len(tokens) == 1
    token = tokens.pop().encode()
    assert not any(token in file.read_bytes() for file in files)


def test_many_programs_sign_in_once(vivant, proxy):
    kept = proxy.record()
    with ThreadPoolExecutor(8) as pool:
        for ran in pool.map(lambda _: vivant("projects", "list", "--json"), range(8)):
            ran.ok()
    assert asked(kept).count("POST /auth/signin") == 1
    assert "POST /auth/signout" not in asked(kept)
    assert len({one.request.headers.get("x-tableau-auth") for one in kept} - {None}) == 1


def test_a_session_that_was_killed_is_renewed(vivant, proxy, live):
    kept = proxy.record()
    vivant("projects", "list").ok()
    token = kept[-1].request.headers["x-tableau-auth"]
    Rest(live.url, token=token).post("/auth/signout").ok(204)
    kept = proxy.record()
    listed = vivant("projects", "list", "--json").ok().json
    assert listed and asked(kept).count("POST /auth/signin") == 1
    # The next one has the new session.
    kept = proxy.record()
    vivant("projects", "list").ok()
    assert asked(kept) == ["GET /sites/ID/projects"]


def test_another_server_at_the_address_is_taken_as_it_is(vivant, proxy, new_server):
    """Such as one that began anew: what is kept names a site and a user that are not there."""
    vivant("projects", "list").ok()
    other = new_server(store="sqlite").start()
    proxy.upstream = urlsplit(other.url)
    kept = proxy.record()
    assert vivant("projects", "list", "--json").ok().json
    read = "GET /sites/ID/projects"
    assert [one for one in asked(kept) if "Info" not in one] == [read, "POST /auth/signin", read]
    there = Rest(other.url).sign_in(ADMIN, ADMIN_PASSWORD)
    assert there.site_id in kept[-1].request.path
    # Nothing is done on the word of another server: not to its site, nor to its users.
    another = new_server(store="sqlite").start()
    proxy.upstream = urlsplit(another.url)
    kept = proxy.record()
    for command in (["users", "delete", there.user_id], ["sites", "delete", there.site_id]):
        assert vivant(*command).code != 0
        assert all(one.answer.status >= 400 for one in kept if one.request.method == "DELETE")
    assert vivant("users", "whoami", "--json").ok().json


def test_a_session_is_for_who_could_begin_it(vivant, proxy):
    vivant("projects", "list").ok()
    refused = vivant("projects", "list", VIVANT_PASSWORD="another").ok(AUTHORIZATION)
    assert refused.out == ""
    kept = proxy.record()
    vivant("projects", "list").ok()
    assert asked(kept) == ["GET /sites/ID/projects"]
    # Another site is another session.
    vivant("projects", "list", "--site", "second").ok()
    assert "POST /auth/signin" in asked(kept)


def test_a_command_can_go_without(vivant, proxy, tmp_path):
    kept = proxy.record()
    vivant("projects", "list", "--no-session-cache").ok()
    vivant("projects", "list", VIVANT_SESSIONS="none").ok()
    assert asked(kept).count("POST /auth/signin") == asked(kept).count("POST /auth/signout") == 2
    assert not (tmp_path / "sessions").exists()
    # A folder that others may write to is refused; one that cannot be made is gone without.
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    refused = vivant("projects", "list", VIVANT_SESSIONS=str(open_to_all))
    assert refused.code != 0 and "chmod" in refused.err
    (tmp_path / "file").write_text("")
    vivant("projects", "list", VIVANT_SESSIONS=str(tmp_path / "file" / "sessions")).ok()


def test_signing_out(vivant, proxy):
    vivant("profile", "add", "here", "--server", proxy.url, "--username", ADMIN, "--no-prompt").ok()
    assert vivant("profile", "sign-out", "here").ok().out == "there was no session\n"
    vivant("projects", "list").ok()
    kept = proxy.record()
    assert vivant("profile", "sign-out", "here").ok().out == "signed out\n"
    assert asked(kept)[-1] == "POST /auth/signout"
    assert vivant("profile", "sign-out").ok().out == "there was no session\n"
    kept = proxy.record()
    vivant("projects", "list").ok()
    assert "POST /auth/signin" in asked(kept)
    vivant("profile", "sign-out", "nowhere").ok(NOT_FOUND)


# Acting as somebody else.


def test_acting_as_another_user(vivant, proxy):
    by_name = vivant("users", "whoami", "--impersonate", "ada", "--json").ok().json
    assert by_name["name"] == "ada"
    assert vivant("users", "whoami", "--json").ok().json["name"] == ADMIN
    kept = proxy.record()
    assert vivant("users", "whoami", "--json", VIVANT_IMPERSONATE=by_name["id"]).ok().json["name"] == "ada"
    assert "POST /auth/signin" not in asked(kept)
    vivant("users", "whoami", "--impersonate", "nobody there").ok(NOT_FOUND)


# Connected apps and JSON web tokens: no server here takes them, so a stand-in does, which checks them.


class App(Proxy):
    """Signs in who brings a token that the app's secret signed, as the administrator; the rest goes to the server."""

    CLIENT, SECRET_ID, SECRET = "11111111-aaaa-4bbb-8ccc-222222222222", "33333333-aaaa-4bbb-8ccc-444444444444", "s3cr+t/value=="

    def __init__(self, upstream: str):
        super().__init__(upstream)
        self.tokens: list[tuple[dict, dict]] = []

    def answer(self, request: Request) -> Answer:
        found = re.search(r'jwt="([^"]+)"', request.body.decode()) if request.path.endswith("/auth/signin") else None
        if found is None:
            return super().answer(request)
        head, payload, signature = found[1].split(".")
        wanted = hmac.new(self.SECRET.encode(), f"{head}.{payload}".encode(), hashlib.sha256).digest()
        if plain(signature) != wanted:
            body = b'<tsResponse xmlns="http://tableau.com/api"><error code="401001"><summary>No</summary><detail>bad signature</detail></error></tsResponse>'
            return Answer(401, body, [("Content-Type", "application/xml")])
        self.tokens.append((json.loads(plain(head)), json.loads(plain(payload))))
        credentials = element("credentials", element("site", contentUrl=""), name=ADMIN, password=ADMIN_PASSWORD)
        headers = {"Content-Type": "application/xml"}
        return super().answer(Request(request.method, request.path, "", headers, ts_request(credentials)))


def plain(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def signed(payload: dict) -> str:
    coded = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=").decode()  # noqa: E731
    text = f"{coded(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{coded(json.dumps(payload).encode())}"
    return f"{text}.{coded(hmac.new(App.SECRET.encode(), text.encode(), hashlib.sha256).digest())}"


@pytest.fixture
def app(live):
    app = App(live.url)
    yield app
    app.stop()


@pytest.fixture
def alone(client_binary, app, tmp_path) -> Program:
    return Program(client_binary, tmp_path, VIVANT_SERVER=app.url, VIVANT_SESSIONS=str(tmp_path / "sessions"))


def test_a_connected_app_signs_in(alone, app, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(App.SECRET + "\n")
    options = ["--username", "ada@example.com", "--client-id", App.CLIENT, "--secret-id", App.SECRET_ID]
    alone("projects", "list", *options, "--secret-file", secret, "--scope", "tableau:content:read,tableau:projects:*").ok()
    ((head, payload),) = app.tokens
    assert (head["kid"], head["iss"], head["alg"]) == (App.SECRET_ID, App.CLIENT, "HS256")
    assert payload["sub"] == "ada@example.com" and payload["aud"] == "tableau"
    assert payload["scp"] == ["tableau:content:read", "tableau:projects:*"]
    assert 0 < payload["exp"] - time.time() <= 600
    # The same by variables; with other scopes it is another session.
    variables = {
        "VIVANT_USERNAME": "ada@example.com", "VIVANT_CLIENT_ID": App.CLIENT, "VIVANT_SECRET_ID": App.SECRET_ID,
        "VIVANT_SECRET_VALUE": App.SECRET,
    }  # fmt: skip
    alone("projects", "list", VIVANT_SCOPES="tableau:content:read, tableau:projects:*", **variables).ok()
    assert len(app.tokens) == 1
    alone("projects", "list", **variables).ok()
    assert len(app.tokens) == 2 and "tableau:workbooks:*" in app.tokens[1][1]["scp"]
    refused = alone("projects", "list", **{**variables, "VIVANT_SECRET_VALUE": "another"}).ok(AUTHORIZATION)
    assert "another" not in refused.err and App.SECRET not in refused.err
    for missing in ("VIVANT_USERNAME", "VIVANT_SECRET_ID"):
        rest = {name: value for name, value in variables.items() if name != missing}
        assert missing in alone("projects", "list", **rest).ok(USAGE).err


def test_a_profile_keeps_a_connected_app(alone, app, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(App.SECRET)
    add = ["profile", "add", "app", "--server", app.url, "--username", "ada", "--client-id", App.CLIENT,
           "--secret-id", App.SECRET_ID, "--scope", "tableau:content:read"]  # fmt: skip
    alone(*add, "--secret-file", secret, "--keep-secret").ok()
    secret.unlink()
    shown = alone("profile", "get", "app", "--json").ok()
    assert shown.json["clientId"] == App.CLIENT and shown.json["scopes"] == ["tableau:content:read"]
    assert App.SECRET not in shown.out
    alone("projects", "list", "--profile", "app").ok()
    assert app.tokens[0][1]["sub"] == "ada"
    # Somebody else through the same app.
    alone("projects", "list", "--profile", "app", "--username", "grace").ok()
    assert app.tokens[1][1]["sub"] == "grace"
    assert alone("profile", "sign-out", "app").ok().out == "signed out\n"


def test_a_json_web_token_signs_in(alone, tmp_path, app):
    token = signed({"sub": "ada", "exp": int(time.time()) + 300})
    file = tmp_path / "token"
    file.write_text(token)
    alone("projects", "list", "--jwt-file", file).ok()
    alone("projects", "list", VIVANT_JWT=token).ok()
    # The second one went on with the session of the first.
    assert len(app.tokens) == 1
    alone("projects", "list", "--jwt-file", "-", "--no-session-cache", input=token.encode()).ok()
    assert len(app.tokens) == 2
    wrong = alone("projects", "list", "--jwt-file", file, "--username", "ada").ok(USAGE)
    assert "--jwt-file" in wrong.err
    alone("profile", "add", "jwt", "--server", app.url, "--jwt-file", file).ok()
    alone("projects", "list", "--profile", "jwt").ok()
    kept = alone("profile", "add", "kept", "--server", app.url, "--jwt-file", file, "--keep-secret").ok(USAGE)
    assert "minutes" in kept.err and token not in (tmp_path / "settings/vivant/config.toml").read_text()


def test_ways_to_sign_in_exclude_each_other(alone, tmp_path):
    file = tmp_path / "secret"
    file.write_text("x")
    for arguments in (
        ["--token-name", "a", "--client-id", "b"],
        ["--token-name", "a", "--jwt-file", file],
        ["--client-id", "a", "--jwt-file", file],
        ["--username", "a", "--secret-file", file],
        ["--token-name", "a", "--secret-file", file],
        ["--username", "a", "--token-file", file],
    ):
        refused = alone("projects", "list", "--no-prompt", *arguments).ok(USAGE)
        assert refused.err, arguments
