"""The outer form of the API: XML and JSON, addresses, versions, publishing forms, lists."""

import re

import pytest
import requests
from lxml import etree

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, seed
from support.content import Connection
from support.rest import (
    MIXED,
    NAMESPACE,
    NOBODY,
    OLD_NAMESPACE,
    Rest,
    canonical_json,
    canonical_xml,
    element,
    multipart,
    same_shape,
    ts_request,
)

NEWEST = "3.29"
VERSIONS = [f"2.{minor}" for minor in range(9)] + [f"3.{minor}" for minor in range(30)]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
LUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def ids(live):
    """The ids of seeded things, by the names that the paths below use."""
    rest = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD)

    def first(path: str, what: str, **params) -> str:
        return rest.get(path, params=params).ok().get(what, "id")

    workbook = first("/sites/{site}/workbooks", "workbooks/workbook", filter="name:eq:Sales Report")
    datasource = first("/sites/{site}/datasources", "datasources/datasource", filter="name:eq:orders")
    return {
        "workbook": workbook,
        "datasource": datasource,
        "view": first(f"/sites/{{site}}/workbooks/{workbook}/views", "views/view"),
        "user": first("/sites/{site}/users", "users/user", filter="name:eq:ada"),
        "group": first("/sites/{site}/groups", "groups/group", filter="name:eq:Analysts"),
        "project": first("/sites/{site}/projects", "projects/project", filter="name:eq:Nested"),
    }


READS = [
    "/serverinfo",
    "/sites",
    "/sites?pageSize=1&pageNumber=2",
    "/sites/{site}",
    "/sites/{site}?includeUsage=true",
    "/sites/second?key=contentUrl",
    "/sessions/current",
    "/sites/{site}/users",
    "/sites/{site}/users?fields=_all_",
    "/sites/{site}/users?fields=name,siteRole",
    "/sites/{site}/users/{user}",
    "/sites/{site}/users/{user}/workbooks",
    "/sites/{site}/groups",
    "/sites/{site}/groups/{group}/users",
    "/sites/{site}/projects",
    "/sites/{site}/projects?fields=_all_",
    "/sites/{site}/workbooks",
    "/sites/{site}/workbooks?fields=_all_",
    "/sites/{site}/workbooks?filter=name:eq:no such thing",
    "/sites/{site}/workbooks/{workbook}",
    "/sites/{site}/workbooks/{workbook}/views",
    "/sites/{site}/workbooks/{workbook}/views?includeUsageStatistics=true",
    "/sites/{site}/workbooks/{workbook}/connections",
    "/sites/{site}/datasources",
    "/sites/{site}/datasources?fields=_all_",
    "/sites/{site}/datasources/{datasource}",
    "/sites/{site}/datasources/{datasource}/connections",
    "/sites/{site}/views",
    "/sites/{site}/views?fields=_all_&includeUsageStatistics=true",
    "/sites/{site}/views/{view}",
    "/sites/{site}/workbooks/{workbook}/revisions",
    "/sites/{site}/datasources/{datasource}/revisions",
    "/sites/{site}/workbooks/{workbook}/permissions",
    "/sites/{site}/datasources/{datasource}/permissions",
    "/sites/{site}/projects/{project}/permissions",
    "/sites/{site}/projects/{project}/default-permissions/workbooks",
    "/sites/{site}/projects/{project}/default-permissions/datasources",
    "/sites/{site}/favorites/{user}",
]


def fill(path: str, ids: dict[str, str]) -> str:
    for name, value in ids.items():
        path = path.replace("{" + name + "}", value)
    return path


# XML and JSON


@pytest.mark.parametrize("version", ["3.1", NEWEST])
@pytest.mark.parametrize("path", READS)
def test_xml_and_json_say_the_same(rest, ids, path, version):
    rest = rest.under(version)
    xml = rest.get(fill(path, ids)).ok(200)
    json = rest.as_json().get(fill(path, ids)).ok(200)
    assert xml.content.startswith(b"<?xml ")
    assert re.match(r"(application|text)/xml", xml.headers["Content-Type"])
    assert re.match(r"application/json", json.headers["Content-Type"])
    assert "tsResponse" not in json.json
    assert same_shape(canonical_json(json.json)) == same_shape(canonical_xml(xml.xml))


