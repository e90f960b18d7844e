"""Extracts encrypted where they are kept, in a folder or a bucket, with the unmodified tableauserverclient: what lies
there, and what is answered."""

from __future__ import annotations

import io
import re
import uuid

import pytest
import tableauserverclient as TSC

from support import sheets, tables
from support.rest import Rest, element, ts_request
from support.server import wait_until
from support.sheets import Sheet, number, table, total
from support.tsc import connect, refused
from support.world import ADMIN, ADMIN_PASSWORD

BY_REGION = Sheet("By Region", rows=[("region", "None")], text=[("amount", "Sum")])
SECRET = b"Atlantis"
# Stored in the package, so that it can be found in one that is not encrypted.
ROWS = tables.CSV + b"4,Atlantis,3.5\r\n"


@pytest.fixture(scope="module")
def live(_servers, request, hyper):
    """A server that has the engine for `.hyper` files."""
    env = {"HYPERD_PATH": str(hyper.engine)}
    if request.param == "s3":
        bucket, prefix = request.getfixturevalue("s3"), f"encryption-{uuid.uuid4().hex}"
        server = _servers(*bucket.options(prefix), env=env | bucket.env()).start()
        server.stored = lambda: bucket.objects(prefix)
    else:
        server = _servers(store=request.param, env=env).start()
        server.stored = lambda: in_folder(server.data_dir / "content" / "objects")
    yield server
    assert server.stop() == 0 and "panicked at" not in server.output(), server.output()
    server.check()


class Site:
    """A site of its own, and what is kept of it."""

    def __init__(self, live, name: str):
        url = re.sub("[^A-Za-z0-9]", "", name)[-40:]
        self.live, self.outside = live, connect(live, ADMIN, ADMIN_PASSWORD)
        made = self.outside.sites.create(TSC.SiteItem(name=url, content_url=url))
        self.id, self.url = made.id, url
        self.tsc = connect(live, ADMIN, ADMIN_PASSWORD, url)
        self.rest = Rest(live.url, "3.29").sign_in(ADMIN, ADMIN_PASSWORD, url)
        (self.project,) = [one.id for one in self.tsc.projects.get()[0] if one.name == "Default"]

    def set(self, mode: str) -> None:
        item = self.tsc.sites.get_by_id(self.id)
        item.extract_encryption_mode = mode
        # The mode holds at once, whatever its job still has to do.
        assert self.tsc.sites.update(item).extract_encryption_mode == mode
        assert self.tsc.sites.get_by_id(self.id).extract_encryption_mode == mode
        self.quiet()

    def quiet(self) -> list[str]:
        """Waits for the end of all jobs, and returns their types."""
        jobs = lambda: self.rest.get("/sites/{site}/jobs").ok().all("backgroundJobs/backgroundJob")  # noqa: E731
        wait_until(lambda: all(job.get("status") not in ("Pending", "InProgress") for job in jobs()), 60, "the end of all jobs")
        assert all(job.get("status") == "Success" for job in jobs()), [dict(job.attrib) for job in jobs()]
        return [job.get("jobType") for job in jobs()]

    def publish_source(self, name: str, data: bytes, path) -> TSC.DatasourceItem:
        file = path / "source.tdsx"
        file.write_bytes(data)
        return self.tsc.datasources.publish(TSC.DatasourceItem(project_id=self.project, name=name), str(file), "Overwrite")

    def publish_book(self, name: str, data: bytes) -> TSC.WorkbookItem:
        return self.tsc.workbooks.publish(TSC.WorkbookItem(project_id=self.project, name=name), io.BytesIO(data), "Overwrite")

    def download(self, endpoint, item) -> bytes:
        buffer = io.BytesIO()
        endpoint.download(item.id, buffer)
        return buffer.getvalue()


@pytest.fixture
def site(live, name):
    before = readable(live)
    made = Site(live, name)
    yield made
    made.rest.delete("/sites/{site}").ok(204)
    # The next test counts what lies there.
    wait_until(lambda: readable(live) == before, 60, "what the site kept is gone")


