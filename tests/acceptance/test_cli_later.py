"""Commands for methods that no server here has: what they ask is recorded, and answers are in the shape of the reference.

What has an answer of the server's own, such as looking things up by name and uploading, goes to it.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from support import content
from support.differential.proxy import Answer, Exchange, Proxy, Request, made
from support.program import Program
from support.rest import element, ts_request
from support.world import ADMIN, ADMIN_PASSWORD

OTHER, USAGE, NOT_FOUND, PARTIAL, SERVER = 1, 2, 4, 6, 8

ID = r"[0-9a-f-]{36}"
SITE = f"/sites/{ID}"
HARD = "Ü & <b> \"q\" 数据 😀"


class Later(Proxy):
    """A server of a later version: what it has no answer for, an earlier one answers."""

    def _ask(self, request: Request) -> Answer:
        return super()._ask(replace(request, path=re.sub(r"^/api/[\d.]+/", "/api/3.1/", request.path)))


@pytest.fixture
def later(live):
    later = Later(live.url)
    yield later
    later.stop()


@pytest.fixture
def vivant(client_binary, later, tmp_path) -> Program:
    program = Program(
        client_binary, tmp_path, VIVANT_SERVER=later.url, VIVANT_USERNAME=ADMIN, VIVANT_PASSWORD=ADMIN_PASSWORD
    )
    # The version that is spoken stands in a profile, so that no test has to say it.
    settings = tmp_path / "settings" / "vivant"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(
        f'current = "later"\n[profiles.later]\nserver = "{later.url}"\nusername = "{ADMIN}"\napi-version = "3.27"\n'
    )
    return program.without("VIVANT_SERVER")


def answers(later: Later, *ours) -> list[Exchange]:
    return later.record(list(ours))


def the(kept: list[Exchange], path: str) -> Request:
    """The one request whose path ends like this."""
    found = [one.request for one in kept if re.search(path + "$", one.request.path)]
    assert len(found) == 1, [str(one.request) for one in kept]
    return found[0]


def of_json(method: str, path: str, body) -> object:
    return made(method, path, body=json.dumps(body).encode(), kind="application/json")


# Warnings about the quality of data.


WARNING = '<dataQualityWarning id="11111111-1111-4111-8111-111111111111" type="STALE" message="old" isActive="true" isSevere="true" userDisplayName="Ada"/>'


def test_quality_warnings(vivant, later):
    kept = answers(later, made("GET", f"{SITE}/dataQualityWarnings/datasource/{ID}", f"<dataQualityWarningList>{WARNING}</dataQualityWarningList>"))
    rows = vivant("quality-warnings", "list", "datasource", "Shared Orders", "--csv").ok().rows
    assert [(row["type"], row["message"], row["isSevere"]) for row in rows] == [("STALE", "old", "true")]
    assert "STALE" in vivant("dqw", "list", "datasource", "Shared Orders").ok().out

    path = f"{SITE}/dataQualityWarnings/datasource/{ID}"
    for verb, method in (("add", "POST"), ("update", "PUT")):
        kept = answers(later, made(method, path, WARNING))
        vivant("quality-warnings", verb, "datasource", "Shared Orders", "--type", "stale", "--message", HARD, "--severe").ok()
        sent = the(kept, f"/dataQualityWarnings/datasource/{ID}").body.decode()
        assert 'type="STALE"' in sent and 'isSevere="true"' in sent and 'isActive="true"' in sent and "数据 😀" in sent
    kept = answers(later, made("DELETE", path, status=204))
    would = vivant("quality-warnings", "remove", "datasource", "Shared Orders", "--dry-run").ok()
    assert would.out.startswith("would take the warnings off data source Shared Orders")
    assert not [one for one in kept if one.request.method == "DELETE"]
    vivant("quality-warnings", "remove", "datasource", "Shared Orders").ok()
    assert the(kept, f"/dataQualityWarnings/datasource/{ID}").method == "DELETE"
    assert "flow" in vivant("quality-warnings", "list", "workbook", "Secret").ok(USAGE).err
    # A server without the method says so.
    later.rest()
    assert vivant("quality-warnings", "list", "datasource", "Shared Orders").ok(SERVER).out == ""


# Search and the catalog.


def test_search_goes_on_to_other_pages(vivant, later):
    def page(number: int, more: bool) -> dict:
        item = {"uri": "x", "content": {"type": "workbook", "title": f"{HARD} {number}", "luid": f"id-{number}", "hitsTotal": number}}
        return {"hits": {"total": 3, "items": [item], **({"next": "there"} if more else {})}}

    class Pages(Later):
        def answer(self, request: Request) -> Answer:
            if request.path != "/api/-/search":
                return super().answer(request)
            self.asked.append(request.query)
            number = int(re.search(r"page=(\d+)", request.query)[1])
            return Answer(200, json.dumps(page(number, number < 2)).encode(), [("Content-Type", "application/json")])

    later.__class__ = Pages
    later.asked = []
    found = vivant("content", "search", "sales", "& more", "--filter", "type:eq:workbook", "--sort", "hitsTotal:desc", "--json").ok().json
    assert [item["content"]["title"] for item in found] == [f"{HARD} {n}" for n in range(3)]
    assert "terms=sales%20%26%20more" in later.asked[0] and "order_by=hitsTotal%3Adesc" in later.asked[0]
    rows = vivant("content", "search", "--limit", "2", "--csv").ok().rows
    assert [row["content.luid"] for row in rows] == ["id-0", "id-1"]


QUERY = "query W($name: String) { workbooks(filter: {name: $name}) { name } }"


def test_metadata_queries(vivant, later, tmp_path):
    kept = answers(later, of_json("POST", "/api/metadata/graphql", {"data": {"workbooks": [{"name": HARD}]}}))
    (tmp_path / "q.graphql").write_text(QUERY)
    (tmp_path / "v.json").write_text(json.dumps({"name": HARD, "n": 1}))
    out = vivant("metadata", "query", "q.graphql", "--variables-file", "v.json", "--variable", "n=[2]", "--variable", "t=x y").ok().json
    assert out == {"workbooks": [{"name": HARD}]}
    sent = json.loads(the(kept, "graphql").body)
    assert sent == {"query": QUERY, "variables": {"name": HARD, "n": [2], "t": "x y"}}
    assert vivant("metadata", "query", "-", input=QUERY.encode()).ok().json == out
    assert vivant("metadata", "query", "--query", QUERY).ok().json == out
    vivant("metadata", "query", "--query", QUERY, "--csv").ok(USAGE)
    vivant("metadata", "query", "missing.graphql").ok(USAGE)

    answers(later, of_json("POST", "/api/metadata/graphql", {"data": {"a": 1}, "errors": [{"message": "limit of nodes"}]}))
    partly = vivant("metadata", "query", "--query", "{ a }").ok(OTHER)
    assert json.loads(partly.out) == {"a": 1} and "limit of nodes" in partly.err
    answers(later, of_json("POST", "/api/metadata/graphql", {"data": None, "errors": [{"message": "no such field"}]}))
    failed = vivant("metadata", "query", "--query", "{ a }").ok(OTHER)
    assert failed.out == "" and "no such field" in failed.err

    answers(later, of_json("POST", "/api/metadata/graphql", {"data": {"x": {"nodes": [1], "pageInfo": {"hasNextPage": False, "endCursor": None}}}}))
    paged = "query($first: Int, $afterToken: String) { x { nodes pageInfo { hasNextPage endCursor } } }"
    assert vivant("metadata", "query", "--pages", "--query", paged).ok().json[0]["x"]["nodes"] == [1]
    answers(later, of_json("GET", "/api/metadata/v1/control/backfill/status", {"a": 1}), of_json("GET", "/api/metadata/v1/control/eventing/status", {"b": 2}))
    assert vivant("metadata", "status").ok().json == {"backfill": {"a": 1}, "eventing": {"b": 2}}


# Data without a view, and Pulse.


def test_data_of_a_published_data_source(vivant, later, tmp_path):
    rows = {"data": [{"Region": "North, \"x\"", "SUM(Sales)": 1.5}, {"Region": None, "SUM(Sales)": 2}]}
    service = "/api/v1/vizql-data-service"
    kept = answers(later, of_json("POST", f"{service}/query-datasource", rows))
    (tmp_path / "query.json").write_text(json.dumps({"fields": [{"fieldCaption": "Region"}, {"fieldCaption": "Sales", "function": "SUM"}]}))
    out = vivant("vizql-data", "query", "Shared Orders", "query.json", "--csv").ok().out
    assert out == 'Region,SUM(Sales)\n"North, ""x""",1.5\n,2\n'
    sent = json.loads(the(kept, "query-datasource").body)
    assert sent["query"]["fields"][1] == {"fieldCaption": "Sales", "function": "SUM"} and len(sent["datasource"]["datasourceLuid"]) == 36
    assert vivant("vds", "query", "Shared Orders", "--fields", "Region,Sales", "--json").ok().json == rows["data"]
    assert vivant("vds", "query", "Shared Orders", "--fields", "Region").ok().out.splitlines()[0].split() == ["Region", "SUM(Sales)"]
    (tmp_path / "pw").write_text("pa55")
    kept = answers(later, of_json("POST", f"{service}/read-metadata", {"data": [{"fieldCaption": "Region", "dataType": "STRING"}]}))
    fields = vivant("vds", "fields", "Shared Orders", "--db-username", "db", "--db-password-file", "pw", "--json").ok().json
    assert fields[0]["dataType"] == "STRING"
    assert json.loads(the(kept, "read-metadata").body)["datasource"]["connections"] == [{"connectionUsername": "db", "connectionPassword": "pa55"}]
    answers(later, of_json("POST", f"{service}/get-datasource-model", {"logicalTables": []}), of_json("GET", f"{service}/simple-request", {"ok": True}))
    assert vivant("vds", "model", "Shared Orders").ok().json == {"logicalTables": []}
    assert vivant("vds", "check").ok().json == {"ok": True}
    vivant("vds", "query", "Shared Orders").ok(USAGE)