@pytest.mark.parametrize("path", READS)
def test_ids_times_and_namespace(rest, ids, path):
    answer = rest.get(fill(path, ids)).ok(200)
    assert etree.QName(answer.xml).localname == "tsResponse"
    for node in answer.xml.iter():
        assert etree.QName(node).namespace == NAMESPACE
        for name, value in node.attrib.items():
            if name == "id":
                assert LUID.fullmatch(value)
            if name.endswith("At") or name == "lastLogin":
                assert TIME.fullmatch(value), f"{name}={value}"
            if value.lower() in ("true", "false"):
                assert value in ("true", "false")


def test_json_keeps_types(rest, ids):
    """Booleans are booleans, pagination numbers are text, lists are lists even with one member."""
    answer = rest.as_json().get("/sites/{site}/workbooks", params={"filter": "name:eq:Sales Report"}).ok(200).json
    assert answer["pagination"] == {"pageNumber": "1", "pageSize": "100", "totalAvailable": "1"}
    (book,) = answer["workbooks"]["workbook"]
    assert book["showTabs"] is True
    assert [tag["label"] for tag in book["tags"]["tag"]] == ["money", "weekly"]
    empty = rest.as_json().get("/sites/{site}/workbooks", params={"filter": "name:eq:none"}).ok(200).json
    assert empty["workbooks"] in ({}, {"workbook": []})
    info = rest.as_json().get("/serverinfo").ok(200).json["serverInfo"]
    assert info["restApiVersion"] == NEWEST
    assert set(info["productVersion"]) == {"value", "build"}


def test_writes_in_json(rest, name):
    json = rest.as_json()
    made = json.call(
        "POST", "/sites/{site}/projects", data_json={"project": {"name": f"J {name}", "description": 'a "b" <c>'}}
    ).ok(201)
    project = made.json["project"]
    assert (project["name"], project["description"]) == (f"J {name}", 'a "b" <c>')
    changed = json.call("PUT", f"/sites/{{site}}/projects/{project['id']}", data_json={"project": {"name": f"K {name}"}})
    assert changed.ok(200).json["project"]["name"] == f"K {name}"
    user = json.call("POST", "/sites/{site}/users", data_json={"user": {"name": f"j-{name}", "siteRole": "Viewer"}}).ok(201)
    group = json.call("POST", "/sites/{site}/groups", data_json={"group": {"name": f"J {name}"}}).ok(201)
    path = f"/sites/{{site}}/groups/{group.json['group']['id']}/users"
    assert (
        json.call("POST", path, data_json={"user": {"id": user.json["user"]["id"]}}).ok(200).json["user"]["name"] == f"j-{name}"
    )
    # What was written in JSON reads the same in XML.
    assert (
        rest.get("/sites/{site}/projects", params={"filter": f"name:eq:K {name}"}).get("projects/project", "description")
        == 'a "b" <c>'
    )


def test_sign_in_in_json(live):
    rest = Rest(live.url, "3.6", json_out=True)
    body = {"credentials": {"name": "ada", "password": seed.ADA[1], "site": {"contentUrl": ""}}}
    by_password = rest.call("POST", "/auth/signin", data_json=body).ok(200).json["credentials"]
    assert by_password["site"]["contentUrl"] == "" and LUID.fullmatch(by_password["user"]["id"])
    body = {
        "credentials": {
            "personalAccessTokenName": seed.TOKEN[0],
            "personalAccessTokenSecret": seed.TOKEN[1],
            "site": {"contentUrl": ""},
        }
    }
    by_token = rest.call("POST", "/auth/signin", data_json=body).ok(200).json["credentials"]
    assert by_token["user"]["id"] == by_password["user"]["id"]
    assert by_token["token"] != by_password["token"]


def test_the_body_may_be_one_form_and_the_answer_the_other(rest, name):
    json_in = rest.call("POST", "/sites/{site}/projects", data_json={"project": {"name": f"A {name}"}}).ok(201)
    assert not json_in.is_json and json_in.get("project", "name") == f"A {name}"
    xml_in = rest.as_json().post("/sites/{site}/projects", ts_request(element("project", name=f"B {name}"))).ok(201)
    assert xml_in.json["project"]["name"] == f"B {name}"


