"""Power cuts while jobs wait and run: kill -9 at random moments.

After the last restart every job that was acknowledged has been done, once, and those of one data source in order.
"""

from __future__ import annotations

import random
import threading
import time

import pytest

from conftest import ADMIN, ADMIN_PASSWORD
from support import queue
from support.rest import Rest
from support.server import wait_until

pytestmark = pytest.mark.slow

SEED = 20240301
# Jobs of a dead node come back when their lease has run out, on PostgreSQL; on SQLite the next start knows better.
CUTS = {"sqlite": 6, "postgres": 4}
SOURCES = 2


def fill(rest: Rest, ledger: queue.Ledger, stop: threading.Event, thread: int, round_: int) -> None:
    """Asks for jobs until the server is gone."""
    for number in range(10_000):
        if stop.is_set():
            return
        if thread < SOURCES:
            queue.append_row(rest, ledger, f"Source {thread}")
        else:
            queue.publish_book(rest, ledger, f"Book {round_}.{thread}.{number}")


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_power_cuts(new_server, postgres, store, capsys):
    generator = random.Random(SEED)
    url = postgres.database() if store == "postgres" else None
    options = ["--workers", "3", *(["--database-url", url] if url else [])]
    # The database is named here, so that the test can ask it.
    server = new_server(*options, seeded=False, store=store).start()
    query = queue.postgres_query(postgres, url) if url else queue.sqlite_query(server)
    ledger = queue.begin(Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD), SOURCES)
    for round_ in range(CUTS[store]):
        failures: list[BaseException] = []
        stop = threading.Event()
        threads = []
        for thread in range(SOURCES + 1):
            rest = Rest(server.url).sign_in(ADMIN, ADMIN_PASSWORD)
            arguments = (failures, fill, rest, ledger, stop, thread, round_)
            threads.append(threading.Thread(target=queue.guarded, args=arguments))
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
    wait_until(lambda: queue.is_done(rest), 120, "the end of all jobs")
    queue.verify(rest, ledger, query, server.data_dir / "content" / "objects")
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