def test_pulse(vivant, later, tmp_path):
    definition = {"metadata": {"id": "d1", "name": HARD}, "total_metrics": 2}
    metric = {"id": "m1", "definition_id": "d1", "is_default": True}
    kept = answers(
        later,
        of_json("GET", "/api/-/pulse/definitions", {"definitions": [definition]}),
        of_json("POST", "/api/-/pulse/definitions:batchGet", {"definitions": [definition]}),
        of_json("GET", "/api/-/pulse/definitions/d1/metrics", {"metrics": [metric]}),
        of_json("POST", "/api/-/pulse/metrics:batchGet", {"metrics": [metric]}),
        of_json("GET", "/api/-/pulse/subscriptions", {"subscriptions": [{"id": "s1", "metric_id": "m1"}]}),
        of_json("POST", "/api/-/pulse/insights/detail", {"bundle_response": 1}),
        of_json("POST", "/api/-/pulse/insights/brief", {"markup": "x"}),
    )
    assert vivant("pulse", "definitions", "--csv").ok().rows[0]["metadata.name"] == HARD
    assert vivant("pulse", "definitions", "d1", "--view", "full", "--json").ok().json == [definition]
    assert json.loads(the(kept, "batchGet").body) == {"definition_ids": ["d1"]}
    assert vivant("pulse", "metrics", "d1", "--json").ok().json == [metric]
    assert vivant("pulse", "metrics", "--id", "m1", "--json").ok().json == [metric]
    assert vivant("pulse", "subscriptions", "--user", "ada", "--csv").ok().rows[0]["metric_id"] == "m1"
    (tmp_path / "request.json").write_text('{"bundle_request": {"version": 1}}')
    assert vivant("pulse", "insight", "detail", "request.json").ok().json == {"bundle_response": 1}
    assert json.loads(the(kept, "insights/detail").body) == {"bundle_request": {"version": 1}}
    assert vivant("pulse", "brief", "-", input=b'{"messages": []}').ok().json == {"markup": "x"}
    vivant("pulse", "metrics").ok(USAGE)