@pytest.mark.parametrize("bad", ["{", "[]", '"x"', "null", '{"project": []}', '{"project": {"name": {"deep": 1}}}', "{}"])
def test_broken_json(rest, bad):
    for session in (rest, rest.as_json()):
        session.call("POST", "/sites/{site}/projects", bad, headers={"Content-Type": "application/json"}).refused(400, "400000")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda inner: f"<tsRequest>{inner}</tsRequest>",
        lambda inner: f'<tsRequest xmlns="{NAMESPACE}">{inner}</tsRequest>',
        lambda inner: f'<tsRequest xmlns="{OLD_NAMESPACE}">{inner}</tsRequest>',
        lambda inner: f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- hi -->\n<tsRequest>\n  {inner}\n</tsRequest>\n',
        lambda inner: (
            f'<t:tsRequest xmlns:t="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="{NAMESPACE} https://help.tableau.com/samples/en-us/rest_api/ts-api_3_1.xsd">'
            + inner.replace("<project", "<t:project")
            + "</t:tsRequest>"
        ),
        lambda inner: "\ufeff" + f"<tsRequest>{inner}</tsRequest>",
    ],
    ids=["bare", "namespace", "old namespace", "declaration", "prefix", "byte order mark"],
)
def test_forms_of_request_xml(rest, name, wrap):
    body = wrap(element("project", name=f"P & <{name}>", description="ümläut 漢字 \N{GRINNING FACE} &#x41;")).encode()
    made = rest.post("/sites/{site}/projects", body).ok(201)
    assert made.get("project", "name") == f"P & <{name}>"
    assert made.get("project", "description") == "ümläut 漢字 \N{GRINNING FACE} &#x41;"


def test_other_encodings(rest, name):
    body = f'<?xml version="1.0" encoding="UTF-16"?><tsRequest><project name="ü {name}"/></tsRequest>'
    answer = rest.post("/sites/{site}/projects", body.encode("utf-16"))
    # Either read rightly or refused; never a garbled name.
    if answer.status == 201:
        assert answer.get("project", "name") == f"ü {name}"
    else:
        answer.refused(400, "400000")


def test_unknown_attributes_and_elements_do_no_harm(rest, name):
    body = ts_request(
        element(
            "project",
            [element("domain", name="local"), element("something", a="b")],
            name=f"P {name}",
            createdAt="2020-01-01T00:00:00Z",
            fromTheFuture="yes",
        )
    )
    rest.post("/sites/{site}/projects", body).ok(201)


# Addresses


@pytest.mark.parametrize(
    "path",
    [
        "/api/3.1/serverinfo",
        "/api/3.1/serverInfo",
        "/api/3.1/SERVERINFO",
        "/api/3.1/serverinfo/",
        "/api/2.4/serverInfo",
        "/api/3.1/serverinfo?pageNumber=1",
    ],
)
def test_server_info_is_found_as_clients_write_it(live, path):
    answer = Rest(live.url).get(path).ok(200)
    assert answer.find("serverInfo/restApiVersion").text == NEWEST


@pytest.mark.parametrize(
    "path",
    [
        "/sites/",
        "/sites/{site}/",
        "/sites/{site}/groups/?asJob=False",
        "/sites/{site}/users/?pageNumber=1",
        "/sites/{site}/workbooks/?pageNumber=1&pageSize=10",
        "/sites/{site}/workbooks/{workbook}/",
        "/sites/{site}/groups/{group}/users/",
        "/sites/{site}/users/{user}/?pageNumber=1",
        "/sites/{site}/workbooks/{workbook}/connections?pageNumber=1",
        "/sites/{site}/workbooks/{workbook}/views?pageNumber=1",
        "/sites/{site}/workbooks?pageSize=5&pageSize=5",
        "/sites/{site}/workbooks?pageNumber=1&pageNumber=1&createnew=true",
        "/Sites/{site}/Workbooks",
        "//sites/{site}//workbooks",
    ],
)
def test_addresses_are_matched_tolerantly(rest, ids, path):
    rest.get(fill(path, ids)).ok(200)


def test_trailing_slash_on_writes(rest, name):
    rest.post("/sites/{site}/projects/", ts_request(element("project", name=f"P {name}"))).ok(201)
    rest.post("/sites/{site}/groups/?asJob=False", ts_request(element("group", name=f"G {name}"))).ok(201)
    body = form("workbook", f"W {name}", rest.project(), disposition="form-data")
    rest.post("/sites/{site}/workbooks/", body, headers={"Content-Type": "multipart/mixed; boundary=xyz"}).ok(201)


def test_luids_in_capitals(rest, ids):
    rest.get(f"/sites/{rest.site_id.upper()}/workbooks/{ids['workbook'].upper()}").ok(200)


def test_token_header_in_any_case_and_as_bearer(rest):
    for headers in (
        {"x-tableau-auth": rest.token},
        {"X-TABLEAU-AUTH": rest.token},
        {"Authorization": f"Bearer {rest.token}"},
    ):
        plain = Rest(rest.url, site_id=rest.site_id)
        plain.get("/sites/{site}/workbooks", headers=headers).ok(200)


