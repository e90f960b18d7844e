"""Other people's clients: what they send that Tableau's own do not, and some of them as they are."""

import http.client
import socket
import time
from urllib.parse import urlsplit

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support.rest import NOBODY, Rest

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
