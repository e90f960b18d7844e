"""Requests that nobody would send: valid ones, bent in a hundred ways, and noise. The same seed makes the same ones."""

from __future__ import annotations

import copy
import json
import random
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lxml import etree

from support.rest import BOUNDARY, NOBODY

NUMBERS = [
    "0", "-1", "1.5", "1e9", "2147483648", "9223372036854775808", "99999999999999999999999", "-9223372036854775809",
    "NaN", "Infinity", "0x10", "1_000", "+7", " 5 ", "007", "٣", "½",
]  # fmt: skip
TEXTS = [
    "", " ", "\t\n", "x", "x" * 256, "x" * 5000, "a\0b", "\x01\x1f\x7f", "‮right to left", "e\u0301", "😀" * 70,
    "日本語", "\ufeffmark", "\u2028", "ﬀ", "İ", "ß", "'; DROP TABLE site; --", "' or '1'='1", "%", "_", "\\", "../../etc/passwd",
    "C:\\boot.ini", "<script>alert(1)</script>", "]]>", "&amp;", "&#0;", "${jndi:ldap://x}", "{{7*7}}", "a,b", "a:b:c", "[a,b]",
    "null", "undefined", "true", "FALSE", "yes", "Default", "All Users", "guest", "LOCKEDTOPROJECT", "Suspended",
]  # fmt: skip
IDS = [
    NOBODY, NOBODY.upper(), "{" + NOBODY + "}", NOBODY[:-1], NOBODY + "0", NOBODY.replace("-", ""), "0", "-1", "*", ".", "..",
    "%00", "%2e%2e%2f", "%ff%fe", "null", "me", "x" * 3000, "ａ", "' or 1=1", "1;2", "a b", "a?b", "#", "%", "+",
]  # fmt: skip
TIMES = ["25:00:00", "24:00", "-1:00:00", "2024-02-30T00:00:00Z", "9999-12-31T23:59:59Z", "0000-00-00", "18:30:00", "1970-01-01"]
WORDS = [
    "name", "id", "siteRole", "contentUrl", "adminMode", "userQuota", "storageQuota", "state", "owner", "project", "parentProjectId",
    "contentPermissions", "showTabs", "description", "password", "email", "frequency", "interval", "weekDay", "monthDay", "hours",
    "minutes", "start", "end", "priority", "type", "mode", "label", "serverPort", "embed", "domainName", "source", "xmlns", "xsi:nil",
]  # fmt: skip
PARAMETERS = [
    "pageSize", "pageNumber", "filter", "sort", "fields", "overwrite", "append", "asJob", "includeUsageStatistics", "includeUsage",
    "includeExtract", "uploadSessionId", "workbookType", "datasourceType", "key", "ownedBy", "publishSamples", "mapAssetsTo", "state",
]  # fmt: skip
FILTERS = [
    "name:eq:x", "name:in:[a,b]", "name:in:[a", "createdAt:gt:2024-01-01T00:00:00Z", "createdAt:gt:x", "tags:has:x", "name", ":", "::",
    "name:eq:", "owner:eq:1", "name:regex:.*", "name:eq:a,name:eq:b", "name:eq:a,,", "size:gt:99999999999999999999", "name:asc",
    "name:asc,createdAt:desc", "x:desc", "_all_", "_default_", "_,a,d", "workbook.name,owner.email", ",".join(["name:eq:a"] * 300),
]  # fmt: skip
TYPES = [
    "text/xml", "application/xml", "application/json", "text/plain", "multipart/mixed", f"multipart/mixed; boundary={BOUNDARY}",
    "multipart/mixed; boundary=", "multipart/form-data; boundary=x", 'application/xml; charset="utf-16"', "application/json;charset=latin-1",
    "*/*", "", "é", "a" * 2000, "application/x-www-form-urlencoded",
]  # fmt: skip
VERSIONS = ["2.0", "2.3", "2.5", "2.8", "3.0", "3.1", "3.4", "3.12", "3.29", "1.0", "9.9", "3", "x", "-", "exp", "3.1.1", "٣.١", "v3.1"]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"]