@pytest.mark.parametrize("query", ["", "?pageNumber=1", "?x=y"])
@pytest.mark.parametrize("content_type", [None, "text/xml", "application/x-www-form-urlencoded"])
def test_sign_out_takes_anything(live, query, content_type):
    rest = Rest(live.url).sign_in(*seed.ADA)
    rest.post(f"/auth/signout{query}", b"", headers={"Content-Type": content_type}).ok(204)
    rest.get("/sites/{site}/workbooks").refused(401, "401002")


def test_unknown_paths(rest):
    for path in ("/api/3.1/nothing", "/api/3.1/sites/{site}/nothing", "/api/nothing", "/nothing"):
        answer = requests.get(rest.url + path.replace("{site}", rest.site_id), headers={"X-Tableau-Auth": rest.token})
        assert answer.status_code == 404


def test_head_and_options(rest):
    head = rest.call("HEAD", "/sites/{site}/workbooks")
    assert head.status == 200 and head.content == b""


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/sites/{site}/flows"),
        ("GET", "/sites/{site}/dataAlerts"),
        ("GET", "/sites/{site}/databases"),
        ("GET", "/sites/{site}/groupsets"),
        ("GET", "/sites/{site}/webhooks"),
        ("GET", "/sites/{site}/metrics"),
        ("GET", "/sites/{site}/tasks/linked"),
    ],
)
def test_methods_to_come_say_so(rest, ids, method, path):
    """A method of the reference that is not here yet is an error, never a success that did nothing."""
    for session in (rest.under(NEWEST), rest.under(NEWEST).as_json()):
        answer = session.call(method, fill(path, ids), b"<tsRequest/>" if method != "GET" else None)
        assert answer.status == 501, str(answer)
        assert answer.code and answer.code.startswith("501"), str(answer)
        assert re.search(rb"not (yet )?(implemented|available|here|served|supported)", answer.content, re.IGNORECASE), str(
            answer
        )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sites/{site}/workbooks/{workbook}", '<workbook encryptExtracts="true"/>'),
        ("/sites/{site}/datasources/{datasource}", '<datasource encryptExtracts="True"/>'),
        ("/sites/{site}", '<site extractEncryptionMode="sometimes"/>'),
    ],
)
def test_nothing_pretends_to_be_encrypted(rest, ids, path, body):
    rest.under(NEWEST).put(fill(path, ids), f"<tsRequest>{body}</tsRequest>").refused(400, "400000")


# Versions


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_served(live, ids, version):
    rest = Rest(live.url, version).sign_in(ADMIN, ADMIN_PASSWORD)
    # The list for the site came with 2.3.
    older = version in ("2.0", "2.1", "2.2")
    answer = rest.get("/sites/{site}/users/{user}/workbooks" if older else "/sites/{site}/workbooks").ok(200)
    assert etree.QName(answer.xml).namespace == (OLD_NAMESPACE if version == "2.0" else NAMESPACE)
    assert int(answer.get("pagination", "totalAvailable")) >= 3
    rest.get(fill("/sites/{site}/workbooks/{workbook}/views", ids)).ok(200)
    rest.post("/auth/signout").ok(204)


@pytest.mark.parametrize("version", ["1.9", "2.9", "3.30", "4.0", "9.9", "3", "3.1.1", "abc", "3.x", "-1.0", ""])
def test_unknown_versions(live, version):
    answer = requests.post(
        f"{live.url}/api/{version}/auth/signin",
        data=ts_request(element("credentials", element("site", contentUrl=""), name=ADMIN, password=ADMIN_PASSWORD)),
    )
    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize(
    ("since", "before", "method", "path"),
    [
        ("2.2", "2.1", "GET", "/sites/{site}/views"),
        ("2.6", "2.5", "POST", "/auth/switchSite"),
        ("3.1", "3.0", "GET", "/sites/{site}/views/{view}"),
        ("3.1", "3.0", "GET", "/sessions/current"),
        ("3.7", "3.6", "GET", "/sites/{site}/users/{user}/groups"),
        ("3.21", "3.20", "PUT", "/sites/{site}/groups/{group}/users/remove"),
        ("2.1", "2.0", "DELETE", "/sites/{site}/groups/" + NOBODY),
        ("3.3", "3.2", "GET", "/sites/{site}/flows"),
        ("3.22", "3.21", "GET", "/sites/{site}/groupsets"),
    ],
)
def test_methods_newer_than_the_path(rest, ids, since, before, method, path):
    answer = rest.under(before).call(method, fill(path, ids), b"<tsRequest/>" if method != "GET" else None)
    assert answer.status == 404 and answer.code in ("404001", "404003"), str(answer)
    answer = rest.under(since).call(method, fill(path, ids), b"<tsRequest/>" if method != "GET" else None)
    assert answer.code not in ("404001", "404003"), str(answer)


