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
from support.rest import Answer, Rest, element, ts_request
from support.server import wait_until

pytestmark = pytest.mark.slow

SEED = 20240229
THREADS = 4
OPERATIONS = 50
CUTS = 8


@dataclass
class Item:
    """What is known of one workbook or data source: what was acknowledged, and what was under way at the cut."""

    kind: str
    name: str
    id: str | None = None
    data: bytes | None = None
    note: str = ""
    deleted: bool = False
    # A write that was sent and not answered: it may have happened or not.
    pending: dict | None = None

    @property
    def kinds(self) -> str:
        return self.kind + "s"

    @property
    def path(self) -> str:
        return f"/sites/{{site}}/{self.kinds}/{self.id}"


@dataclass
class Ledger:
    """All items, and how many writes were acknowledged."""

    items: list[Item] = field(default_factory=list)
    acknowledged: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def document(generator: random.Random, kind: str, version: int) -> bytes:
    """A file of varied size; some are packed with noise."""
    noise = generator.randbytes(generator.choice([10_000, 300_000, 2_000_000]))
    packed = generator.random() < 0.4
    if kind == "datasource":
        plain = content.tds(caption=f"Version {version}")
        return content.tdsx(plain, files={"Data/noise.bin": noise}) if packed else plain
    plain = content.twb(*[f"Sheet {version}.{number}" for number in range(generator.randint(1, 6))])
    return content.twbx(plain, files={"Data/noise.bin": noise}) if packed else plain


def work(rest: Rest, place: str, ledger: Ledger, mine: list[Item], generator: random.Random, budget: list[int]) -> None:
    """Publishes, overwrites, changes and deletes until the server is gone or the budget is spent."""
    version = 0
    while True:
        with ledger.lock:
            if budget[0] <= 0:
                return
            budget[0] -= 1
        version += 1
        action = generator.choices(["new", "overwrite", "note", "delete", "chunks"], [4, 3, 2, 1, 2])[0]
        living = [item for item in mine if item.id and not item.deleted]
        if action in ("overwrite", "note", "delete") and not living:
            action = "new"
        if action in ("new", "chunks"):
            kind = generator.choices(["workbook", "datasource"], [3, 1])[0]
            item = Item(kind, f"Item {generator.getrandbits(48):012x}")
            mine.append(item)
            with ledger.lock:
                ledger.items.append(item)
        else:
            item = generator.choice(living)
        try:
            write(rest, place, item, action, generator, version)
        except requests.RequestException:
            return
        with ledger.lock:
            ledger.acknowledged += 1


def write(rest: Rest, place: str, item: Item, action: str, generator: random.Random, version: int) -> None:
    """Does one write and enters it as acknowledged."""
    if action in ("new", "chunks", "overwrite"):
        data = document(generator, item.kind, version)
        item.pending = {"data": data}
        send = chunked if action == "chunks" else whole
        answer = send(rest, place, item, data, params={"overwrite": "true"} if action == "overwrite" else {}).ok(201)
        item.id, item.data = answer.get(item.kind, "id"), data
    elif action == "note":
        note = f"note {generator.getrandbits(32):08x}"
        item.pending = {"note": note}
        attributes = {"description": note} if item.kind == "workbook" else {"isCertified": True, "certificationNote": note}
        rest.under("3.21").put(item.path, ts_request(element(item.kind, **attributes))).ok(200)
        item.note = note
    else:
        item.pending = {"deleted": True}
        rest.delete(item.path).ok(204)
        item.deleted = True
    item.pending = None


def whole(rest: Rest, place: str, item: Item, data: bytes, **options) -> Answer:
    """Publishes in one request."""
    send = rest.publish_workbook if item.kind == "workbook" else rest.publish_datasource
    return send(item.name, data, place, **options)


def chunked(rest: Rest, place: str, item: Item, data: bytes, **_: object) -> Answer:
    """Publishes by way of an upload session, in three pieces."""
    session = rest.start_upload()
    third = len(data) // 3 + 1
    for start in range(0, len(data), third):
        rest.append(session, data[start : start + third]).ok(200)
    payload = ts_request(element(item.kind, element("project", id=place), name=item.name))
    file_type = {"workbook": "twb", "datasource": "tds"}[item.kind] + ("x" if data[:2] == b"PK" else "")
    return rest.publish_uploaded(item.kinds, payload, session, file_type)


def settle(rest: Rest, ledger: Ledger) -> None:
    """Compares what is there with the ledger, and enters what became of the writes that were under way."""
    rest = rest.under("3.21")
    listed: dict[str, str] = {}
    for kind in ("workbook", "datasource"):
        for one in rest.ids(kind + "s"):
            listed[rest.get(f"/sites/{{site}}/{kind}s/{one}").ok(200).get(kind, "name")] = one
    known = {item.name for item in ledger.items}
    assert set(listed) <= known, f"items that nobody published: {set(listed) - known}"
    for item in ledger.items:
        pending, item.pending = item.pending or {}, None
        there = item.name in listed
        if item.id is None and there:
            # Never acknowledged, and yet done: then all of it.
            item.id, item.data = listed[item.name], pending["data"]
        elif item.id and pending.get("deleted") and not there:
            item.deleted = True
        assert there == (item.id is not None and not item.deleted), f"{item.name}: listed {there}, {item.id} {item.deleted}"
        if there:
            assert listed[item.name] == item.id
            compare(rest, item, pending)


def compare(rest: Rest, item: Item, pending: dict) -> None:
    """Holds one item to what was acknowledged of it, or to what was under way."""
    saved = rest.get(item.path + "/content").ok(200).content
    if saved == pending.get("data"):
        item.data = saved
    assert saved == item.data, f"{item.name}: other bytes than acknowledged"
    found = rest.get(item.path).ok(200).find(item.kind)
    note = found.get("description" if item.kind == "workbook" else "certificationNote") or ""
    if note == pending.get("note"):
        item.note = note
    assert note == item.note, f"{item.name}: {note!r} instead of {item.note!r}"
    if item.kind == "workbook":
        # The views are those of the bytes, not of the version before.
        views = [one.get("name") for one in rest.get(item.path + "/views").ok(200).all("views/view")]
        assert views == sheets(item.data)
    assert rest.get(item.path + "/connections").ok(200).all("connections/connection")


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
    for _ in range(CUTS):
        # A few more than it takes, so that the cut comes while work is under way.
        budget = [OPERATIONS + 2 * THREADS]
        workers, failures = [], []
        for number in range(THREADS):
            rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
            # Each item is written by one thread alone, so that its history is known.
            mine, own = ledger.items[number::THREADS], random.Random(generator.getrandbits(64))
            workers.append(threading.Thread(target=guarded, args=(failures, work, rest, place, ledger, mine, own, budget)))
        for worker in workers:
            worker.start()
        # From the first moments of the work to its end, and anywhere within a write.
        target = ledger.acknowledged + generator.randint(1, OPERATIONS)
        wait_until(lambda: ledger.acknowledged >= target or not any(one.is_alive() for one in workers), 60)
        time.sleep(generator.uniform(0, 0.04))
        server.kill()
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
        print(f"\n{store}: {ledger.acknowledged} acknowledged writes over {CUTS} power cuts, {len(ledger.items)} items")
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
