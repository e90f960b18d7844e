"""A plain client for the REST API: no help from a library, so that every byte of a request is the test's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import quoteattr

import requests
from lxml import etree

NAMESPACE = "http://tableau.com/api"
OLD_NAMESPACE = "http://tableausoftware.com/api"
BOUNDARY = "6691a87289ac461bab2c945741f136e6"

NOBODY = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""


def element(tag: str, children: str | list[str] = "", /, **attributes: Any) -> str:
    """Writes one element; attributes that are None stay out."""
    inner = children if isinstance(children, str) else "".join(children)
    written = "".join(f" {name}={quoteattr(text(value))}" for name, value in attributes.items() if value is not None)
    return f"<{tag}{written}>{inner}</{tag}>" if inner else f"<{tag}{written} />"


def text(value: Any) -> str:
    """Writes a value as the API does: booleans in lower case."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def ts_request(*children: str) -> bytes:
    """Wraps elements into a request body, without a namespace as clients send it."""
    return ("<tsRequest>" + "".join(children) + "</tsRequest>").encode()


@dataclass
class Answer:
    """An HTTP response, read as XML or JSON by its content type."""

    response: requests.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self):
        return self.response.headers

    @property
    def content(self) -> bytes:
        return self.response.content

    @property
    def is_json(self) -> bool:
        return self.response.headers.get("Content-Type", "").startswith("application/json")

    @property
    def xml(self) -> etree._Element:
        """The root of the body, whatever its namespace; `tree` of it is namespace-free."""
        return etree.fromstring(self.response.content)

    @property
    def json(self) -> Any:
        return json.loads(self.response.content)

    @property
    def code(self) -> str | None:
        """The six-digit error code, or None when the body is not an error."""
        if not self.response.content:
            return None
        if self.is_json:
            return self.json.get("error", {}).get("code")
        found = self.find("error")
        return None if found is None else found.get("code")

    def find(self, path: str) -> etree._Element | None:
        """Finds the first element by a path of local names below the root."""
        found = self.all(path)
        return found[0] if found else None

    def all(self, path: str) -> list[etree._Element]:
        """Finds elements by a path of local names below the root."""
        steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
        return self.xml.xpath("./" + steps)

    def get(self, path: str, attribute: str) -> str | None:
        """Reads an attribute of the first element at the path."""
        found = self.find(path)
        assert found is not None, f"no {path} in {self}"
        return found.get(attribute)

    def ok(self, status: int | None = None) -> Answer:
        """Fails unless the status is a success (or exactly `status`)."""
        expected = self.status == status if status else self.status in (200, 201, 202, 204)
        assert expected, f"expected {status or 'success'}, got {self}"
        return self

    def refused(self, status: int, code: str | tuple[str, ...]) -> Answer:
        """Fails unless this is the error with the status and code, and with words for people in it."""
        codes = (code,) if isinstance(code, str) else code
        assert (self.status, self.code) in [(status, one) for one in codes], f"expected {status}/{code}, got {self}"
        if self.is_json:
            summary, detail = self.json["error"]["summary"], self.json["error"]["detail"]
        else:
            summary, detail = self.find("error/summary").text, self.find("error/detail").text
        assert summary and detail, f"an error without summary or detail: {self}"
        return self

    def __str__(self) -> str:
        request = self.response.request
        return f"{request.method} {request.url} -> {self.status} {self.response.content[:1500]!r}"


