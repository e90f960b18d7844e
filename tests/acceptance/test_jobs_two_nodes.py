"""Two `vivant serve` on one PostgreSQL and one folder: a thousand jobs, and one node dies in the middle."""

from __future__ import annotations

import datetime
import io
import re
import shutil
import threading
import time

import pytest
import tableauserverclient as TSC

from conftest import ADMIN, ADMIN_PASSWORD
from support import tables, waiting
from support.rest import Rest
from support.server import Vivant, wait_until
from support.tsc import connect

pytestmark = pytest.mark.slow

SOURCES, ROWS, BOOKS = 3, 100, 700
"""300 jobs that must keep their order within one of three data sources, and 700 that need not."""
WORKERS = "4"


@pytest.fixture
def nodes(binary, postgres, tmp_path):
    """Two nodes with a folder each, one database, one key and one folder of content."""
    url, shared = postgres.database(), tmp_path / "content"
    made: list[Vivant] = []
    for number in range(2):
        folder = tmp_path / f"node{number}"
        arguments = ["--database-url", url, "--storage-url", str(shared), "--workers", WORKERS, "--admin-name", ADMIN]
        node = Vivant(binary, folder, *arguments, env={"VIVANT_ADMIN_PASSWORD": ADMIN_PASSWORD})
        if made:
            folder.mkdir()
            shutil.copy(made[0].data_dir / "vivant.key", folder)
        made.append(node.start())
    yield made, waiting.postgres_query(postgres, url), shared / "objects"
    for node in made:
        if node.alive():
            node.kill()


def ended(node: Vivant) -> int:
    """How many jobs a node says it ended well."""
    return len(re.findall(r'ended .*state="?Success', node.output()))


def test_each_job_is_done_once(nodes, capsys):
    (first, second), query, objects = nodes
    rest = Rest(first.url).sign_in(ADMIN, ADMIN_PASSWORD)
    ledger = waiting.begin(rest, SOURCES)
    began = time.monotonic()

    def append(source: str) -> None:
        for _ in range(ROWS):
            waiting.append_row(rest, ledger, source)

    def publish(thread: int) -> None:
        for number in range(thread, BOOKS, 4):
            waiting.publish_book(rest, ledger, f"Book {number}")

    failures: list[BaseException] = []
    work = [(append, source) for source in ledger.sources] + [(publish, thread) for thread in range(4)]
    threads = [threading.Thread(target=waiting.guarded, args=(failures, *one)) for one in work]
    for thread in threads:
        thread.start()
    total = SOURCES * ROWS + BOOKS
    wait_until(lambda: failures or waiting.counts(rest)["Success"] >= total * 0.4, 240, "two fifths of the jobs")
    wait_until(lambda: ended(second) >= 50, 60, "the second node's part")
    second.kill()
    done_before = waiting.counts(rest)["Success"]
    for thread in threads:
        thread.join(300)
    assert not failures, failures
    assert len(ledger.jobs()) == total
    wait_until(lambda: waiting.is_done(rest), 240, "the end of all jobs")
    seconds = time.monotonic() - began

    waiting.verify(rest, ledger, query, objects)
    # One number was there before, and nothing else was published.
    assert [count for (count,) in query("select count(*) from extract_part")] == [SOURCES * (ROWS + 1)]
    again = query("select count(*) from job where attempts > 1")[0][0]
    assert done_before < total, "the node was killed when nothing was left to do"
    with capsys.disabled():
        print(
            f"\n{total} jobs in {seconds:.0f} s; {done_before} were done when a node was killed, "
            f"{ended(second)} of them by it; {again} were begun again"
        )
    first.stop()
    first.check()


def test_a_node_that_stops_gives_its_jobs_back(nodes):
    """After SIGTERM nobody waits for a lease to run out."""
    (first, second), query, objects = nodes
    rest = Rest(first.url).sign_in(ADMIN, ADMIN_PASSWORD)
    ledger = waiting.begin(rest, 2)
    for number in range(40):
        waiting.publish_book(rest, ledger, f"Book {number}")
        waiting.append_row(rest, ledger, f"Source {number % 2}")
    began = time.monotonic()
    assert second.stop() == 0
    wait_until(lambda: waiting.is_done(rest), 25, "the end of all jobs")
    assert time.monotonic() - began < 25
    waiting.verify(rest, ledger, query, objects)
    assert query("select count(*) from job where attempts > 1") == [[0]]


def test_two_nodes_fire_a_schedule_once(nodes):
    """Both look at the same moment; the time is moved in the database, since no node lets its clock be set."""
    (first, second), query, _ = nodes
    tsc = connect(first, ADMIN, ADMIN_PASSWORD)
    interval = TSC.DailyInterval(start_time=datetime.time(14, 0))
    schedule = tsc.schedules.create(
        TSC.ScheduleItem("Both", 50, TSC.ScheduleItem.Type.Extract, TSC.ScheduleItem.ExecutionOrder.Parallel, interval)
    )
    place = next(one.id for one in TSC.Pager(tsc.projects) if one.name == "Default")
    data = tables.packed(tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: tables.CSV})
    books = 10
    for number in range(books):
        item = TSC.WorkbookItem(project_id=place, name=f"Book {number}")
        book = tsc.workbooks.publish(item, io.BytesIO(data), "CreateNew")
        tsc.schedules.add_to_schedule(schedule.id, book)
    rest = Rest(first.url).sign_in(ADMIN, ADMIN_PASSWORD)
    for round_ in range(1, 6):
        query(f"update schedule set next_run_at = {int(time.time() * 1000)} where id = '{schedule.id}' returning id")
        wait_until(lambda: waiting.counts(rest)["Success"] >= round_ * books, 60, "the jobs of the schedule")
        time.sleep(1.5)
        assert waiting.is_done(rest)
        assert waiting.counts(rest)["Success"] == round_ * books
    fired = [node.output().count("schedule fired") for node in (first, second)]
    assert sum(fired) == 5, fired