# Settings.


def test_extensions(vivant, later):
    site = "<extensionsSiteSettings><extensionsEnabled>true</extensionsEnabled><useDefaultSetting>true</useDefaultSetting><safeList><url>https://a</url><fullDataAllowed>false</fullDataAllowed><promptNeeded>true</promptNeeded></safeList></extensionsSiteSettings>"
    server = "<extensionsServerSettings><extensionsGloballyEnabled>true</extensionsGloballyEnabled><blockList>https://bad</blockList></extensionsServerSettings>"
    settings = f"{SITE}/settings/extensions"
    kept = answers(
        later, made("GET", settings, site), made("PUT", settings, site),
        made("GET", "/settings/extensions", server), made("PUT", "/settings/extensions", server),
    )  # fmt: skip
    assert vivant("extensions", "get", "--json").ok().json["safeList"][0]["url"] == "https://a"
    vivant("extensions", "update", "--others", "false", "--allow", "https://b?x=1&y", "--full-data", "--dry-run").ok()
    assert not [one for one in kept if one.request.method == "PUT"]
    vivant("extensions", "update", "--others", "false", "--allow", "https://b?x=1&y", "--full-data").ok()
    (sent,) = [one.request.body.decode() for one in kept if one.request.method == "PUT"]
    assert "<useDefaultSetting>false<" in sent and "https://a" in sent and "https://b?x=1&amp;y" in sent
    vivant("extensions", "update", "--disallow", "https://none").ok(USAGE)
    vivant("extensions", "update").ok(USAGE)
    assert vivant("extensions", "get-server", "--json").ok().json["blockList"]
    kept.clear()
    vivant("extensions", "update-server", "--unblock", "https://bad", "--block", "https://worse").ok()
    (sent,) = [one.request.body.decode() for one in kept if one.request.method == "PUT"]
    assert "https://bad<" not in sent and "https://worse" in sent