def test_site_roles_by_version(live, rest, name):
    """A caller of an old version is given that version's names of site roles."""
    names = {
        "SiteAdministratorCreator": "SiteAdministrator",
        "SiteAdministratorExplorer": "SiteAdministrator",
        "Creator": None,
        "ExplorerCanPublish": "Publisher",
        "Explorer": "Interactor",
        "Viewer": None,
        "Unlicensed": "Unlicensed",
    }
    old_names = {
        "Interactor", "Publisher", "ServerAdministrator", "SiteAdministrator", "Unlicensed", "UnlicensedWithPublish",
        "Viewer", "ViewerWithPublish", "Guest",
    }  # fmt: skip
    for new, old in names.items():
        user = rest.new_user(f"{new}-{name}", new)
        path = f"/sites/{{site}}/users/{user}"
        for version in ("3.0", "3.1", NEWEST):
            assert rest.under(version).get(path).get("user", "siteRole") == new
        for version in ("2.0", "2.4", "2.8"):
            answered = rest.under(version).get(path).get("user", "siteRole")
            assert answered in old_names
            if old:
                assert answered == old


@pytest.mark.parametrize(
    ("old", "new"),
    [("Interactor", "Explorer"), ("Publisher", "ExplorerCanPublish"), ("SiteAdministrator", "SiteAdministratorExplorer")],
)
def test_old_site_roles_are_taken(rest, name, old, new):
    user = rest.under("2.4").new_user(f"{old}-{name}", old)
    assert rest.under("3.1").get(f"/sites/{{site}}/users/{user}").get("user", "siteRole") == new


def test_old_answers_hold_no_newer_attributes(rest, ids):
    """What came later than a version stays out of its answers."""
    old = rest.under("2.0").get(f"/sites/{{site}}/workbooks/{ids['workbook']}").ok(200)
    assert old.find("workbook").get("webpageUrl") is None
    new = rest.under(NEWEST).get(f"/sites/{{site}}/workbooks/{ids['workbook']}").ok(200)
    assert new.get("workbook", "webpageUrl")


# Lists


def test_pagination_element(rest):
    answer = rest.get("/sites/{site}/users", params={"pageSize": 2, "pageNumber": 2}).ok(200)
    assert [etree.QName(one).localname for one in answer.xml] == ["pagination", "users"]
    pagination = answer.find("pagination")
    assert (pagination.get("pageNumber"), pagination.get("pageSize")) == ("2", "2")
    assert len(answer.all("users/user")) == 2
    assert rest.get("/sites/{site}/users").get("pagination", "pageSize") == "100"
    assert rest.get("/sites/{site}/users", params={"pageSize": 1000}).get("pagination", "pageSize") == "1000"


def test_lists_without_pages(rest, ids):
    for path in ("workbooks/{workbook}/views", "workbooks/{workbook}/connections", "datasources/{datasource}/connections"):
        assert rest.get(fill("/sites/{site}/" + path, ids)).ok(200).find("pagination") is None


def test_last_page(rest):
    total = int(rest.get("/sites/{site}/users").get("pagination", "totalAvailable"))
    assert rest.get("/sites/{site}/users", params={"pageSize": total}).ok(200)
    rest.get("/sites/{site}/users", params={"pageSize": total, "pageNumber": 2}).refused(400, "400006")
    rest.get("/sites/{site}/users", params={"pageSize": 1, "pageNumber": total}).ok(200)
    rest.get("/sites/{site}/users", params={"pageSize": 1, "pageNumber": total + 1}).refused(400, "400006")


@pytest.mark.parametrize(
    "raw",
    [
        "filter=name:eq:R %26 D",
        "filter=name:eq:R%20%26%20D",
        "filter=name:eq:R+%26+D",
        "filter=name%3Aeq%3AR%20%26%20D",
        "filter=name:eq:R & D",
        "filter=name:in:[R %26 D,other]",
        "filter=name:eq:R %26 D,topLevelProject:eq:true",
        "filter=name:eq:R %26 D&fields=_all_&pageNumber=1",
        "filter=name:eq:R %26 D,createdAt:gt:2020-01-01T00:00:00Z,createdAt:lt:2100-01-01T00:00:00Z",
        "filter=createdAt:gte:2020-01-01T00:00:00%2B00:00,name:eq:R %26 D",
    ],
)
def test_filters_as_clients_write_them(rest, raw):
    if not rest.get("/sites/{site}/projects?filter=name:eq:R%20%26%20D").all("projects/project"):
        rest.new_project("R & D")
        rest.new_project("other R")
    answer = rest.get(f"/sites/{{site}}/projects?{raw}").ok(200)
    assert [one.get("name") for one in answer.all("projects/project")] == ["R & D"]


