"""Jobs whose effects can be counted from outside: how often each was done, and in which order.

Workbooks are published as jobs, with overwrite, so that one done twice has two revisions. Rows are appended to
data sources, one job for each row: jobs of one data source must be done one after the other, and what they did
is read from the extracts themselves, by the database and by Arrow's own library.
"""

from __future__ import annotations

import io
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow
import pyarrow.parquet
import requests

from support import content
from support.rest import MIXED, Rest, element, multipart, ts_request
from support.server import Vivant


def rows(*numbers: int) -> bytes:
    """Writes a Parquet file of one column."""
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"number": pyarrow.array(numbers, pyarrow.int64())}), buffer)
    return buffer.getvalue()


@dataclass
class Ledger:
    """What was asked for: the name of each workbook and the numbers of each data source, with their jobs.

    A request whose answer never came has no job; it may have made one.
    """

    place: str
    books: dict[str, str | None] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def jobs(self) -> set[str]:
        """The jobs that were acknowledged."""
        appended = {job for some in self.numbers.values() for _, job in some}
        return {job for job in {*self.books.values(), *appended} if job}


def begin(rest: Rest, sources: int) -> Ledger:
    """Publishes the data sources that rows will be appended to; each begins with the number 0."""
    ledger = Ledger(rest.new_project("Queue"))
    for number in range(sources):
        name = f"Source {number}"
        payload = ts_request(element("datasource", element("project", id=ledger.place), name=name))
        answer = rest.publish("datasources", payload, "rows.parquet", rows(0)).ok(201)
        ledger.sources[name] = answer.get("datasource", "id")
        ledger.numbers[name] = []
    return ledger


def publish_book(rest: Rest, ledger: Ledger, name: str) -> None:
    """Has a workbook published by a job."""
    with ledger.lock:
        ledger.books[name] = None
    payload = ts_request(element("workbook", element("project", id=ledger.place), name=name))
    form = multipart(
        (None, "request_payload", None, "text/xml", payload),
        (None, "tableau_workbook", "book.twb", None, content.twb(name)),
    )
    params = {"asJob": "true", "overwrite": "true"}
    answer = rest.post("/sites/{site}/workbooks", form, headers=MIXED, params=params).ok(202)
    ledger.books[name] = answer.get("job", "id")


def append_row(rest: Rest, ledger: Ledger, source: str) -> None:
    """Has the next number appended to a data source by a job."""
    mine = ledger.numbers[source]
    number = len(mine) + 1
    mine.append((number, None))
    payload = ts_request(element("datasource", element("project", id=ledger.place), name=source))
    form = multipart(
        (None, "request_payload", None, "text/xml", payload),
        (None, "tableau_datasource", "rows.parquet", None, rows(number)),
    )
    params = {"asJob": "true", "append": "true"}
    answer = rest.post("/sites/{site}/datasources", form, headers=MIXED, params=params).ok(202)
    mine[-1] = (number, answer.get("job", "id"))


def counts(rest: Rest) -> dict[str, int]:
    """How many jobs of the site are in each state."""
    states = ("Pending", "InProgress", "Success", "Failed", "Cancelled")
    return {
        state: int(
            rest.get("/sites/{site}/jobs", params={"filter": f"status:eq:{state}", "pageSize": 1})
            .ok(200)
            .get("pagination", "totalAvailable")
        )
        for state in states
    }


def is_done(rest: Rest) -> bool:
    """Whether no job waits or runs."""
    found = counts(rest)
    return found["Pending"] + found["InProgress"] == 0


def verify(rest: Rest, ledger: Ledger, query, objects: Path) -> None:
    """Counts what the jobs did, and fails unless it was done once, and in order where there is one.

    `query` asks the database; `objects` is the folder of stored files.
    """
    found = counts(rest)
    assert found["Failed"] == found["Cancelled"] == 0, failures(rest)
    for job in ledger.jobs():
        assert rest.get(f"/sites/{{site}}/jobs/{job}").ok(200).get("job", "finishCode") == "0"
    books = dict(query("select name, revision from content where kind = 'workbook'"))
    acknowledged = {name for name, job in ledger.books.items() if job}
    assert acknowledged <= set(books) <= set(ledger.books)
    assert {name: 1 for name in books} == books, "a workbook was published more than once"
    revisions = query(
        "select c.name, count(*) from revision r join content c on c.id = r.content_id where c.kind = 'workbook' group by c.name"
    )
    assert dict(revisions) == books
    for source, sent in ledger.numbers.items():
        keys = query(
            "select x.blob_key from extract_part x join content c on c.id = x.content_id "
            f"where c.name = '{source}' order by x.part"
        )
        there = []
        for (key,) in keys:
            file = objects / key[:2] / key[2:4] / key
            there += pyarrow.parquet.read_table(pyarrow.BufferReader(file.read_bytes()))["number"].to_pylist()
        # Numbers whose request was cut off may be there or not; all others are, once, in their order.
        uncertain = {number for number, job in sent if job is None}
        expected = [number for number, _ in sent if number not in uncertain or number in there]
        assert there == ([0, *expected] if there or expected else []), f"{source}: {there}"


def failures(rest: Rest) -> list[str]:
    """What jobs that failed have to say."""
    answer = rest.get("/sites/{site}/jobs", params={"filter": "status:eq:Failed"}).ok(200)
    return [
        rest.get(f"/sites/{{site}}/jobs/{one.get('id')}").content.decode()
        for one in answer.all("backgroundJobs/backgroundJob")
    ]


def sqlite_query(server: Vivant):
    """Asks the SQLite database of a server."""

    def query(sql: str) -> list:
        with closing(sqlite3.connect(f"file:{server.data_dir / 'vivant.db'}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchall()

    return query


def postgres_query(postgres, url: str):
    """Asks a PostgreSQL database."""

    def query(sql: str) -> list:
        connection = postgres.connect(url)
        found = connection.run(sql)
        connection.close()
        return found

    return query


def guarded(failures: list[BaseException], function, *arguments) -> None:
    """Runs a thread's work until it is done or the server is gone, and keeps what else it raised."""
    try:
        function(*arguments)
    except requests.RequestException:
        pass
    except BaseException as failure:  # noqa: BLE001
        failures.append(failure)