OIDC = '<siteOIDCConfiguration enabled="true" idpConfigurationId="9a8b7c6d-5e4f-4a2b-8c0d-9e8f7a6b5c4d" idpConfigurationName="Corp" clientId="c" authorizationEndpoint="https://i/a" tokenEndpoint="https://i/t" userinfoEndpoint="https://i/u" jwksUri="https://i/j"/>'


def test_openid_connect(vivant, later, tmp_path):
    (tmp_path / "secret").write_text("0idc-s3cret")
    listed = '<siteAuthConfigurations><siteAuthConfiguration authSetting="OIDC" enabled="true" idpConfigurationId="9a8b7c6d-5e4f-4a2b-8c0d-9e8f7a6b5c4d" idpConfigurationName="Corp"/></siteAuthConfigurations>'
    one = f"{SITE}/site-oidc-configuration/{ID}"
    kept = answers(
        later,
        made("GET", f"{SITE}/site-auth-configurations", listed),
        made("GET", one, OIDC), made("PUT", one, OIDC), made("PUT", f"{SITE}/site-oidc-configuration", OIDC),
        made("PUT", f"{SITE}/disable-site-oidc-configuration", status=204),
    )  # fmt: skip
    assert vivant("oidc", "list", "--csv").ok().rows[0]["idpConfigurationName"] == "Corp"
    assert vivant("oidc", "get", "Corp", "--json").ok().json["clientId"] == "c"
    incomplete = vivant("oidc", "create", "New", "--oidc-client-id", "c").ok(USAGE)
    assert "client secret" in incomplete.err
    options = ["--oidc-client-id", "c", "--oidc-secret-file", "secret", "--authorization-endpoint", "https://i/a",
               "--token-endpoint", "https://i/t", "--userinfo-endpoint", "https://i/u", "--jwks-uri", "https://i/j"]  # fmt: skip
    made_one = vivant("oidc", "create", "New", *options).ok()
    sent = the(kept, "site-oidc-configuration").body.decode()
    assert 'clientSecret="0idc-s3cret"' in sent and 'name="New"' in sent and "0idc-s3cret" not in made_one.out
    vivant("oidc", "update", "Corp", "--enabled", "false").ok(USAGE)
    kept.clear()
    vivant("oidc", "update", "Corp", "--enabled", "false", "--oidc-secret-file", "secret").ok()
    (sent,) = [one.request.body.decode() for one in kept if one.request.method == "PUT"]
    assert 'enabled="false"' in sent and 'tokenEndpoint="https://i/t"' in sent and 'name="Corp"' in sent
    vivant("oidc", "delete", "Corp").ok()
    assert the(kept, "disable-site-oidc-configuration").query.startswith("idpConfigurationId=9a8b7c6d")