def test_colons_and_brackets_in_values(rest, name):
    for text in (f"a:b {name}", f"[x] {name}", f"it's {name}", f"100% {name}", f"a+b {name}"):
        rest.new_project(text)
        answer = rest.get("/sites/{site}/projects", params={"filter": f"name:eq:{text}"}).ok(200)
        assert [one.get("name") for one in answer.all("projects/project")] == [text]


@pytest.mark.parametrize(
    "bad", ["name", "name:eq", "nonsense:eq:x", "name:almost:x", "createdAt:gt:yesterday", ":::", "size:gt:big"]
)
def test_broken_filters(rest, bad):
    answer = rest.get("/sites/{site}/workbooks", params={"filter": bad})
    assert answer.status == 400 and answer.code.startswith("400"), str(answer)


@pytest.mark.parametrize("bad", ["nonsense:asc", "name:up", "name:asc:desc"])
def test_broken_sorts(rest, bad):
    answer = rest.get("/sites/{site}/workbooks", params={"sort": bad})
    assert answer.status == 400 and answer.code.startswith("400"), str(answer)


def test_fields(rest):
    answer = rest.get("/sites/{site}/workbooks", params={"fields": "name,nonsense,owner.name"}).ok(200)
    for book in answer.all("workbooks/workbook"):
        assert set(book.attrib) <= {"id", "name"} and book.get("name")
        (owner,) = book
        assert etree.QName(owner).localname == "owner" and owner.get("name")
    users = rest.get("/sites/{site}/users", params={"fields": "_all_"}).ok(200)
    ada = next(one for one in users.all("users/user") if one.get("name") == "ada")
    assert (ada.get("fullName"), ada.get("email"), ada.get("siteRole")) == ("Ada Lovelace", "ada@example.com", "Creator")
    default = rest.get("/sites/{site}/users", params={"fields": "_default_"}).ok(200)
    plain = rest.get("/sites/{site}/users").ok(200)
    assert [dict(one.attrib) for one in default.all("users/user")] == [dict(one.attrib) for one in plain.all("users/user")]


# Publishing forms


def form(kind: str, name: str, project: str, *, disposition: str | None, boundary: str = "xyz", attributes=None, **options):
    tag, part, extension, data = {
        "workbook": ("workbook", "tableau_workbook", "twb", content.twb("One")),
        "datasource": ("datasource", "tableau_datasource", "tds", content.tds()),
    }[kind]
    payload = ts_request(element(tag, element("project", id=project), name=name, **(attributes or {})))
    body = multipart(
        (disposition, "request_payload", options.get("payload_name"), "text/xml", payload),
        (disposition, part, f"{name}.{extension}", options.get("file_type"), data),
        boundary=boundary,
    )
    return options.get("preamble", b"") + body + options.get("epilogue", b"")


@pytest.mark.parametrize("kind", ["workbook", "datasource"])
@pytest.mark.parametrize(
    ("disposition", "content_type", "options"),
    [
        (None, "multipart/mixed; boundary=xyz", {}),
        ("form-data", "multipart/mixed; boundary=xyz", {}),
        ("form-data", "multipart/mixed; boundary=xyz", {"payload_name": ""}),
        ("form-data", 'multipart/mixed; boundary="xyz"', {}),
        ("form-data", "Multipart/Mixed;boundary=xyz", {}),
        ("form-data", "multipart/mixed; charset=utf-8; boundary=xyz", {}),
        ("attachment", "multipart/mixed; boundary=xyz", {}),
        (None, "multipart/mixed; boundary=xyz", {"preamble": b"some words\r\n", "epilogue": b"more words"}),
        (None, "multipart/mixed; boundary=" + "b" * 70, {"boundary": "b" * 70}),
    ],
    ids=[
        "as the reference prints it", "form-data", "empty file name", "quoted boundary", "other case",
        "more parameters", "attachment", "preamble and epilogue", "long boundary",
    ],
)  # fmt: skip
def test_publishing_forms(rest, project, name, kind, disposition, content_type, options):
    body = form(kind, f"F {name}", project, disposition=disposition, **options)
    answer = rest.post(f"/sites/{{site}}/{kind}s", body, headers={"Content-Type": content_type}).ok(201)
    item = answer.find(kind)
    assert item.get("name") == f"F {name}"
    assert answer.get(f"{kind}/project", "id") == project
    assert item.get("id") in answer.headers["Location"]


