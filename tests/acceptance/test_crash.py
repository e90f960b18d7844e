"""Power cuts: kill -9 at random moments while workbooks are published and changed.

After each restart every write that was acknowledged is there, byte for byte, and nothing half-written shows.
"""

from __future__ import annotations

import io
import random
import re
import threading
import time
import zipfile
from dataclasses import dataclass, field

import pytest
import requests

from conftest import ADMIN, ADMIN_PASSWORD
from support import content
from support.rest import MIXED, Rest, element, multipart, ts_request
from support.server import wait_until

pytestmark = pytest.mark.slow

SEED = 20240229
THREADS = 4
OPERATIONS = 50
CUTS = 8


@dataclass
class Book:
    """What is known of one workbook: the state that was acknowledged, and the one under way when the power went."""

    name: str
    id: str | None = None
    data: bytes | None = None
    description: str = ""
    deleted: bool = False
    # A write that was sent and not answered: it may have happened or not.
    pending: dict | None = None


@dataclass
class Ledger:
    """All books, and how much was acknowledged."""

    books: list[Book] = field(default_factory=list)
    acknowledged: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def document(generator: random.Random, version: int) -> bytes:
    """A workbook of varied size; every third one is packed with noise."""
    twb = content.twb(*[f"Sheet {version}.{number}" for number in range(generator.randint(1, 6))])
    if generator.random() < 0.4:
        noise = generator.randbytes(generator.choice([10_000, 300_000, 2_000_000]))
        return content.twbx(twb, files={"Data/noise.bin": noise})
    return twb


def work(rest: Rest, place: str, ledger: Ledger, generator: random.Random, stop: threading.Event, budget: list[int]) -> None:
    """Publishes, overwrites, changes and deletes until the server is gone."""
    mine: list[Book] = []
    version = 0
    while not stop.is_set():
        with ledger.lock:
            if budget[0] <= 0:
                return
            budget[0] -= 1
        version += 1
        action = generator.choices(["new", "overwrite", "describe", "delete", "chunks"], [4, 3, 2, 1, 2])[0]
        living = [book for book in mine if book.id and not book.deleted and not book.pending]
        if action in ("overwrite", "describe", "delete") and not living:
            action = "new"
        try:
            if action in ("new", "chunks"):
                data = document(generator, version)
                book = Book(f"Book {generator.getrandbits(48):012x}", pending={"data": data})
                mine.append(book)
                with ledger.lock:
                    ledger.books.append(book)
                answer = (
                    chunked(rest, place, book.name, data)
                    if action == "chunks"
                    else rest.publish_workbook(book.name, data, place)
                )
                answer.ok(201)
                book.id, book.data, book.pending = answer.get("workbook", "id"), data, None
            else:
                book = generator.choice(living)
                path = f"/sites/{{site}}/workbooks/{book.id}"
                if action == "overwrite":
                    data = document(generator, version)
                    book.pending = {"data": data}
                    rest.publish_workbook(book.name, data, place, params={"overwrite": "true"}).ok(201)
                    book.data = data
                elif action == "describe":
                    text = f"description {version}"
                    book.pending = {"description": text}
                    rest.under("3.21").put(path, ts_request(element("workbook", description=text))).ok(200)
                    book.description = text
                else:
                    book.pending = {"deleted": True}
                    rest.delete(path).ok(204)
                    book.deleted = True
                book.pending = None
            with ledger.lock:
                ledger.acknowledged += 1
        except (requests.RequestException, ConnectionError):
            return


def chunked(rest: Rest, place: str, name: str, data: bytes):
    """Publishes by way of an upload session, in three pieces."""
    session = rest.start_upload()
    third = len(data) // 3 + 1
    for start in range(0, len(data), third):
        rest.append(session, data[start : start + third]).ok(200)
    payload = ts_request(element("workbook", element("project", id=place), name=name))
    kind = "twbx" if data[:2] == b"PK" else "twb"
    return rest.post(
        "/sites/{site}/workbooks",
        multipart((None, "request_payload", None, "text/xml", payload)),
        headers=MIXED,
        params={"uploadSessionId": session, "workbookType": kind},
    )