def test_sites_have_logos_and_encryption(vivant, later, tmp_path):
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    (tmp_path / "logo.png").write_bytes(png)
    (tmp_path / "logo.gif").write_bytes(b"GIF89a")
    kept = answers(
        later, made("PUT", f"/sites/{ID}", status=204),
        *[made("POST", f"/sites/{ID}/{what}-extracts", status=204) for what in ("encrypt", "decrypt", "reencrypt")],
    )  # fmt: skip
    vivant("sites", "logo", "logo.png", "--dry-run").ok()
    assert not [one for one in kept if one.request.method == "PUT"]
    vivant("sites", "logo", "logo.png").ok()
    (sent,) = [one.request for one in kept if one.request.method == "PUT"]
    assert png in sent.body and b'name="site_logo"' in sent.body
    vivant("sites", "logo", "--reset").ok()
    vivant("sites", "logo", "logo.gif").ok(USAGE)
    vivant("sites", "logo").ok(USAGE)
    for what in ("encrypt", "decrypt", "reencrypt"):
        assert what in vivant("sites", f"{what}-extracts", "--of", "Second Site").ok().out
        the(kept, f"/{what}-extracts")


def test_the_server_and_its_sessions(vivant, later):
    record = '<comparisonRecord site="a" sheetURI="b" unacceleratedSessionCount="3" averageNonAcceleratedPLT="1.5"/>'
    kept = answers(
        later,
        made("GET", "/sessions/current", '<session><site id="x" name="Default"/><user name="ada"/></session>'),
        made("DELETE", "/sessions/s%2F1", status=204),
        made("POST", "/auth/revokeAllServerAdminTokens", status=204),
        made("GET", f"{SITE}/dataAccelerationReport", f"<dataAccelerationReport>{record}</dataAccelerationReport>"),
    )
    assert vivant("server", "info", "--json").ok().json["restApiVersion"]
    assert "ada" in vivant("server", "session").ok().out
    assert vivant("server", "end-session", "s/1", "--dry-run").ok().out.startswith("would end session")
    vivant("server", "end-session", "s/1").ok()
    the(kept, "/sessions/s%2F1")
    vivant("server", "revoke-admin-tokens").ok(USAGE)
    vivant("server", "revoke-admin-tokens", "--yes").ok()
    the(kept, "revokeAllServerAdminTokens")
    assert vivant("server", "acceleration-report", "--csv").ok().rows[0]["sheetURI"] == "b"


# Domains and requests of one's own, which the server answers itself.


