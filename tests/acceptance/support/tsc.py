"""Short ways through the unmodified tableauserverclient."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest
import tableauserverclient as TSC


def connect(live: Any, name: str, password: str, site: str = "", version: str | None = None) -> TSC.Server:
    """Signs in by password; under the server's own version unless one is named."""
    server = TSC.Server(live.url, use_server_version=version is None)
    if version:
        server.version = version
    server.auth.sign_in(TSC.TableauAuth(name, password, site))
    return server


@contextmanager
def refused(code: str | tuple[str, ...], kind: type[Exception] = TSC.ServerResponseError):
    """Expects the client to raise its error with the code."""
    with pytest.raises(kind) as caught:
        yield caught
    codes = (code,) if isinstance(code, str) else code
    assert caught.value.code in codes, f"expected {codes}, got {caught.value}"


def options(*, filters: list[tuple[str, str, Any]] = (), sort: list[tuple[str, str]] = (), **paging: int) -> TSC.RequestOptions:
    """Builds request options from plain tuples."""
    made = TSC.RequestOptions(**paging)
    for field, operator, value in filters:
        made.filter.add(TSC.Filter(field, operator, value))
    for field, direction in sort:
        made.sort.add(TSC.Sort(field, direction))
    return made