def settle(rest: Rest, ledger: Ledger) -> None:
    """Compares what is there with the ledger, and enters what became of the writes that were under way."""
    listed: dict[str, str] = {}
    page = 1
    while True:
        answer = rest.get("/sites/{site}/workbooks", params={"pageSize": 1000, "pageNumber": page}).ok(200)
        listed |= {one.get("name"): one.get("id") for one in answer.all("workbooks/workbook")}
        if page * 1000 >= int(answer.get("pagination", "totalAvailable")):
            break
        page += 1

    known = {book.name for book in ledger.books}
    assert set(listed) <= known, f"workbooks nobody published: {set(listed) - known}"
    for book in ledger.books:
        pending, book.pending = book.pending or {}, None
        there = book.name in listed
        if book.id is None:
            # Never acknowledged: all of it, or nothing.
            if there:
                book.id = listed[book.name]
                book.data = pending["data"]
        elif book.deleted or (pending.get("deleted") and not there):
            book.deleted = True
        assert there == (book.id is not None and not book.deleted), f"{book.name}: listed {there}, {book}"
        if not there:
            continue
        assert listed[book.name] == book.id
        path = f"/sites/{{site}}/workbooks/{book.id}"
        saved = rest.get(path + "/content").ok(200).content
        if "data" in pending and saved == pending["data"]:
            book.data = saved
        assert saved == book.data, f"{book.name}: other bytes than acknowledged"
        answer = rest.under("3.21").get(path).ok(200)
        text = answer.find("workbook").get("description") or ""
        if "description" in pending and text == pending["description"]:
            book.description = text
        assert text == book.description, f"{book.name}: {text!r} instead of {book.description!r}"
        # The views are those of the bytes, not of the version before.
        views = [one.get("name") for one in rest.get(path + "/views").ok(200).all("views/view")]
        assert views == sheets(book.data)


def sheets(data: bytes) -> list[str]:
    """The names of the worksheets in a made-up workbook, in tab order."""
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            data = package.read("Book.twb")
    return re.findall(r"<window class='worksheet' name=\"([^\"]+)\"", data.decode())


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_power_cuts(new_server, store, capsys):
    generator = random.Random(SEED)
    server = new_server(seeded=False, store=store).start()
    ledger = Ledger()
    place = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD).project()
    for cut in range(CUTS):
        stop = threading.Event()
        # A few more than it takes, so that the cut comes while work is under way.
        budget = [OPERATIONS + 2 * THREADS]
        workers, failures = [], []
        for _ in range(THREADS):
            rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
            own = random.Random(generator.getrandbits(64))
            workers.append(threading.Thread(target=guarded, args=(failures, work, rest, place, ledger, own, stop, budget)))
        for worker in workers:
            worker.start()
        # From the first moments of the work to its end, and anywhere within a write.
        target = ledger.acknowledged + generator.randint(1, OPERATIONS)
        wait_until(lambda: ledger.acknowledged >= target or not any(one.is_alive() for one in workers), 60)
        time.sleep(generator.uniform(0, 0.04))
        server.kill()
        stop.set()
        for worker in workers:
            worker.join(30)
        assert not failures, failures
        server.start()
        settle(Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD), ledger)

        # The check is for a folder at rest; right after a cut it must find no damage either.
        server.kill()
        server.check()
        server.start()

    assert ledger.acknowledged >= OPERATIONS, f"only {ledger.acknowledged} writes were acknowledged between the cuts"
    with capsys.disabled():
        print(f"\n{store}: {ledger.acknowledged} acknowledged writes over {CUTS} power cuts, {len(ledger.books)} workbooks")
    # And it is still a server one can work with.
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    rest.publish_workbook("After all", content.twb(), place).ok(201)
    server.stop()
    server.check()


def guarded(failures: list[BaseException], function, *arguments) -> None:
    """Runs a thread's work and keeps what it raised."""
    try:
        function(*arguments)
    except BaseException as failure:  # noqa: BLE001
        failures.append(failure)


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_power_cut_while_starting(new_server, store):
    """A first start that is cut short is made good by the next one."""
    generator = random.Random(SEED)
    server = new_server(seeded=False, store=store)
    for _ in range(5):
        thread = threading.Timer(generator.uniform(0.0, 0.25), server_killer(server))
        thread.start()
        try:
            server.start()
        except Exception:  # noqa: BLE001, S110
            pass
        thread.join()
        if server.alive():
            server.kill()
    server.start()
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    assert [one.get("name") for one in rest.get("/sites").all("sites/site")] == ["Default"]
    assert [one.get("name") for one in rest.get("/sites/{site}/projects").all("projects/project")] == ["Default"]
    assert [one.get("name") for one in rest.get("/sites/{site}/users").all("users/user")] == [ADMIN]
    server.stop()
    server.check()


def server_killer(server):
    def kill() -> None:
        for _ in range(100):
            if server.process is not None and server.process.poll() is None:
                server.process.kill()
                return
            time.sleep(0.01)

    return kill