def test_form_with_the_body_in_pieces(rest, project, name):
    """Chunked transfer, without a content length."""
    body = form("workbook", f"F {name}", project, disposition="form-data")

    def pieces():
        for start in range(0, len(body), 7):
            yield body[start : start + 7]

    answer = requests.post(
        f"{rest.url}/api/3.1/sites/{rest.site_id}/workbooks",
        data=pieces(),
        headers={"X-Tableau-Auth": rest.token, "Content-Type": "multipart/mixed; boundary=xyz"},
    )
    assert answer.status_code == 201, answer.text


def test_parts_in_the_other_order(rest, project, name):
    payload = ts_request(element("workbook", element("project", id=project), name=f"F {name}"))
    body = multipart(
        (None, "tableau_workbook", "x.twb", None, content.twb()), (None, "request_payload", None, "text/xml", payload)
    )
    rest.post("/sites/{site}/workbooks", body, headers=MIXED).ok(201)


def test_json_payload_in_a_form(rest, project, name):
    payload = f'{{"workbook": {{"name": "F {name}", "project": {{"id": "{project}"}}}}}}'.encode()
    body = multipart(
        (None, "request_payload", None, "application/json", payload), (None, "tableau_workbook", "x.twb", None, content.twb())
    )
    answer = rest.as_json().post("/sites/{site}/workbooks", body, headers=MIXED).ok(201)
    assert answer.json["workbook"]["name"] == f"F {name}"


def test_line_ends_inside_the_file_survive(rest, project, name):
    """What looks like the end of a part inside the file, but is not."""
    document = content.twb("One").replace(b"</workbook>", b"<!-- \r\n--xy\r\n--\r\n\r\n --></workbook>")
    made = rest.publish_workbook(f"F {name}", document, project).ok(201)
    assert rest.get(f"/sites/{{site}}/workbooks/{made.get('workbook', 'id')}/content").ok(200).content == document


def test_publish_answer(rest, project, name):
    """The answer names all that clients read from it."""
    data = content.twb("One", "Two", connections=[Connection()])
    answer = rest.publish_workbook(f"F {name}", data, project, attributes={"showTabs": True}).ok(201)
    book = answer.find("workbook")
    assert LUID.fullmatch(book.get("id")) and book.get("contentUrl") and book.get("showTabs") == "true"
    assert TIME.fullmatch(book.get("createdAt")) and TIME.fullmatch(book.get("updatedAt"))
    assert answer.get("workbook/owner", "id") == rest.user_id
    assert [one.get("name") for one in answer.all("workbook/views/view")] == ["One", "Two"]


def test_overwrite_in_any_case_of_letters(rest, project, name):
    rest.publish_workbook(f"F {name}", content.twb(), project, params={"overwrite": "True"}).ok(201)
    answer = rest.publish_workbook(f"F {name}", content.twb("New"), project, params={"overwrite": "TRUE"})
    answer.ok(201)
    assert [one.get("name") for one in answer.all("workbook/views/view")] == ["New"]


# Uploads in chunks


def test_upload_session(rest, project, name):
    data = content.twbx(files={"noise.bin": content.noise(3 << 20, 5)})
    session = rest.start_upload()
    assert re.fullmatch(r"[0-9]+:[0-9a-fA-F]+-[0-9]+:[0-9]+", session)
    sizes = []
    for start in range(0, len(data), 1 << 20):
        answer = rest.append(session, data[start : start + (1 << 20)]).ok(200)
        assert answer.get("fileUpload", "uploadSessionId") == session
        sizes.append(int(answer.get("fileUpload", "fileSize")))
    assert sizes == sorted(sizes) and sizes[-1] in (3, 4)
    rest.append(session, b"").ok(200)
    payload = ts_request(element("workbook", element("project", id=project), name=f"U {name}"))
    body = multipart((None, "request_payload", None, "text/xml", payload))
    answer = rest.post(
        "/sites/{site}/workbooks", body, headers=MIXED, params={"uploadSessionId": session, "workbookType": "twbx"}
    ).ok(201)
    saved = rest.get(f"/sites/{{site}}/workbooks/{answer.get('workbook', 'id')}/content").ok(200)
    assert saved.content == data


