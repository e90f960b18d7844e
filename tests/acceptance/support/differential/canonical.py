"""Requests in a form that can be compared: what means the same looks the same."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

from defusedxml import ElementTree

from support.differential.proxy import Request, unquoted


@dataclass
class Canonical:
    """One request: decoded, in order, without what HTTP libraries choose by themselves."""

    method: str
    path: list[str]
    query: list[tuple[str, str]]
    kind: str
    body: Any
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [f"{self.method} /{'/'.join(part.replace('/', '%2F') for part in self.path)}"]
        lines += [f"  ? {name} = {value!r}" for name, value in self.query]
        lines += [f"  {name}: {value}" for name, value in self.headers.items()]
        if self.kind:
            lines += [f"  ({self.kind})", json.dumps(self.body, indent=2, ensure_ascii=False, default=repr)]
        return "\n".join(lines)


# Headers that say what is asked; the others belong to the libraries.
MEANING = {"requestid"}


def canonical(request: Request) -> Canonical:
    """Reads a request."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    kind = headers.get("content-type", "").split(";")[0].strip() if request.body else ""
    return Canonical(
        request.method,
        [part for part in unquoted(request.path) if part],
        sorted(parse_qsl(request.query, keep_blank_values=True, strict_parsing=bool(request.query))),
        kind,
        body(kind, headers.get("content-type", ""), request.body),
        {name: value for name, value in headers.items() if name in MEANING},
    )


def body(kind: str, content_type: str, data: bytes) -> Any:
    """A body by its kind: elements, JSON, or parts by their names."""
    if not data:
        return None
    if kind.startswith("multipart/"):
        return parts(content_type, data)
    if kind == "application/json":
        return json.loads(data)
    return xml(data)


def xml(data: bytes) -> Any:
    """An element as name, attributes, text and children.

    Children of different names may stand in any order, those of one name keep theirs.
    """
    return element(ElementTree.fromstring(data))


def element(node) -> dict[str, Any]:
    children = [element(child) for child in node]
    made = {"name": re.sub(r"^\{.*\}", "", node.tag)}
    if node.attrib:
        made["attributes"] = dict(sorted(node.attrib.items()))
    if (node.text or "").strip():
        made["text"] = node.text.strip()
    if children:
        made["children"] = sorted(children, key=lambda child: child["name"])
    return made


def parts(content_type: str, data: bytes) -> dict[str, Any]:
    """The parts of a multipart body; their order is each client's own."""
    message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + data)
    assert message.is_multipart() and not message.defects, message.defects
    found = {}
    for part in message.get_payload():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        # Tableau's client says of the payload that its file has an empty name.
        made = {"filename": part.get_filename() or None, "type": part.get_content_type()}
        if made["type"] == "text/xml":
            made["content"] = xml(content) if content.strip() else None
        else:
            made["content"] = content.decode("latin-1")
        assert name not in found, f"two parts called {name}"
        found[name] = made
    return found