@dataclass
class Request:
    """What is sent."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def __str__(self) -> str:
        body = f" {self.body[:600]!r} ({len(self.body)} bytes)" if self.body is not None else ""
        return f"{self.method} {self.path[:400]} {self.headers}{body}"


class Bender:
    """Makes requests out of valid ones."""

    def __init__(self, seed: str, ids: list[str]):
        self.dice = random.Random(seed)
        self.ids = ids

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def value(self) -> str:
        """A value of any kind."""
        pick = self.dice.choice
        return pick((lambda: pick(NUMBERS), lambda: pick(TEXTS), lambda: pick(IDS), lambda: pick(TIMES), lambda: pick(self.ids)))()

    def address(self, version: str, path: str, place: dict[str, str]) -> str:
        """The address, with odd things in the places of its variable parts."""
        for name, value in place.items():
            if "{" + name + "}" in path and self.chance(0.12):
                value = self.dice.choice((self.dice.choice(IDS), self.dice.choice(self.ids), quote(self.value(), safe="%")))
            path = path.replace("{" + name + "}", value)
        if self.chance(0.03):
            version = self.dice.choice(VERSIONS)
        if self.chance(0.03):
            path = self.dice.choice((path + "/", path.upper(), "/" + path, path + "/x", path.replace("/", "//", 1), path + "%20"))
        if self.chance(0.25):
            pairs = [(self.dice.choice(PARAMETERS), self.parameter()) for _ in range(self.dice.randint(1, 3))]
            path += ("&" if "?" in path else "?") + "&".join(f"{name}={value}" for name, value in pairs)
        whole = f"/api/{version}{path}"
        return quote(whole, safe="/%?=&+,:;[]{}|*'\"!$@~#()-_.").replace(" ", "%20").replace("#", "%23")

    def parameter(self) -> str:
        value = self.dice.choice((self.dice.choice(NUMBERS), self.dice.choice(FILTERS), self.value(), "true", "True"))
        return value if self.chance(0.1) else quote(value, safe="")

    # Bodies.

    def body(self, valid: bytes | None, headers: dict[str, str]) -> tuple[bytes | None, dict[str, str]]:
        """A body made of a valid one, and its headers."""
        if valid is None:
            if self.chance(0.85):
                return None, headers
            return self.noise(), {**headers, "Content-Type": self.dice.choice(TYPES)}
        if headers.get("Content-Type", "").startswith("multipart"):
            return self.form(valid, headers)
        roll = self.dice.random()
        if roll < 0.55:
            data, headers = self.xml(valid), {**headers, "Content-Type": "text/xml"}
        elif roll < 0.9:
            data, headers = self.json(valid), {**headers, "Content-Type": "application/json"}
        else:
            data = self.noise()
        if self.chance(0.06):
            headers = {**headers, "Content-Type": self.dice.choice(TYPES)}
        return data, headers

    def xml(self, valid: bytes) -> bytes:
        """A document with a few things changed."""
        try:
            root = etree.fromstring(valid)
        except etree.XMLSyntaxError:
            return self.bytes(valid)  # It has been bent before.
        for _ in range(self.dice.choice((0, 1, 1, 1, 2, 3, 5))):
            nodes = list(root.iter())
            node = self.dice.choice(nodes)
            what = self.dice.randrange(10)
            try:
                if what <= 3:
                    name = self.dice.choice(list(node.attrib) or WORDS)
                    node.set(name, self.value())
                elif what == 4 and node.attrib:
                    del node.attrib[self.dice.choice(list(node.attrib))]
                elif what == 5 and node is not root:
                    node.getparent().remove(node)
                elif what == 6:
                    node.append(copy.deepcopy(self.dice.choice(nodes)))
                elif what == 7:
                    node.tag = self.dice.choice([one.tag for one in nodes] + WORDS[:12])
                elif what == 8:
                    node.text = self.value()
                else:
                    node.set(self.dice.choice(WORDS), self.value())
            except ValueError:
                # Letters that no document can hold; bytes below bring them in.
                continue
        data = etree.tostring(root)
        return self.bytes(data, xml=True) if self.chance(0.25) else data

    def bytes(self, data: bytes, xml: bool = False) -> bytes:
        """Bytes with something wrong that no library would write."""
        tail = data[self.dice.randrange(len(data) or 1) :]
        what = self.dice.randrange(16 if xml else 6)
        at = self.dice.randrange(len(data) or 1)
        match what:
            case 0:
                return data[:at]
            case 1:
                return data[:at] + bytes(self.dice.randrange(256) for _ in range(self.dice.randint(1, 9))) + data[at:]
            case 2:
                return data[:at] + bytes([self.dice.randrange(256)]) + data[at + 1 :]
            case 3:
                return data + tail
            case 4:
                return b"\xef\xbb\xbf" + data
            case 5:
                return data.decode(errors="replace").encode(self.dice.choice(("utf-16", "utf-32", "utf-16-be")))
            case 6:
                return b'<?xml version="1.0" encoding="utf-16"?>' + data
            case 7:
                return b'<?xml version="1.0" encoding="latin-1"?>' + data.replace(b'="', b'="\xe9', 1)
            case 8:
                return b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>' + data.replace(b'="', b'="&b;', 1)
            case 9:
                return b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + data.replace(b"><", b">&e;<", 1)
            case 10:
                return data.replace(b"><", b"><![CDATA[x]]><!-- c --><?p i?><", 1)
            case 11:
                return b"<a>" * self.dice.choice((50, 5000)) + data
            case 12:
                return data.replace(b'="', b'="&#x0;', 1)
            case 13:
                return data.replace(b"<", b"<t:", 2)
            case 14:
                return data.replace(b" ", b" x='1' x='2' ", 1)
            case _:
                return data.replace(b"</", b"< /", 1)

    def json(self, valid: bytes) -> bytes:
        """The same as JSON, with a few things changed."""
        try:
            tree = as_json(etree.fromstring(valid))
        except etree.XMLSyntaxError:
            return self.bytes(valid)
        for _ in range(self.dice.choice((0, 1, 1, 1, 2, 3))):
            holders = list(walk(tree))
            holder = self.dice.choice(holders)
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            odd: Any = self.dice.choice((
                None, True, False, 0, -1, 1.5, 1e308, 10**40, [], {}, [[]], [None], {"": ""}, [1, "a", {}], self.value(), self.value(),
                self.value(), {"value": self.value()}, [self.value()] * 3,
            ))  # fmt: skip
            if keys and self.chance(0.75):
                key = self.dice.choice(keys)
                if self.chance(0.15):
                    del holder[key]
                else:
                    holder[key] = [holder[key], odd] if self.chance(0.15) else odd
            elif isinstance(holder, dict):
                holder[self.dice.choice(WORDS)] = odd
            else:
                holder.append(odd)
        if self.chance(0.03):
            deep = self.dice.choice((40, 4000))
            return b'{"a":' * deep + b"1" + b"}" * deep
        text = json.dumps(tree, ensure_ascii=self.chance(0.5))
        if self.chance(0.08):
            text = self.dice.choice((text.replace('"', "'"), text.replace("{", '{"name":"\\ud800",', 1), text.replace("}", ",}", 1),
                                     text.replace(":", ":NaN,", 1), text + text, "[" + text + "]", text.replace('{"', '{"a":1,"a":2,"', 1)))  # fmt: skip
        data = text.encode("utf-8", "surrogatepass")
        return self.bytes(data) if data and self.chance(0.1) else data

    def noise(self) -> bytes:
        """No document at all."""
        return self.dice.choice((
            b"", b" ", b"{}", b"[]", b"null", b"0", b'"x"', b"<", b"<a/>", b"<tsRequest/>", b"<tsRequest><tsRequest/></tsRequest>", b"\0" * 50,
            b"\xff\xfe<\0a\0/\0>\0", bytes(self.dice.randrange(256) for _ in range(self.dice.randint(1, 300))), b"a=b&c=d", b"PK\x03\x04",
        ))  # fmt: skip

    def form(self, valid: bytes, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        """A form with its parts, its document or its edges changed."""
        mark = f"--{BOUNDARY}".encode()
        parts = valid.split(mark)[1:-1]
        for _ in range(self.dice.choice((0, 1, 1, 2))):
            if not parts:
                break
            at = self.dice.randrange(len(parts))
            head, _, inside = parts[at].partition(b"\r\n\r\n")
            match self.dice.randrange(9):
                case 0 | 1 | 2 if b"request_payload" in head and inside.strip():
                    bent = self.xml(inside.strip()) if self.chance(0.8) else self.json(inside.strip())
                    parts[at] = head + b"\r\n\r\n" + bent + b"\r\n"
                case 3:
                    del parts[at]
                case 4:
                    parts.insert(at, parts[at])
                case 5:
                    name = quote(self.value()[:300], safe=" ./\\%&;'").encode()
                    parts[at] = head.replace(b'filename="', b'filename="' + name, 1) + b"\r\n\r\n" + inside
                case 6:
                    parts[at] = head.replace(b'name="', b'name="x', 1) + b"\r\n\r\n" + inside
                case 7:
                    parts[at] = head + b"\r\n\r\n" + (self.bytes(inside) if inside.isascii() else inside[: len(inside) // 2])
                case _:
                    ending = self.dice.choice((b".txt", b".twbx", b".tdsx", b".hyper", b".tde", b".exe", b""))
                    parts[at] = head.replace(b".twb", ending).replace(b".tds", ending) + b"\r\n\r\n" + inside
        data = mark + mark.join(parts) + mark + b"--\r\n"
        if self.chance(0.12):
            data = self.dice.choice((data[:-4], data[: len(data) // 2], data.replace(b"\r\n", b"\n"), b"", mark, data.replace(mark, b"--x"),
                                     mark * 500, data + data, data.replace(b"Content-Disposition", b"X", 1)))  # fmt: skip
        if self.chance(0.06):
            headers = {**headers, "Content-Type": self.dice.choice(TYPES)}
        return data, headers

    def request(self, method: str, version: str, path: str, place: dict[str, str], body: bytes | None, headers: dict[str, str]) -> Request:
        """One request made of a valid one."""
        data, headers = self.body(body, dict(headers))
        if self.chance(0.4):
            headers["Accept"] = self.dice.choice(("application/json", "application/xml", "text/html", "*/*", "application/json;q=0.1", "x"))
        if self.chance(0.02):
            headers["X-HTTP-Method-Override"] = self.dice.choice(METHODS)
        if self.chance(0.03):
            method = self.dice.choice(METHODS)
        headers = {name: value.encode("latin-1", "replace").decode("latin-1") for name, value in headers.items()}
        return Request(method, self.address(version, path, place), headers, data)


def as_json(node: etree._Element) -> Any:
    """A document in the other form; whoever reads takes one child as well as a list of them."""
    tree: dict[str, Any] = dict(node.attrib)
    for child in node:
        name = etree.QName(child).localname
        value = as_json(child)
        if name in tree:
            tree[name] = [*(tree[name] if isinstance(tree[name], list) else [tree[name]]), value]
        else:
            tree[name] = value
    if not tree and node.text:
        return node.text
    return tree


def walk(tree: Any):
    """Every object and list in a tree."""
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from walk(value)
    elif isinstance(tree, list):
        yield tree
        for value in tree:
            yield from walk(value)