def in_folder(folder) -> dict[str, bytes]:
    """The objects of a server that keeps them in its data folder."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def readable(live) -> dict[str, int]:
    """How many stored objects begin as Parquet or a package, or hold a known word."""
    objects = live.stored().values()
    return {
        "parquet": sum(b"PAR1" in one for one in objects),
        "packages": sum(one[:4] == b"PK\x03\x04" for one in objects),
        "words": sum(SECRET in one for one in objects),
        "objects": len(objects),
    }


def swept(live, site: Site, **expected: int) -> dict[str, int]:
    """Waits until what was replaced is gone."""
    found = lambda: {key: value for key, value in readable(live).items() if key in expected}  # noqa: E731
    wait_until(lambda: found() == expected, 60, f"{expected}")
    return readable(live)


def shown(tsc: TSC.Server, item: TSC.WorkbookItem) -> dict[str, float]:
    tsc.workbooks.populate_views(item)
    (view,) = [view for view in item.views if view.name == "By Region"]
    tsc.views.populate_csv(view)
    _, lines = table(b"".join(view.csv))
    return {region: number(amount) for region, amount in lines}


def package(extract: bool) -> bytes:
    return tables.packed(tables.datasource(tables.CSV_FILE, extract), {tables.CSV_FILE: ROWS})


def test_an_enforced_site_keeps_no_extract_readable(live, site, tmp_path):
    before = readable(live)
    site.set("enforced")
    source = site.publish_source("Orders", package(extract=False), tmp_path)
    assert site.tsc.datasources.get_by_id(source.id).encrypt_extracts is True
    # It has no extract yet: the file that was published lies as it was.
    assert readable(live)["packages"] == before["packages"] + 1
    notes = " ".join(site.tsc.jobs.wait_for_job(site.tsc.datasources.create_extract(source, encrypt=True)).notes)
    assert "read 4 rows" in notes
    swept(live, site, parquet=before["parquet"], packages=before["packages"], words=before["words"])
    assert readable(live)["objects"] == before["objects"] + 2
    # What is downloaded is a package like any other, whole or in part.
    made = site.download(site.tsc.datasources, source)
    assert made[:4] == b"PK\x03\x04"
    address = f"/sites/{{site}}/datasources/{source.id}/content"
    for first, last in ((0, 9), (1000, 70_000), (len(made) - 5, len(made) - 1)):
        part = site.rest.get(address, headers={"Range": f"bytes={first}-{last}"})
        assert (part.status, part.content) == (206, made[first : last + 1])
    # Refreshed, it stays encrypted; so is what is published with an extract.
    site.tsc.jobs.wait_for_job(site.tsc.datasources.refresh(source))
    book = site.publish_book("Regions", sheets.packed(sheets.workbook([BY_REGION]), sheets.orders()))
    job = site.tsc.workbooks.create_extract(book)
    site.tsc.jobs.wait_for_job(job)
    expected = {region: pytest.approx(amount) for (region,), amount in total(sheets.orders(), ["region"]).items()}
    assert shown(site.tsc, book) == expected
    swept(live, site, parquet=before["parquet"], packages=before["packages"], words=before["words"])
    assert site.tsc.workbooks.get_by_id(book.id).encrypt_extracts is True
    # Nobody may say otherwise, but a server administrator.
    with refused("400000"):
        site.tsc.sites.decrypt_extracts(site.id)
    item = site.tsc.datasources.get_by_id(source.id)
    item.encrypt_extracts = False
    with refused("400000"):
        site.tsc.datasources.update(item)
    site.set("disabled")
    assert "decrypt_extracts" in site.quiet()
    assert site.tsc.datasources.get_by_id(source.id).encrypt_extracts is False
    assert swept(live, site, packages=before["packages"] + 2)["parquet"] >= before["parquet"] + 2
    assert site.download(site.tsc.datasources, source)[:4] == b"PK\x03\x04"


def test_the_extracts_of_a_site_and_their_keys(live, site, tmp_path):
    before = readable(live)
    source = site.publish_source("Orders", package(extract=False), tmp_path)
    with refused("400000"):
        site.tsc.datasources.create_extract(source, encrypt=True)
    for refused_call in (site.tsc.sites.encrypt_extracts, site.tsc.sites.re_encrypt_extracts):
        with refused("400000"):
            refused_call(site.id)
    site.tsc.jobs.wait_for_job(site.tsc.datasources.create_extract(source))
    plain = site.download(site.tsc.datasources, source)
    swept(live, site, parquet=before["parquet"] + 1, packages=before["packages"] + 1)
    site.set("enabled")

    def kept() -> set[str]:
        return set(live.stored())

    site.tsc.sites.encrypt_extracts(site.id)
    assert "encrypt_extracts" in site.quiet()
    swept(live, site, parquet=before["parquet"], packages=before["packages"], words=before["words"])
    assert site.tsc.datasources.get_by_id(source.id).encrypt_extracts is True
    assert site.download(site.tsc.datasources, source) == plain
    first = kept()
    site.tsc.sites.re_encrypt_extracts(site.id)
    assert "reencrypt_extracts" in site.quiet()
    wait_until(lambda: len(kept() & first) == len(first) - 2 and len(kept()) == len(first), 60, "other objects")
    assert site.download(site.tsc.datasources, source) == plain
    site.tsc.sites.decrypt_extracts(site.id)
    assert "decrypt_extracts" in site.quiet()
    swept(live, site, parquet=before["parquet"] + 1, packages=before["packages"] + 1)
    assert site.download(site.tsc.datasources, source) == plain
    # The owner of one.
    item = site.tsc.datasources.get_by_id(source.id)
    item.encrypt_extracts = True
    assert site.tsc.datasources.update(item).encrypt_extracts is True
    # What is sent back changes nothing, though the job may not have run yet.
    assert site.tsc.datasources.update(site.tsc.datasources.get_by_id(source.id)).encrypt_extracts is True
    assert site.quiet().count("encrypt_extracts") == 2
    swept(live, site, parquet=before["parquet"], packages=before["packages"])
    assert site.tsc.datasources.get_by_id(source.id).encrypt_extracts is True
    assert site.download(site.tsc.datasources, source) == plain


def test_publishing_says_whether_to_encrypt(live, site):
    before = readable(live)
    site.set("enabled")
    site.rest.put("/sites/{site}", ts_request(element("site", revisionHistoryEnabled="true"))).ok(200)
    data = tables.packed(tables.workbook(tables.CSV_FILE), {tables.CSV_FILE: ROWS})

    def asked(**attributes):
        return site.rest.publish_workbook("Book", data, site.project, attributes=attributes, params={"overwrite": "true"})

    def publish(**attributes) -> str | None:
        answer = asked(**attributes)
        return answer.ok(201).get("workbook", "encryptExtracts")

    assert publish() == "false"
    assert readable(live)["packages"] == before["packages"] + 1
    # Earlier revisions follow, and nobody has to say it twice.
    assert publish(encryptExtracts="true") == "true"
    assert "encrypt_extracts" in site.quiet()
    assert publish() == "true"
    swept(live, site, packages=before["packages"], words=before["words"])
    asked(encryptExtracts="perhaps").refused(400, "400008")


def test_who_may(live, site, name):
    """Administrators of the site and of the server; nobody else, and of no other site."""
    people = {}
    for role in ("SiteAdministratorExplorer", "Creator"):
        user = f"{site.url}-{role}"
        made = site.rest.post("/sites/{site}/users", ts_request(element("user", name=user, siteRole=role))).ok(201)
        site.rest.put(f"/sites/{{site}}/users/{made.get('user', 'id')}", ts_request(element("user", password=user))).ok(200)
        people[role] = Rest(live.url, "3.29").sign_in(user, user, site.url)
    site.set("enabled")
    for what in ("encrypt", "reencrypt", "decrypt"):
        people["SiteAdministratorExplorer"].post(f"/sites/{{site}}/{what}-extracts").ok(200)
        people["Creator"].post(f"/sites/{{site}}/{what}-extracts").refused(403, "403004")
        default = site.outside.site_id
        people["SiteAdministratorExplorer"].post(f"/sites/{default}/{what}-extracts").refused(403, "403004")
    site.quiet()