@dataclass
class Rest:
    """A session of the REST API under one version."""

    url: str
    version: str = "3.1"
    token: str | None = None
    site_id: str = ""
    user_id: str = ""
    json_out: bool = False

    def call(
        self,
        method: str,
        path: str,
        body: bytes | str | None = None,
        *,
        params: Any = None,
        headers: dict[str, str | None] | None = None,
        version: str | None = None,
        data_json: Any = None,
        stream: bool = False,
        timeout: float = 120,
    ) -> Answer:
        """Sends one request. `{site}` in the path is the signed-in site."""
        sent: dict[str, str | None] = {}
        if self.token:
            sent["X-Tableau-Auth"] = self.token
        if self.json_out:
            sent["Accept"] = "application/json"
        if data_json is not None:
            body = json.dumps(data_json)
            sent["Content-Type"] = "application/json"
        elif body is not None:
            sent["Content-Type"] = "text/xml"
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        path = path.replace("{site}", self.site_id).replace("{user}", self.user_id)
        address = f"{self.url}{path}" if path.startswith("/api/") else f"{self.url}/api/{version or self.version}{path}"
        if isinstance(body, str):
            body = body.encode()
        return Answer(
            requests.request(
                method, address, params=params, data=body, headers=sent, stream=stream, timeout=timeout, allow_redirects=False
            )
        )

    def get(self, path: str, **options: Any) -> Answer:
        return self.call("GET", path, **options)

    def post(self, path: str, body: bytes | str | None = None, **options: Any) -> Answer:
        return self.call("POST", path, body, **options)

    def put(self, path: str, body: bytes | str | None = None, **options: Any) -> Answer:
        return self.call("PUT", path, body, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        return self.call("DELETE", path, **options)

    def sign_in(self, name: str, password: str, site: str = "", impersonate: str | None = None) -> Rest:
        """Signs in by password and keeps the token."""
        user = element("user", id=impersonate) if impersonate else ""
        credentials = element("credentials", [element("site", contentUrl=site), user], name=name, password=password)
        return self._signed_in(credentials)

    def sign_in_with_token(self, name: str, value: str, site: str = "") -> Rest:
        """Signs in by personal access token."""
        credentials = element(
            "credentials",
            element("site", contentUrl=site),
            personalAccessTokenName=name,
            personalAccessTokenSecret=value,
        )
        return self._signed_in(credentials)

    def _signed_in(self, credentials: str) -> Rest:
        answer = Rest(self.url, self.version).post("/auth/signin", ts_request(credentials)).ok(200)
        return Rest(
            self.url,
            self.version,
            answer.get("credentials", "token"),
            answer.get("credentials/site", "id"),
            answer.get("credentials/user", "id"),
            self.json_out,
        )

    def under(self, version: str) -> Rest:
        """Returns the same session under another version path."""
        return Rest(self.url, version, self.token, self.site_id, self.user_id, self.json_out)

    def as_json(self) -> Rest:
        """Returns the same session, asking for JSON."""
        return Rest(self.url, self.version, self.token, self.site_id, self.user_id, True)

    # What most tests need in one line.

    def project(self, name: str = "Default", parent: str | None = None) -> str:
        """Returns the id of a project by name."""
        rule = f"name:eq:{name}" + (f",parentProjectId:eq:{parent}" if parent else "")
        return self.get("/sites/{site}/projects", params={"filter": rule}).ok(200).get("projects/project", "id")

    def new_project(self, name: str, parent: str | None = None, **attributes: Any) -> str:
        """Creates a project and returns its id."""
        body = ts_request(element("project", name=name, parentProjectId=parent, **attributes))
        return self.post("/sites/{site}/projects", body).ok(201).get("project", "id")

    def new_user(self, name: str, role: str = "Explorer", password: str | None = None) -> str:
        """Adds a user to the site and returns the id."""
        body = ts_request(element("user", name=name, siteRole=role))
        user = self.post("/sites/{site}/users", body).ok(201).get("user", "id")
        if password:
            self.put(f"/sites/{{site}}/users/{user}", ts_request(element("user", password=password))).ok(200)
        return user

    def publish_workbook(self, name: str, data: bytes, project: str | None = None, **options: Any) -> Answer:
        """Publishes a workbook in one request, in the form that the reference prints."""
        payload = element(
            "workbook", element("project", id=project or self.project()), name=name, **options.pop("attributes", {})
        )
        extension = "twbx" if data[:2] == b"PK" else "twb"
        return self.publish("workbooks", ts_request(payload), f"book.{extension}", data, **options)

    def publish_datasource(self, name: str, data: bytes, project: str | None = None, **options: Any) -> Answer:
        """Publishes a data source in one request, in the form that the reference prints."""
        payload = element("datasource", element("project", id=project or self.project()), name=name)
        extension = "tdsx" if data[:2] == b"PK" else "hyper" if data[:5] == b"Hyper" else "tds"
        return self.publish("datasources", ts_request(payload), f"source.{extension}", data, **options)

    def publish(self, kind: str, payload: bytes, filename: str, data: bytes, **options: Any) -> Answer:
        """Sends one publishing form."""
        part = {"workbooks": "tableau_workbook", "datasources": "tableau_datasource"}[kind]
        body = multipart((None, "request_payload", None, "text/xml", payload), (None, part, filename, None, data))
        return self.post(f"/sites/{{site}}/{kind}", body, headers=MIXED, **options)

    def publish_uploaded(self, kind: str, payload: bytes, session: str, file_type: str) -> Answer:
        """Publishes what an upload session holds."""
        body = multipart((None, "request_payload", None, "text/xml", payload))
        params = {"uploadSessionId": session, f"{kind[:-1]}Type": file_type}
        return self.post(f"/sites/{{site}}/{kind}", body, headers=MIXED, params=params)

    def start_upload(self) -> str:
        """Opens an upload session."""
        return self.post("/sites/{site}/fileUploads").ok(201).get("fileUpload", "uploadSessionId")

    def append(self, session: str, data: bytes) -> Answer:
        """Sends one chunk, in the form that the reference prints."""
        body = multipart(
            (None, "request_payload", None, "text/xml", b""),
            (None, "tableau_file", "chunk", "application/octet-stream", data),
        )
        return self.put(f"/sites/{{site}}/fileUploads/{session}", body, headers=MIXED)

    def ids(self, kind: str) -> set[str]:
        """Returns the ids of all workbooks, data sources, views … of the site, over all pages."""
        tag, found, page = kind[:-1], set(), 1
        while True:
            answer = self.get(f"/sites/{{site}}/{kind}", params={"pageSize": 1000, "pageNumber": page}).ok(200)
            found |= {one.get("id") for one in answer.all(f"{kind}/{tag}")}
            pagination = answer.find("pagination")
            if pagination is None or page * 1000 >= int(pagination.get("totalAvailable")):
                return found
            page += 1


MIXED = {"Content-Type": f"multipart/mixed; boundary={BOUNDARY}"}
"""The content type of a publishing form."""


def multipart(*parts: tuple[str | None, str, str | None, str | None, bytes], boundary: str = BOUNDARY) -> bytes:
    """Writes a form from parts of (disposition type, name, file name, content type, bytes).

    The reference prints dispositions without a type, clients send `form-data`.
    """
    lines: list[bytes] = []
    for kind, name, filename, content_type, data in parts:
        disposition = f'{kind}; name="{name}"' if kind else f'name="{name}"'
        if filename is not None:
            disposition += f'; filename="{filename}"'
        lines.append(f"--{boundary}\r\nContent-Disposition: {disposition}\r\n".encode())
        if content_type or filename is not None:
            lines.append(f"Content-Type: {content_type or 'application/octet-stream'}\r\n".encode())
        lines.append(b"\r\n" + data + b"\r\n")
    lines.append(f"--{boundary}--\r\n".encode())
    return b"".join(lines)


def canonical_xml(node: etree._Element) -> Any:
    """Reads an element as the tree that both forms of the API share.

    An attribute is a string, a child a list of trees under its name, text a `value`; an element of
    nothing but text is that text, as in the JSON form.
    """
    tree: dict[str, Any] = dict(node.attrib)
    tree = {name: value for name, value in tree.items() if not name.startswith("{")}
    for child in node:
        if isinstance(child.tag, str):
            tree.setdefault(etree.QName(child).localname, []).append(canonical_xml(child))
    if not len(node) and node.text and node.text.strip():
        if not tree:
            return node.text
        tree["value"] = node.text
    return tree


def canonical_json(value: Any) -> Any:
    """Reads the JSON form as the same tree."""
    if isinstance(value, dict):
        tree = {}
        for name, member in value.items():
            if isinstance(member, list):
                if member:
                    tree[name] = [canonical_json(one) for one in member]
            elif isinstance(member, dict):
                tree[name] = [canonical_json(member)]
            elif member is not None:
                tree[name] = canonical_json(member)
        return tree
    return text(value)


def same_shape(tree: Any) -> Any:
    """Wraps bare text into lists, so that an XML child of text equals a JSON member."""
    if not isinstance(tree, dict):
        return tree
    shaped = {}
    for name, value in tree.items():
        if isinstance(value, list):
            value = [same_shape(one) for one in value]
            if len(value) == 1 and isinstance(value[0], str):
                value = value[0]
        shaped[name] = value
    return shaped
