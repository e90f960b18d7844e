"""A proxy that records what goes through it, gives made-up answers, and plays recorded answers again."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

# Belong to one connection, or to one encoding of the body.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "accept-encoding"}


@dataclass
class Answer:
    """What a server says."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Made:
    """An answer of our own, for what no server here can say: in the shape of the reference.

    `method` and `path` (a pattern for what stands behind `/api/{version}`) say which requests get it.
    """

    method: str
    path: str
    answer: Answer

    def fits(self, request: Request) -> bool:
        path = re.sub(r"^/api/[\d.]+(?=/)", "", request.path)
        return request.method == self.method and re.fullmatch(self.path, path) is not None


def made(method: str, path: str, xml: str = "", *, status: int = 200, body: bytes | None = None, kind: str | None = None,
         headers: dict[str, str] | None = None) -> Made:
    """An answer of our own: what stands inside `tsResponse`, or any other body."""
    if body is None:
        body = f'<?xml version="1.0" encoding="UTF-8"?><tsResponse xmlns="http://tableau.com/api">{xml}</tsResponse>'.encode()
        kind = kind or "application/xml;charset=utf-8"
    if status == 204:
        body = b""
    lines = [("Content-Type", kind or "application/octet-stream"), *(headers or {}).items()]
    return Made(method, path, Answer(status, body, lines))


@dataclass
class Request:
    """What a client asked."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"{self.method} {self.path}{query} {self.body[:500]!r}"


@dataclass
class Exchange:
    """A request and its answer."""

    request: Request
    answer: Answer


class Proxy:
    """Stands before one server; `record` and `replay` say what is kept and where answers come from."""

    def __init__(self, upstream: str):
        self.upstream = urlsplit(upstream)
        self.lock = threading.Lock()
        self.kept: list[Exchange] | None = None
        self.script: list[Exchange] | None = None
        self.made: list[Made] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def record(self, made: list[Made] = (), script: list[Exchange] | None = None) -> list[Exchange]:
        """Begins to keep exchanges and returns the list that they go to.

        Answers come from `script` (what was kept before, each once), else from `made`, else from the server.
        """
        with self.lock:
            self.kept, self.made = [], list(made)
            self.script = None if script is None else list(script)
            return self.kept

    def rest(self) -> None:
        """Lets everything through and keeps nothing."""
        with self.lock:
            self.kept, self.script, self.made = None, None, []

    def answer(self, request: Request) -> Answer:
        with self.lock:
            kept, scripted, ours = self.kept, self.script is not None, self.made
            answer = self._played(request) if scripted else None
        if answer is None and not scripted:
            answer = next((one.answer for one in ours if one.fits(request)), None) or self._ask(request)
        if answer is None:
            text = f"nothing was recorded for {request}"
            answer = Answer(400, text.encode(), [("Content-Type", "text/plain")])
        with self.lock:
            if kept is not None:
                kept.append(Exchange(request, answer))
        return answer

    def _played(self, request: Request) -> Answer | None:
        # Encoded differently, an address is still the same one; whether it is well encoded is compared later.
        wanted = (request.method, unquoted(request.path))
        fitting = [one for one in self.script if (one.request.method, unquoted(one.request.path)) == wanted]
        # Pages of one list may be asked for in any order.
        asked = sorted(parse_qsl(request.query))
        fitting.sort(key=lambda one: sorted(parse_qsl(one.request.query)) != asked)
        if not fitting:
            return None
        self.script.remove(fitting[0])
        return fitting[0].answer

    def _ask(self, request: Request) -> Answer:
        connection = HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=120)
        try:
            headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
            target = request.path + (f"?{request.query}" if request.query else "")
            connection.request(request.method, target, request.body or None, headers)
            response = connection.getresponse()
            body = response.read()
            return Answer(response.status, body, [(n, v) for n, v in response.getheaders() if n.lower() not in HOP_BY_HOP])
        finally:
            connection.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def _any(self) -> None:
                parts = self.path.split("?", 1)
                body = self._body()
                request = Request(self.command, parts[0], parts[1] if len(parts) > 1 else "", dict(self.headers.items()), body)
                answer = proxy.answer(request)
                self.send_response(answer.status)
                for name, value in answer.headers:
                    self.send_header(name, value)
                if answer.status != 204:
                    self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def _body(self) -> bytes:
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def unquoted(path: str) -> list[str]:
    """The parts of a path, decoded one by one, so that an encoded slash is no separator."""
    return [unquote(part) for part in path.split("/")]
