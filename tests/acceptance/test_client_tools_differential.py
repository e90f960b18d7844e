"""Our client beside `tableau_tools`, in what Tableau's own client has no method for: the same requests, the same values."""

from __future__ import annotations

import pytest

from conftest import ADMIN_PASSWORD
from support.differential.canonical import canonical
from support.differential.driver import Drive, Refused, program
from support.differential.proxy import Proxy, made
from test_other_clients import drive as run_script

VERSION = "3.11"


@pytest.fixture
def proxy(live):
    proxy = Proxy(live.url)
    yield proxy
    proxy.stop()


@pytest.fixture
def ours(proxy):
    drive = Drive(program(), server=proxy.url, username="admin", password=ADMIN_PASSWORD, version=VERSION)
    yield drive
    drive.stop()


def asked(exchanges) -> list[str]:
    """What was asked beside signing in and out. tableau_tools asks for page 1 also of what has no pages, and does not
    say that it sends XML."""
    requests = [canonical(exchange.request) for exchange in exchanges]
    for one in requests:
        one.query = [pair for pair in one.query if pair != ("pageNumber", "1")]
        one.kind = "text/xml" if one.body else ""
    return [str(one) for one in requests if one.path[2:3] != ["auth"]]


def test_sessions_domains_and_requests_of_the_callers_own(clients, live, proxy, ours, rest, name):
    domains = '<domainList><domain id="1" name="local"/><domain id="7" name="corp.example" shortName="C &amp; O"/></domainList>'
    group = '<group id="2cb9f1a4-2f7f-4e62-9a8e-7f2b1b1d0c11" name="x"/>'
    answers = [
        made("GET", "/domains/?", domains),
        made("DELETE", "/sessions/.*", status=204),
        made("POST", "/sites/[^/]+/groups", group, status=201),
        made("GET", "/sites/[^/]+/newThings/1", '<things><thing size="3"/></things>'),
    ]
    theirs = proxy.record(answers)
    read = run_script(clients, "tableau-tools==6.0.0", "tools_calls.py", proxy.url, ADMIN_PASSWORD, name)
    mine = proxy.record(answers)
    session = ours.call("server", "session", {})["session"]
    listed = ours.call("domains", "list", {})
    ours.call("server", "delete_session", {"id": "5,0,2,1"})
    request = f'<tsRequest><group name="{name}" minimumSiteRole="Viewer"/></tsRequest>'
    created = ours.call("request", "on_site", {"method": "POST", "path": "/groups", "xml": request})
    things = ours.call("request", "on_site", {"method": "GET", "path": "/newThings/1"})
    proxy.rest()
    assert asked(mine) == asked(theirs)
    assert len(asked(mine)) == 5

    assert read["session"][0]["id"] == session["site"]["id"] == rest.site_id
    assert read["session"][1]["id"] == session["user"]["id"] == rest.user_id
    assert read["domains"] == listed["items"]
    assert read["group"] in created["text"] and created["status"] == 201
    assert read["things"] == [{"size": "3"}] and '<thing size="3"/>' in things["text"]


def test_a_request_of_the_callers_own_on_a_real_server(ours, rest, name):
    """What exists is changed for good, and what is refused is an error as of every other call."""
    document = f'<tsRequest><group name="{name} &amp; more"/></tsRequest>'
    made = ours.call("request", "on_site", {"method": "POST", "path": "groups", "xml": document})
    assert made["status"] == 201
    asked = {"method": "GET", "path": f"/groups?filter=name:eq:{name} %26 more"}
    listed = ours.call("request", "on_site", asked)["text"]
    assert 'totalAvailable="1"' in listed and f'name="{name} &amp; more"' in listed
    assert "restApiVersion" in ours.call("request", "on_api", {"method": "GET", "path": "/serverInfo"})["text"]
    with pytest.raises(Refused) as again:
        ours.call("request", "on_site", {"method": "POST", "path": "/groups", "xml": document})
    assert (again.value.error["kind"], again.value.error["code"]) == ("Conflict", "409009")
    with pytest.raises(Refused) as unknown:
        ours.call("request", "on_server", {"method": "GET", "path": f"/api/3.11/sites/{rest.site_id}/newThings"})
    assert (unknown.value.error["kind"], unknown.value.error["code"]) == ("NotFound", "404003")


def test_a_domain_gets_another_nickname(proxy, ours):
    """The reference has the id in the request; tableau_tools 6 sends an empty one to an address of its own."""
    answer = '<domain id="7" name="corp.example" shortName="CORP"/>'
    mine = proxy.record([made("PUT", "/domains", answer)])
    changed = ours.call("domains", "update", {"domain": {"id": "7", "shortName": "CORP"}})
    proxy.rest()
    assert changed["domain"]["shortName"] == "CORP"
    (one,) = [canonical(exchange.request) for exchange in mine]
    assert one.body["children"] == [{"name": "domain", "attributes": {"id": "7", "shortName": "CORP"}}]


def test_the_logo_of_a_site(proxy, ours, rest, tmp_path):
    """The parts that the reference names; tableau_tools 6 fails before it has sent anything."""
    logo = tmp_path / "our logo.png"
    logo.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    mine = proxy.record([made("PUT", "/sites/[^/]+", f'<site id="{rest.site_id}" name="Default"/>')])
    ours.call("sites", "upload_logo", {"id": rest.site_id, "file": str(logo)})
    ours.call("sites", "reset_logo", {"id": rest.site_id})
    proxy.rest()
    upload, reset = [exchange.request for exchange in mine]
    assert upload.path == reset.path == f"/api/{VERSION}/sites/{rest.site_id}"
    for request, file, kind, content in [
        (upload, "our logo.png", "application/octet-stream", logo.read_bytes()),
        (reset, "empty.txt", "text/plain", b""),
    ]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        boundary = headers["content-type"].removeprefix("multipart/mixed; boundary=")
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="site_logo"; filename="{file}"\r\nContent-Type: {kind}\r\n\r\n'
        assert request.body == head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
