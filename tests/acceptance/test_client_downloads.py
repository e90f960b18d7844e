"""Downloads of `vivant-client` that are broken off, by the network or by `kill -9`, and gone on with.

`crates/vivant-client/examples/download.rs` downloads a workbook from a real server; a proxy between cuts the content.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from support import content
from support.rest import Rest
from support.server import Vivant, clean_env, wait_until
from support.services import ROOT

PASSWORD = "downloads-only-password"
MEBIBYTE = 1 << 20
SIZE = 11 * MEBIBYTE


def program() -> Path:
    """The example: VIVANT_DOWNLOAD, else that of the debug build, which is made or brought up to date."""
    if named := os.environ.get("VIVANT_DOWNLOAD"):
        return Path(named)
    built = ["cargo", "build", "--quiet", "--package", "vivant-client", "--example", "download"]
    subprocess.run(built, cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "examples" / "download"


class Cutter:
    """Stands before the server. Of content it lets `most` bytes through at a time, and then cuts, or says no more."""

    def __init__(self, upstream: str):
        self.upstream = upstream
        self.most: int | None = None
        self.stall = False
        self.hides_ranges = False
        # For each request for content: the Range header, the status, the bytes that went through.
        self.seen: list[tuple[str | None, int, int]] = []
        self.released = threading.Event()
        cutter = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                cutter.pass_on(self)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self) -> Cutter:
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
        if self.hides_ranges:
            headers = {name: value for name, value in headers.items() if name.lower() not in ("range", "if-range")}
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        with requests.request(
            handler.command, self.upstream + handler.path, headers=headers, data=body, stream=True, timeout=60
        ) as answer:
            handler.send_response_only(answer.status_code)
            for name, value in answer.headers.items():
                if name.lower() not in ("connection", "transfer-encoding"):
                    handler.send_header(name, value)
            if "Content-Length" not in answer.headers:
                handler.close_connection = True
            handler.end_headers()
            is_content = "/content" in handler.path
            sent = 0
            for piece in answer.iter_content(64 * 1024):
                if is_content and self.most is not None and sent + len(piece) > self.most:
                    self.seen.append((handler.headers.get("Range"), answer.status_code, sent))
                    if self.stall:
                        self.released.wait(120)
                    handler.close_connection = True
                    # The other side sees that something is missing.
                    handler.connection.shutdown(socket.SHUT_RDWR)
                    return
                try:
                    handler.wfile.write(piece)
                except OSError:
                    handler.close_connection = True
                    return
                sent += len(piece)
            if is_content:
                self.seen.append((handler.headers.get("Range"), answer.status_code, sent))


class Bench:
    """A server with a large workbook, a proxy before it, and a program that downloads it."""

    def __init__(self, server: Vivant, cutter: Cutter, program: Path, folder: Path, name: str):
        self.cutter, self.program, self.name = cutter, program, name
        self.rest = Rest(server.url).sign_in("admin", PASSWORD)
        self.target = folder / "to"
        self.target.mkdir()
        self.cache = folder / "cache"

    def publish(self, seed: int, overwrite: bool = False) -> bytes:
        files = {"Book.twb": content.twb("Sheet"), "Data/noise.bin": content.noise(SIZE, seed)}
        data = content.package(files, zipfile.ZIP_STORED)
        self.rest.publish_workbook(self.name, data, params={"overwrite": str(overwrite).lower()}).ok(201)
        return data

    def start(self) -> subprocess.Popen[str]:
        path = "/Default/" + self.name.replace("/", "\\/")
        arguments = [self.cutter.url, "admin", path, str(self.target), str(self.cache)]
        environment = clean_env({"VIVANT_PASSWORD": PASSWORD, "NO_PROXY": "127.0.0.1"})
        return subprocess.Popen([str(self.program), *arguments], stderr=subprocess.PIPE, text=True, env=environment)

    def finish(self) -> None:
        process = self.start()
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, f"{said}\n{self.cutter.seen}"

    def kill_in_the_middle(self) -> None:
        """Lets ten megabytes through and kills the program, once it has noted eight."""
        self.cutter.most, self.cutter.stall = 10 * MEBIBYTE, True
        process = self.start()
        try:
            wait_until(lambda: self.noted() >= 8 * MEBIBYTE, 60, "a note")
        finally:
            process.kill()
            process.communicate()
        assert [path.suffix for path in self.target.iterdir()] == [".part"]
        self.cutter.most, self.cutter.stall = None, False
        self.cutter.released.set()
        self.cutter.seen.clear()

    def noted(self) -> int:
        """How many bytes the only note tells of."""
        for path in (self.cache / "downloads").glob("*"):
            if path.suffix == "":
                return int(path.read_text().split("\n")[3])
        return 0

    def holds(self, data: bytes) -> None:
        """Only the whole file is there, and no note."""
        (path,) = self.target.iterdir()
        assert path.name.endswith(".twbx") and path.read_bytes() == data
        assert self.noted() == 0


@pytest.fixture(scope="module")
def served(binary, tmp_path_factory):
    data = tmp_path_factory.mktemp("downloads") / "data"
    with Vivant(binary, data, "--log", "error", env={"VIVANT_ADMIN_PASSWORD": PASSWORD}) as server:
        yield server


@pytest.fixture
def bench(served, tmp_path, request):
    with Cutter(served.url) as cutter:
        yield Bench(served, cutter, program(), tmp_path, f"{request.node.name} / <größer & mehr>")


def start_of(range_header: str | None) -> int:
    return int(re.fullmatch(r"bytes=(\d+)-", range_header or "bytes=0-")[1])


def test_a_connection_that_breaks_again_and_again(bench):
    data = bench.publish(1)
    bench.cutter.most = 3 * MEBIBYTE
    bench.finish()
    bench.holds(data)
    assert len(bench.cutter.seen) == -(-len(data) // (3 * MEBIBYTE)), bench.cutter.seen
    # Nothing went through twice but what was on its way when the connection broke.
    starts = [start_of(asked) for asked, _, _ in bench.cutter.seen]
    assert starts == sorted(starts) and {status for _, status, _ in bench.cutter.seen[1:]} == {206}


def test_a_program_that_was_killed_goes_on(bench):
    data = bench.publish(2)
    bench.kill_in_the_middle()
    bench.finish()
    bench.holds(data)
    ((asked, status, sent),) = bench.cutter.seen
    assert status == 206 and start_of(asked) >= 8 * MEBIBYTE
    assert sent == len(data) - start_of(asked)


def test_content_that_was_published_anew_meanwhile(bench):
    bench.publish(3)
    bench.kill_in_the_middle()
    data = bench.publish(4, overwrite=True)
    bench.finish()
    bench.holds(data)
    # If-Range is of the content that was replaced: the one answer is the whole new content.
    ((asked, status, sent),) = bench.cutter.seen
    assert asked and (status, sent) == (200, len(data)), bench.cutter.seen


def test_a_server_without_ranges(bench):
    data = bench.publish(5)
    bench.kill_in_the_middle()
    bench.cutter.hides_ranges = True
    bench.finish()
    bench.holds(data)
    ((asked, status, sent),) = bench.cutter.seen
    assert status == 200 and start_of(asked) >= 8 * MEBIBYTE and sent == len(data)


def test_a_part_that_was_damaged_is_not_used(bench):
    data = bench.publish(6)
    bench.kill_in_the_middle()
    (part,) = bench.target.iterdir()
    with part.open("r+b") as file:
        file.seek(MEBIBYTE)
        file.write(b"other bytes")
    bench.finish()
    bench.holds(data)
    assert bench.cutter.seen == [(None, 200, len(data))]