def test_upload_session_outlives_a_failed_publish(rest, project, name):
    session = rest.start_upload()
    rest.append(session, content.twb("One")).ok(200)
    params = {"uploadSessionId": session, "workbookType": "twb"}

    def publish(where: str):
        payload = ts_request(element("workbook", element("project", id=where), name=f"U {name}"))
        return rest.post(
            "/sites/{site}/workbooks",
            multipart((None, "request_payload", None, "text/xml", payload)),
            headers=MIXED,
            params=params,
        )

    publish(NOBODY).refused(404, "404005")
    publish(project).ok(201)
    publish(project).refused(404, "404015")


def test_upload_sessions_belong_to_their_user_and_site(rest, live):
    session = rest.start_upload()
    other = Rest(live.url).sign_in(*seed.ADA)
    other.append(session, b"x").refused(404, "404015")
    elsewhere = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD, "second")
    elsewhere.append(session, b"x").refused(404, "404015")


# Downloads


def test_download_headers(rest, ids):
    answer = rest.get(f"/sites/{{site}}/workbooks/{ids['workbook']}/content").ok(200)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    disposition = answer.headers["Content-Disposition"]
    assert 'name="tableau_workbook"' in disposition and 'filename="Sales Report.twbx"' in disposition
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_download_of_a_plain_file(rest):
    secret = rest.get("/sites/{site}/workbooks", params={"filter": "name:eq:Secret"}).get("workbooks/workbook", "id")
    answer = rest.get(f"/sites/{{site}}/workbooks/{secret}/content").ok(200)
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert 'filename="Secret.twb"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("odd", ['qu"ote', "back\\slash", "ünï 漢字", "semi;colon", "new\nline", "a/b", "..", "x" * 255])
def test_download_names_are_safe(rest, project, odd):
    payload = ts_request(element("workbook", element("project", id=project), name=odd))
    body = multipart(
        (None, "request_payload", None, "text/xml", payload), (None, "tableau_workbook", "x.twb", None, content.twb())
    )
    answer = rest.post("/sites/{site}/workbooks", body, headers=MIXED)
    if answer.status != 201:
        assert answer.status == 400, str(answer)
        return
    saved = rest.get(f"/sites/{{site}}/workbooks/{answer.get('workbook', 'id')}/content").ok(200)
    disposition = saved.headers["Content-Disposition"]
    assert "\n" not in disposition and "\r" not in disposition and "filename" in disposition
    match = re.search(r'filename="((?:[^"\\]|\\.)*)"', disposition)
    assert match and match.group(1).endswith(".twb") and "/" not in match.group(1)


# Current session, site lookups


def test_current_session(rest, live):
    ada = Rest(live.url).sign_in(*seed.ADA)
    answer = ada.get("/sessions/current").ok(200)
    assert answer.get("session/site", "id") == ada.site_id
    assert answer.get("session/user", "id") == ada.user_id
    assert Rest(live.url).get("/sessions/current").refused(401, "401000")


def test_site_usage(rest):
    assert rest.get("/sites/{site}").ok(200).find("site/usage") is None
    usage = rest.get("/sites/{site}", params={"includeUsage": "true"}).ok(200).find("site/usage")
    assert int(usage.get("numUsers")) >= 5
    assert int(usage.get("storage")) >= 0


def test_storage_is_counted(rest, live, name):
    site = "".join(letter for letter in name if letter.isalnum())
    rest.post("/sites", ts_request(element("site", name=site, contentUrl=site))).ok(201)
    inside = Rest(live.url).sign_in(ADMIN, ADMIN_PASSWORD, site)

    def storage() -> int:
        return int(inside.get("/sites/{site}", params={"includeUsage": "true"}).get("site/usage", "storage"))

    before = storage()
    made = inside.publish_workbook("Big", content.twbx(files={"n.bin": content.noise(5 << 20, 9)})).ok(201)
    assert storage() - before in (5, 6)
    inside.delete(f"/sites/{{site}}/workbooks/{made.get('workbook', 'id')}").ok(204)
    assert storage() == before


def test_locations_of_new_things(rest, name):
    for kind, body in {
        "projects": element("project", name=f"L {name}"),
        "groups": element("group", name=f"L {name}"),
        "users": element("user", name=f"l-{name}", siteRole="Viewer"),
    }.items():
        answer = rest.post(f"/sites/{{site}}/{kind}", ts_request(body)).ok(201)
        assert answer.headers["Location"].endswith(f"/api/3.1/sites/{rest.site_id}/{kind}/{answer.get(kind[:-1], 'id')}")
