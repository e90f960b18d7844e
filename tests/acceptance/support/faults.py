"""A proxy that loses, delays and refuses requests, by a seed: what networks, gateways and session limits do to clients."""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from urllib.parse import urlsplit

# Each fate and how many of a thousand requests meet it; the rest arrives.
FATES = {
    "expired": 20,  # the session ends before the request is sent on
    "delayed": 40,
    "cut before": 35,  # the connection breaks when the request is read, which goes nowhere
    "cut within": 15,  # it breaks in the middle of the request
    "cut after": 45,  # the server does what it was asked, and nothing comes back
    "cut answer": 30,  # half of the answer comes back
    "429": 25,
    "503": 15,
    "502 before": 15,
    "502 after": 20,
    "504 before": 15,
    "504 after": 20,
}


class FaultProxy:
    """The proxy, in a thread of its own; `counts` says what it did."""

    def __init__(self, upstream: str, seed: int, fates: dict[str, int] = FATES):
        address = urlsplit(upstream)
        self.host, self.port = address.hostname, address.port
        self.random = random.Random(seed)
        self.fates = fates
        self.counts: Counter[str] = Counter()
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        assert self._ready.wait(30), "the proxy does not listen"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20))
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _fate(self) -> str:
        drawn = self.random.randrange(1000)
        for fate, share in self.fates.items():
            if drawn < share:
                return fate
            drawn -= share
        return "arrives"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.counts["left by the client"] += 1
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers one request; the connection ends with it."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.IncompleteReadError:
            return
        first, *lines = head.rstrip("\r\n").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        headers = {name.lower(): value for name, value in headers.items()}
        fate = self._fate()
        self.counts[fate] += 1
        self.counts[first.split("?")[0].rsplit("/auth/", 1)[-1].split(" ")[0] if "/auth/" in first else "call"] += 1
        length = int(headers.get("content-length", "0"))
        if fate == "cut within" and length > 1:
            await reader.readexactly(length // 2)
            return writer.transport.abort()
        body = await reader.readexactly(length)
        if fate in ("cut before", "cut within"):
            return writer.transport.abort()
        if fate == "delayed":
            await asyncio.sleep(self.random.random() * 0.15)
        if fate == "429":
            return await self._refuse(writer, "429 Too Many Requests", "Retry-After: 0\r\n")
        if fate == "503":
            return await self._refuse(writer, "503 Service Unavailable", "Retry-After: 0\r\n")
        if fate == "502 before":
            return await self._refuse(writer, "502 Bad Gateway")
        if fate == "504 before":
            return await self._refuse(writer, "504 Gateway Timeout")
        if fate == "expired" and (token := headers.get("x-tableau-auth")):
            version = first.split("/api/", 1)[-1].split("/", 1)[0]
            out = f"POST /api/{version}/auth/signout HTTP/1.1\r\nX-Tableau-Auth: {token}\r\nContent-Length: 0\r\n"
            await self._send((out + f"Host: {self.host}\r\nConnection: close\r\n\r\n").encode("latin-1"))
        kept = [line for line in lines if line.split(":", 1)[0].lower() != "connection"]
        sent = "\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1")
        answer = await self._send(sent + body)
        if fate == "502 after":
            return await self._refuse(writer, "502 Bad Gateway")
        if fate == "504 after":
            return await self._refuse(writer, "504 Gateway Timeout")
        if fate == "cut after":
            return writer.transport.abort()
        if fate == "cut answer":
            writer.write(answer[: len(answer) // 2])
            await writer.drain()
            return writer.close()
        writer.write(answer)
        await writer.drain()

    async def _send(self, request: bytes) -> bytes:
        """Sends a request to the server and returns all that it answers."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(request)
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()

    @staticmethod
    async def _refuse(writer: asyncio.StreamWriter, status: str, header: str = "") -> None:
        body = b"<html>gateway</html>"
        head = f"HTTP/1.1 {status}\r\nContent-Type: text/html\r\n{header}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
