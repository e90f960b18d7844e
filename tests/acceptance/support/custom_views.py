"""Definitions of custom views, as Tableau hands them out: JSON around the XML of what somebody chose."""

from __future__ import annotations

import base64
import json
from xml.sax.saxutils import quoteattr

from support.rest import element, multipart, ts_request


def members(column: str, *values: str) -> str:
    """A filter that keeps these members of a field, as it stands in the XML."""
    level = column.rpartition(".")[2]
    kept = "".join(f"<groupfilter function='member' level='{level}' member={quoteattr(chr(34) + one + chr(34))} />" for one in values)
    return f"<filter class='categorical' column='{column}'><groupfilter function='union'>{kept}</groupfilter></filter>"


def definition(view: str, sheets: dict[str, str] | None = None, more: str = "") -> bytes:
    """A definition for a view, with filters by worksheet."""
    inside = "".join(f"<worksheet name={quoteattr(name)}>{filters}</worksheet>" for name, filters in (sheets or {}).items())
    xml = f"<?xml version='1.0' encoding='utf-8' ?><customized-view version='18.1'><active id='-1' />{more}{inside}</customized-view>"
    # Tableau writes base64 with a minus in place of the plus.
    packed = base64.b64encode(xml.encode()).decode().replace("+", "-")
    return json.dumps([{"isSourceView": True, "viewName": view, "tcv": packed}]).encode()


def form(workbook: str, data: bytes | None, *, name: str = "Mine", owner: str | None = None, shared: bool = False) -> bytes:
    """The body of a request that publishes a definition."""
    inside = [element("workbook", id=workbook), *([element("owner", id=owner)] if owner else [])]
    payload = ts_request(element("customView", inside, name=name, shared=str(shared).lower()))
    parts = [(None, "request_payload", None, "text/xml", payload)]
    if data is not None:
        parts.append((None, "tableau_customview", "mine.json", None, data))
    return multipart(*parts)
