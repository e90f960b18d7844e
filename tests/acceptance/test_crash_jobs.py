"""Power cuts while jobs wait and run: kill -9 at random moments.

After the last restart every job that was acknowledged has been done, once, and those of one data source in order.
"""

from __future__ import annotations

import random
import threading
import time

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support import content, tables, waiting
from support.rest import Rest, element, ts_request
from support.server import wait_until

pytestmark = pytest.mark.slow

SEED = 20240301
# Jobs of a dead node come back when their lease has run out, on PostgreSQL; on SQLite the next start knows better.
CUTS = {"sqlite": 6, "postgres": 4}
SOURCES = 2


def fill(rest: Rest, ledger: waiting.Ledger, stop: threading.Event, thread: int, round_: int) -> None:
    """Asks for jobs until the server is gone."""
    for number in range(10_000):
        if stop.is_set():
            return
        if thread < SOURCES:
            waiting.append_row(rest, ledger, f"Source {thread}")
        else:
            waiting.publish_book(rest, ledger, f"Book {round_}.{thread}.{number}")


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_power_cuts(new_server, postgres, store, capsys):
    generator = random.Random(SEED)
    url = postgres.database() if store == "postgres" else None
    options = ["--workers", "3", *(["--database-url", url] if url else [])]
    # The database is named here, so that the test can ask it.
    server = new_server(*options, seeded=False, store=store).start()
    query = waiting.postgres_query(postgres, url) if url else waiting.sqlite_query(server)
    ledger = waiting.begin(Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD), SOURCES)
    for round_ in range(CUTS[store]):
        failures: list[BaseException] = []
        stop = threading.Event()
        threads = []
        for thread in range(SOURCES + 1):
            rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
            arguments = (failures, fill, rest, ledger, stop, thread, round_)
            threads.append(threading.Thread(target=waiting.guarded, args=arguments))
        for thread in threads:
            thread.start()
        target = len(ledger.jobs()) + generator.randint(5, 60)
        wait_until(lambda: failures or len(ledger.jobs()) >= target, 120, "some jobs")
        time.sleep(generator.uniform(0, 0.05))
        server.kill()
        stop.set()
        for thread in threads:
            thread.join(30)
        assert not failures, failures
        server.check()
        server.start()

    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    wait_until(lambda: waiting.is_done(rest), 120, "the end of all jobs")
    waiting.verify(rest, ledger, query, server.data_dir / "content" / "objects")
    again = query("select count(*) from job where attempts > 1")[0][0]
    uncertain = sum(job is None for some in ledger.numbers.values() for _, job in some)
    with capsys.disabled():
        print(
            f"\n{store}: {len(ledger.jobs())} jobs over {CUTS[store]} power cuts; {again} were begun again, "
            f"{uncertain} requests were cut off"
        )
    assert len(ledger.jobs()) >= 5 * CUTS[store]
    server.stop()
    server.check()


def test_a_refresh_that_is_cut_off_leaves_nothing_behind(new_server):
    """What a refresh had written when the power failed is gone after the next start, and the refresh is done."""
    server = new_server(seeded=False).start()
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    rows = tables.CSV + b"".join(b"%d,North,1.5\r\n" % number for number in range(1_000_000))
    data = tables.packed(tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: rows})
    book = rest.publish_workbook("Large", data).ok(201).get("workbook", "id")
    job = rest.post(f"/sites/{{site}}/workbooks/{book}/refresh", b"<tsRequest/>").ok(202).get("job", "id")
    work = server.data_dir / "work"
    wait_until(lambda: work.is_dir() and any(work.iterdir()), 30, "the folder of the job")
    server.kill()
    assert any(work.iterdir())
    server.start()
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    path = f"/sites/{{site}}/jobs/{job}"
    wait_until(lambda: rest.get(path).ok(200).get("job", "completedAt"), 120, "the end of the job")
    done = rest.get(path).ok(200)
    assert done.get("job", "finishCode") == "0"
    assert "read 1000003 rows" in done.find("job/extractRefreshJob/notes").text
    assert not any(work.iterdir())


def test_power_cuts_while_extracts_are_encrypted(new_server):
    """Each workbook is whole at any time, with the old objects or the new ones, and the job is done in the end."""
    server = new_server(seeded=False).start()
    data = {
        f"Book {number}": tables.packed(
            tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: tables.CSV, "Data/noise.bin": content.noise(1 << 20, number)}
        )
        for number in range(12)
    }
    rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
    rest.put("/sites/{site}", ts_request(element("site", extractEncryptionMode="enabled"))).ok(200)
    books = {name: rest.publish_workbook(name, file).ok(201).get("workbook", "id") for name, file in data.items()}
    folder = server.data_dir / "content" / "objects"
    for verb, packages in (("encrypt", 0), ("reencrypt", 0), ("decrypt", len(books))):
        before = {path.name for path in folder.rglob("*") if path.is_file()}
        rest.under("3.5").post(f"/sites/{{site}}/{verb}-extracts").ok(200)
        wait_until(lambda: len({path.name for path in folder.rglob("*") if path.is_file()} - before) > 2, 60, "some new objects")
        server.kill()
        server.check()
        server.start()
        rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
        for name, book in books.items():
            assert rest.get(f"/sites/{{site}}/workbooks/{book}/content").ok(200).content == data[name]
        wait_until(lambda: waiting.is_done(rest), 120, "the end of the job")
        found = lambda: [path.read_bytes()[:4] for path in folder.rglob("*") if path.is_file()]  # noqa: E731
        wait_until(lambda: len(found()) == len(books), 60, "the end of what was replaced")
        assert found().count(b"PK\x03\x04") == packages
        for name, book in books.items():
            assert rest.get(f"/sites/{{site}}/workbooks/{book}/content").ok(200).content == data[name]
    server.stop()
    server.check()