@pytest.fixture
def plain(client_binary, live, tmp_path) -> Program:
    return Program(client_binary, tmp_path, VIVANT_SERVER=live.url, VIVANT_USERNAME=ADMIN, VIVANT_PASSWORD=ADMIN_PASSWORD)


def test_domains(plain, vivant, later):
    listed = '<domainList><domain id="1" name="example.lan" shortName="EX"/><domain id="2" name="other"/></domainList>'
    kept = answers(later, made("GET", "/domains", listed), made("PUT", "/domains", '<domain id="1" name="new.lan" shortName="EX"/>'))
    assert [row["name"] for row in vivant("domains", "list", "--csv").ok().rows] == ["example.lan", "other"]
    assert vivant("domains", "get", "example.lan", "--json").ok().json["id"] == "1"
    for named in ("1", "example.lan", "EX"):
        kept.clear()
        vivant("domains", "update", named, "--name", "new.lan").ok()
        (sent,) = [one.request.body.decode() for one in kept if one.request.method == "PUT"]
        assert 'id="1"' in sent and 'name="new.lan"' in sent
    vivant("domains", "update", "nowhere", "--name", "x").ok(NOT_FOUND)
    vivant("domains", "update", "1").ok(USAGE)
    # The server has no directory, and lists the local domain.
    assert plain("domains", "list", "--json").ok().json


def test_requests_of_ones_own(plain, rest, tmp_path, name):
    listed = plain("request", "GET", "/projects?pageSize=1", "--include").ok()
    assert "<projects>" in listed.out and listed.err.startswith("200\n")
    assert 'name="Default"' in plain("request", "get", "projects", "--query", "filter=name:eq:Default").ok().out
    assert '"projects"' in plain("request", "GET", "/projects", "--header", "Accept: application/json").ok().out
    document = ts_request(element("project", name=f"{HARD} {name}"))
    (tmp_path / "project.xml").write_bytes(document)
    would = plain("request", "POST", "/projects", "--body", "project.xml", "--dry-run").ok()
    assert would.out == "would send POST /projects\n"
    assert name not in plain("projects", "list", "--all").ok().out
    plain("request", "POST", "/projects", "--body", "project.xml", "--output", "answer.xml").ok()
    assert "数据 😀" in (tmp_path / "answer.xml").read_text()
    project = plain("projects", "get", f"{HARD} {name}", "--json").ok().json["id"]
    assert plain("request", "DELETE", f"/projects/{project}").ok().out == ""
    assert plain("request", "GET", f"/projects/{project}").code != 0
    assert "serverInfo" in plain("request", "GET", "/serverinfo", "--api").ok().out
    assert plain("request", "GET", "/readyz", "--root").code == 0
    for arguments in (
        ["FETCH", "/x"], ["GET", "/x", "--api", "--root"], ["GET", "/../x"], ["GET", "/x", "--query", "y"],
        ["GET", "/x", "--header", "X-Tableau-Auth: y"], ["POST", "/x", "--body", "missing"],
    ):  # fmt: skip
        plain("request", *arguments).ok(USAGE)
    (tmp_path / "other").write_text("neither")
    assert "--content-type" in plain("request", "POST", "/x", "--body", "other").ok(USAGE).err
    plain("request", "GET", "/no/such/thing").ok(NOT_FOUND)


def test_upload_sessions(plain, rest, tmp_path, name):
    (tmp_path / "book.twb").write_bytes(content.twb(name))
    begun = plain("file-uploads", "create", "--json").ok().json[0]["item"]["uploadSessionId"]
    plain("file-uploads", "append", begun, "book.twb").ok()
    session = plain("file-uploads", "upload", "book.twb", "--json").ok().json[0]["item"]["uploadSessionId"]
    assert session != begun
    plain("file-uploads", "upload", "missing.twb").ok(USAGE)
    assert plain("file-uploads", "create", "--dry-run").ok().out.startswith("would begin upload session")
